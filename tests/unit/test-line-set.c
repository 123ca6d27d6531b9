/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of lines that is quick to ask
 */
#include "hw/cxl/core/line-set.h"

#include <stdlib.h>

#include "unit.h"

#define LINE 64u

static void test_empty(void)
{
    CxlLineSet none = { 0 };
    CxlLineSet set;
    uint64_t slot[2];

    check(!cxl_line_set_touches(&none, 0, 256));
    check_eq(cxl_line_set_slots(0), 2);
    cxl_line_set_init(&set, slot, 2);
    check(!cxl_line_set_touches(&set, 0, 256));
    check(!cxl_line_set_touches(&set, UINT64_MAX, 1));
    cxl_line_set_add(&set, UINT64_MAX);
    check(cxl_line_set_touches(&set, UINT64_MAX - 63, 1));
    check(!cxl_line_set_touches(&set, UINT64_MAX - 64, 1));
}

static void test_slots(void)
{
    check_eq(cxl_line_set_slots(1), 2);
    check_eq(cxl_line_set_slots(2), 4);
    check_eq(cxl_line_set_slots(1024), 2048);
    check_eq(cxl_line_set_slots(1025), 4096);
    check_eq(cxl_line_set_slots(UINT32_MAX), 1ull << 33);
}

static void test_touches(void)
{
    uint64_t slot[4];
    CxlLineSet set;

    cxl_line_set_init(&set, slot, cxl_line_set_slots(2));
    cxl_line_set_add(&set, 0x10007f);
    cxl_line_set_add(&set, 0x100040);
    cxl_line_set_add(&set, 0);
    check(!cxl_line_set_touches(&set, 0x10003f, 1));
    check(cxl_line_set_touches(&set, 0x10003f, 2));
    check(cxl_line_set_touches(&set, 0x100000, 256));
    check(cxl_line_set_touches(&set, 0x10007f, 1));
    check(!cxl_line_set_touches(&set, 0x100080, 256));
    check(cxl_line_set_touches(&set, 0, 1));
    check(!cxl_line_set_touches(&set, LINE, 0x1000));
}

/* Against a map of flags; lines that lie together and lines far apart */
static void test_random(void)
{
    static bool there[2048];
    const unsigned n = sizeof(there);

    for (unsigned round = 0; round < 200; round++) {
        uint64_t stride = LINE << unit_below(20);
        unsigned count = (unsigned)unit_below(1025);
        uint64_t slots = cxl_line_set_slots(count);
        uint64_t *slot = malloc(slots * sizeof(*slot));
        CxlLineSet set;

        memset(there, 0, sizeof(there));
        cxl_line_set_init(&set, slot, slots);
        for (unsigned i = 0; i < count; i++) {
            uint64_t at = unit_below(n);

            there[at] = true;
            cxl_line_set_add(&set, at * stride + unit_below(LINE));
        }
        for (unsigned at = 0; at < n; at++) {
            check_eq(cxl_line_set_touches(&set, at * stride, LINE), there[at]);
        }
        free(slot);
    }
}

int main(void)
{
    unit_run("empty", test_empty);
    unit_run("slots", test_slots);
    unit_run("touches", test_touches);
    unit_run("random", test_random);
    return unit_done();
}
