/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's view of the CXL devices of a machine: finds them as an operating
 * system does and drives their registers.
 *
 * Host bridges and windows come from the CEDT that the machine offers to
 * firmware; buses, BARs and bridge windows are assigned here; DVSECs are found
 * by walking the list of extended capabilities, register blocks through the
 * register locator.
 *
 * The numbers below say once more what the specification says. They are not
 * taken from the headers of the model, so that a wrong number there fails. Only
 * the list of commands is shared: unit tests compare it with the model's rows.
 */
#ifndef TESTS_QTEST_CXL_TOPO_H
#define TESTS_QTEST_CXL_TOPO_H

#include "hw/cxl/spec/opcodes.h"
#include "libqtest.h"

#define QCXL_MIB                (1024 * 1024ull)
#define QCXL_UNIT               (256 * QCXL_MIB)

#define QCXL_MAX_HOSTS          16
#define QCXL_MAX_WINDOWS        256
#define QCXL_MAX_FUNCTIONS      64
#define QCXL_MAX_WAYS           16
#define QCXL_BARS               6
#define QCXL_DVSECS             16

/* DVSECs (CXL 3.1 8.1.1) */
#define QCXL_DVSEC_DEVICE       0
#define QCXL_DVSEC_FUNCTION_MAP 2
#define QCXL_DVSEC_PORT         3
#define QCXL_DVSEC_PORT_GPF     4
#define QCXL_DVSEC_DEVICE_GPF   5
#define QCXL_DVSEC_FLEX_BUS     7
#define QCXL_DVSEC_LOCATOR      8

/* Device DVSEC (CXL 3.1 8.1.3) */
#define QCXL_DEVICE_CAP         0x0a
#define QCXL_DEVICE_CTRL        0x0c
#define QCXL_DEVICE_CTRL_MEM    (1u << 2)
#define QCXL_DEVICE_LOCK        0x14
#define QCXL_DEVICE_RANGE(n)    (0x18 + 0x10 * (n))

/* Component registers (CXL 3.1 8.2.4) */
#define QCXL_COMPONENT_SIZE     0x10000
#define QCXL_CACHEMEM           0x1000
#define QCXL_CAP_RAS            0x0002
#define QCXL_CAP_LINK           0x0004
#define QCXL_CAP_HDM            0x0005
#define QCXL_CAP_SNOOP_FILTER    0x0008

/* HDM decoder capability (CXL 3.1 8.2.4.20) */
#define QCXL_HDM_CAP            0x00
#define QCXL_HDM_GLOBAL         0x04
#define QCXL_HDM_GLOBAL_ENABLE  (1u << 1)
#define QCXL_HDM_DECODER(n)     (0x10 + 0x20 * (n))
#define QCXL_DEC_BASE_LO        0x00
#define QCXL_DEC_BASE_HI        0x04
#define QCXL_DEC_SIZE_LO        0x08
#define QCXL_DEC_SIZE_HI        0x0c
#define QCXL_DEC_CTRL           0x10
#define QCXL_DEC_LIST_LO        0x14
#define QCXL_DEC_LIST_HI        0x18
#define QCXL_CTRL_IW(eiw)       ((eiw) << 4)
#define QCXL_CTRL_LOCK          (1u << 8)
#define QCXL_CTRL_COMMIT        (1u << 9)
#define QCXL_CTRL_COMMITTED     (1u << 10)
#define QCXL_CTRL_ERROR         (1u << 11)
#define QCXL_CTRL_HOST_ONLY     (1u << 12)

/* Device registers (CXL 3.1 8.2.8) */
#define QCXL_DEV_STATUS         0x0001
#define QCXL_DEV_MAILBOX        0x0002
#define QCXL_DEV_MEMDEV         0x4000
#define QCXL_MBOX_CAP           0x00
#define QCXL_MBOX_CTRL          0x04
#define QCXL_MBOX_CMD           0x08
#define QCXL_MBOX_STATUS        0x10
#define QCXL_MBOX_BACKGROUND    0x18
#define QCXL_MBOX_PAYLOAD       0x20
#define QCXL_MBOX_MAX           2048

/* Return codes (CXL 3.1 8.2.8.4.5.1) */
#define QCXL_SUCCESS            0x00
#define QCXL_INVALID_INPUT      0x02
#define QCXL_UNSUPPORTED        0x03
#define QCXL_INVALID_HANDLE     0x0e
#define QCXL_INVALID_LENGTH     0x16
#define QCXL_INVALID_LOG        0x17

/**
 * struct QCxlCommand - a line of the list of commands; lengths in bytes
 */
