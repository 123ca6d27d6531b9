/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine below the programs of tests/bare, q35: vCPUs and exceptions
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

#define RSDP_START      0xe0000
#define RSDP_END        0x100000

/* Present, writable, user */
#define PAGE_TABLE      0x07
#define PAGE_LARGE      0x87

/* Machine checks: the status of all, and of bank 0; banks are 4 MSRs apart */
#define MSR_EFER        0xc0000080
#define EFER_SVME       (1u << 12)
#define MSR_VM_HSAVE    0xc0010117
#define MSR_MCG_STATUS  0x17a
#define MSR_MC0_STATUS  0x401
#define MC_BANKS        10
#define MC_VALID        (1ull << 63)

#define CPUID_AVX       (1u << 28)
#define CPUID_OSXSAVE   (1u << 27)

typedef struct Cpu {
    uint64_t saved;
    BareCheck check;
} Cpu;

static volatile uint32_t cpus_up;
static volatile Cpu cpus[BARE_MAX_CPUS];

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

void bare_put(char c)
{
    out8(PORT_CONSOLE, c);
}

void bare_leave(bool good)
{
    out8(PORT_EXIT, !good);
    for (;;) {
        relax();
    }
}

const char *bare_words(void)
{
    return (const char *)(uint64_t)bare_command_line;
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

/* --- vCPUs ---------------------------------------------------------------- */

static Cpu *this_cpu(void)
{
    return (Cpu *)&cpus[bare_this_cpu()];
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
    __atomic_add_fetch(&cpus_up, 1, __ATOMIC_SEQ_CST);
    if (!bare_this_cpu()) {
        bare_idt_fill();
        map_memory();
        main();
        bare_end();
    }
    bare_work();
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

/* --- what firmware has left --- */

static uint64_t find_rsdp(void)
{
    for (uint64_t at = RSDP_START; at < RSDP_END; at += 16) {
        if (!memcmp((void *)at, "RSD PTR ", 8)) {
            return at;
        }
    }
    bail("no ACPI tables");
}

uint64_t bare_table(const char *name)
{
    uint64_t rsdt = load32(find_rsdp() + 16);
    uint64_t end = rsdt + load32(rsdt + 4);

    for (uint64_t at = rsdt + ACPI_HEADER; at + 4 <= end; at += 4) {
        uint64_t table = load32(at);

        if (!memcmp((void *)table, name, 4)) {
            return table;
        }
    }
    bail("no ACPI table %s", name);
}

/* SeaBIOS has done that */
void bare_enumerate(uint8_t bus)
{
    (void)bus;
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

long cpu_try(void (*fn)(void *arg), void *arg)
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

static void write_msr(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr" : : "a" ((uint32_t)value),
                 "d" ((uint32_t)(value >> 32)), "c" (msr));
}

volatile bool bare_check_stays;

static void take_check(BareCheck *check, uint64_t rip)
{
    *check = (BareCheck) { .mcg = read_msr(MSR_MCG_STATUS), .rip = rip };
    for (unsigned i = 0; i < MC_BANKS; i++) {
        uint32_t msr = MSR_MC0_STATUS + 4 * i;

        if (read_msr(msr) & MC_VALID) {
            check->status = read_msr(msr);
            check->address = read_msr(msr + 1);
            check->misc = read_msr(msr + 2);
            write_msr(msr, 0);
        }
    }
    if (!bare_check_stays) {
        write_msr(MSR_MCG_STATUS, 0);
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

    if (frame->regs[TRAP_RDX] == BARE_IN32) {
        asm volatile("inl %w1, %k0" : "=a" (frame->regs[TRAP_RAX]) :
                     "d" (port));
    } else if (frame->regs[TRAP_RDX] == BARE_OUT32) {
        asm volatile("outl %k0, %w1" : : "a" (frame->regs[TRAP_RSI]),
                     "d" (port));
    } else {
        asm volatile("outb %b0, %w1" : : "a" (frame->regs[TRAP_RSI]),
                     "d" (port));
    }
    frame->rip += UD2_SIZE;
}

/*
 * INVD, WBINVD, WBNOINVD, and INVLPG, LGDT and LIDT (%rdi), which user mode
 * may not execute: done here. False if it is something else.
 */
static bool do_privileged(TrapFrame *frame)
{
    const uint8_t *code = (const uint8_t *)frame->rip;

    if (frame->vector != BARE_PROTECTION) {
        return false;
    }
    if (code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0x09) {
        asm volatile("wbnoinvd" : : : "memory");
        frame->rip += 3;
    } else if (code[0] != 0x0f) {
        return false;
    } else if (code[1] == 0x08) {
        asm volatile("invd" : : : "memory");
        frame->rip += 2;
    } else if (code[1] == 0x09) {
        asm volatile("wbinvd" : : : "memory");
        frame->rip += 2;
    } else if (code[1] == 0x01 && code[2] == 0x3f) {
        asm volatile("invlpg (%0)" : : "r" (frame->regs[TRAP_RDI]) : "memory");
        frame->rip += 3;
    } else if (code[1] == 0x01 && code[2] == 0x17) {
        asm volatile("lgdt (%0)" : : "r" (frame->regs[TRAP_RDI]) : "memory");
        frame->rip += 3;
    } else if (code[1] == 0x01 && code[2] == 0x1f) {
        asm volatile("lidt (%0)" : : "r" (frame->regs[TRAP_RDI]) : "memory");
        frame->rip += 3;
    } else {
        return false;
    }
    return true;
}

/* VMRUN likewise, of the guest at rax; what it needs is turned on before */
static bool do_guest(TrapFrame *frame)
{
    static uint8_t host_state[4096] __attribute__((aligned(4096)));
    static const uint8_t vmrun[] = { 0x0f, 0x01, 0xd8 };

    if ((frame->vector != BARE_UNDEFINED && frame->vector != BARE_PROTECTION) ||
        memcmp((const void *)frame->rip, vmrun, sizeof(vmrun))) {
        return false;
    }
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SVME);
    write_msr(MSR_VM_HSAVE, (uintptr_t)host_state);
    asm volatile("vmrun %%rax" : : "a" (frame->regs[TRAP_RAX]) : "memory",
                 "cc");
    frame->rip += sizeof(vmrun);
    return true;
}

/* In kernel mode, where nothing can be said */
void bare_trap(TrapFrame *frame)
{
    uint64_t saved = this_cpu()->saved;

    if (frame->vector == BARE_MACHINE_CHECK) {
        take_check(&this_cpu()->check, frame->rip);
    }
    if (frame->rip == (uint64_t)bare_port_trap) {
        do_port(frame);
    } else if (saved) {
        frame->rip = (uint64_t)bare_try_failed;
        frame->rsp = saved;
        frame->regs[TRAP_RAX] = frame->vector;
    } else if (!do_privileged(frame) && !do_guest(frame)) {
        unexpected = *frame;
        asm volatile("mov %%cr2, %0" : "=r" (unexpected_address));
        frame->rip = (uint64_t)report_trap;
        frame->rsp = (frame->rsp & ~15ull) - 8;
    }
}
