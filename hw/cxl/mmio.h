/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door of MMIO: register blocks of the model as memory regions
 */
#ifndef HW_CXL_MMIO_H
#define HW_CXL_MMIO_H

#include "effects.h"
#include "compat.h"
#include "hw/cxl/core/component.h"
#include "hw/cxl/core/mailbox.h"

/**
 * struct CxlMmio - a register block
 * @mr: the region
 * @component: component registers, or
 * @mailbox: device registers with a mailbox; one of both is not NULL
 * @outlet: carries out what accesses ask for
 */
typedef struct CxlMmio {
    MemoryRegion mr;
    CxlComponent *component;
    CxlMailbox *mailbox;
    CxlOutlet *outlet;
} CxlMmio;

/**
 * cxl_mmio_init_component: the 64 KiB component registers of @owner (8.2.3)
 */
void cxl_mmio_init_component(CxlMmio *m, Object *owner,
                             CxlComponent *component,
                             CxlOutlet *outlet);

/**
 * cxl_mmio_init_device: the device registers of @owner (8.2.8)
 */
void cxl_mmio_init_device(CxlMmio *m, Object *owner,
                          CxlMailbox *mailbox, CxlOutlet *outlet);

#endif /* HW_CXL_MMIO_H */
