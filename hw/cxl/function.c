/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every CXL port has: component registers in BAR0 (CXL 3.1 8.2.3) and
 * DVSECs in configuration space (CXL 3.1 8.1)
 */
#include "qemu/osdep.h"
#include "function.h"

#include "accel.h"
#include "config.h"
#include "fabric.h"
#include "report.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

void cxl_function_limit_speed(PCIDevice *pci, PCIExpLinkSpeed *speed)
{
    if (*speed > QEMU_PCI_EXP_LNK_32GT) {
        *speed = QEMU_PCI_EXP_LNK_32GT;
        warn_report_once("%s: x-speed=64 needs 256-byte flits, which are not"
                         " offered; the link runs at x-speed=32",
                         object_get_typename(OBJECT(pci)));
    }
}

void cxl_function_add_bar(PCIDevice *pci, int bar, CxlMmio *mmio)
{
    pci_register_bar(pci, bar, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64, &mmio->mr);
}

bool cxl_function_check(DeviceState *dev, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(dev);

    /* QEMU makes this one when it registers a PCI device, and keeps it */
    if (pci->bus_master_container_region.owner) {
        error_setg(errp, "%s: a device that was taken out of force cannot be"
                   " realized again; delete it and add another",
                   object_get_typename(OBJECT(dev)));
        return false;
    }
    if (!dev->parent_bus->parent->realized) {
        error_setg(errp, "%s: what is above it was taken out of force; use"
                   " another bus=", object_get_typename(OBJECT(dev)));
        return false;
    }
    /* QEMU would put it where a bridge has no BAR */
    if (object_dynamic_cast(OBJECT(dev), TYPE_PCI_BRIDGE) && pci->romfile &&
        *pci->romfile) {
        error_setg(errp, "%s: a port has no ROM; leave out romfile=",
                   object_get_typename(OBJECT(dev)));
        return false;
    }
    return true;
}

void cxl_function_realize_once(DeviceState *dev, Error **errp)
{
    if (cxl_function_check(dev, errp)) {
        DEVICE_CLASS(object_class_by_name(TYPE_PCI_DEVICE))->realize(dev, errp);
    }
}

void cxl_function_unrealize_last(DeviceState *dev)
{
    DEVICE_CLASS(object_class_by_name(TYPE_PCI_DEVICE))->unrealize(dev);
    cxl_accel_wait_vcpus();
}

bool cxl_function_realize(CxlFunction *f, PCIDevice *pci,
                          const CxlComponentConfig *config, uint64_t serial,
                          Error **errp)
{
    const CxlDvsecConfig dvsecs = { .kind = config->kind };

    if (config->decoders &&
        !cxl_component_decoders_valid(config->kind, config->decoders)) {
        error_setg(errp, "%s: decoders must be 1, 2, 4, 6, 8 or 10",
                   object_get_typename(OBJECT(pci)));
        return false;
    }
    cxl_config_add_caps(pci, config->kind, serial);
    if (!cxl_component_init(&f->component, config) ||
        !cxl_confspace_init(&f->space, &dvsecs, pci->config)) {
        error_setg(errp, "%s: the tables of registers do not fit",
                   object_get_typename(OBJECT(pci)));
        return false;
    }
    f->outlet = (CxlOutlet) {
        .id = DEVICE(pci)->id, .pci = pci,
        .dvsecs = &f->space.dvsecs,
    };
    cxl_mmio_init_component(&f->mmio, OBJECT(pci), &f->component, &f->outlet);
    cxl_function_add_bar(pci, CXL_BAR_COMPONENT, &f->mmio);
    f->pci = pci;
    return true;
}

void cxl_function_unrealize(CxlFunction *f)
{
    f->pci = NULL;
}

void cxl_function_reset(CxlFunction *f, CxlReset kind)
{
    cxl_report_reset(f->outlet.id, kind);
    cxl_component_reset(&f->component, kind);
    cxl_confspace_reset(&f->space, kind);
    cxl_fabric_mark();
}

bool cxl_function_uncorrectable(CxlFunction *f, uint32_t error,
                                const uint32_t *header, CxlEffects *effects)
{
    bool recorded = cxl_component_uncorrectable(&f->component, error, header,
                                                effects);

    if (effects->aer & CXL_AER_FATAL) {
        cxl_dvsecs_enter_viral(&f->space.dvsecs);
    }
    return recorded;
}
