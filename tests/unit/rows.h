/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walk a block of registers row by row.
 *
 * From the rows a map of the block is made that says of every bit what it is.
 * Then each row is accessed at every size and alignment that touches it, on
 * random contents, and the whole block is compared with what the map predicts.
 */
#ifndef TESTS_UNIT_ROWS_H
#define TESTS_UNIT_ROWS_H

#include "hw/cxl/core/regblock.h"
#include "unit.h"

#define ROWS_MAX_SIZE 0x1000

/*
 * RowWalk - the block and its doors
 * @regs: the block, at most ROWS_MAX_SIZE bytes
 * @max_access: largest access size
 * @read, @write, @reset: as software sees the block
 * @avoid: bits of a row that have side effects: not set, not compared
 */
typedef struct RowWalk {
    CxlRegBlock *regs;
    unsigned max_access;
    uint64_t (*read)(void *opaque, uint32_t offset, unsigned size);
    void (*write)(void *opaque, uint32_t offset, unsigned size,
                  uint64_t value);
    void (*reset)(void *opaque, CxlReset kind);
    uint64_t (*avoid)(const CxlRegRow *row);
    void *opaque;
} RowWalk;

/* What the bits of each byte are; bits in none of the masks are read-only */
typedef struct RowMap {
    uint8_t rw[ROWS_MAX_SIZE];
    uint8_t w1c[ROWS_MAX_SIZE];
    uint8_t rwl[ROWS_MAX_SIZE];
    uint8_t sticky[ROWS_MAX_SIZE];
    uint8_t avoid[ROWS_MAX_SIZE];
    uint8_t in_row[ROWS_MAX_SIZE];
    uint8_t group[ROWS_MAX_SIZE];
    uint8_t instance[ROWS_MAX_SIZE];
} RowMap;

static RowMap row_map;
static uint8_t rows_before[ROWS_MAX_SIZE];
static uint8_t rows_expect[ROWS_MAX_SIZE];

static inline uint32_t row_start(const CxlRegGroup *group, unsigned instance,
                                 const CxlRegRow *row)
{
    return group->base + group->stride * instance + row->offset;
}

static inline void rows_map_row(const RowWalk *w, unsigned g, unsigned instance,
                                const CxlRegRow *row)
{
    uint32_t start = row_start(&w->regs->groups[g], instance, row);
    uint64_t avoid = w->avoid ? w->avoid(row) : 0;

    check(row->width == 1 || row->width == 2 || row->width == 4 ||
          row->width == 8);
    for (unsigned i = 0; i < row->width; i++) {
        unsigned at = start + i;

        check_eq(row_map.in_row[at], 0);    /* rows do not overlap */
        row_map.in_row[at] = 0xff;
        row_map.rw[at] = (uint8_t)(row->rw >> (8 * i));
        row_map.w1c[at] = (uint8_t)(row->w1c >> (8 * i));
        row_map.rwl[at] = (uint8_t)(row->rwl >> (8 * i));
        row_map.sticky[at] = (uint8_t)(row->sticky >> (8 * i));
        row_map.avoid[at] = (uint8_t)(avoid >> (8 * i));
        row_map.group[at] = (uint8_t)g;
        row_map.instance[at] = (uint8_t)instance;
        check_eq((row_map.rw[at] & row_map.w1c[at]) |
                 (row_map.rw[at] & row_map.rwl[at]) |
                 (row_map.w1c[at] & row_map.rwl[at]), 0);
    }
    /* no mask and no reset value is wider than the row */
    if (row->width < 8) {
        uint64_t all = row->rw | row->w1c | row->rwl | row->sticky |
                       row->reset;

        check_eq(all >> (8 * row->width), 0);
    }
}

static inline void rows_make_map(const RowWalk *w)
{
    memset(&row_map, 0, sizeof(row_map));
    for (unsigned g = 0; g < w->regs->ngroups; g++) {
        const CxlRegGroup *group = &w->regs->groups[g];

        for (unsigned i = 0; i < group->count; i++) {
            for (unsigned r = 0; r < group->nrows; r++) {
                rows_map_row(w, g, i, &group->rows[r]);
            }
        }
    }
}

static inline void rows_randomise(const RowWalk *w)
{
    uint64_t random = 0;

    for (uint32_t at = 0; at < w->regs->size; at++) {
        random = at % 8 ? random >> 8 : unit_random();
        w->regs->bytes[at] = (uint8_t)random & ~row_map.avoid[at];
    }
    memcpy(rows_before, w->regs->bytes, w->regs->size);
}

