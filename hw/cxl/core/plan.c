/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What platform firmware would program (CXL 3.1 9.13.1)
 *
 * An interleaved region is a tree: at each node the members are spread over
 * its children, and the granularity grows by the ways of the levels above. A
 * region of one device is a path: one way at each level.
 */
#include "hw/cxl/core/plan.h"

#include <stddef.h>
#include <string.h>

#define PLAN_UNIT         (256ull * 1024 * 1024)
#define PLAN_MAX_CHILDREN 32
#define PLAN_MAX_LEAVES   256
/* A port decoder's target list has eight entries (8.2.4.20.8) */
#define PLAN_MAX_TARGETS  8

/* Nodes below a node, in bus order, with the ports that lead to them */
typedef struct Children {
    unsigned count;
    int16_t node[PLAN_MAX_CHILDREN];
    uint8_t port[PLAN_MAX_CHILDREN];
} Children;

/* Endpoints below a window, in bus order */
typedef struct Leaves {
    unsigned count;
    int16_t node[PLAN_MAX_LEAVES];
} Leaves;

/* What the helpers share */
typedef struct Planner {
    const CxlRouteNode *nodes;
    unsigned nnodes;
    const CxlRouteWindow *window;
    unsigned eig;
    CxlPlanUse *use;
    CxlPlan *plan;
} Planner;

const char *cxl_plan_gap_text(CxlPlanGap gap)
{
    static const char *const texts[] = {
        [CXL_PLAN_COMPLETE] = "all capacity is programmed",
        [CXL_PLAN_NO_MEMORY] = "no device below it has free volatile capacity",
        [CXL_PLAN_WINDOW_FULL] = "the window is too small",
        [CXL_PLAN_NO_DECODER] = "a component on the way has no decoder left",
        [CXL_PLAN_UNEVEN] = "the devices below its targets differ in number,"
                            " place or capacity",
    };

    return (unsigned)gap < sizeof(texts) / sizeof(texts[0]) ? texts[gap] : "";
}

static void insert_child(Children *c, int16_t node, uint8_t port)
{
    unsigned at = c->count;

    if (at == PLAN_MAX_CHILDREN) {
        return;
    }
    for (; at && c->node[at - 1] > node; at--) {
        c->node[at] = c->node[at - 1];
        c->port[at] = c->port[at - 1];
    }
    c->node[at] = node;
    c->port[at] = port;
    c->count++;
}

/* A child comes after its parent in the array, so that no cycle can form */
static Children children_of(const Planner *p, int node)
{
    Children c = { 0 };

    if (p->nodes[node].endpoint) {
        return c;
    }
    for (unsigned port = 0; port < CXL_ROUTE_PORTS; port++) {
        int16_t child = p->nodes[node].child[port];

        if (child > node && (unsigned)child < p->nnodes) {
            insert_child(&c, child, (uint8_t)port);
        }
    }
    return c;
}

static void collect(const Planner *p, int node, Leaves *leaves)
{
    Children c = children_of(p, node);

    if (p->nodes[node].endpoint && leaves->count < PLAN_MAX_LEAVES) {
        leaves->node[leaves->count++] = (int16_t)node;
    }
    for (unsigned i = 0; i < c.count; i++) {
        collect(p, c.node[i], leaves);
    }
}

static uint64_t capacity(const Planner *p, int node)
{
    const CxlHdm *hdm = p->nodes[node].hdm;

    return hdm && !p->use[node].taken ? hdm->volatile_size : 0;
}

static bool decoder_left(const Planner *p, int node)
{
    const CxlHdm *hdm = p->nodes[node].hdm;

    return hdm && p->use[node].decoders < hdm->count;
}

/*
 * Members of an even tree below @node, whose positions begin at @eig: each
 * node spreads over 1, 2, 4 or 8 children with as many members each. 0 when
 * the tree is not even or a granularity would be beyond 16 KiB.
 */
static unsigned even_members(const Planner *p, int node, unsigned eig)
{
    Children c = children_of(p, node);
    unsigned below = 0;

    if (p->nodes[node].endpoint) {
        return 1;
    }
    if (!c.count || c.count > PLAN_MAX_TARGETS || c.count & (c.count - 1) ||
        !cxl_granularity_from_eig(eig)) {
        return 0;
    }
    eig += (unsigned)cxl_eiw_from_ways(c.count);
    for (unsigned i = 0; i < c.count; i++) {
        unsigned n = even_members(p, c.node[i], eig);

        if (!n || (below && n != below)) {
            return 0;
        }
        below = n;
    }
    return c.count * below;
}

/* Is a decoder left in every component of the tree below @node? */
static bool tree_free(const Planner *p, int node)
{
    Children c = children_of(p, node);

    for (unsigned i = 0; i < c.count; i++) {
        if (!tree_free(p, c.node[i])) {
            return false;
        }
    }
    return decoder_left(p, node);
}

/* The index of the child of @node below which @leaf lies */
static unsigned child_towards(const Children *c, int leaf)
{
    unsigned i = c->count;

    /* Depth first: what lies below a child comes before the next child */
    while (i > 1 && c->node[i - 1] > leaf) {
        i--;
    }
    return i - 1;
}

/* Is a decoder left in every component from @node to @leaf? */
static bool path_free(const Planner *p, int node, int leaf)
{
    while (node != leaf) {
        Children c = children_of(p, node);

        if (!decoder_left(p, node)) {
            return false;
        }
        node = c.node[child_towards(&c, leaf)];
    }
    return decoder_left(p, leaf);
}

