/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a pool as one of its devices has it
 */
#include "qemu/osdep.h"
#include "pool-memory.h"

#include "coherency.h"
#include "exec/cpu-common.h"
#include "later.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/madvise.h"
#include "qom/object.h"

#define TYPE_CXL_POOL_VIEW "cxl-pool-view"
OBJECT_DECLARE_SIMPLE_TYPE(CxlPoolView, CXL_POOL_VIEW)

/**
 * struct ViewPart - the regions of a partition
 * @part: the partition
 * @memory: all of it
 * @host: what @rom shows
 * @ram: loads and stores
 * @rom: loads; stores come here
 */
typedef struct ViewPart {
    const CxlPoolPart *part;
    CxlPoolMemory *memory;
    const uint8_t *host;
    MemoryRegion ram;
    MemoryRegion rom;
} ViewPart;

/**
 * struct CxlPoolView - a set of regions; their owner, so that references to
 * them are to this
 * @ram: what may be stored to, by DPA
 * @rom: what may only be read, by DPA
 * @part: regions of partitions
 */
struct CxlPoolView {
    Object parent_obj;

    MemoryRegion ram;
    MemoryRegion rom;
    ViewPart part[CXL_DPA_MAX_PARTITIONS];
};

/* --- what bytes are mapped for -------------------------------------------- */

static bool map_file(const CxlPoolPart *p, CxlPoolMapping mapping, uint64_t at,
                     uint64_t size, CxlDpaRights rights)
{
    static const int flags[] = {
        [CXL_DPA_READ_WRITE] = MAP_SHARED,
        [CXL_DPA_READ_ONLY] = MAP_PRIVATE | MAP_NORESERVE,
        [CXL_DPA_NO_ACCESS] = MAP_PRIVATE | MAP_NORESERVE | MAP_ANONYMOUS,
    };
    bool file = rights != CXL_DPA_NO_ACCESS;
    int prot = rights == CXL_DPA_READ_WRITE && !p->writable ?
               PROT_READ : PROT_READ | PROT_WRITE;
    void *host = mmap(p->host[mapping] + at, size, prot,
                      flags[rights] | MAP_FIXED, file ? p->fd : -1,
                      file ? p->offset + (off_t)at : 0);

    if (host == MAP_FAILED) {
        return false;
    }
    qemu_madvise(host, size, QEMU_MADV_DONTFORK);
    if (!p->backend->dump) {
        qemu_madvise(host, size, QEMU_MADV_DONTDUMP);
    }
    return true;
}

static bool map_part(const CxlPoolPart *p, uint64_t at, uint64_t size,
                     CxlDpaRights rights)
{
    bool ok = true;

    for (unsigned i = 0; i < CXL_POOL_MAPPINGS && ok; i++) {
        bool rom = i >= CXL_POOL_ROM;

        ok = !p->host[i] ||
             map_file(p, i, at, size,
                      rom ? MAX(rights, CXL_DPA_READ_ONLY) : rights);
    }
    return ok;
}

