/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ways to run a guest (TCG, KVM) and to do DMA want of a machine whose
 * memory map a guest changes
 */
#include "qemu/osdep.h"
#include "accel.h"

#include "compat.h"
#include "exec/tb-flush.h"
#include "exec/translation-block.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "hw/cxl/core/layout.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/units.h"
#include "system/cpu-timers.h"
#include "system/qtest.h"
#include "system/replay.h"
#include "system/tcg.h"

#include <sys/resource.h>

/* Bit in CapEff of /proc/self/status: memory may be locked without limit */
#define CAPABILITY_IPC_LOCK 14

static bool may_lock_all(void)
{
    g_autofree char *status = NULL;
    const char *line, *end;
    uint64_t capabilities;

    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL)) {
        return false;
    }
    line = strstr(status, "\nCapEff:");
    return line && !qemu_strtou64(line + strlen("\nCapEff:"), &end, 16,
                                  &capabilities) &&
           extract64(capabilities, CAPABILITY_IPC_LOCK, 1);
}

static uint64_t lock_limit(void)
{
    struct rlimit limit;

    if (may_lock_all() || getrlimit(RLIMIT_MEMLOCK, &limit) ||
        limit.rlim_cur == RLIM_INFINITY) {
        return UINT64_MAX;
    }
    return limit.rlim_cur;
}

unsigned cxl_accel_map_budget(uint64_t capacity)
{
    /* Who locks what is mapped forbids that others discard parts of it. */
    bool pinned = ram_block_discard_is_disabled();
    unsigned budget = cxl_layout_budget(pinned, pinned ? lock_limit() : 0,
                                        current_machine->ram_size, capacity);

    if (!budget) {
        warn_report_once("cxl: a device that is passed through locks what is"
                         " mapped, and the limit of locked memory is below the"
                         " size of RAM and CXL memory; the latter is decoded"
                         " access by access: raise the limit (ulimit -l)");
    }
    return budget;
}

bool cxl_accel_poison_bites(void)
{
    return tcg_enabled() || qtest_enabled();
}

/* What the vendor of an x86 CPU wants of it, or NULL: guests recover */
static const char *missing_for_poison(Object *cpu)
{
    g_autofree char *vendor = NULL;

    if (!object_property_find(cpu, "lmce")) {
        return NULL;
    }
    vendor = object_property_get_str(cpu, "vendor", &error_abort);
    if (strcmp(vendor, "AuthenticAMD")) {
        return object_property_get_bool(cpu, "lmce", &error_abort) ?
               NULL : "lmce=on";
    }
    return object_property_get_bool(cpu, "succor", &error_abort) &&
           object_property_get_bool(cpu, "overflow-recov", &error_abort) ?
           NULL : "overflow-recov=on,succor=on";
}

void cxl_accel_warn_poison(void)
{
    const char *missing = tcg_enabled() && first_cpu ?
                          missing_for_poison(OBJECT(first_cpu)) : NULL;

    if (!cxl_accel_poison_bites()) {
        warn_report_once("cxl: poison does not bite a guest that KVM runs: it"
                         " is listed, and what reads it gets data; use -accel"
                         " tcg");
    } else if (missing) {
        warn_report_once("cxl: a guest that reads poison panics, because its"
                         " processor cannot say that this can be survived: add"
                         " %s to -cpu", missing);
    }
}

/*
 * For a machine of one vCPU, TCG makes atomic operations that are so to that
 * vCPU only. Whoever shares the memory is one that it does not know of.
 */
void cxl_accel_setup(void)
{
    CPUState *cpu;

    if (tcg_enabled() && !icount_enabled()) {
        CPU_FOREACH(cpu) {
            tcg_cflags_set(cpu, CF_PARALLEL);
        }
    }
}

static void nothing(CPUState *cpu, run_on_cpu_data data)
{
}

/*
 * Under TCG each vCPU drops its translations of a mapping that went away when
 * it next leaves its execution loop. An exclusive item makes all of them leave
 * it before this vCPU goes on, so that nobody uses the old mapping afterwards.
 */
void cxl_accel_revoke(void)
{
    if (tcg_enabled() && current_cpu) {
        async_safe_run_on_cpu(current_cpu, nothing, RUN_ON_CPU_NULL);
    }
}

void cxl_accel_forget_code(void)
{
    if (tcg_enabled() && first_cpu) {
        cxl_tb_flush(first_cpu);
    }
}

/* What may wait for the end of RCU critical sections */
#define CXL_ACCEL_MAX_RETIRED (16 * MiB)

