/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOE mailbox with CXL table access (CXL 3.1 8.1.11), and the CDAT behind it
 */
#ifndef HW_CXL_DOE_H
#define HW_CXL_DOE_H

#include "hw/cxl/core/cdat.h"
#include "hw/cxl/core/component.h"
#include "hw/cxl/core/doe.h"
#include "hw/pci/pci_device.h"

/** CXL_DOE_NO_VECTOR: the mailbox cannot interrupt */
#define CXL_DOE_NO_VECTOR (-1)

/**
 * struct CxlDoeMailbox - the mailbox of a function
 * @pci: the function
 * @offset: of the capability in configuration space
 * @doe: registers
 * @table: what table access reads
 * @bytes: storage of @table, from g_malloc()
 */
typedef struct CxlDoeMailbox {
    PCIDevice *pci;
    uint16_t offset;
    CxlDoe doe;
    CxlCdatTable table;
    uint8_t *bytes;
} CxlDoeMailbox;

/**
 * cxl_doe_mailbox_realize: add the capability where components of @kind have it
 * @bytes: a CDAT of @size bytes from g_malloc(), taken over; NULL when there
 *         is none, for a reason that the caller has reported
 * @vector: MSI-X vector, or CXL_DOE_NO_VECTOR
 *
 * Returns: false without @bytes.
 */
bool cxl_doe_mailbox_realize(CxlDoeMailbox *m, PCIDevice *pci,
                             CxlComponentKind kind, uint8_t *bytes,
                             uint32_t size, int vector);

/** cxl_doe_mailbox_cleanup: free the table; @m may be all zero */
void cxl_doe_mailbox_cleanup(CxlDoeMailbox *m);

/**
 * cxl_doe_mailbox_read_config: a configuration read
 * @value: what the PCI core reads, replaced when the access is to the mailbox
 */
uint32_t cxl_doe_mailbox_read_config(const CxlDoeMailbox *m, uint32_t addr,
                                     int len, uint32_t value);

/** cxl_doe_mailbox_write_config: a configuration write, if it is for @m */
void cxl_doe_mailbox_write_config(CxlDoeMailbox *m, uint32_t addr,
                                  uint32_t value, int len);

/**
 * struct CxlPerfOptions - performance as the user writes it
 * @text: latencies as a number with ps, ns (the default) or us; bandwidths as
 *        a number with M (the default), G or T: 10^6, 10^9 or 10^12 bytes/s
 */
typedef struct CxlPerfOptions {
    char *text[CXL_PERF_VALUES];
} CxlPerfOptions;

/**
 * CXL_PERF_PROPERTIES: the four options, with @prefix before their names
 */
#define CXL_PERF_PROPERTIES(prefix, type, field)                            \
    DEFINE_PROP_STRING(prefix "read-latency", type,                         \
                       field.text[CXL_PERF_READ_LATENCY]),                  \
    DEFINE_PROP_STRING(prefix "write-latency", type,                        \
                       field.text[CXL_PERF_WRITE_LATENCY]),                 \
    DEFINE_PROP_STRING(prefix "read-bandwidth", type,                       \
                       field.text[CXL_PERF_READ_BANDWIDTH]),                \
    DEFINE_PROP_STRING(prefix "write-bandwidth", type,                      \
                       field.text[CXL_PERF_WRITE_BANDWIDTH])

/**
 * cxl_perf_parse: read the options into @perf, which holds the defaults
 *
 * Returns: false with @errp set when one cannot be read or is out of range.
 */
bool cxl_perf_parse(const CxlPerfOptions *options, const char *device,
                    const char *prefix, CxlPerf *perf, Error **errp);

/**
 * cxl_cdat_load: read and check a table that the user brings (cdat=FILE)
 * @size: gets its bytes
 *
 * Returns: the table, to be freed with g_free(); NULL with @errp set, which
 * tells offset and reason when the table is wrong.
 */
uint8_t *cxl_cdat_load(const char *device, const char *file, uint32_t *size,
                       Error **errp);

#endif /* HW_CXL_DOE_H */
