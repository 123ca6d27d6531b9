/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of tests/bare on memory that is stale until it is flushed
 *
 * Both devices have the same file. A host has a cache line of each of them, so
 * that one is "here" and the other "there", as if two hosts were at work.
 * "lines=N" is how many lines its cache has room for, "timer" that idle ones
 * are evicted: then it is only known what must be seen, and not what must not.
 */
#ifndef TESTS_BARE_COHERENCY_H
#define TESTS_BARE_COHERENCY_H

#include "bare.h"

#define LINE        64

/** Where both sides begin */
extern uint64_t here, there;

/** calm: nothing is evicted while few lines are used */
extern bool calm;

/** sides_start: makes both sides */
void sides_start(void);

/** reset: four lines at @offset are all @value, and both sides forget them */
void reset(uint64_t offset, uint64_t value);

/** memory64: what memory has at @offset, whatever caches have there */
uint64_t memory64(uint64_t offset);

/* --- of each machine: coherency-ARCH.c ------------------------------------ */

/**
 * struct Flush - an instruction that acts on a line, or on all
 * @name: NULL behind the last
 * @writes: it writes back
 * @forgets: it forgets
 */
typedef struct Flush {
    const char *name;
    void (*fn)(uint64_t at);
    bool writes, forgets;
} Flush;

extern const Flush flushes[];

/** clean: writes the line back */
void clean(uint64_t at);

/** forget: writes it back and forgets it */
void forget(uint64_t at);

/** forget_all: all lines */
void forget_all(void);

/** fence: what is above is done, and seen to be */
void fence(void);

/** count_one, count_other: add one, by atomics of two kinds */
void count_one(uint64_t at);
void count_other(uint64_t at);

/** other_counter: where the other kind counts, in or behind a line */
extern const uint64_t other_counter;

/** test_instructions: what only this machine has, and its faults */
void test_instructions(void);

#endif /* TESTS_BARE_COHERENCY_H */
