"""fast-alpr's pipeline with our own models behind its base classes.

    read_fast_alpr.py JOB ANSWERS MODELS

The pipeline hands on upright boxes only. Our reader needs the corners, so they go from detector to reader beside it.
"""

import sys
from collections import deque
from math import ceil, floor
from pathlib import Path

import one_thread  # noqa: F401 - it must come first
import cv2
import numpy as np
from fast_alpr import ALPR, BaseDetector, BaseOCR, DetectionResult, OcrResult
from job import Line, do_job
from open_image_models.detection.core.base import BoundingBox
from our_models import Detector, Find, Reader
from plate_grammar import Grammar, grammar_of


class Handover:
    """What the pipeline does not hand on: the picture, the plates in it, and whose plates to read."""

    def __init__(self) -> None:
        self.picture: np.ndarray | None = None
        self.plates: deque[Find] = deque()
        self.grammar: Grammar = grammar_of(("VN", "CN"))


class CornerDetector(BaseDetector):
    """gatelpr-detector."""

    def __init__(self, models: Path, handover: Handover) -> None:
        self._detector, self._handover = Detector(models), handover

    def predict(self, frame: np.ndarray) -> list[DetectionResult]:
        finds = self._detector.find(frame)
        self._handover.picture, self._handover.plates = frame, deque(finds)
        return [DetectionResult("plate", find.likelihood, box(find)) for find in finds]


def box(find: Find) -> BoundingBox:
    left, top, right, bottom = find.bounds
    return BoundingBox(floor(left), floor(top), ceil(right), ceil(bottom))


class PlateReader(BaseOCR):
    """gatelpr-reader."""

    def __init__(self, models: Path, handover: Handover) -> None:
        self._reader, self._handover = Reader(models), handover

    def predict(self, cropped_plate: np.ndarray) -> OcrResult | None:
        plate = self._handover.plates.popleft()
        (reading,) = self._reader.read(self._handover.picture, [plate.corners], self._handover.grammar)
        return reading and OcrResult(reading.text, reading.per_character)


models, handover = Path(sys.argv[3]), Handover()
alpr = ALPR(detector=CornerDetector(models, handover), ocr=PlateReader(models, handover))


def read(picture: dict) -> list[Line]:
    handover.grammar = grammar_of(tuple(picture["countries"]))
    results = alpr.predict(cv2.imread(picture["path"]))
    return [{"text": result.ocr.text} for result in results if result.ocr]


do_job(read)
