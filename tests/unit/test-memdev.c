/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device registers and the primary mailbox of a memory device
 */
#include "hw/cxl/spec/cci.h"
#include "mailbox.h"

#define SECOND          1000000000ull
#define RET_BAD_LENGTH  0x16
#define VECTOR_MAILBOX  5
#define CTRL_DB_IRQ     2u
#define CTRL_BG_IRQ     4u

static CxlMemdev *m;
static TestLsa lsa;

static void setup(void)
{
    m = test_memdev_new(&lsa, 2 * GIB, GIB / 2, 4096);
}

static void teardown(void)
{
    test_memdev_free(m);
}

/* What an OS walks to find the capabilities (8.2.8.1, 8.2.8.2) */
static void test_capability_array(void)
{
    static const struct {
        uint16_t id;
        uint32_t offset;
        uint32_t length;
    } want[] = {
        { 0x0001, REG_EVENT_STATUS, 8 },
        { 0x0002, REG_MBOX_CAP, 0x20 + PAYLOAD_SIZE },
        { 0x4000, REG_MEMDEV_STATUS, 8 },
    };
    uint32_t end = 0x40;

    setup();
    check_eq(reg_read(m, 0, 2), 0);
    check_eq(reg_read(m, 2, 1), 1);
    check_eq(reg_read(m, 3, 1), 1);
    check_eq(reg_read(m, 4, 4), 3);
    check_eq(reg_read(m, 8, 8), 0);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t header = 0x10 * (i + 1);

        check_eq(reg_read(m, header, 2), want[i].id);
        check(reg_read(m, header + 2, 1) >= 1);
        check_eq(reg_read(m, header + 4, 4), want[i].offset);
        check_eq(reg_read(m, header + 8, 4), want[i].length);
        check_eq(reg_read(m, header + 12, 4), 0);
        check(want[i].offset >= end || want[i].id == 0x4000);
        check(want[i].offset + want[i].length <= CXL_DEVICE_REGS_SIZE);
    }
    check(!(CXL_DEVICE_REGS_SIZE & (CXL_DEVICE_REGS_SIZE - 1)));
    teardown();
}

/**
 * struct Register - as the specification prints it
 * @rw: bits that keep what is written
 */
typedef struct Register {
    uint32_t offset;
    unsigned width;
    uint64_t reset;
    uint64_t rw;
} Register;

static const Register registers[] = {
    { 0x00, 8, 0x0000000301010000, 0 },
    { 0x10, 8, 0x0000008000020001, 0 },
    { 0x18, 8, 0x0000000000000008, 0 },
    { 0x20, 8, 0x0000010000010002, 0 },
    { 0x28, 8, 0x0000000000000820, 0 },
    { 0x30, 8, 0x000000c000014000, 0 },
    { 0x38, 8, 0x0000000000000008, 0 },
    { REG_EVENT_STATUS, 8, 0, 0 },
    { REG_MEMDEV_STATUS, 8, 0x14, 0 },
    { REG_MBOX_CAP, 4, 0x802eb, 0 },
    { REG_MBOX_CTRL, 4, 0, 6 },
    { REG_MBOX_CMD, 8, 0, 0x0000001fffffffff },
    { REG_MBOX_STATUS, 8, 0, 0 },
    { REG_MBOX_BG, 8, 0, 0 },
};

#define NREGISTERS (sizeof(registers) / sizeof(registers[0]))

/* The registers of the test are the rows of the model */
static void test_rows_are_listed(void)
{
    unsigned rows = 0;

    setup();
    for (unsigned g = 0; g < m->mailbox.regs.ngroups; g++) {
        const CxlRegGroup *group = &m->mailbox.regs.groups[g];

        for (unsigned r = 0; r < group->nrows; r++, rows++) {
            const CxlRegRow *row = &group->rows[r];

            check(rows < NREGISTERS);
            check_eq(group->base + row->offset, registers[rows].offset);
            check_eq(row->width, registers[rows].width);
        }
    }
    check_eq(rows, NREGISTERS);
    teardown();
}

