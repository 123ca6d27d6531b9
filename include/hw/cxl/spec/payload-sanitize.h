/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the commands that sanitize (CXL 3.1 8.2.9.9.5)
 */
#ifndef CXL_SPEC_PAYLOAD_SANITIZE_H
#define CXL_SPEC_PAYLOAD_SANITIZE_H

#include "hw/cxl/spec/wire.h"

/* A range of device memory, bytes */
typedef struct CxlDpaRange {
    Le64 address;
    Le64 length;
} CxlDpaRange;

_Static_assert(sizeof(CxlDpaRange) == 0x10, "8.2.9.9.5.3");

/* Media Operations, opcode 4402h, 8.2.9.9.5.3, input; ranges follow */
typedef struct CxlMediaOperationsIn {
    uint8_t op_class;
    uint8_t op_subclass;
    uint8_t reserved[2];
    Le32 range_count;
} CxlMediaOperationsIn;

_Static_assert(sizeof(CxlMediaOperationsIn) == 8, "8.2.9.9.5.3");

/* Classes, and subclasses of each */
#define CXL_MEDIA_OP_GENERAL            0
#define CXL_MEDIA_OP_SANITIZE           1
#define CXL_MEDIA_OP_DISCOVERY          0   /* general */
#define CXL_MEDIA_OP_SANITIZE_RANGES    0   /* sanitize */
#define CXL_MEDIA_OP_ZERO_RANGES        1   /* sanitize */

/* Discovery: what follows instead of ranges */
typedef struct CxlMediaDiscoveryIn {
    Le16 start;
    Le16 count;
} CxlMediaDiscoveryIn;

_Static_assert(sizeof(CxlMediaDiscoveryIn) == 4, "8.2.9.9.5.3.1");

/* Discovery, output; entries follow */
typedef struct CxlMediaDiscoveryOut {
    Le64 granularity;
    Le16 supported;
    Le16 count;
} CxlMediaDiscoveryOut;

_Static_assert(sizeof(CxlMediaDiscoveryOut) == 0x0c, "8.2.9.9.5.3.1");

typedef struct CxlMediaOperation {
    uint8_t op_class;
    uint8_t op_subclass;
} CxlMediaOperation;

_Static_assert(sizeof(CxlMediaOperation) == 2, "8.2.9.9.5.3.1");

#endif /* CXL_SPEC_PAYLOAD_SANITIZE_H */
