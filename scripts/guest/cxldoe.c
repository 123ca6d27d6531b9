/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Talks to the Data Object Exchange mailboxes of PCI functions through their
 * configuration space in sysfs: which protocols they know, and the table of
 * memory, latency and bandwidth (CDAT) that CXL devices and switches keep
 * there (PCIe 6.0 6.30; CXL 3.1 8.1.11; CDAT 1.03).
 *
 * The kernel uses the mailboxes too, when it finds a device; afterwards they
 * are idle.  Nothing keeps the two apart: do not run this meanwhile.
 */

#include "dax.h"

#include <endian.h>
#include <glob.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define DEVICES "/sys/bus/pci/devices"

/* Extended capability and its registers */
#define EXT_CAP_FIRST 0x100
#define EXT_CAP_END 0x1000
#define EXT_CAPS ((EXT_CAP_END - EXT_CAP_FIRST) / 4)
#define EXT_CAP_DOE 0x2e
#define DOE_SIZE 0x18
#define DOE_CTRL 0x08
#define DOE_STATUS 0x0c
#define DOE_WRITE 0x10
#define DOE_READ 0x14
#define CTRL_ABORT (1u << 0)
#define CTRL_IRQ (1u << 1)
#define CTRL_GO (1u << 31)
#define STATUS_BUSY (1u << 0)
#define STATUS_ERROR (1u << 2)
#define STATUS_READY (1u << 31)

/* First dwords of objects: vendor, type */
#define DISCOVERY 0x00000001u
#define TABLE_ACCESS 0x00021e98u
#define OBJECT_MASK 0x00ffffffu
#define LENGTH_MASK 0x0003ffffu
#define LENGTH_MAX 0x00040000u

#define TABLE_HEADER 16
#define TABLE_MAX 0x100000
#define HANDLE_LAST 0xffff

/* How long a mailbox may take */
#define TIMEOUT 1.0

/**
 * struct mailbox - one of them
 * @bdf: the function, as in 0000:35:00.0
 * @fd: its configuration space
 * @at: offset of the capability there
 * @why: what went wrong last, to follow "BDF: "
 */
struct mailbox {
    char bdf[16];
    int fd;
    unsigned at;
    const char *why;
};

/**
 * struct table - a CDAT
 * @name: where it is from
 * @bytes: @size of them
 */
struct table {
    const char *name;
    unsigned char *bytes;
    uint32_t size;
};

/* --- configuration space --- */

static uint32_t config_read(int fd, unsigned offset)
{
    uint32_t value;

    /* Others than root see the first 64 bytes only */
    if (pread(fd, &value, sizeof(value), offset) != sizeof(value)) {
        return UINT32_MAX;
    }
    return le32toh(value);
}

static uint32_t doe_get(const struct mailbox *m, unsigned reg)
{
    return config_read(m->fd, m->at + reg);
}

static bool doe_put(struct mailbox *m, unsigned reg, uint32_t value)
{
    value = htole32(value);
    if (pwrite(m->fd, &value, sizeof(value), m->at + reg) != sizeof(value)) {
        m->why = "the configuration space cannot be written; only root can.";
        return false;
    }
    return true;
}

/*
 * Offset of the first DOE capability in the list from that one on; 0 = none.
 * The list may go up and down; one of more than EXT_CAPS goes round, so that
 * *left counts from there to 0.
 */
static unsigned find_doe(int fd, unsigned at, unsigned *left)
{
    while (at >= EXT_CAP_FIRST && at <= EXT_CAP_END - 4 && *left) {
        uint32_t header = config_read(fd, at);
        unsigned next = header >> 20 & ~3u;

        --*left;
        if (!header || header == UINT32_MAX) {
            return 0;
        }
        if ((header & 0xffff) == EXT_CAP_DOE && at <= EXT_CAP_END - DOE_SIZE) {
            return at;
        }
        at = next;
    }
    return 0;
}

/* --- exchange of objects --- */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

static void doe_abort(struct mailbox *m)
{
    doe_put(m, DOE_CTRL, (doe_get(m, DOE_CTRL) & CTRL_IRQ) | CTRL_ABORT);
}

/* Waits until none of @off, and one of @on unless it is 0, are set */
static bool doe_wait(struct mailbox *m, uint32_t off, uint32_t on)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    double deadline = seconds() + TIMEOUT;
    uint32_t status;

    for (;;) {
        status = doe_get(m, DOE_STATUS);
        if (status == UINT32_MAX) {
            m->why = "the configuration space does not answer.";
            return false;
        }
        if (!(status & off) && (!on || status & on)) {
            return true;
        }
        if (seconds() > deadline) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
}

