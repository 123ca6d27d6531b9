/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of all windows against a decoder that walks registers
 */
#ifndef TESTS_UNIT_CHECK_LAYOUT_H
#define TESTS_UNIT_CHECK_LAYOUT_H

#include "hw/cxl/core/layout.h"

#include "random-route.h"

#define MAX_SPANS   64
#define BUDGET      40
#define LIMIT       0x200000ull

static CxlRouteSpan spans[MAX_SPANS];
static CxlRun runs[CXL_LAYOUT_MAX_RUNS(MAX_SPANS, CXL_LAYOUT_BUDGET)];
static CxlDpa tables[MAX_NODES];
static const CxlDpa *dpa_of[MAX_NODES];
static unsigned nruns;

static inline const CxlRun *find_run(uint64_t hpa)
{
    for (unsigned i = 0; i < nruns; i++) {
        if (hpa >= runs[i].hpa && hpa - runs[i].hpa < runs[i].size) {
            return &runs[i];
        }
    }
    return NULL;
}

/* Rights and marks at random; marks near the decoders' bases */
static inline void choose_tables(void)
{
    for (unsigned n = 0; n < topo.count; n++) {
        CxlDpa *t = &tables[n];

        *t = test_dpa(256 * U, 0);
        t->part[0].rights = unit_below(4) ? CXL_DPA_READ_WRITE
                                          : CXL_DPA_READ_ONLY;
        for (uint64_t at = 0; t->limits.count < 8 && unit_below(4);
             at += (1 + unit_below(U / LIMIT)) * LIMIT) {
            cxl_dpa_add_limit(&t->limits, at, (CxlDpaRights)unit_below(3));
        }
        for (unsigned i = (unsigned)unit_below(4); i; i--) {
            cxl_dpa_mark_add(&t->marks,
                             unit_below(8) * U + unit_below(0x10000));
        }
        dpa_of[n] = t;
    }
}

/* May the host access that byte? */
static inline bool is_allowed(int node, uint64_t dpa)
{
    uint64_t end;

    return cxl_dpa_limit(&tables[node].limits, dpa, &end) != CXL_DPA_NO_ACCESS;
}

/* ... and what is shown there? */
static inline bool is_home_allowed(const CxlRouteSpan *span, bool exact,
                                   uint64_t hpa)
{
    unsigned target;
    uint64_t dpa;

    return cxl_layout_home(span, exact, hpa, &target, &dpa) &&
           is_allowed(span->target[target].node, dpa);
}

/* Does the slow decoder find a marked line in the page? */
static inline bool slow_poison(uint64_t page)
{
    for (uint64_t at = 0; at < CXL_LAYOUT_PAGE; at += CXL_DPA_LINE) {
        uint64_t dpa, line;
        int node;

        if (slow_decode(page + at, &node, &dpa) &&
            cxl_dpa_mark_next(&tables[node].marks, dpa, &line) &&
            line <= dpa && is_allowed(node, dpa)) {
            return true;
        }
    }
    return false;
}

static inline void check_mapped(const CxlRun *run, const CxlRouteSpan *span,
                                uint64_t hpa)
{
    int node = span->target[run->target].node;
    bool poison = slow_poison(hpa - hpa % CXL_LAYOUT_PAGE);
    uint64_t dpa = 0, end = 0;
    unsigned target = 99;
    CxlDpaRights limit;

    check(cxl_layout_home(span, false, hpa, &target, &dpa));
    check_eq(target, run->target);
    check_eq(dpa, run->dpa + (hpa - run->hpa));
    limit = cxl_dpa_limit(&tables[node].limits, dpa, &end);
    check(end > dpa);
    check_eq(run->kind == CXL_RUN_HOLE, limit == CXL_DPA_NO_ACCESS);
    check_eq(run->kind == CXL_RUN_POISON,
             poison && limit != CXL_DPA_NO_ACCESS);
    if (!poison && limit != CXL_DPA_NO_ACCESS) {
        check_eq(run->kind == CXL_RUN_READ_ONLY,
                 limit == CXL_DPA_READ_ONLY ||
                 tables[node].part[0].rights == CXL_DPA_READ_ONLY);
    }
}

