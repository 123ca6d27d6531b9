/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data Object Exchange (PCIe 6.0 6.30, 7.9.24; CXL 3.1 8.1.11)
 */
#include "hw/cxl/core/doe.h"

#include <stddef.h>
#include <string.h>

#include "hw/cxl/core/cdat.h"
#include "hw/cxl/spec/doe.h"
#include "hw/cxl/spec/wire.h"

#define HEADER_DWORDS   2

static uint32_t object_header(uint16_t vendor, uint8_t type)
{
    return vendor | (uint32_t)type << CXL_DOE_HEADER_TYPE_SHIFT;
}

static uint32_t row_header(const CxlDoeProtocol *row)
{
    return object_header(row->vendor, row->type);
}

/* 6.30.1.1: protocols have indices from 0; the one after the last is 0 */
static bool discover(const void *opaque, const uint32_t *request,
                     CxlDoeResponse *response)
{
    const CxlDoe *d = opaque;
    uint32_t index = request[HEADER_DWORDS] & UINT8_MAX;
    uint32_t next = index < d->config.nprotocols ? index + 1 : 0;

    if (index > d->config.nprotocols) {
        response->first = CXL_DOE_DISCOVERY_NONE;
    } else if (index) {
        response->first = row_header(d->config.protocols[index - 1].protocol);
    } else {
        response->first = object_header(CXL_DOE_VENDOR_PCI_SIG,
                                        CXL_DOE_TYPE_DISCOVERY);
    }
    response->first |= next << CXL_DOE_DISCOVERY_NEXT_SHIFT;
    return true;
}

static const CxlDoeProtocol discovery = {
    .vendor = CXL_DOE_VENDOR_PCI_SIG,
    .type = CXL_DOE_TYPE_DISCOVERY,
    .request_dwords = 3,
    .respond = discover,
};

/* CXL 3.1 8.1.11.1: one entry of the table, and the handle of the next */
static bool read_table_entry(const void *opaque, const uint32_t *request,
                             CxlDoeResponse *response)
{
    const CxlCdatTable *table = opaque;
    uint32_t word = request[HEADER_DWORDS];
    uint8_t code = (uint8_t)word;
    uint8_t type = (uint8_t)(word >> CXL_DOE_TABLE_TYPE_SHIFT);
    uint16_t handle = (uint16_t)(word >> CXL_DOE_TABLE_HANDLE_SHIFT);
    uint32_t next = handle + 1u;
    uint32_t offset;
    bool last;

    if (code != CXL_DOE_TABLE_CODE_READ || type != CXL_DOE_TABLE_TYPE_CDAT ||
        !cxl_cdat_find(table, handle, &offset, &response->body_len, &last)) {
        return false;
    }
    if (last) {
        next = CXL_DOE_TABLE_HANDLE_LAST;
    }
    response->first = CXL_DOE_TABLE_TYPE_CDAT << CXL_DOE_TABLE_TYPE_SHIFT |
                      next << CXL_DOE_TABLE_HANDLE_SHIFT;
    response->body = table->bytes + offset;
    return true;
}

const CxlDoeProtocol cxl_doe_table_access = {
    .vendor = CXL_DOE_VENDOR_CXL,
    .type = CXL_DOE_TYPE_TABLE_ACCESS,
    .request_dwords = 3,
    .respond = read_table_entry,
};

void cxl_doe_init(CxlDoe *d, const CxlDoeConfig *config)
{
    *d = (CxlDoe) { .config = *config };
}

void cxl_doe_reset(CxlDoe *d)
{
    d->state = (CxlDoeState) { 0 };
}

/* The binding of the protocol that @request is of, or none */
static CxlDoeBinding find_protocol(const CxlDoe *d, const uint32_t *request)
{
    CxlDoeBinding found = { &discovery, d };
    uint32_t header = request[0] & CXL_DOE_HEADER_MASK;

    for (unsigned i = 0; header != row_header(found.protocol); i++) {
        if (i == d->config.nprotocols) {
            return (CxlDoeBinding) { NULL, NULL };
        }
        found = d->config.protocols[i];
    }
    return found;
}

static bool respond(const CxlDoe *d, const uint32_t *request,
                    CxlDoeResponse *response)
{
    CxlDoeBinding found = find_protocol(d, request);

    *response = (CxlDoeResponse) { 0 };
    return found.protocol &&
           found.protocol->respond(found.opaque, request, response);
}

static uint32_t response_dwords(const CxlDoeResponse *response)
{
    return HEADER_DWORDS + 1 + (response->body_len + 3) / 4;
}

static uint32_t body_dword(const CxlDoeResponse *response, uint32_t offset)
{
    uint32_t left = response->body_len - offset;

    return (uint32_t)cxl_le_load(response->body + offset, left < 4 ? left : 4);
}

/* The response is not kept but worked out, from the request and what is read */
static uint32_t response_dword(const CxlDoe *d)
{
    CxlDoeResponse response;

    if (!respond(d, d->state.asked, &response) ||
        d->state.position >= response_dwords(&response)) {
        return 0;
    }
    switch (d->state.position) {
    case 0:
        return d->state.asked[0] & CXL_DOE_HEADER_MASK;
    case 1:
        return response_dwords(&response) & CXL_DOE_LENGTH_MASK;
    case 2:
        return response.first;
    default:
        return body_dword(&response,
                          4 * (d->state.position - HEADER_DWORDS - 1));
    }
}

