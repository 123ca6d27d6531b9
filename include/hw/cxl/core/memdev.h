/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory device: device registers and the primary mailbox of a type 3 device
 * (CXL 3.1 8.2.8, 8.2.9)
 */
#ifndef CXL_CORE_MEMDEV_H
#define CXL_CORE_MEMDEV_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/cmd-features.h"
#include "hw/cxl/core/cmd-firmware.h"
#include "hw/cxl/core/cmd-maintenance.h"
#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/erase.h"
#include "hw/cxl/core/eventlog.h"
#include "hw/cxl/core/heads.h"
#include "hw/cxl/core/health.h"
#include "hw/cxl/core/mailbox.h"
#include "hw/cxl/core/media.h"
#include "hw/cxl/core/nvstate.h"
#include "hw/cxl/spec/device-regs.h"
#include "hw/cxl/spec/event-records.h"

/** CXL_DEVICE_REGS_MEMDEV: where the memory device status lies */
#define CXL_DEVICE_REGS_MEMDEV      0x00c0

/**
 * enum CxlMemdevVector - use of the function's MSI-X vectors
 * @CXL_MEMDEV_VECTOR_EVENTS: first of CXL_EVENT_LOGS vectors, one per log
 * @CXL_MEMDEV_VECTOR_MAILBOX: doorbell and background completion
 * @CXL_MEMDEV_VECTOR_DOE: not raised here: for the function's DOE mailbox
 * @CXL_MEMDEV_VECTORS: size of the MSI-X table
 */
typedef enum CxlMemdevVector {
    CXL_MEMDEV_VECTOR_EVENTS  = 0,
    CXL_MEMDEV_VECTOR_MAILBOX = CXL_MAILBOX_VECTOR,
    CXL_MEMDEV_VECTOR_DOE     = 6,
    CXL_MEMDEV_VECTORS        = CXL_MAILBOX_VECTORS,
} CxlMemdevVector;

/**
 * struct CxlMemdevOps - what the model needs from outside
 * @lsa_read: read @len bytes of label storage at @offset into @buf
 * @lsa_write: write them; they need not be durable, see CXL_EFFECT_FLUSH
 * @heads: fill in those of CXL_MAX_HEADS heads that are there, now; they are
 *         zero before; may be NULL in a device with one head
 *
 * Offset and length are within the label storage; @len is not zero and at most
 * CXL_CCI_MAX_PAYLOAD. Both functions for it return false on an I/O error,
 * which the guest sees as Internal Error.
 */
typedef struct CxlMemdevOps {
    bool (*lsa_read)(void *opaque, uint64_t offset, uint8_t *buf, uint32_t len);
    bool (*lsa_write)(void *opaque, uint64_t offset, const uint8_t *buf,
                      uint32_t len);
    void (*heads)(void *opaque, CxlHead *heads);
} CxlMemdevOps;

/**
 * struct CxlMemdevAround - what commands want of the device around them
 * @decodes: an address of a host leads to its memory now
 * @divided: the memory is in other partitions now, see cxl_dpa_reset()
 */
typedef struct CxlMemdevAround {
    bool (*decodes)(const void *device);
    void (*divided)(void *device);
} CxlMemdevAround;

/**
 * struct CxlMemdevConfig - a memory device
 * @dpa: the memory, which must outlive the device; its marks change
 * @lsa_read_only: the label storage cannot be written: there is no Set LSA
 * @lsa_size: bytes of label storage, 0 = none. The guest can address 32 bits:
 *            what lies above is not reachable
 * @identity: what Identify says: PCI ids and serial number; its type is set
 * @background_time: how long operations in the background take, in percent of
 *                   their nominal time, up to CXL_BACKGROUND_TIME_MAX
 * @faults: what commands are to do wrong, or NULL; copied
 * @heads: how many heads the device has that this is one of, up to
 *         CXL_MAX_HEADS; 0: it is the only one
 * @head: which of them this is
 * @ops: callbacks; may be NULL without label storage and with one head
 * @opaque: first argument of the callbacks
 * @around: the rest of the device; may be NULL when @dpa is not partitionable
 * @device: first argument of its functions
 */
typedef struct CxlMemdevConfig {
    CxlDpa *dpa;
    bool lsa_read_only;
    uint64_t lsa_size;
    CxlIdentity identity;
    uint32_t background_time;
    const CxlFaultsConfig *faults;
    uint8_t heads;
    uint8_t head;
    const CxlMemdevOps *ops;
    void *opaque;
    const CxlMemdevAround *around;
    void *device;
} CxlMemdevConfig;

