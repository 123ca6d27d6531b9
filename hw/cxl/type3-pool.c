/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A type 3 device as a head of a pool (CXL 3.1 2.5)
 *
 * Joins when the device is realized, and does what the pool's state says. A
 * device has all of the memory, to read and write, or none of it: as soon as
 * the state lets it do anything less, the memory is taken away from it.
 */
#include "qemu/osdep.h"
#include "type3-pool.h"

#include "accel.h"
#include "compat.h"
#include "exec/cpu-common.h"
#include "fabric.h"
#include "link.h"
#include "port.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/madvise.h"
#include "qemu/timer.h"
#include "system/system.h"
#include "trace/trace-cxl_trace_events.h"

/* Milliseconds: to join, between looks at what may change soon, and else */
#define JOIN_PATIENCE   1000
#define LOOK_SOON       5
#define LOOK_NEXT       1000
/* Looks that find nothing readable, until that is told */
#define FAILURES        100

/**
 * struct Part - a partition
 * @backend: referenced
 * @refs: references to it while nobody uses its memory
 * @fd: the file; the backend's
 * @offset: in the file
 * @host: where it is mapped
 * @size: bytes
 */
typedef struct Part {
    HostMemoryBackend *backend;
    unsigned refs;
    int fd;
    off_t offset;
    void *host;
    uint64_t size;
} Part;

/**
 * struct CxlPoolMember - what a device is to its pool
 * @t3: the device; NULL when it is gone and the head is yet to be given back
 * @file: the state
 * @path: of it
 * @watch: tells that it has changed, or -1
 * @timer: when to look, whatever @watch tells
 * @failures: looks since it could last be read
 * @cut: the memory is taken away
 * @passages: how often vCPUs have yet to pass
 * @nparts: partitions
 * @part: the partitions
 */
struct CxlPoolMember {
    CxlType3 *t3;
    CxlPoolFile file;
    char *path;
    int watch;
    QEMUTimer *timer;
    unsigned failures;
    bool cut;
    unsigned passages;
    unsigned nparts;
    Part part[CXL_DPA_MAX_PARTITIONS];
};

static void look(void *opaque);

/* --- taking the memory away, and giving it back --------------------------- */

static bool map_part(const Part *p, bool file)
{
    int flags = MAP_FIXED | (file ? MAP_SHARED :
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);
    void *host = mmap(p->host, p->size, PROT_READ | PROT_WRITE, flags,
                      file ? p->fd : -1, file ? p->offset : 0);

    if (host == MAP_FAILED) {
        return false;
    }
    qemu_madvise(p->host, p->size, QEMU_MADV_DONTFORK);
    return true;
}

static bool map_parts(const CxlPoolMember *m, bool file)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        if (!map_part(&m->part[i], file)) {
            warn_report("cxl-type3: %s: memory cannot be mapped: %s", m->path,
                        strerror(errno));
            return false;
        }
    }
    return true;
}

static void set_link(CxlPoolMember *m, bool down)
{
    PCIDevice *port = cxl_port_above(PCI_DEVICE(m->t3));

    cxl_link_change(cxl_port_function(port), CXL_LINK_NO_HEAD, down);
    cxl_fabric_mark();
    cxl_fabric_settle();
}

static void passed(void *opaque)
{
    CxlPoolMember *m = opaque;

    m->passages--;
    timer_mod(m->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME));
}

static void begin_passage(CxlPoolMember *m)
{
    m->passages++;
    cxl_accel_pass_vcpus(passed, m);
}

/*
 * First the bytes: a store that is late hits memory that is nobody's. Then the
 * way to them, which the guest sees as a link that has gone down.
 */
static void cut(CxlPoolMember *m)
{
    trace_cxl_pool_cut(m->file.head, m->file.now->generation);
    m->cut = map_parts(m, false);
    if (m->cut) {
        set_link(m, true);
        begin_passage(m);
    }
}

/*
 * vCPUs have passed, and nobody refers to the memory: no old view of the memory
 * map, and no DMA, whose pages may be the file's as long as it lasts.
 */
static bool has_let_go(const CxlPoolMember *m)
{
    bool free = !m->passages;

    for (unsigned i = 0; i < m->nparts; i++) {
        free = free && qatomic_read(&OBJECT(m->part[i].backend)->ref) <=
                       m->part[i].refs;
    }
    return free;
}

static void give_back(CxlPoolMember *m)
{
    trace_cxl_pool_restore(m->file.head, m->file.now->generation);
    if (map_parts(m, true)) {
        m->cut = false;
        set_link(m, false);
    }
}

