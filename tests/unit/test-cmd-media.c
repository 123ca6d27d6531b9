/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Media and poison commands (CXL 3.1 8.2.9.9.4)
 */
#include "memdev-fixture.h"

#include "hw/cxl/core/poison.h"
#include "hw/cxl/spec/payload-media.h"

#define CAPACITY    (2 * GIB + GIB / 2)
#define SECOND      1000000000ull
/* What fits beside the header of a list */
#define MAX_RECORDS ((PAYLOAD_SIZE - 32) / 16)

static uint16_t inject(uint64_t dpa)
{
    uint8_t in[8];

    cxl_le_store(in, 8, dpa);
    return mbox_send(m, CXL_OP_INJECT_POISON, in, sizeof(in)).ret;
}

static Reply clear(uint64_t dpa, uint8_t fill)
{
    uint8_t in[72];

    memset(in, fill, sizeof(in));
    cxl_le_store(in, 8, dpa);
    return mbox_send(m, CXL_OP_CLEAR_POISON, in, sizeof(in));
}

/* A range in bytes; what is no multiple of 64 is cut off */
static Reply ask(uint16_t opcode, uint64_t dpa, uint64_t len)
{
    uint8_t in[17] = { 0 };

    cxl_le_store(in, 8, dpa);
    cxl_le_store(in + 8, 8, len / 64);
    return mbox_send(m, opcode, in, opcode == CXL_OP_SCAN_MEDIA ? 17 : 16);
}

static Reply list(uint64_t dpa, uint64_t len)
{
    return ask(CXL_OP_GET_POISON_LIST, dpa, len);
}

static unsigned count_of(const Reply *r)
{
    return (unsigned)cxl_le_load(r->out + 10, 2);
}

/* Record @n: the address with its source, and the length in lines */
static void expect_record(const Reply *r, unsigned n, uint64_t address,
                          uint32_t lines)
{
    check_eq(cxl_le_load(r->out + 32 + 16 * n, 8), address);
    check_eq(cxl_le_load(r->out + 32 + 16 * n + 8, 4), lines);
    check_eq(cxl_le_load(r->out + 32 + 16 * n + 12, 4), 0);
}

static void test_inject_and_clear(void)
{
    Reply r;

    setup();
    r = list(0, CAPACITY);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 32);
    check_eq(cxl_le_load(r.out, 8) | cxl_le_load(r.out + 8, 4), 0);

    check_eq(inject(0x1000), CXL_RET_SUCCESS);
    check_eq(inject(CAPACITY - 64), CXL_RET_SUCCESS);
    check_eq(inject(0x1000), CXL_RET_SUCCESS);
    r = list(0, CAPACITY);
    check_eq(r.len, 32 + 2 * 16);
    check_eq(count_of(&r), 2);
    expect_record(&r, 0, 0x1003, 1);
    expect_record(&r, 1, (CAPACITY - 64) | 3, 1);

    r = clear(0x1000, 0x5a);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check(r.effects.flags & CXL_EFFECT_STORE_LINE);
    check(r.effects.flags & CXL_EFFECT_ROUTES);
    check_eq(r.effects.line.dpa, 0x1000);
    check_eq(r.effects.line.bytes[0] & r.effects.line.bytes[63], 0x5a);
    r = list(0, CAPACITY);
    check_eq(count_of(&r), 1);
    /* a line without poison is written all the same */
    r = clear(0x2000, 1);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.effects.flags, CXL_EFFECT_STORE_LINE);
    teardown();
}

/* What is injected is told once, as an informational General Media event */
static void test_inject_event(void)
{
    uint8_t log = CXL_EVENT_LOG_INFO;
    Reply r;

    setup();
    inject(GIB);
    inject(GIB);
    r = mbox_send(m, CXL_OP_GET_EVENT_RECORDS, &log, 1);
    check_eq(r.len, 32 + 128);
    check_eq(cxl_le_load(r.out + 32, 4), 0x770acdfb);
    /* volatile, by Inject Poison */
    check_eq(cxl_le_load(r.out + 32 + 48, 8), GIB | 1);
    check_eq(r.out[32 + 48 + 10], 4);
    teardown();
}

