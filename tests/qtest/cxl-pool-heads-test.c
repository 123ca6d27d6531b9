/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools: what the mailbox of a head says of all heads (CXL 3.1 7.6.7.5), and
 * whose events are
 */
#include "qemu/osdep.h"
#include "cxl-pool.h"

#include "hw/cxl/spec/opcodes.h"
#include "hw/pci/pci_regs.h"

#define BLOCK       9
#define RECORD      128

static uint16_t ask(QCxlTopo *t, uint16_t opcode, uint8_t start, uint8_t count,
                    uint8_t *out, uint32_t *len)
{
    const uint8_t in[2] = { start, count };

    return qcxl_command(t, qcxl_endpoint(t, 0), opcode, in, 2, out, len);
}

/* The LD map, all of it */
static void get_map(QCxlTopo *t, uint8_t *map)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(ask(t, CXL_OP_GET_MULTI_HEADED_INFO, 0, 255, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 8 + 64);
    g_assert_cmphex(ldq_le_p(out), ==, 0x0000400000004040);
    memcpy(map, out + 8, 64);
}

static void get_head(QCxlTopo *t, uint8_t head, uint8_t *block)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(ask(t, CXL_OP_GET_HEAD_INFO, head, 1, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 4 + BLOCK);
    g_assert_cmphex(ldl_le_p(out), ==, 1);
    memcpy(block, out + 4, BLOCK);
}

/* What the guest itself reads of its link */
static void read_head(QCxlTopo *t, uint8_t head, uint8_t *block)
{
    QCxlFunction *dev = qcxl_endpoint(t, 0), *port = qcxl_port(t, 0);
    unsigned cap = qcxl_pci_cap(t, dev, PCI_CAP_ID_EXP);
    unsigned port_cap = qcxl_pci_cap(t, port, PCI_CAP_ID_EXP);
    uint32_t lnkcap = qcxl_config_read(t, dev, cap + PCI_EXP_LNKCAP, 4);
    uint16_t status = qcxl_config_read(t, port, port_cap + PCI_EXP_LNKSTA, 2);

    g_assert(status & PCI_EXP_LNKSTA_DLLLA);
    g_assert_cmpuint(lnkcap >> 24, ==, head);
    block[0] = head;
    block[1] = (lnkcap & PCI_EXP_LNKCAP_MLW) >> 4;
    block[2] = (status & PCI_EXP_LNKSTA_NLW) >> 4;
    block[3] = qcxl_config_read(t, dev, cap + PCI_EXP_LNKCAP2, 1) >> 1;
    block[4] = lnkcap & PCI_EXP_LNKCAP_SLS;
    block[5] = status & PCI_EXP_LNKSTA_CLS;
    block[6] = 4;                       /* L0 */
    block[7] = 0;
    block[8] = 0xc;                     /* present, with power */
}

static void wait_head(QCxlTopo *t, uint8_t head, const uint8_t *want)
{
    uint8_t block[BLOCK];

    for (unsigned i = 0; i < PATIENCE_MS / 10; i++) {
        get_head(t, head, block);
        if (!memcmp(block, want, BLOCK)) {
            return;
        }
        g_usleep(10000);
    }
    for (unsigned i = 0; i < BLOCK; i++) {
        g_test_message("byte %u is 0x%02x, 0x%02x is wanted", i, block[i],
                       want[i]);
    }
    g_assert_not_reached();
}

static void wait_assigned(QCxlTopo *t, uint8_t head, bool assigned)
{
    uint8_t map[64];

    for (unsigned i = 0; i < PATIENCE_MS / 10; i++) {
        get_map(t, map);
        if ((map[head] == head) == assigned) {
            return;
        }
        g_usleep(10000);
    }
    g_assert_not_reached();
}

