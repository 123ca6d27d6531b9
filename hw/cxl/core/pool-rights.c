/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool: who may do what with which bytes (CXL 3.1 2.5)
 */
#include "hw/cxl/core/pool.h"

#include <stddef.h>

/* A list of rows; bytes between them have the right that access gives */
typedef struct Rows {
    const CxlPoolRow *row;
    uint32_t count;
} Rows;

/* Two lists, gone through together */
typedef struct Walk {
    Rows rows[2];
    uint64_t at;
    uint64_t end;
} Walk;

uint64_t cxl_pool_capacity(const CxlPoolIdentity *id)
{
    uint64_t capacity = 0;

    for (uint32_t i = 0; i < id->count; i++) {
        capacity += id->size[i];
    }
    return capacity;
}

/* Bytes that are alike in both lists */
typedef struct Piece {
    uint64_t start;
    uint64_t length;
    bool covered[2];
    uint64_t write[2];
    uint64_t read[2];
} Piece;

/* Heads by what they may do at most */
typedef struct Heads {
    uint64_t write;
    uint64_t read;
} Heads;

/* What one list says from @at on; returns up to where */
static uint64_t look(Rows *rows, uint64_t at, uint64_t end, Piece *piece,
                     unsigned i)
{
    const CxlPoolRow *row;

    while (rows->count && rows->row->start + rows->row->length <= at) {
        rows->row++;
        rows->count--;
    }
    row = rows->row;
    piece->covered[i] = rows->count && row->start <= at;
    piece->write[i] = piece->covered[i] ? row->write : CXL_POOL_ALL;
    piece->read[i] = piece->covered[i] ? row->read : 0;
    if (!rows->count) {
        return end;
    }
    return piece->covered[i] ? row->start + row->length : row->start;
}

static bool walk(Walk *w, Piece *piece)
{
    uint64_t end = w->end;

    if (w->at >= w->end) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        uint64_t up_to = look(&w->rows[i], w->at, w->end, piece, i);

        end = up_to < end ? up_to : end;
    }
    piece->start = w->at;
    piece->length = end - w->at;
    w->at = end;
    return true;
}

static Rows all_rows(const CxlPool *pool)
{
    return (Rows) { pool->table.row, pool->table.count };
}

static Walk walk_both(const CxlPool *a, const CxlPool *b)
{
    return (Walk) {
        .rows = { all_rows(a), all_rows(b) },
        .end = cxl_pool_capacity(&a->id),
    };
}

/* Append to a table in the making; rows that say nothing are left out */
static bool add_row(CxlPoolTable *table, const CxlPoolRow *row)
{
    CxlPoolRow *last = table->count ? &table->row[table->count - 1] : NULL;

    if (row->write == CXL_POOL_ALL) {
        return true;
    }
    if (last && last->start + last->length == row->start &&
        last->write == row->write && last->read == row->read) {
        last->length += row->length;
        return true;
    }
    if (table->count == CXL_POOL_ROWS) {
        return false;
    }
    table->row[table->count++] = *row;
    return true;
}

bool cxl_pool_table_ok(const CxlPoolTable *table, uint64_t capacity)
{
    uint64_t end = 0;

    if (table->count > CXL_POOL_ROWS) {
        return false;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        const CxlPoolRow *row = &table->row[i];

        if (row->start % CXL_POOL_UNIT || row->length % CXL_POOL_UNIT ||
            !row->length || row->start < end || row->start > capacity ||
            row->length > capacity - row->start || row->write & row->read) {
            return false;
        }
        end = row->start + row->length;
    }
    return true;
}

static bool range_ok(const CxlPool *pool, uint64_t start, uint64_t length)
{
    uint64_t capacity = cxl_pool_capacity(&pool->id);

    return length && start % CXL_POOL_UNIT == 0 &&
           length % CXL_POOL_UNIT == 0 && start <= capacity &&
           length <= capacity - start;
}

