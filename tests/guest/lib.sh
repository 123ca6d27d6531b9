# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the guest tests share.  A scenario is a file of this directory with one
# lab: it starts with "scenario", boots with "lab_up", and goes on with checks:
#
#   check NAME COMMAND...       passes when COMMAND ends with status 0
#   guest N SCRIPT [ARGUMENT...]  runs SCRIPT in guest N; fails with it
#   expect TEXT WANTED          fails when TEXT lacks a line matching WANTED
#   refuse TEXT UNWANTED        fails, showing them, when lines match UNWANTED

GUEST_SECONDS=180

# What the commands of the present check print; each run has its own
GUEST_LOG=$(mktemp "$CXL_LOGS/guest-check.XXXXXX")

GUEST_PASSED=0
GUEST_FAILED=0
GUEST_SKIPPED=0
GUEST_LAB=
GUEST_BOOTED=
GUEST_GUESTS=0

# A disk of 16 MiB for each guest, which lab_disks makes
# shellcheck disable=SC2034 # scenarios use it
GUEST_DISK=(-drive 'file=%d/disk%n,format=raw,if=none,id=disk'
            -device 'virtio-blk-pci,drive=disk,bus=pcie.0')

cxl_lab() {
    "$CXL_ROOT/scripts/cxl-lab" "$@"
}

# result ok|not ok|skip NAME
result() {
    local number=$((GUEST_PASSED + GUEST_FAILED + GUEST_SKIPPED + 1))
    case $1 in
    ok) GUEST_PASSED=$((GUEST_PASSED + 1)) ;;
    skip) GUEST_SKIPPED=$((GUEST_SKIPPED + 1)) ;;
    *) GUEST_FAILED=$((GUEST_FAILED + 1)) ;;
    esac
    printf '%s %d %s\n' "$1" "$number" "$GUEST_SCENARIO: $2"
}

# check NAME COMMAND...: one test.  The first command in it that fails fails
# it, with its output and the end of the consoles shown.
check() {
    local name=$1 log=$GUEST_LOG status=0
    shift
    # A shell of its own that knows what this one knows: in all that is called
    # from a condition, such as "check ... || return", bash ignores "set -e".
    # shellcheck disable=SC2016 # for that shell
    bash -c 'source "$1" 2>/dev/null; shift; set -euo pipefail; "$@"' check \
        <(declare -p; declare -f) "$@" >"$log" 2>&1 </dev/null
    status=$?
    if ((status == 0)); then
        result ok "$name"
        return 0
    fi
    result "not ok" "$name"
    tail -n 40 "$log" | sed 's/^/#   /'
    show_consoles
    return 1
}

show_consoles() {
    local n log
    for ((n = 1; n <= GUEST_GUESTS; n++)); do
        for log in "$CXL_BUILD/lab/$GUEST_LAB/$n"/{qemu,console}.log; do
            [[ -s $log ]] || continue
            echo "# the end of $log:"
            tail -n 15 "$log" | tr -d '\r' | sed 's/^/#   /'
        done
    done
}

# scenario NAME: what the following checks belong to
scenario() {
    GUEST_SCENARIO=$1
    GUEST_LAB=check-$1-$$
    GUEST_FAILED_BEFORE=$GUEST_FAILED
}

# lab_disks GUESTS: what GUEST_DISK names
lab_disks() {
    local n
    mkdir -p "$CXL_BUILD/lab/$GUEST_LAB"
    for ((n = 1; n <= $1; n++)); do
        truncate -s 16M "$CXL_BUILD/lab/$GUEST_LAB/disk$n"
    done
}

# lab_up GUESTS [OPTION...]: boots the scenario's lab; a test of its own
lab_up() {
    GUEST_GUESTS=$1
    shift
    check "boots" cxl_lab up --name "$GUEST_LAB" --port-base auto --fresh \
        --setup os --guests "$GUEST_GUESTS" "${GUEST_OPTIONS[@]}" "$@" &&
        GUEST_BOOTED=1
}

# lab_down: ends the lab; QEMU must have had nothing to say
lab_down() {
    [[ -n $GUEST_LAB && -d $CXL_BUILD/lab/$GUEST_LAB ]] || return 0
    if [[ -n $GUEST_BOOTED ]]; then
        check "QEMU ends without a word" lab_ends
    else
        cxl_lab down --name "$GUEST_LAB" >/dev/null
    fi
    # What is left of a scenario that failed may say why.
    if ((GUEST_FAILED == GUEST_FAILED_BEFORE)); then
        rm -rf "${CXL_BUILD:?}/lab/$GUEST_LAB"
    fi
    GUEST_LAB=
    GUEST_BOOTED=
    GUEST_GUESTS=0
}