/**
 * struct Retired - what waits
 * @rcu: for call_rcu()
 * @release: what to call then
 * @opaque: its argument
 * @bytes: how much memory it holds back
 */
typedef struct Retired {
    struct rcu_head rcu;
    void (*release)(void *opaque);
    void *opaque;
    size_t bytes;
} Retired;

static size_t retired_bytes;

static void release_retired(Retired *retired)
{
    retired_bytes -= retired->bytes;
    retired->release(retired->opaque);
    g_free(retired);
}

/* Runs on a vCPU that is out of its loop and in no critical section. */
static void wait_for_release(CPUState *cpu, run_on_cpu_data data)
{
    if (retired_bytes > CXL_ACCEL_MAX_RETIRED) {
        drain_call_rcu();
    }
}

void cxl_accel_retire(void (*release)(void *opaque), void *opaque,
                      size_t bytes)
{
    Retired *retired = g_new(Retired, 1);
    CPUState *cpu = current_cpu ?: first_cpu;

    *retired = (Retired) {
        .release = release, .opaque = opaque,
        .bytes = bytes + sizeof(*retired),
    };
    retired_bytes += retired->bytes;
    call_rcu(retired, release_retired, rcu);
    if (retired_bytes > CXL_ACCEL_MAX_RETIRED && cpu) {
        async_run_on_cpu(cpu, wait_for_release, RUN_ON_CPU_NULL);
    }
}

/**
 * struct Passage - vCPUs that have yet to pass
 * @rcu: for call_rcu()
 * @pending: how many
 * @done: what to call then
 * @opaque: its argument
 */
typedef struct Passage {
    struct rcu_head rcu;
    unsigned pending;
    void (*done)(void *opaque);
    void *opaque;
} Passage;

static void passage_leave(Passage *passage)
{
    if (!--passage->pending) {
        passage->done(passage->opaque);
        g_free(passage);
    }
}

/* Runs behind the flush that QEMU has queued at the change of the map. */
static void pass(CPUState *cpu, run_on_cpu_data data)
{
    passage_leave(data.host_ptr);
}

/*
 * A vCPU that is being unplugged may never look at what is queued for it. It is
 * through when its critical section has ended, as its thread does.
 */
static bool queue_passage(Passage *passage)
{
    bool unplugged = false;
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        if (cpu->unplug) {
            unplugged = true;
        } else {
            passage->pending++;
            async_run_on_cpu(cpu, pass, RUN_ON_CPU_HOST_PTR(passage));
        }
    }
    return unplugged;
}

void cxl_accel_pass_vcpus(void (*done)(void *opaque), void *opaque)
{
    Passage *passage = g_new(Passage, 1);

    *passage = (Passage) { .pending = 1, .done = done, .opaque = opaque };
    if (tcg_enabled() && queue_passage(passage)) {
        call_rcu(passage, passage_leave, rcu);
    } else {
        passage_leave(passage);
    }
}

/* Somebody waits for a passage */
typedef struct PassageWait {
    QemuCond cond;
    bool over;
} PassageWait;

static void end_wait(void *opaque)
{
    PassageWait *wait = opaque;

    wait->over = true;
    qemu_cond_signal(&wait->cond);
}

static unsigned waits_held;

/*
 * QEMU takes down what is on a bus within an RCU critical section. A vCPU that
 * waits for the end of it does not pass, nor does one that is being unplugged.
 */
static bool may_wait(void)
{
    return !current_cpu && !waits_held && !get_ptr_rcu_reader()->depth;
}

/*
 * Under record and replay a vCPU wants the replay mutex, which the main thread
 * has, to come to where it passes. That mutex is taken before the BQL.
 */
static void wait_for_end(PassageWait *wait)
{
    replay_mutex_unlock();
    while (!wait->over) {
        qemu_cond_wait_bql(&wait->cond);
    }
    bql_unlock();
    replay_mutex_lock();
    bql_lock();
}

void cxl_accel_wait_vcpus(void)
{
    PassageWait wait = {};

    if (!may_wait()) {
        return;
    }
    qemu_cond_init(&wait.cond);
    cxl_accel_pass_vcpus(end_wait, &wait);
    if (!wait.over) {
        wait_for_end(&wait);
    }
    qemu_cond_destroy(&wait.cond);
}

void cxl_accel_hold_waits(void)
{
    waits_held++;
}

void cxl_accel_release_waits(void)
{
    waits_held--;
    cxl_accel_wait_vcpus();
}
