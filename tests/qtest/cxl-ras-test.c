/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of CXL.cache and CXL.mem: from the command that lets them happen to
 * the interrupt of the root port (CXL 3.1 8.2.4.17, 12.2, 12.4; PCIe 6.0 6.2)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qobject/qdict.h"

/* RAS capability */
#define UNC_STATUS      0x00
#define UNC_MASK        0x04
#define UNC_SEVERITY    0x08
#define COR_STATUS      0x0c
#define COR_MASK        0x10
#define CONTROL         0x14
#define HEADER(n)       (0x18 + 4 * (n))
#define UNC_BITS        0x1cfff

/* AER */
#define AER_UNC_STATUS  0x04
#define AER_UNC_MASK    0x08
#define AER_UNC_SEVER   0x0c
#define AER_COR_STATUS  0x10
#define AER_COR_MASK    0x14
#define AER_ROOT_CMD    0x2c
#define AER_ROOT_STATUS 0x30
#define AER_SOURCE_COR  0x34
#define AER_SOURCE_UNC  0x36
#define AER_UNC_INTN    0x00400000
#define AER_COR_INTN    0x00004000
#define ROOT_COR        0x01
#define ROOT_UNC        0x04
#define ROOT_FIRST_FATAL 0x10
#define ROOT_NONFATAL   0x20
#define ROOT_FATAL      0x40
#define ROOT_BITS       0x7f

/* PCI Express capability */
#define DEVICE_CONTROL  0x08
#define DEVICE_STATUS   0x0a
#define LINK_CAP        0x0c
#define REPORT_ALL      0x000f

#define MSI_FLAGS       0x02
#define MSI_ADDRESS     0x04
#define MSI_DATA        0x0c
#define MSI_WHERE       0x2000000   /* guest RAM, so that it can be seen */
#define MSI_VALUE       0x4240

#define BRIDGE_CONTROL  0x3e
#define BRIDGE_SERR     0x2

#define VIRAL           0x4000

#define START \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 " \
    "-device cxl-upstream,id=up0,bus=rp0 " \
    "-device cxl-downstream,id=down0,bus=up0,slot=5 " \
    "-object memory-backend-ram,id=m0,size=256M " \
    "-device cxl-type3,id=dev0,bus=down0,volatile-memdev=m0 "

/* All that may detect an error, from the root port down */
static const char *const victims[] = { "rp0", "up0", "down0", "dev0" };

static const struct {
    const char *name;
    unsigned bit;
} uncorrectable[] = {
    { "cache-data-parity", 0 }, { "cache-address-parity", 1 },
    { "cache-be-parity", 2 }, { "cache-data-ecc", 3 },
    { "mem-data-parity", 4 }, { "mem-address-parity", 5 },
    { "mem-be-parity", 6 }, { "mem-data-ecc", 7 },
    { "reinit-threshold", 8 }, { "rsvd-encoding", 9 },
    { "poison-received", 10 }, { "receiver-overflow", 11 },
    { "internal", 14 }, { "cxl-ide-tx", 15 }, { "cxl-ide-rx", 16 },
}, correctable[] = {
    { "cache-data-ecc", 0 }, { "mem-data-ecc", 1 }, { "crc-threshold", 2 },
    { "retry-threshold", 3 }, { "cache-poison-received", 4 },
    { "mem-poison-received", 5 }, { "physical", 6 },
};

static const QCxlFunction *victim(QCxlTopo *t, unsigned n)
{
    static const uint16_t device[] = { 0x7075, 0xa128, 0xa129, 0x0d93 };

    for (unsigned i = 0; i < t->nfunctions; i++) {
        if (t->function[i].device == device[n]) {
            return &t->function[i];
        }
    }
    g_assert_not_reached();
}

static uint64_t ras(QCxlTopo *t, const QCxlFunction *f)
{
    return qcxl_component_cap(t, f->component, QCXL_CAP_RAS);
}

static uint32_t ras_read(QCxlTopo *t, unsigned n, unsigned reg)
{
    return qtest_readl(t->qts, ras(t, victim(t, n)) + reg);
}

static void ras_write(QCxlTopo *t, unsigned n, unsigned reg, uint32_t value)
{
    qtest_writel(t->qts, ras(t, victim(t, n)) + reg, value);
}

static uint32_t aer_read(QCxlTopo *t, unsigned n, unsigned reg, unsigned size)
{
    const QCxlFunction *f = victim(t, n);

    return qcxl_config_read(t, f, qcxl_ext_cap(t, f, 1) + reg, size);
}

