/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue as file systems for shared memory have it: one producer, one
 * consumer, each a vCPU with its side of the memory
 *
 * Entries are of any length, lie one behind the other and wrap, so that most
 * share lines with their neighbours. The producer has a line with how many
 * bytes it has put, the consumer one with how many it has taken. Counts never
 * wrap. A side flushes what it has written and forgets what it is about to
 * read; "rounds=N" is how many entries arrive so.
 *
 * Then each of these flushes in turn is left out. What is seen then is an entry
 * that is wrong, or that none comes any more.
 */
#include "coherency.h"

#define ROUNDS      5000
#define BROKEN      2000
#define STALLED_MS  500

#define RING        0x20000
#define RING_SIZE   (16 * LINE)
#define PUT         0x10000
#define TAKEN       0x10100
#define MAX_WORDS   40

/* What can be left out */
typedef enum Step {
    FLUSH_ENTRY, FLUSH_PUT, FORGET_TAKEN, FORGET_PUT, FORGET_ENTRY, FLUSH_TAKEN,
    NOTHING
} Step;

static const char *const names[] = {
    "the flush of an entry", "the flush of what is put",
    "forgetting what is taken", "forgetting what is put",
    "forgetting an entry", "the flush of what is taken",
};

/* One run; both vCPUs see it, as it is in RAM */
static volatile struct {
    Step left_out;
    unsigned rounds;
    bool over;
    unsigned arrived, wrong;
} run;

static uint32_t mix(uint32_t value)
{
    value ^= value >> 16;
    value *= 0x7feb352du;
    value ^= value >> 15;
    return value * 0x846ca68bu ^ value >> 16;
}

/* How many words the entry has, and the words of which it consists */
static unsigned words_of(unsigned entry)
{
    return 2 + mix(entry) % (MAX_WORDS - 1);
}

static uint64_t word_of(unsigned entry, unsigned i)
{
    return i ? (uint64_t)mix(entry * 64 + i) << 32 | entry : words_of(entry);
}

static uint64_t place(uint64_t side, uint64_t at)
{
    return side + RING + at % RING_SIZE;
}

/* Of each line of some bytes of the ring, once */
static void each_line(uint64_t side, uint64_t at, uint64_t end,
                      void (*fn)(uint64_t))
{
    for (at -= at % LINE; at < end; at += LINE) {
        fn(place(side, at));
    }
}

/* Waits until a count of the other side is more; false when all is over */
static bool wait_for_more(uint64_t at, uint64_t than, Step step, uint64_t until)
{
    while (!run.over) {
        if (run.left_out != step) {
            forget(at);
            fence();
        }
        if (load64(at) > than) {
            return true;
        }
        if (until && milliseconds() > until) {
            run.over = true;
        }
        relax();
    }
    return false;
}

static void announce(uint64_t at, uint64_t value, Step step)
{
    fence();
    store64(at, value);
    if (run.left_out != step) {
        clean(at);
        fence();
    }
}

static void produce(void *arg)
{
    uint64_t at = 0, end;

    (void)arg;
    for (unsigned entry = 0; entry < run.rounds; entry++) {
        unsigned words = words_of(entry);

        end = at + words * 8;
        /* There is room when this much has been taken */
        if (end > RING_SIZE &&
            !wait_for_more(here + TAKEN, end - RING_SIZE - 1, FORGET_TAKEN,
                           0)) {
            return;
        }
        for (unsigned i = 0; i < words; i++) {
            store64(place(here, at + i * 8), word_of(entry, i));
        }
        if (run.left_out != FLUSH_ENTRY) {
            each_line(here, at, end, clean);
        }
        announce(here + PUT, end, FLUSH_PUT);
        at = end;
    }
}

/* Whether the entry is what was put */
static bool check(unsigned entry, uint64_t at, unsigned words)
{
    bool good = true;

    for (unsigned i = 0; i < words; i++) {
        good = good && load64(place(there, at + i * 8)) == word_of(entry, i);
    }
    return good;
}

static void consume(void)
{
    uint64_t at = 0, end, until = 0;

    for (unsigned entry = 0; entry < run.rounds; entry++) {
        unsigned words = words_of(entry);

        end = at + words * 8;
        /* Who is right waits for as long as it takes */
        if (run.left_out != NOTHING) {
            until = milliseconds() + STALLED_MS;
        }
        if (!wait_for_more(there + PUT, end - 1, FORGET_PUT, until)) {
            break;
        }
        if (run.left_out != FORGET_ENTRY) {
            each_line(there, at, end, forget);
            fence();
        }
        if (!check(entry, at, words)) {
            run.wrong++;
            if (run.left_out != NOTHING) {
                break;
            }
        }
        announce(there + TAKEN, end, FLUSH_TAKEN);
        run.arrived++;
        at = end;
    }
    run.over = true;
}

static void run_once(Step left_out, unsigned rounds)
{
    run.left_out = left_out;
    run.rounds = rounds;
    run.arrived = run.wrong = 0;
    run.over = false;
    store64(here + PUT, 0);
    forget(here + PUT);
    store64(there + TAKEN, 0);
    forget(there + TAKEN);
    forget_all();
    cpu_run(1, produce, NULL);
    consume();
    cpu_wait(1);
}

int main(void)
{
    unsigned rounds = bare_arg("rounds", ROUNDS);

    if (cpus_start() < 2) {
        bail("two vCPUs are needed");
    }
    sides_start();
    run_once(NOTHING, rounds);
    ok(run.arrived == rounds && !run.wrong, "%u of %u entries, %u wrong",
       run.arrived, rounds, run.wrong);
    /* Where much is evicted, a flush may not be missed */
    for (Step step = 0; step < NOTHING && calm; step++) {
        run_once(step, BROKEN);
        ok(run.wrong || run.arrived < BROKEN, "without %s: %u of %u entries,"
           " %u wrong", names[step], run.arrived, BROKEN, run.wrong);
    }
    bare_end();
}
