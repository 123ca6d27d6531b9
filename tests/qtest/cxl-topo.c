/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's view of the CXL devices of a machine
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include <sys/mman.h>
#include <sys/wait.h>

#include "block/qdict.h"
#include "hw/nvram/fw_cfg.h"
#include "libqos/fw_cfg.h"
#include "libqos/malloc-pc.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"

/* q35: where the chipset's register puts the configuration space */
#define PCIEXBAR                0x60
#define ECAM_BASE               0xb0000000u
#define ECAM_256_BUSES          1u
/* Below that lies RAM, above the I/O APIC */
#define MMIO_BASE               0xc0000000u
#define MMIO_END                0xfec00000u
/* virt: the same, but the MCFG tells where the configuration space is */
#define VIRT_MMIO_BASE          0x10000000u
#define VIRT_MMIO_END           0x3eff0000u
#define VIRT_FW_CFG             0x09020000u
/* RAM that nothing uses */
#define VIRT_SCRATCH            0x44000000u
/* What a bridge keeps free below itself for hotplug */
#define BRIDGE_ROOM             (4 * QCXL_MIB)

#define PCI_COMMAND             0x04
#define PCI_COMMAND_MEM_MASTER  0x06
#define PCI_CLASS               0x08
#define PCI_HEADER_TYPE         0x0e
#define PCI_BAR(n)              (0x10 + 4 * (n))
#define PCI_BUSES               0x18
#define PCI_MEMORY_WINDOW       0x20
#define PCI_CAPABILITIES        0x34
#define PCI_EXT_CAPABILITIES    0x100
#define PCI_CAP_EXPRESS         0x10
#define PCI_EXP_DEVICE_CONTROL  0x08
#define PCI_EXP_START_FLR       (1u << 15)
#define PCI_EXP_LINK_CAP        0x0c
#define PCI_EXT_DVSEC           0x0023
#define PCI_CLASS_CXL_MEMORY    0x050210

#define CXL_VENDOR              0x1e98

#define MAX_TABLES              (256 * 1024)

/* Registers change within the access; this is only to end a broken wait */
#define MAX_POLLS               5000
#define QUICK_POLLS             100

/* --- machines --- */

static bool is_virt(void)
{
    return !strcmp(qtest_get_arch(), "aarch64");
}

const char *qcxl_machine(void)
{
    return is_virt() ? "-machine virt,gic-version=3,cxl=on -cpu max" :
                       "-machine q35,cxl=on";
}

/* --- ACPI: CXL Early Discovery Table (CXL 3.1 9.18.1) --- */

static void parse_host(QCxlTopo *t, const uint8_t *p)
{
    QCxlHost *host = &t->host[t->nhosts++];

    g_assert_cmpuint(t->nhosts, <=, QCXL_MAX_HOSTS);
    host->uid = ldl_le_p(p + 4);
    host->chbcr = ldq_le_p(p + 16);
    g_assert_cmpuint(ldl_le_p(p + 8), ==, 1);
    g_assert_cmpuint(ldq_le_p(p + 24), ==, QCXL_COMPONENT_SIZE);
}

static unsigned ways_of(unsigned eiw)
{
    static const unsigned thirds[] = { 3, 6, 12 };

    g_assert(eiw <= 4 || (eiw >= 8 && eiw <= 10));
    return eiw <= 4 ? 1u << eiw : thirds[eiw - 8];
}

static void parse_window(QCxlTopo *t, const uint8_t *p)
{
    QCxlWindow *w = &t->window[t->nwindows++];

    g_assert_cmpuint(t->nwindows, <=, QCXL_MAX_WINDOWS);
    w->base = ldq_le_p(p + 8);
    w->size = ldq_le_p(p + 16);
    w->ways = ways_of(p[24]);
    w->arithmetic = p[25];
    w->granularity = 256ull << ldl_le_p(p + 28);
    w->restrictions = lduw_le_p(p + 32);
    g_assert_cmpuint(lduw_le_p(p + 2), ==, 36 + 4 * w->ways);
    for (unsigned i = 0; i < w->ways; i++) {
        w->targets[i] = ldl_le_p(p + 36 + 4 * i);
    }
}

