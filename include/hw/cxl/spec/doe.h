/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data Object Exchange (PCIe 6.0 6.30, 7.9.24) and the data objects of CXL
 * (CXL 3.1 8.1.11)
 */
#ifndef CXL_SPEC_DOE_H
#define CXL_SPEC_DOE_H

/* Registers, from the start of the extended capability (7.9.24) */
#define CXL_DOE_CAP                 0x04
#define CXL_DOE_CTRL                0x08
#define CXL_DOE_STATUS              0x0c
#define CXL_DOE_WRITE               0x10
#define CXL_DOE_READ                0x14
#define CXL_DOE_SIZE                0x18

#define CXL_DOE_CAP_IRQ             (1u << 0)
#define CXL_DOE_CAP_VECTOR_SHIFT    1

#define CXL_DOE_CTRL_ABORT          (1u << 0)
#define CXL_DOE_CTRL_IRQ            (1u << 1)
#define CXL_DOE_CTRL_GO             (1u << 31)

#define CXL_DOE_STATUS_BUSY         (1u << 0)
#define CXL_DOE_STATUS_IRQ          (1u << 1)
#define CXL_DOE_STATUS_ERROR        (1u << 2)
#define CXL_DOE_STATUS_READY        (1u << 31)

/* First dword of an object: [15:0] vendor, [23:16] type (6.30.1) */
#define CXL_DOE_HEADER_TYPE_SHIFT   16
#define CXL_DOE_HEADER_MASK         0x00ffffffu

/* Second dword: [17:0] length in dwords, header included; 0 is 2^18 */
#define CXL_DOE_LENGTH_MASK         0x0003ffffu
#define CXL_DOE_LENGTH_MAX          0x00040000u

/* Discovery (6.30.1.1): [7:0] index; response: as an object, next index */
#define CXL_DOE_VENDOR_PCI_SIG      0x0001
#define CXL_DOE_TYPE_DISCOVERY      0x00
#define CXL_DOE_DISCOVERY_NEXT_SHIFT 24
#define CXL_DOE_DISCOVERY_NONE      0x00ffffffu

/* Table access (CXL 3.1 8.1.11): [7:0] code, [15:8] table, [31:16] handle */
#define CXL_DOE_VENDOR_CXL          0x1e98
#define CXL_DOE_TYPE_TABLE_ACCESS   0x02
#define CXL_DOE_TABLE_CODE_READ     0x00
#define CXL_DOE_TABLE_TYPE_SHIFT    8
#define CXL_DOE_TABLE_TYPE_CDAT     0x00
#define CXL_DOE_TABLE_HANDLE_SHIFT  16
#define CXL_DOE_TABLE_HANDLE_LAST   0xffff

#endif /* CXL_SPEC_DOE_H */
