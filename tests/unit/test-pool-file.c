/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of a pool on a Linux host: processes, locks, files of any kind
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

#include "../../hw/cxl/pool-change.h"

static char directory[] = "cxl-pool-XXXXXX";
static char path[64];
static CxlPoolWhy why;

static const CxlPoolIdentity identity = {
    .serial = 0x1234, .count = 1, .size = { CXL_DPA_UNIT },
};

static void setup(void)
{
    snprintf(path, sizeof(path), "%s/state", directory);
    unlink(path);
    check_eq(cxl_pool_file_create(path, 0660, &identity, &why), 1);
}

static CxlPoolFile opened(void)
{
    CxlPoolFile f;

    if (!check(!cxl_pool_file_open(&f, path, true, &why))) {
        unit_note("%s", why.text);
        exit(1);
    }
    f.patience = 300;
    return f;
}

/* What is said of whatever is at @path now */
static void refuses(const char *what)
{
    CxlPoolFile f;

    check_eq(cxl_pool_file_open(&f, path, true, &why), -1);
    if (!check(strstr(why.text, what) != NULL)) {
        unit_note("%s", why.text);
    }
    check_eq(f.fd, -1);
}

static int join(CxlPoolFile *f, uint32_t head, CxlPoolAccess access)
{
    const CxlPoolJoin j = { .head = head, .access = access };

    return cxl_pool_file_join(f, &j, "test", &why);
}

/* A process that joins, and does what it is told until it is killed */
typedef struct Host {
    pid_t pid;
    int ready;
} Host;

typedef void Task(CxlPoolFile *f);

static Host host(uint32_t head, CxlPoolAccess access, Task *task)
{
    char byte;
    int p[2];
    Host h;

    check_eq(pipe(p), 0);
    fflush(stdout);
    h.pid = fork();
    if (!h.pid) {
        CxlPoolFile f;

        if (cxl_pool_file_open(&f, path, true, &why) ||
            join(&f, head, access)) {
            _exit(1);
        }
        (void)!write(p[1], "", 1);
        task(&f);
        _exit(0);
    }
    close(p[1]);
    h.ready = p[0];
    check_eq(read(h.ready, &byte, 1), 1);
    return h;
}

static void end(Host h)
{
    int status;

    close(h.ready);
    kill(h.pid, SIGKILL);
    check_eq(waitpid(h.pid, &status, 0), h.pid);
}

static void sleeps(CxlPoolFile *f)
{
    pause();
}

/* What a good host does: lets go of what is taken, and says so */
static void lets_go(CxlPoolFile *f)
{
    CxlPoolWhy reason;
    int watch = cxl_pool_file_watch(f, &reason);

    while (!cxl_pool_file_read(f, &reason)) {
        if (cxl_pool_file_owes(f)) {
            cxl_pool_file_acknowledge(f, &reason);
        }
        cxl_pool_file_wait(watch, 1000);
    }
}

static uint64_t alive(CxlPoolFile *f)
{
    uint64_t mask = 0;

    check_eq(cxl_pool_file_alive(f, &mask, &why), 0);
    check_eq(cxl_pool_file_read(f, &why), 0);
    return mask;
}

static void test_create(void)
{
    CxlPoolIdentity bad = identity;
    struct stat st;
    CxlPoolFile f;

    setup();
    check_eq(stat(path, &st), 0);
    check_eq(st.st_mode & 07777, 0660);
    check_eq(st.st_size, CXL_POOL_FILE);
    check(st.st_blocks * 512 >= CXL_POOL_FILE);
    check_eq(cxl_pool_file_create(path, 0600, &identity, &why), 0);
    f = opened();
    check_eq(f.now->generation, 1);
    check_eq(f.id.serial, 0x1234);
    check_eq(fcntl(f.fd, F_GETFD), FD_CLOEXEC);
    cxl_pool_file_close(&f);
    /* Nobody else may so much as read it: a lock needs no more */
    unlink(path);
    check_eq(cxl_pool_file_create(path, 0666, &identity, &why), 1);
    check_eq(stat(path, &st), 0);
    check_eq(st.st_mode & 07777, 0660);
    bad.size[0]++;
    unlink(path);
    check_eq(cxl_pool_file_create(path, 0600, &bad, &why), -1);
    check(stat(path, &st));
}

