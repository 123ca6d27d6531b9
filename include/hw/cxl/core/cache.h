/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache through which one host sees memory that it shares with others,
 * where hardware does not keep caches coherent (CXL 3.1 2.4, 8.1.11.1 CDAT
 * DSMAS).
 *
 * Each byte of memory has a place of its own for this host's copy. A line of 64
 * bytes that is present is read from there, and written there; memory has what
 * was written once the line is written back, by the guest or because it is
 * evicted. So a store is unseen by others until then, and a load is stale until
 * the line has left the cache.
 *
 * Accesses use a pointer to the copy, and take no lock. So one may be carried
 * out after its line has left the cache, by another vCPU of the host. A load
 * then reads what was the value a moment ago. A store leaves a copy that is not
 * what it was fetched or written back as (the base): it is late, and not lost.
 * Who accesses (an agent) keeps the lines of its latest stores, and looks after
 * each of them before it forgets it; what fetches or writes back a line keeps
 * bytes that were stored late. Bytes of a line may come from different moments.
 *
 * cxl_cache_try() may run at any time in any thread. All else is called one at
 * a time: the caller has the lock.
 */
#ifndef CXL_CORE_CACHE_H
#define CXL_CORE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

/** CXL_CACHE_LINE: bytes */
#define CXL_CACHE_LINE          64u
/** CXL_CACHE_DEFAULT_LINES: 32 MiB, as much as last-level caches have */
#define CXL_CACHE_DEFAULT_LINES (512u * 1024)
/** CXL_CACHE_MAX_LINES: limit of a cache's capacity */
#define CXL_CACHE_MAX_LINES     (1u << 26)
/** CXL_CACHE_MEMORIES: pieces of memory that one cache may have */
#define CXL_CACHE_MEMORIES      1024u
/** CXL_CACHE_SPAN: lines that one access touches at most */
#define CXL_CACHE_SPAN          4u
/** CXL_CACHE_RECENT: stores that an agent keeps: of the access before, too */
#define CXL_CACHE_RECENT        (2 * CXL_CACHE_SPAN)

/**
 * struct CxlCacheMemory - memory that is cached
 * @home: the bytes that all hosts share, 64-byte aligned
 * @copy: as many bytes, this host's copies; content does not matter
 * @base: as many bytes, what copies were fetched or written back as
 * @line: a word for each line, all zero at first
 * @lines: how many lines; 0: this entry of the table is not in use
 * @lost: this host may not write to @home any more: what is dirty is dropped
 * @present: lines that are present, the cache's; 0 at first
 *
 * All else is the caller's. What is used of @copy and @base is what belongs to
 * lines that were accessed; the rest is neither read nor written. Of @line, the
 * rest is read.
 */
typedef struct CxlCacheMemory {
    uint8_t *home;
    uint8_t *copy;
    uint8_t *base;
    uint32_t *line;
    uint64_t lines;
    bool lost;
    uint32_t present;
} CxlCacheMemory;

/**
 * struct CxlCacheCounters - what has happened
 * @fetched: lines fetched from memory
 * @written_back: lines written back to memory
 * @evicted: lines that had to make room, or were idle
 * @dropped: dirty lines that were not written back
 * @lost_updates: of those written back: memory had changed since the line was
 *                fetched, and what somebody else has stored there is gone
 */
typedef struct CxlCacheCounters {
    uint64_t fetched;
    uint64_t written_back;
    uint64_t evicted;
    uint64_t dropped;
    uint64_t lost_updates;
} CxlCacheCounters;

/**
 * struct CxlCache - the cache of a host
 * @memory: what it caches; an index in it names the memory
 * @slot: the lines that are present, in no order; @capacity words
 * @capacity: lines that fit
 * @used: lines that are present
 * @dirty: of these, how many are dirty
 * @random: state of the generator that chooses who is evicted
 * @looked: slots and words of lines that were looked at for lines to leave
 * @counters: what has happened
 */
typedef struct CxlCache {
    CxlCacheMemory memory[CXL_CACHE_MEMORIES];
    uint64_t *slot;
    uint32_t capacity;
    uint32_t used;
    uint32_t dirty;
    uint64_t random;
    uint64_t looked;
    CxlCacheCounters counters;
} CxlCache;

/**
 * struct CxlCacheAgent - somebody who accesses, one access after the other
 * @stored: lines of the latest stores, 0 for none
 * @next: where the next one goes
 *
 * All zero: it has not stored yet. Only its agent calls cxl_cache_try() and
 * cxl_cache_access() with it.
 */
typedef struct CxlCacheAgent {
    uint64_t stored[CXL_CACHE_RECENT];
    uint32_t next;
} CxlCacheAgent;

/**
 * enum CxlCacheOp - what software wants of a line
 * @CXL_CACHE_CLEAN: write it back if it is dirty
 * @CXL_CACHE_CLEAN_INVALIDATE: the same, and forget it
 * @CXL_CACHE_INVALIDATE: forget it, dirty or not
 * @CXL_CACHE_STORED: what was stored goes to memory, byte by byte, and the line
 *                    is forgotten: a store past the cache, of which the line
 *                    was forgotten before
 */
typedef enum CxlCacheOp {
    CXL_CACHE_CLEAN,
    CXL_CACHE_CLEAN_INVALIDATE,
    CXL_CACHE_INVALIDATE,
    CXL_CACHE_STORED,
} CxlCacheOp;

