# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest: volatile and persistent memory of one device, at the same time

# One window for each kind of memory, and one for both. Linux 6.1 takes a
# bridge with one root port for one without decoders.
PARTITIONS_DEVICES=(
    -object 'memory-backend-file,id=vmem,share=on,mem-path=%d/vmem,size=512M'
    -object 'memory-backend-file,id=pmem,share=on,mem-path=%d/pmem,size=512M'
    -object 'memory-backend-file,id=lsa,share=on,mem-path=%d/lsa,size=128K'
    -device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1'
    -device 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2'
    -device 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3'
    -device 'cxl-type3,bus=port0,volatile-memdev=vmem,persistent-memdev=pmem,lsa=lsa,sn=0x1'
    -M 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=1G,cxl-fmw.0.restrictions=6,cxl-fmw.1.targets.0=cxl.1,cxl-fmw.1.size=1G,cxl-fmw.1.restrictions=10,cxl-fmw.2.targets.0=cxl.1,cxl-fmw.2.size=1G')

PARTITIONS_256M=268435456
PARTITIONS_512M=536870912

partitions_memdev() {
    local list
    list=$(guest 1 'cxl list -M')
    expect "$list" "\"ram_size\":$PARTITIONS_512M"
    expect "$list" "\"pmem_size\":$PARTITIONS_512M"
}

# partitions_refused TYPE DECODER: by cxl, since Linux offers no such region
partitions_refused() {
    local said
    said=$(guest 1 "test ! -e /sys/bus/cxl/devices/$2/create_$1_region
        if cxl create-region -m -t $1 -d $2 -w 1 mem0 2>&1; then
            echo 'it was created'
            exit 1
        fi")
    expect "$said" 'not (volatile|pmem) capable'
}

partitions_windows() {
    partitions_refused pmem decoder0.0
    partitions_refused ram decoder0.1
    guest 1 'cd /sys/bus/cxl/devices/decoder0.2
             test -e create_ram_region
             test -e create_pmem_region'
}

# partitions_region TYPE DECODER SIZE
partitions_region() {
    local list
    list=$(guest 1 "cxl create-region -m -t $1 -d $2 -s $3 -w 1 mem0")
    expect "$list" "\"type\":\"$1\""
    expect "$list" "\"size\":$3\b"
    expect "$list" '"decode_state":"commit"'
}

# Half of the volatile memory is left out, so that the second decoder skips
# the other half.
partitions_skip() {
    local list
    list=$(guest 1 'cxl list -D -d endpoint')
    expect "$list" '"dpa_resource":0,'
    expect "$list" "\"dpa_resource\":$PARTITIONS_512M,"
    list=$(monitor 1 info cxl)
    expect "$list" 'decoder 0: .*\(256 MiB\), 1 way, DPA 0x0'
    expect "$list" 'decoder 1: .*\(512 MiB\), 1 way, DPA 0x20000000'
}

# Without labels' help, the namespace is the whole region.
partitions_use() {
    guest 1 './dax_mode.sh dax0.0
             ndctl create-namespace -m raw -r region1'
}

partitions_write() {
    guest 1 "./daxwriter -d /dev/dax0.0 -o 0 'first volatile'
             ./daxwriter -d /dev/dax0.0 -o $((PARTITIONS_256M - 4096)) 'last volatile'
             head -c 16777216 /dev/urandom >/tmp/data
             dd if=/tmp/data of=\$(echo /dev/pmem*) bs=1M conv=fsync
             dd if=/tmp/data of=\$(echo /dev/pmem*) bs=1M seek=496 conv=fsync"
}

partitions_volatile_is_there() {
    guest 1 "./daxreader -d /dev/dax0.0 -o 0 | grep -x 'first volatile'
             ./daxreader -d /dev/dax0.0 -o $((PARTITIONS_256M - 4096)) |
                 grep -x 'last volatile'"
}

partitions_persistent_is_there() {
    guest 1 'echo 3 >/proc/sys/vm/drop_caches
             ndctl list -N | grep raw
             head -c 16777216 /dev/pmem* | cmp - /tmp/data
             tail -c 16777216 /dev/pmem* | cmp - /tmp/data'
}

# partitions_at FILE OFFSET TEXT: whether the host sees it there
partitions_at() {
    dd if="$CXL_BUILD/lab/$GUEST_LAB/$1" bs=4096 skip=$(($2 / 4096)) count=1 \
        status=none | grep -a -q "$3"
}

partitions_from_the_host() {
    local lab=$CXL_BUILD/lab/$GUEST_LAB size=16777216
    partitions_at vmem 0 'first volatile'
    partitions_at vmem $((PARTITIONS_256M - 4096)) 'last volatile'
    head -c "$size" "$lab/pmem" | cmp - <(guest 1 'cat /tmp/data')
    tail -c "$size" "$lab/pmem" | cmp - <(guest 1 'cat /tmp/data')
    # What no region covers was not written.
    tail -c "$PARTITIONS_256M" "$lab/vmem" | cmp -n "$PARTITIONS_256M" - \
        /dev/zero
}

partitions_stress() {
    guest 1 './memstress -s 32M /dev/dax0.0'
    partitions_persistent_is_there
}

partitions_online() {
    guest 1 'cd /root; ./create_region.sh --online'
    guest 1 './memstress -s 64M node:$(cat /sys/bus/dax/devices/dax0.0/target_node)'
    partitions_persistent_is_there
}

partitions_remove() {
    guest 1 './dax_mode.sh dax0.0
             ndctl disable-region region1
             cxl disable-region region1
             cxl destroy-region region1
             cxl disable-region -f region0
             cxl destroy-region -f region0'
    refuse "$(guest 1 'cxl list -R')" '"region"'
}

# All of both in the window that takes both; the data is still there.
partitions_one_window() {
    partitions_region ram decoder0.2 "$PARTITIONS_512M"
    partitions_region pmem decoder0.2 "$PARTITIONS_512M"
    partitions_persistent_is_there
}

partitions_run() {
    lab_up 1 --bare -- "${PARTITIONS_DEVICES[@]}" || return
    check "cxl list shows both capacities" partitions_memdev
    if [[ $(guest 1 'uname -r' 2>/dev/null) == 6.1.* ]]; then
        result skip "Linux 6.1 knows no regions of volatile memory"
        return
    fi
    check "a window takes what its restrictions say" partitions_windows
    check "a region of half of the volatile memory" \
        partitions_region ram decoder0.0 "$PARTITIONS_256M" || return
    check "a region of the persistent memory" \
        partitions_region pmem decoder0.1 "$PARTITIONS_512M" || return
    check "the persistent region begins behind all volatile memory" \
        partitions_skip
    check "both can be used" partitions_use || return
    check "both are written" partitions_write || return
    check "the volatile memory holds its data" partitions_volatile_is_there
    check "the persistent memory holds its data" partitions_persistent_is_there
    check "the backends hold it where it belongs" partitions_from_the_host
    check "a test of one leaves the other alone" partitions_stress
    check "one becomes RAM, the other keeps its data" partitions_online
    check "both regions go away" partitions_remove || return
    check "both in one window" partitions_one_window
    check "the kernel has seen no warning" kernel_is_calm 1
}

partitions_run
