/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CDAT: built tables against hand-made bytes, the validator on broken tables
 */
#include <stdlib.h>

#include "hw/cxl/core/cdat.h"
#include "hw/cxl/spec/cdat.h"
#include "hw/cxl/spec/wire.h"
#include "unit.h"

#define MIB     (1ull << 20)

static CxlCdatError error;
static uint8_t table[CXL_CDAT_MAX_SIZE];

static CxlPerf perf(uint64_t rl, uint64_t wl, uint64_t rb, uint64_t wb)
{
    return (CxlPerf) { { rl, wl, rb, wb } };
}

/* 170, 180 ns, 17000, 16000 MB/s; 100.5, 65534 ns, 65535, 1 MB/s */
static const uint8_t two_partitions[] = {
    0x30, 0x01, 0x00, 0x00,  0x01, 0x5b, 0x00, 0x00, /* length 304 */
    0x00, 0x00, 0x00, 0x00,  0x07, 0x00, 0x00, 0x00, /* sequence 7 */
    /* DSMAS 0, volatile, 0 + 256 MiB */
    0x00, 0x00, 0x18, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x10,  0x00, 0x00, 0x00, 0x00,
    /* DSLBIS 0: read latency 170 * 1000 ps */
    0x01, 0x00, 0x18, 0x00,  0x00, 0x00, 0x01, 0x00,
    0xe8, 0x03, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0xaa, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSLBIS 0: write latency 180 * 1000 ps */
    0x01, 0x00, 0x18, 0x00,  0x00, 0x00, 0x02, 0x00,
    0xe8, 0x03, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0xb4, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSLBIS 0: read bandwidth 17000 * 1 MB/s */
    0x01, 0x00, 0x18, 0x00,  0x00, 0x00, 0x04, 0x00,
    0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x68, 0x42, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSLBIS 0: write bandwidth 16000 * 1 MB/s */
    0x01, 0x00, 0x18, 0x00,  0x00, 0x00, 0x05, 0x00,
    0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x80, 0x3e, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSEMTS 0: specific purpose, 256 MiB */
    0x04, 0x00, 0x18, 0x00,  0x00, 0x01, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x10,  0x00, 0x00, 0x00, 0x00,
    /* DSMAS 1, non-volatile, 256 MiB + 4.5 GiB */
    0x00, 0x00, 0x18, 0x00,  0x01, 0x04, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x10,  0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x20,  0x01, 0x00, 0x00, 0x00,
    /* DSLBIS 1: read latency 1 * 100500 ps */
    0x01, 0x00, 0x18, 0x00,  0x01, 0x00, 0x01, 0x00,
    0x94, 0x88, 0x01, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSLBIS 1: write latency 65534 * 1000 ps */
    0x01, 0x00, 0x18, 0x00,  0x01, 0x00, 0x02, 0x00,
    0xe8, 0x03, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0xfe, 0xff, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSLBIS 1: read bandwidth 1 * 65535 MB/s */
    0x01, 0x00, 0x18, 0x00,  0x01, 0x00, 0x04, 0x00,
    0xff, 0xff, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSLBIS 1: write bandwidth 1 * 1 MB/s */
    0x01, 0x00, 0x18, 0x00,  0x01, 0x00, 0x05, 0x00,
    0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    /* DSEMTS 1: reserved, 4.5 GiB */
    0x04, 0x00, 0x18, 0x00,  0x01, 0x02, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x20,  0x01, 0x00, 0x00, 0x00,
};

static void test_endpoint(void)
{
    const CxlDpaPartition parts[] = {
        {
            .size = 256 * MIB, .perf = perf(170000, 180000, 17000, 16000),
        }, {
            .kind = CXL_DPA_PERSISTENT, .base = 256 * MIB,
            .size = 4608 * MIB, .perf = perf(100500, 65534000, 65535, 1),
        },
    };
    uint32_t size = sizeof(two_partitions);

    check_eq(CXL_CDAT_ENDPOINT_SIZE(2), size);
    memset(table, 0xee, sizeof(table));
    check_eq(cxl_cdat_build_endpoint(parts, 2, 7, table, size, &error), size);
    check_mem(table, two_partitions, size);
    check_eq(table[size], 0xee);
    check(cxl_cdat_validate(table, size, &error));
}

