/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the commands for the security of persistent memory
 * (CXL 3.1 8.2.9.9.6)
 */
#ifndef CXL_SPEC_PAYLOAD_SECURITY_H
#define CXL_SPEC_PAYLOAD_SECURITY_H

#include "hw/cxl/spec/wire.h"

#define CXL_PASSPHRASE_SIZE             32

/* Types of passphrase */
#define CXL_PASSPHRASE_MASTER           0
#define CXL_PASSPHRASE_USER             1
#define CXL_PASSPHRASES                 2

/* Get Security State, opcode 4500h, 8.2.9.9.6.1, output */
typedef struct CxlGetSecurityStateOut {
    Le32 state;
} CxlGetSecurityStateOut;

_Static_assert(sizeof(CxlGetSecurityStateOut) == 4, "8.2.9.9.6.1");

#define CXL_SECURITY_USER_SET           (1u << 0)
#define CXL_SECURITY_MASTER_SET         (1u << 1)
#define CXL_SECURITY_LOCKED             (1u << 2)
#define CXL_SECURITY_FROZEN             (1u << 3)
#define CXL_SECURITY_USER_ATTEMPTS      (1u << 4)
#define CXL_SECURITY_MASTER_ATTEMPTS    (1u << 5)

/* Set Passphrase, opcode 4501h, 8.2.9.9.6.2, input */
typedef struct CxlSetPassphraseIn {
    uint8_t type;
    uint8_t reserved[31];
    uint8_t current[CXL_PASSPHRASE_SIZE];
    uint8_t next[CXL_PASSPHRASE_SIZE];
} CxlSetPassphraseIn;

_Static_assert(sizeof(CxlSetPassphraseIn) == 0x60, "8.2.9.9.6.2");

/*
 * Disable Passphrase, opcode 4502h, 8.2.9.9.6.3, and Passphrase Secure Erase,
 * opcode 4505h, 8.2.9.9.6.6, input
 */
typedef struct CxlPassphraseIn {
    uint8_t type;
    uint8_t reserved[31];
    uint8_t current[CXL_PASSPHRASE_SIZE];
} CxlPassphraseIn;

_Static_assert(sizeof(CxlPassphraseIn) == 0x40, "8.2.9.9.6.3");

/* Unlock, opcode 4503h, 8.2.9.9.6.4, input */
typedef struct CxlUnlockIn {
    uint8_t current[CXL_PASSPHRASE_SIZE];
} CxlUnlockIn;

_Static_assert(sizeof(CxlUnlockIn) == 0x20, "8.2.9.9.6.4");

#endif /* CXL_SPEC_PAYLOAD_SECURITY_H */
