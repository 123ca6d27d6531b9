/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory device: device registers and the primary mailbox (CXL 3.1 8.2.8)
 *
 * A command runs within the write that sets the doorbell: no guest sees the
 * doorbell set, and nothing changes the command or its payload meanwhile.
 */
#include "hw/cxl/core/memdev.h"

#include <stddef.h>

#include "hw/cxl/spec/payload-memdev.h"
#include "hw/cxl/spec/wire.h"

#define NROWS(rows) ((uint16_t)(sizeof(rows) / sizeof((rows)[0])))

/* Numbers of CxlRegRow.hook */
#define HOOK_CONTROL    1

#define NCAPS   3

/* First half of the header of capability @n */
#define CAP_HEADER(n, capname, id, version, at)                             \
    {                                                                       \
        .name = capname " Header",                                          \
        .offset = CXL_DEV_CAP_HEADER_SIZE * (n), .width = 8,                \
        .reset = (id) | (version) << CXL_DEV_CAP_VERSION_SHIFT |            \
                 (uint64_t)(at) << CXL_DEV_CAP_OFFSET_SHIFT,                \
    }

/* Second half */
#define CAP_LENGTH(n, capname, length)                                      \
    {                                                                       \
        .name = capname " Length",                                          \
        .offset = CXL_DEV_CAP_HEADER_SIZE * (n) + 8, .width = 8,            \
        .reset = (length),                                                  \
    }

/* 8.2.8.1, 8.2.8.2 */
static const CxlRegRow capability_rows[] = {
    {
        .name = "Device Capabilities Array",
        .offset = 0, .width = 8,
        .reset = CXL_DEV_CAP_ARRAY_ID |
                 CXL_DEV_CAP_ARRAY_VERSION << CXL_DEV_CAP_VERSION_SHIFT |
                 CXL_DEV_CAP_TYPE_MEMORY_DEVICE << CXL_DEV_CAP_TYPE_SHIFT |
                 (uint64_t)NCAPS << CXL_DEV_CAP_COUNT_SHIFT,
    },
    CAP_HEADER(1, "Device Status", CXL_DEV_CAP_ID_STATUS,
               CXL_DEV_CAP_VERSION_STATUS, CXL_DEVICE_REGS_STATUS),
    CAP_LENGTH(1, "Device Status", CXL_DEV_STATUS_SIZE),
    CAP_HEADER(2, "Primary Mailbox", CXL_DEV_CAP_ID_PRIMARY_MAILBOX,
               CXL_DEV_CAP_VERSION_MAILBOX, CXL_DEVICE_REGS_MAILBOX),
    CAP_LENGTH(2, "Primary Mailbox", CXL_MBOX_PAYLOAD + CXL_CCI_MAX_PAYLOAD),
    CAP_HEADER(3, "Memory Device Status", CXL_DEV_CAP_ID_MEMDEV_STATUS,
               CXL_DEV_CAP_VERSION_MEMDEV, CXL_DEVICE_REGS_MEMDEV),
    CAP_LENGTH(3, "Memory Device Status", CXL_MEMDEV_STATUS_SIZE),
};

/* 8.2.8.3.1 */
static const CxlRegRow status_rows[] = {
    { .name = "Event Status", .offset = 0, .width = 8 },
};

/* 8.2.8.5.1.1 */
static const CxlRegRow memdev_rows[] = {
    {
        .name = "Memory Device Status",
        .offset = 0, .width = 8,
        .reset = CXL_MEDIA_READY << CXL_MEMDEV_STATUS_MEDIA_SHIFT |
                 CXL_MEMDEV_STATUS_MBOX_READY,
    },
};

