/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coherent Device Attribute Table: built from a description, or checked when a
 * user brings one
 */
#ifndef CXL_CORE_CDAT_H
#define CXL_CORE_CDAT_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/cxl/core/dpa.h"
#include "hw/cxl/core/perf.h"

/** CXL_CDAT_MAX_SIZE: longest table, bytes */
#define CXL_CDAT_MAX_SIZE           0x10000

/** CXL_CDAT_ENDPOINT_SIZE: bytes in the table of @n partitions */
#define CXL_CDAT_ENDPOINT_SIZE(n)   (16u + 144u * (n))

/** CXL_CDAT_SWITCH_SIZE: bytes in the table of @n pairs of ports */
#define CXL_CDAT_SWITCH_SIZE(n)     (16u + 4u * (16u + 8u * (n)))

/** CXL_CDAT_MAX_PAIRS: pairs of ports that one table holds */
#define CXL_CDAT_MAX_PAIRS          2045

/**
 * struct CxlCdatPortPair - the way through a switch from one port to another
 * @port_x: port number, CXL_SSLBIS_UPSTREAM_PORT or CXL_SSLBIS_ANY_PORT
 * @port_y: likewise
 * @perf: of the way
 */
typedef struct CxlCdatPortPair {
    uint16_t port_x;
    uint16_t port_y;
    CxlPerf perf;
} CxlCdatPortPair;

/**
 * struct CxlCdatError - why a table was refused
 * @offset: byte in the table at which the fault lies; zero from a builder
 * @reason: a static string, a clause to follow "CDAT offset N: "
 */
typedef struct CxlCdatError {
    uint32_t offset;
    const char *reason;
} CxlCdatError;

/**
 * cxl_perf_check: can the table hold it?
 *
 * Returns: NULL, or a static string that says which value is out of range
 */
const char *cxl_perf_check(const CxlPerf *perf);

/**
 * cxl_cdat_build_endpoint: the table of a memory device: DSMAS, four DSLBIS and
 * DSEMTS for each partition
 * @partitions: @count of them; their number is the DSMAS handle
 * @sequence: sequence number of the header
 * @table: written, @size bytes are there
 *
 * Values are exact: if the usual unit (1 ns, 1 MB/s) does not do, the base unit
 * of a DSLBIS is the value itself.
 *
 * Returns: bytes in the table, CXL_CDAT_ENDPOINT_SIZE(count), or 0 when it does
 * not fit @size, or a partition is empty, or fails cxl_perf_check(); @error
 * then says why
 */
uint32_t cxl_cdat_build_endpoint(const CxlDpaPartition *partitions,
                                 unsigned count, uint32_t sequence,
                                 uint8_t *table, uint32_t size,
                                 CxlCdatError *error);

/**
 * cxl_cdat_build_memory: the same, of the partitions of @dpa that are not empty
 */
uint32_t cxl_cdat_build_memory(const CxlDpa *dpa, uint32_t sequence,
                               uint8_t *table, uint32_t size,
                               CxlCdatError *error);

/**
 * cxl_cdat_build_switch: the table of a switch's upstream port: four SSLBIS,
 * one per value, each with all the pairs
 * @pairs: @count of them, at least one
 *
 * The pairs share a base unit: values are exact as long as they can be, else
 * rounded to one part in 65534 of the largest.
 *
 * Returns: as cxl_cdat_build_endpoint(), with CXL_CDAT_SWITCH_SIZE(count)
 */
uint32_t cxl_cdat_build_switch(const CxlCdatPortPair *pairs, unsigned count,
                               uint32_t sequence, uint8_t *table,
                               uint32_t size, CxlCdatError *error);

/**
 * cxl_cdat_validate: is this a table that may be given to a guest?
 * @table: @size bytes, from anywhere
 *
 * Returns: true, or false with the first fault in @error
 */
bool cxl_cdat_validate(const uint8_t *table, uint64_t size,
                       CxlCdatError *error);

/**
 * struct CxlCdatTable - a table to be read by a guest
 * @bytes: built or validated here; stays where it is
 * @size: bytes
 */
typedef struct CxlCdatTable {
    const uint8_t *bytes;
    uint32_t size;
} CxlCdatTable;

/**
 * cxl_cdat_find: the part of @table that an entry handle stands for
 * (CXL 3.1 8.1.11): 0 is the header, n the n-th structure
 * @offset: where it starts
 * @len: bytes
 * @last: nothing follows it
 *
 * Returns: false when there is no such entry
 */
bool cxl_cdat_find(const CxlCdatTable *table, uint16_t handle,
                   uint32_t *offset, uint32_t *len, bool *last);

#endif /* CXL_CORE_CDAT_H */
