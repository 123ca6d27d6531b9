/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What x86_64 does to caches
 */
#include "coherency.h"

/* --- instructions --------------------------------------------------------- */

static void clflush(uint64_t at)
{
    asm volatile("clflush (%0)" : : "r" (at) : "memory");
}

static void clflushopt(uint64_t at)
{
    asm volatile("clflushopt (%0)" : : "r" (at) : "memory");
}

static void clwb(uint64_t at)
{
    asm volatile("clwb (%0)" : : "r" (at) : "memory");
}

/* These three by way of the kernel: see bare_trap() */
static void wbinvd(uint64_t at)
{
    (void)at;
    asm volatile("wbinvd" : : : "memory");
}

static void wbnoinvd(uint64_t at)
{
    (void)at;
    asm volatile("wbnoinvd" : : : "memory");
}

static void invd(uint64_t at)
{
    (void)at;
    asm volatile("invd" : : : "memory");
}

const Flush flushes[] = {
    { "clflush", clflush, true, true },
    { "clflushopt", clflushopt, true, true },
    { "clwb", clwb, true, false },
    { "wbinvd", wbinvd, true, true },
    { "wbnoinvd", wbnoinvd, true, false },
    { "invd", invd, false, true },
    { }
};

void clean(uint64_t at)
{
    clwb(at);
}

void forget(uint64_t at)
{
    clflush(at);
}

void forget_all(void)
{
    wbinvd(0);
}

void fence(void)
{
    asm volatile("mfence" : : : "memory");
}

/* The second one across two lines */
const uint64_t other_counter = LINE - 4;

void count_one(uint64_t at)
{
    asm volatile("lock incq (%0)" : : "r" (at) : "memory");
}

void count_other(uint64_t at)
{
    count_one(at);
}

/* --- stores --------------------------------------------------------------- */

/* Stores of each size and kind, each at its own place of a line */
static void test_kinds(void)
{
    static uint64_t data[4] __attribute__((aligned(32))) = { 5, 6, 7, 8 };
    uint64_t offset = 0x5000, value = 9;

    reset(offset, 0);
    store8(here + offset, 1);
    store16(here + offset + 2, 2);
    store32(here + offset + 4, 3);
    memcpy((void *)(here + offset + 16), data, 16);
    asm volatile("movdqa %0, %%xmm0; movdqu %%xmm0, (%1)" : : "m" (data[0]),
                 "r" (here + offset + LINE) : "xmm0", "memory");
    asm volatile("lock xaddq %0, (%1)" : "+r" (value) :
                 "r" (here + offset + 8) : "memory");
    ok(!calm || (!memory64(offset) && !memory64(offset + LINE)),
       "stores of all kinds are unseen");
    clwb(here + offset);
    clwb(here + offset + LINE);
    ok(memory64(offset) == 0x300020001ull && memory64(offset + 8) == 9 &&
       memory64(offset + 16) == 5 && memory64(offset + 24) == 6 &&
       memory64(offset + LINE + 8) == 6 && value == 0,
       "and seen behind a clwb");
}

/* Non-temporal stores go past the cache, and leave the rest of the line */
static void test_nontemporal(void)
{
    static uint64_t data[2] __attribute__((aligned(16))) = { 5, 6 };
    static uint64_t mask[2] __attribute__((aligned(16))) = {
        0x8080808080808080ull,
    };
    uint64_t offset = 0x6000, first = LINE - 3;

    reset(offset, 1);
    load64(here + offset);
    store64(there + offset + 8, 2);
    clflush(there + offset);
    asm volatile("movnti %0, (%1); sfence" : : "r" (3ull),
                 "r" (here + offset) : "memory");
    ok(memory64(offset) == 3 && memory64(offset + 8) == 2,
       "movnti is seen at once, alone");
    asm volatile("movdqa %0, %%xmm0; movntdq %%xmm0, (%1); sfence" : :
                 "m" (data[0]), "r" (here + offset + 16) : "xmm0", "memory");
    ok(memory64(offset + 16) == 5 && memory64(offset + 24) == 6 &&
       memory64(offset) == 3 && memory64(offset + 8) == 2,
       "movntdq likewise");
    /* Half of what it may store, and that in two lines */
    load64(here + offset + first);
    store64(there + offset + LINE + 16, 4);
    clflush(there + offset + LINE);
    asm volatile("movdqa %0, %%xmm0; movdqa %1, %%xmm1;"
                 " maskmovdqu %%xmm1, %%xmm0; sfence" : : "m" (data[0]),
                 "m" (mask[0]), "D" (here + offset + first) :
                 "xmm0", "xmm1", "memory");
    ok(memory64(offset + first) == 5 && memory64(offset + first + 8) ==
       1ull << 24 && memory64(offset + LINE + 16) == 4 &&
       memory64(offset) == 3, "maskmovdqu likewise");
}

/* --- faults --------------------------------------------------------------- */

static void try_clflush(void *at)
{
    clflush((uint64_t)at);
}

static void try_clwb(void *at)
{
    clwb((uint64_t)at);
}

/* To a register, for which there is no such instruction */
static void try_movntdq(void *nothing)
{
    (void)nothing;
    asm volatile(".byte 0x66, 0x0f, 0xe7, 0xc1" : : : "memory");
}

static void try_movntq(void *nothing)
{
    (void)nothing;
    asm volatile(".byte 0x0f, 0xe7, 0xc1" : : : "memory");
}

static void try_all(void *fn)
{
    void (*all)(uint64_t at) = fn;

    all(0);
}

/* Nothing is mapped there; and this is user mode */
static void test_faults(void)
{
    void *nowhere = (void *)((uint64_t)BARE_GIB << 30);

    ok(cpu_try(try_clflush, nowhere) == BARE_PAGE_FAULT,
       "clflush: page fault");
    ok(cpu_try(try_clwb, nowhere) == BARE_PAGE_FAULT, "clwb: page fault");
    ok(cpu_try(try_all, wbinvd) == BARE_PROTECTION,
       "wbinvd is for the kernel");
    ok(cpu_try(try_all, wbnoinvd) == BARE_PROTECTION,
       "wbnoinvd is for the kernel");
    ok(cpu_try(try_all, invd) == BARE_PROTECTION, "invd is for the kernel");
    ok(cpu_try(try_clflush, &here) == -1, "clflush of RAM");
    ok(cpu_try(try_movntdq, NULL) == BARE_UNDEFINED, "movntdq: no register");
    ok(cpu_try(try_movntq, NULL) == BARE_UNDEFINED, "movntq: no register");
}

void test_instructions(void)
{
    test_kinds();
    test_nontemporal();
    test_faults();
}
