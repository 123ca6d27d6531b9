/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device registers with a primary mailbox (CXL 3.1 8.2.8)
 *
 * A command runs within the write that sets the doorbell. A guest sees the
 * doorbell set only while a command waits for the machine; nothing changes the
 * command or its payload meanwhile.
 */
#include "hw/cxl/core/mailbox.h"

#include <stddef.h>

#include "hw/cxl/spec/wire.h"

#define NROWS(rows) ((uint16_t)(sizeof(rows) / sizeof((rows)[0])))

/* Numbers of CxlRegRow.hook */
#define HOOK_CONTROL    1

/* 8.2.8.1, 8.2.8.2; the array's type and count depend on the kind */
static const CxlRegRow capability_rows[] = {
    { .name = "Device Capabilities Array", .offset = 0, .width = 8 },
    CXL_DEVICE_CAP_HEADER(1, "Device Status", CXL_DEV_CAP_ID_STATUS,
                          CXL_DEV_CAP_VERSION_STATUS, CXL_DEVICE_REGS_STATUS),
    CXL_DEVICE_CAP_LENGTH(1, "Device Status", CXL_DEV_STATUS_SIZE),
    CXL_DEVICE_CAP_HEADER(2, "Primary Mailbox", CXL_DEV_CAP_ID_PRIMARY_MAILBOX,
                          CXL_DEV_CAP_VERSION_MAILBOX,
                          CXL_DEVICE_REGS_MAILBOX),
    CXL_DEVICE_CAP_LENGTH(2, "Primary Mailbox",
                          CXL_MBOX_PAYLOAD + CXL_CCI_MAX_PAYLOAD),
};

/* 8.2.8.3.1 */
static const CxlRegRow status_rows[] = {
    { .name = "Event Status", .offset = 0, .width = 8 },
};

/* 8.2.8.4.3 to 8.2.8.4.7; the capabilities' type depends on the kind */
static const CxlRegRow mailbox_rows[] = {
    { .name = "Mailbox Capabilities", .offset = CXL_MBOX_CAP, .width = 4 },
    {
        .name = "Mailbox Control",
        .offset = CXL_MBOX_CTRL, .width = 4,
        .rw = CXL_MBOX_CTRL_DOORBELL | CXL_MBOX_CTRL_DOORBELL_IRQ |
              CXL_MBOX_CTRL_BG_IRQ,
        .hook = HOOK_CONTROL,
    }, {
        .name = "Command",
        .offset = CXL_MBOX_CMD, .width = 8,
        .rw = UINT16_MAX |
              (uint64_t)CXL_MBOX_CMD_LENGTH_MASK << CXL_MBOX_CMD_LENGTH_SHIFT,
    },
    { .name = "Mailbox Status", .offset = CXL_MBOX_STATUS, .width = 8 },
    {
        .name = "Background Command Status",
        .offset = CXL_MBOX_BG_STATUS, .width = 8,
    },
};

/* In ascending order of their bases */
static const CxlRegGroup groups[] = {
    { capability_rows, NROWS(capability_rows), 0, 0, 1 },
    { status_rows, NROWS(status_rows), CXL_DEVICE_REGS_STATUS, 0, 1 },
    { mailbox_rows, NROWS(mailbox_rows), CXL_DEVICE_REGS_MAILBOX, 0, 1 },
};

static uint64_t mailbox_get(const CxlMailbox *mb, uint32_t reg)
{
    return cxl_regblock_read(&mb->regs, CXL_DEVICE_REGS_MAILBOX + reg,
                             reg == CXL_MBOX_CTRL ? 4 : 8);
}

static void mailbox_set(CxlMailbox *mb, uint32_t reg, uint64_t value)
{
    cxl_regblock_set(&mb->regs, CXL_DEVICE_REGS_MAILBOX + reg,
                     reg == CXL_MBOX_CTRL ? 4 : 8, value);
}

void cxl_mailbox_events_changed(CxlMailbox *mb)
{
    if (mb->cci.events) {
        cxl_regblock_set(&mb->regs, CXL_DEVICE_REGS_STATUS,
                         CXL_DEV_STATUS_SIZE,
                         cxl_eventlog_status(mb->cci.events));
    }
}

/* The percentage is worked out when a guest looks */
static void update_background_status(CxlMailbox *mb)
{
    uint64_t percent = cxl_cci_background_percent(&mb->cci, mb->now);

    mailbox_set(mb, CXL_MBOX_BG_STATUS,
                mb->cci.state.background |
                percent << CXL_MBOX_BG_STATUS_PCT_SHIFT);
}

static void raise_mailbox(const CxlMailbox *mb, uint32_t enable,
                          CxlEffects *effects)
{
    if (mailbox_get(mb, CXL_MBOX_CTRL) & enable) {
        effects->vectors |= 1u << CXL_MAILBOX_VECTOR;
    }
}

