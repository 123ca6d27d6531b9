/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory device as a whole (CXL 3.1 8.1, 8.2)
 */
#include "hw/cxl/core/endpoint.h"

#include "hw/cxl/core/poison.h"

/* The table that is given, or one of the partitions as they are now */
static CxlCdatTable current_cdat(CxlEndpoint *e, const CxlCdatTable *given)
{
    CxlCdatTable table = { .bytes = e->cdat };
    CxlCdatError why;

    if (!e->builds_cdat) {
        return *given;
    }
    table.size = cxl_cdat_build_memory(&e->dpa, e->dpa.divisions, e->cdat,
                                       sizeof(e->cdat), &why);
    return table;
}

/* By decoders, or by the ranges of the DVSEC while those are off (8.1.3.8) */
static bool decodes(const void *device)
{
    const CxlEndpoint *e = device;
    const CxlHdm *hdm = &e->component.hdm;

    for (unsigned i = 0; i < hdm->count; i++) {
        if (hdm->state.decoder[i].committed) {
            return true;
        }
    }
    return !hdm->state.enabled && cxl_dvsecs_mem_enabled(&e->space.dvsecs);
}

static void divided(void *device)
{
    CxlEndpoint *e = device;
    CxlCdatTable table = current_cdat(e, &e->space.table);

    cxl_confspace_memory_changed(&e->space, &table);
}

static const CxlMemdevAround around = { decodes, divided };

bool cxl_endpoint_init(CxlEndpoint *e, const CxlEndpointConfig *config)
{
    const CxlComponentConfig component = {
        .kind = CXL_ENDPOINT, .decoders = config->decoders, .dpa = &e->dpa,
    };
    const CxlDvsecConfig dvsecs = { .kind = CXL_ENDPOINT, .dpa = &e->dpa };
    CxlMemdevConfig memdev = config->memdev;
    CxlCdatTable table;
    bool fit;

    e->dpa = *config->dpa;
    e->builds_cdat = !config->cdat.bytes;
    memdev.dpa = &e->dpa;
    memdev.around = &around;
    memdev.device = e;
    fit = cxl_component_init(&e->component, &component);
    fit &= cxl_memdev_init(&e->memdev, &memdev);
    fit &= cxl_memdev_add_commands(&e->memdev);
    fit &= cxl_confspace_init(&e->space, &dvsecs, config->space);
    table = current_cdat(e, &config->cdat);
    cxl_confspace_add_doe(&e->space, &table, CXL_MEMDEV_VECTOR_DOE);
    return fit;
}

/* Without power the data is lost, and so is what was known of it */
static void lose_power(CxlEndpoint *e)
{
    CxlEffects effects = { 0 };

    cxl_poison_forget(&e->memdev, cxl_dpa_base(&e->dpa, CXL_DPA_VOLATILE),
                      cxl_dpa_size(&e->dpa, CXL_DPA_VOLATILE), &effects);
}

void cxl_endpoint_reset(CxlEndpoint *e, CxlReset kind)
{
    uint64_t changes = cxl_dpa_capacity(&e->dpa);

    if (kind == CXL_RESET_COLD) {
        lose_power(e);
    }
    /* Decoders, or some, survive the others */
    if (kind == CXL_RESET_COLD || kind == CXL_RESET_WARM) {
        changes = cxl_dpa_changes(&e->dpa);
        cxl_dpa_reset(&e->dpa);
        e->dpa.contained = false;
    }
    cxl_component_reset(&e->component, kind);
    cxl_memdev_reset(&e->memdev, kind);
    cxl_confspace_reset(&e->space, kind);
    if (changes < cxl_dpa_capacity(&e->dpa)) {
        cxl_memdev_divided(&e->memdev, changes);
        divided(e);
    } else if (e->dpa.limits.count && kind != CXL_RESET_FUNCTION) {
        divided(e);
    }
}

void cxl_endpoint_after_reset(CxlEndpoint *e, CxlEffects *effects)
{
    cxl_fw_after_reset(&e->memdev.state.firmware, effects);
    cxl_memdev_after_reset(&e->memdev, effects);
}

void cxl_endpoint_timer(CxlEndpoint *e, CxlTime now, CxlEffects *effects)
{
    cxl_memdev_timer(&e->memdev, now, effects);
}

void cxl_endpoint_sliced(CxlEndpoint *e, bool ok, CxlTime now,
                         CxlEffects *effects)
{
    cxl_memdev_sliced(&e->memdev, ok, now, effects);
}

void cxl_endpoint_flushed(CxlEndpoint *e, bool ok, CxlEffects *effects)
{
    cxl_memdev_flushed(&e->memdev, ok, effects);
}

bool cxl_endpoint_uncorrectable(CxlEndpoint *e, uint32_t error,
                                const uint32_t *header, CxlEffects *effects)
{
    bool recorded = cxl_component_uncorrectable(&e->component, error, header,
                                                effects);

    /* 12.4.2: nothing more is written to what lasts */
    if (effects->aer & CXL_AER_FATAL &&
        cxl_dvsecs_enter_viral(&e->space.dvsecs)) {
        e->dpa.contained = true;
        effects->flags |= CXL_EFFECT_ROUTES;
    }
    return recorded;
}

void cxl_endpoint_erased(CxlEndpoint *e, bool ok, CxlTime now,
                         CxlEffects *effects)
{
    cxl_memdev_erased(&e->memdev, ok, now, effects);
}
