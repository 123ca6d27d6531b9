/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of multi-headed devices (CXL 3.1 7.6.7.5)
 *
 * Each head has one logical device (LD), which has its number.
 */
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-heads.h"

/* How many of @count things from @start on there are among @all */
static uint32_t clip(uint32_t start, uint32_t count, uint32_t all)
{
    return count < all - start ? count : all - start;
}

static void look(const CxlMemdev *m, CxlHead *heads)
{
    memset(heads, 0, CXL_MAX_HEADS * sizeof(heads[0]));
    m->config.ops->heads(m->config.opaque, heads);
}

/* 7.6.7.5.1: no LD at all is not worth a command */
static CxlRet get_multi_headed_info(CxlCciCall *call)
{
    const CxlMemdev *m = cxl_memdev_of(call);
    const CxlGetMultiHeadedInfoIn *in = call->request;
    CxlGetMultiHeadedInfoOut *out = call->reply;
    CxlHead heads[CXL_MAX_HEADS];
    uint8_t *map;

    if (!in->limit || in->start_ld >= m->config.heads) {
        return CXL_RET_INVALID_INPUT;
    }
    out->nlds = m->config.heads;
    out->nheads = m->config.heads;
    out->start_ld = in->start_ld;
    out->map_length = (uint8_t)clip(in->start_ld, in->limit, m->config.heads);
    map = cxl_writer_put(&call->out, out->map_length);
    if (!map) {
        return CXL_RET_INVALID_INPUT;
    }
    look(m, heads);
    for (unsigned i = 0; i < out->map_length; i++) {
        uint8_t ld = (uint8_t)(in->start_ld + i);

        map[i] = heads[ld].assigned ? ld : CXL_LD_UNASSIGNED;
    }
    return CXL_RET_SUCCESS;
}

/* Heads are numbered as ports are (PCIe 7.5.3.6) */
static void fill_head(CxlHeadBlock *block, uint32_t id, const CxlHead *head)
{
    block->port = (uint8_t)id;
    cxl_port_link_fill(&block->link, &head->link, head->present && head->up);
    if (head->present) {
        block->link_flags = CXL_PORT_LINK_PRESENT | CXL_PORT_LINK_POWER;
    }
}

/* 7.6.7.5.2: as many as there are, and as fit a message */
static CxlRet get_head_info(CxlCciCall *call)
{
    const CxlMemdev *m = cxl_memdev_of(call);
    const CxlGetHeadInfoIn *in = call->request;
    CxlGetHeadInfoOut *out = call->reply;
    CxlHead heads[CXL_MAX_HEADS];
    CxlHeadBlock *block;
    uint32_t n;

    if (!in->nheads || in->start_head >= m->config.heads) {
        return CXL_RET_INVALID_INPUT;
    }
    n = clip(in->start_head, in->nheads, m->config.heads);
    look(m, heads);
    while (out->nheads < n &&
           (block = cxl_writer_put(&call->out, sizeof(*block)))) {
        uint32_t id = in->start_head + out->nheads++;

        fill_head(block, id, &heads[id]);
    }
    return CXL_RET_SUCCESS;
}

static const CxlCciCommand heads_commands[] = {
    {
        .name = "Get Multi-Headed Info",
        .opcode = CXL_OP_GET_MULTI_HEADED_INFO,
        .min_in = sizeof(CxlGetMultiHeadedInfoIn),
        .max_in = sizeof(CxlGetMultiHeadedInfoIn),
        .out = sizeof(CxlGetMultiHeadedInfoOut),
        .gates = CXL_CCI_GATE_HEADS,
        .run = get_multi_headed_info,
    }, {
        .name = "Get Head Info",
        .opcode = CXL_OP_GET_HEAD_INFO,
        .min_in = sizeof(CxlGetHeadInfoIn),
        .max_in = sizeof(CxlGetHeadInfoIn),
        .out = sizeof(CxlGetHeadInfoOut),
        .gates = CXL_CCI_GATE_HEADS,
        .run = get_head_info,
    },
};

bool cxl_cci_add_heads(CxlCci *cci)
{
    return cxl_cci_add_set(cci, heads_commands,
                           sizeof(heads_commands) / sizeof(heads_commands[0]));
}
