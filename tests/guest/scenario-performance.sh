# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest: latency, bandwidth and QoS class as the command line gives them

# The way from the processors to the host bridge, which Linux needs to know
# before it computes anything: a node that is a generic port, and the HMAT
PERFORMANCE_BRIDGE_NS=30
PERFORMANCE_BRIDGE_GIB=80
PERFORMANCE_DEVICES=(
    -machine hmat=on
    -object 'memory-backend-ram,id=ram,size=4G'
    -numa 'node,nodeid=0,memdev=ram,cpus=0-3'
    -numa 'node,nodeid=1'
    -numa 'hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency,latency=10'
    -numa 'hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-bandwidth,bandwidth=100G'
    -numa "hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-latency,latency=$PERFORMANCE_BRIDGE_NS"
    -numa "hmat-lb,initiator=0,target=1,hierarchy=memory,data-type=access-bandwidth,bandwidth=${PERFORMANCE_BRIDGE_GIB}G"
    -device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1'
    -object 'acpi-generic-port,id=gp0,pci-bus=cxl.1,node=1'
    -device 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2'
    -device 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3'
    -device 'cxl-rp,port=2,bus=cxl.1,id=port2,chassis=0,slot=4'
    -object 'memory-backend-ram,id=lsa,size=128K')
for performance_n in 1 2 3 4; do
    PERFORMANCE_DEVICES+=(
        -object "memory-backend-ram,id=mem$performance_n,share=on,size=256M")
done
# Fast, with a link as wide as it gets; below a switch; with a narrow link
PERFORMANCE_DEVICES+=(
    -device 'cxl-type3,bus=port0,volatile-memdev=mem1,persistent-memdev=mem2,lsa=lsa,sn=1,read-latency=170ns,write-latency=0.21us,read-bandwidth=24G,write-bandwidth=12000,persistent-read-latency=400,persistent-write-latency=1us,persistent-read-bandwidth=6G,persistent-write-bandwidth=2G'
    -device 'cxl-upstream,bus=port1,id=switch,read-latency=80ns,write-latency=90ns,read-bandwidth=20G,write-bandwidth=10G,x-speed=16,x-width=8'
    -device 'cxl-downstream,bus=switch,id=down,port=0,chassis=0,slot=5'
    -device 'cxl-type3,bus=down,volatile-memdev=mem3,sn=2,read-latency=150.5ns,write-latency=300ns,read-bandwidth=30G,write-bandwidth=9G'
    -device 'cxl-type3,bus=port2,volatile-memdev=mem4,sn=3,read-latency=100ns,write-latency=100ns,read-bandwidth=50G,write-bandwidth=3G,x-speed=8,x-width=4')

# Every window's memory is a node of its own. The _DSM answers with the group
# of the first window; that of the fifth differs.
PERFORMANCE_WINDOWS=
performance_n=0
for performance_options in restrictions=6,qtg-id=3 restrictions=6,qtg-id=3 \
    restrictions=6,qtg-id=3 restrictions=10,qtg-id=3 restrictions=10,qtg-id=5; do
    PERFORMANCE_WINDOWS+=,cxl-fmw.$performance_n.targets.0=cxl.1
    PERFORMANCE_WINDOWS+=,cxl-fmw.$performance_n.size=256M
    PERFORMANCE_WINDOWS+=,cxl-fmw.$performance_n.${performance_options/,/,cxl-fmw.$performance_n.}
    performance_n=$((performance_n + 1))
done
PERFORMANCE_DEVICES+=(-M "${PERFORMANCE_WINDOWS#,}")

# performance_link GT/S LANES: MB/s of a link as Linux computes it, which
# leaves the encoding out of account
performance_link() {
    echo $(($1 * 1000 * $2 / 8))
}

# performance_flit GT/S LANES: what Linux adds for a link: the ns for which a
# flit of 68 bytes occupies it. Linux 7.2 computes the time for one lane, and
# adds it in ps.
performance_flit() {
    if [[ $PERFORMANCE_FLIT == link ]]; then
        echo $(((68 * 1000000 / $(performance_link "$1" "$2") + 999) / 1000))
    else
        echo $((68 * 1000000 / $(performance_link "$1" 1)))
    fi
}