static void test_registers(void)
{
    static const uint64_t patterns[] = {
        UINT64_MAX, 0, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa,
    };

    setup();
    for (unsigned i = 0; i < NREGISTERS; i++) {
        const Register *r = &registers[i];
        uint64_t ones = r->width == 8 ? UINT64_MAX : UINT32_MAX;

        check_eq(reg_read(m, r->offset, r->width), r->reset);
        for (unsigned p = 0; p < 4; p++) {
            uint64_t value = patterns[p] & ones;

            /* the doorbell would run a command */
            if (r->offset == REG_MBOX_CTRL) {
                value &= ~DOORBELL;
            }
            reg_write(m, r->offset, r->width, value);
            check_eq(reg_read(m, r->offset, r->width),
                     (value & r->rw) | (r->reset & ~r->rw));
        }
    }
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        reg_write(m, REG_MBOX_CTRL, 4, 6);
        reg_write(m, REG_MBOX_CMD, 8, UINT64_MAX);
        payload_write(m, "payload", 7);
        cxl_memdev_reset(m, kind);
        for (unsigned i = 0; i < NREGISTERS; i++) {
            check_eq(reg_read(m, registers[i].offset, registers[i].width),
                     registers[i].reset);
        }
        check_eq(reg_read(m, REG_MBOX_PAYLOAD, 7), 0);
    }
    teardown();
}

/* Bytes between and after registers read as zero and cannot be written */
static void test_holes(void)
{
    setup();
    for (uint64_t offset = 0; offset < CXL_DEVICE_REGS_SIZE; offset++) {
        bool hole = offset < REG_MBOX_PAYLOAD ||
                    offset >= REG_MBOX_PAYLOAD + PAYLOAD_SIZE;

        for (unsigned i = 0; i < NREGISTERS; i++) {
            if (offset >= registers[i].offset &&
                offset < registers[i].offset + registers[i].width) {
                hole = false;
            }
        }
        if (hole) {
            reg_write(m, offset, 1, 0xff);
            check_eq(reg_read(m, offset, 1), 0);
        }
    }
    check_eq(reg_read(m, CXL_DEVICE_REGS_SIZE, 8), 0);
    check_eq(reg_read(m, UINT64_MAX, 8), 0);
    check_eq(reg_read(m, UINT64_MAX - 3, 8), 0);
    reg_write(m, CXL_DEVICE_REGS_SIZE, 8, UINT64_MAX);
    reg_write(m, UINT64_MAX, 8, UINT64_MAX);
    reg_write(m, UINT64_MAX - 3, 8, UINT64_MAX);
    /* the last byte of the payload, then nothing */
    reg_write(m, REG_MBOX_PAYLOAD + PAYLOAD_SIZE - 1, 8, UINT64_MAX);
    check_eq(reg_read(m, REG_MBOX_PAYLOAD + PAYLOAD_SIZE - 1, 8), 0xff);
    teardown();
}

/* Any access is what its bytes are */
static void test_access_sizes(void)
{
    setup();
    for (unsigned i = 0; i < PAYLOAD_SIZE; i++) {
        reg_write(m, REG_MBOX_PAYLOAD + i, 1, unit_random() & 0xff);
    }
    reg_write(m, REG_MBOX_CMD, 8, unit_random());
    for (uint64_t offset = 0; offset < CXL_DEVICE_REGS_END + 8; offset++) {
        for (unsigned size = 1; size <= 8; size++) {
            uint64_t want = 0;

            for (unsigned i = 0; i < size; i++) {
                want |= reg_read(m, offset + i, 1) << (8 * i);
            }
            check_eq(reg_read(m, offset, size), want);
        }
    }
    teardown();
}

static void test_write_sizes(void)
{
    TestLsa twin_lsa;
    CxlMemdev *twin = test_memdev_new(&twin_lsa, 2 * GIB, GIB / 2, 4096);

    setup();
    for (uint64_t offset = 0; offset < CXL_DEVICE_REGS_END + 8; offset++) {
        for (unsigned size = 1; size <= 8; size++) {
            uint64_t value = unit_random();

            /* keep the doorbell quiet: when it rings matters */
            if (offset <= REG_MBOX_CTRL && REG_MBOX_CTRL < offset + size) {
                value &= ~(DOORBELL << (8 * (REG_MBOX_CTRL - offset)));
            }
            reg_write(m, offset, size, value);
            for (unsigned i = 0; i < size; i++) {
                reg_write(twin, offset + i, 1, value >> (8 * i) & 0xff);
            }
            check_mem(m->mailbox.bytes, twin->mailbox.bytes,
                      sizeof(m->mailbox.bytes));
        }
    }
    test_memdev_free(twin);
    teardown();
}

