/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of a pool on a Linux host: made once, and files of any kind
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "pool-hosts.h"

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
    /* More than one reads at a time, so as not to read for ever */
    for (unsigned i = 0; i < 300; i++) {
        check(!fchmod(f.fd, 0600));
        check_eq(pwrite(f.fd, "", 1, CXL_POOL_FILE - 1), 1);
    }
    check(cxl_pool_file_wait(watch, 0));
    check(cxl_pool_file_wait(watch, 0));
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
    if (!begin()) {
        return 1;
    }
    unit_run("create", test_create);
    unit_run("create where it cannot", test_create_where_it_cannot);
    unit_run("race to create", test_race_to_create);
    unit_run("other files", test_other_files);
    unit_run("file systems", test_file_systems);
    unit_run("claim", test_claim);
    unit_run("watch", test_watch);
    unit_run("spoilt while open", test_spoilt_while_open);
    unit_run("read-only", test_read_only);
    return finish();
}
