/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Component registers: rows, capability lists, and decoder control
 * (CXL 3.1 8.2.4)
 */
#include "hw/cxl/core/component.h"

#include <stddef.h>
#include <string.h>

#include "hw/cxl/core/interleave.h"
#include "hw/cxl/spec/wire.h"

#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))
#define ALL_32      UINT32_MAX

enum {
    HOOK_NONE,
    HOOK_HDM_GLOBAL,
    HOOK_HDM_CONTROL,
    HOOK_RAS_STATUS,
};

/* 8.2.4.1, 8.2.4.2: filled in by fill_headers() */
static const CxlRegRow header_rows[] = {
    { .name = "capability header", .width = 4 },
};

/* 8.2.4.17: mask and severity are all ones after a cold reset */
static const CxlRegRow ras_rows[] = {
    { .name = "uncorrectable error status", .offset = CXL_RAS_UNC_STATUS,
      .width = 4, .hook = HOOK_RAS_STATUS, .w1c = CXL_RAS_UNC_BITS,
      .sticky = CXL_RAS_UNC_BITS },
    { .name = "uncorrectable error mask", .offset = CXL_RAS_UNC_MASK,
      .width = 4, .reset = CXL_RAS_UNC_BITS, .rw = CXL_RAS_UNC_BITS,
      .sticky = CXL_RAS_UNC_BITS },
    { .name = "uncorrectable error severity", .offset = CXL_RAS_UNC_SEVERITY,
      .width = 4, .reset = CXL_RAS_UNC_BITS, .rw = CXL_RAS_UNC_BITS,
      .sticky = CXL_RAS_UNC_BITS },
    { .name = "correctable error status", .offset = CXL_RAS_COR_STATUS,
      .width = 4, .w1c = CXL_RAS_COR_BITS, .sticky = CXL_RAS_COR_BITS },
    { .name = "correctable error mask", .offset = CXL_RAS_COR_MASK,
      .width = 4, .reset = CXL_RAS_COR_BITS, .rw = CXL_RAS_COR_BITS,
      .sticky = CXL_RAS_COR_BITS },
};

/* 8.2.4.17.6: what may carry poison says so; root ports have no such bit */
#define RAS_CONTROL_ROW(enabled) \
    { .name = "error capabilities and control", .width = 4, \
      .reset = CXL_RAS_CONTROL_MULTI_HEADER | (enabled), \
      .sticky = CXL_RAS_CONTROL_FIRST_ERROR }

static const CxlRegRow ras_control_rows[] = {
    RAS_CONTROL_ROW(CXL_RAS_CONTROL_POISON),
};

static const CxlRegRow ras_control_root_rows[] = {
    RAS_CONTROL_ROW(0),
};

static const CxlRegRow ras_log_rows[] = {
    { .name = "header log", .width = 4, .sticky = ALL_32 },
};

/* 8.2.4.19: the link is up for good; what counts credits counts none */
static const CxlRegRow link_rows[] = {
    { .name = "link layer capability", .offset = CXL_LINK_CAPABILITY,
      .width = 8, .reset = CXL_LINK_VERSION | CXL_LINK_VERSION << 4,
      .rw = 0xff0f, .sticky = 0xff0f },
    { .name = "link layer control and status",
      .offset = CXL_LINK_CONTROL_STATUS, .width = 8,
      .reset = CXL_LINK_INIT_DONE, .rw = 0x7, .sticky = 0x6 },
    { .name = "link layer Rx credit control",
      .offset = CXL_LINK_RX_CREDIT_CONTROL, .width = 8,
      .rw = 0x0fffffffffffffff, .sticky = 0x0fffffffffffffff },
    { .name = "link layer Rx credit return status",
      .offset = CXL_LINK_RX_CREDIT_STATUS, .width = 8 },
    { .name = "link layer Tx credit status",
      .offset = CXL_LINK_TX_CREDIT_STATUS, .width = 8 },
    { .name = "link layer ack timer control", .offset = CXL_LINK_ACK_TIMER,
      .width = 8, .reset = 0x20 << 8 | 0x10, .rw = 0x3ffff,
      .sticky = 0x3ffff },
    { .name = "link layer defeature", .offset = CXL_LINK_DEFEATURE,
      .width = 8, .rw = 0x1, .sticky = 0x1 },
    /* Credits of fabric ports and direct P2P: zero everywhere else */
    { .name = "link layer Rx credit control 2",
      .offset = CXL_LINK_RX_CREDIT_CONTROL2, .width = 8 },
    { .name = "link layer Rx credit return status 2",
      .offset = CXL_LINK_RX_CREDIT_STATUS2, .width = 8 },
    { .name = "link layer Tx credit status 2",
      .offset = CXL_LINK_TX_CREDIT_STATUS2, .width = 8 },
};

