/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of the component command interface (CXL 3.1 8.2.9, 7.6.7.1)
 *
 * This is the one list of them. Opcodes are made from it; the unit tests, the
 * qtests and the fuzzers go through it; the rows of hw/cxl/core/cmd-*.c, which
 * take their lengths from the payload structures, are compared with it.
 */
#ifndef CXL_SPEC_OPCODES_H
#define CXL_SPEC_OPCODES_H

/** CXL_CCI_UNBOUNDED: as longest input: up to the payload size */
#define CXL_CCI_UNBOUNDED   0xffffffffu

/*
 * What the specification prints of each command that is there, in ascending
 * order of opcodes:
 *
 *   X(symbol, opcode, effects, min_in, max_in, out)
 *
 * effects: CXL_CEL_* of the command effects log (8.2.9.5.2.1); min_in, max_in:
 * shortest and longest input; out: output that is always there, after which
 * more may follow. Lengths are bytes.
 */

/* Information and status (8.2.9.1) */
#define CXL_COMMANDS_INFORMATION(X)                                     \
    X(IDENTIFY,                     0x0001, 0x00,  0, 0, 0x12)          \
    X(BACKGROUND_OPERATION_STATUS,  0x0002, 0x00,  0, 0, 0x08)          \
    X(GET_RESPONSE_MESSAGE_LIMIT,   0x0003, 0x00,  0, 0, 0x01)          \
    X(SET_RESPONSE_MESSAGE_LIMIT,   0x0004, 0x02,  1, 1, 0x01)          \
    X(REQUEST_ABORT_BACKGROUND_OPERATION, 0x0005, 0x00, 0, 0, 0)

/* Events (8.2.9.2) */
#define CXL_COMMANDS_EVENTS(X)                                          \
    X(GET_EVENT_RECORDS,            0x0100, 0x00,  1, 1, 0x20)          \
    X(CLEAR_EVENT_RECORDS,          0x0101, 0x10,  6, 6 + 2 * 255, 0)   \
    X(GET_EVENT_INTERRUPT_POLICY,   0x0102, 0x00,  0, 0, 0x05)          \
    X(SET_EVENT_INTERRUPT_POLICY,   0x0103, 0x08,  4, 5, 0)

/* Firmware update (8.2.9.3) */
#define CXL_COMMANDS_FIRMWARE(X)                                        \
    X(GET_FW_INFO,                  0x0200, 0x00,  0, 0, 0x50)          \
    X(TRANSFER_FW,                  0x0201, 0x140, 0x80, CXL_CCI_UNBOUNDED, 0) \
    X(ACTIVATE_FW,                  0x0202, 0x43,  2, 2, 0)

/* Timestamp (8.2.9.4) */
#define CXL_COMMANDS_TIMESTAMP(X)                                       \
    X(GET_TIMESTAMP,                0x0300, 0x00,  0, 0, 0x08)          \
    X(SET_TIMESTAMP,                0x0301, 0x08,  8, 8, 0)

/* Logs (8.2.9.5) */
#define CXL_COMMANDS_LOGS(X)                                            \
    X(GET_SUPPORTED_LOGS,           0x0400, 0x00,  0, 0, 0x1c)          \
    X(GET_LOG,                      0x0401, 0x00, 24, 24, 0)

/* ... and of a device that has more than the command effects log */
#define CXL_COMMANDS_MORE_LOGS(X)                                       \
    X(GET_LOG_CAPABILITIES,         0x0402, 0x00, 16, 16, 0x04)         \
    X(CLEAR_LOG,                    0x0403, 0x10, 16, 16, 0)            \
    X(POPULATE_LOG,                 0x0404, 0x150, 16, 16, 0)           \
    X(GET_SUPPORTED_LOGS_SUB_LIST,  0x0405, 0x00,  2, 2, 0x08)

/* Features (8.2.9.6) */
#define CXL_COMMANDS_FEATURES(X)                                        \
    X(GET_SUPPORTED_FEATURES,       0x0500, 0x00,  8, 8, 0x08)          \
    X(GET_FEATURE,                  0x0501, 0x00,  0x15, 0x15, 0)       \
    X(SET_FEATURE,                  0x0502, 0x603, 0x20, CXL_CCI_UNBOUNDED, 0)

/* Maintenance (8.2.9.7) */
#define CXL_COMMANDS_MAINTENANCE(X)                                     \
    X(PERFORM_MAINTENANCE,          0x0600, 0x146,  2, 16, 0)

/* Memory devices: identify, capacity, labels (8.2.9.9.1, 8.2.9.9.2) */
#define CXL_COMMANDS_MEMDEV(X)                                          \
    X(IDENTIFY_MEMORY_DEVICE,       0x4000, 0x00,  0, 0, 0x45)          \
    X(GET_PARTITION_INFO,           0x4100, 0x00,  0, 0, 0x20)          \
    X(SET_PARTITION_INFO,           0x4101, 0x607,  9, 10, 0)           \
    X(GET_LSA,                      0x4102, 0x00,  8, 8, 0)             \
    X(SET_LSA,                      0x4103, 0x06,  8, CXL_CCI_UNBOUNDED, 0)

/* Health and alerts (8.2.9.9.3) */
#define CXL_COMMANDS_HEALTH(X)                                          \
    X(GET_HEALTH_INFO,              0x4200, 0x00,  0, 0, 0x12)          \
    X(GET_ALERT_CONFIGURATION,      0x4201, 0x00,  0, 0, 0x10)          \
    X(SET_ALERT_CONFIGURATION,      0x4202, 0x08, 12, 12, 0)            \
    X(GET_SHUTDOWN_STATE,           0x4203, 0x00,  0, 0, 0x01)          \
    X(SET_SHUTDOWN_STATE,           0x4204, 0x08,  1, 1, 0)

