/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools: somebody writes what he likes into the state file while members run,
 * sums that are right included, or keeps what all have to lock
 *
 * Members keep their memory, or lose what the file takes from them, answer QMP
 * meanwhile, and have all of it again when the file is put right.
 */
#include "qemu/osdep.h"
#include "cxl-hostile.h"

#define MEMBERS     4
#define STORM_US    (3 * G_USEC_PER_SEC)
/* Where the sum is in the header */
#define AT_SUM      248

static void random_head(CxlPool *pool, CxlPoolHead *head)
{
    uint64_t joined = below(4) ? head->joined : below(pool->generation + 1);

    *head = (CxlPoolHead) { .state = below(8) ? CXL_POOL_JOINED : below(3) };
    if (head->state == CXL_POOL_FREE) {
        return;
    }
    head->joined = joined;
    head->access = head->state == CXL_POOL_FENCED ? 0 : below(4);
    if (below(2)) {
        head->lost = 1 + below(pool->generation);
        head->lost_end = below(units(pool) + 1) * CXL_POOL_UNIT;
    }
}

/* Rows that nobody would make by hand: up to one for each unit */
static void random_table(CxlPool *pool)
{
    uint64_t unit = below(4) * 32, most = 1 + below(8);

    pool->table.count = 0;
    while (below(64) && unit < units(pool)) {
        CxlPoolRow *row = &pool->table.row[pool->table.count++];
        uint64_t length = MIN(1 + below(most), units(pool) - unit);

        *row = (CxlPoolRow) {
            .start = unit * CXL_POOL_UNIT, .length = length * CXL_POOL_UNIT,
            .write = below(NOTHING), .read = below(NOTHING),
        };
        row->read &= ~row->write;
        unit += length + below(2);
    }
}

/* A state that keeps all rules, whatever it takes from whom */
static CxlPool random_state(const CxlPool *from, unsigned heads)
{
    CxlPool pool;

    do {
        pool = *from;
        pool.generation += below(50) ? 1 : 1 + below(1ull << 40);
        for (unsigned i = 0; i < heads; i++) {
            if (!below(2)) {
                random_head(&pool, &pool.head[i]);
            }
        }
        if (!below(2)) {
            random_table(&pool);
        }
    } while (!cxl_pool_ok(&pool));
    return pool;
}

#define FIELD(field, number) \
    { offsetof(CxlPool, field), sizeof_field(CxlPool, field), number }

/* Each breaks a rule, with a sum that is right */
static const struct {
    size_t offset;
    size_t size;
    uint64_t value;
} broken[] = {
    FIELD(generation, 0),
    FIELD(generation, CXL_POOL_GENERATIONS + 1),
    FIELD(generation, UINT64_MAX),
    FIELD(head[0].state, 3),
    FIELD(head[63].state, 255),
    FIELD(head[0].access, 4),
    FIELD(head[1].access, CXL_POOL_EXCLUSIVE),
    FIELD(head[0].joined, 0),
    FIELD(head[0].joined, UINT64_MAX),
    FIELD(head[2].lost, UINT64_MAX),
    FIELD(head[2].lost_start, CXL_POOL_UNIT),
    FIELD(head[2].lost_end, UINT64_MAX & -CXL_POOL_UNIT),
    FIELD(table.row[0].start, 1),
    FIELD(table.row[0].start, QCXL_UNIT),
    FIELD(table.row[0].start, -CXL_POOL_UNIT),
    FIELD(table.row[0].length, 0),
    FIELD(table.row[0].length, 2 * QCXL_UNIT),
    FIELD(table.row[0].length, -CXL_POOL_UNIT),
    FIELD(table.row[0].read, UINT64_MAX),
};

/* @pool, which has all rights, with one of these, as the newest */
static void put_broken(Hostile *h, CxlPool *pool, unsigned which)
{
    CxlPool bad = *pool;

    bad.generation++;
    bad.table.count = 1;
    bad.table.row[0] = (CxlPoolRow) { 0, CXL_POOL_UNIT, UINT64_MAX, 0 };
    if (broken[which].size == 4) {
        uint32_t value = broken[which].value;

        memcpy((uint8_t *)&bad + broken[which].offset, &value, 4);
    } else {
        memcpy((uint8_t *)&bad + broken[which].offset, &broken[which].value, 8);
    }
    put_state(h, &bad);
}