/* Leaves what the mailbox is at alone, for as long as that can last */
static bool doe_idle(struct mailbox *m)
{
    const uint32_t any = STATUS_BUSY | STATUS_ERROR | STATUS_READY;

    m->why = NULL;
    if (doe_wait(m, any, 0)) {
        return true;
    }
    if (!m->why) {
        doe_abort(m);
        if (doe_wait(m, any, 0)) {
            return true;
        }
        m->why = m->why ? m->why : "the mailbox does not become idle.";
    }
    return false;
}

/* The next dword of a response */
static bool doe_take(struct mailbox *m, uint32_t *dword)
{
    if (!(doe_get(m, DOE_STATUS) & STATUS_READY)) {
        m->why = "a response ends before its length says so.";
        return false;
    }
    *dword = doe_get(m, DOE_READ);
    return doe_put(m, DOE_READ, 0);
}

/* Takes all of a response of at most @max dwords behind the header */
static bool doe_receive(struct mailbox *m, uint32_t object, uint32_t *to,
                        uint32_t max, uint32_t *len)
{
    uint32_t header, length, i;

    if (!doe_take(m, &header) || !doe_take(m, &length)) {
        return false;
    }
    length &= LENGTH_MASK;
    length = length ? length : LENGTH_MAX;
    if ((header & OBJECT_MASK) != object || length < 3 || length - 2 > max) {
        m->why = "a response is of another protocol or of no good length.";
        return false;
    }
    *len = length - 2;
    for (i = 0; i < *len; i++) {
        if (!doe_take(m, &to[i])) {
            return false;
        }
    }
    if (doe_get(m, DOE_STATUS) & STATUS_READY) {
        m->why = "a response goes on after its length.";
        return false;
    }
    return true;
}

/* One try to send a request and take its response */
static bool try_exchange(struct mailbox *m, uint32_t object, uint32_t payload,
                         uint32_t *to, uint32_t max, uint32_t *len)
{
    uint32_t irq;

    if (!doe_idle(m)) {
        return false;
    }
    irq = doe_get(m, DOE_CTRL) & CTRL_IRQ;
    if (!doe_put(m, DOE_WRITE, object) || !doe_put(m, DOE_WRITE, 3) ||
        !doe_put(m, DOE_WRITE, payload) ||
        !doe_put(m, DOE_CTRL, irq | CTRL_GO)) {
        return false;
    }
    if (!doe_wait(m, STATUS_BUSY, STATUS_READY | STATUS_ERROR)) {
        m->why = m->why ? m->why : "a request got no response within 1 s.";
    } else if (doe_get(m, DOE_STATUS) & STATUS_ERROR) {
        m->why = "a request was answered with an error.";
    } else if (doe_receive(m, object, to, max, len)) {
        return true;
    }
    doe_abort(m);
    return false;
}

/**
 * exchange: sends a request of one dword and takes the response
 * @object: vendor and type of both
 * @to: room for @max dwords behind the header of the response
 * @len: set to how many there are, at least 1
 *
 * The second try is for what somebody who was interrupted left in the mailbox,
 * which does not show and which the first one throws away.
 *
 * Returns: false with m->why set, and nothing left in the mailbox
 */
static bool exchange(struct mailbox *m, uint32_t object, uint32_t payload,
                     uint32_t *to, uint32_t max, uint32_t *len)
{
    return try_exchange(m, object, payload, to, max, len) ||
           try_exchange(m, object, payload, to, max, len);
}

/* --- protocols --- */

/* The protocol of that index, and *index of the next, 0 = none */
static bool discover(struct mailbox *m, unsigned *index, uint32_t *object)
{
    uint32_t answer, len;

    if (!exchange(m, DISCOVERY, *index, &answer, 1, &len)) {
        return false;
    }
    *object = answer & OBJECT_MASK;
    if (answer >> 24 && answer >> 24 <= *index) {
        m->why = "discovery goes in circles.";
        return false;
    }
    *index = answer >> 24;
    return true;
}

