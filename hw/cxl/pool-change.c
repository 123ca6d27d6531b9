/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes to the state file of a pool on a Linux host
 */
#include "pool-change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds; for where there is no watch to be had */
#define LOOK_AGAIN      100

/* What a change does to @f->next; it may look at who lives */
typedef CxlPoolRefusal Change(CxlPoolFile *f, uint64_t alive, void *opaque);

void cxl_pool_file_who(const CxlPoolFile *f, uint32_t head, char *text,
                       size_t size)
{
    const CxlPoolSlot *slot = &f->now->slot[head];

    if (slot->valid && slot->joined == f->now->head[head].joined) {
        snprintf(text, size, "head %u, process %u (%s)", head, slot->pid,
                 slot->name);
    } else {
        snprintf(text, size, "head %u", head);
    }
}

static bool has_culprit(CxlPoolError error)
{
    switch (error) {
    case CXL_POOL_TAKEN:
    case CXL_POOL_SHUT_OUT:
    case CXL_POOL_NOT_JOINED:
    case CXL_POOL_ALIVE:
    case CXL_POOL_OWNED:
    case CXL_POOL_OTHERS:
    case CXL_POOL_OWED:
    case CXL_POOL_OTHER_BACKEND:
    case CXL_POOL_OTHER_OFFSET:
        return true;
    default:
        return false;
    }
}

int cxl_pool_file_explain(const CxlPoolFile *f, CxlPoolRefusal refusal,
                          CxlPoolWhy *why)
{
    const char *name = cxl_pool_error_name(refusal.error);
    char who[192];

    if (!has_culprit(refusal.error)) {
        return cxl_pool_say_why(why, "%s: %s", f->path, name);
    }
    cxl_pool_file_who(f, refusal.culprit, who, sizeof(who));
    return cxl_pool_say_why(why, "%s: %s: %s", f->path, name, who);
}

/* The state as it is, locked, without those who are gone */
static int begin(CxlPoolFile *f, uint64_t *alive, CxlPoolWhy *why)
{
    if (cxl_pool_file_lock(f, CXL_POOL_CHANGE_BYTE, why)) {
        return -1;
    }
    if (!cxl_pool_file_read(f, why) && !cxl_pool_file_alive(f, alive, why)) {
        cxl_pool_sweep(f->now, *alive);
        *f->next = *f->now;
        return 0;
    }
    cxl_pool_file_unlock(f, CXL_POOL_CHANGE_BYTE);
    return -1;
}

static void end(CxlPoolFile *f)
{
    cxl_pool_file_unlock(f, CXL_POOL_CHANGE_BYTE);
}

/* @f->next into the file; it is what was read from then on */
static int put(CxlPoolFile *f, CxlPoolWhy *why)
{
    CxlPoolPiece piece = cxl_pool_write(f->next, f->bytes);

    if (cxl_pool_file_write(f, piece, f->bytes, why)) {
        return -1;
    }
    *f->now = *f->next;
    f->seen = f->now->generation;
    return 0;
}

static int explain(CxlPoolFile *f, CxlPoolRefusal refusal, CxlPoolWhy *why)
{
    f->refused = refusal.error;
    return refusal.error ? cxl_pool_file_explain(f, refusal, why) : 0;
}

/* A change of rights that is lost with the host would be given back by that */
static int make_durable(CxlPoolFile *f, CxlPoolWhy *why)
{
    if (fdatasync(f->fd)) {
        return cxl_pool_say_why(why, "%s cannot be written: %s", f->path,
                                strerror(errno));
    }
    return 0;
}

/*
 * All of a change but joining; a refusal is in f->refused, too. A change that
 * changes nothing makes no generation.
 */
static int make(CxlPoolFile *f, Change *change, void *opaque, CxlPoolWhy *why)
{
    uint64_t alive;
    int ret = 0;

    f->refused = CXL_POOL_OK;
    f->changed = false;
    if (begin(f, &alive, why)) {
        return -1;
    }
    ret = explain(f, change(f, alive, opaque), why);
    if (!ret && !cxl_pool_same(f->now, f->next)) {
        ret = explain(f, cxl_pool_settle(f->now, f->next, alive), why);
        ret = ret ? ret : put(f, why);
        f->changed = !ret;
    }
    end(f);
    return ret;
}

/* --- hosts ---------------------------------------------------------------- */

static int write_slot(CxlPoolFile *f, uint32_t head, CxlPoolWhy *why)
{
    uint8_t bytes[CXL_POOL_SLOT];
    CxlPoolPiece piece = cxl_pool_write_slot(&f->id, head, &f->slot, bytes);

    return cxl_pool_file_write(f, piece, bytes, why);
}