/* One address: its run, and both ways between HPA and DPA */
static inline void check_address(const CxlLayoutWindow *w, uint64_t hpa)
{
    const CxlRun *run = find_run(hpa);
    const CxlRouteSpan *span = run ? &spans[run->span] : NULL;
    uint64_t dpa = 0, slow_dpa = 0, back = 0, again;
    int node = -1, slow_node = -2, same = -3;
    unsigned target = 99;
    bool found;

    if (!check(run != NULL)) {
        return;
    }
    found = slow_decode(hpa, &slow_node, &slow_dpa) && !span->fault;
    check_eq(run->kind == CXL_RUN_HOLE && run->why != CXL_RUN_DENIED, !found);
    check_eq(cxl_layout_to_dpa(w, 1, hpa, &node, &dpa), found);
    if (!found) {
        return;
    }
    check_eq(node, slow_node);
    check_eq(dpa, slow_dpa);
    if (check(cxl_layout_to_hpa(w, 1, node, dpa, &back))) {
        check(back <= hpa && slow_decode(back, &same, &again));
        check_eq(same, node);
        check_eq(again, dpa);
    }
    if (run->kind == CXL_RUN_DECODE && !cxl_layout_is_linear(span, w->exact)) {
        check(cxl_layout_home(span, w->exact, hpa, &target, &dpa));
        check_eq(span->target[target].node, slow_node);
        check_eq(dpa, slow_dpa);
    } else if (run->kind != CXL_RUN_DECODE) {
        check_mapped(run, span, hpa);
    }
}

/* Each poisoned line that the slow decoder finds is in the set, and no other */
static inline void check_lines(const CxlLayoutWindow *w)
{
    static uint64_t slot[4096];
    unsigned count = cxl_layout_poison(w, dpa_of, NULL);
    CxlLineSet lines;

    if (!check(cxl_line_set_slots(count) <= sizeof(slot) / sizeof(slot[0]))) {
        return;
    }
    cxl_line_set_init(&lines, slot, cxl_line_set_slots(count),
                      unit_random());
    check_eq(cxl_layout_poison(w, dpa_of, &lines), count);
    for (unsigned i = 0; i < nruns; i++) {
        for (uint64_t at = 0; at < 0x10000; at += CXL_DPA_LINE) {
            uint64_t dpa, hpa = runs[i].hpa + at;
            int node;
            bool poison = runs[i].kind != CXL_RUN_HOLE &&
                          at < runs[i].size &&
                          slow_decode(hpa, &node, &dpa) &&
                          is_allowed(node, dpa) &&
                          cxl_dpa_mark_find(&tables[node].marks, dpa) >= 0 &&
                          is_home_allowed(&spans[runs[i].span], w->exact, hpa);

            if (at < runs[i].size) {
                check_eq(cxl_line_set_touches(&lines, hpa, 1), poison);
            }
        }
    }
}

/* Without gaps, each run in its span, and no more mapped than allowed */
static inline void check_list(const CxlLayoutWindow *w, unsigned budget)
{
    uint64_t at = topo.window.base;
    unsigned mapped = 0, pages = 0;

    for (unsigned i = 0; i < nruns; i++) {
        const CxlRouteSpan *span = &spans[runs[i].span];

        check_eq(runs[i].hpa, at);
        check(runs[i].size > 0 && runs[i].hpa >= span->hpa &&
              runs[i].hpa + runs[i].size <= span->hpa + span->size);
        mapped += (runs[i].kind != CXL_RUN_DECODE &&
                   runs[i].kind != CXL_RUN_HOLE) ||
                  runs[i].why == CXL_RUN_DENIED;
        pages += runs[i].kind == CXL_RUN_POISON;
        if (runs[i].why == CXL_RUN_BUDGET) {
            check(span->linear && mapped + 20 * span->ntargets > budget);
        }
        at += runs[i].size;
    }
    check_eq(at, topo.window.base + topo.window.size);
    check(mapped <= budget + 2 * pages);
    check(nruns <= CXL_LAYOUT_MAX_RUNS(w->nspans, budget));
}

static unsigned kinds[CXL_RUN_POISON + 1], whys[CXL_RUN_DENIED + 1];

static inline void check_layout(void)
{
    CxlLayoutWindow w = { .spans = spans, .exact = unit_below(3) == 0 };
    unsigned budget = unit_below(3) ? BUDGET : (unsigned)unit_below(8);
    int n = cxl_route_compile(topo.nodes, topo.count, &topo.window, spans,
                              MAX_SPANS);

    if (!check(n > 0)) {
        return;
    }
    w.nspans = (unsigned)n;
    choose_tables();
    nruns = cxl_layout(&w, 1, dpa_of, budget, runs);
    check_list(&w, budget);
    check_lines(&w);
    for (unsigned i = 0; i < nruns; i++) {
        kinds[runs[i].kind]++;
        whys[runs[i].why]++;
        check_address(&w, runs[i].hpa);
        check_address(&w, runs[i].hpa + runs[i].size - 1);
        check_address(&w, runs[i].hpa + unit_below(runs[i].size));
    }
}

#endif /* TESTS_UNIT_CHECK_LAYOUT_H */
