/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-fmw.N.setup=firmware
 */
#ifndef HW_CXL_FIRMWARE_H
#define HW_CXL_FIRMWARE_H

#include "machine-state.h"

/**
 * cxl_firmware_setup: program the decoders below windows with setup=firmware
 *
 * To be called when all devices have been reset. Marks the fabric.
 */
void cxl_firmware_setup(CxlMachineState *s);

#endif /* HW_CXL_FIRMWARE_H */
