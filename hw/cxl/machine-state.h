/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's CXL state: options, address map, windows
 */
#ifndef HW_CXL_MACHINE_STATE_H
#define HW_CXL_MACHINE_STATE_H

#include "hw/cxl/machine.h"
#include "hw/resettable.h"
#include "window.h"

#define TYPE_CXL_MACHINE "cxl-machine-state"
OBJECT_DECLARE_SIMPLE_TYPE(CxlMachineState, CXL_MACHINE)

/**
 * struct CxlMachineState - what stands behind -machine cxl=on,cxl-fmw...
 * @reset_state: for the Resettable interface
 * @enabled: cxl=on
 * @mapped: the address map is laid out, with CXL or without: no option changes
 *          any more
 * @short_phys_bits: 0, or the guest's physical address bits if there is no room
 *                   for the register area; there are no windows then
 * @options: the windows as given
 * @windows: the windows, @nwindows of them
 * @host_base: address of the register area
 * @host_mr: the register area
 * @topology: the components that the map was compiled from
 * @runs: the map: how each address of the windows is served, @nruns of them
 */
struct CxlMachineState {
    Object parent_obj;
    ResettableState reset_state;

    bool enabled;
    bool mapped;
    unsigned short_phys_bits;
    CxlFixedWindowOptionsList *options;
    CxlWindow *windows;
    unsigned nwindows;
    hwaddr host_base;
    MemoryRegion host_mr;
    CxlTopology *topology;
    CxlRun *runs;
    unsigned nruns;
};

#endif /* HW_CXL_MACHINE_STATE_H */
