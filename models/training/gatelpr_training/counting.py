"""Counts characters along a plate's lines, so that the i-th slot looks at the i-th character whatever the format.

Plates of one country have their characters at fixed places; those of others have not, and there a slot can only be found by
counting. A map says how much of a character each cell holds (one in all per character); its running sum along a line is the
number of the character that a cell belongs to.
"""

import torch
from torch import Tensor, nn

from .alphabet import SLOTS

SPREAD = 0.35
"""Of the count around a character's middle, in characters."""
FAINT = 1e-3
"""Added before the logarithm: where nothing is counted the other evidence decides."""


class Counting(nn.Module):
    """Keys [N, K, rows, columns] to presence, scores and a count."""

    def __init__(self, keys: int):
        super().__init__()
        self.presence = nn.Conv2d(keys, 2, 1)
        nn.init.normal_(self.presence.weight, std=0.01)
        nn.init.constant_(self.presence.bias, -4.0)
        self.trust = nn.Parameter(torch.zeros(2))
        self.register_buffer("numbers", torch.arange(SLOTS) + 0.5, persistent=False)

    def forward(self, keys: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Presence [N, 2, rows, columns] (the upper or only line, the lower line), scores [N, 10, rows, columns] to be added to
        each slot's, and [N, 10] to be added to "nowhere"."""
        presence = torch.sigmoid(self.presence(keys))
        columns = presence.sum(2)
        upper, lower = columns[:, :1], columns[:, 1:]
        first = upper.sum(2, keepdim=True)
        place = torch.cat([upper.cumsum(2) - upper / 2, first + lower.cumsum(2) - lower / 2], 1)
        away = (place.unsqueeze(2) - self.numbers.view(1, 1, -1, 1)) / SPREAD
        near = torch.exp(-0.5 * away * away)
        here = (near.unsqueeze(3) * presence.unsqueeze(2)).sum(1)
        count = first[:, :, 0] + lower.sum(2)
        beyond = (self.numbers.view(1, -1) - count).clamp(-3.0, 3.0)
        return presence, self.trust[0] * torch.log(here + FAINT), 10.0 * self.trust[1] * beyond
