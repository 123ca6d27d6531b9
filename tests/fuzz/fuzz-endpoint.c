/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a memory device as a whole, through all of its doors. The input
 * is a sequence of operations: a byte that says which, then its arguments.
 */
#include "fuzz.h"

#include "../unit/endpoint-device.h"

enum {
    OP_CONFIG,
    OP_COMPONENT,
    OP_REGISTERS,
    OP_DECODER,
    OP_COMMAND,
    OP_TIMER,
    OP_FLUSHED,
    OP_EVENT,
    OP_RESET,
    OPS,
};

/* What the machine knows of it */
static CxlTime now;
static bool flushing;

static void reset(Device *d, CxlReset kind)
{
    CxlHdmState hdm = d->e.component.hdm.state;

    cxl_endpoint_reset(&d->e, kind);
    flushing = false;
    if (kind == CXL_RESET_FUNCTION) {
        must(!memcmp(&hdm, &d->e.component.hdm.state, sizeof(hdm)));
    }
}

/* Carries out what the machine would */
static void apply(Device *d, const CxlEffects *effects)
{
    must(!((effects->vectors & ~LONG_VECTOR) >> CXL_MEMDEV_VECTORS));
    must(!(effects->withdrawn >> CXL_MEMDEV_VECTORS));
    if (effects->flags & CXL_EFFECT_FLUSH) {
        must(!flushing && effects->flush.len &&
             effects->flush.offset < LSA_SIZE &&
             effects->flush.len <= LSA_SIZE - effects->flush.offset);
        flushing = true;
    }
    if (effects->flags & CXL_EFFECT_STORE_WAIT) {
        must(!flushing);
        flushing = true;
    }
    if (effects->flags & CXL_EFFECT_DEVICE_RESET) {
        reset(d, CXL_RESET_CXL);
        cxl_dvsecs_reset_done(&d->e.space.dvsecs);
    }
}

static void config(Device *d, Input *in)
{
    unsigned size = 1u << fuzz_take(in, 1) % 3;
    uint32_t offset = fuzz_take(in, 2) % CXL_CONFIG_SPACE_SIZE;
    uint32_t value = (uint32_t)fuzz_take(in, 4);
    CxlEffects effects = { 0 };
    uint8_t before[4];

    offset -= offset % size;
    memcpy(before, d->space + offset, size);
    cxl_confspace_write(&d->e.space, offset, size, value, &effects);
    if (!cxl_confspace_owns(&d->e.space, offset, size)) {
        must(!memcmp(before, d->space + offset, size) && !effects.flags);
    }
    apply(d, &effects);
    cxl_confspace_read(&d->e.space, offset, size, value);
}

static void write_component(Device *d, uint64_t offset, unsigned size,
                            uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_component_write(&d->e.component, offset, size, value, &effects);
    must(!(effects.flags & ~CXL_EFFECT_ROUTES) && !effects.vectors);
    must(size == 8 || !(cxl_component_read(&d->e.component, offset, size) >>
                        (8 * size)));
}

static void write_registers(Device *d, uint64_t offset, unsigned size,
                            uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_memdev_write(&d->e.memdev, offset, size, value, now, &effects);
    apply(d, &effects);
    must(size == 8 || !(cxl_memdev_read(&d->e.memdev, offset, size, now) >>
                        (8 * size)));
}

static void decoder(Device *d, Input *in)
{
    uint64_t at = CXL_CACHEMEM_OFFSET + d->e.component.hdm_offset +
                  CXL_HDM_DECODERS + CXL_HDM_STRIDE * (fuzz_take(in, 1) % 4);

    write_component(d, at + CXL_HDM_BASE_LOW, 8, fuzz_take(in, 1) * U);
    write_component(d, at + CXL_HDM_SIZE_LOW, 8, fuzz_take(in, 1) % 16 * U);
    write_component(d, at + CXL_HDM_SKIP_LOW, 8, fuzz_take(in, 1) % 8 * U);
    write_component(d, at + CXL_HDM_CONTROL, 4, fuzz_take(in, 2));
}

static void command(Device *d, Input *in)
{
    uint64_t opcode = fuzz_take(in, 2), len = fuzz_take(in, 2);

    for (uint32_t n = 0; n < len && n < CXL_CCI_MAX_PAYLOAD && in->left; n++) {
        write_registers(d, MBOX(CXL_MBOX_PAYLOAD) + n, 1, fuzz_take(in, 1));
    }
    write_registers(d, MBOX(CXL_MBOX_CMD), 8,
                    opcode | len << CXL_MBOX_CMD_LENGTH_SHIFT);
    write_registers(d, MBOX(CXL_MBOX_CTRL), 4,
                    CXL_MBOX_CTRL_DOORBELL | (fuzz_take(in, 1) & 6));
}

