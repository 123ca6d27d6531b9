/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory device as a whole: resets, and state that is all there is to know
 */
#include "endpoint-device.h"

/* What a guest and a machine see of a device, as a sum */
static uint64_t sum;
static CxlTime now;

static void see(uint64_t value)
{
    sum = (sum ^ value) * 0x100000001b3ull + (sum >> 47);
}

static void see_effects(const CxlEffects *effects)
{
    see(effects->flags);
    see(effects->vectors);
    see(effects->withdrawn);
    see(effects->deadline_ns);
    see(effects->flush.offset);
    see(effects->flush.len);
    see(effects->line.dpa);
}

static void decoder(Device *d, CxlEffects *effects)
{
    uint64_t at = CXL_CACHEMEM_OFFSET + d->e.component.hdm_offset +
                  CXL_HDM_DECODERS + CXL_HDM_STRIDE * unit_below(4);

    cxl_component_write(&d->e.component, at + CXL_HDM_BASE_LOW, 8,
                        unit_below(8) * U, effects);
    cxl_component_write(&d->e.component, at + CXL_HDM_SIZE_LOW, 8,
                        unit_below(3) * U, effects);
    cxl_component_write(&d->e.component, at + CXL_HDM_CONTROL, 4,
                        unit_below(4) ? CXL_HDM_CTRL_COMMIT : 0, effects);
    see(cxl_component_read(&d->e.component, at + CXL_HDM_CONTROL, 4));
}

static void command(Device *d, CxlEffects *effects)
{
    static const struct {
        uint16_t opcode, len;
    } commands[] = {
        { CXL_OP_GET_EVENT_RECORDS, 1 }, { CXL_OP_GET_LSA, 8 },
        { CXL_OP_SET_LSA, 16 }, { CXL_OP_GET_TIMESTAMP, 0 },
        { CXL_OP_SET_TIMESTAMP, 8 }, { CXL_OP_GET_HEALTH_INFO, 0 },
        { CXL_OP_GET_SHUTDOWN_STATE, 0 }, { CXL_OP_SET_SHUTDOWN_STATE, 1 },
        { LONG, 0 }, { CXL_OP_SET_EVENT_INTERRUPT_POLICY, 4 },
    };
    unsigned n = (unsigned)unit_below(sizeof(commands) / sizeof(commands[0]));
    CxlMemdev *m = &d->e.memdev;

    cxl_memdev_write(m, MBOX(CXL_MBOX_PAYLOAD), 8,
                     unit_below(256) | unit_below(3) << 32, now, effects);
    cxl_memdev_write(m, MBOX(CXL_MBOX_CMD), 8, commands[n].opcode |
                     (uint64_t)commands[n].len << CXL_MBOX_CMD_LENGTH_SHIFT,
                     now, effects);
    cxl_memdev_write(m, MBOX(CXL_MBOX_CTRL), 4,
                     CXL_MBOX_CTRL_DOORBELL | unit_below(8) << 1, now,
                     effects);
}

static void doe(Device *d, CxlEffects *effects)
{
    uint32_t at = d->e.space.doe_offset;
    const uint32_t request[] = {
        0x00021e98, 3, (uint32_t)unit_below(8) << 16,
    };

    for (unsigned i = 0; i < 3 && unit_below(4); i++) {
        cxl_confspace_write(&d->e.space, at + CXL_DOE_WRITE, 4, request[i],
                            effects);
    }
    if (unit_below(2)) {
        cxl_confspace_write(&d->e.space, at + CXL_DOE_CTRL, 4,
                            CXL_DOE_CTRL_GO | CXL_DOE_CTRL_IRQ, effects);
    }
    for (unsigned i = (unsigned)unit_below(12); i > 0; i--) {
        see(cxl_confspace_read(&d->e.space, at + CXL_DOE_READ, 4, 0));
        cxl_confspace_write(&d->e.space, at + CXL_DOE_READ, 4, 0, effects);
    }
    see(cxl_confspace_read(&d->e.space, at + CXL_DOE_STATUS, 4, 0));
}

static void operate(Device *d)
{
    CxlEffects effects = { 0 };
    CxlEventRecord record = { 0 };

    switch (unit_below(12)) {
    case 0: case 1: case 2:
        decoder(d, &effects);
        break;
    case 3: case 4: case 5:
        command(d, &effects);
        break;
    case 6: case 7:
        doe(d, &effects);
        break;
    case 8:
        now.virtual_ns += unit_below(SECOND);
        now.wall_ns += unit_below(3 * SECOND);
        cxl_endpoint_timer(&d->e, now, &effects);
        break;
    case 9:
        cxl_endpoint_flushed(&d->e, unit_below(4), &effects);
        break;
    case 10:
        cxl_memdev_add_event(&d->e.memdev, (CxlEventLogType)unit_below(4),
                             &record, now, &effects);
        break;
    default:
        if (!unit_below(16)) {
            cxl_endpoint_reset(&d->e, (CxlReset)unit_below(3));
        }
    }
    see_effects(&effects);
    for (unsigned at = 0; at < CXL_DEVICE_REGS_PAYLOAD + 32; at += 8) {
        see(cxl_memdev_read(&d->e.memdev, at, 8, now));
    }
}