/* What the machine tells people of a command, see CxlReport */
static void report(const CxlMailbox *mb, uint32_t what, uint16_t opcode,
                   CxlRet ret, CxlReport *r)
{
    const CxlCciCommand *row = cxl_cci_find(&mb->cci, opcode);

    r->what |= what;
    r->name = row ? row->name : "unknown command";
    r->number = opcode;
    r->ret = (uint16_t)ret;
    r->wrong = cxl_ret_is_fault(ret) ? cxl_ret_name(ret) : NULL;
}

/* 8.2.8.4: tell the guest, who sees the doorbell cleared last */
static void complete(CxlMailbox *mb, uint16_t opcode, CxlRet ret,
                     uint32_t out_len, CxlEffects *effects)
{
    report(mb, CXL_REPORT_RETURN, opcode, ret, &effects->report);
    effects->report.out_len = out_len;
    mailbox_set(mb, CXL_MBOX_CMD,
                opcode | (uint64_t)out_len << CXL_MBOX_CMD_LENGTH_SHIFT);
    mailbox_set(mb, CXL_MBOX_STATUS,
                (mb->cci.state.background ? CXL_MBOX_STATUS_BG : 0) |
                (uint64_t)ret << CXL_MBOX_STATUS_RET_SHIFT);
    mailbox_set(mb, CXL_MBOX_CTRL, mailbox_get(mb, CXL_MBOX_CTRL) &
                                   ~(uint64_t)CXL_MBOX_CTRL_DOORBELL);
    cxl_mailbox_events_changed(mb);
    raise_mailbox(mb, CXL_MBOX_CTRL_DOORBELL_IRQ, effects);
}

/* Run the command in the command register */
static void run_command(CxlMailbox *mb, CxlEffects *effects)
{
    uint8_t *payload = mb->state.bytes + CXL_DEVICE_REGS_PAYLOAD;
    uint64_t cmd = mailbox_get(mb, CXL_MBOX_CMD);
    uint16_t opcode = (uint16_t)cmd;
    uint32_t in_len = (uint32_t)(cmd >> CXL_MBOX_CMD_LENGTH_SHIFT) &
                      CXL_MBOX_CMD_LENGTH_MASK;
    uint8_t out[CXL_CCI_MAX_PAYLOAD];
    uint32_t out_len;
    CxlRet ret = cxl_cci_execute(&mb->cci, opcode, payload, in_len, out,
                                 sizeof(out), &out_len, mb->now, effects);

    effects->report = (CxlReport) { .in_len = in_len };
    report(mb, CXL_REPORT_COMMAND, opcode, ret, &effects->report);
    if (!mb->cci.state.waiting) {
        memcpy(payload, out, out_len);
        complete(mb, opcode, ret, out_len, effects);
    }
}

void cxl_mailbox_finish(CxlMailbox *mb, CxlRet ret, CxlEffects *effects)
{
    uint16_t opcode = mb->cci.state.waiting;

    if (opcode) {
        cxl_cci_finish(&mb->cci);
        complete(mb, opcode, ret, 0, effects);
    }
}

/* 8.2.9.1 to 8.2.9.7; identify and health of a memory device */
static bool can_tunnel(uint16_t opcode)
{
    return opcode < 0x0700 || opcode == CXL_OP_IDENTIFY_MEMORY_DEVICE ||
           opcode == CXL_OP_GET_PARTITION_INFO ||
           opcode == CXL_OP_GET_HEALTH_INFO;
}

CxlRet cxl_mailbox_tunnel(CxlMailbox *mb, uint16_t opcode, const uint8_t *in,
                          uint32_t in_len, uint8_t *out, uint32_t out_size,
                          uint32_t *out_len, CxlTime now, CxlEffects *effects)
{
    CxlRet ret = CXL_RET_UNSUPPORTED;

    *out_len = 0;
    if (can_tunnel(opcode)) {
        ret = cxl_cci_execute(&mb->cci, opcode, in, in_len, out, out_size,
                              out_len, now, effects);
    }
    effects->report = (CxlReport) { .in_len = in_len, .out_len = *out_len };
    report(mb, CXL_REPORT_COMMAND | CXL_REPORT_RETURN, opcode, ret,
           &effects->report);
    if (mb->cci.state.background) {
        mailbox_set(mb, CXL_MBOX_STATUS,
                    mailbox_get(mb, CXL_MBOX_STATUS) | CXL_MBOX_STATUS_BG);
    }
    cxl_mailbox_events_changed(mb);
    return ret;
}

static void written(CxlRegBlock *block, unsigned group, unsigned instance,
                    const CxlRegRow *row, uint64_t old, CxlEffects *effects)
{
    CxlMailbox *mb = (CxlMailbox *)((uint8_t *)block -
                                    offsetof(CxlMailbox, regs));

    (void)group;
    (void)instance;
    (void)row;
    (void)old;
    if (mailbox_get(mb, CXL_MBOX_CTRL) & CXL_MBOX_CTRL_DOORBELL) {
        run_command(mb, effects);
    }
}

static const CxlRegBlockOps regblock_ops = { .written = written };

