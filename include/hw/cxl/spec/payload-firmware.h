/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of firmware update (CXL 3.1 8.2.9.3)
 */
#ifndef CXL_SPEC_PAYLOAD_FIRMWARE_H
#define CXL_SPEC_PAYLOAD_FIRMWARE_H

#include "hw/cxl/spec/wire.h"

/** CXL_FW_SLOTS: slots that Get FW Info has room for */
#define CXL_FW_SLOTS                4
/** CXL_FW_REVISION_SIZE: ASCII, padded with zero bytes, no terminator needed */
#define CXL_FW_REVISION_SIZE        16

/* Slots: [2:0] active, [5:3] active after the next reset, or 0 */
#define CXL_FW_STAGED_SHIFT         3

/* Capabilities */
#define CXL_FW_ONLINE_ACTIVATION    (1u << 0)

/* Get FW Info, opcode 0200h, 8.2.9.3.1, output */
typedef struct CxlGetFwInfoOut {
    uint8_t nslots;
    uint8_t slots;
    uint8_t capabilities;
    uint8_t reserved[13];
    uint8_t revision[CXL_FW_SLOTS][CXL_FW_REVISION_SIZE];
} CxlGetFwInfoOut;

_Static_assert(sizeof(CxlGetFwInfoOut) == 0x50, "8.2.9.3.1");

/* Actions of Transfer FW */
#define CXL_FW_TRANSFER_FULL        0
#define CXL_FW_TRANSFER_INITIATE    1
#define CXL_FW_TRANSFER_CONTINUE    2
#define CXL_FW_TRANSFER_END         3
#define CXL_FW_TRANSFER_ABORT       4

/** CXL_FW_UNIT: what offsets of Transfer FW count, bytes */
#define CXL_FW_UNIT                 128

/* Transfer FW, opcode 0201h, 8.2.9.3.2, input; the part follows */
typedef struct CxlTransferFwIn {
    uint8_t action;
    uint8_t slot;               /* with full and end */
    uint8_t reserved1[2];
    Le32 offset;                /* in CXL_FW_UNIT, not with full */
    uint8_t reserved2[0x78];
} CxlTransferFwIn;

_Static_assert(sizeof(CxlTransferFwIn) == 0x80, "8.2.9.3.2");

/* Actions of Activate FW */
#define CXL_FW_ACTIVATE_ONLINE      0
#define CXL_FW_ACTIVATE_AT_RESET    1

/* Activate FW, opcode 0202h, 8.2.9.3.3, input */
typedef struct CxlActivateFwIn {
    uint8_t action;
    uint8_t slot;
} CxlActivateFwIn;

_Static_assert(sizeof(CxlActivateFwIn) == 2, "8.2.9.3.3");

#endif /* CXL_SPEC_PAYLOAD_FIRMWARE_H */
