/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What platform firmware would program (CXL 3.1 9.13.1)
 *
 * A region is chosen by marking its endpoints and every node on the way up to
 * the window's targets. The marks are then checked - decoders left, the same
 * number of endpoints below all children of a node, legal ways and
 * granularities - and turned into settings. Nodes come after their parents, so
 * that a walk to higher numbers goes down the tree and a walk to lower numbers
 * goes up.
 */
#include "hw/cxl/core/plan.h"

#include <stddef.h>

#include "hw/cxl/spec/cedt.h"
#include "hw/cxl/spec/component-regs.h"

#define NONE    CXL_ROUTE_NONE
#define UNIT    CXL_HDM_UNIT

/* What the helpers share */
typedef struct Job {
    CxlPlanner *p;
    const CxlRouteWindow *window;
    CxlPlanEmit *emit;
    void *opaque;
    CxlDpaKind kind;    /* of the capacity that the window is for */
    CxlPlan plan;
    unsigned members;   /* of the region at hand: endpoints, that is, ways */
    uint64_t share;     /* ... and bytes of each */
} Job;

const char *cxl_plan_gap_text(CxlPlanGap gap)
{
    static const char *const text[] = {
        [CXL_PLAN_COMPLETE] = "all capacity is programmed",
        [CXL_PLAN_NO_MEMORY] =
            "no device below the window has free volatile capacity"
            " (restrictions=10 makes it a window for persistent capacity)",
        [CXL_PLAN_NO_PERSISTENT] =
            "no device below the window has free persistent capacity",
        [CXL_PLAN_RESTRICTED] =
            "the window's restrictions exclude host-only coherent memory, or"
            " both volatile and persistent memory",
        [CXL_PLAN_WINDOW_FULL] = "the window is too small",
        [CXL_PLAN_NO_DECODER] = "a component on the way has no decoder left",
        [CXL_PLAN_UNEVEN] =
            "the window's targets do not have the same number of devices and"
            " capacity below them",
        [CXL_PLAN_TOO_COARSE] =
            "components below the window's targets would need a granularity"
            " of more than 16 KiB; give the window a smaller one",
        [CXL_PLAN_TOO_LATE] =
            "a window before it has persistent capacity of the same device,"
            " which must come after the volatile; swap the windows",
    };

    return (unsigned)gap < sizeof(text) / sizeof(text[0]) ? text[gap]
                                                          : "unknown";
}

void cxl_planner_init(CxlPlanner *p, const CxlRouteNode *nodes,
                      CxlPlanNode *state, unsigned nnodes)
{
    *p = (CxlPlanner) { .nodes = nodes, .state = state, .nnodes = nnodes };
    for (unsigned n = 0; n < nnodes; n++) {
        state[n] = (CxlPlanNode) { .parent = NONE };
    }
    for (unsigned n = 0; n < nnodes; n++) {
        for (unsigned port = 0; port < CXL_ROUTE_PORTS; port++) {
            int child = nodes[n].child[port];

            /* Whatever the input: a tree, in which children come later */
            if (!nodes[n].endpoint && child > (int)n &&
                (unsigned)child < nnodes) {
                state[child].parent = (int16_t)n;
                state[child].port = (uint8_t)port;
            }
        }
    }
}

bool cxl_plan_persistent(unsigned restrictions)
{
    return restrictions & CXL_CFMWS_PERSISTENT &&
           !(restrictions & CXL_CFMWS_VOLATILE);
}

static CxlDpaKind kind_of_window(unsigned restrictions)
{
    return cxl_plan_persistent(restrictions) ? CXL_DPA_PERSISTENT :
                                               CXL_DPA_VOLATILE;
}

/* Bytes of endpoint @n that are in no region */
static uint64_t capacity_left(const CxlPlanner *p, unsigned n, CxlDpaKind kind)
{
    const CxlHdm *hdm = p->nodes[n].hdm;

    if (!p->nodes[n].endpoint || !hdm || !hdm->dpa) {
        return 0;
    }
    return (cxl_dpa_size(hdm->dpa, kind) - p->state[n].used[kind]) / UNIT *
           UNIT;
}

/* DPA only rises with the number of the decoder */
static bool is_too_late(const CxlPlanner *p, unsigned n, CxlDpaKind kind)
{
    return kind == CXL_DPA_VOLATILE && p->state[n].used[CXL_DPA_PERSISTENT];
}

static uint64_t free_capacity(const Job *j, unsigned n)
{
    return is_too_late(j->p, n, j->kind) ? 0 :
           capacity_left(j->p, n, j->kind);
}

static bool decoder_left(const CxlPlanner *p, int n)
{
    const CxlHdm *hdm = p->nodes[n].hdm;

    return hdm && p->state[n].decoders < hdm->count;
}

