"""Training on a GPU's terms: the pool of samples, their variations, and several readers side by side."""

import itertools
from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest
import torch
from gatelpr_training import checkpoints, glyphs, train_side_by_side
from gatelpr_training.pool import SamplePool, pictures_of, targets_of
from gatelpr_training.reader import LARGE, Reader, ReaderConfig, parameters
from gatelpr_training.reader_loss import to_pictures, to_targets
from gatelpr_training.samples import SAMPLE, SampleConfig, SampleSource
from gatelpr_training.train_reader import Training, WatchedSets
from gatelpr_training.train_side_by_side import Entrant, Log, Pace, train
from gatelpr_training.variations import Variations
from PIL import ImageFont

from conftest import TINY, FakeSample, FakeSource

CPU = torch.device("cpu")


def _numbered(first: int, count: int) -> np.ndarray:
    """Samples that are told apart by their weights."""
    batch = np.zeros(count, SAMPLE)
    batch["slot_weights"] = np.arange(first, first + count)[:, None]
    return batch


def _numbers(rows: torch.Tensor) -> list[int]:
    return [int(number) for number in targets_of(rows).slot_weights[:, 0]]


def test_a_pool_gives_back_what_was_put_in(samples: np.ndarray):
    pool = SamplePool(len(samples), CPU, 1)
    pool.add(samples)
    assert torch.equal(pictures_of(pool.rows), to_pictures(samples["image"]))
    expected = vars(to_targets(samples))
    for name, value in vars(targets_of(pool.rows)).items():
        assert value.dtype == expected[name].dtype, name
        assert torch.equal(value.nan_to_num(9), expected[name].nan_to_num(9)), name


def test_new_samples_fill_half_of_a_batch_and_none_is_new_twice():
    pool = SamplePool(100, CPU, 1)
    pool.add(_numbered(0, 20))
    first, second = (_numbers(pool.draw(20)) for _ in range(2))
    assert set(range(10)) <= set(first)
    assert set(range(10, 20)) <= set(second)
    assert pool.shown == 20


def test_a_full_pool_forgets_its_oldest_samples():
    pool = SamplePool(8, CPU, 1)
    for first in range(0, 20, 5):
        pool.add(_numbered(first, 5))
    assert sorted(_numbers(pool.rows)) == list(range(12, 20))
    assert pool.size == 8
    assert set(_numbers(pool.draw(30))) <= set(range(12, 20))


def test_varied_centres_stay_on_their_characters():
    pictures = torch.full((32, 3, 64, 160), -1.0)
    pictures[:, :, 30:34, 78:82] = 1.0
    centres = torch.full((32, 10, 2), float("nan"))
    centres[:, 0] = torch.tensor([80 / 160, 32 / 64])
    varied, moved = Variations(CPU, 3)(pictures, centres)
    assert varied.shape == pictures.shape and varied.min() >= -1 and varied.max() <= 1
    assert moved[:, 1:].isnan().all()
    light = (varied.mean(1) - varied.mean((1, 2, 3)).view(-1, 1, 1)).clamp(min=0) ** 4
    rows, columns = torch.arange(64) + 0.5, torch.arange(160) + 0.5
    whole = light.sum((1, 2))
    seen = torch.stack([(light.sum(1) @ columns) / whole, (light.sum(2) @ rows) / whole], 1)
    away = (seen - moved[:, 0] * torch.tensor([160.0, 64.0])).norm(dim=1)
    assert away.median() < 1.5


def test_variations_differ_from_call_to_call(samples: np.ndarray):
    vary, pictures = Variations(CPU, 3), to_pictures(samples["image"])
    centres = to_targets(samples).centres
    assert not torch.equal(vary(pictures, centres)[0], vary(pictures, centres)[0])


def test_each_drawn_plate_is_photographed_as_often_as_told():
    source = SampleSource.__new__(SampleSource)
    source.config, source.real = SampleConfig(looks=3), None
    drawn = iter("ABCDEFGH")

    def render(_: np.random.Generator, looks: int) -> list[FakeSample]:
        text = next(drawn)
        return [FakeSample(np.zeros((64, 160, 3), np.uint8), text, np.zeros((1, 2), np.float32))] * looks

    source.render = render
    batch = np.zeros(7, SAMPLE)
    source.fill(batch, np.random.default_rng(0), 0.0)
    first = batch["characters"][:, 0].tolist()
    assert [first.count(character) for character in dict.fromkeys(first)] == [3, 3, 1]


