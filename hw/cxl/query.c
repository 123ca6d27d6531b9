/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query-cxl: the components below the host bridges as the guest would find
 * them, what their decoders hold, and how each part of each window is served
 */
#include "qemu/osdep.h"

#include "coherency.h"
#include "fabric.h"
#include "host-bridge.h"
#include "port.h"
#include "type3.h"
#include "type3-pool.h"
#include "hw/cxl/spec/payload-memdev.h"
#include "hw/pci/pci_bus.h"
#include "machine-state.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-builtin-visit.h"
#include "qapi/qapi-commands-cxl.h"

/* Granules after which each target of a pattern has had its first turn */
#define CXL_QUERY_MAX_TURNS 4096
/* Poisoned lines that are shown */
#define CXL_QUERY_MAX_POISON 16

static void set_targets(CxlDecoderInfo *info, const CxlDecoder *d)
{
    uint8List **tail = &info->targets;

    info->has_targets = true;
    for (unsigned i = 0; i < MIN(d->ways, ARRAY_SIZE(d->targets)); i++) {
        QAPI_LIST_APPEND(tail, d->targets[i]);
    }
}

static void set_range(CxlDecoderInfo *info, const CxlDecoder *d)
{
    info->has_base = true;
    info->base = d->base;
    info->has_size = true;
    info->size = d->size;
    info->has_ways = d->ways != 0;
    info->ways = d->ways;
    info->has_granularity = d->granularity != 0;
    info->granularity = d->granularity;
}

static CxlDecoderInfo *query_decoder(const CxlComponent *c, unsigned n)
{
    CxlDecoderInfo *info = g_new0(CxlDecoderInfo, 1);
    CxlHdmRefusal refusal = c->hdm.state.refusal[n];
    CxlDecoder d = c->hdm.state.decoder[n];

    info->index = n;
    info->committed = d.committed;
    info->locked = d.committed && d.locked;
    if (!d.committed && !refusal) {
        return info;
    }
    if (!d.committed) {
        d = cxl_component_wanted(c, n);
        info->refusal = g_strdup(cxl_hdm_refusal_name(refusal));
    }
    set_range(info, &d);
    if (c->hdm.endpoint) {
        info->has_dpa = info->committed;
        info->dpa = d.dpa_base;
        info->has_skip = true;
        info->skip = d.skip;
    } else {
        set_targets(info, &d);
    }
    return info;
}

static CxlDecoderInfoList *query_decoders(const CxlComponent *c)
{
    CxlDecoderInfoList *list = NULL, **tail = &list;

    for (unsigned i = 0; i < c->hdm.count; i++) {
        QAPI_LIST_APPEND(tail, query_decoder(c, i));
    }
    return list;
}

/* NULL while the guest has not numbered the bus */
static char *pci_address(const PCIDevice *pci)
{
    PCIBus *bus = pci_get_bus(pci);

    return pci_bus_is_root(bus) || pci_bus_num(bus) ?
           g_strdup_printf("%02x:%02x.%x", pci_bus_num(bus),
                           PCI_SLOT(pci->devfn), PCI_FUNC(pci->devfn)) : NULL;
}

static char *backend_name(HostMemoryBackend *backend)
{
    return backend ? host_memory_backend_get_name(backend) : NULL;
}

