/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's CXL state: host bridges and windows
 */
#ifndef HW_CXL_HOST_H
#define HW_CXL_HOST_H

#include "hw/cxl/host-bridge.h"
#include "hw/cxl/machine.h"
#include "hw/cxl/window.h"
#include "hw/resettable.h"

#define TYPE_CXL_MACHINE "cxl-machine-state"
OBJECT_DECLARE_SIMPLE_TYPE(CxlMachineState, CXL_MACHINE)

#define CXL_MACHINE_MAX_BRIDGES (CXL_HOST_REGS_SIZE / CXL_COMPONENT_REGS_SIZE)

/**
 * struct CxlMachineState - what stands behind -machine cxl=on,cxl-fmw...
 * @reset_state: for the Resettable interface
 * @enabled: cxl=on
 * @mapped: the address map is laid out
 * @done: cxl_machine_done() was called
 * @options: the windows as given
 * @windows: the windows, @nwindows of them
 * @bridges: the host bridges in the order of their registers
 * @host_base: address of the register area
 * @host_mr: the register area
 * @topology: the components that the current routes were compiled from
 */
struct CxlMachineState {
    Object parent_obj;
    ResettableState reset_state;

    bool enabled;
    bool mapped;
    bool done;
    CxlFixedWindowOptionsList *options;
    CxlWindow *windows;
    unsigned nwindows;
    CxlHostBridge *bridges[CXL_MACHINE_MAX_BRIDGES];
    unsigned nbridges;
    hwaddr host_base;
    MemoryRegion host_mr;
    CxlTopology *topology;
};

/**
 * cxl_machine_add_bridge: a pxb-cxl was created
 *
 * The machine must have CXL.
 *
 * Returns: false with @errp set when there is no more room.
 */
bool cxl_machine_add_bridge(CxlHostBridge *hb, Error **errp);

/**
 * cxl_firmware_setup: program the decoders below windows with setup=firmware
 *
 * To be called when all devices have been reset.
 */
void cxl_firmware_setup(CxlMachineState *s);

#endif /* HW_CXL_HOST_H */
