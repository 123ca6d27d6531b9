/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is injected by QMP is what the guest finds, and who injects is told
 * when the guest has seen to it (CXL 3.1 8.2.9.2)
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qobject/qdict.h"
#include "qobject/qjson.h"

#define LOG_SIZE        64
#define RECORD          128
#define LIST            32
#define HEADER          48
#define MESSAGE         0x100000ull

#define DEVICE \
    "-machine q35,cxl=on " \
    "-object memory-backend-ram,id=mem0,size=256M " \
    "-object memory-backend-ram,id=pmem0,size=256M " \
    "-object memory-backend-ram,id=lsa0,size=4K " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,chassis=0,slot=0 " \
    "-device cxl-type3,id=mem0,bus=rp0,volatile-memdev=mem0," \
    "persistent-memdev=pmem0,lsa=lsa0,sn=1 "

#define GENERAL_MEDIA   "cxl-inject-general-media-event"
#define DRAM            "cxl-inject-dram-event"
#define MODULE          "cxl-inject-memory-module-event"

/* What each of them cannot do without */
#define MEDIA_ARGS \
    "'path': 'mem0', 'log': 'failure', 'flags': 0, 'dpa': 4096," \
    "'descriptor': 1, 'type': 2, 'transaction-type': 3"
#define MODULE_ARGS \
    "'path': 'mem0', 'log': 'warning', 'flags': 0, 'type': 3," \
    "'health-status': 1, 'media-status': 2, 'additional-status': 3," \
    "'life-used': 4, 'temperature': -5, 'dirty-shutdown-count': 6," \
    "'corrected-volatile-error-count': 7," \
    "'corrected-persistent-error-count': 8"

static QDict *run_qmp(QCxlTopo *t, const char *command, const char *args)
{
    g_autofree char *text = g_strdup_printf("{ 'execute': '%s',"
                                            " 'arguments': { %s } }",
                                            command, args);

    return qtest_qmp(t->qts, "%p", qobject_from_json(text, &error_abort));
}

static void inject(QCxlTopo *t, const char *command, const char *args)
{
    QDict *answer = run_qmp(t, command, args);

    if (!qdict_haskey(answer, "return")) {
        g_test_message("%s: %s", command, args);
    }
    g_assert(qdict_haskey(answer, "return"));
    qobject_unref(answer);
}

/* It is refused, and the message has these words */
static void refuse(QCxlTopo *t, const char *command, const char *args,
                   const char *words)
{
    QDict *answer = run_qmp(t, command, args);
    const char *desc;

    g_assert(qdict_haskey(answer, "error"));
    desc = qdict_get_str(qdict_get_qdict(answer, "error"), "desc");
    if (!strstr(desc, words)) {
        g_test_message("%s: not '%s'", desc, words);
    }
    g_assert_nonnull(strstr(desc, words));
    qobject_unref(answer);
}

/* The newest record of a log, which must be there */
static void newest(QCxlTopo *t, uint8_t log, uint8_t record[RECORD])
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(qcxl_command(t, qcxl_endpoint(t, 0),
                                 CXL_OP_GET_EVENT_RECORDS, &log, 1, out,
                                 &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, >=, LIST + RECORD);
    memcpy(record, out + len - RECORD, RECORD);
}

/* Clears the oldest record of a log */
static uint16_t clear_one(QCxlTopo *t, uint8_t log)
{
    uint8_t in[8] = { log, 0, 1 }, out[QCXL_MBOX_MAX];
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint32_t len;

    qcxl_command(t, f, CXL_OP_GET_EVENT_RECORDS, &log, 1, out, &len);
    memcpy(in + 6, out + LIST + 20, 2);
    return qcxl_command(t, f, CXL_OP_CLEAR_EVENT_RECORDS, in, 8, NULL, NULL);
}

static void check_record(QCxlTopo *t, uint8_t log, const uint8_t *uuid,
                         const uint8_t *want)
{
    uint8_t record[RECORD], zero[RECORD] = {};

    newest(t, log, record);
    g_assert_cmpmem(record, 16, uuid, 16);
    g_assert_cmpuint(record[16], ==, RECORD);
    g_assert_cmpmem(record + HEADER, RECORD - HEADER, want, RECORD - HEADER);
    g_assert_cmpmem(record + 37, 11, zero, 11);
}

