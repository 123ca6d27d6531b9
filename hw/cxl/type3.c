/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-type3: the CXL memory device (CXL 3.1 2.3, 8.1, 8.2)
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "config.h"
#include "fabric.h"
#include "compat.h"
#include "port.h"
#include "report.h"
#include "type3-pool.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/qdev-properties-system.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/timer.h"

#define CXL_TYPE3_DEVICE_ID  0x0d93
#define CXL_TYPE3_REVISION   1
/* Programming interface of a CXL memory device (CXL 3.1 8.1.12.1) */
#define CXL_TYPE3_PROG_IF    0x10
#define CXL_TYPE3_EXP_OFFSET 0x80
/* Defaults of the performance options: picoseconds, MB/s */
#define CXL_TYPE3_LATENCY    150000
#define CXL_TYPE3_BANDWIDTH  32000

static void deadline_comes(void *opaque)
{
    CxlType3 *t3 = opaque;
    CxlEffects effects = {};

    cxl_endpoint_timer(&t3->endpoint, cxl_time_now(), &effects);
    cxl_effects_apply(&t3->outlet, &effects);
}

static bool check_port(PCIDevice *pci, Error **errp)
{
    if (!cxl_port_above(pci)) {
        error_setg(errp, "cxl-type3 needs a CXL port: give bus= the id of a"
                   " cxl-rp or cxl-downstream");
        return false;
    }
    if (pci->devfn) {
        error_setg(errp, "cxl-type3 must be function 0 of device 0 below its"
                   " port: leave out addr= or use addr=0.0");
        return false;
    }
    return true;
}

/*
 * Software tells devices apart by it, and Linux uses no labels of a device
 * whose number is 0.
 */
static void take_serial(CxlType3 *t3)
{
    g_autofree char *place = qdev_get_dev_path(DEVICE(t3));

    if (t3->serial == CXL_NO_SERIAL) {
        t3->serial = cxl_serial_derive(DEVICE(t3)->id, place);
    }
}

/* Of a device with several, each has a number of its own (7.6.7.5.2) */
static void give_port_number(CxlType3 *t3)
{
    PCIDevice *pci = PCI_DEVICE(t3);

    if (t3->pool) {
        pci_long_test_and_set_mask(pci->config + pci->exp.exp_cap +
                                   PCI_EXP_LNKCAP,
                                   (uint32_t)cxl_type3_pool_head(t3) <<
                                   PCI_EXP_LNKCAP_PN_SHIFT);
    }
}

static bool init_pcie(CxlType3 *t3, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(t3);

    pci_config_set_prog_interface(pci->config, CXL_TYPE3_PROG_IF);
    if (pcie_endpoint_cap_init(pci, CXL_TYPE3_EXP_OFFSET) < 0) {
        error_setg(errp, "cxl-type3: no room for the PCI Express capability");
        return false;
    }
    cxl_function_limit_speed(pci, &t3->speed);
    pcie_cap_fill_link_ep_usp(pci, t3->width, t3->speed);
    give_port_number(t3);
    pcie_cap_flr_init(pci);
    pcie_cap_deverr_init(pci);
    return pcie_aer_init(pci, PCI_ERR_VER,
                         cxl_config_ext_cap(CXL_ENDPOINT,
                                            PCI_EXT_CAP_ID_ERR),
                         PCI_ERR_SIZEOF, errp) >= 0;
}

/* What is not given of one kind of capacity is as of the kind before it */
static bool take_perf(CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    const struct {
        const CxlPerfOptions *options;
        const char *prefix;
    } kinds[CXL_DPA_KINDS] = {
        [CXL_DPA_VOLATILE] = { &t3->perf, "" },
        [CXL_DPA_PERSISTENT] = { &t3->persistent_perf, "persistent-" },
    };
    CxlPerf perf = { { CXL_TYPE3_LATENCY, CXL_TYPE3_LATENCY,
                       CXL_TYPE3_BANDWIDTH, CXL_TYPE3_BANDWIDTH } };

    for (unsigned kind = 0; kind < CXL_DPA_KINDS; kind++) {
        if (!cxl_perf_parse(kinds[kind].options, TYPE_CXL_TYPE3,
                            kinds[kind].prefix, &perf, errp)) {
            return false;
        }
        for (unsigned i = 0; i < dpa->count; i++) {
            if (dpa->part[i].kind == kind) {
                dpa->part[i].perf = perf;
            }
        }
    }
    return true;
}

