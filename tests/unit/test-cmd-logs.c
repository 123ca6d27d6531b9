/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs: list, read, capabilities, clear, populate (CXL 3.1 8.2.9.5)
 */
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/payload-logs.h"
#include "memdev-fixture.h"

#define SECOND      1000000000ull
#define HEADER      0x40u

enum { CEL, DEBUG, DUMP, LOGS };

static const uint8_t uuids[LOGS + 1][16] = {
    CXL_CEL_UUID_BYTES, CXL_VENDOR_DEBUG_UUID_BYTES,
    CXL_STATE_DUMP_UUID_BYTES, { 0x5e, 0x18, 0x19, 0xd9 },
};

static Reply get_log(unsigned log, uint32_t offset, uint32_t len)
{
    uint8_t in[24];

    memcpy(in, uuids[log], 16);
    cxl_le_store(in + 16, 4, offset);
    cxl_le_store(in + 20, 4, len);
    return mbox_send(m, CXL_OP_GET_LOG, in, sizeof(in));
}

static uint16_t on_log(uint16_t opcode, unsigned log)
{
    return mbox_send(m, opcode, uuids[log], 16).ret;
}

/* Bytes in a log, as the list of logs says */
static uint32_t size_of(unsigned log)
{
    Reply r = mbox_send(m, CXL_OP_GET_SUPPORTED_LOGS, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 8 + 20 * LOGS);
    check_eq(cxl_le_load(r.out, 8), LOGS);
    for (unsigned i = 0; i < LOGS; i++) {
        check_mem(r.out + 8 + 20 * i, uuids[i], 16);
    }
    return (uint32_t)cxl_le_load(r.out + 8 + 20 * log + 16, 4);
}

/* A refused command: its opcode tells it from others */
static void refuse(uint16_t opcode)
{
    check_eq(mbox_send(m, opcode, NULL, 0).ret, CXL_RET_UNSUPPORTED);
}

static uint16_t finish(void)
{
    CxlEffects effects = { 0 };

    test_wait(SECOND);
    cxl_memdev_timer(m, test_now, &effects);
    return (uint16_t)(reg_read(m, REG_MBOX_BG, 8) >> 32);
}

static void test_bounds(void)
{
    setup();
    refuse(0xeeee);
    for (unsigned log = 0; log < LOGS; log++) {
        uint32_t size = size_of(log);

        check(size);
        check_eq(get_log(log, 0, size).len, size);
        check_eq(get_log(log, size, 0).ret, CXL_RET_SUCCESS);
        check_eq(get_log(log, size - 1, 1).len, 1);
    }
    for (unsigned log = 0; log < LOGS; log++) {
        uint32_t size = size_of(log);

        check_eq(get_log(log, UINT32_MAX, 1).ret, CXL_RET_INVALID_INPUT);
        check_eq(get_log(log, 1, UINT32_MAX).ret, CXL_RET_INVALID_INPUT);
        if (log != DEBUG) {
            check_eq(get_log(log, size, 1).ret, CXL_RET_INVALID_INPUT);
            check_eq(get_log(log, 0, size + 1).ret, CXL_RET_INVALID_INPUT);
        }
    }
    check_eq(get_log(LOGS, 0, 4).ret, CXL_RET_INVALID_LOG);
    /* not more than the mailbox holds, and a reader may ask for less */
    m->mailbox.cci.state.logs.ndebug = 64;
    check_eq(get_log(DEBUG, 0, 1024).len, 1024);
    check_eq(mbox_send(m, CXL_OP_SET_RESPONSE_MESSAGE_LIMIT, "\x09", 1).ret,
             CXL_RET_SUCCESS);
    check_eq(get_log(DEBUG, 0, 513).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(DEBUG, 0, 512).len, 512);
    teardown();
}

/* What was refused, oldest first, the last 64 */
static void test_debug(void)
{
    Reply r;

    setup();
    check_eq(size_of(DEBUG), 0);
    check_eq(get_log(DEBUG, 0, 0).ret, CXL_RET_SUCCESS);
    for (unsigned n = 1; n <= 200; n++) {
        unsigned kept = n < 64 ? n : 64;

        test_wait(1000);
        refuse((uint16_t)(0xe000 + n));
        r = get_log(DEBUG, 0, kept * 16);
        check_eq(r.len, kept * 16);
        for (unsigned i = 0; i < kept; i++) {
            check_eq(cxl_le_load(r.out + 16 * i + 8, 8),
                     (0xe000 + n - kept + 1 + i) | CXL_RET_UNSUPPORTED << 16);
        }
        check_eq(cxl_le_load(r.out + 16 * (kept - 1), 8),
                 test_now.virtual_ns);
    }
    check_eq(get_log(DEBUG, 1024 - 8, 2).len, 2);
    check_eq(cxl_le_load(get_log(DEBUG, 1024 - 8, 2).out, 2), 0xe000 + 200);
    check_eq(on_log(CXL_OP_CLEAR_LOG, DEBUG), CXL_RET_SUCCESS);
    check_eq(size_of(DEBUG), 0);
    /* a length is told, contents never are */
    mbox_send(m, CXL_OP_SET_TIMESTAMP, "secret", 6);
    r = get_log(DEBUG, 0, 16);
    check_eq(cxl_le_load(r.out + 8, 8),
             0x600000000 | CXL_RET_INVALID_PAYLOAD_LENGTH << 16 |
             CXL_OP_SET_TIMESTAMP);
    teardown();
}

