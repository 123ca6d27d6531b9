/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-fmw.N.setup=firmware: what a guest finds programmed at power on and after
 * each reset, what it can do with it, and what the user is told
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"

#define FIRST_PORT      3
#define BUSES_APART     16

/* PCI Express capability: Slot Control */
#define SLOT_CONTROL    0x18
#define SLOT_POWER_ON   0x0100

#define ONE_WINDOW \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G," \
    "cxl-fmw.0.setup=firmware"
#define TWO_TARGETS \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.targets.1=cxl.1," \
    "cxl-fmw.0.size=4G,cxl-fmw.0.setup=firmware"

/*
 * --- topologies in writing ---
 *
 * [ ] is a host bridge (cxl.0, cxl.1, ...), ( ) a switch, - an empty port, and
 * a number a device with as many units of 256 MiB of volatile capacity; +number
 * is persistent capacity. A component's ports have the numbers 3, 5, 7, ...
 */
typedef struct Writer {
    const char *at;
    GString *options;
    unsigned bridges;
    unsigned ids;
} Writer;

static unsigned read_number(Writer *w)
{
    unsigned value = 0;

    g_assert(g_ascii_isdigit(*w->at));
    for (; g_ascii_isdigit(*w->at); w->at++) {
        value = 10 * value + *w->at - '0';
    }
    return value;
}

static void write_device(Writer *w, unsigned port)
{
    unsigned volatile_units = read_number(w), persistent_units = 0;

    if (*w->at == '+') {
        w->at++;
        persistent_units = read_number(w);
    }
    if (volatile_units) {
        g_string_append_printf(w->options, " -object memory-backend-ram,"
                               "id=v%u,size=%uM", port, 256 * volatile_units);
    }
    if (persistent_units) {
        g_string_append_printf(w->options, " -object memory-backend-ram,"
                               "id=m%u,size=%uM -object memory-backend-ram,"
                               "id=l%u,size=64K", port, 256 * persistent_units,
                               port);
    }
    g_string_append_printf(w->options, " -device cxl-type3,bus=p%u", port);
    if (volatile_units) {
        g_string_append_printf(w->options, ",volatile-memdev=v%u", port);
    }
    if (persistent_units) {
        g_string_append_printf(w->options, ",persistent-memdev=m%u,lsa=l%u",
                               port, port);
    }
}

static void write_ports(Writer *w, const char *bus, const char *kind, char end)
{
    unsigned number = FIRST_PORT;

    for (; *w->at != end; number += 2) {
        unsigned port = w->ids++;

        g_string_append_printf(w->options, " -device %s,id=p%u,bus=%s,port=%u,"
                               "chassis=0,slot=%u", kind, port, bus, number,
                               port);
        if (*w->at == '(') {
            g_autofree char *id = g_strdup_printf("us%u", port);

            g_string_append_printf(w->options, " -device cxl-upstream,id=%s,"
                                   "bus=p%u", id, port);
            w->at++;
            write_ports(w, id, "cxl-downstream", ')');
        } else if (*w->at == '-') {
            w->at++;
        } else {
            write_device(w, port);
        }
        w->at += *w->at == ' ';
    }
    w->at++;
}

static char *options_of(const char *topology)
{
    Writer w = { .at = topology, .options = g_string_new(NULL) };

    while (*w.at) {
        g_autofree char *id = g_strdup_printf("cxl.%u", w.bridges);

        g_assert(*w.at++ == '[');
        g_string_append_printf(w.options, " -device pxb-cxl,id=%s,bus=pcie.0,"
                               "bus_nr=%u", id, ++w.bridges * BUSES_APART);
        write_ports(&w, id, "cxl-rp", ']');
    }
    return g_string_free(w.options, FALSE);
}

static QCxlTopo *start(const char *topology, const char *more)
{
    g_autofree char *options = options_of(topology);

    return qcxl_start("%s %s %s", qcxl_machine(), more, options);
}

