"""Fine-tuning: faults in the data, the split, the judgement, the installation."""

from pathlib import Path

import numpy as np
import pytest

from gatelpr_training import calibration, checkpoints, fine_tune, manifest
from gatelpr_training.fine_tune import Installed, Score, refusals
from gatelpr_training.gate_data import DataError, read_gate_data, split
from gatelpr_training.reader import Reader
from gatelpr_training.samples import SAMPLE, InProcessFeeder

from conftest import FakeSource, Gate

MANIFEST = 'name = "gatelpr-reader"\n\n[weights]\nfile = "gatelpr/reader.onnx"\nbytes = 1\nsha256 = "0"\n\n[input]\nname = "plates"\n'


def _texts(count: int) -> list[str]:
    return [f"12A{number:05}" for number in range(count)]


def test_a_good_folder_is_read(gate: Gate):
    gate.plate("12A-345.67", lines=1)
    gate.rows.append(
        {"image": gate.picture("b.png"), "plates": [{"text": "桂F12345", "bbox": [5, 5, 40, 12], "region": "CN"}]}
    )
    gate.rows.append({"image": gate.picture("c.png"), "plates": []})
    plates = read_gate_data(gate.written())
    assert [plate.text for plate in plates] == ["12A34567", "桂F12345"]
    assert [plate.whole for plate in plates] == [True, False]


@pytest.mark.parametrize(
    "row, message",
    [
        ("{broken", "no JSON"),
        ({"plates": []}, 'no "image"'),
        ({"image": "a.png"}, 'no "plates"'),
        ({"image": "../../secret.png", "plates": []}, "outside the folder"),
        ({"image": "a.png", "plates": ["12A34567"]}, "a plate is no object"),
        ({"image": "a.png", "plates": [{"bbox": [0, 0, 9, 9]}]}, 'without "text"'),
        ({"image": "a.png", "plates": [{"text": "12A34567é", "bbox": [0, 0, 9, 9]}]}, "correct the text"),
        ({"image": "a.png", "plates": [{"text": "12A3456789012"}], "crop": True}, "at most 10"),
        ({"image": "a.png", "plates": [{"text": "12A34567"}]}, 'no usable "bbox"'),
        ({"image": "a.png", "plates": [{"text": "12A34567", "bbox": [0, 0, 0, 9]}]}, 'no usable "bbox"'),
        ({"image": "a.png", "plates": [{"text": "12A34567", "bbox": [900, 5, 40, 12]}]}, "lies outside a.png"),
        ({"image": "none.png", "plates": [{"text": "12A34567"}], "crop": True}, "missing or no picture"),
    ],
)
def test_a_fault_is_named_with_its_line(gate: Gate, row, message: str):
    gate.plate("12A34567")
    gate.rows.append(row)
    with pytest.raises(DataError) as fault:
        read_gate_data(gate.written())
    assert message in str(fault.value)
    assert "labels.jsonl, line 2:" in str(fault.value)


def test_all_faults_come_at_once(gate: Gate):
    gate.rows = ["{", "{"]
    with pytest.raises(DataError) as fault:
        read_gate_data(gate.written())
    assert str(fault.value).count("no JSON") == 2


def test_a_folder_without_labels_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="labels.jsonl: missing"):
        read_gate_data(tmp_path)


def test_no_plate_is_on_both_sides(gate: Gate):
    for text in _texts(60) + _texts(60):
        gate.plate(text)
    parts = split(read_gate_data(gate.written()))
    train, held_out = ({plate.text for plate in part} for part in (parts.train, parts.held_out))
    assert not train & held_out
    assert len(train | held_out) == 60
    assert 5 <= len(held_out) <= 25
    assert len(parts.train) + len(parts.held_out) == 120


def test_the_split_does_not_depend_on_what_else_is_there(gate: Gate):
    for text in _texts(60):
        gate.plate(text)
    plates = read_gate_data(gate.written())
    few, many = split(plates[:40]), split(plates)
    assert {plate.text for plate in few.held_out} <= {plate.text for plate in many.held_out}


def test_too_few_plates_are_refused(gate: Gate):
    for text in _texts(5) * 10:
        gate.plate(text)
    with pytest.raises(DataError, match="5 different plates"):
        split(read_gate_data(gate.written()))


