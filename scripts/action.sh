#!/usr/bin/env bash
# The GitHub Action (action.yml): judges selectors, writes the table to the job
# summary, and leaves reports and captures in $RUNNER_TEMP/passtlab. Inputs are
# the variables ACTION_*; PASSTLAB names a passtlab that is built already.
set -euo pipefail

: "${RUNNER_TEMP:?is set by the runner}" "${GITHUB_OUTPUT:?is set by the runner}" "${GITHUB_STEP_SUMMARY:?is set by the runner}"
out=$RUNNER_TEMP/passtlab

# fail MESSAGE: ends the step as wrong usage does.
fail() {
    printf '::error title=passtlab::%s\n' "$1"
    echo "status=2" >>"$GITHUB_OUTPUT"
    exit 2
}

# each FLAG TEXT: adds FLAG LINE to the arguments for every line of the text.
args=()
each() {
    local line
    while IFS= read -r line; do
        line=${line%$'\r'}
        [[ $line =~ ^[[:space:]]*$ ]] || args+=("$1" "$line")
    done <<<"$2"
}

fail_on=${ACTION_FAIL_ON:-failure}
case $fail_on in
failure | error | never) ;;
*) fail "fail-on: \"$fail_on\" is none of failure, error, never" ;;
esac
each --exec "${ACTION_EXEC:-}"
each --exec-watch "${ACTION_EXEC_WATCH:-}"
each --selector "${ACTION_SELECTOR:-}"
each --expect "${ACTION_EXPECT:-}"
each --passt "${ACTION_PASST:-}"
each --seed "${ACTION_SEED:-}"
each --shard "${ACTION_SHARD:-}"
read -r -d '' -a ordered <<<"${ACTION_KERNEL_ORDER:-}" || true
for name in "${ordered[@]}"; do args+=(--kernel-order "$name"); done
read -r -d '' -a labels <<<"${ACTION_LABELS:-}" || true
for label in "${labels[@]}"; do args+=("label:$label"); done

passtlab=${PASSTLAB:-}
if [ -z "$passtlab" ]; then
    passtlab=$RUNNER_TEMP/passtlab-command
    CGO_ENABLED=0 go build -C "$(dirname "${BASH_SOURCE[0]}")/.." -trimpath -o "$passtlab" ./cmd/passtlab
fi

rm -rf "$out"
mkdir -p "$out/captures"
echo "folder=$out" >>"$GITHUB_OUTPUT"

status=0
"$passtlab" run --format json --output "$out/report.json" --pcap "$out/captures" "${args[@]}" \
    2>"$out/errors.txt" || status=$?
cat "$out/errors.txt" >&2
echo "status=$status" >>"$GITHUB_OUTPUT"

if [ -s "$out/report.json" ]; then
    "$passtlab" report show --format markdown "$out/report.json" >>"$GITHUB_STEP_SUMMARY"
    "$passtlab" report show --format junit "$out/report.json" >"$out/junit.xml"
else
    { printf '### passtlab: no report\n\n```\n'; cat "$out/errors.txt"; printf '```\n'; } >>"$GITHUB_STEP_SUMMARY"
fi

case $status in
0) exit 0 ;;
1) what="a selector failed" ;;
2) fail "wrong usage: $(tail -n 1 "$out/errors.txt")" ;;
*) what="a lab failed" ;;
esac
if [ "$fail_on" = never ] || { [ "$fail_on" = error ] && [ "$status" = 1 ]; }; then
    printf '::warning title=passtlab::%s; see the job summary\n' "$what"
    exit 0
fi
printf '::error title=passtlab::%s; see the job summary\n' "$what"
exit "$status"
