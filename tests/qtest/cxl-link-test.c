/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Link Disable: what is below is out of reach until the link is up again
 * (CXL 3.1 8.1.5.2; PCIe 6.0 7.5.3.7, 7.5.3.8, 6.7.3)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

/* PCI Express capability */
#define LINK_CONTROL    0x10
#define LINK_DISABLE    0x0010
#define LINK_STATUS     0x12
#define LINK_ACTIVE     0x2000
#define SLOT_CONTROL    0x18
#define SLOT_HPIE       0x0020
#define SLOT_PIC_ON     0x0100
#define SLOT_PIC_OFF    0x0300
#define SLOT_POWER_OFF  0x0400
#define SLOT_DLLSCE     0x1000
#define SLOT_STATUS     0x1a
#define SLOT_PDS        0x0040
#define SLOT_DLLSC      0x0100

/* Port control extensions (8.1.5.2) */
#define PORT_CONTROL    0x0c
#define UNMASK_LINK     0x2

/* MSI */
#define MSI_FLAGS       0x02
#define MSI_ADDRESS     0x04
#define MSI_DATA        0x0c
#define MSI_WHERE       0x2000000   /* guest RAM, so that it can be seen */

#define PORTS \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 " \
    "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 " \
    "-object memory-backend-ram,id=m0,size=256M "

#define DEVICE  "-device cxl-type3,id=dev0,bus=rp0,volatile-memdev=m0 "

#define VALUE   0x1122334455667788

static void unmask(QCxlTopo *t)
{
    const QCxlFunction *port = qcxl_port(t, 0);

    qcxl_config_write(t, port, port->dvsec[QCXL_DVSEC_PORT] + PORT_CONTROL, 2,
                      UNMASK_LINK);
}

static void disable(QCxlTopo *t, bool down)
{
    uint16_t control = qcxl_port_read(t, LINK_CONTROL) & ~LINK_DISABLE;

    qcxl_port_write(t, LINK_CONTROL, control | (down ? LINK_DISABLE : 0));
}

static void check_link(QCxlTopo *t, bool up)
{
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==,
                    up ? LINK_ACTIVE : 0);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_DLLSC, ==,
                    SLOT_DLLSC);
    qcxl_port_write(t, SLOT_STATUS, SLOT_DLLSC);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_DLLSC, ==, 0);
}

static void check_gone(QCxlTopo *t, const QCxlFunction *f)
{
    g_assert_cmphex(qcxl_config_read(t, f, 0, 4), ==, UINT32_MAX);
    g_assert_cmphex(qtest_readl(t->qts, f->component + 0x1000), !=,
                    0x04110001);
    g_assert(!qcxl_has_ram(t, t->window[0].base, t->window[0].size));
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, UINT64_MAX);
}

static void check_back(QCxlTopo *t)
{
    QCxlFunction *f;

    qcxl_scan(t);
    f = qcxl_endpoint(t, 0);
    g_assert_cmphex(qcxl_decoder_ctrl(t, f->hdm, 0) & QCXL_CTRL_COMMITTED, ==,
                    0);
    qcxl_uncommit(t, f->host->hdm, 0);
    qcxl_map(t, f, t->window[0].base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, VALUE);
}

/* A device with a value in its memory, below a port that may be disabled */
static QCxlTopo *start(void)
{
    QCxlTopo *t = qcxl_start(PORTS DEVICE);

    qcxl_map(t, qcxl_endpoint(t, 0), t->window[0].base, QCXL_UNIT);
    qtest_writeq(t->qts, t->window[0].base, VALUE);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==,
                    LINK_ACTIVE);
    unmask(t);
    return t;
}

static void test_disable(void)
{
    QCxlTopo *t = start();
    QCxlFunction f = *qcxl_endpoint(t, 0);

    for (unsigned i = 0; i < 3; i++) {
        disable(t, true);
        check_link(t, false);
        check_gone(t, &f);
        /* Nothing gets in, either */
        qcxl_config_write(t, &f, 0x10, 4, 0x12340000);
        qcxl_config_write(t, &f, 0x04, 2, 6);
        disable(t, false);
        check_link(t, true);
        g_assert_cmphex(qcxl_config_read(t, &f, 0x04, 2), ==, 0);
        g_assert_cmphex(qcxl_config_read(t, &f, 0x10, 4) & ~0xfu, ==, 0);
        check_back(t);
    }
    qcxl_stop(t);
}

/* What the guest does to its slot meanwhile changes nothing */
static void test_slot(void)
{
    QCxlTopo *t = start();
    QCxlFunction f = *qcxl_endpoint(t, 0);

    disable(t, true);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    check_gone(t, &f);
    /* This is how a guest gives a device back whose link is up */
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_OFF | SLOT_POWER_OFF);
    check_gone(t, &f);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_PDS, ==, SLOT_PDS);
    disable(t, false);
    check_gone(t, &f);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==, 0);
    disable(t, true);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    disable(t, false);
    check_link(t, true);
    check_back(t);
    qcxl_stop(t);
}

static void attach(QCxlTopo *t)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'device_add', 'arguments': {"
        " 'driver': 'cxl-type3', 'id': 'dev0', 'bus': 'rp0',"
        " 'volatile-memdev': 'm0' } }");
}

/* A device that is plugged in below a link that is down waits for it */
static void test_plug(void)
{
    QCxlTopo *t = qcxl_start(PORTS);
    QCxlFunction below = { .bus = qcxl_port(t, 0)->secondary };

    disable(t, true);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_DLLSC, ==, 0);
    attach(t);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_PDS, ==, SLOT_PDS);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==, 0);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    g_assert_cmphex(qcxl_config_read(t, &below, 0, 4), ==, UINT32_MAX);
    disable(t, false);
    check_link(t, true);
    g_assert_cmphex(qcxl_config_read(t, &below, 0, 4), ==, 0x0d938086);
    qcxl_stop(t);
}

