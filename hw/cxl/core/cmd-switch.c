/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical switch commands (CXL 3.1 7.6.7.1)
 *
 * The switch is a single virtual CXL switch (VCS): every port belongs to it and
 * each of its vPPBs is bound to one port.
 */
#include "hw/cxl/core/switch-cci.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-switch.h"

#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static const CxlSwitchCciConfig *config_of(const CxlCciCall *call)
{
    const CxlSwitchCci *s = call->cci->owner;

    return &s->config;
}

static bool get_port(const CxlCciCall *call, uint8_t id, CxlSwitchPort *port)
{
    const CxlSwitchCciConfig *config = config_of(call);

    memset(port, 0, sizeof(*port));
    return config->ops->port(config->opaque, id, port);
}

/* 7.6.7.1.1 */
static CxlRet identify_switch_device(CxlCciCall *call)
{
    const CxlSwitchCciConfig *config = config_of(call);
    CxlIdentifySwitchDeviceOut *out = call->reply;
    CxlSwitchPort port;
    uint16_t nports = 0;

    for (unsigned id = 0; id < CXL_SWITCH_PORT_IDS; id++) {
        if (get_port(call, (uint8_t)id, &port)) {
            out->active_ports[id / 8] |= (uint8_t)(1u << id % 8);
            nports++;
        }
    }
    out->ingress_port = config->ingress_port;
    out->nports = nports > UINT8_MAX ? UINT8_MAX : (uint8_t)nports;
    out->nvcs = 1;
    out->active_vcs[0] = 1;
    out->total_vppbs = cxl_le16(nports);
    out->bound_vppbs = cxl_le16(nports);
    out->hdm_decoders = config->hdm_decoders;
    return CXL_RET_SUCCESS;
}

/* How the block of a port tells what is connected */
static const struct {
    uint8_t mode;
    uint8_t device;
} peers[] = {
    [CXL_PEER_NONE] = { CXL_PORT_MODE_NOT_CXL, CXL_PORT_DEVICE_NONE },
    [CXL_PEER_HOST] = { CXL_PORT_MODE_68B_VH, CXL_PORT_DEVICE_NONE },
    [CXL_PEER_PCIE] = { CXL_PORT_MODE_NOT_CXL, CXL_PORT_DEVICE_PCIE },
    [CXL_PEER_TYPE3] = { CXL_PORT_MODE_68B_VH, CXL_PORT_DEVICE_TYPE3 },
    [CXL_PEER_SWITCH] = { CXL_PORT_MODE_68B_VH, CXL_PORT_DEVICE_SWITCH },
};

void cxl_port_link_fill(CxlPortLink *out, const CxlLink *link, bool up)
{
    *out = (CxlPortLink) {
        .max_width = link->max_width,
        .width = up ? link->width : 0,
        .supported_speeds = link->speeds,
        .max_speed = link->max_speed,
        .speed = up ? link->speed : 0,
        .ltssm = up ? CXL_PORT_LTSSM_L0 : CXL_PORT_LTSSM_DETECT,
    };
}

static void fill_port(CxlPhysicalPort *out, const CxlSwitchPort *port)
{
    out->state = port->upstream ? CXL_PORT_STATE_UPSTREAM
                                : CXL_PORT_STATE_DOWNSTREAM;
    out->connected_mode = peers[port->peer].mode;
    out->connected_device = peers[port->peer].device;
    out->supported_modes = CXL_PORT_SUPPORTS_68B_VH;
    cxl_port_link_fill(&out->link, &port->link,
                       port->peer != CXL_PEER_NONE && !port->down);
    if (port->peer != CXL_PEER_NONE) {
        out->link_flags = cxl_le16(CXL_PORT_LINK_PRESENT |
                                   CXL_PORT_LINK_POWER |
                                   (port->perst ? CXL_PORT_LINK_PERST : 0));
    }
}

/* 7.6.7.1.2: a port that is not there has a block, too, which says so */
static CxlRet get_physical_port_state(CxlCciCall *call)
{
    const CxlGetPhysicalPortStateIn *in = call->request;
    CxlGetPhysicalPortStateOut *out = call->reply;
    const uint8_t *ids = cxl_reader_take(&call->in, in->nports);
    CxlSwitchPort port;

    if (!ids || call->in.left) {
        return CXL_RET_INVALID_PAYLOAD_LENGTH;
    }
    out->nports = in->nports;
    for (unsigned i = 0; i < in->nports; i++) {
        CxlPhysicalPort *block = cxl_writer_put(&call->out, sizeof(*block));

        /* More ports than blocks fit the mailbox */
        if (!block) {
            return CXL_RET_INVALID_INPUT;
        }
        block->id = ids[i];
        block->state = CXL_PORT_STATE_INVALID_ID;
        if (get_port(call, ids[i], &port)) {
            fill_port(block, &port);
        }
    }
    return CXL_RET_SUCCESS;
}

