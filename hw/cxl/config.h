/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door of configuration space
 */
#ifndef HW_CXL_CONFIG_H
#define HW_CXL_CONFIG_H

#include "effects.h"
#include "hw/cxl/core/confspace.h"
#include "hw/pci/pci_device.h"

/**
 * cxl_config_add_caps: add the PCIe headers of CXL's extended capabilities that
 * a function of @kind has: DVSECs, serial number, DOE mailbox
 * @serial: serial number; CXL_NO_SERIAL: it has none
 *
 * AER, ACS and the PCIe capability must be there already.
 */
void cxl_config_add_caps(PCIDevice *pci, CxlComponentKind kind,
                         uint64_t serial);

/**
 * cxl_config_ext_cap: the configuration space offset of a capability
 * @id: extended capability id, not that of DVSECs
 *
 * Returns: 0 when components of @kind do not have it.
 */
uint16_t cxl_config_ext_cap(CxlComponentKind kind, uint16_t id);

/**
 * cxl_config_set_non_cxl: note in function 0 of a device, @pci, that function
 * @devfn has come or gone that takes no part in CXL.cache and CXL.mem (8.1.4)
 *
 * The map's PCIe header is added with the first of them, and stays.
 */
void cxl_config_set_non_cxl(PCIDevice *pci, CxlConfSpace *space, uint8_t devfn,
                            bool present);

/**
 * cxl_config_read: a read of a function's configuration space
 */
uint32_t cxl_config_read(PCIDevice *pci, const CxlConfSpace *space,
                         uint32_t addr, int len);

/**
 * cxl_config_write: a write to an endpoint's configuration space: standard
 * registers, FLR, AER, and what is CXL's
 */
void cxl_config_write(PCIDevice *pci, CxlConfSpace *space, CxlOutlet *outlet,
                      uint32_t addr, uint32_t val, int len);

/**
 * cxl_config_write_cxl: what is CXL's alone; for ports, see
 * cxl_port_write_config()
 */
void cxl_config_write_cxl(CxlConfSpace *space, CxlOutlet *outlet,
                          uint32_t addr, uint32_t val, int len);

/**
 * cxl_config_reset_kind: what the reset under way is to an endpoint: warm,
 * unless its own configuration space asked for it
 */
CxlReset cxl_config_reset_kind(const CxlOutlet *outlet);

#endif /* HW_CXL_CONFIG_H */
