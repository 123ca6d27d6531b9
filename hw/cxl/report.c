/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling people what the model did: trace events, and the log of what guests
 * did wrong
 */
#include "qemu/osdep.h"
#include "report.h"

#include "hw/cxl/core/cci.h"
#include "qemu/log.h"
#include "trace/trace-cxl_trace_events.h"

const char *cxl_report_id(const char *id)
{
    return id ? id : "-";
}

static void trace(const char *id, const CxlReport *r)
{
    if (r->what & CXL_REPORT_COMMAND) {
        trace_cxl_command(id, r->number, r->name, r->in_len);
    }
    if (r->what & CXL_REPORT_RETURN) {
        trace_cxl_command_return(id, r->number, r->name, cxl_ret_name(r->ret),
                                 r->ret, r->out_len);
    }
    if (r->what & CXL_REPORT_BACKGROUND) {
        trace_cxl_command_ended(id, r->number, r->name, cxl_ret_name(r->ret),
                                r->ret);
    }
    if (r->what & CXL_REPORT_COMMIT) {
        trace_cxl_decoder_commit(id, r->number);
    }
    if (r->what & CXL_REPORT_UNCOMMIT) {
        trace_cxl_decoder_uncommit(id, r->number);
    }
    if (r->what & CXL_REPORT_REFUSED) {
        trace_cxl_decoder_refused(id, r->number, r->wrong);
    }
    if (r->what & CXL_REPORT_DOE) {
        trace_cxl_doe_request(id, r->number & 0xffff, r->number >> 16 & 0xff,
                              r->in_len, r->out_len);
    }
}

static void log_fault(const char *id, const CxlReport *r)
{
    if (r->what & (CXL_REPORT_RETURN | CXL_REPORT_BACKGROUND)) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: command %04xh, %s: %s\n", id,
                      r->number, r->name, r->wrong);
    } else if (r->what & CXL_REPORT_REFUSED) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: decoder %u refused: %s\n", id,
                      r->number, r->wrong);
    } else if (r->what & CXL_REPORT_DOE) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: DOE request 0x%x: %s\n", id,
                      r->number, r->wrong);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: write refused: %s\n", id,
                      r->wrong);
    }
}

void cxl_report(const char *id, const CxlReport *report)
{
    id = cxl_report_id(id);
    trace(id, report);
    if (report->wrong) {
        log_fault(id, report);
    }
}

void cxl_report_reset(const char *id, CxlReset kind)
{
    static const char *const names[] = {
        [CXL_RESET_COLD] = "cold",
        [CXL_RESET_WARM] = "warm",
        [CXL_RESET_CXL] = "CXL",
        [CXL_RESET_FUNCTION] = "function-level",
    };

    trace_cxl_reset(cxl_report_id(id), names[kind]);
}
