/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages from one host to another through a ring in memory that both share,
 * where hardware does not keep their caches coherent.
 *
 * Who has written makes lines leave its cache, so that others find them in
 * memory: first the message, then the counter that announces it. Who is about
 * to read makes them leave its cache, too, so that it does not find what they
 * were before. A counter has a line of its own, and one writer: what two hosts
 * write must never lie in one line. With --no-flush the producer leaves out
 * the first of these flushes, and with --no-invalidate the consumer the one of
 * the message: then messages come to be wrong.
 */

#include "dax.h"

#include <getopt.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define LINE    64
#define SLOTS   16
#define WORDS   16
#define STOPPED UINT64_MAX
/* Nobody is that slow */
#define PATIENCE_SECONDS 30

struct counter {
    _Alignas(LINE) uint64_t value;
};

struct ring {
    struct counter produced;    /* the producer alone writes it */
    struct counter consumed;    /* the consumer alone writes it */
    struct {
        _Alignas(LINE) uint64_t word[WORDS];
    } slot[SLOTS];
};

static bool flushing = true, invalidating = true;

/* Lines leave this host's cache: memory has what was written, all of it */
static void flush(const void *at, size_t size)
{
    const char *end = (const char *)at + size;

    for (const char *line = at; line < end; line += LINE) {
#ifdef __x86_64__
        __asm__ volatile("clflush (%0)" : : "r" (line) : "memory");
#else
        __asm__ volatile("dc civac, %0" : : "r" (line) : "memory");
#endif
    }
#ifdef __x86_64__
    __asm__ volatile("mfence" : : : "memory");
#else
    __asm__ volatile("dsb sy" : : : "memory");
#endif
}

static void set(struct counter *counter, uint64_t value)
{
    __atomic_store_n(&counter->value, value, __ATOMIC_RELAXED);
    flush(counter, sizeof(*counter));
}

/* Waits until it has passed @value, and returns it */
static uint64_t wait_beyond(struct counter *counter, uint64_t value)
{
    time_t deadline = time(NULL) + PATIENCE_SECONDS;
    uint64_t now;

    for (;;) {
        flush(counter, sizeof(*counter));
        now = __atomic_load_n(&counter->value, __ATOMIC_RELAXED);
        if (now > value) {
            return now;
        }
        if (time(NULL) > deadline) {
            die("The other side has done nothing for %d seconds.",
                PATIENCE_SECONDS);
        }
        sched_yield();
    }
}

/* What word @w of message @n has to be */
static uint64_t word_of(uint64_t n, unsigned w)
{
    return (n + 1) * 0x9e3779b97f4a7c15 + w;
}

static void produce(struct ring *ring, uint64_t messages)
{
    memset(ring, 0, sizeof(*ring));
    flush(ring, sizeof(*ring));
    printf("ready\n");
    fflush(stdout);
    for (uint64_t n = 0; n < messages; n++) {
        uint64_t *word = ring->slot[n % SLOTS].word;

        if (n >= SLOTS &&
            wait_beyond(&ring->consumed, n - SLOTS) == STOPPED) {
            die("The consumer has stopped.");
        }
        for (unsigned w = 0; w < WORDS; w++) {
            word[w] = word_of(n, w);
        }
        if (flushing) {
            flush(word, WORDS * sizeof(*word));
        }
        set(&ring->produced, n + 1);
    }
}

static void consume(struct ring *ring, uint64_t messages)
{
    for (uint64_t n = 0; n < messages; n++) {
        uint64_t *word = ring->slot[n % SLOTS].word;

        wait_beyond(&ring->produced, n);
        if (invalidating) {
            flush(word, WORDS * sizeof(*word));
        }
        for (unsigned w = 0; w < WORDS; w++) {
            uint64_t got = word[w];

            if (got != word_of(n, w)) {
                set(&ring->consumed, STOPPED);
                die("Message %llu is wrong: word %u is %016llx, not %016llx.",
                    (unsigned long long)n, w, (unsigned long long)got,
                    (unsigned long long)word_of(n, w));
            }
        }
        set(&ring->consumed, n + 1);
    }
    printf("%llu messages, each as it was sent\n",
           (unsigned long long)messages);
}

static __attribute__((noreturn)) void usage(void)
{
    die("usage: daxring [-d DEVICE] [-o OFFSET] [--no-flush] produce"
        " MESSAGES\n"
        "       daxring [-d DEVICE] [-o OFFSET] [--no-invalidate] consume"
        " MESSAGES\n"
        "Start the consumer in the other guest when the producer says"
        " \"ready\".");
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "no-flush", no_argument, NULL, 'f' },
        { "no-invalidate", no_argument, NULL, 'i' },
        { NULL, 0, NULL, 0 },
    };
    const char *path = DAX_DEFAULT;
    unsigned long long offset = 0;
    struct ring *ring;
    size_t size;
    int option;

    while ((option = getopt_long(argc, argv, "d:o:", options, NULL)) != -1) {
        if (option == 'd') {
            path = optarg;
        } else if (option == 'o') {
            offset = parse_size(optarg);
        } else if (option == 'f') {
            flushing = false;
        } else if (option == 'i') {
            invalidating = false;
        } else {
            usage();
        }
    }
    if (optind != argc - 2) {
        usage();
    }
    ring = (struct ring *)(dax_map(path, &size) + offset);
    if (offset % LINE || offset > size || size - offset < sizeof(*ring)) {
        die("OFFSET is a multiple of %d with room for %zu bytes behind it.",
            LINE, sizeof(*ring));
    }
    if (!strcmp(argv[optind], "produce")) {
        produce(ring, parse_size(argv[optind + 1]));
    } else if (!strcmp(argv[optind], "consume")) {
        consume(ring, parse_size(argv[optind + 1]));
    } else {
        usage();
    }
    return 0;
}
