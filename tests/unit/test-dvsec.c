/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended capabilities and DVSECs
 */
#include "hw/cxl/core/dvsec.h"

#include "hw/cxl/spec/wire.h"
#include "dpa.h"
#include "rows.h"
#include "unit.h"

#define U   (256ull << 20)
#define FILL 0xa5       /* what configuration space holds elsewhere */

static uint8_t space[CXL_CONFIG_SPACE_SIZE];
static CxlDvsecs d;
static CxlDpa memory;
static CxlEffects effects;

static void make(CxlComponentKind kind, uint64_t volatile_size,
                 uint64_t persistent_size)
{
    const CxlDvsecConfig config = {
        .kind = kind, .dpa = &memory,
    };

    memory = test_dpa(volatile_size, persistent_size);
    memset(space, 0, sizeof(space));
    effects = (CxlEffects) { 0 };
    cxl_dvsecs_init(&d, &config, space);
}

static uint64_t get(uint32_t offset, unsigned size)
{
    return cxl_le_load(space + offset, size);
}

static bool put(uint32_t offset, unsigned size, uint32_t value)
{
    return cxl_dvsecs_write(&d, offset, size, value, &effects);
}

static unsigned at(CxlComponentKind kind, uint16_t dvsec_id)
{
    const CxlExtCap *cap = cxl_ext_cap_find(kind, CXL_EXT_CAP_DVSEC, dvsec_id);

    return check(cap != NULL) ? cap->offset : 0;
}

/* Ascending, aligned, apart from each other, within configuration space */
static void test_layout(void)
{
    for (unsigned kind = CXL_ROOT_PORT; kind <= CXL_MAILBOX_CCI; kind++) {
        unsigned count, end = 0x100;
        const CxlExtCap *caps = cxl_ext_caps((CxlComponentKind)kind, &count);

        check(count > 0);
        check_eq(caps[0].offset, 0x100);
        for (unsigned i = 0; i < count; i++) {
            check(caps[i].offset >= end);
            check_eq(caps[i].offset % 4, 0);
            check(caps[i].version > 0);
            end = caps[i].offset + caps[i].size;
            check(end <= CXL_CONFIG_SPACE_SIZE);
            check(cxl_ext_cap_find((CxlComponentKind)kind, caps[i].id,
                                   caps[i].dvsec_id) == &caps[i]);
        }
    }
}

typedef struct Expected {
    uint16_t id, dvsec_id, size;
    uint8_t revision, version;
} Expected;

static void check_caps(CxlComponentKind kind, const Expected *want, unsigned n)
{
    unsigned count;

    cxl_ext_caps(kind, &count);
    check_eq(count, n);
    make(kind, U, U);
    for (unsigned i = 0; i < n; i++) {
        const CxlExtCap *cap = cxl_ext_cap_find(kind, want[i].id,
                                                want[i].dvsec_id);

        if (!check(cap != NULL)) {
            continue;
        }
        check_eq(cap->size, want[i].size);
        check_eq(cap->version, want[i].version);
        if (want[i].id == 0x23) {
            check_eq(get(cap->offset, 4), 0);   /* the machine's header */
            check_eq(get(cap->offset + 4, 2), 0x1e98);
            check_eq(get(cap->offset + 6, 1) & 0xf, want[i].revision);
            check_eq(get(cap->offset + 6, 2) >> 4, want[i].size);
            check_eq(get(cap->offset + 8, 2), want[i].dvsec_id);
        }
    }
}

