/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Component command interface: commands are rows, one dispatcher runs them
 * (CXL 3.1 8.2.9)
 *
 * The dispatcher knows no transport: the mailbox registers of a memory device
 * are one user.
 */
#ifndef CXL_CORE_CCI_H
#define CXL_CORE_CCI_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/eventlog.h"
#include "hw/cxl/core/faults.h"
#include "hw/cxl/core/logs.h"
#include "hw/cxl/core/payload.h"
#include "hw/cxl/core/time.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/retcodes.h"

/** CXL_CCI_MAX_PAYLOAD: longest payload in either direction, in bytes */
#define CXL_CCI_MAX_PAYLOAD     (1u << CXL_CCI_PAYLOAD_SHIFT)
#define CXL_CCI_PAYLOAD_SHIFT   11

/* What a row can demand */

/** CXL_CCI_GATE_MEDIA: the media is enabled, else Media Disabled */
#define CXL_CCI_GATE_MEDIA      (1u << 0)
/** CXL_CCI_GATE_LSA: the device has label storage, else the row is not there */
#define CXL_CCI_GATE_LSA        (1u << 1)

/** CXL_CCI_GATE_PERSISTENT: it has persistent capacity, else likewise */
#define CXL_CCI_GATE_PERSISTENT (1u << 2)

/** CXL_CCI_GATE_EVENTS: it has event logs, else likewise */
#define CXL_CCI_GATE_EVENTS     (1u << 3)

/** CXL_CCI_GATE_LSA_WRITE: its label storage can be written, else likewise */
#define CXL_CCI_GATE_LSA_WRITE  (1u << 4)

/** CXL_CCI_GATE_LOGS: it has logs besides the command effects log, likewise */
#define CXL_CCI_GATE_LOGS       (1u << 5)

/** CXL_CCI_GATE_WRITABLE: all of it can be written, else likewise */
#define CXL_CCI_GATE_WRITABLE   (1u << 6)

/** CXL_CCI_GATE_HEADS: it is one of several heads, else likewise */
#define CXL_CCI_GATE_HEADS      (1u << 7)

/** CXL_CCI_GATES_PRESENCE: gates that decide whether a command exists at all */
#define CXL_CCI_GATES_PRESENCE  (CXL_CCI_GATE_LSA | CXL_CCI_GATE_PERSISTENT | \
                                 CXL_CCI_GATE_EVENTS | \
                                 CXL_CCI_GATE_LSA_WRITE | CXL_CCI_GATE_LOGS | \
                                 CXL_CCI_GATE_WRITABLE | CXL_CCI_GATE_HEADS)

struct CxlCci;

/**
 * struct CxlCciCall - one command being run
 * @cci: the interface
 * @request: the first min_in bytes of the input, as the row says; NULL if none
 * @in: the rest of the input, up to max_in
 * @reply: the first out bytes of the output, as the row says, zeroed
 * @out: the rest of the output; neither overlaps the input
 * @now: when it runs
 * @effects: effects of the call
 * @background_ns: a run() that returns CXL_RET_BACKGROUND_STARTED sets how long
 *                 the operation takes, of virtual time, before the scale of
 *                 the device is applied to it; of a row with step(): how long
 *                 it is to the first one
 * @work: such a run() of a row with step() sets how much there is to do, in any
 *        unit, and step() counts in state.work_done; 0: percent go by time
 * @waits: run() sets it with CXL_RET_SUCCESS when that is not so until the
 *         machine has carried out an effect; there is no output then
 */
typedef struct CxlCciCall {
    struct CxlCci *cci;
    const void *request;
    CxlReader in;
    void *reply;
    CxlWriter out;
    CxlTime now;
    CxlEffects *effects;
    uint64_t background_ns;
    uint64_t work;
    bool waits;
} CxlCciCall;

/**
 * struct CxlCciCommand - a command as a row
 * @name: as the specification spells it, for traces
 * @opcode: CXL_OP_*
 * @effects: CXL_CEL_* bits of the command effects log
 * @min_in: shortest input payload, bytes
 * @max_in: longest input payload, bytes, or CXL_CCI_UNBOUNDED
 * @out: output that every success has, bytes; run() may add more
 * @gates: CXL_CCI_GATE_* that must be open
 * @run: do it. Output is used only with CXL_RET_SUCCESS and
 *       CXL_RET_BACKGROUND_STARTED
 * @step: goes on with the background operation that run() started: the deadline
 *        has come, or the slice of work that an effect asked for is done;
 *        @ok says whether it could be done. Returns
 *        CXL_RET_BACKGROUND_STARTED when it goes on: there is a deadline in
 *        @effects then, or cxl_cci_slice_begin() has been called; anything else
 *        ends the operation. NULL: the operation ends at its deadline
 * @done: the background operation that run() started has ended: @ret is
 *        Success, what step() returned, or Aborted; returns what the guest is
 *        told. NULL: that is @ret
 */
