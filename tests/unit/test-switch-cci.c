/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switch mailbox CCI: its registers and commands
 */
#include "hw/cxl/core/switch-cci.h"

#include "hw/cxl/spec/wire.h"
#include "commands.h"
#include "unit.h"

#define PAYLOAD     2048
#define REG_CAP     0x100
#define REG_CTRL    0x104
#define REG_CMD     0x108
#define REG_STATUS  0x110
#define REG_PAYLOAD 0x120
#define DOORBELL    1u
#define CTRL_DB_IRQ 2u

#define BAD_INPUT   0x02
#define UNSUPPORTED 0x03
#define BAD_LENGTH  0x16

#define NOW         ((CxlTime) { .wall_ns = 1700000000000000000ull })

/* The switch: what is at each port number */
static struct {
    bool there[256];
    CxlSwitchPort port[256];
} sw;

static bool switch_port(void *opaque, uint8_t id, CxlSwitchPort *port)
{
    check(opaque == &sw);
    if (!sw.there[id]) {
        return false;
    }
    *port = sw.port[id];
    return true;
}

static const CxlSwitchOps ops = { .port = switch_port };

static CxlSwitchCci s;

static void add_port(uint8_t id, bool upstream, CxlSwitchPeer peer)
{
    sw.there[id] = true;
    sw.port[id] = (CxlSwitchPort) {
        .upstream = upstream, .peer = peer,
        .max_width = 16, .width = 8,
        .speeds = 0x1f, .max_speed = 5, .speed = 4,
    };
}

static void setup(void)
{
    const CxlSwitchCciConfig config = {
        .vendor = 0x19e5, .device = 0xa128, .serial = 0x1122334455667788,
        .ingress_port = 4, .hdm_decoders = 10, .ops = &ops, .opaque = &sw,
    };

    memset(&sw, 0, sizeof(sw));
    memset(&s, 0xee, sizeof(s));
    cxl_switch_cci_init(&s, &config);
}

static uint64_t get(uint32_t offset, unsigned size)
{
    return cxl_mailbox_read(&s.mailbox, offset, size, NOW);
}

static uint32_t put(uint32_t offset, unsigned size, uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_mailbox_write(&s.mailbox, offset, size, value, NOW, &effects);
    check_eq(effects.flags, 0);
    return effects.vectors;
}

static uint8_t out[PAYLOAD];
static uint32_t out_len;

static uint16_t run(uint16_t opcode, const void *in, uint32_t len)
{
    const uint8_t *bytes = in;

    for (uint32_t i = 0; in && i < len && i < PAYLOAD; i++) {
        put(REG_PAYLOAD + i, 1, bytes[i]);
    }
    put(REG_CMD, 8, opcode | (uint64_t)len << 16);
    put(REG_CTRL, 4, DOORBELL);
    check_eq(get(REG_CTRL, 4), 0);
    out_len = (uint32_t)(get(REG_CMD, 8) >> 16);
    check(out_len <= PAYLOAD);
    for (uint32_t i = 0; i < out_len; i++) {
        out[i] = (uint8_t)get(REG_PAYLOAD + i, 1);
    }
    return (uint16_t)(get(REG_STATUS, 8) >> 32);
}

static uint64_t out_le(unsigned offset, unsigned size)
{
    return cxl_le_load(out + offset, size);
}

/* 8.2.8.1: type 2: device status, mailbox, and the CCI's own status */
static void test_registers(void)
{
    setup();
    check_eq(get(0, 8), 0x0000000302010000);
    check_eq(get(0x10, 2), 1);
    check_eq(get(0x14, 4), 0x80);
    check_eq(get(0x20, 2), 2);
    check_eq(get(0x24, 4), REG_CAP);
    check_eq(get(0x28, 4), 0x20 + PAYLOAD);
    /* 8.2.8.6: ready, and nothing but a reset is needed to make it so */
    check_eq(get(0x30, 4), 0x00014000);
    check_eq(get(0x34, 4), 0xc0);
    check_eq(get(0x38, 4), 8);
    check_eq(get(0xc0, 8), 0x1);
    put(0xc0, 8, 0);
    check_eq(get(0xc0, 8), 0x1);
    check_eq(get(0x40, 8) | get(0x48, 8), 0);
    /* no event logs */
    check_eq(get(0x80, 8), 0);
    /* 2 KiB, both interrupts, vector 5, type 2 */
    check_eq(get(REG_CAP, 4), 11 | 1 << 5 | 1 << 6 | 5 << 7 | 2 << 19);
}

