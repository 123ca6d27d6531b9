/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes to the state file of a pool, each with its lock, its checks and its
 * bytes. Without QEMU, as pool-file.h is.
 */
#ifndef HW_CXL_POOL_CHANGE_H
#define HW_CXL_POOL_CHANGE_H

#include "pool-file.h"

/**
 * cxl_pool_file_join: take a head, and live from now on
 * @f: opened for writing; has not joined
 * @join: how
 * @name: for people: what the host is called
 *
 * What the head may do is in @f->now. It may do it from now on.
 */
int cxl_pool_file_join(CxlPoolFile *f, const CxlPoolJoin *join,
                       const char *name, CxlPoolWhy *why);

/**
 * cxl_pool_file_claim: say that a file with memory is the pool's
 * @data: a descriptor of it
 *
 * Whoever has the file in another pool is found by a lock of one of 2^61 bytes
 * far behind its end, which device and inode of the state file choose: a copy
 * of that file is another pool, although it has the same UUID.
 *
 * Returns: a descriptor that keeps the claim until it is closed; -1 also if the
 * file is in another pool
 */
int cxl_pool_file_claim(const CxlPoolFile *f, int data, CxlPoolWhy *why);

/**
 * cxl_pool_file_leave: give the head back; the memory is let go of
 *
 * If the state cannot be changed, the head is given back as by a death.
 */
int cxl_pool_file_leave(CxlPoolFile *f, CxlPoolWhy *why);

/**
 * cxl_pool_file_acknowledge: what was taken from this head up to the generation
 * in @f->now is let go of: no store of it can reach the memory any more
 *
 * If that cannot be written the head owes it still.
 */
int cxl_pool_file_acknowledge(CxlPoolFile *f, CxlPoolWhy *why);

/**
 * cxl_pool_file_tell_link: let others know the link to this head
 * @own: this head; nothing is written unless its link is another one
 */
int cxl_pool_file_tell_link(CxlPoolFile *f, const CxlHead *own,
                            CxlPoolWhy *why);

/**
 * cxl_pool_file_owes: has something been taken from this head, by the state in
 * @f->now, that it has not acknowledged? An acknowledgement that somebody has
 * written over is owed once more.
 */
bool cxl_pool_file_owes(const CxlPoolFile *f);

/**
 * cxl_pool_file_fence: mark a head as fenced; see cxl_pool_file_await() for
 * when it is
 */
int cxl_pool_file_fence(CxlPoolFile *f, uint32_t head, CxlPoolWhy *why);

/** cxl_pool_file_reclaim: make a head free whose host is gone */
int cxl_pool_file_reclaim(CxlPoolFile *f, uint32_t head, CxlPoolWhy *why);

/**
 * cxl_pool_file_await: until heads have let go of all that was taken from them,
 * by their word or by their death
 * @heads: mask
 * @timeout: milliseconds
 * @owing: gets those who have not
 *
 * Returns: 0 also when there are some; -1 also if @f->stopped() ends the wait,
 * which takes it 100 ms at most
 */
int cxl_pool_file_await(CxlPoolFile *f, uint64_t heads, unsigned timeout,
                        uint64_t *owing, CxlPoolWhy *why);

/**
 * struct CxlPoolWish - what some heads may do from now on
 * @heads: mask
 * @length: 0: all of the memory, by @access; else the bytes from @start on,
 *          by @right
 */
typedef struct CxlPoolWish {
    uint64_t heads;
    uint64_t start;
    uint64_t length;
    CxlPoolAccess access;
    CxlPoolRight right;
} CxlPoolWish;

/**
 * cxl_pool_file_set: change rights, by all of @wishes or none
 * @timeout: milliseconds to wait for those who lose something
 *
 * Takes first, and gives when those who have lost have let go. When they do
 * not, what was taken stays so and nothing is given.
 */
int cxl_pool_file_set(CxlPoolFile *f, const CxlPoolWish *wishes,
                      unsigned nwishes, unsigned timeout, CxlPoolWhy *why);

/**
 * cxl_pool_file_explain: why a change is refused, as a sentence; returns -1
 */
int cxl_pool_file_explain(const CxlPoolFile *f, CxlPoolRefusal refusal,
                          CxlPoolWhy *why);

/**
 * cxl_pool_file_who: "head 3, process 17 (name)"
 * @text: gets it
 */
void cxl_pool_file_who(const CxlPoolFile *f, uint32_t head, char *text,
                       size_t size);

#endif /* HW_CXL_POOL_CHANGE_H */
