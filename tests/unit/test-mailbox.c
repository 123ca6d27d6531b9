/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The primary mailbox of a memory device: which commands there are, doorbell,
 * interrupts, background operations (CXL 3.1 8.2.8.4)
 */
#include "hw/cxl/spec/cci.h"
#include "commands.h"
#include "memdev-fixture.h"

#define SECOND          1000000000ull
#define VECTOR_MAILBOX  5
#define CTRL_DB_IRQ     2u
#define CTRL_BG_IRQ     4u

static const TestCommand commands[] = {
    CXL_COMMANDS_OF_MEMDEV(TEST_COMMAND)
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void test_rows(void)
{
    setup();
    check_rows(&m->mailbox.cci, commands, NCOMMANDS);
    teardown();
}

static void test_command_lengths(void)
{
    setup();
    for (unsigned i = 0; i < NCOMMANDS; i++) {
        const TestCommand *c = &commands[i];
        uint32_t max = c->max_in < PAYLOAD_SIZE ? c->max_in : PAYLOAD_SIZE;

        for (uint32_t len = 0; len <= PAYLOAD_SIZE + 1; len++) {
            bool fits = len >= c->min_in && len <= max;
            uint8_t in[PAYLOAD_SIZE] = { 0 };
            Reply r;

            if (c->opcode == CXL_OP_CLEAR_EVENT_RECORDS && fits) {
                /* it counts its handles itself */
                in[2] = (uint8_t)((len - 6) / 2);
                fits = len % 2 == 0;
            }
            r = mbox_send(m, c->opcode, in, len);
            check(r.ret != CXL_RET_UNSUPPORTED);
            if (!check_eq(r.ret == RET_BAD_LENGTH, !fits)) {
                unit_note("%s, length %u", c->symbol, len);
            }
            test_timer(m, 100 * SECOND);
        }
        check_eq(mbox_send(m, c->opcode, NULL, 0).ret == RET_BAD_LENGTH,
                 c->min_in > 0);
        test_timer(m, 100 * SECOND);
        for (uint32_t bit = 12; bit < 21; bit++) {
            check_eq(mbox_send(m, c->opcode, lsa.bytes, 1u << bit).ret,
                     RET_BAD_LENGTH);
        }
    }
    teardown();
}

static void test_unsupported(void)
{
    unsigned next = 0;

    setup();
    for (uint32_t opcode = 0; opcode <= UINT16_MAX; opcode++) {
        Reply r;

        if (next < NCOMMANDS && commands[next].opcode == opcode) {
            next++;
            continue;
        }
        r = mbox_send(m, (uint16_t)opcode, NULL, 0);
        check_eq(r.ret, CXL_RET_UNSUPPORTED);
        check_eq(r.len, 0);
    }
    check_eq(next, NCOMMANDS);
    teardown();
}

static const uint8_t cel_uuid[16] = {
    0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
    0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
};

static Reply get_log(const uint8_t *uuid, uint32_t offset, uint32_t len)
{
    uint8_t in[24];

    memcpy(in, uuid, 16);
    cxl_le_store(in + 16, 4, offset);
    cxl_le_store(in + 20, 4, len);
    return mbox_send(m, CXL_OP_GET_LOG, in, sizeof(in));
}

static uint32_t cel_size(void)
{
    Reply r = mbox_send(m, CXL_OP_GET_SUPPORTED_LOGS, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 8 + 3 * 20);
    check_eq(cxl_le_load(r.out, 8), 3);
    check_mem(r.out + 8, cel_uuid, 16);
    return (uint32_t)cxl_le_load(r.out + 24, 4);
}

static void test_cel(void)
{
    static const uint8_t debug_uuid[16] = { 0x5e, 0x18, 0x19, 0xd9 };
    uint32_t size = NCOMMANDS * 4;
    Reply r;

    setup();
    check_eq(cel_size(), size);
    r = get_log(cel_uuid, 0, size);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, size);
    for (unsigned i = 0; i < NCOMMANDS; i++) {
        check_eq(cxl_le_load(r.out + 4 * i, 2), commands[i].opcode);
        check_eq(cxl_le_load(r.out + 4 * i + 2, 2), commands[i].effects);
    }
    check_eq(get_log(cel_uuid, size, 0).ret, CXL_RET_SUCCESS);
    check_eq(get_log(cel_uuid, size - 3, 3).len, 3);
    check_eq(get_log(cel_uuid, size - 3, 4).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(cel_uuid, size + 1, 0).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(cel_uuid, 4, UINT32_MAX).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(cel_uuid, UINT32_MAX, 2).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(debug_uuid, 0, 4).ret, CXL_RET_INVALID_LOG);
    teardown();

    /* without label storage its commands are not there */
    m = test_memdev_new(&lsa, GIB, GIB, 0);
    check_eq(cel_size(), size - 8);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, NULL, 0).ret, CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_SET_LSA, NULL, 0).ret, CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_GET_SHUTDOWN_STATE, NULL, 0).ret, 0);
    teardown();

    /* nor a shutdown state or passphrases without persistent capacity */
    m = test_memdev_new(&lsa, GIB, 0, 1024);
    check_eq(cel_size(), size - 28);
    check_eq(mbox_send(m, CXL_OP_GET_SHUTDOWN_STATE, NULL, 0).ret,
             CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, NULL, 0).ret,
             CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, cel_uuid, 8).ret,
             CXL_RET_INVALID_INPUT);
    teardown();
}

