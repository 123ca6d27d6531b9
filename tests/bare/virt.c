/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine below the programs of tests/bare, virt: memory as it is mapped,
 * vCPUs, exceptions, console and command line
 */
#include "bare.h"

#define UART            0x09000000ull

/* Arm semihosting, which tells the command line (SYS_GET_CMDLINE) */
#define GET_COMMAND     0x15

/* Arm Power State Coordination Interface */
#define PSCI_OFF        0x84000008ull
#define PSCI_ON         0xc4000003ull

#define START_TIMEOUT   5000

/* Arm architecture D8.3: descriptors of 4 KiB granules, and their table */
#define ENTRIES         512
#define GIB_SHIFT       30
#define IS_TABLE        3ull
#define IS_BLOCK        (1ull | 1ull << 10 | 3ull << 8) /* accessed, shared */
#define IS_DEVICE       (1ull << 2 | 3ull << 53)        /* and no code */
#define IS_USER         (1ull << 6)
#define IS_READ_ONLY    (1ull << 7)
#define MAIR            0x04ffull
#define TCR             (16ull | 1ull << 8 | 1ull << 10 | 3ull << 12 | \
                         1ull << 23 | 5ull << 32)
#define SCTLR_ON        (1ull | 1ull << 2 | 1ull << 12)
#define SCTLR_USER      (1ull << 14 | 1ull << 15 | 1ull << 26)

/* 2 TiB, of which the upper one has windows; RAM is the second GiB */
#define TABLES          4
#define RAM_GIB         1
#define WINDOWS_GIB     1024

/* The same addresses again, for whoever may do less with them */
static const struct {
    uint64_t view, flags;
} views[] = {
    { 0, 0 },
    { VIEW_USER, IS_USER },
    { VIEW_READ_ONLY, IS_READ_ONLY },
};

static uint64_t root[ENTRIES] __attribute__((aligned(4096)));
static uint64_t tables[ARRAY_SIZE(views)][TABLES][ENTRIES]
    __attribute__((aligned(4096)));
static char user_stacks[BARE_MAX_CPUS][4096] __attribute__((aligned(16)));
static volatile uint64_t saved[BARE_MAX_CPUS];
static BareAbort aborts[BARE_MAX_CPUS];
static volatile uint32_t cpus_up;

void *memcpy(void *to, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ((volatile char *)to)[i] = byte;
    }
    return to;
}

void bare_put(char c)
{
    store32(UART, c);
}

static uint64_t psci(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 asm("x0") = function;
    register uint64_t x1 asm("x1") = a;
    register uint64_t x2 asm("x2") = b;
    register uint64_t x3 asm("x3") = c;

    asm volatile("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3) : :
                 "memory");
    return x0;
}

/* The results have said whether it is good */
void bare_leave(bool good)
{
    (void)good;
    psci(PSCI_OFF, 0, 0, 0);
    for (;;) {
        relax();
    }
}

const char *bare_words(void)
{
    static char words[512];
    uint64_t block[2] = { (uint64_t)words, sizeof(words) };
    register uint64_t x0 asm("x0") = GET_COMMAND;
    register uint64_t *x1 asm("x1") = block;

    if (!words[0]) {
        asm volatile("hlt #0xf000" : "+r" (x0) : "r" (x1) : "memory");
    }
    return words;
}

uint64_t milliseconds(void)
{
    uint64_t ticks, frequency;

    asm volatile("mrs %0, cntvct_el0; mrs %1, cntfrq_el0" : "=r" (ticks),
                 "=r" (frequency));
    return ticks / (frequency / 1000);
}

/* --- memory --------------------------------------------------------------- */

/* Registers of host bridges are among the windows: nothing is cached here */
static uint64_t describe(uint64_t gib, uint64_t flags)
{
    bool device = gib != RAM_GIB && gib < WINDOWS_GIB;

    return gib << GIB_SHIFT | IS_BLOCK | flags | (device ? IS_DEVICE : 0);
}

static void fill_tables(void)
{
    for (unsigned v = 0; v < ARRAY_SIZE(views); v++) {
        unsigned first = views[v].view >> (GIB_SHIFT + 9);

        for (unsigned i = 0; i < TABLES; i++) {
            for (unsigned k = 0; k < ENTRIES; k++) {
                tables[v][i][k] = describe(i * ENTRIES + k, views[v].flags);
            }
            root[first + i] = (uint64_t)tables[v][i] | IS_TABLE;
        }
    }
}

static void map_memory(void)
{
    uint64_t control;

    asm volatile("msr mair_el1, %0; msr tcr_el1, %1; msr ttbr0_el1, %2; isb" :
                 : "r" (MAIR), "r" (TCR), "r" (root) : "memory");
    asm volatile("mrs %0, sctlr_el1" : "=r" (control));
    control |= SCTLR_ON | SCTLR_USER;
    asm volatile("msr sctlr_el1, %0; isb" : : "r" (control) : "memory");
}

/* --- vCPUs ---------------------------------------------------------------- */

void bare_enter(uint64_t cpu)
{
    if (!cpu) {
        fill_tables();
    }
    map_memory();
    __atomic_add_fetch(&cpus_up, 1, __ATOMIC_SEQ_CST);
    if (!cpu) {
        main();
        bare_end();
    }
    bare_work();
}

unsigned cpus_start(void)
{
    uint64_t until = milliseconds() + START_TIMEOUT;
    unsigned count = bare_arg("cpus", 1);

    for (unsigned cpu = cpus_up; cpu < count; cpu++) {
        if (psci(PSCI_ON, cpu, (uint64_t)bare_start_other, cpu)) {
            bail("vCPU %u does not start", cpu);
        }
    }
    while (cpus_up != count) {
        if (milliseconds() > until) {
            bail("%u of %u vCPUs started", cpus_up, count);
        }
    }
    return count;
}

long cpu_try(void (*fn)(void *arg), void *arg)
{
    return bare_try(fn, arg, (uint64_t *)&saved[bare_this_cpu()]);
}

long cpu_try_user(void (*fn)(void *arg), void *arg)
{
    unsigned cpu = bare_this_cpu();

    return bare_try_user(fn, arg, (uint64_t *)&saved[cpu],
                         VIEW_USER + (uint64_t)user_stacks[cpu + 1]);
}

BareAbort cpu_abort(void)
{
    return aborts[bare_this_cpu()];
}

void bare_trap(uint64_t syndrome, uint64_t at, uint64_t address)
{
    uint64_t back = saved[bare_this_cpu()];

    if (back) {
        aborts[bare_this_cpu()] = (BareAbort) { at, address };
        bare_try_failed(back, (uint32_t)syndrome);
    }
    bail("exception, syndrome %lx, at %lx, address %lx", syndrome, at,
         address);
}
