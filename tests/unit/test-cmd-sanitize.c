/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sanitize, secure erase and media operations (CXL 3.1 8.2.9.9.5)
 */
#include "memdev-fixture.h"

#include "hw/cxl/core/poison.h"
#include "hw/cxl/spec/payload-sanitize.h"

#define CAPACITY    (2 * GIB + GIB / 2)
#define SECOND      1000000000ull
#define READY       0x14
#define DISABLED    0x1c

static uint16_t send(uint16_t opcode)
{
    return mbox_send(m, opcode, NULL, 0).ret;
}

static void expect_access(CxlDpaClosed want)
{
    for (unsigned i = 0; i < 2; i++) {
        check_eq(lsa.dpa.part[i].closed, want);
    }
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8), want ? DISABLED : READY);
}

static unsigned percent(void)
{
    return (unsigned)(reg_read(m, REG_MBOX_BG, 8) >> 16 & 0x7f);
}

static void test_sanitize(void)
{
    CxlEventRecord record = { 0 };
    CxlEffects effects = { 0 };
    Reply r;

    setup();
    cxl_memdev_add_event(m, CXL_EVENT_LOG_WARN, &record, test_now, &effects);
    cxl_poison_add(m, GIB, CXL_POISON_INTERNAL, test_now, &effects);
    r = mbox_send(m, CXL_OP_SANITIZE, NULL, 0);
    check_eq(r.ret, CXL_RET_BACKGROUND_STARTED);
    check(r.effects.flags & CXL_EFFECT_ROUTES);
    check(m->state.nv.sanitizing);
    expect_access(CXL_DPA_DISABLED);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, r.out, 8).ret,
             CXL_RET_MEDIA_DISABLED);
    check_eq(mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0).out[1], 1);
    check_eq(send(CXL_OP_SANITIZE), CXL_RET_BUSY);

    for (unsigned last = 0; m->mailbox.cci.state.background;) {
        effects = test_timer(m, SECOND / 10);
        if (m->mailbox.cci.state.background) {
            check(percent() >= last && percent() < 100);
            last = percent();
            expect_access(CXL_DPA_DISABLED);
        }
    }
    check(effects.flags & CXL_EFFECT_ROUTES);
    /* and that something in the background has ended */
    check_eq(effects.ntells, 2);
    check_eq(effects.tell[0].event, CXL_TELL_SANITIZE_DONE);
    check_eq(effects.tell[0].what, CXL_OP_SANITIZE);
    check_eq(percent(), 100);
    check_eq(m->mailbox.cci.state.ended_ret, CXL_RET_SUCCESS);
    check_eq(lsa.erased, CAPACITY + lsa.size);
    check(!m->state.nv.sanitizing);
    check_eq(lsa.stores, 2);
    expect_access(CXL_DPA_OPEN);
    /* poison and event records are gone, too */
    check_eq(lsa.dpa.marks.count, 0);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0);
    /* but who has handles still does not meet them again */
    cxl_memdev_add_event(m, CXL_EVENT_LOG_WARN, &record, test_now, &effects);
    check_eq(m->events.state.log[CXL_EVENT_LOG_WARN].last_handle, 2);
    teardown();
}

/* It takes a time that depends on the size, and on the scale of the device */
static void test_time(void)
{
    uint64_t start, took;

    setup();
    m->mailbox.cci.background_time = 200;
    start = test_now.virtual_ns;
    send(CXL_OP_SANITIZE);
    while (m->mailbox.cci.state.background) {
        test_timer(m, SECOND / 1000);
    }
    took = test_now.virtual_ns - start;
    check(took > SECOND && took < 2 * SECOND);
    m->mailbox.cci.background_time = 0;
    send(CXL_OP_SANITIZE);
    test_timer(m, 0);
    check(!m->mailbox.cci.state.background);
    teardown();
}

