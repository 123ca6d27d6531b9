/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health commands (CXL 3.1 8.2.9.9.3): health information, alerts, and what a
 * device remembers of its shutdowns
 */
#include "memdev-fixture.h"

static void expect_health(const uint8_t want[0x12])
{
    Reply r = mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 0x12);
    check_mem(r.out, want, 0x12);
}

static void test_health(void)
{
    setup();
    expect_health((uint8_t [0x12]) { [4] = 40 });
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    expect_health((uint8_t [0x12]) { [1] = 1, [4] = 40 });
    teardown();
}

static CxlEffects measure(CxlReadings readings)
{
    CxlEffects effects = { 0 };

    cxl_memdev_set_readings(m, &readings, test_now, &effects);
    return effects;
}

static void test_readings(void)
{
    setup();
    measure((CxlReadings) { 96, -40, { 0x01020304, 0x0a0b0c0d } });
    /* life and temperature are critical, and it needs to be replaced */
    expect_health((uint8_t [0x12]) {
        5, 0, 0x0a, 96, 0xd8, 0xff, 0, 0, 0, 0, 4, 3, 2, 1, 13, 12, 11, 10,
    });
    cxl_memdev_reset(m, CXL_RESET_COLD);
    expect_health((uint8_t [0x12]) {
        5, 0, 0x0a, 96, 0xd8, 0xff, 0, 0, 0, 0, 4, 3, 2, 1, 13, 12, 11, 10,
    });
    measure(CXL_READINGS_HEALTHY);
    expect_health((uint8_t [0x12]) { [4] = 40 });
    teardown();
}

/* Valid, enable, life, then the other thresholds */
static uint16_t set_alerts(uint8_t valid, uint8_t enable, uint8_t life,
                           uint16_t over, uint16_t under, uint16_t corrected)
{
    uint8_t in[12] = { valid, enable, life };

    cxl_le_store(in + 4, 2, over);
    cxl_le_store(in + 6, 2, under);
    cxl_le_store(in + 8, 2, corrected);
    cxl_le_store(in + 10, 2, corrected + 1u);
    return mbox_send(m, CXL_OP_SET_ALERT_CONFIGURATION, in, 12).ret;
}

static void expect_alerts(const uint8_t want[0x10])
{
    Reply r = mbox_send(m, CXL_OP_GET_ALERT_CONFIGURATION, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 0x10);
    check_mem(r.out, want, 0x10);
}

static const uint8_t no_alerts[0x10] = {
    0, 0x1f, 95, 0, 85, 0, 0xf6, 0xff,
};

static const uint8_t all_alerts[0x10] = {
    0x1f, 0x1f, 95, 80, 85, 0, 0xf6, 0xff, 60, 0, 0xfb, 0xff, 100, 0, 101, 0,
};

static void test_alert_configuration(void)
{
    setup();
    expect_alerts(no_alerts);
    check_eq(set_alerts(0x1f, 0x1f, 80, 60, (uint16_t)-5, 100),
             CXL_RET_SUCCESS);
    expect_alerts(all_alerts);
    /* what is not valid is ignored, and so are reserved bits */
    check_eq(set_alerts(0xe0, 0xff, 1, 1, 1, 1), CXL_RET_SUCCESS);
    check_eq(set_alerts(0, 0, 1, 1, 1, 1), CXL_RET_SUCCESS);
    expect_alerts(all_alerts);
    for (int kind = CXL_RESET_WARM; kind <= CXL_RESET_FUNCTION; kind++) {
        cxl_memdev_reset(m, kind);
        expect_alerts(all_alerts);
    }
    /* a threshold stays when its warning is turned off */
    check_eq(set_alerts(0x1f, 0, 0, 0, 0, 0), CXL_RET_SUCCESS);
    check_eq(mbox_send(m, CXL_OP_GET_ALERT_CONFIGURATION, NULL, 0).out[0], 0);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    expect_alerts(no_alerts);
    teardown();
}

