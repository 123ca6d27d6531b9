/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses to fixed memory windows where these are not mapped as RAM
 * (CXL 3.1 9.18.1.3)
 *
 * A vCPU under TCG asks where the bytes are and uses them as RAM, atomics
 * included; it holds no lock then, and so routes are replaced as a whole.
 * Everyone else, and an access that touches two granules, comes through the
 * callbacks. What no span covers reads all ones and drops writes.
 */
#include "qemu/osdep.h"
#include "window.h"

#include "hw/cxl/core/interleave.h"
#include "qemu/bswap.h"
#include "trace/trace-cxl_trace_events.h"

#define CXL_LEAST_GRANULARITY 256

static const CxlRouteSpan *span_at(const CxlWindowRoutes *routes,
                                   hwaddr offset)
{
    unsigned span = routes->unit_span[offset / CXL_WINDOW_ALIGN];

    return span < routes->nspans ? &routes->spans[span] : NULL;
}

/* Bytes of a target that lie in one of its partitions */
static void *find_bytes(const CxlType3Ram ram[CXL_TYPE3_PARTITIONS],
                        uint64_t dpa, unsigned size, ram_addr_t *ram_addr)
{
    for (unsigned i = 0; i < CXL_TYPE3_PARTITIONS; i++) {
        uint64_t at = dpa - ram[i].dpa;

        if (at < ram[i].size && size <= ram[i].size - at) {
            *ram_addr = ram[i].ram_addr + at;
            return ram[i].host + at;
        }
    }
    return NULL;
}

/* Decoders, and so spans, begin and end at multiples of 256 MiB. */
static void *window_ram(void *opaque, hwaddr offset, unsigned size,
                        ram_addr_t *ram_addr)
{
    const CxlWindow *w = opaque;
    const CxlWindowRoutes *routes = qatomic_rcu_read(&w->routes);
    const CxlRouteSpan *span = routes ? span_at(routes, offset) : NULL;
    unsigned target;
    uint64_t dpa;

    if (offset % CXL_LEAST_GRANULARITY + size > CXL_LEAST_GRANULARITY ||
        !span || !cxl_route_decode(span, w->base + offset, &target, &dpa)) {
        return NULL;
    }
    return find_bytes(routes->ram[span - routes->spans][target], dpa, size,
                      ram_addr);
}

static void trace_unrouted(const CxlWindow *w, hwaddr offset)
{
    const CxlRouteSpan *span = w->routes ? span_at(w->routes, offset) : NULL;

    trace_cxl_window_unrouted(w->index, w->base + offset,
                              cxl_route_fault_name(span ? span->fault :
                                                   CXL_ROUTE_NO_DECODER));
}

/* Granules are multiples of the least one: 8 bytes touch at most two. */
static void access_window(CxlWindow *w, hwaddr offset, uint8_t *buf,
                          unsigned size, bool is_write)
{
    while (size) {
        unsigned room = CXL_LEAST_GRANULARITY - offset % CXL_LEAST_GRANULARITY;
        unsigned len = MIN(size, room);
        ram_addr_t ram_addr;
        void *bytes = window_ram(w, offset, len, &ram_addr);

        if (!bytes) {
            trace_unrouted(w, offset);
        }
        if (is_write && bytes) {
            memcpy(bytes, buf, len);
            memory_ram_written(ram_addr, len);
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

const MemoryRegionOps cxl_window_ops = {
    .read = window_read,
    .write = window_write,
    .ram = window_ram,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void find_ram(CxlWindowRoutes *routes, const CxlTopology *topology)
{
    routes->ram = g_malloc0_n(routes->nspans, sizeof(routes->ram[0]));
    for (unsigned i = 0; i < routes->nspans; i++) {
        const CxlRouteSpan *span = &routes->spans[i];

        for (unsigned t = 0; !span->fault && t < span->ntargets; t++) {
            CxlType3 *t3 = topology->type3[span->target[t].node];

            for (unsigned p = 0; p < CXL_TYPE3_PARTITIONS; p++) {
                routes->ram[i][t][p] = t3->partitions[p].ram;
            }
        }
    }
}

static void find_units(CxlWindowRoutes *routes, const CxlWindow *w)
{
    uint64_t units = w->size / CXL_WINDOW_ALIGN;

    routes->unit_span = g_new(uint16_t, units);
    memset(routes->unit_span, 0xff, units * sizeof(routes->unit_span[0]));
    for (unsigned i = 0; i < routes->nspans; i++) {
        uint64_t first = (routes->spans[i].hpa - w->base) / CXL_WINDOW_ALIGN;
        uint64_t count = routes->spans[i].size / CXL_WINDOW_ALIGN;

        for (uint64_t k = 0; k < count; k++) {
            routes->unit_span[first + k] = i;
        }
    }
}

void cxl_window_routes_free(CxlWindowRoutes *routes)
{
    if (routes) {
        g_free(routes->spans);
        g_free(routes->ram);
        g_free(routes->unit_span);
        g_free(routes);
    }
}

const CxlWindowRoutes *cxl_window_take_routes(CxlWindow *w,
                                              const CxlTopology *topology)
{
    CxlWindowRoutes *routes = g_new0(CxlWindowRoutes, 1), *old = w->routes;
    CxlRouteWindow route;
    int n;

    cxl_window_route(w, &route);
    routes->spans = g_new(CxlRouteSpan, CXL_WINDOW_MAX_SPANS);
    n = cxl_route_compile(topology->nodes, topology->nnodes, &route,
                          routes->spans, CXL_WINDOW_MAX_SPANS);
    if (n < 0) {
        /* More pieces than decoders can make: decode none of them */
        trace_cxl_window_too_many_spans(w->index);
        n = 0;
    }
    routes->nspans = n;
    routes->spans = g_renew(CxlRouteSpan, routes->spans, n);
    find_ram(routes, topology);
    find_units(routes, w);
    qatomic_rcu_set(&w->routes, routes);
    if (old) {
        call_rcu(old, cxl_window_routes_free, rcu);
    }
    return routes;
}
