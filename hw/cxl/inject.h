/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What commands of QMP that inject something have in common
 */
#ifndef HW_CXL_INJECT_H
#define HW_CXL_INJECT_H

#include "type3.h"

/**
 * cxl_inject_find: the object that the argument @path of a command names: a QOM
 * path, or an id
 * @type: of the object
 * @obj: gets it, or NULL when there is none
 *
 * Returns: false with @errp set when there are several.
 */
bool cxl_inject_find(const char *path, const char *type, Object **obj,
                     Error **errp);

/**
 * cxl_inject_target: the memory device that the argument @path of a command
 * names: a QOM path, or an id
 *
 * Returns: NULL with @errp set when there is none, or it is not in use.
 */
CxlType3 *cxl_inject_target(const char *path, Error **errp);

#endif /* HW_CXL_INJECT_H */
