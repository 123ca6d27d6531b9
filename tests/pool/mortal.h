/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance, and death in the middle of a write or behind a lock
 */
#ifndef TESTS_POOL_MORTAL_H
#define TESTS_POOL_MORTAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** mortal_seed: where chance begins; not 0 */
void mortal_seed(uint64_t seed);

/** mortal_below: a pseudo-random number in [0, @bound) */
uint64_t mortal_below(uint64_t bound);

/**
 * mortal_set: may this process die at a write or a lock? It cannot at first.
 *
 * Returns: whether it could
 */
bool mortal_set(bool value);

/*
 * The library's writes and locks. The linker puts these in their place, so that
 * the library is the one that everybody else has. Which of two names it calls
 * is the C library's affair.
 */
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t n, off_t offset);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);

#endif /* TESTS_POOL_MORTAL_H */
