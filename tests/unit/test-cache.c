/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache through which a host sees shared memory: a table of stories, random
 * operations of three hosts against a slow model, and stores that are carried
 * out late
 */
#include "hw/cxl/core/cache.h"

#include <stdlib.h>

#include "unit.h"

#define LINE        CXL_CACHE_LINE
#define HOSTS       3
#define MEMORIES    2
#define LINES       16
#define BYTES       (LINES * LINE)
#define PERSISTENT  1
#define CAPACITY    1000

/* What all hosts share, and each host with its storage */
static _Alignas(64) uint8_t home[MEMORIES][BYTES];

typedef struct Host {
    CxlCache cache;
    CxlCacheAgent agent;
    uint64_t slot[CAPACITY];
    _Alignas(64) uint8_t copy[MEMORIES][BYTES];
    _Alignas(64) uint8_t base[MEMORIES][BYTES];
    uint32_t line[MEMORIES][LINES];
} Host;

static Host hosts[HOSTS];

static void init_hosts(uint32_t capacity, uint64_t seed)
{
    memset(home, 0, sizeof(home));
    memset(hosts, 0, sizeof(hosts));
    for (unsigned h = 0; h < HOSTS; h++) {
        Host *host = &hosts[h];

        cxl_cache_init(&host->cache, host->slot, capacity, seed + h);
        for (unsigned m = 0; m < MEMORIES; m++) {
            /* What is there before must not matter */
            memset(host->copy[m], 0xa5, BYTES);
            cxl_cache_add(&host->cache, m, &(CxlCacheMemory) {
                .home = home[m], .copy = host->copy[m], .base = host->base[m],
                .line = host->line[m], .lines = LINES,
            });
        }
    }
}

static uint8_t *access_bytes(Host *host, CxlCacheAgent *agent, unsigned memory,
                             uint64_t offset, unsigned size, bool store)
{
    uint8_t *bytes = cxl_cache_try(&host->cache, agent, memory, offset, size,
                                   store);

    return bytes ?: cxl_cache_access(&host->cache, agent, memory, offset, size,
                                     store);
}

static uint8_t load(unsigned h, unsigned memory, uint64_t offset)
{
    return *access_bytes(&hosts[h], &hosts[h].agent, memory, offset, 1, false);
}

static void store(unsigned h, unsigned memory, uint64_t offset, uint8_t value)
{
    *access_bytes(&hosts[h], &hosts[h].agent, memory, offset, 1, true) = value;
}

/*
 * A story of hosts A and B is a string of steps, two characters and a digit
 * each: who (a, b: volatile memory; A, B: persistent), what, and a number:
 *   s store the number at byte 0      z the same at byte 8 of the same line
 *   l load byte 0, it is the number   y the same of byte 8
 *   m byte 0 of memory is the number  n byte 8 is
 *   c clean   f clean and invalidate  i invalidate    (the number: 0)
 *   p what was stored goes past the cache             (likewise)
 *   w write back and forget all       e evict that many lines
 *   q the host is left
 */
typedef struct Story {
    const char *name;
    const char *steps;
    CxlCacheCounters a;
} Story;

