/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the commands that any component may have (CXL 3.1 8.2.9.1,
 * 8.2.9.2, 8.2.9.4); payload-logs.h has those of logs
 */
#ifndef CXL_SPEC_PAYLOAD_GENERIC_H
#define CXL_SPEC_PAYLOAD_GENERIC_H

#include "hw/cxl/spec/event-records.h"
#include "hw/cxl/spec/wire.h"

/* Component type in Identify */
#define CXL_COMPONENT_TYPE_SWITCH   0x00
#define CXL_COMPONENT_TYPE_TYPE3    0x03

/* Identify, opcode 0001h, 8.2.9.1.1, output */
typedef struct CxlIdentifyOut {
    Le16 vendor;
    Le16 device;
    Le16 subsystem_vendor;
    Le16 subsystem;
    Le64 serial;
    uint8_t max_message_shift;  /* 8 to 10 */
    uint8_t component_type;
} CxlIdentifyOut;

_Static_assert(sizeof(CxlIdentifyOut) == 0x12, "8.2.9.1.1");

/* Status: [0] one runs, [7:1] percent complete */
#define CXL_BACKGROUND_RUNNING          (1u << 0)
#define CXL_BACKGROUND_PERCENT_SHIFT    1

/* Background Operation Status, opcode 0002h, 8.2.9.1.2, output */
typedef struct CxlBackgroundOperationStatusOut {
    uint8_t status;
    uint8_t reserved;
    Le16 opcode;
    Le16 ret;
    Le16 vendor_status;
} CxlBackgroundOperationStatusOut;

_Static_assert(sizeof(CxlBackgroundOperationStatusOut) == 8, "8.2.9.1.2");

/* A message is at least 256 bytes and at most 1 MiB, as powers of two */
#define CXL_MESSAGE_SHIFT_MIN           8
#define CXL_MESSAGE_SHIFT_MAX           20

/*
 * Get/Set Response Message Limit, opcodes 0003h and 0004h, 8.2.9.1.3 and .4,
 * output of both and input
 */
typedef struct CxlResponseMessageLimit {
    uint8_t shift;
} CxlResponseMessageLimit;

_Static_assert(sizeof(CxlResponseMessageLimit) == 1, "8.2.9.1.3");

/* Get Event Records, opcode 0100h, 8.2.9.2.2, input */
typedef struct CxlGetEventRecordsIn {
    uint8_t log;
} CxlGetEventRecordsIn;

_Static_assert(sizeof(CxlGetEventRecordsIn) == 1, "8.2.9.2.2");

#define CXL_EVENT_OUT_OVERFLOW      (1u << 0)
#define CXL_EVENT_OUT_MORE_RECORDS  (1u << 1)

/* Get Event Records, opcode 0100h, 8.2.9.2.2, output; records follow */
typedef struct CxlGetEventRecordsOut {
    uint8_t flags;
    uint8_t reserved1;
    Le16 overflow_count;
    Le64 first_overflow;
    Le64 last_overflow;
    Le16 record_count;
    uint8_t reserved2[10];
} CxlGetEventRecordsOut;

_Static_assert(sizeof(CxlGetEventRecordsOut) == 0x20, "8.2.9.2.2");

#define CXL_CLEAR_EVENT_ALL         (1u << 0)

/* Clear Event Records, opcode 0101h, 8.2.9.2.3, input; Le16 handles follow */
typedef struct CxlClearEventRecordsIn {
    uint8_t log;
    uint8_t flags;
    uint8_t nhandles;
    uint8_t reserved[3];
} CxlClearEventRecordsIn;

_Static_assert(sizeof(CxlClearEventRecordsIn) == 6, "8.2.9.2.3");

/* Interrupt settings of one log: [1:0] mode, [7:4] message number */
#define CXL_EVENT_INT_MODE_MASK     0x03
#define CXL_EVENT_INT_NONE          0
#define CXL_EVENT_INT_MSI           1
#define CXL_EVENT_INT_FW            2
#define CXL_EVENT_INT_RESERVED      3
#define CXL_EVENT_INT_VECTOR_SHIFT  4

/*
 * Get/Set Event Interrupt Policy, opcodes 0102h and 0103h, 8.2.9.2.4 and .5,
 * output and input. The dynamic capacity log came with CXL 3.0: an input may
 * leave its byte out.
 */
typedef struct CxlEventInterruptPolicy {
    uint8_t settings[CXL_EVENT_LOGS];
    uint8_t dynamic_capacity;
} CxlEventInterruptPolicy;

_Static_assert(sizeof(CxlEventInterruptPolicy) == 5, "8.2.9.2.4");

/* Get/Set Timestamp, opcodes 0300h and 0301h, 8.2.9.4, output and input */
typedef struct CxlTimestampPayload {
    Le64 ns;
} CxlTimestampPayload;

_Static_assert(sizeof(CxlTimestampPayload) == 8, "8.2.9.4");

#endif /* CXL_SPEC_PAYLOAD_GENERIC_H */