/* All of a switch is behind the link above it */
static void test_switch(void)
{
    QCxlTopo *t = qcxl_start(
        PORTS "-device cxl-upstream,id=up0,bus=rp0 "
        "-device cxl-downstream,id=down0,bus=up0 "
        "-device cxl-type3,id=dev0,bus=down0,volatile-memdev=m0");
    QCxlFunction f = *qcxl_endpoint(t, 0);
    QCxlFunction up = { .bus = qcxl_port(t, 0)->secondary };

    g_assert_cmphex(qcxl_config_read(t, &up, 0, 4), ==, 0xa12819e5);
    unmask(t);
    disable(t, true);
    g_assert_cmphex(qcxl_config_read(t, &up, 0, 4), ==, UINT32_MAX);
    g_assert_cmphex(qcxl_config_read(t, &f, 0, 4), ==, UINT32_MAX);
    disable(t, false);
    g_assert_cmphex(qcxl_config_read(t, &up, 0, 4), ==, 0xa12819e5);
    /* Its buses have no numbers now */
    g_assert_cmphex(qcxl_config_read(t, &f, 0, 4), ==, UINT32_MAX);
    qcxl_scan(t);
    g_assert_cmphex(qcxl_config_read(t, qcxl_endpoint(t, 0), 0, 4), ==,
                    0x0d938086);
    qcxl_stop(t);
}

/* The link is enabled after a reset, and masked again */
static void test_reset(void)
{
    QCxlTopo *t = start();

    disable(t, true);
    qcxl_reset(t);
    qcxl_scan(t);
    g_assert_cmphex(qcxl_port_read(t, LINK_CONTROL) & LINK_DISABLE, ==, 0);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==,
                    LINK_ACTIVE);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_DLLSC, ==, 0);
    check_back(t);
    disable(t, true);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==,
                    LINK_ACTIVE);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    /* To unmask a bit that is set does nothing */
    unmask(t);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    disable(t, false);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    qcxl_stop(t);
}

/* One message for a change, and none for the next before it is dealt with */
static void test_interrupt(void)
{
    QCxlTopo *t = start();
    const QCxlFunction *port = qcxl_port(t, 0);
    unsigned msi = qcxl_pci_cap(t, port, 0x05);

    qcxl_config_write(t, port, 0x04, 2, 0x6);
    qcxl_config_write(t, port, msi + MSI_ADDRESS, 4, MSI_WHERE);
    qcxl_config_write(t, port, msi + MSI_ADDRESS + 4, 4, 0);
    qcxl_config_write(t, port, msi + MSI_DATA, 2, 0x4240);
    qcxl_config_write(t, port, msi + MSI_FLAGS, 2, 0x1);
    disable(t, true);
    g_assert_cmphex(qtest_readl(t->qts, MSI_WHERE), ==, 0);
    disable(t, false);
    qcxl_port_write(t, SLOT_STATUS, SLOT_DLLSC);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON | SLOT_HPIE | SLOT_DLLSCE);
    g_assert_cmphex(qcxl_port_read(t, SLOT_CONTROL) & SLOT_DLLSCE, !=, 0);
    for (unsigned i = 0; i < 2; i++) {
        qtest_writel(t->qts, MSI_WHERE, 0);
        disable(t, true);
        g_assert_cmphex(qtest_readl(t->qts, MSI_WHERE), ==, 0x4240);
        qtest_writel(t->qts, MSI_WHERE, 0);
        disable(t, false);
        g_assert_cmphex(qtest_readl(t->qts, MSI_WHERE), ==, 0);
        qcxl_port_write(t, SLOT_STATUS, SLOT_DLLSC);
    }
    qcxl_stop(t);
}

/* A downstream port has no interrupt pin, and without MSI nobody is told */
static void test_no_pin(void)
{
    QCxlTopo *t = qcxl_start(
        PORTS "-device cxl-upstream,id=up0,bus=rp0 "
        "-device cxl-downstream,id=down0,bus=up0 "
        "-device cxl-type3,id=dev0,bus=down0,volatile-memdev=m0");
    const QCxlFunction *down = qcxl_port(t, 2);
    unsigned cap = qcxl_pci_cap(t, down, 0x10);

    g_assert_cmphex(qcxl_config_read(t, down, 0x3d, 1), ==, 0);
    qcxl_config_write(t, down, down->dvsec[QCXL_DVSEC_PORT] + PORT_CONTROL, 2,
                      UNMASK_LINK);
    qcxl_config_write(t, down, cap + SLOT_CONTROL, 2,
                      SLOT_PIC_ON | SLOT_HPIE | SLOT_DLLSCE);
    qcxl_config_write(t, down, cap + LINK_CONTROL, 2, LINK_DISABLE);
    g_assert_cmphex(qcxl_config_read(t, down, cap + LINK_STATUS, 2) &
                    LINK_ACTIVE, ==, 0);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/link/disable", test_disable);
    qtest_add_func("/cxl/link/slot", test_slot);
    qtest_add_func("/cxl/link/plug", test_plug);
    qtest_add_func("/cxl/link/switch", test_switch);
    qtest_add_func("/cxl/link/reset", test_reset);
    qtest_add_func("/cxl/link/interrupt", test_interrupt);
    qtest_add_func("/cxl/link/no-pin", test_no_pin);
    return g_test_run();
}
