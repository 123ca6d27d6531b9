/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Set Partition Info (CXL 3.1 8.2.9.9.2.2): what becomes of the memory, and all
 * who say what it is
 */
#include "hw/cxl/core/endpoint.h"

#include <stdlib.h>

#include "hw/cxl/core/poison.h"
#include "mailbox.h"

#define U           CXL_DPA_UNIT
#define TOTAL       8u
#define IMMEDIATE   1
#define LATER       0

/* What the device asked the machine for, which the test does or not */
typedef struct Machine {
    CxlEffects effects;
    uint64_t erased_from;
    uint64_t erased;
} Machine;

static CxlEndpoint *e;
static uint8_t space[CXL_CONFIG_SPACE_SIZE];
static TestLsa lsa;
static Machine machine;

static void setup(unsigned volatile_units)
{
    const CxlPerf perf = { { 1000, 1000, 1000, 1000 } };
    CxlDpa dpa = { 0 };
    const CxlEndpointConfig config = {
        .dpa = &dpa, .decoders = 4, .space = space,
        .memdev = {
            .lsa_size = 4096, .ops = &test_lsa_ops, .opaque = &lsa,
            .background_time = CXL_BACKGROUND_TIME,
        },
    };

    check(cxl_dpa_add_partitionable(&dpa, TOTAL * U, volatile_units * U));
    dpa.part[0].perf = dpa.part[1].perf = perf;
    memset(space, 0, sizeof(space));
    lsa = (TestLsa) { .bytes = calloc(1, 4096), .size = 4096, .slow = true };
    machine = (Machine) { .erased_from = UINT64_MAX };
    e = malloc(sizeof(*e));
    memset(e, 0xee, sizeof(*e));
    check(cxl_endpoint_init(e, &config));
}

static void teardown(void)
{
    free(lsa.bytes);
    free(e);
}

/* The machine does what it is asked for */
static void serve(bool ok)
{
    CxlEffects *effects = &machine.effects;

    if (effects->flags & CXL_EFFECT_STORE_WAIT) {
        effects->flags &= ~(CXL_EFFECT_STORE | CXL_EFFECT_STORE_WAIT);
        cxl_endpoint_flushed(e, ok, effects);
    }
    while (effects->flags & CXL_EFFECT_ERASE) {
        CxlRange range = effects->erase.range;

        check(!effects->erase.labels);
        if (range.offset < machine.erased_from) {
            machine.erased_from = range.offset;
        }
        machine.erased += range.len;
        effects->flags &= ~CXL_EFFECT_ERASE;
        cxl_endpoint_erased(e, ok, test_now, effects);
    }
}

static void ring_with(uint16_t opcode, const uint8_t *in, uint32_t len)
{
    machine.effects = (CxlEffects) { 0 };
    cxl_memdev_write(&e->memdev, REG_MBOX_CMD, 8,
                     opcode | (uint64_t)len << 16, test_now,
                     &machine.effects);
    payload_write(&e->memdev, in, len);
    cxl_memdev_write(&e->memdev, REG_MBOX_CTRL, 4, DOORBELL, test_now,
                     &machine.effects);
}

static void ring(uint64_t units, uint8_t flags)
{
    uint8_t in[9];

    cxl_le_store(in, 8, units);
    in[8] = flags;
    ring_with(CXL_OP_SET_PARTITION_INFO, in, 9);
}

/* As the mailbox has it, once the machine has done its part */
static uint16_t answer(void)
{
    serve(true);
    check_eq(reg_read(&e->memdev, REG_MBOX_CTRL, 4) & DOORBELL, 0);
    return (uint16_t)(reg_read(&e->memdev, REG_MBOX_STATUS, 8) >> 32);
}

static uint16_t set(uint64_t units, uint8_t flags)
{
    ring(units, flags);
    return answer();
}

static void reset(CxlReset kind)
{
    machine.effects = (CxlEffects) { 0 };
    cxl_endpoint_reset(e, kind);
    cxl_endpoint_after_reset(e, &machine.effects);
}

static uint64_t range_size(unsigned n)
{
    return cxl_le_load(space + e->space.dvsecs.device + CXL_DEVICE_RANGE1 +
                       16 * n, 4) << 32 |
           (cxl_le_load(space + e->space.dvsecs.device + CXL_DEVICE_RANGE1 +
                        16 * n + CXL_RANGE_SIZE_LOW, 4) & CXL_RANGE_LOW_MASK);
}

