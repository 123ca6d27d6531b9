/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What AArch64 does to caches
 */
#include "coherency.h"

/* Classes of exceptions, and faults (Arm architecture D24.2.40, ESR_EL1) */
#define CLASS(esr)      ((esr) >> 26 & 63)
#define CLASS_UNKNOWN   0x00
#define CLASS_SVC       0x15
#define CLASS_SYSTEM    0x18
#define CLASS_DATA_EL0  0x24
#define CLASS_DATA      0x25
#define IS_CACHE_OP     (1 << 8)
#define IS_WRITE        (1 << 6)
#define FAULT(esr)      ((esr) & 0x3c)
#define FAULT_TRANSLATE 0x04
#define FAULT_RIGHTS    0x0c

#define SCTLR_UCI       (1ull << 26)

/* --- instructions --------------------------------------------------------- */

#define DC(name, op)                                                        \
    static void name(uint64_t at)                                           \
    {                                                                       \
        asm volatile("dc " op ", %0" : : "r" (at) : "memory");              \
    }

DC(cvac, "cvac")
DC(cvap, "cvap")
DC(cvadp, "cvadp")
DC(civac, "civac")
DC(ivac, "ivac")

/* Set 0 and way 0 of level 1: there are neither, so that it is all */
#define DC_ALL(name, op)                                                    \
    static void name(uint64_t at)                                           \
    {                                                                       \
        (void)at;                                                           \
        asm volatile("dc " op ", xzr" : : : "memory");                      \
    }

DC_ALL(csw, "csw")
DC_ALL(cisw, "cisw")
DC_ALL(isw, "isw")

const Flush flushes[] = {
    { "dc cvac", cvac, true, false },
    { "dc cvap", cvap, true, false },
    { "dc cvadp", cvadp, true, false },
    { "dc civac", civac, true, true },
    { "dc ivac", ivac, false, true },
    { "dc csw", csw, true, false },
    { "dc cisw", cisw, true, true },
    { "dc isw", isw, false, true },
    { }
};

void clean(uint64_t at)
{
    cvac(at);
}

void forget(uint64_t at)
{
    civac(at);
}

void forget_all(void)
{
    cisw(0);
}

void fence(void)
{
    asm volatile("dsb sy" : : : "memory");
}

/* Exclusives at the end of the line, and the others at its begin */
const uint64_t other_counter = LINE - 8;

void count_one(uint64_t at)
{
    asm volatile("stadd %0, [%1]" : : "r" (1ull), "r" (at) : "memory");
}

void count_other(uint64_t at)
{
    uint64_t value;
    uint32_t failed;

    asm volatile("1: ldaxr %0, [%2]; add %0, %0, #1; stlxr %w1, %0, [%2];"
                 " cbnz %w1, 1b" : "=&r" (value), "=&r" (failed) : "r" (at) :
                 "memory");
}

/* --- stores --------------------------------------------------------------- */

/* Stores of each size and kind, each at its own place of a line */
static void test_kinds(void)
{
    uint64_t offset = 0x6000, old;

    reset(offset, 0);
    store8(here + offset, 1);
    store16(here + offset + 2, 2);
    store32(here + offset + 4, 3);
    asm volatile("stp %0, %1, [%2]" : : "r" (5ull), "r" (6ull),
                 "r" (here + offset + 16) : "memory");
    asm volatile("ldaddal %1, %0, [%2]" : "=&r" (old) : "r" (9ull),
                 "r" (here + offset + 8) : "memory");
    asm volatile("movi v0.2d, #0xffffffffffffffff; str q0, [%0]" : :
                 "r" (here + offset + LINE) : "v0", "memory");
    ok(!calm || (!memory64(offset) && !memory64(offset + 8) &&
                 !memory64(offset + 16) && !memory64(offset + LINE)),
       "stores of all kinds are unseen");
    cvac(here + offset);
    cvac(here + offset + LINE + LINE - 1);
    ok(memory64(offset) == 0x300020001ull && memory64(offset + 8) == 9 &&
       memory64(offset + 16) == 5 && memory64(offset + 24) == 6 &&
       memory64(offset + LINE + 8) == UINT64_MAX && old == 0,
       "and seen behind a clean");
}

static void swap_pair(uint64_t at, uint64_t old[2], const uint64_t value[2])
{
    register uint64_t x0 asm("x0") = old[0];
    register uint64_t x1 asm("x1") = old[1];
    register uint64_t x2 asm("x2") = value[0];
    register uint64_t x3 asm("x3") = value[1];

    asm volatile("caspal %0, %1, %2, %3, [%4]" : "+r" (x0), "+r" (x1) :
                 "r" (x2), "r" (x3), "r" (at) : "memory");
    old[0] = x0;
    old[1] = x1;
}

