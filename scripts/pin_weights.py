#!/usr/bin/env python3
"""Writes size and SHA-256 of a model's weights into its manifest, for weights that are part of the repository.

    scripts/pin_weights.py models/gatelpr-reader.toml ...
"""

import hashlib
import re
import sys
from pathlib import Path


def pin(manifest: Path) -> None:
    """Replaces ``bytes`` and ``sha256`` in the manifest's section ``[weights]``."""
    text = manifest.read_text(encoding="utf-8")
    section = re.search(r"^\[weights\]\n(?:(?!\[).*\n)*", text, re.MULTILINE)
    if section is None or "[weights.wheel]" in text:
        raise SystemExit(f"{manifest}: no weights that are part of the repository")
    name = re.search(r'^file = "(.+)"$', section[0], re.MULTILINE)
    if name is None:
        raise SystemExit(f"{manifest}: [weights] names no file")
    weights = (manifest.parent / name[1]).read_bytes()
    pinned = re.sub(r"^bytes = .*$", f"bytes = {len(weights)}", section[0], flags=re.MULTILINE)
    digest = hashlib.sha256(weights).hexdigest()
    pinned = re.sub(r"^sha256 = .*$", f'sha256 = "{digest}"', pinned, flags=re.MULTILINE)
    manifest.write_text(text[: section.start()] + pinned + text[section.end() :], encoding="utf-8")


if __name__ == "__main__":
    for path in sys.argv[1:]:
        pin(Path(path))
