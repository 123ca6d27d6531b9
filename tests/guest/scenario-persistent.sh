# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest: files in persistent memory survive kill, power-off, reboot, kernels

# Linux 6.1 takes a bridge with one root port for one without decoders.
PERSISTENT_DEVICES=(
    -object 'memory-backend-file,id=pmem0,share=on,mem-path=%d/pmem,size=512M'
    -object 'memory-backend-file,id=lsa0,share=on,mem-path=%d/lsa,size=128K'
    -device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1'
    -device 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2'
    -device 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3'
    -device 'cxl-type3,bus=port0,persistent-memdev=pmem0,lsa=lsa0,id=cxl-pmem0,sn=0x1'
    -M 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G')

persistent_memdev() {
    local list
    list=$(guest 1 'cxl list -M')
    expect "$list" '"pmem_size":536870912'
    expect "$list" '"serial":1\b'
}

# The same command makes what is not there.
persistent_made() {
    local shown
    shown=$(guest 1 'cd /root; ./pmem_fs.sh 2>&1')
    expect "$shown" 'ndctl create-namespace'
    expect "$shown" '^/dev/pmem0 /mnt ext4 .*dax'
}

persistent_found() {
    local shown
    shown=$(guest 1 'cd /root; ./pmem_fs.sh 2>&1')
    refuse "$shown" 'create-namespace|mkfs'
    expect "$shown" '^/dev/pmem0 /mnt ext4 .*dax'
}

# persistent_write FILE: 32 MiB, whose checksum the host remembers
persistent_write() {
    guest 1 "head -c 33554432 /dev/urandom |
                 dd of=/mnt/$1 bs=1M conv=fsync 2>/dev/null
             sha256sum /mnt/$1" >"$CXL_BUILD/lab/$GUEST_LAB/$1.sum"
}

# persistent_read FILE...
persistent_read() {
    local file sum
    for file; do
        sum=$(guest 1 "sha256sum /mnt/$file")
        expect "$sum" '^[0-9a-f]{64}  '
        [[ $sum == "$(<"$CXL_BUILD/lab/$GUEST_LAB/$file.sum")" ]]
    done
}

# persistent_boot KERNEL: once more, with the same memory
persistent_boot() {
    lab_up 1 --bare --kernel "$1" -- "${PERSISTENT_DEVICES[@]}"
}

# persistent_kernels: sets PERSISTENT_KERNEL to the one that was asked for and
# PERSISTENT_OTHER to a different one
persistent_kernels() {
    local n
    PERSISTENT_KERNEL=6.12
    for ((n = 0; n < ${#GUEST_OPTIONS[@]}; n++)); do
        [[ ${GUEST_OPTIONS[n]} != --kernel ]] ||
            PERSISTENT_KERNEL=${GUEST_OPTIONS[n + 1]}
    done
    PERSISTENT_OTHER=newest
    [[ $PERSISTENT_KERNEL != newest ]] || PERSISTENT_OTHER=6.12
    if ! cxl_lab image --kernel "$PERSISTENT_OTHER" >/dev/null 2>&1; then
        result skip "another kernel cannot be fetched"
        PERSISTENT_OTHER=$PERSISTENT_KERNEL
    fi
}

persistent_run() {
    persistent_kernels
    persistent_boot "$PERSISTENT_KERNEL" || return
    check "cxl list shows the memdev" persistent_memdev
    check "region, namespace and file system are made" persistent_made ||
        return
    check "a file is written" persistent_write first || return
    check "QEMU is killed" guest_is_killed 1 || return

    persistent_boot "$PERSISTENT_OTHER" || return
    check "another kernel finds the namespace" persistent_found || return
    check "the file is the same" persistent_read first
    check "another file is written" persistent_write second || return
    check "the kernel has seen no warning" kernel_is_calm 1
    check "the guest powers off" guest_powers_off 1 || return

    persistent_boot "$PERSISTENT_KERNEL" || return
    check "the first kernel finds the namespace" persistent_found || return
    check "both files are the same" persistent_read first second
    check "the guest reboots" guest_reboots 1 || return
    check "the namespace is there after a reboot" persistent_found || return
    check "so are the files" persistent_read first second
    check "the kernel has seen no warning" kernel_is_calm 1
}

persistent_run
