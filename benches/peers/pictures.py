"""The labelled pictures, and how a peer's answers are held against their labels."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

LONGEST = 12
REGIONS = {"VN": "Vietnam", "CN": "China", "XX": "others"}


@dataclass(frozen=True)
class Picture:
    """A whole picture with its labelled plates."""

    path: Path
    set_name: str
    row: dict
    countries: tuple[str, ...]
    """Whose plates gatelpr reads in its set: those of Vietnam and China, and others where the set has some."""

    @property
    def labels(self) -> list[str]:
        return [cleaned(plate["text"]) for plate in self.row["plates"]]


def whole_pictures(folder: Path) -> dict[str, list[Picture]]:
    """The pictures by region, without crops: those tell nothing of finding plates."""
    regions: dict[str, list[Picture]] = {region: [] for region in REGIONS}
    for labels in sorted(folder.glob("*/labels.jsonl")):
        rows = [json.loads(line) for line in labels.read_text().splitlines() if line.strip()]
        rows = [row for row in rows if not row.get("crop")]
        found = {plate.get("region") for row in rows for plate in row["plates"]}
        others = not found <= {"VN", "CN"}
        region = "XX" if others else "CN" if "CN" in found else "VN"
        countries = ("VN", "CN", "XX") if others else ("VN", "CN")
        regions[region] += [Picture(labels.parent / row["image"], labels.parent.name, row, countries) for row in rows]
    return {region: pictures for region, pictures in regions.items() if pictures}


def thinned(regions: dict[str, list[Picture]], most: int) -> dict[str, list[Picture]]:
    """Every k-th picture, k such that about ``most`` are left."""
    step = max(1, round(sum(map(len, regions.values())) / most))
    thin = {region: pictures[::step] for region, pictures in regions.items()}
    return {region: pictures for region, pictures in thin.items() if pictures}


def cleaned(text: str) -> str | None:
    """The plate characters of ``text`` in upper case, as ``gatelpr eval`` has them; ``None`` if none, or too many."""
    kept = "".join(c for c in text.upper() if (c.isascii() and c.isalnum()) or c == "Đ" or "\u4e00" <= c <= "\u9fff")
    return kept if 1 <= len(kept) <= LONGEST else None


def exact_reads(picture: Picture, lines: list[dict]) -> int:
    """How many of the labelled plates a peer read exactly.

    In a peer's favour a text counts wherever it is in the picture, whatever else was read counts for nothing, and
    besides each line alone every two lines that stand above or beside each other are tried as one plate. Nothing is
    mended in the text.
    """
    texts = {cleaned(line["text"]) for line in lines}
    texts |= {cleaned(a["text"] + b["text"]) for a, b in permutations(lines, 2) if follow(a, b)}
    return sum(label in texts for label in picture.labels)


def follow(a: dict, b: dict) -> bool:
    """Whether ``b`` may go on where ``a`` ends: below it, with a common column, or right of it, with a common row."""
    if "corners" not in a or "corners" not in b:
        return False
    (left_a, right_a), (left_b, right_b) = span(a, 0), span(b, 0)
    (top_a, bottom_a), (top_b, bottom_b) = span(a, 1), span(b, 1)
    height = max(bottom_a - top_a, bottom_b - top_b)
    below = top_b > top_a and top_b - bottom_a < height and min(right_a, right_b) > max(left_a, left_b)
    beside = left_b > left_a and left_b - right_a < height and min(bottom_a, bottom_b) > max(top_a, top_b)
    return below or beside


def span(line: dict, axis: int) -> tuple[float, float]:
    """From where to where a line reaches."""
    values = [corner[axis] for corner in line["corners"]]
    return min(values), max(values)


def write_sets(pictures: list[Picture], folder: Path) -> Iterator[Path]:
    """The pictures as folders that ``gatelpr eval`` reads."""
    for name in dict.fromkeys(picture.set_name for picture in pictures):
        rows = [{**p.row, "image": str(p.path)} for p in pictures if p.set_name == name]
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        yield folder / name


def write_job(pictures: list[Picture], file: Path) -> None:
    """The pictures as a peer's script reads them (see job.py)."""
    lines = [[{"lines": plate.get("lines") or 1} for plate in picture.row["plates"]] for picture in pictures]
    job = [{"path": str(p.path), "countries": p.countries, "labels": n} for p, n in zip(pictures, lines, strict=True)]
    file.write_text(json.dumps(job))
