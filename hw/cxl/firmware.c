/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-fmw.N.setup=firmware: program decoders as platform firmware would
 *
 * The plan is the model's (core/plan.h). It is written through the registers
 * that a guest would use, so that it passes the same validation, and the guest
 * may tear it down in the same way.
 */
#include "qemu/osdep.h"
#include "hw/cxl/host.h"

#include "hw/cxl/core/plan.h"
#include "hw/cxl/spec/component-regs.h"
#include "hw/cxl/spec/dvsec.h"
#include "hw/cxl/type3.h"
#include "qemu/error-report.h"
#include "qemu/units.h"

static void write_register(CxlComponent *c, uint32_t offset, uint32_t value)
{
    CxlEffects effects = {};

    /* Routes are compiled once, when everything is programmed */
    cxl_component_write(c, CXL_CACHEMEM_OFFSET + c->hdm_offset + offset, 4,
                        value, &effects);
}

static bool program_decoder(CxlComponent *c, const CxlPlanStep *step,
                            bool lock)
{
    uint32_t at = CXL_HDM_DECODERS + CXL_HDM_STRIDE * step->decoder;
    uint32_t control = step->eig | step->eiw << CXL_HDM_CTRL_IW_SHIFT |
                       CXL_HDM_CTRL_HOST_ONLY | CXL_HDM_CTRL_COMMIT;

    if (lock) {
        control |= CXL_HDM_CTRL_LOCK_ON_COMMIT;
    }
    write_register(c, at + CXL_HDM_BASE_LOW, step->base);
    write_register(c, at + CXL_HDM_BASE_HIGH, step->base >> 32);
    write_register(c, at + CXL_HDM_SIZE_LOW, step->size);
    write_register(c, at + CXL_HDM_SIZE_HIGH, step->size >> 32);
    /* Targets of a port, all zero for an endpoint: no DPA is skipped */
    write_register(c, at + CXL_HDM_TARGETS_LOW, ldl_le_p(step->targets));
    write_register(c, at + CXL_HDM_TARGETS_HIGH, ldl_le_p(step->targets + 4));
    write_register(c, at + CXL_HDM_CONTROL, control);
    return c->hdm.decoder[step->decoder].committed;
}

static void enable_endpoint(CxlType3 *t3)
{
    CxlDvsecs *dvsecs = &t3->function.dvsecs;
    CxlEffects effects = {};

    write_register(&t3->function.component, CXL_HDM_GLOBAL_CONTROL,
                   CXL_HDM_GLOBAL_ENABLE);
    cxl_dvsecs_write(dvsecs, dvsecs->device + CXL_DEVICE_CTRL, 2,
                     CXL_DEVICE_CTRL_IO | CXL_DEVICE_CTRL_MEM, &effects);
}

static void report(CxlWindow *w, const CxlPlan *plan)
{
    if (plan->gap == CXL_PLAN_COMPLETE || w->warned) {
        return;
    }
    w->warned = true;
    if (!plan->regions) {
        warn_report("cxl-fmw.%u.setup=firmware: nothing is programmed: %s",
                    w->index, cxl_plan_gap_text(plan->gap));
    } else {
        warn_report("cxl-fmw.%u.setup=firmware: %" PRIu64 " MiB of volatile"
                    " capacity are left out: %s", w->index,
                    plan->left_out / MiB, cxl_plan_gap_text(plan->gap));
    }
}

static void program_window(CxlTopology *t, CxlWindow *w, CxlPlanUse *use)
{
    bool lock = w->options->has_lock && w->options->lock;
    g_autofree CxlPlan *plan = g_new(CxlPlan, 1);
    CxlRouteWindow route;

    cxl_window_route(w, &route);
    cxl_plan_window(t->nodes, t->nnodes, &route, use, plan);
    for (unsigned i = 0; i < plan->nsteps; i++) {
        const CxlPlanStep *step = &plan->steps[i];
        CxlComponent *c = t->component[step->node];

        if (!program_decoder(c, step, lock)) {
            warn_report("cxl-fmw.%u.setup=firmware: decoder %u of a component"
                        " was refused: %s", w->index, step->decoder,
                        cxl_hdm_refusal_name(c->hdm.refusal[step->decoder]));
            return;
        }
        if (t->type3[step->node]) {
            enable_endpoint(t->type3[step->node]);
        }
    }
    report(w, plan);
}

static bool by_firmware(const CxlWindow *w)
{
    return w->options->has_setup &&
           w->options->setup == CXL_WINDOW_SETUP_FIRMWARE;
}

void cxl_firmware_setup(CxlMachineState *s)
{
    g_autofree CxlTopology *t = cxl_topology_new(s->bridges, s->nbridges);
    g_autofree CxlPlanUse *use = g_new0(CxlPlanUse, t->nnodes);
    bool any = false;

    for (unsigned i = 0; i < s->nwindows; i++) {
        if (by_firmware(&s->windows[i])) {
            program_window(t, &s->windows[i], use);
            any = true;
        }
    }
    if (any) {
        cxl_machine_routes_changed();
    }
}
