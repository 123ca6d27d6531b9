/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HDM decoders: what is committed, what is refused, what a commit maps
 * (CXL 3.1 8.2.4.20)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

/* Two devices, of 1 GiB volatile and 512 MiB persistent capacity each */
#define VOLATILE        (4 * QCXL_UNIT)
#define PERSISTENT      (2 * QCXL_UNIT)

#define BRIDGE(options) \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=8G " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52" options " "

#define DEVICE(n, port, options) \
    "-device cxl-rp,id=rp" n ",bus=cxl.0,chassis=0,slot=" n ",port=" port " " \
    "-object memory-backend-ram,id=v" n ",size=1G " \
    "-object memory-backend-ram,id=p" n ",size=512M " \
    "-object memory-backend-ram,id=l" n ",size=64K " \
    "-device cxl-type3,bus=rp" n ",id=dev" n ",volatile-memdev=v" n "," \
    "persistent-memdev=p" n ",lsa=l" n options " "

#define ONE_DEVICE  BRIDGE("") DEVICE("0", "7", "")
#define TWO_DEVICES ONE_DEVICE DEVICE("1", "200", "")

static uint64_t window_base(QCxlTopo *t)
{
    g_assert_cmpuint(t->nwindows, ==, 1);
    return t->window[0].base;
}

static bool has_error(QCxlTopo *t, uint64_t hdm, unsigned n)
{
    return qcxl_decoder_ctrl(t, hdm, n) & QCXL_CTRL_ERROR;
}

/* The host bridge's decoder 0 sends all of the window to the first device */
static void route_all(QCxlTopo *t, QCxlFunction *f)
{
    QCxlDecoder d = { .base = window_base(t), .size = t->window[0].size };

    d.targets = f->parent->port;
    g_assert(qcxl_commit(t, f->host->hdm, 0, &d));
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
}

static void test_commit(void)
{
    QCxlTopo *t = qcxl_start(ONE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);

    g_assert(!qcxl_has_ram(t, base, t->window[0].size));
    qcxl_map(t, f, base, VOLATILE);
    g_assert(qcxl_is_ram(t, base, VOLATILE));
    g_assert(!qcxl_has_ram(t, base + VOLATILE, t->window[0].size - VOLATILE));
    g_assert(!has_error(t, f->hdm, 0));

    g_assert(qcxl_uncommit(t, f->hdm, 0));
    g_assert(!qcxl_has_ram(t, base, t->window[0].size));
    qcxl_stop(t);
}

/* A decoder of each side is needed, whichever comes first */
static void test_both_sides(void)
{
    QCxlTopo *t = qcxl_start(TWO_DEVICES);
    QCxlFunction *f = qcxl_endpoint(t, 1);
    uint64_t base = window_base(t);
    QCxlDecoder device = { .base = base, .size = QCXL_UNIT };
    QCxlDecoder host = { .base = base, .size = QCXL_UNIT, .targets = 200 };

    g_assert_cmpuint(f->parent->port, ==, 200);
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
    g_assert(qcxl_commit(t, f->hdm, 0, &device));
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert(qcxl_commit(t, f->host->hdm, 0, &host));
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));

    g_assert(qcxl_uncommit(t, f->host->hdm, 0));
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    /* A port without a device, and one that is not there */
    host.targets = 7;
    g_assert(qcxl_commit(t, f->host->hdm, 0, &host));
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert(qcxl_uncommit(t, f->host->hdm, 0));
    host.targets = 99;
    g_assert(qcxl_commit(t, f->host->hdm, 0, &host));
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    qcxl_stop(t);
}

