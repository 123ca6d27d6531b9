/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-pool: what is typed
 */
#include "cxl-pool.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"NAME\n"
"    cxl-pool - look after one memory that several hosts have\n"
"\n"
"SYNOPSIS\n"
"    cxl-pool create FILE [--volatile SIZE] [--persistent SIZE]\n"
"                         [--serial NUMBER] [--mode MODE]\n"
"    cxl-pool status FILE [--json]\n"
"    cxl-pool watch FILE [--json]\n"
"    cxl-pool fence FILE --head N [--kill] [--timeout MS]\n"
"    cxl-pool reclaim FILE --head N\n"
"    cxl-pool set-access FILE [--range START+LENGTH]... [--timeout MS]\n"
"                         HEADS=ACCESS...\n"
"    cxl-pool check FILE\n"
"\n"
"DESCRIPTION\n"
"    A pool is a memory that up to 64 hosts have at the same time. FILE is its\n"
"    state: who has it, and who may do what with it. It is shared by all of\n"
"    them, and nobody serves it. A host is alive while its process holds a\n"
"    lock of FILE, which the kernel lets go of when the process is gone.\n"
"\n"
"COMMANDS\n"
"    create      Make FILE, with partitions of these sizes: multiples of\n"
"                256 MiB. The permissions are MODE (octal, default 660); other\n"
"                users get none. A FILE that exists is left alone, unless it is\n"
"                empty. The serial number, which all hosts see, is random\n"
"                unless it is given.\n"
"    status      Show hosts and rights.\n"
"    watch       Show each change, until interrupted.\n"
"    fence       Take the memory away from head N, and keep it from coming\n"
"                back until it is reclaimed. Says that it is fenced when it\n"
"                has let go of the memory, or is gone. With --kill, the process\n"
"                that holds the lock of the head, has the memory open and has\n"
"                said that it is the host is killed; none, if there are several\n"
"                or that cannot be told; processes that map the memory without\n"
"                being hosts are listed.\n"
"    reclaim     Make a head free again whose process is gone.\n"
"    set-access  Change what hosts may do: with all of the memory (none,\n"
"                read-only, shared or exclusive), or with ranges of it (none,\n"
"                read-only or read-write), in one change. HEADS are numbers and\n"
"                ranges (0,2-4), \"all\", or \"others\", which is all that are not\n"
"                named. A range is of multiples of 2 MiB. Rights of ranges belong\n"
"                to the number of a head and stay when hosts come and go. Those\n"
"                who lose something have let go of it when this succeeds.\n"
"    check       Verify FILE.\n"
"\n"
"OPTIONS\n"
"    --json          Print JSON, one object in a line.\n"
"    --head N        The head, from 0 to 63.\n"
"    --timeout MS    Milliseconds to wait for hosts (default: 5000).\n"
"    --range S+L     From byte S on, L bytes. Sizes are bytes, or have a suffix\n"
"                    K, M, G or T. Of several, all that is said is of each.\n"
"\n"
"EXIT STATUS\n"
"    0  done\n"
"    1  not done; one sentence says why\n"
"    2  a host does not answer: it is shut out, but may still use the memory\n"
"\n"
"EXAMPLES\n"
"    cxl-pool create mem0.pool --volatile 4G\n"
"    cxl-pool fence mem0.pool --head 2 && cxl-pool reclaim mem0.pool --head 2\n"
"    cxl-pool set-access mem0.pool --range 0+1G 1=read-write others=none\n";

int fail(const char *format, const char *what)
{
    fprintf(stderr, "cxl-pool: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\n");
    return FAILED;
}

