/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that do not get at a pool's memory by the machine's memory map
 *
 * What a member may do is what its QEMU has mapped. A process that does the
 * work of a device with mappings of its own is shown files; the memory of a
 * pool has none to show. What is assigned to the guest (VFIO, vDPA) has its own
 * mappings in the host's IOMMU, and vhost-scsi has pages pinned that QEMU does
 * not know of. All of them work, but people should know.
 */
#include "qemu/osdep.h"
#include "pool-beside.h"

#include "hw/qdev-core.h"
#include "net/net.h"
#include "qemu/error-report.h"
#include "qom/object.h"

#define SERVED "is served by another process, which is not shown the memory of"\
               " a pool"
#define MAPS   "maps memory by itself, and that a fence reaches it was never" \
               " proven"

/* By the beginning of a type's name; @base has those that do the work */
static const struct {
    const char *prefix;
    const char *base;
    const char *says;
} kinds[] = {
    { "vhost-user-", "virtio-device", SERVED },
    { "vhost-vdpa-", "virtio-device", MAPS },
    { "vhost-scsi", "virtio-device", MAPS },
    { "vfio-", "pci-device", MAPS },
};

static unsigned members;

static const char *what_about_netdev(Object *obj)
{
    g_autofree char *id = NULL;
    NetClientState *peer;

    if (!object_dynamic_cast(obj, "virtio-net-device")) {
        return NULL;
    }
    id = object_property_get_str(obj, "netdev", NULL);
    peer = id ? qemu_find_netdev(id) : NULL;
    if (peer && peer->info->type == NET_CLIENT_DRIVER_VHOST_VDPA) {
        return MAPS;
    }
    return peer && peer->info->type == NET_CLIENT_DRIVER_VHOST_USER ? SERVED
                                                                    : NULL;
}

/* Returns a phrase that follows the device's name, or NULL */
static const char *what_about(Object *obj)
{
    const char *type = object_get_typename(obj);

    for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (g_str_has_prefix(type, kinds[i].prefix) &&
            object_dynamic_cast(obj, kinds[i].base)) {
            return kinds[i].says;
        }
    }
    return what_about_netdev(obj);
}

static void look_at(Object *obj)
{
    const char *says = what_about(obj);

    if (says) {
        warn_report("cxl-type3: %s %s", object_get_typename(obj), says);
    }
}

static void realized(DeviceListener *listener, DeviceState *dev)
{
    if (members) {
        look_at(OBJECT(dev));
    }
}

static int visit(Object *obj, void *opaque)
{
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);

    if (dev && dev->realized) {
        look_at(obj);
    }
    return 0;
}

void cxl_pool_beside_begin(void)
{
    static DeviceListener listener;

    if (!listener.realize) {
        listener.realize = realized;
        device_listener_register(&listener);
    }
    if (!members++) {
        object_child_foreach_recursive(object_get_root(), visit, NULL);
    }
}

void cxl_pool_beside_end(void)
{
    members--;
}
