/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The heads of a device that several hosts have, one for each (CXL 3.1 2.5)
 */
#ifndef CXL_CORE_HEADS_H
#define CXL_CORE_HEADS_H

#include "hw/cxl/spec/payload-switch.h"

#include <stdbool.h>
#include <stdint.h>

/** CXL_MAX_HEADS: heads of one device, which are numbered from 0 on */
#define CXL_MAX_HEADS   64u

/**
 * struct CxlLink - a link, encoded as the PCI Express capability has it
 * @max_width: lanes
 * @width: lanes in use; looked at while the link is up
 * @speeds: supported speeds, bit n = speed n + 1 (PCIe 7.5.3.18)
 * @max_speed: the highest one
 * @speed: the current one; looked at while the link is up
 */
typedef struct CxlLink {
    uint8_t max_width;
    uint8_t width;
    uint8_t speeds;
    uint8_t max_speed;
    uint8_t speed;
} CxlLink;

/**
 * cxl_port_link_fill: how commands tell a link (CXL 3.1 7.6.7.1.2, 7.6.7.5.2)
 * @up: it is up; else nobody looks at what is in use
 */
void cxl_port_link_fill(CxlPortLink *out, const CxlLink *link, bool up);

/**
 * struct CxlHead - a head of a device
 * @assigned: its logical device is a host's
 * @present: a host is there
 * @up: the link to it is
 * @link: the link to it
 */
typedef struct CxlHead {
    bool assigned;
    bool present;
    bool up;
    CxlLink link;
} CxlHead;

#endif /* CXL_CORE_HEADS_H */
