/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison as accesses from outside of a vCPU find it: which lines fail, where
 * they are, what heals them, and that it is kept
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"

#define LINE            64
#define PAGE            4096
#define ONES            UINT64_MAX

/* Clear Poison, 8.2.9.9.4.3 */
#define CLEAR           0x4302

#define PORTS \
    "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G," \
    "cxl-fmw.0.interleave-layout=%s " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 " \
    "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 "

#define TWO_DEVICES \
    "-object memory-backend-ram,id=m0,size=512M " \
    "-object memory-backend-ram,id=m1,size=512M " \
    "-device cxl-type3,id=dev0,bus=rp0,volatile-memdev=m0 " \
    "-device cxl-type3,id=dev1,bus=rp1,volatile-memdev=m1 "

static void inject_lines(QCxlTopo *t, unsigned device, uint64_t dpa,
                         unsigned n)
{
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'cxl-inject-poison',"
                             " 'arguments': { 'path': %s, 'start': %" PRIu64
                             ", 'length': %u } }", device ? "dev1" : "dev0",
                             dpa, n * LINE);
}

static void inject(QCxlTopo *t, unsigned device, uint64_t dpa)
{
    inject_lines(t, device, dpa, 1);
}

/* What is in it stays as it is */
static void forget(QCxlTopo *t, unsigned device, uint64_t dpa)
{
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'cxl-clear-poison',"
                             " 'arguments': { 'path': %s, 'start': %" PRIu64
                             ", 'length': 64 } }", device ? "dev1" : "dev0",
                             dpa);
}

static void clear(QCxlTopo *t, unsigned device, uint64_t dpa, uint8_t byte)
{
    uint8_t in[8 + LINE];

    stq_le_p(in, dpa);
    memset(in + 8, byte, LINE);
    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, device), CLEAR, in,
                                 sizeof(in), NULL, NULL), ==, QCXL_SUCCESS);
}

/* How many lines are poisoned; @first gets the first DPA */
static unsigned list(QCxlTopo *t, unsigned device, uint64_t *first)
{
    g_autofree char *count = g_strdup_printf(
        "host-bridges.0.ports.%u.device.poison.count", device);
    g_autofree char *line = g_strdup_printf(
        "host-bridges.0.ports.%u.device.poison.lines.0.dpa", device);
    QDict *answer = qcxl_query(t);
    unsigned n;

    n = qdict_get_int(answer, count);
    *first = n ? qdict_get_int(answer, line) : 0;
    qobject_unref(answer);
    return n;
}

static void fill(QCxlTopo *t, uint64_t at, unsigned size)
{
    for (unsigned i = 0; i < size; i += 8) {
        qtest_writeq(t->qts, at + i, 0x1111111100000000 + i);
    }
}

/* The line at @bad fails, and nothing else of the page around it */
static void check_page(QCxlTopo *t, uint64_t page, uint64_t bad)
{
    for (unsigned i = 0; i < PAGE; i += 8) {
        bool fails = page + i >= bad && page + i < bad + LINE;

        g_assert_cmphex(qtest_readq(t->qts, page + i), ==,
                        fails ? ONES : 0x1111111100000000 + i);
    }
}

static void test_bites(void)
{
    QCxlTopo *t = qcxl_start(PORTS TWO_DEVICES, "linear");
    uint64_t base = t->window[0].base, page = base + 16 * PAGE, dpa;
    uint64_t line = page + 5 * LINE;

    qcxl_map(t, qcxl_endpoint(t, 0), base, 2 * QCXL_UNIT);
    fill(t, page, PAGE);
    inject(t, 0, line - base);
    g_assert_cmpuint(list(t, 0, &dpa), ==, 1);
    g_assert_cmphex(dpa, ==, line - base);
    check_page(t, page, line);
    g_assert(!qcxl_has_ram(t, page, PAGE));
    g_assert(qcxl_is_ram(t, base, page - base));
    g_assert(qcxl_is_ram(t, page + PAGE,
                         2 * QCXL_UNIT - (page + PAGE - base)));

    /* An access that touches it, too */
    g_assert_cmphex(qtest_readl(t->qts, line - 4), ==, 0x11111111);
    g_assert_cmphex(qtest_readl(t->qts, line - 2), ==, 0xffff1111);
    g_assert_cmphex(qtest_readl(t->qts, line + LINE - 1), ==, 0x00180ff);
    g_assert_cmphex(qtest_readb(t->qts, line + LINE), !=, 0xff);

    /* All of its bytes heal it, in any order, and not before the last */
    for (unsigned i = 0; i < LINE; i += 8) {
        g_assert_cmphex(qtest_readq(t->qts, line + i), ==, ONES);
        qtest_writeq(t->qts, line + (i ^ 8),
                     0x1111111100000000 + 5 * LINE + (i ^ 8));
    }
    check_page(t, page, 0);
    g_assert(qcxl_is_ram(t, base, 2 * QCXL_UNIT));
    g_assert_cmpuint(list(t, 0, &dpa), ==, 0);
    qcxl_stop(t);
}

