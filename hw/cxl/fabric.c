/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fabric: host bridges, and the flag "routes are out of date"
 */
#include "qemu/osdep.h"
#include "fabric.h"

typedef struct CxlFabric {
    bool open;
    bool marked;
    unsigned held;
    unsigned nbridges;
    struct CxlHostBridge *bridges[CXL_FABRIC_MAX_BRIDGES];
    const CxlMapOps *map;
    void *opaque;
} CxlFabric;

/* There is one machine */
static CxlFabric fabric;

void cxl_fabric_open(void)
{
    fabric.open = true;
}

bool cxl_fabric_is_open(void)
{
    return fabric.open;
}

bool cxl_fabric_add_bridge(struct CxlHostBridge *hb)
{
    if (fabric.nbridges == CXL_FABRIC_MAX_BRIDGES) {
        return false;
    }
    memmove(&fabric.bridges[1], &fabric.bridges[0],
            fabric.nbridges * sizeof(fabric.bridges[0]));
    fabric.bridges[0] = hb;
    fabric.nbridges++;
    return true;
}

unsigned cxl_fabric_nbridges(void)
{
    return fabric.nbridges;
}

struct CxlHostBridge *cxl_fabric_bridge(unsigned n)
{
    return fabric.bridges[n];
}

void cxl_fabric_start(const CxlMapOps *map, void *opaque)
{
    fabric.map = map;
    fabric.opaque = opaque;
    fabric.marked = true;
}

bool cxl_fabric_find_line(const struct CxlType3 *t3, uint64_t dpa,
                          uint8_t **bytes, ram_addr_t *stored)
{
    return fabric.map &&
           fabric.map->find_line(fabric.opaque, t3, dpa, bytes, stored);
}

void cxl_fabric_mark(void)
{
    fabric.marked = true;
}

static void compile_now(void)
{
    if (fabric.map) {
        fabric.marked = false;
        fabric.map->compile(fabric.opaque);
    }
}

void cxl_fabric_settle(void)
{
    if (fabric.marked && !fabric.held) {
        compile_now();
    }
}

void cxl_fabric_leave(void)
{
    compile_now();
}

void cxl_fabric_hold(void)
{
    fabric.held++;
}

void cxl_fabric_release(void)
{
    fabric.held--;
    cxl_fabric_settle();
}

void cxl_fabric_reset_exit(Object *obj, ResetType type)
{
    cxl_fabric_settle();
}
