# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Rules for sources.  Each function style_RULE runs in the checkout, prints
# what breaks the rule and fails if anything does.  Source common.sh and
# qemu.sh first.

# shellcheck disable=SC2034 # scripts/check goes through them
STYLE_RULES=(checkpatch tiers circles tests patches qapi licence shell unfinished
             mirrors facts commits)

# style_files [PATTERN]: the project's files whose path matches PATTERN
style_files() {
    find . \( -path ./build -o -path ./.git -o -name __pycache__ \) -prune \
        -o -type f -printf '%P\n' | LC_ALL=C sort | grep -E "${1:-.}"
}

# style_none: passes standard input on; fails if there was any
style_none() {
    ! grep .
}

# Programs for the guest and for the host are plain C, some of it with assembler,
# which QEMU's rules on its own helpers and on operators do not fit.
STYLE_GUEST='^(scripts/guest|tests/(bare|pool)|tools)/.*(in preference to strto'
STYLE_GUEST+="|Use of volatile|architecture specific"
STYLE_GUEST+="|spaces required around that '::?')"

# A list of properties or rows cannot be put in parentheses.
STYLE_LISTS='Macros with complex values should be enclosed'

style_checkpatch() {
    style_files '\.[ch]$' |
        { xargs -n 1 -P "$(nproc)" perl "$QEMU_CHECKPATCH" \
              --no-tree --terse -f || true; } |
        { grep -E '^[^ ]+:[0-9]+: (ERROR|WARNING)' || true; } |
        { grep -vE "$STYLE_GUEST|$STYLE_LISTS" || true; } | style_none
}

# style_includes DIR PATTERN: what files in DIR include besides PATTERN
style_includes() {
    { grep -rnE '^[[:space:]]*#[[:space:]]*include' "$1" || true; } |
        { grep -vE "include ($2)\$" || true; }
}

# Numbers <- Model <- Machine: each may include only what is left of it
style_tiers() {
    local plain='<std(int|bool|def)\.h>'
    local spec='"hw/cxl/spec/[a-z0-9-]+\.h"' core='"hw/cxl/core/[a-z0-9-]+\.h"'
    {
        style_includes include/hw/cxl/spec "$plain|$spec"
        style_includes include/hw/cxl/core "$plain|<string\.h>|$spec|$core"
        style_includes hw/cxl/core "$plain|<string\.h>|$spec|$core"
    } | style_none
}

# A test that nobody builds cannot fail.
style_tests() {
    local file name
    for file in tests/unit/test-*.c tests/qtest/cxl-*-test.c; do
        name=${file##*/} name=${name%.c}
        name=${name#test-} name=${name#cxl-} name=${name%-test}
        grep -qE "^ +'$name',|'(test|cxl)-${name}[-.']|/test-$name\.c'" \
            meson.build || echo "$file: not in meson.build"
    done | style_none
}

# No two files of hw/cxl stand above each other.
style_circles() {
    scripts/lib/circles.py
}

style_patches() {
    local patch name
    for patch in patches/qemu-*/*.patch; do
        name=${patch##*/}
        sed '/^---$/,$d' "$patch" | awk -v name="$name" '
            NR == 1 && !/^Subject: \[PATCH\] ./ { print name ": no Subject" }
            NR > 1 && /^[^ ]/ && !/^[A-Z][A-Za-z-]*: / { why = 1 }
            /^Upstream-Status: ./ { status = 1 }
            END { if (!why) print name ": does not say why"
                  if (!status) print name ": no Upstream-Status" }'
        grep -qsF "$name" patches/README.md ||
            echo "$name: not in patches/README.md"
    done | style_none
}

# The generator of QEMU 10.2 refuses what that of 10.0 lets pass: lines of more
# than 70 characters, and one space between sentences, outside of examples.
style_qapi() {
    awk '{ text = substr($0, 3); match(text, /^ */); indent = RLENGTH }
         !/^#/ { literal = 0; next }
         text == "" { next }
         literal && indent <= marker { literal = 0 }
         literal { next }
         /::$/ { literal = 1; marker = indent; next }
         length > 70 { print FILENAME ":" FNR ": longer than 70 characters" }
         text ~ /[.!?] [A-Z0-9(]/ && text !~ /^ *[0-9]\. / {
             print FILENAME ":" FNR ": one space between sentences" }' \
        qapi/*.json | style_none
}

# The first lines of every file that has a comment syntax name the licence.
style_licence() {
    local file
    # But not texts, patches, inputs, and formats without comments
    style_files | grep -vE '^(LICENSE$|tests/fuzz/corpus/)|\.(md|patch)$' |
        grep -vE '^tests/topology/.*\.(json|dot)$' |
        grep -vE '^scripts/guest/rootfs/etc/(group|hosts|passwd|shells)$' |
        while read -r file; do
            head -n 5 "$file" |
                grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
                echo "$file"
        done | style_none
}

style_shell() {
    local file files=()
    while read -r file; do
        head -n 3 "$file" | grep -qaE '^#!.*sh$|shellcheck shell=' &&
            files+=("$file")
    done < <(style_files)
    shellcheck -x "${files[@]}"
}

# What is not done is said where users look.
style_unfinished() {
    local hit
    style_files | grep -vE '^(docs/|scripts/lib/style\.sh$)|\.patch$' |
        { xargs -d '\n' grep -nHwaE 'TODO|FIXME|XXX' || true; } |
        while IFS= read -r hit; do
            grep -qsF "${hit%%:*}" docs/maturity.rst || echo "$hit"
        done | style_none
}

# Which server packages come from is the user's affair.
style_mirrors() {
    local debian='(deb|ftp|security|snapshot|archive)[a-z.]*\.(debian|ubuntu)'
    local others='mirrors?\.[a-z]+\.[a-z]+|pythonhosted\.org|pypi\.org'
    style_files | { xargs -d '\n' grep -nHaE "$debian\.|$others" || true; } |
        { grep -v '^scripts/lib/style\.sh:' || true; } | style_none
}

# What documents say of the tree is so.
style_facts() {
    scripts/lib/doc-facts.py
}

# The last commit before a body and a sign-off were asked for
STYLE_COMMITS_SINCE=fe6ceac1f272

# Commits say why, and who answers for them.
style_commits() {
    local commit body
    git rev-parse --verify --quiet "$STYLE_COMMITS_SINCE^{commit}" >/dev/null ||
        { echo "no history here"; return 0; }
    for commit in $(git rev-list --no-merges "$STYLE_COMMITS_SINCE..HEAD"); do
        body=$(git log -1 --format=%b "$commit")
        grep -qE '^Signed-off-by: .+ <.+@.+>$' <<<"$body" ||
            git log -1 --format='%h %s: no Signed-off-by' "$commit"
        grep -vE '^([A-Z][A-Za-z-]*: |[[:space:]]*$)' <<<"$body" | grep -q . ||
            git log -1 --format='%h %s: does not say why' "$commit"
    done | style_none
}