/* A page of them, and then none: the last one that goes joins the page */
static void test_page(void)
{
    QCxlTopo *t = qcxl_start(PORTS TWO_DEVICES, "linear");
    uint64_t base = t->window[0].base, dpa;

    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    inject_lines(t, 0, 0, PAGE / LINE);
    g_assert_cmpuint(list(t, 0, &dpa), ==, PAGE / LINE);
    qtest_memset(t->qts, base, 0x42, PAGE - 1);
    g_assert_cmpuint(list(t, 0, &dpa), ==, 1);
    g_assert_cmphex(dpa, ==, PAGE - LINE);
    g_assert(!qcxl_has_ram(t, base, PAGE));
    qtest_writeb(t->qts, base + PAGE - 1, 0x42);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base + PAGE - 8), ==,
                    0x4242424242424242);
    qcxl_stop(t);
}

/* By the specification's arithmetic, wherever the bytes are kept */
static void check_interleaved(const char *layout)
{
    QCxlTopo *t = qcxl_start(PORTS TWO_DEVICES, layout);
    uint64_t base = t->window[0].base, dpa;
    /* Granule 7 of device 1 is granule 15 of the region */
    uint64_t line = base + 15 * 256 + 2 * LINE;
    bool linear = !strcmp(layout, "linear");

    qcxl_map_two_ways(t, base);
    fill(t, base, PAGE);
    inject(t, 1, 7 * 256 + 2 * LINE);
    check_page(t, base, line);
    g_assert(qcxl_is_ram(t, base + PAGE, 2 * QCXL_UNIT - PAGE) == linear);

    forget(t, 1, 7 * 256 + 2 * LINE);
    check_page(t, base, 0);
    g_assert(qcxl_is_ram(t, base, 2 * QCXL_UNIT) == linear);

    /* One write for two lines that are in two granules */
    inject(t, 0, 0xc0);
    inject(t, 1, 0);
    for (unsigned i = 256 - LINE; i < 256 + LINE; i += 4) {
        g_assert_cmphex(qtest_readl(t->qts, base + i), ==, UINT32_MAX);
    }
    for (unsigned i = 256 - LINE - 2; i < 256 + LINE; i += 4) {
        qtest_writel(t->qts, base + i, 0x12345678);
    }
    g_assert_cmpuint(list(t, 0, &dpa), ==, 0);
    g_assert_cmpuint(list(t, 1, &dpa), ==, 0);
    g_assert_cmphex(qtest_readl(t->qts, base + 254), ==, 0x12345678);
    qcxl_stop(t);
}

/* What the command writes is found where the specification puts the line */
static void check_clear(const char *layout)
{
    QCxlTopo *t = qcxl_start(PORTS TWO_DEVICES, layout);
    uint64_t base = t->window[0].base, line = base + 15 * 256 + 2 * LINE;

    /* While nothing decodes: where the device keeps its first granule */
    inject(t, 0, 0);
    clear(t, 0, 0, 0x77);
    qcxl_map_two_ways(t, base);
    g_assert_cmphex(qtest_readq(t->qts, base + LINE - 8), ==,
                    0x7777777777777777);
    g_assert_cmphex(qtest_readq(t->qts, base + LINE), ==, 0);

    fill(t, base, PAGE);
    inject(t, 1, 7 * 256 + 2 * LINE);
    clear(t, 1, 7 * 256 + 2 * LINE, 0x5a);
    for (unsigned i = 0; i < LINE; i += 8) {
        g_assert_cmphex(qtest_readq(t->qts, line + i), ==, 0x5a5a5a5a5a5a5a5a);
        qtest_writeq(t->qts, line + i,
                     0x1111111100000000 + (line - base) + i);
    }
    check_page(t, base, 0);
    g_assert(qcxl_is_ram(t, base, 2 * QCXL_UNIT) == !strcmp(layout, "linear"));
    qcxl_stop(t);
}

static void test_clear(void)
{
    check_clear("linear");
    check_clear("exact");
}

static void test_linear(void)
{
    check_interleaved("linear");
}

static void test_exact(void)
{
    check_interleaved("exact");
}

/* Every line that a device can list, each in a page of its own */
static void test_many(void)
{
    const unsigned n = 1024;
    QCxlTopo *t = qcxl_start(PORTS TWO_DEVICES, "linear");
    uint64_t base = t->window[0].base;

    qcxl_map(t, qcxl_endpoint(t, 0), base, 2 * QCXL_UNIT);
    for (unsigned i = 0; i < n; i++) {
        inject(t, 0, i * 2 * PAGE + (i % 64) * LINE);
    }
    for (unsigned i = 0; i < n; i += 31) {
        uint64_t page = base + i * 2 * PAGE, line = page + (i % 64) * LINE;

        g_assert_cmphex(qtest_readq(t->qts, line), ==, ONES);
        g_assert_cmphex(qtest_readq(t->qts, line ^ LINE), ==, 0);
        g_assert(!qcxl_has_ram(t, page, PAGE));
        g_assert(qcxl_is_ram(t, page + PAGE, PAGE));
    }
    qcxl_stop(t);
}

