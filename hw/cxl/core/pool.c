/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool: who joins, who leaves, who is shut out (CXL 3.1 2.5)
 */
#include "hw/cxl/core/pool.h"

#include <stddef.h>
#include <string.h>

static const CxlPoolRefusal allowed = { CXL_POOL_OK, 0 };

static CxlPoolRefusal refuse(CxlPoolError error, uint32_t culprit)
{
    return (CxlPoolRefusal) { error, culprit };
}

const char *cxl_pool_error_name(CxlPoolError error)
{
    static const char *const name[] = {
        [CXL_POOL_OK] = "nothing is wrong",
        [CXL_POOL_NO_SUCH_HEAD] = "heads are numbered from 0 to 63",
        [CXL_POOL_FULL] = "no head is free",
        [CXL_POOL_TAKEN] = "the head is taken",
        [CXL_POOL_SHUT_OUT] = "the head is fenced",
        [CXL_POOL_NOT_JOINED] = "nobody has the head",
        [CXL_POOL_ALIVE] = "the head is in use",
        [CXL_POOL_OWNED] = "somebody has exclusive access",
        [CXL_POOL_OTHERS] = "somebody else has access",
        [CXL_POOL_OWED] = "somebody has not let go of what was taken away",
        [CXL_POOL_BAD_ACCESS] = "there is no such access",
        [CXL_POOL_BAD_RANGE] =
            "a range is of whole 2 MiB, and inside of the memory",
        [CXL_POOL_NO_ROOM] = "there is no room for more than 1024 ranges",
        [CXL_POOL_OTHER_SIZE] = "the pool has other partitions",
        [CXL_POOL_OTHER_SERIAL] = "the pool has another serial number",
        [CXL_POOL_OTHER_BACKEND] = "the pool's memory is another file",
        [CXL_POOL_OTHER_OFFSET] =
            "the pool's memory is another part of the file",
        [CXL_POOL_WORN_OUT] = "the pool cannot be changed any more",
    };

    return (unsigned)error < sizeof(name) / sizeof(name[0]) ? name[error]
                                                            : "unknown";
}

bool cxl_pool_identity_ok(const CxlPoolIdentity *id)
{
    uint64_t capacity = 0;

    if (!id->count || id->count > CXL_DPA_MAX_PARTITIONS) {
        return false;
    }
    for (uint32_t i = 0; i < id->count; i++) {
        if ((unsigned)id->kind[i] >= CXL_DPA_KINDS ||
            (i && id->kind[i] <= id->kind[i - 1]) || !id->size[i] ||
            id->size[i] % CXL_DPA_UNIT ||
            id->size[i] > INT64_MAX - capacity) {
            return false;
        }
        capacity += id->size[i];
    }
    return true;
}

static bool same_partitions(const CxlPoolIdentity *a, const CxlPoolIdentity *b)
{
    bool same = a->count == b->count;

    for (uint32_t i = 0; same && i < a->count; i++) {
        same = a->kind[i] == b->kind[i] && a->size[i] == b->size[i];
    }
    return same;
}

bool cxl_pool_same_identity(const CxlPoolIdentity *a, const CxlPoolIdentity *b)
{
    return !memcmp(a->uuid, b->uuid, sizeof(a->uuid)) &&
           a->serial == b->serial && same_partitions(a, b);
}

CxlPoolRefusal cxl_pool_match(const CxlPoolIdentity *id,
                              const CxlPoolIdentity *mine, bool any_serial)
{
    if (!same_partitions(id, mine)) {
        return refuse(CXL_POOL_OTHER_SIZE, 0);
    }
    if (!any_serial && id->serial != mine->serial) {
        return refuse(CXL_POOL_OTHER_SERIAL, 0);
    }
    return allowed;
}

void cxl_pool_init(CxlPool *pool, const CxlPoolIdentity *id)
{
    *pool = (CxlPool) { .id = *id, .generation = 1 };
}

static bool free_head_ok(const CxlPoolHead *head)
{
    return head->access == CXL_POOL_NO_ACCESS && !head->joined && !head->lost;
}

static bool lost_ok(const CxlPoolHead *head, uint64_t capacity)
{
    return head->lost_start % CXL_POOL_UNIT == 0 &&
           head->lost_end % CXL_POOL_UNIT == 0 &&
           head->lost_start <= head->lost_end &&
           head->lost_end <= (head->lost ? capacity : 0);
}

