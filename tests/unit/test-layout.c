/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of all windows: by hand, and against a decoder that walks registers
 */
#include "check-layout.h"

#include <stdlib.h>

#include "unit.h"

#define BASE_HPA    (16 * U)

/* --- by hand: spans one after the other, two devices --- */

static unsigned nspans;

static void begin(void)
{
    nspans = 0;
    for (unsigned i = 0; i < 2; i++) {
        tables[i] = test_dpa(4 * U, 4 * U);
        dpa_of[i] = &tables[i];
    }
}

/* The next @units, interleaved at 256 bytes over the first @ways devices */
static CxlRouteSpan *add_span(unsigned units, unsigned ways, uint64_t dpa)
{
    uint64_t hpa = nspans ? spans[nspans - 1].hpa + spans[nspans - 1].size
                          : BASE_HPA;
    CxlRouteSpan *span = &spans[nspans++];

    *span = (CxlRouteSpan) {
        .hpa = hpa, .size = units * U, .granule = ways > 1 ? 256 : units * U,
        .linear = true, .ntargets = ways, .nsteps = ways > 1,
    };
    span->step[0] = (CxlRouteStep) {
        .base = hpa, .eiw = ways > 1, .next = { ~0, ~1 },
    };
    for (unsigned i = 0; i < ways; i++) {
        span->target[i] = (CxlRouteTarget) {
            .node = (int16_t)i, .eiw = ways > 1, .dpa = dpa, .base = hpa,
            .dpa_base = dpa, .dpa_size = units * U / ways,
        };
    }
    return span;
}

static void lay_window(const CxlLayoutWindow *window, unsigned budget)
{
    nruns = cxl_layout(window, 1, dpa_of, budget, runs);
}

static void lay(bool exact, unsigned budget)
{
    lay_window(&(CxlLayoutWindow) {
        .spans = spans, .nspans = nspans, .exact = exact,
    }, budget);
}

static void check_run(unsigned n, CxlRunKind kind, CxlRunWhy why, uint64_t hpa,
                      uint64_t size, unsigned target, uint64_t dpa)
{
    if (!check(n < nruns)) {
        return;
    }
    check_eq(runs[n].kind, kind);
    check_eq(runs[n].why, why);
    check_eq(runs[n].hpa, hpa);
    check_eq(runs[n].size, size);
    check_eq(runs[n].target, target);
    check_eq(runs[n].dpa, dpa);
}

static void test_kinds(void)
{
    uint64_t at = BASE_HPA;

    begin();
    add_span(2, 1, U);
    add_span(1, 1, 0)->fault = CXL_ROUTE_DISABLED;
    add_span(2, 2, 3 * U);
    add_span(1, 2, 0)->linear = false;
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 5);
    check_run(0, CXL_RUN_RAM, CXL_RUN_AS_RAM, at, 2 * U, 0, U);
    check_run(1, CXL_RUN_HOLE, CXL_RUN_FAULT, at + 2 * U, U, 0, 0);
    check_run(2, CXL_RUN_RAM, CXL_RUN_AS_RAM, at + 3 * U, U, 0, 3 * U);
    check_run(3, CXL_RUN_RAM, CXL_RUN_AS_RAM, at + 4 * U, U, 1, 3 * U);
    check_run(4, CXL_RUN_DECODE, CXL_RUN_IRREGULAR, at + 5 * U, U, 0, 0);
    check_eq(runs[3].span, 2);

    /* One device is RAM in exact layout too */
    lay(true, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 4);
    check_run(0, CXL_RUN_RAM, CXL_RUN_AS_RAM, at, 2 * U, 0, U);
    check_run(2, CXL_RUN_DECODE, CXL_RUN_EXACT, at + 3 * U, 2 * U, 0, 0);

    /* And nothing is when each access goes through a cache */
    lay_window(&(CxlLayoutWindow) {
        .spans = spans, .nspans = nspans, .cached = true,
    }, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 4);
    check_run(0, CXL_RUN_DECODE, CXL_RUN_CACHED, at, 2 * U, 0, 0);
    check_run(1, CXL_RUN_HOLE, CXL_RUN_FAULT, at + 2 * U, U, 0, 0);
    check_run(3, CXL_RUN_DECODE, CXL_RUN_CACHED, at + 5 * U, U, 0, 0);
}

