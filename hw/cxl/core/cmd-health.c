/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Health commands of a memory device (CXL 3.1 8.2.9.9.3)
 */
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-health.h"

/* 8.2.9.9.3.1 */
static CxlRet get_health_info(CxlCciCall *call)
{
    CxlHealthInfo *out = call->reply;

    *out = cxl_memdev_health(cxl_memdev_of(call));
    return CXL_RET_SUCCESS;
}

/* 8.2.9.9.3.2 */
static CxlRet get_alert_configuration(CxlCciCall *call)
{
    cxl_health_get_alerts(&cxl_memdev_of(call)->state.health, call->reply);
    return CXL_RET_SUCCESS;
}

/* 8.2.9.9.3.3 */
static CxlRet set_alert_configuration(CxlCciCall *call)
{
    return cxl_memdev_set_alerts(cxl_memdev_of(call), call->request, call->now,
                                 call->effects);
}

/* 8.2.9.9.3.4 */
static CxlRet get_shutdown_state(CxlCciCall *call)
{
    CxlShutdownState *out = call->reply;

    out->state = cxl_memdev_of(call)->state.nv.shutdown_state;
    return CXL_RET_SUCCESS;
}

/*
 * 8.2.9.9.3.5: the host says whether it has data in flight. The device has to
 * know it after a loss of power, so the guest waits until that is certain.
 */
static CxlRet set_shutdown_state(CxlCciCall *call)
{
    CxlNvState *nv = &cxl_memdev_of(call)->state.nv;
    const CxlShutdownState *in = call->request;

    if (in->state > CXL_SHUTDOWN_STATE_DIRTY) {
        return CXL_RET_INVALID_INPUT;
    }
    if (in->state == CXL_SHUTDOWN_STATE_CLEAN && nv->shutdown_state !=
        CXL_SHUTDOWN_STATE_CLEAN &&
        cxl_memdev_of(call)->config.dpa->contained) {
        return CXL_RET_INTERNAL_ERROR;
    }
    if (in->state != nv->shutdown_state ||
        cxl_memdev_of(call)->state.shutdown_unsure) {
        nv->shutdown_state = in->state;
        cxl_memdev_of(call)->state.shutdown_unsure = true;
        call->waits = true;
        call->effects->flags |= CXL_EFFECT_STORE | CXL_EFFECT_STORE_WAIT;
    }
    return CXL_RET_SUCCESS;
}

static const CxlCciCommand health_commands[] = {
    {
        .name = "Get Health Info",
        .opcode = CXL_OP_GET_HEALTH_INFO,
        .out = sizeof(CxlHealthInfo),
        .run = get_health_info,
    }, {
        .name = "Get Alert Configuration",
        .opcode = CXL_OP_GET_ALERT_CONFIGURATION,
        .out = sizeof(CxlGetAlertConfigurationOut),
        .run = get_alert_configuration,
    }, {
        .name = "Set Alert Configuration",
        .opcode = CXL_OP_SET_ALERT_CONFIGURATION,
        .effects = CXL_CEL_IMMEDIATE_POLICY_CHANGE,
        .min_in = sizeof(CxlSetAlertConfigurationIn),
        .max_in = sizeof(CxlSetAlertConfigurationIn),
        .run = set_alert_configuration,
    }, {
        .name = "Get Shutdown State",
        .opcode = CXL_OP_GET_SHUTDOWN_STATE,
        .out = sizeof(CxlShutdownState),
        .gates = CXL_CCI_GATE_PERSISTENT,
        .run = get_shutdown_state,
    }, {
        .name = "Set Shutdown State",
        .opcode = CXL_OP_SET_SHUTDOWN_STATE,
        .effects = CXL_CEL_IMMEDIATE_POLICY_CHANGE,
        .min_in = sizeof(CxlShutdownState),
        .max_in = sizeof(CxlShutdownState),
        .gates = CXL_CCI_GATE_PERSISTENT,
        .run = set_shutdown_state,
    },
};

bool cxl_cci_add_health(CxlCci *cci)
{
    return cxl_cci_add_set(cci, health_commands,
                           sizeof(health_commands) /
                           sizeof(health_commands[0]));
}
