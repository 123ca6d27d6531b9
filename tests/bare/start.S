/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a multiboot loader, or a start-up interrupt, leaves to C: long
 * mode, interrupts off, addresses as they are (1 TiB of them, in pages of 2
 * MiB, as not every KVM has those of 1 GiB), SSE and where there is AVX
 * enabled, a stack of its own for each vCPU.
 *
 * C runs in user mode: a KVM without help from the processor emulates kernel
 * mode, slowly and not every instruction.
 */
#define BARE_ASM
#include "bare.h"

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0x00000003

#define CR0_PG_PE       0x80000001
#define CR0_MP          0x00000002
#define CR0_NE          0x00000020
#define CR0_CD_NW_EM_TS 0x6000000c
#define CR4_PAE         0x00000020
#define CR4_MCE         0x00000040
#define CR4_OSFXSR      0x00000600
#define CR4_OSXSAVE     0x00040000
#define EFER            0xc0000080
#define EFER_LME        0x00000100

#define CODE32          0x08
#define CODE64          0x10
#define DATA            0x18
#define USER_CODE       0x23
#define USER_DATA       0x2b
#define TSS             0x30
#define TSS_SIZE        104
#define USER_FLAGS      0x0002      /* no interrupts */

    .section .multiboot, "a"
    .align 4
    .long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .text
    .code32
    .global start
start:
    cli
    lgdt gdt_pointer
    movl 16(%ebx), %eax             /* multiboot information: command line */
    movl %eax, bare_command_line
    /* The first 4 GiB; C maps the rest */
    movl $bare_directories, %edi
    movl $0x87, %eax                /* present, writable, user, large */
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x200000, %eax
    jnc 1b
    movl $bare_pointers, %edi
    movl $bare_directories + 7, %eax
    movl $4, %ecx
1:  movl %eax, (%edi)
    addl $8, %edi
    addl $0x1000, %eax
    loop 1b
    movl $bare_pointers + 7, page_root
    movl $bare_pointers + 0x1007, page_root + 8
    ljmpl $CODE32, $enter_long

    /* Copied to BARE_TRAMPOLINE; the start-up interrupt sets CS to it */
    .code16
    .global bare_trampoline, bare_trampoline_end
bare_trampoline:
    cli
    movw %cs, %ax
    movw %ax, %ds
    lgdtl gdt_pointer_16 - bare_trampoline
    movl %cr0, %eax
    andl $~CR0_CD_NW_EM_TS, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $CODE32, $enter_long
    .align 8
gdt_pointer_16:
    .word gdt_end - gdt - 1
    .long gdt
bare_trampoline_end:

    .code32
enter_long:
    movl $DATA, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl %cr4, %eax
    orl $CR4_PAE | CR4_MCE | CR4_OSFXSR, %eax
    movl %eax, %cr4
    movl $page_root, %eax
    movl %eax, %cr3
    movl $EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    andl $~CR0_CD_NW_EM_TS, %eax
    orl $CR0_PG_PE | CR0_MP | CR0_NE, %eax
    movl %eax, %cr0
    ljmpl $CODE64, $in_long

    .code64
in_long:
    lidt idt_pointer(%rip)
    movl $1, %eax
    lock xaddl %eax, next_cpu(%rip)
    movl %eax, %edi
    /* Its stacks: traps use the lower end */
    movl %edi, %eax
    shll $BARE_STACK_SHIFT, %eax
    leaq bare_stacks(%rip), %rsp
    addq %rax, %rsp
    leaq BARE_TRAP_STACK(%rsp), %rax
    addq $BARE_STACK_SIZE, %rsp
    imull $TSS_SIZE, %edi, %esi
    leaq task_states(%rip), %rdx
    addq %rsi, %rdx
    movq %rax, 4(%rdx)
    movw $TSS_SIZE, 102(%rdx)
    /* Its descriptor; the program lies below 16 MiB */
    shlq $16, %rdx
    movq $0x890000000000 + TSS_SIZE - 1, %rax
    orq %rdx, %rax
    shll $4, %edi
    leaq gdt + TSS(%rip), %rdx
    movq %rax, (%rdx, %rdi)
    addl $TSS, %edi
    ltr %di
    /* AVX, if the CPU has it */
    movl $1, %eax
    cpuid
    movl $0x14000000, %eax          /* XSAVE and AVX */
    andl %eax, %ecx
    cmpl %eax, %ecx
    jne 1f
    movq %cr4, %rax
    orq $CR4_OSXSAVE, %rax
    movq %rax, %cr4
    xorl %ecx, %ecx
    xorl %edx, %edx
    movl $7, %eax
    xsetbv
