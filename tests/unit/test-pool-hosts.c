/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts that share the state file of a pool: who joins, loses, lets go and dies
 */
#include <sys/resource.h>
#include <time.h>

#include "pool-hosts.h"

static time_t clock_now;

/* In the place of the C library's */
time_t time(time_t *t)
{
    return clock_now;
}

/* What people do to the clock changes what is shown, and nothing else */
static void test_clock(void)
{
    static const time_t now[] = { 1700000000, 5, 1800000000, -1, 0 };
    uint64_t owing;
    CxlPoolFile f;
    Host a;

    setup();
    f = opened();
    for (unsigned i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
        clock_now = now[i];
        a = host(0, CXL_POOL_EXCLUSIVE, lets_go);
        clock_now = -now[i];
        check_eq(alive(&f), 1);
        check_eq(f.now->slot[0].since, (uint64_t)now[i]);
        check_eq(cxl_pool_file_fence(&f, 0, &why), 0);
        check_eq(cxl_pool_file_await(&f, 1, PATIENCE, &owing, &why), 0);
        check_eq(owing, 0);
        end(a);
        check_eq(cxl_pool_file_reclaim(&f, 0, &why), 0);
    }
    cxl_pool_file_close(&f);
}

static void test_join_and_die(void)
{
    Host a, b, c;
    CxlPoolFile f;

    setup();
    f = opened();
    a = host(CXL_POOL_ANY_HEAD, CXL_POOL_SHARED, sleeps);
    b = host(CXL_POOL_ANY_HEAD, CXL_POOL_READ_ONLY, sleeps);
    check_eq(alive(&f), 3);
    check_eq(f.now->slot[0].pid, a.pid);
    check_str(f.now->slot[1].name, "test");
    check_eq(join(&f, 1, CXL_POOL_SHARED), -1);
    check(strstr(why.text, "the head is taken: head 1, process ") != NULL);
    check_eq(f.refused, CXL_POOL_TAKEN);
    check_eq(join(&f, 2, CXL_POOL_EXCLUSIVE), -1);
    check(strstr(why.text, "somebody else has access: head 0, ") != NULL);
    end(a);
    check_eq(alive(&f), 2);
    c = host(CXL_POOL_ANY_HEAD, CXL_POOL_SHARED, sleeps);
    check_eq(alive(&f), 3);
    check_eq(f.now->slot[0].pid, c.pid);
    end(b);
    end(c);
    check_eq(join(&f, 63, CXL_POOL_EXCLUSIVE), 0);
    check_eq(alive(&f), 1ull << 63);
    check_eq(cxl_pool_file_leave(&f, &why), 0);
    check_eq(alive(&f), 0);
    check_eq(f.now->head[63].state, CXL_POOL_FREE);
    cxl_pool_file_close(&f);
}

static void holds_lock(CxlPoolFile *f)
{
    cxl_pool_file_lock(f, CXL_POOL_CHANGE_BYTE, &why);
    pause();
}

/* Whoever keeps the lock is named, and loses it when it dies */
static void test_stuck(void)
{
    char number[32];
    uint64_t before;
    CxlPoolFile f;
    Host a;

    setup();
    f = opened();
    a = host(0, CXL_POOL_SHARED, holds_lock);
    while (!cxl_pool_file_holder(&f, CXL_POOL_CHANGE_BYTE)) {
        usleep(1000);
    }
    check_eq(cxl_pool_file_holder(&f, CXL_POOL_HEAD_BYTE), a.pid);
    check_eq(cxl_pool_file_holder(&f, CXL_POOL_HEAD_BYTE + 1), 0);
    before = cxl_pool_milliseconds();
    check_eq(cxl_pool_file_fence(&f, 5, &why), -1);
    check(cxl_pool_milliseconds() - before >= 300);
    snprintf(number, sizeof(number), "by process %d (test-", (int)a.pid);
    if (!check(strstr(why.text, number) != NULL)) {
        unit_note("%s", why.text);
    }
    /* Reading goes on */
    check_eq(alive(&f), 1);
    end(a);
    check_eq(cxl_pool_file_fence(&f, 5, &why), 0);
    cxl_pool_file_close(&f);
}

static bool always(void)
{
    return true;
}

static void test_fence(void)
{
    uint64_t owing;
    CxlPoolFile f;
    Host a, b;

    setup();
    f = opened();
    a = host(0, CXL_POOL_SHARED, lets_go);
    b = host(1, CXL_POOL_SHARED, sleeps);
    check_eq(cxl_pool_file_fence(&f, 0, &why), 0);
    check_eq(cxl_pool_file_await(&f, 1, PATIENCE, &owing, &why), 0);
    check_eq(owing, 0);
    check_eq(cxl_pool_file_fence(&f, 1, &why), 0);
    check_eq(cxl_pool_file_await(&f, 2, 50, &owing, &why), 0);
    check_eq(owing, 2);
    f.stopped = always;
    check_eq(cxl_pool_file_await(&f, 2, PATIENCE, &owing, &why), -1);
    check(strstr(why.text, "nobody waits for others") != NULL);
    f.stopped = NULL;
    check_eq(cxl_pool_file_reclaim(&f, 1, &why), -1);
    check(strstr(why.text, "the head is in use: head 1, process") != NULL);
    end(b);
    check_eq(cxl_pool_file_await(&f, 2, PATIENCE, &owing, &why), 0);
    check_eq(owing, 0);
    check_eq(cxl_pool_file_reclaim(&f, 1, &why), 0);
    end(a);
    cxl_pool_file_close(&f);
}

