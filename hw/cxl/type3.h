/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CXL type 3 memory device
 */
#ifndef HW_CXL_TYPE3_H
#define HW_CXL_TYPE3_H

#include "cdat-options.h"
#include "effects.h"
#include "fault-script.h"
#include "flush.h"
#include "function.h"
#include "compat.h"
#include "hw/cxl/core/endpoint.h"
#include "mmio.h"
#include "poison-file.h"
#include "qom/object.h"
#include "state-file.h"
#include "system/hostmem.h"

#define TYPE_CXL_TYPE3 "cxl-type3"
OBJECT_DECLARE_SIMPLE_TYPE(CxlType3, CXL_TYPE3)

#define CXL_TYPE3_BACKENDS CXL_DPA_MAX_PARTITIONS
/** CXL_TYPE3_ALL_VOLATILE: volatile-size= when it is not given */
#define CXL_TYPE3_ALL_VOLATILE UINT64_MAX

/**
 * struct CxlType3Ram - where a range of device memory is
 * @dpa: first DPA
 * @size: bytes; 0 when there is none
 * @host: the bytes
 * @ram_addr: the same as QEMU's dirty tracking knows them
 * @cached: what cxl_coherency_add() gave; has no meaning when there is none
 * @cached_at: where in that it begins
 */
typedef struct CxlType3Ram {
    uint64_t dpa;
    uint64_t size;
    uint8_t *host;
    ram_addr_t ram_addr;
    int cached;
    uint64_t cached_at;
} CxlType3Ram;

/**
 * struct CxlType3Backend - a range of device memory
 * @backend: what holds the bytes; NULL when there is none
 * @mr: the range in the device physical address space
 * @ram: where it is
 * @refs: references to the backend while nobody uses its memory
 * @no_holes: the host can make none in it
 */
typedef struct CxlType3Backend {
    HostMemoryBackend *backend;
    MemoryRegion mr;
    CxlType3Ram ram;
    uint32_t refs;
    bool no_holes;
} CxlType3Backend;

/** enum CxlType3Shown - what windows show, by what may be done with it */
typedef enum CxlType3Shown {
    CXL_TYPE3_READ_WRITE,
    CXL_TYPE3_READ_ONLY,
    CXL_TYPE3_SHOWN,
} CxlType3Shown;

/** enum CxlType3Reading - what the device measures of itself */
typedef enum CxlType3Reading {
    CXL_TYPE3_LIFE_USED,
    CXL_TYPE3_TEMPERATURE,
    CXL_TYPE3_CORRECTED_VOLATILE,
    CXL_TYPE3_CORRECTED_PERSISTENT,
    CXL_TYPE3_READINGS,
} CxlType3Reading;

/**
 * struct CxlType3 - a memory expander
 * @endpoint: the model; its @dpa says what the memory is
 * @component_mmio: component registers, BAR0
 * @device_mmio: device registers and mailbox, BAR2
 * @outlet: carries out what the model asks for; its timer is not NULL while the
 *          device is realized
 * @faults: the script in @faults_file while the device is realized, or NULL
 * @cdat: the table that the DOE mailbox gives, from g_malloc()
 * @volatile_backend: capacity from DPA 0; may be NULL
 * @persistent_backend: capacity behind it; may be NULL
 * @partitionable_backend: in place of both: capacity that is divided; or NULL
 * @volatile_size: how much of that is volatile in a new device, bytes
 * @lsa_backend: label storage; NULL on a volatile device without labels
 * @memdev_alias: the deprecated memdev=, which is persistent_backend
 * @serial: serial number; CXL_NO_SERIAL, if not given, until it is realized
 * @decoders: HDM decoders
 * @readings: what it measures of itself, by CxlType3Reading
 * @state_path: where it keeps what it remembers without power; may be NULL
 * @background_time: how long background operations take, percent of nominal
 * @faults_file: what it does wrong, in JSON; may be NULL
 * @cdat_file: a CDAT that the user brings; NULL: built from @perf
 * @poison_path: poison-file=; NULL: poison is forgotten when QEMU ends
 * @perf: performance
 * @persistent_perf: the same of persistent capacity, where it differs
 * @speed: link speed
 * @width: link width
 * @no_label_holes: the host can make no holes in label storage
 * @ranges: what the ranges of the DVSEC decode instead of decoders; as of the
 *          last look at the topology
 * @pool_path: the state file of its pool, or NULL
 * @pool_head: the head that it wants to be, or CXL_POOL_ANY_HEAD
 * @pool_access: the access that it wants, or NULL
 * @pool: what it is to the pool; NULL if it is in none
 * @dpa_mr: device physical address space: all of the backends
 * @shown: what windows show of it, by CxlType3Shown: @dpa_mr, unless a pool
 *         says otherwise
 * @backends: the backends behind it, by ascending address
 * @flush: the flush of labels that is under way, or NULL
 * @flush_next: what to flush when it is done, if its length is not 0
 * @flush_awaited: the model waits for the last of both
 * @erasing: something is being erased, and the model will be told
 * @erased: which of the memory that is, by DPA
 * @released: what waits for that before the backends are free, or NULL
 * @state_file: @state_path, open; NULL when there is none
 * @nv: what was in it
 * @exit: writes persistent capacity back when QEMU ends
 * @poison_file: keeps the list of poisoned lines, or NULL
 */
