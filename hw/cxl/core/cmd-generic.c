/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that any component may have: events, timestamp
 * (CXL 3.1 8.2.9.2, 8.2.9.4)
 */
#include "hw/cxl/core/cci.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-generic.h"

/* 8.2.9.2.2 */
static CxlRet get_event_records(CxlCciCall *call)
{
    const CxlGetEventRecordsIn *in = call->request;

    if (in->log >= CXL_EVENT_LOGS) {
        return CXL_RET_INVALID_INPUT;
    }
    cxl_eventlog_get(&call->cci->events->state.log[in->log], call->reply,
                     &call->out);
    return CXL_RET_SUCCESS;
}

static CxlRet clear_log(CxlCciCall *call, CxlEventLog *log)
{
    const CxlClearEventRecordsIn *in = call->request;
    const Le16 *handles = cxl_reader_take(&call->in, in->nhandles *
                                          (uint32_t)sizeof(*handles));

    if (!handles || call->in.left) {
        return CXL_RET_INVALID_PAYLOAD_LENGTH;
    }
    if (!(in->flags & CXL_CLEAR_EVENT_ALL)) {
        return cxl_eventlog_clear(log, handles, in->nhandles);
    }
    return in->nhandles ? CXL_RET_INVALID_INPUT : cxl_eventlog_clear_all(log);
}

/* 8.2.9.2.3; who has injected an event hears that a driver has seen it */
static CxlRet clear_event_records(CxlCciCall *call)
{
    const CxlClearEventRecordsIn *in = call->request;
    CxlEventLog *log;
    CxlRet ret;

    if (in->log >= CXL_EVENT_LOGS) {
        return CXL_RET_INVALID_INPUT;
    }
    log = &call->cci->events->state.log[in->log];
    ret = clear_log(call, log);
    if (ret == CXL_RET_SUCCESS) {
        cxl_effects_tell(call->effects, (CxlTell) {
            .event = CXL_TELL_EVENTS_CLEARED,
            .what = in->log,
            .value = log->count,
        });
    }
    return ret;
}

/* The device's own with MSI, what the host gave with firmware interrupts */
static unsigned message_number(const CxlEventLogs *events, unsigned log)
{
    switch (events->state.mode[log]) {
    case CXL_EVENT_INT_MSI:
        return events->vector[log];
    case CXL_EVENT_INT_FW:
        return events->state.firmware_message[log];
    default:
        return 0;
    }
}

/* 8.2.9.2.4 */
static CxlRet get_event_interrupt_policy(CxlCciCall *call)
{
    const CxlEventLogs *events = call->cci->events;
    CxlEventInterruptPolicy *out = call->reply;

    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        out->settings[i] = (uint8_t)(events->state.mode[i] |
                                     message_number(events, i) <<
                                     CXL_EVENT_INT_VECTOR_SHIFT);
    }
    return CXL_RET_SUCCESS;
}

/*
 * 8.2.9.2.5: the device chooses the message number of MSI: an input's is
 * ignored. That of a firmware interrupt is the host's affair, and kept.
 */
static CxlRet set_event_interrupt_policy(CxlCciCall *call)
{
    const uint8_t *in = call->request;
    uint8_t mode[CXL_EVENT_LOGS];

    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        mode[i] = in[i] & CXL_EVENT_INT_MODE_MASK;
        if (mode[i] == CXL_EVENT_INT_RESERVED) {
            return CXL_RET_INVALID_INPUT;
        }
    }
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        call->cci->events->state.mode[i] = mode[i];
        call->cci->events->state.firmware_message[i] =
            in[i] >> CXL_EVENT_INT_VECTOR_SHIFT;
    }
    return CXL_RET_SUCCESS;
}

/* 8.2.9.4.1 */
static CxlRet get_timestamp(CxlCciCall *call)
{
    CxlTimestampPayload *out = call->reply;

    out->ns = cxl_le64(cxl_cci_timestamp(call->cci, call->now));
    return CXL_RET_SUCCESS;
}

/* 8.2.9.4.2 */
static CxlRet set_timestamp(CxlCciCall *call)
{
    const CxlTimestampPayload *in = call->request;

    call->cci->state.clock = (CxlClock) {
        .set = true,
        .base = cxl_le64_get(in->ns),
        .set_at = call->now.wall_ns,
    };
    return CXL_RET_SUCCESS;
}

static const CxlCciCommand event_commands[] = {
    {
        .name = "Get Event Records",
        .opcode = CXL_OP_GET_EVENT_RECORDS,
        .min_in = sizeof(CxlGetEventRecordsIn),
        .max_in = sizeof(CxlGetEventRecordsIn),
        .out = sizeof(CxlGetEventRecordsOut),
        .gates = CXL_CCI_GATE_EVENTS,
        .run = get_event_records,
    }, {
        .name = "Clear Event Records",
        .opcode = CXL_OP_CLEAR_EVENT_RECORDS,
        .effects = CXL_CEL_IMMEDIATE_LOG_CHANGE,
        .min_in = sizeof(CxlClearEventRecordsIn),
        .max_in = sizeof(CxlClearEventRecordsIn) + UINT8_MAX * sizeof(Le16),
        .gates = CXL_CCI_GATE_EVENTS,
        .run = clear_event_records,
    }, {
        .name = "Get Event Interrupt Policy",
        .opcode = CXL_OP_GET_EVENT_INTERRUPT_POLICY,
        .out = sizeof(CxlEventInterruptPolicy),
        .gates = CXL_CCI_GATE_EVENTS,
        .run = get_event_interrupt_policy,
    }, {
        .name = "Set Event Interrupt Policy",
        .opcode = CXL_OP_SET_EVENT_INTERRUPT_POLICY,
        .effects = CXL_CEL_IMMEDIATE_POLICY_CHANGE,
        .min_in = CXL_EVENT_LOGS,
        .max_in = sizeof(CxlEventInterruptPolicy),
        .gates = CXL_CCI_GATE_EVENTS,
        .run = set_event_interrupt_policy,
    },
};

static const CxlCciCommand timestamp_commands[] = {
    {
        .name = "Get Timestamp",
        .opcode = CXL_OP_GET_TIMESTAMP,
        .out = sizeof(CxlTimestampPayload),
        .run = get_timestamp,
    }, {
        .name = "Set Timestamp",
        .opcode = CXL_OP_SET_TIMESTAMP,
        .effects = CXL_CEL_IMMEDIATE_POLICY_CHANGE,
        .min_in = sizeof(CxlTimestampPayload),
        .max_in = sizeof(CxlTimestampPayload),
        .run = set_timestamp,
    },
};

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

bool cxl_cci_add_events(CxlCci *cci)
{
    return cxl_cci_add_set(cci, event_commands, NROWS(event_commands));
}

bool cxl_cci_add_timestamp(CxlCci *cci)
{
    return cxl_cci_add_set(cci, timestamp_commands,
                           NROWS(timestamp_commands));
}
