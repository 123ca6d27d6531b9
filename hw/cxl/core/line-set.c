/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of lines of 64 bytes that is quick to ask
 */
#include "hw/cxl/core/line-set.h"

#define LINE 64u

uint64_t cxl_line_set_slots(unsigned count)
{
    uint64_t slots = 2;

    /* At least half of them stay empty, so that what is not there is seen */
    while (slots < 2 * (uint64_t)count) {
        slots *= 2;
    }
    return slots;
}

void cxl_line_set_init(CxlLineSet *set, uint64_t *slot, uint64_t slots,
                       uint64_t seed)
{
    set->factor = seed | 1;
    set->slot = slot;
    set->shift = 64;
    while (set->shift > 1 && 1ull << (64 - set->shift) < slots) {
        set->shift--;
    }
    for (uint64_t i = 0; i < slots; i++) {
        slot[i] = CXL_LINE_SET_EMPTY;
    }
}

/* The slot that has @line, or the empty one where it belongs */
static uint64_t *find_slot(const CxlLineSet *set, uint64_t line)
{
    uint64_t mask = UINT64_MAX >> set->shift;
    uint64_t i = (line / LINE * set->factor) >> set->shift;

    while (set->slot[i] != line && set->slot[i] != CXL_LINE_SET_EMPTY) {
        i = (i + 1) & mask;
    }
    return &set->slot[i];
}

void cxl_line_set_add(CxlLineSet *set, uint64_t address)
{
    uint64_t line = address - address % LINE;

    *find_slot(set, line) = line;
}

bool cxl_line_set_touches(const CxlLineSet *set, uint64_t address,
                          unsigned len)
{
    uint64_t line = address - address % LINE;
    uint64_t last = address + len - 1;

    if (!set->slot) {
        return false;
    }
    for (last -= last % LINE; *find_slot(set, line) != line; line += LINE) {
        if (line == last) {
            return false;
        }
    }
    return true;
}
