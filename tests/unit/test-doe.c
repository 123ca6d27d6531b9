/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data Object Exchange: the registers, discovery and CXL table access
 */
#include <stdlib.h>

#include "hw/cxl/core/cdat.h"
#include "hw/cxl/core/doe.h"
#include "hw/cxl/spec/wire.h"
#include "unit.h"

#define CAP             0x04
#define CTRL            0x08
#define STATUS          0x0c
#define WRITE           0x10
#define READ            0x14

#define ABORT           (1u << 0)
#define IRQ_ENABLE      (1u << 1)
#define GO              (1u << 31)

#define READY           (1u << 31)
#define ERROR           (1u << 2)
#define IRQ             (1u << 1)

#define ALL             UINT32_MAX
#define VECTOR          6

/* vendor and type of the two protocols, and what a request is */
#define DISCOVERY       0x00000001u
#define TABLE_ACCESS    0x00021e98u

static CxlDoe doe;
static CxlCdatTable table;
static uint8_t bytes[512];

/* Is there a condition to interrupt for? */
static bool interrupts(void)
{
    return doe.state.interrupt_enable && doe.state.interrupt_status;
}

/* A second row, to see that rows are told apart */
static unsigned refusals;

static bool refuse(const void *opaque, const uint32_t *request,
                   CxlDoeResponse *response)
{
    (void)opaque;
    (void)request;
    (void)response;
    refusals++;
    return false;
}

static const CxlDoeProtocol refusing = { 0x1e98, 0x00, 3, refuse };

static void setup(void)
{
    const CxlDpaPartition part = {
        .base = 0, .size = 256u << 20,
        .perf = { { 170000, 180000, 17000, 16000 } },
    };
    const CxlDoeConfig config = {
        .protocols = {
            { &cxl_doe_table_access, &table },
            { &refusing, NULL },
        },
        .nprotocols = 2,
        .interrupt = true,
        .vector = VECTOR,
    };
    CxlCdatError error;

    table.bytes = bytes;
    table.size = cxl_cdat_build_endpoint(&part, 1, 0, bytes, sizeof(bytes),
                                         &error);
    refusals = 0;
    memset(&doe, 0xee, sizeof(doe));
    cxl_doe_init(&doe, &config);
}

static uint32_t write_masked(uint32_t reg, uint32_t value, uint32_t mask)
{
    CxlEffects effects = { 0 };

    cxl_doe_write(&doe, reg, value, mask, &effects);
    check_eq(effects.flags, 0);
    return effects.vectors;
}

static uint32_t write_reg(uint32_t reg, uint32_t value)
{
    return write_masked(reg, value, ALL);
}

static uint32_t read_reg(uint32_t reg)
{
    return cxl_doe_read(&doe, reg);
}

static void send(const uint32_t *object, uint32_t dwords)
{
    for (uint32_t i = 0; i < dwords; i++) {
        write_reg(WRITE, object[i]);
    }
    write_reg(CTRL, GO);
}

static void send3(uint32_t header, uint32_t length, uint32_t payload)
{
    send((uint32_t[]) { header, length, payload }, 3);
}

/* Read a whole response as an OS does; its length in dwords, 0 = none */
static uint32_t receive(uint32_t *to, uint32_t max)
{
    uint32_t n = 0;

    while (read_reg(STATUS) & READY) {
        uint32_t dword = read_reg(READ);

        check_eq(read_reg(READ), dword);
        if (check(n < max)) {
            to[n] = dword;
        }
        n++;
        write_reg(READ, 0);
    }
    if (n) {
        check(n >= 2);
        check_eq(to[1], n);
    }
    check_eq(read_reg(READ), 0);
    return n;
}

static void expect_discarded(void)
{
    check_eq(read_reg(STATUS) & ~IRQ, 0);
    check_eq(read_reg(READ), 0);
}

static void expect_alive(void)
{
    uint32_t in[3];

    send3(DISCOVERY, 3, 0);
    check_eq(receive(in, 3), 3);
    check_eq(in[0], DISCOVERY);
    check_eq(in[2], 0x01000001);
}