static void test_caps(void)
{
    static const Expected endpoint[] = {
        { 0x01, 0, 0x48, 0, 2 }, { 0x03, 0, 0x0c, 0, 1 },
        { 0x2e, 0, 0x18, 0, 1 },
        { 0x23, 0, 0x3c, 3, 1 }, { 0x23, 5, 0x10, 0, 1 },
        { 0x23, 7, 0x20, 2, 1 },
        { 0x23, 8, 0x24, 0, 1 },
    };
    static const Expected upstream[] = {
        { 0x01, 0, 0x48, 0, 2 }, { 0x03, 0, 0x0c, 0, 1 },
        { 0x2e, 0, 0x18, 0, 1 },
        { 0x23, 3, 0x28, 0, 1 }, { 0x23, 7, 0x20, 2, 1 },
        { 0x23, 8, 0x24, 0, 1 }, { 0x23, 2, 0x2c, 0, 1 },
    };
    static const Expected dport[] = {
        { 0x01, 0, 0x48, 0, 2 }, { 0x03, 0, 0x0c, 0, 1 },
        { 0x0d, 0, 0x08, 0, 1 },
        { 0x23, 3, 0x28, 0, 1 }, { 0x23, 4, 0x10, 0, 1 },
        { 0x23, 7, 0x20, 2, 1 },
        { 0x23, 8, 0x24, 0, 1 },
    };
    static const Expected mailbox_cci[] = {
        { 0x01, 0, 0x48, 0, 2 }, { 0x03, 0, 0x0c, 0, 1 },
        { 0x23, 8, 0x24, 0, 1 },
    };
    unsigned count;

    check_caps(CXL_MAILBOX_CCI, mailbox_cci, 3);
    check_caps(CXL_ENDPOINT, endpoint, 7);
    check_caps(CXL_UPSTREAM_PORT, upstream, 7);
    check_caps(CXL_ROOT_PORT, dport, 7);
    check_caps(CXL_DOWNSTREAM_PORT, dport, 7);
    check(cxl_ext_caps(CXL_HOST_BRIDGE, &count) == NULL && count == 0);
    check(!cxl_ext_cap_find(CXL_ENDPOINT, CXL_EXT_CAP_DVSEC, 3));
    check(!cxl_ext_cap_find(CXL_ENDPOINT, CXL_EXT_CAP_ACS, 0));
}

/* Registers by number */
typedef struct Register {
    uint8_t dvsec_id, offset, width;
    uint32_t reset, rw, w1c;
} Register;

static const Register device_registers[] = {
    { 0, 0x0a, 2, 0xc1ae, 0, 0 },           /* two ranges */
    { 0, 0x0c, 2, 0x0002, 0x4004, 0 },
    { 0, 0x0e, 2, 0, 0, 0x4000 },
    { 0, 0x10, 2, 0, 0, 0 },
    { 0, 0x12, 2, 0x8000, 0, 0 },           /* 8.1.3.5: PM is initialised */
    { 0, 0x16, 2, 0x0080, 0, 0 },           /* 8.1.3.7: no clean write-back */
    { 0, 0x18, 4, 0x00000001, 0, 0 },       /* 4 GiB + 256 MiB */
    { 0, 0x1c, 4, 0x1000004b, 0, 0 },
    { 0, 0x20, 4, 0, 0xffffffff, 0 },
    { 0, 0x24, 4, 0, 0xf0000000, 0 },
    { 0, 0x28, 4, 0x00000000, 0, 0 },       /* 512 MiB */
    { 0, 0x2c, 4, 0x2000004b, 0, 0 },
    { 0, 0x30, 4, 0, 0xffffffff, 0 },
    { 0, 0x34, 4, 0, 0xf0000000, 0 },
    { 0, 0x38, 2, 0, 0, 0 },
    { 0, 0x3a, 2, 0, 0, 0 },
    { 5, 0x0a, 2, 0x0601, 0, 0 },
    { 5, 0x0c, 4, 0, 0, 0 },
    { 7, 0x0a, 2, 0x0026, 0, 0 },
    { 7, 0x0c, 2, 0x0026, 0x0024, 0 },
    { 7, 0x0e, 2, 0x0026, 0, 0x1f80 },
    { 7, 0x10, 4, 0, 0, 0 },
    { 7, 0x14, 4, 0, 0, 0 },
    { 7, 0x18, 4, 0, 0, 0 },
    { 7, 0x1c, 4, 0, 0, 0 },
    { 8, 0x0a, 2, 0, 0, 0 },
    { 8, 0x0c, 4, 0x00000100, 0, 0 },       /* component, BAR 0 */
    { 8, 0x10, 4, 0, 0, 0 },
    { 8, 0x14, 4, 0x00000302, 0, 0 },       /* device, BAR 2 */
    { 8, 0x18, 4, 0, 0, 0 },
    { 8, 0x1c, 4, 0, 0, 0 },
    { 8, 0x20, 4, 0, 0, 0 },
};

