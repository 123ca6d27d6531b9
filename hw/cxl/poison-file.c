/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of poisoned lines of persistent memory in a file beside it
 */
#include "qemu/osdep.h"
#include "poison-file.h"

#include "regular-file.h"

#include "hw/cxl/core/poison-file.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "system/system.h"
#include "worker.h"

/* A list to be written */
typedef struct Text {
    CxlPoisonFile *file;
    unsigned number;
    size_t len;
    char bytes[];
} Text;

/*
 * @path: of the file, symbolic links followed
 * @lock: held by who writes the file; worker threads do, and QEMU at its end
 * @written: number of the list in the file; protected by @lock
 * @latest: number of the newest list
 * @writing: a worker has it, or NULL
 * @next: the newest list, if it is to be written then, or NULL
 * @closed: the device is gone
 * @exit: writes what is not written
 * @next_file: of all files
 *
 * What has no other word is protected by the BQL.
 */
struct CxlPoisonFile {
    char *path;
    QemuMutex lock;
    unsigned written;
    unsigned latest;
    Text *writing;
    Text *next;
    bool closed;
    Notifier exit;
    QLIST_ENTRY(CxlPoisonFile) next_file;
};

static QLIST_HEAD(, CxlPoisonFile) files = QLIST_HEAD_INITIALIZER(files);

static bool read_file(const char *path, uint8_t *text, uint32_t *len,
                      Error **errp)
{
    int fd = qemu_open(path, O_RDONLY | O_NONBLOCK, errp);
    bool done;

    if (fd < 0) {
        return false;
    }
    done = cxl_file_read(fd, text, CXL_POISON_FILE_MAX, len, errp);
    qemu_close(fd);
    return done;
}

static bool read_list(const char *path, CxlDpa *dpa, Error **errp)
{
    g_autofree uint8_t *text = g_malloc(CXL_POISON_FILE_MAX + 1);
    const char *wrong;
    unsigned line;
    uint32_t len;

    if (!read_file(path, text, &len, errp)) {
        return false;
    }
    wrong = len > CXL_POISON_FILE_MAX ? "it is too long for a list" :
            cxl_poison_file_parse(dpa, (char *)text, len, &line);
    if (wrong && len > CXL_POISON_FILE_MAX) {
        error_setg(errp, "%s", wrong);
    } else if (wrong) {
        error_setg(errp, "line %u: %s", line, wrong);
    }
    return !wrong;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    return qemu_write_full(fd, bytes, len) == len && !fsync(fd);
}

/* A rename is durable when its directory is */
static void sync_directory(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* Whoever may read and write the file may do so after it was replaced */
static mode_t mode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) ? 0600 : st.st_mode & 0666;
}

