/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences between the series of QEMU that this project is built into: all
 * of them are here, so that no other file asks which one it is.  What is left
 * of a series that is no longer built goes with its patches.
 */
#ifndef CXL_COMPAT_H
#define CXL_COMPAT_H

#define CXL_QEMU_SINCE(major, minor) \
    (QEMU_VERSION_MAJOR > (major) || \
     (QEMU_VERSION_MAJOR == (major) && QEMU_VERSION_MINOR >= (minor)))

#if CXL_QEMU_SINCE(10, 1)
#include "exec/icount.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/ramblock.h"
#else
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "exec/ramblock.h"
#endif

/* What the second argument of a class_init function points to */
#if CXL_QEMU_SINCE(10, 1)
typedef const void CxlClassData;
#else
typedef void CxlClassData;
#endif

#if CXL_QEMU_SINCE(10, 1)
#define cxl_tb_flush queue_tb_flush
#else
#define cxl_tb_flush tb_flush
#endif

#endif /* CXL_COMPAT_H */
