#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are named and missing. It does
# nothing when all are there, and says what is missing where it cannot help.
#
# usage: scripts/install-packages.sh PACKAGE...
set -euo pipefail

if ! command -v dpkg-query >/dev/null; then
    echo "install-packages.sh: not a Debian or Ubuntu system: assuming that these are installed: $*" >&2
    exit 0
fi
missing=()
for package; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=absent
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "install-packages.sh: missing packages; as root: apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null
apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
