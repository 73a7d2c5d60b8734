#!/usr/bin/env bash
# Fetches Debian's kernels for virtual machines into the cache of "passtlab run
# --kernel", and installs nothing. It needs apt and dpkg-deb, and no root.
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

# shellcheck source=scripts/debian-suites.sh
. "$(dirname "$0")/debian-suites.sh"

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
