/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media and poison commands of a memory device (CXL 3.1 8.2.9.9.4)
 */
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/core/poison.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-media.h"

/* Nominal time of a scan: 16 GiB in a second */
#define SCAN_NS             100000000ull
#define SCAN_NS_PER_MIB     61000ull
#define NS_PER_MS           1000000ull

/* What a command says in units, as bytes that are all of the device */
static CxlRet take_range(const CxlMemdev *m, uint64_t address, uint64_t units,
                         CxlRange *range)
{
    uint64_t capacity = cxl_dpa_capacity(m->config.dpa);

    if (!units || address % CXL_MEDIA_UNIT) {
        return CXL_RET_INVALID_INPUT;
    }
    if (address >= capacity ||
        units > (capacity - address) / CXL_MEDIA_UNIT) {
        return CXL_RET_INVALID_PHYSICAL_ADDRESS;
    }
    *range = (CxlRange) { address, units * CXL_MEDIA_UNIT };
    return CXL_RET_SUCCESS;
}

/*
 * A list of nothing is empty: Linux 6.12 asks for what lies behind its last
 * region, also where that is the end of the memory
 */
static CxlRet take_list_range(const CxlMemdev *m, uint64_t address,
                              uint64_t units, CxlRange *range)
{
    if (!units && !(address % CXL_MEDIA_UNIT) &&
        address <= cxl_dpa_capacity(m->config.dpa)) {
        *range = (CxlRange) { address, 0 };
        return CXL_RET_SUCCESS;
    }
    return take_range(m, address, units, range);
}

/* The first listed line in [@at, @end) */
static bool next_line(const CxlDpaMarks *marks, uint64_t at, uint64_t end,
                      uint64_t *line)
{
    return at < end && cxl_dpa_mark_next_known(marks, at, line) && *line < end;
}

/*
 * The first lines in [@at, @end) that follow each other and have one source.
 * Returns how many.
 */
static uint32_t next_run(const CxlDpaMarks *marks, uint64_t at, uint64_t end,
                         uint64_t *first, uint8_t *source)
{
    uint32_t count = 1;
    uint64_t line;

    if (!next_line(marks, at, end, first)) {
        return 0;
    }
    *source = marks->source[cxl_dpa_mark_find(marks, *first)];
    while (next_line(marks, *first + count * CXL_DPA_LINE, end, &line) &&
           line == *first + (uint64_t)count * CXL_DPA_LINE &&
           marks->source[cxl_dpa_mark_find(marks, line)] == *source) {
        count++;
    }
    return count;
}

/*
 * As many records of [@at, @end) as fit. @at gets where the rest begins; @more
 * whether there is one.
 */
static uint16_t put_records(const CxlDpaMarks *marks, uint64_t *at,
                            uint64_t end, CxlWriter *out, bool *more)
{
    uint16_t count = 0;
    uint64_t first;
    uint8_t source;
    uint32_t lines;

    while ((lines = next_run(marks, *at, end, &first, &source)) != 0) {
        CxlMediaErrorRecord *record = cxl_writer_put(out, sizeof(*record));

        if (!record) {
            *more = true;
            return count;
        }
        record->address = cxl_le64(first | source);
        record->length = cxl_le32(lines);
        *at = first + (uint64_t)lines * CXL_DPA_LINE;
        count++;
    }
    *more = false;
    return count;
}

/*
 * 8.2.9.9.4.1: who is told that there is more asks for the same range once more
 * and gets what follows
 */
static CxlRet get_poison_list(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    CxlMediaState *s = &m->state.media;
    const CxlMediaRangeIn *in = call->request;
    CxlGetPoisonListOut *out = call->reply;
    CxlRange range;
    uint64_t at;
    bool more;
    CxlRet ret = take_list_range(m, cxl_le64_get(in->address),
                                 cxl_le64_get(in->length), &range);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    at = s->list_at && s->list.offset == range.offset &&
         s->list.len == range.len ? s->list_at : range.offset;
    out->count = cxl_le16(put_records(&m->config.dpa->marks, &at,
                                      range.offset + range.len, &call->out,
                                      &more));
    s->list = range;
    s->list_at = more ? at : 0;
    out->flags = more ? CXL_POISON_LIST_MORE : 0;
    if (m->state.poison_overflow) {
        out->flags |= CXL_POISON_LIST_OVERFLOW;
        out->overflow_time = cxl_le64(m->state.poison_overflow_time);
    }
    if (call->cci->state.background == CXL_OP_SCAN_MEDIA) {
        out->flags |= CXL_POISON_LIST_SCANNING;
    }
    return CXL_RET_SUCCESS;
}

