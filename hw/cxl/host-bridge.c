/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CXL host bridge: pxb-cxl and the host behind it (CXL 3.1 8.2.2, 9.12)
 *
 * The user creates a pxb-cxl on the machine's root bus; it brings a host with
 * a root bus of its own, on which the root ports sit. The bridge's component
 * registers (CHBCR) lie outside of any PCI function, in the machine's register
 * area, and are announced by the CEDT.
 */
#include "qemu/osdep.h"
#include "host-bridge.h"

#include "fabric.h"
#include "compat.h"
#include "function.h"
#include "port.h"
#include "report.h"
#include "hw/pci-bridge/pci_expander_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_CXL_ROOT_BUS "pxb-cxl-root-bus"

static CxlPxb *pxb_of(const CxlHostBridge *hb)
{
    return CXL_PXB(PCI_HOST_BRIDGE(hb)->bus->parent_dev);
}

const char *cxl_host_bridge_id(const CxlHostBridge *hb)
{
    return DEVICE(pxb_of(hb))->id;
}

uint8_t cxl_host_bridge_uid(const CxlHostBridge *hb)
{
    return PXB_DEV(pxb_of(hb))->bus_nr;
}

static unsigned count_root_ports(PCIBus *bus)
{
    unsigned n = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(bus->devices); i++) {
        n += bus->devices[i] && object_dynamic_cast(OBJECT(bus->devices[i]),
                                                    TYPE_CXL_RP);
    }
    return n;
}

void cxl_host_bridge_attach(CxlHostBridge *hb, MemoryRegion *mr, hwaddr offset)
{
    CxlPxb *pxb = pxb_of(hb);
    bool passthrough = !pxb->hdm_for_passthrough &&
                       count_root_ports(PCI_HOST_BRIDGE(hb)->bus) == 1;
    CxlComponentConfig config = {
        .kind = CXL_HOST_BRIDGE,
        .decoders = passthrough ? 0 : pxb->decoders,
    };

    if (!cxl_component_init(&hb->component, &config)) {
        g_assert_not_reached();
    }
    hb->outlet.id = DEVICE(pxb)->id;
    cxl_mmio_init_component(&hb->mmio, OBJECT(hb), &hb->component,
                            &hb->outlet);
    memory_region_add_subregion(mr, offset, &hb->mmio.mr);
    hb->ready = true;
}

static void cxl_host_bridge_reset(Object *obj, ResetType type)
{
    CxlHostBridge *hb = CXL_PXB_HOST(obj);

    if (hb->ready) {
        cxl_report_reset(hb->outlet.id, CXL_RESET_WARM);
        cxl_component_reset(&hb->component, CXL_RESET_WARM);
        cxl_fabric_mark();
    }
}

static void cxl_host_bridge_class_init(ObjectClass *klass, CxlClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "CXL host bridge";
    /* Part of pxb-cxl */
    dc->user_creatable = false;
    rc->phases.hold = cxl_host_bridge_reset;
    rc->phases.exit = cxl_fabric_reset_exit;
}

static const TypeInfo cxl_host_bridge_type = {
    .name = TYPE_CXL_PXB_HOST,
    .parent = TYPE_PXB_HOST,
    .instance_size = sizeof(CxlHostBridge),
    .class_init = cxl_host_bridge_class_init,
};

/*
 * QEMU plugs a device without bus= into the first bus with room, which may
 * well be this one.
 */
static bool cxl_root_bus_check(BusState *bus, DeviceState *dev, Error **errp)
{
    if (object_dynamic_cast(OBJECT(dev), TYPE_CXL_RP)) {
        return true;
    }
    error_setg(errp, "%s cannot be on the CXL host bridge '%s', which takes"
               " only cxl-rp; %s", object_get_typename(OBJECT(dev)), bus->name,
               object_dynamic_cast(OBJECT(dev), INTERFACE_CXL_DEVICE) ?
               "give it bus= with the id of a CXL port" :
               "give it a bus, for example bus=pcie.0");
    return false;
}

static void cxl_root_bus_class_init(ObjectClass *klass, CxlClassData *data)
{
    BUS_CLASS(klass)->check_address = cxl_root_bus_check;
}

static const TypeInfo cxl_root_bus_type = {
    .name = TYPE_CXL_ROOT_BUS,
    .parent = TYPE_PXB_CXL_BUS,
    .class_init = cxl_root_bus_class_init,
};

static bool bus_nr_taken(PCIDevice *dev, unsigned first, unsigned last)
{
    PCIBus *bus;

    QLIST_FOREACH(bus, &pci_get_bus(dev)->child, sibling) {
        unsigned bus_nr = pci_bus_num(bus);

        if (pci_bus_is_root(bus) && bus_nr >= first && bus_nr <= last) {
            return true;
        }
    }
    return false;
}

