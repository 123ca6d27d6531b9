/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DVSECs of CXL components in PCI configuration space (CXL 3.1 8.1).
 * Offsets are from the extended capability header of the DVSEC.
 */
#ifndef CXL_SPEC_DVSEC_H
#define CXL_SPEC_DVSEC_H

#include <stdint.h>

#define CXL_VENDOR_ID               0x1e98

/* PCIe extended capability ids */
#define CXL_EXT_CAP_AER             0x0001
#define CXL_EXT_CAP_DSN             0x0003
#define CXL_EXT_CAP_ACS             0x000d
#define CXL_EXT_CAP_DVSEC           0x0023
#define CXL_EXT_CAP_DOE             0x002e

/* PCIe 6.0 7.9.6: headers of any DVSEC */
#define CXL_DVSEC_HEADER1           0x04
#define CXL_DVSEC_HEADER1_REV_SHIFT     16
#define CXL_DVSEC_HEADER1_LENGTH_SHIFT  20
#define CXL_DVSEC_HEADER2           0x08
#define CXL_DVSEC_BODY              0x0a

/* DVSEC ids (8.1.1) */
#define CXL_DVSEC_DEVICE            0
#define CXL_DVSEC_FUNCTION_MAP      2
#define CXL_DVSEC_PORT              3
#define CXL_DVSEC_PORT_GPF          4
#define CXL_DVSEC_DEVICE_GPF        5
#define CXL_DVSEC_FLEX_BUS          7
#define CXL_DVSEC_LOCATOR           8

/* 8.1.3: DVSEC for CXL devices */
#define CXL_DEVICE_CAP              0x0a
#define CXL_DEVICE_CAP_CACHE            (1u << 0)
#define CXL_DEVICE_CAP_IO               (1u << 1)
#define CXL_DEVICE_CAP_MEM              (1u << 2)
#define CXL_DEVICE_CAP_MEM_HWINIT       (1u << 3)
#define CXL_DEVICE_CAP_HDM_COUNT_SHIFT  4
#define CXL_DEVICE_CAP_HDM_COUNT        (3u << CXL_DEVICE_CAP_HDM_COUNT_SHIFT)
#define CXL_DEVICE_CAP_RESET            (1u << 7)
#define CXL_DEVICE_CAP_RESET_TIMEOUT_SHIFT 8    /* 1: 100 ms */
#define CXL_DEVICE_CAP_VIRAL            (1u << 14)
#define CXL_DEVICE_CAP_PM_INIT          (1u << 15)  /* status 2 reports it */
#define CXL_DEVICE_CTRL             0x0c
#define CXL_DEVICE_CTRL_IO              (1u << 1)
#define CXL_DEVICE_CTRL_MEM             (1u << 2)
#define CXL_DEVICE_CTRL_VIRAL           (1u << 14)
#define CXL_DEVICE_STATUS           0x0e
#define CXL_DEVICE_STATUS_VIRAL         (1u << 14)
#define CXL_DEVICE_CTRL2            0x10
#define CXL_DEVICE_CTRL2_RESET          (1u << 2)
#define CXL_DEVICE_STATUS2          0x12
#define CXL_DEVICE_STATUS2_RESET_DONE   (1u << 1)
#define CXL_DEVICE_STATUS2_PM_INIT      (1u << 15)
#define CXL_DEVICE_LOCK             0x14
#define CXL_DEVICE_LOCK_CONFIG          (1u << 0)
#define CXL_DEVICE_CAP2             0x16
#define CXL_DEVICE_CAP2_NO_CLEAN_WRITE_BACK (1u << 7)
#define CXL_DEVICE_RANGE1           0x18
#define CXL_DEVICE_RANGE2           0x28
#define CXL_DEVICE_CAP3             0x38
#define CXL_DEVICE_SIZE             0x3c

/* One range, from its start */
#define CXL_RANGE_SIZE_HIGH         0x00
#define CXL_RANGE_SIZE_LOW          0x04
#define CXL_RANGE_VALID                 (1u << 0)
#define CXL_RANGE_ACTIVE                (1u << 1)
#define CXL_RANGE_MEDIA_SHIFT           2
#define CXL_RANGE_CLASS_SHIFT           5
#define CXL_RANGE_BY_CDAT               2u  /* media type and class: see CDAT */
#define CXL_RANGE_BASE_HIGH         0x08
#define CXL_RANGE_BASE_LOW          0x0c
#define CXL_RANGE_LOW_MASK          0xf0000000u

