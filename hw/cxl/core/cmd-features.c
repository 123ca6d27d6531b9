/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Features of a memory device (CXL 3.1 8.2.9.6)
 */
#include "hw/cxl/core/cmd-features.h"

#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-maintenance.h"

#define MIN_SCRUB_HOURS     1
/* A maintenance operation takes up to a second */
#define MAX_LATENCY         0x16
#define LARGEST             sizeof(CxlPpr)

/* What a change does, 8.2.9.5.2.1 */
#define AT_ONCE     (CXL_CEL_IMMEDIATE_CONFIG_CHANGE | \
                     CXL_CEL_RESETS_VALID)
#define AT_RESET    (CXL_CEL_CONFIG_CHANGE_COLD_RESET | \
                     CXL_CEL_CONFIG_CHANGE_CONVENTIONAL_RESET | \
                     CXL_CEL_RESETS_VALID)

/*
 * A feature. @check looks at what is set, and masks reserved bits; @build makes
 * what is read, which is zero, from it.
 */
typedef struct Feature {
    uint8_t uuid[16];
    uint8_t get_size;
    uint8_t set_size;
    uint8_t version;
    uint16_t effects;
    uint8_t op_class;
    uint8_t op_subclass;
    uint8_t initial[CXL_FEATURE_SET_SIZE];
    bool (*check)(uint8_t *set);
    void (*build)(const struct Feature *f, const uint8_t *set, void *get);
} Feature;

static bool check_scrub(uint8_t *set)
{
    CxlPatrolScrubSet *s = (CxlPatrolScrubSet *)set;

    s->flags &= CXL_SCRUB_ENABLED;
    return s->cycle_hours >= MIN_SCRUB_HOURS;
}

static void build_scrub(const Feature *f, const uint8_t *set, void *get)
{
    const CxlPatrolScrubSet *s = (const CxlPatrolScrubSet *)set;

    (void)f;
    *(CxlPatrolScrub *)get = (CxlPatrolScrub) {
        .capabilities = CXL_SCRUB_CYCLE_CHANGEABLE,
        .cycle_hours = s->cycle_hours,
        .min_cycle_hours = MIN_SCRUB_HOURS,
        .flags = s->flags,
    };
}

/* Resetting a counter is an act: there is nothing to remember */
static bool check_ecs(uint8_t *set)
{
    CxlEcsSet *s = (CxlEcsSet *)set;

    s->entry_type &= CXL_ECS_ENTRY_TYPE_MASK;
    for (unsigned i = 0; i < CXL_ECS_FRUS; i++) {
        uint16_t config = cxl_le16_get(s->config[i]);
        unsigned threshold = config & CXL_ECS_THRESHOLD_MASK;

        if (threshold < CXL_ECS_THRESHOLD_256 ||
            threshold > CXL_ECS_THRESHOLD_4096) {
            return false;
        }
        s->config[i] = cxl_le16(config & (CXL_ECS_THRESHOLD_MASK |
                                          CXL_ECS_MODE_CODEWORDS));
    }
    return s->entry_type <= CXL_ECS_ENTRY_TYPE_MAX;
}

static void build_ecs(const Feature *f, const uint8_t *set, void *get)
{
    const CxlEcsSet *s = (const CxlEcsSet *)set;
    CxlEcs *ecs = get;

    (void)f;
    ecs->entry_type = s->entry_type;
    for (unsigned i = 0; i < CXL_ECS_FRUS; i++) {
        ecs->fru[i].config = s->config[i];
    }
}

static void build_header(const Feature *f, Le16 mode,
                         CxlMaintenanceFeature *header)
{
    header->max_latency = MAX_LATENCY;
    header->capabilities = cxl_le16(CXL_MAINTENANCE_BY_DEVICE);
    header->mode = mode;
    header->op_class = f->op_class;
    header->op_subclass = f->op_subclass;
}

static bool check_ppr(uint8_t *set)
{
    CxlPprSet *s = (CxlPprSet *)set;

    s->mode = cxl_le16(cxl_le16_get(s->mode) & CXL_MAINTENANCE_BY_DEVICE);
    s->ppr_mode &= CXL_PPR_AT_BOOT;
    return true;
}

/* Memory stays accessible, and keeps what is in it: no restriction */
static void build_ppr(const Feature *f, const uint8_t *set, void *get)
{
    const CxlPprSet *s = (const CxlPprSet *)set;
    CxlPpr *ppr = get;

    build_header(f, s->mode, &ppr->header);
    ppr->flags = CXL_PPR_TAKES_DPA | CXL_PPR_TAKES_NIBBLES |
                 CXL_PPR_CAN_AT_BOOT;
    ppr->mode = s->ppr_mode;
}

