"""What may stand on a plate, and where: texts and kinds of Vietnamese, Chinese and other plates.

Sizes are in mm of the real plate. Vietnam: Circular 79/2024 and QCVN 08:2024, with the sizes before 2025; China: GA 36-2018.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .alphabet import PROVINCES

VN_PROVINCES = tuple(f"{n:02d}" for n in range(11, 100) if n not in (13, 42, 44, 45, 46, 87, 91, 96))
VN_SERIES = "ABCDEFGHKLMNPSTUVXYZ"
VN_SPECIAL = ("LD", "DA", "MK", "HC", "KT", "MĐ", "CD", "TĐ", "LB", "CT", "RM")
CN_SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
CN_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

STICKER = "◦"
"""Stands between groups of characters for one or two round stickers or a coat of arms."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class PlateSpec:
    """A plate to be drawn: its size, its lines of text with separators (``-``, ``.``, ``·``, space), and its colours."""

    country: str
    width_mm: float
    height_mm: float
    lines: tuple[str, ...]
    colour: str
    glyphs: str
    """``vietnamese``, ``chinese``, ``green``, ``two_lines`` or ``latin``."""
    red: tuple[int, ...] = ()
    """Positions (without separators, over all lines) of characters in red."""
    picture: bool = False
    """Whether the ground shows a picture, as on American plates."""


def choose(rng: np.random.Generator, items):
    """One of ``items``, all alike."""
    return items[int(rng.integers(len(items)))]


def random_text(rng: np.random.Generator, characters: str, count: int) -> str:
    """``count`` of ``characters``, independent of each other."""
    return "".join(choose(rng, characters) for _ in range(count))


def digits(rng: np.random.Generator, count: int) -> str:
    """``count`` digits; now and then all or most alike, as bought numbers are."""
    if rng.random() < 0.06:
        return choose(rng, DIGITS) * count
    return random_text(rng, DIGITS, count)


def plate_spec(rng: np.random.Generator, country: str | None = None) -> PlateSpec:
    """Any plate, of ``country`` (VN, CN or XX) if given."""
    country = country or str(rng.choice(["VN", "CN", "XX"], p=[0.36, 0.40, 0.24]))
    return {"VN": vietnamese_spec, "CN": chinese_spec, "XX": other_spec}[country](rng)


def _with_dot(serial: str) -> str:
    return f"{serial[:3]}.{serial[3:]}" if len(serial) == 5 else serial


def vietnamese_spec(rng: np.random.Generator) -> PlateSpec:
    """A plate of a car, truck, trailer or motorbike, of the army or a mission."""
    kind = rng.random()
    if kind < 0.40:
        return _vn_motorbike(rng)
    if kind < 0.46:
        return _vn_army(rng)
    if kind < 0.50:
        return _vn_mission(rng)
    return _vn_car(rng)


def _vn_motorbike(rng: np.random.Generator) -> PlateSpec:
    second = choose(rng, "123456789") if rng.random() < 0.7 else choose(rng, VN_SERIES + "R")
    serial = digits(rng, 5 if rng.random() < 0.7 else 4)
    dash = "-" if rng.random() < 0.93 else " "
    upper = f"{choose(rng, VN_PROVINCES)}{dash}{choose(rng, VN_SERIES)}{second}"
    colour = str(rng.choice(["white", "blue", "yellow"], p=[0.9, 0.05, 0.05]))
    return PlateSpec(
        "VN", 190, 140, (upper, _with_dot(serial) if rng.random() < 0.95 else serial), colour, "vietnamese"
    )


def _vn_car(rng: np.random.Generator) -> PlateSpec:
    series = choose(rng, VN_SERIES)
    if rng.random() < 0.12:
        series = choose(rng, VN_SPECIAL)
    elif rng.random() < 0.08:
        series = "R"
    serial = digits(rng, 5 if rng.random() < 0.8 else 4)
    dotted = _with_dot(serial) if rng.random() < 0.93 else serial
    province = choose(rng, VN_PROVINCES)
    colour = str(rng.choice(["white", "yellow", "blue"], p=[0.62, 0.28, 0.10]))
    if rng.random() < 0.58:
        width, height = (520, 110) if rng.random() < 0.6 else (470, 110)
        dash = "-" if rng.random() < 0.9 else " "
        return PlateSpec("VN", width, height, (f"{province}{series}{dash}{dotted}",), colour, "vietnamese")
    width, height = (330, 165) if rng.random() < 0.6 else (280, 200)
    upper = f"{province}{series}" if rng.random() < 0.75 else f"{province}-{series}"
    return PlateSpec("VN", width, height, (upper, dotted), colour, "vietnamese")


def _vn_army(rng: np.random.Generator) -> PlateSpec:
    letters, number = random_text(rng, VN_SERIES, 2), digits(rng, 4)
    dotted = f"{number[:2]}-{number[2:]}" if rng.random() < 0.8 else number
    if rng.random() < 0.6:
        return PlateSpec("VN", 470, 110, (f"{letters}-{dotted}",), "red", "vietnamese")
    return PlateSpec("VN", 280, 200, (letters, dotted), "red", "vietnamese")


def _vn_mission(rng: np.random.Generator) -> PlateSpec:
    group = choose(rng, ("NG", "NN", "QT", "CV"))
    province, country, serial = choose(rng, VN_PROVINCES), digits(rng, 3), digits(rng, 2)
    red = (5, 6) if rng.random() < 0.6 and group in ("NG", "QT") else ()
    if rng.random() < 0.5:
        return PlateSpec("VN", 520, 110, (f"{province}-{country}-{group}-{serial}",), "white", "vietnamese", red)
    lines = (f"{province}-{group}", f"{country}-{serial}")
    return PlateSpec("VN", 330, 165, lines, "white", "vietnamese", (2, 3) if red else ())