static void test_reset_values(void)
{
    static const uint32_t want[6] = { 0, 1 | VECTOR << 1, 0, 0, 0, 0 };

    setup();
    for (uint32_t reg = 0; reg < 0x18; reg += 4) {
        check_eq(read_reg(reg), want[reg / 4]);
    }
    /* bits that a guest can set: the interrupt enable, nothing else */
    for (uint32_t reg = 0; reg < 0x20; reg += 4) {
        if (reg != CTRL) {
            write_reg(reg, ALL);
        }
    }
    write_reg(CTRL, ALL & ~(ABORT | GO));
    check_eq(read_reg(CTRL), IRQ_ENABLE);
    check_eq(read_reg(CAP), want[1]);
    check_eq(read_reg(STATUS), 0);
    check_eq(read_reg(WRITE), 0);
    check_eq(read_reg(READ), 0);

    write_reg(CTRL, ABORT);
    write_reg(CTRL, IRQ_ENABLE);
    send3(DISCOVERY, 3, 0);
    check(read_reg(STATUS) & READY);
    write_reg(WRITE, DISCOVERY);
    cxl_doe_reset(&doe);
    for (uint32_t reg = 0; reg < 0x18; reg += 4) {
        check_eq(read_reg(reg), want[reg / 4]);
    }
    expect_alive();
}

static void test_discovery(void)
{
    static const uint32_t want[] = { 0x01000001, 0x02021e98, 0x00001e98 };

    setup();
    for (uint32_t index = 0; index < 256; index++) {
        uint32_t in[3];

        /* reserved bits of header, length and payload do not matter */
        send3(DISCOVERY | 0xff000000, 3 | ~0x3ffffu, index | 0xabcdef00);
        check_eq(receive(in, 3), 3);
        check_eq(in[0], DISCOVERY);
        check_eq(in[1], 3);
        check_eq(in[2], index < 3 ? want[index] : 0x00ffffff);
    }
}

/* The walk of an OS ends, and the pieces are the table */
static void test_table_access(void)
{
    uint8_t got[512];
    uint32_t at = 0;
    uint32_t handle = 0;

    setup();
    while (handle != 0xffff) {
        uint32_t in[64];
        uint32_t n;

        send3(TABLE_ACCESS, 3, handle << 16);
        n = receive(in, 64);
        check_eq(in[0], TABLE_ACCESS);
        check_eq(n, 3 + (handle ? 6 : 4));
        check_eq(in[2] & 0xffff, 0);
        check_eq(in[2] >> 16, handle < 6 ? handle + 1 : 0xffff);
        for (uint32_t i = 3; i < n; i++, at += 4) {
            cxl_le_store(got + at, 4, in[i]);
        }
        if (!check(n > 3 && at < sizeof(got) - 64)) {
            break;
        }
        handle = in[2] >> 16;
    }
    check_eq(at, table.size);
    check_mem(got, bytes, table.size);
}

/* A body that does not end with a dword is padded with zeroes */
static void test_padding(void)
{
    static const uint8_t odd[] = {
        0x16, 0, 0, 0,  1, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0,
        9, 9, 6, 0, 0xaa, 0xbb,
    };
    uint8_t *exact = malloc(sizeof(odd));
    uint32_t in[5];

    setup();
    memcpy(exact, odd, sizeof(odd));
    table = (CxlCdatTable) { exact, sizeof(odd) };
    send3(TABLE_ACCESS, 3, 1 << 16);
    check_eq(receive(in, 5), 5);
    check_eq(in[3], 0x00060909);
    check_eq(in[4], 0x0000bbaa);
    free(exact);
}

/**
 * struct Request - an object and whether it is answered
 * @dwords: how many are sent
 */
typedef struct Request {
    uint32_t header;
    uint32_t length;
    uint32_t payload;
    uint32_t dwords;
    bool answered;
} Request;

