/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Extended capabilities and DVSECs (CXL 3.1 8.1)
 */
#include "hw/cxl/core/dvsec.h"

#include <stddef.h>
#include <string.h>

#include "hw/cxl/core/interleave.h"
#include "hw/cxl/spec/component-regs.h"
#include "hw/cxl/spec/wire.h"

enum {
    HOOK_NONE,
    HOOK_DEVICE_CONTROL,
    HOOK_DEVICE_CONTROL2,
    HOOK_DEVICE_RANGE,
};

/* Where everything lies. Room is kept for what a function may leave out. */
#define AER(offset)     { CXL_EXT_CAP_AER, 0, (offset), 0x48, 2, 0 }
#define DSN(offset)     { CXL_EXT_CAP_DSN, 0, (offset), 0x0c, 1, 0 }
#define ACS(offset)     { CXL_EXT_CAP_ACS, 0, (offset), 0x08, 1, 0 }
#define DOE(offset)     { CXL_EXT_CAP_DOE, 0, (offset), 0x18, 1, 0 }
#define DVSEC(id, revision, size, offset) \
    { CXL_EXT_CAP_DVSEC, (id), (offset), (size), 1, (revision) }

static const CxlExtCap endpoint_caps[] = {
    AER(0x100),
    DSN(0x148),
    DVSEC(CXL_DVSEC_DEVICE, 3, CXL_DEVICE_SIZE, 0x160),
    DVSEC(CXL_DVSEC_DEVICE_GPF, 0, CXL_DEVICE_GPF_SIZE, 0x1a0),
    DVSEC(CXL_DVSEC_FLEX_BUS, 2, CXL_FLEX_BUS_SIZE, 0x1b0),
    DVSEC(CXL_DVSEC_LOCATOR, 0, CXL_LOCATOR_SIZE, 0x1d0),
    DOE(0x200),
};

static const CxlExtCap upstream_caps[] = {
    AER(0x100),
    DSN(0x148),
    DVSEC(CXL_DVSEC_PORT, 0, CXL_PORT_SIZE, 0x160),
    DVSEC(CXL_DVSEC_FLEX_BUS, 2, CXL_FLEX_BUS_SIZE, 0x190),
    DVSEC(CXL_DVSEC_LOCATOR, 0, CXL_LOCATOR_SIZE, 0x1b0),
    DOE(0x200),
    DVSEC(CXL_DVSEC_FUNCTION_MAP, 0, CXL_FUNCTION_MAP_SIZE, 0x220),
};

/* Root ports and downstream ports */
static const CxlExtCap dport_caps[] = {
    AER(0x100),
    ACS(0x148),
    DSN(0x150),
    DVSEC(CXL_DVSEC_PORT, 0, CXL_PORT_SIZE, 0x160),
    DVSEC(CXL_DVSEC_PORT_GPF, 0, CXL_PORT_GPF_SIZE, 0x188),
    DVSEC(CXL_DVSEC_FLEX_BUS, 2, CXL_FLEX_BUS_SIZE, 0x198),
    DVSEC(CXL_DVSEC_LOCATOR, 0, CXL_LOCATOR_SIZE, 0x1b8),
};

static const CxlExtCap mailbox_cci_caps[] = {
    AER(0x100),
    DSN(0x148),
    DVSEC(CXL_DVSEC_LOCATOR, 0, CXL_LOCATOR_SIZE, 0x160),
};

#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))

const CxlExtCap *cxl_ext_caps(CxlComponentKind kind, unsigned *count)
{
    static const struct {
        const CxlExtCap *caps;
        unsigned count;
    } of_kind[CXL_FUNCTION_KINDS] = {
        [CXL_ROOT_PORT] = { dport_caps, COUNT(dport_caps) },
        [CXL_UPSTREAM_PORT] = { upstream_caps, COUNT(upstream_caps) },
        [CXL_DOWNSTREAM_PORT] = { dport_caps, COUNT(dport_caps) },
        [CXL_ENDPOINT] = { endpoint_caps, COUNT(endpoint_caps) },
        [CXL_MAILBOX_CCI] = { mailbox_cci_caps, COUNT(mailbox_cci_caps) },
    };

    *count = of_kind[kind].count;
    return of_kind[kind].caps;
}

