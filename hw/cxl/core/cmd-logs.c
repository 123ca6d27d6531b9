/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs, of any component (CXL 3.1 8.2.9.5)
 */
#include "hw/cxl/core/cci.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-logs.h"

#define COUNT(array)    (sizeof(array) / sizeof((array)[0]))

/* Nominal time of Populate Log */
#define POPULATE_NS     50000000ull

/*
 * A log. @read writes @len bytes from @offset on, which are within its size;
 * @clear is NULL when it cannot be cleared.
 */
typedef struct Log {
    uint8_t uuid[16];
    uint32_t (*size)(const CxlCci *cci);
    void (*read)(const CxlCci *cci, uint32_t offset, uint32_t len,
                 uint8_t *to);
    void (*clear)(CxlLogsState *logs);
    bool populate;
} Log;

static uint32_t debug_size(const CxlCci *cci)
{
    uint32_t n = cci->state.logs.ndebug;

    return (n < CXL_DEBUG_ENTRIES ? n : CXL_DEBUG_ENTRIES) *
           (uint32_t)sizeof(CxlDebugEntry);
}

/* The oldest entry is the one that is overwritten next */
static void debug_read(const CxlCci *cci, uint32_t offset, uint32_t len,
                       uint8_t *to)
{
    const CxlLogsState *logs = &cci->state.logs;
    uint32_t size = sizeof(logs->debug);
    uint32_t first = logs->ndebug < CXL_DEBUG_ENTRIES ? 0 :
                     logs->ndebug % CXL_DEBUG_ENTRIES *
                     (uint32_t)sizeof(CxlDebugEntry);

    for (uint32_t i = 0; i < len; i++) {
        to[i] = ((const uint8_t *)logs->debug)[(first + offset + i) % size];
    }
}

static void debug_clear(CxlLogsState *logs)
{
    logs->ndebug = 0;
}

static uint32_t dump_size(const CxlCci *cci)
{
    return (uint32_t)sizeof(CxlStateDumpHeader) +
           cxl_le32_get(cci->state.logs.dump.length);
}

static void dump_read(const CxlCci *cci, uint32_t offset, uint32_t len,
                      uint8_t *to)
{
    const CxlLogsState *logs = &cci->state.logs;
    const uint8_t *header = (const uint8_t *)&logs->dump;

    for (uint32_t i = offset; i < offset + len; i++) {
        *to++ = i < sizeof(logs->dump) ? header[i]
                                       : logs->text[i - sizeof(logs->dump)];
    }
}

static void dump_clear(CxlLogsState *logs)
{
    memset(&logs->dump, 0, sizeof(logs->dump));
}

/* 8.2.9.5.2.3: no trigger, and a format that has no UUID */
static void dump_populate(CxlCci *cci, CxlTime now)
{
    CxlLogsState *logs = &cci->state.logs;
    CxlWriter out = { logs->text, 0, sizeof(logs->text) };

    dump_clear(logs);
    cci->dump(cci, now, &out);
    logs->dump.length = cxl_le32(out.used);
    logs->dump.timestamp = cxl_le64(cxl_cci_timestamp(cci, now));
}

static void cel_read(const CxlCci *cci, uint32_t offset, uint32_t len,
                     uint8_t *to)
{
    CxlWriter out = { to, 0, len };

    cxl_cci_cel_read(cci, offset, len, &out);
}

/* The command effects log comes first: Get Supported Logs says so */
static const Log all_logs[] = {
    {
        .uuid = CXL_CEL_UUID_BYTES,
        .size = cxl_cci_cel_size, .read = cel_read,
    }, {
        .uuid = CXL_VENDOR_DEBUG_UUID_BYTES,
        .size = debug_size, .read = debug_read, .clear = debug_clear,
    }, {
        .uuid = CXL_STATE_DUMP_UUID_BYTES,
        .size = dump_size, .read = dump_read, .clear = dump_clear,
        .populate = true,
    },
};

static unsigned count_logs(const CxlCci *cci)
{
    return cci->gates & CXL_CCI_GATE_LOGS ? COUNT(all_logs) : 1;
}

static const Log *find_log(const CxlCci *cci, const uint8_t *uuid)
{
    for (unsigned i = 0; i < count_logs(cci); i++) {
        if (!memcmp(all_logs[i].uuid, uuid, sizeof(all_logs[i].uuid))) {
            return &all_logs[i];
        }
    }
    return NULL;
}

static void fill_entry(const CxlCci *cci, const Log *log,
                       CxlSupportedLogEntry *entry)
{
    memcpy(entry->uuid, log->uuid, sizeof(entry->uuid));
    entry->size = cxl_le32(log->size(cci));
}

typedef struct SupportedLogs {
    CxlGetSupportedLogsOut header;
    CxlSupportedLogEntry first;
} SupportedLogs;

/* 8.2.9.5.1 */
static CxlRet get_supported_logs(CxlCciCall *call)
{
    unsigned count = count_logs(call->cci);
    SupportedLogs *out = call->reply;

    out->header.count = cxl_le16((uint16_t)count);
    fill_entry(call->cci, &all_logs[0], &out->first);
    for (unsigned i = 1; i < count; i++) {
        CxlSupportedLogEntry *entry = cxl_writer_put(&call->out,
                                                     sizeof(*entry));

        if (!entry) {
            return CXL_RET_INTERNAL_ERROR;
        }
        fill_entry(call->cci, &all_logs[i], entry);
    }
    return CXL_RET_SUCCESS;
}

