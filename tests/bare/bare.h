/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program without an operating system: what the programs of tests/bare share
 *
 * A program is main(), which prints TAP through ok() and ends with bare_end().
 * Addresses are guest physical ones, interrupts are off, and each vCPU has a
 * stack of its own. bare.c and start.S have q35, virt.c and virt.S virt,
 * common.c what is the same on both, and cxl.c the CXL devices in them.
 */
#ifndef TESTS_BARE_H
#define TESTS_BARE_H

#define BARE_MAX_CPUS       8
#define BARE_STACK_SHIFT    15
#define BARE_STACK_SIZE     (1 << BARE_STACK_SHIFT)
/* Traps have the lower part of it */
#define BARE_TRAP_STACK     0x2000
/* A page below 1 MiB at which vCPUs start */
#define BARE_TRAMPOLINE     0x8000
/* Addresses that are mapped */
#define BARE_GIB            1024
/* On virt, the bits above the lower 32 of VIEW_USER */
#define VIEW_USER_HIGH      0x8000

#ifndef BARE_ASM

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIB                 (1024 * 1024ull)
#define UNIT                (256 * MIB)
#define ARRAY_SIZE(x)       (sizeof(x) / sizeof((x)[0]))

/** say: one line for the runner; %u and %x with or without l, %s */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/** ok: a result; one that fails does not end the program. Returns @good */
bool ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** bail: what the program needs is not there; ends it */
void bail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/** bare_end: prints the plan and ends QEMU */
void bare_end(void) __attribute__((noreturn));

/** bare_arg: "NAME" or "NAME=NUMBER" on the command line, or @otherwise */
uint64_t bare_arg(const char *name, uint64_t otherwise);

/** cpus_start: starts all vCPUs; returns how many there are, this included */
unsigned cpus_start(void);

/** cpu_run: @fn(@arg) on another vCPU, 1 to cpus_start() - 1, now idle */
void cpu_run(unsigned cpu, void (*fn)(void *arg), void *arg);

/** cpu_wait: until it has returned */
void cpu_wait(unsigned cpu);

/** cpu_has_avx: 256-bit registers may be used */
bool cpu_has_avx(void);

/**
 * cpu_try: calls @fn(@arg); returns the vector of the exception, on virt its
 * syndrome (ESR_EL1), or -1
 */
long cpu_try(void (*fn)(void *arg), void *arg);

#ifdef __aarch64__

/** cpu_try_user: the same at EL0, for which there are addresses of VIEW_USER */
long cpu_try_user(void (*fn)(void *arg), void *arg);

/**
 * struct BareAbort - what an exception says
 * @at: ELR_EL1, the instruction
 * @address: FAR_EL1
 */
typedef struct BareAbort {
    uint64_t at, address;
} BareAbort;

/** cpu_abort: of the last exception that cpu_try() has met on this vCPU */
BareAbort cpu_abort(void);

/** Views of all addresses: add one to an address to see it so */
#define VIEW_USER           ((uint64_t)VIEW_USER_HIGH << 32)
#define VIEW_READ_ONLY      (1ull << 46)

#else

/**
 * struct BareCheck - what a machine check says
 * @mcg: MCG_STATUS
 * @status, @address, @misc: of the bank that has it
 * @rip: of the instruction
 */
typedef struct BareCheck {
    uint64_t mcg, status, address, misc, rip;
} BareCheck;

#define BARE_UNDEFINED      6
#define BARE_PROTECTION     13
#define BARE_PAGE_FAULT     14
#define BARE_MACHINE_CHECK  18

/** cpu_check: the last machine check that cpu_try() has met on this vCPU */
BareCheck cpu_check(void);

/** bare_check_stays: from now on, none is ended */
extern volatile bool bare_check_stays;

#endif

/** milliseconds: since some moment; wraps never, if asked every 4 s */
uint64_t milliseconds(void);

void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* --- accesses: one instruction each ------------------------------------ */

#ifdef __aarch64__
#define BARE_LOAD(size, r)  "ldr" size " %" r "0, %1"
#define BARE_STORE(size, r) "str" size " %" r "1, %0"
#else
#define BARE_LOAD(size, r)  "mov %1, %0"
#define BARE_STORE(size, r) "mov %1, %0"
#endif

