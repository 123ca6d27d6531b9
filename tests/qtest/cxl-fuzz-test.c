/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whatever a guest writes, QEMU goes on: random accesses of every width and
 * offset to registers, configuration space and windows, random decoders, random
 * commands
 *
 * A run repeats itself; CXL_FUZZ_SEED=N makes another one, and CXL_FUZZ_TIMES=N
 * one that is N times as long.
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "hw/cxl/spec/retcodes.h"
#include "qemu/bswap.h"

#define LEAST_ACCESSES  10000

#define TWO_DEVICES(layout) \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G" layout " " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 " \
    "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 " \
    "-object memory-backend-ram,id=v0,size=512M " \
    "-object memory-backend-ram,id=p0,size=512M " \
    "-object memory-backend-ram,id=l0,size=64K " \
    "-object memory-backend-ram,id=v1,size=512M " \
    "-device cxl-type3,bus=rp0,volatile-memdev=v0,persistent-memdev=p0," \
    "lsa=l0,sn=1 " \
    "-device cxl-type3,bus=rp1,volatile-memdev=v1"

static uint64_t seed = 20240229;
static unsigned accesses = LEAST_ACCESSES;
static uint64_t random_state;

/* splitmix64 */
static uint64_t random_bits(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint64_t below(uint64_t bound)
{
    return random_bits() % bound;
}

/* Values at the edges are more telling than those between */
static uint64_t random_value(void)
{
    switch (below(6)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return 1ull << below(64);
    case 3:
        return below(16) << 28 | below(16) << 60;
    default:
        return random_bits();
    }
}

static QCxlTopo *start(const char *line)
{
    random_state = seed;
    g_test_message("CXL_FUZZ_SEED=%" PRIu64, seed);
    return qcxl_start("%s", line);
}

/*
 * Random commands may have injected poison, or begun a sanitize, which leaves
 * the media disabled until one is complete. With a passphrase there is only
 * Secure Erase. A slice that a reset has met has to end first.
 */
static void make_new(QCxlTopo *t, QCxlFunction *f)
{
    uint16_t ret = CXL_RET_BUSY;

    for (unsigned i = 0; i < 1000 && ret == CXL_RET_BUSY; i++) {
        ret = qcxl_command(t, f, CXL_OP_SANITIZE, NULL, 0, NULL, NULL);
        g_usleep(1000);
    }
    if (ret == CXL_RET_INVALID_SECURITY_STATE) {
        ret = qcxl_command(t, f, CXL_OP_SECURE_ERASE, NULL, 0, NULL, NULL);
    }
    g_assert(ret == CXL_RET_BACKGROUND_STARTED || ret == QCXL_SUCCESS);
    for (unsigned i = 0; i < 10000 &&
         qtest_readq(t->qts, f->mailbox + QCXL_MBOX_STATUS) & 1; i++) {
        qtest_clock_step(t->qts, 10000000);
        g_usleep(200);
    }
    g_assert_cmphex(qtest_readq(t->qts, f->memdev), ==, 0x14);
}

/* It is alive, and after a reset everything is as it should be */
static void stop(QCxlTopo *t)
{
    qtest_qmp_assert_success(t->qts, "{'execute': 'query-status'}");
    qcxl_reset(t);
    for (unsigned i = 0; i < 2; i++) {
        QCxlFunction *f = qcxl_endpoint(t, i);

        make_new(t, f);
        qcxl_map(t, f, t->window[0].base, QCXL_UNIT);
        g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
        g_assert_cmphex(qcxl_command(t, f, 0x4000, NULL, 0, NULL, NULL), ==,
                        QCXL_SUCCESS);
        g_assert(qcxl_uncommit(t, f->hdm, 0));
        g_assert(qcxl_uncommit(t, f->host->hdm, 0));
    }
    qcxl_stop(t);
}

static void random_access(QCxlTopo *t, uint64_t at, unsigned size)
{
    uint64_t value = random_value();
    uint8_t buf[8];

    stq_le_p(buf, value);
    switch (below(2) ? size : size + 8) {
    case 1:
        qtest_writeb(t->qts, at, value);
        break;
    case 2:
        qtest_writew(t->qts, at, value);
        break;
    case 4:
        qtest_writel(t->qts, at, value);
        break;
    case 8:
        qtest_writeq(t->qts, at, value);
        break;
    case 3:
    case 5:
    case 6:
    case 7:
        qtest_memwrite(t->qts, at, buf, size);
        break;
    case 8 + 1:
        qtest_readb(t->qts, at);
        break;
    case 8 + 2:
        qtest_readw(t->qts, at);
        break;
    case 8 + 4:
        qtest_readl(t->qts, at);
        break;
    case 8 + 8:
        qtest_readq(t->qts, at);
        break;
    default:
        qtest_memread(t->qts, at, buf, size);
    }
}

/* Half of the accesses go where the registers are dense */
static void fuzz_block(QCxlTopo *t, uint64_t base, uint64_t size,
                       uint64_t dense, uint64_t dense_size)
{
    for (unsigned i = 0; i < accesses; i++) {
        unsigned width = 1 + below(8);
        bool in_dense = below(2);
        uint64_t room = (in_dense ? dense_size : size) - width + 1;

        random_access(t, (in_dense ? dense : base) + below(room), width);
    }
}

static void fuzz_component(QCxlTopo *t, uint64_t component)
{
    fuzz_block(t, component, QCXL_COMPONENT_SIZE, component + QCXL_CACHEMEM,
               0x400);
}

static void test_host_registers(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));

    fuzz_component(t, t->host[0].chbcr);
    stop(t);
}

