#!/usr/bin/env bash
# Runs the whole product on a recording: a broker of its own on a free loopback port, a subscriber that is not ours, and
# the daemon. Prints each passage as it arrives at the subscriber; ends when the recording has ended and everything is
# delivered.
#
#   scripts/demo.sh            the sample clip
#   scripts/demo.sh SOURCE     a video file (H.264 in MP4) or a folder of pictures (FRAMES_PER_SECOND, 10 if not given)
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

say() { printf 'demo: %s\n' "$*"; }

recording="${1:-}"
if [[ -n "$recording" && ! -e "$recording" ]]; then
    say "there is no $recording: SOURCE is a video file or a folder of pictures"
    exit 1
fi

gatelpr="$PWD/target/debug/gatelpr"
work="$(mktemp -d)"
processes=()

cleanup() {
    local status=$?
    trap - EXIT INT TERM
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait 2>/dev/null || true
    case $status in
        0 | 130 | 143) rm -rf "$work" ;;
        *) say "failed; the logs are in $work" ;;
    esac
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Starts the broker; another program may take the port between the choice and the start, so it is tried again.
start_broker() {
    local try pid
    for try in 1 2 3 4 5; do
        port="$(free_port)"
        printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >"$work/mosquitto.conf"
        mosquitto -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
        pid=$!
        processes+=("$pid")
        subscriber=(mosquitto_sub -h 127.0.0.1 -p "$port" -i demo-subscriber -c -q 1 -t 'gatelpr/v1/#' -t demo/end)
        # From here on the broker keeps messages for this client, so it may come back later and misses none.
        if wait_until_subscribed "$pid"; then return; fi
    done
    say 'the broker does not start:' && cat "$work/mosquitto.log"
    return 1
}

# Subscribes and leaves; false if the broker ends meanwhile or does not answer for five seconds.
wait_until_subscribed() {
    local try
    for try in $(seq 50); do
        if "${subscriber[@]}" -E 2>>"$work/subscriber.log"; then return; fi
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

# The [camera.source] of the config for a file or a folder.
source_table() {
    local path
    path="$(realpath "$1")"
    # A TOML literal string cannot hold a single quote, nor any string here a line break.
    [[ "$path" != *[\'$'\n']* ]] || { say "the path $path has a quote or a line break: rename it" >&2; return 1; }
    if [[ -d "$path" ]]; then
        printf "[camera.source.folder]\npath = '%s'\nframes_per_second = %s\n" "$path" "${FRAMES_PER_SECOND:-10}"
    else
        printf "[camera.source.video]\npath = '%s'\n" "$path"
    fi
}

zone=""
if [[ -z "$recording" ]]; then
    drawn=target/demo/gate
    recording="$drawn/camera-1"
    # The road, without the sky and the signs: less to look at is faster.
    zone='zone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]'
    if [[ ! "$drawn.complete" -nt "$gatelpr" ]]; then
        say "drawing the sample clip into $recording"
        rm -rf "$drawn"
        "$gatelpr" synth demo --out "$drawn"
        touch "$drawn.complete"
    fi
fi

start_broker
say "broker on 127.0.0.1:$port"

table="$(source_table "$recording")"
cat >"$work/gatelpr.toml" <<CONFIG
[site]
name = "demo"
gate = "g1"

[mqtt]
host = "127.0.0.1"
port = $port

[outbox]
directory = '$work/outbox'

[inference]
models = '$PWD/models'

[[camera]]
name = "camera-1"
$table

[[lane]]
name = "lane-1"
camera = "camera-1"
$zone
CONFIG
mkdir "$work/outbox"

mkfifo "$work/messages"
python3 scripts/print_passages.py <"$work/messages" &
printer=$!
"${subscriber[@]}" -F '%t %p' >"$work/messages" 2>>"$work/subscriber.log" &
processes+=("$printer" "$!")

say "reading $recording at the speed it was recorded; passages as they arrive at mosquitto_sub:"
"$gatelpr" run --config "$work/gatelpr.toml" >"$work/gatelpr.log" 2>&1 &
daemon=$!
processes+=("$daemon")
wait "$daemon" || { tail -n 20 "$work/gatelpr.log"; exit 1; }

# The broker keeps the order, so when this has arrived everything before it has.
mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t demo/end -m end
wait "$printer"
