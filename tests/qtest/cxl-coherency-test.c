/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software-managed coherency as accesses from outside of a vCPU find it: what
 * is in the cache and what is in memory, who is evicted and when, devices that
 * access memory through the cache, and what becomes of dirty lines at the end
 *
 * What processors do to caches is in tests/bare/coherency.c.
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"

#define LINE            64
#define LINES           4096

/* The device for teaching: one DMA engine, with a buffer in the device */
#define EDU_DEVFN       (5 << 3)
#define EDU_BAR         0xfe900000
#define EDU_SOURCE      0x80
#define EDU_TARGET      0x88
#define EDU_COUNT       0x90
#define EDU_COMMAND     0x98
#define EDU_RUN         1
#define EDU_TO_MEMORY   2
#define EDU_BUFFER      0x40000
#define EDU_NS          (200 * 1000 * 1000ll)

#define SCRATCH         0x1000000

typedef struct Running {
    QCxlTopo *t;
    QCxlFile *file;
    QCxlFile *labels;
    uint64_t base;
} Running;

static void map(Running *r)
{
    r->base = r->t->window[0].base;
    qcxl_map(r->t, qcxl_endpoint(r->t, 0), r->base, QCXL_UNIT);
}

/* @kind is volatile or persistent, @options those of the machine */
static Running start(const char *kind, const char *options)
{
    Running r = {
        .file = qcxl_file_new(QCXL_UNIT), .labels = qcxl_file_new(4096),
    };

    r.t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=h,cxl-fmw.0.size=1G%s "
        "-device pxb-cxl,id=h,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=h,port=0,slot=0 "
        "-object memory-backend-file,id=m0,share=on,mem-path=%s,size=256M "
        "-object memory-backend-file,id=l0,share=on,mem-path=%s,size=4k "
        "-device cxl-type3,id=d0,bus=rp0,%s-memdev=m0,lsa=l0 "
        "-device edu,bus=pcie.0,addr=5.0,dma_mask=0xffffffffffffffff",
        options, r.file->path, r.labels->path, kind);
    map(&r);
    return r;
}

static void free_files(Running *r)
{
    qcxl_file_free(r->file);
    qcxl_file_free(r->labels);
}

static void stop(Running *r)
{
    qcxl_stop(r->t);
    free_files(r);
}

/* A counter of query-cxl, or -1 when there is no cache */
static int64_t counter(const Running *r, const char *name)
{
    g_autofree char *key = g_strdup_printf("coherency.%s", name);
    QDict *answer = qcxl_query(r->t);
    int64_t value;

    value = qdict_get_try_int(answer, key, -1);
    qobject_unref(answer);
    return value;
}

static void check(const Running *r, const char *name, int64_t value)
{
    g_assert_cmpint(counter(r, name), ==, value);
}

static void test_hardware(void)
{
    Running r = start("volatile", "");

    g_assert(qcxl_is_ram(r.t, r.base, QCXL_UNIT));
    qtest_writeq(r.t->qts, r.base, 1);
    g_assert_cmphex(ldq_le_p(r.file->map), ==, 1);
    check(&r, "fetched", -1);
    stop(&r);
}

static void test_stale(void)
{
    Running r = start("volatile", ",cxl-coherency=software");

    g_assert(!qcxl_has_ram(r.t, r.base, QCXL_UNIT));
    stq_le_p(r.file->map + 8, 7);
    qtest_writeq(r.t->qts, r.base, 1);
    g_assert_cmphex(qtest_readq(r.t->qts, r.base), ==, 1);
    g_assert_cmphex(qtest_readq(r.t->qts, r.base + 8), ==, 7);
    stq_le_p(r.file->map + 8, 8);
    g_assert_cmphex(qtest_readq(r.t->qts, r.base + 8), ==, 7);
    g_assert_cmphex(ldq_le_p(r.file->map), ==, 0);
    check(&r, "lines", 524288);
    check(&r, "present", 1);
    check(&r, "dirty", 1);
    check(&r, "fetched", 1);
    check(&r, "written-back", 0);

    /* Two lines */
    qtest_writeq(r.t->qts, r.base + 2 * LINE - 4, 0x1122334455667788);
    g_assert_cmphex(qtest_readq(r.t->qts, r.base + 2 * LINE - 4), ==,
                    0x1122334455667788);
    check(&r, "dirty", 3);
    stop(&r);
}

