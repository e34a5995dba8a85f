"""Rendered samples kept on the device, to be shown several times: a GPU learns from more samples a second than CPUs render."""

import numpy as np
import torch
from torch import Tensor

from .reader_loss import Targets
from .samples import SAMPLE

FRESH_SHARE = 0.5
"""At most this share of a batch has never been shown; the rest was, so that no sudden flood of one kind gets in."""
_TYPES = {"u1": torch.uint8, "i1": torch.int8, "i2": torch.int16, "f4": torch.float32}


class SamplePool:
    """The last ``capacity`` samples, as rows of the bytes of :data:`samples.SAMPLE` (31 kB each)."""

    def __init__(self, capacity: int, device: torch.device, seed: int):
        self.rows = torch.empty((capacity, SAMPLE.itemsize), dtype=torch.uint8, device=device)
        self.generator = torch.Generator(device).manual_seed(seed)
        self.added = self.shown = 0

    @property
    def size(self) -> int:
        """How many samples it holds."""
        return min(self.added, len(self.rows))

    def add(self, batch: np.ndarray) -> None:
        """Takes ``batch`` [N] of :data:`samples.SAMPLE`, in place of the oldest if it is full."""
        rows = torch.from_numpy(np.ascontiguousarray(batch).view(np.uint8).reshape(len(batch), SAMPLE.itemsize))
        at = self.added % len(self.rows)
        fitting = min(len(rows), len(self.rows) - at)
        self.rows[at : at + fitting] = rows[:fitting].to(self.rows.device)
        self.rows[: len(rows) - fitting] = rows[fitting:].to(self.rows.device)
        self.added += len(rows)

    def draw(self, count: int) -> Tensor:
        """[count] rows: those that were never shown first, others at random."""
        self.shown = max(self.shown, self.added - self.size)
        fresh = min(self.added - self.shown, int(count * FRESH_SHARE))
        device = self.rows.device
        new = (self.shown + torch.arange(fresh, device=device)) % len(self.rows)
        old = torch.randint(self.size, (count - fresh,), generator=self.generator, device=device)
        self.shown += fresh
        mixed = torch.randperm(count, generator=self.generator, device=device)
        return self.rows[torch.cat([new, old])[mixed]]


def pictures_of(rows: Tensor) -> Tensor:
    """The reader's input f32 [N, 3, 64, 160], channels last in memory."""
    return _field(rows, "image").permute(0, 3, 1, 2).float().sub_(127.5).div_(127.5)


def targets_of(rows: Tensor) -> Targets:
    """Targets of ``rows``."""
    classes = {name: _field(rows, name).long() for name in ("characters", "layout", "colour", "country")}
    exact = {name: _field(rows, name) for name in ("slot_weights", "centres")}
    return Targets(**classes, **exact, legible=_field(rows, "legible").float())


def _field(rows: Tensor, name: str) -> Tensor:
    """[N, ...] of one field."""
    whole, offset = SAMPLE.fields[name][:2]
    base, shape = whole.subdtype or (whole, ())
    values = rows[:, offset : offset + whole.itemsize].contiguous().view(_TYPES[base.str[1:]])
    return values.view(len(rows), *shape)