/* Compare and swap of one word and of two */
static void test_swaps(void)
{
    static const uint64_t value[2] = { 2, 3 };
    uint64_t offset = 0x7000, old = 1, olds[2] = { 1, 1 };

    reset(offset, 1);
    asm volatile("casal %0, %1, [%2]" : "+r" (old) : "r" (2ull),
                 "r" (here + offset) : "memory");
    swap_pair(here + offset + 16, olds, value);
    ok(old == 1 && olds[0] == 1 && olds[1] == 1 &&
       load64(here + offset) == 2 && load64(here + offset + 16) == 2 &&
       load64(here + offset + 24) == 3, "compare and swap, of pairs too");
    ok(!calm || (memory64(offset) == 1 && memory64(offset + 24) == 1),
       "is unseen");
    civac(here + offset);
    ok(memory64(offset) == 2 && memory64(offset + 24) == 3,
       "and seen behind a clean");
}

/* It is a store of a line, or of several, like any other */
static void test_zva(void)
{
    uint64_t offset = 0x8000, size;

    asm volatile("mrs %0, dczid_el0" : "=r" (size));
    size = 4 << (size & 15);
    reset(offset, 1);
    asm volatile("dc zva, %0" : : "r" (here + offset) : "memory");
    ok(load64(here + offset) == 0 && load64(here + offset + LINE - 8) == 0 &&
       load64(here + offset + size - 8) == 0, "dc zva of %lu bytes", size);
    ok(!calm || memory64(offset) == 1, "is unseen");
    for (uint64_t at = 0; at < size; at += LINE) {
        cvac(here + offset + at);
    }
    ok(memory64(offset) == 0 && memory64(offset + size - 8) == 0,
       "and seen behind a clean");
}

/* --- faults --------------------------------------------------------------- */

static void try_cvac(void *at)
{
    asm volatile("dc cvac, %0" : : "r" (at) : "memory");
}

static void try_cvap(void *at)
{
    asm volatile("dc cvap, %0" : : "r" (at) : "memory");
}

static void try_civac(void *at)
{
    asm volatile("dc civac, %0" : : "r" (at) : "memory");
}

static void try_ivac(void *at)
{
    asm volatile("dc ivac, %0" : : "r" (at) : "memory");
}

static void try_cisw(void *at)
{
    (void)at;
    asm volatile("dc cisw, xzr" : : : "memory");
}

static void try_straddling(void *at)
{
    asm volatile("stadd %0, [%1]" : : "r" (1ull), "r" (at) : "memory");
}

/* A data abort that says it maintains caches */
static bool is_abort(long esr, unsigned class, unsigned fault)
{
    return CLASS(esr) == class && FAULT(esr) == fault &&
           esr & IS_CACHE_OP && esr & IS_WRITE;
}

static void test_faults(void)
{
    void *nowhere = (void *)(VIEW_READ_ONLY >> 1);
    void *fixed = (void *)(here + VIEW_READ_ONLY);

    ok(is_abort(cpu_try(try_cvac, nowhere), CLASS_DATA, FAULT_TRANSLATE),
       "dc cvac where nothing is");
    ok(is_abort(cpu_try(try_ivac, nowhere), CLASS_DATA, FAULT_TRANSLATE),
       "dc ivac where nothing is");
    ok(cpu_try(try_civac, fixed) == -1, "dc civac of what may only be read");
    ok(is_abort(cpu_try(try_ivac, fixed), CLASS_DATA, FAULT_RIGHTS),
       "dc ivac of that");
    ok(cpu_try(try_civac, &here) == -1, "dc civac of RAM");
    ok(CLASS(cpu_try(try_straddling, (void *)(here + LINE - 4))) ==
       CLASS_DATA, "an atomic across lines faults");
}

static void allow_user(bool allow)
{
    uint64_t control;

    asm volatile("mrs %0, sctlr_el1" : "=r" (control));
    control = (control & ~SCTLR_UCI) | (allow ? SCTLR_UCI : 0);
    asm volatile("msr sctlr_el1, %0; isb" : : "r" (control) : "memory");
}

/* What EL0 may do, and what that does */
static void test_user(void)
{
    uint64_t offset = 0xc000;
    void *line = (void *)(here + offset + VIEW_USER);

    reset(offset, 1);
    store64(here + offset, 2);
    allow_user(false);
    ok(CLASS(cpu_try_user(try_cvac, line)) == CLASS_SYSTEM &&
       CLASS(cpu_try_user(try_cvap, line)) == CLASS_SYSTEM &&
       CLASS(cpu_try_user(try_civac, line)) == CLASS_SYSTEM,
       "EL0 without UCI is trapped");
    ok(!calm || memory64(offset) == 1, "and nothing is written back");
    allow_user(true);
    ok(CLASS(cpu_try_user(try_ivac, line)) == CLASS_UNKNOWN &&
       CLASS(cpu_try_user(try_cisw, line)) == CLASS_UNKNOWN,
       "dc ivac and cisw are not for EL0");
    ok(is_abort(cpu_try_user(try_cvac, (void *)(here + offset)),
                CLASS_DATA_EL0, FAULT_RIGHTS), "dc cvac of what EL0 may not"
       " read");
    ok(!calm || memory64(offset) == 1, "and nothing is written back");
    ok(CLASS(cpu_try_user(try_cvac, line)) == CLASS_SVC, "EL0 with UCI");
    ok(memory64(offset) == 2, "and it is written back");
}

void test_instructions(void)
{
    test_kinds();
    test_swaps();
    test_zva();
    test_faults();
    test_user();
}
