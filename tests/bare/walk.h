/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables in CXL memory, and processors that walk them
 *
 * Two pages of RAM beside each other are also seen at walk_view, by way of page
 * tables wherever the program wants them.
 */
#ifndef TESTS_BARE_WALK_H
#define TESTS_BARE_WALK_H

#include "bare.h"

#define PAGE            4096
/** Bytes of page tables */
#define WALK_TABLES     0x3000

/** walk_pages: where they are in RAM */
extern uint8_t walk_pages[2 * PAGE];

/** walk_view: where they are seen */
extern const uint64_t walk_view;

/**
 * walk_map: makes page tables of WALK_TABLES bytes at @tables, and lets this
 * vCPU and all others use them
 * @last: the page of the last table: the last of those, or walk_pages
 *
 * Returns: the address of the entry of the second page
 */
uint64_t walk_map(uint64_t tables, uint64_t last);

/** walk_begin: this vCPU notes accesses in entries */
void walk_begin(void);

/** walk_again: the next access to the second page walks the tables */
void walk_again(void);

/** entry_accessed: the bit that a walk sets */
extern const uint64_t entry_accessed;

/** entry_untouch: clears it, by an atomic */
void entry_untouch(uint64_t entry);

/** entry_toggle: a bit that software has, by an atomic; returns what it was */
bool entry_toggle(uint64_t entry);

/**
 * test_traps: @rounds of exceptions whose table is in the second page, while
 * the other vCPU reads a register at @mmio
 */
void test_traps(uint64_t entry, uint64_t rounds, uint64_t mmio);

/**
 * test_poisoned: the same as test_code() while the entry is in poison, and a
 * device writes to the first page
 */
void test_poisoned(uint64_t rounds);

/** test_code: @rounds of code that makes walks while it is translated */
void test_code(uint64_t entry, uint64_t rounds);

#endif /* TESTS_BARE_WALK_H */