static bool head_ok(const CxlPool *pool, const CxlPoolHead *head)
{
    if ((unsigned)head->access > CXL_POOL_EXCLUSIVE ||
        head->joined > pool->generation || head->lost > pool->generation ||
        !lost_ok(head, cxl_pool_capacity(&pool->id))) {
        return false;
    }
    switch (head->state) {
    case CXL_POOL_FREE:
        return free_head_ok(head);
    case CXL_POOL_JOINED:
        return head->joined;
    case CXL_POOL_FENCED:
        return head->access == CXL_POOL_NO_ACCESS;
    default:
        return false;
    }
}

bool cxl_pool_ok(const CxlPool *pool)
{
    unsigned some = 0, exclusive = 0;

    if (!cxl_pool_identity_ok(&pool->id) || !pool->generation ||
        pool->generation > CXL_POOL_GENERATIONS) {
        return false;
    }
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        if (!head_ok(pool, &pool->head[h])) {
            return false;
        }
        some += pool->head[h].access != CXL_POOL_NO_ACCESS;
        exclusive += pool->head[h].access == CXL_POOL_EXCLUSIVE;
    }
    return (!exclusive || some == 1) &&
           cxl_pool_table_ok(&pool->table, cxl_pool_capacity(&pool->id));
}

static bool same_head(const CxlPoolHead *a, const CxlPoolHead *b)
{
    return a->state == b->state && a->access == b->access &&
           a->joined == b->joined && a->lost == b->lost &&
           a->lost_start == b->lost_start && a->lost_end == b->lost_end;
}

static bool same_row(const CxlPoolRow *a, const CxlPoolRow *b)
{
    return a->start == b->start && a->length == b->length &&
           a->write == b->write && a->read == b->read;
}

static CxlPoolError match_backends(const CxlPool *pool,
                                   const CxlPoolBackend *backend)
{
    for (unsigned i = 0; i < pool->id.count; i++) {
        if (pool->backend[i].device != backend[i].device ||
            pool->backend[i].inode != backend[i].inode) {
            return CXL_POOL_OTHER_BACKEND;
        }
        if (pool->backend[i].offset != backend[i].offset) {
            return CXL_POOL_OTHER_OFFSET;
        }
    }
    return CXL_POOL_OK;
}

bool cxl_pool_same(const CxlPool *a, const CxlPool *b)
{
    bool same = a->table.count == b->table.count &&
                match_backends(a, b->backend) == CXL_POOL_OK;

    for (unsigned h = 0; same && h < CXL_POOL_HEADS; h++) {
        same = same_head(&a->head[h], &b->head[h]);
    }
    for (uint32_t i = 0; same && i < a->table.count; i++) {
        same = same_row(&a->table.row[i], &b->table.row[i]);
    }
    return same;
}

void cxl_pool_sweep(CxlPool *pool, uint64_t alive)
{
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        if (pool->head[h].state == CXL_POOL_JOINED && !(alive >> h & 1)) {
            pool->head[h] = (CxlPoolHead) { .state = CXL_POOL_FREE };
        }
    }
}

/* A head with access that keeps @head from having @access */
static CxlPoolRefusal check_owner(const CxlPool *pool, uint32_t head,
                                  CxlPoolAccess access)
{
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        CxlPoolAccess other = pool->head[h].access;

        if (h == head || !access || !other) {
            continue;
        }
        if (other == CXL_POOL_EXCLUSIVE) {
            return refuse(CXL_POOL_OWNED, h);
        }
        if (access == CXL_POOL_EXCLUSIVE) {
            return refuse(CXL_POOL_OTHERS, h);
        }
    }
    return allowed;
}

static CxlPoolRefusal choose_head(const CxlPool *pool, uint64_t alive,
                                  const CxlPoolJoin *join, uint32_t *head)
{
    const uint64_t taken = alive | join->avoid;
    const uint32_t wanted = join->head;

    if (wanted == CXL_POOL_ANY_HEAD) {
        for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
            if (pool->head[h].state == CXL_POOL_FREE && !(taken >> h & 1)) {
                *head = h;
                return allowed;
            }
        }
        return refuse(CXL_POOL_FULL, 0);
    }
    if (wanted >= CXL_POOL_HEADS) {
        return refuse(CXL_POOL_NO_SUCH_HEAD, 0);
    }
    if (pool->head[wanted].state == CXL_POOL_FENCED) {
        return refuse(CXL_POOL_SHUT_OUT, wanted);
    }
    if (pool->head[wanted].state != CXL_POOL_FREE || alive >> wanted & 1) {
        return refuse(CXL_POOL_TAKEN, wanted);
    }
    *head = wanted;
    return allowed;
}

