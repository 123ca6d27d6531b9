/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device physical address space: partitions and marks (CXL 3.1 8.2.9.9.2.1)
 */
#include "hw/cxl/core/dpa.h"

#include <stddef.h>
#include <string.h>

uint64_t cxl_dpa_capacity(const CxlDpa *dpa)
{
    const CxlDpaPartition *last;

    if (!dpa->count) {
        return 0;
    }
    last = &dpa->part[dpa->count - 1];
    return last->base + last->size;
}

bool cxl_dpa_add(CxlDpa *dpa, const CxlDpaPartition *part)
{
    uint64_t base = cxl_dpa_capacity(dpa);
    CxlDpaPartition *p;

    if (!part->size || part->size % CXL_DPA_UNIT ||
        part->size > UINT64_MAX - base ||
        dpa->count == CXL_DPA_MAX_PARTITIONS) {
        return false;
    }
    p = &dpa->part[dpa->count++];
    *p = *part;
    p->base = base;
    p->next_size = p->size;
    return true;
}

bool cxl_dpa_add_partitionable(CxlDpa *dpa, uint64_t size,
                               uint64_t volatile_size)
{
    if (dpa->count || !size || size % CXL_DPA_UNIT || volatile_size > size ||
        volatile_size % CXL_DPA_UNIT) {
        return false;
    }
    dpa->part[0] = (CxlDpaPartition) {
        .kind = CXL_DPA_VOLATILE,
        .size = volatile_size, .next_size = volatile_size,
    };
    dpa->part[1] = (CxlDpaPartition) {
        .kind = CXL_DPA_PERSISTENT, .base = volatile_size,
        .size = size - volatile_size, .next_size = size - volatile_size,
    };
    dpa->count = 2;
    dpa->partitionable = true;
    return true;
}

bool cxl_dpa_set_next(CxlDpa *dpa, uint64_t volatile_size)
{
    uint64_t size = cxl_dpa_capacity(dpa);

    if (!dpa->partitionable || volatile_size > size ||
        volatile_size % CXL_DPA_UNIT) {
        return false;
    }
    dpa->part[0].next_size = volatile_size;
    dpa->part[1].next_size = size - volatile_size;
    return true;
}

uint64_t cxl_dpa_changes(const CxlDpa *dpa)
{
    const CxlDpaPartition *p = &dpa->part[0];

    if (!dpa->partitionable || p->size == p->next_size) {
        return cxl_dpa_capacity(dpa);
    }
    return p->size < p->next_size ? p->size : p->next_size;
}

/* The first mark at or above @line, or the number of marks */
static uint32_t mark_index(const CxlDpaMarks *marks, uint64_t line)
{
    uint32_t low = 0, high = marks->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (marks->line[middle] < line) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void cxl_dpa_reset(CxlDpa *dpa)
{
    uint64_t base = 0;

    dpa->divisions += cxl_dpa_changes(dpa) < cxl_dpa_capacity(dpa);
    for (unsigned i = 0; i < dpa->count; i++) {
        CxlDpaPartition *p = &dpa->part[i];

        p->base = base;
        p->size = p->next_size;
        base += p->size;
    }
    dpa->marks.count = mark_index(&dpa->marks, base);
}

CxlDpaRights cxl_dpa_rights(const CxlDpa *dpa, const CxlDpaPartition *part)
{
    return dpa->contained && part->kind == CXL_DPA_PERSISTENT ?
           CXL_DPA_READ_ONLY : part->rights;
}

bool cxl_dpa_add_limit(CxlDpaLimits *limits, uint64_t start,
                       CxlDpaRights rights)
{
    uint32_t n = limits->count;

    if (n ? start <= limits->start[n - 1] : start != 0) {
        return false;
    }
    if (n && limits->rights[n - 1] == rights) {
        return true;
    }
    if (n == CXL_DPA_MAX_LIMITS) {
        return false;
    }
    limits->start[n] = start;
    limits->rights[n] = (uint8_t)rights;
    limits->count++;
    return true;
}

CxlDpaRights cxl_dpa_limit(const CxlDpaLimits *limits, uint64_t address,
                           uint64_t *end)
{
    uint32_t low = 0, high = limits->count;

    *end = UINT64_MAX;
    if (!high) {
        return CXL_DPA_READ_WRITE;
    }
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;

        if (limits->start[middle] <= address) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (low + 1 < limits->count) {
        *end = limits->start[low + 1];
    }
    return limits->rights[low];
}

/* The lesser right of both at @at, and up to where both stay the same */
static CxlDpaRights common_limit(const CxlDpaLimits *a, const CxlDpaLimits *b,
                                 uint64_t at, uint64_t *end)
{
    uint64_t other_end;
    CxlDpaRights one = cxl_dpa_limit(a, at, end);
    CxlDpaRights other = cxl_dpa_limit(b, at, &other_end);

    *end = other_end < *end ? other_end : *end;
    return one > other ? one : other;
}

void cxl_dpa_common_limits(const CxlDpaLimits *a, const CxlDpaLimits *b,
                           CxlDpaLimits *both)
{
    bool room = true;
    uint64_t end;

    both->count = 0;
    for (uint64_t at = 0; room && at != UINT64_MAX; at = end) {
        CxlDpaRights rights = common_limit(a, b, at, &end);

        room = cxl_dpa_add_limit(both, at, rights);
    }
    if (!room) {
        both->count = 0;
        cxl_dpa_add_limit(both, 0, CXL_DPA_NO_ACCESS);
    }
}

bool cxl_dpa_same_limits(const CxlDpaLimits *a, const CxlDpaLimits *b)
{
    uint64_t end = 0, other_end;
    bool same = true;

    for (uint64_t at = 0; same && at != UINT64_MAX; at = end) {
        same = cxl_dpa_limit(a, at, &end) == cxl_dpa_limit(b, at, &other_end);
        end = other_end < end ? other_end : end;
    }
    return same;
}

bool cxl_dpa_writable(const CxlDpa *dpa, uint64_t address, uint64_t len)
{
    const CxlDpaPartition *part;
    uint64_t end, last;

    for (uint64_t at = address; len; at = last) {
        part = cxl_dpa_find(dpa, at);
        if (!part) {
            return true;
        }
        if (cxl_dpa_limit(&dpa->limits, at, &end) != CXL_DPA_READ_WRITE ||
            cxl_dpa_rights(dpa, part) != CXL_DPA_READ_WRITE) {
            return false;
        }
        last = part->base + part->size;
        last = end < last ? end : last;
        len -= len < last - at ? len : last - at;
    }
    return true;
}

uint64_t cxl_dpa_size(const CxlDpa *dpa, CxlDpaKind kind)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < dpa->count; i++) {
        bytes += dpa->part[i].kind == kind ? dpa->part[i].size : 0;
    }
    return bytes;
}

