/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what -kernel leaves on virt to C: EL1, interrupts masked, floating point
 * and vectors enabled, exceptions caught, a stack of its own for each vCPU.
 * virt.c maps memory.
 */
#define BARE_ASM
#include "bare.h"

#define CPACR_ALL       (3 << 20 | 3 << 16) /* floating point, and SVE */
#define SPSR_EL0        0x3c0       /* all interrupts masked */
/* From x19 to x30, d8 to d15 are nobody's */
#define SAVED           112

    .text
    .global start, bare_start_other
start:
    mov     x0, xzr
bare_start_other:                   /* x0: its number */
    adrp    x1, bare_stacks
    add     x2, x0, #1
    add     x1, x1, x2, lsl #BARE_STACK_SHIFT
    mov     sp, x1
    mov     x1, #CPACR_ALL
    msr     cpacr_el1, x1
    adr     x1, vectors
    msr     vbar_el1, x1
    isb
    mov     x29, xzr
    bl      bare_enter

    .macro SAVE
    stp     x29, x30, [sp, #-SAVED]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    str     x2, [sp, #96]
    mov     x3, sp
    str     x3, [x2]
    .endm

    /*
     * long bare_try(void (*fn)(void *), void *arg, uint64_t *saved):
     * -1, or the syndrome of the exception that ended fn
     */
    .global bare_try, bare_try_user, bare_try_failed
bare_try:
    SAVE
    mov     x3, x0
    mov     x0, x1
    blr     x3
    mov     x0, #-1
    b       1f

    /* void bare_try_failed(uint64_t saved, long syndrome) */
bare_try_failed:
    mov     sp, x0
    mov     x0, x1
1:  ldr     x2, [sp, #96]
    str     xzr, [x2]
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp], #SAVED
    ret

    /*
     * long bare_try_user(void (*fn)(void *), void *arg, uint64_t *saved,
     *                    uint64_t stack):
     * the syndrome of what ended fn at EL0: SVC when it has returned
     */
bare_try_user:
    mov     x4, x3
    SAVE
    msr     sp_el0, x4
    mov     x3, #VIEW_USER_HIGH
    lsl     x3, x3, #32
    add     x0, x0, x3
    msr     elr_el1, x0
    mov     x0, #SPSR_EL0
    msr     spsr_el1, x0
    adr     x30, 2f
    add     x30, x30, x3
    mov     x0, x1
    eret
2:  svc     #0

    .macro VECTOR
    .balign 128
    mrs     x0, esr_el1
    mrs     x1, elr_el1
    mrs     x2, far_el1
    b       bare_trap
    .endm

    .balign 2048
vectors:
    .rept 16
    VECTOR
    .endr

    .bss
    .global bare_stacks
    .balign BARE_STACK_SIZE
bare_stacks:
    .skip BARE_STACK_SIZE * BARE_MAX_CPUS

    .section .note.GNU-stack, "", @progbits
