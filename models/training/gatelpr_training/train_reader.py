"""Trains the plate reader; goes on where it was stopped.

python -m gatelpr_training.train_reader --minutes 80 --out runs/reader
"""

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from . import checkpoints, real_crops
from .ablations import OFF
from .alphabet import COUNTRIES, LAYOUTS, decode
from .checkpoints import AveragedWeights, Checkpoint
from .devices import DEVICE, halved
from .export_reader import reader_from_weights
from .glyphs import material_folder
from .reader import Reader, ReaderConfig, parameters
from .reader_loss import Losses, Targets, attention_weight, reader_loss, to_pictures, to_targets
from .readings import readings
from .samples import ProcessFeeder, Ring, SampleConfig, rendered_set

WARM_UP = 0.02
"""Share of the training in which the learning rate rises."""
CLIP = 5.0
REPORT_S = 60
SAVE_S = 120
FRESH_SAMPLES = 400
FRESH_SEED = 990_001
"""Of the rendered samples that are only looked at."""


@dataclass
class Training:
    """A training in progress."""

    model: Reader
    averaged: AveragedWeights
    optimiser: torch.optim.Optimizer
    step: int = 0
    elapsed_minutes: float = 0.0

    @classmethod
    def start(cls, config: ReaderConfig, seed: int) -> "Training":
        """With fresh weights."""
        torch.manual_seed(seed)
        return cls.of(Reader(config))

    @classmethod
    def of(cls, model: Reader) -> "Training":
        """Of a model that has weights; on a GPU if there is one."""
        model = model.to(DEVICE, memory_format=torch.channels_last)
        return cls(model, AveragedWeights(model), _optimiser(model))

    @classmethod
    def resume(cls, checkpoint: Checkpoint) -> "Training":
        """Where ``checkpoint`` was written."""
        training = cls.start(ReaderConfig.from_dict(checkpoint.config["reader"]), 0)
        training.model.load_state_dict(checkpoint.model)
        training.averaged.values = {name: value.to(DEVICE) for name, value in checkpoint.averaged.items()}
        training.optimiser.load_state_dict(checkpoint.optimiser)
        training.step, training.elapsed_minutes = checkpoint.step, checkpoint.elapsed_minutes
        torch.set_rng_state(checkpoint.rng)
        return training

    def checkpoint(self, arguments: dict) -> Checkpoint:
        """What :meth:`resume` needs; ``arguments`` are kept for the record."""
        return Checkpoint(
            model=self.model.state_dict(),
            averaged=self.averaged.values,
            optimiser=self.optimiser.state_dict(),
            step=self.step,
            elapsed_minutes=self.elapsed_minutes,
            config={"reader": self.model.config.to_dict(), "arguments": arguments},
        )

    def learn(self, samples: np.ndarray, rate: float, attention_share: float) -> dict[str, float]:
        """One step; the losses by name."""
        pictures, targets = to_pictures(samples["image"]).to(DEVICE), to_targets(samples).to(DEVICE)
        losses = self.learn_from(pictures, targets, rate, attention_share)
        return {name: value.item() for name, value in losses._asdict().items()}

    def learn_from(self, pictures: Tensor, targets: Targets, rate: float, attention_share: float) -> Losses:
        """One step with a batch that is on the device already; nothing waits for the device."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.train()
        with halved():
            maps = self.model.features(pictures)
        # Counting along a line needs the full precision.
        output = self.model.answer(*(map.float() for map in maps))
        losses = reader_loss(output, targets, attention_share)
        self.optimiser.zero_grad(set_to_none=True)
        losses.total.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimiser.step()
        self.step += 1
        self.averaged.update(self.model, self.step)
        return losses

    def mean_model(self) -> Reader:
        """A reader with the averaged weights, ready to read."""
        return reader_of(self.model.config, self.averaged.values)


def reader_of(config: ReaderConfig, weights: dict[str, Tensor], device: str | torch.device = "cpu") -> Reader:
    """A reader with ``weights`` on ``device``, ready to read."""
    reader = Reader(config)
    reader.load_state_dict({name: value.cpu() for name, value in weights.items()})
    return reader.eval().to(device, memory_format=torch.channels_last)


def _optimiser(model: nn.Module) -> torch.optim.Optimizer:
    """AdamW; no decay on biases and normalisation."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, fused=DEVICE.type == "cuda")


