/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison: found, injected, cleared, written over
 */
#include "hw/cxl/core/poison.h"

#include "memdev-fixture.h"
#include "unit.h"

#define CHANGED (CXL_EFFECT_ROUTES | CXL_EFFECT_POISON)
#define LINE    CXL_DPA_LINE
#define SIZE    (2 * GIB + GIB / 2)

static const CxlTime now = { 0 };

static CxlDpaMarks *marks(void)
{
    return &m->config.dpa->marks;
}

static uint32_t add(uint64_t dpa, CxlPoisonSource source, CxlPoisonAdded want)
{
    CxlEffects effects = { 0 };

    check_eq(cxl_poison_add(m, dpa, source, now, &effects), want);
    return effects.flags;
}

static uint32_t write_bytes(uint64_t dpa, unsigned len)
{
    CxlEffects effects = { 0 };

    cxl_poison_written(m, dpa, len, &effects);
    return effects.flags;
}

static void test_add(void)
{
    setup();
    check_eq(add(0x1234, CXL_POISON_INTERNAL, CXL_POISON_ADDED), CHANGED);
    check_eq(add(0x1200, CXL_POISON_INJECTED, CXL_POISON_ADDED), 0);
    check_eq(add(SIZE - 1, CXL_POISON_INJECTED, CXL_POISON_ADDED), CHANGED);
    check_eq(add(0, CXL_POISON_EXTERNAL, CXL_POISON_ADDED), CHANGED);
    check_eq(add(SIZE, CXL_POISON_INJECTED, CXL_POISON_OUTSIDE), 0);
    check_eq(add(UINT64_MAX, CXL_POISON_INJECTED, CXL_POISON_OUTSIDE), 0);
    check_eq(marks()->count, 3);
    check_eq(marks()->line[0], 0);
    check_eq(marks()->line[1], 0x1200);
    check_eq(marks()->line[2], SIZE - LINE);
    check_eq(marks()->source[0], CXL_POISON_EXTERNAL);
    check_eq(marks()->source[1], CXL_POISON_INTERNAL);
    check_eq(marks()->source[2], CXL_POISON_INJECTED);
    teardown();
}

static void test_full(void)
{
    setup();
    for (unsigned i = 0; i < CXL_DPA_MAX_MARKS; i++) {
        check_eq(add(i * 0x1000ull, CXL_POISON_INJECTED, CXL_POISON_ADDED),
                 CHANGED);
    }
    check(!m->state.poison_overflow);
    check_eq(add(0x1000, CXL_POISON_INJECTED, CXL_POISON_ADDED), 0);
    check_eq(add(0x1040, CXL_POISON_INJECTED, CXL_POISON_FULL), 0);
    check(m->state.poison_overflow);
    check_eq(marks()->count, CXL_DPA_MAX_MARKS);
    teardown();
}

static void test_clear(void)
{
    uint8_t bytes[CXL_DPA_LINE];
    CxlEffects effects = { 0 };

    setup();
    memset(bytes, 0x5a, sizeof(bytes));
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    check(!cxl_poison_clear(m, SIZE, bytes, &effects));
    check_eq(effects.flags, 0);
    check(cxl_poison_clear(m, 0x127f, bytes, &effects));
    check_eq(effects.flags, CHANGED | CXL_EFFECT_STORE_LINE);
    check_eq(effects.line.dpa, 0x1240);
    check_mem(effects.line.bytes, bytes, sizeof(bytes));
    check_eq(marks()->count, 0);
    check_eq(effects.ntells, 1);
    check_eq(effects.tell[0].event, CXL_TELL_POISON_CLEARED);
    check_eq(effects.tell[0].code, 0);
    check_eq(effects.tell[0].value, 0x1240);

    /* A line without poison is written all the same */
    effects = (CxlEffects) { 0 };
    check(cxl_poison_clear(m, SIZE - 1, bytes, &effects));
    check_eq(effects.flags, CXL_EFFECT_STORE_LINE);
    check_eq(effects.line.dpa, SIZE - LINE);

    /* Nothing is stored in what may only be read */
    effects = (CxlEffects) { 0 };
    m->config.dpa->part[1].rights = CXL_DPA_READ_ONLY;
    check(!cxl_poison_clear(m, 2 * GIB, bytes, &effects));
    check_eq(effects.flags, 0);
    teardown();
}