struct CxlType3 {
    PCIDevice parent_obj;

    CxlEndpoint endpoint;
    CxlMmio component_mmio;
    CxlMmio device_mmio;
    CxlOutlet outlet;
    CxlFaultScript *faults;
    uint8_t *cdat;

    HostMemoryBackend *volatile_backend;
    HostMemoryBackend *persistent_backend;
    HostMemoryBackend *partitionable_backend;
    uint64_t volatile_size;
    HostMemoryBackend *lsa_backend;
    HostMemoryBackend *memdev_alias;
    uint64_t serial;
    uint8_t decoders;
    int64_t readings[CXL_TYPE3_READINGS];
    char *state_path;
    uint32_t background_time;
    char *faults_file;
    char *cdat_file;
    char *poison_path;
    CxlPerfOptions perf;
    CxlPerfOptions persistent_perf;
    PCIExpLinkSpeed speed;
    PCIExpLinkWidth width;

    bool no_label_holes;
    CxlHdm ranges;
    char *pool_path;
    uint32_t pool_head;
    char *pool_access;
    struct CxlPoolMember *pool;
    MemoryRegion dpa_mr;
    MemoryRegion *shown[CXL_TYPE3_SHOWN];
    CxlType3Backend backends[CXL_TYPE3_BACKENDS];
    CxlFlush *flush;
    CxlRange flush_next;
    bool flush_awaited;
    bool erasing;
    CxlRange erased;
    struct CxlType3Released *released;
    CxlStateFile *state_file;
    CxlNvState nv;
    Notifier exit;
    CxlPoisonFile *poison_file;
};

/** cxl_type3_is_live: it is realized, or about to be, and not taken down */
static inline bool cxl_type3_is_live(const CxlType3 *t3)
{
    return t3->outlet.timer;
}

/**
 * cxl_type3_lasting: the backend with persistent capacity, or that may have it;
 * NULL when there is none
 */
static inline HostMemoryBackend *cxl_type3_lasting(const CxlType3 *t3)
{
    return t3->partitionable_backend ?: t3->persistent_backend;
}

/**
 * cxl_type3_mem_realize: check the backends and build the DPA space
 * @dpa: gets what they are, without performance
 *
 * Returns: false with @errp set when a backend is missing, in use or has a
 * size that is not a multiple of 256 MiB; nothing is claimed then.
 */
bool cxl_type3_mem_realize(CxlType3 *t3, CxlDpa *dpa, Error **errp);

/** cxl_type3_mem_unrealize: write persistent capacity back, free backends */
void cxl_type3_mem_unrealize(CxlType3 *t3);

/**
 * cxl_type3_ram: where the bytes of @part are, which is a partition of the
 * device; of no bytes when it is empty
 */
CxlType3Ram cxl_type3_ram(const CxlType3 *t3, const CxlDpaPartition *part);

/** CXL_TYPE3_OPTIONS: options that name a backend with memory */
#define CXL_TYPE3_OPTIONS 3

/** cxl_type3_option: the backend of such an option, by address; or NULL */
HostMemoryBackend *cxl_type3_option(const CxlType3 *t3, unsigned n);

/**
 * cxl_type3_add_caches: have all backends cached, if this host has a cache
 * @cached: gets what cxl_coherency_add() gives for each
 *
 * Returns: false with @errp set if there is no room; none is cached then.
 */
bool cxl_type3_add_caches(const CxlType3 *t3, int *cached, Error **errp);

/**
 * cxl_type3_leave_cache: what this host's cache has of the memory leaves it, as
 * power goes away in an orderly way, or the machine is reset
 */
void cxl_type3_leave_cache(const CxlType3 *t3);

/** cxl_type3_lasting_option: which option named cxl_type3_lasting() */
const char *cxl_type3_lasting_option(const CxlType3 *t3);

/** cxl_backend_size: bytes in @backend; 0 when it is NULL */
uint64_t cxl_backend_size(HostMemoryBackend *backend);

/**
 * cxl_backend_is_read_only: as one with readonly=on is, unless it has rom=off
 * too; false when it is NULL
 */
bool cxl_backend_is_read_only(HostMemoryBackend *backend);

/**
 * cxl_type3_check_labels: can lsa= be label storage of the device?
 *
 * Returns: false with @errp set when it is memory of some device, too small, or
 * missing where there is persistent memory.
 */
