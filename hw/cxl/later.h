/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What needs the BQL, from threads that may not wait for it
 */
#ifndef HW_CXL_LATER_H
#define HW_CXL_LATER_H

/**
 * CxlLaterFn: what is to be done, with the BQL held
 * @at: address of an access
 * @size: bytes of it
 */
typedef void CxlLaterFn(void *opaque, uint64_t at, unsigned size);

/**
 * cxl_later: has it done: before this returns, if the caller holds the BQL or
 * is a vCPU, which nobody waits for with the BQL held; else soon, in the main
 * loop
 * @opaque: to live that long
 *
 * To be called from any thread. What is done soon sees the map as it is then.
 *
 * Returns: false if as much waits as may, and nothing will be done.
 */
bool cxl_later(CxlLaterFn *fn, void *opaque, uint64_t at, unsigned size);

#endif /* HW_CXL_LATER_H */
