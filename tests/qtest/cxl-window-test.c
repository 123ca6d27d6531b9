/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fixed memory windows: what a guest stores through one lies in the backend
 * where it belongs, and comes back
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qemu/host-utils.h"

#define MAX_DEVICES 4

static uint64_t random_state = 0x9e3779b97f4a7c15;

/* The same sequence in every run */
static uint64_t random_below(uint64_t bound)
{
    random_state = random_state * 6364136223846793005ull +
                   1442695040888963407ull;
    return (random_state >> 16) % bound;
}

static void random_bytes(uint8_t *buf, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        buf[i] = random_below(256);
    }
}

/* One access to the window, which has 1, 2, 4 or 8 bytes */
static void store(QCxlTopo *t, uint64_t at, unsigned size, const uint8_t *buf)
{
    switch (size) {
    case 1:
        qtest_writeb(t->qts, at, buf[0]);
        break;
    case 2:
        qtest_writew(t->qts, at, lduw_le_p(buf));
        break;
    case 4:
        qtest_writel(t->qts, at, ldl_le_p(buf));
        break;
    default:
        qtest_writeq(t->qts, at, ldq_le_p(buf));
    }
}

static uint64_t load(QCxlTopo *t, uint64_t at, unsigned size)
{
    return size == 1 ? qtest_readb(t->qts, at) :
           size == 2 ? qtest_readw(t->qts, at) :
           size == 4 ? qtest_readl(t->qts, at) : qtest_readq(t->qts, at);
}

/* --- one device --- */

static QCxlTopo *start_one(QCxlFile *file)
{
    return qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0 "
        "-object memory-backend-file,id=m,share=on,mem-path=%s,size=%" PRIu64
        " -device cxl-type3,bus=rp0,volatile-memdev=m", file->path,
        file->size);
}

static void check_both_ways(QCxlTopo *t, uint64_t at, uint8_t *home)
{
    uint8_t buf[8];

    for (unsigned size = 1; size <= 8; size *= 2) {
        random_bytes(buf, size);
        store(t, at, size, buf);
        g_assert(!memcmp(home, buf, size));
        random_bytes(buf, size);
        memcpy(home, buf, size);
        g_assert_cmphex(load(t, at, size), ==,
                        size == 8 ? ldq_le_p(buf) :
                        ldq_le_p(home) & ((1ull << 8 * size) - 1));
    }
}

/* Every width, many alignments, both directions */
static void test_data(void)
{
    QCxlFile *file = qcxl_file_new(2 * QCXL_UNIT);
    QCxlTopo *t = start_one(file);
    uint64_t base = t->window[0].base;
    g_autofree uint8_t *block = g_malloc(65536);
    g_autofree uint8_t *back = g_malloc(65536);

    qcxl_map(t, qcxl_endpoint(t, 0), base, file->size);
    for (unsigned i = 0; i < 200; i++) {
        uint64_t offset = random_below(file->size - 8);

        check_both_ways(t, base + offset, file->map + offset);
    }
    check_both_ways(t, base, file->map);
    check_both_ways(t, base + file->size - 8, file->map + file->size - 8);

    random_bytes(block, 65536);
    qtest_memwrite(t->qts, base + 12345, block, 65536);
    g_assert(!memcmp(file->map + 12345, block, 65536));
    qtest_memread(t->qts, base + 12345, back, 65536);
    g_assert(!memcmp(back, block, 65536));
    qcxl_stop(t);
    qcxl_file_free(file);
}

static void check_nothing(QCxlTopo *t, uint64_t at)
{
    g_assert_cmphex(qtest_readb(t->qts, at), ==, 0xff);
    g_assert_cmphex(qtest_readw(t->qts, at), ==, 0xffff);
    g_assert_cmphex(qtest_readl(t->qts, at), ==, 0xffffffff);
    g_assert_cmphex(qtest_readq(t->qts, at), ==, UINT64_MAX);
    qtest_writeq(t->qts, at, 0x1122334455667788);
    g_assert_cmphex(qtest_readq(t->qts, at), ==, UINT64_MAX);
}

