/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The primary mailbox of a memory device (CXL 3.1 8.2.8.4 and 8.2.9)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"

#define LSA_SIZE                (64 * 1024)

#define DEVICE(memory) \
    "-machine q35,cxl=on " \
    "-object memory-backend-ram,id=vmem0,size=512M " \
    "-object memory-backend-ram,id=pmem0,size=256M " \
    "-object memory-backend-ram,id=lsa0,size=64K " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,chassis=0,slot=0 " \
    "-device cxl-type3,id=dev0,bus=rp0," memory

#define FULL_DEVICE \
    DEVICE("volatile-memdev=vmem0,persistent-memdev=pmem0,lsa=lsa0")

static const uint8_t cel_uuid[16] = {
    0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
    0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
};

/* One device for all tests that leave no trace, with both partitions */
static QCxlTopo *topo;
static QCxlFunction *dev;

static uint16_t run(uint16_t opcode, const void *in, uint32_t in_len,
                    void *out, uint32_t *out_len)
{
    return qcxl_command(topo, dev, opcode, in, in_len, out, out_len);
}

/* Every command that is there */
static const QCxlCommand commands[] = {
    CXL_COMMANDS_OF_MEMDEV(QCXL_COMMAND)
};

static bool is_known(uint16_t opcode)
{
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        if (commands[i].opcode == opcode) {
            return true;
        }
    }
    return false;
}

/* Every opcode of the sets that a memory device may have */
static void test_unsupported(void)
{
    uint8_t out[QCXL_MBOX_MAX] = {};
    uint32_t len;

    for (unsigned set = 0; set <= 0x57; set++) {
        for (unsigned command = 0; command < 16; command++) {
            uint16_t opcode = set << 8 | command;

            if (!is_known(opcode)) {
                g_assert_cmphex(run(opcode, out, 4, out, &len), ==,
                                QCXL_UNSUPPORTED);
                g_assert_cmpuint(len, ==, 0);
            }
        }
    }
    g_assert_cmphex(run(0xffff, NULL, 0, NULL, NULL), ==, QCXL_UNSUPPORTED);
    g_assert_cmphex(run(0, NULL, 0, NULL, NULL), ==, QCXL_UNSUPPORTED);
}

static void test_identify(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 0x45);
    /* Firmware revision: printable, padded with zero bytes */
    g_assert_cmpuint(out[0], >, ' ');
    /* In units of 256 MiB: total, volatile, persistent, alignment */
    g_assert_cmpuint(ldq_le_p(out + 0x10), ==, 3);
    g_assert_cmpuint(ldq_le_p(out + 0x18), ==, 2);
    g_assert_cmpuint(ldq_le_p(out + 0x20), ==, 1);
    g_assert_cmpuint(ldq_le_p(out + 0x28), ==, 0);
    for (unsigned log = 0; log < 4; log++) {
        g_assert_cmpuint(lduw_le_p(out + 0x30 + 2 * log), >, 0);
    }
    g_assert_cmpuint(ldl_le_p(out + 0x38), ==, LSA_SIZE);
}

static void test_partition_info(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(CXL_OP_GET_PARTITION_INFO, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 0x20);
    g_assert_cmpuint(ldq_le_p(out), ==, 2);
    g_assert_cmpuint(ldq_le_p(out + 8), ==, 1);
    /* No change is pending */
    g_assert_cmpuint(ldq_le_p(out + 16), ==, 0);
    g_assert_cmpuint(ldq_le_p(out + 24), ==, 0);
}

static void test_health(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(CXL_OP_GET_HEALTH_INFO, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 0x12);
    /* No maintenance, performance or capacity problem; media normal */
    g_assert_cmphex(out[0], ==, 0);
    g_assert_cmphex(out[1], ==, 0);
}

