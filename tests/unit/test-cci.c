/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command dispatcher, on rows of its own
 */
#include "hw/cxl/core/cci.h"
#include "hw/cxl/spec/cci.h"
#include "unit.h"

#define SECOND      1000000000ull
#define OUT_BYTES   5

typedef struct Device {
    unsigned runs;
    unsigned dones;
    uint32_t in_len;
    CxlRet ret;
    CxlRet done_ret;
} Device;

static const uint8_t input[CXL_CCI_MAX_PAYLOAD];

static CxlRet run(CxlCciCall *call)
{
    Device *d = call->cci->owner;
    uint8_t *out = call->reply;

    d->runs++;
    /* the request and what follows it are the input, all of it */
    check(!call->request || call->request == input);
    d->in_len = (uint32_t)(call->in.at - input) + call->in.left;
    call->background_ns = 10 * SECOND;
    for (unsigned i = 0; i < OUT_BYTES; i++) {
        check_eq(out[i], 0);
    }
    out[0] = 0x77;
    return d->ret;
}

static CxlRet done(CxlCci *cci, CxlRet ret, CxlTime now, CxlEffects *effects)
{
    Device *d = cci->owner;

    d->dones++;
    d->done_ret = ret;
    effects->vectors |= 1u << 31;
    return now.virtual_ns ? CXL_RET_ABORTED : CXL_RET_SUCCESS;
}

enum {
    PLAIN = 0x0110,
    MEDIA = 0x0120,
    LABELS = 0x0130,
    BACKGROUND = 0x0140,
    BACKGROUND_BARE = 0x0150,
    OPEN_END = 0x4000,
};

static const CxlCciCommand low_rows[] = {
    { "plain", PLAIN, CXL_CEL_IMMEDIATE_LOG_CHANGE, 3, 7,
      OUT_BYTES, 0, run, NULL, NULL },
    { "media", MEDIA, 0, 2, 2, OUT_BYTES, CXL_CCI_GATE_MEDIA, run, NULL,
      NULL },
    { "labels", LABELS, 0, 0, 1, OUT_BYTES, CXL_CCI_GATE_LSA, run, NULL,
      NULL },
    { "background", BACKGROUND, CXL_CEL_BACKGROUND, 0, 0, OUT_BYTES,
      CXL_CCI_GATE_MEDIA, run, NULL, done },
    { "bare", BACKGROUND_BARE, CXL_CEL_BACKGROUND, 0, 0, OUT_BYTES, 0, run,
      NULL, NULL },
};

static const CxlCciCommand high_rows[] = {
    { "open end", OPEN_END, 0xffff, 8, CXL_CCI_UNBOUNDED, OUT_BYTES, 0, run,
      NULL, NULL },
};

static CxlEventLogs events;
static Device device;
static CxlCci cci;
static CxlEffects effects;
static uint32_t out_len;

/* @ns of virtual time, while the clock on the wall says something else */
static CxlTime at(uint64_t ns)
{
    return (CxlTime) { .virtual_ns = ns, .wall_ns = ns * 3 + 7 };
}

/* ... and the other way round */
static CxlTime at_wall(uint64_t ns)
{
    return (CxlTime) { .virtual_ns = ns * 3 + 7, .wall_ns = ns };
}

static void setup(void)
{
    memset(&events, 0, sizeof(events));
    memset(&device, 0, sizeof(device));
    memset(&effects, 0, sizeof(effects));
    cxl_cci_init(&cci, &device, &events);
    check(cxl_cci_add_set(&cci, low_rows, 5));
    check(cxl_cci_add_set(&cci, high_rows, 1));
}

static CxlRet execute(uint16_t opcode, uint32_t len)
{
    static uint8_t out[CXL_CCI_MAX_PAYLOAD];

    memset(out, 0xee, sizeof(out));
    out_len = UINT32_MAX;
    return cxl_cci_execute(&cci, opcode, input, len, out, sizeof(out), &out_len,
                           at(100 * SECOND), &effects);
}

