/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Component command interface: the dispatcher (CXL 3.1 8.2.9)
 */
#include "hw/cxl/core/cci.h"

#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/payload-generic.h"

void cxl_cci_init(CxlCci *cci, void *owner, CxlEventLogs *events)
{
    memset(cci, 0, sizeof(*cci));
    cci->owner = owner;
    cci->events = events;
    cci->gates = UINT32_MAX;
    cci->background_time = CXL_BACKGROUND_TIME;
    cci->state.response_shift = CXL_CCI_PAYLOAD_SHIFT;
    if (!events) {
        cci->gates &= ~CXL_CCI_GATE_EVENTS;
    }
}

bool cxl_cci_add_set(CxlCci *cci, const CxlCciCommand *rows, unsigned count)
{
    if (cci->nsets == CXL_CCI_MAX_SETS) {
        return false;
    }
    if (cci->nsets) {
        const CxlCciSet *last = &cci->sets[cci->nsets - 1];

        if (rows[0].opcode <= last->rows[last->count - 1].opcode) {
            return false;
        }
    }
    cci->sets[cci->nsets++] = (CxlCciSet) { rows, count };
    return true;
}

/* 8.2.8.4.5.1 */
static const struct {
    const char *name;
    bool fault;
} rets[] = {
    [CXL_RET_SUCCESS] = { "success", false },
    [CXL_RET_BACKGROUND_STARTED] = { "background operation started", false },
    [CXL_RET_INVALID_INPUT] = { "invalid input", true },
    [CXL_RET_UNSUPPORTED] = { "unsupported", true },
    [CXL_RET_INTERNAL_ERROR] = { "internal error", false },
    [CXL_RET_RETRY_REQUIRED] = { "retry required", false },
    [CXL_RET_BUSY] = { "busy", false },
    [CXL_RET_MEDIA_DISABLED] = { "media disabled", false },
    [CXL_RET_FW_TRANSFER_IN_PROGRESS] = { "transfer in progress", false },
    [CXL_RET_FW_TRANSFER_OUT_OF_ORDER] = { "transfer out of order", true },
    [CXL_RET_FW_AUTHENTICATION_FAILED] = { "authentication failed", false },
    [CXL_RET_INVALID_SLOT] = { "invalid slot", true },
    [CXL_RET_FW_ROLLED_BACK] = { "activation failed, rolled back", false },
    [CXL_RET_FW_COLD_RESET_REQUIRED] = { "cold reset required", false },
    [CXL_RET_INVALID_HANDLE] = { "invalid handle", true },
    [CXL_RET_INVALID_PHYSICAL_ADDRESS] = { "invalid physical address", true },
    [CXL_RET_INJECT_POISON_LIMIT] = { "poison limit reached", false },
    [CXL_RET_PERMANENT_MEDIA_FAILURE] = { "permanent media failure", false },
    [CXL_RET_ABORTED] = { "aborted", false },
    [CXL_RET_INVALID_SECURITY_STATE] = { "invalid security state", true },
    [CXL_RET_INCORRECT_PASSPHRASE] = { "incorrect passphrase", false },
    [CXL_RET_UNSUPPORTED_MAILBOX] = { "unsupported mailbox", true },
    [CXL_RET_INVALID_PAYLOAD_LENGTH] = { "invalid payload length", true },
    [CXL_RET_INVALID_LOG] = { "invalid log", true },
    [CXL_RET_INTERRUPTED] = { "interrupted", false },
    [CXL_RET_UNSUPPORTED_FEATURE_VERSION] = {
        "unsupported feature version", true
    },
    [CXL_RET_UNSUPPORTED_FEATURE_SELECT] = {
        "unsupported feature selection value", true
    },
    [CXL_RET_FEATURE_IN_PROGRESS] = { "feature transfer in progress", false },
    [CXL_RET_FEATURE_OUT_OF_ORDER] = { "feature transfer out of order", true },
    [CXL_RET_RESOURCES_EXHAUSTED] = { "resources exhausted", false },
    [CXL_RET_INVALID_EXTENT_LIST] = { "invalid extent list", true },
    [CXL_RET_TRANSFER_OUT_OF_ORDER] = { "transfer out of order", true },
    [CXL_RET_ABORT_NOT_SUPPORTED] = { "abort not supported", false },
};