/* --- each kind with all that it can have --- */

static const uint8_t media_uuid[16] = {
    0xfb, 0xcd, 0x0a, 0x77, 0xc2, 0x60, 0x41, 0x7f,
    0x85, 0xa9, 0x08, 0x8b, 0x16, 0x21, 0xeb, 0xa6,
};

static const uint8_t dram_uuid[16] = {
    0x60, 0x1d, 0xcb, 0xb3, 0x9c, 0x06, 0x4e, 0xab,
    0xb8, 0xaf, 0x4e, 0x9b, 0xfb, 0x5c, 0x96, 0x24,
};

static const uint8_t module_uuid[16] = {
    0xfe, 0x92, 0x74, 0x75, 0xdd, 0x59, 0x43, 0x39,
    0xa5, 0x86, 0x79, 0xba, 0xb1, 0x13, 0xb7, 0x74,
};

static void test_header(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);
    uint8_t record[RECORD];

    /* 8.2.9.2.1: the severity is the log, whatever the flags say */
    inject(t, GENERAL_MEDIA,
           "'path': '/machine/peripheral/mem0', 'log': 'fatal', 'flags': 61,"
           "'dpa': 0, 'descriptor': 0, 'type': 0, 'transaction-type': 0");
    newest(t, 3, record);
    g_assert_cmphex(record[17] | record[18] << 8 | record[19] << 16, ==,
                    63);
    g_assert_cmphex(ldq_le_p(record + 32), ==, 0);
    inject(t, GENERAL_MEDIA, MEDIA_ARGS
           ", 'maint-op-class': 1, 'maint-op-subclass': 2, 'ld-id': 515,"
           "'head-id': 5");
    newest(t, 2, record);
    g_assert_cmphex(record[17] | record[18] << 8 | record[19] << 16, ==,
                    0x1c2);
    g_assert_cmphex(record[32], ==, 1);
    g_assert_cmphex(record[33], ==, 2);
    g_assert_cmphex(lduw_le_p(record + 34), ==, 515);
    g_assert_cmphex(record[36], ==, 5);
    qcxl_stop(t);
}

static void test_general_media(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);
    uint8_t want[RECORD - HEADER] = {};

    inject(t, GENERAL_MEDIA, MEDIA_ARGS);
    stq_le_p(want, 4096);
    want[8] = 1;
    want[9] = 2;
    want[10] = 3;
    check_record(t, 2, media_uuid, want);
    inject(t, GENERAL_MEDIA, MEDIA_ARGS
           ", 'channel': 4, 'rank': 5, 'device': 460551,"
           "'component-id': 'DIMM 1 of 2 left', 'is-comp-id-pldm': true,"
           "'cme-ev-flags': 6, 'cme-count': 526344, 'sub-type': 9");
    stw_le_p(want + 11, 0x1f);
    want[13] = 4;
    want[14] = 5;
    memset(want + 15, 7, 3);
    memcpy(want + 18, "DIMM 1 of 2 left", 16);
    want[34] = 6;
    memset(want + 35, 8, 3);
    want[38] = 9;
    check_record(t, 2, media_uuid, want);
    qcxl_stop(t);
}

