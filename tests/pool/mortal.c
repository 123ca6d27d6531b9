/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance, and death in the middle of a write or behind a lock
 */
#include "mortal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One write or lock in so many is the last thing that a process does */
#define DEATH       400

static uint64_t state;
static bool mortal;

void mortal_seed(uint64_t seed)
{
    state = seed;
}

uint64_t mortal_below(uint64_t bound)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (state * 0x2545f4914f6cdd1dull >> 11) % bound;
}

bool mortal_set(bool value)
{
    bool before = mortal;

    mortal = value;
    return before;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
    pause();
}

static bool time_to_die(void)
{
    return mortal && !mortal_below(DEATH);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    if (time_to_die()) {
        syscall(SYS_pwrite64, fd, bytes, (size_t)mortal_below(n + 1), offset);
        die();
    }
    return syscall(SYS_pwrite64, fd, bytes, n, offset);
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t n, off_t offset)
{
    return __wrap_pwrite(fd, bytes, n, offset);
}

static int mortal_fcntl(int fd, int command, void *argument)
{
    int ret = (int)syscall(SYS_fcntl, fd, command, argument);

    if (command == F_OFD_SETLK && time_to_die()) {
        die();
    }
    return ret;
}

int __wrap_fcntl(int fd, int command, ...)
{
    va_list ap;
    void *argument;

    va_start(ap, command);
    argument = va_arg(ap, void *);
    va_end(ap);
    return mortal_fcntl(fd, command, argument);
}

int __wrap_fcntl64(int fd, int command, ...)
{
    va_list ap;
    void *argument;

    va_start(ap, command);
    argument = va_arg(ap, void *);
    va_end(ap);
    return mortal_fcntl(fd, command, argument);
}
