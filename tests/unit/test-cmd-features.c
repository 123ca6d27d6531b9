/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Features: list, read, set whole and in parts, saved (CXL 3.1 8.2.9.6)
 */
#include "memdev-fixture.h"

#define FEATURES    8

enum { SCRUB, ECS, SPPR, HPPR, CACHELINE, ROW, BANK, RANK };
enum { FULL, INITIATE, CONTINUE, FINISH, ABORT, SAVE = 8 };
enum { CURRENT, DEFAULT, SAVED };

/* As the specification prints them; sizes of what is read and what is set */
static const struct {
    uint8_t uuid[4];
    uint16_t get, set, effects;
    uint8_t version;
} want[FEATURES] = {
    { { 0x96, 0xda, 0xd7, 0xd6 }, 4, 2, 0x202, 1 },
    { { 0xe5, 0xb1, 0x3f, 0x22 }, 13, 7, 0x202, 1 },
    { { 0x89, 0x2b, 0xa4, 0x75 }, 20, 3, 0x601, 2 },
    { { 0x80, 0xea, 0x45, 0x21 }, 20, 3, 0x601, 2 },
    { { 0x96, 0xc3, 0x33, 0x86 }, 19, 2, 0x202, 1 },
    { { 0x45, 0x0e, 0xbf, 0x67 }, 19, 2, 0x202, 1 },
    { { 0x78, 0xb7, 0x96, 0x36 }, 19, 2, 0x202, 1 },
    { { 0x34, 0xdb, 0xaf, 0xf5 }, 19, 2, 0x202, 1 },
};

static uint8_t uuids[FEATURES + 1][16];

static Reply list(uint32_t count, uint16_t start)
{
    uint8_t in[8] = { 0 };

    cxl_le_store(in, 4, count);
    cxl_le_store(in + 4, 2, start);
    return mbox_send(m, CXL_OP_GET_SUPPORTED_FEATURES, in, 8);
}

static void setup_features(void)
{
    Reply r;

    setup();
    r = list(8 + FEATURES * 48, 0);
    check_eq(r.len, 8 + FEATURES * 48);
    for (unsigned i = 0; i < FEATURES; i++) {
        memcpy(uuids[i], r.out + 8 + 48 * i, 16);
    }
}

static Reply get(unsigned feature, uint8_t selection, uint16_t offset,
                 uint16_t count)
{
    uint8_t in[0x15];

    memcpy(in, uuids[feature], 16);
    cxl_le_store(in + 16, 2, offset);
    cxl_le_store(in + 18, 2, count);
    in[20] = selection;
    return mbox_send(m, CXL_OP_GET_FEATURE, in, sizeof(in));
}

static uint16_t set_version(unsigned feature, uint32_t flags, uint16_t offset,
                            const void *data, uint32_t len, uint8_t version)
{
    uint8_t in[PAYLOAD_SIZE] = { 0 };

    memcpy(in, uuids[feature], 16);
    cxl_le_store(in + 16, 4, flags);
    cxl_le_store(in + 20, 2, offset);
    in[22] = version;
    memcpy(in + 0x20, data, len);
    return mbox_send(m, CXL_OP_SET_FEATURE, in, 0x20 + len).ret;
}

static uint16_t set(unsigned feature, uint32_t flags, uint16_t offset,
                    const void *data, uint32_t len)
{
    return set_version(feature, flags, offset, data, len,
                       want[feature % FEATURES].version);
}

static void expect(unsigned feature, uint8_t selection, uint16_t offset,
                   uint32_t bytes, unsigned len)
{
    Reply r = get(feature, selection, offset, (uint16_t)len);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, len);
    check_eq(cxl_le_load(r.out, len), bytes);
}

