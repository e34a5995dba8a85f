"""Real crops of plates from one province, with the characters of all others in its place."""

import cv2
import numpy as np

from . import glyphs
from .alphabet import PROVINCES
from .layouts import choose

LEFT, RIGHT, TOP, BOTTOM = 0.025, 0.142, 0.13, 0.87
"""Where the province stands on a one-line plate of 440 x 140 mm, as shares of it (GA 36-2018), with the error of a loose cut."""
STROKE_PX = 5
"""No stroke of a character is wider in crops of this size (94 x 24)."""
BRIGHT = 90
"""Percentile of the brightness that is ink on a blue plate."""


def moved_to_another_province(rng: np.random.Generator, picture: np.ndarray) -> tuple[np.ndarray, str]:
    """The crop ``picture`` (uint8 RGB, a whole blue one-line plate) with another province's character, and that character."""
    province = choose(rng, PROVINCES)
    height, width = picture.shape[:2]
    ground = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((STROKE_PX, STROKE_PX), np.uint8))
    ground = cv2.GaussianBlur(ground, (0, 0), 1.2)
    ink = _ink(picture)
    x0, x1 = round(LEFT * width), max(round(RIGHT * width), round(LEFT * width) + 6)
    y0, y1 = round(TOP * height), round(BOTTOM * height)
    alpha = np.zeros((height, width), np.float32)
    glyph = _glyph(rng, province)
    at_x, at_y = x0 + rng.normal(0, 0.4), y0 + rng.normal(0, 0.5)
    size = ((x1 - x0) * rng.uniform(0.88, 1.05), (y1 - y0) * rng.uniform(0.9, 1.05))
    place = np.array([[size[0] / glyph.shape[1], 0, at_x], [0, size[1] / glyph.shape[0], at_y]], np.float32)
    # Blurred before it is shrunk, so that no stroke is lost between two pixels.
    soft = cv2.GaussianBlur(glyph.astype(np.float32), (0, 0), glyph.shape[0] / size[1] * rng.uniform(0.25, 0.7))
    cv2.warpAffine(soft, place, (width, height), alpha, cv2.INTER_AREA)
    alpha = np.clip(alpha / 255 * rng.uniform(0.85, 1.1), 0, 1)[..., None]
    emptied = _emptied(picture, ground, x1)
    return np.clip(emptied + (ink - emptied) * alpha, 0, 255).astype(np.uint8), province


def _glyph(rng: np.random.Generator, province: str) -> np.ndarray:
    """A true glyph, or one cut from another real plate."""
    sets = (glyphs.chinese("140"), glyphs.chinese_cuts()) if rng.random() < 0.5 else (glyphs.chinese_cuts(),)
    return next(one for one in sets if province in one).pick(rng, province)


def _ink(picture: np.ndarray) -> np.ndarray:
    """The colour of the characters beside the province."""
    others = picture[:, round(picture.shape[1] * 0.2) :].reshape(-1, 3).astype(np.float32)
    brightness = others.mean(1)
    return others[brightness >= np.percentile(brightness, BRIGHT)].mean(0)


def _emptied(picture: np.ndarray, ground: np.ndarray, right: int) -> np.ndarray:
    """``picture`` without its first character: the plate's ground there, which fades into what stands beside it."""
    share = np.clip((right + 1 - np.arange(picture.shape[1], dtype=np.float32)) / 2, 0, 1)[None, :, None]
    return picture.astype(np.float32) * (1 - share) + ground.astype(np.float32) * share
