/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations in the background (CXL 3.1 8.2.8.4.7) and firmware update
 * (8.2.9.3), as a driver goes about them. The clock stands still unless a test
 * moves it.
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "hw/cxl/spec/retcodes.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"

#define MS                      1000000ll
#define SECOND                  (1000 * MS)
#define FW_HEADER               0x80
#define VECTOR_DATA             0xc0de00

#define DEVICE(options) \
    "-machine q35,cxl=on " \
    "-object memory-backend-ram,id=m0,size=256M " \
    "-device pxb-cxl,id=h,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=h,chassis=0,slot=0 " \
    "-device cxl-type3,id=dev0,bus=rp0,volatile-memdev=m0" options

enum { FULL, INITIATE, CONTINUE, END, ABORT };

typedef struct Test {
    QCxlTopo *t;
    QCxlFunction *f;
} Test;

static Test start(const char *options)
{
    QCxlTopo *t = qcxl_start(DEVICE("%s"), options);

    return (Test) { t, qcxl_endpoint(t, 0) };
}

static uint16_t run(Test *x, uint16_t opcode, const void *in, uint32_t len)
{
    return qcxl_command(x->t, x->f, opcode, in, len, NULL, NULL);
}

/* Part of a package all of whose bytes after the first line are zero */
static uint16_t transfer(Test *x, uint8_t action, uint8_t slot,
                         uint32_t offset, uint32_t len)
{
    uint8_t in[QCXL_MBOX_MAX] = { action, slot };

    stl_le_p(in + 4, offset / 128);
    if (!offset && len) {
        memcpy(in + FW_HEADER, "2.0", 3);
    }
    return run(x, CXL_OP_TRANSFER_FW, in, FW_HEADER + len);
}

static uint16_t activate(Test *x, uint8_t action, uint8_t slot)
{
    const uint8_t in[] = { action, slot };

    return run(x, CXL_OP_ACTIVATE_FW, in, sizeof(in));
}

static uint16_t request_abort(Test *x)
{
    return run(x, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION, NULL, 0);
}

static uint64_t background(Test *x)
{
    return qtest_readq(x->t->qts, x->f->mailbox + QCXL_MBOX_BACKGROUND);
}

static unsigned percent(Test *x)
{
    return background(x) >> 16 & 0x7f;
}

static bool running(Test *x)
{
    return qtest_readq(x->t->qts, x->f->mailbox + QCXL_MBOX_STATUS) & 1;
}

/* The operation ends before long, with that return code */
static void finish(Test *x, uint16_t ret)
{
    for (unsigned i = 0; running(x); i++) {
        g_assert_cmpuint(i, <, 100);
        qtest_clock_step(x->t->qts, 100 * MS);
    }
    g_assert_cmpuint(percent(x), ==, 100);
    g_assert_cmphex(background(x) >> 32 & 0xffff, ==, ret);
}

/* A part that is taken */
static void part(Test *x, uint8_t action, uint8_t slot, uint32_t offset,
                 uint32_t len)
{
    g_assert_cmphex(transfer(x, action, slot, offset, len), ==,
                    CXL_RET_BACKGROUND_STARTED);
    finish(x, CXL_RET_SUCCESS);
}

static void expect_slots(Test *x, uint8_t active, uint8_t staged,
                         const char *revision)
{
    uint8_t info[QCXL_MBOX_MAX], id[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(qcxl_command(x->t, x->f, CXL_OP_GET_FW_INFO, NULL, 0, info,
                                 &len), ==, CXL_RET_SUCCESS);
    g_assert_cmpuint(len, ==, 0x50);
    g_assert_cmphex(info[1], ==, active | staged << 3);
    g_assert_cmphex(qcxl_command(x->t, x->f, CXL_OP_IDENTIFY_MEMORY_DEVICE,
                                 NULL, 0, id, &len), ==, CXL_RET_SUCCESS);
    g_assert(!memcmp(id, info + 0x10 * active, 16));
    g_assert_cmpstr((char *)id, ==, revision);
}

/* Percent go by the guest's time, scaled by the option */
static void test_time(void)
{
    static const struct {
        const char *option;
        int64_t ms;
    } cases[] = {
        { "", 500 },
        { ",background-time=200", 1000 },
        { ",background-time=10", 50 },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        Test x = start(cases[i].option);
        int64_t step = cases[i].ms * MS / 10;

        part(&x, FULL, 2, 0, 128);
        g_assert_cmphex(activate(&x, 0, 2), ==, CXL_RET_BACKGROUND_STARTED);
        for (unsigned n = 0; n < 10; n++) {
            g_assert(running(&x));
            g_assert_cmpuint(percent(&x), ==, n * 10);
            qtest_clock_step(x.t->qts, step);
        }
        g_assert(!running(&x));
        g_assert_cmphex(background(&x), ==, CXL_OP_ACTIVATE_FW | 100 << 16);
        expect_slots(&x, 2, 0, "2.0");
        qcxl_stop(x.t);
    }
}

/* With a scale of zero it is over as soon as the machine looks */
static void test_at_once(void)
{
    Test x = start(",background-time=0");

    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmphex(transfer(&x, FULL, 2, 0, 128), ==,
                        CXL_RET_BACKGROUND_STARTED);
        qtest_clock_step(x.t->qts, 1);
        g_assert(!running(&x));
    }
    qcxl_stop(x.t);
}