def chinese_spec(rng: np.random.Generator) -> PlateSpec:
    """A plate of any colour and kind of GA 36-2018."""
    kind, province, office = rng.random(), choose(rng, PROVINCES), choose(rng, CN_LETTERS)
    serial = _cn_serial(rng, 5)
    if kind < 0.36:
        return PlateSpec("CN", 440, 140, (f"{province}{office}·{serial}",), "blue", "chinese")
    if kind < 0.48:
        end = serial[:4] + "学" if rng.random() < 0.2 else serial
        return PlateSpec("CN", 440, 140, (f"{province}{office}·{end}",), "yellow", "chinese")
    if kind < 0.68:
        end = serial[:4] + "挂" if rng.random() < 0.5 else serial
        size = (440, 220) if rng.random() < 0.85 else (220, 140)
        dot = "·" if rng.random() < 0.4 else ""
        colour = "yellow" if rng.random() < 0.9 else "white"
        return PlateSpec("CN", *size, (f"{province}{dot}{office}", end), colour, "two_lines")
    if kind < 0.72:
        return PlateSpec("CN", 220, 140, (f"{province}·{office}", serial), "blue", "two_lines")
    if kind < 0.86:
        return _cn_new_energy(rng, province, office)
    return _cn_special(rng, province, office, serial)


def _cn_serial(rng: np.random.Generator, count: int) -> str:
    """Serials have at most two letters, mostly none or one."""
    serial = list(random_text(rng, DIGITS, count))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.25, 0.45, 0.30]))):
        serial[int(rng.integers(count))] = choose(rng, CN_LETTERS)
    return "".join(serial)


def _cn_new_energy(rng: np.random.Generator, province: str, office: str) -> PlateSpec:
    kind = choose(rng, "DABCEFGHJK")
    if rng.random() < 0.75:
        serial = kind + _cn_serial(rng, 2)[:1] + random_text(rng, DIGITS, 4)
        return PlateSpec("CN", 480, 140, (f"{province}{office}·{serial}",), "green", "green")
    serial = random_text(rng, DIGITS, 5) + kind
    return PlateSpec("CN", 480, 140, (f"{province}{office}·{serial}",), "yellow_green", "green")


def _cn_special(rng: np.random.Generator, province: str, office: str, serial: str) -> PlateSpec:
    kind = rng.random()
    if kind < 0.25:
        return PlateSpec("CN", 440, 140, (f"{province}{office}·{serial[:4]}警",), "white", "chinese", (6,))
    if kind < 0.50:
        end = "港" if rng.random() < 0.5 else "澳"
        return PlateSpec("CN", 440, 140, (f"粤Z·{serial[:4]}{end}",), "black", "chinese")
    if kind < 0.70:
        return PlateSpec("CN", 440, 140, (f"{province}{office}·{serial[:4]}领",), "black", "chinese")
    if kind < 0.85:
        number = digits(rng, 6)
        return PlateSpec("CN", 440, 140, (f"使{number[:3]}·{number[3:]}",), "black", "chinese")
    return PlateSpec(
        "CN", 440, 140, (f"{random_text(rng, CN_LETTERS, 2)}·{digits(rng, 5)}",), "white", "chinese", (0, 1)
    )


_PATTERNS = (
    "LLL DDDD",
    "LLL-DDDD",
    "DLD DDDD",
    "LL-DDD-LL",
    "LLDD LLL",
    "L DDDDD",
    "LL DDDDD",
    "LLL DDD",
    "DDD LLL",
    "DDDD LLL",
    "LL-LL DDD",
    "L-LL DDDD",
    "DLLL DDD",
    "LL DDDLL",
    "DD-LLL-D",
    "LLD DDDD",
    "DLL DDDD",
    "DDDDD LL",
    "LLLDLDD",
    "LLD DLL",
    "LDD DLL",
    "D LLLDDD",
    "DDD DDD",
    "LL DDDD",
    "LLL-L DDD",
    "LL-DDD-L",
    "LLL DDDDL",
    # Once more: no other form is as frequent in the Americas.
    "LLL DDDD",
    "LLL-DDDD",
)


def other_spec(rng: np.random.Generator) -> PlateSpec:
    """A plate with Latin letters of no country in particular: European, American, Brazilian in look."""
    pattern = choose(rng, _PATTERNS)
    if rng.random() < 0.2:
        groups = [choose(rng, "LD") * int(rng.integers(2, 4)) for _ in range(int(rng.integers(2, 4)))]
        pattern = choose(rng, " -").join(groups)
    text = "".join(choose(rng, LETTERS) if c == "L" else choose(rng, DIGITS) if c == "D" else c for c in pattern)
    kind = rng.random()
    colour = str(rng.choice(["white", "yellow", "other"], p=[0.72, 0.14, 0.14]))
    if rng.random() < 0.35:
        text = text.replace(" ", STICKER).replace("-", STICKER)
    if kind < 0.52:
        return PlateSpec("XX", 520, 112, (text,), colour, "latin")
    if kind < 0.83:
        colour = "other" if rng.random() < 0.5 else colour
        return PlateSpec("XX", 305, 152, (text,), colour, "latin", picture=rng.random() < 0.6)
    parts = text.replace("-", " ").replace(STICKER, " ").split(" ", 1)
    if len(parts) == 2 and kind < 0.95:
        return PlateSpec("XX", 300, 200, tuple(parts), colour, "latin")
    return PlateSpec("XX", 400, 130, (text,), colour, "latin")
