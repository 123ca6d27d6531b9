/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a device under test
 */
#ifndef TESTS_UNIT_DPA_H
#define TESTS_UNIT_DPA_H

#include "hw/cxl/core/dpa.h"

/* As many bytes of either kind, which may be zero */
static inline CxlDpa test_dpa(uint64_t volatile_size, uint64_t persistent_size)
{
    CxlDpa dpa = { 0 };

    cxl_dpa_add(&dpa, &(CxlDpaPartition) {
        .kind = CXL_DPA_VOLATILE, .size = volatile_size,
    });
    cxl_dpa_add(&dpa, &(CxlDpaPartition) {
        .kind = CXL_DPA_PERSISTENT, .size = persistent_size,
    });
    return dpa;
}

#endif /* TESTS_UNIT_DPA_H */
