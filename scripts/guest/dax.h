/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps a DAX device, or for trying things out an ordinary file, whole.
 */

#ifndef GUEST_DAX_H
#define GUEST_DAX_H

#define _GNU_SOURCE /* O_DIRECT; the first thing a program includes */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DAX_DEFAULT "/dev/dax0.0"

/* The longest text that daxwriter takes and daxreader shows, NUL included */
#define DAX_TEXT_MAX 4096

/** die: prints one sentence to standard error and ends with status 1 */
static inline __attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

/**
 * parse_size: a decimal number with an optional suffix K, M or G
 * @text: such as 4096 or 512M
 *
 * Ends the program when @text is something else, or too large.
 */
static inline unsigned long long parse_size(const char *text)
{
    unsigned long long value = 0;
    const char *at = text;
    unsigned shift = 0;

    for (; *at >= '0' && *at <= '9' && value < ~0ULL / 10; at++) {
        value = value * 10 + *at - '0';
    }
    if (at > text && *at && strchr("KMG", *at)) {
        shift = *at == 'K' ? 10 : *at == 'M' ? 20 : 30;
        at++;
    }
    if (at == text || *at || value > ~0ULL >> shift) {
        die("\"%s\" is not a size.", text);
    }
    return value << shift;
}

/**
 * dax_options: parses -d DEVICE and -o OFFSET
 * @path: set to the device; the default is DAX_DEFAULT
 * @offset: set to the offset in bytes; the default is 0
 * @words: how many words have to follow the options
 *
 * Returns: the index of the first word, or -1 when the command line is wrong.
 */
static inline int dax_options(int argc, char **argv, const char **path,
                              unsigned long long *offset, int words)
{
    int option;

    *path = DAX_DEFAULT;
    *offset = 0;
    while ((option = getopt(argc, argv, "d:o:")) != -1) {
        switch (option) {
        case 'd':
            *path = optarg;
            break;
        case 'o':
            *offset = parse_size(optarg);
            break;
        default:
            return -1;
        }
    }
    return optind == argc - words ? optind : -1;
}

/* Keeps the compiler from knowing what memory holds */
static inline void forget_memory(void)
{
    __asm__("" : : : "memory");
}

/* The size that the kernel states for a DAX device, 0 if it does not */
static inline unsigned long long dax_device_size(dev_t dev)
{
    unsigned long long size = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/size",
             major(dev), minor(dev));
    file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%llu", &size) != 1) {
            size = 0;
        }
        fclose(file);
    }
    return size;
}

/**
 * dax_map: maps all of a DAX device or file, shared
 * @path: its name
 * @size: set to the bytes mapped, never 0
 *
 * Ends the program with a sentence when that fails.
 */
static inline unsigned char *dax_map(const char *path, size_t *size)
{
    struct stat st;
    void *base;
    int fd = open(path, O_RDWR);

    if (fd < 0) {
        die("%s cannot be opened: %s. create_region.sh and dax_mode.sh make "
            "/dev/dax0.0.", path, strerror(errno));
    }
    if (fstat(fd, &st)) {
        die("%s: %s", path, strerror(errno));
    }
    *size = S_ISCHR(st.st_mode) ? dax_device_size(st.st_rdev)
                                : (size_t)st.st_size;
    if (!*size) {
        die("%s has no size: it is neither a DAX device nor a file with "
            "content.", path);
    }
    base = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        die("%s cannot be mapped: %s.", path, strerror(errno));
    }
    close(fd);
    return base;
}

#endif
