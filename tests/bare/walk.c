/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processors walk page tables in CXL memory that is not mapped as RAM, and note
 * accesses there, while others store there
 *
 * It is memory that is looked up, exactly interleaved; "cached", memory with a
 * model of caches; or "fixed", memory that may only be read as soon as the
 * program has said that it is ready. "rounds=N" is how many walks there are.
 * With "inside", the last table is in the page that has code; with "poisoned",
 * it is poison.
 */
#include "coherency.h"
#include "walk.h"

#define ROUNDS      10000
#define TABLES      0x10000
/* A place beside the tables, in no line of theirs */
#define PLACE       0x8000
#define INJECT      0x4301
#define GRANULE     256

uint8_t walk_pages[2 * PAGE] __attribute__((aligned(PAGE)));

static volatile bool stop;
static volatile uint64_t toggles, lost;

static void toggle(void *entry)
{
    bool last = entry_toggle((uint64_t)entry);

    while (!stop) {
        bool now = entry_toggle((uint64_t)entry);

        lost += now == last;
        last = now;
        toggles++;
    }
}

/* A walk sets one bit and leaves the others to those who store there */
static void test_updates(uint64_t entry, uint64_t rounds)
{
    uint64_t unseen = 0;

    cpu_run(1, toggle, (void *)entry);
    while (!toggles) {
        relax();
    }
    for (uint64_t i = 0; i < rounds; i++) {
        entry_untouch(entry);
        walk_again();
        load8(walk_view + PAGE);
        unseen += !(load64(entry) & entry_accessed);
    }
    stop = true;
    cpu_wait(1);
    ok(!unseen, "%lu of %lu accesses were not noted", unseen, rounds);
    ok(toggles && !lost, "%lu of %lu other stores were lost", lost, toggles);
}

/* What a walk stores is in the cache of this host, as any other store is */
static void test_cached(uint64_t entry)
{
    uint64_t offset = entry - here;

    entry_untouch(entry);
    clean(entry);
    ok(!(memory64(offset) & entry_accessed), "memory has no access");
    walk_again();
    load8(walk_view + PAGE);
    ok(load64(entry) & entry_accessed, "an access is noted");
    ok(!calm || !(memory64(offset) & entry_accessed), "which is unseen");
    clean(entry);
    ok(memory64(offset) & entry_accessed, "and seen behind a flush");
}

/* Memory of one device, or exactly that of two */
static uint64_t make_region(bool fixed)
{
    CxlRegion r = { .base = cxl_window[!fixed].base, .size = (2 - fixed) * UNIT,
                    .ways = fixed ? 1 : 2 };

    for (unsigned i = 0; i < r.ways; i++) {
        r.device[i] = cxl_endpoint(i);
    }
    region_program(&r);
    if (!region_commit(&r)) {
        bail("the region is refused");
    }
    return r.base;
}

/* The line of @at in a region of two ways */
static void poison(uint64_t at)
{
    uint64_t offset = (at - here) / 64 * 64;
    uint64_t dpa = offset / (2 * GRANULE) * GRANULE + offset % GRANULE;

    if (cxl_command(cxl_endpoint(offset / GRANULE % 2), INJECT, &dpa,
                    sizeof(dpa))) {
        bail("poison cannot be injected");
    }
}

/* A walk finds what may only be read, and leaves it as it is */
static void test_fixed(uint64_t entry, uint64_t rounds)
{
    walk_again();
    load8(walk_view + PAGE);
    ok(!(load64(entry) & entry_accessed), "an access is not noted there");
    test_traps(entry, rounds, cxl_endpoint(0)->hdm);
}

/* Until somebody has said that it may only be read */
static void wait_fixed(uint64_t at)
{
    say("# ready");
    for (uint64_t n = 1; load64(at) == n - 1; n++) {
        store64(at, n);
    }
}

int main(void)
{
    bool cached = bare_arg("cached", 0), fixed = bare_arg("fixed", 0);
    bool inside = bare_arg("inside", 0), poisoned = bare_arg("poisoned", 0);
    uint64_t rounds = bare_arg("rounds", ROUNDS), entry, last;

    cpus_start();
    cxl_scan();
    if (cached) {
        sides_start();
    } else {
        here = make_region(fixed);
    }
    last = inside ? (uint64_t)walk_pages : here + TABLES + 2 * PAGE;
    entry = walk_map(here + TABLES, last);
    walk_begin();
    if (poisoned) {
        poison(entry);
        test_poisoned(rounds);
        bare_end();
    }
    if (fixed) {
        store64(here + PLACE, 0);
        entry_untouch(entry);
        wait_fixed(here + PLACE);
        test_fixed(entry, rounds);
    } else {
        test_updates(entry, rounds);
    }
    if (cached) {
        test_cached(entry);
    }
    test_code(entry, rounds / 4);
    bare_end();
}
