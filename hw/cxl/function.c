/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every CXL component that is a PCI function has: component registers in
 * BAR0 (CXL 3.1 8.2.3) and DVSECs in configuration space (CXL 3.1 8.1)
 */
#include "qemu/osdep.h"
#include "hw/cxl/function.h"

#include "fabric.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "trace/trace-cxl_trace_events.h"

void cxl_effects_apply(PCIDevice *pci, const CxlEffects *effects)
{
    if (effects->flags & CXL_EFFECT_ROUTES) {
        cxl_fabric_mark();
        cxl_fabric_settle();
    }
    for (unsigned vector = 0; vector < 32; vector++) {
        if (effects->vectors & BIT(vector) && msix_enabled(pci)) {
            msix_notify(pci, vector);
        }
    }
}

static uint64_t component_read(void *opaque, hwaddr offset, unsigned size)
{
    CxlComponent *component = opaque;
    uint64_t value = cxl_component_read(component, offset, size);

    trace_cxl_component_read(component->kind, offset, size, value);
    return value;
}

static void component_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    CxlComponent *component = opaque;
    CxlEffects effects = {};

    trace_cxl_component_write(component->kind, offset, size, value);
    cxl_component_write(component, offset, size, value, &effects);
    cxl_effects_apply(NULL, &effects);
}

static const MemoryRegionOps component_ops = {
    .read = component_read,
    .write = component_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void cxl_component_mr_init(MemoryRegion *mr, Object *owner,
                           CxlComponent *component)
{
    memory_region_init_io(mr, owner, &component_ops, component,
                          "cxl-component-registers", CXL_COMPONENT_REGS_SIZE);
}

void cxl_function_limit_speed(PCIDevice *pci, PCIExpLinkSpeed *speed)
{
    if (*speed > QEMU_PCI_EXP_LNK_32GT) {
        *speed = QEMU_PCI_EXP_LNK_32GT;
        warn_report_once("%s: x-speed=64 needs 256-byte flits, which are not"
                         " offered; the link runs at x-speed=32",
                         object_get_typename(OBJECT(pci)));
    }
}

uint16_t cxl_function_ext_cap(CxlComponentKind kind, uint16_t id)
{
    const CxlExtCap *cap = cxl_ext_cap_find(kind, id, 0);

    return cap ? cap->offset : 0;
}

void cxl_dvsecs_realize(CxlDvsecs *d, PCIDevice *pci,
                        const CxlDvsecConfig *config)
{
    unsigned count;
    const CxlExtCap *caps = cxl_ext_caps(config->kind, &count);

    for (unsigned i = 0; i < count; i++) {
        if (caps[i].id == PCI_EXT_CAP_ID_DVSEC) {
            pcie_add_capability(pci, caps[i].id, caps[i].version,
                                caps[i].offset, caps[i].size);
        }
    }
    cxl_dvsecs_init(d, config, pci->config);
}

void cxl_function_set_serial(CxlFunction *f, uint64_t serial)
{
    if (serial != CXL_NO_SERIAL) {
        pcie_dev_ser_num_init(f->pci,
                              cxl_function_ext_cap(f->component.kind,
                                                   PCI_EXT_CAP_ID_DSN),
                              serial);
    }
}

bool cxl_function_realize(CxlFunction *f, PCIDevice *pci,
                          const CxlComponentConfig *config, Error **errp)
{
    CxlDvsecConfig dvsecs = {
        .kind = config->kind,
        .dpa = config->dpa,
    };

    if (config->decoders &&
        !cxl_component_decoders_valid(config->kind, config->decoders)) {
        error_setg(errp, "%s: decoders must be 1, 2, 4, 6, 8 or 10",
                   object_get_typename(OBJECT(pci)));
        return false;
    }
    f->pci = pci;
    f->reset = CXL_RESET_WARM;
    cxl_component_init(&f->component, config);
    cxl_component_mr_init(&f->component_mr, OBJECT(pci), &f->component);
    pci_register_bar(pci, CXL_BAR_COMPONENT, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64, &f->component_mr);
    cxl_dvsecs_realize(&f->dvsecs, pci, &dvsecs);
    return true;
}

void cxl_function_write_config(CxlFunction *f, uint32_t addr, uint32_t val,
                               int len)
{
    CxlEffects effects = {};

    if (cxl_dvsecs_write(&f->dvsecs, addr, len, val, &effects)) {
        cxl_effects_apply(f->pci, &effects);
    }
    if (effects.flags & CXL_EFFECT_DEVICE_RESET) {
        f->reset = CXL_RESET_CXL;
        device_cold_reset(DEVICE(f->pci));
        f->reset = CXL_RESET_WARM;
        cxl_dvsecs_reset_done(&f->dvsecs);
    }
}

void cxl_function_reset(CxlFunction *f)
{
    cxl_component_reset(&f->component, f->reset);
    cxl_dvsecs_reset(&f->dvsecs, f->reset);
    if (f->reset != CXL_RESET_FUNCTION) {
        cxl_fabric_mark();
    }
}
