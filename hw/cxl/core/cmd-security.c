/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands for the security of persistent memory (CXL 3.1 8.2.9.9.6)
 */
#include "hw/cxl/core/memdev.h"
#include "hw/cxl/spec/cci.h"
#include "hw/cxl/spec/opcodes.h"

static CxlSecurity security(CxlMemdev *m)
{
    return (CxlSecurity) { &m->state.security, &m->state.nv.passphrases };
}

/* What was changed has to last before the guest hears of it */
static CxlRet store(CxlCciCall *call, CxlRet ret)
{
    cxl_memdev_of(call)->state.can_undo = ret == CXL_RET_SUCCESS;
    if (ret == CXL_RET_SUCCESS) {
        call->waits = true;
        call->effects->flags |= CXL_EFFECT_STORE | CXL_EFFECT_STORE_WAIT;
        cxl_memdev_update_access(cxl_memdev_of(call), call->effects);
    }
    return ret;
}

/* 8.2.9.9.6.1 */
static CxlRet get_security_state(CxlCciCall *call)
{
    const CxlMemdev *m = cxl_memdev_of(call);
    CxlGetSecurityStateOut *out = call->reply;

    out->state = cxl_le32(cxl_security_flags(&m->state.security,
                                             &m->state.nv.passphrases));
    return CXL_RET_SUCCESS;
}

/* 8.2.9.9.6.2 */
static CxlRet set_passphrase(CxlCciCall *call)
{
    cxl_memdev_keep(cxl_memdev_of(call));
    return store(call, cxl_security_set(security(cxl_memdev_of(call)),
                                        call->request));
}

/* 8.2.9.9.6.3 */
static CxlRet disable_passphrase(CxlCciCall *call)
{
    cxl_memdev_keep(cxl_memdev_of(call));
    return store(call, cxl_security_disable(security(cxl_memdev_of(call)),
                                            call->request));
}

/* 8.2.9.9.6.4: nothing of it lasts */
static CxlRet unlock(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    CxlRet ret = cxl_security_unlock(security(m), call->request);

    if (ret == CXL_RET_SUCCESS) {
        cxl_memdev_update_access(m, call->effects);
    }
    return ret;
}

/* 8.2.9.9.6.5 */
static CxlRet freeze_security_state(CxlCciCall *call)
{
    cxl_security_freeze(security(cxl_memdev_of(call)));
    return CXL_RET_SUCCESS;
}

/*
 * 8.2.9.9.6.6: the passphrase is gone before the data, and the memory stays out
 * of reach until that is gone, too
 */
static CxlRet passphrase_secure_erase(CxlCciCall *call)
{
    CxlMemdev *m = cxl_memdev_of(call);
    CxlRange all = {
        cxl_dpa_base(m->config.dpa, CXL_DPA_PERSISTENT),
        cxl_dpa_size(m->config.dpa, CXL_DPA_PERSISTENT),
    };
    CxlRet ret = cxl_memdev_may_erase(m, all);

    if (ret == CXL_RET_SUCCESS) {
        ret = cxl_security_erase(security(m), call->request);
    }
    if (ret == CXL_RET_SUCCESS) {
        cxl_erase_add(&m->state.erase, (CxlErase) { .range = all });
        cxl_memdev_erase_now(m, call);
    }
    return ret;
}

#define SET_GATES (CXL_CCI_GATE_PERSISTENT | CXL_CCI_GATE_MEDIA)

static const CxlCciCommand security_commands[] = {
    {
        .name = "Get Security State",
        .opcode = CXL_OP_GET_SECURITY_STATE,
        .out = sizeof(CxlGetSecurityStateOut),
        .run = get_security_state,
    }, {
        .name = "Set Passphrase",
        .opcode = CXL_OP_SET_PASSPHRASE,
        .effects = CXL_CEL_SECURITY_STATE_CHANGE,
        .min_in = sizeof(CxlSetPassphraseIn),
        .max_in = sizeof(CxlSetPassphraseIn),
        .gates = SET_GATES,
        .run = set_passphrase,
    }, {
        .name = "Disable Passphrase",
        .opcode = CXL_OP_DISABLE_PASSPHRASE,
        .effects = CXL_CEL_SECURITY_STATE_CHANGE,
        .min_in = sizeof(CxlPassphraseIn),
        .max_in = sizeof(CxlPassphraseIn),
        .gates = SET_GATES,
        .run = disable_passphrase,
    }, {
        .name = "Unlock",
        .opcode = CXL_OP_UNLOCK,
        .effects = CXL_CEL_SECURITY_STATE_CHANGE,
        .min_in = sizeof(CxlUnlockIn),
        .max_in = sizeof(CxlUnlockIn),
        .gates = SET_GATES,
        .run = unlock,
    }, {
        .name = "Freeze Security State",
        .opcode = CXL_OP_FREEZE_SECURITY_STATE,
        .effects = CXL_CEL_SECURITY_STATE_CHANGE,
        .gates = SET_GATES,
        .run = freeze_security_state,
    }, {
        .name = "Passphrase Secure Erase",
        .opcode = CXL_OP_PASSPHRASE_SECURE_ERASE,
        .effects = CXL_CEL_IMMEDIATE_DATA_CHANGE |
                   CXL_CEL_SECURITY_STATE_CHANGE,
        .min_in = sizeof(CxlPassphraseIn),
        .max_in = sizeof(CxlPassphraseIn),
        .gates = SET_GATES | CXL_CCI_GATE_WRITABLE,
        .run = passphrase_secure_erase,
    },
};

bool cxl_cci_add_security(CxlCci *cci)
{
    return cxl_cci_add_set(cci, security_commands,
                           sizeof(security_commands) /
                           sizeof(security_commands[0]));
}
