/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools: several QEMUs that are heads of one memory
 */
#include "qemu/osdep.h"
#include "cxl-pool.h"

/* Two QEMUs have one memory, and say that it is the same */
static void test_join(void)
{
    Pool *p = pool_new();
    QCxlTopo *a = start(p, ""), *b = start(p, ",head=7");
    uint64_t at_a = map(a), at_b = map(b);

    g_assert_cmpint(number(a, "pool.head"), ==, 0);
    g_assert_cmpint(number(b, "pool.head"), ==, 7);
    g_assert_cmphex(number(a, "serial"), ==, number(b, "serial"));
    g_assert_cmphex(number(a, "serial"), !=, 0);
    qtest_writeq(a->qts, at_a + 0x1000, 0x1122334455667788);
    g_assert_cmphex(qtest_readq(b->qts, at_b + 0x1000), ==,
                    0x1122334455667788);
    g_assert_cmpint(tool(p, "check", ""), ==, 0);
    qcxl_stop(a);
    qcxl_stop(b);
    pool_free(p);
}

/* A head is free as soon as its QEMU is dead, and the memory is as it was */
static void test_kill(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ",access=exclusive");
    uint64_t at = map(t);

    qtest_writeq(t->qts, at, 42);
    for (unsigned i = 0; i < 3; i++) {
        qcxl_kill(t);
        t = start(p, ",head=0,access=exclusive");
        at = map(t);
        g_assert_cmphex(qtest_readq(t->qts, at), ==, 42 + i);
        qtest_writeq(t->qts, at, 43 + i);
    }
    qcxl_stop(t);
    pool_free(p);
}

/* cxl-pool says "fenced", and from then on nothing reaches the file */
static void test_fence(void)
{
    Pool *p = pool_new();
    QCxlTopo *a = start(p, ""), *b = start(p, "");
    uint64_t at_a = map(a), at_b = map(b);

    qtest_writeq(a->qts, at_a, 1);
    g_assert_cmpint(tool(p, "fence", "--head 0"), ==, 0);
    g_assert(!attached(a));
    qtest_writeq(a->qts, at_a, 2);
    g_assert_cmphex(qtest_readq(a->qts, at_a), ==, UINT64_MAX);
    g_assert_cmphex(in_file(p, 0), ==, 1);
    g_assert(!qcxl_has_ram(a, at_a, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(b->qts, at_b), ==, 1);
    qtest_writeq(b->qts, at_b, 3);
    g_assert_cmphex(in_file(p, 0), ==, 3);
    g_assert(attached(b));
    /* Resets do not bring it back */
    qcxl_reset(a);
    g_assert(!attached(a));
    g_assert_cmpint(qcxl_count(a, 0x8086, 0x0d93), ==, 0);
    /* Its head is shut until the host is gone, and somebody opens it */
    g_assert_cmpint(tool(p, "reclaim", "--head 0"), ==, 1);
    qcxl_stop(a);
    g_assert_cmpint(tool(p, "reclaim", "--head 0"), ==, 0);
    a = start(p, ",head=0");
    g_assert_cmphex(qtest_readq(a->qts, map(a)), ==, 3);
    qcxl_stop(a);
    qcxl_stop(b);
    pool_free(p);
}

/* What is taken away can be given back: the guest sees the device come */
static void test_give_back(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, "");
    uint64_t at = map(t);

    for (unsigned i = 0; i < 3; i++) {
        qtest_writeq(t->qts, at + 8 * i, i + 1);
        g_assert_cmpint(tool(p, "set-access", "0=none"), ==, 0);
        g_assert(!attached(t));
        qtest_writeq(t->qts, at + 8 * i, 99);
        g_assert_cmphex(in_file(p, 8 * i), ==, i + 1);
        g_assert_cmpint(tool(p, "set-access", "0=shared"), ==, 0);
        wait_attached(t, true);
        qcxl_scan(t);
        at = map(t);
        g_assert_cmphex(qtest_readq(t->qts, at + 8 * i), ==, i + 1);
    }
    qcxl_stop(t);
    pool_free(p);
}

