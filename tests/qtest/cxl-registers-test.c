/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest finds: address map, identities, capabilities, reset values; and
 * how registers answer reads and writes
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"
#include "../registers.h"

#include "libqos/fw_cfg.h"
#include "qemu/bswap.h"

#define EXT_CAP_AER     0x0001
#define EXT_CAP_DSN     0x0003
#define EXT_CAP_ACS     0x000d
#define EXT_CAP_DVSEC   0x0023
#define EXT_CAP_DOE     0x002e

#define RAS_UNC_STATUS  0x00
#define RAS_COR_STATUS  0x0c
#define RAS_LOG         0x18
#define RAS_SIZE        0x58
#define LINK_SIZE       0x50
/* PCI Express capability */
#define LINK_CAP        0x0c
#define LINK_STATUS     0x12
#define LINK_CAP2       0x2c
#define SNOOP_FILTER_SIZE 0x08

#define ONE_DEVICE \
    "-machine q35,cxl=on " \
    "-object memory-backend-ram,id=mem0,size=256M " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,chassis=0,slot=0,port=3 " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G "

#define VOLATILE_DEVICE \
    ONE_DEVICE "-device cxl-type3,bus=rp0,volatile-memdev=mem0,id=dev0"

/* --- address map --- */

static uint64_t reserved_memory_end(QTestState *qts)
{
    QFWCFG *fw_cfg = pc_fw_cfg_init(qts);
    uint64_t end = 0;

    g_assert_cmpuint(qfw_cfg_get_file(fw_cfg, "etc/reserved-memory-end", &end,
                                      sizeof(end)), ==, sizeof(end));
    pc_fw_cfg_uninit(fw_cfg);
    return le64_to_cpu(end);
}

/* Registers of the bridges, then windows from the next 256 MiB boundary */
static void check_map(const char *memory, uint64_t base)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on %s "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=53 "
        "-device pxb-cxl,id=cxl.1,bus=pcie.0,bus_nr=0xbf "
        "-M cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=768M,"
        "cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.targets.1=cxl.0,"
        "cxl-fmw.1.size=4G,cxl-fmw.1.interleave-granularity=8k", memory);
    const QCxlWindow *w = t->window;

    g_assert_cmpuint(t->nhosts, ==, 2);
    g_assert_cmpuint(t->host[0].uid, ==, 53);
    g_assert_cmpuint(t->host[1].uid, ==, 0xbf);
    /* The bridge created last has the first registers */
    g_assert_cmphex(t->host[1].chbcr, ==, base);
    g_assert_cmphex(t->host[0].chbcr, ==, base + QCXL_COMPONENT_SIZE);

    g_assert_cmpuint(t->nwindows, ==, 2);
    g_assert_cmphex(w[0].base, ==, base + QCXL_UNIT);
    g_assert_cmphex(w[0].size, ==, 3 * QCXL_UNIT);
    g_assert_cmpuint(w[0].ways, ==, 1);
    g_assert_cmpuint(w[0].targets[0], ==, 0xbf);
    g_assert_cmphex(w[1].base, ==, base + 4 * QCXL_UNIT);
    g_assert_cmphex(w[1].size, ==, 16 * QCXL_UNIT);
    g_assert_cmpuint(w[1].ways, ==, 2);
    g_assert_cmpuint(w[1].granularity, ==, 8192);
    g_assert_cmpuint(w[1].arithmetic, ==, 0);
    g_assert_cmpuint(w[1].targets[0], ==, 0xbf);
    g_assert_cmpuint(w[1].targets[1], ==, 53);
    for (unsigned i = 0; i < 2; i++) {
        /* Host-only coherent, volatile and persistent; not fixed */
        g_assert_cmphex(w[i].restrictions & 0x1e, ==, 0x0e);
    }
    g_assert_cmphex(reserved_memory_end(t->qts), ==, base + 20 * QCXL_UNIT);
    qcxl_stop(t);
}

static void test_address_map(void)
{
    /* Behind 4 GiB; behind RAM above 4 GiB; behind device memory */
    check_map("-m 128M", 0x100000000);
    check_map("-m 4G", 0x180000000);
    check_map("-m 4G,slots=4,maxmem=8G", 0x380000000);
}

/* --- PCI --- */

/*
 * Table 9-22: a window of 3, 6 or 12 ways begins at a multiple of as many
 * units; the others follow the one before
 */
