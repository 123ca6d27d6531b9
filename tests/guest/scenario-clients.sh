# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016,SC2034
#
# one guest each: command lines of run_qemu and QEMU's documents

# A lab for each of them
clients_lab() {
    GUEST_LAB=check-$1-$$
}

# clients_listed WANTED: all that cxl list shows, by place
clients_listed() {
    local list
    list=$(guest 1 'cxl list -BPEMDTi' | "$CXL_ROOT/tests/guest/cxl-list.py")
    diff <(sort <<<"$1") <(sort <<<"$list")
}

# clients_serial ID: the number of a device without sn=
clients_serial() {
    local text=id:$1 hash=$((0xcbf29ce484222325)) i code
    for ((i = 0; i < ${#text}; i++)); do
        printf -v code %d "'${text:i:1}"
        hash=$(((hash ^ code) * 0x100000001b3))
    done
    printf '0x%x\n' "$hash"
}

# clients_region GRANULARITY ID...: a persistent region, in the order of
# positions. Without -g, cxl takes the window's granularity, and that is 256 to
# Linux for any window with one target.
clients_region() {
    local granularity=$1 serials=() id
    shift
    for id in "$@"; do
        serials+=("$(clients_serial "$id")")
    done
    guest 1 "mem() {
            for mem in /sys/bus/cxl/devices/mem*; do
                ! grep -q -x \$1 \$mem/serial || basename \$mem
            done
        }
        cxl create-region -m -t pmem -d decoder0.0 -g $granularity -w $# \
            \$(for s in ${serials[*]}; do mem \$s; done) >/dev/null"
    expect "$(guest 1 'cxl list -R')" '"decode_state":"commit"'
}

CLIENTS_PERSISTENT='0 volatile, 268435456 persistent, 8 decoders'
CLIENTS_VOLATILE='268435456 volatile, 0 persistent, 8 decoders'

clients_files() {
    local n
    for ((n = 0; n < 4; n++)); do
        CLIENTS_LINE+=(
            -object "memory-backend-file,id=cxl-mem$n,share=on,mem-path=%d/cxltest$n.raw,size=256M"
            -object "memory-backend-file,id=cxl-lsa$n,share=on,mem-path=%d/lsa$n.raw,size=$1")
    done
}

clients_run_qemu_line() {
    local n hb sn=(12345678 12341234) kind=(persistent persistent volatile volatile)
    CLIENTS_LINE=()
    clients_files 128K
    CLIENTS_LINE+=(-device 'pxb-cxl,id=cxl.0,bus=pcie.0,bus_nr=53'
                   -device 'pxb-cxl,id=cxl.1,bus=pcie.0,bus_nr=191')
    for n in 0 1 2 3; do
        CLIENTS_LINE+=(-device "cxl-rp,id=hb$((n / 2))rp$((n % 2)),bus=cxl.$((n / 2)),chassis=0,slot=$n,port=$((n % 2))")
    done
    for hb in 0 1; do
        CLIENTS_LINE+=(
            -device "cxl-upstream,port=4,bus=hb${hb}rp0,id=cxl-up$hb,multifunction=on,addr=0.0,sn=${sn[hb]}"
            -device "cxl-switch-mailbox-cci,bus=hb${hb}rp0,addr=0.1,target=cxl-up$hb")
    done
    for n in {0..7}; do
        CLIENTS_LINE+=(-device "cxl-downstream,port=$((n % 4)),bus=cxl-up$((n / 4)),id=swport$n,chassis=0,slot=$((n + 4))")
    done
    for n in 0 1 2 3; do
        CLIENTS_LINE+=(-device "cxl-type3,bus=swport$((n * 2)),${kind[n]}-memdev=cxl-mem$n,id=cxl-${kind[n]:0:1}mem$n,lsa=cxl-lsa$n")
    done
    CLIENTS_LINE+=(-M 'cxl-fmw.0.targets.0=cxl.0,cxl-fmw.0.size=4G,cxl-fmw.0.interleave-granularity=8k,cxl-fmw.1.targets.0=cxl.0,cxl-fmw.1.targets.1=cxl.1,cxl-fmw.1.size=4G,cxl-fmw.1.interleave-granularity=8k')
}

CLIENTS_RUN_QEMU="window 0: 4294967296 bytes, 1 way, bridges 53
window 1: 4294967296 bytes, 2 ways of 8192, bridges 53 191
bridge 53: behind ports 0, 8 decoders
bridge 191: behind ports 0, 8 decoders
switch 53.0: behind ports 0 2, 8 decoders
switch 191.0: behind ports 0 2, 8 decoders
device 53.0.0: $CLIENTS_PERSISTENT
device 53.0.2: $CLIENTS_PERSISTENT
device 191.0.0: $CLIENTS_VOLATILE
device 191.0.2: $CLIENTS_VOLATILE"

clients_bridges_line() {
    local n slot=(2 3 5 6)
    CLIENTS_LINE=()
    clients_files 256M
    CLIENTS_LINE+=(-device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1'
                   -device 'pxb-cxl,bus_nr=222,bus=pcie.0,id=cxl.2')
    for n in 0 1 2 3; do
        CLIENTS_LINE+=(
            -device "cxl-rp,port=$((n % 2)),bus=cxl.$((n / 2 + 1)),id=root_port$n,chassis=0,slot=${slot[n]}"
            -device "cxl-type3,bus=root_port$n,persistent-memdev=cxl-mem$n,lsa=cxl-lsa$n,id=cxl-pmem$n")
    done
    CLIENTS_LINE+=(-M 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.targets.1=cxl.2,cxl-fmw.0.size=4G,cxl-fmw.0.interleave-granularity=8k')
}

CLIENTS_BRIDGES="window 0: 4294967296 bytes, 2 ways of 8192, bridges 12 222
bridge 12: behind ports 0 1, 8 decoders
bridge 222: behind ports 0 1, 8 decoders
device 12.0: $CLIENTS_PERSISTENT
device 12.1: $CLIENTS_PERSISTENT
device 222.0: $CLIENTS_PERSISTENT
device 222.1: $CLIENTS_PERSISTENT"

CLIENTS_BRIDGES_REGION='decoder 12: 2 ways of 16384, 1073741824 bytes, ports 0 1
decoder 222: 2 ways of 16384, 1073741824 bytes, ports 0 1
decoder 12.0: 4 ways of 8192, 1073741824 bytes
decoder 12.1: 4 ways of 8192, 1073741824 bytes
decoder 222.0: 4 ways of 8192, 1073741824 bytes
decoder 222.1: 4 ways of 8192, 1073741824 bytes'

clients_switch_line() {
    local n
    CLIENTS_LINE=()
    clients_files 256M
    CLIENTS_LINE+=(-device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1'
                   -device 'cxl-rp,port=0,bus=cxl.1,id=root_port0,chassis=0,slot=0'
                   -device 'cxl-rp,port=1,bus=cxl.1,id=root_port1,chassis=0,slot=1'
                   -device 'cxl-upstream,bus=root_port0,id=us0')
    for n in 0 1 2 3; do
        CLIENTS_LINE+=(
            -device "cxl-downstream,port=$n,bus=us0,id=swport$n,chassis=0,slot=$((n + 4))"
            -device "cxl-type3,bus=swport$n,persistent-memdev=cxl-mem$n,lsa=cxl-lsa$n,id=cxl-pmem$n")
    done
    CLIENTS_LINE+=(-M 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G,cxl-fmw.0.interleave-granularity=4k')
}

CLIENTS_SWITCH="window 0: 4294967296 bytes, 1 way, bridges 12
bridge 12: behind ports 0, 8 decoders
switch 12.0: behind ports 0 1 2 3, 8 decoders
device 12.0.0: $CLIENTS_PERSISTENT
device 12.0.1: $CLIENTS_PERSISTENT
device 12.0.2: $CLIENTS_PERSISTENT
device 12.0.3: $CLIENTS_PERSISTENT"

CLIENTS_SWITCH_REGION='decoder 12: 1 way, 1073741824 bytes, ports 0
decoder 12.0: 4 ways of 4096, 1073741824 bytes, ports 0 1 2 3
decoder 12.0.0: 4 ways of 4096, 1073741824 bytes
decoder 12.0.1: 4 ways of 4096, 1073741824 bytes
decoder 12.0.2: 4 ways of 4096, 1073741824 bytes
decoder 12.0.3: 4 ways of 4096, 1073741824 bytes'

clients_run() {
    local CLIENTS_LINE=()
    clients_lab run_qemu
    clients_run_qemu_line
    lab_up 1 --bare -- "${CLIENTS_LINE[@]}" || return
    check "run_qemu: cxl list shows it" clients_listed "$CLIENTS_RUN_QEMU"
    check "run_qemu: the kernel has seen no warning" kernel_is_calm 1
    lab_down

    clients_lab two-bridges
    clients_bridges_line
    lab_up 1 --bare -- "${CLIENTS_LINE[@]}" || return
    check "two bridges: cxl list shows it" clients_listed "$CLIENTS_BRIDGES"
    check "two bridges: a persistent region of 4 ways" \
        clients_region 8192 cxl-pmem0 cxl-pmem2 cxl-pmem1 cxl-pmem3
    check "two bridges: cxl list shows its decoders" clients_listed \
        "$CLIENTS_BRIDGES"$'\n'"$CLIENTS_BRIDGES_REGION"
    check "two bridges: the kernel has seen no warning" kernel_is_calm 1
    lab_down

    clients_lab switch
    clients_switch_line
    lab_up 1 --bare -- "${CLIENTS_LINE[@]}" || return
    check "switch: cxl list shows it" clients_listed "$CLIENTS_SWITCH"
    check "switch: a persistent region of 4 ways" \
        clients_region 4096 cxl-pmem0 cxl-pmem1 cxl-pmem2 cxl-pmem3
    check "switch: cxl list shows its decoders" clients_listed \
        "$CLIENTS_SWITCH"$'\n'"$CLIENTS_SWITCH_REGION"
    check "switch: the kernel has seen no warning" kernel_is_calm 1
}

clients_run
