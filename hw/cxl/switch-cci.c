/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-switch-mailbox-cci: the function beside a switch's upstream port through
 * which a host manages the switch (CXL 3.1 7.2.9, 8.1.13)
 *
 * What it reports is read from the ports as they are when a command asks.
 */
#include "qemu/osdep.h"

#include "config.h"
#include "fabric.h"
#include "hw/cxl/core/switch-cci.h"
#include "hw/cxl/spec/payload-switch.h"
#include "compat.h"
#include "link.h"
#include "port.h"
#include "report.h"
#include "type3.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_CXL_SWITCH_MAILBOX_CCI "cxl-switch-mailbox-cci"
OBJECT_DECLARE_SIMPLE_TYPE(CxlSwitchMailboxCci, CXL_SWITCH_MAILBOX_CCI)

#define CXL_SWITCH_CCI_VENDOR_ID  0x19e5
#define CXL_SWITCH_CCI_DEVICE_ID  0xa123
/* Serial bus controller, CXL fabric management host interface, 8.1.13.1 */
#define CXL_SWITCH_CCI_CLASS      0x0c0b
#define CXL_SWITCH_CCI_EXP_OFFSET 0x80
#define CXL_SWITCH_CCI_BAR        0
#define CXL_SWITCH_CCI_BAR_MSIX   4

/**
 * struct CxlSwitchMailboxCci - a switch mailbox CCI
 * @cci: device registers, mailbox and commands
 * @mmio: the same as MMIO, BAR0
 * @space: the register locator
 * @outlet: carries out what the model asks for; its PCI function is NULL while
 *          the device is not realized
 * @target: upstream port of the switch
 */
struct CxlSwitchMailboxCci {
    PCIDevice parent_obj;

    CxlSwitchCci cci;
    CxlMmio mmio;
    CxlConfSpace space;
    CxlOutlet outlet;
    CxlUpstreamPort *target;
};

/* The downstream port whose number is @id, or NULL */
static PCIDevice *downstream_port(CxlUpstreamPort *usp, uint8_t id)
{
    PCIBus *bus = pci_bridge_get_sec_bus(PCI_BRIDGE(usp));

    for (unsigned devfn = 0; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        PCIDevice *pci = bus->devices[devfn];

        if (pci && pci->qdev.realized &&
            object_dynamic_cast(OBJECT(pci), TYPE_CXL_DSP) &&
            PCIE_PORT(pci)->port == id) {
            return pci;
        }
    }
    return NULL;
}

static CxlSwitchPeer peer_below(PCIDevice *port)
{
    PCIDevice *pci = cxl_port_below(port);

    if (!pci) {
        return CXL_PEER_NONE;
    }
    if (object_dynamic_cast(OBJECT(pci), TYPE_CXL_TYPE3)) {
        return CXL_PEER_TYPE3;
    }
    return object_dynamic_cast(OBJECT(pci), TYPE_CXL_USP) ? CXL_PEER_SWITCH
                                                          : CXL_PEER_PCIE;
}

/*
 * Port numbers of downstream ports are HDM targets: users choose them with
 * care. An upstream port that was given none has number 0, which then belongs
 * to the downstream port.
 */
static bool switch_port(void *opaque, uint8_t id, CxlSwitchPort *port)
{
    CxlSwitchMailboxCci *s = opaque;
    PCIDevice *usp = PCI_DEVICE(s->target);
    PCIDevice *dsp;

    if (!usp->qdev.realized) {
        return false;
    }
    dsp = downstream_port(s->target, id);
    if (dsp) {
        unsigned down = CXL_DSP(dsp)->function.link_down;

        port->peer = peer_below(dsp);
        port->down = down;
        port->perst = down & CXL_LINK_PERST;
        port->link = cxl_link_read(dsp);
    } else if (PCIE_PORT(usp)->port == id) {
        port->upstream = true;
        port->peer = CXL_PEER_HOST;
        port->link = cxl_link_read(usp);
    } else {
        return false;
    }
    return true;
}

