"""Trains the reader several times for a few steps, each time with one part left out, and prints what that cost.

python -m gatelpr_training.compare_trainings --out runs/ablations --watch FOLDER --weights ../gatelpr/reader.safetensors

Some parts are left out of a training from fresh weights, others of a further training of the committed reader: what real crops
are worth shows only once plates are read at all.
"""

import argparse
import json
import sys
from pathlib import Path

from . import train_reader

FRESH = {
    "everything": [],
    "without counting characters": ["--no-counting"],
    "without being shown where characters stand": ["--no-attention-supervision"],
    "neighbouring slots see each other": ["--slot-mixing"],
}
FURTHER = {
    "everything": [],
    "without real crops": ["--no-real"],
    "without pictures of true characters": ["--without", "true_glyphs"],
    "without camera effects": ["--without", "camera"],
}
"""Arguments of ``train_reader`` by what they are."""

GROUPS = {
    "Vietnam": ("vn_mixed", "vn_parking_moto", "vn_video", "vn_crops"),
    "China": ("cn_easypr", "cn_ccpd", "cn_mixed", "cn_crops"),
    "others": ("oalpr_eu", "oalpr_us", "oalpr_br"),
}
"""Evaluation sets by column."""


def trained(out: Path, arguments: list[str]) -> dict:
    """The last row of the learning curve of a training with ``arguments``; one that is there is not made again."""
    curve = out / "curve.jsonl"
    if not curve.exists():
        train_reader.main(["--out", str(out), "--watch-minutes", "1000", *arguments])
    return json.loads(curve.read_text(encoding="utf-8").splitlines()[-1])


def share(watched: dict[str, str], sets: tuple[str, ...]) -> str:
    """Right of all, over several sets of the form "right/all"."""
    counts = [[int(n) for n in watched[name].split("/")] for name in sets if name in watched]
    return f"{sum(right for right, _ in counts)}/{sum(count for _, count in counts)}"


def table(name: str, rows: dict[str, dict]) -> str:
    """Markdown."""
    lines = [f"| {name} | rendered | {' | '.join(GROUPS)} |", "|---|---|" + "---|" * len(GROUPS)]
    for what, row in rows.items():
        cells = " | ".join(share(row["watched"], sets) for sets in GROUPS.values())
        lines.append(f"| {what} | {100 * row['rendered']['all']:.1f} % | {cells} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Trains and prints both tables."""
    parser = argparse.ArgumentParser(description="What the parts of the reader's training are worth.")
    parser.add_argument("--out", type=Path, required=True, help="folder; trainings that are there are not made again")
    parser.add_argument("--watch", type=Path, required=True, help="folder of evaluation sets")
    parser.add_argument("--weights", type=Path, required=True, help="reader.safetensors that is trained further")
    parser.add_argument("--fresh-steps", type=int, default=900)
    parser.add_argument("--further-steps", type=int, default=300)
    args = parser.parse_args(arguments)
    common = ["--watch", str(args.watch), "--seed", "1"]
    fresh = [*common, "--steps", str(args.fresh_steps)]
    further = [*common, "--steps", str(args.further_steps), "--rate", "1e-3", "--weights", str(args.weights)]
    for name, variants, base in (("from fresh weights", FRESH, fresh), ("further training", FURTHER, further)):
        rows = {
            what: trained(args.out / f"{name} {what}".replace(" ", "_"), [*base, *more])
            for what, more in variants.items()
        }
        print(table(name, rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
