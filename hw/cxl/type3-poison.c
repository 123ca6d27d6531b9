/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison of a type 3 device (CXL 3.1 8.2.9.9.4, 12.2)
 *
 * A window finds out that an access touches a poisoned line; the model says
 * what becomes of it.
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "accel.h"
#include "fabric.h"
#include "hw/cxl/core/poison.h"
#include "qapi/error.h"
#include "trace/trace-cxl_trace_events.h"

void cxl_type3_poison_read(CxlType3 *t3, uint64_t dpa)
{
    CxlEffects effects = {};

    trace_cxl_poison_read(t3->outlet.id, dpa);
    cxl_poison_read(&t3->endpoint.memdev, dpa, cxl_time_now(), &effects);
    cxl_effects_apply(&t3->outlet, &effects);
}

void cxl_type3_poison_written(CxlType3 *t3, uint64_t dpa, unsigned size)
{
    CxlEffects effects = {};

    cxl_poison_written(&t3->endpoint.memdev, dpa, size, &effects);
    if (effects.flags) {
        trace_cxl_poison_healed(t3->outlet.id, dpa);
        cxl_effects_apply(&t3->outlet, &effects);
    }
}

/* Where the device keeps a line that no window shows */
static uint8_t *own_bytes(const CxlType3 *t3, uint64_t dpa, ram_addr_t *stored)
{
    for (unsigned i = 0; i < t3->endpoint.dpa.count; i++) {
        const CxlDpaPartition *part = &t3->endpoint.dpa.part[i];
        CxlType3Ram ram = cxl_type3_ram(t3, part);

        if (cxl_dpa_writable(&t3->endpoint.dpa, dpa, 1) && dpa >= ram.dpa &&
            dpa - ram.dpa < ram.size) {
            *stored = ram.ram_addr + (dpa - ram.dpa);
            return ram.host + (dpa - ram.dpa);
        }
    }
    return NULL;
}

void cxl_type3_store_line(PCIDevice *pci, const CxlLine *line)
{
    CxlType3 *t3 = CXL_TYPE3(pci);
    ram_addr_t stored;
    uint8_t *bytes;

    if (!cxl_fabric_find_line(t3, line->dpa, &bytes, &stored)) {
        bytes = own_bytes(t3, line->dpa, &stored);
    }
    if (bytes) {
        memcpy(bytes, line->bytes, sizeof(line->bytes));
        memory_ram_written(stored, sizeof(line->bytes));
    }
}

bool cxl_type3_poison_open(CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    if (!t3->poison_path) {
        return true;
    }
    if (!cxl_type3_lasting(t3)) {
        error_setg(errp, "cxl-type3: poison-file= keeps the poison of"
                   " persistent memory: add persistent-memdev=, or leave it"
                   " out");
        return false;
    }
    t3->poison_file = cxl_poison_file_open(t3->poison_path, dpa, errp);
    return t3->poison_file != NULL;
}

void cxl_type3_poison_close(CxlType3 *t3)
{
    cxl_poison_file_close(g_steal_pointer(&t3->poison_file));
}

void cxl_type3_keep_poison(PCIDevice *pci)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    if (t3->endpoint.dpa.marks.count) {
        cxl_accel_warn_poison();
    }
    if (t3->poison_file) {
        cxl_poison_file_save(t3->poison_file, &t3->endpoint.dpa);
    }
}
