/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU does to registers what no driver would: at every size and alignment,
 * in all BARs and in extended configuration space, with decoders, commands and
 * resets among it; others store anywhere in the windows meanwhile
 *
 * Whoever runs it watches QEMU, which must live, answer and not grow.
 * "seconds=N" is how long it lasts, "seed=N" makes another run of it. MSI-X
 * tables are left alone: QEMU warns of interrupts that lead into registers.
 */
#include "bare.h"

#define MAX_SPANS       256
#define DECODER_SPAN    0x80
#define MAILBOX_SPAN    0x40
#define EXT_CONFIG      0x100
#define EXT_CONFIG_SIZE 0x500
#define EXP_CONTROL     0x08
#define EXP_FLR         0x8000
#define ROUND           500
/* Of each 32 MiB of a window the first 64 KiB: QEMU grows by what is touched */
#define TOUCHED(at)     ((at) & ~0x1ff0000ull)

typedef struct Span {
    uint64_t base, size;
} Span;

static Span spans[MAX_SPANS];
static unsigned nspans;
/* Volatile: vCPUs ask in loops that call nothing */
static volatile bool stop;

/* Xorshift; @state is never 0 */
static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* The numbers that decide something, bits, and anything */
static uint64_t odd_value(uint64_t *rng)
{
    const uint64_t some[] = {
        0, ~0ull, CXL_COMMIT, CXL_COMMIT | 0x1000, UNIT, 3 * UNIT,
        cxl_window[0].base, cxl_window[1].base,
    };
    uint64_t n = next(rng);

    return n & 0x10000 ? some[n % ARRAY_SIZE(some)] :
           n & 0x20000 ? 1ull << (n % 64) : next(rng);
}

static void odd_access(uint64_t at, uint64_t *rng)
{
    uint64_t n = next(rng), value = odd_value(rng);

    switch (n % 8) {
    case 0:
        store8(at, value);
        break;
    case 1:
        store16(at, value);
        break;
    case 2:
        store64(at, value);
        break;
    case 3:
        load8(at);
        break;
    case 4:
        load64(at);
        break;
    default:
        store32(at, value);
        break;
    }
}

static void store_anywhere(void *arg)
{
    uint64_t rng = 1 + (uintptr_t)arg;

    while (!stop) {
        const CxlWindow *w = &cxl_window[next(&rng) % cxl_windows];
        uint64_t at = w->base + TOUCHED(next(&rng) % (w->size - 8));

        if (rng & 0x10000) {
            asm volatile("lock xaddq %1, %0"
                         : "+m" (*(uint64_t *)at), "+r" (rng));
            rng |= 1;
        } else {
            odd_access(at, &rng);
        }
    }
}

static void add_span(uint64_t base, uint64_t size)
{
    if (base && nspans < MAX_SPANS) {
        spans[nspans++] = (Span) { base, size };
    }
}

/* Small ones come as often as large ones. */
static void find_spans(void)
{
    for (unsigned i = 0; i < cxl_hosts; i++) {
        add_span(cxl_host[i].component, 0x10000);
        add_span(cxl_host[i].hdm, DECODER_SPAN);
    }
    for (unsigned i = 0; i < cxl_functions; i++) {
        const CxlFunction *f = &cxl_function[i];

        add_span(f->component, 0x10000);
        add_span(f->hdm, DECODER_SPAN);
        add_span(f->mailbox & ~0xfffull, 0x1000);
        add_span(f->mailbox, MAILBOX_SPAN);
    }
}

static void write_somewhere(uint64_t *rng)
{
    const Span *s = &spans[next(rng) % nspans];
    uint64_t at = s->base + next(rng) % (s->size - 8);

    odd_access(next(rng) & 0x30000 ? at & ~3ull : at, rng);
}

