/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the health commands (CXL 3.1 8.2.9.9.3); the health information
 * itself is in event-records.h, because records have it too
 */
#ifndef CXL_SPEC_PAYLOAD_HEALTH_H
#define CXL_SPEC_PAYLOAD_HEALTH_H

#include "hw/cxl/spec/wire.h"

/* Health status */
#define CXL_HEALTH_MAINTENANCE_NEEDED   (1u << 0)
#define CXL_HEALTH_REPLACEMENT_NEEDED   (1u << 2)

/* Media status */
#define CXL_HEALTH_MEDIA_NORMAL     0
#define CXL_HEALTH_MEDIA_NOT_READY  1

/* Additional status: two fields of two bits and two of one */
#define CXL_HEALTH_LIFE_USED_SHIFT              0
#define CXL_HEALTH_TEMPERATURE_SHIFT            2
#define CXL_HEALTH_CORRECTED_VOLATILE_SHIFT     4
#define CXL_HEALTH_CORRECTED_PERSISTENT_SHIFT   5

/* Values of these fields */
#define CXL_HEALTH_NORMAL           0
#define CXL_HEALTH_WARNING          1
#define CXL_HEALTH_CRITICAL         2

/* Life used and temperature of a device that does not measure them */
#define CXL_HEALTH_LIFE_UNKNOWN         0xff
#define CXL_HEALTH_TEMPERATURE_UNKNOWN  0x7fff

/* Warnings whose thresholds software can set; their bits in all fields */
#define CXL_ALERT_LIFE_USED             (1u << 0)
#define CXL_ALERT_OVER_TEMPERATURE      (1u << 1)
#define CXL_ALERT_UNDER_TEMPERATURE     (1u << 2)
#define CXL_ALERT_CORRECTED_VOLATILE    (1u << 3)
#define CXL_ALERT_CORRECTED_PERSISTENT  (1u << 4)
#define CXL_ALERTS_ALL                  0x1fu

/* Get Alert Configuration, opcode 4201h, 8.2.9.9.3.2, output */
typedef struct CxlGetAlertConfigurationOut {
    uint8_t valid;
    uint8_t programmable;
    uint8_t life_used_critical;
    uint8_t life_used_warning;
    Le16 over_temperature_critical;
    Le16 under_temperature_critical;
    Le16 over_temperature_warning;
    Le16 under_temperature_warning;
    Le16 corrected_volatile_warning;
    Le16 corrected_persistent_warning;
} CxlGetAlertConfigurationOut;

_Static_assert(sizeof(CxlGetAlertConfigurationOut) == 0x10, "8.2.9.9.3.2");

/* Set Alert Configuration, opcode 4202h, 8.2.9.9.3.3, input */
typedef struct CxlSetAlertConfigurationIn {
    uint8_t valid;
    uint8_t enable;
    uint8_t life_used_warning;
    uint8_t reserved;
    Le16 over_temperature_warning;
    Le16 under_temperature_warning;
    Le16 corrected_volatile_warning;
    Le16 corrected_persistent_warning;
} CxlSetAlertConfigurationIn;

_Static_assert(sizeof(CxlSetAlertConfigurationIn) == 0x0c, "8.2.9.9.3.3");

/* Get/Set Shutdown State, opcodes 4203h and 4204h, 8.2.9.9.3.4 and .5 */
typedef struct CxlShutdownState {
    uint8_t state;
} CxlShutdownState;

_Static_assert(sizeof(CxlShutdownState) == 1, "8.2.9.9.3.4");

#define CXL_SHUTDOWN_STATE_CLEAN    0
#define CXL_SHUTDOWN_STATE_DIRTY    1

#endif /* CXL_SPEC_PAYLOAD_HEALTH_H */