static void test_window_bases(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on "
        "-device pxb-cxl,id=a,bus=pcie.0,bus_nr=32 "
        "-device pxb-cxl,id=b,bus=pcie.0,bus_nr=64 "
        "-device pxb-cxl,id=c,bus=pcie.0,bus_nr=96 "
        "-M cxl-fmw.0.targets.0=a,cxl-fmw.0.size=256M,"
        "cxl-fmw.1.targets.0=a,cxl-fmw.1.targets.1=b,"
        "cxl-fmw.1.targets.2=c,cxl-fmw.1.size=768M,"
        "cxl-fmw.2.targets.0=b,cxl-fmw.2.size=256M,"
        "cxl-fmw.3.targets.0=a,cxl-fmw.3.targets.1=b,"
        "cxl-fmw.3.targets.2=c,cxl-fmw.3.size=1536M");

    g_assert_cmpuint(t->nwindows, ==, 4);
    for (unsigned i = 1; i < 4; i += 2) {
        uint64_t end = t->window[i - 1].base + t->window[i - 1].size;

        g_assert_cmphex(t->window[i].base % (3 * QCXL_UNIT), ==, 0);
        g_assert_cmphex(t->window[i].base, >=, end);
        g_assert_cmphex(t->window[i].base - end, <, 3 * QCXL_UNIT);
    }
    g_assert_cmphex(t->window[2].base, ==,
                    t->window[1].base + t->window[1].size);
    qcxl_stop(t);
}

typedef struct Identity {
    uint16_t vendor;
    uint16_t device;
    uint32_t class;
    uint64_t bar_size[QCXL_BARS];
} Identity;

static void check_identity(const QCxlFunction *f, const Identity *want)
{
    g_assert_cmphex(f->vendor, ==, want->vendor);
    g_assert_cmphex(f->device, ==, want->device);
    g_assert_cmphex(f->class, ==, want->class);
    for (unsigned i = 0; i < QCXL_BARS; i++) {
        g_assert_cmphex(f->bar_size[i], ==, want->bar_size[i]);
    }
}

static void check_bar_type(QCxlTopo *t, const QCxlFunction *f, unsigned bar)
{
    /* Memory, 64 bits, not prefetchable */
    g_assert_cmphex(qcxl_config_read(t, f, 0x10 + 4 * bar, 4) & 0xf, ==, 4);
}

static void test_identities(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *port = qcxl_port(t, 0);
    const QCxlFunction *dev = qcxl_endpoint(t, 0);
    const Identity port_id = { 0x8086, 0x7075, 0x060400, { 0x10000 } };
    const Identity dev_id = { 0x8086, 0x0d93, 0x050210,
                              { 0x10000, 0, dev->bar_size[2], 0,
                                dev->bar_size[4] } };

    check_identity(port, &port_id);
    check_bar_type(t, port, 0);
    g_assert_cmpuint(port->port, ==, 3);
    g_assert_cmpuint(port->bus, ==, 52);

    check_identity(dev, &dev_id);
    g_assert_cmphex(dev->bar_size[2], >=, 0x1000);
    g_assert_cmphex(dev->bar_size[4], >, 0);
    check_bar_type(t, dev, 0);
    check_bar_type(t, dev, 2);
    g_assert_cmphex(qcxl_config_read(t, dev, 0x08, 1), ==, 1);
    g_assert(dev->parent == port);
    qcxl_stop(t);
}

/* The host bridge itself, as a function of pcie.0 */
static void test_pxb_identity(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    QCxlFunction f = {};
    unsigned found = 0;

    for (unsigned slot = 0; slot < 32; slot++) {
        f.devfn = slot << 3;
        if (qcxl_config_read(t, &f, 0, 4) == 0x000b1b36) {
            g_assert_cmphex(qcxl_config_read(t, &f, 0x0a, 2), ==, 0x0600);
            found++;
        }
    }
    g_assert_cmpuint(found, ==, 1);
    qcxl_stop(t);
}

static unsigned ext_cap_size(QCxlTopo *t, const QCxlFunction *f, unsigned at,
                             unsigned id)
{
    switch (id) {
    case EXT_CAP_AER:
        return 0x48;
    case EXT_CAP_DSN:
        return 0x0c;
    case EXT_CAP_ACS:
        return 0x08;
    case EXT_CAP_DVSEC:
        return qcxl_config_read(t, f, at + 6, 2) >> 4;
    case EXT_CAP_DOE:
        return 0x18;
    default:
        g_assert_not_reached();
    }
}

/* Marks the bytes of every capability; none may be marked twice */
static void check_ext_caps(QCxlTopo *t, const QCxlFunction *f)
{
    bool used[4096] = {};
    unsigned at = 0x100;
    unsigned count = 0;

    while (at) {
        uint32_t header = qcxl_config_read(t, f, at, 4);
        unsigned size = ext_cap_size(t, f, at, header & 0xffff);

        g_assert_cmpuint(at % 4, ==, 0);
        g_assert_cmpuint(at, >=, 0x100);
        g_assert_cmpuint(at + size, <=, 4096);
        for (unsigned i = 0; i < size; i++) {
            g_assert(!used[at + i]);
            used[at + i] = true;
        }
        at = header >> 20;
        count++;
    }
    g_assert_cmpuint(count, >=, 5);
}

static void test_ext_caps(const void *sn)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE "%s", (const char *)sn);

    check_ext_caps(t, qcxl_port(t, 0));
    check_ext_caps(t, qcxl_endpoint(t, 0));
    qcxl_stop(t);
}