/* A bridge without bus_nr= gets the lowest free run of 16 bus numbers */
static void pick_bus_nr(PCIDevice *dev)
{
    for (unsigned bus_nr = 16; bus_nr < 256; bus_nr += 16) {
        if (!bus_nr_taken(dev, bus_nr - 15, bus_nr + 15)) {
            PXB_DEV(dev)->bus_nr = bus_nr;
            return;
        }
    }
}

static bool check_bus_nr(PCIDevice *dev, Error **errp)
{
    uint8_t bus_nr;

    if (!PXB_DEV(dev)->bus_nr) {
        pick_bus_nr(dev);
    }
    bus_nr = PXB_DEV(dev)->bus_nr;
    if (!bus_nr) {
        error_setg(errp, "pxb-cxl: no 16 bus numbers are free in a row; give"
                   " bus_nr=");
        return false;
    }
    if (bus_nr_taken(dev, bus_nr, bus_nr)) {
        error_setg(errp, "pxb-cxl: bus_nr=%u is taken by another bus; give"
                   " each bridge a bus_nr of its own, with room for the buses"
                   " below it", bus_nr);
        return false;
    }
    return true;
}

static bool check_options(PCIDevice *dev, Error **errp)
{
    PCIBus *bus = pci_get_bus(dev);

    if (!cxl_fabric_is_open()) {
        error_setg(errp, "pxb-cxl needs a machine with CXL: use -machine"
                   " q35,cxl=on (x86_64) or -machine virt,cxl=on (aarch64)");
        return false;
    }
    if (!pci_bus_is_express(bus) || !pci_bus_is_root(bus) ||
        bus->parent_dev) {
        error_setg(errp, "pxb-cxl belongs on the machine's PCI Express root"
                   " bus: use bus=pcie.0");
        return false;
    }
    if (!cxl_component_decoders_valid(CXL_HOST_BRIDGE,
                                      CXL_PXB(dev)->decoders)) {
        error_setg(errp, "pxb-cxl: decoders must be 1, an even number up to"
                   " 16, or 20, 24, 28 or 32");
        return false;
    }
    return check_bus_nr(dev, errp);
}

static CxlHostBridge *host_below(PCIDevice *dev)
{
    PCIBus *bus;

    QLIST_FOREACH(bus, &pci_get_bus(dev)->child, sibling) {
        if (bus->parent_dev == dev) {
            return CXL_PXB_HOST(BUS(bus)->parent);
        }
    }
    return NULL;
}

static void cxl_pxb_realize(PCIDevice *dev, Error **errp)
{
    if (!check_options(dev, errp) ||
        !pxb_dev_realize_root(dev, TYPE_CXL_PXB_HOST, TYPE_CXL_ROOT_BUS,
                              errp)) {
        return;
    }
    if (!cxl_fabric_add_bridge(host_below(dev))) {
        error_setg(errp, "a machine has room for %d pxb-cxl host bridges;"
                   " remove one", CXL_FABRIC_MAX_BRIDGES);
    }
}

static const Property cxl_pxb_properties[] = {
    DEFINE_PROP_BOOL("hdm_for_passthrough", CxlPxb, hdm_for_passthrough, true),
    DEFINE_PROP_UINT8("decoders", CxlPxb, decoders, 8),
};

static const VMStateDescription cxl_pxb_vmstate = {
    .name = TYPE_CXL_PXB,
    .unmigratable = 1,
};

static void cxl_pxb_class_init(ObjectClass *klass, CxlClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = cxl_pxb_realize;
    k->exit = pxb_dev_exit;
    k->vendor_id = PCI_VENDOR_ID_REDHAT;
    k->device_id = PCI_DEVICE_ID_REDHAT_PXB_PCIE;
    k->class_id = PCI_CLASS_BRIDGE_HOST;

    dc->realize = cxl_function_realize_once;
    dc->desc = "CXL host bridge (PCI expander)";
    dc->vmsd = &cxl_pxb_vmstate;
    dc->hotpluggable = false;
    device_class_set_props(dc, cxl_pxb_properties);
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo cxl_pxb_type = {
    .name = TYPE_CXL_PXB,
    .parent = TYPE_PXB_DEV,
    .instance_size = sizeof(CxlPxb),
    .class_init = cxl_pxb_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { },
    },
};

static void cxl_host_bridge_register(void)
{
    type_register_static(&cxl_host_bridge_type);
    type_register_static(&cxl_root_bus_type);
    type_register_static(&cxl_pxb_type);
}

type_init(cxl_host_bridge_register)
