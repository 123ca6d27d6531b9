/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register engine, on a block made up for the purpose
 */
#include "hw/cxl/core/regblock.h"

#include "rows.h"
#include "unit.h"

/* One register of each width and attribute, with holes between them */
static const CxlRegRow plain_rows[] = {
    { .name = "ro", .offset = 0x0, .width = 4, .reset = 0x11223344 },
    { .name = "rw", .offset = 0x4, .width = 1, .reset = 0x5a, .rw = 0xf0 },
    { .name = "w1c", .offset = 0x6, .width = 2, .w1c = 0x8181,
      .sticky = 0x8001 },
    { .name = "mixed", .offset = 0x8, .width = 8,
      .reset = 0x0000000100000002, .rw = 0xff00ff0000ff00ff,
      .w1c = 0x000000ff00000000, .rwl = 0x00ff000000000000,
      .sticky = 0xffff0000ffff0000 },
};

static const CxlRegRow repeated_rows[] = {
    { .name = "hooked", .offset = 0x0, .width = 4, .hook = 7, .rw = 0xffffffff,
      .reset = 0xcafe },
    { .name = "lockable", .offset = 0x4, .width = 2, .hook = 8, .rwl = 0xfff0 },
};

/* Fills the block up to its last byte */
static const CxlRegRow tail_rows[] = {
    { .name = "tail", .width = 4, .rw = 0xffffffff },
};

#define BLOCK_SIZE      0x40
#define PLAIN_BASE      0x04
#define REPEATED_BASE   0x18
#define TAIL_BASE       0x38
#define STRIDE          0x08
#define INSTANCES       3

typedef struct HookCall {
    unsigned group, instance;
    uint8_t hook;
    uint64_t old, now;
} HookCall;

static uint8_t bytes[BLOCK_SIZE];
static CxlRegBlock block;
static int locked_instance;
static HookCall calls[16];
static unsigned ncalls;

static bool is_locked(const CxlRegBlock *b, unsigned group, unsigned instance)
{
    check(b == &block);
    return group == 1 ? (int)instance == locked_instance : locked_instance >= 0;
}

static void written(CxlRegBlock *b, unsigned group, unsigned instance,
                    const CxlRegRow *row, uint64_t old, CxlEffects *effects)
{
    uint32_t start = row_start(&b->groups[group], instance, row);

    effects->flags |= CXL_EFFECT_ROUTES;
    calls[ncalls++ % 16] = (HookCall) {
        group, instance, row->hook, old,
        cxl_regblock_read(b, start, row->width),
    };
}

static const CxlRegBlockOps ops = { .locked = is_locked, .written = written };

static void make_block(const CxlRegBlockOps *with)
{
    const CxlRegGroup plain = {
        .rows = plain_rows, .nrows = 4, .base = PLAIN_BASE, .count = 1,
    };
    const CxlRegGroup repeated = {
        .rows = repeated_rows, .nrows = 2, .base = REPEATED_BASE,
        .stride = STRIDE, .count = INSTANCES,
    };
    const CxlRegGroup tail = {
        .rows = tail_rows, .nrows = 1, .base = TAIL_BASE, .stride = 4,
        .count = 2,
    };

    memset(bytes, 0, sizeof(bytes));
    locked_instance = -1;
    ncalls = 0;
    cxl_regblock_init(&block, bytes, sizeof(bytes), with);
    check_eq(cxl_regblock_add(&block, &plain), 0);
    check_eq(cxl_regblock_add(&block, &repeated), 1);
    check_eq(cxl_regblock_add(&block, &tail), 2);
    cxl_regblock_reset(&block, CXL_RESET_COLD);
}

static uint64_t do_read(void *opaque, uint32_t offset, unsigned size)
{
    return cxl_regblock_read(opaque, offset, size);
}

static void do_write(void *opaque, uint32_t offset, unsigned size,
                     uint64_t value)
{
    CxlEffects effects = { 0 };

    cxl_regblock_write(opaque, offset, size, value, &effects);
}

static void do_reset(void *opaque, CxlReset kind)
{
    cxl_regblock_reset(opaque, kind);
}

static const RowWalk walk = {
    .regs = &block, .max_access = 8, .read = do_read, .write = do_write,
    .reset = do_reset, .opaque = &block,
};

