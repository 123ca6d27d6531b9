/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maintenance operations (CXL 3.1 8.2.9.7)
 */
#include "hw/cxl/core/cmd-maintenance.h"

#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-maintenance.h"

/* Nominal times: below the latency that the features tell */
#define SOFT_NS     100000000ull
#define HARD_NS     500000000ull

static CxlMaintenanceState *maintenance(const CxlCci *cci)
{
    CxlMemdev *m = cci->owner;

    return &m->state.maintenance;
}

void cxl_maintenance_reset(CxlMaintenanceState *s, CxlReset kind)
{
    if (kind == CXL_RESET_COLD || kind == CXL_RESET_WARM) {
        memset(s->soft, 0, sizeof(s->soft));
    }
}

/* 8.2.9.7.1.2, .3: a repair of the row that a DPA is in */
static CxlRet check_ppr(CxlCciCall *call, bool *query, bool *hard)
{
    const CxlPerformMaintenanceIn *in = call->request;
    const CxlPprParameters *p = cxl_reader_take(&call->in, sizeof(*p));
    const CxlMemdev *m = call->cci->owner;

    if (!p || call->in.left) {
        return CXL_RET_INVALID_PAYLOAD_LENGTH;
    }
    if (cxl_le64_get(p->dpa) >= cxl_dpa_capacity(m->config.dpa)) {
        return CXL_RET_INVALID_PHYSICAL_ADDRESS;
    }
    *query = p->flags & CXL_MAINTENANCE_QUERY;
    *hard = in->op_subclass == CXL_PPR_HARD;
    return CXL_RET_SUCCESS;
}

/* 8.2.9.7.1.4: any place will do: the model has no geometry */
static CxlRet check_sparing(CxlCciCall *call, bool *query, bool *hard)
{
    const CxlSparingParameters *p = cxl_reader_take(&call->in, sizeof(*p));

    if (!p || call->in.left) {
        return CXL_RET_INVALID_PAYLOAD_LENGTH;
    }
    *query = p->flags & CXL_MAINTENANCE_QUERY;
    *hard = p->flags & CXL_SPARING_HARD;
    return CXL_RET_SUCCESS;
}

/* By kind of repair */
static const struct {
    uint8_t op_class;
    uint8_t op_subclass;
    CxlRet (*check)(CxlCciCall *call, bool *query, bool *hard);
} repairs[CXL_REPAIRS] = {
    { CXL_MAINTENANCE_PPR, CXL_PPR_SOFT, check_ppr },
    { CXL_MAINTENANCE_PPR, CXL_PPR_HARD, check_ppr },
    { CXL_MAINTENANCE_SPARING, CXL_SPARING_CACHELINE, check_sparing },
    { CXL_MAINTENANCE_SPARING, CXL_SPARING_ROW, check_sparing },
    { CXL_MAINTENANCE_SPARING, CXL_SPARING_BANK, check_sparing },
    { CXL_MAINTENANCE_SPARING, CXL_SPARING_RANK, check_sparing },
};

static unsigned find_repair(const CxlPerformMaintenanceIn *in)
{
    unsigned kind = 0;

    while (kind < CXL_REPAIRS &&
           (repairs[kind].op_class != in->op_class ||
            repairs[kind].op_subclass != in->op_subclass)) {
        kind++;
    }
    return kind;
}

/* 8.2.9.7.1 */
static CxlRet perform_maintenance(CxlCciCall *call)
{
    CxlMaintenanceState *s = maintenance(call->cci);
    unsigned kind = find_repair(call->request);
    bool query, hard;
    CxlRet ret;

    if (kind == CXL_REPAIRS) {
        return CXL_RET_INVALID_INPUT;
    }
    ret = repairs[kind].check(call, &query, &hard);
    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (s->hard[kind] + s->soft[kind] >= CXL_REPAIR_SPARES) {
        return CXL_RET_RESOURCES_EXHAUSTED;
    }
    if (query) {
        return CXL_RET_SUCCESS;
    }
    s->kind = (uint8_t)kind;
    s->is_hard = hard;
    call->background_ns = hard ? HARD_NS : SOFT_NS;
    return CXL_RET_BACKGROUND_STARTED;
}

static CxlRet performed(CxlCci *cci, CxlRet ret, CxlTime now,
                        CxlEffects *effects)
{
    CxlMaintenanceState *s = maintenance(cci);

    (void)now;
    (void)effects;
    if (ret == CXL_RET_SUCCESS) {
        (s->is_hard ? s->hard : s->soft)[s->kind]++;
    }
    return ret;
}

static const CxlCciCommand maintenance_commands[] = {
    {
        .name = "Perform Maintenance",
        .opcode = CXL_OP_PERFORM_MAINTENANCE,
        .effects = CXL_CEL_IMMEDIATE_CONFIG_CHANGE |
                   CXL_CEL_IMMEDIATE_DATA_CHANGE | CXL_CEL_BACKGROUND |
                   CXL_CEL_BACKGROUND_ABORT,
        .min_in = sizeof(CxlPerformMaintenanceIn),
        .max_in = sizeof(CxlPerformMaintenanceIn) +
                  sizeof(CxlSparingParameters),
        .gates = CXL_CCI_GATE_MEDIA,
        .run = perform_maintenance,
        .done = performed,
    },
};

bool cxl_cci_add_maintenance(CxlCci *cci)
{
    return cxl_cci_add_set(cci, maintenance_commands, 1);
}
