"""The sizes and sums in a model's manifest, kept true to the weights beside it."""

import hashlib
import re
from pathlib import Path


class ManifestError(Exception):
    """A manifest cannot be kept up to date."""


def refreshed(manifest: str, weights: Path) -> str:
    """The text ``manifest`` with ``bytes`` and ``sha256`` of the file ``weights``; raises ``ManifestError`` if it has none."""
    content = weights.read_bytes()
    values = {"bytes": str(len(content)), "sha256": f'"{hashlib.sha256(content).hexdigest()}"'}
    for key, value in values.items():
        manifest, count = re.subn(rf"(?m)^{key}\s*=.*$", f"{key} = {value}", manifest, count=1)
        if count == 0:
            raise ManifestError(f'the manifest has no line "{key} = ..."; restore it from the repository')
    return manifest