/* CDAT 1.04: bit 6 of the DSMAS's flags; bit 3, and bit 4 is not set */
static void test_flags(void)
{
    CxlDpaPartition p = {
        .rights = CXL_DPA_READ_ONLY, .size = 256 * MIB,
        .perf = perf(1, 1, 1, 1),
    };

    check(cxl_cdat_build_endpoint(&p, 1, 0, table, sizeof(table), &error));
    check_eq(table[16 + 5], 1u << 6);
    p.kind = CXL_DPA_PERSISTENT;
    check(cxl_cdat_build_endpoint(&p, 1, 0, table, sizeof(table), &error));
    check_eq(table[16 + 5], 1u << 6 | 1u << 2);
    p.rights = CXL_DPA_READ_WRITE;
    p.shareable = true;
    check(cxl_cdat_build_endpoint(&p, 1, 0, table, sizeof(table), &error));
    check_eq(table[16 + 5], 1u << 3 | 1u << 2);
}

/* CDAT 1.04: bits 3 and 4; read-only is what limits leave of all of it */
static void test_shared(void)
{
    CxlDpa dpa = { 0 };
    CxlDpaPartition p = {
        .size = 256 * MIB, .perf = perf(1, 1, 1, 1), .shared = true,
    };

    check(cxl_dpa_add(&dpa, &p));
    p.kind = CXL_DPA_PERSISTENT;
    check(cxl_dpa_add(&dpa, &p));
    check(cxl_cdat_build_memory(&dpa, 0, table, sizeof(table), &error));
    check_eq(table[16 + 5], 1u << 3 | 1u << 4);
    cxl_dpa_add_limit(&dpa.limits, 0, CXL_DPA_READ_ONLY);
    check(cxl_cdat_build_memory(&dpa, 0, table, sizeof(table), &error));
    check_eq(table[16 + 5], 1u << 3 | 1u << 4 | 1u << 6);
    cxl_dpa_add_limit(&dpa.limits, 256 * MIB - 1, CXL_DPA_NO_ACCESS);
    check(cxl_cdat_build_memory(&dpa, 0, table, sizeof(table), &error));
    check_eq(table[16 + 5], 1u << 3 | 1u << 4);
}

static void test_switch(void)
{
    /* read latency 50 ns and 25.5 ns: both in units of 500 ps */
    static const uint8_t want[] = {
        0x05, 0x00, 0x20, 0x00,  0x01, 0x00, 0x00, 0x00,
        0xf4, 0x01, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        0x00, 0x01, 0x00, 0x00,  0x64, 0x00, 0x00, 0x00,
        0x00, 0x01, 0x07, 0x00,  0x33, 0x00, 0x00, 0x00,
    };
    const CxlCdatPortPair pairs[] = {
        { CXL_SSLBIS_UPSTREAM_PORT, 0, perf(50000, 60000, 1000, 2000) },
        { CXL_SSLBIS_UPSTREAM_PORT, 7, perf(25500, 70000, 100000, 65534) },
    };
    uint32_t size = CXL_CDAT_SWITCH_SIZE(2);

    check_eq(cxl_cdat_build_switch(pairs, 2, 0, table, size, &error), size);
    check_eq(size, 16 + 4 * 32);
    check(cxl_cdat_validate(table, size, &error));
    check_mem(table + 16, want, sizeof(want));
    /* write latency in ns */
    check_eq(table[48 + 4], CXL_CDAT_WRITE_LATENCY);
    check_eq(cxl_le_load(table + 48 + 8, 8), 1000);
    check_eq(cxl_le_load(table + 48 + 20, 2), 60);
    check_eq(cxl_le_load(table + 48 + 28, 2), 70);
    /* 1000 and 100000 MB/s in units of their divisor */
    check_eq(table[80 + 4], CXL_CDAT_READ_BANDWIDTH);
    check_eq(cxl_le_load(table + 80 + 8, 8), 1000);
    check_eq(cxl_le_load(table + 80 + 20, 2), 1);
    check_eq(cxl_le_load(table + 80 + 28, 2), 100);
    /* 2000 and 65534 MB/s fit as they are */
    check_eq(table[112 + 4], CXL_CDAT_WRITE_BANDWIDTH);
    check_eq(cxl_le_load(table + 112 + 8, 8), 1);
    check_eq(cxl_le_load(table + 112 + 20, 2), 2000);
    check_eq(cxl_le_load(table + 112 + 28, 2), 65534);
}

