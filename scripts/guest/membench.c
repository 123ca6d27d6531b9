/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures memory of NUMA nodes and DAX devices side by side.  The places
 * take turns, so that what else the machine does meets all of them alike, and
 * of several rounds the best counts.
 */

#include "place.h"

#define PLACES_MAX 8
#define CODE_CALLS 4096

/* What measurements computed, so that it is computed */
uint64_t sink;

/* How much each measurement does, set by main */
static unsigned long long amount;

/* Each returns units of work done in the time it took. */

static double run_read(struct place *place)
{
    size_t words = place->size / 8, done, i;
    const uint64_t *at = (const uint64_t *)place->base;
    uint64_t a = 0, b = 0, c = 0, d = 0;

    for (done = 0; done < amount; done += place->size) {
        for (i = 0; i < words; i += 4) {
            a += at[i];
            b += at[i + 1];
            c += at[i + 2];
            d += at[i + 3];
        }
        forget_memory();
    }
    sink = a + b + c + d;
    return done / 1e6;
}

static double run_write(struct place *place)
{
    size_t words = place->size / 8, done, i;
    uint64_t *at = (uint64_t *)place->base;

    for (done = 0; done < amount; done += place->size) {
        for (i = 0; i < words; i += 4) {
            at[i] = done;
            at[i + 1] = done;
            at[i + 2] = done;
            at[i + 3] = done;
        }
        forget_memory();
    }
    return done / 1e6;
}

/*
 * One load after the other, each from where the one before points to: the
 * whole place in one cycle, in an order that no prefetcher follows
 */
static void prepare_random(struct place *place)
{
    size_t lines = place->size / 64, i, other;
    uint64_t *at = (uint64_t *)place->base;

    for (i = 0; i < lines; i++) {
        at[i * 8] = i;
    }
    for (i = lines - 1; i > 0; i--) {
        uint64_t kept = at[i * 8];

        other = place_mix(i) % i;
        at[i * 8] = at[other * 8];
        at[other * 8] = kept;
    }
}

static double run_random(struct place *place)
{
    const uint64_t *at = (const uint64_t *)place->base;
    uint64_t i, line = 0, loads = amount / 64;

    for (i = 0; i < loads; i++) {
        line = at[line * 8];
    }
    sink = line;
    return loads;
}

static double run_atomic(struct place *place)
{
    uint64_t i, additions = amount / 64, lines = place->size / 64;
    uint64_t *at = (uint64_t *)place->base;

    for (i = 0; i < additions; i++) {
        __atomic_fetch_add(&at[i % lines * 8], 1, __ATOMIC_SEQ_CST);
    }
    return additions;
}

/* A store to each line in turn, each of which then leaves the caches */
static double run_flush(struct place *place)
{
    uint64_t i, flushes = amount / 64, lines = place->size / 64;
    uint64_t *at = (uint64_t *)place->base;

    for (i = 0; i < flushes; i++) {
        uint64_t *line = &at[i % lines * 8];

        *line = i;
#ifdef __x86_64__
        __asm__ volatile("clflush (%0)" : : "r" (line) : "memory");
#else
        __asm__ volatile("dc civac, %0" : : "r" (line) : "memory");
#endif
    }
    return flushes;
}

/* Calls of short functions that lie all over the place */
static void prepare_code(struct place *place)
{
    size_t step = place->size / CODE_CALLS / 64 * 64 + 64, i;

    for (i = 0; i < CODE_CALLS; i++) {
        place_put_function(place->base + i * step % place->size, i % 8);
    }
}

static double run_code(struct place *place)
{
    size_t step = place->size / CODE_CALLS / 64 * 64 + 64;
    uint64_t i, calls = amount / 64;
    unsigned value = 0;

    for (i = 0; i < calls; i++) {
        size_t at = i % CODE_CALLS * step % place->size;

        value = ((place_function)(uintptr_t)(place->base + at))(value);
    }
    sink = value;
    return calls;
}