/**
 * struct Command - as the specification prints it
 * @min: shortest input
 * @max: longest input that the payload size allows
 */
typedef struct Command {
    uint16_t opcode;
    uint16_t effects;
    uint32_t min;
    uint32_t max;
} Command;

static const Command commands[] = {
    { 0x0100, 0x00, 1, 1 },
    { 0x0101, 0x10, 6, 6 + 2 * 255 },
    { 0x0102, 0x00, 0, 0 },
    { 0x0103, 0x08, 4, 5 },
    { 0x0300, 0x00, 0, 0 },
    { 0x0301, 0x08, 8, 8 },
    { 0x0400, 0x00, 0, 0 },
    { 0x0401, 0x00, 24, 24 },
    { 0x4000, 0x00, 0, 0 },
    { 0x4100, 0x00, 0, 0 },
    { 0x4102, 0x00, 8, 8 },
    { 0x4103, 0x06, 8, PAYLOAD_SIZE },
    { 0x4200, 0x00, 0, 0 },
    { 0x4203, 0x00, 0, 0 },
    { 0x4204, 0x08, 1, 1 },
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void test_command_lengths(void)
{
    setup();
    for (unsigned i = 0; i < NCOMMANDS; i++) {
        const Command *c = &commands[i];

        for (uint32_t len = 0; len <= PAYLOAD_SIZE + 1; len++) {
            bool fits = len >= c->min && len <= c->max;
            uint8_t in[PAYLOAD_SIZE] = { 0 };
            Reply r;

            if (c->opcode == CXL_OP_CLEAR_EVENT_RECORDS && fits) {
                /* it counts its handles itself */
                in[2] = (uint8_t)((len - 6) / 2);
                fits = len % 2 == 0;
            }
            r = mbox_send(m, c->opcode, in, len);
            check(r.ret != CXL_RET_UNSUPPORTED);
            if (!check_eq(r.ret == RET_BAD_LENGTH, !fits)) {
                unit_note("opcode %04x length %u", c->opcode, len);
            }
        }
        check_eq(mbox_send(m, c->opcode, NULL, 0).ret == RET_BAD_LENGTH,
                 c->min > 0);
        for (uint32_t bit = 12; bit < 21; bit++) {
            check_eq(mbox_send(m, c->opcode, lsa.bytes, 1u << bit).ret,
                     RET_BAD_LENGTH);
        }
    }
    teardown();
}

static void test_unsupported(void)
{
    unsigned next = 0;

    setup();
    for (uint32_t opcode = 0; opcode <= UINT16_MAX; opcode++) {
        Reply r;

        if (next < NCOMMANDS && commands[next].opcode == opcode) {
            next++;
            continue;
        }
        r = mbox_send(m, (uint16_t)opcode, NULL, 0);
        check_eq(r.ret, CXL_RET_UNSUPPORTED);
        check_eq(r.len, 0);
    }
    check_eq(next, NCOMMANDS);
    teardown();
}

static const uint8_t cel_uuid[16] = {
    0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
    0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
};

static Reply get_log(const uint8_t *uuid, uint32_t offset, uint32_t len)
{
    uint8_t in[24];

    memcpy(in, uuid, 16);
    cxl_le_store(in + 16, 4, offset);
    cxl_le_store(in + 20, 4, len);
    return mbox_send(m, CXL_OP_GET_LOG, in, sizeof(in));
}

static uint32_t cel_size(void)
{
    Reply r = mbox_send(m, CXL_OP_GET_SUPPORTED_LOGS, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 8 + 20);
    check_eq(cxl_le_load(r.out, 8), 1);
    check_mem(r.out + 8, cel_uuid, 16);
    return (uint32_t)cxl_le_load(r.out + 24, 4);
}

static void test_cel(void)
{
    static const uint8_t debug_uuid[16] = { 0x5e, 0x18, 0x19, 0xd9 };
    uint32_t size = NCOMMANDS * 4;
    Reply r;

    setup();
    check_eq(cel_size(), size);
    r = get_log(cel_uuid, 0, size);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, size);
    for (unsigned i = 0; i < NCOMMANDS; i++) {
        check_eq(cxl_le_load(r.out + 4 * i, 2), commands[i].opcode);
        check_eq(cxl_le_load(r.out + 4 * i + 2, 2), commands[i].effects);
    }
    check_eq(get_log(cel_uuid, size, 0).ret, CXL_RET_SUCCESS);
    check_eq(get_log(cel_uuid, size - 3, 3).len, 3);
    check_eq(get_log(cel_uuid, size - 3, 4).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(cel_uuid, size + 1, 0).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(cel_uuid, 4, UINT32_MAX).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(cel_uuid, UINT32_MAX, 2).ret, CXL_RET_INVALID_INPUT);
    check_eq(get_log(debug_uuid, 0, 4).ret, CXL_RET_INVALID_LOG);
    teardown();

    /* without label storage its commands are not there */
    m = test_memdev_new(&lsa, GIB, GIB, 0);
    check_eq(cel_size(), size - 8);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, NULL, 0).ret, CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_SET_LSA, NULL, 0).ret, CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_GET_SHUTDOWN_STATE, NULL, 0).ret, 0);
    teardown();

    /* nor a shutdown state without persistent capacity */
    m = test_memdev_new(&lsa, GIB, 0, 1024);
    check_eq(cel_size(), size - 8);
    check_eq(mbox_send(m, CXL_OP_GET_SHUTDOWN_STATE, NULL, 0).ret,
             CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, NULL, 0).ret,
             CXL_RET_UNSUPPORTED);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, cel_uuid, 8).ret,
             CXL_RET_INVALID_INPUT);
    teardown();
}

