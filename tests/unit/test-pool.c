/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool: heads, rights, and what may not happen to them
 */
#include "unit.h"

#include "pool.h"

#define U CXL_POOL_UNIT

static TestPool t;

static void test_identity(void)
{
    const CxlPoolIdentity good = pool_identity;
    CxlPoolIdentity id = good;

    check(cxl_pool_identity_ok(&good));
    check_eq(cxl_pool_capacity(&good), 2 * CXL_DPA_UNIT);
    check_eq(cxl_pool_match(&good, &id, false).error, CXL_POOL_OK);
    check(cxl_pool_same_identity(&good, &id));
    id.uuid[15]++;
    check(!cxl_pool_same_identity(&good, &id));
    id = good;
    id.serial++;
    check(!cxl_pool_same_identity(&good, &id));
    check_eq(cxl_pool_match(&good, &id, false).error, CXL_POOL_OTHER_SERIAL);
    check_eq(cxl_pool_match(&good, &id, true).error, CXL_POOL_OK);
    id = good;
    id.size[1] += CXL_DPA_UNIT;
    check(!cxl_pool_same_identity(&good, &id));
    check_eq(cxl_pool_match(&good, &id, true).error, CXL_POOL_OTHER_SIZE);
    id = good;
    id.count = 1;
    check(cxl_pool_identity_ok(&id));
    check_eq(cxl_pool_match(&good, &id, true).error, CXL_POOL_OTHER_SIZE);
    id.kind[0] = CXL_DPA_PERSISTENT;
    check(cxl_pool_identity_ok(&id));
    id.count = 2;
    check(!cxl_pool_identity_ok(&id));
    id.count = 0;
    check(!cxl_pool_identity_ok(&id));
    id.count = 3;
    check(!cxl_pool_identity_ok(&id));
    id = good;
    id.size[0] = U;
    check(!cxl_pool_identity_ok(&id));
    id.size[0] = id.size[1] = 1ull << 62;
    check(!cxl_pool_identity_ok(&id));
    id.size[0] = 0;
    check(!cxl_pool_identity_ok(&id));
}

/* Who may join beside whom: rows are what the first has */
static void test_join_table(void)
{
    static const CxlPoolError second[4][4] = {
        [CXL_POOL_READ_ONLY] = { CXL_POOL_BAD_ACCESS, CXL_POOL_OK, CXL_POOL_OK,
                                 CXL_POOL_OTHERS },
        [CXL_POOL_SHARED] = { CXL_POOL_BAD_ACCESS, CXL_POOL_OK, CXL_POOL_OK,
                              CXL_POOL_OTHERS },
        [CXL_POOL_EXCLUSIVE] = { CXL_POOL_BAD_ACCESS, CXL_POOL_OWNED,
                                 CXL_POOL_OWNED, CXL_POOL_OWNED },
    };

    for (CxlPoolAccess a = CXL_POOL_READ_ONLY; a <= CXL_POOL_EXCLUSIVE; a++) {
        for (CxlPoolAccess b = CXL_POOL_NO_ACCESS; b <= CXL_POOL_EXCLUSIVE;
             b++) {
            pool_setup(&t);
            check_eq(pool_join(&t, 0, a), CXL_POOL_OK);
            if (!check_eq(pool_join(&t, 1, b), second[a][b])) {
                unit_note("%d beside %d", b, a);
            }
            /* The same by a change of access */
            if (a == CXL_POOL_EXCLUSIVE || !b) {
                continue;
            }
            pool_setup(&t);
            check_eq(pool_join(&t, 0, a), CXL_POOL_OK);
            check_eq(pool_join(&t, 1, CXL_POOL_READ_ONLY), CXL_POOL_OK);
            check_eq(pool_set_access(&t, 1, b), second[a][b]);
        }
    }
    pool_setup(&t);
    check_eq(pool_join(&t, 0, (CxlPoolAccess)4), CXL_POOL_BAD_ACCESS);
}

