/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data Object Exchange mailboxes of memory devices and switches, and the
 * coherent device attribute table (CDAT) behind them (PCIe 6.0 6.30, 7.9.24;
 * CXL 3.1 8.1.11; CDAT 1.03)
 *
 * All through configuration space, as an operating system does it. Like those
 * of cxl-topo.h, the numbers are not taken from the headers of the model.
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"
#include "qobject/qdict.h"

#define EXT_CAP_DOE             0x002e

/* Registers, from the start of the capability */
#define CAP                     0x04
#define CTRL                    0x08
#define STATUS                  0x0c
#define WRITE                   0x10
#define READ                    0x14

#define CAP_IRQ                 (1u << 0)
#define CTRL_ABORT              (1u << 0)
#define CTRL_IRQ                (1u << 1)
#define CTRL_GO                 (1u << 31)
#define STATUS_IRQ              (1u << 1)
#define STATUS_ERROR            (1u << 2)
#define STATUS_READY            (1u << 31)

/* First dwords of objects */
#define DISCOVERY               0x00000001u
#define TABLE_ACCESS            0x00021e98u

#define DOE_VECTOR              6
#define LAST_HANDLE             0xffff
#define MAX_CDAT                0x10000
/* The longest response: a header, the next handle, the longest table */
#define MAX_DWORDS              (3 + MAX_CDAT / 4)

#define CDAT_HEADER             16
#define DSMAS                   0
#define DSLBIS                  1
#define DSMSCIS                 2
#define DSIS                    3
#define DSEMTS                  4
#define SSLBIS                  5

/* Slot Control (PCIe 7.5.3.10): power on, its indicator too */
#define CAP_EXPRESS             0x10
#define SLOT_CONTROL            0x18
#define SLOT_POWER_ON           (1u << 8)

#define CAP_MSIX                0x11
#define MSIX_ENABLE             (1u << 15)
#define MSIX_MASK_ALL           (1u << 14)

/* --- a mailbox --- */

/**
 * struct Mailbox - one of them
 * @at: configuration space offset of the capability
 * @ctrl: what is written to the control register beside Go and Abort
 */
typedef struct Mailbox {
    QCxlTopo *t;
    const QCxlFunction *f;
    unsigned at;
    uint32_t ctrl;
} Mailbox;

static Mailbox open_mailbox(QCxlTopo *t, const QCxlFunction *f)
{
    Mailbox m = { .t = t, .f = f, .at = qcxl_ext_cap(t, f, EXT_CAP_DOE) };

    g_assert_cmphex(m.at, !=, 0);
    return m;
}

static uint32_t get(const Mailbox *m, unsigned reg)
{
    return qcxl_config_read(m->t, m->f, m->at + reg, 4);
}

static void put(const Mailbox *m, unsigned reg, uint32_t value)
{
    qcxl_config_write(m->t, m->f, m->at + reg, 4, value);
}

static void write_dwords(const Mailbox *m, const uint32_t *object, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        put(m, WRITE, object[i]);
    }
}

static void go(const Mailbox *m)
{
    put(m, CTRL, CTRL_GO | m->ctrl);
}

static void abort_it(const Mailbox *m)
{
    put(m, CTRL, CTRL_ABORT | m->ctrl);
}

static void write_request(const Mailbox *m, uint32_t header, uint32_t payload)
{
    write_dwords(m, (uint32_t[]) { header, 3, payload }, 3);
}

static void request(const Mailbox *m, uint32_t header, uint32_t payload)
{
    write_request(m, header, payload);
    go(m);
}

/*
 * Read a response to its end, which Data Object Ready tells; its length must
 * say the same. Returns its length in dwords: 0 when there is none.
 */
static unsigned receive(const Mailbox *m, uint32_t *to, unsigned max)
{
    unsigned n = 0;

    while (get(m, STATUS) & STATUS_READY) {
        g_assert_cmpuint(n, <, max);
        to[n++] = get(m, READ);
        put(m, READ, 0);
    }
    if (n) {
        g_assert_cmpuint(n, >, 2);
        g_assert_cmpuint(to[1], ==, n);
    }
    return n;
}

/* Nothing is ready, busy or wrong, and nothing can be read */
static void check_idle(const Mailbox *m)
{
    g_assert_cmphex(get(m, STATUS) & ~STATUS_IRQ, ==, 0);
    g_assert_cmphex(get(m, READ), ==, 0);
}

/* It answers, and what it was told before does not show */
static void check_alive(const Mailbox *m)
{
    uint32_t in[3];

    request(m, DISCOVERY, 1);
    g_assert_cmpuint(receive(m, in, 3), ==, 3);
    g_assert_cmphex(in[0], ==, DISCOVERY);
    g_assert_cmphex(in[2], ==, TABLE_ACCESS);
    check_idle(m);
}

/* --- a table, entry by entry --- */

typedef struct Table {
    uint8_t bytes[MAX_CDAT];
    unsigned size;
    unsigned entries;
} Table;

static void read_table(const Mailbox *m, Table *table)
{
    g_autofree uint32_t *in = g_new(uint32_t, MAX_DWORDS);
    uint32_t handle = 0;

    table->size = 0;
    for (table->entries = 0; handle != LAST_HANDLE; table->entries++) {
        unsigned n;

        request(m, TABLE_ACCESS, handle << 16);
        n = receive(m, in, MAX_DWORDS);
        g_assert_cmpuint(n, >, 3);
        g_assert_cmphex(in[0], ==, TABLE_ACCESS);
        /* Response code and table type */
        g_assert_cmphex(in[2] & 0xffff, ==, 0);
        handle = in[2] >> 16;
        if (handle != LAST_HANDLE) {
            g_assert_cmpuint(handle, ==, table->entries + 1);
        }
        g_assert_cmpuint(4 * (n - 3), <=, MAX_CDAT - table->size);
        for (unsigned i = 3; i < n; i++, table->size += 4) {
            stl_le_p(table->bytes + table->size, in[i]);
        }
        if (table->entries == 0) {
            g_assert_cmpuint(table->size, ==, CDAT_HEADER);
        }
    }
    check_idle(m);
}

static uint8_t byte_sum(const uint8_t *p, unsigned len)
{
    uint8_t sum = 0;

    while (len--) {
        sum += *p++;
    }
    return sum;
}

static void check_table(const Table *table)
{
    g_assert_cmpuint(ldl_le_p(table->bytes), ==, table->size);
    g_assert_cmpuint(table->bytes[4], ==, 1);
    g_assert_cmphex(byte_sum(table->bytes, table->size), ==, 0);
    for (unsigned i = 6; i < 12; i++) {
        g_assert_cmphex(table->bytes[i], ==, 0);
    }
}

