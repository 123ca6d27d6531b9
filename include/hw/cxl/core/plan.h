/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What platform firmware would program: from topology and capacities to
 * decoder settings (CXL 3.1 9.13.1, "Theory of Operation" of the memory
 * device software guide).
 *
 * A pure function. The machine writes the settings through the registers that
 * a guest would use, so that they pass the same validation.
 */
#ifndef CXL_CORE_PLAN_H
#define CXL_CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/route.h"

/** CXL_PLAN_MAX_STEPS: settings that one window can need */
#define CXL_PLAN_MAX_STEPS 1024

/**
 * struct CxlPlanUse - what earlier windows already took of a node
 * @decoders: decoders in use
 * @taken: endpoints: the capacity is in a window
 *
 * The caller keeps one per node, all zero before the first window.
 */
typedef struct CxlPlanUse {
    uint8_t decoders;
    bool taken;
} CxlPlanUse;

/**
 * struct CxlPlanStep - one decoder of one component
 * @node: the component
 * @decoder: number of the decoder
 * @base: HPA
 * @size: bytes
 * @eiw: encoded interleave ways
 * @eig: encoded interleave granularity
 * @targets: host bridges and switches: port number at each position
 *
 * Endpoints need no DPA skip: each takes its volatile partition from DPA 0.
 */
typedef struct CxlPlanStep {
    int16_t node;
    uint8_t decoder;
    uint64_t base;
    uint64_t size;
    uint8_t eiw;
    uint8_t eig;
    uint8_t targets[8];
} CxlPlanStep;

/**
 * enum CxlPlanGap - why capacity was left out
 * @CXL_PLAN_COMPLETE: nothing was
 * @CXL_PLAN_NO_MEMORY: no device below the window has free volatile capacity
 * @CXL_PLAN_WINDOW_FULL: the window is too small
 * @CXL_PLAN_NO_DECODER: a component has no decoder left
 * @CXL_PLAN_UNEVEN: the window has several targets, and the devices below them
 *                   differ in number, place or capacity
 */
typedef enum CxlPlanGap {
    CXL_PLAN_COMPLETE,
    CXL_PLAN_NO_MEMORY,
    CXL_PLAN_WINDOW_FULL,
    CXL_PLAN_NO_DECODER,
    CXL_PLAN_UNEVEN,
} CxlPlanGap;

/**
 * cxl_plan_gap_text: the reason in words; never NULL
 */
const char *cxl_plan_gap_text(CxlPlanGap gap);

/**
 * struct CxlPlan - settings for one window
 * @steps: in the order in which to program them: what lies below first
 * @nsteps: how many
 * @regions: regions that they make
 * @planned: bytes of capacity in them
 * @left_out: bytes of free volatile capacity below the window that are not
 * @gap: why
 */
typedef struct CxlPlan {
    CxlPlanStep steps[CXL_PLAN_MAX_STEPS];
    unsigned nsteps;
    unsigned regions;
    uint64_t planned;
    uint64_t left_out;
    CxlPlanGap gap;
} CxlPlan;

/**
 * cxl_plan_window: plan the regions of one window
 * @nodes: all nodes; ascending indices are bus order
 * @window: as for the route compiler
 * @use: one per node, updated
 * @plan: gets the settings
 *
 * When all endpoints below the window's targets have equal free volatile
 * capacity, and their number and place allow it, they form one region
 * interleaved at the window's granularity. Otherwise each gets a region of its
 * own, in bus order, which only a window with one target can hold.
 */
void cxl_plan_window(const CxlRouteNode *nodes, unsigned nnodes,
                     const CxlRouteWindow *window, CxlPlanUse *use,
                     CxlPlan *plan);

#endif /* CXL_CORE_PLAN_H */
