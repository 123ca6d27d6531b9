/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Switch mailbox CCI (CXL 3.1 8.1.13): device registers with nothing beside the
 * mailbox, and no event logs
 */
#include "hw/cxl/core/switch-cci.h"

static const CxlMailboxKind switch_kind = {
    .type = CXL_DEV_CAP_TYPE_SWITCH_CCI,
};

void cxl_switch_cci_init(CxlSwitchCci *s, const CxlSwitchCciConfig *config)
{
    CxlCci *cci = &s->mailbox.cci;

    s->config = *config;
    cxl_mailbox_init(&s->mailbox, &switch_kind, s, NULL);
    cxl_cci_add_information(cci);
    cxl_cci_add_generic(cci);
    cxl_cci_add_switch(cci);
    cxl_switch_cci_reset(s, CXL_RESET_COLD);
}

void cxl_switch_cci_reset(CxlSwitchCci *s, CxlReset kind)
{
    cxl_mailbox_reset(&s->mailbox, kind);
}
