"""What the models are given for each picture: the shapes that the bare models then run on.

    shapes.py JOB SHAPES MODELS

first   ppocr-v4-det once, and ppocr-v4-rec once for each line of each labelled plate: the least that they must do
own     gatelpr-detector once, and gatelpr-reader once for all labelled plates: likewise
looks   gatelpr-detector and gatelpr-reader as often as gatelpr asks them: with the closer looks at small plates, what
        is found beside the labelled plates, and the second looks at what is not read surely
"""

import json
import sys
import tomllib
from pathlib import Path

import cv2
from our_models import Detector, Reader
from plate_grammar import grammar_of

job, answers, models = sys.argv[1:]
models = Path(models)
first = {name: tomllib.loads((models / f"{name}.toml").read_text()) for name in ("ppocr-v4-det", "ppocr-v4-rec")}
sides = first["ppocr-v4-det"]["input"]["size"]["multiples"]
line = first["ppocr-v4-rec"]["input"]["size"]["fixed_height"]
detector, reader = Detector(models), Reader(models)
plate = reader.model.manifest["input"]["size"]["fixed"]


def text_detectors_input(width: int, height: int) -> list[int]:
    longer = max(width, height)
    scale = min(max(longer, sides["long_side_min_px"]), sides["long_side_max_px"]) / longer
    multiple = sides["of_px"]
    height, width = (max(1, int(side * scale / multiple + 0.5)) * multiple for side in (height, width))
    return [1, 3, height, width]


shapes = {"first": [], "own": [], "looks": []}
for picture in json.loads(Path(job).read_text()):
    image = cv2.imread(picture["path"])
    height, width = image.shape[:2]
    one_line = ["ppocr-v4-rec", [1, 3, line["height_px"], line["width_min_px"]]]
    lines = sum(label["lines"] for label in picture["labels"])
    shapes["first"].append([["ppocr-v4-det", text_detectors_input(width, height)], *[one_line] * lines])

    columns, rows = detector.input_size(width, height)
    once = [["gatelpr-detector", [1, 3, rows, columns]]]
    if plates := len(picture["labels"]):
        once.append(["gatelpr-reader", [plates, 3, plate["height_px"], plate["width_px"]]])
    shapes["own"].append(once)

    detector.model.looks.clear(), reader.model.looks.clear()
    finds = detector.find(image)
    reader.read(image, [find.corners for find in finds], grammar_of(tuple(picture["countries"])))
    shapes["looks"].append(detector.model.looks + reader.model.looks)
Path(answers).write_text(json.dumps(shapes))
