"""What the reader is taught: the characters, where they stand, and the small heads."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .alphabet import CLASSES, NO_CHARACTER
from .reader import Reader, ReaderOutput

LABEL_SMOOTHING = 0.02
ATTENTION_START = 0.45
ATTENTION_END = 0.12
"""Weights of the attention's loss at the beginning and from ``ATTENTION_SETTLED`` of the training on; without it little is
learnt."""
ATTENTION_SETTLED = 0.6
ILLEGIBLE_WEIGHT = 0.1
"""Of the characters' loss of a picture that is no legible plate; its target is "no character" everywhere."""
HEAD_WEIGHT = 0.1
LEGIBLE_WEIGHT = 0.2
PRESENCE_WEIGHT = 0.5
COUNT_WEIGHT = 0.5
"""Of the error of the running count, in characters, beside that of the presence of characters."""
SIGMA_CELLS = 1.0
"""Spread of a character's target on the attention's map; a cell is 4 px wide and 8 px high, a character 12-35 px by 22-50 px."""


@dataclass(frozen=True)
class Targets:
    """Truths of a batch of N plates; -1 in ``layout``, ``colour`` or ``country`` means unknown."""

    characters: Tensor
    """[N, 10] classes"""
    slot_weights: Tensor
    """[N, 10], 0 to 1"""
    centres: Tensor
    """[N, 10, 2]: x, y as fractions of the picture; NaN where unknown and in empty slots"""
    layout: Tensor
    colour: Tensor
    country: Tensor
    legible: Tensor
    """[N], 0 or 1"""

    def to(self, device: torch.device) -> "Targets":
        """The same on ``device``."""
        return Targets(**{name: value.to(device) for name, value in vars(self).items()})


class Losses(NamedTuple):
    """Mean losses of a batch; ``total`` is the weighted sum that is minimised."""

    total: Tensor
    characters: Tensor
    attention: Tensor
    heads: Tensor
    legible: Tensor
    presence: Tensor


def to_pictures(images: np.ndarray) -> Tensor:
    """uint8 RGB [N, 64, 160, 3] to the reader's input f32 [N, 3, 64, 160], channels last in memory."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float().sub_(127.5).div_(127.5)


def to_targets(samples: np.ndarray) -> Targets:
    """Targets of ``samples`` [N] of :data:`samples.SAMPLE`."""
    return Targets(
        characters=torch.from_numpy(samples["characters"].astype(np.int64)),
        slot_weights=torch.from_numpy(samples["slot_weights"].copy()),
        centres=torch.from_numpy(samples["centres"].copy()),
        layout=torch.from_numpy(samples["layout"].astype(np.int64)),
        colour=torch.from_numpy(samples["colour"].astype(np.int64)),
        country=torch.from_numpy(samples["country"].astype(np.int64)),
        legible=torch.from_numpy(samples["legible"].astype(np.float32)),
    )


def attention_weight(progress: float) -> float:
    """Weight of the attention's loss after ``progress`` (0 to 1) of the training."""
    settled = min(1.0, progress / ATTENTION_SETTLED)
    return ATTENTION_START + (ATTENTION_END - ATTENTION_START) * settled


def reader_loss(output: ReaderOutput, targets: Targets, attention_share: float) -> Losses:
    """Losses of a batch; ``attention_share`` weighs the attention's (see :func:`attention_weight`)."""
    characters = _characters_loss(output.characters, targets)
    attention = _attention_loss(output.attention, targets)
    heads = sum(
        _head_loss(logits, truth)
        for logits, truth in (
            (output.layout, targets.layout),
            (output.colour, targets.colour),
            (output.country, targets.country),
        )
    )
    legible = F.binary_cross_entropy_with_logits(output.legible[:, 0], targets.legible)
    presence = _presence_loss(output.presence, targets)
    total = characters + attention_share * attention + HEAD_WEIGHT * heads + LEGIBLE_WEIGHT * legible
    return Losses(total + PRESENCE_WEIGHT * presence, characters, attention, heads, legible, presence)


