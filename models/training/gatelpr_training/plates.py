"""Draws plates as seen from the front: true proportions, true or similar glyphs, borders, screws, dirt and wear."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from . import glyphs
from .layouts import STICKER, Colour, PlateSpec, choose, plate_spec, random_text
from .stickers import draw_sticker

SEPARATORS = "-.· " + STICKER
_GLYPH_RATIOS = {"1": 0.30, "I": 0.22, "J": 0.45, "M": 0.58, "W": 0.62, "4": 0.53}
"""Widths of Vietnamese glyphs as shares of their height: the source's pictures are all stretched to one width."""
_SEPARATOR_RATIOS = {"-": 0.30, ".": 0.14, "·": 0.22, " ": 0.30, STICKER: 0.42}


@dataclass(frozen=True)
class Plate:
    """A plate seen from the front."""

    image: np.ndarray
    """H x W x 3, uint8, RGB."""
    text: str
    """Reading order, without separators."""
    centres: np.ndarray
    """Per character the x and y of its middle, as shares of the plate's width and height."""
    layout: str
    colour: str
    country: str


@dataclass(frozen=True)
class Style:
    """How the characters of one plate look."""

    sets: tuple[glyphs.GlyphSet, ...]
    """In order of preference: the first that has a character gives it."""
    ratio: float | None
    """Width of a usual character as a share of its height where the source has no true widths; else the source's own."""
    stretch: float
    gap: float
    """Space between characters as a share of their height."""
    twins: tuple[tuple[str, str], ...] = ()
    """Characters that are drawn as another one: in many countries O and 0 look the same."""


def render_plate(rng: np.random.Generator, country: str | None = None) -> Plate:
    """Any plate, of ``country`` (VN, CN or XX) if given."""
    return draw(rng, plate_spec(rng, country))


def draw(rng: np.random.Generator, spec: PlateSpec) -> Plate:
    """The plate that ``spec`` describes, with random style, wear and dirt."""
    height = int(rng.integers(64, 92)) if len(spec.lines) == 1 else int(rng.integers(104, 150))
    width = round(height * spec.width_mm / spec.height_mm)
    ink = np.zeros((height, width), np.uint8)
    red_ink = np.zeros_like(ink) if spec.red else None
    centres: list[tuple[float, float]] = []
    stickers: list[tuple[float, float, float]] = []
    boxes = _line_boxes(rng, spec)
    for index, (line, box) in enumerate(zip(spec.lines, boxes)):
        _draw_line(rng, spec, index, line, box, ink, red_ink, centres, stickers)
    ground, colour = _ground(rng, spec, height, width)
    image = _paint(rng, ground, _with_stroke(rng, ink), colour)
    if red_ink is not None:
        image = _paint(rng, image, red_ink, _jitter(rng, (190, 25, 25), 25))
    for sticker in stickers:
        draw_sticker(rng, image, *sticker)
    image = _finish(rng, spec, image)
    text = "".join(c for line in spec.lines for c in line if c not in SEPARATORS)
    shares = np.array(centres, np.float32) / (width, height)
    return Plate(image, text, shares, "one_line" if len(spec.lines) == 1 else "two_lines", spec.colour, spec.country)


def _line_boxes(rng: np.random.Generator, spec: PlateSpec) -> list[tuple[float, float, float, float]]:
    """Left, top, right, bottom of each line of text, as shares of the plate."""
    shrink = float(rng.uniform(-0.01, 0.03))
    if len(spec.lines) == 1:
        if spec.glyphs == "vietnamese":
            top, side = float(rng.uniform(0.10, 0.18)), float(rng.uniform(0.02, 0.07))
        elif spec.glyphs == "latin":
            wide = spec.width_mm / spec.height_mm > 3
            top, side = (float(rng.uniform(0.10, 0.22)), 0.05) if wide else (float(rng.uniform(0.18, 0.32)), 0.06)
        else:
            top, side = 0.18, 0.035
        left = side + (float(rng.uniform(0.05, 0.09)) if spec.glyphs == "latin" and spec.width_mm > 450 else 0.0)
        return [(left + shrink, top + shrink, 1 - side - shrink, 1 - top - shrink)]
    if spec.glyphs == "two_lines":
        inset = float(rng.uniform(0.20, 0.28))
        return [(inset, 0.09 + shrink, 1 - inset, 0.355), (0.05 + shrink, 0.41, 0.95 - shrink, 0.93 - shrink)]
    upper_inset = float(rng.uniform(0.06, 0.17))
    split = float(rng.uniform(0.485, 0.515))
    edge = float(rng.uniform(0.05, 0.11))
    return [
        (upper_inset, edge + shrink, 1 - upper_inset, split - 0.02),
        (0.045 + shrink, split + 0.025, 0.955 - shrink, 1 - edge - shrink),
    ]


