/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing memory to its file without anybody waiting for the disk
 *
 * A slow disk takes seconds for what a guest has stored in a moment. While
 * msync() runs in the main loop or a vCPU, with the BQL held, no other vCPU
 * gets to a device and no monitor answers.
 */
#include "qemu/osdep.h"
#include "flush.h"

#include "compat.h"
#include "qemu/error-report.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "system/system.h"
#include "worker.h"

struct CxlFlush {
    HostMemoryBackend *backend;
    CxlRange range;
    CxlFlushDone *done;
    void *opaque;
    QLIST_ENTRY(CxlFlush) next;
};

/* What is under way; protected by the BQL */
static QLIST_HEAD(, CxlFlush) flushes = QLIST_HEAD_INITIALIZER(flushes);

static bool has_file(HostMemoryBackend *backend)
{
    return memory_region_get_fd(host_memory_backend_get_memory(backend)) >= 0;
}

/*
 * Without the BQL; the backend's memory does not move. Where the file is true
 * persistent memory, msync() is more than is needed, and right.
 */
static int write_range(HostMemoryBackend *backend, CxlRange range)
{
    MemoryRegion *mr = host_memory_backend_get_memory(backend);
    uint8_t *host = memory_region_get_ram_ptr(mr);

    return qemu_msync(host + range.offset, range.len,
                      memory_region_get_fd(mr));
}

static int work(void *opaque)
{
    CxlFlush *f = opaque;

    return write_range(f->backend, f->range);
}

static void report(HostMemoryBackend *backend)
{
    g_autofree char *name = host_memory_backend_get_name(backend);

    warn_report("memory backend '%s': what guests have written could not be"
                " written to its file", name);
}

static void complete(void *opaque, int ret)
{
    CxlFlush *f = opaque;

    if (ret) {
        report(f->backend);
    }
    QLIST_REMOVE(f, next);
    if (f->done) {
        f->done(f->opaque, !ret);
    }
    object_unref(OBJECT(f->backend));
    g_free(f);
}

static void qemu_ends(Notifier *n, void *data)
{
    CxlFlush *f;

    QLIST_FOREACH(f, &flushes, next) {
        work(f);
    }
}

static Notifier at_exit = { .notify = qemu_ends };

CxlFlush *cxl_flush_start(HostMemoryBackend *backend, CxlRange range,
                          CxlFlushDone *done, void *opaque)
{
    CxlFlush *f;

    if (!has_file(backend)) {
        if (done) {
            done(opaque, true);
        }
        return NULL;
    }
    if (!at_exit.node.le_prev) {
        qemu_add_exit_notifier(&at_exit);
    }
    f = g_new(CxlFlush, 1);
    *f = (CxlFlush) {
        .backend = backend, .range = range, .done = done, .opaque = opaque,
    };
    object_ref(OBJECT(backend));
    QLIST_INSERT_HEAD(&flushes, f, next);
    cxl_worker_start(work, complete, f);
    return f;
}

void cxl_flush_forget(CxlFlush *f)
{
    if (f) {
        f->done = NULL;
    }
}

bool cxl_flush_now(HostMemoryBackend *backend)
{
    MemoryRegion *mr = host_memory_backend_get_memory(backend);

    if (has_file(backend) &&
        write_range(backend, (CxlRange) { 0, memory_region_size(mr) })) {
        report(backend);
        return false;
    }
    return true;
}
