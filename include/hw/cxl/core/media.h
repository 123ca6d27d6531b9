/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of poison that a guest reads in parts, and the scan that finds them
 * (CXL 3.1 8.2.9.9.4)
 */
#ifndef CXL_CORE_MEDIA_H
#define CXL_CORE_MEDIA_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"

/**
 * struct CxlMediaState - what is under way
 * @list: the range that Get Poison List was asked for last
 * @list_at: the next command for the same range goes on at this DPA, which is
 *           above the first one of the range; 0: from the beginning
 * @scan: the range that is being scanned, or was scanned last; no bytes: none
 * @scan_quiet: without event records
 * @results_at: Get Scan Media Results goes on at this DPA
 * @results_end: and ends here
 * @stopped: the scan was ended early, at @results_end
 */
typedef struct CxlMediaState {
    CxlRange list;
    uint64_t list_at;
    CxlRange scan;
    bool scan_quiet;
    uint64_t results_at;
    uint64_t results_end;
    bool stopped;
} CxlMediaState;

#endif /* CXL_CORE_MEDIA_H */
