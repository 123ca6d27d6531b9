/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place is memory to test or measure: some pages of one NUMA node, or a
 * DAX device.
 */

#ifndef GUEST_PLACE_H
#define GUEST_PLACE_H

#include "dax.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#define PLACE_MPOL_BIND 2
#define PLACE_NODES 1024
#define PLACE_HUGE ((size_t)2 << 20)

/**
 * struct place - memory that can be read, written and executed
 * @name: as the user wrote it, "node:N" or a path
 * @base: first byte, aligned to a page
 * @size: in bytes, a multiple of 2 MiB
 * @node: NUMA node, -1 for a DAX device
 */
struct place {
    const char *name;
    unsigned char *base;
    size_t size;
    int node;
};

/* Where the first page of each 2 MiB of @place really is */
static inline void place_check_node(const struct place *place)
{
    size_t at;

    for (at = 0; at < place->size; at += PLACE_HUGE) {
        void *page = place->base + at;
        int node = -1;

        if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &node, 0) ||
            node != place->node) {
            die("%s: the page at %zu is on node %d.", place->name, at, node);
        }
    }
}

static inline void place_bind(const struct place *place)
{
    unsigned long mask[PLACE_NODES / (8 * sizeof(unsigned long))] = { 0 };
    unsigned bits = 8 * sizeof(mask[0]);

    mask[place->node / bits] = 1UL << place->node % bits;
    if (syscall(SYS_mbind, place->base, place->size, PLACE_MPOL_BIND, mask,
                (unsigned long)PLACE_NODES, 0)) {
        die("%s: no such node, or it has no memory: %s.", place->name,
            strerror(errno));
    }
}

/**
 * place_open: gets the memory that a name stands for
 * @name: "node:N", or the path of a DAX device or file
 * @size: bytes wanted; a DAX device may give less
 *
 * Ends the program with a sentence when that fails.
 */
static inline struct place place_open(const char *name, size_t size)
{
    struct place place = { .name = name, .node = -1 };

    size -= size % PLACE_HUGE;
    if (!strncmp(name, "node:", 5)) {
        unsigned long long node = parse_size(name + 5);

        if (node >= PLACE_NODES) {
            die("There are no %llu NUMA nodes.", node);
        }
        place.node = node;
        place.size = size;
        place.base = mmap(NULL, size + PLACE_HUGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (!size || place.base == MAP_FAILED) {
            die("%s: %zu bytes cannot be had.", name, size);
        }
        place.base += -(uintptr_t)place.base % PLACE_HUGE;
        /* As a DAX device is mapped, to compare like with like */
        madvise(place.base, size, MADV_HUGEPAGE);
        place_bind(&place);
        memset(place.base, 0, size);
        place_check_node(&place);
    } else {
        place.base = dax_map(name, &place.size);
        place.size -= place.size % PLACE_HUGE;
        if (place.size > size) {
            place.size = size;
        }
        if (!place.size) {
            die("%s is smaller than 2 MiB.", name);
        }
    }
    if (mprotect(place.base, place.size, PROT_READ | PROT_WRITE | PROT_EXEC)) {
        die("%s cannot be made executable: %s.", name, strerror(errno));
    }
    return place;
}

/* A function that lies in a place: returns its argument plus a constant */
typedef unsigned (*place_function)(unsigned);

#define PLACE_FUNCTION_SIZE 8
#define PLACE_FUNCTION_CONSTANTS 128

/**
 * place_put_function: writes such a function
 * @at: where, aligned to PLACE_FUNCTION_SIZE, which is what it takes
 * @constant: below PLACE_FUNCTION_CONSTANTS
 */
static inline place_function place_put_function(unsigned char *at,
                                                unsigned constant)
{
#if defined(__x86_64__)
    /* lea eax, [rdi + constant]; ret */
    const unsigned char code[PLACE_FUNCTION_SIZE] = {
        0x8d, 0x47, constant, 0xc3
    };
#elif defined(__aarch64__)
    /* add w0, w0, #constant; ret */
    const uint32_t code[PLACE_FUNCTION_SIZE / 4] = {
        0x11000000 | constant << 10, 0xd65f03c0
    };
#else
#error "no machine code for this architecture"
#endif
    memcpy(at, code, sizeof(code));
    __builtin___clear_cache((char *)at, (char *)at + PLACE_FUNCTION_SIZE);
    return (place_function)(uintptr_t)at;
}

/* A 64-bit value that depends on every bit of @x (splitmix64) */
static inline uint64_t place_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static inline double place_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

#endif