static void test_walk(void)
{
    make_block(&ops);
    for (locked_instance = -1; locked_instance < INSTANCES;
         locked_instance++) {
        rows_walk_accesses(&walk);
    }
    make_block(NULL);
    rows_walk_accesses(&walk);
    rows_walk_resets(&walk, false);
}

/* Worked out by hand, so that the walk's own prediction has a witness */
static void test_by_hand(void)
{
    make_block(&ops);
    check_eq(cxl_regblock_read(&block, 0x04, 4), 0x11223344);
    check_eq(cxl_regblock_read(&block, 0x05, 2), 0x2233);
    check_eq(cxl_regblock_read(&block, 0x08, 1), 0x5a);
    check_eq(cxl_regblock_read(&block, 0x0c, 8), 0x0000000100000002);
    check_eq(cxl_regblock_read(&block, 0x18, 8), 0xcafe);
    check_eq(cxl_regblock_read(&block, 0x28, 8), 0xcafe);
    check_eq(cxl_regblock_read(&block, 0x30, 8), 0);

    /* rw keeps the low nibble, ro stays, w1c with nothing set stays */
    do_write(&block, 0x04, 8, 0xffffffffffffffff);
    check_eq(cxl_regblock_read(&block, 0x04, 8), 0x000000fa11223344);

    /* 0xff in byte 4 clears bit 32; rwl in byte 6 takes the value */
    do_write(&block, 0x0c, 8, 0xa1b2c3ffe5d6f708);
    check_eq(cxl_regblock_read(&block, 0x0c, 8), 0xa1b2c30000d60008);

    /* the byte in the middle of a row, and only it */
    do_write(&block, 0x0e, 1, 0x77);
    check_eq(cxl_regblock_read(&block, 0x0c, 8), 0xa1b2c30000770008);

    /* locked: byte 6 no longer */
    locked_instance = 0;
    do_write(&block, 0x12, 2, 0x0000);
    check_eq(cxl_regblock_read(&block, 0x0c, 8), 0x00b2c30000770008);

    /* w1c clears what is set and written, and nothing else */
    cxl_regblock_set(&block, 0x0a, 2, 0x8181);
    do_write(&block, 0x0a, 2, 0x8101);
    check_eq(cxl_regblock_read(&block, 0x0a, 2), 0x0080);
    cxl_regblock_set(&block, 0x0a, 2, 0x8181);
    do_write(&block, 0x0b, 1, 0x80);
    check_eq(cxl_regblock_read(&block, 0x0a, 2), 0x0181);
}

static void test_sticky(void)
{
    make_block(&ops);
    cxl_regblock_set(&block, 0x0a, 2, 0x8181);
    cxl_regblock_set(&block, 0x0c, 8, 0x123456789abcdef0);
    cxl_regblock_reset(&block, CXL_RESET_WARM);
    check_eq(cxl_regblock_read(&block, 0x0a, 2), 0x8001);
    check_eq(cxl_regblock_read(&block, 0x0c, 8), 0x123400019abc0002);
    cxl_regblock_reset(&block, CXL_RESET_FUNCTION);
    check_eq(cxl_regblock_read(&block, 0x0a, 2), 0x8001);
    cxl_regblock_reset(&block, CXL_RESET_COLD);
    check_eq(cxl_regblock_read(&block, 0x0a, 2), 0);
    check_eq(cxl_regblock_read(&block, 0x0c, 8), 0x0000000100000002);
    check_eq(ncalls, 0);
}

/* Hooks run in ascending order, when all rows hold their new values */
static void test_hooks(void)
{
    CxlEffects effects = { 0 };

    make_block(&ops);
    cxl_regblock_write(&block, 0x04, 4, 0, &effects);
    check_eq(ncalls, 0);
    check_eq(effects.flags, 0);

    /* the upper half of instance 0 and the lower half of instance 1 */
    cxl_regblock_write(&block, 0x1a, 8, 0x1122334455667788, &effects);
    check_eq(effects.flags, CXL_EFFECT_ROUTES);
    check_eq(ncalls, 3);
    check_eq(calls[0].group, 1);
    check_eq(calls[0].instance, 0);
    check_eq(calls[0].hook, 7);
    check_eq(calls[0].old, 0xcafe);
    check_eq(calls[0].now, 0x7788cafe);
    check_eq(calls[1].instance, 0);
    check_eq(calls[1].hook, 8);
    check_eq(calls[1].now, 0x5560);
    check_eq(calls[2].instance, 1);
    check_eq(calls[2].hook, 7);
    check_eq(calls[2].now, 0x1122);

    /* bytes between the instances are nobody's */
    cxl_regblock_write(&block, 0x1e, 2, 0xffff, &effects);
    check_eq(ncalls, 3);
    check_eq(cxl_regblock_read(&block, 0x1e, 2), 0);
}

