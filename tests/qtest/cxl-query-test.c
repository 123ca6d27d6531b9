/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query-cxl and "info cxl" tell what the registers hold, and where the bytes
 * of a region really lie
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/host-utils.h"
#include "qobject/qdict.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

#define MAX_DEVICES     4

#define PCI_CAP_EXPRESS 0x10
#define SLOT_CONTROL    0x18
/* Power controller, power indicator */
#define SLOT_POWER_MASK 0x700
#define SLOT_POWER_ON   0x100
#define SLOT_POWER_OFF  0x700

/* --- the answer, with keys like "windows.0.regions.1.mapping" --- */

static const char *at(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/* A key, which is good until the next call */
static const char *at(const char *fmt, ...)
{
    static char key[128];
    va_list ap;

    va_start(ap, fmt);
    g_assert_cmpint(vsnprintf(key, sizeof(key), fmt, ap), <, sizeof(key));
    va_end(ap);
    return key;
}

static uint64_t number(QDict *answer, const char *key)
{
    QNum *num = qobject_to(QNum, qdict_get(answer, key));
    uint64_t value;

    g_assert_nonnull(num);
    g_assert(qnum_get_try_uint(num, &value));
    return value;
}

static void expect_number(QDict *answer, uint64_t value, const char *key)
{
    g_assert_cmphex(number(answer, key), ==, value);
}

static void expect_word(QDict *answer, const char *value, const char *key)
{
    g_assert_cmpstr(qdict_get_try_str(answer, key), ==, value);
}

static void expect_bool(QDict *answer, bool value, const char *key)
{
    g_assert_cmpint(qdict_get_bool(answer, key), ==, value);
}

static void expect_none(QDict *answer, const char *key)
{
    g_assert(!qdict_haskey(answer, key));
}

/* The first region of window 0 is so, and why */
static void expect_region(QCxlTopo *t, const char *mapping, const char *reason)
{
    QDict *answer = qcxl_query(t);

    expect_word(answer, mapping, "windows.0.regions.0.mapping");
    expect_word(answer, reason, "windows.0.regions.0.reason");
    qobject_unref(answer);
}

/* --- no CXL --- */

static void test_off(void)
{
    QTestState *qts = qtest_init("-machine q35");
    QDict *answer = qtest_qmp_assert_success_ref(
        qts, "{ 'execute': 'query-cxl' }");
    g_autofree char *text = qtest_hmp(qts, "info cxl");

    g_assert(!qdict_get_bool(answer, "enabled"));
    g_assert(qlist_empty(qdict_get_qlist(answer, "host-bridges")));
    g_assert(qlist_empty(qdict_get_qlist(answer, "windows")));
    g_assert_nonnull(strstr(text, "cxl=on"));
    qobject_unref(answer);
    qtest_quit(qts);
}

/* --- one device --- */

static QCxlTopo *start_one(void)
{
    return qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,"
        "cxl-fmw.0.qtg-id=3,cxl-fmw.0.restrictions=14 "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,port=7 "
        "-object memory-backend-ram,id=v,size=512M "
        "-object memory-backend-ram,id=p,share=on,size=256M "
        "-object memory-backend-ram,id=l,size=64K "
        "-device cxl-type3,bus=rp0,volatile-memdev=v,persistent-memdev=p,"
        "lsa=l,id=mem0,sn=0xfedcba9876543210,decoders=4");
}

#define PORT0   "host-bridges.0.ports.0."
#define DEVICE0 PORT0 "device."

static void test_components(void)
{
    QCxlTopo *t = start_one();
    g_autofree char *address = g_strdup_printf("%02x:00.0",
                                               qcxl_endpoint(t, 0)->bus);
    QDict *answer = qcxl_query(t);

    expect_bool(answer, true, "enabled");
    expect_word(answer, "cxl.0", "host-bridges.0.id");
    expect_word(answer, "/machine/peripheral/cxl.0", "host-bridges.0.qom-path");
    expect_number(answer, 52, "host-bridges.0.uid");
    expect_number(answer, t->host[0].chbcr, "host-bridges.0.registers");
    expect_word(answer, "rp0", PORT0 "id");
    expect_word(answer, "34:00.0", PORT0 "address");
    expect_number(answer, 7, PORT0 "port");
    expect_none(answer, "host-bridges.0.ports.1.id");
    expect_none(answer, "host-bridges.1.id");

    expect_word(answer, "mem0", DEVICE0 "id");
    expect_word(answer, "/machine/peripheral/mem0", DEVICE0 "qom-path");
    expect_word(answer, address, DEVICE0 "address");
    expect_number(answer, 0xfedcba9876543210, DEVICE0 "serial");
    expect_number(answer, 2 * QCXL_UNIT, DEVICE0 "volatile-size");
    expect_number(answer, QCXL_UNIT, DEVICE0 "persistent-size");
    expect_number(answer, 65536, DEVICE0 "label-size");
    expect_word(answer, "v", DEVICE0 "volatile-memdev");
    expect_word(answer, "p", DEVICE0 "persistent-memdev");
    expect_number(answer, 3, DEVICE0 "decoders.3.index");
    expect_none(answer, DEVICE0 "decoders.4.index");
    qobject_unref(answer);
    qcxl_stop(t);
}

