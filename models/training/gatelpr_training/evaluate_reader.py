"""Exact reads of the reader on labelled real plates, each cut out where its label says.

    python -m gatelpr_training.evaluate_reader --model reader.onnx --data ../../../shared/plates

``--model`` is an ONNX file, a training's checkpoint (.pt) or weights (.safetensors). A crop folder's picture is read whole; in
a photograph the label's box (its corners, if given) is cut with the daemon's margins, so most are not rectified as by a detector.
"""

import argparse
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import cv2
import numpy as np
import torch

from .export_reader import INPUT, OUTPUTS, ExportedReader, load_reader, session
from .reader import Reader
from .reader_loss import to_pictures
from .readings import Readings, expected_calibration_error, readings
from .real_crops import RealPlate, cut, read_folder

Predict = Callable[[np.ndarray], list[np.ndarray]]
"""uint8 RGB [N, 64, 160, 3] to the model's five outputs."""

GATES = (0.5, 0.7, 0.9)
"""Confidences at which right and wrong reads above are counted."""


@dataclass(frozen=True)
class Read:
    """A plate and what was read."""

    plate: RealPlate
    text: str
    confidence: float
    slots: np.ndarray

    @property
    def right(self) -> bool:
        """Exactly."""
        return self.text == self.plate.text

    @property
    def right_but_for_o(self) -> bool:
        """With O and 0 taken for the same: many countries' plates draw them alike."""
        return self.text.replace("O", "0") == self.plate.text.replace("O", "0")


def onnx_predictor(path: Path) -> Predict:
    """Reads with ONNX Runtime, in batches."""
    runtime = session(path)
    return lambda images: runtime.run(list(OUTPUTS), {INPUT: np.ascontiguousarray(to_pictures(images).numpy())})


def torch_predictor(reader: Reader, temperature: float = 1.0) -> Predict:
    """Reads with PyTorch."""
    exported = ExportedReader(reader, temperature).eval()

    @torch.no_grad()
    def predict(images: np.ndarray) -> list[np.ndarray]:
        return [output.numpy() for output in exported(to_pictures(images))]

    return predict


def predictor(path: Path) -> Predict:
    """By the file's name: .onnx, .safetensors, or a checkpoint."""
    if path.suffix == ".onnx":
        return onnx_predictor(path)
    return torch_predictor(load_reader(path))


def read_images(predict: Predict, images: np.ndarray, batch: int = 64) -> Readings:
    """Readings of uint8 ``images`` [N, 64, 160, 3]."""
    return readings(np.concatenate([predict(images[at : at + batch])[0] for at in range(0, len(images), batch)]))


def read_plates(predict: Predict, plates: list[RealPlate]) -> list[Read]:
    """All ``plates``, cut and read."""
    read = read_images(predict, np.stack([cut(plate) for plate in plates]))
    return [Read(*entry) for entry in zip(plates, read.texts, read.confidences.tolist(), read.slots)]


def confusions(reads: list[Read]) -> Counter[str]:
    """Characters taken for others, as "truth>reading", where both texts are of one length."""
    counted: Counter[str] = Counter()
    for read in reads:
        if len(read.text) == len(read.plate.text):
            counted.update(f"{t}>{r}" for t, r in zip(read.plate.text, read.text) if t != r)
    return counted


def summary(reads: list[Read]) -> dict:
    """Figures of a set of reads."""
    confidences = np.array([read.confidence for read in reads])
    right = np.array([read.right for read in reads])
    return {
        "plates": len(reads),
        "exact": int(right.sum()),
        "exact_if_O_is_0": sum(read.right_but_for_o for read in reads),
        "right_but_for_the_first": sum(read.text[1:] == read.plate.text[1:] for read in reads),
        "plate_ece": round(expected_calibration_error(confidences, right), 4),
        "character_ece": round(_character_ece(reads), 4),
        "above": {str(gate): _above(confidences, right, gate) for gate in GATES},
        "confusions": dict(confusions(reads).most_common(15)),
    }


def _above(confidences: np.ndarray, right: np.ndarray, gate: float) -> str:
    """ "right right, wrong wrong" of the reads with at least this confidence."""
    return f"{int((right & (confidences >= gate)).sum())} right, {int((~right & (confidences >= gate)).sum())} wrong"


def _character_ece(reads: list[Read]) -> float:
    """Over the characters of reads that have the truth's length."""
    same = [read for read in reads if len(read.text) == len(read.plate.text)]
    confidences = [read.slots[: len(read.text)] for read in same]
    right = [np.array([t == r for t, r in zip(read.plate.text, read.text)], bool) for read in same]
    return expected_calibration_error(np.concatenate(confidences), np.concatenate(right)) if same else 0.0


def by_kind(reads: list[Read]) -> dict[str, list[Read]]:
    """All reads, and those of each folder, of each folder and number of lines, and of each region."""
    kinds: dict[str, list[Read]] = {"all": reads}
    for read in reads:
        plate = read.plate
        for kind in (plate.country or "?", plate.folder, f"{plate.folder} {plate.layout or '?'}"):
            kinds.setdefault(kind, []).append(read)
    return kinds


def main(arguments: list[str]) -> int:
    """Evaluates and prints."""
    parser = argparse.ArgumentParser(description="Counts exact reads on labelled plates.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument(
        "--data", type=Path, required=True, help="a folder with labels.jsonl, or a folder of such folders"
    )
    parser.add_argument("--json", type=Path, help="also write all figures here")
    parser.add_argument("--misses", action="store_true", help="name every wrong read")
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    folders = sorted(labels.parent for pattern in ("", "*/") for labels in args.data.glob(f"{pattern}labels.jsonl"))
    if not folders:
        print(f"no labels.jsonl in {args.data} or in a folder of it", file=sys.stderr)
        return 1
    predict = predictor(args.model)
    reads = [read for folder in folders for read in read_plates(predict, read_folder(folder))]
    figures = {kind: summary(chosen) for kind, chosen in by_kind(reads).items()}
    _print(figures, reads if args.misses else [])
    if args.json:
        args.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _print(figures: dict[str, dict], reads: list[Read]) -> None:
    for kind, figure in sorted(figures.items()):
        print(
            f"{kind:28} {figure['exact']:4}/{figure['plates']:<4} O=0 {figure['exact_if_O_is_0']:4}"
            f"  but first {figure['right_but_for_the_first']:4}"
            f"  ECE plate {figure['plate_ece']:.3f} character {figure['character_ece']:.3f}"
        )
    print("at least this sure:", figures["all"]["above"])
    print("confusions (truth>reading):", figures["all"]["confusions"])
    for read in reads:
        if not read.right:
            where = f"{read.plate.folder}/{read.plate.source}"
            print(f"{where}: {read.plate.text} read as {read.text or '-'} ({read.confidence:.2f})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
