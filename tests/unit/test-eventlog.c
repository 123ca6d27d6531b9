/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs (CXL 3.1 8.2.9.2)
 */
#include "hw/cxl/core/eventlog.h"
#include "hw/cxl/spec/payload-generic.h"
#include "unit.h"

#define PAYLOAD_SIZE    2048
/* (2048 - 32) / 128 */
#define FIT             15

static CxlEventLogs logs;
static uint32_t vectors;

static void setup(void)
{
    memset(&logs, 0, sizeof(logs));
    vectors = 0;
}

static CxlEventRecord record(uint8_t tag)
{
    CxlEventRecord r;

    memset(&r, tag, sizeof(r));
    return r;
}

static bool add(CxlEventLogType type, uint8_t tag, uint64_t timestamp)
{
    CxlEventRecord r = record(tag);

    return cxl_eventlog_add(&logs, type, &r, timestamp, &vectors);
}

static uint8_t buf[PAYLOAD_SIZE];

static unsigned get(CxlEventLogType type, uint32_t size)
{
    CxlWriter out = { buf, 0, size };
    CxlGetEventRecordsOut *header;
    unsigned n;

    memset(buf, 0xee, sizeof(buf));
    header = cxl_writer_put(&out, sizeof(*header));
    cxl_eventlog_get(&logs.state.log[type], header, &out);
    n = (unsigned)cxl_le_load(buf + 20, 2);
    check_eq(out.used, 32 + n * 128);
    return n;
}

static uint16_t handle(unsigned n)
{
    return (uint16_t)cxl_le_load(buf + 32 + 128 * n + 20, 2);
}

static CxlRet clear(CxlEventLogType type, unsigned n, const uint16_t *handles)
{
    Le16 wire[UINT8_MAX];

    for (unsigned i = 0; i < n; i++) {
        wire[i] = cxl_le16(handles[i]);
    }
    return cxl_eventlog_clear(&logs.state.log[type], wire, n);
}

static void test_empty(void)
{
    static const uint8_t want[32];

    setup();
    check_eq(cxl_eventlog_status(&logs), 0);
    check_eq(get(CXL_EVENT_LOG_WARN, PAYLOAD_SIZE), 0);
    check_mem(buf, want, sizeof(want));
    check_eq(cxl_eventlog_clear_all(&logs.state.log[0]), CXL_RET_INVALID_INPUT);
    check_eq(clear(CXL_EVENT_LOG_INFO, 0, NULL), CXL_RET_SUCCESS);
    check_eq(clear(CXL_EVENT_LOG_INFO, 1, (uint16_t[]) { 0 }),
             CXL_RET_INVALID_HANDLE);
}

/* The log gives length, handle, severity and timestamp, and keeps the rest */
static void test_record_bytes(void)
{
    uint8_t want[128];

    setup();
    for (unsigned type = 0; type < CXL_EVENT_LOGS; type++) {
        check(add(type, 0x5e, 0x1122334455667788));
        memset(want, 0x5e, sizeof(want));
        want[16] = 128;
        want[17] = (uint8_t)(0x5c | type);
        want[20] = 1;
        want[21] = 0;
        cxl_le_store(want + 24, 8, 0x1122334455667788);
        check_eq(get(type, PAYLOAD_SIZE), 1);
        check_mem(buf + 32, want, sizeof(want));
        check_eq(buf[0], 0);
        check_eq(cxl_eventlog_status(&logs), (2u << type) - 1);
    }
}

static void test_partial_reads(void)
{
    uint16_t handles[FIT];
    unsigned left = CXL_EVENT_LOG_SIZE;
    unsigned next = 0;

    setup();
    for (unsigned i = 0; i < left; i++) {
        check(add(CXL_EVENT_LOG_FAIL, (uint8_t)i, i));
    }
    while (left) {
        unsigned n = get(CXL_EVENT_LOG_FAIL, PAYLOAD_SIZE);

        check_eq(n, left > FIT ? FIT : left);
        check_eq(buf[0], left > FIT ? CXL_EVENT_OUT_MORE_RECORDS : 0);
        for (unsigned i = 0; i < n; i++) {
            check_eq(buf[32 + 128 * i], next + i);
            handles[i] = handle(i);
            check(handles[i] != 0);
        }
        /* reading removes nothing */
        check_eq(get(CXL_EVENT_LOG_FAIL, PAYLOAD_SIZE), n);
        check_eq(clear(CXL_EVENT_LOG_FAIL, n, handles), CXL_RET_SUCCESS);
        next += n;
        left -= n;
    }
    check_eq(next, CXL_EVENT_LOG_SIZE);
    check_eq(cxl_eventlog_status(&logs), 0);
}

static void test_small_output(void)
{
    setup();
    add(CXL_EVENT_LOG_INFO, 1, 0);
    check_eq(get(CXL_EVENT_LOG_INFO, 32), 0);
    check_eq(buf[0], CXL_EVENT_OUT_MORE_RECORDS);
    check_eq(get(CXL_EVENT_LOG_INFO, 32 + 127), 0);
    check_eq(get(CXL_EVENT_LOG_INFO, 32 + 128), 1);
    check_eq(buf[0], 0);
}

