"""Makes the reader's probabilities mean something: one temperature, fitted on samples that no training saw.

The temperature minimises the characters' log-loss; it divides the logits inside the exported model.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from . import real_crops
from .alphabet import decode, encode
from .reader import Reader
from .reader_loss import to_pictures
from .readings import expected_calibration_error, readings
from .samples import rendered_set

SEED = 990_002
"""Of the rendered samples used here; no training uses it."""
CANDIDATES = np.exp(np.linspace(np.log(0.4), np.log(2.5), 85))


@dataclass(frozen=True)
class HeldOut:
    """Legible pictures with their truths."""

    images: np.ndarray
    """uint8 RGB [N, 64, 160, 3]"""
    classes: np.ndarray
    """[N, 10]"""


@dataclass(frozen=True)
class Calibration:
    """A temperature, and the expected calibration errors of characters and whole plates before and after it."""

    temperature: float
    characters_before: float
    characters_after: float
    plates_before: float
    plates_after: float

    def __str__(self) -> str:
        return (
            f"temperature {self.temperature:.3f}; ECE of characters {self.characters_before:.4f} ->"
            f" {self.characters_after:.4f}, of plates {self.plates_before:.4f} -> {self.plates_after:.4f}"
        )


def held_out(train_dir: Path | None, rendered: int = 1200) -> HeldOut:
    """Rendered samples, and the held-out real crops where there is training material."""
    samples = rendered_set(rendered, SEED)
    samples = samples[samples["legible"] == 1]
    images, classes = samples["image"], samples["characters"]
    plates = real_crops.held_out(train_dir) if train_dir else []
    if plates:
        images = np.concatenate([images, np.stack([real_crops.cut(plate) for plate in plates])])
        classes = np.concatenate([classes, np.array([encode(plate.text) for plate in plates])])
    return HeldOut(np.ascontiguousarray(images), classes.astype(np.int64))


@torch.no_grad()
def character_logits(model: Reader, images: np.ndarray, batch: int = 64) -> np.ndarray:
    """[N, 10, 76] of uint8 ``images`` [N, 64, 160, 3]."""
    parts = [model(to_pictures(images[at : at + batch])).characters.numpy() for at in range(0, len(images), batch)]
    return np.concatenate(parts)


def calibrate(model: Reader, samples: HeldOut) -> Calibration:
    """The temperature for ``model``."""
    logits = character_logits(model, samples.images)
    losses = [_log_loss(logits / temperature, samples.classes) for temperature in CANDIDATES]
    temperature = float(CANDIDATES[int(np.argmin(losses))])
    before, after = _errors(logits, samples.classes), _errors(logits / temperature, samples.classes)
    return Calibration(temperature, before[0], after[0], before[1], after[1])


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def _log_loss(logits: np.ndarray, classes: np.ndarray) -> float:
    return float(-np.take_along_axis(_log_softmax(logits), classes[..., None], -1).mean())


def _errors(logits: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Calibration errors of characters (slots that hold one, by the truth or the reading) and of plates."""
    read = readings(np.exp(_log_softmax(logits)))
    counted = (classes != 0) | (read.classes != 0)
    right = np.array([text == decode(row) for text, row in zip(read.texts, classes.tolist())])
    return (
        expected_calibration_error(read.slots[counted], (read.classes == classes)[counted]),
        expected_calibration_error(read.confidences, right),
    )