/*
 * The serial number of the n-th device: of its capability (PCIe 7.9.3), which
 * Identify (CXL 3.1 8.2.9.1.1), where there is one, must agree with
 */
static uint64_t read_serial(QCxlTopo *t, unsigned n)
{
    const QCxlFunction *f = qcxl_endpoint(t, n);
    unsigned at = qcxl_ext_cap(t, f, EXT_CAP_DSN);
    uint8_t identity[QCXL_MBOX_MAX];
    uint64_t serial;

    g_assert_cmphex(at, !=, 0);
    serial = qcxl_config_read(t, f, at + 4, 4) |
             (uint64_t)qcxl_config_read(t, f, at + 8, 4) << 32;
    if (qcxl_command(t, f, 0x0001, NULL, 0, identity, NULL) == QCXL_SUCCESS) {
        g_assert_cmphex(ldq_le_p(identity + 8), ==, serial);
    }
    return serial;
}

static void test_serial(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE ",sn=0x0123456789abcdef");
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned at = qcxl_ext_cap(t, f, EXT_CAP_DSN);

    g_assert_cmphex(at, !=, 0);
    g_assert_cmphex(qcxl_config_read(t, f, at + 4, 4), ==, 0x89abcdef);
    g_assert_cmphex(qcxl_config_read(t, f, at + 8, 4), ==, 0x01234567);
    qcxl_stop(t);

    t = qcxl_start(VOLATILE_DEVICE ",sn=0");
    g_assert_cmphex(read_serial(t, 0), ==, 0);
    qcxl_stop(t);
}

/* Two devices with names and two without: numbers that last, each its own */
static void test_derived_serials(void)
{
    static const char options[] =
        "-machine q35,cxl=on -device pxb-cxl,id=h,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=h,port=0,slot=0 "
        "-device cxl-rp,id=rp1,bus=h,port=1,slot=1 "
        "-device cxl-rp,id=rp2,bus=h,port=2,slot=2 "
        "-device cxl-rp,id=rp3,bus=h,port=3,slot=3 "
        "-object memory-backend-ram,id=m0,size=256M "
        "-object memory-backend-ram,id=m1,size=256M "
        "-object memory-backend-ram,id=m2,size=256M "
        "-object memory-backend-ram,id=m3,size=256M "
        "-device cxl-type3,bus=rp0,volatile-memdev=m0,id=cxl-pmem0 "
        "-device cxl-type3,bus=rp1,volatile-memdev=m1,id=cxl-pmem1 "
        "-device cxl-type3,bus=rp2,volatile-memdev=m2 "
        "-device cxl-type3,bus=rp3,volatile-memdev=m3";
    uint64_t serial[2][4];

    for (unsigned run = 0; run < 2; run++) {
        QCxlTopo *t = qcxl_start("%s", options);

        for (unsigned i = 0; i < 4; i++) {
            serial[run][i] = read_serial(t, i);
        }
        qcxl_stop(t);
    }
    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmphex(serial[0][i], !=, 0);
        g_assert_cmphex(serial[0][i], ==, serial[1][i]);
        for (unsigned k = 0; k < i; k++) {
            g_assert_cmphex(serial[0][i], !=, serial[0][k]);
        }
    }
}

/* A link that carries 68-byte flits runs at 32 GT/s at most (6.1, 6.4.1) */
static void check_speed(QCxlTopo *t, const QCxlFunction *f)
{
    unsigned at = qcxl_pci_cap(t, f, 0x10);

    g_assert_cmphex(at, !=, 0);
    g_assert_cmpuint(qcxl_config_read(t, f, at + LINK_CAP, 4) & 0xf, ==, 5);
    g_assert_cmphex(qcxl_config_read(t, f, at + LINK_CAP2, 4) & 0xfe, ==, 0x3e);
    g_assert_cmpuint(qcxl_config_read(t, f, at + LINK_STATUS, 2) & 0xf, ==, 5);
}

static void test_link_speed(void)
{
    QCxlTopo *t = qcxl_start(
        ONE_DEVICE "-device cxl-upstream,bus=rp0,id=up0 "
        "-device cxl-downstream,bus=up0,id=down0,slot=1 "
        "-device cxl-type3,bus=down0,id=dev0,volatile-memdev=mem0");

    g_assert_cmpuint(t->nfunctions, ==, 4);
    for (unsigned i = 0; i < t->nfunctions; i++) {
        check_speed(t, &t->function[i]);
    }
    qcxl_stop(t);
}

/* --- DVSECs --- */

typedef struct Dvsec {
    unsigned id;
    unsigned revision;
    unsigned length;
} Dvsec;

static void check_dvsecs(QCxlTopo *t, const QCxlFunction *f,
                         const Dvsec *dvsec, unsigned count)
{
    unsigned found = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned at = f->dvsec[dvsec[i].id];

        g_assert_cmphex(at, !=, 0);
        g_assert_cmphex(qcxl_config_read(t, f, at + 4, 4), ==,
                        0x1e98 | dvsec[i].revision << 16 |
                        dvsec[i].length << 20);
    }
    for (unsigned id = 0; id < QCXL_DVSECS; id++) {
        found += f->dvsec[id] != 0;
    }
    g_assert_cmpuint(found, ==, count);
}

