/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file of a pool: two copies, and a slot for each head (CXL 3.1 2.5)
 */
#include "hw/cxl/core/pool-format.h"

#include <string.h>

#include "hw/cxl/spec/wire.h"

#define MAGIC           "CXL-POOL"
/* Features that a reader has to know; there are none yet */
#define INCOMPATIBLE    0u

typedef struct HeaderPartition {
    Le32 kind;
    Le32 reserved;
    Le64 size;
} HeaderPartition;

typedef struct Header {
    uint8_t magic[8];
    Le32 version;
    Le32 incompatible;
    Le32 compatible;
    Le32 heads;
    Le32 rows;
    Le32 slot_size;
    Le64 copies;
    Le64 copy_size;
    Le64 slots;
    Le64 file_size;
    uint8_t uuid[16];
    Le64 serial;
    Le64 count;
    HeaderPartition part[CXL_DPA_MAX_PARTITIONS];
    uint8_t reserved[120];
    Le64 sum;
} Header;

_Static_assert(sizeof(Header) == CXL_POOL_HEADER, "the header");

/* Of a copy, a head and a row; the sum is of all behind it that is in use */
typedef struct CopyHeader {
    Le64 sum;
    Le64 generation;
    Le32 rows;
    uint8_t reserved[12];
    struct {
        Le64 device;
        Le64 inode;
    } backend[CXL_DPA_MAX_PARTITIONS];
    Le64 offset[CXL_DPA_MAX_PARTITIONS];
    uint8_t reserved2[48];
} CopyHeader;

typedef struct CopyHead {
    uint8_t state;
    uint8_t access;
    uint8_t reserved[6];
    Le64 joined;
    Le64 lost;
    Le64 lost_start;
    Le64 lost_end;
    uint8_t reserved2[24];
} CopyHead;

typedef struct CopyRow {
    Le64 start;
    Le64 length;
    Le64 write;
    Le64 read;
    uint8_t reserved[32];
} CopyRow;

typedef struct Copy {
    CopyHeader header;
    CopyHead head[CXL_POOL_HEADS];
    CopyRow row[CXL_POOL_ROWS];
} Copy;

_Static_assert(sizeof(CopyHeader) == 128, "a copy");
_Static_assert(sizeof(CopyHead) == 64 && sizeof(CopyRow) == 64, "a copy");
_Static_assert(sizeof(Copy) <= CXL_POOL_COPY, "a copy");

typedef struct SlotLink {
    uint8_t up;
    uint8_t max_width;
    uint8_t width;
    uint8_t speeds;
    uint8_t max_speed;
    uint8_t speed;
    uint8_t reserved[2];
} SlotLink;

typedef struct Slot {
    Le64 sum;
    Le64 joined;
    Le64 acknowledged;
    Le64 since;
    Le32 pid;
    SlotLink link;
    uint8_t reserved[20];
    char name[CXL_POOL_NAME];
    uint8_t reserved2[384];
} Slot;

_Static_assert(sizeof(Slot) == CXL_POOL_SLOT, "a slot");
_Static_assert(CXL_POOL_SLOTS % CXL_POOL_SLOT == 0, "slots do not cross pages");

const char *cxl_pool_verdict_name(CxlPoolVerdict verdict)
{
    static const char *const name[] = {
        [CXL_POOL_GOOD] = "is the state of a pool",
        [CXL_POOL_EMPTY] = "is empty",
        [CXL_POOL_FOREIGN] = "is not the state of a pool",
        [CXL_POOL_NEWER] = "is the state of a pool of a newer version",
        [CXL_POOL_CUT] = "has not the length of the state of a pool",
        [CXL_POOL_BAD_HEADER] = "is damaged: its header is not valid",
        [CXL_POOL_BAD_STATE] = "is damaged: no copy of its state is valid",
    };

    return (unsigned)verdict < sizeof(name) / sizeof(name[0]) ? name[verdict]
                                                              : "unknown";
}

/*
 * Against torn writes and accidents, not against malice. Every step can be
 * undone, so bytes that differ in one place never have the same sum; @seed
 * binds bytes to one file and to one place in it.
 */
static uint64_t sum_of(const uint8_t *p, uint32_t size, uint64_t seed)
{
    uint64_t sum = seed ^ 0x9e3779b97f4a7c15ull;

    for (uint32_t i = 0; i < size; i += 8) {
        sum = (sum ^ cxl_le_load(p + i, 8)) * 0xff51afd7ed558ccdull;
        sum ^= sum >> 32;
    }
    return sum;
}

