#!/bin/sh
# Prints the engagement of every speaker as it changes: needs socat and jq.
socket="${1:-/run/attune/events.sock}"
echo '{"subscribe":{"types":["tick"]}}' |
    socat -t 1e9 - "UNIX-CONNECT:$socket" |
    jq --unbuffered -r 'select(.type == "tick") | "\(.session) \(.speaker) \(.engagement.score // "-")"'