/* A table from a file, or what is needed to build one */
static bool take_cdat(CxlType3 *t3, CxlDpa *dpa, CxlCdatTable *table,
                      Error **errp)
{
    if (!t3->cdat_file) {
        return take_perf(t3, dpa, errp);
    }
    t3->cdat = cxl_cdat_load(TYPE_CXL_TYPE3, t3->cdat_file, &table->size,
                             errp);
    table->bytes = t3->cdat;
    return t3->cdat;
}

static void heads(void *opaque, CxlHead *all)
{
    cxl_type3_pool_heads(opaque, all);
}

static const CxlMemdevOps ops = {
    .lsa_read = cxl_type3_lsa_read,
    .lsa_write = cxl_type3_lsa_write,
    .heads = heads,
};

static bool init_endpoint(CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(t3);
    CxlEndpointConfig config = {
        .dpa = dpa,
        .decoders = t3->decoders,
        .memdev = {
            .lsa_read_only = cxl_type3_lsa_read_only(t3),
            .lsa_size = cxl_type3_lsa_size(t3),
            .identity = {
                .vendor = pci_get_word(pci->config + PCI_VENDOR_ID),
                .device = pci_get_word(pci->config + PCI_DEVICE_ID),
                .subsystem_vendor = pci_get_word(pci->config +
                                                 PCI_SUBSYSTEM_VENDOR_ID),
                .subsystem = pci_get_word(pci->config + PCI_SUBSYSTEM_ID),
                .serial = t3->serial,
            },
            .background_time = t3->background_time,
            .faults = t3->faults ? &t3->faults->faults.config : NULL,
            .heads = t3->pool ? CXL_POOL_HEADS : 0,
            .head = t3->pool ? cxl_type3_pool_head(t3) : 0,
            .ops = &ops,
            .opaque = t3,
        },
        .space = pci->config,
    };

    if (!t3->decoders ||
        !cxl_component_decoders_valid(CXL_ENDPOINT, t3->decoders)) {
        error_setg(errp, "cxl-type3: decoders must be 1, 2, 4, 6, 8 or 10");
        return false;
    }
    if (t3->background_time > CXL_BACKGROUND_TIME_MAX) {
        error_setg(errp, "cxl-type3: background-time is in percent: write 0"
                   " (at once) to %d", CXL_BACKGROUND_TIME_MAX);
        return false;
    }
    if (!take_cdat(t3, dpa, &config.cdat, errp)) {
        return false;
    }
    cxl_config_add_caps(pci, CXL_ENDPOINT, t3->serial);
    if (!cxl_endpoint_init(&t3->endpoint, &config)) {
        error_setg(errp, "cxl-type3: the tables of registers or commands do"
                   " not fit");
        return false;
    }
    return true;
}

static void init_mmio(CxlType3 *t3)
{
    PCIDevice *pci = PCI_DEVICE(t3);

    cxl_mmio_init_component(&t3->component_mmio, OBJECT(t3),
                            &t3->endpoint.component, &t3->outlet);
    cxl_mmio_init_device(&t3->device_mmio, OBJECT(t3),
                         &t3->endpoint.memdev.mailbox, &t3->outlet);
    cxl_function_add_bar(pci, CXL_BAR_COMPONENT, &t3->component_mmio);
    cxl_function_add_bar(pci, CXL_BAR_DEVICE, &t3->device_mmio);
}

static bool init_device(CxlType3 *t3, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(t3);

    init_mmio(t3);
    if (msix_init_exclusive_bar(pci, CXL_MEMDEV_VECTORS, CXL_BAR_MSIX,
                                errp) < 0) {
        return false;
    }
    for (unsigned i = 0; i < CXL_MEMDEV_VECTORS; i++) {
        msix_vector_use(pci, i);
    }
    t3->outlet = (CxlOutlet) {
        .id = DEVICE(t3)->id,
        .pci = pci,
        .dvsecs = &t3->endpoint.space.dvsecs,
        .timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, deadline_comes, t3),
        .flush = cxl_type3_flush_labels,
        .store = cxl_type3_store,
        .store_line = cxl_type3_store_line,
        .keep_poison = cxl_type3_keep_poison,
        .erase = cxl_type3_erase,
    };
    return true;
}