static void test_rights(void)
{
    begin();
    tables[1].part[1].rights = CXL_DPA_READ_ONLY;
    add_span(4, 2, 3 * U);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 4);
    check_run(0, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA, U, 0, 3 * U);
    check_run(1, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + U, U, 0, 4 * U);
    check_run(2, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + 2 * U, U, 1, 3 * U);
    check_run(3, CXL_RUN_READ_ONLY, CXL_RUN_AS_RAM, BASE_HPA + 3 * U, U, 1,
              4 * U);

    /* What is closed is a hole, poisoned or not */
    begin();
    tables[0].part[0].closed = CXL_DPA_DISABLED;
    tables[1].part[1].closed = CXL_DPA_LOCKED;
    cxl_dpa_mark_add(&tables[0].marks, 3 * U + 4096);
    add_span(4, 2, 3 * U);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 4);
    check_run(0, CXL_RUN_HOLE, CXL_RUN_DISABLED, BASE_HPA, U, 0, 3 * U);
    check_run(1, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + U, U, 0, 4 * U);
    check_run(2, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + 2 * U, U, 1, 3 * U);
    check_run(3, CXL_RUN_HOLE, CXL_RUN_SECURED, BASE_HPA + 3 * U, U, 1,
              4 * U);

    /* Beyond the capacity there is nothing to map */
    begin();
    add_span(2, 1, 7 * U);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 2);
    check_run(0, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA, U, 0, 7 * U);
    check_run(1, CXL_RUN_HOLE, CXL_RUN_NO_MEMORY, BASE_HPA + U, U, 0, 8 * U);
}

/* What others leave to the host: runs end where that changes */
static void test_limits(void)
{
    const uint64_t step = 0x200000;

    begin();
    cxl_dpa_add_limit(&tables[0].limits, 0, CXL_DPA_READ_WRITE);
    cxl_dpa_add_limit(&tables[0].limits, 3 * U + step, CXL_DPA_READ_ONLY);
    cxl_dpa_add_limit(&tables[0].limits, 4 * U + step, CXL_DPA_NO_ACCESS);
    cxl_dpa_add_limit(&tables[0].limits, 4 * U + 2 * step, CXL_DPA_READ_WRITE);
    cxl_dpa_mark_add(&tables[0].marks, 3 * U + step);
    cxl_dpa_mark_add(&tables[0].marks, 4 * U + step);
    add_span(2, 1, 3 * U);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 6);
    check_run(0, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA, step, 0, 3 * U);
    check_run(1, CXL_RUN_POISON, CXL_RUN_AS_RAM, BASE_HPA + step, 4096, 0,
              3 * U + step);
    check_run(2, CXL_RUN_READ_ONLY, CXL_RUN_AS_RAM, BASE_HPA + step + 4096,
              U - step - 4096, 0, 3 * U + step + 4096);
    /* The other partition, and as much of it as may be read */
    check_run(3, CXL_RUN_READ_ONLY, CXL_RUN_AS_RAM, BASE_HPA + U, step, 0,
              4 * U);
    check_run(4, CXL_RUN_HOLE, CXL_RUN_DENIED, BASE_HPA + U + step, step, 0,
              4 * U + step);
    check_run(5, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + U + 2 * step,
              U - 2 * step, 0, 4 * U + 2 * step);
    /* More runs than may be mapped: each access is looked up */
    lay(false, 4);
    check_eq(nruns, 1);
    check_run(0, CXL_RUN_DECODE, CXL_RUN_BUDGET, BASE_HPA, 2 * U, 0, 0);
}