/* The doorbell runs the command once, and only a write of one rings it */
static void test_doorbell(void)
{
    setup();
    reg_write(m, REG_MBOX_CMD, 8, 0xffff);
    reg_write(m, REG_MBOX_CTRL, 4, 0);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    reg_write(m, REG_MBOX_CTRL + 1, 1, 0xff);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    reg_write(m, REG_MBOX_CTRL, 1, 1);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8),
             (uint64_t)CXL_RET_UNSUPPORTED << 32);
    check_eq(reg_read(m, REG_MBOX_CTRL, 4), 0);

    /* one access rings it and sets the command that it runs */
    reg_write(m, REG_MBOX_CTRL, 8,
              1 | (uint64_t)CXL_OP_IDENTIFY_MEMORY_DEVICE << 32);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    check_eq(reg_read(m, REG_MBOX_CMD, 8),
             CXL_OP_IDENTIFY_MEMORY_DEVICE | 0x45ull << 16);

    /* a failing command leaves the payload as it was, and no length */
    payload_write(m, "untouched", 9);
    reg_write(m, REG_MBOX_CMD, 8,
              CXL_OP_IDENTIFY_MEMORY_DEVICE | 9ull << 16);
    reg_write(m, REG_MBOX_CTRL, 4, 1);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), (uint64_t)RET_BAD_LENGTH << 32);
    check_eq(reg_read(m, REG_MBOX_CMD, 8), CXL_OP_IDENTIFY_MEMORY_DEVICE);
    check_mem(m->mailbox.bytes + REG_MBOX_PAYLOAD, "untouched", 9);
    teardown();
}

static void test_doorbell_interrupt(void)
{
    setup();
    check_eq(mbox_send(m, 0xffff, NULL, 0).effects.vectors, 0);
    reg_write(m, REG_MBOX_CTRL, 4, CTRL_DB_IRQ);
    check_eq(mbox_send(m, 0xffff, NULL, 0).effects.vectors,
             1u << VECTOR_MAILBOX);
    reg_write(m, REG_MBOX_CTRL, 4, CTRL_BG_IRQ);
    check_eq(mbox_send(m, 0xffff, NULL, 0).effects.vectors, 0);
    /* the vector that the capabilities register names, within the table */
    check_eq(reg_read(m, REG_MBOX_CAP, 4) >> 7 & 0xf, VECTOR_MAILBOX);
    check(VECTOR_MAILBOX < CXL_MEMDEV_VECTORS);
    teardown();
}

