/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of all windows: a guest may cut it into as many pieces as its
 * decoders can, and change it as often as it likes
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

#define HOSTS       16
#define BUDGET      1024
#define EIW_16      4

/*
 * @windows windows of 16 ways, and for each of them a device below each of 16
 * bridges. Each window has as many units of 256 MiB as spans are wanted.
 */
static QCxlTopo *start_wide(unsigned windows, unsigned units)
{
    g_autoptr(GString) args = g_string_new("-machine q35,cxl=on ");

    for (unsigned b = 0; b < HOSTS; b++) {
        g_string_append_printf(args, "-device pxb-cxl,id=hb%u,bus=pcie.0,"
                               "bus_nr=%u,decoders=32 ", b, 16 + 8 * b);
    }
    for (unsigned w = 0; w < windows; w++) {
        g_string_append_printf(args, "%scxl-fmw.%u.size=%uM", w ? "," : "-M ",
                               w, 256 * units);
        for (unsigned b = 0; b < HOSTS; b++) {
            g_string_append_printf(args, ",cxl-fmw.%u.targets.%u=hb%u", w, b,
                                   b);
        }
    }
    for (unsigned w = 0; w < windows; w++) {
        for (unsigned b = 0; b < HOSTS; b++) {
            unsigned n = w * HOSTS + b;

            g_string_append_printf(args,
                " -device cxl-rp,id=rp%u,bus=hb%u,port=%u,slot=%u,chassis=1 "
                "-object memory-backend-ram,id=m%u,size=%uM,reserve=off "
                "-device cxl-type3,bus=rp%u,volatile-memdev=m%u",
                n, b, w, n, n, 16 * units, n, n);
        }
    }
    return qcxl_start("%s", args->str);
}

static void commit_device(QCxlTopo *t, QCxlFunction *f, uint64_t base,
                          uint64_t size)
{
    const QCxlDecoder d = { .base = base, .size = size, .eiw = EIW_16 };

    qcxl_mem_enable(t, f, true);
    qcxl_hdm_enable(t, f->hdm, true);
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
}

/*
 * Decoders of host @b for a window, which begin and end at units b, b + 16...
 * of it, so that no two hosts cut it at the same place. Returns how many.
 */
static unsigned cut_window(QCxlTopo *t, unsigned b, unsigned first,
                           const QCxlWindow *w, uint8_t port)
{
    uint64_t at = 0, end = b ? b * QCXL_UNIT : HOSTS * QCXL_UNIT;
    unsigned n = first;

    while (at < w->size) {
        const QCxlDecoder d = {
            .base = w->base + at, .size = MIN(end, w->size) - at,
            .targets = port,
        };

        g_assert(qcxl_commit(t, t->host[b].hdm, n++, &d));
        at = end;
        end += HOSTS * QCXL_UNIT;
    }
    return n;
}

static void cut_all(QCxlTopo *t)
{
    for (unsigned i = 0; i < t->nwindows * HOSTS; i++) {
        QCxlFunction *f = qcxl_endpoint(t, i);
        QCxlWindow *w = &t->window[f->parent->port];

        commit_device(t, f, w->base, w->size);
    }
    for (unsigned b = 0; b < HOSTS; b++) {
        unsigned n = 0;

        for (unsigned w = 0; w < t->nwindows; w++) {
            n = cut_window(t, b, n, &t->window[w], w);
        }
    }
}

/* How many regions of all windows have that mapping */
static unsigned count_regions(QCxlTopo *t, const char *mapping,
                              const char *reason)
{
    QDict *answer = qtest_qmp_assert_success_ref(
        t->qts, "{ 'execute': 'query-cxl' }");
    const QListEntry *w, *r;
    unsigned n = 0;

    QLIST_FOREACH_ENTRY(qdict_get_qlist(answer, "windows"), w) {
        QDict *window = qobject_to(QDict, qlist_entry_obj(w));

        QLIST_FOREACH_ENTRY(qdict_get_qlist(window, "regions"), r) {
            QDict *region = qobject_to(QDict, qlist_entry_obj(r));

            n += !strcmp(qdict_get_str(region, "mapping"), mapping) &&
                 !g_strcmp0(qdict_get_try_str(region, "reason"), reason);
        }
    }
    qobject_unref(answer);
    return n;
}

