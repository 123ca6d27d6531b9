/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Component registers: capability lists, rows, and the life of a decoder as
 * software lives it
 */
#include "hw/cxl/core/component.h"

#include "hw/cxl/spec/wire.h"
#include "dpa.h"
#include "rows.h"
#include "../registers.h"
#include "unit.h"

#define U           (256ull << 20)
#define CM          0x1000      /* CXL.cache and CXL.mem registers */
#define HDM         0x1200
#define BASE(n)     (HDM + 0x10 + 0x20 * (n))
#define SIZE(n)     (BASE(n) + 0x08)
#define CTRL(n)     (BASE(n) + 0x10)
#define LIST(n)     (BASE(n) + 0x14)    /* targets or skip */

#define LOCK        0x100u
#define COMMIT      0x200u
#define COMMITTED   0x400u
#define ERROR       0x800u
#define HOST_ONLY   0x1000u

static CxlComponent c;
static CxlDpa memory;
static CxlEffects effects;

static void make(CxlComponentKind kind, unsigned decoders)
{
    const CxlComponentConfig config = {
        .kind = kind, .decoders = decoders, .dpa = &memory,
    };

    memory = test_dpa(16 * U, 16 * U);
    cxl_component_init(&c, &config);
    effects = (CxlEffects) { 0 };
}

static uint64_t get(uint64_t offset, unsigned size)
{
    return cxl_component_read(&c, offset, size);
}

static void put(uint64_t offset, unsigned size, uint64_t value)
{
    cxl_component_write(&c, offset, size, value, &effects);
}

/* Did the routes change since the last call? */
static bool routes(void)
{
    bool changed = effects.flags & CXL_EFFECT_ROUTES;

    check_eq(effects.flags & ~CXL_EFFECT_ROUTES, 0);
    effects.flags = 0;
    return changed;
}

static const struct {
    CxlComponentKind kind;
    unsigned decoders;
} shapes[] = {
    { CXL_HOST_BRIDGE, 0 }, { CXL_HOST_BRIDGE, 8 }, { CXL_HOST_BRIDGE, 32 },
    { CXL_ROOT_PORT, 0 }, { CXL_UPSTREAM_PORT, 0 }, { CXL_UPSTREAM_PORT, 10 },
    { CXL_DOWNSTREAM_PORT, 0 }, { CXL_ENDPOINT, 1 }, { CXL_ENDPOINT, 8 },
    { CXL_ENDPOINT, 10 },
};

#define NSHAPES (sizeof(shapes) / sizeof(shapes[0]))

#define NREGISTERS (sizeof(component_registers) / sizeof(TestRegister))

/* What the table says of a register of one kind of component */
static uint64_t reset_value(unsigned kind, uint16_t offset)
{
    for (unsigned i = 0; i < NREGISTERS; i++) {
        const TestRegister *r = &component_registers[i];

        if (r->kinds & kind && r->offset == offset) {
            return r->reset;
        }
    }
    check(!"in the table");
    return 0;
}

/* Its low four bits are the count, which the table has for eight decoders */
static uint64_t hdm_capability(unsigned kind, unsigned count)
{
    return (reset_value(kind, 0x200) & ~0xfull) | count;
}

static void test_decoder_counts(void)
{
    static const uint8_t legal[] = {
        1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32,
    };

    for (unsigned n = 0; n < 300; n++) {
        unsigned code = 0;

        while (code < sizeof(legal) && legal[code] != n) {
            code++;
        }
        check_eq(cxl_component_decoders_valid(CXL_HOST_BRIDGE, n),
                 !n || code < 13);
        check_eq(cxl_component_decoders_valid(CXL_UPSTREAM_PORT, n),
                 !n || code < 6);
        check_eq(cxl_component_decoders_valid(CXL_ENDPOINT, n), code < 6);
        check_eq(cxl_component_decoders_valid(CXL_ROOT_PORT, n), !n);
        check_eq(cxl_component_decoders_valid(CXL_DOWNSTREAM_PORT, n), !n);
        if (code < 13) {
            make(CXL_HOST_BRIDGE, n);
            check_eq(get(HDM, 4), hdm_capability(HB, code));
            check_eq(c.hdm.count, n);
        }
        if (code < 6) {
            make(CXL_ENDPOINT, n);
            check_eq(get(HDM, 4), hdm_capability(EP, code));
        }
    }
    check(!cxl_component_decoders_valid(CXL_COMPONENT_KINDS, 0));
    make(CXL_ENDPOINT, 7);
    check_eq(c.hdm.count, 1);
    make(CXL_HOST_BRIDGE, 33);
    check_eq(c.hdm.count, 0);
}

