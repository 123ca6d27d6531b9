/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the state of a pool says, for query-cxl
 */
#ifndef HW_CXL_POOL_QUERY_H
#define HW_CXL_POOL_QUERY_H

#include "pool-file.h"
#include "qapi/qapi-types-cxl.h"

/**
 * cxl_pool_query: what all members see alike
 * @f: as it was read last
 * @info: gets it; the rest is the caller's
 */
void cxl_pool_query(const CxlPoolFile *f, CxlDevicePool *info);

#endif /* HW_CXL_POOL_QUERY_H */