/* Addresses for a mapping, aligned as huge pages want it */
static bool reserve(CxlPoolPart *p, CxlPoolMapping mapping)
{
    void *all = mmap(NULL, p->size + QEMU_VMALLOC_ALIGN, PROT_NONE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (all == MAP_FAILED) {
        return false;
    }
    p->reserved[mapping] = all;
    p->host[mapping] = (void *)ROUND_UP((uintptr_t)all, QEMU_VMALLOC_ALIGN);
    return map_file(p, mapping, 0, p->size, CXL_DPA_NO_ACCESS);
}

static bool reserve_all(CxlPoolMemory *m)
{
    bool ok = true;

    for (unsigned i = 0; i < m->nparts; i++) {
        ok = ok && map_file(&m->part[i], CXL_POOL_OF_BACKEND, 0,
                            m->part[i].size, CXL_DPA_NO_ACCESS);
        for (unsigned n = CXL_POOL_RAM; n < CXL_POOL_MAPPINGS && ok; n++) {
            ok = reserve(&m->part[i], n);
        }
    }
    return ok;
}

static void unreserve(CxlPoolPart *p)
{
    for (unsigned i = 0; i < CXL_POOL_MAPPINGS; i++) {
        if (p->reserved[i]) {
            munmap(p->reserved[i], p->size + QEMU_VMALLOC_ALIGN);
        }
    }
}

/* What of [start, end) is in the partition: @at in it, and how many bytes */
static uint64_t clip(const CxlPoolPart *p, uint64_t start, uint64_t end,
                     uint64_t *at)
{
    uint64_t from = MAX(start, p->base);
    uint64_t to = MIN(end, p->base + p->size);

    *at = from - p->base;
    return from < to ? to - from : 0;
}

/* Of these bytes, nothing is in this host's cache any more */
static void drop_cached(const CxlPoolMemory *m, uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        const CxlPoolPart *p = &m->part[i];
        uint64_t at, size = clip(p, start, end, &at);

        if (size) {
            cxl_coherency_leave(p->cached, at, size, false);
        }
    }
}

static bool map_all(CxlPoolMemory *m, uint64_t start, uint64_t end,
                    CxlDpaRights rights)
{
    bool ok = true;

    for (unsigned i = 0; i < m->nparts && ok; i++) {
        uint64_t at, size = clip(&m->part[i], start, end, &at);

        ok = !size || map_part(&m->part[i], at, size, rights);
    }
    /* It is from before, or from when the bytes were nobody's */
    drop_cached(m, start, end);
    return ok;
}

bool cxl_pool_memory_map(CxlPoolMemory *m, const CxlDpaLimits *from,
                         const CxlDpaLimits *to)
{
    uint64_t end, other;
    bool ok = true;

    for (uint64_t at = 0; ok && at != UINT64_MAX; at = end) {
        CxlDpaRights before = cxl_dpa_limit(from, at, &end);
        CxlDpaRights after = cxl_dpa_limit(to, at, &other);

        end = MIN(end, other);
        ok = (before == after && !m->torn) || map_all(m, at, end, after);
    }
    m->torn = !ok;
    return ok;
}

bool cxl_pool_memory_renew(CxlPoolMemory *m, const CxlDpaLimits *limits)
{
    bool ok = true;
    uint64_t end;

    for (uint64_t at = 0; ok && at != UINT64_MAX; at = end) {
        CxlDpaRights rights = cxl_dpa_limit(limits, at, &end);

        if (rights != CXL_DPA_READ_WRITE) {
            /* Late stores, before they are written back to what is mapped */
            drop_cached(m, at, end);
        }
        ok = rights != CXL_DPA_READ_ONLY || map_all(m, at, end, rights);
    }
    return ok;
}

/* --- regions -------------------------------------------------------------- */

/*
 * For whoever does not read the memory itself: those who want a value that
 * begins in its last bytes. Nothing is behind it.
 */
static uint64_t rom_read(void *opaque, hwaddr at, unsigned size)
{
    const ViewPart *p = opaque;
    uint8_t buf[8];

    memset(buf, 0xff, sizeof(buf));
    memcpy(buf, p->host + at, MIN(size, p->part->size - at));
    return ldn_le_p(buf, size);
}

/* The regions, and so the memory, stay until then */
static void tell_dropped(void *opaque, uint64_t at, unsigned size)
{
    ViewPart *p = opaque;

    p->memory->dropped(p->memory->opaque, p->part->base + at);
    memory_region_unref(&p->rom);
}

static void rom_write(void *opaque, hwaddr at, uint64_t value, unsigned size)
{
    ViewPart *p = opaque;

    memory_region_ref(&p->rom);
    if (!cxl_later(tell_dropped, p, at, size)) {
        memory_region_unref(&p->rom);
    }
}

