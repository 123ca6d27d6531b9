/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory device under test, with all that it needs, and its state
 */
#ifndef TESTS_UNIT_ENDPOINT_DEVICE_H
#define TESTS_UNIT_ENDPOINT_DEVICE_H

#include "hw/cxl/core/endpoint.h"

#include <stdlib.h>

#include "hw/cxl/core/poison.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/doe.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/wire.h"
#include "dpa.h"
#include "unit.h"

#define U           CXL_DPA_UNIT
#define LSA_SIZE    4096u
#define SECOND      1000000000ull
/* A command of our own that takes a while, and its vector */
#define LONG        0x5555
#define LONG_VECTOR (1u << 31)

#define MBOX(reg)   (CXL_DEVICE_REGS_MAILBOX + (reg))

/* A device and what it needs; made on the heap, each at its own address */
typedef struct Device {
    CxlEndpoint e;
    uint8_t space[CXL_CONFIG_SPACE_SIZE];
    uint8_t cdat[CXL_CDAT_ENDPOINT_SIZE(2)];
    uint8_t lsa[LSA_SIZE];
} Device;

/* All that a device is to know */
typedef struct Saved {
    CxlDpa dpa;
    CxlComponentState component;
    CxlHdmState hdm;
    CxlMailboxState mailbox;
    CxlCciState cci;
    CxlEventLogsState events;
    CxlMemdevState memdev;
    CxlDoeState doe;
    uint8_t space[CXL_CONFIG_SPACE_SIZE];
    uint8_t lsa[LSA_SIZE];
} Saved;

static inline bool lsa_read(void *opaque, uint64_t offset, uint8_t *buf,
                            uint32_t len)
{
    memcpy(buf, (uint8_t *)opaque + offset, len);
    return true;
}

static inline bool lsa_write(void *opaque, uint64_t offset, const uint8_t *buf,
                             uint32_t len)
{
    memcpy((uint8_t *)opaque + offset, buf, len);
    return true;
}

static const CxlMemdevOps ops = {
    .lsa_read = lsa_read, .lsa_write = lsa_write,
};

static inline CxlRet long_run(CxlCciCall *call)
{
    call->background_ns = SECOND;
    return CXL_RET_BACKGROUND_STARTED;
}

static inline CxlRet long_done(CxlCci *cci, CxlRet ret, CxlTime now,
                               CxlEffects *effects)
{
    (void)cci;
    (void)ret;
    (void)now;
    effects->vectors |= LONG_VECTOR;
    return CXL_RET_ABORTED;
}

static const CxlCciCommand long_rows[] = {
    {
        .name = "long", .opcode = LONG, .effects = CXL_CEL_BACKGROUND,
        .run = long_run, .done = long_done,
    },
};

static inline Device *device_new(void)
{
    const CxlPerf perf = { { 1000, 1000, 1000, 1000 } };
    CxlDpa dpa = test_dpa(4 * U, 4 * U);
    Device *d = calloc(1, sizeof(*d));
    CxlEndpointConfig config = {
        .dpa = &dpa, .decoders = 4, .space = d->space,
        .memdev = {
            .lsa_size = LSA_SIZE, .identity = { .serial = 7 },
            .background_time = CXL_BACKGROUND_TIME,
            .ops = &ops, .opaque = d->lsa,
        },
        .cdat = { d->cdat, sizeof(d->cdat) },
    };
    CxlCdatError why;

    dpa.part[0].perf = dpa.part[1].perf = perf;
    check(cxl_cdat_build_endpoint(dpa.part, dpa.count, 0, d->cdat,
                                  sizeof(d->cdat), &why));
    check(cxl_endpoint_init(&d->e, &config));
    check(cxl_cci_add_set(&d->e.memdev.mailbox.cci, long_rows, 1));
    return d;
}

static inline void save(const Device *d, Saved *s)
{
    s->dpa = d->e.dpa;
    s->component = d->e.component.state;
    s->hdm = d->e.component.hdm.state;
    s->mailbox = d->e.memdev.mailbox.state;
    s->cci = d->e.memdev.mailbox.cci.state;
    s->events = d->e.memdev.events.state;
    s->memdev = d->e.memdev.state;
    s->doe = d->e.space.doe.state;
    memcpy(s->space, d->space, sizeof(s->space));
    memcpy(s->lsa, d->lsa, sizeof(s->lsa));
}

static inline void load(Device *d, const Saved *s)
{
    d->e.dpa = s->dpa;
    d->e.component.state = s->component;
    d->e.component.hdm.state = s->hdm;
    d->e.memdev.mailbox.state = s->mailbox;
    d->e.memdev.mailbox.cci.state = s->cci;
    d->e.memdev.events.state = s->events;
    d->e.memdev.state = s->memdev;
    d->e.space.doe.state = s->doe;
    memcpy(d->space, s->space, sizeof(s->space));
    memcpy(d->lsa, s->lsa, sizeof(s->lsa));
}

#endif /* TESTS_UNIT_ENDPOINT_DEVICE_H */
