/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes into a slot and leaves it: whole switches, devices that are pulled
 * out, detaching that is taken back (CXL 3.1 9.9; PCIe 6.0 6.7)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"

/* PCI Express capability */
#define LINK_STATUS     0x12
#define LINK_ACTIVE     0x2000
#define SLOT_CONTROL    0x18
#define SLOT_PDCE       0x0008
#define SLOT_HPIE       0x0020
#define SLOT_PIC_ON     0x0100
#define SLOT_PIC_BLINK  0x0200
#define SLOT_PIC_OFF    0x0300
#define SLOT_POWER_OFF  0x0400
#define SLOT_DLLSCE     0x1000
#define SLOT_STATUS     0x1a
#define SLOT_ABP        0x0001
#define SLOT_PDC        0x0008
#define SLOT_PDS        0x0040
#define SLOT_DLLSC      0x0100

/* MSI */
#define MSI_FLAGS       0x02
#define MSI_ADDRESS     0x04
#define MSI_DATA        0x0c
#define MSI_WHERE       0x2000000   /* guest RAM, so that it can be seen */

#define UPSTREAM        0xa12819e5
#define MEMORY          0x0d938086

#define PORTS \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0,bus-reserve=8 " \
    "-device cxl-rp,id=rp1,bus=cxl.0,slot=1,port=1 " \
    "-object memory-backend-ram,id=m0,size=256M "

#define VALUE   0x1122334455667788

static void power_off(QCxlTopo *t)
{
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_OFF | SLOT_POWER_OFF);
}

static void add(QCxlTopo *t, const char *arguments)
{
    QDict *cmd = qdict_new();

    qdict_put_str(cmd, "execute", "device_add");
    qdict_put_obj(cmd, "arguments", qobject_from_json(arguments,
                                                      &error_abort));
    qtest_qmp_assert_success(t->qts, "%p", cmd);
}

#define ADD_UPSTREAM \
    "{ 'driver': 'cxl-upstream', 'id': 'us0', 'bus': 'rp0' }"
#define ADD_DOWNSTREAM(n) \
    "{ 'driver': 'cxl-downstream', 'id': 'ds" #n "', 'bus': 'us0'," \
    "  'port': " #n ", 'slot': 1" #n " }"
#define ADD_MEMORY(bus) \
    "{ 'driver': 'cxl-type3', 'id': 'dev0', 'bus': '" bus "'," \
    "  'volatile-memdev': 'm0' }"

static void command(QCxlTopo *t, const char *name, const char *path)
{
    qtest_qmp_assert_success(t->qts, "{'execute': %s, 'arguments':"
                             " { 'path': %s } }", name, path);
}

static void delete(QCxlTopo *t, const char *id)
{
    qtest_qmp_assert_success(t->qts, "{'execute': 'device_del', 'arguments':"
                             " { 'id': %s } }", id);
}

/* Waits for DEVICE_DELETED of so many devices with ids */
static void wait_deleted(QCxlTopo *t, unsigned count)
{
    while (count) {
        QDict *event = qtest_qmp_eventwait_ref(t->qts, "DEVICE_DELETED");

        count -= qdict_haskey(qdict_get_qdict(event, "data"), "device");
        qobject_unref(event);
    }
}

static void check_refused(QCxlTopo *t, const char *what, const char *why)
{
    QDict *response = qtest_qmp(t->qts, "%p", qobject_from_json(what,
                                                                &error_abort));
    const char *desc;

    g_assert(qdict_haskey(response, "error"));
    desc = qdict_get_str(qdict_get_qdict(response, "error"), "desc");
    if (!strstr(desc, why)) {
        g_error("'%s' is not in '%s'", why, desc);
    }
    qobject_unref(response);
}

/* What a guest finds below the first port */
static uint32_t below_port(QCxlTopo *t)
{
    QCxlFunction below = { .bus = qcxl_port(t, 0)->secondary };

    return qcxl_config_read(t, &below, 0, 4);
}

static QCxlTopo *start_staged(void)
{
    QCxlTopo *t = qcxl_start(PORTS);

    /* As Linux leaves an empty slot */
    power_off(t);
    add(t, ADD_UPSTREAM);
    add(t, ADD_DOWNSTREAM(0));
    add(t, ADD_DOWNSTREAM(1));
    add(t, ADD_MEMORY("ds1"));
    return t;
}

static void check_empty(QCxlTopo *t)
{
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) &
                    (SLOT_PDS | SLOT_PDC | SLOT_ABP), ==, 0);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==, 0);
    g_assert_cmphex(below_port(t), ==, UINT32_MAX);
}

