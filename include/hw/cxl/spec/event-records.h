/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs and event records (CXL 3.1 8.2.9.2)
 */
#ifndef CXL_SPEC_EVENT_RECORDS_H
#define CXL_SPEC_EVENT_RECORDS_H

#include "hw/cxl/spec/wire.h"

/** enum CxlEventLogType - the event logs of a device (8.2.9.2.2) */
typedef enum CxlEventLogType {
    CXL_EVENT_LOG_INFO  = 0,
    CXL_EVENT_LOG_WARN  = 1,
    CXL_EVENT_LOG_FAIL  = 2,
    CXL_EVENT_LOG_FATAL = 3,
} CxlEventLogType;

#define CXL_EVENT_LOGS                  4

/* Record flags, bits [1:0]: severity = number of the log (8.2.9.2.1) */
#define CXL_EVENT_FLAG_SEVERITY_MASK    0x3

/**
 * struct CxlEventHeader - common event record header (8.2.9.2.1)
 */
typedef struct CxlEventHeader {
    uint8_t uuid[16];
    uint8_t length;
    uint8_t flags[3];
    Le16 handle;
    Le16 related_handle;
    Le64 timestamp;
    uint8_t maint_op_class;
    uint8_t maint_op_subclass;
    Le16 ld_id;
    uint8_t head_id;
    uint8_t reserved[11];
} CxlEventHeader;

_Static_assert(sizeof(CxlEventHeader) == 0x30, "8.2.9.2.1");

/**
 * struct CxlEventRecord - an event record, whatever its type
 */
typedef struct CxlEventRecord {
    CxlEventHeader header;
    uint8_t data[0x50];
} CxlEventRecord;

_Static_assert(sizeof(CxlEventRecord) == 0x80, "8.2.9.2.1");

#endif /* CXL_SPEC_EVENT_RECORDS_H */