#define NRETS (sizeof(rets) / sizeof(rets[0]))

const char *cxl_ret_name(CxlRet ret)
{
    return ret < NRETS ? rets[ret].name : "unknown";
}

bool cxl_ret_is_fault(CxlRet ret)
{
    return ret < NRETS && rets[ret].fault;
}

static bool is_present(const CxlCci *cci, const CxlCciCommand *row)
{
    return !(row->gates & CXL_CCI_GATES_PRESENCE & ~cci->gates);
}

const CxlCciCommand *cxl_cci_find(const CxlCci *cci, uint16_t opcode)
{
    for (unsigned s = 0; s < cci->nsets; s++) {
        for (unsigned i = 0; i < cci->sets[s].count; i++) {
            const CxlCciCommand *row = &cci->sets[s].rows[i];

            if (row->opcode == opcode) {
                return is_present(cci, row) ? row : NULL;
            }
        }
    }
    return NULL;
}

static CxlRet ask_script(const CxlCci *cci, uint16_t opcode)
{
    return cci->faults ? cxl_faults_command(cci->faults, opcode)
                       : CXL_RET_SUCCESS;
}

static CxlRet check(const CxlCci *cci, const CxlCciCommand *row,
                    uint32_t in_len)
{
    CxlRet ret;

    if (!row) {
        return CXL_RET_UNSUPPORTED;
    }
    ret = ask_script(cci, row->opcode);
    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (cci->state.background && (row->effects & CXL_CEL_BACKGROUND)) {
        return CXL_RET_BUSY;
    }
    if (row->gates & CXL_CCI_GATE_MEDIA && cci->state.media_disabled) {
        return CXL_RET_MEDIA_DISABLED;
    }
    if (in_len < row->min_in || in_len > row->max_in ||
        in_len > CXL_CCI_MAX_PAYLOAD) {
        return CXL_RET_INVALID_PAYLOAD_LENGTH;
    }
    return CXL_RET_SUCCESS;
}

static void set_deadline(uint64_t virtual_ns, CxlEffects *effects)
{
    effects->flags |= CXL_EFFECT_DEADLINE;
    effects->deadline_ns = virtual_ns;
}

/* What a script of faults says of the operation that runs, or NULL */
static const CxlFaultBackground *fault_of(const CxlCci *cci)
{
    return cci->faults ?
           cxl_faults_background(cci->faults, cci->state.background) : NULL;
}

static void start_background(CxlCci *cci, const CxlCciCommand *row,
                             const CxlCciCall *call)
{
    const CxlFaultBackground *fault;

    cci->state.background = row->opcode;
    cci->state.background_start = call->now.virtual_ns;
    fault = fault_of(cci);
    cci->state.background_ns = fault && fault->duration_ns ?
        fault->duration_ns : cxl_cci_scaled_ns(cci, call->background_ns);
    cci->state.work = call->work;
    cci->state.work_done = 0;
    cci->state.aborting = false;
    if (!cci->state.slice) {
        set_deadline(call->now.virtual_ns + cci->state.background_ns,
                     call->effects);
    }
}

static CxlRet execute(CxlCci *cci, uint16_t opcode, const uint8_t *in,
                      uint32_t in_len, uint8_t *out, uint32_t out_size,
                      uint32_t *out_len, CxlTime now, CxlEffects *effects)
{
    const CxlCciCommand *row = cxl_cci_find(cci, opcode);
    uint32_t limit = 1u << cci->state.response_shift;
    CxlRet ret = check(cci, row, in_len);
    CxlCciCall call = {
        .cci = cci,
        .in = { in, in_len },
        .out = { out, 0, out_size < limit ? out_size : limit },
        .now = now,
        .effects = effects,
    };

    *out_len = 0;
    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (row->min_in) {
        call.request = cxl_reader_take(&call.in, row->min_in);
    }
    call.reply = cxl_writer_put(&call.out, row->out);
    if (!call.reply) {
        return CXL_RET_INTERNAL_ERROR;
    }
    ret = row->run(&call);
    if (ret == CXL_RET_SUCCESS && call.waits) {
        cci->state.waiting = opcode;
    }
    if (ret == CXL_RET_BACKGROUND_STARTED) {
        start_background(cci, row, &call);
    }
    if (ret == CXL_RET_SUCCESS || ret == CXL_RET_BACKGROUND_STARTED) {
        *out_len = call.out.used;
    }
    return ret;
}