@pytest.mark.parametrize(
    "before, after, refused",
    [
        (Score((True, False), 90), Score((True, True), 90), 0),
        (Score((True, False), 90), Score((False, True), 91), 0),
        (Score((True, True), 90), Score((True, False), 95), 1),
        (Score((True, False), 90), Score((True, True), 89), 1),
        (Score((True, True), 90), Score((False, True), 89), 2),
    ],
)
def test_a_model_that_got_worse_on_either_is_refused(before: Score, after: Score, refused: int):
    assert len(refusals(before, after)) == refused


@pytest.fixture
def models(tmp_path: Path, tiny: Reader) -> Path:
    """A models folder with a reader."""
    folder = tmp_path / "models"
    files = Installed.under(folder)
    checkpoints.save_weights(files.weights, tiny.state_dict(), tiny.config.to_dict())
    files.onnx.write_bytes(b"old model")
    files.manifest.write_text(MANIFEST, encoding="utf-8")
    return folder


@pytest.fixture
def stand_ins(monkeypatch, gate: Gate):
    """A renderer of noise, in this process, and thirty plates."""

    def rendered(count: int, seed: int) -> np.ndarray:
        batch = np.zeros(count, SAMPLE)
        FakeSource().fill(batch, np.random.default_rng(seed), 0.0)
        return batch

    monkeypatch.setattr(fine_tune, "rendered_set", rendered)
    monkeypatch.setattr(fine_tune, "REGRESSION_SAMPLES", 8)
    monkeypatch.setattr(
        fine_tune, "ProcessFeeder", lambda config, ring, renderers, replays: InProcessFeeder(FakeSource(), 1, 8)
    )
    monkeypatch.setattr(fine_tune, "material_folder", lambda: None)
    samples = rendered(8, 5)
    held_out = calibration.HeldOut(samples["image"], samples["characters"].astype(np.int64))
    monkeypatch.setattr(calibration, "held_out", lambda folder: held_out)
    for text in _texts(30):
        gate.plate(text)


def _arguments(gate: Gate, models: Path) -> list[str]:
    return ["--data", str(gate.written()), "--models", str(models), "--minutes", "0.01", "--batch", "8"]


def _contents(models: Path) -> dict[str, bytes]:
    return {str(path.relative_to(models)): path.read_bytes() for path in models.rglob("*") if path.is_file()}


def test_a_refused_model_leaves_every_file(stand_ins, gate: Gate, models: Path, monkeypatch, capsys):
    scores = iter([Score((True,) * 9, 5), Score((True,) * 9, 4)])
    monkeypatch.setattr(fine_tune, "score", lambda *_: next(scores))
    before = _contents(models)
    assert fine_tune.main(_arguments(gate, models)) == 1
    assert _contents(models) == before
    assert "not installed: it reads 4 of the rendered plates instead of 5" in capsys.readouterr().err


def test_a_model_that_is_no_worse_is_installed(stand_ins, gate: Gate, models: Path, capsys):
    before = _contents(models)
    assert fine_tune.main(_arguments(gate, models)) == 0
    after = _contents(models)
    assert after.keys() == before.keys()
    assert all(after[name] != before[name] for name in before)
    files = Installed.under(models)
    assert manifest.refreshed(files.manifest.read_text(encoding="utf-8"), files.onnx) == files.manifest.read_text(
        encoding="utf-8"
    )
    assert "held-out plates of the gate: 0 -> 0" in capsys.readouterr().out


def test_a_failed_installation_leaves_every_file(models: Path, tiny: Reader):
    files = Installed.under(models)
    files.manifest.write_text("name = 1\n", encoding="utf-8")
    before = _contents(models)
    with pytest.raises(manifest.ManifestError):
        fine_tune.install(tiny, 1.0, files)
    assert _contents(models) == before


def test_faults_change_nothing(gate: Gate, models: Path, capsys):
    gate.plate("12A34567")
    before = _contents(models)
    assert fine_tune.main(_arguments(gate, models)) == 1
    assert "nothing was changed" in capsys.readouterr().err
    assert _contents(models) == before


def test_a_manifest_keeps_all_but_size_and_sum(tmp_path: Path):
    weights = tmp_path / "reader.onnx"
    weights.write_bytes(b"abc")
    new = manifest.refreshed(MANIFEST, weights)
    assert "bytes = 3\n" in new and 'sha256 = "ba7816bf' in new
    assert new.replace("bytes = 3", "bytes = 1").splitlines()[0] == 'name = "gatelpr-reader"'
    assert len(new.splitlines()) == len(MANIFEST.splitlines())
