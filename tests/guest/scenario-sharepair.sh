# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# two guests, two files interleaved in both; one device is lost

# shellcheck source=topology.sh
. "$CXL_ROOT/tests/guest/topology.sh"

SHAREPAIR_SIZE=$((2 * 268435456))

sharepair_machine() {
    topology_new
    topology_bridge hb1 48
    topology_port rp0 hb1 0
    topology_port rp1 hb1 1
    topology_device 100 rp0 %d/half0
    topology_device 101 rp1 %d/half1
    topology_window hb1 1G 1k
}

# sharepair_message FROM TO OFFSET
sharepair_message() {
    local text="from $1 to $2 at $3 ($RANDOM)"
    topology_guest "$1" "./daxwriter -d /dev/\$(dax) -o $3 '$text'"
    expect "$(topology_guest "$2" "./daxreader -d /dev/\$(dax) -o $3")" \
        "^${text//[()]/.}\$"
}

# Each message of several granules lies in both files, whatever their layout.
sharepair_long_messages() {
    local from to at text
    for at in 0 777 $((SHAREPAIR_SIZE / 2 - 2048)) $((SHAREPAIR_SIZE - 4096)); do
        for from in 1 2; do
            to=$((3 - from))
            text=$("$CXL_ROOT/tests/guest/deinterleave.py" pattern "$from $at" 4000)
            topology_guest "$from" "./daxwriter -d /dev/\$(dax) -o $at $text"
            [[ $(topology_guest "$to" \
                "./daxreader -d /dev/\$(dax) -o $at") == *$'\n'"$text" ]]
        done
    done
}

# What guest 1 leaves in the second half of the region is in the second file,
# for linear layout.
sharepair_files() {
    topology_guest 1 "./daxwriter -d /dev/\$(dax) -o 4096 'first half'
        ./daxwriter -d /dev/\$(dax) -o $((SHAREPAIR_SIZE / 2 + 8192)) \
            'second half'"
    cmp -n 10 -i 4096:0 "$CXL_BUILD/lab/$GUEST_LAB/half0" <(printf 'first half')
    cmp -n 11 -i 8192:0 "$CXL_BUILD/lab/$GUEST_LAB/half1" <(printf 'second half')
}

sharepair_atomics() {
    local one two other=$GUEST_LOG.2 at
    for at in 1M $((SHAREPAIR_SIZE / 2 + 1048576)); do
        topology_guest 1 "./daxcount -d /dev/\$(dax) -o $at 2 5000000" \
            >"$other" &
        two=$(topology_guest 2 "./daxcount -d /dev/\$(dax) -o $at 2 5000000")
        wait $!
        one=$(<"$other")
        expect "$one" '^10000000$'
        expect "$two" '^10000000$'
    done
}

# A region of two devices that has only one: Linux does not program it, and
# QEMU says that nothing decodes the window.
sharepair_incomplete() {
    local info
    topology_guest 2 'cd /sys/bus/cxl/devices
        for endpoint in endpoint*; do
            [ "$(basename "$(readlink "$endpoint/uport")")" != "$(mem 100)" ] ||
                decoder=decoder${endpoint#endpoint}.0
        done
        region=$(cat decoder0.0/create_ram_region)
        echo "$region" >decoder0.0/create_ram_region
        echo 1024 >"$region/interleave_granularity"
        echo 2 >"$region/interleave_ways"
        echo 0x20000000 >"$region/size"
        echo ram >"$decoder/mode"
        echo 0x10000000 >"$decoder/dpa_size"
        echo "$decoder" >"$region/target0"
        if echo 1 2>/dev/null >"$region/commit"; then
            echo "half a region was committed"
            exit 1
        fi
        echo "$region" >decoder0.0/delete_region
        echo 0 >"$decoder/dpa_size"'
    info=$(monitor 2 info cxl)
    expect "$info" '^  0x[0-9a-f]+-0x[0-9a-f]+ \(1 GiB\): unmapped, no comm'
}

# A device whose bus is reset forgets its decoders: the region is gone as a
# whole, and QEMU says why. (The kernel unmasks the reset for its cxl_bus.)
sharepair_lost_device() {
    local info
    topology_guest 2 "./daxwriter -d /dev/\$(dax) -o 0 'still there'"
    info=$(topology_guest 2 'pci=$(readlink -f \
            /sys/bus/cxl/devices/$(mem 101)/..)
        echo cxl_bus >$pci/reset_method
        echo 1 >$pci/reset
        ./daxreader -d /dev/$(dax) -o 0 2>&1 || true')
    expect "$info" 'all ones'
    info=$(monitor 2 info cxl)
    expect "$info" '^  0x[0-9a-f]+-0x[0-9a-f]+ \(512 MiB\): unmapped, endpoint'
    expect "$info" 'dev101 .*, CXL.mem off, decoders off'
    refuse "$info" ': linear'
    # The other guest has lost nothing.
    expect "$(topology_guest 1 './daxreader -d /dev/$(dax) -o 0')" \
        '^still there$'
}

sharepair_run() {
    local n half=$((SHAREPAIR_SIZE / 2))
    sharepair_machine
    # One processor, for which TCG would leave out what makes atomic operations
    # atomic to others
    topology_up 2 --smp 1 || return
    check "half a region is refused, and QEMU says why" sharepair_incomplete
    for n in 1 2; do
        check "guest $n has two memdevs" topology_memdevs "$n" 2
        check "guest $n makes a region of both" \
            region_make "$n" decoder0.0 1024 100 101 || return
        check "guest $n has it as RAM" region_mapped "$n" linear 100 101
    done
    check "a message from 1 to 2 in the first half" \
        sharepair_message 1 2 4096
    check "a message from 2 to 1 in the first half" \
        sharepair_message 2 1 $((half - 4096))
    check "a message from 1 to 2 in the second half" \
        sharepair_message 1 2 "$half"
    check "a message from 2 to 1 in the second half" \
        sharepair_message 2 1 $((SHAREPAIR_SIZE - 4096))
    check "messages of several granules, both ways" sharepair_long_messages
    check "each half is in a file" sharepair_files
    check "atomics of two guests in both halves" sharepair_atomics
    for n in 1 2; do
        check "guest $n has seen no warning" kernel_is_calm "$n"
    done
    check "one device is reset: the region is gone, and QEMU says why" \
        sharepair_lost_device
}

sharepair_run
