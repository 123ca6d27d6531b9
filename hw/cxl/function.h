/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every CXL port has: component registers in BAR0 (CXL 3.1 8.2.3) and
 * DVSECs in configuration space (CXL 3.1 8.1)
 */
#ifndef HW_CXL_FUNCTION_H
#define HW_CXL_FUNCTION_H

#include "effects.h"
#include "compat.h"
#include "hw/cxl/core/component.h"
#include "hw/cxl/core/confspace.h"
#include "hw/cxl/core/serial.h"
#include "hw/pci/pci_device.h"
#include "mmio.h"

#define CXL_BAR_COMPONENT 0
#define CXL_BAR_DEVICE    2
#define CXL_BAR_MSIX      4

/**
 * struct CxlFunction - the CXL part of a port
 * @pci: the port; NULL while there is none
 * @component: component registers
 * @space: DVSECs, and a DOE mailbox if there is one
 * @mmio: BAR0
 * @outlet: carries out what they ask for
 * @link_down: why the link below a root port or downstream port is down, as
 *             CXL_LINK_* bits
 * @removed_poison: what was below was pulled out, and loads from where its
 *                  memory was get poison
 * @owes_power_off: what was below was pulled out, and the guest has yet to turn
 *                  its slot off; it does not give back what comes meanwhile
 * @owes_power_on: what is below came while the slot was off, and the guest has
 *                 yet to turn it on; it has nothing to give back before
 */
typedef struct CxlFunction {
    PCIDevice *pci;
    CxlComponent component;
    CxlConfSpace space;
    CxlMmio mmio;
    CxlOutlet outlet;
    unsigned link_down;
    bool removed_poison;
    bool owes_power_off;
    bool owes_power_on;
} CxlFunction;

/**
 * cxl_function_check: what QEMU asserts of a PCI device that is realized
 *
 * That it is so once: QOM lets a user take one out of force and put it in force
 * again, but QEMU may still use the memory regions of the first time, frees the
 * address space of that time later, and registers a BAR once. That what is
 * above it is there, and that a port has no ROM. To be asked before anything is
 * made, also by QEMU.
 *
 * Returns: false with @errp set if it is not so.
 */
bool cxl_function_check(DeviceState *dev, Error **errp);

/** cxl_function_realize_once: realize of the DeviceClass of a PCI device */
void cxl_function_realize_once(DeviceState *dev, Error **errp);

/**
 * cxl_function_unrealize_last: unrealize of the DeviceClass of a PCI device
 * that has memory, or that such devices may be below
 *
 * Whoever takes it out of force by QOM, and not as a guest lets it go, may use
 * the memory for something else as soon as QEMU has answered. Of a switch, the
 * uppermost port waits for all that is below.
 */
void cxl_function_unrealize_last(DeviceState *dev);

/**
 * cxl_function_realize: add BAR0 and the DVSECs to @pci
 * @config: kind and decoders
 * @serial: serial number, or CXL_NO_SERIAL
 *
 * AER, ACS and the PCIe capability must be there already.
 *
 * Returns: false with @errp set when @config is not legal.
 */
bool cxl_function_realize(CxlFunction *f, PCIDevice *pci,
                          const CxlComponentConfig *config, uint64_t serial,
                          Error **errp);

/** cxl_function_unrealize: forget the port, which is not to be reset then */
void cxl_function_unrealize(CxlFunction *f);

/**
 * cxl_function_add_bar: make @mmio a 64-bit memory BAR of @pci
 */
void cxl_function_add_bar(PCIDevice *pci, int bar, CxlMmio *mmio);

/**
 * cxl_function_limit_speed: no link is faster than 68-byte flits are (6.1)
 * @speed: x-speed= of @pci: lowered to 32 GT/s, with a warning, if it is more
 */
void cxl_function_limit_speed(PCIDevice *pci, PCIExpLinkSpeed *speed);

/**
 * cxl_function_reset: reset registers and DVSECs, and mark the fabric
 *
 * Only while the port is realized (@f->pci): QOM lets a user take a port out of
 * force that stays on its bus and is reset with it, and its configuration space
 * is gone then.
 */
void cxl_function_reset(CxlFunction *f, CxlReset kind);

/**
 * cxl_function_uncorrectable: the port has detected an uncorrectable error of
 * CXL.cache or CXL.mem, see cxl_component_uncorrectable()
 *
 * A fatal one makes the port viral, if software has enabled that (12.4).
 *
 * Returns: false if the error was masked.
 */
bool cxl_function_uncorrectable(CxlFunction *f, uint32_t error,
                                const uint32_t *header, CxlEffects *effects);

#endif /* HW_CXL_FUNCTION_H */
