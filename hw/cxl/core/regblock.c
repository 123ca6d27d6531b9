/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register engine (CXL 3.1 8.2: access sizes and attributes)
 */
#include "hw/cxl/core/regblock.h"

#include <stddef.h>
#include <string.h>

#include "hw/cxl/spec/wire.h"

/* A row that an access touches, with the value it had before */
typedef struct Touched {
    const CxlRegRow *row;
    unsigned group;
    unsigned instance;
    uint64_t old;
} Touched;

/* An access has at most 8 bytes and a row at least one */
#define MAX_TOUCHED 8

void cxl_regblock_init(CxlRegBlock *block, uint8_t *bytes, uint32_t size,
                       const CxlRegBlockOps *ops)
{
    memset(block, 0, sizeof(*block));
    block->bytes = bytes;
    block->size = size;
    block->ops = ops;
}

static uint64_t group_end(const CxlRegGroup *group)
{
    const CxlRegRow *last = &group->rows[group->nrows - 1];

    return group->base + (uint64_t)group->stride * (group->count - 1u) +
           last->offset + last->width;
}

int cxl_regblock_add(CxlRegBlock *block, const CxlRegGroup *group)
{
    uint64_t floor = 0;

    if (!group->nrows || !group->count ||
        block->ngroups == CXL_REGBLOCK_MAX_GROUPS) {
        return -1;
    }
    if (block->ngroups) {
        floor = group_end(&block->groups[block->ngroups - 1]);
    }
    if (group->base < floor || group_end(group) > block->size) {
        return -1;
    }
    block->groups[block->ngroups] = *group;
    return (int)block->ngroups++;
}

static uint32_t row_offset(const CxlRegGroup *group, unsigned instance,
                           const CxlRegRow *row)
{
    return group->base + group->stride * instance + row->offset;
}

static bool is_locked(const CxlRegBlock *block, unsigned group,
                      unsigned instance)
{
    return block->ops && block->ops->locked &&
           block->ops->locked(block, group, instance);
}

/* The bits of a row that a reset leaves alone */
static uint64_t kept_bits(const CxlRegBlock *block, unsigned group,
                          unsigned instance, const CxlRegRow *row,
                          CxlReset kind)
{
    uint64_t kept = kind == CXL_RESET_COLD ? 0 : row->sticky;

    if (kind == CXL_RESET_CXL && is_locked(block, group, instance)) {
        kept |= row->rwl;
    }
    return kept;
}

void cxl_regblock_reset(CxlRegBlock *block, CxlReset kind)
{
    for (unsigned g = 0; g < block->ngroups; g++) {
        const CxlRegGroup *group = &block->groups[g];

        for (unsigned i = 0; i < group->count; i++) {
            for (unsigned r = 0; r < group->nrows; r++) {
                const CxlRegRow *row = &group->rows[r];
                uint8_t *p = block->bytes + row_offset(group, i, row);
                uint64_t kept = kept_bits(block, g, i, row, kind);
                uint64_t value = cxl_le_load(p, row->width) & kept;

                cxl_le_store(p, row->width, value | (row->reset & ~kept));
            }
        }
    }
}

uint64_t cxl_regblock_read(const CxlRegBlock *block, uint32_t offset,
                           unsigned size)
{
    if (offset >= block->size) {
        return 0;
    }
    if (size > block->size - offset) {
        size = block->size - offset;
    }
    return cxl_le_load(block->bytes + offset, size);
}

void cxl_regblock_set(CxlRegBlock *block, uint32_t offset, unsigned size,
                      uint64_t value)
{
    if (offset < block->size && size <= block->size - offset) {
        cxl_le_store(block->bytes + offset, size, value);
    }
}

static uint64_t byte_lanes(unsigned first, unsigned size)
{
    uint64_t mask = size >= 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;

    return mask << (8 * first);
}

/* The part of [offset, offset + size) that lies in @row becomes its value */
static void write_row(CxlRegBlock *block, const Touched *t, uint32_t offset,
                      unsigned size, uint64_t value)
{
    const CxlRegGroup *group = &block->groups[t->group];
    uint32_t start = row_offset(group, t->instance, t->row);
    uint32_t from = offset > start ? offset : start;
    uint32_t to = offset + size < start + t->row->width ?
                  offset + size : start + t->row->width;
    uint64_t lanes = byte_lanes(from - start, to - from);
    uint64_t in = value >> (8 * (from - offset)) << (8 * (from - start));
    uint64_t writable = t->row->rw;
    uint64_t now;

    if (!is_locked(block, t->group, t->instance)) {
        writable |= t->row->rwl;
    }
    writable &= lanes;
    now = (t->old & ~writable) | (in & writable);
    now &= ~(in & t->row->w1c & lanes);
    cxl_le_store(block->bytes + start, t->row->width, now);
}

/* Collect the rows of one instance that the access touches */
static unsigned touch_instance(const CxlRegBlock *block, unsigned g,
                               unsigned instance, uint32_t offset,
                               unsigned size, Touched *out, unsigned n)
{
    const CxlRegGroup *group = &block->groups[g];

    for (unsigned r = 0; r < group->nrows && n < MAX_TOUCHED; r++) {
        const CxlRegRow *row = &group->rows[r];
        uint32_t start = row_offset(group, instance, row);

        if (start < offset + size && offset < start + row->width) {
            out[n++] = (Touched) {
                .row = row, .group = g, .instance = instance,
                .old = cxl_le_load(block->bytes + start, row->width),
            };
        }
    }
    return n;
}

static unsigned touch_group(const CxlRegBlock *block, unsigned g,
                            uint32_t offset, unsigned size, Touched *out,
                            unsigned n)
{
    const CxlRegGroup *group = &block->groups[g];
    uint32_t first = 0, last = 0;

    if (offset + size <= group->base || offset >= group_end(group)) {
        return n;
    }
    if (group->count > 1) {
        first = offset > group->base ? (offset - group->base) / group->stride
                                     : 0;
        last = (offset + size - 1 - group->base) / group->stride;
    }
    for (uint32_t i = first; i <= last && i < group->count; i++) {
        n = touch_instance(block, g, i, offset, size, out, n);
    }
    return n;
}

void cxl_regblock_write(CxlRegBlock *block, uint32_t offset, unsigned size,
                        uint64_t value, CxlEffects *effects)
{
    Touched touched[MAX_TOUCHED];
    unsigned n = 0;

    if (offset >= block->size || size > block->size - offset) {
        return;
    }
    for (unsigned g = 0; g < block->ngroups; g++) {
        n = touch_group(block, g, offset, size, touched, n);
    }
    if (!n) {
        effects->report.wrong = "there is no register";
    }
    for (unsigned i = 0; i < n; i++) {
        write_row(block, &touched[i], offset, size, value);
    }
    for (unsigned i = 0; i < n; i++) {
        const Touched *t = &touched[i];

        if (t->row->hook && block->ops && block->ops->written) {
            block->ops->written(block, t->group, t->instance, t->row, t->old,
                                effects);
        }
    }
}
