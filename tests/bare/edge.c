/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values that a processor reads by physical address, and that begin in the last
 * byte of a window, or of memory
 *
 * A guest of the guest reads a port; whether it may, the processor looks up in
 * two bytes of a map of bits, which lies so that the second is outside.
 */
#include "bare.h"

/* The control block of a guest (AMD64 architecture, appendix B) */
#define VMCB_INTERCEPTS     0x00c
#define INTERCEPT_HLT       (1ull << 24)
#define INTERCEPT_PORTS     (1ull << 27)
#define INTERCEPT_VMRUN     (1ull << 32)
#define VMCB_PORT_MAP       0x040
#define VMCB_ASID           0x058
#define VMCB_EXIT           0x070
#define EXIT_HLT            0x78
#define EXIT_PORTS          0x7b
#define VMCB_ES             0x400
#define VMCB_CS             0x410
#define VMCB_SS             0x420
#define VMCB_DS             0x430
#define VMCB_EFER           0x4d0
#define EFER_SVME           (1u << 12)
#define VMCB_CR0            0x558
#define VMCB_DR7            0x560
#define VMCB_DR6            0x568
#define VMCB_RFLAGS         0x570
#define VMCB_RIP            0x578
#define CODE_32             0xffffffff0c9b0000ull
#define DATA_32             0xffffffff0c930000ull

#define PORT                0x80

static uint8_t vmcb[4096] __attribute__((aligned(4096)));
/* in al, PORT; hlt */
static const uint8_t code[] = { 0xe4, PORT, 0xf4 };

static void set(unsigned at, uint64_t value)
{
    memcpy(vmcb + at, &value, sizeof(value));
}

/* Why a guest ends that reads the port; of the map, @at has the first byte */
static uint64_t exit_with_map(uint64_t at)
{
    uint64_t exit;

    memset(vmcb, 0, sizeof(vmcb));
    set(VMCB_INTERCEPTS, INTERCEPT_HLT | INTERCEPT_PORTS | INTERCEPT_VMRUN);
    set(VMCB_PORT_MAP, at - PORT / 8);
    set(VMCB_ASID, 1);
    set(VMCB_ES, DATA_32);
    set(VMCB_CS, CODE_32);
    set(VMCB_SS, DATA_32);
    set(VMCB_DS, DATA_32);
    set(VMCB_EFER, EFER_SVME);
    set(VMCB_CR0, 0x11);
    set(VMCB_DR6, 0xffff0ff0);
    set(VMCB_DR7, 0x400);
    set(VMCB_RFLAGS, 2);
    set(VMCB_RIP, (uintptr_t)code);
    /* By way of the kernel: see bare_trap() */
    asm volatile("vmrun %%rax" : : "a" (vmcb) : "memory", "cc");
    memcpy(&exit, vmcb + VMCB_EXIT, sizeof(exit));
    return exit;
}

int main(void)
{
    CxlRegion region;

    cxl_scan();
    region = (CxlRegion) { .base = cxl_window[0].base, .size = 2 * UNIT,
                           .ways = 1, .device = { cxl_endpoint(0) } };
    region_program(&region);
    if (!region_commit(&region)) {
        bail("the region was refused");
    }
    ok(exit_with_map(region.base) == EXIT_HLT, "zeroes let the guest go on");
    ok(exit_with_map(region.base + region.size) == EXIT_PORTS,
       "ones, where nothing is, do not");
    ok(exit_with_map(region.base + region.size - 1) == EXIT_HLT,
       "the last byte of memory");
    for (unsigned i = 0; i < cxl_windows; i++) {
        ok(exit_with_map(cxl_window[i].base + cxl_window[i].size - 1) ==
           EXIT_PORTS, "the last byte of window %u", i);
    }
    bare_end();
}
