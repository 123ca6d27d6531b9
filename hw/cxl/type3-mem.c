/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Backends of a type 3 device: device physical address space
 *
 * Volatile capacity begins at DPA 0, persistent capacity follows it
 * (CXL 3.1 8.2.9.9.2.1).
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "accel.h"
#include "coherency.h"
#include "exec/cpu-common.h"
#include "flush.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/notify.h"
#include "qemu/timer.h"
#include "system/qtest.h"
#include "system/system.h"

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
    uint64_t size = cxl_backend_size(backend);
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
    if (!size || size % CXL_DPA_UNIT) {
        error_setg(errp, "cxl-type3: %s='%s' must have a size= that is a"
                   " multiple of 256 MiB", option, name);
        return false;
    }
    return true;
}

/* All of the memory is divided, or none of it */
static bool check_partitionable(CxlType3 *t3, Error **errp)
{
    if (!t3->partitionable_backend) {
        if (t3->volatile_size == CXL_TYPE3_ALL_VOLATILE) {
            return true;
        }
        error_setg(errp, "cxl-type3: volatile-size= is a part of"
                   " partitionable-memdev=; give that, too, or leave it out");
        return false;
    }
    if (t3->volatile_backend || t3->persistent_backend || t3->pool_path) {
        error_setg(errp, "cxl-type3: partitionable-memdev= is all of the"
                   " memory, and of no pool: leave out volatile-memdev=,"
                   " persistent-memdev= and pool=");
        return false;
    }
    if (cxl_backend_is_read_only(t3->partitionable_backend)) {
        error_setg(errp, "cxl-type3: partitionable-memdev= must be writable:"
                   " leave out readonly=on of its memory backend");
        return false;
    }
    if (t3->volatile_size != CXL_TYPE3_ALL_VOLATILE &&
        (t3->volatile_size % CXL_DPA_UNIT ||
         t3->volatile_size > cxl_backend_size(t3->partitionable_backend))) {
        error_setg(errp, "cxl-type3: volatile-size= must be a multiple of 256"
                   " MiB that is not more than partitionable-memdev= has");
        return false;
    }
    return true;
}

static bool check_backends(CxlType3 *t3, Error **errp)
{
    if (!t3->volatile_backend && !cxl_type3_lasting(t3)) {
        error_setg(errp, "cxl-type3 needs memory: give volatile-memdev= or"
                   " persistent-memdev= the id of a memory backend");
        return false;
    }
    if (t3->volatile_backend &&
        t3->volatile_backend == t3->persistent_backend) {
        error_setg(errp, "cxl-type3: volatile-memdev= and persistent-memdev="
                   " name the same memory backend; give each its own");
        return false;
    }
    return check_backend(t3->volatile_backend, "volatile-memdev", errp) &&
           check_backend(t3->persistent_backend, "persistent-memdev", errp) &&
           check_backend(t3->partitionable_backend, "partitionable-memdev",
                         errp) &&
           check_partitionable(t3, errp) &&
           cxl_type3_check_labels(t3, errp);
}

/* @backend is the next one, from @dpa on */
static void add_backend(CxlType3 *t3, uint64_t dpa, const char *name,
                        HostMemoryBackend *backend, int cached)
{
    CxlType3Backend *p = t3->backends;
    MemoryRegion *mr = host_memory_backend_get_memory(backend);
    uint64_t size = memory_region_size(mr);

    while (p->backend) {
        p++;
    }
    host_memory_backend_set_mapped(backend, true);
    p->backend = backend;
    p->refs = qatomic_read(&OBJECT(backend)->ref);
    p->ram = (CxlType3Ram) {
        .dpa = dpa,
        .size = size,
        .host = memory_region_get_ram_ptr(mr),
        .ram_addr = memory_region_get_ram_addr(mr),
        .cached = cached,
    };
    memory_region_init_alias(&p->mr, OBJECT(t3), name, mr, 0, size);
    memory_region_add_subregion(&t3->dpa_mr, dpa, &p->mr);
}

