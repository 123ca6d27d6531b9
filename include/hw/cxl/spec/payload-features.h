/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of features, and what the features of memory devices hold
 * (CXL 3.1 8.2.9.6, 8.2.9.7.2, 8.2.9.9.11)
 */
#ifndef CXL_SPEC_PAYLOAD_FEATURES_H
#define CXL_SPEC_PAYLOAD_FEATURES_H

#include "hw/cxl/spec/wire.h"

#define CXL_FEATURE_PATROL_SCRUB_UUID                                       \
    { 0x96, 0xda, 0xd7, 0xd6, 0xfd, 0xe8, 0x48, 0x2b,                       \
      0xa7, 0x33, 0x75, 0x77, 0x4e, 0x06, 0xdb, 0x8a }
#define CXL_FEATURE_DDR5_ECS_UUID                                           \
    { 0xe5, 0xb1, 0x3f, 0x22, 0x23, 0x28, 0x4a, 0x14,                       \
      0xb8, 0xba, 0xb9, 0x69, 0x1e, 0x89, 0x33, 0x86 }
#define CXL_FEATURE_SPPR_UUID                                               \
    { 0x89, 0x2b, 0xa4, 0x75, 0xfa, 0xd8, 0x47, 0x4e,                       \
      0x9d, 0x3e, 0x69, 0x2c, 0x91, 0x75, 0x68, 0xbb }
#define CXL_FEATURE_HPPR_UUID                                               \
    { 0x80, 0xea, 0x45, 0x21, 0x78, 0x6f, 0x41, 0x27,                       \
      0xaf, 0xb1, 0xec, 0x74, 0x59, 0xfb, 0x0e, 0x24 }
#define CXL_FEATURE_CACHELINE_SPARING_UUID                                  \
    { 0x96, 0xc3, 0x33, 0x86, 0x91, 0xdd, 0x44, 0xc7,                       \
      0x9e, 0xcb, 0xfd, 0xaf, 0x65, 0x03, 0xba, 0xc4 }
#define CXL_FEATURE_ROW_SPARING_UUID                                        \
    { 0x45, 0x0e, 0xbf, 0x67, 0xb1, 0x35, 0x4f, 0x97,                       \
      0xa4, 0x98, 0xc2, 0xd5, 0x7f, 0x27, 0x9b, 0xed }
#define CXL_FEATURE_BANK_SPARING_UUID                                       \
    { 0x78, 0xb7, 0x96, 0x36, 0x90, 0xac, 0x4b, 0x64,                       \
      0xa4, 0xef, 0xfa, 0xac, 0x5d, 0x18, 0xa8, 0x63 }
#define CXL_FEATURE_RANK_SPARING_UUID                                       \
    { 0x34, 0xdb, 0xaf, 0xf5, 0x05, 0x52, 0x42, 0x81,                       \
      0x8f, 0x76, 0xda, 0x0b, 0x5e, 0x7a, 0x76, 0xa7 }

/* Get Supported Features, opcode 0500h, 8.2.9.6.1, input */
typedef struct CxlGetSupportedFeaturesIn {
    Le32 count;                 /* bytes of output */
    Le16 start;
    uint8_t reserved[2];
} CxlGetSupportedFeaturesIn;

_Static_assert(sizeof(CxlGetSupportedFeaturesIn) == 8, "8.2.9.6.1");

/* Get Supported Features, output; CxlFeatureEntry follow */
typedef struct CxlGetSupportedFeaturesOut {
    Le16 count;
    Le16 total;
    uint8_t reserved[4];
} CxlGetSupportedFeaturesOut;

_Static_assert(sizeof(CxlGetSupportedFeaturesOut) == 8, "8.2.9.6.1");

/* Attributes; [3:1] is the deepest reset that saved values survive */
#define CXL_FEATURE_CHANGEABLE              (1u << 0)
#define CXL_FEATURE_SURVIVES_WARM_RESET     (3u << 1)
#define CXL_FEATURE_SURVIVES_FW_UPDATE      (1u << 4)
#define CXL_FEATURE_HAS_DEFAULT             (1u << 5)
#define CXL_FEATURE_HAS_SAVED               (1u << 6)

typedef struct CxlFeatureEntry {
    uint8_t uuid[16];
    Le16 index;
    Le16 get_size;
    Le16 set_size;
    Le32 attributes;
    uint8_t get_version;
    uint8_t set_version;
    Le16 set_effects;
    uint8_t reserved[18];
} CxlFeatureEntry;

_Static_assert(sizeof(CxlFeatureEntry) == 0x30, "8.2.9.6.1");

#define CXL_FEATURE_CURRENT     0
#define CXL_FEATURE_DEFAULT     1
#define CXL_FEATURE_SAVED       2

/* Get Feature, opcode 0501h, 8.2.9.6.2, input; the output is the bytes */
typedef struct CxlGetFeatureIn {
    uint8_t uuid[16];
    Le16 offset;
    Le16 count;
    uint8_t selection;
} CxlGetFeatureIn;

_Static_assert(sizeof(CxlGetFeatureIn) == 0x15, "8.2.9.6.2");

