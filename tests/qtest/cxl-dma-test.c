/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMA of virtio devices to windows that are not mapped as RAM: as long and as
 * whole as to RAM where there is memory, and without holding up QEMU whatever
 * a guest names; and to registers
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"

/* Virtio, legacy interface of PCI: registers in BAR 0 (virtio 1.2 4.1.4.10) */
#define VIRTIO_QUEUE_PFN    0x08
#define VIRTIO_QUEUE_NUM    0x0c
#define VIRTIO_QUEUE_SELECT 0x0e
#define VIRTIO_QUEUE_NOTIFY 0x10
#define VIRTIO_STATUS       0x12
#define VIRTIO_DRIVER_OK    0x07

#define VRING_DESC_NEXT     1
#define VRING_DESC_WRITE    2
#define VRING_ALIGN         4096

#define NET_TX_QUEUE        1
#define BLK_QUEUE           0
#define BLK_IN              0
#define BLK_OUT             1
#define SECTOR              512

#define DEVFN               (5 << 3)
#define IO_BASE             0xc000
/* RAM for the ring and, behind it, for what is none of it */
#define RING                0x1000000
#define SCRATCH             0x1100000

#define GRANULE             256
/* So many that one meets the thread */
#define RESETS              500
#define HUGE                (128 * QCXL_MIB)
/* The most that a device gets in one piece */
#define LARGEST             (16 * QCXL_MIB)
/*
 * QEMU is to answer within 0.3 s, for which a busy host may need any time: what
 * QEMU computes until then has a limit, and more than three times that is for
 * slow processors. CXL_PATIENCE=N is for QEMU under sanitizers: N times that.
 * Who answers late without computing waits for something.
 */
#define PATIENCE_US         (1 * G_USEC_PER_SEC)
#define WAITS_US            (60 * G_USEC_PER_SEC)

typedef struct Running {
    QCxlTopo *t;
    QCxlFile *file[2];
    uint64_t base;
    uint64_t ring;
    uint16_t queue;
    unsigned num;
    uint16_t used;
} Running;

/*
 * Firmware sets up a region of 512 MiB over two devices; the other half of the
 * window leads nowhere.
 */
static void start_as(Running *r, const char *layout, const char *first,
                     const char *options, unsigned queue)
{
    *r = (Running) {
        .file = { qcxl_file_new(QCXL_UNIT), qcxl_file_new(QCXL_UNIT) },
        .ring = RING, .queue = queue,
    };
    r->t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=h,cxl-fmw.0.size=1G,"
        "cxl-fmw.0.setup=firmware,cxl-fmw.0.interleave-layout=%s "
        "-device pxb-cxl,id=h,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=h,port=0,slot=0 "
        "-device cxl-rp,id=rp1,bus=h,port=1,slot=1 "
        "-object memory-backend-file,id=m0,share=on,mem-path=%s,size=256M "
        "-object memory-backend-file,id=m1,share=on,mem-path=%s,size=256M "
        "-device cxl-type3,bus=rp0,volatile-memdev=m0%s "
        "-device cxl-type3,bus=rp1,volatile-memdev=m1 "
        "%s,bus=pcie.0,addr=5.0,disable-modern=on,romfile=",
        layout, r->file[0]->path, r->file[1]->path, first, options);
    r->base = r->t->window[0].base;
}

static void start(Running *r, const char *options, unsigned queue)
{
    start_as(r, "exact", "", options, queue);
}

static void stop(Running *r)
{
    qcxl_stop(r->t);
    qcxl_file_free(r->file[0]);
    qcxl_file_free(r->file[1]);
}

static void out(Running *r, unsigned reg, unsigned size, uint32_t value)
{
    uint16_t port = IO_BASE + reg;

    if (size == 1) {
        qtest_outb(r->t->qts, port, value);
    } else if (size == 2) {
        qtest_outw(r->t->qts, port, value);
    } else {
        qtest_outl(r->t->qts, port, value);
    }
}

