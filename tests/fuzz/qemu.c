/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target of QEMU: CXL devices as a guest finds them, after firmware has
 * given them buses and addresses. The input is a sequence of operations: a byte
 * that says which, then its arguments. Each input begins with a system reset.
 */
#include "qemu/osdep.h"

#include "../qtest/cxl-topo.h"
#include "fuzz.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "tests/qtest/fuzz/fuzz.h"

#define SLOT_CONTROL    0x18
#define MAX_REGIONS     64

enum {
    OP_CONFIG,
    OP_CONFIG_READ,
    OP_REGISTER,
    OP_REGISTER_READ,
    OP_WINDOW,
    OP_WINDOW_READ,
    OP_DECODER,
    OP_ENABLE,
    OP_COMMAND,
    OP_CLOCK,
    OP_RESET,
    OPS,
};

static QCxlTopo *topo;

/* A block of registers */
static struct {
    uint64_t base;
    uint64_t size;
} region[MAX_REGIONS];
static unsigned nregions;

static GString *command_line(FuzzTarget *target)
{
    return g_string_new(TARGET_NAME " -display none -nodefaults -m 256M"
        " -machine q35,accel=qtest,cxl=on"
        " -device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52"
        " -device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0"
        " -device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1"
        " -device cxl-upstream,id=us0,bus=rp1,multifunction=on,addr=0.0"
        " -device cxl-switch-mailbox-cci,bus=rp1,addr=0.1,target=us0"
        " -device cxl-downstream,id=ds0,bus=us0,slot=2,port=0"
        " -device cxl-downstream,id=ds1,bus=us0,slot=3,port=1"
        " -object memory-backend-ram,id=v0,size=512M"
        " -object memory-backend-ram,id=p0,size=512M"
        " -object memory-backend-ram,id=l0,size=64K"
        " -object memory-backend-ram,id=v1,size=512M"
        " -object memory-backend-ram,id=v2,size=512M"
        " -device cxl-type3,bus=rp0,volatile-memdev=v0,persistent-memdev=p0,"
        "lsa=l0"
        " -device cxl-type3,bus=ds0,volatile-memdev=v1"
        " -device cxl-type3,bus=ds1,volatile-memdev=v2"
        " -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,"
        "cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.size=4G,"
        "cxl-fmw.1.interleave-layout=exact");
}

static void add_region(uint64_t base, uint64_t size)
{
    if (size && nregions < MAX_REGIONS) {
        region[nregions].base = base;
        region[nregions++].size = size;
    }
}

static void find_regions(void)
{
    nregions = 0;
    for (unsigned i = 0; i < topo->nhosts; i++) {
        add_region(topo->host[i].chbcr, QCXL_COMPONENT_SIZE);
    }
    for (unsigned i = 0; i < topo->nfunctions; i++) {
        for (unsigned bar = 0; bar < QCXL_BARS; bar++) {
            add_region(topo->function[i].bar[bar],
                       topo->function[i].bar_size[bar]);
        }
    }
}

static void attach(QTestState *s)
{
    topo = qcxl_attach(s);
}

static const QCxlFunction *take_function(Input *in)
{
    return &topo->function[fuzz_take(in, 1) % topo->nfunctions];
}

static void access_at(Input *in, uint64_t at, bool is_write)
{
    unsigned size = 1u << fuzz_take(in, 1) % 4;
    uint64_t value = is_write ? fuzz_take(in, size) : 0;
    uint8_t bytes[8];

    if (is_write) {
        stq_le_p(bytes, value);
        qtest_memwrite(topo->qts, at, bytes, size);
    } else {
        qtest_memread(topo->qts, at, bytes, size);
    }
}

/* All but Slot Control, by which a device goes away for good */
static void config(Input *in, bool is_write)
{
    const QCxlFunction *f = take_function(in);
    unsigned size = 1u << fuzz_take(in, 1) % 3;
    unsigned offset = fuzz_take(in, 2) % 4096 & ~(size - 1);
    unsigned slot = qcxl_pci_cap(topo, f, 0x10) + SLOT_CONTROL;

    if (!is_write) {
        qcxl_config_read(topo, f, offset, size);
    } else if (!f->bridge || offset + size <= slot || offset >= slot + 2) {
        qcxl_config_write(topo, f, offset, size, fuzz_take(in, size));
    }
}

