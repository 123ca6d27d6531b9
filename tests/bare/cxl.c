/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CXL devices of the machine, for the programs of tests/bare: host bridges
 * and windows from ACPI, functions from PCI, as firmware leaves them
 */
#include "bare.h"


#define PCI_HEADER_TYPE     0x0e
#define PCI_SECONDARY       0x19
#define PCI_CAPABILITIES    0x34
#define PCI_LINK_CAP        0x0c
#define PCI_EXT_CAPS        0x100
#define PCI_EXT_DVSEC       0x0023
#define DVSEC_HEADER        0x1e98      /* vendor; CXL 3.1 8.1.1 */
#define DVSEC_CONTROL       0x0c
#define DVSEC_MEM_ENABLE    0x0004

/* Device registers (CXL 3.1 8.2.8): capabilities, the primary mailbox */
#define BAR_DEVICE          0x18
#define DEVICE_CAPS         0x10
#define DEVICE_CAP_MAILBOX  2
#define MBOX_CONTROL        0x04
#define MBOX_DOORBELL       1
#define MBOX_COMMAND        0x08
#define MBOX_STATUS         0x10
#define MBOX_PAYLOAD        0x20

/* CXL 3.1 8.2.4 */
#define CACHEMEM            0x1000
#define CAP_HDM             0x0005
#define HDM_GLOBAL          0x04
#define HDM_ENABLE          0x02
#define BASE_LO             0x00
#define SIZE_LO             0x08
#define LIST_LO             0x14
#define HOST_ONLY           (1u << 12)

#define CEDT_HOST           0
#define CEDT_WINDOW         1

/* Registers change within the access; this is only to end a broken wait */
#define MAX_POLLS           100

unsigned cxl_hosts, cxl_windows, cxl_functions;
CxlHost cxl_host[CXL_MAX_HOSTS];
CxlWindow cxl_window[CXL_MAX_WINDOWS];
CxlFunction cxl_function[CXL_MAX_FUNCTIONS];

static uint64_t ecam;

/* --- ACPI --------------------------------------------------------------- */

static uint64_t find_capability(uint64_t component, unsigned id)
{
    uint64_t array = component + CACHEMEM;
    unsigned count = load32(array) >> 24;

    for (unsigned i = 1; i <= count; i++) {
        uint32_t header = load32(array + 4 * i);

        if ((header & 0xffff) == id) {
            return array + (header >> 20);
        }
    }
    return 0;
}

static void add_host(uint64_t p)
{
    CxlHost *host = &cxl_host[cxl_hosts++];

    host->uid = load32(p + 4);
    host->component = load64(p + 16);
    host->hdm = find_capability(host->component, CAP_HDM);
}

static unsigned ways_of(unsigned eiw)
{
    return eiw < 8 ? 1u << eiw : 3u << (eiw - 8);
}

static void add_window(uint64_t p)
{
    CxlWindow *w = &cxl_window[cxl_windows++];

    w->base = load64(p + 8);
    w->size = load64(p + 16);
    w->ways = ways_of(load8(p + 24));
    w->granularity = 256ull << load32(p + 28);
    for (unsigned i = 0; i < w->ways && i < ARRAY_SIZE(w->targets); i++) {
        w->targets[i] = load32(p + 36 + 4 * i);
    }
}

static void scan_cedt(void)
{
    uint64_t cedt = bare_table("CEDT"), end = cedt + load32(cedt + 4);

    for (uint64_t p = cedt + ACPI_HEADER; p < end; p += load16(p + 2)) {
        if (load8(p) == CEDT_HOST && cxl_hosts < CXL_MAX_HOSTS) {
            add_host(p);
        } else if (load8(p) == CEDT_WINDOW && cxl_windows < CXL_MAX_WINDOWS) {
            add_window(p);
        }
    }
}

/* --- PCI ---------------------------------------------------------------- */

static uint64_t config_at(uint8_t bus, uint8_t devfn, unsigned at)
{
    return ecam + ((uint64_t)bus << 20) + ((uint64_t)devfn << 12) + at;
}

uint32_t config_read(uint8_t bus, uint8_t devfn, unsigned at, unsigned size)
{
    uint64_t address = config_at(bus, devfn, at);

    return size == 1 ? load8(address) :
           size == 2 ? load16(address) : load32(address);
}

