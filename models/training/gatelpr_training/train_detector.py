"""Trains the detector on rendered scenes; can be stopped at any moment and goes on from its checkpoint.

One process renders, one trains. Rendered scenes are kept in a ring and used a few times, each time cut, scaled, turned
and lit otherwise (never mirrored: a mirrored plate is no plate).
"""

import argparse
import math
import multiprocessing
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full

import cv2
import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from .checkpoints import AveragedWeights, Checkpoint, load, load_weights, save
from .detector import Detector
from .detector_loss import Targets, detector_loss, stacked, targets
from .devices import halved
from .painting import projected, quad_height
from .scenes import SMALLEST_PLATE, VISIBLE_SHARE, Scene, SceneMaker

SCENE_SIZES = ((0.4, 352, 320), (0.3, 416, 384), (0.3, 640, 384))
"""Share, width and height of the rendered scenes."""
BATCHES = ((0.35, 256, 256, 16), (0.3, 320, 256, 14), (0.2, 320, 320, 12), (0.15, 640, 384, 5))
"""Share, width, height and count of the training pictures in a batch."""
RING = 2000
"""Scenes kept, about 0.5 MB each."""
FIRST_SCENES = 240
WARM_UP_STEPS = 200
PADDING = 127
SAVE_EVERY_S = 90.0


def draw(rng: Generator, items: tuple[tuple, ...]) -> tuple:
    """One of ``items`` by the shares that they begin with, without it."""
    shares = np.array([item[0] for item in items])
    return items[int(rng.choice(len(items), p=shares / shares.sum()))][1:]


def render_scenes(seed: int, photographs: Path | None, queue: multiprocessing.Queue) -> None:
    """Puts scenes into ``queue`` until the training process ends; runs in its own process."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    maker = SceneMaker(rng, photographs)
    trainer = multiprocessing.parent_process()
    while trainer is not None and trainer.is_alive():
        scene = maker.scene(rng, *draw(rng, SCENE_SIZES))
        while trainer.is_alive():
            try:
                queue.put(scene, timeout=5)
                break
            except Full:
                continue


class Scenes:
    """A ring of rendered scenes; each is used ``reuse`` times on average."""

    def __init__(self, seed: int, photographs: Path | None, reuse: float) -> None:
        context = multiprocessing.get_context("spawn")
        self.queue = context.Queue(maxsize=24)
        self.process = context.Process(target=render_scenes, args=(seed, photographs, self.queue), daemon=True)
        self.process.start()
        self.ring: deque[Scene] = deque(maxlen=RING)
        self.reuse = reuse
        self.credit = 0.0
        while len(self.ring) < FIRST_SCENES:
            self._receive()

    def _receive(self) -> None:
        """Waits for one scene; raises if the rendering process has died."""
        while True:
            try:
                self.ring.append(self.queue.get(timeout=20))
                self.credit += self.reuse
                return
            except Empty:
                if not self.process.is_alive():
                    raise RuntimeError("the rendering process has ended; its error stands above") from None

    def take(self, rng: Generator) -> Scene:
        """A random scene of the ring."""
        while self.credit < 1:
            self._receive()
        self.credit -= 1
        return self.ring[int(rng.integers(len(self.ring)))]


def cut(rng: Generator, scene: Scene, width: int, height: int) -> tuple[np.ndarray, Targets]:
    """A training picture [height, width, 3] uint8 cut from a scene, and its targets."""
    high, wide = scene.image.shape[:2]
    scale = float(np.exp(rng.uniform(np.log(0.72), np.log(1.35))))
    angle = float(np.radians(rng.normal(0, 3)))
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[a, -b, 0], [b, a, 0], [0, 0, 1]])
    centre = np.array([wide / 2, high / 2])
    turn[:2, 2] = centre * scale - turn[:2, :2] @ centre
    turn[:2, 2] += _shift(rng, scene, turn, np.array([width, height]))
    pixel = turn.copy()
    pixel[:2, 2] += turn[:2, :2] @ (0.5, 0.5) - 0.5
    image = cv2.warpAffine(scene.image, pixel[:2], (width, height), flags=cv2.INTER_LINEAR, borderValue=(PADDING,) * 3)
    return relit(rng, image), cut_targets(scene, turn, width, height)


def _shift(rng: Generator, scene: Scene, turn: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Where to move the turned scene in a cut of ``size`` (width, height): a plate in view mostly, padding at the end."""
    high, wide = scene.image.shape[:2]
    room = size - np.array([wide, high]) * np.hypot(turn[0, 0], turn[0, 1])
    shift = rng.uniform(0, 1, 2) * room
    if scene.plates and rng.random() < 0.7:
        plate = projected(scene.plates[int(rng.integers(len(scene.plates)))], turn).mean(0)
        shift = rng.uniform(0.12, 0.88, 2) * size - plate
    shift = np.clip(shift, np.minimum(room, 0), 0)
    return shift + np.maximum(room, 0) * rng.choice([0, 0, rng.random()])


def relit(rng: Generator, image: np.ndarray) -> np.ndarray:
    """``image`` in another light, so that no use of a scene is like the others."""
    if rng.random() < 0.5:
        image = cv2.convertScaleAbs(image, alpha=float(np.exp(rng.normal(0, 0.2))), beta=float(rng.normal(0, 8)))
    kind = rng.random()
    if kind < 0.06:
        return np.ascontiguousarray(image[..., rng.permutation(3)])
    if kind < 0.12:
        return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if kind < 0.18:
        return 255 - image if rng.random() < 0.15 else cv2.GaussianBlur(image, (3, 3), 0)
    return image