static void test_unknown_opcodes(void)
{
    setup();
    for (uint32_t opcode = 0; opcode <= UINT16_MAX; opcode++) {
        bool known = opcode == PLAIN || opcode == MEDIA || opcode == LABELS ||
                     opcode == BACKGROUND || opcode == BACKGROUND_BARE ||
                     opcode == OPEN_END;

        check_eq(cxl_cci_find(&cci, (uint16_t)opcode) != NULL, known);
        if (!known) {
            check_eq(execute((uint16_t)opcode, 0), CXL_RET_UNSUPPORTED);
            check_eq(out_len, 0);
        }
    }
    check_eq(device.runs, 0);
}

static void test_lengths(void)
{
    static const struct {
        uint16_t opcode;
        uint32_t len;
        CxlRet ret;
    } cases[] = {
        { PLAIN, 0, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { PLAIN, 2, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { PLAIN, 3, CXL_RET_SUCCESS },
        { PLAIN, 7, CXL_RET_SUCCESS },
        { PLAIN, 8, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { PLAIN, 0x1fffff, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { MEDIA, 1, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { MEDIA, 2, CXL_RET_SUCCESS },
        { MEDIA, 3, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { OPEN_END, 7, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { OPEN_END, 8, CXL_RET_SUCCESS },
        { OPEN_END, 2048, CXL_RET_SUCCESS },
        { OPEN_END, 2049, CXL_RET_INVALID_PAYLOAD_LENGTH },
        { OPEN_END, 0x1fffff, CXL_RET_INVALID_PAYLOAD_LENGTH },
    };

    setup();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned runs = device.runs;
        bool ok = cases[i].ret == CXL_RET_SUCCESS;

        check_eq(execute(cases[i].opcode, cases[i].len), cases[i].ret);
        check_eq(device.runs - runs, ok);
        check_eq(out_len, ok ? OUT_BYTES : 0);
        if (ok) {
            check_eq(device.in_len, cases[i].len);
        }
    }
}

static void test_gates(void)
{
    setup();
    cci.state.media_disabled = true;
    check_eq(execute(MEDIA, 2), CXL_RET_MEDIA_DISABLED);
    /* a gate comes before the length */
    check_eq(execute(MEDIA, 99), CXL_RET_MEDIA_DISABLED);
    check_eq(device.runs, 0);
    check_eq(execute(PLAIN, 3), CXL_RET_SUCCESS);
    check_eq(execute(LABELS, 0), CXL_RET_SUCCESS);
    cci.state.media_disabled = false;
    check_eq(execute(MEDIA, 2), CXL_RET_SUCCESS);

    cci.gates &= ~CXL_CCI_GATE_LSA;
    check(!cxl_cci_find(&cci, LABELS));
    check_eq(execute(LABELS, 0), CXL_RET_UNSUPPORTED);
}

/* Whatever a failing command wrote is not output */
static void test_failure_has_no_output(void)
{
    setup();
    for (CxlRet ret = CXL_RET_INVALID_INPUT; ret <= CXL_RET_ABORT_NOT_SUPPORTED;
         ret++) {
        device.ret = ret;
        check_eq(execute(PLAIN, 3), ret);
        check_eq(out_len, 0);
    }
    check_eq(effects.flags, 0);
    check(!cci.state.background);
}

/* A transport that has no room for what the row promises */
static void test_small_output(void)
{
    uint8_t out[OUT_BYTES];

    setup();
    for (uint32_t size = 0; size <= OUT_BYTES; size++) {
        bool fits = size == OUT_BYTES;

        out_len = UINT32_MAX;
        check_eq(cxl_cci_execute(&cci, PLAIN, input, 3, out, size, &out_len,
                                 at(0), &effects),
                 fits ? CXL_RET_SUCCESS : CXL_RET_INTERNAL_ERROR);
        check_eq(out_len, fits ? OUT_BYTES : 0);
        check_eq(device.runs, fits);
    }
}

static void test_background(void)
{
    setup();
    device.ret = CXL_RET_BACKGROUND_STARTED;
    check_eq(execute(BACKGROUND, 0), CXL_RET_BACKGROUND_STARTED);
    check_eq(out_len, OUT_BYTES);
    check_eq(effects.flags, CXL_EFFECT_DEADLINE);
    check_eq(effects.deadline_ns, 110 * SECOND);
    check_eq(cci.state.background, BACKGROUND);

    /* a second one must wait, whatever its other faults; others run */
    device.ret = CXL_RET_SUCCESS;
    check_eq(execute(BACKGROUND, 0), CXL_RET_BUSY);
    check_eq(execute(BACKGROUND_BARE, 7), CXL_RET_BUSY);
    cci.state.media_disabled = true;
    check_eq(execute(BACKGROUND, 0), CXL_RET_BUSY);
    cci.state.media_disabled = false;
    check_eq(execute(PLAIN, 3), CXL_RET_SUCCESS);

    check_eq(cxl_cci_background_percent(&cci, at(1)), 0);
    check_eq(cxl_cci_background_percent(&cci, at(100 * SECOND)), 0);
    check_eq(cxl_cci_background_percent(&cci, at(105 * SECOND)), 50);
    check_eq(cxl_cci_background_percent(&cci, at(110 * SECOND)), 99);
    check_eq(cxl_cci_background_percent(&cci, at(UINT64_MAX)), 99);

    effects.vectors = 0;
    check_eq(cxl_cci_background_timer(&cci, at(1), &effects), CXL_RET_ABORTED);
    check_eq(effects.vectors, 1u << 31);
    check_eq(device.dones, 1);
    check_eq(device.done_ret, CXL_RET_SUCCESS);
    check(!cci.state.background);
    check_eq(execute(BACKGROUND, 0), CXL_RET_SUCCESS);

    /* one without done(), then one that a reset ends */
    device.ret = CXL_RET_BACKGROUND_STARTED;
    check_eq(execute(BACKGROUND_BARE, 0), CXL_RET_BACKGROUND_STARTED);
    check_eq(cxl_cci_background_timer(&cci, at(1), &effects), CXL_RET_SUCCESS);
    check_eq(execute(BACKGROUND, 0), CXL_RET_BACKGROUND_STARTED);
    cxl_cci_reset(&cci, CXL_RESET_WARM);
    check(!cci.state.background);
    check_eq(device.dones, 1);
}

static void play(CxlFaults *faults, const CxlFaultsConfig *config)
{
    setup();
    device.ret = CXL_RET_BACKGROUND_STARTED;
    cxl_faults_init(faults, config);
    cci.faults = faults;
}

/* A script of faults: a command is not run; it is counted where it is known */
static void test_scripted_commands(void)
{
    const CxlFaultsConfig config = {
        .commands = {
            { PLAIN, 2, 1, CXL_RET_RETRY_REQUIRED },
            { 0x9999, 1, 0, CXL_RET_BUSY },
        },
        .ncommands = 2,
    };
    CxlFaults faults;

    play(&faults, &config);
    device.ret = CXL_RET_SUCCESS;
    check_eq(execute(PLAIN, 3), CXL_RET_SUCCESS);
    check_eq(execute(PLAIN, 3), CXL_RET_RETRY_REQUIRED);
    check_eq(out_len, 0);
    check_eq(device.runs, 1);
    check_eq(execute(PLAIN, 3), CXL_RET_SUCCESS);
    check_eq(execute(0x9999, 0), CXL_RET_UNSUPPORTED);
}

/* An operation sticks: no timer ends it; a reset does */
static void test_scripted_sticks(void)
{
    const CxlFaultsConfig config = {
        .backgrounds = { { BACKGROUND, true, 40, 20 * SECOND } },
        .nbackgrounds = 1,
    };
    CxlFaults faults;

    play(&faults, &config);
    check_eq(execute(BACKGROUND, 0), CXL_RET_BACKGROUND_STARTED);
    check_eq(cxl_cci_background_percent(&cci, at(102 * SECOND)), 10);
    check_eq(cxl_cci_background_percent(&cci, at(108 * SECOND)), 40);
    check_eq(cxl_cci_background_percent(&cci, at(119 * SECOND)), 40);
    check_eq(cxl_cci_background_timer(&cci, at(120 * SECOND), &effects),
             CXL_RET_BACKGROUND_STARTED);
    check_eq(cxl_cci_background_percent(&cci, at(UINT64_MAX)), 40);
    check_eq(cci.state.background, BACKGROUND);
    check_eq(device.dones, 0);
    cxl_cci_reset(&cci, CXL_RESET_FUNCTION);
    check(!cci.state.background);
}

/* What a script says it takes, whatever background-time says */
static void test_scripted_duration(void)
{
    const CxlFaultsConfig config = {
        .backgrounds = { { BACKGROUND, false, 0, 3 * SECOND } },
        .nbackgrounds = 1,
    };
    CxlFaults faults;

    play(&faults, &config);
    cci.background_time = 0;
    check_eq(execute(BACKGROUND, 0), CXL_RET_BACKGROUND_STARTED);
    check_eq(effects.flags, CXL_EFFECT_DEADLINE);
    check_eq(effects.deadline_ns, 103 * SECOND);
    cxl_cci_background_timer(&cci, at(103 * SECOND), &effects);
    check(!cci.state.background);
}

/* An operation shorter than a hundred nanoseconds */
static void test_background_instant(void)
{
    setup();
    cci.state.background = BACKGROUND;
    cci.state.background_start = 10;
    cci.state.background_ns = 0;
    check_eq(cxl_cci_background_percent(&cci, at(10)), 0);
    check_eq(cxl_cci_background_percent(&cci, at(11)), 99);
}

static void test_sets(void)
{
    CxlCciCommand more[CXL_CCI_MAX_SETS];

    setup();
    for (unsigned i = 0; i < CXL_CCI_MAX_SETS; i++) {
        more[i] = (CxlCciCommand) {
            .name = "more", .opcode = (uint16_t)(0x5000 + i), .run = run,
        };
    }
    check(!cxl_cci_add_set(&cci, low_rows, 5));
    check(!cxl_cci_add_set(&cci, high_rows, 1));
    check_eq(cci.nsets, 2);
    for (unsigned i = 2; i < CXL_CCI_MAX_SETS; i++) {
        check(cxl_cci_add_set(&cci, &more[i - 2], 1));
    }
    check(!cxl_cci_add_set(&cci, &more[CXL_CCI_MAX_SETS - 1], 1));
    check_eq(cci.nsets, CXL_CCI_MAX_SETS);
}

static void expect_cel(const uint8_t *want, uint32_t size)
{
    uint8_t got[64];

    check_eq(cxl_cci_cel_size(&cci), size);
    for (uint32_t offset = 0; offset <= size + 1; offset++) {
        for (uint32_t len = 0; len <= size + 1; len++) {
            CxlWriter out = { got, 0, sizeof(got) };
            bool within = offset + len <= size;

            memset(got, 0xee, sizeof(got));
            check_eq(cxl_cci_cel_read(&cci, offset, len, &out), within);
            check_eq(out.used, within ? len : 0);
            if (within) {
                check_mem(got, want + offset, len);
            }
            check_eq(got[out.used], 0xee);
        }
    }
}

static void test_cel(void)
{
    static const uint8_t all[] = {
        0x10, 0x01, 0x10, 0x00,  0x20, 0x01, 0x00, 0x00,
        0x30, 0x01, 0x00, 0x00,  0x40, 0x01, 0x40, 0x00,
        0x50, 0x01, 0x40, 0x00,  0x00, 0x40, 0xff, 0xff,
    };
    static const uint8_t no_labels[] = {
        0x10, 0x01, 0x10, 0x00,  0x20, 0x01, 0x00, 0x00,
        0x40, 0x01, 0x40, 0x00,  0x50, 0x01, 0x40, 0x00,
        0x00, 0x40, 0xff, 0xff,
    };
    uint8_t small[3];
    CxlWriter out = { small, 0, sizeof(small) };

    setup();
    expect_cel(all, sizeof(all));
    cci.gates &= ~CXL_CCI_GATE_LSA;
    expect_cel(no_labels, sizeof(no_labels));
    cci.state.media_disabled = true;
    expect_cel(no_labels, sizeof(no_labels));

    check(!cxl_cci_cel_read(&cci, 0, 4, &out));
    check(!cxl_cci_cel_read(&cci, UINT32_MAX, 4, &out));
    check(!cxl_cci_cel_read(&cci, 4, UINT32_MAX, &out));
    check_eq(out.used, 0);
}

static void test_timestamp(void)
{
    setup();
    check_eq(cxl_cci_timestamp(&cci, at_wall(12345)), 0);
    cci.state.clock = (CxlClock) { true, 1000, 500 };
    check_eq(cxl_cci_timestamp(&cci, at_wall(500)), 1000);
    check_eq(cxl_cci_timestamp(&cci, at_wall(507)), 1007);
    cxl_cci_reset(&cci, CXL_RESET_WARM);
    check_eq(cxl_cci_timestamp(&cci, at_wall(507)), 0);
}

static void test_ret_names(void)
{
    for (CxlRet ret = CXL_RET_SUCCESS; ret <= CXL_RET_ABORT_NOT_SUPPORTED;
         ret++) {
        check(cxl_ret_name(ret) && strcmp(cxl_ret_name(ret), "unknown"));
    }
    check_str(cxl_ret_name(CXL_RET_ABORT_NOT_SUPPORTED + 1), "unknown");
    check_str(cxl_ret_name((CxlRet)0xffff), "unknown");
    check(!cxl_ret_is_fault(CXL_RET_SUCCESS));
    check(cxl_ret_is_fault(CXL_RET_INVALID_INPUT));
    check(!cxl_ret_is_fault((CxlRet)0xffff));
}

static void test_reader_writer(void)
{
    uint8_t bytes[4] = { 1, 2, 3, 4 };
    CxlReader r = { bytes, 4 };
    CxlWriter w = { bytes, 0, 3 };

    check(cxl_reader_take(&r, 5) == NULL);
    check(cxl_reader_take(&r, UINT32_MAX) == NULL);
    check(cxl_reader_take(&r, 3) == bytes);
    check(cxl_reader_take(&r, 2) == NULL);
    check(cxl_reader_take(&r, 1) == bytes + 3);
    check(cxl_reader_take(&r, 1) == NULL);
    check_eq(r.left, 0);

    check(cxl_writer_put(&w, 4) == NULL);
    check(cxl_writer_put(&w, 1) == bytes);
    check(cxl_writer_put(&w, UINT32_MAX) == NULL);
    check(cxl_writer_put(&w, 2) == bytes + 1);
    check(cxl_writer_put(&w, 1) == NULL);
    check_eq(w.used, 3);
    check_eq(bytes[0] | bytes[1] | bytes[2], 0);
    check_eq(bytes[3], 4);
}

int main(void)
{
    unit_run("unknown opcodes", test_unknown_opcodes);
    unit_run("lengths", test_lengths);
    unit_run("gates", test_gates);
    unit_run("failure has no output", test_failure_has_no_output);
    unit_run("small output", test_small_output);
    unit_run("background", test_background);
    unit_run("scripted commands", test_scripted_commands);
    unit_run("scripted sticks", test_scripted_sticks);
    unit_run("scripted duration", test_scripted_duration);
    unit_run("background instant", test_background_instant);
    unit_run("sets", test_sets);
    unit_run("cel", test_cel);
    unit_run("timestamp", test_timestamp);
    unit_run("return codes", test_ret_names);
    unit_run("reader and writer", test_reader_writer);
    return unit_done();
}
