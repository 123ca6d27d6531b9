/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison: what reads it takes a machine check that names the line, precisely,
 * by whatever instruction; what writes over it heals it
 *
 * "intel" says whose processor it is; with "shutdown" the program reads poison
 * while a machine check is in progress.
 */
#include "bare.h"

#define LINE            64
#define INJECT          0x4301
#define CLEAR           0x4302

/* MCG_STATUS: restart and error IP are valid, in progress */
#define MCG_PRECISE     7
#define STATUS_AMD      0xbd00080000000000
#define STATUS_INTEL    0xbd80000000000134
#define STATUS_INTEL_IF 0xbd80000000000150
#define STATUS_OVER     (1ull << 62)
#define MISC_PHYSICAL   0x86

/* A virtual address that nothing else uses: see bare_pointers */
#define WALK_GIB        900

/* A poisoned line of a region: at which address, and what it is called */
typedef struct Place {
    const char *name;
    CxlRegion *region;
    uint64_t line;
} Place;

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

static void inject(const CxlRegion *r, uint64_t at)
{
    uint64_t dpa;
    CxlFunction *f = device_of(r, at, &dpa);

    if (cxl_command(f, INJECT, &dpa, sizeof(dpa))) {
        bail("poison cannot be injected");
    }
}

static void clear(const CxlRegion *r, uint64_t at)
{
    uint64_t in[9] = { 0 };
    CxlFunction *f = device_of(r, at, &in[0]);

    if (cxl_command(f, CLEAR, in, sizeof(in))) {
        bail("poison cannot be cleared");
    }
}

/* --- accesses, each of the bytes at its argument -------------------------- */

static uint64_t sink[8] __attribute__((aligned(64)));

static void read8(void *at)
{
    load8((uint64_t)at);
}

static void read16(void *at)
{
    load16((uint64_t)at);
}

static void read32(void *at)
{
    load32((uint64_t)at);
}

static void read64(void *at)
{
    load64((uint64_t)at);
}

static void read_string(void *at)
{
    memcpy(sink, at, LINE);
}

static void read_sse(void *at)
{
    asm volatile("movdqu (%0), %%xmm0" : : "r" (at) : "xmm0", "memory");
}

static void read_sse_aligned(void *at)
{
    asm volatile("movdqa (%0), %%xmm0" : : "r" ((uint64_t)at & ~15ull) :
                 "xmm0", "memory");
}

static void read_avx(void *at)
{
    asm volatile("vmovdqu (%0), %%ymm0; vzeroupper" : : "r" (at) : "xmm0",
                 "memory");
}

static void add(void *at)
{
    asm volatile("lock addq $1, %0" : "+m" (*(uint64_t *)at) : : "memory");
}

static void exchange(void *at)
{
    uint32_t value = 7;

    asm volatile("xchgl %0, %1" : "+r" (value), "+m" (*(uint32_t *)at) : :
                 "memory");
}

static void compare(void *at)
{
    uint64_t value = 7;

    asm volatile("lock cmpxchgq %2, %1" : "+a" (value),
                 "+m" (*(uint64_t *)at) : "r" (9ull) : "memory");
}

static void compare16(void *at)
{
    uint64_t low = 1, high = 2;

    asm volatile("lock cmpxchg16b %2" : "+a" (low), "+d" (high),
                 "+m" (*(char (*)[16])((uint64_t)at & ~15ull)) :
                 "b" (3ull), "c" (4ull) : "memory");
}

static void modify(void *at)
{
    asm volatile("incb %0" : "+m" (*(uint8_t *)at) : : "memory");
}

static void execute(void *at)
{
    ((void (*)(void))at)();
}

