"""Varies samples on the device each time they are shown: place and form, light, sharpness and noise, all light.

What happens in front of a camera belongs to the renderer (``degrade``); this only keeps a sample from being learnt by heart.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from .reader import HEIGHT_PX, WIDTH_PX

UNTOUCHED = 0.15
"""Share of pictures that keep their form, likewise of those that keep their light."""
BEND_PX = 1.2
BEND_CELLS = (4, 9)
"""Characters are bent by up to about this many pixels, smoothly: a field of so many random shifts across the plate."""
COARSE_SHARE = 8
"""One in so many pictures is made coarse as if it had been photographed small."""


class Variations:
    """A stream of variations; each call goes on with it."""

    def __init__(self, device: torch.device, seed: int):
        self.device = device
        self.generator = torch.Generator(device).manual_seed(seed)
        self.host = torch.Generator().manual_seed(seed)

    def __call__(self, pictures: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
        """``pictures`` f32 [N, 3, 64, 160], -1 to 1, and ``centres`` [N, 10, 2] as fractions of them, both varied."""
        pictures, centres = self._moved(pictures, centres)
        light = self._lit((pictures + 1) / 2)
        seen = self._noisy(self._sharpened(self._coarse(light)))
        return seen.clamp(0, 1).mul_(2).sub_(1).contiguous(memory_format=torch.channels_last), centres

    def _normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=self.device)

    def _uniform(self, low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.generator, device=self.device) * (high - low) + low

    def _some(self, count: int, share: float) -> Tensor:
        """[count]: 1 with probability ``share``, else 0."""
        return (torch.rand(count, generator=self.generator, device=self.device) < share).float()

    def _moved(self, pictures: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
        """Through a small homography and a smooth bend; centres follow the homography alone."""
        count = len(pictures)
        spread = torch.tensor(
            [[0.03, 0.03, 0.015], [0.02, 0.04, 0.03], [0.03, 0.03, 0.0]], device=self.device
        )  # of output to source, in units of half the picture: scale, shear, shift; the last row is the perspective
        change = self._normal(count, 3, 3) * spread * self._some(count, 1 - UNTOUCHED).view(-1, 1, 1)
        matrix = torch.eye(3, device=self.device) + change
        x = (torch.arange(WIDTH_PX, device=self.device) + 0.5) / WIDTH_PX * 2 - 1
        y = (torch.arange(HEIGHT_PX, device=self.device) + 0.5) / HEIGHT_PX * 2 - 1
        places = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).view(1, -1, 2)
        grid = _through(matrix, places.expand(count, -1, -1)).view(count, HEIGHT_PX, WIDTH_PX, 2)
        bend = self._normal(count, 2, *BEND_CELLS) * self._uniform(0, BEND_PX / 2, count, 1, 1, 1)
        bend = F.interpolate(bend, (HEIGHT_PX, WIDTH_PX), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
        grid = grid + bend * torch.tensor([2 / WIDTH_PX, 2 / HEIGHT_PX], device=self.device)
        moved = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)
        back = torch.linalg.inv_ex(matrix).inverse
        return moved, (_through(back, centres * 2 - 1) + 1) / 2

    def _lit(self, light: Tensor) -> Tensor:
        """Another gamma, gain, tint and black level; sometimes no colour."""
        count, changed = len(light), self._some(len(light), 1 - UNTOUCHED).view(-1, 1, 1, 1)
        gamma = torch.exp(self._normal(count, 1, 1, 1) * 0.22 * changed)
        gain = torch.exp((self._normal(count, 1, 1, 1) * 0.15 + self._normal(count, 3, 1, 1) * 0.04) * changed)
        light = light.clamp(1e-3, 1) ** gamma * gain + self._uniform(-0.07, 0.07, count, 1, 1, 1) * changed
        grey = self._some(count, 0.06).view(-1, 1, 1, 1)
        return light + (light.mean(1, keepdim=True) - light) * grey

    def _coarse(self, light: Tensor) -> Tensor:
        """Two shares of the pictures lose detail, each another amount."""
        part, parts = len(light) // COARSE_SHARE, [light]
        for number in range(2 if part else 0):
            factor = 0.3 + 0.5 * float(torch.rand(1, generator=self.host))
            size = (max(12, round(HEIGHT_PX * factor)), round(WIDTH_PX * factor))
            small = F.interpolate(light[number * part : (number + 1) * part], size, mode="bilinear", antialias=True)
            parts.insert(number, F.interpolate(small, (HEIGHT_PX, WIDTH_PX), mode="bilinear"))
            parts[-1] = parts[-1][part:]
        return torch.cat(parts)

    def _sharpened(self, light: Tensor) -> Tensor:
        """Softer or sharper, along and across each on its own."""
        for kernel, padding in (((1, 3), (0, 1)), ((3, 1), (1, 0))):
            soft = F.avg_pool2d(light, kernel, 1, padding, count_include_pad=False)
            amount = self._uniform(-0.9, 1.0, len(light), 1, 1, 1) * self._some(len(light), 0.4).view(-1, 1, 1, 1)
            light = light + (soft - light) * amount
        return light

    def _noisy(self, light: Tensor) -> Tensor:
        """A sensor's noise, coloured or not."""
        count = len(light)
        amount = self._uniform(0, 0.05, count, 1, 1, 1) * self._some(count, 0.4).view(-1, 1, 1, 1)
        coloured = self._some(count, 0.5).view(-1, 1, 1, 1)
        noise = self._normal(*light.shape)
        return light + (noise * coloured + noise[:, :1] * (1 - coloured)) * amount


def _through(matrices: Tensor, points: Tensor) -> Tensor:
    """Points [N, P, 2] through homographies [N, 3, 3]."""
    ones = torch.ones_like(points[:, :, :1])
    moved = torch.cat([points, ones], 2) @ matrices.transpose(1, 2)
    return moved[:, :, :2] / moved[:, :, 2:]
