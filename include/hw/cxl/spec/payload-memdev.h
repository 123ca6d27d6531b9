/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the memory device commands (CXL 3.1 8.2.9.9)
 */
#ifndef CXL_SPEC_PAYLOAD_MEMDEV_H
#define CXL_SPEC_PAYLOAD_MEMDEV_H

#include "hw/cxl/spec/unit.h"
#include "hw/cxl/spec/wire.h"

/* Capacities are given in units of 256 MiB */
#define CXL_CAPACITY_UNIT           CXL_MEMORY_UNIT

/* Identify Memory Device, opcode 4000h, 8.2.9.9.1.1, output */
typedef struct CxlIdentifyMemoryDeviceOut {
    uint8_t fw_revision[16];
    Le64 total_capacity;
    Le64 volatile_only_capacity;
    Le64 persistent_only_capacity;
    Le64 partition_alignment;
    Le16 event_log_size[4];
    Le32 lsa_size;
    uint8_t poison_list_max[3];
    Le16 inject_poison_limit;
    uint8_t poison_caps;
    uint8_t qos_telemetry_caps;
    Le16 dynamic_capacity_log_size;
} CxlIdentifyMemoryDeviceOut;

/* Poison handling capabilities */
#define CXL_IDENTIFY_INJECTS_POISON     (1u << 0)   /* that lasts */
#define CXL_IDENTIFY_SCANS_FOR_POISON   (1u << 1)

_Static_assert(sizeof(CxlIdentifyMemoryDeviceOut) == 0x45, "8.2.9.9.1.1");

/* Get Partition Info, opcode 4100h, 8.2.9.9.2.1, output */
typedef struct CxlGetPartitionInfoOut {
    Le64 active_volatile;
    Le64 active_persistent;
    Le64 next_volatile;
    Le64 next_persistent;
} CxlGetPartitionInfoOut;

_Static_assert(sizeof(CxlGetPartitionInfoOut) == 0x20, "8.2.9.9.2.1");

/*
 * Set Partition Info, opcode 4101h, 8.2.9.9.2.2, input. The list of commands
 * has a byte more than the fields, and Linux sends it.
 */
typedef struct CxlSetPartitionInfoIn {
    Le64 volatile_capacity;
    uint8_t flags;
} CxlSetPartitionInfoIn;

#define CXL_SET_PARTITION_SIZE_MAX      0x0a
#define CXL_SET_PARTITION_IMMEDIATE     (1u << 0)

_Static_assert(sizeof(CxlSetPartitionInfoIn) == 9, "8.2.9.9.2.2");

/* Get LSA, opcode 4102h, 8.2.9.9.2.3, input; the output is the bytes */
typedef struct CxlGetLsaIn {
    Le32 offset;
    Le32 length;
} CxlGetLsaIn;

_Static_assert(sizeof(CxlGetLsaIn) == 8, "8.2.9.9.2.3");

/* Set LSA, opcode 4103h, 8.2.9.9.2.4, input; the bytes follow */
typedef struct CxlSetLsaIn {
    Le32 offset;
    uint8_t reserved[4];
} CxlSetLsaIn;

_Static_assert(sizeof(CxlSetLsaIn) == 8, "8.2.9.9.2.4");

/**
 * enum CxlPoisonSource - where poison comes from: bits [2:0] of the address in
 * a media error record (8.2.9.9.4.1)
 * @CXL_POISON_UNKNOWN: nobody knows
 * @CXL_POISON_EXTERNAL: it was written with poison
 * @CXL_POISON_INTERNAL: the device has found an error
 * @CXL_POISON_INJECTED: it was asked for
 * @CXL_POISON_VENDOR: the vendor knows
 */
typedef enum CxlPoisonSource {
    CXL_POISON_UNKNOWN  = 0,
    CXL_POISON_EXTERNAL = 1,
    CXL_POISON_INTERNAL = 2,
    CXL_POISON_INJECTED = 3,
    CXL_POISON_VENDOR   = 7,
} CxlPoisonSource;

#endif /* CXL_SPEC_PAYLOAD_MEMDEV_H */
