"""agentclpr on whole pictures: the plates that it finds, with the settings that it comes with."""

import one_thread  # noqa: F401 - it must come first
import cv2
from agentclpr import CLPSystem
from job import Line, do_job

plates = CLPSystem()


def read(picture: dict) -> list[Line]:
    found = plates(cv2.imread(picture["path"]))
    return [{"text": text, "corners": corners} for corners, (text, _) in found]


do_job(read)