static void test_bad_addresses(void)
{
    static const uint64_t bad[] = {
        CAPACITY, CAPACITY + 64, 1ull << 63, UINT64_MAX - 63,
    };

    setup();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_eq(inject(bad[i]), CXL_RET_INVALID_PHYSICAL_ADDRESS);
        check_eq(clear(bad[i], 0).ret, CXL_RET_INVALID_PHYSICAL_ADDRESS);
        check_eq(list(bad[i], 64).ret, CXL_RET_INVALID_PHYSICAL_ADDRESS);
    }
    for (unsigned bit = 0; bit < 6; bit++) {
        check_eq(inject(1u << bit), CXL_RET_INVALID_INPUT);
        check_eq(clear(1u << bit, 0).ret, CXL_RET_INVALID_INPUT);
        check_eq(list(1u << bit, 64).ret, CXL_RET_INVALID_INPUT);
    }
    check_eq(inject(UINT64_MAX), CXL_RET_INVALID_INPUT);
    check_eq(m->config.dpa->marks.count, 0);
    teardown();
}

static void test_bad_ranges(void)
{
    static const uint16_t opcodes[] = {
        CXL_OP_GET_POISON_LIST, CXL_OP_GET_SCAN_MEDIA_CAPABILITIES,
        CXL_OP_SCAN_MEDIA,
    };
    static const struct {
        uint64_t dpa, units;
        CxlRet ret;
    } cases[] = {
        { 32, 0, CXL_RET_INVALID_INPUT },
        { CAPACITY + 64, 0, CXL_RET_INVALID_INPUT },
        { 0, CAPACITY / 64 + 1, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { 64, CAPACITY / 64, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { CAPACITY - 64, 2, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        /* in bytes, and the sum, more than 64 bits */
        { 0, UINT64_MAX, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { 0, UINT64_MAX / 64 + 1, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { 64, UINT64_MAX / 64 + 1, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { CAPACITY - 64, (UINT64_MAX - CAPACITY) / 64 + 2,
          CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { UINT64_MAX - 63, 1, CXL_RET_INVALID_PHYSICAL_ADDRESS },
        { UINT64_MAX, 1, CXL_RET_INVALID_INPUT },
    };

    setup();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned o = 0; o < 3; o++) {
            uint8_t in[17] = { 0 };

            cxl_le_store(in, 8, cases[i].dpa);
            cxl_le_store(in + 8, 8, cases[i].units);
            check_eq(mbox_send(m, opcodes[o], in, o == 2 ? 17 : 16).ret,
                     cases[i].ret);
        }
    }
    teardown();
}

/* Of nothing there is an empty list, and no scan */
static void test_nothing(void)
{
    static const uint64_t at[] = { 0, 64, CAPACITY - 64, CAPACITY };

    setup();
    inject(0);
    inject(64);
    for (unsigned i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        Reply r = list(at[i], 0);

        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, 32);
        check_eq(count_of(&r), 0);
        check_eq(r.out[0], 0);
        check_eq(ask(CXL_OP_GET_SCAN_MEDIA_CAPABILITIES, at[i], 0).ret,
                 CXL_RET_INVALID_INPUT);
        check_eq(ask(CXL_OP_SCAN_MEDIA, at[i], 0).ret, CXL_RET_INVALID_INPUT);
    }
    teardown();
}

/* Lines beside each other with one source are one record */
static void test_runs(void)
{
    CxlEffects effects = { 0 };
    Reply r;

    setup();
    for (uint64_t dpa = 0x1000; dpa < 0x1100; dpa += 64) {
        inject(dpa);
    }
    cxl_poison_add(m, 0x1100, CXL_POISON_INTERNAL, test_now, &effects);
    cxl_poison_add(m, 0x1140, CXL_POISON_INTERNAL, test_now, &effects);
    inject(0x11c0);
    r = list(0, CAPACITY);
    check_eq(count_of(&r), 3);
    expect_record(&r, 0, 0x1003, 4);
    expect_record(&r, 1, 0x1102, 2);
    expect_record(&r, 2, 0x11c3, 1);
    /* the range cuts a record on both sides */
    r = list(0x1040, 0x80);
    check_eq(count_of(&r), 1);
    expect_record(&r, 0, 0x1043, 2);
    teardown();
}

/* As many records as @lines, read until there is no more */
static void expect_paged(unsigned lines)
{
    unsigned seen = 0;
    Reply r;

    do {
        r = list(0, CAPACITY);
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, 32 + 16 * count_of(&r));
        for (unsigned i = 0; i < count_of(&r); i++) {
            expect_record(&r, i, (seen++ * 128ull) | 3, 1);
        }
        check_eq(r.out[0], seen < lines ? CXL_POISON_LIST_MORE : 0);
    } while (r.out[0] & CXL_POISON_LIST_MORE && seen < lines);
    check_eq(seen, lines);
}

static void test_paging(void)
{
    static const unsigned sizes[] = {
        1, MAX_RECORDS - 1, MAX_RECORDS, MAX_RECORDS + 1, 127, 128, 252, 256,
        1024,
    };
    unsigned have = 0;

    setup();
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        while (have < sizes[i]) {
            check_eq(inject(have++ * 128ull), CXL_RET_SUCCESS);
        }
        expect_paged(sizes[i]);
    }
    /* one more than there is room for, twice; then the list says so */
    test_wait(5);
    check_eq(inject(have * 128ull), CXL_RET_INJECT_POISON_LIMIT);
    check_eq(list(0, 64).out[0], CXL_POISON_LIST_OVERFLOW);
    check_eq(inject(0), CXL_RET_SUCCESS);
    check_eq(clear(0, 0).ret, CXL_RET_SUCCESS);
    check_eq(inject(have * 128ull), CXL_RET_SUCCESS);
    teardown();
}

/* Another range begins anew, and so does the same one after a reset */
static void test_paging_is_of_a_range(void)
{
    Reply r;

    setup();
    for (unsigned i = 0; i < 300; i++) {
        inject(i * 128ull);
    }
    r = list(0, CAPACITY);
    check_eq(count_of(&r), MAX_RECORDS);
    r = list(0, CAPACITY - 64);
    expect_record(&r, 0, 3, 1);
    r = list(0, CAPACITY);
    expect_record(&r, 0, 3, 1);
    r = list(0, CAPACITY);
    expect_record(&r, 0, MAX_RECORDS * 128 | 3, 1);
    /* what was read is gone meanwhile, and so is what would come next */
    clear(0, 0);
    clear(2 * MAX_RECORDS * 128, 0);
    r = list(0, CAPACITY);
    expect_record(&r, 0, (2 * MAX_RECORDS + 1) * 128 | 3, 1);
    check_eq(r.out[0], 0);
    list(0, CAPACITY);
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    r = list(0, CAPACITY);
    expect_record(&r, 0, 128 | 3, 1);
    teardown();
}

static void finish_scan(uint64_t wait)
{
    CxlEffects effects = { 0 };

    test_wait(wait);
    cxl_memdev_timer(m, test_now, &effects);
}

static Reply results(void)
{
    return mbox_send(m, CXL_OP_GET_SCAN_MEDIA_RESULTS, NULL, 0);
}

/* Count and flags are elsewhere in results than in a list */
static unsigned results_count(const Reply *r)
{
    return (unsigned)cxl_le_load(r->out + 18, 2);
}

static void test_scan(void)
{
    uint8_t log = CXL_EVENT_LOG_FAIL;
    CxlEffects effects = { 0 };
    uint64_t ms;
    Reply r;

    setup();
    r = results();
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 32);
    check_eq(results_count(&r), 0);

    for (unsigned i = 0; i < 200; i++) {
        cxl_poison_add(m, i * 128, CXL_POISON_INTERNAL, test_now, &effects);
    }
    ms = cxl_le_load(ask(CXL_OP_GET_SCAN_MEDIA_CAPABILITIES, 0,
                         CAPACITY).out, 4);
    check(ms > 100 && ms < 1000);
    r = ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY);
    check_eq(r.ret, CXL_RET_BACKGROUND_STARTED);
    check_eq(r.effects.flags, CXL_EFFECT_DEADLINE);
    check_eq(r.effects.deadline_ns / 1000000,
             (test_now.virtual_ns / 1000000) + ms);
    check_eq(list(0, 64).out[0], CXL_POISON_LIST_SCANNING);
    check_eq(results().ret, CXL_RET_BUSY);
    check_eq(ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY).ret, CXL_RET_BUSY);
    finish_scan(SECOND);

    r = results();
    check_eq(results_count(&r), MAX_RECORDS);
    check_eq(r.out[16], CXL_SCAN_RESULTS_MORE);
    expect_record(&r, 0, 2, 1);
    r = results();
    check_eq(results_count(&r), 200 - MAX_RECORDS);
    check_eq(r.out[16], 0);
    expect_record(&r, 0, MAX_RECORDS * 128 | 2, 1);
    r = results();
    check_eq(results_count(&r), 0);
    /* and the host heard of as many as the log has room for */
    r = mbox_send(m, CXL_OP_GET_EVENT_RECORDS, &log, 1);
    check(r.len > 32);
    check_eq(r.out[32 + 48 + 10], 3);
    teardown();
}