static void test_list(void)
{
    Reply r;

    setup_features();
    r = list(UINT32_MAX, 0);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(cxl_le_load(r.out, 8), FEATURES | FEATURES << 16);
    for (unsigned i = 0; i < FEATURES; i++) {
        const uint8_t *entry = r.out + 8 + 48 * i;

        check_mem(entry, want[i].uuid, 4);
        check_eq(cxl_le_load(entry + 16, 2), i);
        check_eq(cxl_le_load(entry + 18, 2), want[i].get);
        check_eq(cxl_le_load(entry + 20, 2), want[i].set);
        check_eq(cxl_le_load(entry + 22, 4), 0x77);
        check_eq(entry[26], want[i].version);
        check_eq(entry[27], want[i].version);
        check_eq(cxl_le_load(entry + 28, 2), want[i].effects);
    }
    for (uint32_t count = 0; count < 8; count++) {
        check_eq(list(count, 0).ret, CXL_RET_INVALID_INPUT);
    }
    for (uint32_t count = 8; count < 8 + 200; count++) {
        r = list(count, 6);
        check_eq(r.len, 8 + 48 * (count < 56 ? 0 : count < 104 ? 1 : 2));
        check_eq(cxl_le_load(r.out, 2), (r.len - 8) / 48);
        check_eq(cxl_le_load(r.out + 2, 2), FEATURES);
    }
    check_eq(list(2048, FEATURES).ret, CXL_RET_INVALID_INPUT);
    check_eq(list(2048, UINT16_MAX).ret, CXL_RET_INVALID_INPUT);
    teardown();
}

static void test_get(void)
{
    setup_features();
    for (unsigned i = 0; i < FEATURES; i++) {
        Reply all = get(i, CURRENT, 0, want[i].get);

        check_eq(all.len, want[i].get);
        for (unsigned offset = 0; offset <= want[i].get; offset++) {
            uint16_t rest = (uint16_t)(want[i].get - offset);
            Reply r = get(i, CURRENT, (uint16_t)offset, rest);

            check_eq(r.ret, CXL_RET_SUCCESS);
            check_eq(r.len, rest);
            check_mem(r.out, all.out + offset, rest);
            check_eq(get(i, CURRENT, (uint16_t)offset, rest + 1).ret,
                     CXL_RET_INVALID_INPUT);
        }
        check_eq(get(i, CURRENT, UINT16_MAX, 1).ret, CXL_RET_INVALID_INPUT);
        check_eq(get(i, CURRENT, 1, UINT16_MAX).ret, CXL_RET_INVALID_INPUT);
        check_eq(get(i, CURRENT, UINT16_MAX, UINT16_MAX).ret,
                 CXL_RET_INVALID_INPUT);
        for (unsigned selection = 0; selection < 256; selection++) {
            check_eq(get(i, (uint8_t)selection, 0, 1).ret,
                     selection <= SAVED ? CXL_RET_SUCCESS
                                        : CXL_RET_UNSUPPORTED_FEATURE_SELECT);
        }
    }
    check_eq(get(FEATURES, CURRENT, 0, 1).ret, CXL_RET_INVALID_INPUT);
    /* class and subclass of the operation that they are about */
    for (unsigned i = SPPR; i <= RANK; i++) {
        expect(i, CURRENT, 5, i < CACHELINE ? (i - SPPR) << 8 | 1 :
                              (i - CACHELINE) << 8 | 2, 2);
    }
    expect(CACHELINE, CURRENT, 17, 6, 2);
    expect(SPPR, CURRENT, 16, 0x0b, 1);
    teardown();
}

/* What Linux's EDAC does: the cycle, the switch, saved always */
static void test_scrub(void)
{
    setup_features();
    expect(SCRUB, CURRENT, 0, 0x01011801, 4);
    check_eq(set(SCRUB, FULL | SAVE, 0, "\x08\x00", 2), CXL_RET_SUCCESS);
    expect(SCRUB, CURRENT, 0, 0x00010801, 4);
    expect(SCRUB, SAVED, 0, 0x00010801, 4);
    expect(SCRUB, DEFAULT, 0, 0x01011801, 4);
    check_eq(set(SCRUB, FULL, 0, "\x00\x01", 2), CXL_RET_INVALID_INPUT);
    /* reserved flags are ignored; a part of it leaves the rest */
    check_eq(set(SCRUB, FULL, 1, "\xff", 1), CXL_RET_SUCCESS);
    expect(SCRUB, CURRENT, 0, 0x01010801, 4);
    expect(SCRUB, SAVED, 0, 0x00010801, 4);
    teardown();
}