static uint64_t seed_of(const uint8_t *uuid, uint64_t place)
{
    return sum_of(uuid, 16, place);
}

static uint32_t copy_size(uint32_t rows)
{
    return (uint32_t)(offsetof(Copy, row) + rows * sizeof(CopyRow));
}

static uint64_t copy_offset(uint32_t copy)
{
    return CXL_POOL_COPIES + (uint64_t)copy * CXL_POOL_COPY;
}

/* @rows is in bounds */
static uint64_t copy_sum(const uint8_t *bytes, const CxlPoolIdentity *id,
                         uint32_t copy, uint32_t rows)
{
    return sum_of(bytes + 8, copy_size(rows) - 8,
                  seed_of(id->uuid, copy_offset(copy)));
}

static uint64_t slot_offset(uint32_t head)
{
    return CXL_POOL_SLOTS + (uint64_t)head * CXL_POOL_SLOT;
}

static uint64_t slot_sum(const uint8_t *bytes, const CxlPoolIdentity *id,
                         uint32_t head)
{
    return sum_of(bytes + 8, CXL_POOL_SLOT - 8,
                  seed_of(id->uuid, slot_offset(head)));
}

static uint64_t header_sum(const Header *h)
{
    return sum_of((const uint8_t *)h, offsetof(Header, sum), 0);
}

/* In this version, everything has one place */
static bool header_places_ok(const Header *h)
{
    return cxl_le32_get(h->heads) == CXL_POOL_HEADS &&
           cxl_le32_get(h->rows) == CXL_POOL_ROWS &&
           cxl_le32_get(h->slot_size) == CXL_POOL_SLOT &&
           cxl_le64_get(h->copies) == CXL_POOL_COPIES &&
           cxl_le64_get(h->copy_size) == CXL_POOL_COPY &&
           cxl_le64_get(h->slots) == CXL_POOL_SLOTS &&
           cxl_le64_get(h->file_size) == CXL_POOL_FILE;
}

static bool read_identity(const Header *h, CxlPoolIdentity *id)
{
    uint64_t count = cxl_le64_get(h->count);

    if (count > CXL_DPA_MAX_PARTITIONS) {
        return false;
    }
    *id = (CxlPoolIdentity) {
        .serial = cxl_le64_get(h->serial), .count = (uint32_t)count,
    };
    memcpy(id->uuid, h->uuid, sizeof(id->uuid));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t kind = cxl_le32_get(h->part[i].kind);

        if (kind >= CXL_DPA_KINDS) {
            return false;
        }
        id->kind[i] = (CxlDpaKind)kind;
        id->size[i] = cxl_le64_get(h->part[i].size);
    }
    return cxl_pool_identity_ok(id);
}

CxlPoolVerdict cxl_pool_read_header(const uint8_t *bytes, uint64_t have,
                                    uint64_t size, CxlPoolIdentity *id)
{
    Header h;

    if (!size) {
        return CXL_POOL_EMPTY;
    }
    if (have < sizeof(h.magic) || memcmp(bytes, MAGIC, sizeof(h.magic))) {
        return CXL_POOL_FOREIGN;
    }
    if (have < sizeof(h)) {
        return CXL_POOL_CUT;
    }
    memcpy(&h, bytes, sizeof(h));
    if (cxl_le64_get(h.sum) != header_sum(&h) || !cxl_le32_get(h.version)) {
        return CXL_POOL_BAD_HEADER;
    }
    if (cxl_le32_get(h.version) > CXL_POOL_VERSION ||
        cxl_le32_get(h.incompatible) & ~INCOMPATIBLE) {
        return CXL_POOL_NEWER;
    }
    if (size != CXL_POOL_FILE) {
        return CXL_POOL_CUT;
    }
    return header_places_ok(&h) && read_identity(&h, id) ? CXL_POOL_GOOD
                                                         : CXL_POOL_BAD_HEADER;
}

static void read_head(const CopyHead *from, CxlPoolHead *head)
{
    *head = (CxlPoolHead) {
        .state = (CxlPoolHeadState)from->state,
        .access = (CxlPoolAccess)from->access,
        .joined = cxl_le64_get(from->joined),
        .lost = cxl_le64_get(from->lost),
        .lost_start = cxl_le64_get(from->lost_start),
        .lost_end = cxl_le64_get(from->lost_end),
    };
}

static void read_row(const uint8_t *bytes, CxlPoolRow *row)
{
    CopyRow from;

    memcpy(&from, bytes, sizeof(from));
    *row = (CxlPoolRow) {
        .start = cxl_le64_get(from.start),
        .length = cxl_le64_get(from.length),
        .write = cxl_le64_get(from.write),
        .read = cxl_le64_get(from.read),
    };
}

