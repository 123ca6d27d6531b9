/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a CDAT from a file. The input is the table.
 */
#include <string.h>

#include "fuzz.h"
#include "hw/cxl/core/cdat.h"
#include "hw/cxl/spec/cdat.h"

/* A table that was let in can be walked, piece by piece, to its end */
static void walk(const uint8_t *bytes, uint32_t size)
{
    const CxlCdatTable table = { bytes, size };
    uint32_t sum = 0;
    bool last = false;

    for (uint32_t handle = 0; !last; handle++) {
        uint32_t offset, len;

        must(handle < UINT16_MAX);
        must(cxl_cdat_find(&table, (uint16_t)handle, &offset, &len, &last));
        must(offset == sum && len >= sizeof(CxlCdatEntry) && len % 4 == 0);
        sum += len;
    }
    must(sum == size);
}

static void validate(const uint8_t *bytes, size_t size)
{
    CxlCdatError error = { UINT32_MAX, NULL };

    if (cxl_cdat_validate(bytes, size, &error)) {
        walk(bytes, (uint32_t)size);
    } else {
        must(error.reason && error.reason[0]);
        must(error.offset == 0 || error.offset < size);
    }
}

/* Length and checksum are hard to guess: also with those put right */
static void seal(uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;

    cxl_le_store(bytes, 4, size);
    bytes[5] = 0;
    for (size_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    bytes[5] = (uint8_t)-sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    validate(data, size);
    if (size >= sizeof(CxlCdatHeader)) {
        uint8_t *copy = malloc(size);

        memcpy(copy, data, size);
        seal(copy, size);
        validate(copy, size);
        free(copy);
    }
    return 0;
}
