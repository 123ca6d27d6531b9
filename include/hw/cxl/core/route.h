/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route compiler: from committed decoders to spans of host addresses.
 *
 * Compiling happens when something changed (commit, uncommit, hotplug, reset),
 * never on an access. A window is cut into spans; within a span every decoder
 * on the way covers either all of it or nothing, so that one small decision
 * tree answers every address.
 */
#ifndef CXL_CORE_ROUTE_H
#define CXL_CORE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/hdm.h"
#include "hw/cxl/core/interleave.h"

#define CXL_ROUTE_NONE          (-1)
/* In place of a child: what was there was pulled out and loads get poison */
#define CXL_ROUTE_POISON        (-2)
#define CXL_ROUTE_PORTS         256
#define CXL_ROUTE_MAX_TARGETS   16
#define CXL_ROUTE_MAX_STEPS     16

/**
 * struct CxlRouteNode - a host bridge, upstream port or endpoint
 * @hdm: its decoders; NULL or a count of 0: everything goes to @only_child
 * @endpoint: it is an endpoint
 * @enabled: endpoints: CXL.mem is enabled (cxl_dvsecs_mem_enabled())
 * @only_child: without decoders: the node behind its only port, or -1
 * @child: the node behind the root or downstream port with that number, or -1
 *
 * Nodes name each other by their index in one array. Root and downstream
 * ports have no decoders; they are edges: @child has the port numbers.
 */
typedef struct CxlRouteNode {
    const CxlHdm *hdm;
    bool endpoint;
    bool enabled;
    int16_t only_child;
    int16_t child[CXL_ROUTE_PORTS];
} CxlRouteNode;

/**
 * cxl_route_node_init: a node without children; then set @child[]
 */
void cxl_route_node_init(CxlRouteNode *node, const CxlHdm *hdm, bool endpoint,
                         bool enabled);

/**
 * struct CxlRouteWindow - a fixed memory window (CXL 3.1 9.18.1.3)
 * @base: first HPA, a multiple of 256 MiB
 * @size: bytes, a multiple of 256 MiB times the power of two or three ways
 * @ways: 1, 2, 3, 4, 6, 8, 12 or 16
 * @granularity: 256 bytes to 16 KiB
 * @xor: XOR arithmetic with the maps of cxl_xor_maps(), else modulo
 * @targets: node of the host bridge at each position, or -1
 */
typedef struct CxlRouteWindow {
    uint64_t base;
    uint64_t size;
    unsigned ways;
    uint64_t granularity;
    bool xor;
    int16_t targets[CXL_ROUTE_MAX_TARGETS];
} CxlRouteWindow;

/**
 * enum CxlRouteFault - why a span does not decode
 * @CXL_ROUTE_OK: it does
 * @CXL_ROUTE_NO_DECODER: a component on the way has no committed decoder there
 * @CXL_ROUTE_NO_TARGET: a target list names a port with nothing behind it
 * @CXL_ROUTE_DISABLED: an endpoint's CXL.mem or HDM decoders are disabled
 * @CXL_ROUTE_TOO_MANY: more than 16 endpoints
 * @CXL_ROUTE_NO_TREE: a node is reached by two ways
 * @CXL_ROUTE_PIECES: decoders cut the window into more spans than there is room
 *                    for; it then is one faulted span
 * @CXL_ROUTE_REMOVED: a target list names a port with CXL_ROUTE_POISON behind
 */
typedef enum CxlRouteFault {
    CXL_ROUTE_OK,
    CXL_ROUTE_NO_DECODER,
    CXL_ROUTE_NO_TARGET,
    CXL_ROUTE_DISABLED,
    CXL_ROUTE_TOO_MANY,
    CXL_ROUTE_NO_TREE,
    CXL_ROUTE_PIECES,
    CXL_ROUTE_REMOVED,
} CxlRouteFault;

/**
 * cxl_route_fault_name: a short phrase in lower case; never NULL
 */
const char *cxl_route_fault_name(CxlRouteFault fault);

/**
 * struct CxlRouteTarget - an endpoint that a span leads to
 * @node: its index
 * @decoder: the decoder of it that covers the span
 * @dpa: lowest DPA of the span on it; exact if the span is linear, else a lower
 *       bound
 * @eiw: encoded interleave ways of the decoder
 * @eig: encoded interleave granularity of the decoder
 * @base: first HPA of the decoder
 * @dpa_base: first DPA of the decoder
 * @dpa_size: bytes of DPA behind the decoder
 *
 * What decoding needs of the decoder is copied here, so that it may go on while
 * the register changes, until the span compiled next takes over.
 */
typedef struct CxlRouteTarget {
    int16_t node;
    uint8_t decoder;
    uint8_t eiw;
    uint8_t eig;
    uint64_t dpa;
    uint64_t base;
    uint64_t dpa_base;
    uint64_t dpa_size;
} CxlRouteTarget;

