"""rapidocr-onnxruntime on whole pictures: every line of text, as it is.

read_rapidocr.py JOB ANSWERS shipped   with the settings that it comes with
read_rapidocr.py JOB ANSWERS fitted    with those that read plates best: its 180 degree classifier, which turns the
                                       upper lines of plates upside down, off; and a long side of 960 pixels
"""

import sys

import one_thread  # noqa: F401 - it must come first
import cv2
from job import Line, do_job
from rapidocr_onnxruntime import RapidOCR

LONG_SIDE = 960

fitted = sys.argv[3] == "fitted"
ocr = RapidOCR(use_cls=False, det_limit_type="max", det_limit_side_len=LONG_SIDE) if fitted else RapidOCR()


def read(picture: dict) -> list[Line]:
    image = cv2.imread(picture["path"])
    scale = LONG_SIDE / max(image.shape[:2]) if fitted else 1.0
    if scale != 1.0:
        image = cv2.resize(
            image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        )
    lines, _ = ocr(image)
    return [{"text": text, "corners": corners} for corners, text, _ in lines or []]


do_job(read)
