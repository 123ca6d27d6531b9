/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events, timestamp: commands of any component, as a memory device has them
 * (CXL 3.1 8.2.9.2, 8.2.9.4); test-mailbox.c has the log
 */
#include "memdev-fixture.h"

#define SECOND  1000000000ull

static uint64_t get_timestamp(void)
{
    Reply r = mbox_send(m, CXL_OP_GET_TIMESTAMP, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 8);
    return cxl_le_load(r.out, 8);
}

static void test_timestamp(void)
{
    uint8_t in[8];

    setup();
    check_eq(get_timestamp(), 0);
    test_wait(SECOND);
    check_eq(get_timestamp(), 0);
    cxl_le_store(in, 8, 0x123456789abcdef0);
    check_eq(mbox_send(m, CXL_OP_SET_TIMESTAMP, in, 8).ret, CXL_RET_SUCCESS);
    check_eq(get_timestamp(), 0x123456789abcdef0);
    /* whatever the guest has seen of it */
    test_now.wall_ns += 3 * SECOND;
    check_eq(get_timestamp(), 0x123456789abcdef0 + 3 * SECOND);
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        mbox_send(m, CXL_OP_SET_TIMESTAMP, in, 8);
        cxl_memdev_reset(m, kind);
        /* 9.5: a function-level reset is not what makes a host set it again */
        check_eq(get_timestamp(),
                 kind == CXL_RESET_FUNCTION ? 0x123456789abcdef0 : 0);
    }
    teardown();
}

static CxlEffects add_event(CxlEventLogType log, uint8_t tag)
{
    CxlEventRecord record;
    CxlEffects effects = { 0 };

    memset(&record, tag, sizeof(record));
    check(cxl_memdev_add_event(m, log, &record, test_now, &effects));
    return effects;
}

static void test_events(void)
{
    uint8_t in[8] = { 0 };
    Reply r;

    setup();
    cxl_le_store(in, 8, 1000);
    mbox_send(m, CXL_OP_SET_TIMESTAMP, in, 8);
    test_wait(7);
    for (unsigned log = 0; log < 4; log++) {
        check_eq(reg_read(m, REG_EVENT_STATUS, 8), (1u << log) - 1);
        add_event(log, (uint8_t)(0x10 + log));
        check_eq(reg_read(m, REG_EVENT_STATUS, 8), (2u << log) - 1);
    }
    for (unsigned log = 0; log < 4; log++) {
        in[0] = (uint8_t)log;
        r = mbox_send(m, CXL_OP_GET_EVENT_RECORDS, in, 1);
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, 32 + 128);
        check_eq(cxl_le_load(r.out + 20, 2), 1);
        check_eq(r.out[32], 0x10 + log);
        check_eq(cxl_le_load(r.out + 32 + 24, 8), 1007);

        memset(in, 0, sizeof(in));
        in[0] = (uint8_t)log;
        in[2] = 1;
        in[6] = 9;
        check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 8).ret,
                 CXL_RET_INVALID_HANDLE);
        memcpy(in + 6, r.out + 32 + 20, 2);
        check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 8).ret,
                 CXL_RET_SUCCESS);
        check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0xf & ~((2u << log) - 1));
    }
    for (unsigned log = 4; log < 256; log++) {
        memset(in, 0, sizeof(in));
        in[0] = (uint8_t)log;
        check_eq(mbox_send(m, CXL_OP_GET_EVENT_RECORDS, in, 1).ret,
                 CXL_RET_INVALID_INPUT);
        check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 6).ret,
                 CXL_RET_INVALID_INPUT);
    }
    teardown();
}