/* How many ranges of memory the CDAT tells of, and the size of the first */
static unsigned cdat_ranges(uint64_t *first)
{
    const CxlCdatTable *table = &e->space.table;
    CxlCdatError why;

    check(cxl_cdat_validate(table->bytes, table->size, &why));
    *first = cxl_le_load(table->bytes + 16 + 16, 8);
    return (table->size - 16) / 144;
}

/* Everybody who says what the memory is says the same */
static void expect(unsigned v, unsigned next)
{
    unsigned used = (v != 0) + (v != TOTAL);
    uint8_t want[32] = { 0 };
    uint64_t first;
    Reply r;

    cxl_le_store(want, 8, v);
    cxl_le_store(want + 8, 8, TOTAL - v);
    if (next != v) {
        cxl_le_store(want + 16, 8, next);
        cxl_le_store(want + 24, 8, TOTAL - next);
    }
    r = mbox_send(&e->memdev, CXL_OP_GET_PARTITION_INFO, NULL, 0);
    check_mem(r.out, want, sizeof(want));
    r = mbox_send(&e->memdev, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0);
    check_eq(cxl_le_load(r.out + 0x10, 8), TOTAL);
    check_eq(cxl_le_load(r.out + 0x18, 8), 0);
    check_eq(cxl_le_load(r.out + 0x20, 8), 0);
    check_eq(cxl_le_load(r.out + 0x28, 8), 1);
    check_eq(range_size(0), (v ? v : TOTAL) * U);
    check_eq(range_size(1), used == 2 ? (TOTAL - v) * U : 0);
    check_eq(cxl_le_load(space + e->space.dvsecs.device + CXL_DEVICE_CAP, 2) >>
             4 & 3, used);
    check_eq(cdat_ranges(&first), used);
    check_eq(first, (v ? v : TOTAL) * U);
    check_eq(cxl_dpa_base(e->component.hdm.dpa, CXL_DPA_PERSISTENT), v * U);
}

static void expect_erased(uint64_t from)
{
    check_eq(machine.erased_from, from * U);
    check_eq(machine.erased, (TOTAL - from) * U);
    machine.erased_from = UINT64_MAX;
    machine.erased = 0;
}

static bool is_closed(void)
{
    return e->dpa.part[0].closed && e->dpa.part[1].closed;
}

/* The command waits, and what it waits for fails */
static void expect_waits(void)
{
    check_eq(reg_read(&e->memdev, REG_MBOX_CTRL, 4) & DOORBELL, DOORBELL);
    cxl_endpoint_flushed(e, false, &machine.effects);
    check_eq(reg_read(&e->memdev, REG_MBOX_STATUS, 8) >> 32,
             CXL_RET_INTERNAL_ERROR);
}

static void test_next(void)
{
    static const CxlReset kinds[] = { CXL_RESET_WARM, CXL_RESET_COLD };

    for (unsigned i = 0; i < 2; i++) {
        setup(2);
        expect(2, 2);
        check_eq(set(6, LATER), CXL_RET_SUCCESS);
        expect(2, 6);
        reset(CXL_RESET_FUNCTION);
        reset(CXL_RESET_CXL);
        expect(2, 6);
        check_eq(machine.effects.flags & CXL_EFFECT_ERASE, 0);
        reset(kinds[i]);
        expect(6, 6);
        check_eq(e->memdev.state.nv.volatile_size, 6 * U);
        check(machine.effects.flags & CXL_EFFECT_STORE);
        /* nobody sees what was persistent before it is gone */
        check(is_closed());
        serve(true);
        check(!is_closed());
        expect_erased(2);
        check(!e->memdev.state.nv.sanitizing);
        reset(kinds[i]);
        check(!is_closed() && !(machine.effects.flags & CXL_EFFECT_ERASE));
        teardown();
    }
}

/* The last one counts; the present division takes it back */
static void test_take_back(void)
{
    setup(8);
    expect(8, 8);
    check_eq(set(0, LATER), CXL_RET_SUCCESS);
    expect(8, 0);
    check_eq(set(3, LATER), CXL_RET_SUCCESS);
    expect(8, 3);
    check_eq(set(8, LATER), CXL_RET_SUCCESS);
    expect(8, 8);
    reset(CXL_RESET_COLD);
    expect(8, 8);
    check_eq(machine.effects.flags, 0);
    check_eq(machine.erased, 0);
    teardown();
}

