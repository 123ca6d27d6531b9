/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool: random changes against a simple reference, with hosts that die
 *
 * The reference keeps a right for each head and each unit of the memory. It
 * also knows what cannot be known: what each host can still do, because it has
 * not let go of it. Nobody may ever gain a unit that somebody else can still
 * use and should not.
 */
#include "unit.h"

#include "pool.h"

#define ROUNDS  100000
#define HOSTS   10
/* At the border of the partitions; the first and last are all that is beside */
#define UNITS   24
#define FIRST   (CXL_DPA_UNIT / CXL_POOL_UNIT - UNITS / 2)

/* Hosts try these heads only, so that they meet */
static const uint32_t heads[HOSTS] = { 0, 1, 2, 3, 4, 5, 31, 32, 62, 63 };

typedef struct Host {
    CxlPoolHeadState state;
    CxlPoolAccess access;
    bool alive;
    bool owes;
    unsigned lost_first, lost_end;          /* in units */
    CxlPoolRight row[UNITS];
    CxlPoolRight can[UNITS];                /* whatever it should */
} Host;

typedef struct Reference {
    Host host[HOSTS];
    uint64_t generation;
} Reference;

static TestPool t;
static Reference ref;

static CxlPoolRight right_of(const Host *h, unsigned unit)
{
    CxlPoolRight most = h->access >= CXL_POOL_SHARED ? CXL_POOL_WRITE :
                        h->access == CXL_POOL_READ_ONLY ? CXL_POOL_READ :
                        CXL_POOL_NOTHING;

    return h->row[unit] < most ? h->row[unit] : most;
}

static void sweep(Reference *r)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        Host *h = &r->host[i];

        if (h->state == CXL_POOL_JOINED && !h->alive) {
            h->state = CXL_POOL_FREE;
            h->access = CXL_POOL_NO_ACCESS;
        }
        h->owes = h->owes && h->alive;
    }
}

/* Whose access keeps @i from having @access */
static CxlPoolError owner_in_the_way(const Reference *r, unsigned i,
                                     CxlPoolAccess access)
{
    CxlPoolError error = CXL_POOL_OK;

    for (unsigned k = 0; k < HOSTS && access && !error; k++) {
        CxlPoolAccess other = r->host[k].access;

        if (k != i && other) {
            error = other == CXL_POOL_EXCLUSIVE ? CXL_POOL_OWNED :
                    access == CXL_POOL_EXCLUSIVE ? CXL_POOL_OTHERS :
                    CXL_POOL_OK;
        }
    }
    return error;
}

static void lose(Host *h, unsigned unit, Host *before)
{
    if (!before->owes && !h->owes) {
        h->lost_first = unit;
        h->lost_end = unit + 1;
    }
    h->owes = true;
    h->lost_first = unit < h->lost_first ? unit : h->lost_first;
    h->lost_end = unit + 1 > h->lost_end ? unit + 1 : h->lost_end;
}

/* Whoever gains @unit meets somebody who owes it */
static bool gain_is_owed(const Reference *after, unsigned gainer,
                         unsigned unit)
{
    for (unsigned k = 0; k < HOSTS; k++) {
        const Host *h = &after->host[k];

        if (k != gainer && h->owes && h->alive && unit >= h->lost_first &&
            unit < h->lost_end) {
            return true;
        }
    }
    return false;
}

static CxlPoolError settle(Reference *before, Reference *after)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        Host *h = &after->host[i];

        for (unsigned u = 0; u < UNITS && h->state != CXL_POOL_FREE; u++) {
            if (right_of(h, u) < right_of(&before->host[i], u)) {
                lose(h, u, &before->host[i]);
            }
        }
    }
    for (unsigned i = 0; i < HOSTS; i++) {
        const Host *h = &after->host[i], *was = &before->host[i];
        bool owner = h->access == CXL_POOL_EXCLUSIVE &&
                     was->access != CXL_POOL_EXCLUSIVE;

        for (unsigned u = 0; u < UNITS; u++) {
            if ((owner || right_of(h, u) > right_of(was, u)) &&
                gain_is_owed(after, i, u)) {
                return CXL_POOL_OWED;
            }
        }
    }
    after->generation = before->generation + 1;
    return CXL_POOL_OK;
}

