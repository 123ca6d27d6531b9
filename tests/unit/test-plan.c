/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The planner: its settings for a table of topologies, and for thousands of
 * random ones whether registers accept them, what then decodes, and whether
 * Linux would put the regions together
 */
#include "hw/cxl/core/plan.h"

#include <stdlib.h>

#include "hw/cxl/core/component.h"
#include "hw/cxl/spec/cedt.h"
#include "dpa.h"
#include "unit.h"

#define U               CXL_HDM_UNIT
#define BASE            (0x240 * U)
#define MAX_NODES       300
#define MAX_UNITS       64
#define MAX_WINDOWS     3
#define MAX_SPANS       256
#define NO_RESTRICTIONS 0xf

/* A machine, as its planner, its registers and its routes see it */
static struct Machine {
    unsigned nnodes;
    unsigned nbridges;
    CxlRouteNode nodes[MAX_NODES];
    CxlComponent component[MAX_NODES];
    CxlDpa dpa[MAX_NODES];
    int parent[MAX_NODES];
    uint8_t port[MAX_NODES];
    CxlPlanNode state[MAX_NODES];
    CxlPlanner planner;
    unsigned nwindows;
    CxlRouteWindow window[MAX_WINDOWS];
    unsigned restrictions[MAX_WINDOWS];
    CxlPlan plan[MAX_WINDOWS];
    uint64_t left_out[MAX_WINDOWS];     /* just after the window's plan */
    bool used[MAX_NODES][MAX_UNITS];    /* DPA that is in a span */
} m;

/* The settings in words, as in the table below */
static char words[8192];

static void say(const char *fmt, uint64_t value)
{
    size_t len = strlen(words);

    snprintf(words + len, sizeof(words) - len, fmt, value);
}

/* --- building --- */

static unsigned add_node(CxlComponentKind kind, unsigned decoders,
                         unsigned volatile_units, unsigned persistent_units)
{
    unsigned n = m.nnodes++;
    CxlComponentConfig config = {
        .kind = kind, .decoders = decoders,
        .dpa = &m.dpa[n],
    };

    if (n >= MAX_NODES) {
        fprintf(stderr, "MAX_NODES is too small\n");
        exit(EXIT_FAILURE);
    }
    m.dpa[n] = test_dpa(volatile_units * U, persistent_units * U);
    cxl_component_init(&m.component[n], &config);
    cxl_route_node_init(&m.nodes[n], &m.component[n].hdm,
                        kind == CXL_ENDPOINT, false);
    m.parent[n] = -1;
    memset(m.used[n], 0, sizeof(m.used[n]));
    return n;
}

static void connect(unsigned parent, unsigned port, unsigned child)
{
    m.nodes[parent].child[port] = (int16_t)child;
    m.nodes[parent].only_child = (int16_t)child;
    m.parent[child] = (int)parent;
    m.port[child] = (uint8_t)port;
}

static void clear(void)
{
    m.nnodes = 0;
    m.nbridges = 0;
    m.nwindows = 0;
    words[0] = '\0';
}

/* The window after those that are there already */
static CxlRouteWindow *add_window(unsigned ways, unsigned units)
{
    CxlRouteWindow *w = &m.window[m.nwindows];
    const CxlRouteWindow *last = w - 1;

    memset(w, 0, sizeof(*w));
    w->base = m.nwindows ? last->base + last->size : BASE;
    w->size = units * U;
    w->ways = ways;
    w->granularity = 256;
    m.restrictions[m.nwindows++] = NO_RESTRICTIONS;
    return w;
}

/*
 * Topologies in writing: [ ] is a host bridge, ( ) a switch, a number an
 * endpoint with as many units of volatile capacity, +number its persistent
 * units, and /number the decoders of what comes before it. Bridges are nodes 0,
 * 1, ...; what lies below them follows, depth first. A component's ports have
 * the numbers 3, 5, 7, ...
 */
static unsigned parse_number(const char **s)
{
    unsigned value = 0;

    for (; **s >= '0' && **s <= '9'; ++*s) {
        value = 10 * value + (unsigned)(**s - '0');
    }
    return value;
}

static unsigned parse_decoders(const char **s, unsigned otherwise)
{
    if (**s != '/') {
        return otherwise;
    }
    ++*s;
    return parse_number(s);
}

static unsigned parse_endpoint(const char **s)
{
    unsigned volatile_units = parse_number(s);
    unsigned persistent_units = 0;

    if (**s == '+') {
        ++*s;
        persistent_units = parse_number(s);
    }
    return add_node(CXL_ENDPOINT, parse_decoders(s, 4), volatile_units,
                    persistent_units);
}

static void parse_children(const char **s, unsigned parent, char end);

/* The decoders come last, but a component must have them first */
static unsigned decoders_after(const char *s, char begin, char end)
{
    int depth = 0;

    do {
        depth += (*s == begin) - (*s == end);
        s++;
    } while (depth);
    return parse_decoders(&s, 8);
}

static void skip_decoders(const char **s)
{
    parse_decoders(s, 0);
}

static unsigned parse_switch(const char **s)
{
    unsigned n = add_node(CXL_UPSTREAM_PORT, decoders_after(*s, '(', ')'), 0,
                          0);

    ++*s;
    parse_children(s, n, ')');
    skip_decoders(s);
    return n;
}

static void parse_children(const char **s, unsigned parent, char end)
{
    for (unsigned port = 3; **s != end; ) {
        if (**s == ' ') {
            ++*s;
            continue;
        }
        connect(parent, port, **s == '(' ? parse_switch(s)
                                         : parse_endpoint(s));
        port += 2;
    }
    ++*s;
}

static void build(const char *s)
{
    for (const char *b = s; (b = strchr(b, '[')); b++) {
        add_node(CXL_HOST_BRIDGE, decoders_after(b, '[', ']'), 0, 0);
        m.nbridges++;
    }
    for (unsigned n = 0; n < m.nbridges; n++) {
        s = strchr(s, '[') + 1;
        parse_children(&s, n, ']');
    }
}

