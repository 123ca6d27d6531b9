/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route compiler (CXL 3.1 8.2.4.20, 9.18.1.3)
 *
 * A span is compiled by walking from the window through all positions of all
 * decoders on the way that cover the span's first address. Each component
 * visited narrows the span to where its answer stays the same; the next span
 * starts where this one ends.
 */
#include "hw/cxl/core/route.h"

#include <stddef.h>
#include <string.h>

#include "hw/cxl/spec/component-regs.h"

/* The state of compiling one span */
typedef struct Compiler {
    const CxlRouteNode *nodes;
    unsigned nnodes;
    unsigned visits;
    uint64_t hpa;       /* first address */
    uint64_t end;       /* so far, what follows holds below this address */
    CxlRouteSpan *span;
} Compiler;

void cxl_route_node_init(CxlRouteNode *node, const CxlHdm *hdm, bool endpoint,
                         bool enabled)
{
    *node = (CxlRouteNode) {
        .hdm = hdm,
        .endpoint = endpoint,
        .enabled = enabled,
        .only_child = CXL_ROUTE_NONE,
    };
    for (unsigned i = 0; i < CXL_ROUTE_PORTS; i++) {
        node->child[i] = CXL_ROUTE_NONE;
    }
}

static int fail(Compiler *k, CxlRouteFault fault)
{
    k->span->fault = fault;
    return 0;
}

/* The decoder for the span, or -1; narrows the span to where that holds */
static int find_decoder(Compiler *k, const CxlHdm *hdm)
{
    const CxlDecoder *d;
    int n = cxl_hdm_find(hdm, k->hpa);

    for (unsigned i = 0; i < hdm->count; i++) {
        d = &hdm->state.decoder[i];
        if (d->committed && d->size && d->base > k->hpa && d->base < k->end) {
            k->end = d->base;
        }
    }
    if (n < 0) {
        fail(k, CXL_ROUTE_NO_DECODER);
        return n;
    }
    d = &hdm->state.decoder[n];
    if (d->base + d->size < k->end) {
        k->end = d->base + d->size;
    }
    return n;
}

static uint64_t find_dpa(const CxlRouteTarget *t, uint64_t hpa)
{
    return t->dpa_base + cxl_interleave_to_dpa(hpa - t->base, t->eiw, t->eig);
}

static int add_target(Compiler *k, int node, int decoder)
{
    const CxlDecoder *d = &k->nodes[node].hdm->state.decoder[decoder];
    CxlRouteSpan *span = k->span;

    if (span->ntargets == CXL_ROUTE_MAX_TARGETS) {
        return fail(k, CXL_ROUTE_TOO_MANY);
    }
    span->target[span->ntargets] = (CxlRouteTarget) {
        .node = (int16_t)node,
        .decoder = (uint8_t)decoder,
        .eiw = d->eiw,
        .eig = d->eig,
        .base = d->base,
        .dpa_base = d->dpa_base,
        .dpa_size = cxl_hdm_dpa_size(d),
    };
    span->target[span->ntargets].dpa =
        find_dpa(&span->target[span->ntargets], k->hpa);
    return ~(int)span->ntargets++;
}

static int visit_endpoint(Compiler *k, int node)
{
    const CxlRouteNode *n = &k->nodes[node];
    int decoder;

    if (!n->enabled || !n->hdm || !n->hdm->state.enabled) {
        return fail(k, CXL_ROUTE_DISABLED);
    }
    decoder = find_decoder(k, n->hdm);
    return decoder < 0 ? 0 : add_target(k, node, decoder);
}

/* A decision whose outcome is always the same is none */
static int add_step(Compiler *k, const CxlRouteStep *step, unsigned ways)
{
    CxlRouteSpan *span = k->span;
    bool same = true;

    for (unsigned pos = 1; pos < ways; pos++) {
        same &= step->next[pos] == step->next[0];
    }
    if (same) {
        return step->next[0];
    }
    if (span->nsteps == CXL_ROUTE_MAX_STEPS) {
        return fail(k, CXL_ROUTE_TOO_MANY);
    }
    span->step[span->nsteps] = *step;
    return (int)span->nsteps++;
}

static int visit(Compiler *k, int node);

/* Compile what lies behind each position, a node named twice only once */
static int visit_all(Compiler *k, CxlRouteStep *step, const int16_t *child,
                     unsigned ways)
{
    for (unsigned pos = 0; pos < ways; pos++) {
        unsigned same = 0;

        while (child[same] != child[pos]) {
            same++;
        }
        step->next[pos] = same < pos ? step->next[same]
                                     : (int8_t)visit(k, child[pos]);
        if (k->span->fault) {
            return 0;
        }
    }
    return add_step(k, step, ways);
}