/* The truth: what hosts can do follows the state, but never downwards */
static void come_true(const Reference *before, Reference *after)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        Host *h = &after->host[i];

        for (unsigned u = 0; u < UNITS; u++) {
            CxlPoolRight right = right_of(h, u);

            for (unsigned k = 0;
                 right > right_of(&before->host[i], u) && k < HOSTS; k++) {
                const Host *other = &after->host[k];

                check(k == i || other->can[u] <= right_of(other, u));
            }
            h->can[u] = right > h->can[u] ? right : h->can[u];
        }
    }
}

/* After a change that the pool and the reference should agree on */
static void agree(CxlPoolError got, CxlPoolError want, Reference *now,
                  Reference *next)
{
    if (!want) {
        want = settle(now, next);
    }
    check_eq(got, want);
    if (!want) {
        come_true(now, next);
        ref = *next;
    }
}

static void do_join(unsigned i)
{
    CxlPoolAccess access = (CxlPoolAccess)(1 + unit_below(3));
    Reference now = ref, next;
    CxlPoolError want;
    Host *h;

    sweep(&now);
    next = now;
    h = &next.host[i];
    want = h->state == CXL_POOL_FENCED ? CXL_POOL_SHUT_OUT :
           h->state == CXL_POOL_JOINED ? CXL_POOL_TAKEN :
           owner_in_the_way(&next, i, access);
    h->state = CXL_POOL_JOINED;
    h->access = access;
    agree(pool_join(&t, heads[i], access), want, &now, &next);
    ref.host[i].alive |= t.alive >> heads[i] & 1;
}

static void do_leave(unsigned i)
{
    Reference now = ref, next;
    Host *h;

    if (!ref.host[i].alive) {
        return;
    }
    sweep(&now);
    next = now;
    h = &next.host[i];
    if (h->state == CXL_POOL_JOINED) {
        h->state = CXL_POOL_FREE;
        h->access = CXL_POOL_NO_ACCESS;
        h->owes = false;
    }
    memset(h->can, 0, sizeof(h->can));
    agree(pool_leave(&t, heads[i]), CXL_POOL_OK, &now, &next);
    ref.host[i].alive = false;
}

static void do_die(unsigned i)
{
    ref.host[i].alive = false;
    memset(ref.host[i].can, 0, sizeof(ref.host[i].can));
    t.alive &= ~(1ull << heads[i]);
    check(true);
}

static void do_acknowledge(unsigned i)
{
    Host *h = &ref.host[i];

    if (!h->alive) {
        return;
    }
    for (unsigned u = 0; u < UNITS; u++) {
        h->can[u] = right_of(h, u);
    }
    h->owes = false;
    pool_acknowledge(&t, heads[i]);
}

static void do_fence(unsigned i)
{
    Reference now = ref, next;

    sweep(&now);
    next = now;
    next.host[i].state = CXL_POOL_FENCED;
    next.host[i].access = CXL_POOL_NO_ACCESS;
    agree(pool_fence(&t, heads[i]), CXL_POOL_OK, &now, &next);
}

static void do_reclaim(unsigned i)
{
    Reference now = ref, next;

    sweep(&now);
    next = now;
    next.host[i].state = CXL_POOL_FREE;
    next.host[i].access = CXL_POOL_NO_ACCESS;
    agree(pool_reclaim(&t, heads[i]),
          now.host[i].alive ? CXL_POOL_ALIVE : CXL_POOL_OK, &now, &next);
}

static void do_set_access(unsigned i)
{
    CxlPoolAccess access = (CxlPoolAccess)unit_below(4);
    Reference now = ref, next;
    CxlPoolError want;

    sweep(&now);
    next = now;
    want = now.host[i].state == CXL_POOL_FENCED ? CXL_POOL_SHUT_OUT :
           now.host[i].state == CXL_POOL_FREE ? CXL_POOL_NOT_JOINED :
           owner_in_the_way(&now, i, access);
    next.host[i].access = access;
    agree(pool_set_access(&t, heads[i], access), want, &now, &next);
}