/* 12.4.2: persistent memory of a viral device is not mapped, even read-only */
static void test_contained(void)
{
    begin();
    tables[1].contained = true;
    add_span(4, 2, 3 * U);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 4);
    check_run(1, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + U, U, 0, 4 * U);
    check_run(2, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + 2 * U, U, 1, 3 * U);
    check_run(3, CXL_RUN_DECODE, CXL_RUN_CONTAINED, BASE_HPA + 3 * U, U, 1,
              4 * U);
    check_eq(cxl_dpa_rights(&tables[1], &tables[1].part[0]),
             CXL_DPA_READ_WRITE);
    check_eq(cxl_dpa_rights(&tables[1], &tables[1].part[1]),
             CXL_DPA_READ_ONLY);
}

static void test_budget(void)
{
    begin();
    add_span(2, 2, 0);
    add_span(2, 2, U);
    add_span(1, 1, 2 * U);
    lay(false, 5);
    check_eq(nruns, 5);
    lay(false, 3);
    check_eq(nruns, 4);
    check_eq(runs[1].kind, CXL_RUN_RAM);
    check_run(2, CXL_RUN_DECODE, CXL_RUN_BUDGET, BASE_HPA + 2 * U, 2 * U, 0,
              0);
    /* What is left serves a span that needs less */
    check_run(3, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + 4 * U, U, 0, 2 * U);
    lay(false, 0);
    check_eq(nruns, 3);
    for (unsigned i = 0; i < nruns; i++) {
        check_eq(runs[i].why, CXL_RUN_LOCKED);
    }
}

static void mark(unsigned node, uint64_t dpa)
{
    check(cxl_dpa_mark_add(&tables[node].marks, dpa));
}

static void test_poison(void)
{
    const uint64_t page = CXL_LAYOUT_PAGE;

    begin();
    mark(0, U);
    mark(0, U + 0x40);
    mark(0, U + 5 * page + 0xfff);
    mark(0, U + 6 * page);
    mark(0, 2 * U - 1);
    mark(0, 2 * U);
    add_span(1, 1, U);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 6);
    check_run(0, CXL_RUN_POISON, CXL_RUN_AS_RAM, BASE_HPA, page, 0, U);
    check_run(1, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + page, 4 * page, 0,
              U + page);
    check_run(2, CXL_RUN_POISON, CXL_RUN_AS_RAM, BASE_HPA + 5 * page, page, 0,
              U + 5 * page);
    check_run(3, CXL_RUN_POISON, CXL_RUN_AS_RAM, BASE_HPA + 6 * page, page, 0,
              U + 6 * page);
    check_run(5, CXL_RUN_POISON, CXL_RUN_AS_RAM, BASE_HPA + U - page, page, 0,
              2 * U - page);

    /* The line of device 1 at 256 is the granule at 3 * 256 of the region */
    begin();
    mark(1, 256 + page);
    add_span(2, 2, 0);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 4);
    check_run(1, CXL_RUN_POISON, CXL_RUN_AS_RAM, BASE_HPA + 2 * page, page, 0,
              2 * page);
    check_run(3, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + U, U, 1, 0);

    /* Where poison does not bite, nothing is cut */
    lay_window(&(CxlLayoutWindow) {
        .spans = spans, .nspans = nspans, .no_poison = true,
    }, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 2);
}