static CxlRet long_run(CxlCciCall *call)
{
    call->background_ns = 10 * SECOND;
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet long_done(CxlCci *cci, uint64_t now_ns, CxlEffects *effects)
{
    (void)cci;
    (void)now_ns;
    (void)effects;
    return CXL_RET_PERMANENT_MEDIA_FAILURE;
}

static const CxlCciCommand long_rows[] = {
    { "long", 0x5555, CXL_CEL_BACKGROUND, 0, 0, 0, long_run, long_done },
};

/* Registers during and after a background operation (8.2.8.4.6, .7) */
static void test_background(void)
{
    uint64_t started = test_now_ns;
    CxlEffects effects = { 0 };
    Reply r;

    setup();
    check(cxl_cci_add_set(&m->mailbox.cci, long_rows, 1));
    cxl_memdev_timer(m, test_now_ns, &effects);
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0);

    reg_write(m, REG_MBOX_CTRL, 4, CTRL_BG_IRQ);
    r = mbox_send(m, 0x5555, NULL, 0);
    check_eq(r.ret, CXL_RET_BACKGROUND_STARTED);
    check_eq(r.effects.flags, CXL_EFFECT_TIMER);
    check_eq(r.effects.timer_ns, 10 * SECOND);
    check_eq(r.effects.vectors, 0);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0x100000001);
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0x5555);
    test_now_ns += 5 * SECOND;
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0x5555 | 50 << 16);
    check_eq(reg_read(m, REG_MBOX_BG + 2, 1), 50);

    r = mbox_send(m, 0x5555, NULL, 0);
    check_eq(r.ret, CXL_RET_BUSY);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), (uint64_t)CXL_RET_BUSY << 32 | 1);
    check_eq(mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0).ret, 0);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 1);

    cxl_memdev_timer(m, started + 10 * SECOND, &effects);
    check_eq(effects.vectors, 1u << VECTOR_MAILBOX);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    check_eq(reg_read(m, REG_MBOX_BG, 8),
             0x5555 | 100ull << 16 |
             (uint64_t)CXL_RET_PERMANENT_MEDIA_FAILURE << 32);

    /* without its interrupt; a reset ends it, a late timer does nothing */
    reg_write(m, REG_MBOX_CTRL, 4, CTRL_DB_IRQ);
    check_eq(mbox_send(m, 0x5555, NULL, 0).ret, CXL_RET_BACKGROUND_STARTED);
    effects.vectors = 0;
    cxl_memdev_timer(m, test_now_ns, &effects);
    check_eq(effects.vectors, 0);
    check_eq(mbox_send(m, 0x5555, NULL, 0).ret, CXL_RET_BACKGROUND_STARTED);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    cxl_memdev_timer(m, test_now_ns, &effects);
    check_eq(reg_read(m, REG_MBOX_STATUS, 8), 0);
    check_eq(reg_read(m, REG_MBOX_BG, 8), 0);
    teardown();
}

static void test_identify(void)
{
    static const struct {
        uint64_t volatile_size, persistent_size, lsa_size;
    } cases[] = {
        { 256 * MIB, 0, 0 },
        { 0, 512 * MIB, 1024 },
        { 19 * GIB, 4 * GIB, 128 * 1024 },
        { 1ull << 44, 1ull << 45, 1 * MIB },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t v = cases[i].volatile_size / (256 * MIB);
        uint64_t p = cases[i].persistent_size / (256 * MIB);
        uint8_t want[0x45] = "1.0";
        Reply r;

        m = test_memdev_new(&lsa, cases[i].volatile_size,
                            cases[i].persistent_size, cases[i].lsa_size);
        cxl_le_store(want + 0x10, 8, v + p);
        cxl_le_store(want + 0x18, 8, v);
        cxl_le_store(want + 0x20, 8, p);
        for (unsigned log = 0; log < 4; log++) {
            cxl_le_store(want + 0x30 + 2 * log, 2, 64);
        }
        cxl_le_store(want + 0x38, 4, cases[i].lsa_size);
        r = mbox_send(m, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0);
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, sizeof(want));
        check_mem(r.out, want, sizeof(want));

        memset(want, 0, 32);
        cxl_le_store(want, 8, v);
        cxl_le_store(want + 8, 8, p);
        r = mbox_send(m, CXL_OP_GET_PARTITION_INFO, NULL, 0);
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, 32);
        check_mem(r.out, want, 32);
        teardown();
    }
}

static void test_health(void)
{
    Reply r;

    setup();
    r = mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0);
    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 0x12);
    check_eq(cxl_le_load(r.out, 4), 0);
    check_eq(cxl_le_load(r.out + 4, 2), 40);
    check_eq(cxl_le_load(r.out + 6, 8), 0);
    check_eq(cxl_le_load(r.out + 14, 4), 0);
    teardown();
}