static void test_set(void)
{
    const CxlPoolWish move[] = {
        { .heads = 1, .access = CXL_POOL_NO_ACCESS },
        { .heads = 2, .access = CXL_POOL_EXCLUSIVE },
    };
    const CxlPoolWish back[] = {
        { .heads = 2, .access = CXL_POOL_NO_ACCESS },
        { .heads = 1, .access = CXL_POOL_EXCLUSIVE },
    };
    const CxlPoolWish range = {
        .heads = CXL_POOL_ALL, .length = CXL_POOL_UNIT,
    };
    CxlPoolFile f;
    Host a, b;

    setup();
    f = opened();
    a = host(0, CXL_POOL_SHARED, lets_go);
    b = host(1, CXL_POOL_SHARED, sleeps);
    check_eq(cxl_pool_file_set(&f, move, 2, PATIENCE, &why), 0);
    check_eq(alive(&f), 3);
    check_eq(f.now->head[0].access, CXL_POOL_NO_ACCESS);
    check_eq(f.now->head[1].access, CXL_POOL_EXCLUSIVE);
    /* Who loses says nothing: nobody has it then */
    check_eq(cxl_pool_file_set(&f, back, 2, 50, &why), -1);
    check(strstr(why.text, "head 1, process") != NULL);
    check_eq(alive(&f), 3);
    check_eq(f.now->head[0].access, CXL_POOL_NO_ACCESS);
    check_eq(f.now->head[1].access, CXL_POOL_NO_ACCESS);
    end(b);
    check_eq(cxl_pool_file_set(&f, back + 1, 1, 50, &why), 0);
    check_eq(cxl_pool_file_set(&f, &range, 1, PATIENCE, &why), 0);
    check_eq(alive(&f), 1);
    check_eq(f.now->table.count, 1);
    check_eq(cxl_pool_file_set(&f, move + 1, 1, PATIENCE, &why), -1);
    check(strstr(why.text, "nobody has the head: head 1") != NULL);
    end(a);
    cxl_pool_file_close(&f);
}

/* What could not be written is owed, until it can */
static void test_acknowledge(void)
{
    struct rlimit old, none;
    CxlPoolFile f, g;
    int ret;

    setup();
    f = opened();
    g = opened();
    check_eq(join(&f, 0, CXL_POOL_SHARED), 0);
    check_eq(cxl_pool_file_fence(&g, 0, &why), 0);
    check_eq(alive(&f), 1);
    check(cxl_pool_file_owes(&f));
    check_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    none = old;
    none.rlim_cur = CXL_POOL_COPIES;
    signal(SIGXFSZ, SIG_IGN);
    check_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ret = cxl_pool_file_acknowledge(&f, &why);
    check_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    check_eq(ret, -1);
    check(strstr(why.text, "cannot be written: File too large") != NULL);
    check(cxl_pool_file_owes(&f));
    check_eq(alive(&g), 1);
    check_eq(cxl_pool_owing(g.now, 1), 1);
    check_eq(cxl_pool_file_acknowledge(&f, &why), 0);
    check(!cxl_pool_file_owes(&f));
    check_eq(alive(&g), 1);
    check_eq(cxl_pool_owing(g.now, 1), 0);
    cxl_pool_file_close(&g);
    cxl_pool_file_close(&f);
}

/* Who gains what nobody has lost need not wait for one that hangs */
static void test_set_beside_a_fence(void)
{
    const CxlPoolWish parts[] = {
        { .heads = CXL_POOL_ALL & ~2ull, .length = CXL_POOL_UNIT },
        { .heads = 2, .start = CXL_POOL_UNIT,
          .length = CXL_DPA_UNIT - CXL_POOL_UNIT },
    };
    const CxlPoolWish more = { .heads = 1, .access = CXL_POOL_SHARED };
    uint64_t owing;
    CxlPoolFile f;
    Host a, b;

    setup();
    f = opened();
    check_eq(cxl_pool_file_set(&f, parts, 2, 50, &why), 0);
    a = host(0, CXL_POOL_READ_ONLY, sleeps);
    b = host(1, CXL_POOL_SHARED, sleeps);
    check_eq(cxl_pool_file_fence(&f, 1, &why), 0);
    check_eq(cxl_pool_file_await(&f, 2, 0, &owing, &why), 0);
    check_eq(owing, 2);
    if (!check(!cxl_pool_file_set(&f, &more, 1, 50, &why))) {
        unit_note("%s", why.text);
    }
    check_eq(alive(&f), 3);
    check_eq(f.now->head[0].access, CXL_POOL_SHARED);
    end(b);
    end(a);
    cxl_pool_file_close(&f);
}

int main(void)
{
    if (!begin()) {
        return 1;
    }
    unit_run("clock", test_clock);
    unit_run("join and die", test_join_and_die);
    unit_run("stuck", test_stuck);
    unit_run("fence", test_fence);
    unit_run("set", test_set);
    unit_run("acknowledge", test_acknowledge);
    unit_run("set beside a fence", test_set_beside_a_fence);
    return finish();
}
