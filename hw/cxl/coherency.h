/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software-managed coherency: this host sees CXL memory through a cache of its
 * own (core/cache.h), which the guest cleans and invalidates
 */
#ifndef HW_CXL_COHERENCY_H
#define HW_CXL_COHERENCY_H

#include "compat.h"
#include "hw/cxl/core/cache.h"

/** CXL_COHERENCY_NONE: memory that is not cached */
#define CXL_COHERENCY_NONE (-1)

/**
 * struct CxlCoherencyOptions - what the user asked for
 * @software: cxl-coherency=software
 * @lines: capacity
 * @seed: of the generator that chooses who is evicted
 * @timer: ms after which some lines are evicted, again and again; 0: never
 * @given: the last of these three that the user gave, or NULL; a static string
 */
typedef struct CxlCoherencyOptions {
    bool software;
    uint32_t lines;
    uint64_t seed;
    uint32_t timer;
    const char *given;
} CxlCoherencyOptions;

/**
 * struct CxlCoherencyState - what there is now
 * @counters: what has happened
 * @present: lines that are present
 * @dirty: of these, how many are dirty
 */
typedef struct CxlCoherencyState {
    CxlCacheCounters counters;
    uint32_t present;
    uint32_t dirty;
} CxlCoherencyState;

/** cxl_coherency_options: the options, defaults until they are set */
CxlCoherencyOptions *cxl_coherency_options(void);

/** cxl_coherency_is_software: does this host have a cache? */
bool cxl_coherency_is_software(void);

/**
 * cxl_coherency_check: can it be as the user asked for?
 *
 * Returns: false with @errp set if what runs guests does not let us see what
 * they do to caches.
 */
bool cxl_coherency_check(Error **errp);

/**
 * cxl_coherency_add: memory that this host will see through the cache
 * @home: the bytes that all hosts share
 * @size: bytes, a multiple of CXL_CACHE_LINE
 * @index: gets what stands for it; CXL_COHERENCY_NONE if there is no cache
 *
 * Returns: false with @errp set when there is no memory for the copies.
 */
bool cxl_coherency_add(uint8_t *home, uint64_t size, int *index,
                       Error **errp);

/**
 * cxl_coherency_remove: nobody accesses the memory any more
 * @index: may be CXL_COHERENCY_NONE
 */
void cxl_coherency_remove(int index);

/**
 * cxl_coherency_bytes: the copies of bytes, to be used once, by this thread
 * @index: of memory, not CXL_COHERENCY_NONE
 * @size: bytes within 256 at a multiple of 256
 *
 * Called with or without the BQL, from an RCU critical section or with it.
 */
void *cxl_coherency_bytes(int index, uint64_t offset, unsigned size,
                          bool store);

/** cxl_coherency_op: @op for the line at @offset; called likewise */
void cxl_coherency_op(int index, uint64_t offset, CxlCacheOp op);

/** cxl_coherency_all: @op for all lines; called likewise */
void cxl_coherency_all(CxlCacheOp op);

/**
 * cxl_coherency_leave: the way to memory comes or goes, see cxl_cache_leave()
 * @index: may be CXL_COHERENCY_NONE
 */
void cxl_coherency_leave(int index, uint64_t offset, uint64_t size,
                         bool keep);

/**
 * cxl_coherency_leave_all: the same for many ranges, see cxl_cache_leave_all()
 * @range: @count of them, in any order, changed on the way
 */
void cxl_coherency_leave_all(CxlCacheRange *range, unsigned count);

/**
 * cxl_coherency_lose: what is cached of memory is dropped, and from now on
 * nothing is written back there
 * @index: may be CXL_COHERENCY_NONE
 */
void cxl_coherency_lose(int index);

/** cxl_coherency_state: what there is now */
CxlCoherencyState cxl_coherency_state(void);

#endif /* HW_CXL_COHERENCY_H */