/* Where nothing decodes, reads are all ones and writes go nowhere */
static void test_unmapped(void)
{
    QCxlFile *file = qcxl_file_new(2 * QCXL_UNIT);
    QCxlTopo *t = start_one(file);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    uint64_t end = base + t->window[0].size;

    check_nothing(t, base);
    check_nothing(t, base + 0x1001);
    check_nothing(t, end - 8);
    qcxl_map(t, f, base + QCXL_UNIT, QCXL_UNIT);
    check_nothing(t, base);
    check_nothing(t, base + QCXL_UNIT - 8);
    check_nothing(t, base + 2 * QCXL_UNIT);
    g_assert_cmphex(qtest_readq(t->qts, base + QCXL_UNIT), ==, 0);

    /* Half of it is there */
    g_assert_cmphex(qtest_readq(t->qts, base + 2 * QCXL_UNIT - 4), ==,
                    0xffffffff00000000);
    qtest_writeq(t->qts, base + 2 * QCXL_UNIT - 4, 0x8877665544332211);
    g_assert_cmphex(ldl_le_p(file->map + QCXL_UNIT - 4), ==, 0x44332211);
    g_assert_cmphex(ldl_le_p(file->map + QCXL_UNIT), ==, 0);

    g_assert(qcxl_uncommit(t, f->hdm, 0));
    check_nothing(t, base + QCXL_UNIT);
    g_assert_cmphex(ldq_le_p(file->map), ==, 0);
    qcxl_stop(t);
    qcxl_file_free(file);
}

static void test_mtree(void)
{
    QCxlFile *file = qcxl_file_new(2 * QCXL_UNIT);
    QCxlTopo *t = start_one(file);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    uint64_t size = t->window[0].size;

    g_assert(!qcxl_has_ram(t, base, size));
    qcxl_map(t, f, base, file->size);
    g_assert(qcxl_is_ram(t, base, file->size));
    g_assert(!qcxl_has_ram(t, base + file->size, size - file->size));
    g_assert(qcxl_uncommit(t, f->hdm, 0));
    g_assert(!qcxl_has_ram(t, base, size));

    qcxl_map(t, f, base, file->size);
    g_assert(qcxl_is_ram(t, base, file->size));
    qcxl_reset(t);
    g_assert(!qcxl_has_ram(t, base, size));
    qcxl_stop(t);
    qcxl_file_free(file);
}

/* Two windows, a device in each */
static void test_two_windows(void)
{
    QCxlFile *file[2] = { qcxl_file_new(QCXL_UNIT), qcxl_file_new(QCXL_UNIT) };
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=256M,"
        "cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=256M "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device pxb-cxl,id=cxl.1,bus=pcie.0,bus_nr=64 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0 "
        "-device cxl-rp,id=rp1,bus=cxl.1,slot=1 "
        "-object memory-backend-file,id=m0,share=on,mem-path=%s,size=256M "
        "-object memory-backend-file,id=m1,share=on,mem-path=%s,size=256M "
        "-device cxl-type3,bus=rp0,volatile-memdev=m0 "
        "-device cxl-type3,bus=rp1,volatile-memdev=m1",
        file[0]->path, file[1]->path);

    for (unsigned i = 0; i < 2; i++) {
        qcxl_map(t, qcxl_endpoint(t, i), t->window[i].base, QCXL_UNIT);
    }
    for (unsigned i = 0; i < 2; i++) {
        check_both_ways(t, t->window[i].base + 64, file[i]->map + 64);
        g_assert(qcxl_is_ram(t, t->window[i].base, QCXL_UNIT));
    }
    /* An access over the border between them */
    qtest_writeq(t->qts, t->window[1].base - 3, 0x8877665544332211);
    g_assert_cmphex(file[0]->map[QCXL_UNIT - 1], ==, 0x33);
    g_assert_cmphex(file[1]->map[0], ==, 0x44);
    g_assert_cmphex(qtest_readq(t->qts, t->window[1].base - 3), ==,
                    0x8877665544332211);
    qcxl_stop(t);
    qcxl_file_free(file[0]);
    qcxl_file_free(file[1]);
}

