/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route compiler against a decoder that walks registers
 */
#include "hw/cxl/core/route.h"

#include "check-route.h"
#include "unit.h"

/* Targets are in the order in which a modulo window deals out granules */
static void check_order(const CxlRouteSpan *span, unsigned eig)
{
    bool xor = topo.window.xor;

    topo.window.xor = false;
    for (unsigned i = 0; i < span->ntargets; i++) {
        uint64_t granule = (span->hpa >> (8 + eig)) + i, dpa;
        int node = -1;

        check(slow_decode(granule << (8 + eig), &node, &dpa));
        check_eq(span->target[granule % span->ntargets].node, node);
    }
    topo.window.xor = xor;
}

/* Table 9-22: the position comes from the address, wherever the window is */
static void test_absolute(void)
{
    for (unsigned at = 0; at < 12; at++) {
        for (unsigned eiw = 8; eiw <= 10; eiw++) {
            unsigned ways = cxl_ways_from_eiw(eiw);

            make_window(ways, 0, false, 3 * U);
            topo.window.base = (100 + at) * U;
            for (unsigned pos = 0; pos < ways; pos++) {
                int bridge = topo_add(CXL_HOST_BRIDGE, 0);
                int device = topo_add(CXL_ENDPOINT, 1);

                topo.window.targets[pos] = (int16_t)bridge;
                topo.nodes[bridge].only_child = (int16_t)device;
                topo_enable(device);
                check(topo_commit(device, 0, topo.window.base, 3 * U, eiw, 0,
                                  0));
            }
            check_eq(compile(), 1);
            for (unsigned i = 0; i < 24; i++) {
                uint64_t hpa = topo.window.base + 256 * i, dpa = 0;
                unsigned t = 0, pos = (unsigned)(hpa / 256 % ways);

                check(cxl_route_decode(&spans[0], hpa, &t, &dpa));
                check_eq(spans[0].target[t].node, 2 * pos + 1);
                check_eq(t, pos);
                check_eq(dpa, i / ways * 256);
            }
        }
    }
}

static void test_legal(void)
{
    unsigned by_ways[17] = { 0 };

    for (unsigned i = 0; i < 2500; i++) {
        Legal l;
        unsigned gap, three, before;
        int n;

        choose_legal(&l);
        three = l.total % 3 ? 1 : 3;
        gap = (unsigned)unit_below(3);
        l.size = (1 + unit_below(8)) * three * U;
        before = (unsigned)unit_below(4);
        make_window(l.ways[0], l.eig[0], unit_below(2),
                    before * U + l.size + gap * U);
        l.base = topo.window.base + before * U;
        for (unsigned pos = 0; pos < l.ways[0]; pos++) {
            topo.window.targets[pos] = (int16_t)build_legal(&l, 1);
        }
        n = compile();
        check_eq(check_spans(n), 1);
        check_eq(n, 1 + !!before + !!gap);
        check_eq(spans[!!before].hpa, l.base);
        check_eq(spans[!!before].size, l.size);
        check_eq(spans[!!before].ntargets, l.total);
        check(spans[!!before].linear);
        if (l.total % 3 || !topo.window.xor) {
            check_order(&spans[!!before], l.lowest);
        }
        by_ways[l.total]++;
    }
    for (unsigned i = 0; i < 8; i++) {
        check(by_ways[cxl_ways_from_eiw(i < 5 ? i : i + 3)] > 20);
    }
}

static void test_nearly_legal(void)
{
    unsigned linear[2] = { 0 }, not_linear[2] = { 0 };

    for (unsigned i = 0; i < 3000; i++) {
        int n;

        build_nearly_legal();
        n = compile();
        check_eq(n, 1);
        check_eq(check_spans(n), 1);
        linear[topo.window.xor] += spans[0].linear;
        not_linear[topo.window.xor] += !spans[0].linear;
    }
    for (unsigned xor = 0; xor < 2; xor++) {
        check(linear[xor] > 100 && not_linear[xor] > 100);
    }
}

