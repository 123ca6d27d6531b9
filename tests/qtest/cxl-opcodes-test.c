/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every command of a memory device and of a switch mailbox CCI, opcode by
 * opcode (CXL 3.1 8.2.9, 7.6.7.1): with a good call, with every length that is
 * worth a try, and in every state of the device that may forbid it. What runs
 * in the background meets all that may end it.
 *
 * The commands are those of opcodes.h: one that is added is tested from then
 * on. It is called with zeroes until a row below says what a good call is.
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "hw/cxl/spec/retcodes.h"
#include "qemu/bswap.h"

#define STEP                    10000000ll
#define CEL_BACKGROUND          0x40
#define CEL_ABORT               0x100
#define MEDIA_READY             0x14
#define MEDIA_DISABLED          0x1c

#define PCI_CAP_ID_EXP          0x10
#define PCI_EXP_SLTCTL          0x18
#define SLOT_OFF                0x0700

#define VENDOR                  0x19e5
#define CCI                     0xa123

/* A memory device with both kinds of capacity, below a switch with a CCI */
#define MACHINE \
    "-machine q35,cxl=on " \
    "-object memory-backend-ram,id=v,size=256M " \
    "-object memory-backend-ram,id=p,size=256M " \
    "-object memory-backend-ram,id=l,size=64K " \
    "-device pxb-cxl,id=h,bus=pcie.0,bus_nr=53 " \
    "-device cxl-rp,id=rp0,bus=h,chassis=0,slot=0 " \
    "-device cxl-upstream,port=4,bus=rp0,id=up0,multifunction=on,addr=0.0 " \
    "-device cxl-switch-mailbox-cci,bus=rp0,addr=0.1,target=up0 " \
    "-device cxl-downstream,id=dp0,port=0,bus=up0,chassis=0,slot=4 " \
    "-device cxl-type3,id=dev0,bus=dp0,volatile-memdev=v," \
    "persistent-memdev=p,lsa=l,sn=1"

/* States of the device */
enum {
    PLAIN       = 0,
    BACKGROUND  = 1 << 0,       /* a background operation runs */
    DISABLED    = 1 << 1,       /* the media is disabled */
    LOCKED      = 1 << 2,       /* persistent memory is locked */
    FROZEN      = 1 << 3,       /* its security state is frozen */
};

/*
 * A good call, and what comes of it; @more: output beyond what is always there.
 * @disabled, @locked, @frozen: what comes of it in that state, if not @ret.
 */
typedef struct Call {
    uint16_t opcode;
    uint8_t in[128 + 128];
    uint32_t len;
    uint32_t more;
    CxlRet ret;
    CxlRet disabled;
    CxlRet locked;
    CxlRet frozen;
} Call;

#define CEL_UUID \
    0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78, \
    0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17
#define DEBUG_UUID \
    0x5e, 0x18, 0x19, 0xd9, 0x11, 0xa9, 0x40, 0x0c, \
    0x81, 0x1f, 0xd6, 0x07, 0x19, 0x40, 0x3d, 0x86
#define DUMP_UUID \
    0xb3, 0xfa, 0xb4, 0xcf, 0x01, 0xb6, 0x43, 0x32, \
    0x94, 0x3e, 0x5e, 0x99, 0x62, 0xf2, 0x35, 0x67
#define SCRUB_UUID \
    0x96, 0xda, 0xd7, 0xd6, 0xfd, 0xe8, 0x48, 0x2b, \
    0xa7, 0x33, 0x75, 0x77, 0x4e, 0x06, 0xdb, 0x8a

/* Where persistent capacity begins: 256 MiB, least significant byte first */
#define PERSISTENT              0, 0, 0, 0x10

#define STARTS                  .ret = CXL_RET_BACKGROUND_STARTED
#define WANTS_MEDIA             .disabled = CXL_RET_MEDIA_DISABLED
#define WANTS_UNLOCKED          .locked = CXL_RET_INVALID_SECURITY_STATE
#define WANTS_UNFROZEN          .frozen = CXL_RET_INVALID_SECURITY_STATE

