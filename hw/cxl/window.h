/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL fixed memory windows: from compiled routes to mapped memory
 * (CXL 3.1 9.18.1.3)
 */
#ifndef HW_CXL_WINDOW_H
#define HW_CXL_WINDOW_H

#include "compat.h"
#include "hw/cxl/core/layout.h"
#include "hw/cxl/spec/unit.h"
#include "qapi/qapi-types-cxl.h"
#include "topology.h"
#include "window-access.h"

#define CXL_WINDOW_MAX_TARGETS 16
#define CXL_WINDOW_ALIGN       CXL_MEMORY_UNIT
#define CXL_WINDOW_MAX_SPANS   256

/**
 * struct CxlWindowMap - a run of guest physical addresses that is plain RAM
 * @hpa: first address
 * @size: bytes
 * @dpa_mr: the device's memory
 * @dpa: device physical address that @hpa shows
 * @alias: maps it
 */
typedef struct CxlWindowMap {
    hwaddr hpa;
    uint64_t size;
    MemoryRegion *dpa_mr;
    uint64_t dpa;
    MemoryRegion *alias;
} CxlWindowMap;

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
 * @access: serves what is not mapped as RAM
 * @maps: RAM runs now mapped, CxlWindowMap, ascending
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
    CxlWindowAccess access;
    GArray *maps;
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
 * cxl_window_compile: compile the window's routes through @topology
 *
 * Returns: what cxl_window_apply() takes.
 */
CxlLookup *cxl_window_compile(const CxlWindow *w, const CxlTopology *topology);

/**
 * cxl_window_apply: put a map in force
 * @lookup: of cxl_window_compile(), consumed
 * @runs: the runs of this window, made from @lookup
 * @topology: what @lookup was compiled through
 *
 * Only what differs from the map before is mapped and unmapped. Must run inside
 * a memory transaction.
 *
 * Returns: true when a mapping went away.
 */
bool cxl_window_apply(CxlWindow *w, CxlLookup *lookup, const CxlRun *runs,
                      unsigned nruns, const CxlTopology *topology);

#endif /* HW_CXL_WINDOW_H */