/* 8.2.4.20.1, 8.2.4.20.2: the capability is filled in by fill_hdm() */
static const CxlRegRow hdm_port_rows[] = {
    { .name = "HDM decoder capability", .offset = CXL_HDM_CAPABILITY,
      .width = 4 },
    { .name = "HDM decoder global control", .offset = CXL_HDM_GLOBAL_CONTROL,
      .width = 4 },
};

static const CxlRegRow hdm_device_rows[] = {
    { .name = "HDM decoder capability", .offset = CXL_HDM_CAPABILITY,
      .width = 4 },
    { .name = "HDM decoder global control", .offset = CXL_HDM_GLOBAL_CONTROL,
      .width = 4, .hook = HOOK_HDM_GLOBAL, .rw = CXL_HDM_GLOBAL_ENABLE },
};

/* 8.2.4.20.3 to 8.2.4.20.11: one decoder */
#define RWL_ROW(what, where, mask) \
    { .name = (what), .offset = (where), .width = 4, .rwl = (mask) }

#define CONTROL_ROW \
    { .name = "control", .offset = CXL_HDM_CONTROL, .width = 4, \
      .hook = HOOK_HDM_CONTROL, .rwl = CONTROL_BITS }

#define CONTROL_BITS (CXL_HDM_CTRL_IG_MASK | CXL_HDM_CTRL_IW_MASK | \
                      CXL_HDM_CTRL_LOCK_ON_COMMIT | CXL_HDM_CTRL_COMMIT | \
                      CXL_HDM_CTRL_HOST_ONLY)

static const CxlRegRow port_decoder_rows[] = {
    RWL_ROW("base low", CXL_HDM_BASE_LOW, CXL_HDM_LOW_MASK),
    RWL_ROW("base high", CXL_HDM_BASE_HIGH, ALL_32),
    RWL_ROW("size low", CXL_HDM_SIZE_LOW, CXL_HDM_LOW_MASK),
    RWL_ROW("size high", CXL_HDM_SIZE_HIGH, ALL_32),
    CONTROL_ROW,
    RWL_ROW("target list low", CXL_HDM_TARGETS_LOW, ALL_32),
    RWL_ROW("target list high", CXL_HDM_TARGETS_HIGH, ALL_32),
};

static const CxlRegRow device_decoder_rows[] = {
    RWL_ROW("base low", CXL_HDM_BASE_LOW, CXL_HDM_LOW_MASK),
    RWL_ROW("base high", CXL_HDM_BASE_HIGH, ALL_32),
    RWL_ROW("size low", CXL_HDM_SIZE_LOW, CXL_HDM_LOW_MASK),
    RWL_ROW("size high", CXL_HDM_SIZE_HIGH, ALL_32),
    CONTROL_ROW,
    RWL_ROW("DPA skip low", CXL_HDM_SKIP_LOW, CXL_HDM_LOW_MASK),
    RWL_ROW("DPA skip high", CXL_HDM_SKIP_HIGH, ALL_32),
};

/* 8.2.4.21: no root port has a security policy register */
static const CxlRegRow ext_security_rows[] = {
    { .name = "root ports", .offset = CXL_EXT_SECURITY_ROOT_PORTS,
      .width = 4 },
};

/* 8.2.4.23 */
static const CxlRegRow snoop_filter_rows[] = {
    { .name = "snoop filter group", .offset = CXL_SNOOP_FILTER_GROUP,
      .width = 4 },
    { .name = "snoop filter capacity", .offset = CXL_SNOOP_FILTER_CAPACITY,
      .width = 4 },
};

#define KIND(kind)  (1u << (kind))
#define PORTS       (KIND(CXL_ROOT_PORT) | KIND(CXL_UPSTREAM_PORT) | \
                     KIND(CXL_DOWNSTREAM_PORT))

/*
 * A part of a capability: rows at an offset, for some kinds of component
 * (table 8-22)
 */
