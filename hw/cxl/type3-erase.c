/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Erasing memory and labels of a type 3 device
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "erase.h"
#include "type3-pool.h"

/* The part of [offset, offset + len) that lies in @p */
static CxlErasePart part_of(CxlType3Backend *p, CxlRange range)
{
    uint64_t start = MAX(range.offset, p->ram.dpa);
    uint64_t end = MIN(range.offset + range.len, p->ram.dpa + p->ram.size);

    if (!p->backend || start >= end) {
        return (CxlErasePart) { };
    }
    return (CxlErasePart) {
        .backend = p->backend,
        .range = { start - p->ram.dpa, end - start },
        .no_holes = &p->no_holes,
    };
}

static void erased(void *opaque, bool ok)
{
    CxlType3 *t3 = opaque;
    CxlEffects effects = {};

    t3->erasing = false;
    cxl_type3_pool_erased(t3, t3->erased);
    if (t3->outlet.timer) {
        cxl_endpoint_erased(&t3->endpoint, ok, cxl_time_now(), &effects);
        cxl_effects_apply(&t3->outlet, &effects);
    }
    cxl_type3_release(t3);
    object_unref(OBJECT(t3));
}

static void refused(void *opaque, bool ok)
{
    erased(opaque, false);
}

/* The model asks for nothing more before it has been told */
void cxl_type3_erase(PCIDevice *pci, const CxlErase *erase)
{
    CxlType3 *t3 = CXL_TYPE3(pci);
    CxlErasePart parts[CXL_ERASE_PARTS] = {};

    if (erase->labels) {
        parts[0] = (CxlErasePart) {
            .backend = t3->lsa_backend, .range = erase->range, .durable = true,
            .no_holes = &t3->no_label_holes,
        };
    }
    for (unsigned i = 0; !erase->labels && i < CXL_TYPE3_BACKENDS; i++) {
        parts[i] = part_of(&t3->backends[i], erase->range);
        parts[i].durable = parts[i].backend &&
                           parts[i].backend != t3->volatile_backend;
    }
    t3->erasing = true;
    t3->erased = erase->labels ? (CxlRange) { } : erase->range;
    object_ref(OBJECT(t3));
    /* A pool may have taken the memory away since the model was asked */
    if (!erase->labels && !cxl_dpa_writable(&t3->endpoint.dpa,
                                            erase->range.offset,
                                            erase->range.len)) {
        cxl_erase_start((CxlErasePart[CXL_ERASE_PARTS]) { }, refused, t3);
    } else {
        cxl_erase_start(parts, erased, t3);
    }
}
