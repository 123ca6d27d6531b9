/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door of configuration space: what is PCI Express goes to QEMU, what is
 * CXL (8.1) to the model
 */
#include "qemu/osdep.h"
#include "config.h"

#include "report.h"
#include "hw/cxl/core/serial.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "trace/trace-cxl_trace_events.h"

uint16_t cxl_config_ext_cap(CxlComponentKind kind, uint16_t id)
{
    const CxlExtCap *cap = cxl_ext_cap_find(kind, id, 0);

    return cap ? cap->offset : 0;
}

/* It waits for the function that it tells of */
static bool is_function_map(const CxlExtCap *cap)
{
    return cap->id == CXL_EXT_CAP_DVSEC &&
           cap->dvsec_id == CXL_DVSEC_FUNCTION_MAP;
}

/* In the order of the table, so that the list of capabilities goes up */
void cxl_config_add_caps(PCIDevice *pci, CxlComponentKind kind,
                         uint64_t serial)
{
    unsigned count;
    const CxlExtCap *caps = cxl_ext_caps(kind, &count);

    for (unsigned i = 0; i < count; i++) {
        const CxlExtCap *cap = &caps[i];

        if (is_function_map(cap)) {
            continue;
        }
        if (cap->id == CXL_EXT_CAP_DVSEC || cap->id == CXL_EXT_CAP_DOE) {
            pcie_add_capability(pci, cap->id, cap->version, cap->offset,
                                cap->size);
        } else if (cap->id == CXL_EXT_CAP_DSN && serial != CXL_NO_SERIAL) {
            pcie_dev_ser_num_init(pci, cap->offset, serial);
        }
    }
}

/* The map is the last of the table, so that the list still goes up */
void cxl_config_set_non_cxl(PCIDevice *pci, CxlConfSpace *space, uint8_t devfn,
                            bool present)
{
    const CxlExtCap *cap = cxl_ext_cap_find(space->dvsecs.config.kind,
                                            CXL_EXT_CAP_DVSEC,
                                            CXL_DVSEC_FUNCTION_MAP);

    if (cap && !pci_get_long(pci->config + cap->offset)) {
        pcie_add_capability(pci, cap->id, cap->version, cap->offset, cap->size);
    }
    cxl_dvsecs_set_non_cxl(&space->dvsecs, devfn, present);
}

uint32_t cxl_config_read(PCIDevice *pci, const CxlConfSpace *space,
                         uint32_t addr, int len)
{
    uint32_t value = cxl_confspace_read(space, addr, len,
                                        pci_default_read_config(pci, addr,
                                                                len));

    if (trace_event_get_state_backends(TRACE_CXL_CONFIG_READ) &&
        cxl_confspace_owns(space, addr, len)) {
        trace_cxl_config_read(cxl_report_id(DEVICE(pci)->id), addr, len,
                              value);
    }
    return value;
}

void cxl_config_write_cxl(CxlConfSpace *space, CxlOutlet *outlet,
                          uint32_t addr, uint32_t val, int len)
{
    CxlEffects effects = {};

    if (trace_event_get_state_backends(TRACE_CXL_CONFIG_WRITE) &&
        cxl_confspace_owns(space, addr, len)) {
        trace_cxl_config_write(cxl_report_id(outlet->id), addr, len, val);
    }
    cxl_confspace_write(space, addr, len, val, &effects);
    cxl_effects_apply(outlet, &effects);
}

void cxl_config_write(PCIDevice *pci, CxlConfSpace *space, CxlOutlet *outlet,
                      uint32_t addr, uint32_t val, int len)
{
    pci_default_write_config(pci, addr, val, len);
    pcie_cap_flr_write_config(pci, addr, val, len);
    pcie_aer_write_config(pci, addr, val, len);
    cxl_config_write_cxl(space, outlet, addr, val, len);
}

CxlReset cxl_config_reset_kind(const CxlOutlet *outlet)
{
    PCIDevice *pci = outlet->pci;

    if (outlet->in_cxl_reset) {
        return CXL_RESET_CXL;
    }
    /* The bit that starts an FLR is cleared behind it */
    return pci_get_word(pci->config + pci->exp.exp_cap + PCI_EXP_DEVCTL) &
           PCI_EXP_DEVCTL_BCR_FLR ? CXL_RESET_FUNCTION : CXL_RESET_WARM;
}
