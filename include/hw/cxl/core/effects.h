/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the model asks the machine to do.
 *
 * The model never calls out. Each entry point that may change something returns
 * the effects of the call; the machine carries them out after the call has
 * returned (registers are already up to date then): interrupts after the map,
 * and last a reset of the device.
 */
#ifndef CXL_CORE_EFFECTS_H
#define CXL_CORE_EFFECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"

/** CXL_EFFECT_ROUTES: HPA to DPA routes may have changed: compile and map */
#define CXL_EFFECT_ROUTES       (1u << 0)
/** CXL_EFFECT_DEADLINE: call the timer's door at @deadline_ns, not before */
#define CXL_EFFECT_DEADLINE     (1u << 1)
/** CXL_EFFECT_DEVICE_RESET: a CXL reset was requested through DVSEC Control2 */
#define CXL_EFFECT_DEVICE_RESET (1u << 2)
/**
 * CXL_EFFECT_FLUSH: make the label storage in @flush durable, then say so by
 * cxl_endpoint_flushed(); the guest waits
 */
#define CXL_EFFECT_FLUSH        (1u << 3)
/**
 * CXL_EFFECT_STORE_LINE: store the bytes in @line where the machine keeps those
 * of its DPA, before the map is compiled: until then nobody reads them
 */
#define CXL_EFFECT_STORE_LINE   (1u << 4)
/** CXL_EFFECT_POISON: the list of poisoned lines has changed: keep it */
#define CXL_EFFECT_POISON       (1u << 5)
/** CXL_EFFECT_STORE: make what the device remembers without power durable */
#define CXL_EFFECT_STORE        (1u << 6)
/**
 * CXL_EFFECT_STORE_WAIT: with that one: then say so by cxl_endpoint_flushed();
 * the guest waits
 */
#define CXL_EFFECT_STORE_WAIT   (1u << 7)
/**
 * CXL_EFFECT_ERASE: make the bytes in @erase zero for good, then say so by
 * cxl_endpoint_erased(), whatever becomes of the device meanwhile. At a reset
 * it goes on.
 */
#define CXL_EFFECT_ERASE        (1u << 8)
/** CXL_EFFECT_PORT: do to a port of the switch what @port says */
#define CXL_EFFECT_PORT         (1u << 9)

/**
 * struct CxlPortControl - what to do to a port of a switch (7.6.7.1.3)
 * @id: its number
 * @opcode: CXL_PORT_ASSERT_PERST and so on
 */
typedef struct CxlPortControl {
    uint8_t id;
    uint8_t opcode;
} CxlPortControl;

/** CXL_AER_CORRECTABLE: an error was corrected: ERR_COR (CXL 3.1 12.2) */
#define CXL_AER_CORRECTABLE     (1u << 0)
/** CXL_AER_NONFATAL: one could not be: ERR_NONFATAL */
#define CXL_AER_NONFATAL        (1u << 1)
/** CXL_AER_FATAL: and it is fatal: ERR_FATAL */
#define CXL_AER_FATAL           (1u << 2)

/**
 * struct CxlRange - a range of bytes
 * @offset: the first
 * @len: how many
 */
typedef struct CxlRange {
    uint64_t offset;
    uint64_t len;
} CxlRange;

/**
 * struct CxlErase - bytes that are to be erased
 * @labels: they are of the label storage, not of the memory
 * @range: which; of the memory by DPA, and they may be of several partitions
 */
typedef struct CxlErase {
    bool labels;
    CxlRange range;
} CxlErase;

/**
 * struct CxlLine - a line of memory
 * @dpa: where it is, a multiple of CXL_DPA_LINE
 * @bytes: what is to be there
 */
typedef struct CxlLine {
    uint64_t dpa;
    uint8_t bytes[CXL_DPA_LINE];
} CxlLine;

/** CXL_REPORT_COMMAND: a command came in: @name, @number, @in_len */
#define CXL_REPORT_COMMAND      (1u << 0)
/** CXL_REPORT_RETURN: a command was answered: @name, @number, @ret, @out_len */
#define CXL_REPORT_RETURN       (1u << 1)
/** CXL_REPORT_BACKGROUND: an operation in the background ended: as RETURN */
#define CXL_REPORT_BACKGROUND   (1u << 2)
/** CXL_REPORT_COMMIT: decoder @number is in force */
#define CXL_REPORT_COMMIT       (1u << 3)
/** CXL_REPORT_UNCOMMIT: it is no more */
#define CXL_REPORT_UNCOMMIT     (1u << 4)
/** CXL_REPORT_REFUSED: it could not be changed, @wrong says why */
#define CXL_REPORT_REFUSED      (1u << 5)
/** CXL_REPORT_DOE: a request in the DOE mailbox; @number: its first dword */
#define CXL_REPORT_DOE          (1u << 6)

/**
 * struct CxlReport - what a call into the model did, for people
 * @what: CXL_REPORT_* bits; 0: nothing worth telling
 * @wrong: what the guest did wrong, a phrase in lower case, or NULL
 * @name: of the command; never NULL with one
 * @number: see the bits
 * @in_len: bytes that came in
 * @out_len: bytes that went out
 * @ret: return code
 *
 * Traces and logs are made of it; nothing may depend on it. It has lengths but
 * no contents, which may be secrets. Texts are constants of the model. One
 * access does at most one of these things.
 */