static const Register port_registers[] = {
    { 3, 0x0a, 2, 0x0001, 0, 0x4000 },
    { 3, 0x0e, 1, 0, 0xff, 0 },
    { 3, 0x0f, 1, 0, 0xff, 0 },
    { 3, 0x10, 2, 0, 0xfff0, 0 },
    { 3, 0x12, 2, 0, 0xfff0, 0 },
    { 3, 0x14, 2, 0, 0xfff0, 0 },
    { 3, 0x16, 2, 0, 0xfff0, 0 },
    { 3, 0x18, 4, 0, 0xffffffff, 0 },
    { 3, 0x1c, 4, 0, 0xffffffff, 0 },
    { 3, 0x20, 4, 0, 0xffffe001, 0 },
    { 3, 0x24, 4, 0, 0xffffffff, 0 },
    { 7, 0x0a, 2, 0x0026, 0, 0 },
    { 7, 0x0c, 2, 0x0026, 0x0024, 0 },
    { 7, 0x0e, 2, 0x0026, 0, 0x1f80 },
    { 8, 0x0c, 4, 0x00000100, 0, 0 },
    { 8, 0x10, 4, 0, 0, 0 },
    { 8, 0x14, 4, 0, 0, 0 },
    { 8, 0x18, 4, 0, 0, 0 },
};

/* 8.1.5.2: a root port has no Viral Enable */
static const Register root_port_control[] = { { 3, 0x0c, 2, 0, 0x000f, 0 } };
static const Register switch_port_control[] = { { 3, 0x0c, 2, 0, 0x400f, 0 } };

static const Register dport_registers[] = {
    { 4, 0x0a, 2, 0, 0, 0 },
    { 4, 0x0c, 2, 0, 0x0f0f, 0 },
    { 4, 0x0e, 2, 0, 0x0f0f, 0 },
};

static const Register upstream_registers[] = {
    { 2, 0x0a, 2, 0, 0, 0 },
    { 2, 0x0c, 4, 0, 0, 0 },
    { 2, 0x10, 4, 0, 0, 0 },
    { 2, 0x14, 4, 0, 0, 0 },
    { 2, 0x18, 4, 0, 0, 0 },
    { 2, 0x1c, 4, 0, 0, 0 },
    { 2, 0x20, 4, 0, 0, 0 },
    { 2, 0x24, 4, 0, 0, 0 },
    { 2, 0x28, 4, 0, 0, 0 },
};

static const Register mailbox_cci_registers[] = {
    { 8, 0x0a, 2, 0, 0, 0 },
    { 8, 0x0c, 4, 0x00000300, 0, 0 },       /* device, BAR 0 */
    { 8, 0x10, 4, 0, 0, 0 },
    { 8, 0x14, 4, 0, 0, 0 },
    { 8, 0x18, 4, 0, 0, 0 },
};

static void check_registers(CxlComponentKind kind, const Register *regs,
                            unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const Register *r = &regs[i];
        uint32_t where, all = r->width == 4 ? UINT32_MAX
                                            : (1u << (8 * r->width)) - 1;
        unsigned long failures = unit_failures;

        make(kind, 4096ull << 20 | U, 2 * U);
        where = at(kind, r->dvsec_id) + r->offset;
        check_eq(get(where, r->width), r->reset);
        check(put(where, r->width, all));
        check_eq(get(where, r->width), r->reset | r->rw);
        check(put(where, r->width, 0));
        check_eq(get(where, r->width), r->reset & ~r->rw);
        cxl_le_store(space + where, r->width, r->w1c | r->reset);
        check(put(where, r->width, 0x5555 & all));
        check_eq(get(where, r->width) & r->w1c, 0xaaaa & r->w1c);
        check(put(where, r->width, all));
        check_eq(get(where, r->width) & r->w1c, 0);
        cxl_dvsecs_reset(&d, CXL_RESET_WARM);
        check_eq(get(where, r->width), r->reset);
        if (unit_failures != failures) {
            unit_note("kind %u, DVSEC %u, offset 0x%x", kind, r->dvsec_id,
                      r->offset);
        }
    }
}

