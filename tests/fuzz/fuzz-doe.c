/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the DOE mailbox of a memory device. The input is a table (two
 * bytes of length, then the table; none: a good one) and accesses: a byte that
 * says which register and which bytes of it, and four bytes of value.
 */
#include <string.h>

#include "fuzz.h"
#include "hw/cxl/core/cdat.h"
#include "hw/cxl/core/doe.h"
#include "hw/cxl/spec/doe.h"

#define VECTOR  6

static uint32_t byte_mask(unsigned lanes)
{
    uint32_t mask = 0;

    for (unsigned i = 0; i < 4; i++) {
        mask |= lanes & 1u << i ? 0xffu << (8 * i) : 0;
    }
    return mask;
}

static void check_state(const CxlDoe *d)
{
    uint32_t status = cxl_doe_read(d, CXL_DOE_STATUS);

    must(!(status & ~(CXL_DOE_STATUS_READY | CXL_DOE_STATUS_ERROR |
                      CXL_DOE_STATUS_IRQ)));
    must(!(status & CXL_DOE_STATUS_READY) || !(status & CXL_DOE_STATUS_ERROR));
    must(!(cxl_doe_read(d, CXL_DOE_CTRL) & ~CXL_DOE_CTRL_IRQ));
    must(cxl_doe_read(d, CXL_DOE_READ) == 0 || status & CXL_DOE_STATUS_READY);
    must(cxl_doe_read(d, CXL_DOE_CAP) ==
         (CXL_DOE_CAP_IRQ | VECTOR << CXL_DOE_CAP_VECTOR_SHIFT));
    must(cxl_doe_read(d, CXL_DOE_WRITE) == 0);
}

/* Wherever the program left it, an abort makes it answer */
static void check_recovery(CxlDoe *d)
{
    CxlEffects effects = { 0 };

    cxl_doe_write(d, CXL_DOE_CTRL, CXL_DOE_CTRL_ABORT, UINT32_MAX, &effects);
    cxl_doe_write(d, CXL_DOE_WRITE, 1, UINT32_MAX, &effects);
    cxl_doe_write(d, CXL_DOE_WRITE, 3, UINT32_MAX, &effects);
    cxl_doe_write(d, CXL_DOE_WRITE, 0, UINT32_MAX, &effects);
    cxl_doe_write(d, CXL_DOE_CTRL, CXL_DOE_CTRL_GO, UINT32_MAX, &effects);
    must(cxl_doe_read(d, CXL_DOE_STATUS) & CXL_DOE_STATUS_READY);
    must(cxl_doe_read(d, CXL_DOE_READ) == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const CxlDpaPartition part = {
        .size = 1, .perf = { { 170000, 180000, 17000, 16000 } },
    };
    Input in = { data, size };
    size_t len = fuzz_take(&in, 2);
    uint8_t *bytes = calloc(1, len + CXL_CDAT_ENDPOINT_SIZE(1));
    CxlCdatTable table = { bytes, (uint32_t)len };
    const CxlDoeConfig config = {
        .protocols = { { &cxl_doe_table_access, &table } },
        .nprotocols = 1,
        .interrupt = true,
        .vector = VECTOR,
    };
    CxlDoe doe;

    if (len) {
        len = len < in.left ? len : in.left;
        memcpy(bytes, in.at, len);
        in.at += len;
        in.left -= len;
        bytes = realloc(bytes, table.size);
        table.bytes = bytes;
    } else {
        CxlCdatError error;

        table.size = cxl_cdat_build_endpoint(&part, 1, 0, bytes,
                                             CXL_CDAT_ENDPOINT_SIZE(1), &error);
    }
    cxl_doe_init(&doe, &config);
    while (in.left) {
        unsigned how = (unsigned)fuzz_take(&in, 1);
        uint32_t value = (uint32_t)fuzz_take(&in, 4);
        CxlEffects effects = { 0 };

        /* no byte lane at all stands for the whole register */
        cxl_doe_write(&doe, (how >> 4) * 4, value,
                      how & 0xf ? byte_mask(how & 0xf) : UINT32_MAX, &effects);
        must(!effects.flags && !(effects.vectors & ~(1u << VECTOR)));
        check_state(&doe);
    }
    check_recovery(&doe);
    cxl_doe_reset(&doe);
    must(cxl_doe_read(&doe, CXL_DOE_STATUS) == 0);
    free(bytes);
    return 0;
}