/* The structure at *at, which must be of that type and length; *at moves on */
static const uint8_t *next_entry(const Table *table, unsigned *at,
                                 uint8_t type, unsigned len)
{
    const uint8_t *p = table->bytes + *at;

    *at += len;
    g_assert_cmpuint(*at, <=, table->size);
    g_assert_cmpuint(p[0], ==, type);
    g_assert_cmpuint(p[1], ==, 0);
    g_assert_cmpuint(lduw_le_p(p + 2), ==, len);
    return p;
}

/* --- the machine of most tests --- */

/* In the order of the table: data types of the HMAT, in ps and MB/s */
static const uint8_t data_types[] = { 1, 2, 4, 5 };

#define VALUES                  ARRAY_SIZE(data_types)

typedef struct Partition {
    uint64_t base;
    uint64_t size;
    bool persistent;
    uint64_t values[VALUES];
} Partition;

#define DEFAULTS                { 150000, 150000, 32000, 32000 }

/* Memory devices, each below a root port of its own: options and partitions */
static const struct {
    const char *options;
    Partition partitions[2];
} devices[] = {
    {
        "volatile-memdev=mem0",
        { { 0, QCXL_UNIT, false, DEFAULTS } },
    }, {
        "persistent-memdev=mem1,lsa=lsa3",
        { { 0, QCXL_UNIT, true, DEFAULTS } },
    }, {
        "volatile-memdev=mem2,persistent-memdev=big0,lsa=lsa0",
        { { 0, QCXL_UNIT, false, DEFAULTS },
          { QCXL_UNIT, 2 * QCXL_UNIT, true, DEFAULTS } },
    }, {
        "volatile-memdev=big1,read-latency=170ns,write-latency=0.2us,"
        "read-bandwidth=24G,write-bandwidth=12000",
        { { 0, 2 * QCXL_UNIT, false, { 170000, 200000, 24000, 12000 } } },
    }, {
        /* The persistent partition has what is not said of it from the other */
        "volatile-memdev=mem3,persistent-memdev=mem4,lsa=lsa1,"
        "read-latency=90,persistent-write-latency=1.5us,"
        "persistent-read-bandwidth=8G",
        { { 0, QCXL_UNIT, false, { 90000, 150000, 32000, 32000 } },
          { QCXL_UNIT, QCXL_UNIT, true, { 90000, 1500000, 8000, 32000 } } },
    }, {
        /* The ends of what can be said, and what no round unit divides */
        "volatile-memdev=mem5,persistent-memdev=mem6,lsa=lsa2,"
        "read-latency=1ps,write-latency=4294967295ps,"
        "read-bandwidth=1,write-bandwidth=4294967295,"
        "persistent-read-latency=123457ps,persistent-write-latency=65535ns,"
        "persistent-read-bandwidth=65535,persistent-write-bandwidth=1T",
        { { 0, QCXL_UNIT, false, { 1, 4294967295, 1, 4294967295 } },
          { QCXL_UNIT, QCXL_UNIT, true,
            { 123457, 65535000, 65535, 1000000 } } },
    },
};

/* The switches, likewise: one value for all ways through each */
static const struct {
    const char *options;
    uint64_t values[VALUES];
} switches[] = {
    { "", { 50000, 50000, 64000, 64000 } },
    { ",read-latency=80ns,write-latency=12345ps,read-bandwidth=128G,"
      "write-bandwidth=3", { 80000, 12345, 128000, 3 } },
};

static QCxlTopo *topo;

static QCxlTopo *start_machine(void)
{
    g_autoptr(GString) args = g_string_new("-machine q35,cxl=on ");
    unsigned port = 0;

    for (unsigned i = 0; i <= 6; i++) {
        g_string_append_printf(args, "-object memory-backend-ram,id=mem%u,"
                               "size=256M ", i);
    }
    for (unsigned i = 0; i <= 1; i++) {
        g_string_append_printf(args, "-object memory-backend-ram,id=big%u,"
                               "size=512M ", i);
    }
    for (unsigned i = 0; i <= 3; i++) {
        g_string_append_printf(args, "-object memory-backend-ram,id=lsa%u,"
                               "size=64K ", i);
    }
    g_string_append(args, "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 ");
    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++, port++) {
        g_string_append_printf(args, "-device cxl-rp,id=rp%u,bus=cxl.0,"
                               "port=%u,slot=%u -device cxl-type3,bus=rp%u,%s ",
                               port, port, port, port, devices[i].options);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(switches); i++, port++) {
        g_string_append_printf(args, "-device cxl-rp,id=rp%u,bus=cxl.0,"
                               "port=%u,slot=%u "
                               "-device cxl-upstream,id=us%u,bus=rp%u%s "
                               "-device cxl-downstream,bus=us%u,slot=%u ",
                               port, port, port, i, port, switches[i].options,
                               i, 100 + i);
    }
    return qcxl_start("%s", args->str);
}

/* The n-th upstream port, by bus number; NULL when there are fewer */
static const QCxlFunction *upstream(QCxlTopo *t, unsigned n)
{
    for (unsigned i = 0; i < t->nfunctions; i++) {
        const QCxlFunction *f = &t->function[i];

        if (f->vendor == 0x19e5 && f->device == 0xa128 && !n--) {
            return f;
        }
    }
    return NULL;
}

static Mailbox endpoint_mailbox(unsigned n)
{
    return open_mailbox(topo, qcxl_endpoint(topo, n));
}

/* Two mailboxes do for what all of them have in common */
static Mailbox common_mailbox(unsigned i)
{
    return i ? open_mailbox(topo, upstream(topo, 0)) : endpoint_mailbox(2);
}

#define COMMON                  2

/* --- who has a mailbox, and its registers --- */

static unsigned count_doe(QCxlTopo *t, const QCxlFunction *f)
{
    unsigned at = 0x100;
    unsigned count = 0, steps = 0;

    while (at) {
        uint32_t header = qcxl_config_read(t, f, at, 4);

        if ((header & 0xffff) == EXT_CAP_DOE) {
            g_assert_cmpuint(header >> 16 & 0xf, >=, 1);
            g_assert_cmpuint(at, <=, 0x1000 - 0x18);
            count++;
        }
        /* A list goes up or down, but it ends */
        g_assert_cmpuint(steps++, <, (0x1000 - 0x100) / 4);
        at = header >> 20;
    }
    return count;
}

