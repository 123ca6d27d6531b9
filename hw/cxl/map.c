/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map: from what the fabric's decoders say to mapped windows
 *
 * All windows are laid out together, because they share a budget of runs that
 * may be mapped.
 */
#include "qemu/osdep.h"
#include "map.h"

#include "accel.h"
#include "machine-state.h"
#include "type3.h"
#include "trace/trace-cxl_trace_events.h"

/* The runs of window @n, which lie together, from run @first on */
static unsigned runs_of_window(const CxlMachineState *s, unsigned n,
                               unsigned first)
{
    unsigned count = 0;

    while (first + count < s->nruns && s->runs[first + count].window == n) {
        count++;
    }
    return count;
}

static bool apply(CxlMachineState *s, CxlLookup **lookups)
{
    unsigned first = 0;
    bool revoked = false;

    memory_region_transaction_begin();
    for (unsigned i = 0; i < s->nwindows; i++) {
        unsigned count = runs_of_window(s, i, first);

        revoked |= cxl_window_apply(&s->windows[i], lookups[i],
                                    &s->runs[first], count, s->topology);
        first += count;
    }
    memory_region_transaction_commit();
    return revoked;
}

static uint64_t capacity_of_all(const CxlTopology *topology)
{
    uint64_t capacity = 0;

    for (unsigned i = 0; i < topology->nnodes; i++) {
        if (topology->dpa[i]) {
            capacity += cxl_dpa_capacity(topology->dpa[i]);
        }
    }
    return capacity;
}

static void compile(void *opaque)
{
    CxlMachineState *s = opaque;
    g_autofree CxlLayoutWindow *windows = g_new(CxlLayoutWindow, s->nwindows);
    g_autofree CxlLookup **lookups = g_new(CxlLookup *, s->nwindows);
    unsigned nspans = 0;

    g_free(s->topology);
    s->topology = cxl_topology_new();
    for (unsigned i = 0; i < s->nwindows; i++) {
        lookups[i] = cxl_window_compile(&s->windows[i], s->topology);
        windows[i] = cxl_lookup_spans(lookups[i]);
        nspans += windows[i].nspans;
    }
    s->runs = g_renew(CxlRun, s->runs,
                      CXL_LAYOUT_MAX_RUNS(nspans, CXL_LAYOUT_BUDGET));
    s->nruns = cxl_layout(windows, s->nwindows, s->topology->dpa,
                          cxl_accel_map_budget(
                              capacity_of_all(s->topology)), s->runs);
    trace_cxl_map_compile(s->topology->nnodes, nspans, s->nruns);
    if (apply(s, lookups)) {
        cxl_accel_revoke();
    }
}

/* The node of a device, or CXL_ROUTE_NONE */
static int node_of(const CxlTopology *topology, const CxlType3 *t3)
{
    for (unsigned i = 0; topology && i < topology->nnodes; i++) {
        if (topology->type3[i] == t3) {
            return i;
        }
    }
    return CXL_ROUTE_NONE;
}

static bool find_line(void *opaque, const CxlType3 *t3, uint64_t dpa,
                      uint8_t **bytes, ram_addr_t *stored)
{
    const CxlMachineState *s = opaque;
    int node = node_of(s->topology, t3);

    for (unsigned i = 0; node >= 0 && i < s->nwindows; i++) {
        const CxlWindow *w = &s->windows[i];
        CxlLayoutWindow spans = cxl_lookup_spans(w->access.lookup);
        uint64_t hpa;

        if (cxl_layout_to_hpa(&spans, 1, node, dpa, &hpa)) {
            *bytes = cxl_lookup_bytes(w->access.lookup, hpa - w->base,
                                      CXL_DPA_LINE, stored);
            return true;
        }
    }
    return false;
}

const CxlMapOps cxl_map_ops = {
    .compile = compile,
    .find_line = find_line,
};
