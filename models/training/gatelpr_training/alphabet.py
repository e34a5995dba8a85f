"""The characters that stand on plates, and their classes in the reader's output."""

LATIN = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZĐ"
PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
SUFFIXES = "挂学警港澳领使"

CHARACTERS = LATIN + PROVINCES + SUFFIXES
"""Class i + 1 of the reader is ``CHARACTERS[i]``; class 0 is "no character"."""

NO_CHARACTER = 0
CLASSES = len(CHARACTERS) + 1
SLOTS = 10
"""A plate has at most so many characters."""

LAYOUTS = ("one_line", "two_lines")
COLOURS = ("white", "yellow", "blue", "green", "yellow_green", "black", "red", "other")
COUNTRIES = ("VN", "CN", "XX")

_CLASS_OF = {character: index + 1 for index, character in enumerate(CHARACTERS)}


def encode(text: str) -> list[int]:
    """The classes of ``text``, filled up with "no character" to ``SLOTS``; raises ``ValueError`` on what no plate carries."""
    if len(text) > SLOTS:
        raise ValueError(f"{text!r} has {len(text)} characters; a plate has at most {SLOTS}")
    unknown = [c for c in text if c not in _CLASS_OF]
    if unknown:
        raise ValueError(f"{text!r} has characters that the alphabet lacks: {''.join(unknown)}")
    return [_CLASS_OF[c] for c in text] + [NO_CHARACTER] * (SLOTS - len(text))


def decode(classes: list[int]) -> str:
    """The text of ``classes``; "no character" is left out wherever it stands."""
    return "".join(CHARACTERS[c - 1] for c in classes if c != NO_CHARACTER)