static void test_dvsecs(void)
{
    static const Dvsec port[] = {
        { QCXL_DVSEC_PORT, 0, 0x28 },
        { QCXL_DVSEC_PORT_GPF, 0, 0x10 },
        { QCXL_DVSEC_FLEX_BUS, 2, 0x20 },
        { QCXL_DVSEC_LOCATOR, 0, 0x24 },
    };
    static const Dvsec device[] = {
        { QCXL_DVSEC_DEVICE, 3, 0x3c },
        { QCXL_DVSEC_DEVICE_GPF, 0, 0x10 },
        { QCXL_DVSEC_FLEX_BUS, 2, 0x20 },
        { QCXL_DVSEC_LOCATOR, 0, 0x24 },
    };
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE ",sn=1");

    check_dvsecs(t, qcxl_port(t, 0), port, ARRAY_SIZE(port));
    check_dvsecs(t, qcxl_endpoint(t, 0), device, ARRAY_SIZE(device));
    qcxl_stop(t);
}

static void test_locator(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned at = f->dvsec[QCXL_DVSEC_LOCATOR];

    /* { BIR 0, component }, { BIR 2, device }, both at offset 0 */
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x0c, 4), ==, 0x0100);
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x10, 4), ==, 0);
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x14, 4), ==, 0x0302);
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x18, 4), ==, 0);
    g_assert_cmphex(f->component, ==, f->bar[0]);
    g_assert_cmphex(f->regs, ==, f->bar[2]);

    f = qcxl_port(t, 0);
    at = f->dvsec[QCXL_DVSEC_LOCATOR];
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x0c, 4), ==, 0x0100);
    g_assert_cmphex(f->component, ==, f->bar[0]);
    g_assert_cmphex(f->regs, ==, 0);
    qcxl_stop(t);
}

static uint64_t range_size(QCxlTopo *t, const QCxlFunction *f, unsigned range)
{
    unsigned at = f->dvsec[QCXL_DVSEC_DEVICE] + QCXL_DEVICE_RANGE(range);
    uint32_t low = qcxl_config_read(t, f, at + 4, 4);

    if (!(low & 1)) {
        return 0;
    }
    /* Valid: then active, too */
    g_assert_cmphex(low & 2, ==, 2);
    return (uint64_t)qcxl_config_read(t, f, at, 4) << 32 | (low & 0xf0000000);
}

static void check_ranges(const char *options, uint64_t first, uint64_t second)
{
    QCxlTopo *t = qcxl_start(
        ONE_DEVICE "-object memory-backend-ram,id=mem1,size=512M "
        "-object memory-backend-ram,id=lsa0,size=64K "
        "-device cxl-type3,bus=rp0,id=dev0,%s", options);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned at = f->dvsec[QCXL_DVSEC_DEVICE];
    unsigned cap = qcxl_config_read(t, f, at + QCXL_DEVICE_CAP, 2);

    /* No cache, but IO and memory; as many HDM ranges as are in use */
    g_assert_cmphex(cap & 7, ==, 6);
    g_assert_cmpuint(cap >> 4 & 3, ==, second ? 2 : 1);
    g_assert_cmphex(range_size(t, f, 0), ==, first);
    g_assert_cmphex(range_size(t, f, 1), ==, second);
    qcxl_stop(t);
}

static void test_ranges(void)
{
    check_ranges("volatile-memdev=mem0", QCXL_UNIT, 0);
    check_ranges("persistent-memdev=mem1,lsa=lsa0", 2 * QCXL_UNIT, 0);
    check_ranges("volatile-memdev=mem0,persistent-memdev=mem1,lsa=lsa0",
                 QCXL_UNIT, 2 * QCXL_UNIT);
}

static void test_config_lock(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned at = f->dvsec[QCXL_DVSEC_DEVICE];
    uint32_t ctrl;

    qcxl_mem_enable(t, f, true);
    ctrl = qcxl_config_read(t, f, at + QCXL_DEVICE_CTRL, 2);
    g_assert_cmphex(ctrl & QCXL_DEVICE_CTRL_MEM, !=, 0);

    qcxl_config_write(t, f, at + QCXL_DEVICE_LOCK, 2, 1);
    g_assert_cmphex(qcxl_config_read(t, f, at + QCXL_DEVICE_LOCK, 2), ==, 1);
    qcxl_config_write(t, f, at + QCXL_DEVICE_LOCK, 2, 0);
    g_assert_cmphex(qcxl_config_read(t, f, at + QCXL_DEVICE_LOCK, 2), ==, 1);
    qcxl_config_write(t, f, at + QCXL_DEVICE_CTRL, 2, 0);
    g_assert_cmphex(qcxl_config_read(t, f, at + QCXL_DEVICE_CTRL, 2), ==,
                    ctrl);

    qcxl_reset(t);
    f = qcxl_endpoint(t, 0);
    g_assert_cmphex(qcxl_config_read(t, f, at + QCXL_DEVICE_LOCK, 2), ==, 0);
    qcxl_mem_enable(t, f, true);
    qcxl_mem_enable(t, f, false);
    g_assert_cmphex(qcxl_config_read(t, f, at + QCXL_DEVICE_CTRL, 2) &
                    QCXL_DEVICE_CTRL_MEM, ==, 0);
    qcxl_stop(t);
}