static void test_reset(void)
{
    const uint8_t one[8] = { 1 };

    setup();
    put(REG_PAYLOAD, 8, UINT64_MAX);
    put(REG_CTRL, 4, CTRL_DB_IRQ);
    check_eq(run(0x0301, one, 8), 0);
    check_eq(run(0x0300, NULL, 0), 0);
    check_eq(out_le(0, 8), 1);
    cxl_switch_cci_reset(&s, CXL_RESET_WARM);
    check_eq(get(REG_CTRL, 4), 0);
    check_eq(get(REG_CMD, 8), 0);
    check_eq(get(REG_PAYLOAD, 8), 0);
    check_eq(get(REG_CAP, 4) >> 19 & 0xf, 2);
    check_eq(get(0, 8) >> 32, 3);
    check_eq(get(0xc0, 8), 0x1);
    check_eq(run(0x0300, NULL, 0), 0);
    check_eq(out_le(0, 8), 0);
}

static void test_interrupt(void)
{
    setup();
    put(REG_CMD, 8, 0x0001);
    check_eq(put(REG_CTRL, 4, DOORBELL), 0);
    check_eq(put(REG_CTRL, 4, DOORBELL | CTRL_DB_IRQ), 1u << 5);
}

static void test_identify(void)
{
    setup();
    check_eq(run(0x0001, NULL, 0), 0);
    check_eq(out_len, 0x12);
    check_eq(out_le(0x00, 4), 0xa12819e5);
    check_eq(out_le(0x04, 4), 0);
    check_eq(out_le(0x08, 8), 0x1122334455667788);
    check_eq(out[0x10], 10);            /* 8.2.9.1.1: at most */
    check_eq(out[0x11], 0);
    check_eq(run(0x0001, "x", 1), BAD_LENGTH);
}

