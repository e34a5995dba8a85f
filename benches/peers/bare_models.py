"""The models alone, on inputs of the right shapes and of no meaning: what no program around them can be faster than.

bare_models.py SHAPES MODELS first|own
"""

import json
import sys
from pathlib import Path

import one_thread  # noqa: F401 - it must come first
import numpy as np
from our_models import Model

shapes, models = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
NAMES = {"first": ("ppocr-v4-det", "ppocr-v4-rec"), "own": ("gatelpr-detector", "gatelpr-reader")}[sys.argv[3]]
loaded = {name: Model(models, name) for name in NAMES}
most = max((int(np.prod(shape)) for looks in shapes for _, shape in looks), default=0)
values = np.random.default_rng(1).uniform(-1, 1, most).astype(np.float32)
for looks in shapes:
    for name, shape in looks:
        loaded[name].run(values[: int(np.prod(shape))].reshape(shape), None)
