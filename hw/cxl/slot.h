/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slot of a root port or downstream port: what comes, and what goes
 * (PCIe 6.0 6.7.3; CXL 3.1 9.9)
 *
 * A switch comes in pieces: its upstream port, its downstream ports, what is
 * plugged into these. QEMU plugs one after the other, and a guest looks for all
 * of them at once, when it is told of a card. So an upstream port that is
 * plugged into a machine that runs is *staged*: its slot is empty for the
 * guest, and its own bus takes devices, until cxl-attach-switch shows it.
 */
#ifndef HW_CXL_SLOT_H
#define HW_CXL_SLOT_H

#include "hw/pci/pci_device.h"

/**
 * cxl_slot_is_staged: @port, or one above it, leads to a switch that the guest
 * does not know yet
 * @port: a cxl-rp or cxl-downstream
 */
bool cxl_slot_is_staged(PCIDevice *port);

/**
 * cxl_slot_class_init: the handlers of a port with a slot; to be called in the
 * class_init of a subclass of TYPE_PCIE_SLOT
 */
void cxl_slot_class_init(ObjectClass *klass);

/**
 * cxl_slot_switch_class_init: the handlers of an upstream port, which is a
 * TYPE_HOTPLUG_HANDLER for its own bus
 */
void cxl_slot_switch_class_init(ObjectClass *klass);

/**
 * cxl_slot_switch_realize: @usp is realized: its bus takes ports while it is
 * staged, if it comes into a machine that runs
 */
void cxl_slot_switch_realize(PCIDevice *usp);

#endif /* HW_CXL_SLOT_H */