static void test_create_where_it_cannot(void)
{
    check_eq(cxl_pool_file_create("/nowhere/at/all", 0600, &identity, &why),
             -1);
    check(strstr(why.text, "/nowhere/at/all cannot be made: No such") != NULL);
    check_eq(cxl_pool_file_create("/proc/self/x", 0600, &identity, &why), -1);
    /* What is there is left alone, whatever it is */
    check_eq(cxl_pool_file_create(directory, 0600, &identity, &why), 0);
}

/* All make the file, join, and see each other */
static void test_race_to_create(void)
{
    enum { RACERS = 24 };
    int status, start[2], made = 0, failed = 0;
    uint64_t heads = 0;

    for (unsigned round = 0; round < 4; round++) {
        snprintf(path, sizeof(path), "%s/state", directory);
        unlink(path);
        if (round % 2) {
            close(open(path, O_CREAT | O_WRONLY, 0600));
        }
        check_eq(pipe(start), 0);
        fflush(stdout);
        made = 0;
        heads = 0;
        for (unsigned i = 0; i < RACERS; i++) {
            if (!fork()) {
                CxlPoolFile f;
                int r;

                close(start[1]);
                (void)!read(start[0], &status, 1);
                r = cxl_pool_file_create(path, 0600, &identity, &why);
                if (r < 0 || cxl_pool_file_open(&f, path, true, &why) ||
                    join(&f, i, CXL_POOL_SHARED)) {
                    _exit(99);
                }
                _exit(r);
            }
        }
        close(start[0]);
        close(start[1]);
        for (unsigned i = 0; i < RACERS; i++) {
            wait(&status);
            made += WIFEXITED(status) && WEXITSTATUS(status) == 1;
            failed += !WIFEXITED(status) || WEXITSTATUS(status) > 1;
        }
        check_eq(made, 1);
        check_eq(failed, 0);
        for (unsigned h = 0; h < RACERS; h++) {
            CxlPoolFile f = opened();

            heads += f.now->slot[h].valid;
            cxl_pool_file_close(&f);
        }
        check_eq(heads, RACERS);
    }
}

static void spoil(off_t at, const char *bytes, size_t n)
{
    int fd = open(path, O_RDWR);

    check_eq(pwrite(fd, bytes, n, at), n);
    close(fd);
}

static void test_other_files(void)
{
    setup();
    check_eq(truncate(path, CXL_POOL_FILE - 1), 0);
    refuses("has not the length");
    check_eq(truncate(path, 100), 0);
    refuses("has not the length");
    check_eq(truncate(path, 0), 0);
    refuses("is empty");
    setup();
    check_eq(truncate(path, CXL_POOL_FILE + 1), 0);
    refuses("has not the length");
    setup();
    spoil(9, "xxx", 3);
    refuses("header is not valid");
    spoil(0, "GARBAGE!", 8);
    refuses("is not the state of a pool");
    setup();
    spoil(CXL_POOL_COPIES + 9, "xxx", 3);
    refuses("no copy of its state is valid");
    unlink(path);
    refuses("No such file");
    check_eq(mkfifo(path, 0600), 0);
    refuses("is not a regular file");
    unlink(path);
    strcpy(path, "/dev/null");
    refuses("is not a regular file");
    strcpy(path, "/");
    refuses("Is a directory");
    strcpy(path, "/dev/fdset/1");
    refuses("give the path of the file itself");
    strcpy(path, "/proc/self/oom_score_adj");
    refuses("is on a file system of type 0x9fa0");
}

