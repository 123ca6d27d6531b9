/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets labels on a disk that is slow, while another vCPU uses the same device
 *
 * "rounds=N" is how often. The runner makes the disk slow, and sees that QEMU
 * answers meanwhile.
 */
#include "bare.h"

#define BAR2            0x18

/* Device registers (CXL 3.1 8.2.8) */
#define CAP_MAILBOX     2
#define MBOX_CTRL       0x04
#define MBOX_CMD        0x08
#define MBOX_STATUS     0x10
#define MBOX_PAYLOAD    0x20
#define DOORBELL        1u

#define OP_GET_LSA      0x4102
#define OP_SET_LSA      0x4103

#define OFFSET          512
/* Less than what the runner makes the disk take */
#define SLOW_MS         500

static uint64_t mailbox;
static volatile bool stop;
static volatile uint64_t uses;

static uint64_t find_mailbox(const CxlFunction *f)
{
    uint64_t regs = config_read(f->bus, f->devfn, BAR2, 4) & ~0xfull;
    unsigned count;

    regs |= (uint64_t)config_read(f->bus, f->devfn, BAR2 + 4, 4) << 32;
    count = load64(regs) >> 32 & 0xffff;
    for (unsigned i = 1; i <= count; i++) {
        if ((load32(regs + 0x10 * i) & 0xffff) == CAP_MAILBOX) {
            return regs + load32(regs + 0x10 * i + 4);
        }
    }
    bail("there is no mailbox");
}

/* Returns the return code; *waited is how long the doorbell stayed set */
static unsigned command(unsigned opcode, unsigned len, uint64_t *waited)
{
    uint64_t begin = milliseconds();

    store64(mailbox + MBOX_CMD, opcode | (uint64_t)len << 16);
    store32(mailbox + MBOX_CTRL, DOORBELL);
    while (load32(mailbox + MBOX_CTRL) & DOORBELL) {
        relax();
    }
    *waited = milliseconds() - begin;
    return load64(mailbox + MBOX_STATUS) >> 32 & 0xffff;
}

/*
 * What it writes while the doorbell is set must not count. It does not ring
 * itself: that could come when the doorbell has just been cleared.
 */
static void disturb(void *arg)
{
    (void)arg;
    while (!stop) {
        if (load32(mailbox + MBOX_CTRL) & DOORBELL) {
            store64(mailbox + MBOX_PAYLOAD + 8, 0);
            store64(mailbox + MBOX_CMD, 0xffff);
            uses++;
        }
        relax();
    }
}

int main(void)
{
    unsigned rounds = bare_arg("rounds", 2), bad = 0;
    uint64_t waited, least = ~0ull, before;

    cpus_start();
    cxl_scan();
    mailbox = find_mailbox(cxl_endpoint(0));
    for (unsigned i = 0; i < rounds; i++) {
        stop = false;
        uses = 0;
        cpu_run(1, disturb, NULL);
        store64(mailbox + MBOX_PAYLOAD, OFFSET);
        store64(mailbox + MBOX_PAYLOAD + 8, ~(uint64_t)i);
        bad += command(OP_SET_LSA, 16, &waited) != 0;
        stop = true;
        cpu_wait(1);
        least = waited < least ? waited : least;
        before = uses;

        store64(mailbox + MBOX_PAYLOAD, OFFSET | 8ull << 32);
        bad += command(OP_GET_LSA, 8, &waited) != 0;
        bad += load64(mailbox + MBOX_PAYLOAD) != ~(uint64_t)i;
        bad += before < 2;
    }
    say("# the doorbell was set for %lu ms at least", least);
    ok(least >= SLOW_MS, "labels wait for the disk");
    ok(!bad, "they are set, and another processor uses the device meanwhile");
    bare_end();
}
