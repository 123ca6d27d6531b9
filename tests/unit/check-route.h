/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route compiler against a decoder that walks registers
 */
#ifndef TESTS_UNIT_CHECK_ROUTE_H
#define TESTS_UNIT_CHECK_ROUTE_H

#include "random-route.h"

#define MAX_SPANS   64
#define PERIOD      (3u << 18)  /* a multiple of every period there is */

static CxlRouteSpan spans[MAX_SPANS];

static inline int compile(void)
{
    return cxl_route_compile(topo.nodes, topo.count, &topo.window, spans,
                             MAX_SPANS);
}

/* One address: both decoders agree, and so does the way back */
static inline void check_address(const CxlRouteSpan *span, uint64_t hpa)
{
    uint64_t dpa = 0, slow_dpa = 0, back = 0, start;
    unsigned t = 99, u = 99;
    int node = -1;

    check(cxl_route_decode(span, hpa, &t, &dpa));
    check(slow_decode(hpa, &node, &slow_dpa));
    if (!check(t < span->ntargets)) {
        return;
    }
    check_eq(span->target[t].node, node);
    check_eq(dpa, slow_dpa);
    check(dpa >= span->target[t].dpa);
    check(cxl_route_encode(span, t, dpa, &back));
    check(back <= hpa);

    /* the rest of the granule follows */
    start = hpa - (hpa - span->hpa) % span->granule;
    check(cxl_route_decode(span, start, &u, &slow_dpa));
    check_eq(u, t);
    check_eq(dpa - slow_dpa, hpa - start);

    if (span->linear) {
        uint64_t share = span->size / span->ntargets;

        check_eq(back, hpa);        /* nothing else leads there */
        check(dpa - span->target[t].dpa < share);
        check(cxl_route_linear_home(span, hpa, &t, &dpa));
        check_eq(t, (hpa - span->hpa) / share);
        check_eq(dpa, span->target[t].dpa + (hpa - span->hpa) % share);
    } else {
        check(!cxl_route_linear_home(span, hpa, &t, &dpa));
    }
}

/*
 * A period from @offset on, granule by granule: is each target's DPA without
 * gap, of equal size, and where it belongs if the first byte is at @target?
 */
static inline bool looks_linear(const CxlRouteSpan *span, uint64_t offset)
{
    uint64_t first[MAX_NODES], next[MAX_NODES];
    unsigned used = 0;

    memset(next, 0, sizeof(next));
    for (uint64_t at = 0; at < PERIOD; at += 256) {
        uint64_t dpa;
        int node;

        if (!slow_decode(span->hpa + offset + at, &node, &dpa)) {
            return false;
        }
        if (!next[node]) {
            first[node] = next[node] = dpa;
            used++;
        }
        if (dpa != next[node]) {
            return false;
        }
        next[node] += 256;
    }
    for (unsigned i = 0; i < topo.count; i++) {
        if (next[i] && next[i] - first[i] != PERIOD / used) {
            return false;
        }
    }
    for (unsigned t = 0; t < span->ntargets && span->linear; t++) {
        if (first[span->target[t].node] !=
            span->target[t].dpa + offset / span->ntargets) {
            return false;
        }
    }
    return used == span->ntargets;
}

static inline void check_decoding_span(const CxlRouteSpan *span)
{
    check_address(span, span->hpa);
    check_address(span, span->hpa + span->size - 1);
    for (unsigned i = 0; i < 40; i++) {
        uint64_t hpa = span->hpa + unit_below(span->size);

        check_address(span, hpa);
        check_address(span, hpa & ~0xffull);
        check_address(span, hpa | 0xff);
    }
    if (span->linear) {
        uint64_t periods = span->size / PERIOD;

        check(looks_linear(span, 0));
        for (unsigned i = 0; i < (topo.window.xor ? 4 : 1); i++) {
            check(looks_linear(span, unit_below(periods) * PERIOD));
        }
        check(span->size % span->ntargets == 0);
    } else if (!topo.window.xor && span->size % PERIOD == 0) {
        check(!looks_linear(span, 0));
    }
}

/* In any unit of a faulted span some position leads nowhere, or too wide */
static inline void check_faulted_span(const CxlRouteSpan *span)
{
    uint64_t unit = span->hpa + unit_below(span->size / U) * U, dpa;
    bool endpoints[MAX_NODES] = { false };
    unsigned distinct = 0, dead = 0, t;

    for (unsigned pos = 0; pos < topo.window.ways; pos++) {
        dead += slow_explore(unit, topo.window.targets[pos], endpoints);
    }
    for (unsigned i = 0; i < topo.count; i++) {
        distinct += endpoints[i];
    }
    check(span->fault == CXL_ROUTE_TOO_MANY ? distinct > 16 : dead > 0);
    check(!cxl_route_decode(span, unit, &t, &dpa));
    check(!cxl_route_linear_home(span, unit, &t, &dpa));
    check(!cxl_route_encode(span, 0, 0, &dpa));
}

/* All spans of the window; returns how many decode */
static inline unsigned check_spans(int n)
{
    uint64_t end = topo.window.base;
    unsigned decoding = 0;

    if (!check(n > 0)) {
        return 0;
    }
    for (int i = 0; i < n; i++) {
        const CxlRouteSpan *span = &spans[i];

        check_eq(span->hpa, end);
        check(span->size > 0 && span->size % U == 0);
        end += span->size;
        if (span->fault) {
            check_faulted_span(span);
        } else {
            decoding++;
            check_decoding_span(span);
        }
    }
    check_eq(end, topo.window.base + topo.window.size);
    return decoding;
}

#endif /* TESTS_UNIT_CHECK_ROUTE_H */
