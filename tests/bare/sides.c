/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One memory, and two sides of it
 */
#include "coherency.h"

uint64_t here, there;
bool calm;

/* Both sides have forgotten the lines, of which memory is all @value */
void reset(uint64_t offset, uint64_t value)
{
    for (unsigned i = 0; i < 4 * LINE; i += 8) {
        store64(here + offset + i, value);
    }
    for (unsigned i = 0; i < 4 * LINE; i += LINE) {
        forget(here + offset + i);
        forget(there + offset + i);
    }
}

/* What memory has at @offset, whatever caches have there */
uint64_t memory64(uint64_t offset)
{
    forget(there + offset);
    forget(there + offset + 7);
    return load64(there + offset);
}

void sides_start(void)
{
    CxlRegion a, b;

    cxl_scan();
    calm = bare_arg("lines", 1 << 19) >= 1000 && !bare_arg("timer", 0);
    a = (CxlRegion) { cxl_window[0].base, UNIT, 1, 0, { cxl_endpoint(0) } };
    b = (CxlRegion) { cxl_window[0].base + UNIT, UNIT, 1, 1,
                      { cxl_endpoint(1) } };
    region_program(&a);
    region_commit(&a);
    /* Its first decoder has nothing, so that both have the same number */
    cxl_program(b.device[0]->hdm, 0, 0, 0, 0, 0, 0);
    cxl_commit(b.device[0]->hdm, 0);
    region_program(&b);
    region_commit(&b);
    here = a.base;
    there = b.base;
}
