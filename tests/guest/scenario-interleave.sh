# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest, regions over 2 to 16 devices below up to 4 bridges

# shellcheck source=topology.sh
. "$CXL_ROOT/tests/guest/topology.sh"

# Four bridges with four devices each: the hundreds of a serial number are
# the bridge, the ones the port.
interleave_machine() {
    local bridge port
    topology_new
    for bridge in 1 2 3 4; do
        topology_bridge "hb$bridge" $((bridge * 48))
        for port in 0 1 2 3; do
            topology_port "rp$bridge$port" "hb$bridge" "$port"
            topology_device "${bridge}0$port" "rp$bridge$port"
        done
    done
    topology_window "hb1" 1G 256
    topology_window "hb1 hb2" 2G 512
    topology_window "hb1 hb2" 1G 8k
    topology_window "hb1 hb2 hb3" 3G 256
    topology_window "hb1 hb2 hb3 hb4" 4G 1k
}

interleave_windows() {
    local list
    list=$(guest 1 'cxl list -D -d decoder0.2 -T')
    expect "$list" '"interleave_ways":2'
    expect "$list" '"interleave_granularity":8192'
    expect "$list" '"nr_targets":2'
    list=$(guest 1 'cxl list -D -d decoder0.3 -T')
    expect "$list" '"interleave_ways":3'
    expect "$list" '"interleave_granularity":256'
    expect "$list" '"nr_targets":3'
}

# interleave_region SIZE WHAT DECODER GRANULARITY SERIAL...: all that is tried,
# with so much of the region for what takes long
interleave_region() {
    local size=$1 what=$2
    shift 2
    check "$what: a region" region_make 1 "$@" || return
    check "$what: mapped as RAM" region_mapped 1 linear "${@:3}"
    check "$what: patterns, code, atomics and DMA in $size" \
        region_stress 1 "$size"
    check "$what: texts in each part" region_places 1
    check "$what: the region goes away" region_remove 1
}

interleave_run() {
    interleave_machine
    topology_up 1 || return
    check "cxl list shows 16 memdevs" topology_memdevs 1 16
    check "cxl list shows windows of two and three bridges" \
        interleave_windows
    interleave_region 512M "2 ways of 4096 below one bridge" decoder0.0 4096 \
        100 101 || return
    interleave_region 1024M "4 ways of 512 below two bridges" decoder0.1 512 \
        100 200 101 201 || return
    interleave_region 2048M "8 ways of 512 below two bridges" decoder0.1 512 \
        100 200 101 201 102 202 103 203 || return
    interleave_region 1024M "4 ways of 8192 below two bridges" decoder0.2 8192 \
        103 202 101 200 || return
    interleave_region 768M "3 ways of 256 below three bridges" decoder0.3 256 \
        100 200 300 || return
    interleave_region 1536M "6 ways of 256 below three bridges" decoder0.3 256 \
        100 200 300 101 201 301 || return
    interleave_region 512M "12 ways of 256 below three bridges" decoder0.3 256 \
        100 200 300 101 201 301 102 202 302 103 203 303 || return
    interleave_region 512M "16 ways of 1024 below four bridges" decoder0.4 \
        1024 100 200 300 400 101 201 301 401 102 202 302 402 103 203 303 403 ||
        return
    check "the kernel has seen no warning" kernel_is_calm 1
}

interleave_run