static void test_registers(void)
{
    static const CxlComponentKind ports[] = {
        CXL_ROOT_PORT, CXL_UPSTREAM_PORT, CXL_DOWNSTREAM_PORT,
    };

    check_registers(CXL_ENDPOINT, device_registers,
                    sizeof(device_registers) / sizeof(Register));
    check_registers(CXL_MAILBOX_CCI, mailbox_cci_registers,
                    sizeof(mailbox_cci_registers) / sizeof(Register));
    check_registers(CXL_UPSTREAM_PORT, upstream_registers,
                    sizeof(upstream_registers) / sizeof(Register));
    for (unsigned i = 0; i < 3; i++) {
        check_registers(ports[i], ports[i] == CXL_ROOT_PORT ?
                        root_port_control : switch_port_control, 1);
        check_registers(ports[i], port_registers,
                        sizeof(port_registers) / sizeof(Register));
        if (ports[i] != CXL_UPSTREAM_PORT) {
            check_registers(ports[i], dport_registers,
                            sizeof(dport_registers) / sizeof(Register));
        }
    }
}

static uint64_t walk_read(void *opaque, uint32_t offset, unsigned size)
{
    return cxl_le_load((uint8_t *)opaque + offset, size);
}

/* Whatever is no DVSEC is refused, and the walk sees that it stays */
static void walk_write(void *opaque, uint32_t offset, unsigned size,
                       uint64_t value)
{
    (void)opaque;
    put(offset, size, (uint32_t)value);
}

static void walk_reset(void *opaque, CxlReset kind)
{
    (void)opaque;
    cxl_dvsecs_reset(&d, kind);
}

static uint64_t walk_avoid(const CxlRegRow *row)
{
    return strcmp(row->name, "CXL control 2") ? 0 : CXL_DEVICE_CTRL2_RESET;
}

static const RowWalk walk = {
    .regs = &d.regs, .max_access = 4, .read = walk_read, .write = walk_write,
    .reset = walk_reset, .avoid = walk_avoid, .opaque = space,
};

static void test_rows(void)
{
    for (unsigned kind = CXL_ROOT_PORT; kind <= CXL_MAILBOX_CCI; kind++) {
        make((CxlComponentKind)kind, U, U);
        /* random contents lock and unlock the device DVSEC on the way */
        rows_walk_accesses(&walk);
        rows_walk_resets(&walk, true);
    }
}

/* HDM count and ranges follow what there is; volatile capacity comes first */
static void test_ranges(void)
{
    static const struct {
        uint64_t volatile_size, persistent_size;
        unsigned count;
        uint64_t range[2];
    } cases[] = {
        { 2 * U, 0, 1, { 2 * U, 0 } },
        { 0, 3 * U, 1, { 3 * U, 0 } },
        { 2 * U, 3 * U, 2, { 2 * U, 3 * U } },
        { 1ull << 42, 1ull << 41, 2, { 1ull << 42, 1ull << 41 } },
    };
    unsigned dev = at(CXL_ENDPOINT, 0);

    for (unsigned i = 0; i < 4; i++) {
        make(CXL_ENDPOINT, cases[i].volatile_size, cases[i].persistent_size);
        check_eq(get(dev + 0x0a, 2) >> 4 & 3, cases[i].count);
        for (unsigned r = 0; r < 2; r++) {
            uint64_t high = get(dev + 0x18 + 0x10 * r, 4);
            uint64_t low = get(dev + 0x1c + 0x10 * r, 4);

            check_eq(high << 32 | (low & 0xf0000000), cases[i].range[r]);
            check_eq(low & 3, (r < cases[i].count) * 3);
        }
    }
}