def test_a_character_that_a_font_lacks_is_no_glyph(monkeypatch):
    face = ImageFont.load_default(140)
    monkeypatch.setattr(glyphs, "_font_files", lambda: {"any": "any"})
    monkeypatch.setattr(glyphs.ImageFont, "truetype", lambda *_: face)
    assert list(glyphs._rasterise("any", "A京B").masks) == ["A", "B"]


def test_a_large_reader_is_about_twice_the_default():
    assert 1.5 * parameters(Reader()) < parameters(Reader(LARGE)) < 2.5 * parameters(Reader())


def test_slots_see_as_far_as_they_are_told(tiny: Reader):
    mixed = Reader(replace(TINY, slot_mixing=True, mixing_reach=3))
    assert mixed.mixing.kernel_size == (7,)
    assert mixed.eval()(torch.zeros(2, 3, 64, 160)).characters.shape == (2, 10, 76)
    stored = TINY.to_dict()
    del stored["mixing_reach"]
    assert ReaderConfig.from_dict(stored) == TINY


@pytest.mark.parametrize("least_steps, kept", [(0, 2), (90, 2), (110, 1)])
def test_the_last_reader_is_dropped_if_all_would_not_come_far(least_steps: int, kept: int):
    entrants = [Entrant(name, Training.start(TINY, 1), 1e-3) for name in ("first", "second")]
    pace = Pace(least_steps)
    assert len(pace.affordable(entrants, 0.01)) == 2
    entrants[0].training.step = 4
    left = pace.affordable(entrants, 0.04)
    assert len(left) == kept and left[0].name == "first"


class FakeFeeder:
    """Hands out four batches, two at a time."""

    def __init__(self) -> None:
        self.left, self.progress = 4, 0.0

    def ready(self) -> list[np.ndarray]:
        """Two batches of four samples."""
        batches = [np.zeros(4, SAMPLE) for _ in range(min(2, self.left))]
        for batch in batches:
            FakeSource().fill(batch, np.random.default_rng(self.left), 0.0)
        self.left -= len(batches)
        return batches


def test_readers_train_side_by_side(tmp_path, monkeypatch):
    def rendered(count: int, seed: int) -> np.ndarray:
        batch = np.zeros(12, SAMPLE)
        FakeSource().fill(batch, np.random.default_rng(seed), 0.0)
        return batch

    monkeypatch.setattr(train_side_by_side, "rendered_set", rendered)
    monkeypatch.setattr(train_side_by_side, "FORMS", {"plain": TINY, "mixing": replace(TINY, slot_mixing=True)})
    start = tmp_path / "start.safetensors"
    checkpoints.save_weights(start, Reader(TINY).state_dict(), TINY.to_dict())
    entrants = [Entrant.named(reader, 1e-3, 1) for reader in ("plain", f"mixing={start}")]
    assert entrants[1].rate < entrants[0].rate
    seconds = itertools.count()
    clock = Namespace(monotonic=lambda: float(next(seconds)), sleep=lambda _: None)
    monkeypatch.setattr(train_side_by_side, "time", clock)
    args = Namespace(began=0.0, minutes=0.1, seed=1, batch=8, first=8, least_steps=0, report_s=600)
    train(entrants, SamplePool(12, CPU, 1), FakeFeeder(), Log(tmp_path, WatchedSets(None, None)), args)
    assert entrants[0].training.step == entrants[1].training.step == 5
    assert len((tmp_path / "side.jsonl").read_text().splitlines()) == 2
    for entrant in entrants:
        weights, config = checkpoints.load_weights(tmp_path / f"{entrant.name}.safetensors")
        assert ReaderConfig.from_dict(config) == entrant.training.model.config
        assert all(torch.equal(weights[name], value) for name, value in entrant.training.averaged.values.items())
