/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMUs that are heads of a pool, for tests
 */
#ifndef CXL_POOL_TOPO_H
#define CXL_POOL_TOPO_H

#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qnum.h"

/* Beside the QEMU that is under test, where its build has put it */
#define TOOL        "subprojects/qemu-cxl/cxl-pool"
/* How long something may take that takes milliseconds */
#define PATIENCE_MS 20000

/* The memory and its pool's state */
typedef struct Pool {
    QCxlFile *memory;
    char *state;
} Pool;

static inline Pool *pool_sized(uint64_t size)
{
    Pool *p = g_new0(Pool, 1);

    p->memory = qcxl_file_new(size);
    p->state = g_strdup_printf("%s.pool", p->memory->path);
    return p;
}

static inline Pool *pool_new(void)
{
    return pool_sized(QCXL_UNIT);
}

static inline void pool_free(Pool *p)
{
    unlink(p->state);
    qcxl_file_free(p->memory);
    g_free(p->state);
    g_free(p);
}

/* Whoever runs this waits for cxl-pool; returns its exit status */
static inline int tool(Pool *p, const char *command, const char *options)
{
    g_autofree char *line = g_strdup_printf(TOOL " %s %s %s", command,
                                            p->state, options);
    g_autofree char *out = NULL;
    g_autofree char *err = NULL;
    int status;

    g_assert(g_spawn_command_line_sync(line, &out, &err, &status, NULL));
    g_test_message("%s: %s%s", line, out, err);
    g_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* @backend: options of the memory backend, of which the last one counts */
static inline QCxlTopo *start_with(Pool *p, const char *options,
                                   const char *backend)
{
    return qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
        "-object memory-backend-file,id=m,mem-path=%s,size=256M,%s "
        "-device cxl-type3,id=d,bus=rp0,volatile-memdev=m,pool=%s%s",
        p->memory->path, backend, p->state, options);
}

static inline QCxlTopo *start(Pool *p, const char *options)
{
    return start_with(p, options, "share=on");
}

/* The memory at the beginning of the window */
static inline uint64_t map(QCxlTopo *t)
{
    uint64_t base = t->window[0].base;

    qcxl_map(t, qcxl_endpoint(t, 0), base, QCXL_UNIT);
    return base;
}

static inline uint64_t in_file(Pool *p, uint64_t at)
{
    uint64_t value;

    memcpy(&value, p->memory->map + at, sizeof(value));
    return le64_to_cpu(value);
}

/* What query-cxl says of the device, with keys like "pool.head" */
static inline QDict *query(QCxlTopo *t)
{
    QDict *answer = qcxl_query(t);
    QDict *device = qdict_new();
    const char *prefix = "host-bridges.0.ports.0.device.";
    const QDictEntry *e;

    for (e = qdict_first(answer); e; e = qdict_next(answer, e)) {
        if (g_str_has_prefix(qdict_entry_key(e), prefix)) {
            qdict_put_obj(device, qdict_entry_key(e) + strlen(prefix),
                          qobject_ref(qdict_entry_value(e)));
        }
    }
    qobject_unref(answer);
    return device;
}

static inline uint64_t number(QCxlTopo *t, const char *key)
{
    QDict *device = query(t);
    uint64_t value;

    g_assert(qnum_get_try_uint(qobject_to(QNum, qdict_get(device, key)),
                               &value));
    qobject_unref(device);
    return value;
}

static inline bool attached(QCxlTopo *t)
{
    QDict *device = query(t);
    bool value = qdict_get_bool(device, "pool.attached");

    qobject_unref(device);
    return value;
}

static inline void wait_attached(QCxlTopo *t, bool value)
{
    for (unsigned i = 0; attached(t) != value; i++) {
        g_assert_cmpint(i, <, PATIENCE_MS);
        g_usleep(1000);
    }
}

#endif /* CXL_POOL_TOPO_H */
