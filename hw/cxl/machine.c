/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's share of CXL: options, address map, targets of windows
 *
 * Register area and windows follow RAM and device memory in one run:
 *
 *     base             host-bridge registers, 64 KiB each
 *     next 256 MiB     window 0, window 1, ... packed, in index order; one of
 *                      3, 6 or 12 ways at a multiple of ways times 256 MiB
 */
#include "qemu/osdep.h"
#include "compat.h"
#include "hw/cxl/machine.h"

#include "accel.h"
#include "coherency.h"
#include "coherency-options.h"
#include "device-options.h"
#include "fabric.h"
#include "firmware.h"
#include "hw/boards.h"
#include "host-bridge.h"
#include "machine-state.h"
#include "map.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-cxl.h"
#include "qemu/error-report.h"
#include "system/qtest.h"
#include "system/reset.h"
#include "type3.h"
#include "trace/trace-cxl_trace_events.h"

#define CXL_STATE_CHILD "cxl-state"

/* virt with highmem-ecam=off, or a processor of 32 bits: 16 MiB of ECAM */
#define CXL_SMALL_ECAM_BUSES 16

static void clear_windows(CxlMachineState *s)
{
    for (unsigned i = 0; i < s->nwindows; i++) {
        cxl_window_cleanup(&s->windows[i]);
    }
    g_clear_pointer(&s->windows, g_free);
    s->nwindows = 0;
    g_clear_pointer(&s->options, qapi_free_CxlFixedWindowOptionsList);
}

static bool take_windows(CxlMachineState *s, CxlFixedWindowOptionsList *list,
                         Error **errp)
{
    s->options = list;
    if (QAPI_LIST_LENGTH(list) > CXL_LAYOUT_MAX_WINDOWS) {
        error_setg(errp, "cxl-fmw: there are more than %u windows; leave out"
                   " those from cxl-fmw.%u on", CXL_LAYOUT_MAX_WINDOWS,
                   CXL_LAYOUT_MAX_WINDOWS);
        return false;
    }
    s->windows = g_new0(CxlWindow, QAPI_LIST_LENGTH(list));
    for (; list; list = list->next) {
        CxlWindow *w = &s->windows[s->nwindows];

        if (!cxl_window_init(w, list->value, s->nwindows, errp)) {
            return false;
        }
        s->nwindows++;
    }
    return true;
}

static void set_fmw(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    CxlMachineState *s = opaque;
    CxlFixedWindowOptionsList *list = NULL;

    if (s->mapped) {
        error_setg(errp, "cxl-fmw cannot change once the machine exists");
        return;
    }
    if (!visit_type_CxlFixedWindowOptionsList(v, name, &list, errp)) {
        return;
    }
    clear_windows(s);
    if (!take_windows(s, list, errp)) {
        clear_windows(s);
    }
}

static void get_fmw(Object *obj, Visitor *v, const char *name, void *opaque,
                    Error **errp)
{
    CxlMachineState *s = opaque;

    visit_type_CxlFixedWindowOptionsList(v, name, &s->options, errp);
}

static void set_enabled(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    CxlMachineState *s = opaque;

    if (s->mapped) {
        error_setg(errp, "cxl cannot change once the machine exists");
        return;
    }
    visit_type_bool(v, name, &s->enabled, errp);
}

static void get_enabled(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    CxlMachineState *s = opaque;

    visit_type_bool(v, name, &s->enabled, errp);
}

CxlMachineState *cxl_machine_init(Object *machine)
{
    CxlMachineState *s = CXL_MACHINE(object_new(TYPE_CXL_MACHINE));

    object_property_add_child(machine, CXL_STATE_CHILD, OBJECT(s));
    object_unref(OBJECT(s));

    object_property_add(machine, "cxl", "bool", get_enabled, set_enabled,
                        NULL, s);
    object_property_set_description(machine, "cxl",
                                    "CXL host bridges, windows and devices");
    object_property_add(machine, "cxl-fmw", "CxlFixedWindowOptionsList",
                        get_fmw, set_fmw, NULL, s);
    object_property_set_description(machine, "cxl-fmw",
                                    "CXL fixed memory windows (an array)");
    cxl_coherency_add_options(machine, &s->mapped);
    return s;
}

bool cxl_machine_enabled(const CxlMachineState *s)
{
    return s && s->enabled;
}

CxlMachineState *cxl_machine_find(void)
{
    Object *obj = object_resolve_path_component(qdev_get_machine(),
                                                CXL_STATE_CHILD);
    CxlMachineState *s = obj ? CXL_MACHINE(obj) : NULL;

    return cxl_machine_enabled(s) ? s : NULL;
}

static hwaddr windows_base(hwaddr base)
{
    return ROUND_UP(base + CXL_HOST_REGS_SIZE, CXL_WINDOW_ALIGN);
}

/* Table 9-22: 3, 6 and 12 ways begin at a multiple of as many units */
static hwaddr window_base(const CxlWindow *w, hwaddr at)
{
    return w->ways % 3 ? at : QEMU_ALIGN_UP(at, w->ways * CXL_WINDOW_ALIGN);
}

