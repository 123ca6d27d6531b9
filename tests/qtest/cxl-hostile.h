/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of a pool whose state somebody else writes, for tests
 */
#ifndef CXL_HOSTILE_H
#define CXL_HOSTILE_H

#include "cxl-pool.h"

#include "hw/cxl/core/pool-format.h"
#include "hw/cxl/spec/wire.h"

#define NOTHING     UINT64_MAX
/* How long an answer of QMP may take on a host that is busy */
#define ANSWER_US   (5 * G_USEC_PER_SEC)

/*
 * @fd: the state's file
 * @good: the state before anybody wrote to it
 * @newest: the last generation that was written, and could be
 * @size: bytes of the memory
 */
typedef struct Hostile {
    Pool *pool;
    int fd;
    CxlPool good;
    uint64_t newest;
    uint64_t size;
    unsigned members;
    QCxlTopo *member[8];
    uint64_t base[8];
} Hostile;

static inline uint64_t below(uint64_t limit)
{
    uint64_t r = (uint64_t)(uint32_t)g_test_rand_int() << 32;

    return (r | (uint32_t)g_test_rand_int()) % limit;
}

static inline void put(Hostile *h, const void *bytes, size_t size, off_t at)
{
    g_assert_cmpint(pwrite(h->fd, bytes, size, at), ==, size);
}

/* --- members -------------------------------------------------------------- */

static inline uint64_t ask(QCxlTopo *t, const char *key)
{
    int64_t begin = g_get_monotonic_time();
    uint64_t value = number(t, key);

    g_assert_cmpint(g_get_monotonic_time() - begin, <, ANSWER_US);
    return value;
}

static inline void map_again(Hostile *h)
{
    for (unsigned i = 0; i < h->members; i++) {
        if (attached(h->member[i])) {
            qcxl_scan(h->member[i]);
            h->base[i] = h->member[i]->window[0].base;
            qcxl_map(h->member[i], qcxl_endpoint(h->member[i], 0), h->base[i],
                     h->size);
        }
    }
}

static inline Hostile *hostile_sized(unsigned members, uint64_t size)
{
    g_autofree char *backend = g_strdup_printf("share=on,size=%" PRIu64, size);
    static uint8_t bytes[CXL_POOL_FILE];
    Hostile *h = g_new0(Hostile, 1);

    h->pool = pool_sized(size);
    h->size = size;
    h->members = members;
    for (unsigned i = 0; i < members; i++) {
        h->member[i] = start_with(h->pool, "", backend);
    }
    map_again(h);
    h->fd = open(h->pool->state, O_RDWR | O_CLOEXEC);
    g_assert_cmpint(pread(h->fd, bytes, sizeof(bytes), 0), ==, sizeof(bytes));
    g_assert_cmpint(cxl_pool_read(bytes, sizeof(bytes), &h->good), ==,
                    CXL_POOL_GOOD);
    return h;
}

static inline Hostile *hostile_new(unsigned members)
{
    return hostile_sized(members, QCXL_UNIT);
}

static inline uint64_t units(const CxlPool *pool)
{
    return cxl_pool_capacity(&pool->id) / CXL_POOL_UNIT;
}

static inline void hostile_free(Hostile *h)
{
    for (unsigned i = 0; i < h->members; i++) {
        qcxl_stop(h->member[i]);
    }
    close(h->fd);
    pool_free(h->pool);
    g_free(h);
}

/* What the state says that a member may do with a unit */
static inline CxlPoolRight right_of(Hostile *h, const CxlPool *pool,
                                    unsigned i, uint64_t unit)
{
    static CxlPoolRange ranges[CXL_POOL_RANGES];
    unsigned n, r = 0;

    if (pool->head[i].joined != h->good.head[i].joined) {
        return CXL_POOL_NOTHING;
    }
    n = cxl_pool_rights(pool, i, ranges);
    while (r + 1 < n && ranges[r + 1].start <= unit * CXL_POOL_UNIT) {
        r++;
    }
    return ranges[r].right;
}

static inline bool does(Hostile *h, unsigned i, uint64_t unit,
                        CxlPoolRight right)
{
    uint64_t at = unit * CXL_POOL_UNIT + 8 * below(CXL_POOL_UNIT / 8);
    uint64_t before = below(NOTHING - 1), value = before ^ 1, loaded, now;

    stq_le_p(h->pool->memory->map + at, before);
    qtest_writeq(h->member[i]->qts, h->base[i] + at, value);
    loaded = qtest_readq(h->member[i]->qts, h->base[i] + at);
    now = in_file(h->pool, at);
    return right == CXL_POOL_WRITE ? now == value && loaded == value :
           right == CXL_POOL_READ ? now == before && loaded == before :
           now == before && loaded == NOTHING;
}

static inline void wait_does(Hostile *h, unsigned i, uint64_t unit,
                             CxlPoolRight right)
{
    int64_t end = g_get_monotonic_time() + PATIENCE_MS * 1000;

    while (!does(h, i, unit, right)) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(2000);
    }
}

/* Every member does what the state says, wherever it is looked at */
static inline void check_members(Hostile *h, const CxlPool *pool)
{
    for (unsigned i = 0; i < h->members; i++) {
        const CxlPoolHead *head = &pool->head[i];

        wait_attached(h->member[i], head->access &&
                      head->joined == h->good.head[i].joined);
    }
    map_again(h);
    for (unsigned i = 0; i < h->members; i++) {
        for (unsigned n = 0; n < 3; n++) {
            uint64_t unit = below(units(pool));

            wait_does(h, i, unit, right_of(h, pool, i, unit));
        }
    }
}

/* --- what is written ------------------------------------------------------ */

/* As the next generation, over the other copy */
static inline void put_state(Hostile *h, CxlPool *pool)
{
    uint8_t bytes[CXL_POOL_COPY];
    CxlPoolPiece piece = cxl_pool_write(pool, bytes);

    put(h, bytes, piece.size, piece.offset);
    if (pool->generation <= CXL_POOL_GENERATIONS) {
        h->newest = MAX(h->newest, pool->generation);
    }
}

static inline void put_slot(Hostile *h, uint32_t head, const CxlPoolSlot *slot)
{
    uint8_t bytes[CXL_POOL_SLOT];
    CxlPoolPiece piece = cxl_pool_write_slot(&h->good.id, head, slot, bytes);

    put(h, bytes, piece.size, piece.offset);
}

/* All is as it was when members had just joined, as a change of now */
static inline void put_right(Hostile *h)
{
    static uint8_t bytes[CXL_POOL_FILE];
    CxlPool pool = h->good;

    /* Somebody may be about to read it */
    pool.generation = h->newest + 1;
    for (unsigned i = 0; i < h->members; i++) {
        pool.generation = MAX(pool.generation,
                              ask(h->member[i], "pool.generation") + 1);
    }
    h->newest = pool.generation;
    g_assert(cxl_pool_ok(&pool));
    cxl_pool_format(&pool, bytes);
    g_assert(!ftruncate(h->fd, CXL_POOL_FILE));
    put(h, bytes, sizeof(bytes), 0);
    for (unsigned i = 0; i < h->members; i++) {
        put_slot(h, i, &pool.slot[i]);
    }
    check_members(h, &pool);
}

#endif /* CXL_HOSTILE_H */
