/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors in the RAS capability of a component (CXL 3.1 8.2.4.17, 12.2.1.4)
 */
#include "hw/cxl/core/component.h"

#include "dpa.h"
#include "unit.h"

#define RAS             0x1080
#define UNC_STATUS      (RAS + 0x00)
#define UNC_MASK        (RAS + 0x04)
#define UNC_SEVERITY    (RAS + 0x08)
#define COR_STATUS      (RAS + 0x0c)
#define COR_MASK        (RAS + 0x10)
#define CONTROL         (RAS + 0x14)
#define HEADER(n)       (RAS + 0x18 + 4 * (n))

#define UNC_BITS        0x1cfffu
#define COR_BITS        0x7fu
#define NO_ERROR        0x20u   /* bit 5 of the first error pointer */

static CxlComponent c;
static CxlDpa memory;
static CxlEffects effects;

static const CxlComponentKind kinds[] = {
    CXL_ROOT_PORT, CXL_UPSTREAM_PORT, CXL_DOWNSTREAM_PORT, CXL_ENDPOINT,
};

#define NKINDS  (sizeof(kinds) / sizeof(kinds[0]))

static uint32_t get(uint64_t offset)
{
    return (uint32_t)cxl_component_read(&c, offset, 4);
}

static void put(uint64_t offset, uint32_t value)
{
    CxlEffects none = { 0 };

    cxl_component_write(&c, offset, 4, value, &none);
    check_eq(none.flags | none.aer, 0);
}

/* A component that reports all errors, unless @masked */
static void make(CxlComponentKind kind, bool masked)
{
    const CxlComponentConfig config = {
        .kind = kind, .decoders = kind == CXL_ENDPOINT ? 4 : 0,
        .dpa = &memory,
    };

    memory = test_dpa(1ull << 28, 1ull << 28);
    cxl_component_init(&c, &config);
    effects = (CxlEffects) { 0 };
    if (!masked) {
        put(UNC_MASK, 0);
        put(COR_MASK, 0);
    }
}

static uint32_t sent(void)
{
    uint32_t aer = effects.aer;

    check_eq(effects.flags | effects.vectors, 0);
    effects = (CxlEffects) { 0 };
    return aer;
}

/* An error whose header is full of @value */
static bool happen(uint32_t error, uint32_t value)
{
    uint32_t header[16];

    for (unsigned i = 0; i < 16; i++) {
        header[i] = value + i;
    }
    return cxl_component_uncorrectable(&c, error, header, &effects);
}

static void check_first(unsigned bit, uint32_t value)
{
    check_eq(get(CONTROL) & 0x3f, bit);
    for (unsigned i = 0; i < 16; i++) {
        check_eq(get(HEADER(i)), value + i);
    }
}

static void check_none(void)
{
    check_eq(get(CONTROL) & NO_ERROR, NO_ERROR);
    for (unsigned i = 0; i < 16; i++) {
        check_eq(get(HEADER(i)), 0);
    }
}

/* Each kind of error on each kind of component */
static void test_uncorrectable(void)
{
    for (unsigned k = 0; k < NKINDS; k++) {
        make(kinds[k], false);
        for (unsigned bit = 0; bit < 32; bit++) {
            bool known = UNC_BITS >> bit & 1;

            check_eq(happen(1u << bit, 0x1000 * bit), known);
            check_eq(sent(), known ? CXL_AER_FATAL : 0);
            check_eq(get(UNC_STATUS), known ? 1u << bit : 0);
            check_eq(get(COR_STATUS), 0);
            if (known) {
                check_first(bit, 0x1000 * bit);
                put(UNC_STATUS, 1u << bit);
                check_eq(get(UNC_STATUS), 0);
                check_none();
            }
        }
    }
}

static void test_correctable(void)
{
    for (unsigned k = 0; k < NKINDS; k++) {
        make(kinds[k], false);
        for (unsigned bit = 0; bit < 32; bit++) {
            bool known = COR_BITS >> bit & 1;

            check_eq(cxl_component_correctable(&c, 1u << bit, &effects),
                     known);
            check_eq(sent(), known ? CXL_AER_CORRECTABLE : 0);
        }
        check_eq(get(COR_STATUS), COR_BITS);
        check_eq(get(UNC_STATUS), 0);
        put(COR_STATUS, 0x15);
        check_eq(get(COR_STATUS), COR_BITS & ~0x15u);
        put(COR_STATUS, UINT32_MAX);
        check_eq(get(COR_STATUS), 0);
    }
}