typedef struct Part {
    uint16_t offset;
    uint16_t cap;       /* capability whose header points here, or 0 */
    uint8_t version;
    unsigned kinds;
    const CxlRegRow *rows;
    size_t nrows;
    uint16_t count;     /* 0: one per decoder */
    uint16_t stride;
} Part;

#define RAS_OFFSET  0x080
#define LINK_OFFSET 0x100
#define HDM_OFFSET  0x200

static const Part parts[] = {
    { RAS_OFFSET, CXL_CAP_RAS, 2, PORTS | KIND(CXL_ENDPOINT),
      ras_rows, COUNT(ras_rows), 1, 0 },
    { RAS_OFFSET + CXL_RAS_CONTROL, 0, 0, KIND(CXL_ROOT_PORT),
      ras_control_root_rows, COUNT(ras_control_root_rows), 1, 0 },
    { RAS_OFFSET + CXL_RAS_CONTROL, 0, 0,
      (PORTS & ~KIND(CXL_ROOT_PORT)) | KIND(CXL_ENDPOINT),
      ras_control_rows, COUNT(ras_control_rows), 1, 0 },
    { RAS_OFFSET + CXL_RAS_HEADER_LOG, 0, 0, PORTS | KIND(CXL_ENDPOINT),
      ras_log_rows, COUNT(ras_log_rows), CXL_RAS_HEADER_LOG_SIZE / 4, 4 },
    { LINK_OFFSET, CXL_CAP_LINK, 2, PORTS | KIND(CXL_ENDPOINT),
      link_rows, COUNT(link_rows), 1, 0 },
    { HDM_OFFSET, CXL_CAP_HDM, 3,
      KIND(CXL_HOST_BRIDGE) | KIND(CXL_UPSTREAM_PORT),
      hdm_port_rows, COUNT(hdm_port_rows), 1, 0 },
    { HDM_OFFSET, CXL_CAP_HDM, 3, KIND(CXL_ENDPOINT),
      hdm_device_rows, COUNT(hdm_device_rows), 1, 0 },
    { HDM_OFFSET + CXL_HDM_DECODERS, 0, 0,
      KIND(CXL_HOST_BRIDGE) | KIND(CXL_UPSTREAM_PORT),
      port_decoder_rows, COUNT(port_decoder_rows), 0, CXL_HDM_STRIDE },
    { HDM_OFFSET + CXL_HDM_DECODERS, 0, 0, KIND(CXL_ENDPOINT),
      device_decoder_rows, COUNT(device_decoder_rows), 0, CXL_HDM_STRIDE },
    { 0x640, CXL_CAP_EXT_SECURITY, 2, KIND(CXL_HOST_BRIDGE),
      ext_security_rows, COUNT(ext_security_rows), 1, 0 },
    { 0x680, CXL_CAP_SNOOP_FILTER, 1, KIND(CXL_ROOT_PORT),
      snoop_filter_rows, COUNT(snoop_filter_rows), 1, 0 },
};

/* The last decoder of the largest component ends before what comes next */
_Static_assert(HDM_OFFSET + CXL_HDM_SIZE(CXL_HDM_MAX_DECODERS) <= 0x640,
               "HDM decoders overlap another capability");

static bool has_part(const CxlComponent *c, const Part *part)
{
    bool hdm = part->cap == CXL_CAP_HDM || !part->count;

    return part->kinds & KIND(c->kind) && (c->hdm.count || !hdm);
}

/* Index is the value of the decoder count field (8.2.4.20.1) */
static const uint8_t decoder_counts[] = {
    1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32,
};

static unsigned encode_decoder_count(unsigned decoders)
{
    unsigned code = 0;

    while (code + 1 < sizeof(decoder_counts) &&
           decoder_counts[code] != decoders) {
        code++;
    }
    return code;
}

bool cxl_component_decoders_valid(CxlComponentKind kind, unsigned decoders)
{
    static const struct {
        unsigned min, max;
    } limit[CXL_COMPONENT_KINDS] = {
        [CXL_HOST_BRIDGE] = { 0, 32 },
        [CXL_UPSTREAM_PORT] = { 0, 10 },
        [CXL_ENDPOINT] = { 1, 10 },
    };

    if ((unsigned)kind >= CXL_COMPONENT_KINDS || decoders < limit[kind].min ||
        decoders > limit[kind].max) {
        return false;
    }
    return !decoders ||
           decoder_counts[encode_decoder_count(decoders)] == decoders;
}