static CxlRet switch_tunnel(void *opaque, uint8_t id, uint16_t opcode,
                            const uint8_t *in, uint32_t in_len, uint8_t *out,
                            uint32_t out_size, uint32_t *out_len)
{
    CxlSwitchMailboxCci *s = opaque;
    CxlType3 *t3 = CXL_TYPE3(cxl_port_below(downstream_port(s->target, id)));
    CxlEffects effects = {};
    CxlRet ret = cxl_mailbox_tunnel(&t3->endpoint.memdev.mailbox, opcode, in,
                                    in_len, out, out_size, out_len,
                                    cxl_time_now(), &effects);

    cxl_effects_apply(&t3->outlet, &effects);
    return ret;
}

static const CxlSwitchOps switch_ops = {
    .port = switch_port,
    .tunnel = switch_tunnel,
};

/* The port is there: the model has looked, and nothing has happened since */
static void control_port(PCIDevice *pci, const CxlPortControl *control)
{
    CxlSwitchMailboxCci *s = CXL_SWITCH_MAILBOX_CCI(pci);
    PCIDevice *dsp = downstream_port(s->target, control->id);

    if (control->opcode == CXL_PORT_RESET) {
        device_cold_reset(DEVICE(dsp));
    } else {
        cxl_link_change(&CXL_DSP(dsp)->function, CXL_LINK_PERST,
                        control->opcode == CXL_PORT_ASSERT_PERST);
    }
    cxl_fabric_settle();
}

static bool check_target(CxlSwitchMailboxCci *s, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(s);
    PCIDevice *usp = PCI_DEVICE(s->target);

    if (!usp) {
        error_setg(errp, "cxl-switch-mailbox-cci: give target= the id of the"
                   " cxl-upstream whose switch it manages");
        return false;
    }
    if (pci_get_bus(pci) != pci_get_bus(usp) ||
        PCI_SLOT(pci->devfn) != PCI_SLOT(usp->devfn)) {
        error_setg(errp, "cxl-switch-mailbox-cci must be a function of the"
                   " device that its target is: give bus=%s,addr=%x.1",
                   pci_get_bus(usp)->qbus.name, PCI_SLOT(usp->devfn));
        return false;
    }
    return true;
}

static bool init_pcie(PCIDevice *pci, Error **errp)
{
    if (pcie_endpoint_cap_init(pci, CXL_SWITCH_CCI_EXP_OFFSET) < 0) {
        error_setg(errp, "cxl-switch-mailbox-cci: no room for the PCI Express"
                   " capability");
        return false;
    }
    pcie_cap_flr_init(pci);
    pcie_cap_deverr_init(pci);
    return pcie_aer_init(pci, PCI_ERR_VER,
                         cxl_config_ext_cap(CXL_MAILBOX_CCI,
                                            PCI_EXT_CAP_ID_ERR),
                         PCI_ERR_SIZEOF, errp) >= 0;
}

/* All functions of a device have one serial number (PCIe 7.9.3.2) */
static void init_ext_caps(CxlSwitchMailboxCci *s)
{
    PCIDevice *pci = PCI_DEVICE(s);

    cxl_config_add_caps(pci, CXL_MAILBOX_CCI, s->target->serial);
}

static bool init_registers(CxlSwitchMailboxCci *s, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(s);
    const CxlDvsecConfig dvsecs = { .kind = CXL_MAILBOX_CCI };
    CxlUpstreamPort *usp = s->target;
    PCIDeviceClass *k = PCI_DEVICE_GET_CLASS(usp);
    CxlSwitchCciConfig config = {
        .vendor = k->vendor_id,
        .device = k->device_id,
        .serial = usp->serial == CXL_NO_SERIAL ? 0 : usp->serial,
        .ingress_port = PCIE_PORT(usp)->port,
        .hdm_decoders = usp->decoders,
        .ops = &switch_ops,
        .opaque = s,
    };

    if (!cxl_switch_cci_init(&s->cci, &config) ||
        !cxl_confspace_init(&s->space, &dvsecs, pci->config)) {
        error_setg(errp, "cxl-switch-mailbox-cci: the tables of registers or"
                   " commands do not fit");
        return false;
    }
    cxl_mmio_init_device(&s->mmio, OBJECT(s), &s->cci.mailbox, &s->outlet);
    cxl_function_add_bar(pci, CXL_SWITCH_CCI_BAR, &s->mmio);
    return true;
}

