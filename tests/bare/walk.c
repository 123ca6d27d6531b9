/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processors walk page tables in CXL memory that is not mapped as RAM, and note
 * accesses there, while others store there
 *
 * It is memory that is looked up, exactly interleaved; "cached", memory with a
 * model of caches; or "fixed", memory that may only be read as soon as the
 * program has said that it is ready. "rounds=N" is how many walks there are.
 */
#include "coherency.h"
#include "walk.h"

#define ROUNDS      10000
#define TABLES      0x10000
/* A place beside the tables, in no line of theirs */
#define PLACE       0x8000

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
    uint64_t rounds = bare_arg("rounds", ROUNDS), entry;

    cpus_start();
    cxl_scan();
    if (cached) {
        sides_start();
    } else {
        here = make_region(fixed);
    }
    entry = walk_map(here + TABLES);
    walk_begin();
    if (fixed) {
        store64(here + PLACE, 0);
        entry_untouch(entry);
        wait_fixed(here + PLACE);
    } else {
        test_updates(entry, rounds);
    }
    if (cached) {
        test_cached(entry);
    }
    test_code(entry, rounds / 4);
    bare_end();
}
