/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of a pool in a directory of its own, and processes that join:
 * for tests on a Linux host
 */
#ifndef TESTS_UNIT_POOL_HOSTS_H
#define TESTS_UNIT_POOL_HOSTS_H

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#include "../../hw/cxl/pool-change.h"

/* How long something may take that takes milliseconds, in milliseconds */
#define PATIENCE 60000

static char directory[] = "cxl-pool-XXXXXX";
static char path[64];
static CxlPoolWhy why;

static const CxlPoolIdentity identity = {
    .serial = 0x1234, .count = 1, .size = { CXL_DPA_UNIT },
};

static inline void setup(void)
{
    snprintf(path, sizeof(path), "%s/state", directory);
    unlink(path);
    check_eq(cxl_pool_file_create(path, 0660, &identity, &why), 1);
}

static inline CxlPoolFile opened(void)
{
    CxlPoolFile f;

    if (!check(!cxl_pool_file_open(&f, path, true, &why))) {
        unit_note("%s", why.text);
        exit(1);
    }
    f.patience = 300;
    return f;
}

static inline int join(CxlPoolFile *f, uint32_t head, CxlPoolAccess access)
{
    const CxlPoolJoin j = { .head = head, .access = access };

    return cxl_pool_file_join(f, &j, "test", &why);
}

/* A process that joins, and does what it is told until it is killed */
typedef struct Host {
    pid_t pid;
    int ready;
} Host;

typedef void Task(CxlPoolFile *f);

static inline Host host(uint32_t head, CxlPoolAccess access, Task *task)
{
    char byte;
    int p[2];
    Host h;

    check_eq(pipe(p), 0);
    fflush(stdout);
    h.pid = fork();
    if (!h.pid) {
        CxlPoolFile f;

        if (cxl_pool_file_open(&f, path, true, &why) ||
            join(&f, head, access)) {
            _exit(1);
        }
        (void)!write(p[1], "", 1);
        task(&f);
        _exit(0);
    }
    close(p[1]);
    h.ready = p[0];
    check_eq(read(h.ready, &byte, 1), 1);
    return h;
}

static inline void end(Host h)
{
    int status;

    close(h.ready);
    kill(h.pid, SIGKILL);
    check_eq(waitpid(h.pid, &status, 0), h.pid);
}

static inline void sleeps(CxlPoolFile *f)
{
    pause();
}

/* What a good host does: lets go of what is taken, and says so */
static inline void lets_go(CxlPoolFile *f)
{
    CxlPoolWhy reason;
    int watch = cxl_pool_file_watch(f, &reason);

    while (!cxl_pool_file_read(f, &reason)) {
        if (cxl_pool_file_owes(f)) {
            cxl_pool_file_acknowledge(f, &reason);
        }
        cxl_pool_file_wait(watch, 1000);
    }
}

static inline uint64_t alive(CxlPoolFile *f)
{
    uint64_t mask = 0;

    check_eq(cxl_pool_file_alive(f, &mask, &why), 0);
    check_eq(cxl_pool_file_read(f, &why), 0);
    return mask;
}

static inline bool begin(void)
{
    return mkdtemp(directory) != NULL;
}

/* Returns: the exit status of the test */
static inline int finish(void)
{
    snprintf(path, sizeof(path), "%s/state", directory);
    unlink(path);
    check(!rmdir(directory));
    return unit_done();
}

#endif /* TESTS_UNIT_POOL_HOSTS_H */