static void expect_shutdown_state(uint8_t want)
{
    Reply r = mbox_send(m, CXL_OP_GET_SHUTDOWN_STATE, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 1);
    check_eq(r.out[0], want);
}

static void test_shutdown_state(void)
{
    setup();
    expect_shutdown_state(0);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    expect_shutdown_state(1);
    for (unsigned state = 2; state < 256; state++) {
        uint8_t in = (uint8_t)state;

        check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, &in, 1).ret,
                 CXL_RET_INVALID_INPUT);
    }
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    expect_shutdown_state(1);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\0", 1).ret, 0);
    expect_shutdown_state(0);
    check_eq(mbox_send(m, CXL_OP_SET_SHUTDOWN_STATE, "\1", 1).ret, 0);
    cxl_memdev_reset(m, CXL_RESET_COLD);
    expect_shutdown_state(0);
    teardown();
}

static void test_media(void)
{
    uint8_t in[8] = { 0 };

    setup();
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_SUCCESS);
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8), 0x1c);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_MEDIA_DISABLED);
    check_eq(mbox_send(m, CXL_OP_SET_LSA, in, 8).ret, CXL_RET_MEDIA_DISABLED);
    check_eq(mbox_send(m, CXL_OP_GET_HEALTH_INFO, NULL, 0).out[1], 1);
    check_eq(mbox_send(m, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0).ret, 0);
    cxl_memdev_set_media(m, CXL_MEDIA_ERROR);
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8), 0x18);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_SUCCESS);
    cxl_memdev_set_media(m, CXL_MEDIA_DISABLED);
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8), 0x14);
    check_eq(mbox_send(m, CXL_OP_GET_LSA, in, 8).ret, CXL_RET_SUCCESS);
    teardown();
}

static uint64_t get_timestamp(void)
{
    Reply r = mbox_send(m, CXL_OP_GET_TIMESTAMP, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 8);
    return cxl_le_load(r.out, 8);
}

static void test_timestamp(void)
{
    uint8_t in[8];

    setup();
    check_eq(get_timestamp(), 0);
    test_now_ns += SECOND;
    check_eq(get_timestamp(), 0);
    cxl_le_store(in, 8, 0x123456789abcdef0);
    check_eq(mbox_send(m, CXL_OP_SET_TIMESTAMP, in, 8).ret, CXL_RET_SUCCESS);
    check_eq(get_timestamp(), 0x123456789abcdef0);
    test_now_ns += 3 * SECOND;
    check_eq(get_timestamp(), 0x123456789abcdef0 + 3 * SECOND);
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        mbox_send(m, CXL_OP_SET_TIMESTAMP, in, 8);
        cxl_memdev_reset(m, kind);
        check_eq(get_timestamp(), 0);
    }
    teardown();
}

static CxlEffects add_event(CxlEventLogType log, uint8_t tag)
{
    CxlEventRecord record;
    CxlEffects effects = { 0 };

    memset(&record, tag, sizeof(record));
    check(cxl_memdev_add_event(m, log, &record, test_now_ns, &effects));
    return effects;
}

static void test_events(void)
{
    uint8_t in[8] = { 0 };
    Reply r;

    setup();
    cxl_le_store(in, 8, 1000);
    mbox_send(m, CXL_OP_SET_TIMESTAMP, in, 8);
    test_now_ns += 7;
    for (unsigned log = 0; log < 4; log++) {
        check_eq(reg_read(m, REG_EVENT_STATUS, 8), (1u << log) - 1);
        add_event(log, (uint8_t)(0x10 + log));
        check_eq(reg_read(m, REG_EVENT_STATUS, 8), (2u << log) - 1);
    }
    for (unsigned log = 0; log < 4; log++) {
        in[0] = (uint8_t)log;
        r = mbox_send(m, CXL_OP_GET_EVENT_RECORDS, in, 1);
        check_eq(r.ret, CXL_RET_SUCCESS);
        check_eq(r.len, 32 + 128);
        check_eq(cxl_le_load(r.out + 20, 2), 1);
        check_eq(r.out[32], 0x10 + log);
        check_eq(cxl_le_load(r.out + 32 + 24, 8), 1007);

        memset(in, 0, sizeof(in));
        in[0] = (uint8_t)log;
        in[2] = 1;
        in[6] = 9;
        check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 8).ret,
                 CXL_RET_INVALID_HANDLE);
        memcpy(in + 6, r.out + 32 + 20, 2);
        check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 8).ret,
                 CXL_RET_SUCCESS);
        check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0xf & ~((2u << log) - 1));
    }
    for (unsigned log = 4; log < 256; log++) {
        memset(in, 0, sizeof(in));
        in[0] = (uint8_t)log;
        check_eq(mbox_send(m, CXL_OP_GET_EVENT_RECORDS, in, 1).ret,
                 CXL_RET_INVALID_INPUT);
        check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 6).ret,
                 CXL_RET_INVALID_INPUT);
    }
    teardown();
}

