/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU tells people about what guests do: trace events, and the log of
 * what they do wrong
 */
#include "qemu/osdep.h"
#include "cxl-topo.h"

#include "qemu/bswap.h"

#define DEVICE \
    "-machine q35,cxl=on " \
    "-M cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G " \
    "-object memory-backend-ram,id=mem0,size=256M " \
    "-object memory-backend-ram,id=lsa0,size=4K " \
    "-device pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=52 " \
    "-device cxl-rp,id=rp0,bus=cxl.0,chassis=0,slot=0 " \
    "-device cxl-type3,id=dev0,bus=rp0,persistent-memdev=mem0,lsa=lsa0,sn=1 "

static char *log_path;
static char *log_text;
static const char *log_at;

static QCxlTopo *start(const char *options)
{
    log_path = qcxl_empty_file();
    return qcxl_start(DEVICE "-D %s %s", log_path, options);
}

/* Ends QEMU: all of the log is in the file then */
static void stop(QCxlTopo *t)
{
    qcxl_stop(t);
    g_assert(g_file_get_contents(log_path, &log_text, NULL, NULL));
    unlink(log_path);
    log_at = log_text;
}

/* This is in the log after what was seen last */
static void expect(const char *text)
{
    const char *found = strstr(log_at, text);

    if (!found) {
        g_test_message("not in the log: %s", text);
        g_test_message("%s", log_at);
    }
    g_assert(found);
    log_at = found + strlen(text);
}

static void expect_none(const char *text)
{
    if (strstr(log_text, text)) {
        g_test_message("in the log: %s", text);
        g_test_message("%s", log_text);
    }
    g_assert(!strstr(log_text, text));
}

static void done(void)
{
    g_free(log_text);
    g_free(log_path);
}

static void test_commands(void)
{
    QCxlTopo *t = start("-d guest_errors -trace cxl_command*");
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    uint8_t in[24] = {};

    qcxl_command(t, f, CXL_OP_IDENTIFY_MEMORY_DEVICE, NULL, 0, NULL, NULL);
    memcpy(in + 8, "top secret labels", 16);
    qcxl_command(t, f, CXL_OP_SET_LSA, in, sizeof(in), NULL, NULL);
    qcxl_command(t, f, CXL_OP_GET_LSA, in, 3, NULL, NULL);
    qcxl_command(t, f, 0xbeef, NULL, 0, NULL, NULL);
    stop(t);
    expect("cxl_command dev0: 4000h Identify Memory Device, 0 bytes");
    expect("cxl_command_return dev0: 4000h Identify Memory Device: success"
           " (0x0), 69 bytes");
    expect("cxl_command dev0: 4103h Set LSA, 24 bytes");
    expect("cxl_command_return dev0: 4103h Set LSA: success (0x0), 0 bytes");
    expect("cxl_command dev0: 4102h Get LSA, 3 bytes");
    expect("cxl_command_return dev0: 4102h Get LSA: invalid payload length"
           " (0x16), 0 bytes");
    expect("dev0: command 4102h, Get LSA: invalid payload length");
    expect("cxl_command dev0: beefh unknown command, 0 bytes");
    expect("cxl_command_return dev0: beefh unknown command: unsupported (0x3),"
           " 0 bytes");
    expect("dev0: command beefh, unknown command: unsupported");
    expect_none("secret");
    expect_none("Set LSA: invalid");
    done();
}

static void test_decoders(void)
{
    QCxlTopo *t = start("-d guest_errors -trace cxl_decoder* "
                        "-trace cxl_component_write");
    QCxlFunction *f = qcxl_endpoint(t, 0);
    QCxlDecoder d = { .base = t->window[0].base, .size = QCXL_UNIT };

    g_assert(!qcxl_commit(t, f->hdm, 1, &d));
    d.flags = QCXL_CTRL_LOCK;
    g_assert(qcxl_commit(t, f->hdm, 0, &d));
    qcxl_uncommit(t, f->hdm, 0);
    d = (QCxlDecoder) { .base = t->window[0].base, .size = QCXL_UNIT };
    g_assert(qcxl_commit(t, t->host[0].hdm, 0, &d));
    g_assert(qcxl_uncommit(t, t->host[0].hdm, 0));
    /* Behind the last decoder, the reserved dword of decoder 0 */
    qtest_writel(t->qts, f->hdm + QCXL_HDM_DECODER(0) + 0x1c, 1);
    stop(t);
    expect("cxl_component_write dev0: +0x");
    expect("cxl_decoder_refused dev0: decoder 1: decoder before it is not"
           " committed");
    expect("dev0: decoder 1 refused: decoder before it is not committed");
    expect("cxl_decoder_commit dev0: decoder 0");
    expect("dev0: decoder 0 refused: decoder is locked");
    expect("cxl_decoder_commit cxl.0: decoder 0");
    expect("cxl_decoder_uncommit cxl.0: decoder 0");
    expect("dev0: write refused: there is no register");
    done();
}

static void test_config(void)
{
    QCxlTopo *t = start("-d guest_errors -trace cxl_config* -trace cxl_doe*");
    const QCxlFunction *f = qcxl_endpoint(t, 0);
    unsigned doe = qcxl_ext_cap(t, f, 0x002e);
    g_autofree char *written = NULL;

    qcxl_mem_enable(t, f, true);
    /* One dword and Go: no object is that short */
    qcxl_config_write(t, f, doe + 0x10, 4, 0x00021e98);
    qcxl_config_write(t, f, doe + 0x08, 4, 1u << 31);
    qcxl_config_read(t, f, doe + 0x0c, 4);
    written = g_strdup_printf("cxl_config_write dev0: +0x%03x size 4 <- "
                              "0x80000000", doe + 8);
    stop(t);
    expect("cxl_config_write dev0: +0x");
    expect(written);
    expect("cxl_doe_request dev0: vendor 0x1e98 type 2, 4 bytes, 0 bytes");
    expect("dev0: DOE request 0x21e98: no such protocol, or a wrong length");
    expect("cxl_config_read dev0: +0x");
    done();
}

static void test_reset(void)
{
    QCxlTopo *t = start("-trace cxl_machine_reset -trace cxl_reset*");
    QCxlFunction *f;

    qcxl_reset(t);
    qcxl_flr(t, qcxl_endpoint(t, 0));
    qcxl_scan(t);
    f = qcxl_endpoint(t, 0);
    /* Initiate CXL Reset, in Control 2 of the device DVSEC */
    qcxl_config_write(t, f, f->dvsec[QCXL_DVSEC_DEVICE] + 0x10, 2, 1 << 2);
    stop(t);
    /* QEMU's start is a reset, too */
    expect("cxl_machine_reset all that is CXL");
    expect("cxl_reset dev0: warm");
    expect("cxl_machine_reset all that is CXL");
    expect("cxl_reset dev0: warm");
    expect("cxl_reset dev0: function-level");
    expect("cxl_reset dev0: CXL");
    done();
}

/* Without being asked to, QEMU says nothing */
static void test_silence(void)
{
    QCxlTopo *t = start("");
    const QCxlFunction *f = qcxl_endpoint(t, 0);

    qcxl_command(t, f, 0xbeef, NULL, 0, NULL, NULL);
    qcxl_reset(t);
    stop(t);
    g_assert_cmpstr(log_text, ==, "");
    done();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/cxl/trace/commands", test_commands);
    qtest_add_func("/cxl/trace/decoders", test_decoders);
    qtest_add_func("/cxl/trace/config", test_config);
    qtest_add_func("/cxl/trace/reset", test_reset);
    qtest_add_func("/cxl/trace/silence", test_silence);
    return g_test_run();
}
