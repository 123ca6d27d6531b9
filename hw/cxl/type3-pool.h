/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A type 3 device as a head of a pool
 *
 * All of this is called with the BQL held.
 */
#ifndef HW_CXL_TYPE3_POOL_H
#define HW_CXL_TYPE3_POOL_H

#include "pool-change.h"
#include "qapi/qapi-types-cxl.h"
#include "type3.h"

typedef struct CxlPoolMember CxlPoolMember;

/**
 * cxl_type3_pool_join: become a head of the pool that pool= names, if it does
 * @dpa: what the memory is; its backends are claimed. Gets the limits.
 *
 * The device has the pool's serial number then. From now on the limits of its
 * memory are what the pool's state lets it do; while it has no access, the link
 * above it is down.
 *
 * Returns: false with @errp set if it may not join
 */
bool cxl_type3_pool_join(CxlType3 *t3, CxlDpa *dpa, Error **errp);

/**
 * cxl_type3_pool_leave: the device is going and its memory is out of the map;
 * the head is given back when nobody refers to the memory any more
 */
void cxl_type3_pool_leave(CxlType3 *t3);

/**
 * cxl_type3_pool_follow: do at once what the state says now, as far as nothing
 * has to be waited for; of a device in no pool, nothing
 */
void cxl_type3_pool_follow(CxlType3 *t3);

/**
 * cxl_type3_pool_erased: bytes of the backends were written, which are shown by
 * regions of the pool's own; of a device in no pool, nothing
 * @range: by DPA
 */
void cxl_type3_pool_erased(CxlType3 *t3, CxlRange range);

/**
 * cxl_type3_pool_dup: another descriptor of the state file
 *
 * Returns: close-on-exec; -1 with errno set
 */
int cxl_type3_pool_dup(const CxlType3 *t3);

/**
 * cxl_type3_pool_dropped: a store came to where there is nothing to store to
 * @dpa: where; counted if it is for the pool that it may not be stored to
 */
void cxl_type3_pool_dropped(CxlType3 *t3, uint64_t dpa);

/** cxl_type3_pool_head: which head a device is that is in a pool */
uint8_t cxl_type3_pool_head(const CxlType3 *t3);

/**
 * cxl_type3_pool_heads: all heads; of a device in no pool, none
 * @heads: gets CXL_MAX_HEADS of them
 */
void cxl_type3_pool_heads(CxlType3 *t3, CxlHead *heads);

/** cxl_type3_pool_query: for query-cxl, to be freed; NULL if in no pool */
CxlDevicePool *cxl_type3_pool_query(const CxlType3 *t3);

#endif /* HW_CXL_TYPE3_POOL_H */
