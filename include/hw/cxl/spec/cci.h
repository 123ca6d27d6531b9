/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Component command interface: command effects (CXL 3.1 8.2.9.5.2.1)
 */
#ifndef CXL_SPEC_CCI_H
#define CXL_SPEC_CCI_H

#include "hw/cxl/spec/wire.h"

/* UUID 0da9c0b5-bf41-4b78-8f79-96b1623b3f17 of the command effects log */
#define CXL_CEL_UUID_BYTES                                                  \
    { 0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,                       \
      0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17 }

/* Command effects */
#define CXL_CEL_CONFIG_CHANGE_COLD_RESET    (1u << 0)
#define CXL_CEL_IMMEDIATE_CONFIG_CHANGE     (1u << 1)
#define CXL_CEL_IMMEDIATE_DATA_CHANGE       (1u << 2)
#define CXL_CEL_IMMEDIATE_POLICY_CHANGE     (1u << 3)
#define CXL_CEL_IMMEDIATE_LOG_CHANGE        (1u << 4)
#define CXL_CEL_SECURITY_STATE_CHANGE       (1u << 5)
#define CXL_CEL_BACKGROUND                  (1u << 6)
#define CXL_CEL_BACKGROUND_ABORT            (1u << 8)
#define CXL_CEL_RESETS_VALID                (1u << 9)   /* of the next two */
#define CXL_CEL_CONFIG_CHANGE_CONVENTIONAL_RESET (1u << 10)

/** struct CxlCelEntry - one command in the log */
typedef struct CxlCelEntry {
    Le16 opcode;
    Le16 effects;
} CxlCelEntry;

_Static_assert(sizeof(CxlCelEntry) == 4, "8.2.9.5.2.1");

#endif /* CXL_SPEC_CCI_H */
