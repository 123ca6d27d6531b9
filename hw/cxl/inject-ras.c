/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QMP: errors of CXL.cache and CXL.mem, as a port or device detects them
 * (CXL 3.1 8.2.4.17, 12.2)
 */
#include "qemu/osdep.h"

#include "effects.h"
#include "port.h"
#include "report.h"
#include "type3.h"
#include "qapi/error.h"
#include "qapi/qapi-commands-cxl.h"
#include "trace/trace-cxl_trace_events.h"

/* More than the header log shows; scripts give all that a message may have */
#define HEADER_MAX 32

/* Who detects the error; one of both */
typedef struct Victim {
    CxlType3 *t3;
    CxlFunction *port;
} Victim;

static bool find_victim(const char *path, Victim *victim, Error **errp)
{
    Object *obj = object_resolve_path(path, NULL);

    *victim = (Victim) {};
    if (obj && object_dynamic_cast(obj, TYPE_CXL_TYPE3)) {
        victim->t3 = CXL_TYPE3(obj);
    } else if (obj && object_dynamic_cast(obj, TYPE_PCI_DEVICE)) {
        victim->port = cxl_port_function(PCI_DEVICE(obj));
    }
    if ((!victim->t3 && !victim->port) || !DEVICE(obj)->realized) {
        error_setg(errp, "path '%s' names no CXL memory device and no CXL port",
                   path);
        return false;
    }
    return true;
}

static CxlOutlet *outlet_of(const Victim *victim)
{
    return victim->t3 ? &victim->t3->outlet : &victim->port->outlet;
}

static void told(const Victim *victim, const char *type, bool recorded)
{
    trace_cxl_ras_error(cxl_report_id(outlet_of(victim)->id), type,
                        recorded ? "recorded" : "masked");
}

/* In the order of CxlUncorErrorType */
static const uint32_t uncorrectable[] = {
    [CXL_UNCOR_ERROR_TYPE_CACHE_DATA_PARITY] = CXL_RAS_UNC_CACHE_DATA_PARITY,
    [CXL_UNCOR_ERROR_TYPE_CACHE_ADDRESS_PARITY] =
        CXL_RAS_UNC_CACHE_ADDRESS_PARITY,
    [CXL_UNCOR_ERROR_TYPE_CACHE_BE_PARITY] = CXL_RAS_UNC_CACHE_BE_PARITY,
    [CXL_UNCOR_ERROR_TYPE_CACHE_DATA_ECC] = CXL_RAS_UNC_CACHE_DATA_ECC,
    [CXL_UNCOR_ERROR_TYPE_MEM_DATA_PARITY] = CXL_RAS_UNC_MEM_DATA_PARITY,
    [CXL_UNCOR_ERROR_TYPE_MEM_ADDRESS_PARITY] = CXL_RAS_UNC_MEM_ADDRESS_PARITY,
    [CXL_UNCOR_ERROR_TYPE_MEM_BE_PARITY] = CXL_RAS_UNC_MEM_BE_PARITY,
    [CXL_UNCOR_ERROR_TYPE_MEM_DATA_ECC] = CXL_RAS_UNC_MEM_DATA_ECC,
    [CXL_UNCOR_ERROR_TYPE_REINIT_THRESHOLD] = CXL_RAS_UNC_REINIT_THRESHOLD,
    [CXL_UNCOR_ERROR_TYPE_RSVD_ENCODING] = CXL_RAS_UNC_RSVD_ENCODING,
    [CXL_UNCOR_ERROR_TYPE_POISON_RECEIVED] = CXL_RAS_UNC_POISON_RECEIVED,
    [CXL_UNCOR_ERROR_TYPE_RECEIVER_OVERFLOW] = CXL_RAS_UNC_RECEIVER_OVERFLOW,
    [CXL_UNCOR_ERROR_TYPE_INTERNAL] = CXL_RAS_UNC_INTERNAL,
    [CXL_UNCOR_ERROR_TYPE_CXL_IDE_TX] = CXL_RAS_UNC_IDE_TX,
    [CXL_UNCOR_ERROR_TYPE_CXL_IDE_RX] = CXL_RAS_UNC_IDE_RX,
};