/* As statfs() of them has it; what is not known is refused as well */
static void test_file_systems(void)
{
    static const struct {
        uint32_t type;
        const char *says;
    } row[] = {
        { 0x01021994, NULL }, { 0x0000ef53, NULL }, { 0x58465342, NULL },
        { 0x9123683e, NULL }, { 0x794c7630, NULL },
        { 0x00006969, "is on NFS, " }, { 0x0000517b, "is on SMB, " },
        { 0xff534d42, "is on SMB, " }, { 0xfe534d42, "is on SMB, " },
        { 0x01021997, "is on 9p, " }, { 0x65735546, "is on FUSE, " },
        { 0x00c36400, "of type 0xc36400, " }, { 0, "of type 0x0, " },
    };

    for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
        int ret = cxl_pool_check_type(row[i].type, "the state", &why);

        check_eq(ret, row[i].says ? -1 : 0);
        check(!ret || !strncmp(why.text, "the state is on ", 16));
        check(!ret || strstr(why.text, row[i].says) != NULL);
    }
}

static time_t clock_now;

/* In the place of the C library's */
time_t time(time_t *t)
{
    return clock_now;
}

/* What people do to the clock changes what is shown, and nothing else */
static void test_clock(void)
{
    static const time_t now[] = { 1700000000, 5, 1800000000, -1, 0 };
    uint64_t owing;
    CxlPoolFile f;
    Host a;

    setup();
    f = opened();
    for (unsigned i = 0; i < sizeof(now) / sizeof(now[0]); i++) {
        clock_now = now[i];
        a = host(0, CXL_POOL_EXCLUSIVE, lets_go);
        clock_now = -now[i];
        check_eq(alive(&f), 1);
        check_eq(f.now->slot[0].since, (uint64_t)now[i]);
        check_eq(cxl_pool_file_fence(&f, 0, &why), 0);
        check_eq(cxl_pool_file_await(&f, 1, 5000, &owing, &why), 0);
        check_eq(owing, 0);
        end(a);
        check_eq(cxl_pool_file_reclaim(&f, 0, &why), 0);
    }
    cxl_pool_file_close(&f);
}

static void test_join_and_die(void)
{
    Host a, b, c;
    CxlPoolFile f;

    setup();
    f = opened();
    a = host(CXL_POOL_ANY_HEAD, CXL_POOL_SHARED, sleeps);
    b = host(CXL_POOL_ANY_HEAD, CXL_POOL_READ_ONLY, sleeps);
    check_eq(alive(&f), 3);
    check_eq(f.now->slot[0].pid, a.pid);
    check_str(f.now->slot[1].name, "test");
    check_eq(join(&f, 1, CXL_POOL_SHARED), -1);
    check(strstr(why.text, "the head is taken: head 1, process ") != NULL);
    check_eq(f.refused, CXL_POOL_TAKEN);
    check_eq(join(&f, 2, CXL_POOL_EXCLUSIVE), -1);
    check(strstr(why.text, "somebody else has access: head 0, ") != NULL);
    end(a);
    check_eq(alive(&f), 2);
    c = host(CXL_POOL_ANY_HEAD, CXL_POOL_SHARED, sleeps);
    check_eq(alive(&f), 3);
    check_eq(f.now->slot[0].pid, c.pid);
    end(b);
    end(c);
    check_eq(join(&f, 63, CXL_POOL_EXCLUSIVE), 0);
    check_eq(alive(&f), 1ull << 63);
    check_eq(cxl_pool_file_leave(&f, &why), 0);
    check_eq(alive(&f), 0);
    check_eq(f.now->head[63].state, CXL_POOL_FREE);
    cxl_pool_file_close(&f);
}

static void holds_lock(CxlPoolFile *f)
{
    cxl_pool_file_lock(f, CXL_POOL_CHANGE_BYTE, &why);
    pause();
}

