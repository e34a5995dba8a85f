"""Real plates from labelled folders, cut out and lightly varied."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from .alphabet import LAYOUTS, SLOTS
from .provinces import moved_to_another_province

HEIGHT_PX = 64
WIDTH_PX = 160
MARGIN_X = 0.04
MARGIN_Y = 0.08
"""The reader's margin on each side, as shares of the plate's width and height."""

FOLDER_SHARES = {"cn_lprnet": 0.88, "cn_hyperlpr": 0.08, "vn_mrzaizai2k": 0.04}
"""How often each folder of the training material is drawn from, whatever its size."""
HELD_OUT = 60
COMMON_PROVINCE = "皖"
COMMON_PROVINCE_WEIGHT = 0.1
MOVED_SHARE = 0.6
"""747 of the 749 cn_lprnet crops are of one province, and every doubtful one would become it. So most of them get another
province's character (``provinces``), and on the others it counts little."""

CHINESE_CENTRES = np.array([38.0, 95.0, 174.0, 231.0, 288.0, 345.0, 402.0]) / 440.0
"""Of the seven characters on a one-line Chinese plate (GA 36-2018: 440 mm wide)."""


@dataclass(frozen=True)
class RealPlate:
    """A labelled plate in a picture."""

    picture: np.ndarray
    """uint8 RGB"""
    quad: np.ndarray
    """[4, 2] f32: corners clockwise from the top left, in pixels of ``picture``"""
    text: str
    country: str | None
    layout: str | None
    colour: str | None
    whole: bool
    """The picture is the plate: nothing is around it."""
    folder: str
    source: str
    """The file's name, for messages."""


@dataclass(frozen=True)
class RealSample:
    """A cut out real plate, with the fields of a rendered sample."""

    image: np.ndarray
    text: str
    centres: np.ndarray | None
    layout: str | None
    colour: str | None
    country: str | None
    legible: bool
    slot_weights: np.ndarray


def read_folder(folder: Path) -> list[RealPlate]:
    """All plates with a text of a folder with ``labels.jsonl`` (see the README of the evaluation sets)."""
    plates = []
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        if line.strip():
            plates += read_row(json.loads(line), folder)
    return plates


def read_row(row: dict, folder: Path) -> list[RealPlate]:
    """The plates of one row of ``labels.jsonl``; raises ``OSError`` on an unreadable picture."""
    labelled = [label for label in row["plates"] if label.get("text")]
    if not labelled:
        return []
    picture = cv2.imread(str(folder / row["image"]), cv2.IMREAD_COLOR)
    if picture is None:
        raise OSError(f"{folder / row['image']} is missing or no picture")
    picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    whole = bool(row.get("crop"))
    return [_plate(label, picture, whole, folder.name, row["image"]) for label in labelled]


def _plate(label: dict, picture: np.ndarray, whole: bool, folder: str, source: str) -> RealPlate:
    region = label.get("region")
    return RealPlate(
        picture=picture,
        quad=_quad(label, picture, whole),
        text=normalise(label["text"]),
        country=region if region in ("VN", "CN") else "XX" if region else None,
        layout=LAYOUTS[label["lines"] - 1] if label.get("lines") in (1, 2) else None,
        colour=label.get("colour"),
        whole=whole,
        folder=folder,
        source=source,
    )


def _quad(label: dict, picture: np.ndarray, whole: bool) -> np.ndarray:
    if whole:
        height, width = picture.shape[:2]
        box = (0, 0, width, height)
    elif label.get("corners"):
        bottom_right, bottom_left, top_left, top_right = label["corners"]
        return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)
    else:
        box = label["bbox"]
    x, y, w, h = box
    return np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], np.float32)


def normalise(text: str) -> str:
    """Upper case, letters and digits only."""
    return "".join(c for c in text.upper() if c.isalnum())


