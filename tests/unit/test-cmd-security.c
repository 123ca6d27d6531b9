/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Security of persistent memory (CXL 3.1 8.2.9.9.6), and the digest that a
 * passphrase is kept as
 */
#include "memdev-fixture.h"

#define USER        1
#define MASTER      0

static void expect_digest(const char *text, const char *want)
{
    uint8_t digest[CXL_SHA256_SIZE];
    char hex[2 * CXL_SHA256_SIZE + 1];

    cxl_sha256((const uint8_t *)text, (uint32_t)strlen(text), digest);
    for (unsigned i = 0; i < sizeof(digest); i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    check_str(hex, want);
}

static void test_sha256(void)
{
    expect_digest("", "e3b0c44298fc1c149afbf4c8996fb924"
                      "27ae41e4649b934ca495991b7852b855");
    expect_digest("abc", "ba7816bf8f01cfea414140de5dae2223"
                         "b00361a396177a9cb410ff61f20015ad");
    expect_digest("The quick brown fox jumps over the lazy dog",
                  "d7a8fbb307d7809469ca9abcb0082e4f"
                  "8d5651e46d3cdb762d02d0bf37c9e592");
}

static uint32_t flags(void)
{
    Reply r = mbox_send(m, CXL_OP_GET_SECURITY_STATE, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 4);
    return (uint32_t)cxl_le_load(r.out, 4);
}

static uint16_t set(uint8_t type, char current, char next)
{
    uint8_t in[96] = { type };

    memset(in + 32, current, 32);
    memset(in + 64, next, 32);
    return mbox_send(m, CXL_OP_SET_PASSPHRASE, in, 96).ret;
}

static uint16_t with(uint16_t opcode, uint8_t type, char current)
{
    uint8_t in[64] = { type };

    memset(in + 32, current, 32);
    return mbox_send(m, opcode, in, 64).ret;
}

static uint16_t disable(uint8_t type, char current)
{
    return with(CXL_OP_DISABLE_PASSPHRASE, type, current);
}

static uint16_t erase(uint8_t type, char current)
{
    return with(CXL_OP_PASSPHRASE_SECURE_ERASE, type, current);
}

static uint16_t unlock(char current)
{
    uint8_t in[32];

    memset(in, current, 32);
    return mbox_send(m, CXL_OP_UNLOCK, in, 32).ret;
}

static uint16_t freeze(void)
{
    return mbox_send(m, CXL_OP_FREEZE_SECURITY_STATE, NULL, 0).ret;
}

static void expect_closed(CxlDpaClosed want)
{
    check_eq(lsa.dpa.part[0].closed, CXL_DPA_OPEN);
    check_eq(lsa.dpa.part[1].closed, want);
}

static void test_user(void)
{
    setup();
    check_eq(flags(), 0);
    /* without one, the current passphrase does not matter */
    check_eq(set(USER, '?', 'a'), CXL_RET_SUCCESS);
    check_eq(flags(), CXL_SECURITY_USER_SET);
    check_eq(lsa.stores, 1);
    expect_closed(CXL_DPA_OPEN);
    check_eq(set(USER, 'x', 'b'), CXL_RET_INCORRECT_PASSPHRASE);
    check_eq(set(USER, 'a', 'b'), CXL_RET_SUCCESS);
    check_eq(disable(USER, 'a'), CXL_RET_INCORRECT_PASSPHRASE);
    check_eq(disable(USER, 'b'), CXL_RET_SUCCESS);
    check_eq(flags(), 0);
    check_eq(disable(USER, 'b'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(unlock('b'), CXL_RET_INVALID_SECURITY_STATE);
    for (unsigned type = 2; type < 256; type++) {
        check_eq(set((uint8_t)type, 0, 0), CXL_RET_INVALID_INPUT);
        check_eq(disable((uint8_t)type, 0), CXL_RET_INVALID_INPUT);
        check_eq(erase((uint8_t)type, 0), CXL_RET_INVALID_INPUT);
    }
    teardown();
}

/* What is locked is not written by a command either */
static void test_clear_poison(void)
{
    uint8_t in[72] = { [3] = 0x80, [8] = 0x5a };
    Reply r;

    setup();
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    r = mbox_send(m, CXL_OP_CLEAR_POISON, in, sizeof(in));
    check_eq(r.ret, CXL_RET_INVALID_SECURITY_STATE);
    check(!(r.effects.flags & CXL_EFFECT_STORE_LINE));
    check_eq(mbox_send(m, CXL_OP_INJECT_POISON, in, 8).ret,
             CXL_RET_INVALID_SECURITY_STATE);
    check_eq(lsa.dpa.marks.count, 0);
    check_eq(unlock('a'), CXL_RET_SUCCESS);
    check_eq(mbox_send(m, CXL_OP_CLEAR_POISON, in, sizeof(in)).ret,
             CXL_RET_SUCCESS);
    teardown();
}

/* Locked by a loss of power, and by nothing else */
static void test_lock(void)
{
    setup();
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    for (int kind = CXL_RESET_WARM; kind <= CXL_RESET_FUNCTION; kind++) {
        cxl_memdev_reset(m, kind);
        check_eq(flags(), CXL_SECURITY_USER_SET);
        expect_closed(CXL_DPA_OPEN);
    }
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(flags(), CXL_SECURITY_USER_SET | CXL_SECURITY_LOCKED);
    expect_closed(CXL_DPA_LOCKED);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    expect_closed(CXL_DPA_LOCKED);
    check_eq(set(USER, 'a', 'b'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(mbox_send(m, CXL_OP_SECURE_ERASE, NULL, 0).ret,
             CXL_RET_INVALID_SECURITY_STATE);
    check_eq(mbox_send(m, CXL_OP_SANITIZE, NULL, 0).ret,
             CXL_RET_INVALID_SECURITY_STATE);
    check_eq(unlock('x'), CXL_RET_INCORRECT_PASSPHRASE);
    expect_closed(CXL_DPA_LOCKED);
    check_eq(unlock('a'), CXL_RET_SUCCESS);
    expect_closed(CXL_DPA_OPEN);
    check_eq(unlock('a'), CXL_RET_INVALID_SECURITY_STATE);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(disable(USER, 'a'), CXL_RET_SUCCESS);
    expect_closed(CXL_DPA_OPEN);
    check_eq(flags(), 0);
    teardown();
}

/* What is remembered without power locks, too, and opens with the same word */
static void test_power(void)
{
    CxlNvState nv;

    setup();
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    nv = m->state.nv;
    teardown();
    /* the passphrase itself is nowhere in it */
    for (unsigned i = 0; i + 4 < sizeof(nv); i++) {
        check(memcmp((uint8_t *)&nv + i, "aaaa", 4));
    }
    setup();
    cxl_memdev_restore(m, &nv);
    check_eq(flags(), CXL_SECURITY_USER_SET | CXL_SECURITY_LOCKED);
    expect_closed(CXL_DPA_LOCKED);
    check_eq(unlock('a'), CXL_RET_SUCCESS);
    teardown();
}

static void test_attempts(void)
{
    setup();
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    /* the right one in between begins the count anew */
    check_eq(unlock('x'), CXL_RET_INCORRECT_PASSPHRASE);
    check_eq(unlock('x'), CXL_RET_INCORRECT_PASSPHRASE);
    check_eq(unlock('a'), CXL_RET_SUCCESS);
    for (unsigned i = 0; i < CXL_SECURITY_ATTEMPTS; i++) {
        check_eq(disable(USER, 'x'), CXL_RET_INCORRECT_PASSPHRASE);
    }
    check_eq(flags(), CXL_SECURITY_USER_SET | CXL_SECURITY_USER_ATTEMPTS);
    check_eq(disable(USER, 'a'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(set(USER, 'a', 'b'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(erase(USER, 'a'), CXL_RET_INVALID_SECURITY_STATE);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    check_eq(disable(USER, 'a'), CXL_RET_INVALID_SECURITY_STATE);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(unlock('a'), CXL_RET_SUCCESS);
    teardown();
}

static void test_freeze(void)
{
    setup();
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    check_eq(freeze(), CXL_RET_SUCCESS);
    check_eq(freeze(), CXL_RET_SUCCESS);
    check_eq(flags(), CXL_SECURITY_USER_SET | CXL_SECURITY_FROZEN);
    check_eq(set(USER, 'a', 'b'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(set(MASTER, 0, 'b'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(disable(USER, 'a'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(unlock('a'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(erase(USER, 'a'), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(erase(USER, 'x'), CXL_RET_INVALID_SECURITY_STATE);
    for (int kind = CXL_RESET_WARM; kind <= CXL_RESET_FUNCTION; kind++) {
        cxl_memdev_reset(m, kind);
        check(flags() & CXL_SECURITY_FROZEN);
    }
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(flags(), CXL_SECURITY_USER_SET | CXL_SECURITY_LOCKED);
    teardown();
}

static void test_master(void)
{
    setup();
    check_eq(erase(MASTER, 0), CXL_RET_INVALID_INPUT);
    check_eq(set(MASTER, 0, 'm'), CXL_RET_SUCCESS);
    check_eq(flags(), CXL_SECURITY_MASTER_SET);
    check_eq(set(MASTER, 'x', 'n'), CXL_RET_INCORRECT_PASSPHRASE);
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    /* who has a user passphrase keeps the master one as it is */
    check_eq(set(MASTER, 'm', 'n'), CXL_RET_INVALID_SECURITY_STATE);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    /* it does not unlock, but it gives the device back, without the data */
    check_eq(unlock('m'), CXL_RET_INCORRECT_PASSPHRASE);
    check_eq(erase(MASTER, 'a'), CXL_RET_INCORRECT_PASSPHRASE);
    check_eq(erase(MASTER, 'm'), CXL_RET_SUCCESS);
    check_eq(lsa.erased, GIB / 2);
    check_eq(flags(), CXL_SECURITY_MASTER_SET);
    expect_closed(CXL_DPA_OPEN);
    for (unsigned i = 0; i < CXL_SECURITY_ATTEMPTS; i++) {
        check_eq(disable(MASTER, 'x'), CXL_RET_INCORRECT_PASSPHRASE);
    }
    check_eq(flags(), CXL_SECURITY_MASTER_SET | CXL_SECURITY_MASTER_ATTEMPTS);
    check_eq(disable(MASTER, 'm'), CXL_RET_INVALID_SECURITY_STATE);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(disable(MASTER, 'm'), CXL_RET_SUCCESS);
    check_eq(flags(), 0);
    teardown();
}

/* What was locked stays out of reach until it is gone, over a reset, too */
static void test_erase(void)
{
    uint8_t in[64] = { USER };
    CxlEffects effects = { 0 };

    setup();
    /* without a passphrase none is wanted */
    check_eq(erase(USER, 0), CXL_RET_SUCCESS);
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    lsa.slow = true;
    memset(in + 32, 'a', 32);
    reg_write(m, REG_MBOX_CMD, 8,
              CXL_OP_PASSPHRASE_SECURE_ERASE | 64ull << 16);
    payload_write(m, in, 64);
    reg_write(m, REG_MBOX_CTRL, 4, DOORBELL);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), DOORBELL);
    check_eq(lsa.dpa.part[1].closed, CXL_DPA_DISABLED);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    check_eq(lsa.dpa.part[1].closed, CXL_DPA_DISABLED);
    lsa.slow = false;
    cxl_memdev_erased(m, true, test_now, &effects);
    check(effects.flags & CXL_EFFECT_ERASE);
    test_apply(m, &effects);
    expect_closed(CXL_DPA_OPEN);
    check_eq(flags(), 0);
    teardown();
}

/* A report has lengths, not contents */
/* The command fails, and what it was to change is as before */
static void fail_store(void)
{
    CxlEffects effects = { 0 };

    check_eq(reg_read(m, REG_MBOX_CTRL, 4) & DOORBELL, DOORBELL);
    cxl_memdev_flushed(m, false, &effects);
    check(effects.flags & CXL_EFFECT_STORE);
    check(!(effects.flags & CXL_EFFECT_STORE_WAIT));
    check_eq(reg_read(m, REG_MBOX_STATUS, 8) >> 32, CXL_RET_INTERNAL_ERROR);
}

static void ring(uint16_t opcode, uint32_t len, char current, char next)
{
    uint8_t in[96] = { USER };

    memset(in + 32, current, 32);
    memset(in + 64, next, 32);
    reg_write(m, REG_MBOX_CMD, 8, opcode | (uint64_t)len << 16);
    payload_write(m, in, len);
    reg_write(m, REG_MBOX_CTRL, 4, DOORBELL);
}

static void test_not_stored(void)
{
    setup();
    lsa.slow = true;
    ring(CXL_OP_SET_PASSPHRASE, 96, 0, 'a');
    fail_store();
    lsa.slow = false;
    check_eq(flags(), 0);
    check_eq(set(USER, 0, 'a'), CXL_RET_SUCCESS);
    lsa.slow = true;
    ring(CXL_OP_SET_PASSPHRASE, 96, 'a', 'b');
    fail_store();
    lsa.slow = false;
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(unlock('b'), CXL_RET_INCORRECT_PASSPHRASE);
    lsa.slow = true;
    ring(CXL_OP_DISABLE_PASSPHRASE, 64, 'a', 0);
    fail_store();
    lsa.slow = false;
    check(m->state.security.locked);
    check_eq(lsa.dpa.part[1].closed, CXL_DPA_LOCKED);
    check_eq(unlock('a'), CXL_RET_SUCCESS);
    /* what waits for something else does not take that back */
    lsa.slow = true;
    reg_write(m, REG_MBOX_CMD, 8, CXL_OP_SET_LSA | 16u << 16);
    reg_write(m, REG_MBOX_CTRL, 4, DOORBELL);
    cxl_memdev_flushed(m, false, &(CxlEffects) { 0 });
    check(!m->state.security.locked);
    teardown();
}

static void test_report(void)
{
    uint8_t in[96] = { USER };
    CxlReport report;

    setup();
    memset(in + 32, 'q', 64);
    report = mbox_send(m, CXL_OP_SET_PASSPHRASE, in, 96).effects.report;
    check_eq(report.in_len, 96);
    check_eq(report.number, CXL_OP_SET_PASSPHRASE);
    check_eq(report.out_len, 0);
    teardown();
}

int main(void)
{
    unit_run("sha256", test_sha256);
    unit_run("user", test_user);
    unit_run("clear poison", test_clear_poison);
    unit_run("lock", test_lock);
    unit_run("power", test_power);
    unit_run("attempts", test_attempts);
    unit_run("freeze", test_freeze);
    unit_run("master", test_master);
    unit_run("erase", test_erase);
    unit_run("not stored", test_not_stored);
    unit_run("report", test_report);
    return unit_done();
}
