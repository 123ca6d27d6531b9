/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Topologies at random for tests of routes: interleave sets as an operating
 * system makes them, and whatever else can be committed
 */
#ifndef TESTS_UNIT_RANDOM_ROUTE_H
#define TESTS_UNIT_RANDOM_ROUTE_H

#include "slow-route.h"

static inline unsigned log2_of(unsigned n)
{
    unsigned bits = 0;

    while (n >>= 1) {
        bits++;
    }
    return bits;
}

/*
 * A legal interleave set: the window and up to three levels of ports share
 * out the ways, each level selecting by address bits of its own
 */
typedef struct Legal {
    unsigned ways[4];       /* window, host bridge, switch, switch */
    unsigned eig[4];
    unsigned total;
    unsigned lowest;        /* eig of the endpoints */
    uint64_t base, size;    /* of the ports' decoders */
    uint64_t more;          /* units that the endpoints' begin earlier */
} Legal;

static inline bool choose_fields(Legal *l)
{
    unsigned order[4] = { 0, 1, 2, 3 };
    unsigned eig = (unsigned)unit_below(7);

    for (unsigned i = 3; i > 0; i--) {
        unsigned j = (unsigned)unit_below(i + 1), t = order[i];

        order[i] = order[j];
        order[j] = t;
    }
    l->lowest = eig;
    for (unsigned i = 0; i < 4; i++) {
        unsigned ways = l->ways[order[i]];

        l->eig[order[i]] = eig > 6 ? 6 : eig;
        if (ways > 1 && eig > 6) {
            return false;
        }
        eig += log2_of(ways % 3 ? ways : ways / 3);
    }
    return true;
}

static inline void choose_legal(Legal *l)
{
    static const unsigned window_ways[] = { 1, 2, 3, 4, 6, 8, 12, 16 };

    l->more = 0;
    do {
        l->ways[0] = window_ways[unit_below(8)];
        l->total = l->ways[0];
        for (unsigned i = 1; i < 4; i++) {
            l->ways[i] = 1u << unit_below(4);
            l->total *= l->ways[i];
        }
    } while (cxl_eiw_from_ways(l->total) < 0 || !choose_fields(l));
}

/* Build one port and what is below it, from level 1 to the endpoints */
static inline int build_legal(const Legal *l, unsigned level)
{
    static const CxlComponentKind kinds[] = {
        0, CXL_HOST_BRIDGE, CXL_UPSTREAM_PORT, CXL_UPSTREAM_PORT,
    };
    uint64_t list = 0;
    unsigned ways, first;
    int node;

    if (level == 4 || (level > 1 && l->ways[level] == 1 && unit_below(2))) {
        if (level < 4) {
            return build_legal(l, level + 1);       /* no switch here */
        }
        node = topo_add(CXL_ENDPOINT, 1);
        topo_enable(node);
        check(topo_commit(node, 0, l->base - l->more * U,
                          l->size + (l->more + 2) / 3 * 3 * U,
                          (unsigned)cxl_eiw_from_ways(l->total), l->lowest,
                          (1 + unit_below(4)) * U));
        return node;
    }
    ways = l->ways[level];
    if (ways == 1 && unit_below(2)) {
        node = topo_add(kinds[level], 0);
        topo.nodes[node].only_child = (int16_t)build_legal(l, level + 1);
        return node;
    }
    node = topo_add(kinds[level], 2);
    first = (unsigned)unit_below(256);
    for (unsigned i = 0; i < ways; i++) {
        uint8_t port = (uint8_t)(first + 37 * i);

        list |= (uint64_t)port << (8 * i);
        topo.nodes[node].child[port] = (int16_t)build_legal(l, level + 1);
    }
    check(topo_commit(node, 0, l->base, l->size,
                      (unsigned)cxl_eiw_from_ways(ways), l->eig[level], list));
    return node;
}

static inline void make_window(unsigned ways, unsigned eig, bool xor,
                               uint64_t size)
{
    topo.count = 0;
    topo.window = (CxlRouteWindow) {
        .base = (16 + unit_below(1000)) * U, .size = size, .ways = ways,
        .granularity = cxl_granularity_from_eig(eig), .xor = xor,
    };
    for (unsigned i = 0; i < CXL_ROUTE_MAX_TARGETS; i++) {
        topo.window.targets[i] = CXL_ROUTE_NONE;
    }
}