static CxlComponent *component_of(const CxlRegBlock *regs)
{
    return (CxlComponent *)((char *)regs - offsetof(CxlComponent, regs));
}

static bool is_locked(const CxlRegBlock *regs, unsigned group,
                      unsigned instance)
{
    const CxlComponent *c = component_of(regs);

    return (int)group == c->hdm_group && c->hdm.state.decoder[instance].locked;
}

static uint32_t decoder_offset(const CxlComponent *c, unsigned n)
{
    return c->hdm_offset + CXL_HDM_DECODERS + CXL_HDM_STRIDE * n;
}

static CxlDecoder read_decoder(const CxlComponent *c, unsigned n)
{
    const uint8_t *p = c->state.bytes + decoder_offset(c, n);
    uint32_t ctrl = (uint32_t)cxl_le_load(p + CXL_HDM_CONTROL, 4);
    CxlDecoder d = {
        .base = cxl_le_load(p + CXL_HDM_BASE_LOW, 8),
        .size = cxl_le_load(p + CXL_HDM_SIZE_LOW, 8),
        .eig = ctrl & CXL_HDM_CTRL_IG_MASK,
        .eiw = (ctrl & CXL_HDM_CTRL_IW_MASK) >> CXL_HDM_CTRL_IW_SHIFT,
        .locked = ctrl & CXL_HDM_CTRL_LOCK_ON_COMMIT,
        .host_only = ctrl & CXL_HDM_CTRL_HOST_ONLY,
    };

    if (c->hdm.endpoint) {
        d.skip = cxl_le_load(p + CXL_HDM_SKIP_LOW, 8);
    } else {
        memcpy(d.targets, p + CXL_HDM_TARGETS_LOW, sizeof(d.targets));
    }
    return d;
}

static bool try_commit(CxlComponent *c, unsigned n, CxlReport *report)
{
    CxlDecoder want = read_decoder(c, n);
    CxlHdmRefusal why = cxl_hdm_commit(&c->hdm, n, &want);

    report->what = why ? CXL_REPORT_REFUSED : CXL_REPORT_COMMIT;
    report->wrong = why ? cxl_hdm_refusal_name(why) : NULL;
    return !why;
}

/* Every write of control with Commit set is an attempt, until one succeeds */
static void control_written(CxlComponent *c, unsigned n, CxlEffects *effects)
{
    uint32_t offset = decoder_offset(c, n) + CXL_HDM_CONTROL;
    uint64_t ctrl = cxl_regblock_read(&c->regs, offset, 4);
    bool committed = c->hdm.state.decoder[n].committed;

    effects->report = (CxlReport) { .number = n };
    if (committed && c->hdm.state.decoder[n].locked) {
        effects->report.what = CXL_REPORT_REFUSED;
        effects->report.wrong = "decoder is locked";
    } else if (!(ctrl & CXL_HDM_CTRL_COMMIT)) {
        if (cxl_hdm_uncommit(&c->hdm, n)) {
            effects->report.what = CXL_REPORT_UNCOMMIT;
        }
    } else if (!committed) {
        ctrl &= ~(uint64_t)CXL_HDM_CTRL_ERROR;
        if (!try_commit(c, n, &effects->report)) {
            ctrl |= CXL_HDM_CTRL_ERROR;
        }
    }
    ctrl &= ~(uint64_t)CXL_HDM_CTRL_COMMITTED;
    if (c->hdm.state.decoder[n].committed) {
        ctrl |= CXL_HDM_CTRL_COMMITTED;
    }
    if (c->hdm.state.decoder[n].committed != committed) {
        effects->flags |= CXL_EFFECT_ROUTES;
    }
    cxl_regblock_set(&c->regs, offset, 4, ctrl);
}

static void global_written(CxlComponent *c, CxlEffects *effects)
{
    uint32_t offset = c->hdm_offset + CXL_HDM_GLOBAL_CONTROL;
    bool enabled = cxl_regblock_read(&c->regs, offset, 4) &
                   CXL_HDM_GLOBAL_ENABLE;

    if (enabled != c->hdm.state.enabled) {
        c->hdm.state.enabled = enabled;
        effects->flags |= CXL_EFFECT_ROUTES;
    }
}

static CxlRas ras_of(CxlComponent *c)
{
    return (CxlRas) {
        .state = &c->state.ras, .regs = &c->regs, .offset = RAS_OFFSET,
    };
}

