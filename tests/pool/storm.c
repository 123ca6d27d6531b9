/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that share the state file of a pool and die at random points
 *
 *     storm [--hosts N] [--seconds N] [--transitions N] [--seed N] [DIRECTORY]
 *
 * Each process is a host, which joins, does what the state says, and leaves, or
 * an administrator, who fences, reclaims and changes rights. All of them may
 * die: in the middle of a write, behind a lock, or from a signal of the parent.
 *
 * What each host can do with the memory is in shared memory (Held), which it
 * keeps as a device would keep its mappings. After each transition whoever made
 * it takes the lock and looks whether anybody can do what he should not.
 *
 * Prints TAP.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../hw/cxl/pool-change.h"
#include "mortal.h"

#define MAX_HOSTS   CXL_POOL_HEADS
#define UNITS       (CXL_DPA_UNIT / CXL_POOL_UNIT)
/* Milliseconds that an administrator waits for hosts */
#define TIMEOUT     3

/* What the host that joined as a head in generation @joined can do */
typedef struct Held {
    _Atomic uint64_t joined;
    _Atomic uint8_t right[UNITS];
} Held;

typedef struct Shared {
    Held held[CXL_POOL_HEADS];
    atomic_ulong transitions;
    atomic_ulong joins;
    atomic_ulong fences;
    atomic_ulong refusals;
    atomic_ulong deaths;
    atomic_bool failed;
} Shared;

typedef struct Options {
    unsigned hosts;
    unsigned seconds;
    unsigned long transitions;
    uint64_t seed;
    const char *directory;
} Options;

static Shared *shared;
static char path[512];
/* --- what must hold ------------------------------------------------------- */

static void must(bool holds, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void must(bool holds, const char *format, ...)
{
    va_list ap;

    if (holds || atomic_exchange(&shared->failed, true)) {
        return;
    }
    va_start(ap, format);
    printf("# ");
    vprintf(format, ap);
    printf("\n");
    fflush(stdout);
    va_end(ap);
}

/* A host that owes nothing can do no more than the state lets it do */
static void check_head(const CxlPool *pool, uint32_t h)
{
    static CxlPoolRange ranges[CXL_POOL_RANGES];
    const Held *held = &shared->held[h];
    unsigned n = cxl_pool_rights(pool, h, ranges);

    for (unsigned i = 0; i < n; i++) {
        uint64_t first = ranges[i].start / CXL_POOL_UNIT;
        uint64_t end = first + ranges[i].length / CXL_POOL_UNIT;

        for (uint64_t u = first; u < end; u++) {
            must(held->right[u] <= ranges[i].right,
                 "head %u can do %d with unit %" PRIu64 " and should %d", h,
                 held->right[u], u, ranges[i].right);
        }
    }
}

/* Beside an owner, nobody can do anything, whatever the state says of him */
static void check_owner(const CxlPool *pool, uint32_t owner, uint64_t alive)
{
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        const Held *held = &shared->held[h];
        bool here = h != owner && alive >> h & 1 &&
                    held->joined == pool->head[h].joined;

        for (unsigned u = 0; here && u < UNITS; u++) {
            must(held->right[u] == CXL_POOL_NOTHING,
                 "head %u can use unit %u, which is of head %u alone", h, u,
                 owner);
        }
    }
}

/*
 * The lock is held, so nothing changes but what hosts can do: that follows the
 * state, and only a host that owes can do more than the state lets it do.
 */
static void check_state(const CxlPoolFile *f, uint64_t alive)
{
    const CxlPool *pool = f->now;
    uint64_t owing = cxl_pool_owing(pool, alive);

    must(cxl_pool_ok(pool), "the state breaks a rule");
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        const CxlPoolHead *head = &pool->head[h];

        if (!(alive >> h & 1) || shared->held[h].joined != head->joined) {
            continue;
        }
        must(head->state != CXL_POOL_FREE || !head->joined,
             "head %u lives and is free", h);
        if (!(owing >> h & 1)) {
            check_head(pool, h);
        }
        if (head->access == CXL_POOL_EXCLUSIVE) {
            check_owner(pool, h, alive);
        }
    }
}

/* Without dying in here: it is not what is tested */
static void check_all(CxlPoolFile *f)
{
    const bool was_mortal = mortal_set(false);
    CxlPoolWhy why;
    uint64_t alive;

    if (!cxl_pool_file_lock(f, CXL_POOL_CHANGE_BYTE, &why)) {
        must(!cxl_pool_file_read(f, &why), "%s", why.text);
        if (!cxl_pool_file_alive(f, &alive, &why)) {
            check_state(f, alive);
        }
        cxl_pool_file_unlock(f, CXL_POOL_CHANGE_BYTE);
    } else {
        must(false, "%s", why.text);
    }
    mortal_set(was_mortal);
}

/* A transition was made, or refused; what else went wrong is a failure */
static void note(CxlPoolFile *f, int ret, const CxlPoolWhy *why)
{
    if (!ret) {
        atomic_fetch_add(&shared->transitions, 1);
        check_all(f);
    } else {
        must(f->refused || strstr(why->text, "has not let go"), "%s",
             why->text);
        atomic_fetch_add(&shared->refusals, 1);
    }
}

