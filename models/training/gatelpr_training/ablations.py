"""Switches parts of the renderer off in this process, to measure what they are worth. Not for any model that is used."""

from __future__ import annotations

import numpy as np

from . import crops, glyphs, plates
from .layouts import PlateSpec, choose


def true_glyphs_off() -> None:
    """Every plate is written in fonts: no pictures of true characters and no cuts from real plates."""

    def style(rng: np.random.Generator, spec: PlateSpec, line_index: int) -> plates.Style:
        latin = glyphs.font(choose(rng, glyphs.latin_fonts()))
        chinese = glyphs.chinese_font(glyphs.CHINESE_FONTS[0])
        complete = glyphs.font("DejaVuSansCondensed-Bold")
        return plates.Style(
            (latin, chinese, complete), None, float(rng.uniform(0.85, 1.15)), float(rng.uniform(0.05, 0.13))
        )

    plates._style = style


def camera_off() -> None:
    """Plates stay as sharp, clean and evenly lit as they were drawn; perspective and the detector's error remain."""
    crops.photograph = lambda rng, image, strength=1.0: image


OFF = {"true_glyphs": true_glyphs_off, "camera": camera_off}
