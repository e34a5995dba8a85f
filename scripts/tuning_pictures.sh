#!/bin/sh
# Makes the pictures of docs/tuning.md from the scenarios in docs/examples/tuning: each scene, and its plate enlarged beside it.
# With --read it prints too what the program reads in each scenario, with the usual models and with general text readers.
# It needs ffmpeg. GATELPR names a program that is built already; without it cargo builds one.
set -eu
cd "$(dirname "$0")/.."

work=target/tuning-pictures
pictures=docs/pictures
mkdir -p "$work" "$pictures"

gatelpr() {
    if [ -n "${GATELPR:-}" ]; then "$GATELPR" "$@"; else cargo run --quiet -- "$@"; fi
}

# picture SCENARIO FRAME X Y [FILTER]: the frame, and the 128x168 pixels around (X, Y).
picture() {
    from="$work/$1/in-1-front"
    if [ -n "${5:-}" ]; then
        # All pictures, so that what is read is what is shown.
        for file in "$from"/*.jpg; do
            ffmpeg -nostdin -v error -y -i "$file" -vf "$5" -q:v 2 "$file.new.jpg" && mv "$file.new.jpg" "$file"
        done
    fi
    ffmpeg -nostdin -v error -y -i "$from/$(printf %06d "$2").jpg" -filter_complex \
        "[0]split[a][b];[a]scale=560:315[scene];[b]crop=128:168:$3-64:$4-84,scale=240:315:flags=bicubic[plate];[scene][plate]hstack" \
        -q:v 5 -map_metadata -1 "$pictures/tuning-$1.jpg"
}

# read_with NAME KEYS SCENARIO: the events of its pictures, every picture read, with these keys in [inference].
read_with() {
    { sed 's/^approaching.*/&\nanalyse = "always"/' "$work/$3/gate.toml"; printf '\n[inference]\n%b\n' "$2"; } > "$work/$3/$1.toml"
    echo "$3, $1:"
    gatelpr replay "$work/$3/in-1-front" --config "$work/$3/$1.toml" --frames-per-second 10 --fast
}

for file in docs/examples/tuning/*.toml; do
    gatelpr synth "$file" --out "$work/$(basename "$file" .toml)"
done

picture good 25 490 522
picture too_far 22 831 250
picture slow_shutter 11 512 504
picture too_steep 12 638 148
picture from_aside 22 630 409
picture night_glare 16 472 535
picture night_lit 16 475 535 hue=s=0   # infrared light has no colours

if [ "${1:-}" = --read ]; then
    usual='detector = "gatelpr-detector"\nrecogniser = "gatelpr-reader"\nsecond_opinion = "ppocr-v4-rec"\nsecond_opinion_below = 0.95'
    general='detector = "ppocr-v4-det"\nrecogniser = "ppocr-v4-rec"'
    for file in docs/examples/tuning/*.toml; do
        read_with usual "$usual" "$(basename "$file" .toml)"
        read_with general "$general" "$(basename "$file" .toml)"
    done
fi
