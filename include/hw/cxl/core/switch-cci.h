/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switch mailbox CCI: the PCI function through which a host manages the switch
 * that it is attached to (CXL 3.1 7.2.9, 8.1.13)
 */
#ifndef CXL_CORE_SWITCH_CCI_H
#define CXL_CORE_SWITCH_CCI_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/effects.h"
#include "hw/cxl/core/heads.h"
#include "hw/cxl/core/mailbox.h"

/** CXL_DEVICE_REGS_SWITCH: where the status of the CCI lies */
#define CXL_DEVICE_REGS_SWITCH      0x00c0

/** CXL_SWITCH_CCI_VECTOR_EVENTS: first of CXL_EVENT_LOGS MSI-X vectors */
#define CXL_SWITCH_CCI_VECTOR_EVENTS 0

/**
 * enum CxlSwitchPeer - what is at the other end of a port's link
 * @CXL_PEER_NONE: nothing: the link is down
 * @CXL_PEER_HOST: the port above an upstream port
 * @CXL_PEER_PCIE: a PCI Express device
 * @CXL_PEER_TYPE3: a memory device
 * @CXL_PEER_SWITCH: the upstream port of another switch
 */
typedef enum CxlSwitchPeer {
    CXL_PEER_NONE,
    CXL_PEER_HOST,
    CXL_PEER_PCIE,
    CXL_PEER_TYPE3,
    CXL_PEER_SWITCH,
} CxlSwitchPeer;

/**
 * struct CxlSwitchPort - a physical port
 * @upstream: it is the upstream port
 * @peer: what is connected
 * @down: the link is down although something is connected
 * @perst: because software asserts PERST#
 * @link: the link; what it is now is looked at while it is up
 */
typedef struct CxlSwitchPort {
    bool upstream;
    CxlSwitchPeer peer;
    bool down;
    bool perst;
    CxlLink link;
} CxlSwitchPort;

/**
 * struct CxlSwitchOps - what the model needs from outside
 * @port: fill in the port whose number is @id, now; false when there is none
 * @tunnel: have the memory device below the downstream port @id, which is there
 *          and can be reached, run a command, see cxl_mailbox_tunnel(); what it
 *          asks for is carried out before this returns
 */
typedef struct CxlSwitchOps {
    bool (*port)(void *opaque, uint8_t id, CxlSwitchPort *port);
    CxlRet (*tunnel)(void *opaque, uint8_t id, uint16_t opcode,
                     const uint8_t *in, uint32_t in_len, uint8_t *out,
                     uint32_t out_size, uint32_t *out_len);
} CxlSwitchOps;

/** CXL_SWITCH_PORT_IDS: a port number is below this */
#define CXL_SWITCH_PORT_IDS     256

/**
 * struct CxlSwitchCciConfig - a switch
 * @vendor: PCI vendor id of its upstream port
 * @device: PCI device id of it
 * @serial: serial number, as in the PCIe DSN capability
 * @ingress_port: number of the upstream port, through which commands come
 * @hdm_decoders: HDM decoders of the upstream port
 * @ops: callbacks
 * @opaque: first argument of the callbacks
 */
typedef struct CxlSwitchCciConfig {
    uint16_t vendor;
    uint16_t device;
    uint64_t serial;
    uint8_t ingress_port;
    uint8_t hdm_decoders;
    const CxlSwitchOps *ops;
    void *opaque;
} CxlSwitchCciConfig;

/**
 * struct CxlSwitchCci - a switch mailbox CCI
 * @config: as given
 * @mailbox: its registers: cxl_mailbox_read() and cxl_mailbox_write() are their
 *           doors
 * @events: its event logs; nothing in the switch raises an event
 *
 * It points into itself: it must not be moved or copied once initialized. No
 * command of it runs in the background: there is no timer.
 */
typedef struct CxlSwitchCci {
    CxlSwitchCciConfig config;
    CxlMailbox mailbox;
    CxlEventLogs events;
} CxlSwitchCci;

/**
 * cxl_switch_cci_init: set up the device, includes a cold reset
 *
 * @config is copied, the ops are not.
 *
 * Returns: false when the tables of registers or commands do not fit.
 */
bool cxl_switch_cci_init(CxlSwitchCci *s, const CxlSwitchCciConfig *config);

/**
 * cxl_switch_cci_reset: put the registers back and forget the timestamp and the
 * event interrupt policy, which survive CXL_RESET_FUNCTION, and at a loss of
 * power event records. The switch itself is not affected.
 */
void cxl_switch_cci_reset(CxlSwitchCci *s, CxlReset kind);

#endif /* CXL_CORE_SWITCH_CCI_H */
