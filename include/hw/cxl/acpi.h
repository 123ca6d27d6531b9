/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI description of CXL host bridges and windows (CXL 3.1 9.13 and 9.18)
 */
#ifndef HW_CXL_ACPI_H
#define HW_CXL_ACPI_H

#include "hw/acpi/aml-build.h"
#include "hw/acpi/bios-linker-loader.h"
#include "hw/cxl/machine.h"

/**
 * cxl_acpi_add_osc: add the _OSC of a CXL host bridge to its ACPI0016 @dev
 */
void cxl_acpi_add_osc(Aml *dev);

/**
 * cxl_acpi_add_root: add the CXL root object, ACPI0017, to \_SB in @table
 */
void cxl_acpi_add_root(Aml *table, const CxlMachineState *s);

/**
 * cxl_acpi_build_cedt: append the CXL Early Discovery Table
 *
 * One CHBS per host bridge and one CFMWS per window (CXL 3.1 9.18.1).
 */
void cxl_acpi_build_cedt(GArray *table_offsets, GArray *table_data,
                         BIOSLinker *linker, const char *oem_id,
                         const char *oem_table_id, const CxlMachineState *s);

#endif /* HW_CXL_ACPI_H */
