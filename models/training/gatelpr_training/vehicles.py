"""Flat drawings of vehicles with places for plates: car fronts and backs, trucks, motorbikes and things that are neither.

They need not be pretty: what counts is that everything beside a plate on a real vehicle (lamps, grilles, badges, bolts,
windows, lettering) occurs in endless variety and is learnt not to be a plate.
"""

import cv2
import numpy as np
from numpy.random import Generator

from .backgrounds import clouds, tiles
from .sprites import Canvas, Mount, Sprite, bars, lamps, paint_of, shade_of


def car(rng: Generator) -> Sprite:
    """The front or the back of a car, about 1.8 m wide."""
    front = rng.random() < 0.55
    canvas = Canvas(640, int(rng.integers(420, 620)))
    paint, dark = paint_of(rng), shade_of(rng, 5, 45)
    shoulder, roof = rng.uniform(0.3, 0.45), rng.uniform(0.12, 0.26)
    canvas.box(0.5, 0.95, 0.9, 0.05, shade_of(rng, 0, 30))
    for x in (0.13, 0.87):
        canvas.box(x, 0.88, 0.13, 0.2, shade_of(rng, 5, 45))
    canvas.polygon(
        [
            (roof, 0.02),
            (1 - roof, 0.02),
            (0.96, shoulder),
            (1, 0.6),
            (0.97, 0.88),
            (0.03, 0.88),
            (0, 0.6),
            (0.04, shoulder),
        ],
        paint,
    )
    inset = rng.uniform(0.02, 0.05)
    canvas.polygon(
        [(roof + inset, 0.05), (1 - roof - inset, 0.05), (0.93, shoulder - 0.03), (0.07, shoulder - 0.03)],
        shade_of(rng, 10, 120),
    )
    if rng.random() < 0.5:
        start = rng.uniform(0.2, 0.6)
        canvas.polygon(
            [(start, 0.06), (start + 0.2, 0.06), (start + 0.1, shoulder - 0.05), (start - 0.1, shoulder - 0.05)],
            shade_of(rng, 90, 230),
        )
    lit = lamps(rng, canvas, rng.uniform(0.47, 0.58), front)
    middle = rng.uniform(0.5, 0.6)
    if front:
        bars(rng, canvas, 0.5, middle, rng.uniform(0.25, 0.55), rng.uniform(0.06, 0.22))
    elif rng.random() < 0.6:
        canvas.box(0.5, middle - 0.06, rng.uniform(0.2, 0.7), rng.uniform(0.01, 0.04), shade_of(rng, 30, 250))
    bumper = rng.uniform(0.68, 0.76)
    if rng.random() < 0.5:
        canvas.polygon(
            [(0.01, bumper), (0.99, bumper), (0.96, 0.9), (0.04, 0.9)], paint if rng.random() < 0.5 else dark
        )
    canvas.line((0.02, bumper), (0.98, bumper), dark, int(rng.integers(1, 5)))
    if rng.random() < 0.6:
        bars(rng, canvas, 0.5, rng.uniform(0.8, 0.86), rng.uniform(0.3, 0.8), rng.uniform(0.05, 0.12))
    if rng.random() < 0.4:
        canvas.both([(0.08, 0.78), (0.18, 0.78), (0.18, 0.84), (0.08, 0.84)], shade_of(rng, 20, 255))
    mount_y = rng.uniform(0.66, 0.84) if front or rng.random() < 0.4 else rng.uniform(0.5, 0.7)
    if rng.random() < 0.5:
        canvas.box(0.5, mount_y, rng.uniform(0.32, 0.5), rng.uniform(0.12, 0.2), shade_of(rng, 5, 200))
    _badge(rng, canvas, 0.5, rng.uniform(0.42, 0.55))
    labels = [
        (0.1 * 640, 0.52 * canvas.height, 110, 24),
        (0.75 * 640, 0.5 * canvas.height, 110, 24),
        (rng.uniform(120, 420), 0.15 * canvas.height, 60, 40),
    ]
    x = 0.5 + (rng.normal(0, 0.1) if rng.random() < 0.2 else 0)
    return Sprite(
        canvas.shaded(rng),
        [Mount(x * 640, mount_y * canvas.height, 640 / 1800)],
        0.22,
        lit,
        labels,
        [(40, 0.4 * canvas.height, 560, 0.2 * canvas.height)],
    )


def _badge(rng: Generator, canvas: Canvas, x: float, y: float) -> None:
    """A maker's badge."""
    size = rng.uniform(0.03, 0.09)
    canvas.oval(x, y, size, size, shade_of(rng, 60, 255))
    canvas.oval(x, y, size * 0.7, size * 0.7, shade_of(rng, 0, 255, 0.5), -1 if rng.random() < 0.5 else 3)


