/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware update: slots, packages in one part and in several, order, time-out
 * (CXL 3.1 8.2.9.3)
 */
#include "memdev-fixture.h"

#define SECOND      1000000000ull
#define HEADER      0x80u
#define PART        (PAYLOAD_SIZE - HEADER)

enum { FULL, INITIATE, CONTINUE, END, ABORT };

static uint8_t package[4 * PART];

/* A part of @package; the answer to the command itself */
static uint16_t send(uint8_t action, uint8_t slot, uint32_t unit,
                     uint32_t offset, uint32_t len)
{
    uint8_t in[PAYLOAD_SIZE] = { action, slot };

    check(len <= PART && offset + len <= sizeof(package));
    cxl_le_store(in + 4, 4, unit);
    memcpy(in + HEADER, package + offset, len);
    return mbox_send(m, CXL_OP_TRANSFER_FW, in, HEADER + len).ret;
}

/* The background operation ends when its time has come */
static uint16_t finish(void)
{
    CxlEffects effects = { 0 };

    test_wait(SECOND);
    cxl_memdev_timer(m, test_now, &effects);
    check(!(reg_read(m, REG_MBOX_STATUS, 8) & 1));
    return (uint16_t)(reg_read(m, REG_MBOX_BG, 8) >> 32);
}

/* A part that is taken */
static void part(uint8_t action, uint8_t slot, uint32_t offset, uint32_t len)
{
    check_eq(send(action, slot, offset / 128, offset, len),
             CXL_RET_BACKGROUND_STARTED);
    check_eq(finish(), CXL_RET_SUCCESS);
}

static uint16_t activate(uint8_t action, uint8_t slot)
{
    const uint8_t in[2] = { action, slot };

    return mbox_send(m, CXL_OP_ACTIVATE_FW, in, 2).ret;
}

static void expect_slots(uint8_t active, uint8_t staged)
{
    Reply r = mbox_send(m, CXL_OP_GET_FW_INFO, NULL, 0);
    Reply id = mbox_send(m, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 0x50);
    check_eq(r.out[0], 4);
    check_eq(r.out[1], active | staged << 3);
    check_eq(r.out[2], 1);
    check_mem(id.out, r.out + 0x10 * active, 16);
}

static void expect_revision(unsigned slot, const char *want)
{
    Reply r = mbox_send(m, CXL_OP_GET_FW_INFO, NULL, 0);
    char padded[16] = { 0 };

    memcpy(padded, want, strlen(want));
    if (!check_mem(r.out + 0x10 * slot, padded, 16)) {
        unit_note("slot %u has %.16s", slot, (char *)r.out + 0x10 * slot);
    }
}

