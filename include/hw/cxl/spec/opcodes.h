/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command opcodes of the component command interface (CXL 3.1 8.2.9)
 */
#ifndef CXL_SPEC_OPCODES_H
#define CXL_SPEC_OPCODES_H

/* Information and status (8.2.9.1) */
#define CXL_OP_IDENTIFY                     0x0001
#define CXL_OP_BACKGROUND_OPERATION_STATUS  0x0002

/* Events (8.2.9.2) */
#define CXL_OP_GET_EVENT_RECORDS            0x0100
#define CXL_OP_CLEAR_EVENT_RECORDS          0x0101
#define CXL_OP_GET_EVENT_INTERRUPT_POLICY   0x0102
#define CXL_OP_SET_EVENT_INTERRUPT_POLICY   0x0103

/* Timestamp (8.2.9.4) */
#define CXL_OP_GET_TIMESTAMP                0x0300
#define CXL_OP_SET_TIMESTAMP                0x0301

/* Logs (8.2.9.5) */
#define CXL_OP_GET_SUPPORTED_LOGS           0x0400
#define CXL_OP_GET_LOG                      0x0401

/* Identify memory device (8.2.9.9.1) */
#define CXL_OP_IDENTIFY_MEMORY_DEVICE       0x4000

/* Capacity configuration and label storage (8.2.9.9.2) */
#define CXL_OP_GET_PARTITION_INFO           0x4100
#define CXL_OP_GET_LSA                      0x4102
#define CXL_OP_SET_LSA                      0x4103

/* Health information and alerts (8.2.9.9.3) */
#define CXL_OP_GET_HEALTH_INFO              0x4200
#define CXL_OP_GET_SHUTDOWN_STATE           0x4203
#define CXL_OP_SET_SHUTDOWN_STATE           0x4204

/* Physical switch (7.6.7.1) */
#define CXL_OP_IDENTIFY_SWITCH_DEVICE       0x5100
#define CXL_OP_GET_PHYSICAL_PORT_STATE      0x5101

#endif /* CXL_SPEC_OPCODES_H */