static void test_dram(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);
    uint8_t want[RECORD - HEADER] = {}, record[RECORD];

    inject(t, DRAM, MEDIA_ARGS);
    stq_le_p(want, 4096);
    want[8] = 1;
    want[9] = 2;
    want[10] = 3;
    check_record(t, 2, dram_uuid, want);
    inject(t, DRAM, MEDIA_ARGS
           ", 'channel': 4, 'rank': 5, 'nibble-mask': 460551,"
           "'bank-group': 8, 'bank': 9, 'row': 657930, 'column': 2827,"
           "'correction-mask': [ 1, 2, 3, 18446744073709551615 ],"
           "'component-id': 'DIMM', 'sub-channel': 12, 'cme-ev-flags': 13,"
           "'cvme-count': 921102, 'sub-type': 15");
    stw_le_p(want + 11, 0x5ff);
    want[13] = 4;
    want[14] = 5;
    memset(want + 15, 7, 3);
    want[18] = 8;
    want[19] = 9;
    memset(want + 20, 10, 3);
    memset(want + 23, 11, 2);
    want[25] = 1;
    want[33] = 2;
    want[41] = 3;
    memset(want + 49, 0xff, 8);
    memcpy(want + 57, "DIMM", 4);
    want[73] = 12;
    want[74] = 13;
    memset(want + 75, 14, 3);
    want[78] = 15;
    check_record(t, 2, dram_uuid, want);

    /* A mask of more than 24 bits: 0x23b00b2 */
    inject(t, DRAM, MEDIA_ARGS ", 'nibble-mask': 37421234");
    newest(t, 2, record);
    g_assert_cmphex(record[HEADER + 15] | record[HEADER + 16] << 8 |
                    record[HEADER + 17] << 16, ==, 0x3b00b2);
    qcxl_stop(t);
}

static void test_memory_module(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);
    uint8_t want[RECORD - HEADER] = { 3, 1, 2, 3, 4 };

    inject(t, MODULE, MODULE_ARGS);
    stw_le_p(want + 5, -5);
    want[7] = 6;
    want[11] = 7;
    want[15] = 8;
    check_record(t, 1, module_uuid, want);
    inject(t, MODULE, MODULE_ARGS
           ", 'component-id': 'fan', 'is-comp-id-pldm': true, 'sub-type': 2");
    stw_le_p(want + 19, 3);
    memcpy(want + 21, "fan", 3);
    want[37] = 2;
    check_record(t, 1, module_uuid, want);
    qcxl_stop(t);
}

/* --- what is wrong is named, and nothing is added --- */