/* The value that an OS reads from the first structure of a data type */
static uint64_t read_back(uint32_t value_at, uint32_t unit_at)
{
    uint64_t entry = cxl_le_load(table + value_at, 2);

    check(entry >= 1 && entry <= 0xfffe);
    return entry * cxl_le_load(table + unit_at, 8);
}

/* An endpoint's values are exact, whatever they are */
static void test_endpoint_values(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        CxlDpaPartition p = { .base = 0, .size = 1 };

        for (unsigned v = 0; v < CXL_PERF_VALUES; v++) {
            p.perf.value[v] = (unit_random() >> (32 + unit_below(32))) | 1;
        }
        check_eq(cxl_cdat_build_endpoint(&p, 1, 0, table, sizeof(table),
                                         &error), 160);
        for (uint32_t v = 0; v < CXL_PERF_VALUES; v++) {
            uint32_t at = 16 + 24 + 24 * v;

            check_eq(read_back(at + 16, at + 8), p.perf.value[v]);
        }
    }
}

/* The pairs' values of one kind are exact, or as near as the entries allow */
static void expect_pairs(const CxlCdatPortPair *pairs, unsigned count,
                         unsigned v, bool exact)
{
    uint32_t at = 16 + (16 + 8 * count) * v;
    uint64_t unit = cxl_le_load(table + at + 8, 8);
    uint64_t max = 0;

    for (unsigned n = 0; n < count; n++) {
        max = pairs[n].perf.value[v] > max ? pairs[n].perf.value[v] : max;
    }
    for (unsigned n = 0; n < count; n++) {
        uint64_t got = read_back(at + 16 + 8 * n + 4, at + 8);
        uint64_t want = pairs[n].perf.value[v];
        uint64_t off = got > want ? got - want : want - got;

        check(off == 0 || (!exact && unit <= max / 65534 + 1));
        /* half a unit, but never nothing */
        check(2 * off <= unit || got == unit);
    }
}

static void test_switch_values(void)
{
    for (unsigned i = 0; i < 20000; i++) {
        CxlCdatPortPair pairs[3] = { { 0 } };
        uint64_t scale = 1 + unit_below(100000);
        bool exact = unit_below(2);

        for (unsigned n = 0; n < 3; n++) {
            for (unsigned v = 0; v < CXL_PERF_VALUES; v++) {
                uint64_t any = (unit_random() >> (32 + unit_below(32))) | 1;

                pairs[n].perf.value[v] =
                    exact ? scale * (1 + unit_below(42949)) : any;
            }
        }
        check_eq(cxl_cdat_build_switch(pairs, 3, 0, table, sizeof(table),
                                       &error), CXL_CDAT_SWITCH_SIZE(3));
        for (unsigned v = 0; v < CXL_PERF_VALUES; v++) {
            expect_pairs(pairs, 3, v, exact);
        }
    }
}

