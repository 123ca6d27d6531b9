/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pool: one memory, many hosts (CXL 3.1 2.5).
 *
 * The state of a pool says who is attached (heads), what each of them may do
 * with the memory, and who has been shut out. It lies in a small file that all
 * hosts of a memory share (core/pool-format.h); there is nobody who serves it.
 * Here is what may become of a state: pure functions, for whoever holds the
 * pool's lock.
 *
 * A change is made in three steps, none of which can be left out:
 *
 *     CxlPool next;
 *
 *     cxl_pool_sweep(&now, alive);        those who are gone are gone
 *     next = now;
 *     refusal = cxl_pool_fence(&next, head);          or another change
 *     refusal = cxl_pool_settle(&now, &next, alive);  who loses, who gains
 *
 * cxl_pool_settle() holds what matters most: nobody gains access to bytes that
 * somebody else has lost and not let go of yet. So a change that takes from one
 * host to give to another takes two of them, see cxl_pool_common().
 *
 * @alive, everywhere, is a mask of heads: bit N is set while the process that
 * joined as head N lives. The state does not know; locks do.
 */
#ifndef CXL_CORE_POOL_H
#define CXL_CORE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/heads.h"

/** CXL_POOL_HEADS: hosts that one memory can have */
#define CXL_POOL_HEADS          CXL_MAX_HEADS
/** CXL_POOL_ANY_HEAD: in place of a head's number: the lowest free one */
#define CXL_POOL_ANY_HEAD       UINT32_MAX
/** CXL_POOL_ALL: the mask of all heads */
#define CXL_POOL_ALL            UINT64_MAX
/** CXL_POOL_ROWS: ranges with rights of their own */
#define CXL_POOL_ROWS           1024u
/** CXL_POOL_UNIT: a range begins and ends at multiples of this many bytes */
#define CXL_POOL_UNIT           0x200000ull
/** CXL_POOL_NAME: bytes of a host's name, its NUL included */
#define CXL_POOL_NAME           64u
/** CXL_POOL_GENERATIONS: the last generation that there can be */
#define CXL_POOL_GENERATIONS    ((uint64_t)INT64_MAX)
/** CXL_POOL_RANGES: ranges that cxl_pool_rights() lists at most */
#define CXL_POOL_RANGES         (2 * CXL_POOL_ROWS + 1)

/**
 * enum CxlPoolRight - what a head may do with a range
 * @CXL_POOL_NOTHING: no load and no store
 * @CXL_POOL_READ: load
 * @CXL_POOL_WRITE: load and store
 */
typedef enum CxlPoolRight {
    CXL_POOL_NOTHING,
    CXL_POOL_READ,
    CXL_POOL_WRITE,
} CxlPoolRight;

/**
 * enum CxlPoolAccess - what a head may do at most, with all of the memory
 * @CXL_POOL_NO_ACCESS: nothing
 * @CXL_POOL_READ_ONLY: load
 * @CXL_POOL_SHARED: load and store, beside others
 * @CXL_POOL_EXCLUSIVE: load and store, while nobody else has any access
 */
typedef enum CxlPoolAccess {
    CXL_POOL_NO_ACCESS,
    CXL_POOL_READ_ONLY,
    CXL_POOL_SHARED,
    CXL_POOL_EXCLUSIVE,
} CxlPoolAccess;

/**
 * enum CxlPoolHeadState - what became of a head
 * @CXL_POOL_FREE: nobody has it
 * @CXL_POOL_JOINED: somebody has it, or had it and died
 * @CXL_POOL_FENCED: who had it is shut out, and so is who comes next, until it
 *                   is reclaimed
 */
typedef enum CxlPoolHeadState {
    CXL_POOL_FREE,
    CXL_POOL_JOINED,
    CXL_POOL_FENCED,
} CxlPoolHeadState;

/**
 * struct CxlPoolBackend - the file that a partition's bytes are in
 * @device: of the file system, as stat() has it
 * @inode: likewise
 * @offset: of the first of them in the file
 */
typedef struct CxlPoolBackend {
    uint64_t device;
    uint64_t inode;
    uint64_t offset;
} CxlPoolBackend;

