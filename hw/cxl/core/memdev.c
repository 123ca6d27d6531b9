/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory device: its registers and what stands behind its primary mailbox
 * (CXL 3.1 8.2.8)
 */
#include "hw/cxl/core/memdev.h"

#include "hw/cxl/spec/opcodes.h"

#define NROWS(rows) ((uint16_t)(sizeof(rows) / sizeof((rows)[0])))

/* 8.2.8.2 */
static const CxlRegRow capability_rows[] = {
    CXL_DEVICE_CAP_HEADER(0, "Memory Device Status",
                          CXL_DEV_CAP_ID_MEMDEV_STATUS,
                          CXL_DEV_CAP_VERSION_MEMDEV, CXL_DEVICE_REGS_MEMDEV),
    CXL_DEVICE_CAP_LENGTH(0, "Memory Device Status", CXL_MEMDEV_STATUS_SIZE),
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

static const CxlRegGroup groups[] = {
    { capability_rows, NROWS(capability_rows),
      CXL_DEV_CAP_HEADER_SIZE * (1 + CXL_MAILBOX_CAPS), 0, 1 },
    { memdev_rows, NROWS(memdev_rows), CXL_DEVICE_REGS_MEMDEV, 0, 1 },
};

static const CxlMailboxKind memdev_kind = {
    .type = CXL_DEV_CAP_TYPE_MEMORY_DEVICE,
    .ncaps = 1,
    .groups = groups,
    .ngroups = NROWS(groups),
};

/* What a component state dump says */
static void dump(const CxlCci *cci, CxlTime now, CxlWriter *out)
{
    const CxlMemdev *m = cci->owner;
    const CxlCciState *s = &cci->state;

    cxl_dump_line(out, "virtual-ns", now.virtual_ns);
    cxl_dump_line(out, "memory-device-status",
                  cxl_regblock_read(&m->mailbox.regs, CXL_DEVICE_REGS_MEMDEV,
                                    CXL_MEMDEV_STATUS_SIZE));
    cxl_dump_line(out, "event-status", cxl_eventlog_status(&m->events));
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        cxl_dump_line(out, "event-records", m->events.state.log[i].count);
    }
    cxl_dump_line(out, "background-ended-opcode", s->ended_opcode);
    cxl_dump_line(out, "background-ended-return", s->ended_ret);
    cxl_dump_line(out, "refused-commands", s->logs.ndebug);
    cxl_dump_line(out, "firmware-slot", m->state.firmware.active);
    cxl_dump_line(out, "firmware-slot-staged", m->state.firmware.staged);
    cxl_dump_line(out, "volatile-capacity",
                  cxl_dpa_size(m->config.dpa, CXL_DPA_VOLATILE));
    cxl_dump_line(out, "persistent-capacity",
                  cxl_dpa_size(m->config.dpa, CXL_DPA_PERSISTENT));
    cxl_dump_line(out, "label-storage", m->config.lsa_size);
}

static bool is_writable(const CxlMemdevConfig *config)
{
    for (unsigned i = 0; i < config->dpa->count; i++) {
        if (config->dpa->part[i].rights != CXL_DPA_READ_WRITE) {
            return false;
        }
    }
    return !config->lsa_size || !config->lsa_read_only;
}

bool cxl_memdev_init(CxlMemdev *m, const CxlMemdevConfig *config)
{
    CxlCci *cci = &m->mailbox.cci;
    bool fit;

    memset(m, 0, sizeof(*m));
    m->config = *config;
    m->config.identity.type = CXL_COMPONENT_TYPE_TYPE3;
    fit = cxl_mailbox_init(&m->mailbox, &memdev_kind, m, &m->events);
    cci->dump = dump;
    fit = fit && cxl_cci_add_information(cci, &m->config.identity);
    cci->background_time = config->background_time;
    if (config->faults) {
        cxl_faults_init(&m->faults, config->faults);
        cci->faults = &m->faults;
    }
    if (!config->lsa_size) {
        cci->gates &= ~CXL_CCI_GATE_LSA;
    }
    if (!config->lsa_size || config->lsa_read_only) {
        cci->gates &= ~CXL_CCI_GATE_LSA_WRITE;
    }
    if (!is_writable(config)) {
        cci->gates &= ~CXL_CCI_GATE_WRITABLE;
    }
    if (!config->heads) {
        cci->gates &= ~CXL_CCI_GATE_HEADS;
    }
    if (!cxl_dpa_size(config->dpa, CXL_DPA_PERSISTENT) &&
        !config->dpa->partitionable) {
        cci->gates &= ~CXL_CCI_GATE_PERSISTENT;
    }
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        m->events.vector[i] = (uint8_t)(CXL_MEMDEV_VECTOR_EVENTS + i);
    }
    m->state.health.readings = CXL_READINGS_HEALTHY;
    cxl_fw_init(&m->state.firmware);
    cxl_features_init(&m->state.features);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    return fit;
}

