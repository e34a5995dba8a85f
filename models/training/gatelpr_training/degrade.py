"""What a camera and the weather do to a picture: light, colour, shadows, glare, blur, noise and compression."""

from __future__ import annotations

import cv2
import numpy as np


def photograph(rng: np.random.Generator, image: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """``image`` (H x W x 3, uint8, RGB) as a camera would give it, same size and form; ``strength`` scales every effect."""
    picture = image.astype(np.float32)
    _shadows(rng, picture, strength)
    _glare(rng, picture, strength)
    _exposure(rng, picture, strength)
    picture = _blur(rng, picture, strength)
    _noise(rng, picture, strength)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return _compress(rng, picture, strength)


def _shadows(rng: np.random.Generator, picture: np.ndarray, strength: float) -> None:
    """A lit and a shaded part, bars' shadows, or a soft gradient."""
    height, width = picture.shape[:2]
    kind = rng.random()
    if kind > 0.45 * strength:
        return
    depth = float(rng.uniform(0.2, 0.75))
    if kind < 0.2 * strength:
        angle = float(rng.uniform(0, 2 * np.pi))
        ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
        along = (xs / width - 0.5) * np.cos(angle) + (ys / height - 0.5) * np.sin(angle)
        soft = float(rng.uniform(0.01, 0.6))
        shade = np.clip((along - float(rng.uniform(-0.35, 0.35))) / soft + 0.5, 0, 1)
    elif kind < 0.3 * strength:
        angle, period = float(rng.uniform(0, np.pi)), float(rng.uniform(0.15, 0.7))
        ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
        along = (xs * np.cos(angle) + ys * np.sin(angle)) / max(height, width)
        shade = np.clip(np.sin(along / period * 2 * np.pi + rng.uniform(0, 6)) * 3, 0, 1)
    else:
        small = rng.random((4, 5)).astype(np.float32)
        shade = np.clip(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1)
    picture *= (1 - depth * shade)[..., None]


def _glare(rng: np.random.Generator, picture: np.ndarray, strength: float) -> None:
    """Lamps and reflections: bright soft spots, or an overall veil."""
    if rng.random() > 0.25 * strength:
        return
    height, width = picture.shape[:2]
    if rng.random() < 0.3:
        picture += float(rng.uniform(10, 90))
        return
    spots = np.zeros((max(2, height // 4), max(2, width // 4)), np.float32)
    for _ in range(int(rng.integers(1, 3))):
        x, y = int(rng.integers(spots.shape[1])), int(rng.integers(spots.shape[0]))
        axes = (
            max(1, int(spots.shape[1] * rng.uniform(0.03, 0.3))),
            max(1, int(spots.shape[0] * rng.uniform(0.05, 0.5))),
        )
        cv2.ellipse(spots, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(40, 220)), -1)
    spots = cv2.GaussianBlur(spots, (0, 0), max(0.6, spots.shape[0] * float(rng.uniform(0.03, 0.2))))
    picture += cv2.resize(spots, (width, height))[..., None]


def _exposure(rng: np.random.Generator, picture: np.ndarray, strength: float) -> None:
    """Brightness, contrast, gamma and colour cast; sometimes no colour at all (infrared at night)."""
    if rng.random() < 0.12 * strength:
        grey = picture @ np.array([0.45, 0.4, 0.15], np.float32)
        picture[:] = grey[..., None]
    elif rng.random() < 0.7:
        picture *= np.exp(rng.normal(0, 0.10 * strength, 3)).astype(np.float32)
        if rng.random() < 0.3:
            grey = picture.mean(2, keepdims=True)
            picture += (picture - grey) * float(rng.uniform(-0.7, 0.5))
    np.clip(picture, 0, 255, out=picture)
    if rng.random() < 0.6:
        gamma = float(np.exp(rng.normal(0, 0.35 * strength)))
        np.multiply(np.power(picture / 255, gamma), 255, out=picture)
    level = rng.random()
    if level < 0.22 * strength:
        picture *= float(rng.uniform(0.16, 0.65))
        picture += float(rng.uniform(0, 25))
    elif level < 0.36 * strength:
        picture *= float(rng.uniform(1.15, 2.2))
    elif level < 0.6:
        contrast = float(rng.uniform(0.35, 1.1))
        picture += (picture.mean() - picture) * (1 - contrast)
        picture += float(rng.uniform(-30, 40))


def _blur(rng: np.random.Generator, picture: np.ndarray, strength: float) -> np.ndarray:
    """Defocus, motion, loss of resolution, or a camera's sharpening."""
    kind = rng.random()
    if kind < 0.25:
        return cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 0.4 + 0.9 * strength)))
    if kind < 0.37:
        return cv2.filter2D(picture, -1, _motion_kernel(rng, strength))
    if kind < 0.47:
        height, width = picture.shape[:2]
        factor = float(rng.uniform(0.45, 0.9))
        small = cv2.resize(
            picture, (max(4, round(width * factor)), max(4, round(height * factor))), interpolation=cv2.INTER_AREA
        )
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    if kind < 0.62:
        soft = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.6, 1.5)))
        return picture + (picture - soft) * float(rng.uniform(0.3, 1.6))
    return picture


def _motion_kernel(rng: np.random.Generator, strength: float) -> np.ndarray:
    size = 2 * int(rng.integers(1, 2 + max(1, round(3 * strength)))) + 1
    kernel = np.zeros((size, size), np.float32)
    # Vehicles come towards the camera: mostly along the picture's height.
    angle = float(rng.normal(np.pi / 2, 0.5)) if rng.random() < 0.6 else float(rng.uniform(0, np.pi))
    half = (size - 1) / 2
    dx, dy = half * np.cos(angle), half * np.sin(angle)
    cv2.line(kernel, (round(half - dx), round(half - dy)), (round(half + dx), round(half + dy)), 1.0, 1)
    return kernel / kernel.sum()


def _noise(rng: np.random.Generator, picture: np.ndarray, strength: float) -> None:
    """A sensor's noise, in all channels alike or not; rain or dust."""
    if rng.random() < 0.5:
        sigma = float(rng.uniform(1, 4 + 12 * strength)) if rng.random() < 0.6 else 2.0
        channels = 3 if rng.random() < 0.5 else 1
        shape = (*picture.shape[:2], channels)
        # A band of noise that is repeated costs a fraction of fresh noise in every pixel.
        noise = rng.standard_normal((min(96, shape[0]), *shape[1:]), dtype=np.float32) * sigma
        picture += np.resize(noise, shape) if noise.shape != shape else noise
    if rng.random() < 0.03 * strength:
        height, width = picture.shape[:2]
        for _ in range(int(rng.integers(5, 30))):
            x, y, length = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.05, 0.3) * height
            cv2.line(picture, (int(x), int(y)), (int(x + length * 0.15), int(y + length)), (190.0, 190.0, 195.0), 1)


def _compress(rng: np.random.Generator, picture: np.ndarray, strength: float) -> np.ndarray:
    """JPEG, which stands for H.264's artefacts too."""
    if rng.random() > 0.7 * strength + 0.1:
        return picture
    quality = int(rng.integers(28, 60)) if rng.random() < 0.4 else int(rng.integers(55, 95))
    ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_COLOR) if ok else picture