static void test_capability(void)
{
    unsigned mailboxes = 0;

    for (unsigned i = 0; i < topo->nfunctions; i++) {
        const QCxlFunction *f = &topo->function[i];
        bool wanted = f->class == 0x050210 || f->device == 0xa128;

        g_assert_cmpuint(count_doe(topo, f), ==, wanted);
        mailboxes += wanted;
    }
    g_assert_cmpuint(mailboxes, ==,
                     ARRAY_SIZE(devices) + ARRAY_SIZE(switches));
}

static void check_reset_values(const Mailbox *m)
{
    bool interrupt = !m->f->bridge;

    g_assert_cmphex(get(m, CAP), ==, interrupt ? CAP_IRQ | DOE_VECTOR << 1 : 0);
    g_assert_cmphex(get(m, CTRL), ==, 0);
    g_assert_cmphex(get(m, STATUS), ==, 0);
    g_assert_cmphex(get(m, WRITE), ==, 0);
    g_assert_cmphex(get(m, READ), ==, 0);
}

static void test_registers(void)
{
    for (unsigned i = 0; i < COMMON; i++) {
        Mailbox m = common_mailbox(i);
        unsigned msix = qcxl_pci_cap(topo, m.f, CAP_MSIX);
        uint32_t header = get(&m, 0);

        check_reset_values(&m);
        if (get(&m, CAP) & CAP_IRQ) {
            g_assert_cmphex(msix, !=, 0);
            g_assert_cmpuint(get(&m, CAP) >> 1, <=,
                             qcxl_config_read(topo, m.f, msix + 2, 2) & 0x7ff);
        }
        /* The interrupt enable is all that can be set */
        put(&m, 0, UINT32_MAX);
        put(&m, CAP, UINT32_MAX);
        put(&m, STATUS, UINT32_MAX);
        put(&m, READ, UINT32_MAX);
        put(&m, CTRL, ~(CTRL_ABORT | CTRL_GO));
        g_assert_cmphex(get(&m, CTRL), ==, m.f->bridge ? 0 : CTRL_IRQ);
        put(&m, CTRL, 0);
        put(&m, WRITE, UINT32_MAX);
        check_reset_values(&m);
        g_assert_cmphex(get(&m, 0), ==, header);
        /* Go and Abort read as zero */
        abort_it(&m);
        g_assert_cmphex(get(&m, CTRL), ==, 0);
        go(&m);
        check_reset_values(&m);
        check_alive(&m);
    }
}

/* --- protocols --- */

static void test_discovery(void)
{
    static const uint32_t want[] = { DISCOVERY, TABLE_ACCESS };

    for (unsigned i = 0; i < COMMON; i++) {
        Mailbox m = common_mailbox(i);
        uint32_t in[3];
        uint32_t index = 0;
        unsigned found = 0;

        /* The walk of an operating system: until the next index is 0 */
        do {
            request(&m, DISCOVERY, index);
            g_assert_cmpuint(receive(&m, in, 3), ==, 3);
            g_assert_cmphex(in[0], ==, DISCOVERY);
            g_assert_cmpuint(found, <, ARRAY_SIZE(want));
            g_assert_cmphex(in[2] & 0xffffff, ==, want[found]);
            found++;
            index = in[2] >> 24;
        } while (index);
        g_assert_cmpuint(found, ==, ARRAY_SIZE(want));

        /* Behind the last there is none; the reserved bits do not matter */
        for (index = ARRAY_SIZE(want); index <= UINT8_MAX; index++) {
            write_dwords(&m, (uint32_t[]) {
                DISCOVERY | 0xff000000, 3 | 0xfffc0000, 0xabcdef00 | index
            }, 3);
            go(&m);
            g_assert_cmpuint(receive(&m, in, 3), ==, 3);
            g_assert_cmphex(in[0], ==, DISCOVERY);
            g_assert_cmphex(in[2], ==, 0x00ffffff);
        }
    }
}

static void check_value(const uint8_t *base_unit, const uint8_t *entry,
                        uint64_t want)
{
    uint16_t value = lduw_le_p(entry);

    /* 0 and 0xffff would be "not provided" and "not reachable" */
    g_assert_cmpuint(value, >, 0);
    g_assert_cmpuint(value, <, UINT16_MAX);
    g_assert_cmpuint(ldq_le_p(base_unit) * value, ==, want);
}

static void check_partition(const Table *table, unsigned *at, uint8_t handle,
                            const Partition *want)
{
    const uint8_t *p = next_entry(table, at, DSMAS, 24);

    g_assert_cmpuint(p[4], ==, handle);
    g_assert_cmphex(p[5], ==, want->persistent ? 1u << 2 : 0);
    g_assert_cmphex(ldq_le_p(p + 8), ==, want->base);
    g_assert_cmphex(ldq_le_p(p + 16), ==, want->size);

    for (unsigned v = 0; v < VALUES; v++) {
        p = next_entry(table, at, DSLBIS, 24);
        g_assert_cmpuint(p[4], ==, handle);
        /* Flags: of memory, not of a cache */
        g_assert_cmphex(p[5], ==, 0);
        g_assert_cmpuint(p[6], ==, data_types[v]);
        check_value(p + 8, p + 16, want->values[v]);
        g_assert_cmphex(ldl_le_p(p + 18), ==, 0);
    }

    p = next_entry(table, at, DSEMTS, 24);
    g_assert_cmpuint(p[4], ==, handle);
    /* EFI: specific purpose memory, or reserved for persistent memory */
    g_assert_cmpuint(p[5], ==, want->persistent ? 2 : 1);
    g_assert_cmphex(ldq_le_p(p + 8), ==, 0);
    g_assert_cmphex(ldq_le_p(p + 16), ==, want->size);
}

static void test_endpoint_tables(void)
{
    g_autofree Table *table = g_new(Table, 1);

    for (unsigned i = 0; i < ARRAY_SIZE(devices); i++) {
        Mailbox m = endpoint_mailbox(i);
        unsigned at = CDAT_HEADER;

        g_test_message("%s", devices[i].options);
        read_table(&m, table);
        check_table(table);
        for (unsigned n = 0; n < ARRAY_SIZE(devices[i].partitions) &&
             devices[i].partitions[n].size; n++) {
            check_partition(table, &at, n, &devices[i].partitions[n]);
        }
        g_assert_cmpuint(at, ==, table->size);
    }
}

