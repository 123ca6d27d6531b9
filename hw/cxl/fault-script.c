/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that the user has written down in a file: faults= of a memory device
 *
 * QEMU's own parser reads the file, and the schema of QMP says what may be in
 * it. What is left is numbers that make no sense.
 */
#include "qemu/osdep.h"
#include "fault-script.h"

#include "fabric.h"
#include "link.h"
#include "port.h"
#include "qapi/error.h"
#include "qapi/qapi-visit-cxl.h"
#include "qapi/qobject-input-visitor.h"
#include "qobject/qjson.h"
#include "qobject/qobject.h"
#include "qemu/ctype.h"
#include "qemu/cutils.h"
#include "regular-file.h"

/* A year: no test runs so long, and no sum of such times wraps */
#define MAX_SECONDS (366.0 * 24 * 3600)

/* Errors in the order of their codes, from Invalid Input on */
QEMU_BUILD_BUG_ON((int)CXL_ANSWER_INVALID_INPUT + CXL_RET_INVALID_INPUT !=
                  CXL_RET_INVALID_INPUT);
QEMU_BUILD_BUG_ON((int)CXL_ANSWER_ABORTED + CXL_RET_INVALID_INPUT !=
                  CXL_RET_ABORTED);
QEMU_BUILD_BUG_ON((int)CXL_ANSWER_ABORT_NOT_SUPPORTED +
                  CXL_RET_INVALID_INPUT != CXL_RET_ABORT_NOT_SUPPORTED);

static CxlRet ret_of(CxlAnswer answer)
{
    return (CxlRet)(answer + CXL_RET_INVALID_INPUT);
}

/* "4200h" or "0x4200" */
static bool parse_opcode(const char *text, uint16_t *opcode, Error **errp)
{
    const char *end;
    unsigned value;

    if (qemu_strtoui(text, &end, 16, &value) < 0 || value > UINT16_MAX ||
        !qemu_isxdigit(text[0]) || (strcmp(end, "h") && *end)) {
        error_setg(errp, "opcode '%s' is none: write it as in '4200h'", text);
        return false;
    }
    *opcode = value;
    return true;
}

static bool parse_seconds(const char *name, double seconds, uint64_t *ns,
                          Error **errp)
{
    /* What is not a number is not in the range either */
    if (!(seconds >= 0 && seconds <= MAX_SECONDS)) {
        error_setg(errp, "%s must be 0 to %.0f", name, MAX_SECONDS);
        return false;
    }
    *ns = seconds * NANOSECONDS_PER_SECOND;
    return true;
}

static bool check_count(const char *name, unsigned n, Error **errp)
{
    if (n == CXL_FAULTS_MAX) {
        error_setg(errp, "%s has more than %u members", name, CXL_FAULTS_MAX);
        return false;
    }
    return true;
}

static bool take_commands(const CxlCommandFaultList *list,
                          CxlFaultsConfig *config, Error **errp)
{
    for (; list; list = list->next) {
        const CxlCommandFault *from = list->value;
        CxlFaultCommand *to;

        if (!check_count("commands", config->ncommands, errp)) {
            return false;
        }
        to = &config->commands[config->ncommands++];
        to->nth = from->has_nth ? from->nth : 1;
        to->times = from->has_times ? from->times : 1;
        to->ret = ret_of(from->answer);
        if (!parse_opcode(from->opcode, &to->opcode, errp)) {
            return false;
        }
        if (!to->nth) {
            error_setg(errp, "nth must be 1 or more");
            return false;
        }
    }
    return true;
}

static bool take_background(const CxlBackgroundFaultList *list,
                            CxlFaultsConfig *config, Error **errp)
{
    for (; list; list = list->next) {
        const CxlBackgroundFault *from = list->value;
        CxlFaultBackground *to;

        if (!check_count("background", config->nbackgrounds, errp)) {
            return false;
        }
        to = &config->backgrounds[config->nbackgrounds++];
        to->sticks = from->has_stuck_at;
        to->percent = from->has_stuck_at ? from->stuck_at : 0;
        if (!parse_opcode(from->opcode, &to->opcode, errp) ||
            (from->has_seconds &&
             !parse_seconds("seconds", from->seconds, &to->duration_ns,
                            errp))) {
            return false;
        }
        /* At once, which is not the same as the usual time */
        if (from->has_seconds && !to->duration_ns) {
            to->duration_ns = 1;
        }
        if (to->percent > 99) {
            error_setg(errp, "stuck-at must be 0 to 99, not %u", to->percent);
            return false;
        }
    }
    return true;
}

