/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device registers of a memory device (CXL 3.1 8.2.8)
 */
#include "commands.h"
#include "memdev-fixture.h"

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
            check_mem(m->mailbox.state.bytes, twin->mailbox.state.bytes,
                      sizeof(m->mailbox.state.bytes));
        }
    }
    test_memdev_free(twin);
    teardown();
}

/* What must hold whatever the guest does */
static void check_invariants(void)
{
    for (unsigned i = 0; i < NREGISTERS; i++) {
        const Register *r = &registers[i];

        if (!r->rw && r->offset != REG_EVENT_STATUS &&
            r->offset != REG_MBOX_STATUS && r->offset != REG_MBOX_BG &&
            r->offset != REG_MEMDEV_STATUS) {
            check_eq(reg_read(m, r->offset, r->width), r->reset);
        }
    }
    /* ready, or disabled while it is being sanitized */
    check_eq(reg_read(m, REG_MEMDEV_STATUS, 8),
             m->state.nv.sanitizing ? 0x1c : 0x14);
    check(!(reg_read(m, REG_MBOX_CTRL, 4) & ~6ull));
    check_eq(reg_read(m, REG_EVENT_STATUS, 8), cxl_eventlog_status(&m->events));
    check(m->events.state.log[0].count <= CXL_EVENT_LOG_SIZE);
}

static void random_command(void)
{
    static const TestCommand commands[] = {
        CXL_COMMANDS_OF_MEMDEV(TEST_COMMAND)
    };
    static const TestCommand labels[] = {
        { "GET_LSA", CXL_OP_GET_LSA, 0, 8, 8, 0 },
        { "SET_LSA", CXL_OP_SET_LSA, 0, 8, PAYLOAD_SIZE, 0 },
    };
    /* a share of its own, so that more commands do not crowd labels out */
    const TestCommand *c = unit_below(4) ?
        &commands[unit_below(sizeof(commands) / sizeof(commands[0]))] :
        &labels[unit_below(2)];
    uint32_t max = c->max_in < PAYLOAD_SIZE ? c->max_in : PAYLOAD_SIZE;
    uint64_t opcode = unit_below(8) ? c->opcode : unit_random() & 0xffff;
    uint64_t len = unit_below(4) ?
                   c->min_in + unit_below(max - c->min_in + 1) :
                   unit_random() & 0x1fffff;

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
                                 test_now, &effects);
        }
        if (!unit_below(4)) {
            test_timer(m, 100000000000);
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
    unit_run("random", test_random);
    return unit_done();
}