/* As many pages as a device has marks; those without room are looked up */
static void test_much_poison(void)
{
    const uint64_t page = CXL_LAYOUT_PAGE;

    begin();
    for (unsigned i = 0; i < CXL_LAYOUT_MAX_POISON; i++) {
        mark(0, (2 * i + 1) * page);
    }
    add_span(1, 1, 0);
    lay(false, 1);
    check_eq(nruns, 2 * CXL_LAYOUT_MAX_POISON + 1);
    lay(false, 0);
    check_eq(nruns, 1);
    check_run(0, CXL_RUN_DECODE, CXL_RUN_LOCKED, BASE_HPA, U, 0, 0);

    /* Device 1 has its poison in the span behind it */
    add_span(2, 2, 2 * U);
    mark(1, 2 * U);
    add_span(1, 1, U);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 2 * CXL_LAYOUT_MAX_POISON + 3);
    check_run(nruns - 2, CXL_RUN_DECODE, CXL_RUN_SCATTERED, BASE_HPA + U,
              2 * U, 0, 0);
    check_run(nruns - 1, CXL_RUN_RAM, CXL_RUN_AS_RAM, BASE_HPA + 3 * U, U, 0,
              U);
    check(cxl_dpa_mark_remove(&tables[0].marks, page));
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 2 * CXL_LAYOUT_MAX_POISON + 3);
    check_eq(runs[nruns - 4].kind, CXL_RUN_POISON);
}

/* Runs and pages together stay in what QEMU has room for */
static void test_room(void)
{
    const unsigned count = 900, left = (CXL_LAYOUT_ROOM - count) / 2;
    CxlRouteSpan *many = calloc(count, sizeof(*many));
    CxlRun *all = calloc(CXL_LAYOUT_MAX_RUNS(count, CXL_LAYOUT_BUDGET),
                         sizeof(*all));
    CxlLayoutWindow w = { .spans = many, .nspans = count };

    begin();
    for (unsigned i = 0; i < count; i++) {
        add_span(1, 1, 0);
        many[i] = spans[0];
        many[i].hpa = BASE_HPA + i * U;
        many[i].target[0].base = many[i].hpa;
        many[i].target[0].node = i < count - 1;
        nspans = 0;
    }
    for (unsigned i = 0; i <= left; i++) {
        mark(0, (2 * i + 1) * (uint64_t)CXL_LAYOUT_PAGE);
    }
    check_eq(cxl_layout(&w, 1, dpa_of, CXL_LAYOUT_BUDGET, all), count);
    check_eq(all[count - 1].why, CXL_RUN_SCATTERED);
    check(cxl_dpa_mark_remove(&tables[0].marks, CXL_LAYOUT_PAGE));
    check(cxl_dpa_mark_remove(&tables[0].marks, 3 * CXL_LAYOUT_PAGE));
    nruns = cxl_layout(&w, 1, dpa_of, CXL_LAYOUT_BUDGET, all);
    check_eq(nruns, count + 2 * (left - 1));
    check(nruns <= CXL_LAYOUT_ROOM);
    check_eq(all[count].kind, CXL_RUN_POISON);
    free(many);
    free(all);
}

/* What nobody can access gives everybody the same */
static void test_closed_poison(void)
{
    CxlLayoutWindow w = { .spans = spans, .nspans = 1 };

    begin();
    mark(0, 0);
    mark(0, 4 * U);
    add_span(8, 1, 0);
    tables[0].part[1].closed = CXL_DPA_LOCKED;
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 3);
    check_eq(runs[0].kind, CXL_RUN_POISON);
    check_run(2, CXL_RUN_HOLE, CXL_RUN_SECURED, BASE_HPA + 4 * U, 4 * U, 0,
              4 * U);
    check_eq(cxl_layout_poison(&w, dpa_of, NULL), 1);
    tables[0].part[0].closed = CXL_DPA_DISABLED;
    check_eq(cxl_layout_poison(&w, dpa_of, NULL), 0);
}

static void limit(unsigned node, uint64_t start, CxlDpaRights rights)
{
    check(cxl_dpa_add_limit(&tables[node].limits, start, rights));
}

