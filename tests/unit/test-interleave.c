/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interleave arithmetic: by hand-made tables and by random round trips
 */
#include "hw/cxl/core/interleave.h"

#include "unit.h"

static const unsigned all_ways[] = { 1, 2, 4, 8, 16, 3, 6, 12 };
#define NWAYS (sizeof(all_ways) / sizeof(all_ways[0]))

static unsigned eiw_of(unsigned ways)
{
    return (unsigned)cxl_eiw_from_ways(ways);
}

static void test_encodings(void)
{
    static const uint8_t ways[16] = {
        1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12, 0, 0, 0, 0, 0,
    };
    static const uint16_t granularity[16] = {
        256, 512, 1024, 2048, 4096, 8192, 16384,
    };

    for (unsigned e = 0; e < 16; e++) {
        check_eq(cxl_ways_from_eiw(e), ways[e]);
        check_eq(cxl_granularity_from_eig(e), granularity[e]);
        if (ways[e]) {
            check_eq(cxl_eiw_from_ways(ways[e]), e);
        }
        if (granularity[e]) {
            check_eq(cxl_eig_from_granularity(granularity[e]), e);
        }
        for (unsigned eig = 0; eig < 16; eig++) {
            check(cxl_interleave_valid(e, eig) ==
                  (ways[e] && granularity[eig]));
            check_eq(cxl_interleave_period(e, eig),
                     ways[e] * granularity[eig]);
        }
    }
    check_eq(cxl_ways_from_eiw(UINT32_MAX), 0);
    check_eq(cxl_granularity_from_eig(UINT32_MAX), 0);
    for (unsigned w = 0; w < 100; w++) {
        bool legal = false;

        for (unsigned i = 0; i < NWAYS; i++) {
            legal |= all_ways[i] == w;
        }
        check((cxl_eiw_from_ways(w) >= 0) == legal);
        check(cxl_eiw_from_ways(w) >= -1);
    }
    check_eq(cxl_eig_from_granularity(0), -1);
    check_eq(cxl_eig_from_granularity(128), -1);
    check_eq(cxl_eig_from_granularity(257), -1);
    check_eq(cxl_eig_from_granularity(768), -1);
    check_eq(cxl_eig_from_granularity(32768), -1);
    check_eq(cxl_eig_from_granularity(1ull << 40), -1);
}

typedef struct Case {
    unsigned ways;
    unsigned eig;
    uint64_t hpa;       /* offset from the base */
    unsigned pos;
    uint64_t dpa;
} Case;

/* Drawn up granule by granule on paper */
static const Case cases[] = {
    { 1, 0, 0x0, 0, 0x0 },
    { 1, 6, 0x12345678, 0, 0x12345678 },
    { 2, 0, 0x0ff, 0, 0x0ff },
    { 2, 0, 0x100, 1, 0x000 },
    { 2, 0, 0x2ab, 0, 0x1ab },
    { 2, 0, 0x3cd, 1, 0x1cd },
    { 2, 6, 0x3fff, 0, 0x3fff },
    { 2, 6, 0x4000, 1, 0x0000 },
    { 2, 6, 0x8001, 0, 0x4001 },
    { 4, 1, 0x7ff, 3, 0x1ff },
    { 4, 1, 0x800, 0, 0x200 },
    { 4, 1, 0xf12, 3, 0x312 },
    { 8, 2, 0x1fff, 7, 0x3ff },
    { 8, 2, 0x2400, 1, 0x400 },
    { 16, 0, 0xfff, 15, 0x0ff },
    { 16, 0, 0x1100, 1, 0x100 },
    { 16, 6, 0x10000000, 0, 0x1000000 },
    { 3, 0, 0x000, 0, 0x000 },
    { 3, 0, 0x100, 1, 0x000 },
    { 3, 0, 0x2fe, 2, 0x0fe },
    { 3, 0, 0x300, 0, 0x100 },
    { 3, 0, 0x4aa, 1, 0x1aa },
    { 3, 3, 0x1800, 0, 0x800 },
    { 3, 6, 0x30000000, 0, 0x10000000 },
    { 6, 0, 0x100, 1, 0x000 },
    { 6, 0, 0x200, 2, 0x000 },
    { 6, 0, 0x500, 5, 0x000 },
    { 6, 0, 0x600, 0, 0x100 },
    { 6, 0, 0xd07, 1, 0x207 },
    { 6, 1, 0xbff, 5, 0x1ff },
    { 6, 1, 0xc00, 0, 0x200 },
    { 12, 0, 0xb00, 11, 0x000 },
    { 12, 0, 0xc00, 0, 0x100 },
    { 12, 4, 0xbfff, 11, 0xfff },
    { 12, 4, 0xd123, 1, 0x1123 },
};

