/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL fixed memory windows (CXL 3.1 9.18.1.3)
 *
 * A span of compiled routes becomes RAM aliases where that is possible: one
 * for a span with one target, W for a span with W targets in linear layout
 * (target i holds the i-th share of the span). What is left - exact layout,
 * and spans whose targets do not contribute equal contiguous shares - is
 * decoded access by access (window-access.c).
 */
#include "qemu/osdep.h"
#include "window.h"

#include "hw/cxl/core/interleave.h"
#include "hw/cxl/type3.h"
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
    w->aliases = g_ptr_array_new();
    return true;
}

void cxl_window_cleanup(CxlWindow *w)
{
    g_array_unref(w->maps);
    g_ptr_array_unref(w->aliases);
    cxl_window_routes_free(w->routes);
}

void cxl_window_create(CxlWindow *w, Object *owner, MemoryRegion *sysmem,
                       hwaddr base)
{
    g_autofree char *name = g_strdup_printf("cxl-fmw.%u", w->index);

    w->base = base;
    memory_region_init_io(&w->mr, owner, &cxl_window_ops, w, name, w->size);
    memory_region_add_subregion(sysmem, base, &w->mr);
}

CxlRegionMapping cxl_window_mapping(const CxlWindow *w,
                                    const CxlRouteSpan *span,
                                    const char **reason)
{
    *reason = NULL;
    if (span->fault != CXL_ROUTE_OK) {
        *reason = cxl_route_fault_name(span->fault);
        return CXL_REGION_MAPPING_UNMAPPED;
    }
    if (!span->linear) {
        *reason = "devices do not contribute equal and contiguous shares";
        return CXL_REGION_MAPPING_CALLBACK;
    }
    if (span->ntargets == 1) {
        return CXL_REGION_MAPPING_RAM;
    }
    if (w->exact) {
        *reason = "exact layout";
        return CXL_REGION_MAPPING_CALLBACK;
    }
    return CXL_REGION_MAPPING_LINEAR;
}

static void add_span_maps(const CxlWindow *w, const CxlTopology *topology,
                          const CxlRouteSpan *span, GArray *maps)
{
    const char *reason;
    CxlRegionMapping mapping = cxl_window_mapping(w, span, &reason);
    uint64_t share;

    if (mapping != CXL_REGION_MAPPING_RAM &&
        mapping != CXL_REGION_MAPPING_LINEAR) {
        return;
    }
    share = span->size / span->ntargets;
    for (unsigned i = 0; i < span->ntargets; i++) {
        CxlWindowMap map = {
            .hpa = span->hpa + i * share,
            .size = share,
            .dpa_mr = &topology->type3[span->target[i].node]->dpa_mr,
            .dpa = span->target[i].dpa,
        };

        g_array_append_val(maps, map);
    }
}

static bool same_maps(const GArray *a, const GArray *b)
{
    return a->len == b->len &&
           !memcmp(a->data, b->data, a->len * sizeof(CxlWindowMap));
}

static void unmap_all(CxlWindow *w)
{
    for (unsigned i = 0; i < w->aliases->len; i++) {
        MemoryRegion *alias = g_ptr_array_index(w->aliases, i);
        const CxlWindowMap *map = &g_array_index(w->maps, CxlWindowMap, i);

        trace_cxl_window_unmap(w->index, map->hpa, map->size);
        memory_region_del_subregion(&w->mr, alias);
        object_unparent(OBJECT(alias));
        g_free(alias);
    }
    g_ptr_array_set_size(w->aliases, 0);
}

static void map_all(CxlWindow *w)
{
    for (unsigned i = 0; i < w->maps->len; i++) {
        const CxlWindowMap *map = &g_array_index(w->maps, CxlWindowMap, i);
        MemoryRegion *alias = g_new0(MemoryRegion, 1);

        trace_cxl_window_map(w->index, map->hpa, map->size, map->dpa);
        memory_region_init_alias(alias, memory_region_owner(&w->mr),
                                 "cxl-route", map->dpa_mr, map->dpa,
                                 map->size);
        memory_region_add_subregion(&w->mr, map->hpa - w->base, alias);
        g_ptr_array_add(w->aliases, alias);
    }
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

bool cxl_window_compile(CxlWindow *w, CxlTopology *topology)
{
    g_autoptr(GArray) maps = g_array_new(false, true, sizeof(CxlWindowMap));
    const CxlWindowRoutes *routes = cxl_window_take_routes(w, topology);
    bool revoked;

    w->topology = topology;
    for (unsigned i = 0; i < routes->nspans; i++) {
        add_span_maps(w, topology, &routes->spans[i], maps);
    }
    if (same_maps(w->maps, maps)) {
        return false;
    }
    revoked = w->maps->len > 0;
    unmap_all(w);
    g_array_unref(w->maps);
    w->maps = g_steal_pointer(&maps);
    map_all(w);
    return revoked;
}
