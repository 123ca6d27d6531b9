# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# Machines with several CXL devices, and regions over them, for scenarios.
#
# QEMU's arguments are gathered, after topology_new, and used by topology_up:
#
#   topology_bridge ID BUS_NR
#   topology_port ID BRIDGE PORT            a root port
#   topology_switch ID UPSTREAM-BUS PORTS   its ports are ID.0, ID.1, ...
#   topology_device SERIAL PORT [FILE]      256 MiB of volatile memory, shared
#                                           if it is a file
#   topology_window BRIDGES SIZE GRANULARITY [OPTION=VALUE...]
#   topology_up GUESTS [OPTION...]         with options of cxl-lab
#
# A device's id in QEMU is "dev" and its serial number.

TOPOLOGY=()
TOPOLOGY_SLOT=0
TOPOLOGY_WINDOW=0
TOPOLOGY_WINDOWS=

topology_new() {
    TOPOLOGY=("${GUEST_DISK[@]}")
    TOPOLOGY_SLOT=0
    TOPOLOGY_WINDOW=0
    TOPOLOGY_WINDOWS=
}

topology_up() {
    lab_disks "$1"
    lab_up "$@" --bare -- "${TOPOLOGY[@]}" -M "${TOPOLOGY_WINDOWS#,}"
}

topology_bridge() {
    TOPOLOGY+=(-device "pxb-cxl,id=$1,bus=pcie.0,bus_nr=$2")
}

topology_slot() {
    TOPOLOGY_SLOT=$((TOPOLOGY_SLOT + 1))
    TOPOLOGY+=(-device "$1,chassis=0,slot=$TOPOLOGY_SLOT")
}

topology_port() {
    topology_slot "cxl-rp,id=$1,bus=$2,port=$3"
}

topology_switch() {
    local port
    TOPOLOGY+=(-device "cxl-upstream,id=$1,bus=$2")
    for ((port = 0; port < $3; port++)); do
        topology_slot "cxl-downstream,id=$1.$port,bus=$1,port=$port"
    done
}

topology_device() {
    local backend=memory-backend-ram
    [[ -z ${3:-} ]] || backend=memory-backend-file,mem-path=$3
    TOPOLOGY+=(-object "$backend,id=mem$1,share=on,size=256M"
               -device "cxl-type3,id=dev$1,bus=$2,volatile-memdev=mem$1,sn=$1")
}

topology_window() {
    local window=cxl-fmw.$TOPOLOGY_WINDOW target=0 bridge option bridges=$1
    TOPOLOGY_WINDOWS+=,$window.size=$2,$window.interleave-granularity=$3
    shift 3
    for bridge in $bridges; do
        TOPOLOGY_WINDOWS+=,$window.targets.$target=$bridge
        target=$((target + 1))
    done
    for option; do
        TOPOLOGY_WINDOWS+=,$window.$option
    done
    TOPOLOGY_WINDOW=$((TOPOLOGY_WINDOW + 1))
}

# What guests need to know: memdevs by serial number, and what there is one of
TOPOLOGY_GUEST=$GUEST_MEM'
    region() {
        basename /sys/bus/cxl/devices/region[0-9]*
    }
    dax() {
        basename /sys/bus/dax/devices/dax[0-9]*
    }
    cd /root
'

# topology_guest N SCRIPT: with these functions
topology_guest() {
    guest "$1" "$TOPOLOGY_GUEST $2"
}

# topology_memdevs N COUNT: all are there, each with a serial number of its own
topology_memdevs() {
    expect "$(guest "$1" 'cat /sys/bus/cxl/devices/mem*/serial | sort -u |
        wc -l')" "^$2\$"
}

# region_make N DECODER GRANULARITY SERIAL...: in the order of positions, to
# the devdax in guest N.  What Linux refuses, and the specification does not:
#
#   - below several bridges, a granularity that is not the window's;
#   - another order than one device of each bridge in turn, beginning with the
#     window's first;
#   - 3, 6 or 12 ways where the window does not have 3 targets;
#   - more than 8 ways below one bridge.
region_make() {
    local n=$1 decoder=$2 granularity=$3 list
    shift 3
    topology_guest "$n" "
        cxl create-region -m -t ram -d $decoder -g $granularity -w $# \
            \$(for s in $*; do mem \$s; done) >/dev/null
        for i in \$(seq 50); do
            [ ! -e /sys/bus/dax/devices/\$(dax) ] || break
            sleep 0.1
        done
        ./dax_mode.sh \$(dax)"
    list=$(guest "$n" 'cxl list -R; cat /sys/bus/dax/devices/dax[0-9]*/size')
    expect "$list" '"decode_state":"commit"'
    expect "$list" "\"interleave_ways\":$#\b"
    expect "$list" "\"interleave_granularity\":$granularity\b"
    expect "$list" "\"size\":$(($# * 268435456))\b"
    expect "$list" "^$(($# * 268435456))\$"
}

# region_mapped N MAPPING SERIAL...: QEMU's view: where each of these devices
# has exactly one position
region_mapped() {
    local n=$1 mapping=$2 info positions
    shift 2
    info=$(monitor "$n" info cxl)
    expect "$info" "^  0x[0-9a-f]+-0x[0-9a-f]+ .*: $mapping, $# ways of "
    positions=$(sed -n 's/^    position [0-9]*: dev\([0-9]*\), .*/\1/p' \
        <<<"$info" | sort)
    expect "$positions" .
    [[ $positions == "$(printf '%s\n' "$@" | sort)" ]]
}

# region_stress N SIZE: patterns, code, atomics in so many MiB of it, and DMA
region_stress() {
    local log
    log=$(topology_guest "$1" "./memstress -s $2 -D /dev/vda /dev/\$(dax)")
    expect "$log" ": ${2%M} MiB,"
    expect "$log" '^ok patterns$'
    expect "$log" '^ok code$'
    expect "$log" '^ok dma$'
}

# region_places N: texts at the beginning of each device's part, in the last
# page of each, and across granules, then all of them read
region_places() {
    topology_guest "$1" '
        size=$(cat /sys/bus/dax/devices/$(dax)/size)
        granularity=$(cat /sys/bus/cxl/devices/$(region)/interleave_granularity)
        ways=$(cat /sys/bus/cxl/devices/$(region)/interleave_ways)
        places() {
            for i in $(seq 0 $((ways - 1))); do
                echo $((i * granularity + granularity / 2))
                echo $((size / ways * (i + 1) - granularity * i - 64))
            done
            echo $((size / 2))
        }
        for at in $(places); do
            ./daxwriter -d /dev/$(dax) -o $at "text at $at" >/dev/null
        done
        for at in $(places); do
            ./daxreader -d /dev/$(dax) -o $at | grep -q -x "text at $at"
        done'
}

region_remove() {
    topology_guest "$1" 'region=$(region)
        cxl disable-region $region -f
        cxl destroy-region $region -f
        test ! -e /sys/bus/cxl/devices/$region'
}