/* --- volatile and persistent capacity of one device --- */

static QCxlTopo *start_both(QCxlFile *v, QCxlFile *p)
{
    return qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0 "
        "-object memory-backend-file,id=v,share=on,mem-path=%s,size=512M "
        "-object memory-backend-file,id=p,share=on,mem-path=%s,size=512M "
        "-object memory-backend-ram,id=l,size=64K "
        "-device cxl-type3,bus=rp0,volatile-memdev=v,persistent-memdev=p,"
        "lsa=l", v->path, p->path);
}

static void test_partitions(void)
{
    QCxlFile *v = qcxl_file_new(2 * QCXL_UNIT);
    QCxlFile *p = qcxl_file_new(2 * QCXL_UNIT);
    QCxlTopo *t = start_both(v, p);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    /* Half of the volatile part; the rest is skipped; all that is left */
    QCxlDecoder pmem = { .base = base + 3 * QCXL_UNIT,
                         .size = 2 * QCXL_UNIT, .skip = QCXL_UNIT };
    QCxlDecoder host = { .base = base + 3 * QCXL_UNIT,
                         .size = 2 * QCXL_UNIT };

    qcxl_map(t, f, base, QCXL_UNIT);
    g_assert(qcxl_commit(t, f->host->hdm, 1, &host));
    g_assert(qcxl_commit(t, f->hdm, 1, &pmem));
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert(!qcxl_has_ram(t, base + QCXL_UNIT, 2 * QCXL_UNIT));
    g_assert(qcxl_is_ram(t, pmem.base, pmem.size));

    check_both_ways(t, base, v->map);
    check_both_ways(t, base + QCXL_UNIT - 8, v->map + QCXL_UNIT - 8);
    check_both_ways(t, pmem.base, p->map);
    check_both_ways(t, pmem.base + 4096, p->map + 4096);
    check_both_ways(t, pmem.base + pmem.size - 8, p->map + pmem.size - 8);
    qcxl_stop(t);
    qcxl_file_free(v);
    qcxl_file_free(p);
}

static void test_skip_all_volatile(void)
{
    QCxlFile *v = qcxl_file_new(2 * QCXL_UNIT);
    QCxlFile *p = qcxl_file_new(2 * QCXL_UNIT);
    QCxlTopo *t = start_both(v, p);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    QCxlDecoder d = { .base = base, .size = QCXL_UNIT, .skip = 2 * QCXL_UNIT };

    qcxl_map(t, f, base, QCXL_UNIT);
    g_assert(qcxl_uncommit(t, f->hdm, 0));
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    check_both_ways(t, base + 0x777, p->map + 0x777);
    g_assert_cmphex(ldq_le_p(v->map + 0x777), ==, 0);
    qcxl_stop(t);
    qcxl_file_free(v);
    qcxl_file_free(p);
}

/* --- interleave --- */

/**
 * struct Set - devices that share a region: @hosts of the window, @ports of
 * each host bridge, of granularity @granule
 * @ahead: the last device has given its first unit to another decoder
 */
typedef struct Set {
    const char *name;
    unsigned hosts;
    unsigned ports;
    uint64_t granule;
    unsigned eiw;
    bool ahead;
} Set;

static const Set sets[] = {
    { "1x2-256", 1, 2, 256, 1 },
    { "1x2-4k", 1, 2, 4096, 1 },
    { "2x1-512", 2, 1, 512, 1 },
    { "2x1-16k", 2, 1, 16384, 1 },
    { "2x2-1k", 2, 2, 1024, 2 },
    { "2x2-8k", 2, 2, 8192, 2 },
    { "3x1-256", 3, 1, 256, 8 },
    { "1x2-512-uneven", 1, 2, 512, 1, .ahead = true },
    { "2x1-256-uneven", 2, 1, 256, 1, .ahead = true },
};

/* A running set: its devices' files, in the order of window and port targets */
typedef struct Running {
    const Set *set;
    unsigned ways;
    uint64_t region;
    QCxlFile *file[MAX_DEVICES];
    QCxlTopo *t;
    uint64_t base;
} Running;

