/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of a pool on a Linux host: opening, reading, locks, watching
 */
#include "pool-file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* How long a caller waits who has not chosen */
#define PATIENCE        2000
/* How long what is half written may stay so */
#define READ_PATIENCE   100

/*
 * Where locks end with their process, and each process sees each byte that
 * another has written. What is not here may be as good, and was not tried.
 */
static const struct {
    uint32_t type;
    const char *name;
    bool good;
} file_systems[] = {
    { 0x01021994, "tmpfs", true },
    { 0x0000ef53, "ext4", true },
    { 0x58465342, "xfs", true },
    { 0x9123683e, "btrfs", true },
    { 0x794c7630, "overlayfs", true },
    { 0x00006969, "NFS", false },
    { 0x0000517b, "SMB", false },
    { 0xfe534d42, "SMB", false },
    { 0xff534d42, "SMB", false },
    { 0x01021997, "9p", false },
    { 0x65735546, "FUSE", false },
};

int cxl_pool_say_why(CxlPoolWhy *why, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(why->text, sizeof(why->text), format, ap);
    va_end(ap);
    return -1;
}

uint64_t cxl_pool_milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int cxl_pool_check_type(uint32_t type, const char *path, CxlPoolWhy *why)
{
    for (unsigned i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]);
         i++) {
        if (file_systems[i].type == type && file_systems[i].good) {
            return 0;
        }
        if (file_systems[i].type == type) {
            return cxl_pool_say_why(why, "%s is on %s, where locks do not tell"
                                    " who is alive; put it on tmpfs, ext4, xfs"
                                    " or btrfs of this host", path,
                                    file_systems[i].name);
        }
    }
    return cxl_pool_say_why(why, "%s is on a file system of type 0x%x, which is"
                            " not known to do; put it on tmpfs, ext4, xfs or"
                            " btrfs of this host", path, type);
}

int cxl_pool_check_file_system(int fd, const char *path, CxlPoolWhy *why)
{
    struct statfs fs;

    if (fstatfs(fd, &fs)) {
        return cxl_pool_say_why(why, "%s: %s", path, strerror(errno));
    }
    return cxl_pool_check_type((uint32_t)fs.f_type, path, why);
}

/* A descriptor that was handed over is one that somebody else has, too */
int cxl_pool_check_path(const char *path, CxlPoolWhy *why)
{
    return strncmp(path, "/dev/fdset/", 11) ? 0 :
           cxl_pool_say_why(why, "%s: a lock on a descriptor that was handed"
                            " over outlives its process; give the path of the"
                            " file itself", path);
}

static int open_state(const char *path, bool write, CxlPoolWhy *why)
{
    int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    struct stat st;
    int fd;

    if (cxl_pool_check_path(path, why)) {
        return -1;
    }
    fd = open(path, flags | (write ? O_RDWR : O_RDONLY));
    if (fd < 0) {
        return cxl_pool_say_why(why, "%s: %s", path, strerror(errno));
    }
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        cxl_pool_say_why(why, "%s is not a regular file", path);
    } else if (!cxl_pool_check_file_system(fd, path, why)) {
        return fd;
    }
    close(fd);
    return -1;
}

/* --- locks ---------------------------------------------------------------- */

static struct flock lock_of(short type, off_t byte)
{
    return (struct flock) {
        .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1,
    };
}

static int say_who_locks(const CxlPoolFile *f, off_t byte, CxlPoolWhy *why)
{
    char who[160];

    cxl_pool_file_holder_name(f, byte, who, sizeof(who));
    return cxl_pool_say_why(why, "%s has been locked by %s for %u ms", f->path,
                            who, f->patience);
}

bool cxl_pool_file_try_lock(const CxlPoolFile *f, off_t byte)
{
    struct flock lock = lock_of(F_WRLCK, byte);

    return !fcntl(f->fd, F_OFD_SETLK, &lock);
}

