"""The plate templates of src/plate_format, and which of them a text begun may still become.

A set of templates is an integer with one bit each, as in src/plate_format/grammar.rs.
"""

from functools import cache

ALPHABET = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼挂学警港澳领使"
)
DIGITS = ALPHABET[:10]
LETTERS = ALPHABET[10:36]
PROVINCES = ALPHABET[36:67]
LONGEST = 10

VIETNAM = {
    "P": "123456789",
    "D": DIGITS,
    "S": "ABCDEFGHKLMNPSTUVXYZ",
    "s": "ABCDEFGHKLMNPRSTUVXYZ0123456789",
    "R": "R",
    "r": "R",
    "d": "LDRMHKCT",
    "e": "DAMKCTB",
    "A": "ABHKPQT",
    "L": "ABCDEFGHKLMNPQRSTUVXYZ",
    "x": "NQC",
    "y": "GTVN",
    "T": "T",
}
CHINA = {
    "P": PROVINCES,
    "L": "ABCDEFGHJKLMNPQRSTUVWXYZ",
    "X": "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ",
    "D": DIGITS,
    "N": "ABCDEFGHJK",
    "E": "挂学警港澳领",
    "m": "使",
}
OTHER = {"L": LETTERS, "D": DIGITS, "X": DIGITS + LETTERS}

TEMPLATES = {
    "VN": (
        VIETNAM,
        "PDSDDDDD 1 PDSDDDD .3 PDS|DDDDD 1 PDS|DDDD .3 PDRDDDDD 1 PDR|DDDDD 1 PDR|DDDD .3 PDdeDDDDD .3 PDde|DDDDD .3 "
        "PDdeDDDD .1 PDde|DDDD .1 PDSsDDDDD .3 PDSs|DDDDD 1 PDSs|DDDD 1 PDrD|DDDD .3 PDDDDxyDD .1 PDDDD|xyDD .1 "
        "ALDDDD .02 AL|DDDD .05 PDSsDDDD .3 TPDDDDDD .05 TPD|DDDDD .05",
    ),
    "CN": (
        CHINA,
        "PLXXXXX 1 PL|XXXXX 1 PLXXXXE 1 PL|XXXXE 1 PLNXDDDD .5 PLDDDDDN .5 mDDDDDD .1 DDDDDDm .1 PL|NXDDDD .05",
    ),
    "XX": (
        OTHER,
        "XXXX .02 XXXXX .02 XXXXXX .02 XXXXXXX .02 XXXXXXXX .02 LLDDDLL .2 LLDDLLL .2 DDDDLLL .2 DLDDDDD .2 DLLDDDD .2 "
        "LLDDDDD .2 LLLDDD .2 DLLLDDD .2 LLLDDDD .2 LLLDLDD .2 DDDLLL .2 LLDLDL .2 LLLLDD .2",
    ),
}
"""By country: what the letters of its patterns stand for, and its patterns, each with how usual such plates are."""


class Grammar:
    """The templates of some countries."""

    def __init__(self, countries: tuple[str, ...]) -> None:
        self.one_line = self.two_lines = 0
        """Templates that a plate read as a whole may have in so many lines."""
        self.after = [dict.fromkeys(ALPHABET, 0) for _ in range(LONGEST)]
        """By place: the templates in which a character may stand there."""
        self._complete: list[list[tuple[int, float]]] = [[] for _ in range(LONGEST + 1)]
        bit = 1
        for country in countries:
            characters, listed = TEMPLATES[country]
            words = listed.split()
            for pattern, prior in zip(words[::2], words[1::2], strict=True):
                places = pattern.replace("|", "")
                if country == "XX" or "|" not in pattern:
                    self.one_line |= bit
                if country == "XX" or "|" in pattern:
                    self.two_lines |= bit
                for place, kind in enumerate(places):
                    for character in characters[kind]:
                        self.after[place][character] |= bit
                self._complete[len(places)].append((bit, float(prior)))
                bit <<= 1

    def complete(self, alive: int, length: int) -> float:
        """How usual a text of ``length`` characters is as a whole plate; 0 if it is none."""
        return max((prior for bit, prior in self._complete[length] if alive & bit), default=0.0)


@cache
def grammar_of(countries: tuple[str, ...]) -> Grammar:
    """The grammar of these countries, made once."""
    return Grammar(countries)
