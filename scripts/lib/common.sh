# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# What every script of this project shares.  Source it; it sets
#   CXL_ROOT   the checkout
#   CXL_BUILD  where everything that a script makes lives (build/)
#   CXL_LOGS   the logs of the commands that scripts run

[[ -n ${CXL_ROOT:-} ]] ||
    CXL_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
CXL_BUILD=$CXL_ROOT/build
CXL_LOGS=$CXL_BUILD/logs
mkdir -p "$CXL_LOGS"

CXL_STEP=0
CXL_STEPS=${CXL_STEPS:-0}
CXL_STARTED=$SECONDS

# cxl_elapsed: minutes and seconds since the script started, as m:ss
cxl_elapsed() {
    cxl_minutes $((SECONDS - CXL_STARTED))
}

# cxl_minutes SECONDS: as m:ss
cxl_minutes() {
    printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# cxl_step TEXT: announces the next of CXL_STEPS steps
cxl_step() {
    CXL_STEP=$((CXL_STEP + 1))
    printf '[%d/%d] %s (%s)\n' "$CXL_STEP" "$CXL_STEPS" "$*" "$(cxl_elapsed)"
}

# cxl_say TEXT: a detail below the current step
cxl_say() {
    printf '      %s\n' "$*"
}

# cxl_die SENTENCE: ends the script; the sentence says what to do
cxl_die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# cxl_as_root COMMAND...: runs it as root, through sudo when that is needed
cxl_as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

# cxl_need_root COMMAND...: ends the script when cxl_as_root could not run it
cxl_need_root() {
    ((EUID == 0)) || command -v sudo >/dev/null ||
        cxl_die "root is needed and sudo is not installed; as root, run" \
                "\"$*\" and start this script again."
}

# cxl_logged NAME COMMAND...: runs it with its output in build/logs/NAME.log;
# on failure the end of the log is shown and the status returned
cxl_logged() {
    local log=$CXL_LOGS/$1.log status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status)); then
        tail -n 20 "$log" | sed 's/^/      | /' >&2
        printf '      (all of it: %s)\n' "$log" >&2
    fi
    return "$status"
}

# cxl_lock NAME: one holder at a time, until the script ends
cxl_lock() {
    exec {CXL_LOCK_FD}>"$CXL_BUILD/.$1.lock"
    if ! flock -n "$CXL_LOCK_FD"; then
        cxl_say "waiting for another run in $CXL_BUILD to finish"
        flock "$CXL_LOCK_FD"
    fi
}

# cxl_one_at_a_time FILE COMMAND...: runs it while nobody else has that lock
cxl_one_at_a_time() {
    local lock
    exec {lock}>"$1"
    flock "$lock"
    "${@:2}"
    exec {lock}>&-
}

# cxl_hash: a short name for the bytes on standard input
cxl_hash() {
    sha256sum | cut -c 1-32
}
