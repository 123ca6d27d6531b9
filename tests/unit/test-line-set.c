/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of lines that is quick to ask
 */
#include "hw/cxl/core/line-set.h"

#include <stdlib.h>

#include "unit.h"

#define LINE 64u
#define SEED 0x9e3779b97f4a7c15ull

static void test_empty(void)
{
    CxlLineSet none = { 0 };
    CxlLineSet set;
    uint64_t slot[2];

    check(!cxl_line_set_touches(&none, 0, 256));
    check_eq(cxl_line_set_slots(0), 2);
    cxl_line_set_init(&set, slot, 2, SEED);
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

    cxl_line_set_init(&set, slot, cxl_line_set_slots(2), SEED);
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
        cxl_line_set_init(&set, slot, slots, unit_random());
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

/* Of slots that follow each other, the most that have a line */
static unsigned longest(const uint64_t *slot, unsigned slots)
{
    unsigned most = 0, run = 0;

    for (unsigned i = 0; i < slots; i++) {
        run = slot[i] == CXL_LINE_SET_EMPTY ? 0 : run + 1;
        most = run > most ? run : most;
    }
    return most;
}

/* Lines that belong into one place under one seed are apart under others */
static void test_hostile(void)
{
    enum { COUNT = 1024, SLOTS = 2 * COUNT };
    static uint64_t slot[SLOTS], line[COUNT];
    CxlLineSet set;

    for (uint64_t at = 1, n = 0; n < COUNT; at++) {
        if (at * SEED < UINT64_MAX / SLOTS) {
            line[n++] = at * LINE;
        }
    }
    for (unsigned round = 0; round < 100; round++) {
        cxl_line_set_init(&set, slot, SLOTS, round ? unit_random() : SEED);
        for (unsigned i = 0; i < COUNT; i++) {
            cxl_line_set_add(&set, line[i]);
            check(cxl_line_set_touches(&set, line[i], 1));
        }
        check((longest(slot, SLOTS) == COUNT) == !round);
    }
}

int main(void)
{
    unit_run("empty", test_empty);
    unit_run("slots", test_slots);
    unit_run("touches", test_touches);
    unit_run("random", test_random);
    unit_run("hostile", test_hostile);
    return unit_done();
}