const CxlExtCap *cxl_ext_cap_find(CxlComponentKind kind, uint16_t id,
                                  uint16_t dvsec_id)
{
    unsigned count;
    const CxlExtCap *caps = cxl_ext_caps(kind, &count);

    for (unsigned i = 0; i < count; i++) {
        if (caps[i].id == id &&
            (id != CXL_EXT_CAP_DVSEC || caps[i].dvsec_id == dvsec_id)) {
            return &caps[i];
        }
    }
    return NULL;
}

/* Rows from offset 4 of a DVSEC on; filled in by fill*() where 0 is wrong */
#define RO_ROW(what, where, bytes) \
    { .name = (what), .offset = (where), .width = (bytes) }
#define RW_ROW(what, where, bytes, mask) \
    { .name = (what), .offset = (where), .width = (bytes), .rw = (mask) }
#define RWL_ROW(what, where, bytes, mask) \
    { .name = (what), .offset = (where), .width = (bytes), .rwl = (mask) }
#define HEADER1_ROW RO_ROW("DVSEC header 1", CXL_DVSEC_HEADER1, 4)
#define HEADER2_ROW RO_ROW("DVSEC header 2", CXL_DVSEC_HEADER2, 2)

#define BASE_ROW(what, where, mask) \
    { .name = (what), .offset = (where), .width = 4, \
      .hook = HOOK_DEVICE_RANGE, .rwl = (mask) }

#define RANGE1(offset)  (CXL_DEVICE_RANGE1 + (offset))
#define RANGE2(offset)  (CXL_DEVICE_RANGE2 + (offset))

/*
 * 8.1.3: no CXL.cache, so that nothing clean is ever written back; CONFIG_LOCK
 * locks itself, too. Power management is ready as soon as anybody can look.
 */
static const CxlRegRow device_rows[] = {
    HEADER1_ROW,
    HEADER2_ROW,
    { .name = "CXL capability", .offset = CXL_DEVICE_CAP, .width = 2,
      .reset = CXL_DEVICE_CAP_IO | CXL_DEVICE_CAP_MEM |
               CXL_DEVICE_CAP_MEM_HWINIT | CXL_DEVICE_CAP_RESET |
               1 << CXL_DEVICE_CAP_RESET_TIMEOUT_SHIFT |
               CXL_DEVICE_CAP_VIRAL | CXL_DEVICE_CAP_PM_INIT },
    { .name = "CXL control", .offset = CXL_DEVICE_CTRL, .width = 2,
      .hook = HOOK_DEVICE_CONTROL, .reset = CXL_DEVICE_CTRL_IO,
      .rwl = CXL_DEVICE_CTRL_MEM | CXL_DEVICE_CTRL_VIRAL },
    { .name = "CXL status", .offset = CXL_DEVICE_STATUS, .width = 2,
      .w1c = CXL_DEVICE_STATUS_VIRAL, .sticky = CXL_DEVICE_STATUS_VIRAL },
    { .name = "CXL control 2", .offset = CXL_DEVICE_CTRL2, .width = 2,
      .hook = HOOK_DEVICE_CONTROL2, .rw = CXL_DEVICE_CTRL2_RESET },
    { .name = "CXL status 2", .offset = CXL_DEVICE_STATUS2, .width = 2,
      .reset = CXL_DEVICE_STATUS2_PM_INIT },
    RWL_ROW("CXL lock", CXL_DEVICE_LOCK, 2, CXL_DEVICE_LOCK_CONFIG),
    { .name = "CXL capability 2", .offset = CXL_DEVICE_CAP2, .width = 2,
      .reset = CXL_DEVICE_CAP2_NO_CLEAN_WRITE_BACK },
    RO_ROW("range 1 size high", RANGE1(CXL_RANGE_SIZE_HIGH), 4),
    RO_ROW("range 1 size low", RANGE1(CXL_RANGE_SIZE_LOW), 4),
    BASE_ROW("range 1 base high", RANGE1(CXL_RANGE_BASE_HIGH), UINT32_MAX),
    BASE_ROW("range 1 base low", RANGE1(CXL_RANGE_BASE_LOW),
             CXL_RANGE_LOW_MASK),
    RO_ROW("range 2 size high", RANGE2(CXL_RANGE_SIZE_HIGH), 4),
    RO_ROW("range 2 size low", RANGE2(CXL_RANGE_SIZE_LOW), 4),
    BASE_ROW("range 2 base high", RANGE2(CXL_RANGE_BASE_HIGH), UINT32_MAX),
    BASE_ROW("range 2 base low", RANGE2(CXL_RANGE_BASE_LOW),
             CXL_RANGE_LOW_MASK),
    RO_ROW("CXL capability 3", CXL_DEVICE_CAP3, 2),
};