uint64_t cxl_dpa_next_size(const CxlDpa *dpa, CxlDpaKind kind)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < dpa->count; i++) {
        bytes += dpa->part[i].kind == kind ? dpa->part[i].next_size : 0;
    }
    return bytes;
}

uint64_t cxl_dpa_base(const CxlDpa *dpa, CxlDpaKind kind)
{
    for (unsigned i = 0; i < dpa->count; i++) {
        if (dpa->part[i].kind == kind && dpa->part[i].size) {
            return dpa->part[i].base;
        }
    }
    return cxl_dpa_capacity(dpa);
}

const CxlDpaPartition *cxl_dpa_find(const CxlDpa *dpa, uint64_t address)
{
    for (unsigned i = 0; i < dpa->count; i++) {
        const CxlDpaPartition *p = &dpa->part[i];

        if (address >= p->base && address - p->base < p->size) {
            return p;
        }
    }
    return NULL;
}

const CxlDpaPartition *cxl_dpa_contains(const CxlDpa *dpa, uint64_t address,
                                        uint64_t len)
{
    const CxlDpaPartition *p = cxl_dpa_find(dpa, address);

    return p && len <= p->size - (address - p->base) ? p : NULL;
}

static uint64_t line_of(uint64_t address)
{
    return address & ~(uint64_t)(CXL_DPA_LINE - 1);
}

/* Move all that is kept of the marks from index @from on to index @to on */
static void move_marks(CxlDpaMarks *marks, uint32_t to, uint32_t from)
{
    uint32_t n = marks->count - from;

    memmove(&marks->line[to], &marks->line[from], n * sizeof(marks->line[0]));
    memmove(&marks->written[to], &marks->written[from],
            n * sizeof(marks->written[0]));
    memmove(&marks->source[to], &marks->source[from], n);
    memmove(&marks->told[to], &marks->told[from], n);
    memmove(&marks->hidden[to], &marks->hidden[from], n);
}

int cxl_dpa_mark_find(const CxlDpaMarks *marks, uint64_t address)
{
    uint32_t i = mark_index(marks, line_of(address));

    return i < marks->count && marks->line[i] == line_of(address) ? (int)i : -1;
}

bool cxl_dpa_mark_add(CxlDpaMarks *marks, uint64_t address)
{
    uint64_t line = line_of(address);
    uint32_t i = mark_index(marks, line);

    if (i < marks->count && marks->line[i] == line) {
        return true;
    }
    if (marks->count == CXL_DPA_MAX_MARKS) {
        return false;
    }
    move_marks(marks, i + 1, i);
    marks->count++;
    marks->line[i] = line;
    marks->written[i] = 0;
    marks->source[i] = 0;
    marks->told[i] = 0;
    marks->hidden[i] = 0;
    return true;
}

bool cxl_dpa_mark_hide(CxlDpaMarks *marks, uint64_t address)
{
    if (cxl_dpa_mark_find(marks, address) >= 0) {
        return true;
    }
    if (!cxl_dpa_mark_add(marks, address)) {
        return false;
    }
    marks->hidden[mark_index(marks, line_of(address))] = 1;
    return true;
}

bool cxl_dpa_mark_remove(CxlDpaMarks *marks, uint64_t address)
{
    int i = cxl_dpa_mark_find(marks, address);

    if (i < 0) {
        return false;
    }
    move_marks(marks, (uint32_t)i, (uint32_t)i + 1);
    marks->count--;
    return true;
}

bool cxl_dpa_mark_remove_all(CxlDpaMarks *marks, uint64_t address, uint64_t len)
{
    uint32_t count = marks->count;
    uint64_t line;

    while (len && cxl_dpa_mark_next(marks, address, &line) &&
           (line < address || line - address < len)) {
        cxl_dpa_mark_remove(marks, line);
    }
    return marks->count < count;
}

bool cxl_dpa_mark_next(const CxlDpaMarks *marks, uint64_t address,
                       uint64_t *line)
{
    uint32_t i = mark_index(marks, line_of(address));

    if (i == marks->count) {
        return false;
    }
    *line = marks->line[i];
    return true;
}

bool cxl_dpa_mark_next_known(const CxlDpaMarks *marks, uint64_t address,
                             uint64_t *line)
{
    while (cxl_dpa_mark_next(marks, address, line)) {
        if (!marks->hidden[mark_index(marks, *line)]) {
            return true;
        }
        address = *line + CXL_DPA_LINE;
    }
    return false;
}
