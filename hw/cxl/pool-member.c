/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device is to its pool, and how it does what the pool's state says
 *
 * Limits of the device's memory (core/dpa.h) follow the rights of the head.
 * What is taken away is gone when nobody can reach it by any way that was there
 * before, and only then is that said, and anything else given.
 */
#include "qemu/osdep.h"
#include "pool-member.h"

#include "accel.h"
#include "fabric.h"
#include "link.h"
#include "pool-link.h"
#include "port.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "trace/trace-cxl_trace_events.h"

/* Milliseconds between looks at what may change soon, and else */
#define LOOK_SOON       5
#define LOOK_NEXT       1000
/* Milliseconds until a device is deleted whose memory is used for ever */
#define GONE_PATIENCE   30000
/* Looks that find nothing readable, until that is told */
#define FAILURES        100

/* --- taking memory away, and giving it ------------------------------------ */

/* Once, until all can be done again */
static void warn_once(CxlPoolMember *m, const char *text)
{
    if (!m->warned) {
        m->warned = true;
        warn_report("cxl-type3: %s", text);
    }
}

static bool remap(CxlPoolMember *m, const CxlDpaLimits *to)
{
    CxlPoolWhy why;

    if (!cxl_pool_memory_map(&m->memory, &m->have, to)) {
        cxl_pool_say_why(&why, "%s: memory cannot be mapped: %s", m->path,
                         strerror(errno));
        warn_once(m, why.text);
        return false;
    }
    m->have = *to;
    m->t3->endpoint.dpa.limits = *to;
    return true;
}

static void show(CxlPoolMember *m)
{
    for (unsigned i = 0; i < CXL_TYPE3_SHOWN; i++) {
        m->t3->shown[i] = cxl_pool_memory_region(&m->memory,
                                                 i == CXL_TYPE3_READ_ONLY);
    }
    for (unsigned i = 0; i < m->memory.nparts; i++) {
        m->t3->backends[i].ram.ram_addr =
            cxl_pool_memory_ram_addr(&m->memory, i);
    }
}

static void publish(CxlPoolMember *m)
{
    show(m);
    cxl_fabric_mark();
    cxl_fabric_settle();
}

static void set_link(CxlPoolMember *m, bool down)
{
    PCIDevice *port = cxl_port_above(PCI_DEVICE(m->t3));

    m->down = down;
    cxl_link_change(cxl_port_function(port), CXL_LINK_NO_HEAD, down);
}

static void passed(void *opaque)
{
    CxlPoolMember *m = opaque;

    m->passages--;
    timer_mod(m->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME));
}

/* vCPUs, and whoever looks bytes up without a lock */
static void begin_passage(CxlPoolMember *m)
{
    m->passages += 2;
    cxl_accel_pass_vcpus(passed, m);
    cxl_accel_retire(passed, m, 0);
}

/*
 * First the bytes: a store that is late hits memory that is nobody's. Then the
 * way to them, which of a head without access the guest sees as a link that has
 * gone down.
 */
static bool take(CxlPoolMember *m, bool member)
{
    if (!remap(m, &m->both)) {
        return false;
    }
    trace_cxl_pool_cut(m->file.head, m->file.now->generation);
    m->stale = true;
    if (!member && !m->down) {
        set_link(m, true);
    }
    if (m->draining) {
        publish(m);
    }
    return true;
}

/*
 * Has all been let go of that was taken? Regions that show what is left replace
 * those that have shown more; no view of the memory map and no DMA refers to
 * these when vCPUs have passed and references are gone.
 */
static bool has_let_go(CxlPoolMember *m)
{
    if (m->draining && !m->passages && !m->t3->erasing &&
        cxl_pool_memory_is_free(&m->memory, false)) {
        m->draining = !cxl_pool_memory_renew(&m->memory, &m->have);
    }
    if (m->stale && !m->draining) {
        m->stale = false;
        m->draining = true;
        cxl_pool_memory_switch(&m->memory);
        publish(m);
        begin_passage(m);
    }
    return !m->draining && !m->stale;
}

