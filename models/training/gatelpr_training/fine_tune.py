"""Fine-tunes the committed reader on a gate's own labelled pictures; installs the result only if it reads no worse.

    python -m gatelpr_training.fine_tune --data ../../../gate --minutes 6

``--data`` holds pictures and ``labels.jsonl``, one row per picture: {"image": "a.jpg", "plates": [{"text": "12A34567", "bbox":
[x, y, width, height]}]}, or {"image": "b.jpg", "plates": [{"text": "12A34567"}], "crop": true} where the picture is the plate.
"""

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from . import calibration, checkpoints
from .alphabet import decode
from .evaluate_reader import read_images, read_plates, torch_predictor
from .export_reader import ExportError, export, reader_from_weights
from .gate_data import DataError, Split, read_gate_data, split
from .glyphs import material_folder
from .manifest import ManifestError, refreshed
from .reader import Reader
from .real_crops import RealCrops, RealPlate
from .samples import ProcessFeeder, Ring, SampleConfig, rendered_set, write_sample
from .train_reader import Training, learning_rate

REGRESSION_SEED = 990_003
"""Of the rendered samples that show whether what was known is forgotten."""
REGRESSION_SAMPLES = 800
RATE = 3e-4
ATTENTION_SHARE = 0.12
GATE_SHARE = 0.4
"""Of the gate's own crops in a batch; the rest is rendered, against forgetting."""
REPOSITORY_MODELS = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Score:
    """Exact reads of a reader: which of the held-out plates, and how many of the rendered samples."""

    held_out: tuple[bool, ...]
    rendered: int


@dataclass(frozen=True)
class Installed:
    """Where the daemon's files lie."""

    weights: Path
    onnx: Path
    manifest: Path

    @classmethod
    def under(cls, models: Path) -> "Installed":
        """In the repository's ``models`` folder."""
        folder = models / "gatelpr"
        return cls(folder / "reader.safetensors", folder / "reader.onnx", models / "gatelpr-reader.toml")


def refusals(before: Score, after: Score) -> list[str]:
    """Why the new model must not be installed; empty if it may be."""
    reasons = []
    if sum(after.held_out) < sum(before.held_out):
        reasons.append(f"it reads {sum(after.held_out)} of the held-out plates instead of {sum(before.held_out)}")
    if after.rendered < before.rendered:
        reasons.append(f"it reads {after.rendered} of the rendered plates instead of {before.rendered}")
    return reasons


def score(reader: Reader, held_out: list[RealPlate], rendered: np.ndarray) -> Score:
    """Exact reads of ``held_out`` and of the legible ones of ``rendered`` [N] of ``samples.SAMPLE``."""
    predict = torch_predictor(reader)
    legible = rendered[rendered["legible"] == 1]
    texts = read_images(predict, np.ascontiguousarray(legible["image"])).texts
    right = sum(text == decode(row) for text, row in zip(texts, legible["characters"].tolist()))
    return Score(tuple(read.right for read in read_plates(predict, held_out)), right)


def mix(rendered: np.ndarray, gate: RealCrops, rng: np.random.Generator) -> np.ndarray:
    """``rendered`` with ``GATE_SHARE`` of it replaced by varied crops of the gate."""
    mixed = rendered.copy()
    for record in mixed[: round(len(mixed) * GATE_SHARE)]:
        write_sample(record, gate.sample(rng), real=True)
    return mixed


def tune(reader: Reader, plates: list[RealPlate], feeder, minutes: float, seed: int) -> Reader:
    """The averaged weights after ``minutes`` of training on ``plates`` and what ``feeder`` renders."""
    training = Training.of(reader.train())
    gate = RealCrops({"gate": (1.0, plates)})
    rng = np.random.default_rng(seed)
    start = time.monotonic()
    last_report = start
    while (elapsed := (time.monotonic() - start) / 60) < minutes:
        samples = mix(feeder.next(), gate, rng)
        losses = training.learn(samples, learning_rate(RATE, elapsed / minutes), ATTENTION_SHARE)
        if time.monotonic() - last_report > 30:
            last_report = time.monotonic()
            print(f"step {training.step}, loss {losses['total']:.3f}, {minutes - elapsed:.1f} min left", flush=True)
    return training.mean_model()


