/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The links of the heads of a pool: each host tells the others of its own
 */
#include "qemu/osdep.h"
#include "pool-link.h"

#include "link.h"
#include "port.h"
#include "hw/pci/pcie.h"

CxlHead cxl_pool_link_own(PCIDevice *pci)
{
    PCIDevice *port = cxl_port_above(pci);
    CxlHead own = { .present = true, .link = cxl_link_read(pci) };
    CxlLink other = cxl_link_read(port);

    /* What both have agreed on is in the port's status */
    own.link.width = other.width;
    own.link.speed = other.speed;
    own.up = cxl_link_is_up(port);
    return own;
}

void cxl_pool_link_heads(const CxlPoolFile *f, PCIDevice *pci, CxlHead *heads)
{
    CxlHead own = cxl_pool_link_own(pci);
    uint64_t alive = 1ull << f->head;
    CxlPoolWhy why;

    cxl_pool_file_alive(f, &alive, &why);
    cxl_pool_heads(f->now, alive, heads);
    heads[f->head].up = own.up;
    heads[f->head].link = own.link;
    /* Ports that nobody uses, or has told of, are like this one */
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        if (!heads[h].link.max_width) {
            heads[h].link = own.link;
        }
    }
}