static uint64_t run(Device *d, uint64_t seed, unsigned rounds)
{
    unit_random_state = seed;
    sum = 0;
    while (rounds--) {
        operate(d);
    }
    return sum;
}

/*
 * State out, run on, state back: the same happens once more. It also happens in
 * a device at another address while the first is gone: nothing in the state
 * leads back to it.
 */
static void test_state(void)
{
    static Saved before, after, again;

    for (unsigned round = 0; round < 200; round++) {
        Device *first = device_new();
        Device *second = device_new();
        uint64_t seed = 0x1234567 + round;
        CxlTime then;
        uint64_t want;

        run(first, seed, round);
        save(first, &before);
        then = now;
        want = run(first, ~seed, 100);
        save(first, &after);

        load(first, &before);
        now = then;
        check_eq(run(first, ~seed, 100), want);

        memset(first, 0xee, sizeof(*first));
        free(first);
        load(second, &before);
        now = then;
        check_eq(run(second, ~seed, 100), want);
        save(second, &again);
        check_mem(&again.mailbox, &after.mailbox, sizeof(after.mailbox));
        check_mem(&again.component, &after.component,
                  sizeof(after.component));
        check_mem(again.space, after.space, sizeof(after.space));
        check_mem(again.lsa, after.lsa, sizeof(after.lsa));
        free(second);
    }
}

static uint64_t mbox(Device *d, uint32_t reg)
{
    return cxl_memdev_read(&d->e.memdev, MBOX(reg), reg == CXL_MBOX_CTRL ? 4 :
                           8, now);
}

static CxlEffects set_lsa(Device *d, uint8_t byte)
{
    CxlEffects effects = { 0 };
    CxlMemdev *m = &d->e.memdev;

    cxl_memdev_write(m, MBOX(CXL_MBOX_PAYLOAD), 8, 64, now, &effects);
    cxl_memdev_write(m, MBOX(CXL_MBOX_PAYLOAD) + 8, 1, byte, now, &effects);
    cxl_memdev_write(m, MBOX(CXL_MBOX_CMD), 8, CXL_OP_SET_LSA | 9u << 16, now,
                     &effects);
    cxl_memdev_write(m, MBOX(CXL_MBOX_CTRL), 4,
                     CXL_MBOX_CTRL_DOORBELL | CXL_MBOX_CTRL_DOORBELL_IRQ, now,
                     &effects);
    return effects;
}

/* The doorbell stays set until the labels are durable, and nothing changes */
static void test_flush(void)
{
    for (unsigned ok = 0; ok < 2; ok++) {
        Device *d = device_new();
        CxlEffects effects = set_lsa(d, 0x77);

        check_eq(effects.flags, CXL_EFFECT_FLUSH);
        check_eq(effects.flush.offset, 64);
        check_eq(effects.flush.len, 1);
        check_eq(effects.vectors, 0);
        check_eq(d->lsa[64], 0x77);
        check(mbox(d, CXL_MBOX_CTRL) & CXL_MBOX_CTRL_DOORBELL);

        /* a second one, while the first waits, is not even seen */
        effects = set_lsa(d, 0x88);
        check_eq(effects.flags | effects.vectors, 0);
        check_eq(d->lsa[64], 0x77);
        check_eq(cxl_memdev_read(&d->e.memdev, MBOX(CXL_MBOX_PAYLOAD) + 8, 1,
                                 now), 0x77);

        cxl_endpoint_flushed(&d->e, ok, &effects);
        check_eq(effects.vectors, 1u << CXL_MAILBOX_VECTOR);
        check(!(mbox(d, CXL_MBOX_CTRL) & CXL_MBOX_CTRL_DOORBELL));
        check_eq(mbox(d, CXL_MBOX_STATUS) >> 32,
                 ok ? CXL_RET_SUCCESS : CXL_RET_INTERNAL_ERROR);
        check_eq(mbox(d, CXL_MBOX_CMD), CXL_OP_SET_LSA);
        free(d);
    }
}

/* A flush that ends after a reset says nothing to anybody */
static void test_flush_and_reset(void)
{
    Device *d = device_new();
    CxlEffects effects = set_lsa(d, 0x77);
    CxlEffects late = { 0 };

    check_eq(effects.flags, CXL_EFFECT_FLUSH);
    cxl_endpoint_reset(&d->e, CXL_RESET_FUNCTION);
    check(!(mbox(d, CXL_MBOX_CTRL) & CXL_MBOX_CTRL_DOORBELL));
    cxl_endpoint_flushed(&d->e, true, &late);
    check_eq(late.flags | late.vectors, 0);
    check_eq(mbox(d, CXL_MBOX_STATUS), 0);
    check_eq(set_lsa(d, 0x88).flags, CXL_EFFECT_FLUSH);
    free(d);
}