typedef struct CxlCciCommand {
    const char *name;
    uint16_t opcode;
    uint16_t effects;
    uint32_t min_in;
    uint32_t max_in;
    uint32_t out;
    uint32_t gates;
    CxlRet (*run)(CxlCciCall *call);
    CxlRet (*step)(struct CxlCci *cci, bool ok, CxlTime now,
                   CxlEffects *effects);
    CxlRet (*done)(struct CxlCci *cci, CxlRet ret, CxlTime now,
                   CxlEffects *effects);
} CxlCciCommand;

/**
 * struct CxlCciSet - rows, sorted by opcode
 */
typedef struct CxlCciSet {
    const CxlCciCommand *rows;
    unsigned count;
} CxlCciSet;

#define CXL_CCI_MAX_SETS        16

/**
 * CXL_BACKGROUND_TIME: background operations take their nominal time, percent
 */
#define CXL_BACKGROUND_TIME     100
/** CXL_BACKGROUND_TIME_MAX: they take at most this much of it */
#define CXL_BACKGROUND_TIME_MAX 10000

/**
 * struct CxlClock - the timestamp of a component (8.2.9.4)
 * @set: the host has set it
 * @base: what it set, nanoseconds
 * @set_at: wall time at which it did, nanoseconds
 */
typedef struct CxlClock {
    bool set;
    uint64_t base;
    uint64_t set_at;
} CxlClock;

/**
 * struct CxlIdentity - what Identify says of a component (8.2.9.1.1)
 * @vendor: PCI vendor id
 * @device: PCI device id
 * @subsystem_vendor: PCI subsystem vendor id, or 0
 * @subsystem: PCI subsystem id, or 0
 * @serial: serial number, as in the PCIe DSN capability
 * @type: CXL_COMPONENT_TYPE_*
 */
typedef struct CxlIdentity {
    uint16_t vendor;
    uint16_t device;
    uint16_t subsystem_vendor;
    uint16_t subsystem;
    uint64_t serial;
    uint8_t type;
} CxlIdentity;

/**
 * struct CxlCciState - what changes in an interface
 * @media_disabled: the gate CXL_CCI_GATE_MEDIA is closed
 * @response_shift: an output has at most this power of two bytes (8.2.9.1.4)
 * @waiting: opcode of the command that waits for the machine, or 0
 * @background: opcode of the background operation that runs, or 0
 * @background_start: virtual time at which it started
 * @background_ns: how long it takes
 * @work: how much it has to do; 0: its percent go by time
 * @work_done: how much of that is done
 * @aborting: it ends as soon as it can
 * @slice: the machine does a slice of its work
 * @slice_failed: the last one could not be done
 * @ended_opcode: opcode of the background operation that ended last, or 0
 * @ended_ret: its return code
 * @clock: the component's timestamp
 * @logs: what was refused, and a dump of the component's state
 */
typedef struct CxlCciState {
    bool media_disabled;
    uint8_t response_shift;
    uint16_t waiting;
    uint16_t background;
    uint64_t background_start;
    uint64_t background_ns;
    uint64_t work;
    uint64_t work_done;
    bool aborting;
    bool slice;
    bool slice_failed;
    uint16_t ended_opcode;
    uint16_t ended_ret;
    CxlClock clock;
    CxlLogsState logs;
} CxlCciState;

/**
 * struct CxlCci - an interface
 * @sets: its commands, sets sorted by opcode
 * @nsets: how many sets
 * @owner: the device, for the rows' functions
 * @identity: what the component is, for Identify
 * @gates: CXL_CCI_GATES_PRESENCE that are open
 * @background_time: how long background operations take, in percent of their
 *                   nominal time, up to CXL_BACKGROUND_TIME_MAX
 * @events: the component's event logs, owned by it, or NULL
 * @dump: writes the component's state by cxl_dump_line(); NULL: it has no such
 *        log, nor a vendor debug log
 * @faults: what commands are to do wrong, owned by the device, or NULL
 * @state: what changes
 */
