/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interleave arithmetic as pure functions (CXL 3.1 8.2.4.20 and 9.18.1).
 *
 * Ways and granularity travel as their register encodings: eiw is the IW field
 * (0..4: 1 << eiw ways; 8..10: 3 << (eiw - 8) ways), eig is the IG field
 * (0..6: 256 << eig bytes). A granule is one granularity's worth of bytes.
 *
 * An interleave set of W ways deals out granules round robin: the granule with
 * number g from the base goes to position g % W and is that position's granule
 * number g / W. For powers of two this is the removal of address bits; for 3,
 * 6 and 12 ways it is the division by three that the specification prints.
 *
 * Except where a function says otherwise, encodings must be legal (see
 * cxl_interleave_valid()); with reserved ones the result is meaningless but
 * nothing bad happens.
 */
#ifndef CXL_CORE_INTERLEAVE_H
#define CXL_CORE_INTERLEAVE_H

#include <stdbool.h>
#include <stdint.h>

#define CXL_MAX_WAYS        16
#define CXL_MAX_EIG         6
#define CXL_MAX_XOR_MAPS    4

/**
 * cxl_ways_from_eiw: number of ways of an IW encoding; 0 when reserved
 */
unsigned cxl_ways_from_eiw(unsigned eiw);

/**
 * cxl_eiw_from_ways: IW encoding of 1, 2, 4, 8, 16, 3, 6 or 12 ways; else -1
 */
int cxl_eiw_from_ways(unsigned ways);

/**
 * cxl_granularity_from_eig: bytes of an IG encoding; 0 when reserved
 */
uint64_t cxl_granularity_from_eig(unsigned eig);

/**
 * cxl_eig_from_granularity: IG encoding of 256 bytes to 16 KiB; else -1
 */
int cxl_eig_from_granularity(uint64_t granularity);

/**
 * cxl_interleave_valid: are both encodings legal?
 */
bool cxl_interleave_valid(unsigned eiw, unsigned eig);

/**
 * cxl_interleave_period: bytes after which positions repeat; 0 when reserved
 */
uint64_t cxl_interleave_period(unsigned eiw, unsigned eig);

/**
 * cxl_interleave_selector_bits: address bits, from bit 8 + eig up, that select
 * the power-of-two part of the ways: log2 of 1, 2, 4, 8 or 16, or of a third
 * of 3, 6 or 12
 */
unsigned cxl_interleave_selector_bits(unsigned eiw);

/**
 * cxl_interleave_pos: position of the byte at @hpa_offset from the base of the
 * decoder, or, of a window, at that address (table 9-22), by modulo arithmetic;
 * less than the number of ways
 */
unsigned cxl_interleave_pos(uint64_t hpa_offset, unsigned eiw, unsigned eig);

/**
 * cxl_interleave_to_dpa: DPA offset of the byte at @hpa_offset from the base
 * of an endpoint decoder (8.2.4.20.13, Device Decode Logic). The position is
 * dropped: an endpoint does not check it.
 */
uint64_t cxl_interleave_to_dpa(uint64_t hpa_offset, unsigned eiw,
                               unsigned eig);

/**
 * cxl_interleave_to_hpa: inverse of cxl_interleave_to_dpa() for position @pos
 */
uint64_t cxl_interleave_to_hpa(uint64_t dpa_offset, unsigned pos,
                               unsigned eiw, unsigned eig);

/**
 * struct CxlXorMaps - XOR maps of a window, as a CXIMS carries them (9.18.1)
 * @count: maps in use: 0 for 1 and 3 ways, log2 of the ways' power of two else
 * @map: bit n of the position is the parity of the HPA bits that @map[n] has.
 *       The lowest bit of @map[n] is the address bit that the position bit
 *       replaces, 8 + eig + n.
 */
typedef struct CxlXorMaps {
    unsigned count;
    uint64_t map[CXL_MAX_XOR_MAPS];
} CxlXorMaps;

/**
 * cxl_xor_maps: the maps that the specification gives for ways and granularity
 *
 * The specification prints them for 256 bytes; a larger granularity moves them
 * up. Returns: false when an encoding is reserved.
 */
bool cxl_xor_maps(unsigned eiw, unsigned eig, CxlXorMaps *maps);

/**
 * cxl_interleave_pos_xor: position of the byte at @hpa (the address itself,
 * not an offset) by XOR arithmetic; less than the number of ways. For 3, 6
 * and 12 ways the upper part of the position is modulo 3 of the address.
 */
unsigned cxl_interleave_pos_xor(uint64_t hpa, unsigned eiw, unsigned eig,
                                const CxlXorMaps *maps);

#endif /* CXL_CORE_INTERLEAVE_H */
