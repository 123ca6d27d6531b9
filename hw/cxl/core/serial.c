/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Serial numbers of devices that were given none (PCIe 7.9.3)
 */
#include "hw/cxl/core/serial.h"

#define FNV_OFFSET 0xcbf29ce484222325ull
#define FNV_PRIME  0x100000001b3ull

static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++) {
        hash = (hash ^ (uint8_t)*text) * FNV_PRIME;
    }
    return hash;
}

uint64_t cxl_serial_derive(const char *id, const char *place)
{
    uint64_t hash = mix(mix(FNV_OFFSET, id ? "id:" : "place:"),
                        id ? id : place);

    return hash && hash != CXL_NO_SERIAL ? hash : 1;
}
