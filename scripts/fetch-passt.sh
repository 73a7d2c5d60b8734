#!/usr/bin/env bash
# Fetches the passt of Debian's suites into passtlab's cache, each beside the C
# library that it needs, and installs nothing. "passtlab run --backend
# passt=RELEASE" then finds it. It needs apt, dpkg-deb and patchelf, and no root.
#
# usage: scripts/fetch-passt.sh SUITE...|all
#   trixie   the passt of that suite
#   all      those of bookworm, trixie, trixie-backports and sid
set -euo pipefail

usual=(bookworm trixie trixie-backports sid)
fail() { echo "fetch-passt.sh: $*" >&2; exit 1; }
[ $# -gt 0 ] || { sed -n '/^# usage/,/^set/{s/^# \?//;/^set/d;p}' "$0" >&2; exit 2; }
for program in apt-get apt-cache dpkg-deb patchelf; do
    command -v "$program" >/dev/null ||
        fail "$program is missing: this is for Debian and Ubuntu; elsewhere give passtlab run --backend the path of a passt"
done
wanted=()
for want; do
    if [ "$want" = all ]; then wanted+=("${usual[@]}"); else wanted+=("$want"); fi
done

cache=${XDG_CACHE_HOME:-$HOME/.cache}/passtlab/passt
mkdir -p "$cache"
work=$(mktemp -d "$cache/.fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT
suites=("${wanted[@]}")
# The C library of sid runs the programs of every suite.
[[ " ${suites[*]} " == *" sid "* ]] || suites+=(sid)
# shellcheck disable=SC2034
security=()
# shellcheck source=scripts/debian-suites.sh
. "$(dirname "$0")/debian-suites.sh"
configure

# unpack SUITE PACKAGE DIR, and say the package's version.
unpack() {
    mkdir -p "$work/deb" "$3"
    (cd "$work/deb" && apt-get -qq download "$2/$1") >&2 ||
        fail "Debian $1 has no $2: $(cat "$work/update.log")"
    dpkg-deb -x "$work/deb/$2"_*.deb "$3"
    dpkg-deb -f "$work/deb/$2"_*.deb Version
    rm -f "$work/deb/$2"_*.deb
}

unpack sid libc6 "$work/libc" >/dev/null
for suite in "${wanted[@]}"; do
    dir=$work/$suite
    version=$(unpack "$suite" passt "$dir")
    # Versions are 0.0~git20250503.587980c-2 and 0.0~git20230309.7c7625d-1.
    date=$(grep -oE '20[0-9]{6}' <<<"$version" | head -n 1) ||
        fail "passt of Debian $suite has version $version, which has no date"
    release=${date:0:4}_${date:4:2}_${date:6:2}
    if [ -e "$cache/$release/pasta" ]; then
        echo "$release ($suite) is there"
        continue
    fi
    new=$work/new
    mkdir -p "$new"
    find "$dir/usr/bin" -maxdepth 1 -name 'pass*' -exec cp -a {} "$new/" \;
    cp -a "$dir/usr/bin/pasta"* "$new/"
    mkdir "$new/lib"
    find "$work/libc" -name 'ld-linux-x86-64.so.2' -type f -exec cp {} "$new/lib/" \;
    find "$work/libc" -name 'libc.so.6' -type f -exec cp {} "$new/lib/" \;
    for program in "$new"/pass* "$new"/pasta*; do
        [ ! -L "$program" ] || continue
        patchelf --set-interpreter "$cache/$release/lib/ld-linux-x86-64.so.2" \
            --set-rpath "$cache/$release/lib" "$program"
    done
    echo "passt $version of Debian $suite" >"$new/package"
    rm -rf "${cache:?}/$release"
    mv "$new" "$cache/$release"
    echo "$release ($suite): $cache/$release/pasta"
done
