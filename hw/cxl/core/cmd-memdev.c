/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory device commands: identify, capacity, labels (CXL 3.1 8.2.9.9.1,
 * 8.2.9.9.2)
 */
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"
#include "hw/cxl/spec/payload-memdev.h"

static Le64 capacity(uint64_t bytes)
{
    return cxl_le64(bytes / CXL_CAPACITY_UNIT);
}

/* What a guest can address: offsets and the size itself have 32 bits */
static uint32_t lsa_size(const CxlMemdev *m)
{
    return m->config.lsa_size > UINT32_MAX ? UINT32_MAX
                                           : (uint32_t)m->config.lsa_size;
}

/* 8.2.9.9.1.1: an alignment of zero says that the partitions are fixed */
static CxlRet identify_memory_device(CxlCciCall *call)
{
    const CxlMemdev *m = cxl_memdev_of(call);
    const CxlDpa *dpa = m->config.dpa;
    CxlIdentifyMemoryDeviceOut *out = call->reply;
    bool fixed = !dpa->partitionable;

    memcpy(out->fw_revision, cxl_fw_revision(&m->state.firmware),
           sizeof(out->fw_revision));
    out->total_capacity = capacity(cxl_dpa_capacity(dpa));
    out->volatile_only_capacity =
        capacity(fixed ? cxl_dpa_size(dpa, CXL_DPA_VOLATILE) : 0);
    out->persistent_only_capacity =
        capacity(fixed ? cxl_dpa_size(dpa, CXL_DPA_PERSISTENT) : 0);
    out->partition_alignment = capacity(fixed ? 0 : CXL_DPA_UNIT);
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        out->event_log_size[i] = cxl_le16(CXL_EVENT_LOG_SIZE);
    }
    out->lsa_size = cxl_le32(lsa_size(m));
    cxl_le_store(out->poison_list_max, sizeof(out->poison_list_max),
                 CXL_DPA_MAX_MARKS);
    out->inject_poison_limit = cxl_le16(CXL_DPA_MAX_MARKS);
    out->poison_caps = CXL_IDENTIFY_INJECTS_POISON |
                       CXL_IDENTIFY_SCANS_FOR_POISON;
    return CXL_RET_SUCCESS;
}

/* 8.2.9.9.2.1: "next" is zero unless a change is pending */
static CxlRet get_partition_info(CxlCciCall *call)
{
    const CxlDpa *dpa = cxl_memdev_of(call)->config.dpa;
    uint64_t bytes[CXL_DPA_KINDS], next[CXL_DPA_KINDS];
    CxlGetPartitionInfoOut *out = call->reply;

    for (unsigned kind = 0; kind < CXL_DPA_KINDS; kind++) {
        bytes[kind] = cxl_dpa_size(dpa, (CxlDpaKind)kind);
        next[kind] = cxl_dpa_next_size(dpa, (CxlDpaKind)kind);
    }
    out->active_volatile = capacity(bytes[CXL_DPA_VOLATILE]);
    out->active_persistent = capacity(bytes[CXL_DPA_PERSISTENT]);
    if (memcmp(bytes, next, sizeof(bytes))) {
        out->next_volatile = capacity(next[CXL_DPA_VOLATILE]);
        out->next_persistent = capacity(next[CXL_DPA_PERSISTENT]);
    }
    return CXL_RET_SUCCESS;
}

/* The guest waits until it is sure that a reset will find the new division */
static void remember(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    const CxlDpa *dpa = m->config.dpa;

    m->state.nv.divided = true;
    m->state.nv.volatile_size = cxl_dpa_size(dpa, CXL_DPA_VOLATILE);
    m->state.nv.next_volatile_size = cxl_dpa_next_size(dpa, CXL_DPA_VOLATILE);
    call->waits = true;
    call->effects->flags |= CXL_EFFECT_STORE | CXL_EFFECT_STORE_WAIT;
}

/* What is persistent before or after loses its data; the guest waits for it */
static CxlRet divide_now(CxlCciCall *call, uint64_t volatile_size)
{
    CxlMemdev *m = cxl_memdev_of(call);
    CxlDpa *dpa = m->config.dpa;
    uint64_t from;
    CxlRet ret = cxl_memdev_may_erase(m, (CxlRange) {
        0, cxl_dpa_capacity(dpa),
    });

    if (ret != CXL_RET_SUCCESS) {
        return ret;
    }
    if (m->config.around->decodes(m->config.device) ||
        !cxl_dpa_set_next(dpa, volatile_size)) {
        return CXL_RET_INVALID_INPUT;
    }
    from = cxl_dpa_changes(dpa);
    cxl_dpa_reset(dpa);
    remember(call);
    if (from < cxl_dpa_capacity(dpa)) {
        m->config.around->divided(m->config.device);
        cxl_erase_add(&m->state.erase, (CxlErase) {
            .range = { from, cxl_dpa_capacity(dpa) - from },
        });
        call->effects->flags &= ~CXL_EFFECT_STORE_WAIT;
        cxl_memdev_erase_now(m, call);
    }
    return CXL_RET_SUCCESS;
}

