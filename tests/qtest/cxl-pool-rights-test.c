/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools: what heads may do with which bytes
 */
#include "qemu/osdep.h"
#include "cxl-pool.h"

#include <sys/mman.h>
#include <sys/resource.h>

#define NOTHING     UINT64_MAX
#define WORD(n)     (0x1111111111111111ull * (n))

/* @answer: words of the error; NULL: there is none */
static void command(QCxlTopo *t, const char *json, const char *answer)
{
    const char *text = NULL;
    QDict *reply;

    qtest_qmp_send_raw(t->qts, "%s", json);
    reply = qtest_qmp_receive(t->qts);
    if (qdict_haskey(reply, "error")) {
        text = qdict_get_str(qdict_get_qdict(reply, "error"), "desc");
    }
    g_test_message("%s: %s", json, text ? text : "done");
    g_assert(!text == !answer);
    g_assert(!text || strstr(text, answer));
    qobject_unref(reply);
}

/* A store of each size, which is not to arrive; at @at of the memory */
static void store_in_vain(Pool *p, QCxlTopo *t, uint64_t base, uint64_t at)
{
    uint64_t before = in_file(p, at), dropped = number(t, "pool.dropped");

    qtest_writeb(t->qts, base + at, 0x5a);
    qtest_writew(t->qts, base + at, 0x5a5a);
    qtest_writel(t->qts, base + at, 0x5a5a5a5a);
    qtest_writeq(t->qts, base + at, WORD(5));
    g_assert_cmphex(in_file(p, at), ==, before);
    g_assert_cmpint(number(t, "pool.dropped"), ==, dropped + 4);
}

/* What heads may do with a range, "4M+2M 0=none" */
static void set_range(Pool *p, const char *range)
{
    g_autofree char *options = g_strdup_printf("--range %s", range);

    g_assert_cmpint(tool(p, "set-access", options), ==, 0);
}

/* What a head finds at @at: bytes of the file, that it may store to or not */
static void check_right(Pool *p, QCxlTopo *t, uint64_t base, uint64_t at,
                        bool load, bool store)
{
    memset(p->memory->map + at, 0x77, 8);
    g_assert_cmphex(qtest_readq(t->qts, base + at), ==,
                    load ? WORD(7) : NOTHING);
    if (store) {
        qtest_writeq(t->qts, base + at, WORD(3));
        g_assert_cmphex(in_file(p, at), ==, WORD(3));
    } else {
        store_in_vain(p, t, base, at);
    }
    /* What others store is there to load at once */
    memset(p->memory->map + at, 0x99, 8);
    g_assert_cmphex(qtest_readq(t->qts, base + at), ==,
                    load ? WORD(9) : NOTHING);
}

/* All of [start, end), at its edges and somewhere inside */
static void check_rights(Pool *p, QCxlTopo *t, uint64_t base, uint64_t start,
                         uint64_t end, bool load, bool store)
{
    check_right(p, t, base, start, load, store);
    check_right(p, t, base, end - 8, load, store);
    check_right(p, t, base, start + (end - start) / 2 + 4096, load, store);
}

/* A reader, with a backend that can be written or one that cannot */
static void reader(const char *options, const char *backend)
{
    Pool *p = pool_new();
    QCxlTopo *owner = start(p, ""), *t;
    uint64_t at_owner = map(owner), base;
    QDict *event;

    t = start_with(p, options, backend);
    base = map(t);
    qtest_writeq(owner->qts, at_owner + 4096, WORD(4));
    g_assert_cmphex(qtest_readq(t->qts, base + 4096), ==, WORD(4));
    check_rights(p, t, base, 0, QCXL_UNIT, true, false);
    event = qtest_qmp_eventwait_ref(t->qts, "CXL_POOL_STORE_DROPPED");
    g_assert_cmpint(qdict_get_int(qdict_get_qdict(event, "data"), "dpa"), ==,
                    0);
    qobject_unref(event);
    for (unsigned i = 0; i < 2; i++) {
        qcxl_reset(t);
        qcxl_scan(t);
        base = map(t);
        check_rights(p, t, base, 0, QCXL_UNIT, true, false);
    }
    g_assert_cmpint(number(owner, "pool.dropped"), ==, 0);
    qcxl_stop(t);
    qcxl_stop(owner);
    pool_free(p);
}

