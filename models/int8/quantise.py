"""Makes int8 variants of gatelpr-detector and gatelpr-reader: QDQ, per channel, static.

    quantise.py MODELS OUT

Writes a models folder into OUT: all that MODELS has, and beside it gatelpr-detector-int8 and gatelpr-reader-int8.
The ranges of the values are taken from what the training renders and from its real pictures, never from pictures to
judge by; which layers stay in float is decided on other rendered pictures. GATELPR_MATERIAL names the material.
"""

import argparse
import json
import logging
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
from gatelpr_training import crops
from gatelpr_training.glyphs import material_folder
from gatelpr_training.manifest import refreshed
from gatelpr_training.scenes import SceneMaker
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

SEED, HELD_OUT_SEED = 20261128, 20261129
SCENES, RENDERED_CROPS, REAL_CROPS = 98, 150, 50
"""What the ranges are taken from; 2 photographs come to the scenes."""
HELD_OUT = 40
"""Rendered scenes, and crops, on which a variant is held against the float model."""
GREY = 127
"""What is no picture in the detector's input, as in src/inference/letterbox.rs."""
OPERATIONS = ["Conv", "Relu", "Add", "Resize", "MatMul", "Gemm"]
"""The arithmetic, and what stands between it: a value that changes its form on the way costs more than int8 gains."""


@dataclass(frozen=True)
class Variant:
    """Which layers keep their float numbers."""

    name: str
    in_float: str
    """Matches the names of their nodes."""


READER_ANSWER = r"/reader/(?!(stem|fine|deep|fine_to_map|deep_to_map|context)/|(Resize|Add|Relu)$)"
"""All that comes after the maps of the reader: sums along a line, softmax and exponentials, little arithmetic."""
DETECTOR_VARIANTS = (
    Variant("all in int8", r"(?!)"),
    Variant("heads in float", r"/(centre|size|shape)/"),
    Variant("first layer and heads in float", r"/(centre|size|shape|stem/stem\.0)/"),
)
READER_VARIANTS = (
    Variant("all in int8", r"(?!)"),
    Variant("answer in float", READER_ANSWER),
    Variant("first layer and answer in float", READER_ANSWER + r"|/reader/stem/"),
)


