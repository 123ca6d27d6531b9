/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripted faults: the same script, the same run
 */
#include "hw/cxl/core/faults.h"
#include "unit.h"

static CxlFaults f;
static CxlFaultsConfig config;

static void setup(void)
{
    memset(&config, 0, sizeof(config));
}

/* Answers to @n times @opcode are @want */
static void expect(uint16_t opcode, unsigned n, CxlRet want)
{
    for (unsigned i = 0; i < n; i++) {
        check_eq(cxl_faults_command(&f, opcode), want);
    }
}

static void test_nothing(void)
{
    setup();
    cxl_faults_init(&f, &config);
    for (unsigned opcode = 0; opcode < 0x10000; opcode += 0x101) {
        expect((uint16_t)opcode, 2, CXL_RET_SUCCESS);
        check(!cxl_faults_background(&f, (uint16_t)opcode));
    }
}

static void test_commands(void)
{
    setup();
    config.ncommands = 3;
    config.commands[0] = (CxlFaultCommand) { 0x4000, 3, 2, CXL_RET_BUSY };
    config.commands[1] = (CxlFaultCommand) { 0x4000, 4, 2,
                                             CXL_RET_INTERNAL_ERROR };
    config.commands[2] = (CxlFaultCommand) { 0x4200, 1, 0,
                                             CXL_RET_RETRY_REQUIRED };
    cxl_faults_init(&f, &config);
    expect(0x4000, 2, CXL_RET_SUCCESS);
    expect(0x4001, 5, CXL_RET_SUCCESS);
    expect(0x4000, 2, CXL_RET_BUSY);
    /* both rows fit the fourth time: the first counts, the second counted */
    expect(0x4000, 1, CXL_RET_INTERNAL_ERROR);
    expect(0x4000, 100, CXL_RET_SUCCESS);
    expect(0x4200, 100, CXL_RET_RETRY_REQUIRED);
}

/* A count that has reached its end neither wraps nor begins anew */
static void test_many(void)
{
    setup();
    config.ncommands = 2;
    config.commands[0] = (CxlFaultCommand) { 1, 1, 1, CXL_RET_BUSY };
    config.commands[1] = (CxlFaultCommand) { 2, UINT32_MAX, 0, CXL_RET_BUSY };
    cxl_faults_init(&f, &config);
    f.state.seen[0] = f.state.seen[1] = UINT32_MAX - 2;
    expect(1, 5, CXL_RET_SUCCESS);
    expect(2, 1, CXL_RET_SUCCESS);
    expect(2, 5, CXL_RET_BUSY);
}

/* The first row of an opcode counts */
static void test_background(void)
{
    const CxlFaultBackground *row;

    setup();
    config.nbackgrounds = 2;
    config.backgrounds[0] = (CxlFaultBackground) { 0x4400, true, 40, 0 };
    config.backgrounds[1] = (CxlFaultBackground) { 0x4400, false, 0, 5 };
    cxl_faults_init(&f, &config);
    row = cxl_faults_background(&f, 0x4400);
    check(row && row->sticks && row->percent == 40);
    check(!cxl_faults_background(&f, 0x4304));
}

static void expect_link(uint64_t elapsed, bool down, uint64_t next)
{
    uint64_t got;

    check_eq(cxl_faults_link_down(&f, elapsed, &got), down);
    check_eq(got, next);
}

static void test_link(void)
{
    setup();
    cxl_faults_init(&f, &config);
    expect_link(0, false, UINT64_MAX);
    config.nlinks = 3;
    config.links[0] = (CxlFaultLink) { 100, 50 };
    config.links[1] = (CxlFaultLink) { 120, 10 };
    config.links[2] = (CxlFaultLink) { 140, 20 };
    cxl_faults_init(&f, &config);
    expect_link(0, false, 100);
    expect_link(99, false, 100);
    expect_link(100, true, 120);
    expect_link(120, true, 130);
    expect_link(130, true, 140);
    expect_link(150, true, 160);
    expect_link(160, false, UINT64_MAX);
    config.nlinks = 2;
    config.links[1] = (CxlFaultLink) { 200, 0 };
    config.links[0] = (CxlFaultLink) { 10, UINT64_MAX };
    cxl_faults_init(&f, &config);
    expect_link(0, false, 10);
    expect_link(10, true, 200);
    expect_link(200, true, UINT64_MAX);
    expect_link(UINT64_MAX - 1, true, UINT64_MAX);
}

#define RUN 2000

static unsigned play(uint64_t seed, CxlRet *run)
{
    unsigned failed = 0;

    config.chance.seed = seed;
    cxl_faults_init(&f, &config);
    for (unsigned i = 0; i < RUN; i++) {
        run[i] = cxl_faults_command(&f, 0x4000);
        check(run[i] == CXL_RET_SUCCESS || run[i] == CXL_RET_BUSY ||
              run[i] == CXL_RET_INTERNAL_ERROR);
        failed += run[i] != CXL_RET_SUCCESS;
    }
    return failed;
}

static void test_chance(void)
{
    CxlRet run[RUN], again[RUN];

    setup();
    config.chance.one_in = 10;
    config.chance.nrets = 2;
    config.chance.ret[0] = CXL_RET_BUSY;
    config.chance.ret[1] = CXL_RET_INTERNAL_ERROR;
    for (uint64_t seed = 0; seed < 20; seed++) {
        unsigned failed = play(seed, run);

        check(failed > RUN / 20 && failed < RUN / 5);
        play(seed, again);
        check_mem(again, run, sizeof(run));
        play(seed + 1, again);
        check(memcmp(again, run, sizeof(run)));
    }
    /* what would make the generator stand still */
    check(play(0x9e3779b97f4a7c15ull, run) > 0);
    config.chance.one_in = 1;
    check_eq(play(5, run), RUN);
}

int main(void)
{
    unit_run("nothing", test_nothing);
    unit_run("commands", test_commands);
    unit_run("many", test_many);
    unit_run("background", test_background);
    unit_run("link", test_link);
    unit_run("chance", test_chance);
    return unit_done();
}