def truck_back(rng: Generator) -> Sprite:
    """The back of a truck, trailer, bus or van: a large wall with doors, bolts, lettering, lamps and mud flaps; 2.5 m wide."""
    canvas = Canvas(640, int(rng.integers(560, 800)))
    wall = rng.uniform(0.55, 0.78)
    paint = paint_of(rng)
    for x in (0.15, 0.85):
        canvas.box(x, 0.88, 0.2, 0.22, shade_of(rng, 5, 40))
    canvas.polygon([(0, 0.01), (1, 0.01), (1, wall), (0, wall)], paint)
    for x in np.linspace(0, 1, int(rng.integers(2, 14))):
        canvas.line((x, 0.01), (x, wall), shade_of(rng, 0, 255), int(rng.integers(1, 7)))
    for _ in range(int(rng.integers(0, 6))):
        canvas.box(
            rng.uniform(0, 1),
            rng.uniform(0.1, wall),
            rng.uniform(0.02, 0.3),
            rng.uniform(0.01, 0.05),
            shade_of(rng, 0, 255, 0.5),
        )
    if rng.random() < 0.5:
        band = rng.uniform(0.3, wall)
        for index, x in enumerate(np.arange(0, 1, 0.05)):
            stripe = (220.0, 40.0, 30.0) if index % 2 else (240.0, 240.0, 240.0)
            canvas.polygon([(x, band), (x + 0.05, band), (x + 0.03, band + 0.04), (x - 0.02, band + 0.04)], stripe)
    frame_y = wall + rng.uniform(0.04, 0.1)
    canvas.box(0.5, frame_y, 0.98, rng.uniform(0.05, 0.1), shade_of(rng, 5, 120))
    lit = lamps(rng, canvas, frame_y, front=False)
    if rng.random() < 0.6:
        canvas.box(0.5, rng.uniform(0.86, 0.94), 0.9, rng.uniform(0.03, 0.07), shade_of(rng, 20, 200, 0.4))
    for x in (0.15, 0.85):
        if rng.random() < 0.5:
            canvas.box(x, 0.87, 0.2, 0.14, shade_of(rng, 10, 160))
    x = 0.5 if rng.random() < 0.4 else rng.uniform(0.25, 0.75)
    mount = Mount(x * 640, (frame_y + rng.uniform(-0.03, 0.1)) * canvas.height, 640 / 2500)
    labels = [
        (rng.uniform(0, 400), rng.uniform(0.05, wall) * canvas.height, rng.uniform(80, 400), rng.uniform(20, 90))
        for _ in range(3)
    ]
    panel = (40.0, 0.08 * canvas.height, 560.0, (wall - 0.15) * canvas.height)
    return Sprite(canvas.shaded(rng), [mount], 0.45, lit, labels, [panel])


def truck_front(rng: Generator) -> Sprite:
    """The front of a truck or bus: windscreen, lettering, grille, bumper; 2.5 m wide."""
    canvas = Canvas(640, int(rng.integers(560, 760)))
    paint = paint_of(rng)
    for x in (0.12, 0.88):
        canvas.box(x, 0.93, 0.16, 0.12, shade_of(rng, 5, 40))
    canvas.polygon([(0.05, 0.01), (0.95, 0.01), (0.99, 0.5), (0.99, 0.92), (0.01, 0.92), (0.01, 0.5)], paint)
    screen = rng.uniform(0.35, 0.52)
    canvas.polygon([(0.1, 0.1), (0.9, 0.1), (0.94, screen), (0.06, screen)], shade_of(rng, 10, 130))
    for _ in range(int(rng.integers(0, 4))):
        canvas.box(
            rng.uniform(0.15, 0.85),
            screen - rng.uniform(0.02, 0.1),
            rng.uniform(0.04, 0.2),
            rng.uniform(0.02, 0.08),
            shade_of(rng, 30, 255, 0.5),
        )
    bars(rng, canvas, 0.5, rng.uniform(screen + 0.1, screen + 0.18), rng.uniform(0.3, 0.75), rng.uniform(0.08, 0.2))
    bumper = rng.uniform(0.72, 0.8)
    canvas.polygon([(0, bumper), (1, bumper), (0.98, 0.94), (0.02, 0.94)], paint_of(rng))
    lit = lamps(rng, canvas, rng.uniform(bumper - 0.08, bumper + 0.08), front=True)
    mount = Mount((0.5 + rng.normal(0, 0.06)) * 640, rng.uniform(bumper, 0.9) * canvas.height, 640 / 2500)
    labels = [
        (rng.uniform(100, 300), (screen + 0.02) * canvas.height, rng.uniform(100, 300), 40),
        (200, 0.03 * canvas.height, 240, 36),
    ]
    return Sprite(canvas.shaded(rng), [mount], 0.2, lit, labels)


