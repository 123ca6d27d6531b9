/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * info cxl: the result of query-cxl for people
 */
#include "qemu/osdep.h"

#include "monitor/monitor.h"
#include "qapi/qapi-commands-cxl.h"
#include "qapi/type-helpers.h"
#include "qemu/cutils.h"
#include "qemu/module.h"

#define INDENT 2

static void print_line(GString *out, unsigned depth, const char *fmt, ...)
    G_GNUC_PRINTF(3, 4);

static void print_line(GString *out, unsigned depth, const char *fmt, ...)
{
    va_list ap;

    g_string_append_printf(out, "%*s", depth * INDENT, "");
    va_start(ap, fmt);
    g_string_append_vprintf(out, fmt, ap);
    va_end(ap);
    g_string_append_c(out, '\n');
}

static char *range(uint64_t base, uint64_t size)
{
    g_autofree char *bytes = size_to_str(size);

    return size ? g_strdup_printf("0x%" PRIx64 "-0x%" PRIx64 " (%s)", base,
                                  base + size - 1, bytes) :
                  g_strdup_printf("0x%" PRIx64 " (empty)", base);
}

/* "1 way" or "4 ways of 4 KiB" */
static char *interleave(unsigned ways, uint64_t granularity)
{
    g_autofree char *bytes = size_to_str(granularity);

    return ways == 1 ? g_strdup("1 way") :
                       g_strdup_printf("%u ways of %s", ways, bytes);
}

static const char *name_of(const char *id, const char *qom_path)
{
    return id ? id : qom_path;
}

/* " at bus:device.function", or nothing */
static char *place(const char *address)
{
    return address ? g_strdup_printf(" at %s", address) : g_strdup("");
}

static char *serial_number(bool has_serial, uint64_t serial)
{
    return has_serial ? g_strdup_printf(", serial 0x%" PRIx64, serial) :
                        g_strdup("");
}

static void append_targets(GString *out, const uint8List *targets)
{
    if (targets) {
        g_string_append(out, targets->next ? ", ports" : ", port");
    }
    for (; targets; targets = targets->next) {
        g_string_append_printf(out, " %u", targets->value);
    }
}

static void print_decoder(GString *out, unsigned depth,
                          const CxlDecoderInfo *d)
{
    g_autofree char *where = range(d->base, d->size);
    g_autofree char *how = d->has_ways && d->has_granularity ?
        interleave(d->ways, d->granularity) : g_strdup("reserved interleave");
    g_autoptr(GString) targets = g_string_new(NULL);

    append_targets(targets, d->targets);
    if (d->has_dpa) {
        g_string_append_printf(targets, ", DPA 0x%" PRIx64, d->dpa);
    }
    if (d->has_skip && d->skip) {
        g_string_append_printf(targets, ", skips 0x%" PRIx64, d->skip);
    }
    if (d->refusal) {
        g_string_append_printf(targets, ": refused, %s", d->refusal);
    }
    print_line(out, depth, "decoder %" PRId64 ": %s, %s%s%s", d->index, where,
               how, targets->str, d->locked ? ", locked" : "");
}

static void print_decoders(GString *out, unsigned depth,
                           const CxlDecoderInfoList *list)
{
    unsigned n = 0, committed = 0;

    for (const CxlDecoderInfoList *d = list; d; d = d->next) {
        committed += d->value->committed;
        n++;
    }
    if (!n) {
        print_line(out, depth, "no decoders, passes everything through");
        return;
    }
    print_line(out, depth, "%u of %u decoders committed", committed, n);
    for (; list; list = list->next) {
        if (list->value->has_base) {
            print_decoder(out, depth, list->value);
        }
    }
}

/* " 4 GiB volatile", or nothing */
static char *capacity(uint64_t size, const char *kind)
{
    g_autofree char *bytes = size_to_str(size);

    return size ? g_strdup_printf(" %s %s", bytes, kind) : g_strdup("");
}

