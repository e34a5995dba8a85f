"""Checkpoints that survive a kill at any moment, and the running mean of the weights."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save as serialised
from torch import nn

FORMAT = 1


@dataclass
class Checkpoint:
    """All that a training needs to go on: everything but the samples, which depend on seed and step alone."""

    model: dict
    averaged: dict
    optimiser: dict
    step: int
    elapsed_minutes: float
    config: dict
    """Architecture and arguments of the training."""
    rng: torch.Tensor = field(default_factory=torch.get_rng_state)


class CheckpointError(Exception):
    """A checkpoint cannot be used; says which and what to do."""


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes beside ``path``, then renames: a reader sees the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with open(partial, "wb") as file:
        torch.save({"format": FORMAT, **vars(checkpoint)}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def load(path: Path) -> Checkpoint:
    """The checkpoint at ``path``; no code in it is run."""
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {path}; train first, or name another one") from None
    except Exception as error:
        raise CheckpointError(f"{path} is no checkpoint of this project: {error}") from error
    if stored.pop("format", None) != FORMAT:
        raise CheckpointError(f"{path} has another format than {FORMAT}; train again with this version")
    return Checkpoint(**stored)


class AveragedWeights:
    """Exponential mean of a model's weights and normalisation statistics; evaluated and exported instead of the last ones."""

    def __init__(self, model: nn.Module, decay: float = 0.998):
        self.decay = decay
        self.values = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Moves towards ``model``; faster in the first steps, when all of it is still noise."""
        share = 1 - min(self.decay, (1 + step) / (10 + step))
        pairs = [(self.values[name], value) for name, value in model.state_dict().items()]
        means, values = zip(*((mean, value) for mean, value in pairs if mean.dtype.is_floating_point))
        torch._foreach_lerp_(means, values, share)
        for mean, value in pairs:
            if not mean.dtype.is_floating_point:
                mean.copy_(value)


def save_weights(path: Path, weights: dict[str, torch.Tensor], config: dict) -> None:
    """Weights alone as safetensors, with the architecture in the metadata; replaces ``path`` at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    contiguous = {name: value.detach().contiguous() for name, value in weights.items()}
    partial.write_bytes(serialised(contiguous, metadata={"config": json.dumps(config)}))
    os.replace(partial, path)


def load_weights(path: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """Weights and architecture written by :func:`save_weights`."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()["config"])
    except FileNotFoundError:
        raise CheckpointError(f"no weights at {path}; they belong to the repository") from None
    except Exception as error:
        raise CheckpointError(f"{path} holds no weights of this project: {error}") from error