static void aer_write(QCxlTopo *t, unsigned n, unsigned reg, uint32_t value)
{
    const QCxlFunction *f = victim(t, n);

    qcxl_config_write(t, f, qcxl_ext_cap(t, f, 1) + reg, 4, value);
}

/* What an operating system does to hear of errors */
static void listen_to(QCxlTopo *t, unsigned n)
{
    const QCxlFunction *f = victim(t, n);
    unsigned express = qcxl_pci_cap(t, f, 0x10);

    qcxl_config_write(t, f, express + DEVICE_CONTROL, 2, REPORT_ALL);
    if (f->bridge) {
        qcxl_config_write(t, f, BRIDGE_CONTROL, 2, BRIDGE_SERR);
    }
    aer_write(t, n, AER_UNC_MASK, 0);
    aer_write(t, n, AER_COR_MASK, 0);
    ras_write(t, n, UNC_MASK, 0);
    ras_write(t, n, COR_MASK, 0);
}

/* The second message of the root port is for errors */
static void listen_to_root(QCxlTopo *t)
{
    const QCxlFunction *port = victim(t, 0);
    unsigned msi = qcxl_pci_cap(t, port, 0x05);

    qcxl_config_write(t, port, 0x04, 2, 0x6);
    qcxl_config_write(t, port, msi + MSI_ADDRESS, 4, MSI_WHERE);
    qcxl_config_write(t, port, msi + MSI_ADDRESS + 4, 4, 0);
    qcxl_config_write(t, port, msi + MSI_DATA, 2, MSI_VALUE);
    qcxl_config_write(t, port, msi + MSI_FLAGS, 2, 0x11);
    aer_write(t, 0, AER_ROOT_CMD, 0x7);
    g_assert_cmphex(aer_read(t, 0, AER_ROOT_STATUS, 4) >> 27, ==, 1);
    qtest_writel(t->qts, MSI_WHERE, 0);
}

static QCxlTopo *start(void)
{
    QCxlTopo *t = qcxl_start(START);

    for (unsigned n = 0; n < ARRAY_SIZE(victims); n++) {
        listen_to(t, n);
    }
    listen_to_root(t);
    return t;
}

static void correct(QCxlTopo *t, unsigned n, const char *type)
{
    g_autofree char *path = g_strdup_printf("/machine/peripheral/%s",
                                            victims[n]);

    qtest_qmp_assert_success(
        t->qts, "{'execute': 'cxl-inject-correctable-error', 'arguments': {"
        " 'path': %s, 'type': %s } }", path, type);
}

static void fail(QCxlTopo *t, unsigned n, const char *type, unsigned header)
{
    g_autofree char *path = g_strdup_printf("/machine/peripheral/%s",
                                            victims[n]);

    qtest_qmp_assert_success(
        t->qts, "{'execute': 'cxl-inject-uncorrectable-errors', 'arguments': {"
        " 'path': %s, 'errors': [ { 'type': %s, 'header': [ %u, 5 ] } ] } }",
        path, type, header);
}

/* The root port has been told by whom, and has told the processor */
static void check_root(QCxlTopo *t, unsigned n, uint32_t status,
                       unsigned source)
{
    const QCxlFunction *f = victim(t, n);

    g_assert_cmphex(aer_read(t, 0, AER_ROOT_STATUS, 4) & ROOT_BITS, ==, status);
    if (status) {
        g_assert_cmphex(aer_read(t, 0, source, 2), ==, f->bus << 8 | f->devfn);
    }
    g_assert_cmphex(qtest_readl(t->qts, MSI_WHERE), ==,
                    status ? MSI_VALUE + 1 : 0);
    qtest_writel(t->qts, MSI_WHERE, 0);
    aer_write(t, 0, AER_ROOT_STATUS, ROOT_BITS);
}

static void test_correctable(void)
{
    QCxlTopo *t = start();

    for (unsigned n = 0; n < ARRAY_SIZE(victims); n++) {
        for (unsigned i = 0; i < ARRAY_SIZE(correctable); i++) {
            correct(t, n, correctable[i].name);
            g_assert_cmphex(ras_read(t, n, COR_STATUS), ==,
                            1u << correctable[i].bit);
            g_assert_cmphex(ras_read(t, n, UNC_STATUS), ==, 0);
            g_assert_cmphex(aer_read(t, n, AER_COR_STATUS, 4), ==,
                            AER_COR_INTN);
            check_root(t, n, ROOT_COR, AER_SOURCE_COR);
            ras_write(t, n, COR_STATUS, 1u << correctable[i].bit);
            aer_write(t, n, AER_COR_STATUS, AER_COR_INTN);
            g_assert_cmphex(ras_read(t, n, COR_STATUS), ==, 0);
            g_assert_cmphex(aer_read(t, n, AER_COR_STATUS, 4), ==, 0);
        }
    }
    qcxl_stop(t);
}