static const Call memdev_calls[] = {
    { CXL_OP_SET_RESPONSE_MESSAGE_LIMIT, { 11 }, 1 },
    /* Of the log of fatal events, which stays empty */
    { CXL_OP_GET_EVENT_RECORDS, { 3 }, 1 },
    { CXL_OP_SET_EVENT_INTERRUPT_POLICY, { 1, 1, 1, 1 }, 4 },
    /* All of a package of 128 bytes, for slot 2; then that in slot 1 runs */
    { CXL_OP_TRANSFER_FW, { 0, 2, [128] = 'n', 'e', 'w' }, 256, STARTS },
    { CXL_OP_ACTIVATE_FW, { 0, 1 }, 2, STARTS },
    { CXL_OP_GET_SUPPORTED_LOGS, .more = 2 * 20 },
    { CXL_OP_GET_LOG, { CEL_UUID, [20] = 8 }, 24, .more = 8 },
    { CXL_OP_GET_LOG_CAPABILITIES, { DUMP_UUID }, 16 },
    { CXL_OP_CLEAR_LOG, { DEBUG_UUID }, 16 },
    { CXL_OP_POPULATE_LOG, { DUMP_UUID }, 16, STARTS },
    { CXL_OP_GET_SUPPORTED_LOGS_SUB_LIST, { 2, 1 }, 2, .more = 2 * 20 },
    /* Room for one feature */
    { CXL_OP_GET_SUPPORTED_FEATURES, { 8 + 48 }, 8, .more = 48 },
    { CXL_OP_GET_FEATURE, { SCRUB_UUID, [18] = 4 }, 21, .more = 4 },
    /* Every 12 hours, version 1 */
    { CXL_OP_SET_FEATURE, { SCRUB_UUID, [22] = 1, [32] = 12, 1 }, 34 },
    /* Soft post package repair */
    { CXL_OP_PERFORM_MAINTENANCE, { 1, 0 }, 14, STARTS, WANTS_MEDIA },
    { CXL_OP_SET_PARTITION_INFO, { 0 }, 9, WANTS_MEDIA },
    { CXL_OP_GET_LSA, { [4] = 16 }, 8, .more = 16, WANTS_MEDIA },
    { CXL_OP_SET_LSA, { [8] = 'l', 'a' }, 10, WANTS_MEDIA },
    { CXL_OP_GET_POISON_LIST, { PERSISTENT, [8] = 1 }, 16, WANTS_MEDIA },
    { CXL_OP_INJECT_POISON, { PERSISTENT }, 8, WANTS_MEDIA, WANTS_UNLOCKED },
    { CXL_OP_CLEAR_POISON, { PERSISTENT }, 72, WANTS_MEDIA, WANTS_UNLOCKED },
    { CXL_OP_GET_SCAN_MEDIA_CAPABILITIES, { [8] = 1 }, 16 },
    { CXL_OP_SCAN_MEDIA, { [8] = 1 }, 17, STARTS, WANTS_MEDIA },
    { CXL_OP_SANITIZE, STARTS, WANTS_UNLOCKED },
    { CXL_OP_SECURE_ERASE, WANTS_MEDIA, WANTS_UNLOCKED },
    /* Zeroes for one range of 4 KiB */
    { CXL_OP_MEDIA_OPERATIONS, { 1, 1, [4] = 1, [8 + 3] = 0x10, [17] = 0x10 },
      24, STARTS, WANTS_MEDIA, WANTS_UNLOCKED },
    /* The user's: from thirty-two zeroes to the same */
    { CXL_OP_SET_PASSPHRASE, { 1 }, 96,
      WANTS_MEDIA, WANTS_UNLOCKED, WANTS_UNFROZEN },
    { CXL_OP_DISABLE_PASSPHRASE, { 1 }, 64, WANTS_MEDIA, WANTS_UNFROZEN },
    { CXL_OP_UNLOCK, { 0 }, 32, .ret = CXL_RET_INVALID_SECURITY_STATE,
      WANTS_MEDIA, .locked = CXL_RET_SUCCESS },
    { CXL_OP_FREEZE_SECURITY_STATE, WANTS_MEDIA },
    { CXL_OP_PASSPHRASE_SECURE_ERASE, { 1 }, 64, WANTS_MEDIA, WANTS_UNFROZEN },
    { }
};