/* The lock is ours; slot first, so that nobody sees a head without one */
static int join_as(CxlPoolFile *f, uint32_t head, uint64_t alive,
                   const char *name, CxlPoolWhy *why)
{
    if (explain(f, cxl_pool_settle(f->now, f->next, alive), why)) {
        return -1;
    }
    f->slot = (CxlPoolSlot) {
        .valid = true, .joined = f->next->generation,
        .acknowledged = f->next->generation, .pid = (uint32_t)getpid(),
        .since = (uint64_t)time(NULL),
    };
    snprintf(f->slot.name, sizeof(f->slot.name), "%s", name);
    f->next->slot[head] = f->slot;
    if (write_slot(f, head, why) || put(f, why)) {
        return -1;
    }
    f->head = head;
    return 0;
}

/*
 * Nobody who keeps to the rules can have the lock of a free head. Whoever can
 * only read the file has none for writing, but may keep it from others: who may
 * have any head takes the next one.
 */
static int take_head(CxlPoolFile *f, uint64_t alive, const CxlPoolJoin *join,
                     uint32_t *head, CxlPoolWhy *why)
{
    CxlPoolJoin again = *join;

    while (true) {
        *f->next = *f->now;
        if (explain(f, cxl_pool_join(f->next, alive, &again, head), why)) {
            return -1;
        }
        if (join->head != CXL_POOL_ANY_HEAD) {
            return cxl_pool_file_lock(f, CXL_POOL_HEAD_BYTE + *head, why);
        }
        if (cxl_pool_file_try_lock(f, CXL_POOL_HEAD_BYTE + *head)) {
            return 0;
        }
        again.avoid |= 1ull << *head;
    }
}

int cxl_pool_file_join(CxlPoolFile *f, const CxlPoolJoin *join,
                       const char *name, CxlPoolWhy *why)
{
    const unsigned patience = f->patience;
    uint32_t head;
    uint64_t alive;
    int ret = -1;

    if (begin(f, &alive, why)) {
        return -1;
    }
    f->patience = 0;
    if (!take_head(f, alive, join, &head, why)) {
        ret = join_as(f, head, alive, name, why);
        if (ret) {
            cxl_pool_file_unlock(f, CXL_POOL_HEAD_BYTE + head);
        }
    }
    f->patience = patience;
    end(f);
    return ret;
}

static CxlPoolRefusal leave(CxlPoolFile *f, uint64_t alive, void *opaque)
{
    /* A head that has somebody else's mark is none of ours */
    if (f->next->head[f->head].joined != f->slot.joined) {
        return (CxlPoolRefusal) { CXL_POOL_OK, 0 };
    }
    return cxl_pool_leave(f->next, f->head);
}

int cxl_pool_file_leave(CxlPoolFile *f, CxlPoolWhy *why)
{
    int ret = make(f, leave, NULL, why);

    cxl_pool_file_unlock(f, CXL_POOL_HEAD_BYTE + f->head);
    f->head = CXL_POOL_ANY_HEAD;
    return ret;
}

/* Nobody else writes it who keeps to the rules */
static bool slot_is_spoilt(const CxlPoolFile *f)
{
    const CxlPoolSlot *slot = &f->now->slot[f->head];

    return !slot->valid || slot->joined != f->slot.joined ||
           slot->acknowledged != f->slot.acknowledged;
}

bool cxl_pool_file_owes(const CxlPoolFile *f)
{
    return f->now->head[f->head].lost > f->slot.acknowledged ||
           slot_is_spoilt(f);
}

int cxl_pool_file_acknowledge(CxlPoolFile *f, CxlPoolWhy *why)
{
    const uint64_t before = f->slot.acknowledged;

    f->slot.acknowledged = f->now->generation;
    if (write_slot(f, f->head, why)) {
        f->slot.acknowledged = before;
        return -1;
    }
    f->now->slot[f->head] = f->slot;
    return 0;
}

int cxl_pool_file_tell_link(CxlPoolFile *f, const CxlHead *own, CxlPoolWhy *why)
{
    const CxlPoolSlot before = f->slot;

    if (before.up == own->up &&
        !memcmp(&before.link, &own->link, sizeof(own->link))) {
        return 0;
    }
    f->slot.up = own->up;
    f->slot.link = own->link;
    if (write_slot(f, f->head, why)) {
        f->slot = before;
        return -1;
    }
    return 0;
}

/* --- rights --------------------------------------------------------------- */

static CxlPoolRefusal fence(CxlPoolFile *f, uint64_t alive, void *opaque)
{
    return cxl_pool_fence(f->next, *(uint32_t *)opaque);
}

int cxl_pool_file_fence(CxlPoolFile *f, uint32_t head, CxlPoolWhy *why)
{
    return make(f, fence, &head, why) || make_durable(f, why) ? -1 : 0;
}

static CxlPoolRefusal reclaim(CxlPoolFile *f, uint64_t alive, void *opaque)
{
    return cxl_pool_reclaim(f->next, alive, *(uint32_t *)opaque);
}

int cxl_pool_file_reclaim(CxlPoolFile *f, uint32_t head, CxlPoolWhy *why)
{
    return make(f, reclaim, &head, why) || make_durable(f, why) ? -1 : 0;
}

static bool stopped(const CxlPoolFile *f)
{
    return f->stopped && f->stopped();
}

