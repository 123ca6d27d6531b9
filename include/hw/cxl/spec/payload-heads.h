/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the commands of multi-headed devices (CXL 3.1 7.6.7.5)
 */
#ifndef CXL_SPEC_PAYLOAD_HEADS_H
#define CXL_SPEC_PAYLOAD_HEADS_H

#include "hw/cxl/spec/payload-switch.h"

/* Get Multi-Headed Info, opcode 5500h, 7.6.7.5.1, input */
typedef struct CxlGetMultiHeadedInfoIn {
    uint8_t start_ld;
    uint8_t limit;
} CxlGetMultiHeadedInfoIn;

_Static_assert(sizeof(CxlGetMultiHeadedInfoIn) == 2, "7.6.7.5.1");

/* Get Multi-Headed Info, output; the LD map follows, a byte for each LD */
typedef struct CxlGetMultiHeadedInfoOut {
    uint8_t nlds;
    uint8_t nheads;
    uint8_t reserved[2];
    uint8_t start_ld;
    uint8_t map_length;
    uint8_t reserved2[2];
} CxlGetMultiHeadedInfoOut;

_Static_assert(sizeof(CxlGetMultiHeadedInfoOut) == 8, "7.6.7.5.1");

/* In the LD map: no head has it */
#define CXL_LD_UNASSIGNED   0xff

/* Get Head Info, opcode 5501h, 7.6.7.5.2, input */
typedef struct CxlGetHeadInfoIn {
    uint8_t start_head;
    uint8_t nheads;
} CxlGetHeadInfoIn;

_Static_assert(sizeof(CxlGetHeadInfoIn) == 2, "7.6.7.5.2");

/* Get Head Info, output; CxlHeadBlocks follow */
typedef struct CxlGetHeadInfoOut {
    uint8_t nheads;
    uint8_t reserved[3];
} CxlGetHeadInfoOut;

_Static_assert(sizeof(CxlGetHeadInfoOut) == 4, "7.6.7.5.2");

/* One head; link and link flags as of a port of a switch */
typedef struct CxlHeadBlock {
    uint8_t port;
    CxlPortLink link;
    uint8_t link_flags;
} CxlHeadBlock;

_Static_assert(sizeof(CxlHeadBlock) == 9, "7.6.7.5.2");

#endif /* CXL_SPEC_PAYLOAD_HEADS_H */
