"""What the reader sees: plates photographed at an angle, found with a little error, and rectified.

The way of a sample: flat plate -> perspective into a small patch at the size it would have in a frame -> camera ->
corners as a detector gives them -> rectified to the reader's input.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from . import negatives, plates
from .degrade import photograph

WIDTH, HEIGHT = 160, 64
MARGIN = (0.04, 0.08)
"""Share of the plate's width and height added on each side before rectifying; the daemon does the same."""
DETECTOR_ERROR_PX = (0.1, 0.8)
"""Range of the standard deviation of a corner's place beside the share of the plate's size, in pixels of the frame."""
LEAST_CONTRAST = 7.0
"""A crop whose brightness, without its noise, varies less than this (standard deviation of 0..255) counts as illegible."""


@dataclass(frozen=True)
class ReaderSample:
    """One input of the reader and what it should answer."""

    image: np.ndarray
    """64 x 160 x 3, uint8, RGB."""
    text: str
    """Empty where nothing is legible."""
    centres: np.ndarray
    """Per character x and y, as shares of the input's width and height."""
    layout: str
    colour: str
    country: str
    legible: bool


def reader_sample(rng: np.random.Generator) -> ReaderSample:
    """A plate (about 9 of 10), or a thing that is none, or only a part of a plate."""
    return reader_samples(rng, 1)[0]


def reader_samples(rng: np.random.Generator, looks: int) -> list[ReaderSample]:
    """One thing drawn once and photographed ``looks`` times: drawing costs more than half of a sample."""
    kind = rng.random()
    if kind < 0.06:
        image = negatives.render_negative(rng)
        return [_nothing(_rectify(rng, *photographed(rng, image, _height_px(rng)))[0]) for _ in range(looks)]
    plate = plates.render_plate(rng)
    return [_look(rng, plate, kind < 0.10) for _ in range(looks)]


def _look(rng: np.random.Generator, plate: plates.Plate, partial: bool) -> ReaderSample:
    """A photograph of ``plate``, or of a part of it."""
    height = _height_px(rng) * (1.0 if plate.layout == "one_line" else 1.75)
    patch, quad = photographed(rng, plate.image, height)
    if partial:
        return _nothing(_rectify(rng, patch, _half_missed(rng, quad))[0])
    image, homography = _rectify(rng, patch, quad)
    if _contrast(image) < LEAST_CONTRAST:
        return _nothing(image)
    to_patch = _homography(_corners_of(plate.image), quad)
    centres = _move(plate.centres * _size(plate.image), homography @ to_patch) / (WIDTH, HEIGHT)
    return ReaderSample(image, plate.text, centres.astype(np.float32), plate.layout, plate.colour, plate.country, True)