/* 8.2.9.9.2.2: what is locked is kept from who has no passphrase */
static CxlRet set_partition_info(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    const CxlSetPartitionInfoIn *in = call->request;
    uint64_t units = cxl_le64_get(in->volatile_capacity);
    uint64_t bytes = units * CXL_CAPACITY_UNIT;

    if (!m->config.dpa->partitionable) {
        return units ? CXL_RET_INVALID_INPUT : CXL_RET_SUCCESS;
    }
    if (m->state.security.locked) {
        return CXL_RET_INVALID_SECURITY_STATE;
    }
    if (bytes / CXL_CAPACITY_UNIT != units) {
        return CXL_RET_INVALID_INPUT;
    }
    if (in->flags & CXL_SET_PARTITION_IMMEDIATE) {
        return divide_now(call, bytes);
    }
    if (!cxl_dpa_set_next(m->config.dpa, bytes)) {
        return CXL_RET_INVALID_INPUT;
    }
    cxl_memdev_keep(m);
    remember(call);
    return CXL_RET_SUCCESS;
}

static bool lsa_has(const CxlMemdev *m, uint32_t offset, uint32_t len)
{
    return offset <= lsa_size(m) && len <= lsa_size(m) - offset;
}

/* 8.2.9.9.2.3 */
static CxlRet get_lsa(CxlCciCall *call)
{
    const CxlMemdev *m = cxl_memdev_of(call);
    const CxlGetLsaIn *in = call->request;
    uint32_t offset = cxl_le32_get(in->offset);
    uint32_t len = cxl_le32_get(in->length);
    uint8_t *out = lsa_has(m, offset, len) ? cxl_writer_put(&call->out, len)
                                           : NULL;

    if (!out) {
        return CXL_RET_INVALID_INPUT;
    }
    if (len && !m->config.ops->lsa_read(m->config.opaque, offset, out, len)) {
        return CXL_RET_INTERNAL_ERROR;
    }
    return CXL_RET_SUCCESS;
}

/*
 * 8.2.9.9.2.4: success means that the labels will survive a loss of power, so
 * the guest waits until the machine has seen to that
 */
static CxlRet set_lsa(CxlCciCall *call)
{
    const CxlMemdev *m = cxl_memdev_of(call);
    const CxlSetLsaIn *in = call->request;
    uint32_t offset = cxl_le32_get(in->offset);
    uint32_t len = call->in.left;

    if (!lsa_has(m, offset, len)) {
        return CXL_RET_INVALID_INPUT;
    }
    if (!len) {
        return CXL_RET_SUCCESS;
    }
    if (!m->config.ops->lsa_write(m->config.opaque, offset, call->in.at,
                                  len)) {
        return CXL_RET_INTERNAL_ERROR;
    }
    call->waits = true;
    call->effects->flags |= CXL_EFFECT_FLUSH;
    call->effects->flush = (CxlRange) { offset, len };
    return CXL_RET_SUCCESS;
}

static const CxlCciCommand memdev_commands[] = {
    {
        .name = "Identify Memory Device",
        .opcode = CXL_OP_IDENTIFY_MEMORY_DEVICE,
        .out = sizeof(CxlIdentifyMemoryDeviceOut),
        .run = identify_memory_device,
    }, {
        .name = "Get Partition Info",
        .opcode = CXL_OP_GET_PARTITION_INFO,
        .out = sizeof(CxlGetPartitionInfoOut),
        .run = get_partition_info,
    }, {
        .name = "Set Partition Info",
        .opcode = CXL_OP_SET_PARTITION_INFO,
        .effects = CXL_CEL_CONFIG_CHANGE_COLD_RESET |
                   CXL_CEL_IMMEDIATE_CONFIG_CHANGE |
                   CXL_CEL_IMMEDIATE_DATA_CHANGE | CXL_CEL_RESETS_VALID |
                   CXL_CEL_CONFIG_CHANGE_CONVENTIONAL_RESET,
        .min_in = sizeof(CxlSetPartitionInfoIn),
        .max_in = CXL_SET_PARTITION_SIZE_MAX,
        .gates = CXL_CCI_GATE_MEDIA,
        .run = set_partition_info,
    }, {
        .name = "Get LSA",
        .opcode = CXL_OP_GET_LSA,
        .min_in = sizeof(CxlGetLsaIn),
        .max_in = sizeof(CxlGetLsaIn),
        .gates = CXL_CCI_GATE_LSA | CXL_CCI_GATE_MEDIA,
        .run = get_lsa,
    }, {
        .name = "Set LSA",
        .opcode = CXL_OP_SET_LSA,
        .effects = CXL_CEL_IMMEDIATE_CONFIG_CHANGE |
                   CXL_CEL_IMMEDIATE_DATA_CHANGE,
        .min_in = sizeof(CxlSetLsaIn),
        .max_in = CXL_CCI_UNBOUNDED,
        .gates = CXL_CCI_GATE_LSA_WRITE | CXL_CCI_GATE_MEDIA,
        .run = set_lsa,
    },
};

bool cxl_cci_add_memdev(CxlCci *cci)
{
    return cxl_cci_add_set(cci, memdev_commands,
                           sizeof(memdev_commands) /
                           sizeof(memdev_commands[0]));
}
