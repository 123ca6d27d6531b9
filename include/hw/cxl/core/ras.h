/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of CXL.cache and CXL.mem in the RAS capability of a component
 * (CXL 3.1 8.2.4.17, 12.2.1.4)
 *
 * Registers hold what software sees: status, and pointer and header of the
 * first error. Behind them lies a queue of errors in the order in which they
 * were detected, the first of which is the one that the registers show.
 */
#ifndef CXL_CORE_RAS_H
#define CXL_CORE_RAS_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/regblock.h"
#include "hw/cxl/spec/component-regs.h"

/** CXL_RAS_HEADER_DWORDS: length of an error header */
#define CXL_RAS_HEADER_DWORDS   (CXL_RAS_HEADER_LOG_SIZE / 4)
/** CXL_RAS_RECORDS: errors that are recorded with their headers */
#define CXL_RAS_RECORDS         16

/**
 * struct CxlRasRecord - an uncorrectable error that waits for software
 * @error: its bit in the status register
 * @header: what is known of the message that was wrong
 */
typedef struct CxlRasRecord {
    uint32_t error;
    uint32_t header[CXL_RAS_HEADER_DWORDS];
} CxlRasRecord;

/**
 * struct CxlRasState - uncorrectable errors in the order of their detection
 * @count: how many
 * @record: the errors
 */
typedef struct CxlRasState {
    uint32_t count;
    CxlRasRecord record[CXL_RAS_RECORDS];
} CxlRasState;

/**
 * struct CxlRas - the RAS capability of a component
 * @state: what registers do not show
 * @regs: the component's registers
 * @offset: where the capability lies in them
 */
typedef struct CxlRas {
    CxlRasState *state;
    CxlRegBlock *regs;
    uint32_t offset;
} CxlRas;

/**
 * cxl_ras_uncorrectable: the component has detected an uncorrectable error
 * @error: one bit of CXL_RAS_UNC_BITS; anything else is no error
 * @header: CXL_RAS_HEADER_DWORDS dwords, or NULL: all zero
 * @effects: CXL_AER_* of the severity that software has chosen is added
 *
 * An error that is masked leaves no trace. When there is no room for one more
 * header, only the status tells of the error.
 *
 * Returns: true if the error was not masked.
 */
bool cxl_ras_uncorrectable(const CxlRas *ras, uint32_t error,
                           const uint32_t *header, CxlEffects *effects);

/**
 * cxl_ras_correctable: the component has detected an error and corrected it
 * @error: one bit of CXL_RAS_COR_BITS; anything else is no error
 * @effects: CXL_AER_CORRECTABLE is added
 *
 * Returns: true if the error was not masked.
 */
bool cxl_ras_correctable(const CxlRas *ras, uint32_t error,
                         CxlEffects *effects);

/**
 * cxl_ras_cleared: software has cleared @bits of the uncorrectable error status
 *
 * It is done with the first error, if that is among them, and the next one is
 * shown; the bit stays set if that error has happened again. Any other record
 * of the cleared errors is dropped: what is shown has its bit set always.
 */
void cxl_ras_cleared(const CxlRas *ras, uint32_t bits);

#endif /* CXL_CORE_RAS_H */
