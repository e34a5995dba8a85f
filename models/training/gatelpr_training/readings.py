"""From the reader's output to texts and confidences, and what they are worth against the truth."""

from dataclasses import dataclass

import numpy as np

from .alphabet import decode

ECE_BINS = 15


@dataclass(frozen=True)
class Readings:
    """Of N pictures."""

    texts: list[str]
    confidences: np.ndarray
    """[N]: product of the ten slots' highest probabilities"""
    slots: np.ndarray
    """[N, 10]: each slot's highest probability"""
    classes: np.ndarray
    """[N, 10]: each slot's class"""


def readings(probabilities: np.ndarray) -> Readings:
    """``probabilities`` [N, 10, 76] of the slots."""
    classes, slots = probabilities.argmax(2), probabilities.max(2)
    return Readings([decode(row) for row in classes.tolist()], slots.prod(1), slots, classes)


def expected_calibration_error(confidences: np.ndarray, right: np.ndarray) -> float:
    """Mean distance between confidence and share of right answers over bins of equal width, weighted by their counts."""
    if len(confidences) == 0:
        return 0.0
    bins = np.minimum((confidences * ECE_BINS).astype(int), ECE_BINS - 1)
    error = 0.0
    for number in range(ECE_BINS):
        inside = bins == number
        if inside.any():
            error += abs(confidences[inside].mean() - right[inside].mean()) * inside.mean()
    return float(error)
