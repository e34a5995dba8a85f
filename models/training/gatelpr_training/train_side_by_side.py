"""Trains several readers at once on a GPU, from one pool of samples that all CPU cores render.

    python -m gatelpr_training.train_side_by_side --out runs/side --minutes 9 --reader large --reader small=reader.safetensors

Rendering is what such a machine is short of, so each sample is shown several times, varied on the GPU. All readers see the same
batches; what they reach differs by their size, form and start alone. Weights are written every ``--report-s`` seconds: a
training that is cut off has lost little.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import torch
from torch import Tensor

from . import checkpoints
from .devices import DEVICE
from .glyphs import material_folder
from .pool import SamplePool, pictures_of, targets_of
from .reader import LARGE, Reader, ReaderConfig, parameters
from .reader_loss import Targets, attention_weight
from .samples import SAMPLE, ProcessFeeder, Ring, SampleConfig, rendered_set
from .train_reader import (
    FRESH_SAMPLES,
    FRESH_SEED,
    Clock,
    Training,
    WatchedSets,
    exact_by_kind,
    learning_rate,
    reader_of,
)
from .variations import Variations

FORMS = {
    "small": ReaderConfig(),
    "small_mixing": ReaderConfig(slot_mixing=True, mixing_reach=3),
    "large": LARGE,
    "large_mixing": replace(LARGE, slot_mixing=True, mixing_reach=3),
}
"""Readers by the name that ``--reader`` takes."""
RENDERED_BATCH = 32
"""Samples that a rendering process hands over at once."""
CHECKED_AT = (0.03, 0.08)
"""Progress at which is looked whether all readers can be afforded."""
FURTHER_RATE = 0.4
"""Of the learning rate, for readers that go on from weights."""


@dataclass
class Entrant:
    """One of the readers in training."""

    name: str
    training: Training
    rate: float
    total: Tensor | None = None
    """Running mean of the loss, on the device."""

    @classmethod
    def named(cls, argument: str, rate: float, seed: int) -> "Entrant":
        """``FORM``, or ``FORM=WEIGHTS`` to go on from those; what they lack starts fresh."""
        name, _, weights = argument.partition("=")
        torch.manual_seed(seed)
        if not weights:
            return cls(name, Training.start(FORMS[name], seed), rate)
        reader = Reader(FORMS[name])
        reader.load_state_dict(checkpoints.load_weights(Path(weights))[0], strict=False)
        return cls(name, Training.of(reader), rate * FURTHER_RATE)

    def learn(self, pictures: Tensor, targets: Targets, progress: float) -> None:
        """One step."""
        rate = learning_rate(self.rate, progress)
        total = self.training.learn_from(pictures, targets, rate, attention_weight(progress)).total.detach()
        self.total = total if self.total is None else torch.lerp(self.total, total, 0.02)


class Log:
    """Looks at the readers, and writes what they reach and their weights into a folder."""

    def __init__(self, out: Path, watched: WatchedSets):
        self.out, self.watched = out, watched
        self.fresh = rendered_set(FRESH_SAMPLES, FRESH_SEED)

    def report(self, entrants: list[Entrant], pool: SamplePool, progress: float, seconds: float) -> None:
        """One line of JSON per reader, and its averaged weights."""
        for entrant in entrants:
            training = entrant.training
            model = reader_of(training.model.config, training.averaged.values, DEVICE)
            began = time.monotonic()
            with torch.backends.cudnn.flags(enabled=True, benchmark=False):
                rendered, watched = exact_by_kind(model, self.fresh), self.watched.exact(model)
            row = {
                "reader": entrant.name,
                "progress": round(progress, 3),
                "seconds": round(seconds, 1),
                "step": training.step,
                "rendered_so_far": pool.added,
                "loss": round(float(entrant.total), 4) if entrant.total is not None else None,
                "rendered": rendered,
                "watched": watched,
                "looked_s": round(time.monotonic() - began, 1),
            }
            with open(self.out / "side.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(json.dumps(row, ensure_ascii=False), flush=True)
            config = training.model.config.to_dict()
            checkpoints.save_weights(self.out / f"{entrant.name}.safetensors", training.averaged.values, config)


def warm_up(entrants: list[Entrant], batch: int) -> None:
    """Lets cuDNN choose how to compute, with readers that are thrown away, while the first samples are rendered."""
    rows = torch.zeros((batch, SAMPLE.itemsize), dtype=torch.uint8, device=DEVICE)
    for entrant in entrants:
        thrown_away = Training.start(entrant.training.model.config, 0)
        thrown_away.learn_from(pictures_of(rows), targets_of(rows), 0.0, 0.1)


class Pace:
    """Looks twice, early in a training, whether all its readers can be afforded."""

    def __init__(self, least_steps: int):
        self.least_steps = least_steps
        self.checks = list(CHECKED_AT)
        self.seen = (0.0, 0)

    def affordable(self, entrants: list[Entrant], progress: float) -> list[Entrant]:
        """``entrants``, without the last one if at today's pace they would not come to the least number of steps."""
        if not self.checks or progress < self.checks[0]:
            return entrants
        self.checks.pop(0)
        step, before = entrants[0].training.step, self.seen
        self.seen = (progress, step)
        steps = step + (step - before[1]) / (progress - before[0]) * (1 - progress)
        print(f"{steps:.0f} steps to be expected at {progress:.3f} with {len(entrants)} readers", flush=True)
        return entrants[:-1] if steps < self.least_steps and len(entrants) > 1 else entrants


