/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map: from what the fabric's decoders say to mapped windows
 */
#ifndef HW_CXL_MAP_H
#define HW_CXL_MAP_H

#include "fabric.h"

/**
 * cxl_map_ops: for cxl_fabric_start(); the opaque is the CxlMachineState
 *
 * What compiling unmaps is gone when it returns.
 */
extern const CxlMapOps cxl_map_ops;

#endif /* HW_CXL_MAP_H */