static const Call switch_calls[] = {
    { CXL_OP_SET_RESPONSE_MESSAGE_LIMIT, { 11 }, 1 },
    { CXL_OP_SET_EVENT_INTERRUPT_POLICY, { 1, 1, 1, 1 }, 4 },
    { CXL_OP_GET_LOG, { CEL_UUID, [20] = 8 }, 24, .more = 8 },
    { CXL_OP_GET_PHYSICAL_PORT_STATE, { 1, 0 }, 2, .more = 16 },
    /* Deassert PERST of port 0 */
    { CXL_OP_PHYSICAL_PORT_CONTROL, { 0, 1 }, 2 },
    /* To port 0, a message of 12 bytes: Identify */
    { CXL_OP_TUNNEL_MANAGEMENT_COMMAND, { [2] = 12, [7] = 1 }, 16,
      .more = 0x12 },
    { }
};

/* What ends a state, or begins one: called when all others have been */
static const struct {
    uint16_t opcode;
    unsigned states;
} changes[] = {
    { CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION, BACKGROUND },
    { CXL_OP_SANITIZE, DISABLED },
    { CXL_OP_DISABLE_PASSPHRASE, LOCKED },
    { CXL_OP_UNLOCK, LOCKED },
    { CXL_OP_PASSPHRASE_SECURE_ERASE, LOCKED },
};

/* One mailbox and the list of what it has */
typedef struct Mailbox {
    QCxlTopo *t;
    QCxlFunction *f;
    const QCxlCommand *commands;
    unsigned count;
    const Call *calls;
} Mailbox;

static const QCxlCommand memdev_commands[] = {
    CXL_COMMANDS_OF_MEMDEV(QCXL_COMMAND)
};

static const QCxlCommand switch_commands[] = {
    CXL_COMMANDS_OF_SWITCH_CCI(QCXL_COMMAND)
};

static Mailbox memdev(const char *more)
{
    QCxlTopo *t = qcxl_start(MACHINE "%s", more);

    return (Mailbox) {
        t, qcxl_endpoint(t, 0), memdev_commands, ARRAY_SIZE(memdev_commands),
        memdev_calls,
    };
}

static Mailbox switch_cci(void)
{
    QCxlTopo *t = qcxl_start(MACHINE);
    unsigned i = 0;

    while (t->function[i].vendor != VENDOR || t->function[i].device != CCI) {
        g_assert_cmpuint(++i, <, t->nfunctions);
    }
    return (Mailbox) {
        t, &t->function[i], switch_commands, ARRAY_SIZE(switch_commands),
        switch_calls,
    };
}

/* Ends what runs in the background; its return code */
static CxlRet finish(const Mailbox *m)
{
    uint64_t status = m->f->mailbox + QCXL_MBOX_STATUS;

    for (unsigned i = 0; qtest_readq(m->t->qts, status) & 1; i++) {
        g_assert_cmpuint(i, <, 100000);
        qtest_clock_step(m->t->qts, STEP);
        g_usleep(100);
    }
    return qtest_readq(m->t->qts, m->f->mailbox + QCXL_MBOX_BACKGROUND) >> 32 &
           0xffff;
}

/* The row of a command, or zeroes of the shortest length, which succeed */
static Call call_of(const Mailbox *m, const QCxlCommand *c)
{
    for (const Call *call = m->calls; call->opcode; call++) {
        if (call->opcode == c->opcode) {
            return *call;
        }
    }
    return (Call) { .opcode = c->opcode, .len = c->min_in };
}

static CxlRet expected(const QCxlCommand *c, const Call *call, unsigned state)
{
    if (state & BACKGROUND && c->effects & CEL_BACKGROUND) {
        return CXL_RET_BUSY;
    }
    if (state & DISABLED && call->disabled) {
        return call->disabled;
    }
    if (state & LOCKED && call->locked) {
        return call->locked;
    }
    return state & FROZEN && call->frozen ? call->frozen : call->ret;
}

/* It would change the state that the device is in */
static bool changes_state(const Call *call, CxlRet ret, unsigned state)
{
    if (call->opcode == CXL_OP_FREEZE_SECURITY_STATE) {
        return ret == call->ret;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
        if (changes[i].opcode == call->opcode && changes[i].states & state) {
            return ret == call->ret || ret == CXL_RET_SUCCESS;
        }
    }
    return false;
}

static void check_call(const Mailbox *m, const QCxlCommand *c,
                       const Call *call, CxlRet want)
{
    bool ok = want == CXL_RET_SUCCESS || want == CXL_RET_BACKGROUND_STARTED;
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_test_message("opcode 0x%04x", call->opcode);
    g_assert_cmphex(qcxl_command(m->t, m->f, call->opcode, call->in, call->len,
                                 out, &len), ==, want);
    g_assert_cmpuint(len, ==, ok ? c->out + call->more : 0);
    if (want == CXL_RET_BACKGROUND_STARTED) {
        g_assert_cmphex(finish(m), ==, CXL_RET_SUCCESS);
    }
}