static void test_window(void)
{
    QCxlTopo *t = start_one();
    QDict *answer = qcxl_query(t);

    expect_number(answer, 0, "windows.0.index");
    expect_number(answer, t->window[0].base, "windows.0.base");
    expect_number(answer, t->window[0].size, "windows.0.size");
    expect_word(answer, "cxl.0", "windows.0.targets.0");
    expect_none(answer, "windows.0.targets.1");
    expect_number(answer, 256, "windows.0.granularity");
    expect_word(answer, "modulo", "windows.0.arithmetic");
    expect_word(answer, "linear", "windows.0.layout");
    expect_word(answer, "os", "windows.0.setup");
    expect_number(answer, 3, "windows.0.qtg-id");
    expect_number(answer, 14, "windows.0.restrictions");
    expect_none(answer, "windows.1.index");
    qobject_unref(answer);
    qcxl_stop(t);
}

/* Every option has its place in the answer */
static void test_window_options(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=b,cxl-fmw.0.size=256M,"
        "cxl-fmw.1.targets.0=b,cxl-fmw.1.targets.1=a,cxl-fmw.1.size=1G,"
        "cxl-fmw.1.interleave-granularity=4k,cxl-fmw.1.arithmetic=xor,"
        "cxl-fmw.1.interleave-layout=exact "
        "-device pxb-cxl,id=a,bus=pcie.0,bus_nr=52 "
        "-device pxb-cxl,id=b,bus=pcie.0,bus_nr=20");
    QDict *answer = qcxl_query(t);

    /* Bridges by bus number, targets as given */
    expect_word(answer, "b", "host-bridges.0.id");
    expect_word(answer, "a", "host-bridges.1.id");
    expect_number(answer, t->host[0].chbcr, "host-bridges.0.registers");
    expect_number(answer, t->host[1].chbcr, "host-bridges.1.registers");
    expect_word(answer, "b", "windows.0.targets.0");
    expect_number(answer, 1, "windows.1.index");
    expect_number(answer, t->window[1].base, "windows.1.base");
    expect_word(answer, "b", "windows.1.targets.0");
    expect_word(answer, "a", "windows.1.targets.1");
    expect_number(answer, 4096, "windows.1.granularity");
    expect_word(answer, "xor", "windows.1.arithmetic");
    expect_word(answer, "exact", "windows.1.layout");
    qobject_unref(answer);
    qcxl_stop(t);
}

static void expect_idle_decoder(QDict *answer, const char *component,
                                unsigned n)
{
    expect_bool(answer, false, at("%s.decoders.%u.committed", component, n));
    expect_bool(answer, false, at("%s.decoders.%u.locked", component, n));
    expect_none(answer, at("%s.decoders.%u.base", component, n));
    expect_none(answer, at("%s.decoders.%u.refusal", component, n));
}

