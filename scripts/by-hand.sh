#!/usr/bin/env bash
# Shows the two IPv6 addresses that passt gives a virtual machine, and which of
# them works, the way it is done by hand: three named network namespaces, the
# real pasta (passt's twin for namespaces), dhclient and socat.
#
#   peer (another node)  <-- veth -->  pod (pasta runs here)  <-- tap -->  guest
#
# It is what `make bench` compares passtlab with, so it wastes no time: it polls
# every 50 ms, goes on as soon as a condition holds, and gives a probe that is
# not answered one second.
#
# usage: scripts/by-hand.sh       as root; exit status 0 when the outcome is that
#                                 of the field report: only the lease works
# shellcheck disable=SC2317 # functions are called through await and trap
set -euo pipefail

readonly POD=fd01:cafe::f14c:9fa1:8496:557f    # the pod's address, which pasta leases
readonly SLAAC=fd01:cafe::5054:ff:fe1f:c7bd    # what the guest forms from the prefix
readonly GATEWAY=fd01:cafe::1
readonly PEER=fd01:cafe::2
readonly MAC=52:54:00:1f:c7:bd                 # the guest's
readonly OUT=7000 IN=7001                      # ports of the peer's and the guest's echo

die() { echo "by-hand.sh: $*" >&2; exit 3; }

[ "$(id -u)" = 0 ] || die "needs root, for ip netns"
declare -A package=([ip]=iproute2 [pasta]=passt [dhclient]=isc-dhcp-client [socat]=socat)
missing=()
for tool in ip pasta dhclient socat; do
    command -v "$tool" >/dev/null || missing+=("${package[$tool]}")
done
[ ${#missing[@]} = 0 ] || die "missing tools; on Debian and Ubuntu: apt-get install ${missing[*]}"

started=$EPOCHREALTIME
peer=peer-$$ pod=pod-$$ guest=guest-$$
tmp=$(mktemp -d)
cleanup() {
    local status=$? ns
    for ns in "$guest" "$pod" "$peer"; do
        ip netns pids "$ns" 2>/dev/null | xargs -r kill 2>/dev/null
        ip netns delete "$ns" 2>/dev/null
    done
    rm -rf "$tmp"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || { cat "$tmp"/*.log >&2; die "waited in vain for $what"; }
        sleep 0.05
    done
}
# at NAMESPACE COMMAND...
at() { ip netns exec "$@"; }

# The cluster network.
for ns in "$peer" "$pod" "$guest"; do
    ip netns add "$ns"
    ip -n "$ns" link set lo up
done
# An index of its own: a veth with the same index at both ends comes up late.
ip -n "$pod" link add eth0 index 20 type veth peer name eth0 netns "$peer"
ip -n "$peer" link set eth0 up
ip -n "$pod" link set eth0 up
ip -n "$peer" address add $GATEWAY/64 dev eth0 nodad
ip -n "$peer" address add $PEER/64 dev eth0 nodad
ip -n "$pod" address add $POD/64 dev eth0 nodad
ip -n "$pod" route add default via $GATEWAY
at "$pod" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
up() { ip -n "$pod" link show dev eth0 | grep -q 'state UP'; }
await 5 "the pod's uplink" up

# passt, and the guest behind it.
at "$pod" pasta -f --runas 0 -6 -I eth0 --ns-mac-addr $MAC -t $IN -u $IN \
    --netns "/run/netns/$guest" >"$tmp/pasta.log" 2>&1 &
await 5 "pasta's interface in the guest" ip -n "$guest" link show dev eth0
ip -n "$guest" link set eth0 up

usable() { # ADDRESS: present, and DAD is over
    ip -n "$guest" -6 address show dev eth0 scope global -tentative | grep -qF " $1/"
}
linklocal() { ip -n "$guest" -6 address show dev eth0 scope link -tentative | grep -q inet6; }
await 10 "the guest's link-local address" linklocal
echo 'request;' >"$tmp/dhclient.conf" # the address alone, nothing that is written to /etc
at "$guest" dhclient -6 -1 -cf "$tmp/dhclient.conf" -lf "$tmp/leases" -pf "$tmp/dhclient.pid" eth0 \
    >"$tmp/dhclient.log" 2>&1 || { cat "$tmp"/*.log >&2; die "dhclient got no lease"; }
await 10 "the SLAAC address" usable $SLAAC
await 10 "the leased address" usable $POD

# Echo servers in the peer and, on the wildcard address, in the guest.
serve() { # NAMESPACE PORT
    at "$1" socat "TCP6-LISTEN:$2,fork,reuseaddr" EXEC:cat 2>>"$tmp/socat.log" &
    at "$1" socat "UDP6-RECVFROM:$2,fork" EXEC:cat 2>>"$tmp/socat.log" &
}
serve "$peer" $OUT
serve "$guest" $IN
listening() { [ "$(at "$1" ss -Hltu6n "sport = :$2" | wc -l)" = 2 ]; }
await 5 "the peer's servers" listening "$peer" $OUT
await 5 "the guest's servers" listening "$guest" $IN

# probe NAMESPACE ADDRESS: ok when a line sent there comes back within a second.
probe() {
    local reply word=hello-$RANDOM
    read -r -t 1 reply < <(echo $word | at "$1" socat -t 1 - "$2" 2>/dev/null) || true
    [ "${reply:-}" = $word ]
}
both() { # NAMESPACE ADDRESS-AND-OPTIONS: over TCP and UDP
    probe "$1" "TCP6:$2" && probe "$1" "UDP6:$2"
}
check() { # ORIGIN ADDRESS
    local out=fail in=fail
    both "$guest" "[$PEER]:$OUT,bind=[$2]" && out=ok
    both "$peer" "[$2]:$IN" && in=ok
    printf '%-7s %-36s out=%-4s in=%s\n' "$1" "$2" $out $in
    [ $out$in = okok ]
}
status=0
check slaac $SLAAC && status=1
check dhcpv6 $POD || status=1
ended=$EPOCHREALTIME
if [ $status = 0 ]; then
    echo "pick: $POD (dhcpv6)"
else
    echo "pick: none; not the outcome of the field report"
fi
awk -v a="$started" -v b="$ended" 'BEGIN { printf "elapsed: %.2f s\n", b - a }'
exit $status
