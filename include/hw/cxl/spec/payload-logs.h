/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of logs, and how they look (CXL 3.1 8.2.9.5)
 */
#ifndef CXL_SPEC_PAYLOAD_LOGS_H
#define CXL_SPEC_PAYLOAD_LOGS_H

#include "hw/cxl/spec/wire.h"

/* UUID 5e1819d9-11a9-400c-811f-d60719403d86 of the vendor debug log */
#define CXL_VENDOR_DEBUG_UUID_BYTES                                         \
    { 0x5e, 0x18, 0x19, 0xd9, 0x11, 0xa9, 0x40, 0x0c,                       \
      0x81, 0x1f, 0xd6, 0x07, 0x19, 0x40, 0x3d, 0x86 }

/* UUID b3fab4cf-01b6-4332-943e-5e9962f23567 of the component state dump */
#define CXL_STATE_DUMP_UUID_BYTES                                           \
    { 0xb3, 0xfa, 0xb4, 0xcf, 0x01, 0xb6, 0x43, 0x32,                       \
      0x94, 0x3e, 0x5e, 0x99, 0x62, 0xf2, 0x35, 0x67 }

/* Get Supported Logs, opcode 0400h, 8.2.9.5.1, output; entries follow */
typedef struct CxlGetSupportedLogsOut {
    Le16 count;
    uint8_t reserved[6];
} CxlGetSupportedLogsOut;

_Static_assert(sizeof(CxlGetSupportedLogsOut) == 8, "8.2.9.5.1");

typedef struct CxlSupportedLogEntry {
    uint8_t uuid[16];
    Le32 size;
} CxlSupportedLogEntry;

_Static_assert(sizeof(CxlSupportedLogEntry) == 20, "8.2.9.5.1");

/* Get Log, opcode 0401h, 8.2.9.5.2, input; the output is the log's bytes */
typedef struct CxlGetLogIn {
    uint8_t uuid[16];
    Le32 offset;
    Le32 length;
} CxlGetLogIn;

_Static_assert(sizeof(CxlGetLogIn) == 24, "8.2.9.5.2");

/* Get Log Capabilities, Clear Log, Populate Log, 0402h to 0404h, input */
typedef struct CxlLogId {
    uint8_t uuid[16];
} CxlLogId;

_Static_assert(sizeof(CxlLogId) == 16, "8.2.9.5.3");

/* Log parameters */
#define CXL_LOG_CAN_CLEAR           (1u << 0)
#define CXL_LOG_CAN_POPULATE        (1u << 1)
#define CXL_LOG_AUTO_POPULATE       (1u << 2)
#define CXL_LOG_PERSISTENT          (1u << 3)

/* Get Log Capabilities, opcode 0402h, 8.2.9.5.3, output */
typedef struct CxlGetLogCapabilitiesOut {
    Le32 parameters;
} CxlGetLogCapabilitiesOut;

_Static_assert(sizeof(CxlGetLogCapabilitiesOut) == 4, "8.2.9.5.3");

/* Get Supported Logs Sub-List, opcode 0405h, 8.2.9.5.6, input */
typedef struct CxlLogsSubListIn {
    uint8_t max_entries;
    uint8_t start;
} CxlLogsSubListIn;

_Static_assert(sizeof(CxlLogsSubListIn) == 2, "8.2.9.5.6");

/* Get Supported Logs Sub-List, output; CxlSupportedLogEntry follow */
typedef struct CxlLogsSubListOut {
    uint8_t count;
    uint8_t reserved1;
    Le16 total;
    uint8_t start;
    uint8_t reserved2[3];
} CxlLogsSubListOut;

_Static_assert(sizeof(CxlLogsSubListOut) == 8, "8.2.9.5.6");

/* Component state dump log, 8.2.9.5.2.3; the data follows */
typedef struct CxlStateDumpHeader {
    Le32 length;
    uint8_t auto_populated;
    uint8_t event_log;
    Le16 event_handle;
    Le64 timestamp;
    uint8_t format[16];
    uint8_t reserved[0x20];
} CxlStateDumpHeader;

_Static_assert(sizeof(CxlStateDumpHeader) == 0x40, "8.2.9.5.2.3");

/* The vendor debug log of this vendor: what was refused, oldest first */
typedef struct CxlDebugEntry {
    Le64 virtual_ns;
    Le16 opcode;
    Le16 ret;
    Le32 in_len;
} CxlDebugEntry;

_Static_assert(sizeof(CxlDebugEntry) == 16, "");

#endif /* CXL_SPEC_PAYLOAD_LOGS_H */