/* --- programming, by the writes that a guest would make --- */

static void write_hdm(CxlComponent *c, uint32_t offset, unsigned size,
                      uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_component_write(c, CXL_CACHEMEM_OFFSET + c->hdm_offset + offset, size,
                        value, &effects);
}

static void commit(void *opaque, const CxlPlanStep *step)
{
    CxlComponent *c = &m.component[step->node];
    uint32_t at = CXL_HDM_DECODERS + CXL_HDM_STRIDE * step->decoder;
    uint64_t list = step->skip;

    (void)opaque;
    for (unsigned i = 0; i < 8; i++) {
        list |= (uint64_t)step->targets[i] << 8 * i;
    }
    write_hdm(c, at + CXL_HDM_BASE_LOW, 8, step->base);
    write_hdm(c, at + CXL_HDM_SIZE_LOW, 8, step->size);
    write_hdm(c, at + CXL_HDM_TARGETS_LOW, 8, list);
    write_hdm(c, at + CXL_HDM_CONTROL, 4, CXL_HDM_CTRL_COMMIT | step->eig |
              (uint32_t)step->eiw << CXL_HDM_CTRL_IW_SHIFT);
    check_str(cxl_hdm_refusal_name(c->hdm.state.refusal[step->decoder]),
              "accepted");
    check(c->hdm.state.decoder[step->decoder].committed);
    if (m.nodes[step->node].endpoint) {
        write_hdm(c, CXL_HDM_GLOBAL_CONTROL, 4, CXL_HDM_GLOBAL_ENABLE);
        m.nodes[step->node].enabled = true;
    }

    /* node.decoder=base+size/ways@granularity:targets~skip */
    say("%" PRIu64, (uint64_t)step->node);
    say(".%" PRIu64, step->decoder);
    say("=%" PRIu64, (step->base - BASE) / U);
    say("+%" PRIu64, step->size / U);
    say("/%" PRIu64, cxl_ways_from_eiw(step->eiw));
    say("@%" PRIu64, cxl_granularity_from_eig(step->eig));
    for (unsigned i = 0; !m.nodes[step->node].endpoint &&
                         i < cxl_ways_from_eiw(step->eiw); i++) {
        say(i ? ",%" PRIu64 : ":%" PRIu64, step->targets[i]);
    }
    if (step->skip) {
        say("~%" PRIu64, step->skip / U);
    }
    say(" ", 0);
}

static void plan_all(void)
{
    cxl_planner_init(&m.planner, m.nodes, m.state, m.nnodes);
    for (unsigned i = 0; i < m.nwindows; i++) {
        m.plan[i] = cxl_plan_window(&m.planner, &m.window[i],
                                    m.restrictions[i], commit, NULL);
        m.left_out[i] = cxl_plan_left_out(&m.planner, &m.window[i],
                                          m.restrictions[i]);
    }
}

/* --- what decodes --- */

/* Each byte of DPA in a span is in no other */
static void use_dpa(const CxlRouteSpan *span)
{
    uint64_t share = span->size / span->ntargets;

    check_eq(share % U, 0);
    for (unsigned i = 0; i < span->ntargets; i++) {
        unsigned first = (unsigned)(span->target[i].dpa / U);

        check_eq(span->target[i].dpa % U, 0);
        for (unsigned u = 0; u < share / U; u++) {
            check(!m.used[span->target[i].node][first + u]);
            m.used[span->target[i].node][first + u] = true;
        }
    }
}

/* The start of the window decodes, region by region; the rest does not */
static void check_spans(unsigned i)
{
    static CxlRouteSpan spans[MAX_SPANS];
    uint64_t decoding = 0;
    int n = cxl_route_compile(m.nodes, m.nnodes, &m.window[i], spans,
                              MAX_SPANS);

    check(n > 0);
    for (int k = 0; k < n; k++) {
        if (k < (int)m.plan[i].regions) {
            check_str(cxl_route_fault_name(spans[k].fault), "ok");
            check(spans[k].linear);
            decoding += spans[k].size;
            use_dpa(&spans[k]);
        } else {
            check(spans[k].fault != CXL_ROUTE_OK);
        }
    }
    check_eq(decoding, m.plan[i].planned);
}

/* Each kind of capacity is given from its start on, without gaps */
static void check_dpa(unsigned n)
{
    const CxlHdm *hdm = m.nodes[n].hdm;
    const uint64_t *used = m.state[n].used;
    uint64_t first = cxl_dpa_base(hdm->dpa, CXL_DPA_PERSISTENT) / U;
    uint64_t volatile_end = used[CXL_DPA_VOLATILE] / U;
    uint64_t persistent_end = first + used[CXL_DPA_PERSISTENT] / U;

    check(used[CXL_DPA_VOLATILE] <=
          cxl_dpa_size(hdm->dpa, CXL_DPA_VOLATILE));
    check(used[CXL_DPA_PERSISTENT] <=
          cxl_dpa_size(hdm->dpa, CXL_DPA_PERSISTENT));
    for (unsigned u = 0; u < MAX_UNITS; u++) {
        check_eq(m.used[n][u],
                 u < volatile_end || (u >= first && u < persistent_end));
    }
}

/* --- Linux --- */

/*
 * What Linux 6.12 asks of a region whose decoders it finds committed
 * (drivers/cxl/core/region.c), said once more
 */
typedef struct LinuxRegion {
    const CxlRouteWindow *window;
    uint64_t base;
    uint64_t size;
    unsigned eiw;
    unsigned eig;
    unsigned members;
    int endpoint[CXL_MAX_WAYS];     /* by position */
} LinuxRegion;

static const CxlDecoder *decoder_for(int n, uint64_t base, uint64_t size)
{
    for (unsigned i = 0; i < m.nodes[n].hdm->count; i++) {
        const CxlDecoder *d = &m.nodes[n].hdm->state.decoder[i];

        if (d->committed && d->base == base && d->size == size) {
            return d;
        }
    }
    return NULL;
}

