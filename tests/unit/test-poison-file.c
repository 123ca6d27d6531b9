/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison as a text: what is written is read, and what is not so is refused
 */
#include "hw/cxl/core/poison-file.h"

#include <stdlib.h>

#include "hw/cxl/spec/payload-memdev.h"
#include "dpa.h"
#include "unit.h"

#define U CXL_DPA_UNIT

static CxlDpa dpa;
static char text[CXL_POISON_FILE_MAX];

static void mark(uint64_t address, CxlPoisonSource source)
{
    check(cxl_dpa_mark_add(&dpa.marks, address));
    dpa.marks.source[cxl_dpa_mark_find(&dpa.marks, address)] = (uint8_t)source;
}

/* From a copy of just that length, so that a read beyond it is noticed */
static const char *parse(const char *from, size_t len, unsigned *line)
{
    char *copy = malloc(len ? len : 1);
    const char *wrong;

    memcpy(copy, from, len);
    dpa = test_dpa(U, 2 * U);
    wrong = cxl_poison_file_parse(&dpa, copy, len, line);
    free(copy);
    return wrong;
}

static void test_text(void)
{
    static const char want[] =
        "qemu-cxl poison list 1\n"
        "0x0000000000000000 unknown\n"
        "0x0000000000000040 external\n"
        "0x0000000000001fc0 internal\n"
        "0x0000000010000000 injected\n"
        "0x000000001fffffc0 vendor\n"
        "end\n";
    size_t len;

    dpa = test_dpa(U, 2 * U);
    mark(U - 1, CXL_POISON_INTERNAL);   /* volatile: it is not kept */
    mark(U, CXL_POISON_UNKNOWN);
    mark(U + 0x40, CXL_POISON_EXTERNAL);
    mark(U + 0x1fc0, CXL_POISON_INTERNAL);
    mark(2 * U, CXL_POISON_INJECTED);
    mark(3 * U - 1, CXL_POISON_VENDOR);
    check(cxl_dpa_mark_hide(&dpa.marks, 2 * U + 0x40));
    len = cxl_poison_file_print(&dpa, text);
    check_eq(len, sizeof(want) - 1);
    check_mem(text, want, len);
}

static void test_empty(void)
{
    unsigned line;
    size_t len;

    dpa = test_dpa(0, U);
    len = cxl_poison_file_print(&dpa, text);
    check(!parse(text, len, &line));
    check_eq(dpa.marks.count, 0);
}

static void test_round(void)
{
    CxlDpa before;
    unsigned line;

    dpa = test_dpa(U, 2 * U);
    for (unsigned i = 0; i < CXL_DPA_MAX_MARKS; i++) {
        mark(U + unit_below(2 * U / 64) * 64, (CxlPoisonSource)(i % 4));
    }
    before = dpa;
    check(!parse(text, cxl_poison_file_print(&dpa, text), &line));
    check_mem(&dpa, &before, sizeof(dpa));
}

static void test_full(void)
{
    unsigned line;
    size_t len;

    dpa = test_dpa(U, 2 * U);
    for (unsigned i = 0; i < CXL_DPA_MAX_MARKS; i++) {
        mark(U + i * 64, CXL_POISON_EXTERNAL);
    }
    len = cxl_poison_file_print(&dpa, text);
    check(len <= sizeof(text));
    check(!parse(text, len, &line));
    check_eq(dpa.marks.count, CXL_DPA_MAX_MARKS);
}

#define HEAD "qemu-cxl poison list 1\n"
#define LINE "0x0000000000001000 injected\n"

static void test_refused(void)
{
    static const struct {
        const char *text;
        unsigned line;
    } rows[] = {
        { "", 1 },
        { "\n", 1 },
        { "qemu-cxl poison list 1", 1 },
        { "qemu-cxl poison list 2\nend\n", 1 },
        { HEAD, 2 },
        { HEAD "end", 2 },
        { HEAD LINE, 3 },
        { HEAD LINE "end", 3 },
        { HEAD LINE "end\n\n", 3 },
        { HEAD LINE "end\nend\n", 3 },
        { HEAD "\nend\n", 2 },
        { HEAD LINE LINE "end\n", 3 },
        { HEAD LINE "0x0000000000000fc0 injected\nend\n", 3 },
        { HEAD "0x0000000000001001 injected\nend\n", 2 },
        { HEAD "0x0000000020000000 injected\nend\n", 2 },
        { HEAD "0xffffffffffffffc0 injected\nend\n", 2 },
        { HEAD "0x000000000000100 injected\nend\n", 2 },
        { HEAD "0x00000000000001000 injected\nend\n", 2 },
        { HEAD "0x000000000000100g injected\nend\n", 2 },
        { HEAD "0X0000000000001000 injected\nend\n", 2 },
        { HEAD "0x0000000000001000  injected\nend\n", 2 },
        { HEAD "0x0000000000001000 Injected\nend\n", 2 },
        { HEAD "0x0000000000001000 inject\nend\n", 2 },
        { HEAD "0x0000000000001000 " "\nend\n", 2 },
        { HEAD "0x0000000000001000\nend\n", 2 },
        { HEAD "0x\nend\n", 2 },
        { HEAD LINE "end " "\n", 3 },
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned line = 0;

        if (!check(parse(rows[i].text, strlen(rows[i].text), &line) != NULL) ||
            !check_eq(line, rows[i].line)) {
            printf("# row %u\n", i);
        }
        check_eq(dpa.marks.count, 0);
    }
}

static void test_too_many(void)
{
    static char big[40 * (CXL_DPA_MAX_MARKS + 3)];
    char *at = big + sprintf(big, HEAD);
    unsigned line = 0;

    for (unsigned i = 0; i <= CXL_DPA_MAX_MARKS; i++) {
        at += sprintf(at, "0x%016x internal\n", i * 64);
    }
    at += sprintf(at, "end\n");
    check(parse(big, (size_t)(at - big), &line) != NULL);
    check_eq(line, CXL_DPA_MAX_MARKS + 2);
    check_eq(dpa.marks.count, 0);
}

/* A text that is cut off, or has a byte that is wrong, is refused or good */
static void test_damaged(void)
{
    static char good[CXL_POISON_FILE_MAX];
    unsigned line;
    size_t len;

    dpa = test_dpa(U, 2 * U);
    for (unsigned i = 0; i < 3; i++) {
        mark(U + i * 0x40, CXL_POISON_INJECTED);
    }
    len = cxl_poison_file_print(&dpa, good);
    for (size_t cut = 0; cut < len; cut++) {
        check(parse(good, cut, &line) != NULL);
    }
    for (unsigned i = 0; i < 20000; i++) {
        memcpy(text, good, len);
        text[unit_below(len)] = (char)unit_below(256);
        if (!parse(text, len, &line)) {
            check_eq(cxl_poison_file_print(&dpa, good), len);
            check_mem(good, text, len);
        }
    }
}

int main(void)
{
    unit_run("text", test_text);
    unit_run("empty", test_empty);
    unit_run("there and back", test_round);
    unit_run("full", test_full);
    unit_run("refused", test_refused);
    unit_run("too many", test_too_many);
    unit_run("damaged", test_damaged);
    return unit_done();
}
