/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every CXL component that is a PCI function has: component registers in
 * BAR0 (CXL 3.1 8.2.3) and DVSECs in configuration space (CXL 3.1 8.1)
 */
#ifndef HW_CXL_FUNCTION_H
#define HW_CXL_FUNCTION_H

#include "hw/cxl/compat.h"
#include "hw/cxl/core/component.h"
#include "hw/cxl/core/dvsec.h"
#include "hw/cxl/core/serial.h"
#include "hw/pci/pci_device.h"

#define CXL_BAR_COMPONENT 0
#define CXL_BAR_DEVICE    2
#define CXL_BAR_MSIX      4

/**
 * struct CxlFunction - the CXL part of a PCI function
 * @pci: the function
 * @component: component registers
 * @dvsecs: DVSECs
 * @component_mr: BAR0
 * @reset: what a reset of the function is now: CXL_RESET_WARM but while the
 *         function's own configuration space asks for another
 */
typedef struct CxlFunction {
    PCIDevice *pci;
    CxlComponent component;
    CxlDvsecs dvsecs;
    MemoryRegion component_mr;
    CxlReset reset;
} CxlFunction;

/**
 * cxl_function_realize: add BAR0 and the DVSECs to @pci
 * @config: kind, decoders and capacities
 *
 * AER, ACS and the PCIe capability must be there already.
 *
 * Returns: false with @errp set when @config is not legal.
 */
bool cxl_function_realize(CxlFunction *f, PCIDevice *pci,
                          const CxlComponentConfig *config, Error **errp);

/**
 * cxl_function_set_serial: add the Device Serial Number capability, unless
 * @serial is CXL_NO_SERIAL
 */
void cxl_function_set_serial(CxlFunction *f, uint64_t serial);

/**
 * cxl_dvsecs_realize: add the DVSECs alone to @pci, which has AER already
 * @config: kind and capacities
 */
void cxl_dvsecs_realize(CxlDvsecs *d, PCIDevice *pci,
                        const CxlDvsecConfig *config);

/**
 * cxl_function_limit_speed: no link is faster than 68-byte flits are (6.1)
 * @speed: x-speed= of @pci: lowered to 32 GT/s, with a warning, if it is more
 */
void cxl_function_limit_speed(PCIDevice *pci, PCIExpLinkSpeed *speed);

/**
 * cxl_function_ext_cap: the configuration space offset of a capability
 * @id: extended capability id, not that of DVSECs
 *
 * Returns: 0 when components of @kind do not have it.
 */
uint16_t cxl_function_ext_cap(CxlComponentKind kind, uint16_t id);

/**
 * cxl_function_write_config: apply a configuration write to the DVSECs
 *
 * To be called for every write, besides the PCI core's own handler.
 */
void cxl_function_write_config(CxlFunction *f, uint32_t addr, uint32_t val,
                               int len);

/**
 * cxl_function_reset: reset registers and DVSECs as @f->reset says, and mark
 * the fabric: to be settled in the exit phase
 */
void cxl_function_reset(CxlFunction *f);

/**
 * cxl_effects_apply: carry out what a call into the model asked for
 * @pci: raises the vectors; may be NULL when the model raises none
 *
 * Status registers are up to date; interrupts come last.
 */
void cxl_effects_apply(PCIDevice *pci, const CxlEffects *effects);

/**
 * cxl_component_mr_init: the 64 KiB register block of @component as MMIO
 */
void cxl_component_mr_init(MemoryRegion *mr, Object *owner,
                           CxlComponent *component);

#endif /* HW_CXL_FUNCTION_H */
