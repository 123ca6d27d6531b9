/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CXL device registers (CXL 3.1 8.2.8)
 */
#ifndef CXL_SPEC_DEVICE_REGS_H
#define CXL_SPEC_DEVICE_REGS_H

/* Capabilities array register and headers (8.2.8.1, 8.2.8.2) */
#define CXL_DEV_CAP_ARRAY_ID            0x0000
#define CXL_DEV_CAP_ARRAY_VERSION       1
#define CXL_DEV_CAP_TYPE_MEMORY_DEVICE  1
#define CXL_DEV_CAP_TYPE_SWITCH_CCI     2
#define CXL_DEV_CAP_HEADER_SIZE         0x10
#define CXL_DEV_CAP_VERSION_SHIFT       16
#define CXL_DEV_CAP_TYPE_SHIFT          24
#define CXL_DEV_CAP_COUNT_SHIFT         32
#define CXL_DEV_CAP_OFFSET_SHIFT        32

#define CXL_DEV_CAP_ID_STATUS           0x0001
#define CXL_DEV_CAP_ID_PRIMARY_MAILBOX  0x0002
/* From here on the meaning depends on the type */
#define CXL_DEV_CAP_ID_MEMDEV_STATUS    0x4000
#define CXL_DEV_CAP_ID_SWITCH_STATUS    0x4000

#define CXL_DEV_CAP_VERSION_STATUS      2
#define CXL_DEV_CAP_VERSION_MAILBOX     1
#define CXL_DEV_CAP_VERSION_MEMDEV      1
#define CXL_DEV_CAP_VERSION_SWITCH      1

/* Device status: event status, bit n = log n is not empty (8.2.8.3.1) */
#define CXL_DEV_STATUS_SIZE             0x08

/* Mailbox registers, from the start of the capability (8.2.8.4) */
#define CXL_MBOX_CAP                    0x00
#define CXL_MBOX_CTRL                   0x04
#define CXL_MBOX_CMD                    0x08
#define CXL_MBOX_STATUS                 0x10
#define CXL_MBOX_BG_STATUS              0x18
#define CXL_MBOX_PAYLOAD                0x20

/* Mailbox capabilities (8.2.8.4.3) */
#define CXL_MBOX_CAP_DOORBELL_IRQ       (1u << 5)
#define CXL_MBOX_CAP_BG_IRQ             (1u << 6)
#define CXL_MBOX_CAP_VECTOR_SHIFT       7
#define CXL_MBOX_CAP_TYPE_SHIFT         19  /* a CXL_DEV_CAP_TYPE_ */

/* Mailbox control (8.2.8.4.4) */
#define CXL_MBOX_CTRL_DOORBELL          (1u << 0)
#define CXL_MBOX_CTRL_DOORBELL_IRQ      (1u << 1)
#define CXL_MBOX_CTRL_BG_IRQ            (1u << 2)

/* Command: [15:0] opcode, [36:16] payload length (8.2.8.4.5) */
#define CXL_MBOX_CMD_LENGTH_SHIFT       16
#define CXL_MBOX_CMD_LENGTH_MASK        0x1fffffu

/* Mailbox status: [0] background operation, [47:32] return code (8.2.8.4.6) */
#define CXL_MBOX_STATUS_BG              (1u << 0)
#define CXL_MBOX_STATUS_RET_SHIFT       32

/* Background command status: [15:0] opcode, [22:16] percent (8.2.8.4.7) */
#define CXL_MBOX_BG_STATUS_PCT_SHIFT    16
#define CXL_MBOX_BG_STATUS_RET_SHIFT    32

/* Memory device status (8.2.8.5.1.1) */
#define CXL_MEMDEV_STATUS_SIZE          0x08
#define CXL_MEMDEV_STATUS_FATAL         (1u << 0)
#define CXL_MEMDEV_STATUS_FW_HALT       (1u << 1)
#define CXL_MEMDEV_STATUS_MEDIA_SHIFT   2
#define CXL_MEMDEV_STATUS_MBOX_READY    (1u << 4)

/* Switch mailbox CCI status (8.2.8.6.1.1) */
#define CXL_SWITCH_STATUS_SIZE          0x08
#define CXL_SWITCH_STATUS_MBOX_READY    (1u << 0)

/** enum CxlMediaStatus - field [3:2] of the memory device status */
typedef enum CxlMediaStatus {
    CXL_MEDIA_NOT_READY = 0,
    CXL_MEDIA_READY     = 1,
    CXL_MEDIA_ERROR     = 2,
    CXL_MEDIA_DISABLED  = 3,
} CxlMediaStatus;

#endif /* CXL_SPEC_DEVICE_REGS_H */
