/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of CXL devices that are looked at before the device is made
 *
 * A PCI device answers some options of older guides (busnr=) in a way that
 * helps nobody, and cannot tell a zero that was given from its default.
 */
#include "qemu/osdep.h"
#include "device-options.h"

#include "host-bridge.h"
#include "port.h"
#include "type3.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

#define PLACED "the machine places windows, use -machine" \
               " cxl-fmw.N.targets.0=ID,cxl-fmw.N.size=SIZE"
#define BACKEND "memory backends belong to the memory device, use" \
                " -device cxl-type3,volatile-memdev=ID"

/* An option of @driver that begins with @prefix, and what to do today */
typedef struct RemovedOption {
    const char *driver;
    const char *prefix;
    const char *instead;
} RemovedOption;

static const RemovedOption removed[] = {
    { TYPE_CXL_PXB, "busnr", "use bus_nr=" },
    { TYPE_CXL_PXB, "uid", "the ACPI _UID is the number in bus_nr=" },
    { TYPE_CXL_PXB, "len-window-base", PLACED },
    { TYPE_CXL_PXB, "window-base[", PLACED },
    { TYPE_CXL_PXB, "len-memdev", BACKEND },
    { TYPE_CXL_PXB, "memdev[", BACKEND },
    { TYPE_CXL_TYPE3, "size", "the capacity is the size= of the memory backend"
                              " in volatile-memdev= or persistent-memdev=" },
};

static bool check_removed(const char *driver, const QDict *opts, Error **errp)
{
    for (unsigned i = 0; i < ARRAY_SIZE(removed); i++) {
        const RemovedOption *row = &removed[i];

        if (g_strcmp0(driver, row->driver)) {
            continue;
        }
        for (const QDictEntry *e = qdict_first(opts); e;
             e = qdict_next(opts, e)) {
            if (strstart(qdict_entry_key(e), row->prefix, NULL)) {
                error_setg(errp, "%s: the option '%s' is gone: %s", driver,
                           qdict_entry_key(e), row->instead);
                return false;
            }
        }
    }
    return true;
}

/*
 * Drivers that belong on the command line, and what can be attached instead.
 * Firmware gives the buses of a host bridge their numbers once.
 */
static const struct {
    const char *driver;
    const char *instead;
} cold[] = {
    { TYPE_CXL_PXB, "give it on the command line, with a cxl-rp for each device"
                    " that may come" },
    { TYPE_CXL_RP, "give it on the command line; a cxl-type3 can be attached to"
                   " one that is free" },
    { TYPE_CXL_DSP, "give the switch and its ports on the command line, or add"
                    " a cxl-upstream first, its ports, then cxl-attach-switch;"
                    " a cxl-type3 can be attached to a port that is free" },
};

/* A switch that came into the machine while it ran; see slot.h */
static bool takes_ports(const QDict *opts)
{
    const char *bus = qdict_get_try_str(opts, "bus");
    Object *usp = bus && *bus ?
                  object_resolve_path_type(bus, TYPE_CXL_USP, NULL) : NULL;

    return usp && DEVICE(usp)->hotplugged;
}

static bool check_cold(const char *driver, const QDict *opts, Error **errp)
{
    for (unsigned i = 0; i < ARRAY_SIZE(cold); i++) {
        if (phase_check(PHASE_MACHINE_READY) &&
            !g_strcmp0(driver, cold[i].driver) && !takes_ports(opts)) {
            error_setg(errp, "%s cannot be hotplugged into a machine that runs:"
                       " %s", driver, cold[i].instead);
            return false;
        }
    }
    return true;
}

static bool is_zero(const QDict *opts, const char *key)
{
    const char *text = qdict_get_try_str(opts, key);
    uint64_t value = qdict_get_try_int(opts, key, 1);

    return text ? !qemu_strtou64(text, NULL, 0, &value) && !value : !value;
}

/* Never hides a device; sets @errp when it cannot be made */
static bool check_options(DeviceListener *listener, const QDict *opts,
                          bool from_json, Error **errp)
{
    const char *driver = qdict_get_try_str(opts, "driver");

    if (check_cold(driver, opts, errp) && check_removed(driver, opts, errp) &&
        !g_strcmp0(driver, TYPE_CXL_PXB) && is_zero(opts, "bus_nr")) {
        error_setg(errp, "pxb-cxl: bus_nr=0 is the machine's own root bus;"
                   " give another number, for example bus_nr=52");
    }
    return false;
}

void cxl_device_options_init(void)
{
    static DeviceListener listener = { .hide_device = check_options };

    device_listener_register(&listener);
}