/* Memory that a saved machine came with as hidden comes back, too */
static void test_hidden(void)
{
    setup();
    m->state.erase.hidden = true;
    m->state.nv.sanitizing = true;
    cxl_memdev_reset(m, CXL_RESET_WARM);
    m->mailbox.cci.background_time = 0;
    check_eq(send(CXL_OP_SANITIZE), CXL_RET_BACKGROUND_STARTED);
    test_timer(m, 0);
    expect_access(CXL_DPA_OPEN);
    check(!m->state.erase.hidden);
    teardown();
}

/* What was not completed leaves the media disabled, until it is */
static void expect_disabled_until_done(void)
{
    expect_access(CXL_DPA_DISABLED);
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        cxl_memdev_reset(m, kind);
        expect_access(CXL_DPA_DISABLED);
    }
    check_eq(send(CXL_OP_SECURE_ERASE), CXL_RET_MEDIA_DISABLED);
    check_eq(send(CXL_OP_SANITIZE), CXL_RET_BACKGROUND_STARTED);
    while (m->mailbox.cci.state.background) {
        test_timer(m, SECOND);
    }
    expect_access(CXL_DPA_OPEN);
}

static void test_interrupted(void)
{
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        setup();
        send(CXL_OP_SANITIZE);
        test_timer(m, SECOND / 4);
        cxl_memdev_reset(m, kind);
        expect_disabled_until_done();
        teardown();
    }
}

static void test_power_lost(void)
{
    CxlNvState nv;

    setup();
    send(CXL_OP_SANITIZE);
    test_timer(m, SECOND / 4);
    nv = m->state.nv;
    teardown();
    setup();
    cxl_memdev_restore(m, &nv);
    expect_disabled_until_done();
    teardown();
}

static void test_aborted(void)
{
    CxlEffects effects = { 0 };

    setup();
    send(CXL_OP_SANITIZE);
    test_timer(m, SECOND / 4);
    check_eq(cxl_cci_background_abort(&m->mailbox.cci, test_now, &effects),
             CXL_RET_SUCCESS);
    test_timer(m, 0);
    check_eq(m->mailbox.cci.state.ended_ret, CXL_RET_ABORTED);
    check(lsa.erased && lsa.erased < CAPACITY);
    expect_disabled_until_done();
    teardown();
}

static void test_failed(void)
{
    CxlEffects effects = { 0 };

    setup();
    lsa.slow = true;
    send(CXL_OP_SANITIZE);
    effects = test_timer(m, SECOND);
    check(effects.flags & CXL_EFFECT_ERASE);
    check(effects.erase.range.len <= CXL_ERASE_SLICE);
    effects = (CxlEffects) { 0 };
    cxl_memdev_erased(m, false, test_now, &effects);
    test_timer(m, 0);
    check_eq(m->mailbox.cci.state.ended_ret, CXL_RET_INTERNAL_ERROR);
    lsa.slow = false;
    expect_disabled_until_done();
    teardown();
}

/* A slice that the machine is at when a reset comes: nothing before it ends */
static void test_late_slice(void)
{
    CxlEffects effects = { 0 };
    uint8_t in[24] = { 1, 1, 0, 0, 1, [17] = 0x10 };

    setup();
    lsa.slow = true;
    check_eq(mbox_send(m, CXL_OP_MEDIA_OPERATIONS, in, 24).ret,
             CXL_RET_BACKGROUND_STARTED);
    effects = test_timer(m, SECOND);
    check(effects.flags & CXL_EFFECT_ERASE);
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    check_eq(lsa.dpa.part[0].closed, CXL_DPA_DISABLED);
    check_eq(send(CXL_OP_SANITIZE), CXL_RET_BUSY);
    check_eq(send(CXL_OP_SECURE_ERASE), CXL_RET_BUSY);
    check_eq(mbox_send(m, CXL_OP_MEDIA_OPERATIONS, in, 24).ret, CXL_RET_BUSY);
    /* a command that waits for something else is not answered by it */
    reg_write(m, REG_MBOX_CMD, 8, CXL_OP_SET_SHUTDOWN_STATE | 1ull << 16);
    reg_write(m, REG_MBOX_PAYLOAD, 1, 1);
    reg_write(m, REG_MBOX_CTRL, 4, DOORBELL);
    effects = (CxlEffects) { 0 };
    cxl_memdev_erased(m, true, test_now, &effects);
    check(effects.flags == CXL_EFFECT_ROUTES);
    check_eq(lsa.dpa.part[0].closed, CXL_DPA_OPEN);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), DOORBELL);
    cxl_memdev_flushed(m, true, &effects);
    teardown();
}

