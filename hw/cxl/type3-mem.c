/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backends of a type 3 device: device physical address space, label storage
 *
 * Volatile capacity begins at DPA 0, persistent capacity follows it
 * (CXL 3.1 8.2.9.9.2.1).
 */
#include "qemu/osdep.h"
#include "hw/cxl/type3.h"

#include "exec/address-spaces.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"

#define CXL_CAPACITY_UNIT (256 * MiB)
#define CXL_LSA_MIN_SIZE  (1 * KiB)

static uint64_t backend_size(HostMemoryBackend *backend)
{
    return backend ?
        memory_region_size(host_memory_backend_get_memory(backend)) : 0;
}

uint64_t cxl_type3_volatile_size(const CxlType3 *t3)
{
    return backend_size(t3->volatile_backend);
}

uint64_t cxl_type3_persistent_size(const CxlType3 *t3)
{
    return backend_size(t3->persistent_backend);
}

uint64_t cxl_type3_lsa_size(const CxlType3 *t3)
{
    return backend_size(t3->lsa_backend);
}

static bool take_alias(CxlType3 *t3, Error **errp)
{
    if (!t3->memdev_alias) {
        return true;
    }
    if (t3->persistent_backend) {
        error_setg(errp, "cxl-type3: memdev= is the old name of"
                   " persistent-memdev=; give only one of them");
        return false;
    }
    t3->persistent_backend = t3->memdev_alias;
    object_ref(OBJECT(t3->persistent_backend));
    return true;
}

static bool check_backend(HostMemoryBackend *backend, const char *option,
                          Error **errp)
{
    g_autofree char *name = NULL;

    if (!backend) {
        return true;
    }
    name = host_memory_backend_get_name(backend);
    if (host_memory_backend_is_mapped(backend)) {
        error_setg(errp, "cxl-type3: %s='%s' is in use already; give each"
                   " device a memory backend of its own", option, name);
        return false;
    }
    if (!backend_size(backend) || backend_size(backend) % CXL_CAPACITY_UNIT) {
        error_setg(errp, "cxl-type3: %s='%s' must have a size= that is a"
                   " multiple of 256 MiB", option, name);
        return false;
    }
    return true;
}

static int same_lsa(Object *obj, void *opaque)
{
    CxlType3 *t3 = opaque;
    CxlType3 *other = (CxlType3 *)object_dynamic_cast(obj, TYPE_CXL_TYPE3);

    return other && other != t3 && DEVICE(other)->realized &&
           other->lsa_backend == t3->lsa_backend;
}

static bool check_lsa(CxlType3 *t3, Error **errp)
{
    g_autofree char *name = NULL;

    if (!t3->lsa_backend) {
        if (t3->persistent_backend) {
            error_setg(errp, "cxl-type3: persistent-memdev= needs label"
                       " storage: add lsa= with the id of a memory backend of"
                       " at least 1 KiB");
            return false;
        }
        return true;
    }
    name = host_memory_backend_get_name(t3->lsa_backend);
    if (t3->lsa_backend == t3->volatile_backend ||
        t3->lsa_backend == t3->persistent_backend ||
        host_memory_backend_is_mapped(t3->lsa_backend)) {
        error_setg(errp, "cxl-type3: lsa='%s' is in use as memory; labels need"
                   " a memory backend of their own", name);
        return false;
    }
    if (cxl_type3_lsa_size(t3) < CXL_LSA_MIN_SIZE) {
        error_setg(errp, "cxl-type3: lsa='%s' is too small for labels; make it"
                   " at least 1 KiB", name);
        return false;
    }
    if (object_child_foreach_recursive(qdev_get_machine(), same_lsa, t3)) {
        warn_report_once("cxl-type3: lsa='%s' serves several devices, which"
                         " will overwrite each other's labels", name);
    }
    return true;
}

static bool check_backends(CxlType3 *t3, Error **errp)
{
    if (!t3->volatile_backend && !t3->persistent_backend) {
        error_setg(errp, "cxl-type3 needs memory: give volatile-memdev= or"
                   " persistent-memdev= the id of a memory backend");
        return false;
    }
    if (t3->volatile_backend == t3->persistent_backend) {
        error_setg(errp, "cxl-type3: volatile-memdev= and persistent-memdev="
                   " name the same memory backend; give each its own");
        return false;
    }
    return check_backend(t3->volatile_backend, "volatile-memdev", errp) &&
           check_backend(t3->persistent_backend, "persistent-memdev", errp) &&
           check_lsa(t3, errp);
}

/* Partition at @dpa of the device physical address space */
static void add_partition(CxlType3 *t3, MemoryRegion *mr, const char *name,
                          HostMemoryBackend *backend, uint64_t dpa)
{
    if (!backend) {
        return;
    }
    host_memory_backend_set_mapped(backend, true);
    memory_region_init_alias(mr, OBJECT(t3), name,
                             host_memory_backend_get_memory(backend), 0,
                             backend_size(backend));
    memory_region_add_subregion(&t3->dpa_mr, dpa, mr);
}

static void remove_partition(CxlType3 *t3, MemoryRegion *mr,
                             HostMemoryBackend *backend)
{
    if (backend) {
        memory_region_del_subregion(&t3->dpa_mr, mr);
        host_memory_backend_set_mapped(backend, false);
    }
}

bool cxl_type3_mem_realize(CxlType3 *t3, Error **errp)
{
    uint64_t volatile_size;

    if (!take_alias(t3, errp) || !check_backends(t3, errp)) {
        return false;
    }
    volatile_size = cxl_type3_volatile_size(t3);
    memory_region_init(&t3->dpa_mr, OBJECT(t3), "cxl-dpa",
                       volatile_size + cxl_type3_persistent_size(t3));
    add_partition(t3, &t3->volatile_mr, "cxl-volatile", t3->volatile_backend,
                  0);
    add_partition(t3, &t3->persistent_mr, "cxl-persistent",
                  t3->persistent_backend, volatile_size);
    if (t3->persistent_backend) {
        memory_region_set_nonvolatile(
            host_memory_backend_get_memory(t3->persistent_backend), true);
    }
    address_space_init(&t3->dpa_as, &t3->dpa_mr, "cxl-dpa");
    if (t3->memdev_alias) {
        warn_report_once("cxl-type3: memdev= is deprecated, use"
                         " persistent-memdev=");
    }
    return true;
}

void cxl_type3_mem_unrealize(CxlType3 *t3)
{
    address_space_destroy(&t3->dpa_as);
    remove_partition(t3, &t3->persistent_mr, t3->persistent_backend);
    remove_partition(t3, &t3->volatile_mr, t3->volatile_backend);
}

static bool lsa_read(void *opaque, uint64_t offset, uint8_t *buf, uint32_t len)
{
    CxlType3 *t3 = opaque;
    MemoryRegion *mr = host_memory_backend_get_memory(t3->lsa_backend);

    memcpy(buf, (uint8_t *)memory_region_get_ram_ptr(mr) + offset, len);
    return true;
}

static bool lsa_write(void *opaque, uint64_t offset, const uint8_t *buf,
                      uint32_t len)
{
    CxlType3 *t3 = opaque;
    MemoryRegion *mr = host_memory_backend_get_memory(t3->lsa_backend);

    memcpy((uint8_t *)memory_region_get_ram_ptr(mr) + offset, buf, len);
    memory_region_msync(mr, offset, len);
    return true;
}

const CxlMemdevOps cxl_type3_lsa_ops = {
    .lsa_read = lsa_read,
    .lsa_write = lsa_write,
};
