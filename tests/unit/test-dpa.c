/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of a device's memory: partitions, sizes after a reset, marks
 */
#include "hw/cxl/core/dpa.h"

#include "unit.h"

#define U CXL_DPA_UNIT

static CxlDpa two(uint64_t volatile_units, uint64_t persistent_units)
{
    CxlDpa dpa = { 0 };

    check(cxl_dpa_add(&dpa, &(CxlDpaPartition) {
        .kind = CXL_DPA_VOLATILE, .size = volatile_units * U,
    }));
    check(cxl_dpa_add(&dpa, &(CxlDpaPartition) {
        .kind = CXL_DPA_PERSISTENT, .rights = CXL_DPA_READ_ONLY,
        .size = persistent_units * U,
    }));
    return dpa;
}

static void test_add(void)
{
    CxlDpa dpa = two(2, 3);
    CxlDpa before = dpa;

    check_eq(dpa.count, 2);
    check_eq(dpa.part[0].base, 0);
    check_eq(dpa.part[0].next_size, 2 * U);
    check_eq(dpa.part[1].base, 2 * U);
    check_eq(dpa.part[1].rights, CXL_DPA_READ_ONLY);
    check(!cxl_dpa_add(&dpa, &(CxlDpaPartition) { .size = U }));
    check_mem(&dpa, &before, sizeof(dpa));
}

static void test_add_refuses(void)
{
    static const uint64_t sizes[] = {
        0, 1, U - 1, U + 1, UINT64_MAX, UINT64_MAX - U + 2,
    };
    CxlDpa dpa = { 0 };

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check(!cxl_dpa_add(&dpa, &(CxlDpaPartition) { .size = sizes[i] }));
    }
    check(cxl_dpa_add(&dpa, &(CxlDpaPartition) { .size = 0 - 2 * U }));
    check(!cxl_dpa_add(&dpa, &(CxlDpaPartition) { .size = 3 * U }));
    check_eq(dpa.count, 1);
}

static void test_limits(void)
{
    CxlDpa dpa = two(2, 3);
    CxlDpaLimits *limits = &dpa.limits;
    uint64_t end;

    dpa.part[1].rights = CXL_DPA_READ_WRITE;
    check_eq(cxl_dpa_limit(limits, 7, &end), CXL_DPA_READ_WRITE);
    check_eq(end, UINT64_MAX);
    check(cxl_dpa_writable(&dpa, 0, 5 * U));
    check(!cxl_dpa_add_limit(limits, 1, CXL_DPA_READ_ONLY));
    check(cxl_dpa_add_limit(limits, 0, CXL_DPA_READ_WRITE));
    check(!cxl_dpa_add_limit(limits, 0, CXL_DPA_READ_ONLY));
    check(cxl_dpa_add_limit(limits, U, CXL_DPA_READ_ONLY));
    check(cxl_dpa_add_limit(limits, 3 * U, CXL_DPA_NO_ACCESS));
    check(cxl_dpa_add_limit(limits, 4 * U, CXL_DPA_READ_WRITE));
    check(!cxl_dpa_add_limit(limits, 3 * U, CXL_DPA_READ_WRITE));
    check_eq(limits->count, 4);
    check_eq(cxl_dpa_limit(limits, U - 1, &end), CXL_DPA_READ_WRITE);
    check_eq(end, U);
    check_eq(cxl_dpa_limit(limits, U, &end), CXL_DPA_READ_ONLY);
    check_eq(end, 3 * U);
    check_eq(cxl_dpa_limit(limits, 4 * U - 1, &end), CXL_DPA_NO_ACCESS);
    check_eq(end, 4 * U);
    check_eq(cxl_dpa_limit(limits, UINT64_MAX, &end), CXL_DPA_READ_WRITE);
    check_eq(end, UINT64_MAX);
    check(cxl_dpa_writable(&dpa, 0, U));
    check(!cxl_dpa_writable(&dpa, 0, U + 1));
    check(!cxl_dpa_writable(&dpa, 3 * U, 1));
    check(cxl_dpa_writable(&dpa, 4 * U, U));
    check(cxl_dpa_writable(&dpa, 4 * U, UINT64_MAX));
    check(cxl_dpa_writable(&dpa, 2 * U, 0));
    dpa.part[1].rights = CXL_DPA_READ_ONLY;
    check(!cxl_dpa_writable(&dpa, 4 * U, 1));
    /* The same right goes on */
    check(cxl_dpa_add_limit(limits, 5 * U, CXL_DPA_READ_WRITE));
    check_eq(limits->count, 4);
    for (unsigned i = 5; i < CXL_DPA_MAX_LIMITS + 1; i++) {
        check(cxl_dpa_add_limit(limits, i * U + U, i & 1));
    }
    check(!cxl_dpa_add_limit(limits, UINT64_MAX, CXL_DPA_NO_ACCESS));
    check_eq(limits->count, CXL_DPA_MAX_LIMITS);
}