static const uint32_t correctable[] = {
    [CXL_COR_ERROR_TYPE_CACHE_DATA_ECC] = CXL_RAS_COR_CACHE_DATA_ECC,
    [CXL_COR_ERROR_TYPE_MEM_DATA_ECC] = CXL_RAS_COR_MEM_DATA_ECC,
    [CXL_COR_ERROR_TYPE_CRC_THRESHOLD] = CXL_RAS_COR_CRC_THRESHOLD,
    [CXL_COR_ERROR_TYPE_RETRY_THRESHOLD] = CXL_RAS_COR_RETRY_THRESHOLD,
    [CXL_COR_ERROR_TYPE_CACHE_POISON_RECEIVED] =
        CXL_RAS_COR_CACHE_POISON_RECEIVED,
    [CXL_COR_ERROR_TYPE_MEM_POISON_RECEIVED] = CXL_RAS_COR_MEM_POISON_RECEIVED,
    [CXL_COR_ERROR_TYPE_PHYSICAL] = CXL_RAS_COR_PHYSICAL,
};

QEMU_BUILD_BUG_ON(ARRAY_SIZE(uncorrectable) != CXL_UNCOR_ERROR_TYPE__MAX);
QEMU_BUILD_BUG_ON(ARRAY_SIZE(correctable) != CXL_COR_ERROR_TYPE__MAX);

void qmp_cxl_inject_correctable_error(const char *path, CxlCorErrorType type,
                                      Error **errp)
{
    CxlEffects effects = {};
    CxlComponent *component;
    Victim victim;

    if (!find_victim(path, &victim, errp)) {
        return;
    }
    component = victim.t3 ? &victim.t3->endpoint.component
                          : &victim.port->component;
    told(&victim, CxlCorErrorType_str(type),
         cxl_component_correctable(component, correctable[type], &effects));
    cxl_effects_apply(outlet_of(&victim), &effects);
}

static bool check_header(const CXLUncorErrorRecord *record, Error **errp)
{
    const char *type = CxlUncorErrorType_str(record->type);
    const intList *h;
    unsigned n = 0;

    for (h = record->header; h; h = h->next) {
        if (h->value < 0 || h->value > UINT32_MAX) {
            error_setg(errp, "header[%u] of '%s' is %" PRId64 "; give dwords,"
                       " 0 to 4294967295", n, type, h->value);
            return false;
        }
        if (++n > HEADER_MAX) {
            error_setg(errp, "header of '%s' is too long; give up to %u"
                       " dwords", type, HEADER_MAX);
            return false;
        }
    }
    return true;
}

static bool check_headers(const CXLUncorErrorRecordList *errors, Error **errp)
{
    while (errors && check_header(errors->value, errp)) {
        errors = errors->next;
    }
    return !errors;
}

static bool detect(const Victim *victim, const CXLUncorErrorRecord *record,
                   CxlEffects *effects)
{
    uint32_t header[CXL_RAS_HEADER_DWORDS] = {};
    uint32_t error = uncorrectable[record->type];
    const intList *h = record->header;
    unsigned n = 0;

    for (; h && n < CXL_RAS_HEADER_DWORDS; h = h->next) {
        header[n++] = (uint32_t)h->value;
    }
    return victim->t3 ?
        cxl_endpoint_uncorrectable(&victim->t3->endpoint, error, header,
                                   effects) :
        cxl_function_uncorrectable(victim->port, error, header, effects);
}

void qmp_cxl_inject_uncorrectable_errors(const char *path,
                                         CXLUncorErrorRecordList *errors,
                                         Error **errp)
{
    CxlEffects effects = {};
    Victim victim;

    if (!find_victim(path, &victim, errp) || !check_headers(errors, errp)) {
        return;
    }
    for (; errors; errors = errors->next) {
        told(&victim, CxlUncorErrorType_str(errors->value->type),
             detect(&victim, errors->value, &effects));
    }
    cxl_effects_apply(outlet_of(&victim), &effects);
}
