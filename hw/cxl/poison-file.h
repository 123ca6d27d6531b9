/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of poisoned lines of persistent memory in a file beside it
 *
 * The file is replaced as a whole, so that it has an old list or a new one
 * whenever QEMU or the host ends. A worker thread writes it, and nobody waits;
 * what is not written yet when QEMU ends is written then.
 */
#ifndef HW_CXL_POISON_FILE_H
#define HW_CXL_POISON_FILE_H

#include "hw/cxl/core/dpa.h"

typedef struct CxlPoisonFile CxlPoisonFile;

/**
 * cxl_poison_file_open: read a list; one that does not exist yet is empty
 * @path: copied
 * @dpa: a device without poison; gets that of its persistent capacity
 *
 * Returns: NULL with @errp set when the file cannot be read or is no such list.
 */
CxlPoisonFile *cxl_poison_file_open(const char *path, CxlDpa *dpa,
                                    Error **errp);

/** cxl_poison_file_save: write the list of @dpa, soon */
void cxl_poison_file_save(CxlPoisonFile *file, const CxlDpa *dpa);

/** cxl_poison_file_close: when all is written; NULL is allowed */
void cxl_poison_file_close(CxlPoisonFile *file);

#endif /* HW_CXL_POISON_FILE_H */