/* No access, nothing to be poisoned; a reader is a reader */
static void test_denied_poison(void)
{
    CxlLayoutWindow w = { .spans = spans, .nspans = 1 };

    begin();
    mark(0, 0);
    mark(0, U);
    mark(0, 2 * U);
    limit(0, 0, CXL_DPA_READ_ONLY);
    limit(0, U, CXL_DPA_NO_ACCESS);
    limit(0, 2 * U, CXL_DPA_READ_WRITE);
    add_span(3, 1, 0);
    lay(false, CXL_LAYOUT_BUDGET);
    check_eq(nruns, 5);
    check_eq(runs[0].kind, CXL_RUN_POISON);
    check_run(2, CXL_RUN_HOLE, CXL_RUN_DENIED, BASE_HPA + U, U, 0, U);
    check_eq(runs[3].kind, CXL_RUN_POISON);
    check_eq(cxl_layout_poison(&w, dpa_of, NULL), 2);
}

/* Two ways: rights are those of what is shown, and of the line itself */
static void test_denied_interleaved_poison(void)
{
    CxlLayoutWindow w = { .spans = spans, .nspans = 1 };

    /* The line of device 1 at 0 is shown as bytes of device 0 at 256 */
    for (unsigned denied = 0; denied < 2; denied++) {
        begin();
        mark(1, 0);
        limit(denied, 0, CXL_DPA_NO_ACCESS);
        add_span(2, 2, 0);
        w.exact = false;
        check_eq(cxl_layout_poison(&w, dpa_of, NULL), 0);
        lay(false, CXL_LAYOUT_BUDGET);
        for (unsigned i = 0; i < nruns; i++) {
            check(runs[i].kind != CXL_RUN_POISON);
        }
        w.exact = true;
        check_eq(cxl_layout_poison(&w, dpa_of, NULL), denied ? 0 : 1);
    }
}

/* Its lines, by true arithmetic; those that decode twice, twice */
static void test_poison_lines(void)
{
    uint64_t slot[16];
    CxlLineSet lines = { 0 };
    CxlLayoutWindow w = { .spans = spans };

    begin();
    mark(1, 256 + 4096);
    mark(0, 63);
    mark(0, U);
    add_span(2, 2, 0);
    add_span(1, 1, 5 * U);
    add_span(1, 1, U)->fault = CXL_ROUTE_DISABLED;
    w.nspans = nspans;
    check_eq(cxl_layout_poison(&w, dpa_of, NULL), 2);
    cxl_line_set_init(&lines, slot, cxl_line_set_slots(2), 1);
    check_eq(cxl_layout_poison(&w, dpa_of, &lines), 2);
    check(cxl_line_set_touches(&lines, BASE_HPA, 1));
    check(!cxl_line_set_touches(&lines, BASE_HPA + 64, 192));
    check(cxl_line_set_touches(&lines, BASE_HPA + 2 * 4096 + 3 * 256, 1));
    w.no_poison = true;
    check_eq(cxl_layout_poison(&w, dpa_of, NULL), 0);

    /* Both positions of a decoder lead to its one device */
    begin();
    mark(0, U);
    add_span(2, 2, U)->ntargets = 1;
    spans[0].nsteps = 0;
    w = (CxlLayoutWindow) { .spans = spans, .nspans = 1 };
    cxl_line_set_init(&lines, slot, cxl_line_set_slots(2), 1);
    check_eq(cxl_layout_poison(&w, dpa_of, &lines), 2);
    check(cxl_line_set_touches(&lines, BASE_HPA, 1));
    check(cxl_line_set_touches(&lines, BASE_HPA + 256, 1));
}