/* The backend of each kind, or the one of both */
static void add_partitions(CxlType3 *t3, CxlDpa *dpa)
{
    HostMemoryBackend *const kinds[CXL_DPA_KINDS] = {
        [CXL_DPA_VOLATILE] = t3->volatile_backend,
        [CXL_DPA_PERSISTENT] = t3->persistent_backend,
    };
    uint64_t size = cxl_backend_size(t3->partitionable_backend);

    if (t3->partitionable_backend) {
        cxl_dpa_add_partitionable(dpa, size, MIN(size, t3->volatile_size));
    }
    for (unsigned kind = 0; kind < CXL_DPA_KINDS; kind++) {
        if (kinds[kind]) {
            cxl_dpa_add(dpa, &(CxlDpaPartition) {
                .kind = kind, .size = cxl_backend_size(kinds[kind]),
                .rights = cxl_backend_is_read_only(kinds[kind]) ?
                          CXL_DPA_READ_ONLY : CXL_DPA_READ_WRITE,
            });
        }
    }
}

/* Volatile capacity comes first (CXL 3.1 8.2.9.9.2.1) */
static void add_memory(CxlType3 *t3, CxlDpa *dpa, const int *cached)
{
    static const char *const names[CXL_TYPE3_OPTIONS] = {
        "cxl-volatile", "cxl-persistent", "cxl-partitionable",
    };
    uint64_t at = 0;

    add_partitions(t3, dpa);
    memory_region_init(&t3->dpa_mr, OBJECT(t3), "cxl-dpa",
                       cxl_dpa_capacity(dpa));
    for (unsigned i = 0; i < CXL_TYPE3_SHOWN; i++) {
        t3->shown[i] = &t3->dpa_mr;
    }
    for (unsigned i = 0; i < CXL_TYPE3_OPTIONS; i++) {
        HostMemoryBackend *backend = cxl_type3_option(t3, i);

        if (backend) {
            add_backend(t3, at, names[i], backend, cached[i]);
            at += cxl_backend_size(backend);
        }
    }
    for (unsigned i = 0; i < dpa->count; i++) {
        dpa->part[i].shareable = cxl_coherency_is_software();
    }
}

/* What the guest has written survives a failure of the host from here on */
static void qemu_ends(Notifier *n, void *data)
{
    CxlType3 *t3 = container_of(n, CxlType3, exit);

    cxl_type3_leave_cache(t3);
    if (cxl_flush_now(cxl_type3_lasting(t3))) {
        cxl_type3_state_power_off(t3);
    }
}

static void init_persistent(CxlType3 *t3)
{
    HostMemoryBackend *backend = cxl_type3_lasting(t3);
    MemoryRegion *mr = host_memory_backend_get_memory(backend);

    memory_region_set_nonvolatile(mr, true);
    t3->exit.notify = qemu_ends;
    qemu_add_exit_notifier(&t3->exit);
    if (memory_region_get_fd(mr) >= 0 && !qemu_ram_is_shared(mr->ram_block) &&
        !cxl_backend_is_read_only(backend) && !qtest_enabled()) {
        warn_report_once("cxl-type3: what guests write to %s= is lost when"
                         " QEMU ends, because its memory backend is not"
                         " share=on", cxl_type3_lasting_option(t3));
    }
}

/* The backend may serve as something else later */
static void exit_persistent(CxlType3 *t3)
{
    qemu_remove_exit_notifier(&t3->exit);
    memory_region_set_nonvolatile(
        host_memory_backend_get_memory(cxl_type3_lasting(t3)), false);
}

bool cxl_type3_mem_realize(CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    int cached[CXL_TYPE3_OPTIONS];

    if (!take_alias(t3, errp) || !check_backends(t3, errp) ||
        !cxl_type3_add_caches(t3, cached, errp)) {
        return false;
    }
    add_memory(t3, dpa, cached);
    cxl_type3_take_labels(t3->lsa_backend);
    if (cxl_type3_lasting(t3)) {
        init_persistent(t3);
    }
    if (t3->memdev_alias) {
        warn_report_once("cxl-type3: memdev= is deprecated, use"
                         " persistent-memdev=");
    }
    return true;
}

/* The backends of a device that is gone, which stays until they are free */
typedef struct CxlType3Released {
    CxlType3 *t3;
    HostMemoryBackend *persistent;
    HostMemoryBackend *labels;
    CxlType3Ending *ending;
    HostMemoryBackend *backend[CXL_TYPE3_BACKENDS];
    int cached[CXL_TYPE3_BACKENDS];
    /* References to each when nobody used its memory */
    uint32_t refs[CXL_TYPE3_BACKENDS];
    QEMUTimer *timer;
    int64_t deadline_ms;
    /* It is being written to the disk, for which nobody waits */
    bool flushing;
    bool gone;
} CxlType3Released;

#define LOOK_MS     10
/* A disk may be that slow; one that never answers cannot keep the device */
#define PATIENCE_MS 30000