static const struct {
    const char *name;
    void (*fn)(void *at);
    unsigned size;
    bool fetch;
} accesses[] = {
    { "a load of 1", read8, 1, false },
    { "a load of 2", read16, 2, false },
    { "a load of 4", read32, 4, false },
    { "a load of 8", read64, 8, false },
    { "a string move", read_string, LINE, false },
    { "a vector of 16", read_sse, 16, false },
    { "an aligned vector of 16", read_sse_aligned, 1, false },
    { "a vector of 32", read_avx, 32, false },
    { "an atomic addition", add, 8, false },
    { "an exchange", exchange, 4, false },
    { "an atomic comparison", compare, 8, false },
    { "an atomic comparison of 16", compare16, 1, false },
    { "a change in place", modify, 1, false },
    { "a fetch", execute, 1, true },
};

/* --- what comes of them --------------------------------------------------- */

static uint64_t status_of(bool fetch)
{
    return !bare_arg("intel", 0) ? STATUS_AMD :
           fetch ? STATUS_INTEL_IF : STATUS_INTEL;
}

static bool fails(void (*fn)(void *at), uint64_t at, uint64_t line, bool fetch)
{
    BareCheck check;

    if (cpu_try(fn, (void *)at) != BARE_MACHINE_CHECK) {
        return false;
    }
    check = cpu_check();
    return check.mcg == MCG_PRECISE && check.status == status_of(fetch) &&
           check.address == line && check.misc == MISC_PHYSICAL;
}

static bool works(void (*fn)(void *at), uint64_t at)
{
    return cpu_try(fn, (void *)at) == -1;
}

/* Every access that touches the line, and none that does not */
static void test_access(const Place *p, unsigned n)
{
    unsigned size = accesses[n].size, bad = 0;

    for (unsigned offset = 0; offset < LINE; offset += 7) {
        bad += !fails(accesses[n].fn, p->line + offset, p->line,
                      accesses[n].fetch);
    }
    for (unsigned before = 1; before < size; before++) {
        bad += !fails(accesses[n].fn, p->line - before, p->line, false);
    }
    if (!accesses[n].fetch) {
        bad += !works(accesses[n].fn, p->line - LINE);
        bad += !works(accesses[n].fn, p->line + LINE);
    }
    ok(!bad, "%s: %s of poison is a machine check", p->name, accesses[n].name);
}

/* A string move has moved what comes before, and goes on after */
static void test_progress(const Place *p)
{
    uint64_t from = p->line - 16;

    memset(sink, 0, sizeof(sink));
    ok(fails(read_string, from, p->line, false) &&
       !memcmp(sink, (void *)from, 16) && !sink[2],
       "%s: a string move stops at poison", p->name);
}

/* An instruction of which only the end is poisoned; the one before it runs */
static void test_fetch(const Place *p)
{
    static const uint8_t code[] = {
        0xc7, 0x04, 0x25, 0, 0, 0, 0, 1, 0, 0, 0,   /* movl $1, sink */
        0xc7, 0x04, 0x25, 0, 0, 0, 0, 2, 0, 0, 0,   /* movl $2, sink */
        0xc3,
    };
    uint64_t at = p->line - 16;
    uint32_t address = (uint64_t)sink;

    memcpy((void *)at, code, 16);
    memcpy((void *)(at + 3), &address, 4);
    memcpy((void *)(at + 14), &address, 2);
    sink[0] = 0;
    ok(fails(execute, at, p->line, true) && sink[0] == 1,
       "%s: an instruction that ends in poison", p->name);
}

/* Page tables in this memory: an entry that cannot be read */
static void test_walk(const Place *p)
{
    const uint64_t gib = 1ull << 30, large = 2 * MIB;
    uint64_t page = p->line & ~4095ull, entry = (p->line & 4095) / 8;
    uint64_t at = WALK_GIB * gib, before = bare_pointers[WALK_GIB];
    uint64_t good = (entry ^ 8) * large;

    clear(p->region, p->line);
    for (unsigned i = 0; i < 512; i++) {
        store64(page + 8 * i, 0x87);
    }
    inject(p->region, p->line);
    bare_pointers[WALK_GIB] = page | 7;
    ok(works(read8, at + good) &&
       fails(read8, at + entry * large, p->line, false) &&
       fails(execute, at + entry * large + large, p->line, false) &&
       works(read8, at + good + 1),
       "%s: a walk of page tables", p->name);
    bare_pointers[WALK_GIB] = before;
}

