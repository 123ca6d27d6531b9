/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory device that tests of registers and commands begin with: both
 * kinds of capacity, and label storage
 */
#ifndef CXL_UNIT_MEMDEV_FIXTURE_H
#define CXL_UNIT_MEMDEV_FIXTURE_H

#include "mailbox.h"

static CxlMemdev *m;
static TestLsa lsa;

static void setup(void)
{
    m = test_memdev_new(&lsa, 2 * GIB, GIB / 2, 4096);
}

static void teardown(void)
{
    test_memdev_free(m);
}

#endif /* CXL_UNIT_MEMDEV_FIXTURE_H */