/* What no decoder leads to can be poisoned, too */
static void test_unmapped(void)
{
    QCxlTopo *t = qcxl_start(PORTS TWO_DEVICES, "linear");
    uint64_t base = t->window[0].base;

    inject(t, 0, 0);
    inject(t, 0, PAGE);
    forget(t, 0, PAGE);
    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    g_assert_cmphex(qtest_readq(t->qts, base), ==, ONES);
    g_assert_cmphex(qtest_readq(t->qts, base + PAGE), ==, 0);
    qcxl_stop(t);
}

static void test_resets(void)
{
    QCxlTopo *t = qcxl_start(PORTS TWO_DEVICES, "linear");
    uint64_t base = t->window[0].base, dpa;

    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    qtest_writeq(t->qts, base, 5);
    inject(t, 0, 0);
    qcxl_flr(t, qcxl_endpoint(t, 0));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, ONES);
    qcxl_reset(t);
    g_assert_cmpuint(list(t, 0, &dpa), ==, 1);
    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    g_assert_cmphex(qtest_readq(t->qts, base), ==, ONES);
    g_assert_cmphex(qtest_readq(t->qts, base + LINE), ==, 0);
    qcxl_stop(t);
}

static QCxlTopo *start_persistent(const QCxlFile *memory, const char *list)
{
    return qcxl_start(PORTS
        "-object memory-backend-ram,id=v0,size=256M "
        "-object memory-backend-file,id=m0,size=256M,share=on,mem-path=%s "
        "-object memory-backend-ram,id=lsa0,size=4k "
        "-device cxl-type3,id=dev0,bus=rp0,volatile-memdev=v0,"
        "persistent-memdev=m0,lsa=lsa0,poison-file=%s",
        "linear", memory->path, list);
}

/* From one QEMU to the next, as long as power is not what loses the data */
static void test_file(void)
{
    QCxlFile *memory = qcxl_file_new(QCXL_UNIT);
    g_autofree char *path = g_strconcat(memory->path, ".poison", NULL);
    g_autofree char *text = NULL;
    QCxlTopo *t = start_persistent(memory, path);
    uint64_t dpa;

    g_assert(!g_file_test(path, G_FILE_TEST_EXISTS));
    inject(t, 0, 0);
    inject(t, 0, QCXL_UNIT + PAGE);
    inject(t, 0, 2 * QCXL_UNIT - LINE);
    qcxl_stop(t);
    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "qemu-cxl poison list 1\n"
                    "0x0000000000001000 injected\n"
                    "0x000000000fffffc0 injected\nend\n");

    t = start_persistent(memory, path);
    g_assert_cmpuint(list(t, 0, &dpa), ==, 2);
    g_assert_cmphex(dpa, ==, QCXL_UNIT + PAGE);
    forget(t, 0, 2 * QCXL_UNIT - LINE);
    forget(t, 0, QCXL_UNIT + PAGE);
    qcxl_stop(t);

    t = start_persistent(memory, path);
    g_assert_cmpuint(list(t, 0, &dpa), ==, 0);
    qcxl_stop(t);
    unlink(path);
    qcxl_file_free(memory);
}

/* A list that is not in the file yet, when the next device wants it */
static void test_replug(void)
{
    QCxlFile *memory = qcxl_file_new(QCXL_UNIT);
    g_autofree char *path = g_strconcat(memory->path, ".poison", NULL);
    QCxlTopo *t = start_persistent(memory, path);
    uint64_t dpa;

    for (unsigned i = 0; i < 100; i++) {
        inject(t, 0, QCXL_UNIT + i * PAGE);
    }
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'qom-set', 'arguments':"
                             " { 'path': 'dev0', 'property': 'realized',"
                             " 'value': false } }");
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'device_add', 'arguments':"
                             " { 'driver': 'cxl-type3', 'id': 'dev1',"
                             " 'bus': 'rp1', 'persistent-memdev': 'm0',"
                             " 'lsa': 'lsa0', 'poison-file': %s } }", path);
    g_assert_cmpuint(list(t, 1, &dpa), ==, 100);
    g_assert_cmphex(dpa, ==, 0);
    forget(t, 1, 0);
    qcxl_stop(t);
    t = start_persistent(memory, path);
    g_assert_cmpuint(list(t, 0, &dpa), ==, 99);
    qcxl_stop(t);
    unlink(path);
    qcxl_file_free(memory);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/poison/bites", test_bites);
    qtest_add_func("/cxl/poison/page", test_page);
    qtest_add_func("/cxl/poison/linear", test_linear);
    qtest_add_func("/cxl/poison/exact", test_exact);
    qtest_add_func("/cxl/poison/clear", test_clear);
    qtest_add_func("/cxl/poison/many", test_many);
    qtest_add_func("/cxl/poison/unmapped", test_unmapped);
    qtest_add_func("/cxl/poison/resets", test_resets);
    qtest_add_func("/cxl/poison/file", test_file);
    qtest_add_func("/cxl/poison/replug", test_replug);
    return g_test_run();
}
