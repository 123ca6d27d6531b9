/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A type 3 device as a head of a pool (CXL 3.1 2.5)
 *
 * Joins when the device is realized, and answers what others ask of it. What
 * it does when the pool's state changes is in pool-member.c.
 */
#include "qemu/osdep.h"
#include "type3-pool.h"

#include "pool-beside.h"
#include "pool-link.h"
#include "pool-member.h"
#include "pool-query.h"
#include "qapi/error.h"
#include "system/system.h"

/* Milliseconds: to join, before the guest runs and while it waits */
#define JOIN_COLD       1000
#define JOIN_HOT        100

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
    m->memory.dropped = cxl_pool_member_dropped;
    m->memory.opaque = m;
    cxl_dpa_add_limit(&m->have, 0, CXL_DPA_NO_ACCESS);
    return cxl_pool_memory_show(&m->memory, errp);

fail:
    error_setg(errp, "cxl-type3: pool=%s", why.text);
    return false;
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
    m = cxl_pool_member_new(t3, t3->pool_path);
    if (!enter(m, dpa, access, errp)) {
        cxl_pool_memory_restore(&m->memory);
        cxl_pool_member_free(m);
        return false;
    }
    cxl_pool_member_begin(m, dpa);
    cxl_pool_beside_begin();
    return true;
}

void cxl_type3_pool_leave(CxlType3 *t3)
{
    CxlPoolMember *m = g_steal_pointer(&t3->pool);

    if (m) {
        cxl_pool_beside_end();
        cxl_pool_member_leave(m);
    }
}

/* --- what others ask ------------------------------------------------------ */

void cxl_type3_pool_follow(CxlType3 *t3)
{
    if (t3->pool) {
        cxl_pool_member_look(t3->pool);
    }
}

void cxl_type3_pool_erased(CxlType3 *t3, CxlRange range)
{
    if (t3->pool) {
        cxl_pool_memory_written(&t3->pool->memory, range.offset,
                                range.offset + range.len);
    }
}

int cxl_type3_pool_dup(const CxlType3 *t3)
{
    return fcntl(t3->pool->file.fd, F_DUPFD_CLOEXEC, 0);
}

void cxl_type3_pool_dropped(CxlType3 *t3, uint64_t dpa)
{
    uint64_t end;

    if (t3->pool && cxl_dpa_limit(&t3->pool->have, dpa, &end) !=
                    CXL_DPA_READ_WRITE) {
        cxl_pool_member_dropped(t3->pool, dpa);
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
