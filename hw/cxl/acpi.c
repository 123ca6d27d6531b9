/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI description of CXL host bridges and windows (CXL 3.1 9.13 and 9.18)
 */
#include "qemu/osdep.h"
#include "hw/cxl/acpi.h"

#include "fabric.h"
#include "hw/cxl/core/interleave.h"
#include "host-bridge.h"
#include "machine-state.h"

/* _OSC interfaces: PCI Firmware Specification 3.3 4.5.1, CXL 3.1 9.18.2 */
#define OSC_PCI_UUID "33DB4D5B-1FF7-401C-9657-7441C03DD766"
#define OSC_CXL_UUID "68F2D50B-C469-4D8A-BD3D-941A103FD3FC"
/* Status in the first DWORD */
#define OSC_UNKNOWN_UUID     0x04
#define OSC_UNKNOWN_REVISION 0x08
#define OSC_MASKED           0x10
/*
 * Native hotplug, SHPC hotplug, AER, PCI Express capability control. Not PME,
 * bit 2: ports have no power management capability to signal it by. An OS that
 * has PME masks the slot's interrupts of a port that it puts to sleep, and
 * would wait for one for ever.
 */
#define OSC_PCI_CONTROL      0x1b
/* CXL memory error reporting control */
#define OSC_CXL_CONTROL      0x01
/* DWORDs of a capabilities buffer for CXL */
#define OSC_CXL_DWORDS       5

/* _DSM of the root object: CXL 3.1 9.18.3 */
#define DSM_ROOT_UUID "F365F9A6-A7DE-4071-A66A-B40C0B4F8E52"
#define DSM_QTG       1

#define CEDT_CHBS         0
#define CEDT_CHBS_LENGTH  32
#define CEDT_CHBS_CXL20   1
#define CEDT_CFMWS        1
#define CEDT_CFMWS_LENGTH 36
#define CEDT_CXIMS        2
#define CEDT_CXIMS_LENGTH 8

/* What the OS may control: keep the bits of @allowed in the DWORD @field */
static void add_grant(Aml *parent, const char *field, unsigned allowed)
{
    Aml *masked;

    aml_append(parent, aml_store(aml_and(aml_name("%s", field),
                                         aml_int(allowed), NULL),
                                 aml_local(0)));
    masked = aml_if(aml_lnot(aml_equal(aml_local(0), aml_name("%s", field))));
    aml_append(masked, aml_or(aml_name("CDW1"), aml_int(OSC_MASKED),
                              aml_name("CDW1")));
    aml_append(parent, masked);
    aml_append(parent, aml_store(aml_local(0), aml_name("%s", field)));
}

static Aml *dword_field(unsigned dword, const char *name)
{
    return aml_create_dword_field(aml_arg(3), aml_int(4 * dword), name);
}

void cxl_acpi_add_osc(Aml *dev)
{
    Aml *method = aml_method("_OSC", 4, AML_NOTSERIALIZED);
    Aml *is_pci = aml_equal(aml_arg(0), aml_touuid(OSC_PCI_UUID));
    Aml *is_cxl = aml_equal(aml_arg(0), aml_touuid(OSC_CXL_UUID));
    Aml *known = aml_if(aml_lor(is_pci, is_cxl));
    Aml *revision = aml_if(aml_lnot(aml_equal(aml_arg(1), aml_int(1))));
    Aml *cxl = aml_if(aml_lgreater_equal(aml_arg(2), aml_int(OSC_CXL_DWORDS)));
    Aml *unknown = aml_else();

    aml_append(method, dword_field(0, "CDW1"));

    aml_append(known, dword_field(2, "CDW3"));
    add_grant(known, "CDW3", OSC_PCI_CONTROL);
    aml_append(cxl, dword_field(4, "CDW5"));
    add_grant(cxl, "CDW5", OSC_CXL_CONTROL);
    aml_append(known, cxl);
    aml_append(revision, aml_or(aml_name("CDW1"),
                                aml_int(OSC_UNKNOWN_REVISION),
                                aml_name("CDW1")));
    aml_append(known, revision);
    aml_append(method, known);

    aml_append(unknown, aml_or(aml_name("CDW1"), aml_int(OSC_UNKNOWN_UUID),
                               aml_name("CDW1")));
    aml_append(method, unknown);
    aml_append(method, aml_return(aml_arg(3)));
    aml_append(dev, method);
}

static Aml *bytes(const uint8_t *data, unsigned len)
{
    return aml_buffer(len, (uint8_t *)data);
}

static unsigned max_qtg_id(const CxlMachineState *s)
{
    unsigned max = 0;

    for (unsigned i = 0; i < s->nwindows; i++) {
        max = MAX(max, s->windows[i].qtg_id);
    }
    return max;
}

/* Each window's group once, the first window's first: it suits best */
static Aml *qtg_ids(const CxlMachineState *s)
{
    g_autofree uint16_t *ids = g_new0(uint16_t, s->nwindows + 1);
    unsigned count = 0;
    Aml *package;

    for (unsigned i = 0; i < s->nwindows; i++) {
        unsigned k = 0;

        while (k < count && ids[k] != s->windows[i].qtg_id) {
            k++;
        }
        ids[k] = s->windows[i].qtg_id;
        count = MAX(count, k + 1);
    }
    /* A plain package counts its elements in a byte. */
    package = count > UINT8_MAX ? aml_varpackage(count) :
                                  aml_package(MAX(count, 1));
    for (unsigned i = 0; i < MAX(count, 1); i++) {
        aml_append(package, aml_int(ids[i]));
    }
    return package;
}

