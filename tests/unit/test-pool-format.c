/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file of a pool: changes that are cut short, and bytes of any kind
 */
#include "unit.h"

#include "pool.h"

/* Where things are in the header, by number */
#define AT_VERSION      8
#define AT_INCOMPATIBLE 12
#define AT_COMPATIBLE   16
#define AT_COUNT        88
#define AT_KIND         96
#define AT_SUM          248
#define AT_GENERATION   (CXL_POOL_COPIES + 8)

static TestPool t;
static uint8_t before[CXL_POOL_FILE];

static CxlPoolVerdict verdict_of(uint64_t size)
{
    CxlPool pool;

    return cxl_pool_read(t.file, size, &pool);
}

/* The sum of the header, as the format has it */
static void seal_header(void)
{
    uint64_t sum = 0x9e3779b97f4a7c15ull;

    for (unsigned i = 0; i < AT_SUM; i += 8) {
        sum = (sum ^ cxl_le_load(t.file + i, 8)) * 0xff51afd7ed558ccdull;
        sum ^= sum >> 32;
    }
    cxl_le_store(t.file + AT_SUM, 8, sum);
}

static CxlPoolVerdict with_header(unsigned at, unsigned size, uint64_t value)
{
    pool_setup(&t);
    cxl_le_store(t.file + at, size, value);
    seal_header();
    return verdict_of(sizeof(t.file));
}

static void test_header(void)
{
    pool_setup(&t);
    seal_header();
    check_eq(verdict_of(sizeof(t.file)), CXL_POOL_GOOD);
    check_eq(verdict_of(0), CXL_POOL_EMPTY);
    check_eq(verdict_of(7), CXL_POOL_FOREIGN);
    check_eq(verdict_of(8), CXL_POOL_CUT);
    check_eq(verdict_of(CXL_POOL_HEADER - 1), CXL_POOL_CUT);
    check_eq(verdict_of(CXL_POOL_FILE - 1), CXL_POOL_CUT);
    check_eq(verdict_of(CXL_POOL_FILE + 1ull), CXL_POOL_CUT);
    check_eq(with_header(0, 1, 'c'), CXL_POOL_FOREIGN);
    check_eq(with_header(AT_VERSION, 4, 2), CXL_POOL_NEWER);
    check_eq(with_header(AT_VERSION, 4, 0), CXL_POOL_BAD_HEADER);
    check_eq(with_header(AT_INCOMPATIBLE, 4, 1), CXL_POOL_NEWER);
    check_eq(with_header(AT_COMPATIBLE, 4, UINT32_MAX), CXL_POOL_GOOD);
    check_eq(with_header(AT_COUNT, 8, 0), CXL_POOL_BAD_HEADER);
    check_eq(with_header(AT_COUNT, 8, 3), CXL_POOL_BAD_HEADER);
    check_eq(with_header(AT_COUNT, 8, 1ull << 32 | 2), CXL_POOL_BAD_HEADER);
    check_eq(with_header(AT_KIND, 4, 1), CXL_POOL_BAD_HEADER);
    check_eq(with_header(AT_KIND, 4, 2), CXL_POOL_BAD_HEADER);
    check_eq(with_header(AT_KIND + 8, 8, UINT64_MAX), CXL_POOL_BAD_HEADER);
    /* Sizes and places of the sections: in this version there is one of each */
    for (unsigned at = 20; at < 64; at += 4) {
        check_eq(with_header(at, 4, 0x12345678), CXL_POOL_BAD_HEADER);
    }
}

/* As a newer version may have a longer file, that is what is told first */
static void test_newer_and_longer(void)
{
    check_eq(with_header(AT_VERSION, 4, 2), CXL_POOL_NEWER);
    check_eq(verdict_of(CXL_POOL_HEADER), CXL_POOL_NEWER);
}

static void test_header_bits(void)
{
    pool_setup(&t);
    for (unsigned bit = 0; bit < 8 * CXL_POOL_HEADER; bit++) {
        t.file[bit / 8] ^= 1u << bit % 8;
        check(verdict_of(sizeof(t.file)) != CXL_POOL_GOOD);
        t.file[bit / 8] ^= 1u << bit % 8;
    }
    check_eq(verdict_of(sizeof(t.file)), CXL_POOL_GOOD);
}