/* How many of the lines that were stored are in memory */
static unsigned in_memory(const Running *r)
{
    unsigned n = 0;

    for (unsigned i = 0; i < LINES; i++) {
        uint64_t value = ldq_le_p(r->file->map + i * LINE);

        g_assert(!value || value == i + 1);
        n += value != 0;
    }
    return n;
}

static void fill(const Running *r)
{
    for (unsigned i = 0; i < LINES; i++) {
        qtest_writeq(r->t->qts, r->base + i * LINE, i + 1);
    }
}

static void test_capacity(void)
{
    static const unsigned capacities[] = { 1, 2, 1000, LINES };

    for (unsigned n = 0; n < ARRAY_SIZE(capacities); n++) {
        g_autofree char *options = g_strdup_printf(
            ",cxl-coherency=software,cxl-coherency-lines=%u", capacities[n]);
        Running r = start("volatile", options);

        fill(&r);
        g_assert_cmpuint(in_memory(&r), ==, LINES - capacities[n]);
        check(&r, "present", capacities[n]);
        check(&r, "evicted", LINES - capacities[n]);
        check(&r, "written-back", LINES - capacities[n]);
        check(&r, "lost-updates", 0);
        for (unsigned i = 0; i < LINES; i++) {
            g_assert_cmphex(qtest_readq(r.t->qts, r.base + i * LINE), ==,
                            i + 1);
        }
        stop(&r);
    }
}

/* Who is evicted depends on the seed and on nothing else */
static void test_seed(void)
{
    static const char *const seeds[] = { "5", "5", "6" };
    g_autofree uint8_t *first = g_malloc(LINES * LINE);

    for (unsigned n = 0; n < ARRAY_SIZE(seeds); n++) {
        g_autofree char *options = g_strdup_printf(
            ",cxl-coherency=software,cxl-coherency-lines=1000,"
            "cxl-coherency-seed=%s", seeds[n]);
        Running r = start("volatile", options);

        fill(&r);
        if (n == 0) {
            memcpy(first, r.file->map, LINES * LINE);
        } else {
            g_assert_cmpint(!memcmp(first, r.file->map, LINES * LINE), ==,
                            n == 1);
        }
        stop(&r);
    }
}

static void test_timer(void)
{
    Running r = start("volatile", ",cxl-coherency=software,"
                      "cxl-coherency-timer=100");
    unsigned before = 0;

    fill(&r);
    g_assert_cmpuint(in_memory(&r), ==, 0);
    for (unsigned i = 0; i < 100; i++) {
        unsigned now;

        qtest_clock_step(r.t->qts, 100 * 1000 * 1000);
        now = in_memory(&r);
        g_assert_cmpuint(now, >=, before);
        before = now;
    }
    g_assert_cmpuint(before, ==, LINES);
    check(&r, "present", 0);
    check(&r, "evicted", LINES);
    stop(&r);
}

static void test_lost_update(void)
{
    Running r = start("volatile", ",cxl-coherency=software,"
                      "cxl-coherency-lines=1");

    qtest_writeq(r.t->qts, r.base, 1);
    stq_le_p(r.file->map + 8, 2);
    qtest_readq(r.t->qts, r.base + LINE);
    g_assert_cmphex(ldq_le_p(r.file->map), ==, 1);
    g_assert_cmphex(ldq_le_p(r.file->map + 8), ==, 0);
    check(&r, "lost-updates", 1);
    stop(&r);
}

static void edu_run(const Running *r, uint64_t source, uint64_t target,
                    unsigned len, unsigned command)
{
    QTestState *qts = r->t->qts;

    qtest_writeq(qts, EDU_BAR + EDU_SOURCE, source);
    qtest_writeq(qts, EDU_BAR + EDU_TARGET, target);
    qtest_writeq(qts, EDU_BAR + EDU_COUNT, len);
    qtest_writeq(qts, EDU_BAR + EDU_COMMAND, EDU_RUN | command);
    qtest_clock_step(qts, EDU_NS);
    g_assert_cmphex(qtest_readq(qts, EDU_BAR + EDU_COMMAND) & EDU_RUN, ==, 0);
}

