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
    const char *path = DAX_DEFAULT;
    unsigned long long offset = 0;
    unsigned char *base;
    size_t size, length;
    int option;

    while ((option = getopt(argc, argv, "d:o:")) != -1) {
        switch (option) {
        case 'd':
            path = optarg;
            break;
        case 'o':
            offset = parse_size(optarg);
            break;
        default:
            usage();
        }
    }
    if (optind != argc - 1) {
        usage();
    }

    length = strlen(argv[optind]) + 1;
    if (length > DAX_TEXT_MAX) {
        die("The text is longer than %d bytes.", DAX_TEXT_MAX - 1);
    }
    base = dax_map(path, &size);
    if (offset > size || length > size - offset) {
        die("%zu bytes at offset %llu do not fit into %s of %zu bytes.",
            length, offset, path, size);
    }
    memcpy(base + offset, argv[optind], length);
    puts("Paragraph written to DAX device successfully.");
    return 0;
}