/*
 * What the machine is erasing cannot be taken back: until it has done so nobody
 * may use the memory. What a command has promised is still done, all of it.
 */
static void reset_erase(CxlMemdev *m)
{
    CxlEraseState *s = &m->state.erase;

    s->waits = false;
    if (!s->hidden) {
        cxl_erase_forget(s);
        s->hidden = s->slice != 0;
    }
}

void cxl_memdev_reset(CxlMemdev *m, CxlReset kind)
{
    CxlEffects effects = { 0 };

    if (kind == CXL_RESET_COLD) {
        memset(m->events.state.log, 0, sizeof(m->events.state.log));
        m->state.health = (CxlHealthState) {
            .readings = m->state.health.readings,
        };
        m->state.nv.shutdown_state = CXL_SHUTDOWN_STATE_CLEAN;
        cxl_security_power_on((CxlSecurity) {
            &m->state.security, &m->state.nv.passphrases,
        });
    }
    cxl_fw_reset(&m->state.firmware, kind);
    cxl_features_reset(&m->state.features, kind);
    cxl_maintenance_reset(&m->state.maintenance, kind);
    m->state.media = (CxlMediaState) { 0 };
    m->state.can_undo = false;
    cxl_mailbox_reset(&m->mailbox, kind);
    reset_erase(m);
    cxl_memdev_set_media(m, m->state.nv.sanitizing ? CXL_MEDIA_DISABLED
                                                   : CXL_MEDIA_READY);
    cxl_memdev_update_access(m, &effects);
}

uint64_t cxl_memdev_read(CxlMemdev *m, uint64_t offset, unsigned size,
                         CxlTime now)
{
    return cxl_mailbox_read(&m->mailbox, offset, size, now);
}

void cxl_memdev_write(CxlMemdev *m, uint64_t offset, unsigned size,
                      uint64_t value, CxlTime now, CxlEffects *effects)
{
    cxl_mailbox_write(&m->mailbox, offset, size, value, now, effects);
}

void cxl_memdev_keep(CxlMemdev *m)
{
    m->state.before = m->state.nv;
    m->state.before_locked = m->state.security.locked;
    m->state.can_undo = true;
}

/* The file may have got some of what could not be stored: not for long */
static void undo(CxlMemdev *m, CxlEffects *effects)
{
    CxlNvState *nv = &m->state.nv;
    const CxlNvState *before = &m->state.before;

    nv->passphrases = before->passphrases;
    nv->divided = before->divided;
    nv->volatile_size = before->volatile_size;
    nv->next_volatile_size = before->next_volatile_size;
    cxl_dpa_set_next(m->config.dpa, before->divided ?
                     before->next_volatile_size :
                     cxl_dpa_size(m->config.dpa, CXL_DPA_VOLATILE));
    m->state.security.locked = m->state.before_locked;
    effects->flags |= CXL_EFFECT_STORE;
    cxl_memdev_update_access(m, effects);
}

void cxl_memdev_flushed(CxlMemdev *m, bool ok, CxlEffects *effects)
{
    if (!ok && m->state.can_undo) {
        undo(m, effects);
    }
    m->state.can_undo = false;
    if (ok && m->mailbox.cci.state.waiting == CXL_OP_SET_SHUTDOWN_STATE) {
        m->state.shutdown_unsure = false;
    }
    cxl_mailbox_finish(&m->mailbox,
                       ok ? CXL_RET_SUCCESS : CXL_RET_INTERNAL_ERROR, effects);
}

void cxl_memdev_timer(CxlMemdev *m, CxlTime now, CxlEffects *effects)
{
    cxl_mailbox_timer(&m->mailbox, now, effects);
}

void cxl_memdev_sliced(CxlMemdev *m, bool ok, CxlTime now,
                       CxlEffects *effects)
{
    cxl_cci_slice_end(&m->mailbox.cci, ok, now, effects);
}

/* 3.2 8.2.10.2.1: whose event it is, of several */
static void name_head(const CxlMemdev *m, CxlEventRecord *record)
{
    uint32_t flags = cxl_event_flags(record);

    if (m->config.heads && !(flags & CXL_EVENT_FLAG_HEAD_ID)) {
        cxl_event_set_flags(record, flags | CXL_EVENT_FLAG_HEAD_ID);
        record->header.head_id = m->config.head;
    }
}