static void test_refused(void)
{
    static const struct {
        const char *command, *args, *words;
    } bad[] = {
        { GENERAL_MEDIA, MEDIA_ARGS ", 'channel': 256",
          "channel must be 0 to 255, not 256" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'rank': -1",
          "rank must be 0 to 255, not -1" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'device': 16777216",
          "device must be 0 to 16777215" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'cme-count': 16777216", "cme-count" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'cme-ev-flags': 256", "cme-ev-flags" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'sub-type': 256", "sub-type" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'component-id': '12345678901234567'",
          "component-id must have 16 characters at most, not 17" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'is-comp-id-pldm': true",
          "give component-id" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'maint-op-class': 256",
          "maint-op-class" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'maint-op-subclass': 256",
          "maint-op-subclass" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'ld-id': 65536",
          "ld-id must be 0 to 65535" },
        { GENERAL_MEDIA, MEDIA_ARGS ", 'head-id': 256", "head-id" },
        { GENERAL_MEDIA, "'path': 'mem0', 'log': 'failure',"
          "'flags': 16777216, 'dpa': 0, 'descriptor': 0, 'type': 0,"
          "'transaction-type': 0", "flags must be 0 to 16777215" },
        { GENERAL_MEDIA, "'path': 'mem0', 'log': 'failure', 'flags': 0,"
          "'dpa': 0, 'descriptor': 256, 'type': 0, 'transaction-type': 0",
          "descriptor" },
        { GENERAL_MEDIA, "'path': 'mem0', 'log': 'failure', 'flags': 0,"
          "'dpa': 0, 'descriptor': 0, 'type': 256, 'transaction-type': 0",
          "type must" },
        { GENERAL_MEDIA, "'path': 'mem0', 'log': 'failure', 'flags': 0,"
          "'dpa': 0, 'descriptor': 0, 'type': 0, 'transaction-type': 256",
          "transaction-type must" },
        { GENERAL_MEDIA, "'path': 'mem0', 'log': 'loud', 'flags': 0,"
          "'dpa': 0, 'descriptor': 0, 'type': 0, 'transaction-type': 0",
          "log" },
        { GENERAL_MEDIA, "'path': 'rp0', 'log': 'failure', 'flags': 0,"
          "'dpa': 0, 'descriptor': 0, 'type': 0, 'transaction-type': 0",
          "path 'rp0' is no CXL memory device" },
        { GENERAL_MEDIA, "'path': '', 'log': 'failure', 'flags': 0,"
          "'dpa': 0, 'descriptor': 0, 'type': 0, 'transaction-type': 0",
          "path '' is no CXL memory device" },
        { DRAM, MEDIA_ARGS ", 'nibble-mask': 4294967296",
          "nibble-mask must be 0 to 4294967295, not 4294967296" },
        { DRAM, MEDIA_ARGS ", 'bank-group': 256", "bank-group" },
        { DRAM, MEDIA_ARGS ", 'bank': 256", "bank must" },
        { DRAM, MEDIA_ARGS ", 'row': 16777216", "row" },
        { DRAM, MEDIA_ARGS ", 'column': 65536", "column" },
        { DRAM, MEDIA_ARGS ", 'sub-channel': 256", "sub-channel" },
        { DRAM, MEDIA_ARGS ", 'cvme-count': 16777216", "cvme-count" },
        { DRAM, MEDIA_ARGS ", 'correction-mask': [ 1, 2, 3, 4, 5 ]",
          "correction-mask must have 4 numbers at most" },
        { MODULE, "'path': 'mem0', 'log': 'warning', 'flags': 0, 'type': 3,"
          "'health-status': 1, 'media-status': 2, 'additional-status': 3,"
          "'life-used': 4, 'temperature': 32768, 'dirty-shutdown-count': 6,"
          "'corrected-volatile-error-count': 7,"
          "'corrected-persistent-error-count': 8",
          "temperature must be -32768 to 32767, not 32768" },
        { MODULE, "'path': 'mem0', 'log': 'warning', 'flags': 0, 'type': 3,"
          "'health-status': 1, 'media-status': 2, 'additional-status': 3,"
          "'life-used': 4, 'temperature': 5,"
          "'dirty-shutdown-count': 4294967296,"
          "'corrected-volatile-error-count': 7,"
          "'corrected-persistent-error-count': 8",
          "dirty-shutdown-count must be 0 to 4294967295" },
    };
    QCxlTopo *t = qcxl_start(DEVICE);

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        refuse(t, bad[i].command, bad[i].args, bad[i].words);
    }
    g_assert_cmphex(qtest_readq(t->qts, qcxl_endpoint(t, 0)->status), ==, 0);
    qcxl_stop(t);
}

static void test_dynamic_capacity(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);

    refuse(t, "cxl-add-dynamic-capacity",
           "'path': 'mem0', 'host-id': 0, 'selection-policy': 'prescriptive',"
           "'region': 0, 'extents': [ { 'offset': 0, 'len': 134217728 } ]",
           "this device has no dynamic capacity");
    refuse(t, "cxl-release-dynamic-capacity",
           "'path': '/machine/peripheral/mem0', 'host-id': 0,"
           "'removal-policy': 'prescriptive', 'forced-removal': true,"
           "'sanitize-on-release': false, 'region': 0, 'tag': '',"
           "'extents': [ { 'offset': 0, 'len': 134217728 } ]",
           "this device has no dynamic capacity");
    refuse(t, "cxl-add-dynamic-capacity", "'path': 'mem1'", "path 'mem1'");
    qcxl_stop(t);
}

/* --- poison --- */

#define DEVICE0 "host-bridges.0.ports.0.device."

static void expect_poison(QCxlTopo *t, unsigned count)
{
    QDict *answer = qcxl_query(t);

    g_assert_cmpuint(qdict_get_int(answer, DEVICE0 "poison.count"), ==, count);
    qobject_unref(answer);
}