/* Global enable of the device and Mem_Enable of its DVSEC, one by one */
static void test_enables(void)
{
    QCxlTopo *t = qcxl_start(ONE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);
    QCxlDecoder d = { .base = base, .size = QCXL_UNIT };

    /* Off until someone turns it on */
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    d.targets = 7;
    g_assert(qcxl_commit(t, f->host->hdm, 0, &d));
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    qcxl_mem_enable(t, f, true);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    qcxl_hdm_enable(t, f->hdm, true);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    qcxl_hdm_enable(t, f->hdm, false);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, UINT64_MAX);
    qcxl_hdm_enable(t, f->hdm, true);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    qcxl_mem_enable(t, f, false);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qtest_readq(t->qts, base), ==, UINT64_MAX);
    qcxl_mem_enable(t, f, true);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    /* Both belong to the decoders in force, not to the commit */
    g_assert_cmphex(qcxl_decoder_ctrl(t, f->hdm, 0) & QCXL_CTRL_COMMITTED, !=,
                    0);
    qcxl_stop(t);
}

/* Must be refused as decoder 0 of a device, and accepted once it is mended */
typedef struct Refused {
    const char *why;
    uint64_t offset;
    uint64_t size;
    uint64_t skip;
    unsigned eiw;
    unsigned eig;
} Refused;

static const Refused refused[] = {
    { "granularity 7", 0, QCXL_UNIT, 0, 0, 7 },
    { "granularity 8", 0, QCXL_UNIT, 0, 0, 8 },
    { "granularity 15", 0, QCXL_UNIT, 0, 0, 15 },
    { "ways 5", 0, QCXL_UNIT, 0, 5, 0 },
    { "ways 7", 0, QCXL_UNIT, 0, 7, 0 },
    { "ways 11", 0, QCXL_UNIT, 0, 11, 0 },
    { "ways 15", 0, QCXL_UNIT, 0, 15, 0 },
    { "three ways of a third of a unit", 0, QCXL_UNIT, 0, 8, 0 },
    { "more than the device has", 0, 7 * QCXL_UNIT, 0, 0, 0 },
    { "both partitions", 0, VOLATILE + QCXL_UNIT, 0, 0, 0 },
    { "both partitions after a skip", 0, 2 * QCXL_UNIT, 3 * QCXL_UNIT, 0, 0 },
    { "skip leaves too little", 0, PERSISTENT, VOLATILE + QCXL_UNIT, 0, 0 },
    { "skip beyond the device", 0, QCXL_UNIT, 100 * QCXL_UNIT, 0, 0 },
    { "skip that wraps", 0, QCXL_UNIT, -QCXL_UNIT, 0, 0 },
    { "range that wraps", -QCXL_UNIT, 2 * QCXL_UNIT, 0, 0, 0 },
    { "endless size", 0, -QCXL_UNIT, 0, 0, 0 },
};

static void test_refusals(void)
{
    QCxlTopo *t = qcxl_start(ONE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);
    const QCxlDecoder good = { .base = base, .size = QCXL_UNIT };

    route_all(t, f);
    for (unsigned i = 0; i < ARRAY_SIZE(refused); i++) {
        const Refused *r = &refused[i];
        QCxlDecoder d = {
            .base = r->offset > UINT64_MAX / 2 ? r->offset : base + r->offset,
            .size = r->size, .eiw = r->eiw, .eig = r->eig,
        };

        d.skip = r->skip;
        g_test_message("%s", r->why);
        g_assert(!qcxl_commit(t, f->hdm, 0, &d));
        g_assert(!qcxl_has_ram(t, base, t->window[0].size));
        g_assert_cmphex(qtest_readq(t->qts, base), ==, UINT64_MAX);

        g_assert(qcxl_commit(t, f->hdm, 0, &good));
        g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
        g_assert(qcxl_uncommit(t, f->hdm, 0));
    }
    qcxl_stop(t);
}

