#!/usr/bin/env bash
# Fetches Debian's kernels for virtual machines into the cache of "passtlab run
# --kernel", and installs nothing. It downloads with an apt configuration of its
# own, from the machine's Debian mirror (or deb.debian.org), and apt checks the
# signatures. It needs apt and dpkg-deb, and no root.
#
# usage: scripts/fetch-kernels.sh VERSION...|newest|all
#   6.1      the newest 6.1.x that there is
#   newest   the newest of all
#   all      one of each of 5.10 6.1 6.12 6.16 6.17 6.18 7.2 7.3, as far as
#            Debian still has them
set -euo pipefail

usual=(5.10 6.1 6.12 6.16 6.17 6.18 7.2 7.3)
# Backports lose old versions with time; every suite that may have one is asked.
suites=(bullseye bookworm bookworm-backports trixie trixie-backports sid experimental)
security=(bullseye-security bookworm-security trixie-security)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
flavour=cloud-amd64

fail() { echo "fetch-kernels.sh: $*" >&2; exit 1; }
[ $# -gt 0 ] || { sed -n '/^# usage/,/^set/{s/^# \?//;/^set/d;p}' "$0" >&2; exit 2; }
for program in apt-get apt-cache dpkg-deb; do
    command -v "$program" >/dev/null ||
        fail "$program is missing: this is for Debian and Ubuntu; elsewhere give passtlab run --kernel the path of a kernel"
done

cache=${XDG_CACHE_HOME:-$HOME/.cache}/passtlab/kernels
mkdir -p "$cache"
work=$(mktemp -d "$cache/.fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT

# sources: one line "SUITE URI KEYRING" for each suite of the machine's sources,
# of both formats; KEYRING is - where none is named.
sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -f "$file" ] || awk '$1 == "deb" {
            key = "-"
            if (match($0, /signed-by=[^], ]+/)) key = substr($0, RSTART + 10, RLENGTH - 10)
            sub(/\[[^]]*\]/, "")
            print $3, $2, key
        }' "$file"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [ ! -f "$file" ] || awk '
            function put(  i, s) {
                for (i = split(suites, s); i > 0; i--) if (types ~ /deb( |$)/ && uri != "") print s[i], uri, key
                types = uri = suites = ""; key = "-"
            }
            BEGIN { key = "-" }
            /^[ \t]*$/ { put() }
            tolower($1) == "types:" { $1 = ""; types = $0 }
            tolower($1) == "uris:" { uri = $2 }
            tolower($1) == "suites:" { $1 = ""; suites = $0 }
            tolower($1) == "signed-by:" && $2 ~ /^\// { key = $2 }
            END { put() }' "$file"
    done
}

# mirror SUFFIX DEFAULT: "URI KEYRING" by which the machine has the suite of its
# own release with that suffix.
mirror() {
    local id='' codename='' found=''
    # shellcheck disable=SC1091
    id=$(. /etc/os-release && echo "${ID:-}") codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    if [ "$id" = debian ]; then
        found=$(sources | awk -v suite="$codename$1" '$1 == suite { print $2, $3; exit }')
    fi
    echo "${found:-$2 -}"
}

# configure writes the apt configuration $work/apt.conf. Of the machine's it
# keeps how things are downloaded, such as a proxy, and none of its hooks.
configure() {
    mkdir -p "$work"/{lists,cache/archives,state,etc}/partial
    : >"$work/status"
    apt-config dump Acquire >"$work/apt.conf"
    cat >>"$work/apt.conf" <<EOF
Dir::State "$work/state"; Dir::State::Lists "$work/lists"; Dir::State::status "$work/status";
Dir::Cache "$work/cache"; Dir::Etc::SourceList "$work/etc/sources.list"; Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Main "/dev/null"; Dir::Etc::Parts "/dev/null"; Dir::Etc::Preferences "/dev/null"; Dir::Etc::PreferencesParts "/dev/null";
APT::Architecture "amd64"; APT::Architectures { "amd64"; }; APT::Sandbox::User "$(id -un)";
Acquire::Languages "none"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
EOF
    local uri key suite
    while read -r uri key suite; do
        [ "$key" != - ] || key=$keyring
        [ -e "$key" ] || fail "there is no $key; as root: apt-get install debian-archive-keyring"
        echo "deb [signed-by=$key] $uri $suite main"
    done <<EOF >"$work/etc/sources.list"
$(for suite in "${suites[@]}"; do echo "$(mirror '' http://deb.debian.org/debian) $suite"; done)
$(for suite in "${security[@]}"; do echo "$(mirror -security http://deb.debian.org/debian-security) $suite"; done)
EOF
    export APT_CONFIG=$work/apt.conf
    # A suite that the mirror does not have is no reason to do without others.
    apt-get -qq update 2>"$work/update.log" || true
}

