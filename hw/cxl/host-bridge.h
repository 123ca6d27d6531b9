/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CXL host bridge: pxb-cxl and the host behind it (CXL 3.1 8.2.2, 9.12)
 */
#ifndef HW_CXL_HOST_BRIDGE_H
#define HW_CXL_HOST_BRIDGE_H

#include "hw/cxl/core/component.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_host.h"
#include "mmio.h"
#include "qom/object.h"

#define TYPE_CXL_PXB "pxb-cxl"
OBJECT_DECLARE_SIMPLE_TYPE(CxlPxb, CXL_PXB)

#define TYPE_CXL_PXB_HOST "pxb-cxl-host"
OBJECT_DECLARE_SIMPLE_TYPE(CxlHostBridge, CXL_PXB_HOST)

/**
 * struct CxlPxb - the PCI function that the user creates
 * @decoders: HDM decoders of the bridge
 * @hdm_for_passthrough: have decoders also with a single root port
 */
struct CxlPxb {
    PXBDev parent_obj;

    uint8_t decoders;
    bool hdm_for_passthrough;
};

/**
 * struct CxlHostBridge - the host bridge behind a CxlPxb
 * @component: component registers (CHBCR)
 * @mmio: the same as MMIO
 * @outlet: carries out what they ask for: routes
 * @ready: cxl_host_bridge_attach() was called
 */
struct CxlHostBridge {
    PCIHostState parent_obj;

    CxlComponent component;
    CxlMmio mmio;
    CxlOutlet outlet;
    bool ready;
};

/**
 * cxl_host_bridge_attach: create the registers, map them at @offset of @mr
 *
 * Called once, when the root ports of the command line are known.
 */
void cxl_host_bridge_attach(CxlHostBridge *hb, MemoryRegion *mr,
                            hwaddr offset);

/** cxl_host_bridge_id: the id= of the pxb-cxl; NULL when it has none */
const char *cxl_host_bridge_id(const CxlHostBridge *hb);

/** cxl_host_bridge_uid: the ACPI _UID, which is the bus number */
uint8_t cxl_host_bridge_uid(const CxlHostBridge *hb);

#endif /* HW_CXL_HOST_BRIDGE_H */
