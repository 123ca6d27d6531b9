/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two hosts with caches, and a queue between them as file systems for shared
 * memory have it: one producer, one consumer, entries that share lines. Steps
 * of both are mixed by chance, and lines are evicted by chance
 *
 * With all flushes, no entry is ever wrong, whatever is evicted; with one of
 * them left out, that is seen, as long as nothing is evicted.
 */
#include "hw/cxl/core/cache.h"

#include "unit.h"

#define LINE        CXL_CACHE_LINE
#define LINES       10
#define BYTES       (LINES * LINE)
#define PUT         0
#define TAKEN       LINE
#define RING        (2 * LINE)
#define RING_SIZE   (BYTES - RING)
/* An entry is of 3 words, so that it lies in one line or in two */
#define WORDS       3
#define ENTRY       (WORDS * 8)
#define CAPACITY    1000
#ifndef ENTRIES
#define ENTRIES     20000
#endif
#define BROKEN      1000
#define STALLED     100000

typedef enum Step {
    FLUSH_ENTRY, FLUSH_PUT, FORGET_TAKEN, FORGET_PUT, FORGET_ENTRY, FLUSH_TAKEN,
    STEPS, NOTHING = STEPS
} Step;

static _Alignas(64) uint8_t home[BYTES];

/* A host, and what it does next: @at bytes are done, and @word of the entry */
typedef struct Host {
    CxlCache cache;
    CxlCacheAgent agent;
    uint64_t slot[CAPACITY];
    _Alignas(64) uint8_t copy[BYTES];
    _Alignas(64) uint8_t base[BYTES];
    uint32_t line[LINES];
    unsigned state;
    unsigned word;
    uint64_t at;
} Host;

static Host producer, consumer;
static Step left_out;
static uint64_t wrong;

static void init_host(Host *host, uint32_t capacity, uint64_t seed)
{
    memset(host, 0, sizeof(*host));
    cxl_cache_init(&host->cache, host->slot, capacity, seed);
    cxl_cache_add(&host->cache, 0, &(CxlCacheMemory) {
        .home = home, .copy = host->copy, .base = host->base,
        .line = host->line, .lines = LINES,
    });
}

static uint64_t *word_at(Host *host, uint64_t offset, bool store)
{
    uint8_t *bytes = cxl_cache_try(&host->cache, &host->agent, 0, offset, 8,
                                   store);

    if (!bytes) {
        bytes = cxl_cache_access(&host->cache, &host->agent, 0, offset, 8,
                                 store);
    }
    return (uint64_t *)(void *)bytes;
}

static uint64_t load(Host *host, uint64_t offset)
{
    return *word_at(host, offset, false);
}

static void store(Host *host, uint64_t offset, uint64_t value)
{
    *word_at(host, offset, true) = value;
}

static void flush(Host *host, uint64_t offset, CxlCacheOp op, Step step)
{
    if (left_out != step) {
        cxl_cache_op(&host->cache, 0, offset, op);
    }
}

static uint64_t place(const Host *host)
{
    return RING + (host->at + 8 * host->word) % RING_SIZE;
}

static uint64_t value_of(const Host *host)
{
    return (host->at + 8 * host->word + 1) * 0x9e3779b97f4a7c15ull;
}

/* The next word of the entry; false behind the last */
static bool next_word(Host *host)
{
    host->word = (host->word + 1) % WORDS;
    return host->word;
}

/* One instruction or two; more of these do the rest */
static void produce(void)
{
    Host *h = &producer;

    switch (h->state) {
    case 0:
        flush(h, TAKEN, CXL_CACHE_CLEAN_INVALIDATE, FORGET_TAKEN);
        h->state += h->at + ENTRY - load(h, TAKEN) <= RING_SIZE;
        break;
    case 1:
        store(h, place(h), value_of(h));
        h->state += !next_word(h);
        break;
    case 2:
        flush(h, place(h), CXL_CACHE_CLEAN, FLUSH_ENTRY);
        h->state += !next_word(h);
        break;
    case 3:
        h->at += ENTRY;
        store(h, PUT, h->at);
        h->state++;
        break;
    default:
        flush(h, PUT, CXL_CACHE_CLEAN, FLUSH_PUT);
        h->state = 0;
    }
}

static void consume(void)
{
    Host *h = &consumer;

    switch (h->state) {
    case 0:
        flush(h, PUT, CXL_CACHE_CLEAN_INVALIDATE, FORGET_PUT);
        h->state += load(h, PUT) > h->at;
        break;
    case 1:
        flush(h, place(h), CXL_CACHE_CLEAN_INVALIDATE, FORGET_ENTRY);
        h->state += !next_word(h);
        break;
    case 2:
        wrong += load(h, place(h)) != value_of(h);
        h->state += !next_word(h);
        break;
    case 3:
        h->at += ENTRY;
        store(h, TAKEN, h->at);
        h->state++;
        break;
    default:
        flush(h, TAKEN, CXL_CACHE_CLEAN, FLUSH_TAKEN);
        h->state = 0;
    }
}

/*
 * @evict: of so many steps, one evicts a line; 0: none does. Ends when as many
 * entries have arrived, or when none does any more.
 */
static void run(uint32_t capacity, unsigned evict, uint64_t entries)
{
    uint64_t idle = 0, before = 0;

    memset(home, 0, sizeof(home));
    init_host(&producer, capacity, 1);
    init_host(&consumer, capacity, 2);
    wrong = 0;
    while (consumer.at < entries * ENTRY && idle++ < STALLED) {
        Host *host = unit_below(2) ? &producer : &consumer;

        if (evict && !unit_below(evict)) {
            cxl_cache_settle(&host->cache, &host->agent);
            cxl_cache_evict(&host->cache, 1);
        }
        if (host == &producer) {
            produce();
        } else {
            consume();
        }
        idle = consumer.at == before ? idle : 0;
        before = consumer.at;
    }
}

static void test_right(void)
{
    static const uint32_t capacities[] = { 1, 2, 5, CAPACITY };
    static const unsigned evictions[] = { 0, 2, 10, 1000 };

    left_out = NOTHING;
    for (unsigned c = 0; c < 4; c++) {
        for (unsigned e = 0; e < 4; e++) {
            run(capacities[c], evictions[e], ENTRIES);
            check_eq(consumer.at, (uint64_t)ENTRIES * ENTRY);
            check_eq(wrong, 0);
        }
    }
}

static void test_left_out(void)
{
    for (left_out = 0; left_out < STEPS; left_out++) {
        run(CAPACITY, 0, BROKEN);
        check(wrong || consumer.at < BROKEN * ENTRY);
    }
}

int main(void)
{
    unit_run("all flushes", test_right);
    unit_run("each left out", test_left_out);
    return unit_done();
}
