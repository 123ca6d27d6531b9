/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ways to run a guest (TCG, KVM) and to do DMA want of a machine whose
 * memory map a guest changes
 *
 * All of this is called with the BQL held.
 */
#ifndef HW_CXL_ACCEL_H
#define HW_CXL_ACCEL_H

/**
 * cxl_accel_map_budget: how many runs may be mapped now
 * @capacity: bytes of all devices' memory
 *
 * A device that is passed through without a vIOMMU has all that is mapped
 * locked in host memory, and QEMU ends when that fails; so where it could, none
 * is mapped, which is said once.
 */
unsigned cxl_accel_map_budget(uint64_t capacity);

/**
 * cxl_accel_poison_bites: a vCPU that reads poison gets an error
 *
 * It does where this program carries out its accesses. A virtual machine of the
 * host's completes a load that came out to us before it would take an error.
 */
bool cxl_accel_poison_bites(void);

/** cxl_accel_warn_poison: say, once, if poison does not do what it should */
void cxl_accel_warn_poison(void);

/**
 * cxl_accel_setup: have vCPUs ready for memory that others share
 *
 * To be called once, when all vCPUs of the command line exist.
 */
void cxl_accel_setup(void);

/**
 * cxl_accel_revoke: a mapping has just gone from the memory map
 *
 * If a vCPU caused it, no other vCPU stores through the old mapping once the
 * one that caused it goes on. For the time after that, or if no vCPU caused it,
 * see cxl_accel_pass_vcpus().
 */
void cxl_accel_revoke(void);

/**
 * cxl_accel_retire: free what is read without a lock in RCU critical sections
 * @release: called once, with the BQL held, when nobody reads @opaque any more
 * @opaque: cannot be found any more by a section that begins now
 * @bytes: how much memory it holds back
 *
 * So that a guest cannot pile up what is retired, a vCPU that goes beyond a
 * limit waits, before it executes another instruction, until all that has been
 * retired by then is released; meanwhile, QEMU makes the others leave their
 * sections.
 */
void cxl_accel_retire(void (*release)(void *opaque), void *opaque,
                      size_t bytes);

/**
 * cxl_accel_forget_code: memory goes that code may have been executed from
 *
 * TCG knows its translations by the address of RAM in QEMU, and nothing makes
 * it forget them when RAM goes. What comes next at that address may be other
 * memory, or the same, which others have written to meanwhile. It has forgotten
 * when cxl_accel_pass_vcpus(), called after this, says so.
 */
void cxl_accel_forget_code(void);

/**
 * cxl_accel_pass_vcpus: wait for vCPUs to drop what is gone from the map
 * @done: called once, with the BQL held, when no vCPU uses a mapping any more
 *        that had gone from the memory map before this call; at once if that is
 *        so already. It may run on a vCPU's thread.
 * @opaque: for @done, which has to keep it alive
 *
 * Does not wait itself: that would let go of the BQL in the middle of whatever
 * the caller takes down. A vCPU that is stopped or halted passes, too.
 */
void cxl_accel_pass_vcpus(void (*done)(void *opaque), void *opaque);

/**
 * cxl_accel_wait_vcpus: the same, and wait for it
 *
 * Lets go of the BQL meanwhile, so that the caller must have nothing half done.
 * On a vCPU's thread it does nothing: cxl_accel_revoke() holds that vCPU back.
 * Nor does it in an RCU critical section, which a vCPU that has to pass may
 * wait for the end of: whoever is in one waits when it has left it.
 */
void cxl_accel_wait_vcpus(void);

/**
 * cxl_accel_hold_waits: cxl_accel_wait_vcpus() does nothing until
 * cxl_accel_release_waits() is called as often
 *
 * For whoever has something half done, of which others do not know.
 */
void cxl_accel_hold_waits(void);

/**
 * cxl_accel_release_waits: the end of the hold; waits for all of the waits that
 * did nothing, as cxl_accel_wait_vcpus() does
 */
void cxl_accel_release_waits(void);

#endif /* HW_CXL_ACCEL_H */
