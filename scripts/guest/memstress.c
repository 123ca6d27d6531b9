/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests memory of a NUMA node or of a DAX device: that it holds what is
 * written into it, whole and in part, that atomics and code work in it, and
 * that a disk can transfer to and from it.  Prints a line for each test and
 * ends with status 1 at the first that fails.
 */

#include "place.h"

#include <pthread.h>

#define THREADS_MAX 64

static struct place place;
static unsigned threads = 4;

/* Runs @function in all threads at once; its argument is the thread number */
static void in_threads(void *(*function)(void *))
{
    pthread_t thread[THREADS_MAX];
    uintptr_t i;

    for (i = 0; i < threads; i++) {
        if (pthread_create(&thread[i], NULL, function, (void *)i)) {
            die("No thread can be started.");
        }
    }
    for (i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
    }
}

/* The part of the place that is thread @i's own, in words of 8 bytes */
static uint64_t *slice(uintptr_t i, size_t *words)
{
    *words = place.size / threads / 8;
    return (uint64_t *)place.base + i * *words;
}

static void expect(const char *what, const void *at, uint64_t got,
                   uint64_t wanted)
{
    if (got != wanted) {
        die("FAIL %s: at offset 0x%zx there is 0x%llx and not 0x%llx.", what,
            (size_t)((const unsigned char *)at - place.base),
            (unsigned long long)got, (unsigned long long)wanted);
    }
}

/* Every word holds a value of its own, then the inverse of that. */
static uint64_t pattern_inverse;

static void *pattern_write(void *thread)
{
    size_t words, i;
    uint64_t *at = slice((uintptr_t)thread, &words);

    for (i = 0; i < words; i++) {
        at[i] = place_mix((uintptr_t)&at[i]) ^ pattern_inverse;
    }
    forget_memory();
    return NULL;
}

static void *pattern_check(void *thread)
{
    size_t words, i;
    uint64_t *at = slice((uintptr_t)thread, &words);

    for (i = 0; i < words; i++) {
        expect("patterns", &at[i], at[i],
               place_mix((uintptr_t)&at[i]) ^ pattern_inverse);
    }
    return NULL;
}

static void test_patterns(void)
{
    unsigned round;

    for (round = 0; round < 2; round++) {
        pattern_inverse = round ? ~0ULL : 0;
        in_threads(pattern_write);
        in_threads(pattern_check);
    }
}

/* Accesses of every width at every alignment, also across pages */
static void test_widths(void)
{
    const size_t page = 4096;
    size_t at, offset;
    unsigned width;

    for (at = page; at < place.size; at += place.size / 16) {
        for (offset = at - 16; offset < at + 16; offset++) {
            for (width = 1; width <= 8; width *= 2) {
                uint64_t wanted = place_mix(offset * 8 + width), got = 0;
                unsigned char *to = place.base + offset, guard[2];

                guard[0] = to[-1];
                guard[1] = to[width];
                memcpy(to, &wanted, width);
                /* What comes back is to come from the memory. */
                forget_memory();
                memcpy(&got, to, width);
                expect("widths", to, got, wanted & ~0ULL >> (64 - 8 * width));
                expect("widths", to - 1, to[-1], guard[0]);
                expect("widths", to + width, to[width], guard[1]);
            }
        }
    }
}

/* One half copied to the other, by the C library's fastest means */
static void test_copy(void)
{
    size_t half = place.size / 2, i;
    uint64_t *from = (uint64_t *)place.base;
    uint64_t *to = (uint64_t *)(place.base + half);

    for (i = 0; i < half / 8; i++) {
        from[i] = place_mix(~i);
    }
    memset(to, 0x5a, half);
    memcpy(to, from, half);
    for (i = 0; i < half / 8; i++) {
        expect("copy", &to[i], to[i], place_mix(~i));
    }
}

/* All threads count in the same words, by addition and by exchange. */
#define ATOMIC_ROUNDS 100000

static void *atomic_count(void *unused)
{
    uint64_t *counter = (uint64_t *)place.base;
    uint32_t *small = (uint32_t *)(place.base + place.size) - 1;
    unsigned i;

    for (i = 0; i < ATOMIC_ROUNDS; i++) {
        uint64_t seen = __atomic_load_n(&counter[1], __ATOMIC_RELAXED);
        bool added;

        __atomic_fetch_add(&counter[0], 1, __ATOMIC_SEQ_CST);
        __atomic_fetch_xor(small, 1u << i % 32, __ATOMIC_SEQ_CST);
        do {
            added = __atomic_compare_exchange_n(&counter[1], &seen, seen + 1,
                                                false, __ATOMIC_SEQ_CST,
                                                __ATOMIC_RELAXED);
        } while (!added);
    }
    return unused;
}