static void setup_package(void)
{
    setup();
    for (uint32_t i = 0; i < sizeof(package); i++) {
        package[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    memcpy(package, "2.7 beta\n", 9);
}

static void test_info(void)
{
    setup_package();
    expect_slots(1, 0);
    expect_revision(1, "1.0");
    for (unsigned slot = 2; slot <= 4; slot++) {
        expect_revision(slot, "");
    }
    teardown();
}

/* What becomes of the start of a package */
static void test_revisions(void)
{
    static const struct {
        const char *bytes;
        uint32_t len;
        const char *revision;
    } cases[] = {
        { "abc", 3, "abc" },
        { "abc\0def", 7, "abc" },
        { "abc\r\n", 5, "abc" },
        { "abc\n", 4, "abc" },
        { "0123456789abcdef", 16, "0123456789abcdef" },
        { "0123456789abcdefg", 17, "0123456789abcdef" },
        { "\nabc", 4, "sum-7baa8d53" },
        { "abc\x80", 4, "sum-ea34a5d1" },
        { "\x7f", 1, "sum-fa0c4bce" },
        { "a", 1, "a" },
    };

    setup_package();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(package, cases[i].bytes, cases[i].len);
        part(FULL, 2, 0, cases[i].len);
        expect_revision(2, cases[i].revision);
    }
    teardown();
}

static void test_full(void)
{
    setup_package();
    check_eq(send(FULL, 2, 0, 0, 0), CXL_RET_INVALID_INPUT);
    for (unsigned slot = 0; slot < 256; slot++) {
        if (slot < 2 || slot > 4) {
            check_eq(send(FULL, (uint8_t)slot, 0, 0, 1), CXL_RET_INVALID_SLOT);
        }
    }
    /* an offset is ignored */
    check_eq(send(FULL, 3, UINT32_MAX, 0, PART), CXL_RET_BACKGROUND_STARTED);
    expect_revision(3, "");
    check_eq(send(FULL, 2, 0, 0, 1), CXL_RET_BUSY);
    check_eq(activate(1, 1), CXL_RET_BUSY);
    check_eq(finish(), CXL_RET_SUCCESS);
    expect_revision(3, "2.7 beta");
    expect_slots(1, 0);
    teardown();
}

/* The same bytes in parts give the same firmware, the last one of any length */
static void test_parts(void)
{
    setup_package();
    package[0] = 0;
    part(INITIATE, 9, 0, PART);
    part(CONTINUE, 9, PART, PART);
    part(CONTINUE, 9, 2 * PART, 128);
    part(END, 2, 2 * PART + 128, 77);

    /* each part but the first again, the next to last with other bytes */
    part(INITIATE, 0, 0, PART);
    part(CONTINUE, 0, PART, PART);
    part(CONTINUE, 0, PART, PART);
    package[2 * PART] ^= 1;
    part(CONTINUE, 0, 2 * PART, 256);
    package[2 * PART] ^= 1;
    part(CONTINUE, 0, 2 * PART, 128);
    part(END, 3, 2 * PART + 128, 77);
    {
        Reply r = mbox_send(m, CXL_OP_GET_FW_INFO, NULL, 0);

        check_mem(r.out + 0x20, "sum-", 4);
        check_mem(r.out + 0x20, r.out + 0x30, 16);
    }

    /* an empty last part */
    part(INITIATE, 0, 0, 128);
    part(END, 4, 128, 0);
    check_eq(activate(1, 4), CXL_RET_SUCCESS);
    teardown();
}

static void test_order(void)
{
    setup_package();
    check_eq(send(CONTINUE, 0, 0, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    check_eq(send(END, 2, 0, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    check_eq(send(ABORT, 0, 0, 0, 0), CXL_RET_SUCCESS);
    check_eq(send(INITIATE, 0, 1, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    for (uint32_t action = ABORT + 1; action < 256; action++) {
        check_eq(send((uint8_t)action, 2, 0, 0, 128), CXL_RET_INVALID_INPUT);
    }
    part(INITIATE, 0, 0, 128);
    check_eq(send(INITIATE, 0, 0, 0, 128), CXL_RET_FW_TRANSFER_IN_PROGRESS);
    check_eq(send(FULL, 2, 0, 0, 128), CXL_RET_FW_TRANSFER_IN_PROGRESS);
    check_eq(send(CONTINUE, 0, 0, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    check_eq(send(CONTINUE, 0, 2, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    /* in 32 bits, this would be 128 */
    check_eq(send(CONTINUE, 0, 0x02000001, 0, 128),
             CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    check_eq(send(CONTINUE, 0, UINT32_MAX, 0, 128),
             CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    for (uint32_t len = 0; len < 300; len++) {
        if (!len || len % 128) {
            check_eq(send(INITIATE, 0, 0, 0, len), CXL_RET_INVALID_INPUT);
            check_eq(send(CONTINUE, 0, 1, 0, len), CXL_RET_INVALID_INPUT);
        }
    }
    check_eq(send(END, 0, 1, 0, 128), CXL_RET_INVALID_SLOT);
    check_eq(send(END, 1, 1, 0, 128), CXL_RET_INVALID_SLOT);
    check_eq(send(END, 5, 1, 0, 128), CXL_RET_INVALID_SLOT);
    /* none of which has ended the transfer */
    part(CONTINUE, 0, 128, 128);
    part(END, 2, 256, 128);
    check_eq(send(END, 2, 3, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    teardown();
}

/* More than a slot can hold, which takes a while to say through registers */
static void test_too_long(void)
{
    CxlFwTransfer *t;

    setup_package();
    t = &m->state.firmware.transfer;
    part(INITIATE, 0, 0, 128);
    t->start = t->size = CXL_FW_MAX_SIZE - 128;
    check_eq(send(END, 2, (uint32_t)(t->size / 128), 0, 129),
             CXL_RET_INVALID_INPUT);
    check_eq(send(CONTINUE, 2, (uint32_t)(t->size / 128), 0, 128),
             CXL_RET_BACKGROUND_STARTED);
    check_eq(finish(), CXL_RET_SUCCESS);
    check_eq(send(CONTINUE, 2, CXL_FW_MAX_SIZE / 128, 0, 128),
             CXL_RET_INVALID_INPUT);
    check_eq(send(END, 2, CXL_FW_MAX_SIZE / 128, 0, 0),
             CXL_RET_BACKGROUND_STARTED);
    teardown();
}

static void test_abort(void)
{
    setup_package();
    part(INITIATE, 0, 0, 128);
    check_eq(send(ABORT, 0, 0, 0, 0), CXL_RET_SUCCESS);
    check_eq(send(CONTINUE, 0, 1, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);

    /* Request Abort ends the part, and with it the transfer */
    part(INITIATE, 0, 0, 128);
    check_eq(send(END, 2, 1, 128, 128), CXL_RET_BACKGROUND_STARTED);
    check_eq(mbox_send(m, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION, NULL,
                       0).ret, CXL_RET_SUCCESS);
    check_eq(finish(), CXL_RET_ABORTED);
    expect_revision(2, "");
    check_eq(send(END, 2, 1, 128, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    part(FULL, 2, 0, 128);
    expect_revision(2, "2.7 beta");
    teardown();
}

static void test_timeout(void)
{
    setup_package();
    part(INITIATE, 0, 0, 128);
    test_wait(30 * SECOND);
    part(CONTINUE, 0, 128, 128);
    test_wait(30 * SECOND + 1);
    check_eq(send(CONTINUE, 0, 2, 0, 128), CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
    /* what was there is not in the way of another one */
    part(INITIATE, 0, 0, 128);
    test_wait(31 * SECOND);
    part(FULL, 2, 0, 128);
    teardown();
}

static void test_activate(void)
{
    setup_package();
    part(FULL, 2, 0, 128);
    memcpy(package, "3.0\n", 4);
    part(FULL, 3, 0, 128);
    check_eq(activate(2, 2), CXL_RET_INVALID_INPUT);
    check_eq(activate(0, 0), CXL_RET_INVALID_SLOT);
    check_eq(activate(1, 4), CXL_RET_INVALID_SLOT);
    check_eq(activate(1, 5), CXL_RET_INVALID_SLOT);
    check_eq(activate(0, 255), CXL_RET_INVALID_SLOT);

    check_eq(activate(1, 2), CXL_RET_SUCCESS);
    expect_slots(1, 2);
    check_eq(activate(1, 1), CXL_RET_SUCCESS);
    expect_slots(1, 0);
    check_eq(activate(1, 2), CXL_RET_SUCCESS);

    check_eq(activate(0, 3), CXL_RET_BACKGROUND_STARTED);
    expect_slots(1, 2);
    check_eq(mbox_send(m, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION, NULL,
                       0).ret, CXL_RET_ABORT_NOT_SUPPORTED);
    check_eq(finish(), CXL_RET_SUCCESS);
    expect_slots(3, 2);
    /* that it is the staged one makes it staged no more */
    check_eq(activate(0, 2), CXL_RET_BACKGROUND_STARTED);
    check_eq(finish(), CXL_RET_SUCCESS);
    expect_slots(2, 0);
    check_eq(send(FULL, 2, 0, 0, 128), CXL_RET_INVALID_SLOT);
    part(FULL, 1, 0, 128);
    expect_revision(1, "3.0");
    teardown();
}

/* Who waits for it at the monitor is told, once */
static void test_told(void)
{
    CxlEffects effects = { 0 };

    setup_package();
    part(FULL, 2, 0, 128);
    check_eq(activate(1, 2), CXL_RET_SUCCESS);
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    cxl_fw_after_reset(&m->state.firmware, &effects);
    check_eq(effects.ntells, 0);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    cxl_fw_after_reset(&m->state.firmware, &effects);
    cxl_fw_after_reset(&m->state.firmware, &effects);
    check_eq(effects.ntells, 1);
    check_eq(effects.tell[0].event, CXL_TELL_FIRMWARE_ACTIVATED);
    check_eq(effects.tell[0].what, 2);

    part(FULL, 3, 0, 128);
    check_eq(activate(0, 3), CXL_RET_BACKGROUND_STARTED);
    effects = (CxlEffects) { 0 };
    test_wait(SECOND);
    cxl_memdev_timer(m, test_now, &effects);
    check_eq(effects.ntells, 2);
    check_eq(effects.tell[0].event, CXL_TELL_FIRMWARE_ACTIVATED);
    check_eq(effects.tell[0].what, 3);
    check_eq(effects.tell[1].event, CXL_TELL_BACKGROUND_DONE);
    check_eq(effects.tell[1].what, CXL_OP_ACTIVATE_FW);
    teardown();
}

static void test_resets(void)
{
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        bool conventional = kind <= CXL_RESET_WARM;

        setup_package();
        part(FULL, 2, 0, 128);
        part(FULL, 4, 0, 128);
        check_eq(activate(1, 2), CXL_RET_SUCCESS);
        part(INITIATE, 0, 0, 128);
        cxl_memdev_reset(m, kind);
        check_eq(send(CONTINUE, 0, 1, 0, 128),
                 CXL_RET_FW_TRANSFER_OUT_OF_ORDER);
        expect_slots(conventional ? 2 : 1, conventional ? 0 : 2);
        expect_revision(4, "2.7 beta");

        /* in the middle of an operation */
        check_eq(activate(0, 4), CXL_RET_BACKGROUND_STARTED);
        cxl_memdev_reset(m, kind);
        check_eq(finish(), 0);
        expect_slots(conventional ? 2 : 1, conventional ? 0 : 2);
        check_eq(send(FULL, 3, 0, 0, 128), CXL_RET_BACKGROUND_STARTED);
        cxl_memdev_reset(m, kind);
        expect_revision(3, "");
        part(FULL, 3, 0, 128);
        teardown();
    }
}

int main(void)
{
    unit_run("info", test_info);
    unit_run("revisions", test_revisions);
    unit_run("full", test_full);
    unit_run("parts", test_parts);
    unit_run("order", test_order);
    unit_run("too long", test_too_long);
    unit_run("abort", test_abort);
    unit_run("time-out", test_timeout);
    unit_run("activate", test_activate);
    unit_run("told", test_told);
    unit_run("resets", test_resets);
    return unit_done();
}