/* The device is ready after this, its ring is empty. */
static void drive(Running *r)
{
    const QCxlFunction f = { .devfn = DEVFN };

    qcxl_config_write(r->t, &f, 0x10, 4, IO_BASE);
    qcxl_config_write(r->t, &f, 0x04, 2, 0x0005);
    out(r, VIRTIO_STATUS, 1, 0);
    out(r, VIRTIO_QUEUE_SELECT, 2, r->queue);
    r->num = qtest_inw(r->t->qts, IO_BASE + VIRTIO_QUEUE_NUM);
    g_assert_cmpuint(r->num, >=, 64);
    qtest_memset(r->t->qts, r->ring, 0, 4 * VRING_ALIGN);
    out(r, VIRTIO_QUEUE_PFN, 4, r->ring / VRING_ALIGN);
    out(r, VIRTIO_STATUS, 1, VIRTIO_DRIVER_OK);
}

static void describe(Running *r, unsigned n, uint64_t addr, uint32_t len,
                     unsigned flags)
{
    uint64_t at = r->ring + 16 * n;

    qtest_writeq(r->t->qts, at, addr);
    qtest_writel(r->t->qts, at + 8, len);
    qtest_writew(r->t->qts, at + 12, flags);
    qtest_writew(r->t->qts, at + 14, n + 1);
}

/* Offers the chains that begin at descriptors 0, @step, 2 * @step ... */
static void offer(Running *r, unsigned chains, unsigned step)
{
    uint64_t avail = r->ring + 16 * r->num;

    for (unsigned i = 0; i < chains; i++) {
        qtest_writew(r->t->qts, avail + 4 + 2 * ((r->used + i) % r->num),
                     i * step);
    }
    qtest_writew(r->t->qts, avail + 2, r->used + chains);
    out(r, VIRTIO_QUEUE_NOTIFY, 2, r->queue);
}

/* Processor time that QEMU has used */
static gint64 computed(QTestState *qts)
{
    struct timespec t;
    clockid_t id;

    g_assert_cmpint(clock_getcpuclockid(qtest_pid(qts), &id), ==, 0);
    g_assert_cmpint(clock_gettime(id, &t), ==, 0);
    return t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

/* All of a queue, each request @len bytes at @offset of the window */
static void storm(uint64_t offset, uint32_t len)
{
    const char *times = getenv("CXL_PATIENCE");
    gint64 patience = PATIENCE_US * (times ? atoi(times) : 1);
    gint64 before, since, took = 0, used = 0;
    Running r;

    start(&r, "-device virtio-net-pci", NET_TX_QUEUE);
    drive(&r);
    for (unsigned i = 0; i < r.num; i++) {
        describe(&r, i, r.base + offset, len, 0);
    }
    before = g_get_monotonic_time();
    since = computed(r.t->qts);
    offer(&r, r.num, 1);
    for (unsigned i = 0; i < 3; i++) {
        qobject_unref(qtest_qmp(r.t->qts, "{'execute': 'query-status'}"));
        took = MAX(took, g_get_monotonic_time() - before);
        used = MAX(used, computed(r.t->qts) - since);
        before = g_get_monotonic_time();
        since = computed(r.t->qts);
    }
    g_test_message("QMP answered within %u ms, for which QEMU computed %u ms",
                   (unsigned)(took / 1000), (unsigned)(used / 1000));
    g_assert_cmpint(used, <, patience);
    g_assert_cmpint(took, <, WAITS_US);
    stop(&r);
}

static void test_storm_undecoded(void)
{
    storm(2 * QCXL_UNIT, HUGE);
}

static void test_storm_decoded(void)
{
    storm(0, HUGE);
}

/* What a device may have is copied, again and again. */
static void test_storm_copied(void)
{
    storm(0, LARGEST);
}

/* It begins in memory, and most of it leads nowhere. */
static void test_storm_edge(void)
{
    storm(2 * QCXL_UNIT - 4096, HUGE);
}

static uint8_t *home(Running *r, uint64_t offset)
{
    return r->file[offset / GRANULE % 2]->map +
           offset / (2 * GRANULE) * GRANULE + offset % GRANULE;
}

/* Descriptors from @n: a request with one buffer for all data, at @addr */
static void describe_transfer(Running *r, unsigned n, unsigned type,
                              uint64_t addr, uint32_t len)
{
    describe(r, n, SCRATCH, 16, VRING_DESC_NEXT);
    describe(r, n + 1, addr, len,
             VRING_DESC_NEXT | (type == BLK_IN ? VRING_DESC_WRITE : 0));
    describe(r, n + 2, SCRATCH + 16, 1, VRING_DESC_WRITE);
}

/* What all of them have in common */
static void describe_head(Running *r, unsigned type, uint64_t sector)
{
    qtest_writel(r->t->qts, SCRATCH, type);
    qtest_writel(r->t->qts, SCRATCH + 4, 0);
    qtest_writeq(r->t->qts, SCRATCH + 8, sector);
    qtest_writeb(r->t->qts, SCRATCH + 16, 0xff);
}

static void begin_transfer(Running *r, unsigned type, uint64_t sector,
                           uint64_t addr, uint32_t len)
{
    describe_head(r, type, sector);
    describe_transfer(r, 0, type, addr, len);
    offer(r, 1, 3);
    r->used++;
}

/* Until the device has used all; what it does not have yet may wait a while */
static void wait_used(Running *r)
{
    uint64_t used = QEMU_ALIGN_UP(r->ring + 18 * r->num + 6, VRING_ALIGN);
    gint64 end = g_get_monotonic_time() + 120 * G_USEC_PER_SEC;

    while (qtest_readw(r->t->qts, used + 2) != r->used) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(1000);
        qtest_clock_step(r->t->qts, 1000000);
    }
}