def install(reader: Reader, temperature: float, files: Installed) -> None:
    """Replaces weights, ONNX file and manifest; all is written and checked before the first is replaced."""
    new_onnx = files.onnx.with_name(files.onnx.name + ".new")
    new_weights = files.weights.with_name(files.weights.name + ".new")
    new_manifest = files.manifest.with_name(files.manifest.name + ".new")
    try:
        export(reader, temperature, new_onnx)
        checkpoints.save_weights(new_weights, reader.state_dict(), reader.config.to_dict())
        text = refreshed(files.manifest.read_text(encoding="utf-8"), new_onnx)
        new_manifest.write_text(text, encoding="utf-8")
        for new, old in ((new_weights, files.weights), (new_onnx, files.onnx), (new_manifest, files.manifest)):
            os.replace(new, old)
    finally:
        for left in (new_onnx, new_weights, new_manifest):
            left.unlink(missing_ok=True)


def report(before: Score, after: Score, held_out: list[RealPlate], rendered: int) -> str:
    """Figures before and after, and which held-out plates changed."""
    lines = [
        f"held-out plates of the gate: {sum(before.held_out)} -> {sum(after.held_out)} of {len(held_out)} read exactly",
        f"rendered plates:             {before.rendered} -> {after.rendered} of {rendered}",
    ]
    for was, now, plate in zip(before.held_out, after.held_out, held_out):
        if was != now:
            lines.append(f"  {'now right' if now else 'NOW WRONG'}: {plate.text} in {plate.source}")
    return "\n".join(lines)


def run(args: argparse.Namespace) -> int:
    """Reads the data, trains, judges and installs; 1 if nothing was installed."""
    files = Installed.under(args.models)
    plates: Split = split(read_gate_data(args.data))
    reader = reader_from_weights(files.weights)
    if not files.manifest.is_file():
        raise ManifestError(f"{files.manifest} is missing; restore it from the repository")
    print(f"{len(plates.train)} plates to learn from, {len(plates.held_out)} to judge by", flush=True)
    regression = rendered_set(REGRESSION_SAMPLES, REGRESSION_SEED)
    before = score(reader, plates.held_out, regression)
    feeder = ProcessFeeder(SampleConfig(), Ring(args.seed, args.batch, 0), args.renderers, replays=2.0)
    try:
        tuned = tune(reader_from_weights(files.weights), plates.train, feeder, args.minutes, args.seed)
    finally:
        feeder.close()
    after = score(tuned, plates.held_out, regression)
    print(report(before, after, plates.held_out, int((regression["legible"] == 1).sum())))
    if reasons := refusals(before, after):
        print("not installed: " + "; ".join(reasons), file=sys.stderr)
        return 1
    calibrated = calibration.calibrate(tuned, calibration.held_out(material_folder()))
    install(tuned, calibrated.temperature, files)
    print(f"{calibrated}\ninstalled: {files.onnx}, {files.weights}, {files.manifest}")
    return 0


def main(arguments: list[str]) -> int:
    """Fine-tunes."""
    parser = argparse.ArgumentParser(description="Fine-tunes the reader on a gate's own pictures.")
    parser.add_argument("--data", type=Path, required=True, help="folder with pictures and labels.jsonl")
    parser.add_argument("--models", type=Path, default=REPOSITORY_MODELS, help="the repository's models folder")
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--renderers", type=int, default=1)
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        return run(args)
    except (DataError, ManifestError, ExportError, checkpoints.CheckpointError) as error:
        print(f"nothing was changed:\n{error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
