/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of maintenance operations (CXL 3.1 8.2.9.7.1)
 */
#ifndef CXL_SPEC_PAYLOAD_MAINTENANCE_H
#define CXL_SPEC_PAYLOAD_MAINTENANCE_H

#include "hw/cxl/spec/wire.h"

/* Classes of operations, and their subclasses */
#define CXL_MAINTENANCE_PPR         1
#define CXL_PPR_SOFT                0
#define CXL_PPR_HARD                1

#define CXL_MAINTENANCE_SPARING     2
#define CXL_SPARING_CACHELINE       0
#define CXL_SPARING_ROW             1
#define CXL_SPARING_BANK            2
#define CXL_SPARING_RANK            3

/* Perform Maintenance, opcode 0600h, 8.2.9.7.1, input; parameters follow */
typedef struct CxlPerformMaintenanceIn {
    uint8_t op_class;
    uint8_t op_subclass;
} CxlPerformMaintenanceIn;

_Static_assert(sizeof(CxlPerformMaintenanceIn) == 2, "8.2.9.7.1");

/* Flags of all of them: only say whether it could be done */
#define CXL_MAINTENANCE_QUERY       (1u << 0)

/* Parameters of soft and hard post package repair, 8.2.9.7.1.2 and .3 */
typedef struct CxlPprParameters {
    uint8_t flags;
    Le64 dpa;
    uint8_t nibble_mask[3];
} CxlPprParameters;

_Static_assert(sizeof(CxlPprParameters) == 12, "8.2.9.7.1.2");

#define CXL_SPARING_HARD            (1u << 1)

/* Parameters of memory sparing, 8.2.9.7.1.4 */
typedef struct CxlSparingParameters {
    uint8_t flags;
    uint8_t channel;
    uint8_t rank;
    uint8_t nibble_mask[3];
    uint8_t bank_group;
    uint8_t bank;
    uint8_t row[3];
    Le16 column;
    uint8_t sub_channel;
} CxlSparingParameters;

_Static_assert(sizeof(CxlSparingParameters) == 14, "8.2.9.7.1.4");

#endif /* CXL_SPEC_PAYLOAD_MAINTENANCE_H */
