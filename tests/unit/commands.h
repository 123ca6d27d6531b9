/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of commands (hw/cxl/spec/opcodes.h) as tables, and the comparison of
 * an interface's rows with one of them.
 */
#ifndef TESTS_UNIT_COMMANDS_H
#define TESTS_UNIT_COMMANDS_H

#include "hw/cxl/core/cci.h"
#include "unit.h"

/* TestCommand - a line of the list */
typedef struct TestCommand {
    const char *symbol;
    uint16_t opcode;
    uint16_t effects;
    uint32_t min_in;
    uint32_t max_in;
    uint32_t out;
} TestCommand;

#define TEST_COMMAND(symbol, opcode, effects, min_in, max_in, out) \
    { #symbol, opcode, effects, min_in, max_in, out },

static inline bool check_row(const CxlCciCommand *row, const TestCommand *want)
{
    return check_eq(row->opcode, want->opcode) &&
           check_eq(row->effects, want->effects) &&
           check_eq(row->min_in, want->min_in) &&
           check_eq(row->max_in, want->max_in) &&
           check_eq(row->out, want->out) &&
           check(row->run && row->name[0]);
}

/*
 * check_rows: exactly the commands of the list are there, each with what the
 * list says of it; rows behind a closed gate are not there
 */
static inline void check_rows(const CxlCci *cci, const TestCommand *list,
                              unsigned count)
{
    unsigned n = 0;

    for (unsigned s = 0; s < cci->nsets; s++) {
        for (unsigned i = 0; i < cci->sets[s].count; i++) {
            const CxlCciCommand *row = &cci->sets[s].rows[i];
            bool same = true;

            if (cxl_cci_find(cci, row->opcode)) {
                same = check(n < count) && check_row(row, &list[n]);
                n += same;
            }
            if (!same) {
                unit_note("the row is \"%s\", the list says %s", row->name,
                          n < count ? list[n].symbol : "that it ends here");
                return;
            }
        }
    }
    check_eq(n, count);
}

#endif /* TESTS_UNIT_COMMANDS_H */