static const char *protocol_name(uint32_t object)
{
    static const struct {
        uint32_t object;
        const char *name;
    } names[] = {
        { DISCOVERY, " (discovery)" },
        { 0x00010001, " (CMA/SPDM)" },
        { 0x00020001, " (secured CMA/SPDM)" },
        { 0x00001e98, " (CXL compliance)" },
        { TABLE_ACCESS, " (CXL table access)" },
    };
    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].object == object) {
            return names[i].name;
        }
    }
    return "";
}

static bool list_protocols(struct mailbox *m)
{
    unsigned index = 0;
    uint32_t object;

    do {
        if (!discover(m, &index, &object)) {
            return false;
        }
        printf("%s DOE at 0x%x: vendor 0x%x protocol %s%x%s\n", m->bdf, m->at,
               object & 0xffff, object >> 16 ? "0x" : "", object >> 16,
               protocol_name(object));
    } while (index);
    return true;
}

/* Whether it has table access; false with m->why set if it does not answer */
static bool has_table(struct mailbox *m)
{
    unsigned index = 0;
    uint32_t object;

    do {
        if (!discover(m, &index, &object)) {
            return false;
        }
        if (object == TABLE_ACCESS) {
            return true;
        }
    } while (index);
    return false;
}

/* --- a table, from a mailbox or a file --- */

static uint64_t load(const unsigned char *p, unsigned len)
{
    uint64_t value = 0;

    while (len--) {
        value = value << 8 | p[len];
    }
    return value;
}

static bool mailbox_table(struct mailbox *m, struct table *table)
{
    static uint32_t in[TABLE_MAX / 4 + 1];
    static unsigned char bytes[TABLE_MAX];
    uint32_t handle = 0, len;

    *table = (struct table) { m->bdf, bytes, 0 };
    while (handle != HANDLE_LAST) {
        if (!exchange(m, TABLE_ACCESS, handle << 16, in,
                      (TABLE_MAX - table->size) / 4 + 1, &len)) {
            return false;
        }
        if (in[0] & 0xffff || len < 2) {
            m->why = "a part of the CDAT is empty or of another table.";
            return false;
        }
        handle = in[0] >> 16;
        for (uint32_t i = 1; i < len; i++, table->size += 4) {
            uint32_t word = htole32(in[i]);

            memcpy(bytes + table->size, &word, 4);
        }
    }
    return true;
}

static void file_table(const char *path, struct table *table)
{
    static unsigned char bytes[TABLE_MAX + 1];
    int fd = open(path, O_RDONLY);
    ssize_t got = 1;

    *table = (struct table) { path, bytes, 0 };
    if (fd < 0) {
        die("%s cannot be opened: %s.", path, strerror(errno));
    }
    while (got > 0 && table->size < sizeof(bytes)) {
        got = read(fd, bytes + table->size, sizeof(bytes) - table->size);
        if (got < 0) {
            die("%s cannot be read: %s.", path, strerror(errno));
        }
        table->size += got;
    }
    close(fd);
    if (table->size > TABLE_MAX) {
        die("%s is longer than any CDAT.", path);
    }
}

/* --- a table in words --- */

/* Says what is wrong with a table; what was printed of it comes first */
static __attribute__((format(printf, 3, 4)))
bool wrong(const struct table *table, uint32_t offset, const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: the CDAT is wrong at byte %" PRIu32 ": ",
            table->name, offset);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return false;
}

static void show_size(uint64_t bytes)
{
    static const char units[] = "KMGTPE";
    int unit = -1;

    while (bytes && bytes % 1024 == 0 && unit < 5) {
        bytes /= 1024;
        unit++;
    }
    if (unit < 0) {
        printf("%" PRIu64 " bytes", bytes);
    } else {
        printf("%" PRIu64 " %ciB", bytes, units[unit]);
    }
}

static void show_range(uint64_t base, uint64_t size)
{
    printf("0x%" PRIx64 " to 0x%" PRIx64 " (", base, base + size - 1);
    show_size(size);
    putchar(')');
}

static bool range_is_good(uint64_t base, uint64_t size)
{
    return size && size - 1 <= UINT64_MAX - base;
}

/* Data types of DSLBIS and SSLBIS */
static const char *const data_types[] = {
    "access latency", "read latency", "write latency",
    "access bandwidth", "read bandwidth", "write bandwidth",
};

#define DATA_TYPES (sizeof(data_types) / sizeof(data_types[0]))