static void expect_refusal(uint32_t size, const char *word)
{
    check_eq(size, 0);
    if (!check(error.reason && strstr(error.reason, word))) {
        unit_note("want \"%s\" in \"%s\"", word, error.reason);
    }
}

static void test_build_refusals(void)
{
    static const char *const words[CXL_PERF_VALUES] = {
        "read latency", "write latency", "read bandwidth", "write bandwidth",
    };
    static CxlCdatPortPair many[CXL_CDAT_MAX_PAIRS + 1];
    static CxlDpaPartition parts[256];
    CxlDpaPartition p = { .size = MIB, .perf = perf(1, 1, 1, 1) };
    CxlCdatPortPair pair = { 0, 0, perf(1, 1, 1, 1) };

    for (unsigned v = 0; v < CXL_PERF_VALUES; v++) {
        static const uint64_t bad[] = { 0, 1ull << 32, UINT64_MAX };

        for (unsigned i = 0; i < 3; i++) {
            p.perf.value[v] = bad[i];
            pair.perf.value[v] = bad[i];
            check(cxl_perf_check(&p.perf) && strstr(cxl_perf_check(&p.perf),
                                                    words[v]));
            expect_refusal(cxl_cdat_build_endpoint(&p, 1, 0, table, 4096,
                                                   &error), words[v]);
            expect_refusal(cxl_cdat_build_switch(&pair, 1, 0, table, 4096,
                                                 &error), words[v]);
        }
        p.perf.value[v] = UINT32_MAX;
        pair.perf.value[v] = UINT32_MAX;
        check(!cxl_perf_check(&p.perf));
        check_eq(cxl_cdat_build_endpoint(&p, 1, 0, table, 160, &error), 160);
        check_eq(cxl_cdat_build_switch(&pair, 1, 0, table, 112, &error), 112);
    }
    expect_refusal(cxl_cdat_build_endpoint(&p, 1, 0, table, 159, &error),
                   "too large");
    expect_refusal(cxl_cdat_build_switch(&pair, 1, 0, table, 111, &error),
                   "too large");
    expect_refusal(cxl_cdat_build_switch(&pair, 0, 0, table, 4096, &error),
                   "no ports");
    for (unsigned i = 0; i <= CXL_CDAT_MAX_PAIRS; i++) {
        many[i] = pair;
    }
    check(cxl_cdat_build_switch(many, CXL_CDAT_MAX_PAIRS, 0, table,
                                sizeof(table), &error));
    check(cxl_cdat_validate(table, CXL_CDAT_SWITCH_SIZE(CXL_CDAT_MAX_PAIRS),
                            &error));
    expect_refusal(cxl_cdat_build_switch(many, CXL_CDAT_MAX_PAIRS + 1, 0,
                                         table, UINT32_MAX, &error),
                   "too large");
    expect_refusal(cxl_cdat_build_switch(many, UINT32_MAX, 0, table,
                                         UINT32_MAX, &error), "too large");
    for (unsigned i = 0; i < 256; i++) {
        parts[i] = p;
    }
    check(cxl_cdat_build_endpoint(parts, 255, 0, table, sizeof(table),
                                  &error));
    check(cxl_cdat_validate(table, CXL_CDAT_ENDPOINT_SIZE(255), &error));
    expect_refusal(cxl_cdat_build_endpoint(parts, 256, 0, table,
                                           sizeof(table), &error),
                   "too large");
    p.size = 0;
    expect_refusal(cxl_cdat_build_endpoint(&p, 1, 0, table, 4096, &error),
                   "empty");
}

/* Make the bytes of a table sum to zero */
static void seal(uint8_t *t, uint32_t size)
{
    uint8_t sum = 0;

    t[5] = 0;
    for (uint32_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum + t[i]);
    }
    t[5] = (uint8_t)-sum;
}

