/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware would do on virt, for the programs of tests/bare: get ACPI
 * tables out of QEMU, and give PCI functions buses and BARs
 */
#include "bare.h"

/* QEMU docs/specs/fw_cfg.rst: data as bytes, the rest big-endian */
#define FW_CFG          0x09020000ull
#define FW_CFG_SELECT   (FW_CFG + 8)
#define FW_CFG_FILES    0x19
#define FILE_NAME       56

#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR(n)      (0x10 + 4 * (n))
#define PCI_BUSES       0x18
#define PCI_WINDOW      0x20
#define BARS            6
#define BRIDGE_BARS     2
#define BAR_64_BITS     4

#define MMIO_BASE       0x10000000u
#define MAX_TABLES      (256 * 1024)

static uint8_t tables[MAX_TABLES];
static uint32_t tables_size;
static uint32_t mmio = MMIO_BASE;

/* --- ACPI ----------------------------------------------------------------- */

static void select(uint16_t key)
{
    store16(FW_CFG_SELECT, __builtin_bswap16(key));
}

static void get(void *to, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        ((uint8_t *)to)[i] = load8(FW_CFG);
    }
}

static void get_tables(void)
{
    static const char wanted[] = "etc/acpi/tables";
    struct {
        uint32_t size;
        uint16_t key, reserved;
        char name[FILE_NAME];
    } file;
    uint32_t count;

    select(FW_CFG_FILES);
    get(&count, sizeof(count));
    for (count = __builtin_bswap32(count); count; count--) {
        get(&file, sizeof(file));
        if (!memcmp(file.name, wanted, sizeof(wanted))) {
            tables_size = __builtin_bswap32(file.size);
            break;
        }
    }
    if (!tables_size || tables_size > MAX_TABLES) {
        bail("no ACPI tables");
    }
    select(__builtin_bswap16(file.key));
    get(tables, tables_size);
}

/* One after the other, with gaps */
uint64_t bare_table(const char *name)
{
    if (!tables_size) {
        get_tables();
    }
    for (uint32_t at = 0; at + 8 <= tables_size; at++) {
        uint32_t size = load32((uint64_t)tables + at + 4);

        if (!memcmp(tables + at, name, 4) && size <= tables_size - at) {
            return (uint64_t)tables + at;
        }
    }
    bail("no ACPI table %s", name);
}

/* --- PCI ------------------------------------------------------------------ */

static void assign_bars(uint8_t bus, uint8_t devfn, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t mask, size;

        config_write(bus, devfn, PCI_BAR(i), 4, UINT32_MAX);
        mask = config_read(bus, devfn, PCI_BAR(i), 4);
        size = ~(mask & ~15u) + 1;
        if (mask) {
            mmio = (mmio + size - 1) & ~(size - 1);
            config_write(bus, devfn, PCI_BAR(i), 4, mmio);
            mmio += size;
        }
        if (mask & BAR_64_BITS) {
            config_write(bus, devfn, PCI_BAR(++i), 4, 0);
        }
    }
}

static uint8_t assign_bus(uint8_t bus, uint8_t last);

static uint32_t whole_mibs(uint32_t at)
{
    return (at + MIB - 1) & ~(MIB - 1);
}

/* Returns the last bus below, as the next */
static uint8_t assign_below(uint8_t bus, uint8_t devfn, uint8_t last)
{
    uint8_t below = last + 1;
    uint32_t start;

    config_write(bus, devfn, PCI_BUSES, 4, bus | below << 8 | 255 << 16);
    mmio = start = whole_mibs(mmio);
    last = assign_bus(below, below);
    mmio = whole_mibs(mmio);
    config_write(bus, devfn, PCI_BUSES, 4, bus | below << 8 | last << 16);
    config_write(bus, devfn, PCI_WINDOW, 4,
                 start >> 16 | (mmio - 1) >> 16 << 16);
    return last;
}

static uint8_t assign_bus(uint8_t bus, uint8_t last)
{
    for (unsigned devfn = 0; devfn < 256; devfn += 8) {
        bool bridge = (config_read(bus, devfn, PCI_HEADER_TYPE, 1) & 0x7f) == 1;

        if (config_read(bus, devfn, 0, 2) == 0xffff) {
            continue;
        }
        assign_bars(bus, devfn, bridge ? BRIDGE_BARS : BARS);
        if (bridge) {
            last = assign_below(bus, devfn, last);
        }
        config_write(bus, devfn, PCI_COMMAND, 2, PCI_MEM_MASTER);
    }
    return last;
}

void bare_enumerate(uint8_t bus)
{
    assign_bus(bus, bus);
}