/**
 * struct CxlMemdevState - what changes, besides mailbox and events
 * @health: readings and thresholds
 * @nv: what it remembers without power
 * @before: @nv before the command that waits has changed it
 * @before_locked: it was locked then
 * @can_undo: there is such a command
 * @shutdown_unsure: the shutdown state in @nv may not be durable
 * @security: of persistent memory
 * @erase: what is being erased
 * @media: lists of poison that are being read, and the scan
 * @poison_overflow: a line could not be listed as poisoned (8.2.9.9.4.1)
 * @poison_overflow_time: timestamp of the first one
 * @firmware: slots, and a package being transferred
 * @features: settings that are found by UUID
 * @maintenance: repairs that were done
 */
typedef struct CxlMemdevState {
    CxlHealthState health;
    CxlNvState nv;
    CxlNvState before;
    bool before_locked;
    bool can_undo;
    bool shutdown_unsure;
    CxlSecurityState security;
    CxlEraseState erase;
    CxlMediaState media;
    bool poison_overflow;
    uint64_t poison_overflow_time;
    CxlFwState firmware;
    CxlFeaturesState features;
    CxlMaintenanceState maintenance;
} CxlMemdevState;

/**
 * struct CxlMemdev - a memory device
 * @config: as given
 * @mailbox: the registers, and the commands of the primary mailbox
 * @events: the event logs
 * @faults: what commands are to do wrong, if the config says so
 * @state: what changes
 *
 * It points into itself: it must not be moved or copied once initialized. All
 * fields are private to the model; the machine may read @config and @events.
 */
typedef struct CxlMemdev {
    CxlMemdevConfig config;
    CxlMailbox mailbox;
    CxlEventLogs events;
    CxlFaults faults;
    CxlMemdevState state;
} CxlMemdev;

/**
 * cxl_memdev_init: set up a device, includes a cold reset
 *
 * @config is copied; of what it points to, faults are.
 *
 * Returns: false when the tables of registers or commands do not fit.
 */
bool cxl_memdev_init(CxlMemdev *m, const CxlMemdevConfig *config);

/**
 * cxl_memdev_add_commands: give it its commands, after cxl_memdev_init()
 *
 * Without, it has those of 8.2.9.1 only.
 *
 * Returns: false when they do not fit.
 */
bool cxl_memdev_add_commands(CxlMemdev *m);

/**
 * cxl_memdev_reset: what a reset of this kind does to the device; the caller
 * disarms the timer and drops a flush. docs/architecture.rst, "Reset", says
 * what it leaves.
 */
void cxl_memdev_reset(CxlMemdev *m, CxlReset kind);

/**
 * cxl_memdev_read: the little-endian value of @size bytes (1 to 8) at @offset
 * in the block, at any alignment. Reads of what is not there give zero.
 */
uint64_t cxl_memdev_read(CxlMemdev *m, uint64_t offset, unsigned size,
                         CxlTime now);

/**
 * cxl_memdev_write: a guest's write of @size bytes (1 to 8) at @offset, at any
 * alignment, see cxl_mailbox_write()
 * @effects: CXL_EFFECT_DEADLINE, CXL_EFFECT_FLUSH, CXL_EFFECT_STORE and vectors
 *           are added
 */
void cxl_memdev_write(CxlMemdev *m, uint64_t offset, unsigned size,
                      uint64_t value, CxlTime now, CxlEffects *effects);

/**
 * cxl_memdev_flushed: the last CXL_EFFECT_FLUSH or CXL_EFFECT_STORE has been
 * carried out
 * @ok: what it is about is durable
 * @effects: vectors are added
 *
 * Does nothing when no command waits for it: there was a reset.
 */
void cxl_memdev_flushed(CxlMemdev *m, bool ok, CxlEffects *effects);

/**
 * cxl_memdev_keep: a command is about to change passphrases or partitions, and
 * will wait until that is durable: as it was, it will be again if it does not
 * become so
 */
void cxl_memdev_keep(CxlMemdev *m);

/**
 * cxl_memdev_timer: the last CXL_EFFECT_DEADLINE has come, see
 * cxl_mailbox_timer()
 */
void cxl_memdev_timer(CxlMemdev *m, CxlTime now, CxlEffects *effects);

/**
 * cxl_memdev_sliced: the slice of work that an effect asked for has been done
 * @ok: it could be done
 * @effects: CXL_EFFECT_DEADLINE is added: the operation goes on with the timer
 *
 * Does nothing when no operation waits for it: there was a reset.
 */
void cxl_memdev_sliced(CxlMemdev *m, bool ok, CxlTime now,
                       CxlEffects *effects);

/**
 * cxl_memdev_add_event: put a record in an event log. All that raises an event
 * comes through here, with a record from cxl_event_record().
 * @log: which (below CXL_EVENT_LOGS)
 * @record: copied. The caller fills UUID, flags above the severity, related
 *          handle, maintenance operation and data; the rest is filled in here,
 *          and if this is one of several heads its number, unless the record
 *          says that it is about another one
 * @effects: the log's vector is added when the policy says so
 *
 * Returns: false when the log is full; the event is counted as overflow
 */
bool cxl_memdev_add_event(CxlMemdev *m, CxlEventLogType log,
                          const CxlEventRecord *record, CxlTime now,
                          CxlEffects *effects);