static void test_switch_tables(void)
{
    g_autofree Table *table = g_new(Table, 1);

    for (unsigned i = 0; i < ARRAY_SIZE(switches); i++) {
        Mailbox m = open_mailbox(topo, upstream(topo, i));
        unsigned at = CDAT_HEADER;

        read_table(&m, table);
        check_table(table);
        for (unsigned v = 0; v < VALUES; v++) {
            const uint8_t *p = next_entry(table, &at, SSLBIS, 24);

            g_assert_cmpuint(p[4], ==, data_types[v]);
            /* From the upstream port to any */
            g_assert_cmphex(lduw_le_p(p + 16), ==, 0x0100);
            g_assert_cmphex(lduw_le_p(p + 18), ==, 0xffff);
            check_value(p + 8, p + 20, switches[i].values[v]);
            g_assert_cmphex(lduw_le_p(p + 22), ==, 0);
        }
        g_assert_cmpuint(at, ==, table->size);
    }
}

/* Handles may be asked for in any order, and as often as one likes */
static void test_any_order(void)
{
    g_autofree Table *table = g_new(Table, 1);
    Mailbox m = endpoint_mailbox(2);
    uint32_t in[MAX_DWORDS];

    read_table(&m, table);
    g_assert_cmpuint(table->entries, ==, 1 + 2 * 6);
    for (unsigned handle = table->entries; handle-- > 0; ) {
        /* All structures of this table have 24 bytes */
        unsigned at = handle ? CDAT_HEADER + 24 * (handle - 1) : 0;

        for (unsigned again = 0; again < 2; again++) {
            request(&m, TABLE_ACCESS, handle << 16);
            g_assert_cmpuint(receive(&m, in, MAX_DWORDS), ==,
                             handle ? 9 : 7);
            g_assert_cmphex(in[2] >> 16, ==, handle + 1 < table->entries ?
                            handle + 1 : LAST_HANDLE);
            g_assert_cmphex(in[3], ==, ldl_le_p(table->bytes + at));
        }
    }
}

/* --- what is not a request is discarded --- */

/**
 * struct Request - an object
 * @dwords: how many are written; what lies beyond the third is zero
 * @answer: length of the response in dwords, 0 when it is discarded
 */
typedef struct Request {
    const char *what;
    uint32_t header;
    uint32_t length;
    uint32_t payload;
    unsigned dwords;
    unsigned answer;
} Request;

static const Request requests[] = {
    { "discovery", DISCOVERY, 3, 0, 3, 3 },
    { "the table's header", TABLE_ACCESS, 3, 0, 3, 7 },
    { "the table's last entry", TABLE_ACCESS, 3, 12u << 16, 3, 9 },

    { "Go without data", 0, 0, 0, 0, 0 },
    { "one dword", TABLE_ACCESS, 3, 0, 1, 0 },
    { "two dwords", TABLE_ACCESS, 3, 0, 2, 0 },
    { "one dword, rightly called so", TABLE_ACCESS, 1, 0, 1, 0 },
    { "two dwords, rightly called so", TABLE_ACCESS, 2, 0, 2, 0 },
    { "four dwords, rightly called so", TABLE_ACCESS, 4, 0, 4, 0 },
    { "four dwords, called three", TABLE_ACCESS, 3, 0, 4, 0 },
    { "many dwords, called three", TABLE_ACCESS, 3, 0, 1000, 0 },
    { "three dwords, called one", TABLE_ACCESS, 1, 0, 3, 0 },
    { "three dwords, called two", TABLE_ACCESS, 2, 0, 3, 0 },
    { "three dwords, called four", TABLE_ACCESS, 4, 0, 3, 0 },
    { "length 0, which is 2^18 dwords", TABLE_ACCESS, 0, 0, 3, 0 },
    { "length 0 of one dword", TABLE_ACCESS, 0, 0, 1, 0 },
    { "length 2^18 - 1", TABLE_ACCESS, 0x3ffff, 0, 3, 0 },
    { "discovery of two dwords", DISCOVERY, 2, 0, 2, 0 },
    { "discovery of four dwords", DISCOVERY, 4, 0, 4, 0 },

    { "another type of CXL", 0x00001e98, 3, 0, 3, 0 },
    { "the type after table access", 0x00031e98, 3, 0, 3, 0 },
    { "another type of PCI-SIG: CMA", 0x00010001, 3, 0, 3, 0 },
    { "table access of PCI-SIG", 0x00020001, 3, 0, 3, 0 },
    { "table access of another vendor", 0x00021e97, 3, 0, 3, 0 },
    { "all zeroes", 0x00000000, 3, 0, 3, 0 },
    { "all ones", 0xffffffff, 3, 0, 3, 0 },

    { "request code 1", TABLE_ACCESS, 3, 0x00000001, 3, 0 },
    { "request code 255", TABLE_ACCESS, 3, 0x000000ff, 3, 0 },
    { "table type 1", TABLE_ACCESS, 3, 0x00000100, 3, 0 },
    { "table type 255", TABLE_ACCESS, 3, 0x0000ff00, 3, 0 },
    { "the handle after the last", TABLE_ACCESS, 3, 13u << 16, 3, 0 },
    { "handle 0x8000", TABLE_ACCESS, 3, 0x80000000, 3, 0 },
    { "handle 0xfffe", TABLE_ACCESS, 3, 0xfffe0000, 3, 0 },
    { "handle 0xffff", TABLE_ACCESS, 3, 0xffff0000, 3, 0 },
};

static void test_requests(void)
{
    Mailbox m = endpoint_mailbox(2);
    uint32_t in[16];

    for (unsigned i = 0; i < ARRAY_SIZE(requests); i++) {
        const Request *r = &requests[i];
        const uint32_t object[3] = { r->header, r->length, r->payload };

        g_test_message("%s", r->what);
        for (unsigned n = 0; n < r->dwords; n++) {
            put(&m, WRITE, n < ARRAY_SIZE(object) ? object[n] : 0);
        }
        /* Before Go, nothing */
        check_idle(&m);
        go(&m);
        g_assert_cmpuint(receive(&m, in, ARRAY_SIZE(in)), ==, r->answer);
        if (r->answer) {
            g_assert_cmphex(in[0], ==, r->header);
        }
        check_idle(&m);
        check_alive(&m);
    }
}

/* --- states, and Abort in each of them --- */

static void half_written(const Mailbox *m)
{
    put(m, WRITE, TABLE_ACCESS);
}

static void all_written(const Mailbox *m)
{
    write_request(m, TABLE_ACCESS, 0);
}

static void ready(const Mailbox *m)
{
    request(m, TABLE_ACCESS, 0);
    g_assert_cmphex(get(m, STATUS) & ~STATUS_IRQ, ==, STATUS_READY);
}

static void half_read(const Mailbox *m)
{
    ready(m);
    put(m, READ, 0);
    put(m, READ, 0);
    g_assert_cmphex(get(m, STATUS) & ~STATUS_IRQ, ==, STATUS_READY);
}

