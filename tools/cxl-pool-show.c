/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cxl-pool: what is shown of a pool
 */
#include "cxl-pool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds; for where there is no watch to be had */
#define LOOK_AGAIN      1000

const char *show_access(CxlPoolAccess access)
{
    static const char *const name[] = {
        [CXL_POOL_NO_ACCESS] = "none",
        [CXL_POOL_READ_ONLY] = "read-only",
        [CXL_POOL_SHARED] = "shared",
        [CXL_POOL_EXCLUSIVE] = "exclusive",
    };

    return name[access];
}

const char *show_right(CxlPoolRight right)
{
    static const char *const name[] = {
        [CXL_POOL_NOTHING] = "none",
        [CXL_POOL_READ] = "read-only",
        [CXL_POOL_WRITE] = "read-write",
    };

    return name[right];
}

static const char *show_kind(CxlDpaKind kind)
{
    return kind == CXL_DPA_VOLATILE ? "volatile" : "persistent";
}

/* A head whose host is gone is joined in the file until the next change */
static const char *show_state(const CxlPool *pool, uint32_t h, bool lives)
{
    switch (pool->head[h].state) {
    case CXL_POOL_JOINED:
        return lives ? "joined" : "gone";
    case CXL_POOL_FENCED:
        return "fenced";
    default:
        return lives ? "locked" : "free";
    }
}

static void show_uuid(const CxlPoolIdentity *id, char *text)
{
    for (unsigned i = 0; i < 16; i++) {
        text += sprintf(text, "%s%02x",
                        i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
                        id->uuid[i]);
    }
}

static bool is_own_slot(const CxlPool *pool, uint32_t h)
{
    return pool->slot[h].valid && pool->head[h].joined &&
           pool->slot[h].joined == pool->head[h].joined;
}

/* --- for people ----------------------------------------------------------- */

static void show_size(uint64_t bytes)
{
    if (bytes % (1ull << 30)) {
        printf("%" PRIu64 " MiB", bytes >> 20);
    } else {
        printf("%" PRIu64 " GiB", bytes >> 30);
    }
}

/* "0-2,5", or a dash */
static void show_heads(uint64_t heads)
{
    const char *comma = "";

    if (heads == CXL_POOL_ALL) {
        printf("all");
        return;
    }
    if (!heads) {
        printf("-");
    }
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        uint32_t last = h;

        if (!(heads >> h & 1)) {
            continue;
        }
        while (last + 1 < CXL_POOL_HEADS && heads >> (last + 1) & 1) {
            last++;
        }
        printf(last > h ? "%s%u-%u" : "%s%u", comma, h, last);
        comma = ",";
        h = last;
    }
}

static void show_time(uint64_t seconds)
{
    time_t t = (time_t)seconds;
    char text[32] = "?";
    struct tm tm;

    if (localtime_r(&t, &tm)) {
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
    }
    printf("%-20s", text);
}

static void show_head(const CxlPool *pool, uint32_t h, uint64_t alive)
{
    const CxlPoolSlot *slot = &pool->slot[h];

    printf("%4u  %-7s %-10s", h, show_state(pool, h, alive >> h & 1),
           show_access(pool->head[h].access));
    if (is_own_slot(pool, h)) {
        printf("%-8u", slot->pid);
        show_time(slot->since);
        printf("%s", slot->name);
    }
    if (cxl_pool_owing(pool, alive) >> h & 1) {
        printf("  (has not let go of what was taken)");
    }
    printf("\n");
}

static void show_rows(const CxlPool *pool)
{
    if (!pool->table.count) {
        return;
    }
    printf("\n%16s %16s  %-20s %-20s\n", "from", "bytes", "read-write",
           "read-only");
    for (uint32_t i = 0; i < pool->table.count; i++) {
        const CxlPoolRow *row = &pool->table.row[i];

        printf("%16" PRIx64 " %16" PRIx64 "  ", row->start, row->length);
        show_heads(row->write);
        printf("  ");
        show_heads(row->read);
        printf("\n");
    }
}

void show_status(const CxlPoolFile *f, uint64_t alive)
{
    const CxlPool *pool = f->now;
    char uuid[40];

    show_uuid(&pool->id, uuid);
    printf("pool        %s\n", uuid);
    printf("generation  %" PRIu64 "\n", pool->generation);
    printf("serial      0x%016" PRIx64 "\n", pool->id.serial);
    for (uint32_t i = 0; i < pool->id.count; i++) {
        printf("memory      ");
        show_size(pool->id.size[i]);
        printf(", %s", show_kind(pool->id.kind[i]));
        if (alive && pool->backend[i].inode) {
            printf(", inode %" PRIu64 " of device %u:%u",
                   pool->backend[i].inode, major(pool->backend[i].device),
                   minor(pool->backend[i].device));
        }
        printf("\n");
    }
    printf("\nhead  state   access    process since               name\n");
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        if (pool->head[h].state != CXL_POOL_FREE || alive >> h & 1) {
            show_head(pool, h, alive);
        }
    }
    show_rows(pool);
}

/* --- for programs --------------------------------------------------------- */

/* Printable ASCII, see core/pool-format.c */
static void json_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('"');
}

static void json_heads(const char *name, uint64_t heads)
{
    const char *comma = "";

    printf(", \"%s\": [", name);
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        if (heads >> h & 1) {
            printf("%s%u", comma, h);
            comma = ", ";
        }
    }
    printf("]");
}

