/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a system reset, a function-level reset and an unplug leave behind; and
 * that state which cannot be saved is not lost silently
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"

#define RAS_UNC_MASK    0x04
#define RAS_UNC_SEV     0x08
#define RAS_COR_MASK    0x10
#define LOCK_ON_COMMIT  0x100

/* PCI Express capability: Slot Control and Slot Status */
#define SLOT_CONTROL    0x18
#define SLOT_STATUS     0x1a
#define SLOT_PIC_ON     0x0100
#define SLOT_PIC_OFF    0x0300
#define SLOT_POWER_OFF  0x0400
#define SLOT_ABP        0x0001
#define SLOT_PDC        0x0008
#define SLOT_PDS        0x0040

#define PORTS \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 " \
    "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 "

#define BACKEND \
    "-object memory-backend-file,id=m0,share=on,mem-path=%s,size=256M "

#define DEVICE \
    "-device cxl-type3,id=dev0,bus=rp0,volatile-memdev=m0 "

static uint64_t ras(QCxlTopo *t, const QCxlFunction *f)
{
    return qcxl_component_cap(t, f->component, QCXL_CAP_RAS);
}

/* Changes whatever a guest can change */
static void disturb(QCxlTopo *t, QCxlFunction *f)
{
    const QCxlDecoder d = {
        .base = 0xa5a5a5a5b0000000, .size = 0x5a5a5a5a50000000,
        .targets = 0xc3c3c3c3d0000000,
    };

    qtest_writel(t->qts, ras(t, f) + RAS_UNC_MASK, 0x5);
    qtest_writel(t->qts, ras(t, f) + RAS_UNC_SEV, 0x3);
    qtest_writel(t->qts, ras(t, f) + RAS_COR_MASK, 0x11);
    qcxl_map(t, f, t->window[0].base, QCXL_UNIT);
    qcxl_decoder_set(t, f->hdm, 1, &d);
    qcxl_decoder_set(t, f->host->hdm, 1, &d);
    qtest_writel(t->qts, f->mailbox + QCXL_MBOX_CTRL, 6);
    qtest_writeq(t->qts, f->mailbox + QCXL_MBOX_CMD, 0x123404000);
    qtest_writeq(t->qts, f->mailbox + QCXL_MBOX_PAYLOAD, 0xfedcba9876543210);
    qtest_writeq(t->qts, t->window[0].base, 0x1122334455667788);
}

static void check_decoders_clear(QCxlTopo *t, uint64_t hdm)
{
    g_assert_cmphex(qtest_readl(t->qts, hdm + QCXL_HDM_GLOBAL), ==, 0);
    for (unsigned n = 0; n < 2; n++) {
        for (unsigned reg = 0; reg < 0x20; reg += 4) {
            uint32_t value = qtest_readl(t->qts,
                                         hdm + QCXL_HDM_DECODER(n) + reg);

            if (reg == QCXL_DEC_CTRL) {
                value &= ~QCXL_CTRL_HOST_ONLY;
            }
            g_assert_cmphex(value, ==, 0);
        }
    }
}

static void check_mailbox_reset(QCxlTopo *t, const QCxlFunction *f)
{
    g_assert_cmphex(qtest_readl(t->qts, f->mailbox + QCXL_MBOX_CTRL), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, f->mailbox + QCXL_MBOX_CMD), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, f->mailbox + QCXL_MBOX_STATUS), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, f->mailbox + QCXL_MBOX_PAYLOAD), ==, 0);
}

static void check_sticky(QCxlTopo *t, const QCxlFunction *f)
{
    /* Sticky: only a power cycle puts these back (CXL 3.1 8.2.4.17) */
    g_assert_cmphex(qtest_readl(t->qts, ras(t, f) + RAS_UNC_MASK), ==, 0x5);
    g_assert_cmphex(qtest_readl(t->qts, ras(t, f) + RAS_UNC_SEV), ==, 0x3);
    g_assert_cmphex(qtest_readl(t->qts, ras(t, f) + RAS_COR_MASK), ==, 0x11);
}

static void check_device_reset(QCxlTopo *t, QCxlFunction *f)
{
    unsigned ctrl = f->dvsec[QCXL_DVSEC_DEVICE] + QCXL_DEVICE_CTRL;

    check_decoders_clear(t, f->hdm);
    g_assert_cmphex(qcxl_config_read(t, f, ctrl, 2) & QCXL_DEVICE_CTRL_MEM,
                    ==, 0);
    check_mailbox_reset(t, f);
    check_sticky(t, f);
}

