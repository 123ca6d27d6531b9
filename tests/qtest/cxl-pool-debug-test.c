/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools: what debuggers can do with memory that a head has no right to
 */
#include "qemu/osdep.h"
#include "cxl-pool.h"

#include <sys/socket.h>
#include <sys/un.h>

#define NOTHING     UINT64_MAX
#define AT          (6 * QCXL_MIB)

/*
 * A head with a debugger's socket. That wants an accelerator; the machine is
 * stopped all the time.
 */
typedef struct Debugged {
    QCxlTopo *topo;
    char *path;
    int fd;
    uint64_t base;
} Debugged;

static Debugged debugged_new(Pool *p, const char *options)
{
    Debugged d = { .path = g_strdup_printf("%s.gdb", p->memory->path) };
    g_autofree char *all = g_strdup_printf(
        "%s -accel tcg -S -gdb unix:path=%s,server=on,wait=off", options,
        d.path);
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    d.topo = start(p, all);
    d.base = map(d.topo);
    g_strlcpy(address.sun_path, d.path, sizeof(address.sun_path));
    d.fd = socket(AF_UNIX, SOCK_STREAM, 0);
    g_assert(!connect(d.fd, (struct sockaddr *)&address, sizeof(address)));
    return d;
}

static void debugged_free(Debugged *d)
{
    close(d->fd);
    qcxl_stop(d->topo);
    unlink(d->path);
    g_free(d->path);
}

static char next(Debugged *d)
{
    char c;

    g_assert_cmpint(read(d->fd, &c, 1), ==, 1);
    return c;
}

/* A packet of the remote protocol; returns the answer */
static char *ask(Debugged *d, const char *packet)
{
    GString *text = g_string_new(NULL), *answer = g_string_new(NULL);
    uint8_t sum = 0;
    char c;

    for (const char *at = packet; *at; at++) {
        sum += *at;
    }
    g_string_printf(text, "$%s#%02x", packet, sum);
    g_assert_cmpint(write(d->fd, text->str, text->len), ==, text->len);
    while (next(d) != '$') {
        /* acknowledgements */
    }
    while ((c = next(d)) != '#') {
        g_string_append_c(answer, c);
    }
    next(d);
    next(d);
    g_assert_cmpint(write(d->fd, "+", 1), ==, 1);
    g_test_message("%s: %s", packet, answer->str);
    g_string_free(text, true);
    return g_string_free(answer, false);
}

static void poke(Debugged *d, uint64_t at, uint8_t byte)
{
    g_autofree char *packet = g_strdup_printf(
        "M%" PRIx64 ",8:%02x%02x%02x%02x%02x%02x%02x%02x", d->base + at, byte,
        byte, byte, byte, byte, byte, byte, byte);

    g_free(ask(d, packet));
}

static void set_file(Pool *p, uint64_t at, uint8_t byte)
{
    memset(p->memory->map + at, byte, 8);
}

#define WORD(n) (0x0101010101010101ull * (n))

/* Virtual addresses, which are physical ones here, and then these */
static const char *const modes[] = {
    "Qqemu.PhyMemMode:0", "Qqemu.PhyMemMode:1",
};

/* One that may store does so */
static void test_writer(void)
{
    Pool *p = pool_new();
    Debugged d = debugged_new(p, "");

    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        g_free(ask(&d, modes[i]));
        poke(&d, AT, 0x21 + i);
        g_assert_cmphex(in_file(p, AT), ==, WORD(0x21 + i));
    }
    g_assert_cmpint(number(d.topo, "pool.dropped"), ==, 0);
    debugged_free(&d);
    pool_free(p);
}

/* Nothing reaches the file, nor what this head sees of it */
static void test_reader(void)
{
    Pool *p = pool_new();
    Debugged d = debugged_new(p, ",access=read-only");
    uint64_t dropped = 0;

    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        g_free(ask(&d, modes[i]));
        set_file(p, AT, 0x11);
        poke(&d, AT, 0x22);
        g_assert_cmphex(in_file(p, AT), ==, WORD(0x11));
        g_assert_cmphex(qtest_readq(d.topo->qts, d.base + AT), ==, WORD(0x11));
        set_file(p, AT, 0x33);
        g_assert_cmphex(qtest_readq(d.topo->qts, d.base + AT), ==, WORD(0x33));
        g_assert_cmpint(number(d.topo, "pool.dropped"), >, dropped);
        dropped = number(d.topo, "pool.dropped");
    }
    debugged_free(&d);
    pool_free(p);
}

/* What QEMU writes to a file for whoever debugs: 8 bytes of the memory */
static uint64_t saved(Debugged *d, const char *command, uint64_t at)
{
    g_autofree char *file = g_strdup_printf("%s.saved", d->path);
    g_autofree char *bytes = NULL;
    uint64_t value;
    gsize size;

    qtest_qmp_assert_success(d->topo->qts, "{ 'execute': %s, 'arguments': {"
                             " 'val': %" PRIu64 ", 'size': 8, 'filename': %s"
                             " } }", command, d->base + at, file);
    g_assert(g_file_get_contents(file, &bytes, &size, NULL));
    g_assert_cmpuint(size, ==, 8);
    memcpy(&value, bytes, 8);
    unlink(file);
    return value;
}

/* Without access: a range, and all of it */
static void test_nothing(void)
{
    Pool *p = pool_new();
    Debugged d = debugged_new(p, "");

    g_assert_cmpint(tool(p, "set-access", "--range 4M+4M 0=none"), ==, 0);
    for (unsigned fenced = 0; fenced < 2; fenced++) {
        for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
            g_free(ask(&d, modes[i]));
            set_file(p, AT, 0x44);
            poke(&d, AT, 0x55);
            g_assert_cmphex(in_file(p, AT), ==, WORD(0x44));
            g_assert_cmphex(saved(&d, "pmemsave", AT), ==, NOTHING);
            g_assert_cmphex(saved(&d, "memsave", AT), ==, NOTHING);
        }
        g_assert_cmpint(tool(p, "fence", "--head 0"), ==, 0);
    }
    debugged_free(&d);
    pool_free(p);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!qtest_has_accel("tcg")) {
        g_test_message("there is no TCG, which debuggers want here");
        return g_test_run();
    }
    qtest_add_func("/cxl/pool-debug/writer", test_writer);
    qtest_add_func("/cxl/pool-debug/reader", test_reader);
    qtest_add_func("/cxl/pool-debug/nothing", test_nothing);
    return g_test_run();
}