/* The sum is right, so these are the bytes that somebody meant to write */
static void read_copy_contents(const uint8_t *bytes, uint32_t rows,
                               const CopyHeader *header, CxlPool *pool)
{
    for (unsigned i = 0; i < CXL_DPA_MAX_PARTITIONS; i++) {
        pool->backend[i] = (CxlPoolBackend) {
            .device = cxl_le64_get(header->backend[i].device),
            .inode = cxl_le64_get(header->backend[i].inode),
            .offset = cxl_le64_get(header->offset[i]),
        };
    }
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        CopyHead head;

        memcpy(&head, bytes + offsetof(Copy, head) + h * sizeof(head),
               sizeof(head));
        read_head(&head, &pool->head[h]);
    }
    pool->table.count = rows;
    for (uint32_t i = 0; i < rows; i++) {
        read_row(bytes + copy_size(i), &pool->table.row[i]);
    }
}

static uint64_t generation_at(const uint8_t *file, uint32_t copy)
{
    return cxl_le_load(file + copy_offset(copy) +
                       offsetof(CopyHeader, generation), 8);
}

/* @pool has an identity, and gets the rest if the copy is valid */
static bool read_copy(const uint8_t *file, uint32_t copy, CxlPool *pool)
{
    const uint8_t *bytes = file + copy_offset(copy);
    CopyHeader header;
    uint32_t rows;

    memcpy(&header, bytes, sizeof(header));
    rows = cxl_le32_get(header.rows);
    if (rows > CXL_POOL_ROWS ||
        cxl_le64_get(header.sum) != copy_sum(bytes, &pool->id, copy, rows)) {
        return false;
    }
    pool->copy = copy;
    pool->generation = cxl_le64_get(header.generation);
    read_copy_contents(bytes, rows, &header, pool);
    return cxl_pool_ok(pool);
}