static void test_poison(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);
    g_autofree char *text = NULL;
    uint8_t record[RECORD];
    QDict *answer;

    inject(t, "cxl-inject-poison",
           "'path': '/machine/peripheral/mem0', 'start': 2048,"
           "'length': 256");
    /* 8.2.9.9.4.2: informational; volatile; injected by the host */
    newest(t, 0, record);
    g_assert_cmpmem(record, 16, media_uuid, 16);
    g_assert_cmphex(ldq_le_p(record + HEADER), ==, 2048 + 192 + 1);
    g_assert_cmphex(record[HEADER + 10], ==, 4);
    /* The persistent part begins at 256 MiB */
    inject(t, "cxl-inject-poison",
           "'path': 'mem0', 'start': 536870848, 'length': 64");
    newest(t, 0, record);
    g_assert_cmphex(ldq_le_p(record + HEADER), ==, 512 * QCXL_MIB - 64);
    answer = qcxl_query(t);
    g_assert_cmpuint(qdict_get_int(answer, DEVICE0 "poison.count"), ==, 5);
    g_assert(!qdict_get_bool(answer, DEVICE0 "poison.overflow"));
    g_assert_cmpuint(qdict_get_int(answer, DEVICE0 "poison.lines.3.dpa"), ==,
                     2048 + 192);
    g_assert_cmpstr(qdict_get_str(answer, DEVICE0 "poison.lines.3.source"),
                    ==, "injected");
    g_assert_cmpuint(qdict_get_int(answer, DEVICE0 "events.0.records"), ==,
                     5);
    qobject_unref(answer);
    text = qtest_hmp(t->qts, "info cxl");
    g_assert_nonnull(strstr(text, "5 poisoned lines, DPA 0x800, 0x840, 0x880,"
                            " 0x8c0, 0x1fffffc0"));
    g_assert_nonnull(strstr(text, "event records: 5 informational"));

    inject(t, "cxl-clear-poison",
           "'path': 'mem0', 'start': 0, 'length': 2112");
    expect_poison(t, 4);
    inject(t, "cxl-clear-poison",
           "'path': 'mem0', 'start': 2112, 'length': 536868800");
    expect_poison(t, 0);
    qcxl_stop(t);
}

static void test_poison_refused(void)
{
    static const struct {
        const char *args, *words;
    } bad[] = {
        { "'path': 'mem1', 'start': 0, 'length': 64", "path 'mem1'" },
        { "'path': 'mem0', 'start': 32, 'length': 64",
          "start must be a multiple of 64, not 32: use 0" },
        { "'path': 'mem0', 'start': 0, 'length': 0", "length must be" },
        { "'path': 'mem0', 'start': 0, 'length': 65", "length must be" },
        { "'path': 'mem0', 'start': 536870912, 'length': 64",
          "start must be a device physical address, below 0x20000000" },
        { "'path': 'mem0', 'start': 536870848, 'length': 128",
          "length must be 64 at most" },
        { "'path': 'mem0', 'start': 18446744073709551552, 'length': 64",
          "start must be" },
        { "'path': 'mem0', 'start': 64, 'length': 18446744073709551552",
          "length must be" },
    };
    QCxlTopo *t = qcxl_start(DEVICE);

    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        refuse(t, "cxl-inject-poison", bad[i].args, bad[i].words);
        refuse(t, "cxl-clear-poison", bad[i].args, bad[i].words);
    }
    refuse(t, "cxl-inject-poison",
           "'path': 'mem0', 'start': 0, 'length': 65600",
           "length must be 65536 at most");
    expect_poison(t, 0);
    inject(t, "cxl-inject-poison",
           "'path': 'mem0', 'start': 0, 'length': 65536");
    /* What is poisoned needs no more room */
    inject(t, "cxl-inject-poison",
           "'path': 'mem0', 'start': 64, 'length': 65472");
    refuse(t, "cxl-inject-poison",
           "'path': 'mem0', 'start': 64, 'length': 65536",
           "length must be 0 at most");
    expect_poison(t, 1024);
    qcxl_stop(t);
}

/* --- logs: overflow, interrupts, the way back to who injected --- */

