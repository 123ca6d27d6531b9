/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the map. The input chooses a topology, its decoders and a
 * window; rights, poison and budget are chosen at random. Runs are compared
 * with a decoder that walks registers.
 */
#include "fuzz.h"
#include "fuzz-topology.h"

#include "../unit/check-layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_topology(data, size);
    check_layout();
    must(!unit_failures);
    return 0;
}