/* The block wants its groups in order: merge the two lists */
static bool add_groups(CxlMailbox *mb)
{
    const CxlMailboxKind *kind = mb->kind;
    bool fit = true;
    unsigned n = 0;

    for (unsigned i = 0; i < NROWS(groups); i++) {
        while (n < kind->ngroups &&
               kind->groups[n].base < groups[i].base) {
            fit &= cxl_regblock_add(&mb->regs, &kind->groups[n++]) >= 0;
        }
        fit &= cxl_regblock_add(&mb->regs, &groups[i]) >= 0;
    }
    return fit;
}

bool cxl_mailbox_init(CxlMailbox *mb, const CxlMailboxKind *kind, void *owner,
                      CxlEventLogs *events)
{
    memset(mb, 0, sizeof(*mb));
    mb->kind = kind;
    cxl_regblock_init(&mb->regs, mb->state.bytes, CXL_DEVICE_REGS_PAYLOAD,
                      &regblock_ops);
    cxl_cci_init(&mb->cci, owner, events);
    return add_groups(mb);
}

static void fill_kind(CxlMailbox *mb)
{
    uint64_t ncaps = CXL_MAILBOX_CAPS + mb->kind->ncaps;
    uint32_t type = mb->kind->type;

    cxl_regblock_set(&mb->regs, 0, 8,
                     CXL_DEV_CAP_ARRAY_ID |
                     CXL_DEV_CAP_ARRAY_VERSION << CXL_DEV_CAP_VERSION_SHIFT |
                     type << CXL_DEV_CAP_TYPE_SHIFT |
                     ncaps << CXL_DEV_CAP_COUNT_SHIFT);
    cxl_regblock_set(&mb->regs, CXL_DEVICE_REGS_MAILBOX + CXL_MBOX_CAP, 4,
                     CXL_CCI_PAYLOAD_SHIFT | CXL_MBOX_CAP_DOORBELL_IRQ |
                     CXL_MBOX_CAP_BG_IRQ |
                     CXL_MAILBOX_VECTOR << CXL_MBOX_CAP_VECTOR_SHIFT |
                     type << CXL_MBOX_CAP_TYPE_SHIFT);
}

void cxl_mailbox_reset(CxlMailbox *mb, CxlReset kind)
{
    cxl_regblock_reset(&mb->regs, kind);
    fill_kind(mb);
    memset(mb->state.bytes + CXL_DEVICE_REGS_PAYLOAD, 0, CXL_CCI_MAX_PAYLOAD);
    cxl_cci_reset(&mb->cci, kind);
    cxl_mailbox_events_changed(mb);
}

/* The part of an access that lies below @end */
static unsigned clip(uint64_t offset, unsigned size, uint32_t end)
{
    if (offset >= end) {
        return 0;
    }
    return size > end - offset ? (unsigned)(end - offset) : size;
}

uint64_t cxl_mailbox_read(CxlMailbox *mb, uint64_t offset, unsigned size,
                          CxlTime now)
{
    size = clip(offset, size, CXL_DEVICE_REGS_END);
    if (!size) {
        return 0;
    }
    mb->now = now;
    if (mb->cci.state.background) {
        update_background_status(mb);
    }
    return cxl_le_load(mb->state.bytes + offset, size);
}

void cxl_mailbox_write(CxlMailbox *mb, uint64_t offset, unsigned size,
                       uint64_t value, CxlTime now, CxlEffects *effects)
{
    unsigned in_regs = clip(offset, size, CXL_DEVICE_REGS_PAYLOAD);
    unsigned in_block = clip(offset, size, CXL_DEVICE_REGS_END);

    mb->now = now;
    /* All that a guest can write is the mailbox's */
    if (mb->cci.state.waiting) {
        return;
    }
    if (in_regs) {
        cxl_regblock_write(&mb->regs, (uint32_t)offset, in_regs, value,
                           effects);
    }
    if (in_regs < in_block) {
        cxl_le_store(mb->state.bytes + offset + in_regs, in_block - in_regs,
                     value >> (8 * in_regs));
    }
}

void cxl_mailbox_timer(CxlMailbox *mb, CxlTime now, CxlEffects *effects)
{
    uint64_t opcode, ret;

    if (!mb->cci.state.background) {
        return;
    }
    opcode = mb->cci.state.background;
    ret = cxl_cci_background_timer(&mb->cci, now, effects);
    if (ret == CXL_RET_BACKGROUND_STARTED) {
        return;
    }
    report(mb, CXL_REPORT_BACKGROUND, (uint16_t)opcode, (CxlRet)ret,
           &effects->report);
    cxl_effects_tell(effects, (CxlTell) {
        .event = CXL_TELL_BACKGROUND_DONE,
        .what = (uint16_t)opcode, .code = (uint16_t)ret,
    });
    mailbox_set(mb, CXL_MBOX_BG_STATUS,
                opcode | 100ull << CXL_MBOX_BG_STATUS_PCT_SHIFT |
                ret << CXL_MBOX_BG_STATUS_RET_SHIFT);
    mailbox_set(mb, CXL_MBOX_STATUS, mailbox_get(mb, CXL_MBOX_STATUS) &
                                     ~(uint64_t)CXL_MBOX_STATUS_BG);
    cxl_mailbox_events_changed(mb);
    raise_mailbox(mb, CXL_MBOX_CTRL_BG_IRQ, effects);
}