/* Which range stands for a partition, by its first DPA */
static void test_range_at(void)
{
    unsigned dev = at(CXL_ENDPOINT, 0);

    make(CXL_ENDPOINT, 2 * U, 3 * U);
    check_eq(cxl_dvsecs_range_at(&d, 0), dev + 0x18);
    check_eq(cxl_dvsecs_range_at(&d, U), 0);
    check_eq(cxl_dvsecs_range_at(&d, 2 * U), dev + 0x28);
    check_eq(cxl_dvsecs_range_at(&d, 5 * U), 0);
    make(CXL_ENDPOINT, 0, 3 * U);
    check_eq(cxl_dvsecs_range_at(&d, 0), dev + 0x18);
    check_eq(cxl_dvsecs_range_at(&d, 3 * U), 0);
    make(CXL_UPSTREAM_PORT, 0, 0);
    check_eq(cxl_dvsecs_range_at(&d, 0), 0);
}

/* 8.1.3.8: without decoders the ranges decode, each where its capacity is */
static void test_ranges_decode(void)
{
    unsigned dev = at(CXL_ENDPOINT, 0);
    static CxlHdm ranges;

    make(CXL_ENDPOINT, 2 * U, 3 * U);
    check(!cxl_dvsecs_ranges(&d, &ranges));
    put(dev + 0x0c, 2, 0x4);
    check(!cxl_dvsecs_ranges(&d, &ranges));     /* no base yet */
    effects.flags = 0;
    put(dev + 0x24, 4, 0x50000000);
    check_eq(effects.flags, CXL_EFFECT_ROUTES);
    put(dev + 0x30, 4, 0x7);
    effects.flags = 0;
    put(dev + 0x30, 4, 0x7);
    check_eq(effects.flags, 0);                 /* no change, no effect */
    check(cxl_dvsecs_ranges(&d, &ranges));
    check(ranges.state.enabled && ranges.endpoint);
    check_eq(ranges.count, 2);
    check(ranges.state.decoder[0].committed);
    check_eq(ranges.state.decoder[0].ways, 1);
    check_eq(ranges.state.decoder[0].base, 0x50000000);
    check_eq(ranges.state.decoder[0].size, 2 * U);
    check_eq(ranges.state.decoder[0].dpa_base, 0);
    check_eq(ranges.state.decoder[1].base, 0x700000000);
    check_eq(ranges.state.decoder[1].size, 3 * U);
    check_eq(ranges.state.decoder[1].dpa_base, 2 * U);
    put(dev + 0x0c, 2, 0);
    check(!cxl_dvsecs_ranges(&d, &ranges));
}

/* 8.1.4: a register for each function, a bit for each device; no reset helps */
static void test_function_map(void)
{
    unsigned map = at(CXL_UPSTREAM_PORT, 2) + 0x0c;

    for (unsigned devfn = 1; devfn < 256; devfn++) {
        unsigned mine = devfn % 8;

        make(CXL_UPSTREAM_PORT, 0, 0);
        cxl_dvsecs_set_non_cxl(&d, 2 << 3 | 4, true);
        cxl_dvsecs_set_non_cxl(&d, (uint8_t)devfn, true);
        cxl_dvsecs_set_non_cxl(&d, 2 << 3 | 4, false);
        for (unsigned kind = CXL_RESET_WARM; kind <= CXL_RESET_FUNCTION;
             kind++) {
            cxl_dvsecs_reset(&d, (CxlReset)kind);
            for (unsigned fn = 0; fn < 8; fn++) {
                check_eq(get(map + 4 * fn, 4), devfn == (2 << 3 | 4) ||
                         fn != mine ? 0 : 1u << devfn / 8);
            }
        }
        put(map + 4 * mine, 4, 0);
        put(map + 4 * mine, 4, UINT32_MAX);
        check_eq(get(map + 4 * mine, 4), devfn == (2 << 3 | 4) ? 0 :
                 1u << devfn / 8);
        cxl_dvsecs_set_non_cxl(&d, (uint8_t)devfn, false);
        check_eq(get(map + 4 * mine, 4), 0);
    }
    /* Others have none */
    make(CXL_ENDPOINT, U, 0);
    cxl_dvsecs_set_non_cxl(&d, 1, true);
    check(!cxl_ext_cap_find(CXL_ENDPOINT, CXL_EXT_CAP_DVSEC, 2));
    check(!cxl_ext_cap_find(CXL_DOWNSTREAM_PORT, CXL_EXT_CAP_DVSEC, 2));
}

