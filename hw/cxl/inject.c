/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event records that people inject by QMP (CXL 3.1 8.2.9.2.1)
 */
#include "qemu/osdep.h"
#include "inject.h"

#include "qapi/error.h"
#include "qapi/qapi-commands-cxl.h"

bool cxl_inject_find(const char *path, const char *type, Object **obj,
                     Error **errp)
{
    bool ambiguous = false;

    *obj = *path ? object_resolve_path_type(path, type, &ambiguous) : NULL;
    if (ambiguous) {
        error_setg(errp, "path '%s' is ambiguous: give a full QOM path, as"
                   " query-cxl shows it", path);
    }
    return !ambiguous;
}

CxlType3 *cxl_inject_target(const char *path, Error **errp)
{
    Object *obj;

    if (!cxl_inject_find(path, TYPE_CXL_TYPE3, &obj, errp)) {
        return NULL;
    }
    if (!obj) {
        error_setg(errp, "path '%s' is no CXL memory device: give the id or"
                   " the QOM path of a cxl-type3, as query-cxl shows them",
                   path);
        return NULL;
    }
    if (!DEVICE(obj)->realized) {
        error_setg(errp, "path '%s' is a CXL memory device that was taken out"
                   " of force: add another with device_add", path);
        return NULL;
    }
    return CXL_TYPE3(obj);
}

/**
 * struct Argument - a number and its place in a record
 * @name: of the argument
 * @given: it is there; if not, the field stays zero
 * @value: the number
 * @to: the field, little-endian
 * @size: its bytes, up to 4
 * @valid: validity flags that say so, or 0
 * @wide: numbers of 32 bits are taken, of which the field gets the lowest
 */
typedef struct Argument {
    const char *name;
    bool given;
    int64_t value;
    uint8_t *to;
    unsigned size;
    uint32_t valid;
    bool wide;
} Argument;

/* Stores @n arguments; false when one does not fit its field */
static bool store(const Argument *args, unsigned n, uint32_t *valid,
                  Error **errp)
{
    for (unsigned i = 0; i < n; i++) {
        const Argument *a = &args[i];
        uint64_t max = MAKE_64BIT_MASK(0, a->wide ? 32 : 8 * a->size);

        if (!a->given) {
            continue;
        }
        if (a->value < 0 || a->value > max) {
            error_setg(errp, "%s must be 0 to %" PRIu64 ", not %" PRId64,
                       a->name, max, a->value);
            return false;
        }
        cxl_le_store(a->to, a->size, a->value);
        *valid |= a->valid;
    }
    return true;
}

static bool store_component(const char *id, bool pldm, uint8_t *to,
                            uint32_t id_flag, uint32_t pldm_flag,
                            uint32_t *valid, Error **errp)
{
    if (!id) {
        if (pldm) {
            error_setg(errp, "is-comp-id-pldm says what component-id is: give"
                       " component-id, too");
        }
        return !pldm;
    }
    if (strlen(id) > CXL_EVENT_COMPONENT_ID_SIZE) {
        error_setg(errp, "component-id must have %u characters at most, not"
                   " %zu", CXL_EVENT_COMPONENT_ID_SIZE, strlen(id));
        return false;
    }
    memcpy(to, id, strlen(id));
    *valid |= id_flag | (pldm ? pldm_flag : 0);
    return true;
}

static bool store_header(const CxlEventArguments *a, CxlEventRecord *record,
                         Error **errp)
{
    CxlEventHeader *h = &record->header;
    const Argument args[] = {
        { "flags", true, a->flags, h->flags, 3, 0 },
        { "maint-op-class", a->has_maint_op_class, a->maint_op_class,
          &h->maint_op_class, 1, 0 },
        { "maint-op-subclass", a->has_maint_op_subclass,
          a->maint_op_subclass, &h->maint_op_subclass, 1,
          CXL_EVENT_FLAG_MAINT_SUBCLASS },
        { "ld-id", a->has_ld_id, a->ld_id, h->ld_id.b, 2,
          CXL_EVENT_FLAG_LD_ID },
        { "head-id", a->has_head_id, a->head_id, &h->head_id, 1,
          CXL_EVENT_FLAG_HEAD_ID },
    };
    uint32_t flags = 0;

    if (!store(args, ARRAY_SIZE(args), &flags, errp)) {
        return false;
    }
    cxl_event_set_flags(record, flags | (uint32_t)a->flags);
    return true;
}

