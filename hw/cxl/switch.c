/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-upstream and cxl-downstream: the ports of a CXL switch (CXL 3.1 7.1)
 *
 * As PCI Express ports they are QEMU's generic switch ports; what CXL adds is
 * component registers and DVSECs. Only the upstream port has HDM decoders.
 */
#include "qemu/osdep.h"
#include "port.h"

#include "config.h"
#include "fabric.h"
#include "compat.h"
#include "link.h"
#include "slot.h"
#include "hw/cxl/spec/cdat.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define CXL_SWITCH_VENDOR_ID     0x19e5
#define CXL_UPSTREAM_DEVICE_ID   0xa128
#define CXL_DOWNSTREAM_DEVICE_ID 0xa129
/* Defaults of the performance options: picoseconds, MB/s */
#define CXL_SWITCH_LATENCY       50000
#define CXL_SWITCH_BANDWIDTH     64000

/* QEMU's PCI Express switch ports */
#define TYPE_PCIE_UPSTREAM   "x3130-upstream"
#define TYPE_PCIE_DOWNSTREAM "xio3130-downstream"

/* What the parent classes do, which serve all devices of a class alike */
typedef struct CxlSwitchPortParent {
    void (*realize)(PCIDevice *pci, Error **errp);
    PCIUnregisterFunc *exit;
    PCIConfigWriteFunc *config_write;
    ResettablePhases phases;
} CxlSwitchPortParent;

static CxlSwitchPortParent upstream_parent;
static CxlSwitchPortParent downstream_parent;

static uint8_t *build_cdat(CxlUpstreamPort *usp, uint32_t *size, Error **errp)
{
    /* One value for all ways through the switch */
    CxlCdatPortPair pair = {
        .port_x = CXL_SSLBIS_UPSTREAM_PORT,
        .port_y = CXL_SSLBIS_ANY_PORT,
        .perf = { { CXL_SWITCH_LATENCY, CXL_SWITCH_LATENCY,
                    CXL_SWITCH_BANDWIDTH, CXL_SWITCH_BANDWIDTH } },
    };
    CxlCdatError why;
    uint8_t *bytes;

    if (!cxl_perf_parse(&usp->perf, TYPE_CXL_USP, "", &pair.perf, errp)) {
        return NULL;
    }
    bytes = g_malloc0(CXL_CDAT_SWITCH_SIZE(1));
    *size = cxl_cdat_build_switch(&pair, 1, 0, bytes, CXL_CDAT_SWITCH_SIZE(1),
                                  &why);
    if (!*size) {
        error_setg(errp, "cxl-upstream: no CDAT can be built: %s", why.reason);
        g_free(bytes);
        return NULL;
    }
    return bytes;
}

static bool init_doe(CxlUpstreamPort *usp, Error **errp)
{
    CxlCdatTable table = {};

    usp->cdat = usp->cdat_file ?
        cxl_cdat_load(TYPE_CXL_USP, usp->cdat_file, &table.size, errp) :
        build_cdat(usp, &table.size, errp);
    if (!usp->cdat) {
        return false;
    }
    table.bytes = usp->cdat;
    cxl_confspace_add_doe(&usp->function.space, &table,
                          CXL_CONFSPACE_NO_VECTOR);
    return true;
}

