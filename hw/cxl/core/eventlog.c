/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs of a component (CXL 3.1 8.2.9.2)
 */
#include "hw/cxl/core/eventlog.h"

#include <string.h>

CxlEventRecord cxl_event_record(CxlEventKind kind)
{
    static const uint8_t uuids[][16] = {
        [CXL_EVENT_GENERAL_MEDIA] = CXL_EVENT_GENERAL_MEDIA_UUID,
        [CXL_EVENT_DRAM] = CXL_EVENT_DRAM_UUID,
        [CXL_EVENT_MEMORY_MODULE] = CXL_EVENT_MEMORY_MODULE_UUID,
    };
    CxlEventRecord record = { 0 };

    memcpy(record.header.uuid, uuids[kind], sizeof(record.header.uuid));
    return record;
}

void cxl_event_set_flags(CxlEventRecord *record, uint32_t flags)
{
    cxl_le_store(record->header.flags, sizeof(record->header.flags), flags);
}

uint32_t cxl_event_flags(const CxlEventRecord *record)
{
    return (uint32_t)cxl_le_load(record->header.flags,
                                 sizeof(record->header.flags));
}

static uint16_t ring_index(const CxlEventLog *log, unsigned n)
{
    return (uint16_t)((log->first + n) % CXL_EVENT_LOG_SIZE);
}

/* Zero is not a handle; a log is far shorter than the handle space */
static uint16_t next_handle(CxlEventLog *log)
{
    log->last_handle++;
    if (!log->last_handle) {
        log->last_handle = 1;
    }
    return log->last_handle;
}

static void count_overflow(CxlEventLog *log, uint64_t timestamp)
{
    if (!log->overflow_count) {
        log->first_overflow = timestamp;
    }
    log->last_overflow = timestamp;
    if (log->overflow_count < UINT16_MAX) {
        log->overflow_count++;
    }
}

bool cxl_eventlog_add(CxlEventLogs *logs, CxlEventLogType type,
                      const CxlEventRecord *record, uint64_t timestamp,
                      uint32_t *vectors)
{
    CxlEventLog *log = &logs->state.log[type];
    CxlEventRecord *slot = &log->records[ring_index(log, log->count)];
    CxlEventHeader *header = &slot->header;

    if (log->count == CXL_EVENT_LOG_SIZE) {
        count_overflow(log, timestamp);
        return false;
    }
    *slot = *record;
    header->length = sizeof(*slot);
    header->flags[0] &= (uint8_t)~CXL_EVENT_FLAG_SEVERITY_MASK;
    header->flags[0] |= (uint8_t)type;
    header->handle = cxl_le16(next_handle(log));
    header->timestamp = cxl_le64(timestamp);
    if (!log->count++ && logs->state.mode[type] == CXL_EVENT_INT_MSI) {
        *vectors |= 1u << logs->vector[type];
    }
    return true;
}

uint32_t cxl_eventlog_status(const CxlEventLogs *logs)
{
    uint32_t status = 0;

    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        status |= (uint32_t)(logs->state.log[i].count != 0) << i;
    }
    return status;
}

void cxl_eventlog_get(const CxlEventLog *log, CxlGetEventRecordsOut *header,
                      CxlWriter *records)
{
    unsigned n = 0;

    while (n < log->count) {
        CxlEventRecord *record = cxl_writer_put(records, sizeof(*record));

        if (!record) {
            header->flags |= CXL_EVENT_OUT_MORE_RECORDS;
            break;
        }
        *record = log->records[ring_index(log, n++)];
    }
    header->record_count = cxl_le16((uint16_t)n);
    if (log->overflow_count) {
        header->flags |= CXL_EVENT_OUT_OVERFLOW;
        header->overflow_count = cxl_le16(log->overflow_count);
        header->first_overflow = cxl_le64(log->first_overflow);
        header->last_overflow = cxl_le64(log->last_overflow);
    }
}

/* Records leave a log together with its overflow: there is room again */
static void remove_oldest(CxlEventLog *log, unsigned count)
{
    if (count) {
        log->first = ring_index(log, count);
        log->count = (uint16_t)(log->count - count);
        log->overflow_count = 0;
    }
}

CxlRet cxl_eventlog_clear(CxlEventLog *log, const Le16 *handles,
                          unsigned count)
{
    if (count > log->count) {
        return CXL_RET_INVALID_HANDLE;
    }
    for (unsigned i = 0; i < count; i++) {
        const CxlEventRecord *record = &log->records[ring_index(log, i)];

        if (cxl_le16_get(record->header.handle) != cxl_le16_get(handles[i])) {
            return CXL_RET_INVALID_HANDLE;
        }
    }
    remove_oldest(log, count);
    return CXL_RET_SUCCESS;
}

CxlRet cxl_eventlog_clear_all(CxlEventLog *log)
{
    if (!log->overflow_count) {
        return CXL_RET_INVALID_INPUT;
    }
    remove_oldest(log, log->count);
    return CXL_RET_SUCCESS;
}

void cxl_eventlog_forget(CxlEventLogs *logs)
{
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        CxlEventLog *log = &logs->state.log[i];
        uint16_t last_handle = log->last_handle;

        memset(log, 0, sizeof(*log));
        log->last_handle = last_handle;
    }
}
