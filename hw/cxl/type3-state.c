/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a type 3 device measures of itself, and what it remembers without power
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "flush.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "system/system.h"

/* Readings are properties: whoever runs the machine can heat the device */
static const struct {
    const char *name;
    const char *description;
    int64_t min;
    int64_t max;
} rows[CXL_TYPE3_READINGS] = {
    [CXL_TYPE3_LIFE_USED] = { "life-used", "percent of its life", 0, 100 },
    [CXL_TYPE3_TEMPERATURE] = { "temperature", "degrees Celsius", -273, 1000 },
    [CXL_TYPE3_CORRECTED_VOLATILE] = {
        "corrected-volatile-errors", "count of errors in volatile capacity",
        0, UINT32_MAX
    },
    [CXL_TYPE3_CORRECTED_PERSISTENT] = {
        "corrected-persistent-errors",
        "count of errors in persistent capacity", 0, UINT32_MAX
    },
};

static void take_readings(CxlType3 *t3)
{
    const CxlReadings readings = {
        .life_used = t3->readings[CXL_TYPE3_LIFE_USED],
        .temperature = t3->readings[CXL_TYPE3_TEMPERATURE],
        .corrected = {
            [CXL_DPA_VOLATILE] = t3->readings[CXL_TYPE3_CORRECTED_VOLATILE],
            [CXL_DPA_PERSISTENT] =
                t3->readings[CXL_TYPE3_CORRECTED_PERSISTENT],
        },
    };
    CxlEffects effects = {};

    cxl_memdev_set_readings(&t3->endpoint.memdev, &readings, cxl_time_now(),
                            &effects);
    cxl_effects_apply(&t3->outlet, &effects);
}

static void get_reading(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    visit_type_int(v, name, &CXL_TYPE3(obj)->readings[(uintptr_t)opaque],
                   errp);
}

static void set_reading(Object *obj, Visitor *v, const char *name,
                        void *opaque, Error **errp)
{
    CxlType3 *t3 = CXL_TYPE3(obj);
    uintptr_t i = (uintptr_t)opaque;
    int64_t value;

    if (!visit_type_int(v, name, &value, errp)) {
        return;
    }
    if (value < rows[i].min || value > rows[i].max) {
        error_setg(errp, "cxl-type3: %s is a number from %" PRId64 " to %"
                   PRId64, name, rows[i].min, rows[i].max);
        return;
    }
    t3->readings[i] = value;
    if (DEVICE(t3)->realized) {
        take_readings(t3);
    }
}

void cxl_type3_state_class_init(ObjectClass *klass)
{
    for (uintptr_t i = 0; i < CXL_TYPE3_READINGS; i++) {
        object_class_property_add(klass, rows[i].name, "int", get_reading,
                                  set_reading, NULL, (void *)i);
        object_class_property_set_description(klass, rows[i].name,
                                              rows[i].description);
    }
}

void cxl_type3_state_init(CxlType3 *t3)
{
    t3->readings[CXL_TYPE3_TEMPERATURE] = CXL_HEALTH_TEMPERATURE;
}

/*
 * A device that is gone: what it remembers says so once its memory is durable
 *
 * @exit: QEMU ends before that
 * @file: NULL when it is done
 * @backend: the memory that lasts, referenced; NULL if there is none
 * @nv: what is to be remembered
 * @dirty: that is something else than before
 */
struct CxlType3Ending {
    Notifier exit;
    CxlStateFile *file;
    HostMemoryBackend *backend;
    CxlNvState nv;
    bool dirty;
    QLIST_ENTRY(CxlType3Ending) next;
};

static QLIST_HEAD(, CxlType3Ending) endings = QLIST_HEAD_INITIALIZER(endings);

/* Does it at once, and waits */
static void finish(CxlType3Ending *e)
{
    if (e->dirty && e->file && cxl_flush_now(e->backend)) {
        cxl_state_file_store_now(e->file, &e->nv);
    }
    e->dirty = false;
}

static void qemu_ends(Notifier *n, void *data)
{
    finish(container_of(n, CxlType3Ending, exit));
}

