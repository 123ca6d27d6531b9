/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new state file of a pool, complete or not at all
 */
#include "pool-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hw/cxl/spec/wire.h"

static int fill(int fd, mode_t mode, const CxlPoolIdentity *id)
{
    CxlPool *pool = calloc(1, sizeof(*pool));
    uint8_t *bytes = calloc(1, CXL_POOL_FILE);
    sigset_t before;
    int ret = -1;

    cxl_pool_hold_signal(&before);
    if (pool && bytes) {
        cxl_pool_init(pool, id);
        cxl_pool_format(pool, bytes);
        /* All of it is there, so that no change finds the disk full */
        errno = posix_fallocate(fd, 0, CXL_POOL_FILE);
        if (!errno && !fchmod(fd, mode & 0770) &&
            pwrite(fd, bytes, CXL_POOL_FILE, 0) == CXL_POOL_FILE &&
            !fsync(fd)) {
            ret = 0;
        }
    } else {
        errno = ENOMEM;
    }
    cxl_pool_release_signal(&before);
    free(bytes);
    free(pool);
    return ret;
}

/* A serial number of 0 is as good as none to software */
static bool choose_identity(CxlPoolIdentity *id)
{
    if (getrandom(id->uuid, sizeof(id->uuid), 0) != sizeof(id->uuid)) {
        return false;
    }
    /* Of a random UUID (RFC 9562) */
    id->uuid[6] = (id->uuid[6] & 0x0f) | 0x40;
    id->uuid[8] = (id->uuid[8] & 0x3f) | 0x80;
    if (!id->serial) {
        id->serial = cxl_le_load(id->uuid, 8) | 1;
    }
    return true;
}

static char *new_name(const char *path)
{
    static const char suffix[] = ".new-XXXXXX";
    char *name = malloc(strlen(path) + sizeof(suffix));

    if (name) {
        sprintf(name, "%s%s", path, suffix);
    }
    return name;
}

/* What a name is worth is decided by the directory */
static void sync_directory(const char *path)
{
    char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL;
    int fd;

    if (slash) {
        slash[slash == copy] = 0;
    }
    fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(copy);
}

/* Is @fd still what @path leads to, and still empty? */
static bool still_empty(int fd, const char *path)
{
    struct stat a, b;

    return !fstat(fd, &a) && !stat(path, &b) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino && !b.st_size;
}

/*
 * A file without a byte in it is one that somebody has made with touch: the new
 * one takes its place, under the lock that all have to take who want to do that
 */
static int replace_empty(const char *path, const char *name, CxlPoolWhy *why)
{
    CxlPoolFile f = { .path = path, .patience = 2000 };
    int ret = 0;

    f.fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f.fd < 0) {
        return cxl_pool_say_why(why, "%s: %s", path, strerror(errno));
    }
    if (still_empty(f.fd, path)) {
        ret = cxl_pool_file_lock(&f, CXL_POOL_CHANGE_BYTE, why);
        if (!ret && still_empty(f.fd, path)) {
            ret = rename(name, path) ?
                  cxl_pool_say_why(why, "%s cannot be made: %s", path,
                                   strerror(errno)) : 1;
        }
    }
    close(f.fd);
    return ret;
}

/* Returns 1 if @name is @path now, 0 if there was one already */
static int publish(const char *path, const char *name, CxlPoolWhy *why)
{
    struct stat st;

    if (!link(name, path)) {
        return 1;
    }
    if (errno != EEXIST) {
        return cxl_pool_say_why(why, "%s cannot be made: %s", path,
                                strerror(errno));
    }
    if (!stat(path, &st) && S_ISREG(st.st_mode) && !st.st_size) {
        return replace_empty(path, name, why);
    }
    return 0;
}

int cxl_pool_file_create(const char *path, mode_t mode,
                         const CxlPoolIdentity *id, CxlPoolWhy *why)
{
    CxlPoolIdentity mine = *id;
    struct stat st;
    char *name;
    int fd, ret;

    if (cxl_pool_check_path(path, why)) {
        return -1;
    }
    if (!cxl_pool_identity_ok(id)) {
        return cxl_pool_say_why(why, "%s: a pool has one or two partitions of"
                                " multiples of 256 MiB", path);
    }
    /* Where there is one, nothing has to be written, and perhaps cannot be */
    if (!stat(path, &st) && (!S_ISREG(st.st_mode) || st.st_size)) {
        return 0;
    }
    name = new_name(path);
    fd = name ? mkostemp(name, O_CLOEXEC) : -1;
    if (fd < 0 || !choose_identity(&mine)) {
        ret = cxl_pool_say_why(why, "%s cannot be made: %s", path,
                               strerror(errno));
    } else if (cxl_pool_check_file_system(fd, path, why)) {
        ret = -1;
    } else if (fill(fd, mode, &mine)) {
        ret = cxl_pool_say_why(why, "%s cannot be written: %s", path,
                               strerror(errno));
    } else {
        ret = publish(path, name, why);
    }
    if (fd >= 0) {
        close(fd);
        unlink(name);
        sync_directory(path);
    }
    free(name);
    return ret;
}