/* Numbers of the header, with a sum that is right */
static void put_header(Hostile *h, unsigned at, unsigned size, uint64_t value)
{
    uint8_t bytes[CXL_POOL_HEADER] = {};
    uint64_t sum = 0x9e3779b97f4a7c15ull;

    g_assert(pread(h->fd, bytes, sizeof(bytes), 0) >= 0);
    cxl_le_store(bytes + at, size, value);
    for (unsigned i = 0; i < AT_SUM; i += 8) {
        sum = (sum ^ cxl_le_load(bytes + i, 8)) * 0xff51afd7ed558ccdull;
        sum ^= sum >> 32;
    }
    cxl_le_store(bytes + AT_SUM, 8, sum);
    put(h, bytes, sizeof(bytes), 0);
}

/* --- tests ---------------------------------------------------------------- */

/* What keeps the rules is obeyed, whoever wrote it */
static void test_obeyed(void)
{
    Hostile *h = hostile_new(MEMBERS);
    CxlPool pool = h->good;

    for (unsigned i = 0; i < 12; i++) {
        pool = random_state(&pool, MEMBERS);
        put_state(h, &pool);
        check_members(h, &pool);
    }
    put_right(h);
    g_assert_cmpint(tool(h->pool, "fence", "--head 1"), ==, 0);
    g_assert(!attached(h->member[1]));
    hostile_free(h);
}

/* As many rows as there can be, more than can be mapped, others each time */
static void test_long_table(void)
{
    Hostile *h = hostile_sized(2, 16 * QCXL_UNIT);
    CxlPool pool = h->good;

    for (unsigned i = 0; i < 4; i++) {
        pool.generation++;
        pool.table.count = CXL_POOL_ROWS;
        for (unsigned n = 0; n < CXL_POOL_ROWS; n++) {
            CxlPoolRow *row = &pool.table.row[n];

            *row = (CxlPoolRow) {
                .start = (2 * n + i % 2) * CXL_POOL_UNIT,
                .length = CXL_POOL_UNIT, .write = below(4), .read = below(4),
            };
            row->read &= ~row->write;
        }
        g_assert(cxl_pool_ok(&pool));
        put_state(h, &pool);
        check_members(h, &pool);
    }
    put_right(h);
    hostile_free(h);
}

/* What does not takes nothing and gives nothing */
static void test_broken(void)
{
    Hostile *h = hostile_new(2);
    CxlPool pool = h->good;

    for (unsigned i = 0; i < ARRAY_SIZE(broken); i++) {
        put_broken(h, &pool, i);
        g_usleep(10000);
        check_members(h, &h->good);
    }
    /* The longest table that there could be, and one longer than the file */
    for (unsigned i = 0; i < 3; i++) {
        static const uint32_t rows[] = { CXL_POOL_ROWS + 1, 4096, UINT32_MAX };

        put(h, &rows[i], 4, CXL_POOL_COPIES + !pool.copy * CXL_POOL_COPY + 16);
        check_members(h, &h->good);
    }
    hostile_free(h);
}

/* Another pool, or none that is known, in the middle of it */
static void test_header(void)
{
    static const struct {
        unsigned at;
        unsigned size;
        uint64_t value;
    } field[] = {
        { 8, 4, 2 }, { 8, 4, UINT32_MAX }, { 12, 4, 1 }, { 20, 4, UINT32_MAX },
        { 24, 4, UINT32_MAX }, { 32, 8, UINT64_MAX }, { 40, 8, 1ull << 63 },
        { 64, 8, 7 }, { 80, 8, 7 }, { 88, 8, 2 }, { 88, 8, UINT64_MAX },
        { 96, 4, 1 }, { 104, 8, 2 * QCXL_UNIT }, { 104, 8, 1ull << 62 },
    };
    Hostile *h = hostile_new(2);
    CxlPool pool = h->good;

    for (unsigned i = 0; i < ARRAY_SIZE(field); i++) {
        put_header(h, field[i].at, field[i].size, field[i].value);
        pool.generation++;
        pool.head[0].access = CXL_POOL_READ_ONLY;
        put_state(h, &pool);
        g_usleep(10000);
        check_members(h, &h->good);
        put_right(h);
        pool.generation = ask(h->member[0], "pool.generation");
        pool.copy = h->good.copy;
    }
    hostile_free(h);
}

/* Nothing can come after the last generation there is */
static void test_last_generation(void)
{
    Hostile *h = hostile_new(2);
    CxlPool pool = h->good;

    pool.generation = CXL_POOL_GENERATIONS;
    pool.head[0].access = CXL_POOL_READ_ONLY;
    put_state(h, &pool);
    check_members(h, &pool);
    g_assert_cmpint(tool(h->pool, "fence", "--head 1"), ==, 1);
    g_assert_cmpint(tool(h->pool, "check", ""), ==, 0);
    check_members(h, &pool);
    hostile_free(h);
}

