/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Component registers: the CXL.cache and CXL.mem registers of a component
 * (CXL 3.1 8.2.3 and 8.2.4). Offsets of a capability's registers are from the
 * start of that capability's structure.
 */
#ifndef CXL_SPEC_COMPONENT_REGS_H
#define CXL_SPEC_COMPONENT_REGS_H

#include <stdint.h>

#include "hw/cxl/spec/unit.h"

/* 8.2.3: the component register block */
#define CXL_COMPONENT_REGS_SIZE         0x10000
#define CXL_CACHEMEM_OFFSET             0x1000
#define CXL_CACHEMEM_SIZE               0x1000

/* 8.2.4.1: CXL capability header, then one header per capability */
#define CXL_CACHEMEM_CAP_ID             0x0001
#define CXL_CACHEMEM_CAP_VERSION        1
#define CXL_CACHEMEM_VERSION            1
#define CXL_CAP_HDR_ID_MASK             0x0000ffffu
#define CXL_CAP_HDR_VERSION_SHIFT       16
#define CXL_CAP_HDR_CACHEMEM_SHIFT      20  /* array header only */
#define CXL_CAP_HDR_COUNT_SHIFT         24  /* array header only */
#define CXL_CAP_HDR_POINTER_SHIFT       20

#define CXL_CAP_RAS                     0x0002
#define CXL_CAP_LINK                    0x0004
#define CXL_CAP_HDM                     0x0005
#define CXL_CAP_EXT_SECURITY            0x0006
#define CXL_CAP_IDE                     0x0007
#define CXL_CAP_SNOOP_FILTER            0x0008
#define CXL_CAP_BI_ROUTE_TABLE          0x000b
#define CXL_CAP_BI_DECODER              0x000c

/* 8.2.4.17: RAS capability */
#define CXL_RAS_UNC_STATUS              0x00
#define CXL_RAS_UNC_MASK                0x04
#define CXL_RAS_UNC_SEVERITY            0x08
#define CXL_RAS_COR_STATUS              0x0c
#define CXL_RAS_COR_MASK                0x10
#define CXL_RAS_CONTROL                 0x14
#define CXL_RAS_HEADER_LOG              0x18
#define CXL_RAS_HEADER_LOG_SIZE         64
#define CXL_RAS_SIZE                    0x58
#define CXL_RAS_UNC_BITS                0x0001cfffu
#define CXL_RAS_UNC_CACHE_DATA_PARITY       (1u << 0)
#define CXL_RAS_UNC_CACHE_ADDRESS_PARITY    (1u << 1)
#define CXL_RAS_UNC_CACHE_BE_PARITY         (1u << 2)
#define CXL_RAS_UNC_CACHE_DATA_ECC          (1u << 3)
#define CXL_RAS_UNC_MEM_DATA_PARITY         (1u << 4)
#define CXL_RAS_UNC_MEM_ADDRESS_PARITY      (1u << 5)
#define CXL_RAS_UNC_MEM_BE_PARITY           (1u << 6)
#define CXL_RAS_UNC_MEM_DATA_ECC            (1u << 7)
#define CXL_RAS_UNC_REINIT_THRESHOLD        (1u << 8)
#define CXL_RAS_UNC_RSVD_ENCODING           (1u << 9)
#define CXL_RAS_UNC_POISON_RECEIVED         (1u << 10)
#define CXL_RAS_UNC_RECEIVER_OVERFLOW       (1u << 11)
#define CXL_RAS_UNC_INTERNAL                (1u << 14)
#define CXL_RAS_UNC_IDE_TX                  (1u << 15)
#define CXL_RAS_UNC_IDE_RX                  (1u << 16)
#define CXL_RAS_COR_BITS                0x0000007fu
#define CXL_RAS_COR_CACHE_DATA_ECC          (1u << 0)
#define CXL_RAS_COR_MEM_DATA_ECC            (1u << 1)
#define CXL_RAS_COR_CRC_THRESHOLD           (1u << 2)
#define CXL_RAS_COR_RETRY_THRESHOLD         (1u << 3)
#define CXL_RAS_COR_CACHE_POISON_RECEIVED   (1u << 4)
#define CXL_RAS_COR_MEM_POISON_RECEIVED     (1u << 5)
#define CXL_RAS_COR_PHYSICAL                (1u << 6)
#define CXL_RAS_CONTROL_FIRST_ERROR     0x0000003fu
#define CXL_RAS_CONTROL_NO_ERROR        0x00000020u /* in that field */
#define CXL_RAS_CONTROL_MULTI_HEADER    (1u << 9)
#define CXL_RAS_CONTROL_POISON          (1u << 13)

