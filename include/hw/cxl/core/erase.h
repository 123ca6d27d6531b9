/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erasing memory and labels of a device, slice by slice (CXL 3.1 8.2.9.9.5,
 * 8.2.9.9.6.6)
 *
 * The machine erases one slice at a time (CXL_EFFECT_ERASE) and says when it is
 * done. It goes on with that one whatever happens to the device meanwhile, and
 * so nothing else may be erased before it has said so.
 */
#ifndef CXL_CORE_ERASE_H
#define CXL_CORE_ERASE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"

/** CXL_ERASE_SLICE: most bytes that the machine erases at a time */
#define CXL_ERASE_SLICE     (16ull << 20)
/** CXL_ERASE_RANGES: as many as fit in a command, and a few */
#define CXL_ERASE_RANGES    128

/**
 * struct CxlEraseState - what is being erased
 * @count: ranges
 * @next: the range that is worked at
 * @at: bytes of it that are done
 * @range: the ranges
 * @slice: bytes that the machine is at; 0: at none
 * @stale: it is of a range that was forgotten
 * @waits: a command waits for the end of it all
 * @hidden: nobody may look at the memory before all is done
 */
typedef struct CxlEraseState {
    uint32_t count;
    uint32_t next;
    uint64_t at;
    CxlErase range[CXL_ERASE_RANGES];
    uint64_t slice;
    bool stale;
    bool waits;
    bool hidden;
} CxlEraseState;

/** cxl_erase_add: @range is to be erased, too; false: there is no room */
bool cxl_erase_add(CxlEraseState *s, CxlErase range);

/** cxl_erase_work: bytes of all ranges */
uint64_t cxl_erase_work(const CxlEraseState *s);

/**
 * cxl_erase_begin_slice: have the machine erase the next slice
 * @effects: CXL_EFFECT_ERASE is added
 *
 * Returns: false when there is nothing left
 */
bool cxl_erase_begin_slice(CxlEraseState *s, CxlEffects *effects);

/**
 * cxl_erase_end_slice: the machine has erased the slice that it was at
 *
 * Returns: which that was; no bytes when it was forgotten
 */
CxlErase cxl_erase_end_slice(CxlEraseState *s);

/**
 * cxl_erase_forget: nothing more is to be erased than what the machine is at,
 * and nobody waits. What is added then comes after that.
 */
void cxl_erase_forget(CxlEraseState *s);

#endif /* CXL_CORE_ERASE_H */