static void parse_cedt(QCxlTopo *t, const uint8_t *p, const uint8_t *end)
{
    for (p += 36; p < end; p += lduw_le_p(p + 2)) {
        /* A CXIMS of no maps is the shortest; a window has its ways itself */
        g_assert_cmpuint(lduw_le_p(p + 2), >=, 8);
        if (p[0] == 0) {
            parse_host(t, p);
        } else if (p[0] == 1) {
            parse_window(t, p);
        } else if (p[0] != 2) {
            g_assert_not_reached();
        }
    }
    g_assert(p == end);
}

static size_t read_q35_tables(QCxlTopo *t, uint8_t *tables)
{
    QOSState qs = { .qts = t->qts };
    QFWCFG *fw_cfg = pc_fw_cfg_init(t->qts);
    size_t size;

    pc_alloc_init(&qs.alloc, t->qts, ALLOC_NO_FLAGS);
    size = qfw_cfg_read_file(fw_cfg, &qs, "etc/acpi/tables", tables,
                             MAX_TABLES);
    alloc_destroy(&qs.alloc);
    pc_fw_cfg_uninit(fw_cfg);
    return size;
}

/* On virt the registers are big-endian: data, selector at 8, DMA at 16 */
static void virt_fw_cfg_select(QFWCFG *fw_cfg, uint16_t key)
{
    qtest_writew(fw_cfg->qts, fw_cfg->base + 8, bswap16(key));
}

static void virt_fw_cfg_read(QFWCFG *fw_cfg, void *data, size_t len)
{
    const uint64_t buffer = VIRT_SCRATCH + sizeof(FWCfgDmaAccess);
    FWCfgDmaAccess access = {
        .control = cpu_to_be32(FW_CFG_DMA_CTL_READ),
        .length = cpu_to_be32(len),
        .address = cpu_to_be64(buffer),
    };

    qtest_memwrite(fw_cfg->qts, VIRT_SCRATCH, &access, sizeof(access));
    qtest_writeq(fw_cfg->qts, fw_cfg->base + 16, bswap64(VIRT_SCRATCH));
    qtest_memread(fw_cfg->qts, buffer, data, len);
}

static size_t read_virt_tables(QCxlTopo *t, uint8_t *tables)
{
    QFWCFG fw_cfg = {
        .base = VIRT_FW_CFG,
        .qts = t->qts,
        .select = virt_fw_cfg_select,
        .read = virt_fw_cfg_read,
    };

    return qfw_cfg_get_file(&fw_cfg, "etc/acpi/tables", tables, MAX_TABLES);
}

/* The tables as firmware gets them: one after the other, in one file */
uint8_t *qcxl_table(QCxlTopo *t, const char *signature, uint32_t *len)
{
    g_autofree uint8_t *tables = g_malloc0(MAX_TABLES);
    size_t size = is_virt() ? read_virt_tables(t, tables) :
                              read_q35_tables(t, tables);
    size_t at;

    for (at = 0; at + 36 <= size; at += *len) {
        *len = ldl_le_p(tables + at + 4);
        if (!*len) {
            break;
        }
        g_assert_cmpuint(*len, <=, size - at);
        if (!memcmp(tables + at, signature, 4)) {
            return g_memdup2(tables + at, *len);
        }
    }
    *len = 0;
    return NULL;
}

static void read_tables(QCxlTopo *t)
{
    uint32_t len;
    g_autofree uint8_t *cedt = qcxl_table(t, "CEDT", &len);

    if (cedt) {
        parse_cedt(t, cedt, cedt + len);
    }
    if (is_virt()) {
        g_autofree uint8_t *mcfg = qcxl_table(t, "MCFG", &len);

        g_assert_cmpuint(len, >=, 52);
        t->ecam = ldq_le_p(mcfg + 44);
    }
}