# performance_numbers COMMAND: whether it succeeds, on 6.12 with the right
# formula, on others with either
performance_numbers() {
    PERFORMANCE_FLIT='link'
    ! "$@" || return 0
    [[ $PERFORMANCE_LINUX != 6.12.* ]] || return 1
    PERFORMANCE_FLIT='lane'
    "$@"
}

performance_min() {
    printf '%s\n' "$@" | sort -n | head -n 1
}

# performance_cdat SERIAL: the numbers of a device's table, one per line, and
# the sum of all its bytes
performance_cdat() {
    guest 1 "$GUEST_MEM"'for port in /sys/bus/cxl/devices/endpoint*; do
            [ "$(basename "$(readlink "$port/uport")")" != "$(mem '"$1"')" ] ||
                od -A n -t u1 -v -w1 "$port/CDAT"
        done' | awk '
        function number(at, bytes, value) {
            while (bytes--) {
                value = value * 256 + byte[at + bytes]
            }
            return value
        }
        { byte[NR - 1] = $1; sum = (sum + $1) % 256 }
        END {
            for (at = 16; at < NR; at += number(at + 2, 2)) {
                if (byte[at] == 0) {
                    printf "dsmas %d flags %d base %d size %d\n", byte[at + 4],
                        byte[at + 5], number(at + 8, 8), number(at + 16, 8)
                } else if (byte[at] == 1) {
                    printf "dslbis %d type %d value %d\n", byte[at + 4],
                        byte[at + 6], number(at + 8, 8) * number(at + 16, 2)
                }
                if (number(at + 2, 2) == 0) {
                    exit 1
                }
            }
            print "length", NR == number(0, 4) ? "right" : "wrong", "sum", sum
        }'
}