/* The head comes back when nobody refers to the memory any more */
static void test_leave(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ",access=exclusive"), *other;

    qtest_qmp_assert_success(t->qts, "{ 'execute': 'qom-set', 'arguments': {"
                             " 'path': '/machine/peripheral/d',"
                             " 'property': 'realized', 'value': false } }");
    for (unsigned i = 0; tool(p, "reclaim", "--head 0"); i++) {
        g_assert_cmpint(i, <, PATIENCE_MS / 10);
        g_usleep(10000);
    }
    other = start(p, ",head=0,access=exclusive");
    qcxl_stop(other);
    qcxl_stop(t);
    pool_free(p);
}

/* What nobody has written, nobody obeys; and nobody ends */
static void test_damage(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, "");
    uint64_t at = map(t);
    int fd = open(p->state, O_RDWR);

    g_assert_cmpint(pwrite(fd, "x", 1, 4096 + 9), ==, 1);
    g_assert_cmpint(pwrite(fd, "x", 1, 4096 + 73728 + 9), ==, 1);
    g_assert_cmpint(tool(p, "check", ""), ==, 1);
    g_usleep(100000);
    qtest_writeq(t->qts, at, 5);
    g_assert_cmphex(in_file(p, 0), ==, 5);
    g_assert(attached(t));
    g_assert_cmpint(ftruncate(fd, 0), ==, 0);
    g_usleep(100000);
    g_assert(attached(t));
    unlink(p->state);
    g_usleep(100000);
    g_assert(attached(t));
    qtest_writeq(t->qts, at, 6);
    g_assert_cmphex(in_file(p, 0), ==, 6);
    close(fd);
    qcxl_stop(t);
    pool_free(p);
}

/* Loads and stores are of the file's bytes, or of nobody's */
static void check_sane(Pool *p, QCxlTopo *t, uint64_t at, uint64_t value)
{
    uint64_t before = in_file(p, 0), loaded;

    qtest_writeq(t->qts, at, value);
    loaded = qtest_readq(t->qts, at);
    if (in_file(p, 0) == value) {
        g_assert_cmphex(loaded, ==, value);
    } else {
        g_assert_cmphex(in_file(p, 0), ==, before);
        g_assert(loaded == before || loaded == UINT64_MAX);
    }
}

/* Somebody writes whatever he likes to the state, while members run */
static void test_hostile(void)
{
    Pool *p = pool_new();
    QCxlTopo *a = start(p, ""), *b = start(p, "");
    uint64_t at_a = map(a), at_b = map(b);
    int fd = open(p->state, O_RDWR);
    struct stat st;

    g_assert(!fstat(fd, &st));
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t bytes[256];
        size_t size = g_test_rand_int_range(1, i % 16 ? 9 : sizeof(bytes));

        for (unsigned n = 0; n < size; n++) {
            bytes[n] = g_test_rand_int_range(0, 256);
        }
        g_assert(pwrite(fd, bytes, size,
                        g_test_rand_int_range(0, st.st_size - 256)) > 0);
        if (i % 1000 == 0) {
            check_sane(p, a, at_a, i + 1);
            check_sane(p, b, at_b, i + 2);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        g_assert(!ftruncate(fd, g_test_rand_int_range(0, st.st_size)));
        g_usleep(20000);
        check_sane(p, a, at_a, 77 + i);
        number(b, "pool.generation");
    }
    close(fd);
    qcxl_stop(a);
    qcxl_stop(b);
    pool_free(p);
}

