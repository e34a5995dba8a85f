"""What stands behind the vehicles: random textures, street-like compositions and, where present, real photographs."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

PHOTOGRAPHS = (
    "aero1.jpg aero3.jpg aloeL.jpg apple.jpg baboon.jpg basketball1.png board.jpg box_in_scene.png building.jpg "
    "butterfly.jpg cards.png ela_modified.jpg fruits.jpg graf1.png graf3.png home.jpg left.jpg left03.jpg left08.jpg "
    "leuvenA.jpg leuvenB.jpg messi5.jpg rubberwhale1.png right.jpg right06.jpg smarties.png squirrel_cls.jpg "
    "starry_night.jpg stuff.jpg orange.jpg HappyFish.jpg pic3.png imageTextR.png"
).split()
"""Pictures without number plates that OpenCV's documentation package carries (Apache-2.0), found below any folder."""

TEXTURE_SIZE = 640
"""Side of a texture in pixels."""


def noise(rng: Generator, height: int, width: int, finest: int = 6, fall: float = 0.6) -> np.ndarray:
    """Smooth noise of several octaves, [height, width] float32 from 0 to 1."""
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    for octave in range(int(rng.integers(1, 3)), finest):
        cells = 2**octave + 1
        grid = rng.random((cells, cells), dtype=np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        weight *= fall
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def colour(rng: Generator, saturation: float = 0.4) -> np.ndarray:
    """A random colour, float32 [3], mostly near grey."""
    grey = rng.uniform(0, 255)
    strength = saturation * rng.random()
    return np.clip(grey * (1 - strength) + rng.uniform(0, 255, 3) * strength, 0, 255).astype(np.float32)


def ramp(rng: Generator, values: np.ndarray, saturation: float = 0.4) -> np.ndarray:
    """Values 0 to 1 as colours along a random ramp of three colours, uint8 [.., 3]."""
    stops = np.stack([colour(rng, saturation) for _ in range(3)])
    at = np.linspace(0, 2, 256)
    table = np.stack([np.interp(at, (0, 1, 2), stops[:, channel]) for channel in range(3)], axis=1).astype(np.uint8)
    return table[(values * 255).astype(np.uint8)]


def grains(rng: Generator, image: np.ndarray, strength: float) -> np.ndarray:
    """``image`` with grains of one to three pixels."""
    height, width = image.shape[:2]
    scale = int(rng.integers(1, 4))
    small = rng.standard_normal((height // scale + 1, width // scale + 1), dtype=np.float32) * strength
    full = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(image + full[..., None], 0, 255).astype(np.uint8)


def clouds(rng: Generator) -> np.ndarray:
    """Soft patches."""
    return ramp(
        rng, noise(rng, TEXTURE_SIZE, TEXTURE_SIZE, int(rng.integers(3, 8)), rng.uniform(0.4, 0.8)), rng.random()
    )


def asphalt(rng: Generator) -> np.ndarray:
    """Road surface or concrete with stains, cracks and painted lines."""
    image = ramp(rng, noise(rng, TEXTURE_SIZE, TEXTURE_SIZE, 4) * 0.5 + 0.25, 0.15)
    image = grains(rng, image, rng.uniform(3, 25))
    for _ in range(int(rng.integers(0, 5))):
        points = rng.integers(0, TEXTURE_SIZE, (int(rng.integers(2, 5)), 2), dtype=np.int32)
        shade = [float(v) for v in colour(rng, 0.6)]
        cv2.polylines(image, [points], False, shade, int(rng.integers(1, 18)), cv2.LINE_AA)
    return image


def tiles(rng: Generator) -> np.ndarray:
    """Bricks, tiles, windows of a house front: cells of like colours with joints."""
    image = np.empty((TEXTURE_SIZE, TEXTURE_SIZE, 3), np.uint8)
    image[:] = colour(rng)
    base, spread = colour(rng, 0.8), rng.uniform(0, 40)
    high, wide = int(rng.integers(12, 90)), int(rng.integers(16, 160))
    joint = int(rng.integers(1, 8))
    for row, top in enumerate(range(0, TEXTURE_SIZE, high)):
        shift = (row % 2) * wide // 2
        for left in range(-shift, TEXTURE_SIZE, wide):
            shade = np.clip(base + rng.normal(0, spread), 0, 255)
            cv2.rectangle(image, (left, top), (left + wide - joint, top + high - joint), shade.tolist(), -1)
    return grains(rng, image, rng.uniform(1, 15))


def foliage(rng: Generator) -> np.ndarray:
    """Leaves, grass, gravel: many small blobs."""
    values = noise(rng, TEXTURE_SIZE, TEXTURE_SIZE, 8, rng.uniform(0.75, 1.0))
    image = ramp(rng, values, 0.5)
    if rng.random() < 0.6:
        image = np.clip(image * np.array([0.7, 1.0, 0.5]), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(50, 300))):
        x, y = (int(v) for v in rng.integers(0, TEXTURE_SIZE, 2))
        axes = (int(rng.integers(2, 14)), int(rng.integers(1, 7)))
        shade = np.clip(image[y, x] * rng.uniform(0.4, 1.8), 0, 255).tolist()
        cv2.ellipse(image, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, shade, -1)
    return image


def stripes(rng: Generator) -> np.ndarray:
    """Barriers, fences, grilles, zebra crossings: stripes of two colours in any direction."""
    axis = np.arange(TEXTURE_SIZE, dtype=np.float32)
    angle = rng.choice([0.0, np.pi / 2, np.pi / 4, rng.uniform(0, np.pi)])
    wave = np.sin((axis[None] * np.cos(angle) + axis[:, None] * np.sin(angle)) * 2 * np.pi / rng.uniform(6, 120))
    first, second = (
        (np.array([230, 190, 20]), np.array([25, 25, 25]))
        if rng.random() < 0.35
        else (colour(rng, 0.8), colour(rng, 0.8))
    )
    mask = np.clip(wave * rng.uniform(1, 8) + rng.uniform(-0.5, 0.5), 0, 1)[..., None]
    return grains(rng, (first * mask + second * (1 - mask)).astype(np.uint8), rng.uniform(1, 12))


def clutter(rng: Generator) -> np.ndarray:
    """Rectangles, polygons, ellipses and lines over each other."""
    image = clouds(rng)
    for _ in range(int(rng.integers(10, 60))):
        draw_shape(rng, image)
    return image


def draw_shape(rng: Generator, image: np.ndarray) -> None:
    """Draws one random thing into ``image``."""
    height, width = image.shape[:2]
    shade = [float(v) for v in colour(rng, 0.8)]
    x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
    size = int(rng.integers(4, max(6, min(height, width) // 3)))
    kind = rng.random()
    if kind < 0.4:
        tall = int(size * rng.uniform(0.1, 2.0)) + 1
        cv2.rectangle(image, (x, y), (x + size, y + tall), shade, -1)
        if rng.random() < 0.4:
            edge = [float(v) for v in colour(rng)]
            cv2.rectangle(image, (x, y), (x + size, y + tall), edge, int(rng.integers(1, 5)), cv2.LINE_AA)
    elif kind < 0.6:
        points = (np.array([x, y]) + rng.integers(-size, size, (int(rng.integers(3, 7)), 2))).astype(np.int32)
        cv2.fillPoly(image, [points], shade, cv2.LINE_AA)
    elif kind < 0.8:
        cv2.ellipse(
            image,
            (x, y),
            (size, int(size * rng.uniform(0.3, 1)) + 1),
            float(rng.uniform(0, 180)),
            0,
            360,
            shade,
            -1,
            cv2.LINE_AA,
        )
    else:
        end = (x + int(rng.integers(-3 * size, 3 * size)), y + int(rng.integers(-3 * size, 3 * size)))
        cv2.line(image, (x, y), end, shade, int(rng.integers(1, 12)), cv2.LINE_AA)


TEXTURES: tuple[tuple[float, Callable[[Generator], np.ndarray]], ...] = (
    (0.2, clouds),
    (0.25, asphalt),
    (0.13, tiles),
    (0.14, foliage),
    (0.1, stripes),
    (0.18, clutter),
)
"""Share and maker of each kind of texture."""


def texture(rng: Generator) -> np.ndarray:
    """One texture, uint8 [TEXTURE_SIZE, TEXTURE_SIZE, 3]."""
    shares = np.array([share for share, _ in TEXTURES])
    return TEXTURES[int(rng.choice(len(TEXTURES), p=shares / shares.sum()))][1](rng)


class Backgrounds:
    """A pool of textures, renewed bit by bit, and of photographs."""

    def __init__(self, rng: Generator, photographs: Path | None = None, textures: int = 60) -> None:
        self.capacity = textures
        self.textures = [texture(rng) for _ in range(min(12, textures))]
        self.photographs = load_photographs(photographs) if photographs else []

    def renew(self, rng: Generator) -> None:
        """Adds one texture, in place of a random one once the pool is full."""
        fresh = texture(rng)
        if len(self.textures) < self.capacity:
            self.textures.append(fresh)
        else:
            self.textures[int(rng.integers(self.capacity))] = fresh

    def patch(self, rng: Generator, width: int, height: int) -> np.ndarray:
        """A random cut of a random texture or photograph, uint8 [height, width, 3]."""
        pool = self.photographs if self.photographs and rng.random() < 0.45 else self.textures
        source = pool[int(rng.integers(len(pool)))]
        zoom = np.exp(rng.uniform(np.log(0.35), np.log(1.6)))
        cut_wide = int(np.clip(width * zoom, 16, source.shape[1]))
        cut_high = int(np.clip(height * zoom, 16, source.shape[0]))
        left = int(rng.integers(0, source.shape[1] - cut_wide + 1))
        top = int(rng.integers(0, source.shape[0] - cut_high + 1))
        cut = source[top : top + cut_high, left : left + cut_wide]
        if rng.random() < 0.5:
            cut = cut[:, ::-1]
        cut = cv2.resize(np.ascontiguousarray(cut), (width, height), interpolation=cv2.INTER_LINEAR)
        return tinted(rng, cut)

    def picture(self, rng: Generator, width: int, height: int) -> np.ndarray:
        """A whole background: a patch, often with a ground, posts and other things, uint8 [height, width, 3]."""
        image = self.patch(rng, width, height)
        if rng.random() < 0.55:
            self._ground(rng, image)
        for _ in range(int(rng.poisson(1.2))):
            self._post(rng, image)
        for _ in range(int(rng.poisson(2.0))):
            draw_shape(rng, image)
        return image

    def _ground(self, rng: Generator, image: np.ndarray) -> None:
        """Covers the part below a slanted line with another patch."""
        height, width = image.shape[:2]
        left, right = height * (rng.uniform(0.1, 0.8) + rng.normal(0, 0.06, 2))
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [np.array([[0, left], [width, right], [width, height], [0, height]]).astype(np.int32)], 255)
        cv2.copyTo(self.patch(rng, width, height), mask, image)

    def _post(self, rng: Generator, image: np.ndarray) -> None:
        """Paints a post, barrier or kerb: a band of a patch across the picture."""
        height, width = image.shape[:2]
        thick = rng.uniform(0.01, 0.12) * width
        at, lean = rng.uniform(0, width), rng.normal(0, 0.15) * height
        band = np.array([[at, 0], [at + thick, 0], [at + thick + lean, height], [at + lean, height]])
        if rng.random() < 0.4:
            band = band[:, ::-1] * np.array([width / height, height / width])
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [band.astype(np.int32)], 255, cv2.LINE_AA)
        cv2.copyTo(self.patch(rng, width, height), mask, image)


def tinted(rng: Generator, image: np.ndarray) -> np.ndarray:
    """``image`` with other brightness, contrast and colour balance."""
    gain = np.exp(rng.normal(0, 0.3)) * np.exp(rng.normal(0, 0.08, 3))
    levels = np.arange(256)[:, None] * gain + rng.normal(0, 15)
    table = np.clip(levels, 0, 255).astype(np.uint8)[:, None]
    return cv2.LUT(image, table.reshape(1, 256, 3))


def load_photographs(folder: Path) -> list[np.ndarray]:
    """Those of ``PHOTOGRAPHS`` that stand somewhere below ``folder``, at most 900 pixels wide, RGB."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.name not in PHOTOGRAPHS:
            continue
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            continue
        scale = min(1.0, 900 / image.shape[1])
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found.append(np.ascontiguousarray(image[..., ::-1]))
    return found
