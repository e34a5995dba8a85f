"""What vehicles are drawn with: a canvas, sprites with places for plates, and their smaller parts."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.random import Generator

from .backgrounds import colour, grains, noise

SHADE = tuple[float, float, float]


@dataclass
class Mount:
    """Where a plate is fixed: its middle in the sprite's pixels."""

    x: float
    y: float
    pixels_per_mm: float


@dataclass
class Sprite:
    """A drawn vehicle seen square on."""

    image: np.ndarray
    """[H, W, 4] uint8, RGB and opacity."""
    mounts: list[Mount]
    """None where no plate belongs."""
    two_lined: float
    """Share of two-line plates on this kind."""
    lamps: list[tuple[float, float, float, SHADE]] = field(default_factory=list)
    """x, y, radius in pixels and colour of lamps that may shine."""
    labels: list[tuple[float, float, float, float]] = field(default_factory=list)
    """x, y, width and height of places for lettering, badges and stickers."""
    panels: list[tuple[float, float, float, float]] = field(default_factory=list)
    """x, y, width and height of bare sheet where a side number may be painted."""


class Canvas:
    """Draws shapes given as shares of a sprite's width and height, where asked on both sides."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rgb = np.zeros((height, width, 3), np.uint8)
        self.alpha = np.zeros((height, width), np.uint8)

    def polygon(self, points: list[tuple[float, float]], shade: SHADE) -> None:
        """Fills a polygon."""
        corners = (np.array(points) * (self.width * 8, self.height * 8)).astype(np.int32)
        cv2.fillPoly(self.rgb, [corners], shade, cv2.LINE_AA, 3)
        cv2.fillPoly(self.alpha, [corners], 255, cv2.LINE_AA, 3)

    def both(self, points: list[tuple[float, float]], shade: SHADE) -> None:
        """Fills a polygon and its mirror image."""
        self.polygon(points, shade)
        self.polygon([(1 - x, y) for x, y in points], shade)

    def box(self, x: float, y: float, width: float, height: float, shade: SHADE) -> None:
        """Fills a rectangle around its middle (x, y)."""
        a, b = width / 2, height / 2
        self.polygon([(x - a, y - b), (x + a, y - b), (x + a, y + b), (x - a, y + b)], shade)

    def oval(self, x: float, y: float, width: float, height: float, shade: SHADE, thick: int = -1) -> None:
        """Fills or outlines an ellipse around its middle (x, y)."""
        middle = (int(x * self.width), int(y * self.height))
        axes = (max(1, int(width * self.width / 2)), max(1, int(height * self.height / 2)))
        cv2.ellipse(self.rgb, middle, axes, 0, 0, 360, shade, thick, cv2.LINE_AA)
        cv2.ellipse(self.alpha, middle, axes, 0, 0, 360, 255, thick, cv2.LINE_AA)

    def line(self, start: tuple[float, float], end: tuple[float, float], shade: SHADE, thick: int) -> None:
        """Draws a line."""
        a, b = ((int(x * self.width), int(y * self.height)) for x, y in (start, end))
        cv2.line(self.rgb, a, b, shade, thick, cv2.LINE_AA)

    def shaded(self, rng: Generator) -> np.ndarray:
        """The drawing with light from above, soft reflections and grain, [H, W, 4] uint8."""
        light = np.linspace(rng.uniform(0.9, 1.3), rng.uniform(0.5, 1.0), self.height, dtype=np.float32)[:, None]
        light = light * (1 + rng.uniform(0, 0.7) * (noise(rng, self.height, self.width, 6) - 0.5))
        lift = rng.uniform(-20, 40) * noise(rng, self.height, self.width, 4)
        rgb = np.clip(self.rgb * light[..., None] + lift[..., None], 0, 255)
        rgb = grains(rng, rgb, rng.uniform(1, 8))
        return np.dstack([rgb, self.alpha])


def shade_of(rng: Generator, low: float, high: float, saturation: float = 0.15) -> SHADE:
    """A colour of brightness ``low`` to ``high``, nearly grey by default."""
    base = rng.uniform(low, high)
    r, g, b = np.clip(base * (1 + rng.uniform(-saturation, saturation, 3)), 0, 255)
    return float(r), float(g), float(b)


def paint_of(rng: Generator) -> SHADE:
    """A vehicle's paint: white, grey, black, or a colour."""
    kind = rng.random()
    if kind < 0.28:
        return shade_of(rng, 170, 255, 0.06)
    if kind < 0.5:
        return shade_of(rng, 5, 60, 0.2)
    if kind < 0.7:
        return shade_of(rng, 70, 170, 0.1)
    r, g, b = colour(rng, 1.6)
    return float(r), float(g), float(b)