/* A second device, in a QEMU of its own: refused with these words */
static void refuse(Pool *p, const char *path, const char *options,
                   const char *words)
{
    QTestState *qts = qtest_initf(
        "-machine q35,cxl=on -device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
        "-object memory-backend-file,id=m,share=on,mem-path=%s,size=%s", path,
        strstr(options, "512M") ? "512M" : "256M");
    g_autofree char *json = g_strdup_printf(
        "{ 'execute': 'device_add', 'arguments': { 'driver': 'cxl-type3',"
        " 'id': 'd', 'bus': 'rp0', 'volatile-memdev': 'm', 'pool': '%s'%s } }",
        p->state, strstr(options, "512M") ? "" : options);
    QDict *answer;
    const char *text;

    qtest_qmp_send_raw(qts, "%s", json);
    answer = qtest_qmp_receive(qts);
    text = qdict_get_try_str(qdict_get_qdict(answer, "error"), "desc");
    g_test_message("%s", text);
    g_assert(text && strstr(text, words));
    qobject_unref(answer);
    qtest_quit(qts);
}

/* Bytes of the file that are wrong before anybody joins: one sentence */
static void test_corrupted(void)
{
    Pool *p = pool_new();
    const char *path = p->memory->path;
    g_autofree char *bytes = NULL;
    gsize size;
    int fd;

    g_assert_cmpint(tool(p, "create", "--volatile 256M"), ==, 0);
    g_assert(g_file_get_contents(p->state, &bytes, &size, NULL));
    fd = open(p->state, O_RDWR);
    g_assert(pwrite(fd, "x", 1, 0) == 1);
    refuse(p, path, "", p->state);
    g_assert(pwrite(fd, bytes, 1, 0) == 1);
    g_assert(!ftruncate(fd, size - 1));
    refuse(p, path, "", p->state);
    g_assert(!ftruncate(fd, size + 1));
    refuse(p, path, "", p->state);
    close(fd);
    unlink(p->state);
    g_assert(!mkdir(p->state, 0700));
    refuse(p, path, "", "Is a directory");
    rmdir(p->state);
    pool_free(p);
}

static void test_refused(void)
{
    Pool *p = pool_new();
    QCxlFile *large = qcxl_file_new(2 * QCXL_UNIT);
    QCxlFile *other = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = start(p, ",head=5,sn=0x77");
    const char *path = p->memory->path;
    g_autofree char *state = g_strdup_printf("%s.second", path);
    Pool second = { .state = state };

    refuse(p, path, ", 'head': 5", "the head is taken: head 5, process ");
    refuse(p, path, ", 'head': 64", "heads are numbered from 0 to 63");
    refuse(p, path, ", 'access': 'exclusive'",
           "somebody else has access: head 5, process ");
    refuse(p, path, ", 'access': 'some'",
           "it is shared, read-only or exclusive");
    refuse(p, path, ", 'sn': 120", "the pool has another serial number");
    refuse(p, large->path, "512M", "the pool has other partitions");
    refuse(p, other->path, "", "the pool's memory is another file: head 5");
    refuse(&second, path, "", "the memory is in another pool");
    unlink(second.state);
    g_assert_cmpint(tool(p, "fence", "--head 1"), ==, 0);
    refuse(p, path, ", 'head': 1", "the head is fenced: head 1");
    g_assert_cmphex(number(t, "serial"), ==, 0x77);
    g_assert(attached(t));
    qcxl_stop(t);
    qcxl_file_free(large);
    qcxl_file_free(other);
    pool_free(p);
}

/* Returns an open file of its own that has the lock */
static int lock(const char *path, short type, off_t start, off_t length)
{
    struct flock l = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = start,
        .l_len = length,
    };
    int fd = open(path, O_RDWR);

    g_assert_cmpint(fcntl(fd, F_OFD_SETLK, &l), ==, 0);
    return fd;
}

/* Members do what they do while nobody can change anything, ending included */
static void test_locked(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ""), *other = start(p, "");
    g_autofree char *who = NULL;
    uint64_t at = map(t);
    int fd = lock(p->state, F_WRLCK, 0, 1);
    QDict *answer;
    const char *text;

    who = g_strdup_printf("has been locked by process %d (", getpid());
    answer = qtest_qmp(t->qts, "{'execute': 'cxl-pool-set-access', 'arguments':"
                               " {'path': 'd', 'changes': [{'heads': [1],"
                               " 'access': 'none'}]}}");
    text = qdict_get_str(qdict_get_qdict(answer, "error"), "desc");
    g_test_message("%s", text);
    g_assert(strstr(text, who));
    qobject_unref(answer);
    refuse(p, p->memory->path, "", who);
    qtest_writeq(t->qts, at, 7);
    g_assert_cmphex(in_file(p, 0), ==, 7);
    g_assert(attached(t) && attached(other));
    qcxl_stop(other);
    g_assert_cmpint(tool(p, "status", ""), ==, 0);
    close(fd);
    other = start(p, ",head=1");
    qcxl_stop(other);
    qcxl_stop(t);
    pool_free(p);
}

