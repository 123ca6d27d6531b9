/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine below the programs of tests/bare: console, results, vCPUs
 */
#include "bare.h"

/* -debugcon and -device isa-debug-exit,iobase=0xf4 */
#define PORT_CONSOLE    0xe9
#define PORT_EXIT       0xf4
/* q35's ACPI timer, where SeaBIOS puts it: 24 bits at 3.579545 MHz */
#define PORT_TIMER      0x608
#define TIMER_HZ        3579545
#define TIMER_MASK      0xffffff

/* xAPIC: interrupt command register */
#define APIC_ICR        0xfee00300ull
#define ICR_BUSY        (1u << 12)
#define ICR_INIT        0x000c4500u     /* all but this one */
#define ICR_START       0x000c4600u

#define START_TIMEOUT   5000

/* Present, writable, user */
#define PAGE_TABLE      0x07
#define PAGE_LARGE      0x87

/* Machine checks: the status of all, and of bank 0; banks are 4 MSRs apart */
#define MSR_MCG_STATUS  0x17a
#define MSR_MC0_STATUS  0x401
#define MC_BANKS        10
#define MC_VALID        (1ull << 63)

#define CPUID_AVX       (1u << 28)
#define CPUID_OSXSAVE   (1u << 27)

typedef struct Cpu {
    void (*fn)(void *arg);
    void *arg;
    uint64_t saved;
    BareCheck check;
} Cpu;

static volatile uint32_t cpus_up;
static volatile Cpu cpus[BARE_MAX_CPUS];
static unsigned results, failures;
static uint32_t console_lock;

void *memcpy(void *to, const void *from, size_t n)
{
    void *start = to;

    asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (n) : : "memory");
    return start;
}

void *memset(void *to, int byte, size_t n)
{
    void *start = to;

    asm volatile("rep stosb" : "+D" (to), "+c" (n) : "a" (byte) : "memory");
    return start;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n && *p == *q; n--) {
        p++;
        q++;
    }
    return n ? *p - *q : 0;
}

/* --- console ------------------------------------------------------------ */

static void put(char c)
{
    out8(PORT_CONSOLE, c);
}

static void put_string(const char *s)
{
    while (*s) {
        put(*s++);
    }
}

static void put_number(uint64_t value, unsigned base)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n) {
        put(digits[--n]);
    }
}

static void put_format(const char *fmt, va_list args)
{
    for (; *fmt; fmt++) {
        bool is_long = false;

        if (*fmt != '%') {
            put(*fmt);
            continue;
        }
        if (*++fmt == 'l') {
            is_long = true;
            fmt++;
        }
        if (*fmt == 's') {
            put_string(va_arg(args, const char *));
        } else {
            put_number(is_long ? va_arg(args, uint64_t) :
                                 va_arg(args, unsigned),
                       *fmt == 'x' ? 16 : 10);
        }
    }
}

/* A vCPU that has the console and traps may say so */
static void console_begin(void)
{
    unsigned tries = 0;

    while (__atomic_exchange_n(&console_lock, 1, __ATOMIC_ACQUIRE) &&
           ++tries < 1000000) {
        relax();
    }
}

static void console_end(void)
{
    put('\n');
    __atomic_store_n(&console_lock, 0, __ATOMIC_RELEASE);
}

void say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    console_begin();
    put_format(fmt, args);
    console_end();
    va_end(args);
}

bool ok(bool good, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    console_begin();
    results++;
    failures += !good;
    put_string(good ? "ok " : "not ok ");
    put_number(results, 10);
    put_string(" - ");
    put_format(fmt, args);
    console_end();
    va_end(args);
    return good;
}

static void __attribute__((noreturn)) leave(bool good)
{
    out8(PORT_EXIT, !good);
    for (;;) {
        relax();
    }
}

void bail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    console_begin();
    put_string("Bail out! ");
    put_format(fmt, args);
    console_end();
    va_end(args);
    leave(false);
}

void bare_end(void)
{
    say("1..%u", results);
    leave(!failures);
}

/* --- command line ------------------------------------------------------- */

static uint64_t number(const char *s)
{
    uint64_t value = 0;

    for (; *s >= '0' && *s <= '9'; s++) {
        value = value * 10 + (*s - '0');
    }
    return value;
}

uint64_t bare_arg(const char *name, uint64_t otherwise)
{
    const char *at = (const char *)(uint64_t)bare_command_line;

    while (*at) {
        const char *n = name;

        while (*n && *n == *at) {
            n++;
            at++;
        }
        if (!*n && (!*at || *at == ' ')) {
            return 1;
        }
        if (!*n && *at == '=') {
            return number(at + 1);
        }
        while (*at && *at != ' ') {
            at++;
        }
        while (*at == ' ') {
            at++;
        }
    }
    return otherwise;
}

/* --- time --------------------------------------------------------------- */

uint64_t milliseconds(void)
{
    static uint64_t ticks;
    static uint32_t last;
    uint32_t now = in32(PORT_TIMER);

    ticks += (now - last) & TIMER_MASK;
    last = now;
    return ticks * 1000 / TIMER_HZ;
}

/* --- vCPUs: the stack says which one this is -------------------------- */

static Cpu *this_cpu(void)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);

    return (Cpu *)&cpus[(here - (uint64_t)bare_stacks) >> BARE_STACK_SHIFT];
}