static CxlLogInfoList *query_logs(const CxlEventLogs *events)
{
    CxlLogInfoList *list = NULL, **tail = &list;

    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        const CxlEventLog *log = &events->state.log[i];
        CxlLogInfo *info = g_new0(CxlLogInfo, 1);

        info->log = (CxlLog)i;
        info->records = log->count;
        info->overflow = log->overflow_count;
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

static CxlPoisonOrigin poison_origin(uint8_t source)
{
    static const CxlPoisonOrigin origins[] = {
        [CXL_POISON_EXTERNAL] = CXL_POISON_ORIGIN_EXTERNAL,
        [CXL_POISON_INTERNAL] = CXL_POISON_ORIGIN_INTERNAL,
        [CXL_POISON_INJECTED] = CXL_POISON_ORIGIN_INJECTED,
        [CXL_POISON_VENDOR] = CXL_POISON_ORIGIN_VENDOR,
    };

    return source < ARRAY_SIZE(origins) ? origins[source] :
                                          CXL_POISON_ORIGIN_UNKNOWN;
}

static CxlPoisonInfo *query_poison(const CxlEndpoint *e)
{
    const CxlDpaMarks *marks = &e->dpa.marks;
    CxlPoisonInfo *info = g_new0(CxlPoisonInfo, 1);
    CxlPoisonLineList **tail = &info->lines;

    info->overflow = e->memdev.state.poison_overflow;
    for (unsigned i = 0; i < marks->count; i++) {
        CxlPoisonLine *line;

        if (marks->hidden[i] || info->count++ >= CXL_QUERY_MAX_POISON) {
            continue;
        }
        line = g_new0(CxlPoisonLine, 1);
        line->dpa = marks->line[i];
        line->source = poison_origin(marks->source[i]);
        QAPI_LIST_APPEND(tail, line);
    }
    return info;
}

static CxlSecurityInfo *query_security(const CxlEndpoint *e)
{
    const CxlMemdevState *state = &e->memdev.state;
    CxlSecurityInfo *info;
    uint32_t flags;

    if (!cxl_dpa_size(&e->dpa, CXL_DPA_PERSISTENT)) {
        return NULL;
    }
    info = g_new0(CxlSecurityInfo, 1);
    flags = cxl_security_flags(&state->security, &state->nv.passphrases);
    info->user_passphrase = flags & CXL_SECURITY_USER_SET;
    info->master_passphrase = flags & CXL_SECURITY_MASTER_SET;
    info->locked = flags & CXL_SECURITY_LOCKED;
    info->frozen = flags & CXL_SECURITY_FROZEN;
    return info;
}

/* NULL when nothing runs */
static CxlOperationInfo *query_operation(const CxlCci *cci)
{
    const CxlCciCommand *row = cxl_cci_find(cci, cci->state.background);
    CxlOperationInfo *info;

    if (!cci->state.background || !row) {
        return NULL;
    }
    info = g_new0(CxlOperationInfo, 1);
    info->opcode = row->opcode;
    info->name = g_strdup(row->name);
    info->percent = cxl_cci_background_percent(cci, cxl_time_now());
    return info;
}

static CxlDeviceInfo *query_device(CxlType3 *t3)
{
    const CxlComponent *c = &t3->endpoint.component;
    CxlDeviceInfo *info = g_new0(CxlDeviceInfo, 1);

    info->id = g_strdup(DEVICE(t3)->id);
    info->qom_path = object_get_canonical_path(OBJECT(t3));
    info->address = pci_address(PCI_DEVICE(t3));
    info->serial = t3->serial;
    info->volatile_size = cxl_dpa_size(&t3->endpoint.dpa, CXL_DPA_VOLATILE);
    info->persistent_size = cxl_dpa_size(&t3->endpoint.dpa,
                                         CXL_DPA_PERSISTENT);
    info->label_size = cxl_type3_lsa_size(t3);
    info->volatile_memdev = backend_name(t3->volatile_backend);
    info->persistent_memdev = backend_name(t3->persistent_backend);
    info->partitionable_memdev = backend_name(t3->partitionable_backend);
    info->mem_enabled = cxl_dvsecs_mem_enabled(&t3->endpoint.space.dvsecs);
    info->hdm_enabled = c->hdm.state.enabled;
    info->events = query_logs(&t3->endpoint.memdev.events);
    info->operation = query_operation(&t3->endpoint.memdev.mailbox.cci);
    info->poison = query_poison(&t3->endpoint);
    info->security = query_security(&t3->endpoint);
    info->pool = cxl_type3_pool_query(t3);
    info->decoders = query_decoders(c);
    return info;
}

static CxlPortInfoList *query_ports(PCIBus *bus, const char *type);

static CxlSwitchInfo *query_switch(CxlUpstreamPort *usp)
{
    CxlSwitchInfo *info = g_new0(CxlSwitchInfo, 1);

    info->id = g_strdup(DEVICE(usp)->id);
    info->qom_path = object_get_canonical_path(OBJECT(usp));
    info->address = pci_address(PCI_DEVICE(usp));
    info->has_serial = usp->serial != CXL_NO_SERIAL;
    info->serial = info->has_serial ? usp->serial : 0;
    info->decoders = query_decoders(&usp->function.component);
    info->ports = query_ports(pci_bridge_get_sec_bus(PCI_BRIDGE(usp)),
                              TYPE_CXL_DSP);
    return info;
}

static CxlPortInfo *query_port(PCIDevice *port)
{
    CxlPortInfo *info = g_new0(CxlPortInfo, 1);
    PCIDevice *below = cxl_port_below(port);

    info->id = g_strdup(DEVICE(port)->id);
    info->qom_path = object_get_canonical_path(OBJECT(port));
    info->address = pci_address(port);
    info->port = PCIE_PORT(port)->port;
    if (below && object_dynamic_cast(OBJECT(below), TYPE_CXL_TYPE3)) {
        info->device = query_device(CXL_TYPE3(below));
    } else if (below && object_dynamic_cast(OBJECT(below), TYPE_CXL_USP)) {
        info->q_switch = query_switch(CXL_USP(below));
    }
    return info;
}

/* Recurses no deeper than PCI bridges nest, which bus numbers bound */
static CxlPortInfoList *query_ports(PCIBus *bus, const char *type)
{
    CxlPortInfoList *list = NULL, **tail = &list;

    for (unsigned devfn = 0; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        PCIDevice *pci = bus->devices[devfn];

        if (pci && pci->qdev.realized &&
            object_dynamic_cast(OBJECT(pci), type)) {
            QAPI_LIST_APPEND(tail, query_port(pci));
        }
    }
    return list;
}

static CxlHostBridgeInfo *query_bridge(const CxlMachineState *s, unsigned n)
{
    CxlHostBridgeInfo *info = g_new0(CxlHostBridgeInfo, 1);
    const CxlHostBridge *hb = cxl_fabric_bridge(n);
    PCIBus *bus = PCI_HOST_BRIDGE(hb)->bus;

    info->id = g_strdup(cxl_host_bridge_id(hb));
    info->qom_path = object_get_canonical_path(OBJECT(bus->parent_dev));
    info->uid = cxl_host_bridge_uid(hb);
    info->registers = s->host_base + n * CXL_COMPONENT_REGS_SIZE;
    info->decoders = query_decoders(&hb->component);
    info->ports = query_ports(bus, TYPE_CXL_RP);
    return info;
}

static int by_uid(const void *a, const void *b)
{
    const CxlHostBridgeInfo *const *x = a, *const *y = b;

    return (int)(*x)->uid - (int)(*y)->uid;
}

static CxlHostBridgeInfoList *query_bridges(const CxlMachineState *s)
{
    CxlHostBridgeInfo *bridge[CXL_FABRIC_MAX_BRIDGES];
    unsigned count = cxl_fabric_nbridges();
    CxlHostBridgeInfoList *list = NULL, **tail = &list;

    for (unsigned i = 0; i < count; i++) {
        bridge[i] = query_bridge(s, i);
    }
    qsort(bridge, count, sizeof(bridge[0]), by_uid);
    for (unsigned i = 0; i < count; i++) {
        QAPI_LIST_APPEND(tail, bridge[i]);
    }
    return list;
}

/*
 * The targets of a span in the order of their first turns. One that has none
 * (decoders of odd granularities can make that) comes last.
 */
static void order_targets(const CxlRouteSpan *span,
                          unsigned order[CXL_ROUTE_MAX_TARGETS])
{
    uint64_t turns = MIN(span->size / span->granule, CXL_QUERY_MAX_TURNS);
    unsigned n = 0, target, seen = 0;
    uint64_t dpa;

    for (uint64_t i = 0; i < turns && n < span->ntargets; i++) {
        if (cxl_route_decode(span, span->hpa + i * span->granule, &target,
                             &dpa) &&
            !(seen & BIT(target))) {
            seen |= BIT(target);
            order[n++] = target;
        }
    }
    for (target = 0; target < span->ntargets; target++) {
        if (!(seen & BIT(target))) {
            order[n++] = target;
        }
    }
}

/* The first run that shows memory of @target, or NULL: none is mapped */
static const CxlRun *run_of_target(const CxlRun *runs, unsigned nruns,
                                   unsigned target)
{
    for (unsigned i = 0; i < nruns; i++) {
        if ((runs[i].kind == CXL_RUN_RAM ||
             runs[i].kind == CXL_RUN_READ_ONLY) && runs[i].target == target) {
            return &runs[i];
        }
    }
    return NULL;
}

static bool is_read_only(const CxlType3 *t3, uint64_t dpa)
{
    const CxlDpa *table = &t3->endpoint.dpa;
    const CxlDpaPartition *part = cxl_dpa_find(table, dpa);

    return part && cxl_dpa_rights(table, part) == CXL_DPA_READ_ONLY;
}

/* A span and the runs that it is served by */
typedef struct Region {
    const CxlTopology *topology;
    const CxlRouteSpan *span;
    const CxlRun *runs;
    unsigned nruns;
} Region;

static CxlRegionTargetInfo *query_target(const Region *r, unsigned n)
{
    const CxlRouteTarget *target = &r->span->target[n];
    CxlType3 *t3 = r->topology->type3[target->node];
    CxlRegionTargetInfo *info = g_new0(CxlRegionTargetInfo, 1);

    info->device = object_get_canonical_path(OBJECT(t3));
    info->id = g_strdup(DEVICE(t3)->id);
    info->decoder = target->decoder;
    info->dpa = target->dpa;
    info->read_only = is_read_only(t3, target->dpa);
    if (r->span->linear) {
        CxlRouteShare share = cxl_route_share(r->span, n);

        info->has_size = true;
        info->size = share.size;
        info->has_share = run_of_target(r->runs, r->nruns, n);
        info->share = info->has_share ? share.hpa : 0;
    }
    return info;
}

/* How people are told about a region, by the first of its runs */
static CxlRegionMapping mapping_of(const Region *r)
{
    switch (r->runs[0].kind) {
    case CXL_RUN_DECODE:
        return CXL_REGION_MAPPING_CALLBACK;
    case CXL_RUN_HOLE:
        return CXL_REGION_MAPPING_UNMAPPED;
    default:
        return r->span->ntargets > 1 ? CXL_REGION_MAPPING_LINEAR :
                                       CXL_REGION_MAPPING_RAM;
    }
}

static CxlRegionInfo *query_region(const Region *r)
{
    CxlRegionInfo *info = g_new0(CxlRegionInfo, 1);
    CxlRegionTargetInfoList **tail = &info->targets;
    unsigned order[CXL_ROUTE_MAX_TARGETS];

    info->base = r->span->hpa;
    info->size = r->span->size;
    info->mapping = mapping_of(r);
    if (r->span->fault) {
        info->reason = g_strdup(cxl_route_fault_name(r->span->fault));
        return info;
    }
    info->reason = g_strdup(cxl_run_why_name(r->runs[0].why));
    info->has_granularity = r->span->ntargets > 1;
    info->granularity = info->has_granularity ? r->span->granule : 0;
    order_targets(r->span, order);
    for (unsigned i = 0; i < r->span->ntargets; i++) {
        QAPI_LIST_APPEND(tail, query_target(r, order[i]));
    }
    return info;
}

/* Each span has a run at least, and the runs are in the order of the spans */
static CxlRegionInfoList *query_regions(const CxlMachineState *s, unsigned n)
{
    CxlLayoutWindow w = cxl_lookup_spans(s->windows[n].access.lookup);
    CxlRegionInfoList *list = NULL, **tail = &list;
    unsigned i = 0;

    while (s->runs[i].window != n) {
        i++;
    }
    for (unsigned span = 0; span < w.nspans; span++) {
        Region r = { .topology = s->topology, .span = &w.spans[span],
                     .runs = &s->runs[i] };

        while (i < s->nruns && s->runs[i].window == n &&
               s->runs[i].span == span) {
            r.nruns++;
            i++;
        }
        QAPI_LIST_APPEND(tail, query_region(&r));
    }
    return list;
}

static CxlWindowInfo *query_window(const CxlMachineState *s, unsigned n)
{
    const CxlWindow *w = &s->windows[n];
    CxlWindowInfo *info = g_new0(CxlWindowInfo, 1);

    info->index = w->index;
    info->base = w->base;
    info->size = w->size;
    info->targets = QAPI_CLONE(strList, w->options->targets);
    info->granularity = w->granularity;
    info->arithmetic = w->xor ? CXL_INTERLEAVE_ARITHMETIC_XOR :
                                CXL_INTERLEAVE_ARITHMETIC_MODULO;
    info->layout = w->exact ? CXL_INTERLEAVE_LAYOUT_EXACT :
                              CXL_INTERLEAVE_LAYOUT_LINEAR;
    info->setup = w->options->has_setup ? w->options->setup :
                                          CXL_WINDOW_SETUP_OS;
    info->qtg_id = w->qtg_id;
    info->restrictions = w->restrictions;
    info->regions = query_regions(s, n);
    return info;
}

static CxlWindowInfoList *query_windows(const CxlMachineState *s)
{
    CxlWindowInfoList *list = NULL, **tail = &list;

    for (unsigned i = 0; i < s->nwindows; i++) {
        QAPI_LIST_APPEND(tail, query_window(s, i));
    }
    return list;
}

static CxlCoherencyInfo *query_coherency(void)
{
    CxlCoherencyState state = cxl_coherency_state();
    CxlCoherencyInfo *info = g_new0(CxlCoherencyInfo, 1);

    info->lines = cxl_coherency_options()->lines;
    info->present = state.present;
    info->dirty = state.dirty;
    info->fetched = state.counters.fetched;
    info->written_back = state.counters.written_back;
    info->evicted = state.counters.evicted;
    info->dropped = state.counters.dropped;
    info->lost_updates = state.counters.lost_updates;
    return info;
}

CxlInfo *qmp_query_cxl(Error **errp)
{
    const CxlMachineState *s = cxl_machine_find();
    CxlInfo *info = g_new0(CxlInfo, 1);

    if (s) {
        info->enabled = true;
        info->host_bridges = query_bridges(s);
        info->windows = query_windows(s);
        if (cxl_coherency_is_software()) {
            info->coherency = query_coherency();
        }
    }
    return info;
}