/* The lesser of two, byte by byte */
static void test_common_limits(void)
{
    static CxlDpaLimits a, b, both, again;
    uint64_t end;

    for (unsigned i = 0; i < 200; i++) {
        a.count = b.count = 0;
        for (unsigned n = 0; n < 40; n++) {
            CxlDpaLimits *l = unit_below(2) ? &a : &b;

            cxl_dpa_add_limit(l, l->count ? n : 0, (unsigned)unit_below(3));
        }
        cxl_dpa_common_limits(&a, &b, &both);
        cxl_dpa_common_limits(&b, &a, &again);
        check(cxl_dpa_same_limits(&both, &again));
        check(cxl_dpa_same_limits(&a, &b) ==
              (cxl_dpa_same_limits(&a, &both) &&
               cxl_dpa_same_limits(&b, &both)));
        for (uint64_t at = 0; at < 50; at++) {
            CxlDpaRights one = cxl_dpa_limit(&a, at, &end);
            CxlDpaRights other = cxl_dpa_limit(&b, at, &end);

            check_eq(cxl_dpa_limit(&both, at, &end), one > other ? one : other);
        }
    }
    /* More ranges than there is room for: nothing */
    a.count = b.count = 0;
    for (unsigned n = 0; n < CXL_DPA_MAX_LIMITS; n++) {
        cxl_dpa_add_limit(&a, n * 4ull, n & 1);
        cxl_dpa_add_limit(&b, n ? n * 4ull + 1 : 0, n & 1);
    }
    cxl_dpa_common_limits(&a, &a, &both);
    check_mem(&both, &a, sizeof(a));
    cxl_dpa_add_limit(&b, CXL_DPA_MAX_LIMITS * 4ull, CXL_DPA_NO_ACCESS);
    for (unsigned n = 0; n < CXL_DPA_MAX_LIMITS; n++) {
        b.rights[n] = n & 1 ? CXL_DPA_NO_ACCESS : CXL_DPA_READ_WRITE;
    }
    cxl_dpa_common_limits(&a, &b, &both);
    check_eq(both.count, 1);
    check_eq(both.rights[0], CXL_DPA_NO_ACCESS);
}

static void test_sizes(void)
{
    CxlDpa none = { 0 };
    CxlDpa one = { 0 };
    CxlDpa dpa = two(2, 3);

    check_eq(cxl_dpa_capacity(&none), 0);
    check_eq(cxl_dpa_base(&none, CXL_DPA_VOLATILE), 0);
    check_eq(cxl_dpa_capacity(&dpa), 5 * U);
    check_eq(cxl_dpa_size(&dpa, CXL_DPA_VOLATILE), 2 * U);
    check_eq(cxl_dpa_size(&dpa, CXL_DPA_PERSISTENT), 3 * U);
    check_eq(cxl_dpa_base(&dpa, CXL_DPA_VOLATILE), 0);
    check_eq(cxl_dpa_base(&dpa, CXL_DPA_PERSISTENT), 2 * U);
    check(cxl_dpa_add(&one, &(CxlDpaPartition) { .size = U }));
    check_eq(cxl_dpa_base(&one, CXL_DPA_PERSISTENT), U);
    check_eq(cxl_dpa_size(&one, CXL_DPA_PERSISTENT), 0);
}

static void test_find(void)
{
    CxlDpa dpa = two(2, 3);
    const struct {
        uint64_t address, len;
        int find, contains;
    } rows[] = {
        { 0, 0, 0, 0 },
        { 0, 2 * U, 0, 0 },
        { 0, 2 * U + 1, 0, -1 },
        { 2 * U - 1, 1, 0, 0 },
        { 2 * U - 1, 2, 0, -1 },
        { 2 * U, 3 * U, 1, 1 },
        { 2 * U, UINT64_MAX, 1, -1 },
        { 5 * U - 1, 1, 1, 1 },
        { 5 * U - 1, 2, 1, -1 },
        { 5 * U, 0, -1, -1 },
        { UINT64_MAX, UINT64_MAX, -1, -1 },
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check(cxl_dpa_find(&dpa, rows[i].address) ==
              (rows[i].find < 0 ? NULL : &dpa.part[rows[i].find]));
        check(cxl_dpa_contains(&dpa, rows[i].address, rows[i].len) ==
              (rows[i].contains < 0 ? NULL : &dpa.part[rows[i].contains]));
    }
}

