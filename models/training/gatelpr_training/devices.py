"""Where a training runs, and with which precision."""

from pathlib import Path

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _multiplies_halves() -> bool:
    """Whether the machine multiplies bfloat16 itself."""
    if DEVICE.type == "cuda":
        return torch.cuda.is_bf16_supported()
    cpu = Path("/proc/cpuinfo")
    return cpu.exists() and "avx512_bf16" in cpu.read_text(encoding="ascii", errors="replace")


_HALVES = _multiplies_halves()


def halved() -> torch.autocast:
    """Convolutions in here run in bfloat16 where the machine can: a training step takes half the time or a little more."""
    return torch.autocast(DEVICE.type, torch.bfloat16, enabled=_HALVES)
