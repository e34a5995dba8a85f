"""Draws what looks like a plate and is none: slogans, phone numbers, dates on the screen, badges, grilles, empty plates."""

from __future__ import annotations

import cv2
import numpy as np

from . import glyphs
from .layouts import choose, digits, random_text
from .plates import small_text

_WORDS = ("TAXI", "SALE", "OPEN", "STOP", "EXIT", "HONDA", "TOYOTA", "HYUNDAI", "FORD", "ISUZU", "DONGFENG", "HOWO", "CAMERA 01", "CAM 2", "SUPER",
          "EXPRESS", "CARGO", "MOBI", "PARKING", "VIP", "AIR", "BUS", "TRUCK", "SERVICE", "HOTLINE", "LOGISTICS", "TURBO", "DIESEL", "SH 150i", "WAVE")  # fmt: skip
_CHINESE_WORDS = "一路平安货运物流公司中国重汽东风解放限速停车危险出口入口"


def render_negative(rng: np.random.Generator) -> np.ndarray:
    """A thing that looks like a plate but is none, H x W x 3, uint8, RGB."""
    height = int(rng.integers(40, 120))
    width = round(height * float(rng.uniform(1.2, 5.5)))
    ground = rng.uniform(0, 255, 3)
    ink = np.where(ground.mean() > 127, rng.uniform(0, 110, 3), rng.uniform(140, 255, 3))
    image = np.empty((height, width, 3), np.float32)
    image[:] = ground
    if rng.random() < 0.3:
        image += np.linspace(-40, 40, width, dtype=np.float32)[None, :, None]
    kind = rng.random()
    if kind > 0.22:
        lines = 1 if rng.random() < 0.7 else 2
        size = height * float(rng.uniform(0.35, 0.8)) / lines
        for line in range(lines):
            text, face = _other_text(rng)
            at = (width * float(rng.uniform(0.0, 0.15)), height * (0.08 + line * 0.45))
            small_text(rng, image, text, face, at, size, ink)
    elif kind > 0.11:
        for x in range(0, width, int(rng.integers(5, 16))):
            cv2.line(image, (x, 0), (x, height), tuple(map(float, ink)), int(rng.integers(1, 6)))
    if rng.random() < 0.4:
        cv2.rectangle(image, (1, 1), (width - 2, height - 2), tuple(map(float, ink)), int(rng.integers(1, 4)))
    return np.clip(image, 0, 255).astype(np.uint8)


def _other_text(rng: np.random.Generator) -> tuple[str, str]:
    """A text that no plate carries, and a font for it."""
    kind, face = rng.random(), choose(rng, glyphs.latin_fonts())
    if kind < 0.35:
        return choose(rng, _WORDS), face
    if kind < 0.5:
        return f"0{digits(rng, 3)}.{digits(rng, 3)}.{digits(rng, 3)}", face
    if kind < 0.65:
        return (
            f"{digits(rng, 2)}/{digits(rng, 2)}/20{digits(rng, 2)} {digits(rng, 2)}:{digits(rng, 2)}:{digits(rng, 2)}",
            face,
        )
    if kind < 0.8 and glyphs.chinese_font(glyphs.CHINESE_FONTS[0]).masks:
        return random_text(rng, _CHINESE_WORDS, int(rng.integers(2, 7))), glyphs.CHINESE_FONTS[0]
    if kind < 0.9:
        return random_text(rng, "abcdefghijklmnopqrstuvwxyz ", int(rng.integers(4, 14))), face
    return random_text(rng, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", int(rng.integers(9, 14))), face