/* The memory is as before, and can be mapped once more */
static void check_map_again(QCxlTopo *t, QCxlFunction *f)
{
    uint64_t base = t->window[0].base;

    g_assert(!qcxl_has_ram(t, base, t->window[0].size));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, UINT64_MAX);
    qcxl_uncommit(t, f->host->hdm, 0);
    qcxl_map(t, f, base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1122334455667788);
}

/* How often the routes have been compiled: lines of a trace */
static unsigned compiles(const char *log)
{
    g_autofree char *text = NULL;
    unsigned n = 0;

    g_assert(g_file_get_contents(log, &text, NULL, NULL));
    for (const char *at = text; (at = strstr(at, "cxl_map_compile")); at++) {
        n++;
    }
    return n;
}

/*
 * The routes of the machine are compiled once for each access and for each
 * reset, however many functions take part in it.
 */
static void test_compiles(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    g_autofree char *log = qcxl_empty_file();
    QCxlTopo *t = qcxl_start("-trace cxl_map_compile -D %s "
                             PORTS BACKEND DEVICE
                             "-object memory-backend-ram,id=m1,size=256M "
                             "-device cxl-type3,bus=rp1,volatile-memdev=m1 ",
                             log, file->path);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned before;

    qcxl_map(t, f, t->window[0].base, QCXL_UNIT);
    before = compiles(log);
    g_assert(before);
    qcxl_mem_enable(t, f, false);
    g_assert_cmpuint(compiles(log), ==, before + 1);
    /* A function-level reset changes nothing that routes depend on */
    qcxl_flr(t, f);
    g_assert_cmpuint(compiles(log), ==, before + 1);
    qtest_system_reset(t->qts);
    g_assert_cmpuint(compiles(log), ==, before + 2);
    qcxl_stop(t);
    unlink(log);
    qcxl_file_free(file);
}

static void test_system_reset(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);

    /* Twice: the second starts from what the first left */
    for (unsigned i = 0; i < 2; i++) {
        disturb(t, qcxl_endpoint(t, 0));
        qcxl_reset(t);
        check_device_reset(t, qcxl_endpoint(t, 0));
        check_decoders_clear(t, t->host[0].hdm);
        check_map_again(t, qcxl_endpoint(t, 0));
        qcxl_uncommit(t, qcxl_endpoint(t, 0)->hdm, 0);
        qcxl_uncommit(t, t->host[0].hdm, 0);
    }
    qcxl_stop(t);
    qcxl_file_free(file);
}

/* 9.5: decoders, DVSECs, mappings stay; PCI header and mailbox do not */
static void test_flr(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    uint8_t decoders[2 * 0x20], after[sizeof(decoders)];
    unsigned ctrl = f->dvsec[QCXL_DVSEC_DEVICE] + QCXL_DEVICE_CTRL;

    disturb(t, f);
    qtest_memread(t->qts, f->hdm + QCXL_HDM_DECODER(0), decoders,
                  sizeof(decoders));
    qcxl_flr(t, f);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1122334455667788);
    g_assert_cmphex(qcxl_config_read(t, f, 0x10, 4) & ~0xfu, ==, 0);
    g_assert_cmphex(qcxl_config_read(t, f, 0x04, 2) & 0x7, ==, 0);
    g_assert_cmphex(qcxl_config_read(t, f, ctrl, 2) & QCXL_DEVICE_CTRL_MEM,
                    ==, QCXL_DEVICE_CTRL_MEM);

    qcxl_scan(t);
    f = qcxl_endpoint(t, 0);
    qtest_memread(t->qts, f->hdm + QCXL_HDM_DECODER(0), after,
                  sizeof(after));
    g_assert(!memcmp(decoders, after, sizeof(after)));
    g_assert_cmphex(qtest_readl(t->qts, f->hdm + QCXL_HDM_GLOBAL), ==, 2);
    check_mailbox_reset(t, f);
    check_sticky(t, f);
    qtest_writeq(t->qts, base + 8, 1);
    g_assert_cmphex(ldq_le_p(file->map + 8), ==, 1);
    qcxl_stop(t);
    qcxl_file_free(file);
}

