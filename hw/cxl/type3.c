/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-type3: the CXL memory device (CXL 3.1 2.3, 8.1, 8.2)
 */
#include "qemu/osdep.h"
#include "hw/cxl/compat.h"
#include "hw/cxl/type3.h"

#include "fabric.h"
#include "hw/cxl/port.h"
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
#include "trace/trace-cxl_trace_events.h"

#define CXL_TYPE3_DEVICE_ID  0x0d93
#define CXL_TYPE3_REVISION   1
/* Programming interface of a CXL memory device (CXL 3.1 8.1.12.1) */
#define CXL_TYPE3_PROG_IF    0x10
#define CXL_TYPE3_EXP_OFFSET 0x80
/* Defaults of the performance options: picoseconds, MB/s */
#define CXL_TYPE3_LATENCY    150000
#define CXL_TYPE3_BANDWIDTH  32000

static uint64_t wall_clock_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_HOST);
}

static void apply(CxlType3 *t3, const CxlEffects *effects)
{
    if (effects->flags & CXL_EFFECT_TIMER) {
        timer_mod(t3->background, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                  effects->timer_ns);
    }
    cxl_effects_apply(PCI_DEVICE(t3), effects);
}

static void background_done(void *opaque)
{
    CxlType3 *t3 = opaque;
    CxlEffects effects = {};

    cxl_memdev_timer(&t3->memdev, wall_clock_ns(), &effects);
    apply(t3, &effects);
}

static uint64_t device_read(void *opaque, hwaddr offset, unsigned size)
{
    CxlType3 *t3 = opaque;
    uint64_t value = cxl_memdev_read(&t3->memdev, offset, size,
                                     wall_clock_ns());

    trace_cxl_device_read(DEVICE(t3)->id, offset, size, value);
    return value;
}

static void device_write(void *opaque, hwaddr offset, uint64_t value,
                         unsigned size)
{
    CxlType3 *t3 = opaque;
    CxlEffects effects = {};

    trace_cxl_device_write(DEVICE(t3)->id, offset, size, value);
    cxl_memdev_write(&t3->memdev, offset, size, value, wall_clock_ns(),
                     &effects);
    apply(t3, &effects);
}

static const MemoryRegionOps device_ops = {
    .read = device_read,
    .write = device_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

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
    pcie_cap_flr_init(pci);
    pcie_cap_deverr_init(pci);
    return pcie_aer_init(pci, PCI_ERR_VER,
                         cxl_function_ext_cap(CXL_ENDPOINT,
                                              PCI_EXT_CAP_ID_ERR),
                         PCI_ERR_SIZEOF, errp) >= 0;
}

static bool init_function(CxlType3 *t3, Error **errp)
{
    CxlComponentConfig config = {
        .kind = CXL_ENDPOINT,
        .decoders = t3->decoders,
        .dpa = &t3->dpa,
    };

    if (!t3->decoders) {
        error_setg(errp, "cxl-type3: decoders must be 1, 2, 4, 6, 8 or 10");
        return false;
    }
    if (!cxl_function_realize(&t3->function, PCI_DEVICE(t3), &config, errp)) {
        return false;
    }
    cxl_function_set_serial(&t3->function, t3->serial);
    return true;
}

/* What is not given of one kind of capacity is as of the kind before it */
static bool take_perf(CxlType3 *t3, Error **errp)
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
        for (unsigned i = 0; i < t3->dpa.count; i++) {
            if (t3->dpa.part[i].kind == kind) {
                t3->dpa.part[i].perf = perf;
            }
        }
    }
    return true;
}

static uint8_t *build_cdat(CxlType3 *t3, uint32_t *size, Error **errp)
{
    const CxlDpa *dpa = &t3->dpa;
    CxlCdatError why;
    uint8_t *bytes;

    if (!take_perf(t3, errp)) {
        return NULL;
    }
    bytes = g_malloc0(CXL_CDAT_ENDPOINT_SIZE(dpa->count));
    *size = cxl_cdat_build_endpoint(dpa->part, dpa->count, 0, bytes,
                                    CXL_CDAT_ENDPOINT_SIZE(dpa->count), &why);
    if (!*size) {
        error_setg(errp, "cxl-type3: no CDAT can be built: %s", why.reason);
        g_free(bytes);
        return NULL;
    }
    return bytes;
}

static bool init_doe(CxlType3 *t3, Error **errp)
{
    uint32_t size = 0;
    uint8_t *bytes = t3->cdat_file ?
        cxl_cdat_load(TYPE_CXL_TYPE3, t3->cdat_file, &size, errp) :
        build_cdat(t3, &size, errp);

    return cxl_doe_mailbox_realize(&t3->doe, PCI_DEVICE(t3), CXL_ENDPOINT,
                                   bytes, size, CXL_MEMDEV_VECTOR_DOE);
}

