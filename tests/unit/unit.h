/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A unit test program in plain C.
 *
 * A test is a function of counting checks. A failed check prints its file, line
 * and values and the test goes on; UNIT_MAX_REPORTS of each test are shown. The
 * program prints one TAP line per test and fails if any check failed or if a
 * test made no check at all.
 *
 *     static void test_zero(void)
 *     {
 *         check(1 + 1 == 2);
 *         check_eq(1 + 1, 2);
 *     }
 *
 *     int main(void)
 *     {
 *         unit_run("zero", test_zero);
 *         return unit_done();
 *     }
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define UNIT_MAX_REPORTS 20

/* One program is one translation unit, so these may be static */
static unsigned long unit_checks;
static unsigned long unit_failures;
static unsigned long unit_reports;
static unsigned unit_tests;
static unsigned unit_failed_tests;
static uint64_t unit_random_state = 0x9e3779b97f4a7c15ull;

static inline bool unit_report(bool ok)
{
    unit_checks++;
    unit_failures += !ok;
    unit_reports += !ok;
    return !ok && unit_reports <= UNIT_MAX_REPORTS;
}

static inline bool unit_check(const char *file, int line, const char *what,
                              bool ok)
{
    if (unit_report(ok)) {
        printf("# %s:%d: %s\n", file, line, what);
    }
    return ok;
}

static inline bool unit_check_eq(const char *file, int line, const char *what,
                                 uint64_t got, uint64_t want)
{
    bool ok = got == want;

    if (unit_report(ok)) {
        printf("# %s:%d: %s is 0x%" PRIx64 ", want 0x%" PRIx64 "\n", file,
               line, what, got, want);
    }
    return ok;
}

static inline bool unit_check_mem(const char *file, int line, const char *what,
                                  const void *got, const void *want, size_t n)
{
    const unsigned char *g = got;
    const unsigned char *w = want;
    size_t i = 0;

    while (i < n && g[i] == w[i]) {
        i++;
    }
    if (unit_report(i == n)) {
        printf("# %s:%d: %s: byte %zu is 0x%02x, want 0x%02x\n", file, line,
               what, i, g[i], w[i]);
    }
    return i == n;
}

/* check: @cond holds; each check returns whether it passed */
#define check(cond) unit_check(__FILE__, __LINE__, #cond, (cond))

/* check_eq: two integers are equal, compared as uint64_t */
#define check_eq(got, want) \
    unit_check_eq(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))

/* check_str: two strings are equal */
#define check_str(got, want) \
    unit_check(__FILE__, __LINE__, #got " equals " #want, \
               strcmp((got), (want)) == 0)

/* check_mem: @n bytes are equal */
#define check_mem(got, want, n) \
    unit_check_mem(__FILE__, __LINE__, #got, (got), (want), (n))

/*
 * unit_note: the circumstances of the check that has just failed, as in
 * "if (!check_eq(a, b)) { unit_note("round %u", i); }"; shown when that is
 */
#define unit_note(...) \
    ((void)(unit_reports <= UNIT_MAX_REPORTS && \
            (printf("# "), printf(__VA_ARGS__), printf("\n"))))

/* unit_random_source: where unit_random() takes its bits from, if not NULL */
static uint64_t (*unit_random_source)(void);

/* unit_random: 64 pseudo-random bits (xorshift64*), the same in every run */
static inline uint64_t unit_random(void)
{
    if (unit_random_source) {
        return unit_random_source();
    }
    unit_random_state ^= unit_random_state >> 12;
    unit_random_state ^= unit_random_state << 25;
    unit_random_state ^= unit_random_state >> 27;
    return unit_random_state * 0x2545f4914f6cdd1dull;
}

/* unit_below: a pseudo-random number in [0, @bound); @bound is not zero */
static inline uint64_t unit_below(uint64_t bound)
{
    return unit_random() % bound;
}

static inline void unit_run(const char *name, void (*test)(void))
{
    unsigned long failures = unit_failures;
    unsigned long checks = unit_checks;
    bool ok;

    unit_reports = 0;
    test();
    ok = unit_failures == failures && unit_checks > checks;
    unit_failed_tests += !ok;
    printf("%s %u - %s (%lu checks)\n", ok ? "ok" : "not ok", ++unit_tests,
           name, unit_checks - checks);
}

/* unit_done: print the plan; the exit status of the program */
static inline int unit_done(void)
{
    printf("1..%u\n", unit_tests);
    return unit_failed_tests || !unit_tests;
}

#endif /* TESTS_UNIT_UNIT_H */