bool cxl_machine_has_windows(void)
{
    CxlMachineState *s = cxl_machine_find();

    return s && s->nwindows;
}

hwaddr cxl_machine_end(const CxlMachineState *s, hwaddr base)
{
    hwaddr end = windows_base(base);

    if (s->short_phys_bits) {
        return base;
    }
    if (!s->nwindows) {
        return base + CXL_HOST_REGS_SIZE;
    }
    for (unsigned i = 0; i < s->nwindows; i++) {
        end = window_base(&s->windows[i], end) + s->windows[i].size;
    }
    return end;
}

void cxl_machine_check_map(CxlMachineState *s, hwaddr base,
                           unsigned phys_bits)
{
    hwaddr limit = phys_bits >= 64 ? HWADDR_MAX : BIT_ULL(phys_bits);
    hwaddr at = windows_base(base);

    if (!cxl_machine_enabled(s)) {
        return;
    }
    s->short_phys_bits = 0;
    if (base > limit || CXL_HOST_REGS_SIZE > limit - base) {
        /* Nothing is to be placed there yet. */
        if (!s->nwindows) {
            s->short_phys_bits = phys_bits;
            return;
        }
        error_report("cxl=on: host bridges and windows would begin at 0x%"
                     HWADDR_PRIx ", beyond the guest's %u physical address"
                     " bits; make RAM and cxl-fmw windows smaller or give the"
                     " CPU more phys-bits", base, phys_bits);
        exit(EXIT_FAILURE);
    }
    for (unsigned i = 0; i < s->nwindows; i++) {
        at = window_base(&s->windows[i], at);
        if (at > limit || s->windows[i].size > limit - at) {
            error_report("cxl-fmw.%u: the window at 0x%" HWADDR_PRIx
                         " of size 0x%" PRIx64 " lies beyond the guest's %u"
                         " physical address bits; make the windows smaller or"
                         " give the CPU more phys-bits", i, at,
                         s->windows[i].size, phys_bits);
            exit(EXIT_FAILURE);
        }
        at += s->windows[i].size;
    }
}

void cxl_machine_map(CxlMachineState *s, MemoryRegion *sysmem, hwaddr base)
{
    hwaddr at = windows_base(base);

    cxl_device_options_init();
    if (s) {
        s->mapped = true;
    }
    if (!cxl_machine_enabled(s)) {
        return;
    }
    cxl_fabric_open();
    s->host_base = base;
    if (s->short_phys_bits) {
        return;
    }
    memory_region_init(&s->host_mr, OBJECT(s), "cxl-host-registers",
                       CXL_HOST_REGS_SIZE);
    memory_region_add_subregion(sysmem, base, &s->host_mr);
    for (unsigned i = 0; i < s->nwindows; i++) {
        at = window_base(&s->windows[i], at);
        cxl_window_create(&s->windows[i], OBJECT(s), sysmem, at);
        at += s->windows[i].size;
    }
}

bool cxl_machine_has_bridge(const CxlMachineState *s)
{
    return cxl_machine_enabled(s) && cxl_fabric_nbridges();
}

void cxl_machine_warn_no_acpi(const CxlMachineState *s)
{
    if (cxl_machine_has_bridge(s) && !qtest_enabled()) {
        warn_report("cxl=on: guests find CXL through ACPI, which this machine"
                    " does not offer; boot UEFI firmware (-bios) and leave"
                    " acpi on");
    }
}

bool cxl_machine_host_registers(const CxlMachineState *s, hwaddr *base,
                                hwaddr *size)
{
    if (!cxl_machine_enabled(s) || s->short_phys_bits) {
        return false;
    }
    *base = s->host_base;
    *size = CXL_HOST_REGS_SIZE;
    return true;
}

/* The index of the bridge with that id, or -1 */
static int find_bridge(const char *id)
{
    for (unsigned i = 0; i < cxl_fabric_nbridges(); i++) {
        if (!g_strcmp0(cxl_host_bridge_id(cxl_fabric_bridge(i)), id)) {
            return i;
        }
    }
    return -1;
}

/* Ends QEMU when host bridges find no room in the address map */
static void check_room(const CxlMachineState *s)
{
    if (s->short_phys_bits && cxl_fabric_nbridges()) {
        error_report("pxb-cxl: host bridges would begin at 0x%" HWADDR_PRIx
                     ", beyond the guest's %u physical address bits; make RAM"
                     " smaller or give the CPU more phys-bits", s->host_base,
                     s->short_phys_bits);
        exit(EXIT_FAILURE);
    }
}