static void test_ecs(void)
{
    uint8_t ecs[7] = { 1, 0x1d, 0, 0x0c, 0, 0xe3, 0xff };

    setup_features();
    expect(ECS, CURRENT, 0, 0, 2);
    expect(ECS, CURRENT, 2, 3, 2);
    check_eq(set(ECS, FULL, 0, ecs, 7), CXL_RET_SUCCESS);
    expect(ECS, CURRENT, 0, 0x0d0001, 3);
    expect(ECS, CURRENT, 6, 0x0c, 2);
    expect(ECS, CURRENT, 10, 0x03, 2);
    for (unsigned i = 0; i < 3; i++) {
        for (uint8_t threshold = 0; threshold < 8; threshold++) {
            ecs[1 + 2 * i] = threshold;
            check_eq(set(ECS, FULL, 0, ecs, 7),
                     threshold >= 3 && threshold <= 5 ? CXL_RET_SUCCESS
                                                   : CXL_RET_INVALID_INPUT);
        }
        ecs[1 + 2 * i] = 3;
    }
    ecs[0] = 2;
    check_eq(set(ECS, FULL, 0, ecs, 7), CXL_RET_INVALID_INPUT);
    teardown();
}

/* Parts: in order, of one feature, never more than it has */
static void test_parts(void)
{
    const uint8_t ecs[] = { 1, 0x04, 0, 0x05, 0, 0x0b, 0, 0xee };

    setup_features();
    check_eq(set(ECS, CONTINUE, 0, ecs, 1), CXL_RET_FEATURE_OUT_OF_ORDER);
    check_eq(set(ECS, FINISH, 0, ecs, 1), CXL_RET_FEATURE_OUT_OF_ORDER);
    check_eq(set(ECS, ABORT, 0, ecs, 0), CXL_RET_SUCCESS);
    for (uint32_t part = 5; part < 8; part++) {
        check_eq(set(ECS, part, 0, ecs, 1), CXL_RET_INVALID_INPUT);
    }
    for (unsigned save = 0; save < 2; save++) {
        check_eq(set(ECS, INITIATE | save * SAVE, 0, ecs, 2),
                 CXL_RET_SUCCESS);
        check_eq(set(ECS, INITIATE, 0, ecs, 2), CXL_RET_FEATURE_IN_PROGRESS);
        check_eq(set(ECS, FULL, 0, ecs, 7), CXL_RET_FEATURE_IN_PROGRESS);
        check_eq(set(SCRUB, FULL, 0, ecs, 2), CXL_RET_FEATURE_IN_PROGRESS);
        check_eq(set(SCRUB, CONTINUE, 2, ecs, 2),
                 CXL_RET_FEATURE_OUT_OF_ORDER);
        check_eq(set(ECS, CONTINUE, 1, ecs, 2), CXL_RET_FEATURE_OUT_OF_ORDER);
        check_eq(set(ECS, CONTINUE, 3, ecs, 2), CXL_RET_FEATURE_OUT_OF_ORDER);
        check_eq(set(ECS, CONTINUE, UINT16_MAX, ecs, 2),
                 CXL_RET_FEATURE_OUT_OF_ORDER);
        check_eq(set(ECS, CONTINUE, 2, ecs + 2, 6), CXL_RET_INVALID_INPUT);
        check_eq(set(ECS, CONTINUE, 2, ecs + 2, 0), CXL_RET_INVALID_INPUT);
        check_eq(set(ECS, CONTINUE, 2, ecs + 2, 4), CXL_RET_SUCCESS);
        check_eq(set(ECS, FINISH, 6, ecs + 6, 2), CXL_RET_INVALID_INPUT);
        expect(ECS, CURRENT, 0, save, 1);
        check_eq(set(ECS, FINISH, 6, ecs + 6, 1), CXL_RET_SUCCESS);
        expect(ECS, CURRENT, 2, 0x04, 2);
        expect(ECS, CURRENT, 10, 0x0b, 2);
        expect(ECS, SAVED, 10, save ? 0x0b : 0x03, 2);
        check_eq(set(ECS, FINISH, 7, ecs + 6, 1),
                 CXL_RET_FEATURE_OUT_OF_ORDER);
    }
    /* aborted: nothing of it remains */
    check_eq(set(ECS, INITIATE, 0, "\x00", 1), CXL_RET_SUCCESS);
    check_eq(set(ECS, ABORT, 0, ecs, 0), CXL_RET_SUCCESS);
    check_eq(set(ECS, FINISH, 1, ecs, 1), CXL_RET_FEATURE_OUT_OF_ORDER);
    expect(ECS, CURRENT, 0, 1, 1);
    teardown();
}

