# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest, persistent memory: labels, a file system, a reboot

PERSISTENT_UUID=5f1c2c1e-9b0a-4c5b-8a55-2d0c6a1b7e01

persistent_memdev() {
    local list
    list=$(guest 1 'cxl list -M')
    expect "$list" '"pmem_size":536870912'
    expect "$list" '"serial":1\b'
}

persistent_region() {
    expect "$(guest 1 "cxl create-region -m -t pmem -d decoder0.0 -w 1 \
        -U $PERSISTENT_UUID mem0 2>&1")" 'created 1 region'
    expect "$(guest 1 'ndctl list -R')" '"dev":"region0"'
}

persistent_namespace() {
    expect "$(guest 1 'ndctl create-namespace -m fsdax -M mem -r region0')" \
        '"dev":"namespace0.0"'
    guest 1 'busybox mke2fs /dev/pmem0 >/dev/null
             mount -t ext4 /dev/pmem0 /mnt
             echo "still here" >/mnt/text
             umount /mnt'
}

persistent_after_reboot() {
    guest_reboots 1
    persistent_region
    expect "$(guest 1 'ndctl list -N')" '"dev":"namespace0.0"'
    expect "$(guest 1 'mount -t ext4 /dev/pmem0 /mnt; cat /mnt/text')" \
        '^still here$'
}

persistent_labels() {
    guest 1 'umount /mnt
             ndctl disable-region region0
             cxl disable-memdev mem0 -f
             cxl enable-memdev mem0
             cxl read-labels mem0 >/tmp/labels
             test "$(stat -c %s /tmp/labels)" = 131072
             grep -q NAMESPACE_INDEX /tmp/labels'
}

persistent_run() {
    lab_up 1 --bare -- \
        -object 'memory-backend-file,id=pmem0,share=on,mem-path=%d/pmem,size=512M' \
        -object 'memory-backend-file,id=lsa0,share=on,mem-path=%d/lsa,size=128K' \
        -device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1' \
        -device 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2' \
        -device 'cxl-type3,bus=port0,persistent-memdev=pmem0,lsa=lsa0,id=cxl-pmem0,sn=0x1' \
        -M 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G' || return
    check "cxl list shows the memdev" persistent_memdev
    check "a region of persistent memory" persistent_region || return
    check "a namespace with a file system" persistent_namespace || return
    check "region, namespace and file after a reboot" persistent_after_reboot
    check "the label storage can be read" persistent_labels
    check "the kernel has seen no warning" kernel_is_calm 1
}

persistent_run
