"""Pictures to measure confusions on."""

import json

import cv2
import numpy as np
from gatelpr_training import labelled_crops, plates


def _noise(rng: np.random.Generator, country: str) -> plates.Plate:
    image = rng.integers(0, 255, (22, 104, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    return plates.Plate(image, f"{rng.integers(10, 99)}C12345", np.zeros((8, 2)), "one_line", "white", country)


def test_each_picture_is_one_labelled_plate_and_a_seed_gives_the_same_ones_again(tmp_path, monkeypatch):
    monkeypatch.setattr(plates, "render_plate", _noise)
    for folder in ("one", "two"):
        assert labelled_crops.main([str(tmp_path / folder), "--count", "4", "--seed", "3"]) == 0
    lines = (tmp_path / "one" / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    assert (tmp_path / "two" / "labels.jsonl").read_text(encoding="utf-8").splitlines() == lines
    labels = [json.loads(line) for line in lines]
    assert [label["plates"][0]["region"] for label in labels] == ["VN", "CN", "VN", "CN"]
    for label in labels:
        height, width = cv2.imread(str(tmp_path / "one" / label["image"])).shape[:2]
        assert label["crop"] and label["plates"][0]["bbox"] == [0, 0, width, height]