static void start_cxl_reset(QCxlTopo *t, const QCxlFunction *f)
{
    unsigned at = f->dvsec[QCXL_DVSEC_DEVICE];

    qcxl_config_write(t, f, at + 0x10, 2, 0x4);
    /* 8.1.3.5: complete at once */
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x12, 2), ==, 0x8002);
}

/* 9.7: decoders and DVSECs are reset, but what is locked stays */
static void test_cxl_reset(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    unsigned at = f->dvsec[QCXL_DVSEC_DEVICE];
    uint32_t ctrl;

    disturb(t, f);
    start_cxl_reset(t, f);
    g_assert_cmphex(qcxl_config_read(t, f, 0x04, 2) & 0x7, ==, 0);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    qcxl_scan(t);
    f = qcxl_endpoint(t, 0);
    check_device_reset(t, f);
    check_map_again(t, f);

    /* Again, with the decoder and the DVSEC locked */
    qcxl_uncommit(t, f->hdm, 0);
    ctrl = qcxl_decoder_ctrl(t, f->hdm, 0) & ~QCXL_CTRL_COMMIT;
    qtest_writel(t->qts, f->hdm + QCXL_HDM_DECODER(0) + QCXL_DEC_CTRL,
                 ctrl | LOCK_ON_COMMIT | QCXL_CTRL_COMMIT);
    qcxl_config_write(t, f, at + 0x14, 2, 1);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    start_cxl_reset(t, f);
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x14, 2), ==, 1);
    g_assert_cmphex(qcxl_config_read(t, f, at + QCXL_DEVICE_CTRL, 2) &
                    QCXL_DEVICE_CTRL_MEM, ==, QCXL_DEVICE_CTRL_MEM);
    qcxl_scan(t);
    f = qcxl_endpoint(t, 0);
    g_assert_cmphex(qcxl_decoder_ctrl(t, f->hdm, 0) & QCXL_CTRL_COMMITTED,
                    !=, 0);
    /* HDM Decoder Enable is not among what is locked */
    qcxl_hdm_enable(t, f->hdm, true);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1122334455667788);
    qcxl_stop(t);
    qcxl_file_free(file);
}

#define BRIDGE_CONTROL  0x3e
#define BUS_RESET       0x40
#define LINK_CONTROL    0x10
#define LINK_DISABLE    0x10
#define PORT_CONTROL    0x0c
#define UNMASK_SBR      0x1
#define UNMASK_LINK     0x2

/* Set a bit that resets what is below a port, for a while */
static void pulse(QCxlTopo *t, const QCxlFunction *port, unsigned at,
                  uint16_t bit)
{
    uint16_t value = qcxl_config_read(t, port, at, 2);

    qcxl_config_write(t, port, at, 2, value | bit);
    g_assert_cmphex(qcxl_config_read(t, port, at, 2), ==, value | bit);
    qcxl_config_write(t, port, at, 2, value);
    g_assert_cmphex(qcxl_config_read(t, port, at, 2), ==, value);
}

static void check_masked(QCxlTopo *t, unsigned n, unsigned at, uint16_t bit,
                         uint16_t unmask)
{
    const QCxlFunction *port = qcxl_port(t, n);
    unsigned control = port->dvsec[QCXL_DVSEC_PORT] + PORT_CONTROL;
    uint64_t base = t->window[0].base;
    QCxlFunction *f = qcxl_endpoint(t, 0);

    disturb(t, f);
    g_assert_cmphex(qcxl_config_read(t, port, control, 2), ==, 0);
    pulse(t, port, at, bit);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1122334455667788);
    g_assert_cmphex(qcxl_config_read(t, f, 0x10, 4) & ~0xfu, !=, 0);

    qcxl_config_write(t, port, control, 2, unmask);
    pulse(t, port, at, bit);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qcxl_config_read(t, f, 0x10, 4) & ~0xfu, ==, 0);
    qcxl_scan(t);
    f = qcxl_endpoint(t, 0);
    check_device_reset(t, f);
    check_map_again(t, f);
}

/*
 * 8.1.5.2: a bus reset or link disable above a CXL device does nothing while it
 * is masked, as it is after a reset (14.8.11)
 */
