"""The plate reader: a rectified plate goes in, one character per slot comes out.

Where to look needs the whole plate, what stands there needs only the character. So the attention sees a map with wide
context, while the characters are classified from the local map alone, by one classifier for all slots. With ``slot_mixing`` it sees
the neighbouring slots' characters too: which of O and 0 a loop is only they can tell.
"""

from dataclasses import asdict, dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .alphabet import CLASSES, COLOURS, COUNTRIES, LAYOUTS, SLOTS
from .counting import Counting

HEIGHT_PX = 64
WIDTH_PX = 160


@dataclass(frozen=True)
class ReaderConfig:
    """Sizes of a reader; stored in its checkpoints. ``widths`` are channels at stride 2, 4, 8 and of the context at stride 16.

    None below 16: PyTorch 2.15 corrupts memory when it trains narrower convolutions with channels last on a CPU.
    """

    widths: tuple[int, int, int, int] = (16, 40, 80, 128)
    blocks: tuple[int, int, int] = (1, 2, 2)
    map_channels: int = 96
    key_channels: int = 64
    hidden: int = 192
    slot_mixing: bool = False
    mixing_reach: int = 1
    """How many slots on each side a slot sees if they are mixed: whether a loop is O or 0 only its neighbours can tell."""
    counting: bool = True

    def to_dict(self) -> dict:
        """For a checkpoint; read by :meth:`from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict) -> "ReaderConfig":
        """The configuration stored by :meth:`to_dict`."""
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()})


LARGE = ReaderConfig(widths=(32, 64, 96, 160), blocks=(2, 3, 2), map_channels=128, hidden=256)
"""2.7 times the arithmetic of the default and twice its time on one core."""


class ReaderOutput(NamedTuple):
    """Logits of a batch of N plates; ``attention`` holds logarithms of probabilities."""

    characters: Tensor
    """[N, 10, 76]"""
    layout: Tensor
    """[N, 2]"""
    colour: Tensor
    """[N, 8]"""
    country: Tensor
    """[N, 3]"""
    legible: Tensor
    """[N, 1]"""
    attention: Tensor
    """[N, 10, cells + 1]: log-softmax over the map's cells, row by row; the last is "nowhere", for slots without a character."""
    presence: Tensor | None
    """[N, 2, rows, columns]: how much of a character of the upper (or only) and of the lower line each cell holds."""


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation and, unless told otherwise, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int | tuple[int, int] = 1, act: bool = True):
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if act else []))


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut; [N, inputs, H, W] -> [N, outputs, H / stride, W / stride]."""

    def __init__(self, inputs: int, outputs: int, stride: int | tuple[int, int] = 1):
        super().__init__()
        self.body = nn.Sequential(ConvNorm(inputs, outputs, 3, stride), ConvNorm(outputs, outputs, act=False))
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else ConvNorm(inputs, outputs, 1, stride, act=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


def _stage(inputs: int, outputs: int, blocks: int, stride: int | tuple[int, int]) -> nn.Sequential:
    """``blocks`` residual blocks, the first of which shrinks the map."""
    return nn.Sequential(Residual(inputs, outputs, stride), *(Residual(outputs, outputs) for _ in range(blocks - 1)))


def _coordinates(rows: int, columns: int) -> Tensor:
    """[1, 2, rows, columns]: x and y of each cell's centre, -1 to 1."""
    y = (torch.arange(rows) + 0.5) / rows * 2 - 1
    x = (torch.arange(columns) + 0.5) / columns * 2 - 1
    return torch.stack(torch.meshgrid(x, y, indexing="xy")).unsqueeze(0)