static const TestCommand commands[] = {
    CXL_COMMANDS_OF_SWITCH_CCI(TEST_COMMAND)
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Exactly these commands, and the log that lists them */
static void test_commands(void)
{
    uint8_t in[24] = {
        0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
        0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
    };

    setup();
    check_rows(&s.mailbox.cci, commands, NCOMMANDS);
    for (unsigned opcode = 0; opcode <= UINT16_MAX; opcode++) {
        bool known = false;

        for (unsigned i = 0; i < NCOMMANDS; i++) {
            known |= commands[i].opcode == opcode;
        }
        check_eq(run((uint16_t)opcode, NULL, 99) == UNSUPPORTED, !known);
    }
    in[20] = 4 * NCOMMANDS;
    check_eq(run(0x0400, NULL, 0), 0);
    check_eq(out_le(8 + 16, 4), 4 * NCOMMANDS);
    check_eq(run(0x0401, in, sizeof(in)), 0);
    check_eq(out_len, 4 * NCOMMANDS);
    for (unsigned i = 0; i < NCOMMANDS; i++) {
        check_eq(out_le(4 * i, 2), commands[i].opcode);
        check_eq(out_le(4 * i + 2, 2), commands[i].effects);
    }
}

static void test_identify_switch(void)
{
    uint8_t mask[32] = { 0 };

    setup();
    check_eq(run(0x5100, NULL, 0), 0);
    check_eq(out[2], 0);

    add_port(4, true, CXL_PEER_HOST);
    add_port(0, false, CXL_PEER_TYPE3);
    add_port(17, false, CXL_PEER_NONE);
    add_port(255, false, CXL_PEER_NONE);
    mask[0] = 0x11;
    mask[2] = 0x02;
    mask[31] = 0x80;
    check_eq(run(0x5100, NULL, 0), 0);
    check_eq(out_len, 0x49);
    check_eq(out[0], 4);
    check_eq(out[1], 0);
    check_eq(out[2], 4);
    check_eq(out[3], 1);
    check_mem(out + 0x04, mask, 32);
    memset(mask, 0, sizeof(mask));
    mask[0] = 1;
    check_mem(out + 0x24, mask, 32);
    check_eq(out_le(0x44, 2), 4);
    check_eq(out_le(0x46, 2), 4);
    check_eq(out[0x48], 10);

    /* more ports than the byte can tell */
    for (unsigned id = 0; id < 256; id++) {
        add_port((uint8_t)id, false, CXL_PEER_NONE);
    }
    check_eq(run(0x5100, NULL, 0), 0);
    check_eq(out[2], 255);
    check_eq(out_le(0x44, 2), 256);
}

/* 7.6.7.1.2: blocks by byte, in the order asked for, twice if asked twice */
static void test_port_state(void)
{
    static const uint8_t in[] = { 7, 1, 9, 4, 2, 0, 3, 1 };
    static const uint8_t want[7][16] = {
        { 1, 3, 0, 0, 0, 2, 16, 0, 0x1f, 5, 0, 0, 0, 0, 0, 0 },
        { 9, 0xf },
        { 4, 4, 2, 0, 0, 2, 16, 8, 0x1f, 5, 4, 4, 0, 0xc, 0, 0 },
        { 2, 3, 0, 0, 1, 2, 16, 8, 0x1f, 5, 4, 4, 0, 0xc, 0, 0 },
        { 0, 3, 2, 0, 4, 2, 16, 8, 0x1f, 5, 4, 4, 0, 0xc, 0, 0 },
        { 3, 3, 2, 0, 3, 2, 16, 8, 0x1f, 5, 4, 4, 0, 0xc, 0, 0 },
        { 1, 3, 0, 0, 0, 2, 16, 0, 0x1f, 5, 0, 0, 0, 0, 0, 0 },
    };

    setup();
    add_port(4, true, CXL_PEER_HOST);
    add_port(0, false, CXL_PEER_TYPE3);
    add_port(1, false, CXL_PEER_NONE);
    add_port(2, false, CXL_PEER_PCIE);
    add_port(3, false, CXL_PEER_SWITCH);
    check_eq(run(0x5101, in, sizeof(in)), 0);
    check_eq(out_len, 4 + sizeof(want));
    check_eq(out_le(0, 4), 7);
    for (unsigned i = 0; i < 7; i++) {
        check_mem(out + 4 + 16 * i, want[i], 16);
    }
}

static void test_port_state_lengths(void)
{
    uint8_t in[257] = { 0 };

    setup();
    add_port(0, true, CXL_PEER_HOST);
    check_eq(run(0x5101, NULL, 0), BAD_LENGTH);
    check_eq(run(0x5101, in, 1), 0);
    check_eq(out_len, 4);
    in[0] = 2;
    check_eq(run(0x5101, in, 1), BAD_LENGTH);
    check_eq(run(0x5101, in, 2), BAD_LENGTH);
    check_eq(run(0x5101, in, 3), 0);
    check_eq(run(0x5101, in, 4), BAD_LENGTH);
    check_eq(run(0x5101, in, 257), BAD_LENGTH);
    /* 127 blocks fit the mailbox */
    in[0] = 127;
    check_eq(run(0x5101, in, 128), 0);
    check_eq(out_len, 4 + 127 * 16);
    in[0] = 128;
    check_eq(run(0x5101, in, 129), BAD_INPUT);
    check_eq(out_len, 0);
    in[0] = 255;
    check_eq(run(0x5101, in, 256), BAD_INPUT);
}

int main(void)
{
    unit_run("registers", test_registers);
    unit_run("reset", test_reset);
    unit_run("interrupt", test_interrupt);
    unit_run("identify", test_identify);
    unit_run("commands", test_commands);
    unit_run("identify switch device", test_identify_switch);
    unit_run("physical port state", test_port_state);
    unit_run("physical port state: lengths", test_port_state_lengths);
    return unit_done();
}
