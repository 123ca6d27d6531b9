/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of a memory device that make data go away (CXL 3.1 8.2.9.9.5)
 */
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-sanitize.h"

/* Nominal time: 4 GiB in a second */
#define ERASE_NS            100000000ull
#define ERASE_NS_PER_MIB    250000ull
/* Ranges of media operations are multiples of it */
#define GRANULARITY         4096u

/* The next slice, when it is its turn */
static CxlRet erase_step(CxlCci *cci, bool ok, CxlTime now,
                         CxlEffects *effects)
{
    CxlMemdev *m = cci->owner;
    uint64_t ns = cxl_cci_nominal_ns(ERASE_NS, cci->state.work_done,
                                     ERASE_NS_PER_MIB);
    uint64_t due = cci->state.background_start + cxl_cci_scaled_ns(cci, ns);

    if (!ok) {
        return CXL_RET_INTERNAL_ERROR;
    }
    if (now.virtual_ns < due) {
        effects->flags |= CXL_EFFECT_DEADLINE;
        effects->deadline_ns = due;
        return CXL_RET_BACKGROUND_STARTED;
    }
    if (!cxl_erase_begin_slice(&m->state.erase, effects)) {
        return CXL_RET_SUCCESS;
    }
    cxl_cci_slice_begin(cci);
    return CXL_RET_BACKGROUND_STARTED;
}

/* All of the memory, in a security state that allows it */
static CxlRet erase_memory(CxlMemdev *m, bool secure_state)
{
    CxlRange all = { 0, cxl_dpa_capacity(m->config.dpa) };
    CxlRet ret = cxl_memdev_may_erase(m, all);

    if (ret == CXL_RET_SUCCESS && !secure_state) {
        return CXL_RET_INVALID_SECURITY_STATE;
    }
    if (ret == CXL_RET_SUCCESS) {
        cxl_erase_add(&m->state.erase, (CxlErase) { .range = all });
    }
    return ret;
}

static void tell_done(uint16_t opcode, CxlRet ret, CxlEffects *effects)
{
    cxl_effects_tell(effects, (CxlTell) {
        .event = CXL_TELL_SANITIZE_DONE, .what = opcode,
        .code = (uint16_t)ret,
    });
}

/*
 * 8.2.9.9.5.1: memory and labels, when there is no user passphrase. The media
 * is disabled from now on until it has been done once, whatever comes between.
 */
static CxlRet sanitize(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    bool free = !m->state.nv.passphrases.set[CXL_PASSPHRASE_USER];
    CxlRet ret = erase_memory(m, free);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    cxl_erase_add(&m->state.erase, (CxlErase) {
        .labels = true, .range = { 0, m->config.lsa_size },
    });
    m->state.nv.sanitizing = true;
    call->effects->flags |= CXL_EFFECT_STORE;
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    cxl_memdev_update_access(m, call->effects);
    call->work = cxl_erase_work(&m->state.erase);
    return CXL_RET_BACKGROUND_STARTED;
}

/*
 * Event records may have told of what is gone now, and there is nothing left to
 * hide, whoever hid it
 */
static CxlRet sanitize_done(CxlCci *cci, CxlRet ret, CxlTime now,
                            CxlEffects *effects)
{
    CxlMemdev *m = cci->owner;

    (void)now;
    cxl_erase_forget(&m->state.erase);
    if (ret == CXL_RET_SUCCESS) {
        cxl_eventlog_forget(&m->events);
        m->state.nv.sanitizing = false;
        m->state.erase.hidden = false;
        effects->flags |= CXL_EFFECT_STORE;
        cxl_memdev_set_media(m, CXL_MEDIA_READY);
        cxl_memdev_update_access(m, effects);
    }
    tell_done(CXL_OP_SANITIZE, ret, effects);
    return ret;
}

/*
 * 8.2.9.9.5.2: memory that is not locked, and no labels, as when the media had
 * a new key. Linux does not wait for this in the background, so the command is
 * done when all is.
 */
static CxlRet secure_erase(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    CxlRet ret = erase_memory(m, !m->state.security.locked);

    if (ret == CXL_RET_SUCCESS) {
        cxl_memdev_erase_now(m, call);
    }
    return ret;
}

/* What there is, in the order of Discovery */
static const CxlMediaOperation operations[] = {
    { CXL_MEDIA_OP_GENERAL, CXL_MEDIA_OP_DISCOVERY },
    { CXL_MEDIA_OP_SANITIZE, CXL_MEDIA_OP_SANITIZE_RANGES },
    { CXL_MEDIA_OP_SANITIZE, CXL_MEDIA_OP_ZERO_RANGES },
};

#define NOPERATIONS (sizeof(operations) / sizeof(operations[0]))

/* 8.2.9.9.5.3.1 */
static CxlRet discover(CxlCciCall *call)
{
    const CxlMediaDiscoveryIn *in = cxl_reader_take(&call->in, sizeof(*in));
    CxlMediaDiscoveryOut *out;
    uint16_t start, count = 0;

    if (!in || call->in.left) {
        return CXL_RET_INVALID_INPUT;
    }
    start = cxl_le16_get(in->start);
    if (start >= NOPERATIONS) {
        return CXL_RET_INVALID_INPUT;
    }
    out = cxl_writer_put(&call->out, sizeof(*out));
    if (!out) {
        return CXL_RET_INTERNAL_ERROR;
    }
    while (count < cxl_le16_get(in->count) && start + count < NOPERATIONS) {
        CxlMediaOperation *op = cxl_writer_put(&call->out, sizeof(*op));

        if (!op) {
            break;
        }
        *op = operations[start + count++];
    }
    out->granularity = cxl_le64(GRANULARITY);
    out->supported = cxl_le16(NOPERATIONS);
    out->count = cxl_le16(count);
    return CXL_RET_SUCCESS;
}