/* Each directory maps a GiB; start.S has done four of them */
static void map_memory(void)
{
    for (unsigned i = 4; i < BARE_GIB; i++) {
        for (unsigned k = 0; k < 512; k++) {
            bare_directories[i][k] = (i * 512ull + k) << 21 | PAGE_LARGE;
        }
        bare_pointers[i] = (uint64_t)bare_directories[i] | PAGE_TABLE;
    }
}

void bare_enter(void)
{
    volatile Cpu *cpu = this_cpu();

    __atomic_add_fetch(&cpus_up, 1, __ATOMIC_SEQ_CST);
    if (cpu == cpus) {
        bare_idt_fill();
        map_memory();
        main();
        bare_end();
    }
    for (;;) {
        if (cpu->fn) {
            cpu->fn(cpu->arg);
            cpu->fn = NULL;
        }
        relax();
    }
}

static void interrupt_others(uint32_t command)
{
    store32(APIC_ICR, command);
    while (load32(APIC_ICR) & ICR_BUSY) {
        relax();
    }
}

unsigned cpus_start(void)
{
    uint64_t until = milliseconds() + START_TIMEOUT;
    unsigned count = bare_arg("cpus", 1);

    if (count == 1 || cpus_up == count) {
        return count;
    }
    memcpy((void *)(uint64_t)BARE_TRAMPOLINE, bare_trampoline,
           bare_trampoline_end - bare_trampoline);
    interrupt_others(ICR_INIT);
    interrupt_others(ICR_START | BARE_TRAMPOLINE >> 12);
    while (cpus_up != count) {
        if (milliseconds() > until) {
            bail("%u of %u vCPUs started", cpus_up, count);
        }
    }
    return count;
}

void cpu_run(unsigned cpu, void (*fn)(void *arg), void *arg)
{
    cpus[cpu].arg = arg;
    cpus[cpu].fn = fn;
}

void cpu_wait(unsigned cpu)
{
    while (cpus[cpu].fn) {
        relax();
    }
}

static uint32_t cpuid_features(void)
{
    uint32_t a = 1, b, c, d;

    asm volatile("cpuid" : "+a" (a), "=b" (b), "=c" (c), "=d" (d));
    return c;
}

bool cpu_has_avx(void)
{
    const uint32_t both = CPUID_AVX | CPUID_OSXSAVE;

    return (cpuid_features() & both) == both;
}

int cpu_try(void (*fn)(void *arg), void *arg)
{
    return bare_try(fn, arg, &this_cpu()->saved);
}

BareCheck cpu_check(void)
{
    return this_cpu()->check;
}

static uint64_t read_msr(uint32_t msr)
{
    uint32_t low, high;

    asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
    return (uint64_t)high << 32 | low;
}

static void clear_msr(uint32_t msr)
{
    asm volatile("wrmsr" : : "a" (0), "d" (0), "c" (msr));
}

volatile bool bare_check_stays;

static void take_check(BareCheck *check)
{
    *check = (BareCheck) { .mcg = read_msr(MSR_MCG_STATUS) };
    for (unsigned i = 0; i < MC_BANKS; i++) {
        uint32_t msr = MSR_MC0_STATUS + 4 * i;

        if (read_msr(msr) & MC_VALID) {
            check->status = read_msr(msr);
            check->address = read_msr(msr + 1);
            check->misc = read_msr(msr + 2);
            clear_msr(msr);
        }
    }
    if (!bare_check_stays) {
        clear_msr(MSR_MCG_STATUS);
    }
}

static TrapFrame unexpected;
static uint64_t unexpected_address;

static void report_trap(void)
{
    bail("exception %lu, error %lx, at %lx, address %lx", unexpected.vector,
         unexpected.error, unexpected.rip, unexpected_address);
}

static void do_port(TrapFrame *frame)
{
    uint16_t port = frame->regs[TRAP_RDI];

    if (frame->regs[TRAP_RDX]) {
        asm volatile("inl %w1, %k0" : "=a" (frame->regs[TRAP_RAX]) :
                     "d" (port));
    } else {
        asm volatile("outb %b0, %w1" : : "a" (frame->regs[TRAP_RSI]),
                     "d" (port));
    }
    frame->rip += UD2_SIZE;
}

/* WBINVD and INVD, which user mode may not execute: done here. False if not. */
static bool do_caches(TrapFrame *frame)
{
    const uint8_t *code = (const uint8_t *)frame->rip;

    if (frame->vector != BARE_PROTECTION || code[0] != 0x0f ||
        (code[1] != 0x08 && code[1] != 0x09)) {
        return false;
    }
    if (code[1] == 0x09) {
        asm volatile("wbinvd" : : : "memory");
    } else {
        asm volatile("invd" : : : "memory");
    }
    frame->rip += 2;
    return true;
}

/* In kernel mode, where nothing can be said */
void bare_trap(TrapFrame *frame)
{
    uint64_t saved = this_cpu()->saved;

    if (frame->vector == BARE_MACHINE_CHECK) {
        take_check(&this_cpu()->check);
    }
    if (frame->rip == (uint64_t)bare_port_trap) {
        do_port(frame);
    } else if (saved) {
        frame->rip = (uint64_t)bare_try_failed;
        frame->rsp = saved;
        frame->regs[TRAP_RAX] = frame->vector;
    } else if (!do_caches(frame)) {
        unexpected = *frame;
        asm volatile("mov %%cr2, %0" : "=r" (unexpected_address));
        frame->rip = (uint64_t)report_trap;
        frame->rsp = (frame->rsp & ~15ull) - 8;
    }
}
