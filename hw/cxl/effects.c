/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying out what the model asks for, in one order for all components
 */
#include "qemu/osdep.h"
#include "effects.h"

#include "fabric.h"
#include "report.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"

CxlTime cxl_time_now(void)
{
    return (CxlTime) {
        .virtual_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL),
        .wall_ns = qemu_clock_get_ns(QEMU_CLOCK_HOST),
    };
}

static void apply_vectors(PCIDevice *pci, const CxlEffects *effects)
{
    uint32_t all = effects->vectors | effects->withdrawn;

    if (!pci || !all || !msix_enabled(pci)) {
        return;
    }
    for (unsigned vector = 0; vector < 32; vector++) {
        if (effects->withdrawn & BIT(vector)) {
            msix_clr_pending(pci, vector);
        }
        if (effects->vectors & BIT(vector)) {
            msix_notify(pci, vector);
        }
    }
}

/*
 * What is wrong with CXL.cache and CXL.mem is an internal error to PCI Express
 * (12.2.1, 12.2.2). The RAS capability says how severe each error is, and so
 * which message is sent; AER's own severity of internal errors is one for all,
 * and stands aside while QEMU looks.
 */
static void send_uncorrectable(PCIDevice *pci, bool fatal)
{
    const PCIEAERErr error = {
        .status = PCI_ERR_UNC_INTN, .source_id = pci_requester_id(pci),
    };
    uint8_t *severity = pci->config + pci->exp.aer_cap + PCI_ERR_UNCOR_SEVER;
    uint32_t chosen = pci_get_long(severity);

    pci_set_long(severity, fatal ? chosen | PCI_ERR_UNC_INTN
                                 : chosen & ~PCI_ERR_UNC_INTN);
    pcie_aer_inject_error(pci, &error);
    pci_set_long(severity, chosen);
}

static void send_correctable(PCIDevice *pci)
{
    const PCIEAERErr error = {
        .status = PCI_ERR_COR_INTERNAL, .source_id = pci_requester_id(pci),
        .flags = PCIE_AER_ERR_IS_CORRECTABLE,
    };

    pcie_aer_inject_error(pci, &error);
}

static void apply_aer(PCIDevice *pci, uint32_t aer)
{
    if (!pci || !pci->enabled) {
        return;
    }
    if (aer & CXL_AER_CORRECTABLE) {
        send_correctable(pci);
    }
    if (aer & CXL_AER_NONFATAL) {
        send_uncorrectable(pci, false);
    }
    if (aer & CXL_AER_FATAL) {
        send_uncorrectable(pci, true);
    }
}

void cxl_effects_apply(CxlOutlet *outlet, const CxlEffects *effects)
{
    cxl_report(outlet->id, &effects->report);
    if (effects->flags & CXL_EFFECT_STORE_LINE && outlet->store_line) {
        outlet->store_line(outlet->pci, &effects->line);
    }
    if (effects->flags & CXL_EFFECT_PORT && outlet->control_port) {
        outlet->control_port(outlet->pci, &effects->port);
    }
    if (effects->flags & CXL_EFFECT_ROUTES) {
        cxl_fabric_mark();
        cxl_fabric_settle();
    }
    if (effects->flags & CXL_EFFECT_POISON && outlet->keep_poison) {
        outlet->keep_poison(outlet->pci);
    }
    if (effects->flags & CXL_EFFECT_DEADLINE && outlet->timer) {
        timer_mod(outlet->timer, effects->deadline_ns);
    }
    if (effects->flags & CXL_EFFECT_FLUSH && outlet->flush) {
        outlet->flush(outlet->pci, effects->flush);
    }
    if (effects->flags & CXL_EFFECT_STORE && outlet->store) {
        outlet->store(outlet->pci, effects->flags & CXL_EFFECT_STORE_WAIT);
    }
    if (effects->flags & CXL_EFFECT_ERASE && outlet->erase) {
        outlet->erase(outlet->pci, &effects->erase);
    }
    apply_vectors(outlet->pci, effects);
    apply_aer(outlet->pci, effects->aer);
    if (effects->ntells && outlet->pci) {
        cxl_tell(&outlet->teller, outlet->pci, effects);
    }
    if (effects->flags & CXL_EFFECT_DEVICE_RESET && outlet->dvsecs) {
        outlet->in_cxl_reset = true;
        pci_device_reset(outlet->pci);
        outlet->in_cxl_reset = false;
        cxl_dvsecs_reset_done(outlet->dvsecs);
    }
}