/* Walk the list as software does; see the expected ids and no overlap */
static void check_list(CxlComponentKind kind, unsigned decoders,
                       const uint8_t *ids)
{
    static const uint16_t length[] = {
        [CXL_CAP_RAS] = 0x58, [CXL_CAP_LINK] = 0x50,
        [CXL_CAP_EXT_SECURITY] = 4, [CXL_CAP_SNOOP_FILTER] = 8,
    };
    static const uint8_t version[] = {
        [CXL_CAP_RAS] = 2, [CXL_CAP_LINK] = 2, [CXL_CAP_HDM] = 3,
        [CXL_CAP_EXT_SECURITY] = 2, [CXL_CAP_SNOOP_FILTER] = 1,
    };
    uint64_t header;
    unsigned n = 0, end;

    make(kind, decoders);
    header = get(CM, 4);
    check_eq(header & 0xffffff, 0x110001);
    end = (unsigned)(header >> 24) * 4 + 4;
    for (; ids[n]; n++) {
        uint64_t cap = get(CM + 4 + 4 * n, 4);
        unsigned offset = (unsigned)(cap >> 20);

        check_eq(cap & 0xffff, ids[n]);
        check_eq(cap >> 16 & 0xf, version[ids[n]]);
        check(offset >= end && offset % 8 == 0);
        end = offset + (ids[n] == CXL_CAP_HDM ? 0x10 + 0x20 * decoders
                                              : length[ids[n]]);
        check(end <= 0x1000);
        if (ids[n] == CXL_CAP_HDM) {
            check_eq(CM + offset, HDM);
        }
    }
    check_eq(header >> 24, n);
}

/* Table 8-22: links and snoop filters belong to ports, not to the bridge */
static void test_lists(void)
{
    check_list(CXL_HOST_BRIDGE, 32, (const uint8_t[]) { 5, 6, 0 });
    check_list(CXL_HOST_BRIDGE, 8, (const uint8_t[]) { 5, 6, 0 });
    check_list(CXL_HOST_BRIDGE, 0, (const uint8_t[]) { 6, 0 });
    check_list(CXL_ROOT_PORT, 0, (const uint8_t[]) { 2, 4, 8, 0 });
    check_list(CXL_UPSTREAM_PORT, 10, (const uint8_t[]) { 2, 4, 5, 0 });
    check_list(CXL_UPSTREAM_PORT, 0, (const uint8_t[]) { 2, 4, 0 });
    check_list(CXL_DOWNSTREAM_PORT, 0, (const uint8_t[]) { 2, 4, 0 });
    check_list(CXL_ENDPOINT, 8, (const uint8_t[]) { 2, 4, 5, 0 });
}

/* 8.2.4.19: ten registers, and nothing of another capability among them */
static void test_link(void)
{
    static const uint8_t offsets[] = {
        0x00, 0x08, 0x10, 0x18, 0x20, 0x28, 0x30, 0x38, 0x40, 0x48,
    };

    check_eq(CXL_LINK_SIZE, 0x50);
    for (unsigned kind = CXL_ROOT_PORT; kind < CXL_COMPONENT_KINDS; kind++) {
        const CxlRegGroup *group = NULL;

        make((CxlComponentKind)kind, kind == CXL_ENDPOINT ? 8 : 0);
        for (unsigned g = 0; g < c.regs.ngroups; g++) {
            if (c.regs.groups[g].base == 0x100) {
                group = &c.regs.groups[g];
            }
        }
        if (!check(group && group->nrows == sizeof(offsets))) {
            continue;
        }
        for (unsigned i = 0; i < group->nrows; i++) {
            check_eq(group->rows[i].offset, offsets[i]);
            check_eq(group->rows[i].width, 8);
        }
    }
}

