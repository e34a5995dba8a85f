#!/usr/bin/env bash
# Measures gatelpr beside other programs that read plates, on the same labelled pictures: exact reads, CPU time, pictures a
# second, peak memory and start. Prints one table and the ratios between its rows. The peers are installed from their registry,
# in the versions of requirements-*.txt, into target/peers; where they are there already it needs no network.
#
#   benches/peers/run.sh                every whole picture
#   PICTURES=20 benches/peers/run.sh    about twenty, every k-th
#
#   ROUNDS=3            each contender so often; the median counts
#   PLATES=DIR          the labelled sets (docs: gatelpr eval --help); ../shared/plates if not given
#   GATELPR=FILE        the program; built with the release profile if not given
#   PYTHON=FILE         a Python of version 3.11 or 3.12
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'peers: %s\n' "$*" >&2; }

plates="${PLATES:-../shared/plates}"
python="${PYTHON:-python3}"
environments=target/peers

if ! compgen -G "$plates/*/labels.jsonl" >/dev/null; then
    say "skipped, no data: there are no labelled pictures in $plates"
    exit 0
fi
case "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" in
    3.11 | 3.12) ;;
    *) say "the peers need Python 3.11 or 3.12, and $python is $("$python" --version): set PYTHON"; exit 1 ;;
esac

for requirements in benches/peers/requirements-*.txt; do
    peer="$(basename "$requirements" .txt)"
    peer="${peer#requirements-}"
    if ! cmp -s "$requirements" "$environments/$peer/installed"; then
        say "installing $peer"
        "$python" -m venv --clear "$environments/$peer"
        "$environments/$peer/bin/python" -m pip install --quiet --no-deps --requirement "$requirements"
        cp "$requirements" "$environments/$peer/installed"
    fi
done

gatelpr="${GATELPR:-target/release/gatelpr}"
if [[ -z "${GATELPR:-}" ]]; then
    say 'building (the first time takes minutes)'
    cargo build --locked --release
fi
"$gatelpr" models fetch >&2

exec "$python" benches/peers/compare.py --plates "$plates" --gatelpr "$gatelpr" --models models \
    --runtime runtime/libonnxruntime.so.1.32.0 --environments "$environments" \
    --pictures "${PICTURES:-0}" --rounds "${ROUNDS:-1}"