/* A value of that type: picoseconds shown as ns, or MB/s */
static void show_value(unsigned type, uint64_t unit, uint16_t entry)
{
    uint64_t value;

    if (!entry) {
        printf("not provided");
    } else if (entry == 0xffff) {
        printf("not reachable");
    } else if (__builtin_mul_overflow(unit, entry, &value)) {
        printf("beyond 64 bits");
    } else if (type >= 3) {
        printf("%" PRIu64 " MB/s", value);
    } else if (value % 1000) {
        printf("%" PRIu64 ".%03u ns", value / 1000,
               (unsigned)(value % 1000));
    } else {
        printf("%" PRIu64 " ns", value / 1000);
    }
}

static bool show_dsmas(const struct table *table, uint32_t at)
{
    static const struct {
        unsigned char bit;
        const char *name;
    } flags[] = {
        { 3, "shareable" }, { 4, "hardware managed coherency" },
        { 5, "dynamic capacity" }, { 6, "read-only" },
    };
    const unsigned char *p = table->bytes + at;
    uint64_t base = load(p + 8, 8), size = load(p + 16, 8);
    unsigned i;

    if (!range_is_good(base, size)) {
        return wrong(table, at, "the range of the DSMAS is empty or wraps.");
    }
    printf("  DSMAS   handle %u: %s", p[4],
           p[5] & 1 << 2 ? "non-volatile" : "volatile");
    for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (p[5] & 1 << flags[i].bit) {
            printf(", %s", flags[i].name);
        }
    }
    printf(", DPA ");
    show_range(base, size);
    putchar('\n');
    return true;
}

static bool show_dslbis(const struct table *table, uint32_t at)
{
    const unsigned char *p = table->bytes + at;
    unsigned level = p[5] & 0xf;

    if (p[6] >= DATA_TYPES) {
        return wrong(table, at, "a DSLBIS has no data type %u.", p[6]);
    }
    printf("  DSLBIS  handle %u: %s ", p[4], data_types[p[6]]);
    show_value(p[6], load(p + 8, 8), load(p + 16, 2));
    if (level) {
        printf(", of level %u of the memory side cache", level);
    }
    putchar('\n');
    return true;
}

static const char *choose(const char *const *names, unsigned count, unsigned n)
{
    return n < count ? names[n] : "of a reserved kind";
}

static bool show_dsmscis(const struct table *table, uint32_t at)
{
    static const char *const kinds[] = {
        "of no associativity", "direct mapped", "of complex indexing",
    };
    static const char *const policies[] = {
        "no write policy", "write back", "write through",
    };
    const unsigned char *p = table->bytes + at;
    uint32_t attributes = load(p + 16, 4);

    printf("  DSMSCIS handle %u: memory side cache of ", p[4]);
    show_size(load(p + 8, 8));
    printf(", level %u of %u, %s, %s, lines of %u bytes\n",
           attributes >> 4 & 0xf, attributes & 0xf,
           choose(kinds, 3, attributes >> 8 & 0xf),
           choose(policies, 3, attributes >> 12 & 0xf), attributes >> 16);
    return true;
}

static bool show_dsis(const struct table *table, uint32_t at)
{
    const unsigned char *p = table->bytes + at;

    printf("  DSIS    handle %u: initiator %s\n", p[5],
           p[4] & 1 ? "with memory: the handle is a DSMAS's"
                    : "without memory");
    return true;
}

static bool show_dsemts(const struct table *table, uint32_t at)
{
    static const char *const types[] = {
        "conventional memory", "specific purpose memory", "reserved memory",
    };
    const unsigned char *p = table->bytes + at;
    uint64_t offset = load(p + 8, 8), size = load(p + 16, 8);

    if (!range_is_good(offset, size)) {
        return wrong(table, at, "the range of the DSEMTS is empty or wraps.");
    }
    printf("  DSEMTS  handle %u: EFI type %u (%s), offset ", p[4], p[5],
           choose(types, 3, p[5]));
    show_range(offset, size);
    putchar('\n');
    return true;
}

static void show_port(uint16_t port)
{
    if (port == 0x0100) {
        printf("upstream port");
    } else if (port == 0xffff) {
        printf("any port");
    } else {
        printf("port %u", port);
    }
}

static bool show_sslbis(const struct table *table, uint32_t at)
{
    const unsigned char *p = table->bytes + at;
    uint32_t len = load(p + 2, 2), i;

    if (p[4] >= DATA_TYPES) {
        return wrong(table, at, "a SSLBIS has no data type %u.", p[4]);
    }
    for (i = 16; i < len; i += 8) {
        printf("  SSLBIS  ");
        show_port(load(p + i, 2));
        printf(" to ");
        show_port(load(p + i + 2, 2));
        printf(": %s ", data_types[p[4]]);
        show_value(p[4], load(p + 8, 8), load(p + i + 4, 2));
        putchar('\n');
    }
    return true;
}

