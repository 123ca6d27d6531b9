/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software-managed coherency: what a guest stores is unseen until it is written
 * back, and what it loads is stale until it is invalidated
 *
 * Both devices have the same file. A host has a cache line of each of them, so
 * that one is "here" and the other "there", as if two hosts were at work.
 * "lines=N" is how many lines its cache has room for, "timer" that idle ones
 * are evicted: then it is only known what must be seen, and not what must not.
 */
#include "bare.h"

#define LINE        64
#define ROUNDS      20000

static uint64_t here, there;
static bool calm;

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

/* These two by way of the kernel: see bare_trap() */
static void wbinvd(uint64_t at)
{
    (void)at;
    asm volatile("wbinvd" : : : "memory");
}

static void invd(uint64_t at)
{
    (void)at;
    asm volatile("invd" : : : "memory");
}

typedef struct Flush {
    const char *name;
    void (*fn)(uint64_t at);
    bool writes, forgets;
} Flush;

static const Flush flushes[] = {
    { "clflush", clflush, true, true },
    { "clflushopt", clflushopt, true, true },
    { "clwb", clwb, true, false },
    { "wbinvd", wbinvd, true, true },
    { "invd", invd, false, true },
};

/* --- what is stored and loaded -------------------------------------------- */

/* Both sides have forgotten the lines, of which memory is all @value */
static void reset(uint64_t offset, uint64_t value)
{
    for (unsigned i = 0; i < 4 * LINE; i += 8) {
        store64(here + offset + i, value);
    }
    for (unsigned i = 0; i < 4 * LINE; i += LINE) {
        clflush(here + offset + i);
        clflush(there + offset + i);
    }
}

/* What memory has at @offset, whatever caches have there */
static uint64_t memory64(uint64_t offset)
{
    clflush(there + offset);
    clflush(there + offset + 7);
    return load64(there + offset);
}

/* A flush of each kind: whether memory has the store, and the line is stale */
static void test_flush(const Flush *f)
{
    uint64_t offset = 0x1000;
    bool good;

    reset(offset, 1);
    load64(there + offset);
    store64(here + offset, 2);
    good = !calm || load64(there + offset) == 1;
    ok(good, "%s: a store is unseen before it", f->name);
    f->fn(here + offset);
    ok(f->writes ? memory64(offset) == 2 : !calm || memory64(offset) == 1,
       "%s: memory has the store behind it, or not", f->name);
    store64(there + offset, 3);
    clflush(there + offset);
    ok(f->forgets ? load64(here + offset) == 3 :
       !calm || load64(here + offset) == 2,
       "%s: the line is forgotten, or not", f->name);
    clflush(here + offset);
}

static void test_sides(void)
{
    uint64_t offset = 0x2000;

    reset(offset, 1);
    load64(there + offset);
    store64(here + offset, 2);
    clflush(here + offset);
    ok(!calm || load64(there + offset) == 1, "a flush on one side is not"
       " enough");
    clflush(there + offset);
    ok(load64(there + offset) == 2, "a flush on both sides is");
    load64(here + offset);
    clflush(here + offset);
    store64(there + offset, 3);
    clflush(there + offset);
    ok(load64(here + offset) == 3, "invalidated before the other's store");
}

static void test_values(void)
{
    uint64_t offset = 0x3000;

    reset(offset, 1);
    load64(here + offset);
    store64(there + offset, 2);
    clflush(there + offset);
    store64(here + offset, 1);
    clflush(here + offset);
    ok(memory64(offset) == 1, "a store of what the stale line has");
    reset(offset, 1);
    store64(here + offset, 2);
    store64(there + offset + 8, 3);
    clflush(there + offset);
    clflush(here + offset);
    ok(!calm || (memory64(offset) == 2 && memory64(offset + 8) == 1),
       "false sharing: the last who writes back has the line");
    reset(offset, 1);
    store64(here + offset, 2);
    store64(there + offset + LINE, 3);
    clflush(there + offset + LINE);
    clflush(here + offset);
    ok(memory64(offset) == 2 && memory64(offset + LINE) == 3,
       "lines beside each other have nothing to do with each other");
}

/* @gap bytes before the end of a line, of a granule, of a page */
static void test_straddling(uint64_t end, const char *what)
{
    for (unsigned gap = 1; gap < 8; gap++) {
        uint64_t offset = end - gap;
        uint64_t value = 0x0102030405060708ull * gap;

        reset(end - 2 * LINE, 0);
        store64(here + offset, value);
        if (calm && memory64(offset)) {
            ok(false, "%u bytes before the end of a %s: unseen", gap, what);
        }
        clflush(here + offset);
        clflush(here + end);
        if (memory64(offset) != value) {
            ok(false, "%u bytes before the end of a %s: seen", gap, what);
        }
        store64(here + offset, ~value);
        if (load64(here + offset) != ~value) {
            ok(false, "%u bytes before the end of a %s: kept", gap, what);
        }
    }
    ok(true, "accesses that cross the end of a %s", what);
}

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
    uint64_t offset = 0x6000;

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
    ok(cpu_try(try_all, invd) == BARE_PROTECTION, "invd is for the kernel");
    ok(cpu_try(try_clflush, &here) == -1, "clflush of RAM");
    ok(cpu_try(try_movntdq, NULL) == BARE_UNDEFINED, "movntdq: no register");
    ok(cpu_try(try_movntq, NULL) == BARE_UNDEFINED, "movntq: no register");
}

