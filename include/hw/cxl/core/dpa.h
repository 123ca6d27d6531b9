/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device physical address space of a memory device: what its bytes are.
 *
 * One table says it for all: decoders, DVSEC ranges, commands, CDAT, planner
 * and the backends of the machine read it. Partitions lie one after the other
 * from DPA 0 on, without gaps (CXL 3.1 8.2.9.9.2.1). Everything here is plain
 * data: no pointers, so that it may be copied and compared.
 */
#ifndef CXL_CORE_DPA_H
#define CXL_CORE_DPA_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/perf.h"
#include "hw/cxl/spec/unit.h"

/** CXL_DPA_UNIT: capacity comes in multiples of this many bytes */
#define CXL_DPA_UNIT            CXL_MEMORY_UNIT
/** CXL_DPA_MAX_PARTITIONS: rows in the table of a device */
#define CXL_DPA_MAX_PARTITIONS  2
/** CXL_DPA_LINE: bytes that one mark stands for */
#define CXL_DPA_LINE            64u
/** CXL_DPA_MAX_LIMITS: ranges that rights of their own divide a device into */
#define CXL_DPA_MAX_LIMITS      4098u
/** CXL_DPA_MAX_MARKS: lines that may be marked at one time */
#define CXL_DPA_MAX_MARKS       1024u

/**
 * enum CxlDpaKind - what becomes of the bytes of a partition without power
 * @CXL_DPA_VOLATILE: they are lost
 * @CXL_DPA_PERSISTENT: they are kept
 */
typedef enum CxlDpaKind {
    CXL_DPA_VOLATILE,
    CXL_DPA_PERSISTENT,
} CxlDpaKind;

#define CXL_DPA_KINDS           2

/**
 * enum CxlDpaRights - what a host may do, from more to less
 * @CXL_DPA_READ_WRITE: load and store
 * @CXL_DPA_READ_ONLY: load; stores are dropped
 * @CXL_DPA_NO_ACCESS: neither; of ranges only, not of partitions
 */
typedef enum CxlDpaRights {
    CXL_DPA_READ_WRITE,
    CXL_DPA_READ_ONLY,
    CXL_DPA_NO_ACCESS,
} CxlDpaRights;

/**
 * enum CxlDpaClosed - why nobody can access a partition for now
 * @CXL_DPA_OPEN: everybody can
 * @CXL_DPA_DISABLED: the media is disabled
 * @CXL_DPA_LOCKED: a passphrase is wanted (8.2.9.9.6)
 */
typedef enum CxlDpaClosed {
    CXL_DPA_OPEN,
    CXL_DPA_DISABLED,
    CXL_DPA_LOCKED,
} CxlDpaClosed;

/**
 * struct CxlDpaPartition - a range of device memory that is all alike
 * @kind: what it is
 * @rights: what may be done with it
 * @closed: whether it may be accessed at all now
 * @shareable: hosts may share it, and hardware does not keep it coherent
 * @base: first DPA
 * @size: bytes, a multiple of CXL_DPA_UNIT; 0 only by cxl_dpa_reset() or
 *        cxl_dpa_add_partitionable()
 * @next_size: bytes after the next reset, see cxl_dpa_reset()
 * @shared: other hosts may have the same bytes, and see stores at once
 * @perf: of an access that the device has received
 */
typedef struct CxlDpaPartition {
    CxlDpaKind kind;
    CxlDpaRights rights;
    CxlDpaClosed closed;
    bool shareable;
    uint64_t base;
    uint64_t size;
    uint64_t next_size;
    bool shared;
    CxlPerf perf;
} CxlDpaPartition;

/**
 * struct CxlDpaLimits - ranges that the host may do less with than partitions
 * let it; whoever shares the memory out says so (core/pool.h)
 * @count: ranges; 0: there are no limits
 * @start: first DPA of each, ascending; that of the first is 0. Each ends where
 *         the next begins, and the last never
 * @rights: of each, CxlDpaRights
 */
typedef struct CxlDpaLimits {
    uint32_t count;
    uint64_t start[CXL_DPA_MAX_LIMITS];
    uint8_t rights[CXL_DPA_MAX_LIMITS];
} CxlDpaLimits;