static void cxl_usp_realize(PCIDevice *pci, Error **errp)
{
    CxlUpstreamPort *usp = CXL_USP(pci);
    CxlComponentConfig config = {
        .kind = CXL_UPSTREAM_PORT,
        .decoders = usp->decoders,
    };
    ERRP_GUARD();

    if (!cxl_port_above(pci)) {
        error_setg(errp, "cxl-upstream belongs below a CXL port: give bus="
                   " the id of a cxl-rp or cxl-downstream");
        return;
    }
    if (!cxl_component_decoders_valid(CXL_UPSTREAM_PORT, usp->decoders) ||
        !usp->decoders) {
        error_setg(errp, "cxl-upstream: decoders must be 1, 2, 4, 6, 8 or 10");
        return;
    }
    upstream_parent.realize(pci, errp);
    if (*errp) {
        return;
    }
    cxl_function_limit_speed(pci, &usp->speed);
    pcie_cap_fill_link_ep_usp(pci, usp->width, usp->speed);
    if (!cxl_function_realize(&usp->function, pci, &config, usp->serial,
                              errp) ||
        !init_doe(usp, errp)) {
        PCI_DEVICE_GET_CLASS(pci)->exit(pci);
        return;
    }
    cxl_slot_switch_realize(pci);
}

static void cxl_usp_exit(PCIDevice *pci)
{
    CxlUpstreamPort *usp = CXL_USP(pci);

    /* The topology leaves out a port that is not realized any more */
    cxl_fabric_leave();
    cxl_function_unrealize(&usp->function);
    g_clear_pointer(&usp->cdat, g_free);
    upstream_parent.exit(pci);
}

static uint32_t cxl_usp_read_config(PCIDevice *pci, uint32_t addr, int len)
{
    return cxl_config_read(pci, &CXL_USP(pci)->function.space, addr, len);
}

static void cxl_usp_write_config(PCIDevice *pci, uint32_t addr, uint32_t val,
                                 int len)
{
    cxl_port_write_config(&CXL_USP(pci)->function,
                          upstream_parent.config_write, addr, val, len);
}

static void cxl_usp_reset_hold(Object *obj, ResetType type)
{
    CxlFunction *f = &CXL_USP(obj)->function;

    if (f->pci) {
        upstream_parent.phases.hold(obj, type);
        cxl_port_reset(f);
    }
}

static void cxl_dsp_realize(PCIDevice *pci, Error **errp)
{
    CxlComponentConfig config = { .kind = CXL_DOWNSTREAM_PORT };
    ERRP_GUARD();

    if (!object_dynamic_cast(OBJECT(BUS(pci_get_bus(pci))->parent),
                             TYPE_CXL_USP)) {
        error_setg(errp, "cxl-downstream belongs below an upstream port: give"
                   " bus= the id of a cxl-upstream");
        return;
    }
    if (!cxl_port_number(pci, errp)) {
        return;
    }
    cxl_function_limit_speed(pci, &PCIE_SLOT(pci)->speed);
    downstream_parent.realize(pci, errp);
    if (*errp) {
        return;
    }
    if (!cxl_function_realize(&CXL_DSP(pci)->function, pci, &config,
                              CXL_NO_SERIAL, errp)) {
        PCI_DEVICE_GET_CLASS(pci)->exit(pci);
        return;
    }
    cxl_link_realize(&CXL_DSP(pci)->function);
}

static void cxl_dsp_exit(PCIDevice *pci)
{
    cxl_function_unrealize(&CXL_DSP(pci)->function);
    downstream_parent.exit(pci);
}

static void cxl_dsp_write_config(PCIDevice *pci, uint32_t addr, uint32_t val,
                                 int len)
{
    cxl_port_write_config(&CXL_DSP(pci)->function,
                          downstream_parent.config_write, addr, val, len);
}

static void cxl_dsp_reset_hold(Object *obj, ResetType type)
{
    CxlFunction *f = &CXL_DSP(obj)->function;

    if (f->pci) {
        downstream_parent.phases.hold(obj, type);
        cxl_port_reset(f);
    }
}

static const VMStateDescription cxl_usp_vmstate = {
    .name = TYPE_CXL_USP,
    .unmigratable = 1,
};

static const VMStateDescription cxl_dsp_vmstate = {
    .name = TYPE_CXL_DSP,
    .unmigratable = 1,
};

