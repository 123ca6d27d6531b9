/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing memory to its file without anybody waiting for the disk
 */
#ifndef HW_CXL_FLUSH_H
#define HW_CXL_FLUSH_H

#include "hw/cxl/core/effects.h"
#include "system/hostmem.h"

typedef struct CxlFlush CxlFlush;

/** CxlFlushDone: what was written is durable, or not if it failed (!@ok) */
typedef void CxlFlushDone(void *opaque, bool ok);

/**
 * cxl_flush_start: write a part of a backend to its file, in a worker thread
 * @range: of the backend's memory; only pages that have changed are written
 * @done: called in the main loop, with the BQL held; at once when there is no
 *        file; may be NULL
 *
 * The backend stays alive for that long. When QEMU ends before it is done, it
 * is done then.
 *
 * Returns: a handle that is good until @done is called; NULL when it was.
 */
CxlFlush *cxl_flush_start(HostMemoryBackend *backend, CxlRange range,
                          CxlFlushDone *done, void *opaque);

/** cxl_flush_forget: do not call done; NULL is allowed */
void cxl_flush_forget(CxlFlush *f);

/**
 * cxl_flush_now: write all of a backend's memory to its file, and wait
 *
 * Returns: whether it is durable; true when there is no file.
 */
bool cxl_flush_now(HostMemoryBackend *backend);

#endif /* HW_CXL_FLUSH_H */
