#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fails the day someone gives the model a hidden dependency: of what the
# archive does not define itself, it may call only the functions below.

set -euo pipefail

archive=$1
allowed='^(mem(chr|cmp|cpy|move|set)|str(len|n?cmp)|__stack_chk_fail)$'

symbols=$("${NM:-nm}" -g "$archive" | awk 'NF >= 2 { print $(NF - 1), $NF }')
defined=$(awk '$1 ~ /^[A-TV-Z]$/ { print $2 }' <<<"$symbols" | sort -u)
needed=$(awk '$1 == "U" { print $2 }' <<<"$symbols" | sort -u)

if [[ -z $defined ]]; then
    echo "$archive defines nothing"
    exit 1
fi
foreign=$(comm -13 <(echo "$defined") <(echo "$needed") |
          grep -Ev "$allowed|^_GLOBAL_OFFSET_TABLE_$" || true)
if [[ -n $foreign ]]; then
    echo "hw/cxl/core must not call: ${foreign//$'\n'/ }"
    exit 1
fi
echo "$(wc -l <<<"$defined") symbols, none needs more than memory and strings"
