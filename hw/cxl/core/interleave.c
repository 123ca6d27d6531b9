/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interleave arithmetic (CXL 3.1 8.2.4.20.7, 8.2.4.20.13, 9.18.1)
 */
#include "hw/cxl/core/interleave.h"

/* The 3-way family starts here in the IW encoding */
#define EIW_3       8
#define EIW_MAX     11

static bool is_three_way(unsigned eiw)
{
    return eiw >= EIW_3;
}

unsigned cxl_interleave_selector_bits(unsigned eiw)
{
    return is_three_way(eiw) ? eiw - EIW_3 : eiw;
}

static unsigned granule_shift(unsigned eig)
{
    return 8 + eig;
}

unsigned cxl_ways_from_eiw(unsigned eiw)
{
    static const uint8_t ways[EIW_MAX] = {
        [0] = 1, [1] = 2, [2] = 4, [3] = 8, [4] = 16,
        [8] = 3, [9] = 6, [10] = 12,
    };

    return eiw < EIW_MAX ? ways[eiw] : 0;
}

int cxl_eiw_from_ways(unsigned ways)
{
    for (unsigned eiw = 0; ways && eiw < EIW_MAX; eiw++) {
        if (cxl_ways_from_eiw(eiw) == ways) {
            return (int)eiw;
        }
    }
    return -1;
}

uint64_t cxl_granularity_from_eig(unsigned eig)
{
    return eig <= CXL_MAX_EIG ? 256ull << eig : 0;
}

int cxl_eig_from_granularity(uint64_t granularity)
{
    for (unsigned eig = 0; eig <= CXL_MAX_EIG; eig++) {
        if (cxl_granularity_from_eig(eig) == granularity) {
            return (int)eig;
        }
    }
    return -1;
}

bool cxl_interleave_valid(unsigned eiw, unsigned eig)
{
    return cxl_ways_from_eiw(eiw) && cxl_granularity_from_eig(eig);
}

uint64_t cxl_interleave_period(unsigned eiw, unsigned eig)
{
    return cxl_ways_from_eiw(eiw) * cxl_granularity_from_eig(eig);
}

unsigned cxl_interleave_pos(uint64_t hpa_offset, unsigned eiw, unsigned eig)
{
    uint64_t granule;
    unsigned bits, low;

    if (!cxl_interleave_valid(eiw, eig)) {
        return 0;
    }
    granule = hpa_offset >> granule_shift(eig);
    bits = cxl_interleave_selector_bits(eiw);
    low = (unsigned)(granule & ((1u << bits) - 1));
    if (!is_three_way(eiw)) {
        return low;
    }
    return (unsigned)((granule >> bits) % 3) << bits | low;
}

uint64_t cxl_interleave_to_dpa(uint64_t hpa_offset, unsigned eiw, unsigned eig)
{
    uint64_t granule, within;

    if (!cxl_interleave_valid(eiw, eig)) {
        return 0;
    }
    within = hpa_offset & (cxl_granularity_from_eig(eig) - 1);
    granule = hpa_offset >> granule_shift(eig);
    granule >>= cxl_interleave_selector_bits(eiw);
    if (is_three_way(eiw)) {
        granule /= 3;
    }
    return granule << granule_shift(eig) | within;
}

uint64_t cxl_interleave_to_hpa(uint64_t dpa_offset, unsigned pos,
                               unsigned eiw, unsigned eig)
{
    uint64_t granule, within;

    if (!cxl_interleave_valid(eiw, eig)) {
        return 0;
    }
    within = dpa_offset & (cxl_granularity_from_eig(eig) - 1);
    granule = dpa_offset >> granule_shift(eig);
    granule = granule * cxl_ways_from_eiw(eiw) + pos;
    return granule << granule_shift(eig) | within;
}

bool cxl_xor_maps(unsigned eiw, unsigned eig, CxlXorMaps *maps)
{
    static const uint64_t map_256[CXL_MAX_XOR_MAPS] = {
        0x2020900, 0x4041200, 0x1010400, 0x0000800,
    };

    *maps = (CxlXorMaps) { 0 };
    if (!cxl_interleave_valid(eiw, eig)) {
        return false;
    }
    maps->count = cxl_interleave_selector_bits(eiw);
    for (unsigned i = 0; i < maps->count; i++) {
        maps->map[i] = map_256[i] << eig;
    }
    return true;
}

/* XORALLBITS of the specification */
static unsigned parity(uint64_t v)
{
    for (unsigned shift = 32; shift; shift /= 2) {
        v ^= v >> shift;
    }
    return (unsigned)(v & 1);
}

unsigned cxl_interleave_pos_xor(uint64_t hpa, unsigned eiw, unsigned eig,
                                const CxlXorMaps *maps)
{
    unsigned bits, pos = 0;

    if (!cxl_interleave_valid(eiw, eig)) {
        return 0;
    }
    bits = cxl_interleave_selector_bits(eiw);
    for (unsigned i = 0; i < bits && i < maps->count; i++) {
        pos |= parity(hpa & maps->map[i]) << i;
    }
    if (is_three_way(eiw)) {
        pos |= (unsigned)((hpa >> granule_shift(eig) >> bits) % 3) << bits;
    }
    return pos;
}