static void test_masked(void)
{
    static const struct {
        uint16_t at, bit, unmask;
    } ways[] = {
        { BRIDGE_CONTROL, BUS_RESET, UNMASK_SBR },
        { LINK_CONTROL, LINK_DISABLE, UNMASK_LINK },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
        QCxlFile *file = qcxl_file_new(QCXL_UNIT);
        QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);
        unsigned at = ways[i].at;

        if (at == LINK_CONTROL) {
            at += qcxl_pci_cap(t, qcxl_port(t, 0), 0x10);
        }
        check_masked(t, 0, at, ways[i].bit, ways[i].unmask);
        qcxl_stop(t);
        qcxl_file_free(file);
    }
}

/* A PCI Express device below a CXL port: its link has no mask */
static void test_not_cxl(void)
{
    QCxlTopo *t = qcxl_start(PORTS "-device nvme,serial=1,bus=rp0");
    const QCxlFunction *port = qcxl_port(t, 0);
    QCxlFunction below = { .bus = qcxl_config_read(t, port, 0x19, 1) };

    g_assert_cmphex(qcxl_config_read(t, &below, 0, 4), ==, 0x00101b36);
    qcxl_config_write(t, &below, 0x3c, 1, 0x5a);
    pulse(t, port, BRIDGE_CONTROL, BUS_RESET);
    g_assert_cmphex(qcxl_config_read(t, &below, 0x3c, 1), ==, 0);
    qcxl_stop(t);
}

/*
 * 8.1.3.8: with HDM Decoder Enable 0 and Mem_Enable 1 the ranges of the device
 * DVSEC decode, and decoders with the enable set
 */
static void test_ranges(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    unsigned range = f->dvsec[QCXL_DVSEC_DEVICE] + QCXL_DEVICE_RANGE(0);
    QCxlDecoder host = { .base = base, .size = 4 * QCXL_UNIT };

    g_assert(qcxl_commit(t, t->host[0].hdm, 0, &host));
    qcxl_mem_enable(t, f, true);
    g_assert(!qcxl_has_ram(t, base, 4 * QCXL_UNIT));
    qcxl_config_write(t, f, range + 0x08, 4, (base + QCXL_UNIT) >> 32);
    qcxl_config_write(t, f, range + 0x0c, 4, base + QCXL_UNIT);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert(qcxl_is_ram(t, base + QCXL_UNIT, QCXL_UNIT));
    g_assert(!qcxl_has_ram(t, base + 2 * QCXL_UNIT, 2 * QCXL_UNIT));
    qtest_writeq(t->qts, base + QCXL_UNIT + 8, 0x1234);
    g_assert_cmphex(ldq_le_p(file->map + 8), ==, 0x1234);

    qcxl_hdm_enable(t, f->hdm, true);
    g_assert(!qcxl_has_ram(t, base, 4 * QCXL_UNIT));
    qcxl_hdm_enable(t, f->hdm, false);
    g_assert(qcxl_is_ram(t, base + QCXL_UNIT, QCXL_UNIT));
    qcxl_mem_enable(t, f, false);
    g_assert(!qcxl_has_ram(t, base, 4 * QCXL_UNIT));
    qcxl_stop(t);
    qcxl_file_free(file);
}

/* A reset with nothing programmed, several times over, changes nothing */
static void test_idle_reset(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);

    for (unsigned i = 0; i < 3; i++) {
        qcxl_reset(t);
        qcxl_flr(t, qcxl_endpoint(t, 0));
        qcxl_scan(t);
    }
    check_decoders_clear(t, qcxl_endpoint(t, 0)->hdm);
    qcxl_map(t, qcxl_endpoint(t, 0), t->window[0].base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    qcxl_stop(t);
    qcxl_file_free(file);
}

/*
 * --- hotplug ---
 *
 * While a device that is to go is there, data tells what is mapped: `info mtree
 * -f` of QEMU 10.0 keeps a reference to it and so delays its end.
 */

static void add_backend(QCxlTopo *t, const char *id, const QCxlFile *file)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'object-add', 'arguments': {"
        " 'qom-type': 'memory-backend-file', 'id': %s, 'share': true,"
        " 'mem-path': %s, 'size': 268435456 } }", id, file->path);
}

static void add_device(QCxlTopo *t, const char *id, const char *bus,
                       const char *backend)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'device_add', 'arguments': {"
        " 'driver': 'cxl-type3', 'id': %s, 'bus': %s, 'volatile-memdev': %s,"
        " 'sn': 3253792261 } }", id, bus, backend);
}

