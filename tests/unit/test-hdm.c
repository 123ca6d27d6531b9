/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commit rules of HDM decoders, by table
 */
#include "hw/cxl/core/hdm.h"

#include "dpa.h"
#include "unit.h"

#define U (256ull << 20)        /* the unit of base, size and skip */

typedef enum Verb {
    END,
    COMMIT,
    LOCK,       /* commit with Lock On Commit */
    UNCOMMIT,   /* takes the decoder out of force */
    STAYS,      /* an attempt to uncommit that must change nothing */
} Verb;

typedef struct Op {
    Verb verb;
    unsigned n;
    uint64_t base, size;
    uint8_t eiw, eig;
    uint64_t skip;
    CxlHdmRefusal why;
    uint64_t dpa;       /* of endpoints, where accepted */
} Op;

typedef struct Shape {
    bool endpoint;
    unsigned count;
    uint64_t volatile_size, persistent_size;
} Shape;

typedef struct Scenario {
    const char *name;
    Shape shape;
    Op ops[8];
} Scenario;

#define PORT            { false, 4, 0, 0 }
#define DEVICE          { true, 4, 16 * U, 16 * U }
#define VOLATILE        { true, 2, 4 * U, 0 }
#define PERSISTENT      { true, 2, 0, 4 * U }

