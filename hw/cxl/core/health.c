/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health of a memory device (CXL 3.1 8.2.9.9.3)
 */
#include "hw/cxl/core/health.h"

static bool warned(const CxlHealthState *h, uint8_t alert, bool crossed)
{
    return h->enabled & alert && crossed;
}

static unsigned life_level(const CxlHealthState *h)
{
    uint8_t life = h->readings.life_used;

    if (life == CXL_HEALTH_LIFE_UNKNOWN) {
        return CXL_HEALTH_NORMAL;
    }
    if (life >= CXL_HEALTH_LIFE_CRITICAL) {
        return CXL_HEALTH_CRITICAL;
    }
    return warned(h, CXL_ALERT_LIFE_USED, life >= h->life_used) ?
           CXL_HEALTH_WARNING : CXL_HEALTH_NORMAL;
}

static unsigned temperature_level(const CxlHealthState *h)
{
    int16_t t = h->readings.temperature;

    if (t == CXL_HEALTH_TEMPERATURE_UNKNOWN) {
        return CXL_HEALTH_NORMAL;
    }
    if (t >= CXL_HEALTH_OVER_CRITICAL || t <= CXL_HEALTH_UNDER_CRITICAL) {
        return CXL_HEALTH_CRITICAL;
    }
    return warned(h, CXL_ALERT_OVER_TEMPERATURE, t >= h->over_temperature) ||
           warned(h, CXL_ALERT_UNDER_TEMPERATURE, t <= h->under_temperature) ?
           CXL_HEALTH_WARNING : CXL_HEALTH_NORMAL;
}

static unsigned corrected_level(const CxlHealthState *h, CxlDpaKind kind,
                                uint8_t alert)
{
    return warned(h, alert,
                  h->readings.corrected[kind] >= h->corrected[kind]) ?
           CXL_HEALTH_WARNING : CXL_HEALTH_NORMAL;
}

static unsigned volatile_level(const CxlHealthState *h)
{
    return corrected_level(h, CXL_DPA_VOLATILE, CXL_ALERT_CORRECTED_VOLATILE);
}

static unsigned persistent_level(const CxlHealthState *h)
{
    return corrected_level(h, CXL_DPA_PERSISTENT,
                           CXL_ALERT_CORRECTED_PERSISTENT);
}

/* Counts of corrected errors have no event type of their own */
static const struct {
    unsigned (*level)(const CxlHealthState *h);
    uint8_t shift;
    uint8_t mask;
    uint8_t event;
    CxlAlertKind kind;
} fields[CXL_HEALTH_FIELDS] = {
    { life_level, CXL_HEALTH_LIFE_USED_SHIFT, 3, CXL_MODULE_LIFE_USED,
      CXL_ALERT_OF_LIFE_USED },
    { temperature_level, CXL_HEALTH_TEMPERATURE_SHIFT, 3,
      CXL_MODULE_TEMPERATURE, CXL_ALERT_OF_OVER_TEMPERATURE },
    { volatile_level, CXL_HEALTH_CORRECTED_VOLATILE_SHIFT, 1,
      CXL_MODULE_HEALTH_STATUS, CXL_ALERT_OF_CORRECTED_VOLATILE },
    { persistent_level, CXL_HEALTH_CORRECTED_PERSISTENT_SHIFT, 1,
      CXL_MODULE_HEALTH_STATUS, CXL_ALERT_OF_CORRECTED_PERSISTENT },
};

uint8_t cxl_health_status(const CxlHealthState *h)
{
    unsigned status = 0;

    for (unsigned i = 0; i < CXL_HEALTH_FIELDS; i++) {
        status |= fields[i].level(h) << fields[i].shift;
    }
    return (uint8_t)status;
}

void cxl_health_fill(const CxlHealthState *h, CxlHealthInfo *info)
{
    const CxlReadings *r = &h->readings;

    if (life_level(h) == CXL_HEALTH_CRITICAL) {
        info->health_status |= CXL_HEALTH_MAINTENANCE_NEEDED |
                               CXL_HEALTH_REPLACEMENT_NEEDED;
    }
    info->additional_status = cxl_health_status(h);
    info->life_used_percent = r->life_used;
    info->temperature_c = cxl_le16((uint16_t)r->temperature);
    info->corrected_volatile_errors = cxl_le32(r->corrected[CXL_DPA_VOLATILE]);
    info->corrected_persistent_errors =
        cxl_le32(r->corrected[CXL_DPA_PERSISTENT]);
}

/* Whether a temperature is too low: both bounds share a field */
static bool is_cold(const CxlHealthState *h)
{
    int16_t t = h->readings.temperature;

    return t <= CXL_HEALTH_UNDER_CRITICAL ||
           (t < CXL_HEALTH_OVER_CRITICAL &&
            !warned(h, CXL_ALERT_OVER_TEMPERATURE, t >= h->over_temperature));
}