int cxl_pool_file_await(CxlPoolFile *f, uint64_t heads, unsigned timeout,
                        uint64_t *owing, CxlPoolWhy *why)
{
    uint64_t deadline = cxl_pool_milliseconds() + timeout, at;
    int watch = cxl_pool_file_watch(f, why), ret = -1;
    uint64_t alive;

    while (!cxl_pool_file_read(f, why) &&
           !cxl_pool_file_alive(f, &alive, why)) {
        *owing = cxl_pool_owing(f->now, alive) & heads;
        at = cxl_pool_milliseconds();
        if (!*owing || at >= deadline) {
            ret = 0;
            break;
        }
        if (stopped(f)) {
            cxl_pool_say_why(why, "%s: nobody waits for others any more",
                             f->path);
            break;
        }
        cxl_pool_file_wait(watch, deadline - at < LOOK_AGAIN ?
                                  (unsigned)(deadline - at) : LOOK_AGAIN);
    }
    cxl_pool_file_unwatch(watch);
    return ret;
}

/* Wishes, and whether what they give is given yet */
typedef struct Wishes {
    const CxlPoolWish *wish;
    unsigned count;
    bool take_only;
} Wishes;

static CxlPoolRefusal set_heads(CxlPool *pool, uint64_t heads,
                                CxlPoolAccess access)
{
    CxlPoolRefusal r = { CXL_POOL_OK, 0 };

    for (uint32_t h = 0; h < CXL_POOL_HEADS && !r.error; h++) {
        if (heads >> h & 1) {
            r = cxl_pool_set_access(pool, h, access);
        }
    }
    return r;
}

/* From nothing, so that it does not matter who is named first */
static CxlPoolRefusal grant_all(CxlPool *pool, const Wishes *w)
{
    CxlPoolRefusal r = { CXL_POOL_OK, 0 };

    for (unsigned i = 0; i < w->count && !r.error; i++) {
        if (!w->wish[i].length) {
            r = set_heads(pool, w->wish[i].heads, CXL_POOL_NO_ACCESS);
        }
    }
    for (unsigned i = 0; i < w->count && !r.error; i++) {
        const CxlPoolWish *wish = &w->wish[i];

        r = wish->length ?
            cxl_pool_set_range(pool, wish->start, wish->length, wish->heads,
                               wish->right) :
            set_heads(pool, wish->heads, wish->access);
    }
    return r;
}

static CxlPoolRefusal change_rights(CxlPoolFile *f, uint64_t alive,
                                    void *opaque)
{
    const Wishes *w = opaque;
    CxlPoolRefusal r = grant_all(f->next, w);
    CxlPool *both;

    if (r.error || !w->take_only) {
        return r;
    }
    both = malloc(sizeof(*both));
    if (!both) {
        return (CxlPoolRefusal) { CXL_POOL_NO_ROOM, 0 };
    }
    r = cxl_pool_common(f->now, f->next, both);
    *f->next = *both;
    free(both);
    return r;
}

static int say_who_owes(CxlPoolFile *f, uint64_t owing, unsigned timeout,
                        CxlPoolWhy *why)
{
    char who[192];
    uint32_t head = 0;

    while (!(owing >> head & 1)) {
        head++;
    }
    cxl_pool_file_who(f, head, who, sizeof(who));
    return cxl_pool_say_why(why, "%s: %s has not let go of what was taken from"
                            " it for %u ms, so nothing was given to others",
                            f->path, who, timeout);
}

/* Those who have lost something by the change that was tried last */
static uint64_t losers(const CxlPoolFile *f)
{
    const CxlPool *pool = f->now;
    uint64_t heads = 0;

    for (unsigned h = 0; h < CXL_POOL_HEADS && f->changed; h++) {
        heads |= (uint64_t)(pool->head[h].lost == pool->generation) << h;
    }
    return heads;
}

/* Others may owe what is to be given, from changes before this one */
static int give(CxlPoolFile *f, Wishes *w, uint64_t deadline, CxlPoolWhy *why)
{
    int watch = cxl_pool_file_watch(f, why), ret;

    while ((ret = make(f, change_rights, w, why)) &&
           f->refused == CXL_POOL_OWED && !stopped(f) &&
           cxl_pool_milliseconds() < deadline) {
        cxl_pool_file_wait(watch, LOOK_AGAIN);
    }
    cxl_pool_file_unwatch(watch);
    return ret;
}

int cxl_pool_file_set(CxlPoolFile *f, const CxlPoolWish *wishes,
                      unsigned nwishes, unsigned timeout, CxlPoolWhy *why)
{
    uint64_t deadline = cxl_pool_milliseconds() + timeout, owing;
    Wishes w = { wishes, nwishes, true };

    if (make(f, change_rights, &w, why) || make_durable(f, why) ||
        cxl_pool_file_await(f, losers(f), timeout, &owing, why)) {
        return -1;
    }
    if (owing) {
        return say_who_owes(f, owing, timeout, why);
    }
    w.take_only = false;
    return give(f, &w, deadline, why) || make_durable(f, why) ? -1 : 0;
}