/* Table 8-2, note 2: the upstream port says that it has this beside it */
static void show_in_upstream_port(CxlSwitchMailboxCci *s, bool present)
{
    CxlFunction *usp = &s->target->function;

    /* When a switch is unplugged, its functions go in any order */
    if (usp->pci) {
        cxl_config_set_non_cxl(usp->pci, &usp->space, PCI_DEVICE(s)->devfn,
                               present);
    }
}

static void cxl_switch_cci_realize(PCIDevice *pci, Error **errp)
{
    CxlSwitchMailboxCci *s = CXL_SWITCH_MAILBOX_CCI(pci);

    if (!check_target(s, errp) || !init_pcie(pci, errp)) {
        return;
    }
    init_ext_caps(s);
    if (!init_registers(s, errp) ||
        msix_init_exclusive_bar(pci, CXL_MAILBOX_VECTORS,
                                CXL_SWITCH_CCI_BAR_MSIX, errp) < 0) {
        pcie_aer_exit(pci);
        return;
    }
    for (unsigned i = 0; i < CXL_MAILBOX_VECTORS; i++) {
        msix_vector_use(pci, i);
    }
    s->outlet = (CxlOutlet) {
        .id = DEVICE(pci)->id, .pci = pci, .control_port = control_port,
    };
    show_in_upstream_port(s, true);
}

static void cxl_switch_cci_exit(PCIDevice *pci)
{
    CxlSwitchMailboxCci *s = CXL_SWITCH_MAILBOX_CCI(pci);

    show_in_upstream_port(s, false);
    s->outlet.pci = NULL;
    msix_uninit_exclusive_bar(pci);
    pcie_aer_exit(pci);
}

static void cxl_switch_cci_write_config(PCIDevice *pci, uint32_t addr,
                                        uint32_t val, int len)
{
    CxlSwitchMailboxCci *s = CXL_SWITCH_MAILBOX_CCI(pci);

    cxl_config_write(pci, &s->space, &s->outlet, addr, val, len);
}

static void cxl_switch_cci_reset_hold(Object *obj, ResetType type)
{
    CxlSwitchMailboxCci *s = CXL_SWITCH_MAILBOX_CCI(obj);

    if (s->outlet.pci) {
        CxlReset kind = cxl_config_reset_kind(&s->outlet);

        cxl_report_reset(s->outlet.id, kind);
        pcie_cap_deverr_reset(PCI_DEVICE(obj));
        cxl_switch_cci_reset(&s->cci, kind);
    }
}

static const Property cxl_switch_cci_properties[] = {
    DEFINE_PROP_LINK("target", CxlSwitchMailboxCci, target, TYPE_CXL_USP,
                     CxlUpstreamPort *),
};

static const VMStateDescription cxl_switch_cci_vmstate = {
    .name = TYPE_CXL_SWITCH_MAILBOX_CCI,
    .unmigratable = 1,
};

static void cxl_switch_cci_class_init(ObjectClass *klass, CxlClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    k->realize = cxl_switch_cci_realize;
    k->exit = cxl_switch_cci_exit;
    k->config_write = cxl_switch_cci_write_config;
    k->vendor_id = CXL_SWITCH_CCI_VENDOR_ID;
    k->device_id = CXL_SWITCH_CCI_DEVICE_ID;
    k->revision = 0;
    k->class_id = CXL_SWITCH_CCI_CLASS;

    dc->realize = cxl_function_realize_once;
    dc->desc = "CXL switch mailbox CCI";
    dc->vmsd = &cxl_switch_cci_vmstate;
    /* It comes and goes with function 0, the upstream port */
    dc->hotpluggable = false;
    rc->phases.hold = cxl_switch_cci_reset_hold;
    device_class_set_props(dc, cxl_switch_cci_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo cxl_switch_cci_type = {
    .name = TYPE_CXL_SWITCH_MAILBOX_CCI,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(CxlSwitchMailboxCci),
    .class_init = cxl_switch_cci_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CXL_DEVICE },
        { INTERFACE_PCIE_DEVICE },
        { },
    },
};

static void cxl_switch_cci_register(void)
{
    type_register_static(&cxl_switch_cci_type);
}

type_init(cxl_switch_cci_register)
