/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL fixed memory windows (CXL 3.1 9.18.1.3)
 *
 * Runs that the layout (core/layout.h) calls RAM become aliases of the devices'
 * memory; from one map to the next only what differs is touched. Accesses to
 * all other addresses are looked up one by one (window-access.c).
 */
#include "qemu/osdep.h"
#include "window.h"

#include "hw/cxl/core/interleave.h"
#include "type3.h"
#include "qapi/error.h"
#include "trace/trace-cxl_trace_events.h"

#define CXL_DEFAULT_GRANULARITY 256
#define CXL_WINDOW_MAX_SIZE     (1ull << 52)
/* Device coherent, host-only coherent, volatile, persistent */
#define CXL_DEFAULT_RESTRICTIONS 0x0f
#define CXL_RESTRICTIONS_MASK    0x3fu

/* CXL 3.1 9.18.1.3: a multiple of 256 MiB for each target */
static bool check_size(const CxlWindow *w, Error **errp)
{
    if (!w->size || w->size % CXL_WINDOW_ALIGN) {
        error_setg(errp, "cxl-fmw.%u.size must be a multiple of 256 MiB and"
                   " not zero", w->index);
        return false;
    }
    if (w->size % (CXL_WINDOW_ALIGN * w->ways)) {
        error_setg(errp, "cxl-fmw.%u.size must be a multiple of 256 MiB for"
                   " each of its %u targets", w->index, w->ways);
        return false;
    }
    /* Far beyond any guest physical address, and sums cannot wrap */
    if (w->size > CXL_WINDOW_MAX_SIZE) {
        error_setg(errp, "cxl-fmw.%u.size is larger than any guest physical"
                   " address space; make it smaller", w->index);
        return false;
    }
    return true;
}

bool cxl_window_init(CxlWindow *w, const CxlFixedWindowOptions *options,
                     unsigned index, Error **errp)
{
    w->options = options;
    w->index = index;
    w->access.index = index;
    w->size = options->size;
    w->ways = QAPI_LIST_LENGTH(options->targets);
    w->granularity = options->has_interleave_granularity ?
                     options->interleave_granularity : CXL_DEFAULT_GRANULARITY;
    w->exact = options->has_interleave_layout &&
               options->interleave_layout == CXL_INTERLEAVE_LAYOUT_EXACT;
    w->xor = options->has_arithmetic &&
             options->arithmetic == CXL_INTERLEAVE_ARITHMETIC_XOR;
    w->qtg_id = options->has_qtg_id ? options->qtg_id : 0;
    w->restrictions = options->has_restrictions ? options->restrictions :
                      CXL_DEFAULT_RESTRICTIONS;

    if (cxl_eiw_from_ways(w->ways) < 0) {
        error_setg(errp, "cxl-fmw.%u.targets: a window has 1, 2, 3, 4, 6, 8,"
                   " 12 or 16 targets, not %u", index, w->ways);
        return false;
    }
    if (cxl_eig_from_granularity(w->granularity) < 0) {
        error_setg(errp, "cxl-fmw.%u.interleave-granularity must be 256, 512,"
                   " 1k, 2k, 4k, 8k or 16k", index);
        return false;
    }
    if (w->restrictions & ~CXL_RESTRICTIONS_MASK || !w->restrictions) {
        error_setg(errp, "cxl-fmw.%u.restrictions is a sum of 1, 2, 4, 8, 16"
                   " and 32, from 1 to %u", index, CXL_RESTRICTIONS_MASK);
        return false;
    }
    if (options->has_lock && options->lock &&
        (!options->has_setup ||
         options->setup != CXL_WINDOW_SETUP_FIRMWARE)) {
        error_setg(errp, "cxl-fmw.%u.lock=on locks what firmware sets up: add"
                   " cxl-fmw.%u.setup=firmware", index, index);
        return false;
    }
    if (!check_size(w, errp)) {
        return false;
    }
    w->maps = g_array_new(false, true, sizeof(CxlWindowMap));
    return true;
}

void cxl_window_cleanup(CxlWindow *w)
{
    g_array_unref(w->maps);
    cxl_window_access_cleanup(&w->access);
}

void cxl_window_create(CxlWindow *w, Object *owner, MemoryRegion *sysmem,
                       hwaddr base)
{
    g_autofree char *name = g_strdup_printf("cxl-fmw.%u", w->index);

    w->base = base;
    memory_region_init_io(&w->mr, owner, &cxl_window_access_ops, &w->access,
                          name, w->size);
    memory_region_add_subregion(sysmem, base, &w->mr);
}