def learning_rate(peak: float, progress: float) -> float:
    """Cosine with a warm-up; ``progress`` 0 to 1 of the training's time."""
    if progress < WARM_UP:
        return peak * (0.02 + 0.98 * progress / WARM_UP)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


@torch.no_grad()
def probabilities(model: Reader, images: np.ndarray, batch: int = 64) -> np.ndarray:
    """[N, 10, 76] of uint8 ``images`` [N, 64, 160, 3]."""
    device = next(model.parameters()).device
    parts = [to_pictures(images[at : at + batch]).to(device) for at in range(0, len(images), batch)]
    return np.concatenate([model(part).characters.softmax(2).cpu().numpy() for part in parts])


def exact_by_kind(model: Reader, samples: np.ndarray) -> dict[str, float]:
    """Share of exact reads of legible ``samples``: all, and by country and layout."""
    samples = samples[samples["legible"] == 1]
    texts = readings(probabilities(model, np.ascontiguousarray(samples["image"]))).texts
    right = np.array([text == decode(row) for text, row in zip(texts, samples["characters"].tolist())])
    shares = {"all": right.mean()}
    for c, country in enumerate(COUNTRIES):
        for l, layout in enumerate(LAYOUTS):
            chosen = (samples["country"] == c) & (samples["layout"] == l)
            if chosen.any():
                shares[f"{country}_{layout}"] = right[chosen].mean()
    return {name: round(float(share), 4) for name, share in shares.items()}


class WatchedSets:
    """Crops that are only looked at, never learnt from nor chosen by."""

    def __init__(self, evaluation_dir: Path | None, train_dir: Path | None):
        self.sets: dict[str, tuple[np.ndarray, list[str]]] = {}
        if train_dir:
            self._add("held_out", real_crops.held_out(train_dir))
        if evaluation_dir:
            for labels in sorted(evaluation_dir.glob("*/labels.jsonl")):
                self._add(labels.parent.name, real_crops.read_folder(labels.parent))

    def _add(self, name: str, plates: list[real_crops.RealPlate]) -> None:
        if plates:
            self.sets[name] = (np.stack([real_crops.cut(plate) for plate in plates]), [plate.text for plate in plates])

    def exact(self, model: Reader) -> dict[str, str]:
        """Per set "right/all"."""
        result = {}
        for name, (images, truths) in self.sets.items():
            texts = readings(probabilities(model, images)).texts
            result[name] = f"{sum(text == truth for text, truth in zip(texts, truths))}/{len(truths)}"
        return result