static void test_immediate(void)
{
    setup(8);
    check_eq(set(3, IMMEDIATE), CXL_RET_SUCCESS);
    expect(3, 3);
    expect_erased(3);
    check_eq(set(5, LATER), CXL_RET_SUCCESS);
    check_eq(set(0, IMMEDIATE), CXL_RET_SUCCESS);
    expect(0, 0);
    expect_erased(0);
    check_eq(set(0, IMMEDIATE), CXL_RET_SUCCESS);
    check_eq(machine.erased, 0);
    check_eq(set(8, IMMEDIATE), CXL_RET_SUCCESS);
    expect(8, 8);
    expect_erased(0);
    check(!is_closed());
    reset(CXL_RESET_COLD);
    expect(8, 8);
    teardown();
}

static void test_refused(void)
{
    static const uint64_t wrong[] = {
        9, 1ull << 36, UINT64_MAX / U, UINT64_MAX / U + 1, UINT64_MAX,
    };
    uint8_t in[11] = { 4 };

    setup(2);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        check_eq(set(wrong[i], LATER), CXL_RET_INVALID_INPUT);
        check_eq(set(wrong[i], IMMEDIATE), CXL_RET_INVALID_INPUT);
    }
    for (uint32_t len = 0; len <= 11; len++) {
        if (len < 9 || len > 10) {
            check_eq(mbox_send(&e->memdev, CXL_OP_SET_PARTITION_INFO, in,
                               len).ret, CXL_RET_INVALID_PAYLOAD_LENGTH);
        }
    }
    cxl_memdev_set_media(&e->memdev, CXL_MEDIA_DISABLED);
    check_eq(set(4, LATER), CXL_RET_MEDIA_DISABLED);
    cxl_memdev_set_media(&e->memdev, CXL_MEDIA_READY);
    e->memdev.state.security.locked = true;
    check_eq(set(4, LATER), CXL_RET_INVALID_SECURITY_STATE);
    check_eq(set(4, IMMEDIATE), CXL_RET_INVALID_SECURITY_STATE);
    e->memdev.state.security.locked = false;
    expect(2, 2);
    teardown();
}

static void commit(unsigned n, uint64_t base)
{
    CxlDecoder want = { .base = base, .size = U, .host_only = true };

    check_eq(cxl_hdm_commit(&e->component.hdm, n, &want), CXL_HDM_ACCEPTED);
}

/* While addresses lead to the memory it is what it is, until a reset */
static void test_in_use(void)
{
    CxlEffects effects = { 0 };
    uint32_t ctrl;

    setup(2);
    ctrl = e->space.dvsecs.device + CXL_DEVICE_CTRL;
    commit(0, 0);
    check_eq(set(4, IMMEDIATE), CXL_RET_INVALID_INPUT);
    expect(2, 2);
    check_eq(set(4, LATER), CXL_RET_SUCCESS);
    expect(2, 4);
    cxl_hdm_uncommit(&e->component.hdm, 0);
    cxl_confspace_write(&e->space, ctrl, 2, CXL_DEVICE_CTRL_MEM, &effects);
    check_eq(set(4, IMMEDIATE), CXL_RET_INVALID_INPUT);
    e->component.hdm.state.enabled = true;
    check_eq(set(4, IMMEDIATE), CXL_RET_SUCCESS);
    expect(4, 4);
    commit(0, 0);
    reset(CXL_RESET_WARM);
    expect(4, 4);
    teardown();
}

/* Memory that is divided for good: the command is there, for nothing */
static void test_fixed(void)
{
    TestLsa labels;
    CxlMemdev *m = test_memdev_new(&labels, GIB, GIB, 4096);
    uint8_t in[9] = { 0 };

    check_eq(mbox_send(m, CXL_OP_SET_PARTITION_INFO, in, 9).ret,
             CXL_RET_SUCCESS);
    in[0] = 4;
    check_eq(mbox_send(m, CXL_OP_SET_PARTITION_INFO, in, 9).ret,
             CXL_RET_INVALID_INPUT);
    in[8] = IMMEDIATE;
    check_eq(mbox_send(m, CXL_OP_SET_PARTITION_INFO, in, 9).ret,
             CXL_RET_INVALID_INPUT);
    test_memdev_free(m);
}