# versions: the kernels that can be had whole, oldest first. From 6.19 on the
# kernel is in linux-binary-V, its modules are in linux-modules-V, and
# linux-image-V is empty; of some versions the modules are gone.
versions() {
    apt-cache pkgnames linux- | awk -v end="-$flavour" '
        { v = $0; sub(/^linux-[a-z]+-/, "", v) }
        substr(v, length(v) - length(end) + 1) != end { next }
        { v = substr(v, 1, length(v) - length(end)) }
        /^linux-image-/ && v ~ /^[0-9]+\.[0-9]+[.-]/ { image[v] } # not the metapackage
        /^linux-binary-/ { binary[v] }
        /^linux-modules-/ { modules[v] }
        END {
            for (v in image) if (!(v in binary)) print v
            for (v in binary) if (v in modules) print v
        }' | sort -V
}

# fetch VERSION: downloads and unpacks it, without what no lab needs.
fetch() {
    local version=$1-$flavour names deb dir
    if [ -e "$cache/$version/vmlinuz" ]; then
        echo "$version is there"
        return
    fi
    dir=$work/$version
    mkdir -p "$dir/deb" "$dir/root" "$dir/new/modules/kernel"
    names=("linux-image-$version")
    if apt-cache pkgnames "linux-binary-$version" | grep -q .; then
        names=("linux-binary-$version" "linux-modules-$version")
    fi
    echo "fetching $version"
    (cd "$dir/deb" && apt-get -qq download "${names[@]}")
    for deb in "$dir"/deb/*.deb; do
        dpkg-deb -x "$deb" "$dir/root"
        echo "$(dpkg-deb -f "$deb" Package) $(dpkg-deb -f "$deb" Version)" >>"$dir/new/package"
    done
    find "$dir/root" -name 'vmlinuz*' -type f -exec mv {} "$dir/new/vmlinuz" \;
    [ -e "$dir/new/vmlinuz" ] || fail "there is no vmlinuz in ${names[*]}"
    local from part
    from=$(find "$dir/root" -path "*/lib/modules/$version/kernel" -type d)
    for part in lib crypto arch/x86/crypto fs/fuse drivers/virtio drivers/char \
        drivers/net/{veth,tun,dummy,vrf}.ko{,.xz} net/{802,llc,bridge,ipv4,ipv6,netfilter}; do
        [ ! -e "$from/$part" ] || (cd "$from" && cp -R --parents "$part" "$dir/new/modules/kernel/")
    done
    cp "$from"/../modules.builtin "$dir/new/modules/" 2>/dev/null || true
    mv "$dir/new" "$cache/$version"
    rm -rf "$dir"
}

configure
mapfile -t have < <(versions)
[ ${#have[@]} -gt 0 ] || fail "no kernel is to be had from these sources:
$(cat "$work/etc/sources.list" "$work/update.log")"

missing=0
for want; do
    case $want in
    all) wanted=("${usual[@]}") ;;
    newest) wanted=("${have[-1]}") ;;
    *) wanted=("$want") ;;
    esac
    for v in "${wanted[@]}"; do
        found=$(printf '%s\n' "${have[@]}" | awk -v v="$v" '
            index($0, v) == 1 && substr($0, length(v) + 1, 1) !~ /[0-9]/ { last = $0 } END { print last }')
        if [ -n "$found" ]; then
            fetch "$found"
        else
            echo "fetch-kernels.sh: Debian has no kernel $v with its modules; it has $(printf '%s\n' "${have[@]}" | grep -oE '^[0-9]+\.[0-9]+' | uniq | paste -sd ' ')" >&2
            cat "$work/update.log" >&2
            [ "$want" = all ] || missing=1
        fi
    done
done
exit "$missing"