static const Story stories[] = {
    { "a store is unseen until it is flushed",
      "as1 bl0 bf0 bl0 am0 af0 am1 bf0 bl1", { 1, 1, 0, 0, 0 } },
    { "a flush on one side is not enough",
      "bl0 as1 af0 am1 bl0", { 1, 1, 0, 0, 0 } },
    { "a flush on both sides is",
      "bl0 as1 af0 bf0 bl1", { 1, 1, 0, 0, 0 } },
    { "clean keeps the line and the next store is written, too",
      "as1 ac0 am1 as2 am1 ac0 am2", { 1, 2, 0, 0, 0 } },
    { "nothing is written that is not dirty",
      "al0 bs1 bf0 ac0 am1 af0 am1 al1", { 2, 0, 0, 0, 0 } },
    { "false sharing: the last who writes back has it all",
      "as1 bz2 af0 bf0 am0 an2", { 1, 1, 0, 0, 0 } },
    { "false sharing: and a lost update is counted",
      "as1 bz2 bf0 af0 am1 an0", { 1, 1, 0, 0, 1 } },
    { "invalidated before the other's store",
      "al0 af0 bs1 bf0 al1", { 2, 0, 0, 0, 0 } },
    { "storing what the stale line already has",
      "al0 bs1 bf0 as0 af0 am0", { 1, 1, 0, 0, 1 } },
    { "write back and forget all",
      "as1 bs2 az3 aw0 am1 an3 bw0 am2 an0", { 1, 1, 0, 0, 0 } },
    { "eviction writes back",
      "as1 ae1 am1 bl1", { 1, 1, 1, 0, 0 } },
    { "eviction of what is not there",
      "ae5 ac0 af0 ai0 aw0 am0", { 0, 0, 0, 0, 0 } },
    { "invalidate drops",
      "as1 ai0 am0 al0 af0 am0", { 2, 0, 0, 1, 0 } },
    { "a store past the cache leaves the rest of the line alone",
      "as1 bz2 bf0 ap0 am1 an2 al1 ay2", { 2, 1, 0, 0, 0 } },
    { "a store past the cache that stores nothing new",
      "bs1 bf0 as1 ap0 am1 ap0", { 1, 1, 0, 0, 0 } },
    { "who leaves volatile memory loses what is dirty",
      "as1 aq0 am0 al0", { 2, 0, 0, 1, 0 } },
    { "who leaves what is clean loses nothing",
      "as1 ac0 aq0 am1 al1", { 2, 1, 0, 0, 0 } },
    { "who leaves persistent memory loses nothing",
      "As1 Aq0 Am1 Al1", { 2, 1, 0, 0, 0 } },
};

/* A check within a step */
static bool tell(const Story *story, const char *step, uint8_t got)
{
    if (!check_eq(got, step[2] - '0')) {
        unit_note("%s: %.3s", story->name, step);
        return false;
    }
    return true;
}

/* Steps that do not look at bytes */
static void play_op(CxlCache *cache, unsigned memory, const char *step)
{
    if (step[1] == 'c') {
        cxl_cache_op(cache, memory, 63, CXL_CACHE_CLEAN);
    } else if (step[1] == 'f') {
        cxl_cache_op(cache, memory, 1, CXL_CACHE_CLEAN_INVALIDATE);
    } else if (step[1] == 'i') {
        cxl_cache_op(cache, memory, 0, CXL_CACHE_INVALIDATE);
    } else if (step[1] == 'p') {
        cxl_cache_op(cache, memory, 0, CXL_CACHE_STORED);
    } else if (step[1] == 'w') {
        cxl_cache_all(cache, CXL_CACHE_CLEAN_INVALIDATE, 0, CAPACITY);
    } else if (step[1] == 'e') {
        cxl_cache_evict(cache, step[2] - '0');
    } else {
        check_eq(step[1], 'q');
        cxl_cache_leave(cache, memory, 0, BYTES, memory == PERSISTENT);
    }
}

static void play_step(const Story *story, const char *step)
{
    bool persistent = step[0] < 'a';
    unsigned h = (step[0] | 0x20) - 'a';
    unsigned memory = persistent ? PERSISTENT : 0;
    unsigned at = strchr("zyn", step[1]) ? 8 : 0;

    if (strchr("sz", step[1])) {
        store(h, memory, at, step[2] - '0');
    } else if (strchr("ly", step[1])) {
        tell(story, step, load(h, memory, at));
    } else if (strchr("mn", step[1])) {
        tell(story, step, home[memory][at]);
    } else {
        play_op(&hosts[h].cache, memory, step);
    }
}