/* New code each time, so that what translates code has to look at it */
static double run_newcode(struct place *place)
{
    uint64_t i, calls = amount / 65536;
    size_t pages = place->size / 4096;
    unsigned value = 0;

    for (i = 0; i < calls; i++) {
        unsigned char *at = place->base + i % pages * 4096;

        value = place_put_function(at, i % 8)(value);
    }
    sink = value;
    return calls;
}

/**
 * struct measurement - something to measure
 * @name: what is done
 * @unit: of the figure; a time when @per_unit, else a rate
 */
static const struct measurement {
    const char *name;
    const char *unit;
    bool per_unit;
    void (*prepare)(struct place *place);
    double (*run)(struct place *place);
} measurements[] = {
    { "read", "MB/s", false, NULL, run_read },
    { "write", "MB/s", false, NULL, run_write },
    { "random", "ns", true, prepare_random, run_random },
    { "atomic", "ns", true, NULL, run_atomic },
    { "code", "ns", true, prepare_code, run_code },
    { "newcode", "ns", true, NULL, run_newcode },
    { "flush", "ns", true, NULL, run_flush },
};

static double measure(const struct measurement *m, struct place *place)
{
    double seconds = place_seconds(), done;

    done = m->run(place);
    seconds = place_seconds() - seconds;
    return m->per_unit ? seconds * 1e9 / done : done / seconds;
}

static __attribute__((noreturn)) void usage(void)
{
    die("usage: membench [-s SIZE] [-n ROUNDS] [-w WORK] [-m NAME] PLACE...\n"
        "NAME is a measurement; default: all. PLACE is node:N or a DAX device, whose content is lost. Each round\n"
        "reads and writes WORK bytes. In the table, what follows a figure is\n"
        "its ratio to that of the first place: above 1 is faster for MB/s,\n"
        "slower for ns.");
}

static void check_name(const char *name)
{
    size_t m;

    for (m = 0; m < sizeof(measurements) / sizeof(measurements[0]); m++) {
        if (!strcmp(measurements[m].name, name)) {
            return;
        }
    }
    die("There is no measurement \"%s\".", name);
}

int main(int argc, char **argv)
{
    unsigned long long size = 64 << 20, rounds = 5;
    const char *only = NULL;
    struct place places[PLACES_MAX];
    double best[PLACES_MAX];
    int option, count, i;
    size_t m;

    amount = 256 << 20;
    while ((option = getopt(argc, argv, "s:n:w:m:")) != -1) {
        switch (option) {
        case 's':
            size = parse_size(optarg);
            break;
        case 'n':
            rounds = parse_size(optarg);
            break;
        case 'w':
            amount = parse_size(optarg);
            break;
        case 'm':
            check_name(optarg);
            only = optarg;
            break;
        default:
            usage();
        }
    }
    count = argc - optind;
    if (count < 1 || count > PLACES_MAX || !rounds || amount < 65536) {
        usage();
    }
    setvbuf(stdout, NULL, _IOLBF, 0);

    printf("%-8s %-5s", "", "");
    for (i = 0; i < count; i++) {
        places[i] = place_open(argv[optind + i], size);
        printf(" %20s", places[i].name);
    }
    putchar('\n');

    for (m = 0; m < sizeof(measurements) / sizeof(measurements[0]); m++) {
        const struct measurement *what = &measurements[m];
        unsigned long long round;

        if (only && strcmp(what->name, only)) {
            continue;
        }
        for (i = 0; i < count; i++) {
            if (what->prepare) {
                what->prepare(&places[i]);
            }
        }
        for (round = 0; round < rounds; round++) {
            for (i = 0; i < count; i++) {
                double figure = measure(what, &places[i]);

                if (!round || (what->per_unit ? figure < best[i]
                                              : figure > best[i])) {
                    best[i] = figure;
                }
            }
        }
        printf("%-8s %-5s", what->name, what->unit);
        for (i = 0; i < count; i++) {
            printf(" %12.1f (%5.2f)", best[i], best[i] / best[0]);
        }
        putchar('\n');
    }
    return 0;
}
