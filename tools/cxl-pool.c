/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-pool: looks after the state file of a pool. Needs no QEMU to run.
 */
#include "cxl-pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int say(const CxlPoolWhy *why)
{
    return fail("%s", why->text);
}

static int open_file(CxlPoolFile *f, const Options *o, bool write)
{
    CxlPoolWhy why;

    return cxl_pool_file_open(f, o->file, write, &why) ? say(&why) : 0;
}

static int do_create(const Options *o)
{
    CxlPoolWhy why;

    if (!o->id.count) {
        return fail("%s", "create needs --volatile or --persistent, or both");
    }
    switch (cxl_pool_file_create(o->file, o->mode, &o->id, &why)) {
    case 1:
        return 0;
    case 0:
        return fail("%s exists; delete it first if nobody needs it", o->file);
    default:
        return say(&why);
    }
}

static int do_status(const Options *o)
{
    CxlPoolWhy why;
    CxlPoolFile f;
    uint64_t alive;
    int ret;

    if (open_file(&f, o, false)) {
        return FAILED;
    }
    ret = cxl_pool_file_alive(&f, &alive, &why) ? say(&why) : 0;
    if (!ret) {
        (o->json ? show_json : show_status)(&f, alive);
    }
    cxl_pool_file_close(&f);
    return ret;
}

static int do_watch(const Options *o)
{
    CxlPoolWhy why;
    CxlPoolFile f;

    if (open_file(&f, o, false)) {
        return FAILED;
    }
    if (show_changes(&f, o->json, &why)) {
        say(&why);
    }
    cxl_pool_file_close(&f);
    return FAILED;
}

/* Its word, or its death */
static int wait_fenced(CxlPoolFile *f, const Options *o, CxlPoolWhy *why)
{
    uint64_t owing;
    char who[192];

    if (cxl_pool_file_await(f, 1ull << o->head, o->timeout, &owing, why)) {
        return say(why);
    }
    if (owing) {
        cxl_pool_file_who(f, o->head, who, sizeof(who));
        fail("%s is shut out but does not answer: it may still use the memory",
             who);
        return NOT_ANSWERED;
    }
    printf("head %u is fenced\n", o->head);
    return 0;
}

static int fence(CxlPoolFile *f, const Options *o, CxlPoolWhy *why)
{
    uint64_t alive;

    if (cxl_pool_file_fence(f, o->head, why) ||
        cxl_pool_file_alive(f, &alive, why)) {
        return say(why);
    }
    if (!o->kill) {
        return wait_fenced(f, o, why);
    }
    if (alive >> o->head & 1 && kill_host(f, o->head, o->timeout, why)) {
        return say(why);
    }
    list_mappers(f, alive & ~(1ull << o->head));
    return wait_fenced(f, o, why);
}

static int do_fence(const Options *o)
{
    CxlPoolWhy why;
    CxlPoolFile f;
    int ret;

    if (o->head == CXL_POOL_ANY_HEAD) {
        return fail("%s", "fence needs --head with a number from 0 to 63");
    }
    if (open_file(&f, o, true)) {
        return FAILED;
    }
    ret = fence(&f, o, &why);
    cxl_pool_file_close(&f);
    return ret;
}

static int do_reclaim(const Options *o)
{
    CxlPoolWhy why;
    CxlPoolFile f;
    int ret;

    if (o->head == CXL_POOL_ANY_HEAD) {
        return fail("%s", "reclaim needs --head with a number from 0 to 63");
    }
    if (open_file(&f, o, true)) {
        return FAILED;
    }
    ret = cxl_pool_file_reclaim(&f, o->head, &why) ? say(&why) : 0;
    cxl_pool_file_close(&f);
    return ret;
}

/* Of all of the memory only those can be meant who have joined and live */
static uint64_t everybody(const CxlPool *pool, uint64_t alive)
{
    uint64_t joined = 0;

    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        joined |= (uint64_t)(pool->head[h].state == CXL_POOL_JOINED) << h;
    }
    return joined & alive;
}