static unsigned slot_cap(QCxlTopo *t, const QCxlFunction *port)
{
    return qcxl_pci_cap(t, port, 0x10);
}

/* The guest's side: see the new card, power the slot up, enumerate */
static QCxlFunction *power_on(QCxlTopo *t, unsigned n)
{
    const QCxlFunction *port = qcxl_port(t, n);
    unsigned cap = slot_cap(t, port);
    uint32_t status = qcxl_config_read(t, port, cap + SLOT_STATUS, 2);

    g_assert_cmphex(status & (SLOT_PDC | SLOT_PDS), ==, SLOT_PDC | SLOT_PDS);
    qcxl_config_write(t, port, cap + SLOT_STATUS, 2, status);
    qcxl_config_write(t, port, cap + SLOT_CONTROL, 2, SLOT_PIC_ON);
    qcxl_scan(t);
    port = qcxl_port(t, n);
    for (unsigned i = 0; i < t->nfunctions; i++) {
        if (t->function[i].parent == port) {
            return &t->function[i];
        }
    }
    g_assert_not_reached();
}

/* The guest's side: see the button pressed, power the slot down */
static void power_off(QCxlTopo *t, unsigned n)
{
    const QCxlFunction *port = qcxl_port(t, n);
    unsigned cap = slot_cap(t, port);
    uint32_t status = qcxl_config_read(t, port, cap + SLOT_STATUS, 2);

    g_assert_cmphex(status & SLOT_ABP, ==, SLOT_ABP);
    qcxl_config_write(t, port, cap + SLOT_STATUS, 2, status);
    qcxl_config_write(t, port, cap + SLOT_CONTROL, 2,
                      SLOT_PIC_OFF | SLOT_POWER_OFF);
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
}

static void del_object(QCxlTopo *t, const char *id)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'object-del', 'arguments': { 'id': %s } }", id);
}

static char *error_of(QDict *response)
{
    QDict *error = qdict_get_qdict(response, "error");
    char *text;

    g_assert(error);
    text = g_strdup(qdict_get_str(error, "desc"));
    qobject_unref(response);
    return text;
}

/* A pool's daemon attaches a file, detaches it, attaches it again */
static void test_hotplug(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS);
    uint64_t base = t->window[0].base;

    for (unsigned i = 0; i < 3; i++) {
        QCxlFunction *f;

        add_backend(t, "pool5", file);
        add_device(t, "cxl_pool5", "rp1", "pool5");
        f = power_on(t, 1);
        g_assert_cmphex(f->device, ==, 0x0d93);
        if (i) {
            qcxl_uncommit(t, f->host->hdm, 0);
        }
        qcxl_map(t, f, base, QCXL_UNIT);
        g_assert_cmphex(qtest_readq(t->qts, base), ==, i);
        qtest_writeq(t->qts, base, i + 1);
        g_assert_cmphex(ldq_le_p(file->map), ==, i + 1);

        qtest_qmp_device_del_send(t->qts, "cxl_pool5");
        /* Until the guest agrees it is there, and its memory too */
        g_assert_cmphex(qtest_readq(t->qts, base), ==, i + 1);
        power_off(t, 1);
        g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
        g_assert_cmphex(qtest_readq(t->qts, base), ==, UINT64_MAX);
        del_object(t, "pool5");
        qcxl_scan(t);
        g_assert_cmpuint(qcxl_count(t, 0x8086, 0x0d93), ==, 0);
    }
    qcxl_stop(t);
    qcxl_file_free(file);
}

/* The same with a device of the command line, which is there at power on */
static void test_unplug_cold(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);
    uint64_t base = t->window[0].base;

    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0);
    qtest_qmp_device_del_send(t->qts, "dev0");
    power_off(t, 0);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    del_object(t, "m0");
    add_backend(t, "m0", file);
    add_device(t, "dev0", "rp0", "m0");
    qcxl_uncommit(t, t->host[0].hdm, 0);
    qcxl_map(t, power_on(t, 0), base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    qcxl_stop(t);
    qcxl_file_free(file);
}

