/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison on AArch64: synchronous external aborts
 */
#include "poison.h"

/* Classes of exceptions, and faults (Arm architecture D24.2.40, ESR_EL1) */
#define CLASS(esr)      ((esr) >> 26 & 63)
#define CLASS_FETCH     0x21
#define CLASS_DATA_EL0  0x24
#define CLASS_DATA      0x25
#define NO_ADDRESS      (1 << 10)
#define FAULT(esr)      ((esr) & 63)
#define FAULT_EXTERNAL  0x10
/* ... on a walk, at level 1 */
#define FAULT_WALK      0x15

/* More than there is in any function of an access */
#define CODE_SIZE       64

/* An entry of the root, for 512 GiB, where nothing else is: see virt.c */
#define VIEW_ROOT       48
#define IS_TABLE        3ull
/* A block of RAM, which begins at 1 GiB: accessed, shared */
#define RAM_BLOCK       (1ull << 30 | 1ull << 10 | 3ull << 8 | 1)

/* --- accesses, each of the bytes at its argument -------------------------- */

/* Instructions that have the address in x0 */
#define READ(name, code, ...)                                               \
    static void name(void *at)                                              \
    {                                                                       \
        register uint64_t x0 asm("x0") = (uint64_t)at;                      \
                                                                            \
        asm volatile(".arch_extension sve; .arch_extension mops; " code :   \
                     "+r" (x0) : : "memory", ##__VA_ARGS__);                \
    }
#define READ_ALIGNED(name, to, code, ...)                                   \
    READ(name, "and x0, x0, #-" #to "; " code, ##__VA_ARGS__)

READ(read_pair, "ldp x1, x2, [x0]", "x1", "x2")
READ(read_past, "ldnp x1, x2, [x0]", "x1", "x2")
READ(read_after, "ldr x1, [x0], #8", "x1")
READ(read_vector, "ldr q0, [x0]", "v0")
READ(read_vectors, "ldp q0, q1, [x0]", "v0", "v1")
READ(read_structures, "ld4 {v0.16b-v3.16b}, [x0]", "v0", "v1", "v2", "v3")
READ(read_lane, "ld1 {v0.d}[1], [x0]", "v0")
READ(read_sve, "ptrue p0.b; ld1b {z0.b}, p0/z, [x0]", "v0")
READ(read_first, "ptrue p0.b; setffr; ldff1d {z0.d}, p0/z, [x0]", "v0")
READ(read_gathered, "ptrue p0.d; mov z1.d, #0;"
     " ld1d {z0.d}, p0/z, [x0, z1.d]", "v0", "v1")
READ_ALIGNED(read_acquire, 8, "ldar x1, [x0]", "x1")
READ_ALIGNED(read_exclusive, 8, "ldxr x1, [x0]; clrex", "x1")
READ_ALIGNED(read_exclusive_pair, 16, "ldaxp x1, x2, [x0]; clrex", "x1", "x2")
READ_ALIGNED(add, 8, "mov x1, #1; ldaddal x1, x2, [x0]", "x1", "x2")
READ_ALIGNED(add_only, 8, "mov x1, #1; stadd x1, [x0]", "x1")
READ_ALIGNED(exchange, 8, "mov x1, #7; swpal x1, x2, [x0]", "x1", "x2")
READ_ALIGNED(compare, 8, "mov x1, #7; mov x2, #9; casal x1, x2, [x0]", "x1",
             "x2")
READ_ALIGNED(compare_pair, 16, "mov x2, #1; mov x3, #2; mov x4, #3;"
             " mov x5, #4; caspal x2, x3, x4, x5, [x0]", "x2", "x3", "x4",
             "x5")

/* Of one instruction, which is aligned */
static void fetch_there(void *at)
{
    execute((void *)((uint64_t)at & ~3ull));
}

static void copy(void *at)
{
    register uint64_t x0 asm("x0") = (uint64_t)at;
    register uint64_t x1 asm("x1") = (uint64_t)sink;
    register uint64_t x2 asm("x2") = LINE;

    asm volatile(".arch_extension mops; cpyfp [x1]!, [x0]!, x2!;"
                 " cpyfm [x1]!, [x0]!, x2!; cpyfe [x1]!, [x0]!, x2!" :
                 "+r" (x0), "+r" (x1), "+r" (x2) : : "memory");
}

/* FEAT_MOPS (ID_AA64ISAR2_EL1) and FEAT_SVE (ID_AA64PFR0_EL1) */
static bool has_mops(void)
{
    uint64_t features;

    asm volatile("mrs %0, s3_0_c0_c6_2" : "=r" (features));
    return features >> 16 & 15;
}

static bool has_sve(void)
{
    uint64_t features;

    asm volatile("mrs %0, id_aa64pfr0_el1" : "=r" (features));
    return features >> 32 & 15;
}

const Access accesses[] = {
    { .name = "a load of 1", .fn = read8, .size = 1 },
    { .name = "a load of 2", .fn = read16, .size = 2 },
    { .name = "a load of 4", .fn = read32, .size = 4 },
    { .name = "a load of 8", .fn = read64, .size = 8 },
    { .name = "a load of a pair", .fn = read_pair, .size = 16 },
    { .name = "a load past the cache", .fn = read_past, .size = 16 },
    { .name = "a load with write-back", .fn = read_after, .size = 8 },
    { .name = "a vector", .fn = read_vector, .size = 16 },
    { .name = "two vectors", .fn = read_vectors, .size = 32 },
    { .name = "four vectors", .fn = read_structures, .size = LINE },
    { .name = "a lane", .fn = read_lane, .size = 8 },
    { .name = "a scalable vector", .fn = read_sve, .size = 16,
      .there = has_sve },
    { .name = "the first of one that may fault", .fn = read_first, .size = 8,
      .there = has_sve },
    { .name = "a vector that is gathered", .fn = read_gathered, .size = 8,
      .there = has_sve },
    { .name = "a memory copy", .fn = copy, .size = LINE, .there = has_mops },
    { .name = "an acquiring load", .fn = read_acquire, .size = 1 },
    { .name = "an exclusive load", .fn = read_exclusive, .size = 1 },
    { .name = "an exclusive load of a pair", .fn = read_exclusive_pair,
      .size = 1 },
    { .name = "an atomic addition", .fn = add, .size = 1 },
    { .name = "an atomic addition of no result", .fn = add_only, .size = 1 },
    { .name = "an exchange", .fn = exchange, .size = 1 },
    { .name = "an atomic comparison", .fn = compare, .size = 1 },
    { .name = "an atomic comparison of a pair", .fn = compare_pair,
      .size = 1 },
    { .name = "a fetch", .fn = fetch_there, .size = 1, .fetch = true },
    { }
};

/* --- stores --------------------------------------------------------------- */

#define STORE(name, code, ...)                                              \
    static void name(uint64_t at)                                           \
    {                                                                       \
        register uint64_t x0 asm("x0") = at;                                \
                                                                            \
        asm volatile(".arch_extension sve; .arch_extension mops; " code :   \
                     "+r" (x0) : : "memory", ##__VA_ARGS__);                \
    }

STORE(store_pairs, "mov x1, #5; stp x1, x1, [x0]; stp x1, x1, [x0, #16];"
      " stnp x1, x1, [x0, #32]; stp x1, x1, [x0, #48]", "x1")
STORE(store_vectors, "movi v0.2d, #0; stp q0, q0, [x0, #32];"
      " st1 {v0.16b}, [x0], #16; str q0, [x0]", "v0")
STORE(store_sve, "ptrue p0.b; mov z0.b, #1; st1b {z0.b}, p0, [x0];"
      " st1b {z0.b}, p0, [x0, #1, mul vl]; st1b {z0.b}, p0, [x0, #2, mul vl];"
      " st1b {z0.b}, p0, [x0, #3, mul vl]", "v0")
STORE(store_zva, "dc zva, x0")
STORE(store_set, "mov x1, #64; mov x2, #0x33; setp [x0]!, x1!, x2;"
      " setm [x0]!, x1!, x2; sete [x0]!, x1!, x2", "x1", "x2")

const Store stores[] = {
    { "words", store_words, 0, NULL },
    { "bytes, the last one first", store_bytes, 0x0706050403020100, NULL },
    { "a memory set of bytes", store_string, 0x3333333333333333, NULL },
    { "stores across its ends", store_across, 0x0008000000040000, NULL },
    { "pairs", store_pairs, 5, NULL },
    { "vectors", store_vectors, 0, NULL },
    { "scalable vectors", store_sve, 0x0101010101010101, has_sve },
    { "dc zva", store_zva, 0, NULL },
    { "a memory set", store_set, 0x3333333333333333, has_mops },
    { }
};

/* --- what comes of them --------------------------------------------------- */

/* The address is that of the access, or of a byte that was poisoned */
static bool names(uint64_t address, uint64_t at, uint64_t line)
{
    return address - line < LINE || address - at < LINE;
}

/* An abort at the instruction, which says so, and nothing of a walk */
bool fails(void (*fn)(void *at), uint64_t at, uint64_t line, bool fetch)
{
    long esr = cpu_try(fn, (void *)at);
    BareAbort abort = cpu_abort();

    return esr != -1 && CLASS(esr) == (fetch ? CLASS_FETCH : CLASS_DATA) &&
           FAULT(esr) == FAULT_EXTERNAL && !(esr & NO_ADDRESS) &&
           names(abort.address, at, line) &&
           (fetch ? abort.at == (at & ~3ull)
                  : abort.at - (uint64_t)fn < CODE_SIZE);
}

/* What was copied before is there, and the registers say how far it came */
static void test_progress(const Place *p)
{
    uint64_t from = p->line - 16;

    if (has_mops()) {
        memset(sink, 0, sizeof(sink));
        ok(fails(copy, from, p->line, false) &&
           !memcmp(sink, (void *)from, 16) && !sink[2],
           "%s: a memory copy stops at poison", p->name);
    }
}

static void run_there(void *at)
{
    asm volatile("mov x0, %0; blr %1" : : "r" (sink), "r" (at) :
                 "x0", "x30", "memory");
}

/* The instructions before the line run */
static void test_fetch(const Place *p)
{
    uint64_t at = p->line - 8;
    long esr;

    store32(at, 0xf9000000);            /* str x0, [x0] */
    store32(at + 4, 0xf9000400);        /* str x0, [x0, #8] */
    sink[0] = sink[1] = 0;
    esr = cpu_try(run_there, (void *)at);
    ok(CLASS(esr) == CLASS_FETCH && FAULT(esr) == FAULT_EXTERNAL &&
       cpu_abort().at == p->line && cpu_abort().address == p->line &&
       sink[0] == (uint64_t)sink && sink[1] == sink[0],
       "%s: code that runs into poison", p->name);
}

static bool walk_fails(void (*fn)(void *at), uint64_t at, unsigned class)
{
    long esr = cpu_try(fn, (void *)at);

    return CLASS(esr) == class && FAULT(esr) == FAULT_WALK &&
           cpu_abort().address == at;
}

/* Page tables in this memory: an entry that cannot be read */
static void test_walk(const Place *p)
{
    uint64_t page = p->line & ~4095ull, entry = (p->line & 4095) / 8;
    uint64_t at = (uint64_t)VIEW_ROOT << 39, *root;
    uint64_t good = at + ((entry ^ 8) << 30), bad = at + (entry << 30);

    clear(p->region, p->line);
    for (unsigned i = 0; i < 512; i++) {
        store64(page + 8 * i, RAM_BLOCK);
    }
    inject(p->region, p->line);
    asm volatile("mrs %0, ttbr0_el1" : "=r" (root));
    root[VIEW_ROOT] = page | IS_TABLE;
    asm volatile("dsb ish; isb" : : : "memory");
    ok(works(read8, good) && walk_fails(read8, bad, CLASS_DATA) &&
       walk_fails(execute, bad + (1 << 30), CLASS_FETCH) &&
       works(read8, good + 1), "%s: a walk of page tables", p->name);
    root[VIEW_ROOT] = 0;
    asm volatile("dsb ish; tlbi vmalle1is; dsb ish; isb" : : : "memory");
}

/* EL0 gets the same as EL1 */
static void test_user(const Place *p)
{
    long esr = cpu_try_user(read64, (void *)(p->line + VIEW_USER));

    ok(CLASS(esr) == CLASS_DATA_EL0 && FAULT(esr) == FAULT_EXTERNAL &&
       cpu_abort().address == p->line + VIEW_USER, "%s: a load of EL0",
       p->name);
}

/*
 * A vector of which only the end is poisoned: what may not fault gives what
 * comes before, or less
 */
static void test_no_fault(const Place *p)
{
    uint64_t first, mask;

    if (!has_sve()) {
        return;
    }
    asm volatile(".arch_extension sve; ptrue p0.d; setffr;"
                 " ldff1d {z0.d}, p0/z, [%2]; rdffr p1.b; str p1, [%1];"
                 " fmov %0, d0" : "=r" (first) : "r" (sink),
                 "r" (p->line - 8) : "v0", "memory");
    mask = sink[0] & 0xffff;
    ok(first == load64(p->line - 8) && mask == 0xff,
       "%s: a vector stops before poison", p->name);
    asm volatile(".arch_extension sve; ptrue p0.d; setffr;"
                 " ldnf1d {z0.d}, p0/z, [%1]; rdffr p1.b; str p1, [%0]" : :
                 "r" (sink), "r" (p->line) : "v0", "memory");
    ok(!(sink[0] & 0xffff), "%s: a vector that may not fault", p->name);
}

void test_processor(const Place *p)
{
    test_progress(p);
    test_fetch(p);
    test_user(p);
    test_no_fault(p);
    test_walk(p);
}

/* An abort is taken always */
void shut_down(const Place *p)
{
    bail("%s: this processor goes on", p->name);
}
