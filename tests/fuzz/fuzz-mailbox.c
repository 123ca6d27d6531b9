/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: device registers and mailbox of a memory device. The input is a
 * sequence of operations: a byte that says which, then its arguments.
 */
#include <string.h>

#include "fuzz.h"
#include "hw/cxl/core/memdev.h"

/* No round number, so that ends are not where chunks end */
#define LSA_SIZE    3001
/* Of each kind */
#define CAPACITY    (1ull << 30)

enum {
    OP_READ,
    OP_WRITE,
    OP_COMMAND,
    OP_EVENT,
    OP_TIMER,
    OP_RESET,
    OP_MEDIA,
    OP_MEASURE,
    OP_TUNNEL,
    OPS,
};

static uint8_t *lsa;
static CxlTime now;

static bool lsa_read(void *opaque, uint64_t offset, uint8_t *buf, uint32_t len)
{
    (void)opaque;
    must(len && len <= CXL_CCI_MAX_PAYLOAD);
    must(offset < LSA_SIZE && len <= LSA_SIZE - offset);
    memcpy(buf, lsa + offset, len);
    return true;
}

static bool lsa_write(void *opaque, uint64_t offset, const uint8_t *buf,
                      uint32_t len)
{
    (void)opaque;
    must(len && len <= CXL_CCI_MAX_PAYLOAD);
    must(offset < LSA_SIZE && len <= LSA_SIZE - offset);
    memcpy(lsa + offset, buf, len);
    /* one value stands for a broken backend */
    return buf[0] != 0xbd;
}

static void heads(void *opaque, CxlHead *all)
{
    (void)opaque;
    all[1] = (CxlHead) { .assigned = true, .present = true, .up = true };
}

static const CxlMemdevOps ops = { lsa_read, lsa_write, heads };

static void check_erase(const CxlErase *erase)
{
    uint64_t size = erase->labels ? LSA_SIZE : 2 * CAPACITY;

    must(erase->range.len && erase->range.len <= CXL_ERASE_SLICE);
    must(erase->range.offset < size &&
         erase->range.len <= size - erase->range.offset);
}

/* What the machine does, at once */
static void carry_out(CxlMemdev *m, CxlEffects *effects)
{
    must(!(effects->flags &
           ~(CXL_EFFECT_ROUTES | CXL_EFFECT_DEADLINE | CXL_EFFECT_FLUSH |
             CXL_EFFECT_STORE_LINE | CXL_EFFECT_POISON | CXL_EFFECT_STORE |
             CXL_EFFECT_STORE_WAIT | CXL_EFFECT_ERASE)));
    if (effects->flags & CXL_EFFECT_FLUSH) {
        must(effects->flush.len && effects->flush.offset < LSA_SIZE &&
             effects->flush.len <= LSA_SIZE - effects->flush.offset);
        cxl_memdev_flushed(m, true, effects);
    }
    if (effects->flags & CXL_EFFECT_STORE_LINE) {
        must(effects->line.dpa <= 2 * CAPACITY - CXL_DPA_LINE);
    }
    if (effects->flags & CXL_EFFECT_STORE_WAIT) {
        cxl_memdev_flushed(m, true, effects);
    }
    while (effects->flags & CXL_EFFECT_ERASE) {
        effects->flags &= ~CXL_EFFECT_ERASE;
        check_erase(&effects->erase);
        cxl_memdev_erased(m, true, now, effects);
    }
}

static void write_reg(CxlMemdev *m, uint64_t offset, unsigned size,
                      uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_memdev_write(m, offset, size, value, now, &effects);
    carry_out(m, &effects);
    must(!(effects.vectors >> CXL_MEMDEV_VECTORS));
}

/* A payload from the input, the command register, the doorbell */
static void command(CxlMemdev *m, Input *in)
{
    uint64_t opcode = fuzz_take(in, 2);
    uint64_t len = fuzz_take(in, 2);
    uint32_t n = 0;

    while (n < len && n < CXL_CCI_MAX_PAYLOAD && in->left) {
        write_reg(m, CXL_DEVICE_REGS_PAYLOAD + n++, 1, fuzz_take(in, 1));
    }
    write_reg(m, CXL_DEVICE_REGS_MAILBOX + CXL_MBOX_CMD, 8,
              opcode | len << CXL_MBOX_CMD_LENGTH_SHIFT);
    write_reg(m, CXL_DEVICE_REGS_MAILBOX + CXL_MBOX_CTRL, 4,
              CXL_MBOX_CTRL_DOORBELL);
    must(cxl_memdev_read(m, CXL_DEVICE_REGS_MAILBOX + CXL_MBOX_CMD, 2,
                         now) == opcode);
    must(cxl_memdev_read(m, CXL_DEVICE_REGS_MAILBOX + CXL_MBOX_CMD + 2, 4,
                         now) <= CXL_CCI_MAX_PAYLOAD);
}

