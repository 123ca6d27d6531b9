/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carrying out what the model asks for (core/effects.h)
 */
#ifndef HW_CXL_EFFECTS_H
#define HW_CXL_EFFECTS_H

#include "hw/cxl/core/dvsec.h"
#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/time.h"
#include "hw/pci/pci_device.h"
#include "qemu/timer.h"
#include "tell.h"

/**
 * struct CxlOutlet - who does for a component what its model asks for
 * @id: of the component, for traces and logs; may be NULL; not copied
 * @pci: raises vectors and is reset; NULL: what is no PCI function asks for
 *       neither
 * @dvsecs: are told when a reset that software asked for is complete; may be
 *          NULL
 * @timer: fires at deadlines; may be NULL when the model has none
 * @flush: makes label storage durable; may be NULL likewise
 * @store_line: stores a line in the memory; may be NULL likewise
 * @keep_poison: keeps the list of poisoned lines; may be NULL likewise
 * @control_port: does something to a port of a switch; may be NULL likewise
 * @teller: what the user of the machine was told of late
 * @store: makes durable what the device remembers without power, and tells the
 *         model if it waits; likewise
 * @erase: erases memory or labels; likewise
 * @in_cxl_reset: the reset under way is a CXL reset
 */
typedef struct CxlOutlet {
    const char *id;
    PCIDevice *pci;
    CxlDvsecs *dvsecs;
    QEMUTimer *timer;
    void (*flush)(PCIDevice *pci, CxlRange range);
    void (*store_line)(PCIDevice *pci, const CxlLine *line);
    void (*keep_poison)(PCIDevice *pci);
    void (*control_port)(PCIDevice *pci, const CxlPortControl *control);
    CxlTeller teller;
    void (*store)(PCIDevice *pci, bool waits);
    void (*erase)(PCIDevice *pci, const CxlErase *erase);
    bool in_cxl_reset;
} CxlOutlet;

/**
 * cxl_time_now: both clocks; the timer of an outlet runs on the virtual one
 */
CxlTime cxl_time_now(void);

/**
 * cxl_effects_apply: carry out what a call into the model asked for
 *
 * In this order: telling people what was done (report.h), a line to be stored,
 * a port of a switch, the map, the list of poison, the deadline, flushing,
 * storing and erasing, interrupts, error messages, events of QMP (tell.h), and
 * a reset of the device. Registers are up to date before, the map is before any
 * interrupt. To be called at the end of a door.
 */
void cxl_effects_apply(CxlOutlet *outlet, const CxlEffects *effects);

#endif /* HW_CXL_EFFECTS_H */