/* A device copies, by way of its buffer */
static void copy(const Running *r, uint64_t source, uint64_t target,
                 unsigned len)
{
    edu_run(r, source, EDU_BUFFER, len, 0);
    edu_run(r, EDU_BUFFER, target, len, EDU_TO_MEMORY);
}

/* A device of this host sees what its processors see, and the other way */
static void test_dma(void)
{
    const QCxlFunction edu = { .devfn = EDU_DEVFN };
    uint8_t out[1000], in[1000], zero[1000] = { };
    Running r = start("volatile", ",cxl-coherency=software");

    qcxl_config_write(r.t, &edu, 0x10, 4, EDU_BAR);
    qcxl_config_write(r.t, &edu, 0x04, 2, 0x0006);
    for (unsigned i = 0; i < sizeof(out); i++) {
        out[i] = i * 7 + 1;
    }
    /* What is in the cache alone goes out, what memory has since does not */
    qtest_memwrite(r.t->qts, r.base + 100, out, sizeof(out));
    memset(r.file->map + 100, 0xee, 64);
    copy(&r, r.base + 100, SCRATCH, sizeof(out));
    qtest_memread(r.t->qts, SCRATCH, in, sizeof(in));
    g_assert(!memcmp(in, out, sizeof(out)));
    /* What comes in is in the cache alone */
    copy(&r, SCRATCH, r.base + 5000, sizeof(out));
    g_assert(!memcmp(r.file->map + 5000, zero, sizeof(zero)));
    qtest_memread(r.t->qts, r.base + 5000, in, sizeof(in));
    g_assert(!memcmp(in, out, sizeof(out)));
    check(&r, "written-back", 0);
    stop(&r);
}

static void test_reset(void)
{
    Running r = start("volatile", ",cxl-coherency=software");

    qtest_writeq(r.t->qts, r.base, 1);
    qtest_readq(r.t->qts, r.base + LINE);
    qcxl_reset(r.t);
    check(&r, "present", 0);
    check(&r, "dropped", 1);
    map(&r);
    g_assert_cmphex(qtest_readq(r.t->qts, r.base), ==, 0);
    stop(&r);
}

/* Who loses the way to memory loses what is not there yet */
static void test_uncommit(void)
{
    Running r = start("volatile", ",cxl-coherency=software");
    QCxlFunction *f = qcxl_endpoint(r.t, 0);

    qtest_writeq(r.t->qts, r.base, 1);
    g_assert(qcxl_uncommit(r.t, f->hdm, 0));
    check(&r, "present", 0);
    check(&r, "dropped", 1);
    stq_le_p(r.file->map + LINE, 5);
    qcxl_commit(r.t, f->hdm, 0, &(QCxlDecoder) {
        .base = r.base, .size = QCXL_UNIT,
    });
    g_assert_cmphex(qtest_readq(r.t->qts, r.base), ==, 0);
    g_assert_cmphex(qtest_readq(r.t->qts, r.base + LINE), ==, 5);
    stop(&r);
}

static void test_volatile_exit(void)
{
    Running r = start("volatile", ",cxl-coherency=software");

    qtest_writeq(r.t->qts, r.base, 1);
    qcxl_stop(r.t);
    g_assert_cmphex(ldq_le_p(r.file->map), ==, 0);
    free_files(&r);
}

static void test_persistent_exit(void)
{
    Running r = start("persistent", ",cxl-coherency=software");

    qtest_writeq(r.t->qts, r.base, 1);
    qcxl_reset(r.t);
    check(&r, "dropped", 0);
    g_assert_cmphex(ldq_le_p(r.file->map), ==, 1);
    map(&r);
    qtest_writeq(r.t->qts, r.base, 2);
    qcxl_stop(r.t);
    g_assert_cmphex(ldq_le_p(r.file->map), ==, 2);
    free_files(&r);
}

static void test_persistent_kill(void)
{
    Running r = start("persistent", ",cxl-coherency=software");

    qtest_writeq(r.t->qts, r.base, 1);
    qcxl_kill(r.t);
    g_assert_cmphex(ldq_le_p(r.file->map), ==, 0);
    free_files(&r);
}