static void half_read_half_written(const Mailbox *m)
{
    half_read(m);
    half_written(m);
    g_assert_cmphex(get(m, STATUS) & ~STATUS_IRQ, ==, STATUS_READY);
}

/* There is room for one response */
static void in_error(const Mailbox *m)
{
    ready(m);
    request(m, DISCOVERY, 0);
    g_assert_cmphex(get(m, STATUS) & ~STATUS_IRQ, ==, STATUS_ERROR);
}

static void in_error_half_written(const Mailbox *m)
{
    in_error(m);
    half_written(m);
}

static const struct {
    const char *what;
    void (*enter)(const Mailbox *m);
} states[] = {
    { "a request half written", half_written },
    { "a request without Go", all_written },
    { "a response unread", ready },
    { "a response half read", half_read },
    { "a response half read, a request half written",
      half_read_half_written },
    { "error", in_error },
    { "error, a request half written", in_error_half_written },
};

static void test_abort(void)
{
    for (unsigned i = 0; i < COMMON; i++) {
        Mailbox m = common_mailbox(i);

        for (unsigned s = 0; s < ARRAY_SIZE(states); s++) {
            g_test_message("%s", states[s].what);
            states[s].enter(&m);
            abort_it(&m);
            check_reset_values(&m);
            /* Nothing of the request is left for Go */
            go(&m);
            check_idle(&m);
            check_alive(&m);

            /* With Go beside it, Abort wins */
            states[s].enter(&m);
            put(&m, CTRL, CTRL_ABORT | CTRL_GO);
            check_reset_values(&m);
            check_alive(&m);
        }
    }
}

/* While an answer waits, rubbish is discarded as ever; a request is an error */
static void test_error(void)
{
    for (unsigned i = 0; i < COMMON; i++) {
        Mailbox m = common_mailbox(i);
        uint32_t in[3];

        request(&m, DISCOVERY, 1);
        request(&m, 0xffffffff, 0);
        go(&m);
        put(&m, STATUS, UINT32_MAX);
        g_assert_cmphex(get(&m, STATUS), ==, STATUS_READY);
        g_assert_cmpuint(receive(&m, in, 3), ==, 3);
        g_assert_cmphex(in[2], ==, TABLE_ACCESS);

        in_error(&m);
        g_assert_cmphex(get(&m, READ), ==, 0);
        /* Only Abort ends it */
        put(&m, READ, 0);
        put(&m, STATUS, UINT32_MAX);
        put(&m, CTRL, 0);
        go(&m);
        request(&m, DISCOVERY, 0);
        g_assert_cmphex(get(&m, STATUS), ==, STATUS_ERROR);
        g_assert_cmphex(get(&m, READ), ==, 0);
        abort_it(&m);
        check_alive(&m);
    }
}

static void test_read_mailbox(void)
{
    for (unsigned i = 0; i < COMMON; i++) {
        Mailbox m = common_mailbox(i);
        uint32_t in[3];

        /* Nothing is there, and taking it does not change that */
        for (unsigned n = 0; n < 5; n++) {
            check_idle(&m);
            put(&m, READ, n);
        }
        request(&m, DISCOVERY, 0);
        /* Reading does not move on, writing does, whatever is written */
        g_assert_cmphex(get(&m, READ), ==, DISCOVERY);
        g_assert_cmphex(get(&m, READ), ==, DISCOVERY);
        put(&m, READ, UINT32_MAX);
        g_assert_cmphex(get(&m, READ), ==, 3);
        put(&m, READ, 0);
        g_assert_cmphex(get(&m, READ), ==, 0x01000001);
        g_assert_cmphex(get(&m, STATUS), ==, STATUS_READY);
        put(&m, READ, 0);
        for (unsigned n = 0; n < 5; n++) {
            check_idle(&m);
            put(&m, READ, 0);
        }
        /* The next request may be written before the response is read */
        request(&m, DISCOVERY, 0);
        write_request(&m, DISCOVERY, 1);
        g_assert_cmpuint(receive(&m, in, 3), ==, 3);
        g_assert_cmphex(in[2], ==, 0x01000001);
        go(&m);
        g_assert_cmpuint(receive(&m, in, 3), ==, 3);
        g_assert_cmphex(in[2], ==, TABLE_ACCESS);
        /* The write mailbox is not for reading */
        put(&m, WRITE, TABLE_ACCESS);
        g_assert_cmphex(get(&m, WRITE), ==, 0);
        abort_it(&m);
    }
}

/* Bytes and words: registers take them, the mailboxes whole dwords only */
static void test_parts(void)
{
    Mailbox m = endpoint_mailbox(2);
    uint32_t in[3];

    for (unsigned i = 0; i < 4; i++) {
        g_assert_cmphex(qcxl_config_read(topo, m.f, m.at + CAP + i, 1), ==,
                        i ? 0 : CAP_IRQ | DOE_VECTOR << 1);
    }
    qcxl_config_write(topo, m.f, m.at + WRITE, 1, 0x98);
    qcxl_config_write(topo, m.f, m.at + WRITE, 2, 0x1e98);
    qcxl_config_write(topo, m.f, m.at + WRITE + 2, 2, 0x0002);
    check_alive(&m);

    write_request(&m, DISCOVERY, 1);
    qcxl_config_write(topo, m.f, m.at + CTRL + 3, 1, CTRL_GO >> 24);
    g_assert_cmphex(qcxl_config_read(topo, m.f, m.at + STATUS + 3, 1), ==,
                    STATUS_READY >> 24);
    g_assert_cmphex(qcxl_config_read(topo, m.f, m.at + STATUS + 2, 2), ==,
                    STATUS_READY >> 16);
    g_assert_cmphex(qcxl_config_read(topo, m.f, m.at + STATUS, 2), ==, 0);
    qcxl_config_write(topo, m.f, m.at + READ, 1, 0);
    qcxl_config_write(topo, m.f, m.at + READ + 2, 2, 0);
    g_assert_cmphex(qcxl_config_read(topo, m.f, m.at + READ, 2), ==, 1);
    g_assert_cmpuint(receive(&m, in, 3), ==, 3);
    g_assert_cmphex(in[2], ==, TABLE_ACCESS);

    request(&m, DISCOVERY, 1);
    qcxl_config_write(topo, m.f, m.at + CTRL, 1, CTRL_ABORT);
    check_alive(&m);
}

