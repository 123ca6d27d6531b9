/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that do not get at a pool's memory by the machine's memory map
 */
#ifndef HW_CXL_POOL_BESIDE_H
#define HW_CXL_POOL_BESIDE_H

/**
 * cxl_pool_beside_begin: there is one more member of a pool; from the first one
 * on, a warning is given for each device, of now and later, whose work is done
 * by another process, or that maps memory by itself
 */
void cxl_pool_beside_begin(void);

/** cxl_pool_beside_end: there is one less */
void cxl_pool_beside_end(void);

#endif /* HW_CXL_POOL_BESIDE_H */