/* Structures by type: length, what each further piece adds, how to show one */
static const struct {
    const char *name;
    unsigned len;
    unsigned more;
    bool (*show)(const struct table *table, uint32_t at);
} structures[] = {
    { "DSMAS", 24, 0, show_dsmas },
    { "DSLBIS", 24, 0, show_dslbis },
    { "DSMSCIS", 20, 0, show_dsmscis },
    { "DSIS", 8, 0, show_dsis },
    { "DSEMTS", 24, 0, show_dsemts },
    { "SSLBIS", 24, 8, show_sslbis },
};

/* Shows the structure at @at and moves it on */
static bool show_structure(const struct table *table, uint32_t *at)
{
    const unsigned char *p = table->bytes + *at;
    uint32_t left = table->size - *at, len;
    unsigned more;

    if (left < 4) {
        return wrong(table, *at, "%" PRIu32 " bytes are left over.", left);
    }
    len = load(p + 2, 2);
    if (len < 4 || len > left) {
        return wrong(table, *at, "a structure of length %" PRIu32
                     " where %" PRIu32 " bytes are left.", len, left);
    }
    if (p[0] >= sizeof(structures) / sizeof(structures[0])) {
        return wrong(table, *at, "there is no structure type %u.", p[0]);
    }
    more = structures[p[0]].more;
    if (len < structures[p[0]].len ||
        (more ? (len - structures[p[0]].len) % more
              : len != structures[p[0]].len)) {
        return wrong(table, *at, "a %s cannot have length %" PRIu32 ".",
                     structures[p[0]].name, len);
    }
    if (!structures[p[0]].show(table, *at)) {
        return false;
    }
    *at += len;
    return true;
}

static bool show_table(const struct table *table)
{
    uint32_t at = TABLE_HEADER, i;
    unsigned char sum = 0;

    if (table->size < TABLE_HEADER) {
        return wrong(table, 0, "it has %" PRIu32 " bytes, which is less than "
                     "its header.", table->size);
    }
    for (i = 0; i < table->size; i++) {
        sum += table->bytes[i];
    }
    printf("%s: CDAT of %" PRIu32 " bytes, revision %u, sequence %u, sum %s\n",
           table->name, (uint32_t)load(table->bytes, 4), table->bytes[4],
           (unsigned)load(table->bytes + 12, 4), sum ? "wrong" : "ok");
    if (load(table->bytes, 4) != table->size) {
        return wrong(table, 0, "the length in the header is not that of the "
                     "table, %" PRIu32 ".", table->size);
    }
    if (table->bytes[4] < 1 || table->bytes[4] > 2) {
        return wrong(table, 4, "the revision is neither 1 nor 2.");
    }
    while (at < table->size) {
        if (!show_structure(table, &at)) {
            return false;
        }
    }
    if (sum) {
        return wrong(table, 5, "the bytes sum to 0x%02x instead of 0.", sum);
    }
    return true;
}

/* --- all mailboxes --- */

/**
 * struct task - what to do with mailboxes
 * @each: called for every one of them
 * @bdf: or for those of this function only; NULL for all
 * @output: file for the raw table
 * @mailboxes: how many were found
 * @tables: how many tables
 * @failures: how many gave no good answer
 */
struct task {
    bool (*each)(struct task *task, struct mailbox *m);
    const char *bdf;
    const char *output;
    unsigned mailboxes;
    unsigned tables;
    unsigned failures;
};

static bool do_list(struct task *task, struct mailbox *m)
{
    (void)task;
    return list_protocols(m);
}

/* Reads the table; true without one counts none */
static bool take_table(struct task *task, struct mailbox *m,
                       struct table *table)
{
    *table = (struct table) { 0 };
    if (!has_table(m)) {
        return !m->why;
    }
    if (!mailbox_table(m, table)) {
        return false;
    }
    task->tables++;
    return true;
}

static bool do_show(struct task *task, struct mailbox *m)
{
    struct table table;

    return take_table(task, m, &table) && (!table.bytes || show_table(&table));
}