static void check_register(const TestRegister *r)
{
    uint64_t at = CM + r->offset;
    bool control = r->offset == 0x220;
    uint64_t ones = control ? UINT32_MAX & ~COMMIT : UINT32_MAX;
    uint64_t hardware = r->rw | r->w1c | r->sticky ? ones : 0;

    check_eq(get(at, 4), r->reset);
    put(at, 4, ones);
    check_eq(get(at, 4), (r->reset | r->rw) & ~r->w1c);
    put(at, 4, 0);
    check_eq(get(at, 4), r->reset & ~r->rw);

    cxl_regblock_set(&c.regs, r->offset, 4, hardware);
    put(at, 4, 0x55555555 & ones);
    check_eq(get(at, 4) & r->w1c, 0xaaaaaaaa & r->w1c);
    put(at, 4, ones);
    check_eq(get(at, 4) & r->w1c, 0);

    cxl_regblock_set(&c.regs, r->offset, 4, hardware);
    cxl_component_reset(&c, CXL_RESET_WARM);
    check_eq(get(at, 4), (r->reset & ~r->sticky) | r->sticky);
    cxl_regblock_set(&c.regs, r->offset, 4, 0);
    cxl_component_reset(&c, CXL_RESET_WARM);
    check_eq(get(at, 4), r->reset & ~r->sticky);
    cxl_component_reset(&c, CXL_RESET_COLD);
    check_eq(get(at, 4), r->reset);
}

static void test_registers(void)
{
    for (unsigned kind = 0; kind < CXL_COMPONENT_KINDS; kind++) {
        bool decodes = (HB | UP | EP) & 1u << kind;

        for (unsigned i = 0; i < NREGISTERS; i++) {
            const TestRegister *r = &component_registers[i];
            unsigned long failures = unit_failures;

            if (r->kinds & 1u << kind) {
                make((CxlComponentKind)kind, decodes ? 8 : 0);
                check_register(r);
            }
            if (unit_failures != failures) {
                unit_note("kind %u, offset 0x%x", kind, r->offset);
            }
        }
    }
}

static uint64_t walk_read(void *opaque, uint32_t offset, unsigned size)
{
    return cxl_component_read(opaque, CM + (uint64_t)offset, size);
}

static void walk_write(void *opaque, uint32_t offset, unsigned size,
                       uint64_t value)
{
    cxl_component_write(opaque, CM + (uint64_t)offset, size, value, &effects);
}

static void walk_reset(void *opaque, CxlReset kind)
{
    cxl_component_reset(opaque, kind);
}

static uint64_t walk_avoid(const CxlRegRow *row)
{
    return strcmp(row->name, "control") ? 0 : COMMIT | COMMITTED;
}

static const RowWalk walk = {
    .regs = &c.regs, .max_access = 8, .read = walk_read, .write = walk_write,
    .reset = walk_reset, .avoid = walk_avoid, .opaque = &c,
};

static void commit(unsigned n, uint64_t base, uint64_t size, uint32_t ctrl)
{
    put(BASE(n), 8, base);
    put(SIZE(n), 8, size);
    put(CTRL(n), 4, ctrl | COMMIT);
}