/* --- PCI --- */

static uint64_t config_address(const QCxlTopo *t, uint8_t bus, uint8_t devfn,
                               unsigned offset)
{
    return t->ecam + ((uint32_t)bus << 20) + ((uint32_t)devfn << 12) + offset;
}

static uint32_t read_sized(QCxlTopo *t, uint64_t at, unsigned size)
{
    return size == 1 ? qtest_readb(t->qts, at) :
           size == 2 ? qtest_readw(t->qts, at) : qtest_readl(t->qts, at);
}

uint32_t qcxl_config_read(QCxlTopo *t, const QCxlFunction *f, unsigned offset,
                          unsigned size)
{
    return read_sized(t, config_address(t, f->bus, f->devfn, offset), size);
}

void qcxl_config_write(QCxlTopo *t, const QCxlFunction *f, unsigned offset,
                       unsigned size, uint32_t value)
{
    uint64_t at = config_address(t, f->bus, f->devfn, offset);

    if (size == 1) {
        qtest_writeb(t->qts, at, value);
    } else if (size == 2) {
        qtest_writew(t->qts, at, value);
    } else {
        qtest_writel(t->qts, at, value);
    }
}

static void open_ecam(QCxlTopo *t)
{
    if (!is_virt()) {
        qtest_outl(t->qts, 0xcf8, 0x80000000u | PCIEXBAR);
        qtest_outl(t->qts, 0xcfc, ECAM_BASE | ECAM_256_BUSES);
        t->ecam = ECAM_BASE;
    }
}

static void scan_bus(QCxlTopo *t, QCxlHost *host, QCxlFunction *parent,
                     uint8_t bus);

static void set_buses(QCxlTopo *t, const QCxlFunction *f, uint8_t last)
{
    qcxl_config_write(t, f, PCI_BUSES, 4,
                      f->bus | f->secondary << 8 | last << 16);
}

static void scan_below(QCxlTopo *t, QCxlFunction *f)
{
    f->secondary = ++t->last_bus;
    g_assert_cmpuint(t->last_bus, <=, 255);
    set_buses(t, f, 255);
    scan_bus(t, f->host, f, f->secondary);
    set_buses(t, f, t->last_bus);
}

static void add_function(QCxlTopo *t, QCxlHost *host, QCxlFunction *parent,
                         uint8_t bus, uint8_t devfn, uint32_t id)
{
    QCxlFunction *f = &t->function[t->nfunctions++];

    g_assert_cmpuint(t->nfunctions, <=, QCXL_MAX_FUNCTIONS);
    *f = (QCxlFunction) {
        .parent = parent,
        .host = host,
        .bus = bus,
        .devfn = devfn,
        .vendor = id & 0xffff,
        .device = id >> 16,
    };
    f->class = qcxl_config_read(t, f, PCI_CLASS, 4) >> 8;
    f->bridge = (qcxl_config_read(t, f, PCI_HEADER_TYPE, 1) & 0x7f) == 1;
    if (f->bridge) {
        scan_below(t, f);
    }
}

static void scan_bus(QCxlTopo *t, QCxlHost *host, QCxlFunction *parent,
                     uint8_t bus)
{
    for (unsigned devfn = 0; devfn < 256; devfn++) {
        uint64_t at = config_address(t, bus, devfn, 0);
        uint32_t id = qtest_readl(t->qts, at);

        if (id != UINT32_MAX) {
            add_function(t, host, parent, bus, devfn, id);
        }
        /* Functions 1 to 7 are there only if function 0 says so */
        if (devfn % 8 == 0 &&
            (id == UINT32_MAX ||
             !(qtest_readb(t->qts, at + PCI_HEADER_TYPE) & 0x80))) {
            devfn += 7;
        }
    }
}

