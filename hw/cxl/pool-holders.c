/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds the locks of a pool's state file, as /proc shows it
 */
#include "pool-file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Another descriptor's lock of that byte, as /proc shows it */
static bool holds(int pid, int fd, const struct stat *file, off_t byte)
{
    char path[64], line[256];
    struct stat st;
    bool found = false;
    FILE *info;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    if (stat(path, &st) || st.st_dev != file->st_dev ||
        st.st_ino != file->st_ino) {
        return false;
    }
    snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
    info = fopen(path, "re");
    while (info && !found && fgets(line, sizeof(line), info)) {
        unsigned long long inode, start, end;

        found = sscanf(line, "lock: %*d: OFDLCK %*s %*s %*d %*x:%*x:%llu"
                       " %llu %llu", &inode, &start, &end) == 3 &&
                inode == file->st_ino && start <= (uint64_t)byte &&
                end >= (uint64_t)byte;
    }
    if (info) {
        fclose(info);
    }
    return found;
}

static bool process_holds(int pid, const struct stat *file, off_t byte)
{
    struct dirent *entry;
    bool found = false;
    char path[64];
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    dir = opendir(path);
    while (dir && !found && (entry = readdir(dir))) {
        found = entry->d_name[0] != '.' &&
                holds(pid, atoi(entry->d_name), file, byte);
    }
    if (dir) {
        closedir(dir);
    }
    return found;
}

unsigned cxl_pool_file_holders(const CxlPoolFile *f, off_t byte, pid_t *pids,
                               unsigned max)
{
    struct dirent *entry;
    struct stat file;
    unsigned n = 0;
    DIR *dir;

    if (fstat(f->fd, &file)) {
        return 0;
    }
    dir = opendir("/proc");
    while (dir && n < max && (entry = readdir(dir))) {
        int pid = atoi(entry->d_name);

        if (pid > 0 && process_holds(pid, &file, byte)) {
            pids[n++] = pid;
        }
    }
    if (dir) {
        closedir(dir);
    }
    return n;
}

pid_t cxl_pool_file_holder(const CxlPoolFile *f, off_t byte)
{
    pid_t pid;

    return cxl_pool_file_holders(f, byte, &pid, 1) ? pid : 0;
}

void cxl_pool_file_holder_name(const CxlPoolFile *f, off_t byte, char *text,
                               size_t size)
{
    pid_t pid = cxl_pool_file_holder(f, byte);
    char path[64], name[64] = "";
    FILE *comm;

    if (!pid) {
        snprintf(text, size, "another process");
        return;
    }
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    comm = fopen(path, "re");
    if (comm && fgets(name, sizeof(name), comm)) {
        name[strcspn(name, "\n")] = 0;
    }
    if (comm) {
        fclose(comm);
    }
    for (char *c = name; *c; c++) {
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    }
    snprintf(text, size, "process %d (%s)", (int)pid, name);
}
