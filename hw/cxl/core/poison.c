/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison of a memory device (CXL 3.1 8.2.9.9.4, 12.2)
 */
#include "hw/cxl/core/poison.h"

#include <string.h>

/* A bit of a mark's mask for each byte of the line */
_Static_assert(CXL_DPA_LINE == 64, "written is a uint64_t");

static void changed(CxlEffects *effects)
{
    effects->flags |= CXL_EFFECT_ROUTES | CXL_EFFECT_POISON;
}

/* 8.2.9.9.4.2: whoever injects it, there is a record */
static void tell_host(CxlMemdev *m, uint64_t dpa, CxlTime now,
                      CxlEffects *effects)
{
    const CxlMediaFinding found = {
        .dpa = dpa, .type = CXL_MEDIA_EVENT_ECC,
        .transaction = CXL_EVENT_BY_INJECT_POISON,
    };

    cxl_memdev_media_event(m, CXL_EVENT_LOG_INFO, &found, now, effects);
}

/* 8.2.9.9.4.1: once, until the list is read */
static void tell_overflow(CxlMemdev *m, uint64_t dpa, CxlTime now,
                          CxlEffects *effects)
{
    const CxlMediaFinding found = {
        .dpa = dpa, .descriptor = CXL_EVENT_POISON_LIST_OVERFLOW,
        .type = CXL_MEDIA_EVENT_ECC, .transaction = CXL_EVENT_BY_UNKNOWN,
    };

    if (!m->state.poison_overflow) {
        m->state.poison_overflow = true;
        m->state.poison_overflow_time = cxl_cci_timestamp(&m->mailbox.cci,
                                                          now);
        cxl_memdev_media_event(m, CXL_EVENT_LOG_WARN, &found, now, effects);
    }
}

static void tell_healed(uint64_t dpa, bool written, CxlEffects *effects)
{
    cxl_effects_tell(effects, (CxlTell) {
        .event = CXL_TELL_POISON_CLEARED,
        .code = written,
        .value = dpa - dpa % CXL_DPA_LINE,
    });
}

CxlPoisonAdded cxl_poison_add(CxlMemdev *m, uint64_t dpa,
                              CxlPoisonSource source, CxlTime now,
                              CxlEffects *effects)
{
    CxlDpaMarks *marks = &m->config.dpa->marks;
    bool before;
    int i;

    if (!cxl_dpa_find(m->config.dpa, dpa)) {
        return CXL_POISON_OUTSIDE;
    }
    i = cxl_dpa_mark_find(marks, dpa);
    before = i >= 0 && !marks->hidden[i];
    if (!cxl_dpa_mark_add(marks, dpa)) {
        tell_overflow(m, dpa, now, effects);
        return CXL_POISON_FULL;
    }
    i = cxl_dpa_mark_find(marks, dpa);
    marks->written[i] = 0;
    marks->told[i] = false;
    marks->hidden[i] = false;
    if (!before) {
        marks->source[i] = (uint8_t)source;
        changed(effects);
        if (source == CXL_POISON_INJECTED) {
            tell_host(m, dpa, now, effects);
        }
    }
    return CXL_POISON_ADDED;
}

bool cxl_poison_clear(CxlMemdev *m, uint64_t dpa, const uint8_t *bytes,
                      CxlEffects *effects)
{
    const CxlDpaPartition *part = cxl_dpa_find(m->config.dpa, dpa);

    if (!part || part->closed || !cxl_dpa_writable(m->config.dpa, dpa, 1)) {
        return false;
    }
    effects->flags |= CXL_EFFECT_STORE_LINE;
    effects->line.dpa = dpa - dpa % CXL_DPA_LINE;
    memcpy(effects->line.bytes, bytes, CXL_DPA_LINE);
    if (cxl_dpa_mark_remove(&m->config.dpa->marks, dpa)) {
        changed(effects);
        tell_healed(dpa, false, effects);
    }
    return true;
}

void cxl_poison_forget(CxlMemdev *m, uint64_t dpa, uint64_t len,
                       CxlEffects *effects)
{
    if (cxl_dpa_mark_remove_all(&m->config.dpa->marks, dpa, len)) {
        changed(effects);
    }
}

void cxl_poison_written(CxlMemdev *m, uint64_t dpa, unsigned len,
                        CxlEffects *effects)
{
    CxlDpaMarks *marks = &m->config.dpa->marks;
    int i = cxl_dpa_mark_find(marks, dpa);

    if (i < 0 || !len || len > CXL_DPA_LINE - dpa % CXL_DPA_LINE) {
        return;
    }
    marks->written[i] |= UINT64_MAX >> (64 - len) << dpa % CXL_DPA_LINE;
    if (marks->written[i] == UINT64_MAX) {
        cxl_dpa_mark_remove(marks, dpa);
        changed(effects);
        tell_healed(dpa, true, effects);
    }
}

/* The device finds out by itself */
static void notice(CxlDpaMarks *marks, unsigned i, CxlEffects *effects)
{
    if (marks->hidden[i]) {
        marks->hidden[i] = false;
        marks->source[i] = CXL_POISON_INTERNAL;
        effects->flags |= CXL_EFFECT_POISON;
    }
}

void cxl_poison_scanned(CxlMemdev *m, uint64_t dpa, uint64_t len,
                        CxlEffects *effects)
{
    CxlDpaMarks *marks = &m->config.dpa->marks;

    for (uint32_t i = 0; i < marks->count; i++) {
        if (marks->line[i] >= dpa && marks->line[i] - dpa < len) {
            notice(marks, i, effects);
        }
    }
}

/* An error that a host runs into, 8.2.9.2.1.1 */
static void tell_failure(CxlMemdev *m, uint64_t dpa, CxlTime now,
                         CxlEffects *effects)
{
    const CxlMediaFinding found = {
        .dpa = dpa, .descriptor = CXL_EVENT_UNCORRECTABLE,
        .type = CXL_MEDIA_EVENT_ECC, .transaction = CXL_EVENT_BY_HOST_READ,
    };

    cxl_memdev_media_event(m, CXL_EVENT_LOG_FAIL, &found, now, effects);
}

void cxl_poison_read(CxlMemdev *m, uint64_t dpa, CxlTime now,
                     CxlEffects *effects)
{
    CxlDpaMarks *marks = &m->config.dpa->marks;
    int i = cxl_dpa_mark_find(marks, dpa);

    if (i < 0) {
        return;
    }
    notice(marks, (unsigned)i, effects);
    cxl_effects_tell(effects, (CxlTell) {
        .event = CXL_TELL_POISON_CONSUMED, .value = marks->line[i],
    });
    if (!marks->told[i]) {
        marks->told[i] = true;
        tell_failure(m, marks->line[i], now, effects);
    }
}