static void test_bounds(void)
{
    const uint8_t zeroes[PAYLOAD_SIZE - 0x20] = { 0 };

    setup_features();
    for (unsigned i = 0; i < FEATURES; i++) {
        uint16_t size = want[i].set;

        for (unsigned part = FULL; part <= INITIATE; part++) {
            check_eq(set(i, part, 0, zeroes, 0), CXL_RET_INVALID_INPUT);
            check_eq(set(i, part, 0, zeroes, size + 1), CXL_RET_INVALID_INPUT);
            check_eq(set(i, part, size, zeroes, 1), CXL_RET_INVALID_INPUT);
            check_eq(set(i, part, UINT16_MAX, zeroes, 1),
                     CXL_RET_INVALID_INPUT);
            check_eq(set(i, part, 1, zeroes, sizeof(zeroes)),
                     CXL_RET_INVALID_INPUT);
        }
        for (unsigned version = 0; version < 256; version++) {
            if (version != want[i].version) {
                check_eq(set_version(i, FULL, 0, zeroes, 1, (uint8_t)version),
                         CXL_RET_UNSUPPORTED_FEATURE_VERSION);
            }
        }
    }
    check_eq(set(FEATURES, FULL, 0, zeroes, 1), CXL_RET_INVALID_INPUT);
    teardown();
}

/* At once or after a reset, saved or not */
static void test_resets(void)
{
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        bool kept = kind == CXL_RESET_FUNCTION;

        setup_features();
        check_eq(set(SCRUB, FULL | SAVE, 0, "\x05\x00", 2), CXL_RET_SUCCESS);
        check_eq(set(SCRUB, FULL, 0, "\x06\x01", 2), CXL_RET_SUCCESS);
        check_eq(set(RANK, FULL, 0, "\x01\x00", 2), CXL_RET_SUCCESS);
        check_eq(set(SPPR, FULL, 0, "\xff\xff\xff", 3), CXL_RET_SUCCESS);
        check_eq(set(HPPR, FULL | SAVE, 0, "\x00\x00\x02", 3),
                 CXL_RET_SUCCESS);
        check_eq(set(ECS, INITIATE, 0, "\x01", 1), CXL_RET_SUCCESS);
        expect(RANK, CURRENT, 3, 1, 2);
        expect(SPPR, CURRENT, 3, 0, 2);
        expect(HPPR, SAVED, 19, 2, 1);
        cxl_memdev_reset(m, kind);
        expect(SCRUB, CURRENT, 1, kept ? 6 : 5, 1);
        expect(RANK, CURRENT, 3, kept, 2);
        expect(SPPR, CURRENT, 3, !kept, 2);
        expect(SPPR, CURRENT, 19, kept ? 0 : 2, 1);
        expect(HPPR, CURRENT, 19, kept ? 0 : 2, 1);
        check_eq(set(ECS, FINISH, 1, "\x03", 1), CXL_RET_FEATURE_OUT_OF_ORDER);
        /* what was not saved is for one reset */
        cxl_memdev_reset(m, CXL_RESET_WARM);
        expect(SPPR, CURRENT, 3, kept, 2);
        cxl_memdev_reset(m, CXL_RESET_WARM);
        expect(SPPR, CURRENT, 3, 0, 2);
        expect(HPPR, CURRENT, 19, 2, 1);
        teardown();
    }
}

int main(void)
{
    unit_run("list", test_list);
    unit_run("get", test_get);
    unit_run("scrub", test_scrub);
    unit_run("ecs", test_ecs);
    unit_run("parts", test_parts);
    unit_run("bounds", test_bounds);
    unit_run("resets", test_resets);
    return unit_done();
}
