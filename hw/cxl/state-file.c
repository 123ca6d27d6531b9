/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file in which a memory device keeps what it remembers without power
 *
 * What is in it, and how a write that was cut off is told from a whole one, is
 * the model's affair (core/nvstate.h).
 */
#include "qemu/osdep.h"
#include "state-file.h"

#include "regular-file.h"

#include "compat.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/notify.h"
#include "system/system.h"
#include "worker.h"

/**
 * struct CxlStateFile - an open file; all but the worker's part of it is
 * protected by the BQL
 * @refs: the device, and the worker while it is at work
 * @path: for messages
 * @fd: locked
 * @sequence: of the last write
 * @slot: what the worker writes
 * @busy: it is at work
 * @next: what is to be written after that
 * @has_next: there is such a thing
 * @exit: writes what is not written
 * @done: who waits for the last write, or NULL
 * @opaque: its argument
 */
struct CxlStateFile {
    unsigned refs;
    char *path;
    int fd;
    uint64_t sequence;
    uint8_t slot[CXL_NV_SLOT_SIZE];
    bool busy;
    CxlNvState next;
    bool has_next;
    Notifier exit;
    CxlFlushDone *done;
    void *opaque;
};

/* A file that is shorter has zeroes behind its end */
static bool load(CxlStateFile *f, CxlNvState *state, Error **errp)
{
    g_autofree uint8_t *bytes = g_malloc0(CXL_NV_FILE_SIZE + 1);
    uint32_t size;

    if (!cxl_file_read(f->fd, bytes, CXL_NV_FILE_SIZE, &size, errp)) {
        return false;
    }
    /* Memory that nobody has written to yet begins like a new file */
    if (size > CXL_NV_FILE_SIZE ||
        !cxl_nv_unpack(bytes, state, &f->sequence)) {
        error_setg(errp, "it holds something else; name another file, or"
                   " delete it");
        return false;
    }
    return true;
}

static void unref(CxlStateFile *f)
{
    if (!--f->refs) {
        qemu_remove_exit_notifier(&f->exit);
        close(f->fd);
        g_free(f->path);
        g_free(f);
    }
}

static void qemu_ends(Notifier *n, void *data);

/* Without O_NONBLOCK a FIFO would keep QEMU waiting */
CxlStateFile *cxl_state_file_open(const char *path, CxlNvState *state,
                                  Error **errp)
{
    CxlStateFile *f;
    int fd = qemu_create(path, O_RDWR | O_NONBLOCK, 0600, errp);

    if (fd < 0) {
        error_prepend(errp, "cxl-type3: state-file=%s: ", path);
        return NULL;
    }
    f = g_new0(CxlStateFile, 1);
    *f = (CxlStateFile) {
        .refs = 1, .path = g_strdup(path), .fd = fd, .exit.notify = qemu_ends,
    };
    qemu_add_exit_notifier(&f->exit);
    if (qemu_lock_fd(fd, 0, 0, true)) {
        error_setg(errp, "it is in use already; give each device a file of its"
                   " own");
    } else if (load(f, state, errp)) {
        return f;
    }
    error_prepend(errp, "cxl-type3: state-file=%s: ", path);
    unref(f);
    return NULL;
}

static void pack(CxlStateFile *f, const CxlNvState *state)
{
    cxl_nv_pack(state, ++f->sequence, f->slot);
}

static int write_slot(int fd, uint64_t sequence, const uint8_t *slot)
{
    off_t at = sequence % CXL_NV_SLOTS * CXL_NV_STRIDE;
    size_t done = 0;

    while (done < CXL_NV_SLOT_SIZE) {
        ssize_t n = RETRY_ON_EINTR(pwrite(fd, slot + done,
                                          CXL_NV_SLOT_SIZE - done, at + done));

        if (n < 0) {
            return -errno;
        }
        done += n;
    }
    return qemu_fdatasync(fd) < 0 ? -errno : 0;
}

/* Without the BQL; nobody else touches what it looks at meanwhile */
static int work(void *opaque)
{
    CxlStateFile *f = opaque;

    return write_slot(f->fd, f->sequence, f->slot);
}

static void report(const CxlStateFile *f)
{
    warn_report("cxl-type3: state-file=%s could not be written", f->path);
}

static void complete(void *opaque, int ret);

static void start(CxlStateFile *f, const CxlNvState *state)
{
    pack(f, state);
    f->busy = true;
    f->refs++;
    cxl_worker_start(work, complete, f);
}

static void complete(void *opaque, int ret)
{
    CxlStateFile *f = opaque;
    CxlFlushDone *done = f->done;

    if (ret) {
        report(f);
    }
    f->busy = false;
    if (f->has_next) {
        f->has_next = false;
        start(f, &f->next);
    } else if (done) {
        f->done = NULL;
        done(f->opaque, !ret);
    }
    unref(f);
}

void cxl_state_file_store(CxlStateFile *f, const CxlNvState *state,
                          CxlFlushDone *done, void *opaque)
{
    if (done) {
        f->done = done;
        f->opaque = opaque;
    }
    if (f->busy) {
        f->next = *state;
        f->has_next = true;
    } else {
        start(f, state);
    }
}

/* A worker that is at work writes the other slot, and an older state */
void cxl_state_file_store_now(CxlStateFile *f, const CxlNvState *state)
{
    uint8_t slot[CXL_NV_SLOT_SIZE];
    uint64_t sequence = f->sequence + 1;

    f->has_next = false;
    cxl_nv_pack(state, sequence, slot);
    if (write_slot(f->fd, sequence, slot)) {
        report(f);
    }
    if (!f->busy) {
        f->sequence = sequence;
    }
}

/* The worker may not have come to it; both write the same */
static void qemu_ends(Notifier *n, void *data)
{
    CxlStateFile *f = container_of(n, CxlStateFile, exit);

    if (f->busy && write_slot(f->fd, f->sequence, f->slot)) {
        report(f);
    }
    if (f->has_next) {
        cxl_state_file_store_now(f, &f->next);
    }
}

bool cxl_state_file_is(const CxlStateFile *f, const char *path)
{
    struct stat ours, there;

    return !fstat(f->fd, &ours) && !stat(path, &there) &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

void cxl_state_file_forget(CxlStateFile *f)
{
    f->done = NULL;
}

void cxl_state_file_close(CxlStateFile *f)
{
    cxl_state_file_forget(f);
    unref(f);
}
