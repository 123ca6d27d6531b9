/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an access to a window needs to know
 */
#ifndef HW_CXL_LOOKUP_H
#define HW_CXL_LOOKUP_H

#include "hw/cxl/core/line-set.h"
#include "type3.h"
#include "window-access.h"

/* A partition of a target: where it is, and that it may only be read */
typedef struct CxlLookupRam {
    CxlType3Ram at;
    bool read_only;
    bool persistent;
} CxlLookupRam;

/* The limits of a device when the look-up was made, if it had any */
typedef struct CxlLookupLimits {
    CxlType3 *t3;
    CxlDpaLimits limits;
} CxlLookupLimits;

/* A target: its memory, and who is told what happens to its poison */
typedef struct CxlLookupTarget {
    CxlType3 *t3;
    const CxlLookupLimits *limits;
    CxlLookupRam ram[CXL_DPA_MAX_PARTITIONS];
} CxlLookupTarget;

/**
 * struct CxlLookup - what an access to a window needs to know
 * @base: first address of the window
 * @exact: interleaved bytes lie where the specification puts them
 * @nspans: how many spans there are
 * @spans: the spans
 * @target: the targets of each span
 * @limits: CxlLookupLimits of devices that have any
 * @nunits: how many times 256 MiB the window has
 * @unit_span: index of the span of each of them
 * @poison: lines that are poisoned, by address
 * @poison_slots: slots of that set
 *
 * Nothing in it changes once it is published.
 */
struct CxlLookup {
    hwaddr base;
    bool exact;
    unsigned nspans;
    CxlRouteSpan *spans;
    CxlLookupTarget (*target)[CXL_ROUTE_MAX_TARGETS];
    GPtrArray *limits;
    unsigned nunits;
    uint16_t *unit_span;
    CxlLineSet poison;
    uint64_t poison_slots;
};

/** cxl_lookup_free: free a look-up, a CxlLookup, that nobody reads */
void cxl_lookup_free(void *opaque);

/** cxl_lookup_size: about how much memory it takes */
size_t cxl_lookup_size(const CxlLookup *l);

/** cxl_lookup_same: both lead to the same bytes */
bool cxl_lookup_same(const CxlLookup *a, const CxlLookup *b);

/**
 * cxl_lookup_leave_missing: what @l leads to and @other does not is not in this
 * host's cache any more; either may be NULL
 */
void cxl_lookup_leave_missing(const CxlLookup *l, const CxlLookup *other);

#endif /* HW_CXL_LOOKUP_H */
