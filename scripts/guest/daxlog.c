/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes numbered records into a DAX device until it is ended, however that
 * happens, and tells in another guest whether all that were said to be written
 * are there.
 *
 * A record is written before the count of records that says so. So all that
 * were counted are whole, whenever the writer dies, if what it stored reaches
 * the memory in the order in which it was stored.
 */

#include "place.h"

#define SLOTS 65536ull
#define WORDS 8

struct log {
    uint64_t magic;
    /* Records written; record n is in slot n % SLOTS */
    uint64_t count;
    uint64_t pad[6];
    uint64_t record[SLOTS][WORDS];
};

#define MAGIC 0x64617820206c6f67ull

static __attribute__((noreturn)) void usage(void)
{
    die("usage: daxlog [-d DEVICE] [-o OFFSET] write|check\n"
        "  write  writes records until it is ended, and shows how many\n"
        "  check  verifies those of another guest, and shows how many\n"
        "4 MiB and 64 bytes from OFFSET on, a multiple of 64, are used.");
}

static __attribute__((noreturn)) void write_records(struct log *log)
{
    uint64_t number = log->magic == MAGIC ? log->count : 0;
    double told = 0;

    __atomic_store_n(&log->count, number, __ATOMIC_RELEASE);
    __atomic_store_n(&log->magic, MAGIC, __ATOMIC_RELEASE);
    while (true) {
        uint64_t *record = log->record[number % SLOTS];
        unsigned i;

        for (i = 0; i < WORDS; i++) {
            record[i] = place_mix(number * WORDS + i);
        }
        __atomic_store_n(&log->count, ++number, __ATOMIC_RELEASE);
        if (number % 1024 == 0 && place_seconds() > told + 0.2) {
            told = place_seconds();
            printf("%llu\n", (unsigned long long)number);
            fflush(stdout);
        }
    }
}

/* One slot may be half of a record that is not counted yet */
static int check_records(const struct log *log)
{
    uint64_t count = __atomic_load_n(&log->count, __ATOMIC_ACQUIRE);
    uint64_t kept = count < SLOTS ? count : SLOTS - 1;
    uint64_t number;
    unsigned i;

    if (log->magic != MAGIC) {
        die("There are no records.");
    }
    for (number = count - kept; number < count; number++) {
        for (i = 0; i < WORDS; i++) {
            if (log->record[number % SLOTS][i] !=
                place_mix(number * WORDS + i)) {
                die("Record %llu of %llu is not as it was written.",
                    (unsigned long long)number, (unsigned long long)count);
            }
        }
    }
    printf("%llu records; the last %llu were read, and are whole\n",
           (unsigned long long)count, (unsigned long long)kept);
    return 0;
}

int main(int argc, char **argv)
{
    const char *path;
    unsigned long long offset;
    unsigned char *base;
    size_t size;
    int word;

    word = dax_options(argc, argv, &path, &offset, 1);
    if (word < 0) {
        usage();
    }
    base = dax_map(path, &size);
    if (offset % 64 || offset > size || size - offset < sizeof(struct log)) {
        usage();
    }
    if (!strcmp(argv[word], "write")) {
        write_records((struct log *)(base + offset));
    }
    if (strcmp(argv[word], "check")) {
        usage();
    }
    return check_records((const struct log *)(base + offset));
}
