/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache through which one host sees memory that it shares with others
 *
 * The word of a line has its flags and, of one that is present, its slot. Words
 * change with the lock only. Who has no lock reads the word and then uses the
 * copy; who takes a line away changes the word and then reads the copy. So a
 * store that the latter does not see is seen by the agent that made it, when it
 * looks at the word once more.
 */
#include "hw/cxl/core/cache.h"

#include <stddef.h>
#include <string.h>

#define PRESENT     1u
#define DIRTY       2u
/* The base has a meaning: the line was present at some time */
#define KNOWN       4u
#define SLOT_SHIFT  3

#define WORDS       (CXL_CACHE_LINE / sizeof(uint64_t))

/* The name of a line among those of all memory; 0 is no line */
#define KEY_SHIFT   48
#define KEY_LINE    ((1ull << KEY_SHIFT) - 1)

static uint64_t make_key(unsigned memory, uint64_t line)
{
    return ((uint64_t)memory + 1) << KEY_SHIFT | line;
}

static unsigned key_memory(uint64_t key)
{
    return (unsigned)(key >> KEY_SHIFT) - 1;
}

static uint32_t get_word(const CxlCacheMemory *m, uint64_t line)
{
    return __atomic_load_n(&m->line[line], __ATOMIC_ACQUIRE);
}

static void set_word(CxlCacheMemory *m, uint64_t line, uint32_t word)
{
    __atomic_store_n(&m->line[line], word, __ATOMIC_RELEASE);
}

static uint64_t *words_of(uint8_t *bytes, uint64_t line)
{
    return (uint64_t *)(void *)(bytes + line * CXL_CACHE_LINE);
}

