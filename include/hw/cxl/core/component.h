/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 64 KiB component register block of a host bridge, port or device
 * (CXL 3.1 8.2.3, 8.2.4). The CXL.cache and CXL.mem registers lie at offset
 * 0x1000; the rest reads as zero and drops writes.
 */
#ifndef CXL_CORE_COMPONENT_H
#define CXL_CORE_COMPONENT_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/hdm.h"
#include "hw/cxl/core/ras.h"
#include "hw/cxl/core/regblock.h"
#include "hw/cxl/spec/component-regs.h"

/**
 * enum CxlComponentKind - what a component is
 * @CXL_MAILBOX_CCI: a switch mailbox CCI: a PCI function without component
 *                   registers, so that it is not among CXL_COMPONENT_KINDS
 */
typedef enum CxlComponentKind {
    CXL_HOST_BRIDGE,
    CXL_ROOT_PORT,
    CXL_UPSTREAM_PORT,
    CXL_DOWNSTREAM_PORT,
    CXL_ENDPOINT,
    CXL_MAILBOX_CCI,
} CxlComponentKind;

#define CXL_COMPONENT_KINDS 5
#define CXL_FUNCTION_KINDS  (CXL_COMPONENT_KINDS + 1)

/**
 * struct CxlComponentConfig - what cxl_component_init() makes
 * @kind: what it is
 * @decoders: HDM decoders, see cxl_component_decoders_valid(). 0: there is no
 *            HDM decoder capability
 * @dpa: endpoints: the memory, which must outlive the component
 */
typedef struct CxlComponentConfig {
    CxlComponentKind kind;
    unsigned decoders;
    const CxlDpa *dpa;
} CxlComponentConfig;

/**
 * struct CxlComponentState - what changes, besides the decoders' own
 * @bytes: values of the CXL.cache and CXL.mem registers
 * @ras: errors that they do not show yet
 */
typedef struct CxlComponentState {
    uint8_t bytes[CXL_CACHEMEM_SIZE];
    CxlRasState ras;
} CxlComponentState;

/**
 * struct CxlComponent - a component's registers
 * @kind: what it is
 * @hdm: its decoders, decoded; read-only for the machine
 * @regs: the engine over @state; points into this struct, so that a component
 *        must not be copied or moved once it is initialised
 * @hdm_group: number of the group of decoder registers in @regs, or -1
 * @hdm_offset: byte offset of the HDM capability in @state.bytes
 * @state: what changes
 */
typedef struct CxlComponent {
    CxlComponentKind kind;
    CxlHdm hdm;
    CxlRegBlock regs;
    int hdm_group;
    uint16_t hdm_offset;
    CxlComponentState state;
} CxlComponent;

/**
 * cxl_component_decoders_valid: can a component of @kind have @decoders?
 *
 * Endpoints: 1, 2, 4, 6, 8 or 10. Upstream ports: the same, or 0. Host
 * bridges: also 12, 14, 16, 20, 24, 28 and 32. Root ports and downstream
 * ports have no decoders of their own: 0. An HDM capability is left out (0)
 * where there is only one port to forward to (8.2.4.20).
 */
bool cxl_component_decoders_valid(CxlComponentKind kind, unsigned decoders);

/**
 * cxl_component_init: make a component and reset it cold
 * @config: @decoders must be valid for @kind; an invalid number counts as the
 *          least valid one
 *
 * Returns: false when the table of registers does not fit.
 */
bool cxl_component_init(CxlComponent *c, const CxlComponentConfig *config);

/**
 * cxl_component_reset: reset every register (but sticky fields, unless @kind
 * is CXL_RESET_COLD) and uncommit all decoders. The caller must recompile
 * routes afterwards.
 *
 * CXL_RESET_CXL leaves decoders that are locked as they are, registers and all
 * (9.7). CXL_RESET_FUNCTION does nothing: a function-level reset does not touch
 * these registers (9.5).
 */
void cxl_component_reset(CxlComponent *c, CxlReset kind);

/**
 * cxl_component_wanted: what the registers of decoder @n ask for, in force or
 * not; all zero if there is no such decoder
 *
 * Ways and granularity are 0 if their encoding is reserved. The DPA, which is
 * worked out at commit, is 0.
 */
CxlDecoder cxl_component_wanted(const CxlComponent *c, unsigned n);

/**
 * cxl_component_read: the little-endian value of @size bytes (1 to 8) at
 * @offset in the 64 KiB block, at any alignment; bytes outside read as zero.
 */
uint64_t cxl_component_read(const CxlComponent *c, uint64_t offset,
                            unsigned size);

/**
 * cxl_component_write: a write of @size bytes (1 to 8) at @offset in the
 * 64 KiB block, at any alignment; bytes outside are dropped
 * @effects: CXL_EFFECT_ROUTES is added when a decoder was committed or
 *           uncommitted or the global enable changed
 *
 * Writing the control register of a decoder with Commit set tries to commit
 * it, unless it is committed already; with Commit clear it is uncommitted.
 * Committed or Error Not Committed is up to date when this returns. Platform
 * firmware programs decoders by the same writes.
 */
void cxl_component_write(CxlComponent *c, uint64_t offset, unsigned size,
                         uint64_t value, CxlEffects *effects);

/**
 * cxl_component_uncorrectable: the component has detected an uncorrectable
 * error of CXL.cache or CXL.mem, see cxl_ras_uncorrectable()
 *
 * Returns: false if it was masked, or the component is a host bridge, whose
 * root ports have the RAS capability (table 8-22).
 */
bool cxl_component_uncorrectable(CxlComponent *c, uint32_t error,
                                 const uint32_t *header, CxlEffects *effects);

/**
 * cxl_component_correctable: it has corrected one, see cxl_ras_correctable()
 *
 * Returns: as cxl_component_uncorrectable().
 */
bool cxl_component_correctable(CxlComponent *c, uint32_t error,
                               CxlEffects *effects);

#endif /* CXL_CORE_COMPONENT_H */
