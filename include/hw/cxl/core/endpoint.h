/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory device as a whole: its memory, its registers, its command interface
 * (CXL 3.1 8.1, 8.2)
 *
 * This is the life of the device. Whatever happens to it comes in by a door:
 * accesses to the registers of one of the two BARs (@component, @memdev) and to
 * configuration space (@space), which are doors of parts; time
 * (cxl_endpoint_timer()), reset (cxl_endpoint_reset()), and what comes from
 * outside (cxl_endpoint_flushed()). What the machine has to do then is returned
 * in CxlEffects.
 *
 * Each part is {config, wiring, state}. The states together, with @dpa and the
 * DVSECs' bytes of configuration space, are all that the device is to know: put
 * into another device with the same config, they make it go on in the same way.
 * No state has a pointer.
 */
#ifndef CXL_CORE_ENDPOINT_H
#define CXL_CORE_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/component.h"
#include "hw/cxl/core/confspace.h"
#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/core/time.h"

/**
 * struct CxlEndpointConfig - a memory device
 * @dpa: its memory, copied
 * @decoders: HDM decoders, see cxl_component_decoders_valid()
 * @memdev: label storage and identity; its @dpa is ignored
 * @space: configuration space, see cxl_dvsecs_init()
 * @cdat: what the DOE mailbox gives; its bytes are not copied. No bytes: the
 *        table is built from @dpa, anew whenever its partitions change
 */
typedef struct CxlEndpointConfig {
    const CxlDpa *dpa;
    unsigned decoders;
    CxlMemdevConfig memdev;
    uint8_t *space;
    CxlCdatTable cdat;
} CxlEndpointConfig;

/**
 * struct CxlEndpoint - a memory device
 * @dpa: its memory
 * @component: component registers with the decoders, BAR 0
 * @memdev: device registers, mailbox and event logs, BAR 2
 * @space: DVSECs and DOE mailbox in configuration space
 * @builds_cdat: what the mailbox gives is in @cdat
 * @cdat: the table that was built last
 *
 * It points into itself: it must not be moved or copied once initialized.
 */
typedef struct CxlEndpoint {
    CxlDpa dpa;
    CxlComponent component;
    CxlMemdev memdev;
    CxlConfSpace space;
    bool builds_cdat;
    uint8_t cdat[CXL_CDAT_ENDPOINT_SIZE(CXL_DPA_MAX_PARTITIONS)];
} CxlEndpoint;

/**
 * cxl_endpoint_init: set up a device, includes a cold reset
 *
 * Returns: false when the tables of registers or commands do not fit.
 */
bool cxl_endpoint_init(CxlEndpoint *e, const CxlEndpointConfig *config);

/**
 * cxl_endpoint_reset: a reset
 *
 * Partitions take their next sizes at conventional resets and at power on, and
 * what is persistent before or after is erased; for the rest see the parts. The
 * caller must recompile routes afterwards. A deadline, a flush and a slice of
 * work that were asked for before are void: the machine drops them.
 */
void cxl_endpoint_reset(CxlEndpoint *e, CxlReset kind);

/**
 * cxl_endpoint_after_reset: what a reset has the machine do, and what its user
 * is told; to be called after cxl_endpoint_reset()
 */
void cxl_endpoint_after_reset(CxlEndpoint *e, CxlEffects *effects);

/**
 * cxl_endpoint_timer: the last CXL_EFFECT_DEADLINE has come
 */
void cxl_endpoint_timer(CxlEndpoint *e, CxlTime now, CxlEffects *effects);

/**
 * cxl_endpoint_sliced: the slice of work that an effect asked for is done, or
 * @ok is false; see cxl_memdev_sliced()
 */
void cxl_endpoint_sliced(CxlEndpoint *e, bool ok, CxlTime now,
                         CxlEffects *effects);

/**
 * cxl_endpoint_flushed: the last CXL_EFFECT_FLUSH or CXL_EFFECT_STORE has been
 * carried out
 * @ok: what it is about is durable
 */
void cxl_endpoint_flushed(CxlEndpoint *e, bool ok, CxlEffects *effects);

/**
 * cxl_endpoint_uncorrectable: the device has detected an uncorrectable error of
 * CXL.mem, see cxl_component_uncorrectable()
 *
 * A fatal one makes the device viral, if software has enabled that: until a
 * conventional reset it drops stores to persistent memory, and a shutdown that
 * is dirty stays so (12.4.2).
 *
 * Returns: false if the error was masked.
 */
bool cxl_endpoint_uncorrectable(CxlEndpoint *e, uint32_t error,
                                const uint32_t *header, CxlEffects *effects);

/**
 * cxl_endpoint_erased: the last CXL_EFFECT_ERASE has been carried out
 * @ok: the bytes are gone
 */
void cxl_endpoint_erased(CxlEndpoint *e, bool ok, CxlTime now,
                         CxlEffects *effects);

#endif /* CXL_CORE_ENDPOINT_H */
