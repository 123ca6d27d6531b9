/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device is to its pool, and how it does what the pool's state says
 *
 * For type3-pool.c alone. All of this is called with the BQL held.
 */
#ifndef HW_CXL_POOL_MEMBER_H
#define HW_CXL_POOL_MEMBER_H

#include "pool-memory.h"
#include "type3-pool.h"

/**
 * struct CxlPoolMember - what a device is to its pool
 * @t3: the device; NULL when it is gone and the head is yet to be given back
 * @gone: the device when it is gone, which is not deleted before the head is
 *        free: whoever waits for that wants the memory next. NULL when patience
 *        has been lost
 * @deadline: when that is, in milliseconds of QEMU_CLOCK_REALTIME
 * @file: the state
 * @path: of it
 * @watch: tells that it has changed, or -1
 * @timer: when to look, whatever @watch tells
 * @failures: looks since it could last be read
 * @warned: what cannot be done now has been told
 * @memory: the memory
 * @claim: keep each of its files from other pools, or -1
 * @have: what the guest may do with it, and what is mapped
 * @want: what the state says
 * @both: what both say
 * @down: the link is, because the head has no access
 * @stale: something was taken from what windows show now
 * @draining: somebody may still refer to what windows have shown before
 * @passages: what has yet to pass: vCPUs, readers
 * @dropped: stores to what may not be stored to
 * @told: the generation that QMP has been told of
 * @link_told: when others were last told of the link, if it had changed
 */
struct CxlPoolMember {
    CxlType3 *t3;
    CxlType3 *gone;
    int64_t deadline;
    CxlPoolFile file;
    char *path;
    int watch;
    QEMUTimer *timer;
    unsigned failures;
    bool warned;
    CxlPoolMemory memory;
    int claim[CXL_DPA_MAX_PARTITIONS];
    CxlDpaLimits have;
    CxlDpaLimits want;
    CxlDpaLimits both;
    bool down;
    bool stale;
    bool draining;
    unsigned passages;
    uint64_t dropped;
    uint64_t told;
    int64_t link_told;
};

/**
 * cxl_pool_member_new: the member that a device may become, with no file open
 * @path: of the state file; copied
 */
CxlPoolMember *cxl_pool_member_new(CxlType3 *t3, const char *path);

/** cxl_pool_member_free: close and free all that a member has */
void cxl_pool_member_free(CxlPoolMember *m);

/**
 * cxl_pool_member_begin: the device has joined: map what the state lets it use,
 * and follow the state from now on
 * @dpa: of the device; gets the limits
 */
void cxl_pool_member_begin(CxlPoolMember *m, CxlDpa *dpa);

/**
 * cxl_pool_member_look: do at once what the state says now, as far as nothing
 * has to be waited for
 * @m: a CxlPoolMember
 */
void cxl_pool_member_look(void *m);

/**
 * cxl_pool_member_dropped: count and tell a store that may not be done
 * @m: a CxlPoolMember
 * @dpa: where
 */
void cxl_pool_member_dropped(void *m, uint64_t dpa);

/**
 * cxl_pool_member_leave: the device is going; the member gives the head back
 * when nobody refers to the memory any more, and frees itself
 */
void cxl_pool_member_leave(CxlPoolMember *m);

#endif /* HW_CXL_POOL_MEMBER_H */
