/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading small files that users bring
 */
#include "qemu/osdep.h"
#include "regular-file.h"

bool cxl_file_read(int fd, uint8_t *bytes, uint32_t max, uint32_t *size,
                   Error **errp)
{
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        error_setg(errp, "it is no regular file");
        return false;
    }
    *size = 0;
    do {
        n = RETRY_ON_EINTR(read(fd, bytes + *size, max + 1 - *size));
        if (n < 0) {
            error_setg_errno(errp, errno, "it cannot be read");
            return false;
        }
        *size += n;
    } while (n && *size <= max);
    return true;
}
