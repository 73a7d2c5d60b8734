#!/bin/bash
# What pick does, in bash with jq: pick.sh lease|first [watch]. With "watch" it
# goes on and answers each line.
suffix=
[ "$1" = first ] || suffix=/128
while read -r line || [ "$line" ]; do # a program that is asked gets no line end
    jq -r --arg suffix "$suffix" '[.addresses[] | select(.scope == "global") | .address
        | select(contains(":")) | select(endswith($suffix))][0] // "none"' <<<"$line"
    [ "$2" = watch ] || exit 0
done