static const Property cxl_usp_properties[] = {
    DEFINE_PROP_UINT64("sn", CxlUpstreamPort, serial, CXL_NO_SERIAL),
    DEFINE_PROP_UINT8("decoders", CxlUpstreamPort, decoders, 8),
    DEFINE_PROP_STRING("cdat", CxlUpstreamPort, cdat_file),
    CXL_PERF_PROPERTIES("", CxlUpstreamPort, perf),
    DEFINE_PROP_PCIE_LINK_SPEED("x-speed", CxlUpstreamPort, speed,
                                PCIE_LINK_SPEED_32),
    DEFINE_PROP_PCIE_LINK_WIDTH("x-width", CxlUpstreamPort, width,
                                PCIE_LINK_WIDTH_16),
};

static const Property cxl_dsp_properties[] = {
    DEFINE_PROP_PCIE_LINK_SPEED("x-speed", PCIESlot, speed,
                                PCIE_LINK_SPEED_32),
    DEFINE_PROP_PCIE_LINK_WIDTH("x-width", PCIESlot, width,
                                PCIE_LINK_WIDTH_16),
};

static void take_over(ObjectClass *klass, CxlSwitchPortParent *parent,
                      void (*realize)(PCIDevice *, Error **),
                      PCIConfigWriteFunc *config_write,
                      ResettableHoldPhase hold)
{
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    DEVICE_CLASS(klass)->realize = cxl_function_realize_once;
    DEVICE_CLASS(klass)->unrealize = cxl_function_unrealize_last;
    parent->realize = k->realize;
    parent->exit = k->exit;
    parent->config_write = k->config_write;
    k->realize = realize;
    k->config_write = config_write;
    resettable_class_set_parent_phases(RESETTABLE_CLASS(klass), NULL, hold,
                                       cxl_fabric_reset_exit,
                                       &parent->phases);
}

static void cxl_usp_class_init(ObjectClass *klass, CxlClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    take_over(klass, &upstream_parent, cxl_usp_realize, cxl_usp_write_config,
              cxl_usp_reset_hold);
    cxl_slot_switch_class_init(klass);
    k->exit = cxl_usp_exit;
    k->config_read = cxl_usp_read_config;
    k->vendor_id = CXL_SWITCH_VENDOR_ID;
    k->device_id = CXL_UPSTREAM_DEVICE_ID;
    k->revision = 0;
    dc->desc = "CXL switch upstream port";
    dc->vmsd = &cxl_usp_vmstate;
    device_class_set_props(dc, cxl_usp_properties);
}

static void cxl_dsp_class_init(ObjectClass *klass, CxlClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    take_over(klass, &downstream_parent, cxl_dsp_realize,
              cxl_dsp_write_config, cxl_dsp_reset_hold);
    k->exit = cxl_dsp_exit;
    cxl_slot_class_init(klass);
    k->vendor_id = CXL_SWITCH_VENDOR_ID;
    k->device_id = CXL_DOWNSTREAM_DEVICE_ID;
    k->revision = 0;
    dc->desc = "CXL switch downstream port";
    dc->vmsd = &cxl_dsp_vmstate;
    device_class_set_props(dc, cxl_dsp_properties);
}

static const TypeInfo cxl_switch_types[] = {
    {
        .name = TYPE_CXL_USP,
        .parent = TYPE_PCIE_UPSTREAM,
        .instance_size = sizeof(CxlUpstreamPort),
        .class_init = cxl_usp_class_init,
        .interfaces = (InterfaceInfo[]) {
            { INTERFACE_CXL_DEVICE },
            { TYPE_HOTPLUG_HANDLER },
            { },
        },
    }, {
        .name = TYPE_CXL_DSP,
        .parent = TYPE_PCIE_DOWNSTREAM,
        .instance_size = sizeof(CxlDownstreamPort),
        .class_init = cxl_dsp_class_init,
        .interfaces = (InterfaceInfo[]) { { INTERFACE_CXL_DEVICE }, { } },
    },
};

DEFINE_TYPES(cxl_switch_types)
