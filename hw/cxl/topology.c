/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From PCI buses to route nodes
 *
 * Only components with HDM decoders are nodes: host bridges, upstream ports
 * and endpoints. Root ports and downstream ports are the edges between them,
 * known by their port numbers, which decoders hold in their target lists.
 */
#include "qemu/osdep.h"
#include "topology.h"

#include "fabric.h"
#include "host-bridge.h"
#include "port.h"
#include "type3.h"
#include "hw/pci/pci_bus.h"

static int add_node(CxlTopology *t, CxlComponent *component, CxlType3 *t3)
{
    bool enabled = !t3 || cxl_dvsecs_mem_enabled(&t3->endpoint.space.dvsecs);
    const CxlHdm *hdm = &component->hdm;

    if (t->nnodes == CXL_TOPOLOGY_MAX_NODES) {
        return CXL_ROUTE_NONE;
    }
    if (t3 && !hdm->state.enabled &&
        cxl_dvsecs_ranges(&t3->endpoint.space.dvsecs, &t3->ranges)) {
        hdm = &t3->ranges;
    }
    cxl_route_node_init(&t->nodes[t->nnodes], hdm, t3 != NULL, enabled);
    t->component[t->nnodes] = component;
    t->type3[t->nnodes] = t3;
    t->dpa[t->nnodes] = component->hdm.dpa;
    return t->nnodes++;
}

PCIDevice *cxl_port_below(PCIDevice *port)
{
    PCIDevice *dev = pci_bridge_get_sec_bus(PCI_BRIDGE(port))->devices[0];

    if (dev && object_dynamic_cast(OBJECT(dev), TYPE_CXL_TYPE3)) {
        return cxl_type3_is_live(CXL_TYPE3(dev)) ? dev : NULL;
    }
    return dev && dev->qdev.realized ? dev : NULL;
}

static void add_ports(CxlTopology *t, unsigned parent, PCIBus *bus,
                      const char *port_type);

static int add_switch(CxlTopology *t, CxlUpstreamPort *usp)
{
    int index = add_node(t, &usp->function.component, NULL);

    if (index >= 0) {
        add_ports(t, index, pci_bridge_get_sec_bus(PCI_BRIDGE(usp)),
                  TYPE_CXL_DSP);
    }
    return index;
}

/*
 * The node of what is plugged below @port, or CXL_ROUTE_NONE, also where nobody
 * can reach it because its link is down or its slot has no power, or
 * CXL_ROUTE_POISON
 */
static int add_below(CxlTopology *t, PCIDevice *port)
{
    PCIDevice *dev = cxl_port_below(port);

    if (cxl_port_function(port)->removed_poison) {
        return CXL_ROUTE_POISON;
    }
    if (dev && !dev->enabled) {
        return CXL_ROUTE_NONE;
    }
    if (dev && object_dynamic_cast(OBJECT(dev), TYPE_CXL_TYPE3)) {
        CxlType3 *t3 = CXL_TYPE3(dev);

        return add_node(t, &t3->endpoint.component, t3);
    }
    if (dev && object_dynamic_cast(OBJECT(dev), TYPE_CXL_USP)) {
        return add_switch(t, CXL_USP(dev));
    }
    return CXL_ROUTE_NONE;
}

/* Recurses no deeper than PCI bridges nest, which bus numbers bound */
static void add_ports(CxlTopology *t, unsigned parent, PCIBus *bus,
                      const char *port_type)
{
    for (unsigned devfn = 0; devfn < ARRAY_SIZE(bus->devices); devfn++) {
        PCIDevice *port = bus->devices[devfn];

        if (port && port->qdev.realized &&
            object_dynamic_cast(OBJECT(port), port_type)) {
            int child = add_below(t, port);

            t->nodes[parent].child[PCIE_PORT(port)->port] = child;
            t->nodes[parent].only_child = child;
        }
    }
}

CxlTopology *cxl_topology_new(void)
{
    CxlTopology *t = g_new0(CxlTopology, 1);

    for (unsigned i = 0; i < cxl_fabric_nbridges(); i++) {
        add_node(t, &cxl_fabric_bridge(i)->component, NULL);
    }
    for (unsigned i = 0; i < cxl_fabric_nbridges(); i++) {
        add_ports(t, i, PCI_HOST_BRIDGE(cxl_fabric_bridge(i))->bus,
                  TYPE_CXL_RP);
    }
    return t;
}