#define BARE_LOAD_STORE(bits, Type, size, r)                                \
    static inline Type load##bits(uint64_t at)                              \
    {                                                                       \
        const Type *p = (const void *)at;                                   \
        Type value;                                                         \
        asm volatile(BARE_LOAD(size, r) : "=r" (value) : "m" (p[0]) :       \
                     "memory");                                             \
        return value;                                                       \
    }                                                                       \
    static inline void store##bits(uint64_t at, Type value)                 \
    {                                                                       \
        Type *p = (void *)at;                                               \
        asm volatile(BARE_STORE(size, r) : "=m" (p[0]) : "r" (value) :      \
                     "memory");                                             \
    }

BARE_LOAD_STORE(8, uint8_t, "b", "w")
BARE_LOAD_STORE(16, uint16_t, "h", "w")
BARE_LOAD_STORE(32, uint32_t, "", "w")
BARE_LOAD_STORE(64, uint64_t, "", "x")

#ifdef __aarch64__

static inline void relax(void)
{
    asm volatile("yield" : : : "memory");
}

#else

/* Ports: 8 bits out, 32 bits in or out */
enum { BARE_OUT8, BARE_IN32, BARE_OUT32 };
uint32_t bare_port(uint16_t port, uint32_t value, unsigned how);

static inline void out8(uint16_t port, uint8_t value)
{
    bare_port(port, value, BARE_OUT8);
}

static inline uint32_t in32(uint16_t port)
{
    return bare_port(port, 0, BARE_IN32);
}

static inline void out32(uint16_t port, uint32_t value)
{
    bare_port(port, value, BARE_OUT32);
}

static inline void relax(void)
{
    asm volatile("pause" : : : "memory");
}

#endif

/* --- CXL ---------------------------------------------------------------- */

#define CXL_MAX_HOSTS       16
#define CXL_MAX_WINDOWS     8
#define CXL_MAX_FUNCTIONS   64

/* HDM decoder registers (CXL 3.1 8.2.4.20) */
#define CXL_DECODER(n)      (0x10 + 0x20 * (n))
#define CXL_CONTROL         0x10
#define CXL_COMMIT          (1u << 9)
#define CXL_COMMITTED       (1u << 10)

#define PCI_COMMAND         0x04
#define PCI_MEM_MASTER      0x06
#define PCI_BAR0            0x10
#define PCI_CAP_EXPRESS     0x10

typedef struct CxlHost {
    uint32_t uid;
    uint64_t component;
    uint64_t hdm;
} CxlHost;

typedef struct CxlWindow {
    uint64_t base;
    uint64_t size;
    unsigned ways;
    uint64_t granularity;
    uint32_t targets[16];
} CxlWindow;

/**
 * struct CxlFunction - a PCI function below a CXL host bridge
 * @parent: index of the port above, or -1
 * @hdm: address of its HDM decoder capability, or 0
 * @mailbox: address of the primary mailbox, of a memory device
 * @dvsec: offset of the device DVSEC (CXL 3.1 8.1.3), of a memory device
 */
typedef struct CxlFunction {
    CxlHost *host;
    int parent;
    uint8_t bus, devfn, secondary, port;
    uint16_t vendor, device;
    bool bridge;
    uint64_t component, hdm;
    uint64_t mailbox;
    uint16_t dvsec;
} CxlFunction;

extern unsigned cxl_hosts, cxl_windows, cxl_functions;
extern CxlHost cxl_host[CXL_MAX_HOSTS];
extern CxlWindow cxl_window[CXL_MAX_WINDOWS];
extern CxlFunction cxl_function[CXL_MAX_FUNCTIONS];

/** cxl_scan: finds them from ACPI tables and PCI, as firmware left them */
void cxl_scan(void);

/** cxl_endpoint: the n-th memory device by bus number; ends if there is none */
CxlFunction *cxl_endpoint(unsigned n);