/* A new device has the file of one that is not quite gone */
static void finish_ending(const char *path)
{
    CxlType3Ending *e;

    QLIST_FOREACH(e, &endings, next) {
        if (e->file && cxl_state_file_is(e->file, path)) {
            finish(e);
            cxl_state_file_close(g_steal_pointer(&e->file));
        }
    }
}

CxlType3Ending *cxl_type3_state_end(CxlType3 *t3)
{
    CxlMemdev *m = &t3->endpoint.memdev;
    CxlType3Ending *e;

    if (!t3->state_file) {
        return NULL;
    }
    cxl_state_file_forget(t3->state_file);
    e = g_new0(CxlType3Ending, 1);
    e->file = g_steal_pointer(&t3->state_file);
    e->backend = cxl_type3_lasting(t3);
    e->dirty = e->backend && cxl_memdev_power_off(m);
    e->nv = m->state.nv;
    e->exit.notify = qemu_ends;
    if (e->backend) {
        object_ref(OBJECT(e->backend));
    }
    qemu_add_exit_notifier(&e->exit);
    QLIST_INSERT_HEAD(&endings, e, next);
    return e;
}

void cxl_type3_state_ended(void *opaque, bool ok)
{
    CxlType3Ending *e = opaque;

    if (e->file && e->dirty && ok) {
        cxl_state_file_store(e->file, &e->nv, NULL, NULL);
    }
    if (e->file) {
        cxl_state_file_close(e->file);
    }
    if (e->backend) {
        object_unref(OBJECT(e->backend));
    }
    qemu_remove_exit_notifier(&e->exit);
    QLIST_REMOVE(e, next);
    g_free(e);
}

static bool divide(CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    CxlDpa divided = {};

    if (!t3->nv.divided || !dpa->partitionable) {
        return true;
    }
    if (!cxl_dpa_add_partitionable(&divided, cxl_dpa_capacity(dpa),
                                   t3->nv.volatile_size) ||
        !cxl_dpa_set_next(&divided, t3->nv.next_volatile_size)) {
        error_setg(errp, "cxl-type3: state-file=%s: it divides another"
                   " capacity than that of partitionable-memdev=; name another"
                   " file, or delete it", t3->state_path);
        return false;
    }
    *dpa = divided;
    return true;
}

bool cxl_type3_state_open(CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    if (!t3->state_path) {
        return true;
    }
    finish_ending(t3->state_path);
    t3->state_file = cxl_state_file_open(t3->state_path, &t3->nv, errp);
    if (!t3->state_file || divide(t3, dpa, errp)) {
        return t3->state_file;
    }
    cxl_type3_state_close(t3);
    return false;
}

void cxl_type3_state_realize(CxlType3 *t3)
{
    CxlMemdev *m = &t3->endpoint.memdev;

    if (t3->state_file && cxl_memdev_restore(m, &t3->nv)) {
        cxl_state_file_store(t3->state_file, &m->state.nv, NULL, NULL);
    }
    take_readings(t3);
}

void cxl_type3_state_power_off(CxlType3 *t3)
{
    CxlMemdev *m = &t3->endpoint.memdev;

    if (cxl_memdev_power_off(m) && t3->state_file) {
        cxl_state_file_store_now(t3->state_file, &m->state.nv);
    }
}

void cxl_type3_state_close(CxlType3 *t3)
{
    if (t3->state_file) {
        cxl_state_file_close(g_steal_pointer(&t3->state_file));
    }
}

static void stored(void *opaque, bool ok)
{
    CxlType3 *t3 = opaque;
    CxlEffects effects = {};

    cxl_endpoint_flushed(&t3->endpoint, ok, &effects);
    cxl_effects_apply(&t3->outlet, &effects);
}

void cxl_type3_store(PCIDevice *pci, bool waits)
{
    CxlType3 *t3 = CXL_TYPE3(pci);

    if (t3->state_file) {
        cxl_state_file_store(t3->state_file, &t3->endpoint.memdev.state.nv,
                             waits ? stored : NULL, t3);
    } else if (waits) {
        stored(t3, true);
    }
}

void cxl_type3_forget_store(CxlType3 *t3)
{
    if (t3->state_file) {
        cxl_state_file_forget(t3->state_file);
    }
}