/* What the machine can tell of a decoder */
static void test_report(void)
{
    make(CXL_ENDPOINT, 4);
    commit(1, 0, U, 0);
    check_eq(effects.report.what, CXL_REPORT_REFUSED);
    check_eq(effects.report.number, 1);
    check_str(effects.report.wrong, "decoder before it is not committed");
    commit(0, 0, U, 0);
    check_eq(effects.report.what, CXL_REPORT_COMMIT);
    check_eq(effects.report.number, 0);
    check(!effects.report.wrong);
    put(CTRL(0), 4, 0);
    check_eq(effects.report.what, CXL_REPORT_UNCOMMIT);
    put(CTRL(0), 4, 0);
    check_eq(effects.report.what, 0);
    commit(0, 0, U, LOCK);
    check_eq(effects.report.what, CXL_REPORT_COMMIT);
    put(CTRL(0), 4, 0);
    check_eq(effects.report.what, CXL_REPORT_REFUSED);
    check_str(effects.report.wrong, "decoder is locked");
    put(BASE(0) + 0x1c, 4, 1);
    check_str(effects.report.wrong, "there is no register");
}

static void test_rows(void)
{
    for (unsigned i = 0; i < NSHAPES; i++) {
        make(shapes[i].kind, shapes[i].decoders);
        rows_walk_accesses(&walk);
        rows_walk_resets(&walk, true);
        if (shapes[i].decoders > 1) {
            /* again, with one decoder locked and one not */
            commit(0, 0, U, LOCK);
            commit(1, U, U, 0);
            check_eq(c.hdm.state.decoder[0].locked, true);
            check_eq(c.hdm.state.decoder[1].locked, false);
            rows_walk_accesses(&walk);
            check_eq(c.hdm.state.decoder[0].committed, true);
        }
    }
}

/* Bytes outside of 0x1000..0x1fff are nobody's, even within one access */
static void test_bounds(void)
{
    make(CXL_ENDPOINT, 8);
    check_eq(get(0, 8), 0);
    check_eq(get(0xff8, 8), 0);
    check_eq(get(0xffc, 8), 0x0311000100000000);
    check_eq(get(0xffe, 4), 0x00010000);
    check_eq(get(0xfff, 8), get(0x1000, 7) << 8);
    check_eq(get(0x2000, 8), 0);
    check_eq(get(0xfff8, 8), 0);
    check_eq(get(0x10000, 8), 0);
    check_eq(get(UINT64_MAX, 8), 0);
    check_eq(get(UINT64_MAX - 3, 8), 0);
    cxl_regblock_set(&c.regs, 0xffc, 4, 0x12345678);
    check_eq(get(0x1ffd, 8), 0x123456);
    for (uint64_t at = 0xff9; at < 0x1000; at++) {
        put(at, 8, UINT64_MAX);
    }
    put(0x1ffc, 8, UINT64_MAX);
    put(0x2000, 8, UINT64_MAX);
    put(UINT64_MAX, 8, UINT64_MAX);
    check_eq(get(0x1000, 4), 0x03110001);
    check_eq(get(0x1ffc, 4), 0x12345678);
    check(!routes());
}

/* In the order of Linux's cxl_decoder_commit() and cxl_decoder_reset() */
static void linux_program(unsigned n, uint64_t base, uint64_t size,
                          uint64_t list, uint32_t ctrl)
{
    put(BASE(n) + 4, 4, base >> 32);
    put(BASE(n), 4, base);
    put(SIZE(n) + 4, 4, size >> 32);
    put(SIZE(n), 4, size);
    put(LIST(n) + 4, 4, list >> 32);
    put(LIST(n), 4, list);
    check(!routes());
    put(CTRL(n), 4, ctrl);
}

static void linux_reset(unsigned n)
{
    put(CTRL(n), 4, get(CTRL(n), 4) & ~(uint64_t)COMMIT);
    put(SIZE(n) + 4, 4, 0);
    put(SIZE(n), 4, 0);
    put(BASE(n) + 4, 4, 0);
    put(BASE(n), 4, 0);
}

