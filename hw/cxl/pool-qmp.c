/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes to a pool that people make by QMP
 *
 * A change waits for a lock, for a disk and for other hosts. A worker does
 * that, with a state file of its own, while the machine goes on. The monitor
 * answers one command after the other: all others wait, "quit" as well.
 */
#include "qemu/osdep.h"

#include "block/thread-pool.h"
#include "inject.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-cxl.h"
#include "qemu/notify.h"
#include "system/runstate.h"
#include "system/runstate-action.h"
#include "type3-pool.h"

/* Milliseconds that others are given to let go */
#define TIMEOUT_DEFAULT 10000
#define TIMEOUT_MAX     60000

/* The words of QMP and of the model have the same numbers */
QEMU_BUILD_BUG_ON((int)CXL_POOL_HEAD_ACCESS_EXCLUSIVE !=
                  (int)CXL_POOL_EXCLUSIVE);
QEMU_BUILD_BUG_ON((int)CXL_POOL_RANGE_RIGHT_READ_WRITE != (int)CXL_POOL_WRITE);

/**
 * struct PoolJob - a change
 * @fd: the state file, which the worker opens once more by this
 * @path: what people call it
 * @wishes: rights; NULL: a head is fenced
 * @nwishes: how many
 * @head: to fence
 * @timeout: milliseconds
 * @why: gets the reason of a failure
 */
typedef struct PoolJob {
    int fd;
    char *path;
    CxlPoolWish *wishes;
    unsigned nwishes;
    uint32_t head;
    unsigned timeout;
    CxlPoolWhy why;
} PoolJob;

/* QEMU ends, for which it waits until no command is under way */
static bool ending;

/* With -no-shutdown a machine that is off may yet go on */
static void shutting_down(Notifier *n, void *data)
{
    qatomic_set(&ending, shutdown_action != SHUTDOWN_ACTION_PAUSE);
}

static bool is_ending(void)
{
    return qatomic_read(&ending);
}

static void watch_for_end(void)
{
    static Notifier notifier;

    if (!notifier.notify) {
        notifier.notify = shutting_down;
        qemu_register_shutdown_notifier(&notifier);
    }
}

static int fence(CxlPoolFile *f, PoolJob *job)
{
    uint64_t owing = 0;
    char who[192];

    if (cxl_pool_file_fence(f, job->head, &job->why) ||
        cxl_pool_file_await(f, 1ull << job->head, job->timeout, &owing,
                            &job->why)) {
        return -1;
    }
    if (owing) {
        cxl_pool_file_who(f, job->head, who, sizeof(who));
        return cxl_pool_say_why(&job->why, "%s: %s is shut out but does not"
                                " answer for %u ms: it may still use the"
                                " memory", job->path, who, job->timeout);
    }
    return 0;
}

static int work(void *opaque)
{
    PoolJob *job = opaque;
    char path[64];
    CxlPoolFile f;
    int ret;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", job->fd);
    if (cxl_pool_file_open(&f, path, true, &job->why)) {
        return -1;
    }
    f.path = job->path;
    f.stopped = is_ending;
    ret = job->wishes ? cxl_pool_file_set(&f, job->wishes, job->nwishes,
                                          job->timeout, &job->why) :
                        fence(&f, job);
    cxl_pool_file_close(&f);
    return ret;
}

/* The device of @path may be gone when others have answered */
static void coroutine_fn run(const char *path, PoolJob *job, Error **errp)
{
    CxlType3 *t3;

    if (job->timeout > TIMEOUT_MAX) {
        error_setg(errp, "timeout is in milliseconds, and at most %u",
                   TIMEOUT_MAX);
        return;
    }
    t3 = cxl_inject_target(path, errp);
    if (!t3) {
        return;
    }
    if (!t3->pool) {
        error_setg(errp, "path '%s' is a device that is in no pool; give it"
                   " pool=", path);
        return;
    }
    job->fd = cxl_type3_pool_dup(t3);
    if (job->fd < 0) {
        error_setg_errno(errp, errno, "the pool of '%s'", path);
        return;
    }
    job->path = g_strdup(t3->pool_path);
    watch_for_end();
    if (thread_pool_submit_co(work, job)) {
        error_setg(errp, "%s", job->why.text);
    }
    close(job->fd);
    g_free(job->path);
    t3 = cxl_inject_target(path, NULL);
    if (t3) {
        cxl_type3_pool_follow(t3);
    }
}

void coroutine_fn qmp_cxl_pool_fence(const char *path, uint32_t head,
                                     bool has_timeout, uint32_t timeout,
                                     Error **errp)
{
    PoolJob job = {
        .head = head, .timeout = has_timeout ? timeout : TIMEOUT_DEFAULT,
    };

    if (head >= CXL_POOL_HEADS) {
        error_setg(errp, "head must be 0 to %u", CXL_POOL_HEADS - 1);
        return;
    }
    run(path, &job, errp);
}

static bool heads_of(const CxlPoolChange *change, uint64_t *heads, Error **errp)
{
    const uint32List *h = change->heads;

    if (!h) {
        error_setg(errp, "heads must name one at least");
        return false;
    }
    for (; h; h = h->next) {
        if (h->value >= CXL_POOL_HEADS) {
            error_setg(errp, "heads are numbered from 0 to %u",
                       CXL_POOL_HEADS - 1);
            return false;
        }
        *heads |= 1ull << h->value;
    }
    return true;
}

/* What a change says: all of the memory, or a range of it */
static bool wish_of(const CxlPoolChange *change, CxlPoolWish *wish,
                    Error **errp)
{
    bool range = change->has_start && change->has_length && change->has_right;
    bool some = change->has_start || change->has_length || change->has_right;

    if (some != range || change->has_access == range ||
        (range && !change->length)) {
        error_setg(errp, "a change has access, or start, length and right of a"
                   " range");
        return false;
    }
    *wish = (CxlPoolWish) {
        .start = change->start, .length = change->length,
        .access = (CxlPoolAccess)change->access,
        .right = (CxlPoolRight)change->right,
    };
    return heads_of(change, &wish->heads, errp);
}

void coroutine_fn qmp_cxl_pool_set_access(const char *path,
                                          CxlPoolChangeList *changes,
                                          bool has_timeout, uint32_t timeout,
                                          Error **errp)
{
    g_autofree CxlPoolWish *wishes =
        g_new0(CxlPoolWish, QAPI_LIST_LENGTH(changes) + 1);
    PoolJob job = {
        .wishes = wishes, .timeout = has_timeout ? timeout : TIMEOUT_DEFAULT,
    };

    for (; changes; changes = changes->next) {
        if (!wish_of(changes->value, &wishes[job.nwishes++], errp)) {
            return;
        }
    }
    run(path, &job, errp);
}
