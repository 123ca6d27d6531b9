/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of all windows: how each address is served, as a list of runs.
 *
 * A pure function of what the route compiler found (spans), what a window asks
 * for (linear or exact layout) and what the devices' bytes are (the table of
 * partitions of each). The machine maps the difference between two such lists,
 * looks accesses up that are not mapped, and shows the list to people.
 */
#ifndef CXL_CORE_LAYOUT_H
#define CXL_CORE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/line-set.h"
#include "hw/cxl/core/route.h"

/**
 * CXL_LAYOUT_BUDGET: runs that a machine maps at most. QEMU's memory map ends
 * at 4,096 sections, and each run costs time at every change of the map.
 */
#define CXL_LAYOUT_BUDGET       1024u
/** CXL_LAYOUT_PAGE: a poisoned line takes this much out of a mapped run */
#define CXL_LAYOUT_PAGE         4096u
/**
 * CXL_LAYOUT_MAX_POISON: pages that may be taken out of mapped runs, for the
 * machine. They come besides the budget: each adds two runs to it.
 */
#define CXL_LAYOUT_MAX_POISON   1024u
/**
 * CXL_LAYOUT_MAX_WINDOWS: windows of a machine
 */
#define CXL_LAYOUT_MAX_WINDOWS  512u
/**
 * CXL_LAYOUT_ROOM: windows and runs together with two for each such page. Of
 * QEMU's 4,096 sections the rest is for everything else, as the BARs of more
 * than a hundred devices.
 */
#define CXL_LAYOUT_ROOM         2560u
/** CXL_LAYOUT_MAX_RUNS: runs of @nspans spans, see cxl_layout() */
#define CXL_LAYOUT_MAX_RUNS(nspans, budget) \
    ((nspans) + (budget) + 2 * CXL_LAYOUT_MAX_POISON)

/**
 * enum CxlRunKind - how a run is served
 * @CXL_RUN_RAM: as RAM, which one device contributes
 * @CXL_RUN_READ_ONLY: the same, but stores are dropped
 * @CXL_RUN_DECODE: each access is looked up by itself
 * @CXL_RUN_HOLE: not at all
 * @CXL_RUN_POISON: a page with a poisoned line, cut out of RAM: each access is
 *                  looked up
 */
typedef enum CxlRunKind {
    CXL_RUN_RAM,
    CXL_RUN_READ_ONLY,
    CXL_RUN_DECODE,
    CXL_RUN_HOLE,
    CXL_RUN_POISON,
} CxlRunKind;

/**
 * enum CxlRunWhy - why a run is not RAM
 * @CXL_RUN_AS_RAM: it is, or it is poisoned
 * @CXL_RUN_FAULT: holes: the fault of the span
 * @CXL_RUN_NO_MEMORY: holes: the device has no memory there
 * @CXL_RUN_DISABLED: holes: the media is disabled
 * @CXL_RUN_SECURED: holes: the memory is locked, see CXL_DPA_LOCKED
 * @CXL_RUN_IRREGULAR: the span is not linear
 * @CXL_RUN_EXACT: the window has exact layout
 * @CXL_RUN_BUDGET: the runs of the span would not fit in the budget
 * @CXL_RUN_LOCKED: there is no budget at all, see cxl_layout_budget()
 * @CXL_RUN_SCATTERED: more pages are poisoned than may be taken out
 * @CXL_RUN_CONTAINED: the device drops stores there, because of an error
 * @CXL_RUN_DENIED: holes: the host has no right to the bytes
 * @CXL_RUN_CACHED: this host sees it through a cache of its own (cache.h)
 */
typedef enum CxlRunWhy {
    CXL_RUN_AS_RAM,
    CXL_RUN_FAULT,
    CXL_RUN_NO_MEMORY,
    CXL_RUN_DISABLED,
    CXL_RUN_SECURED,
    CXL_RUN_IRREGULAR,
    CXL_RUN_EXACT,
    CXL_RUN_BUDGET,
    CXL_RUN_LOCKED,
    CXL_RUN_SCATTERED,
    CXL_RUN_CONTAINED,
    CXL_RUN_DENIED,
    CXL_RUN_CACHED,
} CxlRunWhy;

/**
 * cxl_run_why_name: a short phrase in lower case; NULL for CXL_RUN_AS_RAM
 *
 * Of CXL_RUN_FAULT, cxl_route_fault_name() says more.
 */
const char *cxl_run_why_name(CxlRunWhy why);