lab_ends() {
    local n running
    running=$(cxl_lab status --name "$GUEST_LAB" | grep -c ' up ' || true)
    cxl_lab down --name "$GUEST_LAB"
    for ((n = 1; n <= GUEST_GUESTS; n++)); do
        # On SIGTERM, QEMU says who sent it.
        refuse "$(grep -v 'terminating on signal 15' \
            "$CXL_BUILD/lab/$GUEST_LAB/$n/qemu.log")" .
    done
    if ((running != GUEST_GUESTS)); then
        echo "$running of $GUEST_GUESTS guests were still running."
        return 1
    fi
}

# lab_abandon: ends whatever still runs, when the run is interrupted
lab_abandon() {
    rm -f "$GUEST_LOG" "$GUEST_LOG.2"
    [[ -z $GUEST_LAB || ! -d $CXL_BUILD/lab/$GUEST_LAB ]] ||
        cxl_lab down --name "$GUEST_LAB" >/dev/null
}

guest() {
    local n=$1 script=$2
    shift 2
    echo "guest $n: $script" >&2
    timeout "$GUEST_SECONDS" "$CXL_ROOT/scripts/cxl-lab" ssh \
        --name "$GUEST_LAB" "$n" "set -eu; $script" "$@" </dev/null
}

# guest_reboots N: restarts guest N and waits until it is up again
guest_reboots() {
    local n=$1 log=$CXL_BUILD/lab/$GUEST_LAB/$1/console.log deadline before
    before=$(grep -c -a '^cxl-lab: guest . is up' "$log")
    guest "$n" reboot
    deadline=$((SECONDS + 300))
    until (($(grep -c -a '^cxl-lab: guest . is up' "$log") > before)); do
        if ((SECONDS > deadline)); then
            echo "guest $n did not come up again."
            return 1
        fi
        sleep 0.5
    done
}

# guest_ends N: waits until QEMU of guest N has ended
guest_ends() {
    local n=$1 deadline=$((SECONDS + 60))
    while cxl_lab status --name "$GUEST_LAB" |
        awk -v n="$n" '$2 == n' | grep -q -E ' (up|booting) '; do
        if ((SECONDS > deadline)); then
            echo "QEMU of guest $n did not end."
            return 1
        fi
        sleep 0.2
    done
}

# guest_is_killed N: ends guest N as a crash of its QEMU would. It is booted
# again with lab_up, which leaves all but logs and shared.mem in the lab.
guest_is_killed() {
    kill -KILL "$(cut -d ' ' -f 1 "$CXL_BUILD/lab/$GUEST_LAB/$1/pid")"
    guest_ends "$1"
}

# guest_powers_off N: guest N shuts down and switches its machine off
guest_powers_off() {
    guest "$1" poweroff
    guest_ends "$1"
}

# monitor N COMMAND: QEMU's monitor
monitor() {
    cxl_lab monitor --name "$GUEST_LAB" "$@"
}

expect() {
    echo "$1"
    if ! grep -q -E -e "$2" <<<"$1"; then
        echo "there is no line that matches \"$2\"."
        return 1
    fi
}

refuse() {
    if grep -E -e "$2" <<<"$1"; then
        echo "no line should match \"$2\"."
        return 1
    fi
}

# What a script in a guest may call to find the memdev with a serial number:
# Linux numbers them in the order in which it finds them.
# shellcheck disable=SC2016,SC2034 # scenarios use it, in the guest
GUEST_MEM='mem() {
    grep -l -x -i "$(printf "0x%x" $1)" /sys/bus/cxl/devices/mem*/serial |
        cut -d / -f 6
}
'

# guest_forks N NODE COUNT: starts so many processes with memory of that node
guest_forks() {
    expect "$(guest "$1" "numactl --membind=$2 sh -c '
        i=0
        while [ \$i -lt $3 ]; do /usr/bin/env true; i=\$((i + 1)); done
        echo \$i'")" "^$3\$"
}

# kernel_is_calm N: nothing in the kernel's log that a healthy machine lacks
kernel_is_calm() {
    local log
    log=$(guest "$1" 'dmesg -r')
    # Levels 0 to 4 are emergencies to warnings.
    refuse "$log" '^<[0-4]>.*([Cc][Xx][Ll]|dax|pcieport.*(AER|error))'
    refuse "$log" 'BUG:|Oops|WARNING:|Call Trace|soft lockup|rcu.*stall'
}