/* What the capability register promises is what a commit takes */
static void test_capability(void)
{
    static const uint64_t sizes[] = { 1, 2, 4, 8, 16, 3, 6, 12 };
    static const unsigned codes[] = { 0, 1, 2, 3, 4, 8, 9, 10 };
    QCxlTopo *t = qcxl_start(ONE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint32_t cap = qtest_readl(t->qts, f->hdm + QCXL_HDM_CAP);

    for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
        for (unsigned eig = 0; eig <= 6; eig++) {
            QCxlDecoder d = {
                .base = window_base(t), .size = sizes[i] * QCXL_UNIT,
                .eiw = codes[i], .eig = eig,
            };
            bool can = codes[i] >= 8 ? cap >> 11 & 1 :
                       codes[i] == 4 ? cap >> 12 & 1 : true;

            g_test_message("ways %u granularity %u", codes[i], eig);
            g_assert(qcxl_commit(t, f->hdm, 0, &d) == can);
            g_assert(!can || qcxl_uncommit(t, f->hdm, 0));
        }
    }
    /* A port's target list has room for eight */
    for (unsigned eiw = 0; eiw <= 4; eiw++) {
        QCxlDecoder d = {
            .base = window_base(t), .size = QCXL_UNIT << eiw, .eiw = eiw,
            .targets = 0x0706050403020100,
        };

        g_assert(qcxl_commit(t, t->host[0].hdm, 0, &d) == (eiw <= 3));
        qcxl_uncommit(t, t->host[0].hdm, 0);
        /* 8.2.4.20.12: each position has a target of its own */
        d.targets = 0x0706050403020101;
        g_assert(qcxl_commit(t, t->host[0].hdm, 0, &d) == (eiw == 0));
        qcxl_uncommit(t, t->host[0].hdm, 0);
    }
    qcxl_stop(t);
}

/* Decoder n comes after decoder n - 1, in time and in addresses */
static void check_order(QCxlTopo *t, uint64_t hdm, uint64_t base)
{
    QCxlDecoder d = { .base = base + QCXL_UNIT, .size = QCXL_UNIT };

    g_assert(!qcxl_commit(t, hdm, 1, &d));
    g_assert(!qcxl_commit(t, hdm, 7, &d));
    g_assert(qcxl_commit(t, hdm, 0, &d));
    g_assert(!qcxl_commit(t, hdm, 2, &d));
    /* The same range, and one below */
    g_assert(!qcxl_commit(t, hdm, 1, &d));
    d.base = base;
    g_assert(!qcxl_commit(t, hdm, 1, &d));
    /* One that begins below and one that begins within */
    d.size = 3 * QCXL_UNIT;
    g_assert(!qcxl_commit(t, hdm, 1, &d));
    d.base = base + QCXL_UNIT;
    d.size = QCXL_UNIT;
    qcxl_uncommit(t, hdm, 0);
    d.size = 2 * QCXL_UNIT;
    g_assert(qcxl_commit(t, hdm, 0, &d));
    d.base = base + 2 * QCXL_UNIT;
    d.size = QCXL_UNIT;
    g_assert(!qcxl_commit(t, hdm, 1, &d));
    g_assert(has_error(t, hdm, 1));
    /* Right behind is right */
    d.base = base + 3 * QCXL_UNIT;
    g_assert(qcxl_commit(t, hdm, 1, &d));
    g_assert(!has_error(t, hdm, 1));
    /* Coming back, the first must not reach into the second */
    g_assert(qcxl_uncommit(t, hdm, 0));
    d.base = base;
    d.size = 4 * QCXL_UNIT;
    g_assert(!qcxl_commit(t, hdm, 0, &d));
    d.base = base + QCXL_UNIT;
    d.size = 2 * QCXL_UNIT;
    g_assert(qcxl_commit(t, hdm, 0, &d));
}

static void test_order(void)
{
    QCxlTopo *t = qcxl_start(ONE_DEVICE);

    check_order(t, qcxl_endpoint(t, 0)->hdm, window_base(t));
    check_order(t, t->host[0].hdm, window_base(t));
    qcxl_stop(t);
}