static inline bool rows_is_locked(const RowWalk *w, uint32_t at)
{
    const CxlRegBlockOps *ops = w->regs->ops;

    return ops && ops->locked &&
           ops->locked(w->regs, row_map.group[at], row_map.instance[at]);
}

static inline bool rows_compare(const RowWalk *w)
{
    uint32_t at = 0;

    while (at < w->regs->size &&
           !((w->regs->bytes[at] ^ rows_expect[at]) & ~row_map.avoid[at])) {
        at++;
    }
    return check_eq(at, w->regs->size);     /* else: the byte that differs */
}

static inline bool rows_check_write(const RowWalk *w, uint32_t offset,
                                    unsigned size)
{
    uint64_t value = unit_random();

    rows_randomise(w);
    memcpy(rows_expect, rows_before, w->regs->size);
    for (unsigned i = 0; i < size; i++) {
        uint32_t at = offset + i;
        uint8_t v = (uint8_t)(value >> (8 * i)) & ~row_map.avoid[at];
        uint8_t set = row_map.rw[at];

        if (!rows_is_locked(w, at)) {
            set |= row_map.rwl[at];
        }
        value &= ~((uint64_t)row_map.avoid[at] << (8 * i));
        rows_expect[at] = (uint8_t)((rows_before[at] & ~set) | (v & set));
        rows_expect[at] &= (uint8_t)~(v & row_map.w1c[at]);
    }
    w->write(w->opaque, offset, size, value);
    if (!rows_compare(w)) {
        unit_note("write of %u bytes at 0x%x", size, offset);
        return false;
    }
    return true;
}

static inline bool rows_check_read(const RowWalk *w, uint32_t offset,
                                   unsigned size)
{
    uint64_t want = 0;

    for (unsigned i = 0; i < size; i++) {
        want |= (uint64_t)w->regs->bytes[offset + i] << (8 * i);
    }
    return check_eq(w->read(w->opaque, offset, size), want);
}

static inline bool rows_check_row(const RowWalk *w, uint32_t start,
                                  unsigned width)
{
    for (unsigned size = 1; size <= w->max_access; size++) {
        uint32_t first = start >= size - 1 ? start - (size - 1) : 0;

        for (uint32_t at = first; at < start + width; at++) {
            if (at + size > w->regs->size) {
                continue;
            }
            if (!rows_check_write(w, at, size) ||
                !rows_check_read(w, at, size)) {
                return false;
            }
        }
    }
    return true;
}

/* rows_walk_accesses: every row, every size, every alignment */
static inline void rows_walk_accesses(const RowWalk *w)
{
    rows_make_map(w);
    for (unsigned g = 0; g < w->regs->ngroups; g++) {
        const CxlRegGroup *group = &w->regs->groups[g];

        for (unsigned i = 0; i < group->count; i++) {
            for (unsigned r = 0; r < group->nrows; r++) {
                const CxlRegRow *row = &group->rows[r];

                if (!rows_check_row(w, row_start(group, i, row),
                                    row->width)) {
                    unit_note("row %s of instance %u", row->name, i);
                    return;
                }
            }
        }
    }
}

/*
 * rows_walk_resets: sticky bits stay, others return, none survives cold; what
 * is locked stays in a CXL reset, and everything in a function-level reset if
 * @survives_flr
 */
static inline void rows_walk_resets(const RowWalk *w, bool survives_flr)
{
    static uint8_t image[ROWS_MAX_SIZE];
    static const CxlReset kinds[] = {
        CXL_RESET_COLD, CXL_RESET_WARM, CXL_RESET_CXL, CXL_RESET_FUNCTION,
    };

    rows_make_map(w);
    w->reset(w->opaque, CXL_RESET_COLD);
    memcpy(image, w->regs->bytes, w->regs->size);
    for (unsigned k = 0; k < 4; k++) {
        rows_randomise(w);
        for (uint32_t at = 0; at < w->regs->size; at++) {
            uint8_t kept = kinds[k] == CXL_RESET_COLD ? 0 : row_map.sticky[at];

            if (kinds[k] == CXL_RESET_CXL && rows_is_locked(w, at)) {
                kept |= row_map.rwl[at];
            }
            if (kinds[k] == CXL_RESET_FUNCTION && survives_flr) {
                kept = 0xff;
            }
            kept |= (uint8_t)~row_map.in_row[at];
            rows_expect[at] = (uint8_t)((rows_before[at] & kept) |
                                        (image[at] & ~kept));
        }
        w->reset(w->opaque, kinds[k]);
        if (!rows_compare(w)) {
            unit_note("reset kind %u", k);
        }
    }
    w->reset(w->opaque, CXL_RESET_COLD);
}

#endif /* TESTS_UNIT_ROWS_H */
