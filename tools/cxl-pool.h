/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of cxl-pool have in common
 */
#ifndef TOOLS_CXL_POOL_H
#define TOOLS_CXL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "../hw/cxl/pool-change.h"

/* Exit status */
#define FAILED          1
#define NOT_ANSWERED    2

/**
 * enum Option - what begins with two dashes
 */
typedef enum Option {
    OPTION_VOLATILE,
    OPTION_PERSISTENT,
    OPTION_SERIAL,
    OPTION_MODE,
    OPTION_HEAD,
    OPTION_TIMEOUT,
    OPTION_RANGE,
    OPTION_JSON,
    OPTION_KILL,
    OPTION_HELP,
} Option;

/**
 * struct Options - what was typed
 * @given: mask of those that were
 * @command: the first word
 * @file: the second
 * @id: create: serial number and partitions
 * @mode: create: permissions
 * @head: CXL_POOL_ANY_HEAD if none was given
 * @timeout: milliseconds
 * @json: for programs
 * @kill: fence: by killing
 * @ranges: set-access: what was given, allocated; @right of them is not used
 * @nranges: how many; 0: all of the memory is meant
 * @words: the rest
 * @nwords: how many
 */
typedef struct Options {
    unsigned given;
    const char *command;
    const char *file;
    CxlPoolIdentity id;
    mode_t mode;
    uint32_t head;
    unsigned timeout;
    bool json;
    bool kill;
    CxlPoolRange *ranges;
    unsigned nranges;
    char **words;
    int nwords;
} Options;

/** fail: say what went wrong; returns FAILED */
int fail(const char *format, const char *what);

/** option_name: without the dashes */
const char *option_name(Option option);

/**
 * parse_options: fill @o, which has the defaults
 *
 * Returns: false after having said why
 */
bool parse_options(int argc, char **argv, Options *o);

/**
 * parse_wishes: the words of set-access, of each range that was given
 * @all: whom "all" and "others" can mean
 * @count: gets how many wishes these are
 *
 * Returns: allocated; NULL if one of the words makes no sense
 */
CxlPoolWish *parse_wishes(const Options *o, uint64_t all, unsigned *count);

/** show_access: the word for an access, as it is typed */
const char *show_access(CxlPoolAccess access);

/** show_right: the word for a right */
const char *show_right(CxlPoolRight right);

/**
 * show_status: what is in @f->now, for people
 * @alive: who lives
 */
void show_status(const CxlPoolFile *f, uint64_t alive);

/** show_json: the same for programs, in one line */
void show_json(const CxlPoolFile *f, uint64_t alive);

/** show_changes: tell changes until somebody ends it; returns if it cannot */
int show_changes(CxlPoolFile *f, bool json, CxlPoolWhy *why);

/**
 * kill_host: end the process that holds the lock of a head and has the memory
 * open, and wait until it is gone
 * @timeout: milliseconds to wait
 *
 * Returns: -1 and why, also if there is no such process, or more than one; all
 * that hold the lock are printed then
 */
int kill_host(CxlPoolFile *f, uint32_t head, unsigned timeout, CxlPoolWhy *why);

/**
 * list_mappers: print the processes that map the pool's memory and are no hosts
 * of it
 */
void list_mappers(const CxlPoolFile *f, uint64_t alive);

#endif /* TOOLS_CXL_POOL_H */