static bool take_links(const CxlLinkFaultList *list, CxlFaultsConfig *config,
                       Error **errp)
{
    for (; list; list = list->next) {
        const CxlLinkFault *from = list->value;
        CxlFaultLink *to;

        if (!check_count("link-down", config->nlinks, errp)) {
            return false;
        }
        to = &config->links[config->nlinks++];
        if (!parse_seconds("at", from->at, &to->at_ns, errp) ||
            (from->has_seconds &&
             !parse_seconds("seconds", from->seconds, &to->for_ns, errp))) {
            return false;
        }
        if (from->has_seconds && !to->for_ns) {
            error_setg(errp, "seconds must be more than 0: leave it out for a"
                       " link that stays down");
            return false;
        }
    }
    return true;
}

static bool take_media(const CxlMediaFaultList *list, CxlFaultsConfig *config,
                       Error **errp)
{
    for (; list; list = list->next) {
        if (!check_count("media-errors", config->nmedia, errp)) {
            return false;
        }
        config->media[config->nmedia++] = list->value->dpa;
    }
    return true;
}

static bool take_chance(const CxlRandomFaults *from, CxlFaultChance *to,
                        Error **errp)
{
    if (!from) {
        return true;
    }
    to->seed = from->seed;
    to->one_in = from->one_in;
    for (const CxlAnswerList *l = from->answers; l; l = l->next) {
        if (!check_count("answers", to->nrets, errp)) {
            return false;
        }
        to->ret[to->nrets++] = ret_of(l->value);
    }
    if (!to->one_in || !to->nrets) {
        error_setg(errp, "random needs a one-in of 1 or more, and an answer");
        return false;
    }
    return true;
}

static bool parse(const char *text, CxlFaultsConfig *config, Error **errp)
{
    QObject *json = qobject_from_json(text, errp);
    CxlFaultFile *file = NULL;
    Visitor *v;
    bool good;

    if (!json) {
        return false;
    }
    v = qobject_input_visitor_new(json);
    good = visit_type_CxlFaultFile(v, NULL, &file, errp) &&
           take_commands(file->commands, config, errp) &&
           take_background(file->background, config, errp) &&
           take_links(file->link_down, config, errp) &&
           take_media(file->media_errors, config, errp) &&
           take_chance(file->random, &config->chance, errp);
    visit_free(v);
    qapi_free_CxlFaultFile(file);
    qobject_unref(json);
    return good;
}

/* The text of a file, with a zero byte at its end */
static char *load(const char *file, Error **errp)
{
    g_autofree char *text = g_malloc(CXL_FAULT_FILE_MAX + 2);
    int fd = qemu_open(file, O_RDONLY | O_NONBLOCK, errp);
    uint32_t size;
    bool done;

    if (fd < 0) {
        return NULL;
    }
    done = cxl_file_read(fd, (uint8_t *)text, CXL_FAULT_FILE_MAX, &size, errp);
    qemu_close(fd);
    if (!done) {
        return NULL;
    }
    if (size > CXL_FAULT_FILE_MAX) {
        error_setg(errp, "it has more than %u bytes", CXL_FAULT_FILE_MAX);
        return NULL;
    }
    text[size] = 0;
    if (strlen(text) != size || !*text) {
        error_setg(errp, "it is not JSON");
        return NULL;
    }
    return g_steal_pointer(&text);
}

static void set_link(CxlFaultScript *script, bool down)
{
    PCIDevice *port = cxl_port_above(script->pci);

    if (down == script->link_down || !port) {
        return;
    }
    script->link_down = down;
    cxl_link_change(cxl_port_function(port), CXL_LINK_LOST, down);
    cxl_fabric_mark();
    cxl_fabric_settle();
}

static void play_link(void *opaque)
{
    CxlFaultScript *script = opaque;
    uint64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - script->start_ns;
    uint64_t next;
    bool down = cxl_faults_link_down(&script->faults, now, &next);

    if (next != UINT64_MAX) {
        timer_mod(script->timer, script->start_ns + next);
    }
    set_link(script, down);
}

CxlFaultScript *cxl_fault_script_new(const char *device, const char *file,
                                     Error **errp)
{
    ERRP_GUARD();
    g_autofree CxlFaultsConfig *config = g_new0(CxlFaultsConfig, 1);
    g_autofree char *text = NULL;
    CxlFaultScript *script;

    text = load(file, errp);
    if (!text || !parse(text, config, errp)) {
        error_prepend(errp, "%s: faults=%s: ", device, file);
        return NULL;
    }
    script = g_new0(CxlFaultScript, 1);
    cxl_faults_init(&script->faults, config);
    return script;
}

void cxl_fault_script_start(CxlFaultScript *script, PCIDevice *pci)
{
    script->pci = pci;
    script->start_ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    if (script->faults.config.nlinks) {
        script->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, play_link, script);
        timer_mod(script->timer, script->start_ns);
    }
}

void cxl_fault_script_free(CxlFaultScript *script)
{
    if (script && script->timer) {
        timer_free(script->timer);
        set_link(script, false);
    }
    g_free(script);
}
