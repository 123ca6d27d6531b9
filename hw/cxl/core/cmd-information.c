/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Information and status commands, of any component (CXL 3.1 8.2.9.1)
 *
 * On a mailbox, registers say the same as most of them (8.2.8.4.7); whoever
 * talks to a device through another CCI, as a tunnel does, has nothing else.
 */
#include "hw/cxl/core/cci.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-generic.h"

/* 8.2.9.1.1: the field goes up to 10, whatever the mailbox takes */
#define MAX_MESSAGE_SHIFT (CXL_CCI_PAYLOAD_SHIFT < 10 ? \
                           CXL_CCI_PAYLOAD_SHIFT : 10)

static CxlRet identify(CxlCciCall *call)
{
    const CxlIdentity *identity = &call->cci->identity;
    CxlIdentifyOut *out = call->reply;

    out->vendor = cxl_le16(identity->vendor);
    out->device = cxl_le16(identity->device);
    out->subsystem_vendor = cxl_le16(identity->subsystem_vendor);
    out->subsystem = cxl_le16(identity->subsystem);
    out->serial = cxl_le64(identity->serial);
    out->max_message_shift = MAX_MESSAGE_SHIFT;
    out->component_type = identity->type;
    return CXL_RET_SUCCESS;
}

/* 8.2.9.1.2: the operation that runs, else the one that ended last */
static CxlRet background_operation_status(CxlCciCall *call)
{
    const CxlCci *cci = call->cci;
    CxlBackgroundOperationStatusOut *out = call->reply;

    if (cci->state.background) {
        unsigned percent = cxl_cci_background_percent(cci, call->now);

        out->status = (uint8_t)(CXL_BACKGROUND_RUNNING |
                                percent << CXL_BACKGROUND_PERCENT_SHIFT);
        out->opcode = cxl_le16(cci->state.background);
    } else if (cci->state.ended_opcode) {
        out->status = 100u << CXL_BACKGROUND_PERCENT_SHIFT;
        out->opcode = cxl_le16(cci->state.ended_opcode);
        out->ret = cxl_le16(cci->state.ended_ret);
    }
    return CXL_RET_SUCCESS;
}

/* 8.2.9.1.3 */
static CxlRet get_response_message_limit(CxlCciCall *call)
{
    CxlResponseMessageLimit *out = call->reply;

    out->shift = call->cci->state.response_shift;
    return CXL_RET_SUCCESS;
}

/* 8.2.9.1.4: the output says how much of what was asked for is granted */
static CxlRet set_response_message_limit(CxlCciCall *call)
{
    const CxlResponseMessageLimit *in = call->request;
    CxlResponseMessageLimit *out = call->reply;

    if (in->shift < CXL_MESSAGE_SHIFT_MIN ||
        in->shift > CXL_MESSAGE_SHIFT_MAX) {
        return CXL_RET_INVALID_INPUT;
    }
    call->cci->state.response_shift = in->shift < CXL_CCI_PAYLOAD_SHIFT ?
                                      in->shift : CXL_CCI_PAYLOAD_SHIFT;
    out->shift = call->cci->state.response_shift;
    return CXL_RET_SUCCESS;
}

/* 8.2.9.1.5 */
static CxlRet request_abort(CxlCciCall *call)
{
    return cxl_cci_background_abort(call->cci, call->now, call->effects);
}

static const CxlCciCommand information_commands[] = {
    {
        .name = "Identify",
        .opcode = CXL_OP_IDENTIFY,
        .out = sizeof(CxlIdentifyOut),
        .run = identify,
    }, {
        .name = "Background Operation Status",
        .opcode = CXL_OP_BACKGROUND_OPERATION_STATUS,
        .out = sizeof(CxlBackgroundOperationStatusOut),
        .run = background_operation_status,
    }, {
        .name = "Get Response Message Limit",
        .opcode = CXL_OP_GET_RESPONSE_MESSAGE_LIMIT,
        .out = sizeof(CxlResponseMessageLimit),
        .run = get_response_message_limit,
    }, {
        .name = "Set Response Message Limit",
        .opcode = CXL_OP_SET_RESPONSE_MESSAGE_LIMIT,
        .effects = CXL_CEL_IMMEDIATE_CONFIG_CHANGE,
        .min_in = sizeof(CxlResponseMessageLimit),
        .max_in = sizeof(CxlResponseMessageLimit),
        .out = sizeof(CxlResponseMessageLimit),
        .run = set_response_message_limit,
    }, {
        .name = "Request Abort Background Operation",
        .opcode = CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION,
        .run = request_abort,
    },
};

bool cxl_cci_add_information(CxlCci *cci, const CxlIdentity *identity)
{
    cci->identity = *identity;
    return cxl_cci_add_set(cci, information_commands,
                           sizeof(information_commands) /
                           sizeof(information_commands[0]));
}