static void test_clear_lengths(void)
{
    uint8_t in[16] = { 0 };

    setup();
    add_event(0, 1);
    add_event(0, 2);
    in[6] = 1;
    in[8] = 2;
    in[2] = 2;
    for (uint32_t len = 6; len <= 16; len++) {
        if (len != 10) {
            check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, len).ret,
                     RET_BAD_LENGTH);
        }
    }
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 1);
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 10).ret, 0);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0);

    /* all: only after an overflow and without handles */
    for (unsigned i = 0; i < 64; i++) {
        add_event(0, 1);
    }
    memset(in, 0, sizeof(in));
    in[1] = 1;
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 6).ret,
             CXL_RET_INVALID_INPUT);
    m->events.log[0].overflow_count = 1;
    in[2] = 1;
    in[6] = 3;
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 8).ret,
             CXL_RET_INVALID_INPUT);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 1);
    in[2] = 0;
    check_eq(mbox_send(m, CXL_OP_CLEAR_EVENT_RECORDS, in, 6).ret, 0);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0);
    teardown();
}

static void expect_policy(uint32_t want)
{
    Reply r = mbox_send(m, CXL_OP_GET_EVENT_INTERRUPT_POLICY, NULL, 0);

    check_eq(r.ret, CXL_RET_SUCCESS);
    check_eq(r.len, 5);
    check_eq(cxl_le_load(r.out, 5), want);
}

static uint16_t set_policy(uint64_t settings, uint32_t len)
{
    uint8_t in[8];

    cxl_le_store(in, 8, settings);
    return mbox_send(m, CXL_OP_SET_EVENT_INTERRUPT_POLICY, in, len).ret;
}

static void test_policy(void)
{
    setup();
    expect_policy(0);
    check_eq(add_event(0, 0).vectors, 0);
    /* what Linux writes, and the vectors that it gets */
    check_eq(set_policy(0x01010101, 4), CXL_RET_SUCCESS);
    expect_policy(0x31211101);
    check_eq(add_event(0, 0).vectors, 0);
    for (unsigned log = 1; log < 4; log++) {
        check_eq(add_event(log, 0).vectors, 1u << log);
        check_eq(add_event(log, 0).vectors, 0);
    }
    /*
     * 8.2.9.2.4, 8.2.9.2.5: the message number in the input counts with
     * firmware interrupts only; reserved bits never do
     */
    check_eq(set_policy(0xfffdfeffull & 0xfdfdfefc, 4), CXL_RET_SUCCESS);
    expect_policy(0x3121f200);
    check_eq(set_policy(0x525252a2, 4), CXL_RET_SUCCESS);
    expect_policy(0x525252a2);
    check_eq(set_policy(0x02020202, 4), CXL_RET_SUCCESS);
    expect_policy(0x02020202);
    check_eq(set_policy(0xfffdfeffull & 0xfdfdfefc, 4), CXL_RET_SUCCESS);
    check_eq(set_policy(0xff00000001, 5), CXL_RET_SUCCESS);
    expect_policy(0x00000001);
    /* a reserved mode anywhere changes nothing */
    for (unsigned log = 0; log < 4; log++) {
        check_eq(set_policy(3ull << (8 * log), 4), CXL_RET_INVALID_INPUT);
        expect_policy(0x00000001);
    }
    for (int kind = CXL_RESET_COLD; kind <= CXL_RESET_FUNCTION; kind++) {
        check_eq(set_policy(0x01010101, 4), CXL_RET_SUCCESS);
        cxl_memdev_reset(m, kind);
        expect_policy(0);
    }
    teardown();
}