static void assign_bars(QCxlTopo *t, QCxlFunction *f)
{
    unsigned count = f->bridge ? 2 : QCXL_BARS;

    qcxl_config_write(t, f, PCI_COMMAND, 2, 0);
    for (unsigned i = 0; i < count; i++) {
        uint32_t mask;

        qcxl_config_write(t, f, PCI_BAR(i), 4, UINT32_MAX);
        mask = qcxl_config_read(t, f, PCI_BAR(i), 4);
        if (!mask) {
            continue;
        }
        g_assert_cmpuint(mask & 1, ==, 0);
        f->bar_size[i] = ~(mask & ~0xfu) + 1u;
        t->mmio = ROUND_UP(t->mmio, f->bar_size[i]);
        f->bar[i] = t->mmio;
        t->mmio += f->bar_size[i];
        g_assert_cmphex(t->mmio, <=, is_virt() ? VIRT_MMIO_END : MMIO_END);
        qcxl_config_write(t, f, PCI_BAR(i), 4, f->bar[i]);
        if (mask & 4) {
            qcxl_config_write(t, f, PCI_BAR(++i), 4, 0);
        }
    }
}

static void assign_below(QCxlTopo *t, QCxlFunction *parent)
{
    uint64_t start;

    for (unsigned i = 0; i < t->nfunctions; i++) {
        QCxlFunction *f = &t->function[i];

        if (f->parent != parent) {
            continue;
        }
        assign_bars(t, f);
        if (f->bridge) {
            t->mmio = ROUND_UP(t->mmio, QCXL_MIB);
            start = t->mmio;
            assign_below(t, f);
            t->mmio = ROUND_UP(MAX(t->mmio, start + BRIDGE_ROOM), QCXL_MIB);
            qcxl_config_write(t, f, PCI_MEMORY_WINDOW, 4,
                              start >> 16 | (t->mmio - 1) >> 16 << 16);
        }
        qcxl_config_write(t, f, PCI_COMMAND, 2, PCI_COMMAND_MEM_MASTER);
    }
}

unsigned qcxl_pci_cap(QCxlTopo *t, const QCxlFunction *f, uint8_t id)
{
    unsigned at = qcxl_config_read(t, f, PCI_CAPABILITIES, 1);

    for (unsigned n = 0; at && n < 48; n++) {
        if (qcxl_config_read(t, f, at, 1) == id) {
            return at;
        }
        at = qcxl_config_read(t, f, at + 1, 1);
    }
    return 0;
}

static unsigned express(QCxlTopo *t, unsigned reg)
{
    return qcxl_pci_cap(t, qcxl_port(t, 0), 0x10) + reg;
}

uint16_t qcxl_port_read(QCxlTopo *t, unsigned reg)
{
    return qcxl_config_read(t, qcxl_port(t, 0), express(t, reg), 2);
}

void qcxl_port_write(QCxlTopo *t, unsigned reg, uint16_t value)
{
    qcxl_config_write(t, qcxl_port(t, 0), express(t, reg), 2, value);
}

unsigned qcxl_ext_cap(QCxlTopo *t, const QCxlFunction *f, uint16_t id)
{
    unsigned at = PCI_EXT_CAPABILITIES;

    for (unsigned n = 0; at && n < 64; n++) {
        uint32_t header = qcxl_config_read(t, f, at, 4);

        if ((header & 0xffff) == id) {
            return at;
        }
        at = header >> 20;
    }
    return 0;
}

static void find_dvsecs(QCxlTopo *t, QCxlFunction *f)
{
    unsigned at = PCI_EXT_CAPABILITIES;

    for (unsigned n = 0; at && n < 64; n++) {
        uint32_t header = qcxl_config_read(t, f, at, 4);

        if ((header & 0xffff) == PCI_EXT_DVSEC &&
            qcxl_config_read(t, f, at + 4, 2) == CXL_VENDOR) {
            unsigned id = qcxl_config_read(t, f, at + 8, 2);

            g_assert_cmpuint(id, <, QCXL_DVSECS);
            g_assert_cmpuint(f->dvsec[id], ==, 0);
            f->dvsec[id] = at;
        }
        at = header >> 20;
    }
}

