/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU with interrupts off changes the map as fast as it can, and never lets
 * go by itself; another one spins, and never lets go either
 *
 * Whoever runs it watches QEMU meanwhile: its memory and its mappings must not
 * grow, and it must answer. "seconds=N" is how long each storm lasts.
 */
#include "bare.h"

#define CHANGES_LEAST 100

static void spin(void *arg)
{
    volatile bool *stop = arg;

    while (!*stop) {
        relax();
    }
}

/* Decoder 0 of the bridge covers the unit, and then it does not */
static uint64_t storm(uint64_t hdm, uint64_t base, uint64_t seconds)
{
    uint64_t changes = 0, begin = milliseconds();

    while (milliseconds() - begin < seconds * 1000) {
        for (unsigned i = 0; i < 20; i++) {
            cxl_program(hdm, 0, base, UNIT, 0, 0, 0);
            if (!cxl_commit(hdm, 0) || !cxl_uncommit(hdm, 0)) {
                return 0;
            }
            changes += 2;
        }
    }
    return changes;
}

int main(void)
{
    unsigned cpus = cpus_start();
    uint64_t seconds = bare_arg("seconds", 4), changes;
    volatile bool stop = false;
    CxlRegion two;

    cxl_scan();
    for (unsigned i = 1; i < cpus; i++) {
        cpu_run(i, spin, (void *)&stop);
    }

    changes = storm(cxl_host[0].hdm, cxl_window[0].base, seconds);
    say("# %lu changes of what is not mapped", changes);
    ok(changes > CHANGES_LEAST, "a storm where no device decodes");

    /* Spans of two ways whose accesses are looked up */
    two = (CxlRegion) { cxl_window[1].base, 2 * UNIT, 2, 0,
                        { cxl_endpoint(0), cxl_endpoint(1) } };
    region_program(&two);
    for (changes = 0; changes <= CHANGES_LEAST; changes += 2) {
        if (!region_commit(&two) || !region_uncommit(&two)) {
            break;
        }
    }
    ok(changes > CHANGES_LEAST, "a storm of look-ups");
    region_drop(&two);
    stop = true;
    for (unsigned i = 1; i < cpus; i++) {
        cpu_wait(i);
    }
    bare_end();
}