static const Request requests[] = {
    { TABLE_ACCESS, 3, 0, 3, true },
    { DISCOVERY, 3, 0, 3, true },
    /* length field against dwords sent */
    { TABLE_ACCESS, 3, 0, 2, false },
    { TABLE_ACCESS, 3, 0, 1, false },
    { TABLE_ACCESS, 3, 0, 0, false },
    { TABLE_ACCESS, 3, 0, 4, false },
    { TABLE_ACCESS, 2, 0, 3, false },
    { TABLE_ACCESS, 4, 0, 3, false },
    { TABLE_ACCESS, 0, 0, 3, false },
    { TABLE_ACCESS, 0x3ffff, 0, 3, false },
    /* consistent, but not this protocol's length */
    { TABLE_ACCESS, 2, 0, 2, false },
    { TABLE_ACCESS, 4, 0, 4, false },
    { TABLE_ACCESS, 1, 0, 1, false },
    { DISCOVERY, 2, 0, 2, false },
    { DISCOVERY, 4, 0, 4, false },
    /* 2^18 dwords are 0; one more is nothing */
    { TABLE_ACCESS, 0, 0, 0x40000, false },
    { TABLE_ACCESS, 0, 0, 0x40001, false },
    { TABLE_ACCESS, 3, 0, 0x40003, false },
    /* vendor and type */
    { 0x00021e97, 3, 0, 3, false },
    { 0x00011e98, 3, 0, 3, false },
    { 0x00031e98, 3, 0, 3, false },
    { 0x00001e98, 3, 0, 3, false },
    { 0x00020001, 3, 0, 3, false },
    { 0x00010001, 3, 0, 3, false },
    { 0x00000000, 3, 0, 3, false },
    { 0x00ffffff, 3, 0, 3, false },
    /* request code, table type, entry handle */
    { TABLE_ACCESS, 3, 0x00000001, 3, false },
    { TABLE_ACCESS, 3, 0x000000ff, 3, false },
    { TABLE_ACCESS, 3, 0x00000100, 3, false },
    { TABLE_ACCESS, 3, 0x0000ff00, 3, false },
    { TABLE_ACCESS, 3, 0x00060000, 3, true },
    { TABLE_ACCESS, 3, 0x00070000, 3, false },
    { TABLE_ACCESS, 3, 0x80000000, 3, false },
    { TABLE_ACCESS, 3, 0xfffe0000, 3, false },
    { TABLE_ACCESS, 3, 0xffff0000, 3, false },
};

static void test_requests(void)
{
    setup();
    for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const Request *r = &requests[i];
        const uint32_t object[] = { r->header, r->length, r->payload };
        uint32_t in[64];

        for (uint32_t n = 0; n < r->dwords; n++) {
            write_reg(WRITE, n < 3 ? object[n] : 0);
        }
        check_eq(read_reg(STATUS), 0);
        write_reg(CTRL, GO);
        if (!check_eq(receive(in, 64) != 0, r->answered)) {
            unit_note("request %u", i);
        }
        expect_discarded();
        expect_alive();
    }
    /* its row was asked once: its own vendor, type and length */
    check_eq(refusals, 1);
}

static void test_every_handle(void)
{
    setup();
    for (uint32_t handle = 0; handle <= 0xffff; handle++) {
        uint32_t in[64];

        send3(TABLE_ACCESS, 3, handle << 16);
        check_eq(receive(in, 64) != 0, handle < 7);
    }
}

/* Without Go nothing happens; Abort forgets what was written and answered */
static void test_abort(void)
{
    uint32_t in[64];

    setup();
    write_reg(WRITE, TABLE_ACCESS);
    write_reg(CTRL, ABORT);
    check_eq(read_reg(CTRL), 0);
    expect_alive();

    send3(TABLE_ACCESS, 3, 0);
    check_eq(read_reg(STATUS), READY);
    write_reg(READ, 0);
    write_reg(CTRL, ABORT);
    expect_discarded();
    expect_alive();

    /* with Go in the same write: nothing is consumed */
    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    write_reg(WRITE, 0);
    write_reg(CTRL, ABORT | GO);
    expect_discarded();
    write_reg(CTRL, GO);
    expect_discarded();
    expect_alive();

    /* the position of a response that was left is forgotten too */
    send3(TABLE_ACCESS, 3, 0);
    check_eq(receive(in, 64), 7);
    check_eq(in[0], TABLE_ACCESS);
}