/*
 * --- settings in writing ---
 *
 * node.decoder=base+size/ways@granularity:targets~skip; host bridges are nodes
 * 0, 1, ..., then come switches and devices in the order of a bus scan. Base,
 * size and skip in units of 256 MiB, the base from the first window. A lock is
 * an L.
 */
static void say_decoder(QCxlTopo *t, GString *words, unsigned node,
                        uint64_t hdm, bool port, unsigned n)
{
    static const unsigned ways[] = { 1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12 };
    uint64_t at = hdm + QCXL_HDM_DECODER(n);
    uint64_t base = qtest_readq(t->qts, at + QCXL_DEC_BASE_LO);
    uint64_t size = qtest_readq(t->qts, at + QCXL_DEC_SIZE_LO);
    uint64_t list = qtest_readl(t->qts, at + QCXL_DEC_LIST_LO) |
                    (uint64_t)qtest_readl(t->qts, at + QCXL_DEC_LIST_HI) << 32;
    uint32_t ctrl = qtest_readl(t->qts, at + QCXL_DEC_CTRL);
    unsigned eiw = ctrl >> 4 & 0xf;

    g_assert_cmpuint(eiw, <, ARRAY_SIZE(ways));
    g_assert_cmphex(ctrl & QCXL_CTRL_ERROR, ==, 0);
    g_assert_cmphex(ctrl & QCXL_CTRL_COMMIT, !=, 0);
    g_assert_cmphex(ctrl & QCXL_CTRL_HOST_ONLY, !=, 0);
    g_assert_cmphex(base % QCXL_UNIT, ==, 0);
    g_assert_cmphex(size % QCXL_UNIT, ==, 0);
    g_string_append_printf(words, "%u.%u=%u+%u/%u@%u%s", node, n,
                           (unsigned)((base - t->window[0].base) / QCXL_UNIT),
                           (unsigned)(size / QCXL_UNIT), ways[eiw],
                           256u << (ctrl & 0xf),
                           ctrl & QCXL_CTRL_LOCK ? "L" : "");
    for (unsigned i = 0; port && i < ways[eiw]; i++, list >>= 8) {
        g_string_append_printf(words, "%c%u", i ? ',' : ':',
                               (unsigned)(list & 0xff));
    }
    if (!port && list) {
        g_assert_cmphex(list % QCXL_UNIT, ==, 0);
        g_string_append_printf(words, "~%u", (unsigned)(list / QCXL_UNIT));
        list = 0;
    }
    /* No further targets */
    g_assert_cmphex(list, ==, 0);
    g_string_append_c(words, ' ');
}

static void say_component(QCxlTopo *t, GString *words, unsigned node,
                          uint64_t hdm, bool port)
{
    static const unsigned counts[] = { 1, 2, 4, 6, 8, 10, 12, 14, 16, 20 };
    unsigned code = qtest_readl(t->qts, hdm + QCXL_HDM_CAP) & 0xf;

    g_assert_cmpuint(code, <, ARRAY_SIZE(counts));
    for (unsigned n = 0; n < counts[code]; n++) {
        if (qcxl_decoder_ctrl(t, hdm, n) & QCXL_CTRL_COMMITTED) {
            say_decoder(t, words, node, hdm, port, n);
        }
    }
}

static bool is_enabled(QCxlTopo *t, const QCxlFunction *f)
{
    bool mem = qcxl_config_read(t, f, f->dvsec[QCXL_DVSEC_DEVICE] +
                                QCXL_DEVICE_CTRL, 2) & QCXL_DEVICE_CTRL_MEM;
    bool hdm = qtest_readl(t->qts, f->hdm + QCXL_HDM_GLOBAL) &
               QCXL_HDM_GLOBAL_ENABLE;

    g_assert(mem == hdm);
    return mem;
}

