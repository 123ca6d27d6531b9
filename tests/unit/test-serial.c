/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial numbers of devices that were given none (PCIe 7.9.3)
 */
#include "unit.h"

#include <stdlib.h>

#include "hw/cxl/core/serial.h"

/* Numbers that guests have stored in labels must never change. */
static void test_known(void)
{
    check_eq(cxl_serial_derive("cxl-pmem0", NULL), 0x36d6d92140740d91ull);
    check_eq(cxl_serial_derive("", NULL), 0x2b7e31192bb836ceull);
    check_eq(cxl_serial_derive(NULL, "0000:34:00.0:00.0"),
             0x55fc6bd9da6659dfull);
}

/* The place counts only for a device without id. */
static void test_id_or_place(void)
{
    check_eq(cxl_serial_derive("a", "b"), cxl_serial_derive("a", "c"));
    check_eq(cxl_serial_derive("a", "b"), cxl_serial_derive("a", NULL));
    check(cxl_serial_derive("a", "b") != cxl_serial_derive(NULL, "a"));
    check(cxl_serial_derive("a", "b") != cxl_serial_derive(NULL, "b"));
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Names as people give them: none twice, none zero, none "not given" */
static void test_distinct(void)
{
    static const char *const stems[] = {
        "cxl-mem", "cxl-pmem", "cxl-vmem", "mem", "m", "dev", "cxl_pool",
    };
    enum { STEMS = sizeof(stems) / sizeof(stems[0]), EACH = 512 };
    static uint64_t serial[STEMS * EACH];

    for (unsigned i = 0; i < STEMS * EACH; i++) {
        char id[32];

        snprintf(id, sizeof(id), "%s%u", stems[i / EACH], i % EACH);
        serial[i] = cxl_serial_derive(id, NULL);
    }
    qsort(serial, STEMS * EACH, sizeof(serial[0]), compare);
    check(serial[0] != 0);
    check(serial[STEMS * EACH - 1] != CXL_NO_SERIAL);
    for (unsigned i = 1; i < STEMS * EACH; i++) {
        check(serial[i] != serial[i - 1]);
    }
}

int main(void)
{
    unit_run("known", test_known);
    unit_run("id-or-place", test_id_or_place);
    unit_run("distinct", test_distinct);
    return unit_done();
}
