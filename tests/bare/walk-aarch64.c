/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of AArch64
 */
#include "walk.h"

/* Arm architecture D8.3: a table, or a page; shared, accessed */
#define ENTRY           3ull
#define SHARED          (3ull << 8)
#define ACCESSED        (1ull << 10)
#define SOFTWARE        (1ull << 55)
/* TCR_EL1: hardware sets ACCESSED */
#define TCR_HA          (1ull << 39)

/* An entry of the root, for 512 GiB, where nothing else is */
#define VIEW_ROOT       32

const uint64_t walk_view = (uint64_t)VIEW_ROOT << 39;
const uint64_t entry_accessed = ACCESSED;

uint64_t walk_map(uint64_t tables, uint64_t last)
{
    uint64_t page = (uint64_t)walk_pages, *root;

    memset((void *)tables, 0, WALK_TABLES);
    store64(tables, (tables + PAGE) | ENTRY);
    store64(tables + PAGE, last | ENTRY);
    store64(last, page | ENTRY | SHARED | ACCESSED);
    store64(last + 8, (page + PAGE) | ENTRY | SHARED | ACCESSED);
    asm volatile("mrs %0, ttbr0_el1" : "=r" (root));
    root[VIEW_ROOT] = tables | ENTRY;
    asm volatile("dsb ish; isb" : : : "memory");
    return last + 8;
}

void walk_begin(void)
{
    uint64_t control;

    asm volatile("mrs %0, tcr_el1" : "=r" (control));
    asm volatile("msr tcr_el1, %0; isb" : : "r" (control | TCR_HA) : "memory");
}

void walk_again(void)
{
    asm volatile("dsb ish; tlbi vae1, %0; dsb ish; isb" : :
                 "r" ((walk_view + PAGE) >> 12) : "memory");
}

void entry_untouch(uint64_t entry)
{
    asm volatile("stclr %0, [%1]" : : "r" (ACCESSED), "r" (entry) : "memory");
}

bool entry_toggle(uint64_t entry)
{
    uint64_t was;

    asm volatile("ldeoral %1, %0, [%2]" : "=&r" (was) : "r" (SOFTWARE),
                 "r" (entry) : "memory");
    return was & SOFTWARE;
}

/* Vectors are code, for which nothing is waited with a lock held */
void test_traps(uint64_t entry, uint64_t rounds, uint64_t mmio)
{
    (void)entry;
    (void)rounds;
    (void)mmio;
}

void test_poisoned(uint64_t rounds)
{
    (void)rounds;
}

/* No instruction crosses pages: none is walked for while one is translated */
void test_code(uint64_t entry, uint64_t rounds)
{
    (void)entry;
    (void)rounds;
}
