/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switch mailbox CCI (CXL 3.1 8.1.13): device registers with the status of the
 * CCI (8.2.8.6) beside the mailbox, and event logs of the switch
 */
#include "hw/cxl/core/switch-cci.h"

#include "hw/cxl/spec/payload-generic.h"

#define NROWS(rows) ((uint16_t)(sizeof(rows) / sizeof((rows)[0])))

/* 8.2.8.2 */
static const CxlRegRow capability_rows[] = {
    CXL_DEVICE_CAP_HEADER(0, "Switch Mailbox CCI Status",
                          CXL_DEV_CAP_ID_SWITCH_STATUS,
                          CXL_DEV_CAP_VERSION_SWITCH, CXL_DEVICE_REGS_SWITCH),
    CXL_DEVICE_CAP_LENGTH(0, "Switch Mailbox CCI Status",
                          CXL_SWITCH_STATUS_SIZE),
};

/* 8.2.8.6: there is nothing to wait for */
static const CxlRegRow status_rows[] = {
    {
        .name = "Switch Mailbox CCI Status",
        .offset = 0, .width = 8,
        .reset = CXL_SWITCH_STATUS_MBOX_READY,
    },
};

static const CxlRegGroup groups[] = {
    { capability_rows, NROWS(capability_rows),
      CXL_DEV_CAP_HEADER_SIZE * (1 + CXL_MAILBOX_CAPS), 0, 1 },
    { status_rows, NROWS(status_rows), CXL_DEVICE_REGS_SWITCH, 0, 1 },
};

static const CxlMailboxKind switch_kind = {
    .type = CXL_DEV_CAP_TYPE_SWITCH_CCI,
    .ncaps = 1,
    .groups = groups,
    .ngroups = NROWS(groups),
};

bool cxl_switch_cci_init(CxlSwitchCci *s, const CxlSwitchCciConfig *config)
{
    CxlCci *cci = &s->mailbox.cci;
    /* The upstream port's; its subsystem ids are zero */
    const CxlIdentity identity = {
        .vendor = config->vendor,
        .device = config->device,
        .serial = config->serial,
        .type = CXL_COMPONENT_TYPE_SWITCH,
    };
    bool fit;

    s->config = *config;
    s->events = (CxlEventLogs) { .state = { .mode = { 0 } } };
    for (unsigned i = 0; i < CXL_EVENT_LOGS; i++) {
        s->events.vector[i] = (uint8_t)(CXL_SWITCH_CCI_VECTOR_EVENTS + i);
    }
    fit = cxl_mailbox_init(&s->mailbox, &switch_kind, s, &s->events) &&
          cxl_cci_add_information(cci, &identity) &&
          cxl_cci_add_events(cci) && cxl_cci_add_timestamp(cci) &&
          cxl_cci_add_logs(cci) && cxl_cci_add_switch(cci);
    cxl_switch_cci_reset(s, CXL_RESET_COLD);
    return fit;
}

void cxl_switch_cci_reset(CxlSwitchCci *s, CxlReset kind)
{
    if (kind == CXL_RESET_COLD) {
        cxl_eventlog_forget(&s->events);
    }
    cxl_mailbox_reset(&s->mailbox, kind);
}
