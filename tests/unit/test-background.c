/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations in the background: by time, by slices of work that the machine
 * does, aborted, and taken away by a reset
 */
#include "hw/cxl/core/cci.h"
#include "hw/cxl/spec/cci.h"
#include "unit.h"

#define SECOND      1000000000ull

enum {
    TIMED = 0x0110,
    STUBBORN = 0x0120,
    SLICED = 0x0130,
    PACED = 0x0140,
};

/* What happened to the device */
static struct {
    unsigned steps;
    unsigned failed;
    unsigned dones;
    CxlRet done_ret;
} seen;

static CxlCci cci;
static CxlEffects effects;

static CxlTime at(uint64_t ns)
{
    return (CxlTime) { .virtual_ns = ns, .wall_ns = ns * 3 + 7 };
}

static CxlRet run_timed(CxlCciCall *call)
{
    call->background_ns = 10 * SECOND;
    return CXL_RET_BACKGROUND_STARTED;
}

/* Four slices of the machine's */
static CxlRet run_sliced(CxlCciCall *call)
{
    call->work = 400;
    cxl_cci_slice_begin(call->cci);
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet step_sliced(CxlCci *c, bool ok, CxlTime now, CxlEffects *e)
{
    (void)now;
    (void)e;
    seen.steps++;
    if (!ok) {
        seen.failed++;
        return CXL_RET_PERMANENT_MEDIA_FAILURE;
    }
    c->state.work_done += 100;
    if (c->state.work_done == c->state.work) {
        return CXL_RET_SUCCESS;
    }
    cxl_cci_slice_begin(c);
    return CXL_RET_BACKGROUND_STARTED;
}

/* Three steps, a second between them */
static CxlRet run_paced(CxlCciCall *call)
{
    call->work = 3;
    call->background_ns = SECOND;
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet step_paced(CxlCci *c, bool ok, CxlTime now, CxlEffects *e)
{
    check(ok);
    seen.steps++;
    if (++c->state.work_done == c->state.work) {
        return CXL_RET_SUCCESS;
    }
    e->flags |= CXL_EFFECT_DEADLINE;
    e->deadline_ns = now.virtual_ns + cxl_cci_scaled_ns(c, SECOND);
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet done(CxlCci *c, CxlRet ret, CxlTime now, CxlEffects *e)
{
    (void)c;
    (void)now;
    (void)e;
    seen.dones++;
    seen.done_ret = ret;
    return ret;
}

#define ABORTABLE (CXL_CEL_BACKGROUND | CXL_CEL_BACKGROUND_ABORT)

static const CxlCciCommand rows[] = {
    { .name = "timed", .opcode = TIMED, .effects = ABORTABLE,
      .run = run_timed, .done = done },
    { .name = "stubborn", .opcode = STUBBORN, .effects = CXL_CEL_BACKGROUND,
      .run = run_timed, .done = done },
    { .name = "sliced", .opcode = SLICED, .effects = ABORTABLE,
      .run = run_sliced, .step = step_sliced, .done = done },
    { .name = "paced", .opcode = PACED, .effects = ABORTABLE,
      .run = run_paced, .step = step_paced, .done = done },
};

static void setup(void)
{
    memset(&seen, 0, sizeof(seen));
    cxl_cci_init(&cci, NULL, NULL);
    check(cxl_cci_add_set(&cci, rows, 4));
}

static void start(uint16_t opcode, uint64_t ns)
{
    uint8_t out[1];
    uint32_t len;

    effects = (CxlEffects) { 0 };
    check_eq(cxl_cci_execute(&cci, opcode, NULL, 0, out, sizeof(out), &len,
                             at(ns), &effects), CXL_RET_BACKGROUND_STARTED);
    check_eq(cci.state.background, opcode);
}

static CxlRet timer(uint64_t ns)
{
    effects = (CxlEffects) { 0 };
    return cxl_cci_background_timer(&cci, at(ns), &effects);
}

static CxlRet abort_at(uint64_t ns)
{
    effects = (CxlEffects) { 0 };
    return cxl_cci_background_abort(&cci, at(ns), &effects);
}

static void slice_end(bool ok, uint64_t ns)
{
    effects = (CxlEffects) { 0 };
    cxl_cci_slice_end(&cci, ok, at(ns), &effects);
}

static void expect_deadline(uint64_t ns)
{
    check_eq(effects.flags, CXL_EFFECT_DEADLINE);
    check_eq(effects.deadline_ns, ns);
}

/* How long an operation takes is the device's nominal time, scaled */
static void test_scale(void)
{
    static const struct {
        uint32_t percent;
        uint64_t ns;
        unsigned half;
    } cases[] = {
        { 0, 0, 0 }, { 1, SECOND / 10, 50 }, { 33, 33 * SECOND / 10, 50 },
        { CXL_BACKGROUND_TIME, 10 * SECOND, 50 },
        { CXL_BACKGROUND_TIME_MAX, 1000 * SECOND, 50 },
    };
    uint64_t half;

    setup();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cci.background_time = cases[i].percent;
        start(TIMED, 5);
        expect_deadline(5 + cases[i].ns);
        check_eq(cxl_cci_background_percent(&cci, at(5)), 0);
        half = 5 + cases[i].ns / 2;
        check_eq(cxl_cci_background_percent(&cci, at(half)), cases[i].half);
        check_eq(timer(5 + cases[i].ns), CXL_RET_SUCCESS);
        check(!cci.state.background);
    }
    check_eq(cxl_cci_scaled_ns(&cci, 1), 100);
    cci.background_time = 50;
    check_eq(cxl_cci_scaled_ns(&cci, 199), 99);
}

static void test_nominal(void)
{
    check_eq(cxl_cci_nominal_ns(7, 0, 1000), 7);
    check_eq(cxl_cci_nominal_ns(7, 1 << 20, 1000), 1007);
    check_eq(cxl_cci_nominal_ns(7, 3 << 19, 1000), 1507);
    check_eq(cxl_cci_nominal_ns(0, 1ull << 52, SECOND), SECOND << 32);
}

/* Percent by work; a slice that is done goes on with the timer */
static void test_slices(void)
{
    setup();
    start(SLICED, 0);
    check_eq(effects.flags, 0);
    for (unsigned i = 0; i < 4; i++) {
        check_eq(cxl_cci_background_percent(&cci, at(1000 * SECOND)), i * 25);
        /* a late deadline changes nothing */
        check_eq(timer(i), CXL_RET_BACKGROUND_STARTED);
        check_eq(seen.steps, i);
        slice_end(true, 10 + i);
        expect_deadline(10 + i);
        check_eq(timer(20 + i), i < 3 ? CXL_RET_BACKGROUND_STARTED
                                      : CXL_RET_SUCCESS);
    }
    check_eq(seen.steps, 4);
    check_eq(seen.dones, 1);
    check_eq(seen.done_ret, CXL_RET_SUCCESS);
    check_eq(cci.state.ended_opcode, SLICED);
    check_eq(cci.state.ended_ret, CXL_RET_SUCCESS);

    /* nothing is asked for any more */
    slice_end(true, 50);
    check_eq(effects.flags, 0);
}

static void test_slice_fails(void)
{
    setup();
    start(SLICED, 0);
    slice_end(false, 1);
    check_eq(timer(1), CXL_RET_PERMANENT_MEDIA_FAILURE);
    check_eq(seen.failed, 1);
    check_eq(seen.done_ret, CXL_RET_PERMANENT_MEDIA_FAILURE);
    check_eq(cci.state.ended_ret, CXL_RET_PERMANENT_MEDIA_FAILURE);

    /* which the next operation does not inherit */
    start(PACED, 0);
    check_eq(timer(SECOND), CXL_RET_BACKGROUND_STARTED);
}

static void test_paced(void)
{
    setup();
    cci.background_time = 200;
    start(PACED, 0);
    expect_deadline(2 * SECOND);
    check_eq(timer(2 * SECOND), CXL_RET_BACKGROUND_STARTED);
    expect_deadline(4 * SECOND);
    check_eq(cxl_cci_background_percent(&cci, at(3 * SECOND)), 33);
    check_eq(timer(4 * SECOND), CXL_RET_BACKGROUND_STARTED);
    check_eq(cxl_cci_background_percent(&cci, at(3 * SECOND)), 66);
    check_eq(timer(6 * SECOND), CXL_RET_SUCCESS);
    check_eq(seen.steps, 3);
}

/* 8.2.9.1.5: at once, or when the machine is done with its slice */
static void test_abort(void)
{
    setup();
    check_eq(abort_at(1), CXL_RET_SUCCESS);
    check_eq(effects.flags, 0);

    start(STUBBORN, 0);
    check_eq(abort_at(1), CXL_RET_ABORT_NOT_SUPPORTED);
    check_eq(effects.flags, 0);
    check_eq(timer(10 * SECOND), CXL_RET_SUCCESS);

    start(TIMED, 0);
    check_eq(abort_at(SECOND), CXL_RET_SUCCESS);
    expect_deadline(SECOND);
    check_eq(cci.state.background, TIMED);
    check_eq(abort_at(SECOND), CXL_RET_SUCCESS);
    check_eq(timer(SECOND), CXL_RET_ABORTED);
    check_eq(seen.done_ret, CXL_RET_ABORTED);
    check_eq(cci.state.ended_ret, CXL_RET_ABORTED);

    start(SLICED, 0);
    check_eq(abort_at(1), CXL_RET_SUCCESS);
    check_eq(effects.flags, 0);
    check_eq(timer(1), CXL_RET_BACKGROUND_STARTED);
    slice_end(true, 2);
    expect_deadline(2);
    check_eq(timer(2), CXL_RET_ABORTED);
    check_eq(seen.steps, 0);

    /* the next one is not aborted */
    start(TIMED, 0);
    check_eq(timer(10 * SECOND), CXL_RET_SUCCESS);
}

static void test_reset(void)
{
    setup();
    start(SLICED, 0);
    check_eq(abort_at(1), CXL_RET_SUCCESS);
    cxl_cci_reset(&cci, CXL_RESET_WARM);
    check_eq(cci.state.background, 0);
    slice_end(true, 2);
    check_eq(effects.flags, 0);
    check_eq(seen.steps + seen.dones, 0);

    start(PACED, 0);
    expect_deadline(SECOND);
    check_eq(timer(SECOND), CXL_RET_BACKGROUND_STARTED);
    check_eq(seen.steps, 1);
}

int main(void)
{
    unit_run("scale", test_scale);
    unit_run("nominal time", test_nominal);
    unit_run("slices", test_slices);
    unit_run("slice fails", test_slice_fails);
    unit_run("paced", test_paced);
    unit_run("abort", test_abort);
    unit_run("reset", test_reset);
    return unit_done();
}