void config_write(uint8_t bus, uint8_t devfn, unsigned at, unsigned size,
                  uint32_t value)
{
    uint64_t address = config_at(bus, devfn, at);

    if (size == 1) {
        store8(address, value);
    } else if (size == 2) {
        store16(address, value);
    } else {
        store32(address, value);
    }
}

unsigned cxl_pci_cap(const CxlFunction *f, uint8_t id)
{
    unsigned at = config_read(f->bus, f->devfn, PCI_CAPABILITIES, 1);

    for (unsigned n = 0; at && n < 48; n++) {
        uint32_t header = config_read(f->bus, f->devfn, at, 4);

        if ((header & 0xff) == id) {
            return at;
        }
        at = header >> 8 & 0xff;
    }
    return 0;
}

static unsigned find_dvsec(const CxlFunction *f, uint16_t id)
{
    unsigned at = PCI_EXT_CAPS;

    for (unsigned n = 0; at && n < 64; n++) {
        uint32_t header = config_read(f->bus, f->devfn, at, 4);

        if ((header & 0xffff) == PCI_EXT_DVSEC &&
            config_read(f->bus, f->devfn, at + 4, 2) == DVSEC_HEADER &&
            config_read(f->bus, f->devfn, at + 8, 2) == id) {
            return at;
        }
        at = header >> 20;
    }
    return 0;
}

static uint64_t bar(const CxlFunction *f, unsigned at)
{
    uint64_t low = config_read(f->bus, f->devfn, at, 4);
    uint64_t high = config_read(f->bus, f->devfn, at + 4, 4);

    return (low & ~15ull) | (low & 4 ? high << 32 : 0);
}

static uint64_t find_mailbox(const CxlFunction *f)
{
    uint64_t regs = bar(f, BAR_DEVICE);
    unsigned count = load16(regs + 4);

    for (unsigned i = 0; i < count; i++) {
        uint64_t header = regs + DEVICE_CAPS + 16 * i;

        if (load16(header) == DEVICE_CAP_MAILBOX) {
            return regs + load32(header + 4);
        }
    }
    return 0;
}

static void scan_bus(CxlHost *host, int parent, uint8_t bus);

static void add_function(CxlHost *host, int parent, uint8_t bus, uint8_t devfn)
{
    int index = cxl_functions++;
    CxlFunction *f = &cxl_function[index];
    uint32_t id = config_read(bus, devfn, 0, 4);

    *f = (CxlFunction) {
        .host = host, .parent = parent, .bus = bus, .devfn = devfn,
        .vendor = id, .device = id >> 16,
        .bridge = (config_read(bus, devfn, PCI_HEADER_TYPE, 1) & 0x7f) == 1,
    };
    config_write(bus, devfn, PCI_COMMAND, 2, PCI_MEM_MASTER);
    f->component = bar(f, PCI_BAR0);
    f->hdm = f->component ? find_capability(f->component, CAP_HDM) : 0;
    if (f->bridge) {
        unsigned express = cxl_pci_cap(f, PCI_CAP_EXPRESS);

        f->port = config_read(bus, devfn, express + PCI_LINK_CAP, 4) >> 24;
        f->secondary = config_read(bus, devfn, PCI_SECONDARY, 1);
        scan_bus(host, index, f->secondary);
    } else {
        f->dvsec = find_dvsec(f, 0);
        f->mailbox = f->dvsec ? find_mailbox(f) : 0;
    }
}

static void scan_bus(CxlHost *host, int parent, uint8_t bus)
{
    for (unsigned devfn = 0; devfn < 256; devfn += 8) {
        if (config_read(bus, devfn, 0, 2) != 0xffff &&
            cxl_functions < CXL_MAX_FUNCTIONS) {
            add_function(host, parent, bus, devfn);
        }
    }
}

void cxl_scan(void)
{
    uint64_t mcfg = bare_table("MCFG");

    ecam = load64(mcfg + ACPI_HEADER + 8);
    cxl_hosts = cxl_windows = cxl_functions = 0;
    scan_cedt();
    for (unsigned i = 0; i < cxl_hosts; i++) {
        bare_enumerate(cxl_host[i].uid);
        scan_bus(&cxl_host[i], -1, cxl_host[i].uid);
    }
}

