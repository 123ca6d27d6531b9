/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of the heads of a pool: each host tells the others of its own
 */
#ifndef HW_CXL_POOL_LINK_H
#define HW_CXL_POOL_LINK_H

#include "hw/pci/pci_device.h"
#include "pool-file.h"

/**
 * cxl_pool_link_own: the head of this host
 * @pci: the device, which is realized
 *
 * Whether its logical device is assigned is left out.
 */
CxlHead cxl_pool_link_own(PCIDevice *pci);

/**
 * cxl_pool_link_heads: all heads, with their links
 * @f: joined; as it was read last
 * @heads: gets CXL_POOL_HEADS of them
 */
void cxl_pool_link_heads(const CxlPoolFile *f, PCIDevice *pci, CxlHead *heads);

#endif /* HW_CXL_POOL_LINK_H */
