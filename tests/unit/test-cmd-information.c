/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Information and status, on an interface that no device owns
 * (CXL 3.1 8.2.9.1)
 */
#include "hw/cxl/core/cci.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/wire.h"
#include "commands.h"
#include "unit.h"

#define NOW 1700000000000000000ull

static const CxlIdentity identity = {
    .vendor = 0x1234, .device = 0x5678,
    .subsystem_vendor = 0x9abc, .subsystem = 0xdef0,
    .serial = 0x1122334455667788, .type = 3,
};

static CxlCci cci;
static uint8_t out[CXL_CCI_MAX_PAYLOAD];
static uint32_t out_len;
static CxlTime now;

static void setup(void)
{
    now = (CxlTime) { .virtual_ns = NOW };
    cxl_cci_init(&cci, NULL, NULL);
    check(cxl_cci_add_information(&cci, &identity));
}

static CxlRet send(uint16_t opcode, const void *in, uint32_t len)
{
    CxlEffects effects = { 0 };

    return cxl_cci_execute(&cci, opcode, in, len, out, sizeof(out), &out_len,
                           now, &effects);
}

static CxlRet run(uint16_t opcode, uint32_t len)
{
    return send(opcode, "xx", len);
}

static uint64_t out_le(unsigned offset, unsigned size)
{
    return cxl_le_load(out + offset, size);
}

static void test_rows(void)
{
    static const TestCommand commands[] = {
        CXL_COMMANDS_INFORMATION(TEST_COMMAND)
    };

    setup();
    check_rows(&cci, commands, sizeof(commands) / sizeof(commands[0]));
}

/* 8.2.9.1.1 */
static void test_identify(void)
{
    setup();
    check_eq(run(0x0001, 0), CXL_RET_SUCCESS);
    check_eq(out_len, 0x12);
    check_eq(out_le(0x00, 8), 0xdef09abc56781234);
    check_eq(out_le(0x08, 8), 0x1122334455667788);
    check_eq(out[0x10], 10);            /* at most */
    check_eq(out[0x11], 3);
    check_eq(run(0x0001, 1), CXL_RET_INVALID_PAYLOAD_LENGTH);
}

static CxlRet long_run(CxlCciCall *call)
{
    call->background_ns = 1000;
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet long_done(CxlCci *c, CxlRet ret, CxlTime when,
                        CxlEffects *effects)
{
    (void)c;
    (void)ret;
    (void)when;
    (void)effects;
    return CXL_RET_ABORTED;
}

/* 8.2.9.1.2: idle, running, ended, reset */
static void test_background_status(void)
{
    static const CxlCciCommand rows[] = {
        {
            .name = "long", .opcode = 0x5555, .effects = CXL_CEL_BACKGROUND,
            .run = long_run, .done = long_done,
        },
    };
    CxlEffects effects = { 0 };

    setup();
    check(cxl_cci_add_set(&cci, rows, 1));
    check_eq(run(0x0002, 0), CXL_RET_SUCCESS);
    check_eq(out_len, 8);
    check_eq(out_le(0, 8), 0);

    check_eq(run(0x5555, 0), CXL_RET_BACKGROUND_STARTED);
    now.virtual_ns += 300;
    check_eq(run(0x0002, 0), CXL_RET_SUCCESS);
    check_eq(out_le(0, 8), 0x55550000 | 30 << 1 | 1);

    check_eq(cxl_cci_background_timer(&cci, now, &effects), CXL_RET_ABORTED);
    check_eq(run(0x0002, 0), CXL_RET_SUCCESS);
    check_eq(out_le(0, 8), 0x1255550000 | 100 << 1);

    cxl_cci_reset(&cci, CXL_RESET_WARM);
    check_eq(run(0x0002, 0), CXL_RET_SUCCESS);
    check_eq(out_le(0, 8), 0);
}

/* 8.2.9.1.3, 8.2.9.1.4: what is granted bounds all output */
static void test_response_limit(void)
{
    static const struct {
        uint8_t in;
        CxlRet ret;
        uint8_t limit;
    } cases[] = {
        { 0, CXL_RET_INVALID_INPUT, 11 }, { 7, CXL_RET_INVALID_INPUT, 11 },
        { 8, CXL_RET_SUCCESS, 8 }, { 10, CXL_RET_SUCCESS, 10 },
        { 21, CXL_RET_INVALID_INPUT, 10 }, { 255, CXL_RET_INVALID_INPUT, 10 },
        { 20, CXL_RET_SUCCESS, 11 }, { 8, CXL_RET_SUCCESS, 8 },
    };

    setup();
    check_eq(run(0x0003, 0), CXL_RET_SUCCESS);
    check_eq(out_len, 1);
    check_eq(out[0], 11);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check_eq(send(0x0004, &cases[i].in, 1), cases[i].ret);
        if (cases[i].ret == CXL_RET_SUCCESS) {
            check_eq(out_len, 1);
            check_eq(out[0], cases[i].limit);
        }
        check_eq(run(0x0003, 0), CXL_RET_SUCCESS);
        check_eq(out[0], cases[i].limit);
    }
    check_eq(run(0x0004, 0), CXL_RET_INVALID_PAYLOAD_LENGTH);
    check_eq(run(0x0004, 2), CXL_RET_INVALID_PAYLOAD_LENGTH);
    cxl_cci_reset(&cci, CXL_RESET_FUNCTION);
    check_eq(run(0x0003, 0), CXL_RET_SUCCESS);
    check_eq(out[0], 8);
    cxl_cci_reset(&cci, CXL_RESET_WARM);
    check_eq(run(0x0003, 0), CXL_RET_SUCCESS);
    check_eq(out[0], 11);
}

/* 8.2.9.1.5 */
static void test_abort(void)
{
    static const CxlCciCommand rows[] = {
        {
            .name = "long", .opcode = 0x5555, .run = long_run,
            .effects = CXL_CEL_BACKGROUND | CXL_CEL_BACKGROUND_ABORT,
        }, {
            .name = "stubborn", .opcode = 0x5556, .run = long_run,
            .effects = CXL_CEL_BACKGROUND,
        },
    };

    setup();
    check(cxl_cci_add_set(&cci, rows, 2));
    check_eq(run(0x0005, 0), CXL_RET_SUCCESS);
    check_eq(out_len, 0);
    check_eq(run(0x0005, 1), CXL_RET_INVALID_PAYLOAD_LENGTH);
    check_eq(run(0x5555, 0), CXL_RET_BACKGROUND_STARTED);
    check_eq(run(0x0005, 0), CXL_RET_SUCCESS);
    check_eq(run(0x0002, 0), CXL_RET_SUCCESS);
    check_eq(out_le(0, 8), 0x55550001);
    check_eq(cxl_cci_background_timer(&cci, now, &(CxlEffects) { 0 }),
             CXL_RET_ABORTED);
    check_eq(run(0x0002, 0), CXL_RET_SUCCESS);
    check_eq(out_le(0, 8), 0x1255550000 | 100 << 1);
    check_eq(run(0x5556, 0), CXL_RET_BACKGROUND_STARTED);
    check_eq(run(0x0005, 0), CXL_RET_ABORT_NOT_SUPPORTED);
}

int main(void)
{
    unit_run("rows", test_rows);
    unit_run("identify", test_identify);
    unit_run("background operation status", test_background_status);
    unit_run("response message limit", test_response_limit);
    unit_run("abort", test_abort);
    return unit_done();
}
