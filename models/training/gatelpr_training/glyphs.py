"""Shapes of plate characters: pictures of the true ones, cuts from real plates, and fonts with free licences.

A glyph is a mask of 8 bits, cut to its ink, 96 px high; 255 is ink. Its width keeps the source's proportions.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .alphabet import LATIN, PROVINCES, SUFFIXES

HEIGHT = 96
"""Height of every glyph in px."""

LATIN_FONTS = (
    "NationalPark-Heavy",
    "NationalPark-Regular",
    "RobotoCondensed-Bold",
    "RobotoCondensed-Medium",
    "RobotoCondensed-Regular",
    "Roboto-Bold",
    "Roboto-Medium",
    "Roboto-Regular",
    "Roboto-Black",
    "B612-Bold",
    "B612-Regular",
    "B612Mono-Bold",
    "BebasNeue-Bold",
    "BebasNeue-Regular",
    "Cabin-Bold",
    "Cabin-Medium",
    "Dosis-ExtraBold",
    "Dosis-Bold",
    "Dosis-SemiBold",
    "LeagueMono-CondensedBold",
    "LeagueMono-NarrowBold",
    "LeagueMono-Bold",
    "Play-Bold",
    "ClearSans-Bold",
    "ClearSans-Medium",
    "DejaVuSansCondensed-Bold",
    "DejaVuSansMono-Bold",
    "DejaVuSansCondensed",
    "Hack-Bold",
    "Karla-Bold",
    "Lato-Bold",
    "Lato-Heavy",
    "Lato-Medium",
    "LiberationSansNarrow-Bold",
    "LiberationSans-Bold",
    "LiberationSans-Regular",
    "LiberationMono-Bold",
    "OpenSans-CondBold",
    "OpenSans-Semibold",
    "FiraCode-Bold",
    "Jura-Bold",
    "Cantarell-Bold",
    "OSP-DIN",
    "RG2014B",
    "RG2014C",
    "RG2014D",
)
"""Sans-serif fonts of Debian's packages (OFL, MIT, Apache-2.0, Bitstream Vera or similar licences)."""

ROAD_FONTS = ("OSP-DIN", "RG2014B", "RG2014C", "RG2014D")
"""Those of them that follow the lettering of road signs, as plates of many countries do: O is a narrow loop with straight
sides."""

CHINESE_FONTS = ("NotoSansCJK-Bold", "NotoSansCJK-Regular")

NO_CHARACTER_OF_ANY_FONT = "\U0010fffe"
"""Fonts draw a box or nothing in its place, and in that of whatever else they lack."""

_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts")
_EASYPR_SHARE_OF_INK = (0.12, 0.62)
"""Cuts from real plates with less or more ink than this are noise."""


def material_folder() -> Path:
    """The folder of training material: ``GATELPR_MATERIAL``, else ``shared/train`` beside the repository."""
    configured = os.environ.get("GATELPR_MATERIAL")
    folder = Path(configured) if configured else Path(__file__).resolve().parents[4] / "shared" / "train"
    if not folder.is_dir():
        raise SystemExit(
            f"no training material in {folder}; set GATELPR_MATERIAL to the folder that holds cn_glyphs and the others"
        )
    return folder


@dataclass
class GlyphSet:
    """Glyphs of one origin: per character one mask or several."""

    name: str
    masks: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, character: str, mask: np.ndarray) -> None:
        """Takes ``mask`` (any size, 255 is ink) for ``character``, cut to its ink and scaled; an empty one is left out."""
        cut = _cut_to_ink(mask)
        if cut is not None:
            self.masks.setdefault(character, []).append(cut)

    def pick(self, rng: np.random.Generator, character: str) -> np.ndarray:
        """One of the masks for ``character``."""
        masks = self.masks[character]
        return masks[int(rng.integers(len(masks)))]

    def __contains__(self, character: str) -> bool:
        return character in self.masks