/* A machine that is stopped does not go on, and goes on where it was */
static void test_stop(void)
{
    Test x = start("");

    part(&x, FULL, 2, 0, 128);
    g_assert_cmphex(activate(&x, 0, 2), ==, CXL_RET_BACKGROUND_STARTED);
    qtest_clock_step(x.t->qts, 250 * MS);
    qtest_qmp_assert_success(x.t->qts, "{'execute': 'stop'}");
    g_usleep(10000);
    g_assert_cmpuint(percent(&x), ==, 50);
    g_assert(running(&x));
    qtest_qmp_assert_success(x.t->qts, "{'execute': 'cont'}");
    g_assert_cmpuint(percent(&x), ==, 50);
    finish(&x, CXL_RET_SUCCESS);
    qcxl_stop(x.t);
}

static void test_one_at_a_time(void)
{
    Test x = start("");

    g_assert_cmphex(transfer(&x, FULL, 2, 0, 128), ==,
                    CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(transfer(&x, FULL, 3, 0, 128), ==, CXL_RET_BUSY);
    g_assert_cmphex(activate(&x, 1, 1), ==, CXL_RET_BUSY);
    g_assert(running(&x));
    g_assert_cmphex(run(&x, CXL_OP_GET_HEALTH_INFO, NULL, 0), ==,
                    CXL_RET_SUCCESS);
    g_assert(running(&x));
    finish(&x, CXL_RET_SUCCESS);
    qcxl_stop(x.t);
}

static void test_abort(void)
{
    Test x = start("");

    g_assert_cmphex(request_abort(&x), ==, CXL_RET_SUCCESS);
    g_assert_cmphex(transfer(&x, FULL, 2, 0, 128), ==,
                    CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(request_abort(&x), ==, CXL_RET_SUCCESS);
    qtest_clock_step(x.t->qts, 1);
    finish(&x, CXL_RET_ABORTED);
    g_assert_cmphex(activate(&x, 0, 2), ==, CXL_RET_INVALID_SLOT);
    g_assert_cmphex(activate(&x, 0, 1), ==, CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(request_abort(&x), ==, CXL_RET_ABORT_NOT_SUPPORTED);
    finish(&x, CXL_RET_SUCCESS);
    qcxl_stop(x.t);
}

/* Its interrupt comes at the end, when it is enabled, and then only */
static void test_interrupt(void)
{
    const uint64_t message = 0x100000;
    Test x = start("");
    QTestState *qts = x.t->qts;
    unsigned cap = qcxl_pci_cap(x.t, x.f, 0x11);
    unsigned vector = qtest_readl(qts, x.f->mailbox) >> 7 & 0xf;
    uint64_t entry = x.f->bar[4] + 16 * vector +
                     (qcxl_config_read(x.t, x.f, cap + 4, 4) & ~7u);

    qtest_writel(qts, message, 0);
    qtest_writeq(qts, entry, message);
    qtest_writel(qts, entry + 8, VECTOR_DATA);
    qtest_writel(qts, entry + 12, 0);
    qcxl_config_write(x.t, x.f, cap + 2, 2, 0x8000);
    for (unsigned enabled = 0; enabled < 2; enabled++) {
        qtest_writel(qts, x.f->mailbox + QCXL_MBOX_CTRL, enabled << 2);
        g_assert_cmphex(transfer(&x, FULL, 2, 0, 128), ==,
                        CXL_RET_BACKGROUND_STARTED);
        g_assert_cmphex(qtest_readl(qts, message), ==, 0);
        finish(&x, CXL_RET_SUCCESS);
        g_assert_cmphex(qtest_readl(qts, message), ==,
                        enabled ? VECTOR_DATA : 0);
    }
    qcxl_stop(x.t);
}

/* A reset ends it, and no timer of before comes after */
static void test_reset(void)
{
    for (unsigned flr = 0; flr < 2; flr++) {
        Test x = start("");

        part(&x, INITIATE, 0, 0, 128);
        g_assert_cmphex(transfer(&x, END, 2, 128, 128), ==,
                        CXL_RET_BACKGROUND_STARTED);
        if (flr) {
            qcxl_flr(x.t, x.f);
            qcxl_scan(x.t);
        } else {
            qcxl_reset(x.t);
        }
        x.f = qcxl_endpoint(x.t, 0);
        g_assert(!running(&x));
        g_assert_cmphex(background(&x), ==, 0);
        qtest_clock_step(x.t->qts, SECOND);
        g_assert_cmphex(background(&x), ==, 0);
        g_assert_cmphex(activate(&x, 0, 2), ==, CXL_RET_INVALID_SLOT);
        g_assert_cmphex(transfer(&x, END, 2, 128, 128), ==,
                        CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
        part(&x, FULL, 2, 0, 128);
        qcxl_stop(x.t);
    }
}

/* The guest agrees to what somebody at the monitor wants: slot power off */
static void let_go(Test *x)
{
    const QCxlFunction *port = qcxl_port(x->t, 0);
    unsigned cap = qcxl_pci_cap(x->t, port, 0x10);
    uint32_t status = qcxl_config_read(x->t, port, cap + 0x1a, 2);

    qcxl_config_write(x->t, port, cap + 0x1a, 2, status);
    qcxl_config_write(x->t, port, cap + 0x18, 2, 0x0700);
    qtest_qmp_eventwait(x->t->qts, "DEVICE_DELETED");
}

/* The device goes in the middle of an operation, and one like it comes */
static void test_unplug(void)
{
    Test x = start("");

    part(&x, FULL, 2, 0, 128);
    g_assert_cmphex(activate(&x, 0, 2), ==, CXL_RET_BACKGROUND_STARTED);
    qtest_qmp_device_del_send(x.t->qts, "dev0");
    g_assert(running(&x));
    let_go(&x);
    qtest_clock_step(x.t->qts, 10 * SECOND);
    qtest_qmp_assert_success(
        x.t->qts, "{'execute': 'device_add', 'arguments': {"
        " 'driver': 'cxl-type3', 'id': 'dev1', 'bus': 'rp0',"
        " 'volatile-memdev': 'm0'} }");
    qtest_clock_step(x.t->qts, 10 * SECOND);
    qcxl_stop(x.t);
}

/* QMP says which slot */
static void expect_activated(Test *x, unsigned slot)
{
    QDict *event = qtest_qmp_eventwait_ref(x->t->qts,
                                           "CXL_FIRMWARE_ACTIVATED");
    QDict *data = qdict_get_qdict(event, "data");

    g_assert_cmpstr(qdict_get_str(data, "id"), ==, "dev0");
    g_assert_cmpint(qdict_get_int(data, "slot"), ==, slot);
    qobject_unref(event);
}

/* What Linux does: parts, the last of any length, and activation by a reset */
static void test_update(void)
{
    Test x = start(",background-time=1");

    expect_slots(&x, 1, 0, "1.0");
    part(&x, INITIATE, 0, 0, 1920);
    g_assert_cmphex(transfer(&x, INITIATE, 0, 0, 1920), ==,
                    CXL_RET_FW_TRANSFER_IN_PROGRESS);
    g_assert_cmphex(transfer(&x, CONTINUE, 0, 128, 128), ==,
                    CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    part(&x, CONTINUE, 0, 1920, 1920);
    part(&x, END, 2, 3840, 100);
    g_assert_cmphex(activate(&x, 1, 2), ==, CXL_RET_SUCCESS);
    expect_slots(&x, 1, 2, "1.0");
    qtest_qmp_assert_success(x.t->qts, "{'execute': 'system_reset'}");
    expect_activated(&x, 2);
    qtest_qmp_eventwait(x.t->qts, "RESET");
    qcxl_scan(x.t);
    x.f = qcxl_endpoint(x.t, 0);
    expect_slots(&x, 2, 0, "2.0");
    qcxl_stop(x.t);
}

/* 30 seconds without a part, and one that is cancelled */
static void test_given_up(void)
{
    Test x = start("");

    part(&x, INITIATE, 0, 0, 128);
    qtest_clock_step(x.t->qts, 31 * SECOND);
    g_assert_cmphex(transfer(&x, CONTINUE, 0, 128, 128), ==,
                    CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    part(&x, INITIATE, 0, 0, 128);
    g_assert_cmphex(transfer(&x, ABORT, 0, 0, 0), ==, CXL_RET_SUCCESS);
    g_assert_cmphex(transfer(&x, CONTINUE, 0, 128, 128), ==,
                    CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    qcxl_stop(x.t);
}

/* A dump of the device's state is made in the background, and read */
static void test_populate(void)
{
    uint8_t get[24] = {
        0xb3, 0xfa, 0xb4, 0xcf, 0x01, 0xb6, 0x43, 0x32,
        0x94, 0x3e, 0x5e, 0x99, 0x62, 0xf2, 0x35, 0x67,
    };
    uint8_t out[QCXL_MBOX_MAX];
    Test x = start("");
    uint32_t len;

    g_assert_cmphex(run(&x, CXL_OP_POPULATE_LOG, get, 16), ==,
                    CXL_RET_BACKGROUND_STARTED);
    finish(&x, CXL_RET_SUCCESS);
    stl_le_p(get + 20, 0x40);
    g_assert_cmphex(qcxl_command(x.t, x.f, CXL_OP_GET_LOG, get, 24, out, &len),
                    ==, CXL_RET_SUCCESS);
    stl_le_p(get + 20, 0x40 + ldl_le_p(out));
    g_assert_cmphex(qcxl_command(x.t, x.f, CXL_OP_GET_LOG, get, 24, out, &len),
                    ==, CXL_RET_SUCCESS);
    g_assert_cmpuint(len, ==, ldl_le_p(get + 20));
    g_assert(!memcmp(out + 0x40, "virtual-ns 0x", 13));
    qcxl_stop(x.t);
}

/* What the EDAC driver of Linux does: patrol scrub, saved, over a reset */
static void test_feature(void)
{
    uint8_t uuid[16] = {
        0x96, 0xda, 0xd7, 0xd6, 0xfd, 0xe8, 0x48, 0x2b,
        0xa7, 0x33, 0x75, 0x77, 0x4e, 0x06, 0xdb, 0x8a,
    };
    uint8_t get[0x15] = {}, set[0x22] = {}, list[8] = { 56 };
    uint8_t out[QCXL_MBOX_MAX];
    Test x = start("");
    uint32_t len;

    g_assert_cmphex(qcxl_command(x.t, x.f, CXL_OP_GET_SUPPORTED_FEATURES, list,
                                 8, out, &len), ==, CXL_RET_SUCCESS);
    g_assert_cmpuint(len, ==, 8 + 48);
    g_assert_cmphex(ldl_le_p(out), ==, 0x80001);
    g_assert(!memcmp(out + 8, uuid, 16));

    memcpy(get, uuid, 16);
    get[18] = 4;
    g_assert_cmphex(qcxl_command(x.t, x.f, CXL_OP_GET_FEATURE, get,
                                 sizeof(get), out, &len), ==, CXL_RET_SUCCESS);
    g_assert_cmphex(ldl_le_p(out), ==, 0x01011801);
    memcpy(set, uuid, 16);
    set[16] = 8;
    set[22] = 1;
    set[32] = 12;
    g_assert_cmphex(run(&x, CXL_OP_SET_FEATURE, set, sizeof(set)), ==,
                    CXL_RET_SUCCESS);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmphex(qcxl_command(x.t, x.f, CXL_OP_GET_FEATURE, get,
                                     sizeof(get), out, &len), ==,
                        CXL_RET_SUCCESS);
        g_assert_cmphex(ldl_le_p(out), ==, 0x00010c01);
        qcxl_reset(x.t);
        x.f = qcxl_endpoint(x.t, 0);
    }
    qcxl_stop(x.t);
}

static void test_maintenance(void)
{
    uint8_t in[14] = { 1, 0 };
    Test x = start("");

    g_assert_cmphex(run(&x, CXL_OP_PERFORM_MAINTENANCE, in, 14), ==,
                    CXL_RET_BACKGROUND_STARTED);
    finish(&x, CXL_RET_SUCCESS);
    stq_le_p(in + 3, QCXL_UNIT);
    g_assert_cmphex(run(&x, CXL_OP_PERFORM_MAINTENANCE, in, 14), ==,
                    CXL_RET_INVALID_PHYSICAL_ADDRESS);
    g_assert_cmphex(run(&x, CXL_OP_PERFORM_MAINTENANCE, in, 13), ==,
                    QCXL_INVALID_LENGTH);
    qcxl_stop(x.t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/background/time", test_time);
    qtest_add_func("/cxl/background/at-once", test_at_once);
    qtest_add_func("/cxl/background/stop", test_stop);
    qtest_add_func("/cxl/background/one-at-a-time", test_one_at_a_time);
    qtest_add_func("/cxl/background/abort", test_abort);
    qtest_add_func("/cxl/background/interrupt", test_interrupt);
    qtest_add_func("/cxl/background/reset", test_reset);
    qtest_add_func("/cxl/background/unplug", test_unplug);
    qtest_add_func("/cxl/firmware-update/update", test_update);
    qtest_add_func("/cxl/firmware-update/given-up", test_given_up);
    qtest_add_func("/cxl/logs/populate", test_populate);
    qtest_add_func("/cxl/features/scrub", test_feature);
    qtest_add_func("/cxl/maintenance/sppr", test_maintenance);
    return g_test_run();
}