static void test_commit(void)
{
    QCxlTopo *t = start_one();
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base + QCXL_UNIT;
    QDict *answer = qcxl_query(t);

    expect_idle_decoder(answer, "host-bridges.0", 0);
    expect_idle_decoder(answer, PORT0 "device", 0);
    expect_bool(answer, false, DEVICE0 "mem-enabled");
    expect_bool(answer, false, DEVICE0 "hdm-enabled");
    expect_word(answer, "unmapped", "windows.0.regions.0.mapping");
    expect_word(answer, "no committed decoder", "windows.0.regions.0.reason");
    expect_number(answer, t->window[0].size, "windows.0.regions.0.size");
    expect_none(answer, "windows.0.regions.1.base");
    qobject_unref(answer);

    qcxl_map(t, f, base, 2 * QCXL_UNIT);
    answer = qcxl_query(t);
    expect_bool(answer, true, "host-bridges.0.decoders.0.committed");
    expect_number(answer, base, "host-bridges.0.decoders.0.base");
    expect_number(answer, 2 * QCXL_UNIT, "host-bridges.0.decoders.0.size");
    expect_number(answer, 1, "host-bridges.0.decoders.0.ways");
    expect_number(answer, 256, "host-bridges.0.decoders.0.granularity");
    expect_number(answer, 7, "host-bridges.0.decoders.0.targets.0");
    expect_none(answer, "host-bridges.0.decoders.0.targets.1");
    expect_none(answer, "host-bridges.0.decoders.0.dpa");
    expect_idle_decoder(answer, "host-bridges.0", 1);
    expect_bool(answer, true, DEVICE0 "decoders.0.committed");
    expect_bool(answer, false, DEVICE0 "decoders.0.locked");
    expect_number(answer, base, DEVICE0 "decoders.0.base");
    expect_number(answer, 0, DEVICE0 "decoders.0.dpa");
    expect_number(answer, 0, DEVICE0 "decoders.0.skip");
    expect_none(answer, DEVICE0 "decoders.0.targets");
    expect_bool(answer, true, DEVICE0 "mem-enabled");
    expect_bool(answer, true, DEVICE0 "hdm-enabled");

    /* Unmapped, RAM, unmapped: without gaps */
    expect_word(answer, "unmapped", "windows.0.regions.0.mapping");
    expect_number(answer, QCXL_UNIT, "windows.0.regions.0.size");
    expect_number(answer, base, "windows.0.regions.1.base");
    expect_number(answer, 2 * QCXL_UNIT, "windows.0.regions.1.size");
    expect_word(answer, "ram", "windows.0.regions.1.mapping");
    expect_none(answer, "windows.0.regions.1.reason");
    expect_none(answer, "windows.0.regions.1.granularity");
    expect_word(answer, "mem0", "windows.0.regions.1.targets.0.id");
    expect_word(answer, "/machine/peripheral/mem0",
                "windows.0.regions.1.targets.0.device");
    expect_number(answer, 0, "windows.0.regions.1.targets.0.decoder");
    expect_number(answer, 0, "windows.0.regions.1.targets.0.dpa");
    expect_number(answer, 2 * QCXL_UNIT, "windows.0.regions.1.targets.0.size");
    expect_number(answer, base, "windows.0.regions.1.targets.0.share");
    expect_word(answer, "unmapped", "windows.0.regions.2.mapping");
    expect_number(answer, base + 2 * QCXL_UNIT, "windows.0.regions.2.base");
    expect_none(answer, "windows.0.regions.3.base");
    qobject_unref(answer);

    g_assert(qcxl_uncommit(t, f->hdm, 0));
    answer = qcxl_query(t);
    expect_idle_decoder(answer, PORT0 "device", 0);
    expect_bool(answer, true, "host-bridges.0.decoders.0.committed");
    expect_word(answer, "unmapped", "windows.0.regions.0.mapping");
    qobject_unref(answer);

    qcxl_reset(t);
    answer = qcxl_query(t);
    expect_idle_decoder(answer, "host-bridges.0", 0);
    expect_bool(answer, false, DEVICE0 "mem-enabled");
    qobject_unref(answer);
    qcxl_stop(t);
}

/* The persistent part behind all volatile capacity, locked */
static void test_skip_and_lock(void)
{
    QCxlTopo *t = start_one();
    QCxlFunction *f = qcxl_endpoint(t, 0);
    QCxlDecoder d = { .base = t->window[0].base, .size = QCXL_UNIT,
                      .skip = 2 * QCXL_UNIT, .flags = QCXL_CTRL_LOCK };
    QDict *answer;

    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    answer = qcxl_query(t);
    expect_bool(answer, true, DEVICE0 "decoders.0.locked");
    expect_number(answer, 2 * QCXL_UNIT, DEVICE0 "decoders.0.dpa");
    expect_number(answer, 2 * QCXL_UNIT, DEVICE0 "decoders.0.skip");
    qobject_unref(answer);
    qcxl_stop(t);
}

static void test_refusal(void)
{
    QCxlTopo *t = start_one();
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    QCxlDecoder good = { .base = base, .size = QCXL_UNIT };
    QCxlDecoder large = { .base = base, .size = 4 * QCXL_UNIT, .eig = 2 };
    QCxlDecoder reserved = { .base = base, .size = QCXL_UNIT, .eiw = 7 };
    QDict *answer;

    g_assert(!qcxl_commit(t, f->hdm, 0, &large));
    g_assert(!qcxl_commit(t, f->hdm, 1, &good));
    g_assert(!qcxl_commit(t, f->host->hdm, 0, &reserved));
    answer = qcxl_query(t);
    expect_bool(answer, false, DEVICE0 "decoders.0.committed");
    expect_word(answer, "DPA range leaves the device",
                DEVICE0 "decoders.0.refusal");
    expect_number(answer, base, DEVICE0 "decoders.0.base");
    expect_number(answer, 4 * QCXL_UNIT, DEVICE0 "decoders.0.size");
    expect_number(answer, 1024, DEVICE0 "decoders.0.granularity");
    expect_none(answer, DEVICE0 "decoders.0.dpa");
    expect_word(answer, "decoder before it is not committed",
                DEVICE0 "decoders.1.refusal");
    expect_word(answer, "reserved or unsupported ways",
                "host-bridges.0.decoders.0.refusal");
    expect_none(answer, "host-bridges.0.decoders.0.ways");
    expect_none(answer, "host-bridges.0.decoders.0.targets.0");
    qobject_unref(answer);

    /* What is accepted then is refused no more */
    g_assert(qcxl_commit(t, f->hdm, 0, &good));
    answer = qcxl_query(t);
    expect_bool(answer, true, DEVICE0 "decoders.0.committed");
    expect_none(answer, DEVICE0 "decoders.0.refusal");
    expect_number(answer, QCXL_UNIT, DEVICE0 "decoders.0.size");
    qobject_unref(answer);
    qcxl_stop(t);
}

