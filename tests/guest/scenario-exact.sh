# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest, exact layout: bytes lie where the spec puts them

# shellcheck source=topology.sh
. "$CXL_ROOT/tests/guest/topology.sh"

# Three bridges, two devices each, whose memory is files
exact_machine() {
    local bridge port
    topology_new
    for bridge in 1 2 3; do
        topology_bridge "hb$bridge" $((bridge * 48))
        for port in 0 1; do
            topology_port "rp$bridge$port" "hb$bridge" "$port"
            topology_device "${bridge}0$port" "rp$bridge$port" \
                "%d/file${bridge}0$port"
        done
    done
    topology_window hb1 1G 256 interleave-layout=exact
    topology_window "hb1 hb2" 1G 256 interleave-layout=exact
    topology_window "hb1 hb2" 1G 4k interleave-layout=exact
    topology_window "hb1 hb2 hb3" 1536M 256 interleave-layout=exact
    topology_window hb1 1G 256
}

# exact_host COMMAND GRANULARITY OFFSET WHAT SERIAL...: the script that knows
# nothing of the emulation, on the devices' files in the order of turns
exact_host() {
    local command=("${@:1:4}")
    shift 4
    "$CXL_ROOT/tests/guest/deinterleave.py" "${command[@]}" \
        "${@/#/$CXL_BUILD/lab/$GUEST_LAB/file}"
}

# exact_offsets GRANULARITY WAYS: the beginning, the middle and the end, so
# that texts of up to 1001 bytes lie across granules and not over each other
exact_offsets() {
    local granularity=$1 size=$(($2 * 268435456)) at
    for at in 0 $((5 * granularity - 7)) $((9 * granularity + 2001)) \
        $((size / 2 - granularity)) $((size * 3 / 4 - 500)) \
        $((size - 3 * granularity - 2100)) $((size - 1001)); do
        echo "$at"
    done
}

# exact_text OFFSET SEED: for there, long enough for several granules
exact_text() {
    "$CXL_ROOT/tests/guest/deinterleave.py" pattern "$*" 1000
}

# exact_same OFFSET TEXT WANTED
exact_same() {
    [[ $2 == "$3" ]] || {
        echo "at offset $1 there is \"$2\" and not \"$3\"."
        return 1
    }
}

# exact_guest_writes GRANULARITY SERIAL...: texts of a guest, in the files
exact_guest_writes() {
    local granularity=$1 at script=''
    shift
    for at in $(exact_offsets "$granularity" $#); do
        script+="./daxwriter -d /dev/\$(dax) -o $at $(exact_text "$at" out)"$'\n'
    done
    topology_guest 1 "$script"
    for at in $(exact_offsets "$granularity" $#); do
        exact_same "$at" "$(exact_text "$at" out)" \
            "$(exact_host read "$granularity" "$at" 1000 "$@")"
    done
}

# exact_guest_reads GRANULARITY SERIAL...: texts in the files, in the guest
exact_guest_reads() {
    local granularity=$1 at script='' texts n=0
    shift
    for at in $(exact_offsets "$granularity" $#); do
        exact_host write "$granularity" "$at" "$(exact_text "$at" in)" "$@"
        script+="./daxreader -d /dev/\$(dax) -o $at | tail -n 1"$'\n'
    done
    mapfile -t texts < <(topology_guest 1 "$script")
    for at in $(exact_offsets "$granularity" $#); do
        exact_same "$at" "${texts[n]:-}" "$(exact_text "$at" in)"
        n=$((n + 1))
    done
}

# Few bytes, as each access is decoded
exact_stress() {
    expect "$(topology_guest 1 './memstress -s 4M -D /dev/vda /dev/$(dax)')" \
        '^ok dma$'
}

# exact_region WHAT DECODER GRANULARITY SERIAL...: in the order of turns; what
# differs from Linux's order is in EXACT_POSITIONS.
exact_region() {
    local what=$1 decoder=$2 granularity=$3
    shift 3
    # shellcheck disable=SC2086 # a list of words
    check "$what: a region" region_make 1 "$decoder" "$granularity" \
        ${EXACT_POSITIONS:-"$@"} || return
    check "$what: decoded access by access" region_mapped 1 callback "$@"
    check "$what: the host finds what the guest writes" \
        exact_guest_writes "$granularity" "$@"
    check "$what: the guest finds what the host writes" \
        exact_guest_reads "$granularity" "$@"
    check "$what: patterns, code, atomics and DMA" exact_stress
    check "$what: the region goes away" region_remove 1
}

# A linear window puts it elsewhere: the comparison can fail.
exact_linear_differs() {
    local text
    text=$(exact_text 0 linear)
    topology_guest 1 "./daxwriter -d /dev/\$(dax) -o 0 $text"
    if exact_same 0 "$text" "$(exact_host read 256 0 1000 100 101)"; then
        return 1
    fi
    exact_same 0 "$text" "$(exact_host read 4096 0 1000 100)"
}

exact_run() {
    local EXACT_POSITIONS=
    exact_machine
    topology_up 1 || return
    exact_region "2 ways of 256" decoder0.0 256 100 101 || return
    exact_region "2 ways of 4096" decoder0.0 4096 101 100 || return
    exact_region "4 ways of 256" decoder0.1 256 100 200 101 201 || return
    exact_region "4 ways of 4096" decoder0.2 4096 101 201 100 200 || return
    exact_region "3 ways of 256" decoder0.3 256 101 200 300 || return
    # The bridge's turn is the granule modulo 3, and the port's its lowest
    # bit: Linux's second position has the fifth turn.
    EXACT_POSITIONS='100 200 300 101 201 301'
    exact_region "6 ways of 256" decoder0.3 256 \
        100 201 300 101 200 301 || return
    check "2 ways in a linear window: a region" \
        region_make 1 decoder0.4 256 100 101 || return
    check "linear layout differs, and the comparison shows it" \
        exact_linear_differs
    check "the kernel has seen no warning" kernel_is_calm 1
}

exact_run
