/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL ports
 */
#ifndef HW_CXL_PORT_H
#define HW_CXL_PORT_H

#include "cdat-options.h"
#include "function.h"
#include "hw/pci/pcie_port.h"
#include "qom/object.h"

#define TYPE_CXL_RP "cxl-rp"
OBJECT_DECLARE_SIMPLE_TYPE(CxlRootPort, CXL_RP)

/**
 * struct CxlRootPort - a CXL root port below a host bridge
 * @function: component registers and DVSECs
 * @reserve: buses and addresses that firmware keeps free for hotplug
 */
struct CxlRootPort {
    PCIESlot parent_obj;

    CxlFunction function;
    PCIResReserve reserve;
};

#define TYPE_CXL_USP "cxl-upstream"
OBJECT_DECLARE_SIMPLE_TYPE(CxlUpstreamPort, CXL_USP)

/**
 * struct CxlUpstreamPort - the upstream port of a CXL switch
 * @function: component registers, with HDM decoders, and DVSECs
 * @cdat: the table that the DOE mailbox gives, from g_malloc()
 * @decoders: HDM decoders
 * @serial: serial number, or CXL_NO_SERIAL
 * @cdat_file: a CDAT that the user brings; NULL: built from @perf
 * @perf: performance of the way through the switch
 * @speed: link speed
 * @width: link width
 */
struct CxlUpstreamPort {
    PCIEPort parent_obj;

    CxlFunction function;
    uint8_t *cdat;
    uint8_t decoders;
    uint64_t serial;
    char *cdat_file;
    CxlPerfOptions perf;
    PCIExpLinkSpeed speed;
    PCIExpLinkWidth width;
};

#define TYPE_CXL_DSP "cxl-downstream"
OBJECT_DECLARE_SIMPLE_TYPE(CxlDownstreamPort, CXL_DSP)

/**
 * struct CxlDownstreamPort - a downstream port of a CXL switch
 * @function: component registers and DVSECs
 */
struct CxlDownstreamPort {
    PCIESlot parent_obj;

    CxlFunction function;
};

/**
 * cxl_port_above: the CXL port that @pci is plugged into
 *
 * Returns: NULL when it is not below a cxl-rp or cxl-downstream.
 */
PCIDevice *cxl_port_above(PCIDevice *pci);

/**
 * cxl_port_number: settle port= and slot= of a root port or downstream port
 *
 * HDM decoders name ports by number: each below one bridge or switch needs its
 * own. What the user left out becomes the lowest that is free. To be called
 * while the port is realized, before it becomes a PCI Express port.
 *
 * Returns: false with @errp set when the user gave a number that is taken.
 */
bool cxl_port_number(PCIDevice *pci, Error **errp);

/**
 * cxl_port_is_on: the slot has power, or its indicator says that it has
 * @pci: a port with a slot
 */
bool cxl_port_is_on(PCIDevice *pci);

/**
 * cxl_port_function: the CXL part of a port of any kind
 *
 * Returns: NULL when @pci is no CXL port.
 */
CxlFunction *cxl_port_function(PCIDevice *pci);

/**
 * cxl_port_write_config: a configuration write to a port of any kind
 * @parent: what the port does as a PCI Express port
 *
 * A secondary bus reset or link disable of a port that leads to a CXL device
 * does nothing unless it is unmasked (8.1.5.2). A link that is disabled is down
 * until it is enabled again (link.h).
 */
void cxl_port_write_config(CxlFunction *f, PCIConfigWriteFunc *parent,
                           uint32_t addr, uint32_t val, int len);

/**
 * cxl_port_reset: reset a port of any kind that is realized, in the hold phase
 */
void cxl_port_reset(CxlFunction *f);

/**
 * cxl_port_below: function 0 of what is plugged into a CXL port
 *
 * Returns: NULL when it is empty, or its device is not realized. A memory
 * device is there from the reset on that QEMU does before it calls it realized,
 * so that the routes that are compiled then know of it.
 */
PCIDevice *cxl_port_below(PCIDevice *port);

#endif /* HW_CXL_PORT_H */
