/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file in which a memory device keeps what it remembers without power
 */
#ifndef HW_CXL_STATE_FILE_H
#define HW_CXL_STATE_FILE_H

#include "flush.h"
#include "hw/cxl/core/nvstate.h"

typedef struct CxlStateFile CxlStateFile;

/**
 * cxl_state_file_open: open a file, which is made if there is none, and lock it
 * @state: gets what is in it
 *
 * Returns: the file, or NULL with @errp set: it cannot be read or written, is
 * no such file, or belongs to another device
 */
CxlStateFile *cxl_state_file_open(const char *path, CxlNvState *state,
                                  Error **errp);

/**
 * cxl_state_file_store: make @state durable, in a worker thread. It stays in
 * order: what is stored last counts. When QEMU ends before, it is done then.
 * @done: called in the main loop, with the BQL held, unless
 *        cxl_state_file_forget() comes first; NULL: who waits already waits for
 *        this, too
 */
void cxl_state_file_store(CxlStateFile *f, const CxlNvState *state,
                          CxlFlushDone *done, void *opaque);

/** cxl_state_file_is: @path names the file */
bool cxl_state_file_is(const CxlStateFile *f, const char *path);

/** cxl_state_file_store_now: make @state durable, and wait */
void cxl_state_file_store_now(CxlStateFile *f, const CxlNvState *state);

/** cxl_state_file_forget: nobody waits for what is being stored */
void cxl_state_file_forget(CxlStateFile *f);

/** cxl_state_file_close: close it once all has been stored */
void cxl_state_file_close(CxlStateFile *f);

#endif /* HW_CXL_STATE_FILE_H */
