/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What machines and monitors call, for targets that are built without CXL
 */
#include "qemu/osdep.h"
#include "hw/cxl/acpi.h"
#include "hw/cxl/machine.h"
#include "qapi/error.h"
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

static void no_cxl(Error **errp)
{
    error_setg(errp, "this QEMU is built without CXL");
}

void qmp_cxl_inject_general_media_event(CxlGeneralMediaEventArguments *a,
                                        Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_inject_dram_event(CxlDramEventArguments *a, Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_inject_memory_module_event(CxlMemoryModuleEventArguments *a,
                                        Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_inject_poison(const char *path, uint64_t start, uint64_t length,
                           Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_clear_poison(const char *path, uint64_t start, uint64_t length,
                          Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_attach_switch(const char *path, Error **errp)
{
    no_cxl(errp);
}

void coroutine_fn qmp_cxl_pool_fence(const char *path, uint32_t head,
                                     bool has_timeout, uint32_t timeout,
                                     Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_remove(const char *path, bool has_loads, CxlRemovedLoads loads,
                    Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_cancel_detach(const char *path, Error **errp)
{
    no_cxl(errp);
}

void coroutine_fn qmp_cxl_pool_set_access(const char *path,
                                          CxlPoolChangeList *changes,
                                          bool has_timeout, uint32_t timeout,
                                          Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_add_dynamic_capacity(const char *path, bool has_host_id,
                                  uint16_t host_id, bool has_selection_policy,
                                  CxlSelectionPolicy selection_policy,
                                  bool has_region, uint8_t region,
                                  const char *tag, bool has_extents,
                                  CxlExtentRangeList *extents, Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_release_dynamic_capacity(const char *path, bool has_host_id,
                                      uint16_t host_id,
                                      bool has_removal_policy,
                                      CxlRemovalPolicy removal_policy,
                                      bool has_forced_removal,
                                      bool forced_removal,
                                      bool has_sanitize_on_release,
                                      bool sanitize_on_release,
                                      bool has_region, uint8_t region,
                                      const char *tag, bool has_extents,
                                      CxlExtentRangeList *extents,
                                      Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_inject_correctable_error(const char *path, CxlCorErrorType type,
                                      Error **errp)
{
    no_cxl(errp);
}

void qmp_cxl_inject_uncorrectable_errors(const char *path,
                                         CXLUncorErrorRecordList *errors,
                                         Error **errp)
{
    no_cxl(errp);
}