static char *settings(QCxlTopo *t)
{
    GString *words = g_string_new(NULL);
    unsigned node = 0;

    for (unsigned i = 0; i < t->nhosts; i++) {
        say_component(t, words, node++, t->host[i].hdm, true);
    }
    for (unsigned i = 0; i < t->nfunctions; i++) {
        const QCxlFunction *f = &t->function[i];
        gsize before = words->len;

        if (f->hdm) {
            say_component(t, words, node++, f->hdm, f->bridge);
        }
        /* What is programmed is enabled, and nothing else is */
        if (f->dvsec[QCXL_DVSEC_DEVICE]) {
            g_assert(is_enabled(t, f) == (words->len > before));
        }
    }
    return g_string_free(words, FALSE);
}

static void check_settings(QCxlTopo *t, const char *want)
{
    g_autofree char *got = settings(t);

    g_assert_cmpstr(got, ==, want);
}

/* --- what a guest finds --- */

static const struct Row {
    const char *name;
    const char *topology;
    const char *options;
    const char *settings;
    unsigned ram[2];    /* units of RAM in each window */
} rows[] = {
    { "one", "[2]", ONE_WINDOW, "0.0=0+2/1@256:3 1.0=0+2/1@256 ", { 2 } },
    { "two", "[1 1]", ONE_WINDOW ",cxl-fmw.0.interleave-granularity=4k",
      "0.0=0+2/2@4096:3,5 1.0=0+2/2@4096 2.0=0+2/2@4096 ", { 2 } },
    { "three", "[1 1 1]", ONE_WINDOW,
      "0.0=0+1/1@256:3 0.1=1+1/1@256:5 0.2=2+1/1@256:7 1.0=0+1/1@256 "
      "2.0=1+1/1@256 3.0=2+1/1@256 ", { 3 } },
    { "unequal", "[1 2]", ONE_WINDOW,
      "0.0=0+1/1@256:3 0.1=1+2/1@256:5 1.0=0+1/1@256 2.0=1+2/1@256 ", { 3 } },
    { "eight", "[1 1 1 1 1 1 1 1]", ONE_WINDOW,
      "0.0=0+8/8@256:3,5,7,9,11,13,15,17 1.0=0+8/8@256 2.0=0+8/8@256 "
      "3.0=0+8/8@256 4.0=0+8/8@256 5.0=0+8/8@256 6.0=0+8/8@256 7.0=0+8/8@256 "
      "8.0=0+8/8@256 ", { 8 } },
    { "switch", "[- (1 1)]", ONE_WINDOW,
      "0.0=0+2/1@256:5 1.0=0+2/2@256:3,5 2.0=0+2/2@256 3.0=0+2/2@256 ",
      { 2 } },
    { "nested", "[((1 1))]", ONE_WINDOW,
      "0.0=0+2/1@256:3 1.0=0+2/1@256:3 2.0=0+2/2@256:3,5 3.0=0+2/2@256 "
      "4.0=0+2/2@256 ", { 2 } },
    { "bridges", "[1 1][1 1]",
      TWO_TARGETS ",cxl-fmw.0.interleave-granularity=8k",
      "0.0=0+4/2@16384:3,5 1.0=0+4/2@16384:3,5 2.0=0+4/4@8192 3.0=0+4/4@8192 "
      "4.0=0+4/4@8192 5.0=0+4/4@8192 ", { 4 } },
    { "three-bridges", "[1][1][1]",
      "-M cxl-fmw.0.targets.0=cxl.2,cxl-fmw.0.targets.1=cxl.0,"
      "cxl-fmw.0.targets.2=cxl.1,cxl-fmw.0.size=3G,cxl-fmw.0.setup=firmware",
      "0.0=0+3/1@256:3 1.0=0+3/1@256:3 2.0=0+3/1@256:3 3.0=0+3/3@256 "
      "4.0=0+3/3@256 5.0=0+3/3@256 ", { 3 } },
    { "uneven-bridges", "[1][1 1]", TWO_TARGETS,
      "0.0=0+2/1@512:3 1.0=0+2/1@512:3 2.0=0+2/2@256 3.0=0+2/2@256 ", { 2 } },
    { "partitions", "[1+2 1+1]", ONE_WINDOW,
      "0.0=0+2/2@256:3,5 1.0=0+2/2@256 2.0=0+2/2@256 ", { 2 } },
    { "persistent", "[0+1 1]", ONE_WINDOW, "0.0=0+1/1@256:5 2.0=0+1/1@256 ",
      { 1 } },
    { "small", "[4]", "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=768M,"
      "cxl-fmw.0.setup=firmware", "0.0=0+3/1@256:3 1.0=0+3/1@256 ", { 3 } },
    { "two-windows", "[2]", "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=256M,"
      "cxl-fmw.0.setup=firmware,cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=256M,"
      "cxl-fmw.1.setup=firmware",
      "0.0=0+1/1@256:3 0.1=1+1/1@256:3 1.0=0+1/1@256 1.1=1+1/1@256 ",
      { 1, 1 } },
    { "os", "[1 1]", "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G,"
      "cxl-fmw.0.setup=os", "", { 0 } },
    { "os-and-firmware", "[1 1]", "-M cxl-fmw.0.targets.0=cxl.0,"
      "cxl-fmw.0.size=1G,cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=1G,"
      "cxl-fmw.1.setup=firmware",
      "0.0=4+2/2@256:3,5 1.0=4+2/2@256 2.0=4+2/2@256 ", { 0, 2 } },
    { "locked", "[1 1]", ONE_WINDOW ",cxl-fmw.0.lock=on",
      "0.0=0+2/2@256L:3,5 1.0=0+2/2@256L 2.0=0+2/2@256L ", { 2 } },
    { "lock-of-one", "[1 1]", "-M cxl-fmw.0.targets.0=cxl.0,"
      "cxl-fmw.0.size=256M,cxl-fmw.0.setup=firmware,cxl-fmw.0.lock=on,"
      "cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=256M,cxl-fmw.1.setup=firmware",
      "0.0=0+1/1@256L:3 0.1=1+1/1@256:5 1.0=0+1/1@256L 2.0=1+1/1@256 ",
      { 1, 1 } },
    { "persistent-window", "[2+1 0+1]", ONE_WINDOW ",cxl-fmw.0.restrictions=10",
      "0.0=0+2/2@256:3,5 1.0=0+2/2@256~2 2.0=0+2/2@256 ", { 2 } },
    { "a-window-for-each", "[2+3]", "-M cxl-fmw.0.targets.0=cxl.0,"
      "cxl-fmw.0.size=256M,cxl-fmw.0.setup=firmware,cxl-fmw.1.targets.0=cxl.0,"
      "cxl-fmw.1.size=1G,cxl-fmw.1.setup=firmware,cxl-fmw.1.restrictions=10",
      "0.0=0+1/1@256:3 0.1=1+3/1@256:3 1.0=0+1/1@256 1.1=1+3/1@256~1 ",
      { 1, 3 } },
    { "restricted", "[1]", ONE_WINDOW ",cxl-fmw.0.restrictions=5", "",
      { 0 } },
};

