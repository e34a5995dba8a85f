"""Samples for the reader's training: rendered by processes of their own, mixed with real crops.

Batch k of a training depends on the seed and on k alone (and the share of real crops on its progress), so a resumed training sees
what it would have seen. No PyTorch in here: the rendering processes stay small.
"""

import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, Callable

import numpy as np

from .alphabet import COLOURS, COUNTRIES, LAYOUTS, SLOTS, encode

HEIGHT_PX = 64
WIDTH_PX = 160

SAMPLE = np.dtype(
    [
        ("image", np.uint8, (HEIGHT_PX, WIDTH_PX, 3)),
        ("characters", np.int16, (SLOTS,)),
        ("slot_weights", np.float32, (SLOTS,)),
        ("centres", np.float32, (SLOTS, 2)),
        ("layout", np.int8),
        ("colour", np.int8),
        ("country", np.int8),
        ("legible", np.int8),
        ("real", np.int8),
    ]
)
"""One sample as it lies in shared memory; image RGB, centres as fractions of the image (NaN: unknown), heads -1: unknown."""

RARE_WEIGHT = 2.0
"""Of provinces and suffixes beside letters and digits: there are 40 of them, and a Chinese plate has one or two."""
POLL_S = 0.002
STALLED_S = 120.0


@dataclass(frozen=True)
class SampleConfig:
    """What a training sees. Shares are of samples that are real crops, early and late in the training; ``without`` names
    parts of the renderer that are off (see ``ablations``)."""

    train_dir: Path | None = None
    real_share_early: float = 0.03
    real_share_late: float = 0.15
    without: tuple[str, ...] = ()
    looks: int = 1
    """How often each drawn plate is photographed; more looks give more samples a second, and fewer different texts."""

    def real_share(self, progress: float) -> float:
        """Rises between the middle and nine tenths of the training (``progress`` 0 to 1)."""
        late = min(1.0, max(0.0, (progress - 0.5) / 0.4))
        return self.real_share_early + (self.real_share_late - self.real_share_early) * late


def write_sample(record: np.void, sample: Any, real: bool = False) -> None:
    """Fills ``record`` (of :data:`SAMPLE`) from a ``crops.ReaderSample`` or a ``real_crops.RealSample``."""
    record["image"] = sample.image
    record["characters"] = encode(sample.text)
    record["slot_weights"] = getattr(sample, "slot_weights", 1.0)
    record["slot_weights"][: len(sample.text)] *= [1.0 if c.isascii() else RARE_WEIGHT for c in sample.text]
    record["centres"] = np.nan
    if sample.centres is not None and len(sample.text):
        record["centres"][: len(sample.text)] = sample.centres
    record["layout"] = _index(LAYOUTS, sample.layout)
    record["colour"] = _index(COLOURS, sample.colour)
    record["country"] = _index(COUNTRIES, sample.country)
    record["legible"] = sample.legible
    record["real"] = real


def _index(names: tuple[str, ...], name: str | None) -> int:
    """-1 for what is unknown."""
    return names.index(name) if name in names else -1


class SampleSource:
    """Makes single samples; one per process."""

    def __init__(self, config: SampleConfig):
        from . import ablations, crops
        from .real_crops import RealCrops

        for part in config.without:
            ablations.OFF[part]()
        self.config = config
        self.render: Callable[[np.random.Generator, int], list[Any]] = crops.reader_samples
        self.real = RealCrops.for_training(config.train_dir) if config.train_dir else None

    def fill(self, batch: np.ndarray, rng: np.random.Generator, progress: float) -> None:
        """Fills ``batch`` [N] of :data:`SAMPLE`."""
        share = self.config.real_share(progress) if self.real else 0.0
        looks: list[Any] = []
        for record in batch:
            if rng.random() < share:
                write_sample(record, self.real.sample(rng), real=True)
                continue
            looks = looks or self.render(rng, self.config.looks)
            write_sample(record, looks.pop())


def batch_rng(seed: int, number: int) -> np.random.Generator:
    """The generator of batch ``number`` of a training."""
    return np.random.default_rng([seed, number])


def rendered_set(count: int, seed: int) -> np.ndarray:
    """[count] rendered samples that no training with another seed sees."""
    batch = np.zeros(count, SAMPLE)
    SampleSource(SampleConfig()).fill(batch, np.random.default_rng([seed, 0xE7A1]), 0.0)
    return batch


