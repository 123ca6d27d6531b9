/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One vCPU commits and uncommits a decoder while others load, store, add and
 * execute in what it decodes
 *
 * Time is cut into epochs: in force, changing, not in force, changing. Each
 * store carries the epoch that its vCPU saw before: one that is not in force
 * and found in the device's memory is a late one. An access within one epoch
 * must meet what belongs to it.
 *
 * "rounds=N" is how often; "places" also looks for stores at the bytes where
 * the other interleave layout would have them.
 */
#include "bare.h"

#define WORD        0x1240      /* what is stored to; in the second granule */
#define CODE        0x3000
#define ATOMIC      0x5400
#define PROGRESS    3
#define PAUSES      50

typedef struct Worker {
    void (*fn)(void *arg);
    uint64_t at;
    volatile uint64_t count;
    volatile uint64_t errors;
} Worker;

static volatile uint64_t epoch;
static volatile bool stop;

enum { IN_FORCE, COMING_DOWN, NOT_IN_FORCE, COMING_UP, EPOCHS };

/* Was this, seen by an access that began in epoch @before, wrong? */
static bool is_wrong(uint64_t before, bool seen)
{
    return epoch == before &&
           ((before % EPOCHS == IN_FORCE && !seen) ||
            (before % EPOCHS == NOT_IN_FORCE && seen));
}

/* What is not in force is slow, and leaves no room to the one who changes it */
static void count_access(Worker *w, bool wrong)
{
    w->errors += wrong;
    w->count++;
    for (unsigned i = 0; i < PAUSES && epoch % EPOCHS != IN_FORCE; i++) {
        relax();
    }
}

static void store_words(void *arg)
{
    Worker *w = arg;
    uint32_t n = 0;

    while (!stop) {
        store64(w->at, epoch << 32 | ++n);
        count_access(w, false);
    }
}

/* Nobody stores all ones */
static void load_words(void *arg)
{
    Worker *w = arg;

    while (!stop) {
        uint64_t before = epoch, value = load64(w->at);

        count_access(w, is_wrong(before, value != ~0ull));
    }
}

static void add_words(void *arg)
{
    Worker *w = arg;

    while (!stop) {
        uint64_t before = epoch, value = 1;

        asm volatile("lock xaddq %0, %1" : "+r" (value),
                     "+m" (*(uint64_t *)w->at) : : "memory");
        count_access(w, is_wrong(before, value != ~0ull));
    }
}

/* ret; or all ones, which are no instruction */
static void execute(void *arg)
{
    Worker *w = arg;

    while (!stop) {
        uint64_t before = epoch;
        int vector = cpu_try((void (*)(void *))w->at, NULL);

        count_access(w, (vector != -1 && vector != 6) ||
                        is_wrong(before, vector == -1));
    }
}

static void wait_progress(Worker *workers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t until = workers[i].count + PROGRESS;

        while (workers[i].count < until) {
            relax();
        }
    }
}

/*
 * Of two ways of 256 bytes: the offset that has, in linear layout, the byte
 * that @offset has in exact layout
 */
static uint64_t other_place(const CxlRegion *r, uint64_t offset)
{
    uint64_t dpa = offset >> 9 << 8 | (offset & 0xff);

    return (offset >> 8 & 1) * (r->size / 2) + dpa;
}

/* The same memory at another address, while the first leads nowhere */
static void inspect(CxlRegion *r, uint64_t *late, uint64_t *misplaced)
{
    CxlRegion alias = *r;
    uint64_t there = other_place(r, WORD);

    region_drop(r);
    alias.base += 2 * UNIT;
    region_program(&alias);
    if (!region_commit(&alias)) {
        bail("the second address was refused");
    }
    *late += load64(alias.base + WORD) >> 32 == (uint32_t)epoch;
    if (r->ways == 2 && bare_arg("places", 0)) {
        *misplaced += load64(alias.base + there) != 0;
        store64(alias.base + there, 0);
    }
    store64(alias.base + WORD, 0);
    region_drop(&alias);
    region_program(r);
}

static void prepare(CxlRegion *r)
{
    region_program(r);
    if (!region_commit(r)) {
        bail("the region was refused");
    }
    store64(r->base + WORD, 0);
    store64(r->base + other_place(r, WORD), 0);
    store64(r->base + ATOMIC, 0);
    /*
     * A vCPU may fetch one byte of all ones, and the next one after a commit:
     * that must not make another instruction of it.
     */
    memset((void *)(r->base + CODE), 0xff, 16);
    store8(r->base + CODE, 0xc3);
}

static void race(CxlRegion *r, const char *name, unsigned cpus, bool exact)
{
    Worker workers[] = {
        { .fn = store_words, .at = r->base + WORD },
        { .fn = load_words, .at = r->base + WORD },
        { .fn = add_words, .at = r->base + ATOMIC },
        { .fn = execute, .at = r->base + CODE },
    };
    unsigned count = cpus - 1, rounds = bare_arg("rounds", 100);
    uint64_t late = 0, misplaced = 0, errors = 0;

    prepare(r);
    epoch += EPOCHS - epoch % EPOCHS;
    stop = false;
    for (unsigned i = 0; i < count; i++) {
        cpu_run(i + 1, workers[i].fn, &workers[i]);
    }
    for (unsigned i = 0; i < rounds; i++) {
        wait_progress(workers, count);
        epoch++;
        if (!region_uncommit(r)) {
            bail("the decoder stays committed");
        }
        epoch++;
        wait_progress(workers, count);
        inspect(r, &late, &misplaced);
        epoch++;
        if (!region_commit(r)) {
            bail("the region was refused the second time");
        }
        epoch++;
    }
    stop = true;
    for (unsigned i = 0; i < count; i++) {
        cpu_wait(i + 1);
        errors += workers[i].errors;
        if (workers[i].errors) {
            say("# vCPU %u: %lu of %lu", i + 1, workers[i].errors,
                workers[i].count);
        }
    }
    region_drop(r);
    ok(!errors, "%s: each access sees the decoder of its time", name);
    ok(!late, "%s: no store comes late", name);
    if (r->ways == 2 && !exact && bare_arg("places", 0)) {
        ok(!misplaced, "%s: no store lands elsewhere", name);
    }
}

int main(void)
{
    unsigned cpus = cpus_start();
    CxlRegion one, two, exact;

    cxl_scan();
    one = (CxlRegion) { cxl_window[0].base, UNIT, 1, 0, { cxl_endpoint(0) } };
    two = (CxlRegion) { cxl_window[0].base, 2 * UNIT, 2, 0,
                        { cxl_endpoint(0), cxl_endpoint(1) } };
    exact = two;
    exact.base = cxl_window[1].base;

    race(&one, "one way", cpus, false);
    race(&two, "two ways, linear", cpus, false);
    race(&exact, "two ways, exact", cpus, true);
    bare_end();
}
