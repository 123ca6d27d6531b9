/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link below a root port or downstream port: up, or down (CXL 3.1 8.1.5.2,
 * 12.3; PCIe 6.0 7.5.3.7, 7.5.3.8, 6.7.3)
 */
#ifndef HW_CXL_LINK_H
#define HW_CXL_LINK_H

#include "function.h"
#include "hw/cxl/core/heads.h"

/** CXL_LINK_DISABLED: by Link Disable of the port, unmasked */
#define CXL_LINK_DISABLED   (1u << 0)
/** CXL_LINK_LOST: by a fault that somebody outside asked for */
#define CXL_LINK_LOST       (1u << 1)
/** CXL_LINK_PERST: the switch asserts PERST# to what is below */
#define CXL_LINK_PERST      (1u << 2)
/** CXL_LINK_NO_HEAD: the device below may not use its pool's memory */
#define CXL_LINK_NO_HEAD    (1u << 3)
/** CXL_LINK_STAGED: a switch is being put together in the slot (slot.h) */
#define CXL_LINK_STAGED     (1u << 4)
/** CXL_LINK_REMOVED: the device is being pulled out of the slot */
#define CXL_LINK_REMOVED    (1u << 5)

/** cxl_link_read: what the PCI Express capability of @pci says of its link */
CxlLink cxl_link_read(PCIDevice *pci);

/** cxl_link_is_up: is the link below @port? */
bool cxl_link_is_up(PCIDevice *port);

/**
 * cxl_link_slot_has_power: the slot of a port is on, whatever its indicator
 * says, or has no power controller
 */
bool cxl_link_slot_has_power(PCIDevice *port);

/**
 * cxl_link_realize: what a port has besides, as a guest sees it; to be called
 * when it is a PCI Express port with a slot and its @f is realized
 */
void cxl_link_realize(CxlFunction *f);

/**
 * cxl_link_change: take the link down, or let it come up again
 * @reason: one of CXL_LINK_*
 * @down: the reason is there, or no more
 *
 * What is below a link that is down is reset and out of reach: its
 * configuration space reads all ones, its BARs are unmapped, its memory is gone
 * from windows. It is reset once more when no reason is left and the link comes
 * up. The guest is told by Data Link Layer State Changed.
 */
void cxl_link_change(CxlFunction *f, unsigned reason, bool down);

/**
 * cxl_link_forget: a reason goes with the device below, which is being taken
 * away; the link comes up for the next one
 */
void cxl_link_forget(CxlFunction *f, unsigned reason);

/**
 * cxl_link_hold: keep down what is to be down; to be called after anything that
 * may have powered the slot on
 */
void cxl_link_hold(CxlFunction *f);

/**
 * cxl_link_remove: the device is pulled out of the slot, and nobody was asked
 *
 * It is out of reach until cxl_link_forget() is called for CXL_LINK_REMOVED.
 * The guest is told by Presence Detect Changed and, if the link was up, Data
 * Link Layer State Changed.
 *
 * The slot has Hot-Plug Surprise, so that this is no error of the link
 * (PCIe 6.0 3.2.1), and AER records nothing.
 */
void cxl_link_remove(CxlFunction *f);

/** cxl_link_vacate: nothing is in the slot; the guest is told of nothing */
void cxl_link_vacate(CxlFunction *f);

/**
 * cxl_link_reset: a port is reset, in the hold phase: Link Disable is cleared
 * and PERST# is not asserted any more; what that had taken away is back. A link
 * that is lost stays so.
 */
void cxl_link_reset(CxlFunction *f);

#endif /* HW_CXL_LINK_H */