static void test_table(void)
{
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const Case *c = &cases[i];
        unsigned eiw = eiw_of(c->ways);

        if (!check_eq(cxl_interleave_pos(c->hpa, eiw, c->eig), c->pos) ||
            !check_eq(cxl_interleave_to_dpa(c->hpa, eiw, c->eig), c->dpa) ||
            !check_eq(cxl_interleave_to_hpa(c->dpa, c->pos, eiw, c->eig),
                      c->hpa)) {
            unit_note("row %u", i);
        }
    }
}

/* Round robin, counted without a shift or mask */
static void test_dealing(void)
{
    for (unsigned w = 0; w < NWAYS; w++) {
        for (unsigned eig = 0; eig <= CXL_MAX_EIG; eig++) {
            uint64_t granularity = cxl_granularity_from_eig(eig);
            uint64_t hpa = 0, dpa = 0;
            unsigned eiw = eiw_of(all_ways[w]), pos = 0;

            for (unsigned granule = 0; granule < 100; granule++) {
                check_eq(cxl_interleave_pos(hpa, eiw, eig), pos);
                check_eq(cxl_interleave_pos(hpa + granularity - 1, eiw, eig),
                         pos);
                check_eq(cxl_interleave_to_dpa(hpa, eiw, eig), dpa);
                check_eq(cxl_interleave_to_dpa(hpa + granularity - 1, eiw,
                                               eig), dpa + granularity - 1);
                hpa += granularity;
                if (++pos == all_ways[w]) {
                    pos = 0;
                    dpa += granularity;
                }
            }
        }
    }
}

static void test_round_trips(void)
{
    for (unsigned i = 0; i < 10000; i++) {
        for (unsigned w = 0; w < NWAYS; w++) {
            for (unsigned eig = 0; eig <= CXL_MAX_EIG; eig++) {
                unsigned eiw = eiw_of(all_ways[w]);
                unsigned pos = (unsigned)unit_below(all_ways[w]);
                uint64_t hpa = unit_random() >> 12;
                uint64_t dpa = unit_random() >> 16;
                uint64_t to = cxl_interleave_to_hpa(dpa, pos, eiw, eig);

                check_eq(cxl_interleave_to_dpa(to, eiw, eig), dpa);
                check_eq(cxl_interleave_pos(to, eiw, eig), pos);
                pos = cxl_interleave_pos(hpa, eiw, eig);
                check(pos < all_ways[w]);
                dpa = cxl_interleave_to_dpa(hpa, eiw, eig);
                check_eq(cxl_interleave_to_hpa(dpa, pos, eiw, eig), hpa);
            }
        }
    }
}

static void test_reserved(void)
{
    CxlXorMaps maps;

    for (unsigned eiw = 0; eiw < 20; eiw++) {
        for (unsigned eig = 0; eig < 20; eig++) {
            if (cxl_interleave_valid(eiw, eig)) {
                continue;
            }
            check_eq(cxl_interleave_pos(UINT64_MAX, eiw, eig), 0);
            check_eq(cxl_interleave_to_dpa(UINT64_MAX, eiw, eig), 0);
            check_eq(cxl_interleave_to_hpa(UINT64_MAX, 3, eiw, eig), 0);
            check(!cxl_xor_maps(eiw, eig, &maps));
            check_eq(maps.count, 0);
            check_eq(cxl_interleave_pos_xor(UINT64_MAX, eiw, eig, &maps), 0);
        }
    }
}

/* Which address bits the parity is taken of, for 256 bytes */
static const struct {
    unsigned ways, count;
    uint8_t bits[CXL_MAX_XOR_MAPS][5];      /* ends with 0 */
} xor_bits[] = {
    { 1, 0, { { 0 } } },
    { 3, 0, { { 0 } } },
    { 2, 1, { { 8, 11, 17, 25 } } },
    { 6, 1, { { 8, 11, 17, 25 } } },
    { 4, 2, { { 8, 11, 17, 25 }, { 9, 12, 18, 26 } } },
    { 12, 2, { { 8, 11, 17, 25 }, { 9, 12, 18, 26 } } },
    { 8, 3, { { 8, 11, 17, 25 }, { 9, 12, 18, 26 }, { 10, 16, 24 } } },
    { 16, 4, { { 8, 11, 17, 25 }, { 9, 12, 18, 26 }, { 10, 16, 24 },
               { 11 } } },
};