/* A copy that ends where an allocation ends, so that an overread is seen */
static bool validate(const uint8_t *t, uint64_t size)
{
    uint8_t *copy = malloc(size);
    bool ok;

    memcpy(copy, t, size);
    memset(&error, 0xee, sizeof(error));
    ok = cxl_cdat_validate(copy, size, &error);
    free(copy);
    return ok;
}

/* A table with one structure of each kind */
static uint32_t every_kind(uint8_t *t)
{
    static const uint8_t bytes[] = {
        0x94, 0x00, 0x00, 0x00,  0x02, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        /* 16: DSLBIS, of the DSMAS after it */
        0x01, 0x00, 0x18, 0x00,  0x09, 0x00, 0x05, 0x00,
        0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        /* 40: DSMAS 9, the last bytes that there are */
        0x00, 0x00, 0x18, 0x00,  0x09, 0x00, 0x00, 0x00,
        0xf0, 0xff, 0xff, 0xff,  0xff, 0xff, 0xff, 0xff,
        0x10, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        /* 64: DSMSCIS */
        0x02, 0x00, 0x14, 0x00,  0x09, 0x00, 0x00, 0x00,
        0x00, 0x10, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00,
        /* 84: DSIS 3 */
        0x03, 0x00, 0x08, 0x00,  0x00, 0x03, 0x00, 0x00,
        /* 92: DSEMTS */
        0x04, 0x00, 0x18, 0x00,  0x09, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        0x10, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        /* 116: SSLBIS */
        0x05, 0x00, 0x20, 0x00,  0x00, 0x00, 0x00, 0x00,
        0x01, 0x00, 0x00, 0x00,  0x00, 0x00, 0x00, 0x00,
        0x00, 0x01, 0x00, 0x00,  0x01, 0x00, 0x00, 0x00,
        0x00, 0x01, 0x01, 0x00,  0x01, 0x00, 0x00, 0x00,
    };

    memcpy(t, bytes, sizeof(bytes));
    seal(t, sizeof(bytes));
    return sizeof(bytes);
}

static void test_validator_accepts(void)
{
    uint8_t t[160];
    uint32_t size = every_kind(t);

    check(validate(t, size));
    check(validate(two_partitions, sizeof(two_partitions)));
    /* a DSLBIS of an initiator */
    t[20] = 3;
    seal(t, size);
    check(validate(t, size));
    /* a header and nothing else */
    cxl_le_store(t, 4, 16);
    seal(t, 16);
    check(validate(t, 16));
}

/**
 * struct Mutation - one change of every_kind() and what is said of it
 * @at: where
 * @width: bytes
 * @value: what is put there
 * @offset: where the validator finds fault
 * @word: a word of the reason
 */
typedef struct Mutation {
    uint32_t at;
    unsigned width;
    uint64_t value;
    uint32_t offset;
    const char *word;
} Mutation;

static const Mutation mutations[] = {
    { 0, 4, 147, 0, "length in the header" },
    { 0, 4, 149, 0, "length in the header" },
    { 0, 4, 0, 0, "length in the header" },
    { 0, 4, UINT32_MAX, 0, "length in the header" },
    { 4, 1, 0, 4, "revision" },
    { 4, 1, 3, 4, "revision" },
    { 16, 1, 6, 16, "reserved" },
    { 16, 1, 0xff, 16, "reserved" },
    /* zero length, oversized, and every type's wrong length */
    { 18, 2, 0, 18, "24 bytes" },
    { 18, 2, 3, 18, "24 bytes" },
    { 18, 2, 4, 18, "24 bytes" },
    { 18, 2, 23, 18, "24 bytes" },
    { 18, 2, 25, 18, "24 bytes" },
    { 18, 2, 133, 18, "ends after" },
    { 18, 2, 0xffff, 18, "ends after" },
    { 42, 2, 20, 42, "DSMAS has 24" },
    { 66, 2, 24, 66, "DSMSCIS has 20" },
    { 86, 2, 4, 86, "DSIS has 8" },
    { 94, 2, 28, 94, "DSEMTS has 24" },
    { 118, 2, 16, 118, "SSLBIS has 16" },
    { 118, 2, 15, 118, "SSLBIS has 16" },
    { 118, 2, 28, 118, "SSLBIS has 16" },
    { 118, 2, 33, 118, "ends after" },
    /* one pair less leaves bytes that are no structure */
    { 118, 2, 24, 142, "DSMAS has 24" },
    /* references and ranges */
    { 20, 1, 8, 20, "DSLBIS's handle" },
    { 22, 1, 6, 22, "data type" },
    { 44, 1, 8, 20, "DSLBIS's handle" },
    { 56, 8, 0, 56, "empty or wraps" },
    { 56, 8, 17, 56, "empty or wraps" },
    { 56, 8, UINT64_MAX, 56, "empty or wraps" },
    { 68, 1, 3, 68, "no DSMAS" },
    { 96, 1, 3, 96, "no DSMAS" },
    { 120, 1, 6, 120, "data type" },
};

