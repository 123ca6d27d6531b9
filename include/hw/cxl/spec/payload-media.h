/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the commands for media and poison (CXL 3.1 8.2.9.9.4)
 *
 * Lengths are in units of 64 bytes; addresses are multiples of that.
 */
#ifndef CXL_SPEC_PAYLOAD_MEDIA_H
#define CXL_SPEC_PAYLOAD_MEDIA_H

#include "hw/cxl/spec/wire.h"

#define CXL_MEDIA_UNIT                  64u

/*
 * A range of device memory: Get Poison List, opcode 4300h, 8.2.9.9.4.1, and
 * Get Scan Media Capabilities, opcode 4303h, 8.2.9.9.4.4, input
 */
typedef struct CxlMediaRangeIn {
    Le64 address;
    Le64 length;
} CxlMediaRangeIn;

_Static_assert(sizeof(CxlMediaRangeIn) == 0x10, "8.2.9.9.4.1");

/* Get Poison List, output; records follow */
typedef struct CxlGetPoisonListOut {
    uint8_t flags;
    uint8_t reserved;
    Le64 overflow_time;
    Le16 count;
    uint8_t reserved2[20];
} CxlGetPoisonListOut;

_Static_assert(sizeof(CxlGetPoisonListOut) == 0x20, "8.2.9.9.4.1");

#define CXL_POISON_LIST_MORE            (1u << 0)
#define CXL_POISON_LIST_OVERFLOW        (1u << 1)
#define CXL_POISON_LIST_SCANNING        (1u << 2)

/* A media error record; bits [2:0] of the address are a CxlPoisonSource */
typedef struct CxlMediaErrorRecord {
    Le64 address;
    Le32 length;
    uint8_t reserved[4];
} CxlMediaErrorRecord;

_Static_assert(sizeof(CxlMediaErrorRecord) == 0x10, "8.2.9.9.4.1");

/* Inject Poison, opcode 4301h, 8.2.9.9.4.2, input */
typedef struct CxlInjectPoisonIn {
    Le64 address;
} CxlInjectPoisonIn;

_Static_assert(sizeof(CxlInjectPoisonIn) == 8, "8.2.9.9.4.2");

/* Clear Poison, opcode 4302h, 8.2.9.9.4.3, input */
typedef struct CxlClearPoisonIn {
    Le64 address;
    uint8_t data[CXL_MEDIA_UNIT];
} CxlClearPoisonIn;

_Static_assert(sizeof(CxlClearPoisonIn) == 0x48, "8.2.9.9.4.3");

/* Get Scan Media Capabilities, output */
typedef struct CxlGetScanMediaCapabilitiesOut {
    Le32 milliseconds;
} CxlGetScanMediaCapabilitiesOut;

_Static_assert(sizeof(CxlGetScanMediaCapabilitiesOut) == 4, "8.2.9.9.4.4");

/* Scan Media, opcode 4304h, 8.2.9.9.4.5, input */
typedef struct CxlScanMediaIn {
    Le64 address;
    Le64 length;
    uint8_t flags;
} CxlScanMediaIn;

_Static_assert(sizeof(CxlScanMediaIn) == 0x11, "8.2.9.9.4.5");

#define CXL_SCAN_MEDIA_NO_EVENTS        (1u << 0)

/* Get Scan Media Results, opcode 4305h, 8.2.9.9.4.6, output; records follow */
typedef struct CxlGetScanMediaResultsOut {
    Le64 restart_address;
    Le64 restart_length;
    uint8_t flags;
    uint8_t reserved;
    Le16 count;
    uint8_t reserved2[12];
} CxlGetScanMediaResultsOut;

_Static_assert(sizeof(CxlGetScanMediaResultsOut) == 0x20, "8.2.9.9.4.6");

#define CXL_SCAN_RESULTS_MORE           (1u << 0)
#define CXL_SCAN_RESULTS_STOPPED        (1u << 1)

#endif /* CXL_SPEC_PAYLOAD_MEDIA_H */
