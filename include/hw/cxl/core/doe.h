/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data Object Exchange mailbox in the configuration space of a function
 * (PCIe 6.0 6.30, 7.9.24)
 *
 * An object is consumed within the write that sets Go, so that a guest never
 * sees Busy. What a guest sends that is not a request of a protocol that is
 * there, of that protocol's length, is silently discarded.
 */
#ifndef CXL_CORE_DOE_H
#define CXL_CORE_DOE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"

/** CXL_DOE_REQUEST_DWORDS: longest request of any protocol, header included */
#define CXL_DOE_REQUEST_DWORDS  3

/** CXL_DOE_MAX_PROTOCOLS: besides discovery */
#define CXL_DOE_MAX_PROTOCOLS   4

/**
 * struct CxlDoeResponse - the payload of a response, without the header
 * @first: its first dword
 * @body: bytes that follow; padded with zeroes to a dword
 * @body_len: how many
 */
typedef struct CxlDoeResponse {
    uint32_t first;
    const uint8_t *body;
    uint32_t body_len;
} CxlDoeResponse;

/**
 * struct CxlDoeProtocol - a data object type as a row
 * @vendor: vendor id
 * @type: data object type
 * @request_dwords: length of a request, header included: 3 to
 *                  CXL_DOE_REQUEST_DWORDS
 * @respond: fill the response to @request (all its dwords); false to discard
 *           the request. It is asked again for each dword that is read, and
 *           answers the same until a reset
 */
typedef struct CxlDoeProtocol {
    uint16_t vendor;
    uint8_t type;
    uint32_t request_dwords;
    bool (*respond)(const void *opaque, const uint32_t *request,
                    CxlDoeResponse *response);
} CxlDoeProtocol;

/** cxl_doe_table_access: CXL table access; opaque is a const CxlCdatTable */
extern const CxlDoeProtocol cxl_doe_table_access;

/**
 * struct CxlDoeBinding - a protocol of one mailbox
 * @protocol: the row
 * @opaque: first argument of its respond()
 */
typedef struct CxlDoeBinding {
    const CxlDoeProtocol *protocol;
    const void *opaque;
} CxlDoeBinding;

/**
 * struct CxlDoeConfig - a mailbox
 * @protocols: besides discovery, in the order of discovery
 * @nprotocols: at most CXL_DOE_MAX_PROTOCOLS
 * @interrupt: it can interrupt
 * @vector: with which MSI-X vector, below 32
 */
typedef struct CxlDoeConfig {
    CxlDoeBinding protocols[CXL_DOE_MAX_PROTOCOLS];
    unsigned nprotocols;
    bool interrupt;
    uint8_t vector;
} CxlDoeConfig;

/**
 * struct CxlDoeState - what changes in a mailbox
 * @interrupt_enable: control register
 * @interrupt_status: status register
 * @error: status register
 * @ready: status register: @asked and @position are valid
 * @written: dwords of the object being written so far, at most
 *           CXL_DOE_LENGTH_MAX + 1
 * @request: start of it
 * @asked: the request that is being answered
 * @position: dwords of the response read so far
 */
typedef struct CxlDoeState {
    bool interrupt_enable;
    bool interrupt_status;
    bool error;
    bool ready;
    uint32_t written;
    uint32_t request[CXL_DOE_REQUEST_DWORDS];
    uint32_t asked[CXL_DOE_REQUEST_DWORDS];
    uint32_t position;
} CxlDoeState;

/**
 * struct CxlDoe - a mailbox
 * @config: as given
 * @state: what changes, private to the model
 */
typedef struct CxlDoe {
    CxlDoeConfig config;
    CxlDoeState state;
} CxlDoe;

/**
 * cxl_doe_init: set up a mailbox, includes a reset. @config is copied.
 */
void cxl_doe_init(CxlDoe *d, const CxlDoeConfig *config);

/**
 * cxl_doe_reset: registers to their reset values, objects under way are lost
 */
void cxl_doe_reset(CxlDoe *d);

/**
 * cxl_doe_read: a guest's read of the dword register at @reg, an offset from
 * the start of the extended capability. What is no register reads as zero.
 */
uint32_t cxl_doe_read(const CxlDoe *d, uint32_t reg);

/**
 * cxl_doe_write: a guest's write to the dword register at @reg
 * @value: in place: bits [7:0] are the byte at @reg
 * @mask: the bytes that are written: 0xff in place of each
 * @effects: the vector is added when it is to be raised, or withdrawn while
 *           there is no condition to interrupt for
 *
 * The mailbox registers take whole dwords only.
 */
void cxl_doe_write(CxlDoe *d, uint32_t reg, uint32_t value, uint32_t mask,
                   CxlEffects *effects);

#endif /* CXL_CORE_DOE_H */