static void test_overflow(void)
{
    uint16_t oldest[3];

    setup();
    for (unsigned i = 0; i < CXL_EVENT_LOG_SIZE; i++) {
        check(add(CXL_EVENT_LOG_FATAL, (uint8_t)i, i + 1));
    }
    check_eq(get(CXL_EVENT_LOG_FATAL, PAYLOAD_SIZE), FIT);
    check_eq(buf[0], CXL_EVENT_OUT_MORE_RECORDS);

    check(!add(CXL_EVENT_LOG_FATAL, 0xaa, 1000));
    check(!add(CXL_EVENT_LOG_FATAL, 0xbb, 2000));
    check(!add(CXL_EVENT_LOG_FATAL, 0xcc, 3000));
    check_eq(get(CXL_EVENT_LOG_FATAL, PAYLOAD_SIZE), FIT);
    check_eq(buf[0], CXL_EVENT_OUT_MORE_RECORDS | CXL_EVENT_OUT_OVERFLOW);
    check_eq(cxl_le_load(buf + 2, 2), 3);
    check_eq(cxl_le_load(buf + 4, 8), 1000);
    check_eq(cxl_le_load(buf + 12, 8), 3000);
    /* nothing that was held is lost or replaced */
    for (unsigned i = 0; i < FIT; i++) {
        check_eq(buf[32 + 128 * i], i);
    }
    for (unsigned i = 0; i < 3; i++) {
        oldest[i] = handle(i);
    }

    /* a refused clear changes nothing; one that works ends the overflow */
    check_eq(clear(CXL_EVENT_LOG_FATAL, 1, &oldest[1]), CXL_RET_INVALID_HANDLE);
    get(CXL_EVENT_LOG_FATAL, PAYLOAD_SIZE);
    check(buf[0] & CXL_EVENT_OUT_OVERFLOW);
    check_eq(clear(CXL_EVENT_LOG_FATAL, 3, oldest), CXL_RET_SUCCESS);
    get(CXL_EVENT_LOG_FATAL, PAYLOAD_SIZE);
    check_eq(buf[0], CXL_EVENT_OUT_MORE_RECORDS);
    check_eq(cxl_le_load(buf + 2, 2), 0);
    check_eq(cxl_le_load(buf + 4, 8), 0);
    check_eq(cxl_le_load(buf + 12, 8), 0);
    check_eq(buf[32], 3);

    for (unsigned i = 0; i < 3; i++) {
        check(add(CXL_EVENT_LOG_FATAL, 0xdd, 0));
    }
    check(!add(CXL_EVENT_LOG_FATAL, 0xee, 0));
}

static void test_overflow_count_saturates(void)
{
    setup();
    for (unsigned i = 0; i < CXL_EVENT_LOG_SIZE + 70000; i++) {
        add(CXL_EVENT_LOG_INFO, 0, i);
    }
    get(CXL_EVENT_LOG_INFO, PAYLOAD_SIZE);
    check_eq(cxl_le_load(buf + 2, 2), 0xffff);
    check_eq(cxl_le_load(buf + 4, 8), CXL_EVENT_LOG_SIZE);
    check_eq(cxl_le_load(buf + 12, 8), CXL_EVENT_LOG_SIZE + 70000 - 1);
}

static void test_clear_order(void)
{
    setup();
    for (unsigned i = 0; i < 5; i++) {
        add(CXL_EVENT_LOG_INFO, (uint8_t)i, 0);
    }
    /* handles are 1 to 5 */
    check_eq(clear(CXL_EVENT_LOG_INFO, 1, (uint16_t[]) { 2 }),
             CXL_RET_INVALID_HANDLE);
    check_eq(clear(CXL_EVENT_LOG_INFO, 2, (uint16_t[]) { 1, 3 }),
             CXL_RET_INVALID_HANDLE);
    check_eq(clear(CXL_EVENT_LOG_INFO, 2, (uint16_t[]) { 2, 1 }),
             CXL_RET_INVALID_HANDLE);
    check_eq(clear(CXL_EVENT_LOG_INFO, 6, (uint16_t[]) { 1, 2, 3, 4, 5, 6 }),
             CXL_RET_INVALID_HANDLE);
    check_eq(clear(CXL_EVENT_LOG_INFO, 1, (uint16_t[]) { 0 }),
             CXL_RET_INVALID_HANDLE);
    check_eq(get(CXL_EVENT_LOG_INFO, PAYLOAD_SIZE), 5);
    check_eq(clear(CXL_EVENT_LOG_INFO, 2, (uint16_t[]) { 1, 2 }),
             CXL_RET_SUCCESS);
    check_eq(clear(CXL_EVENT_LOG_INFO, 1, (uint16_t[]) { 2 }),
             CXL_RET_INVALID_HANDLE);
    check_eq(get(CXL_EVENT_LOG_INFO, PAYLOAD_SIZE), 3);
    check_eq(handle(0), 3);
    check_eq(buf[32], 2);
}

