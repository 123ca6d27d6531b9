/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every kind of access in every kind of window: one way, two ways linear and
 * exact, and where nothing is committed
 *
 * "exec" and "avx-undecoded" on the command line allow what KVM cannot do for
 * memory that is not mapped.
 */
#include "bare.h"

#define SPAN        0x1000
/* So that accesses of every size cross it */
#define EDGE        0x100
#define COPY_SIZE   3000

typedef struct Place {
    const char *name;
    uint64_t base, size;
    bool decoded, mapped;
} Place;

static uint64_t pattern(uint64_t at)
{
    return (at ^ at >> 17) * 0x9e3779b97f4a7c15;
}

/* --- loads and stores --------------------------------------------------- */

static uint64_t load_sized(uint64_t at, unsigned size)
{
    return size == 1 ? load8(at) : size == 2 ? load16(at) :
           size == 4 ? load32(at) : load64(at);
}

static void store_sized(uint64_t at, unsigned size, uint64_t value)
{
    if (size == 1) {
        store8(at, value);
    } else if (size == 2) {
        store16(at, value);
    } else if (size == 4) {
        store32(at, value);
    } else {
        store64(at, value);
    }
}

static bool sized_works(const Place *p, uint64_t at, unsigned size)
{
    uint64_t mask = size == 8 ? ~0ull : (1ull << 8 * size) - 1;
    uint64_t value = pattern(at + size) & mask, got = 0;

    store_sized(at, size, value);
    if (load_sized(at, size) != (p->decoded ? value : mask)) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        got |= (uint64_t)load8(at + i) << 8 * i;
    }
    return got == (p->decoded ? value : mask);
}

static void test_loads_stores(const Place *p)
{
    static const unsigned sizes[] = { 1, 2, 4, 8 };
    /* The middle is where linear layout changes the device */
    const uint64_t spots[] = { p->base, p->base + p->size / 2 - SPAN / 2,
                               p->base + p->size - SPAN };

    for (unsigned s = 0; s < ARRAY_SIZE(sizes); s++) {
        unsigned bad = 0;

        for (unsigned i = 0; i < ARRAY_SIZE(spots); i++) {
            for (unsigned at = 0; at + 8 <= SPAN; at += 61) {
                bad += !sized_works(p, spots[i] + at, sizes[s]);
            }
            for (unsigned k = 0; k < 8; k++) {
                bad += !sized_works(p, spots[i] + EDGE - k, sizes[s]);
                bad += !sized_works(p, spots[i] + SPAN / 2 - k, sizes[s]);
            }
        }
        ok(!bad, "%s: loads and stores of %u", p->name, sizes[s]);
    }
}

/* Each granule has a home of its own: write all, then read all */
static void test_homes(const Place *p)
{
    unsigned bad = 0;

    for (uint64_t at = 0; at < p->size; at += p->size / 256 + 256) {
        store64(p->base + at, pattern(at));
    }
    for (uint64_t at = 0; at < p->size; at += p->size / 256 + 256) {
        bad += load64(p->base + at) != (p->decoded ? pattern(at) : ~0ull);
    }
    ok(!bad, "%s: every granule is itself", p->name);
}

static void test_strings(const Place *p)
{
    static uint8_t from[COPY_SIZE], to[COPY_SIZE];
    unsigned bad = 0;

    for (unsigned i = 0; i < COPY_SIZE; i++) {
        from[i] = pattern(i);
    }
    memcpy((void *)(p->base + 77), from, COPY_SIZE);
    memcpy(to, (void *)(p->base + 77), COPY_SIZE);
    for (unsigned i = 0; i < COPY_SIZE; i++) {
        bad += to[i] != (p->decoded ? from[i] : 0xff);
    }
    ok(!bad, "%s: string moves", p->name);
}

/* --- vectors ------------------------------------------------------------ */

static void move_sse(uint64_t to, uint64_t from)
{
    asm volatile("movdqu (%1), %%xmm0; movdqu %%xmm0, (%0)" : :
                 "r" (to), "r" (from) : "xmm0", "memory");
}

static void move_avx(uint64_t to, uint64_t from)
{
    asm volatile("vmovdqu (%1), %%ymm0; vmovdqu %%ymm0, (%0); vzeroupper" : :
                 "r" (to), "r" (from) : "xmm0", "memory");
}

static void test_vector(const Place *p, const char *name, unsigned size,
                        void (*move)(uint64_t to, uint64_t from))
{
    static uint8_t from[32], to[32];
    unsigned bad = 0;

    for (unsigned offset = 0; offset < 2 * EDGE; offset++) {
        for (unsigned i = 0; i < size; i++) {
            from[i] = pattern(offset + i);
            to[i] = 0;
        }
        move(p->base + EDGE + offset, (uint64_t)from);
        move((uint64_t)to, p->base + EDGE + offset);
        for (unsigned i = 0; i < size; i++) {
            bad += to[i] != (p->decoded ? from[i] : 0xff);
        }
    }
    ok(!bad, "%s: %s", p->name, name);
}

/* --- atomics ------------------------------------------------------------ */