/* --- following the state -------------------------------------------------- */

static bool may_do_all(const CxlPoolMember *m)
{
    g_autofree CxlPoolRange *ranges = g_new(CxlPoolRange, CXL_POOL_RANGES);
    const CxlPool *pool = m->file.now;

    return pool->head[m->file.head].joined == m->file.slot.joined &&
           cxl_pool_rights(pool, m->file.head, ranges) == 1 &&
           ranges[0].right == CXL_POOL_WRITE;
}

/* Returns when to look again, in milliseconds */
static unsigned obey(CxlPoolMember *m)
{
    bool all = may_do_all(m);
    CxlPoolWhy why;

    if (!all && !m->cut) {
        cut(m);
    }
    if (m->cut && !has_let_go(m)) {
        return LOOK_SOON;
    }
    if (all && m->cut) {
        give_back(m);
    }
    if (cxl_pool_file_owes(&m->file) && (all || m->cut) &&
        !cxl_pool_file_acknowledge(&m->file, &why)) {
        trace_cxl_pool_acknowledge(m->file.head, m->file.now->generation);
    }
    return LOOK_NEXT;
}

/* A state that cannot be read grants nothing, and takes nothing */
static unsigned cannot_read(CxlPoolMember *m, const CxlPoolWhy *why)
{
    if (++m->failures == FAILURES) {
        warn_report("cxl-type3: %s; the memory stays as it is", why->text);
    }
    return m->failures < FAILURES ? LOOK_SOON : LOOK_NEXT;
}

static void free_member(CxlPoolMember *m)
{
    qemu_set_fd_handler(m->watch, NULL, NULL, NULL);
    cxl_pool_file_unwatch(m->watch);
    cxl_pool_file_close(&m->file);
    for (unsigned i = 0; i < m->nparts; i++) {
        object_unref(OBJECT(m->part[i].backend));
    }
    timer_free(m->timer);
    g_free(m->path);
    g_free(m);
}

/* The backend may get another device, which wants its bytes */
static void end(CxlPoolMember *m)
{
    CxlPoolWhy why;

    if (m->cut) {
        map_parts(m, true);
    }
    cxl_pool_file_leave(&m->file, &why);
    free_member(m);
}

static void look(void *opaque)
{
    CxlPoolMember *m = opaque;
    unsigned next = LOOK_SOON;
    CxlPoolWhy why;

    if (!m->t3) {
        if (has_let_go(m)) {
            end(m);
            return;
        }
    } else if (cxl_pool_file_read(&m->file, &why)) {
        next = cannot_read(m, &why);
    } else {
        m->failures = 0;
        next = obey(m);
    }
    timer_mod(m->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + next);
}

static void changed(void *opaque)
{
    CxlPoolMember *m = opaque;

    cxl_pool_file_wait(m->watch, 0);
    look(m);
}

/* --- joining and leaving -------------------------------------------------- */

static bool parse_access(const char *word, CxlPoolAccess *access, Error **errp)
{
    if (!word || !strcmp(word, "shared")) {
        *access = CXL_POOL_SHARED;
    } else if (!strcmp(word, "exclusive")) {
        *access = CXL_POOL_EXCLUSIVE;
    } else {
        error_setg(errp, "cxl-type3: access=%s is not known; it is shared or"
                   " exclusive", word);
        return false;
    }
    return true;
}

static bool add_part(CxlPoolMember *m, HostMemoryBackend *backend,
                     struct stat *st, Error **errp)
{
    MemoryRegion *mr = host_memory_backend_get_memory(backend);
    g_autofree char *name = host_memory_backend_get_name(backend);
    Part *p = &m->part[m->nparts];

    *p = (Part) {
        .backend = backend, .fd = memory_region_get_fd(mr),
        .host = memory_region_get_ram_ptr(mr),
        .size = memory_region_size(mr),
    };
    if (p->fd < 0 || !qemu_ram_is_shared(mr->ram_block) ||
        memory_region_is_rom(mr) || fstat(p->fd, st)) {
        error_setg(errp, "cxl-type3: pool= needs '%s' to be a"
                   " memory-backend-file with share=on that can be written",
                   name);
        return false;
    }
    p->offset = mr->ram_block->fd_offset;
    object_ref(OBJECT(backend));
    p->refs = qatomic_read(&OBJECT(backend)->ref);
    m->nparts++;
    return true;
}

