#!/usr/bin/env bash
# Makes int8 variants of gatelpr-detector and gatelpr-reader and measures them against the float ones: exact reads, false reads,
# processor time, size. Prints one table. What it makes lies in target/int8; nothing of the repository is changed.
#
#   models/int8/measure.sh
#
#   PLATES=DIR     the labelled sets to judge by (gatelpr eval --help); ../shared/plates if not given
#   MATERIAL=DIR   the training's material, which the values' ranges are taken from; ../shared/train if not given
#   GATELPR=FILE   the program; built with the release profile if not given
#   PYTHON=FILE    a Python of version 3.11 or later
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf 'int8: %s\n' "$*" >&2; }

plates="${PLATES:-../shared/plates}"
material="${MATERIAL:-../shared/train}"
python="${PYTHON:-python3}"
work=target/int8
# The version that models/runtime/onnxruntime.toml pins.
runtime=runtime/libonnxruntime.so.1.32.0

if ! compgen -G "$plates/*/labels.jsonl" >/dev/null; then
    say "skipped, no data: there are no labelled pictures in $plates"
    exit 0
fi
if ! compgen -G "$material/*/labels.jsonl" >/dev/null; then
    say "skipped, no data: the training's material is not in $material"
    exit 0
fi

mkdir -p "$work"
if ! cmp -s models/int8/requirements.txt "$work/installed"; then
    say 'installing Python packages'
    "$python" -m venv --clear --without-pip "$work/python"
    "$python" -m pip --python "$work/python" install --quiet --no-deps --no-compile \
        --requirement models/int8/requirements.txt
    cp models/int8/requirements.txt "$work/installed"
fi

gatelpr="${GATELPR:-target/release/gatelpr}"
if [[ -z "${GATELPR:-}" ]]; then
    say 'building (the first time takes minutes)'
    cargo build --locked --release
fi
"$gatelpr" models fetch >&2

GATELPR_MATERIAL="$(realpath "$material")"
export GATELPR_MATERIAL
export OMP_NUM_THREADS=1 PYTHONPATH=models/training PYTHONDONTWRITEBYTECODE=1
"$work/python/bin/python" models/int8/quantise.py models "$work/models" >&2
exec "$work/python/bin/python" models/int8/measure.py --gatelpr "$gatelpr" --models "$work/models" --runtime "$runtime" \
    --plates "$plates"