/* Ones and zeroes, as bytes, words and dwords: what is read-only stays */
static void test_dvsec_read_only(void)
{
    static const unsigned fields[] = { 0x00, 0x04, 0x08, 0x0a, 0x16, 0x18,
                                       0x1c, 0x28, 0x2c, 0x38 };
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);

    for (unsigned i = 0; i < ARRAY_SIZE(fields); i++) {
        unsigned at = f->dvsec[QCXL_DVSEC_DEVICE] + fields[i];
        uint32_t old = qcxl_config_read(t, f, at, 2);

        for (unsigned size = 1; size <= 2; size *= 2) {
            qcxl_config_write(t, f, at, size, UINT32_MAX);
            g_assert_cmphex(qcxl_config_read(t, f, at, 2), ==, old);
            qcxl_config_write(t, f, at, size, 0);
            g_assert_cmphex(qcxl_config_read(t, f, at, 2), ==, old);
        }
    }
    qcxl_stop(t);
}

/* --- component registers --- */

static unsigned cap_size(QCxlTopo *t, uint64_t cap, unsigned id)
{
    static const uint8_t counts[] = { 1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24,
                                      28, 32 };
    unsigned code;

    switch (id) {
    case QCXL_CAP_RAS:
        return RAS_SIZE;
    case QCXL_CAP_LINK:
        return LINK_SIZE;
    case QCXL_CAP_SNOOP_FILTER:
        return SNOOP_FILTER_SIZE;
    case QCXL_CAP_HDM:
        code = qtest_readl(t->qts, cap) & 0xf;
        g_assert_cmpuint(code, <, ARRAY_SIZE(counts));
        return QCXL_HDM_DECODER(counts[code]);
    default:
        return 4;
    }
}

/* The array must have these capabilities, and none may overlap another */
static void check_caps(QCxlTopo *t, uint64_t component, const unsigned *want,
                       unsigned count)
{
    uint64_t array = component + QCXL_CACHEMEM;
    uint32_t header = qtest_readl(t->qts, array);
    bool used[0x1000] = {};

    /* Version 1 of the header, version 1 of CXL.cache and CXL.mem registers */
    g_assert_cmphex(header & 0xffffff, ==, 0x110001);
    memset(used, true, 4 * (1 + (header >> 24)));
    for (unsigned i = 1; i <= header >> 24; i++) {
        uint32_t cap = qtest_readl(t->qts, array + 4 * i);
        unsigned at = cap >> 20;
        unsigned size = cap_size(t, array + at, cap & 0xffff);

        g_assert_cmphex(cap >> 16 & 0xf, !=, 0);
        g_assert_cmpuint(at + size, <=, 0x1000);
        for (unsigned b = at; b < at + size; b++) {
            g_assert(!used[b]);
            used[b] = true;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        g_assert_cmphex(qcxl_component_cap(t, component, want[i]), !=, 0);
    }
}

static void test_component_caps(void)
{
    static const unsigned host[] = { QCXL_CAP_HDM };
    static const unsigned port[] = { QCXL_CAP_RAS, QCXL_CAP_LINK,
                                     QCXL_CAP_SNOOP_FILTER };
    static const unsigned device[] = { QCXL_CAP_RAS, QCXL_CAP_LINK,
                                       QCXL_CAP_HDM };
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);

    check_caps(t, t->host[0].chbcr, host, ARRAY_SIZE(host));
    /* Table 8-22: these are for ports */
    g_assert_cmphex(qcxl_component_cap(t, t->host[0].chbcr, QCXL_CAP_LINK), ==,
                    0);
    g_assert_cmphex(qcxl_component_cap(t, t->host[0].chbcr,
                                       QCXL_CAP_SNOOP_FILTER), ==, 0);
    check_caps(t, qcxl_port(t, 0)->component, port, ARRAY_SIZE(port));
    check_caps(t, qcxl_endpoint(t, 0)->component, device, ARRAY_SIZE(device));
    g_assert_cmphex(qcxl_port(t, 0)->hdm, ==, 0);
    qcxl_stop(t);

    /* The largest capability that there can be */
    t = qcxl_start("-machine q35,cxl=on "
                   "-device pxb-cxl,id=c,bus=pcie.0,bus_nr=52,decoders=32");
    check_caps(t, t->host[0].chbcr, host, ARRAY_SIZE(host));
    g_assert_cmphex(qtest_readl(t->qts, t->host[0].hdm) & 0xf, ==, 0xc);
    qcxl_stop(t);
}

