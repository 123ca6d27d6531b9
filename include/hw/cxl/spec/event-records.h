/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event logs and event records (CXL 3.1 8.2.9.2, with what 3.2 added)
 */
#ifndef CXL_SPEC_EVENT_RECORDS_H
#define CXL_SPEC_EVENT_RECORDS_H

#include "hw/cxl/spec/wire.h"

/** enum CxlEventLogType - the event logs of a device (8.2.9.2.2) */
typedef enum CxlEventLogType {
    CXL_EVENT_LOG_INFO  = 0,
    CXL_EVENT_LOG_WARN  = 1,
    CXL_EVENT_LOG_FAIL  = 2,
    CXL_EVENT_LOG_FATAL = 3,
} CxlEventLogType;

#define CXL_EVENT_LOGS                  4

/* Record flags, bits [1:0]: severity = number of the log (8.2.9.2.1) */
#define CXL_EVENT_FLAG_SEVERITY_MASK    0x3u
#define CXL_EVENT_FLAG_PERMANENT        (1u << 2)
#define CXL_EVENT_FLAG_MAINTENANCE      (1u << 3)   /* is needed */
#define CXL_EVENT_FLAG_DEGRADED         (1u << 4)
#define CXL_EVENT_FLAG_REPLACE          (1u << 5)
#define CXL_EVENT_FLAG_MAINT_SUBCLASS   (1u << 6)   /* the field is valid */
#define CXL_EVENT_FLAG_LD_ID            (1u << 7)   /* likewise */
#define CXL_EVENT_FLAG_HEAD_ID          (1u << 8)   /* likewise */
#define CXL_EVENT_FLAGS                 0xffffffu   /* the width of the field */

/**
 * struct CxlEventHeader - common event record header (8.2.9.2.1)
 */
typedef struct CxlEventHeader {
    uint8_t uuid[16];
    uint8_t length;
    uint8_t flags[3];
    Le16 handle;
    Le16 related_handle;
    Le64 timestamp;
    uint8_t maint_op_class;
    uint8_t maint_op_subclass;
    Le16 ld_id;
    uint8_t head_id;
    uint8_t reserved[11];
} CxlEventHeader;

_Static_assert(sizeof(CxlEventHeader) == 0x30, "8.2.9.2.1");

#define CXL_EVENT_DATA_SIZE             0x50
#define CXL_EVENT_COMPONENT_ID_SIZE     0x10

#define CXL_EVENT_GENERAL_MEDIA_UUID                              \
    { 0xfb, 0xcd, 0x0a, 0x77, 0xc2, 0x60, 0x41, 0x7f,             \
      0x85, 0xa9, 0x08, 0x8b, 0x16, 0x21, 0xeb, 0xa6 }

#define CXL_EVENT_DRAM_UUID                                       \
    { 0x60, 0x1d, 0xcb, 0xb3, 0x9c, 0x06, 0x4e, 0xab,             \
      0xb8, 0xaf, 0x4e, 0x9b, 0xfb, 0x5c, 0x96, 0x24 }

#define CXL_EVENT_MEMORY_MODULE_UUID                              \
    { 0xfe, 0x92, 0x74, 0x75, 0xdd, 0x59, 0x43, 0x39,             \
      0xa5, 0x86, 0x79, 0xba, 0xb1, 0x13, 0xb7, 0x74 }

/* Address of a media event: [63:6] DPA, [1:0] what it is */
#define CXL_EVENT_DPA_VOLATILE          (1u << 0)
#define CXL_EVENT_DPA_NOT_REPAIRABLE    (1u << 1)
#define CXL_EVENT_DPA_FLAGS             0x3fu

/* Memory event descriptor */
#define CXL_EVENT_UNCORRECTABLE         (1u << 0)
#define CXL_EVENT_THRESHOLD             (1u << 1)
#define CXL_EVENT_POISON_LIST_OVERFLOW  (1u << 2)

/* Memory event type of a general media event (table 8-57) */
#define CXL_MEDIA_EVENT_ECC             0
#define CXL_MEDIA_EVENT_INVALID_ADDRESS 1
#define CXL_MEDIA_EVENT_DATA_PATH       2
#define CXL_MEDIA_EVENT_SCRUB_ECC       4

/* Transaction type of a media event */
#define CXL_EVENT_BY_UNKNOWN            0
#define CXL_EVENT_BY_HOST_READ          1
#define CXL_EVENT_BY_HOST_WRITE         2
#define CXL_EVENT_BY_SCAN_MEDIA         3
#define CXL_EVENT_BY_INJECT_POISON      4
#define CXL_EVENT_BY_SCRUB              5
#define CXL_EVENT_BY_MANAGEMENT         6

/* What begins media events */
typedef struct CxlMediaEventHeader {
    Le64 address;
    uint8_t descriptor;
    uint8_t type;
    uint8_t transaction;
    Le16 valid;
    uint8_t channel;
    uint8_t rank;
} CxlMediaEventHeader;

