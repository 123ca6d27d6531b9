/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work that takes long, in a thread of its own
 *
 * A command comes from whoever writes to the mailbox, and that may be a disk
 * whose requests are in an I/O thread, by DMA. QEMU's pool tells the end of
 * work to the thread that has asked for it, and an I/O thread does not have
 * the BQL then.
 */
#include "qemu/osdep.h"
#include "worker.h"

#include "qemu/main-loop.h"

typedef struct CxlWork {
    ThreadPoolFunc *work;
    BlockCompletionFunc *done;
    void *opaque;
} CxlWork;

static void submit(void *opaque)
{
    g_autofree CxlWork *w = opaque;

    thread_pool_submit_aio(w->work, w->opaque, w->done, w->opaque);
}

void cxl_worker_start(ThreadPoolFunc *work, BlockCompletionFunc *done,
                      void *opaque)
{
    AioContext *main_loop = qemu_get_aio_context();
    CxlWork *w = g_new(CxlWork, 1);

    *w = (CxlWork) { .work = work, .done = done, .opaque = opaque };
    if (qemu_get_current_aio_context() == main_loop) {
        submit(w);
    } else {
        aio_bh_schedule_oneshot(main_loop, submit, w);
    }
}