/* Every decoder of a device in use, one unit each */
static void test_all_decoders(void)
{
    QCxlTopo *t = qcxl_start(BRIDGE(",decoders=32")
                             DEVICE("0", "7", ",decoders=10"));
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);
    QCxlDecoder d = { .size = QCXL_UNIT };

    for (unsigned n = 0; n < 32; n++) {
        d.base = base + n * QCXL_UNIT;
        d.targets = 7;
        g_assert(qcxl_commit(t, f->host->hdm, n, &d));
    }
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
    d.skip = 0;
    for (unsigned n = 0; n < 6; n++) {
        /* Every other unit of the window */
        d.base = base + 2 * n * QCXL_UNIT;
        g_assert(qcxl_commit(t, f->hdm, n, &d));
        g_assert(qcxl_is_ram(t, d.base, QCXL_UNIT));
        g_assert(!qcxl_has_ram(t, d.base + QCXL_UNIT, QCXL_UNIT));
    }
    /* That was all the capacity; a decoder of no size still has a place */
    d.base += 2 * QCXL_UNIT;
    g_assert(!qcxl_commit(t, f->hdm, 6, &d));
    d.size = 0;
    for (unsigned n = 6; n < 10; n++) {
        g_assert(qcxl_commit(t, f->hdm, n, &d));
    }
    /* There is no decoder behind the last */
    qtest_writel(t->qts, f->hdm + QCXL_HDM_DECODER(10) + QCXL_DEC_CTRL,
                 QCXL_CTRL_COMMIT);
    g_assert_cmphex(qcxl_decoder_ctrl(t, f->hdm, 10), ==, 0);
    qcxl_stop(t);
}

static void test_few_decoders(void)
{
    QCxlTopo *t = qcxl_start(BRIDGE(",decoders=1")
                             DEVICE("0", "7", ",decoders=1"));
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);

    qcxl_map(t, f, base, QCXL_UNIT);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    qtest_writel(t->qts, f->hdm + QCXL_HDM_DECODER(1), UINT32_MAX);
    g_assert_cmphex(qtest_readl(t->qts, f->hdm + QCXL_HDM_DECODER(1)), ==, 0);
    qcxl_stop(t);
}

/* Lock On Commit: nothing changes the decoder, until a reset */
static void check_locked(QCxlTopo *t, uint64_t hdm)
{
    uint64_t at = hdm + QCXL_HDM_DECODER(0);
    uint8_t before[0x20], after[0x20];

    qtest_memread(t->qts, at, before, sizeof(before));
    for (unsigned reg = 0; reg < 0x1c; reg += 4) {
        qtest_writel(t->qts, at + reg, 0);
        qtest_writel(t->qts, at + reg, 0x30000000);
    }
    g_assert(!qcxl_uncommit(t, hdm, 0));
    qtest_memread(t->qts, at, after, sizeof(after));
    g_assert(!memcmp(before, after, sizeof(before)));
}

static void test_lock(void)
{
    QCxlTopo *t = qcxl_start(ONE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);
    QCxlDecoder host = { .base = base, .size = QCXL_UNIT, .targets = 7,
                         .flags = QCXL_CTRL_LOCK };
    QCxlDecoder device = { .base = base, .size = QCXL_UNIT,
                           .flags = QCXL_CTRL_LOCK };
    QCxlDecoder bad = { .base = base, .size = QCXL_UNIT, .eig = 9,
                        .flags = QCXL_CTRL_LOCK };

    /* A refused commit locks nothing */
    g_assert(!qcxl_commit(t, f->hdm, 0, &bad));
    g_assert(qcxl_commit(t, f->hdm, 0, &device));
    g_assert(qcxl_commit(t, f->host->hdm, 0, &host));
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
    check_locked(t, f->hdm);
    check_locked(t, f->host->hdm);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));

    qcxl_reset(t);
    f = qcxl_endpoint(t, 0);
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert_cmphex(qcxl_decoder_ctrl(t, f->hdm, 0) & QCXL_CTRL_COMMITTED, ==,
                    0);
    qcxl_map(t, f, base, 2 * QCXL_UNIT);
    g_assert(qcxl_is_ram(t, base, 2 * QCXL_UNIT));
    qcxl_stop(t);
}