uint32_t cxl_doe_read(const CxlDoe *d, uint32_t reg)
{
    switch (reg) {
    case CXL_DOE_CAP:
        return d->config.interrupt ?
               CXL_DOE_CAP_IRQ |
               (uint32_t)d->config.vector << CXL_DOE_CAP_VECTOR_SHIFT : 0;
    case CXL_DOE_CTRL:
        return d->state.interrupt_enable ? CXL_DOE_CTRL_IRQ : 0;
    case CXL_DOE_STATUS:
        return (d->state.interrupt_status ? CXL_DOE_STATUS_IRQ : 0) |
               (d->state.error ? CXL_DOE_STATUS_ERROR : 0) |
               (d->state.ready ? CXL_DOE_STATUS_READY : 0);
    case CXL_DOE_READ:
        return d->state.ready ? response_dword(d) : 0;
    default:
        return 0;
    }
}

/* Ready or Error has been set: 6.30.3 */
static void notify(CxlDoe *d)
{
    if (d->state.interrupt_enable) {
        d->state.interrupt_status = true;
    }
}

/* Is what has been written a whole request of a protocol that is there? */
static bool is_request(const CxlDoe *d)
{
    CxlDoeBinding found = find_protocol(d, d->state.request);

    return found.protocol &&
           d->state.written == found.protocol->request_dwords &&
           d->state.written == (d->state.request[1] & CXL_DOE_LENGTH_MASK);
}

/*
 * 6.30.2: consume what has been written. There is room for one response: a
 * request that comes while it is unread cannot be answered, which is an error.
 */
static void go(CxlDoe *d, CxlReport *report)
{
    CxlDoeResponse response;
    bool request = is_request(d);

    *report = (CxlReport) {
        .what = CXL_REPORT_DOE,
        .number = d->state.request[0],
        .in_len = 4 * d->state.written,
    };
    d->state.written = 0;
    if (d->state.error) {
        report->wrong = "an error has not been cleared by Abort";
    } else if (!request) {
        report->wrong = "no such protocol, or a wrong length";
    } else if (d->state.ready) {
        report->wrong = "the response before it has not been read";
        d->state.error = true;
        d->state.ready = false;
        notify(d);
    } else if (respond(d, d->state.request, &response)) {
        memcpy(d->state.asked, d->state.request, sizeof(d->state.asked));
        d->state.position = 0;
        d->state.ready = true;
        report->out_len = 4 * response_dwords(&response);
        notify(d);
    } else {
        report->wrong = "there is no such table entry";
    }
}

static void abort_all(CxlDoe *d)
{
    d->state.error = false;
    d->state.ready = false;
    d->state.written = 0;
}

static void write_control(CxlDoe *d, uint32_t value, uint32_t mask,
                          CxlReport *report)
{
    if (d->config.interrupt && (mask & CXL_DOE_CTRL_IRQ)) {
        d->state.interrupt_enable = value & CXL_DOE_CTRL_IRQ;
    }
    if (value & mask & CXL_DOE_CTRL_ABORT) {
        abort_all(d);
    } else if (value & mask & CXL_DOE_CTRL_GO) {
        go(d, report);
    }
}

static void write_mailbox(CxlDoe *d, uint32_t value)
{
    if (d->state.written < CXL_DOE_REQUEST_DWORDS) {
        d->state.request[d->state.written] = value;
    }
    /* one more than any length stands for too many */
    if (d->state.written <= CXL_DOE_LENGTH_MAX) {
        d->state.written++;
    }
}

static void next_dword(CxlDoe *d)
{
    CxlDoeResponse response;

    if (d->state.ready &&
        (!respond(d, d->state.asked, &response) ||
         ++d->state.position >= response_dwords(&response))) {
        d->state.ready = false;
    }
}

static bool interrupts(const CxlDoe *d)
{
    return d->state.interrupt_enable && d->state.interrupt_status;
}

void cxl_doe_write(CxlDoe *d, uint32_t reg, uint32_t value, uint32_t mask,
                   CxlEffects *effects)
{
    bool was_asserted = interrupts(d);

    switch (reg) {
    case CXL_DOE_CTRL:
        write_control(d, value, mask, &effects->report);
        break;
    case CXL_DOE_STATUS:
        if (value & mask & CXL_DOE_STATUS_IRQ) {
            d->state.interrupt_status = false;
        }
        break;
    case CXL_DOE_WRITE:
        if (mask == UINT32_MAX) {
            write_mailbox(d, value);
        }
        break;
    case CXL_DOE_READ:
        if (mask == UINT32_MAX) {
            next_dword(d);
        }
        break;
    default:
        break;
    }
    if (!was_asserted && interrupts(d)) {
        effects->vectors |= 1u << d->config.vector;
    } else if (d->config.interrupt && !interrupts(d)) {
        effects->withdrawn |= 1u << d->config.vector;
    }
}
