/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Little-endian integers as they lie in registers and payloads.
 *
 * A wire integer is a struct of bytes: it has no alignment, so that wire
 * structs need no packing, and it cannot be used without a conversion, so that
 * a byte order is never forgotten.
 */
#ifndef CXL_SPEC_WIRE_H
#define CXL_SPEC_WIRE_H

#include <stdint.h>

typedef struct Le16 {
    uint8_t b[2];
} Le16;

typedef struct Le32 {
    uint8_t b[4];
} Le32;

typedef struct Le64 {
    uint8_t b[8];
} Le64;

/**
 * cxl_le_load: read a little-endian integer of @size bytes (1 to 8) at @p
 */
static inline uint64_t cxl_le_load(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;

    while (size--) {
        v = v << 8 | p[size];
    }
    return v;
}

/**
 * cxl_le_store: write the low @size bytes (1 to 8) of @v at @p, little-endian
 */
static inline void cxl_le_store(uint8_t *p, unsigned size, uint64_t v)
{
    for (unsigned i = 0; i < size; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

static inline uint16_t cxl_le16_get(Le16 v)
{
    return (uint16_t)cxl_le_load(v.b, 2);
}

static inline uint32_t cxl_le32_get(Le32 v)
{
    return (uint32_t)cxl_le_load(v.b, 4);
}

static inline uint64_t cxl_le64_get(Le64 v)
{
    return cxl_le_load(v.b, 8);
}

static inline Le16 cxl_le16(uint16_t v)
{
    Le16 w;

    cxl_le_store(w.b, 2, v);
    return w;
}

static inline Le32 cxl_le32(uint32_t v)
{
    Le32 w;

    cxl_le_store(w.b, 4, v);
    return w;
}

static inline Le64 cxl_le64(uint64_t v)
{
    Le64 w;

    cxl_le_store(w.b, 8, v);
    return w;
}

#endif /* CXL_SPEC_WIRE_H */