static void transfer(Running *r, unsigned type, uint64_t sector, uint64_t addr,
                     uint32_t len)
{
    begin_transfer(r, type, sector, addr, len);
    wait_used(r);
    g_assert_cmphex(qtest_readb(r->t->qts, SCRATCH + 16), ==, 0);
}

/* A virtio disk that is the file */
#define DISK \
    "-blockdev driver=file,node-name=d,filename=%s " \
    "-device virtio-blk-pci,drive=d"
/* One that does one thing in a second */
#define SLOW_DISK \
    "-object throttle-group,id=slow,x-iops-total=1 " \
    "-blockdev driver=file,node-name=f,filename=%s " \
    "-blockdev driver=throttle,throttle-group=slow,node-name=d,file=f " \
    "-device virtio-blk-pci,drive=d"

/* What is written to a disk from the one half comes back to the other one. */
static void test_disk(void)
{
    const uint64_t from = 77, to = QCXL_UNIT + 1001;
    const uint32_t len = 200 * QCXL_MIB, part = len / 16;
    QCxlFile *disk = qcxl_file_new(QCXL_UNIT);
    g_autofree char *options = g_strdup_printf(DISK, disk->path);
    Running r;

    start(&r, options, BLK_QUEUE);
    drive(&r);
    for (uint64_t i = 0; i < len; i++) {
        *home(&r, from + i) = i ^ i >> 8 ^ i >> 16 ^ i >> 24;
    }
    for (uint64_t at = 0; at < len; at += part) {
        transfer(&r, BLK_OUT, at / SECTOR, r.base + from + at, part);
        transfer(&r, BLK_IN, at / SECTOR, r.base + to + at, part);
    }
    for (uint64_t i = 0; i < len; i++) {
        uint8_t want = i ^ i >> 8 ^ i >> 16 ^ i >> 24;

        g_assert_cmphex(disk->map[i], ==, want);
        g_assert_cmphex(*home(&r, to + i), ==, want);
    }
    g_assert_cmphex(*home(&r, to - 1), ==, 0);
    g_assert_cmphex(*home(&r, to + len), ==, 0);
    stop(&r);
    qcxl_file_free(disk);
}

/*
 * A driver offers at once what takes several turns of the main loop to copy,
 * and more memory than there is for it at one time.
 */
static void burst(const char *device, unsigned queue, unsigned step)
{
    const uint32_t len = 4 * QCXL_MIB;
    unsigned chains;
    Running r;

    start(&r, device, queue);
    drive(&r);
    chains = MIN(r.num / step, 100);
    g_assert_cmpuint(chains * len, >, 256 * QCXL_MIB);
    describe_head(&r, BLK_IN, 0);
    for (unsigned i = 0; i < chains; i++) {
        if (step == 1) {
            describe(&r, i, r.base + i * GRANULE, len, 0);
        } else {
            describe_transfer(&r, i * step, BLK_IN, r.base + i * GRANULE, len);
        }
    }
    offer(&r, chains, step);
    r.used = chains;
    wait_used(&r);
    stop(&r);
}

static void test_burst_sent(void)
{
    burst("-device virtio-net-pci", NET_TX_QUEUE, 1);
}

#define LATE_DISK \
    "-blockdev driver=null-co,node-name=d,latency-ns=5000000," \
    "size=1073741824,read-zeroes=on "

