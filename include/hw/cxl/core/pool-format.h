/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of a pool: bytes.
 *
 *     0                header: what it is, version, identity; never changes
 *     CXL_POOL_COPIES  two copies of the state
 *     CXL_POOL_SLOTS   one slot for each head
 *
 * A change is written over the copy that is not in force, by whoever holds the
 * pool's lock. Each copy has a number, its generation, and a sum; the one in
 * force is the one with the higher number whose sum is right. So whoever is
 * killed between any two bytes of a change leaves the state of before or after.
 *
 * A slot is written by the host that has the head, without a lock.
 *
 * Readers take no lock either: they may find a copy half written, and see that
 * by its sum. When both are so, two changes have overtaken the reader, who
 * reads again.
 *
 * The bytes may come from anybody who can write to the file. Whatever they are,
 * reading them does no harm; what breaks a rule (cxl_pool_ok()) is damage.
 */
#ifndef CXL_CORE_POOL_FORMAT_H
#define CXL_CORE_POOL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/cxl/core/pool.h"

/** CXL_POOL_VERSION: of the format; a higher one is refused */
#define CXL_POOL_VERSION        1u
/** CXL_POOL_HEADER: bytes of the header */
#define CXL_POOL_HEADER         256u
/** CXL_POOL_COPIES: offset of the first copy */
#define CXL_POOL_COPIES         4096u
/** CXL_POOL_COPY: distance of the copies, and room for each */
#define CXL_POOL_COPY           73728u
/** CXL_POOL_SLOTS: offset of the slots */
#define CXL_POOL_SLOTS          (CXL_POOL_COPIES + 2 * CXL_POOL_COPY)
/** CXL_POOL_SLOT: bytes of a slot */
#define CXL_POOL_SLOT           512u
/** CXL_POOL_FILE: bytes of the file */
#define CXL_POOL_FILE \
    (CXL_POOL_SLOTS + CXL_POOL_HEADS * CXL_POOL_SLOT)

/**
 * enum CxlPoolVerdict - what a file is
 * @CXL_POOL_GOOD: the state of a pool
 * @CXL_POOL_EMPTY: nothing yet
 * @CXL_POOL_FOREIGN: something else
 * @CXL_POOL_NEWER: of a version, or with features, that we do not know
 * @CXL_POOL_CUT: too short or too long
 * @CXL_POOL_BAD_HEADER: damaged for good
 * @CXL_POOL_BAD_STATE: no copy is valid: damaged, or read too slowly
 */
typedef enum CxlPoolVerdict {
    CXL_POOL_GOOD,
    CXL_POOL_EMPTY,
    CXL_POOL_FOREIGN,
    CXL_POOL_NEWER,
    CXL_POOL_CUT,
    CXL_POOL_BAD_HEADER,
    CXL_POOL_BAD_STATE,
} CxlPoolVerdict;

/** cxl_pool_verdict_name: what to tell about a file, to follow its name */
const char *cxl_pool_verdict_name(CxlPoolVerdict verdict);

/**
 * cxl_pool_read: the state in a file
 * @bytes: the file
 * @size: its bytes
 * @pool: gets the state; of no use but with CXL_POOL_GOOD
 */
CxlPoolVerdict cxl_pool_read(const uint8_t *bytes, uint64_t size,
                             CxlPool *pool);

/**
 * cxl_pool_read_header: as cxl_pool_read(), of the first bytes alone
 * @bytes: CXL_POOL_HEADER bytes, or all there are if there are less
 * @have: how many
 * @size: bytes of the file
 */
CxlPoolVerdict cxl_pool_read_header(const uint8_t *bytes, uint64_t have,
                                    uint64_t size, CxlPoolIdentity *id);

/**
 * cxl_pool_copy_valid: is copy @copy (0 or 1) of @bytes, CXL_POOL_FILE of them
 * with a good header, one that could be in force?
 */
bool cxl_pool_copy_valid(const uint8_t *bytes, const CxlPoolIdentity *id,
                         unsigned copy);

/**
 * cxl_pool_format: a file with a pool in it
 * @pool: from cxl_pool_init()
 * @bytes: gets CXL_POOL_FILE bytes
 */
void cxl_pool_format(const CxlPool *pool, uint8_t *bytes);

/**
 * struct CxlPoolPiece - bytes that go to one place of the file
 * @offset: where
 * @size: how many
 */
typedef struct CxlPoolPiece {
    uint64_t offset;
    uint32_t size;
} CxlPoolPiece;

/**
 * cxl_pool_write: the state, as the copy that is not in force
 * @pool: read by cxl_pool_read(), changed, and settled; @pool->copy is the
 *        other one then
 * @bytes: gets CXL_POOL_COPY bytes at most
 */
CxlPoolPiece cxl_pool_write(CxlPool *pool, uint8_t *bytes);

/**
 * cxl_pool_write_slot: what the host that has @head says of itself
 * @bytes: gets CXL_POOL_SLOT bytes
 */
CxlPoolPiece cxl_pool_write_slot(const CxlPoolIdentity *id, uint32_t head,
                                 const CxlPoolSlot *slot, uint8_t *bytes);

#endif /* CXL_CORE_POOL_FORMAT_H */
