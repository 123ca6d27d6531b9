/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to fixed memory windows where these are not mapped as RAM
 * (CXL 3.1 9.18.1.3)
 *
 * A vCPU under TCG, and DMA, ask where the bytes are and use them as RAM,
 * atomics included; they hold no lock then. What is no RAM in one piece comes
 * through the callbacks: an access that touches two granules, one that no span
 * covers, which reads all ones and drops writes, a write to what may only be
 * read, which is dropped, and one that touches a poisoned line, of which reads
 * fail and writes are counted. Which lines are poisoned is decided by true CXL
 * arithmetic, wherever their bytes are kept.
 *
 * The callbacks have the BQL or not, as whoever accesses has (later.h).
 *
 * The arithmetic is that of the layout, as for what is mapped: an access that
 * began before its address was mapped, or after it was unmapped, finds the byte
 * that the mapping has there.
 */
#include "qemu/osdep.h"
#include "window-access.h"

#include "accel.h"
#include "coherency.h"
#include "exec/cache-model.h"
#include "hw/cxl/spec/component-regs.h"
#include "later.h"
#include "lookup.h"
#include "type3.h"
#include "type3-pool.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "trace/trace-cxl_trace_events.h"

#define CXL_LEAST_GRANULARITY 256

/* The last span that does not begin behind @offset; the first begins at 0 */
static unsigned find_span(const CxlLookup *l, hwaddr offset)
{
    unsigned low = 0, high = l->nspans;

    while (high - low > 1) {
        unsigned middle = (low + high) / 2;

        if (l->spans[middle].hpa - l->base <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Decoders, and so spans, begin and end at multiples of 256 MiB. */
static const CxlRouteSpan *span_at(const CxlLookup *l, hwaddr offset)
{
    return &l->spans[l->unit_span ? l->unit_span[offset / CXL_HDM_UNIT] :
                     find_span(l, offset)];
}

static CxlDpaRights limit_of(const CxlLookupTarget *target, uint64_t dpa)
{
    uint64_t end;

    return target->limits ? cxl_dpa_limit(&target->limits->limits, dpa, &end)
                          : CXL_DPA_READ_WRITE;
}

/*
 * The partition of a target that all of the bytes lie in. Limits are of ranges
 * that are larger than any access.
 */
static const CxlType3Ram *find_ram(const CxlLookupTarget *target, uint64_t dpa,
                                   unsigned size, bool store)
{
    CxlDpaRights limit = limit_of(target, dpa);

    for (unsigned i = 0; i < CXL_DPA_MAX_PARTITIONS &&
                         limit != CXL_DPA_NO_ACCESS; i++) {
        const CxlLookupRam *ram = &target->ram[i];
        uint64_t at = dpa - ram->at.dpa;

        if (at < ram->at.size && size <= ram->at.size - at) {
            return store && (ram->read_only || limit) ? NULL : &ram->at;
        }
    }
    return NULL;
}

/* The same by address; @at gets where in it the first byte is */
static const CxlType3Ram *look_up(const CxlLookup *l, hwaddr offset,
                                  unsigned size, bool store, uint64_t *at)
{
    const CxlRouteSpan *span = span_at(l, offset);
    const CxlType3Ram *ram;
    unsigned target;
    uint64_t dpa;

    if (!cxl_layout_home(span, l->exact, l->base + offset, &target, &dpa)) {
        return NULL;
    }
    ram = find_ram(&l->target[span - l->spans][target], dpa, size, store);
    if (ram) {
        *at = dpa - ram->dpa;
    }
    return ram;
}

void *cxl_lookup_bytes(const CxlLookup *l, hwaddr offset, unsigned size,
                       ram_addr_t *stored)
{
    uint64_t at;
    const CxlType3Ram *ram = look_up(l, offset, size, stored, &at);

    if (ram && stored) {
        *stored = ram->ram_addr + at;
    }
    return ram ? ram->host + at : NULL;
}

/*
 * The bytes as a processor or a device sees them, to be used once: the host's
 * copies if it has a cache. @stored as of cxl_lookup_bytes().
 */
static void *visible_bytes(const CxlLookup *l, hwaddr offset, unsigned size,
                           ram_addr_t *stored)
{
    uint64_t at;
    const CxlType3Ram *ram = look_up(l, offset, size, stored, &at);

    if (!ram) {
        return NULL;
    }
    if (stored) {
        *stored = ram->ram_addr + at;
    }
    return ram->cached < 0 ? ram->host + at :
           cxl_coherency_bytes(ram->cached, ram->cached_at + at, size, stored);
}

/* A processor wants that of the line there, if it is memory */
static void cache_op(const CxlLookup *l, hwaddr offset, CxlCacheOp op)
{
    uint64_t at;
    const CxlType3Ram *ram = look_up(l, offset, 1, false, &at);

    if (ram && ram->cached >= 0) {
        cxl_coherency_op(ram->cached, ram->cached_at + at, op);
    }
}

/*
 * @size: 0: nothing is accessed; is there RAM?
 * @stored: of a store, gets what memory_ram_written() wants; NULL: a load.
 * Called without the BQL, from an RCU critical section. Accesses to a line that
 * is poisoned come through the callbacks.
 */
static void *window_ram(void *opaque, hwaddr offset, unsigned size,
                        ram_addr_t *stored)
{
    const CxlWindowAccess *a = opaque;
    const CxlLookup *l = qatomic_rcu_read(&a->lookup);

    if (!l || offset % CXL_LEAST_GRANULARITY + size > CXL_LEAST_GRANULARITY ||
        cxl_line_set_touches(&l->poison, l->base + offset, MAX(size, 1))) {
        return NULL;
    }
    return size ? visible_bytes(l, offset, size, stored) :
           cxl_lookup_bytes(l, offset, 1, stored);
}

/* What the model calls what processors want of caches */
static const CxlCacheOp cache_ops[] = {
    [CACHE_CLEAN] = CXL_CACHE_CLEAN,
    [CACHE_CLEAN_INVALIDATE] = CXL_CACHE_CLEAN_INVALIDATE,
    [CACHE_INVALIDATE] = CXL_CACHE_INVALIDATE,
    [CACHE_STORED] = CXL_CACHE_STORED,
};

static void cache_line(MemoryRegion *mr, hwaddr offset, CacheOp op)
{
    const CxlWindowAccess *a = mr->opaque;
    const CxlLookup *l = mr->ops == &cxl_window_access_ops ?
                         qatomic_rcu_read(&a->lookup) : NULL;

    if (l) {
        cache_op(l, offset, cache_ops[op]);
    }
}

static void cache_all(CacheOp op)
{
    cxl_coherency_all(cache_ops[op]);
}

void cxl_window_access_model_caches(bool model)
{
    static const CacheModel caches = { .line = cache_line, .all = cache_all };

    cache_model = model ? &caches : NULL;
}

static void trace_unserved(const CxlWindowAccess *a, const CxlLookup *l,
                           hwaddr offset)
{
    const CxlRouteSpan *span = l ? span_at(l, offset) : NULL;

    trace_cxl_window_unrouted(a->index, (l ? l->base : 0) + offset,
                              !span ? "nothing is compiled" : span->fault ?
                              cxl_route_fault_name(span->fault) :
                              "memory that may only be read");
}

static bool is_poisoned(const CxlLookup *l, hwaddr offset)
{
    return l && cxl_line_set_touches(&l->poison, l->base + offset, 1);
}

/* --- what follows from an access, with the BQL held ----------------------- */

/* A device has not taken a store */
static void store_dropped(void *opaque, uint64_t offset, unsigned size)
{
    const CxlWindowAccess *a = opaque;
    const CxlLookup *l = a->lookup;
    const CxlRouteSpan *span = span_at(l, offset);
    unsigned target;
    uint64_t dpa;

    if (cxl_layout_home(span, l->exact, l->base + offset, &target, &dpa)) {
        cxl_type3_pool_dropped(l->target[span - l->spans][target].t3, dpa);
    }
}

/*
 * The device, and its DPA by true arithmetic, if the line is poisoned; this
 * host's cache does not have it then
 */
static CxlType3 *find_poison(const CxlWindowAccess *a, hwaddr offset,
                             uint64_t *dpa)
{
    const CxlLookup *l = a->lookup;
    const CxlRouteSpan *span = span_at(l, offset);
    unsigned target;

    if (!is_poisoned(l, offset) ||
        !cxl_route_decode(span, l->base + offset, &target, dpa)) {
        return NULL;
    }
    cache_op(l, offset, CXL_CACHE_INVALIDATE);
    return l->target[span - l->spans][target].t3;
}

static void poison_read(void *opaque, uint64_t offset, unsigned size)
{
    const CxlWindowAccess *a = opaque;
    uint64_t dpa;
    CxlType3 *t3 = find_poison(a, offset, &dpa);

    if (t3) {
        cxl_type3_poison_read(t3, dpa);
    }
}

/* Writing over a line that is poisoned heals it, which makes a new look-up */
static void poison_written(void *opaque, uint64_t offset, unsigned size)
{
    const CxlWindowAccess *a = opaque;
    uint64_t dpa;
    CxlType3 *t3 = find_poison(a, offset, &dpa);

    if (t3) {
        cxl_type3_poison_written(t3, dpa, size);
    }
}

/* --- call-backs, in an RCU critical section, with the BQL or without ------ */

/* A store that nothing takes */
static void drop_store(CxlWindowAccess *a, const CxlLookup *l, hwaddr offset,
                       unsigned size)
{
    trace_unserved(a, l, offset);
    if (l && !span_at(l, offset)->fault) {
        cxl_later(store_dropped, a, offset, size);
    }
}

/*
 * Bytes of one line. What is read where nothing is, is all ones, or poison if
 * whoever took the device away wanted that.
 */
static MemTxResult read_line(CxlWindowAccess *a, hwaddr offset, uint8_t *buf,
                             unsigned size, bool debug)
{
    const CxlLookup *l = qatomic_rcu_read(&a->lookup);
    uint8_t *bytes;

    memset(buf, 0xff, size);
    if (is_poisoned(l, offset)) {
        if (!debug) {
            cxl_later(poison_read, a, offset, size);
        }
        return MEMTX_ERROR | MEMTX_POISON;
    }
    bytes = l ? visible_bytes(l, offset, size, NULL) : NULL;
    if (bytes) {
        memcpy(buf, bytes, size);
        return MEMTX_OK;
    }
    trace_unserved(a, l, offset);
    return l && span_at(l, offset)->fault == CXL_ROUTE_REMOVED ?
           MEMTX_ERROR | MEMTX_POISON : MEMTX_OK;
}

static void write_line(CxlWindowAccess *a, hwaddr offset, const uint8_t *buf,
                       unsigned size)
{
    const CxlLookup *l = qatomic_rcu_read(&a->lookup);
    bool poisoned = is_poisoned(l, offset);
    ram_addr_t stored;
    uint8_t *bytes = !l ? NULL :
                     poisoned ? cxl_lookup_bytes(l, offset, size, &stored) :
                     visible_bytes(l, offset, size, &stored);

    if (!bytes) {
        drop_store(a, l, offset, size);
        return;
    }
    memcpy(bytes, buf, size);
    memory_ram_written(stored, size);
    if (poisoned) {
        cxl_later(poison_written, a, offset, size);
    }
}

/* How many of the @size bytes lie in the first line */
static unsigned in_line(hwaddr offset, unsigned size)
{
    return MIN(size, CXL_DPA_LINE - offset % CXL_DPA_LINE);
}

/*
 * How many of them lie in the window: who accesses a value of so many bytes by
 * a physical address, as many devices do, may begin with the last of them.
 */
static unsigned in_window(const CxlWindowAccess *a, hwaddr offset,
                          unsigned size)
{
    const CxlLookup *l = qatomic_rcu_read(&a->lookup);

    return l ? MIN(size, l->nunits * CXL_HDM_UNIT - offset) : size;
}

static MemTxResult window_read(void *opaque, hwaddr offset, uint64_t *value,
                               unsigned size, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    uint8_t buf[8];

    memset(buf, 0xff, sizeof(buf));
    size = in_window(opaque, offset, size);
    for (unsigned done = 0, len; done < size; done += len) {
        len = in_line(offset + done, size - done);
        result |= read_line(opaque, offset + done, buf + done, len,
                            attrs.debug);
    }
    *value = ldq_le_p(buf);
    return result;
}

static MemTxResult window_write(void *opaque, hwaddr offset, uint64_t value,
                                unsigned size, MemTxAttrs attrs)
{
    uint8_t buf[8];

    stq_le_p(buf, value);
    size = in_window(opaque, offset, size);
    for (unsigned done = 0, len; done < size; done += len) {
        len = in_line(offset + done, size - done);
        write_line(opaque, offset + done, buf + done, len);
    }
    return MEMTX_OK;
}

const MemoryRegionOps cxl_window_access_ops = {
    .read_with_attrs = window_read,
    .write_with_attrs = window_write,
    .ram = window_ram,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void cxl_window_access_publish(CxlWindowAccess *a, CxlLookup *lookup)
{
    CxlLookup *old = a->lookup;

    if (old && cxl_lookup_same(old, lookup)) {
        cxl_lookup_free(lookup);
        return;
    }
    trace_cxl_window_publish(a->index, lookup->nspans);
    qatomic_rcu_set(&a->lookup, lookup);
    if (cxl_coherency_is_software()) {
        cxl_lookup_leave_missing(old, lookup);
        /* Stores may have come late to what is back */
        cxl_lookup_leave_missing(lookup, old);
    }
    if (old) {
        cxl_accel_retire(cxl_lookup_free, old, cxl_lookup_size(old));
    }
}

void cxl_window_access_cleanup(CxlWindowAccess *a)
{
    if (a->lookup) {
        cxl_lookup_free(g_steal_pointer(&a->lookup));
    }
}
