/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link below a root port or downstream port
 *
 * QEMU's PCI has no links. A device behind one that is down is like a device
 * without power in its slot, which QEMU has: nobody reaches it.
 */
#include "qemu/osdep.h"
#include "link.h"

#include "hw/pci/msi.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"

static uint8_t *exp_cap(PCIDevice *port)
{
    return port->config + port->exp.exp_cap;
}

/* As the guest reads it: a read of the link status brings it up to date */
static uint32_t express_reg(PCIDevice *pci, unsigned reg, int len)
{
    return pci->config_read(pci, pci->exp.exp_cap + reg, len);
}

CxlLink cxl_link_read(PCIDevice *pci)
{
    uint32_t cap = express_reg(pci, PCI_EXP_LNKCAP, 4);
    uint32_t status = express_reg(pci, PCI_EXP_LNKSTA, 2);

    return (CxlLink) {
        .max_width = (cap & PCI_EXP_LNKCAP_MLW) >> PCI_EXP_LNK_MLW_SHIFT,
        .max_speed = cap & PCI_EXP_LNKCAP_SLS,
        /* Bit 0 is reserved */
        .speeds = express_reg(pci, PCI_EXP_LNKCAP2, 1) >> 1,
        .width = (status & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNK_MLW_SHIFT,
        .speed = status & PCI_EXP_LNKSTA_CLS,
    };
}

bool cxl_link_is_up(PCIDevice *port)
{
    return pci_get_word(exp_cap(port) + PCI_EXP_LNKSTA) & PCI_EXP_LNKSTA_DLLLA;
}

void cxl_link_realize(CxlFunction *f)
{
    uint32_t at = f->pci->exp.exp_cap;

    pci_word_test_and_set_mask(f->pci->wmask + at + PCI_EXP_LNKCTL,
                               PCI_EXP_LNKCTL_LD);
    pci_word_test_and_set_mask(f->pci->wmask + at + PCI_EXP_SLTCTL,
                               PCI_EXP_SLTCTL_DLLSCE);
    pci_word_test_and_set_mask(f->pci->w1cmask + at + PCI_EXP_SLTSTA,
                               PCI_EXP_SLTSTA_DLLSC);
}

static void set_power(PCIBus *bus, PCIDevice *dev, void *opaque)
{
    pci_set_power(dev, *(bool *)opaque);
}

bool cxl_link_slot_has_power(PCIDevice *port)
{
    return !(pci_get_long(exp_cap(port) + PCI_EXP_SLTCAP) &
             PCI_EXP_SLTCAP_PCP) ||
           (pci_get_word(exp_cap(port) + PCI_EXP_SLTCTL) &
            PCI_EXP_SLTCTL_PCC) == PCI_EXP_SLTCTL_PWR_ON;
}

/* Returns: the link has gone from up to down, or from down to up */
static bool apply(PCIDevice *port, bool up)
{
    PCIBus *bus = pci_bridge_get_sec_bus(PCI_BRIDGE(port));
    bool power = up && cxl_link_slot_has_power(port);
    uint8_t *status = exp_cap(port) + PCI_EXP_LNKSTA;
    bool was = pci_get_word(status) & PCI_EXP_LNKSTA_DLLLA;
    bool active = power && bus->devices[0];

    pci_for_each_device_under_bus(bus, set_power, &power);
    if (active) {
        pci_word_test_and_set_mask(status, PCI_EXP_LNKSTA_DLLLA);
    } else {
        pci_word_test_and_clear_mask(status, PCI_EXP_LNKSTA_DLLLA);
    }
    return active != was;
}

/* Presence Detect Changed has the same bit in status and control */
static uint16_t enables_of(uint16_t events)
{
    return (events & PCI_EXP_SLTSTA_PDC) |
           (events & PCI_EXP_SLTSTA_DLLSC ? PCI_EXP_SLTCTL_DLLSCE : 0);
}

/* PCIe 6.0 6.7.3.4: one message for all that happens until it is dealt with */
static void tell_guest(PCIDevice *port, uint16_t events)
{
    uint16_t control = pci_get_word(exp_cap(port) + PCI_EXP_SLTCTL);
    bool told = pci_word_test_and_set_mask(exp_cap(port) + PCI_EXP_SLTSTA,
                                           events);

    if (told || port->exp.hpev_notified || !(control & PCI_EXP_SLTCTL_HPIE) ||
        !(control & enables_of(events))) {
        return;
    }
    if (msi_enabled(port)) {
        msi_notify(port, pcie_cap_flags_get_vector(port));
    } else if (pci_intx(port) >= 0) {
        pci_irq_assert(port);
    }
}

void cxl_link_change(CxlFunction *f, unsigned reason, bool down)
{
    unsigned before = f->link_down;

    f->link_down = down ? before | reason : before & ~reason;
    if (!before != !f->link_down && apply(f->pci, !f->link_down)) {
        tell_guest(f->pci, PCI_EXP_SLTSTA_DLLSC);
    }
}

void cxl_link_forget(CxlFunction *f, unsigned reason)
{
    f->link_down &= ~reason;
}

void cxl_link_vacate(CxlFunction *f)
{
    pci_word_test_and_clear_mask(exp_cap(f->pci) + PCI_EXP_SLTSTA,
                                 PCI_EXP_SLTSTA_PDS);
    pci_word_test_and_clear_mask(exp_cap(f->pci) + PCI_EXP_LNKSTA,
                                 PCI_EXP_LNKSTA_DLLLA);
}

void cxl_link_remove(CxlFunction *f)
{
    f->link_down |= CXL_LINK_REMOVED;
    pci_word_test_and_clear_mask(exp_cap(f->pci) + PCI_EXP_SLTSTA,
                                 PCI_EXP_SLTSTA_PDS);
    tell_guest(f->pci, PCI_EXP_SLTSTA_PDC |
                       (apply(f->pci, false) ? PCI_EXP_SLTSTA_DLLSC : 0));
}

void cxl_link_hold(CxlFunction *f)
{
    if (f->link_down) {
        apply(f->pci, false);
    }
}

void cxl_link_reset(CxlFunction *f)
{
    pci_word_test_and_clear_mask(exp_cap(f->pci) + PCI_EXP_LNKCTL,
                                 PCI_EXP_LNKCTL_LD);
    pci_word_test_and_clear_mask(exp_cap(f->pci) + PCI_EXP_SLTCTL,
                                 PCI_EXP_SLTCTL_DLLSCE);
    if (f->link_down) {
        f->link_down &= ~(CXL_LINK_DISABLED | CXL_LINK_PERST);
        apply(f->pci, !f->link_down);
    }
    pci_word_test_and_clear_mask(exp_cap(f->pci) + PCI_EXP_SLTSTA,
                                 PCI_EXP_SLTSTA_DLLSC);
}