/* Without the BQL. Returns 0 or a negative errno. */
static int replace_file(const char *path, const Text *text)
{
    /* A name of its own, which is nobody else's file */
    g_autofree char *fresh = g_strconcat(path, ".new-XXXXXX", NULL);
    int fd, ret = 0;

    fd = g_mkstemp_full(fresh, O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    errno = 0;
    if (fchmod(fd, mode_of(path)) ||
        !write_all(fd, text->bytes, text->len) || rename(fresh, path)) {
        ret = errno ? -errno : -EIO;
        unlink(fresh);
    }
    close(fd);
    if (!ret) {
        sync_directory(path);
    }
    return ret;
}

/* An older list never replaces a newer one */
static int write_text(Text *text)
{
    CxlPoisonFile *file = text->file;
    int ret = 0;

    QEMU_LOCK_GUARD(&file->lock);
    if (text->number > file->written) {
        ret = replace_file(file->path, text);
        file->written = ret ? file->written : text->number;
    }
    return ret;
}

static int work(void *opaque)
{
    return write_text(opaque);
}

static void report(const CxlPoisonFile *file, int ret)
{
    warn_report("cxl-type3: poison-file='%s' cannot be written: %s",
                file->path, strerror(-ret));
}

static void free_file(CxlPoisonFile *file)
{
    QLIST_REMOVE(file, next_file);
    qemu_remove_exit_notifier(&file->exit);
    qemu_mutex_destroy(&file->lock);
    g_free(file->path);
    g_free(file);
}

static void start(CxlPoisonFile *file, Text *text);

static void written(void *opaque, int ret)
{
    CxlPoisonFile *file = ((Text *)opaque)->file;

    if (ret) {
        report(file, ret);
    }
    g_free(g_steal_pointer(&file->writing));
    if (file->next) {
        start(file, g_steal_pointer(&file->next));
    } else if (file->closed) {
        free_file(file);
    }
}

static void start(CxlPoisonFile *file, Text *text)
{
    file->writing = text;
    cxl_worker_start(work, written, text);
}

/* Writes what is not written, and waits for it */
static void write_now(CxlPoisonFile *file)
{
    Text *text = file->next ?: file->writing;
    int ret = text ? write_text(text) : 0;

    if (ret) {
        report(file, ret);
    }
}

static void qemu_ends(Notifier *n, void *data)
{
    write_now(container_of(n, CxlPoisonFile, exit));
}

/*
 * A link stays one when the file that it leads to is replaced. A file has one
 * name here, however it is written, and so has one that is to be made.
 */
static char *follow_links(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    char *there = realpath(path, NULL);
    char *parent = there ? NULL : realpath(directory, NULL);
    char *copy = parent ? g_build_filename(parent, name, NULL)
                        : g_strdup(there ?: path);

    free(there);
    free(parent);
    return copy;
}

/* Two devices with one file would forget each other's poison */
static bool is_free(const char *path)
{
    CxlPoisonFile *file;

    QLIST_FOREACH(file, &files, next_file) {
        if (!strcmp(file->path, path) && file->closed) {
            write_now(file);
        } else if (!strcmp(file->path, path)) {
            return false;
        }
    }
    return true;
}

static bool may_replace(const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);

    return !access(directory, W_OK | X_OK);
}

static bool check_file(const char *path, CxlDpa *dpa, Error **errp)
{
    if (!is_free(path)) {
        error_setg(errp, "another device has it");
        return false;
    }
    if (!may_replace(path)) {
        error_setg_errno(errp, errno, "its directory cannot be written");
        return false;
    }
    return access(path, F_OK) || read_list(path, dpa, errp);
}

CxlPoisonFile *cxl_poison_file_open(const char *path, CxlDpa *dpa,
                                    Error **errp)
{
    g_autofree char *there = follow_links(path);
    CxlPoisonFile *file;
    Error *why = NULL;

    if (!check_file(there, dpa, &why)) {
        error_setg(errp, "cxl-type3: poison-file='%s' cannot be used: %s; give"
                   " a list that QEMU has written, or a name that does not"
                   " exist yet", path, error_get_pretty(why));
        error_free(why);
        return NULL;
    }
    file = g_new0(CxlPoisonFile, 1);
    file->path = g_steal_pointer(&there);
    qemu_mutex_init(&file->lock);
    file->exit.notify = qemu_ends;
    qemu_add_exit_notifier(&file->exit);
    QLIST_INSERT_HEAD(&files, file, next_file);
    return file;
}

void cxl_poison_file_save(CxlPoisonFile *file, const CxlDpa *dpa)
{
    Text *text = g_malloc(sizeof(*text) + CXL_POISON_FILE_MAX);

    text->file = file;
    text->number = ++file->latest;
    text->len = cxl_poison_file_print(dpa, text->bytes);
    if (file->writing) {
        g_free(file->next);
        file->next = text;
    } else {
        start(file, text);
    }
}

void cxl_poison_file_close(CxlPoisonFile *file)
{
    if (file && file->writing) {
        file->closed = true;
    } else if (file) {
        free_file(file);
    }
}
