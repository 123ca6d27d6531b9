# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# one guest: namespaces of all modes; label storage read, written and zeroed

# Linux 6.1 takes a bridge with one root port for one without decoders.
LABELS_DEVICES=(
    -object 'memory-backend-file,id=pmem,share=on,mem-path=%d/pmem,size=512M'
    -object 'memory-backend-file,id=lsa1,share=on,mem-path=%d/lsa1,size=128K'
    -object 'memory-backend-ram,id=vmem,share=on,size=256M'
    -object 'memory-backend-file,id=lsa2,share=on,mem-path=%d/lsa2,size=4K'
    -device 'pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1'
    -device 'cxl-rp,port=0,bus=cxl.1,id=port0,chassis=0,slot=2'
    -device 'cxl-rp,port=1,bus=cxl.1,id=port1,chassis=0,slot=3'
    -device 'cxl-type3,bus=port0,persistent-memdev=pmem,lsa=lsa1,sn=0x1'
    -device 'cxl-type3,bus=port1,volatile-memdev=vmem,lsa=lsa2,sn=0x2'
    -M 'cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G')

labels_region() {
    expect "$(guest 1 "$GUEST_MEM"'cd /root
        ./create_region.sh -t pmem $(mem 1)')" '^region0 is ready'
}

# labels_namespace MODE SIZE
labels_namespace() {
    expect "$(guest 1 "ndctl create-namespace -m $1 -s $2 -r region0")" \
        "\"mode\":\"$1\""
}

labels_list() {
    guest 1 'ndctl list -N -r region0'
}

labels_fsdax() {
    guest 1 'mkfs.ext4 -q -b 4096 /dev/pmem0
             mount -t ext4 -o dax /dev/pmem0 /mnt
             head -c 4194304 /dev/urandom >/tmp/fsdax
             cp /tmp/fsdax /mnt/fsdax
             umount /mnt
             mount -t ext4 /dev/pmem0 /mnt
             cmp /tmp/fsdax /mnt/fsdax
             umount /mnt'
}

labels_devdax() {
    guest 1 'dax=$(basename /dev/dax0.*)
             ./daxwriter -d /dev/$dax -o 8192 "in a namespace"
             ./daxreader -d /dev/$dax -o 8192 | grep -x "in a namespace"
             ./memstress -s 16M /dev/$dax'
}

# A block device whose sectors are written as a whole or not at all
labels_sector() {
    guest 1 'head -c 4194304 /dev/urandom >/tmp/sector
             dd if=/tmp/sector of=/dev/pmem0.2s bs=64k conv=fsync
             echo 3 >/proc/sys/vm/drop_caches
             head -c 4194304 /dev/pmem0.2s | cmp - /tmp/sector
             mkfs.ext4 -q /dev/pmem0.2s
             mount -t ext4 /dev/pmem0.2s /mnt
             cp /tmp/sector /mnt/sector
             umount /mnt
             mount -t ext4 /dev/pmem0.2s /mnt
             cmp /tmp/sector /mnt/sector
             umount /mnt'
}

# labels_away: the memdev without region and driver, so that labels are free
labels_away() {
    guest 1 "$GUEST_MEM"'
        cxl disable-region region0
        cxl destroy-region region0
        cxl disable-memdev -f $(mem 1)'
}

labels_remember() {
    labels_list >"$CXL_BUILD/lab/$GUEST_LAB/namespaces"
    [[ $(grep -c '"dev":' "$CXL_BUILD/lab/$GUEST_LAB/namespaces") == 3 ]]
}