static void test_capabilities(void)
{
    static const uint32_t want[LOGS] = { 0, 1, 3 };

    setup();
    for (unsigned log = 0; log < LOGS; log++) {
        Reply r = mbox_send(m, CXL_OP_GET_LOG_CAPABILITIES, uuids[log], 16);

        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, 4);
        check_eq(cxl_le_load(r.out, 4), want[log]);
        check_eq(on_log(CXL_OP_CLEAR_LOG, log),
                 want[log] & 1 ? CXL_RET_SUCCESS : CXL_RET_INVALID_LOG);
        if (!(want[log] & 2)) {
            check_eq(on_log(CXL_OP_POPULATE_LOG, log), CXL_RET_INVALID_LOG);
        }
    }
    check_eq(on_log(CXL_OP_GET_LOG_CAPABILITIES, LOGS), CXL_RET_INVALID_LOG);
    check_eq(on_log(CXL_OP_CLEAR_LOG, LOGS), CXL_RET_INVALID_LOG);
    check_eq(on_log(CXL_OP_POPULATE_LOG, LOGS), CXL_RET_INVALID_LOG);
    teardown();
}

/* 8.2.9.5.2.3 */
static void test_dump(void)
{
    uint8_t in[8];
    uint32_t len;
    Reply r;

    setup();
    cxl_le_store(in, 8, 5000);
    mbox_send(m, CXL_OP_SET_TIMESTAMP, in, 8);
    check_eq(size_of(DUMP), HEADER);
    check_eq(cxl_le_load(get_log(DUMP, 0, 8).out, 8), 0);
    check_eq(on_log(CXL_OP_POPULATE_LOG, DUMP), CXL_RET_BACKGROUND_STARTED);
    check_eq(size_of(DUMP), HEADER);
    check_eq(finish(), CXL_RET_SUCCESS);
    len = size_of(DUMP);
    r = get_log(DUMP, 0, len);
    check_eq(cxl_le_load(r.out, 4), len - HEADER);
    check_eq(cxl_le_load(r.out + 4, 4), 0);
    check_eq(cxl_le_load(r.out + 8, 8), 5000 + SECOND);
    check_mem(r.out + HEADER, "virtual-ns 0x", 13);
    check_eq(r.out[len - 1], '\n');
    check_mem(get_log(DUMP, HEADER - 2, 12).out + 2, "virtual-ns", 10);

    /* an abort leaves what was there, and Clear does not */
    check_eq(on_log(CXL_OP_POPULATE_LOG, DUMP), CXL_RET_BACKGROUND_STARTED);
    check_eq(mbox_send(m, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION, NULL,
                       0).ret, CXL_RET_SUCCESS);
    check_eq(finish(), CXL_RET_ABORTED);
    check_eq(cxl_le_load(get_log(DUMP, 8, 8).out, 8), 5000 + SECOND);
    check_eq(on_log(CXL_OP_CLEAR_LOG, DUMP), CXL_RET_SUCCESS);
    check_eq(size_of(DUMP), HEADER);
    teardown();
}

/* A line that does not fit is left out */
static void test_dump_is_bounded(void)
{
    uint8_t room[45];
    CxlWriter out = { room, 0, sizeof(room) };

    cxl_dump_line(&out, "a", 0x0123456789abcdef);
    check_eq(out.used, 21);
    check_mem(room, "a 0x0123456789abcdef\n", 21);
    cxl_dump_line(&out, "four!", 0);
    check_eq(out.used, 21);
    cxl_dump_line(&out, "four", 0);
    check_eq(out.used, 45);
}

/* 8.2.9.5.6 */
static void test_sub_list(void)
{
    setup();
    for (unsigned start = 0; start < 256; start++) {
        for (unsigned max = 0; max < 256; max += max < 8 ? 1 : 31) {
            const uint8_t in[2] = { (uint8_t)max, (uint8_t)start };
            Reply r = mbox_send(m, CXL_OP_GET_SUPPORTED_LOGS_SUB_LIST, in, 2);
            unsigned n = start + max < LOGS ? max : LOGS - start;

            if (start >= LOGS) {
                check_eq(r.ret, CXL_RET_INVALID_INPUT);
                continue;
            }
            check_eq(r.ret, CXL_RET_SUCCESS);
            check_eq(r.len, 8 + 20 * n);
            check_eq(cxl_le_load(r.out, 8),
                     n | LOGS << 16 | (uint64_t)start << 32);
            for (unsigned i = 0; i < n; i++) {
                check_mem(r.out + 8 + 20 * i, uuids[start + i], 16);
            }
        }
    }
    teardown();
}

static void test_resets(void)
{
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        setup();
        refuse(0xeeee);
        check_eq(on_log(CXL_OP_POPULATE_LOG, DUMP),
                 CXL_RET_BACKGROUND_STARTED);
        check_eq(finish(), CXL_RET_SUCCESS);
        cxl_memdev_reset(m, kind);
        check_eq(size_of(DEBUG), kind == CXL_RESET_COLD ? 0 : 16);
        check_eq(size_of(DUMP) == HEADER, kind == CXL_RESET_COLD);
        teardown();
    }
}

int main(void)
{
    unit_run("bounds", test_bounds);
    unit_run("debug", test_debug);
    unit_run("capabilities", test_capabilities);
    unit_run("dump", test_dump);
    unit_run("dump is bounded", test_dump_is_bounded);
    unit_run("sub-list", test_sub_list);
    unit_run("resets", test_resets);
    return unit_done();
}
