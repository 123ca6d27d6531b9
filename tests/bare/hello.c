/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is there a machine at all?  Every vCPU starts and stores a byte, and there
 * are CXL devices.
 */
#include "bare.h"

static void store_one(void *arg)
{
    *(volatile uint8_t *)arg = 1;
}

int main(void)
{
    static volatile uint8_t here[BARE_MAX_CPUS];
    unsigned count = cpus_start();

    for (unsigned i = 1; i < count; i++) {
        cpu_run(i, store_one, (void *)&here[i]);
        cpu_wait(i);
        ok(here[i], "vCPU %u runs", i);
    }
    cxl_scan();
    ok(cxl_hosts && cxl_windows && cxl_functions,
       "there are host bridges, windows and functions");
    bare_end();
}