static void test_read_only(void)
{
    reader(",access=read-only", "share=on");
    reader(",access=read-only", "share=on,readonly=on");
}

/* May a process lock as much as it likes? */
static bool may_lock(void)
{
    const size_t size = (size_t)1 << 40;
    void *all = mmap(NULL, size, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bool may = all != MAP_FAILED && !mlock2(all, size, MLOCK_ONFAULT);

    if (all != MAP_FAILED) {
        munmap(all, size);
    }
    return may;
}

/* A reader whose memory is locked sees what others store, or is not there */
static void test_mem_lock(void)
{
    g_autofree char *json = NULL;
    QCxlTopo *t;
    Pool *p;

    if (!may_lock()) {
        g_test_skip("memory cannot be locked");
        return;
    }
    reader(",access=read-only -overcommit mem-lock=on-fault", "share=on");
    p = pool_new();
    t = qcxl_start("-machine q35,cxl=on -overcommit mem-lock=on "
                   "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
                   "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
                   "-object memory-backend-file,id=m,mem-path=%s,size=256M,"
                   "share=on", p->memory->path);
    json = g_strdup_printf(
        "{'execute': 'device_add', 'arguments': {'driver': 'cxl-type3',"
        " 'id': 'd', 'bus': 'rp0', 'volatile-memdev': 'm', 'pool': '%s',"
        " 'access': 'read-only'}}", p->state);
    command(t, json, "does not go with -overcommit mem-lock=on");
    qcxl_stop(t);
    pool_free(p);
}

/* A range in the middle, and back */
static void test_ranges(void)
{
    const uint64_t m = QCXL_MIB, end = QCXL_UNIT;
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ""), *other = start(p, "");
    uint64_t base = map(t), at_other = map(other);

    for (unsigned i = 0; i < 3; i++) {
        set_range(p, "4M+4M 0=none");
        set_range(p, "8M+2M 0=read-only");
        g_assert(attached(t));
        check_rights(p, t, base, 0, 4 * m, true, true);
        check_rights(p, t, base, 4 * m, 8 * m, false, false);
        check_rights(p, t, base, 8 * m, 10 * m, true, false);
        check_rights(p, t, base, 10 * m, end, true, true);
        check_rights(p, other, at_other, 0, end, true, true);
        /* From one to another: the second gains when the first has lost */
        set_range(p, "4M+4M 0=read-write 1=none");
        set_range(p, "8M+2M 0=none");
        while (qtest_readq(t->qts, base + 8 * m - 8) == NOTHING) {
            g_usleep(1000);
        }
        check_rights(p, t, base, 0, 8 * m, true, true);
        check_rights(p, t, base, 8 * m, 10 * m, false, false);
        check_rights(p, other, at_other, 4 * m, 8 * m, false, false);
        set_range(p, "0+256M all=read-write");
        while (qtest_readq(t->qts, base + 8 * m) == NOTHING ||
               qtest_readq(other->qts, at_other + 4 * m) == NOTHING) {
            g_usleep(1000);
        }
        check_rights(p, t, base, 0, end, true, true);
        qcxl_reset(t);
        qcxl_scan(t);
        base = map(t);
    }
    qcxl_stop(other);
    qcxl_stop(t);
    pool_free(p);
}

/* Who has no access consumes no poison; with the bytes it is back */
static void test_poison(void)
{
    const uint64_t at = 6 * QCXL_MIB, end = 8 * QCXL_MIB;
    Pool *p = pool_new();
    QCxlTopo *t = start(p, "");
    uint64_t base = map(t);

    command(t, "{'execute': 'cxl-inject-poison', 'arguments': {'path': 'd',"
            " 'start': 6291456, 'length': 64}}", NULL);
    set_range(p, "4M+4M 0=none");
    check_right(p, t, base, at, false, false);
    g_assert_cmpint(number(t, "events.2.records"), ==, 0);
    g_assert_cmpint(number(t, "poison.count"), ==, 1);
    memset(p->memory->map + end - 8, 0x11, 8);
    set_range(p, "4M+4M 0=read-only");
    while (qtest_readq(t->qts, base + end - 8) == NOTHING) {
        g_usleep(1000);
    }
    store_in_vain(p, t, base, at);
    g_assert_cmphex(qtest_readq(t->qts, base + at), ==, NOTHING);
    g_assert_cmpint(number(t, "events.2.records"), ==, 1);
    g_assert_cmpint(number(t, "poison.count"), ==, 1);
    qcxl_stop(t);
    pool_free(p);
}