/* One of two interleaved devices goes: the region goes with it, all of it */
static void test_unplug_interleaved(void)
{
    QCxlFile *file[2] = { qcxl_file_new(QCXL_UNIT), qcxl_file_new(QCXL_UNIT) };
    QCxlTopo *t = qcxl_start(
        PORTS BACKEND DEVICE
        "-object memory-backend-file,id=m1,share=on,mem-path=%s,size=256M "
        "-device cxl-type3,id=dev1,bus=rp1,volatile-memdev=m1",
        file[0]->path, file[1]->path);
    uint64_t base = t->window[0].base;
    QCxlDecoder d = { .base = base, .size = 2 * QCXL_UNIT, .eiw = 1 };

    for (unsigned i = 0; i < 2; i++) {
        QCxlFunction *f = qcxl_endpoint(t, i);

        g_assert(qcxl_commit(t, f->hdm, 0, &d));
        qcxl_hdm_enable(t, f->hdm, true);
        qcxl_mem_enable(t, f, true);
    }
    d.targets = 0x0100;
    g_assert(qcxl_commit(t, t->host[0].hdm, 0, &d));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, base + QCXL_UNIT), ==, 0);

    qtest_qmp_device_del_send(t->qts, "dev1");
    power_off(t, 1);
    g_assert(!qcxl_has_ram(t, base, 2 * QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, UINT64_MAX);
    g_assert_cmphex(qtest_readq(t->qts, base + QCXL_UNIT), ==, UINT64_MAX);
    qcxl_stop(t);
    qcxl_file_free(file[0]);
    qcxl_file_free(file[1]);
}

/* What cannot be attached is refused, and QEMU goes on */
static void test_bad_hotplug(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);
    static const struct {
        const char *arguments;
        const char *words;
    } bad[] = {
        { "{'driver': 'cxl-type3', 'bus': 'rp1', 'volatile-memdev': 'm0'}",
          "in use" },
        { "{'driver': 'cxl-type3', 'bus': 'rp1'}", "volatile-memdev" },
        { "{'driver': 'cxl-rp', 'bus': 'cxl.0'}", "hotplug" },
        { "{'driver': 'pxb-cxl', 'bus': 'pcie.0', 'bus_nr': 90}", "hotplug" },
        /* No integer is as large */
        { "{'driver': 'cxl-upstream', 'bus': 'rp1', 'read-latency': '1e300'}",
          "read-latency" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        g_autofree char *command = g_strdup_printf(
            "{'execute': 'device_add', 'arguments': %s}", bad[i].arguments);
        g_autofree char *error = error_of(qtest_qmp(t->qts, command, NULL));

        g_test_message("%s", error);
        g_assert(strstr(error, bad[i].words));
    }
    /* The backend of a device that is there stays */
    g_free(error_of(qtest_qmp(t->qts, "{'execute': 'object-del',"
                              " 'arguments': { 'id': 'm0' } }")));
    qcxl_map(t, qcxl_endpoint(t, 0), t->window[0].base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    qcxl_stop(t);
    qcxl_file_free(file);
}

/* --- migration --- */

static void test_unmigratable(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS BACKEND DEVICE, file->path);
    g_autofree char *save = qtest_hmp(t->qts, "savevm name");
    g_autofree char *migrate = error_of(qtest_qmp(
        t->qts, "{'execute': 'migrate', 'arguments': {"
        " 'uri': 'exec:cat >/dev/null' } }"));

    static const char *const devices[] = { "pxb-cxl", "cxl-rp", "cxl-type3" };
    g_autofree char *blockers = qtest_hmp(t->qts, "info migrate");

    /* Each of them says so itself */
    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
        g_assert(strstr(blockers, devices[i]));
    }
    g_assert(strstr(save, "non-migratable device"));
    g_assert(strstr(migrate, "non-migratable device"));
    qtest_qmp_assert_success(t->qts, "{'execute': 'query-status'}");
    qcxl_stop(t);
    qcxl_file_free(file);
}

static void object_add(QCxlTopo *t, const char *id, uint64_t size)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'object-add', 'arguments': {"
        " 'qom-type': 'memory-backend-ram', 'id': %s, 'size': %" PRIu64 "} }",
        id, size);
}

/* Nobody has powered these slots up: a device goes at once */
static void device_gone(QCxlTopo *t, const char *id)
{
    qtest_qmp_device_del_send(t->qts, id);
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
}

