/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison of a memory device: lines whose data is known to be bad
 * (CXL 3.1 8.2.9.9.4, 12.2)
 *
 * Which lines these are is in the marks of the device's memory (dpa.h). Here is
 * what may happen to them: poison is found or injected, cleared, written over,
 * read. All bytes of a line that are written over heal it, however many writes
 * it takes; what is read of it before is an error. A mark may be hidden, until
 * a read or a scan of the media comes across it. Marks stay over every reset;
 * when power was lost, those of volatile capacity are gone with its data.
 */
#ifndef CXL_CORE_POISON_H
#define CXL_CORE_POISON_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/core/time.h"
#include "hw/cxl/spec/payload-memdev.h"

/**
 * enum CxlPoisonAdded - what became of poison that was found or injected
 * @CXL_POISON_ADDED: the line is poisoned, and was before if nothing changed
 * @CXL_POISON_OUTSIDE: the device has no such address
 * @CXL_POISON_FULL: there are CXL_DPA_MAX_MARKS poisoned lines already
 */
typedef enum CxlPoisonAdded {
    CXL_POISON_ADDED,
    CXL_POISON_OUTSIDE,
    CXL_POISON_FULL,
} CxlPoisonAdded;

/**
 * cxl_poison_add: a line is poisoned from now on (8.2.9.9.4.2)
 * @dpa: of any of its bytes
 * @source: a line that is poisoned keeps the source that it has
 * @effects: CXL_EFFECT_ROUTES and CXL_EFFECT_POISON are added when it was not
 *           poisoned
 *
 * Bytes that were written before do not help to heal it. Poison that does not
 * fit is noted as overflow of the list.
 */
CxlPoisonAdded cxl_poison_add(CxlMemdev *m, uint64_t dpa,
                              CxlPoisonSource source, CxlTime now,
                              CxlEffects *effects);

/**
 * cxl_poison_clear: write a line and take its poison away, if it has any
 * (8.2.9.9.4.3)
 * @dpa: of any of its bytes
 * @bytes: what to write, CXL_DPA_LINE bytes
 * @effects: CXL_EFFECT_STORE_LINE is added; CXL_EFFECT_ROUTES and
 *           CXL_EFFECT_POISON when it was poisoned
 *
 * One call for each CxlEffects.
 *
 * Returns: false when the device has no such address, or what is there may
 * only be read; nothing happens then.
 */
bool cxl_poison_clear(CxlMemdev *m, uint64_t dpa, const uint8_t *bytes,
                      CxlEffects *effects);

/**
 * cxl_poison_forget: lines are as good as new, whatever is in them: the device
 * has erased them
 * @dpa: first byte
 * @len: bytes; all lines that have one of them
 * @effects: CXL_EFFECT_ROUTES and CXL_EFFECT_POISON are added when one of them
 *           was poisoned
 */
void cxl_poison_forget(CxlMemdev *m, uint64_t dpa, uint64_t len,
                       CxlEffects *effects);

/**
 * cxl_poison_written: a host has written to a line
 * @dpa: first byte
 * @len: bytes, all in the same line
 * @effects: as of cxl_poison_forget(), when all bytes of the line have been
 *           written since it was poisoned
 *
 * Does nothing when the line is not poisoned.
 */
void cxl_poison_written(CxlMemdev *m, uint64_t dpa, unsigned len,
                        CxlEffects *effects);

/**
 * cxl_poison_read: a host has read poison, and gets an error
 * @dpa: of any byte of the line
 * @effects: CXL_TELL_POISON_CONSUMED is added, and what an event record does;
 *           CXL_EFFECT_POISON when the line was hidden
 *
 * The record goes to the failure log at the first read since the line was
 * poisoned: a host that reads it again learns nothing new. Does nothing when
 * the line is not poisoned.
 */
void cxl_poison_read(CxlMemdev *m, uint64_t dpa, CxlTime now,
                     CxlEffects *effects);

/**
 * cxl_poison_scanned: the device has looked at its media, and lists what was
 * hidden there
 * @dpa: first byte
 * @len: bytes; lines that begin in them
 * @effects: CXL_EFFECT_POISON is added when there was something
 */
void cxl_poison_scanned(CxlMemdev *m, uint64_t dpa, uint64_t len,
                        CxlEffects *effects);

#endif /* CXL_CORE_POISON_H */