/** struct CxlCacheLine - a line as cxl_cache_look() finds it */
typedef struct CxlCacheLine {
    bool present;
    bool dirty;
} CxlCacheLine;

/**
 * cxl_cache_init: an empty cache without memory
 * @slot: @capacity words, the caller's, for as long as the cache
 * @capacity: 1 to CXL_CACHE_MAX_LINES
 * @seed: the same seed and the same calls evict the same lines
 */
void cxl_cache_init(CxlCache *cache, uint64_t *slot, uint32_t capacity,
                    uint64_t seed);

/**
 * cxl_cache_add: memory that is cached from now on
 * @memory: index of an entry of the table that is not in use
 * @as: copied; with @lines, and with neither @lost nor @present
 */
void cxl_cache_add(CxlCache *cache, unsigned memory, const CxlCacheMemory *as);

/**
 * cxl_cache_remove: memory that is cached no longer
 * @memory: index of an entry, which is not in use any more
 *
 * Its lines are to leave before, and once more, by cxl_cache_leave(), when
 * nobody can access them any more. Agents may go on looking at @line until each
 * of them has begun another access.
 */
void cxl_cache_remove(CxlCache *cache, unsigned memory);

/**
 * cxl_cache_try: the copy of bytes whose lines are ready, without the lock
 * @memory: index
 * @offset: in it; with @size, within it
 * @size: bytes, at least one, in CXL_CACHE_SPAN lines at most
 * @store: they will be written; else they will be read
 *
 * Returns: NULL when it takes cxl_cache_access() with the lock.
 */
uint8_t *cxl_cache_try(const CxlCache *cache, CxlCacheAgent *agent,
                       unsigned memory, uint64_t offset, unsigned size,
                       bool store);

/**
 * cxl_cache_access: the same, with the lock: what is not present is fetched,
 * and becomes dirty if it is for a store
 *
 * Returns: never NULL. It may be used once, before the agent's next access.
 */
uint8_t *cxl_cache_access(CxlCache *cache, CxlCacheAgent *agent,
                          unsigned memory, uint64_t offset, unsigned size,
                          bool store);

/**
 * cxl_cache_settle: what the agent has stored late is in a line that is present
 * and dirty
 *
 * To be called for each agent before cxl_cache_evict(), cxl_cache_all() and
 * cxl_cache_leave(), if these are to know of all that is stored.
 */
void cxl_cache_settle(CxlCache *cache, const CxlCacheAgent *agent);

/** cxl_cache_op: carry out @op for the line that has the byte at @offset */
void cxl_cache_op(CxlCache *cache, unsigned memory, uint64_t offset,
                  CxlCacheOp op);

/**
 * cxl_cache_all: carry out @op for lines that are present
 * @from: 0 at first
 * @count: lines to do at most, so that the lock can be let go of
 *
 * Returns: what to call it with as @from to go on; 0 when all are done. Lines
 * that come meanwhile may be left out, none that was there before.
 */
uint32_t cxl_cache_all(CxlCache *cache, CxlCacheOp op, uint32_t from,
                       uint32_t count);

/** cxl_cache_evict: evict @count lines, or all, chosen by chance */
void cxl_cache_evict(CxlCache *cache, uint32_t count);

/**
 * cxl_cache_leave: this host is about to lose its way to memory
 * @offset: multiple of CXL_CACHE_LINE
 * @size: bytes, likewise; what exceeds the memory is ignored
 * @keep: write dirty lines back; they are dropped and counted else
 *
 * None of the lines is present any more.
 *
 * Returns: how many were dropped.
 */
uint64_t cxl_cache_leave(CxlCache *cache, unsigned memory, uint64_t offset,
                         uint64_t size, bool keep);

/**
 * cxl_cache_lose: the same, for all of the memory and for good: lines that are
 * fetched or stored to after this, by whoever has been late, are dropped
 *
 * Returns: how many were dropped.
 */
uint64_t cxl_cache_lose(CxlCache *cache, unsigned memory);

/**
 * struct CxlCacheRange - what is to leave, as for cxl_cache_leave()
 * @memory: index
 * @offset: multiple of CXL_CACHE_LINE, within it
 * @size: bytes, likewise; what exceeds the memory is ignored
 * @keep: write dirty lines back; they are dropped and counted else
 */
typedef struct CxlCacheRange {
    unsigned memory;
    uint64_t offset;
    uint64_t size;
    bool keep;
} CxlCacheRange;

/** cxl_cache_compare_ranges: the order of two CxlCacheRange, for qsort() */
int cxl_cache_compare_ranges(const void *a, const void *b);

/**
 * cxl_cache_leave_all: cxl_cache_leave() for many ranges at once
 * @range: @count of them, in the order of cxl_cache_compare_ranges(), the same
 *         ones again and again if need be; content is undefined afterwards. Of
 *         those that overlap, all are kept if one is.
 *
 * Takes the time of one look at all lines that are present, or at those of the
 * ranges, whichever are fewer, beside what is done to those that leave.
 *
 * Returns: how many were dropped.
 */
uint64_t cxl_cache_leave_all(CxlCache *cache, CxlCacheRange *range,
                             unsigned count);

/** cxl_cache_look: how the line that has the byte at @offset is */
CxlCacheLine cxl_cache_look(const CxlCache *cache, unsigned memory,
                            uint64_t offset);

#endif /* CXL_CORE_CACHE_H */
