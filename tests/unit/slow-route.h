/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CXL topology made of component registers, and a decoder of addresses that
 * knows nothing of the route compiler: for each address it walks from the
 * window to the endpoint, reads the registers on the way, and does the
 * arithmetic by counting granules (CXL 3.1 8.2.4.20.13, 9.18.1.3).
 */
#ifndef TESTS_UNIT_SLOW_ROUTE_H
#define TESTS_UNIT_SLOW_ROUTE_H

#include "hw/cxl/core/component.h"
#include "hw/cxl/core/route.h"
#include "dpa.h"
#include "unit.h"

#define U           (256ull << 20)
#define MAX_NODES   160

#define HDM         0x1200
#define BASE(n)     (HDM + 0x10 + 0x20 * (unsigned)(n))
#define SIZE(n)     (BASE(n) + 0x08)
#define CTRL(n)     (BASE(n) + 0x10)
#define LIST(n)     (BASE(n) + 0x14)
#define COMMIT      0x200u
#define COMMITTED   0x400u

typedef struct Topology {
    unsigned count;
    CxlRouteNode nodes[MAX_NODES];
    CxlComponent components[MAX_NODES];
    CxlDpa dpa;
    CxlRouteWindow window;
} Topology;

static Topology topo;

static inline int topo_add(CxlComponentKind kind, unsigned decoders)
{
    int n = (int)topo.count++;
    const CxlComponentConfig config = {
        .kind = kind, .decoders = decoders, .dpa = &topo.dpa,
    };

    topo.dpa = test_dpa(256 * U, 0);
    cxl_component_init(&topo.components[n], &config);
    cxl_route_node_init(&topo.nodes[n], &topo.components[n].hdm,
                        kind == CXL_ENDPOINT, true);
    return n;
}

static inline void topo_write(int node, uint64_t offset, unsigned size,
                              uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_component_write(&topo.components[node], offset, size, value,
                        &effects);
}

static inline uint64_t topo_read(int node, uint64_t offset, unsigned size)
{
    return cxl_component_read(&topo.components[node], offset, size);
}

/* Commit decoder @n as firmware does; false if it was refused */
static inline bool topo_commit(int node, unsigned n, uint64_t base,
                               uint64_t size, unsigned eiw, unsigned eig,
                               uint64_t list)
{
    topo_write(node, BASE(n), 8, base);
    topo_write(node, SIZE(n), 8, size);
    topo_write(node, LIST(n), 8, list);
    topo_write(node, CTRL(n), 4, eiw << 4 | eig | COMMIT);
    return topo_read(node, CTRL(n), 4) & COMMITTED;
}

static inline void topo_enable(int node)
{
    topo_write(node, HDM + 4, 4, 2);
}

static inline unsigned slow_ways(uint64_t ctrl)
{
    static const uint8_t ways[16] = { 1, 2, 4, 8, 16, [8] = 3, 6, 12 };

    return ways[ctrl >> 4 & 0xf];
}

static inline uint64_t slow_granularity(uint64_t ctrl)
{
    uint64_t granularity = 256;

    for (unsigned i = 0; i < (ctrl & 0xf); i++) {
        granularity *= 2;
    }
    return granularity;
}

/* XOR position: address bits as the specification lists them for 256 bytes */
static inline unsigned slow_xor(uint64_t hpa, unsigned ways, uint64_t granule)
{
    static const uint8_t bits[4][4] = {
        { 8, 11, 17, 25 }, { 9, 12, 18, 26 }, { 10, 16, 24 }, { 11 },
    };
    uint64_t scaled = hpa / (granule / 256);
    unsigned part = ways % 3 ? ways : ways / 3, pos = 0;

    for (unsigned n = 0; 1u << n < part; n++) {
        for (unsigned b = 0; b < 4 && bits[n][b]; b++) {
            pos ^= (unsigned)(scaled >> bits[n][b] & 1) << n;
        }
    }
    if (ways % 3 == 0) {
        pos += (unsigned)(hpa / granule / part % 3) * part;
    }
    return pos;
}

/* Number of the decoder that covers @hpa; *@dpa is where its DPA starts */
static inline int slow_find(int node, uint64_t hpa, uint64_t *dpa)
{
    unsigned count = topo.components[node].hdm.count;

    *dpa = 0;
    for (unsigned n = 0; n < count; n++) {
        uint64_t base = topo_read(node, BASE(n), 8);
        uint64_t size = topo_read(node, SIZE(n), 8);
        uint64_t ctrl = topo_read(node, CTRL(n), 4);

        if (!(ctrl & COMMITTED) || !size) {
            continue;
        }
        *dpa += topo_read(node, LIST(n), 8);
        if (hpa >= base && hpa < base + size) {
            return (int)n;
        }
        *dpa += size / slow_ways(ctrl);
    }
    return -1;
}

/* Where the byte at @hpa of the window lies; false if nowhere */
static inline bool slow_decode(uint64_t hpa, int *endpoint, uint64_t *dpa)
{
    const CxlRouteWindow *w = &topo.window;
    unsigned pos = w->xor ? slow_xor(hpa, w->ways, w->granularity) :
                   (unsigned)(hpa / w->granularity % w->ways);
    int node = w->targets[pos];

    while (node >= 0) {
        const CxlRouteNode *at = &topo.nodes[node];
        uint64_t offset, granule, granularity;
        unsigned ways;
        int n;

        if (at->endpoint &&
            !(at->enabled && topo_read(node, HDM + 4, 4) & 2)) {
            return false;
        }
        if (!at->endpoint && !topo.components[node].hdm.count) {
            node = at->only_child;
            continue;
        }
        n = slow_find(node, hpa, dpa);
        if (n < 0) {
            return false;
        }
        offset = hpa - topo_read(node, BASE(n), 8);
        ways = slow_ways(topo_read(node, CTRL(n), 4));
        granularity = slow_granularity(topo_read(node, CTRL(n), 4));
        granule = offset / granularity;
        if (at->endpoint) {
            *dpa += granule / ways * granularity + offset % granularity;
            *endpoint = node;
            return true;
        }
        node = at->child[topo_read(node, LIST(n) + granule % ways,
                                   1)];
    }
    return false;
}

/*
 * All that lies behind @node for decoders that cover @hpa, whatever position
 * leads there: marks endpoints, counts positions that lead nowhere
 */
static inline unsigned slow_explore(uint64_t hpa, int node, bool *endpoints)
{
    const CxlRouteNode *at = &topo.nodes[node < 0 ? 0 : node];
    unsigned dead = 0;
    uint64_t dpa;
    int n;

    if (node < 0) {
        return 1;
    }
    if (at->endpoint) {
        endpoints[node] = true;
        return !at->enabled || !(topo_read(node, HDM + 4, 4) & 2) ||
               slow_find(node, hpa, &dpa) < 0;
    }
    if (!topo.components[node].hdm.count) {
        return slow_explore(hpa, at->only_child, endpoints);
    }
    n = slow_find(node, hpa, &dpa);
    if (n < 0) {
        return 1;
    }
    for (unsigned pos = 0; pos < slow_ways(topo_read(node, CTRL(n), 4));
         pos++) {
        dead += slow_explore(hpa, at->child[topo_read(node, LIST(n) + pos, 1)],
                             endpoints);
    }
    return dead;
}

#endif /* TESTS_UNIT_SLOW_ROUTE_H */