/* 7.6.7.1.3: whoever sends commands must be able to go on doing so */
static CxlRet physical_port_control(CxlCciCall *call)
{
    const CxlPhysicalPortControlIn *in = call->request;
    CxlSwitchPort port;

    if (in->opcode > CXL_PORT_RESET || !get_port(call, in->id, &port) ||
        port.upstream) {
        return CXL_RET_INVALID_INPUT;
    }
    call->effects->flags |= CXL_EFFECT_PORT;
    call->effects->port = (CxlPortControl) { in->id, in->opcode };
    return CXL_RET_SUCCESS;
}

/* A tunnel's input and output: the outer header and the message's */
typedef struct TunnelIn {
    CxlTunnelIn outer;
    CxlCciMessage message;
} TunnelIn;

typedef struct TunnelOut {
    CxlTunnelOut outer;
    CxlCciMessage message;
} TunnelOut;

static uint32_t message_length(const CxlCciMessage *message)
{
    return (uint32_t)cxl_le_load(message->length, 3) & 0xfffff;
}

static bool leads_to_device(const CxlCciCall *call, uint8_t id)
{
    CxlSwitchPort port;

    return get_port(call, id, &port) && port.peer == CXL_PEER_TYPE3 &&
           !port.down;
}

static CxlRet run_in_device(CxlCciCall *call, const TunnelIn *in,
                            TunnelOut *out)
{
    const CxlSwitchCciConfig *config = config_of(call);
    uint8_t bytes[CXL_CCI_MAX_PAYLOAD];
    uint16_t opcode = cxl_le16_get(in->message.opcode);
    uint32_t len;
    CxlRet ret = config->ops->tunnel(config->opaque, in->outer.port, opcode,
                                     call->in.at, call->in.left, bytes,
                                     call->out.size - call->out.used, &len);
    uint8_t *payload = cxl_writer_put(&call->out, len);

    if (!payload) {
        return CXL_RET_INTERNAL_ERROR;
    }
    memcpy(payload, bytes, len);
    out->message.category = CXL_MESSAGE_RESPONSE;
    out->message.tag = in->message.tag;
    out->message.opcode = in->message.opcode;
    out->message.ret = cxl_le16((uint16_t)ret);
    cxl_le_store(out->message.length, 3, len);
    if (ret == CXL_RET_BACKGROUND_STARTED) {
        out->message.length[2] |= CXL_MESSAGE_BACKGROUND;
    }
    out->outer.length = cxl_le16((uint16_t)(sizeof(out->message) + len));
    return CXL_RET_SUCCESS;
}

/*
 * 7.6.7.3.1: both lengths must say what there is. The device's answer is in the
 * message: this command succeeds when there is one.
 */
static CxlRet tunnel_management_command(CxlCciCall *call)
{
    const TunnelIn *in = call->request;
    uint32_t left = call->in.left;

    if (cxl_le16_get(in->outer.length) != sizeof(in->message) + left ||
        message_length(&in->message) != left) {
        return CXL_RET_INVALID_INPUT;
    }
    if (in->outer.target != CXL_TUNNEL_TO_PORT ||
        (in->message.category & CXL_MESSAGE_CATEGORY_MASK) !=
        CXL_MESSAGE_REQUEST || !leads_to_device(call, in->outer.port)) {
        return CXL_RET_INVALID_INPUT;
    }
    return run_in_device(call, in, call->reply);
}

static const CxlCciCommand switch_commands[] = {
    {
        .name = "Identify Switch Device",
        .opcode = CXL_OP_IDENTIFY_SWITCH_DEVICE,
        .out = sizeof(CxlIdentifySwitchDeviceOut),
        .run = identify_switch_device,
    }, {
        .name = "Get Physical Port State",
        .opcode = CXL_OP_GET_PHYSICAL_PORT_STATE,
        .min_in = sizeof(CxlGetPhysicalPortStateIn),
        .max_in = sizeof(CxlGetPhysicalPortStateIn) + UINT8_MAX,
        .out = sizeof(CxlGetPhysicalPortStateOut),
        .run = get_physical_port_state,
    }, {
        .name = "Physical Port Control",
        .opcode = CXL_OP_PHYSICAL_PORT_CONTROL,
        .effects = CXL_CEL_IMMEDIATE_CONFIG_CHANGE,
        .min_in = sizeof(CxlPhysicalPortControlIn),
        .max_in = sizeof(CxlPhysicalPortControlIn),
        .run = physical_port_control,
    }, {
        .name = "Tunnel Management Command",
        .opcode = CXL_OP_TUNNEL_MANAGEMENT_COMMAND,
        .min_in = sizeof(TunnelIn),
        .max_in = CXL_CCI_UNBOUNDED,
        .out = sizeof(TunnelOut),
        .run = tunnel_management_command,
    },
};

bool cxl_cci_add_switch(CxlCci *cci)
{
    return cxl_cci_add_set(cci, switch_commands, NROWS(switch_commands));
}
