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
 * The arithmetic is that of the layout, as for what is mapped: an access that
 * began before its address was mapped, or after it was unmapped, finds the byte
 * that the mapping has there.
 */
#include "qemu/osdep.h"
#include "window-access.h"

#include "accel.h"
#include "hw/cxl/core/interleave.h"
#include "hw/cxl/spec/component-regs.h"
#include "type3.h"
#include "type3-pool.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "trace/trace-cxl_trace_events.h"

#define CXL_LEAST_GRANULARITY 256

/*
 * Windows of up to 16 TiB have a table that says which span each unit is in.
 * In larger ones the span is searched, so that what a change of the map costs
 * has nothing to do with their size.
 */
#define CXL_LOOKUP_MAX_UNITS  65536

/* A partition of a target: where it is, and that it may only be read */
typedef struct CxlLookupRam {
    CxlType3Ram at;
    bool read_only;
} CxlLookupRam;

/* The limits of a device when the look-up was made, if it had any */
typedef struct CxlLookupLimits {
    CxlType3 *t3;
    CxlDpaLimits limits;
} CxlLookupLimits;

/* A target: its memory, and who is told what happens to its poison */
typedef struct CxlLookupTarget {
    CxlType3 *t3;
    const CxlLookupLimits *limits;
    CxlLookupRam ram[CXL_DPA_MAX_PARTITIONS];
} CxlLookupTarget;

struct CxlLookup {
    hwaddr base;
    bool exact;
    unsigned nspans;
    CxlRouteSpan *spans;
    CxlLookupTarget (*target)[CXL_ROUTE_MAX_TARGETS];
    GPtrArray *limits;
    unsigned nunits;
    uint16_t *unit_span;
    CxlLineSet poison;
    uint64_t poison_slots;
};

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
 * Bytes of a target that lie in one of its partitions. Limits are of ranges
 * that are larger than any access.
 */
static void *find_bytes(const CxlLookupTarget *target, uint64_t dpa,
                        unsigned size, ram_addr_t *stored)
{
    CxlDpaRights limit = limit_of(target, dpa);

    for (unsigned i = 0; i < CXL_DPA_MAX_PARTITIONS &&
                         limit != CXL_DPA_NO_ACCESS; i++) {
        const CxlLookupRam *ram = &target->ram[i];
        uint64_t at = dpa - ram->at.dpa;

        if (at < ram->at.size && size <= ram->at.size - at) {
            if (stored) {
                *stored = ram->at.ram_addr + at;
            }
            return stored && (ram->read_only || limit) ? NULL :
                   ram->at.host + at;
        }
    }
    return NULL;
}

void *cxl_lookup_bytes(const CxlLookup *l, hwaddr offset, unsigned size,
                       ram_addr_t *stored)
{
    const CxlRouteSpan *span = span_at(l, offset);
    unsigned target;
    uint64_t dpa;

    if (!cxl_layout_home(span, l->exact, l->base + offset, &target, &dpa)) {
        return NULL;
    }
    return find_bytes(&l->target[span - l->spans][target], dpa, size, stored);
}

/*
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
        cxl_line_set_touches(&l->poison, l->base + offset, size)) {
        return NULL;
    }
    return cxl_lookup_bytes(l, offset, size, stored);
}

static void trace_unserved(const CxlWindowAccess *a, hwaddr offset)
{
    const CxlLookup *l = a->lookup;
    const CxlRouteSpan *span = l ? span_at(l, offset) : NULL;

    trace_cxl_window_unrouted(a->index, (l ? l->base : 0) + offset,
                              !span ? "nothing is compiled" : span->fault ?
                              cxl_route_fault_name(span->fault) :
                              "memory that may only be read");
}

/* A store that nothing takes */
static void drop_store(const CxlWindowAccess *a, hwaddr offset)
{
    const CxlLookup *l = a->lookup;
    const CxlRouteSpan *span = l ? span_at(l, offset) : NULL;
    unsigned target;
    uint64_t dpa;

    trace_unserved(a, offset);
    if (span && cxl_layout_home(span, l->exact, l->base + offset, &target,
                                &dpa)) {
        cxl_type3_pool_dropped(l->target[span - l->spans][target].t3, dpa);
    }
}

/* The device, and its DPA by true arithmetic, behind a poisoned line */
static CxlType3 *find_poison(const CxlLookup *l, hwaddr offset, uint64_t *dpa)
{
    const CxlRouteSpan *span = span_at(l, offset);
    unsigned target;

    return cxl_route_decode(span, l->base + offset, &target, dpa) ?
           l->target[span - l->spans][target].t3 : NULL;
}