static void test_validator_refuses(void)
{
    for (unsigned i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++) {
        const Mutation *m = &mutations[i];
        uint8_t t[160];
        uint32_t size = every_kind(t);

        cxl_le_store(t + m->at, m->width, m->value);
        seal(t, size);
        if (!check(!validate(t, size)) || !check_eq(error.offset, m->offset) ||
            !check(strstr(error.reason, m->word) != NULL)) {
            unit_note("mutation at %u: offset %u, \"%s\"", m->at, error.offset,
                      error.reason);
        }
    }
}

static void test_validator_two_dsmas(void)
{
    uint8_t t[16 + 48];

    memcpy(t, two_partitions, 16 + 24);
    memcpy(t + 40, two_partitions + 16, 24);
    cxl_le_store(t, 4, sizeof(t));
    seal(t, sizeof(t));
    check(!validate(t, sizeof(t)));
    check_eq(error.offset, 44);
    check(strstr(error.reason, "same handle") != NULL);
    t[44] = 1;
    seal(t, sizeof(t));
    check(validate(t, sizeof(t)));
    /* an empty range at zero does not wrap */
    cxl_le_store(t + 32, 8, 0);
    seal(t, sizeof(t));
    check(!validate(t, sizeof(t)));
    check_eq(error.offset, 32);
}

/* A file cut anywhere, or with any byte changed, is refused */
static void test_validator_truncated(void)
{
    uint8_t t[160];
    uint32_t size = every_kind(t);

    for (uint32_t n = 0; n < size; n++) {
        check(!validate(t, n));
        check_eq(error.offset, 0);
    }
    /* even when header and checksum agree with what is left */
    for (uint32_t n = 17; n < size; n++) {
        bool whole = n == 40 || n == 64 || n == 84 || n == 92 || n == 116;

        every_kind(t);
        cxl_le_store(t, 4, n);
        seal(t, n);
        /* without the DSMAS nobody knows the DSLBIS's handle */
        check_eq(validate(t, n), whole && n != 40);
    }
    for (uint32_t n = 0; n < size; n++) {
        every_kind(t);
        t[n] = (uint8_t)(t[n] + 1 + unit_below(255));
        check(!validate(t, size));
    }
}

static void test_validator_left_over(void)
{
    for (uint32_t n = 1; n < 4; n++) {
        uint8_t t[160] = { 0 };
        uint32_t size = every_kind(t) + n;

        cxl_le_store(t, 4, size);
        seal(t, size);
        check(!validate(t, size));
        check_eq(error.offset, size - n);
        check(strstr(error.reason, "left over") != NULL);
    }
}