/* There is none for stores, those of debuggers included */
static void *rom_ram(void *opaque, hwaddr at, unsigned size,
                     ram_addr_t *ram_addr)
{
    return NULL;
}

static const MemoryRegionOps rom_ops = {
    .read = rom_read,
    .write = rom_write,
    .ram = rom_ram,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

/*
 * Every accelerator and DMA take loads from a ROM device's memory and give its
 * stores to its owner, which not all of them do with RAM that is read-only.
 */
static void init_part(CxlPoolView *v, ViewPart *p, CxlPoolMemory *m,
                      const CxlPoolPart *part, unsigned set)
{
    p->part = part;
    p->memory = m;
    p->host = part->host[CXL_POOL_ROM + set];
    memory_region_init_ram_ptr(&p->ram, OBJECT(v), "cxl-pool-ram", part->size,
                               part->host[CXL_POOL_RAM + set]);
    memory_region_init_ram_ptr(&p->rom, OBJECT(v), "cxl-pool-rom", part->size,
                               part->host[CXL_POOL_ROM + set]);
    p->rom.ram = false;
    p->rom.rom_device = true;
    p->rom.ops = &rom_ops;
    p->rom.opaque = p;
    memory_region_add_subregion(&v->ram, part->base, &p->ram);
    memory_region_add_subregion(&v->rom, part->base, &p->rom);
}

static CxlPoolView *new_view(CxlPoolMemory *m, unsigned set)
{
    CxlPoolView *v = CXL_POOL_VIEW(object_new(TYPE_CXL_POOL_VIEW));

    memory_region_init(&v->ram, OBJECT(v), "cxl-pool", UINT64_MAX);
    memory_region_init(&v->rom, OBJECT(v), "cxl-pool-read-only", UINT64_MAX);
    for (unsigned i = 0; i < m->nparts; i++) {
        init_part(v, &v->part[i], m, &m->part[i], set);
    }
    return v;
}

static void free_view(CxlPoolView *v, unsigned nparts)
{
    for (unsigned i = 0; i < nparts; i++) {
        memory_region_del_subregion(&v->ram, &v->part[i].ram);
        memory_region_del_subregion(&v->rom, &v->part[i].rom);
    }
    object_unref(OBJECT(v));
}

bool cxl_pool_memory_show(CxlPoolMemory *m, Error **errp)
{
    if (!reserve_all(m)) {
        error_setg_errno(errp, errno, "cxl-type3: no addresses for the memory"
                         " of a pool");
        return false;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(m->view); i++) {
        m->view[i] = new_view(m, i);
        m->refs[i] = OBJECT(m->view[i])->ref;
    }
    return true;
}

/* Where there is any code, all pages are looked up: so do that in slices */
static void mark_written(MemoryRegion *mr, uint64_t at, uint64_t size)
{
    ram_addr_t start = memory_region_get_ram_addr(mr);

    for (uint64_t end = at + size; at < end; at += CXL_POOL_UNIT) {
        memory_ram_written(start + at, MIN(CXL_POOL_UNIT, end - at));
    }
}

void cxl_pool_memory_written(CxlPoolMemory *m, uint64_t start, uint64_t end)
{
    CxlPoolView *v = m->view[m->shown];

    for (unsigned i = 0; i < m->nparts; i++) {
        uint64_t at, size = clip(&m->part[i], start, end, &at);

        mark_written(&v->part[i].ram, at, size);
        mark_written(&v->part[i].rom, at, size);
    }
}

/* What TCG knows of the set may have been written through the other one */
void cxl_pool_memory_switch(CxlPoolMemory *m)
{
    m->shown ^= 1;
    cxl_pool_memory_written(m, 0, UINT64_MAX);
}

MemoryRegion *cxl_pool_memory_region(const CxlPoolMemory *m, bool read_only)
{
    CxlPoolView *v = m->view[m->shown];

    return read_only ? &v->rom : &v->ram;
}

ram_addr_t cxl_pool_memory_ram_addr(const CxlPoolMemory *m, unsigned part)
{
    return memory_region_get_ram_addr(&m->view[m->shown]->part[part].ram);
}

bool cxl_pool_memory_is_free(const CxlPoolMemory *m, bool shown)
{
    bool free = true;

    for (unsigned i = 0; i < ARRAY_SIZE(m->view); i++) {
        free = free && ((i == m->shown && !shown) ||
                        qatomic_read(&OBJECT(m->view[i])->ref) <= m->refs[i]);
    }
    return free;
}

/* --- partitions ----------------------------------------------------------- */

/* Of a private mapping of huge pages, what is not there yet would be private */
static const char *unfit(HostMemoryBackend *backend, bool write)
{
    MemoryRegion *mr = host_memory_backend_get_memory(backend);

    if (memory_region_get_fd(mr) < 0 || !qemu_ram_is_shared(mr->ram_block)) {
        return "to be a memory-backend-file with share=on";
    }
    if (write && memory_region_is_rom(mr)) {
        return "to be writable, as readonly=on is not, or access=read-only";
    }
    if (qemu_ram_pagesize(mr->ram_block) != qemu_real_host_page_size()) {
        return "to be a file on tmpfs or on a disk, not of huge pages";
    }
    if (object_property_get_bool(OBJECT(backend), "discard-data", NULL)) {
        return "without discard-data=on, which would take from all hosts what"
               " one that ends has no use for";
    }
    return NULL;
}

bool cxl_pool_memory_add(CxlPoolMemory *m, HostMemoryBackend *backend,
                         uint64_t base, int cached, bool write,
                         CxlPoolBackend *id, mode_t *mode, Error **errp)
{
    MemoryRegion *mr = host_memory_backend_get_memory(backend);
    g_autofree char *name = host_memory_backend_get_name(backend);
    CxlPoolPart *p = &m->part[m->nparts];
    const char *needs = unfit(backend, write);
    struct stat st;

    if (needs) {
        error_setg(errp, "cxl-type3: pool= needs '%s' %s", name, needs);
        return false;
    }
    *p = (CxlPoolPart) {
        .backend = backend, .fd = memory_region_get_fd(mr),
        .offset = mr->ram_block->fd_offset,
        .host[CXL_POOL_OF_BACKEND] = memory_region_get_ram_ptr(mr),
        .base = base, .cached = cached,
        .size = memory_region_size(mr), .writable = !memory_region_is_rom(mr),
    };
    if (fstat(p->fd, &st)) {
        error_setg_errno(errp, errno, "cxl-type3: the file of '%s'", name);
        return false;
    }
    *id = (CxlPoolBackend) { st.st_dev, st.st_ino, p->offset };
    *mode = st.st_mode;
    object_ref(OBJECT(backend));
    m->nparts++;
    return true;
}

void cxl_pool_memory_restore(CxlPoolMemory *m)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        map_file(&m->part[i], CXL_POOL_OF_BACKEND, 0, m->part[i].size,
                 CXL_DPA_READ_WRITE);
    }
}

void cxl_pool_memory_lose(CxlPoolMemory *m)
{
    for (unsigned i = 0; i < m->nparts; i++) {
        cxl_coherency_lose(m->part[i].cached);
    }
}

void cxl_pool_memory_cleanup(CxlPoolMemory *m)
{
    for (unsigned i = 0; i < ARRAY_SIZE(m->view); i++) {
        if (m->view[i]) {
            free_view(m->view[i], m->nparts);
        }
    }
    for (unsigned i = 0; i < m->nparts; i++) {
        unreserve(&m->part[i]);
        object_unref(OBJECT(m->part[i].backend));
    }
    *m = (CxlPoolMemory) { };
}

static const TypeInfo view_info = {
    .name = TYPE_CXL_POOL_VIEW,
    .parent = TYPE_OBJECT,
    .instance_size = sizeof(CxlPoolView),
};

static void register_types(void)
{
    type_register_static(&view_info);
}

type_init(register_types)
