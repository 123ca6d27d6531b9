/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to fixed memory windows where these are not mapped as RAM
 */
#ifndef HW_CXL_WINDOW_ACCESS_H
#define HW_CXL_WINDOW_ACCESS_H

#include "compat.h"
#include "hw/cxl/core/layout.h"
#include "topology.h"

/** struct CxlLookup - what an access to a window has to know, see lookup.h */
typedef struct CxlLookup CxlLookup;

/**
 * struct CxlWindowAccess - the part of a window that serves accesses
 * @index: N in cxl-fmw.N
 * @lookup: where bytes are; NULL before the first. vCPUs read it without a
 *          lock, and so it is replaced as a whole.
 */
typedef struct CxlWindowAccess {
    unsigned index;
    CxlLookup *lookup;
} CxlWindowAccess;

/** cxl_window_access_ops: a window's callbacks; opaque is CxlWindowAccess */
extern const MemoryRegionOps cxl_window_access_ops;

/**
 * cxl_lookup_new: look-up for a window
 * @window: base and size
 * @exact: interleaved bytes lie where the specification puts them
 * @spans: as cxl_route_compile() gave them, copied
 * @topology: the nodes that they lead to
 *
 * Returns: to be given to cxl_window_access_publish().
 */
CxlLookup *cxl_lookup_new(const CxlRouteWindow *window, bool exact,
                          const CxlRouteSpan *spans, unsigned nspans,
                          const CxlTopology *topology);

/** cxl_lookup_spans: the spans, owned by @lookup, as layout wants them */
CxlLayoutWindow cxl_lookup_spans(const CxlLookup *lookup);

/**
 * cxl_lookup_bytes: where the bytes at an address are kept
 * @offset: in the window
 * @size: bytes, all in one granule
 * @stored: of a store, gets what memory_ram_written() wants; NULL: a load
 *
 * Returns: NULL when there are none, or they may only be read.
 */
void *cxl_lookup_bytes(const CxlLookup *lookup, hwaddr offset, unsigned size,
                       ram_addr_t *stored);

/**
 * cxl_window_access_publish: accesses that begin from now on use @lookup
 * @lookup: consumed. One that leads to the same bytes as the one in force is
 *          not published.
 *
 * The one before it is freed when nobody can be using it any more.
 */
void cxl_window_access_publish(CxlWindowAccess *a, CxlLookup *lookup);

/**
 * cxl_window_access_model_caches: instructions that clean or invalidate caches
 * act on the cache of coherency.h, or not
 *
 * To be called before there are vCPUs: what they translate depends on it.
 */
void cxl_window_access_model_caches(bool model);

/** cxl_window_access_cleanup: free the look-up of a window that nobody reads */
void cxl_window_access_cleanup(CxlWindowAccess *a);

#endif /* HW_CXL_WINDOW_ACCESS_H */
