/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-rp: a CXL root port (CXL 3.1 8.1, 8.2)
 */
#include "qemu/osdep.h"
#include "port.h"

#include "config.h"
#include "fabric.h"
#include "compat.h"
#include "host-bridge.h"
#include "link.h"
#include "slot.h"
#include "hw/pci/msi.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define CXL_RP_VENDOR_ID     0x8086
#define CXL_RP_DEVICE_ID     0x7075
#define CXL_RP_SSVID_OFFSET  0x40
#define CXL_RP_MSI_OFFSET    0x60
#define CXL_RP_MSI_VECTORS   2
#define CXL_RP_EXP_OFFSET    0x90
/* Vector 0 serves hotplug and power management, vector 1 errors */
#define CXL_RP_AER_VECTOR    1

static uint8_t cxl_rp_aer_vector(const PCIDevice *pci)
{
    return msi_nr_vectors_allocated(pci) > CXL_RP_AER_VECTOR ?
           CXL_RP_AER_VECTOR : 0;
}

static int cxl_rp_interrupts_init(PCIDevice *pci, Error **errp)
{
    int rc = msi_init(pci, CXL_RP_MSI_OFFSET, CXL_RP_MSI_VECTORS, true, true,
                      errp);

    return rc == -ENOTSUP ? rc : 0;
}

static void cxl_rp_interrupts_uninit(PCIDevice *pci)
{
    msi_uninit(pci);
}

/*
 * SeaBIOS and edk2 look for a reservation in ports of QEMU's own identity only,
 * and without bus numbers nobody can plug a switch in.
 */
static void take_identity(CxlRootPort *rp)
{
    PCIDevice *pci = PCI_DEVICE(rp);

    if (pci_find_capability(pci, PCI_CAP_ID_VNDR)) {
        pci_config_set_vendor_id(pci->config, PCI_VENDOR_ID_REDHAT);
        pci_config_set_device_id(pci->config, PCI_DEVICE_ID_REDHAT_PCIE_RP);
    }
}

static void cxl_rp_realize(DeviceState *dev, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(dev);
    CxlRootPort *rp = CXL_RP(dev);
    PCIERootPortClass *rpc = PCIE_ROOT_PORT_GET_CLASS(pci);
    CxlComponentConfig config = { .kind = CXL_ROOT_PORT };
    Error *local_err = NULL;

    if (!object_dynamic_cast(OBJECT(pci_get_bus(pci)->qbus.parent),
                             TYPE_CXL_PXB_HOST)) {
        error_setg(errp, "cxl-rp belongs on a CXL host bridge: give bus= the"
                   " id of a pxb-cxl");
        return;
    }
    if (!cxl_function_check(dev, errp) ||
        !cxl_port_number(pci, errp)) {
        return;
    }
    cxl_function_limit_speed(pci, &PCIE_SLOT(pci)->speed);
    rpc->parent_realize(dev, &local_err);
    if (local_err) {
        error_propagate(errp, local_err);
        return;
    }
    if (pci_bridge_qemu_reserve_cap_init(pci, 0, rp->reserve, errp) < 0 ||
        !cxl_function_realize(&rp->function, pci, &config, CXL_NO_SERIAL,
                              errp)) {
        rpc->parent_class.exit(pci);
        return;
    }
    take_identity(rp);
    cxl_link_realize(&rp->function);
}

static PCIDeviceClass *parent_class(PCIDevice *pci)
{
    return PCI_DEVICE_CLASS(
        object_class_get_parent(object_get_class(OBJECT(pci))));
}

static void cxl_rp_write_config(PCIDevice *pci, uint32_t addr, uint32_t val,
                                int len)
{
    CxlRootPort *rp = CXL_RP(pci);

    cxl_port_write_config(&rp->function, parent_class(pci)->config_write, addr,
                          val, len);
}

static void cxl_rp_exit(PCIDevice *pci)
{
    cxl_function_unrealize(&CXL_RP(pci)->function);
    parent_class(pci)->exit(pci);
}

static void cxl_rp_reset_hold(Object *obj, ResetType type)
{
    CxlRootPort *rp = CXL_RP(obj);
    PCIERootPortClass *rpc = PCIE_ROOT_PORT_GET_CLASS(obj);

    if (!rp->function.pci) {
        return;
    }
    if (rpc->parent_phases.hold) {
        rpc->parent_phases.hold(obj, type);
    }
    cxl_port_reset(&rp->function);
}

static const Property cxl_rp_properties[] = {
    DEFINE_PROP_UINT32("bus-reserve", CxlRootPort, reserve.bus, -1),
    DEFINE_PROP_SIZE("io-reserve", CxlRootPort, reserve.io, -1),
    DEFINE_PROP_SIZE("mem-reserve", CxlRootPort, reserve.mem_non_pref, -1),
    DEFINE_PROP_SIZE("pref32-reserve", CxlRootPort, reserve.mem_pref_32, -1),
    DEFINE_PROP_SIZE("pref64-reserve", CxlRootPort, reserve.mem_pref_64, -1),
    DEFINE_PROP_PCIE_LINK_SPEED("x-speed", PCIESlot, speed,
                                PCIE_LINK_SPEED_32),
    DEFINE_PROP_PCIE_LINK_WIDTH("x-width", PCIESlot, width,
                                PCIE_LINK_WIDTH_16),
};

static const VMStateDescription cxl_rp_vmstate = {
    .name = TYPE_CXL_RP,
    .unmigratable = 1,
};

static void cxl_rp_class_init(ObjectClass *klass, CxlClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);
    PCIERootPortClass *rpc = PCIE_ROOT_PORT_CLASS(klass);

    k->vendor_id = CXL_RP_VENDOR_ID;
    k->device_id = CXL_RP_DEVICE_ID;
    k->config_write = cxl_rp_write_config;
    k->exit = cxl_rp_exit;

    dc->desc = "CXL root port";
    dc->vmsd = &cxl_rp_vmstate;
    /* The host bridge's layout is fixed once the machine runs */
    dc->hotpluggable = false;
    device_class_set_props(dc, cxl_rp_properties);
    device_class_set_parent_realize(dc, cxl_rp_realize, &rpc->parent_realize);
    dc->unrealize = cxl_function_unrealize_last;
    resettable_class_set_parent_phases(rc, NULL, cxl_rp_reset_hold,
                                       cxl_fabric_reset_exit,
                                       &rpc->parent_phases);

    cxl_slot_class_init(klass);

    rpc->aer_vector = cxl_rp_aer_vector;
    rpc->interrupts_init = cxl_rp_interrupts_init;
    rpc->interrupts_uninit = cxl_rp_interrupts_uninit;
    rpc->exp_offset = CXL_RP_EXP_OFFSET;
    rpc->ssvid_offset = CXL_RP_SSVID_OFFSET;
    rpc->aer_offset = cxl_config_ext_cap(CXL_ROOT_PORT,
                                         PCI_EXT_CAP_ID_ERR);
    rpc->acs_offset = cxl_config_ext_cap(CXL_ROOT_PORT,
                                         PCI_EXT_CAP_ID_ACS);
}

static const TypeInfo cxl_rp_type = {
    .name = TYPE_CXL_RP,
    .parent = TYPE_PCIE_ROOT_PORT,
    .instance_size = sizeof(CxlRootPort),
    .class_init = cxl_rp_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CXL_DEVICE },
        { },
    },
};

static void cxl_rp_register(void)
{
    type_register_static(&cxl_rp_type);
}

type_init(cxl_rp_register)
