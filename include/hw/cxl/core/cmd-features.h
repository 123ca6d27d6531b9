/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Features of a memory device (CXL 3.1 8.2.9.6): settings that software finds
 * by UUID
 *
 * Only what can be set is state; what can be read is made from it. They are
 * settings and nothing else: no memory of this device wears out.
 */
#ifndef CXL_CORE_CMD_FEATURES_H
#define CXL_CORE_CMD_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"
#include "hw/cxl/spec/payload-features.h"

/** CXL_FEATURES: how many there are */
#define CXL_FEATURES            8
/** CXL_FEATURE_SET_SIZE: most bytes that can be set of one */
#define CXL_FEATURE_SET_SIZE    8

/**
 * struct CxlFeatureState - what can be set of a feature
 * @current: in force
 * @saved: in force after a reset
 * @next: in force after the next reset
 */
typedef struct CxlFeatureState {
    uint8_t current[CXL_FEATURE_SET_SIZE];
    uint8_t saved[CXL_FEATURE_SET_SIZE];
    uint8_t next[CXL_FEATURE_SET_SIZE];
} CxlFeatureState;

/**
 * struct CxlFeaturesState - what changes
 * @feature: by index
 * @active: a transfer in parts is under way
 * @index: of the feature that it is for
 * @save: what it brings is to be saved
 * @end: where its last part has ended
 * @data: what the feature would be with the parts so far
 */
typedef struct CxlFeaturesState {
    CxlFeatureState feature[CXL_FEATURES];
    bool active;
    uint8_t index;
    bool save;
    uint16_t end;
    uint8_t data[CXL_FEATURE_SET_SIZE];
} CxlFeaturesState;

/** cxl_features_init: everything has its default */
void cxl_features_init(CxlFeaturesState *features);

/**
 * cxl_features_reset: a transfer in parts is dropped; in all resets but a
 * function-level one, what is for the next reset comes into force: what was
 * saved, unless something else was set for it
 */
void cxl_features_reset(CxlFeaturesState *features, CxlReset kind);

#endif /* CXL_CORE_CMD_FEATURES_H */