static uint64_t get(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void put(uint64_t *word, uint64_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* All ones in each byte in which @a and @b differ */
static uint64_t differing_bytes(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ b;

    x |= (x >> 4) & 0x0f0f0f0f0f0f0f0full;
    x |= (x >> 2) & 0x0303030303030303ull;
    x |= (x >> 1) & 0x0101010101010101ull;
    return (x & 0x0101010101010101ull) * 0xff;
}

/* Was anything stored that the base does not have? */
static bool differs(const CxlCacheMemory *m, uint64_t line)
{
    const uint64_t *copy = words_of(m->copy, line);
    const uint64_t *base = words_of(m->base, line);
    uint64_t x = 0;

    for (size_t i = 0; i < WORDS; i++) {
        x |= get(&copy[i]) ^ base[i];
    }
    return x;
}

/*
 * Make the copy what memory has, but for bytes that were stored late. Returns
 * whether there are any.
 */
static bool fetch_bytes(CxlCacheMemory *m, uint64_t line, bool known)
{
    const uint64_t *home = words_of(m->home, line);
    uint64_t *copy = words_of(m->copy, line);
    uint64_t *base = words_of(m->base, line);
    uint64_t late = 0;

    for (size_t i = 0; i < WORDS; i++) {
        uint64_t now = get(&home[i]), old = get(&copy[i]), kept;

        do {
            kept = known ? differing_bytes(old, base[i]) : 0;
        } while (!__atomic_compare_exchange_n(&copy[i], &old,
                                              (now & ~kept) | (old & kept),
                                              false, __ATOMIC_SEQ_CST,
                                              __ATOMIC_SEQ_CST));
        late |= kept;
        base[i] = now;
    }
    return late;
}

static void write_back(CxlCache *cache, CxlCacheMemory *m, uint64_t line)
{
    const uint64_t *copy = words_of(m->copy, line);
    uint64_t *home = words_of(m->home, line);
    uint64_t *base = words_of(m->base, line);
    uint64_t changed = 0;

    for (size_t i = 0; i < WORDS; i++) {
        uint64_t value = get(&copy[i]);

        changed |= get(&home[i]) ^ base[i];
        put(&home[i], value);
        base[i] = value;
    }
    cache->counters.written_back++;
    cache->counters.lost_updates += changed != 0;
}

/* Only bytes that were stored: others of the line may have changed meanwhile */
static void write_stores(CxlCache *cache, CxlCacheMemory *m, uint64_t line)
{
    const uint64_t *copy = words_of(m->copy, line);
    uint64_t *home = words_of(m->home, line);
    uint64_t *base = words_of(m->base, line);

    for (size_t i = 0; i < WORDS; i++) {
        uint64_t value = get(&copy[i]), old = get(&home[i]);
        uint64_t stored = differing_bytes(value, base[i]);
        bool done = !stored;

        while (!done) {
            done = __atomic_compare_exchange_n(&home[i], &old,
                                               (old & ~stored) |
                                               (value & stored), false,
                                               __ATOMIC_SEQ_CST,
                                               __ATOMIC_SEQ_CST);
        }
        base[i] = value;
    }
    cache->counters.written_back++;
}

static void forget_stores(CxlCacheMemory *m, uint64_t line)
{
    const uint64_t *copy = words_of(m->copy, line);
    uint64_t *base = words_of(m->base, line);

    for (size_t i = 0; i < WORDS; i++) {
        base[i] = get(&copy[i]);
    }
}

/* xorshift64*, whose state is never 0 */
static uint32_t random_below(CxlCache *cache, uint32_t bound)
{
    cache->random ^= cache->random >> 12;
    cache->random ^= cache->random << 25;
    cache->random ^= cache->random >> 27;
    return (cache->random * 0x2545f4914f6cdd1dull >> 32) * bound >> 32;
}

void cxl_cache_init(CxlCache *cache, uint64_t *slot, uint32_t capacity,
                    uint64_t seed)
{
    memset(cache, 0, sizeof(*cache));
    cache->slot = slot;
    cache->capacity = capacity;
    cache->random = seed * 2 + 1;
}

void cxl_cache_add(CxlCache *cache, unsigned memory, const CxlCacheMemory *as)
{
    CxlCacheMemory *m = &cache->memory[memory];

    m->home = as->home;
    m->copy = as->copy;
    m->base = as->base;
    m->line = as->line;
    m->lost = false;
    m->present = 0;
    __atomic_store_n(&m->lines, as->lines, __ATOMIC_RELEASE);
}

void cxl_cache_remove(CxlCache *cache, unsigned memory)
{
    __atomic_store_n(&cache->memory[memory].lines, 0, __ATOMIC_RELAXED);
}

/* The word changes before the copy is looked at, see above */
static void change_word(CxlCacheMemory *m, uint64_t line, uint32_t word)
{
    set_word(m, line, word);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Take a line that is present out of its slot; the last one moves there */
static void leave_slot(CxlCache *cache, CxlCacheMemory *m, uint64_t line)
{
    uint32_t word = get_word(m, line);
    uint32_t slot = word >> SLOT_SHIFT;
    uint64_t last = cache->slot[--cache->used];
    CxlCacheMemory *moved = &cache->memory[key_memory(last)];
    uint64_t moved_line = last & KEY_LINE;
    uint32_t flags = get_word(moved, moved_line) &
                     ((1u << SLOT_SHIFT) - 1);

    m->present--;
    cache->slot[slot] = last;
    set_word(moved, moved_line, slot << SLOT_SHIFT | flags);
    cache->dirty -= !!(word & DIRTY);
    change_word(m, line, KNOWN);
}

/* What a line that is no longer present, or no longer dirty, has to store */
static void save(CxlCache *cache, CxlCacheMemory *m, uint64_t line, bool dirty,
                 CxlCacheOp op)
{
    if (!dirty && !differs(m, line)) {
        return;
    }
    if (op == CXL_CACHE_INVALIDATE || m->lost) {
        forget_stores(m, line);
        cache->counters.dropped++;
    } else if (op == CXL_CACHE_STORED) {
        write_stores(cache, m, line);
    } else {
        write_back(cache, m, line);
    }
}

static void remove_line(CxlCache *cache, CxlCacheMemory *m, uint64_t line,
                        CxlCacheOp op)
{
    bool dirty = get_word(m, line) & DIRTY;

    leave_slot(cache, m, line);
    save(cache, m, line, dirty, op);
}

static void evict_slot(CxlCache *cache, uint32_t slot)
{
    uint64_t key = cache->slot[slot];

    cache->counters.evicted++;
    remove_line(cache, &cache->memory[key_memory(key)], key & KEY_LINE,
                CXL_CACHE_CLEAN_INVALIDATE);
}

static void set_dirty(CxlCache *cache, CxlCacheMemory *m, uint64_t line)
{
    uint32_t word = get_word(m, line);

    cache->dirty += !(word & DIRTY);
    set_word(m, line, word | DIRTY);
}

/* Give a line that is not present a slot. Others see it when it has a word. */
static uint32_t take_slot(CxlCache *cache, unsigned memory, uint64_t line)
{
    if (cache->used == cache->capacity) {
        evict_slot(cache, random_below(cache, cache->used));
    }
    cache->memory[memory].present++;
    cache->slot[cache->used] = make_key(memory, line);
    return cache->used++;
}

static void fetch(CxlCache *cache, unsigned memory, uint64_t line)
{
    CxlCacheMemory *m = &cache->memory[memory];
    uint32_t slot = take_slot(cache, memory, line);
    bool late = fetch_bytes(m, line, get_word(m, line) & KNOWN);

    set_word(m, line, slot << SLOT_SHIFT | KNOWN | PRESENT);
    cache->counters.fetched++;
    if (late) {
        set_dirty(cache, m, line);
    }
}

/*
 * Is there such a line? Memory may have been removed since, and other memory
 * added in its place: that has lines once all else of it is there.
 */
static bool has_line(const CxlCache *cache, uint64_t key)
{
    return key && (key & KEY_LINE) <
           __atomic_load_n(&cache->memory[key_memory(key)].lines,
                           __ATOMIC_ACQUIRE);
}

/* A store to that line may have been late: bring it in, if there is any */
static void settle_line(CxlCache *cache, uint64_t key)
{
    unsigned memory = key_memory(key);
    uint64_t line = key & KEY_LINE;
    CxlCacheMemory *m;
    uint32_t word, slot;

    if (!has_line(cache, key)) {
        return;
    }
    m = &cache->memory[memory];
    word = get_word(m, line);
    if (word & DIRTY || !(word & KNOWN) || !differs(m, line)) {
        return;
    }
    if (!(word & PRESENT)) {
        slot = take_slot(cache, memory, line);
        set_word(m, line, slot << SLOT_SHIFT | KNOWN | PRESENT);
    }
    set_dirty(cache, m, line);
}

void cxl_cache_settle(CxlCache *cache, const CxlCacheAgent *agent)
{
    for (unsigned i = 0; i < CXL_CACHE_RECENT; i++) {
        settle_line(cache, __atomic_load_n(&agent->stored[i],
                                           __ATOMIC_ACQUIRE));
    }
}

static bool is_latest(const CxlCacheAgent *agent, uint64_t key)
{
    return agent->stored[(agent->next - 1) % CXL_CACHE_RECENT] == key;
}

static void note_store(CxlCacheAgent *agent, uint64_t key)
{
    __atomic_store_n(&agent->stored[agent->next % CXL_CACHE_RECENT], key,
                     __ATOMIC_RELEASE);
    agent->next++;
    /* The note is there before the store */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * The store that is about to be forgotten is in a line that is dirty. Notes of
 * the access behind it had a fence.
 */
static bool is_settled(const CxlCache *cache, const CxlCacheAgent *agent)
{
    uint64_t key = agent->stored[agent->next % CXL_CACHE_RECENT];

    return !has_line(cache, key) ||
           get_word(&cache->memory[key_memory(key)], key & KEY_LINE) & DIRTY;
}

uint8_t *cxl_cache_try(const CxlCache *cache, CxlCacheAgent *agent,
                       unsigned memory, uint64_t offset, unsigned size,
                       bool store)
{
    const CxlCacheMemory *m = &cache->memory[memory];
    uint64_t last = (offset + size - 1) / CXL_CACHE_LINE;
    uint32_t ready = store ? DIRTY : PRESENT;

    for (uint64_t line = offset / CXL_CACHE_LINE; line <= last; line++) {
        uint64_t key = make_key(memory, line);

        if (store && !is_latest(agent, key)) {
            if (!is_settled(cache, agent)) {
                return NULL;
            }
            note_store(agent, key);
        }
        if (!(get_word(m, line) & ready)) {
            return NULL;
        }
    }
    return m->copy + offset;
}

uint8_t *cxl_cache_access(CxlCache *cache, CxlCacheAgent *agent,
                          unsigned memory, uint64_t offset, unsigned size,
                          bool store)
{
    CxlCacheMemory *m = &cache->memory[memory];
    uint64_t last = (offset + size - 1) / CXL_CACHE_LINE;

    for (uint64_t line = offset / CXL_CACHE_LINE; line <= last; line++) {
        uint64_t key = make_key(memory, line);

        if (store && !is_latest(agent, key)) {
            settle_line(cache,
                        agent->stored[agent->next % CXL_CACHE_RECENT]);
            note_store(agent, key);
        }
        if (!(get_word(m, line) & PRESENT)) {
            fetch(cache, memory, line);
        }
        if (store) {
            set_dirty(cache, m, line);
        }
    }
    return m->copy + offset;
}

static void clean_line(CxlCache *cache, CxlCacheMemory *m, uint64_t line)
{
    uint32_t word = get_word(m, line);

    cache->dirty -= !!(word & DIRTY);
    change_word(m, line, word & ~DIRTY);
    save(cache, m, line, word & DIRTY, CXL_CACHE_CLEAN);
}

void cxl_cache_op(CxlCache *cache, unsigned memory, uint64_t offset,
                  CxlCacheOp op)
{
    CxlCacheMemory *m = &cache->memory[memory];
    uint64_t line = offset / CXL_CACHE_LINE;
    uint32_t word = get_word(m, line);

    if (!(word & KNOWN)) {
        return;
    }
    if (op == CXL_CACHE_CLEAN) {
        clean_line(cache, m, line);
    } else if (word & PRESENT) {
        remove_line(cache, m, line, op);
    } else {
        save(cache, m, line, false, op);
    }
}

/* Lines go from the last slot on, so that one that is removed moves no other */
uint32_t cxl_cache_all(CxlCache *cache, CxlCacheOp op, uint32_t from,
                       uint32_t count)
{
    uint32_t at = from && from < cache->used ? from : cache->used;

    for (; at && count; count--) {
        uint64_t key = cache->slot[--at];

        cxl_cache_op(cache, key_memory(key),
                     (key & KEY_LINE) * CXL_CACHE_LINE, op);
    }
    return at;
}

void cxl_cache_evict(CxlCache *cache, uint32_t count)
{
    while (cache->used && count--) {
        evict_slot(cache, random_below(cache, cache->used));
    }
}

static uint64_t range_first(const CxlCacheRange *range)
{
    return make_key(range->memory, range->offset / CXL_CACHE_LINE);
}

int cxl_cache_compare_ranges(const void *a, const void *b)
{
    uint64_t first_a = range_first(a), first_b = range_first(b);

    return (first_a > first_b) - (first_a < first_b);
}

/* Does @range, which begins no earlier, begin in @last, or go on behind it? */
static bool continues(const CxlCacheRange *last, const CxlCacheRange *range)
{
    uint64_t into = range->offset - last->offset;

    return last->memory == range->memory &&
           (into < last->size ||
            (into == last->size && last->keep == range->keep));
}

/* Apart, and of memory that has lines here; returns how many are left */
static unsigned merge_ranges(const CxlCache *cache, CxlCacheRange *range,
                             unsigned count)
{
    const uint64_t limit = (KEY_LINE + 1) * CXL_CACHE_LINE;
    unsigned merged = 0;

    for (unsigned i = 0; i < count; i++) {
        CxlCacheRange next = range[i];
        CxlCacheRange *last = merged ? &range[merged - 1] : NULL;

        if (!cache->memory[next.memory].present) {
            continue;
        }
        next.size = next.size < limit - next.offset ? next.size :
                    limit - next.offset;
        if (!last || !continues(last, &next)) {
            range[merged++] = next;
            continue;
        }
        next.size += next.offset - last->offset;
        last->size = last->size > next.size ? last->size : next.size;
        last->keep |= next.keep;
    }
    return merged;
}

/* Behind the last line of it; memory that was removed does not tell its own */
static uint64_t range_end(const CxlCache *cache, const CxlCacheRange *range)
{
    uint64_t end = (range->offset + range->size) / CXL_CACHE_LINE;
    uint64_t lines = cache->memory[range->memory].lines;

    return lines && lines < end ? lines : end;
}

static CxlCacheOp leave_op(const CxlCacheRange *range)
{
    return range->keep ? CXL_CACHE_CLEAN_INVALIDATE : CXL_CACHE_INVALIDATE;
}

static void leave_lines(CxlCache *cache, const CxlCacheRange *range)
{
    CxlCacheMemory *m = &cache->memory[range->memory];
    uint64_t end = range_end(cache, range);

    for (uint64_t line = range->offset / CXL_CACHE_LINE; line < end; line++) {
        cache->looked++;
        if (get_word(m, line) & PRESENT) {
            remove_line(cache, m, line, leave_op(range));
        }
    }
}

/* Of ranges in order, at least one: that with the line, or NULL */
static const CxlCacheRange *find_range(const CxlCacheRange *range,
                                       unsigned count, uint64_t key)
{
    while (count > 1) {
        unsigned middle = count / 2;
        bool behind = range_first(&range[middle]) <= key;

        range += behind ? middle : 0;
        count = behind ? count - middle : middle;
    }
    return range_first(range) <= key &&
           key - range_first(range) < range->size / CXL_CACHE_LINE ? range :
           NULL;
}

static void leave_slots(CxlCache *cache, const CxlCacheRange *range,
                        unsigned count)
{
    for (uint32_t at = cache->used; at--; ) {
        uint64_t key = cache->slot[at];
        const CxlCacheRange *found = find_range(range, count, key);

        cache->looked++;
        if (found) {
            remove_line(cache, &cache->memory[found->memory], key & KEY_LINE,
                        leave_op(found));
        }
    }
}

uint64_t cxl_cache_leave_all(CxlCache *cache, CxlCacheRange *range,
                             unsigned count)
{
    uint64_t before = cache->counters.dropped, lines = 0;

    count = merge_ranges(cache, range, count);
    for (unsigned i = 0; i < count; i++) {
        uint64_t first = range[i].offset / CXL_CACHE_LINE;
        uint64_t end = range_end(cache, &range[i]);

        lines += first < end ? end - first : 0;
    }
    if (lines >= cache->used && count) {
        leave_slots(cache, range, count);
    } else {
        for (unsigned i = 0; i < count; i++) {
            leave_lines(cache, &range[i]);
        }
    }
    return cache->counters.dropped - before;
}

uint64_t cxl_cache_leave(CxlCache *cache, unsigned memory, uint64_t offset,
                         uint64_t size, bool keep)
{
    CxlCacheRange range = {
        .memory = memory, .offset = offset, .size = size, .keep = keep,
    };

    return cxl_cache_leave_all(cache, &range, 1);
}

uint64_t cxl_cache_lose(CxlCache *cache, unsigned memory)
{
    cache->memory[memory].lost = true;
    return cxl_cache_leave(cache, memory, 0, UINT64_MAX, false);
}

CxlCacheLine cxl_cache_look(const CxlCache *cache, unsigned memory,
                            uint64_t offset)
{
    uint32_t word = get_word(&cache->memory[memory], offset / CXL_CACHE_LINE);

    return (CxlCacheLine) {
        .present = word & PRESENT, .dirty = word & DIRTY,
    };
}