/**
 * struct CxlMediaFinding - something about a piece of memory
 * @dpa: where, within the capacity; what the record says of it besides the
 *       address is worked out
 * @descriptor: CXL_EVENT_UNCORRECTABLE and its like
 * @type: CXL_MEDIA_EVENT_*
 * @transaction: CXL_EVENT_BY_*: how it came to light
 */
typedef struct CxlMediaFinding {
    uint64_t dpa;
    uint8_t descriptor;
    uint8_t type;
    uint8_t transaction;
} CxlMediaFinding;

/**
 * cxl_memdev_media_event: raise a General Media event (8.2.9.2.1.1), as
 * cxl_memdev_add_event()
 *
 * Poison that somebody injects goes to CXL_EVENT_LOG_INFO as
 * CXL_EVENT_BY_INJECT_POISON (8.2.9.9.4.2), whoever it was.
 */
bool cxl_memdev_media_event(CxlMemdev *m, CxlEventLogType log,
                            const CxlMediaFinding *found, CxlTime now,
                            CxlEffects *effects);

/**
 * cxl_memdev_health: the health information that a guest would get now
 * (8.2.9.9.3.1)
 */
CxlHealthInfo cxl_memdev_health(const CxlMemdev *m);

/**
 * cxl_memdev_set_readings: the device measures something else from now on
 * @effects: vectors of the logs that got a record are added: a threshold was
 *           crossed
 */
void cxl_memdev_set_readings(CxlMemdev *m, const CxlReadings *readings,
                             CxlTime now, CxlEffects *effects);

/**
 * cxl_memdev_set_alerts: Set Alert Configuration (8.2.9.9.3.3)
 * @effects: as of cxl_memdev_set_readings()
 *
 * Returns: as cxl_health_set_alerts()
 */
CxlRet cxl_memdev_set_alerts(CxlMemdev *m,
                             const CxlSetAlertConfigurationIn *in, CxlTime now,
                             CxlEffects *effects);

/**
 * cxl_memdev_restore: the device had power before, and remembers @nv. To be
 * called once, after cxl_memdev_init(). A shutdown that was dirty is counted.
 *
 * Returns: whether what it remembers has changed by that
 */
bool cxl_memdev_restore(CxlMemdev *m, const CxlNvState *nv);

/**
 * cxl_memdev_power_off: power goes away, and persistent memory is durable: the
 * shutdown is a clean one (9.8)
 *
 * Returns: whether what it remembers has changed by that
 */
bool cxl_memdev_power_off(CxlMemdev *m);

/**
 * cxl_memdev_erased: the last CXL_EFFECT_ERASE has been carried out
 * @ok: the bytes are gone
 * @effects: the next CXL_EFFECT_ERASE, or what its end brings about, is added
 */
void cxl_memdev_erased(CxlMemdev *m, bool ok, CxlTime now,
                       CxlEffects *effects);

/**
 * cxl_memdev_may_erase: Success; Unsupported where the host may not store; or
 * Busy while the machine still erases what was asked for before a reset
 */
CxlRet cxl_memdev_may_erase(const CxlMemdev *m, CxlRange range);

/**
 * cxl_memdev_erase_now: erase what was added to state.erase while the guest
 * waits for the command; nobody can look at the memory meanwhile. If that is
 * cut off by a loss of power, or fails, the media is disabled as after a
 * sanitize that was. With nothing to erase the guest waits only until what the
 * command has changed is stored.
 */
void cxl_memdev_erase_now(CxlMemdev *m, CxlCciCall *call);

/**
 * cxl_memdev_divided: at a reset, the memory from @dpa on has become part of
 * another partition, or was persistent: its data is erased, and nobody can look
 * at the memory before that is done. To be called after cxl_memdev_reset().
 */
void cxl_memdev_divided(CxlMemdev *m, uint64_t dpa);

/**
 * cxl_memdev_after_reset: what a reset has to bring about
 * @effects: CXL_EFFECT_ERASE and CXL_EFFECT_STORE are added
 */
void cxl_memdev_after_reset(CxlMemdev *m, CxlEffects *effects);

/**
 * cxl_memdev_update_access: bring what may be accessed in line with the state
 * of media, passphrases and erasing
 * @effects: CXL_EFFECT_ROUTES is added when something has changed
 */
void cxl_memdev_update_access(CxlMemdev *m, CxlEffects *effects);

/**
 * cxl_memdev_set_media: change the media status in the memory device status
 * register. Commands that need media answer Media Disabled while it is
 * CXL_MEDIA_DISABLED.
 */
void cxl_memdev_set_media(CxlMemdev *m, CxlMediaStatus status);

/** cxl_memdev_of: the device whose command this is */
static inline CxlMemdev *cxl_memdev_of(const CxlCciCall *call)
{
    return call->cci->owner;
}

#endif /* CXL_CORE_MEMDEV_H */