/* @identity is of the device, @join of its files */
static bool describe(CxlPoolMember *m, const CxlDpa *dpa,
                     CxlPoolIdentity *identity, CxlPoolJoin *join, mode_t *mode,
                     Error **errp)
{
    CxlType3 *t3 = m->t3;

    *identity = (CxlPoolIdentity) {
        .serial = t3->serial == CXL_NO_SERIAL ? 0 : t3->serial,
        .count = dpa->count,
    };
    for (unsigned i = 0; i < dpa->count; i++) {
        HostMemoryBackend *backend = t3->persistent_backend;
        struct stat st;

        if (dpa->part[i].kind == CXL_DPA_VOLATILE) {
            backend = t3->volatile_backend;
        }
        identity->kind[i] = dpa->part[i].kind;
        identity->size[i] = dpa->part[i].size;
        if (!add_part(m, backend, &st, errp)) {
            return false;
        }
        join->backend[i] = (CxlPoolBackend) { st.st_dev, st.st_ino };
        *mode = st.st_mode;
    }
    return true;
}

/* For people */
static const char *host_name(const CxlType3 *t3)
{
    const char *name = qemu_get_vm_name();

    if (!name) {
        name = DEVICE(t3)->id;
    }
    return name ? name : "QEMU";
}

static bool enter(CxlPoolMember *m, const CxlDpa *dpa, CxlPoolAccess access,
                  Error **errp)
{
    CxlPoolJoin join = { .head = m->t3->pool_head, .access = access };
    CxlPoolIdentity mine;
    CxlPoolRefusal refusal;
    mode_t mode = 0;
    CxlPoolWhy why;

    if (!describe(m, dpa, &mine, &join, &mode, errp)) {
        return false;
    }
    if (cxl_pool_file_create(m->path, mode & 0660, &mine, &why) < 0 ||
        cxl_pool_file_open(&m->file, m->path, true, &why)) {
        goto fail;
    }
    m->file.patience = JOIN_PATIENCE;
    refusal = cxl_pool_match(&m->file.id, &mine,
                             m->t3->serial == CXL_NO_SERIAL);
    if (refusal.error) {
        cxl_pool_file_explain(&m->file, refusal, &why);
        goto fail;
    }
    if (cxl_pool_file_join(&m->file, &join, host_name(m->t3), &why)) {
        goto fail;
    }
    m->file.patience = 0;
    if (!may_do_all(m)) {
        cxl_pool_say_why(&why, "%s: head %u may not read and write all of the"
                         " memory, and a device has all of it or none",
                         m->path, m->file.head);
        goto fail;
    }
    return true;

fail:
    error_setg(errp, "cxl-type3: pool=%s", why.text);
    return false;
}

bool cxl_type3_pool_join(CxlType3 *t3, const CxlDpa *dpa, Error **errp)
{
    CxlPoolAccess access;
    CxlPoolMember *m;
    CxlPoolWhy why;

    if (!t3->pool_path) {
        if (t3->pool_access || t3->pool_head != CXL_POOL_ANY_HEAD) {
            error_setg(errp, "cxl-type3: head= and access= are of a pool; give"
                       " its state file with pool=");
            return false;
        }
        return true;
    }
    if (!parse_access(t3->pool_access, &access, errp)) {
        return false;
    }
    m = g_new0(CxlPoolMember, 1);
    *m = (CxlPoolMember) {
        .t3 = t3, .path = g_strdup(t3->pool_path), .watch = -1,
        .file = { .fd = -1 },
        .timer = timer_new_ms(QEMU_CLOCK_REALTIME, look, m),
    };
    if (!enter(m, dpa, access, errp)) {
        free_member(m);
        return false;
    }
    t3->pool = m;
    t3->serial = m->file.id.serial;
    m->watch = cxl_pool_file_watch(&m->file, &why);
    if (m->watch >= 0) {
        qemu_set_fd_handler(m->watch, changed, NULL, m);
    }
    look(m);
    return true;
}

void cxl_type3_pool_leave(CxlType3 *t3)
{
    CxlPoolMember *m = g_steal_pointer(&t3->pool);
    PCIDevice *port;

    if (m) {
        port = cxl_port_above(PCI_DEVICE(t3));
        cxl_link_forget(cxl_port_function(port), CXL_LINK_NO_HEAD);
        m->t3 = NULL;
        begin_passage(m);
    }
}

CxlDevicePool *cxl_type3_pool_query(const CxlType3 *t3)
{
    const CxlPoolMember *m = t3->pool;
    CxlDevicePool *info;

    if (!m) {
        return NULL;
    }
    info = g_new0(CxlDevicePool, 1);
    info->file = g_strdup(m->path);
    info->head = m->file.head;
    info->generation = m->file.seen;
    info->attached = !m->cut;
    return info;
}