static void test_mem_enable(void)
{
    unsigned ctrl = at(CXL_ENDPOINT, 0) + 0x0c;

    make(CXL_ENDPOINT, U, 0);
    check(!cxl_dvsecs_mem_enabled(&d));
    check(put(ctrl, 2, 0x4));               /* what Linux writes */
    check_eq(effects.flags, CXL_EFFECT_ROUTES);
    check(cxl_dvsecs_mem_enabled(&d));
    effects.flags = 0;
    check(put(ctrl, 2, 0x4004));
    check_eq(effects.flags, 0);             /* no change, no effect */
    check(put(ctrl, 1, 0));
    check_eq(effects.flags, CXL_EFFECT_ROUTES);
    check(!cxl_dvsecs_mem_enabled(&d));
    check(put(ctrl, 4, 4));
    check(cxl_dvsecs_mem_enabled(&d));
    cxl_dvsecs_reset(&d, CXL_RESET_WARM);
    check(!cxl_dvsecs_mem_enabled(&d));
    make(CXL_ROOT_PORT, 0, 0);
    check(!cxl_dvsecs_mem_enabled(&d));
}

static void test_config_lock(void)
{
    unsigned dev = at(CXL_ENDPOINT, 0);

    make(CXL_ENDPOINT, U, U);
    put(dev + 0x0c, 2, 0x4);
    put(dev + 0x24, 4, 0x30000000);
    put(dev + 0x14, 2, 1);
    check_eq(get(dev + 0x14, 2), 1);
    effects.flags = 0;
    put(dev + 0x14, 2, 0);                  /* once */
    put(dev + 0x0c, 2, 0);
    put(dev + 0x20, 4, UINT32_MAX);
    put(dev + 0x24, 4, UINT32_MAX);
    put(dev + 0x34, 4, UINT32_MAX);
    check_eq(get(dev + 0x14, 2), 1);
    check_eq(get(dev + 0x0c, 2), 0x6);
    check_eq(get(dev + 0x20, 4), 0);
    check_eq(get(dev + 0x24, 4), 0x30000000);
    check_eq(get(dev + 0x34, 4), 0);
    check(cxl_dvsecs_mem_enabled(&d) && effects.flags == 0);
    /* 8.1.3.6, 9.5, 9.7: neither unlocks, nor changes what is locked */
    for (unsigned kind = CXL_RESET_CXL; kind <= CXL_RESET_FUNCTION; kind++) {
        cxl_dvsecs_reset(&d, (CxlReset)kind);
        check_eq(get(dev + 0x14, 2), 1);
        check_eq(get(dev + 0x0c, 2), 0x6);
        check_eq(get(dev + 0x24, 4), 0x30000000);
        check(cxl_dvsecs_mem_enabled(&d));
    }
    cxl_dvsecs_reset(&d, CXL_RESET_WARM);
    check_eq(get(dev + 0x14, 2), 0);
    put(dev + 0x0c, 2, 0x4);
    put(dev + 0x24, 4, 0x50000000);
    cxl_dvsecs_reset(&d, CXL_RESET_FUNCTION);
    check_eq(get(dev + 0x24, 4), 0x50000000);
    cxl_dvsecs_reset(&d, CXL_RESET_CXL);
    check_eq(get(dev + 0x24, 4), 0);
    check(!cxl_dvsecs_mem_enabled(&d));
    put(dev + 0x24, 4, 0x50000000);
    check_eq(get(dev + 0x24, 4), 0x50000000);
}

