/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What root ports and downstream ports have in common
 */
#include "qemu/osdep.h"
#include "hw/cxl/port.h"

#include "hw/boards.h"
#include "hw/cxl/options.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"

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

static int same_slot(Object *obj, void *opaque)
{
    PCIESlot *slot = opaque;
    PCIESlot *other = (PCIESlot *)object_dynamic_cast(obj, TYPE_PCIE_SLOT);

    return other && other != slot && DEVICE(other)->realized &&
           other->chassis == slot->chassis && other->slot == slot->slot;
}

static bool slot_taken(PCIESlot *slot)
{
    return object_child_foreach_recursive(qdev_get_machine(), same_slot, slot);
}

bool cxl_port_number(PCIDevice *pci, Error **errp)
{
    PCIEPort *port = PCIE_PORT(pci);
    PCIESlot *slot = PCIE_SLOT(pci);
    const char *type = object_get_typename(OBJECT(pci));
    PCIDevice *other;

    while (!cxl_options_given("port") && port->port < UINT8_MAX &&
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
    while (!cxl_options_given("slot") && slot->slot < UINT16_MAX &&
           slot_taken(slot)) {
        slot->slot++;
    }
    if (slot_taken(slot)) {
        error_setg(errp, "%s: slot=%u of chassis=%u is taken; give each port a"
                   " slot of its own", type, slot->slot, slot->chassis);
        return false;
    }
    return true;
}
