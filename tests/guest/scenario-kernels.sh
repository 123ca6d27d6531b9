# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2016
#
# two guests with different kernels, Debian's 6.12 and newest, share a device

kernels_region() {
    guest "$1" 'cd /root; ./create_region.sh; ./dax_mode.sh'
}

# kernels_message FROM TO
kernels_message() {
    guest "$1" "./daxwriter 'from $1 to $2'"
    expect "$(guest "$2" ./daxreader)" "^from $1 to $2\$"
}

kernels_differ() {
    [[ $(guest 1 'uname -r') != "$(guest 2 'uname -r')" ]]
}

kernels_run() {
    local n
    if ! cxl_lab image --kernel 6.12,newest >/dev/null 2>&1; then
        result skip "the kernels cannot be fetched"
        return
    fi
    lab_up 2 --kernel 6.12,newest || return
    check "they are different" kernels_differ
    for n in 1 2; do
        check "guest $n makes a region and /dev/dax0.0" kernels_region "$n" ||
            return
    done
    check "a message from 1 to 2" kernels_message 1 2
    check "a message from 2 to 1" kernels_message 2 1
    for n in 1 2; do
        check "guest $n has seen no warning" kernel_is_calm "$n"
    done
}

kernels_run