static bool check_sparing(uint8_t *set)
{
    CxlSparingSet *s = (CxlSparingSet *)set;

    s->mode = cxl_le16(cxl_le16_get(s->mode) & CXL_MAINTENANCE_BY_DEVICE);
    return true;
}

static void build_sparing(const Feature *f, const uint8_t *set, void *get)
{
    const CxlSparingSet *s = (const CxlSparingSet *)set;
    CxlSparing *sparing = get;

    build_header(f, s->mode, &sparing->header);
    sparing->restrictions = cxl_le16(CXL_SPARING_CAN_HARD |
                                     CXL_SPARING_CAN_SOFT);
}

#define PPR(name, subclass)                                             \
    {                                                                   \
        .uuid = name, .version = 2, .effects = AT_RESET,                \
        .get_size = sizeof(CxlPpr), .set_size = sizeof(CxlPprSet),      \
        .op_class = CXL_MAINTENANCE_PPR, .op_subclass = (subclass),     \
        .check = check_ppr, .build = build_ppr,                         \
    }

#define SPARING(name, subclass)                                         \
    {                                                                   \
        .uuid = name, .version = 1, .effects = AT_ONCE,                 \
        .get_size = sizeof(CxlSparing),                                 \
        .set_size = sizeof(CxlSparingSet),                              \
        .op_class = CXL_MAINTENANCE_SPARING, .op_subclass = (subclass), \
        .check = check_sparing, .build = build_sparing,                 \
    }

static const Feature all_features[CXL_FEATURES] = {
    {
        .uuid = CXL_FEATURE_PATROL_SCRUB_UUID,
        .version = 1, .effects = AT_ONCE,
        .get_size = sizeof(CxlPatrolScrub),
        .set_size = sizeof(CxlPatrolScrubSet),
        .initial = { 24, CXL_SCRUB_ENABLED },
        .check = check_scrub, .build = build_scrub,
    }, {
        .uuid = CXL_FEATURE_DDR5_ECS_UUID,
        .version = 1, .effects = AT_ONCE,
        .get_size = sizeof(CxlEcs), .set_size = sizeof(CxlEcsSet),
        .initial = { [1] = CXL_ECS_THRESHOLD_256, [3] = CXL_ECS_THRESHOLD_256,
                     [5] = CXL_ECS_THRESHOLD_256 },
        .check = check_ecs, .build = build_ecs,
    },
    PPR(CXL_FEATURE_SPPR_UUID, CXL_PPR_SOFT),
    PPR(CXL_FEATURE_HPPR_UUID, CXL_PPR_HARD),
    SPARING(CXL_FEATURE_CACHELINE_SPARING_UUID, CXL_SPARING_CACHELINE),
    SPARING(CXL_FEATURE_ROW_SPARING_UUID, CXL_SPARING_ROW),
    SPARING(CXL_FEATURE_BANK_SPARING_UUID, CXL_SPARING_BANK),
    SPARING(CXL_FEATURE_RANK_SPARING_UUID, CXL_SPARING_RANK),
};

static CxlFeaturesState *features(const CxlCciCall *call)
{
    CxlMemdev *m = call->cci->owner;

    return &m->state.features;
}

void cxl_features_init(CxlFeaturesState *s)
{
    memset(s, 0, sizeof(*s));
    for (unsigned i = 0; i < CXL_FEATURES; i++) {
        const uint8_t *initial = all_features[i].initial;

        memcpy(s->feature[i].current, initial, CXL_FEATURE_SET_SIZE);
        memcpy(s->feature[i].saved, initial, CXL_FEATURE_SET_SIZE);
        memcpy(s->feature[i].next, initial, CXL_FEATURE_SET_SIZE);
    }
}

void cxl_features_reset(CxlFeaturesState *s, CxlReset kind)
{
    s->active = false;
    if (kind == CXL_RESET_FUNCTION) {
        return;
    }
    for (unsigned i = 0; i < CXL_FEATURES; i++) {
        CxlFeatureState *f = &s->feature[i];

        memcpy(f->current, f->next, sizeof(f->current));
        memcpy(f->next, f->saved, sizeof(f->next));
    }
}