def _style(rng: np.random.Generator, spec: PlateSpec, line_index: int) -> Style:
    latin = glyphs.font(choose(rng, glyphs.latin_fonts()))
    stretch = float(rng.uniform(0.85, 1.15))
    gap = float(rng.uniform(0.05, 0.13))
    if spec.glyphs == "vietnamese":
        if rng.random() < 0.6:
            return Style((glyphs.vietnamese(), latin), float(rng.uniform(0.44, 0.58)), stretch, gap)
        # Not every font has a Đ.
        return Style((latin, glyphs.vietnamese()), None, float(rng.uniform(0.75, 1.1)), gap)
    if spec.glyphs == "latin":
        twins = tuple(choose(rng, pairs) for pairs, likely in _TWINS if rng.random() < likely)
        if rng.random() < _ROAD_SHARE and glyphs.road_fonts():
            latin = glyphs.font(choose(rng, glyphs.road_fonts()))
        return Style((latin,), None, stretch, float(rng.uniform(0.04, 0.16)), twins)
    if spec.glyphs == "two_lines":
        special = glyphs.chinese("220_up" if line_index == 0 else "220_down")
        base = (special, glyphs.chinese("220"), glyphs.chinese("140"))
    elif spec.glyphs == "green":
        base = (glyphs.chinese("green"), glyphs.chinese("140"))
    else:
        base = (glyphs.chinese("140"), glyphs.chinese("green"))
    kind = rng.random()
    if kind < 0.34:
        base = (glyphs.chinese_cuts(), *base)
    elif kind < 0.44:
        base = (latin, glyphs.chinese_font(choose(rng, glyphs.CHINESE_FONTS)), *base)
    elif kind < 0.52:
        base = (latin, *base)
    return Style(base, None, stretch, gap)


_ROAD_SHARE = 0.25
"""Of plates of other countries that are lettered as road signs are."""
_TWINS = (((("O", "0"), ("0", "O")), 0.5), ((("I", "1"),), 0.1))
"""How often plates of other countries draw the first of a pair as the second. Then only the format can tell them apart, and the reader
shall learn to say so."""


def _pick(rng: np.random.Generator, style: Style, character: str) -> np.ndarray:
    character = dict(style.twins).get(character, character)
    for glyph_set in style.sets:
        if character in glyph_set:
            return glyph_set.pick(rng, character)
    raise KeyError(f"no glyph for {character!r} in {[s.name for s in style.sets]}")


def _draw_line(rng, spec: PlateSpec, line_index: int, line: str, box, ink, red_ink, centres, stickers) -> None:
    """Draws ``line`` into ``ink``, fitted into ``box``; appends the middle of each character, and x, y and height of each
    sticker, in px."""
    style = _style(rng, spec, line_index)
    plate_height, plate_width = ink.shape
    left, top, right, bottom = box[0] * plate_width, box[1] * plate_height, box[2] * plate_width, box[3] * plate_height
    height = bottom - top
    marks: list[tuple[str, np.ndarray | None, float]] = []
    for character in line:
        if character in SEPARATORS:
            marks.append((character, None, _SEPARATOR_RATIOS[character]))
            continue
        mask = _pick(rng, style, character)
        ratio = mask.shape[1] / mask.shape[0]
        if style.ratio is not None and style.sets[0].name == "vietnamese" and character in style.sets[0]:
            ratio = style.ratio * _GLYPH_RATIOS.get(character, 0.5) / 0.5
        marks.append((character, mask, ratio * style.stretch))
    natural = sum(ratio for *_, ratio in marks) + style.gap * (len(marks) - 1)
    # Wide enough to fill the box, yet no character more than a little wider than its glyph.
    factor = min((right - left) / (natural * height), 1.35 if spec.country == "CN" else 1.2)
    cursor = (left + right) / 2 - natural * factor * height / 2
    already = sum(c not in SEPARATORS for earlier in spec.lines[:line_index] for c in earlier)
    for character, mask, ratio in marks:
        width = ratio * factor * height
        if character == STICKER:
            stickers.append((cursor + width / 2, top + height / 2, height))
        elif mask is None:
            _draw_separator(rng, character, cursor + width / 2, top, height, ink)
        else:
            jitter = rng.normal(0, 0.012 * height, 2)
            is_red = red_ink is not None and already in spec.red
            _place(red_ink if is_red else ink, mask, cursor + jitter[0], top + jitter[1], width, height)
            centres.append((cursor + width / 2, top + height / 2))
            already += 1
        cursor += width + style.gap * factor * height


