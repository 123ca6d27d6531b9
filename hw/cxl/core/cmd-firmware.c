/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware update (CXL 3.1 8.2.9.3)
 */
#include "hw/cxl/core/cmd-firmware.h"

#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"

static const char delivered[CXL_FW_REVISION_SIZE] = "1.0";

/* FNV-1a, 32 bits */
#define SUM_START       0x811c9dc5u
#define SUM_PRIME       0x01000193u

/* Nominal times: what flash memory is like */
#define PART_NS         1000000ull
#define PART_MIB_NS     500000000ull
#define VERIFY_NS       100000000ull
#define VERIFY_MIB_NS   10000000ull
#define ACTIVATE_NS     500000000ull

static CxlFwState *firmware(const CxlCci *cci)
{
    CxlMemdev *m = cci->owner;

    return &m->state.firmware;
}

void cxl_fw_init(CxlFwState *fw)
{
    memset(fw, 0, sizeof(*fw));
    fw->active = 1;
    fw->slots[0].present = true;
    memcpy(fw->slots[0].revision, delivered, sizeof(delivered));
}

static void drop_transfer(CxlFwState *fw)
{
    memset(&fw->transfer, 0, sizeof(fw->transfer));
}

void cxl_fw_reset(CxlFwState *fw, CxlReset kind)
{
    fw->target = 0;
    drop_transfer(fw);
    if (fw->staged && (kind == CXL_RESET_COLD || kind == CXL_RESET_WARM)) {
        fw->active = fw->staged;
        fw->staged = 0;
        fw->activated = true;
    }
}

static void tell_activated(const CxlFwState *fw, CxlEffects *effects)
{
    cxl_effects_tell(effects, (CxlTell) {
        .event = CXL_TELL_FIRMWARE_ACTIVATED, .what = fw->active,
    });
}

void cxl_fw_after_reset(CxlFwState *fw, CxlEffects *effects)
{
    if (fw->activated) {
        fw->activated = false;
        tell_activated(fw, effects);
    }
}

const uint8_t *cxl_fw_revision(const CxlFwState *fw)
{
    return fw->slots[fw->active - 1].revision;
}

/* 8.2.9.3.1 */
static CxlRet get_fw_info(CxlCciCall *call)
{
    const CxlFwState *fw = firmware(call->cci);
    CxlGetFwInfoOut *out = call->reply;

    out->nslots = CXL_FW_SLOTS;
    out->slots = (uint8_t)(fw->active | fw->staged << CXL_FW_STAGED_SHIFT);
    out->capabilities = CXL_FW_ONLINE_ACTIVATION;
    for (unsigned i = 0; i < CXL_FW_SLOTS; i++) {
        memcpy(out->revision[i], fw->slots[i].revision,
               CXL_FW_REVISION_SIZE);
    }
    return CXL_RET_SUCCESS;
}