static void test_random(void)
{
    unsigned decoding = 0, interleaved = 0, faults = 0;

    for (unsigned i = 0; i < 5000; i++) {
        unsigned n;

        build_any();
        n = (unsigned)compile();
        decoding += check_spans((int)n);
        for (unsigned s = 0; s < n; s++) {
            faults |= 1u << spans[s].fault;
            interleaved += !spans[s].fault && spans[s].ntargets > 1;
        }
    }
    /* the generator makes what it is for */
    check(decoding > 2000);
    check(interleaved > 500);
    check_eq(faults, (1u << CXL_ROUTE_NO_TREE) - 1);
}

/* A window over one bridge, with one device of one decoder */
static void make_simple(void)
{
    int bridge, device;

    make_window(1, 0, false, 4 * U);
    bridge = topo_add(CXL_HOST_BRIDGE, 8);
    device = topo_add(CXL_ENDPOINT, 8);
    topo.window.targets[0] = (int16_t)bridge;
    topo.nodes[bridge].child[3] = (int16_t)device;
    topo_enable(device);
    check(topo_commit(bridge, 0, topo.window.base + U, 2 * U, 0, 0, 3));
    check(topo_commit(device, 0, topo.window.base + U, 2 * U, 0, 0, 5 * U));
}

static void test_simple(void)
{
    uint64_t dpa, hpa;
    unsigned t;

    make_simple();
    check_eq(compile(), 3);
    check_eq(spans[0].fault, CXL_ROUTE_NO_DECODER);
    check_eq(spans[1].fault, CXL_ROUTE_OK);
    check_eq(spans[2].fault, CXL_ROUTE_NO_DECODER);
    check_eq(spans[1].hpa, topo.window.base + U);
    check_eq(spans[1].size, 2 * U);
    check_eq(spans[1].granule, 2 * U);
    check_eq(spans[1].ntargets, 1);
    check_eq(spans[1].target[0].node, 1);
    check_eq(spans[1].target[0].decoder, 0);
    check_eq(spans[1].target[0].dpa, 5 * U);
    check(spans[1].linear);
    check(cxl_route_decode(&spans[1], spans[1].hpa + 12345, &t,
                           &dpa));
    check_eq(dpa, 5 * U + 12345);
    check(!cxl_route_decode(&spans[1], spans[1].hpa - 1, &t,
                            &dpa));
    check(!cxl_route_decode(&spans[1], spans[1].hpa + 2 * U, &t,
                            &dpa));
    check(cxl_route_encode(&spans[1], 0, 5 * U + 1, &hpa));
    check_eq(hpa, spans[1].hpa + 1);
    check(!cxl_route_encode(&spans[1], 0, 5 * U - 1, &hpa));
    check(!cxl_route_encode(&spans[1], 0, 7 * U, &hpa));
    check(!cxl_route_encode(&spans[1], 1, 5 * U, &hpa));
    check_eq(cxl_route_compile(topo.nodes, topo.count, &topo.window, spans, 2),
             -1);
    check_eq(cxl_route_compile(topo.nodes, topo.count, &topo.window, spans, 3),
             3);
}

