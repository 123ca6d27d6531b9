/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What platform firmware would program: from topology and capacities to
 * decoder settings.
 *
 * A pure function of its inputs. The machine writes the settings through the
 * registers that a guest would use, so that they pass the same validation.
 *
 * Settings are such that an operating system which finds them committed can
 * put the regions together again: each level's granularity is that of the
 * level above times its ways, the third of 3, 6 or 12 ways not counted (CXL
 * 3.1 9.13.1, and cxl_port_setup_targets() in Linux).
 */
#ifndef CXL_CORE_PLAN_H
#define CXL_CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/route.h"

/**
 * struct CxlPlanNode - what the planner knows of a node
 * @parent: the node above it, or -1
 * @port: the port of @parent that leads to it
 * @decoders: decoders in use
 * @members: of the region at hand: endpoints at and below the node
 * @ways: of the region at hand: children that lead to them
 * @eig: of the region at hand: encoded granularity
 * @used: endpoints: bytes of each kind of capacity in use, from its start on
 */
typedef struct CxlPlanNode {
    int16_t parent;
    uint8_t port;
    uint8_t decoders;
    uint16_t members;
    uint16_t ways;
    uint8_t eig;
    uint64_t used[CXL_DPA_KINDS];
} CxlPlanNode;

/**
 * struct CxlPlanner - the state of planning one machine
 * @nodes: all nodes; what lies below a node comes after it, in bus order
 * @state: one per node
 * @nnodes: how many
 */
typedef struct CxlPlanner {
    const CxlRouteNode *nodes;
    CxlPlanNode *state;
    unsigned nnodes;
} CxlPlanner;

/**
 * cxl_planner_init: nothing is in use
 * @nodes: @nnodes of them; of their decoders only the number counts, and of
 *         endpoints the capacities. Must outlive @p
 * @state: room for @nnodes; must outlive @p
 */
void cxl_planner_init(CxlPlanner *p, const CxlRouteNode *nodes,
                      CxlPlanNode *state, unsigned nnodes);

/**
 * struct CxlPlanStep - one decoder of one component
 * @node: the component
 * @decoder: number of the decoder
 * @base: HPA
 * @size: bytes
 * @eiw: encoded interleave ways
 * @eig: encoded interleave granularity
 * @targets: host bridges and switches: port number at each position
 * @skip: endpoints: bytes of DPA between the end of the decoder before it and
 *        its own: volatile capacity that is in no region
 */
typedef struct CxlPlanStep {
    int16_t node;
    uint8_t decoder;
    uint64_t base;
    uint64_t size;
    uint8_t eiw;
    uint8_t eig;
    uint8_t targets[8];
    uint64_t skip;
} CxlPlanStep;

/** CxlPlanEmit: takes the next setting; called in the order of programming */
typedef void CxlPlanEmit(void *opaque, const CxlPlanStep *step);

/**
 * enum CxlPlanGap - why capacity was left out
 * @CXL_PLAN_COMPLETE: none was
 * @CXL_PLAN_NO_MEMORY: no device below the window has free volatile capacity
 * @CXL_PLAN_NO_PERSISTENT: the same of persistent capacity
 * @CXL_PLAN_RESTRICTED: the window may not hold it
 * @CXL_PLAN_WINDOW_FULL: the window is too small
 * @CXL_PLAN_NO_DECODER: a component has no decoder left
 * @CXL_PLAN_UNEVEN: what is left is not below all of the window's targets
 * @CXL_PLAN_TOO_COARSE: components below the window would need a granularity
 *                       of more than 16 KiB
 * @CXL_PLAN_TOO_LATE: a window before it has taken persistent capacity of the
 *                     device, after which no decoder can take volatile
 */
typedef enum CxlPlanGap {
    CXL_PLAN_COMPLETE,
    CXL_PLAN_NO_MEMORY,
    CXL_PLAN_NO_PERSISTENT,
    CXL_PLAN_RESTRICTED,
    CXL_PLAN_WINDOW_FULL,
    CXL_PLAN_NO_DECODER,
    CXL_PLAN_UNEVEN,
    CXL_PLAN_TOO_COARSE,
    CXL_PLAN_TOO_LATE,
} CxlPlanGap;

/**
 * cxl_plan_gap_text: the reason in words; never NULL
 */
const char *cxl_plan_gap_text(CxlPlanGap gap);

/**
 * struct CxlPlan - what became of one window
 * @regions: regions in it
 * @planned: bytes of them; they lie at the start of the window
 * @gap: why there is not more
 */
typedef struct CxlPlan {
    unsigned regions;
    uint64_t planned;
    CxlPlanGap gap;
} CxlPlan;

/**
 * cxl_plan_persistent: is a window with @restrictions for persistent capacity?
 * One that may hold volatile memory is for that.
 */
bool cxl_plan_persistent(unsigned restrictions);

/**
 * cxl_plan_window: plan the regions of one window
 * @window: as for the route compiler. Windows come in ascending order
 * @restrictions: what it may hold (CXL_CFMWS_*)
 * @emit: gets the settings: those of a region together, and of a component
 *        only after those of the components below it
 * @opaque: for @emit
 *
 * When all endpoints with free capacity of the window's kind (volatile, or
 * persistent if cxl_plan_persistent()) below its targets have the same amount,
 * and their number and place allow it, they form one region, interleaved at the
 * window's granularity. Otherwise, and for capacity that such a region leaves
 * over, there is a region for each endpoint in bus order; in a window with
 * several targets, for as many endpoints, one below each target.
 */
CxlPlan cxl_plan_window(CxlPlanner *p, const CxlRouteWindow *window,
                        unsigned restrictions, CxlPlanEmit *emit,
                        void *opaque);

/**
 * cxl_plan_left_out: bytes of capacity of its kind below a window that are in
 * no region of any window planned so far
 */
uint64_t cxl_plan_left_out(const CxlPlanner *p, const CxlRouteWindow *window,
                           unsigned restrictions);

#endif /* CXL_CORE_PLAN_H */