static bool is_below(const CxlPlanner *p, int n, int target)
{
    while (n >= 0 && n > target) {
        n = p->state[n].parent;
    }
    return n >= 0 && n == target;
}

/* Is a decoder left in every component from @n up to @target? */
static bool path_left(const CxlPlanner *p, int n, int target)
{
    while (n != target && decoder_left(p, n)) {
        n = p->state[n].parent;
    }
    return decoder_left(p, n);
}

/* The target that @n lies below, or NONE */
static int target_above(const CxlPlanner *p, const CxlRouteWindow *w, int n)
{
    for (unsigned i = 0; i < w->ways; i++) {
        if (is_below(p, n, w->targets[i])) {
            return w->targets[i];
        }
    }
    return NONE;
}

static void begin_region(Job *j, uint64_t share)
{
    for (unsigned n = 0; n < j->p->nnodes; n++) {
        j->p->state[n].members = 0;
        j->p->state[n].ways = 0;
    }
    j->members = 0;
    j->share = share;
}

/* Makes endpoint @n a member of the region */
static void add_member(Job *j, int n, int target)
{
    CxlPlanNode *state = j->p->state;

    j->members++;
    for (;;) {
        bool first = state[n].members++ == 0;

        if (n == target) {
            return;
        }
        n = state[n].parent;
        state[n].ways += first;
    }
}

static unsigned window_eig(const Job *j)
{
    return (unsigned)cxl_eig_from_granularity(j->window->granularity);
}

/* The encoded granularity below a level; a factor of three does not count */
static unsigned eig_below(unsigned eig, unsigned ways)
{
    for (ways = ways % 3 ? ways : ways / 3; ways > 1; ways /= 2) {
        eig++;
    }
    return eig;
}

/* Checks a node of the region against the level above it, checked already */
static CxlPlanGap check_node(const Job *j, unsigned n)
{
    CxlPlanNode *s = &j->p->state[n];
    const CxlPlanNode *up = s->parent < 0 ? NULL : &j->p->state[s->parent];
    unsigned ways = up ? up->ways : j->window->ways;

    s->eig = (uint8_t)eig_below(up ? up->eig : window_eig(j), ways);
    if (!decoder_left(j->p, (int)n)) {
        return CXL_PLAN_NO_DECODER;
    }
    if (s->members * ways != (up ? up->members : j->members)) {
        return CXL_PLAN_UNEVEN;
    }
    if (j->p->nodes[n].endpoint) {
        return CXL_PLAN_COMPLETE;
    }
    /* Ports do powers of two, and their target list has eight entries */
    if (s->ways & (s->ways - 1) || s->ways > CXL_HDM_MAX_TARGETS) {
        return CXL_PLAN_UNEVEN;
    }
    return s->eig > CXL_MAX_EIG ? CXL_PLAN_TOO_COARSE : CXL_PLAN_COMPLETE;
}

static CxlPlanGap check_region(const Job *j)
{
    CxlPlanGap gap = cxl_eiw_from_ways(j->members) < 0 ? CXL_PLAN_UNEVEN
                                                       : CXL_PLAN_COMPLETE;

    for (unsigned n = 0; n < j->p->nnodes && !gap; n++) {
        if (j->p->state[n].members) {
            gap = check_node(j, n);
        }
    }
    return gap;
}

static void fill_targets(const CxlPlanner *p, int n, uint8_t *targets)
{
    unsigned pos = 0;

    for (unsigned child = (unsigned)n + 1; child < p->nnodes; child++) {
        if (p->state[child].members && p->state[child].parent == n) {
            targets[pos++] = p->state[child].port;
        }
    }
}

/* Takes the region's share of endpoint @n; returns what DPA it leaves out */
static uint64_t use_capacity(const Job *j, unsigned n)
{
    CxlPlanNode *s = &j->p->state[n];
    uint64_t skip = 0;

    if (j->kind == CXL_DPA_PERSISTENT && !s->used[CXL_DPA_PERSISTENT]) {
        skip = cxl_dpa_base(j->p->nodes[n].hdm->dpa, CXL_DPA_PERSISTENT) -
               s->used[CXL_DPA_VOLATILE];
    }
    s->used[j->kind] += j->share;
    return skip;
}

