"""gatelpr-detector and gatelpr-reader in Python: what src/inference does before and after the models.

As a Python programmer would write it for speed: OpenCV resizes, warps and normalises, and only the few cells that may
hold a plate are looked at one by one.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from plate_grammar import Grammar, LONGEST

GREY = 127
MOST_OF_INPUT, LEAST_ENLARGED, LEAST_OVERLAP = 0.6, 1.15, 0.4
"""As in src/inference/closer_look.rs."""
MAX_SAMPLES = 8
"""As in src/inference/rectify.rs."""
BEAM_WIDTH, LEAST_LIKELY = 24, 1e-4
"""As in src/inference/slots.rs."""
UNIT_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)


@dataclass(frozen=True)
class Find:
    """A plate that was found."""

    likelihood: float
    corners: np.ndarray
    """[4, 2] float32 in pixels of the picture, clockwise from the text's top left."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        (left, top), (right, bottom) = self.corners.min(axis=0), self.corners.max(axis=0)
        return float(left), float(top), float(right), float(bottom)

    @property
    def height(self) -> float:
        a, b, c, d = self.corners
        return float(np.linalg.norm(a - d) + np.linalg.norm(b - c)) / 2


class Model:
    """A manifest of models/ and a session that runs its weights."""

    def __init__(self, models: Path, name: str) -> None:
        self.manifest = tomllib.loads((models / f"{name}.toml").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        weights = models / self.manifest["weights"]["file"]
        if not weights.exists():
            weights = models / "weights" / self.manifest["weights"]["file"]
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        self._input = self.manifest["input"]["name"]
        self.name = name
        self.looks: list[tuple[str, list[int]]] = []
        """The shape of every input so far."""

    def run(self, values: np.ndarray, outputs: list[str] | None) -> list[np.ndarray]:
        self.looks.append((self.name, list(values.shape)))
        return self._session.run(outputs, {self._input: values})


def blob(pictures: list[np.ndarray]) -> np.ndarray:
    """OpenCV's pictures as both models take them: red, green and blue planes from -1 to 1."""
    return cv2.dnn.blobFromImages(pictures, 1 / 127.5, mean=(127.5, 127.5, 127.5), swapRB=True)


class Detector:
    """Finds plates with their corners."""

    def __init__(self, models: Path) -> None:
        self.model = Model(models, "gatelpr-detector")
        family = self.model.manifest["family"]["corner_detector"]
        self._cell = family["cell_px"]
        self._channels = 9 * len(family["classes"])
        self._peak, self._overlap = family["peak_threshold"], family["overlap_threshold"]
        self._most, self._closer = family["max_finds"], family["closer_look"]
        self._size = self.model.manifest["input"]["size"]["area"]
        self._output = [self.model.manifest["output"]["name"]]

    def find(self, picture: np.ndarray) -> list[Find]:
        """Every plate in ``picture``, the surest first."""
        height, width = picture.shape[:2]
        finds, scale = self._look(picture, (0, 0, width, height), self.input_size(width, height))
        inside = [
            f
            for f in finds
            if (0 <= f.corners.mean(axis=0)).all() and (f.corners.mean(axis=0) <= (width, height)).all()
        ]
        small = [(i, around) for i, f in enumerate(inside) if (around := self._surroundings(f, scale, width, height))]
        for index, region in small[: self._closer["max_plates"]]:
            again, _ = self._look(picture, region, (self._closer["width_px"], self._closer["height_px"]))
            nearest = max(again, key=lambda find: overlap(find.bounds, inside[index].bounds), default=None)
            if nearest and overlap(nearest.bounds, inside[index].bounds) >= LEAST_OVERLAP:
                inside[index] = Find(inside[index].likelihood, nearest.corners)
        return inside

    def input_size(self, width: int, height: int) -> tuple[int, int]:
        """The input's width and height for a picture."""
        multiple, most = self._size["of_px"], self._size["enlarge_max"]
        scale = min((self._size["area_px"] / (width * height)) ** 0.5, most)
        rounded = (lambda side: int(side + 0.5)) if scale < most else (lambda side: int(np.ceil(side)))
        columns, rows = (max(1, rounded(side * scale / multiple)) for side in (width, height))
        return columns * multiple, rows * multiple

    def _look(
        self, picture: np.ndarray, region: tuple[int, int, int, int], size: tuple[int, int]
    ) -> tuple[list[Find], float]:
        left, top, right, bottom = region
        width, height = size
        scale = min(width / (right - left), height / (bottom - top))
        inner = [
            min(most, max(1, round(side * scale))) for side, most in ((right - left, width), (bottom - top, height))
        ]
        boxed = cv2.resize(
            picture[top:bottom, left:right], inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        )
        if inner != [width, height]:
            boxed = cv2.copyMakeBorder(
                boxed, 0, height - inner[1], 0, width - inner[0], cv2.BORDER_CONSTANT, value=(GREY, GREY, GREY)
            )
        (cells,) = self.model.run(blob([boxed]), self._output)
        to_picture = np.array([(right - left) / inner[0], (bottom - top) / inner[1]], np.float32)
        origin = np.array([left, top], np.float32)
        found = [Find(f.likelihood, f.corners * to_picture + origin) for f in self._finds(cells[0])]
        return found, inner[0] / (right - left)

    def _finds(self, cells: np.ndarray) -> list[Find]:
        likely = cells[0]
        neighbours = cv2.dilate(likely, np.ones((3, 3), np.uint8))
        rows, columns = np.nonzero((likely >= self._peak) & (likely >= neighbours))
        finds = []
        for row, column in zip(rows, columns, strict=True):
            middle = (np.array([column, row], np.float32) + 0.5) * self._cell
            corners = cells[1:9, row, column].reshape(4, 2) + middle
            sides = np.roll(corners, -1, axis=0) - corners
            following = np.roll(sides, -1, axis=0)
            if (sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0] > 0).all():
                finds.append(Find(float(likely[row, column]), corners))
        finds.sort(key=lambda find: -find.likelihood)
        kept: list[Find] = []
        for find in finds:
            if all(overlap(find.bounds, other.bounds) <= self._overlap for other in kept):
                kept.append(find)
        return kept[: self._most]

    def _surroundings(self, find: Find, scale: float, width: int, height: int) -> tuple[int, int, int, int] | None:
        if find.height * scale >= self._closer["below_px"]:
            return None
        left, top, right, bottom = find.bounds
        sides = (self._closer["width_px"], self._closer["height_px"])
        fits = min(sides[0] * MOST_OF_INPUT / (right - left), sides[1] * MOST_OF_INPUT / (bottom - top))
        enlarged = min(fits, self._closer["plate_px"] / find.height)
        if enlarged < LEAST_ENLARGED * scale:
            return None
        spans = []
        for middle, length, high in (
            ((left + right) / 2, sides[0] / enlarged, width),
            ((top + bottom) / 2, sides[1] / enlarged, height),
        ):
            start = max(min(middle - length / 2, high - length), 0)
            spans.append((round(start), round(min(start + length, high))))
        (left, right), (top, bottom) = spans
        return left, top, right, bottom


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