static void check_uncorrectable(QCxlTopo *t, unsigned n, unsigned i)
{
    const QCxlFunction *f = victim(t, n);
    unsigned link = qcxl_pci_cap(t, f, 0x10) + LINK_CAP;
    uint32_t cap = qcxl_config_read(t, f, link, 4);
    unsigned bit = uncorrectable[i].bit;

    fail(t, n, uncorrectable[i].name, 100 + i);
    g_assert_cmphex(ras_read(t, n, UNC_STATUS), ==, 1u << bit);
    g_assert_cmphex(ras_read(t, n, COR_STATUS), ==, 0);
    g_assert_cmphex(ras_read(t, n, CONTROL) & 0x3f, ==, bit);
    g_assert_cmphex(ras_read(t, n, HEADER(0)), ==, 100 + i);
    g_assert_cmphex(ras_read(t, n, HEADER(1)), ==, 5);
    g_assert_cmphex(ras_read(t, n, HEADER(2)), ==, 0);
    g_assert_cmphex(aer_read(t, n, AER_UNC_STATUS, 4), ==, AER_UNC_INTN);
    check_root(t, n, ROOT_UNC | ROOT_FATAL | ROOT_FIRST_FATAL, AER_SOURCE_UNC);
    ras_write(t, n, UNC_STATUS, 1u << bit);
    aer_write(t, n, AER_UNC_STATUS, AER_UNC_INTN);
    g_assert_cmphex(ras_read(t, n, UNC_STATUS), ==, 0);
    g_assert_cmphex(aer_read(t, n, AER_UNC_STATUS, 4), ==, 0);
    /* The register behind Device Status is another one */
    g_assert_cmphex(qcxl_config_read(t, f, link, 4), ==, cap);
}

static void test_uncorrectable(void)
{
    QCxlTopo *t = start();

    for (unsigned n = 0; n < ARRAY_SIZE(victims); n++) {
        for (unsigned i = 0; i < ARRAY_SIZE(uncorrectable); i++) {
            check_uncorrectable(t, n, i);
        }
    }
    qcxl_stop(t);
}

/* 8.2.4.17.3: whatever AER's own register says of internal errors */
static void test_severity(void)
{
    QCxlTopo *t = start();

    for (unsigned sever = 0; sever < 2; sever++) {
        uint32_t aer = sever ? AER_UNC_INTN : 0;

        aer_write(t, 3, AER_UNC_SEVER, aer);
        ras_write(t, 3, UNC_SEVERITY, UNC_BITS & ~0x4000);
        fail(t, 3, "internal", 0);
        check_root(t, 3, ROOT_UNC | ROOT_NONFATAL, AER_SOURCE_UNC);
        g_assert_cmphex(aer_read(t, 3, AER_UNC_SEVER, 4), ==, aer);
        fail(t, 3, "mem-data-ecc", 0);
        check_root(t, 3, ROOT_UNC | ROOT_FATAL | ROOT_FIRST_FATAL,
                   AER_SOURCE_UNC);
        g_assert_cmphex(aer_read(t, 3, AER_UNC_SEVER, 4), ==, aer);
        ras_write(t, 3, UNC_STATUS, UNC_BITS);
    }
    qcxl_stop(t);
}

/* What is masked in the RAS capability has not happened */
static void test_masked(void)
{
    QCxlTopo *t = start();

    ras_write(t, 3, UNC_MASK, 0x4000);
    ras_write(t, 3, COR_MASK, 0x40);
    fail(t, 3, "internal", 1);
    correct(t, 3, "physical");
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0);
    g_assert_cmphex(ras_read(t, 3, COR_STATUS), ==, 0);
    g_assert_cmphex(ras_read(t, 3, HEADER(0)), ==, 0);
    check_root(t, 3, 0, 0);
    correct(t, 3, "mem-data-ecc");
    check_root(t, 3, ROOT_COR, AER_SOURCE_COR);

    /* What is masked in AER is in the RAS capability, and goes no further */
    ras_write(t, 3, UNC_MASK, 0);
    aer_write(t, 3, AER_UNC_MASK, AER_UNC_INTN);
    fail(t, 3, "internal", 1);
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0x4000);
    check_root(t, 3, 0, 0);
    qcxl_stop(t);
}