static void test_burst_read(void)
{
    burst(LATE_DISK "-device virtio-blk-pci,drive=d", BLK_QUEUE, 3);
}

/* Without the BQL, and beside the main loop */
static void test_burst_iothread(void)
{
    burst(LATE_DISK "-object iothread,id=t "
          "-device virtio-blk-pci,drive=d,iothread=t", BLK_QUEUE, 3);
}

/*
 * A device's thread looks at a ring while QEMU, which waits for that thread,
 * resets the device.
 */
static void start_ring(Running *r, const char *layout, const char *first,
                       uint64_t ring)
{
    start_as(r, layout, first, LATE_DISK "-object iothread,id=t "
             "-device virtio-blk-pci,drive=d,iothread=t", BLK_QUEUE);
    r->ring = r->base + ring;
}

/* Where it is said what is offered; half of the ring is another device's */
static void poison_ring(Running *r)
{
    qtest_qmp_assert_success(
        r->t->qts, "{'execute': 'cxl-inject-poison', 'arguments':"
        " { 'path': 'dev0', 'start': %u, 'length': 64 } }", 16 * r->num / 2);
}

/* Who makes the ring anew heals what is poison in it */
static void reset_often(Running *r, bool poison)
{
    for (unsigned i = 0; i < RESETS; i++) {
        drive(r);
        if (poison) {
            poison_ring(r);
        }
        out(r, VIRTIO_QUEUE_NOTIFY, 2, r->queue);
    }
    qtest_qmp_assert_success(r->t->qts, "{'execute': 'query-status'}");
}

static void test_ring_decoded(void)
{
    Running r;

    start_ring(&r, "exact", "", 0);
    reset_often(&r, false);
    stop(&r);
}

static void test_ring_undecoded(void)
{
    Running r;

    start_ring(&r, "exact", "", 2 * QCXL_UNIT);
    reset_often(&r, false);
    stop(&r);
}

/* What the thread meets is told all the same. */
static void test_ring_poisoned(void)
{
    Running r;

    start_ring(&r, "exact", ",id=dev0", 0);
    reset_often(&r, true);
    qtest_qmp_eventwait(r.t->qts, "CXL_POISON_CONSUMED");
    stop(&r);
}

static void test_ring_read_only(void)
{
    QCxlFile *memory = qcxl_file_new(QCXL_MIB);
    g_autofree char *pool = g_strdup_printf("%s.pool", memory->path);
    g_autofree char *first = g_strdup_printf(",pool=%s,access=read-only", pool);
    Running r;

    start_ring(&r, "linear", first, 0);
    reset_often(&r, false);
    qtest_qmp_eventwait(r.t->qts, "CXL_POOL_STORE_DROPPED");
    stop(&r);
    qcxl_file_free(memory);
    unlink(pool);
}