/* General Media, by number: 8.2.9.2.1.1 */
static void expect_media_event(uint64_t dpa, uint64_t address)
{
    static const uint8_t uuid[16] = {
        0xfb, 0xcd, 0x0a, 0x77, 0xc2, 0x60, 0x41, 0x7f,
        0x85, 0xa9, 0x08, 0x8b, 0x16, 0x21, 0xeb, 0xa6,
    };
    const CxlMediaFinding found = {
        .dpa = dpa, .descriptor = 1, .type = 2, .transaction = 4,
    };
    const uint8_t log = CXL_EVENT_LOG_INFO;
    CxlEffects effects = { 0 };
    uint8_t want[128] = { 0 };
    Reply r;

    check(cxl_memdev_media_event(m, log, &found, test_now, &effects));
    r = mbox_send(m, CXL_OP_GET_EVENT_RECORDS, &log, 1);
    check_eq(r.len % 128, 32);
    memcpy(want, uuid, sizeof(uuid));
    want[16] = 128;
    memcpy(want + 20, r.out + r.len - 128 + 20, 2);
    cxl_le_store(want + 48, 8, address);
    want[56] = 1;
    want[57] = 2;
    want[58] = 4;
    check_mem(r.out + r.len - 128, want, sizeof(want));
}

static void test_media_event(void)
{
    setup();
    expect_media_event(0, 1);
    expect_media_event(0x12345, 0x12341);
    expect_media_event(2 * GIB - 1, (2 * GIB - 64) | 1);
    expect_media_event(2 * GIB, 2 * GIB);
    expect_media_event(UINT64_MAX, UINT64_MAX - 63);
    teardown();
}

static void test_record_flags(void)
{
    CxlEventRecord record = cxl_event_record(CXL_EVENT_DRAM);

    check_eq(cxl_le_load(record.header.uuid, 4), 0xb3cb1d60);
    cxl_event_set_flags(&record, 0x12345678);
    check_eq(cxl_le_load(record.header.flags, 3), 0x345678);
    check_eq(cxl_le16_get(record.header.handle), 0);
    record = cxl_event_record(CXL_EVENT_MEMORY_MODULE);
    check_eq(cxl_le_load(record.header.uuid, 4), 0x757492fe);
    check_eq(cxl_le_load(record.header.flags, 3), 0);
}

/* Who injected an event may wait for a driver to clear it */
static void test_cleared_is_told(void)
{
    uint8_t in[10] = { 1, 0, 2, [6] = 1, [8] = 2 };
    CxlEffects effects;
    Reply r;

    setup();
    for (unsigned i = 0; i < 3; i++) {
        effects = add_event(CXL_EVENT_LOG_WARN, 0);
        check_eq(effects.ntells, 0);
    }
    r = mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, sizeof(in));
    check_eq(r.effects.ntells, 1);
    check_eq(r.effects.tell[0].event, CXL_TELL_EVENTS_CLEARED);
    check_eq(r.effects.tell[0].what, CXL_EVENT_LOG_WARN);
    check_eq(r.effects.tell[0].value, 1);
    r = mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, sizeof(in));
    check_eq(r.ret, CXL_RET_INVALID_HANDLE);
    check_eq(r.effects.ntells, 0);
    /* more than there is room for is dropped */
    for (unsigned i = 0; i < CXL_EFFECTS_TELLS + 2; i++) {
        cxl_effects_tell(&effects, (CxlTell) { .value = i });
    }
    check_eq(effects.ntells, CXL_EFFECTS_TELLS);
    check_eq(effects.tell[CXL_EFFECTS_TELLS - 1].value, CXL_EFFECTS_TELLS - 1);
    teardown();
}

static void test_clear_lengths(void)
{
    uint8_t in[16] = { 0 };

    setup();
    add_event(0, 1);
    add_event(0, 2);
    in[6] = 1;
    in[8] = 2;
    in[2] = 2;
    for (uint32_t len = 6; len <= 16; len++) {
        if (len != 10) {
            check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, len).ret,
                     RET_BAD_LENGTH);
        }
    }
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 1);
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 10).ret, 0);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0);

    /* all: only after an overflow and without handles */
    for (unsigned i = 0; i < 64; i++) {
        add_event(0, 1);
    }
    memset(in, 0, sizeof(in));
    in[1] = 1;
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 6).ret,
             CXL_RET_INVALID_INPUT);
    m->events.state.log[0].overflow_count = 1;
    in[2] = 1;
    in[6] = 3;
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 8).ret,
             CXL_RET_INVALID_INPUT);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 1);
    in[2] = 0;
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 6).ret, 0);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0);
    teardown();
}

