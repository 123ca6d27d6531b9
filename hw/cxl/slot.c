/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The slot of a root port or downstream port: what comes, and what goes
 */
#include "qemu/osdep.h"
#include "slot.h"

#include "accel.h"
#include "fabric.h"
#include "inject.h"
#include "link.h"
#include "port.h"
#include "type3.h"
#include "hw/hotplug.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-cxl.h"

static PCIBus *bus_below(PCIDevice *bridge)
{
    return pci_bridge_get_sec_bus(PCI_BRIDGE(bridge));
}

/* The port that the switch of a downstream port is plugged into, or NULL */
static PCIDevice *port_above_switch(PCIDevice *port)
{
    Object *usp = OBJECT(BUS(pci_get_bus(port))->parent);

    return object_dynamic_cast(usp, TYPE_CXL_USP) ?
           cxl_port_above(PCI_DEVICE(usp)) : NULL;
}

bool cxl_slot_is_staged(PCIDevice *port)
{
    while (port && !(cxl_port_function(port)->link_down & CXL_LINK_STAGED)) {
        port = port_above_switch(port);
    }
    return port;
}

/* QEMU asks the slot's registers, which are gone with the port. */
static bool check_handler(HotplugHandler *handler, Error **errp)
{
    PCIDevice *port = PCI_DEVICE(handler);

    if (!cxl_port_function(port)->pci) {
        error_setg(errp, "the port '%s' was taken out of force; use another",
                   DEVICE(port)->id);
        return false;
    }
    return true;
}

static void slot_pre_plug(HotplugHandler *handler, DeviceState *dev,
                          Error **errp)
{
    if (check_handler(handler, errp)) {
        pcie_cap_slot_pre_plug_cb(handler, dev, errp);
    }
}

/* As what is there when the machine starts: the guest is told of nothing */
static void plug_untold(HotplugHandler *handler, DeviceState *dev,
                        Error **errp)
{
    bool hotplugged = dev->hotplugged;

    dev->hotplugged = false;
    pcie_cap_slot_plug_cb(handler, dev, errp);
    dev->hotplugged = hotplugged;
}

/* The guest is told of a device in its slot, which it may have turned off */
static void plug_told(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCIDevice *port = PCI_DEVICE(handler);

    cxl_port_function(port)->owes_power_on = dev->hotplugged &&
                                             !cxl_link_slot_has_power(port);
    pcie_cap_slot_plug_cb(handler, dev, errp);
}

static void slot_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PCIDevice *port = PCI_DEVICE(handler);
    CxlFunction *f = cxl_port_function(port);

    if (f->removed_poison) {
        f->removed_poison = false;
        cxl_fabric_mark();
    }
    if (dev->hotplugged && cxl_slot_is_staged(port)) {
        plug_untold(handler, dev, errp);
    } else if (dev->hotplugged &&
               object_dynamic_cast(OBJECT(dev), TYPE_CXL_USP)) {
        cxl_link_change(f, CXL_LINK_STAGED, true);
    } else {
        plug_told(handler, dev, errp);
    }
    cxl_link_hold(f);
    cxl_fabric_settle();
}

/*
 * Waiting for vCPUs lets go of the BQL, and the guest may turn off a slot
 * further up then, with which the port goes, too. So nobody waits before all is
 * done; and both stay until then, so that DEVICE_DELETED comes after it.
 */
static void begin_taking(PCIDevice *port, PCIDevice *pci)
{
    object_ref(OBJECT(port));
    object_ref(OBJECT(pci));
    cxl_accel_hold_waits();
}

static void end_taking(PCIDevice *port, PCIDevice *pci)
{
    cxl_accel_release_waits();
    object_unref(OBJECT(pci));
    object_unref(OBJECT(port));
}

static void take_away(HotplugHandler *handler, DeviceState *dev)
{
    hotplug_handler_unplug(handler, dev, &error_abort);
    object_unparent(OBJECT(dev));
}

static void take_away_function(PCIBus *bus, PCIDevice *pci, void *opaque)
{
    take_away(HOTPLUG_HANDLER(opaque), DEVICE(pci));
}

/* Nobody is to be asked where the guest knows of nothing */
static void slot_unplug_request(HotplugHandler *handler, DeviceState *dev,
                                Error **errp)
{
    PCIDevice *port = PCI_DEVICE(handler);
    CxlFunction *f = cxl_port_function(port);

    if (!check_handler(handler, errp)) {
        return;
    }
    if (!cxl_slot_is_staged(port)) {
        pcie_cap_slot_unplug_request_cb(handler, dev, errp);
        return;
    }
    begin_taking(port, PCI_DEVICE(dev));
    take_away(handler, dev);
    if (f->pci) {
        cxl_link_vacate(f);
    }
    cxl_link_forget(f, CXL_LINK_STAGED);
    end_taking(port, PCI_DEVICE(dev));
}

void cxl_slot_class_init(ObjectClass *klass)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    hc->pre_plug = slot_pre_plug;
    hc->plug = slot_plug;
    hc->unplug_request = slot_unplug_request;
}

static bool check_staged(HotplugHandler *handler, DeviceState *dev,
                         Error **errp)
{
    PCIDevice *usp = PCI_DEVICE(handler);

    if (!check_handler(handler, errp)) {
        return false;
    }
    if (!cxl_slot_is_staged(cxl_port_above(usp))) {
        error_setg(errp, "%s: the guest knows the switch '%s' already; its"
                   " ports come before cxl-attach-switch, and go with it",
                   object_get_typename(OBJECT(dev)),
                   usp->qdev.id ?: usp->name);
        return false;
    }
    return true;
}