static void registers(Input *in, bool is_write)
{
    unsigned n = fuzz_take(in, 1) % nregions;
    uint64_t offset = fuzz_take(in, 2) % region[n].size;

    access_at(in, region[n].base + offset, is_write);
}

/* Units begin and end where spans do */
static void window(Input *in, bool is_write)
{
    const QCxlWindow *w = &topo->window[fuzz_take(in, 1) % topo->nwindows];
    uint64_t unit = fuzz_take(in, 1) % (w->size / QCXL_UNIT) * QCXL_UNIT;
    int16_t offset = fuzz_take(in, 2);

    access_at(in, w->base + unit + offset, is_write);
}

/* The decoders of a component: a bridge's, or a function's if it has some */
static uint64_t take_hdm(Input *in)
{
    unsigned n = fuzz_take(in, 1) % (topo->nhosts + topo->nfunctions);

    return n < topo->nhosts ? topo->host[n].hdm :
                              topo->function[n - topo->nhosts].hdm;
}

static void decoder(Input *in)
{
    uint64_t hdm = take_hdm(in);
    unsigned n = fuzz_take(in, 1) % 4;
    const QCxlWindow *w = &topo->window[fuzz_take(in, 1) % topo->nwindows];
    QCxlDecoder d = {
        .base = w->base + fuzz_take(in, 1) % 16 * QCXL_UNIT,
        .size = fuzz_take(in, 1) % 16 * QCXL_UNIT,
        .targets = fuzz_take(in, 4),
    };

    if (hdm) {
        qcxl_decoder_set(topo, hdm, n, &d);
        qtest_writel(topo->qts, hdm + QCXL_HDM_DECODER(n) + QCXL_DEC_CTRL,
                     fuzz_take(in, 2));
    }
}

static void enable(Input *in)
{
    const QCxlFunction *f = take_function(in);
    unsigned what = fuzz_take(in, 1);

    if (f->dvsec[QCXL_DVSEC_DEVICE]) {
        qcxl_mem_enable(topo, f, what & 1);
        qcxl_hdm_enable(topo, f->hdm, what & 2);
    }
}

static void command(Input *in)
{
    const QCxlFunction *f = take_function(in);
    uint64_t opcode = fuzz_take(in, 2), len = fuzz_take(in, 1);
    uint8_t payload[UINT8_MAX] = {};

    for (unsigned i = 0; i < len; i++) {
        payload[i] = fuzz_take(in, 1);
    }
    if (f->mailbox) {
        qtest_memwrite(topo->qts, f->mailbox + QCXL_MBOX_PAYLOAD, payload,
                       len);
        qtest_writeq(topo->qts, f->mailbox + QCXL_MBOX_CMD,
                     opcode | len << 16);
        qtest_writel(topo->qts, f->mailbox + QCXL_MBOX_CTRL, 1);
    }
}

static void operate(Input *in)
{
    unsigned op = fuzz_take(in, 1) % OPS;

    switch (op) {
    case OP_CONFIG:
    case OP_CONFIG_READ:
        config(in, op == OP_CONFIG);
        break;
    case OP_REGISTER:
    case OP_REGISTER_READ:
        registers(in, op == OP_REGISTER);
        break;
    case OP_WINDOW:
    case OP_WINDOW_READ:
        window(in, op == OP_WINDOW);
        break;
    case OP_DECODER:
        decoder(in);
        break;
    case OP_ENABLE:
        enable(in);
        break;
    case OP_COMMAND:
        command(in);
        break;
    case OP_CLOCK:
        /* No time at all is an error to qtest */
        qtest_clock_step(topo->qts, 1 + fuzz_take(in, 4));
        break;
    case OP_RESET:
        qcxl_flr(topo, take_function(in));
        break;
    }
}

static void run(QTestState *s, const unsigned char *data, size_t size)
{
    Input in = { data, size };

    fuzz_reset(s);
    qcxl_scan(topo);
    find_regions();
    while (in.left) {
        operate(&in);
    }
    flush_events(s);
}

static void register_target(void)
{
    fuzz_add_target(&(FuzzTarget) {
        .name = "cxl",
        .description = "CXL devices with their addresses assigned",
        .get_init_cmdline = command_line,
        .pre_fuzz = attach,
        .fuzz = run,
    });
}

fuzz_target_init(register_target);