/* --- register blocks --- */

uint64_t qcxl_component_cap(QCxlTopo *t, uint64_t component, uint16_t id)
{
    uint64_t array = component + QCXL_CACHEMEM;
    uint32_t header = qtest_readl(t->qts, array);

    g_assert_cmphex(header & 0xffff, ==, 1);
    for (unsigned i = 1; i <= header >> 24; i++) {
        uint32_t cap = qtest_readl(t->qts, array + 4 * i);

        if ((cap & 0xffff) == id) {
            return array + (cap >> 20);
        }
    }
    return 0;
}

static uint64_t device_cap(QCxlTopo *t, uint64_t regs, uint16_t id)
{
    unsigned count = qtest_readq(t->qts, regs) >> 32 & 0xffff;

    for (unsigned i = 1; i <= count; i++) {
        uint64_t cap = qtest_readq(t->qts, regs + 0x10 * i);

        if ((cap & 0xffff) == id) {
            return regs + (cap >> 32);
        }
    }
    return 0;
}

static void find_blocks(QCxlTopo *t, QCxlFunction *f)
{
    unsigned at = f->dvsec[QCXL_DVSEC_LOCATOR];
    unsigned end = at;

    if (!at) {
        return;
    }
    end += qcxl_config_read(t, f, at + 6, 2) >> 4;
    for (at += 0xc; at + 8 <= end; at += 8) {
        uint32_t low = qcxl_config_read(t, f, at, 4);
        uint64_t offset = (uint64_t)qcxl_config_read(t, f, at + 4, 4) << 32 |
                          (low & 0xffff0000u);
        uint64_t block;

        if (!(low >> 8 & 0xff)) {
            continue;
        }
        g_assert_cmpuint(low & 7, <, QCXL_BARS);
        g_assert_cmphex(f->bar[low & 7], !=, 0);
        block = f->bar[low & 7] + offset;
        if ((low >> 8 & 0xff) == 1) {
            f->component = block;
        } else if ((low >> 8 & 0xff) == 3) {
            f->regs = block;
        }
    }
}

static void find_registers(QCxlTopo *t, QCxlFunction *f)
{
    unsigned express = qcxl_pci_cap(t, f, PCI_CAP_EXPRESS);

    if (express) {
        f->port = qcxl_config_read(t, f, express + PCI_EXP_LINK_CAP, 4) >> 24;
    }
    find_dvsecs(t, f);
    find_blocks(t, f);
    if (f->component) {
        f->hdm = qcxl_component_cap(t, f->component, QCXL_CAP_HDM);
    }
    if (f->regs) {
        f->status = device_cap(t, f->regs, QCXL_DEV_STATUS);
        f->mailbox = device_cap(t, f->regs, QCXL_DEV_MAILBOX);
        f->memdev = device_cap(t, f->regs, QCXL_DEV_MEMDEV);
    }
}

/* --- the whole --- */