/**
 * struct CxlPoolIdentity - what a pool is, from its creation on
 * @uuid: of the pool
 * @serial: what all heads show as their serial number
 * @count: partitions of the memory, at least one
 * @kind: of each partition, in the order of their addresses
 * @size: bytes of each, a multiple of CXL_DPA_UNIT
 */
typedef struct CxlPoolIdentity {
    uint8_t uuid[16];
    uint64_t serial;
    uint32_t count;
    CxlDpaKind kind[CXL_DPA_MAX_PARTITIONS];
    uint64_t size[CXL_DPA_MAX_PARTITIONS];
} CxlPoolIdentity;

/**
 * struct CxlPoolHead - what all hosts know of a head
 * @state: what became of it
 * @access: what it may do at most; no access unless it is joined
 * @joined: the generation that it joined with; 0 if nobody did
 * @lost: the generation that last took something from it, or 0
 * @lost_start: the lowest byte of what it may not have let go of
 * @lost_end: the byte behind the highest
 */
typedef struct CxlPoolHead {
    CxlPoolHeadState state;
    CxlPoolAccess access;
    uint64_t joined;
    uint64_t lost;
    uint64_t lost_start;
    uint64_t lost_end;
} CxlPoolHead;

/**
 * struct CxlPoolRow - a range with rights of its own
 * @start: first byte, a multiple of CXL_POOL_UNIT
 * @length: bytes, a multiple of CXL_POOL_UNIT
 * @write: the heads that may load and store
 * @read: the heads that may load only; none that is in @write
 *
 * Of what no row covers, a head may do what its access lets it do. Rows are of
 * numbers of heads, whoever has them: they stay when hosts come and go.
 */
typedef struct CxlPoolRow {
    uint64_t start;
    uint64_t length;
    uint64_t write;
    uint64_t read;
} CxlPoolRow;

/**
 * struct CxlPoolTable - all rows
 * @count: how many
 * @row: by ascending address; they do not overlap
 */
typedef struct CxlPoolTable {
    uint32_t count;
    CxlPoolRow row[CXL_POOL_ROWS];
} CxlPoolTable;

/**
 * struct CxlPoolSlot - what a host says of itself
 * @valid: it says something; what follows is zero otherwise
 * @joined: the generation that it joined with; a slot with another one than
 *          the head's is of a host that had the head before
 * @acknowledged: what was lost up to this generation is let go of
 * @pid: its process
 * @since: when it joined, in seconds since 1970; for people only
 * @up: the link to it is up
 * @link: the link to it; all zero while it has not told
 * @name: for people only: printable ASCII
 */
typedef struct CxlPoolSlot {
    bool valid;
    uint64_t joined;
    uint64_t acknowledged;
    uint32_t pid;
    uint64_t since;
    bool up;
    CxlLink link;
    char name[CXL_POOL_NAME];
} CxlPoolSlot;

/**
 * struct CxlPool - the state of a pool
 * @id: what never changes
 * @copy: which of the file's two copies this is from
 * @generation: how many changes there were, the first one made the pool
 * @backend: where the memory is, as far as somebody is alive to say so
 * @head: all heads
 * @table: rights of ranges
 * @slot: of each head, what its host says
 */
typedef struct CxlPool {
    CxlPoolIdentity id;
    uint32_t copy;
    uint64_t generation;
    CxlPoolBackend backend[CXL_DPA_MAX_PARTITIONS];
    CxlPoolHead head[CXL_POOL_HEADS];
    CxlPoolTable table;
    CxlPoolSlot slot[CXL_POOL_HEADS];
} CxlPool;

/**
 * enum CxlPoolError - why a change is refused
 * @CXL_POOL_OK: it is not
 * @CXL_POOL_NO_SUCH_HEAD: the number is out of range
 * @CXL_POOL_FULL: no head is free
 * @CXL_POOL_TAKEN: the head is somebody else's; culprit
 * @CXL_POOL_SHUT_OUT: the head is fenced; culprit
 * @CXL_POOL_NOT_JOINED: nobody has the head; culprit
 * @CXL_POOL_ALIVE: who has the head lives; culprit
 * @CXL_POOL_OWNED: somebody has exclusive access; culprit
 * @CXL_POOL_OTHERS: somebody else has access, so none can be exclusive; culprit
 * @CXL_POOL_OWED: somebody has lost what this would give to another, and has
 *                 not let go of it; culprit
 * @CXL_POOL_BAD_ACCESS: not an access that can be asked for
 * @CXL_POOL_BAD_RANGE: no multiple of CXL_POOL_UNIT, empty or out of the memory
 * @CXL_POOL_NO_ROOM: more than CXL_POOL_ROWS rows
 * @CXL_POOL_OTHER_SIZE: another capacity or other partitions than the pool's
 * @CXL_POOL_OTHER_SERIAL: another serial number than the pool's
 * @CXL_POOL_OTHER_BACKEND: another file than that of those who live; culprit
 * @CXL_POOL_OTHER_OFFSET: another part of that file; culprit
 * @CXL_POOL_WORN_OUT: there are no generations left
 */