/* Eight different ports, of which those from 200 on have nothing behind them */
static inline uint64_t targets_at_random(void)
{
    uint8_t port[8] = { 0, 1, 2, 3, 4, 205, 206, 207 };
    uint64_t list = 0;

    for (unsigned i = 0; i < 5; i++) {
        unsigned k = i + (unsigned)unit_below(5 - i);
        uint8_t chosen = port[k];

        port[k] = port[i];
        port[i] = unit_below(60) ? chosen : (uint8_t)(200 + i);
    }
    for (unsigned i = 0; i < 8; i++) {
        list |= (uint64_t)port[i] << (8 * i);
    }
    return list;
}

/*
 * Anything that can be committed: ranges, ways, granularities and targets at
 * random, with holes, dead ports and disabled devices
 */
static inline void commit_at_random(int node)
{
    const CxlRouteNode *n = &topo.nodes[node];
    unsigned count = topo.components[node].hdm.count;
    uint64_t base = topo.window.base;
    uint64_t end = topo.window.base + topo.window.size;

    for (unsigned d = 0; d < count && base < end; d++) {
        uint64_t room = (end - base) / U, size;
        uint64_t list = n->endpoint ? 0 : targets_at_random();
        unsigned eiw = (unsigned)unit_below(n->endpoint ? 11 :
                                            unit_below(20) ? 3 : 4);

        size = unit_below(4) ? room * U : (1 + unit_below(room)) * U;
        if (unit_below(3) == 0) {
            eiw = 0;
        }
        if (eiw > 4 && eiw < 8) {
            eiw += 3;
        }
        if (eiw >= 8) {
            size = size / (3 * U) * 3 * U;
        }
        if (!topo_commit(node, d, base, size, eiw, (unsigned)unit_below(7),
                         list)) {
            return;
        }
        base += size + (unit_below(4) ? 0 : U);
    }
}

static inline int build_at_random(unsigned level)
{
    CxlComponentKind kind = level == 0 ? CXL_HOST_BRIDGE : CXL_UPSTREAM_PORT;
    int node;

    if (level && unit_below(level + 1)) {
        node = topo_add(CXL_ENDPOINT, 4);
        if (unit_below(50)) {
            topo_enable(node);
        }
        topo.nodes[node].enabled = unit_below(50);
    } else if (unit_below(4) == 0) {
        node = topo_add(kind, 0);
        if (unit_below(20) && topo.count < MAX_NODES / 2) {
            topo.nodes[node].only_child = (int16_t)build_at_random(level + 1);
        }
        return node;
    } else {
        unsigned ports = unit_below(8) ? 5 : 3;

        node = topo_add(kind, 4);
        for (unsigned i = 0; i < ports && topo.count < MAX_NODES / 2; i++) {
            topo.nodes[node].child[i] = (int16_t)build_at_random(level + 1);
        }
    }
    commit_at_random(node);
    return node;
}

/* A window over one or two bridges, with anything below them */
static inline void build_any(void)
{
    unsigned ways = cxl_ways_from_eiw((unsigned)unit_below(5));
    unsigned bridges = 1 + (unsigned)unit_below(2);
    int16_t bridge[2];

    if (unit_below(3) == 0) {
        ways = 3u << unit_below(3);
    }
    make_window(ways, (unsigned)unit_below(7), unit_below(2),
                3 * (1 + unit_below(4)) * U);
    for (unsigned b = 0; b < bridges; b++) {
        bridge[b] = (int16_t)build_at_random(0);
    }
    for (unsigned pos = 0; pos < ways; pos++) {
        topo.window.targets[pos] = bridge[unit_below(bridges)];
    }
    if (unit_below(50) == 0) {
        topo.window.targets[unit_below(ways)] = CXL_ROUTE_NONE;
    }
}

/*
 * Nearly legal: the right number of ways everywhere, but address bits used
 * twice or not at all, or a span that is a piece of an interleave set
 */
static inline void build_nearly_legal(void)
{
    Legal l;

    choose_legal(&l);
    for (unsigned level = 0; level < 4; level++) {
        if (unit_below(6) == 0) {
            l.eig[level] = (unsigned)unit_below(7);
        }
    }
    if (unit_below(6) == 0) {
        l.lowest = (unsigned)unit_below(7);
    }
    l.more = unit_below(4);
    l.size = 3 * (1 + unit_below(4)) * U;
    make_window(l.ways[0], l.eig[0], unit_below(2),
                l.size - unit_below(3) * U);
    l.base = topo.window.base;
    for (unsigned pos = 0; pos < l.ways[0]; pos++) {
        topo.window.targets[pos] = (int16_t)build_legal(&l, 1);
    }
}

#endif /* TESTS_UNIT_RANDOM_ROUTE_H */