/* A scan comes across what nobody knew */
static void test_scan_hidden(void)
{
    Reply r;

    setup();
    check(cxl_dpa_mark_hide(&m->config.dpa->marks, 0x1000));
    inject(0x2000);
    r = list(0, CAPACITY);
    check_eq(count_of(&r), 1);
    expect_record(&r, 0, 0x2000 | CXL_POISON_INJECTED, 1);
    check_eq(ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY).ret,
             CXL_RET_BACKGROUND_STARTED);
    finish_scan(SECOND);
    r = results();
    check_eq(results_count(&r), 2);
    expect_record(&r, 0, 0x1000 | CXL_POISON_INTERNAL, 1);
    r = list(0, CAPACITY);
    check_eq(count_of(&r), 2);
    teardown();
}

static void test_scan_quiet(void)
{
    uint8_t in[17] = { [8] = 1, [16] = CXL_SCAN_MEDIA_NO_EVENTS };
    uint8_t log = CXL_EVENT_LOG_FAIL;
    Reply r;

    setup();
    inject(0);
    inject(64);
    check_eq(mbox_send(m, CXL_OP_SCAN_MEDIA, in, 17).ret,
             CXL_RET_BACKGROUND_STARTED);
    finish_scan(SECOND);
    check_eq(mbox_send(m, CXL_OP_GET_EVENT_RECORDS, &log, 1).len, 32);
    r = results();
    check_eq(results_count(&r), 1);
    expect_record(&r, 0, 3, 1);
    teardown();
}