static void test_secure_erase(void)
{
    CxlEffects effects = { 0 };
    Reply r;

    setup();
    cxl_poison_add(m, GIB, CXL_POISON_INTERNAL, test_now, &effects);
    r = mbox_send(m, CXL_OP_SECURE_ERASE, NULL, 0);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.effects.vectors, 0);
    check_eq(lsa.erased, CAPACITY);
    check_eq(lsa.dpa.marks.count, 0);
    expect_access(CXL_DPA_OPEN);
    teardown();
}

/* The guest waits, and nobody looks at the memory; a reset changes nothing */
static void test_secure_erase_waits(void)
{
    unsigned slices = 0;

    setup();
    lsa.slow = true;
    reg_write(m, REG_MBOX_CMD, 8, CXL_OP_SECURE_ERASE);
    check(reg_write(m, REG_MBOX_CTRL, 4, DOORBELL).flags & CXL_EFFECT_ERASE);
    for (bool more = true; more; slices++) {
        CxlEffects effects = { 0 };

        check_eq(lsa.dpa.part[0].closed, CXL_DPA_DISABLED);
        check(m->state.nv.sanitizing);
        if (slices == 3) {
            check_eq(reg_read(m, REG_MBOX_CTRL, 4), DOORBELL);
            cxl_memdev_reset(m, CXL_RESET_WARM);
        }
        cxl_memdev_erased(m, true, test_now, &effects);
        more = effects.flags & CXL_EFFECT_ERASE;
    }
    check_eq(slices, CAPACITY / CXL_ERASE_SLICE);
    expect_access(CXL_DPA_OPEN);
    check(!m->state.nv.sanitizing);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), 0);
    teardown();
}

/* Half of the data may be there: nobody gets at it, and a sanitize mends it */
static void test_secure_erase_fails(void)
{
    CxlEffects effects = { 0 };

    setup();
    lsa.slow = true;
    reg_write(m, REG_MBOX_CMD, 8, CXL_OP_SECURE_ERASE);
    reg_write(m, REG_MBOX_CTRL, 4, DOORBELL);
    cxl_memdev_erased(m, false, test_now, &effects);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8),
             (uint64_t)CXL_RET_INTERNAL_ERROR << 32);
    lsa.slow = false;
    expect_disabled_until_done();
    teardown();
}

/* Class, subclass, and ranges of address and length */
static uint16_t operate(uint8_t op_class, uint8_t op_subclass, uint32_t count,
                        const uint64_t (*range)[2], uint32_t given)
{
    uint8_t in[PAYLOAD_SIZE] = { op_class, op_subclass };

    cxl_le_store(in + 4, 4, count);
    for (uint32_t i = 0; i < given; i++) {
        cxl_le_store(in + 8 + 16 * i, 8, range[i][0]);
        cxl_le_store(in + 16 + 16 * i, 8, range[i][1]);
    }
    return mbox_send(m, CXL_OP_MEDIA_OPERATIONS, in, 8 + 16 * given).ret;
}