def bars(rng: Generator, canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    """A grille, a bumper's opening or a ventilation slot around (x, y)."""
    canvas.box(x, y, width, height, shade_of(rng, 5, 60))
    shade = shade_of(rng, 10, 240)
    thick = int(rng.integers(1, 6))
    count = int(rng.integers(2, 12))
    if rng.random() < 0.65:
        for at in np.linspace(y - height / 2, y + height / 2, count):
            canvas.line((x - width / 2, at), (x + width / 2, at), shade, thick)
    if rng.random() < 0.45:
        for at in np.linspace(x - width / 2, x + width / 2, 2 * count):
            canvas.line((at, y - height / 2), (at, y + height / 2), shade, thick)


def lamps(rng: Generator, canvas: Canvas, y: float, front: bool) -> list[tuple[float, float, float, SHADE]]:
    """A pair of lamps at height ``y``; returns them as lamps that may shine."""
    glow = (255.0, 250.0, 225.0) if front else (255.0, 25.0, 20.0)
    outer, wide, tall = rng.uniform(0.03, 0.09), rng.uniform(0.08, 0.2), rng.uniform(0.05, 0.16)
    shade = shade_of(rng, 120, 250) if front else (rng.uniform(110, 230), rng.uniform(0, 50), rng.uniform(0, 50))
    slant = rng.uniform(-0.05, 0.05)
    points = [
        (outer, y - tall / 2),
        (outer + wide, y - tall / 2 + slant),
        (outer + wide * rng.uniform(0.5, 1.1), y + tall / 2),
        (outer, y + tall / 2),
    ]
    canvas.both(points, shade)
    middle = outer + wide * 0.5
    for _ in range(int(rng.integers(0, 7))):
        reflector(
            rng,
            canvas,
            outer + wide * rng.uniform(0.15, 0.85),
            y + tall * rng.uniform(-0.3, 0.3),
            tall * rng.uniform(0.1, 0.7),
        )
    if rng.random() < 0.6:
        inner = shade_of(rng, 190, 255) if rng.random() < 0.5 else (250.0, 150.0, 30.0)
        canvas.both(
            [(outer, y), (outer + wide * 0.4, y), (outer + wide * 0.4, y + tall * 0.3), (outer, y + tall * 0.3)], inner
        )
    return [(x * canvas.width, y * canvas.height, tall * canvas.width * 0.4, glow) for x in (middle, 1 - middle)]


def reflector(rng: Generator, canvas: Canvas, x: float, y: float, size: float) -> None:
    """One thing inside a lamp's glass and its mirror image: a bulb, a ring, a chrome edge, a row of diodes."""
    shade = shade_of(rng, 20, 255, 0.3)
    kind = rng.random()
    for at in (x, 1 - x):
        if kind < 0.5:
            canvas.oval(
                at,
                y,
                size,
                size * canvas.width / canvas.height,
                shade,
                -1 if rng.random() < 0.6 else int(rng.integers(1, 5)),
            )
        elif kind < 0.75:
            canvas.box(at, y, size * rng.uniform(0.5, 2), size * 0.3, shade)
        else:
            for dot in np.linspace(-1, 1, int(rng.integers(3, 9))):
                canvas.oval(at + dot * size, y, size * 0.2, size * 0.2, shade)
