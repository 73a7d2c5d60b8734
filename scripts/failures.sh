#!/usr/bin/env bash
# Prints what failed in a log of go test, with or without -v, or of ginkgo, in
# the log's own words; of a log without a failure, the last lines.
#
# usage: scripts/failures.sh LINES LOG
#   LINES  how many lines it prints at the most
set -euo pipefail

awk -v most="$1" '
    function say(text) { out[n++] = text }
    BEGIN { around = 12 }
    # go test -v prints what a test says before its "--- FAIL", perhaps between
    # what others say; lines like "=== NAME TestX" tell whose it is.
    /^=== (RUN|NAME|CONT) / { test = $3; after = 0; next }
    /^=== PAUSE / { next }
    /^ *--- FAIL: / {
        say($0)
        first = said[$3] > around ? said[$3] - around : 0
        for (i = first; i < said[$3]; i++) say(line[$3, i])
        after = around; below = 1
        next
    }
    /^ *--- (PASS|SKIP): |^(PASS|FAIL)$|^ok / { after = 0; next }
    /\[FAILED\]|^panic: |^fatal error: |DATA RACE|^# [a-z].*\/|\[(build|setup) failed\]|^\|.*(FAILED|NOTHING)/ {
        after = around + 1; below = 0
    }
    # Without -v the words of a test stand below its "--- FAIL", indented.
    below && !/^ / { after = 0 }
    after > 0 { say($0); after--; next }
    { last[NR % around] = $0; line[test, said[test]++] = $0 }
    END {
        few = NR < around ? NR : around
        if (few > most) few = most
        if (n == 0) for (i = NR - few + 1; i <= NR; i++) say(last[i % around])
        for (i = 0; i < n && i < most; i++) print out[i]
        if (n > most) printf "(and %d lines more)\n", n - most
    }
' "$2"