/* RAM at the start of each window, and only there */
static void check_ram(QCxlTopo *t, const struct Row *row)
{
    for (unsigned i = 0; i < t->nwindows; i++) {
        const QCxlWindow *w = &t->window[i];
        uint64_t size = row->ram[i] * QCXL_UNIT;

        g_assert(qcxl_is_ram(t, w->base, size));
        g_assert(size == w->size ||
                 !qcxl_has_ram(t, w->base + size, w->size - size));
    }
}

static void test_row(const void *data)
{
    const struct Row *row = data;
    QCxlTopo *t = start(row->topology, row->options);

    for (unsigned i = 0; i < 3; i++) {
        check_settings(t, row->settings);
        check_ram(t, row);
        qcxl_reset(t);
    }
    qcxl_stop(t);
}

/*
 * --- ranges of the device DVSEC (8.1.3.8.3) ---
 *
 * device.range=base, in units of 256 MiB from the first window; ranges whose
 * base is 0 are left out.
 */
static char *range_bases(QCxlTopo *t)
{
    GString *words = g_string_new(NULL);
    unsigned device = 0;

    for (unsigned i = 0; i < t->nfunctions; i++) {
        const QCxlFunction *f = &t->function[i];

        if (!f->dvsec[QCXL_DVSEC_DEVICE]) {
            continue;
        }
        for (unsigned range = 0; range < 2; range++) {
            unsigned at = f->dvsec[QCXL_DVSEC_DEVICE] +
                          QCXL_DEVICE_RANGE(range);
            uint64_t base = qcxl_config_read(t, f, at + 0x0c, 4) |
                            (uint64_t)qcxl_config_read(t, f, at + 8, 4) << 32;

            if (base) {
                g_string_append_printf(words, "%u.%u=%u ", device,
                    range, (unsigned)((base - t->window[0].base) / QCXL_UNIT));
            }
        }
        device++;
    }
    return g_string_free(words, FALSE);
}

