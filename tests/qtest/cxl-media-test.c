/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Poison by commands (CXL 3.1 8.2.9.9.4), data that goes away (8.2.9.9.5) and
 * passphrases (8.2.9.9.6), with backends in files that are looked at from
 * outside
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "hw/cxl/spec/retcodes.h"
#include "qemu/bswap.h"

#define MS              1000000ll
#define LSA_SIZE        4096
#define READY           0x14
#define DISABLED        0x1c

typedef struct Test {
    QCxlFile *v, *p, *l;
    char *state;
    QCxlTopo *t;
    QCxlFunction *f;
} Test;

/* Begin once more with what is in the files */
static void start(Test *x)
{
    x->t = qcxl_start(
        "%s"
        " -object memory-backend-file,id=v,share=on,mem-path=%s,size=256M"
        " -object memory-backend-file,id=p,share=on,mem-path=%s,size=256M"
        " -object memory-backend-file,id=l,share=on,mem-path=%s,size=4K"
        " -device pxb-cxl,id=h,bus=pcie.0,bus_nr=52"
        " -device cxl-rp,id=rp0,bus=h,chassis=0,slot=0"
        " -device cxl-rp,id=rp1,bus=h,chassis=0,slot=1,port=1"
        " -device cxl-type3,id=dev0,bus=rp0,volatile-memdev=v,"
        "persistent-memdev=p,lsa=l,state-file=%s"
        " -M cxl-fmw.0.targets.0=h,cxl-fmw.0.size=1G", qcxl_machine(),
        x->v->path, x->p->path, x->l->path, x->state);
    x->f = qcxl_endpoint(x->t, 0);
}

static Test new_test(void)
{
    Test x = {
        .v = qcxl_file_new(QCXL_UNIT), .p = qcxl_file_new(QCXL_UNIT),
        .l = qcxl_file_new(LSA_SIZE), .state = qcxl_empty_file(),
    };

    start(&x);
    return x;
}

static void end_test(Test *x)
{
    qcxl_stop(x->t);
    unlink(x->state);
    g_free(x->state);
    qcxl_file_free(x->v);
    qcxl_file_free(x->p);
    qcxl_file_free(x->l);
}

static uint16_t run(Test *x, uint16_t opcode, const void *in, uint32_t len)
{
    return qcxl_command(x->t, x->f, opcode, in, len, NULL, NULL);
}

static uint64_t status(Test *x)
{
    return qtest_readq(x->t->qts, x->f->memdev);
}

static bool running(Test *x)
{
    return qtest_readq(x->t->qts, x->f->mailbox + QCXL_MBOX_STATUS) & 1;
}

/* The main loop needs real time to do the work of each step */
static void finish(Test *x)
{
    for (unsigned i = 0; i < 20000 && running(x); i++) {
        qtest_clock_step(x->t->qts, MS);
        g_usleep(500);
    }
    g_assert(!running(x));
}

static void fill(Test *x)
{
    for (uint64_t at = 0; at < QCXL_UNIT; at += 4 * QCXL_MIB) {
        memset(x->v->map + at, 0xa5, 100);
        memset(x->p->map + at, 0xa5, 100);
    }
    memset(x->p->map + QCXL_UNIT - 64, 0xa5, 64);
    memset(x->l->map, 0xa5, LSA_SIZE);
}

/* Whether it is all zeroes */
static bool is_erased(const QCxlFile *file)
{
    for (uint64_t i = 0; i < file->size; i++) {
        if (file->map[i]) {
            return false;
        }
    }
    return true;
}

/* A decoder for each kind of capacity */
static uint64_t map(Test *x)
{
    uint64_t base = x->t->window[0].base;

    qcxl_map(x->t, x->f, base, QCXL_UNIT);
    g_assert(qcxl_commit(x->t, x->f->host->hdm, 1, &(QCxlDecoder) {
        .base = base + QCXL_UNIT, .size = QCXL_UNIT,
        .targets = x->f->parent->port,
    }));
    g_assert(qcxl_commit(x->t, x->f->hdm, 1, &(QCxlDecoder) {
        .base = base + QCXL_UNIT, .size = QCXL_UNIT,
    }));
    return base;
}

