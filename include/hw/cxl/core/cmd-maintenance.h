/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maintenance operations of a memory device (CXL 3.1 8.2.9.7): repairs use up
 * spares, and change nothing else: no memory of this device wears out
 */
#ifndef CXL_CORE_CMD_MAINTENANCE_H
#define CXL_CORE_CMD_MAINTENANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"

/** CXL_REPAIRS: kinds of repair: sPPR, hPPR, and sparing of four sizes */
#define CXL_REPAIRS         6
/** CXL_REPAIR_SPARES: how often each can be done */
#define CXL_REPAIR_SPARES   16

/**
 * struct CxlMaintenanceState - what changes
 * @hard: repairs that last, by kind
 * @soft: repairs that last until the next reset, by kind
 * @kind: what the background operation does
 * @is_hard: and whether it is to last
 */
typedef struct CxlMaintenanceState {
    uint8_t hard[CXL_REPAIRS];
    uint8_t soft[CXL_REPAIRS];
    uint8_t kind;
    bool is_hard;
} CxlMaintenanceState;

/**
 * cxl_maintenance_reset: soft repairs are undone by conventional resets; hard
 * ones last as long as the device
 */
void cxl_maintenance_reset(CxlMaintenanceState *maintenance, CxlReset kind);

#endif /* CXL_CORE_CMD_MAINTENANCE_H */