static const struct RangeRow {
    const char *name;
    const char *topology;
    const char *options;
    const char *bases;
} range_rows[] = {
    { "one", "[2]", ONE_WINDOW, "0.0=0 " },
    { "two", "[1 1]", ONE_WINDOW, "0.0=0 1.0=0 " },
    { "locked", "[1 1]", ONE_WINDOW ",cxl-fmw.0.lock=on", "0.0=0 1.0=0 " },
    { "unequal", "[1 2]", ONE_WINDOW, "0.0=0 1.0=1 " },
    { "persistent-window", "[2+1 0+1]", ONE_WINDOW ",cxl-fmw.0.restrictions=10",
      "0.1=0 1.0=0 " },
    { "a-window-for-each", "[2+2]", "-M cxl-fmw.0.targets.0=cxl.0,"
      "cxl-fmw.0.size=512M,cxl-fmw.0.setup=firmware,cxl-fmw.1.targets.0=cxl.0,"
      "cxl-fmw.1.size=1G,cxl-fmw.1.setup=firmware,cxl-fmw.1.restrictions=10",
      "0.0=0 0.1=2 " },
    { "one-in-two-windows", "[2]", "-M cxl-fmw.0.targets.0=cxl.0,"
      "cxl-fmw.0.size=256M,cxl-fmw.0.setup=firmware,cxl-fmw.1.targets.0=cxl.0,"
      "cxl-fmw.1.size=256M,cxl-fmw.1.setup=firmware", "0.0=0 " },
    { "os", "[1]", "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G", "" },
};

static void test_ranges(const void *data)
{
    const struct RangeRow *row = data;
    QCxlTopo *t = start(row->topology, row->options);

    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *bases = range_bases(t);

        g_assert_cmpstr(bases, ==, row->bases);
        qcxl_reset(t);
    }
    qcxl_stop(t);
}

/* 8.1.3.8: the same bytes at the same place, by range as by decoder */
static void test_ranges_decode(void)
{
    QCxlTopo *t = start("[2]", ONE_WINDOW ",cxl-fmw.0.lock=on");
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;

    qtest_writeq(t->qts, base + QCXL_UNIT, 0x1122334455667788);
    qcxl_hdm_enable(t, f->hdm, false);
    g_assert(qcxl_is_ram(t, base, 2 * QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base + QCXL_UNIT), ==,
                    0x1122334455667788);
    qcxl_mem_enable(t, f, false);
    g_assert(!qcxl_has_ram(t, base, 2 * QCXL_UNIT));
    qcxl_stop(t);
}