/* Flags of Set Feature: [2:0] part of a transfer */
#define CXL_SET_FEATURE_PART_MASK   0x7u
#define CXL_SET_FEATURE_FULL        0
#define CXL_SET_FEATURE_INITIATE    1
#define CXL_SET_FEATURE_CONTINUE    2
#define CXL_SET_FEATURE_FINISH      3
#define CXL_SET_FEATURE_ABORT       4
#define CXL_SET_FEATURE_SAVE        (1u << 3)

/* Set Feature, opcode 0502h, 8.2.9.6.3, input; the bytes follow */
typedef struct CxlSetFeatureIn {
    uint8_t uuid[16];
    Le32 flags;
    Le16 offset;
    uint8_t version;
    uint8_t reserved[9];
} CxlSetFeatureIn;

_Static_assert(sizeof(CxlSetFeatureIn) == 0x20, "8.2.9.6.3");

/* Device patrol scrub control, readable; cycle: [7:0] hours, [15:8] minimum */
#define CXL_SCRUB_CYCLE_CHANGEABLE  (1u << 0)
#define CXL_SCRUB_ENABLED           (1u << 0)

typedef struct CxlPatrolScrub {
    uint8_t capabilities;
    uint8_t cycle_hours;
    uint8_t min_cycle_hours;
    uint8_t flags;
} CxlPatrolScrub;

_Static_assert(sizeof(CxlPatrolScrub) == 4, "8.2.9.9.11.1");

typedef struct CxlPatrolScrubSet {
    uint8_t cycle_hours;
    uint8_t flags;
} CxlPatrolScrubSet;

_Static_assert(sizeof(CxlPatrolScrubSet) == 2, "8.2.9.9.11.1");

/** CXL_ECS_FRUS: memory media field replaceable units of a device */
#define CXL_ECS_FRUS                3

/* Configuration of a unit: [2:0] threshold, [3] mode, [4] reset the counter */
#define CXL_ECS_THRESHOLD_MASK      0x7u
#define CXL_ECS_THRESHOLD_256       3
#define CXL_ECS_THRESHOLD_4096      5
#define CXL_ECS_MODE_CODEWORDS      (1u << 3)
#define CXL_ECS_ENTRY_TYPE_MASK     0x3u
#define CXL_ECS_ENTRY_TYPE_MAX      1

/* DDR5 error check scrub control, readable */
typedef struct CxlEcs {
    uint8_t entry_type;
    struct {
        uint8_t capabilities;
        Le16 config;
        uint8_t flags;
    } fru[CXL_ECS_FRUS];
} CxlEcs;

_Static_assert(sizeof(CxlEcs) == 1 + 4 * CXL_ECS_FRUS, "8.2.9.9.11.2");

typedef struct CxlEcsSet {
    uint8_t entry_type;
    Le16 config[CXL_ECS_FRUS];
} CxlEcsSet;

_Static_assert(sizeof(CxlEcsSet) == 1 + 2 * CXL_ECS_FRUS, "8.2.9.9.11.2");

/* What the features of all maintenance operations begin with, 8.2.9.7.2 */
typedef struct CxlMaintenanceFeature {
    uint8_t max_latency;        /* [3:0] unit, 6 is 1 s, [7:4] how many */
    Le16 capabilities;
    Le16 mode;
    uint8_t op_class;
    uint8_t op_subclass;
    uint8_t reserved[9];
} CxlMaintenanceFeature;

_Static_assert(sizeof(CxlMaintenanceFeature) == 0x10, "8.2.9.7.2");

#define CXL_MAINTENANCE_BY_DEVICE   (1u << 0)   /* capability and mode */

/* Post package repair takes a DPA, a nibble mask; can be done at boot */
#define CXL_PPR_TAKES_DPA           (1u << 0)
#define CXL_PPR_TAKES_NIBBLES       (1u << 1)
#define CXL_PPR_CAN_AT_BOOT         (1u << 3)
#define CXL_PPR_AT_BOOT             (1u << 1)

/* sPPR and hPPR feature, readable */
typedef struct CxlPpr {
    CxlMaintenanceFeature header;
    uint8_t flags;
    Le16 restrictions;
    uint8_t mode;
} CxlPpr;

_Static_assert(sizeof(CxlPpr) == 0x14, "8.2.9.7.2.1");

typedef struct CxlPprSet {
    Le16 mode;
    uint8_t ppr_mode;
} CxlPprSet;

_Static_assert(sizeof(CxlPprSet) == 3, "8.2.9.7.2.1");

#define CXL_SPARING_CAN_HARD        (1u << 1)
#define CXL_SPARING_CAN_SOFT        (1u << 2)

/* Memory sparing feature, readable */
typedef struct CxlSparing {
    CxlMaintenanceFeature header;
    uint8_t reserved;
    Le16 restrictions;
} CxlSparing;

_Static_assert(sizeof(CxlSparing) == 0x13, "8.2.9.7.2.3");

typedef struct CxlSparingSet {
    Le16 mode;
} CxlSparingSet;

_Static_assert(sizeof(CxlSparingSet) == 2, "8.2.9.7.2.3");

#endif /* CXL_SPEC_PAYLOAD_FEATURES_H */
