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

/* More processes than this that hold one lock are not told apart */
#define HOLDERS 64

static bool is_backend(const CxlPool *pool, dev_t device, ino_t inode)
{
    for (uint32_t i = 0; i < pool->id.count; i++) {
        if (pool->backend[i].device == device &&
            pool->backend[i].inode == inode) {
            return true;
        }
    }
    return false;
}

/* One that has let go of the memory maps it no more, and has it open still */
static bool opens_memory(const CxlPool *pool, int pid)
{
    struct dirent *entry;
    bool found = false;
    char path[384];
    struct stat st;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    dir = opendir(path);
    while (dir && !found && (entry = readdir(dir))) {
        snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
        found = !stat(path, &st) && is_backend(pool, st.st_dev, st.st_ino);
    }
    if (dir) {
        closedir(dir);
    }
    return found;
}

/* Hosts without memory, which are for tests, have told of none */
static bool has_memory(const CxlPool *pool)
{
    for (uint32_t i = 0; i < pool->id.count; i++) {
        if (pool->backend[i].inode) {
            return true;
        }
    }
    return false;
}

/* Is it a number of the process, here or where it runs (pid_namespaces(7))? */
static bool is_number_of(pid_t pid, uint32_t number)
{
    char path[64], line[256], *word, *rest;
    bool found = false;
    FILE *status;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    status = fopen(path, "re");
    while (status && !found && fgets(line, sizeof(line), status)) {
        word = strncmp(line, "NSpid:", 6) ? NULL :
               strtok_r(line + 6, " \t\n", &rest);
        for (; word && !found; word = strtok_r(NULL, " \t\n", &rest)) {
            found = strtoul(word, NULL, 10) == number;
        }
    }
    if (status) {
        fclose(status);
    }
    return found;
}

/*
 * The kernel tells who has a lock, and not who took it: a host that is gone, or
 * cannot be seen from here, may have left lock and memory to somebody who never
 * joined. What a host says of itself has to agree.
 */
static int check_host(const CxlPoolFile *f, uint32_t head, pid_t pid,
                      CxlPoolWhy *why)
{
    const CxlPoolSlot *slot = &f->now->slot[head];
    uint64_t joined = f->now->head[head].joined;

    if (!joined) {
        return 0;
    }
    if (!slot->valid || slot->joined != joined) {
        return cxl_pool_say_why(why, "%s: process %d holds the lock of head %u,"
                                " and nothing says that it is the host, so it"
                                " was not killed; end it by hand if it is",
                                f->path, (int)pid, head);
    }
    if (!is_number_of(pid, slot->pid)) {
        return cxl_pool_say_why(why, "%s: process %d holds the lock of head %u,"
                                " but process %u has joined as that, so none"
                                " was killed; end the right one by hand",
                                f->path, (int)pid, head, slot->pid);
    }
    return 0;
}

/*
 * A host may hand the descriptor with its lock to anybody, who is no host for
 * that. So the one to be killed also has the memory open, and is the only one
 * that has. Returns 0 if there is no such process.
 */
static pid_t find_host(const CxlPoolFile *f, uint32_t head, CxlPoolWhy *why)
{
    pid_t pids[HOLDERS], host = 0;
    unsigned n = cxl_pool_file_holders(f, CXL_POOL_HEAD_BYTE + head, pids,
                                       HOLDERS);
    bool any = !has_memory(f->now) || n == HOLDERS;
    unsigned hosts = 0;

    for (unsigned i = 0; i < n; i++) {
        if (any || opens_memory(f->now, pids[i])) {
            host = pids[i];
            hosts++;
        }
    }
    if (hosts == 1) {
        return check_host(f, head, host, why) ? 0 : host;
    }
    for (unsigned i = 0; i < n; i++) {
        printf("process %d holds the lock of head %u\n", (int)pids[i], head);
    }
    if (!n) {
        cxl_pool_say_why(why, "%s: the process that has head %u cannot be found"
                         " in /proc; look for it as root", f->path, head);
    } else {
        cxl_pool_say_why(why, "%s: not one but %u of the processes that hold"
                         " the lock of head %u may be its host, so none was"
                         " killed; end the right one by hand", f->path, hosts,
                         head);
    }
    return 0;
}

/*
 * The process must be the one that holds the lock, and not another one that has
 * got its number since: so the lock is looked at once more when there is a
 * descriptor that stays with the process.
 */
int kill_host(CxlPoolFile *f, uint32_t head, unsigned timeout, CxlPoolWhy *why)
{
    pid_t pid = find_host(f, head, why);
    struct pollfd p = { .events = POLLIN };
    int ret = -1;

    if (!pid) {
        return -1;
    }
    p.fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (p.fd < 0) {
        return errno == ESRCH ? 0 :
               cxl_pool_say_why(why, "process %d cannot be opened: %s",
                                (int)pid, strerror(errno));
    }
    if (find_host(f, head, why) != pid) {
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

    return sscanf(line, "%*s %*s %*s %x:%x %llu", &dev_major, &dev_minor,
                  &inode) == 3 && inode &&
           is_backend(pool, makedev(dev_major, dev_minor), inode);
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

void list_mappers(const CxlPoolFile *f, uint64_t alive)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        int pid = atoi(entry->d_name);

        if (pid > 0 && !is_host(f->now, alive, pid) &&
            maps_memory(f->now, pid)) {
            printf("process %d maps the memory and is no host of the pool\n",
                   pid);
        }
    }
    if (dir) {
        closedir(dir);
    }
}