static void status_written(CxlComponent *c, uint32_t old)
{
    const CxlRas ras = ras_of(c);
    uint64_t now = cxl_regblock_read(&c->regs, RAS_OFFSET + CXL_RAS_UNC_STATUS,
                                     4);

    if (old & ~now) {
        cxl_ras_cleared(&ras, old & ~(uint32_t)now);
    }
}

static void written(CxlRegBlock *regs, unsigned group, unsigned instance,
                    const CxlRegRow *row, uint64_t old, CxlEffects *effects)
{
    CxlComponent *c = component_of(regs);

    (void)group;
    if (row->hook == HOOK_HDM_GLOBAL) {
        global_written(c, effects);
    } else if (row->hook == HOOK_HDM_CONTROL) {
        control_written(c, instance, effects);
    } else if (row->hook == HOOK_RAS_STATUS) {
        status_written(c, (uint32_t)old);
    }
}

static const CxlRegBlockOps ops = {
    .locked = is_locked,
    .written = written,
};

static unsigned count_capabilities(const CxlComponent *c)
{
    unsigned n = 0;

    for (size_t i = 0; i < COUNT(parts); i++) {
        n += parts[i].cap && has_part(c, &parts[i]);
    }
    return n;
}

static void fill_headers(CxlComponent *c)
{
    unsigned n = 0;

    for (size_t i = 0; i < COUNT(parts); i++) {
        const Part *part = &parts[i];

        if (part->cap && has_part(c, part)) {
            cxl_regblock_set(&c->regs, 4 * ++n, 4, part->cap |
                (uint32_t)part->version << CXL_CAP_HDR_VERSION_SHIFT |
                (uint32_t)part->offset << CXL_CAP_HDR_POINTER_SHIFT);
        }
    }
    cxl_regblock_set(&c->regs, 0, 4, CXL_CACHEMEM_CAP_ID |
        CXL_CACHEMEM_CAP_VERSION << CXL_CAP_HDR_VERSION_SHIFT |
        CXL_CACHEMEM_VERSION << CXL_CAP_HDR_CACHEMEM_SHIFT |
        n << CXL_CAP_HDR_COUNT_SHIFT);
}

static void fill_hdm(CxlComponent *c)
{
    uint32_t cap = encode_decoder_count(c->hdm.count) |
                   CXL_HDM_CAP_A11TO8 | CXL_HDM_CAP_A14TO12;

    if (!c->hdm.count) {
        return;
    }
    if (c->hdm.ways_3_6_12) {
        cap |= CXL_HDM_CAP_WAYS_3_6_12;
    }
    if (c->hdm.ways_16) {
        cap |= CXL_HDM_CAP_WAYS_16;
    }
    if (c->hdm.endpoint) {
        cap |= CXL_HDM_COHERENCY_HOST_ONLY << CXL_HDM_CAP_COHERENCY_SHIFT;
    } else {
        cap |= CXL_HDM_MAX_TARGETS << CXL_HDM_CAP_TARGETS_SHIFT;
    }
    cxl_regblock_set(&c->regs, c->hdm_offset + CXL_HDM_CAPABILITY, 4, cap);
}

static bool add_part(CxlComponent *c, const Part *part)
{
    CxlRegGroup group = {
        .rows = part->rows,
        .nrows = (uint16_t)part->nrows,
        .base = part->offset,
        .stride = part->stride,
        .count = part->count ? part->count : (uint16_t)c->hdm.count,
    };
    int number = cxl_regblock_add(&c->regs, &group);

    if (!part->count) {
        c->hdm_group = number;
    }
    return number >= 0;
}

static bool add_rows(CxlComponent *c)
{
    CxlRegGroup headers = {
        .rows = header_rows, .nrows = 1, .stride = 4,
        .count = (uint16_t)(1 + count_capabilities(c)),
    };

    bool fit;

    cxl_regblock_init(&c->regs, c->state.bytes, sizeof(c->state.bytes), &ops);
    fit = cxl_regblock_add(&c->regs, &headers) >= 0;
    for (size_t i = 0; i < COUNT(parts); i++) {
        fit &= !has_part(c, &parts[i]) || add_part(c, &parts[i]);
    }
    return fit;
}