static bool is_poisoned(const CxlLookup *l, hwaddr offset)
{
    return l && cxl_line_set_touches(&l->poison, l->base + offset, 1);
}

/*
 * Bytes of one line. What is read where nothing is, is all ones, or poison if
 * whoever took the device away wanted that.
 */
static MemTxResult read_line(CxlWindowAccess *a, hwaddr offset, uint8_t *buf,
                             unsigned size, bool debug)
{
    const CxlLookup *l = a->lookup;
    uint8_t *bytes = l ? cxl_lookup_bytes(l, offset, size, NULL) : NULL;
    CxlType3 *t3;
    uint64_t dpa;

    memset(buf, 0xff, size);
    if (is_poisoned(l, offset)) {
        t3 = find_poison(l, offset, &dpa);
        if (!debug) {
            cxl_type3_poison_read(t3, dpa);
        }
        return MEMTX_ERROR | MEMTX_POISON;
    }
    if (bytes) {
        memcpy(buf, bytes, size);
        return MEMTX_OK;
    }
    trace_unserved(a, offset);
    return l && span_at(l, offset)->fault == CXL_ROUTE_REMOVED ?
           MEMTX_ERROR | MEMTX_POISON : MEMTX_OK;
}

/* Writing over a line that is poisoned heals it, which makes a new look-up */
static void write_line(CxlWindowAccess *a, hwaddr offset, const uint8_t *buf,
                       unsigned size)
{
    const CxlLookup *l = a->lookup;
    ram_addr_t stored;
    uint8_t *bytes = l ? cxl_lookup_bytes(l, offset, size, &stored) : NULL;
    CxlType3 *t3;
    uint64_t dpa;

    if (!bytes) {
        drop_store(a, offset);
        return;
    }
    memcpy(bytes, buf, size);
    memory_ram_written(stored, size);
    if (is_poisoned(l, offset)) {
        t3 = find_poison(l, offset, &dpa);
        cxl_type3_poison_written(t3, dpa, size);
    }
}

/* How many of the @size bytes lie in the first line */
static unsigned in_line(hwaddr offset, unsigned size)
{
    return MIN(size, CXL_DPA_LINE - offset % CXL_DPA_LINE);
}

static MemTxResult window_read(void *opaque, hwaddr offset, uint64_t *value,
                               unsigned size, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    uint8_t buf[8] = {};

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

static const CxlLookupLimits *find_limits(CxlLookup *l, CxlType3 *t3)
{
    CxlLookupLimits *limits;

    for (unsigned i = 0; i < l->limits->len; i++) {
        limits = g_ptr_array_index(l->limits, i);
        if (limits->t3 == t3) {
            return limits;
        }
    }
    limits = g_new(CxlLookupLimits, 1);
    limits->t3 = t3;
    limits->limits = t3->endpoint.dpa.limits;
    g_ptr_array_add(l->limits, limits);
    return limits;
}

static CxlLookupTarget lookup_target(CxlLookup *l, CxlType3 *t3)
{
    const CxlDpa *dpa = &t3->endpoint.dpa;
    CxlLookupTarget target = {
        .t3 = t3, .limits = dpa->limits.count ? find_limits(l, t3) : NULL,
    };

    for (unsigned p = 0; p < dpa->count; p++) {
        const CxlDpaPartition *part = &dpa->part[p];

        if (!part->closed) {
            target.ram[p].at = cxl_type3_ram(t3, part);
            target.ram[p].read_only =
                cxl_dpa_rights(dpa, part) == CXL_DPA_READ_ONLY;
        }
    }
    return target;
}

static void find_targets(CxlLookup *l, const CxlTopology *topology)
{
    l->target = g_malloc0_n(l->nspans, sizeof(l->target[0]));
    l->limits = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < l->nspans; i++) {
        const CxlRouteSpan *span = &l->spans[i];

        for (unsigned t = 0; !span->fault && t < span->ntargets; t++) {
            l->target[i][t] =
                lookup_target(l, topology->type3[span->target[t].node]);
        }
    }
}

static void find_all_poison(CxlLookup *l, const CxlTopology *topology)
{
    const CxlLayoutWindow window = cxl_lookup_spans(l);
    unsigned count = cxl_layout_poison(&window, topology->dpa, NULL);

    if (count) {
        l->poison_slots = cxl_line_set_slots(count);
        cxl_line_set_init(&l->poison, g_new(uint64_t, l->poison_slots),
                          l->poison_slots);
        cxl_layout_poison(&window, topology->dpa, &l->poison);
    }
}

