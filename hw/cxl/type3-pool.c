/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A type 3 device as a head of a pool (CXL 3.1 2.5)
 *
 * Joins when the device is realized, and does what the pool's state says:
 * limits of the device's memory (core/dpa.h) follow the rights of the head.
 * What is taken away is gone when nobody can reach it by any way that was there
 * before, and only then is that said, and anything else given.
 */
#include "qemu/osdep.h"
#include "type3-pool.h"

#include "accel.h"
#include "fabric.h"
#include "link.h"
#include "pool-beside.h"
#include "pool-link.h"
#include "pool-memory.h"
#include "pool-query.h"
#include "port.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/system.h"
#include "trace/trace-cxl_trace_events.h"

/* Milliseconds: to join, before the guest runs and while it waits */
#define JOIN_COLD       1000
#define JOIN_HOT        100
/* Milliseconds between looks at what may change soon, and else */
#define LOOK_SOON       5
#define LOOK_NEXT       1000
/* Looks that find nothing readable, until that is told */
#define FAILURES        100

/**
 * struct CxlPoolMember - what a device is to its pool
 * @t3: the device; NULL when it is gone and the head is yet to be given back
 * @erasing: the device that is gone, if something of it was being erased
 * @file: the state
 * @path: of it
 * @watch: tells that it has changed, or -1
 * @timer: when to look, whatever @watch tells
 * @failures: looks since it could last be read
 * @warned: what cannot be done now has been told
 * @memory: the memory
 * @claim: keep each of its files from other pools, or -1
 * @have: what the guest may do with it, and what is mapped
 * @want: what the state says
 * @both: what both say
 * @down: the link is, because the head has no access
 * @stale: something was taken from what windows show now
 * @draining: somebody may still refer to what windows have shown before
 * @passages: what has yet to pass: vCPUs, readers
 * @dropped: stores to what may not be stored to
 * @told: the generation that QMP has been told of
 * @link_told: when others were last told of the link, if it had changed
 */
struct CxlPoolMember {
    CxlType3 *t3;
    CxlType3 *erasing;
    CxlPoolFile file;
    char *path;
    int watch;
    QEMUTimer *timer;
    unsigned failures;
    bool warned;
    CxlPoolMemory memory;
    int claim[CXL_DPA_MAX_PARTITIONS];
    CxlDpaLimits have;
    CxlDpaLimits want;
    CxlDpaLimits both;
    bool down;
    bool stale;
    bool draining;
    unsigned passages;
    uint64_t dropped;
    uint64_t told;
    int64_t link_told;
};

static void look(void *opaque);

/* --- taking memory away, and giving it ------------------------------------ */

/* Once, until all can be done again */
static void warn_once(CxlPoolMember *m, const char *text)
{
    if (!m->warned) {
        m->warned = true;
        warn_report("cxl-type3: %s", text);
    }
}

static bool remap(CxlPoolMember *m, const CxlDpaLimits *to)
{
    CxlPoolWhy why;

    if (!cxl_pool_memory_map(&m->memory, &m->have, to)) {
        cxl_pool_say_why(&why, "%s: memory cannot be mapped: %s", m->path,
                         strerror(errno));
        warn_once(m, why.text);
        return false;
    }
    m->have = *to;
    m->t3->endpoint.dpa.limits = *to;
    return true;
}

static void show(CxlPoolMember *m)
{
    for (unsigned i = 0; i < CXL_TYPE3_SHOWN; i++) {
        m->t3->shown[i] = cxl_pool_memory_region(&m->memory,
                                                 i == CXL_TYPE3_READ_ONLY);
    }
    for (unsigned i = 0; i < m->memory.nparts; i++) {
        m->t3->backends[i].ram.ram_addr =
            cxl_pool_memory_ram_addr(&m->memory, i);
    }
}

static void publish(CxlPoolMember *m)
{
    show(m);
    cxl_fabric_mark();
    cxl_fabric_settle();
}

static void set_link(CxlPoolMember *m, bool down)
{
    PCIDevice *port = cxl_port_above(PCI_DEVICE(m->t3));

    m->down = down;
    cxl_link_change(cxl_port_function(port), CXL_LINK_NO_HEAD, down);
}

static void passed(void *opaque)
{
    CxlPoolMember *m = opaque;

    m->passages--;
    timer_mod(m->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME));
}

/* vCPUs, and whoever looks bytes up without a lock */
static void begin_passage(CxlPoolMember *m)
{
    m->passages += 2;
    cxl_accel_pass_vcpus(passed, m);
    cxl_accel_retire(passed, m, 0);
}