/* Up to @end, which is moved behind it */
static bool parse_number(const char *text, const char **end, uint64_t *value)
{
    char *stop;

    if (*text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    *value = strtoull(text, &stop, 0);
    *end = stop;
    return !errno;
}

static bool parse_size(const char *text, const char **end, uint64_t *value)
{
    static const char suffixes[] = "KMGT";
    const char *suffix;
    unsigned shift;

    if (!parse_number(text, end, value)) {
        return false;
    }
    suffix = **end ? strchr(suffixes, **end) : NULL;
    if (suffix) {
        shift = 10 * (unsigned)(suffix - suffixes + 1);
        if (*value > UINT64_MAX >> shift) {
            return false;
        }
        *value <<= shift;
        (*end)++;
    }
    return true;
}

static bool parse_partition(Options *o, CxlDpaKind kind, const char *text)
{
    const char *end;
    uint64_t size;
    uint32_t i = o->id.count;

    if (!parse_size(text, &end, &size) || *end || i == CXL_DPA_MAX_PARTITIONS) {
        return false;
    }
    /* Whatever their order is here, volatile capacity comes first */
    if (i && kind < o->id.kind[0]) {
        o->id.kind[1] = o->id.kind[0];
        o->id.size[1] = o->id.size[0];
        i = 0;
    }
    o->id.kind[i] = kind;
    o->id.size[i] = size;
    o->id.count++;
    return true;
}

static bool parse_range(Options *o, const char *text)
{
    CxlPoolRange *range = &o->ranges[o->nranges++];
    const char *end;

    return parse_size(text, &end, &range->start) && *end == '+' &&
           parse_size(end + 1, &end, &range->length) && !*end && range->length;
}

static bool parse_small(const char *text, uint64_t most, uint64_t *value)
{
    const char *end;

    return parse_number(text, &end, value) && !*end && *value <= most;
}

/* "0,2-4" */
static bool parse_list(const char *text, const char *end, uint64_t *heads)
{
    uint64_t first, last;

    while (parse_number(text, &text, &first)) {
        last = first;
        if (*text == '-' && !parse_number(text + 1, &text, &last)) {
            return false;
        }
        if (first > last || last >= CXL_POOL_HEADS) {
            return false;
        }
        *heads |= CXL_POOL_ALL >> (63 - (last - first)) << first;
        if (text == end) {
            return true;
        }
        if (*text++ != ',') {
            return false;
        }
    }
    return false;
}

static bool is_word(const char *text, const char *end, const char *word)
{
    return (size_t)(end - text) == strlen(word) &&
           !strncmp(text, word, strlen(word));
}

static bool parse_access(const char *text, bool range, CxlPoolWish *wish)
{
    for (CxlPoolRight r = CXL_POOL_NOTHING; range && r <= CXL_POOL_WRITE; r++) {
        if (!strcmp(text, show_right(r))) {
            wish->right = r;
            return true;
        }
    }
    for (CxlPoolAccess a = CXL_POOL_NO_ACCESS;
         !range && a <= CXL_POOL_EXCLUSIVE; a++) {
        if (!strcmp(text, show_access(a))) {
            wish->access = a;
            return true;
        }
    }
    return false;
}

/* All words, of one range or of the memory */
static bool parse_words(const Options *o, const CxlPoolRange *range,
                        uint64_t all, CxlPoolWish *wishes)
{
    CxlPoolWish *others = NULL;
    uint64_t named = 0;

    for (int i = 0; i < o->nwords; i++) {
        const char *word = o->words[i], *equals = strchr(word, '=');
        CxlPoolWish *w = &wishes[i];

        *w = (CxlPoolWish) { .start = range->start, .length = range->length };
        if (!equals || !parse_access(equals + 1, range->length, w)) {
            return false;
        }
        if (is_word(word, equals, "others") && !others) {
            others = w;
        } else if (is_word(word, equals, "all")) {
            w->heads = all;
        } else if (!parse_list(word, equals, &w->heads)) {
            return false;
        }
        named |= w->heads;
    }
    if (others) {
        others->heads = all & ~named;
    }
    return true;
}

CxlPoolWish *parse_wishes(const Options *o, uint64_t all, unsigned *count)
{
    static const CxlPoolRange memory;
    unsigned nranges = o->nranges ? o->nranges : 1;
    CxlPoolWish *wishes = calloc((size_t)nranges * (unsigned)o->nwords,
                                 sizeof(*wishes));
    bool ok = wishes;

    for (unsigned i = 0; i < nranges && ok; i++) {
        ok = parse_words(o, o->nranges ? &o->ranges[i] : &memory, all,
                         wishes + i * (unsigned)o->nwords);
    }
    if (!ok) {
        free(wishes);
        return NULL;
    }
    *count = nranges * (unsigned)o->nwords;
    return wishes;
}

static const struct option options[] = {
    { "volatile", required_argument, NULL, OPTION_VOLATILE },
    { "persistent", required_argument, NULL, OPTION_PERSISTENT },
    { "serial", required_argument, NULL, OPTION_SERIAL },
    { "mode", required_argument, NULL, OPTION_MODE },
    { "head", required_argument, NULL, OPTION_HEAD },
    { "timeout", required_argument, NULL, OPTION_TIMEOUT },
    { "range", required_argument, NULL, OPTION_RANGE },
    { "json", no_argument, NULL, OPTION_JSON },
    { "kill", no_argument, NULL, OPTION_KILL },
    { "help", no_argument, NULL, OPTION_HELP },
    { 0 },
};

const char *option_name(Option option)
{
    return options[option].name;
}

static bool parse_mode(Options *o, const char *text)
{
    char *end;

    o->mode = (mode_t)strtoul(text, &end, 8);
    return *text && !*end && o->mode <= 0777;
}

static bool parse_option(Options *o, int which, const char *text)
{
    uint64_t n;

    switch (which) {
    case OPTION_VOLATILE:
        return parse_partition(o, CXL_DPA_VOLATILE, text);
    case OPTION_PERSISTENT:
        return parse_partition(o, CXL_DPA_PERSISTENT, text);
    case OPTION_SERIAL:
        return parse_small(text, UINT64_MAX, &o->id.serial);
    case OPTION_MODE:
        return parse_mode(o, text);
    case OPTION_HEAD:
        if (!parse_small(text, CXL_POOL_HEADS - 1, &n)) {
            return false;
        }
        o->head = (uint32_t)n;
        return true;
    case OPTION_TIMEOUT:
        if (!parse_small(text, INT32_MAX, &n)) {
            return false;
        }
        o->timeout = (unsigned)n;
        return true;
    case OPTION_RANGE:
        return parse_range(o, text);
    case OPTION_JSON:
        o->json = true;
        return true;
    default:
        o->kill = true;
        return true;
    }
}

/* A letter may be one of several behind one dash, so that its word is next */
static const char *unknown(char **argv)
{
    static char letter[] = "-?";

    if (optopt < ' ') {
        return argv[optind - 1];
    }
    letter[1] = (char)optopt;
    return letter;
}

bool parse_options(int argc, char **argv, Options *o)
{
    int which, index = 0;

    o->ranges = calloc((size_t)argc, sizeof(o->ranges[0]));
    if (!o->ranges) {
        fail("%s", strerror(errno));
        return false;
    }
    opterr = 0;
    while ((which = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (which == OPTION_HELP) {
            fputs(help, stdout);
            exit(0);
        }
        if (which == '?') {
            fail("%s is not an option, or wants a value; see --help",
                 unknown(argv));
            return false;
        }
        if (!parse_option(o, which, optarg)) {
            fail("--%s has a value that makes no sense; see --help",
                 options[index].name);
            return false;
        }
        o->given |= 1u << which;
    }
    if (argc - optind < 2) {
        fail("%s", "a command and a file are needed; see --help");
        return false;
    }
    o->command = argv[optind];
    o->file = argv[optind + 1];
    o->words = argv + optind + 2;
    o->nwords = argc - optind - 2;
    return true;
}
