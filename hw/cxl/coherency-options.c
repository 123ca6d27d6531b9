/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a machine that say how caches are kept coherent
 */
#include "qemu/osdep.h"
#include "coherency-options.h"

#include "coherency.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-cxl.h"
#include "qapi/visitor.h"
#include "window-access.h"

/* Says so if an option can no longer change */
static bool may_set(const char *name, const bool *mapped, Error **errp)
{
    if (*mapped) {
        error_setg(errp, "%s cannot change once the machine exists", name);
    }
    return !*mapped;
}

/* What makes no sense without a cache was given */
static void note_given(const char *name)
{
    cxl_coherency_options()->given = g_intern_string(name);
}

static void set_coherency(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    CxlCoherency value;

    if (may_set(name, opaque, errp) &&
        visit_type_CxlCoherency(v, name, &value, errp)) {
        cxl_coherency_options()->software = value == CXL_COHERENCY_SOFTWARE;
        cxl_window_access_model_caches(value == CXL_COHERENCY_SOFTWARE);
    }
}

static void get_coherency(Object *obj, Visitor *v, const char *name,
                          void *opaque, Error **errp)
{
    CxlCoherency value = cxl_coherency_is_software() ? CXL_COHERENCY_SOFTWARE :
                                                       CXL_COHERENCY_HARDWARE;

    visit_type_CxlCoherency(v, name, &value, errp);
}

static void set_lines(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    uint32_t value;

    if (!may_set(name, opaque, errp) ||
        !visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (!value || value > CXL_CACHE_MAX_LINES) {
        error_setg(errp, "%s is a number of lines of 64 bytes from 1 to %u",
                   name, CXL_CACHE_MAX_LINES);
        return;
    }
    cxl_coherency_options()->lines = value;
    note_given(name);
}

static void get_lines(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    visit_type_uint32(v, name, &cxl_coherency_options()->lines, errp);
}

static void set_seed(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    if (may_set(name, opaque, errp) &&
        visit_type_uint64(v, name, &cxl_coherency_options()->seed, errp)) {
        note_given(name);
    }
}

static void get_seed(Object *obj, Visitor *v, const char *name, void *opaque,
                     Error **errp)
{
    visit_type_uint64(v, name, &cxl_coherency_options()->seed, errp);
}

static void set_timer(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    if (may_set(name, opaque, errp) &&
        visit_type_uint32(v, name, &cxl_coherency_options()->timer, errp)) {
        note_given(name);
    }
}

static void get_timer(Object *obj, Visitor *v, const char *name, void *opaque,
                      Error **errp)
{
    visit_type_uint32(v, name, &cxl_coherency_options()->timer, errp);
}

static const struct {
    const char *name;
    const char *type;
    ObjectPropertyAccessor *get;
    ObjectPropertyAccessor *set;
    const char *description;
} options[] = {
    { "cxl-coherency", "CxlCoherency", get_coherency, set_coherency,
      "Who keeps caches coherent: hardware, or software in the guest" },
    { "cxl-coherency-lines", "uint32", get_lines, set_lines,
      "Lines of 64 bytes that this host's cache has room for" },
    { "cxl-coherency-seed", "uint64", get_seed, set_seed,
      "Seed of what the cache evicts by chance" },
    { "cxl-coherency-timer", "uint32", get_timer, set_timer,
      "Milliseconds after which the cache evicts lines (0: never)" },
};

void cxl_coherency_add_options(Object *machine, const bool *mapped)
{
    for (unsigned i = 0; i < ARRAY_SIZE(options); i++) {
        object_property_add(machine, options[i].name, options[i].type,
                            options[i].get, options[i].set, NULL,
                            (void *)mapped);
        object_property_set_description(machine, options[i].name,
                                        options[i].description);
    }
}