static void program_decoder(uint64_t *rng)
{
    unsigned n = next(rng) % (cxl_hosts + cxl_functions), decoder;
    uint64_t hdm = n < cxl_hosts ? cxl_host[n].hdm
                                 : cxl_function[n - cxl_hosts].hdm;

    if (hdm) {
        decoder = next(rng) % 3;
        cxl_enable(hdm);
        cxl_program(hdm, decoder, cxl_window[next(rng) % cxl_windows].base +
                    next(rng) % 3 * UNIT, (1 + next(rng) % 3) * UNIT,
                    next(rng) % 3, next(rng) % 7, next(rng) & 0x0101010101);
        cxl_commit(hdm, decoder);
        if (next(rng) & 0x10000) {
            cxl_uncommit(hdm, decoder);
        }
    }
}

/* The doorbell is in the registers that write_somewhere() knows, too. */
static void run_command(const CxlFunction *f, uint64_t *rng)
{
    uint64_t in[10];
    unsigned group = next(rng) % 8, number = next(rng) % 6;

    for (unsigned i = 0; i < ARRAY_SIZE(in); i++) {
        in[i] = odd_value(rng);
    }
    if (f->mailbox) {
        cxl_mem_enable((CxlFunction *)f);
        for (unsigned i = 0; i < ARRAY_SIZE(in); i++) {
            store64(f->mailbox + 0x20 + 8 * i, in[i]);
        }
        store64(f->mailbox + 0x08, (next(rng) % 0x900) << 16 |
                (next(rng) & 0x10000 ? 0x4000 : 0) | group << 8 | number);
        store32(f->mailbox + 0x04, 1);
    }
}

/* A function-level reset takes the addresses, too. */
static void reset_function(const CxlFunction *f)
{
    uint32_t bars[6];

    for (unsigned i = 0; i < ARRAY_SIZE(bars); i++) {
        bars[i] = config_read(f->bus, f->devfn, PCI_BAR0 + 4 * i, 4);
    }
    config_write(f->bus, f->devfn,
                 cxl_pci_cap(f, PCI_CAP_EXPRESS) + EXP_CONTROL, 2, EXP_FLR);
    for (unsigned i = 0; i < ARRAY_SIZE(bars); i++) {
        config_write(f->bus, f->devfn, PCI_BAR0 + 4 * i, 4, bars[i]);
    }
    config_write(f->bus, f->devfn, PCI_COMMAND, 2, PCI_MEM_MASTER);
}

static void write_config(const CxlFunction *f, uint64_t *rng)
{
    unsigned size = 1u << next(rng) % 3;
    unsigned at = EXT_CONFIG + next(rng) % EXT_CONFIG_SIZE;

    config_write(f->bus, f->devfn, at & ~(size - 1), size, odd_value(rng));
    if (next(rng) % 64 == 0) {
        config_write(f->bus, f->devfn, PCI_COMMAND, 2, 0);
        config_write(f->bus, f->devfn, PCI_COMMAND, 2, PCI_MEM_MASTER);
    }
    if (next(rng) % 256 == 0 && !f->bridge) {
        reset_function(f);
    }
}

static void one_round(uint64_t *rng)
{
    for (unsigned i = 0; i < ROUND; i++) {
        const CxlFunction *f = &cxl_function[next(rng) % cxl_functions];

        write_somewhere(rng);
        if (next(rng) % 32 == 0) {
            program_decoder(rng);
        }
        if (next(rng) % 64 == 0) {
            run_command(f, rng);
        }
        if (next(rng) % 16 == 0) {
            write_config(f, rng);
        }
    }
}

int main(void)
{
    unsigned cpus = cpus_start();
    uint64_t seconds = bare_arg("seconds", 4), begin, rounds = 0;
    uint64_t rng = 2 * bare_arg("seed", 1) + 1;

    cxl_scan();
    find_spans();
    for (unsigned i = 1; i < cpus; i++) {
        cpu_run(i, store_anywhere, (void *)(uintptr_t)i);
    }
    for (begin = milliseconds(); milliseconds() - begin < seconds * 1000;) {
        one_round(&rng);
        rounds++;
    }
    stop = true;
    for (unsigned i = 1; i < cpus; i++) {
        cpu_wait(i);
    }
    ok(rounds > 1, "%lu odd accesses to registers", rounds * ROUND);
    bare_end();
}
