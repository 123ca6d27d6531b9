/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an access to a window needs to know: made from spans and devices, and
 * compared with what was before
 */
#include "qemu/osdep.h"
#include "lookup.h"

#include "accel.h"
#include "coherency.h"
#include "hw/cxl/spec/component-regs.h"

/*
 * Windows of up to 16 TiB have a table that says which span each unit is in.
 * In larger ones the span is searched, so that what a change of the map costs
 * has nothing to do with their size.
 */
#define CXL_LOOKUP_MAX_UNITS  65536

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
            target.ram[p].persistent = part->kind == CXL_DPA_PERSISTENT;
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

/*
 * Guests choose what is poisoned, and must not know where it comes to lie. The
 * same for all, so that sets of the same lines are the same.
 */
static uint64_t poison_seed(void)
{
    static uint64_t seed;

    while (!seed) {
        seed = (uint64_t)g_random_int() << 32 | g_random_int();
    }
    return seed;
}

static void find_all_poison(CxlLookup *l, const CxlTopology *topology)
{
    const CxlLayoutWindow window = cxl_lookup_spans(l);
    unsigned count = cxl_layout_poison(&window, topology->dpa, NULL);

    if (count) {
        l->poison_slots = cxl_line_set_slots(count);
        cxl_line_set_init(&l->poison, g_new(uint64_t, l->poison_slots),
                          l->poison_slots, poison_seed());
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
        .cached = cxl_coherency_is_software(),
    };
}

void cxl_lookup_free(void *opaque)
{
    CxlLookup *l = opaque;

    g_free(l->spans);
    g_free(l->target);
    g_ptr_array_unref(l->limits);
    g_free(l->unit_span);
    g_free(l->poison.slot);
    g_free(l);
}

size_t cxl_lookup_size(const CxlLookup *l)
{
    return sizeof(*l) +
           (l->unit_span ? l->nunits * sizeof(l->unit_span[0]) : 0) +
           l->nspans * (sizeof(l->spans[0]) + sizeof(l->target[0])) +
           l->limits->len * sizeof(CxlLookupLimits) +
           l->poison_slots * sizeof(l->poison.slot[0]);
}

/* The same bytes, whatever they are shown as and what may be done with them */
static bool same_bytes(const CxlLookupRam *a, const CxlLookupRam *b)
{
    return a->at.dpa == b->at.dpa && a->at.size == b->at.size &&
           a->at.host == b->at.host && a->at.cached == b->at.cached &&
           a->at.cached_at == b->at.cached_at;
}

static bool same_ram(const CxlLookupRam *a, const CxlLookupRam *b)
{
    return same_bytes(a, b) && a->at.ram_addr == b->at.ram_addr &&
           a->read_only == b->read_only;
}

/* Found in the order of spans, so that of the same spans they are the same */
static bool same_limits(const CxlLookup *a, const CxlLookup *b)
{
    bool same = a->limits->len == b->limits->len;

    for (unsigned i = 0; same && i < a->limits->len; i++) {
        const CxlLookupLimits *x = g_ptr_array_index(a->limits, i);
        const CxlLookupLimits *y = g_ptr_array_index(b->limits, i);

        same = x->t3 == y->t3 && cxl_dpa_same_limits(&x->limits, &y->limits);
    }
    return same;
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
               !a->target[span][t].limits == !b->target[span][t].limits;
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

bool cxl_lookup_same(const CxlLookup *a, const CxlLookup *b)
{
    bool same = a->nspans == b->nspans && same_poison(a, b) &&
                same_limits(a, b);

    for (unsigned i = 0; same && i < a->nspans; i++) {
        same = same_span(a, b, i);
    }
    return same;
}

/* Does @l lead to that DPA range of that memory? */
static bool leads_to(const CxlLookup *l, const CxlRouteTarget *target,
                     const CxlLookupRam *ram)
{
    for (unsigned i = 0; i < l->nspans; i++) {
        const CxlRouteSpan *span = &l->spans[i];

        for (unsigned t = 0; !span->fault && t < span->ntargets; t++) {
            for (unsigned p = 0; p < CXL_DPA_MAX_PARTITIONS; p++) {
                if (same_bytes(&l->target[i][t].ram[p], ram) &&
                    span->target[t].dpa_base == target->dpa_base &&
                    span->target[t].dpa_size == target->dpa_size) {
                    return true;
                }
            }
        }
    }
    return false;
}

/* The part of @ram that is behind a decoder comes, or goes */
static void add_range(GArray *ranges, const CxlRouteTarget *target,
                      const CxlLookupRam *ram)
{
    uint64_t start = MAX(target->dpa_base, ram->at.dpa);
    uint64_t end = MIN(target->dpa_base + target->dpa_size,
                       ram->at.dpa + ram->at.size);
    CxlCacheRange range = {
        .memory = ram->at.cached, .size = end - start,
        .offset = ram->at.cached_at + (start - ram->at.dpa),
        .keep = ram->persistent,
    };

    if (ram->at.size && start < end && ram->at.cached >= 0) {
        g_array_append_val(ranges, range);
    }
}

/* Many spans may lead to the same bytes, so all of them are gathered first */
void cxl_lookup_leave_missing(const CxlLookup *l, const CxlLookup *other)
{
    g_autoptr(GArray) ranges = g_array_new(false, false,
                                           sizeof(CxlCacheRange));

    for (unsigned i = 0; l && i < l->nspans; i++) {
        const CxlRouteSpan *span = &l->spans[i];

        for (unsigned t = 0; !span->fault && t < span->ntargets; t++) {
            for (unsigned p = 0; p < CXL_DPA_MAX_PARTITIONS; p++) {
                const CxlLookupRam *ram = &l->target[i][t].ram[p];

                if (!other || !leads_to(other, &span->target[t], ram)) {
                    add_range(ranges, &span->target[t], ram);
                }
            }
        }
    }
    cxl_coherency_leave_all((CxlCacheRange *)(void *)ranges->data,
                            ranges->len);
}
