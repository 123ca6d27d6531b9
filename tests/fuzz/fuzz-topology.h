/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology that the input of a fuzz target chooses
 */
#ifndef TESTS_FUZZ_FUZZ_TOPOLOGY_H
#define TESTS_FUZZ_FUZZ_TOPOLOGY_H

#include "fuzz.h"

#include "../unit/random-route.h"

static Input fuzz_choices;

/* No choice has more than a thousand outcomes. */
static inline uint64_t fuzz_choice(void)
{
    return fuzz_take(&fuzz_choices, 2);
}

/*
 * The input makes the choices of random-route.h. What is chosen after that,
 * such as addresses to look at, depends on the input as a whole, so that a
 * finding repeats itself.
 */
static inline void fuzz_topology(const uint8_t *data, size_t size)
{
    uint64_t sum = 0xcbf29ce484222325ull;

    for (size_t i = 0; i < size; i++) {
        sum = (sum ^ data[i]) * 0x100000001b3ull;
    }
    unit_random_state = sum | 1;
    fuzz_choices = (Input) { data, size };
    unit_random_source = fuzz_choice;
    if (unit_below(3)) {
        build_any();
    } else {
        build_nearly_legal();
    }
    unit_random_source = NULL;
}

#endif /* TESTS_FUZZ_FUZZ_TOPOLOGY_H */