static bool take_faults(CxlType3 *t3, Error **errp)
{
    if (t3->faults_file) {
        t3->faults = cxl_fault_script_new(TYPE_CXL_TYPE3, t3->faults_file,
                                          errp);
    }
    return !t3->faults_file || t3->faults;
}

/* What the poison-file lists already is hidden from nobody */
static bool hide_media_errors(const CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    const CxlFaultsConfig *config;

    if (!t3->faults) {
        return true;
    }
    config = &t3->faults->faults.config;
    for (unsigned i = 0; i < config->nmedia; i++) {
        if (!cxl_dpa_find(dpa, config->media[i])) {
            error_setg(errp, "cxl-type3: faults=%s: media-errors: the device"
                       " has no DPA 0x%" PRIx64, t3->faults_file,
                       config->media[i]);
            return false;
        }
        if (!cxl_dpa_mark_hide(&dpa->marks, config->media[i])) {
            error_setg(errp, "cxl-type3: faults=%s: media-errors: more lines"
                       " are poisoned than a device may have",
                       t3->faults_file);
            return false;
        }
    }
    return true;
}

static void exit_device(CxlType3 *t3)
{
    g_clear_pointer(&t3->outlet.timer, timer_free);
    /* A vCPU that has waited for the BQL may yet set the doorbell */
    t3->outlet.flush = NULL;
    t3->outlet.store = NULL;
    t3->outlet.store_line = NULL;
    t3->outlet.keep_poison = NULL;
    t3->outlet.erase = NULL;
    msix_uninit_exclusive_bar(PCI_DEVICE(t3));
}

static void cxl_type3_realize(PCIDevice *pci, Error **errp)
{
    CxlType3 *t3 = CXL_TYPE3(pci);
    CxlDpa dpa = {};

    if (!check_port(pci, errp) || !cxl_type3_mem_realize(t3, &dpa, errp)) {
        return;
    }
    if (!cxl_type3_pool_join(t3, &dpa, errp)) {
        goto fail_mem;
    }
    take_serial(t3);
    if (!cxl_type3_state_open(t3, &dpa, errp)) {
        goto fail_pool;
    }
    if (!take_faults(t3, errp)) {
        goto fail_state;
    }
    if (!cxl_type3_poison_open(t3, &dpa, errp)) {
        goto fail_faults;
    }
    if (!hide_media_errors(t3, &dpa, errp) || !init_pcie(t3, errp)) {
        goto fail_poison;
    }
    if (!init_endpoint(t3, &dpa, errp) || !init_device(t3, errp)) {
        goto fail_pcie;
    }
    cxl_type3_state_realize(t3);
    if (t3->faults) {
        cxl_fault_script_start(t3->faults, pci);
    }
    return;

fail_pcie:
    g_clear_pointer(&t3->cdat, g_free);
    pcie_aer_exit(pci);
fail_poison:
    cxl_type3_poison_close(t3);
fail_faults:
    g_clear_pointer(&t3->faults, cxl_fault_script_free);
fail_state:
    cxl_type3_state_close(t3);
fail_pool:
    cxl_type3_pool_leave(t3);
fail_mem:
    cxl_type3_mem_unrealize(t3);
}

static void cxl_type3_exit(PCIDevice *pci)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    exit_device(t3);
    g_clear_pointer(&t3->faults, cxl_fault_script_free);
    cxl_fabric_leave();
    g_clear_pointer(&t3->cdat, g_free);
    pcie_aer_exit(pci);
    cxl_type3_poison_close(t3);
    cxl_type3_mem_unrealize(t3);
    cxl_type3_pool_leave(t3);
}

static uint32_t cxl_type3_read_config(PCIDevice *pci, uint32_t addr, int len)
{
    return cxl_config_read(pci, &CXL_TYPE3(pci)->endpoint.space, addr, len);
}

static void cxl_type3_write_config(PCIDevice *pci, uint32_t addr,
                                   uint32_t val, int len)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    cxl_config_write(pci, &t3->endpoint.space, &t3->outlet, addr, val, len);
}

/*
 * QOM lets a user take a device out of force ("realized" is a property) that
 * stays on its bus and is reset with it; configuration space is gone then.
 */
