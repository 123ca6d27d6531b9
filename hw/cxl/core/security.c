/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Security of persistent memory (CXL 3.1 8.2.9.9.6)
 */
#include "hw/cxl/core/security.h"

#include <string.h>

void cxl_security_power_on(CxlSecurity s)
{
    *s.state = (CxlSecurityState) {
        .locked = s.passphrases->set[CXL_PASSPHRASE_USER],
    };
}

static bool exhausted(const CxlSecurityState *state, uint8_t type)
{
    return state->wrong[type] >= CXL_SECURITY_ATTEMPTS;
}

uint32_t cxl_security_flags(const CxlSecurityState *state,
                            const CxlPassphrases *passphrases)
{
    const struct {
        bool on;
        uint32_t flag;
    } flags[] = {
        { passphrases->set[CXL_PASSPHRASE_USER], CXL_SECURITY_USER_SET },
        { passphrases->set[CXL_PASSPHRASE_MASTER], CXL_SECURITY_MASTER_SET },
        { state->locked, CXL_SECURITY_LOCKED },
        { state->frozen, CXL_SECURITY_FROZEN },
        { exhausted(state, CXL_PASSPHRASE_USER), CXL_SECURITY_USER_ATTEMPTS },
        { exhausted(state, CXL_PASSPHRASE_MASTER),
          CXL_SECURITY_MASTER_ATTEMPTS },
    };
    uint32_t all = 0;

    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        all |= flags[i].on ? flags[i].flag : 0;
    }
    return all;
}

/* What all but Freeze ask first */
static CxlRet check_state(CxlSecurity s, uint8_t type)
{
    if (type >= CXL_PASSPHRASES) {
        return CXL_RET_INVALID_INPUT;
    }
    return s.state->frozen || exhausted(s.state, type) ?
           CXL_RET_INVALID_SECURITY_STATE : CXL_RET_SUCCESS;
}

static CxlRet check_passphrase(CxlSecurity s, uint8_t type,
                               const uint8_t *passphrase)
{
    uint8_t digest[CXL_SHA256_SIZE];

    cxl_sha256(passphrase, CXL_PASSPHRASE_SIZE, digest);
    if (memcmp(digest, s.passphrases->digest[type], sizeof(digest))) {
        s.state->wrong[type]++;
        return CXL_RET_INCORRECT_PASSPHRASE;
    }
    s.state->wrong[type] = 0;
    return CXL_RET_SUCCESS;
}

static void forget(CxlSecurity s, uint8_t type)
{
    s.passphrases->set[type] = false;
    memset(s.passphrases->digest[type], 0, CXL_SHA256_SIZE);
}

/* The master passphrase is set by who owns the device before it has a user */
static bool may_set(CxlSecurity s, uint8_t type)
{
    return type == CXL_PASSPHRASE_MASTER ?
           !s.passphrases->set[CXL_PASSPHRASE_USER] : !s.state->locked;
}

CxlRet cxl_security_set(CxlSecurity s, const CxlSetPassphraseIn *in)
{
    CxlRet ret = check_state(s, in->type);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (!may_set(s, in->type)) {
        return CXL_RET_INVALID_SECURITY_STATE;
    }
    if (s.passphrases->set[in->type]) {
        ret = check_passphrase(s, in->type, in->current);
    }
    if (ret == CXL_RET_SUCCESS) {
        s.passphrases->set[in->type] = true;
        cxl_sha256(in->next, CXL_PASSPHRASE_SIZE,
                   s.passphrases->digest[in->type]);
    }
    return ret;
}

CxlRet cxl_security_disable(CxlSecurity s, const CxlPassphraseIn *in)
{
    CxlRet ret = check_state(s, in->type);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (!s.passphrases->set[in->type]) {
        return CXL_RET_INVALID_SECURITY_STATE;
    }
    ret = check_passphrase(s, in->type, in->current);
    if (ret == CXL_RET_SUCCESS) {
        forget(s, in->type);
        s.state->locked = s.state->locked &&
                          s.passphrases->set[CXL_PASSPHRASE_USER];
    }
    return ret;
}

CxlRet cxl_security_unlock(CxlSecurity s, const CxlUnlockIn *in)
{
    CxlRet ret = check_state(s, CXL_PASSPHRASE_USER);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (!s.state->locked) {
        return CXL_RET_INVALID_SECURITY_STATE;
    }
    ret = check_passphrase(s, CXL_PASSPHRASE_USER, in->current);
    if (ret == CXL_RET_SUCCESS) {
        s.state->locked = false;
    }
    return ret;
}

void cxl_security_freeze(CxlSecurity s)
{
    s.state->frozen = true;
}

/* Without a user passphrase, that of the input does not matter */
CxlRet cxl_security_erase(CxlSecurity s, const CxlPassphraseIn *in)
{
    CxlRet ret = check_state(s, in->type);

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (s.passphrases->set[in->type]) {
        ret = check_passphrase(s, in->type, in->current);
    } else if (in->type == CXL_PASSPHRASE_MASTER) {
        return CXL_RET_INVALID_INPUT;
    }
    if (ret == CXL_RET_SUCCESS) {
        forget(s, CXL_PASSPHRASE_USER);
        s.state->wrong[CXL_PASSPHRASE_USER] = 0;
        s.state->locked = false;
    }
    return ret;
}