static void test_reset(void)
{
    CxlDpa dpa = two(2, 3);
    CxlDpa before = dpa;

    cxl_dpa_reset(&dpa);
    check_mem(&dpa, &before, sizeof(dpa));

    dpa.part[0].next_size = 0;
    dpa.part[1].next_size = 4 * U;
    check_eq(cxl_dpa_size(&dpa, CXL_DPA_VOLATILE), 2 * U);
    check_eq(cxl_dpa_next_size(&dpa, CXL_DPA_VOLATILE), 0);
    check_eq(cxl_dpa_next_size(&dpa, CXL_DPA_PERSISTENT), 4 * U);
    check(cxl_dpa_mark_add(&dpa.marks, 4 * U - 1));
    check(cxl_dpa_mark_add(&dpa.marks, 4 * U));
    cxl_dpa_reset(&dpa);
    check_eq(cxl_dpa_base(&dpa, CXL_DPA_PERSISTENT), 0);
    check_eq(cxl_dpa_capacity(&dpa), 4 * U);
    check(cxl_dpa_find(&dpa, 0) == &dpa.part[1]);
    check_eq(dpa.marks.count, 1);
    check_eq(dpa.marks.line[0], 4 * U - CXL_DPA_LINE);
}

static void test_marks(void)
{
    CxlDpaMarks marks = { 0 };
    uint64_t line;

    check(!cxl_dpa_mark_next(&marks, 0, &line));
    check(cxl_dpa_mark_add(&marks, 130));
    check(cxl_dpa_mark_add(&marks, 0));
    check(cxl_dpa_mark_add(&marks, 191));
    check(cxl_dpa_mark_add(&marks, UINT64_MAX));
    check_eq(marks.count, 3);
    check(cxl_dpa_mark_next(&marks, 0, &line) && line == 0);
    check(cxl_dpa_mark_next(&marks, 63, &line) && line == 0);
    check(cxl_dpa_mark_next(&marks, 64, &line) && line == 128);
    check(cxl_dpa_mark_next(&marks, 192, &line) && line == 0 - 64ull);
    check(!cxl_dpa_mark_remove(&marks, 64));
    check(cxl_dpa_mark_remove(&marks, 150));
    check(!cxl_dpa_mark_remove(&marks, 150));
    check(cxl_dpa_mark_next(&marks, 1 + 63, &line) && line == 0 - 64ull);
}

/* What is kept of a mark moves with it */
static void test_about_marks(void)
{
    CxlDpaMarks marks = { 0 };

    for (unsigned i = 0; i < 4; i++) {
        uint64_t address = (i ^ 1) * 128ull;
        int n;

        check(cxl_dpa_mark_find(&marks, address) < 0);
        check(cxl_dpa_mark_add(&marks, address));
        n = cxl_dpa_mark_find(&marks, address + 63);
        if (check(n >= 0)) {
            check_eq(marks.written[n] | marks.source[n] | marks.told[n], 0);
            marks.written[n] = address + 1;
            marks.source[n] = (uint8_t)(address / 128);
            marks.told[n] = 1;
        }
    }
    check(cxl_dpa_mark_remove(&marks, 128));
    check(cxl_dpa_mark_find(&marks, 128) < 0);
    check(cxl_dpa_mark_find(&marks, 64) < 0);
    for (unsigned i = 0; i < marks.count; i++) {
        check_eq(marks.written[i], marks.line[i] + 1);
        check_eq(marks.source[i], marks.line[i] / 128);
        check_eq(marks.told[i], 1);
    }
}

/* Against a set kept as a map of flags */
static void test_marks_random(void)
{
    static bool model[CXL_DPA_MAX_MARKS + 64];
    const unsigned n = sizeof(model);
    CxlDpaMarks marks = { 0 };
    unsigned count = 0;

    for (unsigned round = 0; round < 20000; round++) {
        unsigned i = (unsigned)unit_below(n);
        uint64_t address = i * (uint64_t)CXL_DPA_LINE +
                           unit_below(CXL_DPA_LINE);
        uint64_t line;
        unsigned next = i;

        if (unit_below(16) < 9) {
            bool fits = model[i] || count < CXL_DPA_MAX_MARKS;

            check_eq(cxl_dpa_mark_add(&marks, address), fits);
            count += fits && !model[i];
            model[i] = fits;
        } else {
            check_eq(cxl_dpa_mark_remove(&marks, address), model[i]);
            count -= model[i];
            model[i] = false;
        }
        while (next < n && !model[next]) {
            next++;
        }
        check_eq(marks.count, count);
        check_eq(cxl_dpa_mark_next(&marks, address, &line), next < n);
        if (next < n) {
            check_eq(line, next * (uint64_t)CXL_DPA_LINE);
        }
    }
}

int main(void)
{
    unit_run("add", test_add);
    unit_run("add refuses", test_add_refuses);
    unit_run("limits", test_limits);
    unit_run("common limits", test_common_limits);
    unit_run("sizes", test_sizes);
    unit_run("find", test_find);
    unit_run("reset", test_reset);
    unit_run("marks", test_marks);
    unit_run("about marks", test_about_marks);
    unit_run("marks at random", test_marks_random);
    return unit_done();
}