static bool init_device(CxlType3 *t3, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(t3);
    CxlMemdevConfig config = {
        .dpa = &t3->dpa,
        .lsa_size = cxl_type3_lsa_size(t3),
        .serial = t3->serial,
        .ops = &cxl_type3_lsa_ops,
        .opaque = t3,
    };

    cxl_memdev_init(&t3->memdev, &config);
    memory_region_init_io(&t3->device_mr, OBJECT(t3), &device_ops, t3,
                          "cxl-device-registers", CXL_DEVICE_REGS_SIZE);
    pci_register_bar(pci, CXL_BAR_DEVICE, PCI_BASE_ADDRESS_SPACE_MEMORY |
                     PCI_BASE_ADDRESS_MEM_TYPE_64, &t3->device_mr);
    if (msix_init_exclusive_bar(pci, CXL_MEMDEV_VECTORS, CXL_BAR_MSIX,
                                errp) < 0) {
        return false;
    }
    for (unsigned i = 0; i < CXL_MEMDEV_VECTORS; i++) {
        msix_vector_use(pci, i);
    }
    t3->background = timer_new_ns(QEMU_CLOCK_VIRTUAL, background_done, t3);
    return true;
}

static void cxl_type3_realize(PCIDevice *pci, Error **errp)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    if (!check_port(pci, errp) || !cxl_type3_mem_realize(t3, errp)) {
        return;
    }
    take_serial(t3);
    if (!init_pcie(t3, errp)) {
        goto fail_mem;
    }
    if (!init_function(t3, errp) || !init_doe(t3, errp) ||
        !init_device(t3, errp)) {
        goto fail_pcie;
    }
    return;

fail_pcie:
    cxl_doe_mailbox_cleanup(&t3->doe);
    pcie_aer_exit(pci);
fail_mem:
    cxl_type3_mem_unrealize(t3);
}

static void cxl_type3_exit(PCIDevice *pci)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    /* The topology leaves out a device that is not realized any more */
    cxl_fabric_mark();
    cxl_fabric_settle();
    timer_free(t3->background);
    msix_uninit_exclusive_bar(pci);
    cxl_doe_mailbox_cleanup(&t3->doe);
    pcie_aer_exit(pci);
    cxl_type3_mem_unrealize(t3);
}

static uint32_t cxl_type3_read_config(PCIDevice *pci, uint32_t addr, int len)
{
    return cxl_doe_mailbox_read_config(&CXL_TYPE3(pci)->doe, addr, len,
                                       pci_default_read_config(pci, addr,
                                                               len));
}

static void cxl_type3_write_config(PCIDevice *pci, uint32_t addr,
                                   uint32_t val, int len)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    pci_default_write_config(pci, addr, val, len);
    t3->function.reset = CXL_RESET_FUNCTION;
    pcie_cap_flr_write_config(pci, addr, val, len);
    t3->function.reset = CXL_RESET_WARM;
    pcie_aer_write_config(pci, addr, val, len);
    cxl_function_write_config(&t3->function, addr, val, len);
    cxl_doe_mailbox_write_config(&t3->doe, addr, val, len);
}

static void cxl_type3_reset_hold(Object *obj, ResetType type)
{
    CxlType3 *t3 = CXL_TYPE3(obj);

    timer_del(t3->background);
    pcie_cap_deverr_reset(PCI_DEVICE(t3));
    cxl_memdev_reset(&t3->memdev, t3->function.reset);
    cxl_doe_reset(&t3->doe.doe);
    cxl_function_reset(&t3->function);
}

static const Property cxl_type3_properties[] = {
    DEFINE_PROP_LINK("volatile-memdev", CxlType3, volatile_backend,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_LINK("persistent-memdev", CxlType3, persistent_backend,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_LINK("memdev", CxlType3, memdev_alias,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_LINK("lsa", CxlType3, lsa_backend,
                     TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_UINT64("sn", CxlType3, serial, CXL_NO_SERIAL),
    DEFINE_PROP_UINT8("decoders", CxlType3, decoders, 8),
    DEFINE_PROP_STRING("cdat", CxlType3, cdat_file),
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
    rc->phases.hold = cxl_type3_reset_hold;
    rc->phases.exit = cxl_fabric_reset_exit;
    device_class_set_props(dc, cxl_type3_properties);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo cxl_type3_type = {
    .name = TYPE_CXL_TYPE3,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(CxlType3),
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