static void test_stories(void)
{
    for (unsigned i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        const Story *story = &stories[i];
        const CxlCacheCounters *got = &hosts[0].cache.counters;

        init_hosts(CAPACITY, 1);
        for (const char *step = story->steps; *step; step += 3) {
            step += *step == ' ';
            play_step(story, step);
        }
        if (!check_mem(got, &story->a, sizeof(*got))) {
            unit_note("%s: fetched %" PRIu64 ", written %" PRIu64
                      ", evicted %" PRIu64 ", dropped %" PRIu64 ", lost %"
                      PRIu64, story->name, got->fetched, got->written_back,
                      got->evicted, got->dropped, got->lost_updates);
        }
    }
}

static CxlCacheLine look(unsigned h, unsigned memory, unsigned line)
{
    return cxl_cache_look(&hosts[h].cache, memory, line * LINE);
}

/* An access of two lines is one of both */
static void test_straddling(void)
{
    const uint8_t text[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    const uint8_t none[8] = { 0 };

    for (uint32_t capacity = 1; capacity < 4; capacity++) {
        Host *a = &hosts[0];
        uint8_t *bytes;

        init_hosts(capacity, capacity);
        bytes = access_bytes(a, &a->agent, 0, LINE - 3, 8, true);
        memcpy(bytes, text, 8);
        check_mem(home[0] + LINE - 3, none, 8);
        cxl_cache_op(&a->cache, 0, 0, CXL_CACHE_CLEAN);
        check_mem(home[0] + LINE - 3, text, 3);
        cxl_cache_op(&a->cache, 0, LINE, CXL_CACHE_CLEAN);
        check_mem(home[0] + LINE - 3, text, 8);
        bytes = access_bytes(&hosts[1], &hosts[1].agent, 0, LINE - 3, 8,
                             false);
        check_mem(bytes, text, 8);
    }
}

/* The cache never has more lines than fit, and evicts by its seed */
static void test_capacity(void)
{
    static const uint32_t capacities[] = { 1, 2, 7, CAPACITY };
    uint8_t first[LINES];

    for (unsigned i = 0; i < 4; i++) {
        for (unsigned round = 0; round < 3; round++) {
            uint8_t there[LINES];
            unsigned count = 0;

            init_hosts(capacities[i], round < 2 ? 7 : 8);
            for (unsigned n = 0; n < LINES; n++) {
                store(0, 0, n * LINE, 1);
            }
            for (unsigned n = 0; n < LINES; n++) {
                there[n] = look(0, 0, n).present;
                count += there[n];
                check_eq(home[0][n * LINE], !there[n]);
            }
            check_eq(count, capacities[i] < LINES ? capacities[i] : LINES);
            check_eq(hosts[0].cache.counters.evicted, LINES - count);
            if (round == 0) {
                memcpy(first, there, LINES);
            } else if (capacities[i] == 7) {
                check_eq(!memcmp(first, there, LINES), round == 1);
            }
        }
    }
}

/* In parts, as whoever lets go of the lock does it */
static void test_parts(void)
{
    uint32_t from = 0;

    init_hosts(CAPACITY, 1);
    for (unsigned n = 0; n < LINES; n++) {
        store(0, n % MEMORIES, n * LINE, 1);
    }
    check_eq(hosts[0].cache.dirty, LINES);
    do {
        from = cxl_cache_all(&hosts[0].cache, CXL_CACHE_CLEAN, from, 3);
        load(0, 0, from * LINE);
    } while (from);
    check_eq(hosts[0].cache.dirty, 0);
    check_eq(hosts[0].cache.counters.written_back, LINES);
    do {
        from = cxl_cache_all(&hosts[0].cache, CXL_CACHE_CLEAN_INVALIDATE, from,
                             3);
    } while (from);
    check_eq(hosts[0].cache.used, 0);
}

/* Some of what is left: neither lines around it nor those of other memory */
static void test_leave(void)
{
    init_hosts(CAPACITY, 1);
    for (unsigned n = 0; n < LINES; n++) {
        store(0, 0, n * LINE, 1);
        store(0, 1, n * LINE, 1);
    }
    check_eq(cxl_cache_leave(&hosts[0].cache, 0, 4 * LINE, 8 * LINE,
                             false), 8);
    check_eq(cxl_cache_leave(&hosts[0].cache, 1, 4 * LINE, UINT64_MAX,
                             true), 0);
    for (unsigned n = 0; n < LINES; n++) {
        check_eq(look(0, 0, n).dirty, n < 4 || n >= 12);
        check_eq(look(0, 1, n).dirty, n < 4);
        check_eq(home[0][n * LINE], 0);
        check_eq(home[1][n * LINE], n >= 4);
    }
}

/* How many lines are looked at for ranges, each of them so many times */
static uint64_t look_for(const CxlCacheRange *range, unsigned count,
                         unsigned times)
{
    CxlCacheRange all[96];
    uint64_t before = hosts[0].cache.looked;

    for (unsigned i = 0; i < count * times; i++) {
        all[i] = range[i % count];
    }
    qsort(all, count * times, sizeof(all[0]), cxl_cache_compare_ranges);
    cxl_cache_leave_all(&hosts[0].cache, all, count * times);
    return hosts[0].cache.looked - before;
}

/* However often a range is named, and whatever else is in the cache */
static void test_leave_cost(void)
{
    const CxlCacheRange few[] = { { 0, 0, 2 * LINE, false } };
    const CxlCacheRange all[] = {
        { 0, 8 * LINE, UINT64_MAX, false }, { 0, 0, 8 * LINE, false },
        { 1, 0, BYTES, true },
    };

    init_hosts(CAPACITY, 1);
    check_eq(look_for(all, 3, 31), 0);
    for (unsigned n = 0; n < LINES; n++) {
        store(0, 0, n * LINE, 1);
    }
    /* The other memory has none */
    check_eq(look_for(&all[2], 1, 31), 0);
    check_eq(look_for(few, 1, 31), 2);
    check_eq(look_for(all, 3, 31), LINES - 2);
    store(0, 0, 5 * LINE, 1);
    check_eq(look_for(all, 3, 31), 1);
    check_eq(hosts[0].cache.used, 0);
    check_eq(hosts[0].cache.counters.dropped, LINES + 1);
}

/* A store that is carried out when its line is no longer what it was */
typedef enum Meanwhile {
    EVICTED, CLEANED, FLUSHED, DROPPED, FETCHED, FETCHED_OTHER, MEANWHILE
} Meanwhile;

static void happen(Meanwhile what)
{
    CxlCache *cache = &hosts[0].cache;

    if (what == CLEANED) {
        cxl_cache_op(cache, 0, 0, CXL_CACHE_CLEAN);
    } else if (what == FLUSHED) {
        cxl_cache_op(cache, 0, 0, CXL_CACHE_CLEAN_INVALIDATE);
    } else if (what == DROPPED) {
        cxl_cache_op(cache, 0, 0, CXL_CACHE_INVALIDATE);
    } else {
        cxl_cache_evict(cache, 1);
    }
    if (what == FETCHED_OTHER) {
        home[0][8] = 9;
    }
    if (what == FETCHED || what == FETCHED_OTHER) {
        load(0, 0, 0);
    }
}

/* Ways to come across it */
static void find_late_store(CxlCacheAgent *late, unsigned way)
{
    CxlCache *cache = &hosts[0].cache;

    if (way == 0) {
        cxl_cache_op(cache, 0, 0, CXL_CACHE_CLEAN);
        return;
    }
    if (way == 1) {
        cxl_cache_settle(cache, late);
        cxl_cache_all(cache, CXL_CACHE_CLEAN_INVALIDATE, 0, CAPACITY);
        return;
    }
    for (unsigned n = 1; way == 2 && n < LINES; n++) {
        *access_bytes(&hosts[0], late, 0, n * LINE, 1, true) = 1;
    }
    cxl_cache_settle(cache, late);
    check(look(0, 0, 0).dirty);
    cxl_cache_evict(cache, LINES);
}

static void test_late_stores(void)
{
    for (Meanwhile what = 0; what < MEANWHILE; what++) {
        for (unsigned way = 0; way < 4; way++) {
            CxlCacheAgent late = { 0 };
            uint8_t *bytes;

            init_hosts(CAPACITY, 1);
            bytes = access_bytes(&hosts[0], &late, 0, 0, 1, true);
            happen(what);
            *bytes = 5;
            check_eq(load(0, 0, 0), 5);
            find_late_store(&late, way);
            check_eq(home[0][0], 5);
            check_eq(home[0][8], what == FETCHED_OTHER ? 9 : 0);
        }
    }
}

/* The slow model: a host keeps whole lines and writes down each change */
typedef struct SlowHost {
    bool present[MEMORIES][LINES];
    bool dirty[MEMORIES][LINES];
    uint8_t copy[MEMORIES][BYTES];
} SlowHost;

static SlowHost slow[HOSTS];
static uint8_t slow_home[MEMORIES][BYTES];

static void slow_op(unsigned h, unsigned m, unsigned line, CxlCacheOp op)
{
    SlowHost *host = &slow[h];

    if (host->dirty[m][line] && op != CXL_CACHE_INVALIDATE) {
        memcpy(slow_home[m] + line * LINE, host->copy[m] + line * LINE, LINE);
    }
    host->dirty[m][line] = false;
    if (op != CXL_CACHE_CLEAN) {
        host->present[m][line] = false;
    }
}

static void slow_fetch(unsigned h, unsigned m, unsigned line)
{
    SlowHost *host = &slow[h];

    if (!host->present[m][line]) {
        memcpy(host->copy[m] + line * LINE, slow_home[m] + line * LINE, LINE);
        host->present[m][line] = true;
    }
}

/*
 * Whom the cache chooses to evict is its own business; that what was dirty is
 * in memory then is not. Of an access, one line may make the other leave, and
 * come again.
 */
static void slow_evict(unsigned h)
{
    for (unsigned m = 0; m < MEMORIES; m++) {
        for (unsigned line = 0; line < LINES; line++) {
            CxlCacheLine got = look(h, m, line);

            if (!got.dirty) {
                slow_op(h, m, line, got.present ? CXL_CACHE_CLEAN :
                        CXL_CACHE_CLEAN_INVALIDATE);
            }
        }
    }
}

/*
 * Lines of an access are there, and dirty after a store. Of two, each may have
 * evicted the other on the way, before the store was carried out.
 */
static void slow_access(unsigned h, unsigned m, unsigned first, unsigned last,
                        uint64_t fetched, bool is_store)
{
    const bool *present = slow[h].present[m];
    unsigned absent = !present[first] + (first != last && !present[last]);

    if (fetched > absent) {
        slow_op(h, m, last, CXL_CACHE_CLEAN_INVALIDATE);
    }
    for (unsigned line = first; line <= last; line++) {
        if (first != last && memcmp(home[m] + line * LINE,
                                    slow_home[m] + line * LINE, LINE)) {
            slow_op(h, m, line, CXL_CACHE_CLEAN);
        }
        slow_fetch(h, m, line);
        slow[h].dirty[m][line] |= is_store;
    }
}

static void random_access(unsigned h)
{
    Host *host = &hosts[h];
    unsigned m = (unsigned)unit_below(MEMORIES);
    unsigned size = (unsigned)unit_below(16) + 1;
    uint64_t offset = unit_below(BYTES - size);
    bool is_store = unit_below(2);
    uint64_t fetched = host->cache.counters.fetched;
    uint8_t *bytes = access_bytes(host, &host->agent, m, offset, size,
                                  is_store);
    uint8_t data[16];

    memcpy(data, bytes, size);
    for (unsigned i = 0; i < size && is_store; i++) {
        /* Few values, so that some are stored that are there already */
        data[i] = (uint8_t)unit_below(3);
    }
    memcpy(bytes, data, size);
    cxl_cache_settle(&host->cache, &host->agent);
    slow_access(h, m, (unsigned)(offset / LINE),
                (unsigned)((offset + size - 1) / LINE),
                host->cache.counters.fetched - fetched, is_store);
    if (is_store) {
        memcpy(slow[h].copy[m] + offset, data, size);
    } else {
        check_mem(data, slow[h].copy[m] + offset, size);
    }
    slow_evict(h);
}

static void slow_leave(unsigned h, unsigned m, unsigned line, unsigned lines)
{
    for (unsigned i = line; i < line + lines && i < LINES; i++) {
        slow_op(h, m, i, m == PERSISTENT ? CXL_CACHE_CLEAN_INVALIDATE :
                CXL_CACHE_INVALIDATE);
    }
}

static void random_op(unsigned h)
{
    CxlCache *cache = &hosts[h].cache;
    unsigned m = (unsigned)unit_below(MEMORIES);
    unsigned line = (unsigned)unit_below(LINES);
    CxlCacheOp op = (CxlCacheOp)unit_below(3);

    switch (unit_below(20)) {
    case 0:
        cxl_cache_all(cache, op, 0, CAPACITY);
        for (unsigned i = 0; i < MEMORIES * LINES; i++) {
            slow_op(h, i / LINES, i % LINES, op);
        }
        break;
    case 1:
        cxl_cache_evict(cache, (uint32_t)unit_below(3));
        slow_evict(h);
        break;
    case 2:
        cxl_cache_leave(cache, m, line * LINE, 3 * LINE, m == PERSISTENT);
        slow_leave(h, m, line, 3);
        break;
    default:
        cxl_cache_op(cache, m, line * LINE + unit_below(LINE), op);
        slow_op(h, m, line, op);
    }
}

static void compare_host(unsigned h)
{
    unsigned used = 0, dirty = 0;

    for (unsigned m = 0; m < MEMORIES; m++) {
        check_mem(home[m], slow_home[m], BYTES);
        for (unsigned line = 0; line < LINES; line++) {
            CxlCacheLine got = look(h, m, line);

            check_eq(got.present, slow[h].present[m][line]);
            check_eq(got.dirty, slow[h].dirty[m][line]);
            used += got.present;
            dirty += got.dirty;
        }
    }
    check_eq(hosts[h].cache.used, used);
    check_eq(hosts[h].cache.dirty, dirty);
    check(used <= hosts[h].cache.capacity);
}

static void test_random(void)
{
    static const uint32_t capacities[] = { 1, 2, 3, 8, 20, CAPACITY };

    for (unsigned i = 0; i < 6; i++) {
        init_hosts(capacities[i], i);
        memset(slow, 0, sizeof(slow));
        memset(slow_home, 0, sizeof(slow_home));
        for (unsigned step = 0; step < 5000; step++) {
            unsigned h = (unsigned)unit_below(HOSTS);

            if (unit_below(4)) {
                random_access(h);
            } else {
                random_op(h);
            }
            compare_host(h);
        }
    }
}

/* Ranges that overlap, touch, are apart, or have no line at all */
static void random_leave(void)
{
    CxlCacheRange range[6];
    unsigned count = (unsigned)unit_below(7);

    for (unsigned i = 0; i < count; i++) {
        unsigned m = (unsigned)unit_below(MEMORIES);
        unsigned line = (unsigned)unit_below(LINES);
        unsigned lines = (unsigned)unit_below(6);

        range[i] = (CxlCacheRange) {
            m, line * LINE, lines * LINE, m == PERSISTENT,
        };
        slow_leave(0, m, line, lines);
    }
    qsort(range, count, sizeof(range[0]), cxl_cache_compare_ranges);
    cxl_cache_leave_all(&hosts[0].cache, range, count);
}

static void test_random_leaves(void)
{
    init_hosts(CAPACITY, 1);
    memset(slow, 0, sizeof(slow));
    memset(slow_home, 0, sizeof(slow_home));
    for (unsigned step = 0; step < 20000; step++) {
        unsigned m = (unsigned)unit_below(MEMORIES);
        unsigned line = (unsigned)unit_below(LINES);
        uint8_t value = (uint8_t)unit_random();

        if (unit_below(16)) {
            store(0, m, line * LINE, value);
            slow_fetch(0, m, line);
            slow[0].copy[m][line * LINE] = value;
            slow[0].dirty[m][line] = true;
        } else {
            random_leave();
        }
        compare_host(0);
    }
}

/*
 * Agents of one host that store to bytes of their own, some time after they
 * asked where. Nothing is lost, whatever happens to the lines meanwhile.
 */
#define AGENTS 4

typedef struct Late {
    CxlCacheAgent agent;
    uint8_t *bytes;
    uint64_t offset;
} Late;

static uint8_t wanted[BYTES];

static void settle_all(const Late *late)
{
    for (unsigned a = 0; a < AGENTS; a++) {
        cxl_cache_settle(&hosts[0].cache, &late[a].agent);
    }
}

static void late_store(Late *late)
{
    *late->bytes = wanted[late->offset] = (uint8_t)unit_random();
    late->bytes = NULL;
}

/* Bytes of agent @a are at @a, @a + AGENTS, ... */
static void late_step(Late *all, unsigned a)
{
    CxlCache *cache = &hosts[0].cache;
    Late *late = &all[a];
    uint64_t offset = unit_below(BYTES / AGENTS) * AGENTS + a;

    if (late->bytes) {
        late_store(late);
        return;
    }
    switch (unit_below(6)) {
    case 0:
        check_eq(*access_bytes(&hosts[0], &late->agent, 0, offset, 1, false),
                 wanted[offset]);
        break;
    case 1:
        cxl_cache_op(cache, 0, offset, (CxlCacheOp)unit_below(2));
        check_eq(home[0][offset], wanted[offset]);
        break;
    case 2:
        cxl_cache_evict(cache, (uint32_t)unit_below(4));
        break;
    case 3:
        settle_all(all);
        cxl_cache_all(cache, (CxlCacheOp)unit_below(2), 0, CAPACITY);
        check_eq(home[0][offset], wanted[offset]);
        break;
    default:
        late->offset = offset;
        late->bytes = access_bytes(&hosts[0], &late->agent, 0, offset, 1,
                                   true);
    }
}

static void test_nothing_is_lost(void)
{
    static const uint32_t capacities[] = { 1, 2, 5, CAPACITY };

    for (unsigned i = 0; i < 4; i++) {
        Late late[AGENTS] = { 0 };

        init_hosts(capacities[i], i);
        memset(wanted, 0, sizeof(wanted));
        for (unsigned step = 0; step < 50000; step++) {
            late_step(late, (unsigned)unit_below(AGENTS));
        }
        for (unsigned a = 0; a < AGENTS; a++) {
            if (late[a].bytes) {
                late_store(&late[a]);
            }
        }
        settle_all(late);
        cxl_cache_all(&hosts[0].cache, CXL_CACHE_CLEAN, 0, CAPACITY);
        check_mem(home[0], wanted, BYTES);
    }
}

/* Notes of stores to memory that is gone are not followed */
static void test_removed(void)
{
    Host *a = &hosts[0];

    init_hosts(CAPACITY, 1);
    for (unsigned n = 0; n < CXL_CACHE_RECENT; n++) {
        store(0, 0, n * LINE, 1);
    }
    cxl_cache_leave(&a->cache, 0, 0, BYTES, false);
    cxl_cache_remove(&a->cache, 0);
    a->cache.memory[0].line = NULL;
    cxl_cache_settle(&a->cache, &a->agent);
    for (unsigned n = 0; n < CXL_CACHE_RECENT; n++) {
        store(0, 1, n * LINE, 1);
    }
    check_eq(a->cache.used, CXL_CACHE_RECENT);
}

/* What was noted of it says nothing of other memory that has its place */
static void test_replaced(void)
{
    Host *a = &hosts[0];

    init_hosts(CAPACITY, 1);
    for (unsigned n = 0; n < CXL_CACHE_RECENT; n++) {
        store(0, 0, n * LINE, 1);
    }
    cxl_cache_lose(&a->cache, 0);
    cxl_cache_remove(&a->cache, 0);
    memset(a->line[0], 0, sizeof(a->line[0]));
    cxl_cache_add(&a->cache, 0, &(CxlCacheMemory) {
        .home = home[0], .copy = a->copy[0], .base = a->base[0],
        .line = a->line[0], .lines = CXL_CACHE_RECENT / 2,
    });
    cxl_cache_settle(&a->cache, &a->agent);
    check_eq(a->cache.used, 0);
    for (unsigned n = 0; n < CXL_CACHE_RECENT; n++) {
        store(0, 1, n * LINE, 1);
    }
    check_eq(a->cache.used, CXL_CACHE_RECENT);
    store(0, 0, 0, 2);
    cxl_cache_evict(&a->cache, CAPACITY);
    check_eq(home[0][0], 2);
    check_eq(home[0][LINE], 0);
}

/* A thread that had looked memory up before it was removed brings lines in */
static void test_removed_late(void)
{
    Host *a = &hosts[0];

    init_hosts(CAPACITY, 1);
    store(0, 0, 0, 1);
    cxl_cache_leave(&a->cache, 0, 0, UINT64_MAX, false);
    cxl_cache_remove(&a->cache, 0);
    load(0, 0, LINE);
    store(0, 0, 2 * LINE, 1);
    store(0, 1, 0, 1);
    check_eq(a->cache.used, 3);
    check_eq(cxl_cache_leave(&a->cache, 0, 0, UINT64_MAX, false), 1);
    check_eq(a->cache.used, 1);
    a->cache.memory[0].line = NULL;
    cxl_cache_evict(&a->cache, CAPACITY);
    check_eq(home[0][2 * LINE], 0);
    check_eq(home[1][0], 1);
}

/* Whoever comes late to memory that is lost, and stores, evicts or flushes */
static void test_lost(void)
{
    Host *a = &hosts[0];
    uint8_t *late;

    init_hosts(CAPACITY, 1);
    late = access_bytes(a, &a->agent, 0, 0, 1, true);
    store(0, 0, LINE, 1);
    store(0, 1, 0, 1);
    check_eq(cxl_cache_lose(&a->cache, 0), 2);
    check_eq(a->cache.used, 1);
    *late = 1;
    store(0, 0, 2 * LINE, 1);
    cxl_cache_settle(&a->cache, &a->agent);
    cxl_cache_op(&a->cache, 0, 2 * LINE, CXL_CACHE_CLEAN);
    store(0, 0, 2 * LINE, 2);
    cxl_cache_op(&a->cache, 0, 2 * LINE, CXL_CACHE_STORED);
    cxl_cache_leave(&a->cache, 0, 0, LINE, true);
    store(0, 0, 3 * LINE, 1);
    cxl_cache_evict(&a->cache, CAPACITY);
    for (unsigned n = 0; n < 4; n++) {
        check_eq(home[0][n * LINE], 0);
    }
    check_eq(home[1][0], 1);
    check_eq(a->cache.counters.dropped, 6);
    check_eq(a->cache.counters.written_back, 1);
}

int main(void)
{
    unit_run("stories", test_stories);
    unit_run("straddling", test_straddling);
    unit_run("capacity", test_capacity);
    unit_run("parts", test_parts);
    unit_run("leave", test_leave);
    unit_run("leave cost", test_leave_cost);
    unit_run("late stores", test_late_stores);
    unit_run("random", test_random);
    unit_run("random leaves", test_random_leaves);
    unit_run("nothing is lost", test_nothing_is_lost);
    unit_run("removed", test_removed);
    unit_run("replaced", test_replaced);
    unit_run("removed late", test_removed_late);
    unit_run("lost", test_lost);
    return unit_done();
}
