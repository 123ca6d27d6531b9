/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of a machine that say how caches are kept coherent
 */
#ifndef HW_CXL_COHERENCY_OPTIONS_H
#define HW_CXL_COHERENCY_OPTIONS_H

#include "qom/object.h"

/**
 * cxl_coherency_add_options: give a machine cxl-coherency and what goes with it
 * @mapped: none of them can change any more once this is true
 */
void cxl_coherency_add_options(Object *machine, const bool *mapped);

#endif /* HW_CXL_COHERENCY_OPTIONS_H */
