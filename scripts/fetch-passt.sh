#!/usr/bin/env bash
# Fetches the passt of Debian's suites into passtlab's cache, each beside the C
# library that it needs. "passtlab run --backend passt=RELEASE" then finds it, and so
# does passt=SUITE. It needs apt and dpkg-deb, and no root but to install patchelf.
# What cannot be fetched and is in the cache from an earlier day is taken from there.
#
# usage: scripts/fetch-passt.sh SUITE...|all
#   trixie   the passt of that suite
#   all      those of bookworm, trixie, trixie-backports and sid
set -euo pipefail

usual=(bookworm trixie trixie-backports sid)
fail() { echo "fetch-passt.sh: $*" >&2; exit 1; }
[ $# -gt 0 ] || { sed -n '/^# usage/,/^set/{s/^# \?//;/^set/d;p}' "$0" >&2; exit 2; }
for program in apt-get dpkg-deb; do
    command -v "$program" >/dev/null ||
        fail "$program is missing: this is for Debian and Ubuntu; elsewhere give passtlab run --backend the path of a passt"
done
"$(dirname "$0")/install-packages.sh" patchelf debian-archive-keyring
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

# unpack SUITE PACKAGE DIR: downloads it and sets version, the package's.
unpack() {
    local deb=$work/deb
    rm -rf "$deb"
    mkdir -p "$deb" "$3"
    (cd "$deb" && apt-get -qq download "$2/$1") >"$work/download.log" 2>&1 &&
        dpkg-deb -x "$deb/$2"_*.deb "$3" &&
        version=$(dpkg-deb -f "$deb/$2"_*.deb Version)
}

# place SUITE DIR: what was unpacked goes into the cache, with the C library.
place() {
    local new=$work/new program
    echo "passt $version of Debian $1" >"$2/package"
    mkdir -p "$new/lib"
    find "$2/usr/bin" -maxdepth 1 -name 'pas*t*' -exec cp -a {} "$new/" \;
    [ -e "$work/libc" ] || unpack sid libc6 "$work/libc" || fail "cannot fetch the C library of Debian sid: $(why)"
    find "$work/libc" \( -name 'ld-linux-x86-64.so.2' -o -name 'libc.so.6' \) -type f -exec cp {} "$new/lib/" \;
    for program in "$new"/pas*; do
        [ ! -L "$program" ] || continue
        patchelf --set-interpreter "$cache/$release/lib/ld-linux-x86-64.so.2" \
            --set-rpath "$cache/$release/lib" "$program"
    done
    mv "$2/package" "$new/"
    rm -rf "${cache:?}/$release"
    mv "$new" "$cache/$release"
}
why() { cat "$work/update.log" "$work/download.log"; }

missing=0
for suite in "${wanted[@]}"; do
    if ! unpack "$suite" passt "$work/$suite"; then
        echo "fetch-passt.sh: cannot fetch the passt of Debian $suite: $(why)" >&2
        if [ -e "$cache/$suite/pasta" ]; then
            echo "$(readlink "$cache/$suite") ($suite) is there from an earlier day"
        else
            missing=1
        fi
        continue
    fi
    # Versions are 0.0~git20250503.587980c-2 and 0.0~git20230309.7c7625d-1.
    date=$(grep -oE '20[0-9]{6}' <<<"$version" | head -n 1) ||
        fail "passt of Debian $suite has version $version, which has no date"
    release=${date:0:4}_${date:4:2}_${date:6:2}
    if [ -e "$cache/$release/pasta" ]; then
        echo "$release ($suite) is there"
    else
        place "$suite" "$work/$suite"
        echo "$release ($suite): $cache/$release/pasta"
    fi
    ln -sfn "$release" "$cache/$suite"
done
exit "$missing"