static void test_discovery(void)
{
    static const uint8_t want[] = {
        0, 0x10, 0, 0, 0, 0, 0, 0, 3, 0, 3, 0, 0, 0, 1, 0, 1, 1,
    };
    uint8_t in[12] = { [10] = 100 };
    Reply r;

    setup();
    r = mbox_send(m, CXL_OP_MEDIA_OPERATIONS, in, 12);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, sizeof(want));
    check_mem(r.out, want, sizeof(want));
    in[8] = 2;
    r = mbox_send(m, CXL_OP_MEDIA_OPERATIONS, in, 12);
    check_eq(r.len, 14);
    check_eq(cxl_le_load(r.out + 8, 6), 0x010100010003);
    in[8] = 3;
    check_eq(mbox_send(m, CXL_OP_MEDIA_OPERATIONS, in, 12).ret,
             CXL_RET_INVALID_INPUT);
    teardown();
}

static void test_ranges(void)
{
    static const uint64_t two[][2] = {
        { 0x1000, 0x1000 }, { CAPACITY - 64 * MIB, 64 * MIB },
    };
    CxlEffects effects = { 0 };

    for (uint8_t sub = 0; sub < 2; sub++) {
        setup();
        cxl_poison_add(m, 0x1fc0, CXL_POISON_INTERNAL, test_now, &effects);
        cxl_poison_add(m, 0x2000, CXL_POISON_INTERNAL, test_now, &effects);
        check_eq(operate(1, sub, 2, two, 2), CXL_RET_BACKGROUND_STARTED);
        /* the rest of the memory can be used meanwhile */
        expect_access(CXL_DPA_OPEN);
        while (m->mailbox.cci.state.background) {
            test_timer(m, SECOND / 100);
        }
        check_eq(lsa.erased, 64 * MIB + 0x1000);
        check_eq(lsa.dpa.marks.count, 1);
        teardown();
    }
}

