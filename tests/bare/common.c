/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs of tests/bare say, what they are told and what vCPUs do, on any
 * machine
 */
#include "bare.h"

/* What a vCPU is to do */
typedef struct Work {
    void (*fn)(void *arg);
    void *arg;
} Work;

static volatile Work works[BARE_MAX_CPUS];
static unsigned results, failures;
static uint32_t console_lock;

int memcmp(const void *a, const void *b, size_t n)
{
    const uint8_t *p = a, *q = b;

    for (; n && *p == *q; n--) {
        p++;
        q++;
    }
    return n ? *p - *q : 0;
}

/* --- console ------------------------------------------------------------ */

static void put_string(const char *s)
{
    while (*s) {
        bare_put(*s++);
    }
}

static void put_number(uint64_t value, unsigned base)
{
    char digits[20];
    unsigned n = 0;

    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n) {
        bare_put(digits[--n]);
    }
}

static void put_format(const char *fmt, va_list args)
{
    for (; *fmt; fmt++) {
        bool is_long = false;

        if (*fmt != '%') {
            bare_put(*fmt);
            continue;
        }
        if (*++fmt == 'l') {
            is_long = true;
            fmt++;
        }
        if (*fmt == 's') {
            put_string(va_arg(args, const char *));
        } else {
            put_number(is_long ? va_arg(args, uint64_t) :
                                 va_arg(args, unsigned),
                       *fmt == 'x' ? 16 : 10);
        }
    }
}

/* A vCPU that has the console and traps may say so */
static void console_begin(void)
{
    unsigned tries = 0;

    while (__atomic_exchange_n(&console_lock, 1, __ATOMIC_ACQUIRE) &&
           ++tries < 1000000) {
        relax();
    }
}

static void console_end(void)
{
    bare_put('\n');
    __atomic_store_n(&console_lock, 0, __ATOMIC_RELEASE);
}

void say(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    console_begin();
    put_format(fmt, args);
    console_end();
    va_end(args);
}

bool ok(bool good, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    console_begin();
    results++;
    failures += !good;
    put_string(good ? "ok " : "not ok ");
    put_number(results, 10);
    put_string(" - ");
    put_format(fmt, args);
    console_end();
    va_end(args);
    return good;
}

void bail(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    console_begin();
    put_string("Bail out! ");
    put_format(fmt, args);
    console_end();
    va_end(args);
    bare_leave(false);
}

void bare_end(void)
{
    say("1..%u", results);
    bare_leave(!failures);
}

/* --- command line ------------------------------------------------------- */

static uint64_t number(const char *s)
{
    uint64_t value = 0;

    for (; *s >= '0' && *s <= '9'; s++) {
        value = value * 10 + (*s - '0');
    }
    return value;
}

uint64_t bare_arg(const char *name, uint64_t otherwise)
{
    const char *at = bare_words();

    while (*at) {
        const char *n = name;

        while (*n && *n == *at) {
            n++;
            at++;
        }
        if (!*n && (!*at || *at == ' ')) {
            return 1;
        }
        if (!*n && *at == '=') {
            return number(at + 1);
        }
        while (*at && *at != ' ') {
            at++;
        }
        while (*at == ' ') {
            at++;
        }
    }
    return otherwise;
}

/* --- vCPUs: the stack says which one this is ------------------------------ */

unsigned bare_this_cpu(void)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);

    return (here - (uint64_t)bare_stacks) >> BARE_STACK_SHIFT;
}

void bare_work(void)
{
    volatile Work *work = &works[bare_this_cpu()];

    for (;;) {
        if (work->fn) {
            work->fn(work->arg);
            work->fn = NULL;
        }
        relax();
    }
}

void cpu_run(unsigned cpu, void (*fn)(void *arg), void *arg)
{
    works[cpu].arg = arg;
    works[cpu].fn = fn;
}

void cpu_wait(unsigned cpu)
{
    while (works[cpu].fn) {
        relax();
    }
}