/*
 * Linux leaves both enables as it found them when it lets go of a device. Once
 * the region is gone nothing decodes, whatever the ranges' bases are.
 */
static void test_ranges_ignored(void)
{
    QCxlTopo *t = start("[2]", ONE_WINDOW);
    QCxlFunction *f = qcxl_endpoint(t, 0);

    g_assert(qcxl_uncommit(t, f->hdm, 0));
    g_assert(is_enabled(t, f));
    g_assert(!qcxl_has_ram(t, t->window[0].base, 2 * QCXL_UNIT));
    qcxl_stop(t);
}

/* --- what a guest does with it --- */

static void tear_down(QCxlTopo *t)
{
    for (unsigned i = 0; i < t->nfunctions; i++) {
        QCxlFunction *f = &t->function[i];

        if (f->dvsec[QCXL_DVSEC_DEVICE]) {
            g_assert(qcxl_uncommit(t, f->hdm, 0));
            qcxl_hdm_enable(t, f->hdm, false);
            qcxl_mem_enable(t, f, false);
        }
    }
    g_assert(qcxl_uncommit(t, t->host[0].hdm, 0));
}

static void check_data(QCxlTopo *t, uint64_t value)
{
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, value);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base + QCXL_UNIT), ==,
                    ~value);
}

/* Data stays, a guest may build its own region, a reset brings ours back */
static void test_teardown(void)
{
    const char *ours = "0.0=0+2/2@256:3,5 1.0=0+2/2@256 2.0=0+2/2@256 ";
    QCxlTopo *t = start("[1 1]", ONE_WINDOW);
    uint64_t base = t->window[0].base;

    qtest_writeq(t->qts, base, 0x1122334455667788);
    qtest_writeq(t->qts, base + QCXL_UNIT, ~0x1122334455667788);
    for (unsigned i = 0; i < 2; i++) {
        check_data(t, 0x1122334455667788);
        tear_down(t);
        check_settings(t, "");
        g_assert(!qcxl_has_ram(t, base, t->window[0].size));
        g_assert_cmphex(qtest_readq(t->qts, base), ==, UINT64_MAX);

        qcxl_map(t, qcxl_endpoint(t, 1), base + QCXL_UNIT, QCXL_UNIT);
        check_settings(t, "0.0=1+1/1@256:5 2.0=1+1/1@256 ");
        g_assert_cmphex(qtest_readq(t->qts, base + QCXL_UNIT), ==,
                        ~0x1122334455667788);
        g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));

        qcxl_reset(t);
        check_settings(t, ours);
    }
    check_data(t, 0x1122334455667788);
    qcxl_stop(t);
}

/* A region that the guest adds follows ours, in registers and in DPA */
static void test_addition(void)
{
    QCxlTopo *t = start("[1+1]", ONE_WINDOW);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    QCxlDecoder d = { .base = t->window[0].base + QCXL_UNIT,
                      .size = QCXL_UNIT };

    g_assert(qcxl_commit(t, f->hdm, 1, &d));
    d.targets = FIRST_PORT;
    g_assert(qcxl_commit(t, t->host[0].hdm, 1, &d));
    g_assert(qcxl_is_ram(t, t->window[0].base, 2 * QCXL_UNIT));
    qcxl_reset(t);
    check_settings(t, "0.0=0+1/1@256:3 1.0=0+1/1@256 ");
    qcxl_stop(t);
}

