/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that are written down in a file: faults= of a memory device
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"

/* A device with that script, as it is written in a test: with ' for " */
static char *script_file(const char *script)
{
    g_autofree char *text = g_strdelimit(g_strdup(script), "'", '"');
    char *path = qcxl_empty_file();

    g_assert(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static QCxlTopo *start_with_script(const char *script)
{
    g_autofree char *path = script_file(script);
    QCxlTopo *t;

    t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G "
        "-object memory-backend-ram,id=mem0,size=256M "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,chassis=0,slot=0 "
        "-device cxl-type3,id=mem0,bus=rp0,volatile-memdev=mem0,faults=%s",
        path);
    unlink(path);
    return t;
}

static void test_fault_commands(void)
{
    /* Health twice, then busy twice; the timestamp never */
    static const uint16_t want[] = { 0, 0, 6, 6, 0, 0 };
    QCxlTopo *t = start_with_script(
        "{ 'commands': ["
        " { 'opcode': '4200h', 'nth': 3, 'times': 2, 'answer': 'busy' },"
        " { 'opcode': '0x0300', 'times': 0, 'answer': 'internal-error' } ] }");
    const QCxlFunction *f = qcxl_endpoint(t, 0);

    for (unsigned i = 0; i < ARRAY_SIZE(want); i++) {
        g_assert_cmphex(qcxl_command(t, f, CXL_OP_GET_HEALTH_INFO, NULL, 0,
                                     NULL, NULL), ==, want[i]);
        g_assert_cmphex(qcxl_command(t, f, CXL_OP_GET_TIMESTAMP, NULL, 0,
                                     NULL, NULL), ==, 4);
    }
    /* A reset is not a beginning */
    qcxl_reset(t);
    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0),
                                 CXL_OP_GET_HEALTH_INFO, NULL, 0, NULL, NULL),
                    ==, 0);
    qcxl_stop(t);
}

#define RANDOM_RUN 300

static unsigned play(const char *script, uint16_t *run)
{
    QCxlTopo *t = start_with_script(script);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned failed = 0;

    for (unsigned i = 0; i < RANDOM_RUN; i++) {
        run[i] = qcxl_command(t, f, CXL_OP_GET_TIMESTAMP, NULL, 0, NULL, NULL);
        failed += run[i] != 0;
        g_assert(run[i] == 0 || run[i] == 5 || run[i] == 0x20);
    }
    qcxl_stop(t);
    return failed;
}

/* The same file, the same run */
static void test_fault_random(void)
{
    const char *script = "{ 'random': { 'seed': 3, 'one-in': 4,"
                         " 'answers': [ 'retry-required',"
                         " 'abort-not-supported' ] } }";
    uint16_t run[RANDOM_RUN], again[RANDOM_RUN];

    g_assert_cmpuint(play(script, run), >, RANDOM_RUN / 8);
    play(script, again);
    g_assert_cmpmem(again, sizeof(again), run, sizeof(run));
}

/* Whether firmware is still being activated after so many milliseconds */
static bool activates(const char *seconds, unsigned ms)
{
    const uint8_t now[2] = { 0, 1 };
    g_autofree char *script = g_strdup_printf(
        "{ 'background': [ { 'opcode': '0202h', 'seconds': %s } ] }",
        seconds);
    QCxlTopo *t = start_with_script(script);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint8_t out[8];
    uint32_t len;

    g_assert_cmphex(qcxl_command(t, f, CXL_OP_ACTIVATE_FW, now, sizeof(now),
                                 NULL, NULL), ==, 1);
    qtest_clock_step(t->qts, ms * 1000000ll + 1);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_BACKGROUND_OPERATION_STATUS,
                                 NULL, 0, out, &len), ==, 0);
    qcxl_stop(t);
    return out[0] & 1;
}

/* It takes what the script says, whatever it would take without */
static void test_fault_seconds(void)
{
    g_assert_true(activates("5", 4999));
    g_assert_false(activates("5", 5000));
    g_assert_true(activates("0.001", 0));
    g_assert_false(activates("0.001", 1));
    g_assert_false(activates("0", 0));
}

static uint32_t vendor_below(QCxlTopo *t, uint8_t bus)
{
    const QCxlFunction f = { .bus = bus };

    return qcxl_config_read(t, &f, 0, 4);
}

/* 12.3: what is behind a link that is down is out of reach, until it is up */
static void test_fault_link(void)
{
    QCxlTopo *t = start_with_script(
        "{ 'link-down': [ { 'at': 10, 'seconds': 2.5 } ] }");
    uint8_t bus = qcxl_endpoint(t, 0)->bus;
    const int64_t second = 1000000000;

    g_assert_cmphex(vendor_below(t, bus), ==, 0x0d938086);
    qtest_clock_step(t->qts, 9 * second);
    g_assert_cmphex(vendor_below(t, bus), ==, 0x0d938086);
    qtest_clock_step(t->qts, second);
    g_assert_cmphex(vendor_below(t, bus), ==, 0xffffffff);
    qtest_clock_step(t->qts, 2 * second);
    g_assert_cmphex(vendor_below(t, bus), ==, 0xffffffff);
    qtest_clock_step(t->qts, second / 2);
    g_assert_cmphex(vendor_below(t, bus), ==, 0x0d938086);
    qcxl_stop(t);
}

/* A device that is taken out of force while its link is down */
static void test_fault_link_unrealize(void)
{
    QCxlTopo *t = start_with_script("{ 'link-down': [ { 'at': 1 } ] }");
    uint8_t bus = qcxl_endpoint(t, 0)->bus;

    qtest_clock_step(t->qts, 1000000000);
    g_assert_cmphex(vendor_below(t, bus), ==, 0xffffffff);
    qtest_qmp_assert_success(
        t->qts, "{ 'execute': 'qom-set', 'arguments': {"
        " 'path': '/machine/peripheral/mem0', 'property': 'realized',"
        " 'value': false } }");
    qtest_clock_step(t->qts, 1000000000);
    qcxl_stop(t);
}