def rectify(picture: np.ndarray, quad: np.ndarray, margin_x: float, margin_y: float) -> np.ndarray:
    """The plate at ``quad`` as uint8 [64, 160, 3], with margins as shares of its width and height; edges are repeated."""
    return cv2.warpPerspective(
        picture,
        _to_crop(quad, margin_x, margin_y),
        (WIDTH_PX, HEIGHT_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def cut(plate: RealPlate) -> np.ndarray:
    """The plate as the daemon cuts it, uint8 [64, 160, 3]; a picture that is a plate is taken whole."""
    if plate.whole:
        return cv2.resize(plate.picture, (WIDTH_PX, HEIGHT_PX), interpolation=_filter(plate.quad))
    picture, quad = _halved(plate.picture, plate.quad)
    return rectify(picture, quad, MARGIN_X, MARGIN_Y)


def _to_crop(quad: np.ndarray, margin_x: float, margin_y: float) -> np.ndarray:
    """Homography from the picture into the crop, pixels to pixels (a pixel's centre is at +0.5)."""
    left, top = WIDTH_PX * margin_x / (1 + 2 * margin_x), HEIGHT_PX * margin_y / (1 + 2 * margin_y)
    right, bottom = WIDTH_PX - left, HEIGHT_PX - top
    target = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    return cv2.getPerspectiveTransform(quad.astype(np.float32) - 0.5, target - 0.5)


def _filter(quad: np.ndarray) -> int:
    """Averages where the plate is larger than the crop."""
    return cv2.INTER_AREA if np.ptp(quad[:, 0]) > WIDTH_PX else cv2.INTER_LINEAR


def _halved(picture: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Picture and quad, halved until the plate is less than twice as wide as the crop: a warp does not average."""
    while np.ptp(quad[:, 0]) >= 2 * WIDTH_PX and min(picture.shape[:2]) >= 2:
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        quad = quad * np.array([width / picture.shape[1], height / picture.shape[0]], np.float32)
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return picture, quad


def vary(plate: RealPlate, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A varied cut of the plate and the homography from fractions of the plate to pixels of the cut."""
    picture, quad = _halved(plate.picture, plate.quad)
    size = np.ptp(quad, axis=0)
    low, high = (-0.02, 0.04) if plate.whole else (0.0, 0.08)
    quad = quad + rng.normal(0, 0.012, (4, 2)).astype(np.float32) * size
    matrix = _to_crop(quad, rng.uniform(low, high), rng.uniform(low, high * 2))
    image = cv2.warpPerspective(
        picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return photometric(image, rng), matrix @ cv2.getPerspectiveTransform(unit, quad.astype(np.float32) - 0.5)


def photometric(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another exposure, tint, sharpness, noise and JPEG quality, all light; same size."""
    pixels = image.astype(np.float32) / 255
    pixels = np.clip(pixels, 0, 1) ** rng.uniform(0.65, 1.5) * rng.uniform(0.75, 1.2) + rng.uniform(-0.08, 0.08)
    pixels = pixels * rng.uniform(0.92, 1.08, 3)
    if rng.random() < 0.15:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.4:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 1.6), sigmaY=rng.uniform(0.3, 1.0))
    if rng.random() < 0.3:
        width = int(rng.integers(50, 120))
        small = cv2.resize(pixels.astype(np.float32), (width, max(14, width // 3)), interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(small, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    pixels = pixels + rng.normal(0, rng.uniform(0, 0.03), pixels.shape)
    result = (np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))]
        result = cv2.imdecode(cv2.imencode(".jpg", result, quality)[1], cv2.IMREAD_COLOR)
    return np.ascontiguousarray(result)


def centres_of(plate: RealPlate) -> np.ndarray | None:
    """[7, 2] fractions of the plate for one-line Chinese plates of seven characters, whose geometry is fixed."""
    if plate.country != "CN" or plate.layout != "one_line" or len(plate.text) != len(CHINESE_CENTRES):
        return None
    return np.stack([CHINESE_CENTRES, np.full(len(CHINESE_CENTRES), 0.5)], 1).astype(np.float32)


def is_held_out(text: str, share: float) -> bool:
    """Whether the plate ``text`` belongs to the held-out ``share``; the same for every picture of that plate, on any machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") / 2**32 < share


class RealCrops:
    """Draws varied real crops; each folder as often as its share says."""

    def __init__(self, folders: dict[str, tuple[float, list[RealPlate]]]):
        filled = {name: entry for name, entry in folders.items() if entry[1]}
        self.plates = [plates for _, plates in filled.values()]
        shares = np.array([share for share, _ in filled.values()])
        self.shares = shares / shares.sum()

    @classmethod
    def for_training(cls, train_dir: Path) -> "RealCrops":
        """The training material's crops and photographs without :func:`held_out`."""
        held_out_texts = {plate.text for plate in held_out(train_dir)}
        return cls(
            {
                name: (share, [p for p in read_folder(train_dir / name) if p.text not in held_out_texts])
                for name, share in FOLDER_SHARES.items()
            }
        )

    def sample(self, rng: np.random.Generator) -> RealSample:
        """One varied crop."""
        plates = self.plates[rng.choice(len(self.plates), p=self.shares)]
        plate = plates[rng.integers(len(plates))]
        if plate.whole and plate.text.startswith(COMMON_PROVINCE) and rng.random() < MOVED_SHARE:
            picture, province = moved_to_another_province(rng, plate.picture)
            plate = replace(plate, picture=picture, text=province + plate.text[1:])
        image, matrix = vary(plate, rng)
        centres = centres_of(plate)
        if centres is not None:
            moved = cv2.perspectiveTransform(centres[None], matrix)[0] + 0.5
            centres = moved / np.array([WIDTH_PX, HEIGHT_PX], np.float32)
        weights = np.ones(SLOTS, np.float32)
        if plate.text.startswith(COMMON_PROVINCE):
            weights[0] = COMMON_PROVINCE_WEIGHT
        return RealSample(image, plate.text, centres, plate.layout, plate.colour, plate.country, True, weights)


def held_out(train_dir: Path) -> list[RealPlate]:
    """The about ``HELD_OUT`` cn_lprnet crops that no training sees; for calibration and as a tiny real set."""
    plates = read_folder(train_dir / "cn_lprnet")
    return [plate for plate in plates if is_held_out(plate.text, HELD_OUT / len(plates))]
