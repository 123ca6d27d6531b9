/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine calls to have CXL
 *
 * The machine keeps one pointer; everything else lives behind it. The calls
 * come in this order: cxl_machine_init() when the machine is created,
 * cxl_machine_end(), cxl_machine_check_map() and cxl_machine_map() when it lays
 * out its address map,
 * cxl_machine_done() when all devices of the command line exist.
 */
#ifndef HW_CXL_MACHINE_H
#define HW_CXL_MACHINE_H

#include "exec/hwaddr.h"
#include "qom/object.h"

typedef struct CxlMachineState CxlMachineState;

/* Room for host-bridge component registers, 64 KiB each (FACTS: 16 bridges) */
#define CXL_HOST_REGS_SIZE (1024 * 1024)

/**
 * cxl_machine_init: give a machine the properties "cxl" and "cxl-fmw"
 * @machine: the machine, in its instance_init
 *
 * Returns: the state, owned by @machine; NULL only where QEMU is
 *          built without CXL.
 */
CxlMachineState *cxl_machine_init(Object *machine);

/**
 * cxl_machine_enabled: was cxl=on given? @s may be NULL.
 */
bool cxl_machine_enabled(const CxlMachineState *s);

/**
 * cxl_machine_find: the state of the machine that runs
 *
 * Returns: NULL when the machine has no CXL support or cxl is off.
 */
CxlMachineState *cxl_machine_find(void);

/**
 * cxl_machine_has_windows: does the machine that runs have windows?
 *
 * May be called as soon as the machine's options are known.
 */
bool cxl_machine_has_windows(void);

/**
 * cxl_machine_end: where the CXL part of the address map ends
 * @base: where the host-bridge registers begin; the windows follow at the next
 *        multiple of 256 MiB, in the order of their indices
 *
 * Returns: the first address behind the registers and the windows.
 */
hwaddr cxl_machine_end(const CxlMachineState *s, hwaddr base);

/**
 * cxl_machine_check_map: does the CXL part of the address map fit?
 * @base: as for cxl_machine_end()
 * @phys_bits: guest physical address bits
 *
 * A window that does not fit ends QEMU with a message that names it. Without
 * windows there may be nothing to place: then a machine without room for the
 * registers takes no addresses, and it is a host bridge that ends QEMU.
 */
void cxl_machine_check_map(CxlMachineState *s, hwaddr base,
                           unsigned phys_bits);

/**
 * cxl_machine_map: create the register area and the windows, if CXL is on
 * @sysmem: the system address space
 * @base: as for cxl_machine_end()
 *
 * To be called once, also when CXL is off.
 */
void cxl_machine_map(CxlMachineState *s, MemoryRegion *sysmem, hwaddr base);

/**
 * cxl_machine_done: resolve window targets and map host-bridge registers
 *
 * To be called once, before ACPI tables are built. A configuration that cannot
 * work ends QEMU with a message that names the option.
 */
void cxl_machine_done(CxlMachineState *s);

/**
 * cxl_machine_has_bridge: is there a CXL host bridge? @s may be NULL.
 */
bool cxl_machine_has_bridge(const CxlMachineState *s);

/**
 * cxl_machine_warn_no_acpi: tell that the guest will not find CXL
 *
 * For machines that boot without ACPI: nothing else announces CXL.
 */
void cxl_machine_warn_no_acpi(const CxlMachineState *s);

/**
 * cxl_machine_host_registers: where the host-bridge registers lie
 *
 * Returns: false when CXL is off.
 */
bool cxl_machine_host_registers(const CxlMachineState *s, hwaddr *base,
                                hwaddr *size);

#endif /* HW_CXL_MACHINE_H */