/*
 * First the bytes: a store that is late hits memory that is nobody's. Then the
 * way to them, which of a head without access the guest sees as a link that has
 * gone down.
 */
static bool take(CxlPoolMember *m, bool member)
{
    if (!remap(m, &m->both)) {
        return false;
    }
    trace_cxl_pool_cut(m->file.head, m->file.now->generation);
    m->stale = true;
    if (!member && !m->down) {
        set_link(m, true);
    }
    if (m->draining) {
        publish(m);
    }
    return true;
}

/*
 * Has all been let go of that was taken? Regions that show what is left replace
 * those that have shown more; no view of the memory map and no DMA refers to
 * these when vCPUs have passed and references are gone.
 */
static bool has_let_go(CxlPoolMember *m)
{
    if (m->draining && !m->passages && !m->t3->erasing &&
        cxl_pool_memory_is_free(&m->memory, false)) {
        m->draining = !cxl_pool_memory_renew(&m->memory, &m->have);
    }
    if (m->stale && !m->draining) {
        m->stale = false;
        m->draining = true;
        cxl_pool_memory_switch(&m->memory);
        publish(m);
        begin_passage(m);
    }
    return !m->draining && !m->stale;
}

static void give(CxlPoolMember *m, bool member)
{
    if (!cxl_dpa_same_limits(&m->have, &m->want) && remap(m, &m->want)) {
        trace_cxl_pool_restore(m->file.head, m->file.now->generation);
        publish(m);
    }
    if (member && m->down) {
        set_link(m, false);
        publish(m);
    }
}

/* --- following the state -------------------------------------------------- */

/* Returns: the head is still this device's, and has access */
static bool look_up_rights(CxlPoolMember *m)
{
    const CxlPoolHead *head = &m->file.now->head[m->file.head];
    bool member = head->joined == m->file.slot.joined;

    cxl_pool_limits(m->file.now, member ? m->file.head : CXL_POOL_HEADS,
                    &m->want);
    return member && head->access != CXL_POOL_NO_ACCESS;
}

static void tell(CxlPoolMember *m, CxlTell tell)
{
    CxlEffects effects = {};

    if (m->t3 && cxl_type3_is_live(m->t3)) {
        cxl_effects_tell(&effects, tell);
        cxl_effects_apply(&m->t3->outlet, &effects);
    }
}

static void tell_generation(CxlPoolMember *m)
{
    if (m->told != m->file.now->generation) {
        m->told = m->file.now->generation;
        tell(m, (CxlTell) {
            .event = CXL_TELL_POOL_CHANGED, .value = m->told,
            .code = !m->down,
        });
    }
}

/* What was mapped halfway may be more than the guest should have, or less */
static bool must_take(const CxlPoolMember *m, bool member)
{
    return m->memory.torn || !cxl_dpa_same_limits(&m->have, &m->both) ||
           (!member && !m->down);
}

/* Others wait for that, so it is tried until it can be written */
static bool acknowledge(CxlPoolMember *m)
{
    CxlPoolWhy why;

    if (!cxl_pool_file_owes(&m->file)) {
        return true;
    }
    if (cxl_pool_file_acknowledge(&m->file, &why)) {
        warn_once(m, why.text);
        return false;
    }
    trace_cxl_pool_acknowledge(m->file.head, m->file.now->generation);
    return true;
}

/* A guest can change its link as often as it likes: not so the file */
static void tell_link(CxlPoolMember *m)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    CxlPoolWhy why;
    CxlHead own;

    if (cxl_type3_is_live(m->t3) && now - m->link_told >= LOOK_NEXT) {
        m->link_told = now;
        own = cxl_pool_link_own(PCI_DEVICE(m->t3));
        cxl_pool_file_tell_link(&m->file, &own, &why);
    }
}

/* Returns when to look again, in milliseconds */
static unsigned obey(CxlPoolMember *m)
{
    bool member = look_up_rights(m);

    cxl_dpa_common_limits(&m->have, &m->want, &m->both);
    if (must_take(m, member) && !take(m, member)) {
        return LOOK_SOON;
    }
    if (!has_let_go(m)) {
        return LOOK_SOON;
    }
    give(m, member);
    if (!acknowledge(m)) {
        return LOOK_SOON;
    }
    tell_generation(m);
    tell_link(m);
    m->warned = m->memory.torn;
    return LOOK_NEXT;
}

/* A state that cannot be read grants nothing, and takes nothing */
static unsigned cannot_read(CxlPoolMember *m, const CxlPoolWhy *why)
{
    if (++m->failures == FAILURES) {
        warn_report("cxl-type3: %s; the memory stays as it is", why->text);
    }
    if (!has_let_go(m)) {
        return LOOK_SOON;
    }
    return m->failures < FAILURES ? LOOK_SOON : LOOK_NEXT;
}