/* What is cached of a device that is taken away goes with it */
static void test_unplug(void)
{
    Running r = start("volatile", ",cxl-coherency=software");

    qtest_writeq(r.t->qts, r.base, 1);
    qtest_qmp_assert_success(r.t->qts, "{ 'execute': 'qom-set',"
                             " 'arguments': { 'path': 'd0', 'property':"
                             " 'realized', 'value': false } }");
    check(&r, "present", 0);
    check(&r, "dropped", 1);
    g_assert_cmphex(qtest_readq(r.t->qts, r.base), ==, UINT64_MAX);
    check(&r, "present", 0);
    stop(&r);
}

#define SET(what) "{ 'execute': 'qom-set', 'arguments': {" \
                  " 'path': '/machine', 'property': " what " } }"

/* No option changes in a machine that runs, with CXL or without */
static void test_fixed(void)
{
    static const char *const machines[] = {
        "-machine q35", "-machine q35,cxl=on",
        "-machine q35,cxl=on,cxl-coherency=software",
    };
    static const char *const commands[] = {
        SET("'cxl', 'value': true"),
        SET("'cxl-fmw', 'value': []"),
        SET("'cxl-coherency', 'value': 'software'"),
        SET("'cxl-coherency', 'value': 'hardware'"),
        SET("'cxl-coherency-lines', 'value': 2"),
        SET("'cxl-coherency-seed', 'value': 2"),
        SET("'cxl-coherency-timer', 'value': 2"),
    };

    for (unsigned m = 0; m < ARRAY_SIZE(machines); m++) {
        QTestState *qts = qtest_init(machines[m]);

        for (unsigned n = 0; n < ARRAY_SIZE(commands); n++) {
            QDict *answer = qtest_qmp(qts, commands[n], NULL);
            QDict *error = qdict_get_qdict(answer, "error");

            g_assert(error);
            g_assert(strstr(qdict_get_str(error, "desc"), "cannot change"));
            qobject_unref(answer);
        }
        qtest_quit(qts);
    }
}

/* Reads as a debugger does; returns whether it could */
static bool look_on(const Running *r, uint64_t address)
{
    g_autofree char *file = g_strdup_printf("/tmp/cxl-saved-%d", getpid());
    QDict *answer = qtest_qmp(
        r->t->qts, "{ 'execute': 'memsave', 'arguments': { 'val': %" PRIu64
        ", 'size': 8, 'filename': %s } }", address, file);
    bool could = qdict_haskey(answer, "return");

    qobject_unref(answer);
    unlink(file);
    return could;
}

/* A debugger that comes across poison changes nothing */
static void test_poison_debugged(void)
{
    Running r = start("volatile", ",cxl-coherency=software");

    qtest_writeq(r.t->qts, r.base, 1);
    qtest_qmp_assert_success(
        r.t->qts, "{ 'execute': 'cxl-inject-poison', 'arguments': {"
        " 'path': 'd0', 'start': 0, 'length': 64 } }");
    check(&r, "present", 1);
    g_assert(!look_on(&r, r.base));
    check(&r, "present", 1);
    check(&r, "dropped", 0);
    qtest_readq(r.t->qts, r.base);
    check(&r, "present", 0);
    check(&r, "dropped", 1);
    stop(&r);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/coherency/hardware", test_hardware);
    qtest_add_func("/cxl/coherency/stale", test_stale);
    qtest_add_func("/cxl/coherency/capacity", test_capacity);
    qtest_add_func("/cxl/coherency/seed", test_seed);
    qtest_add_func("/cxl/coherency/timer", test_timer);
    qtest_add_func("/cxl/coherency/lost-update", test_lost_update);
    qtest_add_func("/cxl/coherency/dma", test_dma);
    qtest_add_func("/cxl/coherency/reset", test_reset);
    qtest_add_func("/cxl/coherency/uncommit", test_uncommit);
    qtest_add_func("/cxl/coherency/volatile-exit", test_volatile_exit);
    qtest_add_func("/cxl/coherency/persistent-exit", test_persistent_exit);
    qtest_add_func("/cxl/coherency/persistent-kill", test_persistent_kill);
    qtest_add_func("/cxl/coherency/unplug", test_unplug);
    qtest_add_func("/cxl/coherency/fixed", test_fixed);
    qtest_add_func("/cxl/coherency/poison-debugged", test_poison_debugged);
    return g_test_run();
}
