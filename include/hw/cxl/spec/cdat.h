/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coherent Device Attribute Table (CDAT specification 1.03, table 2 on)
 */
#ifndef CXL_SPEC_CDAT_H
#define CXL_SPEC_CDAT_H

#include "hw/cxl/spec/wire.h"

#define CXL_CDAT_REVISION           1
#define CXL_CDAT_REVISION_MAX       2

/** struct CxlCdatHeader - start of the table; all its bytes sum to zero */
typedef struct CxlCdatHeader {
    Le32 length;
    uint8_t revision;
    uint8_t checksum;
    uint8_t reserved[6];
    Le32 sequence;
} CxlCdatHeader;

_Static_assert(sizeof(CxlCdatHeader) == 16, "CDAT header");

#define CXL_CDAT_DSMAS              0
#define CXL_CDAT_DSLBIS             1
#define CXL_CDAT_DSMSCIS            2
#define CXL_CDAT_DSIS               3
#define CXL_CDAT_DSEMTS             4
#define CXL_CDAT_SSLBIS             5

/** struct CxlCdatEntry - start of every structure */
typedef struct CxlCdatEntry {
    uint8_t type;
    uint8_t reserved;
    Le16 length;
} CxlCdatEntry;

_Static_assert(sizeof(CxlCdatEntry) == 4, "CDAT structure header");

#define CXL_DSMAS_NON_VOLATILE      (1u << 2)
#define CXL_DSMAS_SHAREABLE         (1u << 3)
#define CXL_DSMAS_HW_COHERENT       (1u << 4)
#define CXL_DSMAS_READ_ONLY         (1u << 6)

/** struct CxlDsmas - device scoped memory affinity: a range of DPA */
typedef struct CxlDsmas {
    CxlCdatEntry entry;
    uint8_t handle;
    uint8_t flags;
    uint8_t reserved[2];
    Le64 dpa_base;
    Le64 dpa_length;
} CxlDsmas;

_Static_assert(sizeof(CxlDsmas) == 24, "DSMAS");

/* Data types, as in the HMAT: latency in ps, bandwidth in MB/s */
#define CXL_CDAT_ACCESS_LATENCY     0
#define CXL_CDAT_READ_LATENCY       1
#define CXL_CDAT_WRITE_LATENCY      2
#define CXL_CDAT_ACCESS_BANDWIDTH   3
#define CXL_CDAT_READ_BANDWIDTH     4
#define CXL_CDAT_WRITE_BANDWIDTH    5

/* An entry of 0 is "not provided", 0xffff "not reachable" */
#define CXL_CDAT_ENTRY_MAX          0xfffe

/** struct CxlDslbis - device scoped latency and bandwidth of a DSMAS */
typedef struct CxlDslbis {
    CxlCdatEntry entry;
    uint8_t handle;
    uint8_t flags;
    uint8_t data_type;
    uint8_t reserved1;
    Le64 base_unit;
    Le16 value[3];
    uint8_t reserved2[2];
} CxlDslbis;

_Static_assert(sizeof(CxlDslbis) == 24, "DSLBIS");

/** struct CxlDsmscis - device scoped memory side cache of a DSMAS */
typedef struct CxlDsmscis {
    CxlCdatEntry entry;
    uint8_t handle;
    uint8_t reserved[3];
    Le64 cache_size;
    Le32 cache_attributes;
} CxlDsmscis;

_Static_assert(sizeof(CxlDsmscis) == 20, "DSMSCIS");

/** struct CxlDsis - device scoped initiator */
typedef struct CxlDsis {
    CxlCdatEntry entry;
    uint8_t flags;
    uint8_t handle;
    uint8_t reserved[2];
} CxlDsis;

_Static_assert(sizeof(CxlDsis) == 8, "DSIS");

#define CXL_DSEMTS_CONVENTIONAL     0
#define CXL_DSEMTS_SPECIFIC_PURPOSE 1
#define CXL_DSEMTS_RESERVED         2

/** struct CxlDsemts - EFI memory type of a part of a DSMAS */
typedef struct CxlDsemts {
    CxlCdatEntry entry;
    uint8_t handle;
    uint8_t memory_type;
    uint8_t reserved[2];
    Le64 dpa_offset;
    Le64 dpa_length;
} CxlDsemts;

_Static_assert(sizeof(CxlDsemts) == 24, "DSEMTS");

/** struct CxlSslbis - switch scoped latency and bandwidth; pairs follow */
typedef struct CxlSslbis {
    CxlCdatEntry entry;
    uint8_t data_type;
    uint8_t reserved[3];
    Le64 base_unit;
} CxlSslbis;

_Static_assert(sizeof(CxlSslbis) == 16, "SSLBIS");

#define CXL_SSLBIS_UPSTREAM_PORT    0x0100
#define CXL_SSLBIS_ANY_PORT         0xffff

/** struct CxlSslbe - one pair of ports */
typedef struct CxlSslbe {
    Le16 port_x;
    Le16 port_y;
    Le16 value;
    uint8_t reserved[2];
} CxlSslbe;

_Static_assert(sizeof(CxlSslbe) == 8, "SSLBIS entry");

#endif /* CXL_SPEC_CDAT_H */