static bool do_save(struct task *task, struct mailbox *m)
{
    struct table table;
    FILE *file;

    if (!take_table(task, m, &table) || !table.bytes) {
        return !m->why;
    }
    if (task->tables > 1) {
        die("There are several tables; name one of the devices that "
            "\"cxldoe -l\" shows.");
    }
    file = fopen(task->output, "w");
    if (!file || fwrite(table.bytes, 1, table.size, file) != table.size ||
        fclose(file)) {
        die("%s cannot be written: %s.", task->output, strerror(errno));
    }
    return true;
}

/* All mailboxes of one function */
static void do_function(struct task *task, const char *bdf)
{
    struct mailbox m = { .at = EXT_CAP_FIRST };
    unsigned left = EXT_CAPS;
    char path[64];

    snprintf(m.bdf, sizeof(m.bdf), "%s", bdf);
    snprintf(path, sizeof(path), DEVICES "/%s/config", m.bdf);
    m.fd = open(path, O_RDWR);
    if (m.fd < 0) {
        die("%s cannot be opened: %s.", path, strerror(errno));
    }
    while ((m.at = find_doe(m.fd, m.at, &left))) {
        unsigned next = config_read(m.fd, m.at) >> 20 & ~3u;

        task->mailboxes++;
        m.why = NULL;
        if (!task->each(task, &m)) {
            task->failures++;
            if (m.why) {
                fflush(stdout);
                fprintf(stderr, "%s: DOE at 0x%x: %s\n", m.bdf, m.at, m.why);
            }
        }
        m.at = next;
    }
    close(m.fd);
}

/* Ends the program with its status */
static __attribute__((noreturn)) void do_all(struct task *task)
{
    glob_t all;
    size_t i;

    if (task->bdf) {
        do_function(task, task->bdf);
    } else if (!glob(DEVICES "/[0-9a-f]*", 0, NULL, &all)) {
        for (i = 0; i < all.gl_pathc; i++) {
            do_function(task, strrchr(all.gl_pathv[i], '/') + 1);
        }
        globfree(&all);
    }
    if (!task->mailboxes) {
        die("There is no DOE mailbox%s%s%s.", task->bdf ? " in " : "",
            task->bdf ? task->bdf : "",
            geteuid() ? " that others than root can see" : "");
    }
    if (task->each != do_list && !task->tables && !task->failures) {
        die("No mailbox has a CDAT.");
    }
    exit(task->failures ? 1 : 0);
}

/**
 * parse_bdf: a function's name, with or without the domain
 * @bdf: gets it with the domain
 *
 * Returns: false if it is something else
 */
static bool parse_bdf(const char *text, char bdf[16])
{
    unsigned domain = 0, bus, device, function;
    int end = -1;

    if (sscanf(text, "%5x:%2x:%2x.%1x%n", &domain, &bus, &device, &function,
               &end) < 4 || end < 0 || text[end]) {
        domain = 0;
        end = -1;
        if (sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function,
                   &end) < 3 || end < 0 || text[end]) {
            return false;
        }
    }
    snprintf(bdf, 16, "%04x:%02x:%02x.%x", domain & 0xfffff, bus & 0xff,
             device & 0xff, function & 0xf);
    return true;
}

static const char help[] =
    "usage: cxldoe -l [BDF]       lists DOE mailboxes and their protocols\n"
    "       cxldoe -c [BDF|FILE]  shows the CDAT of a device or file in words\n"
    "       cxldoe -r FILE [BDF]  writes the CDAT of a device to FILE\n"
    "BDF is a PCI function such as 0000:35:00.0; without one, all are asked.\n"
    "The status is 0 only if there was a mailbox, or a FILE, and all is well.";

int main(int argc, char **argv)
{
    struct task task = { 0 };
    struct table table;
    char bdf[16];
    int option;

    while ((option = getopt(argc, argv, "lcr:h")) != -1) {
        if (option == 'h') {
            puts(help);
            return 0;
        }
        if (option == '?' || task.each) {
            die("%s", help);
        }
        task.each = option == 'l' ? do_list : option == 'c' ? do_show : do_save;
        task.output = optarg;
    }
    if (!task.each || optind < argc - 1) {
        die("%s", help);
    }
    if (optind < argc) {
        if (parse_bdf(argv[optind], bdf)) {
            task.bdf = bdf;
        } else if (task.each == do_show) {
            file_table(argv[optind], &table);
            return !show_table(&table);
        } else {
            die("\"%s\" is no PCI function; they look like 0000:35:00.0.",
                argv[optind]);
        }
    }
    do_all(&task);
}