/* Each fault on its own */
static void test_faults(void)
{
    make_simple();
    topo.nodes[1].enabled = false;
    check_eq(compile(), 3);
    check_eq(spans[1].fault, CXL_ROUTE_DISABLED);

    make_simple();
    topo_write(1, HDM + 4, 4, 0);
    check_eq(compile(), 3);
    check_eq(spans[1].fault, CXL_ROUTE_DISABLED);

    make_simple();
    topo.nodes[1].hdm = NULL;
    compile();
    check_eq(spans[1].fault, CXL_ROUTE_DISABLED);

    make_simple();
    topo_write(1, CTRL(0), 4, 0);
    check_eq(compile(), 1);         /* adjacent faults of a kind are one */
    check_eq(spans[0].fault, CXL_ROUTE_NO_DECODER);
    check_eq(spans[0].size, 4 * U);

    make_simple();
    topo.nodes[0].child[3] = CXL_ROUTE_NONE;
    compile();
    check_eq(spans[1].fault, CXL_ROUTE_NO_TARGET);

    make_simple();
    topo.nodes[0].child[3] = CXL_ROUTE_POISON;
    compile();
    check_eq(spans[1].fault, CXL_ROUTE_REMOVED);

    make_simple();
    topo.nodes[0].child[3] = 2;     /* past the end */
    compile();
    check_eq(spans[1].fault, CXL_ROUTE_NO_TARGET);

    make_simple();
    topo.window.targets[0] = INT16_MIN;
    check_eq(compile(), 1);
    check_eq(spans[0].fault, CXL_ROUTE_NO_TARGET);

    make_simple();
    topo.nodes[0].child[3] = 0;     /* its own child */
    compile();
    check_eq(spans[1].fault, CXL_ROUTE_NO_TREE);

    make_simple();
    topo.nodes[0].hdm = NULL;
    topo.nodes[0].only_child = 0;
    compile();
    check_eq(spans[0].fault, CXL_ROUTE_NO_TREE);

    for (unsigned f = 0; f <= CXL_ROUTE_NO_TREE; f++) {
        check(strlen(cxl_route_fault_name((CxlRouteFault)f)) > 0);
    }
    check_str(cxl_route_fault_name((CxlRouteFault)77), "unknown");
}

/*
 * No tree, but a lattice in which the number of ways doubles at every level:
 * must end, and soon
 */
static void test_lattice(void)
{
    make_window(1, 0, false, U);
    for (unsigned level = 0; level < 60; level++) {
        for (unsigned side = 0; side < 2; side++) {
            int node = topo_add(CXL_HOST_BRIDGE, 1);

            topo.nodes[node].child[0] = (int16_t)(2 * level + 2);
            topo.nodes[node].child[1] = (int16_t)(2 * level + 3);
            check(topo_commit(node, 0, topo.window.base, U, 1, 0, 0x0100));
        }
    }
    for (unsigned side = 0; side < 2; side++) {
        int node = topo_add(CXL_ENDPOINT, 1);

        topo_enable(node);
        check(topo_commit(node, 0, topo.window.base, U, 0, 0, 0));
    }
    topo.window.targets[0] = 0;
    check_eq(compile(), 1);
    check(spans[0].fault == CXL_ROUTE_NO_TREE ||
          spans[0].fault == CXL_ROUTE_TOO_MANY);
}

static void test_malformed(void)
{
    static const struct {
        uint64_t base, size;
        unsigned ways;
        uint64_t granularity;
    } bad[] = {
        { U, U, 0, 256 }, { U, U, 5, 256 }, { U, U, 24, 256 },
        { U, U, UINT32_MAX, 256 }, { U, U, 1, 0 }, { U, U, 1, 128 },
        { U, U, 1, 300 }, { U, U, 1, 32768 }, { U, 0, 1, 256 },
        { U, -U, 1, 256 }, { -U, U, 1, 256 }, { U, U + 1, 1, 256 },
        { U / 2, U, 1, 256 },
    };

    make_simple();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        topo.window.base = bad[i].base;
        topo.window.size = bad[i].size;
        topo.window.ways = bad[i].ways;
        topo.window.granularity = bad[i].granularity;
        if (!check_eq(compile(), -1)) {
            unit_note("row %u", i);
        }
    }
}