static int visit_port(Compiler *k, const CxlRouteNode *n)
{
    int16_t child[CXL_HDM_MAX_TARGETS];
    CxlRouteStep step = { 0 };
    const CxlDecoder *d;
    int decoder = find_decoder(k, n->hdm);

    if (decoder < 0) {
        return 0;
    }
    d = &n->hdm->state.decoder[decoder];
    for (unsigned pos = 0; pos < d->ways; pos++) {
        child[pos] = n->child[d->targets[pos]];
    }
    step.base = d->base;
    step.eiw = d->eiw;
    step.eig = d->eig;
    return visit_all(k, &step, child, d->ways);
}

/*
 * Compile what lies behind @node. Returns a step or ~target; meaningless if it
 * left a fault. In a tree no node is visited twice, so that anything else ends
 * after as many visits as there are nodes.
 */
static int visit(Compiler *k, int node)
{
    const CxlRouteNode *n;

    if (node < 0 || (unsigned)node >= k->nnodes) {
        return fail(k, node == CXL_ROUTE_POISON ? CXL_ROUTE_REMOVED :
                                                  CXL_ROUTE_NO_TARGET);
    }
    if (k->visits++ == k->nnodes) {
        return fail(k, CXL_ROUTE_NO_TREE);
    }
    n = &k->nodes[node];
    if (n->endpoint) {
        return visit_endpoint(k, node);
    }
    if (!n->hdm || !n->hdm->count) {
        return visit(k, n->only_child);
    }
    return visit_port(k, n);
}

static unsigned find_target(const CxlRouteSpan *span, uint64_t hpa, bool xor)
{
    int next = span->nsteps ? (int)span->nsteps - 1 : ~0;

    while (next >= 0) {
        const CxlRouteStep *step = &span->step[next];
        unsigned pos = step->xor && xor ?
            cxl_interleave_pos_xor(hpa, step->eiw, step->eig, &span->maps) :
            cxl_interleave_pos(hpa - step->base, step->eiw, step->eig);

        next = step->next[pos];
    }
    return (unsigned)~next;
}

/* Work out the granule, and the period after which the pattern repeats */
static uint64_t measure(CxlRouteSpan *span)
{
    uint64_t period = 1, three = 1, granule = span->size;

    for (unsigned i = 0; i < span->nsteps + span->ntargets; i++) {
        bool is_step = i < span->nsteps;
        const CxlRouteTarget *t = is_step ? NULL :
                                  &span->target[i - span->nsteps];
        unsigned eiw = is_step ? span->step[i].eiw : t->eiw;
        unsigned eig = is_step ? span->step[i].eig : t->eig;
        uint64_t p = cxl_interleave_period(eiw, eig);

        if (cxl_ways_from_eiw(eiw) == 1) {
            continue;
        }
        if (p % 3 == 0) {
            three = 3;
            p /= 3;
        }
        if (p > period) {
            period = p;
        }
        if (cxl_granularity_from_eig(eig) < granule) {
            granule = cxl_granularity_from_eig(eig);
        }
    }
    span->granule = granule;
    return period * three;
}

/* Does any of the address bits [8 + @low, 8 + @high) count for the position? */
static bool depends_on(unsigned eiw, unsigned eig, unsigned low, unsigned high)
{
    unsigned top = eig + cxl_interleave_selector_bits(eiw);
    bool three = cxl_ways_from_eiw(eiw) % 3 == 0;

    return (eig < high && top > low) || (three && top < high);
}

/*
 * XOR permutes the window's position bits by a constant that changes with the
 * address. That does no harm if no port looks at these bits, and every endpoint
 * drops all of them: then what holds in the first period holds in each.
 */
static bool xor_is_regular(const CxlRouteSpan *span)
{
    const CxlRouteStep *xor = &span->step[span->nsteps - 1];
    unsigned low = xor->eig;
    unsigned high = low + cxl_interleave_selector_bits(xor->eiw);

    if (low == high) {
        return true;
    }
    for (unsigned i = 0; i + 1 < span->nsteps; i++) {
        if (depends_on(span->step[i].eiw, span->step[i].eig, low, high)) {
            return false;
        }
    }
    for (unsigned i = 0; i < span->ntargets; i++) {
        const CxlRouteTarget *t = &span->target[i];

        if (t->eig > low ||
            t->eig + cxl_interleave_selector_bits(t->eiw) < high) {
            return false;
        }
    }
    return true;
}

/*
 * Walk one period: does each target get the same number of granules, at
 * ascending DPA without a gap? As DPA never falls when HPA rises, the first
 * granule of a target is the lowest.
 */
