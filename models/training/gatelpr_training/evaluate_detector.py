"""Recall and precision of an exported detector on labelled whole pictures.

A label is found if the bounding box of a predicted quadrilateral overlaps its box with IoU 0.5 or more. Precision counts
only pictures in which every plate is labelled (``complete``).
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from .detector import CHANNELS_PER_CLASS, STRIDE
from .export_detector import session

PADDING = 127
OVERLAP = 0.5
DUPLICATE_OVERLAP = 0.4
"""Of two predictions that overlap more than this the less likely one goes."""
HEIGHT_BANDS = (0, 12, 20, 32, 64, 1000)
"""Bounds of a plate's height in pixels of the letterboxed picture."""


@dataclass(frozen=True)
class Found:
    """One prediction in pixels of the whole picture."""

    probability: float
    quad: np.ndarray
    """[4, 2] float32, clockwise from the plate's own top left."""


@dataclass
class Tally:
    """Counts of one group."""

    labels: int = 0
    found: int = 0
    wrong: int = 0
    complete: int = 0
    """Pictures in which every plate is labelled."""


def letterboxed(image: np.ndarray, width: int, height: int) -> tuple[np.ndarray, float]:
    """``image`` scaled to fit, at the top left of a grey picture; and the scale."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    boxed = np.full((height, width, 3), PADDING, np.uint8)
    boxed[: size[1], : size[0]] = cv2.resize(image, size, interpolation=method)
    return boxed, scale


def cells_of(runner: onnxruntime.InferenceSession, boxed: np.ndarray) -> np.ndarray:
    """The network's answer [9 * K, h, w] for an RGB picture [H, W, 3] uint8."""
    picture = (boxed.astype(np.float32) - 127.5) / 127.5
    return runner.run(["cells"], {"picture": np.ascontiguousarray(picture.transpose(2, 0, 1))[None]})[0][0]


def decode(cells: np.ndarray, threshold: float, class_index: int = 0) -> list[Found]:
    """The quadrilaterals of one class in pixels of the letterboxed picture, likeliest first, without duplicates."""
    first = class_index * CHANNELS_PER_CLASS
    heat, corners = cells[first], cells[first + 1 : first + CHANNELS_PER_CLASS]
    peaks = (heat >= threshold) & (heat == cv2.dilate(heat, np.ones((3, 3), np.uint8)))
    found = []
    for row, column in zip(*np.nonzero(peaks), strict=True):
        centre = (np.array([column, row]) + 0.5) * STRIDE
        found.append(
            Found(float(heat[row, column]), (corners[:, row, column].reshape(4, 2) + centre).astype(np.float32))
        )
    found.sort(key=lambda f: -f.probability)
    kept: list[Found] = []
    for one in found:
        if all(overlap(box_of(one.quad), box_of(other.quad)) < DUPLICATE_OVERLAP for other in kept):
            kept.append(one)
    return kept


def box_of(quad: np.ndarray) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a quadrilateral."""
    (left, top), (right, bottom) = quad.min(0), quad.max(0)
    return float(left), float(top), float(right), float(bottom)


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union, 0 to 1."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def rows_of(folder: Path) -> Iterator[tuple[str, dict, np.ndarray]]:
    """Set, label row and RGB picture of every whole picture below ``folder``."""
    for labels in sorted(folder.glob("*/labels.jsonl")):
        for line in labels.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("crop"):
                continue
            image = cv2.imread(str(labels.parent / row["image"]), cv2.IMREAD_COLOR)
            if image is None:
                raise SystemExit(f"{labels.parent / row['image']} cannot be read")
            yield labels.parent.name, row, np.ascontiguousarray(image[..., ::-1])


def band_of(height: float) -> str:
    """Name of the height band."""
    index = int(np.searchsorted(HEIGHT_BANDS, height, side="right"))
    return f"{HEIGHT_BANDS[index - 1]}-{HEIGHT_BANDS[index]} px"


def judge(tallies: dict[str, Tally], name: str, row: dict, found: list[Found], scale: float) -> list[str]:
    """Adds one picture to the tallies; returns what was missed or wrong."""
    boxes = [box_of(one.quad / scale) for one in found]
    remarks, used = [], set()
    for plate in row["plates"]:
        x, y, wide, high = plate["bbox"]
        scores = [overlap(box, (x, y, x + wide, y + high)) for box in boxes]
        best = int(np.argmax(scores)) if scores else -1
        hit = best >= 0 and scores[best] >= OVERLAP
        used.update(i for i, score in enumerate(scores) if score > 0.2)
        for key in (
            "all",
            f"set {name}",
            f"region {plate.get('region')}",
            f"height {band_of(high * scale)}",
            f"lines {plate.get('lines')}",
        ):
            tallies[key].labels += 1
            tallies[key].found += hit
        if not hit:
            remarks.append(
                f"missed {name}/{row['image']} {plate['text']} {high * scale:.0f} px, best IoU {max(scores, default=0):.2f}"
            )
    if row["complete"]:
        wrong = len(boxes) - len(used)
        for key in ("all", f"set {name}"):
            tallies[key].complete += 1
            tallies[key].wrong += wrong
        if wrong:
            remarks.append(f"{wrong} wrong in {name}/{row['image']}")
    return remarks


def report(tallies: dict[str, Tally]) -> None:
    """Prints a line per group."""
    for key, tally in sorted(tallies.items()):
        wrong = f", {tally.wrong} wrong in {tally.complete} complete pictures" if tally.complete else ""
        print(f"  {key:24} {tally.found}/{tally.labels} = {100 * tally.found / max(1, tally.labels):.1f} %{wrong}")


def evaluate(model: Path, folder: Path, size: tuple[int, int], thresholds: list[float], verbose: bool) -> None:
    """Runs the detector over all pictures and prints the figures per threshold; ``size`` is width, height."""
    runner = session(model)
    answers, times = [], []
    for name, row, image in rows_of(folder):
        boxed, scale = letterboxed(image, *size)
        start = time.perf_counter()
        cells = cells_of(runner, boxed)
        times.append(time.perf_counter() - start)
        answers.append((name, row, cells, scale))
    print(f"{size[0]}x{size[1]}: {len(answers)} pictures, median {1000 * np.median(times):.1f} ms on one thread")
    for threshold in thresholds:
        tallies: dict[str, Tally] = defaultdict(Tally)
        remarks = []
        for name, row, cells, scale in answers:
            remarks += judge(tallies, name, row, decode(cells, threshold), scale)
        print(f"threshold {threshold}:")
        report(tallies)
        if verbose:
            print("\n".join(f"    {remark}" for remark in remarks))


def main() -> None:
    """``python -m gatelpr_training.evaluate_detector MODEL FOLDER``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="ONNX file")
    parser.add_argument("folder", type=Path, help="with one folder per set, each with labels.jsonl")
    parser.add_argument("--size", default=["640x384"], nargs="+", help="WIDTHxHEIGHT, multiples of 32")
    parser.add_argument("--threshold", type=float, default=[0.3], nargs="+")
    parser.add_argument("--verbose", action="store_true", help="name every miss")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for size in arguments.size:
        width, height = (int(part) for part in size.split("x"))
        evaluate(arguments.model, arguments.folder, (width, height), arguments.threshold, arguments.verbose)


if __name__ == "__main__":
    main()