/* By hand: 2 bridges x 2 devices at 512 bytes, and what lies where */
static void test_by_hand(void)
{
    static const struct {
        uint64_t offset;
        unsigned device;
        uint64_t dpa;
    } want[] = {
        { 0x000, 0, 0x000 }, { 0x1ff, 0, 0x1ff }, { 0x200, 2, 0x000 },
        { 0x400, 1, 0x000 }, { 0x600, 3, 0x000 }, { 0x7ff, 3, 0x1ff },
        { 0x800, 0, 0x200 }, { 0xa01, 2, 0x201 }, { 0x1456, 1, 0x456 },
    };

    make_window(2, 1, false, 4 * U);
    for (unsigned b = 0; b < 2; b++) {
        int bridge = topo_add(CXL_HOST_BRIDGE, 1);

        topo.window.targets[b] = (int16_t)bridge;
        check(topo_commit(bridge, 0, topo.window.base, 4 * U, 1, 2, 0x0902));
        for (unsigned i = 0; i < 2; i++) {
            int device = topo_add(CXL_ENDPOINT, 1);

            topo_enable(device);
            topo.nodes[bridge].child[i ? 9 : 2] = (int16_t)device;
            check(topo_commit(device, 0, topo.window.base, 4 * U, 2, 1, 0));
        }
    }
    check_eq(compile(), 1);
    check(spans[0].linear && !spans[0].fault);
    check_eq(spans[0].granule, 512);
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        /* nodes: bridge 0, its devices 1 and 2, bridge 3, devices 4 and 5 */
        unsigned node = 1 + want[i].device + want[i].device / 2, t = 0;
        uint64_t dpa = 0;

        check(cxl_route_decode(&spans[0],
                               topo.window.base + want[i].offset, &t, &dpa));
        check_eq(spans[0].target[t].node, node);
        check_eq(dpa, want[i].dpa);
    }
}

static int add_device(unsigned eiw, int port, uint8_t number)
{
    int device = topo_add(CXL_ENDPOINT, 1);

    topo_enable(device);
    topo.nodes[port].child[number] = (int16_t)device;
    check(topo_commit(device, 0, topo.window.base, topo.window.size, eiw, 0,
                      0));
    return device;
}

/* Interleave sets that change with the constant that the XOR maps give */
static void test_xor_irregular(void)
{
    /* ports look at the address bit that the window has XORed */
    make_window(2, 0, true, 4 * U);
    topo.window.base = 48 * U;
    for (unsigned b = 0; b < 2; b++) {
        int bridge = topo_add(CXL_HOST_BRIDGE, 1);

        topo.window.targets[b] = (int16_t)bridge;
        check(topo_commit(bridge, 0, topo.window.base, 4 * U, 2, 0,
                          0x03020100));
        for (uint8_t port = 0; port < 4; port++) {
            add_device(2, bridge, port);
        }
    }
    check_eq(compile(), 1);
    check(!spans[0].linear);
    check_eq(check_spans(1), 1);

    /*
     * Endpoints do not drop that bit: six ways onto three devices look regular
     * in the first period, but not where the constant is another
     */
    make_window(6, 0, true, 3 * U);
    topo.window.base = 48 * U;
    for (unsigned b = 0; b < 3; b++) {
        int bridge = topo_add(CXL_HOST_BRIDGE, 1);

        topo.window.targets[b] = (int16_t)bridge;
        topo.window.targets[b + 3] = (int16_t)bridge;
        check(topo_commit(bridge, 0, topo.window.base, 3 * U, 0, 0, 0));
        add_device(8, bridge, 0);
    }
    check_eq(compile(), 1);
    check(!spans[0].linear);
    check_eq(check_spans(1), 1);
    topo.window.xor = false;
    check_eq(compile(), 1);
    check(spans[0].linear);         /* by modulo it is three ways */
    check_eq(check_spans(1), 1);
}