typedef enum CxlPoolError {
    CXL_POOL_OK,
    CXL_POOL_NO_SUCH_HEAD,
    CXL_POOL_FULL,
    CXL_POOL_TAKEN,
    CXL_POOL_SHUT_OUT,
    CXL_POOL_NOT_JOINED,
    CXL_POOL_ALIVE,
    CXL_POOL_OWNED,
    CXL_POOL_OTHERS,
    CXL_POOL_OWED,
    CXL_POOL_BAD_ACCESS,
    CXL_POOL_BAD_RANGE,
    CXL_POOL_NO_ROOM,
    CXL_POOL_OTHER_SIZE,
    CXL_POOL_OTHER_SERIAL,
    CXL_POOL_OTHER_BACKEND,
    CXL_POOL_OTHER_OFFSET,
    CXL_POOL_WORN_OUT,
} CxlPoolError;

/**
 * struct CxlPoolRefusal - why, and because of whom
 * @error: CXL_POOL_OK if nothing was refused
 * @culprit: a head, where CxlPoolError says so
 */
typedef struct CxlPoolRefusal {
    CxlPoolError error;
    uint32_t culprit;
} CxlPoolRefusal;

/** cxl_pool_error_name: a short phrase in lower case */
const char *cxl_pool_error_name(CxlPoolError error);

/** cxl_pool_capacity: bytes of the memory */
uint64_t cxl_pool_capacity(const CxlPoolIdentity *id);

/**
 * cxl_pool_identity_ok: is it one that a pool can have: one partition of each
 * kind at most, in order, and sizes that are multiples of CXL_DPA_UNIT
 */
bool cxl_pool_identity_ok(const CxlPoolIdentity *id);

/** cxl_pool_same_identity: is it one and the same pool? */
bool cxl_pool_same_identity(const CxlPoolIdentity *a,
                            const CxlPoolIdentity *b);

/**
 * cxl_pool_match: may a device be a head of the pool?
 * @id: of the pool
 * @mine: of the device; its UUID does not matter
 * @any_serial: its serial number does not matter either
 */
CxlPoolRefusal cxl_pool_match(const CxlPoolIdentity *id,
                              const CxlPoolIdentity *mine, bool any_serial);

/**
 * cxl_pool_init: the state of a pool that has just been made: generation 1, all
 * heads free, no rows
 * @id: fulfils cxl_pool_identity_ok()
 */
void cxl_pool_init(CxlPool *pool, const CxlPoolIdentity *id);

/**
 * cxl_pool_ok: does a state keep the rules that every change keeps? A state
 * that does not was not written by us, and grants nothing.
 */
bool cxl_pool_ok(const CxlPool *pool);

/** cxl_pool_same: is nothing different but the number of the generation? */
bool cxl_pool_same(const CxlPool *a, const CxlPool *b);

/**
 * cxl_pool_sweep: heads whose hosts are gone are free; fenced ones stay fenced
 * @alive: without a head that the caller has locked in order to join
 */
void cxl_pool_sweep(CxlPool *pool, uint64_t alive);

/**
 * struct CxlPoolJoin - how a host joins
 * @head: number, or CXL_POOL_ANY_HEAD
 * @access: anything but CXL_POOL_NO_ACCESS
 * @avoid: mask of heads that are not to be had, although they are free
 * @backend: where it found the memory
 */
typedef struct CxlPoolJoin {
    uint32_t head;
    CxlPoolAccess access;
    uint64_t avoid;
    CxlPoolBackend backend[CXL_DPA_MAX_PARTITIONS];
} CxlPoolJoin;

