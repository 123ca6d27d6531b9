/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command return codes (CXL 3.1 8.2.8.4.5.1)
 */
#ifndef CXL_SPEC_RETCODES_H
#define CXL_SPEC_RETCODES_H

typedef enum CxlRet {
    CXL_RET_SUCCESS                     = 0x00,
    CXL_RET_BACKGROUND_STARTED          = 0x01,
    CXL_RET_INVALID_INPUT               = 0x02,
    CXL_RET_UNSUPPORTED                 = 0x03,
    CXL_RET_INTERNAL_ERROR              = 0x04,
    CXL_RET_RETRY_REQUIRED              = 0x05,
    CXL_RET_BUSY                        = 0x06,
    CXL_RET_MEDIA_DISABLED              = 0x07,
    CXL_RET_FW_TRANSFER_IN_PROGRESS     = 0x08,
    CXL_RET_FW_TRANSFER_OUT_OF_ORDER    = 0x09,
    CXL_RET_FW_AUTHENTICATION_FAILED    = 0x0a,
    CXL_RET_INVALID_SLOT                = 0x0b,
    CXL_RET_FW_ROLLED_BACK              = 0x0c,
    CXL_RET_FW_COLD_RESET_REQUIRED      = 0x0d,
    CXL_RET_INVALID_HANDLE              = 0x0e,
    CXL_RET_INVALID_PHYSICAL_ADDRESS    = 0x0f,
    CXL_RET_INJECT_POISON_LIMIT         = 0x10,
    CXL_RET_PERMANENT_MEDIA_FAILURE     = 0x11,
    CXL_RET_ABORTED                     = 0x12,
    CXL_RET_INVALID_SECURITY_STATE      = 0x13,
    CXL_RET_INCORRECT_PASSPHRASE        = 0x14,
    CXL_RET_UNSUPPORTED_MAILBOX         = 0x15,
    CXL_RET_INVALID_PAYLOAD_LENGTH      = 0x16,
    CXL_RET_INVALID_LOG                 = 0x17,
    CXL_RET_INTERRUPTED                 = 0x18,
    CXL_RET_UNSUPPORTED_FEATURE_VERSION = 0x19,
    CXL_RET_UNSUPPORTED_FEATURE_SELECT  = 0x1a,
    CXL_RET_FEATURE_IN_PROGRESS         = 0x1b,
    CXL_RET_FEATURE_OUT_OF_ORDER        = 0x1c,
    CXL_RET_RESOURCES_EXHAUSTED         = 0x1d,
    CXL_RET_INVALID_EXTENT_LIST         = 0x1e,
    CXL_RET_TRANSFER_OUT_OF_ORDER       = 0x1f,
    CXL_RET_ABORT_NOT_SUPPORTED         = 0x20,
} CxlRet;

#endif /* CXL_SPEC_RETCODES_H */