static bool store_media(const CxlMediaEventArguments *a,
                        CxlMediaEventHeader *h, uint32_t *valid, Error **errp)
{
    const Argument args[] = {
        { "descriptor", true, a->descriptor, &h->descriptor, 1, 0 },
        { "type", true, a->type, &h->type, 1, 0 },
        { "transaction-type", true, a->transaction_type, &h->transaction, 1,
          0 },
        { "channel", a->has_channel, a->channel, &h->channel, 1,
          CXL_MEDIA_VALID_CHANNEL },
        { "rank", a->has_rank, a->rank, &h->rank, 1, CXL_MEDIA_VALID_RANK },
    };

    h->address = cxl_le64(a->dpa);
    return store(args, ARRAY_SIZE(args), valid, errp);
}

static void raise_event(CxlType3 *t3, CxlLog log, const CxlEventRecord *record)
{
    CxlEffects effects = {};

    /* Of a log that is full the guest is told, by its overflow */
    cxl_memdev_add_event(&t3->endpoint.memdev, (CxlEventLogType)log, record,
                         cxl_time_now(), &effects);
    cxl_effects_apply(&t3->outlet, &effects);
}

/* What all commands begin with; NULL with @errp set */
static CxlType3 *begin(const CxlEventArguments *a, CxlEventRecord *record,
                       Error **errp)
{
    CxlType3 *t3 = cxl_inject_target(a->path, errp);

    return t3 && store_header(a, record, errp) ? t3 : NULL;
}

void qmp_cxl_inject_general_media_event(CxlGeneralMediaEventArguments *a,
                                        Error **errp)
{
    CxlEventRecord record = cxl_event_record(CXL_EVENT_GENERAL_MEDIA);
    CxlGeneralMediaEvent *e = &record.general_media;
    const Argument args[] = {
        { "device", a->has_device, a->device, e->device, 3,
          CXL_MEDIA_VALID_DEVICE },
        { "cme-ev-flags", a->has_cme_ev_flags, a->cme_ev_flags, &e->cme_flags,
          1, 0 },
        { "cme-count", a->has_cme_count, a->cme_count, e->cme_count, 3, 0 },
        { "sub-type", a->has_sub_type, a->sub_type, &e->sub_type, 1, 0 },
    };
    CxlMediaEventArguments *media =
        qapi_CxlGeneralMediaEventArguments_base(a);
    CxlType3 *t3 = begin(qapi_CxlMediaEventArguments_base(media), &record,
                         errp);
    uint32_t valid = 0;

    if (t3 && store_media(media, &e->media, &valid, errp) &&
        store(args, ARRAY_SIZE(args), &valid, errp) &&
        store_component(a->component_id, a->is_comp_id_pldm, e->component_id,
                        CXL_MEDIA_VALID_COMPONENT_ID,
                        CXL_MEDIA_VALID_COMPONENT_PLDM, &valid, errp)) {
        e->media.valid = cxl_le16(valid);
        raise_event(t3, a->log, &record);
    }
}

static bool store_correction(const uint64List *masks, CxlDramEvent *e,
                             uint32_t *valid, Error **errp)
{
    unsigned n = 0;

    for (; masks; masks = masks->next) {
        if (n == CXL_DRAM_CORRECTION_MASKS) {
            error_setg(errp, "correction-mask must have %u numbers at most",
                       CXL_DRAM_CORRECTION_MASKS);
            return false;
        }
        e->correction_mask[n++] = cxl_le64(masks->value);
        *valid |= CXL_DRAM_VALID_CORRECTION_MASK;
    }
    return true;
}

void qmp_cxl_inject_dram_event(CxlDramEventArguments *a, Error **errp)
{
    CxlEventRecord record = cxl_event_record(CXL_EVENT_DRAM);
    CxlDramEvent *e = &record.dram;
    /* Examples that people copy have a nibble-mask of 37421234 */
    const Argument args[] = {
        { "nibble-mask", a->has_nibble_mask, a->nibble_mask, e->nibble_mask,
          3, CXL_DRAM_VALID_NIBBLE_MASK, true },
        { "bank-group", a->has_bank_group, a->bank_group, &e->bank_group, 1,
          CXL_DRAM_VALID_BANK_GROUP },
        { "bank", a->has_bank, a->bank, &e->bank, 1, CXL_DRAM_VALID_BANK },
        { "row", a->has_row, a->row, e->row, 3, CXL_DRAM_VALID_ROW },
        { "column", a->has_column, a->column, e->column.b, 2,
          CXL_DRAM_VALID_COLUMN },
        { "sub-channel", a->has_sub_channel, a->sub_channel, &e->sub_channel,
          1, CXL_DRAM_VALID_SUB_CHANNEL },
        { "cme-ev-flags", a->has_cme_ev_flags, a->cme_ev_flags,
          &e->cvme_flags, 1, 0 },
        { "cvme-count", a->has_cvme_count, a->cvme_count, e->cvme_count, 3,
          0 },
        { "sub-type", a->has_sub_type, a->sub_type, &e->sub_type, 1, 0 },
    };
    CxlMediaEventArguments *media = qapi_CxlDramEventArguments_base(a);
    CxlType3 *t3 = begin(qapi_CxlMediaEventArguments_base(media), &record,
                         errp);
    uint32_t valid = 0;

    if (t3 && store_media(media, &e->media, &valid, errp) &&
        store(args, ARRAY_SIZE(args), &valid, errp) &&
        store_correction(a->correction_mask, e, &valid, errp) &&
        store_component(a->component_id, a->is_comp_id_pldm, e->component_id,
                        CXL_DRAM_VALID_COMPONENT_ID,
                        CXL_DRAM_VALID_COMPONENT_PLDM, &valid, errp)) {
        e->media.valid = cxl_le16(valid);
        raise_event(t3, a->log, &record);
    }
}