static void switch_pre_plug(HotplugHandler *handler, DeviceState *dev,
                            Error **errp)
{
    check_staged(handler, dev, errp);
}

static void switch_plug(HotplugHandler *handler, DeviceState *dev,
                        Error **errp)
{
    cxl_fabric_settle();
}

static void switch_unplug_request(HotplugHandler *handler, DeviceState *dev,
                                  Error **errp)
{
    PCIDevice *usp = PCI_DEVICE(handler);

    if (check_staged(handler, dev, errp)) {
        begin_taking(usp, PCI_DEVICE(dev));
        take_away(handler, dev);
        end_taking(usp, PCI_DEVICE(dev));
    }
}

static void switch_unplug(HotplugHandler *handler, DeviceState *dev,
                          Error **errp)
{
    qdev_unrealize(dev);
}

void cxl_slot_switch_class_init(ObjectClass *klass)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    hc->pre_plug = switch_pre_plug;
    hc->plug = switch_plug;
    hc->unplug_request = switch_unplug_request;
    hc->unplug = switch_unplug;
}

/* Not for one that is there at the start: ACPI would name its bus a slot */
void cxl_slot_switch_realize(PCIDevice *usp)
{
    if (DEVICE(usp)->hotplugged) {
        qbus_set_hotplug_handler(BUS(bus_below(usp)), OBJECT(usp));
    }
}

/*
 * The device that the argument @path names: a memory device or an upstream port
 * in a slot of ours. Sets @port.
 */
static PCIDevice *find_device(const char *path, PCIDevice **port, Error **errp)
{
    Object *obj;

    if (!cxl_inject_find(path, TYPE_PCI_DEVICE, &obj, errp)) {
        return NULL;
    }
    if (!obj || !DEVICE(obj)->realized ||
        (!object_dynamic_cast(obj, TYPE_CXL_TYPE3) &&
         !object_dynamic_cast(obj, TYPE_CXL_USP))) {
        error_setg(errp, "path '%s' is neither a cxl-type3 nor a cxl-upstream:"
                   " give the id or the QOM path of one, as query-cxl shows"
                   " them", path);
        return NULL;
    }
    *port = cxl_port_above(PCI_DEVICE(obj));
    return check_handler(HOTPLUG_HANDLER(*port), errp) ? PCI_DEVICE(obj)
                                                       : NULL;
}

/*
 * What was put together is powered on as a whole: slots that have been filled
 * meanwhile are on, and no event is pending in them.
 */
void qmp_cxl_attach_switch(const char *path, Error **errp)
{
    PCIDevice *port, *usp = find_device(path, &port, errp);
    CxlFunction *f;

    if (!usp) {
        return;
    }
    f = cxl_port_function(port);
    if (!(f->link_down & CXL_LINK_STAGED)) {
        error_setg(errp, "'%s' is no switch that waits to be attached: add a"
                   " cxl-upstream with device_add first, or name the one that"
                   " all others are below", path);
        return;
    }
    cxl_fabric_hold();
    bus_cold_reset(BUS(bus_below(port)));
    cxl_link_forget(f, CXL_LINK_STAGED);
    plug_told(HOTPLUG_HANDLER(port), DEVICE(usp), errp);
    cxl_link_hold(f);
    cxl_fabric_release();
}

/*
 * The slot is empty for the guest before the device goes, and when it has gone
 * the BQL is released until no vCPU uses its memory.
 */
void qmp_cxl_remove(const char *path, bool has_loads, CxlRemovedLoads loads,
                    Error **errp)
{
    PCIDevice *port, *pci = find_device(path, &port, errp);
    bool poison = has_loads && loads == CXL_REMOVED_LOADS_POISON;
    CxlFunction *f;

    if (!pci) {
        return;
    }
    if (poison && !cxl_accel_poison_bites()) {
        error_setg(errp, "loads=poison: under this accelerator no vCPU can be"
                   " told of poison; use loads=all-ones");
        return;
    }
    if (cxl_slot_is_staged(port)) {
        error_setg(errp, "the guest does not know '%s' yet: use device_del",
                   path);
        return;
    }
    begin_taking(port, pci);
    f = cxl_port_function(port);
    f->removed_poison = poison;
    f->owes_power_off = cxl_port_is_on(port);
    cxl_link_remove(f);
    cxl_fabric_mark();
    cxl_fabric_settle();
    pci_for_each_device_under_bus(bus_below(port), take_away_function, port);
    cxl_link_forget(f, CXL_LINK_REMOVED);
    end_taking(port, pci);
}

/*
 * A second press of the button within the five seconds that PCIe 6.0 6.7.1.5
 * gives takes the first one back; one that the guest has not seen is undone.
 */
void qmp_cxl_cancel_detach(const char *path, Error **errp)
{
    PCIDevice *port, *pci = find_device(path, &port, errp);
    uint32_t at;

    if (!pci) {
        return;
    }
    if (!DEVICE(pci)->pending_deleted_event) {
        error_setg(errp, "nobody has asked the guest to let go of '%s'; there"
                   " is nothing to cancel", path);
        return;
    }
    DEVICE(pci)->pending_deleted_event = false;
    at = port->exp.exp_cap + PCI_EXP_SLTSTA;
    if (pci_get_word(port->config + at) & PCI_EXP_SLTSTA_ABP) {
        PCI_DEVICE_GET_CLASS(port)->config_write(port, at, PCI_EXP_SLTSTA_ABP,
                                                 2);
    } else {
        pcie_cap_slot_push_attention_button(port);
    }
}
