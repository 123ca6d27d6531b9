/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling the user of the machine what happened: events of QMP
 * (core/effects.h, CxlTell)
 */
#ifndef HW_CXL_TELL_H
#define HW_CXL_TELL_H

#include "hw/cxl/core/effects.h"
#include "hw/pci/pci_device.h"

/** CXL_TELL_RATE: events of one kind that a device sends in a second */
#define CXL_TELL_RATE   32

/**
 * struct CxlTeller - what a device has told of late; all zero to begin with
 * @since_ms: host time at which the second of each kind of event began
 * @sent: events since then
 * @suppressed: events that were not sent, since the last one that was
 */
typedef struct CxlTeller {
    int64_t since_ms[CXL_TELL_EVENTS];
    uint32_t sent[CXL_TELL_EVENTS];
    uint32_t suppressed[CXL_TELL_EVENTS];
} CxlTeller;

/**
 * cxl_tell: send events, no more of a kind than CXL_TELL_RATE in a second: a
 * guest may make them happen in a loop
 * @pci: the device that they are about
 */
void cxl_tell(CxlTeller *teller, PCIDevice *pci, const CxlEffects *effects);

#endif /* HW_CXL_TELL_H */