static int by_uid(const void *a, const void *b)
{
    const QCxlHost *x = a, *y = b;

    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* Two root ports must not lead to one bus while there are more than before */
static void forget_buses(QCxlTopo *t)
{
    for (unsigned i = 0; i < t->nfunctions; i++) {
        if (t->function[i].bridge && !t->function[i].parent) {
            qcxl_config_write(t, &t->function[i], PCI_BUSES, 4, 0);
        }
    }
    t->nfunctions = 0;
}

void qcxl_scan(QCxlTopo *t)
{
    open_ecam(t);
    forget_buses(t);
    t->mmio = is_virt() ? VIRT_MMIO_BASE : MMIO_BASE;
    for (unsigned i = 0; i < t->nhosts; i++) {
        t->last_bus = t->host[i].uid;
        scan_bus(t, &t->host[i], NULL, t->host[i].uid);
        /* The next host bridge's bus must not be used already */
        g_assert(i + 1 == t->nhosts || t->last_bus < t->host[i + 1].uid);
    }
    assign_below(t, NULL);
    for (unsigned i = 0; i < t->nfunctions; i++) {
        find_registers(t, &t->function[i]);
    }
    for (unsigned i = 0; i < t->nhosts; i++) {
        t->host[i].hdm = qcxl_component_cap(t, t->host[i].chbcr, QCXL_CAP_HDM);
    }
}

QCxlTopo *qcxl_attach(QTestState *qts)
{
    QCxlTopo *t = g_new0(QCxlTopo, 1);

    t->qts = qts;
    read_tables(t);
    qsort(t->host, t->nhosts, sizeof(t->host[0]), by_uid);
    qcxl_scan(t);
    return t;
}

QCxlTopo *qcxl_start(const char *fmt, ...)
{
    QTestState *qts;
    va_list ap;

    va_start(ap, fmt);
    qts = qtest_vinitf(fmt, ap);
    va_end(ap);
    return qcxl_attach(qts);
}

void qcxl_stop(QCxlTopo *t)
{
    qtest_quit(t->qts);
    g_free(t);
}

/*
 * libqtest takes a QEMU that was killed for one that has crashed, so it never
 * hears of it: its state stays.
 */
void qcxl_kill(QCxlTopo *t)
{
    pid_t pid = qtest_pid(t->qts);

    qtest_remove_abrt_handler(t->qts);
    g_assert_cmpint(kill(pid, SIGKILL), ==, 0);
    g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
    g_free(t);
}

static QCxlFunction *find_nth(QCxlTopo *t, unsigned n, bool bridge)
{
    for (unsigned i = 0; i < t->nfunctions; i++) {
        QCxlFunction *f = &t->function[i];

        if (f->bridge == bridge &&
            (bridge || f->class == PCI_CLASS_CXL_MEMORY) && !n--) {
            return f;
        }
    }
    g_assert_not_reached();
}

QCxlFunction *qcxl_endpoint(QCxlTopo *t, unsigned n)
{
    return find_nth(t, n, false);
}

QCxlFunction *qcxl_port(QCxlTopo *t, unsigned n)
{
    return find_nth(t, n, true);
}

unsigned qcxl_count(QCxlTopo *t, uint16_t vendor, uint16_t device)
{
    unsigned n = 0;

    for (unsigned i = 0; i < t->nfunctions; i++) {
        n += t->function[i].vendor == vendor &&
             t->function[i].device == device;
    }
    return n;
}

void qcxl_flr(QCxlTopo *t, const QCxlFunction *f)
{
    unsigned at = qcxl_pci_cap(t, f, PCI_CAP_EXPRESS) + PCI_EXP_DEVICE_CONTROL;

    qcxl_config_write(t, f, at, 2,
                      qcxl_config_read(t, f, at, 2) | PCI_EXP_START_FLR);
}

void qcxl_reset(QCxlTopo *t)
{
    qtest_system_reset(t->qts);
    qcxl_scan(t);
}

/* --- decoders --- */

void qcxl_mem_enable(QCxlTopo *t, const QCxlFunction *f, bool on)
{
    unsigned at = f->dvsec[QCXL_DVSEC_DEVICE] + QCXL_DEVICE_CTRL;
    uint32_t ctrl = qcxl_config_read(t, f, at, 2);

    qcxl_config_write(t, f, at, 2, on ? ctrl | QCXL_DEVICE_CTRL_MEM :
                                        ctrl & ~QCXL_DEVICE_CTRL_MEM);
}

void qcxl_hdm_enable(QCxlTopo *t, uint64_t hdm, bool on)
{
    qtest_writel(t->qts, hdm + QCXL_HDM_GLOBAL,
                 on ? QCXL_HDM_GLOBAL_ENABLE : 0);
}

uint32_t qcxl_decoder_ctrl(QCxlTopo *t, uint64_t hdm, unsigned n)
{
    return qtest_readl(t->qts, hdm + QCXL_HDM_DECODER(n) + QCXL_DEC_CTRL);
}

void qcxl_decoder_set(QCxlTopo *t, uint64_t hdm, unsigned n,
                      const QCxlDecoder *d)
{
    uint64_t at = hdm + QCXL_HDM_DECODER(n);

    qtest_writel(t->qts, at + QCXL_DEC_BASE_HI, d->base >> 32);
    qtest_writel(t->qts, at + QCXL_DEC_BASE_LO, d->base);
    qtest_writel(t->qts, at + QCXL_DEC_SIZE_HI, d->size >> 32);
    qtest_writel(t->qts, at + QCXL_DEC_SIZE_LO, d->size);
    qtest_writel(t->qts, at + QCXL_DEC_LIST_HI, d->targets >> 32);
    qtest_writel(t->qts, at + QCXL_DEC_LIST_LO, d->targets);
}

bool qcxl_commit(QCxlTopo *t, uint64_t hdm, unsigned n, const QCxlDecoder *d)
{
    const uint32_t done = QCXL_CTRL_COMMITTED | QCXL_CTRL_ERROR;
    uint64_t at = hdm + QCXL_HDM_DECODER(n);
    uint32_t ctrl = 0;

    qcxl_decoder_set(t, hdm, n, d);
    qtest_writel(t->qts, at + QCXL_DEC_CTRL,
                 QCXL_CTRL_IW(d->eiw) | d->eig | d->flags |
                 QCXL_CTRL_HOST_ONLY | QCXL_CTRL_COMMIT);
    for (unsigned i = 0; i < MAX_POLLS && !(ctrl & done); i++) {
        ctrl = qtest_readl(t->qts, at + QCXL_DEC_CTRL);
    }
    g_assert((ctrl & done) == QCXL_CTRL_COMMITTED ||
             (ctrl & done) == QCXL_CTRL_ERROR);
    return ctrl & QCXL_CTRL_COMMITTED;
}

bool qcxl_uncommit(QCxlTopo *t, uint64_t hdm, unsigned n)
{
    uint64_t at = hdm + QCXL_HDM_DECODER(n) + QCXL_DEC_CTRL;

    qtest_writel(t->qts, at, qtest_readl(t->qts, at) & ~QCXL_CTRL_COMMIT);
    return !(qtest_readl(t->qts, at) & QCXL_CTRL_COMMITTED);
}

void qcxl_map(QCxlTopo *t, QCxlFunction *f, uint64_t base, uint64_t size)
{
    QCxlDecoder host = { .base = base, .size = size };
    QCxlDecoder device = { .base = base, .size = size };

    host.targets = f->parent->port;
    g_assert(qcxl_commit(t, f->host->hdm, 0, &host));
    g_assert(qcxl_commit(t, f->hdm, 0, &device));
    qcxl_hdm_enable(t, f->host->hdm, true);
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
}

void qcxl_map_two_ways(QCxlTopo *t, uint64_t base)
{
    const QCxlDecoder device = { .base = base, .size = 2 * QCXL_UNIT,
                                 .eiw = 1 };
    const QCxlDecoder host = { .base = base, .size = 2 * QCXL_UNIT, .eiw = 1,
                               .targets = 0x0100 };

    for (unsigned i = 0; i < 2; i++) {
        QCxlFunction *f = qcxl_endpoint(t, i);

        qcxl_mem_enable(t, f, true);
        qcxl_hdm_enable(t, f->hdm, true);
        g_assert(qcxl_commit(t, f->hdm, 0, &device));
    }
    g_assert(qcxl_commit(t, t->host[0].hdm, 0, &host));
}

/* --- mailbox (CXL 3.1 8.2.8.4) --- */

uint16_t qcxl_command(QCxlTopo *t, const QCxlFunction *f, uint16_t opcode,
                      const void *in, uint32_t in_len, void *out,
                      uint32_t *out_len)
{
    uint64_t at = f->mailbox;
    uint64_t cmd;
    uint32_t ctrl = 1, len;

    if (in && in_len) {
        qtest_memwrite(t->qts, at + QCXL_MBOX_PAYLOAD, in,
                       MIN(in_len, QCXL_MBOX_MAX));
    }
    qtest_writeq(t->qts, at + QCXL_MBOX_CMD,
                 opcode | (uint64_t)in_len << 16);
    qtest_writel(t->qts, at + QCXL_MBOX_CTRL,
                 qtest_readl(t->qts, at + QCXL_MBOX_CTRL) | 1);
    for (unsigned i = 0; i < MAX_POLLS && (ctrl & 1); i++) {
        ctrl = qtest_readl(t->qts, at + QCXL_MBOX_CTRL);
        if (i >= QUICK_POLLS && (ctrl & 1)) {
            /* labels are on the way to their file */
            g_usleep(1000);
        }
    }
    g_assert_cmphex(ctrl & 1, ==, 0);

    cmd = qtest_readq(t->qts, at + QCXL_MBOX_CMD);
    g_assert_cmphex(cmd & 0xffff, ==, opcode);
    len = cmd >> 16 & 0x1fffff;
    g_assert_cmpuint(len, <=, QCXL_MBOX_MAX);
    if (out && len) {
        qtest_memread(t->qts, at + QCXL_MBOX_PAYLOAD, out, len);
    }
    if (out_len) {
        *out_len = len;
    }
    return qtest_readq(t->qts, at + QCXL_MBOX_STATUS) >> 32 & 0xffff;
}

/* --- info mtree -f --- */

/* "first-last (prio 0, ram): name": is it RAM, and where? */
static bool parse_ram(const char *line, uint64_t *first, uint64_t *last)
{
    char kind[16];

    return sscanf(line, " %" SCNx64 "-%" SCNx64 " (prio %*d, %15[a-z-])",
                  first, last, kind) == 3 &&
           (!strcmp(kind, "ram") || !strcmp(kind, "nv-ram"));
}

/* How many bytes of [base, base + size) the system address space has as RAM */
static uint64_t ram_bytes(QCxlTopo *t, uint64_t base, uint64_t size)
{
    g_autofree char *tree = qtest_hmp(t->qts, "info mtree -f");
    g_auto(GStrv) lines = g_strsplit(tree, "\n", -1);
    bool ours = false;
    uint64_t bytes = 0;

    for (unsigned i = 0; lines[i]; i++) {
        uint64_t first, last;

        if (g_str_has_prefix(lines[i], "FlatView")) {
            ours = false;
        }
        ours |= strstr(lines[i], "AS \"memory\"") != NULL;
        if (ours && parse_ram(lines[i], &first, &last) &&
            first < base + size && last >= base) {
            bytes += MIN(last, base + size - 1) - MAX(first, base) + 1;
        }
    }
    return bytes;
}

bool qcxl_is_ram(QCxlTopo *t, uint64_t base, uint64_t size)
{
    return ram_bytes(t, base, size) == size;
}

bool qcxl_has_ram(QCxlTopo *t, uint64_t base, uint64_t size)
{
    return ram_bytes(t, base, size) != 0;
}

/* --- QMP --- */

QDict *qcxl_query(QCxlTopo *t)
{
    QDict *answer = qtest_qmp_assert_success_ref(
        t->qts, "{ 'execute': 'query-cxl' }");

    qdict_flatten(answer);
    return answer;
}

/* --- backends --- */

char *qcxl_empty_file(void)
{
    char *path;
    int fd = g_file_open_tmp("qcxl-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    return path;
}

QCxlFile *qcxl_file_new(uint64_t size)
{
    QCxlFile *file = g_new0(QCxlFile, 1);
    int fd = g_file_open_tmp("qcxl-XXXXXX", &file->path, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, size), ==, 0);
    file->size = size;
    file->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g_assert(file->map != MAP_FAILED);
    close(fd);
    return file;
}

void qcxl_file_free(QCxlFile *file)
{
    munmap(file->map, file->size);
    unlink(file->path);
    g_free(file->path);
    g_free(file);
}
