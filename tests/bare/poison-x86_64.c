/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison on x86_64: machine checks
 */
#include "poison.h"

/* MCG_STATUS: restart and error IP are valid, in progress */
#define MCG_PRECISE     7
#define STATUS_AMD      0xbd00080000000000
#define STATUS_INTEL    0xbd80000000000134
#define STATUS_INTEL_IF 0xbd80000000000150
#define MISC_PHYSICAL   0x86
/* More than there is in any function of an access */
#define CODE_SIZE       96

/* A virtual address that nothing else uses: see bare_pointers */
#define WALK_GIB        900

/* A descriptor in another line than those that an exception needs */
#define DESCRIPTORS     4096
#define DESCRIPTOR      (5 * LINE / 8)

/* --- accesses, each of the bytes at its argument -------------------------- */

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

static void read_exchange_add(void *at)
{
    uint64_t value = 7;

    asm volatile("lock xaddq %0, %1" : "+r" (value), "+m" (*(uint64_t *)at) :
                 : "memory");
}

static void compare8(void *at)
{
    uint32_t low = 1, high = 2;

    asm volatile("lock cmpxchg8b %2" : "+a" (low), "+d" (high),
                 "+m" (*(uint64_t *)at) : "b" (3), "c" (4) : "memory");
}

static void read_x87(void *at)
{
    asm volatile("fldt (%0); fstp %%st(0)" : : "r" (at) : "memory");
}

static void read_x87_integer(void *at)
{
    asm volatile("fildll (%0); fstp %%st(0)" : : "r" (at) : "memory");
}

static void read_past(void *at)
{
    asm volatile("movntdqa (%0), %%xmm0" : : "r" ((uint64_t)at & ~15ull) :
                 "xmm0", "memory");
}

static void read_masked(void *at)
{
    asm volatile("vpcmpeqd %%xmm1, %%xmm1, %%xmm1;"
                 " vmaskmovps (%0), %%xmm1, %%xmm0; vzeroupper" : : "r" (at) :
                 "xmm0", "xmm1", "memory");
}

static void read_gathered(void *at)
{
    asm volatile("vpxor %%xmm1, %%xmm1, %%xmm1;"
                 " vpcmpeqq %%xmm2, %%xmm2, %%xmm2;"
                 " vpgatherqq %%xmm2, (%0, %%xmm1), %%xmm0; vzeroupper" : :
                 "r" (at) : "xmm0", "xmm1", "xmm2", "memory");
}

static void read_bytes(void *at)
{
    uint64_t count = LINE;

    asm volatile("rep lodsb" : "+S" (at), "+c" (count) : : "rax", "memory");
}

static void push(void *at)
{
    asm volatile("pushq (%0); popq %%rax" : : "r" (at) : "rax", "memory");
}

/* Of a stack in this memory */
static void pop(void *at)
{
    asm volatile("xchgq %%rsp, %0; popq %%rax; xchgq %%rsp, %0" : "+r" (at) :
                 : "rax", "memory");
}

/* These do not come back, wherever they go to */
static void return_near(void *at)
{
    asm volatile("movq %0, %%rsp; ret" : : "r" (at) : "memory");
}

static void return_interrupt(void *at)
{
    asm volatile("movq %0, %%rsp; iretq" : : "r" (at) : "memory");
}

static void call_through(void *at)
{
    asm volatile("call *(%0)" : : "r" (at) : "memory");
}

static bool has_avx2(void)
{
    uint32_t a = 7, b, c = 0, d;

    asm volatile("cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
    return cpu_has_avx() && b & 1u << 5;
}

const Access accesses[] = {
    { .name = "a load of 1", .fn = read8, .size = 1 },
    { .name = "a load of 2", .fn = read16, .size = 2 },
    { .name = "a load of 4", .fn = read32, .size = 4 },
    { .name = "a load of 8", .fn = read64, .size = 8 },
    { .name = "a string move", .fn = read_string, .size = LINE },
    { .name = "a string load", .fn = read_bytes, .size = LINE },
    { .name = "a vector of 16", .fn = read_sse, .size = 16 },
    { .name = "an aligned vector of 16", .fn = read_sse_aligned, .size = 1 },
    { .name = "a vector past the cache", .fn = read_past, .size = 1 },
    { .name = "a vector of 32", .fn = read_avx, .size = 32,
      .there = cpu_has_avx },
    { .name = "a masked vector", .fn = read_masked, .size = 16,
      .there = cpu_has_avx },
    { .name = "a vector that is gathered", .fn = read_gathered, .size = 8,
      .there = has_avx2 },
    { .name = "an x87 load of 10", .fn = read_x87, .size = 10 },
    { .name = "an x87 load of an integer", .fn = read_x87_integer, .size = 8 },
    { .name = "an atomic addition", .fn = add, .size = 8 },
    { .name = "an exchange and addition", .fn = read_exchange_add, .size = 8 },
    { .name = "an exchange", .fn = exchange, .size = 4 },
    { .name = "an atomic comparison", .fn = compare, .size = 8 },
    { .name = "an atomic comparison of two", .fn = compare8, .size = 8 },
    { .name = "an atomic comparison of 16", .fn = compare16, .size = 1 },
    { .name = "a change in place", .fn = modify, .size = 1 },
    { .name = "a push", .fn = push, .size = 8 },
    { .name = "a pop", .fn = pop, .size = 8 },
    { .name = "a return", .fn = return_near, .size = 8, .only = true },
    { .name = "a return from an interrupt", .fn = return_interrupt, .size = 24,
      .only = true },
    { .name = "a call through a pointer", .fn = call_through, .size = 8,
      .only = true },
    { .name = "a fetch", .fn = execute, .size = 1, .fetch = true },
    { }
};

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
        asm volatile("movnti %0, (%1)" : : "r" (0x6dull * i), "r" (at + i) :
                     "memory");
    }
}

