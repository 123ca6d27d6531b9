/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the bytes of memory backends zero without anybody waiting for it
 */
#ifndef HW_CXL_ERASE_H
#define HW_CXL_ERASE_H

#include "flush.h"

/** CXL_ERASE_PARTS: backends that one job can touch */
#define CXL_ERASE_PARTS 3

/**
 * struct CxlErasePart - a part of a backend
 * @backend: whose bytes, NULL: none
 * @range: which
 * @no_holes: set when no hole could be made: none is tried then; it lasts as
 *            long as the job. Workers are one at a time.
 * @durable: they have to be gone from its file, too, when the job is done
 */
typedef struct CxlErasePart {
    HostMemoryBackend *backend;
    CxlRange range;
    bool *no_holes;
    bool durable;
} CxlErasePart;

/**
 * cxl_erase_start: make bytes zero, in a worker thread
 * @parts: copied; the backends stay alive
 * @done: called in the main loop, with the BQL held, when it is done or has
 *        failed; what TCG had translated from there is gone then
 */
void cxl_erase_start(const CxlErasePart parts[CXL_ERASE_PARTS],
                     CxlFlushDone *done, void *opaque);

#endif /* HW_CXL_ERASE_H */