CxlRet cxl_cci_execute(CxlCci *cci, uint16_t opcode, const uint8_t *in,
                       uint32_t in_len, uint8_t *out, uint32_t out_size,
                       uint32_t *out_len, CxlTime now,
                       CxlEffects *effects)
{
    CxlRet ret = execute(cci, opcode, in, in_len, out, out_size, out_len, now,
                         effects);

    if (ret != CXL_RET_SUCCESS && ret != CXL_RET_BACKGROUND_STARTED) {
        cxl_logs_refused(&cci->state.logs, opcode, ret, in_len, now);
    }
    return ret;
}

void cxl_cci_finish(CxlCci *cci)
{
    cci->state.waiting = 0;
}

uint64_t cxl_cci_scaled_ns(const CxlCci *cci, uint64_t nominal_ns)
{
    uint64_t percent = cci->background_time;

    return nominal_ns / 100 * percent + nominal_ns % 100 * percent / 100;
}

/* Percent of @whole that @part is, less than 100 */
static unsigned percent_of(uint64_t part, uint64_t whole)
{
    uint64_t percent;

    if (part >= whole) {
        return 99;
    }
    percent = whole < 100 ? part * 100 / whole : part / (whole / 100);
    return percent > 99 ? 99 : (unsigned)percent;
}

static unsigned progress(const CxlCci *cci, CxlTime now)
{
    const CxlCciState *s = &cci->state;

    if (s->work) {
        return percent_of(s->work_done, s->work);
    }
    if (now.virtual_ns <= s->background_start) {
        return 0;
    }
    return percent_of(now.virtual_ns - s->background_start,
                      s->background_ns);
}

unsigned cxl_cci_background_percent(const CxlCci *cci, CxlTime now)
{
    const CxlFaultBackground *fault = fault_of(cci);
    unsigned percent = progress(cci, now);

    return fault && fault->sticks && fault->percent < percent ?
           fault->percent : percent;
}

/* It has come as far as a script of faults lets it */
static bool is_stuck(const CxlCci *cci, CxlTime now)
{
    const CxlFaultBackground *fault = fault_of(cci);

    return fault && fault->sticks && !cci->state.aborting &&
           progress(cci, now) >= fault->percent;
}

static CxlRet end_background(CxlCci *cci, const CxlCciCommand *row, CxlRet ret,
                             CxlTime now, CxlEffects *effects)
{
    cci->state.ended_opcode = cci->state.background;
    if (row && row->done) {
        ret = row->done(cci, ret, now, effects);
    }
    cci->state.background = 0;
    cci->state.ended_ret = (uint16_t)ret;
    if (ret != CXL_RET_SUCCESS) {
        cxl_logs_refused(&cci->state.logs, cci->state.ended_opcode, ret, 0,
                         now);
    }
    return ret;
}

CxlRet cxl_cci_background_timer(CxlCci *cci, CxlTime now,
                                CxlEffects *effects)
{
    const CxlCciCommand *row = cxl_cci_find(cci, cci->state.background);
    bool ok = !cci->state.slice_failed;
    CxlRet ret = CXL_RET_SUCCESS;

    if (cci->state.slice || is_stuck(cci, now)) {
        return CXL_RET_BACKGROUND_STARTED;
    }
    cci->state.slice_failed = false;
    if (cci->state.aborting) {
        ret = CXL_RET_ABORTED;
    } else if (row && row->step) {
        ret = row->step(cci, ok, now, effects);
    }
    return ret == CXL_RET_BACKGROUND_STARTED ?
           ret : end_background(cci, row, ret, now, effects);
}

