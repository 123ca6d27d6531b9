/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs of a component (CXL 3.1 8.2.9.2)
 *
 * A log is a queue: records are added at its end and cleared from its front. A
 * full log refuses records and counts what it refused.
 */
#ifndef CXL_CORE_EVENTLOG_H
#define CXL_CORE_EVENTLOG_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/payload.h"
#include "hw/cxl/spec/event-records.h"
#include "hw/cxl/spec/payload-generic.h"
#include "hw/cxl/spec/retcodes.h"

/** enum CxlEventKind - what an event record is about (8.2.9.2.1) */
typedef enum CxlEventKind {
    CXL_EVENT_GENERAL_MEDIA,
    CXL_EVENT_DRAM,
    CXL_EVENT_MEMORY_MODULE,
} CxlEventKind;

/** CXL_EVENT_LOG_SIZE: records that one log holds */
#define CXL_EVENT_LOG_SIZE  64

/**
 * struct CxlEventLog - one log
 * @records: ring of records, as the guest gets them
 * @first: index of the oldest record
 * @count: records held
 * @last_handle: handle given last; the next one differs from all held
 * @overflow_count: records refused since the log was full, saturating
 * @first_overflow: timestamp of the first record refused, if any
 * @last_overflow: timestamp of the last record refused, if any
 */
typedef struct CxlEventLog {
    CxlEventRecord records[CXL_EVENT_LOG_SIZE];
    uint16_t first;
    uint16_t count;
    uint16_t last_handle;
    uint16_t overflow_count;
    uint64_t first_overflow;
    uint64_t last_overflow;
} CxlEventLog;

/**
 * struct CxlEventLogsState - what changes in them
 * @log: indexed by CxlEventLogType
 * @mode: interrupt mode of each log, CXL_EVENT_INT_*
 * @firmware_message: in mode CXL_EVENT_INT_FW: message number of each log,
 *                    chosen by the host and of no use to the device
 */
typedef struct CxlEventLogsState {
    CxlEventLog log[CXL_EVENT_LOGS];
    uint8_t mode[CXL_EVENT_LOGS];
    uint8_t firmware_message[CXL_EVENT_LOGS];
} CxlEventLogsState;

/**
 * struct CxlEventLogs - the logs of a device and how they interrupt
 * @vector: MSI-X vector of each log, chosen by the device
 * @state: what changes
 */
typedef struct CxlEventLogs {
    uint8_t vector[CXL_EVENT_LOGS];
    CxlEventLogsState state;
} CxlEventLogs;

/**
 * cxl_event_record: a record of this kind, with its UUID and no data
 */
CxlEventRecord cxl_event_record(CxlEventKind kind);

/**
 * cxl_event_set_flags: event record flags, CXL_EVENT_FLAG_*; the severity is
 * the log's affair
 */
void cxl_event_set_flags(CxlEventRecord *record, uint32_t flags);

/** cxl_event_flags: event record flags, CXL_EVENT_FLAG_* */
uint32_t cxl_event_flags(const CxlEventRecord *record);

/**
 * cxl_eventlog_add: append a copy of @record to log @type (below
 * CXL_EVENT_LOGS), with the length, handle, severity and @timestamp that the
 * log gives it (8.2.9.2.1)
 *
 * @vectors: the vector of the log is added if its mode is MSI and the log was
 *           empty (8.2.9.2.4)
 *
 * Returns: false when the log is full; the record is counted as overflow
 */
bool cxl_eventlog_add(CxlEventLogs *logs, CxlEventLogType type,
                      const CxlEventRecord *record, uint64_t timestamp,
                      uint32_t *vectors);

/**
 * cxl_eventlog_status: value of the event status register, bit n = log n holds
 * records (8.2.8.3.1)
 */
uint32_t cxl_eventlog_status(const CxlEventLogs *logs);

/**
 * cxl_eventlog_get: fill the output payload of Get Event Records with the
 * oldest records of @log that fit (8.2.9.2.2)
 * @header: zeroed by the caller
 * @records: what follows it
 */
void cxl_eventlog_get(const CxlEventLog *log, CxlGetEventRecordsOut *header,
                      CxlWriter *records);

/**
 * cxl_eventlog_clear: remove the oldest records, whose handles are @handles
 * (2 bytes each, @count of them) in the order of the log (8.2.9.2.3)
 *
 * Returns: CXL_RET_SUCCESS, or CXL_RET_INVALID_HANDLE and nothing is removed
 */
CxlRet cxl_eventlog_clear(CxlEventLog *log, const Le16 *handles,
                          unsigned count);

/**
 * cxl_eventlog_clear_all: remove all records of a log that has overflowed
 * (8.2.9.2.3)
 *
 * Returns: CXL_RET_SUCCESS, or CXL_RET_INVALID_INPUT when it has not
 */
CxlRet cxl_eventlog_clear_all(CxlEventLog *log);

/**
 * cxl_eventlog_forget: remove all records of all logs, and what is counted of
 * overflow. Handles go on: a host may still have those of before.
 */
void cxl_eventlog_forget(CxlEventLogs *logs);

#endif /* CXL_CORE_EVENTLOG_H */