/* Why nothing is mapped follows what the guest does */
static void test_reasons(void)
{
    QCxlTopo *t = start_one();
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    QCxlDecoder empty_port = { .base = base, .size = QCXL_UNIT,
                               .targets = 99 };

    qcxl_map(t, f, base, QCXL_UNIT);
    expect_region(t, "ram", NULL);
    qcxl_mem_enable(t, f, false);
    expect_region(t, "unmapped", "endpoint is disabled");
    qcxl_mem_enable(t, f, true);
    expect_region(t, "ram", NULL);
    qcxl_hdm_enable(t, f->hdm, false);
    expect_region(t, "unmapped", "endpoint is disabled");
    qcxl_hdm_enable(t, f->hdm, true);
    g_assert(qcxl_uncommit(t, f->host->hdm, 0));
    expect_region(t, "unmapped", "no committed decoder");
    g_assert(qcxl_commit(t, f->host->hdm, 0, &empty_port));
    expect_region(t, "unmapped", "nothing behind the target port");
    qcxl_stop(t);
}

/* A bridge without decoders; a port with another device and an empty one */
static void test_other_ports(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on "
        "-device pxb-cxl,id=a,bus=pcie.0,bus_nr=52,hdm_for_passthrough=off "
        "-device cxl-rp,id=rp0,bus=a,slot=0 "
        "-object memory-backend-ram,id=m,size=256M "
        "-device cxl-type3,bus=rp0,volatile-memdev=m "
        "-device pxb-cxl,id=b,bus=pcie.0,bus_nr=64 "
        "-device cxl-rp,id=rp1,bus=b,slot=1 "
        "-device virtio-net-pci,bus=rp1 "
        "-device cxl-rp,bus=b,slot=2,port=200");
    QDict *answer = qcxl_query(t);

    expect_none(answer, "host-bridges.0.decoders.0.index");
    expect_none(answer, DEVICE0 "id");
    g_assert_cmphex(number(answer, DEVICE0 "serial"), !=, 0);
    expect_none(answer, DEVICE0 "persistent-memdev");
    expect_word(answer, "/machine/peripheral-anon/device[0]",
                DEVICE0 "qom-path");
    expect_word(answer, "rp1", "host-bridges.1.ports.0.id");
    expect_none(answer, "host-bridges.1.ports.0.device.qom-path");
    expect_none(answer, "host-bridges.1.ports.1.id");
    expect_number(answer, 200, "host-bridges.1.ports.1.port");
    expect_none(answer, "host-bridges.1.ports.1.device.qom-path");
    expect_none(answer, "windows.0.index");
    qobject_unref(answer);
    qcxl_stop(t);
}

/* --- interleave --- */

/**
 * struct Set - a window over @hosts bridges with @ports devices each, device i
 * below port i % @ports of bridge i / @ports
 */
typedef struct Set {
    unsigned hosts;
    unsigned ports;
    unsigned ways;
    QCxlFile *file[MAX_DEVICES];
    QCxlTopo *t;
    uint64_t base;
} Set;

#define GRANULE 1024

static void start_set(Set *s, unsigned hosts, unsigned ports,
                      const char *options)
{
    g_autoptr(GString) line = g_string_new("-machine q35,cxl=on ");

    *s = (Set) { .hosts = hosts, .ports = ports, .ways = hosts * ports };
    for (unsigned h = 0; h < hosts; h++) {
        g_string_append_printf(line, "-device pxb-cxl,id=h%u,bus=pcie.0,"
                               "bus_nr=%u ", h, 32 + 32 * h);
    }
    for (unsigned i = 0; i < s->ways; i++) {
        s->file[i] = qcxl_file_new(QCXL_UNIT);
        g_string_append_printf(
            line, "-device cxl-rp,id=rp%u,bus=h%u,slot=%u,port=%u "
            "-object memory-backend-file,id=m%u,share=on,mem-path=%s,"
            "size=256M -device cxl-type3,bus=rp%u,volatile-memdev=m%u,"
            "id=mem%u ", i, i / ports, i, 10 + i % ports, i,
            s->file[i]->path, i, i, i);
    }
    g_string_append_printf(line, "-M cxl-fmw.0.size=2G,cxl-fmw.0."
                           "interleave-granularity=%u%s", GRANULE, options);
    for (unsigned h = 0; h < hosts; h++) {
        g_string_append_printf(line, ",cxl-fmw.0.targets.%u=h%u", h, h);
    }
    s->t = qcxl_start("%s", line->str);
    s->base = s->t->window[0].base;
}

static void stop_set(Set *s)
{
    qcxl_stop(s->t);
    for (unsigned i = 0; i < s->ways; i++) {
        qcxl_file_free(s->file[i]);
    }
}

