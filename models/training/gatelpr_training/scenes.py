"""Whole pictures for the detector: vehicles with plates before backgrounds, things that only look like plates, camera effects.

Coordinates are pixels of the scene, x to the right, y down, (0, 0) at the top left corner of the top left pixel.
"""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from . import degrade, negatives, plates, vehicles
from .backgrounds import Backgrounds
from .painting import ink_of, paste, projected, quad_height, rectangle, view
from .sprites import SHADE, Sprite, shade_of

SMALLEST_PLATE = 6.0
"""Height in pixels below which a plate cannot be read and is neither asked for nor forbidden."""

VISIBLE_SHARE = 0.75
"""Of a plate's area that must be seen for it to count; less, down to ``HIDDEN_SHARE``, is left to the network."""
HIDDEN_SHARE = 0.1

FLAT_POOL = 1500
SPRITE_POOL = 160
NEGATIVE_POOL = 500


@dataclass
class Scene:
    """A rendered picture and what is in it; every quadrilateral is [4, 2] float32, clockwise from the thing's own top left."""

    image: np.ndarray
    """[H, W, 3] uint8 RGB."""
    plates: list[np.ndarray] = field(default_factory=list)
    side_numbers: list[np.ndarray] = field(default_factory=list)
    ignored: list[np.ndarray] = field(default_factory=list)
    """Plates and side numbers too small or too hidden to decide."""


@dataclass(frozen=True)
class Flat:
    """A plate of the pool: flat picture [H, W, 3] uint8 RGB, and whether it has two lines."""

    image: np.ndarray
    two_lines: bool


@dataclass
class _Painting:
    """A scene being made."""

    image: np.ndarray
    owner: np.ndarray
    """[H, W] uint8: which plate or side number is seen in a pixel; 0 for none."""
    quads: list[tuple[str, np.ndarray]] = field(default_factory=list)
    shining: list[tuple[np.ndarray, float, SHADE]] = field(default_factory=list)


