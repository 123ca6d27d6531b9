/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What root ports and downstream ports have in common
 */
#include "qemu/osdep.h"
#include "port.h"

#include "config.h"
#include "link.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/bitmap.h"

PCIDevice *cxl_port_above(PCIDevice *pci)
{
    Object *port = OBJECT(BUS(pci_get_bus(pci))->parent);

    return object_dynamic_cast(port, TYPE_CXL_RP) ||
           object_dynamic_cast(port, TYPE_CXL_DSP) ? PCI_DEVICE(port) : NULL;
}

static PCIDevice *port_with_number(PCIDevice *pci, uint8_t number)
{
    PCIBus *bus = pci_get_bus(pci);
    const char *type = object_get_typename(OBJECT(pci));

    for (unsigned i = 0; i < ARRAY_SIZE(bus->devices); i++) {
        PCIDevice *other = bus->devices[i];

        if (other && other != pci && other->qdev.realized &&
            object_dynamic_cast(OBJECT(other), type) &&
            PCIE_PORT(other)->port == number) {
            return other;
        }
    }
    return NULL;
}

#define SLOTS (UINT16_MAX + 1)

/* Slot numbers that other ports of a chassis have */
typedef struct TakenSlots {
    PCIESlot *slot;
    DECLARE_BITMAP(taken, SLOTS);
} TakenSlots;

static int note_slot(DeviceState *dev, void *opaque)
{
    TakenSlots *slots = opaque;
    PCIESlot *other = (PCIESlot *)object_dynamic_cast(OBJECT(dev),
                                                      TYPE_PCIE_SLOT);

    if (other && other != slots->slot && dev->realized &&
        other->chassis == slots->slot->chassis) {
        set_bit(other->slot, slots->taken);
    }
    return 0;
}

bool cxl_port_number(PCIDevice *pci, Error **errp)
{
    PCIEPort *port = PCIE_PORT(pci);
    PCIESlot *slot = PCIE_SLOT(pci);
    const char *type = object_get_typename(OBJECT(pci));
    g_autofree TakenSlots *slots = g_new0(TakenSlots, 1);
    PCIDevice *other;

    while (!port->port_given && port->port < UINT8_MAX &&
           port_with_number(pci, port->port)) {
        port->port++;
    }
    other = port_with_number(pci, port->port);
    if (other) {
        error_setg(errp, "%s: port=%u is taken by '%s' on the same bridge or"
                   " switch; give each port a number of its own", type,
                   port->port, other->qdev.id ?: other->name);
        return false;
    }
    slots->slot = slot;
    qbus_walk_children(sysbus_get_default(), note_slot, NULL, NULL, NULL,
                       slots);
    if (!slot->slot_given) {
        unsigned long free = find_next_zero_bit(slots->taken, SLOTS,
                                                slot->slot);

        slot->slot = MIN(free, UINT16_MAX);
    }
    if (test_bit(slot->slot, slots->taken)) {
        error_setg(errp, "%s: slot=%u of chassis=%u is taken; give each port a"
                   " slot of its own", type, slot->slot, slot->chassis);
        return false;
    }
    return true;
}

static uint32_t link_control(PCIDevice *pci)
{
    return pci->exp.exp_cap + PCI_EXP_LNKCTL;
}

static bool leads_to_cxl(PCIDevice *pci)
{
    PCIBus *bus = pci_bridge_get_sec_bus(PCI_BRIDGE(pci));

    for (unsigned i = 0; i < ARRAY_SIZE(bus->devices); i++) {
        if (object_dynamic_cast(OBJECT(bus->devices[i]),
                                INTERFACE_CXL_DEVICE)) {
            return true;
        }
    }
    return false;
}

/* 8.1.5.2: links that have trained as CXL have a mask for what resets them */
static bool is_masked(CxlFunction *f, uint16_t unmask)
{
    return !(cxl_dvsecs_port_control(&f->space.dvsecs) & unmask) &&
           leads_to_cxl(f->pci);
}

