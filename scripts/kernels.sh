#!/usr/bin/env bash
# Runs label:core, and on some the whole corpus, in virtual machines with the
# kernels that are named, and prints a Markdown table, each line of it from a
# run. It fails if a run fails. Logs are in $OUT (out/).
#
# usage: [CORPUS="6.1 ..."|all] scripts/kernels.sh KERNEL...|all
#   all   every kernel in the cache
set -euo pipefail
cd "$(dirname "$0")/.."

out=${OUT:-out}/kernels
mkdir -p "$out"
failed=0

# line KERNEL WHAT [ARG...]: runs the scenarios of ARG and prints a line.
line() {
    local kernel=$1 what=$2 status=0 log times
    shift 2
    log=$out/$kernel-${what//[^a-z]/}.log
    TIMEFORMAT='%R %U %S'
    times=$({ time bin/passtlab run --kernel "$kernel" --known-failures --keep-going "$@" >"$log" 2>&1; } 2>&1) || status=$?
    awk -v kernel="$kernel" -v what="$what" -v times="$times" '
        /^Linux / { kernel = $2; sub(/,$/, "", kernel) }
        { last = $0 }
        END {
            split(times, t, " ")
            printf "| %s | %s | %s | %.0f s | %.0f s |\n", kernel, what, last, t[2] + t[3], t[1]
        }' "$log"
    [ "$status" = 0 ] || { failed=1; echo "kernels.sh: exit status $status, see $log" >&2; }
}

if [ "$*" = all ]; then
    mapfile -t kernels < <(bin/passtlab kernels | awk '/^[0-9]/ { print $1 }')
    set -- "${kernels[@]}"
fi
[ $# -gt 0 ] || { echo "kernels.sh: no kernel is named, or in the cache" >&2; exit 2; }
echo "| kernel | scenarios | result | CPU | wall |"
echo "|---|---|---|---:|---:|"
for kernel; do
    line "$kernel" label:core label:core
    case " ${CORPUS:-} " in
    *" $kernel "* | " all ") line "$kernel" "the corpus" ;;
    esac
done
exit "$failed"
