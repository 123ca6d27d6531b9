/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The size that CXL memory is counted in
 */
#ifndef CXL_SPEC_UNIT_H
#define CXL_SPEC_UNIT_H

/*
 * 256 MiB: decoders (CXL 3.1 8.2.4.20), capacities (8.2.9.9.1.1) and windows
 * (9.18.1.3) begin and end at multiples of it.
 */
#define CXL_MEMORY_UNIT 0x10000000ull

#endif /* CXL_SPEC_UNIT_H */
