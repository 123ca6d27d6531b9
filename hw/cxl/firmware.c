/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-fmw.N.setup=firmware: program decoders as platform firmware would
 *
 * The plan is the model's (core/plan.h). It is written through the registers
 * that a guest would use, so that it passes the same validation, and the guest
 * may tear it down in the same way.
 *
 * What is plugged in later is left to the guest until the next reset, at which
 * it is a device like any other.
 */
#include "qemu/osdep.h"
#include "firmware.h"

#include "fabric.h"
#include "hw/cxl/core/plan.h"
#include "hw/cxl/spec/component-regs.h"
#include "hw/cxl/spec/dvsec.h"
#include "type3.h"
#include "qemu/error-report.h"
#include "qemu/units.h"

/* A window that is being programmed */
typedef struct Setup {
    const CxlTopology *topology;
    const CxlWindow *window;
} Setup;

static bool by_firmware(const CxlWindow *w)
{
    return w->options->has_setup &&
           w->options->setup == CXL_WINDOW_SETUP_FIRMWARE;
}

static bool wants_lock(const CxlWindow *w)
{
    return w->options->has_lock && w->options->lock;
}

/* Routes are compiled once, when everything is programmed */
static void write_register(CxlComponent *c, uint32_t offset, uint32_t value)
{
    CxlEffects effects = {};

    cxl_component_write(c, CXL_CACHEMEM_OFFSET + c->hdm_offset + offset, 4,
                        value, &effects);
}

static void program_decoder(CxlComponent *c, const CxlPlanStep *step,
                            bool lock)
{
    uint32_t at = CXL_HDM_DECODERS + CXL_HDM_STRIDE * step->decoder;
    uint32_t control = step->eig | step->eiw << CXL_HDM_CTRL_IW_SHIFT |
                       CXL_HDM_CTRL_HOST_ONLY | CXL_HDM_CTRL_COMMIT;
    /* The same register: targets of a port, DPA skip of an endpoint */
    uint64_t list = c->hdm.endpoint ? step->skip : ldq_le_p(step->targets);

    if (lock) {
        control |= CXL_HDM_CTRL_LOCK_ON_COMMIT;
    }
    write_register(c, at + CXL_HDM_BASE_LOW, step->base);
    write_register(c, at + CXL_HDM_BASE_HIGH, step->base >> 32);
    write_register(c, at + CXL_HDM_SIZE_LOW, step->size);
    write_register(c, at + CXL_HDM_SIZE_HIGH, step->size >> 32);
    write_register(c, at + CXL_HDM_TARGETS_LOW, list);
    write_register(c, at + CXL_HDM_TARGETS_HIGH, list >> 32);
    write_register(c, at + CXL_HDM_CONTROL, control);
}

/*
 * Recommended for software that knows ranges only (8.1.3.8.3). Nothing is
 * decoded by them while the decoders are enabled. A decoder that goes on within
 * a partition has no range of its own.
 */
static void program_range(CxlDvsecs *dvsecs, const CxlDecoder *decoder)
{
    uint16_t range = cxl_dvsecs_range_at(dvsecs, decoder->dpa_base);
    CxlEffects effects = {};

    if (range) {
        cxl_dvsecs_write(dvsecs, range + CXL_RANGE_BASE_HIGH, 4,
                         decoder->base >> 32, &effects);
        cxl_dvsecs_write(dvsecs, range + CXL_RANGE_BASE_LOW, 4,
                         decoder->base, &effects);
    }
}

static void enable_endpoint(CxlType3 *t3, unsigned decoder)
{
    CxlDvsecs *dvsecs = &t3->endpoint.space.dvsecs;
    CxlEffects effects = {};

    program_range(dvsecs,
                  &t3->endpoint.component.hdm.state.decoder[decoder]);
    write_register(&t3->endpoint.component, CXL_HDM_GLOBAL_CONTROL,
                   CXL_HDM_GLOBAL_ENABLE);
    cxl_dvsecs_write(dvsecs, dvsecs->device + CXL_DEVICE_CTRL, 2,
                     CXL_DEVICE_CTRL_IO | CXL_DEVICE_CTRL_MEM, &effects);
}

static void program_step(void *opaque, const CxlPlanStep *step)
{
    const Setup *setup = opaque;
    CxlComponent *c = setup->topology->component[step->node];
    CxlType3 *t3 = setup->topology->type3[step->node];

    program_decoder(c, step, wants_lock(setup->window));
    if (!c->hdm.state.decoder[step->decoder].committed) {
        warn_report("cxl-fmw.%u.setup=firmware: decoder %u of a component was"
                    " refused: %s", setup->window->index, step->decoder,
                    cxl_hdm_refusal_name(c->hdm.state.refusal[step->decoder]));
    } else if (t3) {
        enable_endpoint(t3, step->decoder);
    }
}

static void report(CxlWindow *w, const CxlPlan *plan, uint64_t left_out)
{
    const char *why = cxl_plan_gap_text(plan->gap);
    const char *kind = cxl_plan_persistent(w->restrictions) ? "persistent" :
                                                              "volatile";

    /* A later window may have taken what this one had to leave out */
    if (w->warned || !plan->gap || (plan->regions && !left_out)) {
        return;
    }
    w->warned = true;
    if (plan->regions) {
        warn_report("cxl-fmw.%u.setup=firmware: %" PRIu64 " MiB of %s"
                    " capacity below the window are left out: %s", w->index,
                    left_out / MiB, kind, why);
    } else {
        warn_report("cxl-fmw.%u.setup=firmware: nothing is programmed: %s",
                    w->index, why);
    }
}

static void program_windows(CxlMachineState *s, const CxlTopology *t)
{
    g_autofree CxlPlanNode *state = g_new(CxlPlanNode, t->nnodes);
    g_autofree CxlPlan *plans = g_new0(CxlPlan, s->nwindows);
    CxlRouteWindow route;
    CxlPlanner planner;

    cxl_planner_init(&planner, t->nodes, state, t->nnodes);
    for (unsigned i = 0; i < s->nwindows; i++) {
        CxlWindow *w = &s->windows[i];
        Setup setup = { .topology = t, .window = w };

        if (by_firmware(w)) {
            cxl_window_route(w, &route);
            plans[i] = cxl_plan_window(&planner, &route, w->restrictions,
                                       program_step, &setup);
        }
    }
    for (unsigned i = 0; i < s->nwindows; i++) {
        cxl_window_route(&s->windows[i], &route);
        report(&s->windows[i], &plans[i],
               cxl_plan_left_out(&planner, &route,
                                 s->windows[i].restrictions));
    }
}

void cxl_firmware_setup(CxlMachineState *s)
{
    g_autofree CxlTopology *t = NULL;

    for (unsigned i = 0; i < s->nwindows; i++) {
        if (by_firmware(&s->windows[i])) {
            t = cxl_topology_new();
            program_windows(s, t);
            cxl_fabric_mark();
            return;
        }
    }
}