static void test_shutdown_state(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    for (unsigned i = 0; i < 4; i++) {
        uint8_t dirty = i & 1;

        g_assert_cmphex(run(CXL_OP_SET_SHUTDOWN_STATE, &dirty, 1, NULL, NULL),
                        ==, QCXL_SUCCESS);
        g_assert_cmphex(run(CXL_OP_GET_SHUTDOWN_STATE, NULL, 0, out, &len), ==,
                        QCXL_SUCCESS);
        g_assert_cmpuint(len, ==, 1);
        g_assert_cmphex(out[0], ==, dirty);
    }
}

static void set_reading(const char *name, int value)
{
    qtest_qmp_assert_success(topo->qts,
        "{'execute': 'qom-set', 'arguments': {'path':"
        " '/machine/peripheral/dev0', 'property': %s, 'value': %d}}",
        name, value);
}

/* Readings change while the machine runs, and cross thresholds */
static void test_alerts(void)
{
    const uint8_t alerts[12] = { 0x02, 0x02, 0, 0, 60 };
    uint8_t out[QCXL_MBOX_MAX], log = 1;
    uint32_t len;

    g_assert_cmphex(run(CXL_OP_SET_ALERT_CONFIGURATION, alerts, 12, NULL,
                        NULL), ==, QCXL_SUCCESS);
    g_assert_cmphex(run(CXL_OP_GET_ALERT_CONFIGURATION, NULL, 0, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 16);
    g_assert_cmphex(out[0], ==, 2);
    g_assert_cmphex(out[1], ==, 0x1f);
    g_assert_cmpuint(lduw_le_p(out + 8), ==, 60);

    set_reading("temperature", 59);
    g_assert_cmphex(qtest_readq(topo->qts, dev->status) & 0x1f, ==, 0);
    set_reading("temperature", 60);
    g_assert_cmphex(qtest_readq(topo->qts, dev->status) & 0x1f, ==, 2);
    run(CXL_OP_GET_EVENT_RECORDS, &log, 1, out, &len);
    g_assert_cmpuint(len, ==, 0x20 + 128);
    /* A Memory Module event: the temperature has changed, it is 60 degrees */
    g_assert_cmphex(ldl_le_p(out + 0x20), ==, 0x757492fe);
    g_assert_cmpuint(out[0x20 + 48], ==, 3);
    g_assert_cmpuint(lduw_le_p(out + 0x20 + 48 + 5), ==, 60);
    set_reading("temperature", 40);

    g_assert_cmphex(run(CXL_OP_CLEAR_EVENT_RECORDS, (uint8_t [8]) {
        1, 0, 1, 0, 0, 0, out[0x20 + 20], out[0x20 + 21],
    }, 8, NULL, NULL), ==, QCXL_SUCCESS);
    g_assert_cmphex(run(CXL_OP_SET_ALERT_CONFIGURATION, (uint8_t [12]) {
        0x1f,
    }, 12, NULL, NULL), ==, QCXL_SUCCESS);
}

static uint32_t dirty_shutdowns(QCxlTopo *t)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0),
                                 CXL_OP_GET_HEALTH_INFO, NULL, 0, out, &len),
                    ==, QCXL_SUCCESS);
    return ldl_le_p(out + 6);
}

static void set_dirty(QCxlTopo *t)
{
    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0),
                                 CXL_OP_SET_SHUTDOWN_STATE, "\1", 1, NULL,
                                 NULL), ==, QCXL_SUCCESS);
}

/* A device that was dirty when QEMU was killed, and not when QEMU ended */
static void test_dirty_shutdowns(void)
{
    g_autofree char *path = qcxl_empty_file();
    QCxlTopo *t;

    for (unsigned i = 0; i < 3; i++) {
        t = qcxl_start(FULL_DEVICE ",state-file=%s", path);
        g_assert_cmpuint(dirty_shutdowns(t), ==, i);
        set_dirty(t);
        qcxl_kill(t);
    }
    t = qcxl_start(FULL_DEVICE ",state-file=%s", path);
    g_assert_cmpuint(dirty_shutdowns(t), ==, 3);
    set_dirty(t);
    /* A reset is no loss of power */
    qcxl_reset(t);
    g_assert_cmpuint(dirty_shutdowns(t), ==, 3);
    qcxl_stop(t);

    t = qcxl_start(FULL_DEVICE ",state-file=%s", path);
    g_assert_cmpuint(dirty_shutdowns(t), ==, 3);
    qcxl_stop(t);
    unlink(path);
}