class SceneMaker:
    """Makes scenes from pools of drawings that are renewed bit by bit."""

    def __init__(self, rng: Generator, photographs: Path | None = None, start: int = 60) -> None:
        self.backgrounds = Backgrounds(rng, photographs)
        self.flats = [self._flat(rng) for _ in range(start)]
        self.sprites = [vehicles.sprite(rng) for _ in range(max(12, start // 3))]
        self.negatives = [self._negative(rng) for _ in range(2 * start)]

    @staticmethod
    def _flat(rng: Generator) -> Flat:
        plate = plates.render_plate(rng)
        return Flat(plate.image, plate.layout == "two_lines")

    @staticmethod
    def _negative(rng: Generator) -> np.ndarray:
        image = negatives.render_negative(rng)
        if rng.random() < 0.5:
            grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
            image = cv2.addWeighted(image, float(rng.uniform(0, 0.3)), grey, 0.7, rng.uniform(0, 70))
        return image

    def renew(self, rng: Generator) -> None:
        """Draws a little more; called once per scene."""
        for share, pool, limit, draw in (
            (0.12, self.flats, FLAT_POOL, self._flat),
            (0.05, self.sprites, SPRITE_POOL, vehicles.sprite),
            (0.3, self.negatives, NEGATIVE_POOL, self._negative),
        ):
            if rng.random() < share:
                fresh = draw(rng)
                if len(pool) < limit:
                    pool.append(fresh)
                else:
                    pool[int(rng.integers(limit))] = fresh
        if rng.random() < 0.08:
            self.backgrounds.renew(rng)

    def scene(self, rng: Generator, width: int, height: int) -> Scene:
        """One picture of ``width`` x ``height`` pixels with 0 to 8 plates."""
        self.renew(rng)
        painting = _Painting(self.backgrounds.picture(rng, width, height), np.zeros((height, width), np.uint8))
        for _ in range(int(rng.poisson(2.0))):
            self._decoy(rng, painting, self._place(rng, painting), self._plate_height(rng))
        for size in self._sizes(rng):
            if rng.random() < 0.8:
                self._vehicle(rng, painting, size)
            else:
                self._loose_plate(rng, painting, size)
        for _ in range(int(rng.poisson(0.7))):
            self._decoy(rng, painting, self._place(rng, painting), self._plate_height(rng) * 0.7)
        self._shine(rng, painting)
        for _ in range(int(rng.poisson(0.5))):
            if rng.random() < 0.5:
                self._overlay_text(rng, painting)
            else:
                self._overlay_sign(rng, painting)
        return self._finished(rng, painting)

    def _sizes(self, rng: Generator) -> list[float]:
        """Heights in pixels of the plates that a scene shall have, the far ones first."""
        count = int(rng.choice(9, p=[0.05, 0.3, 0.25, 0.16, 0.1, 0.06, 0.04, 0.02, 0.02]))
        if count < 3:
            return sorted(self._plate_height(rng) for _ in range(count))
        alike = min(self._plate_height(rng), 45.0)
        return sorted(alike * np.exp(rng.normal(0, 0.25, count)))

    @staticmethod
    def _plate_height(rng: Generator) -> float:
        """Mostly 10 to 40 pixels."""
        if rng.random() < 0.72:
            return float(np.exp(rng.uniform(np.log(8), np.log(42))))
        return float(np.exp(rng.uniform(np.log(20), np.log(190))))

    @staticmethod
    def _place(rng: Generator, painting: _Painting, size: float = 0.0) -> tuple[float, float]:
        """A random place for the middle of a plate ``size`` pixels high, mostly so that it fits in."""
        height, width = painting.owner.shape
        x, y = min(0.03 + 1.3 * size / width, 0.45), min(0.03 + 0.5 * size / height, 0.45)
        return float(rng.uniform(x, 1 - x) * width), float(rng.uniform(y, 1 - y) * height)

    def _vehicle(self, rng: Generator, painting: _Painting, size: float) -> None:
        """A vehicle whose plate is about ``size`` pixels high."""
        sprite = self.sprites[int(rng.integers(len(self.sprites)))]
        if not sprite.mounts:
            self._side_view(rng, painting, sprite, size)
            return
        flat = self._pick_flat(rng, rng.random() < sprite.two_lined)
        mount = sprite.mounts[0]
        plate_high = self._plate_mm(rng, flat, sprite) * mount.pixels_per_mm
        homography = view(
            rng, (mount.x, mount.y), size / plate_high, self._place(rng, painting, size), rng.choice([0.5, 1.0, 1.3])
        )
        image, alpha = sprite.image[..., :3], sprite.image[..., 3]
        if rng.random() < 0.5:
            mirror = np.array([[-1.0, 0, 2 * mount.x], [0, 1, 0], [0, 0, 1]])
            touched = paste(painting.image, image, alpha, homography @ mirror, light=rng)
        else:
            touched = paste(painting.image, image, alpha, homography, light=rng)
        self._cover(painting, touched)
        self._trimmings(rng, painting, sprite, homography)
        if rng.random() < 0.96:
            wide = plate_high * flat.image.shape[1] / flat.image.shape[0]
            spot = rectangle(mount.x, mount.y, wide, plate_high) + rng.normal(0, 0.06 * plate_high, 2).astype(
                np.float32
            )
            self._mount_plate(rng, painting, flat.image, self._crooked(rng, spot), homography)
        else:
            self._decoy(rng, painting, tuple(projected(np.array([[mount.x, mount.y]]), homography)[0]), size)

    def _side_view(self, rng: Generator, painting: _Painting, sprite: Sprite, size: float) -> None:
        """A vehicle without a plate, as large as if it had one ``size`` pixels high."""
        high, wide = sprite.image.shape[:2]
        homography = view(rng, (wide / 2, high / 2), size / 25 * rng.uniform(0.5, 1.2), self._place(rng, painting), 0.8)
        self._cover(painting, paste(painting.image, sprite.image[..., :3], sprite.image[..., 3], homography, light=rng))
        self._trimmings(rng, painting, sprite, homography)

    def _pick_flat(self, rng: Generator, two_lines: bool) -> Flat:
        for _ in range(12):
            flat = self.flats[int(rng.integers(len(self.flats)))]
            if flat.two_lines == two_lines:
                break
        return flat

    @staticmethod
    def _plate_mm(rng: Generator, flat: Flat, sprite: Sprite) -> float:
        """A plausible height of the plate in millimetres on this vehicle."""
        base = 150.0 if flat.two_lines and sprite.two_lined < 0.8 else 130.0 if flat.two_lines else 105.0
        return base * float(np.exp(rng.normal(0.05, 0.2)))

    @staticmethod
    def _crooked(rng: Generator, quad: np.ndarray) -> np.ndarray:
        """``quad`` turned a little around its middle; seldom bent out of its plane."""
        angle = np.radians(rng.normal(0, 2.5))
        middle = quad.mean(0)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        quad = (quad - middle) @ turn.T + middle
        if rng.random() < 0.3:
            quad = quad + rng.normal(0, 0.03, (4, 2)) * np.ptp(quad, axis=0)
        return quad.astype(np.float32)

    def _loose_plate(self, rng: Generator, painting: _Painting, size: float) -> None:
        """A plate straight on the background."""
        flat = self._pick_flat(rng, rng.random() < 0.45)
        high, wide = flat.image.shape[:2]
        homography = view(rng, (0, 0), size / high, self._place(rng, painting, size), rng.choice([0.7, 1.2]))
        self._mount_plate(rng, painting, flat.image, rectangle(0, 0, wide, high), homography)

    def _mount_plate(
        self, rng: Generator, painting: _Painting, flat: np.ndarray, spot: np.ndarray, homography: np.ndarray
    ) -> None:
        """Paints a plate with recess, frame and shadow into the quadrilateral ``spot`` of the drawing."""
        quad = projected(spot, homography)
        self._surround(rng, painting, spot, homography)
        touched = self._paste_into(painting, self._aged(rng, flat), quad)
        if touched is not None and len(painting.quads) < 250:
            painting.quads.append(("plate", quad))
            rows, columns, cover = touched
            painting.owner[rows, columns][cover > 127] = len(painting.quads)

    @staticmethod
    def _aged(rng: Generator, flat: np.ndarray) -> np.ndarray:
        """The plate in the light of its place: darker below a tail, brighter in lamp light."""
        gain = float(np.exp(rng.normal(-0.1, 0.3)))
        image = cv2.convertScaleAbs(flat, alpha=gain, beta=float(rng.uniform(0, 25)))
        if rng.random() < 0.25:
            depth = float(rng.uniform(0.25, 0.8))
            cut = int(image.shape[0] * rng.uniform(0.1, 0.6))
            image[:cut] = cv2.convertScaleAbs(image[:cut], alpha=depth)
        return image

    @staticmethod
    def _paste_into(painting: _Painting, flat: np.ndarray, quad: np.ndarray):
        high, wide = flat.shape[:2]
        source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
        return paste(painting.image, flat, None, cv2.getPerspectiveTransform(source, quad.astype(np.float32)))

    @staticmethod
    def _surround(rng: Generator, painting: _Painting, spot: np.ndarray, homography: np.ndarray) -> None:
        """Recess, shadow or frame around a plate."""
        middle = spot.mean(0)
        high = quad_height(spot)
        for chance, low, top in ((0.35, 0.1, 0.7), (0.35, 0.03, 0.16)):
            if rng.random() > chance:
                continue
            grow = rng.uniform(low, top, 2) * high
            ring = spot + np.sign(spot - middle) * grow
            if low < 0.05 and rng.random() < 0.35:
                ring[2:] += (spot[3] - spot[0]) * rng.uniform(0.1, 0.3)
            if low > 0.05:
                ring = ring + rng.uniform(-0.2, 0.2, 2) * high
            shade = shade_of(rng, 0, 80) if rng.random() < 0.7 else shade_of(rng, 80, 255)
            corners = (projected(ring, homography) * 16).astype(np.int32)
            cv2.fillConvexPoly(painting.image, corners, shade, cv2.LINE_AA, 4)
            cv2.fillConvexPoly(painting.owner, corners, 0, cv2.LINE_8, 4)

    def _trimmings(self, rng: Generator, painting: _Painting, sprite: Sprite, homography: np.ndarray) -> None:
        """Lettering, badges, stickers and a painted side number on a vehicle; lamps that shine."""
        for x, y, width, height in sprite.labels:
            if rng.random() < 0.6:
                sign = self.negatives[int(rng.integers(len(self.negatives)))]
                quad = projected(rectangle(x + width / 2, y + height / 2, width, height), homography)
                if rng.random() < 0.6:
                    self._letter(rng, painting, sign, quad)
                else:
                    self._cover(painting, self._paste_into(painting, sign, quad))
        for x, y, width, height in sprite.panels:
            if rng.random() < 0.22:
                self._side_number(rng, painting, (x, y, width, height), homography)
        if sprite.lamps and rng.random() < 0.4:
            for x, y, radius, shade in sprite.lamps:
                edge = projected(np.array([[x, y], [x + radius, y]]), homography)
                painting.shining.append((edge[0], float(np.linalg.norm(edge[1] - edge[0])), shade))

    @staticmethod
    def _letter(rng: Generator, painting: _Painting, sign: np.ndarray, quad: np.ndarray):
        """Paints the writing of a sign without its ground."""
        alpha = ink_of(sign)
        high, wide = alpha.shape
        source = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
        shade = np.empty((high, wide, 3), np.uint8)
        shade[:] = shade_of(rng, 200, 255) if rng.random() < 0.5 else shade_of(rng, 0, 255, 0.9)
        return paste(painting.image, shade, alpha, cv2.getPerspectiveTransform(source, quad), rng.uniform(0.7, 1.0))

    def _side_number(
        self, rng: Generator, painting: _Painting, panel: tuple[float, float, float, float], homography: np.ndarray
    ) -> None:
        """Paints a plate's text in large letters on bare sheet."""
        flat = self._pick_flat(rng, rng.random() < 0.3).image
        x, y, width, height = panel
        wide = min(width * rng.uniform(0.25, 0.8), height * 0.8 * flat.shape[1] / flat.shape[0])
        high = wide * flat.shape[0] / flat.shape[1]
        spot = rectangle(
            rng.uniform(x + wide / 2, x + width - wide / 2),
            rng.uniform(y + high / 2, y + height - high / 2),
            wide,
            high,
        )
        quad = projected(spot, homography)
        touched = self._letter(rng, painting, flat, quad)
        if touched is not None:
            painting.quads.append(("side_number", quad))
            region = painting.owner[touched[0], touched[1]]
            shifted = (quad - (touched[1].start, touched[0].start)).astype(np.int32)
            cv2.fillConvexPoly(region, shifted, len(painting.quads))

    def _decoy(self, rng: Generator, painting: _Painting, place: tuple[float, float], size: float) -> None:
        """A thing that looks like a plate, mounted as one."""
        if rng.random() < 0.75:
            flat = self.negatives[int(rng.integers(len(self.negatives)))]
        else:
            wide = int(rng.integers(60, 240))
            flat = self.backgrounds.patch(rng, wide, int(rng.integers(30, 110)))
        high, wide = flat.shape[:2]
        homography = view(rng, (0, 0), size / high, place)
        spot = rectangle(0, 0, wide, high)
        if rng.random() < 0.3:
            self._letter(rng, painting, flat, projected(spot, homography))
            return
        if rng.random() < 0.5:
            self._surround(rng, painting, spot, homography)
        self._cover(painting, self._paste_into(painting, flat, projected(spot, homography)))

    @staticmethod
    def _cover(painting: _Painting, touched: tuple[slice, slice, np.ndarray] | None) -> None:
        """Notes that what was there is hidden now."""
        if touched is not None:
            rows, columns, cover = touched
            painting.owner[rows, columns][cover > 127] = 0

    @staticmethod
    def _shine(rng: Generator, painting: _Painting) -> None:
        """Adds the glow of the lamps that are on."""
        for centre, radius, shade in painting.shining:
            reach = int(np.clip(radius * rng.uniform(1.0, 5.0), 3, 160))
            x, y = int(centre[0]), int(centre[1])
            left, top = max(x - reach, 0), max(y - reach, 0)
            right, bottom = min(x + reach, painting.owner.shape[1]), min(y + reach, painting.owner.shape[0])
            if right <= left or bottom <= top:
                continue
            dx = (np.arange(left, right, dtype=np.float32) - x) / reach
            dy = (np.arange(top, bottom, dtype=np.float32) - y) / reach
            fall = np.clip(1 - np.sqrt(dx[None] ** 2 + dy[:, None] ** 2), 0, 1) ** 2 * rng.uniform(0.6, 2.0)
            region = painting.image[top:bottom, left:right]
            region[:] = np.clip(region + fall[..., None] * np.array(shade, np.float32), 0, 255)

    def _overlay_sign(self, rng: Generator, painting: _Painting) -> None:
        """A writing laid over the picture, in any font."""
        height, width = painting.owner.shape
        high = rng.uniform(10, 40)
        wide = high * rng.uniform(3, 10)
        spot = rectangle(
            rng.uniform(0, width), rng.choice([high, height - high / 2, rng.uniform(0, height)]), wide, high
        )
        self._letter(rng, painting, self.negatives[int(rng.integers(len(self.negatives)))], spot)

    @staticmethod
    def _overlay_text(rng: Generator, painting: _Painting) -> None:
        """The date, a camera's name or a number laid over the picture, as recorders do."""
        height, width = painting.owner.shape
        size = rng.uniform(0.3, 1.0)
        digits = "".join(str(d) for d in rng.integers(0, 10, 14))
        texts = (f"{digits[:2]}/{digits[2:4]}/20{digits[4:6]} {digits[6:8]}:{digits[8:10]}:{digits[10:12]}", f"20{digits[:2]}-{digits[2:4]}-{digits[4:6]} CAM{digits[6:8]}",
                 f"{digits[:2]}C{digits[2:7]}", f"{digits[:6]}E0F {digits[6:14]}", f"LANE {digits[0]} {digits[1:4]} km/h")  # fmt: skip
        text = texts[int(rng.integers(len(texts)))]
        face = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX]))
        at = (
            int(rng.uniform(0, 0.6) * width),
            int(height * rng.uniform(0.93, 0.99)) if rng.random() < 0.5 else int(30 * size) + 2,
        )
        shade = ((255, 255, 0), (255, 255, 255), (0, 255, 0), (255, 40, 30))[int(rng.integers(4))]
        if rng.random() < 0.3:
            (wide, high), _ = cv2.getTextSize(text, face, size, 1)
            cv2.rectangle(painting.image, (at[0] - 3, at[1] - high - 3), (at[0] + wide + 3, at[1] + 4), (0, 0, 0), -1)
        elif rng.random() < 0.5:
            cv2.putText(painting.image, text, at, face, size, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.putText(painting.image, text, at, face, size, shade, 1, cv2.LINE_AA)

    @staticmethod
    def _finished(rng: Generator, painting: _Painting) -> Scene:
        """The camera's view, with every plate that can be seen well enough."""
        scene = Scene(degrade.photograph(rng, painting.image))
        seen = np.bincount(painting.owner.ravel(), minlength=len(painting.quads) + 1)
        for index, (kind, quad) in enumerate(painting.quads, 1):
            share = seen[index] / max(cv2.contourArea(quad), 1.0)
            if share < HIDDEN_SHARE:
                continue
            if share < VISIBLE_SHARE or quad_height(quad) < SMALLEST_PLATE:
                scene.ignored.append(quad)
            elif kind == "plate":
                scene.plates.append(quad)
            else:
                scene.side_numbers.append(quad)
        return scene