1:  leaq -8(%rsp), %rax             /* as if bare_enter() was called */
    pushq $USER_DATA
    pushq %rax
    pushq $USER_FLAGS
    pushq $USER_CODE
    leaq bare_enter(%rip), %rax
    pushq %rax
    iretq

    /*
     * long bare_try(void (*fn)(void *), void *arg, uint64_t *saved):
     * -1, or the vector of the exception that ended fn
     */
    .global bare_try, bare_try_failed
bare_try:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq %rdx
    movq %rsp, (%rdx)
    movq %rdi, %rax
    movq %rsi, %rdi
    call *%rax
    movq $-1, %rax
    jmp 1f
bare_try_failed:                    /* with %rsp as saved, %rax the vector */
1:  popq %rdx
    movq $0, (%rdx)
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

    /* Exceptions: a TrapFrame; bare_trap() changes what to go back to */
    .macro VECTOR n, has_error = 0
    .align 16
vector_\n:
    .if \has_error == 0
    pushq $0
    .endif
    pushq $\n
    jmp trap
    .endm

    .altmacro
    .set n, 0
    .rept 32
    .if (n == 8) || (n >= 10 && n <= 14) || (n == 17) || (n == 21) || (n == 30)
    VECTOR %n 1
    .else
    VECTOR %n 0
    .endif
    .set n, n + 1
    .endr

trap:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    movq %rsp, %rdi
    movq %rsp, %rbx
    andq $-16, %rsp
    call bare_trap
    movq %rbx, %rsp
    popq %rbx
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq

    /*
     * uint32_t bare_port(uint16_t port, uint32_t value, unsigned how): an
     * exception that bare_trap() knows; not every KVM has I/O or interrupts in
     * user mode
     */
    .global bare_port, bare_port_trap
bare_port:
bare_port_trap:
    ud2
    ret

    /* void bare_idt_fill(void): what the assembler cannot express */
    .global bare_idt_fill
bare_idt_fill:
    leaq vector_0(%rip), %rax
    leaq idt(%rip), %rdx
    movl $32, %ecx
1:  movw %ax, (%rdx)
    movw $CODE64, 2(%rdx)
    movw $0x8e00, 4(%rdx)
    movl %eax, %esi
    shrl $16, %esi
    movw %si, 6(%rdx)
    movl $0, 8(%rdx)
    addq $16, %rax
    addq $16, %rdx
    decl %ecx
    jnz 1b
    ret

    .data
    .align 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff        /* CODE32 */
    .quad 0x00af9a000000ffff        /* CODE64 */
    .quad 0x00cf92000000ffff        /* DATA */
    .quad 0x00affa000000ffff        /* USER_CODE */
    .quad 0x00cff2000000ffff        /* USER_DATA */
    .skip 16 * BARE_MAX_CPUS        /* TSS */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt
idt_pointer:
    .word 32 * 16 - 1
    .quad idt

    .global bare_command_line
bare_command_line:
    .long 0
next_cpu:
    .long 0

    .bss
    .align 4096
page_root:
    .skip 4096
    .global bare_pointers, bare_directories
bare_pointers:
    .skip BARE_GIB * 8
bare_directories:
    .skip BARE_GIB * 4096
idt:
    .skip 32 * 16
task_states:
    .skip TSS_SIZE * BARE_MAX_CPUS
    .global bare_stacks
    .align BARE_STACK_SIZE
bare_stacks:
    .skip BARE_STACK_SIZE * BARE_MAX_CPUS

    .section .note.GNU-stack, "", @progbits