/* Ends QEMU when configuration space of virt is the small one, of 16 buses */
static void check_buses(void)
{
    MachineState *machine = current_machine;

    if (!object_property_find(OBJECT(machine), "highmem-ecam") ||
        object_property_get_bool(OBJECT(machine), "highmem-ecam", NULL)) {
        return;
    }
    for (unsigned i = 0; i < cxl_fabric_nbridges(); i++) {
        unsigned bus_nr = cxl_host_bridge_uid(cxl_fabric_bridge(i));

        if (bus_nr >= CXL_SMALL_ECAM_BUSES) {
            error_report("pxb-cxl: bus_nr=%u is out of a guest's reach: with"
                         " highmem-ecam=off there are only buses 0 to %u;"
                         " give a lower bus_nr=, or leave highmem-ecam=on",
                         bus_nr, CXL_SMALL_ECAM_BUSES - 1);
            exit(EXIT_FAILURE);
        }
    }
}

/* Ends QEMU when a target is not the id of a pxb-cxl */
static void resolve_targets(CxlWindow *w)
{
    const strList *id = w->options->targets;

    for (unsigned i = 0; id; id = id->next, i++) {
        w->target_node[i] = find_bridge(id->value);
        if (w->target_node[i] < 0) {
            error_report("cxl-fmw.%u.targets.%u: '%s' is not the id of a"
                         " pxb-cxl device; give the id= of a -device pxb-cxl",
                         w->index, i, id->value);
            exit(EXIT_FAILURE);
        }
        for (unsigned k = 0; k < i; k++) {
            if (w->target_node[k] == w->target_node[i]) {
                error_report("cxl-fmw.%u.targets.%u: '%s' is a target already;"
                             " name each host bridge once", w->index, i,
                             id->value);
                exit(EXIT_FAILURE);
            }
        }
    }
}

/* Ends QEMU when there is an option of a cache and no cache */
static void check_coherency(void)
{
    const CxlCoherencyOptions *options = cxl_coherency_options();

    if (options->given && !options->software) {
        error_report("%s needs cxl-coherency=software, without which there is"
                     " no cache: add that to -machine, or leave %s out",
                     options->given, options->given);
        exit(EXIT_FAILURE);
    }
}

void cxl_machine_done(CxlMachineState *s)
{
    check_coherency();
    if (!cxl_machine_enabled(s)) {
        if (s && s->nwindows) {
            error_report("cxl-fmw needs cxl=on in the same -machine option");
            exit(EXIT_FAILURE);
        }
        if (s && cxl_coherency_is_software()) {
            error_report("cxl-coherency=software needs cxl=on in the same"
                         " -machine option");
            exit(EXIT_FAILURE);
        }
        return;
    }
    QEMU_BUILD_BUG_ON(CXL_FABRIC_MAX_BRIDGES * CXL_COMPONENT_REGS_SIZE !=
                      CXL_HOST_REGS_SIZE);
    check_room(s);
    check_buses();
    for (unsigned i = 0; i < cxl_fabric_nbridges(); i++) {
        cxl_host_bridge_attach(cxl_fabric_bridge(i), &s->host_mr,
                               i * CXL_COMPONENT_REGS_SIZE);
    }
    for (unsigned i = 0; i < s->nwindows; i++) {
        resolve_targets(&s->windows[i]);
    }
    cxl_accel_setup();
    cxl_coherency_check(&error_fatal);
    qemu_register_resettable(OBJECT(s));
    cxl_fabric_start(&cxl_map_ops, s);
    cxl_fabric_settle();
}

/* What processors had cached goes with their state */
static void leave_caches(const CxlMachineState *s)
{
    for (unsigned i = 0; s->topology && i < s->topology->nnodes; i++) {
        if (s->topology->type3[i]) {
            cxl_type3_leave_cache(s->topology->type3[i]);
        }
    }
}

/* The hold phase of the first device begins when all have entered the reset */
static void cxl_machine_reset_enter(Object *obj, ResetType type)
{
    trace_cxl_machine_reset();
    leave_caches(CXL_MACHINE(obj));
    cxl_fabric_hold();
}

/* The exit phase begins when every device has been through its hold phase */
static void cxl_machine_reset_exit(Object *obj, ResetType type)
{
    cxl_firmware_setup(CXL_MACHINE(obj));
    cxl_fabric_release();
}

static ResettableState *cxl_machine_reset_state(Object *obj)
{
    return &CXL_MACHINE(obj)->reset_state;
}

static void cxl_machine_class_init(ObjectClass *klass, CxlClassData *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    rc->get_state = cxl_machine_reset_state;
    rc->phases.enter = cxl_machine_reset_enter;
    rc->phases.exit = cxl_machine_reset_exit;
}

static void cxl_machine_finalize(Object *obj)
{
    CxlMachineState *s = CXL_MACHINE(obj);

    clear_windows(s);
    g_free(s->topology);
    g_free(s->runs);
}

static const TypeInfo cxl_machine_type = {
    .name = TYPE_CXL_MACHINE,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(CxlMachineState),
    .instance_finalize = cxl_machine_finalize,
    .class_init = cxl_machine_class_init,
    .interfaces = (InterfaceInfo[]) {
        { TYPE_RESETTABLE_INTERFACE },
        { },
    },
};

static void cxl_machine_register(void)
{
    type_register_static(&cxl_machine_type);
}

type_init(cxl_machine_register)