static bool printable(uint8_t byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

/* The text at the start of a package; its end is a zero byte or a line's */
static unsigned text_length(const CxlFwTransfer *t)
{
    unsigned len = 0;

    while (len < sizeof(t->head) && len < t->size && printable(t->head[len])) {
        len++;
    }
    if (len < sizeof(t->head) && len < t->size && t->head[len] &&
        t->head[len] != '\n' && t->head[len] != '\r') {
        return 0;
    }
    return len;
}

static void name_revision(const CxlFwTransfer *t, CxlFwSlot *slot)
{
    static const char digits[] = "0123456789abcdef";
    unsigned len = text_length(t);

    memset(slot->revision, 0, sizeof(slot->revision));
    if (len) {
        memcpy(slot->revision, t->head, len);
        return;
    }
    memcpy(slot->revision, "sum-", 4);
    for (unsigned i = 0; i < 8; i++) {
        slot->revision[4 + i] = (uint8_t)digits[t->sum >> (28 - 4 * i) & 0xf];
    }
}

/* Take the bytes at @start for the last part; there is room for them */
static void take_part(CxlFwTransfer *t, uint64_t start, uint32_t sum,
                      const CxlReader *part)
{
    t->start = start;
    t->size = start + part->left;
    t->start_sum = sum;
    for (uint32_t i = 0; i < part->left; i++) {
        sum = (sum ^ part->at[i]) * SUM_PRIME;
        if (start + i < sizeof(t->head)) {
            t->head[start + i] = part->at[i];
        }
    }
    t->sum = sum;
}

/* 8.2.9.3.2: the device waits 30 seconds for the next part */
static bool in_progress(const CxlFwTransfer *t, CxlTime now)
{
    return t->active && now.virtual_ns - t->part_ns <= CXL_FW_PART_TIMEOUT_NS;
}

/* The firmware that runs is not overwritten */
static bool can_store(const CxlFwState *fw, uint8_t slot)
{
    return slot && slot <= CXL_FW_SLOTS && slot != fw->active;
}

static CxlRet start_package(CxlCciCall *call)
{
    CxlFwTransfer *t = &firmware(call->cci)->transfer;

    if (in_progress(t, call->now)) {
        return CXL_RET_FW_TRANSFER_IN_PROGRESS;
    }
    if (!call->in.left) {
        return CXL_RET_INVALID_INPUT;
    }
    memset(t, 0, sizeof(*t));
    t->active = true;
    take_part(t, 0, SUM_START, &call->in);
    return CXL_RET_BACKGROUND_STARTED;
}

/* The next part, or the last one again, with what it should have been */
static CxlRet add_part(CxlCciCall *call)
{
    const CxlTransferFwIn *in = call->request;
    CxlFwTransfer *t = &firmware(call->cci)->transfer;
    uint64_t offset = (uint64_t)cxl_le32_get(in->offset) * CXL_FW_UNIT;

    if (!in_progress(t, call->now) ||
        (offset != t->size && !(offset && offset == t->start))) {
        return CXL_RET_FW_TRANSFER_OUT_OF_ORDER;
    }
    if (call->in.left > CXL_FW_MAX_SIZE - offset) {
        return CXL_RET_INVALID_INPUT;
    }
    take_part(t, offset, offset == t->size ? t->sum : t->start_sum, &call->in);
    return CXL_RET_BACKGROUND_STARTED;
}

/* Only the last part may end between two offsets */
static bool is_aligned(const CxlCciCall *call)
{
    return call->in.left && !(call->in.left % CXL_FW_UNIT);
}

static CxlRet transfer_full(CxlCciCall *call)
{
    const CxlTransferFwIn *in = call->request;
    CxlFwState *fw = firmware(call->cci);
    CxlRet ret;

    if (!can_store(fw, in->slot)) {
        return CXL_RET_INVALID_SLOT;
    }
    ret = start_package(call);
    if (ret == CXL_RET_BACKGROUND_STARTED) {
        fw->target = in->slot;
    }
    return ret;
}

static CxlRet transfer_initiate(CxlCciCall *call)
{
    const CxlTransferFwIn *in = call->request;

    if (!is_aligned(call)) {
        return CXL_RET_INVALID_INPUT;
    }
    return cxl_le32_get(in->offset) ? CXL_RET_FW_TRANSFER_OUT_OF_ORDER
                                    : start_package(call);
}

static CxlRet transfer_continue(CxlCciCall *call)
{
    return is_aligned(call) ? add_part(call) : CXL_RET_INVALID_INPUT;
}

static CxlRet transfer_end(CxlCciCall *call)
{
    const CxlTransferFwIn *in = call->request;
    CxlFwState *fw = firmware(call->cci);
    CxlRet ret;

    if (!can_store(fw, in->slot)) {
        return CXL_RET_INVALID_SLOT;
    }
    ret = add_part(call);
    if (ret == CXL_RET_BACKGROUND_STARTED) {
        fw->target = in->slot;
    }
    return ret;
}

/* Nothing to abort is no fault: the device may have timed out before */
static CxlRet transfer_abort(CxlCciCall *call)
{
    drop_transfer(firmware(call->cci));
    return CXL_RET_SUCCESS;
}

/* 8.2.9.3.2 */
static CxlRet transfer_fw(CxlCciCall *call)
{
    static CxlRet (*const actions[])(CxlCciCall *) = {
        [CXL_FW_TRANSFER_FULL] = transfer_full,
        [CXL_FW_TRANSFER_INITIATE] = transfer_initiate,
        [CXL_FW_TRANSFER_CONTINUE] = transfer_continue,
        [CXL_FW_TRANSFER_END] = transfer_end,
        [CXL_FW_TRANSFER_ABORT] = transfer_abort,
    };
    const CxlTransferFwIn *in = call->request;
    const CxlFwState *fw = firmware(call->cci);

    if (in->action > CXL_FW_TRANSFER_ABORT) {
        return CXL_RET_INVALID_INPUT;
    }
    call->background_ns = cxl_cci_nominal_ns(PART_NS, call->in.left,
                                             PART_MIB_NS);
    if (in->action == CXL_FW_TRANSFER_FULL ||
        in->action == CXL_FW_TRANSFER_END) {
        call->background_ns += cxl_cci_nominal_ns(VERIFY_NS, fw->transfer.size,
                                                  VERIFY_MIB_NS);
    }
    return actions[in->action](call);
}

/* A part is in the device; the last one makes it a package in a slot */
static CxlRet transferred(CxlCci *cci, CxlRet ret, CxlTime now,
                          CxlEffects *effects)
{
    CxlFwState *fw = firmware(cci);
    CxlFwSlot *slot = fw->target ? &fw->slots[fw->target - 1] : NULL;

    (void)effects;
    fw->transfer.part_ns = now.virtual_ns;
    if (ret == CXL_RET_SUCCESS && slot) {
        slot->present = true;
        name_revision(&fw->transfer, slot);
    }
    if (ret != CXL_RET_SUCCESS || slot) {
        drop_transfer(fw);
    }
    fw->target = 0;
    return ret;
}

/* 8.2.9.3.3 */
static CxlRet activate_fw(CxlCciCall *call)
{
    const CxlActivateFwIn *in = call->request;
    CxlFwState *fw = firmware(call->cci);

    if (in->action > CXL_FW_ACTIVATE_AT_RESET) {
        return CXL_RET_INVALID_INPUT;
    }
    if (!in->slot || in->slot > CXL_FW_SLOTS ||
        !fw->slots[in->slot - 1].present) {
        return CXL_RET_INVALID_SLOT;
    }
    if (in->action == CXL_FW_ACTIVATE_AT_RESET) {
        fw->staged = in->slot == fw->active ? 0 : in->slot;
        return CXL_RET_SUCCESS;
    }
    fw->target = in->slot;
    call->background_ns = ACTIVATE_NS;
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet activated(CxlCci *cci, CxlRet ret, CxlTime now,
                        CxlEffects *effects)
{
    CxlFwState *fw = firmware(cci);

    (void)now;
    fw->active = fw->target;
    fw->target = 0;
    tell_activated(fw, effects);
    if (fw->staged == fw->active) {
        fw->staged = 0;
    }
    return ret;
}

static const CxlCciCommand firmware_commands[] = {
    {
        .name = "Get FW Info",
        .opcode = CXL_OP_GET_FW_INFO,
        .out = sizeof(CxlGetFwInfoOut),
        .run = get_fw_info,
    }, {
        .name = "Transfer FW",
        .opcode = CXL_OP_TRANSFER_FW,
        .effects = CXL_CEL_BACKGROUND | CXL_CEL_BACKGROUND_ABORT,
        .min_in = sizeof(CxlTransferFwIn),
        .max_in = CXL_CCI_UNBOUNDED,
        .run = transfer_fw,
        .done = transferred,
    }, {
        .name = "Activate FW",
        .opcode = CXL_OP_ACTIVATE_FW,
        .effects = CXL_CEL_CONFIG_CHANGE_COLD_RESET |
                   CXL_CEL_IMMEDIATE_CONFIG_CHANGE | CXL_CEL_BACKGROUND,
        .min_in = sizeof(CxlActivateFwIn),
        .max_in = sizeof(CxlActivateFwIn),
        .run = activate_fw,
        .done = activated,
    },
};

bool cxl_cci_add_firmware(CxlCci *cci)
{
    return cxl_cci_add_set(cci, firmware_commands,
                           sizeof(firmware_commands) /
                           sizeof(firmware_commands[0]));
}
