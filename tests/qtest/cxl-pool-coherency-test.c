/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools whose heads have caches that hardware does not keep coherent: what is
 * taken away is taken from caches, too
 *
 * With vCPUs that store meanwhile, this is in tests/bare/late.c.
 */
#include "qemu/osdep.h"
#include "cxl-pool.h"

#define LINE        64
#define RIGHT_SIZE  (2 * QCXL_MIB)
#define CACHE       " -M cxl-coherency=software"
#define ONE_LINE    CACHE ",cxl-coherency-lines=1"

/* A counter of query-cxl */
static int64_t counter(QCxlTopo *t, const char *name)
{
    g_autofree char *key = g_strdup_printf("coherency.%s", name);
    QDict *answer = qcxl_query(t);
    int64_t value;

    value = qdict_get_int(answer, key);
    qobject_unref(answer);
    return value;
}

/* Heads see each other's stores when lines are written back and fetched */
static void test_stale(void)
{
    Pool *p = pool_new();
    QCxlTopo *a = start(p, ONE_LINE), *b = start(p, ONE_LINE);
    uint64_t at_a = map(a), at_b = map(b);

    g_assert_cmphex(qtest_readq(b->qts, at_b), ==, 0);
    qtest_writeq(a->qts, at_a, 1);
    g_assert_cmphex(in_file(p, 0), ==, 0);
    qtest_readq(a->qts, at_a + LINE);
    g_assert_cmphex(in_file(p, 0), ==, 1);
    g_assert_cmphex(qtest_readq(b->qts, at_b), ==, 0);
    qtest_readq(b->qts, at_b + LINE);
    g_assert_cmphex(qtest_readq(b->qts, at_b), ==, 1);
    qcxl_stop(a);
    qcxl_stop(b);
    pool_free(p);
}

/* A store to what may only be read is dropped when it is made */
static void test_read_only(void)
{
    Pool *p = pool_new();
    QCxlTopo *t;
    uint64_t at;

    memset(p->memory->map, 7, LINE);
    t = start(p, ",access=read-only" CACHE);
    at = map(t);
    g_assert_cmphex(qtest_readb(t->qts, at), ==, 7);
    qtest_writeb(t->qts, at, 1);
    qtest_writeq(t->qts, at + LINE - 4, 1);
    g_assert_cmpint(number(t, "pool.dropped"), >=, 2);
    g_assert_cmphex(qtest_readb(t->qts, at), ==, 7);
    g_assert_cmpint(counter(t, "dirty"), ==, 0);
    qcxl_stop(t);
    g_assert_cmphex(in_file(p, 0), ==, 0x0707070707070707);
    g_assert_cmphex(in_file(p, LINE), ==, 0);
    pool_free(p);
}

/* Time in which what is idle is evicted, if there is anything */
static void evict(QCxlTopo *t)
{
    for (unsigned i = 0; i < 100; i++) {
        qtest_clock_step(t->qts, 1000 * 1000);
    }
}

/* @take: options of cxl-pool that take the memory of head 0 */
static void check_taken(const char *command, const char *take)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, CACHE ",cxl-coherency-timer=1");
    uint64_t at = map(t);

    qtest_writeq(t->qts, at, 1);
    qtest_readq(t->qts, at + LINE);
    g_assert_cmpint(counter(t, "dirty"), ==, 1);
    g_assert_cmpint(tool(p, command, take), ==, 0);
    g_assert_cmpint(counter(t, "dropped"), ==, 1);
    g_assert_cmpint(counter(t, "present"), ==, 0);
    qtest_writeq(t->qts, at + LINE, 2);
    evict(t);
    g_assert_cmphex(in_file(p, 0), ==, 0);
    g_assert_cmphex(in_file(p, LINE), ==, 0);
    qcxl_stop(t);
    g_assert_cmphex(in_file(p, 0), ==, 0);
    g_assert_cmphex(in_file(p, LINE), ==, 0);
    pool_free(p);
}

static void test_fence(void)
{
    check_taken("fence", "--head 0");
}

static void test_none(void)
{
    check_taken("set-access", "0=none");
}

