/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory device commands (CXL 3.1 8.2.9.9); test-lsa.c has label storage
 */
#include "memdev-fixture.h"

static void test_identify(void)
{
    static const struct {
        uint64_t volatile_size, persistent_size, lsa_size;
    } cases[] = {
        { 256 * MIB, 0, 0 },
        { 0, 512 * MIB, 1024 },
        { 19 * GIB, 4 * GIB, 128 * 1024 },
        { 1ull << 44, 1ull << 45, 1 * MIB },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t v = cases[i].volatile_size / (256 * MIB);
        uint64_t p = cases[i].persistent_size / (256 * MIB);
        uint8_t want[0x45] = "1.0";
        Reply r;

        m = test_memdev_new(&lsa, cases[i].volatile_size,
                            cases[i].persistent_size, cases[i].lsa_size);
        cxl_le_store(want + 0x10, 8, v + p);
        cxl_le_store(want + 0x18, 8, v);
        cxl_le_store(want + 0x20, 8, p);
        for (unsigned log = 0; log < 4; log++) {
            cxl_le_store(want + 0x30 + 2 * log, 2, 64);
        }
        cxl_le_store(want + 0x38, 4, cases[i].lsa_size);
        /* poison: records, lines, and what can be done with it */
        cxl_le_store(want + 0x3c, 3, 1024);
        cxl_le_store(want + 0x3f, 2, 1024);
        want[0x41] = 3;
        r = mbox_send(m, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0);
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, sizeof(want));
        check_mem(r.out, want, sizeof(want));

        memset(want, 0, 32);
        cxl_le_store(want, 8, v);
        cxl_le_store(want + 8, 8, p);
        r = mbox_send(m, CXL_OP_GET_PARTITION_INFO, NULL, 0);
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, 32);
        check_mem(r.out, want, 32);

        /* a change that waits for the next reset */
        lsa.dpa.part[0].next_size = 256 * MIB * 7;
        r = mbox_send(m, CXL_OP_GET_PARTITION_INFO, NULL, 0);
        check_mem(r.out, want, 16);
        check_eq(cxl_le_load(r.out + 16, 8), v ? 7 : 0);
        check_eq(cxl_le_load(r.out + 24, 8), v ? p : 7);
        teardown();
    }
}

static void test_media(void)
{
    uint8_t in[8] = { 0 };

    setup();
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_SUCCESS);
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8), 0x1c);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_MEDIA_DISABLED);
    check_eq(mbox_send(m, CXL_OP_SET_LSA, in, 8).ret, CXL_RET_MEDIA_DISABLED);
    check_eq(mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0).out[1], 1);
    check_eq(mbox_send(m, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0).ret, 0);
    cxl_memdev_set_media(m, CXL_MEDIA_ERROR);
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8), 0x18);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_SUCCESS);
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8), 0x14);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_SUCCESS);
    teardown();
}

int main(void)
{
    unit_run("identify", test_identify);
    unit_run("media", test_media);
    return unit_done();
}