static void check_there(QCxlTopo *t)
{
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) &
                    (SLOT_PDS | SLOT_PDC | SLOT_ABP), ==,
                    SLOT_PDS | SLOT_PDC | SLOT_ABP);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==,
                    LINK_ACTIVE);
    qcxl_port_write(t, SLOT_STATUS, SLOT_PDC | SLOT_ABP);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    g_assert_cmphex(below_port(t), ==, UPSTREAM);
}

/* Slots of the new switch are powered, and have nothing to tell */
static void check_ports(QCxlTopo *t)
{
    for (unsigned i = 0; i < 2; i++) {
        const QCxlFunction *f = qcxl_port(t, 2 + i);
        unsigned cap = qcxl_pci_cap(t, f, 0x10);

        g_assert_cmphex(f->device, ==, 0xa129);
        g_assert_cmphex(qcxl_config_read(t, f, cap + SLOT_STATUS, 2) &
                        (SLOT_PDS | SLOT_PDC | SLOT_ABP), ==,
                        i ? SLOT_PDS : 0);
        g_assert_cmphex(qcxl_config_read(t, f, cap + SLOT_CONTROL, 2) &
                        SLOT_POWER_OFF, ==, i ? 0 : SLOT_POWER_OFF);
    }
}

static void map_behind_switch(QCxlTopo *t)
{
    QCxlFunction *f = qcxl_endpoint(t, 0);
    QCxlDecoder d = { .base = t->window[0].base, .size = QCXL_UNIT };

    g_assert(qcxl_commit(t, f->host->hdm, 0, &d));
    d.targets = 1;
    g_assert(qcxl_commit(t, f->parent->parent->hdm, 0, &d));
    d.targets = 0;
    qcxl_hdm_enable(t, f->hdm, true);
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    qcxl_mem_enable(t, f, true);
    g_assert(qcxl_is_ram(t, t->window[0].base, QCXL_UNIT));
    qtest_writeq(t->qts, t->window[0].base, VALUE);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, VALUE);
}

static void test_switch(void)
{
    QCxlTopo *t = start_staged();

    check_empty(t);
    /* What a guest does to its slot changes nothing */
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    check_empty(t);
    power_off(t);
    qcxl_reset(t);
    check_empty(t);
    command(t, "cxl-attach-switch", "us0");
    check_there(t);
    qcxl_scan(t);
    check_ports(t);
    map_behind_switch(t);
    delete(t, "us0");
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_ABP, ==, SLOT_ABP);
    power_off(t);
    wait_deleted(t, 4);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, UINT64_MAX);
    qtest_qmp_assert_success(t->qts, "{'execute': 'object-del', 'arguments':"
                             " { 'id': 'm0' } }");
    qcxl_stop(t);
}

/* A guest that knows of nothing is not asked */
static void test_unattached(void)
{
    QCxlTopo *t = start_staged();

    delete(t, "dev0");
    wait_deleted(t, 1);
    add(t, ADD_MEMORY("ds0"));
    delete(t, "ds1");
    wait_deleted(t, 1);
    delete(t, "us0");
    wait_deleted(t, 3);
    check_empty(t);
    add(t, ADD_MEMORY("rp0"));
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_PDS, ==, SLOT_PDS);
    g_assert_cmphex(below_port(t), ==, MEMORY);
    qcxl_stop(t);
}

/* A switch below a switch waits for the upper one */
static void test_nested(void)
{
    QCxlTopo *t = start_staged();

    add(t, "{ 'driver': 'cxl-upstream', 'id': 'us1', 'bus': 'ds0' }");
    add(t, "{ 'driver': 'cxl-downstream', 'id': 'ds2', 'bus': 'us1',"
        " 'port': 0, 'slot': 22 }");
    check_refused(t, "{'execute': 'cxl-attach-switch', 'arguments':"
                  " { 'path': 'us1' } }", "that all others are below");
    check_empty(t);
    command(t, "cxl-attach-switch", "us0");
    check_there(t);
    qcxl_scan(t);
    g_assert_cmpuint(qcxl_count(t, 0x19e5, 0xa128), ==, 2);
    g_assert_cmpuint(qcxl_count(t, 0x19e5, 0xa129), ==, 3);
    g_assert_cmpuint(qcxl_count(t, 0x8086, 0x0d93), ==, 1);
    qcxl_stop(t);
}