static void test_linux_device(void)
{
    make(CXL_ENDPOINT, 8);
    put(HDM + 4, 4, 2);
    check(routes());
    check(c.hdm.state.enabled);
    check_eq(get(HDM + 4, 4), 2);
    put(CTRL(0), 4, HOST_ONLY);         /* not yet committed: make it type 3 */
    check_eq(get(CTRL(0), 4), HOST_ONLY);

    /* two-way at 1 KiB, in the volatile partition */
    linux_program(0, 0x490000000, 4 * U, 0, 0x12 | COMMIT | HOST_ONLY);
    check(routes());
    check_eq(get(CTRL(0), 4), 0x12 | COMMIT | COMMITTED | HOST_ONLY);
    check_eq(c.hdm.state.decoder[0].base, 0x490000000);
    check_eq(c.hdm.state.decoder[0].ways, 2);
    check_eq(c.hdm.state.decoder[0].granularity, 1024);
    check_eq(c.hdm.state.decoder[0].host_only, true);

    /* persistent: 14 units of volatile capacity are skipped */
    linux_program(1, 0x800000000, 3 * U, 14 * U, 0x80 | COMMIT | HOST_ONLY);
    check(routes());
    check_eq(c.hdm.state.decoder[1].dpa_base, 16 * U);
    check_eq(c.hdm.state.decoder[1].ways, 3);
    check_eq(c.hdm.state.decoder[1].skip, 14 * U);

    /* no third partition */
    linux_program(2, 0x900000000, 16 * U, 0, COMMIT | HOST_ONLY);
    check(!routes());
    check_eq(get(CTRL(2), 4), COMMIT | ERROR | HOST_ONLY);
    check_eq(c.hdm.state.refusal[2], CXL_HDM_NO_CAPACITY);
    put(CTRL(2), 4, HOST_ONLY);         /* what Linux does on an error */
    check_eq(get(CTRL(2), 4), ERROR | HOST_ONLY);
    linux_program(2, 0x900000000, U, 0, COMMIT);
    check(routes());
    check_eq(get(CTRL(2), 4), COMMIT | COMMITTED);
    check_eq(c.hdm.state.decoder[2].host_only, false);

    linux_reset(2);
    check(routes());
    check_eq(get(CTRL(2), 4), 0);
    check(!c.hdm.state.decoder[2].committed);
    linux_reset(0);
    check(routes());
    check(c.hdm.state.decoder[1].committed);
    check_eq(c.hdm.state.decoder[1].dpa_base, 16 * U);
    put(HDM + 4, 4, 0);
    check(routes());
    check(!c.hdm.state.enabled);
}

static void test_linux_port(void)
{
    static const uint8_t targets[8] = { 0, 9, 0x80, 0xff, 4, 5, 6, 7 };

    make(CXL_HOST_BRIDGE, 8);
    check(c.hdm.state.enabled);
    put(HDM + 4, 4, 3);                 /* always on, nothing to switch */
    check_eq(get(HDM + 4, 4), 0);
    check(c.hdm.state.enabled && !routes());
    linux_program(0, 0x4a0000000, 8 * U, 0x07060504ff800900,
                  0x36 | COMMIT | HOST_ONLY);
    check(routes());
    check_eq(get(CTRL(0), 4), 0x36 | COMMIT | COMMITTED | HOST_ONLY);
    check_mem(c.hdm.state.decoder[0].targets, targets, 8);
    check_eq(c.hdm.state.decoder[0].skip, 0);
    check_eq(c.hdm.state.decoder[0].ways, 8);

    /* sixteen and three ways are not for ports */
    commit(1, 0x600000000, 3 * U, 0x40);
    check_eq(get(CTRL(1), 4), 0x40 | COMMIT | ERROR);
    put(CTRL(1), 4, 0);
    commit(1, 0x600000000, 3 * U, 0x80);
    check_eq(get(CTRL(1), 4), 0x80 | COMMIT | ERROR);
    check_eq(c.hdm.state.refusal[1], CXL_HDM_BAD_WAYS);
    check(!routes());
}