typedef struct CxlCci {
    CxlCciSet sets[CXL_CCI_MAX_SETS];
    unsigned nsets;
    void *owner;
    CxlIdentity identity;
    uint32_t gates;
    uint32_t background_time;
    CxlEventLogs *events;
    void (*dump)(const struct CxlCci *cci, CxlTime now, CxlWriter *out);
    CxlFaults *faults;
    CxlCciState state;
} CxlCci;

/**
 * cxl_cci_init: an interface without commands, all gates open, background
 * operations at their nominal time
 * @owner: the device
 * @events: its event logs; NULL when it has none: the gate is closed
 */
void cxl_cci_init(CxlCci *cci, void *owner, CxlEventLogs *events);

/**
 * cxl_cci_add_set: add commands; their opcodes are above all that are there
 *
 * Returns: false when they are not, or there are too many sets
 */
bool cxl_cci_add_set(CxlCci *cci, const CxlCciCommand *rows, unsigned count);

/** cxl_cci_add_events: add events (8.2.9.2), for any owner */
bool cxl_cci_add_events(CxlCci *cci);

/**
 * cxl_cci_add_firmware: add firmware update (8.2.9.3); the owner is a CxlMemdev
 */
bool cxl_cci_add_firmware(CxlCci *cci);

/** cxl_cci_add_timestamp: add the timestamp (8.2.9.4), for any owner */
bool cxl_cci_add_timestamp(CxlCci *cci);

/**
 * cxl_cci_add_logs: add logs (8.2.9.5), for any owner; its @dump is set before
 */
bool cxl_cci_add_logs(CxlCci *cci);

/** cxl_cci_add_features: add features (8.2.9.6); the owner is a CxlMemdev */
bool cxl_cci_add_features(CxlCci *cci);

/** cxl_cci_add_maintenance: add maintenance (8.2.9.7), likewise */
bool cxl_cci_add_maintenance(CxlCci *cci);

/**
 * cxl_cci_add_memdev: add identify, capacity and labels of a memory device
 * (8.2.9.9.1, 8.2.9.9.2); the owner is a CxlMemdev
 */
bool cxl_cci_add_memdev(CxlCci *cci);

/**
 * cxl_cci_add_health: add health and alerts (8.2.9.9.3); likewise
 */
bool cxl_cci_add_health(CxlCci *cci);

/**
 * cxl_cci_add_media: add media and poison (8.2.9.9.4); likewise
 */
bool cxl_cci_add_media(CxlCci *cci);

/**
 * cxl_cci_add_sanitize: add sanitize (8.2.9.9.5); likewise
 */
bool cxl_cci_add_sanitize(CxlCci *cci);

/**
 * cxl_cci_add_security: add security of persistent memory (8.2.9.9.6); likewise
 */
bool cxl_cci_add_security(CxlCci *cci);

/**
 * cxl_cci_add_heads: add the commands of multi-headed devices (7.6.7.5);
 * likewise
 */
bool cxl_cci_add_heads(CxlCci *cci);

/**
 * cxl_cci_add_information: add information and status (8.2.9.1), for any owner
 * @identity: what Identify says; copied
 */
bool cxl_cci_add_information(CxlCci *cci, const CxlIdentity *identity);

/**
 * cxl_cci_add_switch: add the physical switch commands (7.6.7.1); the owner is
 * a CxlSwitchCci
 */
bool cxl_cci_add_switch(CxlCci *cci);

/**
 * cxl_ret_name: a return code as the specification spells it, in lower case;
 * never NULL
 */
const char *cxl_ret_name(CxlRet ret);

/**
 * cxl_ret_is_fault: it says that the guest asked for what it should not have
 * asked for, and not how the device fares
 */
bool cxl_ret_is_fault(CxlRet ret);

/**
 * cxl_cci_find: the row of @opcode, or NULL when the command is not supported
 */
const CxlCciCommand *cxl_cci_find(const CxlCci *cci, uint16_t opcode);

/**
 * cxl_cci_execute: run one command
 * @in: input payload of @in_len bytes, may be NULL when that is zero
 * @out: room for an output payload of @out_size bytes, not overlapping @in; no
 *       more is used of it than Set Response Message Limit allows
 * @out_len: length of the output payload, zero unless the command succeeded
 * @now: when it runs
 * @effects: what the machine has to do; CXL_EFFECT_DEADLINE when a background
 *           operation started
 *
 * A command that waits for the machine is noted in @cci->state.waiting; the
 * return value is Success then, and nobody is told before cxl_cci_finish().
 *
 * Returns: the return code for the guest (8.2.8.4.5.1). In this order:
 * Unsupported without a row, what a script of faults says, Busy for a
 * background command while one runs, then the gates, then Invalid Payload
 * Length, then Internal Error when the row's output does not fit @out_size,
 * then what the command says.
 *
 * The length is checked here and nowhere else, except that a command which
 * counts its own input (the handles of Clear Event Records) answers Invalid
 * Payload Length, too, when count and length differ. Whatever else is wrong
 * with a payload is Invalid Input.
 */