/* All commands in a state, which they leave as it is */
static void check_calls(const Mailbox *m, unsigned state)
{
    for (unsigned i = 0; i < m->count; i++) {
        Call call = call_of(m, &m->commands[i]);
        CxlRet want = expected(&m->commands[i], &call, state);

        if (!changes_state(&call, want, state)) {
            check_call(m, &m->commands[i], &call, want);
        }
    }
}

static CxlRet good(const Mailbox *m, uint16_t opcode)
{
    const Call call = call_of(m, &(QCxlCommand) { .opcode = opcode });

    return qcxl_command(m->t, m->f, opcode, call.in, call.len, NULL, NULL);
}

static uint64_t media(const Mailbox *m)
{
    return qtest_readq(m->t->qts, m->f->memdev);
}

static void test_good(void)
{
    Mailbox m = memdev("");

    /* A second time: nothing that they do is in the way of them */
    check_calls(&m, PLAIN);
    check_calls(&m, PLAIN);
    g_assert_cmphex(media(&m), ==, MEDIA_READY);
    qcxl_stop(m.t);
}

static void test_switch(void)
{
    Mailbox m = switch_cci();

    check_calls(&m, PLAIN);
    check_calls(&m, PLAIN);
    qcxl_stop(m.t);
}

/* While one background operation runs no other starts; all else is answered */
static void test_background(void)
{
    Mailbox m = memdev("");

    g_assert_cmphex(good(&m, CXL_OP_POPULATE_LOG), ==,
                    CXL_RET_BACKGROUND_STARTED);
    check_calls(&m, BACKGROUND);
    g_assert_cmphex(good(&m, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION), ==,
                    CXL_RET_SUCCESS);
    g_assert_cmphex(finish(&m), ==, CXL_RET_ABORTED);

    /* Of a scan there are no results yet */
    g_assert_cmphex(good(&m, CXL_OP_SCAN_MEDIA), ==,
                    CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(good(&m, CXL_OP_GET_SCAN_MEDIA_RESULTS), ==, CXL_RET_BUSY);
    g_assert_cmphex(finish(&m), ==, CXL_RET_SUCCESS);
    check_calls(&m, PLAIN);
    qcxl_stop(m.t);
}

/* A sanitize that was ended early leaves the media disabled */
static void test_disabled(void)
{
    Mailbox m = memdev("");

    g_assert_cmphex(good(&m, CXL_OP_SANITIZE), ==, CXL_RET_BACKGROUND_STARTED);
    check_calls(&m, DISABLED | BACKGROUND);
    g_assert_cmphex(good(&m, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION), ==,
                    CXL_RET_SUCCESS);
    g_assert_cmphex(finish(&m), ==, CXL_RET_ABORTED);
    g_assert_cmphex(media(&m), ==, MEDIA_DISABLED);
    check_calls(&m, DISABLED);
    g_assert_cmphex(media(&m), ==, MEDIA_DISABLED);

    /* The way out is to do it once more */
    g_assert_cmphex(good(&m, CXL_OP_SANITIZE), ==, CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(finish(&m), ==, CXL_RET_SUCCESS);
    g_assert_cmphex(media(&m), ==, MEDIA_READY);
    check_calls(&m, PLAIN);
    qcxl_stop(m.t);
}

/* A device with a passphrase is locked when it gets power */
static void test_locked(void)
{
    g_autofree char *path = NULL, *option = NULL;
    int fd = g_file_open_tmp("cxl-state-XXXXXX", &path, NULL);
    Mailbox m;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    option = g_strdup_printf(",state-file=%s", path);
    m = memdev(option);
    g_assert_cmphex(good(&m, CXL_OP_SET_PASSPHRASE), ==, CXL_RET_SUCCESS);
    qcxl_stop(m.t);

    m = memdev(option);
    check_calls(&m, LOCKED);
    g_assert_cmphex(good(&m, CXL_OP_UNLOCK), ==, CXL_RET_SUCCESS);
    /* As long as there is a passphrase, nobody else may make data go away */
    g_assert_cmphex(good(&m, CXL_OP_SANITIZE), ==,
                    CXL_RET_INVALID_SECURITY_STATE);
    g_assert_cmphex(good(&m, CXL_OP_DISABLE_PASSPHRASE), ==, CXL_RET_SUCCESS);
    check_calls(&m, PLAIN);
    qcxl_stop(m.t);
    unlink(path);
}

static void test_frozen(void)
{
    Mailbox m = memdev("");

    g_assert_cmphex(good(&m, CXL_OP_FREEZE_SECURITY_STATE), ==,
                    CXL_RET_SUCCESS);
    check_calls(&m, FROZEN);
    g_assert_cmphex(good(&m, CXL_OP_FREEZE_SECURITY_STATE), ==,
                    CXL_RET_SUCCESS);
    qcxl_stop(m.t);
}

static bool running(const Mailbox *m)
{
    return qtest_readq(m->t->qts, m->f->mailbox + QCXL_MBOX_STATUS) & 1;
}

/* After a reset: nothing runs; what a sanitize has left is made good */
static void after_reset(Mailbox *m)
{
    m->f = qcxl_endpoint(m->t, 0);
    g_assert(!running(m));
    if (media(m) == MEDIA_DISABLED) {
        g_assert_cmphex(good(m, CXL_OP_SANITIZE), ==,
                        CXL_RET_BACKGROUND_STARTED);
        g_assert_cmphex(finish(m), ==, CXL_RET_SUCCESS);
    }
}

/* The machine stops, both kinds of reset, Abort: while it runs */
static void check_ends(Mailbox *m, const QCxlCommand *c)
{
    bool can = c->effects & CEL_ABORT;

    g_assert_cmphex(good(m, c->opcode), ==, CXL_RET_BACKGROUND_STARTED);
    qtest_qmp_assert_success(m->t->qts, "{'execute': 'stop'}");
    g_assert(running(m));
    qtest_qmp_assert_success(m->t->qts, "{'execute': 'cont'}");
    g_assert(running(m));
    qcxl_flr(m->t, m->f);
    qcxl_scan(m->t);
    after_reset(m);

    g_assert_cmphex(good(m, c->opcode), ==, CXL_RET_BACKGROUND_STARTED);
    qcxl_reset(m->t);
    after_reset(m);

    g_assert_cmphex(good(m, c->opcode), ==, CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(good(m, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION), ==,
                    can ? CXL_RET_SUCCESS : CXL_RET_ABORT_NOT_SUPPORTED);
    g_assert_cmphex(finish(m), ==, can ? CXL_RET_ABORTED : CXL_RET_SUCCESS);
    after_reset(m);
}

static bool starts_background(const Mailbox *m, const QCxlCommand *c)
{
    return call_of(m, c).ret == CXL_RET_BACKGROUND_STARTED;
}

static void test_ended(void)
{
    Mailbox m = memdev("");

    for (unsigned i = 0; i < m.count; i++) {
        if (starts_background(&m, &m.commands[i])) {
            g_test_message("opcode 0x%04x", m.commands[i].opcode);
            check_ends(&m, &m.commands[i]);
        }
    }
    check_calls(&m, PLAIN);
    qcxl_stop(m.t);
}

/* The guest turns the slot off of a device that is at work */
static void test_unplugged(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(memdev_commands); i++) {
        Mailbox m = { .calls = memdev_calls };

        if (!starts_background(&m, &memdev_commands[i])) {
            continue;
        }
        m = memdev("");
        g_test_message("opcode 0x%04x", memdev_commands[i].opcode);
        g_assert_cmphex(good(&m, memdev_commands[i].opcode), ==,
                        CXL_RET_BACKGROUND_STARTED);
        qtest_qmp_device_del_send(m.t->qts, "dev0");
        qcxl_config_write(m.t, m.f->parent,
                          qcxl_pci_cap(m.t, m.f->parent, PCI_CAP_ID_EXP) +
                          PCI_EXP_SLTCTL, 2, SLOT_OFF);
        qtest_qmp_eventwait(m.t->qts, "DEVICE_DELETED");
        qtest_clock_step(m.t->qts, 100 * STEP);
        qcxl_stop(m.t);
    }
}

/*
 * Zeroes of any length. Where the input counts what follows, the count is what
 * the length says.
 */
static CxlRet run_zeroes(const Mailbox *m, uint16_t opcode, uint32_t len)
{
    uint8_t zeroes[QCXL_MBOX_MAX] = {};
    CxlRet ret;

    if (opcode == CXL_OP_CLEAR_EVENT_RECORDS && len > 6) {
        zeroes[2] = (len - 6) / 2;
    }
    if (opcode == CXL_OP_GET_PHYSICAL_PORT_STATE && len) {
        zeroes[0] = len - 1;
    }
    ret = qcxl_command(m->t, m->f, opcode, zeroes, len, NULL, NULL);
    finish(m);
    return ret;
}

/* Handles of events have two bytes each */
static bool is_length(const QCxlCommand *c, uint32_t len)
{
    return len >= c->min_in && len <= MIN(c->max_in, QCXL_MBOX_MAX) &&
           !(c->opcode == CXL_OP_CLEAR_EVENT_RECORDS && len % 2);
}

/*
 * A payload of zeroes of a good length may be refused, but not for its length;
 * any other is refused for that alone, up to what the field can say.
 */
static void check_lengths(const Mailbox *m, const QCxlCommand *c)
{
    const uint32_t most = MIN(c->max_in, QCXL_MBOX_MAX);
    const uint32_t lengths[] = {
        0, 1, c->min_in ? c->min_in - 1 : 0, c->min_in, c->min_in + 1,
        most ? most - 1 : 0, most, most + 1,
        QCXL_MBOX_MAX - 1, QCXL_MBOX_MAX, QCXL_MBOX_MAX + 1, 0x1fffff,
    };

    for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++) {
        CxlRet ret = run_zeroes(m, c->opcode, lengths[i]);

        g_test_message("opcode 0x%04x, %u bytes: 0x%x", c->opcode, lengths[i],
                       ret);
        g_assert((ret != CXL_RET_INVALID_PAYLOAD_LENGTH) ==
                 is_length(c, lengths[i]));
    }
}

/* The largest numbers everywhere: addresses, offsets and counts that wrap */
static void check_ones(const Mailbox *m, const QCxlCommand *c)
{
    const uint32_t lengths[] = { c->min_in, MIN(c->max_in, QCXL_MBOX_MAX) };
    uint8_t ones[QCXL_MBOX_MAX], out[QCXL_MBOX_MAX];
    uint32_t len;

    memset(ones, 0xff, sizeof(ones));
    for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++) {
        CxlRet ret = qcxl_command(m->t, m->f, c->opcode, ones, lengths[i], out,
                                  &len);

        g_test_message("opcode 0x%04x, %u bytes: 0x%x", c->opcode, lengths[i],
                       ret);
        /* Timestamps, event flags and passphrases can be all ones */
        g_assert_cmphex(ret, <=, CXL_RET_ABORT_NOT_SUPPORTED);
        if (ret > CXL_RET_BACKGROUND_STARTED) {
            g_assert_cmpuint(len, ==, 0);
        }
        finish(m);
    }
}