def fill(pool: SamplePool, feeder: ProcessFeeder, count: int) -> None:
    """Waits until ``pool`` holds ``count`` samples."""
    while pool.added < count:
        for batch in feeder.ready():
            pool.add(batch)
        time.sleep(0.01)


def train(entrants: list[Entrant], pool: SamplePool, feeder: ProcessFeeder, log: Log, args: argparse.Namespace) -> None:
    """Until ``args.minutes`` since ``args.began`` are over."""
    vary, clock, pace = Variations(DEVICE, args.seed), Clock(), Pace(args.least_steps)
    warm_up(entrants, args.batch)
    fill(pool, feeder, args.first)
    start, end = time.monotonic(), args.began + 60 * args.minutes
    print(f"{pool.added} samples after {start - args.began:.0f} s", flush=True)
    while (now := time.monotonic()) < end:
        progress = feeder.progress = (now - start) / (end - start)
        for batch in feeder.ready():
            pool.add(batch)
        rows = pool.draw(args.batch)
        targets = targets_of(rows)
        pictures, centres = vary(pictures_of(rows), targets.centres)
        for entrant in entrants:
            entrant.learn(pictures, replace(targets, centres=centres), progress)
        entrants = pace.affordable(entrants, progress)
        if clock.due("report", args.report_s):
            log.report(entrants, pool, progress, now - args.began)
    log.report(entrants, pool, 1.0, time.monotonic() - args.began)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Command line of such a training."""
    parser = argparse.ArgumentParser(description="Trains several readers at once on a GPU.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reader", action="append", required=True, help=f"FORM or FORM=WEIGHTS; {', '.join(FORMS)}")
    parser.add_argument("--minutes", type=float, default=9, help="from the start of the program to the end")
    parser.add_argument(
        "--least-steps", type=int, default=0, help="the last readers are dropped if there would be fewer"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    parser.add_argument("--renderers", type=int, default=max(1, (os.cpu_count() or 2) - 1), help="rendering processes")
    parser.add_argument("--ahead", type=int, default=12, help="batches that a renderer may be ahead, 1 MB each")
    parser.add_argument("--looks", type=int, default=2, help="photographs of each drawn plate")
    parser.add_argument("--capacity", type=int, default=1_500_000, help="samples kept on the device, 31 kB each")
    parser.add_argument("--first", type=int, default=20_000, help="samples to wait for before the first step")
    parser.add_argument("--report-s", type=float, default=60)
    parser.add_argument("--watch", type=Path, help="folder of evaluation sets to look at, never to learn from")
    parser.add_argument("--real-share", type=float, default=0.15, help="of real crops among what is rendered, late")
    parser.add_argument("--real-share-early", type=float, default=0.06, help="in the first half")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Trains."""
    args = parse(arguments)
    args.began = time.monotonic()
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    train_dir = material_folder()
    config = SampleConfig(train_dir, args.real_share_early, args.real_share, looks=args.looks)
    ring = Ring(args.seed, RENDERED_BATCH, 0, ahead=args.ahead * args.renderers, window=0)
    feeder = ProcessFeeder(config, ring, args.renderers, 0.0)
    try:
        log = Log(args.out, WatchedSets(args.watch, train_dir))
        entrants = [Entrant.named(reader, args.rate, args.seed + i) for i, reader in enumerate(args.reader)]
        for entrant in entrants:
            print(f"{entrant.name}: {parameters(entrant.training.model) / 1e6:.2f} M parameters", flush=True)
        train(entrants, SamplePool(args.capacity, DEVICE, args.seed), feeder, log, args)
    finally:
        feeder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
