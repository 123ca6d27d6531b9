/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CXL part of a configuration space (CXL 3.1 8.1)
 */
#include "hw/cxl/core/confspace.h"

#include "hw/cxl/spec/doe.h"

/* The extended capability header is not the mailbox's */
#define FIRST_REGISTER  4u

bool cxl_confspace_init(CxlConfSpace *s, const CxlDvsecConfig *config,
                        uint8_t *space)
{
    *s = (CxlConfSpace) { .doe_offset = 0 };
    return cxl_dvsecs_init(&s->dvsecs, config, space);
}

void cxl_confspace_add_doe(CxlConfSpace *s, const CxlCdatTable *table,
                           int vector)
{
    const CxlExtCap *cap = cxl_ext_cap_find(s->dvsecs.config.kind,
                                            CXL_EXT_CAP_DOE, 0);
    const CxlDoeConfig config = {
        .protocols = { { &cxl_doe_table_access, &s->table } },
        .nprotocols = 1,
        .interrupt = vector != CXL_CONFSPACE_NO_VECTOR,
        .vector = (uint8_t)(vector == CXL_CONFSPACE_NO_VECTOR ? 0 : vector),
    };

    if (cap) {
        s->table = *table;
        s->doe_offset = cap->offset;
        cxl_doe_init(&s->doe, &config);
    }
}

void cxl_confspace_memory_changed(CxlConfSpace *s, const CxlCdatTable *table)
{
    s->table = *table;
    cxl_doe_reset(&s->doe);
    cxl_dvsecs_update_ranges(&s->dvsecs);
}

void cxl_confspace_reset(CxlConfSpace *s, CxlReset kind)
{
    cxl_dvsecs_reset(&s->dvsecs, kind);
    cxl_doe_reset(&s->doe);
}

static bool is_doe(const CxlConfSpace *s, uint32_t offset)
{
    uint32_t base = s->doe_offset;

    return base && offset >= base + FIRST_REGISTER &&
           offset < base + CXL_DOE_SIZE;
}

bool cxl_confspace_owns(const CxlConfSpace *s, uint32_t offset, unsigned size)
{
    return is_doe(s, offset) || cxl_dvsecs_own(&s->dvsecs, offset, size);
}

/* The bytes of a dword that an access to @offset has */
static uint32_t byte_mask(uint32_t offset, unsigned size)
{
    uint32_t bytes = size < 4 ? (1u << 8 * size) - 1 : UINT32_MAX;

    return bytes << 8 * (offset % 4);
}

uint32_t cxl_confspace_read(const CxlConfSpace *s, uint32_t offset,
                            unsigned size, uint32_t value)
{
    if (!is_doe(s, offset)) {
        return value;
    }
    value = cxl_doe_read(&s->doe, offset - offset % 4 - s->doe_offset);
    return (value & byte_mask(offset, size)) >> 8 * (offset % 4);
}

void cxl_confspace_write(CxlConfSpace *s, uint32_t offset, unsigned size,
                         uint32_t value, CxlEffects *effects)
{
    if (is_doe(s, offset)) {
        cxl_doe_write(&s->doe, offset - offset % 4 - s->doe_offset,
                      value << 8 * (offset % 4), byte_mask(offset, size),
                      effects);
    } else {
        cxl_dvsecs_write(&s->dvsecs, offset, size, value, effects);
    }
}