static void give(CxlPoolMember *m, bool member)
{
    if (!cxl_dpa_same_limits(&m->have, &m->want) && remap(m, &m->want)) {
        trace_cxl_pool_restore(m->file.head, m->file.now->generation);
        publish(m);
    }
    if (member && m->down) {
        set_link(m, false);
        publish(m);
    }
}

/* --- following the state -------------------------------------------------- */

/* Returns: the head is still this device's, and has access */
static bool look_up_rights(CxlPoolMember *m)
{
    const CxlPoolHead *head = &m->file.now->head[m->file.head];
    bool member = head->joined == m->file.slot.joined;

    cxl_pool_limits(m->file.now, member ? m->file.head : CXL_POOL_HEADS,
                    &m->want);
    return member && head->access != CXL_POOL_NO_ACCESS;
}

static void tell(CxlPoolMember *m, CxlTell tell)
{
    CxlEffects effects = {};

    if (m->t3 && cxl_type3_is_live(m->t3)) {
        cxl_effects_tell(&effects, tell);
        cxl_effects_apply(&m->t3->outlet, &effects);
    }
}

static void tell_generation(CxlPoolMember *m)
{
    if (m->told != m->file.now->generation) {
        m->told = m->file.now->generation;
        tell(m, (CxlTell) {
            .event = CXL_TELL_POOL_CHANGED, .value = m->told,
            .code = !m->down,
        });
    }
}

/* What was mapped halfway may be more than the guest should have, or less */
static bool must_take(const CxlPoolMember *m, bool member)
{
    return m->memory.torn || !cxl_dpa_same_limits(&m->have, &m->both) ||
           (!member && !m->down);
}

/* Others wait for that, so it is tried until it can be written */
static bool acknowledge(CxlPoolMember *m)
{
    CxlPoolWhy why;

    if (!cxl_pool_file_owes(&m->file)) {
        return true;
    }
    if (cxl_pool_file_acknowledge(&m->file, &why)) {
        warn_once(m, why.text);
        return false;
    }
    trace_cxl_pool_acknowledge(m->file.head, m->file.now->generation);
    return true;
}

/* A guest can change its link as often as it likes: not so the file */
static void tell_link(CxlPoolMember *m)
{
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    CxlPoolWhy why;
    CxlHead own;

    if (cxl_type3_is_live(m->t3) && now - m->link_told >= LOOK_NEXT) {
        m->link_told = now;
        own = cxl_pool_link_own(PCI_DEVICE(m->t3));
        cxl_pool_file_tell_link(&m->file, &own, &why);
    }
}

/* Returns when to look again, in milliseconds */
static unsigned obey(CxlPoolMember *m)
{
    bool member = look_up_rights(m);

    cxl_dpa_common_limits(&m->have, &m->want, &m->both);
    if (must_take(m, member) && !take(m, member)) {
        return LOOK_SOON;
    }
    if (!has_let_go(m)) {
        return LOOK_SOON;
    }
    give(m, member);
    if (!acknowledge(m)) {
        return LOOK_SOON;
    }
    tell_generation(m);
    tell_link(m);
    m->warned = m->memory.torn;
    return LOOK_NEXT;
}

/* A state that cannot be read grants nothing, and takes nothing */
static unsigned cannot_read(CxlPoolMember *m, const CxlPoolWhy *why)
{
    if (++m->failures == FAILURES) {
        warn_report("cxl-type3: %s; the memory stays as it is", why->text);
    }
    if (!has_let_go(m)) {
        return LOOK_SOON;
    }
    return m->failures < FAILURES ? LOOK_SOON : LOOK_NEXT;
}

void cxl_pool_member_free(CxlPoolMember *m)
{
    if (m->watch >= 0) {
        qemu_set_fd_handler(m->watch, NULL, NULL, NULL);
    }
    cxl_pool_file_unwatch(m->watch);
    cxl_pool_file_close(&m->file);
    cxl_pool_memory_cleanup(&m->memory);
    for (unsigned i = 0; i < ARRAY_SIZE(m->claim); i++) {
        if (m->claim[i] >= 0) {
            close(m->claim[i]);
        }
    }
    timer_free(m->timer);
    g_free(m->path);
    g_free(m);
}