/* 8.2.4.19: Link capability */
#define CXL_LINK_CAPABILITY             0x00
#define CXL_LINK_CONTROL_STATUS         0x08
#define CXL_LINK_RX_CREDIT_CONTROL      0x10
#define CXL_LINK_RX_CREDIT_STATUS       0x18
#define CXL_LINK_TX_CREDIT_STATUS       0x20
#define CXL_LINK_ACK_TIMER              0x28
#define CXL_LINK_DEFEATURE              0x30
#define CXL_LINK_RX_CREDIT_CONTROL2     0x38
#define CXL_LINK_RX_CREDIT_STATUS2      0x40
#define CXL_LINK_TX_CREDIT_STATUS2      0x48
#define CXL_LINK_SIZE                   0x50
#define CXL_LINK_VERSION                2   /* CXL 2.0 and later */
#define CXL_LINK_INIT_DONE              (3u << 3)

/* 8.2.4.20: HDM decoder capability */
#define CXL_HDM_CAPABILITY              0x00
#define CXL_HDM_GLOBAL_CONTROL          0x04
#define CXL_HDM_DECODERS                0x10
#define CXL_HDM_STRIDE                  0x20
#define CXL_HDM_SIZE(count)             (CXL_HDM_DECODERS + \
                                         CXL_HDM_STRIDE * (count))

/* 8.2.4.20.1: HDM decoder capability register */
#define CXL_HDM_CAP_COUNT_MASK          0x0000000fu
#define CXL_HDM_CAP_TARGETS_SHIFT       4
#define CXL_HDM_CAP_A11TO8              (1u << 8)
#define CXL_HDM_CAP_A14TO12             (1u << 9)
#define CXL_HDM_CAP_POISON_ON_ERROR     (1u << 10)
#define CXL_HDM_CAP_WAYS_3_6_12         (1u << 11)
#define CXL_HDM_CAP_WAYS_16             (1u << 12)
#define CXL_HDM_CAP_UIO                 (1u << 13)
#define CXL_HDM_CAP_COHERENCY_SHIFT     21
#define CXL_HDM_COHERENCY_DEVICE        1u
#define CXL_HDM_COHERENCY_HOST_ONLY     2u

/* 8.2.4.20.2: HDM decoder global control register */
#define CXL_HDM_GLOBAL_POISON           (1u << 0)
#define CXL_HDM_GLOBAL_ENABLE           (1u << 1)

/* 8.2.4.20.3 and following: registers of one decoder, from its start */
#define CXL_HDM_BASE_LOW                0x00
#define CXL_HDM_BASE_HIGH               0x04
#define CXL_HDM_SIZE_LOW                0x08
#define CXL_HDM_SIZE_HIGH               0x0c
#define CXL_HDM_CONTROL                 0x10
#define CXL_HDM_TARGETS_LOW             0x14    /* ports */
#define CXL_HDM_TARGETS_HIGH            0x18
#define CXL_HDM_SKIP_LOW                0x14    /* devices */
#define CXL_HDM_SKIP_HIGH               0x18
#define CXL_HDM_UNIT                    CXL_MEMORY_UNIT
#define CXL_HDM_LOW_MASK                0xf0000000u
#define CXL_HDM_MAX_TARGETS             8

/* 8.2.4.20.7: HDM decoder n control register */
#define CXL_HDM_CTRL_IG_MASK            0x0000000fu
#define CXL_HDM_CTRL_IW_SHIFT           4
#define CXL_HDM_CTRL_IW_MASK            0x000000f0u
#define CXL_HDM_CTRL_LOCK_ON_COMMIT     (1u << 8)
#define CXL_HDM_CTRL_COMMIT             (1u << 9)
#define CXL_HDM_CTRL_COMMITTED          (1u << 10)
#define CXL_HDM_CTRL_ERROR              (1u << 11)
#define CXL_HDM_CTRL_HOST_ONLY          (1u << 12)
#define CXL_HDM_CTRL_BI                 (1u << 13)

/* 8.2.4.21: Extended Security; 8.2.4.23: Snoop Filter */
#define CXL_EXT_SECURITY_ROOT_PORTS     0x00
#define CXL_EXT_SECURITY_SIZE           0x04
#define CXL_SNOOP_FILTER_GROUP          0x00
#define CXL_SNOOP_FILTER_CAPACITY       0x04
#define CXL_SNOOP_FILTER_SIZE           0x08

_Static_assert(CXL_HDM_STRIDE > CXL_HDM_TARGETS_HIGH, "decoder registers");
_Static_assert(CXL_RAS_HEADER_LOG + CXL_RAS_HEADER_LOG_SIZE == CXL_RAS_SIZE,
               "RAS capability");

#endif /* CXL_SPEC_COMPONENT_REGS_H */