static CxlRet check_range(const CxlMemdev *m, const CxlDpaRange *range)
{
    uint64_t capacity = cxl_dpa_capacity(m->config.dpa);
    uint64_t address = cxl_le64_get(range->address);
    uint64_t len = cxl_le64_get(range->length);

    if (!len || address % GRANULARITY || len % GRANULARITY) {
        return CXL_RET_INVALID_INPUT;
    }
    return address < capacity && len <= capacity - address ?
           cxl_memdev_may_erase(m, (CxlRange) { address, len }) :
           CXL_RET_INVALID_PHYSICAL_ADDRESS;
}

/* All ranges are looked at before any is touched */
static CxlRet erase_ranges(CxlCciCall *call, uint32_t count)
{
    CxlMemdev *m = cxl_memdev_of(call);
    CxlRet ret = CXL_RET_SUCCESS;
    const CxlDpaRange *range;

    if (call->in.left % sizeof(*range) ||
        count != call->in.left / sizeof(*range)) {
        return CXL_RET_INVALID_PAYLOAD_LENGTH;
    }
    if (!count) {
        return CXL_RET_INVALID_INPUT;
    }
    if (m->state.security.locked) {
        return CXL_RET_INVALID_SECURITY_STATE;
    }
    range = cxl_reader_take(&call->in, call->in.left);
    for (uint32_t i = 0; ret == CXL_RET_SUCCESS && i < count; i++) {
        ret = check_range(m, &range[i]);
    }
    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    for (uint32_t i = 0; i < count; i++) {
        cxl_erase_add(&m->state.erase, (CxlErase) {
            .range = { cxl_le64_get(range[i].address),
                       cxl_le64_get(range[i].length) },
        });
    }
    call->work = cxl_erase_work(&m->state.erase);
    return CXL_RET_BACKGROUND_STARTED;
}

/* 8.2.9.9.5.3: ranges are sanitized by writing zeroes */
static CxlRet media_operations(CxlCciCall *call)
{
    const CxlMediaOperationsIn *in = call->request;
    uint32_t count = cxl_le32_get(in->range_count);

    for (unsigned i = 0; i < NOPERATIONS; i++) {
        if (in->op_class != operations[i].op_class ||
            in->op_subclass != operations[i].op_subclass) {
            continue;
        }
        if (in->op_class != CXL_MEDIA_OP_GENERAL) {
            return erase_ranges(call, count);
        }
        return count ? CXL_RET_INVALID_INPUT : discover(call);
    }
    return CXL_RET_UNSUPPORTED;
}

static CxlRet media_operations_done(CxlCci *cci, CxlRet ret, CxlTime now,
                                    CxlEffects *effects)
{
    CxlMemdev *m = cci->owner;

    (void)now;
    cxl_erase_forget(&m->state.erase);
    tell_done(CXL_OP_MEDIA_OPERATIONS, ret, effects);
    return ret;
}

/* Sanitize and its like work while the media is disabled: they enable it */
static const CxlCciCommand sanitize_commands[] = {
    {
        .name = "Sanitize",
        .opcode = CXL_OP_SANITIZE,
        .effects = CXL_CEL_IMMEDIATE_DATA_CHANGE |
                   CXL_CEL_SECURITY_STATE_CHANGE | CXL_CEL_BACKGROUND |
                   CXL_CEL_BACKGROUND_ABORT,
        .gates = CXL_CCI_GATE_WRITABLE,
        .run = sanitize,
        .step = erase_step,
        .done = sanitize_done,
    }, {
        .name = "Secure Erase",
        .opcode = CXL_OP_SECURE_ERASE,
        .effects = CXL_CEL_IMMEDIATE_DATA_CHANGE |
                   CXL_CEL_SECURITY_STATE_CHANGE,
        .gates = CXL_CCI_GATE_WRITABLE | CXL_CCI_GATE_MEDIA,
        .run = secure_erase,
    }, {
        .name = "Media Operations",
        .opcode = CXL_OP_MEDIA_OPERATIONS,
        .effects = CXL_CEL_IMMEDIATE_DATA_CHANGE | CXL_CEL_BACKGROUND |
                   CXL_CEL_BACKGROUND_ABORT,
        .min_in = sizeof(CxlMediaOperationsIn),
        .max_in = CXL_CCI_UNBOUNDED,
        .gates = CXL_CCI_GATE_WRITABLE | CXL_CCI_GATE_MEDIA,
        .run = media_operations,
        .step = erase_step,
        .done = media_operations_done,
    },
};

bool cxl_cci_add_sanitize(CxlCci *cci)
{
    return cxl_cci_add_set(cci, sanitize_commands,
                           sizeof(sanitize_commands) /
                           sizeof(sanitize_commands[0]));
}