/* How many poisoned lines the device knows of; @dpa gets the first */
static unsigned listed(QCxlTopo *t, uint64_t *dpa)
{
    uint8_t in[16] = {}, out[2048];
    uint32_t len;

    stq_le_p(in + 8, QCXL_UNIT / 64);
    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0),
                                 CXL_OP_GET_POISON_LIST, in, sizeof(in), out,
                                 &len), ==, 0);
    *dpa = ldq_le_p(out + 32) & ~63ull;
    return lduw_le_p(out + 10);
}

/* Memory is bad from the beginning, and nobody knows before it is read */
static void test_fault_media(void)
{
    QCxlTopo *t = start_with_script(
        "{ 'media-errors': [ { 'dpa': 4160 }, { 'dpa': 8200 } ] }");
    uint64_t base = t->window[0].base, dpa;

    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    g_assert_cmpuint(listed(t, &dpa), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, base + 4096), ==, 0);
    g_assert_cmpuint(listed(t, &dpa), ==, 0);
    g_assert_cmphex(qtest_readq(t->qts, base + 4160), ==, UINT64_MAX);
    g_assert_cmpuint(listed(t, &dpa), ==, 1);
    g_assert_cmphex(dpa, ==, 4160);
    qtest_qmp_eventwait(t->qts, "CXL_POISON_CONSUMED");

    /* A reset does not mend it */
    qcxl_reset(t);
    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    g_assert_cmphex(qtest_readq(t->qts, base + 8192), ==, UINT64_MAX);
    g_assert_cmpuint(listed(t, &dpa), ==, 2);
    qcxl_stop(t);
}

static void refuse(QTestState *qts, const char *script, const char *words)
{
    g_autofree char *path = script_file(script);
    QDict *answer = qtest_qmp(
        qts, "{ 'execute': 'device_add', 'arguments': {"
        " 'driver': 'cxl-type3', 'bus': 'rp0', 'volatile-memdev': 'mem0',"
        " 'id': 'mem0', 'faults': %s } }", path);
    const char *desc;

    unlink(path);
    g_assert(qdict_haskey(answer, "error"));
    desc = qdict_get_str(qdict_get_qdict(answer, "error"), "desc");
    g_test_message("%s", desc);
    g_assert_nonnull(strstr(desc, "faults="));
    g_assert_nonnull(strstr(desc, words));
    qobject_unref(answer);
}

#define COMMAND(members) "{ 'commands': [ { " members " } ] }"
#define BACKGROUND(members) "{ 'background': [ { " members " } ] }"

/* What is wrong is named, and the device is not there */
static void test_bad_files(void)
{
    static const char *const bad[][2] = {
        { "", "not JSON" },
        { "nonsense", "JSON" },
        { "{", "" },
        { "[ ]", "" },
        { "{ 'comands': [ ] }", "comands" },
        { COMMAND("'opcode': '4200h', 'answer': 'no'"),
          "'answer' does not accept value 'no'" },
        { COMMAND("'opcode': 'health', 'answer': 'busy'"),
          "opcode 'health'" },
        { COMMAND("'opcode': '-1', 'answer': 'busy'"), "opcode '-1'" },
        { COMMAND("'opcode': '14200h', 'answer': 'busy'"), "opcode" },
        { COMMAND("'opcode': '4200h', 'nth': 0, 'answer': 'busy'"),
          "nth must be" },
        { BACKGROUND("'opcode': '4400h', 'stuck-at': 100"),
          "stuck-at must be 0 to 99" },
        { BACKGROUND("'opcode': '4400h', 'seconds': 1e300"),
          "seconds must be 0 to" },
        { "{ 'link-down': [ { 'at': -1 } ] }", "at must be" },
        { "{ 'link-down': [ { 'at': 1, 'seconds': 0 } ] }",
          "seconds must be more" },
        { "{ 'random': { 'seed': 1, 'one-in': 0, 'answers': [ 'busy' ] } }",
          "one-in" },
        { "{ 'random': { 'seed': 1, 'one-in': 1, 'answers': [ ] } }",
          "an answer" },
        { "{ 'media-errors': [ { 'dpa': 268435456 } ] }",
          "no DPA 0x10000000" },
        { "{ 'media-errors': [ { 'dpa': -1 } ] }", "no DPA 0xf" },
    };
    g_autofree char *spaces = g_strnfill(65537, ' ');
    GString *many = g_string_new("{ 'link-down': [ { 'at': 1 }");
    QTestState *qts = qtest_init(
        "-machine q35,cxl=on -object memory-backend-ram,id=mem0,size=256M "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0 -device cxl-rp,id=rp0,bus=cxl.0");

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        refuse(qts, bad[i][0], bad[i][1]);
    }
    refuse(qts, spaces, "65536 bytes");
    for (unsigned i = 0; i < 32; i++) {
        g_string_append(many, ", { 'at': 1 }");
    }
    g_string_append(many, " ] }");
    refuse(qts, many->str, "more than 32");
    g_string_free(many, true);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/faults/commands", test_fault_commands);
    qtest_add_func("/cxl/faults/random", test_fault_random);
    qtest_add_func("/cxl/faults/seconds", test_fault_seconds);
    qtest_add_func("/cxl/faults/link", test_fault_link);
    qtest_add_func("/cxl/faults/link-unrealize",
                   test_fault_link_unrealize);
    qtest_add_func("/cxl/faults/media", test_fault_media);
    qtest_add_func("/cxl/faults/bad-files", test_bad_files);
    return g_test_run();
}