static void test_heads(void)
{
    CxlPool pool;

    pool_setup(&t);
    check_eq(pool_join(&t, 1, CXL_POOL_SHARED), CXL_POOL_OK);
    for (unsigned i = 0; i < CXL_POOL_HEADS - 1; i++) {
        check_eq(pool_join(&t, CXL_POOL_ANY_HEAD, CXL_POOL_SHARED),
                 CXL_POOL_OK);
        check_eq(t.alive, i ? (4ull << i) - 1 : 3);
    }
    check_eq(pool_join(&t, CXL_POOL_ANY_HEAD, CXL_POOL_SHARED), CXL_POOL_FULL);
    check_eq(pool_join(&t, 63, CXL_POOL_SHARED), CXL_POOL_TAKEN);
    check_eq(pool_join(&t, 64, CXL_POOL_SHARED), CXL_POOL_NO_SUCH_HEAD);
    check_eq(pool_leave(&t, 64), CXL_POOL_NO_SUCH_HEAD);
    check_eq(pool_fence(&t, 64), CXL_POOL_NO_SUCH_HEAD);
    check_eq(pool_reclaim(&t, 64), CXL_POOL_NO_SUCH_HEAD);
    check_eq(pool_set_access(&t, 64, CXL_POOL_SHARED), CXL_POOL_NO_SUCH_HEAD);
    check_eq(pool_leave(&t, 17), CXL_POOL_OK);
    check_eq(pool_join(&t, CXL_POOL_ANY_HEAD, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(t.alive, UINT64_MAX);
    /* Whoever is gone is gone, without anybody's help */
    t.alive &= ~(1ull << 40);
    check_eq(pool_join(&t, CXL_POOL_ANY_HEAD, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(t.alive, UINT64_MAX);
    pool = pool_now(&t);
    check_eq(pool.generation, 1 + 64 + 2 + 1);
    check_eq(pool.head[40].joined, pool.generation);
    check_eq(pool.head[1].joined, 2);
}

static void test_fence(void)
{
    CxlPool pool;

    pool_setup(&t);
    check_eq(pool_join(&t, 3, CXL_POOL_EXCLUSIVE), CXL_POOL_OK);
    check_eq(pool_fence(&t, 3), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(pool.head[3].state, CXL_POOL_FENCED);
    check_eq(pool.head[3].lost, pool.generation);
    check_eq(pool.head[3].lost_end, 2 * CXL_DPA_UNIT);
    check_eq(pool_right(&pool, 3, 0), CXL_POOL_NOTHING);
    check_eq(cxl_pool_owing(&pool, t.alive), 8);
    /* Alive, and says nothing: neither its head nor its bytes can be had */
    check_eq(pool_reclaim(&t, 3), CXL_POOL_ALIVE);
    check_eq(pool_set_access(&t, 3, CXL_POOL_SHARED), CXL_POOL_SHUT_OUT);
    check_eq(pool_join(&t, 3, CXL_POOL_SHARED), CXL_POOL_SHUT_OUT);
    check_eq(pool_join(&t, 4, CXL_POOL_READ_ONLY), CXL_POOL_OWED);
    pool_acknowledge(&t, 3);
    pool = pool_now(&t);
    check_eq(cxl_pool_owing(&pool, t.alive), 0);
    check_eq(pool_join(&t, 4, CXL_POOL_READ_ONLY), CXL_POOL_OK);
    /* A fenced head outlives its host, whether that leaves or dies */
    check_eq(pool_leave(&t, 3), CXL_POOL_OK);
    check_eq(pool_join(&t, 3, CXL_POOL_SHARED), CXL_POOL_SHUT_OUT);
    check_eq(pool_reclaim(&t, 3), CXL_POOL_OK);
    check_eq(pool_join(&t, 3, CXL_POOL_SHARED), CXL_POOL_OK);
}

static void test_fence_the_dead(void)
{
    CxlPool pool;

    pool_setup(&t);
    check_eq(pool_join(&t, 3, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_join(&t, 0, CXL_POOL_READ_ONLY), CXL_POOL_OK);
    t.alive = 1;
    check_eq(pool_fence(&t, 3), CXL_POOL_OK);
    check_eq(pool_fence(&t, 5), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(cxl_pool_owing(&pool, t.alive), 0);
    check_eq(pool_join(&t, 3, CXL_POOL_SHARED), CXL_POOL_SHUT_OUT);
    check_eq(pool_join(&t, 5, CXL_POOL_SHARED), CXL_POOL_SHUT_OUT);
    check_eq(pool_set_access(&t, 0, CXL_POOL_EXCLUSIVE), CXL_POOL_OK);
    check_eq(pool_fence(&t, 0), CXL_POOL_OK);
    /* It does not let go, and dies: that is a proof, too */
    check_eq(pool_join(&t, 1, CXL_POOL_SHARED), CXL_POOL_OWED);
    t.alive = 0;
    check_eq(pool_join(&t, 1, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_reclaim(&t, 0), CXL_POOL_OK);
    /* Of a head that nobody has, and of one whose host is dead */
    check_eq(pool_reclaim(&t, 9), CXL_POOL_OK);
    t.alive = 0;
    check_eq(pool_reclaim(&t, 1), CXL_POOL_OK);
}

/* A slot of a host that had the head before says nothing about this one */
static void test_old_slot(void)
{
    CxlPool pool;

    pool_setup(&t);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    pool_say(&t, 0, 2, 1000);
    t.alive = 0;
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    pool_say(&t, 0, 2, 1000);
    check_eq(pool_fence(&t, 0), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(cxl_pool_owing(&pool, t.alive), 1);
    pool_acknowledge(&t, 0);
    pool = pool_now(&t);
    check_eq(cxl_pool_owing(&pool, t.alive), 0);
}

static void test_backends(void)
{
    CxlPoolJoin join = {
        .head = CXL_POOL_ANY_HEAD, .access = CXL_POOL_SHARED,
        .backend = { { 1, 2 }, { 3, 4 } },
    };
    CxlPoolRefusal r;
    CxlPool pool;
    uint32_t head;

    cxl_pool_init(&pool, &pool_identity);
    check_eq(cxl_pool_join(&pool, 0, &join, &head).error, CXL_POOL_OK);
    join.backend[1].inode = 5;
    r = cxl_pool_join(&pool, 0x10, &join, &head);
    check_eq(r.error, CXL_POOL_OTHER_BACKEND);
    check_eq(r.culprit, 4);
    join.backend[1].inode = 4;
    check_eq(cxl_pool_join(&pool, 0x10, &join, &head).error, CXL_POOL_OK);
    /* Nobody is there to say where the memory was: it may have moved */
    cxl_pool_sweep(&pool, 0);
    join.backend[0].device = 6;
    check_eq(cxl_pool_join(&pool, 0, &join, &head).error, CXL_POOL_OK);
    check_eq(pool.backend[0].device, 6);
    /* The same file is not enough, if it is another part of it */
    join.backend[1].offset = 0x200000;
    r = cxl_pool_join(&pool, 0x20, &join, &head);
    check_eq(r.error, CXL_POOL_OTHER_OFFSET);
    check_eq(r.culprit, 5);
}

/* Heads that cannot be had are free all the same, and nobody lives there */
static void test_avoid(void)
{
    CxlPoolJoin join = {
        .head = CXL_POOL_ANY_HEAD, .access = CXL_POOL_EXCLUSIVE, .avoid = 0x3,
    };
    CxlPool pool;
    uint32_t head;

    cxl_pool_init(&pool, &pool_identity);
    join.backend[0].inode = 7;
    check_eq(cxl_pool_join(&pool, 0, &join, &head).error, CXL_POOL_OK);
    check_eq(head, 2);
    check_eq(pool.backend[0].inode, 7);
    join.avoid = CXL_POOL_ALL;
    check_eq(cxl_pool_join(&pool, 0, &join, &head).error, CXL_POOL_FULL);
    join.head = 1;
    cxl_pool_init(&pool, &pool_identity);
    check_eq(cxl_pool_join(&pool, 0, &join, &head).error, CXL_POOL_OK);
    check_eq(head, 1);
}

static void test_ranges(void)
{
    CxlPoolRange r[CXL_POOL_RANGES];
    CxlPool pool;

    pool_setup(&t);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_join(&t, 1, CXL_POOL_READ_ONLY), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(cxl_pool_rights(&pool, 0, r), 1);
    check_eq(r[0].length, 2 * CXL_DPA_UNIT);
    check_eq(r[0].right, CXL_POOL_WRITE);
    check_eq(cxl_pool_rights(&pool, 64, r), 0);
    check_eq(pool_set_range(&t, 4, 8, CXL_POOL_ALL, CXL_POOL_NOTHING),
             CXL_POOL_OK);
    pool_acknowledge(&t, 0);
    pool_acknowledge(&t, 1);
    check_eq(pool_set_range(&t, 6, 2, 3, CXL_POOL_WRITE), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(pool.table.count, 3);
    check_eq(cxl_pool_rights(&pool, 0, r), 5);
    check_eq(r[2].start, 6 * U);
    check_eq(r[2].length, 2 * U);
    check_eq(r[2].right, CXL_POOL_WRITE);
    check_eq(cxl_pool_rights(&pool, 1, r), 5);
    check_eq(r[2].right, CXL_POOL_READ);
    check_eq(r[3].right, CXL_POOL_NOTHING);
    check_eq(cxl_pool_rights(&pool, 2, r), 1);
    check_eq(r[0].right, CXL_POOL_NOTHING);
    /* Rows are of numbers: the next one who has head 0 finds them */
    check_eq(pool_leave(&t, 0), CXL_POOL_OK);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(pool_right(&pool, 0, 5), CXL_POOL_NOTHING);
    check_eq(pool_right(&pool, 0, 6), CXL_POOL_WRITE);
    /* Back to where it began: nothing is left of it */
    check_eq(pool_set_range(&t, 0, POOL_UNITS, CXL_POOL_ALL, CXL_POOL_WRITE),
             CXL_POOL_OK);
    check_eq(pool_now(&t).table.count, 0);
}

static void test_bad_ranges(void)
{
    static const struct {
        uint64_t start, length;
    } rows[] = {
        { 0, 0 }, { 1, U }, { 0, U - 1 }, { 0, 2 * CXL_DPA_UNIT + U },
        { 2 * CXL_DPA_UNIT, U }, { 0 - U, U }, { 0 - U, 2 * U },
        { U, 0 - U }, { CXL_DPA_UNIT, CXL_DPA_UNIT + U },
    };
    CxlPool pool, before;

    cxl_pool_init(&pool, &pool_identity);
    before = pool;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_eq(cxl_pool_set_range(&pool, rows[i].start, rows[i].length, 1,
                                    CXL_POOL_READ).error, CXL_POOL_BAD_RANGE);
    }
    check_eq(cxl_pool_set_range(&pool, 0, U, 1, (CxlPoolRight)3).error,
             CXL_POOL_BAD_ACCESS);
    check(cxl_pool_same(&pool, &before));
}

static void test_full_table(void)
{
    CxlPoolIdentity id = pool_identity;
    CxlPoolRange r[CXL_POOL_RANGES];
    CxlPool pool, before;

    id.size[1] = 16 * CXL_DPA_UNIT;
    cxl_pool_init(&pool, &id);
    pool.head[0] = (CxlPoolHead) {
        .state = CXL_POOL_JOINED, .access = CXL_POOL_SHARED, .joined = 1,
    };
    for (uint64_t i = 0; i < CXL_POOL_ROWS; i++) {
        check_eq(cxl_pool_set_range(&pool, (2 * i + 1) * U, U, 1,
                                    CXL_POOL_READ).error, CXL_POOL_OK);
    }
    check_eq(pool.table.count, CXL_POOL_ROWS);
    check_eq(cxl_pool_rights(&pool, 0, r), CXL_POOL_RANGES);
    before = pool;
    check_eq(cxl_pool_set_range(&pool, 2 * U, U, 2, CXL_POOL_READ).error,
             CXL_POOL_NO_ROOM);
    check(cxl_pool_same(&pool, &before));
    /* Two rows that become one make room */
    check_eq(cxl_pool_set_range(&pool, 2 * U, U, 1, CXL_POOL_READ).error,
             CXL_POOL_OK);
    check_eq(pool.table.count, CXL_POOL_ROWS - 1);
    check(cxl_pool_ok(&pool));
}

/* What is taken from one and given to another passes through both() */
static void test_take_and_give(void)
{
    CxlPool now, next, both;

    pool_setup(&t);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_join(&t, 1, CXL_POOL_READ_ONLY), CXL_POOL_OK);
    now = next = pool_now(&t);
    check_eq(cxl_pool_set_range(&next, 0, 8 * U, 1, CXL_POOL_NOTHING).error, 0);
    check_eq(cxl_pool_set_access(&next, 1, CXL_POOL_SHARED).error, 0);
    check_eq(cxl_pool_settle(&now, &next, t.alive).error, CXL_POOL_OWED);
    check_eq(cxl_pool_common(&now, &next, &both).error, CXL_POOL_OK);
    check_eq(pool_right(&both, 0, 7), CXL_POOL_NOTHING);
    check_eq(pool_right(&both, 0, 8), CXL_POOL_WRITE);
    check_eq(pool_right(&both, 1, 7), CXL_POOL_READ);
    check_eq(pool_settle(&t, &now, &both), CXL_POOL_OK);
    /* Elsewhere, nobody has to wait for anybody */
    check_eq(pool_set_range(&t, 8, 8, 2, CXL_POOL_READ), CXL_POOL_OK);
    check_eq(pool_set_access(&t, 1, CXL_POOL_SHARED), CXL_POOL_OWED);
    pool_acknowledge(&t, 0);
    check_eq(pool_set_access(&t, 1, CXL_POOL_SHARED), CXL_POOL_OK);
    now = pool_now(&t);
    check_eq(pool_right(&now, 0, 7), CXL_POOL_NOTHING);
    check_eq(pool_right(&now, 1, 7), CXL_POOL_WRITE);
    check_eq(pool_right(&now, 1, 8), CXL_POOL_READ);
}

/* Who has lost something may have it back without letting go of it first */
static void test_back_to_the_loser(void)
{
    CxlPool pool;

    pool_setup(&t);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_set_range(&t, 2, 2, 1, CXL_POOL_READ), CXL_POOL_OK);
    check_eq(pool_set_range(&t, 6, 2, 1, CXL_POOL_READ), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(pool.head[0].lost_start, 2 * U);
    check_eq(pool.head[0].lost_end, 8 * U);
    check_eq(pool_set_range(&t, 2, 2, 1, CXL_POOL_WRITE), CXL_POOL_OK);
    pool = pool_now(&t);
    check_eq(cxl_pool_owing(&pool, t.alive), 1);
    check_eq(pool_right(&pool, 0, 2), CXL_POOL_WRITE);
}

static void test_exclusive_waits(void)
{
    pool_setup(&t);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_join(&t, 1, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_set_access(&t, 1, CXL_POOL_NO_ACCESS), CXL_POOL_OK);
    /* It gains no right that it did not have, but it is alone from now on */
    check_eq(pool_set_access(&t, 0, CXL_POOL_EXCLUSIVE), CXL_POOL_OWED);
    pool_acknowledge(&t, 1);
    check_eq(pool_set_access(&t, 0, CXL_POOL_EXCLUSIVE), CXL_POOL_OK);
    check_eq(pool_set_access(&t, 1, CXL_POOL_READ_ONLY), CXL_POOL_OWNED);
    check_eq(pool_set_access(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_set_access(&t, 1, CXL_POOL_READ_ONLY), CXL_POOL_OK);
    check_eq(pool_set_access(&t, 2, CXL_POOL_SHARED), CXL_POOL_NOT_JOINED);
    check_eq(pool_set_access(&t, 1, (CxlPoolAccess)4), CXL_POOL_BAD_ACCESS);
}

static void test_worn_out(void)
{
    CxlPool now, next;

    cxl_pool_init(&now, &pool_identity);
    now.generation = CXL_POOL_GENERATIONS - 1;
    next = now;
    check_eq(cxl_pool_settle(&now, &next, 0).error, CXL_POOL_OK);
    check(cxl_pool_ok(&next));
    now = next;
    check_eq(cxl_pool_settle(&now, &next, 0).error, CXL_POOL_WORN_OUT);
}

static void test_names(void)
{
    for (unsigned i = 0; i <= CXL_POOL_WORN_OUT; i++) {
        check(strlen(cxl_pool_error_name((CxlPoolError)i)) > 10);
    }
    check_str(cxl_pool_error_name((CxlPoolError)99), "unknown");
    for (unsigned i = 0; i <= CXL_POOL_BAD_STATE; i++) {
        check(strlen(cxl_pool_verdict_name((CxlPoolVerdict)i)) >= 8);
    }
    check_str(cxl_pool_verdict_name((CxlPoolVerdict)99), "unknown");
}

static void expect_head(uint32_t h, bool present, bool assigned, bool up)
{
    CxlHead heads[CXL_POOL_HEADS];
    CxlPool pool = pool_now(&t);

    cxl_pool_heads(&pool, t.alive, heads);
    check_eq(heads[h].present, present);
    check_eq(heads[h].assigned, assigned);
    check_eq(heads[h].up, up);
    check_eq(heads[h].link.width, present ? 8 : 0);
}

/* What heads are to those who ask a device */
static void test_links(void)
{
    pool_setup(&t);
    expect_head(0, false, false, false);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_join(&t, 63, CXL_POOL_READ_ONLY), CXL_POOL_OK);
    expect_head(0, true, true, true);
    expect_head(63, true, true, true);
    expect_head(1, false, false, false);
    check_eq(pool_set_access(&t, 0, CXL_POOL_NO_ACCESS), CXL_POOL_OK);
    expect_head(0, true, false, false);
    check_eq(pool_fence(&t, 63), CXL_POOL_OK);
    expect_head(63, true, false, false);
    t.alive = 0;
    expect_head(0, false, false, false);
    expect_head(63, false, false, false);
}

int main(void)
{
    unit_run("identity", test_identity);
    unit_run("who may join beside whom", test_join_table);
    unit_run("heads", test_heads);
    unit_run("fence", test_fence);
    unit_run("fence the dead", test_fence_the_dead);
    unit_run("a slot from before", test_old_slot);
    unit_run("backends", test_backends);
    unit_run("avoid", test_avoid);
    unit_run("ranges", test_ranges);
    unit_run("bad ranges", test_bad_ranges);
    unit_run("a full table", test_full_table);
    unit_run("take and give", test_take_and_give);
    unit_run("back to who lost it", test_back_to_the_loser);
    unit_run("exclusive waits", test_exclusive_waits);
    unit_run("worn out", test_worn_out);
    unit_run("names", test_names);
    unit_run("heads and links", test_links);
    return unit_done();
}