def motorbike(rng: Generator) -> Sprite:
    """The back of a motorbike, often with the rider's legs; about 0.75 m wide."""
    canvas = Canvas(480, int(rng.integers(600, 800)))
    if rng.random() < 0.7:
        _rider(rng, canvas)
    dark = shade_of(rng, 5, 50)
    plate_y = rng.uniform(0.48, 0.62)
    canvas.oval(0.5, 0.82, rng.uniform(0.12, 0.2), 0.34, shade_of(rng, 5, 40))
    canvas.polygon(
        [(0.4, plate_y - 0.1), (0.6, plate_y - 0.1), (0.57, 0.86), (0.43, 0.86)],
        dark if rng.random() < 0.8 else shade_of(rng, 60, 250),
    )
    paint = paint_of(rng) if rng.random() < 0.5 else dark
    top, wide = rng.uniform(0.12, 0.25), rng.uniform(0.12, 0.26)
    tail = plate_y - rng.uniform(0.06, 0.12)
    canvas.polygon(
        [
            (0.5 - wide, top),
            (0.5 + wide, top),
            (0.5 + wide * 0.8, tail - 0.06),
            (0.5 + wide * 0.4, tail),
            (0.5 - wide * 0.4, tail),
            (0.5 - wide * 0.8, tail - 0.06),
        ],
        paint,
    )
    canvas.oval(0.5, top, 2 * wide, 0.12, shade_of(rng, 5, 60))
    lamp_y = rng.uniform(tail - 0.09, tail - 0.03)
    red = (rng.uniform(120, 255), rng.uniform(0, 50), rng.uniform(0, 60))
    (canvas.oval if rng.random() < 0.5 else canvas.box)(
        0.5, lamp_y, rng.uniform(0.12, 2 * wide), rng.uniform(0.03, 0.09), red
    )
    for x in (0.5 - wide * 1.2, 0.5 + wide * 1.2):
        if rng.random() < 0.7:
            canvas.oval(x, lamp_y + rng.uniform(-0.02, 0.05), 0.08, 0.035, (250.0, rng.uniform(120, 190), 40.0))
    side = 1 if rng.random() < 0.85 else -1
    x = 0.5 + side * rng.uniform(0.16, 0.28)
    canvas.polygon([(x - 0.05, 0.5), (x + 0.04, 0.5), (x + 0.07, 0.76), (x - 0.04, 0.76)], shade_of(rng, 10, 160))
    canvas.oval(x + 0.015, 0.76, 0.12, 0.07, shade_of(rng, 60, 220))
    canvas.oval(x + 0.015, 0.76, 0.06, 0.035, shade_of(rng, 0, 30))
    if rng.random() < 0.4:
        for dx in (-0.08, 0.08):
            canvas.line((0.5 + dx, 0.45), (0.5 + dx, 0.85), shade_of(rng, 60, 220), int(rng.integers(4, 14)))
    lit = [(240.0, lamp_y * canvas.height, rng.uniform(20, 60), (255.0, 30.0, 40.0))]
    mount = Mount(240, plate_y * canvas.height, 480 / 800)
    labels = [(170, 0.3 * canvas.height, 140, 30), (200, 0.74 * canvas.height, 80, 30)]
    return Sprite(canvas.shaded(rng), [mount], 0.92, lit, labels)


def _rider(rng: Generator, canvas: Canvas) -> None:
    """Back, legs and shoes of a rider."""
    cloth = [shade_of(rng, 10, 220, 0.6) for _ in range(2)]
    canvas.polygon([(0.25, -0.1), (0.75, -0.1), (0.7, 0.2), (0.3, 0.2)], cloth[0])
    spread, foot = rng.uniform(0.02, 0.14), rng.uniform(0.55, 0.75)
    canvas.both(
        [
            (0.3, 0.05),
            (0.42, 0.15),
            (0.3 - spread * 0.5, 0.4),
            (0.27 - spread, foot),
            (0.16 - spread, foot),
            (0.12 - spread * 0.3, 0.3),
        ],
        cloth[1],
    )
    canvas.both(
        [(0.27 - spread, foot), (0.28 - spread, foot + 0.05), (0.08 - spread, foot + 0.06), (0.14 - spread, foot)],
        shade_of(rng, 10, 255, 0.4),
    )