/* Count field of the HDM decoder capability for each legal number */
static void test_decoder_counts(void)
{
    static const struct {
        unsigned host, device, host_code, device_code;
    } rows[] = {
        { 1, 1, 0, 0 }, { 2, 2, 1, 1 }, { 16, 4, 8, 2 }, { 20, 6, 9, 3 },
        { 12, 8, 6, 4 }, { 28, 10, 0xb, 5 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        QCxlTopo *t = qcxl_start(
            "-machine q35,cxl=on "
            "-object memory-backend-ram,id=mem0,size=256M "
            "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52,decoders=%u "
            "-device cxl-rp,id=rp0,bus=cxl.0,chassis=0,slot=0 "
            "-device cxl-type3,bus=rp0,volatile-memdev=mem0,decoders=%u",
            rows[i].host, rows[i].device);

        g_assert_cmphex(qtest_readl(t->qts, t->host[0].hdm) & 0xf, ==,
                        rows[i].host_code);
        g_assert_cmphex(qtest_readl(t->qts, qcxl_endpoint(t, 0)->hdm) & 0xf,
                        ==, rows[i].device_code);
        qcxl_stop(t);
    }
}

static void check_hdm_reset_values(QCxlTopo *t, uint64_t hdm, bool device)
{
    uint32_t cap = qtest_readl(t->qts, hdm);

    g_assert_cmphex(cap & 0xf, ==, 4);
    /* Eight targets on a port; a device has no target list */
    g_assert_cmphex(cap >> 4 & 0xf, ==, device ? 0 : 8);
    /* All granularities */
    g_assert_cmphex(cap & 0x300, ==, 0x300);
    g_assert_cmphex(qtest_readl(t->qts, hdm + QCXL_HDM_GLOBAL), ==, 0);
    for (unsigned n = 0; n < 8; n++) {
        uint64_t at = hdm + QCXL_HDM_DECODER(n);

        for (unsigned reg = 0; reg < 0x20; reg += 4) {
            uint32_t value = qtest_readl(t->qts, at + reg);

            if (reg == QCXL_DEC_CTRL) {
                value &= ~QCXL_CTRL_HOST_ONLY;
            }
            g_assert_cmphex(value, ==, 0);
        }
    }
}

static void check_all_reset_values(QCxlTopo *t, uint64_t component,
                                   unsigned kind)
{
    for (unsigned i = 0; i < ARRAY_SIZE(component_registers); i++) {
        const TestRegister *r = &component_registers[i];

        if (r->kinds & kind) {
            g_test_message("kind %u, offset 0x%x", kind, r->offset);
            g_assert_cmphex(qtest_readl(t->qts, component + QCXL_CACHEMEM +
                                        r->offset), ==, r->reset);
        }
    }
}

static void test_reset_values(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t ras = qcxl_component_cap(t, f->component, QCXL_CAP_RAS);
    uint64_t port_ras;

    check_all_reset_values(t, t->host[0].chbcr, HB);
    check_all_reset_values(t, qcxl_port(t, 0)->component, RP);
    check_all_reset_values(t, f->component, EP);
    check_hdm_reset_values(t, t->host[0].hdm, false);
    check_hdm_reset_values(t, f->hdm, true);

    /* Nothing is recorded, and all that the list of capabilities leads to */
    g_assert_cmphex(qtest_readl(t->qts, ras + RAS_UNC_STATUS), ==, 0);
    g_assert_cmphex(qtest_readl(t->qts, ras + RAS_COR_STATUS), ==, 0);
    port_ras = qcxl_component_cap(t, qcxl_port(t, 0)->component, QCXL_CAP_RAS);
    g_assert_cmphex(port_ras, !=, 0);
    for (unsigned i = 0; i < 64; i += 4) {
        g_assert_cmphex(qtest_readl(t->qts, ras + RAS_LOG + i), ==, 0);
    }
    qcxl_stop(t);
}

static void check_bits(QCxlTopo *t, uint64_t at, uint32_t writable)
{
    uint32_t fixed = qtest_readl(t->qts, at) & ~writable;

    qtest_writel(t->qts, at, UINT32_MAX);
    g_assert_cmphex(qtest_readl(t->qts, at), ==, fixed | writable);
    qtest_writel(t->qts, at, 0);
    g_assert_cmphex(qtest_readl(t->qts, at), ==, fixed);
    qtest_writel(t->qts, at, 0x5a5a5a5a);
    g_assert_cmphex(qtest_readl(t->qts, at), ==,
                    fixed | (0x5a5a5a5a & writable));
}

static void test_write_masks(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t array = f->component + QCXL_CACHEMEM;
    uint64_t host = t->host[0].hdm + QCXL_HDM_DECODER(0);
    uint64_t dec = f->hdm + QCXL_HDM_DECODER(7);

    for (unsigned i = 0; i < 4; i++) {
        check_bits(t, array + 4 * i, 0);
    }
    /* RAS; write one to clear: a write sets nothing */
    for (unsigned i = 0; i < ARRAY_SIZE(component_registers); i++) {
        const TestRegister *r = &component_registers[i];

        if (r->kinds & EP && r->offset < 0x0d8) {
            check_bits(t, array + r->offset, r->rw);
        }
    }
    check_bits(t, f->hdm + QCXL_HDM_CAP, 0);
    check_bits(t, dec + QCXL_DEC_BASE_LO, 0xf0000000);
    check_bits(t, dec + QCXL_DEC_BASE_HI, 0xffffffff);
    check_bits(t, dec + QCXL_DEC_SIZE_LO, 0xf0000000);
    check_bits(t, dec + QCXL_DEC_SIZE_HI, 0xffffffff);
    check_bits(t, dec + QCXL_DEC_LIST_LO, 0xf0000000);
    check_bits(t, dec + QCXL_DEC_LIST_HI, 0xffffffff);
    check_bits(t, host + QCXL_DEC_LIST_LO, 0xffffffff);
    check_bits(t, host + QCXL_DEC_LIST_HI, 0xffffffff);

    /* Committed and Error Not Committed are the device's to set */
    qtest_writel(t->qts, dec + QCXL_DEC_CTRL,
                 QCXL_CTRL_COMMITTED | QCXL_CTRL_ERROR);
    g_assert_cmphex(qtest_readl(t->qts, dec + QCXL_DEC_CTRL) &
                    (QCXL_CTRL_COMMITTED | QCXL_CTRL_ERROR), ==, 0);
    qcxl_stop(t);
}

/* --- widths and alignments --- */

static uint64_t read_width(QCxlTopo *t, uint64_t at, unsigned size)
{
    uint8_t buf[8] = {};

    switch (size) {
    case 1:
        return qtest_readb(t->qts, at);
    case 2:
        return qtest_readw(t->qts, at);
    case 4:
        return qtest_readl(t->qts, at);
    case 8:
        return qtest_readq(t->qts, at);
    default:
        qtest_memread(t->qts, at, buf, size);
        return ldq_le_p(buf);
    }
}

static void write_width(QCxlTopo *t, uint64_t at, unsigned size, uint64_t v)
{
    uint8_t buf[8];

    switch (size) {
    case 1:
        qtest_writeb(t->qts, at, v);
        break;
    case 2:
        qtest_writew(t->qts, at, v);
        break;
    case 4:
        qtest_writel(t->qts, at, v);
        break;
    case 8:
        qtest_writeq(t->qts, at, v);
        break;
    default:
        stq_le_p(buf, v);
        qtest_memwrite(t->qts, at, buf, size);
    }
}

static void check_read_widths(QCxlTopo *t, uint64_t at, unsigned bytes)
{
    g_autofree uint8_t *want = g_malloc0(bytes + 8);

    for (unsigned i = 0; i < bytes; i += 4) {
        stl_le_p(want + i, qtest_readl(t->qts, at + i));
    }
    for (unsigned size = 1; size <= 8; size++) {
        for (unsigned i = 0; i + size <= bytes; i++) {
            uint64_t mask = size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1;

            g_assert_cmphex(read_width(t, at + i, size), ==,
                            ldq_le_p(want + i) & mask);
        }
    }
}

static void test_read_widths(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    const QCxlDecoder d = {
        .base = 0x123456789abcdef0, .size = 0xfedcba9876543210,
        .skip = 0x0f1e2d3c4b5a6978,
    };

    qcxl_decoder_set(t, f->hdm, 0, &d);
    qcxl_decoder_set(t, t->host[0].hdm, 1, &d);
    check_read_widths(t, f->component + QCXL_CACHEMEM, 0x120);
    check_read_widths(t, f->hdm, 0x80);
    check_read_widths(t, t->host[0].hdm, 0x80);
    check_read_widths(t, f->regs, 0x130);
    qcxl_stop(t);
}

/*
 * Writes of every width and alignment to the registers of an uncommitted
 * decoder's range, against a copy kept here
 */
static void check_write_widths(QCxlTopo *t, uint64_t at)
{
    const uint32_t masks[] = { 0xf0000000, 0xffffffff, 0xf0000000, 0xffffffff };
    uint8_t mask[0x10], want[0x10], got[0x10];
    uint64_t v = 0x0123456789abcdef;

    for (unsigned i = 0; i < ARRAY_SIZE(masks); i++) {
        stl_le_p(mask + 4 * i, masks[i]);
    }
    memset(want, 0, sizeof(want));
    qtest_memwrite(t->qts, at, want, sizeof(want));
    for (unsigned size = 1; size <= 8; size++) {
        for (unsigned i = 0; i + size <= sizeof(want); i++) {
            v = v * 6364136223846793005ull + 1442695040888963407ull;
            write_width(t, at + i, size, v);
            for (unsigned b = 0; b < size; b++) {
                want[i + b] = v >> 8 * b & mask[i + b];
            }
            for (unsigned reg = 0; reg < sizeof(got); reg += 4) {
                stl_le_p(got + reg, qtest_readl(t->qts, at + reg));
            }
            g_assert(!memcmp(got, want, sizeof(want)));
        }
    }
}

static void test_write_widths(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);

    check_write_widths(t, f->hdm + QCXL_HDM_DECODER(2));
    check_write_widths(t, t->host[0].hdm + QCXL_HDM_DECODER(3));
    qcxl_stop(t);
}

