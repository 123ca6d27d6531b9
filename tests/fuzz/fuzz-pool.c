/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the state file of a pool. The input is a program: bytes are
 * written into the file, with or without a right sum, and hosts make changes to
 * whatever is there.
 */
#include <string.h>

#include "fuzz.h"
#include "hw/cxl/core/pool-format.h"

#define STEPS 48

typedef struct File {
    uint8_t bytes[CXL_POOL_FILE];
    uint64_t alive;
} File;

static const CxlPoolIdentity identity = {
    .uuid = { 1 }, .count = 2,
    .kind = { CXL_DPA_VOLATILE, CXL_DPA_PERSISTENT },
    .size = { CXL_DPA_UNIT, CXL_DPA_UNIT },
};

static void put(File *f, CxlPoolPiece piece, const uint8_t *bytes)
{
    must(piece.size <= sizeof(f->bytes));
    must(piece.offset <= sizeof(f->bytes) - piece.size);
    memcpy(f->bytes + piece.offset, bytes, piece.size);
}

/* Mostly near to what is valid */
static uint64_t take_address(Input *in)
{
    uint64_t value = fuzz_take(in, 2);

    return value >> 15 ? fuzz_take(in, 8) : value * CXL_POOL_UNIT;
}

/* A copy with a right sum, and with anything in it */
static void forge_copy(File *f, CxlPool *pool, Input *in)
{
    CxlPoolHead *head = &pool->head[fuzz_take(in, 1) % CXL_POOL_HEADS];
    CxlPoolRow *row = &pool->table.row[fuzz_take(in, 1) % 4];
    uint8_t bytes[CXL_POOL_COPY];

    head->state = (CxlPoolHeadState)fuzz_take(in, 1);
    head->access = (CxlPoolAccess)fuzz_take(in, 1);
    head->joined = fuzz_take(in, 1);
    head->lost = fuzz_take(in, 1);
    head->lost_start = take_address(in);
    head->lost_end = take_address(in);
    row->start = take_address(in);
    row->length = take_address(in);
    row->write = fuzz_take(in, 8);
    row->read = fuzz_take(in, 8);
    pool->table.count = fuzz_take(in, 1) % 5;
    pool->generation += fuzz_take(in, 1) % 3;
    put(f, cxl_pool_write(pool, bytes), bytes);
}

static void forge_slot(File *f, Input *in)
{
    CxlPoolSlot slot = {
        .joined = fuzz_take(in, 1), .acknowledged = fuzz_take(in, 1),
    };
    uint8_t bytes[CXL_POOL_SLOT];
    uint32_t head = (uint32_t)fuzz_take(in, 1) % CXL_POOL_HEADS;

    cxl_le_store((uint8_t *)slot.name, 8, fuzz_take(in, 8));
    put(f, cxl_pool_write_slot(&identity, head, &slot, bytes), bytes);
}

static CxlPoolRefusal change(CxlPool *pool, File *f, Input *in)
{
    uint32_t head = (uint32_t)fuzz_take(in, 1);
    CxlPoolJoin join = { .head = head == 255 ? CXL_POOL_ANY_HEAD : head };
    CxlPoolRefusal r;
    uint64_t start;

    switch (fuzz_take(in, 1) % 6) {
    case 0:
        join.access = (CxlPoolAccess)(fuzz_take(in, 1) % 5);
        r = cxl_pool_join(pool, f->alive, &join, &head);
        f->alive |= r.error ? 0 : 1ull << head;
        return r;
    case 1:
        return cxl_pool_leave(pool, head);
    case 2:
        return cxl_pool_fence(pool, head);
    case 3:
        return cxl_pool_reclaim(pool, f->alive, head);
    case 4:
        return cxl_pool_set_access(pool, head,
                                   (CxlPoolAccess)(fuzz_take(in, 1) % 5));
    default:
        start = take_address(in);
        return cxl_pool_set_range(pool, start, take_address(in),
                                  fuzz_take(in, 8),
                                  (CxlPoolRight)(fuzz_take(in, 1) % 4));
    }
}

static void check_rights(const CxlPool *pool)
{
    static CxlPoolRange ranges[CXL_POOL_RANGES];

    for (uint32_t head = 0; head < CXL_POOL_HEADS; head += 21) {
        unsigned n = cxl_pool_rights(pool, head, ranges);
        uint64_t end = 0;

        must(n && n <= CXL_POOL_RANGES);
        for (unsigned i = 0; i < n; i++) {
            must(ranges[i].start == end && ranges[i].length);
            must((unsigned)ranges[i].right <= CXL_POOL_WRITE);
            end += ranges[i].length;
        }
        must(end == cxl_pool_capacity(&pool->id));
    }
}

static void make_change(File *f, const CxlPool *from, Input *in)
{
    static CxlPool now, next, both;
    uint8_t bytes[CXL_POOL_COPY];

    now = *from;
    cxl_pool_sweep(&now, f->alive);
    must(cxl_pool_ok(&now));
    next = now;
    if (change(&next, f, in).error) {
        return;
    }
    if (!cxl_pool_common(&now, &next, &both).error) {
        must(cxl_pool_table_ok(&both.table, cxl_pool_capacity(&both.id)));
    }
    if (!cxl_pool_settle(&now, &next, f->alive).error) {
        must(cxl_pool_ok(&next));
        put(f, cxl_pool_write(&next, bytes), bytes);
        must(cxl_pool_read(f->bytes, CXL_POOL_FILE, &both) == CXL_POOL_GOOD);
        must(both.generation == now.generation + 1);
        must(cxl_pool_same(&both, &next));
    }
}

static void step(File *f, Input *in)
{
    static CxlPool pool;
    uint8_t kind = (uint8_t)fuzz_take(in, 1);
    bool good = cxl_pool_read(f->bytes, CXL_POOL_FILE, &pool) == CXL_POOL_GOOD;

    if (good) {
        must(cxl_pool_ok(&pool));
        check_rights(&pool);
    }
    if (kind >= 64 && good) {
        make_change(f, &pool, in);
    } else if (kind < 16 && good) {
        forge_copy(f, &pool, in);
    } else if (kind < 24) {
        forge_slot(f, in);
    } else if (kind < 32) {
        f->alive &= ~(1ull << fuzz_take(in, 1) % 64);
    } else {
        uint32_t at = (uint32_t)fuzz_take(in, 3) % CXL_POOL_FILE;

        f->bytes[at] = (uint8_t)fuzz_take(in, 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static File f;
    static CxlPool pool;
    Input in = { data, size };

    /* Whatever it is, reading it does no harm */
    cxl_pool_read(data, size, &pool);
    cxl_pool_init(&pool, &identity);
    cxl_pool_format(&pool, f.bytes);
    f.alive = 0;
    for (unsigned i = 0; i < STEPS && in.left; i++) {
        step(&f, &in);
    }
    return 0;
}
