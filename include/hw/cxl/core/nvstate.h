/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a memory device remembers without power, as bytes of a file
 *
 * The file has two slots that are written in turn, so that the loss of power in
 * the middle of a write leaves the state before it. A slot that was written in
 * part has a wrong sum, and does not count.
 */
#ifndef CXL_CORE_NVSTATE_H
#define CXL_CORE_NVSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/security.h"

/** CXL_NV_SLOT_SIZE: bytes of a slot */
#define CXL_NV_SLOT_SIZE    512u
/** CXL_NV_SLOTS: slots of a file */
#define CXL_NV_SLOTS        2
/** CXL_NV_STRIDE: from one slot to the next; they share no page of a disk */
#define CXL_NV_STRIDE       4096u
/** CXL_NV_FILE_SIZE: bytes of the file */
#define CXL_NV_FILE_SIZE    (CXL_NV_SLOTS * CXL_NV_STRIDE)

/**
 * struct CxlNvState - what a memory device remembers without power
 * @dirty_shutdowns: how often data may have been lost (8.2.9.9.3.1)
 * @shutdown_state: CXL_SHUTDOWN_STATE_*, as the host set it (8.2.9.9.3.5)
 * @sanitizing: a sanitize was begun and is not complete (8.2.9.9.5.1)
 * @divided: Set Partition Info was used: the next two are in force
 * @volatile_size: bytes that are volatile
 * @next_volatile_size: bytes that will be after a reset
 * @passphrases: of persistent memory (8.2.9.9.6)
 */
typedef struct CxlNvState {
    uint32_t dirty_shutdowns;
    uint8_t shutdown_state;
    bool sanitizing;
    bool divided;
    uint64_t volatile_size;
    uint64_t next_volatile_size;
    CxlPassphrases passphrases;
} CxlNvState;

/**
 * cxl_nv_pack: the bytes of a slot
 * @sequence: one more than that of the slot that was written before; a slot is
 *            that of its sequence modulo CXL_NV_SLOTS
 */
void cxl_nv_pack(const CxlNvState *state, uint64_t sequence,
                 uint8_t slot[CXL_NV_SLOT_SIZE]);

/**
 * cxl_nv_unpack: what is in the bytes of a file
 * @file: CXL_NV_FILE_SIZE bytes
 * @state: gets what was written last, or what a new device remembers
 * @sequence: gets that of the last write; 0 of a file that is all zeroes
 *
 * Returns: false when there are bytes in the file, but no slot in force.
 */
bool cxl_nv_unpack(const uint8_t *file, CxlNvState *state, uint64_t *sequence);

#endif /* CXL_CORE_NVSTATE_H */
