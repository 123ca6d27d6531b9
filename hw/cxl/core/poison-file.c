/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poisoned lines of persistent memory as a text
 */
#include "hw/cxl/core/poison-file.h"

#include <string.h>

#include "hw/cxl/spec/payload-memdev.h"

#define DIGITS  16u
#define FIRST   "qemu-cxl poison list 1"
#define LAST    "end"

static const struct {
    const char *name;
    CxlPoisonSource source;
} sources[] = {
    { "unknown", CXL_POISON_UNKNOWN },
    { "external", CXL_POISON_EXTERNAL },
    { "internal", CXL_POISON_INTERNAL },
    { "injected", CXL_POISON_INJECTED },
    { "vendor", CXL_POISON_VENDOR },
};

#define NSOURCES (sizeof(sources) / sizeof(sources[0]))

/* --- print --- */

static char *put_string(char *at, const char *s)
{
    size_t n = strlen(s);

    memcpy(at, s, n);
    return at + n;
}

static char *put_mark(char *at, uint64_t offset, uint8_t source)
{
    const char *name = sources[0].name;

    at = put_string(at, "0x");
    for (unsigned shift = 4 * DIGITS; shift; shift -= 4) {
        *at++ = "0123456789abcdef"[offset >> (shift - 4) & 0xf];
    }
    for (unsigned i = 0; i < NSOURCES; i++) {
        if (sources[i].source == source) {
            name = sources[i].name;
        }
    }
    *at++ = ' ';
    at = put_string(at, name);
    *at++ = '\n';
    return at;
}

size_t cxl_poison_file_print(const CxlDpa *dpa, char *text)
{
    uint64_t base = cxl_dpa_base(dpa, CXL_DPA_PERSISTENT);
    uint64_t size = cxl_dpa_size(dpa, CXL_DPA_PERSISTENT);
    char *at = put_string(text, FIRST "\n");

    for (uint32_t i = 0; i < dpa->marks.count; i++) {
        uint64_t line = dpa->marks.line[i];

        if (line >= base && line - base < size && !dpa->marks.hidden[i]) {
            at = put_mark(at, line - base, dpa->marks.source[i]);
        }
    }
    return (size_t)(put_string(at, LAST "\n") - text);
}

/* --- parse --- */

/* What is left of the text, and of its first line */
typedef struct Reader {
    const char *at;
    size_t left;
    size_t line;
} Reader;

/* Goes to the next line; false if there is none that ends */
static bool next_line(Reader *r)
{
    const char *end = r->left ? memchr(r->at, '\n', r->left) : NULL;

    r->line = end ? (size_t)(end - r->at) : 0;
    return end != NULL;
}

static bool line_is(const Reader *r, const char *s)
{
    return r->line == strlen(s) && !memcmp(r->at, s, r->line);
}

static void drop_line(Reader *r)
{
    r->at += r->line + 1;
    r->left -= r->line + 1;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' :
           c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0x", as many digits as there always are, a space, a source */
static bool get_mark(const Reader *r, uint64_t *offset, uint8_t *source)
{
    const size_t fixed = 2 + DIGITS + 1;

    *offset = 0;
    if (r->line < fixed || memcmp(r->at, "0x", 2) || r->at[fixed - 1] != ' ') {
        return false;
    }
    for (unsigned i = 0; i < DIGITS; i++) {
        int value = digit(r->at[2 + i]);

        if (value < 0) {
            return false;
        }
        *offset = *offset << 4 | (uint64_t)value;
    }
    for (unsigned i = 0; i < NSOURCES; i++) {
        if (r->line - fixed == strlen(sources[i].name) &&
            !memcmp(r->at + fixed, sources[i].name, r->line - fixed)) {
            *source = (uint8_t)sources[i].source;
            return true;
        }
    }
    return false;
}

/* Marks the line that @r is at; returns what is wrong, or NULL */
static const char *add_mark(CxlDpa *dpa, const Reader *r)
{
    uint64_t base = cxl_dpa_base(dpa, CXL_DPA_PERSISTENT), offset;
    CxlDpaMarks *marks = &dpa->marks;
    uint8_t source;

    if (!get_mark(r, &offset, &source)) {
        return "neither an offset of 16 digits with a source, nor the end";
    }
    if (offset % CXL_DPA_LINE) {
        return "the offset is no multiple of 64";
    }
    if (offset >= cxl_dpa_size(dpa, CXL_DPA_PERSISTENT)) {
        return "the offset is beyond the memory";
    }
    if (marks->count && marks->line[marks->count - 1] >= base + offset) {
        return "the offset is not above the one before";
    }
    if (!cxl_dpa_mark_add(marks, base + offset)) {
        return "there are more lines than a device can have";
    }
    marks->source[marks->count - 1] = source;
    return NULL;
}

static const char *parse(CxlDpa *dpa, Reader *r, unsigned *line)
{
    const char *wrong = NULL;

    *line = 1;
    if (!next_line(r) || !line_is(r, FIRST)) {
        return "this is no poison list that this version knows";
    }
    for (drop_line(r); !wrong; drop_line(r)) {
        ++*line;
        if (!next_line(r)) {
            return "the end is missing";
        }
        if (line_is(r, LAST)) {
            drop_line(r);
            return r->left ? "there is something behind the end" : NULL;
        }
        wrong = add_mark(dpa, r);
    }
    return wrong;
}

const char *cxl_poison_file_parse(CxlDpa *dpa, const char *text, size_t len,
                                  unsigned *line)
{
    Reader r = { text, len, 0 };
    const char *wrong = parse(dpa, &r, line);

    if (wrong) {
        dpa->marks.count = 0;
    }
    return wrong;
}
