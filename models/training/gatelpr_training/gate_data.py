"""A gate's own labelled pictures: read with messages that say what to mend, and split so that no plate is on both sides."""

import json
from dataclasses import dataclass
from pathlib import Path

from .alphabet import encode
from .real_crops import RealPlate, is_held_out, normalise, read_row

HELD_OUT_SHARE = 0.25
LEAST_PLATES = 20
"""Different plates; fewer cannot show whether a model got better."""
MOST_MESSAGES = 20


class DataError(Exception):
    """The data cannot be used; one line per fault: where, what, and what to do."""


@dataclass(frozen=True)
class Split:
    """Plates to learn from and plates to judge by; no text is in both."""

    train: list[RealPlate]
    held_out: list[RealPlate]


def read_gate_data(folder: Path) -> list[RealPlate]:
    """All plates of ``folder``; raises ``DataError`` with every fault at once."""
    labels = folder / "labels.jsonl"
    if not labels.is_file():
        raise DataError(f"{labels}: missing; name a folder with labels.jsonl, as the console exports it")
    plates: list[RealPlate] = []
    faults: list[str] = []
    for number, line in enumerate(labels.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                plates += _read_line(line, folder)
            except ValueError as fault:
                faults.append(f"{labels}, line {number}: {fault}")
    if faults:
        more = f"\nand {len(faults) - MOST_MESSAGES} more" if len(faults) > MOST_MESSAGES else ""
        raise DataError("\n".join(faults[:MOST_MESSAGES]) + more)
    return plates


def _read_line(line: str, folder: Path) -> list[RealPlate]:
    """The plates of a line; raises ``ValueError`` with what to do about it."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON ({error}); write one object per line") from None
    if not isinstance(row, dict) or not isinstance(row.get("image"), str):
        raise ValueError('no "image"; give the picture\'s path inside the folder')
    if not isinstance(row.get("plates"), list):
        raise ValueError('no "plates"; give a list, empty for a picture without a plate')
    if not (folder / row["image"]).resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{row['image']} lies outside the folder; move it inside")
    for label in row["plates"]:
        _check_label(label, bool(row.get("crop")))
    try:
        plates = read_row(row, folder)
    except OSError as error:
        raise ValueError(f"{error}; add the picture or delete the line") from None
    for plate in plates:
        _check_inside(plate)
    return plates


def _check_label(label: object, whole: bool) -> None:
    if not isinstance(label, dict):
        raise ValueError('a plate is no object; write {"text": "...", "bbox": [x, y, width, height]}')
    text = label.get("text")
    if not isinstance(text, str) or not normalise(text):
        raise ValueError('a plate without "text"; type what stands on it, or delete it if it is illegible')
    try:
        encode(normalise(text))
    except ValueError as error:
        raise ValueError(f"{error}; correct the text") from None
    if not whole and not _is_box(label.get("bbox")) and not _are_corners(label.get("corners")):
        raise ValueError(
            f'plate {text} has no usable "bbox"; give [x, y, width, height] in pixels, or "crop": true if the picture is the'
            " plate"
        )


def _is_box(box: object) -> bool:
    return isinstance(box, list) and len(box) == 4 and all(_is_number(v) for v in box) and box[2] > 0 and box[3] > 0


def _are_corners(corners: object) -> bool:
    return (
        isinstance(corners, list)
        and len(corners) == 4
        and all(isinstance(c, list) and len(c) == 2 and all(_is_number(v) for v in c) for c in corners)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_inside(plate: RealPlate) -> None:
    """A box beyond the picture means that the label belongs to another size of it."""
    height, width = plate.picture.shape[:2]
    centre = plate.quad.mean(0)
    if not (0 <= centre[0] <= width and 0 <= centre[1] <= height):
        raise ValueError(f"plate {plate.text} lies outside {plate.source} ({width}x{height} px); correct its bbox")


def split(plates: list[RealPlate]) -> Split:
    """By text, so that pictures of one plate stay together; raises ``DataError`` where there is too little to judge by."""
    texts = sorted({plate.text for plate in plates})
    if len(texts) < LEAST_PLATES:
        raise DataError(f"{len(texts)} different plates; at least {LEAST_PLATES} are needed, export more passages")
    held_out = {text for text in texts if is_held_out(text, HELD_OUT_SHARE)}
    for text in texts[: LEAST_PLATES // 4]:
        if len(held_out) < LEAST_PLATES // 4:
            held_out.add(text)
    return Split(
        [plate for plate in plates if plate.text not in held_out], [plate for plate in plates if plate.text in held_out]
    )
