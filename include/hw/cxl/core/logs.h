/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs that a component keeps besides the command effects log: what was
 * refused, and a dump of its state (CXL 3.1 8.2.9.5)
 */
#ifndef CXL_CORE_LOGS_H
#define CXL_CORE_LOGS_H

#include <stdint.h>

#include "hw/cxl/core/payload.h"
#include "hw/cxl/core/time.h"
#include "hw/cxl/spec/payload-logs.h"
#include "hw/cxl/spec/retcodes.h"

/** CXL_DEBUG_ENTRIES: the vendor debug log has the last of them */
#define CXL_DEBUG_ENTRIES   64
/** CXL_DUMP_SIZE: most bytes of data in a dump */
#define CXL_DUMP_SIZE       1024

/**
 * struct CxlLogsState - what changes
 * @debug: the vendor debug log, a ring
 * @ndebug: entries put into it since it was cleared
 * @dump: header of the component state dump; its length is 0 until the log has
 *        been populated
 * @text: the data of it
 */
typedef struct CxlLogsState {
    CxlDebugEntry debug[CXL_DEBUG_ENTRIES];
    uint32_t ndebug;
    CxlStateDumpHeader dump;
    uint8_t text[CXL_DUMP_SIZE];
} CxlLogsState;

/**
 * cxl_logs_refused: a command was answered with other than Success: into the
 * vendor debug log
 */
void cxl_logs_refused(CxlLogsState *logs, uint16_t opcode, CxlRet ret,
                      uint32_t in_len, CxlTime now);

/**
 * cxl_dump_line: add "@name 0x@value" to a dump, 16 digits; nothing when there
 * is no room
 */
void cxl_dump_line(CxlWriter *dump, const char *name, uint64_t value);

#endif /* CXL_CORE_LOGS_H */