static void find_units(CxlLookup *l)
{
    unsigned unit = 0;

    if (l->nunits > CXL_LOOKUP_MAX_UNITS) {
        return;
    }
    l->unit_span = g_new(uint16_t, l->nunits);
    for (unsigned i = 0; i < l->nspans; i++) {
        for (uint64_t n = l->spans[i].size / CXL_HDM_UNIT; n; n--) {
            l->unit_span[unit++] = i;
        }
    }
}

CxlLookup *cxl_lookup_new(const CxlRouteWindow *window, bool exact,
                          const CxlRouteSpan *spans, unsigned nspans,
                          const CxlTopology *topology)
{
    CxlLookup *l = g_new0(CxlLookup, 1);

    l->base = window->base;
    l->exact = exact;
    l->nspans = nspans;
    l->spans = g_memdup2(spans, nspans * sizeof(spans[0]));
    l->nunits = window->size / CXL_HDM_UNIT;
    find_targets(l, topology);
    find_units(l);
    find_all_poison(l, topology);
    return l;
}

CxlLayoutWindow cxl_lookup_spans(const CxlLookup *l)
{
    return (CxlLayoutWindow) {
        .spans = l->spans, .nspans = l->nspans, .exact = l->exact,
        .no_poison = !cxl_accel_poison_bites(),
    };
}

static void lookup_free(void *opaque)
{
    CxlLookup *l = opaque;

    g_free(l->spans);
    g_free(l->target);
    g_ptr_array_unref(l->limits);
    g_free(l->unit_span);
    g_free(l->poison.slot);
    g_free(l);
}

/* About how much memory it takes */
static size_t lookup_size(const CxlLookup *l)
{
    return sizeof(*l) +
           (l->unit_span ? l->nunits * sizeof(l->unit_span[0]) : 0) +
           l->nspans * (sizeof(l->spans[0]) + sizeof(l->target[0])) +
           l->limits->len * sizeof(CxlLookupLimits) +
           l->poison_slots * sizeof(l->poison.slot[0]);
}

static bool same_ram(const CxlLookupRam *a, const CxlLookupRam *b)
{
    return a->at.dpa == b->at.dpa && a->at.size == b->at.size &&
           a->at.host == b->at.host && a->at.ram_addr == b->at.ram_addr &&
           a->read_only == b->read_only;
}

static bool same_limits(const CxlLookupLimits *a, const CxlLookupLimits *b)
{
    return !a == !b && (!a || cxl_dpa_same_limits(&a->limits, &b->limits));
}

static bool same_span(const CxlLookup *a, const CxlLookup *b, unsigned span)
{
    bool same = cxl_route_same(&a->spans[span], &b->spans[span]);

    for (unsigned t = 0; same && t < CXL_ROUTE_MAX_TARGETS; t++) {
        for (unsigned p = 0; same && p < CXL_DPA_MAX_PARTITIONS; p++) {
            same = same_ram(&a->target[span][t].ram[p],
                            &b->target[span][t].ram[p]);
        }
        same = same && a->target[span][t].t3 == b->target[span][t].t3 &&
               same_limits(a->target[span][t].limits,
                           b->target[span][t].limits);
    }
    return same;
}

static bool same_poison(const CxlLookup *a, const CxlLookup *b)
{
    return a->poison_slots == b->poison_slots &&
           (!a->poison_slots ||
            !memcmp(a->poison.slot, b->poison.slot,
                    a->poison_slots * sizeof(a->poison.slot[0])));
}

static bool same_lookup(const CxlLookup *a, const CxlLookup *b)
{
    bool same = a->nspans == b->nspans && same_poison(a, b);

    for (unsigned i = 0; same && i < a->nspans; i++) {
        same = same_span(a, b, i);
    }
    return same;
}

void cxl_window_access_publish(CxlWindowAccess *a, CxlLookup *lookup)
{
    CxlLookup *old = a->lookup;

    if (old && same_lookup(old, lookup)) {
        lookup_free(lookup);
        return;
    }
    trace_cxl_window_publish(a->index, lookup->nspans);
    qatomic_rcu_set(&a->lookup, lookup);
    if (old) {
        cxl_accel_retire(lookup_free, old, lookup_size(old));
    }
}

void cxl_window_access_cleanup(CxlWindowAccess *a)
{
    if (a->lookup) {
        lookup_free(g_steal_pointer(&a->lookup));
    }
}
