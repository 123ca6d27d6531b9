/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HDM decoders: committing and uncommitting (CXL 3.1 8.2.4.20.12)
 */
#include "hw/cxl/core/hdm.h"

#include <string.h>

#include "hw/cxl/core/interleave.h"
#include "hw/cxl/spec/component-regs.h"

void cxl_hdm_reset(CxlHdm *hdm)
{
    memset(hdm->state.decoder, 0, sizeof(hdm->state.decoder));
    memset(hdm->state.refusal, 0, sizeof(hdm->state.refusal));
    hdm->state.enabled = !hdm->endpoint;
}

void cxl_hdm_reset_unlocked(CxlHdm *hdm)
{
    CxlHdm before = *hdm;

    cxl_hdm_reset(hdm);
    for (unsigned n = 0; n < hdm->count; n++) {
        if (before.state.decoder[n].locked) {
            hdm->state.decoder[n] = before.state.decoder[n];
        }
    }
}

uint64_t cxl_hdm_dpa_size(const CxlDecoder *decoder)
{
    return decoder->ways ? decoder->size / decoder->ways : 0;
}

/* In force, and covers at least one address */
static bool is_active(const CxlDecoder *d)
{
    return d->committed && d->size;
}

static CxlHdmRefusal check_number(const CxlHdm *hdm, unsigned n)
{
    if (n >= hdm->count || n >= CXL_HDM_MAX_DECODERS) {
        return CXL_HDM_BAD_NUMBER;
    }
    if (hdm->state.decoder[n].committed) {
        return CXL_HDM_BUSY;
    }
    if (n && !hdm->state.decoder[n - 1].committed) {
        return CXL_HDM_OUT_OF_ORDER;
    }
    return CXL_HDM_ACCEPTED;
}

/* Ports have a list of eight targets and only powers of two (8.2.4.20.7) */
static bool can_do_ways(const CxlHdm *hdm, unsigned ways)
{
    if (!hdm->endpoint && ways > CXL_HDM_MAX_TARGETS) {
        return false;
    }
    if (ways % 3 == 0) {
        return hdm->ways_3_6_12;
    }
    return ways < 16 || hdm->ways_16;
}

static CxlHdmRefusal check_interleave(const CxlHdm *hdm, const CxlDecoder *d)
{
    if (!d->granularity) {
        return CXL_HDM_BAD_GRANULARITY;
    }
    if (!d->ways || !can_do_ways(hdm, d->ways)) {
        return CXL_HDM_BAD_WAYS;
    }
    return CXL_HDM_ACCEPTED;
}

/* Each position leads through a port of its own */
static CxlHdmRefusal check_targets(const CxlDecoder *d)
{
    for (unsigned i = 0; i < d->ways; i++) {
        for (unsigned k = 0; k < i; k++) {
            if (d->targets[k] == d->targets[i]) {
                return CXL_HDM_SAME_TARGET;
            }
        }
    }
    return CXL_HDM_ACCEPTED;
}

static CxlHdmRefusal check_range(const CxlDecoder *d)
{
    if ((d->base | d->size | d->skip) % CXL_HDM_UNIT) {
        return CXL_HDM_MISALIGNED;
    }
    if (d->ways % 3 == 0 && d->size % (3 * CXL_HDM_UNIT)) {
        return CXL_HDM_BAD_SIZE;
    }
    if (d->size > UINT64_MAX - d->base) {
        return CXL_HDM_WRAPS;
    }
    return CXL_HDM_ACCEPTED;
}

/* Decoders cover ascending ranges; one of size zero is out of this */
static CxlHdmRefusal check_neighbours(const CxlHdm *hdm, unsigned n,
                                      const CxlDecoder *d)
{
    for (unsigned i = 0; i < hdm->count; i++) {
        const CxlDecoder *other = &hdm->state.decoder[i];

        if (!is_active(other)) {
            continue;
        }
        if (i < n && d->base < other->base + other->size) {
            return CXL_HDM_BELOW;
        }
        if (i > n && d->base + d->size > other->base) {
            return CXL_HDM_ABOVE;
        }
    }
    return CXL_HDM_ACCEPTED;
}

/* DPA up to which the decoders before @n have used the device up */
static uint64_t dpa_floor(const CxlHdm *hdm, unsigned n)
{
    while (n--) {
        const CxlDecoder *d = &hdm->state.decoder[n];

        if (is_active(d)) {
            return d->dpa_base + cxl_hdm_dpa_size(d);
        }
    }
    return 0;
}