/* A request while a response is unread */
static void test_error(void)
{
    setup();
    send3(TABLE_ACCESS, 3, 0);
    /* rubbish is discarded as ever, the response stays */
    send3(0xffffff, 3, 0);
    check_eq(read_reg(STATUS), READY);
    check_eq(read_reg(READ), TABLE_ACCESS);
    write_reg(CTRL, GO);
    check_eq(read_reg(STATUS), READY);

    send3(DISCOVERY, 3, 0);
    check_eq(read_reg(STATUS), ERROR);
    check_eq(read_reg(READ), 0);
    /* only Abort clears it */
    write_reg(READ, 0);
    write_reg(STATUS, ALL);
    send3(DISCOVERY, 3, 0);
    check_eq(read_reg(STATUS), ERROR);
    write_reg(CTRL, ABORT);
    check_eq(read_reg(STATUS), 0);
    expect_alive();
}

/* Reading past the end, and acknowledging what is not there */
static void test_read_past_end(void)
{
    uint32_t in[3];

    setup();
    for (unsigned i = 0; i < 10; i++) {
        write_reg(READ, 0);
        expect_discarded();
    }
    send3(DISCOVERY, 3, 1);
    check_eq(receive(in, 3), 3);
    for (unsigned i = 0; i < 10; i++) {
        write_reg(READ, ALL);
        expect_discarded();
    }
    /* an object under way is not touched by reading a response */
    send3(DISCOVERY, 3, 0);
    write_reg(WRITE, DISCOVERY);
    check_eq(receive(in, 3), 3);
    write_reg(WRITE, 3);
    write_reg(WRITE, 2);
    write_reg(CTRL, GO);
    check_eq(receive(in, 3), 3);
    check_eq(in[2], 0x00001e98);
}

static void test_interrupts(void)
{
    uint32_t in[3];

    setup();
    /* not enabled: no status, no vector */
    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    write_reg(WRITE, 0);
    check_eq(write_reg(CTRL, GO), 0);
    check_eq(read_reg(STATUS), READY);
    check_eq(write_reg(CTRL, IRQ_ENABLE), 0);
    receive(in, 3);

    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    check_eq(write_reg(WRITE, 0), 0);
    check(!interrupts());
    check_eq(write_reg(CTRL, GO | IRQ_ENABLE), 1u << VECTOR);
    check_eq(read_reg(STATUS), READY | IRQ);
    check_eq(read_reg(CTRL), IRQ_ENABLE);
    check(interrupts());
    receive(in, 3);
    check_eq(read_reg(STATUS), IRQ);

    /* while the status stands there is no further message */
    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    write_reg(WRITE, 0);
    check_eq(write_reg(CTRL, GO | IRQ_ENABLE), 0);
    check_eq(read_reg(STATUS), READY | IRQ);
    /* it is cleared by a one; then an error is a new one */
    check_eq(write_reg(STATUS, 0), 0);
    check_eq(read_reg(STATUS), READY | IRQ);
    check_eq(write_reg(STATUS, IRQ), 0);
    check_eq(read_reg(STATUS), READY);
    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    write_reg(WRITE, 0);
    check_eq(write_reg(CTRL, GO | IRQ_ENABLE), 1u << VECTOR);
    check_eq(read_reg(STATUS), ERROR | IRQ);
    /* an abort ends the error, not the status */
    check_eq(write_reg(CTRL, ABORT | IRQ_ENABLE), 0);
    check_eq(read_reg(STATUS), IRQ);
    /* enabling with the status set is the condition coming true again */
    check_eq(write_reg(CTRL, 0), 0);
    check(!interrupts());
    check_eq(write_reg(CTRL, IRQ_ENABLE), 1u << VECTOR);
    /* a discarded object says nothing */
    write_reg(STATUS, IRQ);
    write_reg(WRITE, 0xffffff);
    check_eq(write_reg(CTRL, GO | IRQ_ENABLE), 0);
    check_eq(read_reg(STATUS), 0);
}

