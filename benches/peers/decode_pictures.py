"""Only decodes the pictures, with OpenCV, as every peer in Python does first."""

import one_thread  # noqa: F401 - it must come first
import cv2
from job import Line, do_job


def read(picture: dict) -> list[Line]:
    cv2.imread(picture["path"])
    return []


do_job(read)