static bool add_works(const Place *p, uint64_t at)
{
    uint64_t add = 0x1122334455667788, old = add;

    store64(at, 5);
    asm volatile("lock xaddq %0, %1" : "+r" (old), "+m" (*(uint64_t *)at) :
                 : "memory");
    return p->decoded ? old == 5 && load64(at) == add + 5 :
                        old == ~0ull && load64(at) == ~0ull;
}

static bool exchange_works(const Place *p, uint64_t at)
{
    uint32_t expected = 7, done;

    store32(at, 7);
    asm volatile("lock cmpxchgl %3, %1" : "=a" (done),
                 "+m" (*(uint32_t *)at) : "0" (expected), "r" (9u) : "memory");
    return p->decoded ? done == 7 && load32(at) == 9 : done == ~0u;
}

static bool exchange16_works(const Place *p, uint64_t at)
{
    uint64_t low = 1, high = 2;

    store64(at, 1);
    store64(at + 8, 2);
    asm volatile("lock cmpxchg16b %2" : "+a" (low), "+d" (high),
                 "+m" (*(char (*)[16])at) : "b" (3ull), "c" (4ull) : "memory");
    return p->decoded ? low == 1 && high == 2 && load64(at) == 3 &&
                        load64(at + 8) == 4 : low == ~0ull && high == ~0ull;
}

static void test_atomics(const Place *p)
{
    unsigned bad = 0;

    for (unsigned k = 0; k < 4; k++) {
        bad += !add_works(p, p->base + EDGE + 8 * k);
        bad += !exchange_works(p, p->base + EDGE + 8 * k);
    }
    ok(!bad, "%s: atomics", p->name);
    for (unsigned k = bad = 0; k < 16; k++) {
        bad += !add_works(p, p->base + EDGE - k);
        bad += !exchange_works(p, p->base + EDGE - k);
    }
    ok(!bad, "%s: atomics across a granule's end", p->name);
    if (p->mapped || bare_arg("exec", 0)) {
        ok(exchange16_works(p, p->base + 2 * EDGE), "%s: atomics of 16",
           p->name);
    }
}

/* --- execution ---------------------------------------------------------- */

/* mov $imm32, (arg); ret, with a number of its own */
static void write_code(uint64_t at, uint32_t number)
{
    const uint8_t code[] = { 0xc7, 0x07, number, number >> 8, number >> 16,
                             number >> 24, 0xc3 };

    memcpy((void *)at, code, sizeof(code));
}

static int call(uint64_t at, uint32_t *result)
{
    *result = 0;
    return cpu_try((void (*)(void *))at, result);
}

static void test_execution(const Place *p)
{
    uint32_t result;
    unsigned bad = 0;

    if (!p->mapped && !bare_arg("exec", 0)) {
        return;
    }
    for (unsigned i = 0; i < 16; i++) {
        /* From within a granule to across the end of one, and rewritten */
        uint64_t at = p->base + EDGE - i;

        write_code(at, i + 1);
        if (p->decoded) {
            bad += call(at, &result) != -1 || result != i + 1;
            write_code(at, i + 100);
            bad += call(at, &result) != -1 || result != i + 100;
        } else {
            /* All ones are no instruction */
            bad += call(at, &result) != 6;
        }
    }
    ok(!bad, "%s: execution", p->name);
}

static void test_place(const Place *p)
{
    test_loads_stores(p);
    test_homes(p);
    test_strings(p);
    test_vector(p, "SSE2", 16, move_sse);
    if (cpu_has_avx() && (p->mapped || bare_arg("avx-undecoded", 0))) {
        test_vector(p, "AVX", 32, move_avx);
    }
    test_atomics(p);
    test_execution(p);
}

static void test_region(CxlRegion *r, const char *name, bool mapped)
{
    Place p = { name, r->base, r->size, true, mapped };
    uint64_t kept;

    region_program(r);
    if (ok(region_commit(r), "%s: commit", name)) {
        test_place(&p);
    }
    store64(r->base, 0x5555);
    kept = load64(r->base);
    ok(region_uncommit(r) && load64(r->base) == ~0ull, "%s: uncommit", name);
    store64(r->base, 0);
    region_commit(r);
    ok(kept == 0x5555 && load64(r->base) == kept, "%s: data stays", name);
    region_drop(r);
}

int main(void)
{
    CxlRegion one, two, exact;
    Place nothing;

    cxl_scan();
    one = (CxlRegion) { cxl_window[0].base, UNIT, 1, 0, { cxl_endpoint(0) } };
    two = (CxlRegion) { cxl_window[0].base + UNIT, 2 * UNIT, 2, 0,
                        { cxl_endpoint(0), cxl_endpoint(1) } };
    exact = two;
    exact.base = cxl_window[1].base;
    nothing = (Place) { "uncommitted", cxl_window[0].base, UNIT, false, false };

    test_region(&one, "one way", true);
    test_region(&two, "two ways, linear", true);
    test_region(&exact, "two ways, exact", false);
    test_place(&nothing);
    bare_end();
}