bool cxl_port_is_on(PCIDevice *pci)
{
    uint16_t off = PCI_EXP_SLTCTL_PWR_OFF | PCI_EXP_SLTCTL_PWR_IND_OFF;
    uint16_t control = pci_get_word(pci->config + pci->exp.exp_cap +
                                    PCI_EXP_SLTCTL);

    return (control & off) != off;
}

static bool link_disabled(PCIDevice *pci)
{
    return pci_get_word(pci->config + link_control(pci)) & PCI_EXP_LNKCTL_LD;
}

/* 8.1.5.2: Link Disable acts when it changes, if it is not masked then */
static void link_control_written(CxlFunction *f, bool was_disabled)
{
    bool disabled = link_disabled(f->pci);

    if (disabled != was_disabled &&
        !(disabled && is_masked(f, CXL_PORT_CTRL_UNMASK_LINK))) {
        cxl_link_change(f, CXL_LINK_DISABLED, disabled);
    }
}

/*
 * A slot whose indicator turns off while its power is off gives its device
 * back, as QEMU has it. Linux on aarch64 does so to one that it is about to
 * turn on: the port slept, and when it wakes up it gets the Slot Control of
 * before. One who was asked for the device (device_del) may mean it.
 */
static bool has_nothing_to_give(CxlFunction *f)
{
    PCIDevice *below;

    if (!f->owes_power_on) {
        return false;
    }
    below = pci_bridge_get_sec_bus(PCI_BRIDGE(f->pci))->devices[0];
    return below && !DEVICE(below)->pending_deleted_event;
}

/*
 * A guest whose link is down powers the slot off, and takes the device away so,
 * as QEMU has it. It did not mean to: the device is to be there when the link
 * is up again.
 */
static void write_config_unplugged(CxlFunction *f, PCIConfigWriteFunc *parent,
                                   uint32_t addr, uint32_t val, int len)
{
    uint8_t *status = f->pci->config + f->pci->exp.exp_cap + PCI_EXP_SLTSTA;
    uint16_t present = pci_get_word(status) & PCI_EXP_SLTSTA_PDS;

    pci_word_test_and_clear_mask(status, present);
    parent(f->pci, addr, val, len);
    pci_word_test_and_set_mask(status, present);
    cxl_link_hold(f);
}

void cxl_port_write_config(CxlFunction *f, PCIConfigWriteFunc *parent,
                           uint32_t addr, uint32_t val, int len)
{
    PCIDevice *pci = f->pci;
    bool disabled = link_disabled(pci);

    /* PCI resets the bus when the bit rises. One that is set does not rise. */
    if (range_covers_byte(addr, len, PCI_BRIDGE_CONTROL) &&
        is_masked(f, CXL_PORT_CTRL_UNMASK_SBR)) {
        pci_word_test_and_set_mask(pci->config + PCI_BRIDGE_CONTROL,
                                   PCI_BRIDGE_CTL_BUS_RESET);
    }
    if (f->link_down || f->owes_power_off || has_nothing_to_give(f)) {
        write_config_unplugged(f, parent, addr, val, len);
        f->owes_power_off &= cxl_port_is_on(pci);
    } else {
        parent(pci, addr, val, len);
    }
    f->owes_power_on &= !cxl_link_slot_has_power(pci);
    link_control_written(f, disabled);
    cxl_config_write_cxl(&f->space, &f->outlet, addr, val, len);
}

CxlFunction *cxl_port_function(PCIDevice *pci)
{
    Object *obj = OBJECT(pci);

    if (object_dynamic_cast(obj, TYPE_CXL_RP)) {
        return &CXL_RP(obj)->function;
    }
    if (object_dynamic_cast(obj, TYPE_CXL_USP)) {
        return &CXL_USP(obj)->function;
    }
    return object_dynamic_cast(obj, TYPE_CXL_DSP) ? &CXL_DSP(obj)->function
                                                  : NULL;
}

void cxl_port_reset(CxlFunction *f)
{
    if (f->component.kind != CXL_UPSTREAM_PORT) {
        f->owes_power_off = false;
        f->owes_power_on = false;
        cxl_link_reset(f);
    }
    cxl_function_reset(f, CXL_RESET_WARM);
}