/* --- logs --- */

static uint16_t get_log(const uint8_t *uuid, uint32_t offset, uint32_t length,
                        uint8_t *out, uint32_t *out_len)
{
    uint8_t in[24];

    memcpy(in, uuid, 16);
    stl_le_p(in + 16, offset);
    stl_le_p(in + 20, length);
    return run(CXL_OP_GET_LOG, in, sizeof(in), out, out_len);
}

static uint32_t cel_size(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(CXL_OP_GET_SUPPORTED_LOGS, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(lduw_le_p(out), ==, 3);
    g_assert_cmpuint(len, ==, 8 + 3 * 20);
    g_assert(!memcmp(out + 8, cel_uuid, 16));
    return ldl_le_p(out + 24);
}

/* The command effects log names exactly the commands that are there */
static void test_cel(void)
{
    uint8_t log[QCXL_MBOX_MAX];
    uint32_t size = cel_size();
    uint32_t len;

    g_assert_cmpuint(size, ==, 4 * ARRAY_SIZE(commands));
    g_assert_cmphex(get_log(cel_uuid, 0, size, log, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, size);
    for (unsigned i = 0; i < ARRAY_SIZE(commands); i++) {
        bool found = false;

        for (unsigned at = 0; at < size; at += 4) {
            found |= lduw_le_p(log + at) == commands[i].opcode &&
                     lduw_le_p(log + at + 2) == commands[i].effects;
        }
        g_test_message("opcode 0x%04x", commands[i].opcode);
        g_assert(found);
    }
}

/* Any part of it at any offset, but nothing beyond its end */
static void test_cel_parts(void)
{
    uint8_t log[QCXL_MBOX_MAX], part[QCXL_MBOX_MAX];
    static const uint8_t no_uuid[16] = { 1 };
    uint32_t size = cel_size();
    uint32_t len;

    get_log(cel_uuid, 0, size, log, &len);
    for (uint32_t offset = 0; offset <= size; offset++) {
        for (uint32_t length = 0; length <= 9; length++) {
            uint16_t ret = get_log(cel_uuid, offset, length, part, &len);

            if (offset + length > size) {
                g_assert_cmphex(ret, ==, QCXL_INVALID_INPUT);
                g_assert_cmpuint(len, ==, 0);
            } else {
                g_assert_cmphex(ret, ==, QCXL_SUCCESS);
                g_assert_cmpuint(len, ==, length);
                g_assert(!memcmp(part, log + offset, length));
            }
        }
    }
    g_assert_cmphex(get_log(cel_uuid, UINT32_MAX, 4, part, &len), ==,
                    QCXL_INVALID_INPUT);
    g_assert_cmphex(get_log(cel_uuid, 4, UINT32_MAX, part, &len), ==,
                    QCXL_INVALID_INPUT);
    g_assert_cmphex(get_log(no_uuid, 0, 4, part, &len), ==, QCXL_INVALID_LOG);
}

/* --- events --- */

static void test_events_empty(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    for (uint8_t log = 0; log < 4; log++) {
        g_assert_cmphex(run(CXL_OP_GET_EVENT_RECORDS, &log, 1, out, &len), ==,
                        QCXL_SUCCESS);
        /* Flags, overflow count and record count are zero */
        g_assert_cmpuint(len, ==, 0x20);
        g_assert_cmphex(out[0], ==, 0);
        g_assert_cmpuint(lduw_le_p(out + 2), ==, 0);
        g_assert_cmpuint(lduw_le_p(out + 0x14), ==, 0);
    }
    for (unsigned log = 5; log < 256; log += 50) {
        uint8_t in = log;

        g_assert_cmphex(run(CXL_OP_GET_EVENT_RECORDS, &in, 1, out, &len), ==,
                        QCXL_INVALID_INPUT);
        g_assert_cmpuint(len, ==, 0);
    }
    g_assert_cmphex(qtest_readq(topo->qts, dev->status) & 0x1f, ==, 0);
}

static void test_events_clear(void)
{
    /* Log, flags (bit 0: clear all), handles; then reserved and handles */
    const uint8_t one[8] = { 0, 0, 1, 0, 0, 0, 7, 0 };
    const uint8_t all[6] = { 0, 1, 0 };
    const uint8_t no_log[6] = { 9, 0, 0 };

    /* A handle that no record has */
    g_assert_cmphex(run(CXL_OP_CLEAR_EVENT_RECORDS, one, 8, NULL, NULL), ==,
                    QCXL_INVALID_HANDLE);
    /* Count and length of the payload contradict each other */
    g_assert_cmphex(run(CXL_OP_CLEAR_EVENT_RECORDS, one, 7, NULL, NULL), ==,
                    QCXL_INVALID_LENGTH);
    g_assert_cmphex(run(CXL_OP_CLEAR_EVENT_RECORDS, one, 6, NULL, NULL), ==,
                    QCXL_INVALID_LENGTH);
    /* Clear all is for a log that has overflowed */
    g_assert_cmphex(run(CXL_OP_CLEAR_EVENT_RECORDS, all, 6, NULL, NULL), ==,
                    QCXL_INVALID_INPUT);
    g_assert_cmphex(run(CXL_OP_CLEAR_EVENT_RECORDS, no_log, 6, NULL, NULL), ==,
                    QCXL_INVALID_INPUT);
}

static void test_interrupt_policy(void)
{
    const uint8_t msi[4] = { 1, 1, 1, 1 }, none[4] = { 0 };
    const uint8_t reserved[4] = { 1, 3, 1, 1 };
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(CXL_OP_SET_EVENT_INTERRUPT_POLICY, msi, 4, NULL, NULL),
                    ==, QCXL_SUCCESS);
    g_assert_cmphex(run(CXL_OP_SET_EVENT_INTERRUPT_POLICY, reserved, 4, NULL,
                        NULL), ==,
                    QCXL_INVALID_INPUT);
    g_assert_cmphex(run(CXL_OP_GET_EVENT_INTERRUPT_POLICY, NULL, 0, out, &len),
                    ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, >=, 4);
    for (unsigned log = 0; log < 4; log++) {
        /* Mode MSI, a vector of the table */
        g_assert_cmphex(out[log] & 0xf, ==, 1);
        g_assert_cmpuint(out[log] >> 4, <, 8);
    }
    g_assert_cmphex(run(CXL_OP_SET_EVENT_INTERRUPT_POLICY, none, 4, NULL, NULL),
                    ==, QCXL_SUCCESS);
    g_assert_cmphex(run(CXL_OP_GET_EVENT_INTERRUPT_POLICY, NULL, 0, out, &len),
                    ==, QCXL_SUCCESS);
    for (unsigned log = 0; log < 4; log++) {
        g_assert_cmphex(out[log] & 3, ==, 0);
    }
}

static uint64_t get_timestamp(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(run(CXL_OP_GET_TIMESTAMP, NULL, 0, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 8);
    return ldq_le_p(out);
}

/* Zero until set; then it counts on from there; zero again after a reset */
static void test_timestamp(void)
{
    const uint64_t set = 1700000000000000000;
    uint64_t first, second;
    uint8_t in[8];

    qcxl_reset(topo);
    dev = qcxl_endpoint(topo, 0);
    g_assert_cmpuint(get_timestamp(), ==, 0);
    stq_le_p(in, set);
    g_assert_cmphex(run(CXL_OP_SET_TIMESTAMP, in, 8, NULL, NULL), ==,
                    QCXL_SUCCESS);
    first = get_timestamp();
    second = get_timestamp();
    g_assert_cmpuint(first, >=, set);
    g_assert_cmpuint(first, <, set + 3600000000000);
    g_assert_cmpuint(second, >=, first);

    qcxl_reset(topo);
    dev = qcxl_endpoint(topo, 0);
    g_assert_cmpuint(get_timestamp(), ==, 0);
}

/* --- label storage --- */

static uint16_t get_lsa(uint32_t offset, uint32_t length, uint8_t *out,
                        uint32_t *out_len)
{
    uint8_t in[8];

    stl_le_p(in, offset);
    stl_le_p(in + 4, length);
    return run(CXL_OP_GET_LSA, in, sizeof(in), out, out_len);
}

static uint16_t set_lsa(uint32_t offset, uint8_t fill, uint32_t length)
{
    uint8_t in[QCXL_MBOX_MAX] = {};

    stl_le_p(in, offset);
    for (uint32_t i = 0; i < length; i++) {
        in[8 + i] = fill + i;
    }
    return run(CXL_OP_SET_LSA, in, 8 + length, NULL, NULL);
}

static void check_labels(uint32_t offset, uint8_t fill, uint32_t length)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(set_lsa(offset, fill, length), ==, QCXL_SUCCESS);
    g_assert_cmphex(get_lsa(offset, length, out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, length);
    for (uint32_t i = 0; i < length; i++) {
        g_assert_cmphex(out[i], ==, (uint8_t)(fill + i));
    }
}

static void test_lsa(void)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    check_labels(0, 1, 1);
    check_labels(3, 2, 500);
    check_labels(LSA_SIZE - QCXL_MBOX_MAX, 9, QCXL_MBOX_MAX - 8);
    check_labels(LSA_SIZE - 1, 7, 1);

    /* The largest payload that comes back */
    g_assert_cmphex(get_lsa(0, QCXL_MBOX_MAX, out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, QCXL_MBOX_MAX);
    g_assert_cmphex(out[0], ==, 1);
    g_assert_cmphex(out[3], ==, 2);
    g_assert_cmphex(get_lsa(0, QCXL_MBOX_MAX + 1, out, &len), ==,
                    QCXL_INVALID_INPUT);
}

static void test_lsa_bounds(void)
{
    static const struct {
        uint32_t offset, length;
    } beyond[] = {
        { LSA_SIZE, 1 }, { LSA_SIZE - 1, 2 }, { LSA_SIZE + 1, 0 },
        { UINT32_MAX, 1 }, { UINT32_MAX - 3, 8 }, { LSA_SIZE - 8, 64 },
    };
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++) {
        g_assert_cmphex(get_lsa(beyond[i].offset, beyond[i].length, out, &len),
                        ==, QCXL_INVALID_INPUT);
        g_assert_cmpuint(len, ==, 0);
        g_assert_cmphex(set_lsa(beyond[i].offset, 0, beyond[i].length), ==,
                        QCXL_INVALID_INPUT);
    }
    g_assert_cmphex(get_lsa(0, UINT32_MAX, out, &len), ==, QCXL_INVALID_INPUT);
}

/* What Set LSA writes is in the backend, and there for the next start */
static void test_lsa_backend(void)
{
    QCxlFile *memory = qcxl_file_new(QCXL_UNIT);
    QCxlFile *labels = qcxl_file_new(4096);
    uint8_t in[24] = {}, out[QCXL_MBOX_MAX];
    uint32_t len;

    for (unsigned start = 0; start < 2; start++) {
        QCxlTopo *t = qcxl_start(
            "-machine q35,cxl=on -object memory-backend-file,id=p,share=on,"
            "mem-path=%s,size=256M -object memory-backend-file,id=l,share=on,"
            "mem-path=%s,size=4K -device pxb-cxl,id=c,bus=pcie.0,bus_nr=9 "
            "-device cxl-rp,id=rp0,bus=c -device cxl-type3,bus=rp0,"
            "persistent-memdev=p,lsa=l", memory->path, labels->path);
        QCxlFunction *f = qcxl_endpoint(t, 0);

        if (!start) {
            stl_le_p(in, 0x123);
            memcpy(in + 8, "labels live here", 16);
            g_assert_cmphex(qcxl_command(t, f, CXL_OP_SET_LSA, in, 24, NULL,
                                         NULL), ==,
                            QCXL_SUCCESS);
            g_assert(!memcmp(labels->map + 0x123, in + 8, 16));
        } else {
            stl_le_p(in + 4, 16);
            g_assert_cmphex(qcxl_command(t, f, CXL_OP_GET_LSA, in, 8, out,
                                         &len), ==,
                            QCXL_SUCCESS);
            g_assert(!memcmp(out, "labels live here", 16));
        }
        qcxl_stop(t);
    }
    qcxl_file_free(labels);
    qcxl_file_free(memory);
}

/* A reset while labels are on the way to the file, and the next Set LSA */
static void test_lsa_reset(void)
{
    QCxlFile *labels = qcxl_file_new(4096);
    uint8_t in[9] = {};
    QCxlFunction *f;
    QCxlTopo *t;

    t = qcxl_start(
        "-machine q35,cxl=on -object memory-backend-ram,id=p,size=256M "
        "-object memory-backend-file,id=l,share=on,mem-path=%s,size=4K "
        "-device pxb-cxl,id=c,bus=pcie.0,bus_nr=9 "
        "-device cxl-rp,id=rp0,bus=c -device cxl-type3,bus=rp0,"
        "persistent-memdev=p,lsa=l", labels->path);
    f = qcxl_endpoint(t, 0);
    for (unsigned i = 0; i < 20; i++) {
        in[8] = i;
        qtest_memwrite(t->qts, f->mailbox + QCXL_MBOX_PAYLOAD, in, sizeof(in));
        qtest_writeq(t->qts, f->mailbox + QCXL_MBOX_CMD,
                     CXL_OP_SET_LSA | (uint64_t)sizeof(in) << 16);
        qtest_writel(t->qts, f->mailbox + QCXL_MBOX_CTRL, 1);
        qcxl_flr(t, f);
        qcxl_scan(t);
        f = qcxl_endpoint(t, 0);
        g_assert_cmphex(qtest_readl(t->qts, f->mailbox + QCXL_MBOX_CTRL), ==,
                        0);
        in[8] = ~i;
        g_assert_cmphex(qcxl_command(t, f, CXL_OP_SET_LSA, in, sizeof(in),
                                     NULL, NULL), ==, QCXL_SUCCESS);
        g_assert_cmphex(labels->map[0], ==, in[8]);
    }
    qcxl_stop(t);
    qcxl_file_free(labels);
}

/* Labels that cannot be written: they are read, and there is no Set LSA */
static void test_read_only_labels(void)
{
    QCxlFile *labels = qcxl_file_new(4096);
    uint8_t in[24] = {}, out[QCXL_MBOX_MAX];
    QCxlFunction *f;
    uint32_t len;
    QCxlTopo *t;

    memcpy(labels->map, "read me", 8);
    t = qcxl_start(
        "-machine q35,cxl=on -object memory-backend-ram,id=p,size=256M "
        "-object memory-backend-file,id=l,share=on,mem-path=%s,size=4K,"
        "readonly=on -device pxb-cxl,id=c,bus=pcie.0,bus_nr=9 "
        "-device cxl-rp,id=rp0,bus=c -device cxl-type3,bus=rp0,"
        "persistent-memdev=p,lsa=l", labels->path);
    f = qcxl_endpoint(t, 0);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_SET_LSA, in, 24, NULL, NULL),
                    ==, QCXL_UNSUPPORTED);
    stl_le_p(in + 4, 8);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_GET_LSA, in, 8, out, &len), ==,
                    QCXL_SUCCESS);
    g_assert(!memcmp(out, "read me", 8));
    qcxl_stop(t);
    qcxl_file_free(labels);
}

