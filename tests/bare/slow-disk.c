/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that takes its time: preloaded into QEMU, in place of the C library's
 * msync()
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int msync(void *at, size_t length, int flags)
{
    const struct timespec three_seconds = { .tv_sec = 3 };

    nanosleep(&three_seconds, NULL);
    return (int)syscall(SYS_msync, at, length, flags);
}
