/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that takes long, in a thread of its own
 */
#ifndef HW_CXL_WORKER_H
#define HW_CXL_WORKER_H

#include "block/aio.h"
#include "block/thread-pool.h"

/**
 * cxl_worker_start: have something done while QEMU goes on
 * @work: called in a thread of QEMU's pool, without the BQL
 * @done: called after it, in the main loop, with the BQL held; gets what
 *        @work returned
 * @opaque: what both get; the caller's, until @done is called
 *
 * Called with the BQL held, from any thread. When QEMU ends, @work may not have
 * been called, and @done is not.
 */
void cxl_worker_start(ThreadPoolFunc *work, BlockCompletionFunc *done,
                      void *opaque);

#endif /* HW_CXL_WORKER_H */