static void test_refused(void)
{
    QCxlTopo *t = start_staged();

    check_refused(t, "{'execute': 'cxl-attach-switch', 'arguments':"
                  " { 'path': 'rp0' } }", "neither a cxl-type3 nor");
    check_refused(t, "{'execute': 'cxl-attach-switch', 'arguments':"
                  " { 'path': '' } }", "neither a cxl-type3 nor");
    check_refused(t, "{'execute': 'cxl-attach-switch', 'arguments':"
                  " { 'path': 'dev0' } }", "no switch that waits");
    check_refused(t, "{'execute': 'cxl-remove', 'arguments':"
                  " { 'path': 'dev0' } }", "use device_del");
    command(t, "cxl-attach-switch", "us0");
    check_refused(t, "{'execute': 'cxl-attach-switch', 'arguments':"
                  " { 'path': 'us0' } }", "no switch that waits");
    check_refused(t, "{'execute': 'device_add', 'arguments': { 'driver':"
                  " 'cxl-downstream', 'bus': 'us0', 'port': 7, 'slot': 17,"
                  " 'id': 'ds7' } }", "knows the switch 'us0' already");
    check_refused(t, "{'execute': 'device_del', 'arguments': { 'id': 'ds0' } }",
                  "knows the switch 'us0' already");
    check_refused(t, "{'execute': 'cxl-cancel-detach', 'arguments':"
                  " { 'path': 'us0' } }", "nothing to cancel");
    check_refused(t, "{'execute': 'device_add', 'arguments': { 'driver':"
                  " 'cxl-rp', 'bus': 'cxl.0', 'id': 'rp7' } }",
                  "cannot be hotplugged");
    qcxl_stop(t);
}

/* Firmware looks for reservations in ports of QEMU's own identity only */
static void test_identity(void)
{
    QCxlTopo *t = qcxl_start(PORTS);

    g_assert_cmphex(qcxl_config_read(t, qcxl_port(t, 0), 0, 4), ==,
                    0x000c1b36);
    g_assert_cmphex(qcxl_pci_cap(t, qcxl_port(t, 0), 0x09), !=, 0);
    g_assert_cmphex(qcxl_config_read(t, qcxl_port(t, 1), 0, 4), ==,
                    0x70758086);
    g_assert_cmphex(qcxl_pci_cap(t, qcxl_port(t, 1), 0x09), ==, 0);
    qcxl_stop(t);
}

static QCxlTopo *start_mapped(void)
{
    QCxlTopo *t = qcxl_start(PORTS "-device cxl-type3,id=dev0,bus=rp0,"
                             "volatile-memdev=m0");

    qcxl_map(t, qcxl_endpoint(t, 0), t->window[0].base, QCXL_UNIT);
    qtest_writeq(t->qts, t->window[0].base, VALUE);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    return t;
}

static char *reason(QCxlTopo *t)
{
    return qtest_hmp(t->qts, "info cxl");
}

static void test_remove(void)
{
    QCxlTopo *t = start_mapped();
    const QCxlFunction *port = qcxl_port(t, 0);
    unsigned msi = qcxl_pci_cap(t, port, 0x05);

    qcxl_config_write(t, port, 0x04, 2, 0x6);
    qcxl_config_write(t, port, msi + MSI_ADDRESS, 4, MSI_WHERE);
    qcxl_config_write(t, port, msi + MSI_ADDRESS + 4, 4, 0);
    qcxl_config_write(t, port, msi + MSI_DATA, 2, 0x4240);
    qcxl_config_write(t, port, msi + MSI_FLAGS, 2, 0x1);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON | SLOT_HPIE | SLOT_DLLSCE);
    qcxl_port_write(t, SLOT_STATUS, qcxl_port_read(t, SLOT_STATUS));
    qtest_writel(t->qts, MSI_WHERE, 0);
    command(t, "cxl-remove", "dev0");
    wait_deleted(t, 1);
    g_assert_cmphex(qtest_readl(t->qts, MSI_WHERE), ==, 0x4240);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) &
                    (SLOT_PDS | SLOT_PDC | SLOT_DLLSC), ==,
                    SLOT_PDC | SLOT_DLLSC);
    g_assert_cmphex(qcxl_port_read(t, LINK_STATUS) & LINK_ACTIVE, ==, 0);
    g_assert_cmphex(below_port(t), ==, UINT32_MAX);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, UINT64_MAX);
    /* The memory is free, and whatever is in it stays */
    qcxl_port_write(t, SLOT_STATUS, SLOT_PDC | SLOT_DLLSC);
    power_off(t);
    add(t, ADD_MEMORY("rp0"));
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    qcxl_scan(t);
    qcxl_uncommit(t, qcxl_endpoint(t, 0)->host->hdm, 0);
    qcxl_map(t, qcxl_endpoint(t, 0), t->window[0].base, QCXL_UNIT);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, VALUE);
    qcxl_stop(t);
}

