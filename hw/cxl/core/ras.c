/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of CXL.cache and CXL.mem in the RAS capability of a component
 * (CXL 3.1 8.2.4.17, 12.2.1.4)
 */
#include "hw/cxl/core/ras.h"

#include <string.h>

static uint32_t get(const CxlRas *ras, uint32_t reg)
{
    return (uint32_t)cxl_regblock_read(ras->regs, ras->offset + reg, 4);
}

static void set(const CxlRas *ras, uint32_t reg, uint32_t value)
{
    cxl_regblock_set(ras->regs, ras->offset + reg, 4, value);
}

static bool is_one_of(uint32_t error, uint32_t bits)
{
    return error & bits && !(error & (error - 1));
}

static unsigned bit_number(uint32_t bit)
{
    unsigned n = 0;

    while (bit >> n > 1) {
        n++;
    }
    return n;
}

/* 8.2.4.17.6, 8.2.4.17.7: the first record; without one, no pointer is valid */
static void show_first(const CxlRas *ras)
{
    static const CxlRasRecord none;
    const CxlRasState *s = ras->state;
    const CxlRasRecord *first = s->count ? &s->record[0] : &none;
    uint32_t pointer = s->count ? bit_number(first->error)
                                : CXL_RAS_CONTROL_NO_ERROR;

    set(ras, CXL_RAS_CONTROL,
        (get(ras, CXL_RAS_CONTROL) & ~CXL_RAS_CONTROL_FIRST_ERROR) | pointer);
    for (unsigned i = 0; i < CXL_RAS_HEADER_DWORDS; i++) {
        set(ras, CXL_RAS_HEADER_LOG + 4 * i, first->header[i]);
    }
}

static void record(const CxlRas *ras, uint32_t error, const uint32_t *header)
{
    CxlRasState *s = ras->state;
    CxlRasRecord *r;

    if (s->count == CXL_RAS_RECORDS) {
        return;
    }
    r = &s->record[s->count++];
    *r = (CxlRasRecord) { .error = error };
    if (header) {
        memcpy(r->header, header, sizeof(r->header));
    }
    if (s->count == 1) {
        show_first(ras);
    }
}

bool cxl_ras_uncorrectable(const CxlRas *ras, uint32_t error,
                           const uint32_t *header, CxlEffects *effects)
{
    if (!is_one_of(error, CXL_RAS_UNC_BITS) ||
        get(ras, CXL_RAS_UNC_MASK) & error) {
        return false;
    }
    set(ras, CXL_RAS_UNC_STATUS, get(ras, CXL_RAS_UNC_STATUS) | error);
    record(ras, error, header);
    effects->aer |= get(ras, CXL_RAS_UNC_SEVERITY) & error ? CXL_AER_FATAL :
                                                             CXL_AER_NONFATAL;
    return true;
}

bool cxl_ras_correctable(const CxlRas *ras, uint32_t error, CxlEffects *effects)
{
    if (!is_one_of(error, CXL_RAS_COR_BITS) ||
        get(ras, CXL_RAS_COR_MASK) & error) {
        return false;
    }
    set(ras, CXL_RAS_COR_STATUS, get(ras, CXL_RAS_COR_STATUS) | error);
    effects->aer |= CXL_AER_CORRECTABLE;
    return true;
}

/* Records of the first error's own kind are not what software has seen */
void cxl_ras_cleared(const CxlRas *ras, uint32_t bits)
{
    CxlRasState *s = ras->state;
    uint32_t first = s->count ? s->record[0].error : 0;
    uint32_t dropped = first & bits ? bits & ~first : bits;
    uint32_t kept = 0, status = 0;

    if (!s->count) {
        return;
    }
    for (uint32_t i = first & bits ? 1 : 0; i < s->count; i++) {
        if (!(s->record[i].error & dropped)) {
            status |= s->record[i].error;
            s->record[kept++] = s->record[i];
        }
    }
    s->count = kept;
    set(ras, CXL_RAS_UNC_STATUS, get(ras, CXL_RAS_UNC_STATUS) | status);
    show_first(ras);
}