class Pictures(CalibrationDataReader):
    """Inputs of a model, one after the other."""

    def __init__(self, name: str, inputs: list[np.ndarray]) -> None:
        self._left = iter([{name: tensor} for tensor in inputs])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next one, ``None`` at the end."""
        return next(self._left, None)


def tensor(image: np.ndarray, manifest: dict) -> np.ndarray:
    """RGB [H, W, 3] uint8 as the manifest's input [1, 3, H, W]."""
    assert manifest["input"]["channels"] == "rgb", "pictures are rendered with red first"
    mean, std = (np.array(manifest["normalisation"][key], np.float32) for key in ("mean", "std"))
    return np.ascontiguousarray(((image.astype(np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None])


def letterboxed(image: np.ndarray, size: dict) -> np.ndarray:
    """A whole picture as the detector sees it: src/inference/letterbox.rs."""
    height, width = image.shape[:2]
    multiple, most = size["of_px"], size["enlarge_max"]
    scale = min((size["area_px"] / (width * height)) ** 0.5, most)
    fit = round if scale < most else lambda side: -int(-side // 1)
    wide, high = (max(1, fit(side * scale / multiple)) * multiple for side in (width, height))
    scale = min(wide / width, high / height)
    content = min(wide, round(width * scale)), min(high, round(height * scale))
    box = np.full((high, wide, 3), GREY, np.uint8)
    box[: content[1], : content[0]] = cv2.resize(image, content, interpolation=cv2.INTER_AREA)
    return box


def material_pictures(folder: str) -> list[np.ndarray]:
    """The real pictures of one folder of the training's material, RGB."""
    rows = (material_folder() / folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    files = [str(material_folder() / folder / json.loads(row)["image"]) for row in rows]
    return [cv2.imread(file, cv2.IMREAD_COLOR)[..., ::-1] for file in files]


def scenes(manifest: dict, seed: int, count: int) -> list[np.ndarray]:
    """Rendered scenes as inputs: of the size of the training, and every fourth of that of a closer look."""
    rng = np.random.default_rng(seed)
    maker = SceneMaker(rng, start=30)
    closer = manifest["family"]["corner_detector"]["closer_look"]
    inputs = []
    for number in range(count):
        if number % 4 == 3:
            image = maker.scene(rng, closer["width_px"], closer["height_px"]).image
        else:
            image = letterboxed(maker.scene(rng, 640, 384).image, manifest["input"]["size"]["area"])
        inputs.append(tensor(image, manifest))
    return inputs


def rendered_crops(manifest: dict, seed: int, count: int) -> list[np.ndarray]:
    """Rendered plates as inputs, cut out as for the training."""
    rng = np.random.default_rng(seed)
    return [tensor(crops.reader_sample(rng).image, manifest) for _ in range(count)]


def detector_pictures(manifest: dict) -> list[np.ndarray]:
    """What the detector's ranges are taken from."""
    area = manifest["input"]["size"]["area"]
    photographs = [tensor(letterboxed(image, area), manifest) for image in material_pictures("vn_mrzaizai2k")]
    return scenes(manifest, SEED, SCENES) + photographs


def reader_pictures(manifest: dict) -> list[np.ndarray]:
    """What the reader's ranges are taken from."""
    fixed = manifest["input"]["size"]["fixed"]
    real = material_pictures("cn_hyperlpr") + material_pictures("cn_lprnet")
    pulled = [cv2.resize(image, (fixed["width_px"], fixed["height_px"])) for image in real[:REAL_CROPS]]
    return rendered_crops(manifest, SEED, RENDERED_CROPS) + [tensor(image, manifest) for image in pulled]


def answers(model: Path, manifest: dict, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """The main output for each input, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    name, output = manifest["input"]["name"], manifest["output"]["name"]
    return [session.run([output], {name: given})[0] for given in inputs]


def detector_difference(expected: list[np.ndarray], got: list[np.ndarray], manifest: dict) -> tuple[float, str]:
    """How far the plates' corners are from the float model's, in pixels of the input, and the same in words."""
    threshold = manifest["family"]["corner_detector"]["peak_threshold"]
    corners, likelihoods = [], []
    for ours, theirs in zip(expected, got):
        found = np.maximum(ours[0, 0], theirs[0, 0]) >= threshold
        corners.append(np.abs(ours[0, 1:9] - theirs[0, 1:9])[:, found].ravel())
        likelihoods.append(np.abs(ours[0, 0] - theirs[0, 0])[found])
    off, unlike = (float(np.concatenate(parts).mean()) for parts in (corners, likelihoods))
    return off, f"corners off by {off:.3f} px, likelihoods by {unlike:.4f}"


def reader_difference(expected: list[np.ndarray], got: list[np.ndarray], _: dict) -> tuple[float, str]:
    """How far the characters' likelihoods are from the float model's, and the same in words."""
    off = float(np.mean([np.abs(ours - theirs).sum(2).mean() / 2 for ours, theirs in zip(expected, got)]))
    others = sum(bool((ours.argmax(2) != theirs.argmax(2)).any()) for ours, theirs in zip(expected, got))
    return off, f"likelihoods off by {off:.4f}, {others} of {len(got)} crops read otherwise"


@dataclass(frozen=True)
class Task:
    """A model to quantise."""

    name: str
    variants: tuple[Variant, ...]
    calibration: Callable[[dict], list[np.ndarray]]
    held_out: Callable[[dict], list[np.ndarray]]
    difference: Callable[[list[np.ndarray], list[np.ndarray], dict], tuple[float, str]]


TASKS = (
    Task(
        "gatelpr-detector",
        DETECTOR_VARIANTS,
        detector_pictures,
        lambda manifest: scenes(manifest, HELD_OUT_SEED, HELD_OUT),
        detector_difference,
    ),
    Task(
        "gatelpr-reader",
        READER_VARIANTS,
        reader_pictures,
        lambda manifest: rendered_crops(manifest, HELD_OUT_SEED, HELD_OUT),
        reader_difference,
    ),
)


def quantised(weights: Path, variant: Variant, ranges: Path, pictures: Pictures, target: Path) -> None:
    """Writes ``weights`` as int8 into ``target``; the ranges of the values are measured once and kept in ``ranges``."""
    names = [node.name for node in onnx.load(weights).graph.node]
    quantize_static(
        weights,
        target,
        pictures,
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=OPERATIONS,
        nodes_to_exclude=[name for name in names if re.match(variant.in_float, name)],
        per_channel=True,
        # Weights of 7 bits: without VNNI two products of 8 bits overflow their 16-bit sum.
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        calibration_cache_path=ranges,
    )


def make(task: Task, out: Path) -> None:
    """Makes every variant of a model, and keeps the one that answers most like the float model on held-out pictures."""
    text = (out / f"{task.name}.toml").read_text(encoding="utf-8")
    manifest = tomllib.loads(text)
    weights = out / manifest["weights"]["file"]
    target = weights.with_name(f"{weights.stem}-int8.onnx")
    trial, ranges = target.with_suffix(".trial"), target.with_suffix(".ranges.json")
    ranges.unlink(missing_ok=True)
    pictures = Pictures(manifest["input"]["name"], task.calibration(manifest))
    held_out = task.held_out(manifest)
    expected, best = answers(weights, manifest, held_out), float("inf")
    for variant in task.variants:
        quantised(weights, variant, ranges, pictures, trial)
        off, words = task.difference(expected, answers(trial, manifest, held_out), manifest)
        print(f"{task.name}, {variant.name}: {words}", flush=True)
        if off < best:
            best, kept = off, variant.name
            os.replace(trial, target)
    trial.unlink(missing_ok=True)
    print(f"{task.name}: kept is {kept}", flush=True)
    text = text.replace(f'"{task.name}"', f'"{task.name}-int8"', 1)
    text = text.replace(manifest["weights"]["file"], str(target.relative_to(out)), 1)
    (out / f"{task.name}-int8.toml").write_text(refreshed(text, target), encoding="utf-8")


def main() -> int:
    """Copies the models folder and adds the int8 variants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    # It would ask for a preparation that the exporter has made: batch norms are folded already.
    logging.getLogger().setLevel(logging.ERROR)
    shutil.rmtree(args.out, ignore_errors=True)
    shutil.copytree(args.models, args.out, ignore=shutil.ignore_patterns("training", "int8", "*.safetensors"))
    for task in TASKS:
        make(task, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
