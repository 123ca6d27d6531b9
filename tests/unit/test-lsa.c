/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Label storage through the mailbox (CXL 3.1 8.2.9.9.2.3, 8.2.9.9.2.4)
 */
#include "mailbox.h"

/* What fits beside the header of Set LSA */
#define CHUNK   (PAYLOAD_SIZE - 8)

static CxlMemdev *m;
static TestLsa lsa;

static void setup(uint64_t size)
{
    m = test_memdev_new(&lsa, 0, GIB, size);
}

static void teardown(void)
{
    test_memdev_free(m);
}

static Reply get_lsa(uint32_t offset, uint32_t len)
{
    uint8_t in[8];

    cxl_le_store(in, 4, offset);
    cxl_le_store(in + 4, 4, len);
    return mbox_send(m, CXL_OP_GET_LSA, in, sizeof(in));
}

/* The first @len bytes of a payload that writes at @offset bytes of @fill */
static uint16_t set_lsa(uint32_t offset, uint8_t fill, uint32_t len)
{
    uint8_t in[PAYLOAD_SIZE] = { 0 };

    cxl_le_store(in, 4, offset);
    memset(in + 8, fill, sizeof(in) - 8);
    return mbox_send(m, CXL_OP_SET_LSA, in, len).ret;
}

static bool all(uint64_t from, uint64_t to, uint8_t want)
{
    for (uint64_t i = from; i < to; i++) {
        if (lsa.bytes[i] != want) {
            return false;
        }
    }
    return true;
}

static void test_get(void)
{
    static const struct {
        uint32_t offset, len;
        CxlRet ret;
    } cases[] = {
        { 0, 0, CXL_RET_SUCCESS },
        { 0, 1, CXL_RET_SUCCESS },
        { 0, PAYLOAD_SIZE - 1, CXL_RET_SUCCESS },
        { 0, PAYLOAD_SIZE, CXL_RET_SUCCESS },
        { 0, PAYLOAD_SIZE + 1, CXL_RET_INVALID_INPUT },
        { 3000, 2000, CXL_RET_SUCCESS },
        { 3001, 2000, CXL_RET_INVALID_INPUT },
        { 4999, 1, CXL_RET_SUCCESS },
        { 4999, 2, CXL_RET_INVALID_INPUT },
        { 5000, 0, CXL_RET_SUCCESS },
        { 5000, 1, CXL_RET_INVALID_INPUT },
        { 5001, 0, CXL_RET_INVALID_INPUT },
        { UINT32_MAX, 1, CXL_RET_INVALID_INPUT },
        { UINT32_MAX, 2, CXL_RET_INVALID_INPUT },
        { UINT32_MAX - 99, 100, CXL_RET_INVALID_INPUT },
        { 16, UINT32_MAX, CXL_RET_INVALID_INPUT },
        { 16, UINT32_MAX - 15, CXL_RET_INVALID_INPUT },
        { 0x80000000, 0x80000000, CXL_RET_INVALID_INPUT },
    };

    setup(5000);
    for (unsigned i = 0; i < lsa.size; i++) {
        lsa.bytes[i] = (uint8_t)unit_random();
    }
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned reads = lsa.reads;
        bool ok = cases[i].ret == CXL_RET_SUCCESS;
        Reply r = get_lsa(cases[i].offset, cases[i].len);

        if (!check_eq(r.ret, cases[i].ret)) {
            unit_note("offset %u length %u", cases[i].offset, cases[i].len);
        }
        check_eq(r.len, cases[i].len * ok);
        check_eq(lsa.reads - reads, ok && cases[i].len);
        if (ok) {
            check_mem(r.out, lsa.bytes + cases[i].offset, r.len);
        }
    }
    teardown();
}

static void test_set(void)
{
    static const struct {
        uint32_t offset, len;
        CxlRet ret;
    } cases[] = {
        { 0, 0, CXL_RET_SUCCESS },
        { 0, 1, CXL_RET_SUCCESS },
        { 0, CHUNK - 1, CXL_RET_SUCCESS },
        { 0, CHUNK, CXL_RET_SUCCESS },
        { 3000, 2000, CXL_RET_SUCCESS },
        { 3001, 2000, CXL_RET_INVALID_INPUT },
        { 4999, 1, CXL_RET_SUCCESS },
        { 4999, 2, CXL_RET_INVALID_INPUT },
        { 5000, 0, CXL_RET_SUCCESS },
        { 5000, 1, CXL_RET_INVALID_INPUT },
        { 5001, 0, CXL_RET_INVALID_INPUT },
        { UINT32_MAX, 0, CXL_RET_INVALID_INPUT },
        { UINT32_MAX, 1, CXL_RET_INVALID_INPUT },
        { UINT32_MAX, 2, CXL_RET_INVALID_INPUT },
        { UINT32_MAX - 99, 100, CXL_RET_INVALID_INPUT },
        { UINT32_MAX - CHUNK + 1, CHUNK, CXL_RET_INVALID_INPUT },
    };

    setup(5000);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t from = cases[i].offset, len = cases[i].len;
        bool ok = cases[i].ret == CXL_RET_SUCCESS;
        unsigned writes = lsa.writes;

        memset(lsa.bytes, 0xa5, lsa.size);
        if (!check_eq(set_lsa(from, 0x3c, 8 + len), cases[i].ret)) {
            unit_note("offset %u length %u", from, len);
        }
        check_eq(lsa.writes - writes, ok && len);
        check(ok ? all(0, from, 0xa5) && all(from, from + len, 0x3c) &&
                   all(from + len, lsa.size, 0xa5)
                 : all(0, lsa.size, 0xa5));
    }
    teardown();
}