/* Joined to a pool that is divided: as many ranges as there can be */
static void test_many(void)
{
    const uint64_t unit = 2 * QCXL_MIB;
    Pool *p = pool_new();
    QCxlTopo *t;
    uint64_t base;

    g_assert_cmpint(tool(p, "create", "--volatile 256M"), ==, 0);
    for (unsigned i = 0; i < QCXL_UNIT / unit; i += 2) {
        g_autofree char *range = g_strdup_printf(
            "%uM+2M 0=%s", 2 * i, i & 2 ? "read-only" : "none");

        set_range(p, range);
    }
    t = start(p, ",head=0");
    base = map(t);
    for (unsigned i = 0; i < QCXL_UNIT / unit; i++) {
        check_right(p, t, base, i * unit, i & 3, i & 1);
    }
    qcxl_stop(t);
    pool_free(p);
}

/* One target of two, in both layouts: its bytes, wherever they are shown */
static void interleaved(const char *layout)
{
    const bool exact = !strcmp(layout, "exact");
    QCxlFile *second = qcxl_file_new(QCXL_UNIT);
    Pool *p = pool_new();
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G,"
        "cxl-fmw.0.interleave-layout=%s "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
        "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 "
        "-object memory-backend-file,id=m,share=on,mem-path=%s,size=256M "
        "-object memory-backend-file,id=n,share=on,mem-path=%s,size=256M "
        "-device cxl-type3,id=d,bus=rp0,volatile-memdev=m,pool=%s "
        "-device cxl-type3,id=e,bus=rp1,volatile-memdev=n",
        layout, p->memory->path, second->path, p->state);
    uint64_t base = t->window[0].base, at = 4 * QCXL_MIB;
    uint64_t hpa = base + (exact ? 2 * at : at);

    qcxl_map_two_ways(t, base);
    qtest_writeq(t->qts, hpa, WORD(1));
    g_assert_cmphex(in_file(p, at), ==, WORD(1));
    set_range(p, "4M+2M 0=read-only");
    qtest_writeq(t->qts, hpa, WORD(2));
    g_assert_cmphex(in_file(p, at), ==, WORD(1));
    g_assert_cmphex(qtest_readq(t->qts, hpa), ==, WORD(1));
    g_assert_cmpint(number(t, "pool.dropped"), ==, 1);
    /* The next granule is the other device's, or behind a whole half */
    qtest_writeq(t->qts, exact ? hpa + 256 : base + QCXL_UNIT + at, WORD(3));
    g_assert_cmphex(*(uint64_t *)(second->map + at), ==, WORD(3));
    set_range(p, "4M+2M 0=none");
    qtest_writeq(t->qts, hpa, WORD(4));
    g_assert_cmphex(in_file(p, at), ==, WORD(1));
    g_assert_cmphex(qtest_readq(t->qts, hpa), ==, NOTHING);
    g_assert_cmpint(number(t, "pool.dropped"), ==, 2);
    g_assert_cmpint(tool(p, "set-access", "0=read-only"), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, hpa), ==, NOTHING);
    qtest_writeq(t->qts, base, WORD(5));
    g_assert_cmphex(in_file(p, 0), ==, 0);
    qcxl_stop(t);
    qcxl_file_free(second);
    pool_free(p);
}

static void test_interleaved(void)
{
    interleaved("linear");
    interleaved("exact");
}

/* Bytes of memory that a process alone can write to */
static uint64_t private_bytes(pid_t pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/status", pid);
    g_autofree char *text = NULL;
    const char *line;

    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    line = strstr(text, "VmData:");
    g_assert(line);
    return g_ascii_strtoull(line + strlen("VmData:"), NULL, 10) * 1024;
}

/* Two mappings of the partition are replaced, and the third cannot be */
static void take_half(Pool *p, pid_t pid)
{
    struct rlimit old, few;

    g_assert_cmpint(prlimit(pid, RLIMIT_DATA, NULL, &old), ==, 0);
    few = old;
    few.rlim_cur = private_bytes(pid) + QCXL_UNIT + QCXL_UNIT / 2;
    g_assert_cmpint(prlimit(pid, RLIMIT_DATA, &few, NULL), ==, 0);
    g_assert_cmpint(tool(p, "set-access", "0=none --timeout 100"), ==, 1);
    g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
    g_assert_cmpint(prlimit(pid, RLIMIT_DATA, &old, NULL), ==, 0);
}