static void test_map(void)
{
    Pool *p = pool_new();
    QCxlTopo *a = start(p, ""), *b = start(p, ",head=7");
    uint8_t out[QCXL_MBOX_MAX], map[64];
    uint32_t len;

    wait_assigned(a, 7, true);
    get_map(a, map);
    for (unsigned i = 0; i < 64; i++) {
        g_assert_cmphex(map[i], ==, i == 0 || i == 7 ? i : 0xff);
    }
    g_assert_cmphex(ask(a, 0x5500, 6, 2, out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 10);
    g_assert_cmphex(ldq_le_p(out), ==, 0x0000020600004040);
    g_assert_cmphex(lduw_le_p(out + 8), ==, 0x07ff);
    g_assert_cmphex(ask(a, 0x5500, 0, 0, out, &len), ==, QCXL_INVALID_INPUT);
    g_assert_cmphex(ask(a, 0x5500, 64, 1, out, &len), ==, QCXL_INVALID_INPUT);
    /* Without access there is nothing to be had; fenced, gone */
    g_assert_cmpint(tool(p, "set-access", "7=none"), ==, 0);
    wait_assigned(a, 7, false);
    g_assert_cmpint(tool(p, "set-access", "7=shared"), ==, 0);
    wait_assigned(a, 7, true);
    g_assert_cmpint(tool(p, "fence", "--head 7"), ==, 0);
    wait_assigned(a, 7, false);
    qcxl_stop(b);
    g_assert_cmpint(tool(p, "reclaim", "--head 7"), ==, 0);
    b = start(p, ",head=7");
    wait_assigned(a, 7, true);
    qcxl_kill(b);
    wait_assigned(a, 7, false);
    qcxl_stop(a);
    pool_free(p);
}

static void test_info(void)
{
    Pool *p = pool_new();
    QCxlTopo *a = start(p, ""), *b = start(p, ",head=7,x-width=4,x-speed=16");
    uint8_t own[BLOCK], other[BLOCK], block[BLOCK], out[QCXL_MBOX_MAX];
    uint32_t len;

    read_head(a, 0, own);
    get_head(a, 0, block);
    g_assert_cmpmem(block, BLOCK, own, BLOCK);
    read_head(b, 7, other);
    g_assert_cmpuint(other[1], ==, 4);
    g_assert_cmpuint(other[4], ==, 4);
    get_head(b, 7, block);
    g_assert_cmpmem(block, BLOCK, other, BLOCK);
    wait_head(a, 7, other);
    wait_head(b, 0, own);
    g_assert_cmphex(ask(a, 0x5501, 0, 255, out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 4 + 64 * BLOCK);
    g_assert_cmpuint(out[0], ==, 64);
    g_assert_cmpmem(out + 4 + 7 * BLOCK, BLOCK, other, BLOCK);
    g_assert_cmphex(ask(a, 0x5501, 64, 1, out, &len), ==, QCXL_INVALID_INPUT);
    g_assert_cmphex(ask(a, 0x5501, 0, 0, out, &len), ==, QCXL_INVALID_INPUT);
    /* A host whose link is down; then none: the port is like one's own */
    g_assert_cmpint(tool(p, "fence", "--head 7"), ==, 0);
    other[2] = other[5] = other[6] = 0;
    wait_head(a, 7, other);
    qcxl_stop(b);
    memcpy(other, own, BLOCK);
    other[0] = 7;
    other[2] = other[5] = other[6] = other[8] = 0;
    wait_head(a, 7, other);
    qcxl_stop(a);
    pool_free(p);
}

/* The command effects log of a head has both */
static void test_cel(void)
{
    static const uint8_t uuid[16] = {
        0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
        0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
    };
    Pool *p = pool_new();
    QCxlTopo *t = start(p, "");
    uint8_t in[24] = {}, out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0),
                                 CXL_OP_GET_SUPPORTED_LOGS, NULL, 0, out,
                                 &len), ==, QCXL_SUCCESS);
    memcpy(in, uuid, 16);
    memcpy(in + 20, out + 8 + 16, 4);
    g_assert_cmpmem(out + 8, 16, uuid, 16);
    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0), CXL_OP_GET_LOG, in,
                                 24, out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, >, 8);
    g_assert_cmphex(ldl_le_p(out + len - 8), ==, 0x00005500);
    g_assert_cmphex(ldl_le_p(out + len - 4), ==, 0x00005501);
    qcxl_stop(t);
    pool_free(p);
}

/* The last record of the failure log says that it is of head @head */
static void check_record(QCxlTopo *t, unsigned count, uint8_t head)
{
    uint8_t log = 2, out[QCXL_MBOX_MAX];
    const uint8_t *record = out + 32 + (count - 1) * RECORD;
    uint32_t len;

    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0),
                                 CXL_OP_GET_EVENT_RECORDS, &log, 1, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 32 + count * RECORD);
    g_assert_cmphex(record[17] | record[18] << 8 | record[19] << 16, ==,
                    0x102);
    g_assert_cmphex(record[36], ==, head);
}

static void inject(QCxlTopo *t, const char *kind, const char *arguments)
{
    g_autofree char *json = g_strdup_printf(
        "{ 'execute': 'cxl-inject-%s-event', 'arguments': {"
        " 'path': '/machine/peripheral/d', 'log': 'failure', 'flags': 0, %s"
        " } }", kind, arguments);
    QDict *answer;

    qtest_qmp_send_raw(t->qts, "%s", json);
    answer = qtest_qmp_receive(t->qts);
    g_assert(qdict_haskey(answer, "return"));
    qobject_unref(answer);
}

#define MEDIA "'dpa': 0, 'descriptor': 0, 'type': 0, 'transaction-type': 0"

static void test_events(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ",head=63");

    inject(t, "general-media", MEDIA);
    check_record(t, 1, 63);
    inject(t, "dram", MEDIA);
    check_record(t, 2, 63);
    inject(t, "memory-module", "'type': 0, 'health-status': 0,"
           " 'media-status': 0, 'additional-status': 0, 'life-used': 0,"
           " 'temperature': 0, 'dirty-shutdown-count': 0,"
           " 'corrected-volatile-error-count': 0,"
           " 'corrected-persistent-error-count': 0");
    check_record(t, 3, 63);
    /* About another head */
    inject(t, "dram", MEDIA ", 'head-id': 3");
    check_record(t, 4, 3);
    qcxl_stop(t);
    pool_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/pool-heads/map", test_map);
    qtest_add_func("/cxl/pool-heads/info", test_info);
    qtest_add_func("/cxl/pool-heads/cel", test_cel);
    qtest_add_func("/cxl/pool-heads/events", test_events);
    return g_test_run();
}