/* Locked decoders stay as they are, whatever the guest writes */
static void test_lock(void)
{
    const char *ours = "0.0=0+2/2@256L:3,5 1.0=0+2/2@256L 2.0=0+2/2@256L ";
    QCxlTopo *t = start("[1 1]", ONE_WINDOW ",cxl-fmw.0.lock=on");
    const QCxlDecoder other = {
        .base = t->window[0].base + QCXL_UNIT, .size = QCXL_UNIT,
        .targets = 0x0303030303030303,
    };

    for (unsigned i = 0; i < 2; i++) {
        const uint64_t hdm[] = { t->host[0].hdm, qcxl_endpoint(t, 0)->hdm,
                                 qcxl_endpoint(t, 1)->hdm };

        for (unsigned k = 0; k < ARRAY_SIZE(hdm); k++) {
            g_assert(!qcxl_uncommit(t, hdm[k], 0));
            qcxl_decoder_set(t, hdm[k], 0, &other);
            qtest_writel(t->qts, hdm[k] + QCXL_HDM_DECODER(0) +
                         QCXL_DEC_CTRL, 0);
        }
        check_settings(t, ours);
        g_assert(qcxl_is_ram(t, t->window[0].base, 2 * QCXL_UNIT));
        qcxl_reset(t);
        check_settings(t, ours);
    }
    qcxl_stop(t);
}

/* --- hotplug --- */

static void add_device(QCxlTopo *t)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'object-add', 'arguments': {"
        " 'qom-type': 'memory-backend-ram', 'id': 'hot',"
        " 'size': 268435456 } }");
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'device_add', 'arguments': {"
        " 'driver': 'cxl-type3', 'id': 'hot-device', 'bus': 'p1',"
        " 'volatile-memdev': 'hot' } }");
}

static void power_on(QCxlTopo *t, unsigned n)
{
    const QCxlFunction *port = qcxl_port(t, n);

    qcxl_config_write(t, port, qcxl_pci_cap(t, port, 0x10) + SLOT_CONTROL, 2,
                      SLOT_POWER_ON);
    qcxl_scan(t);
}

/* What is plugged in is the guest's, until it is there at a reset */
static void test_hotplug(void)
{
    const char *alone = "0.0=0+1/1@256:3 1.0=0+1/1@256 ";
    QCxlTopo *t = start("[1 -]", ONE_WINDOW);

    check_settings(t, alone);
    add_device(t);
    power_on(t, 1);
    g_assert_cmpuint(qcxl_count(t, 0x8086, 0x0d93), ==, 2);
    check_settings(t, alone);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    g_assert(!qcxl_has_ram(t, t->window[0].base + QCXL_UNIT, QCXL_UNIT));

    qcxl_reset(t);
    check_settings(t, "0.0=0+2/2@256:3,5 1.0=0+2/2@256 2.0=0+2/2@256 ");
    g_assert(qcxl_is_ram(t, t->window[0].base, 2 * QCXL_UNIT));
    qcxl_stop(t);
}

/* --- what the user is told --- */

