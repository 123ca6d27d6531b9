/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Software-managed coherency: one cache for this host, its lock, who accesses,
 * and where copies are
 *
 * Most accesses find their lines ready and take no lock (core/cache.h says why
 * that is safe). The lock is the last one that anybody takes.
 */
#include "qemu/osdep.h"
#include "coherency.h"

#include "accel.h"
#include "qapi/error.h"
#include "qemu/madvise.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "system/qtest.h"
#include "system/tcg.h"
#include "trace/trace-cxl_trace_events.h"

#include <sys/mman.h>

/* Lines that are done before others may have the lock */
#define CHUNK           1024
/* Of the lines that are present, the timer evicts one in so many */
#define TIMER_SHARE     8
#define TIMER_MAX       4096

/**
 * struct Agent - a thread that accesses memory
 * @agent: what the cache keeps of it
 * @exit: of the thread
 */
typedef struct Agent {
    CxlCacheAgent agent;
    Notifier exit;
    QLIST_ENTRY(Agent) next;
} Agent;

/**
 * struct Copies - where the copies of some memory are
 * @index: in the table of the cache
 * @area: host memory for copies, bases and words, in that order
 * @size: bytes of all of it
 */
typedef struct Copies {
    int index;
    void *area;
    size_t size;
} Copies;

static struct {
    CxlCoherencyOptions options;
    QemuMutex lock;
    CxlCache *cache;
    Copies *copies[CXL_CACHE_MEMORIES];
    QLIST_HEAD(, Agent) agents;
    QEMUTimer *timer;
} host = {
    .options = { .lines = CXL_CACHE_DEFAULT_LINES, .seed = 1 },
};

static __thread Agent *my_agent;

CxlCoherencyOptions *cxl_coherency_options(void)
{
    return &host.options;
}

bool cxl_coherency_is_software(void)
{
    return host.options.software;
}

static void agent_exit(Notifier *n, void *data)
{
    Agent *agent = container_of(n, Agent, exit);

    qemu_mutex_lock(&host.lock);
    cxl_cache_settle(host.cache, &agent->agent);
    QLIST_REMOVE(agent, next);
    qemu_mutex_unlock(&host.lock);
    g_free(agent);
}

static Agent *this_agent(void)
{
    Agent *agent = my_agent;

    if (unlikely(!agent)) {
        agent = my_agent = g_new0(Agent, 1);
        agent->exit.notify = agent_exit;
        qemu_thread_atexit_add(&agent->exit);
        qemu_mutex_lock(&host.lock);
        QLIST_INSERT_HEAD(&host.agents, agent, next);
        qemu_mutex_unlock(&host.lock);
    }
    return agent;
}

/* With the lock: no store that is done is unknown to the cache */
static void settle(void)
{
    Agent *agent;

    QLIST_FOREACH(agent, &host.agents, next) {
        cxl_cache_settle(host.cache, &agent->agent);
    }
}

void *cxl_coherency_bytes(int index, uint64_t offset, unsigned size,
                          bool store)
{
    CxlCacheAgent *agent = &this_agent()->agent;
    void *bytes = cxl_cache_try(host.cache, agent, index, offset, size, store);

    if (!bytes) {
        qemu_mutex_lock(&host.lock);
        bytes = cxl_cache_access(host.cache, agent, index, offset, size,
                                 store);
        qemu_mutex_unlock(&host.lock);
    }
    return bytes;
}

void cxl_coherency_op(int index, uint64_t offset, CxlCacheOp op)
{
    qemu_mutex_lock(&host.lock);
    cxl_cache_op(host.cache, index, offset, op);
    qemu_mutex_unlock(&host.lock);
}

void cxl_coherency_all(CxlCacheOp op)
{
    uint32_t from = 0;

    if (!host.cache) {
        return;
    }
    do {
        qemu_mutex_lock(&host.lock);
        if (!from) {
            settle();
        }
        from = op == CXL_CACHE_CLEAN && !host.cache->dirty ? 0 :
               cxl_cache_all(host.cache, op, from, CHUNK);
        qemu_mutex_unlock(&host.lock);
    } while (from);
}

static void arm_timer(void)
{
    timer_mod(host.timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) +
              host.options.timer);
}

static void evict_some(void *opaque)
{
    uint32_t count;

    qemu_mutex_lock(&host.lock);
    settle();
    count = host.cache->used / TIMER_SHARE + 1;
    cxl_cache_evict(host.cache, MIN(count, TIMER_MAX));
    qemu_mutex_unlock(&host.lock);
    arm_timer();
}

/*
 * The cache is made for the first memory that it has. Returns whether there is
 * one.
 */
static bool make_cache(void)
{
    uint64_t *slot;

    if (host.cache) {
        return true;
    }
    slot = g_try_new(uint64_t, host.options.lines);
    if (!slot) {
        return false;
    }
    qemu_mutex_init(&host.lock);
    host.cache = g_new(CxlCache, 1);
    cxl_cache_init(host.cache, slot, host.options.lines, host.options.seed);
    if (host.options.timer) {
        host.timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, evict_some, NULL);
        arm_timer();
    }
    return true;
}