/**
 * struct CxlDpaMarks - a set of poisoned lines
 * @count: how many
 * @line: their first DPAs, multiples of CXL_DPA_LINE, ascending
 * @written: which bytes of each have been written since, bit n = byte n
 * @source: where each comes from, CXL_POISON_* (8.2.9.9.4.1)
 * @told: the host has been told that it was read
 * @hidden: nobody has come across it yet, so that it is on no list
 */
typedef struct CxlDpaMarks {
    uint32_t count;
    uint64_t line[CXL_DPA_MAX_MARKS];
    uint64_t written[CXL_DPA_MAX_MARKS];
    uint8_t source[CXL_DPA_MAX_MARKS];
    uint8_t told[CXL_DPA_MAX_MARKS];
    uint8_t hidden[CXL_DPA_MAX_MARKS];
} CxlDpaMarks;

/**
 * struct CxlDpa - the table of a device
 * @count: partitions in use
 * @part: the partitions, by ascending address
 * @partitionable: all of it can be of either kind (8.2.9.9.2.2)
 * @divisions: how often it was divided in another way
 * @marks: poisoned lines
 * @limits: what others leave to this host
 * @contained: stores to persistent partitions are dropped: the device contains
 *             an error (12.4.2)
 *
 * All zero: a device without memory.
 */
typedef struct CxlDpa {
    uint32_t count;
    CxlDpaPartition part[CXL_DPA_MAX_PARTITIONS];
    bool partitionable;
    uint32_t divisions;
    CxlDpaMarks marks;
    CxlDpaLimits limits;
    bool contained;
} CxlDpa;

/**
 * cxl_dpa_add: append a partition
 * @part: kind, rights, size and performance; base and next size are worked out
 *
 * Returns: false when the size is zero or no multiple of CXL_DPA_UNIT, when
 * the address space would wrap, or when the table is full; nothing has changed
 * then.
 */
bool cxl_dpa_add(CxlDpa *dpa, const CxlDpaPartition *part);

/**
 * cxl_dpa_add_partitionable: make all of an empty table one capacity that is
 * divided in two: a volatile and a persistent partition, either may be empty
 * @size: bytes of both
 * @volatile_size: bytes of the volatile one
 *
 * Returns: false when the table is not empty, when a size is no multiple of
 * CXL_DPA_UNIT or @size is zero, or when the one is larger than the other;
 * nothing has changed then.
 */
bool cxl_dpa_add_partitionable(CxlDpa *dpa, uint64_t size,
                               uint64_t volatile_size);

/**
 * cxl_dpa_set_next: divide a partitionable capacity in another way at the next
 * cxl_dpa_reset()
 *
 * Returns: false when it is not partitionable, or @volatile_size is no multiple
 * of CXL_DPA_UNIT or too large; nothing has changed then.
 */
bool cxl_dpa_set_next(CxlDpa *dpa, uint64_t volatile_size);

/**
 * cxl_dpa_changes: first DPA of what is persistent before or after
 * cxl_dpa_reset(), which loses its data; the capacity when no size changes
 */
uint64_t cxl_dpa_changes(const CxlDpa *dpa);

/**
 * cxl_dpa_reset: every partition takes its next size, and those behind it move.
 * The device is reset: no decoder is committed. Marks stay where they are, but
 * those that are out of the device now are gone.
 */
void cxl_dpa_reset(CxlDpa *dpa);

/**
 * cxl_dpa_rights: what a host may do with a partition of @dpa now, limits aside
 */
CxlDpaRights cxl_dpa_rights(const CxlDpa *dpa, const CxlDpaPartition *part);

/**
 * cxl_dpa_limit: what limits leave of the byte at @address
 * @end: gets the DPA up to which it is the same, above @address; UINT64_MAX if
 *       it is so to the end
 */
CxlDpaRights cxl_dpa_limit(const CxlDpaLimits *limits, uint64_t address,
                           uint64_t *end);

