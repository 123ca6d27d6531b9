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
 * @id: of the device, for traces; may be NULL
 */
typedef struct CxlMmio {
    MemoryRegion mr;
    CxlComponent *component;
    CxlMailbox *mailbox;
    CxlOutlet *outlet;
    const char *id;
} CxlMmio;

/**
 * cxl_mmio_init_component: the 64 KiB component registers of @owner (8.2.3)
 * @id: not copied
 */
void cxl_mmio_init_component(CxlMmio *m, Object *owner, const char *id,
                             CxlComponent *component,
                             CxlOutlet *outlet);

/**
 * cxl_mmio_init_device: the device registers of @owner (8.2.8)
 * @id: not copied
 */
void cxl_mmio_init_device(CxlMmio *m, Object *owner, const char *id,
                          CxlMailbox *mailbox, CxlOutlet *outlet);

#endif /* HW_CXL_MMIO_H */