/* What one mailbox holds is not another one's */
static void test_independent(void)
{
    Mailbox a = common_mailbox(0), b = common_mailbox(1);
    uint32_t in[9];

    write_dwords(&a, (uint32_t[]) { TABLE_ACCESS, 3 }, 2);
    in_error(&b);
    put(&a, WRITE, 1u << 16);
    go(&a);
    abort_it(&b);
    check_alive(&b);
    g_assert_cmpuint(receive(&a, in, ARRAY_SIZE(in)), ==, 9);
    g_assert_cmphex(in[2] >> 16, ==, 2);
}

/* --- interrupts --- */

static void test_interrupt_status(void)
{
    Mailbox m = endpoint_mailbox(2);
    uint32_t in[16];

    /* Not enabled, or enabled after the fact: no status */
    request(&m, DISCOVERY, 0);
    put(&m, CTRL, CTRL_IRQ);
    m.ctrl = CTRL_IRQ;
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_READY);
    receive(&m, in, ARRAY_SIZE(in));

    /* Ready sets it; it stays until a one is written to it */
    write_request(&m, DISCOVERY, 0);
    g_assert_cmphex(get(&m, STATUS), ==, 0);
    go(&m);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_READY | STATUS_IRQ);
    receive(&m, in, ARRAY_SIZE(in));
    put(&m, STATUS, ~STATUS_IRQ);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_IRQ);
    abort_it(&m);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_IRQ);
    put(&m, CTRL, 0);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_IRQ);
    put(&m, CTRL, CTRL_IRQ);
    put(&m, STATUS, STATUS_IRQ);
    g_assert_cmphex(get(&m, STATUS), ==, 0);

    /* What is discarded sets nothing; an error does */
    request(&m, 0xffffffff, 0);
    g_assert_cmphex(get(&m, STATUS), ==, 0);
    request(&m, DISCOVERY, 0);
    put(&m, STATUS, STATUS_IRQ);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_READY);
    request(&m, DISCOVERY, 0);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_ERROR | STATUS_IRQ);
    put(&m, STATUS, STATUS_IRQ);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_ERROR);
    put(&m, CTRL, CTRL_ABORT);
    check_reset_values(&m);
    m.ctrl = 0;
    check_alive(&m);
}

/* The switch has no vector: nothing can be enabled, nothing is said */
static void test_no_interrupt(void)
{
    Mailbox m = open_mailbox(topo, upstream(topo, 0));

    m.ctrl = CTRL_IRQ;
    ready(&m);
    g_assert_cmphex(get(&m, CTRL), ==, 0);
    abort_it(&m);
    check_reset_values(&m);
}

/**
 * struct Msix - where messages of a function go
 * @cap: configuration space offset of the capability
 * @message: a word of RAM for each vector, which gets MESSAGE() of it
 * @pending: guest address of the pending bits
 */
typedef struct Msix {
    Mailbox *m;
    unsigned cap;
    unsigned vectors;
    uint64_t message;
    uint64_t table;
    uint64_t pending;
} Msix;

#define MESSAGE(vector)         (0xc0de00 + (vector))

static Msix setup_msix(Mailbox *m)
{
    const QCxlFunction *f = m->f;
    Msix x = {
        .m = m,
        .cap = qcxl_pci_cap(m->t, f, CAP_MSIX),
        .message = 0x100000,
    };
    uint32_t table = qcxl_config_read(m->t, f, x.cap + 4, 4);
    uint32_t pending = qcxl_config_read(m->t, f, x.cap + 8, 4);

    x.vectors = (qcxl_config_read(m->t, f, x.cap + 2, 2) & 0x7ff) + 1;
    x.table = f->bar[table & 7] + (table & ~7u);
    x.pending = f->bar[pending & 7] + (pending & ~7u);
    for (unsigned i = 0; i < x.vectors; i++) {
        qtest_writel(m->t->qts, x.message + 4 * i, 0);
        qtest_writeq(m->t->qts, x.table + 16 * i, x.message + 4 * i);
        qtest_writel(m->t->qts, x.table + 16 * i + 8, MESSAGE(i));
        qtest_writel(m->t->qts, x.table + 16 * i + 12, 0);
    }
    qcxl_config_write(m->t, f, x.cap + 2, 2, MSIX_ENABLE);
    return x;
}

static void stop_msix(const Msix *x)
{
    const Mailbox *m = x->m;

    qcxl_config_write(m->t, m->f, x->cap + 2, 2, 0);
    put(m, STATUS, STATUS_IRQ);
    put(m, CTRL, CTRL_ABORT);
    check_reset_values(m);
}

/* Whether the message has come, and no other; it is taken away */
static bool has_come(const Msix *x, unsigned vector)
{
    bool come = false;

    for (unsigned i = 0; i < x->vectors; i++) {
        uint32_t word = qtest_readl(x->m->t->qts, x->message + 4 * i);

        if (i == vector) {
            g_assert(word == 0 || word == MESSAGE(i));
            come = word;
        } else {
            g_assert_cmphex(word, ==, 0);
        }
        qtest_writel(x->m->t->qts, x->message + 4 * i, 0);
    }
    return come;
}

static void test_message(void)
{
    Mailbox m = endpoint_mailbox(2);
    Msix x = setup_msix(&m);
    unsigned vector = get(&m, CAP) >> 1 & 0x7ff;
    uint32_t in[16];

    request(&m, DISCOVERY, 0);
    g_assert(!has_come(&x, vector));
    receive(&m, in, ARRAY_SIZE(in));

    m.ctrl = CTRL_IRQ;
    write_request(&m, DISCOVERY, 0);
    g_assert(!has_come(&x, vector));
    go(&m);
    g_assert(has_come(&x, vector));
    /* Reading says nothing, nor does the next one while the status stands */
    receive(&m, in, ARRAY_SIZE(in));
    request(&m, DISCOVERY, 0);
    g_assert(!has_come(&x, vector));
    put(&m, STATUS, STATUS_IRQ);
    g_assert(!has_come(&x, vector));
    /* An error */
    request(&m, DISCOVERY, 0);
    g_assert_cmphex(get(&m, STATUS), ==, STATUS_ERROR | STATUS_IRQ);
    g_assert(has_come(&x, vector));
    put(&m, STATUS, STATUS_IRQ);
    abort_it(&m);
    g_assert(!has_come(&x, vector));

    stop_msix(&x);
}

static void clear_status(const Mailbox *m)
{
    put(m, STATUS, STATUS_IRQ);
}

static void disable_interrupt(const Mailbox *m)
{
    put(m, CTRL, 0);
}

