/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stores for ever, on all vCPUs, into a region that the runner takes away
 * meanwhile: counters that the runner sees in the file behind it
 */
#include "bare.h"

#define STRIDE      64

static CxlRegion region;

static void count_up(void *arg)
{
    uint64_t at = region.base + STRIDE * (uint64_t)arg, n = 0;

    for (;;) {
        store64(at, ++n);
    }
}

int main(void)
{
    unsigned cpus = cpus_start();

    cxl_scan();
    region = (CxlRegion) { .base = cxl_window[0].base, .size = UNIT, .ways = 1,
                           .device = { cxl_endpoint(0) } };
    region_program(&region);
    if (!region_commit(&region)) {
        bail("the region was refused");
    }
    for (uint64_t i = 1; i < cpus; i++) {
        cpu_run(i, count_up, (void *)i);
    }
    say("# ready");
    for (;;) {
        relax();
    }
}
