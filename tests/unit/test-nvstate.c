/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device remembers without power: the bytes of the file, and what
 * becomes of it when a write is cut off
 */
#include "hw/cxl/core/nvstate.h"
#include "unit.h"

static uint8_t file[CXL_NV_FILE_SIZE];
static CxlNvState state;
static uint64_t sequence;

static void setup(void)
{
    memset(file, 0, sizeof(file));
}

static uint8_t *slot_of(uint64_t number)
{
    return file + number % CXL_NV_SLOTS * CXL_NV_STRIDE;
}

static void store(uint64_t number, uint32_t dirty_shutdowns)
{
    const CxlNvState s = {
        .dirty_shutdowns = dirty_shutdowns,
        .shutdown_state = dirty_shutdowns & 1,
    };

    cxl_nv_pack(&s, number, slot_of(number));
}

static bool load(void)
{
    memset(&state, 0xee, sizeof(state));
    sequence = 99;
    return cxl_nv_unpack(file, &state, &sequence);
}

static void test_new(void)
{
    setup();
    check(load());
    check_eq(sequence, 0);
    check_eq(state.dirty_shutdowns, 0);
    check_eq(state.shutdown_state, 0);
    check(!state.sanitizing && !state.passphrases.set[0]);
}

static void test_all_is_kept(void)
{
    CxlNvState s = {
        .dirty_shutdowns = 0x01020304, .shutdown_state = 1,
        .sanitizing = true, .passphrases.set[CXL_PASSPHRASE_USER] = true,
        .divided = true, .volatile_size = 0x0102030405060708,
        .next_volatile_size = 0x1112131415161718,
    };

    for (unsigned i = 0; i < CXL_SHA256_SIZE; i++) {
        s.passphrases.digest[CXL_PASSPHRASE_USER][i] = (uint8_t)(i + 1);
    }
    setup();
    cxl_nv_pack(&s, 1, slot_of(1));
    check(load());
    check_eq(state.dirty_shutdowns, s.dirty_shutdowns);
    check_eq(state.shutdown_state, 1);
    check(state.sanitizing);
    check(state.divided);
    check_eq(state.volatile_size, s.volatile_size);
    check_eq(state.next_volatile_size, s.next_volatile_size);
    check(state.passphrases.set[CXL_PASSPHRASE_USER] &&
          !state.passphrases.set[CXL_PASSPHRASE_MASTER]);
    check_mem(state.passphrases.digest, s.passphrases.digest,
              sizeof(s.passphrases.digest));
}

static void test_last_counts(void)
{
    setup();
    for (uint64_t n = 1; n < 20; n++) {
        store(n, (uint32_t)n * 3);
        check(load());
        check_eq(sequence, n);
        check_eq(state.dirty_shutdowns, n * 3);
        check_eq(state.shutdown_state, n & 1);
    }
}

/* Wherever a write is cut off, and whatever is behind it, one of both counts */
static void test_torn(void)
{
    for (unsigned cut = 0; cut <= CXL_NV_SLOT_SIZE; cut++) {
        uint8_t before[CXL_NV_SLOT_SIZE], after[CXL_NV_SLOT_SIZE];

        setup();
        store(6, 60);
        store(7, 70);
        memcpy(before, slot_of(8), sizeof(before));
        store(8, 80);
        memcpy(after, slot_of(8), sizeof(after));
        memcpy(slot_of(8), before, sizeof(before));
        memcpy(slot_of(8), after, cut);
        check(load());
        if (!check_eq(sequence, memcmp(slot_of(8), after, sizeof(after)) ? 7
                                                                       : 8) ||
            !check_eq(state.dirty_shutdowns, sequence * 10)) {
            unit_note("cut at %u", cut);
        }
    }
}

/* A bit that has changed leaves the other slot, and then none */
static void test_damage(void)
{
    for (unsigned bit = 0; bit < CXL_NV_SLOT_SIZE * 8; bit++) {
        setup();
        store(1, 10);
        store(2, 20);
        slot_of(2)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        check(load());
        check_eq(sequence, 1);
        check_eq(state.dirty_shutdowns, 10);
        slot_of(1)[bit / 8] ^= (uint8_t)(1 << bit % 8);
        check(!load());
        check_eq(state.dirty_shutdowns, 0);
    }
}

static void test_foreign(void)
{
    setup();
    file[sizeof(file) - 1] = 1;
    check(!load());
    for (unsigned i = 0; i < sizeof(file); i++) {
        file[i] = (uint8_t)unit_random();
    }
    check(!load());

    /* a slot in the place of the other one, and a state that there is not */
    setup();
    cxl_nv_pack(&(CxlNvState) { .dirty_shutdowns = 5 }, 2, slot_of(1));
    check(!load());
    cxl_nv_pack(&(CxlNvState) { .shutdown_state = 2 }, 1, slot_of(1));
    check(!load());
}

int main(void)
{
    unit_run("new", test_new);
    unit_run("all is kept", test_all_is_kept);
    unit_run("last counts", test_last_counts);
    unit_run("torn", test_torn);
    unit_run("damage", test_damage);
    unit_run("foreign", test_foreign);
    return unit_done();
}