@dataclass(frozen=True)
class Reading:
    """A plate's text."""

    text: str
    confidence: float
    per_character: list[float]


class Reader:
    """Reads plates whose corners are known."""

    def __init__(self, models: Path) -> None:
        self.model = Model(models, "gatelpr-reader")
        manifest = self.model.manifest
        family = manifest["family"]["plate_recogniser"]
        size = manifest["input"]["size"]["fixed"]
        self._width, self._height = size["width_px"], size["height_px"]
        self._characters = family["alphabet"]["inline"]
        self._margins, self._second = family["margins"], family["second_look"]
        self._text_threshold = family["text_threshold"]
        self._legible_threshold = family["legible"]["threshold"]
        self._outputs = [
            manifest["output"]["name"],
            family["layout"]["output"],
            family["legible"]["output"],
            family["colour"]["output"],
        ]

    def read(self, picture: np.ndarray, plates: list[np.ndarray], grammar: Grammar) -> list[Reading | None]:
        """Reads all plates in one run, and those that are not read surely, but may be, once more in another."""
        if not plates:
            return []
        looks = self._look([self._cut(picture, corners, self._margins) for corners in plates])
        best = [self._best(look, grammar) for look in looks]
        readings = [self._reading(look, reading) for look, reading in zip(looks, best, strict=True)]
        unsure = [i for i, r in enumerate(best) if r and self._second["from"] <= r.confidence < self._second["below"]]
        margins = self._second["margins"]
        if unsure:
            more = self._look([self._cut(picture, plates[i], m) for i in unsure for m in margins])
            for place, index in enumerate(unsure):
                all_looks = [looks[index], *more[place * len(margins) : (place + 1) * len(margins)]]
                mean = tuple(np.mean(rows, axis=0) for rows in zip(*all_looks, strict=True))
                readings[index] = self._reading(mean, self._best(mean, grammar))
        return readings

    def _look(self, cuts: list[np.ndarray]) -> list[tuple[np.ndarray, ...]]:
        return list(zip(*self.model.run(blob(cuts), self._outputs), strict=True))

    def _cut(self, picture: np.ndarray, corners: np.ndarray, margins: dict[str, float]) -> np.ndarray:
        warp = cv2.getPerspectiveTransform(UNIT_SQUARE, corners.astype(np.float32))
        x, y, down = margins["width"], margins["height"], margins["down"]
        grown = cv2.perspectiveTransform(
            np.array([[[-x, down - y], [1 + x, down - y], [1 + x, down + 1 + y], [-x, down + 1 + y]]], np.float32), warp
        )[0]
        a, b, c, d = grown
        samples_x = sampled((np.linalg.norm(a - b) + np.linalg.norm(d - c)) / 2 / self._width)
        samples_y = sampled((np.linalg.norm(a - d) + np.linalg.norm(b - c)) / 2 / self._height)
        width, height = self._width * samples_x, self._height * samples_y
        to_square = np.array([[1 / width, 0, 0.5 / width], [0, 1 / height, 0.5 / height], [0, 0, 1]])
        to_pixels = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
        warp = to_pixels @ cv2.getPerspectiveTransform(UNIT_SQUARE, grown) @ to_square
        cut = cv2.warpPerspective(
            picture,
            warp,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return (
            cv2.resize(cut, (self._width, self._height), interpolation=cv2.INTER_AREA)
            if samples_x * samples_y > 1
            else cut
        )

    def _best(self, look: tuple[np.ndarray, ...], grammar: Grammar) -> Reading | None:
        """The likeliest text, even if it is no reading."""
        characters, layout, legible, _ = look
        if float(legible[0]) < self._second["from"]:
            return None
        best = decode(self._slots(characters), float(layout[1]), grammar)
        return best and Reading(best.text, best.confidence * float(legible[0]), best.per_character)

    def _reading(self, look: tuple[np.ndarray, ...], best: Reading | None) -> Reading | None:
        legible = float(look[2][0])
        if best is None or legible < self._legible_threshold or best.confidence < self._text_threshold * legible:
            return None
        return best

    def _slots(self, characters: np.ndarray) -> list[tuple[float, dict[str, float]]]:
        """By place: the likelihood that the text has ended, and of the likely characters."""
        slots = []
        for row in characters:
            likely: dict[str, float] = {}
            for index in np.nonzero(row[1:] > LEAST_LIKELY)[0]:
                character = self._characters[index].replace("Đ", "D")
                likely[character] = likely.get(character, 0.0) + float(row[1 + index])
            slots.append((float(row[0]), likely))
        return slots


def sampled(pixels: float) -> int:
    """How many samples a side of a pixel is averaged from."""
    return int(min(max(np.ceil(pixels), 1), MAX_SAMPLES))


def decode(slots: list[tuple[float, dict[str, float]]], two_lines: float, grammar: Grammar) -> Reading | None:
    """The likeliest plate text that the slots hold, under the grammar; ``confidence`` is its likelihood."""
    ends = [1.0] * (LONGEST + 1)
    for length in range(LONGEST - 1, -1, -1):
        ends[length] = min(ends[length + 1], slots[length][0])
    shares: dict[str, list[float]] = {}
    for start, weight in ((grammar.one_line, 1 - two_lines), (grammar.two_lines, two_lines)):
        beam = [("", start, 1.0)]
        for length in range(LONGEST + 1):
            for text, alive, likelihood in beam:
                if prior := grammar.complete(alive, length):
                    share = shares.setdefault(text, [0.0, 0.0])
                    share[0] += likelihood * ends[length] * weight
                    share[1] += likelihood * ends[length] * weight * prior
            if length < LONGEST:
                after = grammar.after[length]
                longer = [
                    (text + character, still, likelihood * probability)
                    for text, alive, likelihood in beam
                    for character, probability in slots[length][1].items()
                    if (still := alive & after[character])
                ]
                longer.sort(key=lambda prefix: -prefix[2])
                beam = longer[:BEAM_WIDTH]
    if not shares:
        return None
    text, (likelihood, _) = max(shares.items(), key=lambda share: share[1][1])
    return Reading(text, likelihood, [slots[place][1][character] for place, character in enumerate(text)])