static bool is_linear(CxlRouteSpan *span, uint64_t period)
{
    uint64_t first[CXL_ROUTE_MAX_TARGETS];
    uint64_t got[CXL_ROUTE_MAX_TARGETS] = { 0 };

    if (span->size % period ||
        (span->nsteps && span->step[span->nsteps - 1].xor &&
         !xor_is_regular(span))) {
        return false;
    }
    for (unsigned i = 0; i < span->ntargets; i++) {
        if (cxl_ways_from_eiw(span->target[i].eiw) != span->ntargets) {
            return false;
        }
    }
    for (uint64_t at = 0; at < period; at += span->granule) {
        unsigned t = find_target(span, span->hpa + at, true);
        uint64_t dpa = find_dpa(&span->target[t], span->hpa + at);

        if (!got[t]) {
            first[t] = dpa;
        }
        if (dpa != first[t] + got[t]) {
            return false;
        }
        got[t] += span->granule;
    }
    for (unsigned i = 0; period > 1 && i < span->ntargets; i++) {
        if (got[i] != period / span->ntargets) {
            return false;
        }
        span->target[i].dpa = first[i];
    }
    return true;
}

/*
 * Put the targets of a linear span in the order of their positions, which is
 * that of first use before XOR permutes it. Without one position for each
 * target they stay as they are.
 */
static void sort_targets(CxlRouteSpan *span)
{
    uint64_t base = span->target[0].base;
    uint64_t granularity = cxl_granularity_from_eig(span->target[0].eig);
    CxlRouteTarget sorted[CXL_ROUTE_MAX_TARGETS];
    int8_t rank[CXL_ROUTE_MAX_TARGETS];
    unsigned seen = 0;

    for (unsigned i = 0; i < span->ntargets; i++) {
        uint64_t at = base + i * granularity;
        unsigned pos = cxl_interleave_pos(at, span->target[0].eiw,
                                          span->target[0].eig);
        unsigned t = find_target(span, at, false);

        sorted[pos] = span->target[t];
        rank[t] = (int8_t)pos;
        seen |= 1u << t;
    }
    if (seen != (1u << span->ntargets) - 1) {
        return;
    }
    memcpy(span->target, sorted, span->ntargets * sizeof(sorted[0]));
    for (unsigned i = 0; i < span->nsteps; i++) {
        CxlRouteStep *step = &span->step[i];

        for (unsigned pos = 0; pos < cxl_ways_from_eiw(step->eiw); pos++) {
            if (step->next[pos] < 0) {
                step->next[pos] = (int8_t)~rank[~step->next[pos]];
            }
        }
    }
}

/* The span that starts at @hpa; its size is at least one unit of 256 MiB */
static void compile_span(const CxlRouteNode *nodes, unsigned nnodes,
                         const CxlRouteWindow *window, uint64_t hpa,
                         CxlRouteSpan *span)
{
    Compiler k = {
        .nodes = nodes, .nnodes = nnodes, .hpa = hpa,
        .end = window->base + window->size, .span = span,
    };
    CxlRouteStep step = {
        .base = 0,      /* 9.18.1.3: positions come from the address itself */
        .eiw = (uint8_t)cxl_eiw_from_ways(window->ways),
        .eig = (uint8_t)cxl_eig_from_granularity(window->granularity),
        .xor = window->xor,
    };

    memset(span, 0, sizeof(*span));
    cxl_xor_maps(step.eiw, step.eig, &span->maps);
    visit_all(&k, &step, window->targets, window->ways);
    span->hpa = hpa;
    span->size = k.end - hpa;
    if (!span->fault) {
        span->linear = is_linear(span, measure(span));
        if (span->linear) {
            sort_targets(span);
        }
    }
}

static bool is_well_formed(const CxlRouteWindow *window)
{
    return cxl_eiw_from_ways(window->ways) >= 0 &&
           cxl_eig_from_granularity(window->granularity) >= 0 &&
           window->size && window->size <= UINT64_MAX - window->base &&
           (window->base | window->size) % CXL_HDM_UNIT == 0;
}

int cxl_route_compile(const CxlRouteNode *nodes, unsigned nnodes,
                      const CxlRouteWindow *window, CxlRouteSpan *spans,
                      unsigned max_spans)
{
    CxlRouteSpan span;
    unsigned n = 0;

    if (!is_well_formed(window)) {
        return -1;
    }
    for (uint64_t at = 0; at < window->size; at += span.size) {
        compile_span(nodes, nnodes, window, window->base + at, &span);
        if (n && span.fault && spans[n - 1].fault == span.fault) {
            spans[n - 1].size += span.size;
        } else if (n == max_spans) {
            return -1;
        } else {
            spans[n++] = span;
        }
    }
    return (int)n;
}