class Clock:
    """When things are due, in seconds of this run."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self.last: dict[str, float] = {}

    def due(self, what: str, every_s: float) -> bool:
        """Whether ``what`` is due; then it is not again for ``every_s``."""
        now = time.monotonic() - self.start
        if now - self.last.get(what, 0.0) < every_s:
            return False
        self.last[what] = now
        return True


def train(training: Training, feeder: ProcessFeeder, watched: WatchedSets, args: argparse.Namespace) -> None:
    """Until ``args.steps`` or ``args.minutes`` are over, counted over all runs of this training."""
    fresh = rendered_set(FRESH_SAMPLES, FRESH_SEED)
    clock, before = Clock(), training.elapsed_minutes
    mean: dict[str, float] = {}
    first_step = training.step
    while (progress := _progress(training, args)) < 1:
        feeder.progress = progress
        share = 0.0 if args.no_attention_supervision else attention_weight(progress)
        losses = training.learn(feeder.next(), learning_rate(args.rate, progress), share)
        for name, value in losses.items():
            mean[name] = value if name not in mean else 0.98 * mean[name] + 0.02 * value
        training.elapsed_minutes = before + (time.monotonic() - clock.start) / 60
        if clock.due("report", REPORT_S):
            rate = (training.step - first_step) * args.batch / ((training.elapsed_minutes - before) * 60)
            _report(training, mean, rate, feeder, args)
        if clock.due("save", SAVE_S):
            checkpoints.save(args.out / "last.pt", training.checkpoint(_record(args)))
        if clock.due("watch", args.watch_minutes * 60):
            _watch(training, fresh, watched, args)
    checkpoints.save(args.out / "last.pt", training.checkpoint(_record(args)))
    _watch(training, fresh, watched, args)


def _progress(training: Training, args: argparse.Namespace) -> float:
    """Share of the training that is done."""
    return training.step / args.steps if args.steps else training.elapsed_minutes / args.minutes


def _report(training: Training, mean: dict, rate: float, feeder: ProcessFeeder, args: argparse.Namespace) -> None:
    losses = " ".join(f"{name} {value:.3f}" for name, value in mean.items())
    done = 100 * _progress(training, args)
    print(
        f"step {training.step} {losses} | {rate:.0f} samples/s, {feeder.replayed} batches replayed | {done:.0f} % done",
        flush=True,
    )


def _watch(training: Training, fresh: np.ndarray, watched: WatchedSets, args: argparse.Namespace) -> None:
    """Looks at rendered and watched samples; one line to the learning curve."""
    model = training.mean_model()
    row = {
        "minutes": round(training.elapsed_minutes, 1),
        "step": training.step,
        "samples": training.step * args.batch,
        "rendered": exact_by_kind(model, fresh),
        "watched": watched.exact(model),
    }
    with open(args.out / "curve.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"exact reads: {row['rendered']} {row['watched']}", flush=True)


def _record(args: argparse.Namespace) -> dict:
    """The arguments without paths: checkpoints travel."""
    return {key: value for key, value in vars(args).items() if isinstance(value, (int, float, bool))}


def parse(arguments: list[str]) -> argparse.Namespace:
    """Command line of a training."""
    parser = argparse.ArgumentParser(description="Trains the plate reader.")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of checkpoint and learning curve; goes on with those"
    )
    parser.add_argument("--weights", type=Path, help="reader.safetensors to start from instead of fresh weights")
    parser.add_argument("--minutes", type=float, default=80, help="of training, over all runs together")
    parser.add_argument("--steps", type=int, help="of training instead: the same work on any machine")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--renderers", type=int, default=1, help="rendering processes")
    parser.add_argument(
        "--replays", type=float, default=1.0, help="times a batch is shown again if rendering is slower"
    )
    parser.add_argument("--watch", type=Path, help="folder of evaluation sets to look at, never to learn from")
    parser.add_argument("--watch-minutes", type=float, default=8)
    parser.add_argument("--real-share", type=float, default=SampleConfig.real_share_late, help="of real crops, late")
    parser.add_argument(
        "--real-share-early", type=float, default=SampleConfig.real_share_early, help="in the first half"
    )
    group = parser.add_argument_group("ablations")
    group.add_argument("--without", action="append", default=[], choices=sorted(OFF), help="a part of the renderer")
    group.add_argument("--no-real", action="store_true", help="rendered samples only")
    group.add_argument("--no-attention-supervision", action="store_true")
    group.add_argument("--no-counting", action="store_true", help="slots find their characters without counting them")
    group.add_argument("--slot-mixing", action="store_true", help="neighbouring slots see each other")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Trains."""
    args = parse(arguments)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    train_dir = None if args.no_real else material_folder()
    last = args.out / "last.pt"
    if last.exists():
        training = Training.resume(checkpoints.load(last))
        print(f"going on at step {training.step}, minute {training.elapsed_minutes:.1f}", flush=True)
    elif args.weights:
        torch.manual_seed(args.seed)
        training = Training.of(reader_from_weights(args.weights))
    else:
        config = ReaderConfig(slot_mixing=args.slot_mixing, counting=not args.no_counting)
        training = Training.start(config, args.seed)
    print(f"{parameters(training.model) / 1e6:.2f} M parameters", flush=True)
    early = min(args.real_share_early, args.real_share)
    config = SampleConfig(train_dir, early, args.real_share, tuple(args.without))
    feeder = ProcessFeeder(config, Ring(args.seed, args.batch, training.step), args.renderers, args.replays)
    try:
        train(training, feeder, WatchedSets(args.watch, train_dir), args)
    finally:
        feeder.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
