/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison, and what processors make of it
 *
 * poison.c has what is the same for all of them; poison-x86_64.c and
 * poison-aarch64.c have instructions, and what an error looks like.
 */
#ifndef TESTS_BARE_POISON_H
#define TESTS_BARE_POISON_H

#include "bare.h"

#define LINE            64

/** Place - a poisoned line of a region: at which address, what it is called */
typedef struct Place {
    const char *name;
    CxlRegion *region;
    uint64_t line;
} Place;

/**
 * Access - reads, of the bytes at its argument
 * @size: how many bytes, where a byte before the line is one of them; 1: it
 *        aligns its address down
 * @fetch: of instructions
 * @only: with arguments in the poisoned line alone
 * @there: NULL, or whether the processor has it
 */
typedef struct Access {
    const char *name;
    void (*fn)(void *at);
    unsigned size;
    bool fetch, only;
    bool (*there)(void);
} Access;

/** Store - of a whole line; @first: 0, or the first 8 bytes then */
typedef struct Store {
    const char *name;
    void (*fn)(uint64_t at);
    uint64_t first;
    bool (*there)(void);
} Store;

/** Both end with a row without a name */
extern const Access accesses[];
extern const Store stores[];

/** fails: an error for the line, at an instruction of @fn */
bool fails(void (*fn)(void *at), uint64_t at, uint64_t line, bool fetch);

/** works: no exception */
bool works(void (*fn)(void *at), uint64_t at);

/** test_processor: what it has beside such accesses */
void test_processor(const Place *p);

/** shut_down: what it does not recover from */
void shut_down(const Place *p);

/** Of a line of the region, by command */
void inject(const CxlRegion *r, uint64_t at);
void clear(const CxlRegion *r, uint64_t at);

/** What reads go to */
extern uint64_t sink[8];

/* Accesses and stores that both have */
void read8(void *at);
void read16(void *at);
void read32(void *at);
void read64(void *at);
void execute(void *at);
void store_words(uint64_t at);
void store_bytes(uint64_t at);
void store_string(uint64_t at);
void store_across(uint64_t at);

#endif /* TESTS_BARE_POISON_H */
