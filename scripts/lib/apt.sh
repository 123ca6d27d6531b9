# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# Debian packages of any release and architecture, without touching the
# host's apt configuration.  Source common.sh first.
#
#   cxl_host_packages PACKAGE...
#   cxl_apt_init RELEASE ARCH
#   cxl_apt RELEASE ARCH apt-get|apt-cache ARGUMENT...
#   cxl_apt_newest RELEASE ARCH PACKAGE
#   cxl_apt_download DEST RELEASE ARCH PACKAGE...
#   cxl_apt_source DEST RELEASE PACKAGE VERSION OTHERWISE
#   cxl_apt_unpack DEST DEB...
#
# RELEASE is a code name such as bookworm, trixie or trixie-backports; ARCH
# is a Debian architecture such as amd64 or arm64.  Every pair has an apt
# root of its own below build/apt.  A call that finds all it needs there
# does not use the network.

# shellcheck source=host.sh
source "$CXL_ROOT/scripts/lib/host.sh"

CXL_APT=$CXL_BUILD/apt
CXL_ARCH=$(cxl_host_arch)

# cxl_host_packages PACKAGE...: installs those that the host lacks, after
# saying which
cxl_host_packages() {
    local missing=() lock

    if ! cxl_have_apt; then
        cxl_say "without apt, nothing is installed here; Debian's names of" \
                "what this needs: $*"
        return 0
    fi
    [[ -n $(cxl_host_lacks "$@") ]] || return 0

    # Labs that start together lack the same, and apt refuses to run twice.
    exec {lock}>"$CXL_BUILD/.host.lock"
    flock "$lock"
    read -r -a missing < <(cxl_host_lacks "$@") || true
    # A service that a package starts shall not have the lock.
    ((${#missing[@]} == 0)) ||
        (exec {lock}>&-; cxl_host_add "${missing[@]}") || exit
    exec {lock}>&-
}

# cxl_host_lacks PACKAGE...: prints those that are not installed, in a line
cxl_host_lacks() {
    local package missing=()
    for package; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) \
           == installed ]] || missing+=("$package")
    done
    ((${#missing[@]} == 0)) || echo "${missing[*]}"
}

# cxl_host_add PACKAGE...: installs them, with newer lists if need be
cxl_host_add() {
    cxl_say "installing host packages: $*"
    cxl_need_root apt-get install -y --no-install-recommends "$@"
    # A new system has no package lists yet: no error that is worth a word
    cxl_host_install "$@" 2>/dev/null && return 0
    cxl_say "once more, after an update of the host's package lists"
    cxl_logged host-update cxl_as_root apt-get update || true
    cxl_host_install "$@" ||
        cxl_die "these packages could not be installed: $*;" \
                "check the network and /etc/apt, then run this again."
}

# The host may be busy with an upgrade of its own.
cxl_host_install() {
    cxl_logged host-install cxl_as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@"
}

# cxl_apt_uris: sets CXL_DEBIAN_URI and CXL_DEBIAN_SECURITY_URI to the archives
# that the host uses, unless the user has set them
cxl_apt_uris() {
    [[ -z ${CXL_DEBIAN_URI:-} ]] || return 0
    CXL_DEBIAN_URI=$(cxl_apt_labelled Debian)
    if [[ -z $CXL_DEBIAN_URI ]]; then
        # Labels are in the host's package lists; some images have none.
        cxl_say "updating the host's package lists"
        cxl_need_root apt-get update
        cxl_logged host-update cxl_as_root apt-get update || true
        CXL_DEBIAN_URI=$(cxl_apt_labelled Debian)
    fi
    [[ -n $CXL_DEBIAN_URI ]] ||
        cxl_die "the host's apt knows no Debian archive; set CXL_DEBIAN_URI to" \
                "the address of one and run this again."
    : "${CXL_DEBIAN_SECURITY_URI:=$(cxl_apt_labelled Debian-Security)}"
}

# cxl_apt_labelled LABEL: the address of the first archive with that label
cxl_apt_labelled() {
    # shellcheck disable=SC2016 # apt-get expands these
    apt-get indextargets --format '$(REPO_URI)|$(LABEL)' \
        'Component: main' 'Created-By: Packages' 2>/dev/null |
        awk -F '|' -v label="$1" '$2 == label && !found++ { print $1 }'
}

# cxl_apt_root RELEASE ARCH: prints the directory of that apt root
cxl_apt_root() {
    echo "$CXL_APT/$1-$2"
}

cxl_apt_sources() {
    local release=$1 base=${1%-backports} keyring options

    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    [[ -e $keyring ]] ||
        cxl_die "$keyring is missing; install the package" \
                "debian-archive-keyring and run this again."
    options="[signed-by=$keyring target=Packages]"
    echo "deb $options $CXL_DEBIAN_URI $base main"
    case $base in
    sid | unstable | experimental) ;;
    *)
        echo "deb $options $CXL_DEBIAN_URI $base-updates main"
        [[ -z ${CXL_DEBIAN_SECURITY_URI:-} ]] ||
            echo "deb $options $CXL_DEBIAN_SECURITY_URI $base-security main"
        ;;
    esac
    [[ $release == "$base" ]] || echo "deb $options $CXL_DEBIAN_URI $release main"
}

# cxl_apt_init RELEASE ARCH: makes the apt root and fetches its lists, once
cxl_apt_init() {
    local release=$1 arch=$2 root
    cxl_have_apt ||
        cxl_die "this needs packages of Debian, and the host has no apt to" \
                "fetch them with."
    root=$(cxl_apt_root "$release" "$arch")
    if cxl_apt_ready "$root"; then
        # Of an earlier version of this file, perhaps
        cxl_apt_conf "$root" "$arch"
        return 0
    fi

    mkdir -p "$CXL_APT"
    cxl_one_at_a_time "$CXL_APT/.lock" cxl_apt_make_root "$release" "$arch" \
        "$root"
}

# cxl_apt_renew RELEASE ARCH: fetches the lists of an apt root again; apt
# refuses to do so twice at the same time
cxl_apt_renew() {
    cxl_one_at_a_time "$CXL_APT/.lock" cxl_apt_update "$@"
}

# cxl_apt_ready ROOT: is it complete, and where it was made?
cxl_apt_ready() {
    [[ -e $1/ready && $(<"$1/ready") == "$1" ]]
}

# cxl_apt_make_root RELEASE ARCH ROOT: unless somebody else has made it
cxl_apt_make_root() {
    local release=$1 arch=$2 root=$3

    ! cxl_apt_ready "$root" || return 0
    cxl_apt_uris
    mkdir -p "$root"/{lists,source-lists,cache/archives}/partial "$root/state"
    cxl_apt_sources "$release" >"$root/packages.list"
    sed 's/^deb /deb-src /; s/target=Packages/target=Sources/' \
        "$root/packages.list" >"$root/sources.list"
    : >"$root/state/status"
    cxl_apt_conf "$root" "$arch"
    cxl_apt_update "$release" "$arch"
    echo "$root" >"$root/ready"
}

# cxl_apt_conf ROOT ARCH: what holds in that root, whatever the host's files say
cxl_apt_conf() {
    local root=$1 arch=$2 new=$1/apt.conf.$$
    mkdir -p "$root/none"
    cat >"$new" <<CONF
Dir::Etc::sourcelist "$root/packages.list";
Dir::Etc::sourceparts "$root/none";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "$root/none";
Dir::State "$root/state";
Dir::State::lists "$root/lists";
Dir::State::status "$root/state/status";
Dir::Cache "$root/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
APT::Default-Release "";
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
#clear APT::Update;
#clear DPkg::Post-Invoke;
Acquire::Languages "none";
Acquire::Retries "3";
CONF
    mv "$new" "$root/apt.conf"
}

# cxl_apt_update RELEASE ARCH: fetches the lists again
cxl_apt_update() {
    cxl_say "fetching the package lists of Debian $1 ($2)"
    cxl_logged "apt-update-$1-$2" cxl_apt "$1" "$2" apt-get update \
        --error-on=any ||
        cxl_die "the package lists of Debian $1 ($2) could not be fetched;" \
                "check the network, or set CXL_DEBIAN_URI to another" \
                "archive, and run this again."
}

# cxl_apt RELEASE ARCH COMMAND ARGUMENT...: an apt command in that root
cxl_apt() {
    local root command=$3
    root=$(cxl_apt_root "$1" "$2")
    shift 3
    # The file is read after the host's apt.conf.d, whose proxies stay.
    "$command" -c "$root/apt.conf" "$@"
}

# cxl_apt_newest RELEASE ARCH PACKAGE: prints its newest version, if any
cxl_apt_newest() {
    local version newest=
    while read -r version; do
        if [[ -z $newest ]] ||
           dpkg --compare-versions "$version" gt "$newest"; then
            newest=$version
        fi
    done < <(cxl_apt "$1" "$2" apt-cache madison "$3" 2>/dev/null |
             awk -F ' *[|] *' '$3 !~ /Sources$/ { print $2 }')
    echo "$newest"
}

# cxl_apt_have DEST ARCH PACKAGE: prints the .deb that an earlier call left
cxl_apt_have() {
    local deb
    for deb in "$1/$3"_*_"$2".deb "$1/$3"_*_all.deb; do
        if [[ -e $deb ]]; then
            echo "$deb"
            return 0
        fi
    done
    return 1
}

# cxl_apt_download DEST RELEASE ARCH PACKAGE...: leaves the newest .deb of
# each in DEST; one that is there already stays as it is
cxl_apt_download() {
    local dest=$1 release=$2 arch=$3 package missing=()
    shift 3

    mkdir -p "$dest"
    for package; do
        cxl_apt_have "$dest" "$arch" "$package" >/dev/null ||
            missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    cxl_apt_init "$release" "$arch"
    cxl_say "downloading from Debian $release ($arch): ${missing[*]}"
    cxl_apt_fetch "$dest" "$release" "$arch" "${missing[@]}" && return 0
    # The archive moves on: what the lists name may be gone.
    cxl_apt_renew "$release" "$arch"
    cxl_apt_fetch "$dest" "$release" "$arch" "${missing[@]}" ||
        cxl_die "these packages of Debian $release ($arch) could not be" \
                "downloaded: ${missing[*]}; check the network and run this" \
                "again."
}

cxl_apt_fetch() {
    local dest=$1 release=$2 arch=$3 package version wanted=() partial
    shift 3

    for package; do
        version=$(cxl_apt_newest "$release" "$arch" "$package")
        if [[ -z $version ]]; then
            cxl_say "Debian $release ($arch) has no package $package"
            return 1
        fi
        wanted+=("$package=$version")
    done
    # Whatever an interruption leaves must not look like a package.
    partial=$(cxl_apt_partial)
    if (cd "$partial" && cxl_logged "apt-download-$release-$arch" \
            cxl_apt "$release" "$arch" apt-get download "${wanted[@]}"); then
        mv "$partial"/*.deb "$dest/"
        rm -rf "$partial"
        return 0
    fi
    rm -rf "$partial"
    return 1
}

# cxl_apt_partial: a directory for a download; and those that interrupted
# runs have left are deleted
cxl_apt_partial() {
    find "$CXL_APT" -maxdepth 1 -name 'partial.*' -mmin +60 \
        -exec rm -rf {} + 2>/dev/null || true
    mktemp -d "$CXL_APT/partial.XXXXXX"
}

# cxl_apt_source DEST RELEASE PACKAGE VERSION OTHERWISE: replaces the directory
# DEST by one with the newest source package as downloaded whose version starts
# with VERSION, apart from its epoch; if it cannot be had, the user is told to
# do OTHERWISE
cxl_apt_source() {
    local dest=$1 release=$2 package=$3 arch=$CXL_ARCH newest partial
    cxl_apt_init "$release" "$arch"

    cxl_logged "apt-source-lists" cxl_apt_sources_of "$release" "$arch" \
        apt-get update --error-on=any ||
        cxl_die "the lists of Debian $release's sources could not be" \
                "fetched; check the network and run this again, or $5."
    newest=$(cxl_apt_newest_source "$release" "$arch" "$package" "$4")
    [[ -n $newest ]] ||
        cxl_die "Debian $release has no source of $package ${4%.}, only up to" \
                "$(cxl_apt_newest_source "$release" "$arch" "$package" ''); $5."
    partial=$(cxl_apt_partial)
    if ! (cd "$partial" &&
          cxl_logged "apt-source-$package" cxl_apt_sources_of "$release" \
              "$arch" apt-get source --download-only "$package=$newest"); then
        rm -rf "$partial"
        cxl_die "the source package $package $newest of Debian $release" \
                "could not be downloaded; check the network and run this" \
                "again, or $5."
    fi
    chmod 755 "$partial"
    rm -rf "$dest"
    mv "$partial" "$dest"
}

# cxl_apt_sources_of RELEASE ARCH COMMAND ARGUMENT...: as cxl_apt, for sources
cxl_apt_sources_of() {
    local root command=$3
    root=$(cxl_apt_root "$1" "$2")
    # The cache is that of the other lists.
    cxl_apt "$1" "$2" "$command" -o Dir::Etc::sourcelist="$root/sources.list" \
        -o Dir::State::lists="$root/source-lists" -o Dir::Cache::pkgcache= \
        -o Dir::Cache::srcpkgcache= "${@:4}"
}

# cxl_apt_newest_source RELEASE ARCH PACKAGE START: prints the newest version
# that starts so, if any
cxl_apt_newest_source() {
    local version newest=
    while read -r version; do
        [[ ${version#*:} == "$4"* ]] || continue
        if [[ -z $newest ]] ||
           dpkg --compare-versions "$version" gt "$newest"; then
            newest=$version
        fi
    done < <(cxl_apt_sources_of "$1" "$2" apt-cache showsrc --only-source \
                 "$3" 2>/dev/null | sed -n 's/^Version: //p')
    echo "$newest"
}

# cxl_apt_unpack DEST DEB...: the packages' files, below DEST
cxl_apt_unpack() {
    local dest=$1 deb
    shift
    mkdir -p "$dest"
    for deb; do
        dpkg-deb -x "$deb" "$dest" ||
            cxl_die "$deb is damaged; delete it and run this again."
    done
}
