#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shuntctl against a shunt-node that runs: every command, its text, its exit code.
# Usage: shuntctl_program.sh SHUNT-NODE SHUNTCTL
set -u
node_program=$1
ctl_program=$2
folder=$(mktemp -d)
node=
failures=0

cleanup() {
    [ -n "$node" ] && kill "$node" 2>/dev/null && wait "$node" 2>/dev/null
    rm -rf "$folder"
}
trap cleanup EXIT

cat > "$folder/farm.toml" <<FARM
[[server]]
name = "s1"
id = 1
front_ip = "10.7.0.101/16"
front_mac = "02:07:00:00:00:01"
service = ["10.7.1.1"]
forward_ip = ["10.8.1.1"]
control_ip = "10.8.0.1/16"
back_mac = "02:08:00:00:00:01"

[[listen]]
server = "s1"
port = 80
application = "http"
FARM
export SHUNT_CONTROL=$folder/control

start_node() {
    "$node_program" --config "$folder/farm.toml" --name s1 --front "unix:$folder/front" \
        --control "$SHUNT_CONTROL" --log-level error > "$folder/ready" 2> "$folder/log" &
    node=$!
    for _ in $(seq 200); do
        grep -q ready "$folder/ready" 2>/dev/null && return
        sleep 0.05
    done
    echo "the node does not start: $(cat "$folder/log")"
    exit 1
}

# expect CODE PATTERN ARGUMENTS: the exit code, and an extended regular expression that some line of
# what is printed matches.
expect() {
    local code=$1 pattern=$2
    shift 2
    "$ctl_program" "$@" > "$folder/out" 2> "$folder/err"
    local got=$?
    if [ $got -ne "$code" ] || ! printf '%s\n' "$(cat "$folder/out" "$folder/err")" |
        grep -Eq -- "$pattern"; then
        echo "FAILED: shuntctl $*: exit code $got, not $code, or nothing like '$pattern' in:"
        cat "$folder/out" "$folder/err"
        failures=$((failures + 1))
    fi
}

expect 2 'no such socket; is the node running' hello
start_node
expect 0 '^name +s1$' hello
expect 0 '^profiles +endpoint$' capabilities
expect 0 '^server +s1$' state
expect 0 '"server":"s1"' --json state
expect 0 '^s1 +10\.7\.1\.1 +80 +tcp' tables listening
expect 0 '^local \(0\)$' tables
expect 0 '^\{"forward":\[\],"forward_connect":\[\]\}$' --json tables forward
expect 0 '^nothing has been counted$' counters
expect 0 '^s1 +1 +yes' members
expect 0 '^none$' sessions
expect 0 '^level +error$' log-level
expect 0 '^level +debug$' log-level debug
expect 2 'malformed: level: expected trace' log-level loud
expect 0 '^open +yes$' listen 5353 --udp
expect 0 '^s1 +10\.7\.1\.1 +5353 +udp +echo' tables listening
expect 0 '^open +no$' listen 5353 --udp --close
expect 1 'not-possible: nothing listens on port 5353' listen 5353 --udp --close
expect 0 '^draining +no$' drain --status
expect 0 '^draining +yes$' drain
expect 0 '^left +0$' drain --wait 5
expect 0 '"draining":true,"ending":0' --json drain --wait 5
expect 0 '^draining +no$' drain --stop
expect 1 'not draining any more' drain --status --wait 5
expect 2 'not with --wait' drain --stop --wait 5
expect 1 'unknown-connection' migrate '10.7.0.9:4711>10.7.1.1:80/tcp' s1
expect 1 'unknown-server' migrate '10.7.0.9:4711>10.7.1.1:80/tcp' s9
expect 2 'malformed: connection: expected a text such as' migrate nonsense s1
expect 1 '"error":"unknown-server"' --json migrate '10.7.0.9:4711>10.7.1.1:80/tcp' s9
expect 0 '^counter +node$' object list
expect 0 '^handle +[0-9a-f]{16}$' object create counter 5
handle=$(sed -n 's/^handle *//p' "$folder/out")
expect 0 '^42$' object call "$handle" 37
expect 0 '"bytes":"NDI="' --json object call "$handle"
expect 1 'call-failed: expected a decimal number to add' object call "$handle" much
expect 0 "^$handle +counter +s1 +alive" object list
expect 0 "^handle +$handle$" object release "$handle"
expect 1 'unknown-object' object call "$handle"
expect 1 'unknown-class: no server that could be asked has the class "none"' object create none
expect 1 'refused' object create counter five
expect 1 'unknown-server' object create counter --on s9
expect 2 'object: expected create CLASS' object call
expect 2 'does not take --on' object list --on s1
expect 2 'malformed: handle' object release s1
expect 0 '^boots +2$' reset
expect 0 '^boots +3$' restart
expect 2 'no command "tabels"; did you mean "tables"' tabels
expect 2 'does not take --watch' hello --watch
expect 0 'Examples:' --help
expect 0 'Usage: shuntctl \[options\] migrate CONNECTION SERVER' migrate --help
expect 0 '^shuntctl ' --version
expect 2 'bytes' --control "$(printf 'x%.0s' $(seq 200))" hello

# Watching goes on until it is interrupted.
"$ctl_program" --json --watch --interval 1 state > "$folder/watched" &
watcher=$!
for _ in $(seq 100); do
    [ "$(wc -l < "$folder/watched")" -ge 2 ] && break
    sleep 0.1
done
kill -INT $watcher
wait $watcher
code=$?
if [ $code -ne 130 ] || [ "$(grep -c '"boots":3' "$folder/watched")" -lt 2 ]; then
    echo "FAILED: --watch state: exit code $code, $(wc -l < "$folder/watched") lines"
    failures=$((failures + 1))
fi

expect 0 '^$' kill
wait $node
code=$?
node=
if [ $code -ne 137 ]; then
    echo "FAILED: the node that was killed ended with $code, not 137"
    failures=$((failures + 1))
fi
expect 2 'no node answers there' state
exit $((failures > 0))