static void test_port_registers(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));

    fuzz_component(t, qcxl_port(t, 0)->component);
    stop(t);
}

static void test_component_registers(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));

    qcxl_map(t, qcxl_endpoint(t, 0), t->window[0].base, QCXL_UNIT);
    fuzz_component(t, qcxl_endpoint(t, 0)->component);
    stop(t);
}

static void test_device_registers(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));
    const QCxlFunction *f = qcxl_endpoint(t, 0);

    fuzz_block(t, f->regs, f->bar_size[2], f->mailbox, 0x80);
    fuzz_block(t, f->bar[4], f->bar_size[4], f->bar[4], 0x80);
    stop(t);
}

/* The device's own configuration space: BARs move, FLRs happen */
static void test_config(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));
    QCxlFunction *f = qcxl_endpoint(t, 0);

    for (unsigned i = 0; i < accesses; i++) {
        unsigned size = 1u << below(3);
        unsigned offset = below(below(2) ? 4096 : 0x300) & ~(size - 1);

        if (below(2)) {
            qcxl_config_write(t, f, offset, size, random_value());
        } else {
            qcxl_config_read(t, f, offset, size);
        }
    }
    stop(t);
}

/* All that a port has but Slot Control, which can make its device go away */
static void test_port_config(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));
    QCxlFunction *f = qcxl_port(t, 0);
    unsigned slot = qcxl_pci_cap(t, f, 0x10) + 0x18;

    for (unsigned i = 0; i < accesses; i++) {
        unsigned size = 1u << below(3);
        unsigned offset = below(below(2) ? 4096 : 0x300) & ~(size - 1);

        if (below(2) && offset != slot && offset != slot + 1) {
            qcxl_config_write(t, f, offset, size, random_value());
        } else {
            qcxl_config_read(t, f, offset, size);
        }
    }
    stop(t);
}

/* --- decoders --- */

static uint64_t random_range(QCxlTopo *t, bool base)
{
    uint64_t units = below(8) * QCXL_UNIT;

    if (!below(16)) {
        return random_value();
    }
    return base ? t->window[0].base + units : units;
}

static void random_decoder(QCxlTopo *t, uint64_t hdm)
{
    QCxlDecoder d = {
        .base = random_range(t, true),
        .size = random_range(t, false),
        .eiw = below(2) ? below(2) : below(16),
        .eig = below(8) ? below(7) : below(16),
    };
    unsigned n = below(3);

    d.targets = below(2) ? 0x0100 : random_value();
    if (below(3)) {
        qcxl_commit(t, hdm, n, &d);
    } else {
        qcxl_uncommit(t, hdm, n);
    }
    if (!below(8)) {
        qcxl_hdm_enable(t, hdm, below(4));
    }
}

