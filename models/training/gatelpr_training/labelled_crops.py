"""Rendered plates as a folder of labelled pictures, for ``gatelpr eval``: which character is taken for which.

    python -m gatelpr_training.labelled_crops FOLDER --count 4000 --seed 7

Each picture is one plate of Vietnam or China, in turn, photographed as for the reader's training and cut out upright
with some room around it. Needs neither PyTorch nor a model.
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from . import crops, plates

COUNTRIES = ("VN", "CN")
ROOM = (0.04, 0.08)
"""Share of the plate's width and height around it, the margins of the reader's input."""


def labelled_crop(rng: np.random.Generator, country: str) -> tuple[np.ndarray, plates.Plate]:
    """A plate that has some contrast, cut from its photograph (RGB)."""
    while True:
        plate = plates.render_plate(rng, country)
        height = crops._height_px(rng) * (1.0 if plate.layout == "one_line" else 1.75)
        patch, quad = crops.photographed(rng, plate.image, height)
        low, high = quad.min(0), quad.max(0)
        room = (high - low) * ROOM
        left, top = np.maximum(np.floor(low - room), 0).astype(int)
        right, bottom = np.ceil(high + room).astype(int)
        crop = patch[top:bottom, left:right]
        if crops._contrast(cv2.resize(crop, (crops.WIDTH, crops.HEIGHT))) >= crops.LEAST_CONTRAST:
            return crop, plate


def main(arguments: list[str]) -> int:
    """Writes the pictures and their labels."""
    parser = argparse.ArgumentParser(description="Writes rendered plates with their labels.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    rng = np.random.default_rng([args.seed, 0xC04F])
    args.folder.mkdir(parents=True, exist_ok=True)
    with (args.folder / "labels.jsonl").open("w", encoding="utf-8") as labels:
        for number in range(args.count):
            country = COUNTRIES[number % len(COUNTRIES)]
            image, plate = labelled_crop(rng, country)
            name = f"{number:06}.png"
            cv2.imwrite(str(args.folder / name), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
            height, width = image.shape[:2]
            label = {"text": plate.text, "bbox": [0, 0, width, height], "region": country}
            line = {"image": name, "plates": [label], "complete": True, "crop": True}
            labels.write(json.dumps(line, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