static void test_cxl_reset(void)
{
    unsigned dev = at(CXL_ENDPOINT, 0);

    make(CXL_ENDPOINT, U, 0);
    check(get(dev + 0x0a, 2) & 1 << 7);     /* capable */
    put(dev + 0x14, 2, 1);
    check(put(dev + 0x10, 2, 0x4));
    check_eq(effects.flags, CXL_EFFECT_DEVICE_RESET);
    check_eq(get(dev + 0x14, 2), 1);
    check_eq(get(dev + 0x10, 2), 0);
    check_eq(get(dev + 0x12, 2), 0x8000);
    cxl_dvsecs_reset(&d, CXL_RESET_WARM);
    put(dev + 0x14, 2, 1);
    cxl_dvsecs_reset_done(&d);
    check_eq(get(dev + 0x12, 4), 0x18002);
    effects.flags = 0;
    check(put(dev + 0x10, 4, 0xffff0004));  /* again: done is taken back */
    check_eq(effects.flags, CXL_EFFECT_DEVICE_RESET);
    check_eq(get(dev + 0x12, 2), 0x8000);
}

/* No write, wherever it goes, changes a byte outside of the DVSECs */
static void test_bounds(void)
{
    for (unsigned kind = CXL_ROOT_PORT; kind <= CXL_MAILBOX_CCI; kind++) {
        unsigned count;
        const CxlExtCap *caps = cxl_ext_caps((CxlComponentKind)kind, &count);
        static bool ours[CXL_CONFIG_SPACE_SIZE + 4];

        memset(ours, 0, sizeof(ours));
        memset(space, FILL, sizeof(space));
        memory = test_dpa(U, 0);
        d = (CxlDvsecs) { 0 };
        cxl_dvsecs_init(&d, &(CxlDvsecConfig) {
            .kind = (CxlComponentKind)kind, .dpa = &memory,
        }, space);
        for (unsigned i = 0; i < count; i++) {
            bool dvsec = caps[i].id == CXL_EXT_CAP_DVSEC;

            for (unsigned b = 0; b < caps[i].size && dvsec; b++) {
                ours[caps[i].offset + b] = true;
            }
        }
        for (uint32_t o = 0; o < CXL_CONFIG_SPACE_SIZE; o++) {
            for (unsigned size = 1; size <= 4; size++) {
                bool touches = false;

                for (unsigned b = 0; b < size; b++) {
                    touches |= ours[o + b];
                }
                check_eq(put(o, size, (uint32_t)unit_random()), touches);
            }
        }
        check(!put(CXL_CONFIG_SPACE_SIZE, 4, 0));
        check(!put(UINT32_MAX, 4, 0));
        check(!put(UINT32_MAX - 1, 1, 0));
        for (uint32_t o = 0; o < CXL_CONFIG_SPACE_SIZE; o++) {
            if (!ours[o] && !check_eq(space[o], FILL)) {
                unit_note("byte 0x%x", o);
            }
        }
        for (unsigned i = 0; i < count; i++) {
            /* headers are the machine's */
            check_eq(get(caps[i].offset, 4), 0xa5a5a5a5);
        }
    }
}

int main(void)
{
    unit_run("layout", test_layout);
    unit_run("capabilities of each kind", test_caps);
    unit_run("registers by number", test_registers);
    unit_run("every row, size and alignment", test_rows);
    unit_run("ranges", test_ranges);
    unit_run("range of a partition", test_range_at);
    unit_run("ranges decode", test_ranges_decode);
    unit_run("function map", test_function_map);
    unit_run("Mem_Enable", test_mem_enable);
    unit_run("CONFIG_LOCK", test_config_lock);
    unit_run("CXL reset", test_cxl_reset);
    unit_run("bounds", test_bounds);
    return unit_done();
}
