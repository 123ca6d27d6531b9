/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Payloads of the physical switch commands (CXL 3.1 7.6.7.1)
 */
#ifndef CXL_SPEC_PAYLOAD_SWITCH_H
#define CXL_SPEC_PAYLOAD_SWITCH_H

#include "hw/cxl/spec/wire.h"

/* Identify Switch Device, opcode 5100h, 7.6.7.1.1, output */
typedef struct CxlIdentifySwitchDeviceOut {
    uint8_t ingress_port;
    uint8_t reserved;
    uint8_t nports;
    uint8_t nvcs;
    uint8_t active_ports[32];
    uint8_t active_vcs[32];
    Le16 total_vppbs;
    Le16 bound_vppbs;
    uint8_t hdm_decoders;
} CxlIdentifySwitchDeviceOut;

_Static_assert(sizeof(CxlIdentifySwitchDeviceOut) == 0x49, "7.6.7.1.1");

/* Get Physical Port State, opcode 5101h, 7.6.7.1.2, input; port ids follow */
typedef struct CxlGetPhysicalPortStateIn {
    uint8_t nports;
} CxlGetPhysicalPortStateIn;

_Static_assert(sizeof(CxlGetPhysicalPortStateIn) == 1, "7.6.7.1.2");

/* Get Physical Port State, output; CxlPhysicalPort blocks follow */
typedef struct CxlGetPhysicalPortStateOut {
    uint8_t nports;
    uint8_t reserved[3];
} CxlGetPhysicalPortStateOut;

_Static_assert(sizeof(CxlGetPhysicalPortStateOut) == 4, "7.6.7.1.2");

/* Current port configuration state */
#define CXL_PORT_STATE_DISABLED     0x0
#define CXL_PORT_STATE_DOWNSTREAM   0x3
#define CXL_PORT_STATE_UPSTREAM     0x4
#define CXL_PORT_STATE_INVALID_ID   0xf

/* Connected device mode */
#define CXL_PORT_MODE_NOT_CXL       0
#define CXL_PORT_MODE_68B_VH        2

/* Connected device type */
#define CXL_PORT_DEVICE_NONE        0x00
#define CXL_PORT_DEVICE_PCIE        0x01
#define CXL_PORT_DEVICE_SWITCH      0x03    /* as type 2 devices */
#define CXL_PORT_DEVICE_TYPE3       0x04

/* Supported CXL modes, a bit mask */
#define CXL_PORT_SUPPORTS_68B_VH    (1u << 1)

/* LTSSM state */
#define CXL_PORT_LTSSM_DETECT       0x00
#define CXL_PORT_LTSSM_L0           0x04

/* Link state flags */
#define CXL_PORT_LINK_PERST         (1u << 1)
#define CXL_PORT_LINK_PRESENT       (1u << 2)
#define CXL_PORT_LINK_POWER         (1u << 3)

/* A link, as of a port of a switch and of a head of a device */
typedef struct CxlPortLink {
    uint8_t max_width;
    uint8_t width;
    uint8_t supported_speeds;
    uint8_t max_speed;
    uint8_t speed;
    uint8_t ltssm;
    uint8_t first_lane;
} CxlPortLink;

/* One port of Get Physical Port State */
typedef struct CxlPhysicalPort {
    uint8_t id;
    uint8_t state;
    uint8_t connected_mode;
    uint8_t reserved;
    uint8_t connected_device;
    uint8_t supported_modes;
    CxlPortLink link;
    Le16 link_flags;
    uint8_t additional_lds;
} CxlPhysicalPort;

_Static_assert(sizeof(CxlPhysicalPort) == 16, "7.6.7.1.2");

/* Opcodes of Physical Port Control */
#define CXL_PORT_ASSERT_PERST       0
#define CXL_PORT_DEASSERT_PERST     1
#define CXL_PORT_RESET              2

/* Physical Port Control, opcode 5102h, 7.6.7.1.3, input */
typedef struct CxlPhysicalPortControlIn {
    uint8_t id;
    uint8_t opcode;
} CxlPhysicalPortControlIn;

_Static_assert(sizeof(CxlPhysicalPortControlIn) == 2, "7.6.7.1.3");

/* What a tunnel leads to */
#define CXL_TUNNEL_TO_PORT          0

/* Tunnel Management Command, opcode 5300h, 7.6.7.3.1, input; message follows */
typedef struct CxlTunnelIn {
    uint8_t port;
    uint8_t target;
    Le16 length;
} CxlTunnelIn;

_Static_assert(sizeof(CxlTunnelIn) == 4, "7.6.7.3.1");

/* Tunnel Management Command, output; a message follows */
typedef struct CxlTunnelOut {
    Le16 length;
    uint8_t reserved[2];
} CxlTunnelOut;

_Static_assert(sizeof(CxlTunnelOut) == 4, "7.6.7.3.1");

/* Category of a message: [3:0] */
#define CXL_MESSAGE_CATEGORY_MASK   0xf
#define CXL_MESSAGE_REQUEST         0
#define CXL_MESSAGE_RESPONSE        1

/* Length of a message: [19:0] payload, [23] a background operation started */
#define CXL_MESSAGE_BACKGROUND      0x80

/* CCI message, 7.6.3; the payload follows */
typedef struct CxlCciMessage {
    uint8_t category;
    uint8_t tag;
    uint8_t reserved;
    Le16 opcode;
    uint8_t length[3];
    Le16 ret;
    Le16 vendor_status;
} CxlCciMessage;

_Static_assert(sizeof(CxlCciMessage) == 12, "7.6.3");

#endif /* CXL_SPEC_PAYLOAD_SWITCH_H */