static CxlHdmRefusal check_dpa(const CxlHdm *hdm, unsigned n,
                               const CxlDecoder *d)
{
    uint64_t capacity = cxl_dpa_capacity(hdm->dpa);
    uint64_t floor = dpa_floor(hdm, n);
    uint64_t len = cxl_hdm_dpa_size(d);
    uint64_t end = d->dpa_base + len;

    if (d->skip > capacity - floor || len > capacity - floor - d->skip) {
        return CXL_HDM_NO_CAPACITY;
    }
    if (!cxl_dpa_contains(hdm->dpa, d->dpa_base, len)) {
        return CXL_HDM_TWO_PARTITIONS;
    }
    /* A higher decoder that stayed has been placed after a former one here */
    for (unsigned i = n + 1; i < hdm->count; i++) {
        const CxlDecoder *next = &hdm->state.decoder[i];

        if (is_active(next)) {
            return end == next->dpa_base - next->skip ? CXL_HDM_ACCEPTED
                                                      : CXL_HDM_DPA_CONFLICT;
        }
    }
    return CXL_HDM_ACCEPTED;
}

static CxlHdmRefusal check(const CxlHdm *hdm, unsigned n, const CxlDecoder *d)
{
    CxlHdmRefusal why = check_interleave(hdm, d);

    if (!why && !hdm->endpoint) {
        why = check_targets(d);
    }
    if (!why) {
        why = check_range(d);
    }
    if (!why && d->size) {
        why = check_neighbours(hdm, n, d);
    }
    if (!why && d->size && hdm->endpoint) {
        why = check_dpa(hdm, n, d);
    }
    return why;
}

CxlHdmRefusal cxl_hdm_commit(CxlHdm *hdm, unsigned n, const CxlDecoder *want)
{
    CxlDecoder d = *want;
    CxlHdmRefusal why = check_number(hdm, n);

    if (why == CXL_HDM_BAD_NUMBER) {
        return why;
    }
    d.committed = true;
    d.bi = false;
    d.ways = cxl_ways_from_eiw(d.eiw);
    d.granularity = cxl_granularity_from_eig(d.eig);
    d.dpa_base = hdm->endpoint ? dpa_floor(hdm, n) + d.skip : 0;
    if (!why) {
        why = check(hdm, n, &d);
    }
    hdm->state.refusal[n] = why;
    if (!why) {
        hdm->state.decoder[n] = d;
    }
    return why;
}

bool cxl_hdm_uncommit(CxlHdm *hdm, unsigned n)
{
    if (n >= hdm->count || n >= CXL_HDM_MAX_DECODERS ||
        !hdm->state.decoder[n].committed || hdm->state.decoder[n].locked) {
        return false;
    }
    hdm->state.decoder[n] = (CxlDecoder) { 0 };
    return true;
}

int cxl_hdm_find(const CxlHdm *hdm, uint64_t hpa)
{
    for (unsigned i = 0; i < hdm->count; i++) {
        const CxlDecoder *d = &hdm->state.decoder[i];

        if (d->committed && hpa >= d->base && hpa - d->base < d->size) {
            return (int)i;
        }
    }
    return -1;
}

const char *cxl_hdm_refusal_name(CxlHdmRefusal refusal)
{
    static const char *const name[] = {
        [CXL_HDM_ACCEPTED] = "accepted",
        [CXL_HDM_BAD_NUMBER] = "no such decoder",
        [CXL_HDM_BUSY] = "decoder is committed",
        [CXL_HDM_OUT_OF_ORDER] = "decoder before it is not committed",
        [CXL_HDM_BAD_GRANULARITY] = "reserved granularity",
        [CXL_HDM_BAD_WAYS] = "reserved or unsupported ways",
        [CXL_HDM_SAME_TARGET] = "two positions have the same target",
        [CXL_HDM_MISALIGNED] = "not a multiple of 256 MiB",
        [CXL_HDM_BAD_SIZE] = "size not a multiple of three units",
        [CXL_HDM_WRAPS] = "range leaves the address space",
        [CXL_HDM_BELOW] = "starts below the end of a lower decoder",
        [CXL_HDM_ABOVE] = "ends above the base of a higher decoder",
        [CXL_HDM_NO_CAPACITY] = "DPA range leaves the device",
        [CXL_HDM_TWO_PARTITIONS] = "DPA range covers two partitions",
        [CXL_HDM_DPA_CONFLICT] = "DPA of a higher decoder does not follow",
    };

    return (unsigned)refusal < sizeof(name) / sizeof(name[0]) ?
           name[refusal] : "unknown";
}