/* A payload without a whole header, or longer than the mailbox */
static void test_bad_payload(void)
{
    setup(5000);
    for (uint32_t len = 0; len < 8; len++) {
        check_eq(set_lsa(0, 0x3c, len), CXL_RET_INVALID_PAYLOAD_LENGTH);
    }
    check_eq(set_lsa(0, 0x3c, PAYLOAD_SIZE + 1),
             CXL_RET_INVALID_PAYLOAD_LENGTH);
    check_eq(set_lsa(0, 0x3c, 0x1fffff), CXL_RET_INVALID_PAYLOAD_LENGTH);
    for (uint32_t len = 0; len < 20; len++) {
        uint8_t in[20] = { 0 };

        check_eq(mbox_send(m, CXL_OP_GET_LSA, in, len).ret,
                 len == 8 ? CXL_RET_SUCCESS : CXL_RET_INVALID_PAYLOAD_LENGTH);
    }
    check_eq(lsa.writes + lsa.reads, 0);
    check(all(0, lsa.size, 0xa5));
    teardown();
}

/* A whole area in chunks, as an OS writes and reads labels */
static void test_round_trip(void)
{
    static const uint64_t sizes[] = { 1, 7, 1024, PAYLOAD_SIZE, CHUNK + 1,
                                      128 * 1024 };

    for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        uint8_t *want = malloc(sizes[s]);
        uint8_t in[PAYLOAD_SIZE] = { 0 };

        setup(sizes[s]);
        for (uint64_t i = 0; i < sizes[s]; i++) {
            want[i] = (uint8_t)unit_random();
        }
        for (uint64_t at = 0; at < sizes[s]; at += CHUNK) {
            uint64_t n = sizes[s] - at < CHUNK ? sizes[s] - at : CHUNK;

            cxl_le_store(in, 4, at);
            memcpy(in + 8, want + at, n);
            check_eq(mbox_send(m, CXL_OP_SET_LSA, in, (uint32_t)n + 8).ret, 0);
        }
        check_mem(lsa.bytes, want, sizes[s]);
        cxl_memdev_reset(m, CXL_RESET_COLD);
        for (uint64_t at = 0; at < sizes[s]; at += PAYLOAD_SIZE) {
            uint64_t n = sizes[s] - at < PAYLOAD_SIZE ? sizes[s] - at
                                                      : PAYLOAD_SIZE;
            Reply r = get_lsa((uint32_t)at, (uint32_t)n);

            check_eq(r.len, n);
            check_mem(r.out, want + at, n);
        }
        teardown();
        free(want);
    }
}

static void test_broken_backend(void)
{
    setup(1024);
    lsa.broken = true;
    check_eq(get_lsa(0, 16).ret, CXL_RET_INTERNAL_ERROR);
    check_eq(get_lsa(0, 16).len, 0);
    check_eq(set_lsa(0, 1, 9), CXL_RET_INTERNAL_ERROR);
    check(all(0, lsa.size, 0xa5));
    lsa.broken = false;
    check_eq(set_lsa(0, 1, 9), CXL_RET_SUCCESS);
    teardown();
}

static uint32_t identified_size(void)
{
    Reply r = mbox_send(m, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0);

    return (uint32_t)cxl_le_load(r.out + 0x38, 4);
}

/* Offsets have 32 bits: what lies above is not there for a guest */
static void test_huge(void)
{
    setup(1024);
    m->config.lsa_size = 1ull << 30;
    check_eq(identified_size(), 1u << 30);
    check_eq(get_lsa(1u << 30, 1).ret, CXL_RET_INVALID_INPUT);
    m->config.lsa_size = 1ull << 32;
    check_eq(identified_size(), UINT32_MAX);
    check_eq(get_lsa(UINT32_MAX, 1).ret, CXL_RET_INVALID_INPUT);
    m->config.lsa_size = (1ull << 32) + 1024;
    check_eq(identified_size(), UINT32_MAX);
    teardown();
}

int main(void)
{
    unit_run("get", test_get);
    unit_run("set", test_set);
    unit_run("bad payload", test_bad_payload);
    unit_run("round trip", test_round_trip);
    unit_run("broken backend", test_broken_backend);
    unit_run("huge", test_huge);
    return unit_done();
}
