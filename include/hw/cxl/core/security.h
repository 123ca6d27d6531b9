/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Security of persistent memory: passphrases, lock, freeze (CXL 3.1 8.2.9.9.6)
 *
 * Passphrases are never kept, only their digests; these never leave the device
 * except to what it remembers without power.
 */
#ifndef CXL_CORE_SECURITY_H
#define CXL_CORE_SECURITY_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/sha256.h"
#include "hw/cxl/spec/payload-security.h"
#include "hw/cxl/spec/retcodes.h"

/** CXL_SECURITY_ATTEMPTS: wrong passphrases until nothing is accepted */
#define CXL_SECURITY_ATTEMPTS   3

/**
 * struct CxlPassphrases - what of it lasts without power
 * @set: whether there is one, by CXL_PASSPHRASE_*
 * @digest: of each that is set
 */
typedef struct CxlPassphrases {
    bool set[CXL_PASSPHRASES];
    uint8_t digest[CXL_PASSPHRASES][CXL_SHA256_SIZE];
} CxlPassphrases;

/**
 * struct CxlSecurityState - what of it lasts until power goes away
 * @locked: persistent memory cannot be accessed
 * @frozen: nothing of all this can be changed
 * @wrong: passphrases that were wrong, in a row, of each type
 */
typedef struct CxlSecurityState {
    bool locked;
    bool frozen;
    uint8_t wrong[CXL_PASSPHRASES];
} CxlSecurityState;

/**
 * struct CxlSecurity - both, for the functions below
 */
typedef struct CxlSecurity {
    CxlSecurityState *state;
    CxlPassphrases *passphrases;
} CxlSecurity;

/**
 * cxl_security_power_on: power comes back: persistent memory is locked when
 * there is a user passphrase
 */
void cxl_security_power_on(CxlSecurity s);

/** cxl_security_flags: CXL_SECURITY_* as a guest gets them (8.2.9.9.6.1) */
uint32_t cxl_security_flags(const CxlSecurityState *state,
                            const CxlPassphrases *passphrases);

/**
 * cxl_security_set: set or change a passphrase (8.2.9.9.6.2)
 * @in: its current passphrase does not matter when there is none
 *
 * Returns: this and the following: Invalid Input for a type that there is not;
 * Invalid Security State; Incorrect Passphrase. Nothing but the count of wrong
 * passphrases has changed then.
 */
CxlRet cxl_security_set(CxlSecurity s, const CxlSetPassphraseIn *in);

/**
 * cxl_security_disable: forget a passphrase (8.2.9.9.6.3); that of the user
 * unlocks
 */
CxlRet cxl_security_disable(CxlSecurity s, const CxlPassphraseIn *in);

/** cxl_security_unlock: unlock with the user passphrase (8.2.9.9.6.4) */
CxlRet cxl_security_unlock(CxlSecurity s, const CxlUnlockIn *in);

/** cxl_security_freeze: freeze, until power goes away (8.2.9.9.6.5) */
void cxl_security_freeze(CxlSecurity s);

/**
 * cxl_security_erase: may persistent memory be erased with this passphrase
 * (8.2.9.9.6.6)? If so, it is unlocked, and the user passphrase is gone.
 */
CxlRet cxl_security_erase(CxlSecurity s, const CxlPassphraseIn *in);

#endif /* CXL_CORE_SECURITY_H */