/* Function 0 tells the functions, function 1 the QoS throttling groups */
static Aml *root_dsm(const CxlMachineState *s)
{
    static const uint8_t functions[] = { BIT(0) | BIT(DSM_QTG) };
    static const uint8_t none[] = { 0 };
    Aml *method = aml_method("_DSM", 4, AML_SERIALIZED);
    Aml *ours = aml_if(aml_equal(aml_arg(0), aml_touuid(DSM_ROOT_UUID)));
    Aml *query = aml_if(aml_equal(aml_arg(2), aml_int(0)));
    Aml *qtg = aml_if(aml_equal(aml_arg(2), aml_int(DSM_QTG)));
    Aml *result = aml_package(2);

    aml_append(query, aml_return(bytes(functions, sizeof(functions))));
    aml_append(ours, query);

    aml_append(result, aml_int(max_qtg_id(s)));
    aml_append(result, qtg_ids(s));
    aml_append(qtg, aml_return(result));
    aml_append(ours, qtg);

    aml_append(method, ours);
    aml_append(method, aml_return(bytes(none, sizeof(none))));
    return method;
}

void cxl_acpi_add_root(Aml *table, const CxlMachineState *s)
{
    Aml *scope = aml_scope("\\_SB");
    Aml *dev = aml_device("CXLM");
    Aml *sta = aml_method("_STA", 0, AML_NOTSERIALIZED);

    aml_append(dev, aml_name_decl("_HID", aml_string("ACPI0017")));
    /* Present, enabled, functioning; nothing to show to the user */
    aml_append(sta, aml_return(aml_int(0x0b)));
    aml_append(dev, sta);
    aml_append(dev, root_dsm(s));
    aml_append(scope, dev);
    aml_append(table, scope);
}

static void append_chbs(GArray *table, const CxlMachineState *s, unsigned i)
{
    build_append_int_noprefix(table, CEDT_CHBS, 1);
    build_append_int_noprefix(table, 0, 1);
    build_append_int_noprefix(table, CEDT_CHBS_LENGTH, 2);
    build_append_int_noprefix(table,
                              cxl_host_bridge_uid(cxl_fabric_bridge(i)), 4);
    build_append_int_noprefix(table, CEDT_CHBS_CXL20, 4);
    build_append_int_noprefix(table, 0, 4);
    build_append_int_noprefix(table,
                              s->host_base + i * CXL_COMPONENT_REGS_SIZE, 8);
    build_append_int_noprefix(table, CXL_COMPONENT_REGS_SIZE, 8);
}

static void append_cfmws(GArray *table, const CxlMachineState *s,
                         const CxlWindow *w)
{
    build_append_int_noprefix(table, CEDT_CFMWS, 1);
    build_append_int_noprefix(table, 0, 1);
    build_append_int_noprefix(table, CEDT_CFMWS_LENGTH + 4 * w->ways, 2);
    build_append_int_noprefix(table, 0, 4);
    build_append_int_noprefix(table, w->base, 8);
    build_append_int_noprefix(table, w->size, 8);
    build_append_int_noprefix(table, cxl_eiw_from_ways(w->ways), 1);
    build_append_int_noprefix(table, w->xor, 1);
    build_append_int_noprefix(table, 0, 2);
    build_append_int_noprefix(table, cxl_eig_from_granularity(w->granularity),
                              4);
    build_append_int_noprefix(table, w->restrictions, 2);
    build_append_int_noprefix(table, w->qtg_id, 2);
    for (unsigned i = 0; i < w->ways; i++) {
        build_append_int_noprefix(table, cxl_host_bridge_uid(
            cxl_fabric_bridge(w->target_node[i])), 4);
    }
}

/*
 * The XOR maps of all windows with a granularity: those of fewer ways are the
 * first of those of more ways.
 */
static void append_cxims(GArray *table, const CxlMachineState *s, int eig)
{
    CxlXorMaps most = { };

    for (unsigned i = 0; i < s->nwindows; i++) {
        const CxlWindow *w = &s->windows[i];
        CxlXorMaps maps;

        if (w->xor && cxl_eig_from_granularity(w->granularity) == eig &&
            cxl_xor_maps(cxl_eiw_from_ways(w->ways), eig, &maps) &&
            maps.count > most.count) {
            most = maps;
        }
    }
    if (!most.count) {
        return;
    }
    build_append_int_noprefix(table, CEDT_CXIMS, 1);
    build_append_int_noprefix(table, 0, 1);
    build_append_int_noprefix(table, CEDT_CXIMS_LENGTH + 8 * most.count, 2);
    build_append_int_noprefix(table, 0, 2);
    build_append_int_noprefix(table, eig, 1);
    build_append_int_noprefix(table, most.count, 1);
    for (unsigned i = 0; i < most.count; i++) {
        build_append_int_noprefix(table, most.map[i], 8);
    }
}

void cxl_acpi_build_cedt(GArray *table_offsets, GArray *table_data,
                         BIOSLinker *linker, const char *oem_id,
                         const char *oem_table_id, const CxlMachineState *s)
{
    AcpiTable table = { .sig = "CEDT", .rev = 1, .oem_id = oem_id,
                        .oem_table_id = oem_table_id };

    acpi_add_table(table_offsets, table_data);
    acpi_table_begin(&table, table_data);
    for (unsigned i = 0; i < cxl_fabric_nbridges(); i++) {
        append_chbs(table_data, s, i);
    }
    for (unsigned i = 0; i < s->nwindows; i++) {
        append_cfmws(table_data, s, &s->windows[i]);
    }
    for (int eig = 0; eig <= CXL_MAX_EIG; eig++) {
        append_cxims(table_data, s, eig);
    }
    acpi_table_end(linker, &table);
}