bool cxl_memdev_add_event(CxlMemdev *m, CxlEventLogType log,
                          const CxlEventRecord *record, CxlTime now,
                          CxlEffects *effects)
{
    uint64_t timestamp = cxl_cci_timestamp(&m->mailbox.cci, now);
    CxlEventRecord named = *record;
    bool added;

    name_head(m, &named);
    added = cxl_eventlog_add(&m->events, log, &named, timestamp,
                             &effects->vectors);
    cxl_mailbox_events_changed(&m->mailbox);
    return added;
}

bool cxl_memdev_media_event(CxlMemdev *m, CxlEventLogType log,
                            const CxlMediaFinding *found, CxlTime now,
                            CxlEffects *effects)
{
    const CxlDpaPartition *part = cxl_dpa_find(m->config.dpa, found->dpa);
    bool is_volatile = part && part->kind == CXL_DPA_VOLATILE;
    uint64_t line = found->dpa & ~(uint64_t)CXL_EVENT_DPA_FLAGS;
    CxlEventRecord record = cxl_event_record(CXL_EVENT_GENERAL_MEDIA);

    record.general_media.media = (CxlMediaEventHeader) {
        .address = cxl_le64(line |
                            (is_volatile ? CXL_EVENT_DPA_VOLATILE : 0)),
        .descriptor = found->descriptor,
        .type = found->type,
        .transaction = found->transaction,
    };
    return cxl_memdev_add_event(m, log, &record, now, effects);
}

CxlHealthInfo cxl_memdev_health(const CxlMemdev *m)
{
    CxlHealthInfo info = {
        .media_status = m->mailbox.cci.state.media_disabled ?
                        CXL_HEALTH_MEDIA_NOT_READY : CXL_HEALTH_MEDIA_NORMAL,
        .dirty_shutdowns = cxl_le32(m->state.nv.dirty_shutdowns),
    };

    cxl_health_fill(&m->state.health, &info);
    return info;
}

/* Tell of every threshold that was crossed since @before */
static void tell_health(CxlMemdev *m, uint8_t before, CxlTime now,
                        CxlEffects *effects)
{
    CxlHealthCrossing crossing[CXL_HEALTH_FIELDS];
    unsigned n = cxl_health_crossed(&m->state.health, before, crossing);

    for (unsigned i = 0; i < n; i++) {
        const CxlHealthCrossing *c = &crossing[i];
        CxlEventRecord record = cxl_event_record(CXL_EVENT_MEMORY_MODULE);

        record.memory_module.type = c->event;
        record.memory_module.health = cxl_memdev_health(m);
        cxl_memdev_add_event(m, c->level == CXL_ALERT_AT_CRITICAL ?
                                CXL_EVENT_LOG_FAIL : CXL_EVENT_LOG_WARN,
                             &record, now, effects);
        cxl_effects_tell(effects, (CxlTell) {
            .event = CXL_TELL_ALERT, .what = (uint16_t)c->kind,
            .code = (uint16_t)c->level, .value = c->value,
        });
    }
}

void cxl_memdev_set_readings(CxlMemdev *m, const CxlReadings *readings,
                             CxlTime now, CxlEffects *effects)
{
    uint8_t before = cxl_health_status(&m->state.health);

    m->state.health.readings = *readings;
    tell_health(m, before, now, effects);
}

CxlRet cxl_memdev_set_alerts(CxlMemdev *m,
                             const CxlSetAlertConfigurationIn *in, CxlTime now,
                             CxlEffects *effects)
{
    uint8_t before = cxl_health_status(&m->state.health);
    CxlRet ret = cxl_health_set_alerts(&m->state.health, in);

    tell_health(m, before, now, effects);
    return ret;
}

bool cxl_memdev_restore(CxlMemdev *m, const CxlNvState *nv)
{
    bool dirty = nv->shutdown_state == CXL_SHUTDOWN_STATE_DIRTY;

    m->state.nv = *nv;
    m->state.nv.dirty_shutdowns += dirty;
    cxl_memdev_reset(m, CXL_RESET_COLD);
    return dirty;
}

bool cxl_memdev_power_off(CxlMemdev *m)
{
    bool dirty = m->state.nv.shutdown_state == CXL_SHUTDOWN_STATE_DIRTY;

    m->state.nv.shutdown_state = CXL_SHUTDOWN_STATE_CLEAN;
    return dirty;
}

static CxlDpaClosed closed(const CxlMemdev *m, const CxlDpaPartition *part)
{
    if (m->mailbox.cci.state.media_disabled || m->state.erase.hidden) {
        return CXL_DPA_DISABLED;
    }
    return part->kind == CXL_DPA_PERSISTENT && m->state.security.locked ?
           CXL_DPA_LOCKED : CXL_DPA_OPEN;
}