bool cxl_coherency_check(Error **errp)
{
    if (host.options.software && !tcg_enabled() && !qtest_enabled()) {
        error_setg(errp, "cxl-coherency=software needs -accel tcg: what a"
                   " guest does to caches cannot be seen when it runs on the"
                   " host's processors");
        return false;
    }
    return true;
}

static int free_index(void)
{
    for (unsigned i = 0; i < CXL_CACHE_MEMORIES; i++) {
        if (!host.copies[i]) {
            return i;
        }
    }
    return CXL_COHERENCY_NONE;
}

/* Takes host memory as lines are accessed, and not before */
static Copies *new_copies(uint64_t bytes)
{
    size_t size = bytes * 2 + bytes / CXL_CACHE_LINE * sizeof(uint32_t);
    void *area = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    Copies *copies;

    if (area == MAP_FAILED) {
        return NULL;
    }
    qemu_madvise(area, size, QEMU_MADV_DONTDUMP);
    copies = g_new(Copies, 1);
    *copies = (Copies) { .area = area, .size = size };
    return copies;
}

bool cxl_coherency_add(uint8_t *home, uint64_t size, int *index, Error **errp)
{
    Copies *copies;
    CxlCacheMemory memory;

    *index = CXL_COHERENCY_NONE;
    if (!host.options.software) {
        return true;
    }
    *index = make_cache() ? free_index() : CXL_COHERENCY_NONE;
    copies = *index < 0 ? NULL : new_copies(size);
    if (!copies) {
        *index = CXL_COHERENCY_NONE;
        error_setg(errp, "cxl-coherency=software: there is no host memory for"
                   " a cache of 0x%" PRIx64 " bytes more; use fewer or smaller"
                   " devices", size);
        return false;
    }
    copies->index = *index;
    host.copies[*index] = copies;
    memory = (CxlCacheMemory) {
        .home = home, .copy = copies->area,
        .base = (uint8_t *)copies->area + size,
        .line = (uint32_t *)((uint8_t *)copies->area + 2 * size),
        .lines = size / CXL_CACHE_LINE,
    };
    qemu_mutex_lock(&host.lock);
    cxl_cache_add(host.cache, *index, &memory);
    qemu_mutex_unlock(&host.lock);
    return true;
}

static void free_copies(void *opaque)
{
    Copies *copies = opaque;

    /* Threads with an old look-up may have fetched lines since */
    cxl_coherency_leave(copies->index, 0, UINT64_MAX, false);
    munmap(copies->area, copies->size);
    host.copies[copies->index] = NULL;
    g_free(copies);
}

void cxl_coherency_remove(int index)
{
    if (index < 0) {
        return;
    }
    cxl_coherency_lose(index);
    qemu_mutex_lock(&host.lock);
    cxl_cache_remove(host.cache, index);
    qemu_mutex_unlock(&host.lock);
    /* Threads may be about to look at lines of their latest stores */
    cxl_accel_retire(free_copies, host.copies[index], 0);
}

void cxl_coherency_leave(int index, uint64_t offset, uint64_t size, bool keep)
{
    uint64_t dropped;

    if (index < 0) {
        return;
    }
    qemu_mutex_lock(&host.lock);
    settle();
    dropped = cxl_cache_leave(host.cache, index, offset, size, keep);
    qemu_mutex_unlock(&host.lock);
    trace_cxl_coherency_leave(index, offset, size, dropped);
}

void cxl_coherency_leave_all(CxlCacheRange *range, unsigned count)
{
    uint64_t looked, dropped;

    if (!count) {
        return;
    }
    qsort(range, count, sizeof(*range), cxl_cache_compare_ranges);
    qemu_mutex_lock(&host.lock);
    settle();
    looked = host.cache->looked;
    dropped = cxl_cache_leave_all(host.cache, range, count);
    looked = host.cache->looked - looked;
    qemu_mutex_unlock(&host.lock);
    trace_cxl_coherency_leave_all(count, looked, dropped);
}

void cxl_coherency_lose(int index)
{
    uint64_t dropped;

    if (index < 0) {
        return;
    }
    qemu_mutex_lock(&host.lock);
    settle();
    dropped = cxl_cache_lose(host.cache, index);
    qemu_mutex_unlock(&host.lock);
    trace_cxl_coherency_leave(index, 0, UINT64_MAX, dropped);
}

CxlCoherencyState cxl_coherency_state(void)
{
    CxlCoherencyState state = { };

    if (host.cache) {
        qemu_mutex_lock(&host.lock);
        state = (CxlCoherencyState) {
            .counters = host.cache->counters,
            .present = host.cache->used, .dirty = host.cache->dirty,
        };
        qemu_mutex_unlock(&host.lock);
    }
    return state;
}