class Reader(nn.Module):
    """Plates f32 [N, 3, 64, 160], RGB, -1 to 1, to a :class:`ReaderOutput`."""

    MAP_ROWS = HEIGHT_PX // 8
    MAP_COLUMNS = WIDTH_PX // 4

    def __init__(self, config: ReaderConfig = ReaderConfig()):
        super().__init__()
        self.config = config
        stem, fine, deep, context = config.widths
        local, keys = config.map_channels, config.key_channels
        self.stem = ConvNorm(3, stem, 3, 2)
        self.fine = _stage(stem, fine, config.blocks[0], 2)
        self.deep = _stage(fine, deep, config.blocks[1], 2)
        self.context = _stage(deep, context, config.blocks[2], 2)
        self.fine_to_map = ConvNorm(fine, local, 3, (2, 1), act=False)
        self.deep_to_map = ConvNorm(deep, local, 1, act=False)
        self.map_to_keys = ConvNorm(local, keys, 1, act=False)
        self.context_to_keys = ConvNorm(context, keys, 1, act=False)
        self.place = nn.Conv2d(2, keys, 1)
        self.register_buffer("coordinates", _coordinates(self.MAP_ROWS, self.MAP_COLUMNS), persistent=False)
        self.slots = nn.Conv2d(keys, SLOTS, 1)
        self.nowhere = nn.Linear(context, SLOTS)
        self.counting = Counting(keys) if config.counting else None
        self.nothing = nn.Parameter(torch.zeros(local))
        reach = config.mixing_reach
        self.mixing = nn.Conv1d(local, local, 2 * reach + 1, padding=reach) if config.slot_mixing else None
        self.hidden = nn.Linear(local, config.hidden)
        self.characters = nn.Linear(config.hidden, CLASSES)
        self.heads = nn.Linear(context + deep, len(LAYOUTS) + len(COLOURS) + len(COUNTRIES) + 1)

    def forward(self, plates: Tensor) -> ReaderOutput:
        return self.answer(*self.features(plates))

    def features(self, plates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Local map [N, 96, 8, 40], deep map [N, 80, 8, 20] and context [N, 128, 4, 10]: nearly all of the arithmetic, and none
        that needs exact numbers."""
        fine = self.fine(self.stem(plates))
        deep = self.deep(fine)
        local = F.relu(self.fine_to_map(fine) + _widen(self.deep_to_map(deep), 1, 2))
        return local, deep, self.context(deep)

    def answer(self, local: Tensor, deep: Tensor, context: Tensor) -> ReaderOutput:
        """What the maps of :meth:`features` say."""
        pooled = context.mean((2, 3))
        attention, presence = self._attention(local, context, pooled)
        characters = self._classify(attention.exp(), local)
        heads = self.heads(torch.cat([pooled, deep.mean((2, 3))], 1))
        sizes = [len(LAYOUTS), len(COLOURS), len(COUNTRIES), 1]
        return ReaderOutput(characters, *heads.split(sizes, 1), attention, presence)

    def _attention(self, local: Tensor, context: Tensor, pooled: Tensor) -> tuple[Tensor, Tensor | None]:
        """[N, 10, cells + 1]: where each slot looks, as log-probabilities; and the presence of characters."""
        keys = F.relu(
            self.map_to_keys(local) + _widen(self.context_to_keys(context), 2, 4) + self.place(self.coordinates)
        )
        scores, nowhere, presence = self.slots(keys), self.nowhere(pooled), None
        if self.counting is not None:
            presence, counted, beyond = self.counting(keys)
            scores, nowhere = scores + counted, nowhere + beyond
        return torch.cat([scores.flatten(2), nowhere.unsqueeze(2)], 2).log_softmax(2), presence

    def _classify(self, attention: Tensor, local: Tensor) -> Tensor:
        """[N, 10, 76]: what stands where each slot looks."""
        seen = attention[:, :, :-1] @ local.flatten(2).transpose(1, 2)
        seen = seen + attention[:, :, -1:] * self.nothing
        if self.mixing is not None:
            seen = seen + F.relu(self.mixing(seen.transpose(1, 2))).transpose(1, 2)
        return self.characters(F.relu(self.hidden(seen)))


def _widen(x: Tensor, rows: int, columns: int) -> Tensor:
    """Repeats each cell ``rows`` x ``columns`` times."""
    return F.interpolate(x, scale_factor=(float(rows), float(columns)), mode="nearest")


def parameters(model: nn.Module) -> int:
    """How many trainable numbers the model has."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
