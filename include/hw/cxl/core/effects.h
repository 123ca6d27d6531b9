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
/** CXL_EFFECT_TIMER: a background operation started: arm a timer */
#define CXL_EFFECT_TIMER        (1u << 1)
/** CXL_EFFECT_DEVICE_RESET: a CXL reset was requested through DVSEC Control2 */
#define CXL_EFFECT_DEVICE_RESET (1u << 2)

/**
 * struct CxlEffects - effects of one call into the model
 * @flags: CXL_EFFECT_* bits
 * @vectors: MSI-X vectors to raise, bit n = vector n
 * @timer_ns: with CXL_EFFECT_TIMER, nanoseconds from now
 */
typedef struct CxlEffects {
    uint32_t flags;
    uint32_t vectors;
    uint64_t timer_ns;
} CxlEffects;

/**
 * enum CxlReset - the kinds of reset a component tells apart (CXL 3.1 9.3)
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
