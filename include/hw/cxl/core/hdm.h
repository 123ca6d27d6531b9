/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HDM decoders of one component: what is committed, and what may be
 * (CXL 3.1 8.2.4.20).
 *
 * A decoder is decoded once, at commit, from registers into a CxlDecoder. What
 * software does to the registers afterwards changes nothing until the next
 * commit.
 */
#ifndef CXL_CORE_HDM_H
#define CXL_CORE_HDM_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"

#define CXL_HDM_MAX_DECODERS    32

/**
 * struct CxlDecoder - one decoder, decoded
 * @committed: it is in force, and all other fields are valid
 * @locked: committed with Lock On Commit: it stays until a reset
 * @host_only: target range type: host-only coherent (1) or device coherent (0)
 * @bi: back-invalidate is enabled (not supported: always false)
 * @base: first HPA, a multiple of 256 MiB
 * @size: bytes of HPA, a multiple of 256 MiB. Zero is legal: such a decoder
 *        is committed and decodes nothing.
 * @eiw: encoded interleave ways
 * @eig: encoded interleave granularity
 * @ways: interleave ways
 * @granularity: interleave granularity in bytes
 * @targets: ports: the port number of each position
 * @dpa_base: endpoints: DPA of the first byte; set by cxl_hdm_commit()
 * @skip: endpoints: bytes of DPA left out before @dpa_base
 */
typedef struct CxlDecoder {
    bool committed;
    bool locked;
    bool host_only;
    bool bi;
    uint64_t base;
    uint64_t size;
    uint8_t eiw;
    uint8_t eig;
    unsigned ways;
    uint64_t granularity;
    uint8_t targets[8];
    uint64_t dpa_base;
    uint64_t skip;
} CxlDecoder;

/**
 * enum CxlHdmRefusal - why a commit was refused
 * @CXL_HDM_ACCEPTED: it was not
 * @CXL_HDM_BAD_NUMBER: there is no such decoder
 * @CXL_HDM_BUSY: the decoder is committed
 * @CXL_HDM_OUT_OF_ORDER: the decoder before it is not committed
 * @CXL_HDM_BAD_GRANULARITY: IG is reserved
 * @CXL_HDM_BAD_WAYS: IW is reserved, or the component cannot do it
 * @CXL_HDM_SAME_TARGET: ports: two positions of the target list are the same
 * @CXL_HDM_MISALIGNED: base, size or skip is not a multiple of 256 MiB
 * @CXL_HDM_BAD_SIZE: 3, 6 or 12 ways and size not a multiple of 3 * 256 MiB
 * @CXL_HDM_WRAPS: base plus size leaves the address space
 * @CXL_HDM_BELOW: base lies below the end of a committed lower decoder
 * @CXL_HDM_ABOVE: the end lies above the base of a committed higher decoder
 * @CXL_HDM_NO_CAPACITY: the DPA range leaves the device
 * @CXL_HDM_TWO_PARTITIONS: the DPA range is partly volatile, partly persistent
 * @CXL_HDM_DPA_CONFLICT: a committed higher decoder's DPA does not follow
 */
typedef enum CxlHdmRefusal {
    CXL_HDM_ACCEPTED,
    CXL_HDM_BAD_NUMBER,
    CXL_HDM_BUSY,
    CXL_HDM_OUT_OF_ORDER,
    CXL_HDM_BAD_GRANULARITY,
    CXL_HDM_BAD_WAYS,
    CXL_HDM_SAME_TARGET,
    CXL_HDM_MISALIGNED,
    CXL_HDM_BAD_SIZE,
    CXL_HDM_WRAPS,
    CXL_HDM_BELOW,
    CXL_HDM_ABOVE,
    CXL_HDM_NO_CAPACITY,
    CXL_HDM_TWO_PARTITIONS,
    CXL_HDM_DPA_CONFLICT,
} CxlHdmRefusal;

/**
 * struct CxlHdmState - what changes in decoders
 * @enabled: endpoints: HDM Decoder Enable of the global control register.
 *           Always set on ports, which have no such switch (8.2.4.20.2).
 * @decoder: the decoders, in register order
 * @refusal: why the last attempt to commit each decoder failed, if it did
 */
typedef struct CxlHdmState {
    bool enabled;
    CxlDecoder decoder[CXL_HDM_MAX_DECODERS];
    CxlHdmRefusal refusal[CXL_HDM_MAX_DECODERS];
} CxlHdmState;

/**
 * struct CxlHdm - the decoders of one component
 * @count: decoders, at most CXL_HDM_MAX_DECODERS; 0: pass-through
 * @endpoint: the decoders lead to DPA, not to ports
 * @ways_3_6_12: 3, 6 and 12 ways can be committed
 * @ways_16: 16 ways can be committed
 * @dpa: endpoints: the memory that the decoders lead to; NULL on ports
 * @state: what changes
 */
typedef struct CxlHdm {
    unsigned count;
    bool endpoint;
    bool ways_3_6_12;
    bool ways_16;
    const CxlDpa *dpa;
    CxlHdmState state;
} CxlHdm;

/**
 * cxl_hdm_reset: uncommit all decoders, locked ones too; ports are enabled,
 * endpoints are not. Leaves the description (count, memory, abilities) alone.
 */
void cxl_hdm_reset(CxlHdm *hdm);

/**
 * cxl_hdm_reset_unlocked: the same, but locked decoders stay in force (9.7)
 */
void cxl_hdm_reset_unlocked(CxlHdm *hdm);

/**
 * cxl_hdm_commit: try to commit decoder @n (8.2.4.20.12)
 * @want: base, size, eiw, eig, targets, skip, host_only, locked as software
 *        wants them; the other fields are ignored
 *
 * Either all of @want is in force afterwards, with ways, granularity and
 * dpa_base worked out, or nothing has changed but @hdm->state.refusal[n].
 */
CxlHdmRefusal cxl_hdm_commit(CxlHdm *hdm, unsigned n, const CxlDecoder *want);

/**
 * cxl_hdm_uncommit: take decoder @n out of force
 *
 * Any committed and unlocked decoder may be taken out, in any order; those
 * after it stay as they are, DPA included.
 *
 * Returns: true if the decoder was in force before.
 */
bool cxl_hdm_uncommit(CxlHdm *hdm, unsigned n);

/**
 * cxl_hdm_find: number of the committed decoder that covers @hpa, or -1.
 * Does not look at @hdm->state.enabled.
 */
int cxl_hdm_find(const CxlHdm *hdm, uint64_t hpa);

/**
 * cxl_hdm_dpa_size: bytes of DPA that endpoint decoder @decoder contributes
 */
uint64_t cxl_hdm_dpa_size(const CxlDecoder *decoder);

/**
 * cxl_hdm_refusal_name: a short phrase in lower case; never NULL
 */
const char *cxl_hdm_refusal_name(CxlHdmRefusal refusal);

#endif /* CXL_CORE_HDM_H */