static void expect_in_use(QCxlTopo *t, const char *id)
{
    g_autofree char *text = error_of(
        qtest_qmp(t->qts, "{'execute': 'object-del', 'arguments':"
                  " { 'id': %s } }", id));

    g_assert(strstr(text, "in use"));
}

static void expect_refused(QCxlTopo *t, const char *bus, const char *memory,
                           const char *labels)
{
    g_autofree char *text = error_of(
        qtest_qmp(t->qts, "{'execute': 'device_add', 'arguments': {"
                  " 'driver': 'cxl-type3', 'id': 'bad', 'bus': %s,"
                  " 'persistent-memdev': %s, 'lsa': %s } }", bus, memory,
                  labels));

    g_assert(strstr(text, "in use"));
}

static void add_labelled(QCxlTopo *t, const char *id, const char *bus,
                         const char *memory, const char *labels)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'device_add', 'arguments': {"
        " 'driver': 'cxl-type3', 'id': %s, 'bus': %s,"
        " 'volatile-memdev': %s, 'lsa': %s } }", id, bus, memory, labels);
}

/*
 * Label storage is in use while a device has it, and while the last of several
 * does; it is not memory, and memory is not label storage
 */
static void test_labels_in_use(void)
{
    QCxlTopo *t = qcxl_start(PORTS);

    object_add(t, "m0", 0x10000000);
    object_add(t, "m1", 0x10000000);
    object_add(t, "labels", 0x10000000);
    add_labelled(t, "dev0", "rp0", "m0", "labels");
    expect_in_use(t, "labels");
    expect_refused(t, "rp1", "labels", "m1");
    expect_refused(t, "rp1", "m1", "m0");

    add_labelled(t, "dev1", "rp1", "m1", "labels");
    device_gone(t, "dev0");
    expect_in_use(t, "labels");
    device_gone(t, "dev1");
    del_object(t, "labels");
    del_object(t, "m0");
    qcxl_stop(t);
}

/* Persistent capacity of a device that is gone may be volatile of another */
static void test_volatile_again(void)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(PORTS);
    uint64_t base = t->window[0].base;
    g_autofree char *tree = NULL;

    add_backend(t, "m0", file);
    object_add(t, "labels", 0x1000);
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'device_add', 'arguments': {"
        " 'driver': 'cxl-type3', 'id': 'dev0', 'bus': 'rp0',"
        " 'persistent-memdev': 'm0', 'lsa': 'labels' } }");
    device_gone(t, "dev0");
    add_device(t, "dev1", "rp1", "m0");
    qcxl_map(t, power_on(t, 1), base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    tree = qtest_hmp(t->qts, "info mtree -f");
    g_assert(!strstr(tree, "nv-ram"));
    qcxl_stop(t);
    qcxl_file_free(file);
}

/*
 * A device that is taken out of force is still on its bus: the reset of the bus
 * finds it there, with its timer and its configuration space gone
 */
static void test_unrealized(void)
{
    static const char *const ids[] = { "dev0", "down0", "up0", "rp0" };
    QCxlTopo *t;

    /* Memory that is free has other contents then */
    g_setenv("MALLOC_PERTURB_", "165", true);
    t = qcxl_start(
        PORTS "-object memory-backend-ram,id=m0,size=256M "
        "-device cxl-upstream,id=up0,bus=rp0 "
        "-device cxl-downstream,id=down0,bus=up0 "
        "-device cxl-type3,id=dev0,bus=down0,volatile-memdev=m0");
    for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
        g_autofree char *path = g_strdup_printf("/machine/peripheral/%s",
                                                ids[i]);

        qobject_unref(qtest_qmp(
            t->qts, "{'execute': 'qom-set', 'arguments': { 'path': %s,"
            " 'property': 'realized', 'value': false } }", path));
        qtest_qmp_assert_success(t->qts, "{'execute': 'system_reset'}");
        qtest_qmp_eventwait(t->qts, "RESET");
    }
    qtest_qmp_assert_success(t->qts, "{'execute': 'query-status'}");
    qtest_quit(t->qts);
    g_free(t);
    g_unsetenv("MALLOC_PERTURB_");
}

/* Once off, and then so often on */
#define AGAIN 5

/*
 * Realizing it again would make memory regions anew that are in use. What QEMU
 * makes for a device that is then refused is freed later: an error shows with
 * the one after it.
 */