static unsigned encode(uint64_t value)
{
    return ctz64(value);
}

/* A host bridge forwards to its ports above what the window has decided */
static void commit_host(Running *r, unsigned host, unsigned region)
{
    QCxlTopo *t = r->t;
    QCxlDecoder d = {
        .base = r->base + region * r->region,
        .size = r->region,
        .eiw = encode(r->set->ports),
    };

    if (r->set->ports > 1) {
        d.eig = encode(r->set->granule * r->set->hosts / 256);
    }
    for (unsigned i = 0; i < r->set->ports; i++) {
        d.targets |= (uint64_t)(10 + i) << 8 * i;
    }
    g_assert(qcxl_commit(t, t->host[host].hdm, region, &d));
}

static bool is_ahead(const Running *r, unsigned device)
{
    return r->set->ahead && device == r->ways - 1;
}

/* Where the share of @region begins in a device */
static uint64_t region_dpa(const Running *r, unsigned device, unsigned region)
{
    return (region + is_ahead(r, device)) * QCXL_UNIT;
}

static void commit_device(Running *r, unsigned device, unsigned region)
{
    QCxlFunction *f = qcxl_endpoint(r->t, device);
    QCxlDecoder d = {
        .base = r->base + region * r->region,
        .size = r->region,
        .eiw = r->set->eiw,
        .eig = encode(r->set->granule / 256),
    };

    g_assert(qcxl_commit(r->t, f->hdm, region + is_ahead(r, device), &d));
    qcxl_hdm_enable(r->t, f->hdm, true);
    qcxl_mem_enable(r->t, f, true);
}

/* Addresses below the window, which nothing routes to a device */
static void commit_ahead(Running *r)
{
    QCxlDecoder d = { .size = QCXL_UNIT };

    g_assert(qcxl_commit(r->t, qcxl_endpoint(r->t, r->ways - 1)->hdm, 0, &d));
}

/* Two regions, one after the other, of one unit of each device */
static void start_set(Running *r, const Set *set, const char *layout)
{
    g_autoptr(GString) line = g_string_new("-machine q35,cxl=on ");

    *r = (Running) { .set = set, .ways = set->hosts * set->ports };
    r->region = r->ways * QCXL_UNIT;
    for (unsigned h = 0; h < set->hosts; h++) {
        g_string_append_printf(line, "-device pxb-cxl,id=h%u,bus=pcie.0,"
                               "bus_nr=%u ", h, 32 + 32 * h);
    }
    for (unsigned i = 0; i < r->ways; i++) {
        r->file[i] = qcxl_file_new(3 * QCXL_UNIT);
        g_string_append_printf(
            line, "-device cxl-rp,id=rp%u,bus=h%u,slot=%u,port=%u "
            "-object memory-backend-file,id=m%u,share=on,mem-path=%s,"
            "size=768M -device cxl-type3,bus=rp%u,volatile-memdev=m%u ",
            i, i / set->ports, i, 10 + i % set->ports, i, r->file[i]->path, i,
            i);
    }
    g_string_append_printf(line, "-M cxl-fmw.0.size=6G,cxl-fmw.0."
                           "interleave-granularity=%" PRIu64 "%s",
                           set->granule, layout);
    for (unsigned h = 0; h < set->hosts; h++) {
        g_string_append_printf(line, ",cxl-fmw.0.targets.%u=h%u", h, h);
    }
    r->t = qcxl_start("%s", line->str);
    r->base = r->t->window[0].base;
    if (set->ahead) {
        commit_ahead(r);
    }
    for (unsigned region = 0; region < 2; region++) {
        for (unsigned h = 0; h < set->hosts; h++) {
            commit_host(r, h, region);
        }
        for (unsigned i = 0; i < r->ways; i++) {
            commit_device(r, i, region);
        }
    }
}

static void stop_set(Running *r)
{
    qcxl_stop(r->t);
    for (unsigned i = 0; i < r->ways; i++) {
        qcxl_file_free(r->file[i]);
    }
}