static void emit_node(const Job *j, int n)
{
    CxlPlanNode *s = &j->p->state[n];
    bool endpoint = j->p->nodes[n].endpoint;
    CxlPlanStep step = {
        .node = (int16_t)n,
        .decoder = s->decoders++,
        .base = j->window->base + j->plan.planned,
        .size = j->share * j->members,
        .eiw = (uint8_t)cxl_eiw_from_ways(endpoint ? j->members : s->ways),
        .eig = (uint8_t)(endpoint ? window_eig(j) : s->eig),
    };

    if (endpoint) {
        step.skip = use_capacity(j, (unsigned)n);
    } else {
        fill_targets(j->p, n, step.targets);
    }
    j->emit(j->opaque, &step);
}

/* Emits the settings of the region, if it is legal */
static CxlPlanGap finish_region(Job *j)
{
    CxlPlanGap gap = check_region(j);

    if (gap) {
        return gap;
    }
    for (unsigned n = j->p->nnodes; n-- > 0;) {
        if (j->p->state[n].members) {
            emit_node(j, (int)n);
        }
    }
    j->plan.regions++;
    j->plan.planned += j->share * j->members;
    return CXL_PLAN_COMPLETE;
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What the window has left for each of @ways */
static uint64_t room(const Job *j, unsigned ways)
{
    return (j->window->size - j->plan.planned) / ways / UNIT * UNIT;
}

/* One region of all endpoints, if they are alike and the tree is even */
static void plan_interleaved(Job *j)
{
    begin_region(j, 0);
    for (unsigned n = 0; n < j->p->nnodes; n++) {
        int target = target_above(j->p, j->window, (int)n);
        uint64_t capacity = free_capacity(j, n);

        if (target == NONE || !capacity) {
            continue;
        }
        if (j->members && capacity != j->share) {
            return;
        }
        j->share = capacity;
        add_member(j, (int)n, target);
    }
    if (j->members) {
        j->share = at_most(j->share, room(j, j->members));
    }
    if (j->share) {
        finish_region(j);
    }
}

/* The first endpoint below @target that can be in a region; why not: @gap */
static int pick(const Job *j, int target, CxlPlanGap *gap)
{
    const CxlPlanner *p = j->p;

    *gap = CXL_PLAN_UNEVEN;
    for (unsigned n = 0; n < p->nnodes; n++) {
        if (!capacity_left(p, n, j->kind) ||
            !is_below(p, (int)n, target)) {
            continue;
        }
        if (is_too_late(p, n, j->kind)) {
            *gap = CXL_PLAN_TOO_LATE;
        } else if (path_left(p, (int)n, target)) {
            return (int)n;
        } else {
            *gap = CXL_PLAN_NO_DECODER;
        }
    }
    return NONE;
}

/* A region of one endpoint below each target */
static CxlPlanGap plan_one_each(Job *j)
{
    const CxlRouteWindow *w = j->window;
    CxlPlanGap gap;

    begin_region(j, room(j, w->ways));
    if (!j->share) {
        return CXL_PLAN_WINDOW_FULL;
    }
    for (unsigned i = 0; i < w->ways; i++) {
        int n = pick(j, w->targets[i], &gap);

        if (n == NONE) {
            return gap;
        }
        j->share = at_most(j->share, free_capacity(j, (unsigned)n));
        add_member(j, n, w->targets[i]);
    }
    return finish_region(j);
}

uint64_t cxl_plan_left_out(const CxlPlanner *p, const CxlRouteWindow *window,
                           unsigned restrictions)
{
    CxlDpaKind kind = kind_of_window(restrictions);
    uint64_t bytes = 0;

    for (unsigned n = 0; n < p->nnodes; n++) {
        if (target_above(p, window, (int)n) != NONE) {
            bytes += capacity_left(p, n, kind);
        }
    }
    return bytes;
}

CxlPlan cxl_plan_window(CxlPlanner *p, const CxlRouteWindow *window,
                        unsigned restrictions, CxlPlanEmit *emit,
                        void *opaque)
{
    Job j = {
        .p = p, .window = window, .emit = emit, .opaque = opaque,
        .kind = kind_of_window(restrictions),
    };
    CxlPlanGap gap;

    /* Type 3 devices without back-invalidate are host-only coherent */
    if (!(restrictions & CXL_CFMWS_HOST_ONLY) ||
        !(restrictions & (CXL_CFMWS_VOLATILE | CXL_CFMWS_PERSISTENT))) {
        j.plan.gap = CXL_PLAN_RESTRICTED;
        return j.plan;
    }
    plan_interleaved(&j);
    do {
        gap = plan_one_each(&j);
    } while (!gap);
    if (cxl_plan_left_out(p, window, restrictions)) {
        j.plan.gap = gap;
    } else if (!j.plan.regions) {
        j.plan.gap = j.kind == CXL_DPA_PERSISTENT ? CXL_PLAN_NO_PERSISTENT
                                                  : CXL_PLAN_NO_MEMORY;
    }
    return j.plan;
}
