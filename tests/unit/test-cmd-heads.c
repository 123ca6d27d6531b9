/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multi-headed devices: their commands (CXL 3.1 7.6.7.5), and whose events are
 */
#include "mailbox.h"

#include "commands.h"

#define SELF    5

static CxlMemdev m;
static TestLsa lsa;
static CxlHead all[CXL_MAX_HEADS];

static void look(void *opaque, CxlHead *heads)
{
    check(opaque == &lsa);
    for (unsigned i = 0; i < CXL_MAX_HEADS; i++) {
        check(!heads[i].assigned && !heads[i].present && !heads[i].up);
    }
    memcpy(heads, all, sizeof(all));
}

static const CxlMemdevOps heads_ops = { .heads = look };

static void setup(uint8_t heads)
{
    const CxlMemdevConfig config = {
        .dpa = &lsa.dpa, .background_time = CXL_BACKGROUND_TIME,
        .heads = heads, .head = SELF, .ops = &heads_ops, .opaque = &lsa,
    };

    memset(all, 0, sizeof(all));
    for (unsigned i = 0; i < CXL_MAX_HEADS; i++) {
        all[i].link = (CxlLink) { 16, 8, 0x1f, 5, 4 };
    }
    lsa = (TestLsa) { .dpa = test_dpa(GIB, GIB) };
    memset(&m, 0xee, sizeof(m));
    cxl_memdev_init(&m, &config);
    cxl_memdev_add_commands(&m);
}

static Reply ask(uint16_t opcode, uint8_t start, uint8_t count)
{
    const uint8_t in[2] = { start, count };

    return mbox_send(&m, opcode, in, 2);
}

/* A device that is the only one has none of it; one of several has all */
static void test_rows(void)
{
    static const TestCommand list[] = { CXL_COMMANDS_HEADS(TEST_COMMAND) };

    setup(0);
    for (unsigned i = 0; i < 2; i++) {
        check_eq(ask(list[i].opcode, 0, 1).ret, CXL_RET_UNSUPPORTED);
        check(!cxl_cci_find(&m.mailbox.cci, list[i].opcode));
    }
    setup(64);
    for (unsigned i = 0; i < 2; i++) {
        const CxlCciCommand *row = cxl_cci_find(&m.mailbox.cci, list[i].opcode);

        check(row && check_row(row, &list[i]));
        check_eq(mbox_send(&m, list[i].opcode, "", 1).ret, RET_BAD_LENGTH);
        check_eq(mbox_send(&m, list[i].opcode, "\0\0\0", 3).ret,
                 RET_BAD_LENGTH);
    }
}

static void test_map(void)
{
    Reply r;

    setup(64);
    all[0].assigned = all[3].assigned = all[63].assigned = true;
    r = ask(0x5500, 0, 255);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 8 + 64);
    /* LDs, heads, two reserved, start, length, two reserved */
    check_eq(cxl_le_load(r.out, 8), 0x0000400000004040);
    for (unsigned i = 0; i < 64; i++) {
        check_eq(r.out[8 + i], i == 0 || i == 3 || i == 63 ? i : 0xff);
    }
    r = ask(0x5500, 3, 2);
    check_eq(r.len, 8 + 2);
    check_eq(cxl_le_load(r.out, 8), 0x0000020300004040);
    check_eq(cxl_le_load(r.out + 8, 2), 0xff03);
    r = ask(0x5500, 62, 3);
    check_eq(r.len, 8 + 2);
    check_eq(cxl_le_load(r.out + 8, 2), 0x3fff);
    check_eq(ask(0x5500, 0, 0).ret, CXL_RET_INVALID_INPUT);
    check_eq(ask(0x5500, 64, 1).ret, CXL_RET_INVALID_INPUT);
    check_eq(ask(0x5500, 255, 255).ret, CXL_RET_INVALID_INPUT);
}

static void expect_block(const uint8_t *block, uint8_t id, bool present,
                         bool up)
{
    const uint8_t want[9] = {
        id, 16, up ? 8 : 0, 0x1f, 5, up ? 4 : 0, up ? 4 : 0, 0,
        present ? 0xc : 0,
    };

    check(!memcmp(block, want, sizeof(want)));
}

static void test_info(void)
{
    Reply r;

    setup(64);
    all[1].present = all[1].up = true;
    all[2].present = true;
    all[4].up = true;
    r = ask(0x5501, 0, 255);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 4 + 64 * 9);
    check_eq(cxl_le_load(r.out, 4), 64);
    for (uint8_t i = 0; i < 64; i++) {
        expect_block(r.out + 4 + 9 * i, i, i == 1 || i == 2, i == 1);
    }
    r = ask(0x5501, 63, 1);
    check_eq(r.len, 4 + 9);
    check_eq(r.out[0], 1);
    expect_block(r.out + 4, 63, false, false);
    check_eq(ask(0x5501, 0, 0).ret, CXL_RET_INVALID_INPUT);
    check_eq(ask(0x5501, 64, 1).ret, CXL_RET_INVALID_INPUT);
}

/* As many as fit; who wants more asks again */
static void test_short_messages(void)
{
    const uint8_t shift = 8;
    Reply r;

    setup(64);
    check_eq(mbox_send(&m, CXL_OP_SET_RESPONSE_MESSAGE_LIMIT, &shift, 1).ret,
             CXL_RET_SUCCESS);
    r = ask(0x5501, 0, 64);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.out[0], 28);
    check_eq(r.len, 4 + 28 * 9);
    check_eq(ask(0x5500, 0, 64).len, 72);
}

static CxlEventRecord added(CxlEventRecord record)
{
    CxlEffects effects = { 0 };

    check(cxl_memdev_add_event(&m, CXL_EVENT_LOG_WARN, &record, test_now,
                               &effects));
    return m.events.state.log[CXL_EVENT_LOG_WARN].records[
        m.events.state.log[CXL_EVENT_LOG_WARN].count - 1];
}

/* 3.2: flag 8 and the byte at 24h, of records of every kind */
static void test_events(void)
{
    static const CxlEventKind kinds[] = {
        CXL_EVENT_GENERAL_MEDIA, CXL_EVENT_DRAM, CXL_EVENT_MEMORY_MODULE,
    };
    CxlEventRecord record, got;

    for (unsigned heads = 0; heads <= 64; heads += 64) {
        setup((uint8_t)heads);
        for (unsigned i = 0; i < 3; i++) {
            record = cxl_event_record(kinds[i]);
            cxl_event_set_flags(&record, CXL_EVENT_FLAG_PERMANENT);
            got = added(record);
            check_eq(cxl_event_flags(&got), heads ? 0x105 : 0x005);
            check_eq(((const uint8_t *)&got)[0x24], heads ? SELF : 0);
        }
        /* about another one */
        record.header.head_id = 9;
        cxl_event_set_flags(&record, CXL_EVENT_FLAG_HEAD_ID);
        got = added(record);
        check_eq(cxl_event_flags(&got), 0x101);
        check_eq(got.header.head_id, 9);
    }
}

int main(void)
{
    unit_run("rows", test_rows);
    unit_run("LD map", test_map);
    unit_run("head info", test_info);
    unit_run("short messages", test_short_messages);
    unit_run("events", test_events);
    return unit_done();
}
