/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Label storage of a type 3 device: a backend that several may share
 * (CXL 3.1 9.13.2)
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "flush.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"

#define CXL_LSA_MIN_SIZE  (1 * KiB)
/* Two index blocks and a label: less than this is of no use (9.13.2) */
#define CXL_LSA_LABEL_SIZE 1280

uint64_t cxl_type3_lsa_size(const CxlType3 *t3)
{
    return cxl_backend_size(t3->lsa_backend);
}

bool cxl_type3_lsa_read_only(const CxlType3 *t3)
{
    return cxl_backend_is_read_only(t3->lsa_backend);
}

/* How many devices have their labels in each backend */
static GHashTable *label_users;

static unsigned count_label_users(HostMemoryBackend *backend)
{
    return label_users ?
        GPOINTER_TO_UINT(g_hash_table_lookup(label_users, backend)) : 0;
}

static void set_label_users(HostMemoryBackend *backend, unsigned users)
{
    if (!label_users) {
        label_users = g_hash_table_new(NULL, NULL);
    }
    if (users) {
        g_hash_table_insert(label_users, backend, GUINT_TO_POINTER(users));
    } else {
        g_hash_table_remove(label_users, backend);
    }
    host_memory_backend_set_mapped(backend, users);
}

void cxl_type3_take_labels(HostMemoryBackend *backend)
{
    if (backend) {
        set_label_users(backend, count_label_users(backend) + 1);
    }
}

void cxl_type3_drop_labels(HostMemoryBackend *backend)
{
    if (backend) {
        set_label_users(backend, count_label_users(backend) - 1);
    }
}

bool cxl_type3_check_labels(CxlType3 *t3, Error **errp)
{
    g_autofree char *name = NULL;

    if (!t3->lsa_backend) {
        if (cxl_type3_lasting(t3)) {
            error_setg(errp, "cxl-type3: %s= needs label storage: add lsa="
                       " with the id of a memory backend of at least 1 KiB",
                       cxl_type3_lasting_option(t3));
            return false;
        }
        return true;
    }
    name = host_memory_backend_get_name(t3->lsa_backend);
    if (t3->lsa_backend == t3->volatile_backend ||
        t3->lsa_backend == cxl_type3_lasting(t3) ||
        (host_memory_backend_is_mapped(t3->lsa_backend) &&
         !count_label_users(t3->lsa_backend))) {
        error_setg(errp, "cxl-type3: lsa='%s' is in use as memory; labels need"
                   " a memory backend of their own", name);
        return false;
    }
    if (cxl_type3_lsa_size(t3) < CXL_LSA_MIN_SIZE) {
        error_setg(errp, "cxl-type3: lsa='%s' is too small for labels; make it"
                   " at least 1 KiB", name);
        return false;
    }
    if (cxl_type3_lsa_size(t3) < CXL_LSA_LABEL_SIZE) {
        warn_report_once("cxl-type3: lsa='%s' has no room for a label; make it"
                         " at least %u bytes", name, CXL_LSA_LABEL_SIZE);
    }
    if (count_label_users(t3->lsa_backend)) {
        warn_report_once("cxl-type3: lsa='%s' serves several devices, which"
                         " will overwrite each other's labels", name);
    }
    return true;
}

bool cxl_type3_lsa_read(void *opaque, uint64_t offset, uint8_t *buf,
                        uint32_t len)
{
    CxlType3 *t3 = opaque;
    MemoryRegion *mr = host_memory_backend_get_memory(t3->lsa_backend);

    memcpy(buf, (uint8_t *)memory_region_get_ram_ptr(mr) + offset, len);
    return true;
}

bool cxl_type3_lsa_write(void *opaque, uint64_t offset, const uint8_t *buf,
                         uint32_t len)
{
    CxlType3 *t3 = opaque;
    MemoryRegion *mr = host_memory_backend_get_memory(t3->lsa_backend);

    memcpy((uint8_t *)memory_region_get_ram_ptr(mr) + offset, buf, len);
    return true;
}

static void labels_flushed(void *opaque, bool ok);

static void start_flush(CxlType3 *t3, CxlRange range)
{
    t3->flush = cxl_flush_start(t3->lsa_backend, range, labels_flushed, t3);
}

static void labels_flushed(void *opaque, bool ok)
{
    CxlType3 *t3 = opaque;
    CxlRange next = t3->flush_next;
    CxlEffects effects = {};

    t3->flush = NULL;
    t3->flush_next = (CxlRange) { };
    if (next.len) {
        start_flush(t3, next);
    } else if (t3->flush_awaited) {
        t3->flush_awaited = false;
        cxl_endpoint_flushed(&t3->endpoint, ok, &effects);
        cxl_effects_apply(&t3->outlet, &effects);
    }
}

/*
 * A guest may reset the device and set labels again as often as it likes, also
 * while the disk stands still: there is one flush at a time, and one behind it.
 */
void cxl_type3_flush_labels(PCIDevice *pci, CxlRange range)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    t3->flush_awaited = true;
    if (t3->flush) {
        t3->flush_next = range;
    } else {
        start_flush(t3, range);
    }
}

void cxl_type3_forget_flush(CxlType3 *t3)
{
    t3->flush_awaited = false;
    t3->flush_next = (CxlRange) { };
}