/* The first one across the begin */
static void store_x87(uint64_t at)
{
    for (int i = -6; i < LINE; i += 10) {
        asm volatile("fldz; fstpt (%0)" : : "r" (at + i) : "memory");
    }
}

const Store stores[] = {
    { "words", store_words, 0, NULL },
    { "bytes, the last one first", store_bytes, 0x0706050403020100, NULL },
    { "a string store", store_string, 0x3333333333333333, NULL },
    { "stores across its ends", store_across, 0x0008000000040000, NULL },
    { "vectors of 16", store_sse, 0, NULL },
    { "vectors of 32", store_avx, 0, cpu_has_avx },
    { "stores past the cache", store_past, 0, NULL },
    { "x87 stores", store_x87, 0, NULL },
    { }
};

/* --- what comes of them --------------------------------------------------- */

static uint64_t status_of(bool fetch)
{
    return !bare_arg("intel", 0) ? STATUS_AMD :
           fetch ? STATUS_INTEL_IF : STATUS_INTEL;
}

static bool is_within(uint64_t at, const void *code)
{
    return at - (uint64_t)code < CODE_SIZE;
}

/* At an instruction of the access, or that it goes to, or of memcpy() */
static bool is_precise(uint64_t rip, const void *fn, uint64_t at)
{
    return is_within(rip, fn) || is_within(rip, memcpy) || rip - at < LINE;
}

bool fails(void (*fn)(void *at), uint64_t at, uint64_t line, bool fetch)
{
    BareCheck check;

    if (cpu_try(fn, (void *)at) != BARE_MACHINE_CHECK) {
        return false;
    }
    check = cpu_check();
    return check.mcg == MCG_PRECISE && check.status == status_of(fetch) &&
           check.address == line && check.misc == MISC_PHYSICAL &&
           is_precise(check.rip, fn, at);
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

/* --- descriptors ---------------------------------------------------------- */

typedef struct __attribute__((packed)) TablePointer {
    uint16_t limit;
    uint64_t base;
} TablePointer;

/* User mode may not do it; bare_trap() does */
static void set_descriptors(const TablePointer *table)
{
    asm volatile("lgdt (%%rdi)" : : "D" (table) : "memory");
}

static void read_rights(void *selector)
{
    uint64_t rights;

    asm volatile("lar %1, %0" : "=r" (rights) : "r" (selector) : "cc");
}

/* A copy of them there; returns what was before */
static TablePointer move_descriptors(uint64_t to)
{
    TablePointer before, table = { DESCRIPTORS - 1, to };

    asm volatile("sgdt %0" : "=m" (before));
    memset((void *)to, 0, DESCRIPTORS);
    memcpy((void *)to, (const void *)before.base, before.limit + 1);
    set_descriptors(&table);
    return before;
}

/* Descriptors in this memory: one that cannot be read */
static void test_descriptor(const Place *p)
{
    uint64_t table = (p->line & ~4095ull) + 2 * 4096;
    uint64_t line = table + DESCRIPTOR * 8;
    TablePointer before = move_descriptors(table);
    bool good;

    inject(p->region, line);
    good = fails(read_rights, DESCRIPTOR << 3 | 3, line, false) &&
           fails(read_rights, (DESCRIPTOR + 7) << 3 | 3, line, false) &&
           works(read_rights, (DESCRIPTOR + 8) << 3 | 3);
    clear(p->region, line);
    good &= works(read_rights, DESCRIPTOR << 3 | 3);
    set_descriptors(&before);
    ok(good, "%s: a descriptor", p->name);
}

void test_processor(const Place *p)
{
    test_progress(p);
    test_fetch(p);
    test_walk(p);
    test_descriptor(p);
}

/*
 * A machine check while there is one; or one for which there is no code
 * segment, because its descriptor is poisoned, too
 */
void shut_down(const Place *p)
{
    if (bare_arg("shutdown", 0) == 2) {
        uint64_t table = (p->line & ~4095ull) + 2 * 4096;

        move_descriptors(table);
        inject(p->region, table);
    }
    bare_check_stays = true;
    inject(p->region, p->line);
    cpu_try(read8, (void *)p->line);
    cpu_try(read8, (void *)p->line);
    bail("the processor goes on");
}