static void event(CxlMemdev *m, Input *in)
{
    CxlEventRecord record = { 0 };
    CxlEffects effects = { 0 };
    unsigned log = fuzz_take(in, 1) % CXL_EVENT_LOGS;

    record.header.flags[0] = (uint8_t)fuzz_take(in, 1);
    cxl_memdev_add_event(m, log, &record, now, &effects);
    must(!effects.flags && !(effects.vectors & ~(1u << log)));
}

static void measure(CxlMemdev *m, Input *in)
{
    CxlReadings readings = {
        .life_used = (uint8_t)fuzz_take(in, 1),
        .temperature = (int16_t)fuzz_take(in, 2),
    };
    CxlEffects effects = { 0 };

    readings.corrected[CXL_DPA_VOLATILE] = (uint32_t)fuzz_take(in, 2);
    readings.corrected[CXL_DPA_PERSISTENT] = (uint32_t)fuzz_take(in, 2);
    cxl_memdev_set_readings(m, &readings, now, &effects);
    must(!effects.flags && effects.ntells <= CXL_EFFECTS_TELLS);
}

/* A command that comes through a switch, with little room for its answer */
static void tunnel(CxlMemdev *m, Input *in)
{
    uint16_t opcode = (uint16_t)fuzz_take(in, 2);
    uint32_t len = (uint32_t)fuzz_take(in, 1);
    uint8_t bytes[UINT8_MAX], out[300];
    CxlEffects effects = { 0 };
    uint32_t n = 0, out_len;

    while (n < len && in->left) {
        bytes[n++] = (uint8_t)fuzz_take(in, 1);
    }
    cxl_mailbox_tunnel(&m->mailbox, opcode, bytes, n, out, sizeof(out),
                       &out_len, now, &effects);
    must(out_len <= sizeof(out));
    must(!(effects.flags & ~CXL_EFFECT_DEADLINE));
}

static void operate(CxlMemdev *m, Input *in)
{
    CxlEffects effects = { 0 };
    uint64_t offset;
    unsigned size;

    switch (fuzz_take(in, 1) % OPS) {
    case OP_READ:
        offset = fuzz_take(in, 2);
        size = 1 + fuzz_take(in, 1) % 8;
        must(size == 8 ||
             !(cxl_memdev_read(m, offset, size, now) >> (8 * size)));
        break;
    case OP_WRITE:
        offset = fuzz_take(in, 2);
        size = 1 + fuzz_take(in, 1) % 8;
        write_reg(m, offset, size, fuzz_take(in, 8));
        break;
    case OP_COMMAND:
        command(m, in);
        break;
    case OP_EVENT:
        event(m, in);
        break;
    case OP_TIMER:
        now.virtual_ns += fuzz_take(in, 4);
        now.wall_ns += fuzz_take(in, 1);
        cxl_memdev_timer(m, now, &effects);
        carry_out(m, &effects);
        break;
    case OP_RESET:
        cxl_memdev_reset(m, fuzz_take(in, 1) % (CXL_RESET_FUNCTION + 1));
        break;
    case OP_MEDIA:
        cxl_memdev_set_media(m, fuzz_take(in, 1) % (CXL_MEDIA_DISABLED + 1));
        break;
    case OP_MEASURE:
        measure(m, in);
        break;
    case OP_TUNNEL:
        tunnel(m, in);
        break;
    }
}

static void check_state(CxlMemdev *m)
{
    must(!(cxl_memdev_read(m, CXL_DEVICE_REGS_MAILBOX + CXL_MBOX_CTRL, 1,
                           now) & CXL_MBOX_CTRL_DOORBELL));
    must(cxl_memdev_read(m, CXL_DEVICE_REGS_STATUS, 8, now) ==
         cxl_eventlog_status(&m->events));
    must(cxl_memdev_read(m, 4, 4, now) == 3);
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        must(m->events.state.log[i].count <= CXL_EVENT_LOG_SIZE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CxlDpa dpa = { 0 };
    const CxlMemdevConfig config = {
        .dpa = &dpa,
        .lsa_size = LSA_SIZE,
        .background_time = CXL_BACKGROUND_TIME,
        .heads = CXL_MAX_HEADS,
        .ops = &ops,
    };
    CxlMemdev *m = malloc(sizeof(*m));
    Input in = { data, size };

    lsa = calloc(1, LSA_SIZE);
    now = (CxlTime) { 0 };
    cxl_dpa_add(&dpa, &(CxlDpaPartition) { .size = CAPACITY });
    cxl_dpa_add(&dpa, &(CxlDpaPartition) {
        .kind = CXL_DPA_PERSISTENT, .size = CAPACITY,
    });
    cxl_memdev_init(m, &config);
    cxl_memdev_add_commands(m);
    while (in.left) {
        operate(m, &in);
        check_state(m);
    }
    free(lsa);
    free(m);
    return 0;
}
