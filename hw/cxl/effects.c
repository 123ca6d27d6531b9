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

void cxl_effects_apply(CxlOutlet *outlet, const CxlEffects *effects)
{
    cxl_report(outlet->id, &effects->report);
    if (effects->flags & CXL_EFFECT_ROUTES) {
        cxl_fabric_mark();
        cxl_fabric_settle();
    }
    if (effects->flags & CXL_EFFECT_DEADLINE && outlet->timer) {
        timer_mod(outlet->timer, effects->deadline_ns);
    }
    if (effects->flags & CXL_EFFECT_FLUSH && outlet->flush) {
        outlet->flush(outlet->pci, effects->flush);
    }
    if (effects->flags & CXL_EFFECT_STORE && outlet->store) {
        outlet->store(outlet->pci);
    }
    apply_vectors(outlet->pci, effects);
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