/* Two ports of a bridge take turns above what the window has decided */
static void commit_set(Set *s, unsigned device_eiw)
{
    for (unsigned h = 0; h < s->hosts; h++) {
        QCxlDecoder d = { .base = s->base, .size = s->ways * QCXL_UNIT,
                          .eiw = s->ports / 2, .targets = 0x0b0a };

        d.eig = s->hosts == 2 ? 3 : 2;
        g_assert(qcxl_commit(s->t, s->t->host[h].hdm, 0, &d));
    }
    for (unsigned i = 0; i < s->ways; i++) {
        QCxlFunction *f = qcxl_endpoint(s->t, i);
        QCxlDecoder d = { .base = s->base, .eiw = device_eiw, .eig = 2 };

        d.size = (1ull << device_eiw) * QCXL_UNIT;
        g_assert(qcxl_commit(s->t, f->hdm, 0, &d));
        qcxl_hdm_enable(s->t, f->hdm, true);
        qcxl_mem_enable(s->t, f, true);
    }
}

/* The device that the answer has at @position of the first region */
static unsigned device_at(QDict *answer, unsigned position)
{
    const char *id = qdict_get_str(
        answer, at("windows.0.regions.0.targets.%u.id", position));

    g_assert(g_str_has_prefix(id, "mem"));
    return id[3] - '0';
}

static uint64_t target_number(QDict *answer, unsigned position,
                              const char *what)
{
    return number(answer, at("windows.0.regions.0.targets.%u.%s", position,
                             what));
}

/* CXL 3.1 8.2.4.20.13: bridges take turns first, then their ports */
static void check_positions(const Set *s, QDict *answer)
{
    expect_number(answer, GRANULE, "windows.0.regions.0.granularity");
    for (unsigned i = 0; i < s->ways; i++) {
        g_assert_cmpuint(device_at(answer, i), ==,
                         i % s->hosts * s->ports + i / s->hosts);
        g_assert_cmphex(target_number(answer, i, "size"), ==, QCXL_UNIT);
        g_assert_cmphex(target_number(answer, i, "dpa"), ==, 0);
    }
    expect_none(answer, at("windows.0.regions.0.targets.%u.id", s->ways));
    expect_number(answer, s->ways * QCXL_UNIT, "windows.0.regions.0.size");
}

static void check_linear(Set *s)
{
    QDict *answer;

    commit_set(s, ctz32(s->ways));
    answer = qcxl_query(s->t);
    expect_word(answer, "linear", "windows.0.regions.0.mapping");
    expect_none(answer, "windows.0.regions.0.reason");
    check_positions(s, answer);
    for (unsigned i = 0; i < s->ways; i++) {
        uint64_t share = target_number(answer, i, "share");

        qtest_writeb(s->t->qts, share, 0xa0 + i);
        qtest_writeb(s->t->qts, share + QCXL_UNIT - 1, 0xb0 + i);
    }
    for (unsigned i = 0; i < s->ways; i++) {
        QCxlFile *file = s->file[device_at(answer, i)];

        g_assert_cmphex(file->map[0], ==, 0xa0 + i);
        g_assert_cmphex(file->map[QCXL_UNIT - 1], ==, 0xb0 + i);
    }
    qobject_unref(answer);
}

static void test_linear(void)
{
    Set s;

    start_set(&s, 1, 2, "");
    check_linear(&s);
    stop_set(&s);
    start_set(&s, 2, 2, "");
    check_linear(&s);
    stop_set(&s);
}

static void test_exact(void)
{
    QDict *answer;
    Set s;

    start_set(&s, 2, 2, ",cxl-fmw.0.interleave-layout=exact");
    commit_set(&s, 2);
    answer = qcxl_query(s.t);
    expect_word(answer, "callback", "windows.0.regions.0.mapping");
    expect_word(answer, "exact layout", "windows.0.regions.0.reason");
    expect_none(answer, "windows.0.regions.0.targets.0.share");
    check_positions(&s, answer);
    for (unsigned i = 0; i < s.ways; i++) {
        qtest_writeb(s.t->qts, s.base + i * GRANULE + 5, 0xc0 + i);
    }
    for (unsigned i = 0; i < s.ways; i++) {
        g_assert_cmphex(s.file[device_at(answer, i)]->map[5], ==, 0xc0 + i);
    }
    qobject_unref(answer);
    stop_set(&s);
}

/*
 * Devices that do not know that they take turns: each leaves out what belongs
 * to the other, so that there are no contiguous shares
 */
