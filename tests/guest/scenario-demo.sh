# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# the demos: a message and a file, from one architecture and kernel to another

# demo_run LINE OPTION...: the demo ends with that line
demo_run() {
    local line=$1
    shift
    expect "$(cxl_lab demo --name "$GUEST_LAB" --port-base auto "$@")" "$line"
}

check "a message from x86_64 to aarch64 and back" \
    demo_run '^Both messages arrived' --arch x86_64,aarch64
check "a file from Linux 6.12 on x86_64 to the newest on aarch64" \
    demo_run '^The file came back bit for bit' --persistent \
    --arch x86_64,aarch64 --kernel 6.12,newest
check "a file from the newest on aarch64 to Linux 6.12 there" \
    demo_run '^The file came back bit for bit' --persistent \
    --arch aarch64 --kernel newest,6.12
