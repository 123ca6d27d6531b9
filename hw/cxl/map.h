/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map: from what the fabric's decoders say to mapped windows
 */
#ifndef HW_CXL_MAP_H
#define HW_CXL_MAP_H

/**
 * cxl_map_compile: compile the routes and map the windows anew
 * @opaque: the CxlMachineState
 *
 * What cxl_fabric_start() wants. The old mapping is gone when the call returns.
 */
void cxl_map_compile(void *opaque);

#endif /* HW_CXL_MAP_H */
