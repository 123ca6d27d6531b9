/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that say what is in a CDAT: performance, or a table in a file
 */
#include "qemu/osdep.h"
#include "cdat-options.h"

#include "regular-file.h"

#include "qapi/error.h"
#include "qemu/cutils.h"

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
            if (number < 1 || number > CXL_PERF_MAX) {
                return false;
            }
            *value = number;
            return true;
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
    g_autofree uint8_t *bytes = g_malloc(CXL_CDAT_MAX_SIZE + 1);
    Error *local_err = NULL;
    CxlCdatError why;
    bool done;
    int fd = qemu_open(file, O_RDONLY | O_NONBLOCK, errp);

    if (fd < 0) {
        error_prepend(errp, "%s: cdat=%s cannot be read: ", device, file);
        return NULL;
    }
    done = cxl_file_read(fd, bytes, CXL_CDAT_MAX_SIZE, size, &local_err);
    qemu_close(fd);
    if (!done) {
        error_propagate_prepend(errp, local_err, "%s: cdat=%s: ", device,
                                file);
        return NULL;
    }
    if (!cxl_cdat_validate(bytes, *size, &why)) {
        error_setg(errp, "%s: cdat=%s is not a valid CDAT: offset %u: %s",
                   device, file, why.offset, why.reason);
        return NULL;
    }
    return g_steal_pointer(&bytes);
}
