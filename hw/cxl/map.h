/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map: from what the fabric's decoders say to mapped windows
 */
#ifndef HW_CXL_MAP_H
#define HW_CXL_MAP_H

#include "exec/cpu-common.h"

struct CxlType3;

/**
 * cxl_map_compile: compile the routes and map the windows anew
 * @opaque: the CxlMachineState
 *
 * What cxl_fabric_start() wants. The old mapping is gone when the call returns.
 */
void cxl_map_compile(void *opaque);

/**
 * cxl_map_find_line: where a window keeps a line of a device
 * @dpa: its first byte
 * @bytes: gets where CXL_DPA_LINE bytes may be stored; NULL: they must not be
 * @stored: gets what memory_ram_written() wants
 *
 * Returns: false when no window shows the line.
 */
bool cxl_map_find_line(const struct CxlType3 *t3, uint64_t dpa,
                       uint8_t **bytes, ram_addr_t *stored);

#endif /* HW_CXL_MAP_H */