/* 8.2.9.5.2 */
static CxlRet get_log(CxlCciCall *call)
{
    const CxlGetLogIn *in = call->request;
    const Log *log = find_log(call->cci, in->uuid);
    uint32_t offset = cxl_le32_get(in->offset);
    uint32_t len = cxl_le32_get(in->length);
    uint32_t size;
    uint8_t *out;

    if (!log) {
        return CXL_RET_INVALID_LOG;
    }
    size = log->size(call->cci);
    if (offset > size || len > size - offset) {
        return CXL_RET_INVALID_INPUT;
    }
    out = cxl_writer_put(&call->out, len);
    if (!out) {
        return CXL_RET_INVALID_INPUT;
    }
    log->read(call->cci, offset, len, out);
    return CXL_RET_SUCCESS;
}

/* 8.2.9.5.3 */
static CxlRet get_log_capabilities(CxlCciCall *call)
{
    const CxlLogId *in = call->request;
    const Log *log = find_log(call->cci, in->uuid);
    CxlGetLogCapabilitiesOut *out = call->reply;

    if (!log) {
        return CXL_RET_INVALID_LOG;
    }
    out->parameters = cxl_le32((log->clear ? CXL_LOG_CAN_CLEAR : 0) |
                               (log->populate ? CXL_LOG_CAN_POPULATE : 0));
    return CXL_RET_SUCCESS;
}

/* 8.2.9.5.4 */
static CxlRet clear_log(CxlCciCall *call)
{
    const CxlLogId *in = call->request;
    const Log *log = find_log(call->cci, in->uuid);

    if (!log || !log->clear) {
        return CXL_RET_INVALID_LOG;
    }
    log->clear(&call->cci->state.logs);
    return CXL_RET_SUCCESS;
}

/* 8.2.9.5.5 */
static CxlRet populate_log(CxlCciCall *call)
{
    const CxlLogId *in = call->request;
    const Log *log = find_log(call->cci, in->uuid);

    if (!log || !log->populate) {
        return CXL_RET_INVALID_LOG;
    }
    call->background_ns = POPULATE_NS;
    return CXL_RET_BACKGROUND_STARTED;
}

/* There is one log that can be populated */
static CxlRet populated(CxlCci *cci, CxlRet ret, CxlTime now,
                        CxlEffects *effects)
{
    (void)effects;
    if (ret == CXL_RET_SUCCESS) {
        dump_populate(cci, now);
    }
    return ret;
}

/* 8.2.9.5.6 */
static CxlRet get_supported_logs_sub_list(CxlCciCall *call)
{
    const CxlLogsSubListIn *in = call->request;
    unsigned total = count_logs(call->cci);
    CxlLogsSubListOut *out = call->reply;

    if (in->start >= total) {
        return CXL_RET_INVALID_INPUT;
    }
    out->total = cxl_le16((uint16_t)total);
    out->start = in->start;
    for (unsigned i = in->start; i < total && out->count < in->max_entries;
         i++) {
        CxlSupportedLogEntry *entry = cxl_writer_put(&call->out,
                                                     sizeof(*entry));

        if (!entry) {
            break;
        }
        fill_entry(call->cci, &all_logs[i], entry);
        out->count++;
    }
    return CXL_RET_SUCCESS;
}

static const CxlCciCommand log_commands[] = {
    {
        .name = "Get Supported Logs",
        .opcode = CXL_OP_GET_SUPPORTED_LOGS,
        .out = sizeof(SupportedLogs),
        .run = get_supported_logs,
    }, {
        .name = "Get Log",
        .opcode = CXL_OP_GET_LOG,
        .min_in = sizeof(CxlGetLogIn),
        .max_in = sizeof(CxlGetLogIn),
        .run = get_log,
    }, {
        .name = "Get Log Capabilities",
        .opcode = CXL_OP_GET_LOG_CAPABILITIES,
        .min_in = sizeof(CxlLogId),
        .max_in = sizeof(CxlLogId),
        .out = sizeof(CxlGetLogCapabilitiesOut),
        .gates = CXL_CCI_GATE_LOGS,
        .run = get_log_capabilities,
    }, {
        .name = "Clear Log",
        .opcode = CXL_OP_CLEAR_LOG,
        .effects = CXL_CEL_IMMEDIATE_LOG_CHANGE,
        .min_in = sizeof(CxlLogId),
        .max_in = sizeof(CxlLogId),
        .gates = CXL_CCI_GATE_LOGS,
        .run = clear_log,
    }, {
        .name = "Populate Log",
        .opcode = CXL_OP_POPULATE_LOG,
        .effects = CXL_CEL_IMMEDIATE_LOG_CHANGE | CXL_CEL_BACKGROUND |
                   CXL_CEL_BACKGROUND_ABORT,
        .min_in = sizeof(CxlLogId),
        .max_in = sizeof(CxlLogId),
        .gates = CXL_CCI_GATE_LOGS,
        .run = populate_log,
        .done = populated,
    }, {
        .name = "Get Supported Logs Sub-List",
        .opcode = CXL_OP_GET_SUPPORTED_LOGS_SUB_LIST,
        .min_in = sizeof(CxlLogsSubListIn),
        .max_in = sizeof(CxlLogsSubListIn),
        .out = sizeof(CxlLogsSubListOut),
        .gates = CXL_CCI_GATE_LOGS,
        .run = get_supported_logs_sub_list,
    },
};

bool cxl_cci_add_logs(CxlCci *cci)
{
    if (!cci->dump) {
        cci->gates &= ~CXL_CCI_GATE_LOGS;
    }
    return cxl_cci_add_set(cci, log_commands, COUNT(log_commands));
}