class InProcessFeeder:
    """Renders batches where it is asked for them; for tests and tiny trainings."""

    def __init__(self, source: SampleSource, seed: int, batch: int, first: int = 0):
        self.source, self.seed, self.batch, self.number = source, seed, batch, first
        self.progress = 0.0

    def next(self) -> np.ndarray:
        """The next batch, [batch] of :data:`SAMPLE`."""
        samples = np.zeros(self.batch, SAMPLE)
        self.source.fill(samples, batch_rng(self.seed, self.number), self.progress)
        self.number += 1
        return samples

    def close(self) -> None:
        """Nothing to end."""


@dataclass(frozen=True)
class Ring:
    """Batches in shared memory: ``ahead`` that wait, and behind them ``window`` used ones that may be shown again."""

    seed: int
    batch: int
    first: int
    ahead: int = 24
    window: int = 72

    @property
    def slots(self) -> int:
        """How many batches the ring holds."""
        return self.ahead + self.window


class ProcessFeeder:
    """Batches from rendering processes, in order. While none is ready, a batch is drawn from the last ones instead, up to
    ``replays`` times per new batch: rendering shall not hold up the training."""

    def __init__(self, config: SampleConfig, ring: Ring, processes: int, replays: float):
        context = multiprocessing.get_context("spawn")
        self.ring = ring
        self.memory = SharedMemory(create=True, size=ring.slots * ring.batch * SAMPLE.itemsize)
        self.batches = np.ndarray((ring.slots, ring.batch), SAMPLE, self.memory.buf)
        self.done = context.Array("q", ring.slots, lock=False)
        self.consumed = context.Value("q", ring.first, lock=False)
        self._progress = context.Value("d", 0.0, lock=False)
        self.credit, self.replays, self.replayed = 0.0, replays, 0
        self.rng = np.random.default_rng([ring.seed, ring.first, 1])
        shared = (self.memory.name, self.done, self.consumed, self._progress)
        self.workers = [
            context.Process(target=_render, args=(config, ring, shared, number, processes), daemon=True)
            for number in range(processes)
        ]
        for worker in self.workers:
            worker.start()

    @property
    def progress(self) -> float:
        """Of the training, 0 to 1."""
        return self._progress.value

    @progress.setter
    def progress(self, value: float) -> None:
        self._progress.value = value

    def next(self) -> np.ndarray:
        """The next batch, [batch] of :data:`SAMPLE`; a copy."""
        number = self.consumed.value
        slot = number % self.ring.slots
        waited = 0.0
        while self.done[slot] != number + 1:
            if self.credit >= 1:
                self.credit -= 1
                self.replayed += 1
                return self._replay(number)
            waited = self._wait(waited)
        samples = self.batches[slot].copy()
        self.credit = min(self.credit + self.replays, float(self.ring.window))
        self.consumed.value = number + 1
        return samples

    def ready(self) -> list[np.ndarray]:
        """All batches that are rendered, in order, without waiting for more; copies."""
        batches, number = [], self.consumed.value
        while self.done[number % self.ring.slots] == number + 1:
            batches.append(self.batches[number % self.ring.slots].copy())
            number += 1
            self.consumed.value = number
        self._wait(0.0, 0.0)
        return batches

    def _replay(self, number: int) -> np.ndarray:
        """A batch drawn from the used ones still in the ring."""
        kept = min(self.ring.window, number - self.ring.first)
        which = (number - 1 - self.rng.integers(0, kept, self.ring.batch)) % self.ring.slots
        return self.batches[which, self.rng.integers(0, self.ring.batch, self.ring.batch)]

    def _wait(self, waited: float, pause: float = POLL_S) -> float:
        dead = [worker for worker in self.workers if not worker.is_alive()]
        if dead or waited > STALLED_S:
            codes = [worker.exitcode for worker in dead]
            self.close()
            raise RuntimeError(f"rendering stopped (exit codes {codes}); its own message stands above")
        time.sleep(pause)
        return waited + pause

    def close(self) -> None:
        """Ends the rendering processes and frees the shared memory; once is enough."""
        if self.batches is None:
            return
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            worker.join()
        self.batches = None
        self.memory.close()
        self.memory.unlink()


def _render(config: SampleConfig, ring: Ring, shared: tuple, worker: int, workers: int) -> None:
    """A rendering process: batches ``first + worker``, ``first + worker + workers``, ... into the ring."""
    import cv2

    cv2.setNumThreads(1)
    name, done, consumed, progress = shared
    memory = SharedMemory(name=name)
    batches = np.ndarray((ring.slots, ring.batch), SAMPLE, memory.buf)
    source = SampleSource(config)
    parent = os.getppid()
    number = ring.first + worker
    while os.getppid() == parent:
        if number >= consumed.value + ring.ahead:
            time.sleep(POLL_S)
            continue
        source.fill(batches[number % ring.slots], batch_rng(ring.seed, number), progress.value)
        done[number % ring.slots] = number + 1
        number += workers