/*
 * Where the specification puts the byte at @offset of @region (CXL 3.1
 * 8.2.4.20.13): the window's targets take turns by granule, the ports of a
 * bridge by as many granules as the window has targets; and a device gets the
 * granules that are its own one after the other. One unit of each device
 * belongs to each region.
 */
static unsigned exact_device(const Running *r, uint64_t offset)
{
    const Set *s = r->set;
    unsigned host = offset / s->granule % s->hosts;
    unsigned port = offset / (s->granule * s->hosts) % s->ports;

    return host * s->ports + port;
}

static uint8_t *exact_home(const Running *r, unsigned region, uint64_t offset)
{
    const Set *s = r->set;
    unsigned device = exact_device(r, offset);
    uint64_t turn = offset / (s->granule * r->ways);

    return r->file[device]->map + region_dpa(r, device, region) +
           turn * s->granule + offset % s->granule;
}

/* One access through the window; each byte must be in its home */
static void check_exact(const Running *r, unsigned region, uint64_t offset,
                        unsigned size)
{
    uint64_t at = r->base + region * r->region + offset;
    uint8_t buf[8] = {};

    random_bytes(buf, size);
    store(r->t, at, size, buf);
    for (unsigned i = 0; i < size; i++) {
        g_assert_cmphex(*exact_home(r, region, offset + i), ==, buf[i]);
    }
    random_bytes(buf, size);
    for (unsigned i = 0; i < size; i++) {
        *exact_home(r, region, offset + i) = buf[i];
    }
    g_assert_cmphex(load(r->t, at, size), ==, ldq_le_p(buf));
}

static void test_exact(const void *data)
{
    const Set *set = data;
    Running r;

    start_set(&r, set, ",cxl-fmw.0.interleave-layout=exact");
    g_assert(!qcxl_has_ram(r.t, r.base, 2 * r.region));
    for (unsigned region = 0; region < 2; region++) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            for (unsigned i = 0; i < 40; i++) {
                check_exact(&r, region, random_below(r.region - 8), size);
            }
            /* Over the ends of granules */
            for (unsigned i = 1; i < 2 * r.ways; i++) {
                for (unsigned before = 1; before < size; before++) {
                    check_exact(&r, region, i * set->granule - before, size);
                }
            }
            check_exact(&r, region, 0, size);
            check_exact(&r, region, r.region - size, size);
        }
    }
    stop_set(&r);
}

/* A long store puts every byte where single ones go */
static void test_exact_block(void)
{
    const unsigned len = 3 * 1024 + 77;
    g_autofree uint8_t *buf = g_malloc(len);
    g_autofree uint8_t *back = g_malloc(len);
    Running r;

    start_set(&r, &sets[0], ",cxl-fmw.0.interleave-layout=exact");
    random_bytes(buf, len);
    qtest_memwrite(r.t->qts, r.base + 123, buf, len);
    for (unsigned i = 0; i < len; i++) {
        g_assert_cmphex(*exact_home(&r, 0, 123 + i), ==, buf[i]);
    }
    qtest_memread(r.t->qts, r.base + 123, back, len);
    g_assert(!memcmp(back, buf, len));
    stop_set(&r);
}

/* Which device has the byte at @at as its first of @region? Exactly one */
static unsigned find_home(const Running *r, unsigned region, uint64_t at)
{
    unsigned found = 0, home = 0;

    for (unsigned i = 0; i < r->ways; i++) {
        r->file[i]->map[region_dpa(r, i, region)] = 0;
    }
    qtest_writeb(r->t->qts, at, 1);
    for (unsigned i = 0; i < r->ways; i++) {
        if (r->file[i]->map[region_dpa(r, i, region)] == 1) {
            home = i;
            found++;
        }
    }
    g_assert_cmpuint(found, ==, 1);
    return home;
}

/*
 * Linear layout: all of it is RAM, and each equal share of the region lies in
 * one piece in a device of its own. With one level of interleave these come in
 * the order of the targets.
 */
