/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map: from what the fabric's decoders say to mapped windows
 */
#include "qemu/osdep.h"
#include "map.h"

#include "accel.h"
#include "machine-state.h"
#include "trace/trace-cxl_trace_events.h"

void cxl_map_compile(void *opaque)
{
    CxlMachineState *s = opaque;
    CxlTopology *old = s->topology;
    bool revoked = false;

    s->topology = cxl_topology_new();
    trace_cxl_map_compile(s->topology->nnodes, s->nwindows);
    memory_region_transaction_begin();
    for (unsigned i = 0; i < s->nwindows; i++) {
        revoked |= cxl_window_compile(&s->windows[i], s->topology);
    }
    memory_region_transaction_commit();
    g_free(old);
    if (revoked) {
        cxl_accel_revoke();
    }
}
