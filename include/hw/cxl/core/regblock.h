/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register engine: rows of a table become registers.
 *
 * One engine serves MMIO blocks and DVSECs in configuration space. The values
 * lie as little-endian bytes in storage that the owner of the block provides,
 * so that any access size at any alignment reads and writes the right bytes,
 * and so that a block may lie in the configuration space of a PCI function.
 */
#ifndef CXL_CORE_REGBLOCK_H
#define CXL_CORE_REGBLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"

/**
 * struct CxlRegRow - one register as the specification prints it
 * @name: for traces and tests
 * @offset: bytes from the start of the group's instance
 * @width: 1, 2, 4 or 8 bytes
 * @hook: 0, or a number that the block's owner knows: its written() is called
 * @reset: value after reset
 * @rw: bits that a write sets as written
 * @w1c: bits that a write of one clears
 * @rwl: bits that a write sets as written while the instance is not locked
 * @sticky: bits that survive every reset but a cold one
 *
 * A bit in none of @rw, @w1c and @rwl is read-only. Rows of a group are sorted
 * by offset and do not overlap.
 */
typedef struct CxlRegRow {
    const char *name;
    uint16_t offset;
    uint8_t width;
    uint8_t hook;
    uint64_t reset;
    uint64_t rw;
    uint64_t w1c;
    uint64_t rwl;
    uint64_t sticky;
} CxlRegRow;

/**
 * struct CxlRegGroup - a set of rows, placed once or repeated with a stride
 * @rows: the rows
 * @nrows: how many
 * @base: byte offset of the first instance in the block
 * @stride: bytes from one instance to the next (at least the rows' extent)
 * @count: number of instances
 */
typedef struct CxlRegGroup {
    const CxlRegRow *rows;
    uint16_t nrows;
    uint32_t base;
    uint32_t stride;
    uint16_t count;
} CxlRegGroup;

#define CXL_REGBLOCK_MAX_GROUPS 16

struct CxlRegBlock;

/**
 * struct CxlRegBlockOps - what a block asks of its owner
 * @locked: are the RWL bits of @instance of @group locked? NULL: never
 * @written: a write touched a row with a hook; all rows of the access hold
 *           their new values, @old is this row's former value. NULL: no hooks
 */
typedef struct CxlRegBlockOps {
    bool (*locked)(const struct CxlRegBlock *block, unsigned group,
                   unsigned instance);
    void (*written)(struct CxlRegBlock *block, unsigned group,
                    unsigned instance, const CxlRegRow *row, uint64_t old,
                    CxlEffects *effects);
} CxlRegBlockOps;

/**
 * struct CxlRegBlock - a block of registers
 * @ops: the owner's callbacks
 * @bytes: the values, owned by the block's owner
 * @size: bytes in @bytes
 * @ngroups: groups in use
 * @groups: the groups, sorted by base, not overlapping
 */
typedef struct CxlRegBlock {
    const CxlRegBlockOps *ops;
    uint8_t *bytes;
    uint32_t size;
    unsigned ngroups;
    CxlRegGroup groups[CXL_REGBLOCK_MAX_GROUPS];
} CxlRegBlock;

/**
 * cxl_regblock_init: an empty block over @bytes, which are not touched
 */
void cxl_regblock_init(CxlRegBlock *block, uint8_t *bytes, uint32_t size,
                       const CxlRegBlockOps *ops);

/**
 * cxl_regblock_add: append a group
 *
 * Returns: the group's number, or -1 when it does not fit the block, lies
 * before the end of the group added last, or there are too many groups.
 */
int cxl_regblock_add(CxlRegBlock *block, const CxlRegGroup *group);

/**
 * cxl_regblock_reset: set every row's reset value, but keep sticky bits unless
 * @kind is CXL_RESET_COLD, and with CXL_RESET_CXL RWL bits of instances that
 * are locked. Calls no hook.
 */
void cxl_regblock_reset(CxlRegBlock *block, CxlReset kind);

/**
 * cxl_regblock_read: the little-endian value of @size bytes (1 to 8) at
 * @offset, at any alignment. Bytes outside of rows read as stored (zero);
 * bytes past the end of the block read as zero.
 */
uint64_t cxl_regblock_read(const CxlRegBlock *block, uint32_t offset,
                           unsigned size);

/**
 * cxl_regblock_write: a guest's write of @size bytes (1 to 8) at @offset, at
 * any alignment. Applies each touched row's masks to the bytes written, then
 * calls the hooks in ascending order. Bytes outside of rows are dropped.
 */
void cxl_regblock_write(CxlRegBlock *block, uint32_t offset, unsigned size,
                        uint64_t value, CxlEffects *effects);

/**
 * cxl_regblock_set: the owner's own write, ignoring masks, locks and hooks
 */
void cxl_regblock_set(CxlRegBlock *block, uint32_t offset, unsigned size,
                      uint64_t value);

#endif /* CXL_CORE_REGBLOCK_H */