static void test_linear(const void *data)
{
    Running r;

    start_set(&r, data, "");
    g_assert(qcxl_is_ram(r.t, r.base, 2 * r.region));
    for (unsigned region = 0; region < 2; region++) {
        unsigned used = 0;

        for (unsigned share = 0; share < r.ways; share++) {
            uint64_t first = r.base + region * r.region + share * QCXL_UNIT;
            unsigned home = find_home(&r, region, first);
            uint8_t *map = r.file[home]->map + region_dpa(&r, home, region);

            if (r.set->hosts == 1 || r.set->ports == 1) {
                g_assert_cmpuint(home, ==, share);
            }
            g_assert(!(used & 1u << home));
            used |= 1u << home;
            check_both_ways(r.t, first, map);
            check_both_ways(r.t, first + QCXL_UNIT - 8, map + QCXL_UNIT - 8);
            for (unsigned i = 0; i < 25; i++) {
                uint64_t offset = random_below(QCXL_UNIT - 8);

                check_both_ways(r.t, first + offset, map + offset);
            }
        }
    }
    stop_set(&r);
}

/* One device of a set goes: nothing of the region is left, the rest stays */
static void test_incomplete(void)
{
    Running r;
    QCxlFunction *f;

    start_set(&r, &sets[4], "");
    f = qcxl_endpoint(r.t, 2);
    g_assert(qcxl_uncommit(r.t, f->hdm, 1));
    g_assert(qcxl_is_ram(r.t, r.base, r.region));
    g_assert(!qcxl_has_ram(r.t, r.base + r.region, r.region));
    g_assert_cmphex(qtest_readq(r.t->qts, r.base + r.region), ==, UINT64_MAX);
    qcxl_mem_enable(r.t, f, false);
    g_assert(!qcxl_has_ram(r.t, r.base, 2 * r.region));
    qcxl_mem_enable(r.t, f, true);
    commit_device(&r, 2, 1);
    g_assert(qcxl_is_ram(r.t, r.base, 2 * r.region));
    stop_set(&r);
}

/* An access that begins in one window ends in the next, or in nothing */
static void test_end(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=512M,"
        "cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=512M "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
        "-object memory-backend-ram,id=m0,size=256M "
        "-device cxl-type3,bus=rp0,volatile-memdev=m0");
    const QCxlWindow *last = &t->window[1];
    uint64_t end = last->base + last->size;

    g_assert_cmphex(t->window[0].base + t->window[0].size, ==, last->base);
    qcxl_map(t, qcxl_endpoint(t, 0), last->base, QCXL_UNIT);
    for (unsigned before = 1; before < 8; before++) {
        const uint64_t ones = UINT64_MAX >> 8 * (8 - before);

        qtest_writeq(t->qts, last->base, 0);
        qtest_writeq(t->qts, last->base - before, 0x1122334455667788);
        g_assert_cmphex(qtest_readq(t->qts, last->base), ==,
                        0x1122334455667788 >> 8 * before);
        g_assert_cmphex(qtest_readq(t->qts, last->base - before), ==,
                        (0x1122334455667788 & ~ones) | ones);
        qtest_writeq(t->qts, end - before, 0);
        g_assert_cmphex(qtest_readq(t->qts, end - before) & ones, ==, ones);
    }
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/window/data", test_data);
    qtest_add_func("/cxl/window/unmapped", test_unmapped);
    qtest_add_func("/cxl/window/mtree", test_mtree);
    qtest_add_func("/cxl/window/two-windows", test_two_windows);
    qtest_add_func("/cxl/window/partitions", test_partitions);
    qtest_add_func("/cxl/window/skip-all-volatile", test_skip_all_volatile);
    qtest_add_func("/cxl/window/exact-block", test_exact_block);
    qtest_add_func("/cxl/window/incomplete", test_incomplete);
    qtest_add_func("/cxl/window/end", test_end);
    for (unsigned i = 0; i < ARRAY_SIZE(sets); i++) {
        g_autofree char *exact = g_strdup_printf("/cxl/window/exact/%s",
                                                 sets[i].name);
        g_autofree char *linear = g_strdup_printf("/cxl/window/linear/%s",
                                                  sets[i].name);

        qtest_add_data_func(exact, &sets[i], test_exact);
        qtest_add_data_func(linear, &sets[i], test_linear);
    }
    return g_test_run();
}
