/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that say what is in a CDAT: performance, or a table in a file
 */
#ifndef HW_CXL_CDAT_OPTIONS_H
#define HW_CXL_CDAT_OPTIONS_H

#include "hw/cxl/core/cdat.h"
#include "hw/cxl/core/perf.h"
#include "hw/qdev-properties.h"

/**
 * struct CxlPerfOptions - performance as the user writes it
 * @text: latencies as a number with ps, ns (the default) or us; bandwidths as
 *        a number with M (the default), G or T: 10^6, 10^9 or 10^12 bytes/s
 */
typedef struct CxlPerfOptions {
    char *text[CXL_PERF_VALUES];
} CxlPerfOptions;

/**
 * CXL_PERF_PROPERTIES: the four options, with @prefix before their names
 */
#define CXL_PERF_PROPERTIES(prefix, type, field)                            \
    DEFINE_PROP_STRING(prefix "read-latency", type,                         \
                       field.text[CXL_PERF_READ_LATENCY]),                  \
    DEFINE_PROP_STRING(prefix "write-latency", type,                        \
                       field.text[CXL_PERF_WRITE_LATENCY]),                 \
    DEFINE_PROP_STRING(prefix "read-bandwidth", type,                       \
                       field.text[CXL_PERF_READ_BANDWIDTH]),                \
    DEFINE_PROP_STRING(prefix "write-bandwidth", type,                      \
                       field.text[CXL_PERF_WRITE_BANDWIDTH])

/**
 * cxl_perf_parse: read the options into @perf, which holds the defaults
 *
 * Returns: false with @errp set when one cannot be read or is out of range.
 */
bool cxl_perf_parse(const CxlPerfOptions *options, const char *device,
                    const char *prefix, CxlPerf *perf, Error **errp);

/**
 * cxl_cdat_load: read and check a table that the user brings (cdat=FILE)
 * @size: gets its bytes
 *
 * Returns: the table, to be freed with g_free(); NULL with @errp set, which
 * tells offset and reason when the table is wrong.
 */
uint8_t *cxl_cdat_load(const char *device, const char *file, uint32_t *size,
                       Error **errp);

#endif /* HW_CXL_CDAT_OPTIONS_H */