/*
 * 8.1.4: what the device is made of (HwInit), which no reset changes. It is
 * told by cxl_dvsecs_set_non_cxl().
 */
#define MAP_ROW(n) \
    { .name = "non-CXL function map " #n, .offset = CXL_FUNCTION_MAP_REG(n), \
      .width = 4, .sticky = UINT32_MAX }

static const CxlRegRow function_map_rows[] = {
    HEADER1_ROW,
    HEADER2_ROW,
    MAP_ROW(0), MAP_ROW(1), MAP_ROW(2), MAP_ROW(3),
    MAP_ROW(4), MAP_ROW(5), MAP_ROW(6), MAP_ROW(7),
};

/* 8.1.5; Viral Enable is hardwired to 0 in root ports, see is_locked() */
static const CxlRegRow port_rows[] = {
    HEADER1_ROW,
    HEADER2_ROW,
    { .name = "port extension status", .offset = CXL_PORT_STATUS, .width = 2,
      .reset = CXL_PORT_STATUS_PM_INIT, .w1c = CXL_PORT_STATUS_VIRAL,
      .sticky = CXL_PORT_STATUS_VIRAL },
    { .name = "port control extensions", .offset = CXL_PORT_CTRL, .width = 2,
      .rw = CXL_PORT_CTRL_UNMASK_SBR | CXL_PORT_CTRL_UNMASK_LINK |
            CXL_PORT_CTRL_ALT_MEMORY | CXL_PORT_CTRL_ALT_BME,
      .rwl = CXL_PORT_CTRL_VIRAL },
    RW_ROW("alternate bus base", CXL_PORT_ALT_BUS_BASE, 1, 0xff),
    RW_ROW("alternate bus limit", CXL_PORT_ALT_BUS_LIMIT, 1, 0xff),
    RW_ROW("alternate memory base", CXL_PORT_ALT_MEM_BASE, 2, 0xfff0),
    RW_ROW("alternate memory limit", CXL_PORT_ALT_MEM_LIMIT, 2, 0xfff0),
    RW_ROW("alternate prefetchable base", CXL_PORT_ALT_PREF_BASE, 2, 0xfff0),
    RW_ROW("alternate prefetchable limit", CXL_PORT_ALT_PREF_LIMIT, 2,
           0xfff0),
    RW_ROW("alternate prefetchable base high", CXL_PORT_ALT_PREF_BASE_HIGH,
           4, UINT32_MAX),
    RW_ROW("alternate prefetchable limit high", CXL_PORT_ALT_PREF_LIMIT_HIGH,
           4, UINT32_MAX),
    RW_ROW("RCRB base", CXL_PORT_RCRB_BASE, 4, 0xffffe001),
    RW_ROW("RCRB base high", CXL_PORT_RCRB_BASE_HIGH, 4, UINT32_MAX),
};

/* 8.1.6 */
static const CxlRegRow port_gpf_rows[] = {
    HEADER1_ROW,
    HEADER2_ROW,
    RW_ROW("GPF phase 1 control", CXL_PORT_GPF_PHASE1, 2, CXL_GPF_TIME_MASK),
    RW_ROW("GPF phase 2 control", CXL_PORT_GPF_PHASE2, 2, CXL_GPF_TIME_MASK),
};