def side(rng: Generator) -> Sprite:
    """The side of a car, bus or truck: wheels with spokes, windows, doors, lettering, no plate but perhaps a side number."""
    canvas = Canvas(800, int(rng.integers(260, 480)))
    large = rng.random() < 0.55
    paint, dark = paint_of(rng), shade_of(rng, 5, 60)
    top = 0.02 if large else 0.35
    canvas.polygon([(0.01, top), (0.99, top + rng.uniform(0, 0.1)), (0.99, 0.82), (0.01, 0.82)], paint)
    if not large:
        canvas.polygon([(0.2, 0.03), (0.7, 0.03), (0.86, 0.36), (0.08, 0.36)], paint)
    row, count = (rng.uniform(0.12, 0.3), int(rng.integers(3, 9))) if large else (0.2, int(rng.integers(2, 4)))
    start, end = (0.06, 0.94) if large else (0.22, 0.76)
    for x in np.linspace(start, end, count):
        if rng.random() < 0.8:
            canvas.box(x, row, (end - start) / count * 0.85, rng.uniform(0.12, 0.26), shade_of(rng, 5, 140))
        canvas.line((x, top), (x, 0.8), dark, int(rng.integers(1, 4)))
    for _ in range(int(rng.integers(0, 7))):
        canvas.box(
            rng.uniform(0, 1),
            rng.uniform(0.4, 0.8),
            rng.uniform(0.02, 0.12),
            rng.uniform(0.01, 0.06),
            shade_of(rng, 0, 255, 0.4),
        )
    size = rng.uniform(0.12, 0.2)
    for x in (rng.uniform(0.12, 0.25), rng.uniform(0.72, 0.88)):
        _wheel(rng, canvas, x, 0.82, size)
    labels = [
        (rng.uniform(50, 500), rng.uniform(0.4, 0.7) * canvas.height, rng.uniform(60, 300), rng.uniform(18, 60))
        for _ in range(2)
    ]
    panel = (60.0, 0.38 * canvas.height, 680.0, 0.38 * canvas.height)
    return Sprite(canvas.shaded(rng), [], 0.0, [], labels, [panel])


def _wheel(rng: Generator, canvas: Canvas, x: float, y: float, size: float) -> None:
    """A wheel of width ``size`` (a share of the sprite's width) with rim and spokes."""
    tall = size * canvas.width / canvas.height
    rim = shade_of(rng, 40, 240)
    canvas.oval(x, y, size, tall, shade_of(rng, 5, 45))
    canvas.oval(x, y, size * 0.68, tall * 0.68, rim)
    start = rng.uniform(0, np.pi)
    spoke = shade_of(rng, 5, 255)
    for angle in start + np.linspace(0, 2 * np.pi, int(rng.integers(4, 13)), endpoint=False):
        end = (x + np.cos(angle) * size * 0.32, y + np.sin(angle) * tall * 0.32)
        canvas.line((x, y), end, spoke, int(rng.integers(2, 10)))
    canvas.oval(x, y, size * 0.14, tall * 0.14, rim)


def thing(rng: Generator) -> Sprite:
    """No vehicle in particular: a lump of texture and shapes that carries a plate (a cart, a wall, a person's hand)."""
    size = int(rng.integers(300, 560))
    canvas = Canvas(640, size)
    source = tiles(rng) if rng.random() < 0.2 else clouds(rng)
    canvas.rgb[:] = cv2.resize(source, (640, size))
    count = int(rng.integers(5, 11))
    angles = np.sort(rng.uniform(0, 2 * np.pi, count))
    reach = rng.uniform(0.3, 0.6, count)
    outline = np.stack([(0.5 + np.cos(angles) * reach) * 640, (0.5 + np.sin(angles) * reach) * size], axis=1)
    cv2.fillPoly(canvas.alpha, [outline.astype(np.int32)], 255, cv2.LINE_AA)
    inside = canvas.alpha.copy()
    for _ in range(int(rng.integers(2, 14))):
        shade = shade_of(rng, 0, 255, 0.6)
        x, y, wide, tall = rng.uniform(0, 0.5), rng.uniform(0, 1), rng.uniform(0.02, 0.4), rng.uniform(0.02, 0.3)
        canvas.both([(x, y), (x + wide, y + rng.normal(0, 0.05)), (x + wide, y + tall), (x, y + tall)], shade)
    canvas.alpha = inside
    return Sprite(canvas.shaded(rng), [Mount(320, size / 2, 640 / rng.uniform(600, 2200))], 0.5)


KINDS = ((0.36, car), (0.12, truck_back), (0.1, truck_front), (0.3, motorbike), (0.12, thing), (0.12, side))
"""Share and maker of each kind of sprite."""


def sprite(rng: Generator) -> Sprite:
    """A random vehicle."""
    shares = np.array([share for share, _ in KINDS])
    return KINDS[int(rng.choice(len(KINDS), p=shares / shares.sum()))][1](rng)
