/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of a pool, on a Linux host: who has it open, locks, files.
 *
 * Plain C and the C library, no QEMU: shared by devices, by cxl-pool and by
 * tests. What the state means is in core/pool.h, what its bytes are in
 * core/pool-format.h.
 *
 * A host is alive while it holds an open-file-description lock on the byte of
 * its head. The kernel lets go of that lock when the last descriptor is closed,
 * at the latest when the process is gone and its memory is unmapped.
 * All changes are made under a lock of byte 0, which is held for microseconds.
 *
 * A function that fails returns -1 and says why in one sentence, which names
 * the file. A CxlPoolFile is used by one thread at a time.
 */
#ifndef HW_CXL_POOL_FILE_H
#define HW_CXL_POOL_FILE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hw/cxl/core/pool-format.h"
#include "hw/cxl/core/pool.h"

/** CXL_POOL_CHANGE_BYTE: locked by whoever changes the state */
#define CXL_POOL_CHANGE_BYTE    0
/** CXL_POOL_HEAD_BYTE: and N more: locked by the host that has head N */
#define CXL_POOL_HEAD_BYTE      1024

/** struct CxlPoolWhy - a sentence without a full stop */
typedef struct CxlPoolWhy {
    char text[640];
} CxlPoolWhy;

/**
 * struct CxlPoolFile - an open state file
 * @path: as it was given; borrowed
 * @fd: its descriptor, close-on-exec
 * @patience: milliseconds to wait for a lock, and for bytes to be readable; 0:
 *            to try once
 * @id: the identity, read when it was opened
 * @stopped: nobody waits for other hosts any more; asked on the thread that
 *           waits. NULL: somebody does
 * @seen: the highest generation that was read; it never falls
 * @head: what this process has joined as, or CXL_POOL_ANY_HEAD
 * @slot: what it says of itself, while it has joined
 * @refused: why the change that was tried last was refused, if it was
 * @changed: that change has made a generation, which is @now
 * @now: the state that was read last
 * @next: what a change makes of it
 * @bytes: room for the file
 */
typedef struct CxlPoolFile {
    const char *path;
    int fd;
    unsigned patience;
    bool (*stopped)(void);
    CxlPoolIdentity id;
    uint64_t seen;
    uint32_t head;
    CxlPoolSlot slot;
    CxlPoolError refused;
    bool changed;
    CxlPool *now;
    CxlPool *next;
    uint8_t *bytes;
} CxlPoolFile;

/**
 * cxl_pool_file_create: make a file with a new pool in it
 * @path: must not exist, or be empty
 * @mode: permissions; others than owner and group get none
 * @id: serial number (0: to be chosen) and partitions; a UUID is chosen
 *
 * The file appears complete or not at all, however many do this at one time:
 * one of them makes it, and for all others it is there.
 *
 * Returns: 1 if this call made it, 0 if there was one already
 */
int cxl_pool_file_create(const char *path, mode_t mode,
                         const CxlPoolIdentity *id, CxlPoolWhy *why);

/**
 * cxl_pool_file_open: open a file that has a pool in it
 * @path: must stay until the file is closed
 * @write: to change anything, joining included
 * @f: gets it; is of no use, and need not be closed, after a failure
 */
int cxl_pool_file_open(CxlPoolFile *f, const char *path, bool write,
                       CxlPoolWhy *why);

/** cxl_pool_check_path: can that be the path of a state file? */
int cxl_pool_check_path(const char *path, CxlPoolWhy *why);

/**
 * cxl_pool_check_type: can a state file be on a file system of that kind?
 * @type: f_type of statfs()
 * @path: for the sentence
 */
int cxl_pool_check_type(uint32_t type, const char *path, CxlPoolWhy *why);

/** cxl_pool_check_file_system: the same, of an open file */
int cxl_pool_check_file_system(int fd, const char *path, CxlPoolWhy *why);

/** cxl_pool_file_close: and, if it has not left, be as dead as after kill -9 */
void cxl_pool_file_close(CxlPoolFile *f);