static void test_xor_maps(void)
{
    for (unsigned i = 0; i < NWAYS; i++) {
        for (unsigned eig = 0; eig <= CXL_MAX_EIG; eig++) {
            CxlXorMaps maps;

            check(cxl_xor_maps(eiw_of(xor_bits[i].ways), eig, &maps));
            check_eq(maps.count, xor_bits[i].count);
            check_eq(cxl_interleave_selector_bits(eiw_of(xor_bits[i].ways)),
                     xor_bits[i].count);
            for (unsigned n = 0; n < xor_bits[i].count; n++) {
                uint64_t want = 0;

                for (unsigned b = 0; xor_bits[i].bits[n][b]; b++) {
                    want |= 1ull << (xor_bits[i].bits[n][b] + eig);
                }
                check_eq(maps.map[n], want);
                /* the lowest bit is the one that the position replaces */
                check_eq(want & -want, 1ull << (8 + eig + n));
            }
        }
    }
}

/* Bit by bit, and the modulo part by division */
static unsigned slow_xor_pos(uint64_t hpa, unsigned row, unsigned eig)
{
    unsigned ways = xor_bits[row].ways, pos = 0;

    for (unsigned n = 0; n < xor_bits[row].count; n++) {
        for (unsigned b = 0; xor_bits[row].bits[n][b]; b++) {
            unsigned bit = xor_bits[row].bits[n][b] + eig;

            pos ^= (unsigned)(hpa >> bit & 1) << n;
        }
    }
    if (ways % 3 == 0) {
        uint64_t upper = hpa / (256ull << eig) / (ways / 3);

        pos += (unsigned)(upper % 3) * (ways / 3);
    }
    return pos;
}

static void test_xor_pos(void)
{
    for (unsigned i = 0; i < 10000; i++) {
        for (unsigned row = 0; row < NWAYS; row++) {
            unsigned eiw = eiw_of(xor_bits[row].ways);
            unsigned eig = (unsigned)unit_below(CXL_MAX_EIG + 1);
            uint64_t hpa = unit_random() >> 12;
            CxlXorMaps maps;

            cxl_xor_maps(eiw, eig, &maps);
            check_eq(cxl_interleave_pos_xor(hpa, eiw, eig, &maps),
                     slow_xor_pos(hpa, row, eig));
        }
    }
}

/* A CXIMS has one list of maps for all ways: surplus maps do not count */
static void test_xor_surplus(void)
{
    CxlXorMaps all, none = { 0 };

    cxl_xor_maps(eiw_of(16), 0, &all);
    for (unsigned row = 0; row < NWAYS; row++) {
        unsigned eiw = eiw_of(xor_bits[row].ways);

        for (unsigned i = 0; i < 1000; i++) {
            uint64_t hpa = unit_random() >> 12;

            check_eq(cxl_interleave_pos_xor(hpa, eiw, 0, &all),
                     slow_xor_pos(hpa, row, 0));
        }
    }
    check_eq(cxl_interleave_pos_xor(UINT64_MAX, eiw_of(8), 0, &none), 0);
}

/* Every period that starts at a multiple of itself has each position once */
static void test_xor_permutes(void)
{
    for (unsigned i = 0; i < 1000; i++) {
        for (unsigned row = 0; row < NWAYS; row++) {
            unsigned ways = xor_bits[row].ways, eiw = eiw_of(ways);
            unsigned eig = (unsigned)unit_below(CXL_MAX_EIG + 1);
            uint64_t period = cxl_interleave_period(eiw, eig);
            uint64_t at = (unit_random() >> 12) / period * period;
            unsigned seen = 0;
            CxlXorMaps maps;

            cxl_xor_maps(eiw, eig, &maps);
            for (unsigned g = 0; g < ways; g++) {
                seen |= 1u << cxl_interleave_pos_xor(at + g * period / ways,
                                                     eiw, eig, &maps);
            }
            check_eq(seen, (1u << ways) - 1);
        }
    }
}

int main(void)
{
    unit_run("encodings", test_encodings);
    unit_run("table", test_table);
    unit_run("dealing granules", test_dealing);
    unit_run("random round trips", test_round_trips);
    unit_run("reserved encodings", test_reserved);
    unit_run("XOR maps", test_xor_maps);
    unit_run("XOR positions", test_xor_pos);
    unit_run("surplus XOR maps", test_xor_surplus);
    unit_run("XOR permutes", test_xor_permutes);
    return unit_done();
}