/* What could be taken only halfway, and is given back, is all there */
static void test_torn(void)
{
    Pool *p = pool_new();
    QCxlTopo *t;
    uint64_t base;
    bool owes = true;

    if (getenv("CXL_PATIENCE")) {
        g_test_skip("a QEMU under sanitizers ends where it gets no memory");
        pool_free(p);
        return;
    }
    /* So that it is the pool that gets no memory, and not QEMU's heap */
    g_setenv("MALLOC_TOP_PAD_", "67108864", true);
    t = start(p, "");
    g_unsetenv("MALLOC_TOP_PAD_");
    base = map(t);
    take_half(p, qtest_pid(t->qts));
    g_assert_cmpint(tool(p, "set-access", "0=shared"), ==, 0);
    g_assert_cmpint(kill(qtest_pid(t->qts), SIGCONT), ==, 0);
    for (unsigned i = 0; owes; i++) {
        QDict *device = query(t);

        owes = qdict_get_bool(device, "pool.heads.0.owes");
        qobject_unref(device);
        g_assert_cmpint(i, <, PATIENCE_MS);
        g_usleep(1000);
    }
    g_assert(attached(t));
    check_rights(p, t, base, 0, QCXL_UNIT, true, true);
    qcxl_stop(t);
    pool_free(p);
}

/* A guest that may only read can have nothing erased either */
static void test_erase(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, "");

    memset(p->memory->map, 0x77, 8);
    set_range(p, "254M+2M 0=read-only");
    /* Sanitize, Secure Erase */
    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0), 0x4400, NULL, 0, NULL,
                                 NULL), ==, 3);
    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0), 0x4401, NULL, 0, NULL,
                                 NULL), ==, 3);
    g_assert_cmphex(in_file(p, 0), ==, WORD(7));
    qcxl_stop(t);
    pool_free(p);
}

/* What others believe about the memory cannot be saved */
static void test_savevm(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, "");
    g_autofree char *text = qtest_hmp(t->qts, "savevm one");

    g_test_message("%s", text);
    g_assert(strstr(text, "Error"));
    qcxl_stop(t);
    pool_free(p);
}

#define SET(changes) "{'execute': 'cxl-pool-set-access', 'arguments':" \
                     " {'path': 'd', 'timeout': 20000, 'changes': [" \
                     changes "]}}"
#define FENCE(head)  "{'execute': 'cxl-pool-fence', 'arguments':" \
                     " {'path': 'd', 'timeout': 100, 'head': " head "}}"

/* Rights change hands by QMP: when it answers, this machine has changed */
static void test_qmp(void)
{
    const uint64_t m = QCXL_MIB;
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ""), *other = start(p, "");
    uint64_t base = map(t), at_other = map(other);
    QDict *event;

    command(t, SET("{'heads': [0, 1], 'start': 0, 'length': 8388608,"
                   " 'right': 'none'}, {'heads': [0], 'start': 4194304,"
                   " 'length': 2097152, 'right': 'read-only'}"), NULL);
    check_rights(p, t, base, 0, 4 * m, false, false);
    check_rights(p, t, base, 4 * m, 6 * m, true, false);
    check_rights(p, t, base, 8 * m, QCXL_UNIT, true, true);
    check_rights(p, other, at_other, 0, 8 * m, false, false);
    command(other, SET("{'heads': [0], 'access': 'none'},"
                       "{'heads': [1], 'access': 'exclusive'}"), NULL);
    g_assert(!attached(t));
    check_rights(p, other, at_other, 8 * m, QCXL_UNIT, true, true);
    event = qtest_qmp_eventwait_ref(other->qts, "CXL_POOL_CHANGED");
    g_assert(qdict_get_bool(qdict_get_qdict(event, "data"), "attached"));
    qobject_unref(event);
    command(t, SET("{'heads': [0], 'access': 'shared'}"),
            "somebody has exclusive access: head 1, process ");
    command(t, SET("{'heads': [1], 'access': 'read-only'},"
                   "{'heads': [0], 'access': 'shared'}"), NULL);
    g_assert(attached(t));
    check_rights(p, other, at_other, 8 * m, QCXL_UNIT, true, false);

    command(t, SET("{'heads': [64], 'access': 'none'}"), "from 0 to 63");
    command(t, SET("{'heads': [], 'access': 'none'}"), "name one at least");
    command(t, SET("{'heads': [0]}"), "a change has access, or start");
    command(t, SET("{'heads': [0], 'start': 1, 'length': 2, 'right': 'none'}"),
            "a range is of whole 2 MiB");
    command(t, SET("{'heads': [5], 'access': 'none'}"), "nobody has the head");
    command(t, FENCE("64"), "head must be 0 to 63");
    command(t, "{'execute': 'cxl-pool-fence', 'arguments': {'path': 'd',"
               " 'timeout': 60001, 'head': 1}}", "at most 60000");
    qcxl_stop(other);
    qcxl_stop(t);
    pool_free(p);
}