# labels_back: namespaces and their content are what they were
labels_back() {
    guest 1 "$GUEST_MEM"'cxl enable-memdev $(mem 1)
        i=0
        until [ -e /sys/bus/nd/devices/nmem* ] || [ $i = 50 ]; do
            sleep 0.1
            i=$((i + 1))
        done'
    labels_region
    diff "$CXL_BUILD/lab/$GUEST_LAB/namespaces" <(labels_list)
    guest 1 'mount -t ext4 /dev/pmem0 /mnt
             cmp /tmp/fsdax /mnt/fsdax
             umount /mnt
             mount -t ext4 /dev/pmem0.2s /mnt
             cmp /tmp/sector /mnt/sector
             umount /mnt
             ./daxreader -d /dev/dax0.* -o 8192'
}

# The whole of it, out, over it, and back
labels_whole() {
    guest 1 "$GUEST_MEM"'mem=$(mem 1)
        cxl read-labels $mem -o /tmp/before
        test "$(stat -c %s /tmp/before)" = 131072
        grep -q NAMESPACE_INDEX /tmp/before
        head -c 131072 /dev/urandom >/tmp/random
        cxl write-labels $mem -i /tmp/random
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/random /tmp/after
        cxl zero-labels $mem
        cxl read-labels $mem -o /tmp/after
        head -c 131072 /dev/zero | cmp - /tmp/after
        cxl write-labels $mem -i /tmp/before
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/before /tmp/after'
    # What the guest reads is what the backend holds.
    cmp "$CXL_BUILD/lab/$GUEST_LAB/lsa1" <(guest 1 'cat /tmp/before')
}

# Parts that begin and end anywhere, more than a mailbox holds
labels_part() {
    guest 1 "$GUEST_MEM"'mem=$(mem 1)
        cxl read-labels $mem -o /tmp/before
        head -c 5001 /dev/urandom >/tmp/part
        cxl write-labels $mem -O 70003 -s 5001 -i /tmp/part
        cxl read-labels $mem -O 70003 -s 5001 -o /tmp/after
        cmp /tmp/part /tmp/after
        { head -c 70003 /tmp/before
          cat /tmp/part
          tail -c +75005 /tmp/before; } >/tmp/wanted
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/wanted /tmp/after
        if cxl read-labels $mem -O 131071 -s 2 -o /tmp/after; then
            echo "one byte past the end was read"
            exit 1
        fi
        cxl write-labels $mem -i /tmp/before'
}

labels_destroy() {
    guest 1 'ndctl destroy-namespace -f -r region0 all'
    refuse "$(labels_list)" '"dev"'
}

labels_volatile() {
    guest 1 "$GUEST_MEM"'mem=$(mem 2)
        cxl disable-memdev -f $mem
        head -c 4096 /dev/urandom >/tmp/random
        cxl write-labels $mem -i /tmp/random
        cxl read-labels $mem -o /tmp/after
        cmp /tmp/random /tmp/after
        cxl enable-memdev $mem'
    cmp "$CXL_BUILD/lab/$GUEST_LAB/lsa2" <(guest 1 'cat /tmp/random')
}

labels_run() {
    lab_up 1 --bare -- "${LABELS_DEVICES[@]}" || return
    check "a region of persistent memory" labels_region || return
    check "a namespace for DAX files" labels_namespace fsdax 96M || return
    check "a namespace for programs" labels_namespace devdax 96M || return
    check "a namespace with sectors" labels_namespace sector 96M || return
    check "DAX files keep their content" labels_fsdax
    check "programs map their namespace" labels_devdax
    check "sectors keep their content" labels_sector
    check "three namespaces are listed" labels_remember
    check "region and memdev go away" labels_away || return
    if [[ $(guest 1 'uname -r' 2>/dev/null) == 6.1.* ]]; then
        # "has active nvdimm bridge, abort label write", says cxl.
        result skip "Linux 6.1 never lets go of the label storage"
    else
        check "labels are read, written, zeroed and put back" labels_whole
        check "parts of them are read and written" labels_part
    fi
    check "the namespaces are there again" labels_back
    check "the namespaces are destroyed" labels_destroy
    check "a volatile device has label storage" labels_volatile
    check "the kernel has seen no warning" kernel_is_calm 1
}

labels_run