/* Whoever keeps the lock is named, and loses it when it dies */
static void test_stuck(void)
{
    char number[32];
    uint64_t before;
    CxlPoolFile f;
    Host a;

    setup();
    f = opened();
    a = host(0, CXL_POOL_SHARED, holds_lock);
    while (!cxl_pool_file_holder(&f, CXL_POOL_CHANGE_BYTE)) {
        usleep(1000);
    }
    check_eq(cxl_pool_file_holder(&f, CXL_POOL_HEAD_BYTE), a.pid);
    check_eq(cxl_pool_file_holder(&f, CXL_POOL_HEAD_BYTE + 1), 0);
    before = cxl_pool_milliseconds();
    check_eq(cxl_pool_file_fence(&f, 5, &why), -1);
    check(cxl_pool_milliseconds() - before >= 300);
    snprintf(number, sizeof(number), "by process %d (test-", (int)a.pid);
    if (!check(strstr(why.text, number) != NULL)) {
        unit_note("%s", why.text);
    }
    /* Reading goes on */
    check_eq(alive(&f), 1);
    end(a);
    check_eq(cxl_pool_file_fence(&f, 5, &why), 0);
    cxl_pool_file_close(&f);
}

static bool always(void)
{
    return true;
}

static void test_fence(void)
{
    uint64_t owing;
    CxlPoolFile f;
    Host a, b;

    setup();
    f = opened();
    a = host(0, CXL_POOL_SHARED, lets_go);
    b = host(1, CXL_POOL_SHARED, sleeps);
    check_eq(cxl_pool_file_fence(&f, 0, &why), 0);
    check_eq(cxl_pool_file_await(&f, 1, 5000, &owing, &why), 0);
    check_eq(owing, 0);
    check_eq(cxl_pool_file_fence(&f, 1, &why), 0);
    check_eq(cxl_pool_file_await(&f, 2, 50, &owing, &why), 0);
    check_eq(owing, 2);
    f.stopped = always;
    check_eq(cxl_pool_file_await(&f, 2, 5000, &owing, &why), -1);
    check(strstr(why.text, "nobody waits for others") != NULL);
    f.stopped = NULL;
    check_eq(cxl_pool_file_reclaim(&f, 1, &why), -1);
    check(strstr(why.text, "the head is in use: head 1, process") != NULL);
    end(b);
    check_eq(cxl_pool_file_await(&f, 2, 5000, &owing, &why), 0);
    check_eq(owing, 0);
    check_eq(cxl_pool_file_reclaim(&f, 1, &why), 0);
    end(a);
    cxl_pool_file_close(&f);
}

static void test_set(void)
{
    const CxlPoolWish move[] = {
        { .heads = 1, .access = CXL_POOL_NO_ACCESS },
        { .heads = 2, .access = CXL_POOL_EXCLUSIVE },
    };
    const CxlPoolWish back[] = {
        { .heads = 2, .access = CXL_POOL_NO_ACCESS },
        { .heads = 1, .access = CXL_POOL_EXCLUSIVE },
    };
    const CxlPoolWish range = {
        .heads = CXL_POOL_ALL, .length = CXL_POOL_UNIT,
    };
    CxlPoolFile f;
    Host a, b;

    setup();
    f = opened();
    a = host(0, CXL_POOL_SHARED, lets_go);
    b = host(1, CXL_POOL_SHARED, sleeps);
    check_eq(cxl_pool_file_set(&f, move, 2, 5000, &why), 0);
    check_eq(alive(&f), 3);
    check_eq(f.now->head[0].access, CXL_POOL_NO_ACCESS);
    check_eq(f.now->head[1].access, CXL_POOL_EXCLUSIVE);
    /* Who loses says nothing: nobody has it then */
    check_eq(cxl_pool_file_set(&f, back, 2, 50, &why), -1);
    check(strstr(why.text, "head 1, process") != NULL);
    check_eq(alive(&f), 3);
    check_eq(f.now->head[0].access, CXL_POOL_NO_ACCESS);
    check_eq(f.now->head[1].access, CXL_POOL_NO_ACCESS);
    end(b);
    check_eq(cxl_pool_file_set(&f, back + 1, 1, 50, &why), 0);
    check_eq(cxl_pool_file_set(&f, &range, 1, 5000, &why), 0);
    check_eq(alive(&f), 1);
    check_eq(f.now->table.count, 1);
    check_eq(cxl_pool_file_set(&f, move + 1, 1, 5000, &why), -1);
    check(strstr(why.text, "nobody has the head: head 1") != NULL);
    end(a);
    cxl_pool_file_close(&f);
}

