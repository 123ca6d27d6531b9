/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One backend that the guest divides (CXL 3.1 8.2.9.9.2.2), in a file that is
 * looked at from outside
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "hw/cxl/spec/retcodes.h"
#include "qemu/bswap.h"

#define TOTAL       4
#define IMMEDIATE   1
#define LATER       0

typedef struct Test {
    QCxlFile *m, *l;
    char *state;
    QCxlTopo *t;
    QCxlFunction *f;
} Test;

/* Begin once more with what is in the files */
static void start(Test *x)
{
    x->t = qcxl_start(
        "%s"
        " -object memory-backend-file,id=m,share=on,mem-path=%s,size=1G"
        " -object memory-backend-file,id=l,share=on,mem-path=%s,size=4K"
        " -device pxb-cxl,id=h,bus=pcie.0,bus_nr=52"
        " -device cxl-rp,id=rp0,bus=h,chassis=0,slot=0"
        " -device cxl-type3,id=dev0,bus=rp0,partitionable-memdev=m,"
        "volatile-size=256M,lsa=l,state-file=%s"
        " -M cxl-fmw.0.targets.0=h,cxl-fmw.0.size=1G", qcxl_machine(),
        x->m->path, x->l->path, x->state);
    x->f = qcxl_endpoint(x->t, 0);
}

static Test new_test(void)
{
    Test x = { .m = qcxl_file_new(TOTAL * QCXL_UNIT),
               .l = qcxl_file_new(4096), .state = qcxl_empty_file() };

    start(&x);
    return x;
}

static void end_test(Test *x)
{
    qcxl_stop(x->t);
    unlink(x->state);
    g_free(x->state);
    qcxl_file_free(x->m);
    qcxl_file_free(x->l);
}

/* As long as Linux sends it */
static uint16_t set(Test *x, uint64_t units, uint8_t flags)
{
    uint8_t in[10] = {};

    stq_le_p(in, units);
    in[8] = flags;
    return qcxl_command(x->t, x->f, CXL_OP_SET_PARTITION_INFO, in, sizeof(in),
                        NULL, NULL);
}

static void expect(Test *x, uint64_t active, uint64_t next)
{
    unsigned dvsec = x->f->dvsec[QCXL_DVSEC_DEVICE];
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;
    QDict *reply, *info;

    g_assert_cmphex(qcxl_command(x->t, x->f, CXL_OP_GET_PARTITION_INFO, NULL,
                                 0, out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(ldq_le_p(out), ==, active);
    g_assert_cmpuint(ldq_le_p(out + 8), ==, TOTAL - active);
    g_assert_cmpuint(ldq_le_p(out + 16), ==, next == active ? 0 : next);
    g_assert_cmpuint(ldq_le_p(out + 24), ==,
                     next == active ? 0 : TOTAL - next);
    g_assert_cmphex(qcxl_config_read(x->t, x->f, dvsec +
                                     QCXL_DEVICE_RANGE(0) + 4, 4) >> 28, ==,
                    active ? active : TOTAL);
    reply = qtest_qmp(x->t->qts, "{ 'execute': 'query-cxl' }");
    info = qdict_get_qdict(reply, "return");
    for (const char *const *at = (const char *const []) {
             "host-bridges", "ports", NULL }; *at; at++) {
        info = qobject_to(QDict, qlist_peek(qdict_get_qlist(info, *at)));
    }
    info = qdict_get_qdict(info, "device");
    g_assert_cmpuint(qdict_get_int(info, "volatile-size"), ==,
                     active * QCXL_UNIT);
    g_assert_cmpstr(qdict_get_str(info, "partitionable-memdev"), ==, "m");
    qobject_unref(reply);
}

/* A byte for each 256 MiB */
static void fill(Test *x)
{
    for (unsigned i = 0; i < TOTAL; i++) {
        x->m->map[i * QCXL_UNIT] = 0x51 + i;
    }
}

static void expect_bytes(Test *x, const char *want)
{
    for (unsigned i = 0; i < TOTAL; i++) {
        g_assert_cmphex(x->m->map[i * QCXL_UNIT], ==,
                        want[i] == '0' ? 0 : 0x51 + i);
    }
}

/* Until what was erased is shown again */
static void wait_open(Test *x, uint64_t base)
{
    for (unsigned i = 0; i < 20000 && !qcxl_is_ram(x->t, base, QCXL_UNIT);
         i++) {
        g_usleep(500);
    }
    g_assert(qcxl_is_ram(x->t, base, QCXL_UNIT));
}

static void map(Test *x, uint64_t dpa)
{
    uint64_t base = x->t->window[0].base;

    g_assert(qcxl_commit(x->t, x->f->host->hdm, 0, &(QCxlDecoder) {
        .base = base, .size = QCXL_UNIT, .targets = x->f->parent->port,
    }));
    qcxl_hdm_enable(x->t, x->f->host->hdm, true);
    g_assert(qcxl_commit(x->t, x->f->hdm, 0, &(QCxlDecoder) {
        .base = base, .size = QCXL_UNIT, .skip = dpa,
    }));
    qcxl_hdm_enable(x->t, x->f->hdm, true);
    qcxl_mem_enable(x->t, x->f, true);
    wait_open(x, base);
}

static void test_reset(void)
{
    Test x = new_test();

    expect(&x, 1, 1);
    fill(&x);
    g_assert_cmphex(set(&x, 3, LATER), ==, QCXL_SUCCESS);
    expect(&x, 1, 3);
    expect_bytes(&x, "1111");
    qcxl_reset(x.t);
    x.f = qcxl_endpoint(x.t, 0);
    expect(&x, 3, 3);
    map(&x, 3 * QCXL_UNIT);
    expect_bytes(&x, "1000");
    qtest_writeb(x.t->qts, x.t->window[0].base, 0x77);
    g_assert_cmphex(x.m->map[3 * QCXL_UNIT], ==, 0x77);
    end_test(&x);
}

static void test_immediate(void)
{
    Test x = new_test();

    fill(&x);
    g_assert_cmphex(set(&x, 5, IMMEDIATE), ==, QCXL_INVALID_INPUT);
    map(&x, 0);
    g_assert_cmphex(set(&x, 2, IMMEDIATE), ==, QCXL_INVALID_INPUT);
    expect(&x, 1, 1);
    g_assert(qcxl_uncommit(x.t, x.f->hdm, 0));
    g_assert_cmphex(set(&x, 2, IMMEDIATE), ==, QCXL_SUCCESS);
    expect(&x, 2, 2);
    expect_bytes(&x, "1000");
    map(&x, QCXL_UNIT);
    qtest_writeb(x.t->qts, x.t->window[0].base, 0x78);
    g_assert_cmphex(x.m->map[QCXL_UNIT], ==, 0x78);
    end_test(&x);
}

/* What was asked for is there after a power failure, and its data is gone */
static void test_killed(void)
{
    Test x = new_test();

    g_assert_cmphex(set(&x, 0, IMMEDIATE), ==, QCXL_SUCCESS);
    fill(&x);
    qcxl_kill(x.t);
    start(&x);
    expect(&x, 0, 0);
    expect_bytes(&x, "1111");
    g_assert_cmphex(set(&x, 4, LATER), ==, QCXL_SUCCESS);
    qcxl_kill(x.t);
    start(&x);
    expect(&x, 4, 4);
    map(&x, 0);
    expect_bytes(&x, "0000");
    end_test(&x);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/partition/reset", test_reset);
    qtest_add_func("/cxl/partition/immediate", test_immediate);
    qtest_add_func("/cxl/partition/killed", test_killed);
    return g_test_run();
}