def cut_targets(scene: Scene, turn: np.ndarray, width: int, height: int) -> Targets:
    """The targets of a cut; ``turn`` [3, 3] leads from scene to cut."""
    ignored = [projected(quad, turn) for quad in scene.ignored]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    kept: tuple[list[np.ndarray], ...] = ([], [])
    for quads, source in zip(kept, (scene.plates, scene.side_numbers), strict=True):
        for original in source:
            quad = projected(original, turn)
            area = max(cv2.contourArea(quad), 1.0)
            seen, _ = cv2.intersectConvexConvex(quad, frame)
            if seen < VISIBLE_SHARE * area or quad_height(quad) < SMALLEST_PLATE:
                ignored.append(quad)
            else:
                quads.append(quad)
    return targets(kept, ignored, height, width)


def batch(rng: Generator, scenes: Scenes) -> tuple[Tensor, dict[str, Tensor]]:
    """A batch of one size: pictures [N, 3, H, W] from -1 to 1 and target maps."""
    width, height, count = draw(rng, BATCHES)
    samples = [cut(rng, scenes.take(rng), width, height) for _ in range(count)]
    pictures = torch.from_numpy(np.stack([image for image, _ in samples])).permute(0, 3, 1, 2)
    return (pictures.float() - 127.5) / 127.5, stacked([maps for _, maps in samples])


@dataclass
class Training:
    """Everything that changes while training."""

    model: Detector
    average: AveragedWeights
    optimiser: torch.optim.Optimizer
    step: int = 0
    minutes: float = 0.0

    def store(self, path: Path, config: dict) -> None:
        """Writes the checkpoint."""
        save(
            path,
            Checkpoint(
                self.model.state_dict(),
                self.average.values,
                self.optimiser.state_dict(),
                self.step,
                self.minutes,
                config,
            ),
        )

    def restore(self, path: Path) -> None:
        """Goes on where the checkpoint stands."""
        checkpoint = load(path)
        self.model.load_state_dict(checkpoint.model)
        self.average.values = checkpoint.averaged
        self.optimiser.load_state_dict(checkpoint.optimiser)
        self.step, self.minutes = checkpoint.step, checkpoint.elapsed_minutes
        torch.set_rng_state(checkpoint.rng)


def learning_rate(peak: float, step: int, progress: float) -> float:
    """Warm-up over the first steps, then a cosine over ``progress`` 0 to 1 of the time given."""
    return (
        peak * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.01 + 0.99 * (1 + math.cos(math.pi * min(progress, 1.0))) / 2)
    )


def train_step(state: Training, rng: Generator, scenes: Scenes, rate: float) -> tuple[int, dict[str, float]]:
    """One step; returns the number of pictures and the parts of the loss."""
    pictures, maps = batch(rng, scenes)
    with halved():
        merged = state.model.features(pictures.contiguous(memory_format=torch.channels_last))
    loss, parts = detector_loss(state.model.heads(merged.float()), maps)
    for group in state.optimiser.param_groups:
        group["lr"] = rate
    state.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state.model.parameters(), 5.0)
    state.optimiser.step()
    state.average.update(state.model, state.step)
    state.step += 1
    return len(pictures), {"loss": loss.item(), **parts}


def train(arguments: argparse.Namespace) -> None:
    """Trains until ``arguments.minutes`` of training have passed, all runs together."""
    torch.manual_seed(arguments.seed)
    model = Detector().to(memory_format=torch.channels_last)
    if arguments.weights:
        model.load_state_dict(load_weights(arguments.weights)[0])
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=0.02)
    state = Training(model, AveragedWeights(model), optimiser)
    path = arguments.folder / "detector.ckpt"
    if path.exists():
        state.restore(path)
        print(f"going on from step {state.step}, {state.minutes:.1f} minutes", flush=True)
    model.train()
    rng = np.random.default_rng([arguments.seed, state.step])
    scenes = Scenes(arguments.seed * 1_000_003 + state.step, arguments.photographs, arguments.reuse)
    config = {"seed": arguments.seed, "minutes": arguments.minutes, "rate": arguments.rate}
    last = saved = reported = time.monotonic()
    pictures, sums, since = 0, {}, 0
    while state.minutes < arguments.minutes:
        rate = learning_rate(arguments.rate, state.step, state.minutes / arguments.minutes)
        count, parts = train_step(state, rng, scenes, rate)
        now = time.monotonic()
        state.minutes += (now - last) / 60
        last = now
        pictures, since = pictures + count, since + 1
        sums = {name: sums.get(name, 0.0) + value for name, value in parts.items()}
        if since == arguments.report_every:
            losses = " ".join(f"{name} {value / since:.4f}" for name, value in sums.items())
            speed, left = pictures / (now - reported), arguments.minutes - state.minutes
            print(f"step {state.step} {losses} rate {rate:.1e} {speed:.0f} pictures/s {left:.1f} min left", flush=True)
            pictures, sums, since, reported = 0, {}, 0, now
        if now - saved > SAVE_EVERY_S:
            state.store(path, config)
            saved = now
    state.store(path, config)
    scenes.process.terminate()


def main() -> None:
    """``python -m gatelpr_training.train_detector FOLDER --minutes 75``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for the checkpoint detector.ckpt; an existing one is gone on with")
    parser.add_argument("--minutes", type=float, default=75.0, help="of training in all, earlier runs included")
    parser.add_argument("--weights", type=Path, help="detector.safetensors to start from instead of fresh weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--reuse", type=float, default=5.0, help="how often each scene is used on average")
    parser.add_argument("--report-every", type=int, default=50, help="steps between progress lines")
    parser.add_argument("--photographs", type=Path, help="folder of OpenCV's example pictures, for backgrounds")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    train(arguments)


if __name__ == "__main__":
    main()