/**
 * struct CxlRouteStep - a decision: the position selects what is next
 * @base: positions count from here (0 for the window)
 * @eiw: encoded interleave ways
 * @eig: encoded interleave granularity
 * @xor: XOR arithmetic; only the step of the window
 * @next: per position: an earlier step, or ~target
 */
typedef struct CxlRouteStep {
    uint64_t base;
    uint8_t eiw;
    uint8_t eig;
    bool xor;
    int8_t next[CXL_MAX_WAYS];
} CxlRouteStep;

/**
 * struct CxlRouteSpan - a part of a window
 * @hpa: first address
 * @size: bytes
 * @fault: if not CXL_ROUTE_OK the span does not decode, and only @hpa and
 *         @size count besides. A span is faulted as a whole if any position
 *         of any decoder on the way leads nowhere.
 * @granule: bytes; an access that crosses no multiple of @granule above @hpa
 *           lies contiguously in one target's DPA
 * @linear: each target contributes exactly @size / @ntargets contiguous bytes
 *          of DPA and each of these bytes is used once: the span may be laid
 *          out as @ntargets RAM aliases
 * @ntargets: targets in use
 * @nsteps: steps in use; 0: all goes to target 0
 * @target: the endpoints; in a linear span by position, as an OS numbers the
 *          members of the interleave set
 * @step: the decision tree; starts at the last step
 * @maps: maps of the step with @xor
 */
typedef struct CxlRouteSpan {
    uint64_t hpa;
    uint64_t size;
    CxlRouteFault fault;
    uint64_t granule;
    bool linear;
    unsigned ntargets;
    unsigned nsteps;
    CxlRouteTarget target[CXL_ROUTE_MAX_TARGETS];
    CxlRouteStep step[CXL_ROUTE_MAX_STEPS];
    CxlXorMaps maps;
} CxlRouteSpan;

/**
 * cxl_route_compile: cut a window into spans
 * @nodes: all nodes; indices out of range count as "nothing there"
 * @spans: gets the spans, ascending, without gaps: they cover the window;
 *         faulted ones say why
 * @max_spans: how many fit
 *
 * Returns: the number of spans, or -1 when there are more than @max_spans or
 * the window is malformed (reserved ways or granularity, wrapping).
 */
int cxl_route_compile(const CxlRouteNode *nodes, unsigned nnodes,
                      const CxlRouteWindow *window, CxlRouteSpan *spans,
                      unsigned max_spans);

/**
 * cxl_route_decode: where the byte at @hpa lies, by true CXL arithmetic
 * @target: gets the index in @span->target
 * @dpa: gets the DPA there
 *
 * Returns: false if @hpa is not in the span or the span is faulted.
 */
bool cxl_route_decode(const CxlRouteSpan *span, uint64_t hpa,
                      unsigned *target, uint64_t *dpa);

/**
 * cxl_route_encode: the HPA in the span of the byte at @dpa of @target, by true
 * CXL arithmetic: inverse of cxl_route_decode()
 *
 * Returns: false if no address of the span leads there. If several do (which
 * no linear span has) it gives the lowest.
 */
bool cxl_route_encode(const CxlRouteSpan *span, unsigned target, uint64_t dpa,
                      uint64_t *hpa);

/**
 * cxl_route_encode_all: all HPAs in the span that lead to the byte at @dpa of
 * @target, by true CXL arithmetic
 * @hpa: gets them, ascending
 *
 * Returns: how many. In a linear span, there is one of each byte.
 */
unsigned cxl_route_encode_all(const CxlRouteSpan *span, unsigned target,
                              uint64_t dpa, uint64_t hpa[CXL_MAX_WAYS]);

/**
 * struct CxlRouteShare - what one device contributes to a linear span
 * @hpa: first address at which linear layout shows it
 * @size: bytes
 * @dpa: first byte of it
 */
typedef struct CxlRouteShare {
    uint64_t hpa;
    uint64_t size;
    uint64_t dpa;
} CxlRouteShare;

/**
 * cxl_route_share: the share of @target, less than @span->ntargets, in a linear
 * span: target i contributes the i-th 1/ntargets in linear layout
 */
CxlRouteShare cxl_route_share(const CxlRouteSpan *span, unsigned target);

/**
 * cxl_route_same: do two spans lead to the same bytes in the same way?
 */
bool cxl_route_same(const CxlRouteSpan *a, const CxlRouteSpan *b);

/**
 * cxl_route_linear_home: where linear layout keeps the byte at @hpa, which is
 * in one of the shares
 * @target: gets the index in @span->target
 * @dpa: gets the DPA there
 *
 * Returns: false if @hpa is not in the span or the span is not linear.
 */
bool cxl_route_linear_home(const CxlRouteSpan *span, uint64_t hpa,
                           unsigned *target, uint64_t *dpa);

#endif /* CXL_CORE_ROUTE_H */