/*
 * A device without label storage has no such commands; and there is no dirty
 * shutdown of volatile memory
 */
static void test_no_lsa(void)
{
    QCxlTopo *t = qcxl_start(DEVICE("volatile-memdev=vmem0"));
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint8_t in[16] = {}, out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(qcxl_command(t, f, CXL_OP_GET_LSA, in, 8, out, &len), ==,
                    QCXL_UNSUPPORTED);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_SET_LSA, in, 9, out, &len), ==,
                    QCXL_UNSUPPORTED);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_GET_SHUTDOWN_STATE, in, 0, out,
                                 &len), ==,
                    QCXL_UNSUPPORTED);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0,
                                 out, &len), ==,
                    QCXL_SUCCESS);
    g_assert_cmpuint(ldl_le_p(out + 0x38), ==, 0);
    g_assert_cmpuint(ldq_le_p(out + 0x18), ==, 2);
    g_assert_cmpuint(ldq_le_p(out + 0x20), ==, 0);
    qcxl_stop(t);
}

/* --- registers --- */

/* The payload area is memory: what is written there stays until a command */
static void test_payload_area(void)
{
    uint64_t at = dev->mailbox + QCXL_MBOX_PAYLOAD;
    uint8_t want[QCXL_MBOX_MAX], got[QCXL_MBOX_MAX];

    for (unsigned i = 0; i < sizeof(want); i++) {
        want[i] = i * 7 + 3;
    }
    qtest_memwrite(topo->qts, at, want, sizeof(want));
    qtest_memread(topo->qts, at, got, sizeof(got));
    g_assert(!memcmp(got, want, sizeof(want)));
    for (unsigned i = 0; i + 8 <= sizeof(want); i += 13) {
        g_assert_cmphex(qtest_readq(topo->qts, at + i), ==,
                        ldq_le_p(want + i));
        qtest_writeq(topo->qts, at + i, i);
        g_assert_cmphex(qtest_readq(topo->qts, at + i), ==, i);
        qtest_writeq(topo->qts, at + i, ldq_le_p(want + i));
    }
}

