/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the state of a pool says, for query-cxl
 */
#include "qemu/osdep.h"
#include "pool-query.h"

#include "qemu/uuid.h"

static CxlPoolHeadInfo *query_head(const CxlPool *pool, uint32_t h,
                                   uint64_t alive)
{
    CxlPoolHeadInfo *info = g_new0(CxlPoolHeadInfo, 1);
    const CxlPoolHead *head = &pool->head[h];
    const CxlPoolSlot *slot = &pool->slot[h];

    info->head = h;
    info->state = head->state == CXL_POOL_FENCED ?
                  CXL_POOL_HEAD_STATUS_FENCED : alive >> h & 1 ?
                  CXL_POOL_HEAD_STATUS_JOINED : CXL_POOL_HEAD_STATUS_GONE;
    info->access = (CxlPoolHeadAccess)head->access;
    info->owes = cxl_pool_owing(pool, alive) >> h & 1;
    if (slot->valid && slot->joined == head->joined) {
        info->name = g_strdup(slot->name);
        info->has_process = true;
        info->process = slot->pid;
    }
    return info;
}

static CxlPoolHeadInfoList *query_heads(const CxlPoolFile *f)
{
    CxlPoolHeadInfoList *list = NULL, **tail = &list;
    uint64_t alive = 0;
    CxlPoolWhy why;

    cxl_pool_file_alive(f, &alive, &why);
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        if (f->now->head[h].state != CXL_POOL_FREE) {
            QAPI_LIST_APPEND(tail, query_head(f->now, h, alive));
        }
    }
    return list;
}

static uint32List *heads_of(uint64_t mask)
{
    uint32List *list = NULL, **tail = &list;

    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        if (mask >> h & 1) {
            QAPI_LIST_APPEND(tail, h);
        }
    }
    return list;
}

static CxlPoolRowInfoList *query_rows(const CxlPoolTable *table)
{
    CxlPoolRowInfoList *list = NULL, **tail = &list;

    for (uint32_t i = 0; i < table->count; i++) {
        const CxlPoolRow *row = &table->row[i];
        CxlPoolRowInfo *info = g_new0(CxlPoolRowInfo, 1);

        info->start = row->start;
        info->length = row->length;
        info->read_write = heads_of(row->write);
        info->read_only = heads_of(row->read);
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

void cxl_pool_query(const CxlPoolFile *f, CxlDevicePool *info)
{
    QemuUUID uuid;

    QEMU_BUILD_BUG_ON(sizeof(uuid.data) != sizeof(f->id.uuid));
    memcpy(uuid.data, f->id.uuid, sizeof(uuid.data));
    info->uuid = qemu_uuid_unparse_strdup(&uuid);
    info->heads = query_heads(f);
    info->rows = query_rows(&f->now->table);
}