static int set_access(CxlPoolFile *f, const Options *o)
{
    CxlPoolWish *wishes;
    CxlPoolWhy why;
    uint64_t alive;
    unsigned n;
    int ret;

    if (cxl_pool_file_read(f, &why) || cxl_pool_file_alive(f, &alive, &why)) {
        return say(&why);
    }
    wishes = parse_wishes(o, o->nranges ? CXL_POOL_ALL :
                             everybody(f->now, alive), &n);
    if (!wishes) {
        return fail("set-access wants HEADS=ACCESS as in 0,2-4=read-only, with"
                    " %s", o->nranges ? "none, read-only or read-write" :
                    "none, read-only, shared or exclusive");
    }
    ret = cxl_pool_file_set(f, wishes, n, o->timeout, &why) ? say(&why) : 0;
    free(wishes);
    return ret;
}

static int do_set_access(const Options *o)
{
    CxlPoolFile f;
    int ret;

    if (!o->nwords) {
        return fail("%s", "set-access needs HEADS=ACCESS, as in 1=read-only");
    }
    if (open_file(&f, o, true)) {
        return FAILED;
    }
    ret = set_access(&f, o);
    cxl_pool_file_close(&f);
    return ret;
}

/* A copy that is not valid is what is left of whoever died in a change */
static int do_check(const Options *o)
{
    uint64_t alive = 0;
    CxlPoolWhy why;
    CxlPoolFile f;

    if (open_file(&f, o, false)) {
        return FAILED;
    }
    if (cxl_pool_file_alive(&f, &alive, &why)) {
        cxl_pool_file_close(&f);
        return say(&why);
    }
    for (unsigned i = 0; i < 2; i++) {
        printf("copy %u: %s%s\n", i,
               cxl_pool_copy_valid(f.bytes, &f.id, i) ? "valid" :
               "not valid, written over by the next change",
               f.now->copy == i ? ", in force" : "");
    }
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        const CxlPoolHead *head = &f.now->head[h];
        const CxlPoolSlot *slot = &f.now->slot[h];

        if (alive >> h & 1 && head->state == CXL_POOL_FREE) {
            printf("head %u: locked by somebody who has not joined\n", h);
        } else if (alive >> h & 1 && slot->joined != head->joined) {
            printf("head %u: does not say who it is\n", h);
        }
    }
    printf("%s is in order\n", o->file);
    cxl_pool_file_close(&f);
    return 0;
}

#define TAKES(option) (1u << OPTION_ ## option)

static const struct {
    const char *name;
    int (*run)(const Options *o);
    unsigned takes;
} commands[] = {
    { "create", do_create,
      TAKES(VOLATILE) | TAKES(PERSISTENT) | TAKES(SERIAL) | TAKES(MODE) },
    { "status", do_status, TAKES(JSON) },
    { "watch", do_watch, TAKES(JSON) },
    { "fence", do_fence, TAKES(HEAD) | TAKES(TIMEOUT) | TAKES(KILL) },
    { "reclaim", do_reclaim, TAKES(HEAD) },
    { "set-access", do_set_access, TAKES(RANGE) | TAKES(TIMEOUT) },
    { "check", do_check, 0 },
};

/* Who wants to fence a range would be surprised to have fenced a head */
static int check_options(const Options *o, unsigned takes)
{
    for (Option i = 0; i < OPTION_HELP; i++) {
        if ((o->given & ~takes) >> i & 1) {
            fprintf(stderr, "cxl-pool: %s has no option --%s; see --help\n",
                    o->command, option_name(i));
            return FAILED;
        }
    }
    return 0;
}

static int run(const Options *o)
{
    if (o->nwords && strcmp(o->command, "set-access")) {
        return fail("%s is one word too many; see --help", o->words[0]);
    }
    for (unsigned i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!strcmp(o->command, commands[i].name)) {
            return check_options(o, commands[i].takes) ? FAILED :
                   commands[i].run(o);
        }
    }
    return fail("there is no command \"%s\"; see --help", o->command);
}

int main(int argc, char **argv)
{
    Options o = {
        .mode = 0660, .head = CXL_POOL_ANY_HEAD, .timeout = 5000,
    };

    int ret = parse_options(argc, argv, &o) ? run(&o) : FAILED;

    free(o.ranges);
    return ret;
}
