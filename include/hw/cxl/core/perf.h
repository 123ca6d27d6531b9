/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Performance of a way to memory, as the CDAT tells it
 */
#ifndef CXL_CORE_PERF_H
#define CXL_CORE_PERF_H

#include <stdint.h>

/**
 * enum CxlPerfValue - what is said about a way to memory
 *
 * In the order of the table.
 */
typedef enum CxlPerfValue {
    CXL_PERF_READ_LATENCY,
    CXL_PERF_WRITE_LATENCY,
    CXL_PERF_READ_BANDWIDTH,
    CXL_PERF_WRITE_BANDWIDTH,
    CXL_PERF_VALUES,
} CxlPerfValue;

/** CXL_PERF_MAX: largest value of either kind: Linux computes in 32 bits */
#define CXL_PERF_MAX                UINT32_MAX

/**
 * struct CxlPerf - performance of a way to memory
 * @value: latencies in picoseconds, bandwidths in MB/s (10^6 bytes), each from
 *         1 to CXL_PERF_MAX
 */
typedef struct CxlPerf {
    uint64_t value[CXL_PERF_VALUES];
} CxlPerf;

#endif /* CXL_CORE_PERF_H */
