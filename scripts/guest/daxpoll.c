/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads one line of 64 bytes of a DAX device ten times a second, and says so
 * when what it holds has changed: for "cxl-lab demo --poison", where somebody
 * poisons it.
 */

#include "dax.h"

#include <ctype.h>

#define LINE 64

static __attribute__((noreturn)) void usage(void)
{
    die("usage: daxpoll [-d DEVICE] [-o OFFSET]");
}

static void show(const unsigned char *line)
{
    fputs("The line reads: ", stdout);
    for (size_t i = 0; i < LINE && line[i]; i++) {
        putchar(line[i] >= 0x80 || isprint(line[i]) ? line[i] : '.');
    }
    putchar('\n');
    fflush(stdout);
}

int main(int argc, char **argv)
{
    unsigned char last[LINE], line[LINE];
    const char *path;
    unsigned long long offset;
    unsigned char *base;
    size_t size;

    if (dax_options(argc, argv, &path, &offset, 0) < 0 || offset % LINE) {
        usage();
    }
    base = dax_map(path, &size);
    if (offset >= size || size - offset < LINE) {
        die("Offset %llu lies outside %s of %zu bytes.", offset, path, size);
    }
    for (unsigned long rounds = 0;; rounds++) {
        memcpy(line, base + offset, LINE);
        if (!rounds || memcmp(line, last, LINE)) {
            show(line);
        }
        memcpy(last, line, LINE);
        forget_memory();
        usleep(100 * 1000);
    }
}