static uint32_t lowest(uint64_t heads)
{
    uint32_t h = 0;

    while (h < CXL_POOL_HEADS && !(heads >> h & 1)) {
        h++;
    }
    return h;
}

CxlPoolRefusal cxl_pool_join(CxlPool *pool, uint64_t alive,
                             const CxlPoolJoin *join, uint32_t *head)
{
    CxlPoolRefusal r;

    if (join->access == CXL_POOL_NO_ACCESS ||
        (unsigned)join->access > CXL_POOL_EXCLUSIVE) {
        return refuse(CXL_POOL_BAD_ACCESS, 0);
    }
    r = choose_head(pool, alive, join, head);
    if (!r.error) {
        r = check_owner(pool, *head, join->access);
    }
    if (r.error) {
        return r;
    }
    r.error = match_backends(pool, join->backend);
    if (r.error) {
        if (alive) {
            return refuse(r.error, lowest(alive));
        }
        for (unsigned i = 0; i < pool->id.count; i++) {
            pool->backend[i] = join->backend[i];
        }
    }
    pool->head[*head] = (CxlPoolHead) {
        .state = CXL_POOL_JOINED, .access = join->access,
    };
    return allowed;
}

CxlPoolRefusal cxl_pool_leave(CxlPool *pool, uint32_t head)
{
    if (head >= CXL_POOL_HEADS) {
        return refuse(CXL_POOL_NO_SUCH_HEAD, 0);
    }
    if (pool->head[head].state == CXL_POOL_JOINED) {
        pool->head[head] = (CxlPoolHead) { .state = CXL_POOL_FREE };
    }
    return allowed;
}

CxlPoolRefusal cxl_pool_fence(CxlPool *pool, uint32_t head)
{
    if (head >= CXL_POOL_HEADS) {
        return refuse(CXL_POOL_NO_SUCH_HEAD, 0);
    }
    pool->head[head].state = CXL_POOL_FENCED;
    pool->head[head].access = CXL_POOL_NO_ACCESS;
    return allowed;
}

CxlPoolRefusal cxl_pool_reclaim(CxlPool *pool, uint64_t alive, uint32_t head)
{
    if (head >= CXL_POOL_HEADS) {
        return refuse(CXL_POOL_NO_SUCH_HEAD, 0);
    }
    if (alive >> head & 1) {
        return refuse(CXL_POOL_ALIVE, head);
    }
    pool->head[head] = (CxlPoolHead) { .state = CXL_POOL_FREE };
    return allowed;
}

CxlPoolRefusal cxl_pool_set_access(CxlPool *pool, uint32_t head,
                                   CxlPoolAccess access)
{
    CxlPoolRefusal r;

    if (head >= CXL_POOL_HEADS) {
        return refuse(CXL_POOL_NO_SUCH_HEAD, 0);
    }
    if ((unsigned)access > CXL_POOL_EXCLUSIVE) {
        return refuse(CXL_POOL_BAD_ACCESS, 0);
    }
    if (pool->head[head].state == CXL_POOL_FENCED) {
        return refuse(CXL_POOL_SHUT_OUT, head);
    }
    if (pool->head[head].state != CXL_POOL_JOINED) {
        return refuse(CXL_POOL_NOT_JOINED, head);
    }
    r = check_owner(pool, head, access);
    if (!r.error) {
        pool->head[head].access = access;
    }
    return r;
}

void cxl_pool_heads(const CxlPool *pool, uint64_t alive, CxlHead *heads)
{
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        const CxlPoolHead *head = &pool->head[h];
        const CxlPoolSlot *slot = &pool->slot[h];

        heads[h] = (CxlHead) {
            .present = head->state != CXL_POOL_FREE && alive >> h & 1,
        };
        heads[h].assigned = heads[h].present &&
                            head->access != CXL_POOL_NO_ACCESS;
        if (heads[h].present && slot->valid && slot->joined == head->joined) {
            heads[h].up = slot->up && heads[h].assigned;
            heads[h].link = slot->link;
        }
    }
}
