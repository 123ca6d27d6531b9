/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of all windows as a list of runs (CXL 3.1 8.2.4.20, 9.18.1.3)
 */
#include "hw/cxl/core/layout.h"

#include <stddef.h>
#include <string.h>

/* The list that is being made */
typedef struct Layout {
    const CxlDpa *const *dpa;
    CxlRun *runs;
    unsigned n;
    unsigned budget;    /* what is left */
    unsigned pages;     /* that may be cut out, still */
    unsigned room;      /* for runs and pages, see CXL_LAYOUT_ROOM */
    bool may_map;       /* there was any */
} Layout;

/* The span that is being laid out, and the pages that are cut out of it */
typedef struct Cut {
    const CxlRouteSpan *span;
    uint16_t window;
    uint16_t index;
    unsigned npages;
    uint64_t page[CXL_LAYOUT_MAX_POISON];
} Cut;

const char *cxl_run_why_name(CxlRunWhy why)
{
    static const char *const name[] = {
        [CXL_RUN_AS_RAM] = NULL,
        [CXL_RUN_FAULT] = "not decoded",
        [CXL_RUN_NO_MEMORY] = "the device has no memory there",
        [CXL_RUN_DISABLED] = "the media is disabled",
        [CXL_RUN_SECURED] = "the memory is locked by a passphrase",
        [CXL_RUN_IRREGULAR] =
            "devices do not contribute equal and contiguous shares",
        [CXL_RUN_EXACT] = "exact layout",
        [CXL_RUN_BUDGET] = "too many ranges are mapped already",
        [CXL_RUN_LOCKED] = "a device would lock more than the host allows",
        [CXL_RUN_SCATTERED] = "poison in too many pages",
        [CXL_RUN_CONTAINED] = "the device contains an error",
        [CXL_RUN_DENIED] = "the pool gives it to other hosts only",
        [CXL_RUN_CACHED] = "software-managed coherency",
    };

    return (unsigned)why < sizeof(name) / sizeof(name[0]) ? name[why]
                                                          : "unknown";
}

bool cxl_layout_is_linear(const CxlRouteSpan *span, bool exact)
{
    return !span->fault && span->linear && (!exact || span->ntargets == 1);
}

bool cxl_layout_home(const CxlRouteSpan *span, bool exact, uint64_t hpa,
                     unsigned *target, uint64_t *dpa)
{
    return cxl_layout_is_linear(span, exact) ?
           cxl_route_linear_home(span, hpa, target, dpa) :
           cxl_route_decode(span, hpa, target, dpa);
}

/* All of the span in one run */
static void add_whole(Layout *l, const Cut *cut, CxlRunKind kind,
                      CxlRunWhy why)
{
    l->runs[l->n++] = (CxlRun) {
        .hpa = cut->span->hpa, .size = cut->span->size,
        .kind = kind, .why = why,
        .window = cut->window, .span = cut->index,
    };
}