def _characters_loss(logits: Tensor, targets: Targets) -> Tensor:
    each = F.cross_entropy(
        logits.reshape(-1, CLASSES), targets.characters.reshape(-1), reduction="none", label_smoothing=LABEL_SMOOTHING
    ).view_as(targets.slot_weights)
    plate_weights = torch.where(targets.legible > 0.5, 1.0, ILLEGIBLE_WEIGHT)
    weights = targets.slot_weights * plate_weights.unsqueeze(1)
    return (each * weights).sum() / weights.sum().clamp(min=1.0)


def _attention_loss(attention: Tensor, targets: Targets) -> Tensor:
    """Cross-entropy to a small Gaussian around each character's centre, to "nowhere" for empty slots."""
    legible = (targets.legible > 0.5).unsqueeze(1)
    empty = (targets.characters == NO_CHARACTER) & legible
    known = ~torch.isnan(targets.centres[:, :, 0]) & ~empty & legible
    wanted = _gaussians(torch.nan_to_num(targets.centres))
    there = -(wanted * attention[:, :, :-1]).sum(2)
    each = torch.where(known, there, -attention[:, :, -1] * empty)
    return each.sum() / (known | empty).sum().clamp(min=1)


def _presence_loss(presence: Tensor | None, targets: Targets) -> Tensor:
    """Squared error of the presence of characters and error of their running count, where all their places are known."""
    if presence is None:
        return torch.zeros(())
    filled = targets.characters != NO_CHARACTER
    known = ~torch.isnan(targets.centres[:, :, 0])
    complete = (known | ~filled).all(1) & (targets.legible > 0.5) & (targets.layout >= 0)
    centres = torch.nan_to_num(targets.centres)
    wanted = _gaussians(centres).view(*filled.shape, *presence.shape[2:])
    lower = _on_the_lower_line(centres, targets)
    lines = torch.stack([filled & ~lower, filled & lower], 1).to(wanted.dtype)
    truth = torch.einsum("nls,nsyx->nlyx", lines, wanted)
    error = ((presence - truth) ** 2).sum((1, 2, 3))
    miscount = (presence.sum(2).cumsum(2) - truth.sum(2).cumsum(2)).abs().mean((1, 2))
    return ((error + COUNT_WEIGHT * miscount) * complete).sum() / complete.sum().clamp(min=1)


def _on_the_lower_line(centres: Tensor, targets: Targets) -> Tensor:
    """[N, 10]: from the character on that stands further left than the one before, on plates of two lines."""
    back = torch.zeros_like(targets.characters, dtype=torch.bool)
    back[:, 1:] = centres[:, 1:, 0] < centres[:, :-1, 0] - 0.08
    back &= targets.characters != NO_CHARACTER
    return (back.cumsum(1) > 0) & (targets.layout == 1).unsqueeze(1)


def _gaussians(centres: Tensor) -> Tensor:
    """[N, 10, cells] targets that sum to 1, from [N, 10, 2] fractions of the picture."""
    along_x = _bell(centres[:, :, 0] * Reader.MAP_COLUMNS, Reader.MAP_COLUMNS)
    along_y = _bell(centres[:, :, 1] * Reader.MAP_ROWS, Reader.MAP_ROWS)
    cells = along_y.unsqueeze(3) * along_x.unsqueeze(2)
    return cells.flatten(2)


def _bell(position: Tensor, cells: int) -> Tensor:
    """[N, 10, cells]: a Gaussian around ``position`` (in cells, from the edge) that sums to 1."""
    middles = torch.arange(cells, device=position.device) + 0.5
    return (-0.5 * ((middles - position.unsqueeze(2)) / SIGMA_CELLS) ** 2).softmax(2)


def _head_loss(logits: Tensor, truth: Tensor) -> Tensor:
    known = (truth >= 0).sum().clamp(min=1)
    return F.cross_entropy(logits, truth, ignore_index=-1, reduction="sum") / known