static void test_atomics(void)
{
    uint64_t *counter = (uint64_t *)place.base;
    uint32_t *small = (uint32_t *)(place.base + place.size) - 1;
    uint32_t wanted = 0;
    unsigned i;

    counter[0] = counter[1] = 0;
    *small = 0;
    in_threads(atomic_count);
    expect("atomics", &counter[0], counter[0],
           (uint64_t)threads * ATOMIC_ROUNDS);
    expect("atomics", &counter[1], counter[1],
           (uint64_t)threads * ATOMIC_ROUNDS);
    for (i = 0; i < threads * ATOMIC_ROUNDS; i++) {
        wanted ^= 1u << i % ATOMIC_ROUNDS % 32;
    }
    expect("atomics", small, *small, wanted);
}

/* Code in many pages, called, changed and called again */
static void test_code(void)
{
    size_t step = place.size / 256;
    unsigned round;
    size_t i;

    for (round = 0; round < 4; round++) {
        for (i = 0; i < 256; i++) {
            place_put_function(place.base + i * step,
                               (i + round) % PLACE_FUNCTION_CONSTANTS);
        }
        for (i = 0; i < 256; i++) {
            unsigned char *at = place.base + i * step;
            place_function function = (place_function)(uintptr_t)at;

            expect("code", at, function(1000),
                   1000 + (i + round) % PLACE_FUNCTION_CONSTANTS);
        }
    }
}

static void transfer(int fd, bool write_it, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = write_it
            ? pwrite(fd, (char *)buffer + done, size - done, done)
            : pread(fd, (char *)buffer + done, size - done, done);

        if (n <= 0) {
            die("FAIL dma: %s of %zu bytes at %zu: %s.",
                write_it ? "writing" : "reading", size - done, done,
                n ? strerror(errno) : "the disk is smaller");
        }
        done += n;
    }
}

/*
 * The disk's transfers bypass the page cache: the device itself reads and
 * writes the place, which is compared with ordinary memory.
 */
static void test_dma(const char *disk)
{
    size_t size = place.size < 16 << 20 ? place.size : 16 << 20, i;
    uint64_t *ram, *at = (uint64_t *)place.base;
    int fd = open(disk, O_RDWR | O_DIRECT | O_SYNC);

    if (fd < 0 || posix_memalign((void **)&ram, 4096, size)) {
        die("%s cannot be used: %s.", disk, strerror(errno));
    }
    for (i = 0; i < size / 8; i++) {
        at[i] = place_mix(i ^ 0x1111);
    }
    transfer(fd, true, at, size);
    memset(ram, 0, size);
    transfer(fd, false, ram, size);
    for (i = 0; i < size / 8; i++) {
        expect("dma from", &at[i], ram[i], place_mix(i ^ 0x1111));
        ram[i] = place_mix(i ^ 0x2222);
    }
    transfer(fd, true, ram, size);
    transfer(fd, false, at, size);
    for (i = 0; i < size / 8; i++) {
        expect("dma to", &at[i], at[i], place_mix(i ^ 0x2222));
    }
    free(ram);
    close(fd);
}

static __attribute__((noreturn)) void usage(void)
{
    die("usage: memstress [-s SIZE] [-t THREADS] [-D DISK] PLACE\n"
        "PLACE is node:N or a DAX device. The content of DISK is lost.");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {
        { "patterns", test_patterns },
        { "widths", test_widths },
        { "copy", test_copy },
        { "atomics", test_atomics },
        { "code", test_code },
    };
    unsigned long long size = 64 << 20;
    const char *disk = NULL;
    size_t i;
    int option;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((option = getopt(argc, argv, "s:t:D:")) != -1) {
        switch (option) {
        case 's':
            size = parse_size(optarg);
            break;
        case 't':
            threads = parse_size(optarg);
            break;
        case 'D':
            disk = optarg;
            break;
        default:
            usage();
        }
    }
    if (optind != argc - 1 || !threads || threads > THREADS_MAX) {
        usage();
    }

    place = place_open(argv[optind], size);
    printf("%s: %zu MiB, %u threads\n", place.name, place.size >> 20, threads);
    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        tests[i].run();
        printf("ok %s\n", tests[i].name);
    }
    if (disk) {
        test_dma(disk);
        puts("ok dma");
    }
    if (place.node >= 0) {
        place_check_node(&place);
    }
    return 0;
}