/* 8.2.8.4.3 to 8.2.8.4.7 */
static const CxlRegRow mailbox_rows[] = {
    {
        .name = "Mailbox Capabilities",
        .offset = CXL_MBOX_CAP, .width = 4,
        .reset = CXL_CCI_PAYLOAD_SHIFT | CXL_MBOX_CAP_DOORBELL_IRQ |
                 CXL_MBOX_CAP_BG_IRQ |
                 CXL_MEMDEV_VECTOR_MAILBOX << CXL_MBOX_CAP_VECTOR_SHIFT |
                 CXL_MBOX_CAP_TYPE_MEMORY_DEVICE << CXL_MBOX_CAP_TYPE_SHIFT,
    }, {
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
    { memdev_rows, NROWS(memdev_rows), CXL_DEVICE_REGS_MEMDEV, 0, 1 },
    { mailbox_rows, NROWS(mailbox_rows), CXL_DEVICE_REGS_MAILBOX, 0, 1 },
};

static uint64_t mailbox_get(const CxlMemdev *m, uint32_t reg)
{
    return cxl_regblock_read(&m->regs, CXL_DEVICE_REGS_MAILBOX + reg,
                             reg == CXL_MBOX_CTRL ? 4 : 8);
}

static void mailbox_set(CxlMemdev *m, uint32_t reg, uint64_t value)
{
    cxl_regblock_set(&m->regs, CXL_DEVICE_REGS_MAILBOX + reg,
                     reg == CXL_MBOX_CTRL ? 4 : 8, value);
}

static void update_event_status(CxlMemdev *m)
{
    cxl_regblock_set(&m->regs, CXL_DEVICE_REGS_STATUS, CXL_DEV_STATUS_SIZE,
                     cxl_eventlog_status(&m->events));
}

/* The percentage is worked out when a guest looks */
static void update_background_status(CxlMemdev *m)
{
    uint64_t percent = cxl_cci_background_percent(&m->cci, m->now_ns);

    mailbox_set(m, CXL_MBOX_BG_STATUS,
                m->cci.background->opcode |
                percent << CXL_MBOX_BG_STATUS_PCT_SHIFT);
}

static void raise_mailbox(const CxlMemdev *m, uint32_t enable,
                          CxlEffects *effects)
{
    if (mailbox_get(m, CXL_MBOX_CTRL) & enable) {
        effects->vectors |= 1u << CXL_MEMDEV_VECTOR_MAILBOX;
    }
}

/* 8.2.8.4: run the command in the command register, then clear the doorbell */
static void run_command(CxlMemdev *m, CxlEffects *effects)
{
    uint8_t *payload = m->bytes + CXL_DEVICE_REGS_PAYLOAD;
    uint64_t cmd = mailbox_get(m, CXL_MBOX_CMD);
    uint16_t opcode = (uint16_t)cmd;
    uint32_t in_len = (uint32_t)(cmd >> CXL_MBOX_CMD_LENGTH_SHIFT) &
                      CXL_MBOX_CMD_LENGTH_MASK;
    uint8_t out[CXL_CCI_MAX_PAYLOAD];
    uint32_t out_len;
    CxlRet ret = cxl_cci_execute(&m->cci, opcode, payload, in_len, out,
                                 sizeof(out), &out_len, m->now_ns, effects);

    memcpy(payload, out, out_len);
    mailbox_set(m, CXL_MBOX_CMD,
                opcode | (uint64_t)out_len << CXL_MBOX_CMD_LENGTH_SHIFT);
    mailbox_set(m, CXL_MBOX_STATUS,
                (m->cci.background ? CXL_MBOX_STATUS_BG : 0) |
                (uint64_t)ret << CXL_MBOX_STATUS_RET_SHIFT);
    mailbox_set(m, CXL_MBOX_CTRL, mailbox_get(m, CXL_MBOX_CTRL) &
                                  ~(uint64_t)CXL_MBOX_CTRL_DOORBELL);
    update_event_status(m);
    raise_mailbox(m, CXL_MBOX_CTRL_DOORBELL_IRQ, effects);
}

static void written(CxlRegBlock *block, unsigned group, unsigned instance,
                    const CxlRegRow *row, uint64_t old, CxlEffects *effects)
{
    CxlMemdev *m = (CxlMemdev *)((uint8_t *)block - offsetof(CxlMemdev, regs));

    (void)group;
    (void)instance;
    (void)row;
    (void)old;
    if (mailbox_get(m, CXL_MBOX_CTRL) & CXL_MBOX_CTRL_DOORBELL) {
        run_command(m, effects);
    }
}

static const CxlRegBlockOps regblock_ops = { .written = written };

void cxl_memdev_init(CxlMemdev *m, const CxlMemdevConfig *config)
{
    memset(m, 0, sizeof(*m));
    m->config = *config;
    cxl_regblock_init(&m->regs, m->bytes, CXL_DEVICE_REGS_PAYLOAD,
                      &regblock_ops);
    for (unsigned i = 0; i < NROWS(groups); i++) {
        cxl_regblock_add(&m->regs, &groups[i]);
    }
    cxl_cci_init(&m->cci, m, &m->events);
    cxl_cci_add_generic(&m->cci);
    cxl_cci_add_memdev(&m->cci);
    if (!config->lsa_size) {
        m->cci.gates &= ~CXL_CCI_GATE_LSA;
    }
    if (!config->persistent_size) {
        m->cci.gates &= ~CXL_CCI_GATE_PERSISTENT;
    }
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        m->events.vector[i] = (uint8_t)(CXL_MEMDEV_VECTOR_EVENTS + i);
    }
    cxl_memdev_reset(m, CXL_RESET_COLD);
}

