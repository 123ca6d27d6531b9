/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison that people inject and clear by QMP (CXL 3.1 8.2.9.9.4)
 */
#include "qemu/osdep.h"
#include "inject.h"

#include "hw/cxl/core/poison.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-cxl.h"

/* Whole lines of the device, one at least */
static bool check_lines(const CxlDpa *dpa, uint64_t start, uint64_t length,
                        Error **errp)
{
    uint64_t capacity = cxl_dpa_capacity(dpa);

    if (start % CXL_DPA_LINE) {
        error_setg(errp, "start must be a multiple of %u, not %" PRIu64
                   ": use %" PRIu64, CXL_DPA_LINE, start,
                   start - start % CXL_DPA_LINE);
        return false;
    }
    if (!length || length % CXL_DPA_LINE) {
        error_setg(errp, "length must be a multiple of %u, and not 0; it is %"
                   PRIu64, CXL_DPA_LINE, length);
        return false;
    }
    if (start >= capacity) {
        error_setg(errp, "start must be a device physical address, below 0x%"
                   PRIx64 ", and not 0x%" PRIx64, capacity, start);
        return false;
    }
    if (length > capacity - start) {
        error_setg(errp, "length must be %" PRIu64 " at most: there the device"
                   " ends", capacity - start);
        return false;
    }
    return true;
}

/* All or none of the lines become poisoned */
static bool check_room(const CxlDpaMarks *marks, uint64_t start,
                       uint64_t length, Error **errp)
{
    unsigned room = CXL_DPA_MAX_MARKS - marks->count;
    uint64_t more = length / CXL_DPA_LINE;

    /* There are no more marks than this may meet */
    for (unsigned i = 0; i < marks->count; i++) {
        more -= marks->line[i] >= start && marks->line[i] - start < length;
    }
    if (more > room) {
        error_setg(errp, "length must be %u at most: of the %u poisoned lines"
                   " that a device can have, %u are there; cxl-clear-poison"
                   " makes room", room * CXL_DPA_LINE, CXL_DPA_MAX_MARKS,
                   marks->count);
        return false;
    }
    return true;
}

void qmp_cxl_inject_poison(const char *path, uint64_t start, uint64_t length,
                           Error **errp)
{
    CxlType3 *t3 = cxl_inject_target(path, errp);
    CxlTime now = cxl_time_now();
    CxlEffects effects = {};

    if (!t3 || !check_lines(&t3->endpoint.dpa, start, length, errp) ||
        !check_room(&t3->endpoint.dpa.marks, start, length, errp)) {
        return;
    }
    for (uint64_t at = 0; at < length; at += CXL_DPA_LINE) {
        cxl_poison_add(&t3->endpoint.memdev, start + at, CXL_POISON_INJECTED,
                       now, &effects);
    }
    cxl_effects_apply(&t3->outlet, &effects);
}

void qmp_cxl_clear_poison(const char *path, uint64_t start, uint64_t length,
                          Error **errp)
{
    CxlType3 *t3 = cxl_inject_target(path, errp);
    CxlEffects effects = {};

    if (!t3 || !check_lines(&t3->endpoint.dpa, start, length, errp)) {
        return;
    }
    cxl_poison_forget(&t3->endpoint.memdev, start, length, &effects);
    cxl_effects_apply(&t3->outlet, &effects);
}