void cxl_memdev_update_access(CxlMemdev *m, CxlEffects *effects)
{
    CxlDpa *dpa = m->config.dpa;

    for (unsigned i = 0; i < dpa->count; i++) {
        CxlDpaClosed now = closed(m, &dpa->part[i]);

        if (dpa->part[i].closed != now) {
            dpa->part[i].closed = now;
            effects->flags |= CXL_EFFECT_ROUTES;
        }
    }
}

CxlRet cxl_memdev_may_erase(const CxlMemdev *m, CxlRange range)
{
    const CxlEraseState *s = &m->state.erase;

    if (!cxl_dpa_writable(m->config.dpa, range.offset, range.len)) {
        return CXL_RET_UNSUPPORTED;
    }
    return s->slice || s->count ? CXL_RET_BUSY : CXL_RET_SUCCESS;
}

void cxl_memdev_erase_now(CxlMemdev *m, CxlCciCall *call)
{
    CxlEraseState *s = &m->state.erase;

    call->waits = true;
    call->effects->flags |= CXL_EFFECT_STORE;
    if (s->count) {
        s->hidden = true;
        s->waits = true;
        m->state.nv.sanitizing = true;
        cxl_erase_begin_slice(s, call->effects);
    } else {
        /* Nobody would tell that it is over: only what is stored is awaited */
        call->effects->flags |= CXL_EFFECT_STORE_WAIT;
    }
    cxl_memdev_update_access(m, call->effects);
}

/* A sanitize that was cut off, and has to be done again, is enough */
void cxl_memdev_divided(CxlMemdev *m, uint64_t dpa)
{
    CxlEraseState *s = &m->state.erase;
    CxlEffects effects = { 0 };

    m->state.nv.volatile_size = cxl_dpa_size(m->config.dpa, CXL_DPA_VOLATILE);
    m->state.nv.next_volatile_size = m->state.nv.volatile_size;
    if (m->state.nv.sanitizing && !s->count) {
        return;
    }
    cxl_erase_add(s, (CxlErase) {
        .range = { dpa, cxl_dpa_capacity(m->config.dpa) - dpa },
    });
    s->hidden = true;
    m->state.nv.sanitizing = true;
    cxl_memdev_update_access(m, &effects);
}

void cxl_memdev_after_reset(CxlMemdev *m, CxlEffects *effects)
{
    CxlEraseState *s = &m->state.erase;

    if (s->count) {
        effects->flags |= CXL_EFFECT_STORE;
        if (!s->slice) {
            cxl_erase_begin_slice(s, effects);
        }
    }
}

/*
 * All is erased that a command waits for, or did before a reset; or the last
 * slice of something that a reset has ended
 */
static void end_erase(CxlMemdev *m, bool ok, CxlEffects *effects)
{
    bool waits = m->state.erase.waits;

    if (m->state.erase.count) {
        m->state.nv.sanitizing = !ok;
        effects->flags |= CXL_EFFECT_STORE;
        cxl_memdev_set_media(m, ok ? CXL_MEDIA_READY : CXL_MEDIA_DISABLED);
    }
    cxl_erase_forget(&m->state.erase);
    m->state.erase.hidden = false;
    cxl_memdev_update_access(m, effects);
    if (waits) {
        cxl_mailbox_finish(&m->mailbox, ok ? CXL_RET_SUCCESS
                                           : CXL_RET_INTERNAL_ERROR, effects);
    }
}

void cxl_memdev_erased(CxlMemdev *m, bool ok, CxlTime now,
                       CxlEffects *effects)
{
    CxlErase done = cxl_erase_end_slice(&m->state.erase);
    CxlCci *cci = &m->mailbox.cci;

    if (ok && !done.labels &&
        cxl_dpa_mark_remove_all(&m->config.dpa->marks, done.range.offset,
                                done.range.len)) {
        effects->flags |= CXL_EFFECT_ROUTES | CXL_EFFECT_POISON;
    }
    if (cci->state.slice) {
        cci->state.work_done += done.range.len;
        cxl_cci_slice_end(cci, ok, now, effects);
    } else if (!ok || !cxl_erase_begin_slice(&m->state.erase, effects)) {
        end_erase(m, ok, effects);
    }
}

void cxl_memdev_set_media(CxlMemdev *m, CxlMediaStatus status)
{
    m->mailbox.cci.state.media_disabled = status == CXL_MEDIA_DISABLED;
    cxl_regblock_set(&m->mailbox.regs, CXL_DEVICE_REGS_MEMDEV,
                     CXL_MEMDEV_STATUS_SIZE,
                     (uint64_t)status << CXL_MEMDEV_STATUS_MEDIA_SHIFT |
                     CXL_MEMDEV_STATUS_MBOX_READY);
}