static void free_member(CxlPoolMember *m)
{
    if (m->watch >= 0) {
        qemu_set_fd_handler(m->watch, NULL, NULL, NULL);
    }
    cxl_pool_file_unwatch(m->watch);
    cxl_pool_file_close(&m->file);
    cxl_pool_memory_cleanup(&m->memory);
    for (unsigned i = 0; i < ARRAY_SIZE(m->claim); i++) {
        if (m->claim[i] >= 0) {
            close(m->claim[i]);
        }
    }
    timer_free(m->timer);
    g_free(m->path);
    g_free(m);
}

static void end(CxlPoolMember *m)
{
    CxlPoolWhy why;

    if (m->stale || m->draining) {
        cxl_pool_memory_restore(&m->memory);
    }
    if (m->erasing) {
        object_unref(OBJECT(m->erasing));
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
        if (!m->passages && (!m->erasing || !m->erasing->erasing) &&
            cxl_pool_memory_is_free(&m->memory, true)) {
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

void cxl_type3_pool_follow(CxlType3 *t3)
{
    if (t3->pool) {
        look(t3->pool);
    }
}

int cxl_type3_pool_dup(const CxlType3 *t3)
{
    return fcntl(t3->pool->file.fd, F_DUPFD_CLOEXEC, 0);
}

/* --- stores that are dropped ---------------------------------------------- */

static void dropped(void *opaque, uint64_t dpa)
{
    CxlPoolMember *m = opaque;

    m->dropped++;
    tell(m, (CxlTell) { .event = CXL_TELL_STORE_DROPPED, .value = dpa });
}

void cxl_type3_pool_dropped(CxlType3 *t3, uint64_t dpa)
{
    uint64_t end;

    if (t3->pool && cxl_dpa_limit(&t3->pool->have, dpa, &end) !=
                    CXL_DPA_READ_WRITE) {
        dropped(t3->pool, dpa);
    }
}

/* --- joining and leaving -------------------------------------------------- */

static bool parse_access(const char *word, CxlPoolAccess *access, Error **errp)
{
    static const struct {
        const char *word;
        CxlPoolAccess access;
    } words[] = {
        { "shared", CXL_POOL_SHARED },
        { "read-only", CXL_POOL_READ_ONLY },
        { "exclusive", CXL_POOL_EXCLUSIVE },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        if (!strcmp(word ? word : "shared", words[i].word)) {
            *access = words[i].access;
            return true;
        }
    }
    error_setg(errp, "cxl-type3: access=%s is not known; it is shared,"
               " read-only or exclusive", word);
    return false;
}

/* Pages that are locked when they are mapped would be copies, not the file's */
static bool check_mem_lock(Error **errp)
{
    if (should_mlock(mlock_state) && !is_mlock_on_fault(mlock_state)) {
        error_setg(errp, "cxl-type3: pool= does not go with -overcommit"
                   " mem-lock=on, which would keep what others store from"
                   " readers; mem-lock=on-fault does");
        return false;
    }
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
        const CxlDpaPartition *part = &dpa->part[i];
        HostMemoryBackend *backend = t3->persistent_backend;

        identity->kind[i] = part->kind;
        identity->size[i] = part->size;
        if (part->kind == CXL_DPA_VOLATILE) {
            backend = t3->volatile_backend;
        }
        if (!cxl_pool_memory_add(&m->memory, backend, part->base,
                                 cxl_type3_ram(t3, part).cached,
                                 join->access != CXL_POOL_READ_ONLY,
                                 &join->backend[i], mode, errp)) {
            return false;
        }
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

static bool claim(CxlPoolMember *m, CxlPoolWhy *why)
{
    bool ok = true;

    for (unsigned i = 0; i < m->memory.nparts && ok; i++) {
        m->claim[i] = cxl_pool_file_claim(&m->file, m->memory.part[i].fd, why);
        ok = m->claim[i] >= 0;
    }
    return ok;
}

static bool enter(CxlPoolMember *m, const CxlDpa *dpa, CxlPoolAccess access,
                  Error **errp)
{
    CxlPoolJoin join = { .head = m->t3->pool_head, .access = access };
    CxlPoolIdentity mine;
    CxlPoolRefusal refusal;
    mode_t mode = 0;
    CxlPoolWhy why;

    if (!check_mem_lock(errp) || !describe(m, dpa, &mine, &join, &mode, errp)) {
        return false;
    }
    if (cxl_pool_file_create(m->path, mode & 0660, &mine, &why) < 0 ||
        cxl_pool_file_open(&m->file, m->path, true, &why)) {
        goto fail;
    }
    m->file.patience = DEVICE(m->t3)->hotplugged ? JOIN_HOT : JOIN_COLD;
    refusal = cxl_pool_match(&m->file.id, &mine,
                             m->t3->serial == CXL_NO_SERIAL);
    if (refusal.error) {
        cxl_pool_file_explain(&m->file, refusal, &why);
        goto fail;
    }
    if (!claim(m, &why) ||
        cxl_pool_file_join(&m->file, &join, host_name(m->t3), &why)) {
        goto fail;
    }
    m->file.patience = 0;
    m->memory.dropped = dropped;
    m->memory.opaque = m;
    cxl_dpa_add_limit(&m->have, 0, CXL_DPA_NO_ACCESS);
    return cxl_pool_memory_show(&m->memory, errp);

fail:
    error_setg(errp, "cxl-type3: pool=%s", why.text);
    return false;
}

/* Nobody has used the memory yet, so that there is nothing to wait for */
static void begin(CxlPoolMember *m, CxlDpa *dpa)
{
    CxlType3 *t3 = m->t3;
    CxlPoolWhy why;

    look_up_rights(m);
    remap(m, &m->want);
    dpa->limits = m->have;
    for (unsigned i = 0; i < dpa->count; i++) {
        dpa->part[i].shared = true;
    }
    show(m);
    t3->pool = m;
    t3->serial = m->file.id.serial;
    m->watch = cxl_pool_file_watch(&m->file, &why);
    if (m->watch >= 0) {
        qemu_set_fd_handler(m->watch, changed, NULL, m);
    }
    timer_mod(m->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME));
}

bool cxl_type3_pool_join(CxlType3 *t3, CxlDpa *dpa, Error **errp)
{
    CxlPoolAccess access;
    CxlPoolMember *m;

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
        .file = { .fd = -1 }, .claim = { -1, -1 },
        .timer = timer_new_ms(QEMU_CLOCK_REALTIME, look, m),
    };
    if (!enter(m, dpa, access, errp)) {
        cxl_pool_memory_restore(&m->memory);
        free_member(m);
        return false;
    }
    begin(m, dpa);
    cxl_pool_beside_begin();
    return true;
}

void cxl_type3_pool_leave(CxlType3 *t3)
{
    CxlPoolMember *m = g_steal_pointer(&t3->pool);
    PCIDevice *port;

    if (m) {
        cxl_pool_beside_end();
        port = cxl_port_above(PCI_DEVICE(t3));
        cxl_link_forget(cxl_port_function(port), CXL_LINK_NO_HEAD);
        if (t3->erasing) {
            m->erasing = t3;
            object_ref(OBJECT(t3));
        }
        cxl_pool_memory_lose(&m->memory);
        /* Whoever gets the backend next wants all of it, unless it is fenced */
        if (!m->stale && !m->draining) {
            cxl_pool_memory_restore(&m->memory);
        }
        m->t3 = NULL;
        begin_passage(m);
    }
}

void cxl_type3_pool_heads(CxlType3 *t3, CxlHead *heads)
{
    if (t3->pool) {
        cxl_pool_link_heads(&t3->pool->file, PCI_DEVICE(t3), heads);
    }
}

uint8_t cxl_type3_pool_head(const CxlType3 *t3)
{
    return t3->pool->file.head;
}

static CxlPoolRangeInfoList *query_ranges(const CxlPoolMember *m)
{
    static const CxlPoolRangeRight rights[] = {
        [CXL_DPA_READ_WRITE] = CXL_POOL_RANGE_RIGHT_READ_WRITE,
        [CXL_DPA_READ_ONLY] = CXL_POOL_RANGE_RIGHT_READ_ONLY,
        [CXL_DPA_NO_ACCESS] = CXL_POOL_RANGE_RIGHT_NONE,
    };
    uint64_t capacity = cxl_pool_capacity(&m->file.id), end;
    CxlPoolRangeInfoList *list = NULL, **tail = &list;

    for (uint64_t at = 0; at < capacity; at = end) {
        CxlPoolRangeInfo *info = g_new0(CxlPoolRangeInfo, 1);

        info->right = rights[cxl_dpa_limit(&m->have, at, &end)];
        end = MIN(end, capacity);
        info->start = at;
        info->length = end - at;
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
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
    info->attached = !m->down;
    info->dropped = m->dropped;
    info->ranges = query_ranges(m);
    cxl_pool_query(&m->file, info);
    return info;
}