static void check_bytes(QCxlTopo *t, uint64_t at, uint64_t seed)
{
    for (unsigned i = 0; i < 40; i++) {
        g_assert_cmphex(qtest_readq(t->qts, at + i * 264), ==, seed + i);
    }
}

/*
 * 4,096 runs are as many sections as QEMU can have. The machine maps what is in
 * the budget and looks up the rest; memory that comes to be mapped later, when
 * the budget has room, has the bytes that were stored by look-up.
 */
static void check_budget(unsigned windows, unsigned units)
{
    QCxlTopo *t = start_wide(windows, units);
    const QCxlWindow *last = &t->window[windows - 1];
    uint64_t at = last->base + last->size - QCXL_UNIT / 2;
    g_autofree char *text = NULL;

    cut_all(t);
    g_assert_cmpuint(count_regions(t, "linear", NULL), ==, BUDGET / HOSTS);
    g_assert_cmpuint(count_regions(t, "callback",
                                   "too many ranges are mapped already"), ==,
                     windows * units - BUDGET / HOSTS);
    text = qtest_hmp(t->qts, "info cxl");
    g_assert_nonnull(strstr(text, "too many ranges are mapped already"));

    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    g_assert(!qcxl_has_ram(t, at - QCXL_UNIT / 2, QCXL_UNIT));
    for (unsigned i = 0; i < 40; i++) {
        qtest_writeq(t->qts, at + i * 264, 0x1234567800000000 + i);
    }
    check_bytes(t, at, 0x1234567800000000);

    /* All but the last 16 spans, which one decoder of host 0 covers, go */
    for (unsigned n = 0; n < 15; n++) {
        g_assert(qcxl_uncommit(t, t->host[0].hdm, n));
    }
    g_assert(qcxl_is_ram(t, at - QCXL_UNIT / 2, QCXL_UNIT));
    check_bytes(t, at, 0x1234567800000000);
    qcxl_stop(t);
}

static void test_hosts(void)
{
    check_budget(1, 256);
}

static void test_devices(void)
{
    check_budget(2, 128);
}

/* Stores to a device that may only be read are dropped, however it is served */
static void check_read_only(const char *layout, uint64_t second)
{
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,"
        "cxl-fmw.0.interleave-layout=%s "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
        "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 "
        "-object memory-backend-ram,id=m0,size=256M "
        "-object memory-backend-file,id=m1,size=256M,share=on,readonly=on,"
        "mem-path=%s "
        "-device cxl-type3,bus=rp0,volatile-memdev=m0 "
        "-device cxl-type3,bus=rp1,volatile-memdev=m1", layout, file->path);
    uint64_t base = t->window[0].base;

    memcpy(file->map, "original", 8);
    qcxl_map_two_ways(t, base);
    qtest_writeq(t->qts, base, 0x1122334455667788);
    g_assert_cmphex(qtest_readq(t->qts, base), ==, 0x1122334455667788);
    qtest_writeq(t->qts, base + second, 0x1122334455667788);
    qtest_writeb(t->qts, base + second + 1, 0x55);
    /* Half of it in either device */
    qtest_writeq(t->qts, base + second - 4, 0x99aabbccddeeff00);
    g_assert(!memcmp(file->map, "original", 8));
    g_assert_cmphex(qtest_readl(t->qts, base + second - 4), ==, 0xddeeff00);
    g_assert_cmphex(qtest_readb(t->qts, base + second), ==, 'o');
    qcxl_stop(t);
    qcxl_file_free(file);
}

static void test_read_only(void)
{
    check_read_only("exact", 256);
    check_read_only("linear", QCXL_UNIT);
}

/* Lines of a trace */
static unsigned count_lines(const char *log, const char *event)
{
    g_autofree char *text = NULL;
    unsigned n = 0;

    g_assert(g_file_get_contents(log, &text, NULL, NULL));
    for (const char *at = text; (at = strstr(at, event)); at++) {
        n++;
    }
    return n;
}

