/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch mailbox CCI beside an upstream port (CXL 3.1 8.1.13, 7.6.7.1)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"

#define VENDOR                  0x19e5
#define UPSTREAM                0xa128
#define CCI                     0xa123

#define PORT_BLOCK              16

/* Slot Control (PCIe 7.5.3.10): power and its indicator off */
#define SLOT_CONTROL            0x18
#define SLOT_OFF                (3u << 8 | 1u << 10)

/* Below ports 0 to 3: a memory device, a USB controller, a switch, nothing */
#define SWITCH \
    "-machine q35,cxl=on " \
    "-object memory-backend-ram,id=mem0,size=256M " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=53 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,chassis=0,slot=0 " \
    "-device cxl-upstream,port=4,bus=rp0,id=up0,multifunction=on,addr=0.0," \
    "sn=12345678 " \
    "-device cxl-switch-mailbox-cci,bus=rp0,addr=0.1,target=up0 " \
    "-device cxl-downstream,id=dp0,port=0,bus=up0,chassis=0,slot=4 " \
    "-device cxl-downstream,id=dp1,port=1,bus=up0,chassis=0,slot=5 " \
    "-device cxl-downstream,id=dp2,port=2,bus=up0,chassis=0,slot=6 " \
    "-device cxl-downstream,id=dp3,port=3,bus=up0,chassis=0,slot=7 " \
    "-device cxl-type3,id=dev0,bus=dp0,volatile-memdev=mem0 " \
    "-device qemu-xhci,bus=dp1 " \
    "-device cxl-upstream,bus=dp2 "

static QCxlFunction *find(QCxlTopo *t, uint16_t device)
{
    for (unsigned i = 0; i < t->nfunctions; i++) {
        if (t->function[i].vendor == VENDOR &&
            t->function[i].device == device) {
            return &t->function[i];
        }
    }
    g_assert_not_reached();
}

/* One PCI device: two functions, one serial number, one register block */
static void test_function(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);
    QCxlFunction *f = find(t, CCI);
    const QCxlFunction *usp = find(t, UPSTREAM);
    unsigned dsn = qcxl_ext_cap(t, f, 0x0003);
    unsigned at = f->dvsec[QCXL_DVSEC_LOCATOR];

    g_assert_cmphex(f->class, ==, 0x0c0b00);
    g_assert_cmpuint(f->bus, ==, usp->bus);
    g_assert_cmpuint(f->devfn, ==, 1);
    g_assert_cmpuint(usp->devfn, ==, 0);
    g_assert_cmpuint(qcxl_count(t, VENDOR, CCI), ==, 1);
    g_assert_cmphex(qcxl_pci_cap(t, f, 0x10), !=, 0);

    g_assert_cmphex(dsn, !=, 0);
    g_assert_cmpuint(qcxl_config_read(t, f, dsn + 4, 4), ==, 12345678);
    g_assert_cmpuint(qcxl_config_read(t, f, dsn + 8, 4), ==, 0);

    /* The locator is the only DVSEC: device registers in BAR 0 */
    for (unsigned id = 0; id < QCXL_DVSECS; id++) {
        g_assert_cmpint(f->dvsec[id] != 0, ==, id == QCXL_DVSEC_LOCATOR);
    }
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x0c, 4), ==, 0x300);
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x10, 4), ==, 0);
    qcxl_config_write(t, f, at + 0x0c, 4, UINT32_MAX);
    g_assert_cmphex(qcxl_config_read(t, f, at + 0x0c, 4), ==, 0x300);
    g_assert_cmphex(f->component, ==, 0);
    g_assert_cmphex(f->regs, ==, f->bar[0]);
    g_assert_cmphex(qcxl_config_read(t, f, 0x10, 4) & 0xf, ==, 4);

    /* Type: switch mailbox CCI; device status, mailbox, status of the CCI */
    g_assert_cmphex(qtest_readq(t->qts, f->regs), ==, 0x0000000302010000);
    g_assert_cmphex(f->status, !=, 0);
    g_assert_cmphex(f->mailbox, !=, 0);
    /* Ids from 4000h on are the type's: this one is the status of the CCI */
    g_assert_cmphex(f->memdev, !=, 0);
    g_assert_cmphex(qtest_readq(t->qts, f->memdev), ==, 0x1);
    qcxl_stop(t);
}