def _place(target: np.ndarray, mask: np.ndarray, left: float, top: float, width: float, height: float) -> None:
    x, y, w, h = round(left), round(top), max(2, round(width)), max(4, round(height))
    scaled = cv2.resize(mask, (w, h), interpolation=cv2.INTER_AREA)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, target.shape[1]), min(y + h, target.shape[0])
    if x1 > x0 and y1 > y0:
        part = target[y0:y1, x0:x1]
        np.maximum(part, scaled[y0 - y : y1 - y, x0 - x : x1 - x], out=part)


def _draw_separator(rng, character: str, x: float, top: float, height: float, ink: np.ndarray) -> None:
    thickness = max(2, round(height * float(rng.uniform(0.09, 0.14))))
    if character == "-":
        y = top + height * float(rng.uniform(0.45, 0.56))
        half = height * float(rng.uniform(0.07, 0.13))
        cv2.line(ink, (round(x - half), round(y)), (round(x + half), round(y)), 255, thickness)
    elif character == ".":
        y = top + height * float(rng.choice([0.94, 0.55], p=[0.75, 0.25]))
        cv2.circle(ink, (round(x), round(y)), max(1, round(thickness * 0.6)), 255, -1)
    elif character == "·":
        cv2.circle(ink, (round(x), round(top + height * 0.5)), max(1, round(thickness * 0.65)), 255, -1)


def _with_stroke(rng: np.random.Generator, ink: np.ndarray) -> np.ndarray:
    """Thinner or thicker strokes."""
    if rng.random() < 0.4:
        return ink
    sigma = float(rng.uniform(0.5, 0.016 * ink.shape[0]))
    level = float(rng.uniform(70, 185))
    blurred = cv2.GaussianBlur(ink, (0, 0), sigma)
    return cv2.convertScaleAbs(cv2.subtract(blurred, level - 64), alpha=2.0)


def _jitter(rng: np.random.Generator, colour: Colour, amount: float) -> np.ndarray:
    return np.clip(np.array(colour) + rng.normal(0, amount * 0.6, 3) + rng.normal(0, amount * 0.6), 0, 255)


_GROUNDS: dict[str, tuple[tuple[Colour, ...], tuple[Colour, ...]]] = {
    "white": (((235, 235, 232), (215, 218, 222), (225, 222, 205)), ((20, 20, 22), (35, 35, 45))),
    "yellow": (((245, 190, 25), (225, 170, 40), (250, 205, 60)), ((20, 20, 20),)),
    "blue": (((25, 60, 170), (20, 80, 200), (35, 45, 140), (50, 110, 215)), ((240, 240, 245),)),
    "red": (((190, 25, 30), (160, 20, 25)), ((240, 240, 240),)),
    "black": (((18, 18, 20), (35, 35, 38)), ((235, 235, 235),)),
    "green": (((90, 200, 130), (60, 185, 105), (120, 210, 150)), ((15, 20, 18),)),
    "yellow_green": (((90, 200, 130), (70, 190, 110)), ((15, 20, 18),)),
}