/* A scan of all mends a list that has overflowed */
static void test_scan_overflow(void)
{
    setup();
    for (unsigned i = 0; i <= CXL_DPA_MAX_MARKS; i++) {
        inject(i * 64);
    }
    check_eq(list(0, 64).out[0], CXL_POISON_LIST_OVERFLOW);
    ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY / 2);
    finish_scan(SECOND);
    check_eq(list(0, 64).out[0], CXL_POISON_LIST_OVERFLOW);
    ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY);
    finish_scan(SECOND);
    check_eq(list(0, 64).out[0], 0);
    teardown();
}

/* A script holds a scan: it has got no further than the guest was told */
static void test_scan_held(void)
{
    const CxlFaultsConfig config = {
        .backgrounds = { { CXL_OP_SCAN_MEDIA, true, 10, 0 } },
        .nbackgrounds = 1,
    };
    CxlEffects effects = { 0 };
    CxlFaults faults;
    Reply r;

    setup();
    cxl_faults_init(&faults, &config);
    m->mailbox.cci.faults = &faults;
    inject(CAPACITY - 64);
    ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY);
    test_wait(3600 * SECOND);
    check_eq(cxl_cci_background_percent(&m->mailbox.cci, test_now), 10);
    check_eq(cxl_cci_background_abort(&m->mailbox.cci, test_now, &effects),
             CXL_RET_SUCCESS);
    cxl_memdev_timer(m, test_now, &effects);
    r = results();
    check_eq(r.out[16], CXL_SCAN_RESULTS_STOPPED);
    check_eq(results_count(&r), 0);
    check_eq(cxl_le_load(r.out, 8), CAPACITY / 10);
    teardown();
}