static uint64_t measured(const CxlHealthState *h, CxlAlertKind kind)
{
    const CxlReadings *r = &h->readings;

    switch (kind) {
    case CXL_ALERT_OF_LIFE_USED:
        return r->life_used;
    case CXL_ALERT_OF_CORRECTED_VOLATILE:
        return r->corrected[CXL_DPA_VOLATILE];
    case CXL_ALERT_OF_CORRECTED_PERSISTENT:
        return r->corrected[CXL_DPA_PERSISTENT];
    default:
        return (uint64_t)(int64_t)r->temperature;
    }
}

unsigned cxl_health_crossed(const CxlHealthState *h, uint8_t before,
                            CxlHealthCrossing *crossing)
{
    uint8_t now = cxl_health_status(h);
    unsigned n = 0;

    for (unsigned i = 0; i < CXL_HEALTH_FIELDS; i++) {
        unsigned level = now >> fields[i].shift & fields[i].mask;
        CxlAlertKind kind = fields[i].kind;

        if (level <= (before >> fields[i].shift & fields[i].mask)) {
            continue;
        }
        if (kind == CXL_ALERT_OF_OVER_TEMPERATURE && is_cold(h)) {
            kind = CXL_ALERT_OF_UNDER_TEMPERATURE;
        }
        crossing[n++] = (CxlHealthCrossing) {
            .kind = kind,
            .level = level == CXL_HEALTH_CRITICAL ? CXL_ALERT_AT_CRITICAL
                                                  : CXL_ALERT_AT_WARNING,
            .value = measured(h, kind),
            .event = fields[i].event,
        };
    }
    return n;
}

void cxl_health_get_alerts(const CxlHealthState *h,
                           CxlGetAlertConfigurationOut *out)
{
    out->valid = h->enabled;
    out->programmable = CXL_ALERTS_ALL;
    out->life_used_critical = CXL_HEALTH_LIFE_CRITICAL;
    out->life_used_warning = h->life_used;
    out->over_temperature_critical = cxl_le16(CXL_HEALTH_OVER_CRITICAL);
    out->under_temperature_critical =
        cxl_le16((uint16_t)CXL_HEALTH_UNDER_CRITICAL);
    out->over_temperature_warning = cxl_le16((uint16_t)h->over_temperature);
    out->under_temperature_warning = cxl_le16((uint16_t)h->under_temperature);
    out->corrected_volatile_warning =
        cxl_le16(h->corrected[CXL_DPA_VOLATILE]);
    out->corrected_persistent_warning =
        cxl_le16(h->corrected[CXL_DPA_PERSISTENT]);
}

/* A warning that comes with what is critical, or after it, would be none */
static bool is_early(const CxlHealthState *h)
{
    return !(h->enabled & CXL_ALERT_LIFE_USED &&
             h->life_used >= CXL_HEALTH_LIFE_CRITICAL) &&
           !(h->enabled & CXL_ALERT_OVER_TEMPERATURE &&
             h->over_temperature >= CXL_HEALTH_OVER_CRITICAL) &&
           !(h->enabled & CXL_ALERT_UNDER_TEMPERATURE &&
             h->under_temperature <= CXL_HEALTH_UNDER_CRITICAL);
}

CxlRet cxl_health_set_alerts(CxlHealthState *h,
                             const CxlSetAlertConfigurationIn *in)
{
    uint8_t set = in->valid & in->enable & CXL_ALERTS_ALL;
    CxlHealthState next = *h;

    next.enabled = (uint8_t)((h->enabled & ~in->valid) | set);
    if (set & CXL_ALERT_LIFE_USED) {
        next.life_used = in->life_used_warning;
    }
    if (set & CXL_ALERT_OVER_TEMPERATURE) {
        next.over_temperature =
            (int16_t)cxl_le16_get(in->over_temperature_warning);
    }
    if (set & CXL_ALERT_UNDER_TEMPERATURE) {
        next.under_temperature =
            (int16_t)cxl_le16_get(in->under_temperature_warning);
    }
    if (set & CXL_ALERT_CORRECTED_VOLATILE) {
        next.corrected[CXL_DPA_VOLATILE] =
            cxl_le16_get(in->corrected_volatile_warning);
    }
    if (set & CXL_ALERT_CORRECTED_PERSISTENT) {
        next.corrected[CXL_DPA_PERSISTENT] =
            cxl_le16_get(in->corrected_persistent_warning);
    }
    if (!is_early(&next)) {
        return CXL_RET_INVALID_INPUT;
    }
    *h = next;
    return CXL_RET_SUCCESS;
}