/* 8.1.7: phase 2 may take 1 s (base 1, scale 6) */
static const CxlRegRow device_gpf_rows[] = {
    HEADER1_ROW,
    HEADER2_ROW,
    { .name = "GPF phase 2 duration", .offset = CXL_DEVICE_GPF_DURATION,
      .width = 2, .reset = 6 << 8 | 1 },
    RO_ROW("GPF phase 2 power", CXL_DEVICE_GPF_POWER, 4),
};

/* 8.1.8: the link has trained as CXL.io and CXL.mem in VH mode */
#define FLEX_BUS_MODE (CXL_FLEX_BUS_IO | CXL_FLEX_BUS_MEM | \
                       CXL_FLEX_BUS_68B_VH)
#define FLEX_BUS_ERRORS 0x1f80  /* status bits 7 to 12 */

static const CxlRegRow flex_bus_rows[] = {
    HEADER1_ROW,
    HEADER2_ROW,
    { .name = "flex bus capability", .offset = CXL_FLEX_BUS_CAP, .width = 2,
      .reset = FLEX_BUS_MODE },
    { .name = "flex bus control", .offset = CXL_FLEX_BUS_CTRL, .width = 2,
      .reset = FLEX_BUS_MODE,
      .rw = CXL_FLEX_BUS_MEM | CXL_FLEX_BUS_68B_VH },
    { .name = "flex bus status", .offset = CXL_FLEX_BUS_STATUS, .width = 2,
      .reset = FLEX_BUS_MODE, .w1c = FLEX_BUS_ERRORS,
      .sticky = FLEX_BUS_ERRORS },
    RO_ROW("received modified TS data", CXL_FLEX_BUS_TS_DATA, 4),
    RO_ROW("flex bus capability 2", CXL_FLEX_BUS_CAP2, 4),
    RO_ROW("flex bus control 2", CXL_FLEX_BUS_CTRL2, 4),
    RO_ROW("flex bus status 2", CXL_FLEX_BUS_STATUS2, 4),
};

/* 8.1.9 */
static const CxlRegRow locator_rows[] = {
    HEADER1_ROW,
    HEADER2_ROW,
    RO_ROW("register block 1", CXL_LOCATOR_FIRST, 8),
    RO_ROW("register block 2", CXL_LOCATOR_FIRST + CXL_LOCATOR_STRIDE, 8),
    RO_ROW("register block 3", CXL_LOCATOR_FIRST + 2 * CXL_LOCATOR_STRIDE, 8),
};

static const struct {
    uint16_t id;
    uint16_t nrows;
    const CxlRegRow *rows;
} dvsecs[] = {
    { CXL_DVSEC_DEVICE, COUNT(device_rows), device_rows },
    { CXL_DVSEC_FUNCTION_MAP, COUNT(function_map_rows), function_map_rows },
    { CXL_DVSEC_PORT, COUNT(port_rows), port_rows },
    { CXL_DVSEC_PORT_GPF, COUNT(port_gpf_rows), port_gpf_rows },
    { CXL_DVSEC_DEVICE_GPF, COUNT(device_gpf_rows), device_gpf_rows },
    { CXL_DVSEC_FLEX_BUS, COUNT(flex_bus_rows), flex_bus_rows },
    { CXL_DVSEC_LOCATOR, COUNT(locator_rows), locator_rows },
};

static CxlDvsecs *dvsecs_of(const CxlRegBlock *regs)
{
    return (CxlDvsecs *)((char *)regs - offsetof(CxlDvsecs, regs));
}

/* RWL bits: those of a device by CONFIG_LOCK, those of ports by their kind */
static bool is_locked(const CxlRegBlock *regs, unsigned group,
                      unsigned instance)
{
    const CxlDvsecs *d = dvsecs_of(regs);

    (void)group;
    (void)instance;
    if (!d->device) {
        return d->config.kind == CXL_ROOT_PORT;
    }
    return cxl_regblock_read(regs, d->device + CXL_DEVICE_LOCK, 2) &
           CXL_DEVICE_LOCK_CONFIG;
}

