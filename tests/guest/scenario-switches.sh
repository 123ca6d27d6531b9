# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest, regions through switches of switches; one as RAM

# shellcheck source=topology.sh
. "$CXL_ROOT/tests/guest/topology.sh"

# Two bridges, each with two switches. The hundreds of a serial number are the
# switch, the ones its port. Behind switch 2 there are the switches 3 and 4.
switches_machine() {
    local port sw
    topology_new
    topology_bridge hb1 48
    topology_bridge hb2 144
    for port in 0 1; do
        topology_port "rp1$port" hb1 "$port"
        topology_port "rp2$port" hb2 "$port"
    done
    topology_switch sw1 rp10 4
    topology_switch sw2 rp11 4
    topology_switch sw3 sw2.2 2
    topology_switch sw4 sw2.3 2
    topology_switch sw5 rp20 2
    topology_switch sw6 rp21 2
    for sw in 1 2 3 4 5 6; do
        topology_device "${sw}00" "sw$sw.0"
        topology_device "${sw}01" "sw$sw.1"
    done
    topology_device 102 sw1.2
    topology_device 103 sw1.3
    topology_window hb1 1G 256
    topology_window "hb1 hb2" 2G 256
}

# switches_region WHAT DECODER GRANULARITY SERIAL...
switches_region() {
    local what=$1
    shift
    check "$what: a region" region_make 1 "$@" || return
    check "$what: mapped as RAM" region_mapped 1 linear "${@:3}"
    check "$what: patterns, code, atomics and DMA in all of it" \
        region_stress 1 "$((256 * ($# - 2)))M"
    check "$what: texts in each part" region_places 1
}

switches_listed() {
    local list
    list=$(guest 1 'cxl list -P -i')
    # 2 bridges, 6 switches
    expect "$(grep -c '"depth":1' <<<"$list")" '^2$'
    expect "$(grep -c '"depth":2' <<<"$list")" '^4$'
    expect "$(grep -c '"depth":3' <<<"$list")" '^2$'
}

# Linux has a node for each window: the second one's is node 2.
switches_online() {
    topology_guest 1 'modprobe kmem
        daxctl reconfigure-device --mode=system-ram --no-movable --force \
            $(dax) || true'
    expect "$(guest 1 'cat /sys/devices/system/node/has_memory')" '^0,2$'
    expect "$(guest 1 'cat /sys/devices/system/node/node2/meminfo')" \
        "MemTotal: *$((8 * 262144)) kB"
}

# All of it but what the kernel needs itself
switches_node() {
    expect "$(guest 1 'numactl --membind=2 ./memstress -s 1792M \
        -D /dev/vda node:2')" '^ok dma$'
}

switches_run() {
    switches_machine
    topology_up 1 || return
    check "cxl list shows 14 memdevs" topology_memdevs 1 14
    check "cxl list shows switches, and switches behind a switch" \
        switches_listed
    switches_region "4 ways of 1024 behind a switch" decoder0.0 1024 \
        102 100 103 101 || return
    check "the region goes away" region_remove 1 || return
    switches_region "4 ways of 256 behind two switches of a switch" \
        decoder0.0 256 300 400 301 401 || return
    check "the region goes away" region_remove 1 || return
    switches_region "2 x 2 x 2 ways of 256: bridges, switches, ports" \
        decoder0.1 256 100 500 200 600 101 501 201 601 || return
    check "the 8 devices become RAM of one node" switches_online || return
    check "patterns, code, atomics and DMA in that node" switches_node
    check "100 processes start in it" guest_forks 1 2 100
    check "the kernel has seen no warning" kernel_is_calm 1
}

switches_run
