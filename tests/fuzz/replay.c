/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A main() for the fuzz targets that needs no fuzzer: runs every file of the
 * directories that it is given, so that the corpus is a unit test.
 */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

/* In an allocation of the file's size, so that an overread is seen */
static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = NULL;
    long size = -1;
    int ok = 0;

    if (f && fseek(f, 0, SEEK_END) == 0) {
        size = ftell(f);
    }
    if (size >= 0) {
        rewind(f);
        data = malloc((size_t)size);
        ok = fread(data, 1, (size_t)size, f) == (size_t)size;
    }
    if (ok) {
        LLVMFuzzerTestOneInput(data, (size_t)size);
    } else {
        fprintf(stderr, "cannot read %s\n", path);
    }
    free(data);
    if (f) {
        fclose(f);
    }
    return ok;
}

static int replay_directory(const char *name, unsigned *files)
{
    DIR *dir = opendir(name);
    struct dirent *entry;
    int ok = dir != NULL;

    while (ok && (entry = readdir(dir))) {
        char path[4096];

        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
        ok = replay_file(path);
        ++*files;
    }
    if (!dir) {
        fprintf(stderr, "cannot open %s\n", name);
    } else {
        closedir(dir);
    }
    return ok;
}

int main(int argc, char **argv)
{
    unsigned files = 0;
    int ok = 1;

    for (int i = 1; i < argc && ok; i++) {
        ok = replay_directory(argv[i], &files);
    }
    printf("%u inputs\n", files);
    return !ok || !files;
}
