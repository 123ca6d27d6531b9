/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CXL components of the machine as the route compiler sees them
 */
#ifndef HW_CXL_TOPOLOGY_H
#define HW_CXL_TOPOLOGY_H

#include "compat.h"
#include "hw/cxl/core/component.h"
#include "hw/cxl/core/route.h"
#include "hw/pci/pci_device.h"

/* 16 bridges; each further node takes a PCI function of one of 256 buses */
#define CXL_TOPOLOGY_MAX_NODES 512

struct CxlType3;

/**
 * struct CxlTopology - route nodes and the devices behind them
 * @nnodes: nodes in use
 * @nodes: input of the route compiler
 * @component: the registers of each node
 * @type3: the device of an endpoint node, else NULL
 * @dpa: its memory, else NULL
 */
typedef struct CxlTopology {
    unsigned nnodes;
    CxlRouteNode nodes[CXL_TOPOLOGY_MAX_NODES];
    CxlComponent *component[CXL_TOPOLOGY_MAX_NODES];
    struct CxlType3 *type3[CXL_TOPOLOGY_MAX_NODES];
    const CxlDpa *dpa[CXL_TOPOLOGY_MAX_NODES];
} CxlTopology;

/**
 * cxl_topology_new: walk the PCI buses below the host bridges
 *
 * Bridge i of the fabric becomes node i, and what lies below a node comes after
 * it, depth first, in bus order.
 *
 * Returns: the topology, to be freed with g_free().
 */
CxlTopology *cxl_topology_new(void);

#endif /* HW_CXL_TOPOLOGY_H */