CxlRet cxl_cci_execute(CxlCci *cci, uint16_t opcode, const uint8_t *in,
                       uint32_t in_len, uint8_t *out, uint32_t out_size,
                       uint32_t *out_len, CxlTime now,
                       CxlEffects *effects);

/**
 * cxl_cci_finish: the command that waits is complete
 */
void cxl_cci_finish(CxlCci *cci);

/**
 * cxl_cci_nominal_ns: nominal time of an operation on @bytes: @fixed_ns and
 * @ns_per_mib for each MiB. It does not wrap for what a device can have.
 */
static inline uint64_t cxl_cci_nominal_ns(uint64_t fixed_ns, uint64_t bytes,
                                          uint64_t ns_per_mib)
{
    return fixed_ns + (bytes >> 20) * ns_per_mib +
           ((bytes & 0xfffff) * ns_per_mib >> 20);
}

/**
 * cxl_cci_scaled_ns: @nominal_ns as long as it takes here; for the deadlines of
 * step()
 */
uint64_t cxl_cci_scaled_ns(const CxlCci *cci, uint64_t nominal_ns);

/**
 * cxl_cci_background_percent: progress of the background operation at @now,
 * 0 to 99; it is 100 only once the operation has ended
 */
unsigned cxl_cci_background_percent(const CxlCci *cci, CxlTime now);

/**
 * cxl_cci_background_timer: the last CXL_EFFECT_DEADLINE has come. Call only
 * when a background operation runs.
 *
 * Returns: CXL_RET_BACKGROUND_STARTED when the operation goes on, else its
 * return code: it has ended then
 */
CxlRet cxl_cci_background_timer(CxlCci *cci, CxlTime now,
                                CxlEffects *effects);

/**
 * cxl_cci_background_abort: end the background operation early, as soon as the
 * timer comes; it is told to come at once, or after the slice that the machine
 * is at
 *
 * Returns: Success, also when nothing runs: it may have ended just before; else
 * Abort Not Supported, when the row has no CXL_CEL_BACKGROUND_ABORT
 */
CxlRet cxl_cci_background_abort(CxlCci *cci, CxlTime now,
                                CxlEffects *effects);

/**
 * cxl_cci_slice_begin: for run() and step(): an effect of the call has the
 * machine do a slice of the operation's work. The operation stays as it is
 * until cxl_cci_slice_end(), aborted or not: only a reset takes it away.
 */
void cxl_cci_slice_begin(CxlCci *cci);

/**
 * cxl_cci_slice_end: the machine has done the slice, or @ok is false
 * @effects: CXL_EFFECT_DEADLINE at @now: step() comes with the timer, so that
 *           an operation stands still while the machine is stopped
 *
 * Does nothing when there is none: there was a reset. What is told of a slice
 * that was begun before a reset is the machine's to drop.
 */
void cxl_cci_slice_end(CxlCci *cci, bool ok, CxlTime now,
                       CxlEffects *effects);

/**
 * cxl_cci_timestamp: the timestamp at @now, which follows wall time; zero until
 * the host has set one (8.2.9.4)
 */
uint64_t cxl_cci_timestamp(const CxlCci *cci, CxlTime now);

/**
 * cxl_cci_reset: forget the timestamp, the event interrupt policy, the limit of
 * responses, a command that waits and a background operation (neither step()
 * nor done() is called). Timestamp, policy and limit survive CXL_RESET_FUNCTION
 * (9.5). Logs are forgotten when power is lost.
 */
void cxl_cci_reset(CxlCci *cci, CxlReset kind);

/**
 * cxl_cci_cel_size: bytes in the command effects log (8.2.9.5.2.1)
 */
uint32_t cxl_cci_cel_size(const CxlCci *cci);

/**
 * cxl_cci_cel_read: write @len bytes of the command effects log from @offset on
 *
 * Returns: false when they are not all within the log or do not fit @out
 */
bool cxl_cci_cel_read(const CxlCci *cci, uint32_t offset, uint32_t len,
                      CxlWriter *out);

#endif /* CXL_CORE_CCI_H */