/* All that a pool can say comes back */
static void test_round_trip(void)
{
    const CxlLink link = { 16, 8, 0x1f, 5, 4 };
    CxlPool pool, again;

    pool_setup(&t);
    check_eq(pool_join(&t, 63, CXL_POOL_READ_ONLY), CXL_POOL_OK);
    check_eq(pool_join(&t, 0, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_set_range(&t, 3, 5, 1ull << 63 | 1, CXL_POOL_READ), 0);
    check_eq(pool_fence(&t, 0), CXL_POOL_OK);
    pool = pool_now(&t);
    pool.backend[1] = (CxlPoolBackend) { UINT64_MAX, 77, 1ull << 62 };
    cxl_pool_write(&pool, t.file + CXL_POOL_COPIES +
                   !pool.copy * CXL_POOL_COPY);
    cxl_le_store(t.file + CXL_POOL_COPIES + !pool.copy * CXL_POOL_COPY, 8, 0);
    again = pool_now(&t);
    check(cxl_pool_same(&pool, &again));
    check_eq(again.generation, 5);
    check_eq(again.backend[1].inode, 77);
    check_eq(again.backend[1].offset, 1ull << 62);
    check_eq(again.slot[63].pid, 1063);
    check_eq(again.slot[63].joined, 2);
    check_eq(again.slot[63].since, 1700000000);
    check_str(again.slot[63].name, "host");
    check(again.slot[63].up);
    check_mem(&again.slot[63].link, &link, sizeof(link));
    check(!again.slot[1].valid);
    check_mem(&again.id, &pool_identity, sizeof(again.id));
}

/* Names go to terminals */
static void test_name(void)
{
    CxlPoolSlot slot = { .joined = 1 };
    CxlPoolPiece p;
    CxlPool pool;

    pool_setup(&t);
    memset(slot.name, 'x', sizeof(slot.name));
    memcpy(slot.name, "\x1b[31m\xc3\xa4", 7);
    p = cxl_pool_write_slot(&pool_identity, 7, &slot, t.file + CXL_POOL_SLOTS +
                            7 * CXL_POOL_SLOT);
    check_eq(p.offset, CXL_POOL_SLOTS + 7 * CXL_POOL_SLOT);
    pool = pool_now(&t);
    check(pool.slot[7].valid);
    check(!memcmp(pool.slot[7].name, "?[31m??xx", 9));
    check_eq(strlen(pool.slot[7].name), CXL_POOL_NAME - 1);
}

/* A slot is of one head of one pool */
static void test_slot_elsewhere(void)
{
    CxlPool pool;

    pool_setup(&t);
    pool_say(&t, 7, 1, 1);
    memcpy(t.file + CXL_POOL_SLOTS, t.file + CXL_POOL_SLOTS +
           7 * CXL_POOL_SLOT, CXL_POOL_SLOT);
    pool = pool_now(&t);
    check(pool.slot[7].valid && !pool.slot[0].valid);
}

/*
 * From @before to what is there now, byte by byte: there is always one state,
 * and it is the one from before or after. What is written last is shown.
 */
static void tear(uint64_t offset, uint32_t size, unsigned step)
{
    static uint8_t after[CXL_POOL_FILE];
    CxlPool old, new, pool;
    bool turned = false;

    memcpy(after, t.file, sizeof(after));
    new = pool_now(&t);
    memcpy(t.file, before, sizeof(before));
    old = pool_now(&t);
    for (uint32_t i = 0; i < size; i++) {
        t.file[offset + i] = after[offset + i];
        if (i % step && i + 1 != size) {
            continue;
        }
        pool = pool_now(&t);
        turned = turned || pool.generation == new.generation;
        if (!check(cxl_pool_same(&pool, turned ? &new : &old)) ||
            !check_eq(pool.generation,
                      turned ? new.generation : old.generation)) {
            unit_note("byte %u of %u", i, size);
            break;
        }
    }
    check(turned);
    check_mem(t.file + offset, after + offset, size);
    memcpy(t.file, after, sizeof(after));
}

/* The copy that a change has written */
static void tear_change(unsigned step)
{
    CxlPool pool = pool_now(&t);

    tear(CXL_POOL_COPIES + pool.copy * CXL_POOL_COPY,
         128 + 64 * CXL_POOL_HEADS + 64 * pool.table.count, step);
    memcpy(before, t.file, sizeof(before));
}

static void test_torn_changes(void)
{
    pool_setup(&t);
    memcpy(before, t.file, sizeof(before));
    check_eq(pool_join(&t, 5, CXL_POOL_EXCLUSIVE), CXL_POOL_OK);
    tear_change(1);
    check_eq(pool_set_access(&t, 5, CXL_POOL_SHARED), CXL_POOL_OK);
    tear_change(1);
    check_eq(pool_join(&t, 6, CXL_POOL_SHARED), CXL_POOL_OK);
    tear_change(1);
    check_eq(pool_set_range(&t, 1, 1, 32, CXL_POOL_READ), CXL_POOL_OK);
    tear_change(1);
    check_eq(pool_set_range(&t, 9, 1, 64, CXL_POOL_NOTHING), CXL_POOL_OK);
    tear_change(1);
    check_eq(pool_set_range(&t, 0, 20, 96, CXL_POOL_WRITE), CXL_POOL_OK);
    tear_change(1);
    check_eq(pool_fence(&t, 5), CXL_POOL_OK);
    tear_change(1);
    check_eq(pool_leave(&t, 6), CXL_POOL_OK);
    tear_change(1);
    t.alive = 0;
    check_eq(pool_reclaim(&t, 5), CXL_POOL_OK);
    tear_change(1);
}

/* The first change of all, over a copy that is all zero, and a long table */
static void test_torn_long_table(void)
{
    pool_setup(&t);
    for (uint64_t i = 0; i < 127; i++) {
        check_eq(pool_set_range(&t, 2 * i, 1, 1ull << i % 64, CXL_POOL_READ),
                 CXL_POOL_OK);
    }
    memcpy(before, t.file, sizeof(before));
    check_eq(pool_set_range(&t, 1, 1, 2, CXL_POOL_READ), CXL_POOL_OK);
    tear_change(13);
    check_eq(pool_set_range(&t, 0, 200, CXL_POOL_ALL, CXL_POOL_WRITE), 0);
    tear_change(3);
}

static void test_torn_slot(void)
{
    CxlPool pool;

    pool_setup(&t);
    check_eq(pool_join(&t, 9, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_fence(&t, 9), CXL_POOL_OK);
    for (unsigned cut = 0; cut <= CXL_POOL_SLOT; cut++) {
        const uint64_t at = CXL_POOL_SLOTS + 9 * CXL_POOL_SLOT;

        pool_say(&t, 9, 2, 2);
        memcpy(before, t.file, sizeof(before));
        pool_acknowledge(&t, 9);
        memcpy(t.file + at + cut, before + at + cut, CXL_POOL_SLOT - cut);
        pool = pool_now(&t);
        check(!pool.slot[9].valid || pool.slot[9].acknowledged == 2 ||
              pool.slot[9].acknowledged == 3);
        check_eq(cxl_pool_owing(&pool, t.alive),
                 pool.slot[9].acknowledged == 3 ? 0 : 1u << 9);
    }
    check_eq(pool.slot[9].acknowledged, 3);
}

/* Whoever is killed in a change is no loss: the next one writes over it */
static void test_torn_and_again(void)
{
    /* The last byte that differs is the generation that head 2 has joined in */
    for (unsigned cut = 0; cut <= 128 + 2 * 64 + 8; cut++) {
        uint64_t at;

        pool_setup(&t);
        check_eq(pool_join(&t, 1, CXL_POOL_SHARED), CXL_POOL_OK);
        memcpy(before, t.file, sizeof(before));
        check_eq(pool_join(&t, 2, CXL_POOL_SHARED), CXL_POOL_OK);
        at = CXL_POOL_COPIES + pool_now(&t).copy * CXL_POOL_COPY + cut;
        memcpy(t.file + at, before + at, CXL_POOL_COPY - cut);
        t.alive = 2;
        check_eq(pool_now(&t).generation, 2);
        check_eq(pool_join(&t, CXL_POOL_ANY_HEAD, CXL_POOL_SHARED), 0);
        check_eq(t.alive, 3);
        check_eq(pool_now(&t).generation, 3);
        check_eq(pool_fence(&t, 1), CXL_POOL_OK);
        check_eq(pool_now(&t).generation, 4);
    }
}

/* Flips a bit of each byte; what is read then is in @generation */
static void spoil_each(uint64_t offset, uint32_t size, uint64_t generation)
{
    for (uint32_t i = 0; i < size; i++) {
        const uint8_t bit = (uint8_t)(1u << unit_below(8));
        CxlPool pool;

        t.file[offset + i] ^= bit;
        pool = pool_now(&t);
        t.file[offset + i] ^= bit;
        if (!check_eq(pool.generation, generation) ||
            !check(pool.slot[9].valid == (offset != CXL_POOL_SLOTS +
                                                    9 * CXL_POOL_SLOT))) {
            unit_note("byte %u", i);
            break;
        }
    }
}

/* A copy with a byte that is wrong is none: the one before is in force */
static void test_every_byte(void)
{
    const uint32_t size = 128 + 64 * CXL_POOL_HEADS + 64;
    uint32_t copy;

    pool_setup(&t);
    check_eq(pool_join(&t, 9, CXL_POOL_SHARED), CXL_POOL_OK);
    check_eq(pool_set_range(&t, 1, 1, 1, CXL_POOL_READ), CXL_POOL_OK);
    copy = pool_now(&t).copy;
    spoil_each(CXL_POOL_COPIES + copy * CXL_POOL_COPY, size, 2);
    spoil_each(CXL_POOL_COPIES + !copy * CXL_POOL_COPY, size, 3);
    spoil_each(CXL_POOL_SLOTS + 9 * CXL_POOL_SLOT, CXL_POOL_SLOT, 3);
}

static void test_both_copies_bad(void)
{
    pool_setup(&t);
    check_eq(pool_join(&t, 1, CXL_POOL_SHARED), CXL_POOL_OK);
    check(cxl_pool_copy_valid(t.file, &pool_identity, 0));
    check(cxl_pool_copy_valid(t.file, &pool_identity, 1));
    check(!cxl_pool_copy_valid(t.file, &pool_identity, 2));
    t.file[AT_GENERATION] ^= 1;
    check(!cxl_pool_copy_valid(t.file, &pool_identity, 0));
    check_eq(pool_now(&t).generation, 2);
    t.file[AT_GENERATION + CXL_POOL_COPY] ^= 4;
    check_eq(verdict_of(sizeof(t.file)), CXL_POOL_BAD_STATE);
    t.file[AT_GENERATION] ^= 1;
    check_eq(pool_now(&t).generation, 1);
}

/* A copy that somebody has meant to write like that */
static CxlPoolVerdict write_both(const CxlPool *from)
{
    CxlPool pool = *from;
    uint8_t bytes[CXL_POOL_COPY];

    pool_setup(&t);
    for (unsigned i = 0; i < 2; i++) {
        CxlPoolPiece p = cxl_pool_write(&pool, bytes);

        memcpy(t.file + p.offset, bytes, p.size);
    }
    return verdict_of(sizeof(t.file));
}

static void bad_head(CxlPoolHead a, CxlPoolHead b)
{
    CxlPool pool;

    cxl_pool_init(&pool, &pool_identity);
    pool.generation = 10;
    check_eq(write_both(&pool), CXL_POOL_GOOD);
    pool.head[0] = a;
    pool.head[63] = b;
    check_eq(write_both(&pool), CXL_POOL_BAD_STATE);
}

static void test_bad_heads(void)
{
    const CxlPoolHead none = { 0 };
    static const CxlPoolHead bad[] = {
        { .state = (CxlPoolHeadState)3 },
        { .state = CXL_POOL_FREE, .access = CXL_POOL_SHARED },
        { .state = CXL_POOL_FREE, .joined = 3 },
        { .state = CXL_POOL_FREE, .lost = 3 },
        { .state = CXL_POOL_JOINED },
        { .state = CXL_POOL_JOINED, .joined = 11 },
        { .state = CXL_POOL_JOINED, .joined = 3, .access = (CxlPoolAccess)4 },
        { .state = CXL_POOL_JOINED, .joined = 3, .lost = 11 },
        { .state = CXL_POOL_JOINED, .joined = 3, .lost_end = CXL_POOL_UNIT },
        { .state = CXL_POOL_JOINED, .joined = 3, .lost = 4, .lost_end = 1 },
        { .state = CXL_POOL_JOINED, .joined = 3, .lost = 4,
          .lost_start = 2 * CXL_POOL_UNIT, .lost_end = CXL_POOL_UNIT },
        { .state = CXL_POOL_JOINED, .joined = 3, .lost = 4,
          .lost_end = 2 * CXL_DPA_UNIT + CXL_POOL_UNIT },
        { .state = CXL_POOL_FENCED, .joined = 3, .access = CXL_POOL_READ_ONLY },
    };
    const CxlPoolHead owner = {
        .state = CXL_POOL_JOINED, .joined = 1, .access = CXL_POOL_EXCLUSIVE,
    };
    CxlPoolHead reader = owner;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        bad_head(none, bad[i]);
    }
    /* Two owners, and one beside whom somebody reads */
    bad_head(owner, owner);
    reader.access = CXL_POOL_READ_ONLY;
    bad_head(owner, reader);
}

static void test_bad_rows(void)
{
    const uint64_t u = CXL_POOL_UNIT;
    const CxlPoolRow bad[][2] = {
        { { 1, u, 0, 0 }, { 2 * u, u, 0, 0 } },
        { { 0, 1, 0, 0 }, { 2 * u, u, 0, 0 } },
        { { 0, 0, 0, 0 }, { 2 * u, u, 0, 0 } },
        { { 0, u, 1, 1 }, { 2 * u, u, 0, 0 } },
        { { 0, 3 * u, 0, 0 }, { 2 * u, u, 0, 0 } },
        { { 4 * u, u, 0, 0 }, { 2 * u, u, 0, 0 } },
        { { 0, u, 0, 0 }, { u, 2 * CXL_DPA_UNIT, 0, 0 } },
        { { 0, u, 0, 0 }, { 2 * CXL_DPA_UNIT, u, 0, 0 } },
        { { 0, u, 0, 0 }, { u, 0 - u, 0, 0 } },
        { { 0, u, 0, 0 }, { 0 - u, 2 * u, 0, 0 } },
    };
    CxlPool pool;

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cxl_pool_init(&pool, &pool_identity);
        pool.table.count = 2;
        memcpy(pool.table.row, bad[i], sizeof(bad[i]));
        check_eq(write_both(&pool), CXL_POOL_BAD_STATE);
    }
    pool_setup(&t);
    cxl_le_store(t.file + CXL_POOL_COPIES + 16, 4, CXL_POOL_ROWS + 1);
    check_eq(verdict_of(sizeof(t.file)), CXL_POOL_BAD_STATE);
    cxl_le_store(t.file + CXL_POOL_COPIES + 16, 4, UINT32_MAX);
    check_eq(verdict_of(sizeof(t.file)), CXL_POOL_BAD_STATE);
}