/* Without the doorbell nothing runs; control bits of the interrupts stay */
static void test_doorbell(void)
{
    uint64_t at = dev->mailbox;
    uint64_t status;

    g_assert_cmphex(run(0xeeee, NULL, 0, NULL, NULL), ==, QCXL_UNSUPPORTED);
    status = qtest_readq(topo->qts, at + QCXL_MBOX_STATUS);
    qtest_writeq(topo->qts, at + QCXL_MBOX_CMD, CXL_OP_IDENTIFY_MEMORY_DEVICE);
    qtest_writel(topo->qts, at + QCXL_MBOX_CTRL, 0x6);
    g_assert_cmphex(qtest_readl(topo->qts, at + QCXL_MBOX_CTRL), ==, 0x6);
    g_assert_cmphex(qtest_readq(topo->qts, at + QCXL_MBOX_STATUS), ==, status);

    qtest_writel(topo->qts, at + QCXL_MBOX_CTRL, 0x7);
    g_assert_cmphex(qtest_readl(topo->qts, at + QCXL_MBOX_CTRL), ==, 0x6);
    g_assert_cmphex(qtest_readq(topo->qts, at + QCXL_MBOX_STATUS), ==, 0);
    g_assert_cmphex(qtest_readq(topo->qts, at + QCXL_MBOX_CMD), ==,
                    CXL_OP_IDENTIFY_MEMORY_DEVICE | 0x45 << 16);
    /* A byte is enough to ring */
    qtest_writeb(topo->qts, at + QCXL_MBOX_CTRL, 0x1);
    g_assert_cmphex(qtest_readl(topo->qts, at + QCXL_MBOX_CTRL), ==, 0);

    /* Status registers are the device's */
    qtest_writeq(topo->qts, at + QCXL_MBOX_STATUS, UINT64_MAX);
    qtest_writeq(topo->qts, at + QCXL_MBOX_BACKGROUND, UINT64_MAX);
    g_assert_cmphex(qtest_readq(topo->qts, at + QCXL_MBOX_STATUS) & 1, ==, 0);
    g_assert_cmphex(qtest_readq(topo->qts, at + QCXL_MBOX_BACKGROUND), ==, 0);
}

