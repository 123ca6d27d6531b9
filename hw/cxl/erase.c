/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making the bytes of memory backends zero without anybody waiting for it
 *
 * A hole in the file, or in memory without one, is quick and gives the host its
 * memory back. Where there can be none, bytes that are not zero are written
 * over.
 */
#include "qemu/osdep.h"
#include "erase.h"

#include "compat.h"
#include "exec/cpu-common.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "worker.h"

/* What is looked at before it is written over */
#define CXL_ERASE_CHUNK (64 * 1024)

typedef struct CxlEraseJob {
    CxlErasePart parts[CXL_ERASE_PARTS];
    CxlFlushDone *done;
    void *opaque;
} CxlEraseJob;

/*
 * Whoever has locked the memory for a device of the host (VFIO) goes on with
 * the old pages when there is a hole: no holes then. A private mapping of a
 * file has the file behind a hole.
 */
static bool may_punch(MemoryRegion *mr, CxlRange range)
{
    bool file = memory_region_get_fd(mr) >= 0;
    size_t page = qemu_ram_pagesize(mr->ram_block);

    return !ram_block_discard_is_disabled() &&
           qemu_ram_is_shared(mr->ram_block) == file &&
           !(range.offset % page) && !(range.len % page);
}

/* QEMU reports each failure: there will be one, and not one for each slice */
static bool punch(MemoryRegion *mr, const CxlErasePart *part)
{
    if (*part->no_holes || !may_punch(mr, part->range)) {
        return false;
    }
    *part->no_holes = ram_block_discard_range(mr->ram_block,
                                              part->range.offset,
                                              part->range.len) != 0;
    return !*part->no_holes;
}

static bool is_zero(const uint8_t *host, CxlRange range)
{
    for (uint64_t at = 0; at < range.len; at += CXL_ERASE_CHUNK) {
        if (!buffer_is_zero(host + range.offset + at,
                            MIN(range.len - at, CXL_ERASE_CHUNK))) {
            return false;
        }
    }
    return true;
}

/* What is zero stays as it is, so that memory nobody used is not allocated */
static void write_over(uint8_t *host, CxlRange range)
{
    for (uint64_t at = 0; at < range.len; at += CXL_ERASE_CHUNK) {
        CxlRange chunk = {
            range.offset + at, MIN(range.len - at, CXL_ERASE_CHUNK),
        };

        if (!is_zero(host, chunk)) {
            memset(host + chunk.offset, 0, chunk.len);
        }
    }
}

static int erase_part(const CxlErasePart *part)
{
    MemoryRegion *mr = host_memory_backend_get_memory(part->backend);
    uint8_t *host = memory_region_get_ram_ptr(mr);
    int fd = memory_region_get_fd(mr);

    if (!punch(mr, part)) {
        write_over(host, part->range);
        return part->durable && fd >= 0 ?
               qemu_msync(host + part->range.offset, part->range.len, fd) : 0;
    }
    return part->durable && fd >= 0 && qemu_fdatasync(fd) < 0 ? -errno : 0;
}

/* Without the BQL; the backends' memory does not move */
static int work(void *opaque)
{
    CxlEraseJob *job = opaque;
    int ret = 0;

    for (unsigned i = 0; i < CXL_ERASE_PARTS && !ret; i++) {
        if (job->parts[i].backend) {
            ret = erase_part(&job->parts[i]);
        }
    }
    return ret;
}

static void complete(void *opaque, int ret)
{
    g_autofree CxlEraseJob *job = opaque;

    for (unsigned i = 0; i < CXL_ERASE_PARTS; i++) {
        const CxlErasePart *part = &job->parts[i];
        MemoryRegion *mr;

        if (part->backend) {
            mr = host_memory_backend_get_memory(part->backend);
            memory_ram_written(memory_region_get_ram_addr(mr) +
                               part->range.offset, part->range.len);
        }
    }
    if (ret) {
        warn_report("cxl-type3: memory could not be erased: %s",
                    strerror(-ret));
    }
    job->done(job->opaque, !ret);
    for (unsigned i = 0; i < CXL_ERASE_PARTS; i++) {
        if (job->parts[i].backend) {
            object_unref(OBJECT(job->parts[i].backend));
        }
    }
}

void cxl_erase_start(const CxlErasePart parts[CXL_ERASE_PARTS],
                     CxlFlushDone *done, void *opaque)
{
    CxlEraseJob *job = g_new(CxlEraseJob, 1);

    *job = (CxlEraseJob) { .done = done, .opaque = opaque };
    for (unsigned i = 0; i < CXL_ERASE_PARTS; i++) {
        job->parts[i] = parts[i];
        if (parts[i].backend) {
            object_ref(OBJECT(parts[i].backend));
        }
    }
    cxl_worker_start(work, complete, job);
}
