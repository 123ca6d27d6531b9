/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables of x86_64
 */
#include "walk.h"

/* Intel SDM 4.5: an entry is there, writable, everybody's */
#define ENTRY           7ull
#define ACCESSED        (1ull << 5)
#define SOFTWARE_BIT    9

/*
 * Code in the first page: one that the other vCPU calls, and one that ends in
 * the second page
 */
#define CODE_SHORT      0x200
#define CODE_LONG       (PAGE - 3)
/* Data in it, for a device, and in the second page: a table of exceptions */
#define DATA            0x300
#define TRAPS           (PAGE + 0x400)

/* QEMU docs/specs/fw_cfg.rst: DMA of the signature, in big-endian */
#define FW_CFG_DMA      0x514
#define FW_CFG_READ     0x0000000a

/* The last GiB, where nothing else is; two entries in two lines */
#define VIEW_GIB        (BARE_GIB - 1)
#define VIEW_ENTRY      7

const uint64_t walk_view = ((uint64_t)VIEW_GIB << 30) + VIEW_ENTRY * PAGE;
const uint64_t entry_accessed = ACCESSED;

static volatile bool stop;
static volatile uint64_t calls;

uint64_t walk_map(uint64_t tables, uint64_t last)
{
    uint64_t entry = last + 8 * VIEW_ENTRY;

    memset((void *)tables, 0, WALK_TABLES);
    store64(tables, last | ENTRY);
    store64(entry, (uint64_t)walk_pages | ENTRY);
    store64(entry + 8, ((uint64_t)walk_pages + PAGE) | ENTRY);
    bare_pointers[VIEW_GIB] = tables | ENTRY;
    return entry + 8;
}

void walk_begin(void)
{
}

/* By way of the kernel: see bare_trap() */
void walk_again(void)
{
    asm volatile("invlpg (%0)" : : "D" (walk_view + PAGE) : "memory");
}

void entry_untouch(uint64_t entry)
{
    asm volatile("lock andq %0, (%1)" : : "r" (~ACCESSED), "r" (entry) :
                 "memory");
}

bool entry_toggle(uint64_t entry)
{
    bool was;

    asm volatile("lock btcq %1, (%2)" : "=@ccc" (was) : "i" (SOFTWARE_BIT),
                 "r" (entry) : "memory");
    return was;
}

/* The other vCPU is busy with it after this */
static void begin(void (*fn)(void *arg), void *arg)
{
    stop = false;
    calls = 0;
    cpu_run(1, fn, arg);
    while (!calls) {
        relax();
    }
}

/* Has the first page translated again and again, as it has changed */
static void call_short(void *arg)
{
    volatile uint8_t *code = &walk_pages[CODE_SHORT];

    (void)arg;
    while (!stop) {
        *code = 0xc3;                       /* ret */
        ((void (*)(void))code)();
        calls++;
    }
}

/* An instruction that crosses from one page to the other, and returns */
static void code_fill(void)
{
    static const uint8_t code[] = { 0xb8, 0x44, 0x33, 0x22, 0x11, 0xc3 };

    memcpy(&walk_pages[CODE_LONG], code, sizeof(code));
    walk_pages[CODE_SHORT] = 0xc3;
}

static uint32_t call_long(void)
{
    volatile uint8_t *first = &walk_pages[CODE_LONG];

    *first = *first;
    return ((uint32_t (*)(void))(walk_view + CODE_LONG))();
}

/*
 * The walk for the second page comes while the first is being translated, and
 * has to set a bit.
 */
void test_code(uint64_t entry, uint64_t rounds)
{
    uint64_t wrong = 0;

    code_fill();
    begin(call_short, NULL);
    for (uint64_t i = 0; i < rounds; i++) {
        entry_untouch(entry);
        walk_again();
        wrong += call_long() != 0x11223344;
    }
    stop = true;
    cpu_wait(1);
    ok(!wrong && calls, "%lu of %lu calls across pages went wrong", wrong,
       rounds);
}

/* A device stores to the page that is translated, with the BQL */
static void call_and_dma(void *arg)
{
    static struct {
        uint32_t control, len;
        uint64_t address;
    } dma __attribute__((aligned(16)));

    (void)arg;
    dma.len = __builtin_bswap32(4);
    dma.address = __builtin_bswap64((uint64_t)&walk_pages[DATA]);
    while (!stop) {
        walk_pages[CODE_SHORT] = 0xc3;
        ((void (*)(void))&walk_pages[CODE_SHORT])();
        dma.control = __builtin_bswap32(FW_CFG_READ);
        out32(FW_CFG_DMA, 0);
        out32(FW_CFG_DMA + 4, __builtin_bswap32((uint32_t)(uint64_t)&dma));
        calls++;
    }
}

static void try_long(void *arg)
{
    (void)arg;
    call_long();
}

void test_poisoned(uint64_t rounds)
{
    uint64_t wrong = 0;

    code_fill();
    begin(call_and_dma, NULL);
    for (uint64_t i = 0; i < rounds; i++) {
        wrong += cpu_try(try_long, NULL) != BARE_MACHINE_CHECK;
    }
    stop = true;
    cpu_wait(1);
    ok(!wrong && calls && !memcmp(&walk_pages[DATA], "QEMU", 4),
       "%lu of %lu walks met no poison", wrong, rounds);
}

static void read_register(void *mmio)
{
    while (!stop) {
        load32((uint64_t)mmio);
        calls++;
    }
}

/* invlpg is an exception itself, and so is what follows */
void test_traps(uint64_t entry, uint64_t rounds, uint64_t mmio)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) table;

    asm volatile("sidt %0" : "=m" (table));
    memcpy(&walk_pages[TRAPS], (void *)table.base, table.limit + 1);
    table.base = walk_view + TRAPS;
    asm volatile("lidt (%0)" : : "D" (&table) : "memory");
    begin(read_register, (void *)mmio);
    for (uint64_t i = 0; i < rounds; i++) {
        walk_again();
    }
    stop = true;
    cpu_wait(1);
    ok(calls && !(load64(entry) & ACCESSED), "%lu exceptions by way of tables"
       " that may only be read", rounds);
}