void cxl_memdev_reset(CxlMemdev *m, CxlReset kind)
{
    cxl_regblock_reset(&m->regs, kind);
    memset(m->bytes + CXL_DEVICE_REGS_PAYLOAD, 0, CXL_CCI_MAX_PAYLOAD);
    cxl_cci_reset(&m->cci);
    if (kind == CXL_RESET_COLD) {
        memset(m->events.log, 0, sizeof(m->events.log));
        m->shutdown_state = CXL_SHUTDOWN_STATE_CLEAN;
    }
    cxl_memdev_set_media(m, CXL_MEDIA_READY);
    update_event_status(m);
}

/* The part of an access that lies below @end */
static unsigned clip(uint64_t offset, unsigned size, uint32_t end)
{
    if (offset >= end) {
        return 0;
    }
    return size > end - offset ? (unsigned)(end - offset) : size;
}

uint64_t cxl_memdev_read(CxlMemdev *m, uint64_t offset, unsigned size,
                         uint64_t now_ns)
{
    size = clip(offset, size, CXL_DEVICE_REGS_END);
    if (!size) {
        return 0;
    }
    m->now_ns = now_ns;
    if (m->cci.background) {
        update_background_status(m);
    }
    return cxl_le_load(m->bytes + offset, size);
}

void cxl_memdev_write(CxlMemdev *m, uint64_t offset, unsigned size,
                      uint64_t value, uint64_t now_ns, CxlEffects *effects)
{
    unsigned in_regs = clip(offset, size, CXL_DEVICE_REGS_PAYLOAD);
    unsigned in_block = clip(offset, size, CXL_DEVICE_REGS_END);

    m->now_ns = now_ns;
    if (in_regs) {
        cxl_regblock_write(&m->regs, (uint32_t)offset, in_regs, value, effects);
    }
    if (in_regs < in_block) {
        cxl_le_store(m->bytes + offset + in_regs, in_block - in_regs,
                     value >> (8 * in_regs));
    }
}

void cxl_memdev_timer(CxlMemdev *m, uint64_t now_ns, CxlEffects *effects)
{
    uint64_t opcode, ret;

    if (!m->cci.background) {
        return;
    }
    opcode = m->cci.background->opcode;
    ret = cxl_cci_background_end(&m->cci, now_ns, effects);
    mailbox_set(m, CXL_MBOX_BG_STATUS,
                opcode | 100ull << CXL_MBOX_BG_STATUS_PCT_SHIFT |
                ret << CXL_MBOX_BG_STATUS_RET_SHIFT);
    mailbox_set(m, CXL_MBOX_STATUS, mailbox_get(m, CXL_MBOX_STATUS) &
                                    ~(uint64_t)CXL_MBOX_STATUS_BG);
    update_event_status(m);
    raise_mailbox(m, CXL_MBOX_CTRL_BG_IRQ, effects);
}

bool cxl_memdev_add_event(CxlMemdev *m, CxlEventLogType log,
                          const CxlEventRecord *record, uint64_t now_ns,
                          CxlEffects *effects)
{
    bool added = cxl_eventlog_add(&m->events, log, record,
                                  cxl_cci_timestamp(&m->cci, now_ns),
                                  &effects->vectors);

    update_event_status(m);
    return added;
}

void cxl_memdev_set_media(CxlMemdev *m, CxlMediaStatus status)
{
    m->cci.gates |= CXL_CCI_GATE_MEDIA;
    if (status == CXL_MEDIA_DISABLED) {
        m->cci.gates &= ~CXL_CCI_GATE_MEDIA;
    }
    cxl_regblock_set(&m->regs, CXL_DEVICE_REGS_MEMDEV, CXL_MEMDEV_STATUS_SIZE,
                     (uint64_t)status << CXL_MEMDEV_STATUS_MEDIA_SHIFT |
                     CXL_MEMDEV_STATUS_MBOX_READY);
}