static void test_overflow(void)
{
    const uint8_t log = 2, all[6] = { log, 1 };
    uint8_t out[QCXL_MBOX_MAX];
    QCxlTopo *t = qcxl_start(DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint32_t len;

    for (unsigned i = 0; i < LOG_SIZE; i++) {
        inject(t, DRAM, MEDIA_ARGS);
    }
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_CLEAR_EVENT_RECORDS, all, 6,
                                 NULL, NULL), ==, QCXL_INVALID_INPUT);
    for (unsigned i = 0; i < 3; i++) {
        inject(t, DRAM, MEDIA_ARGS);
    }
    qcxl_command(t, f, CXL_OP_GET_EVENT_RECORDS, &log, 1, out, &len);
    /* Overflow, and more records than fit */
    g_assert_cmphex(out[0], ==, 3);
    g_assert_cmpuint(lduw_le_p(out + 2), ==, 3);
    g_assert_cmpuint(lduw_le_p(out + 20), ==, (len - LIST) / RECORD);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_CLEAR_EVENT_RECORDS, all, 6,
                                 NULL, NULL), ==, QCXL_SUCCESS);
    g_assert_cmphex(qtest_readq(t->qts, f->status), ==, 0);
    inject(t, DRAM, MEDIA_ARGS);
    g_assert_cmphex(qtest_readq(t->qts, f->status), ==, 1 << log);
    qcxl_stop(t);
}

static void enable_msix(QCxlTopo *t, const QCxlFunction *f)
{
    unsigned cap = qcxl_pci_cap(t, f, 0x11);
    uint32_t table = qcxl_config_read(t, f, cap + 4, 4);

    for (unsigned i = 0; i < 8; i++) {
        uint64_t entry = f->bar[4] + (table & ~7u) + 16 * i;

        qtest_writeq(t->qts, entry, MESSAGE + 4 * i);
        qtest_writel(t->qts, entry + 8, 0xc0de00 + i);
        qtest_writel(t->qts, entry + 12, 0);
    }
    qcxl_config_write(t, f, cap + 2, 2, 0x8000);
}

static void test_interrupts(void)
{
    static const char *const logs[] = {
        "informational", "warning", "failure", "fatal",
    };
    const uint8_t msi[4] = { 1, 1, 1, 1 };
    QCxlTopo *t = qcxl_start(DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint8_t policy[QCXL_MBOX_MAX];

    enable_msix(t, f);
    for (unsigned with = 0; with < 2; with++) {
        if (with) {
            qcxl_command(t, f, CXL_OP_SET_EVENT_INTERRUPT_POLICY, msi, 4,
                         NULL, NULL);
        }
        qcxl_command(t, f, CXL_OP_GET_EVENT_INTERRUPT_POLICY, NULL, 0, policy,
                     NULL);
        for (unsigned log = 0; log < ARRAY_SIZE(logs); log++) {
            unsigned vector = policy[log] >> 4;
            g_autofree char *args = g_strdup_printf(
                "'path': 'mem0', 'log': '%s', 'flags': 0, 'dpa': 0,"
                "'descriptor': 0, 'type': 0, 'transaction-type': 0",
                logs[log]);

            qtest_writel(t->qts, MESSAGE + 4 * vector, 0);
            inject(t, GENERAL_MEDIA, args);
            g_assert_cmphex(qtest_readl(t->qts, MESSAGE + 4 * vector), ==,
                            with ? 0xc0de00 + vector : 0);
            g_assert_cmphex(clear_one(t, log), ==, QCXL_SUCCESS);
        }
    }
    qcxl_stop(t);
}

/* The member of the data of an event */
static QDict *next_event(QCxlTopo *t, const char *name)
{
    QDict *event = qtest_qmp_eventwait_ref(t->qts, name);
    QDict *data = qdict_get_qdict(event, "data");

    qobject_ref(data);
    qobject_unref(event);
    g_assert_cmpstr(qdict_get_str(data, "id"), ==, "mem0");
    g_assert_cmpstr(qdict_get_str(data, "qom-path"), ==,
                    "/machine/peripheral/mem0");
    return data;
}

static void test_cleared_event(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);
    QDict *data;

    inject(t, MODULE, MODULE_ARGS);
    inject(t, MODULE, MODULE_ARGS);
    for (unsigned left = 2; left--;) {
        g_assert_cmphex(clear_one(t, 1), ==, QCXL_SUCCESS);
        data = next_event(t, "CXL_EVENTS_CLEARED");
        g_assert_cmpstr(qdict_get_str(data, "log"), ==, "warning");
        g_assert_cmpuint(qdict_get_int(data, "left"), ==, left);
        g_assert(!qdict_haskey(data, "suppressed"));
        qobject_unref(data);
    }
    qcxl_stop(t);
}