static void device_written(CxlDvsecs *d, const CxlRegRow *row, uint64_t old,
                           CxlEffects *effects)
{
    uint32_t offset = d->device + row->offset;
    uint64_t now = cxl_regblock_read(&d->regs, offset, row->width);

    if (row->hook == HOOK_DEVICE_CONTROL) {
        if ((old ^ now) & CXL_DEVICE_CTRL_MEM) {
            effects->flags |= CXL_EFFECT_ROUTES;
        }
    } else if (row->hook == HOOK_DEVICE_RANGE) {
        if (old != now) {
            effects->flags |= CXL_EFFECT_ROUTES;
        }
    } else if (now & CXL_DEVICE_CTRL2_RESET) {
        cxl_regblock_set(&d->regs, offset, row->width,
                         now & ~(uint64_t)CXL_DEVICE_CTRL2_RESET);
        cxl_regblock_set(&d->regs, d->device + CXL_DEVICE_STATUS2, 2,
                         CXL_DEVICE_STATUS2_PM_INIT);
        effects->flags |= CXL_EFFECT_DEVICE_RESET;
    }
}

static void written(CxlRegBlock *regs, unsigned group, unsigned instance,
                    const CxlRegRow *row, uint64_t old, CxlEffects *effects)
{
    (void)group;
    (void)instance;
    device_written(dvsecs_of(regs), row, old, effects);
}

static const CxlRegBlockOps ops = {
    .locked = is_locked,
    .written = written,
};

static void fill_headers(CxlDvsecs *d)
{
    unsigned count;
    const CxlExtCap *caps = cxl_ext_caps(d->config.kind, &count);

    for (unsigned i = 0; i < count; i++) {
        const CxlExtCap *cap = &caps[i];

        if (cap->id == CXL_EXT_CAP_DVSEC) {
            cxl_regblock_set(&d->regs, cap->offset + CXL_DVSEC_HEADER1, 4,
                CXL_VENDOR_ID |
                (uint32_t)cap->dvsec_revision << CXL_DVSEC_HEADER1_REV_SHIFT |
                (uint32_t)cap->size << CXL_DVSEC_HEADER1_LENGTH_SHIFT);
            cxl_regblock_set(&d->regs, cap->offset + CXL_DVSEC_HEADER2, 2,
                             cap->dvsec_id);
        }
    }
}

static void fill_range(CxlDvsecs *d, uint32_t start, uint64_t size)
{
    uint32_t flags = size ? CXL_RANGE_VALID | CXL_RANGE_ACTIVE |
                            CXL_RANGE_BY_CDAT << CXL_RANGE_MEDIA_SHIFT |
                            CXL_RANGE_BY_CDAT << CXL_RANGE_CLASS_SHIFT : 0;

    cxl_regblock_set(&d->regs, start + CXL_RANGE_SIZE_HIGH, 4, size >> 32);
    cxl_regblock_set(&d->regs, start + CXL_RANGE_SIZE_LOW, 4,
                     (size & CXL_RANGE_LOW_MASK) | flags);
}

static const uint16_t range_start[] = { CXL_DEVICE_RANGE1, CXL_DEVICE_RANGE2 };

void cxl_dvsecs_update_ranges(CxlDvsecs *d)
{
    const CxlDpa *dpa = d->config.dpa;
    uint32_t offset = d->device + CXL_DEVICE_CAP;
    uint64_t cap = cxl_regblock_read(&d->regs, offset, 2) &
                   ~(uint64_t)CXL_DEVICE_CAP_HDM_COUNT;
    unsigned ranges = 0;

    for (unsigned i = 0; i < dpa->count && ranges < COUNT(range_start); i++) {
        if (dpa->part[i].size) {
            fill_range(d, d->device + range_start[ranges++], dpa->part[i].size);
        }
    }
    cxl_regblock_set(&d->regs, offset, 2,
                     cap | ranges << CXL_DEVICE_CAP_HDM_COUNT_SHIFT);
    while (ranges < COUNT(range_start)) {
        fill_range(d, d->device + range_start[ranges++], 0);
    }
}