static void test_bounds(void)
{
    CxlEffects effects = { 0 };
    uint8_t before[BLOCK_SIZE];

    make_block(&ops);
    cxl_regblock_write(&block, 0x38, 8, 0xeeeeeeeeeeeeeeee, &effects);
    check_eq(cxl_regblock_read(&block, 0x38, 8), 0xeeeeeeeeeeeeeeee);
    check_eq(cxl_regblock_read(&block, 0x3e, 8), 0xeeee);
    check_eq(cxl_regblock_read(&block, 0x3f, 1), 0xee);
    check_eq(cxl_regblock_read(&block, 0x40, 8), 0);
    check_eq(cxl_regblock_read(&block, UINT32_MAX, 8), 0);
    memcpy(before, bytes, sizeof(bytes));
    cxl_regblock_write(&block, 0x39, 8, 0, &effects);
    cxl_regblock_write(&block, 0x3f, 2, 0, &effects);
    cxl_regblock_write(&block, 0x40, 1, 0, &effects);
    cxl_regblock_write(&block, UINT32_MAX - 3, 8, 0, &effects);
    cxl_regblock_set(&block, 0x3d, 4, 0);
    cxl_regblock_set(&block, 0x40, 1, 0);
    cxl_regblock_set(&block, UINT32_MAX, 8, 0);
    check_mem(bytes, before, sizeof(bytes));
    check_eq(effects.flags, 0);
    cxl_regblock_set(&block, 0x38, 8, 0x0123456789abcdef);
    check_eq(cxl_regblock_read(&block, 0x38, 8), 0x0123456789abcdef);
}

static void test_add(void)
{
    CxlRegGroup group = {
        .rows = repeated_rows, .nrows = 2, .base = 0x08, .stride = STRIDE,
        .count = 2,
    };

    cxl_regblock_init(&block, bytes, sizeof(bytes), NULL);
    check_eq(cxl_regblock_add(&block, &group), 0);
    check_eq(cxl_regblock_add(&block, &group), -1);     /* overlaps */
    group.base = 0x15;
    check_eq(cxl_regblock_add(&block, &group), -1);     /* by one byte */
    group.base = 0x16;
    group.count = 0;
    check_eq(cxl_regblock_add(&block, &group), -1);     /* empty */
    group.count = 5;
    group.nrows = 0;
    check_eq(cxl_regblock_add(&block, &group), -1);
    group.nrows = 2;
    group.base = 0x1b;
    check_eq(cxl_regblock_add(&block, &group), -1);     /* too long */
    group.base = 0x1a;
    check_eq(cxl_regblock_add(&block, &group), 1);
    check_eq(block.ngroups, 2);

    cxl_regblock_init(&block, bytes, sizeof(bytes), NULL);
    group.count = 1;
    group.nrows = 1;
    for (unsigned i = 0; i < CXL_REGBLOCK_MAX_GROUPS; i++) {
        static const CxlRegRow row = { .name = "byte", .width = 1 };

        group.rows = &row;
        group.base = i;
        check_eq(cxl_regblock_add(&block, &group), i);
    }
    group.base = CXL_REGBLOCK_MAX_GROUPS;
    check_eq(cxl_regblock_add(&block, &group), -1);
}

int main(void)
{
    unit_run("every row, size and alignment", test_walk);
    unit_run("by hand", test_by_hand);
    unit_run("sticky", test_sticky);
    unit_run("hooks", test_hooks);
    unit_run("bounds", test_bounds);
    unit_run("adding groups", test_add);
    return unit_done();
}