/* Media and poison (8.2.9.9.4) */
#define CXL_COMMANDS_MEDIA(X)                                           \
    X(GET_POISON_LIST,              0x4300, 0x00, 16, 16, 0x20)         \
    X(INJECT_POISON,                0x4301, 0x04,  8, 8, 0)             \
    X(CLEAR_POISON,                 0x4302, 0x04, 72, 72, 0)            \
    X(GET_SCAN_MEDIA_CAPABILITIES,  0x4303, 0x00, 16, 16, 0x04)         \
    X(SCAN_MEDIA,                   0x4304, 0x140, 17, 17, 0)           \
    X(GET_SCAN_MEDIA_RESULTS,       0x4305, 0x00,  0, 0, 0x20)

/* Sanitize (8.2.9.9.5) */
#define CXL_COMMANDS_SANITIZE(X)                                        \
    X(SANITIZE,                     0x4400, 0x164, 0, 0, 0)             \
    X(SECURE_ERASE,                 0x4401, 0x24,  0, 0, 0)             \
    X(MEDIA_OPERATIONS,             0x4402, 0x144, 8, CXL_CCI_UNBOUNDED, 0)

/* Security of persistent memory (8.2.9.9.6) */
#define CXL_COMMANDS_SECURITY(X)                                        \
    X(GET_SECURITY_STATE,           0x4500, 0x00,  0, 0, 0x04)          \
    X(SET_PASSPHRASE,               0x4501, 0x20, 96, 96, 0)            \
    X(DISABLE_PASSPHRASE,           0x4502, 0x20, 64, 64, 0)            \
    X(UNLOCK,                       0x4503, 0x20, 32, 32, 0)            \
    X(FREEZE_SECURITY_STATE,        0x4504, 0x20,  0, 0, 0)             \
    X(PASSPHRASE_SECURE_ERASE,      0x4505, 0x24, 64, 64, 0)

/* Physical switch (7.6.7.1) */
#define CXL_COMMANDS_SWITCH(X)                                          \
    X(IDENTIFY_SWITCH_DEVICE,       0x5100, 0x00,  0, 0, 0x49)          \
    X(GET_PHYSICAL_PORT_STATE,      0x5101, 0x00,  1, 1 + 255, 0x04)    \
    X(PHYSICAL_PORT_CONTROL,        0x5102, 0x02,  2, 2, 0)             \
    X(TUNNEL_MANAGEMENT_COMMAND,    0x5300, 0x00,  16, CXL_CCI_UNBOUNDED, 16)

/* Multi-headed devices (7.6.7.5): of memory devices that several hosts have */
#define CXL_COMMANDS_HEADS(X)                                           \
    X(GET_MULTI_HEADED_INFO,        0x5500, 0x00,  2, 2, 0x08)          \
    X(GET_HEAD_INFO,                0x5501, 0x00,  2, 2, 0x04)

/* All that the primary mailbox of a memory device with one head can have */
#define CXL_COMMANDS_OF_MEMDEV(X)                                       \
    CXL_COMMANDS_INFORMATION(X)                                         \
    CXL_COMMANDS_EVENTS(X)                                              \
    CXL_COMMANDS_FIRMWARE(X)                                            \
    CXL_COMMANDS_TIMESTAMP(X)                                           \
    CXL_COMMANDS_LOGS(X)                                                \
    CXL_COMMANDS_MORE_LOGS(X)                                           \
    CXL_COMMANDS_FEATURES(X)                                            \
    CXL_COMMANDS_MAINTENANCE(X)                                         \
    CXL_COMMANDS_MEMDEV(X)                                              \
    CXL_COMMANDS_HEALTH(X)                                              \
    CXL_COMMANDS_MEDIA(X)                                               \
    CXL_COMMANDS_SANITIZE(X)                                            \
    CXL_COMMANDS_SECURITY(X)

/* All that a switch mailbox CCI has */
#define CXL_COMMANDS_OF_SWITCH_CCI(X)                                   \
    CXL_COMMANDS_INFORMATION(X)                                         \
    CXL_COMMANDS_EVENTS(X)                                              \
    CXL_COMMANDS_TIMESTAMP(X)                                           \
    CXL_COMMANDS_LOGS(X)                                                \
    CXL_COMMANDS_SWITCH(X)

#define CXL_COMMANDS(X)                                                 \
    CXL_COMMANDS_INFORMATION(X)                                         \
    CXL_COMMANDS_EVENTS(X)                                              \
    CXL_COMMANDS_FIRMWARE(X)                                            \
    CXL_COMMANDS_TIMESTAMP(X)                                           \
    CXL_COMMANDS_LOGS(X)                                                \
    CXL_COMMANDS_MORE_LOGS(X)                                           \
    CXL_COMMANDS_FEATURES(X)                                            \
    CXL_COMMANDS_MAINTENANCE(X)                                         \
    CXL_COMMANDS_MEMDEV(X)                                              \
    CXL_COMMANDS_HEALTH(X)                                              \
    CXL_COMMANDS_MEDIA(X)                                               \
    CXL_COMMANDS_SANITIZE(X)                                            \
    CXL_COMMANDS_SECURITY(X)                                            \
    CXL_COMMANDS_SWITCH(X)                                              \
    CXL_COMMANDS_HEADS(X)

#define CXL_OPCODE(symbol, opcode, effects, min_in, max_in, out)        \
    CXL_OP_##symbol = (opcode),

/** CXL_OP_*: the opcodes */
enum {
    CXL_COMMANDS(CXL_OPCODE)
};

#endif /* CXL_SPEC_OPCODES_H */