/**
 * cxl_dpa_writable: may the host store to all of @len bytes at @address, as far
 * as there is memory? Whether it is closed does not matter.
 */
bool cxl_dpa_writable(const CxlDpa *dpa, uint64_t address, uint64_t len);

/**
 * cxl_dpa_add_limit: append a range to what limits divide the device into
 * @start: where it begins, above all others; of the first one 0
 *
 * A range with the right of the one before it becomes part of that.
 *
 * Returns: false when it is not so, or there is no room; nothing has changed
 */
bool cxl_dpa_add_limit(CxlDpaLimits *limits, uint64_t start,
                       CxlDpaRights rights);

/**
 * cxl_dpa_common_limits: what both @a and @b leave to the host
 * @both: gets it; nothing at all when that has too many ranges
 */
void cxl_dpa_common_limits(const CxlDpaLimits *a, const CxlDpaLimits *b,
                           CxlDpaLimits *both);

/** cxl_dpa_same_limits: no byte may be used otherwise by @a than by @b */
bool cxl_dpa_same_limits(const CxlDpaLimits *a, const CxlDpaLimits *b);

/** cxl_dpa_capacity: bytes of the whole device; what lies above is nothing */
uint64_t cxl_dpa_capacity(const CxlDpa *dpa);

/** cxl_dpa_size: bytes of all partitions of @kind */
uint64_t cxl_dpa_size(const CxlDpa *dpa, CxlDpaKind kind);

/** cxl_dpa_next_size: bytes of @kind after the next reset */
uint64_t cxl_dpa_next_size(const CxlDpa *dpa, CxlDpaKind kind);

/**
 * cxl_dpa_base: first DPA of @kind; the capacity when there is none
 */
uint64_t cxl_dpa_base(const CxlDpa *dpa, CxlDpaKind kind);

/**
 * cxl_dpa_find: the partition that the byte at @address is in, or NULL
 */
const CxlDpaPartition *cxl_dpa_find(const CxlDpa *dpa, uint64_t address);

/**
 * cxl_dpa_contains: the one partition that all of @len bytes at @address are
 * in, or NULL; of no bytes, the one that @address is in
 */
const CxlDpaPartition *cxl_dpa_contains(const CxlDpa *dpa, uint64_t address,
                                        uint64_t len);

/**
 * cxl_dpa_mark_find: index in the arrays of @marks of the line that has the
 * byte at @address, or -1 when it is not marked
 */
int cxl_dpa_mark_find(const CxlDpaMarks *marks, uint64_t address);

/**
 * cxl_dpa_mark_add: mark the line that has the byte at @address
 *
 * What is kept besides of a new mark is zero.
 *
 * Returns: false when there is no room. A line that is marked stays so.
 */
bool cxl_dpa_mark_add(CxlDpaMarks *marks, uint64_t address);

/**
 * cxl_dpa_mark_hide: mark the line that has the byte at @address, as bad as
 * others and on no list
 *
 * Returns: false when there is no room. A line that is marked stays as it is.
 */
bool cxl_dpa_mark_hide(CxlDpaMarks *marks, uint64_t address);

/**
 * cxl_dpa_mark_remove: take the mark off the line that has the byte at @address
 *
 * Returns: false when there was none.
 */
bool cxl_dpa_mark_remove(CxlDpaMarks *marks, uint64_t address);

/**
 * cxl_dpa_mark_remove_all: take the marks off all lines that have one of @len
 * bytes from @address on
 *
 * Returns: false when there was none.
 */
bool cxl_dpa_mark_remove_all(CxlDpaMarks *marks, uint64_t address,
                             uint64_t len);

/**
 * cxl_dpa_mark_next: the first marked line that ends above @address
 * @line: gets its first DPA, which may lie below @address
 *
 * Returns: false when there is none.
 */
bool cxl_dpa_mark_next(const CxlDpaMarks *marks, uint64_t address,
                       uint64_t *line);

/** cxl_dpa_mark_next_known: the same without hidden ones */
bool cxl_dpa_mark_next_known(const CxlDpaMarks *marks, uint64_t address,
                             uint64_t *line);

#endif /* CXL_CORE_DPA_H */