static void json_ranges(const CxlPool *pool, uint32_t h)
{
    CxlPoolRange ranges[CXL_POOL_RANGES];
    unsigned n = cxl_pool_rights(pool, h, ranges);

    printf(", \"ranges\": [");
    for (unsigned i = 0; i < n; i++) {
        printf("%s{\"start\": %" PRIu64 ", \"length\": %" PRIu64
               ", \"right\": \"%s\"}", i ? ", " : "", ranges[i].start,
               ranges[i].length, show_right(ranges[i].right));
    }
    printf("]");
}

static void json_head(const CxlPool *pool, uint32_t h, uint64_t alive)
{
    bool owes = cxl_pool_owing(pool, alive) >> h & 1;

    printf("{\"head\": %u, \"state\": \"%s\", \"alive\": %s, \"access\": "
           "\"%s\", \"owes\": %s", h, show_state(pool, h, alive >> h & 1),
           alive >> h & 1 ? "true" : "false",
           show_access(pool->head[h].access), owes ? "true" : "false");
    if (is_own_slot(pool, h)) {
        printf(", \"joined\": %" PRIu64 ", \"acknowledged\": %" PRIu64
               ", \"pid\": %u, \"since\": %" PRIu64 ", \"name\": ",
               pool->slot[h].joined, pool->slot[h].acknowledged,
               pool->slot[h].pid, pool->slot[h].since);
        json_string(pool->slot[h].name);
    }
    json_ranges(pool, h);
    printf("}");
}

static void json_rows(const CxlPool *pool)
{
    printf("], \"rows\": [");
    for (uint32_t i = 0; i < pool->table.count; i++) {
        const CxlPoolRow *row = &pool->table.row[i];

        printf("%s{\"start\": %" PRIu64 ", \"length\": %" PRIu64,
               i ? ", " : "", row->start, row->length);
        json_heads("read-write", row->write);
        json_heads("read-only", row->read);
        printf("}");
    }
    printf("]}\n");
}

void show_json(const CxlPoolFile *f, uint64_t alive)
{
    const CxlPool *pool = f->now;
    const char *comma = "";
    char uuid[40];

    show_uuid(&pool->id, uuid);
    printf("{\"uuid\": \"%s\", \"generation\": %" PRIu64 ", \"serial\": %"
           PRIu64 ", \"capacity\": %" PRIu64 ", \"partitions\": [", uuid,
           pool->generation, pool->id.serial, cxl_pool_capacity(&pool->id));
    for (uint32_t i = 0; i < pool->id.count; i++) {
        printf("%s{\"kind\": \"%s\", \"size\": %" PRIu64 ", \"device\": %"
               PRIu64 ", \"inode\": %" PRIu64 ", \"offset\": %" PRIu64 "}",
               i ? ", " : "", show_kind(pool->id.kind[i]), pool->id.size[i],
               pool->backend[i].device, pool->backend[i].inode,
               pool->backend[i].offset);
    }
    printf("], \"heads\": [");
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        if (pool->head[h].state != CXL_POOL_FREE || alive >> h & 1) {
            printf("%s", comma);
            json_head(pool, h, alive);
            comma = ", ";
        }
    }
    json_rows(pool);
    fflush(stdout);
}

/* --- changes -------------------------------------------------------------- */

static bool differs(const CxlPool *a, uint64_t alive_a, const CxlPool *b,
                    uint64_t alive_b, uint32_t h)
{
    return a->head[h].state != b->head[h].state ||
           a->head[h].access != b->head[h].access ||
           a->head[h].joined != b->head[h].joined ||
           ((alive_a ^ alive_b) >> h & 1) ||
           ((cxl_pool_owing(a, alive_a) ^ cxl_pool_owing(b, alive_b)) >> h & 1);
}

/* A line for each head that is not what it was */
static void show_difference(const CxlPoolFile *f, const CxlPool *before,
                            uint64_t alive_before, uint64_t alive)
{
    const CxlPoolTable *a = &before->table, *b = &f->now->table;

    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        if (differs(before, alive_before, f->now, alive, h)) {
            printf("%10" PRIu64 " ", f->now->generation);
            show_head(f->now, h, alive);
        }
    }
    if (a->count != b->count ||
        memcmp(a->row, b->row, a->count * sizeof(a->row[0]))) {
        printf("%10" PRIu64 " rights of ranges\n", f->now->generation);
        show_rows(f->now);
    }
    fflush(stdout);
}

static int watch_changes(CxlPoolFile *f, CxlPool *before, int watch, bool json,
                         CxlPoolWhy *why)
{
    uint64_t alive, alive_before;

    if (cxl_pool_file_alive(f, &alive, why)) {
        return -1;
    }
    while (true) {
        if (json) {
            show_json(f, alive);
        }
        do {
            *before = *f->now;
            alive_before = alive;
            cxl_pool_file_wait(watch, LOOK_AGAIN);
            if (cxl_pool_file_read(f, why) ||
                cxl_pool_file_alive(f, &alive, why)) {
                return -1;
            }
        } while (alive == alive_before &&
                 cxl_pool_owing(f->now, alive) ==
                 cxl_pool_owing(before, alive) &&
                 f->now->generation == before->generation);
        if (!json) {
            show_difference(f, before, alive_before, alive);
        }
    }
}

int show_changes(CxlPoolFile *f, bool json, CxlPoolWhy *why)
{
    CxlPool *before = calloc(1, sizeof(*before));
    int watch = cxl_pool_file_watch(f, why);

    if (before && !cxl_pool_file_read(f, why)) {
        watch_changes(f, before, watch, json, why);
    }
    cxl_pool_file_unwatch(watch);
    free(before);
    return -1;
}
