/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-pool: processes that have the memory of a pool
 */
#include "cxl-pool.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * The process must be the one that holds the lock, and not another one that has
 * got its number since: so the lock is looked at once more when there is a
 * descriptor that stays with the process.
 */
int kill_host(CxlPoolFile *f, uint32_t head, unsigned timeout, CxlPoolWhy *why)
{
    off_t byte = CXL_POOL_HEAD_BYTE + head;
    pid_t pid = cxl_pool_file_holder(f, byte);
    struct pollfd p = { .events = POLLIN };
    int ret = -1;

    if (!pid) {
        return cxl_pool_say_why(why, "%s: the process that has head %u cannot"
                                " be found in /proc; look for it as root",
                                f->path, head);
    }
    p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (p.fd < 0) {
        return errno == ESRCH ? 0 :
               cxl_pool_say_why(why, "process %d cannot be opened: %s",
                                (int)pid, strerror(errno));
    }
    if (cxl_pool_file_holder(f, byte) != pid) {
        cxl_pool_say_why(why, "%s: head %u has just changed hands; try again",
                         f->path, head);
    } else if (syscall(SYS_pidfd_send_signal, p.fd, SIGKILL, NULL, 0)) {
        cxl_pool_say_why(why, "process %d cannot be killed: %s", (int)pid,
                         strerror(errno));
    } else if (poll(&p, 1, (int)timeout) <= 0) {
        cxl_pool_say_why(why, "process %d was killed and is not gone after %u"
                         " ms", (int)pid, timeout);
    } else {
        printf("process %d was killed\n", (int)pid);
        ret = 0;
    }
    close(p.fd);
    return ret;
}

/* A line of /proc/PID/maps that is of the memory */
static bool is_memory(const CxlPool *pool, const char *line)
{
    unsigned int dev_major, dev_minor;
    unsigned long long inode;

    if (sscanf(line, "%*s %*s %*s %x:%x %llu", &dev_major, &dev_minor,
               &inode) != 3 || !inode) {
        return false;
    }
    for (uint32_t i = 0; i < pool->id.count; i++) {
        if (pool->backend[i].inode == inode &&
            pool->backend[i].device == makedev(dev_major, dev_minor)) {
            return true;
        }
    }
    return false;
}

static bool maps_memory(const CxlPool *pool, int pid)
{
    char path[64], line[512];
    bool found = false;
    FILE *maps;

    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    maps = fopen(path, "re");
    while (maps && !found && fgets(line, sizeof(line), maps)) {
        found = is_memory(pool, line);
    }
    if (maps) {
        fclose(maps);
    }
    return found;
}

static bool is_host(const CxlPool *pool, uint64_t alive, int pid)
{
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        if (alive >> h & 1 && pool->slot[h].pid == (uint32_t)pid) {
            return true;
        }
    }
    return false;
}

unsigned list_mappers(const CxlPoolFile *f, uint64_t alive)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    unsigned n = 0;

    while (dir && (entry = readdir(dir))) {
        int pid = atoi(entry->d_name);

        if (pid > 0 && !is_host(f->now, alive, pid) &&
            maps_memory(f->now, pid)) {
            printf("process %d maps the memory and is no host of the pool\n",
                   pid);
            n++;
        }
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}
