"""Lays flat drawings into a scene: turned in space, with soft edges, without the stairs of plain resampling."""

import cv2
import numpy as np
from numpy.random import Generator

from .backgrounds import tinted


def rectangle(x: float, y: float, width: float, height: float) -> np.ndarray:
    """Corners [4, 2] of a rectangle around its middle, clockwise from the top left."""
    a, b = width / 2, height / 2
    return np.array([[x - a, y - b], [x + a, y - b], [x + a, y + b], [x - a, y + b]], np.float32)


def projected(points: np.ndarray, homography: np.ndarray) -> np.ndarray:
    """Points [N, 2] through a 3x3 homography."""
    return cv2.perspectiveTransform(points.reshape(1, -1, 2).astype(np.float64), homography)[0].astype(np.float32)


def quad_height(quad: np.ndarray) -> float:
    """Mean length of a quadrilateral's left and right sides in pixels."""
    return float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2


def view(
    rng: Generator, centre: tuple[float, float], scale: float, target: tuple[float, float], steep: float = 1.0
) -> np.ndarray:
    """Homography from a flat drawing to the scene: turned in space around ``centre``, which lands on ``target``.

    ``scale`` is scene pixels per pixel of the drawing; ``steep`` scales the angles (45° at most).
    """
    yaw = np.radians(np.clip(rng.normal(0, 20 * steep), -45, 45))
    pitch = np.radians(np.clip(rng.normal(8, 14 * steep), -35, 45))
    roll = np.radians(np.clip(rng.normal(0, 5 if rng.random() < 0.75 else 13), -20, 20) * steep)
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    turn = (
        np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    )
    distance = rng.uniform(900, 3500)
    plane = np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, 1]], np.float64)
    lens = np.column_stack([turn[:, 0], turn[:, 1], [0, 0, distance]])
    camera = np.diag([distance * scale, distance * scale, 1.0])
    place = np.array([[1, 0, target[0]], [0, 1, target[1]], [0, 0, 1]], np.float64)
    return place @ camera @ lens @ plane


def paste(
    image: np.ndarray,
    source: np.ndarray,
    alpha: np.ndarray | None,
    homography: np.ndarray,
    opacity: float = 1.0,
    light: Generator | None = None,
) -> tuple[slice, slice, np.ndarray] | None:
    """Warps ``source`` [h, w, 3] with ``alpha`` [h, w] (uint8, or opaque) into ``image`` with soft edges.

    ``light`` gives the colours another brightness and tint. Returns the rows, columns and opacity [h, w] uint8 of the part that was touched, ``None`` if it lies outside.
    """
    high, wide = source.shape[:2]
    outline = projected(np.array([[0, 0], [wide, 0], [wide, high], [0, high]]), homography)
    left, top = np.maximum(np.floor(outline.min(0)).astype(int) - 2, 0)
    right, bottom = np.minimum(np.ceil(outline.max(0)).astype(int) + 2, (image.shape[1], image.shape[0]))
    if right - left < 3 or bottom - top < 3:
        return None
    shrink = np.sqrt(max(cv2.contourArea(outline), 1.0) / (high * wide))
    if shrink < 0.7:
        size = (max(3, round(wide * shrink * 1.15)), max(3, round(high * shrink * 1.15)))
        homography = homography @ np.diag([wide / size[0], high / size[1], 1.0])
        source = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
        alpha = None if alpha is None else cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    if alpha is None:
        alpha = np.full(source.shape[:2], 255, np.uint8)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    moved = np.array([[1, 0, -left - 0.5], [0, 1, -top - 0.5], [0, 0, 1]]) @ homography @ half
    size = (int(right - left), int(bottom - top))
    colours = cv2.warpPerspective(source, moved, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if light is not None and light.random() < 0.6:
        colours = tinted(light, colours)
    cover = cv2.warpPerspective(alpha, moved, size, flags=cv2.INTER_LINEAR)
    if opacity < 1:
        cover = cv2.convertScaleAbs(cover, alpha=opacity)
    rows, columns = slice(top, bottom), slice(left, right)
    blend(image[rows, columns], colours, cover)
    return rows, columns, cover


def blend(target: np.ndarray, colours: np.ndarray, cover: np.ndarray) -> None:
    """Lays ``colours`` over ``target`` (both [h, w, 3] uint8) by ``cover`` [h, w] uint8, in place."""
    share = cv2.merge([cover, cover, cover]).astype(np.uint16)
    mixed = colours * share + target * (255 - share)
    target[:] = ((mixed + 128) >> 8).astype(np.uint8)


def ink_of(flat: np.ndarray) -> np.ndarray:
    """The writing of a flat plate or sign as opacity [h, w] uint8, without its border."""
    grey = cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY)
    high, wide = grey.shape
    dy, dx = max(2, high // 11), max(2, wide // 40)
    grey = grey[dy:-dy, dx:-dx]
    ground = float(np.median(grey))
    return cv2.convertScaleAbs(cv2.absdiff(grey, np.full_like(grey, int(ground))), alpha=2.2, beta=-40.0)
