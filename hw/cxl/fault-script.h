/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that the user has written down in a file (core/faults.h)
 */
#ifndef HW_CXL_FAULT_SCRIPT_H
#define HW_CXL_FAULT_SCRIPT_H

#include "hw/cxl/core/faults.h"
#include "hw/pci/pci_device.h"
#include "qemu/timer.h"

/** CXL_FAULT_FILE_MAX: bytes that such a file may have */
#define CXL_FAULT_FILE_MAX  (64 * 1024)

/**
 * struct CxlFaultScript - a script being played for a device
 * @faults: the model's part
 * @link_down: it has taken the link down
 * @pci: the device
 * @timer: takes the link down and up
 * @start_ns: virtual time at which the device came
 */
typedef struct CxlFaultScript {
    CxlFaults faults;
    bool link_down;
    PCIDevice *pci;
    QEMUTimer *timer;
    uint64_t start_ns;
} CxlFaultScript;

/**
 * cxl_fault_script_new: read a file of JSON, a CxlFaultFile of qapi/cxl.json
 * @device: type of the device, for errors
 *
 * Returns: NULL with @errp set, which names the file and what is wrong.
 */
CxlFaultScript *cxl_fault_script_new(const char *device, const char *file,
                                     Error **errp);

/** cxl_fault_script_start: the device is there: time begins */
void cxl_fault_script_start(CxlFaultScript *script, PCIDevice *pci);

/**
 * cxl_fault_script_free: the device goes; a link that the script took down
 * comes up. Does nothing with NULL.
 */
void cxl_fault_script_free(CxlFaultScript *script);

#endif /* HW_CXL_FAULT_SCRIPT_H */