typedef struct QCxlCommand {
    uint16_t opcode;
    uint16_t effects;
    uint32_t min_in;
    uint32_t max_in;
    uint32_t out;
} QCxlCommand;

#define QCXL_COMMAND(symbol, opcode, effects, min_in, max_in, out) \
    { opcode, effects, min_in, max_in, out },

/**
 * struct QCxlHost - a host bridge as the CEDT tells it
 * @uid: also its bus number
 * @chbcr: guest address of its component registers
 * @hdm: guest address of its HDM decoder capability, or 0
 */
typedef struct QCxlHost {
    uint32_t uid;
    uint64_t chbcr;
    uint64_t hdm;
} QCxlHost;

/**
 * struct QCxlWindow - a fixed memory window as the CEDT tells it
 */
typedef struct QCxlWindow {
    uint64_t base;
    uint64_t size;
    unsigned ways;
    uint64_t granularity;
    unsigned arithmetic;
    unsigned restrictions;
    uint32_t targets[QCXL_MAX_WAYS];
} QCxlWindow;

/**
 * struct QCxlFunction - a PCI function below a host bridge
 * @parent: the bridge above it; NULL on the host bridge's own bus
 * @class: class, subclass and programming interface
 * @secondary: of a bridge: the bus below it
 * @port: PCI Express port number
 * @dvsec: configuration space offset of each CXL DVSEC, or 0
 * @component: guest address of the component registers, or 0
 * @hdm: guest address of its HDM decoder capability, or 0
 * @regs: guest address of the device registers, or 0
 * @status: ... of the device status
 * @mailbox: ... of the primary mailbox
 * @memdev: ... of the memory device status
 */
typedef struct QCxlFunction {
    struct QCxlFunction *parent;
    QCxlHost *host;
    uint8_t bus;
    uint8_t devfn;
    uint16_t vendor;
    uint16_t device;
    uint32_t class;
    bool bridge;
    uint8_t secondary;
    uint8_t port;
    uint64_t bar[QCXL_BARS];
    uint64_t bar_size[QCXL_BARS];
    uint16_t dvsec[QCXL_DVSECS];
    uint64_t component;
    uint64_t hdm;
    uint64_t regs;
    uint64_t status;
    uint64_t mailbox;
    uint64_t memdev;
} QCxlFunction;

/**
 * struct QCxlTopo - all of it
 */
typedef struct QCxlTopo {
    QTestState *qts;
    unsigned nhosts;
    QCxlHost host[QCXL_MAX_HOSTS];
    unsigned nwindows;
    QCxlWindow window[QCXL_MAX_WINDOWS];
    unsigned nfunctions;
    QCxlFunction function[QCXL_MAX_FUNCTIONS];
    uint64_t ecam;
    unsigned last_bus;
    uint64_t mmio;
} QCxlTopo;

/** qcxl_machine: options for the machine of the QEMU under test, CXL on */
const char *qcxl_machine(void);

