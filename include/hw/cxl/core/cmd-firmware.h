/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The firmware of a memory device: slots, and a package on its way into one
 * (CXL 3.1 8.2.9.3)
 *
 * A package is any bytes. Of them, the slot keeps a revision: the text that the
 * package begins with, if it does with one that a zero byte or a line's end
 * ends or that fills the revision, else a name made from a sum of all bytes.
 */
#ifndef CXL_CORE_CMD_FIRMWARE_H
#define CXL_CORE_CMD_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"
#include "hw/cxl/spec/payload-firmware.h"

/** CXL_FW_MAX_SIZE: longest package, bytes */
#define CXL_FW_MAX_SIZE         (256u << 20)
/** CXL_FW_PART_TIMEOUT_NS: a transfer whose next part is later is dropped */
#define CXL_FW_PART_TIMEOUT_NS  30000000000ull

/**
 * struct CxlFwSlot - firmware in a slot
 * @present: there is some
 * @revision: all zeros when the slot is empty
 */
typedef struct CxlFwSlot {
    bool present;
    uint8_t revision[CXL_FW_REVISION_SIZE];
} CxlFwSlot;

/**
 * struct CxlFwTransfer - a package being transferred
 * @active: there is one
 * @start: where the last part begins, bytes
 * @size: where it ends
 * @start_sum: sum of the bytes before the last part
 * @sum: of all bytes so far
 * @head: the first bytes of the package
 * @part_ns: virtual time at which the last part was taken
 */
typedef struct CxlFwTransfer {
    bool active;
    uint64_t start;
    uint64_t size;
    uint32_t start_sum;
    uint32_t sum;
    uint8_t head[CXL_FW_REVISION_SIZE];
    uint64_t part_ns;
} CxlFwTransfer;

/**
 * struct CxlFwState - what changes
 * @slots: slot 1 is the first
 * @active: number of the slot whose firmware runs
 * @staged: number of the one that is activated at the next conventional reset,
 *          or 0
 * @target: number of the slot that the background operation is for, or 0
 * @activated: a reset has made the staged slot the active one, and nobody has
 *             been told yet
 * @transfer: a package being transferred
 */
typedef struct CxlFwState {
    CxlFwSlot slots[CXL_FW_SLOTS];
    uint8_t active;
    uint8_t staged;
    uint8_t target;
    bool activated;
    CxlFwTransfer transfer;
} CxlFwState;

/** cxl_fw_init: a device as it is delivered: slot 1 is active, others empty */
void cxl_fw_init(CxlFwState *fw);

/**
 * cxl_fw_reset: a transfer is dropped; at conventional resets and at power on
 * the staged slot becomes the active one. Slots stay as they are.
 */
void cxl_fw_reset(CxlFwState *fw, CxlReset kind);

/** cxl_fw_after_reset: if a reset has activated firmware, tell so, once */
void cxl_fw_after_reset(CxlFwState *fw, CxlEffects *effects);

/** cxl_fw_revision: CXL_FW_REVISION_SIZE bytes, of the firmware that runs */
const uint8_t *cxl_fw_revision(const CxlFwState *fw);

#endif /* CXL_CORE_CMD_FIRMWARE_H */