static void test_reverse(void)
{
    CxlLayoutWindow windows[2];
    uint64_t hpa = 0, dpa = 0;
    int node = -1;

    begin();
    add_span(1, 1, 0)->fault = CXL_ROUTE_NO_DECODER;
    add_span(2, 2, 2 * U);
    add_span(1, 1, 4 * U);
    windows[0] = (CxlLayoutWindow) { .spans = spans, .nspans = 2 };
    windows[1] = (CxlLayoutWindow) { .spans = spans + 2, .nspans = 1 };
    check(cxl_layout_to_hpa(windows, 2, 1, 2 * U + 0x123, &hpa));
    check_eq(hpa, BASE_HPA + U + 0x323);
    check(cxl_layout_to_dpa(windows, 2, hpa, &node, &dpa));
    check_eq(node, 1);
    check_eq(dpa, 2 * U + 0x123);
    check(cxl_layout_to_hpa(windows, 2, 0, 4 * U + 7, &hpa));
    check_eq(hpa, BASE_HPA + 3 * U + 7);
    check(!cxl_layout_to_hpa(windows, 2, 1, 4 * U + 7, &hpa));
    check(!cxl_layout_to_hpa(windows, 2, 0, 0, &hpa));
    check(!cxl_layout_to_dpa(windows, 2, BASE_HPA, &node, &dpa));
    check(!cxl_layout_to_dpa(windows, 2, BASE_HPA + 4 * U, &node, &dpa));
}

static void test_names(void)
{
    check(!cxl_run_why_name(CXL_RUN_AS_RAM));
    for (unsigned why = CXL_RUN_FAULT; why <= CXL_RUN_CONTAINED; why++) {
        check(cxl_run_why_name((CxlRunWhy)why) != NULL);
    }
    check(!strcmp(cxl_run_why_name((CxlRunWhy)99), "unknown"));
}

/* --- at random --- */

static void test_random(void)
{
    for (unsigned i = 0; i < 1500; i++) {
        unsigned three = unit_below(2) ? 1 : 3;

        if (unit_below(2)) {
            Legal l;

            choose_legal(&l);
            l.more = 0;
            l.size = (1 + unit_below(4)) * 3 * U;
            make_window(l.ways[0], l.eig[0], unit_below(2), l.size + U);
            l.base = topo.window.base;
            for (unsigned pos = 0; pos < l.ways[0]; pos++) {
                topo.window.targets[pos] = (int16_t)build_legal(&l, 1);
            }
        } else {
            make_window(three, (unsigned)unit_below(7), unit_below(2), 6 * U);
            for (unsigned pos = 0; pos < three; pos++) {
                topo.window.targets[pos] = (int16_t)build_at_random(0);
            }
        }
        check_layout();
    }
    for (unsigned kind = 0; kind < 5; kind++) {
        check(kinds[kind] > 50);
    }
    check(whys[CXL_RUN_BUDGET] > 20 && whys[CXL_RUN_EXACT] > 20 &&
          whys[CXL_RUN_IRREGULAR] > 20);
}

/* Nobody locks more than there may be locked, sums that wrap included. */
static void test_pinned(void)
{
    check_eq(cxl_layout_budget(false, 0, 4, 4), CXL_LAYOUT_BUDGET);
    check_eq(cxl_layout_budget(true, 8, 4, 4), CXL_LAYOUT_BUDGET);
    check_eq(cxl_layout_budget(true, 7, 4, 4), 0);
    check_eq(cxl_layout_budget(true, 3, 4, 0), 0);
    check_eq(cxl_layout_budget(true, 4, 4, 0), CXL_LAYOUT_BUDGET);
    check_eq(cxl_layout_budget(true, 8, 4, UINT64_MAX), 0);
    check_eq(cxl_layout_budget(true, UINT64_MAX, 4, 4), CXL_LAYOUT_BUDGET);
}

int main(void)
{
    unit_run("kinds", test_kinds);
    unit_run("partitions and rights", test_rights);
    unit_run("limits", test_limits);
    unit_run("contained", test_contained);
    unit_run("budget", test_budget);
    unit_run("pinned", test_pinned);
    unit_run("poison", test_poison);
    unit_run("much poison", test_much_poison);
    unit_run("room", test_room);
    unit_run("closed poison", test_closed_poison);
    unit_run("denied poison", test_denied_poison);
    unit_run("denied poison, interleaved", test_denied_interleaved_poison);
    unit_run("poisoned lines", test_poison_lines);
    unit_run("from HPA to DPA and back", test_reverse);
    unit_run("names", test_names);
    unit_run("random topologies", test_random);
    return unit_done();
}