/* --- hosts ---------------------------------------------------------------- */

/* As a device does: lower, then acknowledge, then raise */
static void obey(CxlPoolFile *f)
{
    static CxlPoolRange ranges[CXL_POOL_RANGES];
    Held *held = &shared->held[f->head];
    unsigned n = cxl_pool_rights(f->now, f->head, ranges);
    CxlPoolWhy why;

    for (unsigned raise = 0; raise < 2; raise++) {
        for (unsigned i = 0; i < n; i++) {
            uint64_t first = ranges[i].start / CXL_POOL_UNIT;
            uint64_t end = first + ranges[i].length / CXL_POOL_UNIT;

            for (uint64_t u = first; u < end; u++) {
                if (raise || held->right[u] > ranges[i].right) {
                    held->right[u] = (uint8_t)ranges[i].right;
                }
            }
        }
        if (!raise && cxl_pool_file_owes(f)) {
            must(!cxl_pool_file_acknowledge(f, &why), "%s", why.text);
        }
    }
}

static void random_range(CxlPoolWish *wish)
{
    uint64_t start = mortal_below(UNITS);

    wish->start = start * CXL_POOL_UNIT;
    wish->length = (1 + mortal_below(UNITS - start)) * CXL_POOL_UNIT;
    wish->right = (CxlPoolRight)mortal_below(3);
    wish->heads = mortal_below(2) ? CXL_POOL_ALL :
                  1ull << mortal_below(CXL_POOL_HEADS);
}

static void administrate(CxlPoolFile *f, unsigned hosts)
{
    uint32_t head = (uint32_t)mortal_below(hosts);
    CxlPoolWish wish = { .heads = 1ull << head };
    CxlPoolWhy why = { "" };
    uint64_t owing;

    switch (mortal_below(6)) {
    case 0:
        note(f, cxl_pool_file_fence(f, head, &why), &why);
        cxl_pool_file_await(f, 1ull << head, TIMEOUT, &owing, &why);
        atomic_fetch_add(&shared->fences, 1);
        break;
    case 1:
        wish.access = (CxlPoolAccess)mortal_below(4);
        note(f, cxl_pool_file_set(f, &wish, 1, TIMEOUT, &why), &why);
        break;
    case 2:
        random_range(&wish);
        note(f, cxl_pool_file_set(f, &wish, 1, TIMEOUT, &why), &why);
        break;
    default:
        note(f, cxl_pool_file_reclaim(f, head, &why), &why);
        break;
    }
}

static bool joined(CxlPoolFile *f, unsigned hosts)
{
    CxlPoolJoin join = {
        .head = mortal_below(2) ? CXL_POOL_ANY_HEAD :
                (uint32_t)mortal_below(hosts),
        .access = (CxlPoolAccess)(mortal_below(12) ? 1 + mortal_below(2) : 3),
    };
    CxlPoolWhy why;
    int ret = cxl_pool_file_join(f, &join, "storm", &why);
    Held *held;

    if (!ret) {
        held = &shared->held[f->head];
        held->joined = 0;
        memset((void *)held->right, 0, sizeof(held->right));
        held->joined = f->slot.joined;
        obey(f);
        atomic_fetch_add(&shared->joins, 1);
    }
    note(f, ret, &why);
    return !ret;
}

/* Joined: until it leaves, or dies */
static void live(CxlPoolFile *f, unsigned hosts)
{
    CxlPoolWhy why;
    int watch = cxl_pool_file_watch(f, &why);
    unsigned rounds = 1 + (unsigned)mortal_below(200);

    while (rounds-- && !shared->failed) {
        must(!cxl_pool_file_read(f, &why), "%s", why.text);
        must(f->now->head[f->head].joined == f->slot.joined,
             "head %u was given to somebody else", f->head);
        obey(f);
        if (!mortal_below(4)) {
            administrate(f, hosts);
        } else {
            cxl_pool_file_wait(watch, !mortal_below(8));
        }
    }
    cxl_pool_file_unwatch(watch);
    memset((void *)shared->held[f->head].right, 0,
           sizeof(shared->held[f->head].right));
    note(f, cxl_pool_file_leave(f, &why), &why);
}

static void process(const Options *o, uint64_t seed)
{
    CxlPoolFile f;
    CxlPoolWhy why;

    mortal_seed(seed);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (cxl_pool_file_open(&f, path, true, &why)) {
        must(false, "%s", why.text);
        _exit(1);
    }
    /* Longer than all others together can take */
    f.patience = 20000;
    mortal_set(true);
    while (!shared->failed) {
        if (mortal_below(8) == 0) {
            administrate(&f, o->hosts);
        } else if (joined(&f, o->hosts)) {
            live(&f, o->hosts);
        } else {
            usleep((useconds_t)mortal_below(300));
        }
    }
    _exit(0);
}

/* --- the parent ----------------------------------------------------------- */

