# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The results of tests: printed, counted, and gathered from those that ran side
# by side. Source common.sh first.
#
#   result ok|FAIL|skip NAME
#   tap GROUP NAME COMMAND...
#   beside FUNCTION ARGUMENT...
#   gather
#   timed NAME COMMAND...
#   slowest
#
# PASSED, FAILED and SKIPPED count. SANITIZE_PID is a process in the background
# that is no test. The file TOOK, which the caller empties, has the times.

PASSED=0
FAILED=0
SKIPPED=0

# result ok|FAIL|skip NAME: one test
result() {
    case $1 in
    ok) PASSED=$((PASSED + 1)) ;;
    FAIL) FAILED=$((FAILED + 1)) ;;
    skip) SKIPPED=$((SKIPPED + 1)) ;;
    esac
    printf '  %-4s  %s\n' "$1" "$2"
}

# Lines "SECONDS NAME"
TOOK=$CXL_BUILD/.check-took
SLOWEST=10

# took SECONDS NAME
took() {
    echo "$1 $2" >>"$TOOK"
}

# timed NAME COMMAND...: runs it, and notes how long that took
timed() {
    local name=$1 before=$SECONDS status=0
    shift
    "$@" || status=$?
    took $((SECONDS - before)) "$name"
    return "$status"
}

# slowest: where to look when all takes long
slowest() {
    local seconds name
    echo "The slowest of what ran, in minutes and seconds:"
    # Not head, which would end sort early, and that the script
    while read -r seconds name; do
        cxl_say "$(cxl_minutes "$seconds")  $name"
    done < <(sort -s -n -r "$TOOK" | sed -n "1,${SLOWEST}p")
}

# tap GROUP NAME COMMAND...: each TAP result of a command is a test; what it
# says about a failure is shown, all of it is in build/logs/check-NAME.log
tap() {
    local group=$1 log=$CXL_LOGS/check-$2.log name=$2 line before
    local seen=0 planned=0 failed=$FAILED notes=() status='' failing='' parts=0
    shift 2
    before=$SECONDS
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log.new"
        if [[ $line =~ ^(not\ )?ok\ [0-9]+\ (-\ )?(.*)$ ]]; then
            seen=$((seen + 1))
            failing=${BASH_REMATCH[1]}
            tap_result "$group" "$failing" "${BASH_REMATCH[3]}"
            [[ -z $failing ]] || tap_notes "${notes[@]}"
            notes=()
        elif [[ $line =~ ^skip\ ([0-9]+\ )?(-\ )?(.*)$ ]]; then
            seen=$((seen + 1))
            result skip "$group ${BASH_REMATCH[3]}"
        elif [[ $line =~ ^1\.\.([0-9]+) ]]; then
            planned=${BASH_REMATCH[1]}
        elif [[ $line =~ ^#\ (([a-z_]+):\ [0-9]+\ tests\ in\ ([0-9]+)\ s)$ ]]
        then
            cxl_say "${BASH_REMATCH[1]}"
            took "${BASH_REMATCH[3]}" "$group ${BASH_REMATCH[2]}"
            parts=1
        elif [[ $line == "# the lab is kept: "* ]]; then
            cxl_say "${line#"# "}"
        elif [[ $line == "# status "* ]]; then
            status=${line#"# status "}
        elif [[ $line == "#:"* ]]; then
            # Our programs in Python say why after the result, others before.
            [[ -z $failing ]] || printf '        | %s\n' "${line#"#: "}"
        else
            notes+=("$line")
        fi
    done < <(rm -f "$log.new"; status=0; "$@" 2>&1 </dev/null || status=$?
             echo "# status $status")
    mv "$log.new" "$log"
    # A program that died, or ended with an error that no result shows
    if ((seen < planned || !seen)) ||
       [[ $status != 0 && $failed == "$FAILED" ]]; then
        tap_notes "${notes[@]}"
        result FAIL "$group $name: $seen of $planned tests ran, exit status $status"
    fi
    cxl_say "$name: $seen tests in $((SECONDS - before)) s"
    ((parts)) || took $((SECONDS - before)) "$group $name"
}

# tap_result GROUP "not "|"" NAME
tap_result() {
    local name=${3#/x86_64}
    if [[ $name == *'# SKIP'* ]]; then
        result skip "$1 $name"
    elif [[ -n $2 ]]; then
        result FAIL "$1 $name"
    else
        result ok "$1 $name"
    fi
}

tap_notes() {
    (($#)) || return 0
    printf '%s\n' "$@" | grep -v '^# starting QEMU' | tail -n 20 |
        sed 's/^/        | /'
}

# beside FUNCTION ARGUMENT...: runs it while others run, one per processor; what
# it prints and counts comes with the next "gather"
BESIDE=()
BESIDE_PIDS=()
beside() {
    local out
    while (($(jobs -rp | grep -cvx "${SANITIZE_PID:-none}") >= $(nproc))); do
        wait -n || true
    done
    out=$(mktemp "$CXL_BUILD/.beside.XXXXXX")
    counted "$out.counts" "$@" >"$out" 2>&1 &
    BESIDE+=("$out")
    BESIDE_PIDS+=($!)
}

# counted FILE FUNCTION ARGUMENT...: runs it and writes what it counts to FILE
counted() {
    local file=$1
    shift
    PASSED=0 FAILED=0 SKIPPED=0
    "$@"
    echo "$PASSED $FAILED $SKIPPED" >"$file"
}

# gather: waits for all that runs beside, and shows it in the order of its begin
gather() {
    local out passed failed skipped
    wait "${BESIDE_PIDS[@]}" || true
    for out in "${BESIDE[@]}"; do
        cat "$out"
        if [[ -e $out.counts ]]; then
            read -r passed failed skipped <"$out.counts"
            PASSED=$((PASSED + passed))
            FAILED=$((FAILED + failed))
            SKIPPED=$((SKIPPED + skipped))
        else
            result FAIL "scripts/check itself: see above"
        fi
        rm -f "$out" "$out.counts"
    done
    BESIDE=()
    BESIDE_PIDS=()
}