static void test_demote(void)
{
    check_taken("set-access", "0=read-only");
}

/* What is given back is fetched anew */
static void test_give_back(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, CACHE);
    uint64_t at = map(t);

    g_assert_cmphex(qtest_readq(t->qts, at), ==, 0);
    g_assert_cmpint(tool(p, "set-access", "0=read-only"), ==, 0);
    qtest_writeq(t->qts, at, 1);
    g_assert_cmphex(qtest_readq(t->qts, at), ==, 0);
    memset(p->memory->map, 5, LINE);
    g_assert_cmphex(qtest_readq(t->qts, at), ==, 0);
    g_assert_cmpint(tool(p, "set-access", "0=shared"), ==, 0);
    for (unsigned i = 0; qtest_readb(t->qts, at) != 5; i++) {
        g_assert_cmpint(i, <, PATIENCE_MS);
        g_usleep(1000);
    }
    qtest_writeq(t->qts, at, 1);
    g_assert_cmphex(qtest_readq(t->qts, at), ==, 1);
    g_assert_cmpint(counter(t, "dirty"), ==, 1);
    qcxl_stop(t);
    pool_free(p);
}

/* Of a range that is taken, and of no other */
static void test_range(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ONE_LINE "000");
    uint64_t at = map(t);

    qtest_writeq(t->qts, at, 1);
    qtest_writeq(t->qts, at + RIGHT_SIZE, 2);
    qtest_writeq(t->qts, at + 2 * RIGHT_SIZE, 3);
    g_assert_cmpint(tool(p, "set-access", "--range 2M+2M 0=none"), ==, 0);
    g_assert_cmpint(counter(t, "dropped"), ==, 1);
    g_assert_cmpint(counter(t, "dirty"), ==, 2);
    g_assert_cmphex(qtest_readq(t->qts, at), ==, 1);
    g_assert_cmphex(qtest_readq(t->qts, at + RIGHT_SIZE), ==, UINT64_MAX);
    g_assert_cmphex(qtest_readq(t->qts, at + 2 * RIGHT_SIZE), ==, 3);
    for (unsigned i = 1; i < 20000; i++) {
        qtest_readb(t->qts, at + i * LINE);
    }
    g_assert_cmphex(in_file(p, 0), ==, 1);
    g_assert_cmphex(in_file(p, RIGHT_SIZE), ==, 0);
    g_assert_cmphex(in_file(p, 2 * RIGHT_SIZE), ==, 3);
    qcxl_stop(t);
    pool_free(p);
}

/* Whoever leaves, or is killed, loses what it has not written back */
static void test_leave(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ",access=exclusive" CACHE), *other;
    uint64_t at = map(t);

    qtest_writeq(t->qts, at, 1);
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'qom-set', 'arguments': {"
                             " 'path': '/machine/peripheral/d',"
                             " 'property': 'realized', 'value': false } }");
    g_assert_cmpint(counter(t, "dropped"), ==, 1);
    for (unsigned i = 0; tool(p, "reclaim", "--head 0"); i++) {
        g_assert_cmpint(i, <, PATIENCE_MS / 10);
        g_usleep(10000);
    }
    other = start(p, ",head=0,access=exclusive" CACHE);
    at = map(other);
    g_assert_cmphex(qtest_readq(other->qts, at), ==, 0);
    qcxl_stop(t);
    qtest_writeq(other->qts, at, 2);
    qcxl_kill(other);
    g_assert_cmphex(in_file(p, 0), ==, 0);
    pool_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/pool-coherency/stale", test_stale);
    qtest_add_func("/cxl/pool-coherency/read-only", test_read_only);
    qtest_add_func("/cxl/pool-coherency/fence", test_fence);
    qtest_add_func("/cxl/pool-coherency/none", test_none);
    qtest_add_func("/cxl/pool-coherency/demote", test_demote);
    qtest_add_func("/cxl/pool-coherency/give-back", test_give_back);
    qtest_add_func("/cxl/pool-coherency/range", test_range);
    qtest_add_func("/cxl/pool-coherency/leave", test_leave);
    return g_test_run();
}