/* Label storage that cannot be written: there is no command that writes it */
static void test_read_only_labels(void)
{
    CxlDpa dpa = test_dpa(0, 4 * U);
    static Device d;
    const CxlEndpointConfig config = {
        .dpa = &dpa, .decoders = 1, .space = d.space,
        .memdev = {
            .lsa_size = LSA_SIZE, .lsa_read_only = true, .ops = &ops,
            .opaque = d.lsa,
        },
    };

    check(cxl_endpoint_init(&d.e, &config));
    check(!cxl_cci_find(&d.e.memdev.mailbox.cci, CXL_OP_SET_LSA));
    check(cxl_cci_find(&d.e.memdev.mailbox.cci, CXL_OP_GET_LSA) != NULL);
    check_eq(set_lsa(&d, 0x77).flags, 0);
    check_eq(mbox(&d, CXL_MBOX_STATUS) >> 32, CXL_RET_UNSUPPORTED);
    check_eq(d.lsa[64], 0);
}

/* A reset puts new sizes in force for all who read the table */
static void test_partitions(void)
{
    Device *d = device_new();

    d->e.dpa.part[0].next_size = 2 * U;
    d->e.dpa.part[1].next_size = 6 * U;
    cxl_endpoint_reset(&d->e, CXL_RESET_WARM);
    check_eq(cxl_dpa_base(d->e.component.hdm.dpa, CXL_DPA_PERSISTENT), 2 * U);
    check_eq(cxl_le_load(d->space + d->e.space.dvsecs.device +
                         CXL_DEVICE_RANGE1 + CXL_RANGE_SIZE_LOW, 4) &
             CXL_RANGE_LOW_MASK, 2 * U);
    free(d);
}

/* Poison stays where data stays (9.3, 12.2) */
static void test_poison(void)
{
    static const CxlReset kinds[] = {
        CXL_RESET_WARM, CXL_RESET_CXL, CXL_RESET_FUNCTION,
    };
    Device *d = device_new();
    CxlEffects effects = { 0 };

    cxl_poison_add(&d->e.memdev, 0, CXL_POISON_INJECTED, now, &effects);
    cxl_poison_add(&d->e.memdev, 4 * U - 1, CXL_POISON_INJECTED, now,
                   &effects);
    cxl_poison_add(&d->e.memdev, 4 * U, CXL_POISON_INTERNAL, now, &effects);
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        cxl_endpoint_reset(&d->e, kinds[i]);
        check_eq(d->e.dpa.marks.count, 3);
    }
    cxl_endpoint_reset(&d->e, CXL_RESET_COLD);
    check_eq(d->e.dpa.marks.count, 1);
    check_eq(d->e.dpa.marks.line[0], 4 * U);
    check_eq(d->e.dpa.marks.source[0], CXL_POISON_INTERNAL);
    free(d);
}

#define RAS(reg)    (0x1080 + (reg))
#define SEVERITY    RAS(0x08)
#define INTERNAL    (1u << 14)

/* An error, and whether the map may have changed */
static bool detect(Device *d)
{
    CxlEffects effects = { 0 };

    check(cxl_endpoint_uncorrectable(&d->e, INTERNAL, NULL, &effects));
    return effects.flags & CXL_EFFECT_ROUTES;
}

/* 12.4.2: a fatal error stops stores to what lasts, where viral is enabled */
static void test_viral(void)
{
    Device *d = device_new();
    uint32_t dvsec = d->e.space.dvsecs.device;
    CxlEffects effects = { 0 };

    cxl_component_write(&d->e.component, RAS(0x04), 4, 0, &effects);
    check(!detect(d));
    check(!d->e.dpa.contained);
    cxl_confspace_write(&d->e.space, dvsec + CXL_DEVICE_CTRL, 2,
                        CXL_DEVICE_CTRL_VIRAL, &effects);
    cxl_component_write(&d->e.component, SEVERITY, 4, 0, &effects);
    check(!detect(d));
    cxl_component_write(&d->e.component, SEVERITY, 4, INTERNAL, &effects);
    check(detect(d));
    check(d->e.dpa.contained);
    check_eq(d->space[dvsec + CXL_DEVICE_STATUS + 1], 0x40);

    /* Only a conventional reset is the end of it; the status is sticky */
    cxl_endpoint_reset(&d->e, CXL_RESET_FUNCTION);
    check(d->e.dpa.contained);
    cxl_endpoint_reset(&d->e, CXL_RESET_CXL);
    check(d->e.dpa.contained);
    cxl_endpoint_reset(&d->e, CXL_RESET_WARM);
    check(!d->e.dpa.contained);
    check_eq(d->space[dvsec + CXL_DEVICE_STATUS + 1], 0x40);
    free(d);
}

int main(void)
{
    unit_run("state", test_state);
    unit_run("flush", test_flush);
    unit_run("flush and reset", test_flush_and_reset);
    unit_run("read-only labels", test_read_only_labels);
    unit_run("partitions", test_partitions);
    unit_run("poison", test_poison);
    unit_run("viral", test_viral);
    return unit_done();
}