/* Configuration space; 1, 2 or 4 bytes */
uint32_t config_read(uint8_t bus, uint8_t devfn, unsigned at, unsigned size);
void config_write(uint8_t bus, uint8_t devfn, unsigned at, unsigned size,
                  uint32_t value);

/** cxl_pci_cap: offset of a capability of the classic list, or 0 */
unsigned cxl_pci_cap(const CxlFunction *f, uint8_t id);

/** cxl_enable: HDM decoders of a component, and CXL.mem of a device */
void cxl_enable(uint64_t hdm);
void cxl_mem_enable(CxlFunction *f);

/**
 * cxl_command: runs a mailbox command of @len bytes of input, a multiple of 8
 *
 * Returns: its return code
 */
unsigned cxl_command(const CxlFunction *f, uint16_t opcode, const uint64_t *in,
                     unsigned len);

/** cxl_program: everything of a decoder but its commit; @targets or DPA skip */
void cxl_program(uint64_t hdm, unsigned n, uint64_t base, uint64_t size,
                 unsigned eiw, unsigned eig, uint64_t targets);

/** cxl_commit, cxl_uncommit: whether the component did it */
bool cxl_commit(uint64_t hdm, unsigned n);
bool cxl_uncommit(uint64_t hdm, unsigned n);

/**
 * CxlRegion - one or two devices of the first host bridge, from their DPA 0
 *
 * region_program() leaves out the last commit, that of the bridge's decoder,
 * which region_commit() does and region_uncommit() takes back.
 */
typedef struct CxlRegion {
    uint64_t base, size;
    unsigned ways, decoder;
    CxlFunction *device[2];
} CxlRegion;

void region_program(CxlRegion *r);
bool region_commit(CxlRegion *r);
bool region_uncommit(CxlRegion *r);
/** region_drop: uncommits the devices too */
void region_drop(CxlRegion *r);

/* --- what a machine gives common.c and cxl.c ------------------------------ */

/** bare_put: a character for the console */
void bare_put(char c);

/** bare_leave: ends QEMU */
void bare_leave(bool good) __attribute__((noreturn));

/** bare_words: the command line */
const char *bare_words(void);

/* Of each table; what it describes comes behind it */
#define ACPI_HEADER         36

/** bare_table: the address of an ACPI table; ends if there is none */
uint64_t bare_table(const char *name);

/** bare_enumerate: PCI functions below a host bridge have buses and BARs */
void bare_enumerate(uint8_t bus);

/* --- between assembler and C ---------------------------------------------- */

int main(void);

/** bare_this_cpu: its number */
unsigned bare_this_cpu(void);

/** bare_work: do what cpu_run() says, for ever */
void bare_work(void) __attribute__((noreturn));

#ifdef __aarch64__

long bare_try(void (*fn)(void *), void *arg, uint64_t *saved);
long bare_try_user(void (*fn)(void *), void *arg, uint64_t *saved,
                   uint64_t stack);
void bare_try_failed(uint64_t saved, long syndrome) __attribute__((noreturn));
void bare_enter(uint64_t cpu) __attribute__((noreturn));
void bare_trap(uint64_t syndrome, uint64_t at, uint64_t address)
    __attribute__((noreturn));

extern const char bare_start_other[];

#else

/* Of the registers that are saved, rbx first */
#define TRAP_RDI        5
#define TRAP_RSI        6
#define TRAP_RDX        7
#define TRAP_RAX        9
#define UD2_SIZE        2

typedef struct TrapFrame {
    uint64_t regs[TRAP_RAX + 1];
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
} TrapFrame;

void bare_enter(void) __attribute__((noreturn));
void bare_idt_fill(void);
void bare_trap(TrapFrame *frame);
long bare_try(void (*fn)(void *), void *arg, uint64_t *saved);
void bare_try_failed(void);
void bare_port_trap(void);

extern uint32_t bare_command_line;
extern uint64_t bare_pointers[BARE_GIB];
extern uint64_t bare_directories[BARE_GIB][512];
extern const char bare_trampoline[], bare_trampoline_end[];

#endif

extern char bare_stacks[];

#endif /* BARE_ASM */
#endif /* TESTS_BARE_H */
