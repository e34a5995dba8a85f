"""Writes a trained detector as an ONNX file, checks it against PyTorch, and gives the manifest's fields."""

import argparse
import os
import time
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from .checkpoints import load as load_checkpoint
from .checkpoints import save_weights
from .detector import CHANNELS_PER_CLASS, CLASSES, STRIDE, Detector, ExportedDetector
from .manifest import refreshed

OPSET = 17
TOLERANCE = 1e-4
DEFAULT_SIZE = (384, 640)
"""Height and width of the picture that the manifest asks for."""


def export(detector: Detector, path: Path) -> float:
    """Writes ``detector`` to ``path`` and returns the largest difference between ONNX Runtime and PyTorch.

    The difference is relative for values above 1 (corners in pixels), absolute below; above ``TOLERANCE`` nothing is
    written and ``RuntimeError`` raised.
    """
    model = ExportedDetector(detector).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (torch.zeros(1, 3, *DEFAULT_SIZE),),
            str(partial),
            input_names=["picture"],
            output_names=["cells"],
            dynamic_axes={"picture": {2: "height", 3: "width"}, "cells": {2: "cell_rows", 3: "cell_columns"}},
            opset_version=OPSET,
            dynamo=False,
        )
    worst = max(difference(model, partial, size) for size in (DEFAULT_SIZE, (320, 320), (640, 960)))
    if not worst <= TOLERANCE:
        partial.unlink()
        raise RuntimeError(f"{path.name} would differ from PyTorch by {worst:.2e}, more than {TOLERANCE:.0e}")
    os.replace(partial, path)
    return worst


def session(path: Path) -> onnxruntime.InferenceSession:
    """``path`` in ONNX Runtime on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def difference(model: ExportedDetector, path: Path, size: tuple[int, int]) -> float:
    """Largest difference of the outputs on one random picture of ``size`` (height, width); relative above 1."""
    picture = np.random.default_rng(5).uniform(-1, 1, (1, 3, *size)).astype(np.float32)
    with torch.no_grad():
        expected = model(torch.from_numpy(picture)).numpy()
    got = session(path).run(["cells"], {"picture": picture})[0]
    return float((np.abs(expected - got) / np.maximum(1.0, np.abs(expected))).max())


def milliseconds(path: Path, size: tuple[int, int] = DEFAULT_SIZE, rounds: int = 40) -> float:
    """Median time of one picture of ``size`` (height, width) on one thread."""
    runner = session(path)
    picture = np.zeros((1, 3, *size), np.float32)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        runner.run(["cells"], {"picture": picture})
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def manifest_fields(file: Path) -> dict[str, object]:
    """What the manifest of the detector says about the file, by key."""
    height, width = DEFAULT_SIZE
    return {
        "file": file.name,
        "opset": OPSET,
        "input": "picture",
        "output": "cells",
        "width": width,
        "height": height,
        "stride": STRIDE,
        "classes": list(CLASSES),
        "channels_per_class": CHANNELS_PER_CLASS,
        "mean": 0.5,
        "deviation": 0.5,
        "padding": 127,
    }


def refresh_manifest(manifest: Path, weights: Path) -> None:
    """Brings the size and sum in ``manifest`` up to date with ``weights``; the other fields are those of ``manifest_fields``."""
    manifest.write_text(refreshed(manifest.read_text(encoding="utf-8"), weights), encoding="utf-8")


def load(path: Path) -> Detector:
    """The averaged weights of a checkpoint of ``train_detector``."""
    detector = Detector()
    detector.load_state_dict(load_checkpoint(path).averaged)
    return detector.eval()


def main() -> None:
    """``python -m gatelpr_training.export_detector CHECKPOINT FILE``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="written by train_detector")
    parser.add_argument("file", type=Path, help="the ONNX file to write")
    parser.add_argument("--weights", type=Path, help="safetensors file to write too, to train on from")
    parser.add_argument("--manifest", type=Path, help="TOML file whose size and sum are brought up to date")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    detector = load(arguments.checkpoint)
    worst = export(detector, arguments.file)
    if arguments.weights:
        save_weights(arguments.weights, detector.state_dict(), {})
    parameters = sum(p.numel() for p in detector.parameters())
    print(f"{parameters} parameters, largest difference to PyTorch {worst:.1e}")
    for size in (DEFAULT_SIZE, (320, 320)):
        print(f"{size[1]}x{size[0]}: {milliseconds(arguments.file, size):.1f} ms on one thread")
    for key, value in manifest_fields(arguments.file).items():
        print(f"{key} = {value!r}")
    if arguments.manifest:
        refresh_manifest(arguments.manifest, arguments.file)


if __name__ == "__main__":
    main()
