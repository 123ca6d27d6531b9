/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a pool is in no other pool
 */
#include "pool-change.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_CLAIM     ((off_t)1 << 62)
#define CLAIMS          ((off_t)1 << 61)

/* Does anybody else lock one of these bytes? */
static bool others_lock(int fd, off_t start, off_t length)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start,
        .l_len = length,
    };

    return length && !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/* By the state file, not by what is in it: a copy of it is another pool */
static off_t claim_of(const struct stat *state)
{
    const uint64_t words[] = { state->st_dev, state->st_ino };
    uint64_t sum = 0;

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        sum = (sum ^ words[i]) * 0x9e3779b97f4a7c15ull;
        sum ^= sum >> 32;
    }
    return (off_t)(sum % (uint64_t)CLAIMS);
}

int cxl_pool_file_claim(const CxlPoolFile *f, int data, CxlPoolWhy *why)
{
    struct flock lock = {
        .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1,
    };
    struct stat state;
    char path[64];
    off_t mine;
    int fd;

    if (fstat(f->fd, &state)) {
        return cxl_pool_say_why(why, "%s: %s", f->path, strerror(errno));
    }
    mine = claim_of(&state);
    lock.l_start = FIRST_CLAIM + mine;
    /* An open file of its own: what @data is has locks of its own */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", data);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock)) {
        cxl_pool_say_why(why, "%s: the file with the memory cannot be locked:"
                         " %s", f->path, strerror(errno));
    } else if (others_lock(fd, FIRST_CLAIM, mine) ||
               others_lock(fd, lock.l_start + 1, CLAIMS - 1 - mine)) {
        cxl_pool_say_why(why, "%s: the memory is in another pool; use that"
                         " pool's state file", f->path);
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}