static void do_set_range(unsigned i)
{
    CxlPoolRight right = (CxlPoolRight)unit_below(3);
    unsigned start = 1 + (unsigned)unit_below(UNITS - 2);
    unsigned units = 1 + (unsigned)unit_below(UNITS - 1 - start);
    Reference now = ref, next;
    uint64_t mask = 0;

    sweep(&now);
    next = now;
    for (unsigned k = 0; k < HOSTS; k++) {
        if (k == i || unit_below(8) == 0) {
            mask |= 1ull << heads[k];
            for (unsigned u = start; u < start + units; u++) {
                next.host[k].row[u] = right;
            }
        }
    }
    agree(pool_set_range(&t, FIRST + start, units, mask, right), CXL_POOL_OK,
          &now, &next);
}

/* What the file says of one host is what the reference says of it */
static void compare(const CxlPool *pool, unsigned i)
{
    const CxlPoolHead *head = &pool->head[heads[i]];
    CxlPoolRange ranges[CXL_POOL_RANGES];
    unsigned n = cxl_pool_rights(pool, heads[i], ranges), r = 0;
    const Host *h = &ref.host[i];
    uint64_t end = 0, limit_end;
    CxlDpaLimits limits;

    check_eq(head->state, h->state);
    check_eq(head->access, h->access);
    cxl_pool_limits(pool, heads[i], &limits);
    for (unsigned u = 0; u < UNITS; u++) {
        uint64_t at = u ? (FIRST + u) * CXL_POOL_UNIT : 0;

        while (r < n && ranges[r].start + ranges[r].length <= at) {
            r++;
        }
        if (r == n || ranges[r].right != right_of(h, u)) {
            check_eq(r < n ? ranges[r].right : n, right_of(h, u));
        }
        if (cxl_dpa_limit(&limits, at, &limit_end) !=
            CXL_DPA_NO_ACCESS - (CxlDpaRights)right_of(h, u)) {
            check_eq(u, right_of(h, u));
        }
    }
    for (r = 0; r < n; r++) {
        check(ranges[r].start == end && ranges[r].length);
        check(!r || ranges[r].right != ranges[r - 1].right);
        end += ranges[r].length;
    }
    check_eq(end, 2 * CXL_DPA_UNIT);
}

static void compare_all(void)
{
    CxlPool pool = pool_now(&t);
    uint64_t owing = 0;

    check_eq(pool.generation, ref.generation);
    for (unsigned i = 0; i < HOSTS; i++) {
        compare(&pool, i);
        owing |= (uint64_t)(ref.host[i].owes && ref.host[i].alive) << heads[i];
    }
    /* Who was fenced without having had anything owes its word, too */
    check_eq(owing & ~cxl_pool_owing(&pool, t.alive), 0);
}

static void test_random(void)
{
    static void (*const change[])(unsigned) = {
        do_join, do_join, do_join, do_leave, do_die, do_acknowledge,
        do_acknowledge, do_acknowledge, do_fence, do_reclaim, do_reclaim,
        do_set_access, do_set_range, do_set_range,
    };
    unsigned long failures = unit_failures;

    pool_setup(&t);
    ref = (Reference) { .generation = 1 };
    for (unsigned i = 0; i < HOSTS; i++) {
        for (unsigned u = 0; u < UNITS; u++) {
            ref.host[i].row[u] = CXL_POOL_WRITE;
        }
    }
    for (unsigned round = 0; round < ROUNDS && unit_failures == failures;
         round++) {
        unsigned i = (unsigned)unit_below(HOSTS);
        unsigned which = (unsigned)unit_below(sizeof(change) /
                                              sizeof(change[0]));

        change[which](i);
        compare_all();
        if (unit_failures != failures) {
            unit_note("round %u, change %u, head %u", round, which, heads[i]);
        }
    }
}

int main(void)
{
    unit_run("100000 changes at random", test_random);
    return unit_done();
}