/* Of logs that are empty there is nothing to say */
static void print_logs(GString *out, unsigned depth, const CxlLogInfoList *l)
{
    g_autoptr(GString) line = g_string_new(NULL);

    for (; l; l = l->next) {
        if (!l->value->records && !l->value->overflow) {
            continue;
        }
        g_string_append_printf(line, "%s%u %s", line->len ? ", " : "",
                               l->value->records, CxlLog_str(l->value->log));
        if (l->value->overflow) {
            g_string_append_printf(line, " and %u lost", l->value->overflow);
        }
    }
    if (line->len) {
        print_line(out, depth, "event records: %s", line->str);
    }
}

static void print_operation(GString *out, unsigned depth,
                            const CxlOperationInfo *o)
{
    if (o) {
        print_line(out, depth, "in the background: %04xh %s, %u%%", o->opcode,
                   o->name, o->percent);
    }
}

static void print_poison(GString *out, unsigned depth,
                         const CxlPoisonInfo *p)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    unsigned shown = 0;

    if (!p->count) {
        return;
    }
    for (const CxlPoisonLineList *l = p->lines; l; l = l->next) {
        g_string_append_printf(lines, "%s0x%" PRIx64, shown++ ? ", " : "",
                               l->value->dpa);
    }
    print_line(out, depth, "%u poisoned lines, DPA %s%s%s", p->count,
               lines->str, shown < p->count ? " ..." : "",
               p->overflow ? "; there was more" : "");
}

/* Of memory that nobody has secured there is nothing to say */
static void print_security(GString *out, unsigned depth,
                           const CxlSecurityInfo *s)
{
    if (s && (s->user_passphrase || s->master_passphrase || s->frozen)) {
        print_line(out, depth, "security:%s%s%s%s",
                   s->user_passphrase ? " user passphrase" : "",
                   s->master_passphrase ? " master passphrase" : "",
                   s->locked ? " locked" : "", s->frozen ? " frozen" : "");
    }
}

static void print_pool(GString *out, unsigned depth, const CxlDevicePool *p)
{
    if (p) {
        print_line(out, depth, "head %u of pool %s, generation %" PRIu64 "%s",
                   p->head, p->file, p->generation,
                   p->attached ? "" : "; the memory is taken away");
        if (p->dropped) {
            print_line(out, depth, "%" PRIu64 " stores were not allowed",
                       p->dropped);
        }
    }
}

static void print_device(GString *out, unsigned depth, const CxlDeviceInfo *d)
{
    g_autofree char *at = place(d->address);
    g_autofree char *sn = serial_number(true, d->serial);
    g_autofree char *ram = capacity(d->volatile_size, "volatile");
    g_autofree char *pmem = capacity(d->persistent_size, "persistent");

    print_line(out, depth, "device %s%s:%s%s%s%s, CXL.mem %s, decoders %s",
               name_of(d->id, d->qom_path), at, ram, *ram && *pmem ? "," : "",
               pmem, sn, d->mem_enabled ? "on" : "off",
               d->hdm_enabled ? "on" : "off");
    print_logs(out, depth + 1, d->events);
    print_operation(out, depth + 1, d->operation);
    print_poison(out, depth + 1, d->poison);
    print_security(out, depth + 1, d->security);
    print_pool(out, depth + 1, d->pool);
    print_decoders(out, depth + 1, d->decoders);
}

static void print_ports(GString *out, unsigned depth,
                        const CxlPortInfoList *list);

static void print_switch(GString *out, unsigned depth, const CxlSwitchInfo *s)
{
    g_autofree char *at = place(s->address);
    g_autofree char *sn = serial_number(s->has_serial, s->serial);

    print_line(out, depth, "switch %s%s%s", name_of(s->id, s->qom_path), at,
               sn);
    print_decoders(out, depth + 1, s->decoders);
    print_ports(out, depth + 1, s->ports);
}