def _ground(rng: np.random.Generator, spec: PlateSpec, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The plate without its text (float32, RGB), and the colour of the text."""
    if spec.colour == "other":
        ground, ink = rng.uniform(60, 255, 3), rng.uniform(0, 160, 3)
        if abs(ground.mean() - ink.mean()) < 80:
            ground, ink = np.array([205.0, 205.0, 205.0]), np.array([25.0, 30.0, 60.0])
    else:
        grounds, inks = _GROUNDS[spec.colour]
        ground, ink = _jitter(rng, choose(rng, grounds), 18), _jitter(rng, choose(rng, inks), 14)
        if spec.country == "XX" and spec.colour == "white" and rng.random() < 0.4:
            ink = np.array([(20, 30, 110), (120, 20, 30), (20, 80, 50)][int(rng.integers(3))], float)
    image = np.empty((height, width, 3), np.float32)
    image[:] = ground
    if spec.colour == "green":
        fade = np.linspace(float(rng.uniform(0.5, 1.0)), float(rng.uniform(-0.2, 0.1)), height, dtype=np.float32)[
            :, None, None
        ]
        image += (np.array([245, 250, 245], np.float32) - image) * np.clip(fade, 0, 1)
    if spec.colour == "yellow_green":
        image[:, : round(width * 0.28)] = _jitter(rng, (240, 180, 30), 18)
    if spec.country == "XX":
        _decorate(rng, spec, image)
    return image, ink


def _decorate(rng: np.random.Generator, spec: PlateSpec, image: np.ndarray) -> None:
    """A European plate's blue strip; an American or Brazilian one's small lines of text."""
    height, width = image.shape[:2]
    face_name = choose(rng, glyphs.latin_fonts())
    if spec.picture:
        _backdrop(rng, image)
    if spec.width_mm > 450 and rng.random() < 0.75:
        edge = round(width * float(rng.uniform(0.06, 0.085)))
        image[:, :edge] = _jitter(rng, (20, 50, 150), 20)
        small_text(
            rng,
            image,
            random_text(rng, "ABCDEFGHIKLNPRSTVZ", int(rng.integers(1, 4))),
            face_name,
            (edge * 0.15, height * 0.62),
            0.25 * height,
            (240, 240, 240),
        )
        cv2.circle(image, (edge // 2, round(height * 0.3)), max(2, edge // 4), (230, 200, 40), 2)
    elif spec.width_mm <= 450 and rng.random() < 0.8:
        ink = tuple(float(v) for v in rng.uniform(0, 140, 3))
        word = random_text(rng, "ABCDEFGHILMNOPRSTUVY", int(rng.integers(4, 11)))
        small_text(
            rng, image, word, face_name, (width * float(rng.uniform(0.15, 0.4)), height * 0.03), 0.15 * height, ink
        )
        if rng.random() < 0.6:
            slogan = random_text(rng, "abcdefghilmnoprstuvy ", int(rng.integers(6, 16)))
            small_text(rng, image, slogan, face_name, (width * 0.2, height * 0.84), 0.13 * height, ink)


def _backdrop(rng: np.random.Generator, image: np.ndarray) -> None:
    """Faint hills, stripes, a sun: what American plates show behind the text."""
    height, width = image.shape[:2]
    picture = np.empty_like(image)
    picture[:] = rng.uniform(120, 255, 3)
    picture += np.linspace(float(rng.uniform(-70, 70)), float(rng.uniform(-70, 70)), height, dtype=np.float32)[
        :, None, None
    ]
    for _ in range(int(rng.integers(1, 5))):
        colour = tuple(map(float, rng.uniform(60, 255, 3)))
        if rng.random() < 0.6:
            points = np.stack([np.linspace(0, width, 6), rng.uniform(0.2, 1.1, 6) * height], 1)
            points = np.vstack([points, [[width, height], [0, height]]])
            cv2.fillPoly(picture, [np.rint(points).astype(np.int32)], colour)
        else:
            at = (int(rng.integers(width)), int(rng.integers(height)))
            cv2.circle(picture, at, max(3, int(height * rng.uniform(0.1, 0.5))), colour, -1, cv2.LINE_AA)
    image += (picture - image) * float(rng.uniform(0.2, 0.7))


def small_text(rng, image: np.ndarray, text: str, face_name: str, at: tuple[float, float], size: float, colour) -> None:
    """Writes ``text`` into ``image`` (float32 or uint8) from its upper left corner ``at`` (px), ``size`` px high."""
    picture = Image.new("L", (image.shape[1], image.shape[0]))
    face = glyphs.text_face(face_name, max(6, round(size / 2) * 2))
    ImageDraw.Draw(picture).text(at, text, fill=255, font=face)
    alpha = np.asarray(picture, np.float32)[..., None] / 255
    image[:] = image * (1 - alpha) + np.array(colour, np.float32) * alpha


def _paint(rng: np.random.Generator, ground: np.ndarray, ink: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """``ink`` in ``colour`` on ``ground``, embossed and here and there worn."""
    alpha = ink.astype(np.float32) / 255
    if rng.random() < 0.25:
        alpha *= 1 - _blotches(rng, ink.shape) * float(rng.uniform(0.2, 0.8))
    image = ground + (colour.astype(np.float32) - ground) * alpha[..., None]
    if rng.random() < 0.7:
        relief = cv2.GaussianBlur(alpha, (0, 0), 1.0)
        dx, dy = (int(v) for v in rng.integers(-2, 3, 2))
        shade = (np.roll(relief, (dy, dx), (0, 1)) - np.roll(relief, (-dy, -dx), (0, 1))) * float(rng.uniform(10, 70))
        image += shade[..., None]
    return image


def _blotches(rng: np.random.Generator, shape: tuple[int, int], coarse: int = 5) -> np.ndarray:
    """Soft spots between 0 and 1, float32 of ``shape``."""
    small = rng.random((coarse, max(2, round(coarse * shape[1] / shape[0])))).astype(np.float32)
    spots = cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip((spots - 0.55) * 3, 0, 1)


def _finish(rng: np.random.Generator, spec: PlateSpec, image: np.ndarray) -> np.ndarray:
    """With border, screws, dirt and scratches, as bytes."""
    height, width = image.shape[:2]
    _border(rng, spec, image)
    if rng.random() < 0.5:
        _screws(rng, image)
    if rng.random() < 0.35:
        dirt = _blotches(rng, (height, width), int(rng.integers(3, 12)))[..., None] * float(rng.uniform(0.1, 0.6))
        image += (_jitter(rng, (95, 80, 65), 30).astype(np.float32) - image) * dirt
    for _ in range(int(rng.integers(0, 4)) if rng.random() < 0.2 else 0):
        points = rng.uniform((0, 0), (width, height), (2, 2)).astype(int)
        cv2.line(
            image,
            tuple(map(int, points[0])),
            tuple(map(int, points[1])),
            tuple(map(float, rng.uniform(40, 230, 3))),
            1,
            cv2.LINE_AA,
        )
    return np.clip(image, 0, 255).astype(np.uint8)


def _border(rng: np.random.Generator, spec: PlateSpec, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    likely = {"VN": 0.8, "CN": 0.9, "XX": 0.5}[spec.country]
    if rng.random() > likely:
        return
    dark = spec.colour in ("white", "yellow", "green", "yellow_green", "other")
    colour = tuple(map(float, _jitter(rng, (25, 25, 28) if dark else (235, 235, 235), 20)))
    inset = round(height * float(rng.uniform(0.0, 0.035)))
    thickness = max(1, round(height * float(rng.uniform(0.01, 0.035))))
    cv2.rectangle(image, (inset, inset), (width - 1 - inset, height - 1 - inset), colour, thickness, cv2.LINE_AA)


def _screws(rng: np.random.Generator, image: np.ndarray) -> None:
    height, width = image.shape[:2]
    radius = max(1, round(height * float(rng.uniform(0.02, 0.05))))
    colour = tuple(map(float, np.full(3, rng.uniform(40, 230)) + rng.normal(0, 10, 3)))
    x = float(rng.uniform(0.06, 0.32))
    rows = [float(rng.uniform(0.05, 0.12))] if rng.random() < 0.7 else []
    rows += [1 - float(rng.uniform(0.05, 0.12))] if rng.random() < 0.7 else []
    for y in rows or [0.5]:
        for side in (x, 1 - x):
            cv2.circle(image, (round(side * width), round(y * height)), radius, colour, -1, cv2.LINE_AA)