/* What is not exactly one error is none */
static void test_no_error(void)
{
    make(CXL_ENDPOINT, false);
    check(!happen(0, 1));
    check(!happen(0x3, 1));
    check(!happen(0x1000, 1));
    check(!happen(0x1001, 1));
    check(!cxl_component_correctable(&c, 0, &effects));
    check(!cxl_component_correctable(&c, 0x3, &effects));
    check_eq(sent(), 0);
    check_eq(get(UNC_STATUS) | get(COR_STATUS), 0);
    check_eq(get(CONTROL), 0x2200);

    /* Table 8-22: a host bridge has no RAS capability */
    c.kind = CXL_HOST_BRIDGE;
    check(!happen(1, 1));
    check(!cxl_component_correctable(&c, 1, &effects));
}

/* 8.2.4.17.2, 8.2.4.17.5: masked errors leave no trace; all are at first */
static void test_mask(void)
{
    make(CXL_ENDPOINT, true);
    for (unsigned bit = 0; bit < 17; bit++) {
        check(!happen(1u << bit, 5));
        check(!cxl_component_correctable(&c, 1u << bit, &effects));
    }
    check_eq(sent(), 0);
    check_eq(get(UNC_STATUS) | get(COR_STATUS), 0);
    check_eq(get(HEADER(0)), 0);
    put(UNC_MASK, UNC_BITS & ~0x10u);
    put(COR_MASK, COR_BITS & ~0x40u);
    check(!happen(0x20, 5));
    check(happen(0x10, 7));
    check_eq(sent(), CXL_AER_FATAL);
    check(!cxl_component_correctable(&c, 0x20, &effects));
    check(cxl_component_correctable(&c, 0x40, &effects));
    check_eq(sent(), CXL_AER_CORRECTABLE);
    check_eq(get(UNC_STATUS), 0x10);
    check_eq(get(COR_STATUS), 0x40);
    check_first(4, 7);
    /* What has been recorded stays, masked later or not */
    put(UNC_MASK, UNC_BITS);
    check_first(4, 7);
}

/* 8.2.4.17.3; one message of a severity for all that happens at once */
static void test_severity(void)
{
    make(CXL_UPSTREAM_PORT, false);
    check_eq(get(UNC_SEVERITY), UNC_BITS);
    put(UNC_SEVERITY, UNC_BITS & ~0x4000u);
    happen(0x4000, 0);
    check_eq(sent(), CXL_AER_NONFATAL);
    happen(0x8000, 0);
    check_eq(sent(), CXL_AER_FATAL);
    happen(0x4000, 0);
    happen(0x8000, 0);
    happen(0x8000, 0);
    cxl_component_correctable(&c, 1, &effects);
    check_eq(sent(), CXL_AER_NONFATAL | CXL_AER_FATAL | CXL_AER_CORRECTABLE);
}

/* 12.2.1.4: each error that software is done with gives way to the next */
static void test_queue(void)
{
    make(CXL_ENDPOINT, false);
    happen(1u << 5, 100);
    happen(1u << 14, 200);
    happen(1u << 0, 300);
    check_eq(get(UNC_STATUS), 0x4021);
    check_first(5, 100);
    put(UNC_STATUS, 0);
    check_first(5, 100);
    put(UNC_STATUS, 1u << 5);
    check_eq(get(UNC_STATUS), 0x4001);
    check_first(14, 200);
    /* A bit that is not set is not cleared */
    put(UNC_STATUS, 1u << 5);
    check_first(14, 200);
    put(UNC_STATUS, 1u << 14);
    check_eq(get(UNC_STATUS), 0x0001);
    check_first(0, 300);
    put(UNC_STATUS, 1);
    check_eq(get(UNC_STATUS), 0);
    check_none();
    check_eq(get(CONTROL), 0x2200 | NO_ERROR);
    happen(1u << 9, 400);
    check_first(9, 400);
}

/* The bit of an error that has happened twice stays set once */
static void test_again(void)
{
    make(CXL_ENDPOINT, false);
    happen(1u << 5, 100);
    happen(1u << 5, 200);
    happen(1u << 6, 300);
    put(UNC_STATUS, 1u << 5);
    check_eq(get(UNC_STATUS), 0x60);
    check_first(5, 200);
    put(UNC_STATUS, 1u << 5);
    check_eq(get(UNC_STATUS), 0x40);
    check_first(6, 300);
}