static void cxl_type3_reset_hold(Object *obj, ResetType type)
{
    CxlType3 *t3 = CXL_TYPE3(obj);
    PCIDevice *pci = PCI_DEVICE(obj);
    CxlEffects effects = {};
    CxlReset kind;

    if (!cxl_type3_is_live(t3)) {
        return;
    }
    kind = cxl_config_reset_kind(&t3->outlet);
    cxl_report_reset(t3->outlet.id, kind);
    timer_del(t3->outlet.timer);
    cxl_type3_forget_flush(t3);
    cxl_type3_forget_store(t3);
    pcie_cap_deverr_reset(pci);
    cxl_endpoint_reset(&t3->endpoint, kind);
    cxl_endpoint_after_reset(&t3->endpoint, &effects);
    cxl_effects_apply(&t3->outlet, &effects);
    /* What is being erased is closed by any reset until that is over */
    if (kind != CXL_RESET_FUNCTION || t3->erasing) {
        cxl_fabric_mark();
    }
}

static const Property cxl_type3_properties[] = {
    DEFINE_PROP_LINK("volatile-memdev", CxlType3, volatile_backend,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_LINK("persistent-memdev", CxlType3, persistent_backend,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_LINK("partitionable-memdev", CxlType3, partitionable_backend,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_SIZE("volatile-size", CxlType3, volatile_size,
                     CXL_TYPE3_ALL_VOLATILE),
    DEFINE_PROP_LINK("memdev", CxlType3, memdev_alias,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_LINK("lsa", CxlType3, lsa_backend,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_UINT64("sn", CxlType3, serial, CXL_NO_SERIAL),
    DEFINE_PROP_UINT8("decoders", CxlType3, decoders, 8),
    DEFINE_PROP_STRING("state-file", CxlType3, state_path),
    DEFINE_PROP_UINT32("background-time", CxlType3, background_time,
                       CXL_BACKGROUND_TIME),
    DEFINE_PROP_STRING("pool", CxlType3, pool_path),
    DEFINE_PROP_UINT32("head", CxlType3, pool_head, CXL_POOL_ANY_HEAD),
    DEFINE_PROP_STRING("access", CxlType3, pool_access),
    DEFINE_PROP_STRING("cdat", CxlType3, cdat_file),
    DEFINE_PROP_STRING("poison-file", CxlType3, poison_path),
    DEFINE_PROP_STRING("faults", CxlType3, faults_file),
    CXL_PERF_PROPERTIES("", CxlType3, perf),
    CXL_PERF_PROPERTIES("persistent-", CxlType3, persistent_perf),
    DEFINE_PROP_PCIE_LINK_SPEED("x-speed", CxlType3, speed,
                                PCIE_LINK_SPEED_32),
    DEFINE_PROP_PCIE_LINK_WIDTH("x-width", CxlType3, width,
                                PCIE_LINK_WIDTH_16),
};

static const VMStateDescription cxl_type3_vmstate = {
    .name = TYPE_CXL_TYPE3,
    .unmigratable = 1,
};

static void cxl_type3_instance_init(Object *obj)
{
    cxl_type3_state_init(CXL_TYPE3(obj));
}

static void cxl_type3_class_init(ObjectClass *klass, CxlClassData *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    k->realize = cxl_type3_realize;
    k->exit = cxl_type3_exit;
    k->config_read = cxl_type3_read_config;
    k->config_write = cxl_type3_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = CXL_TYPE3_DEVICE_ID;
    k->revision = CXL_TYPE3_REVISION;
    k->class_id = PCI_CLASS_MEMORY_CXL;

    dc->desc = "CXL memory device (type 3)";
    dc->vmsd = &cxl_type3_vmstate;
    dc->realize = cxl_function_realize_once;
    dc->unrealize = cxl_function_unrealize_last;
    rc->phases.hold = cxl_type3_reset_hold;
    rc->phases.exit = cxl_fabric_reset_exit;
    device_class_set_props(dc, cxl_type3_properties);
    cxl_type3_state_class_init(klass);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo cxl_type3_type = {
    .name = TYPE_CXL_TYPE3,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(CxlType3),
    .instance_init = cxl_type3_instance_init,
    .class_init = cxl_type3_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_CXL_DEVICE },
        { INTERFACE_PCIE_DEVICE },
        { },
    },
};

static void cxl_type3_register(void)
{
    type_register_static(&cxl_type3_type);
}

type_init(cxl_type3_register)
