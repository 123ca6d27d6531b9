/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file in which a memory device keeps what it remembers without power
 *
 * What is in it, and how a write that was cut off is told from a whole one, is
 * the model's affair (core/nvstate.h).
 */
#include "qemu/osdep.h"
#include "state-file.h"

#include "block/aio.h"
#include "block/thread-pool.h"
#include "compat.h"
#include "qapi/error.h"
#include "qemu/error-report.h"

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
    CxlFlushDone *done;
    void *opaque;
};

/* A file that is shorter has zeroes behind its end */
static bool read_all(CxlStateFile *f, uint8_t *bytes, Error **errp)
{
    size_t have = 0;
    struct stat st;
    ssize_t n;

    if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        error_setg(errp, "it is not a regular file");
        return false;
    }
    /* Memory that nobody has written to yet begins like a new file */
    if (st.st_size > CXL_NV_FILE_SIZE) {
        error_setg(errp, "it holds something else; name another file");
        return false;
    }
    do {
        n = RETRY_ON_EINTR(pread(f->fd, bytes + have, CXL_NV_FILE_SIZE - have,
                                 have));
        if (n < 0) {
            error_setg_errno(errp, errno, "it cannot be read");
            return false;
        }
        have += n;
    } while (n);
    return true;
}

static bool load(CxlStateFile *f, CxlNvState *state, Error **errp)
{
    g_autofree uint8_t *bytes = g_malloc0(CXL_NV_FILE_SIZE);

    if (!read_all(f, bytes, errp)) {
        return false;
    }
    if (!cxl_nv_unpack(bytes, state, &f->sequence)) {
        error_setg(errp, "it holds something else; name another file, or"
                   " delete it");
        return false;
    }
    return true;
}

static void unref(CxlStateFile *f)
{
    if (!--f->refs) {
        close(f->fd);
        g_free(f->path);
        g_free(f);
    }
}

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
    *f = (CxlStateFile) { .refs = 1, .path = g_strdup(path), .fd = fd };
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
    thread_pool_submit_aio(work, f, complete, f);
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

void cxl_state_file_forget(CxlStateFile *f)
{
    f->done = NULL;
}

void cxl_state_file_close(CxlStateFile *f)
{
    cxl_state_file_forget(f);
    unref(f);
}
