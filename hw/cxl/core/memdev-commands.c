/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of a memory device, all of them (CXL 3.1 8.2.9)
 *
 * They stand above the device: each set calls it, and it knows none of them.
 */
#include "hw/cxl/core/memdev.h"

bool cxl_memdev_add_commands(CxlMemdev *m)
{
    /* By ascending opcode */
    static bool (*const sets[])(CxlCci *cci) = {
        cxl_cci_add_events,
        cxl_cci_add_firmware,
        cxl_cci_add_timestamp,
        cxl_cci_add_logs,
        cxl_cci_add_features,
        cxl_cci_add_maintenance,
        cxl_cci_add_memdev,
        cxl_cci_add_health,
        cxl_cci_add_media,
        cxl_cci_add_sanitize,
        cxl_cci_add_security,
        cxl_cci_add_heads,
    };
    bool fit = true;

    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        fit &= sets[i](&m->mailbox.cci);
    }
    return fit;
}