static int position_in(const uint8_t *targets, unsigned ways, unsigned port)
{
    for (unsigned i = 0; i < ways; i++) {
        if (targets[i] == port) {
            return (int)i;
        }
    }
    return -1;
}

/* From the endpoint to the root: position = position * ways + own position */
static int linux_position(const LinuxRegion *r, int n)
{
    unsigned pos = 0;

    for (; m.parent[n] >= 0; n = m.parent[n]) {
        const CxlDecoder *d = decoder_for(m.parent[n], r->base, r->size);
        int own = d ? position_in(d->targets, d->ways, m.port[n]) : -1;

        if (own < 0) {
            return -1;
        }
        pos = pos * d->ways + (unsigned)own;
    }
    for (unsigned i = 0; i < r->window->ways; i++) {
        if (r->window->targets[i] == n) {
            return (int)(pos * r->window->ways + i);
        }
    }
    return -1;
}

static bool linux_sort(LinuxRegion *r)
{
    for (unsigned i = 0; i < CXL_MAX_WAYS; i++) {
        r->endpoint[i] = -1;
    }
    for (unsigned n = 0; n < m.nnodes; n++) {
        const CxlDecoder *d = m.nodes[n].endpoint ?
            decoder_for((int)n, r->base, r->size) : NULL;
        int pos;

        if (!d) {
            continue;
        }
        pos = linux_position(r, (int)n);
        if (d->eiw != r->eiw || d->eig != r->eig || pos < 0 ||
            pos >= (int)cxl_ways_from_eiw(r->eiw) || r->endpoint[pos] >= 0) {
            return false;
        }
        r->endpoint[pos] = (int)n;
        r->members++;
    }
    return r->members == cxl_ways_from_eiw(r->eiw);
}

static unsigned power_of_two_part(unsigned ways)
{
    return ways % 3 ? ways : ways / 3;
}

/* Granularity is the parent's times the parent's ways, and the step to next */
static bool linux_granularity(const LinuxRegion *r, int n)
{
    const CxlDecoder *d = decoder_for(n, r->base, r->size);
    uint64_t want = cxl_granularity_from_eig(r->eig) *
                    power_of_two_part(r->window->ways);

    if (m.parent[n] >= 0) {
        const CxlDecoder *up = decoder_for(m.parent[n], r->base, r->size);

        want = up->granularity * up->ways;
    }
    return d->granularity == want && d->ways <= 8 && d->ways % 3;
}

/* The ancestor of endpoint @n just below @port, or -1 */
static int next_below(int n, int port)
{
    while (n >= 0 && m.parent[n] != port) {
        n = m.parent[n];
    }
    return n;
}

/* Positions from one endpoint of a port to the next one of the same child */
static unsigned linux_distance(const LinuxRegion *r, int n)
{
    unsigned distance = r->window->ways;

    for (; n >= 0; n = m.parent[n]) {
        distance *= decoder_for(n, r->base, r->size)->ways;
    }
    return distance;
}

/* Endpoints by position meet a port's targets in the order of its list */
static bool linux_targets(const LinuxRegion *r, int port)
{
    const CxlDecoder *d = decoder_for(port, r->base, r->size);
    unsigned distance = linux_distance(r, port), set = 0;

    for (unsigned pos = 0; pos < r->members; pos++) {
        int child = next_below(r->endpoint[pos], port);
        int at;

        if (child < 0) {
            continue;
        }
        at = position_in(d->targets, set, m.port[child]);
        if (at < 0) {
            if (set == d->ways || d->targets[set++] != m.port[child]) {
                return false;
            }
        } else if (pos < distance ||
                   next_below(r->endpoint[pos - distance], port) != child) {
            return false;
        }
    }
    return set == d->ways;
}

static bool linux_assembles(LinuxRegion *r)
{
    if (!linux_sort(r)) {
        return false;
    }
    for (unsigned n = 0; n < m.nnodes; n++) {
        if (!m.nodes[n].endpoint && decoder_for((int)n, r->base, r->size) &&
            (!linux_granularity(r, (int)n) || !linux_targets(r, (int)n))) {
            return false;
        }
    }
    return true;
}

static const CxlRouteWindow *window_of(uint64_t hpa)
{
    for (unsigned i = 0; i < m.nwindows; i++) {
        if (hpa >= m.window[i].base &&
            hpa - m.window[i].base < m.window[i].size) {
            return &m.window[i];
        }
    }
    return NULL;
}

/* Every endpoint decoder is a member of a region that Linux assembles */
static void check_linux(unsigned n)
{
    for (unsigned i = 0; i < m.nodes[n].hdm->count; i++) {
        const CxlDecoder *d = &m.nodes[n].hdm->state.decoder[i];
        LinuxRegion r = {
            .window = window_of(d->base), .base = d->base, .size = d->size,
            .eiw = d->eiw, .eig = d->eig,
        };

        if (d->committed) {
            check(linux_assembles(&r));
        }
    }
}

/* --- what every plan must be --- */

static bool is_under(int n, const CxlRouteWindow *w)
{
    while (m.parent[n] >= 0) {
        n = m.parent[n];
    }
    for (unsigned i = 0; i < w->ways; i++) {
        if (w->targets[i] == n) {
            return true;
        }
    }
    return false;
}

/* Is a decoder free everywhere from @n up? */
static bool reachable(int n)
{
    for (; n >= 0; n = m.parent[n]) {
        if (m.state[n].decoders >= m.nodes[n].hdm->count) {
            return false;
        }
    }
    return true;
}

/* Has endpoint @n capacity of this kind left that a decoder could take? */
static bool has_left(int n, bool persistent)
{
    const CxlDpa *dpa = &m.dpa[n];
    const uint64_t *used = m.state[n].used;

    return persistent ? cxl_dpa_size(dpa, CXL_DPA_PERSISTENT) >
                        used[CXL_DPA_PERSISTENT] :
           cxl_dpa_size(dpa, CXL_DPA_VOLATILE) > used[CXL_DPA_VOLATILE] &&
           !used[CXL_DPA_PERSISTENT];
}