/* The doorbell runs the command once, and only a write of one rings it */
static void test_doorbell(void)
{
    setup();
    reg_write(m, REG_MBOX_CMD, 8, 0xffff);
    reg_write(m, REG_MBOX_CTRL, 4, 0);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    reg_write(m, REG_MBOX_CTRL + 1, 1, 0xff);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    reg_write(m, REG_MBOX_CTRL, 1, 1);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8),
             (uint64_t)CXL_RET_UNSUPPORTED << 32);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), 0);

    /* one access rings it and sets the command that it runs */
    reg_write(m, REG_MBOX_CTRL, 8,
              1 | (uint64_t)CXL_OP_IDENTIFY_MEMORY_DEVICE << 32);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    check_eq(reg_read(m, REG_MBOX_CMD, 8),
             CXL_OP_IDENTIFY_MEMORY_DEVICE | 0x45ull << 16);

    /* a failing command leaves the payload as it was, and no length */
    payload_write(m, "untouched", 9);
    reg_write(m, REG_MBOX_CMD, 8,
              CXL_OP_IDENTIFY_MEMORY_DEVICE | 9ull << 16);
    reg_write(m, REG_MBOX_CTRL, 4, 1);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), (uint64_t)RET_BAD_LENGTH << 32);
    check_eq(reg_read(m, REG_MBOX_CMD, 8), CXL_OP_IDENTIFY_MEMORY_DEVICE);
    check_mem(m->mailbox.state.bytes + REG_MBOX_PAYLOAD, "untouched", 9);
    teardown();
}

static void test_doorbell_interrupt(void)
{
    setup();
    check_eq(mbox_send(m, 0xffff, NULL, 0).effects.vectors, 0);
    reg_write(m, REG_MBOX_CTRL, 4, CTRL_DB_IRQ);
    check_eq(mbox_send(m, 0xffff, NULL, 0).effects.vectors,
             1u << VECTOR_MAILBOX);
    reg_write(m, REG_MBOX_CTRL, 4, CTRL_BG_IRQ);
    check_eq(mbox_send(m, 0xffff, NULL, 0).effects.vectors, 0);
    /* the vector that the capabilities register names, within the table */
    check_eq(reg_read(m, REG_MBOX_CAP, 4) >> 7 & 0xf, VECTOR_MAILBOX);
    check(VECTOR_MAILBOX < CXL_MEMDEV_VECTORS);
    teardown();
}

/* What the machine can tell of a command: everything but contents */
static void test_report(void)
{
    uint8_t in[12] = { 0 };
    CxlReport report;

    setup();
    report = mbox_send(m, CXL_OP_GET_LSA, in, 8).effects.report;
    check_eq(report.what, CXL_REPORT_COMMAND | CXL_REPORT_RETURN);
    check_str(report.name, "Get LSA");
    check_eq(report.number, CXL_OP_GET_LSA);
    check_eq(report.in_len, 8);
    check_eq(report.out_len, 0);
    check_eq(report.ret, CXL_RET_SUCCESS);
    check(!report.wrong);

    report = mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0).effects.report;
    check_eq(report.out_len, 0x12);

    report = mbox_send(m, CXL_OP_GET_LSA, in, 9).effects.report;
    check_eq(report.what, CXL_REPORT_COMMAND | CXL_REPORT_RETURN);
    check_eq(report.ret, RET_BAD_LENGTH);
    check_str(report.wrong, "invalid payload length");

    report = mbox_send(m, 0xbeef, in, 0).effects.report;
    check_str(report.name, "unknown command");
    check_str(report.wrong, "unsupported");

    /* how the device fares is no fault of the guest's */
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    report = mbox_send(m, CXL_OP_GET_LSA, in, 8).effects.report;
    check_eq(report.ret, CXL_RET_MEDIA_DISABLED);
    check(!report.wrong);

    /* a write to nothing, and one to something */
    check_str(reg_write(m, 0x78, 4, 1).report.wrong, "there is no register");
    check(!reg_write(m, REG_MBOX_CMD, 8, 1).report.wrong);
    teardown();
}