static void test_realized_again(void)
{
    static const char *const ids[] = {
        "dev0", "ds0", "cci", "us0", "rp0", "h",
    };
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=h,cxl-fmw.0.size=1G "
        "-device pxb-cxl,id=h,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=h,port=0,slot=0 "
        "-device cxl-upstream,id=us0,bus=rp0,addr=0.0,multifunction=on "
        "-device cxl-switch-mailbox-cci,id=cci,bus=rp0,addr=0.1,target=us0 "
        "-device cxl-downstream,id=ds0,bus=us0,port=0,slot=1 "
        "-object memory-backend-ram,id=m0,size=256M "
        "-device cxl-type3,id=dev0,bus=ds0,volatile-memdev=m0");

    for (unsigned i = 0; i < AGAIN * ARRAY_SIZE(ids); i++) {
        g_autofree char *path = g_strdup_printf("/machine/peripheral/%s",
                                                ids[i / AGAIN]);
        QDict *answer = qtest_qmp(
            t->qts, "{'execute': 'qom-set', 'arguments': {'path': %s,"
            " 'property': 'realized', 'value': %i } }", path, i % AGAIN != 0);

        g_assert_cmpint(qdict_haskey(answer, "error"), ==, i % AGAIN != 0);
        qobject_unref(answer);
    }
    qtest_qmp_assert_success(t->qts, "{'execute': 'system_reset'}");
    qtest_qmp_eventwait(t->qts, "RESET");
    qtest_quit(t->qts);
    g_free(t);
}

/* Registers of a port that is out of force are gone: QEMU must not ask them */
static void test_port_out(void)
{
    QCxlTopo *t = qcxl_start(
        PORTS "-object memory-backend-ram,id=m0,size=256M "
        "-object memory-backend-ram,id=m1,size=256M "
        "-device cxl-type3,id=dev0,bus=rp0,volatile-memdev=m0");
    static const char *const refused[] = {
        "{'execute': 'device_add', 'arguments': {'driver': 'cxl-type3',"
        " 'bus': 'rp0', 'addr': '1.0', 'volatile-memdev': 'm1'} }",
        "{'execute': 'device_add', 'arguments': {'driver': 'virtio-net-pci',"
        " 'bus': 'rp0', 'addr': '1.0'} }",
        "{'execute': 'device_del', 'arguments': {'id': 'dev0'} }",
    };

    qtest_qmp_assert_success(
        t->qts, "{'execute': 'qom-set', 'arguments': {'path':"
        " '/machine/peripheral/rp0', 'property': 'realized', 'value': false } }"
    );
    for (unsigned i = 0; i < ARRAY_SIZE(refused); i++) {
        QDict *answer = qtest_qmp(t->qts, refused[i]);

        g_assert(qdict_haskey(answer, "error"));
        qobject_unref(answer);
    }
    qtest_qmp_assert_success(t->qts, "{'execute': 'query-status'}");
    qtest_quit(t->qts);
    g_free(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/reset/system", test_system_reset);
    qtest_add_func("/cxl/reset/function", test_flr);
    qtest_add_func("/cxl/reset/cxl", test_cxl_reset);
    qtest_add_func("/cxl/reset/compiles", test_compiles);
    qtest_add_func("/cxl/reset/ranges", test_ranges);
    qtest_add_func("/cxl/reset/idle", test_idle_reset);
    qtest_add_func("/cxl/reset/masked", test_masked);
    /* Not in a QEMU of few devices */
    if (qtest_has_device("nvme")) {
        qtest_add_func("/cxl/reset/not-cxl", test_not_cxl);
    }
    qtest_add_func("/cxl/reset/hotplug", test_hotplug);
    qtest_add_func("/cxl/reset/unplug-cold", test_unplug_cold);
    qtest_add_func("/cxl/reset/unplug-interleaved", test_unplug_interleaved);
    qtest_add_func("/cxl/reset/bad-hotplug", test_bad_hotplug);
    qtest_add_func("/cxl/reset/labels-in-use", test_labels_in_use);
    qtest_add_func("/cxl/reset/volatile-again", test_volatile_again);
    qtest_add_func("/cxl/reset/unrealized", test_unrealized);
    qtest_add_func("/cxl/reset/realized-again", test_realized_again);
    qtest_add_func("/cxl/reset/port-out", test_port_out);
    qtest_add_func("/cxl/reset/unmigratable", test_unmigratable);
    return g_test_run();
}