/* What is shown to people may not do anything to their terminals */
static void read_name(const char *from, char *name)
{
    for (unsigned i = 0; i < CXL_POOL_NAME - 1 && from[i]; i++) {
        name[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    }
}

static CxlLink read_link(const SlotLink *from)
{
    return (CxlLink) {
        .max_width = from->max_width,
        .width = from->width,
        .speeds = from->speeds,
        .max_speed = from->max_speed,
        .speed = from->speed,
    };
}

static SlotLink written_link(const CxlPoolSlot *slot)
{
    return (SlotLink) {
        .up = slot->up,
        .max_width = slot->link.max_width,
        .width = slot->link.width,
        .speeds = slot->link.speeds,
        .max_speed = slot->link.max_speed,
        .speed = slot->link.speed,
    };
}

static void read_slot(const uint8_t *file, uint32_t head, CxlPool *pool)
{
    const uint8_t *bytes = file + slot_offset(head);
    CxlPoolSlot *slot = &pool->slot[head];
    Slot from;

    *slot = (CxlPoolSlot) { .valid = false };
    memcpy(&from, bytes, sizeof(from));
    if (cxl_le64_get(from.sum) != slot_sum(bytes, &pool->id, head)) {
        return;
    }
    slot->valid = true;
    slot->joined = cxl_le64_get(from.joined);
    slot->acknowledged = cxl_le64_get(from.acknowledged);
    slot->since = cxl_le64_get(from.since);
    slot->pid = cxl_le32_get(from.pid);
    slot->up = from.link.up;
    slot->link = read_link(&from.link);
    read_name(from.name, slot->name);
}

bool cxl_pool_copy_valid(const uint8_t *bytes, const CxlPoolIdentity *id,
                         unsigned copy)
{
    CxlPool pool;

    pool.id = *id;
    return copy < 2 && read_copy(bytes, copy, &pool);
}

CxlPoolVerdict cxl_pool_read(const uint8_t *bytes, uint64_t size,
                             CxlPool *pool)
{
    CxlPoolVerdict verdict = cxl_pool_read_header(bytes, size, size, &pool->id);
    uint32_t first;

    if (verdict != CXL_POOL_GOOD) {
        return verdict;
    }
    first = generation_at(bytes, 1) > generation_at(bytes, 0);
    if (!read_copy(bytes, first, pool) && !read_copy(bytes, !first, pool)) {
        return CXL_POOL_BAD_STATE;
    }
    for (uint32_t h = 0; h < CXL_POOL_HEADS; h++) {
        read_slot(bytes, h, pool);
    }
    return CXL_POOL_GOOD;
}

static void write_header(const CxlPoolIdentity *id, uint8_t *bytes)
{
    Header h = {
        .version = cxl_le32(CXL_POOL_VERSION),
        .incompatible = cxl_le32(INCOMPATIBLE),
        .heads = cxl_le32(CXL_POOL_HEADS),
        .rows = cxl_le32(CXL_POOL_ROWS),
        .slot_size = cxl_le32(CXL_POOL_SLOT),
        .copies = cxl_le64(CXL_POOL_COPIES),
        .copy_size = cxl_le64(CXL_POOL_COPY),
        .slots = cxl_le64(CXL_POOL_SLOTS),
        .file_size = cxl_le64(CXL_POOL_FILE),
        .serial = cxl_le64(id->serial),
        .count = cxl_le64(id->count),
    };

    memcpy(h.magic, MAGIC, sizeof(h.magic));
    memcpy(h.uuid, id->uuid, sizeof(h.uuid));
    for (uint32_t i = 0; i < id->count; i++) {
        h.part[i].kind = cxl_le32((uint32_t)id->kind[i]);
        h.part[i].size = cxl_le64(id->size[i]);
    }
    h.sum = cxl_le64(header_sum(&h));
    memcpy(bytes, &h, sizeof(h));
}

static CopyHead written_head(const CxlPoolHead *head)
{
    return (CopyHead) {
        .state = (uint8_t)head->state,
        .access = (uint8_t)head->access,
        .joined = cxl_le64(head->joined),
        .lost = cxl_le64(head->lost),
        .lost_start = cxl_le64(head->lost_start),
        .lost_end = cxl_le64(head->lost_end),
    };
}

static CopyHeader written_copy_header(const CxlPool *pool)
{
    CopyHeader header = {
        .generation = cxl_le64(pool->generation),
        .rows = cxl_le32(pool->table.count),
    };

    for (unsigned i = 0; i < CXL_DPA_MAX_PARTITIONS; i++) {
        header.backend[i].device = cxl_le64(pool->backend[i].device);
        header.backend[i].inode = cxl_le64(pool->backend[i].inode);
        header.offset[i] = cxl_le64(pool->backend[i].offset);
    }
    return header;
}

/* As copy @pool->copy */
static CxlPoolPiece write_copy(const CxlPool *pool, uint8_t *bytes)
{
    const CopyHeader header = written_copy_header(pool);
    const uint32_t rows = pool->table.count;

    memcpy(bytes, &header, sizeof(header));
    for (unsigned h = 0; h < CXL_POOL_HEADS; h++) {
        const CopyHead head = written_head(&pool->head[h]);

        memcpy(bytes + offsetof(Copy, head) + h * sizeof(head), &head,
               sizeof(head));
    }
    for (uint32_t i = 0; i < rows; i++) {
        const CopyRow row = {
            .start = cxl_le64(pool->table.row[i].start),
            .length = cxl_le64(pool->table.row[i].length),
            .write = cxl_le64(pool->table.row[i].write),
            .read = cxl_le64(pool->table.row[i].read),
        };

        memcpy(bytes + copy_size(i), &row, sizeof(row));
    }
    cxl_le_store(bytes, 8, copy_sum(bytes, &pool->id, pool->copy, rows));
    return (CxlPoolPiece) { copy_offset(pool->copy), copy_size(rows) };
}

CxlPoolPiece cxl_pool_write(CxlPool *pool, uint8_t *bytes)
{
    pool->copy = !pool->copy;
    return write_copy(pool, bytes);
}

CxlPoolPiece cxl_pool_write_slot(const CxlPoolIdentity *id, uint32_t head,
                                 const CxlPoolSlot *slot, uint8_t *bytes)
{
    Slot to = {
        .joined = cxl_le64(slot->joined),
        .acknowledged = cxl_le64(slot->acknowledged),
        .since = cxl_le64(slot->since),
        .pid = cxl_le32(slot->pid),
        .link = written_link(slot),
    };

    memcpy(to.name, slot->name, sizeof(to.name) - 1);
    memcpy(bytes, &to, sizeof(to));
    cxl_le_store(bytes, 8, slot_sum(bytes, id, head));
    return (CxlPoolPiece) { slot_offset(head), CXL_POOL_SLOT };
}

void cxl_pool_format(const CxlPool *pool, uint8_t *bytes)
{
    memset(bytes, 0, CXL_POOL_FILE);
    write_header(&pool->id, bytes);
    write_copy(pool, bytes + copy_offset(pool->copy));
}
