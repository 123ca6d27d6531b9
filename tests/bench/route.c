/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measures the route compiler: how long all devices of a machine take, each
 * bridge with one switch and up to eight devices behind it, in regions of up
 * to 16 devices. scripts/bench compiles it with hw/cxl/core and runs it.
 *
 * Prints a line of devices, bridges, spans, microseconds to compile and
 * nanoseconds to decode an address, medians both, for each number of devices.
 */
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "hw/cxl/core/route.h"

#define UNIT         (256ull << 20)
#define BASE         (16 * UNIT)
#define MAX_DEVICES  32u
#define PER_SWITCH   8u
#define MAX_BRIDGES  (MAX_DEVICES / PER_SWITCH)
#define MAX_NODES    (MAX_DEVICES + 2 * MAX_BRIDGES)
#define MAX_SPANS    16u
#define ROUNDS       501u
#define DECODES      65536u

/* Of each device */
static const CxlDpa memory = {
    .count = 1, .part = { { .size = UNIT, .next_size = UNIT } },
};

static CxlHdm hdms[MAX_NODES];
static CxlRouteNode nodes[MAX_NODES];
static unsigned count;
static CxlRouteWindow window;
static CxlRouteSpan spans[MAX_SPANS];

static unsigned add_node(bool endpoint)
{
    CxlHdm *hdm = &hdms[count];

    *hdm = (CxlHdm) {
        .count = 4,
        .endpoint = endpoint,
        .state.enabled = true,
        .ways_3_6_12 = endpoint,
        .ways_16 = endpoint,
        .dpa = endpoint ? &memory : NULL,
    };
    cxl_route_node_init(&nodes[count], hdm, endpoint, true);
    return count++;
}

/* @n: of the component's decoders; @first: port at position 0 */
static void commit(unsigned node, unsigned n, uint64_t base, uint64_t size,
                   unsigned ways, uint64_t granularity, unsigned first)
{
    CxlDecoder want = {
        .base = base,
        .size = size,
        .eiw = (uint8_t)cxl_eiw_from_ways(ways),
        .eig = (uint8_t)cxl_eig_from_granularity(granularity),
    };

    for (unsigned i = 0; i < ways && i < 8; i++) {
        want.targets[i] = (uint8_t)(first + i);
    }
    if (cxl_hdm_commit(&hdms[node], n, &want) != CXL_HDM_ACCEPTED) {
        fprintf(stderr, "route: decoder %u of node %u is refused\n", n, node);
        exit(1);
    }
}

/* Region @r spreads over all bridges, and over @ways devices of each */
static void commit_region(unsigned r, unsigned bridges, unsigned ways,
                          const unsigned *bridge)
{
    uint64_t size = bridges * ways * UNIT, base = BASE + r * size;

    for (unsigned b = 0; b < bridges; b++) {
        unsigned usp = bridge[b] + 1;

        commit(bridge[b], r, base, size, 1, 256, 0);
        commit(usp, r, base, size, ways, 256 * bridges, r * ways);
        for (unsigned i = 0; i < ways; i++) {
            commit(usp + 1 + r * ways + i, 0, base, size, bridges * ways, 256,
                   0);
        }
    }
}

static void build(unsigned devices)
{
    unsigned bridges = devices < PER_SWITCH ? 1 : devices / PER_SWITCH;
    unsigned each = devices / bridges;
    unsigned ways = bridges * each > 16 ? 16 / bridges : each;
    unsigned bridge[MAX_BRIDGES];

    count = 0;
    window = (CxlRouteWindow) {
        .base = BASE, .size = devices * UNIT, .ways = bridges,
        .granularity = 256,
    };
    for (unsigned b = 0; b < bridges; b++) {
        unsigned usp;

        bridge[b] = add_node(false);
        usp = add_node(false);
        nodes[bridge[b]].child[0] = (int16_t)usp;
        window.targets[b] = (int16_t)bridge[b];
        for (unsigned i = 0; i < each; i++) {
            nodes[usp].child[i] = (int16_t)add_node(true);
        }
    }
    for (unsigned r = 0; r < each / ways; r++) {
        commit_region(r, bridges, ways, bridge);
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median_compile(int *n)
{
    static double seconds[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        double start = now();

        *n = cxl_route_compile(nodes, count, &window, spans, MAX_SPANS);
        seconds[i] = now() - start;
    }
    qsort(seconds, ROUNDS, sizeof(seconds[0]), by_value);
    return seconds[ROUNDS / 2];
}

static double median_decode(void)
{
    static double seconds[ROUNDS];
    uint64_t dpa, sum = 0;
    unsigned target;

    for (unsigned i = 0; i < ROUNDS; i++) {
        double start = now();

        for (unsigned k = 0; k < DECODES; k++) {
            cxl_route_decode(&spans[0], spans[0].hpa + k * 320ull, &target,
                             &dpa);
            sum += dpa;
        }
        seconds[i] = (now() - start) / DECODES;
    }
    qsort(seconds, ROUNDS, sizeof(seconds[0]), by_value);
    return sum ? seconds[ROUNDS / 2] : 0;
}

int main(void)
{
    for (unsigned devices = 1; devices <= MAX_DEVICES; devices *= 2) {
        double compile;
        int n;

        build(devices);
        compile = median_compile(&n);
        if (n < 1 || spans[0].fault) {
            fprintf(stderr, "route: %u devices do not decode\n", devices);
            return 1;
        }
        printf("%u %u %d %.2f %.2f\n", devices, window.ways, n, compile * 1e6,
               median_decode() * 1e9);
    }
    return 0;
}