/* What hosts cannot access now, no command changes */
static CxlRet check_open(const CxlMemdev *m, uint64_t dpa)
{
    static const CxlRet rets[] = {
        [CXL_DPA_OPEN] = CXL_RET_SUCCESS,
        [CXL_DPA_DISABLED] = CXL_RET_MEDIA_DISABLED,
        [CXL_DPA_LOCKED] = CXL_RET_INVALID_SECURITY_STATE,
    };
    const CxlDpaPartition *part = cxl_dpa_find(m->config.dpa, dpa);

    return part ? rets[part->closed] : CXL_RET_INVALID_PHYSICAL_ADDRESS;
}

/* 8.2.9.9.4.2 */
static CxlRet inject_poison(CxlCciCall *call)
{
    static const CxlRet rets[] = {
        [CXL_POISON_ADDED] = CXL_RET_SUCCESS,
        [CXL_POISON_OUTSIDE] = CXL_RET_INVALID_PHYSICAL_ADDRESS,
        [CXL_POISON_FULL] = CXL_RET_INJECT_POISON_LIMIT,
    };
    const CxlInjectPoisonIn *in = call->request;
    uint64_t address = cxl_le64_get(in->address);
    CxlMemdev *m = cxl_memdev_of(call);
    CxlRet ret = check_open(m, address);

    if (address % CXL_MEDIA_UNIT) {
        return CXL_RET_INVALID_INPUT;
    }
    return ret != CXL_RET_SUCCESS ? ret :
           rets[cxl_poison_add(m, address, CXL_POISON_INJECTED, call->now,
                               call->effects)];
}

/* 8.2.9.9.4.3 */
static CxlRet clear_poison(CxlCciCall *call)
{
    const CxlClearPoisonIn *in = call->request;
    uint64_t address = cxl_le64_get(in->address);
    CxlMemdev *m = cxl_memdev_of(call);
    CxlRet ret = check_open(m, address);

    if (address % CXL_MEDIA_UNIT) {
        return CXL_RET_INVALID_INPUT;
    }
    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    return cxl_poison_clear(m, address, in->data, call->effects) ?
           CXL_RET_SUCCESS : CXL_RET_INVALID_PHYSICAL_ADDRESS;
}

static uint64_t scan_ns(CxlRange range)
{
    return cxl_cci_nominal_ns(SCAN_NS, range.len, SCAN_NS_PER_MIB);
}

/* 8.2.9.9.4.4 */
static CxlRet get_scan_media_capabilities(CxlCciCall *call)
{
    const CxlMediaRangeIn *in = call->request;
    CxlGetScanMediaCapabilitiesOut *out = call->reply;
    CxlRange range;
    uint64_t ms;
    CxlRet ret = take_range(cxl_memdev_of(call), cxl_le64_get(in->address),
                            cxl_le64_get(in->length), &range);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    ms = cxl_cci_scaled_ns(call->cci, scan_ns(range)) / NS_PER_MS;
    out->milliseconds = cxl_le32(ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms);
    return CXL_RET_SUCCESS;
}

/* 8.2.9.9.4.5: what was found before is forgotten */
static CxlRet scan_media(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    const CxlScanMediaIn *in = call->request;
    CxlRange range;
    CxlRet ret = take_range(m, cxl_le64_get(in->address),
                            cxl_le64_get(in->length), &range);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    m->state.media.scan = range;
    m->state.media.scan_quiet = in->flags & CXL_SCAN_MEDIA_NO_EVENTS;
    m->state.media.results_at = range.offset;
    m->state.media.results_end = range.offset;
    m->state.media.stopped = false;
    call->background_ns = scan_ns(range);
    return CXL_RET_BACKGROUND_STARTED;
}

/* Of a line that was read already the host has heard */
static void tell_scan(CxlMemdev *m, CxlTime now, CxlEffects *effects)
{
    const CxlDpaMarks *marks = &m->config.dpa->marks;
    uint64_t at = m->state.media.results_at, line;

    while (next_line(marks, at, m->state.media.results_end, &line)) {
        const CxlMediaFinding found = {
            .dpa = line,
            .descriptor = CXL_EVENT_UNCORRECTABLE,
            .type = CXL_MEDIA_EVENT_ECC,
            .transaction = CXL_EVENT_BY_SCAN_MEDIA,
        };

        if (!marks->told[cxl_dpa_mark_find(marks, line)]) {
            cxl_memdev_media_event(m, CXL_EVENT_LOG_FAIL, &found, now,
                                   effects);
        }
        at = line + CXL_DPA_LINE;
    }
}