/* Linear layout: every byte has one home, and no home is shared */
static void test_linear_bijection(void)
{
    for (unsigned i = 0; i < 300; i++) {
        static uint8_t used[16][64];
        uint64_t share, step;
        Legal l;

        choose_legal(&l);
        l.size = 3 * (1 + unit_below(2)) * U;
        make_window(l.ways[0], l.eig[0], unit_below(2), l.size);
        l.base = topo.window.base;
        for (unsigned pos = 0; pos < l.ways[0]; pos++) {
            topo.window.targets[pos] = (int16_t)build_legal(&l, 1);
        }
        if (!check_eq(compile(), 1) || !check(spans[0].linear)) {
            continue;
        }
        memset(used, 0, sizeof(used));
        share = l.size / l.total;
        step = share / 64;
        for (uint64_t at = 0; at < 64ull * l.total; at++) {
            uint64_t in_step = unit_below(step), dpa = 0;
            unsigned t = 0;

            check(cxl_route_linear_home(&spans[0],
                                        l.base + at * step + in_step, &t,
                                        &dpa));
            dpa -= spans[0].target[t].dpa;
            if (check(dpa < share)) {
                check_eq(dpa % step, in_step);
                used[t][dpa / step]++;
            }
        }
        for (unsigned t = 0; t < l.total; t++) {
            for (unsigned s = 0; s < 64; s++) {
                check_eq(used[t][s], 1);
            }
        }
    }
}

/* Spans are the same when all that decoding reads of them is */
static void test_same(void)
{
    Legal l = { .ways = { 2, 2, 1, 1 }, .eig = { 1, 0, 0, 0 }, .total = 4,
                .size = 4 * U };
    CxlRouteSpan a, b;

    make_window(2, 1, true, l.size);
    l.base = topo.window.base;
    for (unsigned pos = 0; pos < 2; pos++) {
        topo.window.targets[pos] = (int16_t)build_legal(&l, 1);
    }
    check_eq(compile(), 1);
    a = spans[0];
    memset(spans, 0xa5, sizeof(spans[0]));
    check_eq(compile(), 1);
    check(cxl_route_same(&a, &spans[0]));
    check(a.nsteps > 1 && a.ntargets == 4);

#define CHECK_DIFFERS(change)                   \
    do {                                        \
        b = a;                                  \
        b.change;                               \
        check(!cxl_route_same(&a, &b));         \
    } while (0)

    CHECK_DIFFERS(hpa += U);
    CHECK_DIFFERS(size += U);
    CHECK_DIFFERS(fault = CXL_ROUTE_DISABLED);
    CHECK_DIFFERS(granule *= 2);
    CHECK_DIFFERS(linear = false);
    CHECK_DIFFERS(ntargets--);
    CHECK_DIFFERS(nsteps--);
    CHECK_DIFFERS(target[3].node++);
    CHECK_DIFFERS(target[3].decoder++);
    CHECK_DIFFERS(target[3].eiw++);
    CHECK_DIFFERS(target[3].eig++);
    CHECK_DIFFERS(target[3].dpa += U);
    CHECK_DIFFERS(target[3].base += U);
    CHECK_DIFFERS(target[3].dpa_base += U);
    CHECK_DIFFERS(target[3].dpa_size += U);
    CHECK_DIFFERS(step[1].base += U);
    CHECK_DIFFERS(step[1].eiw++);
    CHECK_DIFFERS(step[1].eig++);
    CHECK_DIFFERS(step[a.nsteps - 1].xor = false);
    CHECK_DIFFERS(step[0].next[1]++);
    CHECK_DIFFERS(maps.count++);
    CHECK_DIFFERS(maps.map[0] ^= 1);

    /* Of a faulted span nothing else counts */
    a.fault = CXL_ROUTE_DISABLED;
    b = a;
    b.ntargets--;
    check(cxl_route_same(&a, &b));
    b.fault = CXL_ROUTE_NO_DECODER;
    check(!cxl_route_same(&a, &b));
}

int main(void)
{
    unit_run("one device", test_simple);
    unit_run("faults", test_faults);
    unit_run("malformed windows", test_malformed);
    unit_run("a lattice ends", test_lattice);
    unit_run("by hand", test_by_hand);
    unit_run("positions from the address", test_absolute);
    unit_run("legal interleave sets", test_legal);
    unit_run("nearly legal interleave sets", test_nearly_legal);
    unit_run("irregular XOR", test_xor_irregular);
    unit_run("random topologies", test_random);
    unit_run("linear layout is a bijection", test_linear_bijection);
    unit_run("the same spans", test_same);
    return unit_done();
}
