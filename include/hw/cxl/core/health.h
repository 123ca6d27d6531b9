/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health of a memory device: what it measures of itself, and the thresholds
 * that software is warned by (CXL 3.1 8.2.9.9.3)
 */
#ifndef CXL_CORE_HEALTH_H
#define CXL_CORE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/effects.h"
#include "hw/cxl/spec/event-records.h"
#include "hw/cxl/spec/payload-health.h"
#include "hw/cxl/spec/retcodes.h"

/** CXL_HEALTH_TEMPERATURE: of a device that nobody heats, degrees Celsius */
#define CXL_HEALTH_TEMPERATURE          40
/* Thresholds that are fixed: life in percent, temperatures in degrees */
#define CXL_HEALTH_LIFE_CRITICAL        95
#define CXL_HEALTH_OVER_CRITICAL        85
#define CXL_HEALTH_UNDER_CRITICAL       (-10)

/**
 * struct CxlReadings - what a device measures of itself
 * @life_used: percent of its life, 0 to 100, or CXL_HEALTH_LIFE_UNKNOWN
 * @temperature: degrees Celsius, or CXL_HEALTH_TEMPERATURE_UNKNOWN
 * @corrected: errors that were corrected, for each kind of capacity
 */
typedef struct CxlReadings {
    uint8_t life_used;
    int16_t temperature;
    uint32_t corrected[CXL_DPA_KINDS];
} CxlReadings;

/** CXL_READINGS_HEALTHY: what a new device measures */
#define CXL_READINGS_HEALTHY \
    ((CxlReadings) { .temperature = CXL_HEALTH_TEMPERATURE })

/**
 * struct CxlHealthState - readings and warnings
 * @readings: what is measured
 * @enabled: CXL_ALERT_* that software wants to be warned by
 * @life_used: threshold of each, as software set it
 * @over_temperature: likewise
 * @under_temperature: likewise
 * @corrected: likewise, for each kind of capacity
 */
typedef struct CxlHealthState {
    CxlReadings readings;
    uint8_t enabled;
    uint8_t life_used;
    int16_t over_temperature;
    int16_t under_temperature;
    uint16_t corrected[CXL_DPA_KINDS];
} CxlHealthState;

/**
 * cxl_health_status: the additional status of the health information, which
 * follows from readings and thresholds (8.2.9.9.3.1)
 */
uint8_t cxl_health_status(const CxlHealthState *h);

/**
 * cxl_health_fill: the part of the health information that follows from @h;
 * the rest of @info is left alone
 */
void cxl_health_fill(const CxlHealthState *h, CxlHealthInfo *info);

/**
 * struct CxlHealthCrossing - a threshold that was crossed
 * @kind: what it is of
 * @level: whether that is a warning, or critical
 * @value: what is measured; of a temperature, in two's complement
 * @event: device event type of a record, CXL_MODULE_*
 */
typedef struct CxlHealthCrossing {
    CxlAlertKind kind;
    CxlAlertLevel level;
    uint64_t value;
    uint8_t event;
} CxlHealthCrossing;

/** CXL_HEALTH_FIELDS: fields of the additional status */
#define CXL_HEALTH_FIELDS               4

/**
 * cxl_health_crossed: the thresholds that were crossed to the worse
 * @before: the additional status before
 * @crossing: gets them, CXL_HEALTH_FIELDS at most
 *
 * Returns: how many
 */
unsigned cxl_health_crossed(const CxlHealthState *h, uint8_t before,
                            CxlHealthCrossing *crossing);

/**
 * cxl_health_get_alerts: fill the output of Get Alert Configuration
 * (8.2.9.9.3.2); @out is zeroed by the caller
 */
void cxl_health_get_alerts(const CxlHealthState *h,
                           CxlGetAlertConfigurationOut *out);

/**
 * cxl_health_set_alerts: do what Set Alert Configuration says (8.2.9.9.3.3)
 *
 * Returns: CXL_RET_SUCCESS, or CXL_RET_INVALID_INPUT when a warning would not
 * come before what is critical; nothing has changed then
 */
CxlRet cxl_health_set_alerts(CxlHealthState *h,
                             const CxlSetAlertConfigurationIn *in);

#endif /* CXL_CORE_HEALTH_H */