static void test_bad_ranges(void)
{
    static const struct {
        uint64_t range[1][2];
        CxlRet ret;
    } cases[] = {
        { { { 0, 0 } }, CXL_RET_INVALID_INPUT },
        { { { 64, 4096 } }, CXL_RET_INVALID_INPUT },
        { { { 0, 64 } }, CXL_RET_INVALID_INPUT },
        { { { UINT64_MAX, 1 } }, CXL_RET_INVALID_INPUT },
        { { { CAPACITY, 4096 } }, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { { { CAPACITY - 4096, 8192 } }, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { { { 4096, 0ull - 4096 } }, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { { { 0, 0ull - 4096 } }, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { { { 0ull - 4096, 4096 } }, CXL_RET_INVALID_PHYSICAL_ADDRESS },
    };
    static const uint64_t good[1][2] = { { 0, 4096 } };

    setup();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_eq(operate(1, 0, 1, cases[i].range, 1), cases[i].ret);
    }
    check_eq(operate(1, 0, 0, good, 0), CXL_RET_INVALID_INPUT);
    check_eq(operate(1, 0, 1, good, 0), CXL_RET_INVALID_PAYLOAD_LENGTH);
    check_eq(operate(1, 0, 0, good, 1), CXL_RET_INVALID_PAYLOAD_LENGTH);
    check_eq(operate(1, 0, 0x10000001, good, 1),
             CXL_RET_INVALID_PAYLOAD_LENGTH);
    check_eq(operate(0, 0, 1, good, 1), CXL_RET_INVALID_INPUT);
    check_eq(operate(1, 2, 1, good, 1), CXL_RET_UNSUPPORTED);
    check_eq(operate(2, 0, 1, good, 1), CXL_RET_UNSUPPORTED);
    check_eq(m->state.erase.count, 0);
    check_eq(operate(1, 1, 1, good, 1), CXL_RET_BACKGROUND_STARTED);
    teardown();
}

/* Not even between two slices of one may another begin */
static void test_one_at_a_time(void)
{
    static const uint64_t range[1][2] = { { 0, 64 * MIB } };

    setup();
    check_eq(operate(1, 1, 1, range, 1), CXL_RET_BACKGROUND_STARTED);
    check_eq(m->state.erase.slice, 0);
    check_eq(send(CXL_OP_SECURE_ERASE), CXL_RET_BUSY);
    check(!m->state.nv.sanitizing);
    while (m->mailbox.cci.state.background) {
        test_timer(m, SECOND);
    }
    check_eq(lsa.erased, 64 * MIB);
    check_eq(send(CXL_OP_SECURE_ERASE), CXL_RET_SUCCESS);
    check_eq(lsa.erased, 64 * MIB + CAPACITY);
    check(!m->state.nv.sanitizing);
    teardown();
}

/* As many ranges as a payload has */
static void test_many_ranges(void)
{
    uint64_t range[127][2];

    for (unsigned i = 0; i < 127; i++) {
        range[i][0] = i * 8192;
        range[i][1] = 4096;
    }
    setup();
    check_eq(operate(1, 1, 127, range, 127), CXL_RET_BACKGROUND_STARTED);
    while (m->mailbox.cci.state.background) {
        test_timer(m, SECOND);
    }
    check_eq(lsa.erased, 127 * 4096);
    teardown();
}

/* What cannot all be written cannot be erased */
static void test_read_only(void)
{
    CxlMemdevConfig config;

    setup();
    config = m->config;
    lsa.dpa.part[1].rights = CXL_DPA_READ_ONLY;
    cxl_memdev_init(m, &config);
    cxl_memdev_add_commands(m);
    check_eq(send(CXL_OP_SANITIZE), CXL_RET_UNSUPPORTED);
    check_eq(send(CXL_OP_SECURE_ERASE), CXL_RET_UNSUPPORTED);
    check_eq(send(CXL_OP_MEDIA_OPERATIONS), CXL_RET_UNSUPPORTED);
    check_eq(send(CXL_OP_PASSPHRASE_SECURE_ERASE), CXL_RET_UNSUPPORTED);
    teardown();
}

/* What the host may not store to is not erased for it either */
static void test_limited(void)
{
    static const uint64_t good[1][2] = { { 0, 4096 } };
    static const uint64_t bad[1][2] = { { 64 * MIB - 4096, 8192 } };
    CxlEffects effects = { 0 };
    uint8_t line[64] = { 0 };

    setup();
    cxl_dpa_add_limit(&lsa.dpa.limits, 0, CXL_DPA_READ_WRITE);
    cxl_dpa_add_limit(&lsa.dpa.limits, 64 * MIB, CXL_DPA_READ_ONLY);
    check_eq(send(CXL_OP_SANITIZE), CXL_RET_UNSUPPORTED);
    check_eq(send(CXL_OP_SECURE_ERASE), CXL_RET_UNSUPPORTED);
    check_eq(operate(1, 1, 1, bad, 1), CXL_RET_UNSUPPORTED);
    check(!cxl_poison_clear(m, 64 * MIB, line, &effects));
    check(cxl_poison_clear(m, 64 * MIB - 1, line, &effects));
    check_eq(m->state.erase.count, 0);
    expect_access(CXL_DPA_OPEN);
    check_eq(operate(1, 1, 1, good, 1), CXL_RET_BACKGROUND_STARTED);
    teardown();
}

int main(void)
{
    unit_run("sanitize", test_sanitize);
    unit_run("time", test_time);
    unit_run("hidden", test_hidden);
    unit_run("interrupted", test_interrupted);
    unit_run("power lost", test_power_lost);
    unit_run("aborted", test_aborted);
    unit_run("failed", test_failed);
    unit_run("late slice", test_late_slice);
    unit_run("secure erase", test_secure_erase);
    unit_run("secure erase waits", test_secure_erase_waits);
    unit_run("secure erase fails", test_secure_erase_fails);
    unit_run("discovery", test_discovery);
    unit_run("ranges", test_ranges);
    unit_run("bad ranges", test_bad_ranges);
    unit_run("one at a time", test_one_at_a_time);
    unit_run("many ranges", test_many_ranges);
    unit_run("read only", test_read_only);
    unit_run("limited", test_limited);
    return unit_done();
}
