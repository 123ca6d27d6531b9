/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a type 3 device measures of itself, and what it remembers without power
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "qapi/error.h"
#include "qapi/visitor.h"

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
        cxl_state_file_store_now(t3->state_file, &m->state.nv);
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
