/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (FIPS 180-4), for what must not be kept as it was said
 */
#ifndef CXL_CORE_SHA256_H
#define CXL_CORE_SHA256_H

#include <stdint.h>

/** CXL_SHA256_SIZE: bytes of a digest */
#define CXL_SHA256_SIZE     32u
/** CXL_SHA256_MAX: longest message, bytes: it fits one block */
#define CXL_SHA256_MAX      55u

/**
 * cxl_sha256: the digest of a short message
 * @len: at most CXL_SHA256_MAX
 */
void cxl_sha256(const uint8_t *message, uint32_t len,
                uint8_t digest[CXL_SHA256_SIZE]);

#endif /* CXL_CORE_SHA256_H */