/*
 * Component registers are in BAR 0, device registers in BAR 2. A mailbox CCI
 * has device registers only, in BAR 0.
 */
static void fill_locator(CxlDvsecs *d)
{
    const CxlExtCap *cap = cxl_ext_cap_find(d->config.kind, CXL_EXT_CAP_DVSEC,
                                            CXL_DVSEC_LOCATOR);
    uint32_t entry = cap->offset + CXL_LOCATOR_FIRST;

    if (d->config.kind == CXL_MAILBOX_CCI) {
        cxl_regblock_set(&d->regs, entry, 8,
                         0 | CXL_LOCATOR_DEVICE << CXL_LOCATOR_BLOCK_SHIFT);
        return;
    }
    cxl_regblock_set(&d->regs, entry, 8,
                     0 | CXL_LOCATOR_COMPONENT << CXL_LOCATOR_BLOCK_SHIFT);
    if (d->device) {
        cxl_regblock_set(&d->regs, entry + CXL_LOCATOR_STRIDE, 8,
                         2 | CXL_LOCATOR_DEVICE << CXL_LOCATOR_BLOCK_SHIFT);
    }
}

static bool add_dvsec(CxlDvsecs *d, const CxlExtCap *cap)
{
    bool fit = true;

    for (unsigned i = 0; i < COUNT(dvsecs); i++) {
        if (dvsecs[i].id == cap->dvsec_id) {
            CxlRegGroup group = {
                .rows = dvsecs[i].rows, .nrows = dvsecs[i].nrows,
                .base = cap->offset, .count = 1,
            };

            fit &= cxl_regblock_add(&d->regs, &group) >= 0;
        }
    }
    if (cap->dvsec_id == CXL_DVSEC_DEVICE) {
        d->device = cap->offset;
    }
    return fit;
}

bool cxl_dvsecs_init(CxlDvsecs *d, const CxlDvsecConfig *config,
                     uint8_t *space)
{
    unsigned count;
    const CxlExtCap *caps = cxl_ext_caps(config->kind, &count);
    bool fit = true;

    *d = (CxlDvsecs) { .config = *config };
    cxl_regblock_init(&d->regs, space, CXL_CONFIG_SPACE_SIZE, &ops);
    for (unsigned i = 0; i < count; i++) {
        if (caps[i].id == CXL_EXT_CAP_DVSEC) {
            fit &= add_dvsec(d, &caps[i]);
        }
    }
    cxl_dvsecs_reset(d, CXL_RESET_COLD);
    return fit;
}

void cxl_dvsecs_reset(CxlDvsecs *d, CxlReset kind)
{
    if (kind == CXL_RESET_FUNCTION) {
        return;
    }
    cxl_regblock_reset(&d->regs, kind);
    fill_headers(d);
    fill_locator(d);
    if (d->device) {
        cxl_dvsecs_update_ranges(d);
    }
}

bool cxl_dvsecs_own(const CxlDvsecs *d, uint32_t offset, unsigned size)
{
    unsigned count;
    const CxlExtCap *caps = cxl_ext_caps(d->config.kind, &count);

    for (unsigned i = 0; i < count; i++) {
        if (caps[i].id == CXL_EXT_CAP_DVSEC &&
            offset < caps[i].offset + caps[i].size &&
            offset + size > caps[i].offset) {
            return true;
        }
    }
    return false;
}

bool cxl_dvsecs_write(CxlDvsecs *d, uint32_t offset, unsigned size,
                      uint32_t value, CxlEffects *e)
{
    if (offset >= CXL_CONFIG_SPACE_SIZE || !cxl_dvsecs_own(d, offset, size)) {
        return false;
    }
    cxl_regblock_write(&d->regs, offset, size, value, e);
    return true;
}

bool cxl_dvsecs_mem_enabled(const CxlDvsecs *d)
{
    return d->device &&
           cxl_regblock_read(&d->regs, d->device + CXL_DEVICE_CTRL, 2) &
           CXL_DEVICE_CTRL_MEM;
}

