/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison: what reads it takes an error that names the line, precisely, by
 * whatever instruction; what writes over it heals it
 *
 * On x86_64, "intel" says whose processor it is; with "shutdown" the program
 * reads poison while a machine check is in progress, or where one cannot be
 * taken.
 */
#include "poison.h"

#define INJECT          0x4301
#define CLEAR           0x4302

uint64_t sink[8] __attribute__((aligned(LINE)));

static uint64_t pattern(uint64_t at)
{
    return (at ^ at >> 17) * 0x9e3779b97f4a7c15;
}

static void fill(uint64_t at, unsigned size)
{
    for (unsigned i = 0; i < size; i += 8) {
        store64(at + i, pattern(at + i));
    }
}

/* --- commands ----------------------------------------------------------- */

/* Two ways take turns of 256 bytes */
static CxlFunction *device_of(const CxlRegion *r, uint64_t at, uint64_t *dpa)
{
    uint64_t offset = at - r->base;

    *dpa = r->ways == 2 ? offset >> 9 << 8 | (offset & 0xff) : offset;
    return r->device[r->ways == 2 ? offset >> 8 & 1 : 0];
}

void inject(const CxlRegion *r, uint64_t at)
{
    uint64_t dpa;
    CxlFunction *f = device_of(r, at, &dpa);

    if (cxl_command(f, INJECT, &dpa, sizeof(dpa))) {
        bail("poison cannot be injected");
    }
}

void clear(const CxlRegion *r, uint64_t at)
{
    uint64_t in[9] = { 0 };
    CxlFunction *f = device_of(r, at, &in[0]);

    if (cxl_command(f, CLEAR, in, sizeof(in))) {
        bail("poison cannot be cleared");
    }
}

/* --- accesses, each of the bytes at its argument -------------------------- */

void read8(void *at)
{
    load8((uint64_t)at);
}

void read16(void *at)
{
    load16((uint64_t)at);
}

void read32(void *at)
{
    load32((uint64_t)at);
}

void read64(void *at)
{
    load64((uint64_t)at);
}

void execute(void *at)
{
    ((void (*)(void))at)();
}

bool works(void (*fn)(void *at), uint64_t at)
{
    return cpu_try(fn, (void *)at) == -1;
}

/* Every access that touches the line, and none that does not */
static void test_access(const Place *p, const Access *a)
{
    unsigned bad = 0;

    for (unsigned offset = 0; offset < LINE; offset += 7) {
        bad += !fails(a->fn, p->line + offset, p->line, a->fetch);
    }
    for (unsigned before = 1; before < a->size; before++) {
        bad += !fails(a->fn, p->line - before, p->line, false);
    }
    if (!a->fetch && !a->only) {
        bad += !works(a->fn, p->line - LINE);
        bad += !works(a->fn, p->line + LINE);
    }
    ok(!bad, "%s: %s of poison is an error", p->name, a->name);
}

/* --- healing -------------------------------------------------------------- */

void store_words(uint64_t at)
{
    for (unsigned i = 0; i < LINE; i += 8) {
        store64(at + (i ^ 8), pattern(i ^ 8));
    }
}

void store_bytes(uint64_t at)
{
    for (unsigned i = LINE; i--; ) {
        store8(at + i, i);
    }
}

void store_string(uint64_t at)
{
    memset((void *)at, 0x33, LINE);
}

void store_across(uint64_t at)
{
    for (unsigned i = 0; i <= LINE; i += 4) {
        store32(at + i - 2, i);
    }
}

static void test_heal(const Place *p, const Store *s)
{
    uint64_t at = p->line;
    bool good;

    inject(p->region, at);
    store32(at + 8, 1);
    good = fails(read64, at, at, false) && fails(read8, at + 8, at, false);
    s->fn(at);
    good &= works(read64, at) && works(read8, at + LINE - 1);
    if (s->first) {
        good &= load64(at) == s->first;
    }
    ok(good, "%s: %s heal it", p->name, s->name);
}