static void test_validator_size(void)
{
    static uint8_t t[CXL_CDAT_MAX_SIZE + 4];

    /* as many SSLBIS of one pair as there is room for, then one byte more */
    cxl_le_store(t, 4, 16 + 2730 * 24);
    t[4] = 1;
    for (uint32_t at = 16; at < 16 + 2730 * 24; at += 24) {
        t[at] = CXL_CDAT_SSLBIS;
        t[at + 2] = 24;
    }
    seal(t, 16 + 2730 * 24);
    check_eq(16 + 2730 * 24, CXL_CDAT_MAX_SIZE);
    check(validate(t, CXL_CDAT_MAX_SIZE));
    check(!validate(t, CXL_CDAT_MAX_SIZE + 1));
    check(strstr(error.reason, "longer") != NULL);
    /* the size of the file is not cut to 32 bits */
    check(!cxl_cdat_validate(t, CXL_CDAT_MAX_SIZE + (1ull << 32), &error));
}

/* Random damage never makes a table that cannot be walked */
static void test_validator_random(void)
{
    unsigned accepted = 0;

    for (unsigned i = 0; i < 100000; i++) {
        uint8_t t[160];
        uint32_t size = every_kind(t);

        for (unsigned n = (unsigned)unit_below(4); n; n--) {
            t[unit_below(size)] = (uint8_t)unit_random();
        }
        seal(t, size);
        if (validate(t, size)) {
            CxlCdatTable whole = { t, size };
            uint32_t offset, len, sum = 0;
            bool last = false;

            accepted++;
            for (uint16_t h = 0; !last; h++) {
                if (!check(cxl_cdat_find(&whole, h, &offset, &len, &last))) {
                    break;
                }
                check_eq(offset, sum);
                sum += len;
            }
            check_eq(sum, size);
        } else {
            check(error.offset < size && error.reason[0]);
        }
    }
    check(accepted > 1000 && accepted < 90000);
}

static void test_find(void)
{
    static const uint32_t offsets[] = { 0, 16, 40, 64, 84, 92, 116 };
    uint8_t t[160];
    CxlCdatTable whole = { t, every_kind(t) };
    uint32_t offset, len;
    bool last;

    for (uint32_t h = 0; h <= UINT16_MAX; h++) {
        bool there = cxl_cdat_find(&whole, (uint16_t)h, &offset, &len, &last);

        check_eq(there, h < 7);
        if (there) {
            check_eq(offset, offsets[h]);
            check_eq(offset + len, h < 6 ? offsets[h + 1] : whole.size);
            check_eq(last, h == 6);
        }
    }
    whole.size = 16;
    check(cxl_cdat_find(&whole, 0, &offset, &len, &last) && last);
    check(!cxl_cdat_find(&whole, 1, &offset, &len, &last));
    whole.size = 15;
    check(!cxl_cdat_find(&whole, 0, &offset, &len, &last));
    whole.size = 0;
    check(!cxl_cdat_find(&whole, 0, &offset, &len, &last));
    /* cut in the middle of a structure, and within its first four bytes */
    whole.size = 41;
    check(cxl_cdat_find(&whole, 1, &offset, &len, &last) && last);
    check(!cxl_cdat_find(&whole, 2, &offset, &len, &last));
    whole.size = 63;
    check(!cxl_cdat_find(&whole, 2, &offset, &len, &last));
}

int main(void)
{
    unit_run("endpoint", test_endpoint);
    unit_run("flags of a partition", test_flags);
    unit_run("shared", test_shared);
    unit_run("switch", test_switch);
    unit_run("endpoint values", test_endpoint_values);
    unit_run("switch values", test_switch_values);
    unit_run("build refusals", test_build_refusals);
    unit_run("validator accepts", test_validator_accepts);
    unit_run("validator refuses", test_validator_refuses);
    unit_run("validator two dsmas", test_validator_two_dsmas);
    unit_run("validator truncated", test_validator_truncated);
    unit_run("validator left over", test_validator_left_over);
    unit_run("validator size", test_validator_size);
    unit_run("validator random", test_validator_random);
    unit_run("find", test_find);
    return unit_done();
}
