/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What machines and monitors call, for targets that are built without CXL
 */
#include "qemu/osdep.h"
#include "hw/cxl/acpi.h"
#include "hw/cxl/machine.h"
#include "qapi/qapi-commands-cxl.h"

CxlMachineState *cxl_machine_init(Object *machine)
{
    return NULL;
}

bool cxl_machine_enabled(const CxlMachineState *s)
{
    return false;
}

bool cxl_machine_has_windows(void)
{
    return false;
}

hwaddr cxl_machine_end(const CxlMachineState *s, hwaddr base)
{
    return base;
}

void cxl_machine_check_map(CxlMachineState *s, hwaddr base,
                           unsigned phys_bits)
{
}

void cxl_machine_map(CxlMachineState *s, MemoryRegion *sysmem, hwaddr base)
{
}

void cxl_machine_done(CxlMachineState *s)
{
}

bool cxl_machine_has_bridge(const CxlMachineState *s)
{
    return false;
}

void cxl_machine_warn_no_acpi(const CxlMachineState *s)
{
}

bool cxl_machine_host_registers(const CxlMachineState *s, hwaddr *base,
                                hwaddr *size)
{
    return false;
}

void cxl_acpi_add_osc(Aml *dev)
{
}

void cxl_acpi_add_root(Aml *table, const CxlMachineState *s)
{
}

void cxl_acpi_build_cedt(GArray *table_offsets, GArray *table_data,
                         BIOSLinker *linker, const char *oem_id,
                         const char *oem_table_id, const CxlMachineState *s)
{
}

CxlInfo *qmp_query_cxl(Error **errp)
{
    return g_new0(CxlInfo, 1);
}
