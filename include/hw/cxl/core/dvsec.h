/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended configuration space of CXL components: where every extended
 * capability lies, and the registers of the DVSECs (CXL 3.1 8.1).
 */
#ifndef CXL_CORE_DVSEC_H
#define CXL_CORE_DVSEC_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/component.h"
#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/regblock.h"
#include "hw/cxl/spec/dvsec.h"

#define CXL_CONFIG_SPACE_SIZE   4096

/**
 * struct CxlExtCap - an extended capability's place in configuration space
 * @id: PCIe extended capability id (CXL_EXT_CAP_*)
 * @dvsec_id: DVSEC id (CXL_DVSEC_*); 0 for other capabilities
 * @offset: bytes from the start of configuration space, a multiple of 4
 * @size: bytes, header included
 * @version: capability version for the header
 * @dvsec_revision: revision of the DVSEC; 0 for other capabilities
 */
typedef struct CxlExtCap {
    uint16_t id;
    uint16_t dvsec_id;
    uint16_t offset;
    uint16_t size;
    uint8_t version;
    uint8_t dvsec_revision;
} CxlExtCap;

/**
 * cxl_ext_caps: all extended capabilities of a function of @kind, by ascending
 * offset, without overlap; the first is at 0x100. A host bridge has none.
 *
 * The table reserves room for capabilities that a function may leave out (DSN
 * without a serial number, DOE, the non-CXL function map of an upstream port
 * that is alone in its device); the machine adds the PCIe header of each one
 * that it wants, in this order.
 */
const CxlExtCap *cxl_ext_caps(CxlComponentKind kind, unsigned *count);

/**
 * cxl_ext_cap_find: the place of one capability, or NULL
 * @dvsec_id: looked at only if @id is CXL_EXT_CAP_DVSEC
 */
const CxlExtCap *cxl_ext_cap_find(CxlComponentKind kind, uint16_t id,
                                  uint16_t dvsec_id);

/**
 * struct CxlDvsecConfig - what the DVSECs say
 * @kind: the function; not CXL_HOST_BRIDGE
 * @dpa: endpoints: the memory, which must outlive the DVSECs
 */
typedef struct CxlDvsecConfig {
    CxlComponentKind kind;
    const CxlDpa *dpa;
} CxlDvsecConfig;

/**
 * struct CxlDvsecs - the DVSECs of one function
 * @config: what they say
 * @regs: the engine over the function's configuration space
 * @device: offset of the device DVSEC, 0 if there is none
 *
 * What changes are bytes of that space, which is not theirs.
 */
typedef struct CxlDvsecs {
    CxlDvsecConfig config;
    CxlRegBlock regs;
    uint16_t device;
} CxlDvsecs;

/**
 * cxl_dvsecs_init: set up the DVSECs and reset them cold
 * @space: CXL_CONFIG_SPACE_SIZE bytes of configuration space, which must
 *         outlive @d. Only bytes of DVSECs from offset 4 on are touched: the
 *         extended capability headers are the machine's.
 *
 * @d must not be copied or moved afterwards.
 *
 * Returns: false when the table of registers does not fit.
 */
bool cxl_dvsecs_init(CxlDvsecs *d, const CxlDvsecConfig *config,
                     uint8_t *space);

/**
 * cxl_dvsecs_reset: reset every DVSEC register (but sticky fields, unless
 * @kind is CXL_RESET_COLD). Clears Mem_Enable and CONFIG_LOCK: the caller must
 * recompile routes.
 *
 * CXL_RESET_CXL leaves CONFIG_LOCK, and what it locks while it is set (8.1.3.6,
 * 9.7). CXL_RESET_FUNCTION does nothing (9.5).
 */
void cxl_dvsecs_reset(CxlDvsecs *d, CxlReset kind);

/**
 * cxl_dvsecs_own: an access of @size bytes at @offset touches a DVSEC
 */
bool cxl_dvsecs_own(const CxlDvsecs *d, uint32_t offset, unsigned size);

/**
 * cxl_dvsecs_write: a configuration write of @size bytes (1 to 4) at @offset
 * @e: CXL_EFFECT_ROUTES is added when Mem_Enable or a range's base changed,
 *     CXL_EFFECT_DEVICE_RESET when software started a CXL reset. The machine
 *     then resets the device and calls cxl_dvsecs_reset_done().
 *
 * Touches only bytes that belong to DVSECs; the machine must not write those
 * by other means (their wmask in QEMU is zero).
 *
 * Returns: true if the access touched a DVSEC.
 */
bool cxl_dvsecs_write(CxlDvsecs *d, uint32_t offset, unsigned size,
                      uint32_t value, CxlEffects *e);

/**
 * cxl_dvsecs_mem_enabled: CXL.mem is enabled in the device DVSEC. Without it an
 * endpoint decodes nothing. False on ports.
 */
bool cxl_dvsecs_mem_enabled(const CxlDvsecs *d);

/**
 * cxl_dvsecs_ranges: what the ranges of the device DVSEC decode while HDM
 * Decoder Enable is 0 (8.1.3.8)
 * @ranges: gets a decoder of one way for each range in use
 *
 * Returns: false if nothing: CXL.mem is off, or no range has a base yet.
 */
bool cxl_dvsecs_ranges(const CxlDvsecs *d, CxlHdm *ranges);

/**
 * cxl_dvsecs_update_ranges: put the sizes of the partitions in the ranges of a
 * memory device (8.1.3.8), one for each that is not empty; one that is not in
 * use is all zero
 */
void cxl_dvsecs_update_ranges(CxlDvsecs *d);

/**
 * cxl_dvsecs_range_at: the range of the device DVSEC whose capacity begins at
 * @dpa
 *
 * Returns: its offset in configuration space, where CXL_RANGE_* are; 0 if none
 * begins there.
 */
uint16_t cxl_dvsecs_range_at(const CxlDvsecs *d, uint64_t dpa);

/**
 * cxl_dvsecs_port_control: the port control extensions (8.1.5.2), as
 * CXL_PORT_CTRL_* bits; 0 if the function is no port
 */
uint16_t cxl_dvsecs_port_control(const CxlDvsecs *d);

/**
 * cxl_dvsecs_enter_viral: the function has detected a fatal error (12.4)
 *
 * Returns: true, with Viral Status set, if software has enabled viral
 * containment (8.1.3.2, 8.1.5.2). False on root ports.
 */
bool cxl_dvsecs_enter_viral(CxlDvsecs *d);

/**
 * cxl_dvsecs_set_non_cxl: say whether the device has a function @devfn that
 * takes no part in CXL.cache and CXL.mem (8.1.4)
 * @devfn: device number in bits 7:3, function number in bits 2:0, without ARI;
 *         not that of @d itself
 *
 * Resets do not change it. Does nothing where there is no function map.
 */
void cxl_dvsecs_set_non_cxl(CxlDvsecs *d, uint8_t devfn, bool present);

/**
 * cxl_dvsecs_reset_done: a CXL reset that software asked for is complete
 */
void cxl_dvsecs_reset_done(CxlDvsecs *d);

#endif /* CXL_CORE_DVSEC_H */
