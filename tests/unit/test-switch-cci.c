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

/* The device below every port: what it was asked, and what it answers */
static struct {
    unsigned calls;
    uint8_t port;
    uint16_t opcode;
    uint8_t in[2048];
    uint32_t in_len;
    uint32_t out_len;
    CxlRet ret;
} below;

static CxlRet tunnel(void *opaque, uint8_t id, uint16_t opcode,
                     const uint8_t *in, uint32_t in_len, uint8_t *to,
                     uint32_t out_size, uint32_t *len)
{
    check(opaque == &sw);
    check_eq(out_size, 2048 - 16);
    below.calls++;
    below.port = id;
    below.opcode = opcode;
    below.in_len = in_len;
    memcpy(below.in, in, in_len);
    memset(to, 0x5a, below.out_len);
    *len = below.out_len;
    return below.ret;
}

static const CxlSwitchOps ops = { .port = switch_port, .tunnel = tunnel };

static CxlSwitchCci s;

static void add_port(uint8_t id, bool upstream, CxlSwitchPeer peer)
{
    sw.there[id] = true;
    sw.port[id] = (CxlSwitchPort) {
        .upstream = upstream, .peer = peer,
        .link = {
            .max_width = 16, .width = 8,
            .speeds = 0x1f, .max_speed = 5, .speed = 4,
        },
    };
}

static void setup(void)
{
    const CxlSwitchCciConfig config = {
        .vendor = 0x19e5, .device = 0xa128, .serial = 0x1122334455667788,
        .ingress_port = 4, .hdm_decoders = 10, .ops = &ops, .opaque = &sw,
    };

    memset(&sw, 0, sizeof(sw));
    memset(&below, 0, sizeof(below));
    memset(&s, 0xee, sizeof(s));
    cxl_switch_cci_init(&s, &config);
}

static uint64_t get(uint32_t offset, unsigned size)
{
    return cxl_mailbox_read(&s.mailbox, offset, size, NOW);
}

/* What the last write asked for */
static CxlEffects effects;