static const struct Warning {
    const char *name;
    const char *topology;
    const char *options;
    const char *text;   /* NULL: nothing is said */
} warnings[] = {
    { "none", "[1 1]", ONE_WINDOW, NULL },
    { "os", "[-]", "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G", NULL },
    { "shared", "[2]", "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=256M,"
      "cxl-fmw.0.setup=firmware,cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=256M,"
      "cxl-fmw.1.setup=firmware", NULL },
    { "small", "[4 4]", "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G,"
      "cxl-fmw.0.setup=firmware",
      "cxl-fmw.0.setup=firmware: 1024 MiB of volatile capacity below the window"
      " are left out: the window is too small" },
    { "empty", "[-]", ONE_WINDOW,
      "cxl-fmw.0.setup=firmware: nothing is programmed: no device below the"
      " window has free volatile capacity (restrictions=10 makes it a window for"
      " persistent capacity)" },
    { "persistent", "[0+1]", ONE_WINDOW,
      "cxl-fmw.0.setup=firmware: nothing is programmed: no device below the"
      " window has free volatile capacity (restrictions=10 makes it a window for"
      " persistent capacity)" },
    { "no-persistent", "[1]", ONE_WINDOW ",cxl-fmw.0.restrictions=10",
      "cxl-fmw.0.setup=firmware: nothing is programmed: no device below the"
      " window has free persistent capacity" },
    { "order", "[1+1]", ONE_WINDOW ",cxl-fmw.0.restrictions=10,"
      "cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=1G,cxl-fmw.1.setup=firmware",
      "cxl-fmw.1.setup=firmware: nothing is programmed: a window before it has"
      " persistent capacity of the same device, which must come after the"
      " volatile; swap the windows" },
    { "restricted", "[1]", ONE_WINDOW ",cxl-fmw.0.restrictions=5",
      "cxl-fmw.0.setup=firmware: nothing is programmed: the window's"
      " restrictions exclude host-only coherent memory, or both volatile and"
      " persistent memory" },
    { "decoders", "[1 2]", "-global pxb-cxl.decoders=1 " ONE_WINDOW,
      "cxl-fmw.0.setup=firmware: 512 MiB of volatile capacity below the window"
      " are left out: a component on the way has no decoder left" },
    { "uneven", "[1][1 1]", TWO_TARGETS,
      "cxl-fmw.0.setup=firmware: 256 MiB of volatile capacity below the window"
      " are left out: the window's targets do not have the same number of"
      " devices and capacity below them" },
    { "coarse", "[1][1]", TWO_TARGETS ",cxl-fmw.0.interleave-granularity=16k",
      "cxl-fmw.0.setup=firmware: nothing is programmed: components below the"
      " window's targets would need a granularity of more than 16 KiB" },
    { "second", "[1]", ONE_WINDOW ",cxl-fmw.1.targets.0=cxl.0,"
      "cxl-fmw.1.size=1G,cxl-fmw.1.setup=firmware",
      "cxl-fmw.1.setup=firmware: nothing is programmed: no device below the"
      " window has free volatile capacity (restrictions=10 makes it a window for"
      " persistent capacity)" },
};

/* Once, however often the machine is reset */
static void test_warning(const void *data)
{
    const struct Warning *warning = data;
    g_autofree char *path = qcxl_empty_file(), *more = NULL, *text = NULL;
    g_auto(GStrv) lines = NULL;
    unsigned ours = 0;
    QCxlTopo *t;

    more = g_strdup_printf("%s 2>%s", warning->options, path);
    t = start(warning->topology, more);
    for (unsigned i = 0; i < 3; i++) {
        qcxl_reset(t);
    }
    qcxl_stop(t);
    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    unlink(path);

    lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (strstr(lines[i], "cxl-fmw")) {
            g_test_message("%s", lines[i]);
            g_assert(warning->text && strstr(lines[i], "warning: ") &&
                     strstr(lines[i], warning->text));
            ours++;
        }
    }
    g_assert_cmpuint(ours, ==, warning->text != NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        g_autofree char *path = g_strdup_printf("/cxl/firmware/finds/%s",
                                                rows[i].name);

        qtest_add_data_func(path, &rows[i], test_row);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(range_rows); i++) {
        g_autofree char *path = g_strdup_printf("/cxl/firmware/ranges/%s",
                                                range_rows[i].name);

        qtest_add_data_func(path, &range_rows[i], test_ranges);
    }
    qtest_add_func("/cxl/firmware/ranges-decode", test_ranges_decode);
    qtest_add_func("/cxl/firmware/ranges-ignored", test_ranges_ignored);
    qtest_add_func("/cxl/firmware/teardown", test_teardown);
    qtest_add_func("/cxl/firmware/addition", test_addition);
    qtest_add_func("/cxl/firmware/lock", test_lock);
    qtest_add_func("/cxl/firmware/hotplug", test_hotplug);
    for (unsigned i = 0; i < ARRAY_SIZE(warnings); i++) {
        g_autofree char *path = g_strdup_printf("/cxl/firmware/warning/%s",
                                                warnings[i].name);

        qtest_add_data_func(path, &warnings[i], test_warning);
    }
    return g_test_run();
}