# Types 1, 2, 4 and 5 are read and write latency in ps, read and write
# bandwidth in MB/s.
performance_table() {
    local shown
    shown=$(performance_cdat 1)
    [[ $shown == "dsmas 0 flags 0 base 0 size 268435456
dslbis 0 type 1 value 170000
dslbis 0 type 2 value 210000
dslbis 0 type 4 value 24000
dslbis 0 type 5 value 12000
dsmas 1 flags 4 base 268435456 size 268435456
dslbis 1 type 1 value 400000
dslbis 1 type 2 value 1000000
dslbis 1 type 4 value 6000
dslbis 1 type 5 value 2000
length right sum 0" ]] || { echo "$shown"; return 1; }
    shown=$(performance_cdat 2)
    expect "$shown" '^dslbis 0 type 1 value 150500$'
    expect "$shown" '^length right sum 0$'
}

# What the guest's program reads through the mailboxes, and in words
performance_mailboxes() {
    local list
    list=$(guest 1 './cxldoe -l')
    expect "$list" 'DOE at 0x[0-9a-f]+: vendor 0x1 protocol 0 '
    expect "$list" 'DOE at 0x[0-9a-f]+: vendor 0x1e98 protocol 0x2 '
    # Three devices and a switch, two protocols each
    [[ $(wc -l <<<"$list") == 8 ]]
    list=$(guest 1 './cxldoe -c')
    expect "$list" 'DSLBIS +handle 0: read latency 150\.500 ns$'
    expect "$list" 'DSLBIS +handle 1: write bandwidth 2000 MB/s$'
    [[ $(grep -c 'sum ok$' <<<"$list") == 4 ]]
    guest 1 "$GUEST_MEM"'for port in /sys/bus/cxl/devices/endpoint*; do
            ./cxldoe -c $port/CDAT | tail -n +2 >/tmp/linux
            device=$(basename $(readlink -f $port/uport/..))
            ./cxldoe -c $device | tail -n +2 | cmp - /tmp/linux
        done'
}

performance_qos_classes() {
    local list
    list=$(guest 1 "$GUEST_MEM"'cxl list -M -m $(mem 1) -v
        cat /sys/bus/cxl/devices/$(mem 1)/ram/qos_class')
    expect "$list" '"ram_qos_class":3'
    expect "$list" '"pmem_qos_class":3'
    expect "$list" '^3$'
    list=$(guest 1 'cat /sys/bus/cxl/devices/decoder0.*/qos_class')
    [[ $list == $'3\n3\n3\n3\n5' ]] || { echo "$list"; return 1; }
}

# performance_region TYPE DECODER SERIAL: made although "cxl" was told to
# insist on the QoS class
performance_region() {
    local list
    list=$(guest 1 "$GUEST_MEM cxl create-region -Q -m -t $1 -d $2 -w 1 \$(mem $3)")
    expect "$list" '"decode_state":"commit"'
    refuse "$list" qos_class_mismatch
}

performance_match() {
    performance_region ram decoder0.0 1
    performance_region ram decoder0.1 2
    performance_region ram decoder0.2 3
    performance_region pmem decoder0.3 1
    guest 1 'region=$(basename $(dirname $(grep -l -x pmem \
                 /sys/bus/cxl/devices/region*/mode)))
             cxl disable-region $region
             cxl destroy-region $region'
}

performance_mismatch() {
    local make='cxl create-region -m -t pmem -d decoder0.4 -w 1'
    expect "$(guest 1 "$GUEST_MEM if $make -Q \$(mem 1) 2>&1; then
            echo 'it was created'
            exit 1
        fi")" 'qos_class mismatch'
    expect "$(guest 1 "$GUEST_MEM $make \$(mem 1)")" '"qos_class_mismatch":true'
}

# performance_node DECODER READ-NS WRITE-NS READ-MB/S WRITE-MB/S: what the
# memory in a window is said to be able to do, by the region and, in 6.12, by
# the node. Linux 7.2 gives numbers only to nodes that SRAT names.
performance_node() {
    local decoder=$1 shown places=2
    shift
    [[ $PERFORMANCE_LINUX != 6.12.* ]] || places=4
    shown=$(guest 1 "region=\$(echo /sys/bus/cxl/devices/$decoder/region*)"'
        node=$(cat $region/dax_region*/dax*/target_node)
        for of in $region/access? \
            /sys/devices/system/node/node$node/access?/initiators; do
            [ ! -e $of ] || cat $of/read_latency $of/write_latency \
                $of/read_bandwidth $of/write_bandwidth | xargs
        done')
    [[ $(sort -u <<<"$shown") == "$*" && $(wc -l <<<"$shown") -ge $places ]] ||
        { echo "shown: $shown; wanted: $*"; return 1; }
}

performance_online() {
    guest 1 'modprobe kmem
             for dax in $(basename -a /sys/bus/dax/devices/dax*); do
                 daxctl online-memory $dax
             done'
}

# No part of the way is narrower than this device.
performance_direct() {
    local way=$((PERFORMANCE_BRIDGE_NS + $(performance_flit 32 16)))
    performance_node decoder0.0 $((170 + way)) $((210 + way)) 24000 12000
}

# The switch's upstream link and the switch itself come on top.
performance_switch() {
    local way=$((PERFORMANCE_BRIDGE_NS + $(performance_flit 32 16) +
                 $(performance_flit 16 8)))
    performance_node decoder0.1 $((151 + 80 + way)) $((300 + 90 + way)) \
        "$(performance_min 30000 20000 "$(performance_link 16 8)")" \
        "$(performance_min 9000 10000 "$(performance_link 16 8)")"
}

# The link is what limits reads.
performance_narrow() {
    local way=$((PERFORMANCE_BRIDGE_NS + $(performance_flit 8 4)))
    performance_node decoder0.2 $((100 + way)) $((100 + way)) \
        "$(performance_min 50000 "$(performance_link 8 4)")" 3000
}

performance_run() {
    lab_up 1 --bare -- "${PERFORMANCE_DEVICES[@]}" || return
    PERFORMANCE_LINUX=$(guest 1 'uname -r' 2>/dev/null)
    check "CDAT has the numbers of the command line" performance_table
    check "DOE mailboxes have the same, in words" performance_mailboxes
    if [[ $PERFORMANCE_LINUX == 6.1.* ]]; then
        result skip "Linux 6.1 knows no QoS classes"
        return
    fi
    check "windows and memory have QoS classes" performance_qos_classes
    check "regions in windows of their class" performance_match || return
    check "a region in a window of another class" performance_mismatch
    check "all memory becomes RAM" performance_online || return
    check "the numbers of a device and its link" \
        performance_numbers performance_direct
    check "the numbers of a device below a switch" \
        performance_numbers performance_switch
    check "the numbers of a device with a narrow link" \
        performance_numbers performance_narrow
    check "the kernel has seen no warning" kernel_is_calm 1
}

performance_run