/* Locks of what is no member: nobody joins as what they stand for */
static void test_locked_heads(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ",head=9");
    uint64_t at = map(t);
    int low = lock(p->state, F_WRLCK, 1024, 9);
    int high = lock(p->state, F_WRLCK, 1034, 1 << 20);

    refuse(p, p->memory->path, "", "no head is free");
    refuse(p, p->memory->path, ", 'head': 63", "the head is taken: head 63");
    g_assert_cmpint(tool(p, "set-access", "9=read-only"), ==, 0);
    qtest_writeq(t->qts, at, 7);
    g_assert_cmphex(in_file(p, 0), ==, 0);
    close(low);
    close(high);
    low = lock(p->memory->path, F_RDLCK, 1ll << 62, 1ll << 61);
    refuse(p, p->memory->path, "", "the memory is in another pool");
    close(low);
    qcxl_stop(t);
    pool_free(p);
}

/* Whoever may only read the file keeps nobody out who takes any head */
static void test_locked_by_readers(void)
{
    Pool *p = pool_new();
    QCxlTopo *t = start(p, ""), *other;
    int low = lock(p->state, F_RDLCK, 1025, 2);
    int all;

    other = start(p, "");
    g_assert_cmphex(number(t, "pool.head"), ==, 0);
    g_assert_cmphex(number(other, "pool.head"), ==, 3);
    refuse(p, p->memory->path, ", 'head': 2", "has been locked by process");
    all = lock(p->state, F_RDLCK, 1028, 60);
    refuse(p, p->memory->path, "", "no head is free");
    g_assert_cmpint(tool(p, "fence", "--head 0"), ==, 0);
    g_assert(!attached(t));
    close(low);
    close(all);
    qcxl_stop(other);
    qcxl_stop(t);
    pool_free(p);
}

/* Eight at one time, in any order, on a memory without a pool as yet */
static void test_eight(void)
{
    Pool *p = pool_new();
    QCxlTopo *t[8];
    uint64_t heads = 0;

    for (unsigned i = 0; i < 8; i++) {
        t[i] = start(p, "");
    }
    for (unsigned i = 0; i < 8; i++) {
        heads |= 1ull << number(t[i], "pool.head");
        qtest_writeq(t[i]->qts, map(t[i]) + 8 * i, i + 1);
    }
    g_assert_cmphex(heads, ==, 0xff);
    for (unsigned i = 0; i < 8; i++) {
        g_assert_cmphex(in_file(p, 8 * i), ==, i + 1);
        qcxl_stop(t[i]);
    }
    pool_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/pool/join", test_join);
    qtest_add_func("/cxl/pool/kill", test_kill);
    qtest_add_func("/cxl/pool/fence", test_fence);
    qtest_add_func("/cxl/pool/give-back", test_give_back);
    qtest_add_func("/cxl/pool/leave", test_leave);
    qtest_add_func("/cxl/pool/damage", test_damage);
    qtest_add_func("/cxl/pool/refused", test_refused);
    qtest_add_func("/cxl/pool/hostile", test_hostile);
    qtest_add_func("/cxl/pool/corrupted", test_corrupted);
    qtest_add_func("/cxl/pool/locked", test_locked);
    qtest_add_func("/cxl/pool/locked-heads", test_locked_heads);
    qtest_add_func("/cxl/pool/locked-by-readers", test_locked_by_readers);
    qtest_add_func("/cxl/pool/eight", test_eight);
    return g_test_run();
}