static void test_ones(void)
{
    Mailbox m = memdev("");

    for (unsigned i = 0; i < m.count; i++) {
        check_ones(&m, &m.commands[i]);
    }
    qcxl_stop(m.t);
    m = switch_cci();
    for (unsigned i = 0; i < m.count; i++) {
        check_ones(&m, &m.commands[i]);
    }
    qcxl_stop(m.t);
}

static void test_lengths(void)
{
    Mailbox m = memdev("");

    for (unsigned i = 0; i < m.count; i++) {
        check_lengths(&m, &m.commands[i]);
    }
    qcxl_stop(m.t);
}

static void test_switch_lengths(void)
{
    Mailbox m = switch_cci();

    for (unsigned i = 0; i < m.count; i++) {
        check_lengths(&m, &m.commands[i]);
    }
    qcxl_stop(m.t);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/opcodes/good", test_good);
    qtest_add_func("/cxl/opcodes/background", test_background);
    qtest_add_func("/cxl/opcodes/disabled", test_disabled);
    qtest_add_func("/cxl/opcodes/locked", test_locked);
    qtest_add_func("/cxl/opcodes/frozen", test_frozen);
    qtest_add_func("/cxl/opcodes/ended", test_ended);
    qtest_add_func("/cxl/opcodes/unplugged", test_unplugged);
    qtest_add_func("/cxl/opcodes/lengths", test_lengths);
    qtest_add_func("/cxl/opcodes/ones", test_ones);
    qtest_add_func("/cxl/opcodes/switch", test_switch);
    qtest_add_func("/cxl/opcodes/switch-lengths", test_switch_lengths);
    return g_test_run();
}
