/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of lines of 64 bytes that is quick to ask: a table of hashed addresses
 *
 * It is made once, and then asked by any number of threads.
 */
#ifndef CXL_CORE_LINE_SET_H
#define CXL_CORE_LINE_SET_H

#include <stdbool.h>
#include <stdint.h>

/** CXL_LINE_SET_EMPTY: a slot without a line; no line has such an address */
#define CXL_LINE_SET_EMPTY UINT64_MAX

/**
 * struct CxlLineSet - the set
 * @factor: what lines are hashed by, an odd number
 * @shift: 64 less the binary logarithm of the number of slots
 * @slot: the lines' first addresses, or CXL_LINE_SET_EMPTY
 *
 * All zero: a set without lines, to be asked only.
 */
typedef struct CxlLineSet {
    uint64_t factor;
    unsigned shift;
    uint64_t *slot;
} CxlLineSet;

/**
 * cxl_line_set_slots: how many slots a set of @count lines is to have, a power
 * of two
 */
uint64_t cxl_line_set_slots(unsigned count);

/**
 * cxl_line_set_init: an empty set
 * @slot: room for cxl_line_set_slots(), owned by the caller
 * @slots: how many, as of cxl_line_set_slots()
 * @seed: any number that who chooses lines does not know, for else they may
 *        all be put into one place, and be slow to find
 */
void cxl_line_set_init(CxlLineSet *set, uint64_t *slot, uint64_t slots,
                       uint64_t seed);

/**
 * cxl_line_set_add: add the line that has the byte at @address
 *
 * There must be room: no more lines than cxl_line_set_slots() was asked for.
 */
void cxl_line_set_add(CxlLineSet *set, uint64_t address);

/**
 * cxl_line_set_touches: is one of the @len bytes at @address, at least one, in
 * a line of the set?
 */
bool cxl_line_set_touches(const CxlLineSet *set, uint64_t address,
                          unsigned len);

#endif /* CXL_CORE_LINE_SET_H */