/* The doorbell's interrupt arrives as an MSI-X message, if it is asked for */
static void test_interrupt(void)
{
    const uint64_t message = 0x100000;
    QCxlTopo *t = qcxl_start(FULL_DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned cap = qcxl_pci_cap(t, f, 0x11);
    unsigned vector = qtest_readl(t->qts, f->mailbox) >> 7 & 0xf;
    uint32_t table;

    g_assert_cmphex(cap, !=, 0);
    g_assert_cmpuint(qcxl_config_read(t, f, cap + 2, 2) & 0x7ff, ==, 8 - 1);
    table = qcxl_config_read(t, f, cap + 4, 4);
    g_assert_cmpuint(table & 7, ==, 4);

    qtest_writel(t->qts, message, 0);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t entry = f->bar[4] + (table & ~7u) + 16 * i;

        qtest_writeq(t->qts, entry, message);
        qtest_writel(t->qts, entry + 8, 0xc0de00 + i);
        qtest_writel(t->qts, entry + 12, 0);
    }
    qcxl_config_write(t, f, cap + 2, 2, 0x8000);

    g_assert_cmphex(qcxl_command(t, f, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0,
                                 NULL, NULL), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(qtest_readl(t->qts, message), ==, 0);
    qtest_writel(t->qts, f->mailbox + QCXL_MBOX_CTRL, 2);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0,
                                 NULL, NULL), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(qtest_readl(t->qts, message), ==, 0xc0de00 + vector);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/mailbox/unsupported", test_unsupported);
    qtest_add_func("/cxl/mailbox/identify", test_identify);
    qtest_add_func("/cxl/mailbox/partition-info", test_partition_info);
    qtest_add_func("/cxl/mailbox/health", test_health);
    qtest_add_func("/cxl/mailbox/alerts", test_alerts);
    qtest_add_func("/cxl/mailbox/shutdown-state", test_shutdown_state);
    qtest_add_func("/cxl/mailbox/dirty-shutdowns", test_dirty_shutdowns);
    qtest_add_func("/cxl/mailbox/cel", test_cel);
    qtest_add_func("/cxl/mailbox/cel-parts", test_cel_parts);
    qtest_add_func("/cxl/mailbox/events/empty", test_events_empty);
    qtest_add_func("/cxl/mailbox/events/clear", test_events_clear);
    qtest_add_func("/cxl/mailbox/events/policy", test_interrupt_policy);
    qtest_add_func("/cxl/mailbox/timestamp", test_timestamp);
    qtest_add_func("/cxl/mailbox/lsa/data", test_lsa);
    qtest_add_func("/cxl/mailbox/lsa/bounds", test_lsa_bounds);
    qtest_add_func("/cxl/mailbox/lsa/backend", test_lsa_backend);
    qtest_add_func("/cxl/mailbox/lsa/read-only", test_read_only_labels);
    qtest_add_func("/cxl/mailbox/lsa/reset", test_lsa_reset);
    qtest_add_func("/cxl/mailbox/lsa/none", test_no_lsa);
    qtest_add_func("/cxl/mailbox/payload-area", test_payload_area);
    qtest_add_func("/cxl/mailbox/doorbell", test_doorbell);
    qtest_add_func("/cxl/mailbox/interrupt", test_interrupt);
    topo = qcxl_start(FULL_DEVICE);
    dev = qcxl_endpoint(topo, 0);
    status = g_test_run();
    qcxl_stop(topo);
    return status;
}