/* Commits, legal and not, and accesses to whatever they make of the window */
static void fuzz_decoders(const char *line)
{
    QCxlTopo *t = start(line);
    const QCxlWindow *w = &t->window[0];

    for (unsigned i = 0; i < 2; i++) {
        qcxl_hdm_enable(t, qcxl_endpoint(t, i)->hdm, true);
        qcxl_mem_enable(t, qcxl_endpoint(t, i), true);
    }
    for (unsigned i = 0; i < accesses / 10; i++) {
        unsigned which = below(3);

        random_decoder(t, which == 2 ? t->host[0].hdm :
                          qcxl_endpoint(t, which)->hdm);
        for (unsigned k = 0; k < 10; k++) {
            unsigned width = 1 + below(8);

            random_access(t, w->base + below(8) * QCXL_UNIT +
                          (below(2) ? below(1024) : QCXL_UNIT - width - 1),
                          width);
        }
    }
    stop(t);
}

static void test_decoders_linear(void)
{
    fuzz_decoders(TWO_DEVICES(""));
}

static void test_decoders_exact(void)
{
    fuzz_decoders(TWO_DEVICES(",cxl-fmw.0.interleave-layout=exact"));
}

static void test_window(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));
    uint64_t base = t->window[0].base;

    qcxl_map(t, qcxl_endpoint(t, 0), base + QCXL_UNIT, QCXL_UNIT);
    fuzz_block(t, base, t->window[0].size, base + QCXL_UNIT - 0x1000, 0x2000);
    stop(t);
}

/* --- mailbox --- */

static uint16_t random_opcode(void)
{
    static const QCxlCommand known[] = {
        CXL_COMMANDS(QCXL_COMMAND)
    };

    return below(4) ? known[below(ARRAY_SIZE(known))].opcode : random_bits();
}

static uint32_t random_length(void)
{
    static const uint32_t edges[] = {
        0, 1, 4, 5, 6, 8, 16, 24, 25, 2047, 2048, 2049, 0x1fffff,
    };

    switch (below(4)) {
    case 0:
        return below(QCXL_MBOX_MAX + 1);
    case 1:
        return random_bits() & 0x1fffff;
    default:
        return edges[below(ARRAY_SIZE(edges))];
    }
}

/* Payloads that begin like good ones get further */
static void random_payload(uint8_t *in, unsigned len)
{
    static const uint8_t cel_uuid[16] = {
        0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
        0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
    };

    for (unsigned i = 0; i + 4 <= len; i += 4) {
        stl_le_p(in + i, below(2) ? below(0x10010) : random_value());
    }
    if (!below(4)) {
        memcpy(in, cel_uuid, sizeof(cel_uuid));
    }
}

static void test_commands(void)
{
    QCxlTopo *t = start(TWO_DEVICES(""));
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint8_t in[64];

    for (unsigned i = 0; i < accesses; i++) {
        uint32_t len = random_length();
        uint32_t out_len;

        random_payload(in, sizeof(in));
        qtest_memwrite(t->qts, f->mailbox + QCXL_MBOX_PAYLOAD, in, sizeof(in));
        if (qcxl_command(t, f, random_opcode(), NULL, len, NULL, &out_len)) {
            g_assert_cmpuint(out_len, ==, 0);
        }
    }
    stop(t);
}

int main(int argc, char **argv)
{
    const char *given = getenv("CXL_FUZZ_SEED");
    const char *times = getenv("CXL_FUZZ_TIMES");

    if (given) {
        seed = g_ascii_strtoull(given, NULL, 0);
    }
    if (times) {
        accesses *= g_ascii_strtoull(times, NULL, 0);
    }
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/fuzz/host-registers", test_host_registers);
    qtest_add_func("/cxl/fuzz/port-registers", test_port_registers);
    qtest_add_func("/cxl/fuzz/component-registers", test_component_registers);
    qtest_add_func("/cxl/fuzz/device-registers", test_device_registers);
    qtest_add_func("/cxl/fuzz/config", test_config);
    qtest_add_func("/cxl/fuzz/port-config", test_port_config);
    qtest_add_func("/cxl/fuzz/decoders/linear", test_decoders_linear);
    qtest_add_func("/cxl/fuzz/decoders/exact", test_decoders_exact);
    qtest_add_func("/cxl/fuzz/window", test_window);
    qtest_add_func("/cxl/fuzz/commands", test_commands);
    return g_test_run();
}