static void test_uneven(void)
{
    QDict *answer;
    Set s;

    start_set(&s, 1, 2, "");
    commit_set(&s, 0);
    answer = qcxl_query(s.t);
    expect_word(answer, "callback", "windows.0.regions.0.mapping");
    expect_word(answer,
                "devices do not contribute equal and contiguous shares",
                "windows.0.regions.0.reason");
    expect_number(answer, QCXL_UNIT, "windows.0.regions.0.size");
    expect_none(answer, "windows.0.regions.0.targets.0.size");
    expect_none(answer, "windows.0.regions.0.targets.0.share");
    qtest_writeb(s.t->qts, s.base + 3 * GRANULE + 1, 0xd1);
    g_assert_cmphex(s.file[device_at(answer, 1)]->map[3 * GRANULE + 1], ==,
                    0xd1);
    qobject_unref(answer);
    stop_set(&s);
}

/* What is programmed at reset is there before the guest runs, and locked */
static void test_firmware(void)
{
    QDict *answer;
    Set s;

    start_set(&s, 2, 2,
              ",cxl-fmw.0.setup=firmware,cxl-fmw.0.lock=on");
    answer = qcxl_query(s.t);
    expect_word(answer, "linear", "windows.0.regions.0.mapping");
    expect_word(answer, "firmware", "windows.0.setup");
    check_positions(&s, answer);
    expect_bool(answer, true, "host-bridges.1.decoders.0.locked");
    expect_number(answer, 10, "host-bridges.1.decoders.0.targets.0");
    expect_number(answer, 11, "host-bridges.1.decoders.0.targets.1");
    expect_bool(answer, true, DEVICE0 "decoders.0.locked");
    expect_number(answer, 4, DEVICE0 "decoders.0.ways");
    qobject_unref(answer);
    stop_set(&s);
}

/* --- a switch behind a switch --- */

static QCxlTopo *start_switches(void)
{
    return qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,port=3 "
        "-device cxl-upstream,id=us0,bus=rp0,sn=0x77,decoders=2 "
        "-device cxl-downstream,id=ds0,bus=us0,slot=1,port=4 "
        "-device cxl-downstream,id=ds1,bus=us0,slot=2,port=5 "
        "-device cxl-upstream,id=us1,bus=ds1 "
        "-device cxl-downstream,id=ds2,bus=us1,slot=3,port=6 "
        "-object memory-backend-ram,id=m,size=256M "
        "-device cxl-type3,bus=ds2,volatile-memdev=m,id=deep");
}

#define SWITCH0 PORT0 "switch."
#define SWITCH1 SWITCH0 "ports.1.switch."

static void test_switch(void)
{
    QCxlTopo *t = start_switches();
    QCxlFunction *us0 = qcxl_port(t, 1), *us1 = qcxl_port(t, 4);
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    QCxlDecoder d = { .base = base, .size = QCXL_UNIT };
    QDict *answer = qcxl_query(t);

    expect_word(answer, "us0", SWITCH0 "id");
    expect_number(answer, 0x77, SWITCH0 "serial");
    expect_none(answer, SWITCH0 "decoders.2.index");
    expect_none(answer, PORT0 "device.id");
    expect_word(answer, "ds0", SWITCH0 "ports.0.id");
    expect_number(answer, 4, SWITCH0 "ports.0.port");
    expect_none(answer, SWITCH0 "ports.0.switch.id");
    expect_word(answer, "us1", SWITCH1 "id");
    expect_none(answer, SWITCH1 "serial");
    expect_word(answer, "deep", SWITCH1 "ports.0.device.id");
    expect_none(answer, SWITCH1 "ports.1.id");
    qobject_unref(answer);

    d.targets = 3;
    g_assert(qcxl_commit(t, f->host->hdm, 0, &d));
    d.targets = 5;
    g_assert(qcxl_commit(t, us0->hdm, 0, &d));
    d.targets = 6;
    g_assert(qcxl_commit(t, us1->hdm, 0, &d));
    d.targets = 0;
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
    answer = qcxl_query(t);
    expect_number(answer, 3, "host-bridges.0.decoders.0.targets.0");
    expect_number(answer, 5, SWITCH0 "decoders.0.targets.0");
    expect_number(answer, 6, SWITCH1 "decoders.0.targets.0");
    expect_word(answer, "ram", "windows.0.regions.0.mapping");
    expect_word(answer, "deep", "windows.0.regions.0.targets.0.id");
    qobject_unref(answer);
    qcxl_stop(t);
}

/* --- hotplug --- */

/*
 * Slot power as a guest's hotplug driver switches it (PCI Express 7.5.3.10): a
 * slot that was empty has none; without it a device may leave
 */
static void set_power(QCxlTopo *t, bool on)
{
    const QCxlFunction *port = qcxl_port(t, 0);
    unsigned at = qcxl_pci_cap(t, port, PCI_CAP_EXPRESS) + SLOT_CONTROL;
    uint32_t control = qcxl_config_read(t, port, at, 2) & ~SLOT_POWER_MASK;

    qcxl_config_write(t, port, at, 2,
                      control | (on ? SLOT_POWER_ON : SLOT_POWER_OFF));
}

static void unplug(QCxlTopo *t, const char *id)
{
    qtest_qmp_device_del_send(t->qts, id);
    set_power(t, false);
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
}