/* Linux clears all that it has seen, with the first header only */
static void test_all_at_once(void)
{
    make(CXL_ENDPOINT, false);
    happen(1u << 1, 100);
    happen(1u << 2, 200);
    happen(1u << 3, 300);
    put(UNC_STATUS, get(UNC_STATUS));
    check_eq(get(UNC_STATUS), 0);
    check_none();

    /* Others than the first: their headers are gone, the first stays */
    happen(1u << 1, 100);
    happen(1u << 2, 200);
    happen(1u << 3, 300);
    put(UNC_STATUS, 1u << 2);
    check_eq(get(UNC_STATUS), 0xa);
    check_first(1, 100);
    put(UNC_STATUS, 1u << 1);
    check_first(3, 300);
}

/* Without room for a header the status is all that tells */
static void test_full(void)
{
    make(CXL_ENDPOINT, false);
    for (unsigned i = 0; i < 16; i++) {
        check(happen(1u << 4, 100 * i));
        check_eq(sent(), CXL_AER_FATAL);
    }
    check(happen(1u << 7, 1));
    check_eq(sent(), CXL_AER_FATAL);
    check_eq(get(UNC_STATUS), 0x90);
    for (unsigned i = 0; i < 16; i++) {
        check_first(4, 100 * i);
        put(UNC_STATUS, 1u << 4);
    }
    check_eq(get(UNC_STATUS), 0x80);
    check_none();
    put(UNC_STATUS, 1u << 7);
    check_eq(get(UNC_STATUS), 0);
}

/* NULL: nothing is known of the message */
static void test_no_header(void)
{
    make(CXL_ROOT_PORT, false);
    happen(1, 77);
    check(cxl_component_uncorrectable(&c, 2, NULL, &effects));
    put(UNC_STATUS, 1);
    check_eq(get(CONTROL) & 0x3f, 1);
    check_eq(get(HEADER(0)) | get(HEADER(15)), 0);
}

/* 12.2.3: error logs are sticky; power on is a new beginning */
static void test_reset(void)
{
    for (unsigned kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        make(CXL_ENDPOINT, false);
        happen(1u << 5, 100);
        happen(1u << 6, 200);
        cxl_component_correctable(&c, 1, &effects);
        cxl_component_reset(&c, (CxlReset)kind);
        if (kind == CXL_RESET_COLD) {
            check_eq(get(UNC_STATUS) | get(COR_STATUS), 0);
            check_eq(get(CONTROL), 0x2200);
            check_eq(get(HEADER(0)), 0);
            check_eq(c.state.ras.count, 0);
            continue;
        }
        check_eq(get(UNC_STATUS), 0x60);
        check_eq(get(COR_STATUS), 1);
        check_first(5, 100);
        put(UNC_STATUS, 1u << 5);
        check_first(6, 200);
    }
}

/* Whatever happens and whatever is cleared, what is shown is so */
static void test_random(void)
{
    make(CXL_ENDPOINT, false);
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t pointer;

        if (unit_below(2)) {
            happen(1u << unit_below(17), (uint32_t)unit_random());
        } else {
            put(UNC_STATUS, (uint32_t)unit_random() & (uint32_t)unit_random());
        }
        check_eq(get(UNC_STATUS) & ~UNC_BITS, 0);
        pointer = get(CONTROL) & 0x3f;
        if (pointer & NO_ERROR) {
            check_eq(c.state.ras.count, 0);
        } else if (get(UNC_STATUS)) {
            check(get(UNC_STATUS) >> pointer & 1);
            check_eq(get(HEADER(3)), c.state.ras.record[0].header[3]);
        }
        check(c.state.ras.count <= CXL_RAS_RECORDS);
    }
}

int main(void)
{
    unit_run("uncorrectable", test_uncorrectable);
    unit_run("correctable", test_correctable);
    unit_run("no error", test_no_error);
    unit_run("mask", test_mask);
    unit_run("severity", test_severity);
    unit_run("queue", test_queue);
    unit_run("again", test_again);
    unit_run("all at once", test_all_at_once);
    unit_run("full", test_full);
    unit_run("no header", test_no_header);
    unit_run("reset", test_reset);
    unit_run("random", test_random);
    return unit_done();
}
