"""What a peer's script gets and gives: a list of pictures, and the lines of text that were read in each."""

import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

Line = dict[str, object]
"""``text``, and ``corners`` [[x, y], ...] in pixels of the picture where the peer tells them."""


def do_job(read: Callable[[dict], list[Line]]) -> None:
    """Reads the pictures of the job named first on the command line; writes what was read into the file named second.

    A peer that fails at a picture has read nothing there; how often that happened is told on standard error.
    """
    pictures = json.loads(Path(sys.argv[1]).read_text())
    answers, failed = [], 0
    for picture in pictures:
        try:
            answers.append(read(picture))
        except Exception:  # noqa: BLE001 - whatever a peer fails with, the next picture has its turn
            failed += 1
            if failed == 1:
                traceback.print_exc()
            answers.append([])
    Path(sys.argv[2]).write_text(json.dumps(answers))
    if failed:
        print(f"failed at {failed} of {len(pictures)} pictures; the first failure is above", file=sys.stderr)