/* 12.2.1.4: one command, several errors, one message; header after header */
static void test_several(void)
{
    QCxlTopo *t = start();

    qtest_qmp_assert_success(
        t->qts, "{'execute': 'cxl-inject-uncorrectable-errors', 'arguments': {"
        " 'path': '/machine/peripheral/dev0', 'errors': ["
        " { 'type': 'cache-address-parity', 'header': [ 3, 4 ] },"
        " { 'type': 'cache-data-parity', 'header': [ 0, 1, 2, 3, 4, 5, 6, 7,"
        "   8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24,"
        "   25, 26, 27, 28, 29, 30, 31 ] },"
        " { 'type': 'cache-address-parity' },"
        " { 'type': 'internal', 'header': [ 4294967295, 2, 4 ] } ] } }");
    check_root(t, 3, ROOT_UNC | ROOT_FATAL | ROOT_FIRST_FATAL, AER_SOURCE_UNC);
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0x4003);
    g_assert_cmphex(ras_read(t, 3, CONTROL), ==, 0x2201);
    g_assert_cmphex(ras_read(t, 3, HEADER(1)), ==, 4);

    ras_write(t, 3, UNC_STATUS, 0x2);
    /* It has happened once more */
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0x4003);
    g_assert_cmphex(ras_read(t, 3, CONTROL), ==, 0x2200);
    g_assert_cmphex(ras_read(t, 3, HEADER(15)), ==, 15);
    ras_write(t, 3, UNC_STATUS, 0x1);
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0x4002);
    g_assert_cmphex(ras_read(t, 3, CONTROL), ==, 0x2201);
    g_assert_cmphex(ras_read(t, 3, HEADER(1)), ==, 0);
    ras_write(t, 3, UNC_STATUS, 0x2);
    g_assert_cmphex(ras_read(t, 3, CONTROL), ==, 0x220e);
    g_assert_cmphex(ras_read(t, 3, HEADER(0)), ==, UINT32_MAX);
    ras_write(t, 3, UNC_STATUS, 0x4000);
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0);
    g_assert_cmphex(ras_read(t, 3, CONTROL) & 0x20, ==, 0x20);
    check_root(t, 3, 0, 0);
    qcxl_stop(t);
}

/* Error logs are sticky */
static void test_reset(void)
{
    QCxlTopo *t = start();

    fail(t, 3, "mem-data-ecc", 77);
    fail(t, 3, "internal", 78);
    qcxl_reset(t);
    qcxl_scan(t);
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0x4080);
    g_assert_cmphex(ras_read(t, 3, HEADER(0)), ==, 77);
    ras_write(t, 3, UNC_STATUS, 0x80);
    g_assert_cmphex(ras_read(t, 3, HEADER(0)), ==, 78);
    qcxl_stop(t);
}

/* 12.4, 8.1.3.3, 8.1.5.1: a fatal error, where viral is enabled */
static void test_viral(void)
{
    QCxlTopo *t = start();

    for (unsigned n = 0; n < ARRAY_SIZE(victims); n++) {
        const QCxlFunction *f = victim(t, n);
        bool device = f->dvsec[QCXL_DVSEC_DEVICE];
        unsigned at = f->dvsec[device ? QCXL_DVSEC_DEVICE : QCXL_DVSEC_PORT];
        unsigned status = at + (device ? 0x0e : 0x0a);

        fail(t, n, "internal", 0);
        g_assert_cmphex(qcxl_config_read(t, f, status, 2) & VIRAL, ==, 0);
        qcxl_config_write(t, f, at + 0x0c, 2,
                          qcxl_config_read(t, f, at + 0x0c, 2) | VIRAL);
        correct(t, n, "physical");
        ras_write(t, n, UNC_SEVERITY, 0);
        fail(t, n, "internal", 0);
        g_assert_cmphex(qcxl_config_read(t, f, status, 2) & VIRAL, ==, 0);
        ras_write(t, n, UNC_SEVERITY, UNC_BITS);
        fail(t, n, "internal", 0);
        g_assert_cmphex(qcxl_config_read(t, f, status, 2) & VIRAL, ==,
                        n ? VIRAL : 0);
        qcxl_config_write(t, f, status, 2, VIRAL);
        g_assert_cmphex(qcxl_config_read(t, f, status, 2) & VIRAL, ==, 0);
    }
    qcxl_stop(t);
}

#define PERSISTENT \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 " \
    "-object memory-backend-ram,id=m0,size=256M " \
    "-object memory-backend-ram,id=l0,size=128K " \
    "-device cxl-type3,id=dev0,bus=rp0,persistent-memdev=m0,lsa=l0 "

static uint16_t set_shutdown_state(QCxlTopo *t, uint8_t state)
{
    return qcxl_command(t, victim(t, 3), 0x4204, &state, 1, NULL, NULL);
}

