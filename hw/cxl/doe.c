/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOE mailbox with CXL table access (CXL 3.1 8.1.11), and the CDAT behind it
 *
 * The registers are the model's (core/doe.h); configuration accesses to them
 * are forwarded dword by dword.
 */
#include "qemu/osdep.h"
#include "hw/cxl/doe.h"

#include "hw/cxl/function.h"
#include "hw/cxl/spec/doe.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "qapi/error.h"
#include "qemu/cutils.h"

#define CXL_DOE_VERSION   1
#define CXL_DOE_FIRST_REG 4

bool cxl_doe_mailbox_realize(CxlDoeMailbox *m, PCIDevice *pci,
                             CxlComponentKind kind, uint8_t *bytes,
                             uint32_t size, int vector)
{
    CxlDoeConfig config = {
        .protocols = { { &cxl_doe_table_access, &m->table } },
        .nprotocols = 1,
        .interrupt = vector != CXL_DOE_NO_VECTOR,
        .vector = vector == CXL_DOE_NO_VECTOR ? 0 : vector,
    };

    if (!bytes) {
        return false;
    }
    m->pci = pci;
    m->offset = cxl_function_ext_cap(kind, CXL_EXT_CAP_DOE);
    m->bytes = bytes;
    m->table = (CxlCdatTable) { bytes, size };
    pcie_add_capability(pci, CXL_EXT_CAP_DOE, CXL_DOE_VERSION, m->offset,
                        CXL_DOE_SIZE);
    cxl_doe_init(&m->doe, &config);
    return true;
}

void cxl_doe_mailbox_cleanup(CxlDoeMailbox *m)
{
    g_clear_pointer(&m->bytes, g_free);
    m->table = (CxlCdatTable) { };
}

/* PCI configuration accesses are aligned: within one dword */
static bool is_register(const CxlDoeMailbox *m, uint32_t addr)
{
    return m->offset && addr >= m->offset + CXL_DOE_FIRST_REG &&
           addr < m->offset + CXL_DOE_SIZE;
}

uint32_t cxl_doe_mailbox_read_config(const CxlDoeMailbox *m, uint32_t addr,
                                     int len, uint32_t value)
{
    if (!is_register(m, addr)) {
        return value;
    }
    value = cxl_doe_read(&m->doe, (addr & ~3u) - m->offset);
    return extract32(value, 8 * (addr & 3), 8 * MIN(len, 4 - (addr & 3)));
}

void cxl_doe_mailbox_write_config(CxlDoeMailbox *m, uint32_t addr,
                                  uint32_t value, int len)
{
    unsigned shift = 8 * (addr & 3);
    uint32_t mask = MAKE_64BIT_MASK(0, 8 * len) << shift;
    CxlEffects effects = {};

    if (is_register(m, addr)) {
        cxl_doe_write(&m->doe, (addr & ~3u) - m->offset, value << shift, mask,
                      &effects);
        cxl_effects_apply(m->pci, &effects);
        if (m->doe.config.interrupt && !cxl_doe_interrupts(&m->doe)) {
            msix_clr_pending(m->pci, m->doe.config.vector);
        }
    }
}

/* A unit of an option, and what a number in it is in the table's unit */
typedef struct PerfUnit {
    const char *suffix;
    double factor;
} PerfUnit;

static const PerfUnit latency_units[] = {
    { "", 1000 }, { "ps", 1 }, { "ns", 1000 }, { "us", 1000000 }, { }
};

static const PerfUnit bandwidth_units[] = {
    { "", 1 }, { "M", 1 }, { "G", 1000 }, { "T", 1000000 }, { }
};

/* What the options are called, and how they are written */
static const struct {
    const char *name;
    const PerfUnit *units;
    const char *example;
} perf_rows[CXL_PERF_VALUES] = {
    [CXL_PERF_READ_LATENCY] = { "read-latency", latency_units, "150ns" },
    [CXL_PERF_WRITE_LATENCY] = { "write-latency", latency_units, "150ns" },
    [CXL_PERF_READ_BANDWIDTH] = { "read-bandwidth", bandwidth_units, "32G" },
    [CXL_PERF_WRITE_BANDWIDTH] = { "write-bandwidth", bandwidth_units, "32G" },
};

static bool parse_value(const char *text, const PerfUnit *units,
                        uint64_t *value)
{
    const char *end;
    double number;

    if (qemu_strtod_finite(text, &end, &number) < 0 || number <= 0) {
        return false;
    }
    for (; units->suffix; units++) {
        if (!strcmp(end, units->suffix)) {
            number *= units->factor;
            *value = number;
            return number >= 1 && number <= CXL_PERF_MAX;
        }
    }
    return false;
}

bool cxl_perf_parse(const CxlPerfOptions *options, const char *device,
                    const char *prefix, CxlPerf *perf, Error **errp)
{
    for (unsigned i = 0; i < CXL_PERF_VALUES; i++) {
        const char *text = options->text[i];

        if (text && !parse_value(text, perf_rows[i].units, &perf->value[i])) {
            error_setg(errp, "%s: %s%s=%s is not a value that the CDAT can"
                       " hold; write for example %s%s=%s", device, prefix,
                       perf_rows[i].name, text, prefix, perf_rows[i].name,
                       perf_rows[i].example);
            return false;
        }
    }
    return true;
}

uint8_t *cxl_cdat_load(const char *device, const char *file, uint32_t *size,
                       Error **errp)
{
    g_autofree char *bytes = NULL;
    g_autoptr(GError) gerr = NULL;
    CxlCdatError why;
    gsize length;

    if (!g_file_get_contents(file, &bytes, &length, &gerr)) {
        error_setg(errp, "%s: cdat=%s cannot be read: %s", device, file,
                   gerr->message);
        return NULL;
    }
    if (!cxl_cdat_validate((uint8_t *)bytes, length, &why)) {
        error_setg(errp, "%s: cdat=%s is not a valid CDAT: offset %u: %s",
                   device, file, why.offset, why.reason);
        return NULL;
    }
    *size = length;
    return (uint8_t *)g_steal_pointer(&bytes);
}
