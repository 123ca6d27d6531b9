/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device registers with a primary mailbox, as memory devices and switch mailbox
 * CCIs have them (CXL 3.1 8.2.8)
 *
 * The event status and the mailbox are here; a device adds registers of its
 * own. The mailbox runs the commands of a CxlCci.
 */
#ifndef CXL_CORE_MAILBOX_H
#define CXL_CORE_MAILBOX_H

#include <stdint.h>

#include "hw/cxl/core/cci.h"
#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/regblock.h"
#include "hw/cxl/spec/device-regs.h"

/** CXL_DEVICE_REGS_SIZE: bytes in the register block (the BAR) */
#define CXL_DEVICE_REGS_SIZE        0x2000

/* Where the capabilities lie in the block; the guest finds them by the array */
#define CXL_DEVICE_REGS_STATUS      0x0080
#define CXL_DEVICE_REGS_MAILBOX     0x0100

/** CXL_DEVICE_REGS_PAYLOAD: offset of the mailbox payload */
#define CXL_DEVICE_REGS_PAYLOAD     (CXL_DEVICE_REGS_MAILBOX + CXL_MBOX_PAYLOAD)
/** CXL_DEVICE_REGS_END: nothing is implemented from here on */
#define CXL_DEVICE_REGS_END         (CXL_DEVICE_REGS_PAYLOAD + \
                                     CXL_CCI_MAX_PAYLOAD)

/** CXL_MAILBOX_VECTOR: MSI-X vector of doorbell and background completion */
#define CXL_MAILBOX_VECTOR          5
/** CXL_MAILBOX_VECTORS: size of the MSI-X table */
#define CXL_MAILBOX_VECTORS         8

/** CXL_MAILBOX_CAPS: capabilities in the array before those of the device */
#define CXL_MAILBOX_CAPS            2

/**
 * CXL_DEVICE_CAP_HEADER: first half of the @n-th header in a group of rows,
 * from 0, that starts at a multiple of CXL_DEV_CAP_HEADER_SIZE (8.2.8.2)
 */
#define CXL_DEVICE_CAP_HEADER(n, capname, id, version, at)                  \
    {                                                                       \
        .name = capname " Header",                                          \
        .offset = CXL_DEV_CAP_HEADER_SIZE * (n), .width = 8,                \
        .reset = (id) | (version) << CXL_DEV_CAP_VERSION_SHIFT |            \
                 (uint64_t)(at) << CXL_DEV_CAP_OFFSET_SHIFT,                \
    }

/** CXL_DEVICE_CAP_LENGTH: the second half of the header */
#define CXL_DEVICE_CAP_LENGTH(n, capname, length)                           \
    {                                                                       \
        .name = capname " Length",                                          \
        .offset = CXL_DEV_CAP_HEADER_SIZE * (n) + 8, .width = 8,            \
        .reset = (length),                                                  \
    }

/**
 * struct CxlMailboxKind - how devices of one kind differ
 * @type: CXL_DEV_CAP_TYPE_*, for the capability array and for the mailbox
 * @ncaps: capabilities in @groups
 * @groups: registers that only this kind has, capability headers included: in
 *          ascending order of their bases, before the mailbox, without hooks
 * @ngroups: how many
 */
typedef struct CxlMailboxKind {
    uint8_t type;
    uint8_t ncaps;
    const CxlRegGroup *groups;
    unsigned ngroups;
} CxlMailboxKind;

/**
 * struct CxlMailboxState - what changes, besides the commands' own
 * @bytes: registers, then the mailbox payload
 */
typedef struct CxlMailboxState {
    uint8_t bytes[CXL_DEVICE_REGS_END];
} CxlMailboxState;

/**
 * struct CxlMailbox - device registers with a primary mailbox
 * @kind: as given
 * @regs: the registers, over @state
 * @cci: the commands
 * @now: time of the access that is being served, of no meaning after it
 * @state: what changes
 *
 * It points into itself: it must not be moved or copied once initialized.
 */
typedef struct CxlMailbox {
    const CxlMailboxKind *kind;
    CxlRegBlock regs;
    CxlCci cci;
    CxlTime now;
    CxlMailboxState state;
} CxlMailbox;

/**
 * cxl_mailbox_init: registers and an interface without commands
 * @kind: not copied
 * @owner: the device, for the functions of the commands' rows
 * @events: the device's event logs, or NULL when it has none
 *
 * The owner adds commands and resets the mailbox before it is used.
 *
 * Returns: false when @kind's groups do not fit.
 */
bool cxl_mailbox_init(CxlMailbox *mb, const CxlMailboxKind *kind, void *owner,
                      CxlEventLogs *events);

/**
 * cxl_mailbox_reset: put the registers back, forget the timestamp and the
 * interrupt policy and end a background operation without completing it.
 * Timestamp and policy survive CXL_RESET_FUNCTION (9.5).
 */
void cxl_mailbox_reset(CxlMailbox *mb, CxlReset kind);

/**
 * cxl_mailbox_read: the little-endian value of @size bytes (1 to 8) at @offset
 * in the block, at any alignment. Reads of what is not there give zero.
 */
uint64_t cxl_mailbox_read(CxlMailbox *mb, uint64_t offset, unsigned size,
                          CxlTime now);

/**
 * cxl_mailbox_write: a guest's write of @size bytes (1 to 8) at @offset, at any
 * alignment. A write that sets the doorbell runs the command before it returns
 * (8.2.8.4), and clears the doorbell unless the command waits for the machine.
 * While one does, writes to the mailbox are dropped.
 * @effects: what commands ask for, and vectors, are added
 */
void cxl_mailbox_write(CxlMailbox *mb, uint64_t offset, unsigned size,
                       uint64_t value, CxlTime now, CxlEffects *effects);

/**
 * cxl_mailbox_finish: the command that waits has been carried out
 * @ret: what the guest is told
 * @effects: the doorbell's vector is added
 *
 * Does nothing when no command waits: there was a reset.
 */
void cxl_mailbox_finish(CxlMailbox *mb, CxlRet ret, CxlEffects *effects);

/**
 * cxl_mailbox_timer: the last CXL_EFFECT_DEADLINE has come: the background
 * operation ends, or goes on and has added to @effects what it waits for. Does
 * nothing when none runs.
 */
void cxl_mailbox_timer(CxlMailbox *mb, CxlTime now, CxlEffects *effects);

/**
 * cxl_mailbox_tunnel: run a command that did not come through the registers
 *
 * What it changes shows in them. Commands that only the mailbox has, because
 * they wait for the machine or change the memory, are Unsupported. See
 * cxl_cci_execute() for the rest.
 */
CxlRet cxl_mailbox_tunnel(CxlMailbox *mb, uint16_t opcode, const uint8_t *in,
                          uint32_t in_len, uint8_t *out, uint32_t out_size,
                          uint32_t *out_len, CxlTime now,
                          CxlEffects *effects);

/**
 * cxl_mailbox_events_changed: bring the event status register up to date with
 * the event logs (8.2.8.3.1)
 */
void cxl_mailbox_events_changed(CxlMailbox *mb);

#endif /* CXL_CORE_MAILBOX_H */