static void end(CxlPoolMember *m)
{
    CxlPoolWhy why;

    if (m->stale || m->draining) {
        cxl_pool_memory_restore(&m->memory);
    }
    cxl_pool_file_leave(&m->file, &why);
    if (m->gone) {
        object_unref(OBJECT(m->gone));
    }
    cxl_pool_member_free(m);
}

/* The device is gone: give the head back when nobody refers to the memory */
static bool may_end(CxlPoolMember *m)
{
    if (m->gone && m->gone->erasing) {
        return false;
    }
    if (!m->passages && cxl_pool_memory_is_free(&m->memory, true)) {
        return true;
    }
    if (m->gone && qemu_clock_get_ms(QEMU_CLOCK_REALTIME) >= m->deadline) {
        warn_report("cxl-type3: '%s' goes while a device still uses its memory;"
                    " its head of %s is given back when that is over",
                    DEVICE(m->gone)->id ?: "", m->path);
        object_unref(OBJECT(m->gone));
        m->gone = NULL;
    }
    return false;
}

void cxl_pool_member_look(void *opaque)
{
    CxlPoolMember *m = opaque;
    unsigned next = LOOK_SOON;
    CxlPoolWhy why;

    if (!m->t3) {
        if (may_end(m)) {
            end(m);
            return;
        }
    } else if (cxl_pool_file_read(&m->file, &why)) {
        next = cannot_read(m, &why);
    } else {
        m->failures = 0;
        next = obey(m);
    }
    timer_mod(m->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + next);
}

static void changed(void *opaque)
{
    CxlPoolMember *m = opaque;

    cxl_pool_file_wait(m->watch, 0);
    cxl_pool_member_look(m);
}

void cxl_pool_member_dropped(void *opaque, uint64_t dpa)
{
    CxlPoolMember *m = opaque;

    m->dropped++;
    tell(m, (CxlTell) { .event = CXL_TELL_STORE_DROPPED, .value = dpa });
}

/* --- beginning and end ---------------------------------------------------- */

CxlPoolMember *cxl_pool_member_new(CxlType3 *t3, const char *path)
{
    CxlPoolMember *m = g_new0(CxlPoolMember, 1);

    *m = (CxlPoolMember) {
        .t3 = t3, .path = g_strdup(path), .watch = -1,
        .file = { .fd = -1 }, .claim = { -1, -1 },
        .timer = timer_new_ms(QEMU_CLOCK_REALTIME, cxl_pool_member_look, m),
    };
    return m;
}

/* Nobody has used the memory yet, so that there is nothing to wait for */
void cxl_pool_member_begin(CxlPoolMember *m, CxlDpa *dpa)
{
    CxlType3 *t3 = m->t3;
    CxlPoolWhy why;

    look_up_rights(m);
    remap(m, &m->want);
    dpa->limits = m->have;
    for (unsigned i = 0; i < dpa->count; i++) {
        dpa->part[i].shared = true;
    }
    show(m);
    t3->pool = m;
    t3->serial = m->file.id.serial;
    m->watch = cxl_pool_file_watch(&m->file, &why);
    if (m->watch >= 0) {
        qemu_set_fd_handler(m->watch, changed, NULL, m);
    }
    timer_mod(m->timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME));
}

void cxl_pool_member_leave(CxlPoolMember *m)
{
    CxlType3 *t3 = m->t3;

    cxl_link_forget(cxl_port_function(cxl_port_above(PCI_DEVICE(t3))),
                    CXL_LINK_NO_HEAD);
    m->gone = t3;
    m->deadline = qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + GONE_PATIENCE;
    object_ref(OBJECT(t3));
    cxl_pool_memory_lose(&m->memory);
    /* Whoever gets the backend next wants all of it, unless it is fenced */
    if (!m->stale && !m->draining) {
        cxl_pool_memory_restore(&m->memory);
    }
    m->t3 = NULL;
    begin_passage(m);
}