/* What changes no way to a byte is not published, and maps nothing anew */
static void test_same(void)
{
    g_autofree char *log = qcxl_empty_file();
    QCxlTopo *t = qcxl_start(
        "-trace cxl_window_* -D %s "
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
        "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 "
        "-object memory-backend-ram,id=m0,size=512M "
        "-object memory-backend-ram,id=m1,size=512M "
        "-device cxl-type3,bus=rp0,volatile-memdev=m0 "
        "-device cxl-type3,bus=rp1,volatile-memdev=m1", log);
    uint64_t base = t->window[0].base;
    const QCxlDecoder outside = { .base = base + t->window[0].size,
                                  .size = QCXL_UNIT };
    const QCxlDecoder inside = { .base = base + QCXL_UNIT, .size = QCXL_UNIT,
                                 .targets = 1 };
    unsigned published, mapped, unmapped;

    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    published = count_lines(log, "cxl_window_publish");
    mapped = count_lines(log, "cxl_window_map");
    g_assert_cmpuint(mapped, ==, 1);
    for (unsigned i = 0; i < 10; i++) {
        g_assert(qcxl_commit(t, t->host[0].hdm, 1, &outside));
        g_assert(qcxl_uncommit(t, t->host[0].hdm, 1));
    }
    g_assert_cmpuint(count_lines(log, "cxl_window_publish"), ==, published);

    /* Another region leaves the first one's mapping alone */
    qcxl_mem_enable(t, qcxl_endpoint(t, 1), true);
    qcxl_hdm_enable(t, qcxl_endpoint(t, 1)->hdm, true);
    g_assert(qcxl_commit(t, qcxl_endpoint(t, 1)->hdm, 0, &inside));
    g_assert(qcxl_commit(t, t->host[0].hdm, 1, &inside));
    g_assert(qcxl_is_ram(t, base, 2 * QCXL_UNIT));
    g_assert_cmpuint(count_lines(log, "cxl_window_map"), ==, 2);
    unmapped = count_lines(log, "cxl_window_unmap");
    g_assert_cmpuint(unmapped, ==, 0);
    qcxl_stop(t);
    unlink(log);
}

/* Beyond 16 TiB the span of an access is searched, and found all the same */
static void test_large(void)
{
    QCxlFile *file[2] = { qcxl_file_new(QCXL_UNIT), qcxl_file_new(QCXL_UNIT) };
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -cpu max,phys-bits=50 "
        "-M cxl-fmw.0.targets.0=hb,cxl-fmw.0.size=64T,"
        "cxl-fmw.0.interleave-layout=exact "
        "-device pxb-cxl,id=hb,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=hb,port=0,slot=0 "
        "-device cxl-rp,id=rp1,bus=hb,port=1,slot=1 "
        "-object memory-backend-file,id=m0,size=256M,share=on,mem-path=%s "
        "-object memory-backend-file,id=m1,size=256M,share=on,mem-path=%s "
        "-device cxl-type3,bus=rp0,volatile-memdev=m0 "
        "-device cxl-type3,bus=rp1,volatile-memdev=m1", file[0]->path,
        file[1]->path);
    QCxlDecoder d = {
        .base = t->window[0].base + 150000 * QCXL_UNIT, .size = 2 * QCXL_UNIT,
        .eiw = 1,
    };

    for (unsigned i = 0; i < 2; i++) {
        QCxlFunction *f = qcxl_endpoint(t, i);

        qcxl_mem_enable(t, f, true);
        qcxl_hdm_enable(t, f->hdm, true);
        g_assert(qcxl_commit(t, f->hdm, 0, &d));
    }
    d.targets = 0x0100;
    g_assert(qcxl_commit(t, t->host[0].hdm, 0, &d));
    for (uint64_t at = 0; at < d.size; at += d.size / 64 + 256) {
        unsigned device = at / 256 % 2;
        uint64_t dpa = at / 512 * 256 + at % 256;

        qtest_writeq(t->qts, d.base + at, ~at);
        g_assert_cmphex(ldq_le_p(file[device]->map + dpa), ==, ~at);
    }
    g_assert_cmphex(qtest_readq(t->qts, d.base - 8), ==, UINT64_MAX);
    g_assert_cmphex(qtest_readq(t->qts, d.base + d.size), ==, UINT64_MAX);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, UINT64_MAX);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base +
                                        t->window[0].size - 8), ==, UINT64_MAX);
    qcxl_stop(t);
    for (unsigned i = 0; i < 2; i++) {
        qcxl_file_free(file[i]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/layout/hosts", test_hosts);
    qtest_add_func("/cxl/layout/devices", test_devices);
    qtest_add_func("/cxl/layout/same", test_same);
    qtest_add_func("/cxl/layout/large", test_large);
    qtest_add_func("/cxl/layout/read-only", test_read_only);
    return g_test_run();
}
