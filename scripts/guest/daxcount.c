/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several guests count in the same word of a DAX device at the same time.
 * Each waits until all have come, adds its share, waits until all have done
 * so, and shows the sum: with working atomics, all of all shares.
 */

#include "place.h"

#include <sched.h>

struct count {
    uint64_t arrived;
    uint64_t done;
    uint64_t sum;
};

/* Adds 1 to *@word and waits until all have */
static void meet(uint64_t *word, uint64_t all, double seconds)
{
    double deadline = place_seconds() + seconds;

    __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(word, __ATOMIC_SEQ_CST) < all) {
        if (place_seconds() > deadline) {
            die("The others did not come within %.0f seconds.", seconds);
        }
        sched_yield();
    }
}

static __attribute__((noreturn)) void usage(void)
{
    die("usage: daxcount [-d DEVICE] -o OFFSET GUESTS ADDITIONS\n"
        "24 bytes at OFFSET, a multiple of 8, must be 0 before.");
}

int main(int argc, char **argv)
{
    const char *path;
    unsigned long long offset, guests, additions, i;
    unsigned char *base;
    struct count *count;
    size_t size;
    int word;

    word = dax_options(argc, argv, &path, &offset, 2);
    if (word < 0) {
        usage();
    }
    guests = parse_size(argv[word]);
    additions = parse_size(argv[word + 1]);
    base = dax_map(path, &size);
    if (offset % 8 || offset > size || size - offset < sizeof(*count)) {
        usage();
    }

    count = (struct count *)(base + offset);
    meet(&count->arrived, guests, 60);
    for (i = 0; i < additions; i++) {
        __atomic_fetch_add(&count->sum, 1, __ATOMIC_SEQ_CST);
    }
    meet(&count->done, guests, 60);
    printf("%llu\n", (unsigned long long)
           __atomic_load_n(&count->sum, __ATOMIC_SEQ_CST));
    return 0;
}