/* 12.4.2: nothing more is written to what lasts, until a reset */
static void test_contained(void)
{
    QCxlTopo *t = qcxl_start(PERSISTENT);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    unsigned control = f->dvsec[QCXL_DVSEC_DEVICE] + 0x0c;

    listen_to(t, 3);
    qcxl_config_write(t, f, control, 2, VIRAL);
    qcxl_map(t, f, base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    qtest_writeq(t->qts, base, 0x1234);
    g_assert_cmpuint(set_shutdown_state(t, 1), ==, QCXL_SUCCESS);

    fail(t, 3, "internal", 0);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1234);
    qtest_writeq(t->qts, base, 0x5678);
    qtest_writeb(t->qts, base + 1, 0x99);
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1234);
    g_assert_cmpuint(set_shutdown_state(t, 0), ==, 4);
    qcxl_flr(t, f);
    qcxl_scan(t);
    qtest_writeq(t->qts, base, 0x5678);
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1234);

    qcxl_reset(t);
    qcxl_scan(t);
    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1234);
    qtest_writeq(t->qts, base, 0x5678);
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x5678);
    qcxl_stop(t);
}

static void check_refused(QCxlTopo *t, const char *command, const char *words)
{
    QDict *response = qtest_qmp(t->qts, command, NULL);
    QDict *error = qdict_get_qdict(response, "error");

    g_assert(error);
    g_test_message("%s", qdict_get_str(error, "desc"));
    g_assert(strstr(qdict_get_str(error, "desc"), words));
    qobject_unref(response);
}

/* Arguments that are wrong are named, and nothing has happened */
static void test_bad(void)
{
    QCxlTopo *t = start();
    static const struct {
        const char *command, *words;
    } bad[] = {
        { "{'execute': 'cxl-inject-correctable-error', 'arguments': {"
          " 'path': '/machine/peripheral/nobody', 'type': 'physical' } }",
          "path" },
        { "{'execute': 'cxl-inject-correctable-error', 'arguments': {"
          " 'path': '/machine/peripheral/m0', 'type': 'physical' } }",
          "path" },
        { "{'execute': 'cxl-inject-correctable-error', 'arguments': {"
          " 'path': '/machine/peripheral/cxl.0', 'type': 'physical' } }",
          "path" },
        { "{'execute': 'cxl-inject-correctable-error', 'arguments': {"
          " 'path': '/machine/peripheral/dev0', 'type': 'internal' } }",
          "type" },
        { "{'execute': 'cxl-inject-correctable-error', 'arguments': {"
          " 'path': '/machine/peripheral/dev0' } }", "type" },
        { "{'execute': 'cxl-inject-uncorrectable-errors', 'arguments': {"
          " 'path': '/machine', 'errors': [] } }", "path" },
        { "{'execute': 'cxl-inject-uncorrectable-errors', 'arguments': {"
          " 'path': '/machine/peripheral/dev0', 'errors': ["
          " { 'type': 'internal' }, { 'type': 'physical' } ] } }", "type" },
        { "{'execute': 'cxl-inject-uncorrectable-errors', 'arguments': {"
          " 'path': '/machine/peripheral/dev0', 'errors': ["
          " { 'type': 'internal', 'header': [ -1 ] } ] } }", "header" },
        { "{'execute': 'cxl-inject-uncorrectable-errors', 'arguments': {"
          " 'path': '/machine/peripheral/dev0', 'errors': ["
          " { 'type': 'internal', 'header': [ 4294967296 ] } ] } }", "header" },
        { "{'execute': 'cxl-inject-uncorrectable-errors', 'arguments': {"
          " 'path': '/machine/peripheral/dev0', 'errors': ["
          " { 'type': 'internal' }, { 'type': 'internal', 'header': ["
          " 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
          " 0 ] } ] } }", "header" },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        check_refused(t, bad[i].command, bad[i].words);
    }
    g_assert_cmphex(ras_read(t, 3, UNC_STATUS), ==, 0);
    g_assert_cmphex(ras_read(t, 3, COR_STATUS), ==, 0);
    check_root(t, 3, 0, 0);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/ras/correctable", test_correctable);
    qtest_add_func("/cxl/ras/uncorrectable", test_uncorrectable);
    qtest_add_func("/cxl/ras/severity", test_severity);
    qtest_add_func("/cxl/ras/masked", test_masked);
    qtest_add_func("/cxl/ras/several", test_several);
    qtest_add_func("/cxl/ras/reset", test_reset);
    qtest_add_func("/cxl/ras/viral", test_viral);
    qtest_add_func("/cxl/ras/contained", test_contained);
    qtest_add_func("/cxl/ras/bad", test_bad);
    return g_test_run();
}