_Static_assert(sizeof(CxlMediaEventHeader) == 0x0f, "8.2.9.2.1.1");

/* Validity flags of media events: the first two are common */
#define CXL_MEDIA_VALID_CHANNEL         (1u << 0)
#define CXL_MEDIA_VALID_RANK            (1u << 1)
#define CXL_MEDIA_VALID_DEVICE          (1u << 2)
#define CXL_MEDIA_VALID_COMPONENT_ID    (1u << 3)
#define CXL_MEDIA_VALID_COMPONENT_PLDM  (1u << 4)

/* General Media event, 8.2.9.2.1.1: what follows the common header */
typedef struct CxlGeneralMediaEvent {
    CxlMediaEventHeader media;
    uint8_t device[3];
    uint8_t component_id[CXL_EVENT_COMPONENT_ID_SIZE];
    uint8_t cme_flags;
    uint8_t cme_count[3];
    uint8_t sub_type;
    uint8_t reserved[41];
} CxlGeneralMediaEvent;

_Static_assert(sizeof(CxlGeneralMediaEvent) == CXL_EVENT_DATA_SIZE,
               "8.2.9.2.1.1");

#define CXL_DRAM_VALID_NIBBLE_MASK      (1u << 2)
#define CXL_DRAM_VALID_BANK_GROUP       (1u << 3)
#define CXL_DRAM_VALID_BANK             (1u << 4)
#define CXL_DRAM_VALID_ROW              (1u << 5)
#define CXL_DRAM_VALID_COLUMN           (1u << 6)
#define CXL_DRAM_VALID_CORRECTION_MASK  (1u << 7)
#define CXL_DRAM_VALID_COMPONENT_ID     (1u << 8)
#define CXL_DRAM_VALID_COMPONENT_PLDM   (1u << 9)
#define CXL_DRAM_VALID_SUB_CHANNEL      (1u << 10)

#define CXL_DRAM_CORRECTION_MASKS       4

/* DRAM event, 8.2.9.2.1.2 */
typedef struct CxlDramEvent {
    CxlMediaEventHeader media;
    uint8_t nibble_mask[3];
    uint8_t bank_group;
    uint8_t bank;
    uint8_t row[3];
    Le16 column;
    Le64 correction_mask[CXL_DRAM_CORRECTION_MASKS];
    uint8_t component_id[CXL_EVENT_COMPONENT_ID_SIZE];
    uint8_t sub_channel;
    uint8_t cvme_flags;
    uint8_t cvme_count[3];
    uint8_t sub_type;
    uint8_t reserved;
} CxlDramEvent;

_Static_assert(sizeof(CxlDramEvent) == CXL_EVENT_DATA_SIZE, "8.2.9.2.1.2");

/* Device event type of a memory module event */
#define CXL_MODULE_HEALTH_STATUS        0
#define CXL_MODULE_MEDIA_STATUS         1
#define CXL_MODULE_LIFE_USED            2
#define CXL_MODULE_TEMPERATURE          3
#define CXL_MODULE_DATA_PATH            4
#define CXL_MODULE_LABELS               5

#define CXL_MODULE_VALID_COMPONENT_ID   (1u << 0)
#define CXL_MODULE_VALID_COMPONENT_PLDM (1u << 1)

/* Device health information, 8.2.9.9.3.1: the output of Get Health Info */
typedef struct CxlHealthInfo {
    uint8_t health_status;
    uint8_t media_status;
    uint8_t additional_status;
    uint8_t life_used_percent;
    Le16 temperature_c;
    Le32 dirty_shutdowns;
    Le32 corrected_volatile_errors;
    Le32 corrected_persistent_errors;
} CxlHealthInfo;

_Static_assert(sizeof(CxlHealthInfo) == 0x12, "8.2.9.9.3.1");

/* Memory Module event, 8.2.9.2.1.3 */
typedef struct CxlMemoryModuleEvent {
    uint8_t type;
    CxlHealthInfo health;
    Le16 valid;
    uint8_t component_id[CXL_EVENT_COMPONENT_ID_SIZE];
    uint8_t sub_type;
    uint8_t reserved[42];
} CxlMemoryModuleEvent;

_Static_assert(sizeof(CxlMemoryModuleEvent) == CXL_EVENT_DATA_SIZE,
               "8.2.9.2.1.3");

/**
 * struct CxlEventRecord - an event record; the UUID in the header says which
 * kind of data there is
 */
typedef struct CxlEventRecord {
    CxlEventHeader header;
    union {
        uint8_t data[CXL_EVENT_DATA_SIZE];
        CxlGeneralMediaEvent general_media;
        CxlDramEvent dram;
        CxlMemoryModuleEvent memory_module;
    };
} CxlEventRecord;

_Static_assert(sizeof(CxlEventRecord) == 0x80, "8.2.9.2.1");

#endif /* CXL_SPEC_EVENT_RECORDS_H */