/* What was written before the line was poisoned anew does not help */
static void test_half(const Place *p)
{
    bool good;

    inject(p->region, p->line);
    memset((void *)p->line, 1, LINE - 1);
    inject(p->region, p->line);
    store8(p->line + LINE - 1, 1);
    good = fails(read8, p->line, p->line, false);
    clear(p->region, p->line);
    ok(good && works(read64, p->line) && !load64(p->line),
       "%s: written in part, poisoned, cleared", p->name);
}

/* --- several vCPUs -------------------------------------------------------- */

enum { POISONED, HEALING, HEALTHY, POISONING, EPOCHS };

static volatile uint64_t epoch;
static volatile bool stop;

typedef struct Worker {
    uint64_t at;
    volatile uint64_t count, errors;
} Worker;

static void read_always(void *arg)
{
    Worker *w = arg;

    while (!stop) {
        uint64_t before = epoch;
        bool bad = !works(read64, w->at);

        w->errors += epoch == before &&
                     ((before % EPOCHS == POISONED && !bad) ||
                      (before % EPOCHS == HEALTHY && bad));
        w->count++;
    }
}

static void wait_progress(Worker *workers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t until = workers[i].count + 3;

        while (workers[i].count < until) {
            relax();
        }
    }
}

static void test_vcpus(const Place *p)
{
    static Worker workers[BARE_MAX_CPUS];
    unsigned count = cpus_start() - 1, rounds = bare_arg("rounds", 20);
    uint64_t errors = 0;

    inject(p->region, p->line);
    epoch = POISONED;
    stop = false;
    for (unsigned i = 0; i < count; i++) {
        workers[i] = (Worker) { .at = p->line + 8 * i };
        cpu_run(i + 1, read_always, &workers[i]);
    }
    for (unsigned i = 0; i < rounds; i++) {
        wait_progress(workers, count);
        epoch++;
        store_words(p->line);
        epoch++;
        wait_progress(workers, count);
        epoch++;
        inject(p->region, p->line);
        epoch++;
    }
    stop = true;
    for (unsigned i = 0; i < count; i++) {
        cpu_wait(i + 1);
        errors += workers[i].errors;
    }
    store_words(p->line);
    ok(count && !errors, "%s: %u other vCPUs see it come and go", p->name,
       count);
}

/* --- places --------------------------------------------------------------- */

static void test_place(const Place *p)
{
    fill(p->line - 4096, 8192);
    inject(p->region, p->line);
    for (const Access *a = accesses; a->name; a++) {
        if (!a->there || a->there()) {
            test_access(p, a);
        }
    }
    test_processor(p);
    for (const Store *s = stores; s->name; s++) {
        if (!s->there || s->there()) {
            test_heal(p, s);
        }
    }
    test_half(p);
}

/* Within a granule and a page, and at their begin and end */
static void test_region(CxlRegion *r, const char *name)
{
    static const uint64_t lines[] = {
        17 * MIB + 5 * 256 + 2 * LINE, 18 * MIB, 19 * MIB + 4096 - LINE,
    };

    region_program(r);
    region_commit(r);
    for (unsigned i = 0; i < ARRAY_SIZE(lines); i++) {
        Place p = { name, r, r->base + lines[i] };

        if (bare_arg("shutdown", 0)) {
            shut_down(&p);
        }
        test_place(&p);
        if (!i) {
            test_vcpus(&p);
        }
    }
    region_drop(r);
}

int main(void)
{
    CxlRegion one, two, exact;

    cxl_scan();
    one = (CxlRegion) { cxl_window[0].base, UNIT, 1, 0, { cxl_endpoint(0) } };
    two = (CxlRegion) { cxl_window[0].base, 2 * UNIT, 2, 0,
                        { cxl_endpoint(0), cxl_endpoint(1) } };
    exact = two;
    exact.base = cxl_window[1].base;
    test_region(&one, "one way");
    test_region(&two, "two ways, linear");
    test_region(&exact, "two ways, exact");
    bare_end();
}