/*
 * 8.1.4: non-CXL function map: a register for each function number, a bit for
 * each device number (without ARI)
 */
#define CXL_FUNCTION_MAP_REG(n)     (0x0c + 4 * (n))
#define CXL_FUNCTION_MAP_SIZE       0x2c

/* 8.1.5: extensions DVSEC for ports */
#define CXL_PORT_STATUS             0x0a
#define CXL_PORT_STATUS_PM_INIT         (1u << 0)
#define CXL_PORT_STATUS_VIRAL           (1u << 14)
#define CXL_PORT_CTRL               0x0c
#define CXL_PORT_CTRL_UNMASK_SBR        (1u << 0)
#define CXL_PORT_CTRL_UNMASK_LINK       (1u << 1)
#define CXL_PORT_CTRL_ALT_MEMORY        (1u << 2)
#define CXL_PORT_CTRL_ALT_BME           (1u << 3)
#define CXL_PORT_CTRL_VIRAL             (1u << 14)
#define CXL_PORT_ALT_BUS_BASE       0x0e
#define CXL_PORT_ALT_BUS_LIMIT      0x0f
#define CXL_PORT_ALT_MEM_BASE       0x10
#define CXL_PORT_ALT_MEM_LIMIT      0x12
#define CXL_PORT_ALT_PREF_BASE      0x14
#define CXL_PORT_ALT_PREF_LIMIT     0x16
#define CXL_PORT_ALT_PREF_BASE_HIGH 0x18
#define CXL_PORT_ALT_PREF_LIMIT_HIGH 0x1c
#define CXL_PORT_RCRB_BASE          0x20
#define CXL_PORT_RCRB_BASE_HIGH     0x24
#define CXL_PORT_SIZE               0x28

/* 8.1.6: GPF DVSEC for ports; 8.1.7: for devices */
#define CXL_PORT_GPF_PHASE1         0x0c
#define CXL_PORT_GPF_PHASE2         0x0e
#define CXL_PORT_GPF_SIZE           0x10
#define CXL_DEVICE_GPF_DURATION     0x0a
#define CXL_DEVICE_GPF_POWER        0x0c
#define CXL_DEVICE_GPF_SIZE         0x10
#define CXL_GPF_TIME_MASK           0x0f0fu /* base [3:0], scale [11:8] */

/* 8.1.8: Flex Bus port DVSEC */
#define CXL_FLEX_BUS_CAP            0x0a
#define CXL_FLEX_BUS_CTRL           0x0c
#define CXL_FLEX_BUS_STATUS         0x0e
#define CXL_FLEX_BUS_IO                 (1u << 1)
#define CXL_FLEX_BUS_MEM                (1u << 2)
#define CXL_FLEX_BUS_68B_VH             (1u << 5)
#define CXL_FLEX_BUS_TS_DATA        0x10
#define CXL_FLEX_BUS_CAP2           0x14
#define CXL_FLEX_BUS_CTRL2          0x18
#define CXL_FLEX_BUS_STATUS2        0x1c
#define CXL_FLEX_BUS_SIZE           0x20

/* 8.1.9: register locator DVSEC */
#define CXL_LOCATOR_FIRST           0x0c
#define CXL_LOCATOR_STRIDE          8
#define CXL_LOCATOR_BLOCK_SHIFT         8
#define CXL_LOCATOR_COMPONENT           1u
#define CXL_LOCATOR_DEVICE              3u
#define CXL_LOCATOR_SIZE            0x24    /* three entries */

_Static_assert(CXL_DEVICE_CTRL_VIRAL == CXL_PORT_CTRL_VIRAL &&
               CXL_DEVICE_STATUS_VIRAL == CXL_PORT_STATUS_VIRAL,
               "viral is the same bit of devices and ports");

#endif /* CXL_SPEC_DVSEC_H */
