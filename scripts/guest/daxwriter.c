/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a text into a DAX device, for daxreader in another guest.
 */

#include "dax.h"

static __attribute__((noreturn)) void usage(void)
{
    die("usage: daxwriter [-d DEVICE] [-o OFFSET] TEXT");
}

int main(int argc, char **argv)
{
    const char *path;
    unsigned long long offset;
    unsigned char *base;
    size_t size, length;
    int word;

    word = dax_options(argc, argv, &path, &offset, 1);
    if (word < 0) {
        usage();
    }

    length = strlen(argv[word]) + 1;
    if (length > DAX_TEXT_MAX) {
        die("The text is longer than %d bytes.", DAX_TEXT_MAX - 1);
    }
    base = dax_map(path, &size);
    if (offset > size || length > size - offset) {
        die("%zu bytes at offset %llu do not fit into %s of %zu bytes.",
            length, offset, path, size);
    }
    memcpy(base + offset, argv[word], length);
    puts("Paragraph written to DAX device successfully.");
    return 0;
}
