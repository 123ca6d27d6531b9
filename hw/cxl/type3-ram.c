/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the memory of a type 3 device is, and what this host's cache has of it
 */
#include "qemu/osdep.h"
#include "type3.h"

#include "coherency.h"
#include "qapi/error.h"

uint64_t cxl_backend_size(HostMemoryBackend *backend)
{
    return backend ?
        memory_region_size(host_memory_backend_get_memory(backend)) : 0;
}

bool cxl_backend_is_read_only(HostMemoryBackend *backend)
{
    return backend &&
           memory_region_is_rom(host_memory_backend_get_memory(backend));
}

const char *cxl_type3_lasting_option(const CxlType3 *t3)
{
    return t3->partitionable_backend ? "partitionable-memdev"
                                     : "persistent-memdev";
}

HostMemoryBackend *cxl_type3_option(const CxlType3 *t3, unsigned n)
{
    HostMemoryBackend *const backends[CXL_TYPE3_OPTIONS] = {
        t3->volatile_backend, t3->persistent_backend,
        t3->partitionable_backend,
    };

    return backends[n];
}

bool cxl_type3_add_caches(const CxlType3 *t3, int *cached, Error **errp)
{
    for (unsigned i = 0; i < CXL_TYPE3_OPTIONS; i++) {
        HostMemoryBackend *backend = cxl_type3_option(t3, i);
        MemoryRegion *mr = backend ?
            host_memory_backend_get_memory(backend) : NULL;

        cached[i] = CXL_COHERENCY_NONE;
        if (mr && !cxl_coherency_add(memory_region_get_ram_ptr(mr),
                                     memory_region_size(mr), &cached[i],
                                     errp)) {
            while (i--) {
                cxl_coherency_remove(cached[i]);
            }
            return false;
        }
    }
    return true;
}

CxlType3Ram cxl_type3_ram(const CxlType3 *t3, const CxlDpaPartition *part)
{
    for (unsigned i = 0; i < CXL_TYPE3_BACKENDS; i++) {
        const CxlType3Ram *ram = &t3->backends[i].ram;
        uint64_t at = part->base - ram->dpa;

        if (part->size && part->base >= ram->dpa && at < ram->size) {
            return (CxlType3Ram) {
                part->base, part->size, ram->host + at, ram->ram_addr + at,
                ram->cached, at,
            };
        }
    }
    return (CxlType3Ram) { };
}

void cxl_type3_leave_cache(const CxlType3 *t3)
{
    const CxlDpa *dpa = &t3->endpoint.dpa;

    for (unsigned i = 0; i < dpa->count; i++) {
        CxlType3Ram ram = cxl_type3_ram(t3, &dpa->part[i]);

        if (ram.size) {
            cxl_coherency_leave(ram.cached, ram.cached_at, ram.size,
                                dpa->part[i].kind == CXL_DPA_PERSISTENT);
        }
    }
}