/* DMA that is under way, and views of the memory map that it came by */
static bool is_in_use(const CxlType3Released *released)
{
    bool used = false;

    for (unsigned i = 0; i < CXL_TYPE3_BACKENDS; i++) {
        HostMemoryBackend *backend = released->backend[i];

        used |= backend && !host_memory_backend_is_mapped(backend) &&
                qatomic_read(&OBJECT(backend)->ref) > released->refs[i] +
                (released->flushing && backend == released->persistent);
    }
    return used;
}

static void let_go(CxlType3Released *released)
{
    for (unsigned i = 0; i < CXL_TYPE3_BACKENDS; i++) {
        if (released->backend[i]) {
            object_unref(OBJECT(released->backend[i]));
        }
    }
    object_unref(OBJECT(released->t3));
    timer_free(released->timer);
    released->gone = true;
    if (!released->flushing) {
        g_free(released);
    }
}

static void flushed(void *opaque, bool ok)
{
    CxlType3Released *released = opaque;

    released->flushing = false;
    if (released->ending) {
        cxl_type3_state_ended(released->ending, ok);
    }
    if (released->gone) {
        g_free(released);
    }
}

/*
 * Whoever waits for the device to be deleted gives its memory to somebody else
 * then, so it stays until no DMA is under way. A pool, and a device that takes
 * the memory next, have other means.
 */
static void wait_for_dma(void *opaque)
{
    CxlType3Released *released = opaque;
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    bool used = !released->t3->pool_path && is_in_use(released);

    if (used && now < released->deadline_ms) {
        timer_mod(released->timer, now + LOOK_MS);
        return;
    }
    if (used) {
        warn_report("cxl-type3: '%s' goes while a device still uses its"
                    " memory, and may write there later",
                    DEVICE(released->t3)->id ?: "");
    }
    let_go(released);
}

static void release(void *opaque)
{
    CxlType3Released *released = opaque;

    released->t3->released = released;
    cxl_type3_release(released->t3);
}

void cxl_type3_release(CxlType3 *t3)
{
    CxlType3Released *released;
    HostMemoryBackend *persistent;

    if (t3->erasing || !t3->released) {
        return;
    }
    released = g_steal_pointer(&t3->released);
    persistent = released->persistent;

    /* Nobody waits for the disk: all is in the host's page cache already */
    if (persistent) {
        released->flushing = true;
        cxl_flush_start(persistent,
                        (CxlRange) { 0, cxl_backend_size(persistent) },
                        flushed, released);
    } else if (released->ending) {
        cxl_type3_state_ended(released->ending, true);
    }
    cxl_type3_drop_labels(released->labels);
    if (released->labels) {
        object_unref(OBJECT(released->labels));
    }
    for (unsigned i = 0; i < ARRAY_SIZE(released->backend); i++) {
        if (released->backend[i]) {
            cxl_coherency_remove(released->cached[i]);
            host_memory_backend_set_mapped(released->backend[i], false);
        }
    }
    released->deadline_ms = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) +
                            PATIENCE_MS;
    released->timer = timer_new_ms(QEMU_CLOCK_REALTIME, wait_for_dma, released);
    wait_for_dma(released);
}

void cxl_type3_mem_unrealize(CxlType3 *t3)
{
    CxlType3Released *released = g_new0(CxlType3Released, 1);

    cxl_flush_forget(g_steal_pointer(&t3->flush));
    cxl_type3_forget_flush(t3);
    if (cxl_type3_lasting(t3)) {
        exit_persistent(t3);
    }
    /* The options of the device may name others by then */
    released->t3 = t3;
    object_ref(OBJECT(t3));
    released->persistent = cxl_type3_lasting(t3);
    released->ending = cxl_type3_state_end(t3);
    released->labels = t3->lsa_backend;
    if (released->labels) {
        object_ref(OBJECT(released->labels));
    }
    for (unsigned i = 0; i < CXL_TYPE3_BACKENDS; i++) {
        CxlType3Backend *p = &t3->backends[i];

        if (p->backend) {
            memory_region_del_subregion(&t3->dpa_mr, &p->mr);
            released->backend[i] = g_steal_pointer(&p->backend);
            object_ref(OBJECT(released->backend[i]));
            released->refs[i] = p->refs + 1;
            released->cached[i] = p->ram.cached;
            p->ram = (CxlType3Ram) { };
        }
    }
    cxl_accel_forget_code();
    /* Until then a vCPU may still store there */
    cxl_accel_pass_vcpus(release, released);
}