static void expect_policy(uint32_t want)
{
    Reply r = mbox_send(m, CXL_OP_GET_EVENT_INTERRUPT_POLICY, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 5);
    check_eq(cxl_le_load(r.out, 5), want);
}

static uint16_t set_policy(uint64_t settings, uint32_t len)
{
    uint8_t in[8];

    cxl_le_store(in, 8, settings);
    return mbox_send(m, CXL_OP_SET_EVENT_INTERRUPT_POLICY, in, len).ret;
}

static void test_policy(void)
{
    setup();
    expect_policy(0);
    check_eq(add_event(0, 0).vectors, 0);
    /* what Linux writes, and the vectors that it gets */
    check_eq(set_policy(0x01010101, 4), CXL_RET_SUCCESS);
    expect_policy(0x31211101);
    check_eq(add_event(0, 0).vectors, 0);
    for (unsigned log = 1; log < 4; log++) {
        check_eq(add_event(log, 0).vectors, 1u << log);
        check_eq(add_event(log, 0).vectors, 0);
    }
    /*
     * 8.2.9.2.4, 8.2.9.2.5: the message number in the input counts with
     * firmware interrupts only; reserved bits never do
     */
    check_eq(set_policy(0xfffdfeffull & 0xfdfdfefc, 4), CXL_RET_SUCCESS);
    expect_policy(0x3121f200);
    check_eq(set_policy(0x525252a2, 4), CXL_RET_SUCCESS);
    expect_policy(0x525252a2);
    check_eq(set_policy(0x02020202, 4), CXL_RET_SUCCESS);
    expect_policy(0x02020202);
    check_eq(set_policy(0xfffdfeffull & 0xfdfdfefc, 4), CXL_RET_SUCCESS);
    check_eq(set_policy(0xff00000001, 5), CXL_RET_SUCCESS);
    expect_policy(0x00000001);
    /* a reserved mode anywhere changes nothing */
    for (unsigned log = 0; log < 4; log++) {
        check_eq(set_policy(3ull << (8 * log), 4), CXL_RET_INVALID_INPUT);
        expect_policy(0x00000001);
    }
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        check_eq(set_policy(0x01010101, 4), CXL_RET_SUCCESS);
        cxl_memdev_reset(m, kind);
        expect_policy(kind == CXL_RESET_FUNCTION ? 0x31211101 : 0);
    }
    teardown();
}

/* Records outlive all resets but the cold one; a full log says so */
static void test_events_and_reset(void)
{
    CxlEventRecord record = { 0 };
    CxlEffects effects = { 0 };

    setup();
    for (unsigned i = 0; i < 64; i++) {
        add_event(2, 0);
    }
    check(!cxl_memdev_add_event(m, 2, &record, test_now, &effects));
    check_eq(effects.vectors, 0);
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 4);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 4);
    check(!cxl_memdev_add_event(m, 2, &record, test_now, &effects));
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0);
    check(cxl_memdev_add_event(m, 2, &record, test_now, &effects));
    teardown();
}

int main(void)
{
    unit_run("timestamp", test_timestamp);
    unit_run("events", test_events);
    unit_run("media event", test_media_event);
    unit_run("record flags", test_record_flags);
    unit_run("cleared is told", test_cleared_is_told);
    unit_run("clear lengths", test_clear_lengths);
    unit_run("policy", test_policy);
    unit_run("events and reset", test_events_and_reset);
    return unit_done();
}