static uint32_t put(uint32_t offset, unsigned size, uint64_t value)
{
    effects = (CxlEffects) { 0 };
    cxl_mailbox_write(&s.mailbox, offset, size, value, NOW, &effects);
    check_eq(effects.flags & ~CXL_EFFECT_PORT, 0);
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
    /* no event has happened */
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

/* 7.6.7.1.3: of downstream ports, and nothing else */
static void test_port_control(void)
{
    setup();
    add_port(4, true, CXL_PEER_HOST);
    add_port(7, false, CXL_PEER_TYPE3);
    add_port(255, false, CXL_PEER_NONE);
    for (unsigned id = 0; id < 256; id++) {
        for (unsigned opcode = 0; opcode < 256; opcode++) {
            const uint8_t in[2] = { (uint8_t)id, (uint8_t)opcode };
            bool ok = (id == 7 || id == 255) && opcode <= 2;

            check_eq(run(0x5102, in, 2), ok ? 0 : BAD_INPUT);
        }
    }
    put(REG_PAYLOAD, 2, 0x0107);
    put(REG_CMD, 8, 0x5102 | 2 << 16);
    put(REG_CTRL, 4, DOORBELL);
    check_eq(effects.flags, CXL_EFFECT_PORT);
    check_eq(effects.port.id, 7);
    check_eq(effects.port.opcode, 1);
}

/* A link that is down, and why */
static void test_link_down(void)
{
    const uint8_t in[] = { 1, 7 };

    setup();
    add_port(7, false, CXL_PEER_TYPE3);
    for (unsigned perst = 0; perst < 2; perst++) {
        sw.port[7].down = true;
        sw.port[7].perst = perst;
        check_eq(run(0x5101, in, 2), 0);
        check_eq(out_le(4 + 4, 1), 4);
        check_eq(out_le(4 + 7, 1), 0);
        check_eq(out_le(4 + 10, 2), 0);
        check_eq(out_le(4 + 13, 2), 0xc | perst << 1);
    }
}

/* A request to the device below @port: @outer and @inner lengths as told */
static uint16_t send_tunnel(uint8_t port, uint32_t len, uint16_t outer,
                            uint32_t inner)
{
    uint8_t in[PAYLOAD] = { port, 0 };

    cxl_le_store(in + 2, 2, outer);
    in[5] = 0x77;
    cxl_le_store(in + 7, 2, 0x4000);
    cxl_le_store(in + 9, 3, inner);
    for (uint32_t i = 0; i < len; i++) {
        in[16 + i] = (uint8_t)(i + 1);
    }
    return run(0x5300, in, 16 + len);
}

static void test_tunnel(void)
{
    setup();
    add_port(7, false, CXL_PEER_TYPE3);
    below.out_len = 5;
    check_eq(send_tunnel(7, 3, 15, 3), 0);
    check_eq(below.calls, 1);
    check_eq(below.port, 7);
    check_eq(below.opcode, 0x4000);
    check_eq(below.in_len, 3);
    check_eq(cxl_le_load(below.in, 3), 0x030201);
    check_eq(out_len, 16 + 5);
    check_eq(out_le(0, 4), 12 + 5);
    check_eq(out_le(4, 3), 0x7701);
    check_eq(out_le(7, 2), 0x4000);
    check_eq(out_le(9, 3), 5);
    check_eq(out_le(12, 4), 0);
    check_eq(out_le(16, 5), 0x5a5a5a5a5a);

    /* what the device says is no answer of the switch */
    below.out_len = 0;
    below.ret = CXL_RET_UNSUPPORTED;
    check_eq(send_tunnel(7, 0, 12, 0), 0);
    check_eq(out_len, 16);
    check_eq(out_le(12, 2), UNSUPPORTED);
    below.ret = CXL_RET_BACKGROUND_STARTED;
    check_eq(send_tunnel(7, 0, 12, 0), 0);
    check_eq(out_le(9, 3), 0x800000);
    check_eq(out_le(12, 2), 1);
    /* the longest in both directions */
    below.out_len = PAYLOAD - 16;
    check_eq(send_tunnel(7, PAYLOAD - 16, PAYLOAD - 4, PAYLOAD - 16), 0);
    check_eq(out_len, PAYLOAD);
}

static void test_tunnel_refused(void)
{
    static const CxlSwitchPeer others[] = {
        CXL_PEER_NONE, CXL_PEER_HOST, CXL_PEER_PCIE, CXL_PEER_SWITCH,
    };

    setup();
    add_port(7, false, CXL_PEER_TYPE3);
    for (uint32_t outer = 0; outer <= UINT16_MAX; outer += 7) {
        if (outer != 12 + 4) {
            check_eq(send_tunnel(7, 4, (uint16_t)outer, 4), BAD_INPUT);
        }
    }
    for (uint32_t bit = 0; bit < 20; bit++) {
        check_eq(send_tunnel(7, 4, 16, 4 ^ 1u << bit), BAD_INPUT);
    }
    check_eq(send_tunnel(8, 4, 16, 4), BAD_INPUT);
    for (unsigned i = 0; i < 4; i++) {
        sw.port[7].peer = others[i];
        check_eq(send_tunnel(7, 4, 16, 4), BAD_INPUT);
    }
    sw.port[7].peer = CXL_PEER_TYPE3;
    sw.port[7].down = true;
    check_eq(send_tunnel(7, 4, 16, 4), BAD_INPUT);
    check_eq(below.calls, 0);
    check_eq(run(0x5300, NULL, 15), BAD_LENGTH);
    check_eq(run(0x5300, NULL, 2049), BAD_LENGTH);
    sw.port[7].down = false;
    check_eq(send_tunnel(7, 4, 16, 4), 0);
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
    unit_run("physical port control", test_port_control);
    unit_run("physical port state: link down", test_link_down);
    unit_run("tunnel", test_tunnel);
    unit_run("tunnel: refused", test_tunnel_refused);
    return unit_done();
}