/* Index of the first page at or above @hpa, or the number of pages */
static unsigned page_index(const Cut *cut, uint64_t hpa)
{
    unsigned low = 0, high = cut->npages;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (cut->page[middle] < hpa) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Keeps the list sorted and without duplicates; false: there is no room */
static bool cut_page(const Layout *l, Cut *cut, uint64_t page)
{
    unsigned at = page_index(cut, page);

    if (at < cut->npages && cut->page[at] == page) {
        return true;
    }
    if (cut->npages == l->pages || cut->npages == l->room / 2) {
        return false;
    }
    memmove(&cut->page[at + 1], &cut->page[at],
            (cut->npages++ - at) * sizeof(cut->page[0]));
    cut->page[at] = page;
    return true;
}

/* What the host cannot access is all ones, poisoned or not */
static bool can_access(const CxlDpa *dpa, uint64_t at)
{
    const CxlDpaPartition *part = cxl_dpa_find(dpa, at);
    uint64_t end;

    return part && !part->closed &&
           cxl_dpa_limit(&dpa->limits, at, &end) != CXL_DPA_NO_ACCESS;
}

/* The first poisoned line that ends above @at and that the host can access */
static bool next_poison(const CxlDpa *dpa, uint64_t at, uint64_t *line)
{
    while (cxl_dpa_mark_next(&dpa->marks, at, line)) {
        if (can_access(dpa, *line)) {
            return true;
        }
        at = *line + CXL_DPA_LINE;
    }
    return false;
}

/*
 * Find the pages that have a poisoned line: the lines are where true arithmetic
 * puts them. A line never crosses a granule, and so it lies in one page.
 */
static bool find_poison(const Layout *l, Cut *cut)
{
    for (unsigned t = 0; t < cut->span->ntargets; t++) {
        const CxlDpa *dpa = l->dpa[cut->span->target[t].node];
        CxlRouteShare share = cxl_route_share(cut->span, t);
        uint64_t at = share.dpa, hpa, line;

        while (next_poison(dpa, at, &line) && line - share.dpa < share.size) {
            if (cxl_route_encode(cut->span, t, line, &hpa) &&
                !cut_page(l, cut, hpa - hpa % CXL_LAYOUT_PAGE)) {
                return false;
            }
            at = line + CXL_DPA_LINE;
        }
    }
    return true;
}

/* The first page cut out at or above @hpa; UINT64_MAX if there is none */
static uint64_t next_page(const Cut *cut, uint64_t hpa)
{
    unsigned i = page_index(cut, hpa);

    return i < cut->npages ? cut->page[i] : UINT64_MAX;
}

/*
 * Not every accelerator keeps stores from what is mapped read-only, but all of
 * them ask for what is not mapped.
 */
static void set_kind(CxlRun *run, const CxlDpa *dpa,
                     const CxlDpaPartition *part, CxlDpaRights limit)
{
    static const CxlRunWhy why[] = {
        [CXL_DPA_DISABLED] = CXL_RUN_DISABLED,
        [CXL_DPA_LOCKED] = CXL_RUN_SECURED,
    };

    if (!part || part->closed) {
        run->kind = CXL_RUN_HOLE;
        run->why = part ? why[part->closed] : CXL_RUN_NO_MEMORY;
    } else if (limit == CXL_DPA_NO_ACCESS) {
        run->kind = CXL_RUN_HOLE;
        run->why = CXL_RUN_DENIED;
    } else if (cxl_dpa_rights(dpa, part) != part->rights) {
        run->kind = CXL_RUN_DECODE;
        run->why = CXL_RUN_CONTAINED;
    } else {
        run->kind = part->rights == CXL_DPA_READ_ONLY ||
                    limit == CXL_DPA_READ_ONLY ? CXL_RUN_READ_ONLY
                                               : CXL_RUN_RAM;
    }
}

/* The piece at @offset of a share: as far as one partition and right go */
static CxlRun next_piece(const Layout *l, const Cut *cut, unsigned target,
                         const CxlRouteShare *share, uint64_t offset)
{
    const CxlDpa *dpa = l->dpa[cut->span->target[target].node];
    const CxlDpaPartition *part = cxl_dpa_find(dpa, share->dpa + offset);
    CxlRun run = {
        .hpa = share->hpa + offset, .size = share->size - offset,
        .window = cut->window, .span = cut->index,
        .target = (uint8_t)target, .dpa = share->dpa + offset,
    };
    uint64_t end;

    set_kind(&run, dpa, part, cxl_dpa_limit(&dpa->limits, run.dpa, &end));
    if (part && run.size > part->size - (run.dpa - part->base)) {
        run.size = part->size - (run.dpa - part->base);
    }
    if (part && run.size > end - run.dpa) {
        run.size = end - run.dpa;
    }
    return run;
}

/* The run at @offset of a piece: as far as no page is cut out, or one such */
static CxlRun next_run(const Cut *cut, const CxlRun *piece, uint64_t offset)
{
    CxlRun run = *piece;
    uint64_t page;

    run.hpa += offset;
    run.dpa += offset;
    run.size -= offset;
    page = piece->kind == CXL_RUN_HOLE ? UINT64_MAX : next_page(cut, run.hpa);
    if (page == run.hpa) {
        run.kind = CXL_RUN_POISON;
        run.why = CXL_RUN_AS_RAM;
        run.size = CXL_LAYOUT_PAGE;
    } else if (page - run.hpa < run.size) {
        run.size = page - run.hpa;
    }
    return run;
}

static bool add_share(Layout *l, const Cut *cut, unsigned target)
{
    CxlRouteShare share = cxl_route_share(cut->span, target);
    CxlRun piece, run;

    for (uint64_t offset = 0; offset < share.size; offset += piece.size) {
        if (!l->budget || !l->room) {
            return false;
        }
        l->budget--;
        l->room--;
        piece = next_piece(l, cut, target, &share, offset);
        for (uint64_t at = 0; at < piece.size; at += run.size) {
            run = next_run(cut, &piece, at);
            l->runs[l->n++] = run;
        }
    }
    return true;
}

/* Map the span with all its runs, or take all of them back */
static bool add_shares(Layout *l, const Cut *cut)
{
    const Layout before = *l;

    l->pages -= cut->npages;
    l->room -= 2 * cut->npages;
    for (unsigned t = 0; t < cut->span->ntargets; t++) {
        if (!add_share(l, cut, t)) {
            *l = before;
            return false;
        }
    }
    return true;
}

static void lay_span(Layout *l, Cut *cut, const CxlLayoutWindow *w)
{
    if (cut->span->fault) {
        add_whole(l, cut, CXL_RUN_HOLE, CXL_RUN_FAULT);
    } else if (w->cached) {
        add_whole(l, cut, CXL_RUN_DECODE, CXL_RUN_CACHED);
    } else if (!cut->span->linear) {
        add_whole(l, cut, CXL_RUN_DECODE, CXL_RUN_IRREGULAR);
    } else if (!cxl_layout_is_linear(cut->span, w->exact)) {
        add_whole(l, cut, CXL_RUN_DECODE, CXL_RUN_EXACT);
    } else if (!w->no_poison && !find_poison(l, cut)) {
        add_whole(l, cut, CXL_RUN_DECODE, CXL_RUN_SCATTERED);
    } else if (!add_shares(l, cut)) {
        add_whole(l, cut, CXL_RUN_DECODE,
                  l->may_map ? CXL_RUN_BUDGET : CXL_RUN_LOCKED);
    }
}

unsigned cxl_layout_budget(bool pinned, uint64_t limit, uint64_t ram,
                           uint64_t capacity)
{
    return pinned && (ram > limit || capacity > limit - ram) ?
           0 : CXL_LAYOUT_BUDGET;
}

unsigned cxl_layout(const CxlLayoutWindow *windows, unsigned nwindows,
                    const CxlDpa *const *dpa, unsigned budget, CxlRun *runs)
{
    Layout l = {
        .dpa = dpa, .runs = runs, .budget = budget, .may_map = budget > 0,
        .pages = CXL_LAYOUT_MAX_POISON,
        .room = CXL_LAYOUT_ROOM - nwindows,
    };

    for (unsigned w = 0; w < nwindows; w++) {
        for (unsigned s = 0; s < windows[w].nspans; s++) {
            Cut cut = {
                .span = &windows[w].spans[s],
                .window = (uint16_t)w, .index = (uint16_t)s,
            };

            lay_span(&l, &cut, &windows[w]);
        }
    }
    return l.n;
}

/* Of a poisoned line, the bytes that are shown there may be out of reach */
static bool is_shown(const CxlRouteSpan *span, bool exact,
                     const CxlDpa *const *dpa, uint64_t hpa)
{
    unsigned target;
    uint64_t home;

    return cxl_layout_home(span, exact, hpa, &target, &home) &&
           can_access(dpa[span->target[target].node], home);
}

/* The lines of one target of a span */
static unsigned target_poison(const CxlRouteSpan *span, bool exact,
                              unsigned target, const CxlDpa *const *dpa,
                              CxlLineSet *lines)
{
    const CxlRouteTarget *t = &span->target[target];
    uint64_t hpa[CXL_MAX_WAYS], at = t->dpa_base, line;
    unsigned count = 0;

    while (next_poison(dpa[t->node], at, &line) &&
           line - t->dpa_base < t->dpa_size) {
        unsigned n = cxl_route_encode_all(span, target, line, hpa);

        for (unsigned i = 0; i < n; i++) {
            if (!is_shown(span, exact, dpa, hpa[i])) {
                continue;
            }
            if (lines) {
                cxl_line_set_add(lines, hpa[i]);
            }
            count++;
        }
        at = line + CXL_DPA_LINE;
    }
    return count;
}

unsigned cxl_layout_poison(const CxlLayoutWindow *window,
                           const CxlDpa *const *dpa, CxlLineSet *lines)
{
    unsigned count = 0;

    for (unsigned s = 0; !window->no_poison && s < window->nspans; s++) {
        const CxlRouteSpan *span = &window->spans[s];

        for (unsigned t = 0; !span->fault && t < span->ntargets; t++) {
            count += target_poison(span, window->exact, t, dpa, lines);
        }
    }
    return count;
}

bool cxl_layout_to_dpa(const CxlLayoutWindow *windows, unsigned nwindows,
                       uint64_t hpa, int *node, uint64_t *dpa)
{
    for (unsigned w = 0; w < nwindows; w++) {
        for (unsigned s = 0; s < windows[w].nspans; s++) {
            const CxlRouteSpan *span = &windows[w].spans[s];
            unsigned target;

            if (cxl_route_decode(span, hpa, &target, dpa)) {
                *node = span->target[target].node;
                return true;
            }
        }
    }
    return false;
}

static bool span_to_hpa(const CxlRouteSpan *span, int node, uint64_t dpa,
                        uint64_t *hpa)
{
    bool found = false;
    uint64_t at;

    for (unsigned t = 0; !span->fault && t < span->ntargets; t++) {
        if (span->target[t].node == node &&
            cxl_route_encode(span, t, dpa, &at) && (!found || at < *hpa)) {
            *hpa = at;
            found = true;
        }
    }
    return found;
}

bool cxl_layout_to_hpa(const CxlLayoutWindow *windows, unsigned nwindows,
                       int node, uint64_t dpa, uint64_t *hpa)
{
    for (unsigned w = 0; w < nwindows; w++) {
        for (unsigned s = 0; s < windows[w].nspans; s++) {
            if (span_to_hpa(&windows[w].spans[s], node, dpa, hpa)) {
                return true;
            }
        }
    }
    return false;
}
