"""What the detector shall answer for a scene, and how far its answer is from that.

Target maps have one cell per 8x8 pixels; class order is ``detector.CLASSES``.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .detector import CLASSES, STRIDE

SPREAD = 0.12
"""Standard deviation of a centre's soft peak, as a share of the plate's box, in each direction."""
SPREAD_LIMITS = (0.45, 4.0)
"""The same in cells."""
NEAR = 0.5
"""Cells whose soft peak is above this learn the corners."""

CORNER_WEIGHT = 4.0
SIZE_WEIGHT = 0.5
CORNER_BETA = 0.02
"""Errors below this share of a plate's size count squared; 0.02 is 4 % of the height of a one-line plate."""


@dataclass
class Targets:
    """Maps of one or several pictures."""

    heat: np.ndarray
    """[.., K, h, w] float32: 1 at a plate's centre, falling around it."""
    counted: np.ndarray
    """[.., K, h, w] float32: 0 where no answer is right or wrong."""
    corners: np.ndarray
    """[.., K, 8, h, w] float32: corners relative to the cell's centre in pixels."""
    size: np.ndarray
    """[.., K, h, w] float32: square root of the plate's area in pixels; 1 where there is none."""


def targets(objects: tuple[list[np.ndarray], ...], ignored: list[np.ndarray], height: int, width: int) -> Targets:
    """The maps of a picture of ``width`` x ``height`` pixels; ``objects`` holds the quadrilaterals of each class."""
    rows, columns = height // STRIDE, width // STRIDE
    count = len(CLASSES)
    maps = Targets(
        np.zeros((count, rows, columns), np.float32),
        np.ones((count, rows, columns), np.float32),
        np.zeros((count, 8, rows, columns), np.float32),
        np.ones((count, rows, columns), np.float32),
    )
    ys = (np.arange(rows, dtype=np.float32) + 0.5) * STRIDE
    xs = (np.arange(columns, dtype=np.float32) + 0.5) * STRIDE
    for quad in ignored:
        low, top = quad.min(0) - STRIDE / 2, quad.max(0) + STRIDE / 2
        inside = ((ys > low[1]) & (ys < top[1]))[:, None] & ((xs > low[0]) & (xs < top[0]))[None]
        maps.counted[:, inside] = 0
    for k, quads in enumerate(objects):
        for quad in quads:
            _add(maps, k, quad, ys, xs)
    return maps


def _add(maps: Targets, k: int, quad: np.ndarray, ys: np.ndarray, xs: np.ndarray) -> None:
    """Draws one object of class ``k`` into the maps."""
    x, y = quad.mean(0)
    row, column = int(y // STRIDE), int(x // STRIDE)
    if not (0 <= row < len(ys) and 0 <= column < len(xs)):
        return
    wide, high = np.clip(np.ptp(quad, axis=0) / STRIDE * SPREAD, *SPREAD_LIMITS) * STRIDE
    peak = np.exp(-(((xs - x) / wide) ** 2)[None] / 2 - (((ys - y) / high) ** 2)[:, None] / 2)
    peak[row, column] = 1.0
    nearer = peak > maps.heat[k]
    maps.heat[k] = np.where(nearer, peak, maps.heat[k])
    maps.counted[k, row, column] = 1
    where = nearer & (peak > NEAR)
    a, b = quad[2] - quad[0], quad[3] - quad[1]
    maps.size[k][where] = np.sqrt(max(abs(float(a[0] * b[1] - a[1] * b[0])) / 2, 1.0))
    at_row, at_column = np.nonzero(where)
    corners = np.empty((8, len(at_row)), np.float32)
    corners[0::2] = quad[:, 0, None] - xs[at_column][None]
    corners[1::2] = quad[:, 1, None] - ys[at_row][None]
    maps.corners[k][:, at_row, at_column] = corners


def stacked(maps: list[Targets]) -> dict[str, Tensor]:
    """The maps of a batch as tensors."""
    return {
        name: torch.from_numpy(np.stack([getattr(m, name) for m in maps]))
        for name in ("heat", "counted", "corners", "size")
    }


def detector_loss(output: tuple[Tensor, Tensor, Tensor], target: dict[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch and its parts: focal loss of the centres (CenterNet's), corners and log sizes near centres."""
    logits, sizes, shapes = output
    heat = target["heat"]
    centre = heat == 1
    found = torch.sigmoid(logits)
    right = -functional.logsigmoid(logits) * (1 - found) ** 2
    wrong = -functional.logsigmoid(-logits) * found**2 * (1 - heat) ** 4
    positives = centre.sum().clamp(min=1)
    focal = (torch.where(centre, right, wrong) * target["counted"]).sum() / positives
    near = torch.where(heat > NEAR, heat, torch.zeros_like(heat))
    total = near.sum().clamp(min=1)
    size = target["size"]
    pixels = shapes * (STRIDE * torch.exp(sizes)).unsqueeze(2)
    off = (pixels - target["corners"]) / size.unsqueeze(2)
    corner = functional.smooth_l1_loss(off, torch.zeros_like(off), beta=CORNER_BETA, reduction="none").mean(2)
    corner = (corner * near).sum() / total
    log_size = functional.smooth_l1_loss(sizes, torch.log(size / STRIDE), beta=0.1, reduction="none")
    log_size = (log_size * near).sum() / total
    loss = focal + CORNER_WEIGHT * corner + SIZE_WEIGHT * log_size
    return loss, {"focal": focal.item(), "corner": corner.item(), "size": log_size.item()}