static void test_bad_generations(void)
{
    CxlPool pool;

    cxl_pool_init(&pool, &pool_identity);
    pool.generation = CXL_POOL_GENERATIONS;
    check_eq(write_both(&pool), CXL_POOL_GOOD);
    pool.generation++;
    check_eq(write_both(&pool), CXL_POOL_BAD_STATE);
    pool.generation = UINT64_MAX;
    check_eq(write_both(&pool), CXL_POOL_BAD_STATE);
    pool.generation = 0;
    check_eq(write_both(&pool), CXL_POOL_BAD_STATE);
}

/* Whatever is read is a state that keeps the rules */
static void test_random_bytes(void)
{
    CxlPool pool;

    for (unsigned round = 0; round < 3000; round++) {
        unsigned n = 1 + (unsigned)unit_below(64);
        /* Few of all bytes are in use: try those more often */
        uint64_t from = round % 4 ? CXL_POOL_COPIES : 0;
        uint64_t size = round % 4 ? 4096 : CXL_POOL_FILE;

        if (round % 5 == 0) {
            pool_setup(&t);
        }
        from += round % 2 ? CXL_POOL_COPY : 0;
        size = from + size > CXL_POOL_FILE ? CXL_POOL_FILE - from : size;
        while (n--) {
            t.file[from + unit_below(size)] = (uint8_t)unit_random();
        }
        if (verdict_of(sizeof(t.file)) == CXL_POOL_GOOD) {
            check_eq(cxl_pool_read(t.file, sizeof(t.file), &pool),
                     CXL_POOL_GOOD);
            check(cxl_pool_ok(&pool));
        }
    }
}

int main(void)
{
    unit_run("header", test_header);
    unit_run("newer and longer", test_newer_and_longer);
    unit_run("every bit of the header", test_header_bits);
    unit_run("round trip", test_round_trip);
    unit_run("names", test_name);
    unit_run("a slot elsewhere", test_slot_elsewhere);
    unit_run("every change, cut at every byte", test_torn_changes);
    unit_run("a change of a long table, cut", test_torn_long_table);
    unit_run("a slot, cut at every byte", test_torn_slot);
    unit_run("cut, and changed again", test_torn_and_again);
    unit_run("every byte of a copy and of a slot", test_every_byte);
    unit_run("both copies bad", test_both_copies_bad);
    unit_run("bad heads", test_bad_heads);
    unit_run("bad rows", test_bad_rows);
    unit_run("bad generations", test_bad_generations);
    unit_run("random bytes", test_random_bytes);
    return unit_done();
}