static bool store_health(const CxlMemoryModuleEventArguments *a,
                         CxlHealthInfo *h, Error **errp)
{
    const Argument args[] = {
        { "health-status", true, a->health_status, &h->health_status, 1, 0 },
        { "media-status", true, a->media_status, &h->media_status, 1, 0 },
        { "additional-status", true, a->additional_status,
          &h->additional_status, 1, 0 },
        { "life-used", true, a->life_used, &h->life_used_percent, 1, 0 },
        { "dirty-shutdown-count", true, a->dirty_shutdown_count,
          h->dirty_shutdowns.b, 4, 0 },
        { "corrected-volatile-error-count", true,
          a->corrected_volatile_error_count, h->corrected_volatile_errors.b,
          4, 0 },
        { "corrected-persistent-error-count", true,
          a->corrected_persistent_error_count,
          h->corrected_persistent_errors.b, 4, 0 },
    };
    uint32_t valid = 0;

    if (a->temperature < INT16_MIN || a->temperature > INT16_MAX) {
        error_setg(errp, "temperature must be %d to %d, not %" PRId64,
                   INT16_MIN, INT16_MAX, a->temperature);
        return false;
    }
    h->temperature_c = cxl_le16(a->temperature);
    return store(args, ARRAY_SIZE(args), &valid, errp);
}

void qmp_cxl_inject_memory_module_event(CxlMemoryModuleEventArguments *a,
                                        Error **errp)
{
    CxlEventRecord record = cxl_event_record(CXL_EVENT_MEMORY_MODULE);
    CxlMemoryModuleEvent *e = &record.memory_module;
    const Argument args[] = {
        { "type", true, a->type, &e->type, 1, 0 },
        { "sub-type", a->has_sub_type, a->sub_type, &e->sub_type, 1, 0 },
    };
    CxlType3 *t3 = begin(qapi_CxlMemoryModuleEventArguments_base(a), &record,
                         errp);
    uint32_t valid = 0;

    if (t3 && store(args, ARRAY_SIZE(args), &valid, errp) &&
        store_health(a, &e->health, errp) &&
        store_component(a->component_id, a->is_comp_id_pldm, e->component_id,
                        CXL_MODULE_VALID_COMPONENT_ID,
                        CXL_MODULE_VALID_COMPONENT_PLDM, &valid, errp)) {
        e->valid = cxl_le16(valid);
        raise_event(t3, a->log, &record);
    }
}

static void no_dynamic_capacity(const char *path, Error **errp)
{
    if (cxl_inject_target(path, errp)) {
        error_setg(errp, "this device has no dynamic capacity");
    }
}

void qmp_cxl_add_dynamic_capacity(const char *path, bool has_host_id,
                                  uint16_t host_id, bool has_selection_policy,
                                  CxlSelectionPolicy selection_policy,
                                  bool has_region, uint8_t region,
                                  const char *tag, bool has_extents,
                                  CxlExtentRangeList *extents, Error **errp)
{
    no_dynamic_capacity(path, errp);
}

void qmp_cxl_release_dynamic_capacity(const char *path, bool has_host_id,
                                      uint16_t host_id,
                                      bool has_removal_policy,
                                      CxlRemovalPolicy removal_policy,
                                      bool has_forced_removal,
                                      bool forced_removal,
                                      bool has_sanitize_on_release,
                                      bool sanitize_on_release,
                                      bool has_region, uint8_t region,
                                      const char *tag, bool has_extents,
                                      CxlExtentRangeList *extents,
                                      Error **errp)
{
    no_dynamic_capacity(path, errp);
}