/* What registers ask for, whether or not it was granted */
static void test_wanted(void)
{
    CxlDecoder d;

    make(CXL_ENDPOINT, 2);
    put(LIST(1), 8, 3 * U);
    commit(1, 4 * U, 2 * U, 0x12);
    check_eq(c.hdm.state.refusal[1], CXL_HDM_OUT_OF_ORDER);
    d = cxl_component_wanted(&c, 1);
    check_eq(d.base, 4 * U);
    check_eq(d.size, 2 * U);
    check_eq(d.ways, 2);
    check_eq(d.granularity, 1024);
    check_eq(d.skip, 3 * U);
    check(!d.committed);

    put(CTRL(1), 4, 0x7f | LOCK);
    d = cxl_component_wanted(&c, 1);
    check_eq(d.ways, 0);
    check_eq(d.granularity, 0);
    check(d.locked);
    d = cxl_component_wanted(&c, 2);
    check_eq(d.base | d.size | d.ways | d.granularity, 0);

    make(CXL_HOST_BRIDGE, 1);
    put(LIST(0), 8, 0x0807060504030201);
    d = cxl_component_wanted(&c, 0);
    check_eq(d.ways, 1);
    check_eq(d.granularity, 256);
    check_eq(d.targets[7], 8);
}

/* A new attempt clears the error first, with or without Commit cleared */
static void test_error(void)
{
    make(CXL_ENDPOINT, 2);
    commit(1, U, U, 0);
    check_eq(get(CTRL(1), 4), COMMIT | ERROR);
    commit(0, 0, U, 0);
    check_eq(get(CTRL(0), 4), COMMIT | COMMITTED);
    put(CTRL(1), 4, COMMIT | HOST_ONLY);
    check_eq(get(CTRL(1), 4), COMMIT | COMMITTED | HOST_ONLY);
    check_eq(c.hdm.state.refusal[1], CXL_HDM_ACCEPTED);

    /* status bits are not for software to write */
    put(CTRL(0), 4, COMMIT | ERROR);
    check_eq(get(CTRL(0), 4), COMMIT | COMMITTED);
    put(CTRL(0), 4, COMMITTED);
    check_eq(get(CTRL(0), 4), 0);
    check(!c.hdm.state.decoder[0].committed);
}

/* What is in force stays as it was when it was committed */
static void test_latched(void)
{
    make(CXL_HOST_BRIDGE, 2);
    put(LIST(0), 8, 0x0807060504030201);
    commit(0, 4 * U, 2 * U, 0x11);
    check(routes());
    put(BASE(0), 8, 0x10000000000);
    put(SIZE(0), 8, 100 * U);
    put(LIST(0), 8, 0x1020304050607080);
    put(CTRL(0), 4, 0x35 | COMMIT | LOCK | HOST_ONLY);
    check(!routes());
    check_eq(c.hdm.state.decoder[0].base, 4 * U);
    check_eq(c.hdm.state.decoder[0].size, 2 * U);
    check_eq(c.hdm.state.decoder[0].ways, 2);
    check_eq(c.hdm.state.decoder[0].granularity, 512);
    check_eq(c.hdm.state.decoder[0].targets[1], 2);
    check(!c.hdm.state.decoder[0].locked && !c.hdm.state.decoder[0].host_only);

    /* it can be uncommitted, and then the new values count */
    put(CTRL(0), 4, 0x35);
    check(routes());
    put(CTRL(0), 4, 0x35 | COMMIT);
    check(routes());
    check_eq(c.hdm.state.decoder[0].base, 0x10000000000);
    check_eq(c.hdm.state.decoder[0].ways, 8);
}

