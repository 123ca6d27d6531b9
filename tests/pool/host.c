/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host of a pool, without a machine: joins and does what it is told, until it
 * is killed or its standard input ends
 *
 *     host FILE HEAD ACCESS [deaf|hands [MEMORY]|gives MEMORY]
 *
 * ACCESS is a number (CxlPoolAccess). One that is deaf lets go of nothing. One
 * that hands is deaf and has given its lock to a process that lives as long as
 * standard input. MEMORY is a file that the host has open, and that process
 * has not, unless the host gives it. Prints "joined N", "handed to PID", and
 * each generation in which it has let go of something.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../hw/cxl/pool-change.h"

static int fail(const CxlPoolWhy *why)
{
    printf("%s\n", why->text);
    return 1;
}

static int obey(CxlPoolFile *f, CxlPoolWhy *why)
{
    if (cxl_pool_file_read(f, why)) {
        return -1;
    }
    if (cxl_pool_file_owes(f)) {
        printf("let go in %llu\n", (unsigned long long)f->now->generation);
        fflush(stdout);
        return cxl_pool_file_acknowledge(f, why);
    }
    return 0;
}

static int live(CxlPoolFile *f, bool deaf, CxlPoolWhy *why)
{
    struct pollfd p[2] = {
        { .fd = STDIN_FILENO, .events = POLLIN },
        { .fd = deaf ? -1 : cxl_pool_file_watch(f, why), .events = POLLIN },
    };

    while (!p[0].revents) {
        if (!deaf && obey(f, why)) {
            return fail(why);
        }
        poll(p, 2, 1000);
        cxl_pool_file_wait(p[1].fd, 0);
    }
    cxl_pool_file_unwatch(p[1].fd);
    return cxl_pool_file_leave(f, why) ? fail(why) : 0;
}

static int open_memory(const char *path, CxlPoolBackend *backend)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st)) {
        perror(path);
        exit(1);
    }
    *backend = (CxlPoolBackend) { st.st_dev, st.st_ino };
    return fd;
}

/* Descriptors go with a fork, as one does with a message */
static void hand_over(int memory, bool gives)
{
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
    pid_t pid = fork();

    if (!pid) {
        if (!gives) {
            close(memory);
        }
        poll(&p, 1, -1);
        _exit(0);
    }
    printf("handed to %d\n", (int)pid);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool gives = argc > 5 && !strcmp(argv[4], "gives");
    bool hands = gives || (argc > 4 && !strcmp(argv[4], "hands"));
    bool deaf = hands || (argc > 4 && !strcmp(argv[4], "deaf"));
    CxlPoolJoin join;
    CxlPoolFile f;
    CxlPoolWhy why;
    int ret, memory = -1;

    if (argc < 4) {
        fprintf(stderr, "usage: host FILE HEAD ACCESS"
                " [deaf|hands [MEMORY]|gives MEMORY]\n");
        return 1;
    }
    join = (CxlPoolJoin) {
        .head = (uint32_t)strtoul(argv[2], NULL, 0),
        .access = (CxlPoolAccess)strtoul(argv[3], NULL, 0),
    };
    if (argc > 5) {
        memory = open_memory(argv[5], &join.backend[0]);
    }
    if (cxl_pool_file_open(&f, argv[1], true, &why)) {
        return fail(&why);
    }
    if (cxl_pool_file_join(&f, &join, "host", &why)) {
        cxl_pool_file_close(&f);
        return fail(&why);
    }
    printf("joined %u\n", f.head);
    fflush(stdout);
    if (hands) {
        hand_over(memory, gives);
    }
    ret = live(&f, deaf, &why);
    cxl_pool_file_close(&f);
    return ret;
}
