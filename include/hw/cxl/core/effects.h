/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the model asks the machine to do.
 *
 * The model never calls out. Each entry point that may change something returns
 * the effects of the call; the machine carries them out after the call has
 * returned (registers are already up to date then), interrupts last.
 */
#ifndef CXL_CORE_EFFECTS_H
#define CXL_CORE_EFFECTS_H

#include <stdint.h>

/** CXL_EFFECT_ROUTES: HPA to DPA routes may have changed: compile and map */
#define CXL_EFFECT_ROUTES       (1u << 0)
/** CXL_EFFECT_DEADLINE: call the timer's door at @deadline_ns, not before */
#define CXL_EFFECT_DEADLINE     (1u << 1)
/** CXL_EFFECT_DEVICE_RESET: a CXL reset was requested through DVSEC Control2 */
#define CXL_EFFECT_DEVICE_RESET (1u << 2)
/**
 * CXL_EFFECT_FLUSH: make the label storage in @flush durable, then say so by
 * cxl_endpoint_flushed(); the guest waits
 */
#define CXL_EFFECT_FLUSH        (1u << 3)

/**
 * struct CxlRange - a range of bytes
 * @offset: the first
 * @len: how many
 */
typedef struct CxlRange {
    uint64_t offset;
    uint64_t len;
} CxlRange;

/**
 * struct CxlEffects - effects of one call into the model
 * @flags: CXL_EFFECT_* bits
 * @vectors: MSI-X vectors to raise, bit n = vector n
 * @withdrawn: vectors whose condition is gone: a message that waits because its
 *             vector is masked is not to be sent any more (PCIe 6.0 6.1.4.5)
 * @deadline_ns: with CXL_EFFECT_DEADLINE, virtual time
 * @flush: with CXL_EFFECT_FLUSH, a part of the label storage
 */
typedef struct CxlEffects {
    uint32_t flags;
    uint32_t vectors;
    uint32_t withdrawn;
    uint64_t deadline_ns;
    CxlRange flush;
} CxlEffects;

/**
 * enum CxlReset - the kinds of reset a component tells apart (CXL 3.1 9.1)
 * @CXL_RESET_COLD: power on; every register takes its reset value
 * @CXL_RESET_WARM: conventional (hot or warm) reset; sticky fields survive
 * @CXL_RESET_CXL: CXL reset (9.7): as warm, but what is locked stays
 * @CXL_RESET_FUNCTION: function-level reset (9.5): what CXL defines for memory
 *                      survives: component registers, DVSECs, timestamp, event
 *                      interrupt policy
 */
typedef enum CxlReset {
    CXL_RESET_COLD,
    CXL_RESET_WARM,
    CXL_RESET_CXL,
    CXL_RESET_FUNCTION,
} CxlReset;

#endif /* CXL_CORE_EFFECTS_H */