static void test_lock(void)
{
    uint8_t before[0x20];

    make(CXL_ENDPOINT, 2);
    put(LIST(0), 8, 2 * U);
    commit(0, 4 * U, 2 * U, 0x11 | LOCK);
    check(routes());
    check_eq(get(CTRL(0), 4), 0x11 | LOCK | COMMIT | COMMITTED);
    memcpy(before, c.state.bytes + 0x210, sizeof(before));
    for (unsigned size = 1; size <= 8; size++) {
        for (uint64_t at = BASE(0); at + size <= BASE(1); at++) {
            put(at, size, 0);
            put(at, size, UINT64_MAX);
            put(at, size, unit_random());
        }
    }
    check_mem(c.state.bytes + 0x210, before, sizeof(before));
    check(!routes());
    check(c.hdm.state.decoder[0].committed);

    /* the other decoder is free; only a reset frees this one */
    commit(1, 8 * U, U, 0);
    check(routes());
    check_eq(c.hdm.state.decoder[1].dpa_base, 3 * U);
    for (unsigned kind = CXL_RESET_COLD; kind <= CXL_RESET_WARM; kind++) {
        cxl_component_reset(&c, (CxlReset)kind);
        check_eq(get(CTRL(0), 4), 0);
        check_eq(get(BASE(0), 8), 0);
        check(!c.hdm.state.decoder[0].committed);
        check(!c.hdm.state.decoder[0].locked);
        commit(0, 6 * U, U, LOCK);
        check_eq(get(CTRL(0), 4), LOCK | COMMIT | COMMITTED);
    }
}

/* 9.7: of a device's decoders, a CXL reset leaves those that are locked */
static void test_lock_and_cxl_reset(void)
{
    uint8_t before[0x20];

    make(CXL_ENDPOINT, 4);
    put(HDM + 4, 4, 2);
    put(LIST(0), 8, 2 * U);
    commit(0, 4 * U, 2 * U, 0x11 | LOCK);
    commit(1, 8 * U, U, 0);
    put(BASE(2), 8, 9 * U);
    memcpy(before, c.state.bytes + 0x210, sizeof(before));
    cxl_component_reset(&c, CXL_RESET_CXL);
    check_mem(c.state.bytes + 0x210, before, sizeof(before));
    check_eq(get(CTRL(0), 4), 0x11 | LOCK | COMMIT | COMMITTED);
    check(c.hdm.state.decoder[0].committed && c.hdm.state.decoder[0].locked);
    check_eq(c.hdm.state.decoder[0].base, 4 * U);
    check_eq(c.hdm.state.decoder[0].dpa_base, 2 * U);
    check_eq(get(CTRL(1), 4), 0);
    check_eq(get(BASE(1), 8) | get(BASE(2), 8), 0);
    check(!c.hdm.state.decoder[1].committed);
    check(!c.hdm.state.enabled);
    check_eq(get(HDM + 4, 4), 0);

    /* still locked, and what comes after it follows it */
    put(CTRL(0), 4, 0);
    check_eq(get(CTRL(0), 4), 0x11 | LOCK | COMMIT | COMMITTED);
    commit(1, 8 * U, U, 0);
    check_eq(c.hdm.state.decoder[1].dpa_base, 3 * U);
}

/* 9.5: a function-level reset does not touch component registers */
static void test_flr(void)
{
    CxlComponent before;

    make(CXL_ENDPOINT, 4);
    put(HDM + 4, 4, 2);
    commit(0, 0, U, 0);
    commit(1, U, U, LOCK);
    commit(3, 2 * U, U, 0);             /* refused */
    put(CM + 0x84, 4, 0);
    memcpy(&before, &c, sizeof(c));
    cxl_component_reset(&c, CXL_RESET_FUNCTION);
    check_mem(&c, &before, sizeof(c));
}