uint16_t cxl_dvsecs_port_control(const CxlDvsecs *d)
{
    const CxlExtCap *cap = cxl_ext_cap_find(d->config.kind, CXL_EXT_CAP_DVSEC,
                                            CXL_DVSEC_PORT);

    return cap ? (uint16_t)cxl_regblock_read(&d->regs,
                                             cap->offset + CXL_PORT_CTRL, 2)
               : 0;
}

bool cxl_dvsecs_enter_viral(CxlDvsecs *d)
{
    const CxlExtCap *port = cxl_ext_cap_find(d->config.kind,
                                             CXL_EXT_CAP_DVSEC,
                                             CXL_DVSEC_PORT);
    uint32_t control, status;

    if (!d->device && !port) {
        return false;
    }
    control = port ? port->offset + CXL_PORT_CTRL : d->device + CXL_DEVICE_CTRL;
    status = port ? port->offset + CXL_PORT_STATUS
                  : d->device + CXL_DEVICE_STATUS;
    /* The same bit in all of them */
    if (!(cxl_regblock_read(&d->regs, control, 2) & CXL_DEVICE_CTRL_VIRAL)) {
        return false;
    }
    cxl_regblock_set(&d->regs, status, 2,
                     cxl_regblock_read(&d->regs, status, 2) |
                     CXL_DEVICE_STATUS_VIRAL);
    return true;
}

void cxl_dvsecs_set_non_cxl(CxlDvsecs *d, uint8_t devfn, bool present)
{
    const CxlExtCap *cap = cxl_ext_cap_find(d->config.kind, CXL_EXT_CAP_DVSEC,
                                            CXL_DVSEC_FUNCTION_MAP);
    uint32_t offset, bit = 1u << (devfn >> 3);
    uint64_t map;

    if (cap) {
        offset = cap->offset + CXL_FUNCTION_MAP_REG(devfn & 7u);
        map = cxl_regblock_read(&d->regs, offset, 4);
        cxl_regblock_set(&d->regs, offset, 4, present ? map | bit : map & ~bit);
    }
}

uint16_t cxl_dvsecs_range_at(const CxlDvsecs *d, uint64_t dpa)
{
    const CxlDpa *table = d->config.dpa;
    unsigned ranges = 0;

    for (unsigned i = 0; d->device && i < table->count; i++) {
        if (table->part[i].size && ranges < COUNT(range_start)) {
            if (table->part[i].base == dpa) {
                return (uint16_t)(d->device + range_start[ranges]);
            }
            ranges++;
        }
    }
    return 0;
}

static CxlDecoder read_range(const CxlDvsecs *d, uint32_t start)
{
    uint64_t base =
        cxl_regblock_read(&d->regs, start + CXL_RANGE_BASE_HIGH, 4) << 32 |
        cxl_regblock_read(&d->regs, start + CXL_RANGE_BASE_LOW, 4);

    return (CxlDecoder) {
        .committed = true,
        .host_only = true,
        .base = base,
        .ways = 1,
        .granularity = cxl_granularity_from_eig(0),
    };
}

bool cxl_dvsecs_ranges(const CxlDvsecs *d, CxlHdm *ranges)
{
    const CxlDpa *dpa = d->config.dpa;
    bool programmed = false;

    *ranges = (CxlHdm) { .endpoint = true, .dpa = dpa };
    if (!cxl_dvsecs_mem_enabled(d)) {
        return false;
    }
    ranges->state.enabled = true;
    for (unsigned i = 0; i < dpa->count; i++) {
        CxlDecoder *range = &ranges->state.decoder[ranges->count];

        if (dpa->part[i].size && ranges->count < COUNT(range_start)) {
            *range = read_range(d, d->device + range_start[ranges->count++]);
            range->size = dpa->part[i].size;
            range->dpa_base = dpa->part[i].base;
            programmed |= range->base != 0;
        }
    }
    return programmed;
}

void cxl_dvsecs_reset_done(CxlDvsecs *d)
{
    if (d->device) {
        cxl_regblock_set(&d->regs, d->device + CXL_DEVICE_STATUS2, 2,
                         CXL_DEVICE_STATUS2_PM_INIT |
                         CXL_DEVICE_STATUS2_RESET_DONE);
    }
}