static pid_t spawn(const Options *o)
{
    uint64_t seed = mortal_below(UINT64_MAX >> 11) | 1;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (!pid) {
        process(o, seed);
    }
    return pid;
}

static bool enough(const Options *o, uint64_t end)
{
    if (shared->failed) {
        return true;
    }
    return o->transitions ? shared->transitions >= o->transitions :
           cxl_pool_milliseconds() >= end;
}

/* Whoever died has a successor; now and then somebody is made to die */
static void reign(const Options *o)
{
    uint64_t end = cxl_pool_milliseconds() + 1000ull * o->seconds;
    pid_t pids[MAX_HOSTS], gone;

    for (unsigned i = 0; i < o->hosts; i++) {
        pids[i] = spawn(o);
    }
    while (!enough(o, end)) {
        usleep((useconds_t)mortal_below(12000));
        kill(pids[mortal_below(o->hosts)], SIGKILL);
        while ((gone = waitpid(-1, NULL, WNOHANG)) > 0) {
            atomic_fetch_add(&shared->deaths, 1);
            for (unsigned i = 0; i < o->hosts; i++) {
                pids[i] = pids[i] == gone ? spawn(o) : pids[i];
            }
        }
    }
    for (unsigned i = 0; i < o->hosts; i++) {
        kill(pids[i], SIGKILL);
    }
    while (wait(NULL) > 0) {
        continue;
    }
}

/* When all are dead, all heads can be had, one after the other */
static void aftermath(CxlPoolFile *f)
{
    CxlPoolWhy why = { "" };
    uint64_t alive;

    must(!cxl_pool_file_read(f, &why), "%s", why.text);
    must(!cxl_pool_file_alive(f, &alive, &why) && !alive,
         "%" PRIx64 " live on", alive);
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        const CxlPoolJoin join = { .head = h, .access = CXL_POOL_EXCLUSIVE };

        must(!cxl_pool_file_reclaim(f, h, &why) &&
             !cxl_pool_file_join(f, &join, "last", &why) &&
             !cxl_pool_file_leave(f, &why), "%s", why.text);
    }
}

static bool storm(const Options *o)
{
    const CxlPoolIdentity id = { .count = 1, .size = { CXL_DPA_UNIT } };
    CxlPoolFile f;
    CxlPoolWhy why;

    mortal_seed(o->seed);
    memset((void *)shared, 0, sizeof(*shared));
    snprintf(path, sizeof(path), "%s/storm-%d.pool", o->directory,
             (int)getpid());
    unlink(path);
    if (cxl_pool_file_create(path, 0600, &id, &why) != 1 ||
        cxl_pool_file_open(&f, path, true, &why)) {
        must(false, "%s", why.text);
        return false;
    }
    reign(o);
    aftermath(&f);
    cxl_pool_file_close(&f);
    unlink(path);
    return !shared->failed && shared->transitions && shared->joins;
}

static void usage(void)
{
    fprintf(stderr, "usage: storm [--hosts N] [--seconds N] [--transitions N]"
            " [--seed N] [DIRECTORY]\n");
    exit(1);
}

static void parse(int argc, char **argv, Options *o)
{
    static const struct option options[] = {
        { "hosts", required_argument, NULL, 'h' },
        { "seconds", required_argument, NULL, 's' },
        { "transitions", required_argument, NULL, 't' },
        { "seed", required_argument, NULL, 'r' },
        { 0 },
    };
    int which;

    while ((which = getopt_long(argc, argv, "", options, NULL)) != -1) {
        unsigned long n = which == '?' ? 0 : strtoul(optarg, NULL, 0);

        if (!n || (which == 'h' && (n < 2 || n > MAX_HOSTS))) {
            usage();
        }
        o->hosts = which == 'h' ? (unsigned)n : o->hosts;
        o->seconds = which == 's' ? (unsigned)n : o->seconds;
        o->transitions = which == 't' ? n : o->transitions;
        o->seed = which == 'r' ? n : o->seed;
    }
    if (optind < argc) {
        o->directory = argv[optind];
    }
}

int main(int argc, char **argv)
{
    static const unsigned hosts[] = { 2, 5, 16, 64 };
    Options o = {
        .seconds = 60, .seed = 1,
        .directory = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
    };
    unsigned n = 4, failed = 0;

    parse(argc, argv, &o);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("storm");
        return 1;
    }
    if (o.hosts) {
        n = 1;
    }
    o.seconds = o.seconds >= n ? o.seconds / n : 1;
    o.transitions = (o.transitions + n - 1) / n;
    for (unsigned i = 0; i < n; i++) {
        Options one = o;
        bool ok;

        one.hosts = o.hosts ? o.hosts : hosts[i];
        one.seed += i;
        ok = storm(&one);
        failed += !ok;
        printf("%s %u - storm: %u processes, %lu transitions, %lu joins, %lu"
               " fences, %lu refusals, %lu deaths\n", ok ? "ok" : "not ok",
               i + 1, one.hosts, shared->transitions, shared->joins,
               shared->fences, shared->refusals, shared->deaths);
        fflush(stdout);
    }
    printf("1..%u\n", n);
    return failed != 0;
}
