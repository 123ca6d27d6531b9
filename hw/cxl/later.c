/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What needs the BQL, from threads that may not wait for it
 *
 * The thread of a device (iothread) does DMA without the BQL. Who resets the
 * device holds the BQL and waits for the thread, so that one that waited for
 * the BQL would wait for ever.
 */
#include "qemu/osdep.h"
#include "later.h"

#include "hw/core/cpu.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"

/* A guest decides how much there is to do while the main loop is busy */
#define CXL_LATER_MAX 1024

/** struct Later - a call that waits for the main loop */
typedef struct Later {
    CxlLaterFn *fn;
    void *opaque;
    uint64_t at;
    unsigned size;
} Later;

static unsigned waiting;

static void do_now(void *opaque)
{
    g_autofree Later *later = opaque;

    qatomic_dec(&waiting);
    later->fn(later->opaque, later->at, later->size);
}

/* Not in the midst of something that waits for requests of block devices */
static bool do_soon(Later later)
{
    if (qatomic_fetch_inc(&waiting) >= CXL_LATER_MAX) {
        qatomic_dec(&waiting);
        return false;
    }
    aio_bh_schedule_oneshot(iohandler_get_aio_context(), do_now,
                            g_memdup2(&later, sizeof(later)));
    return true;
}

bool cxl_later(CxlLaterFn *fn, void *opaque, uint64_t at, unsigned size)
{
    if (!bql_locked() && !current_cpu) {
        return do_soon((Later) { fn, opaque, at, size });
    }
    if (bql_locked()) {
        fn(opaque, at, size);
    } else {
        BQL_LOCK_GUARD();
        fn(opaque, at, size);
    }
    return true;
}
