/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erasing memory and labels of a device, slice by slice (CXL 3.1 8.2.9.9.5,
 * 8.2.9.9.6.6)
 */
#include "hw/cxl/core/erase.h"

bool cxl_erase_add(CxlEraseState *s, CxlErase range)
{
    if (s->count == CXL_ERASE_RANGES) {
        return false;
    }
    if (range.range.len) {
        s->range[s->count++] = range;
    }
    return true;
}

uint64_t cxl_erase_work(const CxlEraseState *s)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < s->count; i++) {
        bytes += s->range[i].range.len;
    }
    return bytes;
}

bool cxl_erase_begin_slice(CxlEraseState *s, CxlEffects *effects)
{
    const CxlErase *range = &s->range[s->next];
    uint64_t left;

    if (s->next == s->count) {
        return false;
    }
    left = range->range.len - s->at;
    s->slice = left < CXL_ERASE_SLICE ? left : CXL_ERASE_SLICE;
    effects->flags |= CXL_EFFECT_ERASE;
    effects->erase = (CxlErase) {
        .labels = range->labels,
        .range = { range->range.offset + s->at, s->slice },
    };
    return true;
}

CxlErase cxl_erase_end_slice(CxlEraseState *s)
{
    CxlErase done = { 0 };

    if (s->next < s->count && !s->stale) {
        done = s->range[s->next];
        done.range.offset += s->at;
        done.range.len = s->slice;
        s->at += s->slice;
        if (s->at == s->range[s->next].range.len) {
            s->next++;
            s->at = 0;
        }
    }
    s->slice = 0;
    s->stale = false;
    return done;
}

void cxl_erase_forget(CxlEraseState *s)
{
    s->stale = s->slice != 0;
    s->waits = false;
    s->count = 0;
    s->next = 0;
    s->at = 0;
}