static bool is_in(const CxlRouteSpan *span, uint64_t hpa)
{
    return !span->fault && hpa >= span->hpa && hpa - span->hpa < span->size;
}

bool cxl_route_decode(const CxlRouteSpan *span, uint64_t hpa,
                      unsigned *target, uint64_t *dpa)
{
    if (!is_in(span, hpa)) {
        return false;
    }
    *target = find_target(span, hpa, true);
    *dpa = find_dpa(&span->target[*target], hpa);
    return true;
}

unsigned cxl_route_encode_all(const CxlRouteSpan *span, unsigned target,
                              uint64_t dpa, uint64_t hpa[CXL_MAX_WAYS])
{
    const CxlRouteTarget *t;
    unsigned n = 0;

    if (span->fault || target >= span->ntargets) {
        return 0;
    }
    t = &span->target[target];
    if (dpa < t->dpa_base || dpa - t->dpa_base >= t->dpa_size) {
        return 0;
    }
    for (unsigned pos = 0; pos < cxl_ways_from_eiw(t->eiw); pos++) {
        uint64_t at = t->base + cxl_interleave_to_hpa(dpa - t->dpa_base, pos,
                                                      t->eiw, t->eig);

        if (is_in(span, at) && find_target(span, at, true) == target) {
            hpa[n++] = at;
        }
    }
    return n;
}

bool cxl_route_encode(const CxlRouteSpan *span, unsigned target, uint64_t dpa,
                      uint64_t *hpa)
{
    uint64_t all[CXL_MAX_WAYS];

    if (!cxl_route_encode_all(span, target, dpa, all)) {
        return false;
    }
    *hpa = all[0];
    return true;
}

CxlRouteShare cxl_route_share(const CxlRouteSpan *span, unsigned target)
{
    uint64_t size = span->size / span->ntargets;

    return (CxlRouteShare) {
        .hpa = span->hpa + target * size,
        .size = size,
        .dpa = span->target[target].dpa,
    };
}

bool cxl_route_linear_home(const CxlRouteSpan *span, uint64_t hpa,
                           unsigned *target, uint64_t *dpa)
{
    CxlRouteShare share;

    if (!is_in(span, hpa) || !span->linear) {
        return false;
    }
    *target = (unsigned)((hpa - span->hpa) / cxl_route_share(span, 0).size);
    share = cxl_route_share(span, *target);
    *dpa = share.dpa + (hpa - share.hpa);
    return true;
}

static bool same_target(const CxlRouteTarget *a, const CxlRouteTarget *b)
{
    return a->node == b->node && a->decoder == b->decoder &&
           a->eiw == b->eiw && a->eig == b->eig && a->dpa == b->dpa &&
           a->base == b->base && a->dpa_base == b->dpa_base &&
           a->dpa_size == b->dpa_size;
}

static bool same_step(const CxlRouteStep *a, const CxlRouteStep *b)
{
    return a->base == b->base && a->eiw == b->eiw && a->eig == b->eig &&
           a->xor == b->xor && !memcmp(a->next, b->next, sizeof(a->next));
}

static bool same_tree(const CxlRouteSpan *a, const CxlRouteSpan *b)
{
    bool same = a->granule == b->granule && a->linear == b->linear &&
                a->ntargets == b->ntargets && a->nsteps == b->nsteps &&
                a->maps.count == b->maps.count &&
                !memcmp(a->maps.map, b->maps.map, sizeof(a->maps.map));

    for (unsigned i = 0; same && i < a->ntargets; i++) {
        same = same_target(&a->target[i], &b->target[i]);
    }
    for (unsigned i = 0; same && i < a->nsteps; i++) {
        same = same_step(&a->step[i], &b->step[i]);
    }
    return same;
}

bool cxl_route_same(const CxlRouteSpan *a, const CxlRouteSpan *b)
{
    return a->hpa == b->hpa && a->size == b->size && a->fault == b->fault &&
           (a->fault || same_tree(a, b));
}

const char *cxl_route_fault_name(CxlRouteFault fault)
{
    static const char *const name[] = {
        [CXL_ROUTE_OK] = "ok",
        [CXL_ROUTE_NO_DECODER] = "no committed decoder",
        [CXL_ROUTE_NO_TARGET] = "nothing behind the target port",
        [CXL_ROUTE_DISABLED] = "endpoint is disabled",
        [CXL_ROUTE_TOO_MANY] = "more than 16 endpoints",
        [CXL_ROUTE_NO_TREE] = "topology is no tree",
        [CXL_ROUTE_PIECES] =
            "decoders cut the window into too many pieces",
        [CXL_ROUTE_REMOVED] = "a device was pulled out",
    };

    return (unsigned)fault < sizeof(name) / sizeof(name[0]) ? name[fault]
                                                            : "unknown";
}
