/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to fixed memory windows where these are not mapped as RAM
 * (CXL 3.1 9.18.1.3)
 *
 * A vCPU under TCG, and DMA, ask where the bytes are and use them as RAM,
 * atomics included; they hold no lock then. What is no RAM in one piece comes
 * through the callbacks: an access that touches two granules, one that no span
 * covers, which reads all ones and drops writes, and a write to what may only
 * be read, which is dropped.
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

typedef CxlLookupRam CxlLookupTarget[CXL_DPA_MAX_PARTITIONS];

struct CxlLookup {
    hwaddr base;
    bool exact;
    unsigned nspans;
    CxlRouteSpan *spans;
    CxlLookupTarget (*ram)[CXL_ROUTE_MAX_TARGETS];
    unsigned nunits;
    uint16_t *unit_span;
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

/* Bytes of a target that lie in one of its partitions */
static void *find_bytes(const CxlLookupTarget ram, uint64_t dpa, unsigned size,
                        ram_addr_t *stored)
{
    for (unsigned i = 0; i < CXL_DPA_MAX_PARTITIONS; i++) {
        uint64_t at = dpa - ram[i].at.dpa;

        if (at < ram[i].at.size && size <= ram[i].at.size - at) {
            if (stored) {
                *stored = ram[i].at.ram_addr + at;
            }
            return stored && ram[i].read_only ? NULL : ram[i].at.host + at;
        }
    }
    return NULL;
}

/*
 * @stored: of a store, gets what memory_ram_written() wants; NULL: a load.
 * Called without the BQL, from an RCU critical section.
 */
static void *window_ram(void *opaque, hwaddr offset, unsigned size,
                        ram_addr_t *stored)
{
    const CxlWindowAccess *a = opaque;
    const CxlLookup *l = qatomic_rcu_read(&a->lookup);
    const CxlRouteSpan *span = l ? span_at(l, offset) : NULL;
    unsigned target;
    uint64_t dpa;

    if (offset % CXL_LEAST_GRANULARITY + size > CXL_LEAST_GRANULARITY ||
        !span || !cxl_layout_home(span, l->exact, l->base + offset, &target,
                                  &dpa)) {
        return NULL;
    }
    return find_bytes(l->ram[span - l->spans][target], dpa, size, stored);
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

/* Granules are multiples of the least one: 8 bytes touch at most two. */
static void access_window(CxlWindowAccess *a, hwaddr offset, uint8_t *buf,
                          unsigned size, bool is_write)
{
    while (size) {
        unsigned room = CXL_LEAST_GRANULARITY - offset % CXL_LEAST_GRANULARITY;
        unsigned len = MIN(size, room);
        ram_addr_t stored;
        void *bytes = window_ram(a, offset, len, is_write ? &stored : NULL);

        if (!bytes) {
            trace_unserved(a, offset);
        }
        if (is_write && bytes) {
            memcpy(bytes, buf, len);
            memory_ram_written(stored, len);
        } else if (bytes) {
            memcpy(buf, bytes, len);
        } else if (!is_write) {
            memset(buf, 0xff, len);
        }
        offset += len;
        buf += len;
        size -= len;
    }
}

static uint64_t window_read(void *opaque, hwaddr offset, unsigned size)
{
    uint8_t buf[8] = {};

    access_window(opaque, offset, buf, size, false);
    return ldq_le_p(buf);
}

static void window_write(void *opaque, hwaddr offset, uint64_t value,
                         unsigned size)
{
    uint8_t buf[8];

    stq_le_p(buf, value);
    access_window(opaque, offset, buf, size, true);
}

const MemoryRegionOps cxl_window_access_ops = {
    .read = window_read,
    .write = window_write,
    .ram = window_ram,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void find_ram(CxlLookup *l, const CxlTopology *topology)
{
    l->ram = g_malloc0_n(l->nspans, sizeof(l->ram[0]));
    for (unsigned i = 0; i < l->nspans; i++) {
        const CxlRouteSpan *span = &l->spans[i];

        for (unsigned t = 0; !span->fault && t < span->ntargets; t++) {
            const CxlType3 *t3 = topology->type3[span->target[t].node];

            for (unsigned p = 0; p < t3->endpoint.dpa.count; p++) {
                l->ram[i][t][p].at = t3->partitions[p].ram;
                l->ram[i][t][p].read_only =
                    t3->endpoint.dpa.part[p].rights == CXL_DPA_READ_ONLY;
            }
        }
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
    find_ram(l, topology);
    find_units(l);
    return l;
}

CxlLayoutWindow cxl_lookup_spans(const CxlLookup *l)
{
    return (CxlLayoutWindow) {
        .spans = l->spans, .nspans = l->nspans, .exact = l->exact,
    };
}

static void lookup_free(void *opaque)
{
    CxlLookup *l = opaque;

    g_free(l->spans);
    g_free(l->ram);
    g_free(l->unit_span);
    g_free(l);
}

/* About how much memory it takes */
static size_t lookup_bytes(const CxlLookup *l)
{
    return sizeof(*l) +
           (l->unit_span ? l->nunits * sizeof(l->unit_span[0]) : 0) +
           l->nspans * (sizeof(l->spans[0]) + sizeof(l->ram[0]));
}

static bool same_ram(const CxlLookupRam *a, const CxlLookupRam *b)
{
    return a->at.dpa == b->at.dpa && a->at.size == b->at.size &&
           a->at.host == b->at.host && a->at.ram_addr == b->at.ram_addr &&
           a->read_only == b->read_only;
}

static bool same_span(const CxlLookup *a, const CxlLookup *b, unsigned span)
{
    bool same = cxl_route_same(&a->spans[span], &b->spans[span]);

    for (unsigned t = 0; same && t < CXL_ROUTE_MAX_TARGETS; t++) {
        for (unsigned p = 0; same && p < CXL_DPA_MAX_PARTITIONS; p++) {
            same = same_ram(&a->ram[span][t][p], &b->ram[span][t][p]);
        }
    }
    return same;
}

static bool same_lookup(const CxlLookup *a, const CxlLookup *b)
{
    bool same = a->nspans == b->nspans;

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
        cxl_accel_retire(lookup_free, old, lookup_bytes(old));
    }
}

void cxl_window_access_cleanup(CxlWindowAccess *a)
{
    if (a->lookup) {
        lookup_free(g_steal_pointer(&a->lookup));
    }
}
