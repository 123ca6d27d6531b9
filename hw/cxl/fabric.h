/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fabric: which host bridges there are, and whether routes are up to date
 *
 * This is the ground floor of the machine tier. Whoever changes something that
 * routes depend on (a decoder, an enable, the presence of a device) marks the
 * fabric; whoever let that happen from outside (a register door, the exit phase
 * of a reset, an unplug) settles it when all of it has been done. So one access
 * compiles the routes once at most, and so does one reset of any number of
 * devices. What compiling means is registered by the machine, and so is the way
 * to ask what came of it.
 *
 * All functions are called with the BQL held.
 */
#ifndef HW_CXL_FABRIC_H
#define HW_CXL_FABRIC_H

#include "exec/cpu-common.h"
#include "hw/resettable.h"

struct CxlHostBridge;
struct CxlType3;

/* As many as have room in the machine's register area */
#define CXL_FABRIC_MAX_BRIDGES 16

/**
 * struct CxlMapOps - what the machine makes of the fabric
 * @compile: compile the routes and map the windows
 * @find_line: what cxl_fabric_find_line() asks
 */
typedef struct CxlMapOps {
    void (*compile)(void *opaque);
    bool (*find_line)(void *opaque, const struct CxlType3 *t3, uint64_t dpa,
                      uint8_t **bytes, ram_addr_t *stored);
} CxlMapOps;

/**
 * cxl_fabric_open: the machine has CXL: host bridges may come
 */
void cxl_fabric_open(void);

/** cxl_fabric_is_open: does the machine have CXL? */
bool cxl_fabric_is_open(void);

/**
 * cxl_fabric_add_bridge: a host bridge was made
 *
 * The bridge that was made last comes first, in the register area and in the
 * CEDT: guests and expected ACPI tables know this order.
 *
 * Returns: false when there is no more room.
 */
bool cxl_fabric_add_bridge(struct CxlHostBridge *hb);

/** cxl_fabric_nbridges: how many host bridges there are */
unsigned cxl_fabric_nbridges(void);

/**
 * cxl_fabric_bridge: a host bridge
 * @n: less than cxl_fabric_nbridges(); the order of the registers
 */
struct CxlHostBridge *cxl_fabric_bridge(unsigned n);

/**
 * cxl_fabric_start: from now on settling compiles; it does nothing before
 * @map: stays the caller's, and is used from now on
 * @opaque: goes to both of its functions
 *
 * To be called once, when all devices of the command line exist. The fabric is
 * marked afterwards.
 */
void cxl_fabric_start(const CxlMapOps *map, void *opaque);

/**
 * cxl_fabric_find_line: where a window keeps a line of a device
 * @dpa: its first byte
 * @bytes: gets where CXL_DPA_LINE bytes may be stored; NULL: they must not be
 * @stored: gets what memory_ram_written() wants
 *
 * Returns: false when no window shows the line.
 */
bool cxl_fabric_find_line(const struct CxlType3 *t3, uint64_t dpa,
                          uint8_t **bytes, ram_addr_t *stored);

/**
 * cxl_fabric_mark: something changed that routes depend on
 */
void cxl_fabric_mark(void);

/**
 * cxl_fabric_settle: compile the routes if the fabric is marked
 *
 * What was mapped and is not any more is gone when the call returns, except
 * while the fabric is held.
 */
void cxl_fabric_settle(void);

/**
 * cxl_fabric_leave: a component is about to go; routes must not lead there
 *
 * Compiles at once, also while the fabric is held: memory that is mapped must
 * not outlive its device. The component has to be out of the topology already.
 */
void cxl_fabric_leave(void);

/**
 * cxl_fabric_hold: put off compiling until cxl_fabric_release(), which settles
 *
 * For a reset of the whole machine. Pairs may nest.
 */
void cxl_fabric_hold(void);

/** cxl_fabric_release: end what cxl_fabric_hold() began */
void cxl_fabric_release(void);

/**
 * cxl_fabric_reset_exit: settle, as the exit phase of a reset
 *
 * For each device that marks the fabric in its hold phase: the first that gets
 * here compiles for all that were reset with it.
 */
void cxl_fabric_reset_exit(Object *obj, ResetType type);

#endif /* HW_CXL_FABRIC_H */
