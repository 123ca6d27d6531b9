/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool, as tests have one: a file in memory, and hosts that are numbers
 */
#ifndef TESTS_UNIT_POOL_H
#define TESTS_UNIT_POOL_H

#include "hw/cxl/core/pool-format.h"
#include "hw/cxl/core/pool.h"
#include "hw/cxl/spec/wire.h"

#define POOL_UNITS      (2 * CXL_DPA_UNIT / CXL_POOL_UNIT)

/* A volatile and a persistent partition of 256 MiB each */
static const CxlPoolIdentity pool_identity = {
    .uuid = { 1, 2, 3, 4 }, .serial = 0x1234, .count = 2,
    .kind = { CXL_DPA_VOLATILE, CXL_DPA_PERSISTENT },
    .size = { CXL_DPA_UNIT, CXL_DPA_UNIT },
};

/* What all hosts see: the file, and who lives */
typedef struct TestPool {
    uint8_t file[CXL_POOL_FILE];
    uint64_t alive;
} TestPool;

static inline CxlPool pool_now(const TestPool *t)
{
    CxlPool pool;

    memset(&pool, 0, sizeof(pool));
    check_eq(cxl_pool_read(t->file, sizeof(t->file), &pool), CXL_POOL_GOOD);
    return pool;
}

static inline void pool_setup(TestPool *t)
{
    CxlPool pool;

    cxl_pool_init(&pool, &pool_identity);
    cxl_pool_format(&pool, t->file);
    t->alive = 0;
}

/* What a host says of itself */
static inline void pool_say(TestPool *t, uint32_t head, uint64_t joined,
                            uint64_t acknowledged)
{
    CxlPoolSlot slot = {
        .joined = joined, .acknowledged = acknowledged, .pid = 1000 + head,
        .since = 1700000000, .up = true, .link = { 16, 8, 0x1f, 5, 4 },
        .name = "host",
    };
    uint8_t bytes[CXL_POOL_SLOT];
    CxlPoolPiece p = cxl_pool_write_slot(&pool_identity, head, &slot, bytes);

    memcpy(t->file + p.offset, bytes, p.size);
}

/* The end of a change: @now is swept, @next is what was made of it */
static inline CxlPoolError pool_settle(TestPool *t, const CxlPool *now,
                                       CxlPool *next)
{
    uint8_t bytes[CXL_POOL_COPY];
    CxlPoolRefusal r = cxl_pool_settle(now, next, t->alive);
    CxlPoolPiece p;

    if (!r.error) {
        check(cxl_pool_ok(next));
        p = cxl_pool_write(next, bytes);
        memcpy(t->file + p.offset, bytes, p.size);
    }
    return r.error;
}

static inline CxlPoolError pool_join(TestPool *t, uint32_t head,
                                     CxlPoolAccess access)
{
    const CxlPoolJoin join = { .head = head, .access = access };
    CxlPool now = pool_now(t), next;
    CxlPoolRefusal r;

    cxl_pool_sweep(&now, t->alive);
    next = now;
    r = cxl_pool_join(&next, t->alive, &join, &head);
    if (!r.error) {
        r.error = pool_settle(t, &now, &next);
    }
    if (!r.error) {
        pool_say(t, head, next.generation, next.generation);
        t->alive |= 1ull << head;
    }
    return r.error;
}

static inline void pool_acknowledge(TestPool *t, uint32_t head)
{
    CxlPool pool = pool_now(t);

    pool_say(t, head, pool.head[head].joined, pool.generation);
}

static inline CxlPoolError pool_leave(TestPool *t, uint32_t head)
{
    CxlPool now = pool_now(t), next;
    CxlPoolRefusal r;

    cxl_pool_sweep(&now, t->alive);
    next = now;
    r = cxl_pool_leave(&next, head);
    if (!r.error) {
        r.error = pool_settle(t, &now, &next);
    }
    if (!r.error) {
        t->alive &= ~(1ull << head);
    }
    return r.error;
}

static inline CxlPoolError pool_fence(TestPool *t, uint32_t head)
{
    CxlPool now = pool_now(t), next;
    CxlPoolRefusal r;

    cxl_pool_sweep(&now, t->alive);
    next = now;
    r = cxl_pool_fence(&next, head);
    return r.error ? r.error : pool_settle(t, &now, &next);
}

static inline CxlPoolError pool_reclaim(TestPool *t, uint32_t head)
{
    CxlPool now = pool_now(t), next;
    CxlPoolRefusal r;

    cxl_pool_sweep(&now, t->alive);
    next = now;
    r = cxl_pool_reclaim(&next, t->alive, head);
    return r.error ? r.error : pool_settle(t, &now, &next);
}

static inline CxlPoolError pool_set_access(TestPool *t, uint32_t head,
                                           CxlPoolAccess access)
{
    CxlPool now = pool_now(t), next;
    CxlPoolRefusal r;

    cxl_pool_sweep(&now, t->alive);
    next = now;
    r = cxl_pool_set_access(&next, head, access);
    return r.error ? r.error : pool_settle(t, &now, &next);
}

/* A range in units */
static inline CxlPoolError pool_set_range(TestPool *t, uint64_t start,
                                          uint64_t units, uint64_t heads,
                                          CxlPoolRight right)
{
    CxlPool now = pool_now(t), next;
    CxlPoolRefusal r;

    cxl_pool_sweep(&now, t->alive);
    next = now;
    r = cxl_pool_set_range(&next, start * CXL_POOL_UNIT, units * CXL_POOL_UNIT,
                           heads, right);
    return r.error ? r.error : pool_settle(t, &now, &next);
}

/* What @head may do with one unit */
static inline CxlPoolRight pool_right(const CxlPool *pool, uint32_t head,
                                      uint64_t unit)
{
    CxlPoolRange ranges[CXL_POOL_RANGES];
    unsigned n = cxl_pool_rights(pool, head, ranges);
    uint64_t address = unit * CXL_POOL_UNIT;

    for (unsigned i = 0; i < n; i++) {
        if (address - ranges[i].start < ranges[i].length) {
            return ranges[i].right;
        }
    }
    check(false);
    return CXL_POOL_NOTHING;
}

#endif /* TESTS_UNIT_POOL_H */