/* The next device is there before the guest has turned the slot off */
static void test_remove_add(void)
{
    QCxlTopo *t = start_mapped();

    command(t, "cxl-remove", "dev0");
    wait_deleted(t, 1);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON | SLOT_POWER_OFF);
    add(t, ADD_MEMORY("rp0"));
    power_off(t);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_PDS, ==, SLOT_PDS);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    g_assert_cmphex(below_port(t), ==, MEMORY);
    /* From then on it gives back as ever */
    delete(t, "dev0");
    power_off(t);
    wait_deleted(t, 1);
    qcxl_stop(t);
}

/* From the removal to the next device in the slot */
static void test_poison(void)
{
    QCxlTopo *t = start_mapped();
    char *text;

    qtest_qmp_assert_success(t->qts, "{'execute': 'cxl-remove', 'arguments':"
                             " { 'path': 'dev0', 'loads': 'poison' } }");
    wait_deleted(t, 1);
    text = reason(t);
    g_assert(strstr(text, "unmapped, a device was pulled out"));
    g_free(text);
    add(t, ADD_MEMORY("rp0"));
    text = reason(t);
    g_assert(!strstr(text, "pulled out"));
    g_free(text);
    qcxl_stop(t);
}

/* All of a switch, with what is below it */
static void test_remove_switch(void)
{
    QCxlTopo *t = start_staged();

    command(t, "cxl-attach-switch", "us0");
    check_there(t);
    qcxl_scan(t);
    map_behind_switch(t);
    command(t, "cxl-remove", "us0");
    wait_deleted(t, 4);
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, UINT64_MAX);
    qcxl_port_write(t, SLOT_STATUS, SLOT_PDC | SLOT_DLLSC);
    power_off(t);
    add(t, ADD_UPSTREAM);
    check_empty(t);
    command(t, "cxl-attach-switch", "us0");
    check_there(t);
    qcxl_stop(t);
}

static void test_cancel(void)
{
    QCxlTopo *t = start_mapped();

    for (unsigned i = 0; i < 3; i++) {
        /* Before the guest has seen it: it never will */
        delete(t, "dev0");
        g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_ABP, ==,
                        SLOT_ABP);
        command(t, "cxl-cancel-detach", "dev0");
        g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_ABP, ==, 0);
        /* And after that: the button is pressed again */
        delete(t, "dev0");
        qcxl_port_write(t, SLOT_STATUS, SLOT_ABP);
        qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_BLINK);
        command(t, "cxl-cancel-detach", "dev0");
        g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_ABP, ==,
                        SLOT_ABP);
        qcxl_port_write(t, SLOT_STATUS, SLOT_ABP);
        qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
        g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, VALUE);
    }
    delete(t, "dev0");
    power_off(t);
    wait_deleted(t, 1);
    qcxl_stop(t);
}

/* What a process has: descriptors, mappings, bytes in memory */
typedef struct Holdings {
    unsigned fds;
    unsigned maps;
    uint64_t resident;
} Holdings;

static Holdings holdings(QTestState *qts)
{
    g_autofree char *fds = g_strdup_printf("/proc/%d/fd", qtest_pid(qts));
    g_autofree char *maps = g_strdup_printf("/proc/%d/maps", qtest_pid(qts));
    g_autofree char *statm = g_strdup_printf("/proc/%d/statm", qtest_pid(qts));
    g_autofree char *text = NULL, *pages = NULL;
    GDir *dir = g_dir_open(fds, 0, NULL);
    Holdings h = {};

    g_assert(dir && g_file_get_contents(maps, &text, NULL, NULL) &&
             g_file_get_contents(statm, &pages, NULL, NULL));
    while (g_dir_read_name(dir)) {
        h.fds++;
    }
    g_dir_close(dir);
    for (const char *at = text; (at = strchr(at, '\n')); at++) {
        h.maps++;
    }
    h.resident = g_ascii_strtoull(strchr(pages, ' '), NULL, 10) *
                 qemu_real_host_page_size();
    return h;
}

static void attach_file(QCxlTopo *t, const QCxlFile *file)
{
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'object-add', 'arguments': { 'qom-type':"
        " 'memory-backend-file', 'id': 'pool5', 'share': true,"
        " 'mem-path': %s, 'size': %" PRIu64 " } }", file->path, file->size);
    qtest_qmp_assert_success(
        t->qts, "{'execute': 'device_add', 'arguments': { 'driver':"
        " 'cxl-type3', 'bus': 'rp0', 'volatile-memdev': 'pool5',"
        " 'id': 'cxl_pool5', 'sn': 3253792261 } }");
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    qcxl_scan(t);
}

