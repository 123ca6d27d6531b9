# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest: CXL memory as RAM in the normal zone, for code, DMA and the kernel

SYSRAM_SIZE=536870912

sysram_online() {
    guest 1 'cd /root; ./create_region.sh; modprobe kmem
             daxctl reconfigure-device --mode=system-ram --no-movable --force \
                 dax0.0 || true'
    expect "$(guest 1 'cat /sys/devices/system/node/has_memory')" '^0-1$'
    expect "$(guest 1 'cat /sys/devices/system/node/node1/meminfo')" \
        "MemTotal: *$((SYSRAM_SIZE / 1024)) kB"
}

sysram_normal_zone() {
    local zones
    zones=$(guest 1 "awk '/^Node/ { node = \$2 + 0; zone = \$4 }
        \$1 == \"present\" && node == 1 { print zone, \$2 }' /proc/zoneinfo")
    expect "$zones" "^Normal $((SYSRAM_SIZE / 4096))\$"
    refuse "$zones" '^Movable [1-9]'
}

# All of its memory but what the kernel needs itself
sysram_stress() {
    expect "$(guest 1 './memstress -s 384M node:1')" '^ok code$'
}

sysram_dma() {
    expect "$(guest 1 './memstress -s 64M -D /dev/vda node:1')" '^ok dma$'
}

# A process that may only use node 1 has its stack, its page tables and what
# the kernel allocates for it there.
sysram_kernel_structures() {
    local meminfo
    meminfo=$(guest 1 'numactl --membind=1 ./memstress -s 256M node:1 >/dev/null &
        sleep 1
        for i in $(seq 20); do
            numactl --membind=1 sleep 3 &
        done
        sleep 1
        cat /sys/devices/system/node/node1/meminfo
        wait')
    expect "$meminfo" 'PageTables: *[1-9][0-9]* kB'
    expect "$meminfo" 'Slab: *[1-9][0-9]* kB'
    expect "$meminfo" 'AnonPages: *[1-9][0-9]* kB'
}

# The same work, with all of its memory on either node
sysram_work() {
    local zero one
    local work='tar -c -f - /usr/bin /usr/sbin /root | gzip -1 | gunzip |
                sha256sum'
    zero=$(guest 1 "numactl --membind=0 sh -c '$work'")
    one=$(guest 1 "numactl --membind=1 sh -c '$work'")
    expect "$zero" '^[0-9a-f]{64} '
    [[ $zero == "$one" ]]
}

sysram_file_cache() {
    guest 1 'mkdir -p /mnt/node1
             mount -t tmpfs -o mpol=bind:1,size=128M tmpfs /mnt/node1
             head -c 33554432 /dev/urandom >/tmp/random
             cp /tmp/random /mnt/node1/random
             cmp /tmp/random /mnt/node1/random
             cp /usr/bin/cxl /mnt/node1/
             /mnt/node1/cxl version
             rm /tmp/random
             umount /mnt/node1'
}

sysram_run() {
    lab_disks 1
    lab_up 1 -- "${GUEST_DISK[@]}" || return
    check "the memory comes online as node 1" sysram_online || return
    check "it lies in the normal zone" sysram_normal_zone
    check "it holds data, code and atomics" sysram_stress
    check "a disk reads and writes it" sysram_dma
    check "page tables and kernel structures live in it" \
        sysram_kernel_structures
    check "processes of that node compute the same" sysram_work
    check "200 processes start in it" guest_forks 1 1 200
    check "files and programs live in it" sysram_file_cache
    check "the kernel has seen no warning" kernel_is_calm 1
    check "the guest reboots" guest_reboots 1
    check "the memory comes online again" sysram_online
}

sysram_run