/**
 * struct CxlRun - addresses that are served alike
 * @hpa: first address
 * @size: bytes
 * @kind: how they are served
 * @why: why not as RAM
 * @window: index of the window
 * @span: index of the span in it; a run never leaves its span
 * @target: RAM, READ_ONLY and POISON: index of the device in the span's targets
 * @dpa: of these: what the device keeps at @hpa
 */
typedef struct CxlRun {
    uint64_t hpa;
    uint64_t size;
    CxlRunKind kind;
    CxlRunWhy why;
    uint16_t window;
    uint16_t span;
    uint8_t target;
    uint64_t dpa;
} CxlRun;

/**
 * struct CxlLayoutWindow - a window
 * @spans: as cxl_route_compile() gave them
 * @nspans: how many
 * @exact: interleaved bytes lie where the specification puts them
 * @no_poison: poisoned lines are served like all others
 * @cached: nothing is mapped, so that each access goes through a cache
 */
typedef struct CxlLayoutWindow {
    const CxlRouteSpan *spans;
    unsigned nspans;
    bool exact;
    bool no_poison;
    bool cached;
} CxlLayoutWindow;

/**
 * cxl_layout: lay out all windows of a machine
 * @windows: the windows, by ascending address
 * @dpa: the table of each node that a span leads to
 * @budget: runs that may be mapped, see CXL_LAYOUT_BUDGET, but for what poison
 *          adds. A span is mapped with all its runs, if these fit in what the
 *          spans before it have left, or not at all; and so it is with the
 *          pages that are poisoned.
 * @runs: gets the runs by ascending address; they cover all spans without gaps.
 *        Room is needed for CXL_LAYOUT_MAX_RUNS() of them.
 *
 * Returns: the number of runs.
 */
unsigned cxl_layout(const CxlLayoutWindow *windows, unsigned nwindows,
                    const CxlDpa *const *dpa, unsigned budget, CxlRun *runs);

/**
 * cxl_layout_poison: the lines of a window that are poisoned
 * @dpa: as of cxl_layout()
 * @lines: gets their HPAs, by true CXL arithmetic; NULL: they are counted only
 *
 * Lines that the host cannot access are left out, because their partition is
 * closed or limits deny them: their own bytes, or those that linear layout
 * shows in their place.
 *
 * A poisoned line that several addresses lead to is there with all of them.
 *
 * Returns: how many there are; room for as many is needed in @lines.
 */
unsigned cxl_layout_poison(const CxlLayoutWindow *window,
                           const CxlDpa *const *dpa, CxlLineSet *lines);

/**
 * cxl_layout_budget: how many runs may be mapped
 * @pinned: somebody locks in host memory whatever is mapped
 * @limit: bytes that may be locked
 * @ram: bytes of the machine's RAM
 * @capacity: bytes of all devices' memory
 *
 * Returns: CXL_LAYOUT_BUDGET, or 0 when a mapping could exceed @limit.
 */
unsigned cxl_layout_budget(bool pinned, uint64_t limit, uint64_t ram,
                           uint64_t capacity);

/**
 * cxl_layout_is_linear: does @window keep the bytes of @span in linear layout?
 * If not, cxl_route_decode() says where they are.
 */
bool cxl_layout_is_linear(const CxlRouteSpan *span, bool exact);

/**
 * cxl_layout_home: where the byte at @hpa is kept, whether it is mapped or not
 * @target: gets the index in @span->target
 * @dpa: gets the DPA there
 *
 * RAM, READ_ONLY and POISON runs say the same, so that an access that is looked
 * up late or early finds the byte that a mapping has there.
 *
 * Returns: false if @hpa is not in the span or the span is faulted.
 */
bool cxl_layout_home(const CxlRouteSpan *span, bool exact, uint64_t hpa,
                     unsigned *target, uint64_t *dpa);

/**
 * cxl_layout_to_dpa: by true CXL arithmetic, the device and the DPA of an HPA
 * @node: gets the node
 * @dpa: gets the DPA
 *
 * Returns: false if nothing decodes the address.
 */
bool cxl_layout_to_dpa(const CxlLayoutWindow *windows, unsigned nwindows,
                       uint64_t hpa, int *node, uint64_t *dpa);

/**
 * cxl_layout_to_hpa: by true CXL arithmetic, the HPA of a DPA of a device
 * @hpa: gets the lowest address in any window that leads to @dpa of @node
 *
 * Returns: false if there is none.
 */
bool cxl_layout_to_hpa(const CxlLayoutWindow *windows, unsigned nwindows,
                       int node, uint64_t dpa, uint64_t *hpa);

#endif /* CXL_CORE_LAYOUT_H */
