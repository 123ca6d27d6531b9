/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that lets its device go when it is asked to, and takes it back, while
 * other vCPUs go on storing where its memory was; it uncommits nothing
 *
 * "rounds=N" is how often, "tight" that the others never pause. The runner
 * presses the button, sees that nothing changes the memory of a device that is
 * gone, and plugs it in again.
 */
#include "bare.h"

#define STRIDE              64
#define PAUSE_EVERY         256
/* Where there is code, and what the runner adds to its number */
#define CODE                0x1000
#define CODE_ADDED          1000

/* Slot registers of the PCI Express capability (PCIe 6.0 7.5.3.10) */
#define SLOT_CONTROL        0x18
#define SLOT_STATUS         0x1a
#define STATUS_BUTTON       0x0001
#define STATUS_PRESENT      0x0040
#define POWER_ON            0x0140      /* both indicators, and the power */
#define POWER_OFF           0x0740

#define BAR_REGISTERS       6

static CxlRegion region;
static volatile bool stop;

static void count_up(void *arg)
{
    uint64_t at = region.base + STRIDE * (uint64_t)arg, n = 0;

    while (!stop) {
        store64(at, ++n);
        /*
         * QEMU deletes a device when each vCPU has let go of what it is doing,
         * which without interrupts it does here, or when QEMU makes it.
         */
        if (n % PAUSE_EVERY == 0 && !bare_arg("tight", 0)) {
            relax();
        }
    }
}

static void slot_control(const CxlFunction *port, unsigned slot, uint16_t value)
{
    uint16_t events;

    config_write(port->bus, port->devfn, slot + SLOT_CONTROL, 2, value);
    /* Ones clear, but QEMU takes none if one clears what is not there */
    events = config_read(port->bus, port->devfn, slot + SLOT_STATUS, 2);
    config_write(port->bus, port->devfn, slot + SLOT_STATUS, 2, events);
}

static void wait_slot(const CxlFunction *port, unsigned slot, uint16_t bit)
{
    while (!(config_read(port->bus, port->devfn, slot + SLOT_STATUS, 2) &
             bit)) {
        relax();
    }
}

/* mov $imm32, (arg); ret. Who has the memory meanwhile adds to the number. */
static void write_code(uint64_t at, uint32_t number)
{
    const uint8_t code[] = { 0xc7, 0x07, number, number >> 8, number >> 16,
                             number >> 24, 0xc3 };

    memcpy((void *)at, code, sizeof(code));
}

static uint32_t call(uint64_t at)
{
    uint32_t result = 0;

    cpu_try((void (*)(void *))at, &result);
    return result;
}

/* Its registers are where they were; the port's windows have not changed */
static void restore(const CxlFunction *f, const uint32_t *bars)
{
    for (unsigned i = 0; i < BAR_REGISTERS; i++) {
        config_write(f->bus, f->devfn, PCI_BAR0 + 4 * i, 4, bars[i]);
    }
    config_write(f->bus, f->devfn, PCI_COMMAND, 2, PCI_MEM_MASTER);
}

int main(void)
{
    unsigned cpus = cpus_start(), rounds = bare_arg("rounds", 5), bad = 0;
    unsigned stale = 0;
    uint32_t bars[BAR_REGISTERS];
    const CxlFunction *port;
    CxlFunction *f;
    unsigned slot;

    cxl_scan();
    f = cxl_endpoint(0);
    port = &cxl_function[f->parent];
    slot = cxl_pci_cap(port, PCI_CAP_EXPRESS);
    region = (CxlRegion) { .base = cxl_window[0].base, .size = UNIT, .ways = 1,
                           .device = { f } };
    for (unsigned i = 0; i < BAR_REGISTERS; i++) {
        bars[i] = config_read(f->bus, f->devfn, PCI_BAR0 + 4 * i, 4);
    }
    region_program(&region);
    if (!region_commit(&region)) {
        bail("the region was refused");
    }
    for (uint64_t i = 1; i < cpus; i++) {
        cpu_run(i, count_up, (void *)i);
    }
    slot_control(port, slot, POWER_ON);
    for (unsigned i = 0; i < rounds; i++) {
        write_code(region.base + CODE, i + 1);
        stale += call(region.base + CODE) != i + 1;
        say("# attached");
        wait_slot(port, slot, STATUS_BUTTON);
        slot_control(port, slot, POWER_OFF);
        bad += load64(region.base) != ~0ull;
        wait_slot(port, slot, STATUS_PRESENT);
        slot_control(port, slot, POWER_ON);
        restore(f, bars);
        region_program(&region);
        bad += !region_commit(&region);
        store64(region.base, i);
        bad += load64(region.base) != i;
        stale += call(region.base + CODE) != i + 1 + CODE_ADDED;
    }
    stop = true;
    for (unsigned i = 1; i < cpus; i++) {
        cpu_wait(i);
    }
    ok(!bad, "memory is there while its device is, %u times", rounds);
    ok(!stale, "its code is what is there, %u times", rounds);
    bare_end();
}