CxlRet cxl_cci_background_abort(CxlCci *cci, CxlTime now,
                                CxlEffects *effects)
{
    const CxlCciCommand *row = cxl_cci_find(cci, cci->state.background);

    if (!row) {
        return CXL_RET_SUCCESS;
    }
    if (!(row->effects & CXL_CEL_BACKGROUND_ABORT)) {
        return CXL_RET_ABORT_NOT_SUPPORTED;
    }
    cci->state.aborting = true;
    if (!cci->state.slice) {
        set_deadline(now.virtual_ns, effects);
    }
    return CXL_RET_SUCCESS;
}

void cxl_cci_slice_begin(CxlCci *cci)
{
    cci->state.slice = true;
}

void cxl_cci_slice_end(CxlCci *cci, bool ok, CxlTime now,
                       CxlEffects *effects)
{
    if (cci->state.slice) {
        cci->state.slice = false;
        cci->state.slice_failed = !ok;
        set_deadline(now.virtual_ns, effects);
    }
}

uint64_t cxl_cci_timestamp(const CxlCci *cci, CxlTime now)
{
    const CxlClock *clock = &cci->state.clock;

    return clock->set ? clock->base + (now.wall_ns - clock->set_at) : 0;
}

void cxl_cci_reset(CxlCci *cci, CxlReset kind)
{
    cci->state.waiting = 0;
    cci->state.background = 0;
    cci->state.slice = false;
    cci->state.slice_failed = false;
    cci->state.ended_opcode = 0;
    cci->state.ended_ret = CXL_RET_SUCCESS;
    if (kind == CXL_RESET_COLD) {
        memset(&cci->state.logs, 0, sizeof(cci->state.logs));
    }
    if (kind == CXL_RESET_FUNCTION) {
        return;
    }
    cci->state.clock.set = false;
    cci->state.response_shift = CXL_CCI_PAYLOAD_SHIFT;
    if (cci->events) {
        memset(cci->events->state.mode, CXL_EVENT_INT_NONE,
               sizeof(cci->events->state.mode));
    }
}

uint32_t cxl_cci_cel_size(const CxlCci *cci)
{
    uint32_t size = 0;

    for (unsigned s = 0; s < cci->nsets; s++) {
        for (unsigned i = 0; i < cci->sets[s].count; i++) {
            size += is_present(cci, &cci->sets[s].rows[i]) *
                    (uint32_t)sizeof(CxlCelEntry);
        }
    }
    return size;
}

/* The part of the entry at @at that lies in [offset, offset + len) */
static void copy_entry(const CxlCciCommand *row, uint32_t at, uint32_t offset,
                       uint32_t len, uint8_t *to)
{
    CxlCelEntry entry = {
        .opcode = cxl_le16(row->opcode),
        .effects = cxl_le16(row->effects),
    };
    const uint8_t *bytes = (const uint8_t *)&entry;

    for (uint32_t i = 0; i < sizeof(entry); i++) {
        uint32_t pos = at + i - offset;

        /* before @offset it has wrapped: far beyond any length */
        if (pos < len) {
            to[pos] = bytes[i];
        }
    }
}

bool cxl_cci_cel_read(const CxlCci *cci, uint32_t offset, uint32_t len,
                      CxlWriter *out)
{
    uint32_t size = cxl_cci_cel_size(cci);
    uint32_t at = 0;
    uint8_t *to;

    if (offset > size || len > size - offset) {
        return false;
    }
    to = cxl_writer_put(out, len);
    if (!to) {
        return false;
    }
    for (unsigned s = 0; s < cci->nsets; s++) {
        for (unsigned i = 0; i < cci->sets[s].count; i++) {
            const CxlCciCommand *row = &cci->sets[s].rows[i];

            if (is_present(cci, row)) {
                copy_entry(row, at, offset, len, to);
                at += sizeof(CxlCelEntry);
            }
        }
    }
    return true;
}