/** qcxl_start: start QEMU with these options and enumerate */
QCxlTopo *qcxl_start(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/** qcxl_attach: the same with a QEMU that runs already */
QCxlTopo *qcxl_attach(QTestState *qts);

/** qcxl_stop: end QEMU, which must exit with status 0 */
void qcxl_stop(QCxlTopo *t);

/** qcxl_kill: QEMU ends without knowing it */
void qcxl_kill(QCxlTopo *t);

/**
 * qcxl_scan: enumerate once more, after a reset or a hotplug; pointers to
 * functions are to be looked up again
 */
void qcxl_scan(QCxlTopo *t);

/**
 * qcxl_table: the first ACPI table with that signature
 * @len: gets its length, 0 if there is none
 *
 * Returns: the table, to be freed, or NULL.
 */
uint8_t *qcxl_table(QCxlTopo *t, const char *signature, uint32_t *len);

/** qcxl_endpoint: the n-th memory device, by bus number; it must be there */
QCxlFunction *qcxl_endpoint(QCxlTopo *t, unsigned n);

/** qcxl_port: the n-th port, by bus number; it must be there */
QCxlFunction *qcxl_port(QCxlTopo *t, unsigned n);

/** qcxl_count: how many functions of that vendor and device there are */
unsigned qcxl_count(QCxlTopo *t, uint16_t vendor, uint16_t device);

/* Configuration space; 1, 2 or 4 bytes */
uint32_t qcxl_config_read(QCxlTopo *t, const QCxlFunction *f, unsigned offset,
                          unsigned size);
void qcxl_config_write(QCxlTopo *t, const QCxlFunction *f, unsigned offset,
                       unsigned size, uint32_t value);

/** qcxl_pci_cap: offset of a capability of the classic list, or 0 */
unsigned qcxl_pci_cap(QCxlTopo *t, const QCxlFunction *f, uint8_t id);

/* 2 bytes at @reg of the PCI Express capability of the first port */
uint16_t qcxl_port_read(QCxlTopo *t, unsigned reg);
void qcxl_port_write(QCxlTopo *t, unsigned reg, uint16_t value);

/** qcxl_ext_cap: offset of the first extended capability with that id, or 0 */
unsigned qcxl_ext_cap(QCxlTopo *t, const QCxlFunction *f, uint16_t id);

/** qcxl_component_cap: address of a component capability, or 0 */
uint64_t qcxl_component_cap(QCxlTopo *t, uint64_t component, uint16_t id);

/** qcxl_flr: function-level reset; BARs are gone until the next scan */
void qcxl_flr(QCxlTopo *t, const QCxlFunction *f);

/** qcxl_reset: system reset, then a scan */
void qcxl_reset(QCxlTopo *t);

/** qcxl_mem_enable: CXL.mem of a device (CXL 3.1 8.1.3.2) */
void qcxl_mem_enable(QCxlTopo *t, const QCxlFunction *f, bool on);

/** qcxl_hdm_enable: HDM Decoder Enable (CXL 3.1 8.2.4.20.2) */
void qcxl_hdm_enable(QCxlTopo *t, uint64_t hdm, bool on);

/**
 * struct QCxlDecoder - what to program an HDM decoder with
 * @targets: of a port: port numbers, one per byte
 * @skip: of a device: bytes of DPA
 * @flags: QCXL_CTRL_LOCK
 */
typedef struct QCxlDecoder {
    uint64_t base;
    uint64_t size;
    unsigned eiw;
    unsigned eig;
    union {
        uint64_t targets;
        uint64_t skip;
    };
    uint32_t flags;
} QCxlDecoder;

/** qcxl_decoder_set: write all registers of a decoder but the control one */
void qcxl_decoder_set(QCxlTopo *t, uint64_t hdm, unsigned n,
                      const QCxlDecoder *d);

/**
 * qcxl_commit: program decoder @n of the capability at @hdm as Linux does, set
 * Commit and wait for Committed or Error Not Committed, one of which must come
 *
 * Returns: whether it was committed
 */
bool qcxl_commit(QCxlTopo *t, uint64_t hdm, unsigned n, const QCxlDecoder *d);

/** qcxl_uncommit: clear Commit; returns whether Committed is clear */
bool qcxl_uncommit(QCxlTopo *t, uint64_t hdm, unsigned n);

/** qcxl_decoder_ctrl: control register of decoder @n */
uint32_t qcxl_decoder_ctrl(QCxlTopo *t, uint64_t hdm, unsigned n);

/**
 * qcxl_map: the usual case: one device, behind the host bridge's port, at
 * [@base, @base + @size) from the device's DPA 0; all of it must work
 */
void qcxl_map(QCxlTopo *t, QCxlFunction *f, uint64_t base, uint64_t size);

/**
 * qcxl_map_two_ways: the first two devices, behind ports 0 and 1 of the first
 * host bridge, interleaved by 256 bytes, at @base, from DPA 0 of both
 */
void qcxl_map_two_ways(QCxlTopo *t, uint64_t base);

/**
 * qcxl_command: run a command through the primary mailbox
 * @out: room for QCXL_MBOX_MAX bytes, or NULL
 * @out_len: gets the length of the output payload; may be NULL
 *
 * Returns: the return code
 */
uint16_t qcxl_command(QCxlTopo *t, const QCxlFunction *f, uint16_t opcode,
                      const void *in, uint32_t in_len, void *out,
                      uint32_t *out_len);

/** qcxl_is_ram: `info mtree -f` shows all of [base, base + size) as RAM */
bool qcxl_is_ram(QCxlTopo *t, uint64_t base, uint64_t size);

/** qcxl_has_ram: it shows some of it as RAM */
bool qcxl_has_ram(QCxlTopo *t, uint64_t base, uint64_t size);

/**
 * qcxl_query: what query-cxl says, with keys like "windows.0.regions.1.mapping"
 *
 * Returns: to be given to qobject_unref()
 */
QDict *qcxl_query(QCxlTopo *t);

/**
 * struct QCxlFile - a file for a memory backend, mapped here too
 */
typedef struct QCxlFile {
    char *path;
    uint8_t *map;
    uint64_t size;
} QCxlFile;

/** qcxl_empty_file: path of a new file, to be unlinked and freed */
char *qcxl_empty_file(void);

QCxlFile *qcxl_file_new(uint64_t size);
void qcxl_file_free(QCxlFile *file);

#endif /* TESTS_QTEST_CXL_TOPO_H */
