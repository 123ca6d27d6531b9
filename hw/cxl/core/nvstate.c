/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a memory device remembers without power (CXL 3.1 8.2.9.9.3.1,
 * 8.2.9.9.3.5)
 */
#include "hw/cxl/core/nvstate.h"

#include <stddef.h>
#include <string.h>

#include "hw/cxl/spec/payload-health.h"
#include "hw/cxl/spec/wire.h"

#define VERSION     1

static const uint8_t magic[8] = { 'C', 'X', 'L', 's', 't', 'a', 't', 'e' };

/* A slot in the file */
typedef struct Slot {
    uint8_t magic[8];
    Le32 version;
    Le32 reserved;
    Le64 sequence;
    Le32 dirty_shutdowns;
    uint8_t shutdown_state;
    uint8_t sanitizing;
    uint8_t passphrase_set[CXL_PASSPHRASES];
    uint8_t passphrase[CXL_PASSPHRASES][CXL_SHA256_SIZE];
    Le64 volatile_size;
    Le64 next_volatile_size;
    uint8_t divided;
    uint8_t padding[CXL_NV_SLOT_SIZE - 57 - CXL_PASSPHRASES * CXL_SHA256_SIZE];
    Le64 sum;
} Slot;

_Static_assert(sizeof(Slot) == CXL_NV_SLOT_SIZE, "a slot of the file");

/* 64-bit FNV-1a of all before the sum: it finds torn writes, not forgery */
static uint64_t sum_of(const Slot *slot)
{
    const uint8_t *bytes = (const uint8_t *)slot;
    uint64_t hash = 0xcbf29ce484222325;

    for (unsigned i = 0; i < offsetof(Slot, sum); i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    }
    return hash;
}

void cxl_nv_pack(const CxlNvState *state, uint64_t sequence,
                 uint8_t slot[CXL_NV_SLOT_SIZE])
{
    Slot s = {
        .version = cxl_le32(VERSION),
        .sequence = cxl_le64(sequence),
        .dirty_shutdowns = cxl_le32(state->dirty_shutdowns),
        .shutdown_state = state->shutdown_state,
        .sanitizing = state->sanitizing,
        .volatile_size = cxl_le64(state->volatile_size),
        .next_volatile_size = cxl_le64(state->next_volatile_size),
        .divided = state->divided,
    };

    for (unsigned i = 0; i < CXL_PASSPHRASES; i++) {
        s.passphrase_set[i] = state->passphrases.set[i];
    }
    memcpy(s.passphrase, state->passphrases.digest, sizeof(s.passphrase));

    memcpy(s.magic, magic, sizeof(magic));
    s.sum = cxl_le64(sum_of(&s));
    memcpy(slot, &s, sizeof(s));
}

/* The sum is no proof that we have written it: its values are checked, too */
static bool is_in_force(const Slot *s, unsigned n)
{
    return !memcmp(s->magic, magic, sizeof(magic)) &&
           cxl_le32_get(s->version) == VERSION &&
           cxl_le64_get(s->sum) == sum_of(s) &&
           cxl_le64_get(s->sequence) % CXL_NV_SLOTS == n &&
           s->shutdown_state <= CXL_SHUTDOWN_STATE_DIRTY;
}

static bool is_new(const uint8_t *file)
{
    for (unsigned i = 0; i < CXL_NV_FILE_SIZE; i++) {
        if (file[i]) {
            return false;
        }
    }
    return true;
}

static void take(const Slot *s, CxlNvState *state)
{
    state->dirty_shutdowns = cxl_le32_get(s->dirty_shutdowns);
    state->shutdown_state = s->shutdown_state;
    state->sanitizing = s->sanitizing;
    state->volatile_size = cxl_le64_get(s->volatile_size);
    state->next_volatile_size = cxl_le64_get(s->next_volatile_size);
    state->divided = s->divided;
    for (unsigned i = 0; i < CXL_PASSPHRASES; i++) {
        state->passphrases.set[i] = s->passphrase_set[i];
    }
    memcpy(state->passphrases.digest, s->passphrase, sizeof(s->passphrase));
}

bool cxl_nv_unpack(const uint8_t *file, CxlNvState *state, uint64_t *sequence)
{
    bool found = false;

    *state = (CxlNvState) { 0 };
    *sequence = 0;
    for (unsigned n = 0; n < CXL_NV_SLOTS; n++) {
        const Slot *s = (const Slot *)(file + n * CXL_NV_STRIDE);
        uint64_t at = cxl_le64_get(s->sequence);

        if (is_in_force(s, n) && (!found || at > *sequence)) {
            take(s, state);
            *sequence = at;
            found = true;
        }
    }
    return found || is_new(file);
}