/* How many endpoints below @bridge have capacity left, and are reachable */
static unsigned count_left(int bridge, bool persistent, bool only_reachable)
{
    const CxlRouteWindow one = { .ways = 1, .targets = { (int16_t)bridge } };
    unsigned count = 0;

    for (int n = 0; n < (int)m.nnodes; n++) {
        if (m.nodes[n].endpoint && is_under(n, &one) &&
            has_left(n, persistent)) {
            count += !only_reachable || reachable(n);
        }
    }
    return count;
}

static bool wants_persistent(unsigned i)
{
    return (m.restrictions[i] & (CXL_CFMWS_VOLATILE | CXL_CFMWS_PERSISTENT)) ==
           CXL_CFMWS_PERSISTENT;
}

/* Has a device below the window persistent capacity in use already? */
static bool some_too_late(const CxlRouteWindow *w)
{
    for (int n = 0; n < (int)m.nnodes; n++) {
        if (m.nodes[n].endpoint && is_under(n, w) &&
            m.state[n].used[CXL_DPA_PERSISTENT] &&
            cxl_dpa_size(&m.dpa[n], CXL_DPA_VOLATILE) >
            m.state[n].used[CXL_DPA_VOLATILE]) {
            return true;
        }
    }
    return false;
}

/* Of the window's bridges, how many have endpoints with capacity left? */
static unsigned targets_left(unsigned i, bool only_reachable)
{
    const CxlRouteWindow *w = &m.window[i];
    bool persistent = wants_persistent(i);
    unsigned count = 0;

    for (unsigned n = 0; n < m.nbridges; n++) {
        count += is_under((int)n, w) &&
                 count_left((int)n, persistent, only_reachable);
    }
    return count;
}

/* Just after the window's plan: is its reason the true one? */
static void check_gap(unsigned i)
{
    const CxlRouteWindow *w = &m.window[i];
    const CxlPlan *plan = &m.plan[i];
    unsigned kinds = CXL_CFMWS_VOLATILE | CXL_CFMWS_PERSISTENT;
    bool full = plan->planned + w->ways * U > w->size;

    check_eq(plan->planned == 0, plan->regions == 0);
    check(plan->planned <= w->size);
    switch (plan->gap) {
    case CXL_PLAN_COMPLETE:
        check(plan->regions);
        check_eq(m.left_out[i], 0);
        break;
    case CXL_PLAN_NO_MEMORY:
    case CXL_PLAN_NO_PERSISTENT:
        check(!plan->regions);
        check_eq(m.left_out[i], 0);
        check_eq(plan->gap == CXL_PLAN_NO_PERSISTENT, wants_persistent(i));
        break;
    case CXL_PLAN_RESTRICTED:
        check(!plan->regions);
        check(!(m.restrictions[i] & CXL_CFMWS_HOST_ONLY) ||
              !(m.restrictions[i] & kinds));
        break;
    case CXL_PLAN_WINDOW_FULL:
        check(full);
        check(m.left_out[i]);
        break;
    case CXL_PLAN_NO_DECODER:
        check(!full && m.left_out[i]);
        check(targets_left(i, true) < w->ways);
        check(targets_left(i, false) > targets_left(i, true));
        break;
    case CXL_PLAN_UNEVEN:
        check(!full && m.left_out[i]);
        check(targets_left(i, false) < w->ways);
        break;
    case CXL_PLAN_TOO_LATE:
        check(!full && m.left_out[i]);
        check(targets_left(i, true) < w->ways);
        check(!wants_persistent(i) && some_too_late(w));
        break;
    case CXL_PLAN_TOO_COARSE:
        check(!full && m.left_out[i] && w->ways > 1);
        check(w->granularity * power_of_two_part(w->ways) > 16384);
        break;
    }
}

/* Plans, programs and checks everything that does not depend on the case */
static void plan_and_check(void)
{
    plan_all();
    for (unsigned i = 0; i < m.nwindows; i++) {
        check_spans(i);
    }
    check_gap(m.nwindows - 1);
    for (unsigned n = 0; n < m.nnodes; n++) {
        if (m.nodes[n].endpoint) {
            check_dpa(n);
            check_linux(n);
        }
    }
}

/* --- the table --- */

typedef struct Window {
    const char *targets;    /* one digit each */
    unsigned units;
    unsigned granularity;   /* 0: 256 */
    unsigned restrictions;  /* 0: none */
} Window;