/* What is not there reads zero and takes any write */
static void test_gaps(void)
{
    static const unsigned gaps[] = { 0, 0x800, 0xff8, 0x1f00, 0x2000, 0x8000,
                                     0xfff8 };
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const uint64_t blocks[] = { t->host[0].chbcr, qcxl_port(t, 0)->component,
                                qcxl_endpoint(t, 0)->component };

    for (unsigned i = 0; i < ARRAY_SIZE(blocks); i++) {
        for (unsigned g = 0; g < ARRAY_SIZE(gaps); g++) {
            qtest_writeq(t->qts, blocks[i] + gaps[g], UINT64_MAX);
            g_assert_cmphex(qtest_readq(t->qts, blocks[i] + gaps[g]), ==, 0);
        }
    }
    qcxl_stop(t);
}

/* --- device registers (CXL 3.1 8.2.8) --- */

static void test_device_registers(void)
{
    QCxlTopo *t = qcxl_start(VOLATILE_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t array = qtest_readq(t->qts, f->regs);
    uint64_t value;

    /* Array header: id 0, version 1, type 1 (memory device), 3 entries */
    g_assert_cmphex(array & 0xffffff, ==, 0x010000);
    g_assert_cmphex(array >> 24 & 0xf, ==, 1);
    g_assert_cmphex(array >> 32 & 0xffff, ==, 3);
    g_assert_cmphex(f->status, !=, 0);
    g_assert_cmphex(f->mailbox, !=, 0);
    g_assert_cmphex(f->memdev, !=, 0);

    g_assert_cmphex(qtest_readq(t->qts, f->status), ==, 0);
    /* Not fatal, firmware runs, media ready, mailbox ready, no reset needed */
    value = qtest_readq(t->qts, f->memdev);
    g_assert_cmphex(value & 0xff, ==, 0x14);
    /* 2048 bytes of payload, both interrupts, a vector of the table */
    value = qtest_readl(t->qts, f->mailbox + QCXL_MBOX_CAP);
    g_assert_cmphex(value & 0x1f, ==, 11);
    g_assert_cmphex(value & 0x60, ==, 0x60);
    g_assert_cmpuint(value >> 7 & 0xf, <, 8);

    /* All of these are read-only */
    qtest_writeq(t->qts, f->regs, UINT64_MAX);
    qtest_writeq(t->qts, f->status, UINT64_MAX);
    qtest_writeq(t->qts, f->memdev, 0);
    qtest_writel(t->qts, f->mailbox + QCXL_MBOX_CAP, 0);
    g_assert_cmphex(qtest_readq(t->qts, f->regs), ==, array);
    g_assert_cmphex(qtest_readq(t->qts, f->status), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, f->memdev) & 0xff, ==, 0x14);
    g_assert_cmphex(qtest_readl(t->qts, f->mailbox + QCXL_MBOX_CAP), ==,
                    value);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/registers/address-map", test_address_map);
    qtest_add_func("/cxl/registers/identities", test_identities);
    qtest_add_func("/cxl/registers/pxb-identity", test_pxb_identity);
    qtest_add_data_func("/cxl/registers/ext-caps/no-serial", "",
                        test_ext_caps);
    qtest_add_data_func("/cxl/registers/ext-caps/serial", ",sn=7",
                        test_ext_caps);
    qtest_add_func("/cxl/registers/serial", test_serial);
    qtest_add_func("/cxl/registers/derived-serials", test_derived_serials);
    qtest_add_func("/cxl/registers/window-bases", test_window_bases);
    qtest_add_func("/cxl/registers/link-speed", test_link_speed);
    qtest_add_func("/cxl/registers/dvsecs", test_dvsecs);
    qtest_add_func("/cxl/registers/locator", test_locator);
    qtest_add_func("/cxl/registers/ranges", test_ranges);
    qtest_add_func("/cxl/registers/config-lock", test_config_lock);
    qtest_add_func("/cxl/registers/dvsec-read-only", test_dvsec_read_only);
    qtest_add_func("/cxl/registers/component-caps", test_component_caps);
    qtest_add_func("/cxl/registers/decoder-counts", test_decoder_counts);
    qtest_add_func("/cxl/registers/reset-values", test_reset_values);
    qtest_add_func("/cxl/registers/write-masks", test_write_masks);
    qtest_add_func("/cxl/registers/read-widths", test_read_widths);
    qtest_add_func("/cxl/registers/write-widths", test_write_widths);
    qtest_add_func("/cxl/registers/gaps", test_gaps);
    qtest_add_func("/cxl/registers/device", test_device_registers);
    return g_test_run();
}
