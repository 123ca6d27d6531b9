#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: dax_mode.sh [DAX]
#
# Makes DAX (default: dax0.0) a character device that programs map, taking
# its memory from the kernel first where it is online.

dax=${1:-dax0.0}
if [ ! -e "/sys/bus/dax/devices/$dax" ]; then
    echo "dax_mode.sh: there is no $dax; run ./create_region.sh first" >&2
    exit 1
fi

# The device file is there from the beginning; a driver opens it.
driver() {
    basename "$(readlink -f "/sys/bus/dax/devices/$dax/driver")"
}

modprobe device_dax || exit 1
if [ "$(driver)" != device_dax ]; then
    daxctl reconfigure-device --mode=devdax --force "$dax" >/dev/null ||
        exit 1
fi
if [ "$(driver)" != device_dax ]; then
    echo "dax_mode.sh: $dax did not become a devdax; see \"dmesg\"" >&2
    exit 1
fi
ls -l "/dev/$dax"
