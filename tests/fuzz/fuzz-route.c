/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the route compiler. The input chooses a topology, its decoders
 * and a window; what is compiled is compared with a decoder that walks
 * registers.
 */
#include "fuzz.h"
#include "fuzz-topology.h"

#include "../unit/check-route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_topology(data, size);
    check_spans(compile());
    must(!unit_failures);
    return 0;
}