static void test_hotplug(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0 "
        "-object memory-backend-ram,id=m,size=256M");
    QDict *answer = qcxl_query(t);

    expect_none(answer, DEVICE0 "qom-path");
    qobject_unref(answer);

    for (unsigned round = 0; round < 2; round++) {
        qtest_qmp_device_add(t->qts, "cxl-type3", "hot",
                             "{ 'bus': 'rp0', 'volatile-memdev': 'm' }");
        answer = qcxl_query(t);
        expect_word(answer, "hot", DEVICE0 "id");
        expect_bool(answer, false, DEVICE0 "mem-enabled");
        expect_idle_decoder(answer, PORT0 "device", 0);
        qobject_unref(answer);

        set_power(t, true);
        qcxl_scan(t);
        qcxl_map(t, qcxl_endpoint(t, 0), t->window[0].base, QCXL_UNIT);
        expect_region(t, "ram", NULL);

        unplug(t, "hot");
        answer = qcxl_query(t);
        expect_none(answer, DEVICE0 "qom-path");
        expect_word(answer, "unmapped", "windows.0.regions.0.mapping");
        expect_none(answer, "windows.0.regions.0.targets.0.device");
        qobject_unref(answer);
    }
    qcxl_stop(t);
}

/* The reason is that of now, also when a device has come or has gone */
static void test_hotplug_reason(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,port=3 "
        "-object memory-backend-ram,id=m,size=256M");
    QCxlDecoder d = { .base = t->window[0].base, .size = 4 * QCXL_UNIT,
                      .targets = 3 };

    g_assert(qcxl_commit(t, t->host[0].hdm, 0, &d));
    expect_region(t, "unmapped", "nothing behind the target port");
    qtest_qmp_device_add(t->qts, "cxl-type3", "hot",
                         "{ 'bus': 'rp0', 'volatile-memdev': 'm' }");
    expect_region(t, "unmapped", "endpoint is disabled");
    set_power(t, true);
    unplug(t, "hot");
    expect_region(t, "unmapped", "nothing behind the target port");
    qcxl_stop(t);
}

/* The reason is that of now, also when a switch without memory leaves */
static void test_unplug_switch(void)
{
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=1G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,port=3");
    QCxlDecoder d = { .base = t->window[0].base, .size = 4 * QCXL_UNIT,
                      .targets = 3 };

    g_assert(qcxl_commit(t, t->host[0].hdm, 0, &d));
    expect_region(t, "unmapped", "nothing behind the target port");
    qtest_qmp_device_add(t->qts, "cxl-upstream", "us", "{ 'bus': 'rp0' }");
    qtest_qmp_assert_success(t->qts, "{ 'execute': 'cxl-attach-switch',"
                             " 'arguments': { 'path': 'us' } }");
    set_power(t, true);
    qcxl_scan(t);
    g_assert(qcxl_commit(t, qcxl_port(t, 1)->hdm, 0, &d));
    g_assert(qcxl_uncommit(t, qcxl_port(t, 1)->hdm, 0));
    expect_region(t, "unmapped", "no committed decoder");
    unplug(t, "us");
    expect_region(t, "unmapped", "nothing behind the target port");
    qcxl_stop(t);
}

/* What belongs on the command line says so, and what can be attached instead */
static void test_cold(void)
{
    static const char *const driver[] = { "pxb-cxl", "cxl-rp",
                                          "cxl-downstream" };
    static const char *const bus[] = { "pcie.0", "cxl.0", "us0" };
    QCxlTopo *t = qcxl_start(
        "-machine q35,cxl=on -device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0 -device cxl-upstream,id=us0,bus=rp0");

    for (unsigned i = 0; i < ARRAY_SIZE(driver); i++) {
        g_autoptr(QDict) rsp = qtest_qmp(t->qts, "{ 'execute': 'device_add',"
            " 'arguments': { 'driver': %s, 'bus': %s, 'id': 'new' } }",
            driver[i], bus[i]);
        const char *why;

        g_assert(qdict_haskey(rsp, "error"));
        why = qdict_get_str(qdict_get_qdict(rsp, "error"), "desc");
        g_assert(g_str_has_prefix(why, driver[i]));
        g_assert_nonnull(strstr(why, "on the command line"));
    }
    qcxl_stop(t);
}

/* --- decoders cut a window into more pieces than it can hold --- */

#define PIECES_DEVICES  26
#define PIECES_DECODERS 10

static void commit_pieces(QCxlTopo *t, unsigned device)
{
    QCxlFunction *f = qcxl_endpoint(t, device);
    uint64_t base = t->window[0].base +
                    device * PIECES_DECODERS * QCXL_UNIT;
    QCxlDecoder host = { .base = base, .size = PIECES_DECODERS * QCXL_UNIT };
    QCxlDecoder d = { .base = base, .size = QCXL_UNIT };

    host.targets = f->parent->port;
    g_assert(qcxl_commit(t, f->host->hdm, device, &host));
    for (unsigned n = 0; n < PIECES_DECODERS; n++, d.base += QCXL_UNIT) {
        g_assert(qcxl_commit(t, f->hdm, n, &d));
    }
    qcxl_hdm_enable(t, f->hdm, true);
    qcxl_mem_enable(t, f, true);
}