/* As far as an aborted scan has come */
static uint64_t scanned(const CxlCci *cci, uint64_t len, CxlTime now)
{
    uint64_t lines = len / CXL_DPA_LINE;
    unsigned percent = cxl_cci_background_percent(cci, now);

    return (lines / 100 * percent + lines % 100 * percent / 100) *
           CXL_DPA_LINE;
}

/* All of the memory was looked at: the list of poison is complete again */
static CxlRet scan_media_done(CxlCci *cci, CxlRet ret, CxlTime now,
                              CxlEffects *effects)
{
    CxlMemdev *m = cci->owner;
    CxlMediaState *s = &m->state.media;
    bool all = s->scan.len == cxl_dpa_capacity(m->config.dpa);

    s->stopped = ret != CXL_RET_SUCCESS;
    s->results_end = s->scan.offset +
                     (s->stopped ? scanned(cci, s->scan.len, now)
                                 : s->scan.len);
    cxl_poison_scanned(m, s->scan.offset, s->results_end - s->scan.offset,
                       effects);
    if (!s->stopped && all) {
        m->state.poison_overflow = false;
    }
    if (!s->scan_quiet) {
        tell_scan(m, now, effects);
    }
    return ret;
}

/* 8.2.9.9.4.6: in parts, each of which is given once */
static CxlRet get_scan_media_results(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    CxlMediaState *s = &m->state.media;
    CxlGetScanMediaResultsOut *out = call->reply;
    uint64_t end = s->scan.offset + s->scan.len;
    bool more;

    if (call->cci->state.background == CXL_OP_SCAN_MEDIA) {
        return CXL_RET_BUSY;
    }
    out->count = cxl_le16(put_records(&m->config.dpa->marks, &s->results_at,
                                      s->results_end, &call->out, &more));
    out->flags = more ? CXL_SCAN_RESULTS_MORE : 0;
    if (s->stopped) {
        out->flags |= CXL_SCAN_RESULTS_STOPPED;
        out->restart_address = cxl_le64(s->results_end);
        out->restart_length = cxl_le64((end - s->results_end) /
                                       CXL_MEDIA_UNIT);
    }
    return CXL_RET_SUCCESS;
}

static const CxlCciCommand media_commands[] = {
    {
        .name = "Get Poison List",
        .opcode = CXL_OP_GET_POISON_LIST,
        .min_in = sizeof(CxlMediaRangeIn),
        .max_in = sizeof(CxlMediaRangeIn),
        .out = sizeof(CxlGetPoisonListOut),
        .gates = CXL_CCI_GATE_MEDIA,
        .run = get_poison_list,
    }, {
        .name = "Inject Poison",
        .opcode = CXL_OP_INJECT_POISON,
        .effects = CXL_CEL_IMMEDIATE_DATA_CHANGE,
        .min_in = sizeof(CxlInjectPoisonIn),
        .max_in = sizeof(CxlInjectPoisonIn),
        .gates = CXL_CCI_GATE_MEDIA,
        .run = inject_poison,
    }, {
        .name = "Clear Poison",
        .opcode = CXL_OP_CLEAR_POISON,
        .effects = CXL_CEL_IMMEDIATE_DATA_CHANGE,
        .min_in = sizeof(CxlClearPoisonIn),
        .max_in = sizeof(CxlClearPoisonIn),
        .gates = CXL_CCI_GATE_MEDIA,
        .run = clear_poison,
    }, {
        .name = "Get Scan Media Capabilities",
        .opcode = CXL_OP_GET_SCAN_MEDIA_CAPABILITIES,
        .min_in = sizeof(CxlMediaRangeIn),
        .max_in = sizeof(CxlMediaRangeIn),
        .out = sizeof(CxlGetScanMediaCapabilitiesOut),
        .run = get_scan_media_capabilities,
    }, {
        .name = "Scan Media",
        .opcode = CXL_OP_SCAN_MEDIA,
        .effects = CXL_CEL_BACKGROUND | CXL_CEL_BACKGROUND_ABORT,
        .min_in = sizeof(CxlScanMediaIn),
        .max_in = sizeof(CxlScanMediaIn),
        .gates = CXL_CCI_GATE_MEDIA,
        .run = scan_media,
        .done = scan_media_done,
    }, {
        .name = "Get Scan Media Results",
        .opcode = CXL_OP_GET_SCAN_MEDIA_RESULTS,
        .out = sizeof(CxlGetScanMediaResultsOut),
        .run = get_scan_media_results,
    },
};

bool cxl_cci_add_media(CxlCci *cci)
{
    return cxl_cci_add_set(cci, media_commands,
                           sizeof(media_commands) / sizeof(media_commands[0]));
}