/* A warning has to come before what is critical; all or nothing */
static void test_alert_bounds(void)
{
    static const struct {
        uint8_t bits, life;
        int16_t over, under;
        CxlRet ret;
    } cases[] = {
        { 1, 94, 0, 0, CXL_RET_SUCCESS },
        { 1, 95, 0, 0, CXL_RET_INVALID_INPUT },
        { 1, 255, 0, 0, CXL_RET_INVALID_INPUT },
        { 2, 0, 84, 0, CXL_RET_SUCCESS },
        { 2, 0, 85, 0, CXL_RET_INVALID_INPUT },
        { 2, 0, 0x7fff, 0, CXL_RET_INVALID_INPUT },
        { 4, 0, 0, -9, CXL_RET_SUCCESS },
        { 4, 0, 0, -10, CXL_RET_INVALID_INPUT },
        { 4, 0, 0, -0x8000, CXL_RET_INVALID_INPUT },
        { 0x1f, 1, 1, -10, CXL_RET_INVALID_INPUT },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup();
        check_eq(set_alerts(cases[i].bits, cases[i].bits, cases[i].life,
                            (uint16_t)cases[i].over, (uint16_t)cases[i].under,
                            1), cases[i].ret);
        if (cases[i].ret != CXL_RET_SUCCESS) {
            expect_alerts(no_alerts);
        }
        teardown();
    }
}

/* The records of a log: device event type and additional status of each */
static void expect_records(uint8_t log, unsigned count, uint8_t type,
                           uint8_t status)
{
    Reply r = mbox_send(m, CXL_OP_GET_EVENT_RECORDS, &log, 1);

    check_eq(r.len, 32 + 128 * count);
    if (count) {
        const uint8_t *last = r.out + 32 + 128 * (count - 1);

        /* the beginning of the UUID of memory module events */
        check_eq(cxl_le_load(last, 4), 0x757492fe);
        check_eq(last[48], type);
        check_eq(last[48 + 1 + 2], status);
    }
}

static void test_crossing(void)
{
    static const uint8_t msi[4] = { 1, 1, 1, 1 };
    CxlEffects effects;

    setup();
    mbox_send(m, CXL_OP_SET_EVENT_INTERRUPT_POLICY, msi, 4);
    check_eq(set_alerts(0x1f, 0x1f, 80, 60, (uint16_t)-5, 100),
             CXL_RET_SUCCESS);
    effects = measure((CxlReadings) { .life_used = 79, .temperature = 59 });
    check_eq(effects.vectors | effects.ntells, 0);

    effects = measure((CxlReadings) { .life_used = 80, .temperature = 59 });
    check_eq(effects.vectors, 1u << CXL_EVENT_LOG_WARN);
    check_eq(effects.ntells, 1);
    check_eq(effects.tell[0].event, CXL_TELL_ALERT);
    check_eq(effects.tell[0].what, CXL_ALERT_OF_LIFE_USED);
    check_eq(effects.tell[0].code, CXL_ALERT_AT_WARNING);
    check_eq(effects.tell[0].value, 80);
    expect_records(CXL_EVENT_LOG_WARN, 1, 2, 0x01);

    /* once: further on the same side tells nothing */
    check_eq(measure((CxlReadings) { .life_used = 94 }).ntells, 0);
    expect_records(CXL_EVENT_LOG_WARN, 1, 2, 0x01);
    check_eq(measure((CxlReadings) { .life_used = 95 }).ntells, 1);
    expect_records(CXL_EVENT_LOG_FAIL, 1, 2, 0x02);

    effects = measure((CxlReadings) { .temperature = -5 });
    check_eq(effects.tell[0].what, CXL_ALERT_OF_UNDER_TEMPERATURE);
    check_eq(effects.tell[0].value, (uint64_t)-5);
    expect_records(CXL_EVENT_LOG_WARN, 2, 3, 0x04);
    effects = measure((CxlReadings) { .temperature = 85 });
    check_eq(effects.tell[0].what, CXL_ALERT_OF_OVER_TEMPERATURE);
    check_eq(effects.tell[0].code, CXL_ALERT_AT_CRITICAL);
    expect_records(CXL_EVENT_LOG_FAIL, 2, 3, 0x08);
    measure((CxlReadings) { .temperature = -10 });

    /* both counts at once: two records */
    effects = measure((CxlReadings) { .corrected = { 100, 101 } });
    check_eq(effects.ntells, 2);
    expect_records(CXL_EVENT_LOG_WARN, 4, 0, 0x30);
    teardown();
}

/* A threshold may be set to where the reading is beyond it already */
static void test_crossing_by_threshold(void)
{
    setup();
    measure((CxlReadings) { .temperature = 50 });
    check_eq(set_alerts(2, 2, 0, 51, 0, 0), CXL_RET_SUCCESS);
    expect_records(CXL_EVENT_LOG_WARN, 0, 0, 0);
    check_eq(set_alerts(2, 2, 0, 50, 0, 0), CXL_RET_SUCCESS);
    expect_records(CXL_EVENT_LOG_WARN, 1, 3, 0x04);
    /* and back: that is told as the status only */
    check_eq(set_alerts(2, 0, 0, 0, 0, 0), CXL_RET_SUCCESS);
    check_eq(mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0).out[2], 0);
    expect_records(CXL_EVENT_LOG_WARN, 1, 3, 0x04);
    teardown();
}

