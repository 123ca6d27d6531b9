/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading small files that users bring
 */
#ifndef HW_CXL_REGULAR_FILE_H
#define HW_CXL_REGULAR_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "qapi/error.h"

/**
 * cxl_file_read: read a regular file from its beginning; a FIFO or a device may
 * keep QEMU waiting, or never end
 * @bytes: room for @max + 1 of them
 * @size: gets how many there were: @max + 1 when the file is longer than @max
 *
 * Returns: false with @errp set when it is not regular or cannot be read.
 */
bool cxl_file_read(int fd, uint8_t *bytes, uint32_t max, uint32_t *size,
                   Error **errp);

#endif /* HW_CXL_REGULAR_FILE_H */