/**
 * cxl_pool_file_read: the state, into @f->now; without any lock
 *
 * What cannot be read leaves @f->now as it was. @f->next is of no use then.
 */
int cxl_pool_file_read(CxlPoolFile *f, CxlPoolWhy *why);

/** cxl_pool_file_alive: who lives, now; a mask */
int cxl_pool_file_alive(const CxlPoolFile *f, uint64_t *alive,
                        CxlPoolWhy *why);

/**
 * cxl_pool_file_holders: the processes that hold the lock of @byte: one, unless
 * that one has handed its descriptor to others, who need not know what it is
 * @pids: gets their numbers
 * @max: looks for no more than so many
 *
 * Found in /proc, so only as far as that can be read.
 *
 * Returns: how many were found
 */
unsigned cxl_pool_file_holders(const CxlPoolFile *f, off_t byte, pid_t *pids,
                               unsigned max);

/**
 * cxl_pool_file_holder: one of cxl_pool_file_holders(), to be named to people
 *
 * Returns: its number, or 0 if there is none to be found
 */
pid_t cxl_pool_file_holder(const CxlPoolFile *f, off_t byte);

/**
 * cxl_pool_file_holder_name: "process 17 (qemu-system-x86)"
 * @text: gets it
 */
void cxl_pool_file_holder_name(const CxlPoolFile *f, off_t byte, char *text,
                               size_t size);

/**
 * cxl_pool_file_lock: the lock of @byte, within @f->patience
 *
 * Returns: -1 with the holder's number and name in the sentence
 */
int cxl_pool_file_lock(const CxlPoolFile *f, off_t byte, CxlPoolWhy *why);

/** cxl_pool_file_try_lock: the same at once or not at all, with errno */
bool cxl_pool_file_try_lock(const CxlPoolFile *f, off_t byte);

/** cxl_pool_file_unlock: let go of the lock of @byte */
void cxl_pool_file_unlock(const CxlPoolFile *f, off_t byte);

/** cxl_pool_file_write: bytes to their place */
int cxl_pool_file_write(const CxlPoolFile *f, CxlPoolPiece piece,
                        const uint8_t *bytes, CxlPoolWhy *why);

/**
 * cxl_pool_hold_signal: to a thread, a file that may not get that large
 * (RLIMIT_FSIZE) is an error like others from now on, and no SIGXFSZ
 * @before: for cxl_pool_release_signal()
 */
void cxl_pool_hold_signal(sigset_t *before);

/** cxl_pool_release_signal: the end of that; errno stays as it is */
void cxl_pool_release_signal(const sigset_t *before);

/**
 * cxl_pool_file_watch: a descriptor that becomes readable when the file has
 * changed or somebody who could write to it is gone
 *
 * A user can have few of these (fs.inotify.max_user_instances, 128 by default),
 * so whoever gets none has to look at the file now and then; those who get one
 * should do that, too.
 *
 * Returns: an inotify descriptor, close-on-exec, that does not block
 */
int cxl_pool_file_watch(const CxlPoolFile *f, CxlPoolWhy *why);

/** cxl_pool_file_unwatch: the end of a watch; of -1, nothing */
void cxl_pool_file_unwatch(int watch);

/**
 * cxl_pool_file_wait: until a watch has something to tell, or time is up; reads
 * and forgets what it tells. What is more than a few hundred events is left for
 * the next time.
 * @watch: from cxl_pool_file_watch(); with -1 it is only time that passes
 * @timeout: milliseconds
 *
 * Returns: whether there was anything
 */
bool cxl_pool_file_wait(int watch, unsigned timeout);

/** cxl_pool_milliseconds: a clock that only goes forwards */
uint64_t cxl_pool_milliseconds(void);

/** cxl_pool_say_why: fill a sentence in; returns -1 */
int cxl_pool_say_why(CxlPoolWhy *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* HW_CXL_POOL_FILE_H */
