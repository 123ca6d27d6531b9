/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL fixed memory windows: from compiled routes to mapped memory
 * (CXL 3.1 9.18.1.3)
 */
#ifndef HW_CXL_WINDOW_H
#define HW_CXL_WINDOW_H

#include "hw/cxl/compat.h"
#include "hw/cxl/core/route.h"
#include "hw/cxl/type3.h"
#include "qapi/qapi-types-cxl.h"
#include "qemu/rcu.h"
#include "topology.h"

#define CXL_WINDOW_MAX_TARGETS 16
#define CXL_WINDOW_ALIGN       (256 * 1024 * 1024ull)
#define CXL_WINDOW_MAX_SPANS   256

/**
 * struct CxlWindowMap - a run of guest physical addresses that is plain RAM
 * @hpa: first address
 * @size: bytes
 * @dpa_mr: the device's memory
 * @dpa: device physical address that @hpa shows
 */
typedef struct CxlWindowMap {
    hwaddr hpa;
    uint64_t size;
    MemoryRegion *dpa_mr;
    uint64_t dpa;
} CxlWindowMap;

/**
 * struct CxlWindowRoutes - the compiled routes of a window
 * @rcu: vCPUs read routes without a lock; old ones go when all are done
 * @nspans: how many there are; 0 when there would be more than
 *          CXL_WINDOW_MAX_SPANS
 * @spans: the spans
 * @ram: memory of the span's targets, by partition
 * @unit_span: index of the span of each 256 MiB of the window
 *
 * Nothing in it changes once it is published.
 */
typedef struct CxlWindowRoutes {
    struct rcu_head rcu;
    unsigned nspans;
    CxlRouteSpan *spans;
    CxlType3Ram (*ram)[CXL_ROUTE_MAX_TARGETS][CXL_TYPE3_PARTITIONS];
    uint16_t *unit_span;
} CxlWindowRoutes;

/**
 * struct CxlWindow - one fixed memory window
 * @options: what the user asked for, owned by the machine's option list
 * @index: N in cxl-fmw.N
 * @base: first address
 * @size: bytes
 * @ways: number of targets
 * @granularity: bytes
 * @xor: XOR arithmetic
 * @qtg_id: QoS throttling group
 * @restrictions: bit mask of the CFMWS structure
 * @warned: the user knows what firmware setup left out
 * @exact: bytes lie where the specification puts them
 * @target_node: topology nodes of the targets, set by cxl_machine_done()
 * @mr: the window; what is not mapped as RAM goes through its callbacks
 * @topology: what @routes were compiled from; owned by the machine
 * @routes: compiled routes; NULL before the first
 * @maps: RAM runs now mapped, CxlWindowMap
 * @aliases: their memory regions, MemoryRegion *
 */
typedef struct CxlWindow {
    const CxlFixedWindowOptions *options;
    unsigned index;
    hwaddr base;
    uint64_t size;
    unsigned ways;
    uint64_t granularity;
    bool exact;
    bool xor;
    uint16_t qtg_id;
    uint16_t restrictions;
    bool warned;
    int16_t target_node[CXL_WINDOW_MAX_TARGETS];
    MemoryRegion mr;
    CxlTopology *topology;
    CxlWindowRoutes *routes;
    GArray *maps;
    GPtrArray *aliases;
} CxlWindow;

/**
 * cxl_window_init: check the options and take them over
 * @index: N in cxl-fmw.N
 *
 * Returns: false with @errp set when an option is not legal.
 */
bool cxl_window_init(CxlWindow *w, const CxlFixedWindowOptions *options,
                     unsigned index, Error **errp);

/**
 * cxl_window_cleanup: free what a window that was never created holds
 */
void cxl_window_cleanup(CxlWindow *w);

/**
 * cxl_window_create: create the window's memory region at @base of @sysmem
 */
void cxl_window_create(CxlWindow *w, Object *owner, MemoryRegion *sysmem,
                       hwaddr base);

/**
 * cxl_window_route: the window as the route compiler and the planner see it
 */
void cxl_window_route(const CxlWindow *w, CxlRouteWindow *route);

/**
 * cxl_window_mapping: how @span of the window is served
 * @reason: gets why it is not RAM, in words, or NULL
 */
CxlRegionMapping cxl_window_mapping(const CxlWindow *w,
                                    const CxlRouteSpan *span,
                                    const char **reason);

/**
 * cxl_window_compile: compile the routes through @topology and map them
 *
 * Must run inside a memory transaction. @topology must outlive the mapping.
 *
 * Returns: true when a mapping went away.
 */
bool cxl_window_compile(CxlWindow *w, CxlTopology *topology);

/**
 * cxl_window_take_routes: compile the routes through @topology; accesses that
 * begin from now on use them
 *
 * Returns: the routes, owned by the window.
 */
const CxlWindowRoutes *cxl_window_take_routes(CxlWindow *w,
                                              const CxlTopology *topology);

/** cxl_window_routes_free: free routes that nobody reads; NULL is allowed */
void cxl_window_routes_free(CxlWindowRoutes *routes);

/** cxl_window_ops: serves what is not mapped as RAM; opaque is the window */
extern const MemoryRegionOps cxl_window_ops;

#endif /* HW_CXL_WINDOW_H */