CxlPoolRefusal cxl_pool_set_range(CxlPool *pool, uint64_t start,
                                  uint64_t length, uint64_t heads,
                                  CxlPoolRight right)
{
    const CxlPoolRow range = { .start = start, .length = length };
    Walk w = walk_both(pool, pool);
    CxlPoolTable table = { .count = 0 };
    Piece p;

    if (!range_ok(pool, start, length)) {
        return (CxlPoolRefusal) { CXL_POOL_BAD_RANGE, 0 };
    }
    if (right > CXL_POOL_WRITE) {
        return (CxlPoolRefusal) { CXL_POOL_BAD_ACCESS, 0 };
    }
    w.rows[1] = (Rows) { &range, 1 };
    while (walk(&w, &p)) {
        uint64_t changed = p.covered[1] ? heads : 0;
        CxlPoolRow row = {
            .start = p.start, .length = p.length,
            .write = p.write[0] & ~changed, .read = p.read[0] & ~changed,
        };

        row.write |= right == CXL_POOL_WRITE ? changed : 0;
        row.read |= right == CXL_POOL_READ ? changed : 0;
        if (!add_row(&table, &row)) {
            return (CxlPoolRefusal) { CXL_POOL_NO_ROOM, 0 };
        }
    }
    pool->table = table;
    return (CxlPoolRefusal) { CXL_POOL_OK, 0 };
}

CxlPoolRefusal cxl_pool_common(const CxlPool *now, const CxlPool *next,
                               CxlPool *both)
{
    Walk w = walk_both(now, next);
    Piece p;

    *both = *now;
    both->table.count = 0;
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        if (next->head[h].access < now->head[h].access) {
            both->head[h].access = next->head[h].access;
        }
    }
    while (walk(&w, &p)) {
        CxlPoolRow row = {
            .start = p.start, .length = p.length,
            .write = p.write[0] & p.write[1],
        };

        row.read = (p.write[0] | p.read[0]) & (p.write[1] | p.read[1]) &
                   ~row.write;
        if (!add_row(&both->table, &row)) {
            return (CxlPoolRefusal) { CXL_POOL_NO_ROOM, 0 };
        }
    }
    return (CxlPoolRefusal) { CXL_POOL_OK, 0 };
}

static Heads heads_of(const CxlPool *pool)
{
    Heads heads = { 0, 0 };

    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        CxlPoolAccess access = pool->head[h].access;

        heads.write |= (uint64_t)(access >= CXL_POOL_SHARED) << h;
        heads.read |= (uint64_t)(access >= CXL_POOL_READ_ONLY) << h;
    }
    return heads;
}

/* Heads that can store, and load, in a piece of list @i */
static Heads effective(const Piece *p, unsigned i, Heads most)
{
    return (Heads) {
        .write = p->write[i] & most.write,
        .read = (p->write[i] | p->read[i]) & most.read,
    };
}

static uint64_t not_in(Heads a, Heads b)
{
    return (a.write & ~b.write) | (a.read & ~b.read);
}

/* All that a change takes: those who have newly lost, and what of it */
static uint64_t mark_losses(const CxlPool *now, CxlPool *next)
{
    const Heads before = heads_of(now), after = heads_of(next);
    Walk w = walk_both(now, next);
    uint64_t losers = 0;
    Piece p;

    while (walk(&w, &p)) {
        uint64_t lost = not_in(effective(&p, 0, before),
                               effective(&p, 1, after));

        for (unsigned h = 0; lost; h++, lost >>= 1) {
            CxlPoolHead *head = &next->head[h];

            if (!(lost & 1) || head->state == CXL_POOL_FREE) {
                continue;
            }
            if (head->lost_start == head->lost_end ||
                p.start < head->lost_start) {
                head->lost_start = p.start;
            }
            if (p.start + p.length > head->lost_end) {
                head->lost_end = p.start + p.length;
            }
            losers |= 1ull << h;
        }
    }
    return losers;
}

/* Somebody of @owing, but @gainer, who may not have let go of @p yet */
static uint32_t in_the_way(const CxlPool *pool, uint64_t owing,
                           uint64_t gainers, const Piece *p)
{
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        const CxlPoolHead *head = &pool->head[h];

        if (owing >> h & 1 && gainers & ~(1ull << h) &&
            head->lost_start < p->start + p->length &&
            p->start < head->lost_end) {
            return h;
        }
    }
    return CXL_POOL_ANY_HEAD;
}

