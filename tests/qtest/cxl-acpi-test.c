/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What ACPI tables tell of a machine with windows (ACPI 6.3 5.2.16, CXL 3.1
 * 9.18)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"

#define HEADER          36

/* SRAT: affinity structures follow 12 reserved bytes */
#define SRAT_BODY       (HEADER + 12)
#define SRAT_MEMORY     1

#define WINDOW          "-M cxl-fmw.0.targets.0=h,cxl-fmw.0.size=1G "
#define BRIDGE          "-device pxb-cxl,id=h,bus=pcie.0,bus_nr=52 "

/* Bytes of memory that the SRAT gives to each of the first nodes */
static bool read_srat(QCxlTopo *t, uint64_t size[4])
{
    uint32_t len, at;
    g_autofree uint8_t *srat = qcxl_table(t, "SRAT", &len);

    memset(size, 0, 4 * sizeof(size[0]));
    for (at = SRAT_BODY; at < len; at += srat[at + 1]) {
        g_assert_cmpuint(srat[at + 1], >=, 2);
        if (srat[at] == SRAT_MEMORY && ldl_le_p(srat + at + 28) & 1) {
            uint32_t node = ldl_le_p(srat + at + 2);

            g_assert_cmpuint(node, <, 4);
            size[node] += ldq_le_p(srat + at + 16);
        }
    }
    return srat;
}

/* All but the hole below 1 MiB that a PC has */
static void check_first(uint64_t size, uint64_t want)
{
    g_assert_cmphex(size, <=, want);
    g_assert_cmphex(size, >, want - QCXL_MIB);
}

/* RAM is node 0, so that what appears in a window is not */
static void test_srat(void)
{
    uint64_t size[4];
    QCxlTopo *t = qcxl_start("%s -m 1G " BRIDGE WINDOW, qcxl_machine());

    g_assert(read_srat(t, size));
    check_first(size[0], 1024 * QCXL_MIB);
    g_assert_cmphex(size[1] | size[2] | size[3], ==, 0);
    qcxl_stop(t);
}

/* Nothing to be told apart from RAM: the machine is as without CXL */
static void test_srat_no_window(void)
{
    uint64_t size[4];
    QCxlTopo *t = qcxl_start("%s -m 1G " BRIDGE, qcxl_machine());

    g_assert(!read_srat(t, size));
    qcxl_stop(t);
}

static void test_srat_of_user(void)
{
    uint64_t size[4];
    QCxlTopo *t = qcxl_start(
        "%s -m 1G -object memory-backend-ram,id=r0,size=768M "
        "-object memory-backend-ram,id=r1,size=256M "
        "-numa node,memdev=r0 -numa node,memdev=r1 " BRIDGE WINDOW,
        qcxl_machine());

    g_assert(read_srat(t, size));
    check_first(size[0], 768 * QCXL_MIB);
    g_assert_cmphex(size[1], ==, 256 * QCXL_MIB);
    g_assert_cmphex(size[2] | size[3], ==, 0);
    qcxl_stop(t);
}

/* QEMU's own tests expect revision 1. */
static void test_cedt(void)
{
    uint32_t len;
    QCxlTopo *t = qcxl_start("%s " BRIDGE WINDOW, qcxl_machine());
    g_autofree uint8_t *cedt = qcxl_table(t, "CEDT", &len);

    g_assert_nonnull(cedt);
    g_assert_cmpuint(cedt[8], ==, 1);
    qcxl_stop(t);
}

/*
 * The groups of @count windows, as _DSM returns them (CXL 3.1 9.18.3): a
 * package with that number of elements in these @len bytes, and the elements
 */
static void check_groups(unsigned count, const uint8_t *number, unsigned len)
{
    g_autoptr(GString) line = g_string_new(qcxl_machine());
    g_autoptr(GByteArray) want = g_byte_array_new();
    g_autofree uint8_t *dsdt = NULL;
    uint32_t dsdt_len;
    QCxlTopo *t;

    g_string_append(line, " " BRIDGE "-M cxl=on");
    g_byte_array_append(want, number, len);
    for (unsigned i = 0; i < count; i++) {
        g_string_append_printf(line, ",cxl-fmw.%u.targets.0=h,cxl-fmw.%u.size="
                               "256M,cxl-fmw.%u.qtg-id=%u", i, i, i,
                               1000 + i);
        /* WordPrefix */
        g_byte_array_append(want, (uint8_t []) { 0x0b, (1000 + i) & 0xff,
                                                 (1000 + i) >> 8 }, 3);
    }
    t = qcxl_start("%s", line->str);
    dsdt = qcxl_table(t, "DSDT", &dsdt_len);
    g_assert_nonnull(memmem(dsdt, dsdt_len, want->data, want->len));
    qcxl_stop(t);
}

/* More groups than a byte counts, and the first of them */
static void test_groups(void)
{
    static const uint8_t few[] = { 255 };
    static const uint8_t many[] = { 0x0b, 0x00, 0x01 };

    check_groups(255, few, sizeof(few));
    check_groups(256, many, sizeof(many));
}

/*
 * What an OS may control of the ports below a host bridge (PCI Firmware 3.3
 * 4.5.1): hotplug, AER, the PCI Express capability; not PME, bit 2, which they
 * cannot signal, so that an OS must not wait for one from a port that sleeps
 */
static void test_osc(void)
{
    /* And (CDW3, mask) */
    static const uint8_t mask[] = { 0x7b, 'C', 'D', 'W', '3', 0x0a, 0x1b };
    QCxlTopo *t = qcxl_start("%s " BRIDGE, qcxl_machine());
    g_autofree uint8_t *dsdt = NULL;
    uint32_t len;

    dsdt = qcxl_table(t, "DSDT", &len);
    g_assert_nonnull(memmem(dsdt, len, mask, sizeof(mask)));
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/acpi/srat", test_srat);
    qtest_add_func("/cxl/acpi/srat/no-window", test_srat_no_window);
    qtest_add_func("/cxl/acpi/srat/of-user", test_srat_of_user);
    qtest_add_func("/cxl/acpi/cedt", test_cedt);
    qtest_add_func("/cxl/acpi/groups", test_groups);
    qtest_add_func("/cxl/acpi/osc", test_osc);
    return g_test_run();
}
