/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory device under test: its label storage in plain memory, and a driver
 * that sends mailbox commands through the registers as an OS does.
 */
#ifndef TESTS_UNIT_MAILBOX_H
#define TESTS_UNIT_MAILBOX_H

#include <stdlib.h>

#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/wire.h"
#include "dpa.h"
#include "unit.h"

#define MIB                 (1ull << 20)
#define GIB                 (1ull << 30)
#define PAYLOAD_SIZE        2048
#define DOORBELL            1ull
#define RET_BAD_LENGTH      0x16

/* The guest found these offsets in the capability array; see test-memdev.c */
#define REG_EVENT_STATUS    0x80
#define REG_MEMDEV_STATUS   0xc0
#define REG_MBOX_CAP        0x100
#define REG_MBOX_CTRL       0x104
#define REG_MBOX_CMD        0x108
#define REG_MBOX_STATUS     0x110
#define REG_MBOX_BG         0x118
#define REG_MBOX_PAYLOAD    0x120

/**
 * struct TestLsa - label storage, and the memory of the device that has it
 * @bytes: allocated to the byte, so that the sanitizer sees an overrun
 * @reads: calls of lsa_read
 * @writes: calls of lsa_write
 * @broken: fail all calls
 * @flushes: flushes asked for
 * @stores: what is remembered without power was to be stored
 * @erased: bytes of memory and labels that were to be erased
 * @slow: the machine does not flush, store or erase at once: the test does
 * @dpa: the memory
 */
typedef struct TestLsa {
    uint8_t *bytes;
    uint64_t size;
    unsigned reads;
    unsigned writes;
    bool broken;
    unsigned flushes;
    unsigned stores;
    uint64_t erased;
    bool slow;
    CxlDpa dpa;
} TestLsa;

static CxlTime test_now = { .wall_ns = 1700000000ull * 1000000000ull };

/* Both clocks run */
static inline void test_wait(uint64_t ns)
{
    test_now.virtual_ns += ns;
    test_now.wall_ns += ns;
}

static bool test_lsa_read(void *opaque, uint64_t offset, uint8_t *buf,
                          uint32_t len)
{
    TestLsa *lsa = opaque;

    lsa->reads++;
    check(len && offset <= lsa->size && len <= lsa->size - offset);
    if (lsa->broken) {
        return false;
    }
    memcpy(buf, lsa->bytes + offset, len);
    return true;
}

static bool test_lsa_write(void *opaque, uint64_t offset, const uint8_t *buf,
                           uint32_t len)
{
    TestLsa *lsa = opaque;

    lsa->writes++;
    check(len && offset <= lsa->size && len <= lsa->size - offset);
    if (lsa->broken) {
        return false;
    }
    memcpy(lsa->bytes + offset, buf, len);
    return true;
}

static const CxlMemdevOps test_lsa_ops = {
    .lsa_read = test_lsa_read, .lsa_write = test_lsa_write,
};

/* A device with label storage of @lsa_size bytes full of 0xa5 */
static inline CxlMemdev *test_memdev_new(TestLsa *lsa, uint64_t volatile_size,
                                         uint64_t persistent_size,
                                         uint64_t lsa_size)
{
    CxlMemdev *m = malloc(sizeof(*m));
    const CxlMemdevConfig config = {
        .dpa = &lsa->dpa,
        .lsa_size = lsa_size,
        .identity = {
            .vendor = 0x8086, .device = 0x0d93, .serial = 0x1122334455667788,
        },
        .background_time = CXL_BACKGROUND_TIME,
        .ops = &test_lsa_ops,
        .opaque = lsa,
    };

    *lsa = (TestLsa) {
        .bytes = malloc(lsa_size), .size = lsa_size,
        .dpa = test_dpa(volatile_size, persistent_size),
    };
    if (lsa_size) {
        memset(lsa->bytes, 0xa5, lsa_size);
    }
    memset(m, 0xee, sizeof(*m));
    cxl_memdev_init(m, &config);
    cxl_memdev_add_commands(m);
    return m;
}

static inline void test_memdev_free(CxlMemdev *m)
{
    TestLsa *lsa = m->config.opaque;

    free(lsa->bytes);
    free(m);
}

