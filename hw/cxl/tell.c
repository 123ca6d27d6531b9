/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the user of the machine what happened: events of QMP
 */
#include "qemu/osdep.h"
#include "tell.h"

#include "hw/cxl/core/cci.h"
#include "qapi/qapi-events-cxl.h"
#include "qemu/timer.h"

/* Who tells, and what */
typedef struct Telling {
    const CxlTell *tell;
    char *id;
    char *path;
    bool has_suppressed;
    uint32_t suppressed;
} Telling;

/* The members of CxlEventSource, which every event has */
#define SOURCE(t)                                                     \
    .id = (t)->id, .qom_path = (t)->path,                             \
    .has_suppressed = (t)->has_suppressed, .suppressed = (t)->suppressed

static char *result_of(const CxlTell *tell)
{
    return (char *)cxl_ret_name(tell->code);
}

static void firmware_activated(const Telling *t)
{
    CxlFirmwareActivated arg = { SOURCE(t), .slot = t->tell->what };

    qapi_event_send_cxl_firmware_activated(&arg);
}

static void sanitize_done(const Telling *t)
{
    CxlCommandDone arg = {
        SOURCE(t), .opcode = t->tell->what, .return_code = t->tell->code,
        .result = result_of(t->tell),
    };

    qapi_event_send_cxl_sanitize_done(&arg);
}

static void background_done(const Telling *t)
{
    CxlCommandDone arg = {
        SOURCE(t), .opcode = t->tell->what, .return_code = t->tell->code,
        .result = result_of(t->tell),
    };

    qapi_event_send_cxl_background_done(&arg);
}

static void alert(const Telling *t)
{
    static const CxlAlertCause causes[] = {
        [CXL_ALERT_OF_LIFE_USED] = CXL_ALERT_CAUSE_LIFE_USED,
        [CXL_ALERT_OF_OVER_TEMPERATURE] = CXL_ALERT_CAUSE_OVER_TEMPERATURE,
        [CXL_ALERT_OF_UNDER_TEMPERATURE] = CXL_ALERT_CAUSE_UNDER_TEMPERATURE,
        [CXL_ALERT_OF_CORRECTED_VOLATILE] =
            CXL_ALERT_CAUSE_CORRECTED_VOLATILE_ERRORS,
        [CXL_ALERT_OF_CORRECTED_PERSISTENT] =
            CXL_ALERT_CAUSE_CORRECTED_PERSISTENT_ERRORS,
    };
    CxlAlert arg = {
        SOURCE(t), .cause = causes[t->tell->what],
        .level = t->tell->code == CXL_ALERT_AT_CRITICAL ?
                 CXL_ALERT_SEVERITY_CRITICAL : CXL_ALERT_SEVERITY_WARNING,
        /* The model's value is that of a signed member on the wire */
        .value = (int64_t)t->tell->value,
    };

    qapi_event_send_cxl_alert(&arg);
}

static void poison_consumed(const Telling *t)
{
    CxlPoisonConsumed arg = { SOURCE(t), .dpa = t->tell->value };

    qapi_event_send_cxl_poison_consumed(&arg);
}

static void poison_cleared(const Telling *t)
{
    CxlPoisonCleared arg = {
        SOURCE(t), .dpa = t->tell->value, .written = t->tell->code != 0,
    };

    qapi_event_send_cxl_poison_cleared(&arg);
}

static void events_cleared(const Telling *t)
{
    CxlEventsCleared arg = {
        SOURCE(t), .log = t->tell->what, .left = t->tell->value,
    };

    qapi_event_send_cxl_events_cleared(&arg);
}

static void store_dropped(const Telling *t)
{
    CxlPoolStore arg = { SOURCE(t), .dpa = t->tell->value };

    qapi_event_send_cxl_pool_store_dropped(&arg);
}

static void pool_changed(const Telling *t)
{
    CxlPoolSeen arg = {
        SOURCE(t), .generation = t->tell->value,
        .attached = t->tell->code != 0,
    };

    qapi_event_send_cxl_pool_changed(&arg);
}

static void (*const senders[CXL_TELL_EVENTS])(const Telling *t) = {
    [CXL_TELL_FIRMWARE_ACTIVATED] = firmware_activated,
    [CXL_TELL_SANITIZE_DONE] = sanitize_done,
    [CXL_TELL_BACKGROUND_DONE] = background_done,
    [CXL_TELL_ALERT] = alert,
    [CXL_TELL_POISON_CONSUMED] = poison_consumed,
    [CXL_TELL_POISON_CLEARED] = poison_cleared,
    [CXL_TELL_EVENTS_CLEARED] = events_cleared,
    [CXL_TELL_STORE_DROPPED] = store_dropped,
    [CXL_TELL_POOL_CHANGED] = pool_changed,
};

/* The logs of the model and of QMP have the same numbers */
QEMU_BUILD_BUG_ON((int)CXL_LOG_INFORMATIONAL != (int)CXL_EVENT_LOG_INFO);
QEMU_BUILD_BUG_ON((int)CXL_LOG_FATAL != (int)CXL_EVENT_LOG_FATAL);

static bool may_send(CxlTeller *teller, CxlTellEvent event)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

    if (!teller->since_ms[event] || now - teller->since_ms[event] >= 1000) {
        teller->since_ms[event] = now;
        teller->sent[event] = 0;
    }
    if (teller->sent[event] == CXL_TELL_RATE) {
        teller->suppressed[event]++;
        return false;
    }
    teller->sent[event]++;
    return true;
}

void cxl_tell(CxlTeller *teller, PCIDevice *pci, const CxlEffects *effects)
{
    g_autofree char *path = NULL;

    for (unsigned i = 0; i < effects->ntells; i++) {
        const CxlTell *tell = &effects->tell[i];

        if (may_send(teller, tell->event)) {
            Telling t = { .tell = tell, .id = DEVICE(pci)->id };

            path = path ? path : object_get_canonical_path(OBJECT(pci));
            t.path = path;
            t.suppressed = teller->suppressed[tell->event];
            t.has_suppressed = t.suppressed != 0;
            teller->suppressed[tell->event] = 0;
            senders[tell->event](&t);
        }
    }
}