bool cxl_component_init(CxlComponent *c, const CxlComponentConfig *config)
{
    unsigned least = config->kind == CXL_ENDPOINT ? 1 : 0;
    bool fit;

    memset(c, 0, sizeof(*c));
    c->kind = config->kind;
    c->hdm_group = -1;
    c->hdm_offset = HDM_OFFSET;
    c->hdm.count = cxl_component_decoders_valid(config->kind,
                                                config->decoders) ?
                   config->decoders : least;
    c->hdm.endpoint = config->kind == CXL_ENDPOINT;
    c->hdm.ways_3_6_12 = c->hdm.endpoint;
    c->hdm.ways_16 = c->hdm.endpoint;
    c->hdm.dpa = config->dpa;
    fit = add_rows(c);
    cxl_component_reset(c, CXL_RESET_COLD);
    return fit;
}

/* The status of decoders that a reset has left in force */
static void fill_committed(CxlComponent *c)
{
    for (unsigned n = 0; n < c->hdm.count; n++) {
        uint32_t offset = decoder_offset(c, n) + CXL_HDM_CONTROL;
        uint64_t ctrl = cxl_regblock_read(&c->regs, offset, 4);

        if (c->hdm.state.decoder[n].committed) {
            cxl_regblock_set(&c->regs, offset, 4,
                             ctrl | CXL_HDM_CTRL_COMMITTED);
        }
    }
}

void cxl_component_reset(CxlComponent *c, CxlReset kind)
{
    if (kind == CXL_RESET_FUNCTION) {
        return;
    }
    if (kind == CXL_RESET_CXL) {
        cxl_hdm_reset_unlocked(&c->hdm);
    } else {
        cxl_hdm_reset(&c->hdm);
    }
    cxl_regblock_reset(&c->regs, kind);
    if (kind == CXL_RESET_COLD) {
        c->state.ras = (CxlRasState) { 0 };
    }
    fill_headers(c);
    fill_hdm(c);
    fill_committed(c);
}

/*
 * Clip an access to the CXL.cache and CXL.mem registers: make @offset relative
 * to them and return by how many bytes the access begins before them. @size
 * becomes 0 when nothing is left.
 */
static unsigned clip(uint64_t *offset, unsigned *size)
{
    unsigned before = 0;

    if (*offset < CXL_CACHEMEM_OFFSET &&
        CXL_CACHEMEM_OFFSET - *offset < *size) {
        before = (unsigned)(CXL_CACHEMEM_OFFSET - *offset);
        *offset = CXL_CACHEMEM_OFFSET;
        *size -= before;
    }
    *offset -= CXL_CACHEMEM_OFFSET;
    if (*offset >= CXL_CACHEMEM_SIZE) {
        *size = 0;
    } else if (*size > CXL_CACHEMEM_SIZE - *offset) {
        *size = (unsigned)(CXL_CACHEMEM_SIZE - *offset);
    }
    return before;
}

CxlDecoder cxl_component_wanted(const CxlComponent *c, unsigned n)
{
    CxlDecoder d = { 0 };

    if (n < c->hdm.count) {
        d = read_decoder(c, n);
        d.ways = cxl_ways_from_eiw(d.eiw);
        d.granularity = cxl_granularity_from_eig(d.eig);
    }
    return d;
}

uint64_t cxl_component_read(const CxlComponent *c, uint64_t offset,
                            unsigned size)
{
    unsigned before = clip(&offset, &size);

    if (!size) {
        return 0;
    }
    return cxl_regblock_read(&c->regs, (uint32_t)offset, size) << (8 * before);
}

void cxl_component_write(CxlComponent *c, uint64_t offset, unsigned size,
                         uint64_t value, CxlEffects *effects)
{
    unsigned before = clip(&offset, &size);

    if (size) {
        cxl_regblock_write(&c->regs, (uint32_t)offset, size,
                           value >> (8 * before), effects);
    }
}

bool cxl_component_uncorrectable(CxlComponent *c, uint32_t error,
                                 const uint32_t *header, CxlEffects *effects)
{
    const CxlRas ras = ras_of(c);

    return c->kind != CXL_HOST_BRIDGE &&
           cxl_ras_uncorrectable(&ras, error, header, effects);
}

bool cxl_component_correctable(CxlComponent *c, uint32_t error,
                               CxlEffects *effects)
{
    const CxlRas ras = ras_of(c);

    return c->kind != CXL_HOST_BRIDGE &&
           cxl_ras_correctable(&ras, error, effects);
}