/* While its vector is masked, a message waits; what it was about may go */
static void test_pending(void)
{
    static const struct {
        void (*act)(const Mailbox *m);
        bool pending;
    } rows[] = {
        { NULL, true }, { abort_it, true },
        { clear_status, false }, { disable_interrupt, false },
    };
    Mailbox m = endpoint_mailbox(2);
    Msix x = setup_msix(&m);
    unsigned vector = get(&m, CAP) >> 1 & 0x7ff;

    m.ctrl = CTRL_IRQ;
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        uint32_t want = rows[i].pending ? 1u << vector : 0;

        g_test_message("row %u", i);
        qcxl_config_write(topo, m.f, x.cap + 2, 2,
                          MSIX_ENABLE | MSIX_MASK_ALL);
        request(&m, DISCOVERY, 0);
        g_assert(!has_come(&x, vector));
        g_assert_cmphex(qtest_readl(topo->qts, x.pending), ==, 1u << vector);
        if (rows[i].act) {
            rows[i].act(&m);
        }
        g_assert_cmphex(qtest_readl(topo->qts, x.pending), ==, want);
        qcxl_config_write(topo, m.f, x.cap + 2, 2, MSIX_ENABLE);
        g_assert(has_come(&x, vector) == rows[i].pending);
        g_assert_cmphex(qtest_readl(topo->qts, x.pending), ==, 0);
        clear_status(&m);
        abort_it(&m);
        g_assert(!has_come(&x, vector));
    }
    stop_msix(&x);
}

/* --- resets and hotplug --- */

#define SMALL \
    "-machine q35,cxl=on " \
    "-object memory-backend-ram,id=mem0,size=256M " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,port=0,slot=0 " \
    "-device cxl-rp,id=rp1,bus=cxl.0,port=1,slot=1 "

static void system_reset(QCxlTopo *t, unsigned n)
{
    qcxl_reset(t);
}

static void function_reset(QCxlTopo *t, unsigned n)
{
    qcxl_flr(t, qcxl_endpoint(t, n));
    qcxl_scan(t);
}

static void test_reset(void)
{
    static void (* const resets[])(QCxlTopo *t, unsigned n) = {
        system_reset, function_reset,
    };
    g_autofree Table *before = g_new(Table, 1);
    g_autofree Table *after = g_new(Table, 1);

    for (unsigned i = 0; i < ARRAY_SIZE(resets); i++) {
        QCxlTopo *t = qcxl_start(SMALL
            "-device cxl-type3,bus=rp0,volatile-memdev=mem0 "
            "-device cxl-upstream,bus=rp1 ");
        Mailbox m = open_mailbox(t, qcxl_endpoint(t, 0));

        read_table(&m, before);
        for (unsigned s = 0; s < ARRAY_SIZE(states); s++) {
            g_test_message("%s", states[s].what);
            m.ctrl = CTRL_IRQ;
            put(&m, CTRL, CTRL_IRQ);
            states[s].enter(&m);
            resets[i](t, 0);
            m = open_mailbox(t, qcxl_endpoint(t, 0));
            check_reset_values(&m);
            check_alive(&m);
        }
        read_table(&m, after);
        g_assert_cmpmem(before->bytes, before->size, after->bytes,
                        after->size);
        qcxl_stop(t);
    }
}

static void test_switch_reset(void)
{
    QCxlTopo *t = qcxl_start(SMALL "-device cxl-upstream,bus=rp1 ");

    for (unsigned s = 0; s < ARRAY_SIZE(states); s++) {
        Mailbox m = open_mailbox(t, upstream(t, 0));

        states[s].enter(&m);
        qcxl_reset(t);
        m = open_mailbox(t, upstream(t, 0));
        check_reset_values(&m);
        check_alive(&m);
    }
    qcxl_stop(t);
}

static void test_hotplug(void)
{
    g_autofree Table *table = g_new(Table, 1);
    QCxlTopo *t = qcxl_start(SMALL);
    unsigned at = CDAT_HEADER;
    Partition want = { 0, QCXL_UNIT, false, DEFAULTS };
    const QCxlFunction *port;
    Mailbox m;

    want.values[1] = 777000;
    qtest_qmp_assert_success(t->qts, "{'execute': 'device_add', 'arguments': {"
        "'driver': 'cxl-type3', 'bus': 'rp1', 'volatile-memdev': 'mem0',"
        "'write-latency': '777ns', 'id': 'dev0'}}");
    port = qcxl_port(t, 1);
    qcxl_config_write(t, port, qcxl_pci_cap(t, port, CAP_EXPRESS) +
                      SLOT_CONTROL, 2, SLOT_POWER_ON);
    qcxl_scan(t);
    m = open_mailbox(t, qcxl_endpoint(t, 0));
    check_reset_values(&m);
    read_table(&m, table);
    check_table(table);
    check_partition(table, &at, 0, &want);
    g_assert_cmpuint(at, ==, table->size);
    qcxl_stop(t);
}

/* --- cdat=FILE --- */

/* A structure of @len bytes, the payload of which is arbitrary but for those */
static uint8_t *append_entry(GByteArray *table, uint8_t type, uint16_t len)
{
    guint at = table->len;

    g_byte_array_set_size(table, at + len);
    for (unsigned i = 4; i < len; i++) {
        table->data[at + i] = 7 * i + type;
    }
    table->data[at] = type;
    table->data[at + 1] = 0;
    stw_le_p(table->data + at + 2, len);
    return table->data + at;
}

static void append_dsmas(GByteArray *table, uint8_t handle)
{
    uint8_t *p = append_entry(table, DSMAS, 24);

    p[4] = handle;
    stq_le_p(p + 8, 0x1000 * handle);
    stq_le_p(p + 16, 0x1000);
}

static void no_entries(GByteArray *table)
{
}

static void every_type(GByteArray *table)
{
    uint8_t *p;

    append_dsmas(table, 0xa5);
    p = append_entry(table, DSLBIS, 24);
    p[4] = 0xa5;
    p[6] = 0;
    append_entry(table, DSMSCIS, 20)[4] = 0xa5;
    p = append_entry(table, DSIS, 8);
    p[4] = 1;
    p[5] = 0x5a;
    append_entry(table, DSEMTS, 24)[4] = 0xa5;
    append_entry(table, SSLBIS, 40)[4] = 3;
}

static void many_entries(GByteArray *table)
{
    for (unsigned i = 0; i <= UINT8_MAX; i++) {
        append_dsmas(table, i);
    }
}

/* As long as a table may be, nearly all of it in one structure */
static void long_entry(GByteArray *table)
{
    append_entry(table, SSLBIS, MAX_CDAT - CDAT_HEADER - 24)[4] = 5;
    append_dsmas(table, 9);
}