/* Asked for every other time, and else pulled out */
static void detach_file(QCxlTopo *t, bool ask)
{
    if (ask) {
        delete(t, "cxl_pool5");
    } else {
        command(t, "cxl-remove", "cxl_pool5");
    }
    power_off(t);
    wait_deleted(t, 1);
    qcxl_port_write(t, SLOT_STATUS, qcxl_port_read(t, SLOT_STATUS));
    qtest_qmp_assert_success(t->qts, "{'execute': 'object-del', 'arguments':"
                             " { 'id': 'pool5' } }");
    g_assert_cmphex(qtest_readq(t->qts, t->window[0].base), ==, UINT64_MAX);
}

/*
 * One file goes to and fro between two machines, with a region each time, and
 * each finds what the other has left. Nothing of it stays.
 */
static void test_cycles(void)
{
    unsigned rounds = g_test_slow() ? 1000 : 100, warm = 20;
    QCxlTopo *t[2] = { qcxl_start(PORTS), qcxl_start(PORTS) };
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    Holdings before[2], after;

    for (unsigned i = 0; i < rounds; i++) {
        QCxlTopo *m = t[i % 2];
        uint64_t base = m->window[0].base;

        if (i == warm) {
            before[0] = holdings(t[0]->qts);
            before[1] = holdings(t[1]->qts);
        }
        attach_file(m, file);
        qcxl_uncommit(m, m->host[0].hdm, 0);
        qcxl_map(m, qcxl_endpoint(m, 0), base, QCXL_UNIT);
        g_assert_cmphex(qtest_readq(m->qts, base), ==, i);
        qtest_writeq(m->qts, base, i + 1);
        detach_file(m, i / 2 % 2);
    }
    for (unsigned i = 0; i < 2; i++) {
        after = holdings(t[i]->qts);
        g_test_message("%u rounds: %u to %u descriptors, %u to %u mappings,"
                       " %" PRIu64 " to %" PRIu64 " KiB", rounds,
                       before[i].fds, after.fds, before[i].maps, after.maps,
                       before[i].resident / 1024, after.resident / 1024);
        /* One may be on its way when they are counted */
        g_assert_cmpuint(after.fds, <=, before[i].fds + 1);
        /* The heap may be in a few more pieces, as large as 4 MiB in all */
        g_assert_cmpuint(after.maps, <=, before[i].maps + 16);
        g_assert_cmpuint(after.resident, <=, before[i].resident + 4 * QCXL_MIB);
        qcxl_stop(t[i]);
    }
    qcxl_file_free(file);
}

/*
 * A guest whose port slept writes Slot Control as it was before, when it wakes
 * up to turn the slot on (PCI Express 6.0 5.3.1.4, 6.7.3.4)
 */
static void test_wakes(void)
{
    QCxlTopo *t = qcxl_start(PORTS);

    power_off(t);
    add(t, ADD_MEMORY("rp0"));
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_BLINK | SLOT_POWER_OFF);
    power_off(t);
    g_assert_cmphex(qcxl_port_read(t, SLOT_STATUS) & SLOT_PDS, ==, SLOT_PDS);

    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON);
    g_assert_cmphex(below_port(t), ==, MEMORY);
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_BLINK | SLOT_POWER_OFF);
    power_off(t);
    wait_deleted(t, 1);

    /* One who is asked for it meanwhile gives it back without having had it */
    add(t, ADD_MEMORY("rp0"));
    qcxl_port_write(t, SLOT_CONTROL, SLOT_PIC_ON | SLOT_POWER_OFF);
    delete(t, "dev0");
    power_off(t);
    wait_deleted(t, 1);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/slot/switch", test_switch);
    qtest_add_func("/cxl/slot/unattached", test_unattached);
    qtest_add_func("/cxl/slot/nested", test_nested);
    qtest_add_func("/cxl/slot/refused", test_refused);
    qtest_add_func("/cxl/slot/identity", test_identity);
    qtest_add_func("/cxl/slot/remove", test_remove);
    qtest_add_func("/cxl/slot/remove-add", test_remove_add);
    qtest_add_func("/cxl/slot/poison", test_poison);
    qtest_add_func("/cxl/slot/remove-switch", test_remove_switch);
    qtest_add_func("/cxl/slot/cancel", test_cancel);
    qtest_add_func("/cxl/slot/cycles", test_cycles);
    qtest_add_func("/cxl/slot/wakes", test_wakes);
    return g_test_run();
}
