"""What stands between the groups of characters on European plates: inspection stickers and coats of arms."""

import cv2
import numpy as np


def draw_sticker(rng: np.random.Generator, image: np.ndarray, x: float, y: float, height: float) -> None:
    """One or two discs over each other, or a small shield, in two colours."""
    centres = (-0.24, 0.24) if rng.random() < 0.5 else (float(rng.uniform(-0.2, 0.2)),)
    for shift in centres:
        at = (round(x), round(y + shift * height))
        radius = max(2, round(height * float(rng.uniform(0.12, 0.21))))
        outer, inner = (tuple(map(float, rng.uniform(20, 250, 3))) for _ in range(2))
        if rng.random() < 0.75:
            cv2.circle(image, at, radius, outer, -1, cv2.LINE_AA)
            cv2.circle(
                image,
                at,
                max(1, round(radius * float(rng.uniform(0.2, 0.75)))),
                inner,
                -1 if rng.random() < 0.6 else 1,
                cv2.LINE_AA,
            )
        else:
            _draw_arms(rng, image, at, height * float(rng.uniform(0.22, 0.42)), outer, inner)


def _draw_arms(rng: np.random.Generator, image: np.ndarray, at: tuple[int, int], half: float, outer, inner) -> None:
    """A coat of arms with a cross, a bar or a charge, up to nearly as high as a character."""
    wide = half * float(rng.uniform(0.55, 1.0))
    shield = np.array([(-wide, -half), (wide, -half), (wide, half * 0.3), (0, half), (-wide, half * 0.3)]) + at
    cv2.fillPoly(image, [np.rint(shield).astype(np.int32)], outer, cv2.LINE_AA)
    thick = max(1, round(half * float(rng.uniform(0.12, 0.35))))
    kind, (x, y) = rng.random(), at
    if kind < 0.4:
        cv2.line(image, (x, round(y - half * 0.75)), (x, round(y + half * 0.75)), inner, thick, cv2.LINE_AA)
    if kind < 0.7:
        across, up = wide * 0.7, half * float(rng.uniform(-0.4, 0.2))
        cv2.line(
            image, (round(x - across), round(y + up)), (round(x + across), round(y + up)), inner, thick, cv2.LINE_AA
        )
    else:
        cv2.circle(image, at, max(1, round(wide * 0.5)), inner, -1 if rng.random() < 0.5 else thick, cv2.LINE_AA)
    if rng.random() < 0.4:
        cv2.polylines(image, [np.rint(shield).astype(np.int32)], True, inner, 1, cv2.LINE_AA)
