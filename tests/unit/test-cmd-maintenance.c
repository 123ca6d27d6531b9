/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maintenance operations: repairs, their spares, resets (CXL 3.1 8.2.9.7)
 */
#include "memdev-fixture.h"

#define SECOND      1000000000ull
#define CAPACITY    (2 * GIB + GIB / 2)

enum { PPR = 1, SPARING };
enum { SOFT, HARD };
enum { QUERY = 1, SPARE_HARD };

static uint16_t ppr(uint8_t subclass, uint8_t flags, uint64_t dpa)
{
    uint8_t in[14] = { PPR, subclass, flags };

    cxl_le_store(in + 3, 8, dpa);
    return mbox_send(m, CXL_OP_PERFORM_MAINTENANCE, in, 14).ret;
}

static uint16_t spare(uint8_t subclass, uint8_t flags)
{
    const uint8_t in[16] = { SPARING, subclass, flags, 0xff, 0xff, [8] = 7 };

    return mbox_send(m, CXL_OP_PERFORM_MAINTENANCE, in, 16).ret;
}

static uint16_t finish(void)
{
    CxlEffects effects = { 0 };

    test_wait(SECOND);
    cxl_memdev_timer(m, test_now, &effects);
    return (uint16_t)(reg_read(m, REG_MBOX_BG, 8) >> 32);
}

/* Any address that there is, of either kind of capacity */
static void test_addresses(void)
{
    setup();
    check_eq(ppr(SOFT, 0, CAPACITY), CXL_RET_INVALID_PHYSICAL_ADDRESS);
    check_eq(ppr(HARD, 0, UINT64_MAX), CXL_RET_INVALID_PHYSICAL_ADDRESS);
    check_eq(ppr(HARD, QUERY, 1ull << 63), CXL_RET_INVALID_PHYSICAL_ADDRESS);
    check_eq(ppr(SOFT, 0, CAPACITY - 1), CXL_RET_BACKGROUND_STARTED);
    check_eq(ppr(SOFT, 0, 0), CXL_RET_BUSY);
    check_eq(finish(), CXL_RET_SUCCESS);
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    check_eq(ppr(SOFT, 0, 0), CXL_RET_MEDIA_DISABLED);
    teardown();
}

/* The length is that of the operation */
static void test_lengths(void)
{
    uint8_t in[17] = { 0 };

    setup();
    for (unsigned op_class = 0; op_class < 5; op_class++) {
        for (unsigned subclass = 0; subclass < 6; subclass++) {
            bool there = (op_class == PPR && subclass < 2) ||
                         (op_class == SPARING && subclass < 4);

            for (uint32_t len = 2; len <= 16; len++) {
                in[0] = (uint8_t)op_class;
                in[1] = (uint8_t)subclass;
                in[2] = QUERY;
                check_eq(mbox_send(m, CXL_OP_PERFORM_MAINTENANCE, in, len).ret,
                         !there ? CXL_RET_INVALID_INPUT :
                         len == (op_class == PPR ? 14 : 16) ?
                         CXL_RET_SUCCESS : CXL_RET_INVALID_PAYLOAD_LENGTH);
            }
        }
    }
    check_eq(mbox_send(m, CXL_OP_PERFORM_MAINTENANCE, in, 17).ret,
             RET_BAD_LENGTH);
    check_eq(mbox_send(m, CXL_OP_PERFORM_MAINTENANCE, in, 1).ret,
             RET_BAD_LENGTH);
    teardown();
}

/* Each kind has 16, soft and hard together; a query uses none */
static void test_spares(void)
{
    setup();
    for (unsigned i = 0; i < 16; i++) {
        for (uint8_t subclass = 0; subclass < 4; subclass++) {
            check_eq(spare(subclass, QUERY), CXL_RET_SUCCESS);
            check_eq(spare(subclass, i & 1 ? SPARE_HARD : 0),
                     CXL_RET_BACKGROUND_STARTED);
            check_eq(finish(), CXL_RET_SUCCESS);
        }
    }
    for (uint8_t subclass = 0; subclass < 4; subclass++) {
        check_eq(spare(subclass, QUERY), CXL_RET_RESOURCES_EXHAUSTED);
        check_eq(spare(subclass, SPARE_HARD), CXL_RET_RESOURCES_EXHAUSTED);
    }
    check_eq(ppr(SOFT, QUERY, 0), CXL_RET_SUCCESS);
    teardown();
}

/* What is aborted or reset has not been done; soft repairs do not last */
static void test_undone(void)
{
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        bool conventional = kind <= CXL_RESET_WARM;

        setup();
        check_eq(ppr(HARD, 0, 0), CXL_RET_BACKGROUND_STARTED);
        check_eq(mbox_send(m, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION, NULL,
                           0).ret, CXL_RET_SUCCESS);
        check_eq(finish(), CXL_RET_ABORTED);
        check_eq(ppr(HARD, 0, 0), CXL_RET_BACKGROUND_STARTED);
        cxl_memdev_reset(m, kind);
        check_eq(m->state.maintenance.hard[1], 0);
        for (unsigned i = 0; i < 16; i++) {
            check_eq(ppr(SOFT, 0, 0), CXL_RET_BACKGROUND_STARTED);
            check_eq(finish(), CXL_RET_SUCCESS);
            check_eq(ppr(HARD, 0, 0), CXL_RET_BACKGROUND_STARTED);
            check_eq(finish(), CXL_RET_SUCCESS);
        }
        cxl_memdev_reset(m, kind);
        check_eq(ppr(SOFT, QUERY, 0), conventional ? CXL_RET_SUCCESS
                                                : CXL_RET_RESOURCES_EXHAUSTED);
        check_eq(ppr(HARD, QUERY, 0), CXL_RET_RESOURCES_EXHAUSTED);
        teardown();
    }
}

int main(void)
{
    unit_run("addresses", test_addresses);
    unit_run("lengths", test_lengths);
    unit_run("spares", test_spares);
    unit_run("undone", test_undone);
    return unit_done();
}