/* Function 0 says which other one has no CXL.mem (8.1.4; table 8-2, note 2) */
static void check_map(QCxlTopo *t, unsigned function)
{
    const QCxlFunction *usp = find(t, UPSTREAM);
    unsigned at = usp->dvsec[QCXL_DVSEC_FUNCTION_MAP];

    g_assert_cmphex(at, !=, 0);
    g_assert_cmphex(qcxl_config_read(t, usp, at + 4, 4), ==, 0x02c01e98);
    g_assert_cmphex(qcxl_config_read(t, usp, at + 8, 4), ==, 2);
    for (unsigned i = 0; i < 8; i++) {
        unsigned map = at + 0x0c + 4 * i;

        qcxl_config_write(t, usp, map, 4, i == function ? 0 : UINT32_MAX);
        g_assert_cmphex(qcxl_config_read(t, usp, map, 4), ==, i == function);
    }
}

static void test_function_map(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);

    check_map(t, 1);
    qcxl_reset(t);
    check_map(t, 1);
    qcxl_stop(t);

    t = qcxl_start("-machine q35,cxl=on "
                   "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=53 "
                   "-device cxl-rp,id=rp0,bus=cxl.0 "
                   "-device cxl-upstream,bus=rp0,id=up0,multifunction=on "
                   "-device cxl-switch-mailbox-cci,bus=rp0,addr=0.6,"
                   "target=up0 ");
    check_map(t, 6);
    qcxl_stop(t);

    t = qcxl_start("-machine q35,cxl=on "
                   "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=53 "
                   "-device cxl-rp,id=rp0,bus=cxl.0 "
                   "-device cxl-upstream,bus=rp0 ");
    g_assert_cmphex(find(t, UPSTREAM)->dvsec[QCXL_DVSEC_FUNCTION_MAP], ==, 0);
    qcxl_stop(t);
}

static uint16_t run(QCxlTopo *t, uint16_t opcode, const void *in,
                    uint32_t in_len, uint8_t *out, uint32_t *out_len)
{
    return qcxl_command(t, find(t, CCI), opcode, in, in_len, out, out_len);
}

