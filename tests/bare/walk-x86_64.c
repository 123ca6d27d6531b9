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

/* The last GiB, where nothing else is */
#define VIEW_GIB        (BARE_GIB - 1)

const uint64_t walk_view = (uint64_t)VIEW_GIB << 30;
const uint64_t entry_accessed = ACCESSED;

static volatile bool stop;
static volatile uint64_t calls;

uint64_t walk_map(uint64_t tables)
{
    uint64_t directory = tables, table = tables + PAGE;

    memset((void *)tables, 0, WALK_TABLES);
    store64(directory, table | ENTRY);
    store64(table, (uint64_t)walk_pages | ENTRY);
    store64(table + 8, ((uint64_t)walk_pages + PAGE) | ENTRY);
    bare_pointers[VIEW_GIB] = directory | ENTRY;
    return table + 8;
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

/*
 * An instruction that crosses from one page to the other: the walk for the
 * second page comes while the first is being translated, and has to set a bit.
 */
void test_code(uint64_t entry, uint64_t rounds)
{
    static const uint8_t code[] = { 0xb8, 0x44, 0x33, 0x22, 0x11, 0xc3 };
    uint32_t (*call)(void) = (void *)(walk_view + CODE_LONG);
    volatile uint8_t *first = &walk_pages[CODE_LONG];
    uint64_t wrong = 0;

    memcpy(&walk_pages[CODE_LONG], code, sizeof(code));
    walk_pages[CODE_SHORT] = 0xc3;
    stop = false;
    calls = 0;
    cpu_run(1, call_short, NULL);
    for (uint64_t i = 0; i < rounds; i++) {
        entry_untouch(entry);
        walk_again();
        *first = code[0];
        wrong += call() != 0x11223344;
    }
    stop = true;
    cpu_wait(1);
    ok(!wrong && calls, "%lu of %lu calls across pages went wrong", wrong,
       rounds);
}