/* Poison goes with the data, and only with that */
static void test_poison(void)
{
    CxlEffects effects = { 0 };

    setup(4);
    cxl_poison_add(&e->memdev, 0, CXL_POISON_INJECTED, test_now, &effects);
    cxl_poison_add(&e->memdev, 7 * U, CXL_POISON_INJECTED, test_now, &effects);
    check_eq(set(6, IMMEDIATE), CXL_RET_SUCCESS);
    check_eq(e->dpa.marks.count, 1);
    check_eq(e->dpa.marks.line[0], 0);
    teardown();
}

/* What cannot be erased is not shown to anybody before it has been */
static void test_failure(void)
{
    setup(2);
    check_eq(set(6, LATER), CXL_RET_SUCCESS);
    reset(CXL_RESET_COLD);
    serve(false);
    check(is_closed());
    check_eq(reg_read(&e->memdev, REG_MEMDEV_STATUS, 8), 0x1c);
    check(e->memdev.state.nv.sanitizing);
    check_eq(set(2, LATER), CXL_RET_MEDIA_DISABLED);
    teardown();
}

/* A reset while the machine is at a slice for something else */
static void test_behind_a_slice(void)
{
    setup(2);
    check_eq(set(6, LATER), CXL_RET_SUCCESS);
    cxl_erase_add(&e->memdev.state.erase, (CxlErase) {
        .range = { 0, TOTAL * U },
    });
    cxl_erase_begin_slice(&e->memdev.state.erase, &machine.effects);
    reset(CXL_RESET_WARM);
    check_eq(machine.effects.flags & CXL_EFFECT_ERASE, 0);
    check(is_closed());
    /* it ends, and is of nobody any more */
    cxl_endpoint_erased(e, true, test_now, &machine.effects);
    check(is_closed());
    serve(true);
    expect_erased(2);
    check(!is_closed());
    teardown();
}

/* What could not be stored is not to be */
static void test_not_stored(void)
{
    setup(2);
    check_eq(set(4, LATER), CXL_RET_SUCCESS);
    ring(6, LATER);
    expect_waits();
    expect(2, 4);
    reset(CXL_RESET_COLD);
    expect(4, 4);
    teardown();
}

/* It was told what the memory is to be like, and forgets nothing of it */
static void test_reset_while_erasing(void)
{
    setup(2);
    check_eq(set(6, LATER), CXL_RET_SUCCESS);
    reset(CXL_RESET_WARM);
    check(machine.effects.flags & CXL_EFFECT_ERASE);
    reset(CXL_RESET_COLD);
    check(is_closed());
    machine.effects.flags = CXL_EFFECT_ERASE;
    machine.effects.erase.range = (CxlRange) { 2 * U, CXL_ERASE_SLICE };
    serve(true);
    expect_erased(2);
    check(!is_closed());
    expect(6, 6);
    teardown();
}

/* A command that has nothing to erase hides nothing, and is over when stored */
static void test_nothing_to_erase(void)
{
    static const uint8_t user[64] = { 1 };

    setup(TOTAL);
    ring_with(CXL_OP_PASSPHRASE_SECURE_ERASE, user, sizeof(user));
    check_eq(reg_read(&e->memdev, REG_MBOX_CTRL, 4) & DOORBELL, DOORBELL);
    check(machine.effects.flags & CXL_EFFECT_STORE_WAIT);
    check_eq(answer(), CXL_RET_SUCCESS);
    check_eq(machine.erased, 0);
    check(!is_closed());
    check(!e->memdev.state.nv.sanitizing);
    check_eq(reg_read(&e->memdev, REG_MEMDEV_STATUS, 8), 0x14);
    reset(CXL_RESET_WARM);
    check(!is_closed());
    expect(TOTAL, TOTAL);
    ring_with(CXL_OP_PASSPHRASE_SECURE_ERASE, user, sizeof(user));
    expect_waits();
    check(!is_closed());
    teardown();
}

int main(void)
{
    unit_run("at the next reset", test_next);
    unit_run("taken back", test_take_back);
    unit_run("at once", test_immediate);
    unit_run("refused", test_refused);
    unit_run("in use", test_in_use);
    unit_run("fixed partitions", test_fixed);
    unit_run("poison", test_poison);
    unit_run("failure", test_failure);
    unit_run("behind a slice", test_behind_a_slice);
    unit_run("not stored", test_not_stored);
    unit_run("reset while erasing", test_reset_while_erasing);
    unit_run("nothing to erase", test_nothing_to_erase);
    return unit_done();
}
