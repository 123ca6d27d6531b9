/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shows the text that daxwriter, here or in another guest, left in a DAX
 * device.  The bytes may be anything: what no terminal should see is shown
 * as a dot.
 */

#include "dax.h"

#include <ctype.h>

static __attribute__((noreturn)) void usage(void)
{
    die("usage: daxreader [-d DEVICE] [-o OFFSET]");
}

int main(int argc, char **argv)
{
    const char *path;
    unsigned long long offset;
    unsigned char *base;
    size_t size, i;

    if (dax_options(argc, argv, &path, &offset, 0) < 0) {
        usage();
    }

    base = dax_map(path, &size);
    if (offset >= size) {
        die("Offset %llu lies outside %s of %zu bytes.", offset, path, size);
    }
    if (base[offset] == 0xff) {
        die("%s reads as all ones at offset %llu: no memory answers there.",
            path, offset);
    }
    if (!base[offset]) {
        die("There is no text at offset %llu of %s.", offset, path);
    }
    puts("Paragraph read from DAX device:");
    for (i = 0; i < DAX_TEXT_MAX && i < size - offset && base[offset + i];
         i++) {
        unsigned char byte = base[offset + i];

        /* Bytes from 0x80 up are UTF-8, which terminals know. */
        putchar(byte >= 0x80 || isprint(byte) || byte == '\n' ? byte : '.');
    }
    putchar('\n');
    return 0;
}
