/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounded access to payloads.
 *
 * What a guest sends is read through a reader and what it gets is written
 * through a writer. Both hand out a pointer to the bytes asked for, or NULL
 * when there are not that many left; wire structs have no alignment, so the
 * pointer may be used as a pointer to one.
 */
#ifndef CXL_CORE_PAYLOAD_H
#define CXL_CORE_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct CxlReader - the part of an input that has not been read
 * @at: next byte
 * @left: bytes left
 */
typedef struct CxlReader {
    const uint8_t *at;
    uint32_t left;
} CxlReader;

/**
 * struct CxlWriter - an output being written
 * @start: first byte
 * @used: bytes written
 * @size: bytes that fit
 */
typedef struct CxlWriter {
    uint8_t *start;
    uint32_t used;
    uint32_t size;
} CxlWriter;

/**
 * cxl_reader_take: the next @len bytes of the input, or NULL when it is shorter
 *
 * The pointer lives as long as the input. With NULL nothing is consumed.
 */
static inline const void *cxl_reader_take(CxlReader *r, uint32_t len)
{
    const uint8_t *p = r->at;

    if (len > r->left) {
        return NULL;
    }
    r->at += len;
    r->left -= len;
    return p;
}

/**
 * cxl_writer_put: room for the next @len bytes of the output, zeroed, or NULL
 * when they do not fit
 *
 * The pointer lives as long as the output. With NULL nothing is consumed.
 */
static inline void *cxl_writer_put(CxlWriter *w, uint32_t len)
{
    uint8_t *p = w->start + w->used;

    if (len > w->size - w->used) {
        return NULL;
    }
    memset(p, 0, len);
    w->used += len;
    return p;
}

#endif /* CXL_CORE_PAYLOAD_H */