static void test_forget(void)
{
    CxlEffects effects = { 0 };

    setup();
    for (unsigned i = 0; i < 6; i++) {
        add(i * (uint64_t)LINE, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    }
    cxl_poison_forget(m, LINE, 0, &effects);
    cxl_poison_forget(m, 6 * LINE, UINT64_MAX, &effects);
    check_eq(effects.flags, 0);
    /* From the middle of a line to the middle of another */
    cxl_poison_forget(m, LINE + 1, 2 * LINE, &effects);
    check_eq(effects.flags, CHANGED);
    check_eq(marks()->count, 3);
    check_eq(marks()->line[1], 4 * LINE);
    cxl_poison_forget(m, 0, UINT64_MAX, &effects);
    check_eq(marks()->count, 0);
    teardown();
}

static void test_heal(void)
{
    setup();
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    add(0x1280, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    check_eq(write_bytes(0x1240, 8), 0);
    check_eq(write_bytes(0x1240, 8), 0);
    check_eq(write_bytes(0x1249, 0x37), 0);
    check_eq(write_bytes(0x1280, 8), 0);
    check_eq(write_bytes(0x1200, LINE), 0);
    check_eq(marks()->count, 2);
    check_eq(write_bytes(0x1248, 1), CHANGED);
    check_eq(marks()->count, 1);
    check_eq(marks()->line[0], 0x1280);
    check_eq(marks()->written[0], 0xff);

    /* It is as bad as it was */
    check_eq(add(0x1280, CXL_POISON_INJECTED, CXL_POISON_ADDED), 0);
    check_eq(write_bytes(0x1288, LINE - 8), 0);
    check_eq(write_bytes(0x1280, LINE), CHANGED);
    check_eq(marks()->count, 0);
    teardown();
}

static unsigned records(CxlEventLogType log)
{
    return m->events.state.log[log].count;
}

static CxlEffects read_line(uint64_t dpa)
{
    CxlEffects effects = { 0 };

    cxl_poison_read(m, dpa, now, &effects);
    return effects;
}

/* The host is told once, whoever waits outside each time */
static void test_read(void)
{
    const CxlEventRecord *record;
    CxlMediaEventHeader media;
    CxlEffects effects;

    setup();
    check_eq(read_line(0x1240).ntells, 0);
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    check_eq(records(CXL_EVENT_LOG_INFO), 1);
    for (unsigned i = 0; i < 3; i++) {
        effects = read_line(0x1278);
        check_eq(effects.flags, 0);
        check_eq(effects.ntells, 1);
        check_eq(effects.tell[0].event, CXL_TELL_POISON_CONSUMED);
        check_eq(effects.tell[0].value, 0x1240);
        check_eq(records(CXL_EVENT_LOG_FAIL), 1);
    }
    record = &m->events.state.log[CXL_EVENT_LOG_FAIL].records[0];
    memcpy(&media, record->data, sizeof(media));
    check_eq(cxl_le64_get(media.address) & ~(uint64_t)CXL_EVENT_DPA_FLAGS,
             0x1240);
    check_eq(media.descriptor, CXL_EVENT_UNCORRECTABLE);
    check_eq(media.transaction, CXL_EVENT_BY_HOST_READ);

    /* Poisoned once more, it is news once more */
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    read_line(0x1240);
    check_eq(records(CXL_EVENT_LOG_FAIL), 2);
    add(0x2000, CXL_POISON_INTERNAL, CXL_POISON_ADDED);
    check_eq(records(CXL_EVENT_LOG_INFO), 1);
    teardown();
}

static void hide(uint64_t dpa)
{
    check(cxl_dpa_mark_hide(marks(), dpa));
}

/* What nobody knows is as bad, and becomes known by whoever comes across it */
static void test_hidden(void)
{
    CxlEffects effects = { 0 };
    uint64_t line;

    setup();
    add(0x1000, CXL_POISON_EXTERNAL, CXL_POISON_ADDED);
    for (uint64_t dpa = 0x1010; dpa < 0x1200; dpa += 0x40) {
        hide(dpa);
    }
    check_eq(marks()->count, 8);
    check(!marks()->hidden[0]);
    check_eq(marks()->source[0], CXL_POISON_EXTERNAL);
    check(cxl_dpa_mark_next(marks(), 0x1040, &line));
    check_eq(line, 0x1040);
    check(!cxl_dpa_mark_next_known(marks(), 0x1040, &line));

    /* Read: of the device's own */
    effects = read_line(0x1047);
    check_eq(effects.flags & CHANGED, CXL_EFFECT_POISON);
    check_eq(effects.tell[0].event, CXL_TELL_POISON_CONSUMED);
    check(cxl_dpa_mark_next_known(marks(), 0x1040, &line));
    check_eq(line, 0x1040);
    check_eq(marks()->source[1], CXL_POISON_INTERNAL);
    check_eq(records(CXL_EVENT_LOG_FAIL), 1);
    check_eq(read_line(0x1040).flags & CHANGED, 0);

    /* Injected, taken away, and written over */
    check_eq(add(0x1080, CXL_POISON_INJECTED, CXL_POISON_ADDED), CHANGED);
    check(!marks()->hidden[2]);
    check_eq(marks()->source[2], CXL_POISON_INJECTED);
    cxl_poison_forget(m, 0x10c0, LINE, &effects);
    check_eq(write_bytes(0x1100, LINE), CHANGED);
    check_eq(marks()->count, 6);

    /* Scanned, as far as the scan has come */
    effects = (CxlEffects) { 0 };
    cxl_poison_scanned(m, 0x1000, 0x180, &effects);
    check_eq(effects.flags, CXL_EFFECT_POISON);
    check(cxl_dpa_mark_next_known(marks(), 0x10c0, &line));
    check_eq(line, 0x1140);
    check(!cxl_dpa_mark_next_known(marks(), 0x1180, &line));
    effects = (CxlEffects) { 0 };
    cxl_poison_scanned(m, 0x1000, 0x180, &effects);
    check_eq(effects.flags, 0);
    teardown();
}

/* There is no room for more of them than for others */
static void test_hidden_full(void)
{
    setup();
    for (unsigned i = 0; i < CXL_DPA_MAX_MARKS; i++) {
        hide(i * 0x1000ull);
    }
    hide(0x1000);
    check(!cxl_dpa_mark_hide(marks(), 0x1040));
    check_eq(add(0x1000, CXL_POISON_INJECTED, CXL_POISON_ADDED), CHANGED);
    check_eq(marks()->count, CXL_DPA_MAX_MARKS);
    teardown();
}

/* What is not in one line says nothing */
static void test_heal_refuses(void)
{
    setup();
    add(0, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    check_eq(write_bytes(0, 0), 0);
    check_eq(write_bytes(0, LINE + 1), 0);
    check_eq(write_bytes(1, LINE), 0);
    check_eq(write_bytes(0, UINT32_MAX), 0);
    check_eq(marks()->written[0], 0);
    teardown();
}

/* The newest record of @log, and how many there are */
static const CxlEventRecord *newest(CxlEventLogType log, unsigned *count)
{
    const CxlEventLog *l = &m->events.state.log[log];

    *count = l->count;
    return &l->records[l->count ? l->count - 1u : 0];
}

/* 8.2.9.9.4.2: who injects is told by an event; what is found is not that */
static void test_records(void)
{
    const CxlEventRecord *r;
    unsigned count;

    setup();
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    r = newest(CXL_EVENT_LOG_INFO, &count);
    check_eq(count, 1);
    check_eq(cxl_le64_get(r->general_media.media.address), 0x1241);
    check_eq(r->general_media.media.transaction, 4);
    check_eq(r->general_media.media.descriptor, 0);
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    add(0x1280, CXL_POISON_INTERNAL, CXL_POISON_ADDED);
    newest(CXL_EVENT_LOG_INFO, &count);
    check_eq(count, 1);
    for (unsigned i = 2; i < CXL_DPA_MAX_MARKS; i++) {
        add(0x10000 + i * 64ull, CXL_POISON_INTERNAL, CXL_POISON_ADDED);
    }
    newest(CXL_EVENT_LOG_WARN, &count);
    check_eq(count, 0);
    /* one of the overflow, however much does not fit */
    for (unsigned i = 0; i < 3; i++) {
        add(0x200000 + i * 64ull, CXL_POISON_INJECTED, CXL_POISON_FULL);
        r = newest(CXL_EVENT_LOG_WARN, &count);
        check_eq(count, 1);
    }
    check_eq(r->general_media.media.descriptor, 4);
    newest(CXL_EVENT_LOG_INFO, &count);
    check_eq(count, 1);
    teardown();
}

static void expect_told(const CxlEffects *effects, uint64_t dpa, bool written)
{
    check_eq(effects->ntells, 1);
    check_eq(effects->tell[0].event, CXL_TELL_POISON_CLEARED);
    check_eq(effects->tell[0].code, written);
    check_eq(effects->tell[0].value, dpa);
}

/* Who waits for a line to be good again is told how it came about */
static void test_told(void)
{
    static const uint8_t bytes[CXL_DPA_LINE];
    CxlEffects effects = { 0 };

    setup();
    check(cxl_poison_clear(m, 0x1240, bytes, &effects));
    check_eq(effects.ntells, 0);
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    check(cxl_poison_clear(m, 0x1250, bytes, &effects));
    expect_told(&effects, 0x1240, false);
    add(0x1240, CXL_POISON_INJECTED, CXL_POISON_ADDED);
    effects = (CxlEffects) { 0 };
    cxl_poison_written(m, 0x1240, 63, &effects);
    check_eq(effects.ntells, 0);
    cxl_poison_written(m, 0x127f, 1, &effects);
    expect_told(&effects, 0x1240, true);
    teardown();
}

int main(void)
{
    unit_run("add", test_add);
    unit_run("full", test_full);
    unit_run("clear", test_clear);
    unit_run("forget", test_forget);
    unit_run("heal", test_heal);
    unit_run("read", test_read);
    unit_run("hidden", test_hidden);
    unit_run("hidden, and no room", test_hidden_full);
    unit_run("heal refuses", test_heal_refuses);
    unit_run("records", test_records);
    unit_run("told", test_told);
    return unit_done();
}