/* Records outlive all resets but the cold one; a full log says so */
static void test_events_and_reset(void)
{
    CxlEventRecord record = { 0 };
    CxlEffects effects = { 0 };

    setup();
    for (unsigned i = 0; i < 64; i++) {
        add_event(2, 0);
    }
    check(!cxl_memdev_add_event(m, 2, &record, 0, &effects));
    check_eq(effects.vectors, 0);
    cxl_memdev_reset(m, CXL_RESET_FUNCTION);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 4);
    cxl_memdev_reset(m, CXL_RESET_WARM);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 4);
    check(!cxl_memdev_add_event(m, 2, &record, 0, &effects));
    cxl_memdev_reset(m, CXL_RESET_COLD);
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), 0);
    check(cxl_memdev_add_event(m, 2, &record, 0, &effects));
    teardown();
}

/* What must hold whatever the guest does */
static void check_invariants(void)
{
    for (unsigned i = 0; i < NREGISTERS; i++) {
        const Register *r = &registers[i];

        if (!r->rw && r->offset != REG_EVENT_STATUS &&
            r->offset != REG_MBOX_STATUS) {
            check_eq(reg_read(m, r->offset, r->width), r->reset);
        }
    }
    check(!(reg_read(m, REG_MBOX_CTRL, 4) & ~6ull));
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), cxl_eventlog_status(&m->events));
    check(m->events.log[0].count <= CXL_EVENT_LOG_SIZE);
}

static void random_command(void)
{
    const Command *c = &commands[unit_below(NCOMMANDS)];
    uint64_t opcode = unit_below(8) ? c->opcode : unit_random() & 0xffff;
    uint64_t len = unit_below(4) ? c->min + unit_below(c->max - c->min + 1)
                                 : unit_random() & 0x1fffff;

    reg_write(m, REG_MBOX_CMD, 8, opcode | len << 16);
    for (unsigned i = 0; i < 4; i++) {
        reg_write(m, REG_MBOX_PAYLOAD + 4 * i, 4,
                  unit_random() >> (32 + unit_below(32)));
    }
    reg_write(m, REG_MBOX_CTRL, 4, unit_random() | DOORBELL);
}

static void test_random(void)
{
    m = test_memdev_new(&lsa, GIB, GIB, 1000);
    for (unsigned i = 0; i < 100000; i++) {
        uint64_t offset = unit_below(2) ? unit_below(CXL_DEVICE_REGS_SIZE + 16)
                                        : unit_below(0x180);
        unsigned size = 1 + (unsigned)unit_below(8);

        if (unit_below(2)) {
            reg_read(m, offset, size);
        } else {
            reg_write(m, offset, size, unit_random());
        }
        if (!unit_below(4)) {
            random_command();
        }
        if (!unit_below(16)) {
            CxlEventRecord record = { 0 };
            CxlEffects effects = { 0 };

            cxl_memdev_add_event(m, (CxlEventLogType)unit_below(4), &record,
                                 test_now_ns, &effects);
        }
        if (!unit_below(1000)) {
            cxl_memdev_reset(m, (CxlReset)unit_below(3));
        }
        check_invariants();
    }
    /* the luck was spread widely enough to reach the label storage */
    check(lsa.writes > 100 && lsa.reads > 100);
    teardown();
}

int main(void)
{
    unit_run("capability array", test_capability_array);
    unit_run("rows are listed", test_rows_are_listed);
    unit_run("registers", test_registers);
    unit_run("holes", test_holes);
    unit_run("access sizes", test_access_sizes);
    unit_run("write sizes", test_write_sizes);
    unit_run("command lengths", test_command_lengths);
    unit_run("unsupported", test_unsupported);
    unit_run("cel", test_cel);
    unit_run("doorbell", test_doorbell);
    unit_run("doorbell interrupt", test_doorbell_interrupt);
    unit_run("background", test_background);
    unit_run("identify", test_identify);
    unit_run("health", test_health);
    unit_run("shutdown state", test_shutdown_state);
    unit_run("media", test_media);
    unit_run("timestamp", test_timestamp);
    unit_run("events", test_events);
    unit_run("clear lengths", test_clear_lengths);
    unit_run("policy", test_policy);
    unit_run("events and reset", test_events_and_reset);
    unit_run("random", test_random);
    return unit_done();
}