/* A guest that clears in a loop cannot flood who listens */
static void test_rate(void)
{
    const uint8_t in[6] = { 0 };
    QCxlTopo *t = qcxl_start(DEVICE);
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned events = 0, suppressed = 0;
    int64_t start = g_get_monotonic_time();
    QDict *event;

    for (unsigned i = 0; i < 200; i++) {
        g_assert_cmphex(qcxl_command(t, f, CXL_OP_CLEAR_EVENT_RECORDS, in, 6,
                                     NULL, NULL), ==, QCXL_SUCCESS);
    }
    g_usleep(1100 * 1000);
    g_assert_cmphex(qcxl_command(t, f, CXL_OP_CLEAR_EVENT_RECORDS, in, 6,
                                 NULL, NULL), ==, QCXL_SUCCESS);
    qobject_unref(qtest_qmp(t->qts, "{ 'execute': 'query-status' }"));
    while ((event = qtest_qmp_event_ref(t->qts, "CXL_EVENTS_CLEARED"))) {
        QDict *data = qdict_get_qdict(event, "data");

        suppressed += qdict_get_try_int(data, "suppressed", 0);
        events++;
        qobject_unref(event);
    }
    g_assert_cmpuint(events + suppressed, ==, 201);
    g_assert_cmpuint(events, <=,
                     32 * (2 + (g_get_monotonic_time() - start) / 1000000));
    qcxl_stop(t);
}

/* As a guest's hotplug driver does that has been asked (PCIe 7.5.3.10) */
static void power_off(QCxlTopo *t)
{
    const QCxlFunction *port = qcxl_port(t, 0);
    unsigned at = qcxl_pci_cap(t, port, 0x10) + 0x18;

    qcxl_config_write(t, port, at, 2,
                      qcxl_config_read(t, port, at, 2) | 0x700);
}

/* A device goes while there are records in its logs, and comes back empty */
static void test_unplug(void)
{
    QCxlTopo *t = qcxl_start(DEVICE);

    for (unsigned i = 0; i < LOG_SIZE + 1; i++) {
        inject(t, DRAM, MEDIA_ARGS);
    }
    qtest_qmp_device_del_send(t->qts, "mem0");
    power_off(t);
    qtest_qmp_eventwait(t->qts, "DEVICE_DELETED");
    refuse(t, DRAM, MEDIA_ARGS, "path 'mem0'");
    qtest_qmp_device_add(t->qts, "cxl-type3", "mem0",
                         "{ 'bus': 'rp0', 'volatile-memdev': 'mem0' }");
    inject(t, DRAM, MEDIA_ARGS);
    qcxl_stop(t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/inject/header", test_header);
    qtest_add_func("/cxl/inject/general-media", test_general_media);
    qtest_add_func("/cxl/inject/dram", test_dram);
    qtest_add_func("/cxl/inject/memory-module", test_memory_module);
    qtest_add_func("/cxl/inject/refused", test_refused);
    qtest_add_func("/cxl/inject/dynamic-capacity", test_dynamic_capacity);
    qtest_add_func("/cxl/inject/poison", test_poison);
    qtest_add_func("/cxl/inject/poison-refused", test_poison_refused);
    qtest_add_func("/cxl/inject/overflow", test_overflow);
    qtest_add_func("/cxl/inject/interrupts", test_interrupts);
    qtest_add_func("/cxl/inject/cleared", test_cleared_event);
    qtest_add_func("/cxl/inject/rate", test_rate);
    qtest_add_func("/cxl/inject/unplug", test_unplug);
    return g_test_run();
}