/* What could not be written is owed, until it can */
static void test_acknowledge(void)
{
    struct rlimit old, none;
    CxlPoolFile f, g;
    int ret;

    setup();
    f = opened();
    g = opened();
    check_eq(join(&f, 0, CXL_POOL_SHARED), 0);
    check_eq(cxl_pool_file_fence(&g, 0, &why), 0);
    check_eq(alive(&f), 1);
    check(cxl_pool_file_owes(&f));
    check_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    none = old;
    none.rlim_cur = CXL_POOL_COPIES;
    signal(SIGXFSZ, SIG_IGN);
    check_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ret = cxl_pool_file_acknowledge(&f, &why);
    check_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_DFL);
    check_eq(ret, -1);
    check(strstr(why.text, "cannot be written: File too large") != NULL);
    check(cxl_pool_file_owes(&f));
    check_eq(alive(&g), 1);
    check_eq(cxl_pool_owing(g.now, 1), 1);
    check_eq(cxl_pool_file_acknowledge(&f, &why), 0);
    check(!cxl_pool_file_owes(&f));
    check_eq(alive(&g), 1);
    check_eq(cxl_pool_owing(g.now, 1), 0);
    cxl_pool_file_close(&g);
    cxl_pool_file_close(&f);
}

/* A copy of the state does not know who joins by the other one */
static void test_claim(void)
{
    static uint8_t bytes[CXL_POOL_FILE];
    char original[sizeof(path)];
    int data, fd, one, two;
    CxlPoolFile f, g;

    setup();
    f = opened();
    check_eq(pread(f.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    strcpy(original, path);
    snprintf(path, sizeof(path), "%s/copy", directory);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    check_eq(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
    close(fd);
    g = opened();
    unlink(path);
    snprintf(path, sizeof(path), "%s/memory", directory);
    data = open(path, O_CREAT | O_RDWR, 0600);
    unlink(path);
    strcpy(path, original);
    one = cxl_pool_file_claim(&f, data, &why);
    two = cxl_pool_file_claim(&f, data, &why);
    check(one >= 0 && two >= 0);
    check_eq(cxl_pool_file_claim(&g, data, &why), -1);
    check(strstr(why.text, "the memory is in another pool") != NULL);
    close(one);
    check_eq(cxl_pool_file_claim(&g, data, &why), -1);
    close(two);
    one = cxl_pool_file_claim(&g, data, &why);
    check(one >= 0);
    check_eq(cxl_pool_file_claim(&f, data, &why), -1);
    close(one);
    close(data);
    cxl_pool_file_close(&g);
    cxl_pool_file_close(&f);
}

/* Who gains what nobody has lost need not wait for one that hangs */
static void test_set_beside_a_fence(void)
{
    const CxlPoolWish parts[] = {
        { .heads = CXL_POOL_ALL & ~2ull, .length = CXL_POOL_UNIT },
        { .heads = 2, .start = CXL_POOL_UNIT,
          .length = CXL_DPA_UNIT - CXL_POOL_UNIT },
    };
    const CxlPoolWish more = { .heads = 1, .access = CXL_POOL_SHARED };
    uint64_t owing;
    CxlPoolFile f;
    Host a, b;

    setup();
    f = opened();
    check_eq(cxl_pool_file_set(&f, parts, 2, 50, &why), 0);
    a = host(0, CXL_POOL_READ_ONLY, sleeps);
    b = host(1, CXL_POOL_SHARED, sleeps);
    check_eq(cxl_pool_file_fence(&f, 1, &why), 0);
    check_eq(cxl_pool_file_await(&f, 2, 0, &owing, &why), 0);
    check_eq(owing, 2);
    if (!check(!cxl_pool_file_set(&f, &more, 1, 50, &why))) {
        unit_note("%s", why.text);
    }
    check_eq(alive(&f), 3);
    check_eq(f.now->head[0].access, CXL_POOL_SHARED);
    end(b);
    end(a);
    cxl_pool_file_close(&f);
}

static void test_watch(void)
{
    CxlPoolFile f, g;
    int watch;

    setup();
    f = opened();
    g = opened();
    watch = cxl_pool_file_watch(&f, &why);
    check(watch >= 0);
    check(!cxl_pool_file_wait(watch, 0));
    check_eq(join(&g, 0, CXL_POOL_SHARED), 0);
    check(cxl_pool_file_wait(watch, 1000));
    check(!cxl_pool_file_wait(watch, 0));
    /* Death, and a file without a name */
    cxl_pool_file_close(&g);
    check(cxl_pool_file_wait(watch, 1000));
    unlink(path);
    check(cxl_pool_file_wait(watch, 1000));
    check_eq(alive(&f), 0);
    cxl_pool_file_unwatch(watch);
    cxl_pool_file_unwatch(-1);
    check(!cxl_pool_file_wait(-1, 1));
    cxl_pool_file_close(&f);
}

/* A file that is put back to what it was, and one that is spoilt */
static void test_spoilt_while_open(void)
{
    static uint8_t old[CXL_POOL_FILE];
    CxlPoolFile f, g;
    Host a;
    int fd;

    setup();
    f = opened();
    fd = open(path, O_RDWR);
    check_eq(pread(fd, old, sizeof(old), 0), sizeof(old));
    a = host(0, CXL_POOL_SHARED, sleeps);
    check_eq(alive(&f), 1);
    check_eq(pwrite(fd, old, sizeof(old), 0), sizeof(old));
    check_eq(cxl_pool_file_read(&f, &why), -1);
    check(strstr(why.text, "gone back from generation 2 to 1") != NULL);
    /* Whoever did not see it is still kept from the head by its lock */
    g = opened();
    check_eq(join(&g, 0, CXL_POOL_SHARED), -1);
    check_eq(join(&g, CXL_POOL_ANY_HEAD, CXL_POOL_SHARED), 0);
    check_eq(g.head, 1);
    check_eq(ftruncate(fd, 0), 0);
    check_eq(cxl_pool_file_read(&g, &why), -1);
    check_eq(cxl_pool_file_leave(&g, &why), -1);
    check_eq(g.head, CXL_POOL_ANY_HEAD);
    cxl_pool_file_close(&g);
    cxl_pool_file_close(&f);
    close(fd);
    end(a);
}

static void test_read_only(void)
{
    CxlPoolFile f;

    setup();
    check_eq(cxl_pool_file_open(&f, path, false, &why), 0);
    f.patience = 0;
    check_eq(alive(&f), 0);
    check_eq(join(&f, 0, CXL_POOL_SHARED), -1);
    check(strstr(why.text, "cannot be locked: Bad file descriptor") != NULL);
    cxl_pool_file_close(&f);
}

int main(void)
{
    if (!mkdtemp(directory)) {
        return 1;
    }
    unit_run("create", test_create);
    unit_run("create where it cannot", test_create_where_it_cannot);
    unit_run("race to create", test_race_to_create);
    unit_run("other files", test_other_files);
    unit_run("file systems", test_file_systems);
    unit_run("clock", test_clock);
    unit_run("join and die", test_join_and_die);
    unit_run("stuck", test_stuck);
    unit_run("fence", test_fence);
    unit_run("set", test_set);
    unit_run("acknowledge", test_acknowledge);
    unit_run("claim", test_claim);
    unit_run("set beside a fence", test_set_beside_a_fence);
    unit_run("watch", test_watch);
    unit_run("spoilt while open", test_spoilt_while_open);
    unit_run("read-only", test_read_only);
    snprintf(path, sizeof(path), "%s/state", directory);
    unlink(path);
    check(!rmdir(directory));
    return unit_done();
}