CxlFunction *cxl_endpoint(unsigned n)
{
    for (unsigned i = 0; i < cxl_functions; i++) {
        if (cxl_function[i].dvsec && !n--) {
            return &cxl_function[i];
        }
    }
    bail("too few memory devices");
}

unsigned cxl_command(const CxlFunction *f, uint16_t opcode, const uint64_t *in,
                     unsigned len)
{
    for (unsigned i = 0; i < len / 8; i++) {
        store64(f->mailbox + MBOX_PAYLOAD + 8 * i, in[i]);
    }
    store64(f->mailbox + MBOX_COMMAND, (uint64_t)len << 16 | opcode);
    store32(f->mailbox + MBOX_CONTROL, MBOX_DOORBELL);
    for (unsigned i = 0; i < MAX_POLLS; i++) {
        if (!(load32(f->mailbox + MBOX_CONTROL) & MBOX_DOORBELL)) {
            return load64(f->mailbox + MBOX_STATUS) >> 32 & 0xffff;
        }
    }
    bail("command %x does not end", opcode);
}

/* --- decoders ----------------------------------------------------------- */

void cxl_enable(uint64_t hdm)
{
    store32(hdm + HDM_GLOBAL, HDM_ENABLE);
}

void cxl_mem_enable(CxlFunction *f)
{
    config_write(f->bus, f->devfn, f->dvsec + DVSEC_CONTROL, 2,
                 DVSEC_MEM_ENABLE);
}

static void store_halves(uint64_t at, uint64_t value)
{
    store32(at, value);
    store32(at + 4, value >> 32);
}

void cxl_program(uint64_t hdm, unsigned n, uint64_t base, uint64_t size,
                 unsigned eiw, unsigned eig, uint64_t targets)
{
    uint64_t decoder = hdm + CXL_DECODER(n);

    store_halves(decoder + BASE_LO, base);
    store_halves(decoder + SIZE_LO, size);
    store_halves(decoder + LIST_LO, targets);
    store32(decoder + CXL_CONTROL, HOST_ONLY | eiw << 4 | eig);
}

bool cxl_commit(uint64_t hdm, unsigned n)
{
    uint64_t control = hdm + CXL_DECODER(n) + CXL_CONTROL;

    store32(control, load32(control) | CXL_COMMIT);
    for (unsigned i = 0; i < MAX_POLLS; i++) {
        if (load32(control) & CXL_COMMITTED) {
            return true;
        }
    }
    return false;
}

bool cxl_uncommit(uint64_t hdm, unsigned n)
{
    uint64_t control = hdm + CXL_DECODER(n) + CXL_CONTROL;

    store32(control, load32(control) & ~CXL_COMMIT);
    return !(load32(control) & CXL_COMMITTED);
}

/* --- regions ------------------------------------------------------------ */

void region_program(CxlRegion *r)
{
    unsigned eiw = r->ways == 2;
    uint64_t targets = 0;

    for (unsigned i = 0; i < r->ways; i++) {
        CxlFunction *f = r->device[i];

        cxl_mem_enable(f);
        cxl_enable(f->hdm);
        cxl_program(f->hdm, r->decoder, r->base, r->size, eiw, 0, 0);
        if (!cxl_commit(f->hdm, r->decoder)) {
            bail("a device refused decoder %u", r->decoder);
        }
        targets |= (uint64_t)cxl_function[f->parent].port << 8 * i;
    }
    cxl_enable(r->device[0]->host->hdm);
    cxl_program(r->device[0]->host->hdm, r->decoder, r->base, r->size, eiw, 0,
                targets);
}

bool region_commit(CxlRegion *r)
{
    return cxl_commit(r->device[0]->host->hdm, r->decoder);
}

bool region_uncommit(CxlRegion *r)
{
    return cxl_uncommit(r->device[0]->host->hdm, r->decoder);
}

void region_drop(CxlRegion *r)
{
    region_uncommit(r);
    for (unsigned i = 0; i < r->ways; i++) {
        cxl_uncommit(r->device[i]->hdm, r->decoder);
    }
}