int cxl_pool_file_lock(const CxlPoolFile *f, off_t byte, CxlPoolWhy *why)
{
    uint64_t end = cxl_pool_milliseconds() + f->patience;
    struct timespec pause = { .tv_nsec = 50 * 1000 };

    while (!cxl_pool_file_try_lock(f, byte)) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) {
            return cxl_pool_say_why(why, "%s cannot be locked: %s", f->path,
                                    strerror(errno));
        }
        if (cxl_pool_milliseconds() >= end) {
            return say_who_locks(f, byte, why);
        }
        nanosleep(&pause, NULL);
        pause.tv_nsec += pause.tv_nsec < 5 * 1000 * 1000 ? pause.tv_nsec : 0;
    }
    return 0;
}

void cxl_pool_file_unlock(const CxlPoolFile *f, off_t byte)
{
    struct flock lock = lock_of(F_UNLCK, byte);

    fcntl(f->fd, F_OFD_SETLK, &lock);
}

int cxl_pool_file_alive(const CxlPoolFile *f, uint64_t *alive, CxlPoolWhy *why)
{
    *alive = f->head < CXL_POOL_HEADS ? 1ull << f->head : 0;
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        /* Hosts have write locks. Whoever can only read has none of these. */
        struct flock lock = lock_of(F_RDLCK, CXL_POOL_HEAD_BYTE + h);

        if (fcntl(f->fd, F_OFD_GETLK, &lock)) {
            return cxl_pool_say_why(why, "the locks of %s cannot be seen: %s",
                                    f->path, strerror(errno));
        }
        *alive |= (uint64_t)(lock.l_type != F_UNLCK) << h;
    }
    return 0;
}

/* --- bytes ---------------------------------------------------------------- */

/* Returns how many there are, up to @size, or -1 */
static ssize_t read_bytes(int fd, uint8_t *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, bytes + done, size - done, (off_t)done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (!n) {
            break;
        }
        done += (size_t)n;
    }
    return (ssize_t)done;
}

void cxl_pool_hold_signal(sigset_t *before)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

void cxl_pool_release_signal(const sigset_t *before)
{
    const struct timespec now = { 0 };
    const int error = errno;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    if (!sigismember(before, SIGXFSZ)) {
        sigtimedwait(&set, NULL, &now);
    }
    pthread_sigmask(SIG_SETMASK, before, NULL);
    errno = error;
}

static int write_bytes(int fd, uint64_t offset, const uint8_t *bytes,
                       size_t size)
{
    while (size) {
        ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n ? errno : EIO;
            return -1;
        }
        bytes += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return 0;
}

int cxl_pool_file_write(const CxlPoolFile *f, CxlPoolPiece piece,
                        const uint8_t *bytes, CxlPoolWhy *why)
{
    sigset_t before;
    int ret;

    cxl_pool_hold_signal(&before);
    ret = write_bytes(f->fd, piece.offset, bytes, piece.size);
    cxl_pool_release_signal(&before);
    if (ret) {
        return cxl_pool_say_why(why, "%s cannot be written: %s", f->path,
                                strerror(errno));
    }
    return 0;
}

/*
 * One look: what there is may be half written, and a copy may be old that was
 * looked at before the other one, if that was written over in between.
 */
static CxlPoolVerdict look(CxlPoolFile *f, CxlPoolWhy *why)
{
    ssize_t n = read_bytes(f->fd, f->bytes, CXL_POOL_FILE);
    struct stat st;

    if (n < 0 || fstat(f->fd, &st)) {
        cxl_pool_say_why(why, "%s cannot be read: %s", f->path,
                         strerror(errno));
        return CXL_POOL_FOREIGN;
    }
    if (n < CXL_POOL_FILE || st.st_size != CXL_POOL_FILE) {
        cxl_pool_say_why(why, "%s %s", f->path,
                         cxl_pool_verdict_name(CXL_POOL_CUT));
        return CXL_POOL_CUT;
    }
    return cxl_pool_read(f->bytes, CXL_POOL_FILE, f->next);
}

