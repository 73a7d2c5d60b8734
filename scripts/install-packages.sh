#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are named and missing. It does
# nothing when all are there, and says what is missing where it cannot help.
# Nothing of what it installs is started, now or at the next boot.
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
policy=/usr/sbin/policy-rc.d # asked before a service is started
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
# The machine's network stays with who has it. Programs do not mind the mask.
mask=/etc/systemd/system/NetworkManager.service
if [[ " ${missing[*]} " == *" network-manager "* && -d /run/systemd/system && ! -e $mask ]]; then
    ln -s /dev/null "$mask"
fi
apt-get update -qq </dev/null
apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