/* The window's own object keeps the aliases, by names that are not searched */
static void map_run(CxlWindow *w, CxlWindowMap *map)
{
    g_autofree char *name = g_strdup_printf("cxl-route-%" HWADDR_PRIx,
                                            map->hpa);

    trace_cxl_window_map(w->index, map->hpa, map->size, map->dpa);
    map->alias = g_new0(MemoryRegion, 1);
    memory_region_init_alias(map->alias, memory_region_owner(&w->mr), name,
                             map->dpa_mr, map->dpa, map->size);
    memory_region_add_subregion(&w->mr, map->hpa - w->base, map->alias);
}

/* object_unparent() would search all children of the owner */
static void unmap_run(CxlWindow *w, const CxlWindowMap *map)
{
    Object *alias = OBJECT(map->alias);
    g_autofree char *name =
        g_strdup(object_get_canonical_path_component(alias));

    trace_cxl_window_unmap(w->index, map->hpa, map->size);
    memory_region_del_subregion(&w->mr, map->alias);
    object_property_del(memory_region_owner(&w->mr), name);
    g_free(map->alias);
}

static bool is_mapped(const CxlRun *run)
{
    return run->kind == CXL_RUN_RAM || run->kind == CXL_RUN_READ_ONLY;
}

/* What @runs want to be mapped, without aliases */
static GArray *wanted_maps(const CxlWindow *w, const CxlRun *runs,
                           unsigned nruns, const CxlTopology *topology)
{
    CxlLayoutWindow in_force = cxl_lookup_spans(w->access.lookup);
    GArray *maps = g_array_new(false, true, sizeof(CxlWindowMap));

    for (unsigned i = 0; i < nruns; i++) {
        const CxlRun *run = &runs[i];
        int node = in_force.spans[run->span].target[run->target].node;
        CxlWindowMap map = { .hpa = run->hpa, .size = run->size,
                             .dpa = run->dpa };

        if (is_mapped(run)) {
            map.dpa_mr = topology->type3[node]->shown[
                run->kind == CXL_RUN_RAM ? CXL_TYPE3_READ_WRITE :
                                           CXL_TYPE3_READ_ONLY];
            g_array_append_val(maps, map);
        }
    }
    return maps;
}

static bool same_map(const CxlWindowMap *a, const CxlWindowMap *b)
{
    return a->hpa == b->hpa && a->size == b->size && a->dpa_mr == b->dpa_mr &&
           a->dpa == b->dpa;
}

/*
 * Unmap what @now does not have, and hand the other aliases over to it. Both
 * lists are sorted. Returns whether anything was unmapped.
 */
static bool unmap_rest(CxlWindow *w, GArray *now)
{
    bool revoked = false;
    unsigned n = 0;

    for (unsigned o = 0; o < w->maps->len; o++) {
        const CxlWindowMap *old = &g_array_index(w->maps, CxlWindowMap, o);
        CxlWindowMap *map;

        while (n < now->len &&
               g_array_index(now, CxlWindowMap, n).hpa < old->hpa) {
            n++;
        }
        map = n < now->len ? &g_array_index(now, CxlWindowMap, n) : NULL;
        if (map && same_map(map, old)) {
            map->alias = old->alias;
        } else {
            unmap_run(w, old);
            revoked = true;
        }
    }
    return revoked;
}

void cxl_window_route(const CxlWindow *w, CxlRouteWindow *route)
{
    *route = (CxlRouteWindow) {
        .base = w->base,
        .size = w->size,
        .ways = w->ways,
        .granularity = w->granularity,
        .xor = w->xor,
    };
    memcpy(route->targets, w->target_node, sizeof(w->target_node));
}

CxlLookup *cxl_window_compile(const CxlWindow *w, const CxlTopology *topology)
{
    g_autofree CxlRouteSpan *spans = g_new(CxlRouteSpan, CXL_WINDOW_MAX_SPANS);
    CxlRouteWindow route;
    int n;

    cxl_window_route(w, &route);
    n = cxl_route_compile(topology->nodes, topology->nnodes, &route, spans,
                          CXL_WINDOW_MAX_SPANS);
    if (n < 0) {
        trace_cxl_window_too_many_spans(w->index);
        spans[0] = (CxlRouteSpan) {
            .hpa = w->base, .size = w->size, .fault = CXL_ROUTE_PIECES,
        };
        n = 1;
    }
    return cxl_lookup_new(&route, w->exact, spans, n, topology);
}

bool cxl_window_apply(CxlWindow *w, CxlLookup *lookup, const CxlRun *runs,
                      unsigned nruns, const CxlTopology *topology)
{
    GArray *now;
    bool revoked;

    cxl_window_access_publish(&w->access, lookup);
    now = wanted_maps(w, runs, nruns, topology);
    revoked = unmap_rest(w, now);
    for (unsigned i = 0; i < now->len; i++) {
        CxlWindowMap *map = &g_array_index(now, CxlWindowMap, i);

        if (!map->alias) {
            map_run(w, map);
        }
    }
    g_array_unref(w->maps);
    w->maps = now;
    return revoked;
}