static void test_identify(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(t, CXL_OP_IDENTIFY, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 0x12);
    g_assert_cmphex(lduw_le_p(out), ==, VENDOR);
    g_assert_cmphex(lduw_le_p(out + 2), ==, UPSTREAM);
    g_assert_cmpuint(ldq_le_p(out + 8), ==, 12345678);
    /* 8.2.9.1.1: 8 to 10 */
    g_assert_cmpuint(out[0x10], ==, 10);
    g_assert_cmpuint(out[0x11], ==, 0);

    g_assert_cmphex(run(t, CXL_OP_BACKGROUND_OPERATION_STATUS, NULL, 0, out,
                        &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 8);
    g_assert_cmphex(ldq_le_p(out), ==, 0);

    g_assert_cmphex(run(t, CXL_OP_IDENTIFY_SWITCH_DEVICE, NULL, 0, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 0x49);
    g_assert_cmpuint(out[0], ==, 4);
    g_assert_cmpuint(out[2], ==, 5);
    g_assert_cmpuint(out[3], ==, 1);
    g_assert_cmphex(ldq_le_p(out + 4), ==, 0x1f);
    g_assert_cmphex(ldq_le_p(out + 0x24), ==, 1);
    g_assert_cmpuint(lduw_le_p(out + 0x44), ==, 5);
    g_assert_cmpuint(lduw_le_p(out + 0x46), ==, 5);
    g_assert_cmpuint(out[0x48], ==, 8);
    qcxl_stop(t);
}

/* What the PCI Express capability of a port says of its link */
static void check_link(QCxlTopo *t, const QCxlFunction *port,
                       const uint8_t *block)
{
    unsigned at = qcxl_pci_cap(t, port, 0x10);
    uint32_t cap = qcxl_config_read(t, port, at + 0x0c, 4);
    uint32_t status = qcxl_config_read(t, port, at + 0x12, 2);

    g_assert_cmpuint(block[6], ==, cap >> 4 & 0x3f);
    g_assert_cmphex(block[8], ==,
                    qcxl_config_read(t, port, at + 0x2c, 1) >> 1);
    g_assert_cmpuint(block[9], ==, cap & 0xf);
    g_assert_cmpuint(block[9], >, 0);
    g_assert_cmpuint(block[7], ==, block[11] ? status >> 4 & 0x3f : 0);
    g_assert_cmpuint(block[10], ==, block[11] ? status & 0xf : 0);
    if (block[11]) {
        g_assert_cmpuint(block[7], >, 0);
        g_assert_cmpuint(block[10], >, 0);
    }
}

/* State, connected mode and type, LTSSM state of each port */
static void test_ports(void)
{
    static const struct {
        uint8_t id, state, mode, type, ltssm;
    } want[] = {
        { 0, 3, 2, 0x04, 4 }, { 1, 3, 0, 0x01, 4 }, { 2, 3, 2, 0x03, 4 },
        { 3, 3, 0, 0x00, 0 }, { 4, 4, 2, 0x00, 4 },
    };
    static const uint8_t in[] = { 5, 0, 1, 2, 3, 4 };
    static const uint8_t missing[] = { 2, 5, 255 };
    QCxlTopo *t = qcxl_start(SWITCH);
    const QCxlFunction *usp = find(t, UPSTREAM);
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(t, CXL_OP_GET_PHYSICAL_PORT_STATE, in, sizeof(in), out,
                        &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 4 + 5 * PORT_BLOCK);
    g_assert_cmpuint(ldl_le_p(out), ==, 5);
    for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
        const uint8_t *block = out + 4 + i * PORT_BLOCK;

        g_assert_cmpuint(block[0], ==, want[i].id);
        g_assert_cmpuint(block[1], ==, want[i].state);
        g_assert_cmpuint(block[2], ==, want[i].mode);
        g_assert_cmpuint(block[4], ==, want[i].type);
        g_assert_cmpuint(block[5], ==, 2);
        g_assert_cmpuint(block[11], ==, want[i].ltssm);
        g_assert_cmphex(lduw_le_p(block + 13), ==, want[i].ltssm ? 0xc : 0);
        g_assert_cmpuint(block[15], ==, 0);
        for (unsigned n = 0; n < t->nfunctions; n++) {
            const QCxlFunction *f = &t->function[n];

            if (f == usp ? want[i].id == 4 : f->parent == usp &&
                                             f->port == want[i].id) {
                check_link(t, f, block);
            }
        }
    }

    g_assert_cmphex(run(t, CXL_OP_GET_PHYSICAL_PORT_STATE, missing, 3, out,
                        &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(out[4 + 1], ==, 0xf);
    g_assert_cmpuint(out[4 + PORT_BLOCK], ==, 255);
    g_assert_cmphex(out[4 + PORT_BLOCK + 1], ==, 0xf);
    qcxl_stop(t);
}

static uint8_t port_type(QCxlTopo *t, uint8_t id)
{
    uint8_t in[2] = { 1, id };
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(t, CXL_OP_GET_PHYSICAL_PORT_STATE, in, 2, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 4 + PORT_BLOCK);
    g_assert_cmpuint(out[4 + 11], ==, out[4 + 4] ? 4 : 0);
    return out[4 + 4];
}

/* A device that is plugged in shows */
static void test_hotplug(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);

    g_assert_cmphex(port_type(t, 3), ==, 0x00);
    qtest_qmp_assert_success(t->qts, "{'execute': 'object-add', 'arguments': {"
        "'qom-type': 'memory-backend-ram', 'id': 'mem1',"
        "'size': 268435456}}");
    qtest_qmp_assert_success(t->qts, "{'execute': 'device_add', 'arguments': {"
        "'driver': 'cxl-type3', 'bus': 'dp3', 'volatile-memdev': 'mem1',"
        "'id': 'dev1'}}");
    g_assert_cmphex(port_type(t, 3), ==, 0x04);
    qcxl_stop(t);
}

/* An upstream port without port= has the number of the first downstream one */
static void test_same_number(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=53 "
        "-device cxl-rp,id=rp0,bus=cxl.0 "
        "-device cxl-upstream,bus=rp0,id=up0,multifunction=on "
        "-device cxl-switch-mailbox-cci,bus=rp0,addr=0.1,target=up0 "
        "-device cxl-downstream,port=0,bus=up0,slot=4 "
        "-device cxl-downstream,port=1,bus=up0,slot=5 ");
    static const uint8_t in[] = { 1, 0 };
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(t, CXL_OP_GET_PHYSICAL_PORT_STATE, in, 2, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(out[4 + 1], ==, 3);
    g_assert_cmphex(run(t, CXL_OP_IDENTIFY_SWITCH_DEVICE, NULL, 0, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(out[2], ==, 2);
    g_assert_cmphex(ldq_le_p(out + 4), ==, 0x3);
    /* No sn=, no serial number */
    g_assert_cmphex(qcxl_ext_cap(t, find(t, CCI), 0x0003), ==, 0);
    g_assert_cmphex(run(t, CXL_OP_IDENTIFY, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(ldq_le_p(out + 8), ==, 0);
    qcxl_stop(t);
}

/* The whole switch goes, and its mailbox with it */
static void test_unplug(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);
    const QCxlFunction *rp = find(t, UPSTREAM)->parent;
    unsigned slot = qcxl_pci_cap(t, rp, 0x10) + SLOT_CONTROL;

    qtest_qmp_device_del_send(t->qts, "up0");
    qcxl_config_write(t, rp, slot, 2, SLOT_OFF);
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
    qcxl_scan(t);
    g_assert_cmpuint(qcxl_count(t, VENDOR, UPSTREAM), ==, 0);
    g_assert_cmpuint(qcxl_count(t, VENDOR, CCI), ==, 0);
    qcxl_stop(t);
}

static void control_port(QCxlTopo *t, uint8_t id, uint8_t opcode)
{
    const uint8_t in[2] = { id, opcode };

    g_assert_cmphex(run(t, CXL_OP_PHYSICAL_PORT_CONTROL, in, 2, NULL, NULL),
                    ==, QCXL_SUCCESS);
}

/* LTSSM state, and flags of the link, of port 0 */
static void expect_link(QCxlTopo *t, uint8_t ltssm, uint16_t flags)
{
    static const uint8_t in[2] = { 1, 0 };
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(t, CXL_OP_GET_PHYSICAL_PORT_STATE, in, 2, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmphex(out[4 + 11], ==, ltssm);
    g_assert_cmphex(lduw_le_p(out + 4 + 13), ==, flags);
}

static void mark(QCxlTopo *t, uint8_t state)
{
    qtest_writel(t->qts, qcxl_endpoint(t, 0)->mailbox + QCXL_MBOX_PAYLOAD,
                 state);
}

static uint32_t marked(QCxlTopo *t)
{
    return qtest_readl(t->qts,
                       qcxl_endpoint(t, 0)->mailbox + QCXL_MBOX_PAYLOAD);
}

/* PERST#: the device is reset, out of reach, and there again */
static void test_perst(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);
    QCxlFunction f = *qcxl_endpoint(t, 0);

    mark(t, 1);
    expect_link(t, 4, 0xc);
    control_port(t, 0, 0);
    expect_link(t, 0, 0xe);
    g_assert_cmphex(qcxl_config_read(t, &f, 0, 4), ==, UINT32_MAX);
    control_port(t, 0, 0);
    control_port(t, 0, 1);
    expect_link(t, 4, 0xc);
    g_assert_cmphex(qcxl_config_read(t, &f, 0, 4), ==, 0x0d938086);
    qcxl_scan(t);
    g_assert_cmphex(marked(t), ==, 0);

    /* a reset of all of it lets go */
    control_port(t, 0, 0);
    control_port(t, 3, 0);
    qcxl_reset(t);
    expect_link(t, 4, 0xc);
    qcxl_endpoint(t, 0);
    qcxl_stop(t);
}

/* A port is reset with what is below it, and others are not */
static void test_reset_ppb(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);
    QCxlFunction f = *qcxl_endpoint(t, 0);
    const QCxlFunction *port = f.parent;

    mark(t, 1);
    control_port(t, 1, 2);
    control_port(t, 3, 2);
    g_assert_cmphex(marked(t), ==, 1);
    g_assert_cmphex(qcxl_config_read(t, port, 0x19, 1), ==, f.bus);
    control_port(t, 0, 2);
    g_assert_cmphex(qcxl_config_read(t, port, 0x19, 1), ==, 0);
    qcxl_scan(t);
    g_assert_cmphex(marked(t), ==, 0);
    expect_link(t, 4, 0xc);
    qcxl_stop(t);
}

/* A command for the device below a port; the switch must take it */
static uint16_t tunnel(QCxlTopo *t, uint8_t port, uint16_t opcode,
                       const void *in, uint16_t len, uint8_t *out,
                       uint32_t *out_len)
{
    uint8_t message[QCXL_MBOX_MAX] = { port };

    stw_le_p(message + 2, 12 + len);
    message[5] = 0x42;
    stw_le_p(message + 7, opcode);
    stw_le_p(message + 9, len);
    if (len) {
        memcpy(message + 16, in, len);
    }
    g_assert_cmphex(run(t, CXL_OP_TUNNEL_MANAGEMENT_COMMAND, message, 16 + len,
                        out, out_len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(*out_len, ==, 4 + lduw_le_p(out));
    g_assert_cmpuint(*out_len, ==, 16 + lduw_le_p(out + 9));
    g_assert_cmphex(out[4], ==, 1);
    g_assert_cmphex(out[5], ==, 0x42);
    g_assert_cmphex(lduw_le_p(out + 7), ==, opcode);
    return lduw_le_p(out + 12);
}

static void test_tunnel(void)
{
    QCxlTopo *t = qcxl_start(SWITCH);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint8_t out[QCXL_MBOX_MAX], want[QCXL_MBOX_MAX];
    uint8_t fw[0x80 + 128] = { 0, 2 };
    uint8_t bad[16] = { 1, 0, 12 };
    uint32_t len, wanted;

    g_assert_cmphex(tunnel(t, 0, CXL_OP_IDENTIFY, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_IDENTIFY, NULL, 0, want,
                                 &wanted), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 16 + wanted);
    g_assert(!memcmp(out + 16, want, wanted));
    g_assert_cmphex(lduw_le_p(want), ==, 0x8086);
    g_assert_cmphex(want[0x11], ==, 3);

    /* it has its own way to answer */
    g_assert_cmphex(tunnel(t, 0, CXL_OP_IDENTIFY, out, 1, out, &len), ==,
                    QCXL_INVALID_LENGTH);
    g_assert_cmphex(tunnel(t, 0, 0x5100, NULL, 0, out, &len), ==,
                    QCXL_UNSUPPORTED);
    g_assert_cmphex(tunnel(t, 0, CXL_OP_SET_LSA, bad, 16, out, &len), ==,
                    QCXL_UNSUPPORTED);

    /* what it does in the background goes on there, and shows */
    g_assert_cmphex(tunnel(t, 0, CXL_OP_TRANSFER_FW, fw, sizeof(fw), out,
                           &len), ==, 1);
    g_assert_cmphex(out[11], ==, 0x80);
    g_assert_cmphex(qtest_readq(t->qts, f->mailbox + QCXL_MBOX_STATUS) & 1, ==,
                    1);
    qtest_clock_step(t->qts, 1000000000);
    g_assert_cmphex(qtest_readq(t->qts, f->mailbox + QCXL_MBOX_STATUS) & 1, ==,
                    0);
    g_assert_cmphex(tunnel(t, 0, CXL_OP_BACKGROUND_OPERATION_STATUS, NULL, 0,
                           out, &len), ==, QCXL_SUCCESS);
    g_assert_cmphex(lduw_le_p(out + 16 + 2), ==, CXL_OP_TRANSFER_FW);

    /* no memory device, a device in reset, no such port */
    for (unsigned port = 1; port < 256; port++) {
        bad[0] = port;
        g_assert_cmphex(run(t, CXL_OP_TUNNEL_MANAGEMENT_COMMAND, bad, 16, NULL,
                            NULL), ==, QCXL_INVALID_INPUT);
    }
    bad[0] = 0;
    control_port(t, 0, 0);
    g_assert_cmphex(run(t, CXL_OP_TUNNEL_MANAGEMENT_COMMAND, bad, 16, NULL,
                        NULL), ==, QCXL_INVALID_INPUT);
    qcxl_stop(t);
}

static void test_commands(void)
{
    static const QCxlCommand commands[] = {
        CXL_COMMANDS_OF_SWITCH_CCI(QCXL_COMMAND)
    };
    uint8_t in[24] = {
        0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
        0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
    };
    QCxlTopo *t = qcxl_start(SWITCH);
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(t, CXL_OP_GET_SUPPORTED_LOGS, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(lduw_le_p(out), ==, 1);
    g_assert_cmpuint(ldl_le_p(out + 24), ==, 4 * ARRAY_SIZE(commands));
    in[20] = 4 * ARRAY_SIZE(commands);
    g_assert_cmphex(run(t, CXL_OP_GET_LOG, in, sizeof(in), out, &len), ==,
                    QCXL_SUCCESS);
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        g_assert_cmphex(lduw_le_p(out + 4 * i), ==, commands[i].opcode);
    }
    /* Commands of memory devices are not here */
    g_assert_cmphex(run(t, 0x4000, NULL, 0, NULL, NULL), ==,
                    QCXL_UNSUPPORTED);

    g_assert_cmphex(run(t, CXL_OP_GET_TIMESTAMP, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(ldq_le_p(out), ==, 0);
    stq_le_p(in, 1000);
    g_assert_cmphex(run(t, CXL_OP_SET_TIMESTAMP, in, 8, NULL, NULL), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(run(t, CXL_OP_GET_TIMESTAMP, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(ldq_le_p(out), >, 1000);

    /* It survives a function-level reset, and only that */
    qcxl_flr(t, find(t, CCI));
    qcxl_scan(t);
    g_assert_cmphex(run(t, CXL_OP_GET_TIMESTAMP, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(ldq_le_p(out), >, 1000);
    g_assert_cmphex(run(t, CXL_OP_SET_TIMESTAMP, in, 8, NULL, NULL), ==,
                    QCXL_SUCCESS);
    qcxl_reset(t);
    g_assert_cmphex(run(t, CXL_OP_GET_TIMESTAMP, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(ldq_le_p(out), ==, 0);
    qcxl_stop(t);
}

/* The doorbell's interrupt arrives as an MSI-X message, if it is asked for */
static void test_interrupt(void)
{
    const uint64_t message = 0x100000;
    QCxlTopo *t = qcxl_start(SWITCH);
    QCxlFunction *f = find(t, CCI);
    unsigned cap = qcxl_pci_cap(t, f, 0x11);
    unsigned vector = qtest_readl(t->qts, f->mailbox) >> 7 & 0xf;
    uint32_t table = qcxl_config_read(t, f, cap + 4, 4);
    uint64_t entry = f->bar[table & 7] + (table & ~7u) + 16 * vector;

    g_assert_cmphex(cap, !=, 0);
    g_assert_cmpuint(vector, <=, qcxl_config_read(t, f, cap + 2, 2) & 0x7ff);
    qtest_writel(t->qts, message, 0);
    qtest_writeq(t->qts, entry, message);
    qtest_writel(t->qts, entry + 8, 0xc0de);
    qtest_writel(t->qts, entry + 12, 0);
    qcxl_config_write(t, f, cap + 2, 2, 0x8000);
    g_assert_cmphex(run(t, CXL_OP_IDENTIFY, NULL, 0, NULL, NULL), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(qtest_readl(t->qts, message), ==, 0);
    qtest_writel(t->qts, f->mailbox + QCXL_MBOX_CTRL, 2);
    g_assert_cmphex(run(t, CXL_OP_IDENTIFY, NULL, 0, NULL, NULL), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(qtest_readl(t->qts, message), ==, 0xc0de);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/switch-cci/function", test_function);
    qtest_add_func("/cxl/switch-cci/function-map", test_function_map);
    qtest_add_func("/cxl/switch-cci/identify", test_identify);
    qtest_add_func("/cxl/switch-cci/ports", test_ports);
    qtest_add_func("/cxl/switch-cci/hotplug", test_hotplug);
    qtest_add_func("/cxl/switch-cci/unplug", test_unplug);
    qtest_add_func("/cxl/switch-cci/same-number", test_same_number);
    qtest_add_func("/cxl/switch-cci/commands", test_commands);
    qtest_add_func("/cxl/switch-cci/interrupt", test_interrupt);
    qtest_add_func("/cxl/switch-cci/perst", test_perst);
    qtest_add_func("/cxl/switch-cci/reset-ppb", test_reset_ppb);
    qtest_add_func("/cxl/switch-cci/tunnel", test_tunnel);
    return g_test_run();
}