def _cut_to_ink(mask: np.ndarray) -> np.ndarray | None:
    rows, columns = np.where(mask > 127)
    if rows.size < 4:
        return None
    ink = mask[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    width = max(6, round(ink.shape[1] * HEIGHT / ink.shape[0]))
    return cv2.resize(ink, (width, HEIGHT), interpolation=cv2.INTER_AREA if ink.shape[0] > HEIGHT else cv2.INTER_CUBIC)


def _smooth(mask: np.ndarray, scale: int) -> np.ndarray:
    """A coarse binary mask at ``scale`` times its size with smooth edges."""
    large = cv2.resize(mask, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    blurred = cv2.GaussianBlur(large, (0, 0), 0.6 * scale).astype(np.float32)
    return np.clip((blurred - 127) * 4 + 127, 0, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def vietnamese() -> GlyphSet:
    """The letters and digits of Vietnamese plates, from pictures of 20x30 px."""
    folder = material_folder() / "vn_glyphs_mrzaizai2k"
    label = json.loads((folder / "labels.jsonl").read_text().splitlines()[0])
    sheet = cv2.imread(
        str(folder / label["sheet"] if "sheet" in label else folder / label["image"]), cv2.IMREAD_GRAYSCALE
    )
    width, height = label["tile"]
    glyphs = GlyphSet("vietnamese")
    for index, character in enumerate(label["texts"]):
        row, column = divmod(index, label["cols"])
        tile = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        glyphs.add(character, np.pad(_smooth(np.pad(tile, 2), 5), 2))
    glyphs.masks["Đ"] = [_with_bar(mask) for mask in glyphs.masks["D"]]
    return glyphs


def _with_bar(mask: np.ndarray) -> np.ndarray:
    """A D with the bar of a Đ, reaching out on the left."""
    wide = np.pad(mask, ((0, 0), (8, 0)))
    middle = HEIGHT // 2
    wide[middle - 6 : middle + 6, : 8 + mask.shape[1] // 2] = 255
    return wide


@lru_cache(maxsize=8)
def chinese(kind: str) -> GlyphSet:
    """The true characters of Chinese plates: ``140`` (one line), ``220`` (two lines, with ``220_up``, ``220_down``), ``green``."""
    folder = material_folder() / "cn_glyphs"
    glyphs = GlyphSet(f"chinese {kind}")
    for line in (folder / "labels.jsonl").read_text().splitlines():
        label = json.loads(line)
        if label.get("kind") == "glyph" and label["set"] == kind:
            picture = cv2.imdecode(np.fromfile(folder / label["image"], np.uint8), cv2.IMREAD_GRAYSCALE)
            glyphs.add(label["text"], 255 - picture)
    return glyphs


@lru_cache(maxsize=1)
def chinese_cuts() -> GlyphSet:
    """Characters cut from photographs of real Chinese plates (20x20 px, binarised), without tiles that are all noise."""
    folder = material_folder() / "cn_chars_easypr"
    glyphs = GlyphSet("chinese cuts")
    for line in (folder / "labels.jsonl").read_text().splitlines():
        label = json.loads(line)
        sheet = cv2.imread(str(folder / label["sheet"]), cv2.IMREAD_GRAYSCALE)
        width, height = label["tile"]
        for index in range(min(label["count"], 160)):
            row, column = divmod(index, label["cols"])
            tile = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
            share = float((tile > 127).mean())
            if _EASYPR_SHARE_OF_INK[0] < share < _EASYPR_SHARE_OF_INK[1]:
                glyphs.add(label["text"], _smooth(np.pad(tile, 2), 4))
    _drop_unusual(glyphs)
    return glyphs


def _drop_unusual(glyphs: GlyphSet) -> None:
    """Leaves out the third of each character's cuts that is least like their mean: cut-off, merged or smeared ones."""
    for character, masks in glyphs.masks.items():
        small = np.stack([cv2.resize(m, (20, 32)).astype(np.float32).ravel() for m in masks])
        mean = small.mean(0)
        likeness = [float(np.corrcoef(one, mean)[0, 1]) for one in small]
        order = np.argsort(likeness)[::-1][: max(1, len(masks) * 2 // 3)]
        glyphs.masks[character] = [masks[i] for i in order]


@lru_cache(maxsize=1)
def _font_files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in _FONT_FOLDERS:
        for path in sorted(Path(folder).rglob("*.[to]t[fc]")):
            found.setdefault(path.stem, path)
    return found


@lru_cache(maxsize=1)
def latin_fonts() -> tuple[str, ...]:
    """Those of ``LATIN_FONTS`` that are installed."""
    present = tuple(name for name in LATIN_FONTS if name in _font_files())
    if not present:
        raise SystemExit("none of the fonts for the renderer is installed; `make setup` installs them")
    return present


@lru_cache(maxsize=1)
def road_fonts() -> tuple[str, ...]:
    """Those of ``ROAD_FONTS`` that are installed."""
    return tuple(name for name in ROAD_FONTS if name in _font_files())


@lru_cache(maxsize=64)
def font(name: str) -> GlyphSet:
    """The Latin letters and digits of an installed font; not every one has a Đ."""
    return _rasterise(name, LATIN)


@lru_cache(maxsize=8)
def chinese_font(name: str) -> GlyphSet:
    """The provinces and suffixes of an installed Chinese font; empty if it is not installed."""
    return _rasterise(name, PROVINCES + SUFFIXES) if name in _font_files() else GlyphSet(name)


def _rasterise(name: str, characters: str) -> GlyphSet:
    face = ImageFont.truetype(str(_font_files()[name]), 140)
    glyphs, missing = GlyphSet(name), _written(face, NO_CHARACTER_OF_ANY_FONT)
    for character in characters:
        picture = _written(face, character)
        if not np.array_equal(picture, missing):
            glyphs.add(character, picture)
    return glyphs


def _written(face: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    """320 x 320, 255 is ink."""
    picture = Image.new("L", (320, 320))
    ImageDraw.Draw(picture).text((60, 60), character, fill=255, font=face)
    return np.asarray(picture)


@lru_cache(maxsize=32)
def text_face(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A font at ``size`` px, for text that is no plate text."""
    return ImageFont.truetype(str(_font_files()[name]), size)