static const struct {
    const char *what;
    void (*fill)(GByteArray *table);
    uint8_t revision;
    unsigned entries;
} files[] = {
    { "no entries", no_entries, 1, 1 },
    { "every type", every_type, 2, 7 },
    { "many entries", many_entries, 1, 257 },
    { "a long entry", long_entry, 1, 3 },
};

static char *write_cdat(GByteArray *table)
{
    char *path = NULL;
    int fd = g_file_open_tmp("qtest-cdat-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, table->data, table->len), ==, table->len);
    close(fd);
    return path;
}

static void test_cdat_file(void)
{
    g_autofree Table *got = g_new(Table, 1);

    for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
        g_autoptr(GByteArray) table = g_byte_array_new();
        g_autofree char *path = NULL;
        QCxlTopo *t;

        g_test_message("%s", files[i].what);
        g_byte_array_set_size(table, CDAT_HEADER);
        memset(table->data, 0, CDAT_HEADER);
        files[i].fill(table);
        stl_le_p(table->data, table->len);
        table->data[4] = files[i].revision;
        stl_le_p(table->data + 12, 0x12345678);
        table->data[5] = -byte_sum(table->data, table->len);

        path = write_cdat(table);
        t = qcxl_start(SMALL
            "-device cxl-type3,bus=rp0,volatile-memdev=mem0,cdat=%s "
            "-device cxl-upstream,bus=rp1,cdat=%s ", path, path);
        unlink(path);
        for (unsigned n = 0; n < 2; n++) {
            Mailbox m = open_mailbox(t, n ? upstream(t, 0) :
                                            qcxl_endpoint(t, 0));

            read_table(&m, got);
            g_assert_cmpuint(got->entries, ==, files[i].entries);
            g_assert_cmpmem(got->bytes, got->size, table->data, table->len);
        }
        qcxl_stop(t);
    }
}

/*
 * What is no regular file may keep QEMU waiting, or never end; what is too long
 * is not read to its end
 */
static void test_cdat_not_a_table(void)
{
    g_autofree char *dir = g_dir_make_tmp("cxl-cdat-XXXXXX", NULL);
    g_autofree char *fifo = g_build_filename(dir, "fifo", NULL);
    g_autofree char *sparse = g_build_filename(dir, "sparse", NULL);
    const struct {
        const char *path, *word;
    } files[] = {
        { fifo, "regular" }, { "/dev/zero", "regular" }, { dir, "regular" },
        { sparse, "CDAT" }, { "/dev/null", "regular" },
    };
    QCxlTopo *t = qcxl_start(SMALL);
    int fd = open(sparse, O_CREAT | O_WRONLY, 0600);

    g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
    g_assert(fd >= 0 && !ftruncate(fd, 1ll << 40));
    close(fd);
    for (unsigned i = 0; i < ARRAY_SIZE(files); i++) {
        QDict *r = qtest_qmp(t->qts, "{'execute': 'device_add', 'arguments': {"
            "'driver': 'cxl-type3', 'bus': 'rp1', 'volatile-memdev': 'mem0',"
            "'cdat': %s, 'id': 'dev0'}}", files[i].path);
        QDict *error = qdict_get_qdict(r, "error");

        g_assert(error && strstr(qdict_get_str(error, "desc"), files[i].word));
        g_assert(strstr(qdict_get_str(error, "desc"), files[i].path));
        qobject_unref(r);
    }
    qcxl_stop(t);
    unlink(fifo);
    unlink(sparse);
    rmdir(dir);
}

/* A read-only backend: the CDAT says so, loads see it and stores are dropped */
static void test_read_only(void)
{
    g_autofree Table *table = g_new(Table, 1);
    QCxlFile *file = qcxl_file_new(QCXL_UNIT);
    QCxlFunction *f;
    uint64_t base;
    QCxlTopo *t;
    Mailbox m;

    stq_le_p(file->map + 0x1000, 0x1234);
    t = qcxl_start(
        "-machine q35,cxl=on "
        "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G "
        "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 "
        "-device cxl-rp,id=rp0,bus=cxl.0,slot=0,port=0 "
        "-object memory-backend-file,id=m0,share=on,readonly=on,mem-path=%s,"
        "size=256M -device cxl-type3,id=dev0,bus=rp0,volatile-memdev=m0",
        file->path);
    base = t->window[0].base;
    f = qcxl_endpoint(t, 0);
    m = open_mailbox(t, f);
    read_table(&m, table);
    g_assert_cmphex(table->bytes[CDAT_HEADER + 5], ==, 1 << 6);
    qcxl_map(t, f, base, QCXL_UNIT);
    g_assert_cmphex(qtest_readq(t->qts, base + 0x1000), ==, 0x1234);
    qtest_writeq(t->qts, base + 0x1000, 0x5678);
    g_assert_cmphex(qtest_readq(t->qts, base + 0x1000), ==, 0x1234);
    g_assert_cmphex(ldq_le_p(file->map + 0x1000), ==, 0x1234);
    qcxl_stop(t);
    qcxl_file_free(file);
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/doe/capability", test_capability);
    qtest_add_func("/cxl/doe/registers", test_registers);
    qtest_add_func("/cxl/doe/discovery", test_discovery);
    qtest_add_func("/cxl/doe/endpoint-tables", test_endpoint_tables);
    qtest_add_func("/cxl/doe/switch-tables", test_switch_tables);
    qtest_add_func("/cxl/doe/any-order", test_any_order);
    qtest_add_func("/cxl/doe/requests", test_requests);
    qtest_add_func("/cxl/doe/abort", test_abort);
    qtest_add_func("/cxl/doe/error", test_error);
    qtest_add_func("/cxl/doe/read-mailbox", test_read_mailbox);
    qtest_add_func("/cxl/doe/parts", test_parts);
    qtest_add_func("/cxl/doe/independent", test_independent);
    qtest_add_func("/cxl/doe/interrupt-status", test_interrupt_status);
    qtest_add_func("/cxl/doe/no-interrupt", test_no_interrupt);
    qtest_add_func("/cxl/doe/message", test_message);
    qtest_add_func("/cxl/doe/pending", test_pending);
    qtest_add_func("/cxl/doe/reset", test_reset);
    qtest_add_func("/cxl/doe/switch-reset", test_switch_reset);
    qtest_add_func("/cxl/doe/hotplug", test_hotplug);
    qtest_add_func("/cxl/doe/cdat-file", test_cdat_file);
    qtest_add_func("/cxl/doe/cdat-not-a-table", test_cdat_not_a_table);
    qtest_add_func("/cxl/doe/read-only", test_read_only);
    topo = start_machine();
    ret = g_test_run();
    qcxl_stop(topo);
    return ret;
}
