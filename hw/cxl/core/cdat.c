/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coherent Device Attribute Table
 */
#include "hw/cxl/core/cdat.h"

#include <stddef.h>
#include <string.h>

#include "hw/cxl/core/payload.h"
#include "hw/cxl/spec/cdat.h"
#include "hw/cxl/spec/wire.h"

_Static_assert(CXL_CDAT_ENDPOINT_SIZE(1) ==
               sizeof(CxlCdatHeader) + sizeof(CxlDsmas) +
               CXL_PERF_VALUES * sizeof(CxlDslbis) + sizeof(CxlDsemts),
               "a partition");
_Static_assert(CXL_CDAT_SWITCH_SIZE(1) ==
               sizeof(CxlCdatHeader) +
               CXL_PERF_VALUES * (sizeof(CxlSslbis) + sizeof(CxlSslbe)),
               "a pair");
_Static_assert(CXL_CDAT_SWITCH_SIZE(CXL_CDAT_MAX_PAIRS) <= CXL_CDAT_MAX_SIZE,
               "all pairs");

/* How each value of CxlPerf stands in the table */
static const struct {
    uint8_t data_type;
    uint64_t usual_unit;
    const char *out_of_range;
} values[CXL_PERF_VALUES] = {
    [CXL_PERF_READ_LATENCY] = {
        CXL_CDAT_READ_LATENCY, 1000,
        "the read latency is not within 1 to 4294967295 ps",
    },
    [CXL_PERF_WRITE_LATENCY] = {
        CXL_CDAT_WRITE_LATENCY, 1000,
        "the write latency is not within 1 to 4294967295 ps",
    },
    [CXL_PERF_READ_BANDWIDTH] = {
        CXL_CDAT_READ_BANDWIDTH, 1,
        "the read bandwidth is not within 1 to 4294967295 MB/s",
    },
    [CXL_PERF_WRITE_BANDWIDTH] = {
        CXL_CDAT_WRITE_BANDWIDTH, 1,
        "the write bandwidth is not within 1 to 4294967295 MB/s",
    },
};

static bool refuse(CxlCdatError *error, uint32_t offset, const char *reason)
{
    error->offset = offset;
    error->reason = reason;
    return false;
}