static void test_no_interrupt(void)
{
    const CxlDoeConfig config = {
        .protocols = { { &cxl_doe_table_access, &table } },
        .nprotocols = 1,
        .vector = VECTOR,
    };

    setup();
    cxl_doe_init(&doe, &config);
    check_eq(read_reg(CAP), 0);
    write_reg(CTRL, IRQ_ENABLE);
    check_eq(read_reg(CTRL), 0);
    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    write_reg(WRITE, 1);
    check_eq(write_reg(CTRL, GO | IRQ_ENABLE), 0);
    check_eq(read_reg(STATUS), READY);
    write_reg(READ, 0);
    write_reg(READ, 0);
    check_eq(read_reg(READ), 0x00021e98);
}

/* Bytes of a register that are not written keep what they do */
static void test_masks(void)
{
    setup();
    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    write_reg(WRITE, 0);
    write_masked(CTRL, ABORT | IRQ_ENABLE, 0xffffff00);
    check_eq(read_reg(CTRL), 0);
    write_masked(CTRL, GO, 0x00ffffff);
    check_eq(read_reg(STATUS), 0);
    write_masked(CTRL, GO | ABORT, 0xff000000);
    check_eq(read_reg(STATUS), READY);
    write_masked(CTRL, IRQ_ENABLE, 0x000000ff);
    check_eq(read_reg(CTRL), IRQ_ENABLE);
    write_masked(CTRL, 0, 0xff000000);
    check_eq(read_reg(CTRL), IRQ_ENABLE);
    write_masked(CTRL, 0, 0x000000ff);
    check_eq(read_reg(CTRL), 0);

    write_masked(READ, 0, 0x0000ffff);
    write_masked(READ, 0, 0xffffff00);
    check_eq(read_reg(READ), DISCOVERY);
    write_reg(READ, 0);
    check_eq(read_reg(READ), 3);

    write_reg(CTRL, ABORT);
    write_masked(WRITE, DISCOVERY, 0x00ffffff);
    write_masked(WRITE, DISCOVERY, 0x0000ffff);
    expect_alive();

    write_reg(CTRL, IRQ_ENABLE);
    write_reg(WRITE, DISCOVERY);
    write_reg(WRITE, 3);
    write_reg(WRITE, 0);
    write_reg(CTRL, GO | IRQ_ENABLE);
    write_masked(STATUS, ALL, 0xffffff00);
    check_eq(read_reg(STATUS), READY | IRQ);
    write_masked(STATUS, IRQ, 0x000000ff);
    check_eq(read_reg(STATUS), READY);
}

/* Whatever is written: no bit that is not there, and Abort always helps */
static void test_random(void)
{
    static const uint32_t words[] = {
        DISCOVERY, TABLE_ACCESS, 3, 0, 1, 0x00010000, 0x00060000, ALL,
    };
    unsigned answers = 0;

    setup();
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t reg = (uint32_t)unit_below(8) * 4;
        uint32_t value = unit_below(4) ? words[unit_below(8)]
                                       : (uint32_t)unit_random();

        if (unit_below(2)) {
            reg = WRITE;
        }
        write_masked(reg, value, unit_below(8) ? ALL
                                               : 0xffu << 8 * unit_below(4));
        if (!unit_below(8)) {
            send3(words[unit_below(2)], 3, words[unit_below(8)]);
        }
        answers += read_reg(STATUS) >> 31;
        check(!(read_reg(STATUS) & ~(READY | ERROR | IRQ)));
        check((read_reg(STATUS) & (READY | ERROR)) != (READY | ERROR));
        check(!(read_reg(CTRL) & ~IRQ_ENABLE));
        check(read_reg(STATUS) & READY || read_reg(READ) == 0);
        if (!unit_below(1000)) {
            write_reg(CTRL, ABORT);
            expect_alive();
        }
    }
    check(answers > 1000);
}

int main(void)
{
    unit_run("reset values", test_reset_values);
    unit_run("discovery", test_discovery);
    unit_run("table access", test_table_access);
    unit_run("padding", test_padding);
    unit_run("requests", test_requests);
    unit_run("every handle", test_every_handle);
    unit_run("abort", test_abort);
    unit_run("error", test_error);
    unit_run("read past end", test_read_past_end);
    unit_run("interrupts", test_interrupts);
    unit_run("no interrupt", test_no_interrupt);
    unit_run("masks", test_masks);
    unit_run("random", test_random);
    return unit_done();
}