/* One that has stopped does not answer, and obeys as soon as it goes on */
static void test_fence(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ""), *other = start(p, ""), *third = start(p, "");
    pid_t pid = qtest_pid(other->qts);
    uint64_t at_other = map(other);

    qtest_writeq(other->qts, at_other, WORD(1));
    g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
    command(t, FENCE("1"), "is shut out but does not answer for 100 ms");
    command(t, SET("{'heads': [0], 'access': 'exclusive'},"
                   "{'heads': [2], 'access': 'none'}"),
            "somebody has not let go of what was taken away: head 1, process ");
    g_assert_cmpint(kill(pid, SIGCONT), ==, 0);
    command(t, "{'execute': 'cxl-pool-fence', 'arguments': {'path': 'd',"
               " 'head': 1}}", NULL);
    qtest_writeq(other->qts, at_other, WORD(2));
    g_assert_cmphex(in_file(p, 0), ==, WORD(1));
    g_assert(!attached(other));
    /* Each fences the other: both are told so, and live */
    command(t, FENCE("2"), NULL);
    command(third, "{'execute': 'cxl-pool-fence', 'arguments': {'path': 'd',"
                   " 'head': 0}}", NULL);
    wait_attached(t, false);
    wait_attached(third, false);
    command(t, "{'execute': 'cxl-pool-fence', 'arguments': {'path': 'd',"
               " 'head': 0}}", NULL);
    qcxl_stop(third);
    qcxl_stop(other);
    qcxl_stop(t);
    pool_free(p);
}

/* QEMU ends when it is told to, and not when others have answered */
static void test_end(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ""), *other = start(p, "");
    pid_t pid = qtest_pid(other->qts);
    g_autofree char *before = NULL, *now = NULL;
    size_t size;

    g_assert(g_file_get_contents(p->state, &before, &size, NULL));
    g_assert_cmpint(kill(pid, SIGSTOP), ==, 0);
    qtest_qmp_send_raw(t->qts, "{'execute': 'cxl-pool-fence', 'arguments':"
                       " {'path': 'd', 'timeout': 60000, 'head': 1}}");
    do {
        g_free(now);
        g_usleep(1000);
        g_assert(g_file_get_contents(p->state, &now, &size, NULL));
    } while (!memcmp(before, now, size));
    /* libqtest kills it after 30 seconds, and fails then */
    qcxl_stop(t);
    g_assert_cmpint(kill(pid, SIGCONT), ==, 0);
    qcxl_stop(other);
    pool_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/pool-rights/read-only", test_read_only);
    qtest_add_func("/cxl/pool-rights/mem-lock", test_mem_lock);
    qtest_add_func("/cxl/pool-rights/ranges", test_ranges);
    qtest_add_func("/cxl/pool-rights/poison", test_poison);
    qtest_add_func("/cxl/pool-rights/many", test_many);
    qtest_add_func("/cxl/pool-rights/interleaved", test_interleaved);
    qtest_add_func("/cxl/pool-rights/torn", test_torn);
    qtest_add_func("/cxl/pool-rights/erase", test_erase);
    qtest_add_func("/cxl/pool-rights/qmp", test_qmp);
    qtest_add_func("/cxl/pool-rights/fence", test_fence);
    qtest_add_func("/cxl/pool-rights/end", test_end);
    qtest_add_func("/cxl/pool-rights/savevm", test_savevm);
    return g_test_run();
}