const char *cxl_perf_check(const CxlPerf *perf)
{
    for (unsigned v = 0; v < CXL_PERF_VALUES; v++) {
        if (!perf->value[v] || perf->value[v] > CXL_PERF_MAX) {
            return values[v].out_of_range;
        }
    }
    return NULL;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

/*
 * The base unit for values with this greatest common divisor, the largest of
 * which is @max: the usual one if all values are exact and fit in it, else one
 * in which they are, else the finest in which they fit.
 */
static uint64_t choose_unit(uint64_t divisor, uint64_t max, uint64_t usual)
{
    if (divisor % usual == 0 && max / usual <= CXL_CDAT_ENTRY_MAX) {
        return usual;
    }
    if (max / divisor <= CXL_CDAT_ENTRY_MAX) {
        return divisor;
    }
    return (max + CXL_CDAT_ENTRY_MAX - 1) / CXL_CDAT_ENTRY_MAX;
}

/* Zero would mean that there is no value */
static Le16 scale(uint64_t value, uint64_t unit)
{
    uint64_t entry = (value + unit / 2) / unit;

    return cxl_le16(entry ? (uint16_t)entry : 1);
}

static uint8_t byte_sum(const uint8_t *p, uint32_t len)
{
    uint8_t sum = 0;

    while (len--) {
        sum = (uint8_t)(sum + *p++);
    }
    return sum;
}

static void put_header(uint8_t *table, uint32_t size, uint32_t sequence)
{
    CxlCdatHeader header = {
        .length = cxl_le32(size),
        .revision = CXL_CDAT_REVISION,
        .sequence = cxl_le32(sequence),
    };

    memcpy(table, &header, sizeof(header));
    header.checksum = (uint8_t)-byte_sum(table, size);
    memcpy(table, &header, sizeof(header));
}

static CxlCdatEntry entry_header(uint8_t type, uint32_t len)
{
    return (CxlCdatEntry) { .type = type, .length = cxl_le16((uint16_t)len) };
}

static void *put_entry(CxlWriter *out, uint8_t type, uint32_t len)
{
    CxlCdatEntry *entry = cxl_writer_put(out, len);

    *entry = entry_header(type, len);
    return entry;
}

static void put_partition(CxlWriter *out, const CxlDpaPartition *p,
                          uint8_t handle)
{
    bool persistent = p->kind == CXL_DPA_PERSISTENT;
    CxlDsmas *dsmas = put_entry(out, CXL_CDAT_DSMAS, sizeof(*dsmas));
    CxlDsemts *dsemts;

    dsmas->handle = handle;
    dsmas->flags = (persistent ? CXL_DSMAS_NON_VOLATILE : 0) |
                   (p->shared || p->shareable ? CXL_DSMAS_SHAREABLE : 0) |
                   (p->shared && !p->shareable ? CXL_DSMAS_HW_COHERENT : 0) |
                   (p->rights == CXL_DPA_READ_ONLY ? CXL_DSMAS_READ_ONLY : 0);
    dsmas->dpa_base = cxl_le64(p->base);
    dsmas->dpa_length = cxl_le64(p->size);

    for (unsigned v = 0; v < CXL_PERF_VALUES; v++) {
        CxlDslbis *dslbis = put_entry(out, CXL_CDAT_DSLBIS, sizeof(*dslbis));
        uint64_t value = p->perf.value[v];
        uint64_t unit = choose_unit(value, value, values[v].usual_unit);

        dslbis->handle = handle;
        dslbis->data_type = values[v].data_type;
        dslbis->base_unit = cxl_le64(unit);
        dslbis->value[0] = scale(value, unit);
    }

    dsemts = put_entry(out, CXL_CDAT_DSEMTS, sizeof(*dsemts));
    dsemts->handle = handle;
    dsemts->memory_type = persistent ? CXL_DSEMTS_RESERVED :
                                       CXL_DSEMTS_SPECIFIC_PURPOSE;
    dsemts->dpa_length = cxl_le64(p->size);
}

uint32_t cxl_cdat_build_endpoint(const CxlDpaPartition *partitions,
                                 unsigned count, uint32_t sequence,
                                 uint8_t *table, uint32_t size,
                                 CxlCdatError *error)
{
    CxlWriter out = { table, sizeof(CxlCdatHeader), size };

    if (count > UINT8_MAX || size < CXL_CDAT_ENDPOINT_SIZE(count)) {
        refuse(error, 0, "the table is too large");
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        const char *reason = cxl_perf_check(&partitions[i].perf);

        if (!partitions[i].size) {
            reason = "a partition is empty";
        }
        if (reason) {
            refuse(error, 0, reason);
            return 0;
        }
        put_partition(&out, &partitions[i], (uint8_t)i);
    }
    put_header(table, out.used, sequence);
    return out.used;
}

/* The host may read all of the partition, and store to none of it */
static bool all_read_only(const CxlDpa *dpa, const CxlDpaPartition *p)
{
    uint64_t end;

    return cxl_dpa_limit(&dpa->limits, p->base, &end) == CXL_DPA_READ_ONLY &&
           end >= p->base + p->size;
}

uint32_t cxl_cdat_build_memory(const CxlDpa *dpa, uint32_t sequence,
                               uint8_t *table, uint32_t size,
                               CxlCdatError *error)
{
    CxlDpaPartition part[CXL_DPA_MAX_PARTITIONS];
    unsigned count = 0;

    for (unsigned i = 0; i < dpa->count; i++) {
        if (dpa->part[i].size) {
            part[count] = dpa->part[i];
            if (all_read_only(dpa, &part[count])) {
                part[count].rights = CXL_DPA_READ_ONLY;
            }
            count++;
        }
    }
    return cxl_cdat_build_endpoint(part, count, sequence, table, size, error);
}

static void put_pairs(CxlWriter *out, const CxlCdatPortPair *pairs,
                      unsigned count, CxlPerfValue v)
{
    uint32_t len = (uint32_t)(sizeof(CxlSslbis) + count * sizeof(CxlSslbe));
    CxlSslbis *sslbis = put_entry(out, CXL_CDAT_SSLBIS, len);
    CxlSslbe *sslbe = (CxlSslbe *)(sslbis + 1);
    uint64_t divisor = 0, max = 0;
    uint64_t unit;

    for (unsigned i = 0; i < count; i++) {
        uint64_t value = pairs[i].perf.value[v];

        divisor = gcd(divisor, value);
        max = value > max ? value : max;
    }
    unit = choose_unit(divisor, max, values[v].usual_unit);
    sslbis->data_type = values[v].data_type;
    sslbis->base_unit = cxl_le64(unit);
    for (unsigned i = 0; i < count; i++) {
        sslbe[i].port_x = cxl_le16(pairs[i].port_x);
        sslbe[i].port_y = cxl_le16(pairs[i].port_y);
        sslbe[i].value = scale(pairs[i].perf.value[v], unit);
    }
}

uint32_t cxl_cdat_build_switch(const CxlCdatPortPair *pairs, unsigned count,
                               uint32_t sequence, uint8_t *table,
                               uint32_t size, CxlCdatError *error)
{
    CxlWriter out = { table, sizeof(CxlCdatHeader), size };

    if (!count) {
        refuse(error, 0, "there are no ports");
        return 0;
    }
    if (count > CXL_CDAT_MAX_PAIRS || size < CXL_CDAT_SWITCH_SIZE(count)) {
        refuse(error, 0, "the table is too large");
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        const char *reason = cxl_perf_check(&pairs[i].perf);

        if (reason) {
            refuse(error, 0, reason);
            return 0;
        }
    }
    for (unsigned v = 0; v < CXL_PERF_VALUES; v++) {
        put_pairs(&out, pairs, count, v);
    }
    put_header(table, out.used, sequence);
    return out.used;
}

/* The length of the structure at @offset; 0 when none fits there */
static uint32_t entry_length(const uint8_t *table, uint32_t size,
                             uint32_t offset)
{
    uint32_t len;

    if (size - offset < sizeof(CxlCdatEntry)) {
        return 0;
    }
    len = (uint32_t)cxl_le_load(table + offset +
                                offsetof(CxlCdatEntry, length), 2);
    return len < sizeof(CxlCdatEntry) || len > size - offset ? 0 : len;
}

bool cxl_cdat_find(const CxlCdatTable *table, uint16_t handle,
                   uint32_t *offset, uint32_t *len, bool *last)
{
    *offset = 0;
    *len = sizeof(CxlCdatHeader);
    if (table->size < *len) {
        return false;
    }
    for (unsigned i = 0; i < handle; i++) {
        *offset += *len;
        *len = entry_length(table->bytes, table->size, *offset);
        if (!*len) {
            return false;
        }
    }
    *last = !entry_length(table->bytes, table->size, *offset + *len);
    return true;
}

/* What the structures of a table say about each other */
typedef struct Handles {
    bool dsmas[UINT8_MAX + 1];
    bool dsis[UINT8_MAX + 1];
} Handles;

/* Length of each type; a SSLBIS is that long or longer */
static const struct {
    uint16_t len;
    const char *wrong_length;
} types[] = {
    [CXL_CDAT_DSMAS] = { sizeof(CxlDsmas), "a DSMAS has 24 bytes" },
    [CXL_CDAT_DSLBIS] = { sizeof(CxlDslbis), "a DSLBIS has 24 bytes" },
    [CXL_CDAT_DSMSCIS] = { sizeof(CxlDsmscis), "a DSMSCIS has 20 bytes" },
    [CXL_CDAT_DSIS] = { sizeof(CxlDsis), "a DSIS has 8 bytes" },
    [CXL_CDAT_DSEMTS] = { sizeof(CxlDsemts), "a DSEMTS has 24 bytes" },
    [CXL_CDAT_SSLBIS] = {
        sizeof(CxlSslbis) + sizeof(CxlSslbe),
        "a SSLBIS has 16 bytes and 8 for each of one or more pairs",
    },
};

static bool check_length(const uint8_t *table, uint32_t size, uint32_t offset,
                         CxlCdatError *error)
{
    const uint32_t at_length = offset + (uint32_t)offsetof(CxlCdatEntry,
                                                           length);
    uint32_t len, more;
    uint8_t type;

    if (size - offset < sizeof(CxlCdatEntry)) {
        return refuse(error, offset, "bytes are left over after the last "
                                     "structure");
    }
    type = table[offset];
    if (type > CXL_CDAT_SSLBIS) {
        return refuse(error, offset, "the type of the structure is reserved");
    }
    len = (uint32_t)cxl_le_load(table + at_length, 2);
    if (len > size - offset) {
        return refuse(error, at_length, "the structure ends after the table");
    }
    more = len - types[type].len;
    if (len < types[type].len ||
        (type == CXL_CDAT_SSLBIS ? more % sizeof(CxlSslbe) : more)) {
        return refuse(error, at_length, types[type].wrong_length);
    }
    return true;
}

static bool check_dsmas(const uint8_t *entry, uint32_t offset,
                        Handles *handles, CxlCdatError *error)
{
    const CxlDsmas *dsmas = (const CxlDsmas *)entry;
    uint64_t base = cxl_le64_get(dsmas->dpa_base);
    uint64_t len = cxl_le64_get(dsmas->dpa_length);

    if (handles->dsmas[dsmas->handle]) {
        return refuse(error, offset + (uint32_t)offsetof(CxlDsmas, handle),
                      "an earlier DSMAS has the same handle");
    }
    if (!len || len - 1 > UINT64_MAX - base) {
        return refuse(error, offset + (uint32_t)offsetof(CxlDsmas, dpa_length),
                      "the range of the DSMAS is empty or wraps around");
    }
    handles->dsmas[dsmas->handle] = true;
    return true;
}

static bool check_data_type(uint8_t data_type, uint32_t offset,
                            CxlCdatError *error)
{
    if (data_type > CXL_CDAT_WRITE_BANDWIDTH) {
        return refuse(error, offset, "the data type is reserved");
    }
    return true;
}

static bool check_references(const uint8_t *entry, uint32_t offset,
                             const Handles *handles, CxlCdatError *error)
{
    const CxlDslbis *dslbis = (const CxlDslbis *)entry;
    /* the handle is in the same place in all that have one */
    uint32_t at_handle = offset + (uint32_t)offsetof(CxlDslbis, handle);

    switch (entry[0]) {
    case CXL_CDAT_DSLBIS:
        if (!handles->dsmas[dslbis->handle] && !handles->dsis[dslbis->handle]) {
            return refuse(error, at_handle,
                          "no DSMAS or DSIS has the DSLBIS's handle");
        }
        return check_data_type(dslbis->data_type, offset +
                               (uint32_t)offsetof(CxlDslbis, data_type), error);
    case CXL_CDAT_DSMSCIS:
    case CXL_CDAT_DSEMTS:
        if (!handles->dsmas[dslbis->handle]) {
            return refuse(error, at_handle,
                          "no DSMAS has the structure's handle");
        }
        return true;
    case CXL_CDAT_SSLBIS:
        return check_data_type(((const CxlSslbis *)entry)->data_type, offset +
                               (uint32_t)offsetof(CxlSslbis, data_type), error);
    default:
        return true;
    }
}

static bool check_header(const uint8_t *table, uint64_t size,
                         CxlCdatError *error)
{
    const CxlCdatHeader *header = (const CxlCdatHeader *)table;

    if (size < sizeof(*header)) {
        return refuse(error, 0, "the table is shorter than its header");
    }
    if (size > CXL_CDAT_MAX_SIZE) {
        return refuse(error, 0, "the table is longer than 65536 bytes");
    }
    if (cxl_le32_get(header->length) != size) {
        return refuse(error, 0, "the length in the header is not that of the "
                                "table");
    }
    if (!header->revision || header->revision > CXL_CDAT_REVISION_MAX) {
        return refuse(error, offsetof(CxlCdatHeader, revision),
                      "the revision is neither 1 nor 2");
    }
    if (byte_sum(table, (uint32_t)size)) {
        return refuse(error, offsetof(CxlCdatHeader, checksum),
                      "the checksum is wrong: the bytes do not sum to zero");
    }
    return true;
}

bool cxl_cdat_validate(const uint8_t *table, uint64_t size,
                       CxlCdatError *error)
{
    Handles handles = { 0 };
    uint32_t len = (uint32_t)size;
    uint32_t at;

    if (!check_header(table, size, error)) {
        return false;
    }
    for (at = sizeof(CxlCdatHeader); at < len;
         at += entry_length(table, len, at)) {
        if (!check_length(table, len, at, error)) {
            return false;
        }
        if (table[at] == CXL_CDAT_DSIS) {
            handles.dsis[table[at + offsetof(CxlDsis, handle)]] = true;
        } else if (table[at] == CXL_CDAT_DSMAS &&
                   !check_dsmas(table + at, at, &handles, error)) {
            return false;
        }
    }
    for (at = sizeof(CxlCdatHeader); at < len;
         at += entry_length(table, len, at)) {
        if (!check_references(table + at, at, &handles, error)) {
            return false;
        }
    }
    return true;
}