static void expect_shutdown_state(uint8_t want)
{
    Reply r = mbox_send(m, CXL_OP_GET_SHUTDOWN_STATE, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 1);
    check_eq(r.out[0], want);
}

static void test_shutdown_state(void)
{
    setup();
    expect_shutdown_state(0);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    expect_shutdown_state(1);
    for (unsigned state = 2; state < 256; state++) {
        uint8_t in = (uint8_t)state;

        check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, &in, 1).ret,
                 CXL_RET_INVALID_INPUT);
    }
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    expect_shutdown_state(1);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\0", 1).ret, 0);
    expect_shutdown_state(0);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    expect_shutdown_state(0);
    teardown();
}

/* 12.4.2: what is dirty stays so while the device is viral */
static void test_shutdown_viral(void)
{
    CxlDpa dpa;

    setup();
    dpa = *m->config.dpa;
    dpa.contained = true;
    m->config.dpa = &dpa;
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\0", 1).ret, 0);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\0", 1).ret,
             CXL_RET_INTERNAL_ERROR);
    expect_shutdown_state(1);
    dpa.contained = false;
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\0", 1).ret, 0);
    expect_shutdown_state(0);
    teardown();
}

/* The guest hears of success when the state is durable, and not before */
static void test_shutdown_waits(void)
{
    CxlEffects effects = { 0 };

    setup();
    lsa.slow = true;
    reg_write(m, REG_MBOX_CMD, 8, CXL_OP_SET_SHUTDOWN_STATE | 1ull << 16);
    reg_write(m, REG_MBOX_PAYLOAD, 1, CXL_SHUTDOWN_STATE_DIRTY);
    effects = reg_write(m, REG_MBOX_CTRL, 4, DOORBELL);
    check_eq(effects.flags, CXL_EFFECT_STORE | CXL_EFFECT_STORE_WAIT);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), DOORBELL);
    cxl_memdev_flushed(m, false, &effects);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), 0);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8),
             (uint64_t)CXL_RET_INTERNAL_ERROR << 32);
    lsa.slow = false;
    /* what could not be stored is stored when it comes again, and once */
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    check_eq(lsa.stores, 2);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    check_eq(lsa.stores, 2);
    teardown();
}

static uint32_t dirty_shutdowns(void)
{
    Reply r = mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0);

    return (uint32_t)cxl_le_load(r.out + 6, 4);
}

static void test_dirty_shutdowns(void)
{
    CxlNvState nv;

    setup();
    check(!cxl_memdev_restore(m, &(CxlNvState) { .dirty_shutdowns = 7 }));
    check_eq(dirty_shutdowns(), 7);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    nv = m->state.nv;
    /* no kind of reset is a loss of power without a flush */
    cxl_memdev_reset(m, CXL_RESET_WARM);
    check_eq(dirty_shutdowns(), 7);
    teardown();

    /* the power went away like that */
    setup();
    check(cxl_memdev_restore(m, &nv));
    check_eq(dirty_shutdowns(), 8);
    expect_shutdown_state(0);
    /* and now in an orderly way */
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    check(cxl_memdev_power_off(m));
    check(!cxl_memdev_power_off(m));
    nv = m->state.nv;
    check(!cxl_memdev_restore(m, &nv));
    check_eq(dirty_shutdowns(), 8);
    /* it wraps */
    nv = (CxlNvState) { .dirty_shutdowns = UINT32_MAX, .shutdown_state = 1 };
    check(cxl_memdev_restore(m, &nv));
    check_eq(dirty_shutdowns(), 0);
    teardown();
}

int main(void)
{
    unit_run("health", test_health);
    unit_run("readings", test_readings);
    unit_run("alert configuration", test_alert_configuration);
    unit_run("alert bounds", test_alert_bounds);
    unit_run("crossing", test_crossing);
    unit_run("crossing by threshold", test_crossing_by_threshold);
    unit_run("shutdown state", test_shutdown_state);
    unit_run("shutdown state, viral", test_shutdown_viral);
    unit_run("shutdown waits", test_shutdown_waits);
    unit_run("dirty shutdowns", test_dirty_shutdowns);
    return unit_done();
}