int cxl_pool_file_read(CxlPoolFile *f, CxlPoolWhy *why)
{
    const struct timespec pause = { .tv_nsec = 100 * 1000 };
    uint64_t end = cxl_pool_milliseconds() +
                   (f->patience < READ_PATIENCE ? f->patience : READ_PATIENCE);
    CxlPoolVerdict verdict;
    CxlPool *good;

    why->text[0] = 0;
    while ((verdict = look(f, why)) == CXL_POOL_BAD_STATE ||
           (verdict == CXL_POOL_GOOD && f->next->generation < f->seen)) {
        if (cxl_pool_milliseconds() >= end) {
            break;
        }
        nanosleep(&pause, NULL);
    }
    if (verdict != CXL_POOL_GOOD) {
        return why->text[0] ? -1 :
               cxl_pool_say_why(why, "%s %s", f->path,
                                cxl_pool_verdict_name(verdict));
    }
    if (!cxl_pool_same_identity(&f->next->id, &f->id)) {
        return cxl_pool_say_why(why, "%s is another pool than when it was"
                                " opened", f->path);
    }
    if (f->next->generation < f->seen) {
        return cxl_pool_say_why(why, "%s has gone back from generation %llu to"
                                " %llu", f->path, (unsigned long long)f->seen,
                                (unsigned long long)f->next->generation);
    }
    good = f->next;
    f->next = f->now;
    f->now = good;
    f->seen = good->generation;
    return 0;
}

/* --- opening -------------------------------------------------------------- */

static int read_identity(CxlPoolFile *f, CxlPoolWhy *why)
{
    uint8_t bytes[CXL_POOL_HEADER];
    ssize_t n = read_bytes(f->fd, bytes, sizeof(bytes));
    CxlPoolVerdict verdict;
    struct stat st;

    if (n < 0 || fstat(f->fd, &st)) {
        return cxl_pool_say_why(why, "%s cannot be read: %s", f->path,
                                strerror(errno));
    }
    verdict = cxl_pool_read_header(bytes, (uint64_t)n, (uint64_t)st.st_size,
                                   &f->id);
    return verdict == CXL_POOL_GOOD ? 0 :
           cxl_pool_say_why(why, "%s %s", f->path,
                            cxl_pool_verdict_name(verdict));
}

int cxl_pool_file_open(CxlPoolFile *f, const char *path, bool write,
                       CxlPoolWhy *why)
{
    *f = (CxlPoolFile) {
        .path = path, .head = CXL_POOL_ANY_HEAD, .patience = PATIENCE,
        .fd = open_state(path, write, why),
    };
    if (f->fd < 0) {
        return -1;
    }
    f->now = calloc(1, sizeof(*f->now));
    f->next = calloc(1, sizeof(*f->next));
    f->bytes = calloc(1, CXL_POOL_FILE);
    if (!f->now || !f->next || !f->bytes) {
        cxl_pool_say_why(why, "%s: %s", path, strerror(ENOMEM));
    } else if (!read_identity(f, why) && !cxl_pool_file_read(f, why)) {
        return 0;
    }
    cxl_pool_file_close(f);
    return -1;
}

void cxl_pool_file_close(CxlPoolFile *f)
{
    if (f->fd >= 0) {
        close(f->fd);
    }
    free(f->now);
    free(f->next);
    free(f->bytes);
    *f = (CxlPoolFile) { .fd = -1, .head = CXL_POOL_ANY_HEAD };
}

/* --- watching ------------------------------------------------------------- */

int cxl_pool_file_watch(const CxlPoolFile *f, CxlPoolWhy *why)
{
    char path[64];
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    /* The open file, whatever its path leads to by now */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", f->fd);
    if (fd < 0 || inotify_add_watch(fd, path, IN_MODIFY | IN_CLOSE_WRITE |
                                              IN_ATTRIB) < 0) {
        cxl_pool_say_why(why, "%s cannot be watched: %s", f->path,
                         strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}

bool cxl_pool_file_wait(int watch, unsigned timeout)
{
    struct pollfd p = { .fd = watch, .events = POLLIN };
    char events[4096];
    bool any = poll(&p, 1, (int)timeout) > 0;

    /* Once: somebody may touch the file faster than that can be read */
    return watch >= 0 && read(watch, events, sizeof(events)) > 0 ? true : any;
}

void cxl_pool_file_unwatch(int watch)
{
    if (watch >= 0) {
        close(watch);
    }
}