typedef struct CxlReport {
    uint32_t what;
    const char *wrong;
    const char *name;
    uint32_t number;
    uint32_t in_len;
    uint32_t out_len;
    uint16_t ret;
} CxlReport;

/**
 * enum CxlTellEvent - what the user of the machine may be waiting for. Each
 * becomes an event of QMP; qapi/cxl.json says what it means to people
 * @CXL_TELL_FIRMWARE_ACTIVATED: @what: the slot
 * @CXL_TELL_SANITIZE_DONE: @what: the opcode; @code: its return code
 * @CXL_TELL_BACKGROUND_DONE: @what: the opcode; @code: its return code
 * @CXL_TELL_ALERT: @what: CxlAlertKind; @code: CxlAlertLevel; @value: measured
 * @CXL_TELL_POISON_CONSUMED: @value: DPA of the line that was read
 * @CXL_TELL_POISON_CLEARED: @value: DPA of the line that is good again; @code:
 *                           1 if all of it was written, 0 if it was cleared
 * @CXL_TELL_EVENTS_CLEARED: @what: the log; @value: records left in it
 * @CXL_TELL_STORE_DROPPED: @value: DPA of a store that the pool did not allow
 * @CXL_TELL_POOL_CHANGED: @value: generation; @code: 1 if the device has access
 * @CXL_TELL_EVENTS: how many there are
 */
typedef enum CxlTellEvent {
    CXL_TELL_FIRMWARE_ACTIVATED,
    CXL_TELL_SANITIZE_DONE,
    CXL_TELL_BACKGROUND_DONE,
    CXL_TELL_ALERT,
    CXL_TELL_POISON_CONSUMED,
    CXL_TELL_POISON_CLEARED,
    CXL_TELL_EVENTS_CLEARED,
    CXL_TELL_STORE_DROPPED,
    CXL_TELL_POOL_CHANGED,
    CXL_TELL_EVENTS,
} CxlTellEvent;

/** enum CxlAlertKind - what an alert is about (8.2.9.9.3.2) */
typedef enum CxlAlertKind {
    CXL_ALERT_OF_LIFE_USED,
    CXL_ALERT_OF_OVER_TEMPERATURE,
    CXL_ALERT_OF_UNDER_TEMPERATURE,
    CXL_ALERT_OF_CORRECTED_VOLATILE,
    CXL_ALERT_OF_CORRECTED_PERSISTENT,
} CxlAlertKind;

/** enum CxlAlertLevel - which threshold it has crossed */
typedef enum CxlAlertLevel {
    CXL_ALERT_AT_WARNING,
    CXL_ALERT_AT_CRITICAL,
} CxlAlertLevel;

/** struct CxlTell - one of these events with its arguments */
typedef struct CxlTell {
    CxlTellEvent event;
    uint16_t what;
    uint16_t code;
    uint64_t value;
} CxlTell;

/** CXL_EFFECTS_TELLS: most that one call tells; more are dropped */
#define CXL_EFFECTS_TELLS       4

/**
 * struct CxlEffects - effects of one call into the model
 * @flags: CXL_EFFECT_* bits
 * @vectors: MSI-X vectors to raise, bit n = vector n
 * @withdrawn: vectors whose condition is gone: a message that waits because its
 *             vector is masked is not to be sent any more (PCIe 6.0 6.1.4.5)
 * @deadline_ns: with CXL_EFFECT_DEADLINE, virtual time
 * @flush: with CXL_EFFECT_FLUSH, a part of the label storage
 * @port: with CXL_EFFECT_PORT, what to do to which
 * @aer: messages to send to the root port, CXL_AER_* bits: internal errors of
 *       the PCI function
 * @erase: with CXL_EFFECT_ERASE, what to erase
 * @line: with CXL_EFFECT_STORE_LINE, what to store
 * @tell: what the user of the machine is to be told
 * @ntells: how much of it
 * @report: what the call did, for traces and logs
 */
typedef struct CxlEffects {
    uint32_t flags;
    uint32_t vectors;
    uint32_t withdrawn;
    uint64_t deadline_ns;
    CxlRange flush;
    CxlPortControl port;
    uint32_t aer;
    CxlErase erase;
    CxlLine line;
    CxlTell tell[CXL_EFFECTS_TELLS];
    uint32_t ntells;
    CxlReport report;
} CxlEffects;

/**
 * cxl_effects_tell: add an event to what the user of the machine is told
 *
 * For what somebody outside of the guest waits for. Guests can make any of it
 * happen as often as they like: the machine limits the rate.
 */
static inline void cxl_effects_tell(CxlEffects *effects, CxlTell tell)
{
    if (effects->ntells < CXL_EFFECTS_TELLS) {
        effects->tell[effects->ntells++] = tell;
    }
}

/**
 * enum CxlReset - the kinds of reset a component tells apart (CXL 3.1 9.1)
 * @CXL_RESET_COLD: power on; every register takes its reset value
 * @CXL_RESET_WARM: conventional (hot or warm) reset; sticky fields survive
 * @CXL_RESET_CXL: CXL reset (9.7): as warm, but what is locked stays
 * @CXL_RESET_FUNCTION: function-level reset (9.5): what CXL defines for memory
 *                      survives: component registers, DVSECs, timestamp, event
 *                      interrupt policy
 */
typedef enum CxlReset {
    CXL_RESET_COLD,
    CXL_RESET_WARM,
    CXL_RESET_CXL,
    CXL_RESET_FUNCTION,
} CxlReset;

#endif /* CXL_CORE_EFFECTS_H */