static void print_ports(GString *out, unsigned depth,
                        const CxlPortInfoList *list)
{
    for (; list; list = list->next) {
        const CxlPortInfo *p = list->value;
        g_autofree char *at = place(p->address);

        print_line(out, depth, "port %u %s%s%s", p->port,
                   name_of(p->id, p->qom_path), at,
                   p->device || p->q_switch ? "" : ": empty");
        if (p->device) {
            print_device(out, depth + 1, p->device);
        } else if (p->q_switch) {
            print_switch(out, depth + 1, p->q_switch);
        }
    }
}

static void print_bridge(GString *out, const CxlHostBridgeInfo *b)
{
    print_line(out, 0, "host bridge %s: uid %u, registers at 0x%" PRIx64,
               name_of(b->id, b->qom_path), b->uid, b->registers);
    print_decoders(out, 1, b->decoders);
    print_ports(out, 1, b->ports);
}

static void print_region(GString *out, const CxlRegionInfo *r)
{
    g_autofree char *where = range(r->base, r->size);
    g_autofree char *how = r->has_granularity ?
        interleave(QAPI_LIST_LENGTH(r->targets), r->granularity) : NULL;
    unsigned position = 0;

    print_line(out, 1, "%s: %s%s%s%s%s", where,
               CxlRegionMapping_str(r->mapping), how ? ", " : "",
               how ? how : "", r->reason ? ", " : "",
               r->reason ? r->reason : "");
    for (const CxlRegionTargetInfoList *t = r->targets; t; t = t->next) {
        print_line(out, 2, "position %u: %s, decoder %" PRId64 ", DPA 0x%"
                   PRIx64 "%s", position++,
                   name_of(t->value->id, t->value->device),
                   t->value->decoder, t->value->dpa,
                   t->value->read_only ? ", read-only" : "");
    }
}

static void print_names(GString *out, const char *what, const strList *names)
{
    g_string_append_printf(out, "%*s%s", INDENT, "", what);
    for (; names; names = names->next) {
        g_string_append_printf(out, " %s", names->value);
    }
    g_string_append_c(out, '\n');
}

static void print_window(GString *out, const CxlWindowInfo *w)
{
    g_autofree char *where = range(w->base, w->size);
    g_autofree char *how = interleave(QAPI_LIST_LENGTH(w->targets),
                                      w->granularity);

    print_line(out, 0, "window %" PRId64 ": %s, set up by %s", w->index, where,
               CxlWindowSetup_str(w->setup));
    print_line(out, 1, "%s, %s arithmetic, %s layout, qtg %u, restrictions"
               " 0x%x", how, CxlInterleaveArithmetic_str(w->arithmetic),
               CxlInterleaveLayout_str(w->layout), w->qtg_id,
               w->restrictions);
    print_names(out, "targets", w->targets);
    for (const CxlRegionInfoList *r = w->regions; r; r = r->next) {
        print_region(out, r->value);
    }
}

static void print_coherency(GString *out, const CxlCoherencyInfo *c)
{
    if (c) {
        print_line(out, 0, "software-managed coherency: %u of %u lines"
                   " present, %u dirty", c->present, c->lines, c->dirty);
        print_line(out, 1, "fetched %" PRIu64 ", written back %" PRIu64
                   ", evicted %" PRIu64 ", dropped %" PRIu64
                   ", lost updates %" PRIu64, c->fetched, c->written_back,
                   c->evicted, c->dropped, c->lost_updates);
    }
}

static HumanReadableText *info_cxl(Error **errp)
{
    g_autoptr(CxlInfo) info = qmp_query_cxl(errp);
    g_autoptr(GString) out = g_string_new(NULL);

    if (!info) {
        return NULL;
    }
    if (!info->enabled) {
        print_line(out, 0, "CXL is off; -machine cxl=on turns it on");
    }
    for (CxlHostBridgeInfoList *b = info->host_bridges; b; b = b->next) {
        print_bridge(out, b->value);
    }
    for (CxlWindowInfoList *w = info->windows; w; w = w->next) {
        print_window(out, w->value);
    }
    print_coherency(out, info->coherency);
    return human_readable_text_from_str(out);
}

static void register_info_cxl(void)
{
    monitor_register_hmp_info_hrt("cxl", info_cxl);
}

type_init(register_info_cxl)
