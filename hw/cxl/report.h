/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Telling people what the model did (core/effects.h, CxlReport)
 */
#ifndef HW_CXL_REPORT_H
#define HW_CXL_REPORT_H

#include "hw/cxl/core/effects.h"

/** cxl_report_id: an id as it is printed: "-" for NULL */
const char *cxl_report_id(const char *id);

/**
 * cxl_report: trace what happened; what a guest did wrong is logged, too
 * (-d guest_errors)
 * @id: of the component, may be NULL
 */
void cxl_report(const char *id, const CxlReport *report);

/** cxl_report_reset: trace a reset of a component and its kind */
void cxl_report_reset(const char *id, CxlReset kind);

#endif /* HW_CXL_REPORT_H */