static const struct Row {
    const char *name;
    const char *topology;
    Window window[MAX_WINDOWS];
    const char *settings;
    CxlPlanGap gap;         /* of the last window */
    unsigned left_out;      /* units, below the last window */
} rows[] = {
    { "one device", "[4]", { { "0", 16, 0, 0 } },
      "1.0=0+4/1@256 0.0=0+4/1@256:3 ", CXL_PLAN_COMPLETE, 0 },
    { "one device, 4 KiB", "[4]", { { "0", 16, 4096, 0 } },
      "1.0=0+4/1@4096 0.0=0+4/1@4096:3 ", CXL_PLAN_COMPLETE, 0 },
    { "the window is as large as the device", "[4]", { { "0", 4, 0, 0 } },
      "1.0=0+4/1@256 0.0=0+4/1@256:3 ", CXL_PLAN_COMPLETE, 0 },
    { "two devices", "[4 4]", { { "0", 16, 0, 0 } },
      "2.0=0+8/2@256 1.0=0+8/2@256 0.0=0+8/2@256:3,5 ",
      CXL_PLAN_COMPLETE, 0 },
    { "two unequal devices", "[4 2]", { { "0", 16, 0, 0 } },
      "1.0=0+4/1@256 0.0=0+4/1@256:3 2.0=4+2/1@256 0.1=4+2/1@256:5 ",
      CXL_PLAN_COMPLETE, 0 },
    { "three devices", "[1 1 1]", { { "0", 16, 512, 0 } },
      "1.0=0+1/1@512 0.0=0+1/1@512:3 2.0=1+1/1@512 0.1=1+1/1@512:5 "
      "3.0=2+1/1@512 0.2=2+1/1@512:7 ", CXL_PLAN_COMPLETE, 0 },
    { "four devices", "[2 2 2 2]", { { "0", 16, 1024, 0 } },
      "4.0=0+8/4@1024 3.0=0+8/4@1024 2.0=0+8/4@1024 1.0=0+8/4@1024 "
      "0.0=0+8/4@1024:3,5,7,9 ", CXL_PLAN_COMPLETE, 0 },
    { "six devices of one bridge", "[1 1 1 1 1 1]", { { "0", 16, 0, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 2.0=1+1/1@256 0.1=1+1/1@256:5 "
      "3.0=2+1/1@256 0.2=2+1/1@256:7 4.0=3+1/1@256 0.3=3+1/1@256:9 "
      "5.0=4+1/1@256 0.4=4+1/1@256:11 6.0=5+1/1@256 0.5=5+1/1@256:13 ",
      CXL_PLAN_COMPLETE, 0 },
    { "eight devices", "[1 1 1 1 1 1 1 1]", { { "0", 16, 16384, 0 } },
      "8.0=0+8/8@16384 7.0=0+8/8@16384 6.0=0+8/8@16384 5.0=0+8/8@16384 "
      "4.0=0+8/8@16384 3.0=0+8/8@16384 2.0=0+8/8@16384 1.0=0+8/8@16384 "
      "0.0=0+8/8@16384:3,5,7,9,11,13,15,17 ", CXL_PLAN_COMPLETE, 0 },
    { "a switch with one device", "[(4)]", { { "0", 16, 0, 0 } },
      "2.0=0+4/1@256 1.0=0+4/1@256:3 0.0=0+4/1@256:3 ", CXL_PLAN_COMPLETE, 0 },
    { "a switch with two devices", "[(4 4)]", { { "0", 16, 2048, 0 } },
      "3.0=0+8/2@2048 2.0=0+8/2@2048 1.0=0+8/2@2048:3,5 "
      "0.0=0+8/1@2048:3 ", CXL_PLAN_COMPLETE, 0 },
    { "two switches with two devices each", "[(4 4)(4 4)]",
      { { "0", 16, 2048, 0 } },
      "6.0=0+16/4@2048 5.0=0+16/4@2048 4.0=0+16/2@4096:3,5 "
      "3.0=0+16/4@2048 2.0=0+16/4@2048 1.0=0+16/2@4096:3,5 "
      "0.0=0+16/2@2048:3,5 ", CXL_PLAN_COMPLETE, 0 },
    { "the same at 16 KiB: the switches would need 32 KiB", "[(1 1)(1 1)]",
      { { "0", 4, 16384, 0 } },
      "2.0=0+1/1@16384 1.0=0+1/1@16384:3 0.0=0+1/1@16384:3 "
      "3.0=1+1/1@16384 1.1=1+1/1@16384:5 0.1=1+1/1@16384:3 "
      "5.0=2+1/1@16384 4.0=2+1/1@16384:3 0.2=2+1/1@16384:5 "
      "6.0=3+1/1@16384 4.1=3+1/1@16384:5 0.3=3+1/1@16384:5 ",
      CXL_PLAN_COMPLETE, 0 },
    { "a switch behind a switch", "[((1 1))]", { { "0", 4, 0, 0 } },
      "4.0=0+2/2@256 3.0=0+2/2@256 2.0=0+2/2@256:3,5 1.0=0+2/1@256:3 "
      "0.0=0+2/1@256:3 ", CXL_PLAN_COMPLETE, 0 },
    { "a device at two depths", "[1 (1)]", { { "0", 4, 512, 0 } },
      "3.0=0+2/2@512 2.0=0+2/1@1024:3 1.0=0+2/2@512 0.0=0+2/2@512:3,5 ",
      CXL_PLAN_COMPLETE, 0 },
    { "a switch with more devices than its neighbour", "[1 (1 1)]",
      { { "0", 4, 0, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 "
      "3.0=1+1/1@256 2.0=1+1/1@256:3 0.1=1+1/1@256:5 "
      "4.0=2+1/1@256 2.1=2+1/1@256:5 0.2=2+1/1@256:5 ",
      CXL_PLAN_COMPLETE, 0 },
    { "two bridges", "[2][2]", { { "01", 16, 0, 0 } },
      "3.0=0+4/2@256 2.0=0+4/2@256 1.0=0+4/1@512:3 0.0=0+4/1@512:3 ",
      CXL_PLAN_COMPLETE, 0 },
    { "two bridges, each in its own window", "[2][2]",
      { { "1", 4, 0, 0 }, { "0", 4, 0, 0 } },
      "3.0=0+2/1@256 1.0=0+2/1@256:3 2.0=4+2/1@256 0.0=4+2/1@256:3 ",
      CXL_PLAN_COMPLETE, 0 },
    { "two bridges with two devices each", "[1 1][1 1]",
      { { "01", 16, 8192, 0 } },
      "5.0=0+4/4@8192 4.0=0+4/4@8192 3.0=0+4/4@8192 2.0=0+4/4@8192 "
      "1.0=0+4/2@16384:3,5 0.0=0+4/2@16384:3,5 ", CXL_PLAN_COMPLETE, 0 },
    { "three bridges", "[1][1][1]", { { "012", 3, 16384, 0 } },
      "5.0=0+3/3@16384 4.0=0+3/3@16384 3.0=0+3/3@16384 2.0=0+3/1@16384:3 "
      "1.0=0+3/1@16384:3 0.0=0+3/1@16384:3 ", CXL_PLAN_COMPLETE, 0 },
    { "three bridges with two devices each", "[1 1][1 1][1 1]",
      { { "201", 6, 256, 0 } },
      "8.0=0+6/6@256 7.0=0+6/6@256 6.0=0+6/6@256 5.0=0+6/6@256 "
      "4.0=0+6/6@256 3.0=0+6/6@256 2.0=0+6/2@256:3,5 1.0=0+6/2@256:3,5 "
      "0.0=0+6/2@256:3,5 ", CXL_PLAN_COMPLETE, 0 },
    { "two bridges at 16 KiB would need 32 KiB", "[1][1]",
      { { "01", 4, 16384, 0 } }, "", CXL_PLAN_TOO_COARSE, 2 },
    { "uneven bridges", "[1 1][1]", { { "01", 4, 0, 0 } },
      "4.0=0+2/2@256 2.0=0+2/2@256 1.0=0+2/1@512:3 0.0=0+2/1@512:3 ",
      CXL_PLAN_UNEVEN, 1 },
    { "bridges with unequal devices", "[2][1 1]", { { "01", 4, 0, 0 } },
      "3.0=0+2/2@256 2.0=0+2/2@256 1.0=0+2/1@512:3 0.0=0+2/1@512:3 "
      "4.0=2+2/2@256 2.1=2+2/2@256 1.1=2+2/1@512:5 0.1=2+2/1@512:3 ",
      CXL_PLAN_COMPLETE, 0 },
    { "a bridge without devices", "[1][]", { { "01", 4, 0, 0 } }, "",
      CXL_PLAN_UNEVEN, 1 },
    { "two windows with the same bridge", "[4]",
      { { "0", 1, 0, 0 }, { "0", 8, 512, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 1.1=1+3/1@512 0.1=1+3/1@512:3 ",
      CXL_PLAN_COMPLETE, 0 },
    { "two windows with a bridge in common", "[1 1][1]",
      { { "01", 2, 0, 0 }, { "0", 4, 0, 0 } },
      "4.0=0+2/2@256 2.0=0+2/2@256 1.0=0+2/1@512:3 0.0=0+2/1@512:3 "
      "3.0=2+1/1@256 0.1=2+1/1@256:5 ", CXL_PLAN_COMPLETE, 0 },
    { "the first window has taken everything", "[1]",
      { { "0", 1, 0, 0 }, { "0", 1, 0, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 ", CXL_PLAN_NO_MEMORY, 0 },
    { "a window smaller than its device", "[4]", { { "0", 3, 0, 0 } },
      "1.0=0+3/1@256 0.0=0+3/1@256:3 ", CXL_PLAN_WINDOW_FULL, 1 },
    { "a window smaller than its interleaved devices", "[4 4]",
      { { "0", 4, 0, 0 } },
      "2.0=0+4/2@256 1.0=0+4/2@256 0.0=0+4/2@256:3,5 ",
      CXL_PLAN_WINDOW_FULL, 4 },
    { "a window with an odd unit for two devices", "[4 4]",
      { { "0", 5, 0, 0 } },
      "2.0=0+4/2@256 1.0=0+4/2@256 0.0=0+4/2@256:3,5 "
      "1.1=4+1/1@256 0.1=4+1/1@256:3 ", CXL_PLAN_WINDOW_FULL, 3 },
    { "a window with room for one of two devices", "[1 1]",
      { { "0", 1, 0, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 ", CXL_PLAN_WINDOW_FULL, 1 },
    { "a window with room for two of three devices", "[1 1 1]",
      { { "0", 2, 0, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 2.0=1+1/1@256 0.1=1+1/1@256:5 ",
      CXL_PLAN_WINDOW_FULL, 1 },
    { "a window smaller than what is below its two bridges", "[4][4]",
      { { "01", 6, 0, 0 } },
      "3.0=0+6/2@256 2.0=0+6/2@256 1.0=0+6/1@512:3 0.0=0+6/1@512:3 ",
      CXL_PLAN_WINDOW_FULL, 2 },
    { "the bridge runs out of decoders", "[1 1 1]/2", { { "0", 8, 0, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 2.0=1+1/1@256 0.1=1+1/1@256:5 ",
      CXL_PLAN_NO_DECODER, 1 },
    { "a switch runs out of decoders", "[(1 1 1)/1 1]", { { "0", 8, 0, 0 } },
      "2.0=0+1/1@256 1.0=0+1/1@256:3 0.0=0+1/1@256:3 "
      "5.0=1+1/1@256 0.1=1+1/1@256:5 ", CXL_PLAN_NO_DECODER, 2 },
    { "an endpoint runs out of decoders", "[4/1]",
      { { "0", 1, 0, 0 }, { "0", 8, 0, 0 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 ", CXL_PLAN_NO_DECODER, 3 },
    { "a bridge without decoders", "[4]/0", { { "0", 8, 0, 0 } }, "",
      CXL_PLAN_NO_DECODER, 4 },
    { "nothing there", "[]", { { "0", 8, 0, 0 } }, "", CXL_PLAN_NO_MEMORY, 0 },
    { "persistent capacity only", "[0+4 0+4]", { { "0", 8, 0, 0 } }, "",
      CXL_PLAN_NO_MEMORY, 0 },
    { "both kinds of capacity", "[2+4 2+1]", { { "0", 8, 0, 0 } },
      "2.0=0+4/2@256 1.0=0+4/2@256 0.0=0+4/2@256:3,5 ",
      CXL_PLAN_COMPLETE, 0 },
    { "a persistent device among others", "[1 0+4 1]", { { "0", 8, 0, 0 } },
      "3.0=0+2/2@256 1.0=0+2/2@256 0.0=0+2/2@256:3,7 ",
      CXL_PLAN_COMPLETE, 0 },
    { "the window is for persistent memory", "[1]", { { "0", 8, 0, 0xb } }, "",
      CXL_PLAN_NO_PERSISTENT, 0 },
    { "the window is for no memory", "[1]", { { "0", 8, 0, 0x3 } }, "",
      CXL_PLAN_RESTRICTED, 1 },
    { "a persistent device", "[0+4]", { { "0", 8, 0, 0xa } },
      "1.0=0+4/1@256 0.0=0+4/1@256:3 ", CXL_PLAN_COMPLETE, 0 },
    { "persistent capacity behind unused volatile", "[3+4]",
      { { "0", 8, 0, 0xa } },
      "1.0=0+4/1@256~3 0.0=0+4/1@256:3 ", CXL_PLAN_COMPLETE, 0 },
    { "a window for each kind", "[3+4]",
      { { "0", 2, 0, 0x6 }, { "0", 3, 0, 0xa } },
      "1.0=0+2/1@256 0.0=0+2/1@256:3 1.1=2+3/1@256~1 0.1=2+3/1@256:3 ",
      CXL_PLAN_WINDOW_FULL, 1 },
    { "a window for each kind, persistent first", "[3+4]",
      { { "0", 4, 0, 0xa }, { "0", 3, 0, 0 } },
      "1.0=0+4/1@256~3 0.0=0+4/1@256:3 ", CXL_PLAN_TOO_LATE, 3 },
    { "persistent capacity in two windows", "[1+4]",
      { { "0", 2, 0, 0xa }, { "0", 2, 0, 0xa } },
      "1.0=0+2/1@256~1 0.0=0+2/1@256:3 1.1=2+2/1@256 0.1=2+2/1@256:3 ",
      CXL_PLAN_COMPLETE, 0 },
    { "persistent devices of two bridges, interleaved", "[1+2][2+2]",
      { { "01", 4, 0, 0xa } },
      "3.0=0+4/2@256~2 2.0=0+4/2@256~1 1.0=0+4/1@512:3 0.0=0+4/1@512:3 ",
      CXL_PLAN_COMPLETE, 0 },
    { "the window is for device-coherent memory", "[1]",
      { { "0", 8, 0, 0xd } }, "", CXL_PLAN_RESTRICTED, 1 },
    { "the window is for this alone", "[1]", { { "0", 8, 0, 0x16 } },
      "1.0=0+1/1@256 0.0=0+1/1@256:3 ", CXL_PLAN_COMPLETE, 0 },
    { "a target twice", "[1 1]", { { "00", 8, 0, 0 } }, "", CXL_PLAN_UNEVEN,
      2 },
};

static void load_row(const struct Row *row)
{
    clear();
    build(row->topology);
    for (unsigned i = 0; i < MAX_WINDOWS && row->window[i].targets; i++) {
        const Window *from = &row->window[i];
        CxlRouteWindow *w = add_window((unsigned)strlen(from->targets),
                                       from->units);

        for (unsigned k = 0; k < w->ways; k++) {
            w->targets[k] = (int16_t)(from->targets[k] - '0');
        }
        if (from->granularity) {
            w->granularity = from->granularity;
        }
        if (from->restrictions) {
            m.restrictions[i] = from->restrictions;
        }
    }
}

static void test_table(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned long failures = unit_failures;
        unsigned last;

        load_row(&rows[i]);
        last = m.nwindows - 1;
        plan_and_check();
        check_str(words, rows[i].settings);
        check_str(cxl_plan_gap_text(m.plan[last].gap),
                  cxl_plan_gap_text(rows[i].gap));
        check_eq(m.left_out[last], rows[i].left_out * U);
        if (unit_failures != failures) {
            unit_note("%s: %s", rows[i].name, words);
        }
    }
}

/* --- even trees of all shapes --- */

/* @devices devices, spread over @switches switches each, or none */
static void build_even(unsigned bridges, unsigned switches, unsigned devices,
                       unsigned units)
{
    clear();
    m.nbridges = bridges;
    for (unsigned b = 0; b < bridges; b++) {
        add_node(CXL_HOST_BRIDGE, 32, 0, 0);
    }
    for (unsigned b = 0; b < bridges; b++) {
        for (unsigned i = 0; i < (switches ? switches : 1); i++) {
            unsigned above = b;

            if (switches) {
                above = add_node(CXL_UPSTREAM_PORT, 10, 0, 0);
                connect(b, i, above);
            }
            for (unsigned k = 0; k < devices; k++) {
                connect(above, 100 + k, add_node(CXL_ENDPOINT, 10, units, 0));
            }
        }
    }
}

static bool is_power_of_two(unsigned n)
{
    return n && !(n & (n - 1));
}

static unsigned log2_of(unsigned n)
{
    return n > 1 ? 1 + log2_of(n / 2) : 0;
}

/* One region, if the specification has a way to write it */
static void check_even(unsigned bridges, unsigned switches, unsigned devices,
                       unsigned eig, bool xor)
{
    unsigned ports = switches ? switches : devices;
    unsigned ways = bridges * ports * (switches ? devices : 1);
    unsigned lowest = eig + log2_of(power_of_two_part(bridges)) +
                      (switches ? log2_of(ports) : 0);
    bool one = cxl_eiw_from_ways(ways) >= 0 && is_power_of_two(ports) &&
               is_power_of_two(devices) && ports <= CXL_HDM_MAX_TARGETS &&
               devices <= CXL_HDM_MAX_TARGETS && lowest <= CXL_MAX_EIG;
    CxlRouteWindow *w;

    build_even(bridges, switches, devices, 2);
    w = add_window(bridges, 2 * ways);
    w->granularity = cxl_granularity_from_eig(eig);
    w->xor = xor;
    for (unsigned i = 0; i < bridges; i++) {
        w->targets[i] = (int16_t)(bridges - 1 - i);
    }
    plan_and_check();
    if (one) {
        check_eq(m.plan[0].regions, 1);
        check_eq(m.plan[0].planned, w->size);
    } else {
        check(m.plan[0].regions != 1);
    }
}

static void test_even(void)
{
    static const unsigned bridges[] = { 1, 2, 3, 4, 6, 8, 12, 16 };
    static const unsigned devices[] = { 1, 2, 3, 4, 8, 16 };

    for (unsigned i = 0; i < 8 * 4 * 6 * 14; i++) {
        unsigned b = bridges[i % 8];
        unsigned switches = i / 8 % 4;
        unsigned d = devices[i / 32 % 6];

        if (b * (switches + 1) * d <= 128) {
            check_even(b, switches, d, i / 192 % 7, i / 1344);
        }
    }
}

/* --- random machines --- */

static unsigned one_of(const unsigned *values, unsigned count)
{
    return values[unit_below(count)];
}

#define ONE_OF(...) \
    one_of((const unsigned[]){ __VA_ARGS__ }, \
           sizeof((const unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned))

static unsigned random_device(unsigned usual)
{
    unsigned units = unit_below(8) ? usual : ONE_OF(0, 1, 2, 3, 8);

    return add_node(CXL_ENDPOINT, ONE_OF(1, 2, 4), units, ONE_OF(0, 0, 1, 4));
}

/* Ports of distinct numbers, in random order, with something behind them */
static void random_children(unsigned parent, unsigned depth, unsigned usual)
{
    unsigned count = depth ? ONE_OF(1, 2, 2, 3, 4) : ONE_OF(0, 1, 1, 2, 2, 4);
    unsigned port = (unsigned)unit_below(256);

    for (unsigned i = 0; i < count; i++) {
        unsigned child;

        port = (port + 1 + (unsigned)unit_below(60)) % 256;
        if (depth < 3 && !unit_below(4)) {
            child = add_node(CXL_UPSTREAM_PORT, ONE_OF(0, 1, 2, 8), 0, 0);
            connect(parent, port, child);
            random_children(child, depth + 1, usual);
        } else {
            connect(parent, port, random_device(usual));
        }
    }
}

static void random_window(void)
{
    unsigned ways = 1;
    CxlRouteWindow *w;

    for (unsigned i = 0; i < 8 && ways == 1; i++) {
        unsigned pick = ONE_OF(1, 2, 3, 4, 6, 8);

        ways = pick <= m.nbridges ? pick : 1;
    }
    w = add_window(ways, ways * ONE_OF(1, 2, 3, 5, 8, 16));
    w->granularity = cxl_granularity_from_eig((unsigned)unit_below(7));
    w->xor = unit_below(2);
    for (unsigned i = 0, n = (unsigned)unit_below(m.nbridges); i < ways; i++) {
        w->targets[i] = (int16_t)((n + i) % m.nbridges);
    }
    if (!unit_below(16)) {
        m.restrictions[m.nwindows - 1] = (unsigned)unit_below(64);
    } else if (!unit_below(4)) {
        m.restrictions[m.nwindows - 1] = CXL_CFMWS_HOST_ONLY |
                                         CXL_CFMWS_PERSISTENT;
    }
}

static void random_machine(void)
{
    unsigned usual = ONE_OF(1, 2, 3, 4);

    clear();
    m.nbridges = ONE_OF(1, 1, 2, 2, 3, 4, 6, 8);
    for (unsigned n = 0; n < m.nbridges; n++) {
        add_node(CXL_HOST_BRIDGE, ONE_OF(1, 2, 8, 32), 0, 0);
    }
    for (unsigned n = 0; n < m.nbridges; n++) {
        random_children(n, 0, usual);
    }
    for (unsigned i = ONE_OF(1, 2, 3); i > 0; i--) {
        random_window();
    }
}

static void test_random(void)
{
    unsigned gaps[CXL_PLAN_TOO_LATE + 1] = { 0 };
    unsigned interleaved = 0, several = 0;

    for (unsigned i = 0; i < 20000; i++) {
        random_machine();
        plan_and_check();
        gaps[m.plan[m.nwindows - 1].gap]++;
        interleaved += strstr(words, "/4@") || strstr(words, "/6@");
        several += m.plan[0].regions > 1;
    }
    /* All kinds of machine have been met */
    for (unsigned gap = 0; gap <= CXL_PLAN_TOO_LATE; gap++) {
        check(gaps[gap] > 20);
    }
    check(interleaved > 1000);
    check(several > 1000);
}

/* --- what no machine makes --- */

/* Nodes that are their own ancestors, are nowhere, or have no registers */
static void test_no_tree(void)
{
    clear();
    build("[(1 1) (1)]");
    m.nodes[0].child[200] = (int16_t)m.nnodes;
    m.nodes[0].child[201] = INT16_MAX;
    m.nodes[0].child[202] = INT16_MIN;
    m.nodes[1].child[7] = 1;
    m.nodes[1].child[8] = 0;
    m.nodes[2].child[1] = 5;
    m.nodes[5].child[0] = 4;
    m.nodes[3].hdm = NULL;
    m.nodes[4].hdm = NULL;
    add_window(1, 16);
    plan_all();
    check_str(words, "2.0=0+1/1@256 1.0=0+1/1@256:3 0.0=0+1/1@256:3 ");
    check_eq(m.plan[0].gap, CXL_PLAN_NO_DECODER);
    check_eq(m.left_out[0], U);
}

static void test_bad_targets(void)
{
    static const int16_t bad[] = { -1, INT16_MIN, 6, INT16_MAX };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        clear();
        build("[1][1][1]");
        add_window(1, 16)->targets[0] = bad[i];
        add_window(2, 16)->targets[1] = bad[i];
        plan_all();
        check_str(words, "");
        check_eq(m.plan[0].gap, CXL_PLAN_NO_MEMORY);
        check_eq(m.plan[1].gap, CXL_PLAN_UNEVEN);
    }
}

static void test_texts(void)
{
    for (unsigned a = 0; a <= CXL_PLAN_TOO_LATE; a++) {
        check(strlen(cxl_plan_gap_text((CxlPlanGap)a)) > 10);
        for (unsigned b = 0; b < a; b++) {
            check(strcmp(cxl_plan_gap_text((CxlPlanGap)a),
                         cxl_plan_gap_text((CxlPlanGap)b)));
        }
    }
    check_str(cxl_plan_gap_text((CxlPlanGap)(CXL_PLAN_TOO_LATE + 1)),
              "unknown");
}

int main(void)
{
    unit_run("table", test_table);
    unit_run("even", test_even);
    unit_run("random", test_random);
    unit_run("no-tree", test_no_tree);
    unit_run("bad-targets", test_bad_targets);
    unit_run("texts", test_texts);
    return unit_done();
}
