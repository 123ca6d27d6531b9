/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CXL has in the configuration space of a function: DVSECs and, where
 * there is a table to read, a DOE mailbox (CXL 3.1 8.1)
 */
#ifndef CXL_CORE_CONFSPACE_H
#define CXL_CORE_CONFSPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/cdat.h"
#include "hw/cxl/core/doe.h"
#include "hw/cxl/core/dvsec.h"
#include "hw/cxl/core/effects.h"

/** CXL_CONFSPACE_NO_VECTOR: the DOE mailbox cannot interrupt */
#define CXL_CONFSPACE_NO_VECTOR (-1)

/**
 * struct CxlConfSpace - the CXL part of a configuration space
 * @dvsecs: the DVSECs
 * @doe: the mailbox
 * @doe_offset: where it lies; 0: there is none
 * @table: what is read through it
 *
 * It points into itself: it must not be moved or copied once initialized.
 */
typedef struct CxlConfSpace {
    CxlDvsecs dvsecs;
    CxlDoe doe;
    uint16_t doe_offset;
    CxlCdatTable table;
} CxlConfSpace;

/**
 * cxl_confspace_init: set up the DVSECs, without a DOE mailbox, and reset
 * @space: as for cxl_dvsecs_init()
 *
 * Returns: false when the tables of registers do not fit.
 */
bool cxl_confspace_init(CxlConfSpace *s, const CxlDvsecConfig *config,
                        uint8_t *space);

/**
 * cxl_confspace_add_doe: add a DOE mailbox with table access (8.1.11), where
 * functions of this kind have it
 * @table: what is read; its bytes are not copied
 * @vector: MSI-X vector below 32, or CXL_CONFSPACE_NO_VECTOR
 */
void cxl_confspace_add_doe(CxlConfSpace *s, const CxlCdatTable *table,
                           int vector);

/**
 * cxl_confspace_memory_changed: the device has its memory in other partitions
 * @table: what is to be read of it now; what the DOE mailbox is at is dropped
 */
void cxl_confspace_memory_changed(CxlConfSpace *s, const CxlCdatTable *table);

/**
 * cxl_confspace_reset: put all registers back, see cxl_dvsecs_reset()
 */
void cxl_confspace_reset(CxlConfSpace *s, CxlReset kind);

/**
 * cxl_confspace_owns: an access touches a DVSEC or the DOE mailbox
 */
bool cxl_confspace_owns(const CxlConfSpace *s, uint32_t offset, unsigned size);

/**
 * cxl_confspace_read: a read of @size bytes (1 to 4) at @offset, within a dword
 * @value: what is stored there, to be returned unless it is the DOE mailbox's
 */
uint32_t cxl_confspace_read(const CxlConfSpace *s, uint32_t offset,
                            unsigned size, uint32_t value);

/**
 * cxl_confspace_write: a write of @size bytes (1 to 4) at @offset, within a
 * dword, anywhere in configuration space: what is not CXL's is left alone
 */
void cxl_confspace_write(CxlConfSpace *s, uint32_t offset, unsigned size,
                         uint32_t value, CxlEffects *effects);

#endif /* CXL_CORE_CONFSPACE_H */