/* Number of the feature, CXL_FEATURES if there is none */
static unsigned find_feature(const uint8_t *uuid)
{
    unsigned i = 0;

    while (i < CXL_FEATURES &&
           memcmp(all_features[i].uuid, uuid, sizeof(all_features[i].uuid))) {
        i++;
    }
    return i;
}

static void fill_entry(unsigned index, CxlFeatureEntry *entry)
{
    const Feature *f = &all_features[index];

    memcpy(entry->uuid, f->uuid, sizeof(entry->uuid));
    entry->index = cxl_le16((uint16_t)index);
    entry->get_size = cxl_le16(f->get_size);
    entry->set_size = cxl_le16(f->set_size);
    entry->attributes = cxl_le32(CXL_FEATURE_CHANGEABLE |
                                 CXL_FEATURE_SURVIVES_WARM_RESET |
                                 CXL_FEATURE_SURVIVES_FW_UPDATE |
                                 CXL_FEATURE_HAS_DEFAULT |
                                 CXL_FEATURE_HAS_SAVED);
    entry->get_version = f->version;
    entry->set_version = f->version;
    entry->set_effects = cxl_le16(f->effects);
}

/* 8.2.9.6.1: as many as fit the bytes that are asked for */
static CxlRet get_supported_features(CxlCciCall *call)
{
    const CxlGetSupportedFeaturesIn *in = call->request;
    CxlGetSupportedFeaturesOut *out = call->reply;
    uint32_t bytes = cxl_le32_get(in->count);
    unsigned start = cxl_le16_get(in->start);
    uint32_t most;
    unsigned n = 0;

    if (bytes < sizeof(*out) || start >= CXL_FEATURES) {
        return CXL_RET_INVALID_INPUT;
    }
    most = (bytes - (uint32_t)sizeof(*out)) / (uint32_t)sizeof(CxlFeatureEntry);
    while (n < most && start + n < CXL_FEATURES) {
        CxlFeatureEntry *entry = cxl_writer_put(&call->out, sizeof(*entry));

        if (!entry) {
            break;
        }
        fill_entry(start + n++, entry);
    }
    out->count = cxl_le16((uint16_t)n);
    out->total = cxl_le16(CXL_FEATURES);
    return CXL_RET_SUCCESS;
}

/* 8.2.9.6.2 */
static CxlRet get_feature(CxlCciCall *call)
{
    const CxlGetFeatureIn *in = call->request;
    unsigned index = find_feature(in->uuid);
    uint32_t offset = cxl_le16_get(in->offset);
    uint32_t count = cxl_le16_get(in->count);
    const CxlFeatureState *s = &features(call)->feature[index % CXL_FEATURES];
    const uint8_t *const sets[] = {
        [CXL_FEATURE_CURRENT] = s->current,
        [CXL_FEATURE_DEFAULT] = all_features[index % CXL_FEATURES].initial,
        [CXL_FEATURE_SAVED] = s->saved,
    };
    uint8_t get[LARGEST] = { 0 };
    uint8_t *out;

    if (index == CXL_FEATURES) {
        return CXL_RET_INVALID_INPUT;
    }
    if (in->selection > CXL_FEATURE_SAVED) {
        return CXL_RET_UNSUPPORTED_FEATURE_SELECT;
    }
    if (offset + count > all_features[index].get_size) {
        return CXL_RET_INVALID_INPUT;
    }
    out = cxl_writer_put(&call->out, count);
    if (!out) {
        return CXL_RET_INTERNAL_ERROR;
    }
    all_features[index].build(&all_features[index], sets[in->selection], get);
    memcpy(out, get + offset, count);
    return CXL_RET_SUCCESS;
}

/* All of it is there: bring it into force */
static CxlRet apply(CxlFeaturesState *s, unsigned index, bool save,
                    const uint8_t *data)
{
    const Feature *f = &all_features[index];
    CxlFeatureState *state = &s->feature[index];
    uint8_t set[CXL_FEATURE_SET_SIZE];

    memcpy(set, data, sizeof(set));
    if (!f->check(set)) {
        return CXL_RET_INVALID_INPUT;
    }
    if (f->effects & CXL_CEL_IMMEDIATE_CONFIG_CHANGE) {
        memcpy(state->current, set, sizeof(set));
    } else {
        memcpy(state->next, set, sizeof(set));
    }
    if (save) {
        memcpy(state->saved, set, sizeof(set));
        memcpy(state->next, set, sizeof(set));
    }
    return CXL_RET_SUCCESS;
}

