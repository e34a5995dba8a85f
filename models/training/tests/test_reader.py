"""The reader, its loss, its export and its calibration."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch

from gatelpr_training import calibration, export_reader
from gatelpr_training.alphabet import CHARACTERS, CLASSES, SLOTS, decode, encode
from gatelpr_training.reader import Reader, ReaderConfig, parameters
from gatelpr_training.reader_loss import attention_weight, reader_loss, to_pictures, to_targets
from gatelpr_training.readings import expected_calibration_error, readings


def test_the_alphabet_has_75_different_characters():
    assert len(CHARACTERS) == len(set(CHARACTERS)) == CLASSES - 1 == 75


@pytest.mark.parametrize("text", ["51F97022", "桂F12345", "粤Z1234港", "80NG12345", "MĐ1234", ""])
def test_a_text_survives_encoding(text: str):
    assert decode(encode(text)) == text
    assert len(encode(text)) == SLOTS


@pytest.mark.parametrize("text", ["12A-3456", "12345678901", "12a34567"])
def test_what_no_plate_carries_is_refused(text: str):
    with pytest.raises(ValueError, match=text):
        encode(text)


def test_the_default_reader_has_about_a_million_parameters():
    assert 0.5e6 < parameters(Reader()) < 1.2e6


def test_a_configuration_survives_a_checkpoint():
    config = ReaderConfig(slot_mixing=True)
    stored = {key: list(value) if isinstance(value, tuple) else value for key, value in config.to_dict().items()}
    assert ReaderConfig.from_dict(stored) == config


def test_each_slot_looks_somewhere_or_nowhere(tiny: Reader):
    attention = tiny.eval()(torch.zeros(2, 3, 64, 160)).attention
    assert attention.shape == (2, SLOTS, Reader.MAP_ROWS * Reader.MAP_COLUMNS + 1)
    assert torch.allclose(attention.exp().sum(2), torch.ones(2, SLOTS), atol=1e-5)


def test_a_few_steps_lower_the_loss(tiny: Reader, samples: np.ndarray):
    optimiser = torch.optim.AdamW(tiny.parameters(), 1e-2)
    pictures, targets = to_pictures(samples["image"]), to_targets(samples)
    losses = []
    for _ in range(12):
        loss = reader_loss(tiny(pictures), targets, 0.4)
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()
        losses.append(loss.total.item())
    assert losses[-1] < 0.8 * losses[0]


def test_unknown_centres_and_heads_give_no_loss(tiny: Reader, samples: np.ndarray):
    samples["centres"] = np.nan
    for head in ("layout", "colour", "country"):
        samples[head] = -1
    losses = reader_loss(tiny(to_pictures(samples["image"])), to_targets(samples), 0.4)
    assert losses.heads.item() == 0
    assert torch.isfinite(losses.total)


def test_an_illegible_plate_has_no_loss_of_attention_or_of_its_text_in_full(tiny: Reader, samples: np.ndarray):
    output, targets = tiny(to_pictures(samples["image"])), to_targets(samples)
    illegible = reader_loss(output, replace(targets, legible=torch.zeros(len(samples))), 0.4)
    assert illegible.attention.item() == 0


def test_the_weight_of_the_attention_falls():
    assert [round(attention_weight(p), 3) for p in (0.0, 0.3, 0.6, 1.0)] == [0.45, 0.285, 0.12, 0.12]


def test_an_exported_reader_answers_as_the_trained_one(tiny: Reader, tmp_path):
    path = tmp_path / "reader.onnx"
    assert export_reader.export(tiny, 1.3, path) <= export_reader.TOLERANCE
    model = onnx.load(path)
    assert model.opset_import[0].version == 17
    assert [entry.name for entry in model.graph.input] == ["plates"]
    assert [entry.name for entry in model.graph.output] == ["characters", "layout", "colour", "country", "legible"]
    answers = export_reader.session(path).run(None, {"plates": np.zeros((5, 3, 64, 160), np.float32)})
    assert [answer.shape for answer in answers] == [(5, 10, 76), (5, 2), (5, 8), (5, 3), (5, 1)]
    assert np.allclose(answers[0].sum(2), 1, atol=1e-5)


def test_an_export_that_differs_leaves_the_old_file(tiny: Reader, tmp_path, monkeypatch):
    path = tmp_path / "reader.onnx"
    path.write_bytes(b"old")
    monkeypatch.setattr(export_reader, "difference", lambda *_: float("nan"))
    with pytest.raises(export_reader.ExportError):
        export_reader.export(tiny, 1.0, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_calibration_cools_a_reader_that_is_too_sure(monkeypatch):
    rng = np.random.default_rng(0)
    classes = rng.integers(1, CLASSES, (200, SLOTS))
    shown = np.where(rng.random(classes.shape) < 0.7, classes, rng.integers(1, CLASSES, classes.shape))
    logits = np.eye(CLASSES)[shown] * 8
    monkeypatch.setattr(calibration, "character_logits", lambda *_: logits)
    held_out = calibration.HeldOut(np.zeros((200, 64, 160, 3), np.uint8), classes)
    result = calibration.calibrate(None, held_out)
    assert 1.4 < result.temperature < 1.7
    assert result.characters_after < 0.3 * result.characters_before


def test_confidence_is_the_product_of_the_slots():
    probabilities = np.zeros((1, SLOTS, CLASSES))
    probabilities[0, :, 0] = 1
    probabilities[0, 0] = np.eye(CLASSES)[encode("7")[0]] * 0.5
    read = readings(probabilities)
    assert read.texts == ["7"]
    assert read.confidences[0] == pytest.approx(0.5)


@pytest.mark.parametrize("right, error", [([1, 1, 1, 1], 0.1), ([0, 0, 0, 0], 0.9), ([1, 1, 1, 0], 0.15)])
def test_calibration_error(right, error):
    assert expected_calibration_error(np.full(4, 0.9), np.array(right)) == pytest.approx(error)