/* Byte by byte, word by word, and eight bytes that end in control */
static void test_access_sizes(void)
{
    for (unsigned size = 1; size <= 8; size++) {
        uint8_t image[0x1c] = { 0 };

        make(CXL_HOST_BRIDGE, 1);
        cxl_le_store(image + 0x00, 8, 0x123450000000);
        cxl_le_store(image + 0x08, 8, 2 * U);
        cxl_le_store(image + 0x14, 8, 0x0807060504030201);
        /* everything but control, which goes last, is written in pieces */
        for (unsigned at = 0; at < 0x1c; at += size) {
            unsigned n = size < 0x1c - at ? size : 0x1c - at;

            put(BASE(0) + at, n, cxl_le_load(image + at, n));
        }
        check(!routes());
        put(CTRL(0) + 1, 1, COMMIT >> 8);
        check(routes());
        check_eq(get(CTRL(0) + 1, 1), (COMMIT | COMMITTED) >> 8);
        check_eq(c.hdm.state.decoder[0].base, 0x123450000000);
        check_eq(c.hdm.state.decoder[0].targets[7], 8);
    }
    make(CXL_HOST_BRIDGE, 1);
    put(BASE(0), 8, U);
    put(SIZE(0), 4, U);
    put(CTRL(0) - 4, 8, (uint64_t)(COMMIT | 0x01) << 32);
    check_eq(get(CTRL(0), 4), 0x01 | COMMIT | COMMITTED);
    check_eq(get(CTRL(0) - 3, 8), (uint64_t)(0x01 | COMMIT | COMMITTED) << 24);
}

static void test_reset(void)
{
    for (unsigned kind = CXL_RESET_COLD; kind <= CXL_RESET_CXL; kind++) {
        make(CXL_ENDPOINT, 4);
        put(HDM + 4, 4, 2);
        commit(0, 0, U, 0);
        commit(3, 0, U, 0);
        put(CM + 0x84, 4, 0);           /* RAS mask: sticky */
        cxl_component_reset(&c, (CxlReset)kind);
        check(!c.hdm.state.enabled);
        check_eq(get(HDM + 4, 4), 0);
        check(!c.hdm.state.decoder[0].committed);
        check_eq(get(CTRL(3), 4), 0);
        check_eq(get(CM, 4), 0x03110001);
        check_eq(get(HDM, 4), hdm_capability(EP, 2));
        check_eq(get(CM + 0x84, 4),
                 kind == CXL_RESET_COLD ? reset_value(EP, 0x84) : 0);
        check_eq(c.hdm.count, 4);
    }
}

/* Registers and decoders agree whatever software does */
static void test_random(void)
{
    for (unsigned i = 0; i < NSHAPES; i++) {
        make(shapes[i].kind, shapes[i].decoders);
        for (unsigned n = 0; n < 20000; n++) {
            uint64_t value = unit_random();

            /* near the decoders, and often with plausible values */
            if (unit_below(2)) {
                value &= 0x0000001230000312;
            }
            put(0x11f0 + unit_below(0x180), 1 + (unsigned)unit_below(8),
                value);
            for (unsigned d = 0; d < c.hdm.count; d++) {
                check_eq(!!(get(CTRL(d), 4) & COMMITTED),
                         c.hdm.state.decoder[d].committed);
            }
            if (!unit_below(500)) {
                cxl_component_reset(&c, CXL_RESET_WARM);
            }
        }
    }
}

int main(void)
{
    unit_run("decoder counts", test_decoder_counts);
    unit_run("capability lists", test_lists);
    unit_run("registers by number", test_registers);
    unit_run("ten link registers", test_link);
    unit_run("every row, size and alignment", test_rows);
    unit_run("bounds of the block", test_bounds);
    unit_run("device as Linux does it", test_linux_device);
    unit_run("port as Linux does it", test_linux_port);
    unit_run("what registers ask for", test_wanted);
    unit_run("error not committed", test_error);
    unit_run("latched at commit", test_latched);
    unit_run("report", test_report);
    unit_run("lock on commit", test_lock);
    unit_run("lock on commit and CXL reset", test_lock_and_cxl_reset);
    unit_run("function-level reset", test_flr);
    unit_run("access sizes", test_access_sizes);
    unit_run("reset", test_reset);
    unit_run("random writes", test_random);
    return unit_done();
}
