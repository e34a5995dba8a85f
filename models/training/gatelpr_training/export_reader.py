"""Writes a trained reader as ONNX, calibrated, and checks that it answers as the trained one does.

python -m gatelpr_training.export_reader --checkpoint runs/reader/last.pt --onnx reader.onnx
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from . import checkpoints
from .calibration import Calibration, calibrate, held_out
from .glyphs import material_folder
from .reader import HEIGHT_PX, WIDTH_PX, Reader, ReaderConfig

OPSET = 17
INPUT = "plates"
OUTPUTS = ("characters", "layout", "colour", "country", "legible")
TOLERANCE = 1e-4


class ExportError(Exception):
    """The exported model answers otherwise than the trained one."""


class ExportedReader(nn.Module):
    """Plates f32 [N, 3, 64, 160] to probabilities: characters [N, 10, 76], layout [N, 2], colour [N, 8], country [N, 3],
    legible [N, 1]."""

    def __init__(self, reader: Reader, temperature: float):
        super().__init__()
        self.reader = reader
        self.temperature = temperature

    def forward(self, plates: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        output = self.reader(plates)
        return (
            (output.characters / self.temperature).softmax(2),
            output.layout.softmax(1),
            output.colour.softmax(1),
            output.country.softmax(1),
            output.legible.sigmoid(),
        )


def reader_from_weights(path: Path) -> Reader:
    """A reader with the weights of a .safetensors file."""
    weights, config = checkpoints.load_weights(path)
    reader = Reader(ReaderConfig.from_dict(config))
    reader.load_state_dict(weights)
    return reader.eval()


def load_reader(checkpoint: Path) -> Reader:
    """The reader of a training's checkpoint, with the averaged weights, or of a .safetensors file."""
    if checkpoint.suffix == ".safetensors":
        return reader_from_weights(checkpoint)
    stored = checkpoints.load(checkpoint)
    reader = Reader(ReaderConfig.from_dict(stored.config["reader"]))
    reader.load_state_dict(stored.averaged)
    return reader.eval()


def session(path: Path) -> onnxruntime.InferenceSession:
    """One thread, as the daemon runs it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def export(reader: Reader, temperature: float, path: Path) -> float:
    """Writes ``path`` and returns the largest difference to PyTorch; raises ``ExportError`` above ``TOLERANCE``, then
    whatever lay at ``path`` stays."""
    exported = ExportedReader(reader.eval().to(memory_format=torch.contiguous_format), temperature).eval()
    partial = path.with_name(path.name + ".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            exported,
            (torch.zeros(2, 3, HEIGHT_PX, WIDTH_PX),),
            str(partial),
            opset_version=OPSET,
            dynamo=False,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "plates"} for name in (INPUT, *OUTPUTS)},
        )
    worst = difference(exported, partial)
    if not worst <= TOLERANCE:
        partial.unlink()
        raise ExportError(f"{path} would differ from PyTorch by {worst:.2e}; at most {TOLERANCE:.0e} is allowed")
    os.replace(partial, path)
    return worst


@torch.no_grad()
def difference(exported: ExportedReader, path: Path) -> float:
    """Largest absolute difference of any output, over batches of 1, 3 and 8 random pictures."""
    runtime = session(path)
    rng = np.random.default_rng(7)
    worst = 0.0
    for count in (1, 3, 8):
        plates = rng.uniform(-1, 1, (count, 3, HEIGHT_PX, WIDTH_PX)).astype(np.float32)
        answers = runtime.run(list(OUTPUTS), {INPUT: plates})
        for expected, answer in zip(exported(torch.from_numpy(plates)), answers):
            worst = max(worst, float(np.abs(expected.numpy() - answer).max()))
    return worst


def main(arguments: list[str]) -> int:
    """Calibrates and exports."""
    parser = argparse.ArgumentParser(description="Exports a trained reader to ONNX.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="a training's .pt, or .safetensors")
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="also write the averaged weights here, for fine-tuning")
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        reader = load_reader(args.checkpoint)
        calibration: Calibration = calibrate(reader, held_out(material_folder()))
        worst = export(reader, calibration.temperature, args.onnx)
    except (checkpoints.CheckpointError, ExportError) as error:
        print(error, file=sys.stderr)
        return 1
    if args.weights:
        checkpoints.save_weights(args.weights, reader.state_dict(), reader.config.to_dict())
    print(calibration)
    print(f"{args.onnx}: {args.onnx.stat().st_size:,} bytes, differs from PyTorch by at most {worst:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
