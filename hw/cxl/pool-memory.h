/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a pool as one of its devices has it: what of the file is
 * mapped, for what, and whether anybody still refers to what was
 *
 * Each byte of a backend is mapped for just what may be done with it: shared
 * with the file; privately, so that it can be read, and a store that comes late
 * reaches nobody; or to memory that is nobody's.
 *
 * Windows show the files through regions of our own, of which there are two
 * sets. Whoever has looked a region up keeps a reference to its owner. So when
 * something is taken away, windows change to the other set, and when nobody
 * refers to the first one any more, nobody has what was taken. QEMU also looks
 * regions up by host address, so each is a mapping of its own.
 *
 * All of this is called with the BQL held.
 */
#ifndef HW_CXL_POOL_MEMORY_H
#define HW_CXL_POOL_MEMORY_H

#include "compat.h"
#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/pool.h"
#include "system/hostmem.h"

typedef struct CxlPoolView CxlPoolView;

/**
 * enum CxlPoolMapping - the mappings of a partition
 * @CXL_POOL_OF_BACKEND: for whoever looks bytes up
 * @CXL_POOL_RAM: of each set, what may be stored to
 * @CXL_POOL_ROM: of each set, what may only be read
 */
typedef enum CxlPoolMapping {
    CXL_POOL_OF_BACKEND,
    CXL_POOL_RAM,
    CXL_POOL_ROM = CXL_POOL_RAM + 2,
    CXL_POOL_MAPPINGS = CXL_POOL_ROM + 2,
} CxlPoolMapping;

/**
 * struct CxlPoolPart - a partition
 * @backend: referenced
 * @fd: the file; the backend's
 * @offset: in the file
 * @host: where it is mapped, by CxlPoolMapping; NULL: not yet
 * @reserved: the addresses that are reserved for a mapping, which is aligned
 * @base: first DPA
 * @size: bytes
 * @writable: the file is
 * @cached: what this host's cache calls it, or CXL_COHERENCY_NONE
 */
typedef struct CxlPoolPart {
    HostMemoryBackend *backend;
    int fd;
    off_t offset;
    uint8_t *host[CXL_POOL_MAPPINGS];
    void *reserved[CXL_POOL_MAPPINGS];
    uint64_t base;
    uint64_t size;
    bool writable;
    int cached;
} CxlPoolPart;

/**
 * struct CxlPoolMemory - all partitions
 * @nparts: partitions
 * @part: the partitions
 * @view: the two sets of regions
 * @refs: references to each while nobody uses it
 * @shown: the one that windows show
 * @torn: mapping has failed halfway, so that nobody knows what is mapped
 * @dropped: told of each store that has been dropped, with its DPA
 * @opaque: of @dropped
 */
typedef struct CxlPoolMemory {
    unsigned nparts;
    CxlPoolPart part[CXL_DPA_MAX_PARTITIONS];
    CxlPoolView *view[2];
    unsigned refs[2];
    unsigned shown;
    bool torn;
    void (*dropped)(void *opaque, uint64_t dpa);
    void *opaque;
} CxlPoolMemory;

/**
 * cxl_pool_memory_add: the next partition
 * @base: its first DPA
 * @cached: what this host's cache calls it, or CXL_COHERENCY_NONE
 * @write: stores must reach the file
 * @id: gets the file
 * @mode: gets its permissions
 *
 * Returns: false with @errp set if the backend is no file that hosts can share
 */
bool cxl_pool_memory_add(CxlPoolMemory *m, HostMemoryBackend *backend,
                         uint64_t base, int cached, bool write,
                         CxlPoolBackend *id, mode_t *mode, Error **errp);

/**
 * cxl_pool_memory_show: make the regions; all partitions are there
 *
 * Returns: false with @errp set if there are no addresses left
 */
bool cxl_pool_memory_show(CxlPoolMemory *m, Error **errp);

/**
 * cxl_pool_memory_map: have bytes mapped for what may be done with them; of
 * those that are mapped anew nothing is cached, and what was dirty is dropped
 * @from: what they are mapped for
 * @to: what they are to be mapped for; where it is the same nothing is done,
 *      unless @m->torn
 *
 * Returns: false with errno and @m->torn set; what is done is done
 */
bool cxl_pool_memory_map(CxlPoolMemory *m, const CxlDpaLimits *from,
                         const CxlDpaLimits *to);

/**
 * cxl_pool_memory_renew: forget what late stores have made of bytes that may
 * only be read
 */
bool cxl_pool_memory_renew(CxlPoolMemory *m, const CxlDpaLimits *limits);

/** cxl_pool_memory_switch: show the other set of regions from now on */
void cxl_pool_memory_switch(CxlPoolMemory *m);

/**
 * cxl_pool_memory_written: bytes are others than windows have shown before, so
 * forget what was translated from those
 * @start: DPA of the first
 * @end: of the one behind the last
 */
void cxl_pool_memory_written(CxlPoolMemory *m, uint64_t start, uint64_t end);

/** cxl_pool_memory_region: what windows show of the partitions, by DPA */
MemoryRegion *cxl_pool_memory_region(const CxlPoolMemory *m, bool read_only);

/** cxl_pool_memory_ram_addr: what dirty tracking calls that of a partition */
ram_addr_t cxl_pool_memory_ram_addr(const CxlPoolMemory *m, unsigned part);

/**
 * cxl_pool_memory_is_free: does nobody refer to what is not shown any more?
 * @shown: nor to what is shown
 */
bool cxl_pool_memory_is_free(const CxlPoolMemory *m, bool shown);

/**
 * cxl_pool_memory_restore: backends are as they were; for whoever uses them
 * next
 */
void cxl_pool_memory_restore(CxlPoolMemory *m);

/**
 * cxl_pool_memory_lose: nothing of it is cached any more, and whatever is still
 * stored to copies reaches nobody; for good
 */
void cxl_pool_memory_lose(CxlPoolMemory *m);

/** cxl_pool_memory_cleanup: nobody uses it */
void cxl_pool_memory_cleanup(CxlPoolMemory *m);

#endif /* HW_CXL_POOL_MEMORY_H */
