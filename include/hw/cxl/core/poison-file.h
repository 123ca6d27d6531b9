/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poisoned lines of persistent memory as a text, for a file beside it
 *
 *     qemu-cxl poison list 1
 *     0x0000000000001240 injected
 *     end
 *
 * Each line between the first and the last is a poisoned line of memory: its
 * offset in persistent capacity, and where the poison comes from, ascending.
 * Offsets, not DPAs: they are right for the same memory in another device, too.
 */
#ifndef CXL_CORE_POISON_FILE_H
#define CXL_CORE_POISON_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"

/** CXL_POISON_FILE_MAX: bytes of the longest text, without a terminating 0 */
#define CXL_POISON_FILE_MAX     (32u * (CXL_DPA_MAX_MARKS + 2))

/**
 * cxl_poison_file_print: write down the poison of persistent capacity
 * @text: room for CXL_POISON_FILE_MAX bytes
 *
 * Returns: the length.
 */
size_t cxl_poison_file_print(const CxlDpa *dpa, char *text);

/**
 * cxl_poison_file_parse: mark the lines of a text in @dpa, which has no marks
 * @len: bytes; the text need not end with 0
 * @line: gets the number of the line that is wrong, from 1 on
 *
 * Returns: NULL, or what is wrong in that line, a phrase in lower case; there
 * are no marks then.
 */
const char *cxl_poison_file_parse(CxlDpa *dpa, const char *text, size_t len,
                                  unsigned *line);

#endif /* CXL_CORE_POISON_FILE_H */