static unsigned list(Test *x, uint8_t *out)
{
    uint8_t in[16] = {};
    uint32_t len;

    stq_le_p(in + 8, 2 * QCXL_UNIT / 64);
    g_assert_cmphex(qcxl_command(x->t, x->f, CXL_OP_GET_POISON_LIST, in, 16,
                                 out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 32 + 16 * lduw_le_p(out + 10));
    return lduw_le_p(out + 10);
}

static void test_poison(void)
{
    Test x = new_test();
    uint8_t out[QCXL_MBOX_MAX], clear[72];
    unsigned seen = 0;

    fill(&x);
    g_assert_cmpuint(list(&x, out), ==, 0);
    for (uint64_t i = 0; i < 128; i++) {
        uint64_t le = cpu_to_le64(i * 4 * QCXL_MIB);

        g_assert_cmphex(run(&x, CXL_OP_INJECT_POISON, &le, 8), ==,
                        QCXL_SUCCESS);
    }
    g_assert_cmphex(run(&x, CXL_OP_INJECT_POISON,
                        &(uint64_t) { cpu_to_le64(512 * QCXL_MIB) }, 8), ==,
                    CXL_RET_INVALID_PHYSICAL_ADDRESS);
    do {
        unsigned count = list(&x, out);

        for (unsigned i = 0; i < count; i++, seen++) {
            g_assert_cmphex(ldq_le_p(out + 32 + 16 * i), ==,
                            seen * 4 * QCXL_MIB | 3);
        }
    } while (out[0] & 1);
    g_assert_cmpuint(seen, ==, 128);

    /* What Clear Poison says is in the backend afterwards */
    memset(clear, 0x3c, sizeof(clear));
    stq_le_p(clear, 256 * QCXL_MIB);
    g_assert_cmphex(run(&x, CXL_OP_CLEAR_POISON, clear, 72), ==, QCXL_SUCCESS);
    g_assert_cmphex(x.p->map[0], ==, 0x3c);
    g_assert_cmphex(x.p->map[63], ==, 0x3c);
    g_assert_cmphex(x.p->map[64], ==, 0xa5);
    list(&x, out);
    g_assert_cmpuint(list(&x, out), ==, 1);
    end_test(&x);
}

static void test_scan(void)
{
    Test x = new_test();
    uint8_t in[17] = {}, out[QCXL_MBOX_MAX];
    uint64_t at = cpu_to_le64(0x1000);
    uint32_t len;

    run(&x, CXL_OP_INJECT_POISON, &at, 8);
    stq_le_p(in + 8, 2 * QCXL_UNIT / 64);
    g_assert_cmphex(run(&x, CXL_OP_SCAN_MEDIA, in, 17), ==,
                    CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(run(&x, CXL_OP_GET_SCAN_MEDIA_RESULTS, NULL, 0), ==,
                    CXL_RET_BUSY);
    finish(&x);
    g_assert_cmphex(qcxl_command(x.t, x.f, CXL_OP_GET_SCAN_MEDIA_RESULTS, NULL,
                                 0, out, &len), ==, QCXL_SUCCESS);
    g_assert_cmpuint(len, ==, 48);
    g_assert_cmphex(ldq_le_p(out + 32), ==, 0x1003);
    end_test(&x);
}

static void test_sanitize(void)
{
    Test x = new_test();
    uint64_t base = map(&x);
    uint8_t lsa[8] = { [4] = 8 };

    fill(&x);
    g_assert_cmphex(qtest_readb(x.t->qts, base), ==, 0xa5);
    g_assert_cmphex(run(&x, CXL_OP_SANITIZE, NULL, 0), ==,
                    CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(status(&x), ==, DISABLED);
    g_assert(!qcxl_has_ram(x.t, base, 2 * QCXL_UNIT));
    g_assert_cmphex(qtest_readb(x.t->qts, base), ==, 0xff);
    qtest_writeb(x.t->qts, base + 1, 0x77);
    g_assert_cmphex(run(&x, CXL_OP_GET_LSA, lsa, 8), ==,
                    CXL_RET_MEDIA_DISABLED);
    finish(&x);
    g_assert_cmphex(status(&x), ==, READY);
    g_assert(qcxl_is_ram(x.t, base, 2 * QCXL_UNIT));
    g_assert(is_erased(x.v) && is_erased(x.p) && is_erased(x.l));
    g_assert_cmphex(qtest_readb(x.t->qts, base), ==, 0);
    end_test(&x);
}

/* What was ended early leaves the media disabled, also when QEMU was killed */
static void test_sanitize_ended(void)
{
    Test x = new_test();

    fill(&x);
    g_assert_cmphex(run(&x, CXL_OP_SANITIZE, NULL, 0), ==,
                    CXL_RET_BACKGROUND_STARTED);
    g_assert_cmphex(run(&x, CXL_OP_REQUEST_ABORT_BACKGROUND_OPERATION, NULL,
                        0), ==, QCXL_SUCCESS);
    finish(&x);
    g_assert_cmphex(status(&x), ==, DISABLED);
    qcxl_reset(x.t);
    x.f = qcxl_endpoint(x.t, 0);
    g_assert_cmphex(status(&x), ==, DISABLED);
    g_assert_cmphex(run(&x, CXL_OP_SANITIZE, NULL, 0), ==,
                    CXL_RET_BACKGROUND_STARTED);
    qtest_clock_step(x.t->qts, 150 * MS);
    qcxl_kill(x.t);

    start(&x);
    g_assert_cmphex(status(&x), ==, DISABLED);
    g_assert_cmphex(run(&x, CXL_OP_SANITIZE, NULL, 0), ==,
                    CXL_RET_BACKGROUND_STARTED);
    finish(&x);
    g_assert_cmphex(status(&x), ==, READY);
    g_assert(is_erased(x.v) && is_erased(x.p) && is_erased(x.l));
    end_test(&x);
}

/* A device that goes away, and the machine that stops, meanwhile */
static void test_sanitize_unplugged(void)
{
    Test x = new_test();

    fill(&x);
    g_assert_cmphex(run(&x, CXL_OP_SANITIZE, NULL, 0), ==,
                    CXL_RET_BACKGROUND_STARTED);
    qtest_qmp_assert_success(x.t->qts, "{'execute': 'stop'}");
    qtest_qmp_assert_success(x.t->qts, "{'execute': 'cont'}");
    qtest_clock_step(x.t->qts, 150 * MS);
    qtest_qmp_device_del_send(x.t->qts, "dev0");
    /* The guest turns the slot off */
    qcxl_config_write(x.t, x.f->parent, qcxl_pci_cap(x.t, x.f->parent, 0x10) +
                      0x18, 2, 0x0700);
    qtest_clock_step(x.t->qts, 1000 * MS);
    qcxl_stop(x.t);
    start(&x);
    g_assert_cmphex(status(&x), ==, DISABLED);
    end_test(&x);
}

static uint32_t dirty_shutdowns(Test *x)
{
    uint8_t out[QCXL_MBOX_MAX];

    g_assert_cmphex(qcxl_command(x->t, x->f, CXL_OP_GET_HEALTH_INFO, NULL, 0,
                                 out, NULL), ==, QCXL_SUCCESS);
    return ldl_le_p(out + 6);
}

/*
 * The file of a device that was taken away in an orderly way is free for the
 * next one, and says so; that of one that was killed says that
 */
static void test_taken_away(void)
{
    const uint8_t dirty[1] = { 1 };
    Test x = new_test();
    QCxlFunction *port;

    g_assert_cmphex(run(&x, CXL_OP_SET_SHUTDOWN_STATE, dirty, 1), ==,
                    QCXL_SUCCESS);
    fill(&x);
    qtest_qmp_assert_success(x.t->qts, "{ 'execute': 'qom-set', 'arguments':"
                             " { 'path': 'dev0', 'property': 'realized',"
                             " 'value': false } }");
    qtest_qmp_assert_success(x.t->qts, "{ 'execute': 'device_add',"
                             " 'arguments': { 'driver': 'cxl-type3',"
                             " 'id': 'dev1', 'bus': 'rp1',"
                             " 'volatile-memdev': 'v',"
                             " 'persistent-memdev': 'p', 'lsa': 'l',"
                             " 'state-file': %s } }", x.state);
    /* The guest turns its slot on */
    port = qcxl_port(x.t, 1);
    qcxl_config_write(x.t, port, qcxl_pci_cap(x.t, port, 0x10) + 0x18, 2,
                      0x0100);
    qcxl_scan(x.t);
    x.f = qcxl_endpoint(x.t, 0);
    g_assert_cmpuint(dirty_shutdowns(&x), ==, 0);
    g_assert_cmphex(run(&x, CXL_OP_SET_SHUTDOWN_STATE, dirty, 1), ==,
                    QCXL_SUCCESS);
    qcxl_kill(x.t);
    start(&x);
    g_assert_cmpuint(dirty_shutdowns(&x), ==, 1);
    qcxl_stop(x.t);
    start(&x);
    g_assert_cmpuint(dirty_shutdowns(&x), ==, 1);
    end_test(&x);
}

static void test_secure_erase(void)
{
    Test x = new_test();
    uint64_t base = map(&x);

    fill(&x);
    g_assert_cmphex(run(&x, CXL_OP_SECURE_ERASE, NULL, 0), ==, QCXL_SUCCESS);
    g_assert(is_erased(x.v) && is_erased(x.p));
    g_assert_cmphex(x.l->map[0], ==, 0xa5);
    g_assert(qcxl_is_ram(x.t, base, 2 * QCXL_UNIT));
    end_test(&x);
}

static void test_media_operations(void)
{
    Test x = new_test();
    uint8_t in[24] = { 1, 1, 0, 0, 1 };

    fill(&x);
    /* From 8 MiB before the end of the volatile capacity on, 16 MiB */
    stq_le_p(in + 8, QCXL_UNIT - 8 * QCXL_MIB);
    stq_le_p(in + 16, 16 * QCXL_MIB);
    g_assert_cmphex(run(&x, CXL_OP_MEDIA_OPERATIONS, in, 24), ==,
                    CXL_RET_BACKGROUND_STARTED);
    finish(&x);
    for (uint64_t at = 0; at < QCXL_UNIT; at += 4 * QCXL_MIB) {
        bool first = at >= QCXL_UNIT - 8 * QCXL_MIB;

        g_assert_cmphex(x.v->map[at], ==, first ? 0 : 0xa5);
        g_assert_cmphex(x.p->map[at], ==, at < 8 * QCXL_MIB ? 0 : 0xa5);
    }
    end_test(&x);
}

/* Two passphrases of one letter, the current one and the next */
static uint16_t set_passphrase(Test *x, uint8_t type, char now, char next)
{
    uint8_t in[96] = { type };

    memset(in + 32, now, 32);
    memset(in + 64, next, 32);
    return run(x, CXL_OP_SET_PASSPHRASE, in, 96);
}

static uint16_t unlock(Test *x, char now)
{
    uint8_t in[32];

    memset(in, now, 32);
    return run(x, CXL_OP_UNLOCK, in, 32);
}

static uint32_t security(Test *x)
{
    uint8_t out[QCXL_MBOX_MAX];
    uint32_t len;

    g_assert_cmphex(qcxl_command(x->t, x->f, CXL_OP_GET_SECURITY_STATE, NULL,
                                 0, out, &len), ==, QCXL_SUCCESS);
    return ldl_le_p(out);
}

static void test_security(void)
{
    Test x = new_test();
    g_autofree char *bytes = NULL;
    uint64_t base;
    gsize len;

    x.p->map[0] = 0xa5;
    g_assert_cmphex(security(&x), ==, 0);
    g_assert_cmphex(set_passphrase(&x, 1, 0, 'k'), ==, QCXL_SUCCESS);
    g_assert_cmphex(security(&x), ==, 1);
    qcxl_kill(x.t);
    g_assert(g_file_get_contents(x.state, &bytes, &len, NULL));
    for (gsize i = 0; i + 8 <= len; i++) {
        g_assert(memcmp(bytes + i, "kkkkkkkk", 8));
    }

    start(&x);
    g_assert_cmphex(security(&x), ==, 5);
    base = map(&x);
    g_assert(qcxl_is_ram(x.t, base, QCXL_UNIT));
    g_assert(!qcxl_has_ram(x.t, base + QCXL_UNIT, QCXL_UNIT));
    g_assert_cmphex(qtest_readb(x.t->qts, base + QCXL_UNIT), ==, 0xff);
    g_assert_cmphex(unlock(&x, 'x'), ==, CXL_RET_INCORRECT_PASSPHRASE);
    g_assert_cmphex(run(&x, CXL_OP_SANITIZE, NULL, 0), ==,
                    CXL_RET_INVALID_SECURITY_STATE);
    g_assert_cmphex(unlock(&x, 'k'), ==, QCXL_SUCCESS);
    g_assert(qcxl_is_ram(x.t, base, 2 * QCXL_UNIT));
    g_assert_cmphex(qtest_readb(x.t->qts, base + QCXL_UNIT), ==, 0xa5);

    g_assert_cmphex(run(&x, CXL_OP_FREEZE_SECURITY_STATE, NULL, 0), ==,
                    QCXL_SUCCESS);
    g_assert_cmphex(set_passphrase(&x, 1, 'k', 'l'), ==,
                    CXL_RET_INVALID_SECURITY_STATE);
    end_test(&x);
}

/* Passphrases go through the mailbox, and none of it is traced */
static void test_no_secret(void)
{
    g_autofree char *log = qcxl_empty_file(), *text = NULL;
    const char *letters = "kkkk";
    QCxlTopo *t;
    Test x;

    t = qcxl_start("%s -object memory-backend-ram,id=p,size=256M"
                   " -object memory-backend-ram,id=l,size=4K"
                   " -device pxb-cxl,id=h,bus=pcie.0,bus_nr=52"
                   " -device cxl-rp,id=rp0,bus=h,chassis=0,slot=0"
                   " -device cxl-type3,bus=rp0,persistent-memdev=p,lsa=l"
                   " -D %s -d guest_errors -trace cxl_*", qcxl_machine(), log);
    x = (Test) { .t = t, .f = qcxl_endpoint(t, 0) };
    g_assert_cmphex(set_passphrase(&x, 1, 0, 'k'), ==, QCXL_SUCCESS);
    qcxl_stop(t);
    g_assert(g_file_get_contents(log, &text, NULL, NULL));
    g_assert(strstr(text, "Set Passphrase"));
    g_assert(!strstr(text, letters) && !strstr(text, "6b6b6b6b"));
    unlink(log);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/media/poison", test_poison);
    qtest_add_func("/cxl/media/scan", test_scan);
    qtest_add_func("/cxl/media/sanitize", test_sanitize);
    qtest_add_func("/cxl/media/sanitize/ended", test_sanitize_ended);
    qtest_add_func("/cxl/media/sanitize/unplugged", test_sanitize_unplugged);
    qtest_add_func("/cxl/media/taken-away", test_taken_away);
    qtest_add_func("/cxl/media/secure-erase", test_secure_erase);
    qtest_add_func("/cxl/media/operations", test_media_operations);
    qtest_add_func("/cxl/media/security", test_security);
    qtest_add_func("/cxl/media/no-secret", test_no_secret);
    return g_test_run();
}