def _contrast(image: np.ndarray) -> float:
    """How much the brightness of the middle of a crop varies, less its noise."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[12:-12, 16:-16]
    return float(cv2.GaussianBlur(grey, (0, 0), 1.2).std())


def _nothing(image: np.ndarray) -> ReaderSample:
    return ReaderSample(image, "", np.zeros((0, 2), np.float32), "one_line", "other", "XX", False)


def _height_px(rng: np.random.Generator) -> float:
    """Height of a one-line plate in the frame: mostly 12 to 60 px."""
    return float(np.exp(rng.uniform(np.log(11), np.log(75))))


def photographed(rng: np.random.Generator, flat: np.ndarray, height: float) -> tuple[np.ndarray, np.ndarray]:
    """``flat`` seen at an angle, about ``height`` px high, in a patch of its surroundings; and its corners (4 x 2, px,
    clockwise from the plate's top left)."""
    quad = tilted(rng, flat.shape[1] / flat.shape[0], height)
    low, high = quad.min(0), quad.max(0)
    room = (high - low) * rng.uniform(0.10, 0.35, 2) + 3
    quad = quad - low + room
    width, tall = (int(v) for v in np.ceil(high - low + 2 * room))
    patch = _surroundings(rng, tall, width)
    if rng.random() < 0.4:
        frame = _grown(quad, *rng.uniform(0.01, 0.12, 2))
        cv2.fillConvexPoly(
            patch, np.rint(frame).astype(np.int32), tuple(map(int, rng.integers(0, 255, 3))), cv2.LINE_AA
        )
    _paste(patch, _bent(rng, flat) if rng.random() < 0.12 else flat, quad)
    # What is small already is not blurred beyond all reading too.
    strength = float(rng.uniform(0.25, 1.0)) * min(1.0, max(0.4, height / 26))
    return photograph(rng, patch, strength), quad


def _bent(rng: np.random.Generator, flat: np.ndarray) -> np.ndarray:
    """A plate that someone drove into: its surface shifted along a soft wave."""
    height, width = flat.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = np.sin(xs / width * float(rng.uniform(1, 5)) + float(rng.uniform(0, 6)))
    ripple = np.sin(ys / height * float(rng.uniform(1, 4)) + float(rng.uniform(0, 6)))
    shift_y = ys + wave * height * float(rng.uniform(0.01, 0.05))
    shift_x = xs + ripple * width * float(rng.uniform(0.0, 0.015))
    return cv2.remap(flat, shift_x, shift_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def tilted(rng: np.random.Generator, ratio: float, height: float) -> np.ndarray:
    """A rectangle of ``ratio`` (width / height), turned in space and seen by a camera: 4 x 2 px around (0, 0)."""
    gentle = rng.random() < 0.6
    yaw = float(rng.normal(0, 0.2)) if gentle else float(rng.uniform(-0.8, 0.8))
    pitch = float(rng.normal(0, 0.12)) if gentle else float(rng.uniform(-0.5, 0.5))
    roll = float(rng.normal(0, 0.035)) if gentle else float(rng.normal(0, 0.12))
    corners = np.array([[-ratio, -1, 0], [ratio, -1, 0], [ratio, 1, 0], [-ratio, 1, 0]], float) * height / 2
    cos, sin = np.cos([yaw, pitch, roll]), np.sin([yaw, pitch, roll])
    turn_yaw = np.array([[cos[0], 0, sin[0]], [0, 1, 0], [-sin[0], 0, cos[0]]])
    turn_pitch = np.array([[1, 0, 0], [0, cos[1], -sin[1]], [0, sin[1], cos[1]]])
    turn_roll = np.array([[cos[2], -sin[2], 0], [sin[2], cos[2], 0], [0, 0, 1]])
    turned = corners @ (turn_roll @ turn_pitch @ turn_yaw).T
    distance = height * ratio * float(rng.uniform(2.5, 10))
    return turned[:, :2] * (distance / (distance + turned[:, 2:]))


def _surroundings(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A bumper, a boot, a grille: plain, graded, mottled or striped."""
    patch = np.empty((height, width, 3), np.float32)
    patch[:] = rng.uniform(0, 255, 3) if rng.random() < 0.5 else rng.uniform(5, 235)
    kind = rng.random()
    if kind < 0.4:
        small = rng.uniform(-60, 60, (3, 4)).astype(np.float32)
        patch += cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    elif kind < 0.55:
        small = rng.uniform(-60, 60, (height // 3 + 2, width // 3 + 2, 1 if rng.random() < 0.5 else 3)).astype(
            np.float32
        )
        grown = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        patch += grown if grown.ndim == 3 else grown[..., None]
    elif kind < 0.75:
        for y in range(int(rng.integers(0, 6)), height, int(rng.integers(4, 14))):
            cv2.line(
                patch,
                (0, y),
                (width, y + int(rng.integers(-2, 3))),
                tuple(map(float, rng.uniform(0, 255, 3))),
                int(rng.integers(1, 4)),
            )
    return np.clip(patch, 0, 255).astype(np.uint8)


def _paste(patch: np.ndarray, flat: np.ndarray, quad: np.ndarray) -> None:
    """Warps ``flat`` into ``quad`` of ``patch``, without the jags of plain sampling."""
    target = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    factor = target / flat.shape[1]
    if factor < 0.7:
        flat = cv2.resize(
            flat,
            (max(8, round(flat.shape[1] * factor * 1.2)), max(6, round(flat.shape[0] * factor * 1.2))),
            interpolation=cv2.INTER_AREA,
        )
    homography = _homography(_corners_of(flat), quad)
    size = (patch.shape[1], patch.shape[0])
    warped = cv2.warpPerspective(flat, homography, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(patch.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.rint(quad * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    alpha = mask[..., None].astype(np.float32) / 255
    patch[:] = (patch + (warped.astype(np.float32) - patch) * alpha).astype(np.uint8)


def _rectify(rng: np.random.Generator, patch: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The reader's input cut from ``patch``, with a detector's error; and the homography from patch to input."""
    found = quad
    if rng.random() < 0.30:
        low, high = quad.min(0), quad.max(0)
        found = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    found = _grown(found, MARGIN[0] + float(rng.normal(0, 0.025)), MARGIN[1] + float(rng.normal(0, 0.05)))
    side = np.array([np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[3] - quad[0])])
    # A share of the plate for what is unclear about its edge, and pixels for what the detector's grid cannot tell.
    grid = float(rng.uniform(*DETECTOR_ERROR_PX))
    found = found + rng.normal(0, 1, (4, 2)) * (side * (0.012, 0.03) + grid)
    found = found + rng.normal(0, 1, 2) * (side * (0.01, 0.02) + grid)
    homography = _homography(np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], float), found)
    if rng.random() < 0.25:
        low = np.maximum(np.floor(quad.min(0) - rng.uniform(0, 3, 2)), 0).astype(int)
        high = np.ceil(quad.max(0) + rng.uniform(0, 3, 2)).astype(int)
        patch = patch[low[1] : high[1], low[0] : high[0]]
        homography = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], float) @ homography
        inverse_shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], float)
    else:
        inverse_shift = np.eye(3)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    image = cv2.warpPerspective(patch, homography, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return image, np.linalg.inv(homography) @ inverse_shift


def _half_missed(rng: np.random.Generator, quad: np.ndarray) -> np.ndarray:
    """A quad that holds only a part of the plate."""
    across, down = quad[1] - quad[0], quad[3] - quad[0]
    if rng.random() < 0.6:
        return quad + across * float(rng.uniform(0.3, 0.7)) * (1 if rng.random() < 0.5 else -1)
    return quad + down * float(rng.uniform(0.45, 0.8)) * (1 if rng.random() < 0.5 else -1)


def _grown(quad: np.ndarray, across: float, down: float) -> np.ndarray:
    """``quad`` grown on each side by shares of its width and height."""
    a, b, c, d = quad
    left_top, right_top = a - (b - a) * across, b + (b - a) * across
    left_bottom, right_bottom = d - (c - d) * across, c + (c - d) * across
    return np.array([
        left_top - (left_bottom - left_top) * down, right_top - (right_bottom - right_top) * down,
        right_bottom + (right_bottom - right_top) * down, left_bottom + (left_bottom - left_top) * down,
    ])  # fmt: skip


def _homography(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    return cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32)).astype(float)


def _corners_of(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], float)


def _size(image: np.ndarray) -> tuple[int, int]:
    return image.shape[1], image.shape[0]


def _move(points: np.ndarray, homography: np.ndarray) -> np.ndarray:
    homogeneous = np.hstack([points, np.ones((len(points), 1))]) @ homography.T
    return homogeneous[:, :2] / homogeneous[:, 2:]