static void test_pieces(void)
{
    g_autoptr(GString) line = g_string_new(
        "-machine q35,cxl=on -M cxl-fmw.0.targets.0=h,cxl-fmw.0.size=65G "
        "-device pxb-cxl,id=h,bus=pcie.0,bus_nr=32,decoders=32 ");
    QCxlTopo *t;

    for (unsigned i = 0; i < PIECES_DEVICES; i++) {
        g_string_append_printf(
            line, "-device cxl-rp,id=rp%u,bus=h,slot=%u,port=%u "
            "-object memory-backend-ram,id=m%u,reserve=off,size=2560M "
            "-device cxl-type3,bus=rp%u,volatile-memdev=m%u,decoders=%u ",
            i, i, i, i, i, i, PIECES_DECODERS);
    }
    t = qcxl_start("%s", line->str);
    for (unsigned i = 0; i < PIECES_DEVICES; i++) {
        expect_region(t, i ? "ram" : "unmapped",
                      i ? NULL : "no committed decoder");
        commit_pieces(t, i);
    }
    expect_region(t, "unmapped",
                  "decoders cut the window into too many pieces");
    g_assert(!qcxl_has_ram(t, t->window[0].base, t->window[0].size));
    g_assert(qcxl_uncommit(t, t->host[0].hdm, PIECES_DEVICES - 1));
    expect_region(t, "ram", NULL);
    qcxl_stop(t);
}

/* --- the monitor --- */

static void expect_text(QCxlTopo *t, const char *what)
{
    g_autofree char *text = qtest_hmp(t->qts, "info cxl");

    if (!strstr(text, what)) {
        g_test_message("%s", text);
        g_test_message("That is \"info cxl\", which lacks: %s", what);
        g_test_fail();
    }
}

static void test_info(void)
{
    QCxlTopo *t = start_one();
    QCxlFunction *f = qcxl_endpoint(t, 0);
    uint64_t base = t->window[0].base;
    QCxlDecoder large = { .base = base, .size = 4 * QCXL_UNIT };
    uint64_t last = base + 2 * QCXL_UNIT - 1;
    g_autofree char *ram = g_strdup_printf(
        "0x%" PRIx64 "-0x%" PRIx64 " (512 MiB): ram", base, last);

    expect_text(t, "host bridge cxl.0: uid 52");
    expect_text(t, "port 7 rp0 at 34:00.0");
    expect_text(t, "device mem0 at 35:00.0: 512 MiB volatile,"
                " 256 MiB persistent, serial 0xfedcba9876543210,"
                " CXL.mem off");
    expect_text(t, "0 of 4 decoders committed");
    expect_text(t, "targets cxl.0");
    expect_text(t, "unmapped, no committed decoder");
    g_assert(!qcxl_commit(t, f->hdm, 0, &large));
    expect_text(t, "refused, DPA range leaves the device");
    qcxl_map(t, f, base, 2 * QCXL_UNIT);
    expect_text(t, ram);
    expect_text(t, "position 0: mem0, decoder 0, DPA 0x0");
    qcxl_stop(t);

    t = start_switches();
    expect_text(t, "switch us0 at 35:00.0, serial 0x77");
    expect_text(t, "port 4 ds0 at 36:00.0: empty");
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/query/off", test_off);
    qtest_add_func("/cxl/query/components", test_components);
    qtest_add_func("/cxl/query/window", test_window);
    qtest_add_func("/cxl/query/window-options", test_window_options);
    qtest_add_func("/cxl/query/commit", test_commit);
    qtest_add_func("/cxl/query/skip-and-lock", test_skip_and_lock);
    qtest_add_func("/cxl/query/refusal", test_refusal);
    qtest_add_func("/cxl/query/reasons", test_reasons);
    qtest_add_func("/cxl/query/other-ports", test_other_ports);
    qtest_add_func("/cxl/query/linear", test_linear);
    qtest_add_func("/cxl/query/exact", test_exact);
    qtest_add_func("/cxl/query/uneven", test_uneven);
    qtest_add_func("/cxl/query/firmware", test_firmware);
    qtest_add_func("/cxl/query/switch", test_switch);
    qtest_add_func("/cxl/query/hotplug-reason", test_hotplug_reason);
    qtest_add_func("/cxl/query/hotplug", test_hotplug);
    qtest_add_func("/cxl/query/unplug-switch", test_unplug_switch);
    qtest_add_func("/cxl/query/cold", test_cold);
    qtest_add_func("/cxl/query/pieces", test_pieces);
    qtest_add_func("/cxl/query/info", test_info);
    return g_test_run();
}