/* What is written to a committed decoder counts at the next commit */
static void test_rewrite(void)
{
    QCxlTopo *t = qcxl_start(ONE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);
    QCxlDecoder d = { .base = base + 4 * QCXL_UNIT, .size = 2 * QCXL_UNIT };

    route_all(t, f);
    qcxl_commit(t, f->hdm, 0, &(QCxlDecoder) { .base = base,
                                               .size = QCXL_UNIT });
    qcxl_decoder_set(t, f->hdm, 0, &d);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert(!qcxl_has_ram(t, d.base, d.size));
    g_assert(qcxl_uncommit(t, f->hdm, 0));
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    g_assert(!qcxl_has_ram(t, base, QCXL_UNIT));
    g_assert(qcxl_is_ram(t, d.base, d.size));
    qcxl_stop(t);
}

/* Decoders may lie anywhere; only what is in a window is mapped */
static void test_outside_window(void)
{
    QCxlTopo *t = qcxl_start(ONE_DEVICE);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t end = window_base(t) + t->window[0].size;

    qcxl_map(t, f, end - QCXL_UNIT, 2 * QCXL_UNIT);
    g_assert(qcxl_is_ram(t, end - QCXL_UNIT, QCXL_UNIT));
    g_assert(!qcxl_has_ram(t, end, QCXL_UNIT));
    g_assert(qcxl_uncommit(t, f->hdm, 0));
    g_assert(qcxl_uncommit(t, f->host->hdm, 0));

    qcxl_map(t, f, 0, 2 * QCXL_UNIT);
    qtest_writel(t->qts, 0x1000, 0x12345678);
    g_assert_cmphex(qtest_readl(t->qts, 0x1000), ==, 0x12345678);
    qcxl_stop(t);
}

/* One root port: decoders by default, none with hdm_for_passthrough=off */
static void test_passthrough(void)
{
    QCxlTopo *t = qcxl_start(BRIDGE(",hdm_for_passthrough=off")
                             DEVICE("0", "7", ""));
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = window_base(t);
    QCxlDecoder d = { .base = base, .size = QCXL_UNIT };

    g_assert_cmphex(t->host[0].hdm, ==, 0);
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
    g_assert(qcxl_is_ram(t, base, QCXL_UNIT));
    g_assert(!qcxl_has_ram(t, base + QCXL_UNIT, QCXL_UNIT));
    qcxl_stop(t);

    t = qcxl_start(BRIDGE(",hdm_for_passthrough=on") DEVICE("0", "7", ""));
    g_assert_cmphex(t->host[0].hdm, !=, 0);
    qcxl_stop(t);

    /* With two root ports there is a choice, which takes decoders */
    t = qcxl_start(BRIDGE(",hdm_for_passthrough=off") DEVICE("0", "7", "")
                   DEVICE("1", "8", ""));
    g_assert_cmphex(t->host[0].hdm, !=, 0);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/hdm/commit", test_commit);
    qtest_add_func("/cxl/hdm/both-sides", test_both_sides);
    qtest_add_func("/cxl/hdm/enables", test_enables);
    qtest_add_func("/cxl/hdm/refusals", test_refusals);
    qtest_add_func("/cxl/hdm/capability", test_capability);
    qtest_add_func("/cxl/hdm/order", test_order);
    qtest_add_func("/cxl/hdm/all-decoders", test_all_decoders);
    qtest_add_func("/cxl/hdm/few-decoders", test_few_decoders);
    qtest_add_func("/cxl/hdm/lock", test_lock);
    qtest_add_func("/cxl/hdm/rewrite", test_rewrite);
    qtest_add_func("/cxl/hdm/outside-window", test_outside_window);
    qtest_add_func("/cxl/hdm/passthrough", test_passthrough);
    return g_test_run();
}