static void check_decoders(const Device *d)
{
    const CxlHdm *hdm = &d->e.component.hdm;
    uint64_t end = 0;

    for (unsigned i = 0; i < hdm->count; i++) {
        const CxlDecoder *dec = &hdm->state.decoder[i];

        if (!dec->committed || !dec->size) {
            continue;
        }
        must(dec->base >= end && !(dec->base % U) && !(dec->size % U));
        end = dec->base + dec->size;
        must(end > dec->base);
        must(cxl_dpa_contains(&d->e.dpa, dec->dpa_base,
                              cxl_hdm_dpa_size(dec)));
    }
}

/* All that can be read of two devices is the same */
static void check_alike(Device *a, Device *b)
{
    for (unsigned at = CXL_CACHEMEM_OFFSET; at < 2 * CXL_CACHEMEM_OFFSET;
         at += 8) {
        must(cxl_component_read(&a->e.component, at, 8) ==
             cxl_component_read(&b->e.component, at, 8));
    }
    for (unsigned at = 0; at < CXL_DEVICE_REGS_PAYLOAD + CXL_CCI_MAX_PAYLOAD;
         at += 8) {
        must(cxl_memdev_read(&a->e.memdev, at, 8, now) ==
             cxl_memdev_read(&b->e.memdev, at, 8, now));
    }
    for (unsigned at = 0; at < CXL_CONFIG_SPACE_SIZE; at += 4) {
        uint32_t value = (uint32_t)cxl_le_load(a->space + at, 4);

        must(value == cxl_le_load(b->space + at, 4));
        must(cxl_confspace_read(&a->e.space, at, 4, value) ==
             cxl_confspace_read(&b->e.space, at, 4, value));
    }
}

/*
 * A cold reset leaves behind what power does not take (memory that was being
 * sanitized stays closed) and no more, and state is all that there is to know
 */
static void check_end(Device *d)
{
    Device *other = device_new();
    Saved *saved = malloc(sizeof(*saved));

    save(d, saved);
    load(other, saved);
    check_alike(d, other);
    free(saved);
    free(other);
    other = device_new();
    other->e.memdev.state.nv = d->e.memdev.state.nv;
    reset(other, CXL_RESET_COLD);
    reset(d, CXL_RESET_COLD);
    check_alike(d, other);
    free(other);
}

static void operate(Device *d, Input *in)
{
    CxlEffects effects = { 0 };
    CxlEventRecord record = { 0 };
    unsigned op = fuzz_take(in, 1) % OPS, size;
    uint64_t offset;

    switch (op) {
    case OP_CONFIG:
        config(d, in);
        break;
    case OP_COMPONENT:
    case OP_REGISTERS:
        size = 1 + fuzz_take(in, 1) % 8;
        offset = fuzz_take(in, 2);
        (op == OP_COMPONENT ? write_component : write_registers)(
            d, offset, size, fuzz_take(in, 8));
        break;
    case OP_DECODER:
        decoder(d, in);
        break;
    case OP_COMMAND:
        command(d, in);
        break;
    case OP_TIMER:
        now.virtual_ns += fuzz_take(in, 4);
        now.wall_ns += fuzz_take(in, 1);
        cxl_endpoint_timer(&d->e, now, &effects);
        break;
    case OP_FLUSHED:
        if (flushing) {
            flushing = false;
            cxl_endpoint_flushed(&d->e, fuzz_take(in, 1) % 2, &effects);
        }
        break;
    case OP_EVENT:
        cxl_memdev_add_event(&d->e.memdev, fuzz_take(in, 1) % CXL_EVENT_LOGS,
                             &record, now, &effects);
        break;
    case OP_RESET:
        reset(d, fuzz_take(in, 1) % (CXL_RESET_FUNCTION + 1));
        break;
    }
    apply(d, &effects);
    check_decoders(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Device *d = device_new();
    Input in = { data, size };

    now = (CxlTime) { 0 };
    flushing = false;
    while (in.left) {
        operate(d, &in);
    }
    check_end(d);
    free(d);
    must(!unit_failures);
    return 0;
}
