/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software-managed coherency: what a guest stores is unseen until it is written
 * back, and what it loads is stale until it is invalidated
 */
#include "coherency.h"

#define ROUNDS      20000

/* --- one processor -------------------------------------------------------- */

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
    forget(there + offset);
    ok(f->forgets ? load64(here + offset) == 3 :
       !calm || load64(here + offset) == 2,
       "%s: the line is forgotten, or not", f->name);
    forget(here + offset);
}

static void test_sides(void)
{
    uint64_t offset = 0x2000;

    reset(offset, 1);
    load64(there + offset);
    store64(here + offset, 2);
    forget(here + offset);
    ok(!calm || load64(there + offset) == 1, "a flush on one side is not"
       " enough");
    forget(there + offset);
    ok(load64(there + offset) == 2, "a flush on both sides is");
    load64(here + offset);
    forget(here + offset);
    store64(there + offset, 3);
    forget(there + offset);
    ok(load64(here + offset) == 3, "invalidated before the other's store");
}

static void test_values(void)
{
    uint64_t offset = 0x3000;

    reset(offset, 1);
    load64(here + offset);
    store64(there + offset, 2);
    forget(there + offset);
    store64(here + offset, 1);
    forget(here + offset);
    ok(memory64(offset) == 1, "a store of what the stale line has");
    reset(offset, 1);
    store64(here + offset, 2);
    store64(there + offset + 8, 3);
    forget(there + offset);
    forget(here + offset);
    ok(!calm || (memory64(offset) == 2 && memory64(offset + 8) == 1),
       "false sharing: the last who writes back has the line");
    reset(offset, 1);
    store64(here + offset, 2);
    store64(there + offset + LINE, 3);
    forget(there + offset + LINE);
    forget(here + offset);
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
        forget(here + offset);
        forget(here + end);
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

/* --- several processors --------------------------------------------------- */

static void count(void *arg)
{
    uint64_t at = (uint64_t)arg;

    for (unsigned i = 0; i < ROUNDS; i++) {
        count_one(at);
        count_other(at + other_counter);
        if (i % 16 == 0) {
            forget(at);
        }
        if (i % 64 == 0) {
            clean(at + LINE);
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
            forget(at);
        }
        bad += load8(at) != (uint8_t)i;
    }
    store64(here + 0x9000 + (at & 7) * LINE, bad);
    clean(here + 0x9000 + (at & 7) * LINE);
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
    forget_all();
    ok(memory64(at) == cpus * ROUNDS, "atomics: %lu of %lu",
       memory64(at), (uint64_t)cpus * ROUNDS);
    ok(memory64(at + other_counter) == cpus * ROUNDS, "and of the other kind:"
       " %lu", memory64(at + other_counter));
    reset(0x8000, 0);
    reset(0x9000, 0);
    reset(0x9100, 0);
    run_all(cpus, own, here + 0x8000, 1);
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        bad += memory64(0x9000 + cpu * LINE);
    }
    ok(!bad, "what a processor has stored is there for it");
    forget_all();
    for (unsigned cpu = 0; cpu < cpus; cpu++) {
        bad += load8(there + 0x8000 + cpu) != (uint8_t)(ROUNDS - 1);
        bad += load8(there + 0x8000 + LINE + cpu) != (uint8_t)~(ROUNDS - 1);
    }
    ok(!bad, "and in memory when one of them has flushed all");
}

/* More than fits: the rest is in memory */
static void test_capacity(uint64_t lines)
{
    uint64_t total = lines < 4096 ? 2 * lines + 3 : 4096, seen = 0;

    forget_all();
    for (uint64_t i = 0; i < total; i++) {
        store64(here + 0x100000 + i * LINE, i + 1);
    }
    for (uint64_t i = 0; i < total; i++) {
        /* Loads from there would evict: these are of no line of here */
        seen += load64(here + 0x100000 + i * LINE) == i + 1;
    }
    ok(seen == total, "%lu lines in a cache of %lu: all as they were stored",
       total, lines);
    forget_all();
    seen = 0;
    for (uint64_t i = 0; i < total; i++) {
        seen += memory64(0x100000 + i * LINE) == i + 1;
    }
    ok(seen == total, "and in memory when all is flushed");
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
            clean(here + data + word * LINE);
        }
        store64(here + flag, i);
        clean(here + flag);
        forget(there + flag);
        bad += load64(there + flag) != i;
        for (unsigned word = 0; word < 4; word++) {
            forget(there + data + word * LINE);
            bad += load64(there + data + word * LINE) != i * 8 + word;
        }
    }
    ok(!bad, "%u messages: %u words are wrong", ROUNDS, bad);
}

int main(void)
{
    unsigned cpus = cpus_start();

    sides_start();
    for (const Flush *f = flushes; f->name; f++) {
        test_flush(f);
    }
    test_sides();
    test_values();
    test_straddling(0x4000 + LINE, "line");
    test_straddling(0x4000 + 4 * LINE, "granule");
    test_straddling(0x5000, "page");
    test_instructions();
    test_processors(cpus);
    test_capacity(bare_arg("lines", 1 << 19));
    test_messages();
    bare_end();
}