/* Put a part into @data; the parts of a feature never exceed it */
static bool take_part(CxlCciCall *call, unsigned index, uint8_t *data)
{
    const CxlSetFeatureIn *in = call->request;
    uint32_t offset = cxl_le16_get(in->offset);

    if (!call->in.left || offset > all_features[index].set_size ||
        call->in.left > all_features[index].set_size - offset) {
        return false;
    }
    memcpy(data + offset, call->in.at, call->in.left);
    return true;
}

/* What a part is put into: what comes into force, before it */
static const uint8_t *base_of(const CxlFeaturesState *s, unsigned index)
{
    return all_features[index].effects & CXL_CEL_IMMEDIATE_CONFIG_CHANGE ?
           s->feature[index].current : s->feature[index].next;
}

static CxlRet start_transfer(CxlCciCall *call, unsigned index, bool save,
                             bool full)
{
    const CxlSetFeatureIn *in = call->request;
    CxlFeaturesState *s = features(call);
    uint8_t data[CXL_FEATURE_SET_SIZE];

    if (s->active) {
        return CXL_RET_FEATURE_IN_PROGRESS;
    }
    memcpy(data, base_of(s, index), sizeof(data));
    if (!take_part(call, index, data)) {
        return CXL_RET_INVALID_INPUT;
    }
    if (full) {
        return apply(s, index, save, data);
    }
    s->active = true;
    s->index = (uint8_t)index;
    s->save = save;
    s->end = (uint16_t)(cxl_le16_get(in->offset) + call->in.left);
    memcpy(s->data, data, sizeof(data));
    return CXL_RET_SUCCESS;
}

static CxlRet continue_transfer(CxlCciCall *call, unsigned index, bool finish)
{
    const CxlSetFeatureIn *in = call->request;
    CxlFeaturesState *s = features(call);

    if (!s->active || s->index != index ||
        cxl_le16_get(in->offset) != s->end) {
        return CXL_RET_FEATURE_OUT_OF_ORDER;
    }
    if (!take_part(call, index, s->data)) {
        return CXL_RET_INVALID_INPUT;
    }
    s->end = (uint16_t)(s->end + call->in.left);
    s->active = !finish;
    return finish ? apply(s, index, s->save, s->data) : CXL_RET_SUCCESS;
}

/* 8.2.9.6.3 */
static CxlRet set_feature(CxlCciCall *call)
{
    const CxlSetFeatureIn *in = call->request;
    uint32_t flags = cxl_le32_get(in->flags);
    uint32_t part = flags & CXL_SET_FEATURE_PART_MASK;
    unsigned index = find_feature(in->uuid);

    if (index == CXL_FEATURES) {
        return CXL_RET_INVALID_INPUT;
    }
    if (part == CXL_SET_FEATURE_ABORT) {
        features(call)->active = false;
        return CXL_RET_SUCCESS;
    }
    if (part > CXL_SET_FEATURE_ABORT) {
        return CXL_RET_INVALID_INPUT;
    }
    if (in->version != all_features[index].version) {
        return CXL_RET_UNSUPPORTED_FEATURE_VERSION;
    }
    return part <= CXL_SET_FEATURE_INITIATE ?
           start_transfer(call, index, flags & CXL_SET_FEATURE_SAVE,
                          part == CXL_SET_FEATURE_FULL) :
           continue_transfer(call, index, part == CXL_SET_FEATURE_FINISH);
}

static const CxlCciCommand feature_commands[] = {
    {
        .name = "Get Supported Features",
        .opcode = CXL_OP_GET_SUPPORTED_FEATURES,
        .min_in = sizeof(CxlGetSupportedFeaturesIn),
        .max_in = sizeof(CxlGetSupportedFeaturesIn),
        .out = sizeof(CxlGetSupportedFeaturesOut),
        .run = get_supported_features,
    }, {
        .name = "Get Feature",
        .opcode = CXL_OP_GET_FEATURE,
        .min_in = sizeof(CxlGetFeatureIn),
        .max_in = sizeof(CxlGetFeatureIn),
        .run = get_feature,
    }, {
        .name = "Set Feature",
        .opcode = CXL_OP_SET_FEATURE,
        .effects = CXL_CEL_IMMEDIATE_CONFIG_CHANGE | AT_RESET,
        .min_in = sizeof(CxlSetFeatureIn),
        .max_in = CXL_CCI_UNBOUNDED,
        .run = set_feature,
    },
};

bool cxl_cci_add_features(CxlCci *cci)
{
    return cxl_cci_add_set(cci, feature_commands,
                           sizeof(feature_commands) /
                           sizeof(feature_commands[0]));
}