static inline uint64_t reg_read(CxlMemdev *m, uint64_t offset, unsigned size)
{
    return cxl_memdev_read(m, offset, size, test_now);
}

/* What the machine does with effects; those that are done are taken away */
static inline void test_apply(CxlMemdev *m, CxlEffects *effects)
{
    TestLsa *lsa = m->config.opaque;

    if (effects->flags & CXL_EFFECT_FLUSH) {
        lsa->flushes++;
        check(effects->flush.len && effects->flush.offset <= lsa->size &&
              effects->flush.len <= lsa->size - effects->flush.offset);
        if (!lsa->slow) {
            effects->flags &= ~CXL_EFFECT_FLUSH;
            cxl_memdev_flushed(m, true, effects);
        }
    }
    if (effects->flags & CXL_EFFECT_STORE) {
        lsa->stores++;
        if (!lsa->slow) {
            bool waits = effects->flags & CXL_EFFECT_STORE_WAIT;

            effects->flags &= ~(CXL_EFFECT_STORE | CXL_EFFECT_STORE_WAIT);
            if (waits) {
                cxl_memdev_flushed(m, true, effects);
            }
        }
    }
    while (effects->flags & CXL_EFFECT_ERASE && !lsa->slow) {
        effects->flags &= ~CXL_EFFECT_ERASE;
        lsa->erased += effects->erase.range.len;
        cxl_memdev_erased(m, true, test_now, effects);
    }
}

static inline CxlEffects reg_write(CxlMemdev *m, uint64_t offset,
                                   unsigned size, uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_memdev_write(m, offset, size, value, test_now, &effects);
    test_apply(m, &effects);
    return effects;
}

/* Time passes; what has a deadline comes, and goes on until it is over */
static inline CxlEffects test_timer(CxlMemdev *m, uint64_t ns)
{
    CxlEffects effects = { .flags = CXL_EFFECT_DEADLINE };

    test_wait(ns);
    while (effects.flags & CXL_EFFECT_DEADLINE &&
           effects.deadline_ns <= test_now.virtual_ns) {
        effects.flags &= ~CXL_EFFECT_DEADLINE;
        cxl_memdev_timer(m, test_now, &effects);
        test_apply(m, &effects);
    }
    return effects;
}

static inline void payload_write(CxlMemdev *m, const void *from, uint32_t len)
{
    const uint8_t *bytes = from;

    for (uint32_t i = 0; i < len && i < PAYLOAD_SIZE; i++) {
        reg_write(m, REG_MBOX_PAYLOAD + i, 1, bytes[i]);
    }
}

static inline void payload_read(CxlMemdev *m, void *to, uint32_t len)
{
    uint8_t *bytes = to;

    for (uint32_t i = 0; i < len && i < PAYLOAD_SIZE; i++) {
        bytes[i] = (uint8_t)reg_read(m, REG_MBOX_PAYLOAD + i, 1);
    }
}

/**
 * struct Reply - what came back
 * @ret: return code
 * @len: length of the output payload
 * @out: the output payload
 * @effects: of the doorbell write
 */
typedef struct Reply {
    uint16_t ret;
    uint32_t len;
    uint8_t out[PAYLOAD_SIZE];
    CxlEffects effects;
} Reply;

/* The eight steps of 8.2.8.4; bits of the control register are kept */
static inline Reply mbox_send(CxlMemdev *m, uint16_t opcode, const void *in,
                              uint32_t len)
{
    Reply reply = { 0 };
    uint64_t ctrl = reg_read(m, REG_MBOX_CTRL, 4);

    check(!(ctrl & DOORBELL));
    reg_write(m, REG_MBOX_CMD, 8, opcode | (uint64_t)len << 16);
    payload_write(m, in, len);
    reply.effects = reg_write(m, REG_MBOX_CTRL, 4, ctrl | DOORBELL);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), ctrl);
    reply.ret = (uint16_t)(reg_read(m, REG_MBOX_STATUS, 8) >> 32);
    reply.len = (uint32_t)(reg_read(m, REG_MBOX_CMD, 8) >> 16);
    check_eq(reg_read(m, REG_MBOX_CMD, 2), opcode);
    check(reply.len <= PAYLOAD_SIZE);
    payload_read(m, reply.out, reply.len);
    return reply;
}

#endif /* TESTS_UNIT_MAILBOX_H */