static const Scenario scenarios[] = {
    { "in order", DEVICE, {
        { COMMIT, 0, 4 * U, 2 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 6 * U, 3 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 2 * U },
        { COMMIT, 2, 20 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 5 * U },
        { COMMIT, 3, 21 * U, 10 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 6 * U },
    } },
    { "out of order", PORT, {
        { COMMIT, 1, 0, U, 0, 0, 0, CXL_HDM_OUT_OF_ORDER, 0 },
        { COMMIT, 0, 0, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 2, 4 * U, U, 0, 0, 0, CXL_HDM_OUT_OF_ORDER, 0 },
        { COMMIT, 1, 4 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 2, 5 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
    } },
    { "no such decoder", PORT, {
        { COMMIT, 4, 0, U, 0, 0, 0, CXL_HDM_BAD_NUMBER, 0 },
        { COMMIT, 32, 0, U, 0, 0, 0, CXL_HDM_BAD_NUMBER, 0 },
        { COMMIT, UINT32_MAX, 0, U, 0, 0, 0, CXL_HDM_BAD_NUMBER, 0 },
        { STAYS, 4, 0, 0, 0, 0, 0, 0, 0 },
        { STAYS, UINT32_MAX, 0, 0, 0, 0, 0, 0, 0 },
    } },
    { "twice", PORT, {
        { COMMIT, 0, 0, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 0, U, U, 0, 0, 0, CXL_HDM_BUSY, 0 },
        { UNCOMMIT, 0, 0, 0, 0, 0, 0, 0, 0 },
        { STAYS, 0, 0, 0, 0, 0, 0, 0, 0 },
        { COMMIT, 0, U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
    } },
    { "locked", PORT, {
        { LOCK, 0, 0, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { STAYS, 0, 0, 0, 0, 0, 0, 0, 0 },
        { COMMIT, 0, U, U, 0, 0, 0, CXL_HDM_BUSY, 0 },
        { COMMIT, 1, U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { UNCOMMIT, 1, 0, 0, 0, 0, 0, 0, 0 },
    } },
    { "refused with lock is not locked", PORT, {
        { LOCK, 0, 0, U, 5, 0, 0, CXL_HDM_BAD_WAYS, 0 },
        { COMMIT, 0, 0, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { UNCOMMIT, 0, 0, 0, 0, 0, 0, 0, 0 },
    } },
    { "reserved granularity", PORT, {
        { COMMIT, 0, 0, U, 0, 7, 0, CXL_HDM_BAD_GRANULARITY, 0 },
        { COMMIT, 0, 0, U, 0, 15, 0, CXL_HDM_BAD_GRANULARITY, 0 },
        { COMMIT, 0, 0, U, 0, 6, 0, CXL_HDM_ACCEPTED, 0 },
    } },
    { "alignment", DEVICE, {
        { COMMIT, 0, U / 2, U, 0, 0, 0, CXL_HDM_MISALIGNED, 0 },
        { COMMIT, 0, U, U + 4096, 0, 0, 0, CXL_HDM_MISALIGNED, 0 },
        { COMMIT, 0, U, U, 0, 0, 1, CXL_HDM_MISALIGNED, 0 },
        { COMMIT, 0, U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
    } },
    { "thirds", DEVICE, {
        { COMMIT, 0, 0, U, 8, 0, 0, CXL_HDM_BAD_SIZE, 0 },
        { COMMIT, 0, 0, 4 * U, 9, 0, 0, CXL_HDM_BAD_SIZE, 0 },
        { COMMIT, 0, 0, 5 * U, 10, 0, 0, CXL_HDM_BAD_SIZE, 0 },
        { COMMIT, 0, 0, 3 * U, 8, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 3 * U, 6 * U, 9, 1, 0, CXL_HDM_ACCEPTED, U },
        { COMMIT, 2, 9 * U, 3 * U, 10, 2, 0, CXL_HDM_ACCEPTED, 2 * U },
        { COMMIT, 3, 12 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 2 * U + U / 4 },
    } },
    { "end of the address space", PORT, {
        { COMMIT, 0, -U, U, 0, 0, 0, CXL_HDM_WRAPS, 0 },
        { COMMIT, 0, U, -U, 0, 0, 0, CXL_HDM_WRAPS, 0 },
        { COMMIT, 0, -2 * U, 5 * U, 0, 0, 0, CXL_HDM_WRAPS, 0 },
        { COMMIT, 0, -2 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
    } },
    { "below a lower one", PORT, {
        { COMMIT, 0, 4 * U, 4 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 7 * U, U, 0, 0, 0, CXL_HDM_BELOW, 0 },
        { COMMIT, 1, 0, U, 0, 0, 0, CXL_HDM_BELOW, 0 },
        { COMMIT, 1, 4 * U, 4 * U, 0, 0, 0, CXL_HDM_BELOW, 0 },
        { COMMIT, 1, 0, 16 * U, 0, 0, 0, CXL_HDM_BELOW, 0 },
        { COMMIT, 1, 8 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { UNCOMMIT, 1, 0, 0, 0, 0, 0, 0, 0 },
    } },
    { "above a higher one", PORT, {
        { COMMIT, 0, 0, 2 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 4 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { UNCOMMIT, 0, 0, 0, 0, 0, 0, 0, 0 },
        { COMMIT, 0, 2 * U, 3 * U, 0, 0, 0, CXL_HDM_ABOVE, 0 },
        { COMMIT, 0, 5 * U, U, 0, 0, 0, CXL_HDM_ABOVE, 0 },
        { COMMIT, 0, 2 * U, 2 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
    } },
    { "size zero decodes nothing", DEVICE, {
        { COMMIT, 0, 9 * U, 0, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 2 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 2, 0, 0, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 3, 3 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, U },
    } },
    { "capacity", DEVICE, {
        { COMMIT, 0, 0, 17 * U, 0, 0, 16 * U, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 0, 0, 33 * U, 0, 0, 0, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 0, 0, U, 0, 0, 32 * U, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 0, 0, U, 0, 0, -U, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 0, 0, 16 * U, 0, 0, 16 * U, CXL_HDM_ACCEPTED, 16 * U },
        { COMMIT, 1, 16 * U, U, 0, 0, 0, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 1, 16 * U, U, 4, 0, 0, CXL_HDM_NO_CAPACITY, 0 },
    } },
    { "capacity behind other decoders", DEVICE, {
        { COMMIT, 0, 0, 4 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 4 * U, U, 0, 0, 29 * U, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 1, 4 * U, U, 0, 0, 28 * U, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 1, 4 * U, U, 0, 0, 27 * U, CXL_HDM_ACCEPTED, 31 * U },
    } },
    { "capacity is divided by the ways", DEVICE, {
        { COMMIT, 0, 0, 256 * U, 4, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 256 * U, 192 * U, 10, 0, 0, CXL_HDM_ACCEPTED, 16 * U },
        { COMMIT, 2, 512 * U, U, 0, 0, 0, CXL_HDM_NO_CAPACITY, 0 },
    } },
    { "partitions", DEVICE, {
        { COMMIT, 0, 0, 17 * U, 0, 0, 0, CXL_HDM_TWO_PARTITIONS, 0 },
        { COMMIT, 0, 0, 2 * U, 0, 0, 15 * U, CXL_HDM_TWO_PARTITIONS, 0 },
        { COMMIT, 0, 0, 4 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 4 * U, 13 * U, 0, 0, 0, CXL_HDM_TWO_PARTITIONS, 0 },
        { COMMIT, 1, 4 * U, 16 * U, 0, 0, 12 * U, CXL_HDM_ACCEPTED, 16 * U },
    } },
    { "volatile only", VOLATILE, {
        { COMMIT, 0, 0, 5 * U, 0, 0, 0, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 0, 0, 4 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
    } },
    { "persistent only", PERSISTENT, {
        { COMMIT, 0, 0, U, 0, 0, 4 * U, CXL_HDM_NO_CAPACITY, 0 },
        { COMMIT, 0, 0, U, 0, 0, 3 * U, CXL_HDM_ACCEPTED, 3 * U },
    } },
    { "a higher decoder's DPA stays where it is", DEVICE, {
        { COMMIT, 0, 0, 4 * U, 0, 0, 0, CXL_HDM_ACCEPTED, 0 },
        { COMMIT, 1, 8 * U, U, 0, 0, U, CXL_HDM_ACCEPTED, 5 * U },
        { UNCOMMIT, 0, 0, 0, 0, 0, 0, 0, 0 },
        { COMMIT, 0, 0, 3 * U, 0, 0, 0, CXL_HDM_DPA_CONFLICT, 0 },
        { COMMIT, 0, 0, 5 * U, 0, 0, 0, CXL_HDM_DPA_CONFLICT, 0 },
        { COMMIT, 2, 9 * U, U, 0, 0, 0, CXL_HDM_ACCEPTED, 6 * U },
        { COMMIT, 0, U, 3 * U, 0, 0, U, CXL_HDM_ACCEPTED, U },
    } },
};

static CxlDecoder wanted(const Op *op)
{
    CxlDecoder d = {
        .base = op->base, .size = op->size, .eiw = op->eiw, .eig = op->eig,
        .skip = op->skip, .locked = op->verb == LOCK, .host_only = true,
        .bi = true, .targets = { 7, 6, 5, 4, 3, 2, 1, 0 },
    };

    return d;
}

static void check_accepted(const CxlHdm *hdm, const Op *op)
{
    static const uint8_t targets[8] = { 7, 6, 5, 4, 3, 2, 1, 0 };
    const CxlDecoder *d = &hdm->state.decoder[op->n];

    check(d->committed);
    check_eq(d->locked, op->verb == LOCK);
    check(d->host_only);
    check(!d->bi);
    check_eq(d->base, op->base);
    check_eq(d->size, op->size);
    check_eq(d->eiw, op->eiw);
    check_eq(d->eig, op->eig);
    check(d->ways >= 1 && d->ways <= 16);
    check_eq(d->granularity, 256ull << op->eig);
    check_eq(d->skip, op->skip);
    check_mem(d->targets, targets, 8);
    if (hdm->endpoint && d->size) {
        check_eq(d->dpa_base, op->dpa);
        check_eq(cxl_hdm_dpa_size(d), op->size / d->ways);
    }
}

static void run_op(CxlHdm *hdm, const Op *op)
{
    CxlHdm before = *hdm;
    CxlDecoder want = wanted(op);

    if (op->verb == UNCOMMIT || op->verb == STAYS) {
        check_eq(cxl_hdm_uncommit(hdm, op->n), op->verb == UNCOMMIT);
        if (op->verb == UNCOMMIT) {
            check(!hdm->state.decoder[op->n].committed);
            check_eq(cxl_hdm_dpa_size(&hdm->state.decoder[op->n]), 0);
        }
    } else {
        check_eq(cxl_hdm_commit(hdm, op->n, &want), op->why);
        if (op->why == CXL_HDM_ACCEPTED) {
            check_accepted(hdm, op);
        }
        if (op->why != CXL_HDM_BAD_NUMBER) {
            check_eq(hdm->state.refusal[op->n], op->why);
        }
    }
    /* the other decoders are as they were; and this one too if refused */
    for (unsigned i = 0; i < CXL_HDM_MAX_DECODERS; i++) {
        if (i != op->n || op->why || op->verb == STAYS) {
            check_mem(&hdm->state.decoder[i], &before.state.decoder[i],
                      sizeof(CxlDecoder));
        }
    }
}

/* Of the device made last */
static CxlDpa memory;

static CxlHdm make(Shape shape)
{
    CxlHdm hdm = {
        .count = shape.count, .endpoint = shape.endpoint,
        .ways_3_6_12 = shape.endpoint, .ways_16 = shape.endpoint,
        .dpa = shape.endpoint ? &memory : NULL,
    };

    memory = test_dpa(shape.volatile_size, shape.persistent_size);
    cxl_hdm_reset(&hdm);
    return hdm;
}

/* 8.2.4.20.12: only what lies within the ways, and only ports have a list */
static void test_same_target(void)
{
    for (unsigned endpoint = 0; endpoint < 2; endpoint++) {
        for (unsigned i = 0; i < 8; i++) {
            for (unsigned k = 0; k < i; k++) {
                CxlHdm hdm = make((Shape) { endpoint, 1, 16 * U, 0 });
                CxlDecoder want = {
                    .size = 4 * U, .eiw = 2, .targets = { 7, 6, 5, 4, 3 },
                };
                CxlHdmRefusal why = i < 4 && !endpoint ? CXL_HDM_SAME_TARGET :
                                                         CXL_HDM_ACCEPTED;

                want.targets[i] = want.targets[k];
                check_eq(cxl_hdm_commit(&hdm, 0, &want), why);
                check_eq(hdm.state.decoder[0].committed, !why);
                check_eq(hdm.state.refusal[0], why);
            }
        }
    }
}

static void test_scenarios(void)
{
    for (unsigned s = 0; s < sizeof(scenarios) / sizeof(scenarios[0]); s++) {
        const Scenario *sc = &scenarios[s];
        CxlHdm hdm = make(sc->shape);
        unsigned long failures = unit_failures;

        for (unsigned i = 0; i < 8 && sc->ops[i].verb != END; i++) {
            run_op(&hdm, &sc->ops[i]);
            if (unit_failures != failures) {
                unit_note("step %u of: %s", i, sc->name);
                break;
            }
        }
    }
}

/* Every reason to refuse occurs in the scenarios */
static void test_all_reasons(void)
{
    unsigned seen = 0;

    for (unsigned s = 0; s < sizeof(scenarios) / sizeof(scenarios[0]); s++) {
        for (unsigned i = 0; i < 8; i++) {
            seen |= 1u << scenarios[s].ops[i].why;
        }
    }
    seen |= 1u << CXL_HDM_SAME_TARGET;      /* has a test of its own */
    check_eq(seen, (1u << (CXL_HDM_DPA_CONFLICT + 1)) - 1);
    for (unsigned r = 0; r <= CXL_HDM_DPA_CONFLICT; r++) {
        check(strlen(cxl_hdm_refusal_name((CxlHdmRefusal)r)) > 0);
        for (unsigned q = 0; q < r; q++) {
            check(strcmp(cxl_hdm_refusal_name((CxlHdmRefusal)r),
                         cxl_hdm_refusal_name((CxlHdmRefusal)q)) != 0);
        }
    }
    check_str(cxl_hdm_refusal_name(CXL_HDM_DPA_CONFLICT + 1), "unknown");
    check_str(cxl_hdm_refusal_name((CxlHdmRefusal)1000), "unknown");
}

/* All encodings of ways against all abilities */
static void test_ways(void)
{
    static const uint8_t ways[16] = {
        1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12, 0, 0, 0, 0, 0,
    };

    for (unsigned can = 0; can < 8; can++) {
        for (unsigned eiw = 0; eiw < 16; eiw++) {
            CxlHdm hdm = make((Shape) { can & 4, 1, 256 * U, 0 });
            CxlDecoder want = {
                .size = 48 * U, .eiw = (uint8_t)eiw,
                .targets = { 0, 1, 2, 3, 4, 5, 6, 7 },
            };
            bool legal = ways[eiw] == 1 || ways[eiw] == 2 ||
                         ways[eiw] == 4 || ways[eiw] == 8;

            hdm.ways_3_6_12 = can & 1;
            hdm.ways_16 = can & 2;
            legal |= ways[eiw] == 16 && can & 2 && can & 4;
            legal |= ways[eiw] == 12 && can & 1 && can & 4;
            legal |= (ways[eiw] == 3 || ways[eiw] == 6) && can & 1;
            check_eq(cxl_hdm_commit(&hdm, 0, &want),
                     legal ? CXL_HDM_ACCEPTED : CXL_HDM_BAD_WAYS);
            check_eq(hdm.state.decoder[0].ways, legal ? ways[eiw] : 0);
        }
    }
}

static void test_find(void)
{
    CxlHdm hdm = make((Shape) { false, 3, 0, 0 });
    CxlDecoder a = { .base = 4 * U, .size = 2 * U };
    CxlDecoder none = { .base = 6 * U, .size = 0 };
    CxlDecoder b = { .base = 6 * U, .size = U };

    cxl_hdm_commit(&hdm, 0, &a);
    cxl_hdm_commit(&hdm, 1, &none);
    cxl_hdm_commit(&hdm, 2, &b);
    check_eq(cxl_hdm_find(&hdm, 0), -1);
    check_eq(cxl_hdm_find(&hdm, 4 * U - 1), -1);
    check_eq(cxl_hdm_find(&hdm, 4 * U), 0);
    check_eq(cxl_hdm_find(&hdm, 6 * U - 1), 0);
    check_eq(cxl_hdm_find(&hdm, 6 * U), 2);
    check_eq(cxl_hdm_find(&hdm, 7 * U - 1), 2);
    check_eq(cxl_hdm_find(&hdm, 7 * U), -1);
    check_eq(cxl_hdm_find(&hdm, UINT64_MAX), -1);
    cxl_hdm_uncommit(&hdm, 0);
    check_eq(cxl_hdm_find(&hdm, 4 * U), -1);
}

static void test_reset(void)
{
    for (unsigned endpoint = 0; endpoint < 2; endpoint++) {
        CxlHdm hdm = make((Shape) { endpoint, 2, 4 * U, 4 * U });
        CxlDecoder want = { .size = U, .locked = true };

        check_eq(hdm.state.enabled, !endpoint);
        hdm.state.enabled = true;
        check_eq(cxl_hdm_commit(&hdm, 0, &want), CXL_HDM_ACCEPTED);
        check_eq(cxl_hdm_commit(&hdm, 1, &want), CXL_HDM_BELOW);
        cxl_hdm_reset(&hdm);
        check_eq(hdm.state.enabled, !endpoint);
        check(!hdm.state.decoder[0].committed && !hdm.state.decoder[0].locked);
        check_eq(hdm.state.refusal[1], CXL_HDM_ACCEPTED);
        check_eq(hdm.count, 2);
        check(hdm.dpa == (endpoint ? &memory : NULL));
        check_eq(cxl_hdm_commit(&hdm, 0, &want), CXL_HDM_ACCEPTED);
    }
}

/*
 * Random commits and uncommits: whatever is in force is consistent
 */
static void check_consistent(const CxlHdm *hdm)
{
    uint64_t hpa_end = 0, dpa_end = 0;

    for (unsigned i = 0; i < hdm->count; i++) {
        const CxlDecoder *d = &hdm->state.decoder[i];
        uint64_t end = d->dpa_base + cxl_hdm_dpa_size(d);

        if (!d->committed || !d->size) {
            continue;
        }
        check(d->base >= hpa_end);
        check(d->base + d->size > d->base);
        check(d->dpa_base >= dpa_end);
        check(end <= cxl_dpa_size(hdm->dpa, CXL_DPA_VOLATILE) ||
              d->dpa_base >= cxl_dpa_base(hdm->dpa, CXL_DPA_PERSISTENT));
        check(end <= cxl_dpa_capacity(hdm->dpa));
        hpa_end = d->base + d->size;
        dpa_end = end;
    }
}

static void test_random(void)
{
    CxlHdm hdm = make((Shape) { true, 10, 12 * U, 12 * U });
    unsigned accepted = 0;

    for (unsigned i = 0; i < 200000; i++) {
        unsigned n = (unsigned)unit_below(hdm.count);
        CxlDecoder want = {
            .base = unit_below(64) * U, .size = unit_below(13) * U,
            .eiw = (uint8_t)unit_below(16), .eig = (uint8_t)unit_below(8),
            .skip = unit_below(3) * U,
        };

        if (unit_below(4)) {
            accepted += !cxl_hdm_commit(&hdm, n, &want);
        } else {
            cxl_hdm_uncommit(&hdm, n);
        }
        check_consistent(&hdm);
    }
    check(accepted > 1000);
}

int main(void)
{
    unit_run("scenarios", test_scenarios);
    unit_run("every reason", test_all_reasons);
    unit_run("targets differ", test_same_target);
    unit_run("ways", test_ways);
    unit_run("find", test_find);
    unit_run("reset", test_reset);
    unit_run("random", test_random);
    return unit_done();
}