static void test_clear_all(void)
{
    setup();
    for (unsigned i = 0; i < CXL_EVENT_LOG_SIZE; i++) {
        add(CXL_EVENT_LOG_WARN, 0, 0);
    }
    /* a full log has not overflowed yet */
    check_eq(cxl_eventlog_clear_all(&logs.state.log[CXL_EVENT_LOG_WARN]),
             CXL_RET_INVALID_INPUT);
    check_eq(get(CXL_EVENT_LOG_WARN, PAYLOAD_SIZE), FIT);
    add(CXL_EVENT_LOG_WARN, 0, 0);
    check_eq(cxl_eventlog_clear_all(&logs.state.log[CXL_EVENT_LOG_WARN]),
             CXL_RET_SUCCESS);
    check_eq(get(CXL_EVENT_LOG_WARN, PAYLOAD_SIZE), 0);
    check_eq(buf[0], 0);
    check_eq(cxl_eventlog_status(&logs), 0);
    check(add(CXL_EVENT_LOG_WARN, 7, 0));
    check_eq(get(CXL_EVENT_LOG_WARN, PAYLOAD_SIZE), 1);
    check_eq(buf[32], 7);
}

/* No handle is zero, over more records than there are handles */
static void test_handles_wrap(void)
{
    uint16_t last = 0;

    setup();
    for (unsigned i = 0; i < 70000; i++) {
        uint16_t h;

        check(add(CXL_EVENT_LOG_INFO, 0, 0));
        get(CXL_EVENT_LOG_INFO, PAYLOAD_SIZE);
        h = handle(0);
        check_eq(h, last == UINT16_MAX ? 1 : last + 1);
        check_eq(clear(CXL_EVENT_LOG_INFO, 1, &h), CXL_RET_SUCCESS);
        last = h;
    }
}

/* An interrupt says that a log is no longer empty (8.2.9.2.4) */
static void test_interrupts(void)
{
    static const uint8_t modes[] = {
        CXL_EVENT_INT_NONE, CXL_EVENT_INT_MSI, CXL_EVENT_INT_FW,
    };

    for (unsigned type = 0; type < CXL_EVENT_LOGS; type++) {
        for (unsigned i = 0; i < sizeof(modes); i++) {
            uint32_t want = modes[i] == CXL_EVENT_INT_MSI ? 1u << (9 + type)
                                                          : 0;

            setup();
            logs.state.mode[type] = modes[i];
            logs.vector[type] = (uint8_t)(9 + type);
            add(type, 0, 0);
            check_eq(vectors, want);
            vectors = 0;
            add(type, 0, 0);
            check_eq(vectors, 0);
            clear(type, 1, (uint16_t[]) { 1 });
            add(type, 0, 0);
            check_eq(vectors, 0);
            clear(type, 2, (uint16_t[]) { 2, 3 });
            add(type, 0, 0);
            check_eq(vectors, want);
        }
    }
}

/* A queue of any history holds what was added and not cleared */
static void test_random(void)
{
    uint16_t first = 1, end = 1;

    setup();
    for (unsigned i = 0; i < 20000; i++) {
        unsigned held = (uint16_t)(end - first);

        if (unit_below(2)) {
            check_eq(add(CXL_EVENT_LOG_INFO, (uint8_t)end, end),
                     held < CXL_EVENT_LOG_SIZE);
            end = (uint16_t)(end + (held < CXL_EVENT_LOG_SIZE));
        } else if (held) {
            uint16_t h[UINT8_MAX];
            unsigned n = 1 + (unsigned)unit_below(held);

            for (unsigned k = 0; k < n; k++) {
                h[k] = (uint16_t)(first + k);
            }
            check_eq(clear(CXL_EVENT_LOG_INFO, n, h), CXL_RET_SUCCESS);
            first = (uint16_t)(first + n);
        }
        held = (uint16_t)(end - first);
        check_eq(get(CXL_EVENT_LOG_INFO, PAYLOAD_SIZE),
                 held < FIT ? held : FIT);
        if (held) {
            check_eq(handle(0), first);
            check_eq(buf[32], (uint8_t)first);
        }
    }
}

int main(void)
{
    unit_run("empty", test_empty);
    unit_run("record bytes", test_record_bytes);
    unit_run("partial reads", test_partial_reads);
    unit_run("small output", test_small_output);
    unit_run("overflow", test_overflow);
    unit_run("overflow count saturates", test_overflow_count_saturates);
    unit_run("clear order", test_clear_order);
    unit_run("clear all", test_clear_all);
    unit_run("handles wrap", test_handles_wrap);
    unit_run("interrupts", test_interrupts);
    unit_run("random", test_random);
    return unit_done();
}
