#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The private apt root of scripts/lib/apt.sh takes only what is signed, also on
# a host whose own apt takes everything, and keeps what apt makes of its lists,
# also in a container whose apt does not.  Prints TAP; needs no network.

set -euo pipefail

CXL_ROOT=$(cd "$(dirname "$0")/../.." && pwd -P)
# shellcheck source=../../scripts/lib/common.sh
source "$CXL_ROOT/scripts/lib/common.sh"
# shellcheck source=../../scripts/lib/apt.sh
source "$CXL_ROOT/scripts/lib/apt.sh"

declare -A OPTIONS=(
    [APT::Get::AllowUnauthenticated]=false
    [Acquire::AllowInsecureRepositories]=false
    [Acquire::AllowWeakRepositories]=false
    [Acquire::AllowDowngradeToInsecureRepositories]=false
    [Dir::Cache::pkgcache]=pkgcache.bin
    [Dir::Cache::srcpkgcache]=srcpkgcache.bin
)

CXL_APT=$(mktemp -d)
trap 'rm -rf "$CXL_APT"' EXIT
root=$(cxl_apt_root trixie "$CXL_ARCH")
mkdir -p "$root/state"
for option in "${!OPTIONS[@]}"; do
    case ${OPTIONS[$option]} in
    false) echo "$option \"true\";" ;;
    *) echo "$option \"\";" ;;
    esac
done >"$CXL_APT/host.conf"
export APT_CONFIG=$CXL_APT/host.conf
# A root of before, as an earlier call left it
echo "$root" >"$root/ready"
cxl_apt_init trixie "$CXL_ARCH"

number=0
status=0
for option in "${!OPTIONS[@]}"; do
    number=$((number + 1))
    value=$(cxl_apt trixie "$CXL_ARCH" apt-config dump \
                --format '%f %v%n' "$option")
    if [[ $value == "$option ${OPTIONS[$option]}" ]]; then
        echo "ok $number - apt/$option"
    else
        echo "not ok $number - apt/$option"
        echo "# $value"
        status=1
    fi
done
echo "1..$number"
exit "$status"
