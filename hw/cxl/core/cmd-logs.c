/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logs, of any component (CXL 3.1 8.2.9.5)
 */
#include "hw/cxl/core/cci.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-generic.h"

static const uint8_t cel_uuid[16] = CXL_CEL_UUID_BYTES;

/* There is one log, the command effects log */
typedef struct SupportedLogs {
    CxlGetSupportedLogsOut header;
    CxlSupportedLogEntry cel;
} SupportedLogs;

/* 8.2.9.5.1 */
static CxlRet get_supported_logs(CxlCciCall *call)
{
    SupportedLogs *out = call->reply;

    out->header.count = cxl_le16(1);
    memcpy(out->cel.uuid, cel_uuid, sizeof(out->cel.uuid));
    out->cel.size = cxl_le32(cxl_cci_cel_size(call->cci));
    return CXL_RET_SUCCESS;
}

/* 8.2.9.5.2 */
static CxlRet get_log(CxlCciCall *call)
{
    const CxlGetLogIn *in = call->request;

    if (memcmp(in->uuid, cel_uuid, sizeof(cel_uuid))) {
        return CXL_RET_INVALID_LOG;
    }
    return cxl_cci_cel_read(call->cci, cxl_le32_get(in->offset),
                            cxl_le32_get(in->length), &call->out) ?
           CXL_RET_SUCCESS : CXL_RET_INVALID_INPUT;
}

static const CxlCciCommand log_commands[] = {
    {
        .name = "Get Supported Logs",
        .opcode = CXL_OP_GET_SUPPORTED_LOGS,
        .out = sizeof(SupportedLogs),
        .run = get_supported_logs,
    }, {
        .name = "Get Log",
        .opcode = CXL_OP_GET_LOG,
        .min_in = sizeof(CxlGetLogIn),
        .max_in = sizeof(CxlGetLogIn),
        .run = get_log,
    },
};

bool cxl_cci_add_logs(CxlCci *cci)
{
    return cxl_cci_add_set(cci, log_commands,
                           sizeof(log_commands) / sizeof(log_commands[0]));
}
