/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripted faults: what a device is to do wrong, and when
 */
#include "hw/cxl/core/faults.h"

#include <stddef.h>
#include <string.h>

void cxl_faults_init(CxlFaults *f, const CxlFaultsConfig *config)
{
    memset(f, 0, sizeof(*f));
    f->config = *config;
    /* The generator stays at zero if it begins there */
    f->state.random = config->chance.seed ^ 0x9e3779b97f4a7c15ull;
    if (!f->state.random) {
        f->state.random = 1;
    }
}

/* xorshift64*, of which the upper half is good */
static uint32_t chance(CxlFaults *f, uint32_t bound)
{
    uint64_t x = f->state.random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    f->state.random = x;
    return (uint32_t)((x * 0x2545f4914f6cdd1dull) >> 32) % bound;
}

static bool is_due(const CxlFaultCommand *row, uint32_t seen)
{
    return seen >= row->nth && (!row->times || seen - row->nth < row->times);
}

/* Every row counts its command, whichever of them answers */
static CxlRet ask_rows(CxlFaults *f, uint16_t opcode)
{
    CxlRet ret = CXL_RET_SUCCESS;

    for (unsigned i = 0; i < f->config.ncommands; i++) {
        const CxlFaultCommand *row = &f->config.commands[i];

        if (row->opcode != opcode) {
            continue;
        }
        if (f->state.seen[i] < UINT32_MAX) {
            f->state.seen[i]++;
        }
        if (ret == CXL_RET_SUCCESS && is_due(row, f->state.seen[i])) {
            ret = row->ret;
        }
    }
    return ret;
}

CxlRet cxl_faults_command(CxlFaults *f, uint16_t opcode)
{
    const CxlFaultChance *c = &f->config.chance;
    CxlRet ret = ask_rows(f, opcode);

    if (ret == CXL_RET_SUCCESS && c->one_in && !chance(f, c->one_in)) {
        ret = c->ret[chance(f, c->nrets)];
    }
    return ret;
}

const CxlFaultBackground *cxl_faults_background(const CxlFaults *f,
                                                uint16_t opcode)
{
    for (unsigned i = 0; i < f->config.nbackgrounds; i++) {
        if (f->config.backgrounds[i].opcode == opcode) {
            return &f->config.backgrounds[i];
        }
    }
    return NULL;
}

static void keep_next(uint64_t *next, uint64_t elapsed, uint64_t at)
{
    if (at > elapsed && at < *next) {
        *next = at;
    }
}

bool cxl_faults_link_down(const CxlFaults *f, uint64_t elapsed_ns,
                          uint64_t *next_ns)
{
    bool down = false;

    *next_ns = UINT64_MAX;
    for (unsigned i = 0; i < f->config.nlinks; i++) {
        const CxlFaultLink *row = &f->config.links[i];
        uint64_t end = row->for_ns && row->for_ns < UINT64_MAX - row->at_ns ?
                       row->at_ns + row->for_ns : UINT64_MAX;

        down |= elapsed_ns >= row->at_ns && elapsed_ns < end;
        keep_next(next_ns, elapsed_ns, row->at_ns);
        keep_next(next_ns, elapsed_ns, end);
    }
    return down;
}
