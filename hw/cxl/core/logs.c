/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a component notes for its logs (CXL 3.1 8.2.9.5)
 */
#include "hw/cxl/core/logs.h"

#include <string.h>

void cxl_logs_refused(CxlLogsState *logs, uint16_t opcode, CxlRet ret,
                      uint32_t in_len, CxlTime now)
{
    logs->debug[logs->ndebug++ % CXL_DEBUG_ENTRIES] = (CxlDebugEntry) {
        .virtual_ns = cxl_le64(now.virtual_ns),
        .opcode = cxl_le16(opcode),
        .ret = cxl_le16((uint16_t)ret),
        .in_len = cxl_le32(in_len),
    };
}

void cxl_dump_line(CxlWriter *dump, const char *name, uint64_t value)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t len = (uint32_t)strlen(name);
    uint8_t *line = cxl_writer_put(dump, len + 20);

    if (!line) {
        return;
    }
    memcpy(line, name, len);
    memcpy(line + len, " 0x", 3);
    for (unsigned i = 0; i < 16; i++) {
        line[len + 3 + i] = (uint8_t)digits[value >> (60 - 4 * i) & 0xf];
    }
    line[len + 19] = '\n';
}