static CxlPlanStep *add_step(Planner *p, int node, uint64_t base,
                             uint64_t size)
{
    CxlPlanStep *step = &p->plan->steps[p->plan->nsteps];

    if (p->plan->nsteps == CXL_PLAN_MAX_STEPS) {
        return NULL;
    }
    p->plan->nsteps++;
    *step = (CxlPlanStep) {
        .node = (int16_t)node,
        .decoder = p->use[node].decoders++,
        .base = base,
        .size = size,
        .eig = (uint8_t)p->eig,
    };
    p->use[node].taken = p->nodes[node].endpoint;
    return step;
}

/* A region of one device: what lies below is programmed first */
static void program_path(Planner *p, int node, int leaf, uint64_t base,
                         uint64_t size)
{
    uint8_t port = 0;
    CxlPlanStep *step;

    if (node != leaf) {
        Children c = children_of(p, node);
        unsigned i = child_towards(&c, leaf);

        port = c.port[i];
        program_path(p, c.node[i], leaf, base, size);
    }
    step = add_step(p, node, base, size);
    if (step) {
        step->targets[0] = port;
    }
}

/* An even tree; @members is the ways of the whole region */
static void program_tree(Planner *p, int node, uint64_t base, uint64_t size,
                         unsigned members, unsigned eig)
{
    Children c = children_of(p, node);
    unsigned eiw = (unsigned)cxl_eiw_from_ways(c.count ? c.count : members);
    CxlPlanStep *step;

    for (unsigned i = 0; i < c.count; i++) {
        program_tree(p, c.node[i], base, size, members, eig + eiw);
    }
    step = add_step(p, node, base, size);
    if (step) {
        step->eiw = (uint8_t)eiw;
        if (c.count) {
            step->eig = (uint8_t)eig;
            memcpy(step->targets, c.port, sizeof(step->targets));
        }
    }
}

/* Levels below an interleaved window begin above its power-of-two ways */
static unsigned eig_below_window(const Planner *p)
{
    unsigned ways = p->window->ways;
    unsigned eig = p->eig;

    for (ways = ways % 3 ? ways : ways / 3; ways > 1; ways /= 2) {
        eig++;
    }
    return eig;
}

/* The ways of one region over all @leaves, 0 when there can be none */
static unsigned interleave_ways(const Planner *p, const Leaves *leaves)
{
    const CxlRouteWindow *w = p->window;
    unsigned members = 0;

    for (unsigned i = 1; i < leaves->count; i++) {
        if (capacity(p, leaves->node[i]) != capacity(p, leaves->node[0])) {
            return 0;
        }
    }
    for (unsigned i = 0; i < w->ways; i++) {
        unsigned n = even_members(p, w->targets[i], eig_below_window(p));

        if (!n || (members && n != members) ||
            !tree_free(p, w->targets[i])) {
            return 0;
        }
        members = n;
    }
    return cxl_eiw_from_ways(w->ways * members) < 0 ? 0 : w->ways * members;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void plan_interleaved(Planner *p, const Leaves *leaves, unsigned ways)
{
    const CxlRouteWindow *w = p->window;
    uint64_t room = w->size / ways / PLAN_UNIT * PLAN_UNIT;
    uint64_t share = at_most(capacity(p, leaves->node[0]), room);

    if (!share) {
        return;
    }
    for (unsigned i = 0; i < w->ways; i++) {
        program_tree(p, w->targets[i], w->base, share * ways, ways,
                     eig_below_window(p));
    }
    p->plan->regions = 1;
    p->plan->planned = share * ways;
}

static void plan_one_by_one(Planner *p, const Leaves *leaves)
{
    const CxlRouteWindow *w = p->window;

    for (unsigned i = 0; i < leaves->count; i++) {
        int leaf = leaves->node[i];
        uint64_t size = at_most(capacity(p, leaf),
                                w->size - p->plan->planned);

        if (!size) {
            continue;
        }
        if (!path_free(p, w->targets[0], leaf)) {
            p->plan->gap = CXL_PLAN_NO_DECODER;
            continue;
        }
        program_path(p, w->targets[0], leaf, w->base + p->plan->planned, size);
        p->plan->regions++;
        p->plan->planned += size;
    }
}

static bool collect_window(const Planner *p, Leaves *leaves, uint64_t *total)
{
    for (unsigned i = 0; i < p->window->ways; i++) {
        int node = p->window->targets[i];

        if (node < 0 || (unsigned)node >= p->nnodes) {
            return false;
        }
        collect(p, node, leaves);
    }
    for (unsigned i = 0; i < leaves->count; i++) {
        *total += capacity(p, leaves->node[i]);
    }
    return *total != 0;
}

void cxl_plan_window(const CxlRouteNode *nodes, unsigned nnodes,
                     const CxlRouteWindow *window, CxlPlanUse *use,
                     CxlPlan *plan)
{
    Planner p = {
        .nodes = nodes, .nnodes = nnodes, .window = window,
        .eig = (unsigned)cxl_eig_from_granularity(window->granularity),
        .use = use, .plan = plan,
    };
    Leaves leaves = { 0 };
    uint64_t total = 0;
    unsigned ways;

    memset(plan, 0, sizeof(*plan));
    if (!collect_window(&p, &leaves, &total)) {
        plan->gap = CXL_PLAN_NO_MEMORY;
        return;
    }
    ways = interleave_ways(&p, &leaves);
    if (ways) {
        plan_interleaved(&p, &leaves, ways);
    } else if (window->ways == 1) {
        plan_one_by_one(&p, &leaves);
    } else {
        plan->gap = CXL_PLAN_UNEVEN;
    }
    plan->left_out = total - plan->planned;
    if (plan->left_out && plan->gap == CXL_PLAN_COMPLETE) {
        plan->gap = CXL_PLAN_WINDOW_FULL;
    }
}