static CxlRet long_run(CxlCciCall *call)
{
    call->background_ns = 10 * SECOND;
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet long_done(CxlCci *cci, CxlRet ret, CxlTime now,
                        CxlEffects *effects)
{
    (void)cci;
    (void)ret;
    (void)now;
    (void)effects;
    return CXL_RET_PERMANENT_MEDIA_FAILURE;
}

static const CxlCciCommand long_rows[] = {
    {
        .name = "long", .opcode = 0x5555, .effects = CXL_CEL_BACKGROUND,
        .run = long_run, .done = long_done,
    },
};

/* Registers during and after a background operation (8.2.8.4.6, .7) */
static void test_background(void)
{
    uint64_t started = test_now.virtual_ns;
    CxlEffects effects = { 0 };
    Reply r;

    setup();
    check(cxl_cci_add_set(&m->mailbox.cci, long_rows, 1));
    cxl_memdev_timer(m, test_now, &effects);
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0);

    reg_write(m, REG_MBOX_CTRL, 4, CTRL_BG_IRQ);
    r = mbox_send(m, 0x5555, NULL, 0);
    check_eq(r.ret, CXL_RET_BACKGROUND_STARTED);
    check_eq(r.effects.flags, CXL_EFFECT_DEADLINE);
    check_eq(r.effects.deadline_ns, started + 10 * SECOND);
    check_eq(r.effects.vectors, 0);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0x100000001);
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0x5555);
    test_wait(5 * SECOND);
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0x5555 | 50 << 16);
    check_eq(reg_read(m, REG_MBOX_BG + 2, 1), 50);

    /* The machine is stopped for an hour, and somebody sets the clock back */
    test_now.wall_ns += 3600 * SECOND;
    check_eq(reg_read(m, REG_MBOX_BG + 2, 1), 50);
    test_now.wall_ns -= 7200 * SECOND;
    check_eq(reg_read(m, REG_MBOX_BG + 2, 1), 50);

    r = mbox_send(m, 0x5555, NULL, 0);
    check_eq(r.ret, CXL_RET_BUSY);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), (uint64_t)CXL_RET_BUSY << 32 | 1);
    check_eq(mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0).ret, 0);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 1);

    test_wait(5 * SECOND);
    cxl_memdev_timer(m, test_now, &effects);
    check_eq(effects.vectors, 1u << VECTOR_MAILBOX);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    check_eq(reg_read(m, REG_MBOX_BG, 8),
             0x5555 | 100ull << 16 |
             (uint64_t)CXL_RET_PERMANENT_MEDIA_FAILURE << 32);

    /* without its interrupt; a reset ends it, a late timer does nothing */
    reg_write(m, REG_MBOX_CTRL, 4, CTRL_DB_IRQ);
    check_eq(mbox_send(m, 0x5555, NULL, 0).ret, CXL_RET_BACKGROUND_STARTED);
    effects.vectors = 0;
    cxl_memdev_timer(m, test_now, &effects);
    check_eq(effects.vectors, 0);
    check_eq(mbox_send(m, 0x5555, NULL, 0).ret, CXL_RET_BACKGROUND_STARTED);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    cxl_memdev_timer(m, test_now, &effects);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0);
    teardown();
}

int main(void)
{
    unit_run("rows", test_rows);
    unit_run("command lengths", test_command_lengths);
    unit_run("unsupported", test_unsupported);
    unit_run("cel", test_cel);
    unit_run("doorbell", test_doorbell);
    unit_run("report", test_report);
    unit_run("doorbell interrupt", test_doorbell_interrupt);
    unit_run("background", test_background);
    return unit_done();
}