/* Exclusive access is a gain of everything: others' losses become its own */
static uint64_t new_owners(const CxlPool *now, const CxlPool *next)
{
    uint64_t owners = 0;

    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        owners |= (uint64_t)(next->head[h].access == CXL_POOL_EXCLUSIVE &&
                             now->head[h].access != CXL_POOL_EXCLUSIVE) << h;
    }
    return owners;
}

/* Does anybody gain what is not let go of? */
static CxlPoolRefusal check_gains(const CxlPool *now, const CxlPool *next,
                                  uint64_t owing)
{
    const Heads before = heads_of(now), after = heads_of(next);
    uint64_t owners = new_owners(now, next);
    Walk w = walk_both(now, next);
    Piece p;

    while (owing && walk(&w, &p)) {
        uint64_t gainers = owners | not_in(effective(&p, 1, after),
                                           effective(&p, 0, before));
        uint32_t h = in_the_way(next, owing, gainers, &p);

        if (h != CXL_POOL_ANY_HEAD) {
            return (CxlPoolRefusal) { CXL_POOL_OWED, h };
        }
    }
    return (CxlPoolRefusal) { CXL_POOL_OK, 0 };
}

uint64_t cxl_pool_owing(const CxlPool *pool, uint64_t alive)
{
    uint64_t owing = 0;

    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        const CxlPoolHead *head = &pool->head[h];
        const CxlPoolSlot *slot = &pool->slot[h];
        bool let_go = slot->valid && slot->joined == head->joined &&
                      slot->acknowledged >= head->lost;

        owing |= (uint64_t)(head->lost && !let_go) << h;
    }
    return owing & alive;
}

CxlPoolRefusal cxl_pool_settle(const CxlPool *now, CxlPool *next,
                               uint64_t alive)
{
    uint64_t losers, owing = cxl_pool_owing(now, alive);

    if (now->generation >= CXL_POOL_GENERATIONS) {
        return (CxlPoolRefusal) { CXL_POOL_WORN_OUT, 0 };
    }
    next->generation = now->generation + 1;
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        CxlPoolHead *head = &next->head[h];

        if (head->lost && !(owing >> h & 1)) {
            head->lost = head->lost_start = head->lost_end = 0;
        }
        if (head->state == CXL_POOL_JOINED && !head->joined) {
            head->joined = next->generation;
        }
    }
    losers = mark_losses(now, next);
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        bool fenced = next->head[h].state == CXL_POOL_FENCED &&
                      now->head[h].state != CXL_POOL_FENCED;

        if (fenced || losers >> h & 1) {
            next->head[h].lost = next->generation;
        }
    }
    return check_gains(now, next, (losers | owing) & alive);
}

static CxlPoolRight right_of(const Piece *p, Heads most, uint32_t head)
{
    Heads can = effective(p, 0, most);

    return can.write >> head & 1 ? CXL_POOL_WRITE :
           can.read >> head & 1 ? CXL_POOL_READ : CXL_POOL_NOTHING;
}

void cxl_pool_limits(const CxlPool *pool, uint32_t head, CxlDpaLimits *limits)
{
    static const CxlDpaRights rights[] = {
        [CXL_POOL_NOTHING] = CXL_DPA_NO_ACCESS,
        [CXL_POOL_READ] = CXL_DPA_READ_ONLY,
        [CXL_POOL_WRITE] = CXL_DPA_READ_WRITE,
    };
    const Heads most = heads_of(pool);
    Walk w = walk_both(pool, pool);
    Piece p;

    limits->count = 0;
    while (head < CXL_POOL_HEADS && walk(&w, &p)) {
        cxl_dpa_add_limit(limits, p.start, rights[right_of(&p, most, head)]);
    }
    if (!limits->count) {
        cxl_dpa_add_limit(limits, 0, CXL_DPA_NO_ACCESS);
    }
}

unsigned cxl_pool_rights(const CxlPool *pool, uint32_t head,
                         CxlPoolRange *ranges)
{
    const Heads most = heads_of(pool);
    Walk w = walk_both(pool, pool);
    unsigned n = 0;
    Piece p;

    while (head < CXL_POOL_HEADS && walk(&w, &p)) {
        CxlPoolRight right = right_of(&p, most, head);

        if (n && ranges[n - 1].right == right) {
            ranges[n - 1].length += p.length;
        } else {
            ranges[n++] = (CxlPoolRange) { p.start, p.length, right };
        }
    }
    return n;
}
