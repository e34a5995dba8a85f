"""The plate detector: one stage, stride 8, a heat map of plate centres and the four corners of each plate.

The network sees the whole picture at strides 8, 16 and 32; a top-down path brings the wide view of the coarse maps
back to stride 8, so that plates of 10 and of 300 pixels are found by the same head.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = ("plate", "side_number")
STRIDE = 8
CHANNELS_PER_CLASS = 9
"""Probability, then the corners x0, y0, .., x3, y3."""

WIDTHS = (16, 16, 48, 64, 96)
"""Channels at strides 2, 4, 8, 16 and 32."""

START_PROBABILITY = 0.01
"""Of a cell to be a centre before training; keeps the focal loss from exploding at the start (RetinaNet)."""

LOG_SIZE_LIMIT = 4.5
"""A plate's size is at most 8 * e^4.5 = 720 pixels; bounds the exponential at the start of training."""


def convolution(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution, batch norm (folded by the exporter) and ReLU; keeps the size but for the stride."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two 3x3 convolutions beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to the same shape."""
        return functional.relu(x + self.second(self.first(x)))


class Detector(nn.Module):
    """Finds plates and painted side numbers in a picture.

    Input: [N, 3, H, W] RGB scaled to -1 .. 1, H and W multiples of 32.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        c2, c4, c8, c16, c32 = widths
        self.stem = nn.Sequential(convolution(3, c2, 2), convolution(c2, c4, 2), Residual(c4))
        self.stage8 = nn.Sequential(convolution(c4, c8, 2), Residual(c8))
        self.stage16 = nn.Sequential(convolution(c8, c16, 2), Residual(c16), Residual(c16))
        self.stage32 = nn.Sequential(convolution(c16, c32, 2), Residual(c32), Residual(c32))
        self.lateral32 = convolution(c32, c16, kernel=1)
        self.merge16 = convolution(c16, c16)
        self.lateral16 = convolution(c16, c8, kernel=1)
        self.merge8 = convolution(c8, c8)
        self.centre = nn.Conv2d(c8, len(CLASSES), 1)
        self.size = nn.Conv2d(c8, len(CLASSES), 1)
        self.shape = nn.Conv2d(c8, len(CLASSES) * 8, 1)
        self._start()

    def _start(self) -> None:
        """Weights of the heads before training."""
        odds = START_PROBABILITY / (1 - START_PROBABILITY)
        nn.init.constant_(self.centre.bias, float(torch.tensor(odds).log()))
        nn.init.constant_(self.size.bias, 1.5)
        for head in (self.centre, self.size, self.shape):
            nn.init.normal_(head.weight, std=0.01)
        typical = torch.tensor([-0.9, -0.5, 0.9, -0.5, 0.9, 0.5, -0.9, 0.5])
        with torch.no_grad():
            self.shape.bias.copy_(typical.repeat(len(CLASSES)))

    def features(self, picture: Tensor) -> Tensor:
        """[N, 3, H, W] to the merged map [N, C, H/8, W/8]."""
        fine = self.stage8(self.stem(picture))
        middle = self.stage16(fine)
        coarse = self.lateral32(self.stage32(middle))
        middle = self.merge16(middle + functional.interpolate(coarse, scale_factor=2.0, mode="nearest"))
        return self.merge8(fine + functional.interpolate(self.lateral16(middle), scale_factor=2.0, mode="nearest"))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The raw heads, per class: centre logits [N, K, h, w], log sizes [N, K, h, w], corners [N, K, 8, h, w].

        A log size is ln(s / 8) with s the square root of a plate's area in pixels; corners are relative to the cell's
        centre in units of s.
        """
        return self.heads(self.features(picture))

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What :meth:`forward` answers, from the merged map."""
        count, _, height, width = x.shape
        shape = self.shape(x).reshape(count, len(CLASSES), 8, height, width)
        return self.centre(x), self.size(x).clamp(-2.0, LOG_SIZE_LIMIT), shape


class ExportedDetector(nn.Module):
    """The detector as the ONNX file has it: one output with probabilities and corners in pixels."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, picture: Tensor) -> Tensor:
        """[1, 3, H, W] to cells [1, 9 * K, H/8, W/8]; per class the probability, then 8 corner offsets in pixels
        of the input picture from the cell's centre, clockwise from the plate's own top left."""
        x = self.detector.features(picture)
        probabilities = torch.sigmoid(self.detector.centre(x))
        scales = STRIDE * torch.exp(self.detector.size(x).clamp(-2.0, LOG_SIZE_LIMIT))
        shapes = self.detector.shape(x)
        parts = []
        for k in range(len(CLASSES)):
            parts.append(probabilities[:, k : k + 1])
            parts.append(shapes[:, 8 * k : 8 * k + 8] * scales[:, k : k + 1])
        return torch.cat(parts, dim=1)