/* --- healing -------------------------------------------------------------- */

static void store_words(uint64_t at)
{
    for (unsigned i = 0; i < LINE; i += 8) {
        store64(at + (i ^ 8), pattern(i ^ 8));
    }
}

static void store_bytes(uint64_t at)
{
    for (unsigned i = LINE; i--; ) {
        store8(at + i, i);
    }
}

static void store_string(uint64_t at)
{
    memset((void *)at, 0x33, LINE);
}

static void store_across(uint64_t at)
{
    for (unsigned i = 0; i <= LINE; i += 4) {
        store32(at + i - 2, i);
    }
}

static void store_sse(uint64_t at)
{
    for (unsigned i = 0; i < LINE; i += 16) {
        asm volatile("movdqu %%xmm0, (%0)" : : "r" (at + i) : "memory");
    }
}

static void store_avx(uint64_t at)
{
    for (unsigned i = 0; i < LINE; i += 32) {
        asm volatile("vmovdqu %%ymm0, (%0)" : : "r" (at + i) : "memory");
    }
}

static void store_past(uint64_t at)
{
    for (unsigned i = 0; i < LINE; i += 8) {
        asm volatile("movnti %0, (%1)" : : "r" (pattern(i)), "r" (at + i) :
                     "memory");
    }
}

static const struct {
    const char *name;
    void (*fn)(uint64_t at);
    uint64_t first;
} stores[] = {
    { "words", store_words, 0 },
    { "bytes, the last one first", store_bytes, 0x0706050403020100 },
    { "a string store", store_string, 0x3333333333333333 },
    { "stores across its ends", store_across, 0x0008000000040000 },
    { "vectors of 16", store_sse, 0 }, { "vectors of 32", store_avx, 0 },
    { "stores past the cache", store_past, 0 },
};

static void test_heal(const Place *p, unsigned n)
{
    uint64_t at = p->line;
    bool good;

    inject(p->region, at);
    store32(at + 8, 1);
    good = fails(read64, at, at, false) && fails(read8, at + 8, at, false);
    stores[n].fn(at);
    good &= works(read64, at) && works(read8, at + LINE - 1);
    if (stores[n].first) {
        good &= load64(at) == stores[n].first;
    }
    ok(good, "%s: %s heal it", p->name, stores[n].name);
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
        int vector = cpu_try(read64, (void *)w->at);

        w->errors += vector != -1 && vector != BARE_MACHINE_CHECK;
        w->errors += epoch == before &&
                     ((before % EPOCHS == POISONED && vector == -1) ||
                      (before % EPOCHS == HEALTHY && vector != -1));
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
    for (unsigned i = 0; i < ARRAY_SIZE(accesses); i++) {
        if (accesses[i].fn != read_avx || cpu_has_avx()) {
            test_access(p, i);
        }
    }
    test_progress(p);
    test_fetch(p);
    test_walk(p);
    for (unsigned i = 0; i < ARRAY_SIZE(stores); i++) {
        if (stores[i].fn != store_avx || cpu_has_avx()) {
            test_heal(p, i);
        }
    }
    test_half(p);
    test_vcpus(p);
}

static void shut_down(const Place *p)
{
    bare_check_stays = true;
    inject(p->region, p->line);
    cpu_try(read8, (void *)p->line);
    cpu_try(read8, (void *)p->line);
    bail("the processor goes on");
}

static void test_region(CxlRegion *r, const char *name)
{
    /* In a granule, and the first line of one, which others follow */
    Place p = { name, r, r->base + 17 * MIB + 5 * 256 + 2 * LINE };

    region_program(r);
    region_commit(r);
    if (bare_arg("shutdown", 0)) {
        shut_down(&p);
    }
    test_place(&p);
    p.line = r->base + 18 * MIB + 7 * 256;
    test_place(&p);
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