/**
 * cxl_pool_join: a host takes a head
 * @alive: without it
 * @head: gets the number
 *
 * What it may do is its own from the moment when the state is in the file. Its
 * slot has to be written before that, with the generation that
 * cxl_pool_settle() gives.
 */
CxlPoolRefusal cxl_pool_join(CxlPool *pool, uint64_t alive,
                             const CxlPoolJoin *join, uint32_t *head);

/**
 * cxl_pool_leave: a host gives its head back. It has let go of the memory.
 *
 * A head that has been fenced stays so.
 */
CxlPoolRefusal cxl_pool_leave(CxlPool *pool, uint32_t head);

/**
 * cxl_pool_fence: a head loses everything, and nobody can join as it any more.
 * That nobody has it at the moment does not matter.
 */
CxlPoolRefusal cxl_pool_fence(CxlPool *pool, uint32_t head);

/**
 * cxl_pool_reclaim: a head is free again, whatever became of it; who had it
 * must be gone
 */
CxlPoolRefusal cxl_pool_reclaim(CxlPool *pool, uint64_t alive, uint32_t head);

/**
 * cxl_pool_set_access: what a joined head may do at most
 * @access: any
 */
CxlPoolRefusal cxl_pool_set_access(CxlPool *pool, uint32_t head,
                                   CxlPoolAccess access);

/**
 * cxl_pool_set_range: what some heads may do with a range
 * @start: first byte, a multiple of CXL_POOL_UNIT
 * @length: bytes, likewise; not zero
 * @heads: mask of those whose right is set, joined or not
 * @right: the right; a head never has more than its access
 */
CxlPoolRefusal cxl_pool_set_range(CxlPool *pool, uint64_t start,
                                  uint64_t length, uint64_t heads,
                                  CxlPoolRight right);

/**
 * cxl_pool_common: what is allowed both before and after a change of rights
 * @now: before
 * @next: after, by cxl_pool_set_access() and cxl_pool_set_range()
 * @both: gets it
 *
 * Whoever takes from one head and gives to another settles @both first, waits
 * until nobody owes anything (cxl_pool_owing()), and then makes the change once
 * more, to the state that there is by then.
 *
 * Returns: refused only if there is no room for the rows
 */
CxlPoolRefusal cxl_pool_common(const CxlPool *now, const CxlPool *next,
                               CxlPool *both);

/**
 * cxl_pool_settle: make a change the next generation
 * @now: what it was made to, swept
 * @next: what it made of it; gets the generation, and for each head that has
 *        lost something the mark that says so
 *
 * Returns: refused if somebody gains what another has not let go of; @next is
 * of no use then
 */
CxlPoolRefusal cxl_pool_settle(const CxlPool *now, CxlPool *next,
                               uint64_t alive);

/**
 * cxl_pool_owing: heads that are alive, have lost something, and have not said
 * that they let go of it
 */
uint64_t cxl_pool_owing(const CxlPool *pool, uint64_t alive);

/**
 * struct CxlPoolRange - a range of the memory, for one head
 * @start: first byte
 * @length: bytes
 * @right: what the head may do with it
 */
typedef struct CxlPoolRange {
    uint64_t start;
    uint64_t length;
    CxlPoolRight right;
} CxlPoolRange;

/**
 * cxl_pool_rights: what a head may do, access and rows together
 * @ranges: room for CXL_POOL_RANGES; gets ranges by ascending address, which
 *          cover the memory without gaps; no two neighbours have the same right
 *
 * Returns: the number of ranges; 0 if there is no such head
 */
unsigned cxl_pool_rights(const CxlPool *pool, uint32_t head,
                         CxlPoolRange *ranges);

/**
 * cxl_pool_limits: the same, as limits of a device
 * @limits: gets what the head may do; nothing if there is no such head
 */
void cxl_pool_limits(const CxlPool *pool, uint32_t head, CxlDpaLimits *limits);

/**
 * cxl_pool_heads: what all heads are to their hosts
 * @heads: gets CXL_POOL_HEADS of them; links are as hosts have told them
 */
void cxl_pool_heads(const CxlPool *pool, uint64_t alive, CxlHead *heads);

/**
 * cxl_pool_table_ok: are rows in order, inside of @capacity, of whole units?
 */
bool cxl_pool_table_ok(const CxlPoolTable *table, uint64_t capacity);

#endif /* CXL_CORE_POOL_H */