static void test_scan_aborted(void)
{
    CxlEffects effects = { 0 };
    uint64_t restart, left;
    Reply r;

    setup();
    inject(0);
    inject(CAPACITY - 64);
    r = ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY);
    test_wait((r.effects.deadline_ns - test_now.virtual_ns) / 2);
    check_eq(cxl_cci_background_abort(&m->mailbox.cci, test_now, &effects),
             CXL_RET_SUCCESS);
    cxl_memdev_timer(m, test_now, &effects);
    check_eq(m->mailbox.cci.state.ended_ret, CXL_RET_ABORTED);
    r = results();
    check_eq(r.out[16], CXL_SCAN_RESULTS_STOPPED);
    check_eq(results_count(&r), 1);
    restart = cxl_le_load(r.out, 8);
    left = cxl_le_load(r.out + 8, 8) * 64;
    check_eq(restart + left, CAPACITY);
    check(restart % 64 == 0 && restart > CAPACITY / 3 &&
          restart < CAPACITY * 2 / 3);
    /* the rest */
    check_eq(ask(CXL_OP_SCAN_MEDIA, restart, left).ret,
             CXL_RET_BACKGROUND_STARTED);
    finish_scan(SECOND);
    r = results();
    check_eq(r.out[16], 0);
    check_eq(results_count(&r), 1);
    expect_record(&r, 0, (CAPACITY - 64) | 3, 1);
    teardown();
}

/* A reset ends a scan, and what it has found is forgotten */
static void test_scan_reset(void)
{
    for (int kind = CXL_RESET_WARM; kind <= CXL_RESET_FUNCTION; kind++) {
        CxlEffects effects = { 0 };
        Reply r;

        setup();
        inject(0);
        ask(CXL_OP_SCAN_MEDIA, 0, CAPACITY);
        cxl_memdev_reset(m, kind);
        cxl_memdev_timer(m, test_now, &effects);
        r = results();
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(results_count(&r), 0);
        r = list(0, CAPACITY);
        check_eq(count_of(&r), 1);
        check_eq(r.out[0], 0);
        teardown();
    }
}

static void test_media_disabled(void)
{
    setup();
    inject(0);
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    check_eq(inject(64), CXL_RET_MEDIA_DISABLED);
    check_eq(clear(0, 0).ret, CXL_RET_MEDIA_DISABLED);
    check_eq(list(0, 64).ret, CXL_RET_MEDIA_DISABLED);
    check_eq(ask(CXL_OP_SCAN_MEDIA, 0, 64).ret, CXL_RET_MEDIA_DISABLED);
    check_eq(results().ret, CXL_RET_SUCCESS);
    teardown();
}

int main(void)
{
    unit_run("inject and clear", test_inject_and_clear);
    unit_run("inject event", test_inject_event);
    unit_run("bad addresses", test_bad_addresses);
    unit_run("bad ranges", test_bad_ranges);
    unit_run("a list of nothing", test_nothing);
    unit_run("runs", test_runs);
    unit_run("paging", test_paging);
    unit_run("paging is of a range", test_paging_is_of_a_range);
    unit_run("scan", test_scan);
    unit_run("scan of what nobody knew", test_scan_hidden);
    unit_run("scan quiet", test_scan_quiet);
    unit_run("scan overflow", test_scan_overflow);
    unit_run("scan aborted", test_scan_aborted);
    unit_run("scan held by a script", test_scan_held);
    unit_run("scan reset", test_scan_reset);
    unit_run("media disabled", test_media_disabled);
    return unit_done();
}