/* Returns the exit status of cxl-pool */
static int fence(const char *pool, unsigned timeout)
{
    g_autofree char *line = g_strdup_printf(
        "subprojects/qemu-cxl/cxl-pool fence %s --head 0 --timeout %u", pool,
        timeout);
    int status;

    g_assert(g_spawn_command_line_sync(line, NULL, NULL, &status, NULL));
    g_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/*
 * A disk writes into the memory long after the head was fenced: it is not said
 * to be before that, and the memory does not get it.
 */
static void test_fence(void)
{
    QCxlFile *disk = qcxl_file_new(QCXL_MIB);
    g_autofree char *pool = g_strdup_printf("%s.pool", disk->path);
    g_autofree char *first = g_strdup_printf(",pool=%s", pool);
    g_autofree char *options = g_strdup_printf(SLOW_DISK, disk->path);
    Running r;

    start_as(&r, "linear", first, options, BLK_QUEUE);
    drive(&r);
    memset(disk->map, 0xaa, 4096);
    /* Each after the first waits for a second, and for those before it */
    transfer(&r, BLK_IN, 0, r.base + 4096, 4096);
    g_assert_cmphex(r.file[0]->map[4096], ==, 0xaa);
    for (unsigned i = 0; i < 4; i++) {
        begin_transfer(&r, BLK_IN, 0, r.base + 8192, 4096);
    }
    g_assert_cmpint(fence(pool, 100), ==, 2);
    g_assert_cmpint(fence(pool, 20000), ==, 0);
    memset(r.file[0]->map + 8192, 0x55, 4096);
    g_usleep(2 * G_USEC_PER_SEC);
    for (unsigned i = 8192; i < 3 * 4096; i++) {
        g_assert_cmphex(r.file[0]->map[i], ==, 0x55);
    }
    stop(&r);
    qcxl_file_free(disk);
    unlink(pool);
}

/* A disk reads and writes memory that its machine may only read */
static void test_read_only(void)
{
    QCxlFile *disk = qcxl_file_new(QCXL_MIB);
    g_autofree char *pool = g_strdup_printf("%s.pool", disk->path);
    g_autofree char *first = g_strdup_printf(",pool=%s,access=read-only", pool);
    g_autofree char *options = g_strdup_printf(DISK, disk->path);
    Running r;

    start_as(&r, "linear", first, options, BLK_QUEUE);
    drive(&r);
    memset(disk->map, 0xaa, 4096);
    memset(r.file[0]->map + 4096, 0x55, 8192);
    transfer(&r, BLK_IN, 0, r.base + 4096, 4096);
    for (unsigned i = 4096; i < 3 * 4096; i++) {
        g_assert_cmphex(r.file[0]->map[i], ==, 0x55);
    }
    transfer(&r, BLK_OUT, 0, r.base + 4096, 4096);
    for (unsigned i = 0; i < 4096; i++) {
        g_assert_cmphex(disk->map[i], ==, 0x55);
    }
    stop(&r);
    qcxl_file_free(disk);
    unlink(pool);
}

/* Nobody lives as a head of the pool, each of which has a byte to lock */
static void check_nobody(const char *state)
{
    struct flock l = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1024, .l_len = 64,
    };
    int fd = open(state, O_RDWR);

    g_assert_cmpint(fcntl(fd, F_OFD_SETLK, &l), ==, 0);
    close(fd);
}

/*
 * The memory is taken away, by its guest or from outside, while a disk writes
 * into it: the device is deleted when that is over, then its backend can be,
 * and nothing comes late.
 */
static void gone_meanwhile(const char *command, const char *argument,
                           const char *state)
{
    QCxlFile *disk = qcxl_file_new(QCXL_MIB);
    g_autofree char *options = g_strdup_printf(SLOW_DISK, disk->path);
    g_autofree char *first = g_strdup_printf(",id=dev0%s%s",
                                             state ? ",pool=" : "",
                                             state ?: "");
    Running r;

    start_as(&r, "linear", first, options, BLK_QUEUE);
    drive(&r);
    memset(disk->map, 0xaa, 4096);
    transfer(&r, BLK_IN, 0, r.base + 4096, 4096);
    for (unsigned i = 0; i < 3; i++) {
        begin_transfer(&r, BLK_IN, 0, r.base + 8192, 4096);
    }
    qtest_qmp_assert_success(r.t->qts, "{'execute': %s, 'arguments':"
                             " { %s: 'dev0' } }", command, argument);
    if (!strcmp(command, "device_del")) {
        const QCxlFunction *port = qcxl_port(r.t, 0);
        unsigned slot = qcxl_pci_cap(r.t, port, 0x10) + 0x18;

        /* Indicator and power on, then both off */
        qcxl_config_write(r.t, port, slot, 2, 0x0100);
        qcxl_config_write(r.t, port, slot, 2, 0x0700);
    }
    g_assert_cmphex(qtest_readq(r.t->qts, r.base + 4096), ==, UINT64_MAX);
    qtest_qmp_eventwait(r.t->qts, "DEVICE_DELETED");
    if (state) {
        check_nobody(state);
    }
    qtest_qmp_assert_success(r.t->qts, "{'execute': 'object-del', 'arguments':"
                             " { 'id': 'm0' } }");
    memset(r.file[0]->map + 8192, 0x55, 4096);
    g_usleep(2 * G_USEC_PER_SEC);
    for (unsigned i = 8192; i < 3 * 4096; i++) {
        g_assert_cmphex(r.file[0]->map[i], ==, 0x55);
    }
    stop(&r);
    qcxl_file_free(disk);
}

static void test_detached(void)
{
    gone_meanwhile("device_del", "id", NULL);
}

static void test_removed(void)
{
    gone_meanwhile("cxl-remove", "path", NULL);
}

