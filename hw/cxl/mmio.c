/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door of MMIO: register blocks of the model as memory regions
 */
#include "qemu/osdep.h"
#include "mmio.h"

#include "report.h"
#include "trace/trace-cxl_trace_events.h"

/*
 * What traces show of a value: not what is in the payload of the mailbox, which
 * may be secret
 */
static uint64_t shown(uint64_t offset, unsigned size, uint64_t value)
{
    return offset + size > CXL_DEVICE_REGS_PAYLOAD &&
           offset < CXL_DEVICE_REGS_END ? 0 : value;
}

static uint64_t mmio_read(void *opaque, hwaddr offset, unsigned size)
{
    CxlMmio *m = opaque;
    const char *id = cxl_report_id(m->outlet->id);
    uint64_t value;

    if (m->component) {
        value = cxl_component_read(m->component, offset, size);
        trace_cxl_component_read(id, offset, size, value);
    } else {
        value = cxl_mailbox_read(m->mailbox, offset, size, cxl_time_now());
        trace_cxl_device_read(id, offset, size,
                              shown(offset, size, value));
    }
    return value;
}

static void mmio_write(void *opaque, hwaddr offset, uint64_t value,
                       unsigned size)
{
    CxlMmio *m = opaque;
    const char *id = cxl_report_id(m->outlet->id);
    CxlEffects effects = {};

    if (m->component) {
        trace_cxl_component_write(id, offset, size, value);
        cxl_component_write(m->component, offset, size, value, &effects);
    } else {
        trace_cxl_device_write(id, offset, size, shown(offset, size, value));
        cxl_mailbox_write(m->mailbox, offset, size, value, cxl_time_now(),
                          &effects);
    }
    cxl_effects_apply(m->outlet, &effects);
}

static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static void init(CxlMmio *m, Object *owner, CxlOutlet *outlet,
                 const char *name, uint64_t size)
{
    m->outlet = outlet;
    memory_region_init_io(&m->mr, owner, &mmio_ops, m, name, size);
}

void cxl_mmio_init_component(CxlMmio *m, Object *owner,
                             CxlComponent *component, CxlOutlet *outlet)
{
    m->component = component;
    m->mailbox = NULL;
    init(m, owner, outlet, "cxl-component-registers",
         CXL_COMPONENT_REGS_SIZE);
}

void cxl_mmio_init_device(CxlMmio *m, Object *owner,
                          CxlMailbox *mailbox, CxlOutlet *outlet)
{
    m->component = NULL;
    m->mailbox = mailbox;
    init(m, owner, outlet, "cxl-device-registers", CXL_DEVICE_REGS_SIZE);
}