/* --- several processors --------------------------------------------------- */

static void count(void *arg)
{
    uint64_t at = (uint64_t)arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        asm volatile("lock incq (%0)" : : "r" (at) : "memory");
        asm volatile("lock incq (%0)" : : "r" (at + LINE - 4) : "memory");
        if (i % 16 == 0) {
            clflush(at);
        }
        if (i % 64 == 0) {
            clwb(at + LINE);
        }
    }
}

/* Bytes of its own beside those of others; what it has stored is there */
static void own(void *arg)
{
    uint64_t at = (uint64_t)arg;
    unsigned bad = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        store8(at, i);
        bad += load8(at) != (uint8_t)i;
        store8(at + LINE, ~i);
        bad += load8(at + LINE) != (uint8_t)~i;
        if (i % 7 == 0) {
            clflush(at);
        }
        bad += load8(at) != (uint8_t)i;
    }
    store64(here + 0x9000 + (at & 7) * LINE, bad);
    clwb(here + 0x9000 + (at & 7) * LINE);
}

static void run_all(unsigned cpus, void (*fn)(void *), uint64_t at,
                    unsigned step)
{
    for (unsigned cpu = 1; cpu < cpus; cpu++) {
        cpu_run(cpu, fn, (void *)(at + cpu * step));
    }
    fn((void *)at);
    for (unsigned cpu = 1; cpu < cpus; cpu++) {
        cpu_wait(cpu);
    }
}

static void test_processors(unsigned cpus)
{
    uint64_t at = 0x7000, bad = 0;

    reset(at, 0);
    run_all(cpus, count, here + at, 0);
    wbinvd(0);
    ok(memory64(at) == cpus * ROUNDS, "atomics: %lu of %lu",
       memory64(at), (uint64_t)cpus * ROUNDS);
    ok(memory64(at + LINE - 4) == cpus * ROUNDS, "and across lines: %lu",
       memory64(at + LINE - 4));
    reset(0x8000, 0);
    reset(0x9000, 0);
    reset(0x9100, 0);
    run_all(cpus, own, here + 0x8000, 1);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        bad += memory64(0x9000 + cpu * LINE);
    }
    ok(!bad, "what a processor has stored is there for it");
    wbinvd(0);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        bad += load8(there + 0x8000 + cpu) != (uint8_t)(ROUNDS - 1);
        bad += load8(there + 0x8000 + LINE + cpu) != (uint8_t)~(ROUNDS - 1);
    }
    ok(!bad, "and in memory behind a wbinvd of one of them");
}

/* More than fits: the rest is in memory */
static void test_capacity(uint64_t lines)
{
    uint64_t total = lines < 4096 ? 2 * lines + 3 : 4096, seen = 0;

    wbinvd(0);
    for (uint64_t i = 0; i < total; i++) {
        store64(here + 0x100000 + i * LINE, i + 1);
    }
    for (uint64_t i = 0; i < total; i++) {
        /* Loads from there would evict: these are of no line of here */
        seen += load64(here + 0x100000 + i * LINE) == i + 1;
    }
    ok(seen == total, "%lu lines in a cache of %lu: all as they were stored",
       total, lines);
    wbinvd(0);
    seen = 0;
    for (uint64_t i = 0; i < total; i++) {
        seen += memory64(0x100000 + i * LINE) == i + 1;
    }
    ok(seen == total, "and in memory behind a wbinvd");
}

/* A message and its flag, with all flushes that it takes */
static void test_messages(void)
{
    uint64_t data = 0xa000, flag = 0xb000;
    unsigned bad = 0;

    reset(data, 0);
    reset(flag, 0);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        for (unsigned word = 0; word < 4; word++) {
            store64(here + data + word * LINE, i * 8 + word);
            clwb(here + data + word * LINE);
        }
        store64(here + flag, i);
        clwb(here + flag);
        clflushopt(there + flag);
        bad += load64(there + flag) != i;
        for (unsigned word = 0; word < 4; word++) {
            clflush(there + data + word * LINE);
            bad += load64(there + data + word * LINE) != i * 8 + word;
        }
    }
    ok(!bad, "%u messages: %u words are wrong", ROUNDS, bad);
}

int main(void)
{
    uint64_t lines = bare_arg("lines", 1 << 19);
    unsigned cpus = cpus_start();
    CxlRegion a, b;

    cxl_scan();
    calm = lines >= 1000 && !bare_arg("timer", 0);
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
    for (unsigned i = 0; i < ARRAY_SIZE(flushes); i++) {
        test_flush(&flushes[i]);
    }
    test_sides();
    test_values();
    test_straddling(0x4000 + LINE, "line");
    test_straddling(0x4000 + 4 * LINE, "granule");
    test_straddling(0x5000, "page");
    test_kinds();
    test_nontemporal();
    test_faults();
    test_processors(cpus);
    test_capacity(lines);
    test_messages();
    bare_end();
}
