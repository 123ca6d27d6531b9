/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time as the model sees it: always an argument, never read.
 */
#ifndef CXL_CORE_TIME_H
#define CXL_CORE_TIME_H

#include <stdint.h>

/**
 * struct CxlTime - when something happens
 * @virtual_ns: time of the guest, nanoseconds: it stands still while the
 *              machine is stopped. Operations take this time
 * @wall_ns: time of the world, nanoseconds since 1970: timestamps follow it
 */
typedef struct CxlTime {
    uint64_t virtual_ns;
    uint64_t wall_ns;
} CxlTime;

#endif /* CXL_CORE_TIME_H */