/* What members say of themselves, in words of others */
static void test_slots(void)
{
    Hostile *h = hostile_new(2);
    CxlPoolSlot slot = h->good.slot[0];

    memset(slot.name, '\xff', sizeof(slot.name));
    slot.pid = UINT32_MAX;
    slot.acknowledged = slot.since = UINT64_MAX;
    put_slot(h, 0, &slot);
    check_members(h, &h->good);
    slot.joined = UINT64_MAX;
    put_slot(h, 1, &slot);
    check_members(h, &h->good);
    g_assert_cmpint(tool(h->pool, "status", ""), ==, 0);
    for (unsigned i = 0; i < 2; i++) {
        g_autofree char *head = g_strdup_printf("--head %u", i);

        g_assert_cmpint(tool(h->pool, "fence", head), ==, 0);
        wait_attached(h->member[i], false);
    }
    hostile_free(h);
}

/* What was acknowledged, and written over then, is acknowledged once more */
static void test_spoilt_slot(void)
{
    Hostile *h = hostile_new(2);
    Pool *p = h->pool;

    g_assert_cmpint(tool(p, "set-access", "--range 0+2M 1=none"), ==, 0);
    g_assert_cmpint(tool(p, "set-access", "--range 0+2M 0=none"), ==, 0);
    put(h, "spoilt", 6, CXL_POOL_SLOTS);
    g_assert_cmpint(tool(p, "set-access", "--range 0+2M 1=read-write"), ==, 0);
    wait_does(h, 1, 0, CXL_POOL_WRITE);
    hostile_free(h);
}

static void write_anything(Hostile *h, CxlPool *pool)
{
    static uint8_t all[CXL_POOL_FILE];
    uint8_t bytes[256];
    CxlPoolSlot slot = { .joined = below(5), .acknowledged = below(NOTHING) };

    switch (below(8)) {
    case 0:
        put_broken(h, pool, below(ARRAY_SIZE(broken)));
        break;
    case 1:
        put_header(h, 8 + 4 * below(60), 4, g_test_rand_int());
        break;
    case 2:
        put_slot(h, below(CXL_POOL_HEADS), &slot);
        break;
    case 3:
        g_assert(!ftruncate(h->fd, below(2 * CXL_POOL_FILE)));
        break;
    case 4:
        g_assert(!ftruncate(h->fd, CXL_POOL_FILE));
        cxl_pool_format(pool, all);
        put(h, all, sizeof(all), 0);
        break;
    case 5:
        for (unsigned i = 0; i < sizeof(bytes); i++) {
            bytes[i] = below(256);
        }
        put(h, bytes, 1 + below(sizeof(bytes)), below(CXL_POOL_FILE));
        break;
    default:
        *pool = random_state(pool, 8);
        put_state(h, pool);
    }
}

/* All of it, as fast as it can be written */
static void test_storm(void)
{
    Hostile *h = hostile_new(8);
    CxlPool pool = h->good;
    int64_t end = g_get_monotonic_time() + STORM_US;
    unsigned writes = 0;

    while (g_get_monotonic_time() < end) {
        write_anything(h, &pool);
        if (++writes % 64 == 0) {
            unsigned i = below(h->members);

            ask(h->member[i], "pool.generation");
            does(h, i, below(units(&h->good)), CXL_POOL_WRITE);
        }
        if (writes % 16 == 0) {
            g_usleep(below(20000));
        }
    }
    g_test_message("%u writes", writes);
    put_right(h);
    g_assert_cmpint(tool(h->pool, "check", ""), ==, 0);
    g_assert_cmpint(tool(h->pool, "fence", "--head 7"), ==, 0);
    hostile_free(h);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/pool-hostile/obeyed", test_obeyed);
    qtest_add_func("/cxl/pool-hostile/long-table", test_long_table);
    qtest_add_func("/cxl/pool-hostile/broken", test_broken);
    qtest_add_func("/cxl/pool-hostile/header", test_header);
    qtest_add_func("/cxl/pool-hostile/last-generation", test_last_generation);
    qtest_add_func("/cxl/pool-hostile/slots", test_slots);
    qtest_add_func("/cxl/pool-hostile/spoilt-slot", test_spoilt_slot);
    qtest_add_func("/cxl/pool-hostile/storm", test_storm);
    return g_test_run();
}
