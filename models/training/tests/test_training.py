"""Checkpoints, resuming, and the processes that render."""

import os

import numpy as np
import pytest
import torch
from gatelpr_training import checkpoints, samples
from gatelpr_training.reader import Reader, ReaderConfig
from gatelpr_training.samples import SAMPLE, InProcessFeeder, ProcessFeeder, Ring, SampleConfig
from gatelpr_training.train_reader import Training, learning_rate, parse

from conftest import TINY, FakeSource


def _steps(training: Training, feeder: InProcessFeeder, count: int) -> None:
    for _ in range(count):
        training.learn(feeder.next(), 1e-3, 0.4)


def test_a_resumed_training_is_the_same_to_the_last_bit(tmp_path, source):
    straight = Training.start(TINY, 4)
    _steps(straight, InProcessFeeder(source, 9, 4), 6)

    first = Training.start(TINY, 4)
    _steps(first, InProcessFeeder(source, 9, 4), 3)
    checkpoints.save(tmp_path / "last.pt", first.checkpoint({}))
    torch.manual_seed(77)
    resumed = Training.resume(checkpoints.load(tmp_path / "last.pt"))
    assert resumed.step == 3
    _steps(resumed, InProcessFeeder(source, 9, 4, first=resumed.step), 3)

    assert resumed.step == straight.step == 6
    for name, value in straight.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name
        assert torch.equal(straight.averaged.values[name], resumed.averaged.values[name]), name


def test_resuming_restores_the_generator(tmp_path):
    training = Training.start(TINY, 4)
    torch.rand(5)
    checkpoints.save(tmp_path / "last.pt", training.checkpoint({}))
    expected = torch.rand(3)
    torch.manual_seed(1)
    Training.resume(checkpoints.load(tmp_path / "last.pt"))
    assert torch.equal(torch.rand(3), expected)


def test_a_kill_while_saving_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "last.pt"
    training = Training.start(TINY, 4)
    checkpoints.save(path, training.checkpoint({}))

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    training.step = 99
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(path, training.checkpoint({}))
    assert checkpoints.load(path).step == 0


@pytest.mark.parametrize("content", [None, b"no checkpoint"])
def test_an_unusable_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "last.pt"
    if content:
        path.write_bytes(content)
    with pytest.raises(checkpoints.CheckpointError, match=str(path)):
        checkpoints.load(path)


def test_weights_keep_their_architecture(tmp_path, tiny: Reader):
    checkpoints.save_weights(tmp_path / "reader.safetensors", tiny.state_dict(), tiny.config.to_dict())
    weights, config = checkpoints.load_weights(tmp_path / "reader.safetensors")
    assert ReaderConfig.from_dict(config) == TINY
    assert all(torch.equal(value, weights[name]) for name, value in tiny.state_dict().items())


def test_a_batch_depends_on_seed_and_number_alone(source):
    straight = InProcessFeeder(source, 2, 3)
    straight.next()
    late = straight.next()
    assert late.tobytes() == InProcessFeeder(source, 2, 3, first=1).next().tobytes()
    assert late.tobytes() != InProcessFeeder(source, 3, 3, first=1).next().tobytes()


def test_the_share_of_real_crops_rises_late():
    config = SampleConfig(None, 0.02, 0.2)
    assert [round(config.real_share(p), 3) for p in (0, 0.5, 0.95, 1)] == [0.02, 0.02, 0.2, 0.2]


def test_the_learning_rate_warms_up_and_falls():
    rates = [learning_rate(1.0, p) for p in (0.0, 0.02, 0.5, 1.0)]
    assert rates[0] < 0.05 and rates[1] > 0.99 and 0.4 < rates[2] < 0.6 and rates[3] == pytest.approx(0.01)


class FakeRing:
    """A feeder without processes: what ``ProcessFeeder`` does with batches that are already there."""

    @staticmethod
    def of(ready: int, replays: float) -> ProcessFeeder:
        feeder = ProcessFeeder.__new__(ProcessFeeder)
        feeder.ring = Ring(1, 4, 0, ahead=3, window=5)
        feeder.batches = np.zeros((feeder.ring.slots, 4), SAMPLE)
        feeder.done = [0] * feeder.ring.slots
        for number in range(ready):
            FakeSource().fill(feeder.batches[number], samples.batch_rng(1, number), 0.0)
            feeder.done[number] = number + 1
        feeder.consumed = type("Value", (), {"value": 0})()
        feeder.credit, feeder.replays, feeder.replayed = 0.0, replays, 0
        feeder.rng, feeder.workers = np.random.default_rng(0), []
        return feeder


def test_used_samples_are_shown_again_while_rendering_is_slower():
    feeder = FakeRing.of(ready=2, replays=1.0)
    shown = [feeder.next() for _ in range(2)]
    again = feeder.next()
    known = {record.tobytes() for batch in shown for record in batch}
    assert {record.tobytes() for record in again} <= known
    assert feeder.replayed == 1


def test_what_is_ready_comes_in_order_and_once():
    feeder = FakeRing.of(ready=3, replays=0.0)
    feeder.done[2] = 0
    expected = [feeder.batches[number].tobytes() for number in range(2)]
    assert [batch.tobytes() for batch in feeder.ready()] == expected
    assert feeder.ready() == []


def test_a_dead_renderer_ends_the_training():
    feeder = FakeRing.of(ready=0, replays=0.0)
    feeder.workers = [type("Worker", (), {"is_alive": lambda self: False, "exitcode": 3})()]
    feeder.close = lambda: None
    with pytest.raises(RuntimeError, match="exit codes"):
        feeder.next()


def test_arguments_have_defaults(tmp_path):
    args = parse(["--out", str(tmp_path)])
    assert args.batch == 48 and not args.no_real
