"""Stand-ins for the renderer and tiny gates, so that tests need neither fonts nor training material."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
torch.set_num_threads(1)

from gatelpr_training.reader import Reader, ReaderConfig  # noqa: E402
from gatelpr_training.samples import SAMPLE, write_sample  # noqa: E402

TINY = ReaderConfig(widths=(16, 16, 16, 16), blocks=(1, 1, 1), map_channels=16, key_channels=16, hidden=16)
# No narrower: PyTorch 2.15 corrupts memory in channels-last training with fewer than 16 channels.


@dataclass(frozen=True)
class FakeSample:
    """A rendered sample's fields."""

    image: np.ndarray
    text: str
    centres: np.ndarray
    layout: str = "one_line"
    colour: str = "white"
    country: str = "VN"
    legible: bool = True


class FakeSource:
    """Noise with texts; the same for the same generator."""

    def fill(self, batch: np.ndarray, rng: np.random.Generator, progress: float) -> None:
        """As ``SampleSource.fill``."""
        for record in batch:
            image = rng.integers(0, 255, (64, 160, 3), dtype=np.uint8)
            text = "".join(rng.choice(list("0123456789ABC"), 8))
            write_sample(record, FakeSample(image, text, rng.random((8, 2)).astype(np.float32)))


@pytest.fixture
def source() -> FakeSource:
    """A renderer of noise."""
    return FakeSource()


@pytest.fixture
def tiny() -> Reader:
    """A reader that knows nothing, quickly."""
    torch.manual_seed(5)
    return Reader(TINY)


@pytest.fixture
def samples(source: FakeSource) -> np.ndarray:
    """Six rendered samples."""
    batch = np.zeros(6, SAMPLE)
    source.fill(batch, np.random.default_rng(3), 0.0)
    return batch


class Gate:
    """A folder of labelled pictures that can be made wrong."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.rows: list[object] = []

    def picture(self, name: str = "a.png") -> str:
        """A grey picture of 80x40 px."""
        cv2.imwrite(str(self.folder / name), np.full((40, 80, 3), 128, np.uint8))
        return name

    def plate(self, text: str, **more: object) -> "Gate":
        """A row with one plate that fills its picture."""
        self.rows.append({"image": self.picture(), "plates": [{"text": text}], "crop": True, **more})
        return self

    def written(self) -> Path:
        """The folder, with labels.jsonl; rows that are strings are written as they are."""
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in self.rows]
        (self.folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.folder


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """An empty gate."""
    folder = tmp_path / "gate"
    folder.mkdir()
    return Gate(folder)