/* Its head is free by then, so that it can be had again at once */
static void test_removed_head(void)
{
    QCxlFile *name = qcxl_file_new(QCXL_MIB);
    g_autofree char *state = g_strdup_printf("%s.pool", name->path);

    gone_meanwhile("cxl-remove", "path", state);
    unlink(state);
    qcxl_file_free(name);
}

/*
 * A disk in an I/O thread rings the doorbell of a mailbox. What the command
 * starts ends in the main loop all the same (CXL 3.1 8.2.9.9.5.2, Secure
 * Erase, which changes the map).
 */
static void test_doorbell(void)
{
    const uint32_t mailbox[] = { 0, 1 };
    QCxlFile *disk = qcxl_file_new(QCXL_MIB);
    g_autofree char *options = g_strdup_printf(
        "-object iothread,id=t " DISK ",iothread=t", disk->path);
    uint64_t at;
    Running r;

    start(&r, options, BLK_QUEUE);
    drive(&r);
    at = qcxl_endpoint(r.t, 0)->mailbox;
    memcpy(disk->map, mailbox, sizeof(mailbox));
    memset(r.file[0]->map, 0xaa, 4096);
    qtest_writeq(r.t->qts, at + QCXL_MBOX_CMD, 0x4401);
    transfer(&r, BLK_IN, 0, at, SECTOR);
    while (qtest_readl(r.t->qts, at + QCXL_MBOX_CTRL) & 1) {
        g_usleep(1000);
    }
    g_assert_cmphex(qtest_readq(r.t->qts, at + QCXL_MBOX_STATUS) >> 32, ==, 0);
    g_assert_cmphex(r.file[0]->map[0], ==, 0);
    stop(&r);
    qcxl_file_free(disk);
}

/*
 * The guest turns the slot off while a disk in an I/O thread has registers of
 * the device as a buffer: the last to use the device is not the main loop.
 */
static void test_turned_off(void)
{
    QCxlFile *disk = qcxl_file_new(QCXL_MIB);
    g_autofree char *options = g_strdup_printf(
        "-object iothread,id=t " SLOW_DISK ",iothread=t", disk->path);
    const QCxlFunction *port;
    Running r;

    start(&r, options, BLK_QUEUE);
    drive(&r);
    transfer(&r, BLK_IN, 0, SCRATCH + 4096, SECTOR);
    for (unsigned i = 0; i < 2; i++) {
        begin_transfer(&r, BLK_IN, 0, qcxl_endpoint(r.t, 0)->component, SECTOR);
    }
    /* Indicator and power off */
    port = qcxl_port(r.t, 0);
    qcxl_config_write(r.t, port, qcxl_pci_cap(r.t, port, 0x10) + 0x18, 2,
                      0x07c0);
    wait_used(&r);
    g_assert_cmphex(qcxl_config_read(r.t, qcxl_port(r.t, 1), 0, 4), !=,
                    UINT32_MAX);
    stop(&r);
    qcxl_file_free(disk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/dma/disk", test_disk);
    qtest_add_func("/cxl/dma/burst/sent", test_burst_sent);
    qtest_add_func("/cxl/dma/burst/read", test_burst_read);
    qtest_add_func("/cxl/dma/burst/iothread", test_burst_iothread);
    qtest_add_func("/cxl/dma/doorbell", test_doorbell);
    qtest_add_func("/cxl/dma/ring/decoded", test_ring_decoded);
    qtest_add_func("/cxl/dma/ring/undecoded", test_ring_undecoded);
    qtest_add_func("/cxl/dma/ring/poisoned", test_ring_poisoned);
    qtest_add_func("/cxl/dma/ring/read-only", test_ring_read_only);
    qtest_add_func("/cxl/dma/fence", test_fence);
    qtest_add_func("/cxl/dma/read-only", test_read_only);
    qtest_add_func("/cxl/dma/detached", test_detached);
    qtest_add_func("/cxl/dma/removed", test_removed);
    qtest_add_func("/cxl/dma/removed-head", test_removed_head);
    qtest_add_func("/cxl/dma/turned-off", test_turned_off);
    qtest_add_func("/cxl/dma/storm/undecoded", test_storm_undecoded);
    qtest_add_func("/cxl/dma/storm/decoded", test_storm_decoded);
    qtest_add_func("/cxl/dma/storm/copied", test_storm_copied);
    qtest_add_func("/cxl/dma/storm/edge", test_storm_edge);
    return g_test_run();
}