bool cxl_type3_check_labels(CxlType3 *t3, Error **errp);

/** cxl_type3_take_labels: one device more has labels there; may be NULL */
void cxl_type3_take_labels(HostMemoryBackend *backend);

/** cxl_type3_drop_labels: one fewer */
void cxl_type3_drop_labels(HostMemoryBackend *backend);

/** cxl_type3_lsa_size: bytes of label storage */
uint64_t cxl_type3_lsa_size(const CxlType3 *t3);

/** cxl_type3_lsa_read_only: label storage cannot be written */
bool cxl_type3_lsa_read_only(const CxlType3 *t3);

/**
 * cxl_type3_flush_labels: make labels durable, then tell the model, unless
 * cxl_type3_forget_flush() is called before
 */
void cxl_type3_flush_labels(PCIDevice *pci, CxlRange range);

/** cxl_type3_forget_flush: the device was reset: nobody waits for a flush */
void cxl_type3_forget_flush(CxlType3 *t3);

/** cxl_type3_state_class_init: add what it measures, as properties */
void cxl_type3_state_class_init(ObjectClass *klass);

/** cxl_type3_state_init: an object is new: it is healthy */
void cxl_type3_state_init(CxlType3 *t3);

/**
 * cxl_type3_state_open: state-file=, if it is given
 * @dpa: what the memory is; gets divided as the file says
 *
 * Returns: false with @errp set when the file cannot be used
 */
bool cxl_type3_state_open(CxlType3 *t3, CxlDpa *dpa, Error **errp);

/** cxl_type3_state_realize: tell the model what it measures and remembers */
void cxl_type3_state_realize(CxlType3 *t3);

/**
 * cxl_type3_state_power_off: persistent capacity is durable, and QEMU ends
 */
void cxl_type3_state_power_off(CxlType3 *t3);

typedef struct CxlType3Ending CxlType3Ending;

/**
 * cxl_type3_state_end: the device is gone, and its power, in an orderly way
 *
 * Returns: what is to be given to cxl_type3_state_ended() when its memory is
 * durable; NULL when nothing is: there is no state file.
 */
CxlType3Ending *cxl_type3_state_end(CxlType3 *t3);

/**
 * cxl_type3_state_ended: remember that, and close the file
 * @opaque: from cxl_type3_state_end()
 * @ok: the memory is durable; else the shutdown was a dirty one
 */
void cxl_type3_state_ended(void *opaque, bool ok);

/** cxl_type3_state_close: close the file */
void cxl_type3_state_close(CxlType3 *t3);

/**
 * cxl_type3_store: make durable what it remembers
 * @waits: then tell the model, unless cxl_type3_forget_store() is called before
 */
void cxl_type3_store(PCIDevice *pci, bool waits);

/** cxl_type3_forget_store: the device was reset: nobody waits for it */
void cxl_type3_forget_store(CxlType3 *t3);
/**
 * cxl_type3_poison_read: a host has read a poisoned line
 * @dpa: of one of the bytes
 */
void cxl_type3_poison_read(CxlType3 *t3, uint64_t dpa);

/**
 * cxl_type3_poison_written: a host has written to a poisoned line, and the
 * bytes are stored
 * @dpa: the first
 * @size: how many, all in that line
 */
void cxl_type3_poison_written(CxlType3 *t3, uint64_t dpa, unsigned size);

/**
 * cxl_type3_poison_open: poison-file=, if it is given
 * @dpa: what the memory is; gets its poison
 *
 * Returns: false with @errp set when it cannot be used.
 */
bool cxl_type3_poison_open(CxlType3 *t3, CxlDpa *dpa, Error **errp);

/** cxl_type3_poison_close: what is not in the file yet comes to be there */
void cxl_type3_poison_close(CxlType3 *t3);

/** cxl_type3_keep_poison: the list has changed: write it to its file, if any */
void cxl_type3_keep_poison(PCIDevice *pci);

/** cxl_type3_store_line: store the bytes of a line, wherever they are kept */
void cxl_type3_store_line(PCIDevice *pci, const CxlLine *line);

/** cxl_type3_erase: erase memory or labels, then tell the model */
void cxl_type3_erase(PCIDevice *pci, const CxlErase *erase);

/** cxl_type3_release: let go of backends that waited for erasing to end */
void cxl_type3_release(CxlType3 *t3);

/** cxl_type3_lsa_read: label storage for the model, opaque is the CxlType3 */
bool cxl_type3_lsa_read(void *opaque, uint64_t offset, uint8_t *buf,
                        uint32_t len);

/** cxl_type3_lsa_write: likewise */
bool cxl_type3_lsa_write(void *opaque, uint64_t offset, const uint8_t *buf,
                         uint32_t len);

#endif /* HW_CXL_TYPE3_H */
