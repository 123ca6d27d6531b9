/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share: reading an input as a program
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hw/cxl/spec/wire.h"

/** LLVMFuzzerTestOneInput: one run; the name and type are libFuzzer's */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** must: a property that no input may break */
#define must(cond)                                                          \
    do {                                                                    \
        if (!(cond)) {                                                      \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);      \
            abort();                                                        \
        }                                                                   \
    } while (0)

typedef struct Input {
    const uint8_t *at;
    size_t left;
} Input;

/** fuzz_take: a little-endian number of @size bytes (1 to 8); 0 at the end */
static inline uint64_t fuzz_take(Input *in, unsigned size)
{
    uint64_t value;

    if (in->left < size) {
        in->left = 0;
        return 0;
    }
    value = cxl_le_load(in->at, size);
    in->at += size;
    in->left -= size;
    return value;
}

#endif /* TESTS_FUZZ_FUZZ_H */
